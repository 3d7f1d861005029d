/* GAP with privacy: PRIV, PRDA, UCON, ACEP, GCEP, SCEP, DCEP, BROB and DISC, heard on air.  Core Vol 3 Part C 9, 10.7.
 */
#include "air.h"
#include "case.h"

static void begin_private(void)
{
    air_begin();
    air_power_on();
}

/* The link's claim is proven with the bond's key. */
static void the_bond_is_proven(void)
{
    check(air.last.connected.claimed == air.bond);
    if (air.last.connected.we_are_central)
        check(kith_security_secure(air.host, air.link, KITH_LEVEL_ENCRYPTED) == KITH_OK);
    else
        tester_encrypts();
    check(air_await(KITH_EVENT_ENCRYPTED, 5)->peer == air.bond);
}

static void tester_comes(void)
{
    kith_address ours = we_are_heard(PDU_ADV_IND);

    check(is_ours(&ours));
    tester_connects(&ours);
    air_await(KITH_EVENT_CONNECTED, 1);
}

/* ---- peripheral ---- */

CONFORMANCE_ONCE("GAP/PRIV/CONN/BV-10-C", "As peripheral we advertise with a private address, and change it")
{
    begin_private();
    we_advertise(true);
    tester_comes();
    the_bond_is_proven();
    tester_hangs_up();
    we_advertise(true);
    our_address_changes(PDU_ADV_IND);
    tester_comes();
    the_bond_is_proven();
    air_end();
}

CONFORMANCE_ONCE("GAP/PRIV/CONN/BV-12-C", "A central whose private address nobody knows gets no rights")
{
    begin_private();
    tester_is_stranger(0x1234);
    we_advertise(true);
    tester_comes();
    check(air.last.connected.claimed == 0);
    check(kith_address_equal(&air.last.connected.peer, &air.tester_is));
    tester_hangs_up();

    bench_round("and the next one that is known gets its own");
    tester_is_private(0x2345);
    we_advertise(true);
    tester_comes();
    the_bond_is_proven();
    air_end();
}

CONFORMANCE_ONCE("GAP/CONN/PRDA/BV-01-C", "Bonded, as peripheral: the central comes by a private address")
{
    begin_private();
    for (uint32_t prand = 0x3001; prand < 0x3004; prand++) {
        tester_is_private(prand);
        we_advertise(true);
        tester_comes();
        the_bond_is_proven();
        tester_hangs_up();
    }
    air_end();
}

CONFORMANCE_ONCE("GAP/CONN/UCON/BV-06-C", "Undirected connectable, with a private address")
{
    kith_address ours, rsp;

    begin_private();
    we_advertise(true);
    tester_scans();
    ours = we_are_heard(PDU_ADV_IND);
    rsp = we_are_heard(PDU_SCAN_RSP);
    check(is_ours(&ours) && kith_address_equal(&ours, &rsp));
    tester_comes();
    the_bond_is_proven();
    air_end();
}

/* ---- central ---- */

/* Until the bonded tester is heard: its address as reported. */
static kith_address find_the_tester(void)
{
    kith_peer_id peer;

    for (;;) {
        const kith_event *report = air_await(KITH_EVENT_REPORT, 5);

        if (kith_bonds_of_address(air.host, &report->report.address, &peer) == KITH_OK && peer == air.bond)
            return report->report.address;
    }
}

static void we_find_and_connect(void)
{
    kith_address found, ours;

    we_scan(false);
    found = find_the_tester();
    we_stop_scanning();
    check(kith_gap_connect(air.host, &found, NULL) == KITH_OK);
    ours = we_are_heard(PDU_CONNECT_IND);
    check(is_ours(&ours));
    air_await(KITH_EVENT_CONNECTED, 5);
}

