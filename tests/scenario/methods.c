/* Every pairing method by name, and a couple of hosts that run it.  See methods.h. */
#include "methods.h"

enum {
    SHOWS = KITH_IO_DISPLAY_ONLY,
    COMPARES = KITH_IO_DISPLAY_YES_NO,
    TYPES = KITH_IO_KEYBOARD_ONLY,
    NEITHER = KITH_IO_NO_INPUT_NO_OUTPUT,
    ALL = KITH_IO_KEYBOARD_DISPLAY
};

#define JW      KITH_METHOD_JUST_WORKS
#define NC      KITH_METHOD_NUMERIC_COMPARISON
#define PK      KITH_METHOD_PASSKEY
#define OOB     KITH_METHOD_OOB
#define LEVEL_2 KITH_LEVEL_ENCRYPTED
#define LEVEL_3 KITH_LEVEL_AUTHENTICATED
#define LEVEL_4 KITH_LEVEL_SC_AUTHENTICATED

/* Legacy Passkey Entry makes level 2: Core 6.2. */
const method_row method_rows[METHODS] = {
    {"sc-just-works", false, false, {NEITHER, NEITHER}, {false, false}, JW, LEVEL_2},
    {"sc-numeric-comparison", false, true, {COMPARES, ALL}, {false, false}, NC, LEVEL_4},
    {"sc-passkey-initiator-shows", false, true, {SHOWS, TYPES}, {false, false}, PK, LEVEL_4},
    {"sc-passkey-responder-shows", false, true, {TYPES, COMPARES}, {false, false}, PK, LEVEL_4},
    {"sc-passkey-both-type", false, true, {TYPES, TYPES}, {false, false}, PK, LEVEL_4},
    {"sc-oob-both", false, true, {ALL, COMPARES}, {true, true}, OOB, LEVEL_4},
    {"sc-oob-initiator-has", false, true, {NEITHER, SHOWS}, {true, false}, OOB, LEVEL_4},
    {"sc-oob-responder-has", false, true, {SHOWS, NEITHER}, {false, true}, OOB, LEVEL_4},
    {"legacy-just-works", true, false, {NEITHER, NEITHER}, {false, false}, JW, LEVEL_2},
    {"legacy-passkey-initiator-shows", true, true, {ALL, ALL}, {false, false}, PK, LEVEL_2},
    {"legacy-passkey-responder-shows", true, true, {TYPES, SHOWS}, {false, false}, PK, LEVEL_2},
    {"legacy-passkey-both-type", true, true, {TYPES, TYPES}, {false, false}, PK, LEVEL_2},
    {"legacy-oob-initiator-made", true, true, {ALL, COMPARES}, {false, true}, OOB, LEVEL_3},
    {"legacy-oob-responder-made", true, true, {NEITHER, SHOWS}, {true, false}, OOB, LEVEL_3},
};

static const kith_method *const legacy_methods[] = {
    &kith_legacy_just_works_initiator,
    &kith_legacy_just_works_responder,
    &kith_legacy_passkey_initiator,
    &kith_legacy_passkey_responder,
    &kith_legacy_oob_initiator,
    &kith_legacy_oob_responder,
    NULL,
};

void method_config(const method_row *row, unsigned side, bool odd, kith_config *config)
{
    kith_security *security = &config->security;

    cast_lamp_config(config); /* both can be visited: bonds are used in both roles */
    config->name = side == INITIATOR ? "initiator" : "responder";
    security->methods = row->legacy && !odd ? legacy_methods : kith_all_methods;
    security->legacy = row->legacy;
    security->io = (kith_io_capability)row->io[side];
    security->ask_mitm = row->mitm;
    security->ask_oob = row->has_data[side];
    security->initiator_keys = security->responder_keys = KITH_KEY_ENC | KITH_KEY_ID | KITH_KEY_SIGN;
    security->backoff.first_ms = 0; /* they fail again and again here: test_backoff.c has the waits */
}

/* ---- people ---- */

static void ask(person *p, const kith_event *e, uint64_t due_us)
{
    p->question = e->kind;
    p->link = e->link;
    p->due_us = due_us;
    p->asked++;
}

