/* GAP with privacy, directed advertising and connecting by lists: DCON, ACEP, GCEP, SCEP, DCEP, and broadcasts that
 * nobody resolves.  Core Vol 3 Part C 9.3, 10.7. */
#include "air.h"
#include "case.h"

static void begin_private(void)
{
    air_begin();
    air_power_on();
}

static void the_bond_is_proven(void)
{
    check(air.last.connected.claimed == air.bond);
    if (air.last.connected.we_are_central)
        check(kith_security_secure(air.host, air.link, KITH_LEVEL_ENCRYPTED) == KITH_OK);
    else
        tester_encrypts();
    check(air_await(KITH_EVENT_ENCRYPTED, 5)->peer == air.bond);
}

/* ---- peripheral ---- */

/* The bonded central says whether it resolves private addresses. */
static void it_says_that_it_resolves(bool resolves)
{
    kith_address ours;
    kith_token token;

    we_advertise(true);
    ours = we_are_heard(PDU_ADV_IND);
    tester_connects(&ours);
    air_await(KITH_EVENT_CONNECTED, 1);
    the_bond_is_proven();
    check(kith_peers_ask_resolution(air.host, air.bond, &token) == KITH_OK);
    tester_answers_read(resolves ? 1 : 0xff); /* Central Address Resolution */
    tester_answers_read(0xff);                /* Resolvable Private Address Only */
    check(air_await(KITH_EVENT_PEER_DATA, 5)->data.status == KITH_OK);
    tester_hangs_up();
}

static kith_status we_direct(void)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, NULL);
    advertising.data_len = 0;
    advertising.directed = true;
    advertising.to = air.tester_identity;
    return kith_gap_advertise(air.host, &advertising);
}

CONFORMANCE_ONCE("GAP/CONN/DCON/BV-04-C", "Directed to a private address of a central that resolves")
{
    kith_address ours, first, second;

    begin_private();
    it_says_that_it_resolves(true);
    check(we_direct() == KITH_OK);
    ours = we_are_heard(PDU_DIRECT_IND);
    first = air.ours[PDU_DIRECT_IND].target;
    check(is_ours(&ours) && is_the_testers(&first));
    our_address_changes(PDU_DIRECT_IND);
    second = air.ours[PDU_DIRECT_IND].target;
    check(is_the_testers(&second) && !kith_address_equal(&first, &second));

    bench_round("it knows itself, and comes");
    tester_resolves();
    tester_connects(&air.our_identity);
    air_await(KITH_EVENT_CONNECTED, 1);
    the_bond_is_proven();
    air_end();
}

CONFORMANCE_ONCE("GAP/CONN/DCON/BV-05-C", "Not directed to one that does not resolve")
{
    begin_private();
    check(we_direct() == KITH_ERR_UNSUPPORTED); /* nobody asked it yet */
    it_says_that_it_resolves(false);
    check(we_direct() == KITH_ERR_UNSUPPORTED);
    air_run(2000);
    check(air.heard[PDU_DIRECT_IND] == 0);
    air_end();
}

/* ---- central ---- */

static void tester_directs(void)
{
    tester_resolves();
    tester_advertises_to(&air.our_identity);
}

static void list_the_tester(void)
{
    check(kith_allow_list_set(air.host, &air.bond, 1, KITH_LIST_PAUSE) == KITH_OK);
    check(air_await(KITH_EVENT_ALLOW_LIST, 2)->peer_list.status == KITH_OK);
}

static void we_initiate(const kith_address *peer)
{
    kith_initiating initiating;

    kith_gap_default_initiating(&initiating);
    initiating.listed = peer == NULL;
    if (peer != NULL)
        initiating.peer = *peer;
    check(kith_gap_initiate(air.host, &initiating) == KITH_OK);
}

static void we_connect_privately(void)
{
    kith_address ours = we_are_heard(PDU_CONNECT_IND);

    check(is_ours(&ours));
    air_await(KITH_EVENT_CONNECTED, 5);
    check(is_the_testers(&air.last.connected.peer));
    the_bond_is_proven();
}

