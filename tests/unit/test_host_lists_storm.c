/* Anything in any order: lists that are set and follow, bonds that come and go, what is switched on and off, links that
 * come in between, addresses of our own that change in time, answers that come late or say no.  When all is quiet the
 * controller has what is wanted, and does what the program was told that it does. */
#include "test_host_lists_support.h"

enum { SEEDS = 2000, ACTIONS = 150, PEERS = 6, RIG_COMMANDS = RIG_LOG - 40 };

typedef struct {
    rig r;
    uint64_t state;
    bool connecting; /* as the program knows it */
    bool refused;    /* the controller has said no since lists were set last */
    bool linked[2];  /* a link, by role: peripheral, central */
    bool may_end[3]; /* advertising, scanning, connecting: there is a reason */
} storm;

static unsigned draw(storm *s, unsigned below)
{
    s->state = s->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(s->state >> 33) % below;
}

static bool is_on(const storm *s, kith_event_kind kind)
{
    return s->r.told[kind] != 0 && s->r.last[kind].activity.on;
}

/* Nothing ends without a reason. */
static void note(storm *s)
{
    rig_take_events(&s->r);
    if (s->r.told[KITH_EVENT_CONNECT_FAILED] != 0) {
        s->connecting = false;
        assert_true(s->may_end[2]);
    }
    s->r.told[KITH_EVENT_CONNECT_FAILED] = 0;
    assert_true(s->r.told[KITH_EVENT_ADVERTISING] == 0 || is_on(s, KITH_EVENT_ADVERTISING) || s->may_end[0]);
    assert_true(s->r.told[KITH_EVENT_SCANNING] == 0 || is_on(s, KITH_EVENT_SCANNING) || s->may_end[1]);
    if (s->r.sent > RIG_COMMANDS)
        s->r.sent = 0; /* of those that were counted so far, none spins */
}

/* ---- what the program does ---- */

static uint16_t some_peers(storm *s, kith_peer_id *peers)
{
    uint16_t count = 0;

    for (kith_peer_id peer = 0;;) {
        kith_bond_info info;

        if (kith_bonds_next(s->r.d.h, peer, &info) != KITH_OK)
            return count;
        peer = info.peer;
        if (draw(s, 3) == 0 && count < s->r.listed)
            peers[count++] = peer;
    }
}

static void set_lists(storm *s)
{
    kith_peer_id peers[PEERS];
    kith_list_manner manner = draw(s, 4) == 0 ? KITH_LIST_REFUSE : KITH_LIST_PAUSE;
    uint16_t count = some_peers(s, peers);

    switch (draw(s, 5)) {
    case 0:
        (void)!kith_allow_list_follow(s->r.d.h, NULL);
        break;
    case 4:
        (void)!kith_device_identities_follow(s->r.d.h, NULL);
        break;
    case 1:
        (void)!kith_device_identities_set(s->r.d.h, peers, count, manner);
        break;
    default:
        (void)!kith_allow_list_set(s->r.d.h, peers, count, manner);
        break;
    }
}

static void change_bonds(storm *s)
{
    kith_peer_id peers[PEERS];
    uint8_t number = (uint8_t)(1 + draw(s, PEERS));

    if (draw(s, 4) == 0 && some_peers(s, peers) != 0) {
        peers_by_id(&s->r.d.h->bonds, peers[0])->use.private_only = (uint8_t)draw(s, 3);
        lists_on_use(s->r.d.h);
    } else if (draw(s, 3) == 0 && some_peers(s, peers) != 0)
        (void)!kith_bonds_forget(s->r.d.h, peers[0]);
    else
        rig_bond(&s->r, number, draw(s, 3) == 0 ? 0 : (uint8_t)(0x10 * number + draw(s, 2)));
}

/* Private addresses, whose time is over now and then. */
static void change_own(storm *s)
{
    const kith_privacy hidden = {KITH_PRIVACY_RESOLVABLE, 60, 20}, plain = {KITH_PRIVACY_OFF, 0, 0};

    if (draw(s, 3) != 0) /* a controller that does not answer for so long is lost */
        s->r.d.now_us += s->r.kept ? 0 : 1000000u * draw(s, 70);
    else
        (void)!kith_privacy_set(s->r.d.h, draw(s, 3) != 0 ? &hidden : &plain);
    (void)!kith_host_advance(s->r.d.h, s->r.d.now_us);
}

/* A list that the controller refused ends advertising. */
static void begins(storm *s, unsigned what, kith_status status)
{
    if (status != KITH_OK)
        return;
    s->may_end[what] = what == 0 && s->refused;
    s->r.told[what == 0 ? KITH_EVENT_ADVERTISING : KITH_EVENT_SCANNING] = 0;
}

