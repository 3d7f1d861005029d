/* Counters of signed data, and which key they count for. */
#include "peers/state.h"

#include "base/bytes.h"
#include "base/wipe.h"
#include "crypto/toolbox.h"

void peers_close_counters(peers_counters *counters)
{
    counters->my_next = counters->my_reserved = counters->my_wanted = UINT32_MAX;
    counters->peer_last = UINT32_MAX;
    counters->peer_signed = true;
    counters->peer_is_wanted = false;
}

bool peers_has_more_than_counters(const kith_state_record *state)
{
    return state->cccd_count > 0 || state->features_len > 0 || state->is_aware || state->rank != 0 ||
           state->last_use != 0;
}

/* What is signed ends, seen from CMAC's side, with the opcode 0xd2; this does not. */
kith_status peers_key_check(const kith_crypto_port *crypto, const uint8_t csrk[16], uint32_t *out)
{
    static const uint8_t message[] = {'k', 'i', 't', 'h', ' ', 's', 't', 'a', 't', 'e'};
    uint8_t turned[16], tag[16];
    kith_status status;

    bytes_reverse(turned, csrk, sizeof turned);
    status = crypto_cmac(crypto, turned, message, sizeof message, tag);
    *out = bytes_get32(tag);
    wipe(turned, sizeof turned);
    wipe(tag, sizeof tag);
    return status;
}
