/* The host under test and a lower tester on the virtual radio: air.h. */
#include "air.h"

#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "kith/codec/att.h"
#include "kith/port/openssl.h"

air_state air;

enum {
    SECOND_US = 1000000,
    LONG_US = 10 * SECOND_US,
    INTERVAL_100_MS = 160,
    INTERVAL_1_S = 1600,
    AIR_KEPT = 64,
    BY_RESOLVING_LIST = 2
};

static kith_stage stage;
static kith_crypto_port crypto;
static void *memory;
static kith_sim_device tester;
static bool resolves;   /* the tester's controller does */
static uint8_t att[64]; /* the last ATT PDU that came to the tester */
static size_t att_len;
static kith_event kept[AIR_KEPT];
static size_t kept_head, kept_count;

/* ---- octets ---- */

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static unsigned get16(const uint8_t *in)
{
    return in[0] | (unsigned)in[1] << 8;
}

static kith_address static_address(uint8_t first)
{
    const kith_address address = {KITH_ADDRESS_RANDOM, {first, 0x22, 0x33, 0x44, 0x55, 0xc6}};

    return address;
}

static kith_address made_with(const uint8_t irk[16], uint32_t prand)
{
    kith_address address = {KITH_ADDRESS_RANDOM, {0}};

    address.octets[3] = (uint8_t)prand;
    address.octets[4] = (uint8_t)(prand >> 8);
    address.octets[5] = (uint8_t)((prand >> 16 & 0x3f) | 0x40);
    judge_ah(irk, address.octets + 3, address.octets);
    return address;
}

static bool is_made_with(const uint8_t irk[16], const kith_address *address)
{
    uint8_t hash[3];

    if (kith_address_kind_of(address) != KITH_ADDRESS_KIND_RESOLVABLE)
        return false;
    judge_ah(irk, address->octets + 3, hash);
    return memcmp(hash, address->octets, sizeof hash) == 0;
}

/* ---- the sniffer ---- */

static kith_address address_at(const uint8_t *octets, unsigned type)
{
    kith_address address = {(uint8_t)type, {0}};

    memcpy(address.octets, octets, 6);
    return address;
}

static bool names_target(uint8_t type)
{
    return type == PDU_DIRECT_IND || type == PDU_SCAN_REQ || type == PDU_CONNECT_IND;
}

static void hear(void *context, const kith_sim_frame *frame)
{
    air_pdu pdu = {0};

    (void)context;
    if (frame->channel < 37 || frame->len < 8)
        return;
    pdu.type = frame->pdu[0] & 0x0f;
    pdu.from = address_at(frame->pdu + 2, frame->pdu[0] >> 6 & 1);
    if (names_target(pdu.type) && frame->len >= 14)
        pdu.target = address_at(frame->pdu + 8, frame->pdu[0] >> 7);
    if (memcmp(pdu.from.octets, air.our_identity.octets, 6) == 0 ||
        (names_target(pdu.type) && memcmp(pdu.target.octets, air.our_identity.octets, 6) == 0))
        air.identities++;
    if (frame->sender != 0)
        return;
    air.ours[pdu.type] = pdu;
    air.heard[pdu.type]++;
}

/* ---- the tester's controller ---- */

static void pump_tester(void);

static void tester_command(uint16_t opcode, const void *parameters, size_t len)
{
    uint8_t packet[4 + 255] = {KITH_H4_COMMAND};

    put16(packet + 1, opcode);
    packet[3] = (uint8_t)len;
    if (len != 0)
        memcpy(packet + 4, parameters, len);
    check(kith_sim_send(stage.sim, tester, packet, 4 + len) == KITH_OK);
    pump_tester(); /* one command at a time: its answer is there */
}

static void tester_sends_att(const uint8_t *pdu, size_t len)
{
    uint8_t packet[9 + 64] = {KITH_H4_ACL};

    put16(packet + 1, air.handle);
    put16(packet + 3, (unsigned)len + 4);
    put16(packet + 5, (unsigned)len);
    put16(packet + 7, KITH_CID_ATT);
    memcpy(packet + 9, pdu, len);
    check(kith_sim_send(stage.sim, tester, packet, 9 + len) == KITH_OK);
}

static void on_key_request(void)
{
    uint8_t reply[18];

    put16(reply, air.handle);
    memcpy(reply + 2, air.ltk, 16);
    tester_command(KITH_HCI_LE_LTK_REQUEST_REPLY, reply, sizeof reply);
}

static void on_le_event(const uint8_t *p)
{
    bool completes = p[0] == KITH_HCI_LE_EV_CONNECTION_COMPLETE || p[0] == KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE;

    if (completes && p[1] == KITH_HCI_SUCCESS) {
        air.handle = (uint16_t)get16(p + 2);
        air.connected = true;
        air.encrypted = false;
    }
    if (p[0] == KITH_HCI_LE_EV_LTK_REQUEST)
        on_key_request();
}

