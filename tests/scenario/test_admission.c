/* Who may pair, and what that may do to a bond that stands: the window, a person's consent, a bonded peer that asks
 * again, a full store, forgetting. */
#include "actor.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
} two;

static two open_two(kith_pairing_policy policy, uint16_t bonds)
{
    two t = {.room = cast_open(121, CAST_OPENSSL)};
    kith_config config;

    cast_lamp_config(&config);
    config.security.policy = policy;
    config.limits.bonds = bonds;
    t.lamp = cast_add(t.room, "lamp", &config);
    t.phone = cast_add_phone(t.room, "phone");
    cast_start(t.room);
    return t;
}

static void ask(two *t)
{
    cast_equal(t->room, kith_security_secure(t->phone->host, t->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
}

static void ask_and_be_refused(two *t, kith_why why, kith_smp_reason reason)
{
    unsigned lamps = t->lamp->ends, phones = t->phone->ends;

    ask(t);
    cast_await_ends(t->phone, phones + 1);
    cast_await_ends(t->lamp, lamps + 1);
    cast_expect_failed(t->lamp, lamps + 1, why);
    cast_equal(t->room, t->lamp->end.smp_reason, reason);
    cast_expect_failed(t->phone, phones + 1, KITH_WHY_PEER_FAILED);
    cast_equal(t->room, t->phone->end.smp_reason, reason);
    cast_equal(t->room, t->phone->end.ended_by, KITH_ENDED_BY_PEER);
}

/* ---- the window ---- */

static void B9_closed_is_refused_with_pairing_not_supported(void **state)
{
    two t = open_two(KITH_PAIRING_CLOSED, 4);

    (void)state;
    cast_connect(t.phone, t.lamp);
    ask_and_be_refused(&t, KITH_WHY_PAIRING_CLOSED, KITH_SMP_PAIRING_NOT_SUPPORTED);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_CONSENT_WANTED], 0);
    cast_connect_and_pair(t.phone, t.lamp);
    cast_close(t.room);
}

static void the_window_closes_after_one_success(void **state)
{
    two t = open_two(KITH_PAIRING_CLOSED, 4);
    cast_host *other = cast_add_phone(t.room, "other");

    (void)state;
    assert_int_equal(kith_host_start(other->host, kith_sim_now(t.room->sim)), KITH_OK);
    cast_await(other, KITH_EVENT_READY, 1);
    assert_int_equal(kith_pairing_open(t.lamp->host, 600000), KITH_OK);
    cast_connect(t.phone, t.lamp);
    ask(&t);
    cast_await_ends(t.phone, 1);
    cast_await_ends(t.lamp, 1);
    cast_equal(t.room, t.lamp->end.why, KITH_WHY_PAIRED);
    cast_check(t.room, !kith_pairing_is_open(t.lamp->host));
    cast_disconnect(t.phone, t.lamp);
    cast_connect(other, t.lamp);
    cast_equal(t.room, kith_security_secure(other->host, other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(other, 1);
    cast_expect_failed(other, 1, KITH_WHY_PEER_FAILED);
    cast_equal(t.room, other->end.smp_reason, KITH_SMP_PAIRING_NOT_SUPPORTED);
    cast_close(t.room);
}

static void the_window_closes_after_three_failures_of_the_peer(void **state)
{
    cast_room *room = cast_open(122, CAST_TOY);
    cast_host *lamp = cast_add_lamp(room, "lamp");
    static const uint8_t failed[2] = {KITH_SMP_PAIRING_FAILED, KITH_SMP_UNSPECIFIED_REASON};
    actor peer;

    (void)state;
    cast_start(room);
    actor_enter(&peer, room);
    actor_connect(&peer, lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 600000), KITH_OK);
    for (unsigned i = 0; i < 3; i++) {
        actor_wait(&peer, lamp);
        cast_check(room, kith_pairing_is_open(lamp->host));
        cast_check(room, actor_pair(&peer, ACTOR_SENDS_RANDOM));
        actor_send_smp(&peer, failed, sizeof failed);
        actor_run(&peer, 200000, NULL, NULL);
        cast_equal(room, lamp->ends, i + 1);
        cast_equal(room, lamp->end.why, KITH_WHY_PEER_FAILED);
    }
    cast_check(room, !kith_pairing_is_open(lamp->host));
    cast_check(room, !actor_pair(&peer, ACTOR_IS_DONE));
    cast_equal(room, peer.failed, KITH_SMP_PAIRING_NOT_SUPPORTED);
    actor_clean_pairing(&peer, lamp);
    cast_close(room);
}

static void B10_the_window_closes_by_time_and_a_pairing_begun_inside_may_end_after(void **state)
{
    two t = open_two(KITH_PAIRING_CLOSED, 4);

    (void)state;
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 0), KITH_ERR_VALUE);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 24 * 60 * 60 * 1000 + 1), KITH_ERR_VALUE);
    cast_connect(t.phone, t.lamp);
    cast_run(t.room, 20 * CAST_SECOND, NULL, NULL); /* an idle host still counts from now */
    assert_int_equal(kith_pairing_open(t.lamp->host, 200), KITH_OK);
    ask(&t);
    cast_await_ends(t.phone, 1);
    cast_equal(t.room, t.phone->end.why, KITH_WHY_PAIRED);
    cast_disconnect(t.phone, t.lamp);
    cast_forget_all(t.phone);
    cast_forget_all(t.lamp);
    cast_connect(t.phone, t.lamp);
    assert_int_equal(kith_pairing_open(t.lamp->host, 200), KITH_OK);
    cast_run(t.room, 201000, NULL, NULL);
    cast_check(t.room, !kith_pairing_is_open(t.lamp->host));
    ask_and_be_refused(&t, KITH_WHY_PAIRING_CLOSED, KITH_SMP_PAIRING_NOT_SUPPORTED);
    cast_close(t.room);
}

