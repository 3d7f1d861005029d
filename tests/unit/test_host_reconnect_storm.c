/* Background reconnection with anything in between, in any order: bonds, links, the program's lists, advertising, scans
 * and connecting, refusals and lost controllers.  Nothing ever filters with somebody in the list who is only looked
 * for, the program sees no end without a reason, and when all is quiet whoever is away is looked for. */
#include "test_host_reconnect_support.h"

enum { SEEDS = 1500, ACTIONS = 200, PEERS = 5, LOG_MOST = RIG_LOG - 60 };

typedef struct {
    rig r;
    uint64_t state;
    bool connecting; /* the program */
    bool ends;       /* there was a reason */
    bool listed[PEERS + 1];
    kith_peer_id ids[PEERS + 1]; /* by number, from 1 */
    unsigned linked[2];          /* number of the peer on it; 0: free */
} storm;

static unsigned draw(storm *s, unsigned below)
{
    s->state = s->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(s->state >> 33) % below;
}

static bool filters(const rig *r)
{
    return (r->advertising && r->advertising_policy != 0) || (r->scanning && r->scanning_policy != 0);
}

/* Whom the program has taken out is in it until what filters is paused for the change. */
static void check_filter(storm *s)
{
    uint16_t place;

    for (uint8_t i = 1; i <= PEERS; i++) {
        bool is_listed = kith_allow_list_place(s->r.d.h, s->ids[i], &place) == KITH_OK;

        s->listed[i] = is_listed || (s->listed[i] && filters(&s->r));
        assert_true(!filters(&s->r) || !rig_filters(&s->r, i) || s->listed[i]);
    }
}

static void check(storm *s)
{
    check_filter(s);
    rig_take_events(&s->r);
    assert_true(s->r.told[KITH_EVENT_CONNECT_FAILED] == 0 || s->ends);
    if (s->r.told[KITH_EVENT_CONNECT_FAILED] != 0)
        s->connecting = false;
    s->r.told[KITH_EVENT_CONNECT_FAILED] = 0;
    if (s->r.sent > LOG_MOST)
        s->r.sent = 0;
}

static void run(storm *s, unsigned steps)
{
    for (unsigned i = 0; i < steps && !s->r.kept; i++) {
        bool more = rig_step(&s->r);

        check(s);
        if (!more && kith_host_advance(s->r.d.h, s->r.d.now_us) == KITH_OK)
            check(s);
        if (!more && s->r.sent == 0)
            return;
    }
}

static void address_of(storm *s, unsigned number, kith_address *address)
{
    if (number % 2 == 1)
        rig_private(&s->r, (uint8_t)(0x10 + number), (uint8_t)draw(s, 200), address);
    else
        rig_identity((uint8_t)number, address);
}

static unsigned number_of(const storm *s, const kith_address *address)
{
    const peers_bond *bond = peers_by_address(&s->r.d.h->bonds, &s->r.d.port, &s->r.d.h->own, address);

    for (unsigned i = 1; bond != NULL && i <= PEERS; i++)
        if (bond->id == s->ids[i])
            return i;
    return NOBODY;
}

/* ---- what happens ---- */

static void change_bonds(storm *s)
{
    uint8_t number = (uint8_t)(1 + draw(s, PEERS));
    kith_bond_info info;

    if (kith_bonds_get(s->r.d.h, s->ids[number], &info) == KITH_OK && draw(s, 3) == 0)
        (void)!kith_bonds_forget(s->r.d.h, s->ids[number]);
    else
        s->ids[number] = rig_bond(&s->r, number, number % 2 == 1 ? (uint8_t)(0x10 + number) : 0);
}

static void set_list(storm *s)
{
    kith_peer_id peers[PEERS] = {0};
    uint16_t count = 0;
    unsigned most = draw(s, 3);
    kith_bond_info info;

    for (uint8_t i = 1; i <= PEERS && count < most; i++) {
        if (draw(s, 2) == 0 || kith_bonds_get(s->r.d.h, s->ids[i], &info) != KITH_OK)
            continue;
        peers[count++] = s->ids[i];
    }
    (void)!kith_allow_list_set(s->r.d.h, peers, count, KITH_LIST_PAUSE);
}