static void switch_something(storm *s)
{
    kith_host *h = s->r.d.h;
    kith_advertising advertising;
    kith_scan scan;
    kith_address peer;

    rig_advertising(&advertising, (uint8_t)draw(s, 3));
    advertising.ask_list = advertising.filter != 0 && draw(s, 3) == 0;
    kith_gap_default_scan(&scan);
    scan.filter = draw(s, 2) != 0;
    rig_identity(99, &peer);
    switch (draw(s, 7)) {
    case 0:
        begins(s, 0, kith_gap_advertise(h, &advertising));
        break;
    case 1:
        s->may_end[0] |= kith_gap_stop_advertising(h) == KITH_OK;
        break;
    case 2:
        begins(s, 1, kith_gap_start_scan(h, &scan));
        break;
    case 3:
        s->may_end[1] |= kith_gap_stop_scan(h) == KITH_OK;
        break;
    case 4:
        if (!s->linked[1] && kith_gap_connect(h, &peer, NULL) == KITH_OK) {
            s->connecting = true;
            s->may_end[2] = false;
        }
        break;
    case 5:
        s->may_end[2] |= kith_gap_cancel_connect(h) == KITH_OK;
        break;
    default:
        (void)!kith_allow_list_ready(h);
        break;
    }
}

/* ---- what the controller does ---- */

/* It may have come before the controller was told to stop, and be told late: what was resumed meanwhile goes on. */
static bool is_late(const storm *s, bool central)
{
    if (central)
        return s->connecting && s->r.kept && s->r.keep == KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
    return is_on(s, KITH_EVENT_ADVERTISING) &&
           (!s->r.advertising || (s->r.kept && s->r.keep == KITH_HCI_LE_SET_ADV_ENABLE));
}