CONFORMANCE_ONCE("GAP/PRIV/CONN/BV-11-C", "As central we connect with a private address, and to nobody unknown")
{
    kith_address first, second;

    begin_private();
    bench_round("an unknown key");
    tester_is_stranger(0x4001);
    tester_advertises();
    we_scan(false);
    check(kith_bonds_of_address(air.host, &air_await(KITH_EVENT_REPORT, 5)->report.address, &air.last.peer) ==
          KITH_ERR_NOT_FOUND);
    we_stop_scanning();
    tester_stops();
    air_run(100);

    bench_round("a known one");
    tester_is_private(0x4002);
    tester_advertises();
    we_find_and_connect();
    first = air.ours[PDU_CONNECT_IND].from;
    the_bond_is_proven();
    tester_hangs_up();
    air_run(AIR_CYCLE_S * 1000 + 2000);

    bench_round("later");
    tester_is_private(0x4003);
    tester_advertises();
    we_find_and_connect();
    second = air.ours[PDU_CONNECT_IND].from;
    check(!kith_address_equal(&first, &second));
    the_bond_is_proven();
    air_end();
}

CONFORMANCE_ONCE("GAP/CONN/PRDA/BV-02-C", "Bonded, as central: the peripheral has a private address")
{
    begin_private();
    for (uint32_t prand = 0x5001; prand < 0x5004; prand++) {
        tester_is_private(prand);
        tester_advertises();
        we_find_and_connect();
        the_bond_is_proven();
        tester_hangs_up();
    }
    air_end();
}

CONFORMANCE_ONCE("GAP/CONN/GCEP/BV-06-C", "General connection establishment, undirected, with private addresses")
{
    begin_private();
    tester_is_private(0x6001);
    tester_advertises();
    we_find_and_connect();
    the_bond_is_proven();
    air_end();
}

CONFORMANCE_ONCE("GAP/DISC/RPA/BV-01-C", "A discoverable device with a private address is found")
{
    char name[32];

    begin_private();
    tester_is_private(0x7001);
    tester_advertises();
    we_scan(true);
    for (;;) {
        const kith_event_report *report = &air_await(KITH_EVENT_REPORT, 5)->report;

        if (report->claimed == air.bond && kith_gap_find_name(report->data, report->len, name))
            break;
    }
    air_end();
}

/* ---- broadcaster and observer ---- */

CONFORMANCE_ONCE("GAP/BROB/BCST/BV-03-C", "Broadcast with a resolvable private address")
{
    kith_advertising advertising;
    kith_address ours;

    begin_private();
    kith_gap_default_advertising(&advertising, "under test");
    advertising.connectable = false;
    advertising.silent = true;
    check(kith_gap_advertise(air.host, &advertising) == KITH_OK);
    ours = we_are_heard(PDU_NONCONN_IND);
    check(is_ours(&ours));
    our_address_changes(PDU_NONCONN_IND);
    air_end();
}

CONFORMANCE_ONCE("GAP/BROB/BCST/BV-05-C", "Broadcast with a resolvable private address and a scan response")
{
    kith_address ours, rsp;

    begin_private();
    we_advertise(false);
    tester_scans();
    ours = we_are_heard(PDU_SCAN_IND);
    rsp = we_are_heard(PDU_SCAN_RSP);
    check(is_ours(&ours) && kith_address_equal(&ours, &rsp));
    our_address_changes(PDU_SCAN_IND);
    our_address_changes(PDU_SCAN_RSP);
    air_end();
}

CONFORMANCE_ONCE("GAP/BROB/OBSV/BV-05-C", "Observing actively with a private address")
{
    kith_address ours;

    begin_private();
    tester_advertises();
    we_scan(true);
    ours = we_are_heard(PDU_SCAN_REQ);
    check(is_ours(&ours));
    our_address_changes(PDU_SCAN_REQ);
    air_end();
}

CONFORMANCE_ONCE("GAP/BROB/OBSV/BV-06-C", "Observing actively, both with private addresses")
{
    kith_address ours;
    kith_peer_id peer;

    begin_private();
    tester_is_private(0x8001);
    tester_advertises();
    we_scan(true);
    ours = we_are_heard(PDU_SCAN_REQ);
    check(is_ours(&ours) && kith_address_equal(&air.ours[PDU_SCAN_REQ].target, &air.tester_is));
    check(kith_bonds_of_address(air.host, &air_await(KITH_EVENT_REPORT, 5)->report.address, &peer) == KITH_OK);
    check(peer == air.bond);
    air_end();
}
