/* A gateway with many bonds on the virtual radio: a thousand links come and go, each encrypted with the bond of another
 * peer, a value is read, and it goes again.  What the gateway needs for it, as the number of peers grows: memory, which
 * is one block and never more; packets; and its own time per packet, as a ratio to the smallest table.  Time of the
 * simulator, of the sensors and of the store is not in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kith/codec/hci.h"
#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "sim/sim.h"

enum { SIZES = 4, LINKS = 1000, AT_ONCE = 16, PACKET = 264, VALUE_HANDLE = 16, STRIDE = 7919 };

static const uint32_t sizes[SIZES] = {32, 100, 1000, 10000};

/* ---- stores that are made up as they are read ---- */

typedef struct {
    kith_store store;
    uint32_t first, count; /* peers in it */
    bool is_gateway;
} made_store;

static void must(bool well, const char *what)
{
    if (well)
        return;
    fprintf(stderr, "gateway: %s\n", what);
    exit(1);
}

static void key_of(uint32_t peer, uint8_t salt, uint8_t key[16])
{
    for (unsigned i = 0; i < 16; i++)
        key[i] = (uint8_t)(peer >> i % 4 * 8 ^ salt * (i + 3) ^ i * 29);
}

static kith_address address_of(uint32_t peer)
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM, .octets = {0, 0, 0, 0, 0x5e, 0xc0}};

    for (unsigned i = 0; i < 4; i++)
        address.octets[i] = (uint8_t)(peer * 2654435761u >> i * 8);
    return address;
}

static kith_bond_record bond_of(uint32_t peer, bool at_gateway)
{
    kith_bond_record bond = {.peer = at_gateway ? peer : 1,
                             .identity = address_of(at_gateway ? peer : 0),
                             .local = address_of(at_gateway ? 0 : peer),
                             .level = KITH_LEVEL_ENCRYPTED,
                             .method = KITH_METHOD_JUST_WORKS,
                             .key_kind = KITH_KEY_KIND_SC,
                             .key_size = 16,
                             .initiator = at_gateway,
                             .has_ltk = true};

    key_of(peer, 1, bond.ltk);
    key_of(at_gateway ? peer : 0, 2, bond.irk);
    return bond;
}

static kith_status open_store(void *context, kith_store_state *state)
{
    const made_store *s = context;

    memset(state, 0, sizeof *state);
    state->highest_id = s->is_gateway ? s->count : 1;
    state->room = 100;
    state->largest = KITH_STORED_MAX;
    return KITH_OK;
}

static kith_status read_store(void *context, uint32_t *cursor, kith_record *out)
{
    const made_store *s = context;
    kith_device_record device;
    kith_bond_record bond;
    uint32_t at = (*cursor)++;

    if (at == 0) {
        uint32_t self = s->is_gateway ? 0 : s->first;

        key_of(self, 2, device.irk);
        memcpy(device.static_address, address_of(self).octets, 6);
        return kith_record_encode_device(&device, out);
    }
    if (at > s->count)
        return KITH_ERR_NOT_FOUND;
    bond = bond_of(s->first + at - 1, s->is_gateway);
    return kith_record_encode_bond(&bond, out);
}

static kith_status put_away(void *context, const kith_record *record, kith_store_state *state)
{
    (void)record;
    return open_store(context, state);
}

static kith_status remove_one(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    (void)kind;
    (void)id;
    return open_store(context, state);
}

static void make_store(made_store *s, bool is_gateway, uint32_t first, uint32_t count)
{
    *s = (made_store){.is_gateway = is_gateway, .first = first, .count = count};
    s->store =
        (kith_store){.context = s, .open = open_store, .read = read_store, .put = put_away, .remove = remove_one};
}

/* ---- devices ---- */

typedef struct {
    kith_host *host;
    kith_sim_device radio;
    made_store store;
    void *memory;
    kith_link link;
    unsigned ready, connected, encrypted, read, gone;
} device;

