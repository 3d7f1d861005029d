#include "witness_sets.h"

enum {
    SCAN_REQ = 3,
    CONNECT_REQ = 5,
    EXTENDED = 7,
    HAS_ADVERTISER = 0x01,
    HAS_TARGET = 0x02,
    HAS_CTE = 0x04,
    HAS_ADI = 0x08,
    HAS_AUX = 0x10,
    NO_DID = 0x1000,
    SAME_EVENT_US = 50000, /* one event lasts no longer, and two of a set are not nearer */
    LATE_US = 11000        /* Vol 6 Part B 4.4.2.2.1: up to 10 ms are drawn each time */
};

static const uint32_t advertising_access = 0x8e89bed6;

/* ---- one PDU ---- */

typedef struct {
    const uint8_t *advertiser, *target, *adi, *data;
    size_t len;
    bool more; /* follows in another PDU */
} fields;

static const uint8_t *take(const uint8_t **at, bool there, size_t len)
{
    const uint8_t *field = there ? *at : NULL;

    *at += there ? len : 0;
    return field;
}

static void parse(const kith_sim_frame *frame, fields *f)
{
    const uint8_t *at = frame->pdu + 3, *end = frame->pdu + frame->len;
    size_t header = frame->pdu[2] & 0x3f;
    uint8_t flags = header != 0 ? frame->pdu[3] : 0;

    f->data = at + header;
    f->len = (size_t)(end - f->data);
    at += header != 0;
    f->advertiser = take(&at, (flags & HAS_ADVERTISER) != 0, 6);
    f->target = take(&at, (flags & HAS_TARGET) != 0, 6);
    (void)take(&at, (flags & HAS_CTE) != 0, 1);
    f->adi = take(&at, (flags & HAS_ADI) != 0, 2);
    f->more = (flags & HAS_AUX) != 0;
}

/* ---- one set ---- */

static witness_set *set_of(witness_sets *s, kith_sim_device sender, const uint8_t *adi)
{
    for (unsigned i = 0; adi != NULL && i < s->count; i++)
        if (s->sets[i].sender == sender && s->sets[i].sid == adi[1] >> 4)
            return &s->sets[i];
    return NULL;
}

static void note_event(witness_set *set, uint64_t now_us, bool changed)
{
    uint64_t gap_us = now_us - set->event_us;

    if (changed && set->event_us != 0) {
        set->changes++;
        set->on_beat += gap_us >= set->interval_us && gap_us <= set->interval_us + LATE_US;
    }
    if (changed || gap_us > SAME_EVENT_US)
        set->event_us = now_us;
}

/* What it was in the address before is what tells: it is one and the same for as long as it does not change. */
static void note_did(witness_sets *s, witness_set *set, const kith_sim_frame *frame, const uint8_t *adi)
{
    unsigned did = adi[0] | (adi[1] & 0x0fu) << 8;
    bool changed = did != set->did;
    uint8_t octets[6] = {0};

    if (frame->channel >= 37)
        note_event(set, frame->time_us, changed);
    set->did = did;
    memcpy(octets, adi, 2);
    memcpy(octets + 2, &set->changes, sizeof set->changes);
    witness_note(s->w, frame, WITNESS_DID, octets, sizeof octets);
}

static void note_target(witness_sets *s, witness_set *set, const kith_sim_frame *frame, const uint8_t *target)
{
    uint8_t octets[6] = {0};

    set->targets += memcmp(set->target, target, sizeof set->target) != 0;
    memcpy(set->target, target, sizeof set->target);
    memcpy(octets, &set->targets, sizeof set->targets);
    octets[5] = target[5];
    witness_note(s->w, frame, WITNESS_TARGET, octets, sizeof octets);
}

static void note_parts(witness_sets *s, const witness_set *set, const kith_sim_frame *frame)
{
    for (unsigned i = 0; i + WITNESS_PART_LEAST <= set->part.len; i += WITNESS_PART_LEAST)
        witness_note(s->w, frame, WITNESS_PART, set->heard + set->part.at + i, WITNESS_PART_LEAST);
}

static bool is_as_given(const witness_set *set)
{
    const size_t after = (size_t)set->part.at + set->part.len;

    return set->at == set->len && memcmp(set->heard, set->data, set->part.at) == 0 &&
           memcmp(set->heard + after, set->data + after, set->len - after) == 0;
}

static void note_data(witness_sets *s, witness_set *set, const kith_sim_frame *frame, const fields *f)
{
    if (f->advertiser != NULL)
        set->at = 0;
    assert_true(set->at + f->len <= sizeof set->heard);
    memcpy(set->heard + set->at, f->data, f->len);
    set->at = (uint16_t)(set->at + f->len);
    if (f->more || set->at == 0)
        return; /* who is scannable says nothing before it is asked */
    if (is_as_given(set))
        note_parts(s, set, frame);
    else
        s->strange++;
    set->whole++;
}

/* ---- the air ---- */

static void hear_extended(witness_sets *s, const kith_sim_frame *frame)
{
    witness_set *set;
    fields f;

    parse(frame, &f);
    set = set_of(s, frame->sender, f.adi);
    if (f.advertiser != NULL)
        witness_note(s->w, frame, WITNESS_ADDRESS, f.advertiser, 6);
    if (set == NULL) {
        s->strange++;
        return;
    }
    note_did(s, set, frame, f.adi);
    if (f.target != NULL)
        note_target(s, set, frame, f.target);
    if (frame->channel < 37)
        note_data(s, set, frame, &f);
}

static void hear(void *context, const kith_sim_frame *frame)
{
    witness_sets *s = context;
    uint8_t kind = frame->pdu[0] & 0x0f;

    if (frame->access_address != advertising_access)
        return;
    if (kind == EXTENDED)
        hear_extended(s, frame);
    else if (frame->channel < 37 && (kind == SCAN_REQ || kind == CONNECT_REQ))
        witness_note(s->w, frame, WITNESS_ADDRESS, frame->pdu + 2, 6);
}

void witness_sets_listen(witness_sets *s, witness *w, cast_room *room)
{
    memset(s, 0, sizeof *s);
    s->w = w;
    cast_equal(room, kith_sim_listen(room->sim, hear, s), KITH_OK);
}

void witness_sets_expect(witness_sets *s, const cast_host *host, const kith_advertising *a)
{
    const bool responds = !a->connectable && !a->silent && !a->directed;
    witness_set *set = &s->sets[s->count];

    assert_true(s->count < WITNESS_SETS);
    s->count++;
    set->sender = host->device;
    set->sid = a->sid;
    set->interval_us = a->interval_625us * (uint64_t)625;
    set->did = NO_DID;
    set->data = responds ? a->response : a->long_data != NULL ? a->long_data : a->data;
    set->len = responds ? a->response_len : a->long_data != NULL ? a->long_data_len : a->data_len;
    set->part = responds ? a->random_response : a->random_data;
}
