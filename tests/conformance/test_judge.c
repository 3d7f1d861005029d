/* The judge judged: its arithmetic gives the specification's sample data.  Core Vol 3 Part H Appendix D. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "case.h"
#include "judge.h"

/* Hex as printed (most significant octet first) to wire order. */
static const uint8_t *wire(const char *hex)
{
    static uint8_t values[8][32];
    static unsigned next;
    uint8_t *out = values[next++ % 8];
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        out[len - 1 - i] = (uint8_t)strtol(pair, NULL, 16);
    }
    return out;
}

#define A_PRIVATE "3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd"
#define A_X       "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6"
#define A_Y       "dc809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28b"
#define B_PRIVATE "55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd"
#define DHKEY     "ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698"
#define NONCE_1   "d5cb8454d177733effffb2ec712baeab"
#define NONCE_2   "a6e8e7cc25a75f6e216583f7ff3dc4cf"
#define MACKEY    "2965f176a1084a02fd3f6a20ce636e20"

static const kith_address a1 = {0, {0xce, 0xbf, 0x37, 0x37, 0x12, 0x56}};
static const kith_address a2 = {0, {0xc1, 0xcf, 0x2d, 0x70, 0x13, 0xa7}};

SENTENCE(the_judge_knows_the_curve)
{
    uint8_t a[64], b[64], dhkey[32];

    judge_key_pair(wire(A_PRIVATE), a);
    check(memcmp(a, wire(A_X), 32) == 0 && memcmp(a + 32, wire(A_Y), 32) == 0);
    judge_key_pair(wire(B_PRIVATE), b);
    check(judge_dhkey(wire(A_PRIVATE), b, dhkey) && memcmp(dhkey, wire(DHKEY), 32) == 0);
    check(judge_dhkey(wire(B_PRIVATE), a, dhkey) && memcmp(dhkey, wire(DHKEY), 32) == 0);
    b[32] ^= 1;
    check(!judge_dhkey(wire(A_PRIVATE), b, dhkey));
}

SENTENCE(the_judge_gives_the_sample_data_of_f4_f5_f6)
{
    uint8_t out[16], ltk[16];

    /* The sample's V is printed as B's private key, and used so. */
    judge_f4(wire(A_X), wire(B_PRIVATE), wire(NONCE_1), 0, out);
    check(memcmp(out, wire("f2c916f107a9bd1cf1eda1bea974872d"), 16) == 0);
    judge_f5(wire(DHKEY), wire(NONCE_1), wire(NONCE_2), &a1, &a2, out, ltk);
    check(memcmp(out, wire(MACKEY), 16) == 0);
    check(memcmp(ltk, wire("6986791169d7cd23980522b594750a38"), 16) == 0);
    judge_f6(wire(MACKEY), wire(NONCE_1), wire(NONCE_2), wire("12a3343bb453bb5408da42d20c2d0fc8"), wire("010102"), &a1,
             &a2, out);
    check(memcmp(out, wire("e3c473989cd0e8c5d26c0b09da958f61"), 16) == 0);
}

/* The sample's V is again printed as B's private key; what people see are the last six digits of 2f9ed5ba. */
SENTENCE(the_judge_gives_the_sample_data_of_g2)
{
    check(judge_g2(wire(A_X), wire(B_PRIVATE), wire(NONCE_1), wire(NONCE_2)) == 0x2f9ed5ba % 1000000);
}

SENTENCE(the_judge_gives_the_sample_data_of_ah)
{
    uint8_t hash[3];

    judge_ah(wire("ec0234a357c8ad05341010a60a397d9b"), wire("708194"), hash);
    check(memcmp(hash, wire("0dfbaa"), 3) == 0);
}

/* Vol 3 Part G Appendix B. */
SENTENCE(the_judge_gives_the_sample_data_of_the_database_hash)
{
    static const uint8_t message[] = {
        0x01, 0, 0x00, 0x28, 0x00, 0x18,                         /* GAP service */
        0x02, 0, 0x03, 0x28, 0x0a, 0x03, 0,    0x00, 0x2a,       /* name */
        0x04, 0, 0x03, 0x28, 0x02, 0x05, 0,    0x01, 0x2a,       /* appearance */
        0x06, 0, 0x00, 0x28, 0x01, 0x18,                         /* GATT service */
        0x07, 0, 0x03, 0x28, 0x20, 0x08, 0,    0x05, 0x2a,       /* service changed */
        0x09, 0, 0x02, 0x29,                                     /* its configuration */
        0x0a, 0, 0x03, 0x28, 0x0a, 0x0b, 0,    0x29, 0x2b,       /* client features */
        0x0c, 0, 0x03, 0x28, 0x02, 0x0d, 0,    0x2a, 0x2b,       /* the hash */
        0x0e, 0, 0x00, 0x28, 0x08, 0x18,                         /* glucose service */
        0x0f, 0, 0x02, 0x28, 0x14, 0,    0x16, 0,    0x0f, 0x18, /* includes a battery */
        0x10, 0, 0x03, 0x28, 0xa2, 0x11, 0,    0x18, 0x2a,       /* measurement */
        0x12, 0, 0x02, 0x29,                                     /* its configuration */
        0x13, 0, 0x00, 0x29, 0,    0,                            /* extended properties */
        0x14, 0, 0x01, 0x28, 0x0f, 0x18,                         /* secondary: battery */
        0x15, 0, 0x03, 0x28, 0x02, 0x16, 0,    0x19, 0x2a,       /* level */
    };
    uint8_t out[16];

    judge_database_hash(message, sizeof message, out);
    check(memcmp(out, wire("f1ca2d48ecf58bac8a8830bbb9fba990"), 16) == 0);
}
