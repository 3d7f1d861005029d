/* Connecting on the virtual radio: by address or by list, with a limit, beside lists and addresses that change.  On
 * controllers of each age. */
#include "cast.h"

typedef struct {
    cast_room *room;
    cast_host *phone, *lamp;
} pair;

static cast_host *add_of(cast_room *room, kith_sim_core core, const char *name, kith_config *config)
{
    kith_sim_device device = cast_device(room);
    kith_sim_limits limits;

    kith_sim_core_limits(&limits, core);
    assert_int_equal(kith_sim_set_limits(room->sim, device, &limits), KITH_OK);
    return cast_add_on(room, name, config, device);
}

static void open_pair_with(pair *p, kith_sim_core core, uint64_t seed, const kith_privacy *phones,
                           const kith_privacy *lamps)
{
    kith_config phone, lamp;

    memset(p, 0, sizeof *p);
    p->room = cast_open(seed, CAST_OPENSSL);
    cast_phone_config(&phone);
    cast_lamp_config(&lamp);
    phone.limits.listed = 4;
    if (phones != NULL)
        phone.privacy = *phones;
    if (lamps != NULL)
        lamp.privacy = *lamps;
    p->phone = add_of(p->room, core, "phone", &phone);
    p->lamp = add_of(p->room, core, "lamp", &lamp);
    cast_start(p->room);
}

static void open_pair(pair *p, kith_sim_core core, uint64_t seed, const kith_privacy *phones)
{
    open_pair_with(p, core, seed, phones, NULL);
}

static kith_initiating to_lamp(const pair *p, uint32_t limit_ms)
{
    kith_initiating i;

    kith_gap_default_initiating(&i);
    i.peer = cast_address(p->lamp);
    i.limit_ms = limit_ms;
    return i;
}

static void expect_timed_out(pair *p)
{
    const kith_event_connect_failed *f = &p->phone->last[KITH_EVENT_CONNECT_FAILED].connect_failed;

    cast_await_next(p->phone, KITH_EVENT_CONNECT_FAILED);
    cast_check(p->room, f->timed_out && f->hci_status == KITH_HCI_UNKNOWN_CONNECTION && f->status == KITH_OK);
    cast_equal(p->room, kith_gap_cancel_connect(p->phone->host), KITH_ERR_STATE);
}

static void nobody_is_given_up_in_time_and_met_later(void **state)
{
    (void)state;
    for (kith_sim_core core = 0; core < KITH_SIM_CORES; core++) {
        kith_initiating i;
        uint64_t began;
        pair p;

        open_pair(&p, core, 611, NULL);
        i = to_lamp(&p, 3000);
        began = kith_sim_now(p.room->sim);
        cast_equal(p.room, kith_gap_initiate(p.phone->host, &i), KITH_OK);
        expect_timed_out(&p);
        cast_check(p.room, kith_sim_now(p.room->sim) - began >= 3000000);
        cast_check(p.room, kith_sim_now(p.room->sim) - began < 3100000);
        cast_advertise(p.lamp);
        cast_equal(p.room, kith_gap_initiate(p.phone->host, &i), KITH_OK);
        cast_await_next(p.phone, KITH_EVENT_CONNECTED);
        cast_run(p.room, 5 * CAST_SECOND, NULL, NULL); /* what is left of the limit ends no link */
        cast_check(p.room, p.phone->link != 0 && p.phone->told[KITH_EVENT_CONNECT_FAILED] == 1);
        cast_close(p.room);
    }
}

/* An attempt that begins so long after the lamp does; when the link was made, UINT64_MAX: it was not. */
static uint64_t try_once(kith_sim_core core, uint64_t after_us, uint32_t limit_ms)
{
    kith_initiating i;
    uint64_t began, made = UINT64_MAX;
    pair p;

    open_pair(&p, core, 700, NULL);
    cast_advertise(p.lamp);
    cast_run(p.room, after_us, NULL, NULL);
    i = to_lamp(&p, limit_ms);
    began = kith_sim_now(p.room->sim);
    cast_equal(p.room, kith_gap_initiate(p.phone->host, &i), KITH_OK);
    cast_run(p.room, 2 * CAST_SECOND, NULL, NULL);
    cast_equal(p.room, p.phone->told[KITH_EVENT_CONNECTED] + p.phone->told[KITH_EVENT_CONNECT_FAILED], 1);
    cast_check(p.room, p.phone->link == 0 || p.lamp->link != 0);
    for (unsigned n = 0; n < p.phone->notes; n++)
        if (p.phone->log[n].kind == KITH_EVENT_CONNECTED)
            made = p.phone->log[n].time_us - began;
    cast_close(p.room);
    return made;
}

