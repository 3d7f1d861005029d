/* The lists are kept right by themselves: bonds come, are made anew and go, the controller restarts.  And what a
 * controller that resolves tells of peers: their identity, and the address on air; both are claims. */
#include "test_host_lists_support.h"

#include "crypto/toolbox.h"

static kith_status allow(rig *r, const kith_peer_id *peers, uint16_t count)
{
    return kith_allow_list_set(r->d.h, peers, count, KITH_LIST_PAUSE);
}

/* Peers 1 and 2 are listed; the second has a key. */
static void open_listed(rig *r, kith_peer_id peers[2])
{
    rig_open(r, 4, 4, 4);
    peers[0] = rig_bond(r, 1, 0);
    peers[1] = rig_bond(r, 2, 0x22);
    assert_int_equal(allow(r, peers, 2), KITH_OK);
    rig_run(r);
    assert_int_equal(r->filtered_count, 2);
    rig_forget(r);
}

static void expect_lists(const rig *r, unsigned filtered, unsigned resolving)
{
    assert_int_equal(r->disallowed, 0);
    assert_int_equal(r->filtered_count, filtered);
    assert_int_equal(r->resolving_count, resolving);
    assert_int_equal(r->resolution, resolving != 0);
}

static void who_is_forgotten_leaves(void **state)
{
    kith_peer_id peers[2], now[2];
    uint16_t count;
    rig r;

    (void)state;
    open_listed(&r, peers);
    assert_int_equal(kith_bonds_forget(r.d.h, peers[1]), KITH_OK);
    assert_int_equal(kith_allow_list_get(r.d.h, now, 2, &count), KITH_OK); /* at once */
    assert_true(count == 1 && now[0] == peers[0]);
    rig_run(&r);
    expect_lists(&r, 1, 0);
    assert_true(rig_filters(&r, 1));
    assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST], 1);
    assert_int_equal(r.last[KITH_EVENT_ALLOW_LIST].peer_list.count, 1);
    assert_int_equal(r.told[KITH_EVENT_DEVICE_IDENTITIES], 1);
    assert_int_equal(r.last[KITH_EVENT_DEVICE_IDENTITIES].peer_list.count, 0);
    rig_close(&r);
}

/* A controller keeps the key it has: the entry must go and come again. */
static void a_key_that_changed_is_put_anew(void **state)
{
    kith_peer_id peers[2];
    rig r;

    (void)state;
    open_listed(&r, peers);
    assert_int_equal(rig_bond(&r, 2, 0x99), peers[1]); /* the same peer */
    rig_run(&r);
    expect_lists(&r, 2, 1);
    assert_int_equal(rig_key_of(&r, 2), 0x99);
    assert_int_equal(r.resolving[0].mode, 1);
    assert_int_equal(rig_count(&r, KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST), 1);
    assert_int_equal(rig_count(&r, KITH_HCI_LE_REMOVE_FROM_FILTER_LIST), 0);
    assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST], 0); /* that one has not changed */
    assert_int_equal(r.told[KITH_EVENT_DEVICE_IDENTITIES], 1);
    assert_int_equal(rig_bond(&r, 2, 0), peers[1]); /* and now it has none */
    rig_run(&r);
    expect_lists(&r, 2, 0);
    assert_int_equal(rig_bond(&r, 1, 0x11), peers[0]); /* and this one has */
    rig_run(&r);
    expect_lists(&r, 2, 1);
    assert_int_equal(rig_key_of(&r, 1), 0x11);
    rig_close(&r);
}

static void what_is_the_same_is_not_put_anew(void **state)
{
    kith_peer_id peers[2];
    rig r;

    (void)state;
    open_listed(&r, peers);
    rig_bond(&r, 3, 0x33); /* somebody else */
    rig_bond(&r, 2, 0x22); /* the same key */
    rig_run(&r);
    assert_int_equal(r.sent, 0);
    assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST] + r.told[KITH_EVENT_DEVICE_IDENTITIES], 0);
    rig_close(&r);
}

