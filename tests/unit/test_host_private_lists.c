/* Privacy and the controller's resolving list: keys of our own in it, its addresses that change with ours, its timer,
 * whom it resolves, and in which privacy mode; addresses that nobody resolves; times that are drawn.
 * Core Vol 4 Part E 7.8.38, 7.8.45, 7.8.77, Vol 6 Part B 1.3.2, 6. */
#include "test_host_lists_support.h"

enum { CYCLE_S = 900, MOST_STEPS = 24 };
static const uint64_t cycle_us = (uint64_t)CYCLE_S * 1000000;
static const uint8_t zeros[16];

static kith_status set(rig *r, kith_privacy_mode mode, uint16_t cycle_s, uint16_t jitter_s)
{
    const kith_privacy privacy = {.mode = mode, .cycle_s = cycle_s, .jitter_s = jitter_s};

    return kith_privacy_set(r->d.h, &privacy);
}

static void hide(rig *r)
{
    assert_int_equal(set(r, KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0), KITH_OK);
    rig_run(r);
}

static void open_hidden(rig *r, uint8_t listed, uint8_t resolving_most)
{
    rig_open(r, listed, 4, resolving_most);
    hide(r);
}

static void pass(rig *r, uint64_t us)
{
    r->d.now_us += us;
    assert_int_equal(kith_host_advance(r->d.h, r->d.now_us), KITH_OK);
    rig_take_events(r);
}

static void begin_all(rig *r)
{
    const kith_address peer = {KITH_ADDRESS_PUBLIC, {9, 2, 3, 4, 5, 6}};
    kith_advertising advertising;
    kith_scan scan;

    rig_advertising(&advertising, KITH_FILTER_NOTHING);
    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_start_scan(r->d.h, &scan), KITH_OK);
    rig_run(r);
    assert_int_equal(kith_gap_advertise(r->d.h, &advertising), KITH_OK);
    assert_int_equal(kith_gap_connect(r->d.h, &peer, NULL), KITH_OK);
    rig_run(r);
}

static bool is_all_on(const rig *r)
{
    return r->advertising && r->scanning && r->initiating;
}

static void expect_own_keys(const rig *r, unsigned count)
{
    uint8_t irk[16];

    assert_int_equal(kith_identity_copy_irk(r->d.h, r->d.h->selected, irk), KITH_OK);
    assert_int_equal(r->resolving_count, count);
    for (unsigned i = 0; i < count; i++)
        assert_memory_equal(r->resolving[i].local_irk, irk, 16);
}

/* ---- keys of our own ---- */

/* Its entries stay, and nobody is told. */
static void the_controller_has_our_key_while_we_hide(void **state)
{
    kith_peer_id peers[2];
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    peers[0] = rig_bond(&r, 1, 0x11);
    peers[1] = rig_bond(&r, 2, 0x22);
    assert_int_equal(kith_device_identities_set(r.d.h, peers, 2, KITH_LIST_PAUSE), KITH_OK);
    rig_run(&r);
    assert_memory_equal(r.resolving[0].local_irk, zeros, 16);
    assert_int_equal(r.rpa_timeout_s, 0);
    rig_forget(&r);
    hide(&r);
    expect_own_keys(&r, 2);
    assert_true(rig_key_of(&r, 1) == 0x11 && rig_key_of(&r, 2) == 0x22 && r.resolution);
    assert_int_equal(r.resolving[0].mode + r.resolving[1].mode, 2);
    assert_int_equal(set(&r, KITH_PRIVACY_NON_RESOLVABLE, CYCLE_S, 0), KITH_OK);
    rig_run(&r);
    assert_memory_equal(r.resolving[0].local_irk, zeros, 16);
    hide(&r);
    expect_own_keys(&r, 2);
    assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0, 0), KITH_OK);
    rig_run(&r);
    assert_memory_equal(r.resolving[1].local_irk, zeros, 16);
    assert_int_equal(r.told[KITH_EVENT_DEVICE_IDENTITIES] + r.told[KITH_EVENT_ALLOW_LIST], 0);
    assert_int_equal(r.disallowed, 0);
    rig_close(&r);
}

