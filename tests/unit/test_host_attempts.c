/* Which ends of a pairing count as failures of the peer, and whom the total stops: the host's part of the waits. */
#include "test_host_support.h"

enum { SECOND = 1000000 };
static const uint64_t HOUR_US = UINT64_C(3600) * SECOND;

static host_link *meet(desk *d, bool central)
{
    desk_open(d, 2, 27, 4);
    d->now_us = 10 * SECOND;
    return desk_connect(d, 0, central);
}

/* A pairing that ends so, in a call that tells the time or in one that does not. */
static void ends(desk *d, const host_link *link, kith_verdict verdict, bool told)
{
    smp_session s = {.state = SMP_FAILED, .verdict = verdict};

    if (told)
        host_begin(d->h, d->now_us);
    attempts_on_end(d->h, link, &s);
    host_end(d->h);
}

static const kith_verdict wrong_passkey = {.why = KITH_WHY_CONFIRM_MISMATCH,
                                           .phase = KITH_PHASE_AUTHENTICATION,
                                           .ended_by = KITH_ENDED_BY_US,
                                           .method = KITH_METHOD_PASSKEY};

/* ---- what counts ---- */

static bool counts(kith_verdict verdict)
{
    desk d;
    host_link *link = meet(&d, false);
    uint64_t wait_us;

    ends(&d, link, verdict, true);
    wait_us = kith_pairing_wait_us(d.h, link->id);
    assert_true(wait_us == 0 || wait_us == 4 * SECOND);
    desk_close(&d);
    return wait_us != 0;
}

static kith_verdict ending(kith_why why, kith_phase phase, kith_method_kind method)
{
    return (kith_verdict){.why = why, .phase = phase, .method = method, .ended_by = KITH_ENDED_BY_PEER};
}

static bool is_among(kith_why why, const kith_why *whys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (whys[i] == why)
            return true;
    return false;
}

#define IS_AMONG(why, whys) is_among(why, whys, sizeof(whys) / sizeof(whys)[0])

/* Every outcome there is, so that a new one is thought about. */
static void every_outcome_in_every_phase(void **state)
{
    static const kith_why never[] = {KITH_WHY_ENTROPY,           KITH_WHY_CRYPTO,
                                     KITH_WHY_STORE_FAILED,      KITH_WHY_STORE_BUSY,
                                     KITH_WHY_STORE_FULL,        KITH_WHY_CONSENT_TIMEOUT,
                                     KITH_WHY_COMPARE_TIMEOUT,   KITH_WHY_PASSKEY_TIMEOUT,
                                     KITH_WHY_ENCRYPTION_LOST,   KITH_WHY_WEAKER,
                                     KITH_WHY_KEY_REJECTED,      KITH_WHY_CONTROLLER_REFUSED,
                                     KITH_WHY_PEER_REFUSED,      KITH_WHY_REPAIRING_REFUSED,
                                     KITH_WHY_PARAMETERS_TIMEOUT};
    static const kith_why gone[] = {KITH_WHY_LINK_LOST, KITH_WHY_SMP_TIMEOUT};

    (void)state;
    for (kith_why why = 0; why < KITH_WHY_COUNT; why++)
        for (kith_phase phase = KITH_PHASE_REQUEST; phase <= KITH_PHASE_KEYS; phase++)
            for (kith_method_kind method = KITH_METHOD_JUST_WORKS; method <= KITH_METHOD_OOB; method++) {
                bool proving = phase >= KITH_PHASE_AUTHENTICATION;
                bool wanted = phase > KITH_PHASE_FEATURES && !IS_AMONG(why, never);

                if (IS_AMONG(why, gone))
                    wanted = proving && (method == KITH_METHOD_PASSKEY || method == KITH_METHOD_NUMERIC_COMPARISON);
                if (why == KITH_WHY_PEER_FAILED)
                    wanted = proving;
                if (counts(ending(why, phase, method)) != wanted)
                    fail_msg("%s while %s, %s: should%s count", kith_why_name(why), kith_phase_name(phase),
                             kith_method_name(method), wanted ? "" : " not");
            }
}

