/* What people and programs say holds for what they were asked, and for when they said it: an answer to a pairing that
 * failed, a window that is closed by now, a bond that is to be replaced unasked, a peer that is forgotten. */
#include "test_host_attack_support.h"

static kith_config that_asks(void)
{
    kith_config config = attack_config();

    config.security.policy = KITH_PAIRING_ASK;
    return config;
}

/* As say_frame(), but the program looks at no event. */
static void say_unseen(side *x, const uint8_t *pdu, size_t len)
{
    uint8_t packet[32] = {KITH_H4_ACL};

    bytes_put16(packet + 1, (uint16_t)(x->handle | KITH_ACL_FIRST_FLUSHABLE));
    bytes_put16(packet + 3, (uint16_t)(4 + len));
    bytes_put16(packet + 5, (uint16_t)len);
    bytes_put16(packet + 7, KITH_CID_SMP);
    memcpy(packet + 9, pdu, len);
    assert_int_equal(kith_host_receive(x->h, packet, 9 + len, *x->now_us), KITH_OK);
}

static void an_answer_to_a_failed_pairing_is_none_to_the_next(void **state)
{
    static const uint8_t failed[2] = {KITH_SMP_PAIRING_FAILED, KITH_SMP_UNSPECIFIED_REASON};
    attack a;
    side *x;

    (void)state;
    attack_begin(&a);
    x = start_side(&a, 1, that_asks());
    say_connected(x, x->handle, false, 9);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    assert_int_equal(x->told[KITH_EVENT_CONSENT_WANTED], 1);
    say_unseen(x, failed, sizeof failed);
    say_unseen(x, pairing_request, sizeof pairing_request);
    assert_int_equal(kith_pairing_consent(x->h, x->link, true), KITH_ERR_STATE);
    assert_int_equal(kith_pairing_consent_as(x->h, x->link, 1), KITH_ERR_STATE);
    take_events(x);
    assert_int_equal(x->told[KITH_EVENT_CONSENT_WANTED], 2);
    assert_int_equal(kith_pairing_consent(x->h, x->link, true), KITH_OK);
    attack_end(&a);
}

/* The queue lends no secrets: what was handed out is gone from memory with the next call. */
static void what_was_handed_out_leaves_nothing_in_the_queue(void **state)
{
    static const host_event nothing;
    kith_event event;
    attack a;
    side *x;

    (void)state;
    attack_begin(&a);
    x = start_side(&a, 1, that_asks());
    say_connected(x, x->handle, false, 9);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    assert_false(kith_host_next_event(x->h, &event));
    for (unsigned i = 0; i < x->h->events.capacity; i++)
        assert_memory_equal(&x->h->events.slots[i], &nothing, sizeof nothing);
    attack_end(&a);
}

/* ---- when a request is admitted ---- */

static side *begin_wish(attack *a, bool bonded, uint8_t peer_class)
{
    kith_config config = attack_config();
    side *central, *x;

    config.security.exclusive_classes = 1u << 3;
    config.limits.bonds = 4;
    attack_begin(a);
    central = start_central(a);
    x = start_side(a, 1, config);
    if (bonded) {
        join_and_bond(a, central, x);
        part(central, x);
    }
    cut_off(x);
    say_connected(x, x->handle, false, bonded ? central->address : 9);
    assert_int_equal(kith_pairing_open_as(x->h, 30000, peer_class), KITH_OK);
    assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(a);
    assert_int_equal(x->acl[0][9], KITH_SMP_SECURITY_REQUEST);
    forget_log(x);
    return x;
}

static void B10_a_window_that_has_closed_answers_no_bonded_peer(void **state)
{
    attack a;
    side *x = begin_wish(&a, true, 0);

    (void)state;
    kith_pairing_close(x->h);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_CONSENT_WANTED], 1);
    assert_true(last_event(x, KITH_EVENT_CONSENT_WANTED)->consent.again);
    assert_int_equal(x->acl_count, 0);
    attack_end(&a);
}