static void make_with_identities(rig *r)
{
    rig_make(r, 4, 4, 4, NULL);
    free(r->d.memory);
    r->d.config.limits.identities = 1;
    r->d.config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
    r->d.memory = malloc(kith_host_size(&r->d.config.limits));
    assert_int_equal(kith_host_init(r->d.memory, kith_host_size(&r->d.config.limits), &r->d.config, &r->d.h), KITH_OK);
    rig_start(r);
}

/* A peer never hears an address of another identity than the one that is in use. */
static void it_has_the_key_of_the_identity_in_use(void **state)
{
    uint8_t number, before[16], after[16];
    rig r;

    (void)state;
    make_with_identities(&r);
    rig_bond(&r, 1, 0x11);
    rig_run(&r);
    expect_own_keys(&r, 1);
    assert_int_equal(kith_identity_create(r.d.h, NULL, NULL, &number), KITH_OK);
    assert_int_equal(kith_identity_select(r.d.h, number), KITH_OK);
    rig_run(&r);
    expect_own_keys(&r, 1);
    assert_int_equal(kith_identity_copy_irk(r.d.h, number, before), KITH_OK);
    assert_int_equal(kith_identity_rotate(r.d.h, number), KITH_OK);
    rig_run(&r);
    expect_own_keys(&r, 1);
    assert_int_equal(kith_identity_copy_irk(r.d.h, number, after), KITH_OK);
    assert_memory_not_equal(before, after, 16);
    rig_close(&r);
}

/* ---- its addresses change with ours ---- */

/* Whenever something is on, the controller's addresses are younger than the host's. */
static void expect_together(const rig *r)
{
    if (!r->advertising && !r->scanning && !r->initiating)
        return;
    for (unsigned i = 0; i < r->resolving_count; i++)
        assert_true(r->resolving[i].added > r->addressed);
}

static void run_watched(rig *r)
{
    while (rig_step(r))
        expect_together(r);
}

static void the_controllers_addresses_change_in_the_same_pause(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
        unsigned identities;
        rig r;

        open_hidden(&r, 4, 4);
        rig_bond(&r, 1, 0x11);
        rig_bond(&r, 2, 0x22);
        rig_run(&r);
        begin_all(&r);
        rig_forget(&r);
        for (unsigned round = 0; round < 3; round++) {
            unsigned before = r.resolving[0].added;

            pass(&r, cycle_us);
            for (unsigned i = 0; i < steps && rig_step(&r); i++)
                expect_together(&r);
            pass(&r, 0);
            run_watched(&r);
            rig_run(&r);
            assert_true(is_all_on(&r) && r.resolution);
            assert_true(r.resolving[0].added > before);
            expect_own_keys(&r, 2);
            assert_int_equal(r.resolving[0].mode + r.resolving[1].mode, 2);
        }
        identities = r.told[KITH_EVENT_DEVICE_IDENTITIES];
        assert_int_equal(identities + r.told[KITH_EVENT_ADVERTISING] + r.told[KITH_EVENT_SCANNING], 0);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_ADD_TO_RESOLVING_LIST), 6);
        assert_int_equal(r.disallowed, 0);
        rig_close(&r);
    }
}

