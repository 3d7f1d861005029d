/* A peer that keeps its connection and falls silent before each of its moves, in every method and both roles: after
 * 30 seconds one end, named a timeout, the link goes, and the same method then runs well.  The everyday run takes
 * three of the twenty rounds of Passkey Entry; KITH_FULL=1 takes all. */
#include "puppet.h"

enum { PATIENCE_US = 60 * CAST_SECOND };

static unsigned silences;

static unsigned ends_of(const cast_host *h)
{
    return h->told[KITH_EVENT_PAIRED] + h->told[KITH_EVENT_PAIRING_FAILED];
}

static bool both_ended(puppet *p, void *context)
{
    (void)context;
    return p->ends > 0 && ends_of(p->other) > 0;
}

static bool has_fallen_silent(puppet *p, void *context)
{
    return p->frozen || both_ended(p, context);
}

static bool other_ended(puppet *p, void *context)
{
    (void)context;
    return ends_of(p->other) > 0;
}

static bool is_apart(puppet *p, void *context)
{
    (void)context;
    return !p->connected && p->other->link == 0;
}

static void begin(puppet *p, unsigned moves)
{
    cast_host *h = p->other;

    puppet_freeze(p);
    puppet_disconnect(p);
    puppet_wake(p);
    cast_forget_all(h);
    h->told[KITH_EVENT_PAIRED] = h->told[KITH_EVENT_PAIRING_FAILED] = 0;
    puppet_meet(p, moves);
    assert_int_equal(kith_pairing_open(h->host, 60000), KITH_OK);
    puppet_begin(p);
}

static void pair_well(puppet *p)
{
    begin(p, PUPPET_ALL);
    cast_check(p->room, puppet_run(p, PATIENCE_US, both_ended, NULL));
    cast_equal(p->room, p->other->end.why, KITH_WHY_PAIRED);
    cast_equal(p->room, p->other->end.level, p->row->level);
    cast_equal(p->room, p->end.why, KITH_WHY_PAIRED);
}

static void fall_silent_before(puppet *p, unsigned move)
{
    cast_host *h = p->other;
    uint64_t begun, took;

    begin(p, move);
    cast_check(p->room, puppet_run(p, PATIENCE_US, has_fallen_silent, NULL) && p->frozen);
    begun = kith_sim_now(p->room->sim);
    cast_check(p->room, puppet_run(p, PATIENCE_US, other_ended, NULL));
    took = kith_sim_now(p->room->sim) - begun;
    if (h->end.why != KITH_WHY_SMP_TIMEOUT || h->end.ended_by != KITH_ENDED_BY_TIMEOUT)
        cast_fail(p->room, "%s, silent before move %u: %s", p->row->name, move, kith_why_name(h->end.why));
    cast_check(p->room, took > 29 * CAST_SECOND && took < 31 * CAST_SECOND);
    cast_check(p->room, puppet_run(p, 10 * CAST_SECOND, is_apart, NULL));
    cast_equal(p->room, ends_of(h), 1);
    cast_equal(p->room, kith_bonds_count(h->host), 0);
    silences++;
    pair_well(p);
}

static bool is_taken(const uint16_t *made, unsigned move)
{
    unsigned round = 0;

    for (unsigned i = 0; i < move; i++)
        round += made[i] == KITH_SMP_PAIRING_RANDOM;
    return cast_is_full() || round < 1 || round == 10 || round >= 19 || made[move] == KITH_SMP_PAIRING_DHKEY_CHECK ||
           made[move] > KITH_SMP_PAIRING_RANDOM;
}

static void run_method(const method_row *row, unsigned side)
{
    cast_room *room = cast_open(41, CAST_TOY);
    uint16_t made[PUPPET_MOVES];
    unsigned moves;
    kith_config config;
    puppet p;

    method_config(row, side, true, &config);
    cast_add(room, config.name, &config);
    cast_start(room);
    puppet_enter(&p, room, row, !side);
    pair_well(&p);
    moves = p.moves;
    memcpy(made, p.made, sizeof made);
    /* An initiator that has not begun is not silent, it does not want to. */
    for (unsigned i = side == RESPONDER ? 1 : 0; i < moves; i++)
        if (is_taken(made, i))
            fall_silent_before(&p, i);
    puppet_leave(&p);
    cast_close(room);
}

static void run_all(unsigned side)
{
    silences = 0;
    for (size_t i = 0; i < METHODS; i++)
        run_method(&method_rows[i], side);
    print_message("%u silences\n", silences);
}

static void a_responder_falls_silent_before_each_move(void **state)
{
    (void)state;
    run_all(INITIATOR);
}

static void an_initiator_falls_silent_before_each_move(void **state)
{
    (void)state;
    run_all(RESPONDER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_responder_falls_silent_before_each_move),
        cmocka_unit_test(an_initiator_falls_silent_before_each_move),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
