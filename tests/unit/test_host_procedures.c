/* What a program says of pairing, of one link and of one pairing: every error of every call, and that one packet makes
 * no more events than there is room for.  Conversations: tests/conformance/test_procedures.c. */
#include "test_host_attack_support.h"

enum { TOLD_AT = 16, MORE_UUID = 0x2a4d };

static const kith_characteristic told_characteristics[] = {
    {.uuid = KITH_UUID16(0x2a3d),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_INDICATE,
     .permissions = KITH_READ_OPEN,
     .id = 1,
     .value = (const uint8_t *)"s3cret",
     .value_len = 6},
};
static const kith_service told_services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = told_characteristics, .characteristic_count = 1},
};
static const kith_characteristic more_characteristics[] = {
    {.uuid = KITH_UUID16(MORE_UUID), .properties = KITH_PROPERTY_READ, .permissions = KITH_READ_OPEN, .id = 2},
};
static const kith_service more = {
    .uuid = KITH_UUID16(0x1816), .characteristics = more_characteristics, .characteristic_count = 1};

static kith_config serving_config(void)
{
    kith_config config = attack_config();

    config.services = told_services;
    config.limits.events = 0;
    config.limits.subscriptions = 4;
    config.limits.services = 2;
    return config;
}

/* One side, one link, nobody behind it. */
static side *linked_with(attack *a, bool central, kith_config config)
{
    side *x;

    attack_begin(a);
    x = start_side(a, 0, config);
    say_connected(x, x->handle, central, 9);
    run(a);
    forget_log(x);
    return x;
}

static side *linked(attack *a, bool central)
{
    return linked_with(a, central, attack_config());
}

static side *linked_and_asking(attack *a, bool central)
{
    kith_config config = attack_config();

    config.security.ask_parameters = true;
    config.security.policy = KITH_PAIRING_ASK;
    return linked_with(a, central, config);
}

static void fill_events(side *x)
{
    while (events_have_room(x->h))
        event_post(x->h, KITH_EVENT_SCANNING, NULL);
}

/* ---- kith_security_set ---- */

static void settings_that_are_impossible_change_nothing(void **state)
{
    attack a;
    side *x = linked(&a, true);
    kith_security s = x->h->config.security;

    (void)state;
    s.max_key_size = 17;
    assert_int_equal(kith_security_set(x->h, &s), KITH_ERR_VALUE);
    assert_int_equal(x->h->config.security.max_key_size, 16);
    assert_int_equal(kith_security_set(x->h, NULL), KITH_OK);
    assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_security_pair(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_UNSUPPORTED);
    s.max_key_size = 16;
    assert_int_equal(kith_security_set(x->h, &s), KITH_OK);
    assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    attack_end(&a);
}

/* The key pair made ahead went to another pairing: this one, begun before, gets one all the same. */
static void a_pairing_under_way_gets_its_key_pair_after_pairing_was_switched_off(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        kith_config config = attack_config();
        side *central, *peripheral, *off;
        attack a;

        attack_begin(&a);
        config.security.policy = KITH_PAIRING_ASK;
        central = start_central(&a);
        peripheral = start_side(&a, 1, config);
        off = i == 0 ? central : peripheral;
        join(central, peripheral);
        assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        run(&a);
        assert_int_equal(peripheral->told[KITH_EVENT_CONSENT_WANTED], 1);
        assert_int_equal(kith_security_set(off->h, NULL), KITH_OK);
        work_forget_own_key(off->h);
        assert_int_equal(kith_pairing_consent(peripheral->h, peripheral->link, true), KITH_OK);
        run(&a);
        assert_int_equal(central->told[KITH_EVENT_PAIRED], 1);
        assert_int_equal(peripheral->told[KITH_EVENT_PAIRED], 1);
        assert_int_equal(off->h->own_key, OWN_KEY_NONE); /* and no other is made ahead */
        attack_end(&a);
    }
}

/* ---- kith_security_answer ---- */