static void on_event(uint8_t code, const uint8_t *p)
{
    if (code == KITH_HCI_EV_LE_META)
        on_le_event(p);
    if (code == KITH_HCI_EV_ENCRYPTION_CHANGE)
        air.encrypted = p[0] == KITH_HCI_SUCCESS && p[3] != 0;
    if (code != KITH_HCI_EV_DISCONNECTION_COMPLETE)
        return;
    air.connected = air.encrypted = false;
    air.reason = p[3];
}

static void on_data(const uint8_t *packet, size_t len)
{
    if (len < 9 || get16(packet + 7) != KITH_CID_ATT || len - 9 > sizeof att)
        return;
    att_len = len - 9;
    memcpy(att, packet + 9, att_len);
    if (att[0] == KITH_ATT_EXCHANGE_MTU_REQUEST)
        tester_sends_att((const uint8_t[]){KITH_ATT_EXCHANGE_MTU_RESPONSE, 23, 0}, 3);
}

static void pump_tester(void)
{
    uint8_t packet[KITH_STAGE_PACKET];
    size_t len;

    while ((len = kith_sim_receive(stage.sim, tester, packet, sizeof packet)) != 0) {
        if (packet[0] == KITH_H4_EVENT)
            on_event(packet[1], packet + 3);
        else
            on_data(packet, len);
    }
}

/* ---- the run ---- */

/* Told and not awaited yet; where they are too many the oldest goes. */
static void keep(const kith_event *event)
{
    if (event->kind == KITH_EVENT_CONNECTED)
        air.link = event->link;
    if (event->kind == KITH_EVENT_DISCONNECTED)
        air.link = 0;
    if (kept_count == AIR_KEPT) {
        kept_head = (kept_head + 1) % AIR_KEPT;
        kept_count--;
    }
    kept[(kept_head + kept_count++) % AIR_KEPT] = *event;
}

/* One event of ours, or a little time: whoever waits looks at the tester meanwhile. */
static void step(uint64_t until_us)
{
    uint64_t now_us = kith_stage_now(&stage);
    uint64_t next_us =
        now_us + (until_us - now_us > LONG_US ? LONG_US / 10 : 1000); /* nothing is asked of the tester */
    kith_event event;

    pump_tester();
    if (kith_stage_next(&stage, next_us < until_us ? next_us : until_us, &event) >= 0)
        keep(&event);
    pump_tester();
}

static bool take(kith_event_kind kind)
{
    while (kept_count != 0) {
        air.last = kept[kept_head];
        kept_head = (kept_head + 1) % AIR_KEPT;
        kept_count--;
        if (air.last.kind == kind)
            return true;
    }
    return false;
}

bool air_awaits(kith_event_kind kind, uint32_t within_s)
{
    uint64_t until_us = kith_stage_now(&stage) + (uint64_t)within_s * SECOND_US;

    while (!take(kind)) {
        if (kith_stage_now(&stage) >= until_us)
            return false;
        step(until_us);
    }
    return true;
}

const kith_event *air_await(kith_event_kind kind, uint32_t within_s)
{
    if (!air_awaits(kind, within_s))
        bench_fail("%s does not come within %u s", kith_event_name(kind), (unsigned)within_s);
    return &air.last;
}

void air_run(uint32_t ms)
{
    uint64_t until_us = kith_stage_now(&stage) + (uint64_t)ms * 1000;

    while (kith_stage_now(&stage) < until_us)
        step(until_us);
}

static bool runs_until(const bool *truth, uint32_t within_ms)
{
    for (uint32_t i = 0; !*truth && i < within_ms; i++)
        air_run(1);
    return *truth;
}

/* ---- begin and end ---- */

void air_begin(void)
{
    kith_config *c = &air.config;

    air_end();
    memset(&air, 0, sizeof air);
    air.our_identity = static_address(0x11);
    air.tester_identity = static_address(0x99);
    for (unsigned i = 0; i < 16; i++) {
        air.our_irk[i] = (uint8_t)(0x10 + i);
        air.tester_irk[i] = (uint8_t)(0x30 + 3 * i);
        air.strange_irk[i] = (uint8_t)(0x77 - i);
        air.ltk[i] = (uint8_t)(0xa0 + i);
    }
    check(kith_openssl_port(&crypto) == KITH_OK);
    kith_config_default(c);
    c->limits.mtu = 65;
    c->limits.events = 32;
    c->limits.data = 2;
    c->limits.listed = 4;
    c->limits.operations = 4;
    c->crypto = &crypto;
    c->store = &kith_volatile_store;
    c->security.methods = kith_sc_methods;
    c->name = "under test";
    c->own_address = KITH_OWN_STATIC;
    c->static_address = air.our_identity.octets;
    c->irk = air.our_irk;
    c->privacy = (kith_privacy){.mode = KITH_PRIVACY_RESOLVABLE, .cycle_s = AIR_CYCLE_S};
}

