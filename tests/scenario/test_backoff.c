/* A10, repeated attempts: an attacker that fails to pair waits longer and longer, in both directions, over new
 * connections, and under new addresses where its identity is known; nobody else does, and no bond does.
 * Core Vol 3 Part H 2.3.6.  The limit on passkeys in total: tests/unit/test_host_attempts.c. */
#include "actor.h"

typedef struct {
    cast_room *room;
    cast_host *host;
    actor peer;
} two;

static void open_two(two *t, bool host_is_peripheral, kith_pairing_policy policy, const kith_backoff *backoff)
{
    kith_config config;

    t->room = cast_open(161, CAST_TOY);
    if (host_is_peripheral)
        cast_lamp_config(&config);
    else
        cast_phone_config(&config);
    config.security.policy = policy;
    if (backoff != NULL)
        config.security.backoff = *backoff;
    t->host = cast_add(t->room, "host", &config);
    cast_start(t->room);
    actor_enter(&t->peer, t->room);
}

static void pass(two *t, uint64_t us)
{
    actor_run(&t->peer, us, NULL, NULL);
}

static uint64_t wait_of(const two *t)
{
    return kith_pairing_wait_us(t->host->host, t->host->link);
}

/* Right after a failure: the little that has passed since is less than one. */
static unsigned seconds_to_wait(const two *t)
{
    return (unsigned)((wait_of(t) + CAST_SECOND - 1) / CAST_SECOND);
}

/* The peer asks for pairing, and sends a wrong check. */
static void fail_as_central(two *t)
{
    unsigned ends = t->host->ends;

    assert_int_equal(kith_pairing_open(t->host->host, 60000), KITH_OK);
    t->peer.spoils = true;
    t->peer.spoiled = ACTOR_SENDS_CHECK;
    cast_check(t->room, !actor_pair(&t->peer, ACTOR_IS_DONE));
    t->peer.spoils = false;
    cast_equal(t->room, t->peer.failed, KITH_SMP_DHKEY_CHECK_FAILED);
    cast_equal(t->room, t->host->ends, ends + 1);
    cast_equal(t->room, t->host->end.why, KITH_WHY_CHECK_MISMATCH);
}

/* It asks, and is told to wait. */
static void be_told_to_wait(two *t)
{
    unsigned ends = t->host->ends;

    cast_check(t->room, !actor_pair(&t->peer, ACTOR_IS_DONE));
    cast_equal(t->room, t->peer.failed, KITH_SMP_REPEATED_ATTEMPTS);
    cast_equal(t->room, t->host->ends, ends + 1);
    cast_equal(t->room, t->host->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_REPEATED_ATTEMPTS);
    cast_equal(t->room, t->host->end.ended_by, KITH_ENDED_BY_US);
    cast_equal(t->room, t->host->end.smp_reason, KITH_SMP_REPEATED_ATTEMPTS);
    cast_equal(t->room, t->host->end.phase, KITH_PHASE_REQUEST);
}

/* ---- A10 ---- */

static void A10_fifty_failures_never_shrink_the_wait(void **state)
{
    unsigned before = 0;
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, NULL);
    actor_connect(&t.peer, t.host);
    for (unsigned i = 0; i < 50; i++) {
        fail_as_central(&t);
        cast_check(t.room, seconds_to_wait(&t) >= before);
        before = seconds_to_wait(&t);
        be_told_to_wait(&t);
        actor_disconnect(&t.peer, t.host);
        pass(&t, (before - 2) * (uint64_t)CAST_SECOND);
        actor_connect(&t.peer, t.host); /* a new connection is no new peer */
        assert_int_equal(kith_pairing_open(t.host->host, 60000), KITH_OK);
        be_told_to_wait(&t);
        actor_wait(&t.peer, t.host);
    }
    cast_equal(t.room, before, 64);
    actor_clean_pairing(&t.peer, t.host);
    cast_close(t.room);
}

