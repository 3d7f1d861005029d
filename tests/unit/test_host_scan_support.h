/* A controller that scans and connects, as octets: legacy, or with the extended commands.  Each command can be left
 * without an answer, or refused.  Core Vol 4 Part E 7.8.10 to 7.8.13, 7.8.64 to 7.8.66, 7.7.65. */
#ifndef TEST_HOST_SCAN_SUPPORT_H
#define TEST_HOST_SCAN_SUPPORT_H

#include "crypto/toolbox.h"
#include "kith/ad.h"
#include "test_host_support.h"

enum { EAR_LOG = 64, EAR_REPORTS = 16, EAR_MORE = 0x20, EAR_CUT = 0x40 };

typedef struct {
    desk d;
    uint64_t features;
    bool lacks_commands; /* of the extended ones */
    bool scanning, initiating;
    bool is_extended; /* as the last command was */
    uint8_t policy;   /* of the scanner */
    uint16_t refuse;  /* answered with: */
    uint8_t refuse_with;
    uint16_t keep; /* done, and not answered before ear_answer() */
    bool kept;
    unsigned disallowed;
    bool is_deaf; /* events are not taken */
    uint16_t log[EAR_LOG];
    unsigned sent;
    uint8_t last_scan[64], last_enable[64], last_create[80]; /* parameters */
    unsigned told[KITH_EVENT_KINDS];
    kith_event last[KITH_EVENT_KINDS];
    kith_event_kind order[EAR_LOG];
    unsigned order_count;
    kith_event_report reports[EAR_REPORTS];
    uint8_t data[EAR_REPORTS][1700];
    unsigned report_count;
} ear;

static inline void ear_take_events(ear *e)
{
    kith_event event;

    while (!e->is_deaf && kith_host_next_event(e->d.h, &event)) {
        const kith_event_report *r = event.kind == KITH_EVENT_FOUND ? &event.found.report : &event.report;

        e->told[event.kind]++;
        e->last[event.kind] = event;
        assert_true(e->order_count < EAR_LOG);
        e->order[e->order_count++] = event.kind;
        if (event.kind == KITH_EVENT_REPORT || event.kind == KITH_EVENT_FOUND) {
            unsigned i = e->report_count++ % EAR_REPORTS;

            e->reports[i] = *r;
            if (r->len != 0)
                memcpy(e->data[i], kith_report_data(r), r->len);
        }
    }
}

static inline void ear_forget(ear *e)
{
    e->sent = e->order_count = e->report_count = 0;
    memset(e->told, 0, sizeof e->told);
    memset(e->last, 0, sizeof e->last);
    memset(e->data, 0, sizeof e->data);
}

static inline void ear_event(ear *e, uint8_t code, const uint8_t *p, size_t len)
{
    desk_event(&e->d, code, p, len);
    ear_take_events(e);
}

static inline void ear_complete(ear *e, uint16_t opcode, uint8_t status)
{
    uint8_t complete[68] = {1}, short_status[4] = {status, 1};

    bytes_put16(complete + 1, opcode);
    bytes_put16(short_status + 2, opcode);
    if (opcode == KITH_HCI_LE_CREATE_CONNECTION || opcode == KITH_HCI_LE_EXT_CREATE_CONNECTION ||
        opcode == KITH_HCI_DISCONNECT || opcode == KITH_HCI_LE_ENABLE_ENCRYPTION) {
        ear_event(e, KITH_HCI_EV_COMMAND_STATUS, short_status, sizeof short_status);
        return;
    }
    desk_fill_answer(&e->d, opcode, complete + 4);
    if (opcode == KITH_HCI_READ_LOCAL_COMMANDS && e->lacks_commands)
        complete[4 + 37] = 0;
    if (opcode == KITH_HCI_LE_READ_LOCAL_FEATURES)
        bytes_put64(complete + 4, e->features);
    if (opcode == KITH_HCI_LE_READ_FILTER_LIST_SIZE || opcode == KITH_HCI_LE_READ_RESOLVING_LIST_SIZE)
        complete[4] = 4;
    complete[3] = status;
    ear_event(e, KITH_HCI_EV_COMMAND_COMPLETE, complete, sizeof complete);
}

/* The end of an initiator, or its link. */
static inline void ear_connection(ear *e, uint8_t status, unsigned number, const kith_address *peer)
{
    uint8_t p[31] = {KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, status};

    bytes_put16(p + 2, (uint16_t)(DESK_HANDLE + number));
    p[5] = peer->type;
    memcpy(p + 6, peer->octets, 6);
    p[24] = 24;
    p[28] = 100;
    e->initiating = false;
    ear_event(e, KITH_HCI_EV_LE_META, p, sizeof p);
}