static void what_our_own_person_ends_does_not_count(void **state)
{
    static const kith_why whys[] = {KITH_WHY_PARAMETERS_REFUSED, KITH_WHY_CONSENT_REFUSED, KITH_WHY_NUMBER_REFUSED,
                                    KITH_WHY_PASSKEY_CANCELLED, KITH_WHY_CANCELLED};

    (void)state;
    for (size_t i = 0; i < sizeof whys / sizeof whys[0]; i++) {
        kith_verdict verdict = ending(whys[i], KITH_PHASE_AUTHENTICATION, KITH_METHOD_PASSKEY);

        verdict.ended_by = KITH_ENDED_BY_USER;
        assert_false(counts(verdict));
    }
}

static void success_clears(void **state)
{
    desk d;
    host_link *link = meet(&d, false);

    (void)state;
    ends(&d, link, wrong_passkey, true);
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 4 * SECOND);
    ends(&d, link, (kith_verdict){.succeeded = true, .why = KITH_WHY_PAIRED, .phase = KITH_PHASE_DONE}, true);
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 0);
    assert_int_equal(kith_pairing_wait_us(d.h, 999), 0); /* nobody */
    desk_close(&d);
}

/* Somebody under the address of a bonded peer, and then persistent strangers, more than there are slots. */
static void strangers_do_not_free_the_identity_of_a_bond(void **state)
{
    peers_bond bond = {.identity = {KITH_ADDRESS_PUBLIC, {9, 9, 9, 9, 9, 9}}, .level = KITH_LEVEL_ENCRYPTED};
    desk d;
    host_link *link = meet(&d, false);
    kith_peer_id claimed = peers_put(&d.h->bonds, &bond)->id;

    (void)state;
    link->claimed = claimed;
    ends(&d, link, wrong_passkey, true);
    link->claimed = 0;
    for (unsigned i = 0; i < 3 * HOST_BACKOFF_SLOTS; i++) {
        link->peer.octets[0] = (uint8_t)(100 + i);
        for (unsigned times = 0; times < 5; times++)
            ends(&d, link, wrong_passkey, true);
    }
    link->claimed = claimed;
    assert_true(attempts_refuse(d.h, link));
    desk_close(&d);
}

/* ---- in total ---- */

/* A peer with an address of its own for every guess; and then a link with one more. */
static host_link *guess_from_many_addresses(desk *d, kith_verdict verdict, unsigned times)
{
    host_link *link = meet(d, true);

    for (unsigned i = 0; i < times; i++) {
        link->peer.octets[0] = (uint8_t)(100 + i);
        ends(d, link, verdict, true);
    }
    link->peer.octets[0] = 1;
    return link;
}

static void wrong_passkeys_from_any_address_stop_our_own_calls_for_10_seconds(void **state)
{
    desk d;
    host_link *link = guess_from_many_addresses(&d, wrong_passkey, 20);

    (void)state;
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 10 * SECOND);
    assert_int_equal(kith_security_secure(d.h, link->id, KITH_LEVEL_ENCRYPTED), KITH_ERR_BACKOFF);
    assert_int_equal(kith_security_pair(d.h, link->id, KITH_LEVEL_ENCRYPTED), KITH_ERR_BACKOFF);
    d.now_us += 10 * SECOND;
    assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 0);
    assert_int_equal(kith_security_secure(d.h, link->id, KITH_LEVEL_ENCRYPTED), KITH_OK);
    desk_close(&d);
}

static void an_open_window_passes_the_total_and_not_the_identitys(void **state)
{
    desk d;
    host_link *link = guess_from_many_addresses(&d, wrong_passkey, 20);

    (void)state;
    assert_int_equal(kith_pairing_open(d.h, 60000), KITH_OK);
    assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 0);
    ends(&d, link, wrong_passkey, true);
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 4 * SECOND);
    assert_int_equal(kith_security_secure(d.h, link->id, KITH_LEVEL_ENCRYPTED), KITH_ERR_BACKOFF);
    desk_close(&d);
}

static unsigned paired_requests(desk *d)
{
    static const uint8_t request[7] = {KITH_SMP_PAIRING_REQUEST, 3, 0, 9, 16, 0, 0};

    desk_forget(d);
    desk_frame(d, 0, KITH_CID_SMP, request, sizeof request);
    desk_pump(d);
    desk_take_events(d);
    return d->told[KITH_EVENT_CONSENT_WANTED];
}

