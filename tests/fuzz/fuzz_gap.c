/* Fuzz target: advertising in sets, scanning, searches, connecting, reconnection, the lists of peers and privacy, with
 * controllers of any age that say whatever they like meanwhile.
 *
 * Input: an octet of options and one of what host and controller have (rig.h), then records: an octet of what, and what
 * that takes.  Where bit 7 is set the program calls; else it is a packet, or time that goes by. */
#include <string.h>

#include "base/bytes.h"
#include "program.h"

enum { HANDLE = 0x0040, LONGEST = 250 };

static const uint8_t lent[300] = {2, 1, 6, 5, 9, 'K', 'i', 't', 'h', 3, 3, 0x15, 0x18};

/* ---- the program ---- */

static kith_peer_id first_peer(const rig *r)
{
    kith_bond_info bond = {.peer = 0};

    return kith_bonds_next(r->h, 0, &bond) == KITH_OK ? bond.peer : 0;
}

static kith_address some_address(uint8_t choice)
{
    kith_address address = {(choice & 0x80) != 0 ? KITH_ADDRESS_RANDOM : KITH_ADDRESS_PUBLIC, {9, 8, 7, 6, 5, 4}};

    address.octets[0] ^= choice & 3;
    if ((choice & 0x80) != 0)
        address.octets[5] = (choice & 4) != 0 ? 0x44 : 0xc4;
    return address;
}

static void advertise(rig *r, uint8_t what, uint8_t choice)
{
    uint8_t set = what & 3;
    kith_advertising a;

    kith_gap_default_advertising(&a, "Kith");
    a.extended = (choice & 1) != 0;
    a.connectable = (choice & 2) != 0;
    a.silent = !a.connectable && (choice & 4) != 0;
    a.directed = (choice & 8) != 0;
    a.to = some_address(choice);
    a.filter = choice >> 4 & 1;
    a.ask_list = (choice & 0x24) == 0x24 && a.filter != 0;
    a.limit_ms = (choice & 0x40) != 0 ? 700 : 0;
    a.random_data = (kith_random_part){.at = 0, .len = (choice & 0x20) != 0 ? 2 : 0};
    if (a.directed)
        a.data_len = a.response_len = 0;
    if ((what & 8) != 0 && a.extended && !a.directed) {
        a.long_data = lent;
        a.long_data_len = sizeof lent;
    }
    if (kith_gap_advertise_set(r->h, set, &a) == KITH_OK) {
        rig_require(!r->activity.advertises[set]);
        r->activity.advertises[set] = true;
    }
}

static void change_data(rig *r, uint8_t what, uint8_t choice)
{
    (void)!kith_gap_set_data(r->h, what & 3, lent, (uint16_t)((what & 8) != 0 ? choice + 45 : choice & 31), lent,
                             (what & 4) != 0 ? choice & 15 : 0);
}

static void scan(rig *r, uint8_t choice)
{
    kith_scan s;

    kith_gap_default_scan(&s);
    s.active = (choice & 1) != 0;
    s.report_duplicates = (choice & 2) != 0;
    s.filter = (choice & 4) != 0;
    s.phys = choice >> 3 & 5;
    s.limit_ms = (choice & 0x40) != 0 ? 500 : 0;
    if (kith_gap_start_scan(r->h, &s) == KITH_OK) {
        rig_require(!r->activity.scans && !r->activity.finds);
        r->activity.scans = true;
    }
}

static void find(rig *r, uint8_t choice)
{
    static const kith_uuid service = KITH_UUID16(0x1815);
    static kith_address address;
    kith_sought sought = {.name = (choice & 1) != 0 ? "Kith" : NULL};

    address = some_address(choice >> 3);
    sought.service = (choice & 2) != 0 ? &service : NULL;
    sought.address = (choice & 4) != 0 ? &address : NULL;
    sought.peer = (choice & 0x40) != 0 ? first_peer(r) : 0;
    if (kith_gap_find(r->h, NULL, &sought, (choice & 0x80) != 0 ? 900 : 0) == KITH_OK) {
        rig_require(!r->activity.scans && !r->activity.finds);
        r->activity.finds = true;
    }
}

