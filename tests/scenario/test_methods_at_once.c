/* Pairings by different methods at once on one host, in either role; both sides of a link that start at the same time;
 * and public-key crypto that takes seconds, while other links read and pair. */
#include "methods.h"

enum { VISITORS = 4, READ_GAP_US = 250000, SLOW_US = 3 * CAST_SECOND };
enum { READS = 1, IS_OLD, PAIRS }; /* connections to the slow responder, in this order */

/* ---- one host, four methods ---- */

typedef struct {
    const char *name;
    kith_io_capability io;
    bool legacy;
    kith_method_kind kind;
    kith_level level;
} visitor_row;

/* What each comes to with a host that has a display and keys. */
static const visitor_row visitors[VISITORS] = {
    {"compares", KITH_IO_DISPLAY_YES_NO, false, KITH_METHOD_NUMERIC_COMPARISON, KITH_LEVEL_SC_AUTHENTICATED},
    {"types", KITH_IO_KEYBOARD_ONLY, false, KITH_METHOD_PASSKEY, KITH_LEVEL_SC_AUTHENTICATED},
    {"shows", KITH_IO_DISPLAY_ONLY, false, KITH_METHOD_PASSKEY, KITH_LEVEL_SC_AUTHENTICATED},
    {"is old", KITH_IO_KEYBOARD_ONLY, true, KITH_METHOD_PASSKEY, KITH_LEVEL_ENCRYPTED},
};

typedef struct {
    cast_room *room;
    cast_host *hub, *visitors[VISITORS];
    kith_link links[VISITORS]; /* of the hub */
    person at_hub[VISITORS], at_visitor[VISITORS];
} party;

static unsigned number_of(const party *p, const cast_host *h, kith_link link)
{
    for (unsigned i = 0; i < VISITORS; i++)
        if (p->visitors[i] == h || (p->hub == h && p->links[i] == link))
            return i;
    return VISITORS;
}

/* The later they came, the sooner they answer. */
static void on_party_event(cast_host *self, const kith_event *e)
{
    party *p = self->context;
    unsigned i = number_of(p, self, e->link);
    uint64_t delay = i < VISITORS ? (VISITORS - i) * 900000u : 0;

    if (i < VISITORS)
        person_is_told(self == p->hub ? &p->at_hub[i] : &p->at_visitor[i], e, kith_sim_now(p->room->sim), delay);
}

static void answer_in_party(party *p, person *mine, const person *other, cast_host *h)
{
    if (person_can_answer(mine, other) && mine->due_us <= kith_sim_now(p->room->sim))
        cast_equal(p->room, person_answers(mine, other, h->host), KITH_OK);
}

static bool party_is_over(const party *p)
{
    for (unsigned i = 0; i < VISITORS; i++)
        if (p->visitors[i]->told[KITH_EVENT_BONDED] == 0)
            return false;
    return p->hub->told[KITH_EVENT_BONDED] == VISITORS;
}

static void hold_party(party *p)
{
    for (unsigned n = 0; n < 60000 && !party_is_over(p); n++) {
        cast_run(p->room, 1000, NULL, NULL);
        for (unsigned i = 0; i < VISITORS; i++) {
            answer_in_party(p, &p->at_hub[i], &p->at_visitor[i], p->hub);
            answer_in_party(p, &p->at_visitor[i], &p->at_hub[i], p->visitors[i]);
        }
    }
}

static void party_config(bool legacy, kith_io_capability io, uint8_t links, kith_config *config)
{
    method_config(&(method_row){.legacy = legacy, .mitm = true, .io = {(uint8_t)io}}, INITIATOR, true, config);
    config->limits.links = config->limits.pairings = links;
    config->limits.bonds = 8;
}

