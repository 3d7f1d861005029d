/* Make room and rank on use: who goes, who is kept, and how often the store is written for it. */
#include "test_policy_support.h"

#include "kith/policy/make_room.h"
#include "kith/policy/rank_on_use.h"

static kith_make_room room;
static kith_rank_on_use ranks;

static const uint64_t MINUTE = 60 * (uint64_t)SECOND;

/* ---- make room ---- */

static int set_up_room(void **state)
{
    start(state);
    kith_make_room_init(&room);
    listen(&room.listener);
    return 0;
}

/* true: peer 3, of the lowest rank, goes. */
static bool ask(kith_link link)
{
    const kith_event event = {
        .kind = KITH_EVENT_ROOM_WANTED, .link = link, .room = {.would_go = 3, .deadline_us = now_us + 25 * SECOND}};
    unsigned before = host.asked;

    tell(&event);
    assert_int_equal(host.asked, before + 1); /* each question is answered once, and at once */
    assert_int_equal(host.link, link);
    return host.peer == 3;
}

static void the_hosts_choice_goes(void **state)
{
    (void)state;
    assert_true(ask(2));
    assert_int_equal(room.made, 1);
    tell_of(KITH_EVENT_BONDED, 2);
    assert_int_equal(host.asked, 1);
    assert_true(sizeof room <= 136);
}

static void who_has_the_rank_to_stay_stays(void **state)
{
    (void)state;
    room.keep_rank = 10;
    host.ranks[3] = 9;
    assert_true(ask(1));
    host.ranks[3] = 10;
    assert_false(ask(1));
    assert_int_equal(host.peer, 0);
    assert_int_equal(room.refused, 1);
    room.keep_rank = 0;
    assert_true(ask(1));
}

static void so_many_go_in_any_hour(void **state)
{
    (void)state;
    room.per_hour = 2;
    assert_true(ask(1));
    wait_us(50 * MINUTE);
    assert_true(ask(1));
    wait_us(10 * MINUTE - 1);
    assert_false(ask(1));
    wait_us(1);
    assert_true(ask(1)); /* the first is an hour ago */
    assert_false(ask(1));
    wait_us(50 * MINUTE);
    assert_true(ask(1));
    assert_int_equal(room.made, 4);
    assert_int_equal(room.refused, 2);
}

static void nobody_goes_where_none_may_and_never_more_than_it_can_count(void **state)
{
    (void)state;
    room.per_hour = 0;
    assert_false(ask(1));
    room.per_hour = 200;
    for (unsigned i = 0; i < KITH_MAKE_ROOM_MOST; i++)
        assert_true(ask(1));
    assert_false(ask(1));
}

/* An answer that the host did not take is none: it does not count, and is not repeated. */
static void what_the_host_refuses_is_not_counted(void **state)
{
    (void)state;
    room.per_hour = 1;
    host.says = KITH_ERR_VALUE;
    assert_true(ask(1));
    wait_us(MINUTE);
    assert_int_equal(host.asked, 1);
    host.says = KITH_OK;
    assert_true(ask(1));
    assert_false(ask(1));
}

static void full_is_answered_again_until_the_deadline(void **state)
{
    (void)state;
    host.says = KITH_ERR_FULL;
    assert_true(ask(1));
    wait_us(SECOND);
    assert_in_range(host.asked, 50, 110);
    host.says = KITH_OK;
    wait_us(SECOND);
    assert_int_equal(room.made, 1);
    host.asked = 0;
    wait_us(MINUTE);
    assert_int_equal(host.asked, 0);
    host.says = KITH_ERR_FULL;
    assert_true(ask(2));
    wait_us(26 * SECOND);
    host.asked = 0;
    wait_us(MINUTE);
    assert_int_equal(host.asked, 0);
    assert_int_equal(room.made, 1);
}

static void a_link_that_is_gone_is_not_answered_again(void **state)
{
    (void)state;
    host.says = KITH_ERR_FULL;
    assert_true(ask(1));
    host.says = KITH_ERR_NOT_FOUND;
    wait_us(SECOND);
    assert_int_equal(host.asked, 2);
}

/* ---- rank on use ---- */