typedef struct {
    kith_sim *sim;
    kith_crypto_port crypto;
    device gateway, sensors[AT_ONCE];
    double gateway_s;
    unsigned long packets;
} house;

static const kith_characteristic values[] = {{.uuid = KITH_UUID16(0x2a6e),
                                              .properties = KITH_PROPERTY_READ,
                                              .permissions = KITH_READ_ENCRYPTED,
                                              .value = (const uint8_t *)"21",
                                              .value_len = 2,
                                              .id = 1}};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x181a), .characteristics = values, .characteristic_count = 1}};

static void note(device *d, const kith_event *e)
{
    d->ready += e->kind == KITH_EVENT_READY;
    d->connected += e->kind == KITH_EVENT_CONNECTED;
    d->encrypted += e->kind == KITH_EVENT_ENCRYPTED;
    d->read += e->kind == KITH_EVENT_READ && e->gatt.result == KITH_GATT_OK;
    d->gone += e->kind == KITH_EVENT_DISCONNECTED;
    if (e->kind == KITH_EVENT_CONNECTED)
        d->link = e->link;
    must(e->kind != KITH_EVENT_START_FAILED && e->kind != KITH_EVENT_ENCRYPTION_FAILED, kith_event_name(e->kind));
}

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Packets, time and events to and fro; the store's work apart, so that it is not counted. */
static bool turn(house *s, device *d)
{
    uint64_t now = kith_sim_now(s->sim);
    uint8_t packet[PACKET];
    size_t len = kith_sim_receive(s->sim, d->radio, packet, sizeof packet), out;
    double began = now_s();
    kith_event e;

    if (len > 0)
        must(kith_host_receive(d->host, packet, len, now) == KITH_OK, "receive");
    if (kith_host_deadline(d->host) <= now)
        must(kith_host_advance(d->host, now) == KITH_OK, "advance");
    while (kith_host_next_event(d->host, &e))
        note(d, &e);
    out = kith_host_next_packet(d->host, packet, sizeof packet);
    if (d == &s->gateway) {
        s->gateway_s += now_s() - began;
        s->packets += (unsigned long)(len > 0) + (unsigned long)(out > 0);
    }
    if (out > 0)
        must(kith_sim_send(s->sim, d->radio, packet, out) == KITH_OK, "send");
    return len > 0 || out > 0;
}

static bool do_work(const house *s, device *d)
{
    kith_work work;

    if (!kith_host_take_work(d->host, &work))
        return false;
    kith_work_run(&work);
    must(kith_host_finish_work(d->host, &work, kith_sim_now(s->sim)) == KITH_OK, "work");
    return true;
}

static void rest(house *s)
{
    bool moved = true;

    while (moved) {
        moved = turn(s, &s->gateway) || do_work(s, &s->gateway);
        for (unsigned i = 0; i < AT_ONCE; i++)
            if (s->sensors[i].host != NULL)
                moved = turn(s, &s->sensors[i]) || do_work(s, &s->sensors[i]) || moved;
    }
}

static void until(house *s, const unsigned *told, unsigned times)
{
    uint64_t limit = kith_sim_now(s->sim) + UINT64_C(600000000);

    for (rest(s); *told < times; rest(s)) {
        must(kith_sim_now(s->sim) < limit, "nothing happens any more");
        kith_sim_advance(s->sim, kith_sim_deadline(s->sim));
    }
}

static size_t power_on(house *s, device *d, bool is_gateway, uint32_t peers)
{
    static const kith_method *const none[] = {NULL};
    kith_config config;
    size_t size;

    kith_config_default(&config);
    config.crypto = &s->crypto;
    config.own_address = KITH_OWN_STATIC;
    config.store = &d->store.store;
    config.limits.links = is_gateway ? AT_ONCE : 1;
    config.limits.bonds = peers;
    config.security.methods = none;
    config.services = services;
    config.service_count = is_gateway ? 0 : 1;
    size = kith_host_size(&config.limits);
    free(d->memory);
    d->memory = calloc(1, size);
    must(d->memory != NULL && kith_host_init(d->memory, size, &config, &d->host) == KITH_OK, "init");
    must(kith_host_start(d->host, kith_sim_now(s->sim)) == KITH_OK, "start");
    d->ready = 0;
    until(s, &d->ready, 1);
    return size;
}