static void bond(void)
{
    kith_bond_record record = {.identity = air.tester_identity,
                               .local = air.our_identity,
                               .level = KITH_LEVEL_ENCRYPTED,
                               .method = KITH_METHOD_JUST_WORKS,
                               .key_kind = KITH_KEY_KIND_SC,
                               .key_size = 16,
                               .has_ltk = true};
    kith_token token;

    memcpy(record.ltk, air.ltk, 16);
    memcpy(record.irk, air.tester_irk, 16);
    check(kith_peers_add(air.host, &record, &air.bond, &token) == KITH_OK);
    check(air_await(KITH_EVENT_PEER_DATA, 1)->data.status == KITH_OK);
}

void air_power_on(void)
{
    static const uint8_t address[6] = {2, 0, 0, 0, 0, 0};
    uint8_t every[8];
    size_t size = kith_host_size(&air.config.limits);

    memory = calloc(1, size);
    check(memory != NULL && kith_stage_open(&stage, 1, &crypto) == KITH_OK);
    check(kith_stage_enter(&stage, memory, size, &air.config, &air.host) == KITH_OK);
    check(kith_sim_listen(stage.sim, hear, NULL) == KITH_OK);
    check(kith_sim_add(stage.sim, address, &tester) == KITH_OK);
    memset(every, 0xff, sizeof every);
    tester_command(KITH_HCI_RESET, NULL, 0);
    tester_command(KITH_HCI_SET_EVENT_MASK, every, sizeof every);
    tester_command(KITH_HCI_LE_SET_EVENT_MASK, every, sizeof every);
    air_await(KITH_EVENT_READY, 1);
    bond();
    tester_is_identity();
}

void air_end(void)
{
    unsigned identities = air.identities;
    bool was_on = memory != NULL;

    if (was_on)
        kith_host_erase(air.host);
    kith_stage_close(&stage);
    memset(&stage, 0, sizeof stage);
    free(memory);
    memory = NULL;
    kept_head = kept_count = 0;
    resolves = false;
    if (was_on && identities != 0)
        bench_fail("our identity address was on air in %u PDUs", identities);
}

/* ---- we ---- */

void we_advertise(bool connectable)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "under test");
    advertising.interval_625us = INTERVAL_1_S;
    advertising.connectable = connectable;
    check(kith_gap_advertise(air.host, &advertising) == KITH_OK);
    check(air_await(KITH_EVENT_ADVERTISING, 1)->activity.on);
}

void we_stop_advertising(void)
{
    check(kith_gap_stop_advertising(air.host) == KITH_OK);
    check(!air_await(KITH_EVENT_ADVERTISING, 1)->activity.on);
}

void we_scan(bool active)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    scan.active = active;
    scan.report_duplicates = true;
    check(kith_gap_start_scan(air.host, &scan) == KITH_OK);
    check(air_await(KITH_EVENT_SCANNING, 1)->activity.on);
}

void we_stop_scanning(void)
{
    check(kith_gap_stop_scan(air.host) == KITH_OK);
    check(!air_await(KITH_EVENT_SCANNING, 1)->activity.on);
}

kith_address we_are_heard(uint8_t pdu_type)
{
    unsigned before = air.heard[pdu_type];

    for (unsigned i = 0; i < 5000 && air.heard[pdu_type] == before; i++)
        air_run(1);
    if (air.heard[pdu_type] == before)
        bench_fail("we send no PDU of type %u", pdu_type);
    return air.ours[pdu_type].from;
}

bool is_ours(const kith_address *address)
{
    return is_made_with(air.our_irk, address);
}

kith_address address_of_ours(uint32_t prand)
{
    return made_with(air.our_irk, prand);
}

bool is_the_testers(const kith_address *address)
{
    return is_made_with(air.tester_irk, address);
}

bool is_non_resolvable(const kith_address *address)
{
    return kith_address_kind_of(address) == KITH_ADDRESS_KIND_NON_RESOLVABLE;
}

void our_address_changes(uint8_t pdu_type)
{
    kith_address before = we_are_heard(pdu_type), after;

    air_run(AIR_CYCLE_S * 1000 + 2000);
    after = we_are_heard(pdu_type);
    check(!kith_address_equal(&before, &after));
}

/* ---- the tester ---- */

static void tester_takes(const kith_address *address)
{
    air.tester_is = *address;
    tester_command(KITH_HCI_LE_SET_RANDOM_ADDRESS, address->octets, 6);
}

void tester_is_identity(void)
{
    tester_takes(&air.tester_identity);
}

void tester_is_private(uint32_t prand)
{
    const kith_address address = made_with(air.tester_irk, prand);

    tester_takes(&address);
}