static void answers_that_are_none_change_nothing(void **state)
{
    (void)state;
    for (unsigned central = 0; central < 2; central++) {
        attack a;
        side *x = linked_and_asking(&a, central);
        kith_security s = x->h->config.security;

        assert_int_equal(kith_security_answer(x->h, x->link, &s), KITH_ERR_STATE);
        assert_int_equal(kith_security_answer(x->h, x->link + 1, &s), KITH_ERR_NOT_FOUND);
        if (central)
            assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        else
            say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
        run(&a);
        assert_int_equal(x->told[KITH_EVENT_SECURITY_WANTED], 1);
        s.min_key_size = 6;
        assert_int_equal(kith_security_answer(x->h, x->link, &s), KITH_ERR_VALUE);
        s = x->h->config.security;
        s.io = (kith_io_capability)5;
        assert_int_equal(kith_security_answer(x->h, x->link, &s), KITH_ERR_VALUE);
        s = x->h->config.security;
        fill_events(x);
        assert_int_equal(kith_security_answer(x->h, x->link, &s), KITH_ERR_FULL);
        assert_int_equal(kith_security_answer(x->h, x->link, NULL), KITH_ERR_FULL);
        assert_int_equal(x->h->sessions[0].state, SMP_WAIT_PARAMETERS);
        take_events(x);
        assert_int_equal(kith_security_answer(x->h, x->link, &s), KITH_OK);
        assert_int_equal(kith_security_answer(x->h, x->link, &s), KITH_ERR_STATE); /* once */
        attack_end(&a);
    }
}

/* What is said before the question was heard answers an earlier one. */
static void an_answer_counts_once_its_question_was_taken(void **state)
{
    attack a;
    side *x = linked_and_asking(&a, true);
    const kith_security s = x->h->config.security;

    (void)state;
    assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    assert_int_equal(kith_security_answer(x->h, x->link, &s), KITH_ERR_STATE);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_SECURITY_WANTED], 1);
    assert_int_equal(kith_security_answer(x->h, x->link, &s), KITH_OK);
    attack_end(&a);
}

/* The deadline of a question that a call without a time led to is told as a time, and kept. */
static void a_call_without_a_time_gives_a_whole_deadline(void **state)
{
    attack a;
    side *x = linked_and_asking(&a, true);

    (void)state;
    a.now_us += HOUR;
    assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_true(last_event(x, KITH_EVENT_SECURITY_WANTED)->security_wanted.deadline_us == a.now_us + 25 * SECOND);
    pass(&a, 24 * SECOND);
    assert_int_equal(x->told[KITH_EVENT_PAIRING_FAILED], 0);
    pass(&a, SECOND + MILLISECOND);
    assert_int_equal(last_event(x, KITH_EVENT_PAIRING_FAILED)->verdict.why, KITH_WHY_PARAMETERS_TIMEOUT);
    attack_end(&a);
}

/* The host makes no bonds, the answer would: there must be a place for it. */
static void an_answer_with_a_bond_needs_a_place_for_it(void **state)
{
    (void)state;
    for (uint32_t bonds = 1; bonds <= 2; bonds++) {
        kith_config config = attack_config();
        kith_security with_bond = config.security;
        peers_bond stands = {.identity = {KITH_ADDRESS_PUBLIC, {0x77}}};
        attack a;
        side *x;

        config.limits.bonds = bonds;
        config.security.bonding = false;
        config.security.ask_parameters = true;
        x = linked_with(&a, true, config);
        assert_non_null(peers_put(&x->h->bonds, &stands));
        assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        run(&a);
        with_bond.ask_parameters = true;
        assert_int_equal(kith_security_answer(x->h, x->link, &with_bond), KITH_OK);
        run(&a);
        assert_int_equal(x->told[KITH_EVENT_PAIRING_FAILED], bonds == 1);
        assert_int_equal(x->told[KITH_EVENT_SECURITY_STARTED], bonds == 2);
        if (bonds == 1)
            assert_int_equal(last_event(x, KITH_EVENT_PAIRING_FAILED)->verdict.why, KITH_WHY_STORE_FULL);
        else
            assert_int_equal(last_event(x, KITH_EVENT_SECURITY_STARTED)->started.procedure, KITH_PROCEDURE_BONDING);
        attack_end(&a);
    }
}

/* ---- kith_security_exclude ---- */