static void a_window_that_has_closed_gives_no_class(void **state)
{
    attack a;
    side *x = begin_wish(&a, false, 5);

    (void)state;
    kith_pairing_close(x->h);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(&a);
    assert_int_equal(x->acl[0][9], KITH_SMP_PAIRING_RESPONSE); /* our own call admits this link */
    assert_int_equal(x->h->sessions[0].peer_class, 0);
    assert_false(x->h->sessions[0].window);
    attack_end(&a);
}

/* The window's class is given to somebody between our wish and the answer. */
static void an_exclusive_class_is_looked_at_before_the_response(void **state)
{
    attack a;
    side *x = begin_wish(&a, false, 3);
    peers_bond taken = {.identity = {.type = KITH_ADDRESS_PUBLIC, .octets = {7}},
                        .level = KITH_LEVEL_ENCRYPTED,
                        .key_size = 16,
                        .key_kind = KITH_KEY_KIND_SC,
                        .has_ltk = true,
                        .peer_class = 3};

    (void)state;
    assert_non_null(peers_put(&x->h->bonds, &taken));
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(&a);
    assert_int_equal(last_event(x, KITH_EVENT_PAIRING_FAILED)->verdict.why, KITH_WHY_CLASS_TAKEN);
    assert_int_equal(x->acl_count, 1);
    assert_int_equal(x->acl[0][9], KITH_SMP_PAIRING_FAILED);
    assert_int_equal(x->acl[0][10], KITH_SMP_PAIRING_NOT_SUPPORTED);
    attack_end(&a);
}

/* ---- a bond that has no key for this role ---- */

/* A legacy bond whose peer gave no key: as central there is nothing to encrypt with. */
static side *start_with_keyless_bond(attack *a)
{
    peers_bond bond = {.level = KITH_LEVEL_ENCRYPTED,
                       .key_size = 16,
                       .key_kind = KITH_KEY_KIND_LEGACY,
                       .method = KITH_METHOD_JUST_WORKS,
                       .has_my_ltk = true};
    side *x;

    attack_begin(a);
    x = start_central(a);
    memset(bond.identity.octets, 9, sizeof bond.identity.octets);
    bond.local = x->h->own;
    assert_non_null(peers_put(&x->h->bonds, &bond));
    say_connected(x, x->handle, true, 9);
    assert_int_not_equal(last_event(x, KITH_EVENT_CONNECTED)->connected.claimed, 0);
    forget_log(x);
    return x;
}

static void B1_a_claimed_bond_without_a_key_is_not_replaced_unasked(void **state)
{
    attack a;
    side *x = start_with_keyless_bond(&a);

    (void)state;
    assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_CONSENT_WANTED], 1);
    assert_true(last_event(x, KITH_EVENT_CONSENT_WANTED)->consent.again);
    assert_int_equal(x->acl_count, 0);
    assert_int_equal(kith_pairing_consent(x->h, x->link, true), KITH_OK);
    run(&a);
    assert_int_equal(x->acl[0][9], KITH_SMP_PAIRING_REQUEST);
    attack_end(&a);
}

static void pairing_anew_on_purpose_asks_nobody(void **state)
{
    attack a;
    side *x = start_with_keyless_bond(&a);

    (void)state;
    assert_int_equal(kith_security_pair(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_CONSENT_WANTED], 0);
    assert_int_equal(x->acl[0][9], KITH_SMP_PAIRING_REQUEST);
    attack_end(&a);
}

/* ---- forgetting ---- */

