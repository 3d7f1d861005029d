/* Published values for the security toolbox and the crypto ports, as facts.
 *
 * Hexadecimal, most significant octet first, as the sources print them; spaces may stand anywhere.
 * Sources: Core Vol 3 Part H 2.2.3 and 2.2.4 and App. D, Vol 2 Part G 7.1.2, Vol 3 Part G App. B,
 * Vol 6 Part C 1, RFC 4493, RFC 3610, FIPS 197.  Where a value is our own, it says so. */
#ifndef VECTORS_CRYPTO_H
#define VECTORS_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

/* FIPS 197 Appendix C.1 */
#define AES_KEY    "000102030405060708090a0b0c0d0e0f"
#define AES_PLAIN  "00112233445566778899aabbccddeeff"
#define AES_CIPHER "69c4e0d86a7b0430d8cdb78070b4c55a"

/* RFC 4493 section 4 */
#define CMAC_KEY "2b7e151628aed2a6abf7158809cf4f3c"
#define CMAC_MESSAGE                                                                                                   \
    "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51"                                                \
    "30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710"

typedef struct {
    size_t len;
    const char *tag;
} cmac_vector;

static const cmac_vector cmac_vectors[] = {
    {0, "bb1d6929e95937287fa37d129b756746"},
    {16, "070a16b46b4d4144f79bdd9dd04a287c"},
    {40, "dfa66747de9ae63030ca32611497c827"},
    {64, "51f0bebf7e3b9d92fc49741779363cfe"},
};

/* Signed data, Vol 3 Part H 2.4.5; the specification prints no sample.  BlueZ (unit/test-crypto.c) and Zephyr (smp.c)
 * agree on these: key and messages are those of RFC 4493, the message in the order of the wire, counter 0. */
typedef struct {
    size_t len;
    const char *signature; /* as sent */
} signature_vector;

static const signature_vector signature_vectors[] = {
    {0, "00000000 b3a8594127ebc2c0"},
    {16, "00000000 273974f4392a232a"},
    {40, "00000000 b7ca94ab87c78218"},
    {64, "00000000 44e1e6ce1df51368"},
};

/* A Signed Write Command of another stack, as BlueZ has it in the same place; all as sent. */
#define SIGNED_WRITE           "d2 1200 1337"
#define SIGNED_WRITE_CSRK      "505e42df9691ec72d31fcdfbeb641b61"
#define SIGNED_WRITE_SIGNATURE "01000000 f1871e933c900ff2"

/* Vol 3 Part G App. B: AES-CMAC with a zero key over these parts of the sample database. */
#define DATABASE_MESSAGE                                                                                               \
    "0100 0028 0018  0200 0328 0a 0300 002a  0400 0328 02 0500 012a  0600 0028 0118  0700 0328 20 0800 052a"           \
    "0900 0229  0a00 0328 0a 0b00 292b  0c00 0328 02 0d00 2a2b  0e00 0028 0818  0f00 0228 1400 1600 0f18"              \
    "1000 0328 a2 1100 182a  1200 0229  1300 0029 0000  1400 0128 0f18  1500 0328 02 1600 192a"
#define DATABASE_HASH "f1ca2d48ecf58bac8a8830bbb9fba990"

/* Legacy pairing, 2.2.3 and 2.2.4; the key is zero in both. */
#define C1_R    "5783d52156ad6f0e6388274ec6702ee0"
#define C1_PREQ "07071000000101"
#define C1_PRES "05000800000302"
#define C1_IAT  1
#define C1_IA   "a1a2a3a4a5a6"
#define C1_RAT  0
#define C1_RA   "b1b2b3b4b5b6"
#define C1_OUT  "1e1e3fef878988ead2a74dc5bef13b86"
#define S1_R1   "000f0e0d0c0b0a091122334455667788"
#define S1_R2   "010203040506070899aabbccddeeff00"
#define S1_OUT  "9a1fe1f0e8b0f49b5b4216ae796da062"

/* Private addresses, App. D.7 */
#define AH_IRK   "ec0234a357c8ad05341010a60a397d9b"
#define AH_PRAND "708194"
#define AH_HASH  "0dfbaa"