static void invite(party *p, bool hub_is_central)
{
    kith_config config;

    memset(p, 0, sizeof *p);
    p->room = cast_open(501, CAST_TOY);
    party_config(true, KITH_IO_KEYBOARD_DISPLAY, VISITORS, &config);
    p->hub = cast_add(p->room, "hub", &config);
    for (unsigned i = 0; i < VISITORS; i++) {
        party_config(visitors[i].legacy, visitors[i].io, 1, &config);
        config.security.methods = visitors[i].legacy ? kith_all_methods + 8 : kith_all_methods;
        p->visitors[i] = cast_add(p->room, visitors[i].name, &config);
    }
    cast_start(p->room);
    for (unsigned i = 0; i < VISITORS; i++) {
        cast_host *v = p->visitors[i];

        cast_connect(hub_is_central ? p->hub : v, hub_is_central ? v : p->hub);
        p->links[i] = p->hub->link;
        v->react = on_party_event;
        v->context = p;
        assert_int_equal(kith_pairing_open(v->host, 60000), KITH_OK);
    }
    p->hub->react = on_party_event;
    p->hub->context = p;
    assert_int_equal(kith_pairing_open(p->hub->host, 60000), KITH_OK);
}

static void expect_bond(const party *p, unsigned i)
{
    cast_host *v = p->visitors[i];
    kith_address address = cast_address(v);
    kith_bond_info theirs, mine;
    kith_bond_keys their_keys, my_keys;
    kith_peer_id peer;

    cast_equal(p->room, v->end.why, KITH_WHY_PAIRED);
    cast_equal(p->room, v->end.method, visitors[i].kind);
    cast_equal(p->room, v->end.level, visitors[i].level);
    cast_check(p->room, cast_only_bond(v, &theirs, &their_keys));
    assert_int_equal(kith_bonds_of_address(p->hub->host, &address, &peer), KITH_OK);
    assert_int_equal(kith_bonds_next(p->hub->host, peer - 1, &mine), KITH_OK);
    assert_int_equal(kith_bonds_export(p->hub->host, peer, &my_keys), KITH_OK);
    cast_equal(p->room, mine.level, visitors[i].level);
    assert_memory_equal(my_keys.ltk, visitors[i].legacy ? their_keys.my_ltk : their_keys.ltk, 16);
}

static void pair_all(bool hub_is_central)
{
    party p;

    invite(&p, hub_is_central);
    for (unsigned i = 0; i < VISITORS; i++) {
        cast_host *who = hub_is_central ? p.hub : p.visitors[i];

        cast_equal(p.room,
                   kith_security_secure(who->host, hub_is_central ? p.links[i] : who->link, KITH_LEVEL_ENCRYPTED),
                   KITH_OK);
    }
    hold_party(&p);
    cast_equal(p.room, p.hub->told[KITH_EVENT_PAIRED], VISITORS);
    cast_equal(p.room, p.hub->told[KITH_EVENT_PAIRING_FAILED], 0);
    for (unsigned i = 0; i < VISITORS; i++)
        expect_bond(&p, i);
    cast_close(p.room);
}

static void a_peripheral_pairs_by_four_methods_at_once(void **state)
{
    (void)state;
    pair_all(false);
}

static void a_central_pairs_by_four_methods_at_once(void **state)
{
    (void)state;
    pair_all(true);
}

/* ---- both sides start ---- */

/* One pairing comes of it on each side.  Whose call came when all was done is told so; whose came in between: busy. */
static void expect_one_pairing(couple *c, const kith_status status[2])
{
    for (unsigned i = 0; i < 2; i++) {
        const cast_host *h = c->side[i];

        cast_check(c->room, status[i] == KITH_OK || status[i] == KITH_ERR_BUSY);
        cast_equal(c->room, h->told[KITH_EVENT_PAIRED], 1);
        cast_equal(c->room, h->told[KITH_EVENT_PAIRING_FAILED], 0);
        cast_check(c->room, h->ends == 1 || h->end.why == KITH_WHY_ALREADY_SECURE || h->end.why == KITH_WHY_ENCRYPTED);
        cast_equal(c->room, h->last[KITH_EVENT_PAIRED].verdict.level, c->row->level);
        cast_check(c->room, h->link != 0);
    }
    couple_expect_numbers(c);
    couple_expect_keys(c);
}

static bool both_have_paired(void *context)
{
    const couple *c = context;

    return c->side[0]->told[KITH_EVENT_PAIRED] > 0 && c->side[1]->told[KITH_EVENT_PAIRED] > 0;
}

