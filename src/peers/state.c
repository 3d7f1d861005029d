/* The octets of a state record: docs/bond-format.md.  A record is a version and parts, each with its kind and length,
 * so that later parts need no new layout of the earlier ones. */
#include "peers/state.h"

#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "crypto/toolbox.h"

enum { VERSION = 1 };

enum { PART_MY_SIGNING = 1, PART_PEER_SIGNING = 2, SIGNING_LEN = 8 };

void peers_close_counters(peers_counters *counters)
{
    counters->my_next = counters->my_reserved = counters->my_wanted = UINT32_MAX;
    counters->peer_last = UINT32_MAX;
    counters->peer_signed = true;
    counters->peer_is_wanted = false;
}

static void write_signing(bytes_writer *w, uint8_t part, uint32_t check, uint32_t counter)
{
    bytes_write8(w, part);
    bytes_write8(w, SIGNING_LEN);
    bytes_write32(w, check);
    bytes_write32(w, counter);
}

void peers_encode_state(const peers_state *state, uint32_t peer, kith_record *out)
{
    bytes_writer w;

    memset(out, 0, sizeof *out);
    out->kind = KITH_RECORD_STATE;
    out->id = peer;
    bytes_writer_init(&w, out->octets, sizeof out->octets);
    bytes_write8(&w, VERSION);
    if (state->has_mine)
        write_signing(&w, PART_MY_SIGNING, state->my_check, state->my_reserved);
    if (state->has_peers)
        write_signing(&w, PART_PEER_SIGNING, state->peer_check, state->peer_last);
    out->len = (uint16_t)w.len;
}

/* One part; KITH_ERR_DAMAGED: it has not the length of its kind. */
static kith_status read_part(bytes_reader *r, uint8_t part, peers_state *out)
{
    uint8_t len = bytes_read8(r);

    if (part > PART_PEER_SIGNING)
        return KITH_ERR_NEWER;
    if (part < PART_MY_SIGNING || len != SIGNING_LEN || r->left < SIGNING_LEN)
        return KITH_ERR_DAMAGED;
    if (part == PART_MY_SIGNING) {
        out->has_mine = true;
        out->my_check = bytes_read32(r);
        out->my_reserved = bytes_read32(r);
        return out->my_reserved != 0 ? KITH_OK : KITH_ERR_DAMAGED;
    }
    out->has_peers = true;
    out->peer_check = bytes_read32(r);
    out->peer_last = bytes_read32(r);
    return KITH_OK;
}

/* Parts come in order, each once. */
static kith_status read_parts(bytes_reader *r, peers_state *out)
{
    kith_status status = KITH_OK;
    uint8_t last = 0;

    while (r->left > 0 && status == KITH_OK) {
        uint8_t part = bytes_read8(r);

        status = part > last ? read_part(r, part, out) : KITH_ERR_DAMAGED;
        last = part;
    }
    return status;
}

kith_status peers_decode_state(const kith_record *record, peers_state *out)
{
    bytes_reader r;
    kith_status status = KITH_ERR_DAMAGED;
    uint8_t version;

    memset(out, 0, sizeof *out);
    if (record->kind != KITH_RECORD_STATE || record->id == 0 || record->removed || record->len > sizeof record->octets)
        return KITH_ERR_DAMAGED;
    bytes_reader_init(&r, record->octets, record->len);
    version = bytes_read8(&r);
    if (version > VERSION)
        return KITH_ERR_NEWER;
    if (version == VERSION)
        status = read_parts(&r, out);
    if (status != KITH_OK)
        memset(out, 0, sizeof *out);
    return status;
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