static void advertise(storm *s)
{
    kith_advertising advertising;

    if (draw(s, 2) == 0) {
        (void)!kith_gap_stop_advertising(s->r.d.h);
        return;
    }
    rig_advertising(&advertising, (uint8_t)draw(s, KITH_FILTER_ALL + 1));
    (void)!kith_gap_advertise(s->r.d.h, &advertising);
}

static void scan(storm *s)
{
    kith_scan scan;

    if (draw(s, 2) == 0) {
        (void)!kith_gap_stop_scan(s->r.d.h);
        return;
    }
    kith_gap_default_scan(&scan);
    scan.filter = draw(s, 2) == 0;
    (void)!kith_gap_start_scan(s->r.d.h, &scan);
}

static void connect(storm *s)
{
    kith_address stranger;

    rig_identity(NOBODY, &stranger);
    if (draw(s, 2) == 0 && s->connecting) {
        s->ends |= kith_gap_cancel_connect(s->r.d.h) == KITH_OK;
        return;
    }
    if (s->connecting)
        return;
    if (kith_gap_connect(s->r.d.h, &stranger, NULL) == KITH_OK)
        s->connecting = true;
}

/* Of the initiator: to whom it may be made, else by the peer itself. */
static void link_peer(storm *s)
{
    unsigned slot = draw(s, 2), number = 1 + draw(s, PEERS);
    bool central = s->r.initiating && draw(s, 3) != 0;
    kith_address address;

    if (s->linked[slot] != 0 || s->linked[!slot] == number)
        return;
    address_of(s, number, &address);
    if (central && s->r.initiating_policy == 0) {
        address = s->r.connects_to;
        number = number_of(s, &address);
        s->connecting &= number != NOBODY;
        if (s->linked[!slot] == number)
            return;
    } else if (central && !rig_filters(&s->r, (uint8_t)number)) {
        return;
    } else if (!central && !s->r.advertising) {
        return;
    }
    rig_links(&s->r, slot, central, &address);
    if (rig_link(&s->r, slot) != NULL)
        s->linked[slot] = number;
}

static void prove_or_end(storm *s)
{
    unsigned slot = draw(s, 2);
    host_link *link = rig_link(&s->r, slot);

    if (link == NULL) {
        s->linked[slot] = 0;
        return;
    }
    if (draw(s, 2) == 0) {
        rig_prove(&s->r, slot);
        return;
    }
    if (draw(s, 4) == 0 && link->proven == 0)
        (void)!kith_gap_disconnect(s->r.d.h, link->id, KITH_HCI_REMOTE_USER_TERMINATED);
    s->linked[slot] = 0;
    rig_ends(&s->r, slot, KITH_HCI_CONNECTION_TIMEOUT);
}

static void hear(storm *s)
{
    kith_address address;

    address_of(s, 1 + draw(s, PEERS), &address);
    if (s->r.scanning)
        rig_heard(&s->r, &address);
}

static void keep_or_answer(storm *s)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_CREATE_CONNECTION, KITH_HCI_LE_CREATE_CONNECTION_CANCEL,
                                       KITH_HCI_LE_SET_SCAN_ENABLE, KITH_HCI_LE_ADD_TO_FILTER_LIST,
                                       KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST};

    if (s->r.kept)
        rig_answer_kept(&s->r);
    s->r.keep = draw(s, 2) == 0 ? 0 : opcodes[draw(s, 5)];
}

static void wait(storm *s)
{
    static const unsigned ms[] = {1, 500, 1100, 6000, 31000};

    if (!s->r.kept)
        s->r.d.now_us += (uint64_t)ms[draw(s, 5)] * MS;
}

static void follow(storm *s)
{
    kith_reconnection as;

    kith_reconnect_default(&as);
    if (draw(s, 6) == 0)
        (void)!kith_reconnect_end(s->r.d.h);
    else if (draw(s, 2) == 0)
        (void)!kith_reconnect_wake(s->r.d.h, 0);
    else
        (void)!kith_reconnect_follow(s->r.d.h, &as);
}