static inline void ear_answer(ear *e, uint16_t opcode, uint8_t status)
{
    static const kith_address nobody;
    bool cancelled = opcode == KITH_HCI_LE_CREATE_CONNECTION_CANCEL && status == KITH_HCI_SUCCESS && e->initiating;

    ear_complete(e, opcode, status);
    if (cancelled)
        ear_connection(e, KITH_HCI_UNKNOWN_CONNECTION, 0, &nobody);
}

static inline uint8_t ear_do(ear *e, uint16_t opcode, const uint8_t *p, size_t len)
{
    bool extended = opcode == KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS || opcode == KITH_HCI_LE_SET_EXT_SCAN_ENABLE ||
                    opcode == KITH_HCI_LE_EXT_CREATE_CONNECTION;

    switch (opcode) {
    case KITH_HCI_RESET:
        e->scanning = e->initiating = false;
        break;
    case KITH_HCI_LE_SET_RANDOM_ADDRESS:
        return e->scanning || e->initiating ? KITH_HCI_COMMAND_DISALLOWED : KITH_HCI_SUCCESS;
    case KITH_HCI_LE_ADD_TO_FILTER_LIST:
    case KITH_HCI_LE_REMOVE_FROM_FILTER_LIST:
        return (e->scanning && (e->policy & 1) != 0) || (e->initiating && e->last_create[e->is_extended ? 0 : 4] == 1)
                   ? KITH_HCI_COMMAND_DISALLOWED
                   : KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_SCAN_PARAMETERS:
    case KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS:
        memcpy(e->last_scan, p, len);
        e->policy = p[extended ? 1 : 6];
        e->is_extended = extended;
        return e->scanning ? KITH_HCI_COMMAND_DISALLOWED : KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_SCAN_ENABLE:
    case KITH_HCI_LE_SET_EXT_SCAN_ENABLE:
        memcpy(e->last_enable, p, len);
        e->scanning = p[0] != 0;
        e->is_extended = extended;
        break;
    case KITH_HCI_LE_CREATE_CONNECTION:
    case KITH_HCI_LE_EXT_CREATE_CONNECTION:
        memcpy(e->last_create, p, len);
        if (e->initiating)
            return KITH_HCI_COMMAND_DISALLOWED;
        e->initiating = true;
        e->is_extended = extended;
        break;
    case KITH_HCI_LE_CREATE_CONNECTION_CANCEL:
        return e->initiating ? KITH_HCI_SUCCESS : KITH_HCI_COMMAND_DISALLOWED;
    default:
        break;
    }
    return KITH_HCI_SUCCESS;
}

/* One command, if the host has one. */
static inline bool ear_step(ear *e)
{
    uint8_t packet[260], status;
    size_t len = kith_host_next_packet(e->d.h, packet, sizeof packet);
    uint16_t opcode;

    if (len == 0)
        return false;
    assert_int_equal(packet[0], KITH_H4_COMMAND);
    assert_int_equal(packet[3], len - 4);
    opcode = bytes_get16(packet + 1);
    assert_true(e->sent < EAR_LOG); /* it never spins */
    e->log[e->sent++] = opcode;
    status = opcode == e->refuse ? e->refuse_with : ear_do(e, opcode, packet + 4, len - 4);
    e->disallowed +=
        status == KITH_HCI_COMMAND_DISALLOWED && opcode != e->refuse && opcode != KITH_HCI_LE_CREATE_CONNECTION_CANCEL;
    if (opcode == e->keep && !e->kept)
        e->kept = true;
    else
        ear_answer(e, opcode, status);
    return true;
}

static inline void ear_answer_kept(ear *e)
{
    assert_true(e->kept);
    e->kept = false;
    ear_answer(e, e->keep, KITH_HCI_SUCCESS);
}

static inline void ear_run(ear *e)
{
    do {
        while (ear_step(e))
            continue;
        assert_int_equal(kith_host_advance(e->d.h, e->d.now_us), KITH_OK);
        ear_take_events(e);
    } while (ear_step(e));
}

static inline void ear_pass(ear *e, uint64_t us)
{
    e->d.now_us += us;
    ear_run(e);
}

static inline unsigned ear_count(const ear *e, uint16_t opcode)
{
    unsigned count = 0;

    for (unsigned i = 0; i < e->sent; i++)
        count += e->log[i] == opcode;
    return count;
}

enum {
    EAR_FEATURES = 0x21,
    EAR_EXTENDED = 0x1000,
    EAR_CODED = 0x0800,
    EAR_POLICIES = 0x80 /* extended scanner filter policies */
};

