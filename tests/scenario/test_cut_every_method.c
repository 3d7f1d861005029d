/* Every method, cut short at every connection event: the link goes silent, one side disconnects, or the power of one
 * side goes off.  Each side that lives tells one end, by name; what both kept fits together; nothing is left open: the
 * same method then runs well.  The everyday run leaves out events, other ones for each method and cut; KITH_FULL=1
 * leaves out none. */
#include "memory_store.h"
#include "methods.h"

enum { EVERYDAY_STEP = 3, PIECE_US = 1250 };
#define NOT_YET UINT32_MAX

typedef enum { CUT_SILENCE, CUT_BY_INITIATOR, CUT_BY_RESPONDER, CUT_POWER_OF_INITIATOR, CUT_POWER_OF_RESPONDER } cut;

typedef struct {
    couple couple;
    memory_store stores[2];
    uint32_t first, now; /* connection events: of the Pairing Request, and the last one */
} stand;

static unsigned cuts, both_kept;

static void look(void *context, const kith_sim_frame *f)
{
    static const uint8_t request[] = {0x07, 0x00, 0x06, 0x00, KITH_SMP_PAIRING_REQUEST};
    stand *s = context;

    if (f->channel >= 37)
        return;
    s->now = f->connection_event;
    if (s->first == NOT_YET && f->plain_len >= 2 + sizeof request && memcmp(f->plain + 2, request, sizeof request) == 0)
        s->first = f->connection_event;
}

static void open_stand(stand *s, const method_row *row)
{
    const kith_store *stores[2];

    memset(s, 0, sizeof *s);
    for (unsigned i = 0; i < 2; i++) {
        memory_store_init(&s->stores[i], 16);
        stores[i] = &s->stores[i].store;
    }
    couple_open_with(&s->couple, row, 31, CAST_TOY, stores);
    s->couple.delay_us = 100000;
    assert_int_equal(kith_sim_listen(s->couple.room->sim, look, s), KITH_OK);
    cast_start(s->couple.room);
    couple_meet(&s->couple);
    s->first = NOT_YET;
    couple_begin(&s->couple);
}

/* Lets time go on in small pieces until so many events after the first are over. */
static void run_to_event(stand *s, uint32_t events)
{
    for (unsigned i = 0; i < 20000 && (s->first == NOT_YET || s->now < s->first + events); i++)
        couple_run(&s->couple, PIECE_US, NULL, NULL);
}

static bool is_apart(void *context)
{
    const couple *c = context;

    return c->side[INITIATOR]->link == 0 && c->side[RESPONDER]->link == 0;
}

static void do_cut(stand *s, cut how)
{
    cast_host *initiator = s->couple.side[INITIATOR], *responder = s->couple.side[RESPONDER];

    if (how == CUT_SILENCE)
        kith_sim_set_out_of_range(s->couple.room->sim, responder->device, true);
    else if (how == CUT_BY_INITIATOR)
        assert_int_equal(kith_gap_disconnect(initiator->host, initiator->link, 0x13), KITH_OK);
    else if (how == CUT_BY_RESPONDER)
        assert_int_equal(kith_gap_disconnect(responder->host, responder->link, 0x13), KITH_OK);
    else
        cast_power_off(how == CUT_POWER_OF_INITIATOR ? initiator : responder);
}

static void undo_cut(stand *s, cut how)
{
    cast_host *off = s->couple.side[how == CUT_POWER_OF_INITIATOR ? INITIATOR : RESPONDER];

    kith_sim_set_out_of_range(s->couple.room->sim, s->couple.side[RESPONDER]->device, false);
    if (how < CUT_POWER_OF_INITIATOR)
        return;
    cast_power_on(off);
    cast_await_next(off, KITH_EVENT_READY);
}

static void expect_one_end(const couple *c, unsigned side, bool lost_power)
{
    const cast_host *h = c->side[side];
    unsigned ends = h->ends - c->begun[side];

    cast_check(h->room, ends <= 1 && (ends == 1 || lost_power || side == RESPONDER));
    if (ends == 0 || h->end.succeeded)
        return;
    cast_equal(h->room, h->end.why, KITH_WHY_LINK_LOST);
    cast_equal(h->room, h->end.ended_by, KITH_ENDED_BY_LINK);
}

/* Where both kept a bond it is of one pairing, and good in both roles. */
static void use_what_is_left(couple *c)
{
    if (kith_bonds_count(c->side[INITIATOR]->host) == 0 || kith_bonds_count(c->side[RESPONDER]->host) == 0)
        return;
    couple_expect_keys(c);
    couple_come_back(c, INITIATOR);
    couple_come_back(c, RESPONDER);
    both_kept++;
}

static void cut_at(const method_row *row, cut how, uint32_t events)
{
    static stand s;
    couple *c = &s.couple;

    open_stand(&s, row);
    run_to_event(&s, events);
    do_cut(&s, how);
    if (!couple_run(c, 60 * CAST_SECOND, is_apart, c))
        cast_fail(c->room, "%s: a link outlives cut %d at event %u", row->name, (int)how, (unsigned)events);
    couple_run(c, CAST_SECOND, NULL, NULL);
    expect_one_end(c, INITIATOR, how == CUT_POWER_OF_INITIATOR);
    expect_one_end(c, RESPONDER, how == CUT_POWER_OF_RESPONDER);
    undo_cut(&s, how);
    use_what_is_left(c);
    couple_pair_cleanly(c);
    couple_close(c);
    cuts++;
}

/* How many events a pairing takes that nobody cuts, until both have their bond. */
static uint32_t events_of(const method_row *row)
{
    static stand s;
    uint32_t events;

    open_stand(&s, row);
    cast_check(s.couple.room, couple_run(&s.couple, 60 * CAST_SECOND, couple_has_ended, &s.couple));
    couple_expect_paired(&s.couple);
    events = s.now - s.first + 3;
    couple_close(&s.couple);
    return events;
}

static void cut_everywhere(cut how)
{
    unsigned step = cast_is_full() ? 1 : EVERYDAY_STEP;

    cuts = both_kept = 0;
    for (unsigned i = 0; i < METHODS; i++) {
        uint32_t last = events_of(&method_rows[i]);

        for (uint32_t events = 1 + (i + (unsigned)how * 3) % step; events <= last; events += step)
            cut_at(&method_rows[i], how, events);
    }
    print_message("%u cuts; after %u both had their bond\n", cuts, both_kept);
}

static void the_link_goes_silent(void **state)
{
    (void)state;
    cut_everywhere(CUT_SILENCE);
}

static void the_initiator_disconnects(void **state)
{
    (void)state;
    cut_everywhere(CUT_BY_INITIATOR);
}

static void the_responder_disconnects(void **state)
{
    (void)state;
    cut_everywhere(CUT_BY_RESPONDER);
}

static void the_initiator_loses_power(void **state)
{
    (void)state;
    cut_everywhere(CUT_POWER_OF_INITIATOR);
}

static void the_responder_loses_power(void **state)
{
    (void)state;
    cut_everywhere(CUT_POWER_OF_RESPONDER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_link_goes_silent),      cmocka_unit_test(the_initiator_disconnects),
        cmocka_unit_test(the_responder_disconnects), cmocka_unit_test(the_initiator_loses_power),
        cmocka_unit_test(the_responder_loses_power),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