/* While any command of a change is on its way. */
static void a_bond_that_changes_in_the_middle_is_not_missed(void **state)
{
    static const uint16_t kept[] = {KITH_HCI_LE_ADD_TO_RESOLVING_LIST, KITH_HCI_LE_SET_PRIVACY_MODE,
                                    KITH_HCI_LE_SET_RESOLUTION_ENABLE, KITH_HCI_LE_ADD_TO_FILTER_LIST};

    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        for (unsigned forgotten = 0; forgotten <= 1; forgotten++) {
            rig r;
            kith_peer_id peer;

            rig_open(&r, 4, 4, 4);
            peer = rig_bond(&r, 2, 0x22);
            r.keep = kept[i];
            assert_int_equal(allow(&r, &peer, 1), KITH_OK);
            rig_run(&r);
            assert_true(r.kept);
            if (forgotten)
                assert_int_equal(kith_bonds_forget(r.d.h, peer), KITH_OK);
            else
                rig_bond(&r, 2, 0x99);
            rig_answer_kept(&r);
            r.keep = 0;
            rig_run(&r);
            expect_lists(&r, !forgotten, !forgotten);
            assert_int_equal(rig_key_of(&r, 2), forgotten ? 0 : 0x99);
            assert_int_equal(r.last[KITH_EVENT_ALLOW_LIST].peer_list.count, !forgotten);
            rig_close(&r);
        }
}

/* Forgotten, and bonded again under another ID, before the controller knows. */
static void who_comes_back_is_somebody_else(void **state)
{
    kith_peer_id peers[2], again;
    rig r;

    (void)state;
    open_listed(&r, peers);
    assert_int_equal(kith_bonds_forget(r.d.h, peers[1]), KITH_OK);
    again = rig_bond(&r, 2, 0x99);
    assert_int_not_equal(again, peers[1]);
    assert_int_equal(allow(&r, &again, 1), KITH_OK);
    rig_run(&r);
    expect_lists(&r, 1, 1);
    assert_int_equal(rig_key_of(&r, 2), 0x99);
    assert_true(rig_filters(&r, 2));
    rig_close(&r);
}

/* Two bonds of one peer, under two identities of ours: the controller has it once, as long as one of them is listed. */
static void one_identity_is_listed_once(void **state)
{
    kith_peer_id peers[2];
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    peers[0] = rig_bond(&r, 1, 0x11);
    peers[1] = rig_bond(&r, 2, 0x22);
    rig_identity(1, &peers_by_id(&r.d.h->bonds, peers[1])->identity); /* few bonds have no index */
    assert_int_equal(allow(&r, peers, 2), KITH_OK);
    rig_run(&r);
    expect_lists(&r, 1, 1);
    assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST], 1);
    assert_int_equal(r.last[KITH_EVENT_ALLOW_LIST].peer_list.status, KITH_OK);
    assert_int_equal(kith_bonds_forget(r.d.h, peers[0]), KITH_OK);
    rig_run(&r);
    expect_lists(&r, 1, 1);
    assert_int_equal(rig_key_of(&r, 1), 0x22);
    rig_close(&r);
}

static void after_a_factory_reset_nobody_is_listed(void **state)
{
    kith_peer_id peers[2];
    uint16_t count;
    rig r;

    (void)state;
    open_listed(&r, peers);
    assert_int_equal(kith_device_identities_set(r.d.h, peers + 1, 1, KITH_LIST_PAUSE), KITH_OK);
    rig_run(&r);
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_OK);
    rig_run(&r);
    assert_int_equal(kith_host_factory_reset(r.d.h), KITH_OK);
    rig_run(&r);
    assert_int_equal(r.told[KITH_EVENT_RESET], 1);
    rig_bond(&r, 1, 0x11);
    rig_start(&r);
    expect_lists(&r, 0, 0);
    assert_int_equal(kith_allow_list_get(r.d.h, peers, 2, &count), KITH_OK);
    assert_int_equal(count, 0);
    rig_close(&r);
}

/* ---- a list that follows ---- */

static void use(rig *r, kith_peer_id peer, uint32_t last_use)
{
    peers_by_id(&r->d.h->bonds, peer)->use.last_use = last_use;
}

static void expect_order(const rig *r, const kith_peer_id *wanted, uint16_t wanted_count)
{
    kith_peer_id peers[8];
    uint16_t count;

    assert_int_equal(kith_allow_list_get(r->d.h, peers, 8, &count), KITH_OK);
    assert_int_equal(count, wanted_count);
    assert_memory_equal(peers, wanted, wanted_count * sizeof *peers);
}

static void a_list_that_follows_has_who_comes_and_not_who_goes(void **state)
{
    kith_peer_id a, b;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    a = rig_bond(&r, 1, 0);
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_OK);
    rig_run(&r);
    expect_lists(&r, 1, 0);
    b = rig_bond(&r, 2, 0x22);
    rig_run(&r);
    expect_lists(&r, 2, 1);
    assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST], 2);
    assert_int_equal(kith_bonds_forget(r.d.h, a), KITH_OK);
    rig_run(&r);
    expect_lists(&r, 1, 1);
    expect_order(&r, &b, 1);
    assert_int_equal(allow(&r, &b, 1), KITH_OK); /* and it follows no more */
    rig_run(&r);
    rig_bond(&r, 3, 0);
    rig_run(&r);
    expect_lists(&r, 1, 1);
    rig_close(&r);
}