/* Who is forgotten, or paired with anew, in the middle of it. */
static void bonds_that_change_meanwhile_are_not_missed(void **state)
{
    (void)state;
    for (unsigned forgets = 0; forgets <= 1; forgets++)
        for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
            kith_peer_id peer;
            rig r;

            open_hidden(&r, 4, 4);
            peer = rig_bond(&r, 1, 0x11);
            rig_bond(&r, 2, 0x22);
            rig_run(&r);
            begin_all(&r);
            rig_forget(&r);
            pass(&r, cycle_us);
            for (unsigned i = 0; i < steps && rig_step(&r); i++)
                expect_together(&r);
            if (forgets)
                assert_int_equal(kith_bonds_forget(r.d.h, peer), KITH_OK);
            else
                rig_bond(&r, 1, 0x12);
            run_watched(&r);
            rig_run(&r);
            assert_true(is_all_on(&r) && r.resolution);
            expect_own_keys(&r, forgets ? 1 : 2);
            assert_int_equal(rig_key_of(&r, 1), forgets ? 0 : 0x12);
            assert_int_equal(rig_key_of(&r, 2), 0x22);
            assert_int_equal(r.told[KITH_EVENT_DEVICE_IDENTITIES], 1);
            assert_int_equal(r.last[KITH_EVENT_DEVICE_IDENTITIES].peer_list.status, KITH_OK);
            rig_close(&r);
        }
}

static void who_is_not_taken_again_is_told(void **state)
{
    rig r;

    (void)state;
    open_hidden(&r, 4, 4);
    rig_bond(&r, 1, 0x11);
    rig_bond(&r, 2, 0x22);
    rig_run(&r);
    begin_all(&r);
    rig_forget(&r);
    r.refuse = KITH_HCI_LE_ADD_TO_RESOLVING_LIST;
    r.refuse_with = KITH_HCI_MEMORY_EXCEEDED;
    pass(&r, cycle_us);
    rig_run(&r);
    assert_int_equal(r.told[KITH_EVENT_DEVICE_IDENTITIES], 1);
    assert_int_equal(r.last[KITH_EVENT_DEVICE_IDENTITIES].peer_list.status, KITH_ERR_FULL);
    assert_int_equal(r.last[KITH_EVENT_DEVICE_IDENTITIES].peer_list.count, r.resolving_count);
    assert_true(is_all_on(&r));
    r.refuse = 0;
    rig_bond(&r, 3, 0x33); /* the next change makes it good */
    rig_run(&r);
    expect_own_keys(&r, 3);
    assert_true(r.resolution && is_all_on(&r));
    rig_close(&r);
}

/* ---- the controller's timer ---- */

static void the_controllers_timer_is_a_net(void **state)
{
    static const struct {
        uint16_t cycle_s, timeout_s;
    } rows[] = {{1, 2}, {900, 1800}, {1800, 3600}, {3600, 3600}};

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rig r;

        rig_open(&r, 4, 4, 4);
        assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, rows[i].cycle_s, 0), KITH_OK);
        rig_run(&r);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RPA_TIMEOUT), 0); /* nobody is listed */
        rig_bond(&r, 1, 0x11);
        rig_run(&r);
        rig_bond(&r, 2, 0x22);
        rig_run(&r);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RPA_TIMEOUT), 1);
        assert_int_equal(r.rpa_timeout_s, rows[i].timeout_s);
        rig_event(&r, KITH_HCI_EV_HARDWARE_ERROR, (const uint8_t[]){1}, 1);
        pass(&r, 0);
        rig_start(&r);
        assert_int_equal(r.rpa_timeout_s, rows[i].timeout_s);
        assert_int_equal(r.resolving_count, 2);
        rig_close(&r);
    }
}

static void a_controller_that_takes_no_time_does_without(void **state)
{
    static const uint16_t lacking[] = {KITH_HCI_LE_SET_RPA_TIMEOUT, 0};

    (void)state;
    for (unsigned lacks = 0; lacks <= 1; lacks++) {
        rig r;

        rig_make(&r, 4, 4, 4, lacks ? lacking : NULL);
        rig_start(&r);
        rig_forget(&r);
        hide(&r);
        r.refuse = KITH_HCI_LE_SET_RPA_TIMEOUT;
        r.refuse_with = KITH_HCI_UNKNOWN_COMMAND;
        rig_bond(&r, 1, 0x11);
        rig_run(&r);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RPA_TIMEOUT), !lacks);
        assert_int_equal(r.last[KITH_EVENT_DEVICE_IDENTITIES].peer_list.status, KITH_OK);
        assert_true(r.resolution);
        rig_close(&r);
    }
}

