/* See judge.h.  AES-CMAC and P-256 are OpenSSL's own. */
#include "judge.h"

#include <stddef.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "bench.h"

/* What a CMAC is taken over: values as the specification prints them, most significant octet first. */
typedef struct {
    size_t len;
    uint8_t octets[96];
} message;

static void add(message *m, const uint8_t *wire, size_t len)
{
    for (size_t i = 0; i < len; i++)
        m->octets[m->len++] = wire[len - 1 - i];
}

static void add_address(message *m, const kith_address *address)
{
    m->octets[m->len++] = address->type;
    add(m, address->octets, 6);
}

static void turn(uint8_t *out, const uint8_t *in, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = in[len - 1 - i];
}

/* Key and result most significant octet first. */
static void cmac(const uint8_t key[16], const message *m, uint8_t out[16])
{
    size_t len = 0;

    if (EVP_Q_mac(NULL, "CMAC", NULL, "AES-128-CBC", NULL, key, 16, m->octets, m->len, out, 16, &len) == NULL ||
        len != 16)
        bench_fail("the judge's CMAC failed");
}

static void cmac_of_wire(const uint8_t key[16], const message *m, uint8_t out[16])
{
    uint8_t turned_key[16], tag[16];

    turn(turned_key, key, 16);
    cmac(turned_key, m, tag);
    turn(out, tag, 16);
}

void judge_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], uint8_t z, uint8_t out[16])
{
    message m = {0};

    add(&m, u, 32);
    add(&m, v, 32);
    add(&m, &z, 1);
    cmac_of_wire(x, &m, out);
}

static void f5_half(const uint8_t t[16], uint8_t counter, const message *rest, uint8_t out[16])
{
    message m = {0};
    uint8_t tag[16];

    m.octets[m.len++] = counter;
    memcpy(m.octets + m.len, rest->octets, rest->len);
    m.len += rest->len;
    cmac(t, &m, tag);
    turn(out, tag, 16);
}

void judge_f5(const uint8_t dhkey[32], const uint8_t n1[16], const uint8_t n2[16], const kith_address *a1,
              const kith_address *a2, uint8_t mackey[16], uint8_t ltk[16])
{
    static const uint8_t salt[16] = {0x6c, 0x88, 0x83, 0x91, 0xaa, 0xf5, 0xa5, 0x38,
                                     0x60, 0x37, 0x0b, 0xdb, 0x5a, 0x60, 0x83, 0xbe};
    static const uint8_t length_256[2] = {0x00, 0x01}; /* wire order */
    message w = {0}, rest = {4, "btle"};
    uint8_t t[16];

    add(&w, dhkey, 32);
    cmac(salt, &w, t);
    add(&rest, n1, 16);
    add(&rest, n2, 16);
    add_address(&rest, a1);
    add_address(&rest, a2);
    add(&rest, length_256, 2);
    f5_half(t, 0, &rest, mackey);
    f5_half(t, 1, &rest, ltk);
}

void judge_f6(const uint8_t w[16], const uint8_t n1[16], const uint8_t n2[16], const uint8_t r[16],
              const uint8_t io_cap[3], const kith_address *a1, const kith_address *a2, uint8_t out[16])
{
    message m = {0};

    add(&m, n1, 16);
    add(&m, n2, 16);
    add(&m, r, 16);
    add(&m, io_cap, 3);
    add_address(&m, a1);
    add_address(&m, a2);
    cmac_of_wire(w, &m, out);
}

uint32_t judge_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], const uint8_t y[16])
{
    message m = {0};
    uint8_t out[16];

    add(&m, u, 32);
    add(&m, v, 32);
    add(&m, y, 16);
    cmac_of_wire(x, &m, out);
    return ((uint32_t)out[3] << 24 | (uint32_t)out[2] << 16 | (uint32_t)out[1] << 8 | out[0]) % 1000000;
}