/* A host on a controller with these features besides; not started. */
static inline void ear_make(ear *e, uint64_t features, uint16_t report_data, uint32_t bonds)
{
    desk *d = &e->d;
    size_t size;

    memset(e, 0, sizeof *e);
    e->features = EAR_FEATURES | features;
    d->acl_len = 27;
    d->acl_packets = 4;
    assert_int_equal(kith_openssl_port(&d->port), KITH_OK);
    d->source.state = 1;
    d->port.random = seeded_random;
    d->port.context = &d->source;
    kith_config_default(&d->config);
    d->config.limits = (kith_limits){
        .links = 2, .pairings = 1, .bonds = bonds, .mtu = 65, .events = 8, .listed = 4, .report_data = report_data};
    d->config.crypto = &d->port;
    d->config.store = &kith_volatile_store;
    d->config.security.methods = desk_methods;
    size = kith_host_size(&d->config.limits);
    d->memory = malloc(size);
    assert_int_equal(kith_host_init(d->memory, size, &d->config, &d->h), KITH_OK);
}

static inline void ear_start(ear *e)
{
    assert_int_equal(kith_host_start(e->d.h, e->d.now_us), KITH_OK);
    ear_run(e);
    assert_int_equal(e->told[KITH_EVENT_READY], 1);
    ear_forget(e);
}

static inline void ear_open(ear *e, uint64_t features, uint16_t report_data)
{
    ear_make(e, features, report_data, 16);
    ear_start(e);
}

static inline void ear_close(ear *e)
{
    free(e->d.memory);
}

static inline void ear_listen(ear *e, const kith_scan *as)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    if (as != NULL)
        scan = *as;
    assert_int_equal(kith_gap_start_scan(e->d.h, &scan), KITH_OK);
    ear_run(e);
    assert_true(e->last[KITH_EVENT_SCANNING].activity.on);
    ear_forget(e);
}

/* ---- what is heard ---- */

static inline kith_address ear_address(uint8_t number)
{
    return (kith_address){KITH_ADDRESS_RANDOM, {number, 2, 3, 4, 5, 0xc6}};
}

static inline void ear_legacy(ear *e, uint8_t type, const kith_address *address, const uint8_t *data, uint8_t len,
                              int8_t rssi)
{
    uint8_t p[64] = {KITH_HCI_LE_EV_ADVERTISING_REPORT, 1, type, address->type};

    memcpy(p + 4, address->octets, 6);
    p[10] = len;
    if (len != 0)
        memcpy(p + 11, data, len);
    p[11 + len] = (uint8_t)rssi;
    ear_event(e, KITH_HCI_EV_LE_META, p, 12u + len);
}

/* One report of an extended event, at out; its length. */
static inline size_t ear_put(uint8_t *out, uint16_t type, const kith_address *address, uint8_t sid, const uint8_t *data,
                             uint8_t len)
{
    memset(out, 0, 24);
    bytes_put16(out, type);
    out[2] = address->type;
    memcpy(out + 3, address->octets, 6);
    out[9] = KITH_PHY_1M;
    out[10] = (type & 0x10) != 0 ? 0 : KITH_PHY_2M;
    out[11] = sid;
    out[12] = 127;
    out[13] = (uint8_t)-40;
    out[23] = len;
    if (len != 0)
        memcpy(out + 24, data, len);
    return 24u + len;
}

static inline void ear_extended(ear *e, uint16_t type, const kith_address *address, uint8_t sid, const uint8_t *data,
                                uint8_t len)
{
    uint8_t p[260] = {KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT, 1};

    ear_event(e, KITH_HCI_EV_LE_META, p, 2 + ear_put(p + 2, type, address, sid, data, len));
}

/* A bond of a peer with this identity; key 0: it gave none. */
static inline kith_peer_id ear_bond(ear *e, uint8_t number, uint8_t key)
{
    peers_bond bond;

    memset(&bond, 0, sizeof bond);
    bond.identity = ear_address(number);
    bond.local = e->d.h->own;
    memset(bond.irk, key, sizeof bond.irk);
    memset(bond.ltk, 0x80 | number, sizeof bond.ltk);
    bond.has_ltk = true;
    bond.key_size = 16;
    bond.level = KITH_LEVEL_ENCRYPTED;
    bond.key_kind = KITH_KEY_KIND_SC;
    return peers_put(&e->d.h->bonds, &bond)->id;
}

/* A private address made with such a key. */
static inline kith_address ear_private(ear *e, const uint8_t irk[16], uint8_t number)
{
    kith_address a = {KITH_ADDRESS_RANDOM, {0, 0, 0, number, 0x11, 0x42}};

    assert_int_equal(crypto_ah(&e->d.port, irk, a.octets + 3, a.octets), KITH_OK);
    return a;
}

static inline kith_address ear_private_of(ear *e, uint8_t key, uint8_t number)
{
    uint8_t irk[16];

    memset(irk, key, sizeof irk);
    return ear_private(e, irk, number);
}

static inline size_t ear_name(uint8_t *out, uint8_t type, const char *name)
{
    size_t len = 0;

    assert_int_equal(kith_ad_put(out, 31, &len, type, name, strlen(name)), KITH_OK);
    return len;
}

#endif