/* Two who are bonded pair anew; the peripheral has sent its keys, and they are not acknowledged yet. */
static void pair_until_the_last_acknowledgement(attack *a, side *central, side *peripheral)
{
    join_bonded(a, central, peripheral);
    assert_int_equal(kith_pairing_open(peripheral->h, 30000), KITH_OK);
    peripheral->hold_acl = true;
    assert_int_equal(kith_security_pair(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(a);
    assert_int_equal(peripheral->h->sessions[0].state, SMP_KEYS_ACK);
}

static void no_bond_comes_of_a_pairing_with_a_peer_that_was_forgotten(void **state)
{
    kith_bond_info bond;
    attack a;
    side *central, *peripheral;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    peripheral = start_peripheral(&a);
    pair_until_the_last_acknowledgement(&a, central, peripheral);
    assert_int_equal(kith_bonds_next(peripheral->h, 0, &bond), KITH_OK);
    assert_int_equal(kith_bonds_forget(peripheral->h, bond.peer), KITH_OK);
    assert_int_equal(kith_bonds_count(peripheral->h), 0);
    peripheral->hold_acl = false;
    say_acknowledged(peripheral, peripheral->handle, (uint16_t)peripheral->acl_count);
    run(&a);
    assert_int_equal(peripheral->told[KITH_EVENT_BONDED], 0);
    assert_int_equal(peripheral->told[KITH_EVENT_PAIRING_FAILED], 1);
    assert_int_equal(peripheral->told[KITH_EVENT_DISCONNECTED], 1);
    assert_int_equal(kith_bonds_count(peripheral->h), 0);
    attack_end(&a);
}

/* Two who are bonded; the peer is back under another address, and has shown at the end who it is: a person is asked. */
static side *pair_until_the_last_question(attack *a, uint8_t peer_class)
{
    kith_config config = that_asks();
    side *victim, *x, *again;

    config.security.exclusive_classes = 1u << 3;
    attack_begin(a);
    victim = start_central(a);
    x = start_side(a, 1, config);
    join(victim, x);
    assert_int_equal(kith_pairing_open_as(x->h, 30000, peer_class), KITH_OK);
    assert_int_equal(kith_security_secure(victim->h, victim->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(a);
    assert_int_equal(x->told[KITH_EVENT_BONDED], 1);
    part(victim, x);
    forget_log(x);
    again = start_side(a, 2, attack_config());
    join(again, x);
    memset(again->h->identities[0].address.octets, victim->address, 6);
    assert_int_equal(kith_security_secure(again->h, again->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(a);
    assert_int_equal(kith_pairing_consent(x->h, x->link, true), KITH_OK);
    run(a);
    assert_true(last_event(x, KITH_EVENT_CONSENT_WANTED)->consent.identity_given);
    return x;
}

/* Who gives another's identity at the end is asked about with that bond's class, which is its own to keep. */
static void consent_at_the_end_may_give_the_class_of_the_bond_that_it_replaces(void **state)
{
    attack a;
    side *x = pair_until_the_last_question(&a, 3);

    (void)state;
    assert_int_equal(kith_pairing_consent_as(x->h, x->link, 3), KITH_OK);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_BONDED], 1);
    attack_end(&a);
}

/* The last yes is said when all has just been forgotten: it makes no bond of the device that is no more. */
static void no_bond_comes_of_a_pairing_that_a_factory_reset_ended(void **state)
{
    attack a;
    side *x = pair_until_the_last_question(&a, 0);

    (void)state;
    assert_int_equal(kith_host_factory_reset(x->h), KITH_OK);
    (void)!kith_pairing_consent(x->h, x->link, true);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_RESET], 1);
    assert_int_equal(x->told[KITH_EVENT_PAIRED] + x->told[KITH_EVENT_BONDED], 0);
    assert_int_equal(x->told[KITH_EVENT_PAIRING_FAILED], 1);
    assert_int_equal(kith_bonds_count(x->h), 0);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_to_a_failed_pairing_is_none_to_the_next),
        cmocka_unit_test(what_was_handed_out_leaves_nothing_in_the_queue),
        cmocka_unit_test(B10_a_window_that_has_closed_answers_no_bonded_peer),
        cmocka_unit_test(a_window_that_has_closed_gives_no_class),
        cmocka_unit_test(an_exclusive_class_is_looked_at_before_the_response),
        cmocka_unit_test(B1_a_claimed_bond_without_a_key_is_not_replaced_unasked),
        cmocka_unit_test(pairing_anew_on_purpose_asks_nobody),
        cmocka_unit_test(no_bond_comes_of_a_pairing_with_a_peer_that_was_forgotten),
        cmocka_unit_test(consent_at_the_end_may_give_the_class_of_the_bond_that_it_replaces),
        cmocka_unit_test(no_bond_comes_of_a_pairing_that_a_factory_reset_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
