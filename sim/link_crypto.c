/* LE encryption of one data channel PDU: AES-CCM with a 39-bit packet counter for each direction.
 * Core Vol 6 Part E 1 and 2; the session key: Part B 5.1.3.1.  Sample data: Part C 1. */
#include <string.h>

#include "base/bytes.h"
#include "crypto/toolbox.h"

#include "internal.h"

/* NESN, SN and MD change when a PDU is repeated; they are outside the MIC. */
enum { AUTHENTICATED_HEADER_BITS = 0xe3, DIRECTION_FROM_CENTRAL = 0x80 };

kith_status sim_session_make(const kith_crypto_port *crypto, const uint8_t ltk[16], const uint8_t skd[16],
                             const uint8_t iv[8], sim_session *session)
{
    uint8_t key[16];
    kith_status status = crypto_e(crypto, ltk, skd, key);

    memset(session, 0, sizeof *session);
    bytes_reverse(session->key, key, 16);
    memcpy(session->iv, iv, 8);
    return status;
}

static void make_nonce(const sim_session *session, uint64_t counter, bool from_central, uint8_t nonce[13])
{
    bytes_put32(nonce, (uint32_t)counter);
    nonce[4] = (uint8_t)((counter >> 32 & 0x7f) | (from_central ? DIRECTION_FROM_CENTRAL : 0));
    memcpy(nonce + 5, session->iv, 8);
}

kith_status sim_session_seal(const kith_crypto_port *crypto, sim_session *session, bool from_central, uint8_t header,
                             const uint8_t *plain, size_t len, uint8_t *sealed)
{
    uint8_t nonce[13];
    uint8_t aad = header & AUTHENTICATED_HEADER_BITS;

    make_nonce(session, session->tx_counter++, from_central, nonce);
    return crypto->ccm_seal(crypto->context, session->key, nonce, &aad, 1, plain, len, sealed, sealed + len, SIM_MIC);
}

kith_status sim_session_open(const kith_crypto_port *crypto, sim_session *session, bool from_central, uint8_t header,
                             const uint8_t *sealed, size_t len, uint8_t *plain)
{
    uint8_t nonce[13];
    uint8_t aad = header & AUTHENTICATED_HEADER_BITS;
    size_t plain_len = len - SIM_MIC;

    make_nonce(session, session->rx_counter++, from_central, nonce);
    return crypto->ccm_open(crypto->context, session->key, nonce, &aad, 1, sealed, plain_len, plain, sealed + plain_len,
                            SIM_MIC);
}