static void link_up(storm *s, bool central)
{
    uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE};
    bool late = is_late(s, central);

    if (s->linked[central] || (!late && !(central ? s->r.initiating : s->r.advertising)))
        return;
    bytes_put16(p + 2, (uint16_t)(DESK_HANDLE + central));
    p[4] = !central;
    p[6] = (uint8_t)(0x90 + central);
    p[12] = 24;
    p[16] = 100;
    s->linked[central] = true;
    if (central)
        s->r.initiating = s->connecting = false;
    else
        s->r.advertising &= late;
    if (central && late)
        s->r.kept_status = draw(s, 2) != 0 ? KITH_HCI_SUCCESS : KITH_HCI_COMMAND_DISALLOWED;
    s->may_end[0] |= !central;
    rig_event(&s->r, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void link_down(storm *s, bool central)
{
    uint8_t p[4] = {0, 0, 0, KITH_HCI_CONNECTION_TIMEOUT};

    bytes_put16(p + 1, (uint16_t)(DESK_HANDLE + central));
    if (s->linked[central])
        rig_event(&s->r, KITH_HCI_EV_DISCONNECTION_COMPLETE, p, sizeof p);
    s->linked[central] = false;
}

static void answer_kept(storm *s)
{
    if (s->r.kept)
        rig_answer_kept(&s->r);
    s->r.keep = 0;
}

static const uint16_t of_lists[] = {KITH_HCI_LE_ADD_TO_FILTER_LIST,    KITH_HCI_LE_REMOVE_FROM_FILTER_LIST,
                                    KITH_HCI_LE_ADD_TO_RESOLVING_LIST, KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST,
                                    KITH_HCI_LE_SET_RESOLUTION_ENABLE, KITH_HCI_LE_SET_PRIVACY_MODE,
                                    KITH_HCI_LE_SET_RPA_TIMEOUT};
static const uint16_t of_activities[] = {KITH_HCI_LE_SET_ADV_ENABLE, KITH_HCI_LE_SET_SCAN_ENABLE,
                                         KITH_HCI_LE_CREATE_CONNECTION, KITH_HCI_LE_CREATE_CONNECTION_CANCEL};

static void be_odd(storm *s)
{
    unsigned which = draw(s, 11);

    if (s->r.kept)
        answer_kept(s);
    else if (draw(s, 3) != 0)
        s->r.keep = which < 7 ? of_lists[which] : of_activities[which - 7];
    else if (which < 7) {
        s->r.refuse = of_lists[which];
        s->r.refuse_with = KITH_HCI_COMMAND_DISALLOWED;
        s->refused = s->may_end[0] = true;
    }
}

static void do_something(storm *s)
{
    switch (draw(s, 14)) {
    case 13:
        change_own(s);
        break;
    case 0:
        set_lists(s);
        break;
    case 1:
    case 12:
        change_bonds(s);
        break;
    case 2:
    case 3:
        switch_something(s);
        break;
    case 4:
        link_up(s, draw(s, 2) != 0);
        break;
    case 5:
        link_down(s, draw(s, 2) != 0);
        break;
    case 6:
        be_odd(s);
        break;
    default:
        rig_step(&s->r);
        s->r.refuse = draw(s, 4) == 0 ? 0 : s->r.refuse;
        break;
    }
    note(s);
}

/* ---- when all is quiet ---- */

/* What hides is under one address, and the controller's own are younger. */
static void expect_hidden(const storm *s)
{
    kith_privacy privacy;
    kith_address own;

    kith_privacy_get(s->r.d.h, &privacy);
    if (privacy.mode == KITH_PRIVACY_OFF || !(s->r.advertising || s->r.scanning || s->r.initiating))
        return;
    assert_int_equal(kith_gap_own_address(s->r.d.h, &own), KITH_OK);
    assert_memory_equal(s->r.random_address, own.octets, 6);
    assert_true(!s->r.advertising || s->r.advertises_as == KITH_ADDRESS_RANDOM);
    assert_true(!s->r.scanning || s->r.scans_as == 3);
    assert_true(!s->r.initiating || s->r.connects_as == 3);
    for (unsigned i = 0; i < s->r.resolving_count && !s->refused; i++)
        assert_true(s->r.resolving[i].added > s->r.addressed);
}

static void calm_down(storm *s)
{
    answer_kept(s);
    s->r.refuse = 0;
    rig_run(&s->r);
    rig_run(&s->r);
    note(s);
}

static bool is_in(const rig_entry *entries, unsigned count, const kith_address *identity)
{
    for (unsigned i = 0; i < count; i++)
        if (kith_address_equal(&entries[i].identity, identity))
            return true;
    return false;
}

static void expect_wanted(storm *s)
{
    kith_peer_id peers[2 * PEERS];
    kith_bond_info info;
    uint16_t count;

    assert_int_equal(kith_allow_list_get(s->r.d.h, peers, PEERS, &count), KITH_OK);
    assert_int_equal(s->r.filtered_count, count);
    for (uint16_t i = 0; i < count; i++) {
        assert_int_equal(kith_bonds_get(s->r.d.h, peers[i], &info), KITH_OK);
        assert_true(is_in(s->r.filtered, s->r.filtered_count, &info.identity));
    }
    assert_int_equal(kith_device_identities_get(s->r.d.h, peers, 2 * PEERS, &count), KITH_OK);
    assert_int_equal(s->r.resolving_count, count);
    assert_int_equal(s->r.resolution, count != 0);
    for (uint16_t i = 0; i < count; i++) {
        const peers_bond *bond = peers_by_id(&s->r.d.h->bonds, peers[i]);
        uint8_t p[7] = {bond->identity.type};
        const rig_entry *entry;

        memcpy(p + 1, bond->identity.octets, 6);
        entry = rig_find(s->r.resolving, s->r.resolving_count, p);
        assert_non_null(entry);
        assert_memory_equal(entry->irk, bond->irk, 16);
        assert_int_equal(entry->mode, bond->use.private_only != KITH_STATE_YES);
        assert_memory_equal(entry->local_irk, privacy_key(s->r.d.h), 16);
    }
}

static void expect_quiet(storm *s)
{
    assert_int_equal(s->r.disallowed, 0);
    assert_int_equal(s->r.advertising, is_on(s, KITH_EVENT_ADVERTISING));
    assert_int_equal(s->r.scanning, is_on(s, KITH_EVENT_SCANNING));
    assert_int_equal(s->r.initiating, s->connecting);
    expect_hidden(s);
    assert_true(kith_host_deadline(s->r.d.h) > s->r.d.now_us);
    if (!s->refused)
        expect_wanted(s);
}

static unsigned last_seed;

static int tell_seed(void **state)
{
    (void)state;
    print_message("the last seed was %u\n", last_seed);
    return 0;
}

static void in_the_end_all_is_as_it_was_wanted(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        storm s;
        unsigned lists;

        last_seed = seed;
        memset(&s, 0, sizeof s);
        rig_open(&s.r, PEERS, (uint8_t)(2 + seed % 5), (uint8_t)(2 + seed / 5 % 5));
        s.r.listed = 2; /* fits everywhere, with identities of two more */
        s.state = seed * 2654435761u + 1;
        for (unsigned i = 0; i < ACTIONS; i++)
            do_something(&s);
        calm_down(&s);
        expect_quiet(&s);
        lists = s.r.told[KITH_EVENT_ALLOW_LIST];
        s.refused = false; /* what was refused is made good by the next change */
        assert_int_equal(kith_device_identities_set(s.r.d.h, NULL, 0, KITH_LIST_PAUSE), KITH_OK);
        calm_down(&s);
        assert_int_equal(kith_allow_list_set(s.r.d.h, NULL, 0, KITH_LIST_PAUSE), KITH_OK);
        calm_down(&s);
        assert_true(s.r.told[KITH_EVENT_ALLOW_LIST] > lists);
        assert_int_equal(s.r.last[KITH_EVENT_ALLOW_LIST].peer_list.status, KITH_OK);
        assert_int_equal(s.r.filtered_count + s.r.resolving_count, 0);
        expect_quiet(&s);
        rig_close(&s.r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(in_the_end_all_is_as_it_was_wanted, tell_seed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