static void only_an_idle_plain_link_can_be_left_alone(void **state)
{
    attack a;
    side *central, *peripheral;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    peripheral = start_peripheral(&a);
    join_and_bond(&a, central, peripheral);
    assert_int_equal(kith_security_exclude(central->h, central->link + 1), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_security_exclude(central->h, central->link), KITH_ERR_STATE); /* encrypted */
    part(central, peripheral);
    join(central, peripheral);
    central->hold_encryption = peripheral->hold_encryption = true;
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    assert_int_equal(kith_security_exclude(central->h, central->link), KITH_ERR_STATE); /* being encrypted */
    attack_end(&a);

    central = linked(&a, true);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    assert_int_equal(kith_security_exclude(central->h, central->link), KITH_ERR_STATE); /* pairing */
    attack_end(&a);

    central = linked(&a, false);
    central->h->links[0].ltk_waits = true; /* for a bond that is being written */
    assert_int_equal(kith_security_exclude(central->h, central->link), KITH_ERR_STATE);
    central->h->links[0].ltk_waits = false;
    assert_int_equal(kith_security_exclude(central->h, central->link), KITH_OK);
    assert_int_equal(kith_security_exclude(central->h, central->link), KITH_OK);
    attack_end(&a);
}

/* By address, by EDIV and Rand, and by a bond that is made meanwhile: nobody is taken for anybody. */
static void nobody_is_claimed_on_a_link_that_is_left_alone(void **state)
{
    const kith_address who = {KITH_ADDRESS_PUBLIC, {9, 9, 9, 9, 9, 9}};
    peers_bond bond = {.identity = who, .key_kind = KITH_KEY_KIND_LEGACY, .has_my_ltk = true, .my_ediv = 0x1234};
    attack a;
    side *x = linked(&a, false);

    (void)state;
    bond.local = x->h->identities[0].address;
    assert_int_equal(kith_security_exclude(x->h, x->link), KITH_OK);
    assert_non_null(peers_put(&x->h->bonds, &bond));
    storing_tell_links(x->h);
    assert_int_equal(x->h->links[0].claimed, 0);
    say_key_wanted(x, 0x1234);
    run(&a);
    assert_int_equal(sent(x, KITH_HCI_LE_LTK_REQUEST_REPLY), 0);
    assert_int_equal(sent(x, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY), 1);
    assert_int_equal(last_event(x, KITH_EVENT_ENCRYPTION_FAILED)->verdict.why, KITH_WHY_LINK_EXCLUDED);
    attack_end(&a);
}

/* ---- kith_security_set_repairing ---- */

static void answers_for_a_link_are_checked(void **state)
{
    attack a;
    side *x = linked(&a, false);

    (void)state;
    assert_int_equal(kith_security_set_repairing(x->h, x->link + 1, KITH_REPAIRING_ALLOW), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_security_set_repairing(x->h, x->link, (kith_repairing)3), KITH_ERR_VALUE);
    assert_int_equal(kith_security_set_repairing(x->h, x->link, (kith_repairing)-1), KITH_ERR_VALUE);
    assert_int_equal(x->h->links[0].repairing, KITH_REPAIRING_ASK);
    assert_int_equal(kith_security_set_repairing(x->h, x->link, KITH_REPAIRING_ALLOW), KITH_OK);
    assert_int_equal(kith_security_set_repairing(x->h, x->link, KITH_REPAIRING_REFUSE), KITH_OK);
    attack_end(&a);
}

/* ---- kith_security_is_enough ---- */

static bool is_enough(const side *x, kith_level level, uint8_t key_size, bool bonded)
{
    return kith_security_is_enough(x->h, x->link, level, key_size, bonded);
}