static void of_more_than_fit_those_used_last_are_listed(void **state)
{
    static const struct {
        uint8_t listed, holds;
    } sizes[] = {{2, 4}, {4, 2}};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        kith_peer_id peers[4];
        rig r;

        rig_open(&r, sizes[i].listed, sizes[i].holds, 4);
        for (uint8_t n = 0; n < 4; n++)
            peers[n] = rig_bond(&r, (uint8_t)(n + 1), 0);
        use(&r, peers[1], 7);
        use(&r, peers[0], 9);
        use(&r, peers[3], 3);
        assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_OK);
        rig_run(&r);
        expect_lists(&r, 2, 0);
        expect_order(&r, (kith_peer_id[]){peers[0], peers[1]}, 2);
        assert_int_equal(kith_bonds_forget(r.d.h, peers[0]), KITH_OK);
        rig_run(&r);
        expect_order(&r, (kith_peer_id[]){peers[1], peers[3]}, 2);
        assert_true(rig_filters(&r, 2) && rig_filters(&r, 4));
        rig_close(&r);
    }
}

/* Whose key has no place would not be found. */
static void who_cannot_be_resolved_for_want_of_room_is_not_listed(void **state)
{
    kith_peer_id peers[4];
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 2);
    for (uint8_t n = 0; n < 4; n++) {
        peers[n] = rig_bond(&r, (uint8_t)(n + 1), n == 0 ? 0 : (uint8_t)(0x11 * (n + 1)));
        use(&r, peers[n], n + 1u);
    }
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_OK);
    rig_run(&r);
    expect_lists(&r, 3, 2);
    expect_order(&r, (kith_peer_id[]){peers[3], peers[2], peers[0]}, 3);
    rig_close(&r);
}

/* The program's filter may be gone when it is looked at. */
static void what_is_followed_is_copied(void **state)
{
    kith_address identity;
    kith_peers_filter filter = {.identity = &identity, .local = NULL};
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    rig_identity(2, &identity);
    rig_bond(&r, 1, 0);
    assert_int_equal(kith_allow_list_follow(r.d.h, &filter), KITH_OK);
    memset(&identity, 0xee, sizeof identity);
    memset(&filter, 0xee, sizeof filter);
    rig_run(&r);
    expect_lists(&r, 0, 0);
    rig_bond(&r, 2, 0);
    rig_run(&r);
    expect_lists(&r, 1, 0);
    assert_true(rig_filters(&r, 2));
    rig_close(&r);
}

static void advertising_looks_once_more_at_whom_it_follows(void **state)
{
    kith_peer_id a, b;
    kith_advertising advertising;
    rig r;

    (void)state;
    rig_open(&r, 1, 4, 4);
    a = rig_bond(&r, 1, 0);
    b = rig_bond(&r, 2, 0);
    use(&r, a, 1);
    assert_int_equal(kith_allow_list_follow(r.d.h, NULL), KITH_OK);
    rig_run(&r);
    expect_order(&r, &a, 1);
    use(&r, b, 2);
    rig_advertising(&advertising, KITH_FILTER_CONNECT);
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_OK);
    rig_run(&r);
    expect_order(&r, &b, 1);
    assert_true(r.advertising && r.filtered_count == 1 && rig_filters(&r, 2));
    rig_close(&r);
}

/* ---- what a controller that resolves tells ---- */

static void make_private_address(rig *r, uint8_t key, uint8_t number, kith_address *address)
{
    uint8_t irk[16];

    memset(irk, key, sizeof irk);
    *address = (kith_address){.type = KITH_ADDRESS_RANDOM, .octets = {0, 0, 0, number, 2, 0x43}};
    assert_int_equal(crypto_ah(&r->d.port, irk, address->octets + 3, address->octets), KITH_OK);
}