static void collide(const method_row *row, unsigned first, uint64_t later_us)
{
    couple c;
    kith_status status[2];

    couple_open(&c, row, 502, CAST_TOY);
    couple_meet(&c);
    assert_int_equal(kith_pairing_open(c.side[INITIATOR]->host, 120000), KITH_OK);
    cast_run(c.room, CAST_SECOND, NULL, NULL);
    status[first] = kith_security_secure(c.side[first]->host, c.side[first]->link, KITH_LEVEL_ENCRYPTED);
    couple_run(&c, later_us, NULL, NULL);
    status[!first] = kith_security_secure(c.side[!first]->host, c.side[!first]->link, KITH_LEVEL_ENCRYPTED);
    if (!couple_run(&c, 90 * CAST_SECOND, both_have_paired, &c))
        cast_fail(c.room, "%s: no pairing, %s first by %llu us", row->name, c.side[first]->name,
                  (unsigned long long)later_us);
    couple_run(&c, 45 * CAST_SECOND, NULL, NULL); /* nothing else comes of it, no timeout either */
    expect_one_pairing(&c, status);
    couple_close(&c);
}

static void both_sides_start_in_every_method(void **state)
{
    unsigned step = cast_is_full() ? 5000 : 45000;

    (void)state;
    for (size_t i = 0; i < METHODS; i++)
        for (uint64_t later = 0; later <= 900000; later += step) {
            collide(&method_rows[i], INITIATOR, later);
            collide(&method_rows[i], RESPONDER, later);
        }
}

/* ---- slow crypto ---- */

typedef struct {
    couple couple;
    kith_status (*shared_secret)(void *, const uint8_t *, const uint8_t *, uint8_t *);
    cast_host *reader, *old; /* who reads from the responder all the time, and one who pairs with it meanwhile */
    uint64_t last_read_us, longest_gap_us;
    unsigned reads;
    bool saw_key, saw_confirm, knows_secret, key_was_early, confirm_was_early;
} workshop;

static workshop *slow_one; /* the crypto port's context is the random source */

static kith_status note_secret(void *context, const uint8_t private_key[32], const uint8_t peer[64], uint8_t shared[32])
{
    slow_one->knows_secret = true;
    return slow_one->shared_secret(context, private_key, peer, shared);
}

/* What the responder says on air, and whether it knew its shared secret by then. */
static void listen(void *context, const kith_sim_frame *f)
{
    workshop *w = context;

    if (f->channel >= 37 || f->from_central || f->connection != PAIRS || f->plain_len < 7 || f->plain[4] != 6 ||
        f->encrypted)
        return;
    if (f->plain[6] == KITH_SMP_PAIRING_PUBLIC_KEY) {
        w->saw_key = true;
        w->key_was_early = !w->knows_secret;
    } else if (f->plain[6] == KITH_SMP_PAIRING_CONFIRM && !w->saw_confirm) {
        w->saw_confirm = true;
        w->confirm_was_early = !w->knows_secret;
    }
}

static void read_again(cast_host *self, const kith_event *e)
{
    workshop *w = self->context;
    uint64_t now = kith_sim_now(self->room->sim);

    if (e->kind != KITH_EVENT_READ || e->gatt.result != KITH_GATT_OK)
        return;
    w->reads++;
    if (now - w->last_read_us > w->longest_gap_us)
        w->longest_gap_us = now - w->last_read_us;
    w->last_read_us = now;
    assert_int_equal(kith_gatt_read(self->host, e->link, CAST_OPEN_HANDLE), KITH_OK);
}

static void furnish(workshop *w, const method_row *row)
{
    static const method_row plain = {
        "visitor",           true, false, {KITH_IO_NO_INPUT_NO_OUTPUT}, {false, false}, KITH_METHOD_JUST_WORKS,
        KITH_LEVEL_ENCRYPTED};
    kith_config config;
    couple *c = &w->couple;

    memset(w, 0, sizeof *w);
    slow_one = w;
    couple_open_wide(c, row, 503, CAST_TOY, 3);
    method_config(&plain, INITIATOR, false, &config);
    w->reader = cast_add(c->room, "reader", &config);
    w->old = cast_add(c->room, "old", &config);
    w->shared_secret = c->side[RESPONDER]->crypto.p256_shared_secret;
    c->side[RESPONDER]->crypto.p256_shared_secret = note_secret;
    cast_start(c->room);
    cast_run(c->room, CAST_SECOND, NULL, NULL); /* key pairs are made ahead */
    cast_connect(w->reader, c->side[RESPONDER]);
    cast_connect(w->old, c->side[RESPONDER]);
    couple_meet(c);
    cast_run(c->room, CAST_SECOND, NULL, NULL);
    assert_int_equal(kith_sim_listen(c->room->sim, listen, w), KITH_OK);
}