/* P-256, Vol 2 Part G 7.1.2.  The first pair is the SMP debug key pair.  Public keys of set 2: our own. */
typedef struct {
    const char *private_a, *private_b;
    const char *public_a, *public_b;
    const char *dhkey;
} p256_vector;

#define P256_AX "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6"
#define P256_AY "dc809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28b"
#define P256_BX "1ea1f0f01faf1d9609592284f19e4c0047b58afd8615a69f559077b22faaa190"
#define P256_BY "4c55f33e429dad377356703a9ab85160472d1130e28e36765f89aff915b1214a"

#define DEBUG_PRIVATE "3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd"
#define P256_B        "55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd"
#define DHKEY_1       "ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698"

static const p256_vector p256_vectors[] = {
    {DEBUG_PRIVATE, P256_B, P256_AX P256_AY, P256_BX P256_BY, DHKEY_1},
    {"06a516693c9aa31a6084545d0c5db641b48572b97203ddffb7ac73f7d0457663",
     "529aa0670d72cd6497502ed473502b037e8803b5c60829a5a3caa219505530ba",
     "2c31a47b5779809ef44cb5eaaf5c3e43d5f8faad4a8794cb987e9b03745c78dd"
     "919512183898dfbecd52e2408e43871fd021109117bd3ed4eaf8437743715d4f",
     "f465e43ff23d3f1b9dc7dfc04da8758184dbc966204796eccf0d6cf5e16500cc"
     "0201d048bcbbd899eeefc424164e33c201c2b010ca6b4d43a8a155cad8ecb279",
     "ab85843a2f6d883f62e5684b38e307335fe6e1945ecd19604105c6f23221eb69"},
    /* Our own: the shared X begins with a zero octet, which must stay. */
    {"0000000000000000000000000000000000000000000000000000000000000368", DEBUG_PRIVATE, NULL, P256_AX P256_AY,
     "00ec422b9627e37fcafa44f537c59e844712dbcb396636a40911390b0f3dfc01"},
};

/* Secure Connections, App. D.2 to D.5, D.8; U and V as printed, though V is a private key of set 1. */
#define SC_U      P256_AX
#define SC_V      P256_B
#define SC_N1     "d5cb8454d177733effffb2ec712baeab"
#define SC_N2     "a6e8e7cc25a75f6e216583f7ff3dc4cf"
#define F4_OUT    "f2c916f107a9bd1cf1eda1bea974872d"
#define SC_A1     "56123737bfce" /* type 0 */
#define SC_A2     "a713702dcfc1" /* type 0 */
#define F5_MACKEY "2965f176a1084a02fd3f6a20ce636e20"
#define F5_LTK    "6986791169d7cd23980522b594750a38"
#define F6_R      "12a3343bb453bb5408da42d20c2d0fc8"
#define F6_IO_CAP "010102"
#define F6_OUT    "e3c473989cd0e8c5d26c0b09da958f61"
#define G2_VALUE  938554 /* of 2f9ed5ba */

/* Key conversion, App. D.6 to D.12; the result for tmp2 is our own. */
#define H_W         "ec0234a357c8ad05341010a60a397d9b"
#define H6_KEYID    "6c656272"
#define H6_OUT      "2d9ae102e76dc91ce8d3a9e280b16399"
#define H7_TMP1     "000000000000000000000000746d7031"
#define H7_TMP1_OUT "fb173597c6a3c0ecd2998c2a75a57011"
#define H7_TMP2     "000000000000000000000000746d7032"
#define H7_TMP2_OUT "8318bb4c890215f8d43e6da711bb119a"

/* AES-CCM with 13-octet nonces. */
typedef struct {
    const char *name, *key, *nonce, *aad, *plain, *cipher, *tag;
} ccm_vector;

static const ccm_vector ccm_vectors[] = {
    {"RFC 3610 #1", "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000003020100a0a1a2a3a4a5", "0001020304050607",
     "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e", "588c979a61c663d2f066d0c2c0f989806d5f6b61dac384",
     "17e8d12cfdf926e0"},
    {"RFC 3610 #2", "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000004030201a0a1a2a3a4a5", "0001020304050607",
     "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3b",
     "a091d56e10400916"},
    {"RFC 3610 #3", "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000005040302a0a1a2a3a4a5", "0001020304050607",
     "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20", "51b1e5f44a197d1da46b0f8e2d282ae871e838bb64da859657",
     "4adaa76fbd9fb0c5"},
    {"LL_START_ENC_RSP of the central", "99ad1b5226a37e3e058e3b8e27c2c666", "0000000080 24abdcbabebaafde", "03", "06",
     "9f", "cda7f448"},
    {"LL_START_ENC_RSP of the peripheral", "99ad1b5226a37e3e058e3b8e27c2c666", "0000000000 24abdcbabebaafde", "03",
     "06", "a3", "4c13a415"},
};

