/* What it costs to know a peer's table of twelve services: requests (each is a round trip) and connection events. First
 * list by list as the specification names the procedures, then all at once, then with what was kept beside the bond. */
#include "couple.h"
#include "kith/codec/att.h"
#include "kith/codec/hci.h"
#include "kith/codec/l2cap.h"

enum { SERVICES = 10, VALUES = 3, RANGES_MAX = 64 };

typedef struct {
    unsigned long requests;
    uint32_t first, last;
} meter;

static void on_frame(void *context, const kith_sim_frame *frame)
{
    meter *m = context;
    const uint8_t *pdu = frame->plain + 2 + KITH_L2CAP_HEADER;

    if (frame->channel >= 37 || frame->plain_len <= 2)
        return;
    m->first = m->first == 0 ? frame->connection_event : m->first;
    m->last = frame->connection_event;
    if (frame->from_central && frame->plain_len > 2 + KITH_L2CAP_HEADER && frame->plain[4] == KITH_CID_ATT &&
        kith_att_kind_of(pdu[0]) == KITH_ATT_KIND_REQUEST)
        m->requests++;
}

static void tell(meter *m, const char *what)
{
    printf("  %-50s %5lu %7u\n", what, m->requests, m->last - m->first + 1);
    memset(m, 0, sizeof *m);
}

/* ---- list by list ---- */

typedef struct {
    uint16_t first[RANGES_MAX], last[RANGES_MAX];
    unsigned count;
} ranges;

static couple c;
static ranges services, values;

static void take_list(const kith_event *e)
{
    kith_gatt_service service;
    kith_gatt_found found;

    for (uint16_t i = 0; e->kind == KITH_EVENT_SERVICES && i < e->list.count; i++) {
        kith_gatt_service_at(&e->list, i, &service);
        services.first[services.count] = service.first;
        services.last[services.count++] = service.last;
    }
    for (uint16_t i = 0; e->kind == KITH_EVENT_CHARACTERISTICS && i < e->characteristics.count; i++) {
        kith_gatt_found_at(&e->characteristics, i, &found);
        values.first[values.count++] = (uint16_t)(found.value_handle + 1);
    }
}

static void await_end(void)
{
    static unsigned ends;

    ends = c.told[PHONE][KITH_EVENT_DISCOVERED] + 1;
    couple_until(&c, PHONE, KITH_EVENT_DISCOVERED, ends);
}

/* Behind each value up to the next declaration, where there is room for a descriptor. */
static void list_descriptors(const ranges *of, uint16_t last)
{
    for (unsigned i = 0; i < of->count; i++) {
        uint16_t end = i + 1 < of->count ? (uint16_t)(of->first[i + 1] - 3) : last;

        if (of->first[i] > end)
            continue;
        must(kith_gatt_discover_descriptors(c.hosts[PHONE], c.links[PHONE], of->first[i], end));
        await_end();
    }
}

static void list_all(void)
{
    memset(&services, 0, sizeof services);
    must(kith_gatt_discover_services(c.hosts[PHONE], c.links[PHONE], NULL));
    await_end();
    for (unsigned i = 0; i < services.count; i++) {
        must(kith_gatt_discover_includes(c.hosts[PHONE], c.links[PHONE], services.first[i], services.last[i]));
        await_end();
        values.count = 0;
        must(kith_gatt_discover_characteristics(c.hosts[PHONE], c.links[PHONE], services.first[i], services.last[i]));
        await_end();
        list_descriptors(&values, services.last[i]);
    }
}

/* ---- the couple ---- */

static kith_characteristic many_values[SERVICES][VALUES];
static kith_service many[SERVICES];

static void make_table(void)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        for (unsigned n = 0; n < VALUES; n++)
            many_values[i][n] = (kith_characteristic){.uuid = {.size = 2, .octets = {(uint8_t)(i * VALUES + n), 0x2b}},
                                                      .properties = n == 0 ? KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY
                                                                           : KITH_PROPERTY_READ,
                                                      .permissions = KITH_READ_OPEN,
                                                      .value = c.value,
                                                      .value_len = 1};
        many[i] = (kith_service){.uuid = {.size = 2, .octets = {(uint8_t)i, 0x18}},
                                 .characteristics = many_values[i],
                                 .characteristic_count = VALUES};
        many[i].uuid.octets[0] = (uint8_t)(0x10 + i);
    }
}