static void start_reading(workshop *w)
{
    w->reader->react = read_again;
    w->reader->context = w;
    w->last_read_us = kith_sim_now(w->couple.room->sim);
    assert_int_equal(kith_gatt_read(w->reader->host, w->reader->link, CAST_OPEN_HANDLE), KITH_OK);
}

static bool knows_or_ended(void *context)
{
    const workshop *w = context;

    return w->saw_key || couple_has_ended((void *)(uintptr_t)&w->couple);
}

/* The responder's program, which asks for out of band data, has none of this one. */
static void pair_with_the_old_one(workshop *w)
{
    cast_host *responder = w->couple.side[RESPONDER];

    cast_equal(responder->room, kith_security_secure(w->old->host, w->old->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    if (!w->couple.row->has_data[RESPONDER])
        return;
    cast_await_next(responder, KITH_EVENT_OOB_WANTED);
    cast_equal(responder->room, kith_pairing_oob(responder->host, responder->last[KITH_EVENT_OOB_WANTED].link, NULL),
               KITH_OK);
}

static void pair_slowly(const method_row *row)
{
    workshop w;
    couple *c = &w.couple;
    uint64_t begun;

    furnish(&w, row);
    start_reading(&w);
    c->room->stage.work_us = SLOW_US;
    begun = kith_sim_now(c->room->sim);
    couple_begin(c);
    /* Once the responder has shown its key it computes for seconds; a legacy pairing needs none of that. */
    cast_check(c->room, couple_run(c, 60 * CAST_SECOND, knows_or_ended, &w));
    pair_with_the_old_one(&w);
    couple_run(c, 2 * CAST_SECOND, NULL, NULL);
    cast_check(c->room, !w.knows_secret && w.old->ends == 1 && w.old->end.why == KITH_WHY_PAIRED);
    c->begun[RESPONDER]++; /* of what the responder was told that was the other pairing's */
    cast_check(c->room, couple_run(c, 120 * CAST_SECOND, couple_has_ended, c));
    for (unsigned i = 0; i < 2; i++) {
        cast_equal(c->room, c->side[i]->end.why, KITH_WHY_PAIRED);
        cast_equal(c->room, c->side[i]->end.level, row->level);
    }
    couple_expect_numbers(c);
    cast_check(c->room, kith_sim_now(c->room->sim) - begun > 2 * SLOW_US);
    cast_check(c->room, w.key_was_early && w.knows_secret);
    cast_equal(c->room, w.saw_confirm, row->kind != KITH_METHOD_OOB);
    /* In Passkey Entry it answers the initiator's, which waits for its own computation and for a person. */
    if (row->kind == KITH_METHOD_JUST_WORKS || row->kind == KITH_METHOD_NUMERIC_COMPARISON)
        cast_check(c->room, w.confirm_was_early);
    cast_check(c->room, w.longest_gap_us < READ_GAP_US && w.reads > 50);
    print_message("%-28s %5.1f s, %3u reads meanwhile, at most %3.0f ms apart\n", row->name,
                  (double)(kith_sim_now(c->room->sim) - begun) / CAST_SECOND, w.reads, (double)w.longest_gap_us / 1000);
    couple_close(c);
}

static void slow_crypto_stalls_nothing_else_in_any_method(void **state)
{
    (void)state;
    for (size_t i = 0; i < METHODS; i++)
        if (!method_rows[i].legacy)
            pair_slowly(&method_rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peripheral_pairs_by_four_methods_at_once),
        cmocka_unit_test(a_central_pairs_by_four_methods_at_once),
        cmocka_unit_test(both_sides_start_in_every_method),
        cmocka_unit_test(slow_crypto_stalls_nothing_else_in_any_method),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