static void what_there_is_not_is_never_enough(void **state)
{
    attack a;
    side *central, *peripheral;

    (void)state;
    attack_begin(&a);
    central = start_central(&a);
    peripheral = start_peripheral(&a);
    join_bonded(&a, central, peripheral);
    assert_true(is_enough(central, KITH_LEVEL_NONE, 0, false));
    assert_false(is_enough(central, KITH_LEVEL_NONE, 7, false)); /* plain: no key at all */
    assert_false(is_enough(central, KITH_LEVEL_NONE, 0, true));  /* a claim is no bond */
    assert_false(is_enough(central, KITH_LEVEL_ENCRYPTED, 0, false));

    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_true(is_enough(central, KITH_LEVEL_ENCRYPTED, 16, true));
    assert_false(is_enough(central, KITH_LEVEL_AUTHENTICATED, 16, true));
    assert_false(is_enough(central, (kith_level)0, 0, false));
    assert_false(is_enough(central, (kith_level)5, 0, false));
    assert_false(is_enough(central, KITH_LEVEL_ENCRYPTED, 6, false));
    assert_false(is_enough(central, KITH_LEVEL_ENCRYPTED, 17, false));
    assert_false(kith_security_is_enough(central->h, central->link + 1, KITH_LEVEL_NONE, 0, false));
    central->h->links[0].key_size = 15;
    assert_false(is_enough(central, KITH_LEVEL_ENCRYPTED, 16, false));
    assert_true(is_enough(central, KITH_LEVEL_ENCRYPTED, 15, false));

    assert_int_equal(kith_bonds_forget(central->h, central->h->links[0].proven), KITH_OK);
    assert_false(is_enough(central, KITH_LEVEL_ENCRYPTED, 0, true)); /* the link still stands */
    attack_end(&a);
}

/* Paired, and no bond made of it. */
static void a_pairing_without_a_bond_is_none(void **state)
{
    kith_config config = attack_config();
    attack a;
    side *central, *peripheral;

    (void)state;
    attack_begin(&a);
    config.security.bonding = false;
    central = start_side(&a, 0, config);
    peripheral = start_side(&a, 1, config);
    join(central, peripheral);
    assert_int_equal(kith_pairing_open(peripheral->h, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_true(is_enough(central, KITH_LEVEL_ENCRYPTED, 16, false));
    assert_false(is_enough(central, KITH_LEVEL_ENCRYPTED, 16, true));
    attack_end(&a);
}

/* ---- Service Changed ---- */

static void say_att(side *x, const uint8_t *pdu, size_t len)
{
    say_frame(x, x->handle, KITH_CID_ATT, pdu, len);
}

static void subscribe(side *x, uint16_t configuration)
{
    uint8_t pdu[] = {KITH_ATT_WRITE_REQUEST, 0, 0, 2, 0};

    bytes_put16(pdu + 1, configuration);
    say_att(x, pdu, sizeof pdu);
}

static side *served_client(attack *a)
{
    side *x = linked_with(a, false, serving_config());

    subscribe(x, GATT_SERVICE_CHANGED_HANDLE + 1);
    run(a);
    forget_log(x);
    return x;
}

static void it_is_told(const kith_event *e, bool confirmed, kith_gatt_result result)
{
    assert_int_equal(e->kind, KITH_EVENT_TABLE_TOLD);
    assert_int_equal(e->table_told.first, 18);
    assert_int_equal(e->table_told.last, 20);
    assert_int_equal(e->table_told.confirmed, confirmed);
    assert_int_equal(e->table_told.result, result);
}

static void a_change_is_told_as_it_goes_and_as_it_ends(void **state)
{
    static const uint8_t confirmation = KITH_ATT_HANDLE_VALUE_CONFIRMATION;

    (void)state;
    for (unsigned end = 0; end < 3; end++) {
        attack a;
        side *x = served_client(&a);

        assert_int_equal(kith_gatt_add_service(x->h, &more), KITH_OK);
        run(&a);
        assert_int_equal(x->event_count, 1);
        it_is_told(&x->events[0], false, KITH_GATT_OK);
        if (end == 0)
            say_att(x, &confirmation, 1);
        else if (end == 1)
            pass(&a, 30 * SECOND + MILLISECOND);
        else
            say_disconnected(x, x->handle, KITH_HCI_REMOTE_USER_TERMINATED);
        run(&a);
        assert_int_equal(x->told[KITH_EVENT_TABLE_TOLD], 2);
        it_is_told(&x->events[1], true, end == 0 ? KITH_GATT_OK : end == 1 ? KITH_GATT_TIMEOUT : KITH_GATT_LINK_LOST);
        attack_end(&a);
    }
}

/* It changes again before the client confirms: one after the other, each with its handles. */
static void two_changes_are_told_one_after_the_other(void **state)
{
    static const uint8_t confirmation = KITH_ATT_HANDLE_VALUE_CONFIRMATION;
    attack a;
    side *x = served_client(&a);

    (void)state;
    assert_int_equal(kith_gatt_add_service(x->h, &more), KITH_OK);
    assert_int_equal(kith_gatt_remove_service(x->h, &more), KITH_OK);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_TABLE_TOLD], 1);
    say_att(x, &confirmation, 1);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_TABLE_TOLD], 3);
    it_is_told(&x->events[1], true, KITH_GATT_OK);
    it_is_told(&x->events[2], false, KITH_GATT_OK);
    say_att(x, &confirmation, 1);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_TABLE_TOLD], 4);
    attack_end(&a);
}