/* Each refused attempt costs nothing, so it must not cost the one whose address it claims. */
static void being_told_to_wait_does_not_lengthen_the_wait(void **state)
{
    uint64_t until_us;
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, NULL);
    actor_connect(&t.peer, t.host);
    fail_as_central(&t);
    until_us = kith_sim_now(t.room->sim) + wait_of(&t);
    for (unsigned i = 0; i < 8; i++) {
        be_told_to_wait(&t);
        pass(&t, 200000);
    }
    cast_check(t.room, kith_pairing_is_open(t.host->host)); /* nor does it close the window */
    pass(&t, until_us - kith_sim_now(t.room->sim));
    cast_equal(t.room, wait_of(&t), 0);
    cast_check(t.room, actor_pair(&t.peer, ACTOR_IS_DONE));
    cast_close(t.room);
}

/* A bonded peer, or who has its identity key, under a fresh private address each time. */
static void A10_rotating_addresses_of_a_known_identity_are_one_peer(void **state)
{
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, NULL);
    actor_clean_pairing(&t.peer, t.host);
    t.peer.keeps_irk = true;
    for (uint32_t prand = 1; prand <= 6; prand++) {
        actor_use_private_address(&t.peer, prand * 2);
        actor_connect(&t.peer, t.host);
        cast_check(t.room, t.host->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
        if (prand > 1)
            be_told_to_wait(&t);
        actor_wait(&t.peer, t.host);
        fail_as_central(&t);
        cast_equal(t.room, seconds_to_wait(&t), prand < 5 ? 2u << prand : 64);
        actor_disconnect(&t.peer, t.host);
        actor_use_private_address(&t.peer, prand * 2 + 1);
        actor_connect(&t.peer, t.host);
        be_told_to_wait(&t);
        actor_disconnect(&t.peer, t.host);
    }
    cast_close(t.room);
}

static void use_number(two *t, unsigned number)
{
    kith_address address = {KITH_ADDRESS_RANDOM, {(uint8_t)number, (uint8_t)(number >> 8), 3, 4, 5, 0xc6}};

    actor_use_address(&t->peer, &address);
}

/* Fresh addresses have no wait, and gain nothing by it: each attempt needs the window, which closes after three. */
static void A10_rotating_addresses_of_strangers_have_the_windows_three_failures(void **state)
{
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, NULL);
    use_number(&t, 1);
    actor_connect(&t.peer, t.host);
    assert_int_equal(kith_pairing_open(t.host->host, 600000), KITH_OK);
    for (unsigned i = 1; i <= 3; i++) {
        t.peer.spoils = true;
        t.peer.spoiled = ACTOR_SENDS_CHECK;
        cast_check(t.room, !actor_pair(&t.peer, ACTOR_IS_DONE));
        cast_equal(t.room, t.peer.failed, KITH_SMP_DHKEY_CHECK_FAILED);
        actor_disconnect(&t.peer, t.host);
        use_number(&t, i + 1);
        actor_connect(&t.peer, t.host);
    }
    cast_check(t.room, !actor_pair(&t.peer, ACTOR_IS_DONE));
    cast_equal(t.room, t.peer.failed, KITH_SMP_PAIRING_NOT_SUPPORTED);
    t.peer.spoils = false;
    cast_close(t.room);
}

/* A crowd of strangers that fail in the meantime neither frees the bonded one nor locks anybody else out. */
static void a_crowd_of_strangers_frees_nobody_and_locks_nobody_out(void **state)
{
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, NULL);
    actor_clean_pairing(&t.peer, t.host);
    t.peer.keeps_irk = true;
    for (unsigned i = 0; i < 5; i++) {
        actor_connect(&t.peer, t.host);
        actor_wait(&t.peer, t.host);
        fail_as_central(&t);
        actor_disconnect(&t.peer, t.host);
    }
    for (unsigned i = 0; i < 20; i++) {
        use_number(&t, i);
        actor_connect(&t.peer, t.host);
        cast_equal(t.room, wait_of(&t), 0);
        fail_as_central(&t);
        actor_disconnect(&t.peer, t.host);
    }
    actor_use_address(&t.peer, &t.peer.identity);
    actor_connect(&t.peer, t.host);
    be_told_to_wait(&t);
    cast_check(t.room, wait_of(&t) > 30 * CAST_SECOND);
    cast_close(t.room);
}

/* ---- the other direction ---- */