static void act(storm *s)
{
    static void (*const actions[])(storm *) = {change_bonds, set_list,  advertise,    scan, connect,        link_peer,
                                               link_peer,    link_peer, prove_or_end, hear, keep_or_answer, wait,
                                               wait,         follow,    prove_or_end, hear};

    actions[draw(s, sizeof actions / sizeof actions[0])](s);
    check(s);
    run(s, draw(s, 8));
}

/* ---- at the end ---- */

static void settle(storm *s)
{
    if (s->r.kept)
        rig_answer_kept(&s->r);
    s->r.keep = 0;
    run(s, 400);
    s->ends = true;
    (void)!kith_gap_cancel_connect(s->r.d.h);
    (void)!kith_gap_stop_scan(s->r.d.h);
    (void)!kith_gap_stop_advertising(s->r.d.h);
    run(s, 400);
    for (unsigned slot = 0; slot < 2; slot++)
        if (rig_link(&s->r, slot) != NULL)
            rig_ends(&s->r, slot, KITH_HCI_CONNECTION_TIMEOUT);
    for (unsigned i = 0; i < 3; i++) { /* what was heard is forgotten, attempts end */
        s->r.d.now_us += HOST_RECONNECT_ATTEMPT_US;
        run(s, 400);
    }
}

/* Whoever is bonded is looked for, by what is there to do it. */
static void expect_looked_for(storm *s)
{
    kith_reconnection as;
    kith_address address;
    kith_bond_info info;
    unsigned bonded = 0;

    kith_reconnect_default(&as);
    assert_int_equal(kith_reconnect_follow(s->r.d.h, &as), KITH_OK);
    assert_int_equal(kith_reconnect_wake(s->r.d.h, 0), KITH_OK);
    run(s, 400);
    for (uint8_t i = 1; i <= PEERS; i++) {
        if (kith_bonds_get(s->r.d.h, s->ids[i], &info) != KITH_OK)
            continue;
        bonded++;
        assert_int_equal(rig_info(&s->r, s->ids[i]).state, KITH_RECONNECT_LOOKING);
        if (s->r.initiating) {
            assert_true(s->r.initiating_policy == 1 && rig_filters(&s->r, i));
            continue;
        }
        assert_true(s->r.scanning);
        address_of(s, i, &address);
        rig_heard(&s->r, &address);
        run(s, 100);
        assert_true(s->r.initiating);
        assert_int_equal(number_of(s, &s->r.connects_to), i); /* a controller that resolves knows an identity */
        rig_links(&s->r, 0, true, &address);
        rig_prove(&s->r, 0);
        run(s, 100);
        assert_int_equal(rig_info(&s->r, s->ids[i]).state, KITH_RECONNECT_CONNECTED);
        rig_ends(&s->r, 0, KITH_HCI_CONNECTION_TIMEOUT);
        run(s, 100);
    }
    assert_true(bonded > 0 || (!s->r.initiating && !s->r.scanning));
}

static void whatever_comes_in_between(void **state)
{
    const char *seed = getenv("KITH_SEED"), *seeds = getenv("KITH_SEEDS");
    uint64_t first = seed != NULL ? strtoull(seed, NULL, 0) : 1;
    unsigned runs = seeds != NULL ? (unsigned)strtoul(seeds, NULL, 0) : SEEDS;

    (void)state;
    for (unsigned i = 0; i < runs; i++) {
        storm s;
        uint8_t listed;

        memset(&s, 0, sizeof s);
        s.state = first + i;
        if (i % 500 == 0)
            print_message("seeds from %llu\n", (unsigned long long)(first + i));
        listed = draw(&s, 3) == 0 ? 0 : 6;
        rig_open(&s.r, listed, 6, draw(&s, 2) == 0 ? 6 : 2);
        s.r.one_radio = s.ends = draw(&s, 4) == 0; /* its own scan ends the program's connecting there */
        for (unsigned k = 0; k < 4; k++)
            change_bonds(&s);
        follow(&s);
        for (unsigned k = 0; k < ACTIONS; k++)
            act(&s);
        settle(&s);
        expect_looked_for(&s);
        if (!s.r.one_radio)
            assert_int_equal(s.r.disallowed, 0);
        rig_close(&s.r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_comes_in_between)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