/* ---- privacy modes ---- */

static void say(rig *r, kith_peer_id peer, uint8_t private_only)
{
    peers_by_id(&r->d.h->bonds, peer)->use.private_only = private_only;
    lists_on_use(r->d.h);
    rig_run(r);
}

static void network_privacy_is_for_who_says_so(void **state)
{
    kith_peer_id peers[2];
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    peers[0] = rig_bond(&r, 1, 0x11);
    peers[1] = rig_bond(&r, 2, 0x22);
    peers_by_id(&r.d.h->bonds, peers[1])->use.private_only = KITH_STATE_YES;
    assert_int_equal(kith_device_identities_set(r.d.h, peers, 2, KITH_LIST_PAUSE), KITH_OK);
    rig_run(&r);
    assert_true(r.resolving[0].mode == 1 && r.resolving[1].mode == 0);
    assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_PRIVACY_MODE), 1); /* a controller begins with network privacy */
    begin_all(&r);
    say(&r, peers[0], KITH_STATE_YES);
    assert_int_equal(r.resolving[0].mode, 0);
    say(&r, peers[0], KITH_STATE_NO);
    say(&r, peers[1], KITH_STATE_NOT_READ);
    assert_true(r.resolving[0].mode == 1 && r.resolving[1].mode == 1);
    assert_true(is_all_on(&r));
    assert_int_equal(r.disallowed, 0);
    assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_PRIVACY_MODE), 4);
    rig_close(&r);
}

/* ---- what a peer says of its privacy ---- */

/* The first answer is here, and the second question has no place to go out from: it ends with the link all the same. */
static void a_link_that_ends_between_two_questions_ends_them(void **state)
{
    static const uint8_t not_there[] = {0x01, 0x08, 1, 0, 0x0a}, gone[] = {0, 0x40, 0, KITH_HCI_CONNECTION_TIMEOUT};
    kith_address peer;
    uint8_t packet[260];
    kith_token token;
    host_link *link;
    rig r;

    (void)state;
    rig_make(&r, 4, 4, 4, NULL);
    free(r.d.memory);
    r.d.config.limits.data = 1;
    r.d.memory = malloc(kith_host_size(&r.d.config.limits));
    assert_int_equal(kith_host_init(r.d.memory, kith_host_size(&r.d.config.limits), &r.d.config, &r.d.h), KITH_OK);
    rig_start(&r);
    rig_identity(1, &peer);
    rig_bond(&r, 1, 0x11);
    rig_connection(&r, 0, true, &peer);
    link = link_by_handle(r.d.h, DESK_HANDLE);
    link->wants = 0;
    link->proven = link->claimed;
    link->encryption = LINK_ENCRYPTED;
    link->level = KITH_LEVEL_ENCRYPTED;
    assert_int_equal(kith_peers_ask_resolution(r.d.h, link->proven, &token), KITH_OK);
    assert_true(kith_host_next_packet(r.d.h, packet, sizeof packet) > 0);
    assert_int_equal(packet[0], KITH_H4_ACL);
    while (kith_gatt_write_command(r.d.h, link->id, 3, packet, 1) == KITH_OK)
        continue;
    desk_frame(&r.d, 0, KITH_CID_ATT, not_there, sizeof not_there);
    rig_take_events(&r);
    assert_int_equal(r.told[KITH_EVENT_PEER_DATA], 0);
    assert_false(gatt_client_is_waiting(&link->client));
    rig_event(&r, KITH_HCI_EV_DISCONNECTION_COMPLETE, gone, sizeof gone);
    assert_int_equal(r.told[KITH_EVENT_DISCONNECTED], 1);
    assert_int_equal(r.told[KITH_EVENT_PEER_DATA], 1);
    assert_int_equal(r.last[KITH_EVENT_PEER_DATA].data.status, KITH_ERR_STATE);
    rig_close(&r);
}

