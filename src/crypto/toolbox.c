/* The Security Manager's cryptographic toolbox.  Core Vol 3 Part H 2.2.
 *
 * The specification concatenates most significant part first.  Here a message is laid out in that
 * order, each part turned round from the wire's order by put(), and the result is turned back. */
#include "crypto/toolbox.h"

#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"

enum { F6_MESSAGE = 16 + 16 + 16 + 3 + 7 + 7, F5_MESSAGE = 1 + 4 + 16 + 16 + 7 + 7 + 2 };

/* Appends one value of the wire, most significant octet first. */
static uint8_t *put(uint8_t *at, const uint8_t *wire, size_t len)
{
    bytes_reverse(at, wire, len);
    return at + len;
}

/* f5 and f6 take an address as 56 bits: the type as the most significant octet. */
static uint8_t *put_address(uint8_t *at, const kith_address *address)
{
    *at = address->type;
    return put(at + 1, address->octets, 6);
}

/* Writes in turned round, or zeros after a failure; then in is wiped. */
static void hand_out(kith_status status, uint8_t *out, uint8_t *in, size_t len)
{
    if (status == KITH_OK)
        bytes_reverse(out, in, len);
    else
        memset(out, 0, len);
    wipe(in, len);
}

/* AES-CMAC of a message laid out most significant first, under a key from the wire. */
static kith_status cmac_to_wire(const kith_crypto_port *port, const uint8_t key[16], const uint8_t *msg, size_t len,
                                uint8_t out[16])
{
    uint8_t turned_key[16];
    uint8_t tag[16];
    kith_status status;

    bytes_reverse(turned_key, key, 16);
    status = crypto_cmac(port, turned_key, msg, len, tag);
    wipe(turned_key, sizeof turned_key);
    hand_out(status, out, tag, sizeof tag);
    return status;
}

kith_status crypto_e(const kith_crypto_port *port, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    uint8_t turned_key[16];
    uint8_t turned_in[16];
    uint8_t result[16];
    kith_status status;

    bytes_reverse(turned_key, key, 16);
    bytes_reverse(turned_in, in, 16);
    status = port->aes128(port->context, turned_key, turned_in, result);
    wipe(turned_key, sizeof turned_key);
    wipe(turned_in, sizeof turned_in);
    hand_out(status, out, result, sizeof result);
    return status;
}

kith_status crypto_c1(const kith_crypto_port *port, const uint8_t k[16], const uint8_t r[16], const uint8_t preq[7],
                      const uint8_t pres[7], uint8_t iat, const uint8_t ia[6], uint8_t rat, const uint8_t ra[6],
                      uint8_t out[16])
{
    uint8_t p1[16]; /* pres || preq || rat || iat */
    uint8_t p2[16]; /* 32 zero bits || ia || ra */
    kith_status status;

    p1[0] = iat;
    p1[1] = rat;
    memcpy(p1 + 2, preq, 7);
    memcpy(p1 + 9, pres, 7);
    memcpy(p2, ra, 6);
    memcpy(p2 + 6, ia, 6);
    memset(p2 + 12, 0, 4);

    for (size_t i = 0; i < 16; i++)
        p1[i] ^= r[i];
    status = crypto_e(port, k, p1, p1);
    for (size_t i = 0; i < 16; i++)
        p2[i] ^= p1[i];
    wipe(p1, sizeof p1);
    if (status == KITH_OK)
        status = crypto_e(port, k, p2, out);
    else
        memset(out, 0, 16);
    wipe(p2, sizeof p2);
    return status;
}

kith_status crypto_s1(const kith_crypto_port *port, const uint8_t k[16], const uint8_t r1[16], const uint8_t r2[16],
                      uint8_t out[16])
{
    uint8_t halves[16]; /* least significant halves: r1' || r2' */
    kith_status status;

    memcpy(halves, r2, 8);
    memcpy(halves + 8, r1, 8);
    status = crypto_e(port, k, halves, out);
    wipe(halves, sizeof halves);
    return status;
}

kith_status crypto_f4(const kith_crypto_port *port, const uint8_t u[32], const uint8_t v[32], const uint8_t x[16],
                      uint8_t z, uint8_t out[16])
{
    uint8_t message[65];
    kith_status status;

    *put(put(message, u, 32), v, 32) = z;
    status = cmac_to_wire(port, x, message, sizeof message, out);
    wipe(message, sizeof message); /* z is a bit of the passkey */
    return status;
}