/* The limit ends at every moment around that at which the link is made: it is one or the other, and both agree. */
static void a_limit_and_a_link_at_once_have_one_end(void **state)
{
    static const kith_sim_core cores[] = {KITH_SIM_CORE_4_2, KITH_SIM_CORE_5_4};

    (void)state;
    for (unsigned c = 0; c < 2; c++) {
        uint64_t made = try_once(cores[c], 20000, 0);
        uint32_t limit_ms = (uint32_t)(made / 1000) - 2; /* as seen from a beginning 2 ms later, and a bit */
        unsigned links = 0, failed = 0;

        assert_true(made != UINT64_MAX && made > 5000);
        for (uint64_t shift = 0; shift < 4000; shift += 100) {
            bool is_made = try_once(cores[c], 20000 + shift, limit_ms) != UINT64_MAX;

            links += is_made;
            failed += !is_made;
        }
        print_message("%s: %u links, %u too late\n", kith_sim_core_name(cores[c]), links, failed);
        assert_true(links > 0 && failed > 0);
    }
}

static kith_peer_id bond(pair *p)
{
    kith_bond_keys keys;
    kith_bond_info info;

    cast_connect_and_pair(p->phone, p->lamp);
    cast_disconnect(p->phone, p->lamp);
    cast_check(p->room, cast_only_bond(p->phone, &info, &keys));
    return info.peer;
}

static void whoever_is_listed_is_connected_to(void **state)
{
    const kith_privacy hidden = {.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = 60, .jitter_s = 0};

    (void)state;
    for (kith_sim_core core = 0; core < KITH_SIM_CORES; core++) {
        kith_initiating i;
        kith_peer_id peer;
        pair p;

        open_pair_with(&p, core, 612, NULL, &hidden);
        i = to_lamp(&p, 20000);
        i.listed = true;
        cast_equal(p.room, kith_gap_initiate(p.phone->host, &i), KITH_ERR_NOT_FOUND);
        peer = bond(&p);
        if (kith_allow_list_set(p.phone->host, &peer, 1, KITH_LIST_PAUSE) != KITH_OK) {
            cast_equal(p.room, core, KITH_SIM_CORE_4_2_BARE); /* it gave a key, which this controller can't resolve */
            cast_close(p.room);
            continue;
        }
        cast_await_next(p.phone, KITH_EVENT_ALLOW_LIST);
        cast_equal(p.room, kith_gap_initiate(p.phone->host, &i), KITH_OK);
        cast_run(p.room, 2 * CAST_SECOND, NULL, NULL);
        cast_advertise(p.lamp);
        cast_await_next(p.phone, KITH_EVENT_CONNECTED);
        cast_equal(p.room, p.phone->last[KITH_EVENT_CONNECTED].connected.claimed, peer);
        cast_close(p.room);
    }
}

/* Our own address changes while nobody answers: nothing is told of it, and the limit is what it was. */
static void an_attempt_goes_on_while_our_address_changes(void **state)
{
    const kith_privacy hidden = {.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = 10, .jitter_s = 0};

    (void)state;
    for (kith_sim_core core = 0; core < KITH_SIM_CORES; core++) {
        kith_address before, after;
        kith_initiating i;
        uint64_t began;
        pair p;

        open_pair(&p, core, 613, &hidden);
        i = to_lamp(&p, 25000);
        before = cast_address(p.phone);
        began = kith_sim_now(p.room->sim);
        cast_equal(p.room, kith_gap_initiate(p.phone->host, &i), KITH_OK);
        expect_timed_out(&p);
        after = cast_address(p.phone);
        cast_check(p.room, !kith_address_equal(&before, &after));
        cast_check(p.room, kith_sim_now(p.room->sim) - began < 25100000);
        cast_equal(p.room, p.phone->told[KITH_EVENT_CONNECT_FAILED], 1);
        cast_equal(p.room, kith_gap_initiate(p.phone->host, &i), KITH_OK);
        cast_run(p.room, 15 * CAST_SECOND, NULL, NULL);
        cast_advertise(p.lamp);
        cast_await_next(p.phone, KITH_EVENT_CONNECTED);
        cast_close(p.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_given_up_in_time_and_met_later),
        cmocka_unit_test(a_limit_and_a_link_at_once_have_one_end),
        cmocka_unit_test(whoever_is_listed_is_connected_to),
        cmocka_unit_test(an_attempt_goes_on_while_our_address_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