static void who_did_not_ask_is_told_nothing(void **state)
{
    attack a;
    side *x = linked_with(&a, false, serving_config());

    (void)state;
    assert_int_equal(kith_gatt_add_service(x->h, &more), KITH_OK);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_TABLE_TOLD], 0);
    attack_end(&a);
}

/* Nobody takes events: the change goes when there is room to tell so, and no event is lost for it. */
static void a_change_waits_for_room_to_be_told(void **state)
{
    attack a;
    side *x = served_client(&a);
    unsigned waiting;

    (void)state;
    fill_events(x);
    waiting = x->h->events.count;
    assert_int_equal(kith_gatt_add_service(x->h, &more), KITH_OK);
    assert_int_equal(x->h->events.count, waiting);
    assert_int_equal(x->acl_count, 0);
    take_events(x);
    assert_true(kith_host_deadline(x->h) <= a.now_us);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_SCANNING], waiting);
    assert_int_equal(x->told[KITH_EVENT_TABLE_TOLD], 1);
    assert_true(kith_host_deadline(x->h) > a.now_us);
    assert_int_equal(kith_host_dropped(x->h), 0);
    attack_end(&a);
}

/* ---- what one packet tells ---- */

/* Given when there is room for one step and no event more: how many it makes. */
static unsigned events_of(side *x, const uint8_t *packet, size_t len)
{
    unsigned before;

    fill_events(x);
    x->h->events.count--;
    before = x->h->events.count;
    assert_int_equal(kith_host_receive(x->h, packet, len, *x->now_us), KITH_OK);
    assert_int_equal(kith_host_dropped(x->h), 0);
    return x->h->events.count - before;
}

/* A bonded peripheral that had subscribed is back, the table is another, and it asks for more than its bond: encryption
 * that comes on tells all of it. */
static side *bonded_client_asks_for_more(attack *a)
{
    static const uint8_t request[] = {KITH_SMP_SECURITY_REQUEST, 0x0d};
    side *central, *peripheral;

    attack_begin(a);
    central = start_side(a, 0, serving_config());
    peripheral = start_peripheral(a);
    join_and_bond(a, central, peripheral);
    cut_off(central);
    cut_off(peripheral);
    subscribe(central, GATT_SERVICE_CHANGED_HANDLE + 1);
    subscribe(central, TOLD_AT + 1);
    run(a);
    say_disconnected(central, central->handle, KITH_HCI_REMOTE_USER_TERMINATED);
    assert_int_equal(kith_gatt_add_service(central->h, &more), KITH_OK);
    say_connected(central, central->handle, true, peripheral->address);
    run(a);
    forget_log(central);
    central->hold_encryption = true;
    say_frame(central, central->handle, KITH_CID_SMP, request, sizeof request);
    run(a);
    assert_int_equal(central->told[KITH_EVENT_SECURITY_REQUESTED], 1);
    assert_int_equal(central->told[KITH_EVENT_SECURITY_STARTED], 1);
    forget_log(central);
    return central;
}

static void the_fullest_encryption_fits_into_one_step(void **state)
{
    static const kith_event_kind wanted[] = {KITH_EVENT_SECURITY_CHANGED, KITH_EVENT_TABLE_TOLD,
                                             KITH_EVENT_SUBSCRIBED,       KITH_EVENT_ENCRYPTED,
                                             KITH_EVENT_SECURITY_STARTED, KITH_EVENT_CONSENT_WANTED};
    static const uint8_t on[] = {KITH_H4_EVENT, KITH_HCI_EV_ENCRYPTION_CHANGE, 4, 0, 0x40, 0, 1};
    enum { WANTED = sizeof wanted / sizeof wanted[0] };
    attack a;
    side *x = bonded_client_asks_for_more(&a);

    (void)state;
    assert_int_equal(events_of(x, on, sizeof on), WANTED);
    assert_true((int)WANTED <= (int)HOST_STEP_EVENTS);
    take_events(x);
    for (unsigned i = 0; i < WANTED; i++)
        assert_int_equal(x->events[(x->event_count - WANTED + i) % 64].kind, wanted[i]);
    attack_end(&a);
}