static void learn(meter *m, const char *what)
{
    must(kith_gatt_discover_all(c.hosts[PHONE], c.links[PHONE]));
    await_end();
    tell(m, what);
}

static void come_back(void)
{
    unsigned ended = c.told[PHONE][KITH_EVENT_DISCONNECTED], encrypted = c.told[PHONE][KITH_EVENT_ENCRYPTED];

    must(kith_gap_disconnect(c.hosts[PHONE], c.links[PHONE], KITH_HCI_REMOTE_USER_TERMINATED));
    for (unsigned side = 0; side < 2; side++)
        couple_until(&c, side, KITH_EVENT_DISCONNECTED, ended + 1);
    couple_connect(&c);
    must(kith_security_secure(c.hosts[PHONE], c.links[PHONE], KITH_LEVEL_ENCRYPTED));
    couple_until(&c, PHONE, KITH_EVENT_ENCRYPTED, encrypted + 1);
}

/* ---- a store that finds what it kept ---- */

enum { RECORDS = 32 };

static kith_record records[RECORDS];
static unsigned record_count;

static kith_status open_store(void *context, kith_store_state *state)
{
    (void)context;
    *state = (kith_store_state){.room = 1000, .largest = KITH_STORED_MAX};
    return KITH_OK;
}

static kith_status read_record(void *context, uint32_t *cursor, kith_record *out)
{
    (void)context;
    if (*cursor >= record_count)
        return KITH_ERR_NOT_FOUND;
    *out = records[(*cursor)++];
    return KITH_OK;
}

static kith_status put(void *context, const kith_record *record, kith_store_state *state)
{
    unsigned at = 0;

    while (at < record_count && (records[at].kind != record->kind || records[at].id != record->id))
        at++;
    if (at == RECORDS)
        return KITH_ERR_FULL;
    records[at] = *record;
    record_count += at == record_count;
    return open_store(context, state);
}

static kith_status remove_record(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    (void)kind;
    (void)id;
    return open_store(context, state);
}

static const kith_store store = {.open = open_store, .read = read_record, .put = put, .remove = remove_record};

/* A turn that looks at lists before the next event. */
static bool looking_turn(couple *room, unsigned side)
{
    kith_host *h = room->hosts[side];
    uint64_t now = kith_sim_now(room->sim);
    uint8_t packet[COUPLE_PACKET];
    size_t len = kith_sim_receive(room->sim, room->devices[side], packet, sizeof packet);
    bool moved = len > 0;
    kith_event e;

    if (len > 0)
        must(kith_host_receive(h, packet, len, now));
    while (kith_host_next_event(h, &e)) {
        couple_note(room, side, &e);
        take_list(&e);
        moved = true;
    }
    return couple_plain_turn(room, side) || moved;
}

static void measure(uint16_t mtu)
{
    static meter m;
    kith_config config;

    printf("%-52s %5s %7s\n", mtu == 23 ? "MTU 23" : "MTU 247", "asked", "events");
    record_count = 0;
    couple_open(&c);
    c.turn = looking_turn;
    make_table();
    must(kith_sim_listen(c.sim, on_frame, &m));
    for (unsigned side = 0; side < 2; side++) {
        couple_configure(&c, side, &config);
        config.limits.mtu = mtu;
        config.services = many;
        config.service_count = SERVICES;
        config.store = side == PHONE ? &store : &kith_volatile_store;
        couple_add(&c, side, &config);
    }
    couple_connect(&c);
    couple_bond(&c);
    if (mtu > 23) {
        must(kith_gatt_exchange_mtu(c.hosts[PHONE], c.links[PHONE]));
        couple_until(&c, PHONE, KITH_EVENT_MTU, 1);
    }
    memset(&m, 0, sizeof m);
    list_all();
    tell(&m, "list by list");
    learn(&m, "all at once, and to be told of changes");
    come_back();
    if (mtu > 23) {
        must(kith_gatt_exchange_mtu(c.hosts[PHONE], c.links[PHONE]));
        couple_until(&c, PHONE, KITH_EVENT_MTU, 2);
    }
    memset(&m, 0, sizeof m);
    learn(&m, "on the next link, with what was kept");
    couple_close(&c);
}

int main(void)
{
    measure(23);
    measure(247);
    return 0;
}
