/* A peer that keeps its connection and stops answering at some step of the pairing: after 30 seconds exactly one end,
 * named after the step it was in, no more SMP on that connection, and then a clean pairing on the next one. */
#include "actor.h"

static bool has_ended(actor *a, void *host)
{
    (void)a;
    return ((cast_host *)host)->ends > 0;
}

static bool is_apart(actor *a, void *host)
{
    return !a->connected && ((cast_host *)host)->link == 0;
}

static void expect_timeout(actor *a, cast_host *host, uint64_t begun)
{
    uint64_t took;

    cast_check(a->room, actor_run(a, 40 * CAST_SECOND, has_ended, host));
    took = kith_sim_now(a->room->sim) - begun;
    cast_expect_failed(host, 1, KITH_WHY_SMP_TIMEOUT);
    cast_equal(a->room, host->end.ended_by, KITH_ENDED_BY_TIMEOUT);
    /* Counted from our last PDU (3.4), which left a moment before the peer fell silent. */
    cast_check(a->room, took > 29 * CAST_SECOND && took < 31 * CAST_SECOND);
    cast_equal(a->room, host->highest, a->next > ACTOR_ENCRYPTS ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_NONE);
    cast_check(a->room, actor_run(a, 10 * CAST_SECOND, is_apart, host));
    cast_equal(a->room, host->ends, 1);
    cast_equal(a->room, kith_bonds_count(host->host), 0);
}

static void meet(actor *a, cast_host *host, bool host_is_peripheral)
{
    if (host_is_peripheral) {
        actor_connect(a, host);
        assert_int_equal(kith_pairing_open(host->host, 60000), KITH_OK);
        return;
    }
    actor_accept(a, host);
    assert_int_equal(kith_security_secure(host->host, host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
}

static void fall_silent_before(actor_step step, bool host_is_peripheral)
{
    cast_room *room = cast_open(41, CAST_OPENSSL);
    cast_host *host = host_is_peripheral ? cast_add_lamp(room, "lamp") : cast_add_phone(room, "phone");
    uint64_t begun;
    actor peer;

    cast_start(room);
    actor_enter(&peer, room);
    meet(&peer, host, host_is_peripheral);
    cast_check(room, actor_pair(&peer, step));
    begun = kith_sim_now(room->sim);
    expect_timeout(&peer, host, begun);
    if (!host_is_peripheral) /* once asked for, a key that never came: our 30 s were over before the controller's 40 */
        cast_equal(room, peer.ltk_requests, step >= ACTOR_ENCRYPTS);
    actor_clean_pairing(&peer, host);
    cast_close(room);
}

static void an_initiator_that_stops_at_each_step(void **state)
{
    (void)state;
    for (actor_step step = ACTOR_SENDS_KEY; step < ACTOR_IS_DONE; step++)
        if (step != ACTOR_SENDS_CONFIRM)
            fall_silent_before(step, true);
}

static void a_responder_that_stops_at_each_step(void **state)
{
    (void)state;
    for (actor_step step = ACTOR_SENDS_FEATURES; step < ACTOR_IS_DONE; step++)
        fall_silent_before(step, false);
}

/* A Security Request that the central ignores is no pairing: it ends with its own name, and the link stays. */
static void a_central_that_ignores_our_security_request(void **state)
{
    cast_room *room = cast_open(42, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp");
    actor peer;

    (void)state;
    cast_start(room);
    actor_enter(&peer, room);
    actor_connect(&peer, lamp);
    assert_int_equal(kith_security_secure(lamp->host, lamp->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(room, actor_run(&peer, 40 * CAST_SECOND, has_ended, lamp));
    cast_expect_failed(lamp, 1, KITH_WHY_REQUEST_IGNORED);
    cast_equal(room, peer.security_request & KITH_AUTH_SC, KITH_AUTH_SC);
    cast_check(room, peer.connected && lamp->link != 0);
    actor_clean_pairing(&peer, lamp);
    cast_close(room);
}

static void after_a_timeout_there_is_no_more_smp_on_that_connection(void **state)
{
    cast_room *room = cast_open(43, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp");
    actor peer;
    kith_status status;

    (void)state;
    cast_start(room);
    actor_enter(&peer, room);
    meet(&peer, lamp, true);
    cast_check(room, actor_pair(&peer, ACTOR_SENDS_RANDOM));
    cast_check(room, actor_run(&peer, 40 * CAST_SECOND, has_ended, lamp));
    status = kith_security_secure(lamp->host, lamp->link, KITH_LEVEL_ENCRYPTED);
    cast_check(room, status == KITH_ERR_STATE || status == KITH_ERR_NOT_FOUND);
    peer.failed = 0;
    actor_pair(&peer, ACTOR_SENDS_KEY);
    actor_run(&peer, 5 * CAST_SECOND, is_apart, lamp);
    cast_equal(room, lamp->ends, 1);
    cast_close(room);
}

/* The other side of the coin: a slow peer that answers in time each time may take longer than 30 s in all. */
static void a_slow_peer_that_keeps_each_deadline_is_paired_with(void **state)
{
    cast_room *room = cast_open(44, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp");
    actor peer;

    (void)state;
    cast_start(room);
    actor_enter(&peer, room);
    meet(&peer, lamp, true);
    cast_check(room, actor_pair(&peer, ACTOR_SENDS_KEY));
    actor_run(&peer, 20 * CAST_SECOND, NULL, NULL);
    actor_resume(&peer, ACTOR_SENDS_RANDOM);
    actor_run(&peer, 20 * CAST_SECOND, NULL, NULL);
    cast_equal(room, lamp->ends, 0);
    actor_resume(&peer, ACTOR_IS_DONE);
    cast_check(room, actor_run(&peer, 5 * CAST_SECOND, has_ended, lamp));
    cast_equal(room, lamp->end.why, KITH_WHY_PAIRED);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_initiator_that_stops_at_each_step),
        cmocka_unit_test(a_responder_that_stops_at_each_step),
        cmocka_unit_test(a_central_that_ignores_our_security_request),
        cmocka_unit_test(after_a_timeout_there_is_no_more_smp_on_that_connection),
        cmocka_unit_test(a_slow_peer_that_keeps_each_deadline_is_paired_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