/* ---- whom it resolves ---- */

static void expect_identities(const rig *r, const kith_peer_id *wanted, uint16_t wanted_count)
{
    kith_peer_id peers[8];
    uint16_t count;

    assert_int_equal(kith_device_identities_get(r->d.h, peers, 8, &count), KITH_OK);
    assert_int_equal(count, wanted_count);
    assert_int_equal(r->resolving_count, wanted_count);
    assert_memory_equal(peers, wanted, wanted_count * sizeof *peers);
}

static void use(rig *r, kith_peer_id peer, uint32_t last_use)
{
    peers_by_id(&r->d.h->bonds, peer)->use.last_use = last_use;
}

static void who_hides_resolves_those_used_last(void **state)
{
    static const struct {
        uint8_t listed, holds;
    } sizes[] = {{2, 4}, {4, 2}};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        kith_peer_id peers[5];
        rig r;

        rig_open(&r, sizes[i].listed, 4, sizes[i].holds);
        for (uint8_t n = 0; n < 5; n++)
            peers[n] = rig_bond(&r, (uint8_t)(n + 1), n == 0 ? 0 : (uint8_t)(0x11 * (n + 1)));
        use(&r, peers[0], 9); /* has no key */
        use(&r, peers[2], 8);
        use(&r, peers[1], 7);
        rig_run(&r);
        assert_int_equal(r.resolving_count, 0);
        hide(&r);
        expect_identities(&r, (kith_peer_id[]){peers[2], peers[1]}, 2);
        assert_int_equal(kith_bonds_forget(r.d.h, peers[2]), KITH_OK);
        rig_run(&r);
        expect_identities(&r, (kith_peer_id[]){peers[1], peers[4]}, 2);
        assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0, 0), KITH_OK);
        rig_run(&r);
        expect_identities(&r, NULL, 0);
        assert_false(r.resolution);
        rig_close(&r);
    }
}

static void what_the_program_says_stands(void **state)
{
    const kith_peers_filter strong = {.level = KITH_LEVEL_SC_AUTHENTICATED};
    kith_peer_id peers[3];
    rig r;

    (void)state;
    open_hidden(&r, 4, 4);
    for (uint8_t n = 0; n < 3; n++)
        peers[n] = rig_bond(&r, (uint8_t)(n + 1), (uint8_t)(0x11 * (n + 1)));
    rig_run(&r);
    expect_identities(&r, (kith_peer_id[]){peers[2], peers[1], peers[0]}, 3);
    assert_int_equal(kith_device_identities_set(r.d.h, peers, 1, KITH_LIST_PAUSE), KITH_OK);
    rig_run(&r);
    expect_identities(&r, peers, 1);
    assert_int_equal(kith_device_identities_follow(r.d.h, &strong), KITH_OK);
    assert_int_equal(kith_device_identities_follow(r.d.h, NULL), KITH_ERR_BUSY);
    rig_run(&r);
    expect_identities(&r, NULL, 0);
    rig_bond(&r, 4, 0x44);
    rig_run(&r);
    expect_identities(&r, NULL, 0);
    assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0, 0), KITH_OK);
    assert_int_equal(kith_device_identities_follow(r.d.h, NULL), KITH_OK); /* without privacy, too */
    rig_run(&r);
    assert_int_equal(r.resolving_count, 4);
    assert_int_equal(kith_host_factory_reset(r.d.h), KITH_OK);
    rig_run(&r);
    rig_bond(&r, 1, 0x11);
    rig_start(&r);
    expect_identities(&r, NULL, 0);
    rig_close(&r);
}