static void initiate(rig *r, uint8_t choice)
{
    kith_initiating i;

    kith_gap_default_initiating(&i);
    i.listed = (choice & 8) != 0;
    i.peer = some_address(choice);
    i.phys = choice >> 4 & 5;
    i.limit_ms = (choice & 0x20) != 0 ? 800 : 0;
    if (kith_gap_initiate(r->h, &i) == KITH_OK) {
        rig_require(!r->activity.connects);
        r->activity.connects = true;
        r->activity.has_met = false;
    }
}

static void reconnect(rig *r, uint8_t choice)
{
    kith_reconnection how;
    kith_peer_id peer = first_peer(r);

    kith_reconnect_default(&how);
    how.fast_s = choice >> 4;
    how.give_up_s = (choice & 8) != 0 ? 5 : 0;
    switch (choice & 3) {
    case 0:
        (void)!kith_reconnect_begin(r->h, &peer, 1, &how);
        break;
    case 1:
        (void)!kith_reconnect_follow(r->h, &how);
        break;
    case 2:
        (void)!kith_reconnect_end(r->h);
        break;
    default:
        (void)!kith_reconnect_wake(r->h, 0);
        break;
    }
}

static void change_lists(rig *r, uint8_t choice)
{
    kith_peer_id peer = first_peer(r);
    kith_list_manner manner = (choice & 8) != 0 ? KITH_LIST_REFUSE : KITH_LIST_PAUSE;

    switch (choice % 5) {
    case 0:
        (void)!kith_allow_list_set(r->h, &peer, choice >> 7, manner);
        break;
    case 1:
        (void)!kith_allow_list_follow(r->h, NULL);
        break;
    case 2:
        (void)!kith_device_identities_set(r->h, &peer, choice >> 7, manner);
        break;
    case 3:
        (void)!kith_device_identities_follow(r->h, NULL);
        break;
    default:
        (void)!kith_allow_list_ready(r->h);
        break;
    }
}

static void hide(rig *r, uint8_t choice)
{
    kith_privacy privacy = {(kith_privacy_mode)(choice % 3), (uint16_t)(1 + (choice >> 4)), choice >> 4 & 1};

    if (privacy.jitter_s >= privacy.cycle_s)
        privacy.jitter_s = 0;
    (void)!kith_privacy_set(r->h, &privacy);
}

static void stop(rig *r, uint8_t choice)
{
    if ((choice & 4) != 0)
        (void)!kith_gap_stop_scan(r->h);
    else if ((choice & 8) != 0)
        (void)!kith_gap_cancel_connect(r->h);
    else
        (void)!kith_gap_stop_set(r->h, choice & 3);
}

static void call(rig *r, uint8_t what, rig_input *in)
{
    uint8_t choice = rig_octet(in);

    rig_take_events(r); /* what has ended is told first */
    switch (what >> 4 & 7) {
    case 0:
        advertise(r, what, choice);
        break;
    case 1:
        change_data(r, what, choice);
        break;
    case 2:
        ((what & 1) != 0 ? scan : find)(r, choice);
        break;
    case 3:
        initiate(r, choice);
        break;
    case 4:
        reconnect(r, choice);
        break;
    case 5:
        change_lists(r, choice);
        break;
    case 6:
        ((what & 1) != 0 ? hide : stop)(r, choice);
        break;
    default:
        program_manage(r, what & 1, in);
        break;
    }
}

/* ---- the controller ---- */