/* 7.7.65.10: types 2 and 3 are identities, the address on air comes behind. */
static void tell_connected(rig *r, const kith_address *identity, const kith_address *on_air)
{
    uint8_t p[31] = {KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 0};

    bytes_put16(p + 2, DESK_HANDLE);
    p[4] = 1;
    p[5] = identity->type | 2;
    memcpy(p + 6, identity->octets, 6);
    memcpy(p + 18, on_air->octets, 6);
    p[24] = 24;
    p[28] = 100;
    rig_event(r, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void an_identity_that_the_controller_resolved_is_a_claim(void **state)
{
    kith_peer_id peers[2];
    kith_address identity, on_air;
    const kith_event_connected *connected;
    kith_event_security security;
    rig r;

    (void)state;
    open_listed(&r, peers);
    rig_identity(2, &identity);
    make_private_address(&r, 0x22, 7, &on_air);
    tell_connected(&r, &identity, &on_air);
    connected = &r.last[KITH_EVENT_CONNECTED].connected;
    assert_true(kith_address_equal(&connected->peer, &on_air));
    assert_int_equal(connected->claimed, peers[1]);
    assert_int_equal(r.last[KITH_EVENT_CONNECTED].peer, 0); /* nothing is proven */
    assert_int_equal(kith_security_of(r.d.h, r.last[KITH_EVENT_CONNECTED].link, &security), KITH_OK);
    assert_true(security.level == KITH_LEVEL_NONE && security.peer == 0);
    rig_close(&r);
}

/* The controller still had the key of a bond that is gone: what it says of that address is worth nothing. */
static void what_the_controller_resolved_with_an_old_key_claims_nobody(void **state)
{
    kith_peer_id peers[2];
    kith_address identity, on_air;
    rig r;

    (void)state;
    open_listed(&r, peers);
    rig_identity(2, &identity);
    make_private_address(&r, 0x22, 7, &on_air);
    rig_bond(&r, 2, 0x99);
    tell_connected(&r, &identity, &on_air);
    assert_true(kith_address_equal(&r.last[KITH_EVENT_CONNECTED].connected.peer, &on_air));
    assert_int_equal(r.last[KITH_EVENT_CONNECTED].connected.claimed, 0);
    rig_close(&r);
}

static void reports_of_resolved_peers_name_their_identity(void **state)
{
    kith_peer_id peers[2], found = 0;
    kith_address identity;
    kith_scan scan;
    uint8_t p[12] = {KITH_HCI_LE_EV_ADVERTISING_REPORT, 1, 0, 2};
    rig r;

    (void)state;
    open_listed(&r, peers);
    rig_identity(2, &identity);
    memcpy(p + 4, identity.octets, 6);
    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_start_scan(r.d.h, &scan), KITH_OK);
    rig_run(&r);
    rig_event(&r, KITH_HCI_EV_LE_META, p, sizeof p);
    assert_int_equal(r.told[KITH_EVENT_REPORT], 1);
    assert_true(kith_address_equal(&r.last[KITH_EVENT_REPORT].report.address, &identity));
    assert_int_equal(kith_bonds_of_address(r.d.h, &identity, &found), KITH_OK);
    assert_int_equal(found, peers[1]);
    rig_close(&r);
}

/* A controller that resolves would not find an address of before. */
static void who_is_resolved_is_connected_to_by_identity(void **state)
{
    (void)state;
    for (unsigned known = 0; known <= 1; known++) {
        kith_peer_id peers[2];
        kith_address identity, on_air;
        rig r;

        open_listed(&r, peers);
        rig_identity(2, &identity);
        make_private_address(&r, known ? 0x22 : 0x23, 7, &on_air);
        assert_int_equal(kith_gap_connect(r.d.h, &on_air, NULL), KITH_OK);
        rig_run(&r);
        assert_true(r.initiating);
        assert_true(kith_address_equal(&r.connects_to, known ? &identity : &on_air));
        if (known) { /* no more resolved: by the address once more */
            assert_int_equal(allow(&r, NULL, 0), KITH_OK);
            rig_run(&r);
            assert_true(r.initiating && !r.resolution);
            assert_true(kith_address_equal(&r.connects_to, &on_air));
        }
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_forgotten_leaves),
        cmocka_unit_test(a_key_that_changed_is_put_anew),
        cmocka_unit_test(what_is_the_same_is_not_put_anew),
        cmocka_unit_test(a_bond_that_changes_in_the_middle_is_not_missed),
        cmocka_unit_test(who_comes_back_is_somebody_else),
        cmocka_unit_test(one_identity_is_listed_once),
        cmocka_unit_test(after_a_factory_reset_nobody_is_listed),
        cmocka_unit_test(a_list_that_follows_has_who_comes_and_not_who_goes),
        cmocka_unit_test(of_more_than_fit_those_used_last_are_listed),
        cmocka_unit_test(who_cannot_be_resolved_for_want_of_room_is_not_listed),
        cmocka_unit_test(what_is_followed_is_copied),
        cmocka_unit_test(advertising_looks_once_more_at_whom_it_follows),
        cmocka_unit_test(an_identity_that_the_controller_resolved_is_a_claim),
        cmocka_unit_test(what_the_controller_resolved_with_an_old_key_claims_nobody),
        cmocka_unit_test(reports_of_resolved_peers_name_their_identity),
        cmocka_unit_test(who_is_resolved_is_connected_to_by_identity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