static void closing_the_window_refuses_what_comes_next(void **state)
{
    two t = open_two(KITH_PAIRING_CLOSED, 4);

    (void)state;
    cast_connect(t.phone, t.lamp);
    assert_int_equal(kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    kith_pairing_close(t.lamp->host);
    ask_and_be_refused(&t, KITH_WHY_PAIRING_CLOSED, KITH_SMP_PAIRING_NOT_SUPPORTED);
    cast_close(t.room);
}

/* A central outside its window: a stranger's Security Request is refused; our own secure() admits that link. */
static void a_central_refuses_a_strangers_security_request(void **state)
{
    two t = open_two(KITH_PAIRING_CLOSED, 4);

    (void)state;
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_security_secure(t.lamp->host, t.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(t.lamp, 1);
    cast_await_ends(t.phone, 1);
    cast_expect_failed(t.lamp, 1, KITH_WHY_PEER_FAILED);
    cast_equal(t.room, t.lamp->end.smp_reason, KITH_SMP_PAIRING_NOT_SUPPORTED);
    cast_expect_failed(t.phone, 1, KITH_WHY_PAIRING_CLOSED);
    cast_connect_and_pair(t.phone, t.lamp);
    cast_close(t.room);
}

/* ---- consent ---- */

static void answer(cast_host *lamp, bool yes)
{
    cast_equal(lamp->room, kith_pairing_consent(lamp->host, lamp->link, yes), KITH_OK);
}

static void a_person_says_yes(void **state)
{
    two t = open_two(KITH_PAIRING_ASK, 4);

    (void)state;
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_pairing_consent(t.lamp->host, t.lamp->link, true), KITH_ERR_STATE); /* too early */
    cast_equal(t.room, kith_pairing_consent(t.lamp->host, 999, true), KITH_ERR_NOT_FOUND);
    ask(&t);
    cast_await(t.lamp, KITH_EVENT_CONSENT_WANTED, 1);
    cast_check(t.room, !t.lamp->last[KITH_EVENT_CONSENT_WANTED].consent.again);
    cast_run(t.room, 10 * CAST_SECOND, NULL, NULL);
    answer(t.lamp, true);
    cast_equal(t.room, kith_pairing_consent(t.lamp->host, t.lamp->link, true), KITH_ERR_STATE); /* twice */
    cast_await_ends(t.phone, 1);
    cast_await_ends(t.lamp, 1);
    cast_equal(t.room, t.lamp->end.why, KITH_WHY_PAIRED);
    cast_expect_equal_keys(t.phone, t.lamp);
    cast_close(t.room);
}

static void a_person_says_no(void **state)
{
    two t = open_two(KITH_PAIRING_ASK, 4);

    (void)state;
    cast_connect(t.phone, t.lamp);
    ask(&t);
    cast_await(t.lamp, KITH_EVENT_CONSENT_WANTED, 1);
    answer(t.lamp, false);
    cast_await_ends(t.phone, 1);
    cast_expect_failed(t.lamp, 1, KITH_WHY_CONSENT_REFUSED);
    cast_equal(t.room, t.lamp->end.ended_by, KITH_ENDED_BY_USER);
    cast_equal(t.room, t.lamp->end.smp_reason, KITH_SMP_UNSPECIFIED_REASON);
    cast_expect_failed(t.phone, 1, KITH_WHY_PEER_FAILED);
    cast_equal(t.room, kith_pairing_consent(t.lamp->host, t.lamp->link, true), KITH_ERR_STATE); /* too late */
    cast_close(t.room);
}

static void B9_nobody_answers(void **state)
{
    two t = open_two(KITH_PAIRING_ASK, 4);
    uint64_t asked;

    (void)state;
    cast_connect(t.phone, t.lamp);
    ask(&t);
    cast_await(t.lamp, KITH_EVENT_CONSENT_WANTED, 1);
    asked = kith_sim_now(t.room->sim);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_CONSENT_WANTED].consent.deadline_us, asked + 25 * CAST_SECOND);
    cast_await_ends(t.lamp, 1);
    cast_await_ends(t.phone, 1);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_CONSENT_TIMEOUT);
    cast_expect_failed(t.phone, 1, KITH_WHY_PEER_FAILED); /* told before its own 30 s were over */
    cast_equal(t.room, kith_pairing_consent(t.lamp->host, t.lamp->link, true), KITH_ERR_STATE);
    cast_check(t.room, t.lamp->link != 0);
    cast_close(t.room);
}