/* A person's yes passes the total: so the person is asked. */
static void a_person_is_asked_whatever_the_total(void **state)
{
    desk d;
    host_link *link = meet(&d, false);

    (void)state;
    d.h->config.security.policy = KITH_PAIRING_ASK;
    link->peer.octets[0] = 100;
    for (unsigned i = 0; i < 20; i++)
        ends(&d, link, wrong_passkey, true);
    assert_int_equal(paired_requests(&d), 0); /* not for the one who has to wait */
    assert_int_equal(d.told[KITH_EVENT_PAIRING_FAILED], 1);
    assert_int_equal(d.last.verdict.why, KITH_WHY_REPEATED_ATTEMPTS);
    link->peer.octets[0] = 1;
    assert_int_equal(paired_requests(&d), 1);
    desk_close(&d);
}

static void other_failures_do_not_count_in_total(void **state)
{
    static const kith_verdict others[] = {
        {.why = KITH_WHY_CONFIRM_MISMATCH, .phase = KITH_PHASE_AUTHENTICATION, .method = KITH_METHOD_JUST_WORKS},
        {.why = KITH_WHY_CHECK_MISMATCH, .phase = KITH_PHASE_DHKEY_CHECKS, .method = KITH_METHOD_PASSKEY},
        {.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .method = KITH_METHOD_PASSKEY},
        {.why = KITH_WHY_LINK_LOST, .phase = KITH_PHASE_AUTHENTICATION, .method = KITH_METHOD_PASSKEY},
        {.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_AUTHENTICATION, .method = KITH_METHOD_PASSKEY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        desk d;
        host_link *link = guess_from_many_addresses(&d, others[i], 20);

        assert_int_equal(kith_pairing_wait_us(d.h, link->id), 0);
        desk_close(&d);
    }
}

/* ---- time, off ---- */

/* A program that sleeps to the deadline and tells the time is never refused for longer than it was told. */
static void the_end_of_a_wait_is_a_deadline(void **state)
{
    desk d;
    host_link *link = meet(&d, true);

    (void)state;
    desk_pump(&d);
    assert_true(kith_host_deadline(d.h) > d.now_us + HOUR_US);
    ends(&d, link, wrong_passkey, true);
    assert_int_equal(kith_host_deadline(d.h), d.now_us + 4 * SECOND);
    d.now_us = kith_host_deadline(d.h);
    assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    assert_true(kith_host_deadline(d.h) > d.now_us + HOUR_US);
    assert_int_equal(kith_security_secure(d.h, link->id, KITH_LEVEL_ENCRYPTED), KITH_OK);
    desk_close(&d);
}

/* A program that slept an hour and made a call without a time: the wait begins when it tells the time. */
static void a_failure_in_a_call_without_a_time(void **state)
{
    desk d;
    host_link *link = meet(&d, false);

    (void)state;
    ends(&d, link, wrong_passkey, false);
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 10 * SECOND); /* the bucket counts as empty */
    assert_int_equal(kith_host_deadline(d.h), d.h->now_us);             /* the time is asked for */
    d.now_us += HOUR_US;
    assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 10 * SECOND);
    assert_true(attempts_refuse(d.h, link));
    d.now_us += 4 * SECOND;
    assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    assert_false(attempts_refuse(d.h, link));
    desk_close(&d);
}

static void off_is_off(void **state)
{
    desk d;
    host_link *link = meet(&d, true);

    (void)state;
    ends(&d, link, wrong_passkey, true);
    assert_true(kith_pairing_wait_us(d.h, link->id) != 0);
    d.h->config.security.backoff.first_ms = 0; /* for what has begun, too */
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 0);
    for (unsigned i = 0; i < 20; i++)
        ends(&d, link, wrong_passkey, true);
    assert_int_equal(kith_pairing_wait_us(d.h, link->id), 0);
    assert_int_equal(kith_security_secure(d.h, link->id, KITH_LEVEL_ENCRYPTED), KITH_OK);
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_in_every_phase),
        cmocka_unit_test(what_our_own_person_ends_does_not_count),
        cmocka_unit_test(success_clears),
        cmocka_unit_test(strangers_do_not_free_the_identity_of_a_bond),
        cmocka_unit_test(wrong_passkeys_from_any_address_stop_our_own_calls_for_10_seconds),
        cmocka_unit_test(an_open_window_passes_the_total_and_not_the_identitys),
        cmocka_unit_test(a_person_is_asked_whatever_the_total),
        cmocka_unit_test(other_failures_do_not_count_in_total),
        cmocka_unit_test(the_end_of_a_wait_is_a_deadline),
        cmocka_unit_test(a_failure_in_a_call_without_a_time),
        cmocka_unit_test(off_is_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