static void expect_backoff(two *t)
{
    kith_host *h = t->host->host;

    cast_equal(t->room, kith_security_secure(h, t->host->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_BACKOFF);
    cast_equal(t->room, kith_security_pair(h, t->host->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_BACKOFF);
    cast_check(t->room, wait_of(t) > 0);
}

static void fail_as_peripheral(two *t)
{
    unsigned ends = t->host->ends;

    cast_equal(t->room, kith_security_pair(t->host->host, t->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    t->peer.spoils = true;
    t->peer.spoiled = ACTOR_SENDS_CONFIRM;
    cast_check(t->room, !actor_pair(&t->peer, ACTOR_IS_DONE));
    t->peer.spoils = false;
    cast_equal(t->room, t->host->ends, ends + 1);
    cast_equal(t->room, t->host->end.why, KITH_WHY_CONFIRM_MISMATCH);
}

static void our_own_calls_answer_backoff_with_the_time_left(void **state)
{
    two t;

    (void)state;
    open_two(&t, false, KITH_PAIRING_CLOSED, NULL);
    actor_accept(&t.peer, t.host);
    cast_equal(t.room, wait_of(&t), 0);
    for (unsigned i = 0; i < 7; i++) {
        fail_as_peripheral(&t);
        cast_equal(t.room, seconds_to_wait(&t), i < 4 ? 4u << i : 64);
        expect_backoff(&t);
        actor_disconnect(&t.peer, t.host);
        actor_accept(&t.peer, t.host);
        expect_backoff(&t);
        actor_wait(&t.peer, t.host); /* exactly as long as it says */
    }
    actor_clean_pairing(&t.peer, t.host);
    cast_close(t.room);
}

/* A peripheral asks for security: so may anybody, as often as it likes; while it must wait it is told so. */
static void a_security_request_that_would_lead_to_pairing_is_told_to_wait(void **state)
{
    static const uint8_t request[2] = {KITH_SMP_SECURITY_REQUEST, KITH_AUTH_BONDING | KITH_AUTH_SC};
    two t;

    (void)state;
    open_two(&t, false, KITH_PAIRING_ASK, NULL);
    actor_accept(&t.peer, t.host);
    fail_as_peripheral(&t);
    for (unsigned window = 0; window <= 1; window++) {
        unsigned ends = t.host->ends;

        if (window)
            assert_int_equal(kith_pairing_open(t.host->host, 60000), KITH_OK);
        t.peer.failed = 0;
        actor_send_smp(&t.peer, request, sizeof request);
        pass(&t, 300000);
        cast_equal(t.room, t.peer.failed, KITH_SMP_REPEATED_ATTEMPTS);
        cast_equal(t.room, t.host->ends, ends + 1);
        cast_equal(t.room, t.host->end.why, KITH_WHY_REPEATED_ATTEMPTS);
        cast_equal(t.room, t.host->told[KITH_EVENT_CONSENT_WANTED], 0);
    }
    actor_wait(&t.peer, t.host);
    actor_smp_reset(&t.peer, ACTOR_IS_DONE);
    actor_send_smp(&t.peer, request, sizeof request);
    pass(&t, 2 * CAST_SECOND);
    cast_equal(t.room, t.host->end.why, KITH_WHY_PAIRED);
    cast_close(t.room);
}

/* ---- a person, the window, a closed host ---- */

static void nobody_is_asked_about_one_who_must_wait(void **state)
{
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_ASK, NULL);
    actor_connect(&t.peer, t.host);
    fail_as_central(&t);
    be_told_to_wait(&t); /* though the window is open */
    kith_pairing_close(t.host->host);
    be_told_to_wait(&t);
    cast_equal(t.room, t.host->told[KITH_EVENT_CONSENT_WANTED], 0);
    actor_wait(&t.peer, t.host);
    actor_begin(&t.peer, ACTOR_IS_DONE);
    pass(&t, 300000);
    cast_equal(t.room, t.host->told[KITH_EVENT_CONSENT_WANTED], 1);
    assert_int_equal(kith_pairing_consent(t.host->host, t.host->link, true), KITH_OK);
    pass(&t, 2 * CAST_SECOND);
    cast_equal(t.room, t.host->end.why, KITH_WHY_PAIRED);
    cast_close(t.room);
}

/* Waiting would not help it, so that is not what it is told. */
static void a_closed_host_says_closed(void **state)
{
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, NULL);
    actor_connect(&t.peer, t.host);
    fail_as_central(&t);
    kith_pairing_close(t.host->host);
    cast_check(t.room, !actor_pair(&t.peer, ACTOR_IS_DONE));
    cast_equal(t.room, t.peer.failed, KITH_SMP_PAIRING_NOT_SUPPORTED);
    cast_equal(t.room, t.host->end.why, KITH_WHY_PAIRING_CLOSED);
    cast_close(t.room);
}

static void a_no_of_our_own_person_costs_the_peer_nothing(void **state)
{
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_ASK, NULL);
    actor_connect(&t.peer, t.host);
    for (unsigned i = 1; i <= 3; i++) {
        actor_begin(&t.peer, ACTOR_IS_DONE);
        pass(&t, 300000);
        cast_equal(t.room, t.host->told[KITH_EVENT_CONSENT_WANTED], i);
        assert_int_equal(kith_pairing_consent(t.host->host, t.host->link, false), KITH_OK);
        pass(&t, 300000);
        cast_equal(t.room, wait_of(&t), 0);
    }
    cast_close(t.room);
}

/* ---- bonds ---- */

/* Bonded, and then somebody under its address fails as often as it takes. */
static void bond_and_fail(two *t)
{
    actor_clean_pairing(&t->peer, t->host);
    t->peer.keeps_irk = true;
    for (unsigned i = 0; i < 5; i++) {
        uint8_t ltk[16];

        memcpy(ltk, t->peer.ltk, sizeof ltk);
        actor_connect(&t->peer, t->host);
        actor_wait(&t->peer, t->host);
        fail_as_central(t);
        actor_disconnect(&t->peer, t->host);
        memcpy(t->peer.ltk, ltk, sizeof ltk);
    }
    actor_connect(&t->peer, t->host);
    cast_check(t->room, wait_of(t) > 30 * CAST_SECOND);
}

static void encrypt_with_bond(two *t)
{
    unsigned encrypted = t->host->told[KITH_EVENT_SECURITY_CHANGED];
    uint8_t ltk[16];

    actor_wire_ltk(&t->peer, ltk);
    actor_encrypt(&t->peer, ltk);
    pass(t, CAST_SECOND);
    cast_check(t->room, t->peer.encrypted);
    cast_equal(t->room, t->host->told[KITH_EVENT_SECURITY_CHANGED], encrypted + 1);
}

static void encryption_with_a_bond_never_waits(void **state)
{
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, NULL);
    bond_and_fail(&t);
    be_told_to_wait(&t);
    encrypt_with_bond(&t);
    cast_equal(t.room, t.host->end.why, KITH_WHY_ENCRYPTED);
    cast_check(t.room, wait_of(&t) > 0); /* which proves nothing about who tries to pair */
    cast_close(t.room);
}