/* ---- a bond that stands ---- */

static void bonded_again(two *t)
{
    cast_connect_and_pair(t->phone, t->lamp);
    cast_disconnect(t->phone, t->lamp);
    cast_forget_all(t->phone); /* as if it were reset */
    cast_connect(t->phone, t->lamp);
}

static void expect_bond(two *t, const kith_bond_keys *before, bool same)
{
    kith_bond_info bond;
    kith_bond_keys now;

    cast_check(t->room, cast_only_bond(t->lamp, &bond, &now));
    cast_equal(t->room, memcmp(now.ltk, before->ltk, 16) == 0, same);
}

static void a_bonded_peer_that_asks_again_is_a_question_and_no_is_the_default(void **state)
{
    two t = open_two(KITH_PAIRING_CLOSED, 4);
    kith_bond_info bond;
    kith_bond_keys before;

    (void)state;
    bonded_again(&t);
    cast_check(t.room, cast_only_bond(t.lamp, &bond, &before));
    ask(&t);
    cast_await(t.lamp, KITH_EVENT_CONSENT_WANTED, 1);
    cast_check(t.room, t.lamp->last[KITH_EVENT_CONSENT_WANTED].consent.again);
    cast_await_ends(t.lamp, 2);
    cast_await_ends(t.phone, 2);
    cast_check(t.room, !t.lamp->end.succeeded && !t.phone->end.succeeded);
    expect_bond(&t, &before, true);

    ask(&t);
    cast_await(t.lamp, KITH_EVENT_CONSENT_WANTED, 2);
    answer(t.lamp, false);
    cast_await_ends(t.lamp, 3);
    cast_await_ends(t.phone, 3);
    expect_bond(&t, &before, true);

    ask(&t);
    cast_await(t.lamp, KITH_EVENT_CONSENT_WANTED, 3);
    answer(t.lamp, true);
    cast_await_ends(t.lamp, 4);
    cast_await_ends(t.phone, 4);
    cast_equal(t.room, t.lamp->end.why, KITH_WHY_PAIRED);
    expect_bond(&t, &before, false);
    cast_expect_equal_keys(t.phone, t.lamp);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    cast_close(t.room);
}

static void an_open_window_answers_a_bonded_peer(void **state)
{
    two t = open_two(KITH_PAIRING_CLOSED, 4);
    kith_bond_info bond, again;
    kith_bond_keys before;

    (void)state;
    bonded_again(&t);
    cast_check(t.room, cast_only_bond(t.lamp, &bond, &before));
    cast_pair(t.phone, t.lamp);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_CONSENT_WANTED], 0);
    expect_bond(&t, &before, false);
    cast_check(t.room, cast_only_bond(t.lamp, &again, &before));
    cast_equal(t.room, again.peer, bond.peer); /* the same peer keeps its ID */
    cast_close(t.room);
}

