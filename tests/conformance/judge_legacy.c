/* See judge_legacy.h. */
#include "judge_legacy.h"

#include <string.h>

#include <openssl/evp.h>

#include "bench.h"

static void turn(uint8_t out[16], const uint8_t in[16])
{
    for (unsigned i = 0; i < 16; i++)
        out[i] = in[15 - i];
}

/* One block; AES wants the most significant octet first. */
static void e(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    uint8_t turned_key[16], turned[16], block[32];
    int len = 0;

    turn(turned_key, key);
    turn(turned, in);
    if (aes == NULL || EVP_EncryptInit_ex2(aes, EVP_aes_128_ecb(), turned_key, NULL, NULL) != 1 ||
        EVP_EncryptUpdate(aes, block, &len, turned, 16) != 1 || len != 16)
        bench_fail("the judge's AES failed");
    EVP_CIPHER_CTX_free(aes);
    turn(out, block);
}

/* p1 = pres || preq || rat || iat, p2 = padding || ia || ra; in wire order the last comes first. */
void judge_c1(const uint8_t tk[16], const uint8_t r[16], const uint8_t request[7], const uint8_t response[7],
              const kith_address *initiator, const kith_address *responder, uint8_t out[16])
{
    uint8_t p1[16] = {initiator->type, responder->type}, p2[16] = {0}, block[16];

    memcpy(p1 + 2, request, 7);
    memcpy(p1 + 9, response, 7);
    memcpy(p2, responder->octets, 6);
    memcpy(p2 + 6, initiator->octets, 6);
    for (unsigned i = 0; i < 16; i++)
        block[i] = r[i] ^ p1[i];
    e(tk, block, block);
    for (unsigned i = 0; i < 16; i++)
        block[i] ^= p2[i];
    e(tk, block, out);
}

/* The less significant halves: the responder's above the initiator's. */
void judge_s1(const uint8_t tk[16], const uint8_t srand[16], const uint8_t mrand[16], uint8_t out[16])
{
    uint8_t block[16];

    memcpy(block, mrand, 8);
    memcpy(block + 8, srand, 8);
    e(tk, block, out);
}
