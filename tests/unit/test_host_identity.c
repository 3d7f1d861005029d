/* Several identities of one device, and what somebody gains who meets two of them: the controllers are played by hand,
 * so a peer may be told that it talks to one identity while it talks to the other (B14). */
#include "crypto/toolbox.h"
#include "test_host_attack_support.h"

static const kith_address second = {KITH_ADDRESS_RANDOM, {2, 2, 2, 2, 2, 0xc2}};
static const kith_address third = {KITH_ADDRESS_RANDOM, {3, 3, 3, 3, 3, 0xc3}};
static const uint8_t second_irk[16] = {2, 2, 2, 2};

static kith_config with_identities(void)
{
    kith_config config = attack_config();

    config.limits.identities = 2;
    config.limits.links = config.limits.pairings = 2;
    return config;
}

/* Side 1, with a second identity. */
static side *start_two_faced(attack *a)
{
    uint8_t number = 0;
    side *x;

    attack_begin(a);
    a->sides[1].address = 0xc5; /* as random octets they would be static, too */
    x = start_side(a, 1, with_identities());
    assert_int_equal(kith_identity_create(x->h, &second, second_irk, &number), KITH_OK);
    assert_int_equal(number, 1);
    take_events(x);
    forget_log(x);
    return x;
}

static void become(side *x, uint8_t number)
{
    assert_int_equal(kith_identity_select(x->h, number), KITH_OK);
}

/* As if the advertising of that identity had been answered. */
static void advertise(attack *a, side *x)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "x");
    assert_int_equal(kith_gap_advertise(x->h, &advertising), KITH_OK);
    run(a);
}

/* Both ends of a link under the identity that is selected.  The central is told that this is whom it talks to. */
static void meet(attack *a, side *central, side *x, const kith_address *told)
{
    advertise(a, x);
    central->peer = x;
    x->peer = central;
    say_connected_to(central, central->handle, true, told);
    say_connected(x, x->handle, false, central->address);
}

static void meet_truly(attack *a, side *central, side *x)
{
    kith_address own;

    assert_int_equal(kith_gap_own_address(x->h, &own), KITH_OK);
    meet(a, central, x, &own);
}

static kith_peer_id bond(attack *a, side *central, side *x)
{
    meet_truly(a, central, x);
    assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(a);
    assert_int_equal(x->told[KITH_EVENT_BONDED], 1);
    assert_int_equal(central->told[KITH_EVENT_BONDED], 1);
    return last_event(x, KITH_EVENT_BONDED)->peer;
}

static void leave(side *central, side *x)
{
    part(central, x);
    forget_log(central);
    forget_log(x);
}

static kith_address address_of(const side *x)
{
    kith_address own;

    assert_int_equal(kith_gap_own_address(x->h, &own), KITH_OK);
    return own;
}

/* ---- B14 ---- */

/* Somebody passes packets on from a phone, which believes to talk to the first identity, to the second one.  The phone
 * encrypts with its key, and gets no answer. */
