#include "witness.h"

/* Vol 6 Part B 2.3: kinds of PDUs on advertising channels, and where they name whom. */
enum {
    DIRECT_IND = 1,
    SCAN_REQ = 3,
    SCAN_RSP = 4,
    CONNECT_IND = 5,
    TX_ADD = 0x40,
    AT_OWN = 2,
    AT_ACCESS = 14,
    AT_CRC = 18,
    EXTENDED = 7 /* witness_sets.h */
};

static bool has_octets(const uint8_t *pdu, size_t len, const uint8_t octets[6])
{
    for (size_t i = 0; i + 6 <= len; i++)
        if (memcmp(pdu + i, octets, 6) == 0)
            return true;
    return false;
}

/* The latest ones are where most of them are. */
void witness_note(witness *w, const kith_sim_frame *frame, witness_field field, const uint8_t *octets, size_t len)
{
    witness_sighting s = {.sender = frame->sender, .field = field, .first_us = frame->time_us};

    memcpy(s.octets, octets, len);
    s.last_us = frame->time_us;
    for (unsigned i = w->count; i > 0; i--) {
        witness_sighting *old = &w->seen[i - 1];

        if (old->sender != s.sender || old->field != field || memcmp(old->octets, s.octets, 6) != 0)
            continue;
        old->last_us = frame->time_us;
        return;
    }
    assert_true(w->count < WITNESS_SIGHTINGS);
    w->seen[w->count++] = s;
}

static void note_address(witness *w, const kith_sim_frame *frame)
{
    const uint8_t *own = frame->pdu + AT_OWN;

    if ((frame->pdu[0] & TX_ADD) == 0)
        w->heard_public++;
    else if (own[5] >> 6 != 1)
        w->heard_other++;
    witness_note(w, frame, WITNESS_ADDRESS, own, 6);
}

static void note_data(witness *w, const kith_sim_frame *frame)
{
    size_t len = frame->len - 8;

    assert_true(frame->sender < WITNESS_DEVICES && len <= WITNESS_OCTETS);
    if (!w->said[frame->sender].known) {
        memcpy(w->said[frame->sender].octets, frame->pdu + 8, len);
        w->said[frame->sender].len = (uint8_t)len;
        w->said[frame->sender].known = true;
    }
    w->changed_data +=
        len != w->said[frame->sender].len || memcmp(frame->pdu + 8, w->said[frame->sender].octets, len) != 0;
}

static void hear(void *context, const kith_sim_frame *frame)
{
    witness *w = context;
    uint8_t kind = frame->pdu[0] & 0x0f;

    w->packets++;
    for (unsigned i = 0; i < w->secret_count; i++)
        w->heard_secret += has_octets(frame->pdu, frame->len, w->secrets[i].octets);
    if (frame->channel < 37 || kind == EXTENDED)
        return;
    note_address(w, frame);
    if (kind == CONNECT_IND) {
        witness_note(w, frame, WITNESS_ACCESS, frame->pdu + AT_ACCESS, 4);
        witness_note(w, frame, WITNESS_CRC, frame->pdu + AT_CRC, 3);
    } else if (kind != DIRECT_IND && kind != SCAN_REQ && kind != SCAN_RSP) {
        note_data(w, frame);
    }
}

void witness_listen(witness *w, cast_room *room)
{
    memset(w, 0, sizeof *w);
    cast_equal(room, kith_sim_listen(room->sim, hear, w), KITH_OK);
}

void witness_keep_secret(witness *w, const cast_host *host)
{
    kith_identity_info info;

    assert_true(w->secret_count < WITNESS_SECRETS);
    assert_int_equal(kith_identity_get(host->host, 0, &info), KITH_OK);
    w->secrets[w->secret_count++] = info.address;
}

void witness_forget_data(witness *w)
{
    memset(w->said, 0, sizeof w->said);
    w->changed_data = 0;
}

/* They were noted in the order in which they began. */
unsigned witness_times(const witness *w, kith_sim_device device, uint64_t *longest)
{
    uint64_t first = 0, last = 0;
    unsigned count = 0;

    *longest = 0;
    for (unsigned i = 0; i < w->count; i++) {
        const witness_sighting *s = &w->seen[i];

        if (s->sender != device)
            continue;
        if (count == 0 || s->first_us > last) {
            first = s->first_us;
            last = s->last_us;
            count++;
        }
        last = s->last_us > last ? s->last_us : last;
        *longest = last - first > *longest ? last - first : *longest;
    }
    return count;
}

unsigned witness_addresses(const witness *w, kith_sim_device device)
{
    unsigned count = 0;

    for (unsigned i = 0; i < w->count; i++)
        count += w->seen[i].sender == device && w->seen[i].field == WITNESS_ADDRESS;
    return count;
}
