/* Counters of signed data, which key they count for, and what is known of a peer's use. */
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

bool peers_tells_of_client(const kith_state_record *state)
{
    return state->cccd_count > 0 || state->features_len > 0 || state->is_aware;
}

void peers_fill_use(const peers_use *use, kith_state_record *state)
{
    state->rank = use->rank;
    state->last_use = use->last_use;
    state->resolution = use->resolution;
    state->private_only = use->private_only;
    state->pinned = use->pinned;
}

void peers_take_use(peers_use *use, const kith_state_record *state)
{
    *use = (peers_use){.rank = state->rank,
                       .last_use = state->last_use,
                       .resolution = state->resolution,
                       .private_only = state->private_only,
                       .pinned = state->pinned};
}

bool peers_is_use_of(const kith_state_record *state, const peers_use *use)
{
    return state->rank == use->rank && state->last_use == use->last_use && state->resolution == use->resolution &&
           state->private_only == use->private_only && state->pinned == use->pinned;
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