/* A peripheral can only ask for it: the central may encrypt, and may not pair instead. */
static void a_peripheral_may_still_ask_for_its_bond(void **state)
{
    uint64_t before_us;
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_ASK, NULL);
    bond_and_fail(&t);
    cast_equal(t.room, kith_security_pair(t.host->host, t.host->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_BACKOFF);
    cast_equal(t.room, kith_security_secure(t.host->host, t.host->link, KITH_LEVEL_AUTHENTICATED), KITH_ERR_BACKOFF);
    before_us = wait_of(&t);
    for (unsigned i = 0; i < 3; i++) {
        cast_equal(t.room, kith_security_secure(t.host->host, t.host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        pass(&t, 300000);
        cast_check(t.room, t.peer.security_request != 0);
        be_told_to_wait(&t);
        cast_check(t.room, wait_of(&t) < before_us);
    }
    cast_check(t.room, kith_pairing_is_open(t.host->host));
    cast_equal(t.room, kith_security_secure(t.host->host, t.host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    encrypt_with_bond(&t);
    cast_equal(t.room, t.host->end.why, KITH_WHY_ENCRYPTED);
    cast_close(t.room);
}

static void a_central_encrypts_with_its_bond_meanwhile(void **state)
{
    uint8_t ltk[16];
    two t;

    (void)state;
    open_two(&t, false, KITH_PAIRING_CLOSED, NULL);
    actor_clean_pairing(&t.peer, t.host);
    memcpy(ltk, t.peer.ltk, sizeof ltk);
    t.peer.keeps_irk = true;
    actor_accept(&t.peer, t.host);
    fail_as_peripheral(&t);
    cast_equal(t.room, kith_security_pair(t.host->host, t.host->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_BACKOFF);
    memcpy(t.peer.ltk, ltk, sizeof ltk);
    t.peer.has_bond = true;
    cast_equal(t.room, kith_security_secure(t.host->host, t.host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    pass(&t, CAST_SECOND);
    cast_equal(t.room, t.host->end.why, KITH_WHY_ENCRYPTED);
    cast_close(t.room);
}

/* ---- what ends it ---- */

static void success_ends_it(void **state)
{
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, NULL);
    actor_connect(&t.peer, t.host);
    for (unsigned i = 0; i < 4; i++) {
        actor_wait(&t.peer, t.host);
        fail_as_central(&t);
    }
    actor_clean_pairing(&t.peer, t.host);
    cast_forget_all(t.host);
    actor_connect(&t.peer, t.host);
    fail_as_central(&t);
    cast_equal(t.room, seconds_to_wait(&t), 4);
    cast_close(t.room);
}

static void power_off_forgets_it(void **state)
{
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, NULL);
    actor_connect(&t.peer, t.host);
    fail_as_central(&t);
    actor_disconnect(&t.peer, t.host);
    cast_reboot(t.host);
    actor_connect(&t.peer, t.host);
    cast_equal(t.room, wait_of(&t), 0);
    cast_close(t.room);
}

static void other_waits_and_none_at_all(void **state)
{
    static const kith_backoff constant = {.first_ms = 1500, .longest_ms = 1500, .forget_ms = 1};
    static const kith_backoff off = {.first_ms = 0};
    two t;

    (void)state;
    open_two(&t, true, KITH_PAIRING_CLOSED, &constant);
    actor_connect(&t.peer, t.host);
    for (unsigned i = 0; i < 3; i++) {
        fail_as_central(&t);
        cast_equal(t.room, seconds_to_wait(&t), 2);
        cast_check(t.room, wait_of(&t) <= 1500000);
        be_told_to_wait(&t);
        actor_wait(&t.peer, t.host);
    }
    cast_close(t.room);
    open_two(&t, true, KITH_PAIRING_CLOSED, &off);
    actor_connect(&t.peer, t.host);
    for (unsigned i = 0; i < 20; i++)
        fail_as_central(&t);
    cast_equal(t.room, wait_of(&t), 0);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A10_fifty_failures_never_shrink_the_wait),
        cmocka_unit_test(being_told_to_wait_does_not_lengthen_the_wait),
        cmocka_unit_test(A10_rotating_addresses_of_a_known_identity_are_one_peer),
        cmocka_unit_test(A10_rotating_addresses_of_strangers_have_the_windows_three_failures),
        cmocka_unit_test(a_crowd_of_strangers_frees_nobody_and_locks_nobody_out),
        cmocka_unit_test(our_own_calls_answer_backoff_with_the_time_left),
        cmocka_unit_test(a_security_request_that_would_lead_to_pairing_is_told_to_wait),
        cmocka_unit_test(nobody_is_asked_about_one_who_must_wait),
        cmocka_unit_test(a_closed_host_says_closed),
        cmocka_unit_test(a_no_of_our_own_person_costs_the_peer_nothing),
        cmocka_unit_test(encryption_with_a_bond_never_waits),
        cmocka_unit_test(a_peripheral_may_still_ask_for_its_bond),
        cmocka_unit_test(a_central_encrypts_with_its_bond_meanwhile),
        cmocka_unit_test(success_ends_it),
        cmocka_unit_test(power_off_forgets_it),
        cmocka_unit_test(other_waits_and_none_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