/* A link that ends while a client has not confirmed a change, a pairing, a read and whatever a link can be asked are
 * under way, and whose end was not told before its handle comes back. */
static void the_fullest_end_fits_into_one_step(void **state)
{
    static const uint8_t back[22] = {KITH_H4_EVENT,
                                     KITH_HCI_EV_LE_META,
                                     19,
                                     KITH_HCI_LE_EV_CONNECTION_COMPLETE,
                                     0,
                                     0x40,
                                     0,
                                     1,
                                     0,
                                     7,
                                     7,
                                     7,
                                     7,
                                     7,
                                     7,
                                     24,
                                     0,
                                     0,
                                     0,
                                     100};
    kith_advertising advertising;
    kith_event_kind kinds[] = {KITH_EVENT_TABLE_TOLD,   KITH_EVENT_READ,      KITH_EVENT_PAIRING_FAILED,
                               KITH_EVENT_PARAMETERS,   KITH_EVENT_RSSI,      KITH_EVENT_PHY,
                               KITH_EVENT_DISCONNECTED, KITH_EVENT_CONNECTED, KITH_EVENT_ADVERTISING};
    kith_connection_parameters parameters;
    attack a;
    side *x = served_client(&a);

    (void)state;
    assert_int_equal(kith_gatt_add_service(x->h, &more), KITH_OK);
    kith_gap_default_advertising(&advertising, "end");
    assert_int_equal(kith_gap_advertise(x->h, &advertising), KITH_OK);
    run(&a);
    assert_int_equal(kith_gatt_read(x->h, x->link, 3), KITH_OK);
    assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
    say_frame(x, x->handle, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(&a);
    kith_gap_default_parameters(&parameters);
    x->h->ready.lacks &= ~(uint32_t)(KITH_LACKS_PHY_2M | KITH_LACKS_PHY_CODED);
    assert_int_equal(kith_gap_update_parameters(x->h, x->link, &parameters), KITH_OK);
    assert_int_equal(kith_gap_read_rssi(x->h, x->link), KITH_OK);
    assert_int_equal(kith_gap_set_phy(x->h, x->link, 0, 0), KITH_OK);
    forget_log(x);
    assert_in_range(events_of(x, back, sizeof back), sizeof kinds / sizeof kinds[0], HOST_STEP_EVENTS);
    take_events(x);
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        assert_int_equal(x->told[kinds[i]], 1);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_that_are_impossible_change_nothing),
        cmocka_unit_test(a_pairing_under_way_gets_its_key_pair_after_pairing_was_switched_off),
        cmocka_unit_test(answers_that_are_none_change_nothing),
        cmocka_unit_test(an_answer_counts_once_its_question_was_taken),
        cmocka_unit_test(a_call_without_a_time_gives_a_whole_deadline),
        cmocka_unit_test(an_answer_with_a_bond_needs_a_place_for_it),
        cmocka_unit_test(only_an_idle_plain_link_can_be_left_alone),
        cmocka_unit_test(nobody_is_claimed_on_a_link_that_is_left_alone),
        cmocka_unit_test(answers_for_a_link_are_checked),
        cmocka_unit_test(what_there_is_not_is_never_enough),
        cmocka_unit_test(a_pairing_without_a_bond_is_none),
        cmocka_unit_test(a_change_is_told_as_it_goes_and_as_it_ends),
        cmocka_unit_test(two_changes_are_told_one_after_the_other),
        cmocka_unit_test(who_did_not_ask_is_told_nothing),
        cmocka_unit_test(a_change_waits_for_room_to_be_told),
        cmocka_unit_test(the_fullest_encryption_fits_into_one_step),
        cmocka_unit_test(the_fullest_end_fits_into_one_step),
    };
    return cmocka_run_group_tests_name("host_procedures", tests, NULL, NULL);
}