/* A stranger that was let in by a person as somebody new says in phase 3 that it is a peer we know. */
static void squat(bool known_address)
{
    cast_room *room = cast_open(123, CAST_TOY);
    kith_config config;
    cast_host *lamp, *phone;
    kith_bond_info bond;
    kith_bond_keys before, now;
    actor peer;

    cast_lamp_config(&config);
    config.security.policy = KITH_PAIRING_ASK;
    lamp = cast_add(room, "lamp", &config);
    phone = cast_add_phone(room, "phone");
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    cast_disconnect(phone, lamp);
    cast_check(room, cast_only_bond(lamp, &bond, &before));
    actor_enter(&peer, room);
    actor_connect(&peer, lamp);
    if (known_address)
        peer.identity = bond.identity;
    actor_begin(&peer, ACTOR_IS_DONE);
    actor_run(&peer, 500000, NULL, NULL);
    cast_equal(room, lamp->told[KITH_EVENT_CONSENT_WANTED], 1);
    answer(lamp, true);
    actor_run(&peer, 2 * CAST_SECOND, NULL, NULL);
    cast_equal(room, lamp->told[KITH_EVENT_CONSENT_WANTED], known_address ? 2 : 1);
    if (known_address) {
        cast_check(room, lamp->last[KITH_EVENT_CONSENT_WANTED].consent.replaces == bond.peer);
        assert_int_equal(kith_bonds_export(lamp->host, bond.peer, &now), KITH_OK);
        assert_memory_equal(&now, &before, sizeof now);
        answer(lamp, false);
        actor_run(&peer, 2 * CAST_SECOND, NULL, NULL);
    }
    cast_equal(room, lamp->ends, 2);
    cast_equal(room, lamp->end.succeeded, !known_address);
    assert_int_equal(kith_bonds_export(lamp->host, bond.peer, &now), KITH_OK);
    assert_memory_equal(&now, &before, sizeof now);
    if (known_address) {
        cast_equal(room, peer.failed, KITH_SMP_KEY_REJECTED);
        cast_equal(room, lamp->end.why, KITH_WHY_REPAIRING_REFUSED);
        cast_equal(room, kith_bonds_count(lamp->host), 1);
    }
    cast_close(room);
}

static void B6_an_identity_that_is_somebody_elses_is_rejected(void **state)
{
    (void)state;
    squat(true);
    squat(false);
}

/* ---- room for bonds ---- */

