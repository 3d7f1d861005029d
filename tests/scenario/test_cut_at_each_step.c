/* A pairing that is cut short at every connection event: the link goes silent, or one side disconnects.  Each side
 * tells exactly one end, with its name, and then a clean pairing succeeds. */
#include "cast.h"

enum { EVENTS = 24 };

typedef enum { CUT_SILENCE, CUT_BY_PHONE, CUT_BY_LAMP } cut;

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    uint32_t first; /* connection event of the Pairing Request, or of LL_ENC_REQ */
    uint32_t now;
} watch;

static void look(void *context, const kith_sim_frame *f)
{
    static const uint8_t request[] = {0x07, 0x00, 0x06, 0x00, KITH_SMP_PAIRING_REQUEST};
    watch *w = context;

    if (f->channel >= 37)
        return;
    w->now = f->connection_event;
    if (w->first != 0 || !f->from_central || f->plain_len < 3)
        return;
    if (f->plain_len >= 2 + sizeof request && memcmp(f->plain + 2, request, sizeof request) == 0)
        w->first = f->connection_event;
    if ((f->plain[0] & 3) == 3 && f->plain[2] == 0x03)
        w->first = f->connection_event;
}

static bool is_apart(void *context)
{
    const watch *w = context;

    return w->lamp->link == 0 && w->phone->link == 0;
}

/* Lets time go on in small pieces until so many events after the first are over. */
static void run_to_event(watch *w, uint32_t events)
{
    for (unsigned i = 0; i < 20000 && (w->first == 0 || w->now < w->first + events); i++)
        cast_run(w->room, 1250, NULL, NULL);
}

static void do_cut(watch *w, cut how)
{
    if (how == CUT_SILENCE) {
        kith_sim_set_out_of_range(w->room->sim, w->lamp->device, true);
    } else {
        cast_host *h = how == CUT_BY_PHONE ? w->phone : w->lamp;

        assert_int_equal(kith_gap_disconnect(h->host, h->link, 0x13), KITH_OK);
    }
}

static void expect_one_end(const cast_host *h, unsigned before, unsigned least)
{
    cast_check(h->room, h->ends - before >= least && h->ends - before <= 1);
    if (h->ends == before)
        return;
    cast_check(h->room, h->end.succeeded || h->end.why == KITH_WHY_LINK_LOST);
    if (!h->end.succeeded)
        cast_equal(h->room, h->end.ended_by, KITH_ENDED_BY_LINK);
}

static void open_watch(watch *w, bool bonded)
{
    memset(w, 0, sizeof *w);
    w->room = cast_open(31, CAST_TOY);
    w->lamp = cast_add_lamp(w->room, "lamp");
    w->phone = cast_add_phone(w->room, "phone");
    assert_int_equal(kith_sim_listen(w->room->sim, look, w), KITH_OK);
    cast_start(w->room);
    if (bonded) {
        cast_connect_and_pair(w->phone, w->lamp);
        cast_disconnect(w->phone, w->lamp);
    }
    cast_connect(w->phone, w->lamp);
    w->first = 0;
}

static void cut_at(cut how, uint32_t events, bool bonded)
{
    watch w;
    unsigned before, disconnections;

    open_watch(&w, bonded);
    before = w.phone->ends;
    disconnections = w.phone->told[KITH_EVENT_DISCONNECTED];
    assert_int_equal(kith_pairing_open(w.lamp->host, 60000), KITH_OK);
    assert_int_equal(kith_security_secure(w.phone->host, w.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run_to_event(&w, events);
    do_cut(&w, how);
    cast_check(w.room, cast_run(w.room, 60 * CAST_SECOND, is_apart, &w));
    cast_run(w.room, CAST_SECOND, NULL, NULL);
    expect_one_end(w.phone, before, 1);
    expect_one_end(w.lamp, before, 0);
    cast_equal(w.room, w.phone->told[KITH_EVENT_DISCONNECTED], disconnections + 1);
    cast_equal(w.room, w.lamp->told[KITH_EVENT_DISCONNECTED], disconnections + 1);
    kith_sim_set_out_of_range(w.room->sim, w.lamp->device, false);
    cast_connect_and_pair(w.phone, w.lamp);
    cast_close(w.room);
}

static void cut_everywhere(cut how)
{
    for (uint32_t events = 1; events <= EVENTS; events++) {
        cut_at(how, events, false);
        cut_at(how, events, true);
    }
}

static void A30_silence_at_each_event(void **state)
{
    (void)state;
    cut_everywhere(CUT_SILENCE);
}

static void the_central_disconnects_at_each_event(void **state)
{
    (void)state;
    cut_everywhere(CUT_BY_PHONE);
}

static void the_peripheral_disconnects_at_each_event(void **state)
{
    (void)state;
    cut_everywhere(CUT_BY_LAMP);
}

/* Both are bonded and pair anew; it is cut at this event.  Who does not hear of success has the bond it had, in every
 * octet; who does has another one. */
static unsigned renew_and_cut(cut how, uint32_t events)
{
    kith_bond_keys before[2], after[2];
    kith_bond_info bond;
    watch w;
    unsigned kept = 0;

    open_watch(&w, true);
    cast_check(w.room, cast_only_bond(w.phone, &bond, &before[0]) && cast_only_bond(w.lamp, &bond, &before[1]));
    w.phone->end.succeeded = w.lamp->end.succeeded = false;
    assert_int_equal(kith_pairing_open(w.lamp->host, 60000), KITH_OK);
    assert_int_equal(kith_security_pair(w.phone->host, w.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run_to_event(&w, events);
    do_cut(&w, how);
    cast_check(w.room, cast_run(w.room, 60 * CAST_SECOND, is_apart, &w));
    cast_check(w.room, cast_only_bond(w.phone, &bond, &after[0]) && cast_only_bond(w.lamp, &bond, &after[1]));
    for (unsigned i = 0; i < 2; i++) {
        bool same = memcmp(&before[i], &after[i], sizeof before[i]) == 0;

        cast_equal(w.room, same, !(i == 0 ? w.phone : w.lamp)->end.succeeded);
        kept += same;
    }
    cast_close(w.room);
    return kept;
}

static void B4_a_renewal_that_is_cut_anywhere_leaves_the_old_bond_octet_by_octet(void **state)
{
    unsigned kept = 0, cuts = 0;

    (void)state;
    for (cut how = CUT_SILENCE; how <= CUT_BY_LAMP; how++)
        for (uint32_t events = 1; events <= EVENTS; events++, cuts++)
            kept += renew_and_cut(how, events);
    print_message("%u cuts of a renewal: %u old bonds kept, %u replaced\n", cuts, kept, 2 * cuts - kept);
    assert_true(kept > 0 && kept < 2 * cuts); /* both happen */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A30_silence_at_each_event),
        cmocka_unit_test(the_central_disconnects_at_each_event),
        cmocka_unit_test(the_peripheral_disconnects_at_each_event),
        cmocka_unit_test(B4_a_renewal_that_is_cut_anywhere_leaves_the_old_bond_octet_by_octet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