void person_is_told(person *p, const kith_event *e, uint64_t now_us, uint64_t delay_us)
{
    switch ((int)e->kind) {
    case KITH_EVENT_COMPARISON_WANTED:
        p->sees_number = true;
        p->number = e->comparison.number;
        ask(p, e, now_us + delay_us);
        return;
    case KITH_EVENT_PASSKEY_SHOWN:
        p->sees_passkey = true;
        p->passkey = e->passkey.passkey;
        return;
    case KITH_EVENT_PASSKEY_WANTED:
        p->both_type = e->passkey.both_type;
        ask(p, e, now_us + delay_us);
        return;
    case KITH_EVENT_CONSENT_WANTED:
        p->at_end = e->consent.identity_given;
        ask(p, e, now_us + delay_us);
        return;
    case KITH_EVENT_OOB_WANTED:
        ask(p, e, now_us + delay_us);
        return;
    case KITH_EVENT_OOB_READY:
        p->has_own = e->oob.status == KITH_OK;
        p->own = e->oob.data;
        return;
    case KITH_EVENT_PAIRED:
    case KITH_EVENT_PAIRING_FAILED:
        p->question = KITH_EVENT_NONE;
        return;
    default:
        return;
    }
}

static bool keeps_silent(const person *p)
{
    return p->is_silent && p->question == p->silent_at &&
           (p->question != KITH_EVENT_CONSENT_WANTED || p->at_end == p->silent_at_end);
}

/* A passkey is typed once it can be seen; numbers are compared once both can be. */
bool person_can_answer(const person *p, const person *other)
{
    if (p->question == KITH_EVENT_NONE || keeps_silent(p))
        return false;
    if (p->question == KITH_EVENT_PASSKEY_WANTED)
        return p->both_type || other->sees_passkey;
    return p->question != KITH_EVENT_COMPARISON_WANTED || other->sees_number;
}

static kith_status say(const person *p, const person *other, kith_host *host)
{
    switch ((int)p->question) {
    case KITH_EVENT_COMPARISON_WANTED:
        return kith_pairing_compare(host, p->link,
                                    p->number == other->number ? KITH_NUMBERS_EQUAL : KITH_NUMBERS_DIFFER);
    case KITH_EVENT_PASSKEY_WANTED:
        return kith_pairing_passkey(host, p->link, p->both_type ? PEOPLE_AGREED_ON : other->passkey);
    case KITH_EVENT_OOB_WANTED:
        return kith_pairing_oob(host, p->link, other->has_own ? &other->own : NULL);
    default:
        return kith_pairing_consent(host, p->link, true);
    }
}

kith_status person_answers(person *p, const person *other, kith_host *host)
{
    person asked = *p;
    kith_status status;

    p->question = KITH_EVENT_NONE;
    status = say(&asked, other, host);
    p->answered += status == KITH_OK;
    if (status != KITH_OK)
        p->said = status;
    return status;
}

static unsigned side_of(const couple *c, const cast_host *h)
{
    return h == c->side[RESPONDER] ? RESPONDER : INITIATOR;
}

static void on_event(cast_host *self, const kith_event *event)
{
    couple *c = self->context;
    unsigned side = side_of(c, self);
    uint64_t delay = side == INITIATOR ? c->delay_us : c->delay_us * 3 / 2;

    if (event->link != 0 && event->link != self->link)
        return; /* of somebody else than the two */
    person_is_told(&c->people[side], event, kith_sim_now(c->room->sim), delay);
    c->told++;
}

static void start_people_anew(couple *c)
{
    for (unsigned i = 0; i < 2; i++) {
        person *p = &c->people[i];

        p->sees_number = p->sees_passkey = false;
        p->question = KITH_EVENT_NONE;
    }
}

/* ---- the couple ---- */

static void found(couple *c, const method_row *row, uint64_t seed, cast_crypto crypto)
{
    memset(c, 0, sizeof *c);
    c->row = row;
    c->delay_us = 700000;
    c->room = cast_open(seed, crypto);
}

static void add_side(couple *c, unsigned side, const kith_config *config)
{
    c->side[side] = cast_add(c->room, config->name, config);
    c->side[side]->react = on_event;
    c->side[side]->context = c;
}