static void B5_a_full_store_is_said_before_pairing_starts(void **state)
{
    two t = open_two(KITH_PAIRING_CLOSED, 1);
    cast_host *other = cast_add_phone(t.room, "other");
    kith_bond_info bond;

    (void)state;
    assert_int_equal(kith_host_start(other->host, kith_sim_now(t.room->sim)), KITH_OK);
    cast_await(other, KITH_EVENT_READY, 1);
    cast_connect_and_pair(t.phone, t.lamp);
    cast_disconnect(t.phone, t.lamp);
    cast_connect(other, t.lamp);
    assert_int_equal(kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    cast_equal(t.room, kith_security_secure(other->host, other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(other, 1);
    cast_await_ends(t.lamp, 2);
    cast_expect_failed(t.lamp, 2, KITH_WHY_STORE_FULL);
    cast_equal(t.room, t.lamp->end.phase, KITH_PHASE_REQUEST);
    cast_equal(t.room, kith_security_secure(t.lamp->host, t.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_FULL);
    cast_disconnect(other, t.lamp);

    cast_connect(t.phone, t.lamp); /* the bonded one may still renew its own */
    cast_forget_all(t.phone);
    cast_pair(t.phone, t.lamp);
    cast_disconnect(t.phone, t.lamp);

    assert_int_equal(kith_bonds_next(t.lamp->host, 0, &bond), KITH_OK);
    assert_int_equal(kith_bonds_forget(t.lamp->host, bond.peer), KITH_OK);
    cast_connect(other, t.lamp);
    cast_pair(other, t.lamp);
    cast_close(t.room);
}

static void forgetting_a_connected_peer_disconnects_it(void **state)
{
    two t = open_two(KITH_PAIRING_CLOSED, 4);
    kith_bond_info bond;
    kith_bond_keys keys;

    (void)state;
    cast_connect_and_pair(t.phone, t.lamp);
    cast_check(t.room, cast_only_bond(t.lamp, &bond, &keys));
    assert_int_equal(kith_bonds_forget(t.lamp->host, bond.peer), KITH_OK);
    assert_int_equal(kith_bonds_forget(t.lamp->host, bond.peer), KITH_ERR_NOT_FOUND);
    cast_await(t.lamp, KITH_EVENT_DISCONNECTED, 1);
    cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    for (size_t i = 0; i + 16 <= t.lamp->size; i++) /* its key is nowhere in the host's memory any more */
        assert_memory_not_equal((const uint8_t *)t.lamp->host + i, keys.ltk, 16);
    cast_close(t.room);
}

/* While the controller encrypts with it, too. */
static void forgetting_while_the_bond_is_being_used(void **state)
{
    (void)state;
    for (uint64_t after = 0; after < 400000; after += 10000) {
        two t = open_two(KITH_PAIRING_CLOSED, 4);
        unsigned ends;

        cast_connect_and_pair(t.phone, t.lamp);
        cast_disconnect(t.phone, t.lamp);
        cast_connect(t.phone, t.lamp);
        ends = t.lamp->ends;
        ask(&t);
        cast_run(t.room, after, NULL, NULL);
        cast_forget_all(t.lamp);
        cast_run(t.room, 10 * CAST_SECOND, NULL, NULL);
        cast_equal(t.room, t.phone->ends, 2);
        cast_check(t.room, t.lamp->ends <= ends + 1);
        if (t.lamp->link != 0) {
            kith_event_security now;

            assert_int_equal(kith_security_of(t.lamp->host, t.lamp->link, &now), KITH_OK);
            cast_equal(t.room, now.level, KITH_LEVEL_NONE);
        }
        cast_connect_and_pair(t.phone, t.lamp);
        cast_close(t.room);
    }
}

/* A peripheral asked for more than the bond holds, and the central encrypts with the bond: that is not what was
 * asked for, and is not told as its success. */
static void B8_a_bond_that_is_too_weak_does_not_satisfy_a_stronger_wish(void **state)
{
    cast_room *room = cast_open(99, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

    (void)state;
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    cast_disconnect(phone, lamp);
    cast_connect(phone, lamp);
    cast_equal(room, kith_security_secure(lamp->host, lamp->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
    cast_await_next(lamp, KITH_EVENT_SECURITY_CHANGED);
    cast_equal(room, lamp->last[KITH_EVENT_SECURITY_CHANGED].security.level, KITH_LEVEL_ENCRYPTED);
    cast_await_next(lamp, KITH_EVENT_PAIRING_FAILED); /* the central proved the bond, and its person is silent */
    cast_equal(room, lamp->told[KITH_EVENT_ENCRYPTED], 0);
    cast_equal(room, lamp->end.why, KITH_WHY_PEER_FAILED);
    cast_equal(room, lamp->end.smp_reason, KITH_SMP_UNSPECIFIED_REASON);
    cast_equal(room, phone->told[KITH_EVENT_CONSENT_WANTED], 1);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B9_closed_is_refused_with_pairing_not_supported),
        cmocka_unit_test(the_window_closes_after_one_success),
        cmocka_unit_test(the_window_closes_after_three_failures_of_the_peer),
        cmocka_unit_test(B10_the_window_closes_by_time_and_a_pairing_begun_inside_may_end_after),
        cmocka_unit_test(closing_the_window_refuses_what_comes_next),
        cmocka_unit_test(a_central_refuses_a_strangers_security_request),
        cmocka_unit_test(a_person_says_yes),
        cmocka_unit_test(a_person_says_no),
        cmocka_unit_test(B9_nobody_answers),
        cmocka_unit_test(a_bonded_peer_that_asks_again_is_a_question_and_no_is_the_default),
        cmocka_unit_test(an_open_window_answers_a_bonded_peer),
        cmocka_unit_test(B6_an_identity_that_is_somebody_elses_is_rejected),
        cmocka_unit_test(B5_a_full_store_is_said_before_pairing_starts),
        cmocka_unit_test(forgetting_a_connected_peer_disconnects_it),
        cmocka_unit_test(forgetting_while_the_bond_is_being_used),
        cmocka_unit_test(B8_a_bond_that_is_too_weak_does_not_satisfy_a_stronger_wish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
