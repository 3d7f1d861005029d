/* Every pairing method, for benchmarks: how two hosts are configured for it, and people who answer at once. */
#ifndef BENCH_METHODS_H
#define BENCH_METHODS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kith/kith.h"

enum { INITIATOR, RESPONDER, BENCH_METHODS = 14 };

/* least_events: from the Pairing Request to encrypted, where each turn of the conversation is one connection event.
 * Phase 1 takes 2 and encryption 4 (LL_ENC_REQ; LL_ENC_RSP and LL_START_ENC_REQ; LL_START_ENC_RSP twice).  Between them
 * Secure Connections has the public keys (2), Just Works and Numeric Comparison the nonces (2; the responder's confirm
 * goes with its key), Passkey Entry twenty times two confirms and two nonces (80), Out of Band the nonces (2), and all
 * of them the checks (2); legacy pairing has confirms and randoms (4). */
typedef struct {
    const char *name;
    unsigned least_events;
    bool legacy, mitm;
    uint8_t io[2];
    bool has_data[2]; /* out of band, of the other one */
} bench_method;

static const bench_method bench_methods[BENCH_METHODS] = {
    {"sc-just-works", 12, false, false, {KITH_IO_NO_INPUT_NO_OUTPUT, KITH_IO_NO_INPUT_NO_OUTPUT}, {false, false}},
    {"sc-numeric-comparison", 12, false, true, {KITH_IO_DISPLAY_YES_NO, KITH_IO_DISPLAY_YES_NO}, {false, false}},
    {"sc-passkey-initiator-shows", 90, false, true, {KITH_IO_DISPLAY_ONLY, KITH_IO_KEYBOARD_ONLY}, {false, false}},
    {"sc-passkey-responder-shows", 90, false, true, {KITH_IO_KEYBOARD_ONLY, KITH_IO_DISPLAY_ONLY}, {false, false}},
    {"sc-passkey-both-type", 90, false, true, {KITH_IO_KEYBOARD_ONLY, KITH_IO_KEYBOARD_ONLY}, {false, false}},
    {"sc-oob-both", 12, false, true, {KITH_IO_NO_INPUT_NO_OUTPUT, KITH_IO_NO_INPUT_NO_OUTPUT}, {true, true}},
    {"sc-oob-initiator-has", 12, false, true, {KITH_IO_NO_INPUT_NO_OUTPUT, KITH_IO_NO_INPUT_NO_OUTPUT}, {true, false}},
    {"sc-oob-responder-has", 12, false, true, {KITH_IO_NO_INPUT_NO_OUTPUT, KITH_IO_NO_INPUT_NO_OUTPUT}, {false, true}},
    {"legacy-just-works", 10, true, false, {KITH_IO_NO_INPUT_NO_OUTPUT, KITH_IO_NO_INPUT_NO_OUTPUT}, {false, false}},
    {"legacy-passkey-initiator-shows", 10, true, true, {KITH_IO_DISPLAY_ONLY, KITH_IO_KEYBOARD_ONLY}, {false, false}},
    {"legacy-passkey-responder-shows", 10, true, true, {KITH_IO_KEYBOARD_ONLY, KITH_IO_DISPLAY_ONLY}, {false, false}},
    {"legacy-passkey-both-type", 10, true, true, {KITH_IO_KEYBOARD_ONLY, KITH_IO_KEYBOARD_ONLY}, {false, false}},
    {"legacy-oob-initiator-made",
     10,
     true,
     true,
     {KITH_IO_NO_INPUT_NO_OUTPUT, KITH_IO_NO_INPUT_NO_OUTPUT},
     {false, true}},
    {"legacy-oob-responder-made",
     10,
     true,
     true,
     {KITH_IO_NO_INPUT_NO_OUTPUT, KITH_IO_NO_INPUT_NO_OUTPUT},
     {true, false}},
};

typedef struct {
    kith_host *hosts[2];
    kith_event_kind asked[2]; /* not answered yet */
    kith_link links[2];       /* that it is about */
    bool has_number[2], shown, both_type;
    kith_oob_data own[2];
    uint32_t passkey, numbers[2];
} bench_people;

static inline void must(kith_status status)
{
    if (status == KITH_OK)
        return;
    fprintf(stderr, "%s\n", kith_status_name(status));
    exit(1);
}

/* Default key distribution: identities, and in legacy pairing the keys. */
static inline void bench_configure(const bench_method *m, unsigned side, kith_config *config)
{
    kith_config_default(config);
    config->store = &kith_volatile_store;
    config->security.methods = kith_all_methods;
    config->security.legacy = m->legacy;
    if (m->legacy)
        config->security.methods += 8; /* after the eight of Secure Connections come the legacy ones */
    config->security.io = (kith_io_capability)m->io[side];
    config->security.ask_mitm = m->mitm;
    config->security.ask_oob = m->has_data[side];
}

/* Whoever's data the other is to have. */
static inline void bench_make_data(const bench_method *m, const bench_people *p)
{
    for (unsigned i = 0; i < 2; i++)
        if (m->has_data[!i])
            must(kith_oob_make(p->hosts[i], m->legacy, true, 60000));
}

/* What people see and are asked. */
static inline void bench_tell(bench_people *p, unsigned side, const kith_event *e)
{
    switch ((int)e->kind) {
    case KITH_EVENT_OOB_READY:
        must(e->oob.status);
        p->own[side] = e->oob.data;
        return;
    case KITH_EVENT_PASSKEY_SHOWN:
        p->shown = true;
        p->passkey = e->passkey.passkey;
        return;
    case KITH_EVENT_COMPARISON_WANTED:
        p->has_number[side] = true;
        p->numbers[side] = e->comparison.number;
        break;
    case KITH_EVENT_PASSKEY_WANTED:
        p->both_type = e->passkey.both_type;
        break;
    case KITH_EVENT_OOB_WANTED:
        break;
    case KITH_EVENT_PAIRING_FAILED:
        fprintf(stderr, "pairing failed: %s\n", kith_why_name(e->verdict.why));
        exit(1);
    default:
        return;
    }
    p->asked[side] = e->kind;
    p->links[side] = e->link;
}

/* Whoever is at this side says what he can say by now. */
static inline void bench_answer(bench_people *p, unsigned side)
{
    kith_host *h = p->hosts[side];
    kith_event_kind asked = p->asked[side];
    bool waits = (asked == KITH_EVENT_PASSKEY_WANTED && !p->shown && !p->both_type) ||
                 (asked == KITH_EVENT_COMPARISON_WANTED && !p->has_number[!side]);

    if (asked == KITH_EVENT_NONE || waits)
        return;
    p->asked[side] = KITH_EVENT_NONE;
    if (asked == KITH_EVENT_OOB_WANTED)
        must(kith_pairing_oob(h, p->links[side], &p->own[!side]));
    else if (asked == KITH_EVENT_PASSKEY_WANTED)
        must(kith_pairing_passkey(h, p->links[side], p->both_type ? 271828 : p->passkey));
    else
        must(kith_pairing_compare(h, p->links[side],
                                  p->numbers[0] == p->numbers[1] ? KITH_NUMBERS_EQUAL : KITH_NUMBERS_DIFFER));
}

#endif