void couple_open_with(couple *c, const method_row *row, uint64_t seed, cast_crypto crypto,
                      const kith_store *const stores[2])
{
    found(c, row, seed, crypto);
    for (unsigned i = 0; i < 2; i++) {
        kith_config config;

        method_config(row, i, (seed + i) % 2 == 1, &config);
        config.store = stores[i] != NULL ? stores[i] : &kith_volatile_store;
        add_side(c, i, &config);
    }
}

void couple_open_wide(couple *c, const method_row *row, uint64_t seed, cast_crypto crypto, uint8_t links)
{
    found(c, row, seed, crypto);
    for (unsigned i = 0; i < 2; i++) {
        kith_config config;

        method_config(row, i, true, &config);
        if (i == RESPONDER) {
            config.security.legacy = true;
            config.limits.links = config.limits.pairings = links;
            config.limits.bonds = 8;
        }
        add_side(c, i, &config);
    }
}

void couple_open(couple *c, const method_row *row, uint64_t seed, cast_crypto crypto)
{
    static const kith_store *const none[2];

    couple_open_with(c, row, seed, crypto, none);
    cast_start(c->room);
}

void couple_close(couple *c)
{
    cast_close(c->room);
}

void couple_prepare(couple *c)
{
    for (unsigned i = 0; i < 2; i++) {
        cast_host *h = c->side[i];

        kith_oob_drop(h->host);
        c->people[i].has_own = false;
        if (!c->row->has_data[!i])
            continue;
        cast_equal(c->room, kith_oob_make(h->host, c->row->legacy, true, 120000), KITH_OK);
        cast_await_next(h, KITH_EVENT_OOB_READY);
    }
}

void couple_meet(couple *c)
{
    couple_prepare(c);
    cast_connect(c->side[INITIATOR], c->side[RESPONDER]);
    assert_int_equal(kith_pairing_open(c->side[RESPONDER]->host, 120000), KITH_OK);
}

void couple_begin(couple *c)
{
    cast_host *h = c->side[INITIATOR];

    start_people_anew(c);
    for (unsigned i = 0; i < 2; i++)
        c->begun[i] = c->side[i]->ends;
    cast_equal(c->room, kith_security_secure(h->host, h->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
}

typedef struct {
    couple *couple;
    cast_done *done;
    void *context;
    unsigned told;
} lookout;

static bool is_time_to_look(void *context)
{
    const lookout *p = context;

    return p->couple->told != p->told || (p->done != NULL && p->done(p->context));
}

static uint64_t next_answer(const couple *c)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < 2; i++)
        if (person_can_answer(&c->people[i], &c->people[!i]) && c->people[i].due_us < due)
            due = c->people[i].due_us;
    return due;
}

static void answer_what_is_due(couple *c)
{
    for (unsigned i = 0; i < 2; i++)
        if (person_can_answer(&c->people[i], &c->people[!i]) && c->people[i].due_us <= kith_sim_now(c->room->sim))
            (void)!person_answers(&c->people[i], &c->people[!i], c->side[i]->host);
}

bool couple_run(couple *c, uint64_t for_us, cast_done *done, void *context)
{
    uint64_t until = kith_sim_now(c->room->sim) + for_us;

    for (;;) {
        lookout p = {c, done, context, c->told};
        uint64_t now = kith_sim_now(c->room->sim), due = next_answer(c);
        bool looks;

        if (done != NULL && done(context))
            return true;
        if (due > until)
            due = until;
        looks = cast_run(c->room, due > now ? due - now : 0, is_time_to_look, &p);
        if (!looks && kith_sim_now(c->room->sim) >= until)
            return done != NULL && done(context);
        answer_what_is_due(c);
    }
}

bool couple_has_ended(void *context)
{
    const couple *c = context;

    for (unsigned i = 0; i < 2; i++)
        if (c->side[i]->ends == c->begun[i] && c->side[i]->link != 0)
            return false;
    return true;
}

static bool both_are_bonded(void *context)
{
    const couple *c = context;

    return kith_bonds_count(c->side[0]->host) == 1 && kith_bonds_count(c->side[1]->host) == 1;
}

void couple_expect_numbers(const couple *c)
{
    const person *a = &c->people[INITIATOR], *b = &c->people[RESPONDER];

    cast_equal(c->room, a->sees_number && b->sees_number, c->row->kind == KITH_METHOD_NUMERIC_COMPARISON);
    if (a->sees_number && b->sees_number)
        cast_equal(c->room, a->number, b->number);
}