/* Another peer sits down at this place, and what it was before goes. */
static void visit(house *s, unsigned place, uint32_t peer)
{
    device *d = &s->sensors[place];
    kith_address address = address_of(peer);
    kith_advertising advertising;
    kith_link link;

    if (d->host != NULL) {
        must(kith_gap_disconnect(d->host, d->link, KITH_HCI_REMOTE_USER_TERMINATED) == KITH_OK, "disconnect");
        until(s, &s->gateway.gone, s->gateway.gone + 1);
        until(s, &d->gone, d->gone + (d->gone == 0));
    }
    make_store(&d->store, false, peer, 1);
    d->gone = 0;
    (void)power_on(s, d, false, 1);
    kith_gap_default_advertising(&advertising, NULL);
    must(kith_gap_advertise(d->host, &advertising) == KITH_OK, "advertise");
    must(kith_gap_connect(s->gateway.host, &address, NULL) == KITH_OK, "connect");
    until(s, &s->gateway.connected, s->gateway.connected + 1);
    link = s->gateway.link;
    until(s, &d->connected, d->connected + (d->link == 0));
    must(kith_security_secure(s->gateway.host, link, KITH_LEVEL_ENCRYPTED) == KITH_OK, "secure");
    until(s, &s->gateway.encrypted, s->gateway.encrypted + 1);
    must(kith_gatt_read(s->gateway.host, link, VALUE_HANDLE) == KITH_OK, "read");
    until(s, &s->gateway.read, s->gateway.read + 1);
}

static double run(uint32_t peers, double first_ns)
{
    const kith_sim_config config = {.seed = 1, .crypto = NULL};
    house *s = calloc(1, sizeof *s);
    kith_sim_config c = config;
    size_t size;
    double ns;

    must(s != NULL && kith_openssl_port(&s->crypto) == KITH_OK, "crypto");
    c.crypto = &s->crypto;
    must(kith_sim_new(&c, &s->sim) == KITH_OK, "sim");
    for (unsigned i = 0; i <= AT_ONCE; i++) {
        const uint8_t public_address[6] = {(uint8_t)(i + 1), 0x4b, 0x49, 0x54, 0x48, 0};

        must(kith_sim_add(s->sim, public_address, i == 0 ? &s->gateway.radio : &s->sensors[i - 1].radio) == KITH_OK,
             "radio");
    }
    make_store(&s->gateway.store, true, 1, peers);
    size = power_on(s, &s->gateway, true, peers);
    s->gateway_s = 0;
    s->packets = 0;
    for (unsigned i = 0; i < LINKS; i++) {
        visit(s, i % AT_ONCE, 1 + i * STRIDE % peers); /* never one that is here */
    }
    ns = s->gateway_s * 1e9 / (double)s->packets;
    printf("%8u %14zu %10.1f %8u %10lu %10.0f %8.2f\n", peers, size, (double)size / peers, LINKS, s->packets, ns,
           first_ns > 0 ? ns / first_ns : 1.0);
    return ns;
}

int main(void)
{
    double first = 0;

    printf("A gateway's links that come and go, %d at once, in virtual time\n", AT_ONCE);
    printf("%8s %14s %10s %8s %10s %10s %8s\n", "peers", "host, octets", "per peer", "links", "packets", "ns/packet",
           "ratio");
    for (unsigned i = 0; i < SIZES; i++) {
        double ns = run(sizes[i], first);

        first = first > 0 ? first : ns;
    }
    return 0;
}