/* The allow list's keys have their places first. */
static void who_is_allowed_comes_first(void **state)
{
    kith_peer_id peers[4];
    rig r;

    (void)state;
    open_hidden(&r, 4, 2);
    for (uint8_t n = 0; n < 4; n++) {
        peers[n] = rig_bond(&r, (uint8_t)(n + 1), (uint8_t)(0x11 * (n + 1)));
        use(&r, peers[n], n + 1u);
    }
    rig_run(&r);
    expect_identities(&r, (kith_peer_id[]){peers[3], peers[2]}, 2);
    assert_int_equal(kith_allow_list_set(r.d.h, peers, 1, KITH_LIST_PAUSE), KITH_OK);
    rig_run(&r);
    expect_identities(&r, (kith_peer_id[]){peers[0], peers[3]}, 2);
    assert_int_equal(kith_allow_list_set(r.d.h, peers, 3, KITH_LIST_PAUSE), KITH_ERR_FULL);
    assert_int_equal(kith_allow_list_set(r.d.h, peers, 2, KITH_LIST_PAUSE), KITH_OK);
    rig_run(&r);
    expect_identities(&r, peers, 2);
    assert_int_equal(kith_allow_list_set(r.d.h, NULL, 0, KITH_LIST_PAUSE), KITH_OK);
    rig_run(&r);
    expect_identities(&r, (kith_peer_id[]){peers[3], peers[2]}, 2);
    rig_close(&r);
}

static void a_key_that_two_have_is_nobodys(void **state)
{
    kith_peer_id peer;
    rig r;

    (void)state;
    open_hidden(&r, 4, 4);
    rig_bond(&r, 1, 0x11);
    peer = rig_bond(&r, 2, 0x22);
    rig_bond(&r, 3, 0x11);
    rig_run(&r);
    expect_identities(&r, &peer, 1);
    rig_close(&r);
}

static void following_is_refused_where_it_cannot_be(void **state)
{
    static const uint16_t lacking[] = {KITH_HCI_LE_READ_RESOLVING_LIST_SIZE, 0};
    rig r;

    (void)state;
    rig_make(&r, 0, 4, 4, NULL);
    rig_start(&r);
    assert_int_equal(kith_device_identities_follow(r.d.h, NULL), KITH_ERR_UNSUPPORTED);
    rig_close(&r);
    rig_make(&r, 4, 4, 4, lacking);
    assert_int_equal(kith_device_identities_follow(r.d.h, NULL), KITH_ERR_STATE);
    rig_start(&r);
    assert_int_equal(kith_device_identities_follow(r.d.h, NULL), KITH_ERR_UNSUPPORTED);
    hide(&r);
    rig_bond(&r, 1, 0x11);
    rig_run(&r);
    assert_int_equal(r.resolving_count, 0);
    begin_all(&r);
    assert_true(r.scans_as == KITH_ADDRESS_RANDOM && r.connects_as == KITH_ADDRESS_RANDOM);
    rig_close(&r);
    rig_open(&r, 4, 4, 4);
    for (unsigned i = 0; kith_device_identities_follow(r.d.h, NULL) == KITH_OK; i++)
        assert_true(i < 64);
    assert_int_equal(kith_device_identities_follow(r.d.h, NULL), KITH_ERR_FULL); /* events must be taken first */
    rig_close(&r);
}

/* ---- addresses that nobody resolves ---- */

static kith_address own_of(const rig *r)
{
    kith_address own;

    assert_int_equal(kith_gap_own_address(r->d.h, &own), KITH_OK);
    return own;
}