static int set_up_ranks(void **state)
{
    start(state);
    kith_rank_on_use_init(&ranks, places, LINKS);
    listen(&ranks.listener);
    return 0;
}

static void tell_peer(kith_event_kind kind, kith_link link, kith_peer_id peer)
{
    const kith_event event = {.kind = kind, .link = link, .peer = peer};

    tell(&event);
}

static void who_proves_itself_is_ranked_once_on_a_link(void **state)
{
    (void)state;
    tell_connected(1, 3, true); /* a claim is nothing */
    assert_int_equal(host.asked, 0);
    tell_peer(KITH_EVENT_SECURITY_CHANGED, 1, 3);
    assert_int_equal(host.asked, 1);
    assert_int_equal(host.peer, 3);
    tell_peer(KITH_EVENT_ENCRYPTED, 1, 3);
    tell_peer(KITH_EVENT_SECURITY_CHANGED, 1, 3);
    tell_peer(KITH_EVENT_BONDED, 1, 3);
    assert_int_equal(host.asked, 1);
    tell_of(KITH_EVENT_DISCONNECTED, 1);
    tell_peer(KITH_EVENT_SECURITY_CHANGED, 1, 3);
    assert_int_equal(host.asked, 2);
}

static void who_bonds_is_ranked_even_if_its_link_has_gone(void **state)
{
    (void)state;
    tell_peer(KITH_EVENT_SECURITY_CHANGED, 1, 0); /* encrypted, and nobody yet */
    tell_peer(KITH_EVENT_PAIRED, 1, 0);
    assert_int_equal(host.asked, 0);
    tell_peer(KITH_EVENT_BONDED, 1, 4);
    assert_int_equal(host.asked, 1);
    tell_peer(KITH_EVENT_BONDED, 0, 5);
    assert_int_equal(host.asked, 2);
    assert_int_equal(host.peer, 5);
    tell_peer(KITH_EVENT_BOND_FAILED, 0, 0);
    assert_int_equal(host.asked, 2);
}

static void what_finds_no_room_is_repeated_while_the_link_is_there(void **state)
{
    (void)state;
    host.says = KITH_ERR_FULL;
    tell_peer(KITH_EVENT_SECURITY_CHANGED, 1, 3);
    tell_peer(KITH_EVENT_SECURITY_CHANGED, 2, 4);
    wait_us(100000);
    assert_in_range(host.asked, 6, 12);
    assert_int_equal(ranks.last, KITH_ERR_FULL);
    tell_of(KITH_EVENT_DISCONNECTED, 2);
    host.says = KITH_OK;
    host.asked = 0;
    wait_us(MINUTE);
    assert_int_equal(host.asked, 1);
    assert_int_equal(host.peer, 3);
}

static void what_will_not_pass_is_not_repeated(void **state)
{
    (void)state;
    host.says = KITH_ERR_USED_UP;
    tell_peer(KITH_EVENT_SECURITY_CHANGED, 1, 3);
    wait_us(MINUTE);
    assert_int_equal(host.asked, 1);
    assert_int_equal(ranks.last, KITH_ERR_USED_UP);
    assert_true(sizeof ranks <= 56);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_hosts_choice_goes, set_up_room),
        cmocka_unit_test_setup(who_has_the_rank_to_stay_stays, set_up_room),
        cmocka_unit_test_setup(so_many_go_in_any_hour, set_up_room),
        cmocka_unit_test_setup(nobody_goes_where_none_may_and_never_more_than_it_can_count, set_up_room),
        cmocka_unit_test_setup(what_the_host_refuses_is_not_counted, set_up_room),
        cmocka_unit_test_setup(full_is_answered_again_until_the_deadline, set_up_room),
        cmocka_unit_test_setup(a_link_that_is_gone_is_not_answered_again, set_up_room),
        cmocka_unit_test_setup(who_proves_itself_is_ranked_once_on_a_link, set_up_ranks),
        cmocka_unit_test_setup(who_bonds_is_ranked_even_if_its_link_has_gone, set_up_ranks),
        cmocka_unit_test_setup(what_finds_no_room_is_repeated_while_the_link_is_there, set_up_ranks),
        cmocka_unit_test_setup(what_will_not_pass_is_not_repeated, set_up_ranks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