/* A report that is whole, so that what is put together is reached without luck. */
static void report(rig *r, uint8_t what, rig_input *in)
{
    uint8_t packet[255] = {(what & 8) != 0 ? KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT : KITH_HCI_LE_EV_ADVERTISING_REPORT,
                           1};
    uint8_t type = rig_octet(in), choice = rig_octet(in);
    kith_address address = some_address(choice);
    size_t len = rig_octet(in), head = (what & 8) != 0 ? 26 : 11;
    const uint8_t *data = rig_octets(in, &len);

    if (len > sizeof packet - 1 - head)
        len = sizeof packet - 1 - head;
    if ((what & 8) != 0) {
        bytes_put16(packet + 2, type);
        packet[4] = (uint8_t)(address.type | (choice >> 3 & 2));
        memcpy(packet + 5, address.octets, 6);
        packet[11] = 1;
        packet[12] = choice >> 5 & 3;
        packet[13] = choice >> 3 & 1;
        packet[25] = (uint8_t)len;
    } else {
        packet[2] = type & 7;
        packet[3] = (uint8_t)(address.type | (choice >> 3 & 2));
        memcpy(packet + 4, address.octets, 6);
        packet[10] = (uint8_t)len;
    }
    if (len > 0)
        memcpy(packet + head, data, len);
    rig_event(r, KITH_HCI_EV_LE_META, packet, head + len + ((what & 8) == 0));
}

static void enhanced(rig *r, uint8_t what, rig_input *in)
{
    uint8_t p[31] = {KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, rig_octet(in)};
    uint8_t choice = rig_octet(in);
    kith_address address = some_address(choice);

    bytes_put16(p + 2, (uint16_t)(HANDLE + 2 + (what & 1)));
    p[4] = what >> 1 & 1;
    p[5] = (uint8_t)(address.type | (choice >> 3 & 2));
    memcpy(p + 6, address.octets, 6);
    p[11] ^= choice & 0x20; /* whose it is may be another */
    p[24] = 24;
    p[28] = 100;
    rig_event(r, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void terminated(rig *r, uint8_t what, rig_input *in)
{
    uint8_t p[6] = {KITH_HCI_LE_EV_SET_TERMINATED, rig_octet(in), what & 3, HANDLE + 2};

    p[3] = (uint8_t)(p[3] + (what >> 2 & 1));
    rig_event(r, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void meta(rig *r, rig_input *in)
{
    size_t len = rig_octet(in) % LONGEST;
    const uint8_t *octets = rig_octets(in, &len);

    rig_event(r, KITH_HCI_EV_LE_META, octets, len);
}

static void happen(rig *r, uint8_t what, rig_input *in)
{
    uint8_t choice;

    switch (what >> 4) {
    case 0:
    case 1:
        report(r, what, in);
        break;
    case 2:
        enhanced(r, what, in);
        break;
    case 3:
        terminated(r, what, in);
        break;
    case 4:
        meta(r, in);
        break;
    case 5: {
        size_t len = rig_octet(in);
        const uint8_t *packet = rig_octets(in, &len);

        rig_packet(r, packet, len);
        break;
    }
    case 6:
        r->answers = (what & 1) == 0;
        break;
    default:
        choice = rig_octet(in);
        rig_advance(r, (uint64_t)choice * choice * 20000u);
        break;
    }
}

/* A bonded peer with a key of its own, gone again. */
static void bond(rig *r)
{
    rig_connect(r, 0, true);
    rig_secure(r, 0, KITH_LEVEL_ENCRYPTED);
    rig_pump(r);
    rig_pair(r, 0);
    rig_disconnect(r, 0, 0x13);
    rig_pump(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rig_input in = {data, size};
    uint8_t options = rig_octet(&in);
    uint8_t gap = rig_octet(&in);
    rig r;

    rig_open_with(&r, KITH_PAIRING_CLOSED, (unsigned)gap << 24 | RIG_GAP | RIG_STORES);
    if ((options & 1) != 0)
        bond(&r);
    r.takes = (options & 2) == 0;
    while (in.left > 0) {
        uint8_t what = rig_octet(&in);

        if ((what & 0x80) != 0)
            call(&r, what, &in);
        else
            happen(&r, what, &in);
        rig_pump(&r);
    }
    rig_close(&r);
    return 0;
}