static void who_is_nobody_only_broadcasts_and_listens(void **state)
{
    const kith_address peer = {KITH_ADDRESS_PUBLIC, {9, 2, 3, 4, 5, 6}};
    kith_advertising advertising;
    kith_address before, now;
    kith_scan scan;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    assert_int_equal(set(&r, KITH_PRIVACY_NON_RESOLVABLE, CYCLE_S, 0), KITH_OK);
    rig_bond(&r, 1, 0x11);
    rig_run(&r);
    assert_int_equal(r.resolving_count, 0);
    rig_forget(&r);
    rig_advertising(&advertising, KITH_FILTER_NOTHING);
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_gap_advertise_set(r.d.h, 0, &advertising), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_gap_connect(r.d.h, &peer, NULL), KITH_ERR_UNSUPPORTED);
    assert_int_equal(r.sent, 0);
    advertising.connectable = false;
    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_advertise(r.d.h, &advertising), KITH_OK);
    assert_int_equal(kith_gap_start_scan(r.d.h, &scan), KITH_OK);
    rig_run(&r);
    before = own_of(&r);
    assert_int_equal(kith_address_kind_of(&before), KITH_ADDRESS_KIND_NON_RESOLVABLE);
    assert_memory_equal(r.random_address, before.octets, 6);
    assert_true(r.advertises_as == KITH_ADDRESS_RANDOM && r.scans_as == KITH_ADDRESS_RANDOM);
    pass(&r, cycle_us);
    rig_run(&r);
    now = own_of(&r);
    assert_int_equal(kith_address_kind_of(&now), KITH_ADDRESS_KIND_NON_RESOLVABLE);
    assert_false(kith_address_equal(&before, &now));
    assert_memory_equal(r.random_address, now.octets, 6);
    assert_true(r.advertising && r.scanning);
    rig_close(&r);
}

/* What a source says that is stuck, for so many draws after those that are good; then it is good again. */
typedef struct {
    seeded good;
    const uint8_t *says;
    unsigned left, good_first;
} stuck;

static kith_status stuck_random(void *context, uint8_t *out, size_t len)
{
    stuck *s = context;

    (void)seeded_random(&s->good, out, len);
    if (s->good_first > 0) {
        s->good_first--;
    } else if (s->left > 0) {
        s->left--;
        memcpy(out, s->says, 6);
    }
    return KITH_OK;
}

static void bits_that_are_all_equal_are_no_address(void **state)
{
    static const uint8_t bad[2][6] = {{0, 0, 0, 0, 0, 0xc0}, {0xff, 0xff, 0xff, 0xff, 0xff, 0x3f}};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        stuck s = {{9}, bad[i], 1, 0};
        kith_address own;
        rig r;

        rig_open(&r, 4, 4, 4);
        r.d.port.random = stuck_random;
        r.d.port.context = &s;
        assert_int_equal(set(&r, KITH_PRIVACY_NON_RESOLVABLE, CYCLE_S, 0), KITH_OK);
        own = own_of(&r);
        assert_int_equal(s.left, 0);
        assert_int_equal(kith_address_kind_of(&own), KITH_ADDRESS_KIND_NON_RESOLVABLE);
        assert_true(memcmp(own.octets, bad[i], 5) != 0);
        rig_close(&r);
    }
}

/* The controller's is 01 to 06, which could be drawn. */
static void the_public_address_is_never_drawn(void **state)
{
    static const uint8_t public[6] = {1, 2, 3, 4, 5, 6}, irk[16] = {1, 2, 3};

    (void)state;
    for (unsigned starts = 0; starts <= 1; starts++) {
        stuck s = {{9}, public, 1, starts}; /* after a start the first block is for comparing alone */
        kith_address own;
        rig r;

        rig_make(&r, 4, 4, 4, NULL);
        r.d.config.irk = irk; /* nothing else is drawn first */
        assert_int_equal(kith_host_init(r.d.memory, kith_host_size(&r.d.config.limits), &r.d.config, &r.d.h), KITH_OK);
        if (!starts)
            rig_start(&r);
        r.d.port.random = stuck_random;
        r.d.port.context = &s;
        assert_int_equal(set(&r, KITH_PRIVACY_NON_RESOLVABLE, CYCLE_S, 0), KITH_OK);
        if (starts) { /* it is drawn before the controller has told its own */
            rig_start(&r);
            own = own_of(&r);
            assert_memory_not_equal(own.octets, public, 6);
            assert_memory_equal(own.octets, r.random_address, 6);
        } else {
            assert_int_equal(kith_gap_own_address(r.d.h, &own), KITH_ERR_STATE);
        }
        assert_int_equal(s.left, 0);
        assert_int_equal(set(&r, KITH_PRIVACY_NON_RESOLVABLE, CYCLE_S, 0), KITH_OK);
        own = own_of(&r);
        assert_memory_not_equal(own.octets, public, 6);
        rig_close(&r);
    }
}