/* The session key of the two above (Vol 6 Part C 1): e(LTK, SKD). */
#define LL_LTK         "4c68384139f574d836bcf34e9dfb01bf"
#define LL_SKD         "0213243546576879acbdcedfe0f10213"
#define LL_SESSION_KEY "99ad1b5226a37e3e058e3b8e27c2c666"

/* Scalars at the edges of the private key range: the group order is n. */
#define P256_ZERO        "0000000000000000000000000000000000000000000000000000000000000000"
#define P256_ONE         "0000000000000000000000000000000000000000000000000000000000000001"
#define P256_N_MINUS_1   "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define P256_N           "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P256_N_PLUS_1    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552"
#define P256_ALL_ONES    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define P256_P           "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define DEBUG_NEGATIVE   "c0b6092a5c3aa0c88b364c1c2defc0af71e79a31bbd6e6eb9b20121c2f270a94" /* n - debug key */
#define P256_GX          "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define P256_GY          "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define P256_GY_NEGATIVE "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a"
#define P256_AY_NEGATIVE "237f63b59ad514939ccd6540a5adeaa3899cba3e7012cfdb8be3712fea762d74"

/* Public keys that are points of the curve at its edges, and what must never be taken for one.  Own work. */
typedef struct {
    const char *name, *x, *y;
} p256_point;

#define P256_FIVE        "0000000000000000000000000000000000000000000000000000000000000005"
#define P256_P_PLUS_FIVE "ffffffff00000001000000000000000000000001000000000000000000000004"
#define P256_Y_OF_FIVE   "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"
#define P256_X_OF_FIVE   "d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7"
#define P256_ROOT_OF_B   "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"

static const p256_point valid_points[] = {
    {"the base point", P256_GX, P256_GY}, {"a negated point", P256_AX, P256_AY_NEGATIVE},
    {"x = 0", P256_ZERO, P256_ROOT_OF_B}, {"x = 5", P256_FIVE, P256_Y_OF_FIVE},
    {"y = 5", P256_X_OF_FIVE, P256_FIVE},
};

static const p256_point invalid_points[] = {
    {"y = 0 (CVE-2018-5383)", P256_AX, P256_ZERO},
    {"x = 0, y = 0", P256_ZERO, P256_ZERO},
    {"x = 0, y = 1", P256_ZERO, P256_ONE},
    {"right x, y of another point", P256_AX, P256_BY},
    {"right x, y = 1", P256_AX, P256_ONE},
    {"x and y exchanged", P256_AY, P256_AX},
    {"last bit of y", P256_AX, "dc809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28a"},
    {"first bit of y", P256_AX, "5c809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28b"},
    {"last bit of x", "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de7", P256_AY},
    {"first bit of x", "a0b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6", P256_AY},
    {"x = p", P256_P, P256_ROOT_OF_B},
    {"x = p + 5, y of x = 5", P256_P_PLUS_FIVE, P256_Y_OF_FIVE},
    {"y = p + 5, x of y = 5", P256_X_OF_FIVE, P256_P_PLUS_FIVE},
    {"y = p", P256_AX, P256_P},
    {"x all ones", P256_ALL_ONES, P256_AY},
    {"y all ones", P256_AX, P256_ALL_ONES},
    {"all ones", P256_ALL_ONES, P256_ALL_ONES},
    {"a point of the twist", "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de7",
     "0d86abdf8fee8266694cf3cee244b4641332abad531b9f48befb769f00d2101a"},
    {"of order 3 on another curve", "000000000000000000000000000000000000000000000000000000000000000b",
     "5cabe92a102cf6b20440d949109fc739eea769579b3c3db0b8975d6ee32a7f2e"},
    {"infinity as some write it: 0, 1 with a projective z of 0", P256_ONE, P256_ZERO},
};

#endif