/* One of a key that we do not know is passed over. */
static void a_stranger_is_passed_over(bool directed)
{
    const kith_address target = address_of_ours(0x9999);

    tester_is_stranger(0x9001);
    if (directed)
        tester_advertises_to(&target);
    else
        tester_advertises();
    air_run(2000);
    check(air.heard[PDU_CONNECT_IND] == 0);
    tester_stops();
    air_run(50);
}

CONFORMANCE_ONCE("GAP/CONN/ACEP/BV-03-C", "Automatically, to directed advertising")
{
    begin_private();
    list_the_tester();
    we_initiate(NULL);
    a_stranger_is_passed_over(true);
    tester_directs();
    we_connect_privately();
    air_end();
}

CONFORMANCE_ONCE("GAP/CONN/ACEP/BV-04-C", "Automatically, to undirected advertising")
{
    begin_private();
    list_the_tester();
    we_initiate(NULL);
    a_stranger_is_passed_over(false);
    tester_is_private(0xa002);
    tester_advertises();
    we_connect_privately();
    air_end();
}

/* Until it is heard, directed to us: its address, as to be connected to. */
static kith_address directed_report(void)
{
    for (;;) {
        const kith_event_report *report = &air_await(KITH_EVENT_REPORT, 5)->report;

        if (report->directed && report->claimed == air.bond)
            return report->address;
    }
}

CONFORMANCE_ONCE("GAP/CONN/GCEP/BV-05-C", "General connection establishment, directed")
{
    kith_address found;

    begin_private();
    we_scan(false);
    tester_directs();
    found = directed_report();
    we_stop_scanning();
    we_initiate(&found);
    we_connect_privately();
    air_end();
}

CONFORMANCE_ONCE("GAP/CONN/SCEP/BV-03-C", "Selective connection establishment, directed")
{
    kith_address found;
    kith_scan scan;

    begin_private();
    list_the_tester();
    kith_gap_default_scan(&scan);
    scan.active = false;
    scan.filter = true;
    check(kith_gap_start_scan(air.host, &scan) == KITH_OK);
    a_stranger_is_passed_over(true);
    check(!air_awaits(KITH_EVENT_REPORT, 1));
    tester_directs();
    found = directed_report();
    we_stop_scanning();
    we_initiate(&found);
    we_connect_privately();
    air_end();
}

CONFORMANCE_ONCE("GAP/CONN/DCEP/BV-05-C", "Direct connection establishment, directed")
{
    begin_private();
    we_initiate(&air.tester_identity);
    a_stranger_is_passed_over(true);
    tester_directs();
    we_connect_privately();
    air_end();
}

CONFORMANCE_ONCE("GAP/CONN/DCEP/BV-06-C", "Direct connection establishment, undirected")
{
    begin_private();
    we_initiate(&air.tester_identity);
    a_stranger_is_passed_over(false);
    tester_is_private(0xa006);
    tester_advertises();
    we_connect_privately();
    air_end();
}

/* ---- broadcaster ---- */

CONFORMANCE_ONCE("GAP/BROB/BCST/BV-04-C", "Broadcast with an address that nobody resolves")
{
    kith_advertising advertising;
    kith_address ours;

    air_begin();
    air.config.privacy.mode = KITH_PRIVACY_NON_RESOLVABLE;
    air_power_on();
    kith_gap_default_advertising(&advertising, NULL);
    check(kith_gap_advertise(air.host, &advertising) == KITH_ERR_UNSUPPORTED); /* connectable */
    advertising.connectable = false;
    advertising.silent = true;
    check(kith_gap_advertise(air.host, &advertising) == KITH_OK);
    ours = we_are_heard(PDU_NONCONN_IND);
    check(is_non_resolvable(&ours));
    our_address_changes(PDU_NONCONN_IND);
    ours = we_are_heard(PDU_NONCONN_IND);
    check(is_non_resolvable(&ours));
    air_end();
}