/* ---- times ---- */

static void times_are_drawn(void **state)
{
    uint64_t shortest = UINT64_MAX, longest = 0;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 900, 900), KITH_ERR_VALUE);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 900, 420), KITH_OK);
    begin_all(&r);
    for (unsigned i = 0; i < 200; i++) {
        uint64_t left = kith_host_deadline(r.d.h) - r.d.now_us;

        assert_true(left > 480 * 1000000u && left <= 900 * 1000000u);
        shortest = left < shortest ? left : shortest;
        longest = left > longest ? left : longest;
        pass(&r, left);
        r.sent = 0;
        rig_run(&r);
        assert_true(is_all_on(&r));
    }
    assert_true(shortest < 500 * 1000000u && longest > 880 * 1000000u);
    rig_close(&r);
}

/* ---- a promise ---- */

static void who_promised_to_hide_hides(void **state)
{
    const kith_privacy hidden = {KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0},
                       nobody = {KITH_PRIVACY_NON_RESOLVABLE, CYCLE_S, 0};
    size_t size;
    rig r;

    (void)state;
    rig_make(&r, 4, 4, 4, NULL);
    size = kith_host_size(&r.d.config.limits);
    r.d.config.gap.private_only = true;
    assert_int_equal(kith_host_init(r.d.memory, size, &r.d.config, &r.d.h), KITH_ERR_VALUE);
    r.d.config.privacy = nobody;
    assert_int_equal(kith_host_init(r.d.memory, size, &r.d.config, &r.d.h), KITH_ERR_VALUE);
    r.d.config.privacy = hidden;
    assert_int_equal(kith_host_init(r.d.memory, size, &r.d.config, &r.d.h), KITH_OK);
    assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0, 0), KITH_ERR_VALUE);
    assert_int_equal(kith_privacy_set(r.d.h, &nobody), KITH_ERR_VALUE);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 60, 0), KITH_OK);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_controller_has_our_key_while_we_hide),
        cmocka_unit_test(it_has_the_key_of_the_identity_in_use),
        cmocka_unit_test(the_controllers_addresses_change_in_the_same_pause),
        cmocka_unit_test(bonds_that_change_meanwhile_are_not_missed),
        cmocka_unit_test(who_is_not_taken_again_is_told),
        cmocka_unit_test(the_controllers_timer_is_a_net),
        cmocka_unit_test(a_controller_that_takes_no_time_does_without),
        cmocka_unit_test(network_privacy_is_for_who_says_so),
        cmocka_unit_test(a_link_that_ends_between_two_questions_ends_them),
        cmocka_unit_test(who_hides_resolves_those_used_last),
        cmocka_unit_test(what_the_program_says_stands),
        cmocka_unit_test(who_is_allowed_comes_first),
        cmocka_unit_test(a_key_that_two_have_is_nobodys),
        cmocka_unit_test(following_is_refused_where_it_cannot_be),
        cmocka_unit_test(who_is_nobody_only_broadcasts_and_listens),
        cmocka_unit_test(bits_that_are_all_equal_are_no_address),
        cmocka_unit_test(the_public_address_is_never_drawn),
        cmocka_unit_test(times_are_drawn),
        cmocka_unit_test(who_promised_to_hide_hides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