/* T = AES-CMAC with the salt as key, of the DHKey.  Most significant first, as cmac takes its key. */
static kith_status f5_key(const kith_crypto_port *port, const uint8_t w[32], uint8_t t[16])
{
    static const uint8_t salt[16] = {0x6c, 0x88, 0x83, 0x91, 0xaa, 0xf5, 0xa5, 0x38,
                                     0x60, 0x37, 0x0b, 0xdb, 0x5a, 0x60, 0x83, 0xbe};
    uint8_t turned[32];
    kith_status status;

    bytes_reverse(turned, w, 32);
    status = crypto_cmac(port, salt, turned, sizeof turned, t);
    wipe(turned, sizeof turned);
    return status;
}

kith_status crypto_f5(const kith_crypto_port *port, const uint8_t w[32], const uint8_t n1[16], const uint8_t n2[16],
                      const kith_address *a1, const kith_address *a2, uint8_t mackey[16], uint8_t ltk[16])
{
    uint8_t message[F5_MESSAGE] = {0, 'b', 't', 'l', 'e'}; /* counter, keyID, ..., length in bits */
    uint8_t t[16];
    uint8_t first[16] = {0};
    uint8_t second[16] = {0};
    uint8_t *at = put(put(message + 5, n1, 16), n2, 16);
    kith_status status;

    at = put_address(put_address(at, a1), a2);
    at[0] = 0x01; /* 256, most significant octet first */
    at[1] = 0x00;

    status = f5_key(port, w, t);
    if (status == KITH_OK)
        status = crypto_cmac(port, t, message, sizeof message, first);
    message[0] = 1;
    if (status == KITH_OK)
        status = crypto_cmac(port, t, message, sizeof message, second);
    wipe(t, sizeof t);
    wipe(message, sizeof message);
    hand_out(status, mackey, first, 16);
    hand_out(status, ltk, second, 16);
    return status;
}

kith_status crypto_f6(const kith_crypto_port *port, const uint8_t w[16], const uint8_t n1[16], const uint8_t n2[16],
                      const uint8_t r[16], const uint8_t io_cap[3], const kith_address *a1, const kith_address *a2,
                      uint8_t out[16])
{
    uint8_t message[F6_MESSAGE];
    uint8_t *at = put(put(put(message, n1, 16), n2, 16), r, 16);
    kith_status status;

    at = put(at, io_cap, 3); /* AuthReq is its most significant octet */
    put_address(put_address(at, a1), a2);
    status = cmac_to_wire(port, w, message, sizeof message, out);
    wipe(message, sizeof message); /* r may be the passkey or an OOB random */
    return status;
}

kith_status crypto_g2(const kith_crypto_port *port, const uint8_t u[32], const uint8_t v[32], const uint8_t x[16],
                      const uint8_t y[16], uint32_t *passkey_value)
{
    uint8_t message[32 + 32 + 16];
    uint8_t tag[16];
    kith_status status;

    put(put(put(message, u, 32), v, 32), y, 16);
    status = cmac_to_wire(port, x, message, sizeof message, tag);
    *passkey_value = bytes_get32(tag) % 1000000; /* the tag is zero after a failure */
    wipe(message, sizeof message);
    wipe(tag, sizeof tag);
    return status;
}

kith_status crypto_h6(const kith_crypto_port *port, const uint8_t w[16], const uint8_t keyid[4], uint8_t out[16])
{
    uint8_t message[4];

    bytes_reverse(message, keyid, 4);
    return cmac_to_wire(port, w, message, sizeof message, out);
}

kith_status crypto_h7(const kith_crypto_port *port, const uint8_t salt[16], const uint8_t w[16], uint8_t out[16])
{
    uint8_t message[16];
    kith_status status;

    bytes_reverse(message, w, 16);
    status = cmac_to_wire(port, salt, message, sizeof message, out);
    wipe(message, sizeof message);
    return status;
}

kith_status crypto_ah(const kith_crypto_port *port, const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3])
{
    uint8_t block[16] = {0};
    kith_status status;

    memcpy(block, prand, 3);
    status = crypto_e(port, irk, block, block);
    memcpy(hash, block, 3); /* zeros after a failure */
    wipe(block, sizeof block);
    return status;
}