/* In legacy pairing each gave a key of its own, and the numbers that name it. */
static void expect_crossed(const couple *c, const kith_bond_keys *a, const kith_bond_keys *b)
{
    cast_check(c->room, memcmp(a->my_ltk, b->ltk, sizeof a->ltk) == 0);
    cast_check(c->room, memcmp(a->my_rand, b->rand, sizeof a->rand) == 0);
    cast_check(c->room, memcmp(a->my_ediv, b->ediv, sizeof a->ediv) == 0);
    cast_check(c->room, memcmp(a->my_ltk, a->ltk, sizeof a->ltk) != 0);
}

void couple_expect_keys(const couple *c)
{
    static const uint8_t none[16];
    kith_bond_info info[2];
    kith_bond_keys keys[2];

    for (unsigned i = 0; i < 2; i++) {
        cast_check(c->room, cast_only_bond(c->side[i], &info[i], &keys[i]));
        cast_equal(c->room, info[i].level, c->row->level);
        cast_equal(c->room, info[i].method, c->row->kind);
        cast_equal(c->room, info[i].we_were_initiator, i == INITIATOR);
        cast_equal(c->room, keys[i].key_size, 16);
        cast_check(c->room, memcmp(keys[i].ltk, none, sizeof none) != 0);
        cast_check(c->room, memcmp(keys[i].my_csrk, none, sizeof none) != 0);
    }
    cast_check(c->room, memcmp(keys[0].my_csrk, keys[1].peer_csrk, sizeof none) == 0);
    cast_check(c->room, memcmp(keys[1].my_csrk, keys[0].peer_csrk, sizeof none) == 0);
    if (!c->row->legacy) {
        cast_check(c->room, memcmp(keys[0].ltk, keys[1].ltk, sizeof none) == 0);
        return;
    }
    expect_crossed(c, &keys[0], &keys[1]);
    expect_crossed(c, &keys[1], &keys[0]);
}

/* What protects the link says by which method its key was made. */
static void expect_method(const couple *c)
{
    kith_event_security now;

    for (unsigned i = 0; i < 2; i++) {
        const cast_host *h = c->side[i];

        if (kith_security_of(h->host, h->link, &now) == KITH_OK)
            cast_equal(c->room, now.method, c->row->kind);
    }
}

void couple_expect_paired(couple *c)
{
    for (unsigned i = 0; i < 2; i++) {
        const cast_host *h = c->side[i];

        if (h->ends != c->begun[i] + 1 || h->end.why != KITH_WHY_PAIRED)
            cast_fail(c->room, "%s: the %s ended %u times, last with %s", c->row->name, h->name, h->ends - c->begun[i],
                      kith_why_name(h->end.why));
        cast_equal(c->room, h->end.method, c->row->kind);
        cast_equal(c->room, h->end.level, c->row->level);
        cast_equal(c->room, h->end.key_kind, c->row->legacy ? KITH_KEY_KIND_LEGACY : KITH_KEY_KIND_SC);
    }
    couple_expect_numbers(c);
    cast_check(c->room, couple_run(c, CAST_SECOND, both_are_bonded, c));
    couple_expect_keys(c);
    expect_method(c);
}

void couple_come_back(couple *c, unsigned central)
{
    cast_connect(c->side[central], c->side[!central]);
    cast_encrypt(c->side[central], c->side[!central]);
    for (unsigned i = 0; i < 2; i++)
        cast_equal(c->room, c->side[i]->end.level, c->row->level);
    expect_method(c);
    couple_part(c);
}

void couple_part(couple *c)
{
    cast_disconnect(c->side[c->side[INITIATOR]->link == 0], c->side[c->side[INITIATOR]->link != 0]);
}

void couple_forget(couple *c)
{
    cast_forget_all(c->side[INITIATOR]);
    cast_forget_all(c->side[RESPONDER]);
}

void couple_pair_cleanly(couple *c)
{
    couple_part(c);
    couple_forget(c);
    c->people[INITIATOR].is_silent = c->people[RESPONDER].is_silent = false;
    couple_meet(c);
    couple_begin(c);
    if (!couple_run(c, 60 * CAST_SECOND, couple_has_ended, c))
        cast_fail(c->room, "%s: a clean pairing does not end", c->row->name);
    couple_expect_paired(c);
}