void tester_is_stranger(uint32_t prand)
{
    const kith_address address = made_with(air.strange_irk, prand);

    tester_takes(&address);
}

/* By its resolving list, or the address that it was given. */
static uint8_t own_type(void)
{
    return resolves ? BY_RESOLVING_LIST | KITH_ADDRESS_RANDOM : KITH_ADDRESS_RANDOM;
}

static void tester_begins(uint8_t type, const kith_address *target)
{
    static const uint8_t data[32] = {16,  2,   0x01, 0x06, 12,  0x09, 'l', 'o', 'w',
                                     'e', 'r', ' ',  't',  'e', 's',  't', 'r'};
    uint8_t parameters[15] = {0};

    put16(parameters, INTERVAL_100_MS);
    put16(parameters + 2, INTERVAL_100_MS);
    parameters[4] = type;
    parameters[5] = own_type();
    if (target != NULL) {
        parameters[6] = target->type;
        memcpy(parameters + 7, target->octets, 6);
    }
    parameters[13] = 7;
    tester_command(KITH_HCI_LE_SET_ADV_PARAMETERS, parameters, sizeof parameters);
    tester_command(KITH_HCI_LE_SET_ADV_DATA, data, sizeof data);
    tester_command(KITH_HCI_LE_SET_SCAN_RESPONSE_DATA, data, sizeof data);
    tester_command(KITH_HCI_LE_SET_ADV_ENABLE, "\1", 1);
}

void tester_advertises(void)
{
    tester_begins(0, NULL);
}

void tester_resolves(void)
{
    uint8_t entry[39];

    entry[0] = air.our_identity.type;
    memcpy(entry + 1, air.our_identity.octets, 6);
    memcpy(entry + 7, air.our_irk, 16);
    memcpy(entry + 23, air.tester_irk, 16);
    tester_command(KITH_HCI_LE_ADD_TO_RESOLVING_LIST, entry, sizeof entry);
    tester_command(KITH_HCI_LE_SET_RESOLUTION_ENABLE, "\1", 1);
    resolves = true;
}

void tester_advertises_to(const kith_address *target)
{
    tester_begins(4, target); /* low duty cycle */
}

void tester_stops(void)
{
    tester_command(KITH_HCI_LE_SET_ADV_ENABLE, "\0", 1);
}

void tester_scans(void)
{
    static const uint8_t active[7] = {1, 0x60, 0, 0x60, 0, KITH_ADDRESS_RANDOM, 0};

    tester_command(KITH_HCI_LE_SET_SCAN_PARAMETERS, active, sizeof active);
    tester_command(KITH_HCI_LE_SET_SCAN_ENABLE, "\1", 2);
}

void tester_connects(const kith_address *address)
{
    uint8_t parameters[25] = {0x60, 0, 0x60, 0, 0, address->type};

    memcpy(parameters + 6, address->octets, 6);
    parameters[12] = own_type();
    put16(parameters + 13, 24);
    put16(parameters + 15, 24);
    put16(parameters + 19, 400);
    tester_command(KITH_HCI_LE_CREATE_CONNECTION, parameters, sizeof parameters);
    if (!runs_until(&air.connected, 5000))
        tester_command(KITH_HCI_LE_CREATE_CONNECTION_CANCEL, NULL, 0);
}

void tester_encrypts(void)
{
    uint8_t parameters[28] = {0};

    put16(parameters, air.handle);
    memcpy(parameters + 12, air.ltk, 16);
    tester_command(KITH_HCI_LE_ENABLE_ENCRYPTION, parameters, sizeof parameters);
    check(runs_until(&air.encrypted, 2000));
}

void tester_hangs_up(void)
{
    uint8_t parameters[3] = {0, 0, KITH_HCI_REMOTE_USER_TERMINATED};

    put16(parameters, air.handle);
    tester_command(KITH_HCI_DISCONNECT, parameters, sizeof parameters);
    air_await(KITH_EVENT_DISCONNECTED, 5);
    air_run(100);
}

void tester_answers_read(uint8_t value)
{
    const uint8_t there[] = {KITH_ATT_READ_BY_TYPE_RESPONSE, 3, 7, 0, value};
    const uint8_t not_there[] = {KITH_ATT_ERROR_RESPONSE, KITH_ATT_READ_BY_TYPE_REQUEST, 1, 0, 0x0a};

    att_len = 0;
    for (unsigned i = 0; i < 2000 && (att_len == 0 || att[0] != KITH_ATT_READ_BY_TYPE_REQUEST); i++)
        air_run(1);
    check(att_len != 0 && att[0] == KITH_ATT_READ_BY_TYPE_REQUEST);
    if (value == 0xff)
        tester_sends_att(not_there, sizeof not_there);
    else
        tester_sends_att(there, sizeof there);
}