static void B14_a_key_of_one_identity_is_not_given_on_a_link_of_another(void **state)
{
    attack a;
    side *x = start_two_faced(&a), *phone = start_central(&a);
    kith_address first = address_of(x);

    (void)state;
    bond(&a, phone, x);
    leave(phone, x);
    become(x, 1);
    meet(&a, phone, x, &first);
    assert_int_equal(last_event(x, KITH_EVENT_CONNECTED)->connected.claimed, 0);
    assert_int_not_equal(last_event(phone, KITH_EVENT_CONNECTED)->connected.claimed, 0);
    assert_int_equal(kith_security_secure(phone->h, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(sent(x, KITH_HCI_LE_LTK_REQUEST_REPLY), 0);
    assert_int_equal(sent(x, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY), 1);
    assert_int_equal(last_event(x, KITH_EVENT_ENCRYPTION_FAILED)->verdict.why, KITH_WHY_WE_HAVE_NO_KEY);
    expect_plain(x);
    leave(phone, x);
    become(x, 0);
    meet(&a, phone, x, &first); /* and the bond is as good as it was */
    assert_int_equal(kith_security_secure(phone->h, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(security_of(x, x->link).level, KITH_LEVEL_ENCRYPTED);
    attack_end(&a);
}

/* In the other role: the bond of the first identity encrypts no link that was made under the second. */
static void B14_as_central_a_key_of_another_identity_is_not_used(void **state)
{
    attack a;
    side *x = start_two_faced(&a), *phone = start_central(&a);
    kith_address phones = {.type = KITH_ADDRESS_PUBLIC};

    (void)state;
    bond(&a, phone, x);
    leave(phone, x);
    cut_off(x);
    memset(phones.octets, phone->address, sizeof phones.octets);
    become(x, 1);
    say_connected_to(x, x->handle, true, &phones);
    assert_int_equal(last_event(x, KITH_EVENT_CONNECTED)->connected.claimed, 0);
    assert_int_equal(kith_security_secure(x->h, x->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(sent(x, KITH_HCI_LE_ENABLE_ENCRYPTION), 0);
    assert_int_equal(x->acl[0][9], KITH_SMP_PAIRING_REQUEST); /* a stranger to this one */
    attack_end(&a);
}

/* A private address is resolved with the keys of the identity that it talks to. */
static void B14_a_private_address_is_not_recognized_under_another_identity(void **state)
{
    attack a;
    side *x = start_two_faced(&a), *phone = start_central(&a);
    kith_address hers = {.type = KITH_ADDRESS_RANDOM, .octets = {0, 0, 0, 1, 2, 0x43}};
    uint8_t irk[16];
    kith_peer_id peer;

    (void)state;
    bond(&a, phone, x);
    leave(phone, x);
    assert_int_equal(kith_identity_copy_irk(phone->h, 0, irk), KITH_OK);
    assert_int_equal(crypto_ah(&x->port, irk, hers.octets + 3, hers.octets), KITH_OK);
    assert_int_equal(kith_bonds_of_address(x->h, &hers, &peer), KITH_OK);
    become(x, 1);
    assert_int_equal(kith_bonds_of_address(x->h, &hers, &peer), KITH_ERR_NOT_FOUND);
    advertise(&a, x);
    say_connected_to(x, x->handle, false, &hers);
    assert_int_equal(last_event(x, KITH_EVENT_CONNECTED)->connected.claimed, 0);
    attack_end(&a);
}

/* The public address of the first identity is, as octets, the static address of another one. */
static void B14_our_own_public_and_random_address_of_equal_octets_are_two_identities(void **state)
{
    attack a;
    side *x = start_two_faced(&a), *phone = start_central(&a);
    kith_address twin = address_of(x);
    kith_identity_info info;
    uint8_t number;

    (void)state;
    twin.type = KITH_ADDRESS_RANDOM;
    assert_int_equal(kith_identity_create(x->h, &twin, NULL, &number), KITH_OK);
    take_events(x);
    forget_log(x);
    bond(&a, phone, x);
    assert_int_equal(kith_identity_get(x->h, 0, &info), KITH_OK);
    assert_int_equal(info.bonds, 1);
    assert_int_equal(kith_identity_get(x->h, number, &info), KITH_OK);
    assert_int_equal(info.bonds, 0);
    leave(phone, x);
    become(x, number);
    meet(&a, phone, x, &twin);
    assert_int_equal(last_event(x, KITH_EVENT_CONNECTED)->connected.claimed, 0);
    say_key_wanted(x, 0);
    run(&a);
    assert_int_equal(sent(x, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY), 1);
    attack_end(&a);
}

/* An address on air that nobody knows: EDIV and Rand alone tell whose key is wanted. */
static void B14_a_legacy_key_is_asked_for_on_a_link_of_its_identity(void **state)
{
    static const kith_address nobody = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 6}};
    peers_bond legacy[2];
    attack a;
    side *x = start_two_faced(&a);
    const kith_address *own[2] = {&x->h->identities[0].address, &x->h->identities[1].address};

    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        legacy[i] = (peers_bond){.level = KITH_LEVEL_ENCRYPTED,
                                 .key_size = 16,
                                 .key_kind = KITH_KEY_KIND_LEGACY,
                                 .method = KITH_METHOD_JUST_WORKS,
                                 .local = *own[i],
                                 .has_my_ltk = true,
                                 .my_ediv = 77,
                                 .identity = {KITH_ADDRESS_PUBLIC, {i, 9, 9, 9, 9, 9}}};
        memset(legacy[i].my_ltk, 0x50 + i, sizeof legacy[i].my_ltk);
        assert_non_null(peers_put(&x->h->bonds, &legacy[i]));
    }
    for (uint8_t i = 0; i < 2; i++) {
        become(x, i);
        advertise(&a, x);
        say_connected_to(x, x->handle, false, &nobody);
        forget_log(x);
        say_key_wanted(x, 77);
        run(&a);
        assert_int_equal(sent(x, KITH_HCI_LE_LTK_REQUEST_REPLY), 1); /* though two bonds have these numbers */
        assert_memory_equal(x->commands[0] + 6, legacy[i].my_ltk, 16);
        say_disconnected(x, x->handle, KITH_HCI_REMOTE_USER_TERMINATED);
    }
    peers_remove(&x->h->bonds, peers_by_identity(&x->h->bonds, own[1], &legacy[1].identity));
    advertise(&a, x);
    say_connected_to(x, x->handle, false, &nobody);
    forget_log(x);
    say_key_wanted(x, 77);
    run(&a);
    assert_int_equal(sent(x, KITH_HCI_LE_LTK_REQUEST_REPLY), 0);
    assert_int_equal(sent(x, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY), 1);
    attack_end(&a);
}

/* Whoever learned address and key of one of our identities, and tells them another one as its own, would be taken for a
 * peer wherever that identity is heard. */
static void B7_a_peer_cannot_be_another_identity_of_ours(void **state)
{
    for (unsigned key = 0; key < 2; key++) {
        attack a;
        side *x = start_two_faced(&a), *thief = start_central(&a);

        meet_truly(&a, thief, x);
        if (key == 0)
            thief->h->identities[0].address = second;
        else
            memcpy(thief->h->identities[0].irk, second_irk, sizeof second_irk);
        assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(thief->h, thief->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        run(&a);
        assert_int_equal(last_event(x, KITH_EVENT_PAIRING_FAILED)->verdict.why, KITH_WHY_BAD_IDENTITY);
        assert_int_equal(kith_bonds_count(x->h), 0);
        attack_end(&a);
    }
    (void)state;
}

/* Out of band data names the identity it was made for; who read it does not get in elsewhere. */
static void B14_out_of_band_data_is_good_for_its_identity_alone(void **state)
{
    for (uint8_t number = 0; number < 2; number++) {
        kith_config config = with_identities(), phones = attack_config();
        kith_oob_data data;
        kith_address named;
        attack a;
        side *x, *phone;
        uint8_t made;

        config.security.methods = phones.security.methods = kith_sc_methods;
        phones.security.ask_oob = true;
        attack_begin(&a);
        x = start_side(&a, 1, config);
        phone = start_side(&a, 0, phones);
        assert_int_equal(kith_identity_create(x->h, &second, NULL, &made), KITH_OK);
        assert_int_equal(kith_oob_make(x->h, false, true, 60000), KITH_OK);
        run(&a);
        data = last_event(x, KITH_EVENT_OOB_READY)->oob.data;
        named = last_event(x, KITH_EVENT_OOB_READY)->oob.address;
        assert_true(kith_address_equal(&named, &x->h->identities[0].address));
        forget_log(x);
        become(x, number);
        meet_truly(&a, phone, x);
        assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(phone->h, phone->link, KITH_LEVEL_SC_AUTHENTICATED), KITH_OK);
        run(&a);
        assert_int_equal(kith_pairing_oob(phone->h, phone->link, &data), KITH_OK);
        run(&a);
        assert_int_equal(x->told[KITH_EVENT_BONDED], number == 0);
        assert_int_equal(x->told[KITH_EVENT_PAIRING_FAILED], number != 0);
        attack_end(&a);
    }
    (void)state;
}

/* A bonded peer is a stranger to another identity: it replaces nothing, so nobody is asked whether it may. */
static void a_peer_of_one_identity_pairs_with_another_as_anybody(void **state)
{
    attack a;
    side *x = start_two_faced(&a), *phone = start_central(&a);
    kith_security policy = x->h->config.security;
    kith_bond_info one, two;
    kith_bond_keys keys[2];
    kith_peer_id first;

    (void)state;
    first = bond(&a, phone, x);
    leave(phone, x);
    policy.policy = KITH_PAIRING_ASK;
    assert_int_equal(kith_security_set(x->h, &policy), KITH_OK);
    kith_pairing_close(x->h);
    become(x, 1);
    meet_truly(&a, phone, x);
    assert_int_equal(kith_security_secure(phone->h, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_false(last_event(x, KITH_EVENT_CONSENT_WANTED)->consent.again);
    assert_int_equal(last_event(x, KITH_EVENT_CONSENT_WANTED)->consent.replaces, 0);
    assert_int_equal(kith_pairing_consent(x->h, x->link, true), KITH_OK);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_BONDED], 1);
    assert_int_equal(x->told[KITH_EVENT_CONSENT_WANTED], 1); /* not in the end, either */
    assert_false(last_event(x, KITH_EVENT_BONDED)->verdict.irk_shared);
    assert_int_equal(kith_bonds_count(x->h), 2);
    assert_int_equal(kith_bonds_get(x->h, first, &one), KITH_OK);
    assert_int_equal(kith_bonds_get(x->h, last_event(x, KITH_EVENT_BONDED)->peer, &two), KITH_OK);
    assert_true(kith_address_equal(&one.identity, &two.identity));
    assert_true(kith_address_equal(&one.local, &x->h->identities[0].address));
    assert_true(kith_address_equal(&two.local, &second));
    assert_int_equal(kith_bonds_export(x->h, one.peer, &keys[0]), KITH_OK);
    assert_int_equal(kith_bonds_export(x->h, two.peer, &keys[1]), KITH_OK);
    assert_memory_not_equal(keys[0].ltk, keys[1].ltk, 16);
    /* The phone knows them as two devices, each by its own address and key. */
    assert_int_equal(kith_bonds_count(phone->h), 2);
    assert_int_equal(kith_bonds_of_address(phone->h, &second, &first), KITH_OK);
    assert_int_equal(kith_bonds_export(phone->h, first, &keys[1]), KITH_OK);
    assert_memory_equal(keys[1].irk, second_irk, 16);
    attack_end(&a);
}

/* What is forgotten is one peer of one identity; the same phone at another one goes on. */
static void forgetting_a_peer_of_one_identity_leaves_a_pairing_with_another(void **state)
{
    attack a;
    side *x = start_two_faced(&a), *phone = start_central(&a);
    kith_peer_id first;

    (void)state;
    first = bond(&a, phone, x);
    leave(phone, x);
    become(x, 1);
    meet_truly(&a, phone, x);
    x->hold_acl = true; /* so that the pairing waits for its last key, all identities given */
    assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(phone->h, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_true(x->h->links[0].session != NULL && x->h->links[0].session->has_identity);
    assert_int_equal(kith_bonds_forget(x->h, first), KITH_OK);
    run(&a);
    say_acknowledged(x, x->handle, (uint16_t)x->acl_count);
    run(&a);
    assert_int_equal(x->told[KITH_EVENT_BONDED], 1);
    assert_int_equal(kith_bonds_count(x->h), 1);
    attack_end(&a);
}

/* The advertising that made a link was another identity's: the link is told late, and is that one's all the same. */
static void a_link_belongs_to_the_identity_that_was_advertised(void **state)
{
    attack a;
    side *x = start_two_faced(&a), *phone = start_central(&a);

    (void)state;
    bond(&a, phone, x);
    leave(phone, x);
    advertise(&a, x);
    assert_int_equal(kith_gap_stop_advertising(x->h), KITH_OK);
    run(&a);
    become(x, 1);
    run(&a);
    say_connected(x, x->handle, false, phone->address);
    assert_int_not_equal(last_event(x, KITH_EVENT_CONNECTED)->connected.claimed, 0);
    attack_end(&a);
}

/* ---- the controller's random address ---- */

/* What the controller is told, in order; each is 0 where no more was said. */
static uint16_t said(const side *x, unsigned n)
{
    return n < x->command_count ? bytes_get16(x->commands[n] + 1) : 0;
}

static void the_address_is_set_before_anything_begins_under_it(void **state)
{
    kith_scan scan;
    attack a;
    side *x = start_two_faced(&a);

    (void)state;
    become(x, 1);
    advertise(&a, x);
    assert_int_equal(said(x, 0), KITH_HCI_LE_SET_RANDOM_ADDRESS);
    assert_memory_equal(x->commands[0] + 4, second.octets, 6);
    assert_int_equal(said(x, 1), KITH_HCI_LE_SET_ADV_PARAMETERS);
    assert_int_equal(x->commands[1][9], KITH_ADDRESS_RANDOM);
    assert_int_equal(kith_identity_select(x->h, 0), KITH_ERR_IN_USE); /* never while it is on */
    assert_int_equal(kith_gap_stop_advertising(x->h), KITH_OK);
    assert_int_equal(kith_identity_select(x->h, 0), KITH_ERR_IN_USE);
    run(&a);
    forget_log(x);
    become(x, 0); /* public: nothing is to be set */
    advertise(&a, x);
    assert_int_equal(said(x, 0), KITH_HCI_LE_SET_ADV_PARAMETERS);
    assert_int_equal(x->commands[0][9], KITH_ADDRESS_PUBLIC);
    assert_int_equal(kith_gap_stop_advertising(x->h), KITH_OK);
    run(&a);
    forget_log(x);
    become(x, 1); /* it is there still */
    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_start_scan(x->h, &scan), KITH_OK);
    assert_int_equal(kith_identity_select(x->h, 0), KITH_ERR_IN_USE);
    run(&a);
    assert_int_equal(said(x, 0), KITH_HCI_LE_SET_SCAN_PARAMETERS);
    assert_int_equal(x->commands[0][9], KITH_ADDRESS_RANDOM);
    assert_int_equal(kith_gap_stop_scan(x->h), KITH_OK);
    run(&a);
    assert_int_equal(kith_gap_connect(x->h, &third, NULL), KITH_OK);
    assert_int_equal(kith_identity_select(x->h, 0), KITH_ERR_IN_USE);
    run(&a);
    assert_int_equal(x->commands[x->command_count - 1][16], KITH_ADDRESS_RANDOM);
    attack_end(&a);
}

/* Between two selections the one that was on its way is not what counts. */
static void the_address_selected_last_is_the_one_that_is_used(void **state)
{
    uint8_t number;
    attack a;
    side *x = start_two_faced(&a);

    (void)state;
    assert_int_equal(kith_identity_create(x->h, &third, NULL, &number), KITH_OK);
    forget_log(x);
    become(x, 1);
    x->hold_commands = true;
    run(&a);
    assert_int_equal(said(x, 0), KITH_HCI_LE_SET_RANDOM_ADDRESS);
    become(x, number);
    x->hold_commands = false;
    say_complete(x, KITH_HCI_LE_SET_RANDOM_ADDRESS, (const uint8_t[]){0}, 1);
    advertise(&a, x);
    assert_int_equal(said(x, 1), KITH_HCI_LE_SET_RANDOM_ADDRESS);
    assert_memory_equal(x->commands[1] + 4, third.octets, 6);
    assert_int_equal(said(x, 2), KITH_HCI_LE_SET_ADV_PARAMETERS);
    attack_end(&a);
}

static void a_controller_that_does_not_take_the_address_is_lost(void **state)
{
    static const uint8_t refused = KITH_HCI_COMMAND_DISALLOWED;
    kith_advertising advertising;
    attack a;
    side *x = start_two_faced(&a);

    (void)state;
    become(x, 1);
    kith_gap_default_advertising(&advertising, "x");
    assert_int_equal(kith_gap_advertise(x->h, &advertising), KITH_OK);
    x->hold_commands = true;
    run(&a);
    say_complete(x, KITH_HCI_LE_SET_RANDOM_ADDRESS, &refused, 1);
    run(&a);
    assert_int_equal(x->command_count, 1); /* nothing began under another identity's */
    assert_int_equal(last_event(x, KITH_EVENT_CONTROLLER_LOST)->lost.opcode, KITH_HCI_LE_SET_RANDOM_ADDRESS);
    x->hold_commands = false;
    forget_log(x);
    assert_int_equal(kith_host_start(x->h, a.now_us), KITH_OK);
    run(&a);
    assert_true(kith_address_equal(&last_event(x, KITH_EVENT_READY)->ready.address, &second));
    assert_int_equal(sent(x, KITH_HCI_LE_SET_RANDOM_ADDRESS), 1);
    attack_end(&a);
}

/* ---- room for events ---- */

static void without_room_for_its_end_no_change_begins(void **state)
{
    uint8_t number = 99;
    attack a;
    side *x = start_two_faced(&a);

    (void)state;
    while (events_have_room(x->h))
        event_post(x->h, KITH_EVENT_SCANNING, NULL);
    assert_int_equal(kith_identity_create(x->h, NULL, NULL, &number), KITH_ERR_FULL);
    assert_int_equal(kith_identity_set(x->h, 1, &third, NULL), KITH_ERR_FULL);
    assert_int_equal(kith_identity_remove(x->h, 1), KITH_ERR_FULL);
    take_events(x);
    assert_int_equal(x->told[KITH_EVENT_IDENTITY], 0);
    assert_int_equal(kith_identity_count(x->h), 2);
    assert_int_equal(number, 99);
    attack_end(&a);
}

/* ---- resolving ---- */

static void an_address_is_resolved_with_a_key(void **state)
{
    static const uint8_t zeros[16];
    /* Vol 3 Part H D.7: ah(IRK, prand) of the specification. */
    static const uint8_t irk[16] = {0x9b, 0x7d, 0x39, 0x0a, 0xa6, 0x10, 0x10, 0x34,
                                    0x05, 0xad, 0xc8, 0x57, 0xa3, 0x34, 0x02, 0xec};
    kith_address address = {KITH_ADDRESS_RANDOM, {0xaa, 0xfb, 0x0d, 0x94, 0x81, 0x70}};
    kith_crypto_port port;

    (void)state;
    assert_int_equal(kith_openssl_port(&port), KITH_OK);
    assert_int_equal(kith_address_resolve(&port, irk, &address), KITH_OK);
    address.octets[0] ^= 1;
    assert_int_equal(kith_address_resolve(&port, irk, &address), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_address_resolve(&port, zeros, &address), KITH_ERR_NOT_FOUND);
    assert_int_equal(crypto_ah(&port, zeros, address.octets + 3, address.octets), KITH_OK);
    assert_int_equal(kith_address_resolve(&port, zeros, &address), KITH_ERR_NOT_FOUND); /* it makes none */
    address.type = KITH_ADDRESS_PUBLIC;
    assert_int_equal(kith_address_resolve(&port, irk, &address), KITH_ERR_VALUE);
    assert_int_equal(kith_address_resolve(&port, irk, &second), KITH_ERR_VALUE);
}

static kith_status broken_aes(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    (void)context;
    (void)key;
    memcpy(out, in, 16);
    return KITH_ERR_CRYPTO;
}

static void a_cipher_that_fails_resolves_nothing(void **state)
{
    static const kith_address address = {KITH_ADDRESS_RANDOM, {0xaa, 0xfb, 0x0d, 0x94, 0x81, 0x70}};
    kith_crypto_port port = {.aes128 = broken_aes};

    (void)state;
    assert_int_equal(kith_address_resolve(&port, second_irk, &address), KITH_ERR_CRYPTO);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(B14_a_key_of_one_identity_is_not_given_on_a_link_of_another),
        cmocka_unit_test(B14_as_central_a_key_of_another_identity_is_not_used),
        cmocka_unit_test(B14_a_private_address_is_not_recognized_under_another_identity),
        cmocka_unit_test(B14_our_own_public_and_random_address_of_equal_octets_are_two_identities),
        cmocka_unit_test(B14_a_legacy_key_is_asked_for_on_a_link_of_its_identity),
        cmocka_unit_test(B7_a_peer_cannot_be_another_identity_of_ours),
        cmocka_unit_test(B14_out_of_band_data_is_good_for_its_identity_alone),
        cmocka_unit_test(a_peer_of_one_identity_pairs_with_another_as_anybody),
        cmocka_unit_test(forgetting_a_peer_of_one_identity_leaves_a_pairing_with_another),
        cmocka_unit_test(a_link_belongs_to_the_identity_that_was_advertised),
        cmocka_unit_test(the_address_is_set_before_anything_begins_under_it),
        cmocka_unit_test(the_address_selected_last_is_the_one_that_is_used),
        cmocka_unit_test(a_controller_that_does_not_take_the_address_is_lost),
        cmocka_unit_test(without_room_for_its_end_no_change_begins),
        cmocka_unit_test(an_address_is_resolved_with_a_key),
        cmocka_unit_test(a_cipher_that_fails_resolves_nothing),
    };

    return cmocka_run_group_tests_name("identities of a host", tests, NULL, NULL);
}