void judge_sign(const uint8_t csrk[16], const uint8_t *pdu, size_t len, uint32_t counter, uint8_t out[12])
{
    const uint8_t count[4] = {(uint8_t)counter, (uint8_t)(counter >> 8), (uint8_t)(counter >> 16),
                              (uint8_t)(counter >> 24)};
    message m = {0};
    uint8_t mac[16];

    if (len + sizeof count > sizeof m.octets)
        bench_fail("more than the judge can hold");
    add(&m, count, sizeof count); /* M is pdu || counter, and here begins with its most significant octet */
    add(&m, pdu, len);
    cmac_of_wire(csrk, &m, mac);
    memcpy(out, count, sizeof count);
    memcpy(out + sizeof count, mac + 8, 8);
}

/* AES-CMAC with a key of zeros; the message is taken as it is, and the code goes over the air as a number. */
void judge_database_hash(const uint8_t *database, size_t len, uint8_t out[16])
{
    static const uint8_t key[16];
    uint8_t tag[16];
    size_t tag_len = 0;

    if (EVP_Q_mac(NULL, "CMAC", NULL, "AES-128-CBC", NULL, key, 16, database, len, tag, 16, &tag_len) == NULL ||
        tag_len != 16)
        bench_fail("the judge's CMAC failed");
    turn(out, tag, 16);
}

void judge_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3])
{
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    uint8_t key[16], in[16] = {0}, out[32];
    int len = 0;

    turn(key, irk, 16);
    turn(in + 13, prand, 3);
    if (aes == NULL || EVP_EncryptInit_ex2(aes, EVP_aes_128_ecb(), key, NULL, NULL) != 1 ||
        EVP_EncryptUpdate(aes, out, &len, in, 16) != 1 || len != 16)
        bench_fail("the judge's AES failed");
    EVP_CIPHER_CTX_free(aes);
    turn(hash, out + 13, 3);
}

/* ---- P-256 ---- */

typedef struct {
    EC_GROUP *group;
    EC_POINT *point;
    BIGNUM *scalar, *x, *y;
} curve;

static curve curve_new(const uint8_t private_key[32])
{
    curve c = {EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), NULL, BN_lebin2bn(private_key, 32, NULL), BN_new(),
               BN_new()};

    if (c.group != NULL)
        c.point = EC_POINT_new(c.group);
    if (c.point == NULL || c.scalar == NULL || c.x == NULL || c.y == NULL)
        bench_fail("the judge has no curve");
    return c;
}

static void curve_free(curve *c)
{
    EC_POINT_free(c->point);
    EC_GROUP_free(c->group);
    BN_free(c->scalar);
    BN_free(c->x);
    BN_free(c->y);
}

void judge_key_pair(const uint8_t private_key[32], uint8_t public_key[64])
{
    curve c = curve_new(private_key);

    if (EC_POINT_mul(c.group, c.point, c.scalar, NULL, NULL, NULL) != 1 ||
        EC_POINT_get_affine_coordinates(c.group, c.point, c.x, c.y, NULL) != 1 ||
        BN_bn2lebinpad(c.x, public_key, 32) != 32 || BN_bn2lebinpad(c.y, public_key + 32, 32) != 32)
        bench_fail("the judge's key pair failed");
    curve_free(&c);
}

bool judge_dhkey(const uint8_t private_key[32], const uint8_t public_key[64], uint8_t dhkey[32])
{
    curve c = curve_new(private_key);
    bool sound = BN_lebin2bn(public_key, 32, c.x) != NULL && BN_lebin2bn(public_key + 32, 32, c.y) != NULL &&
                 EC_POINT_set_affine_coordinates(c.group, c.point, c.x, c.y, NULL) == 1 &&
                 EC_POINT_mul(c.group, c.point, NULL, c.point, c.scalar, NULL) == 1 &&
                 EC_POINT_get_affine_coordinates(c.group, c.point, c.x, NULL, NULL) == 1 &&
                 BN_bn2lebinpad(c.x, dhkey, 32) == 32;

    curve_free(&c);
    return sound;
}
