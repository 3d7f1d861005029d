/* What each pairing method costs on air: connection events (one turn per event: what arrives in event n is answered in
 * n + 1) from the Pairing Request to encrypted, beside the least that is possible, and on to the bond; and octets,
 * preamble and CRC included, without the empty PDUs that keep a connection alive anyway.  People answer at once. Exact:
 * counted in the simulator. */
#include "kith/port/openssl.h"
#include "kith/port/stage.h"
#include "methods.h"
#include "sim/sim.h"

enum { PDU_OVERHEAD = 1 + 4 + 3, MINUTE_US = 60000000 }; /* preamble, access address, CRC */

typedef struct {
    bool on, begun;
    uint32_t first, last;
    unsigned long octets;
} meter;

typedef struct {
    const bench_method *method;
    kith_sim *sim;
    kith_stage stage;
    bench_people people;
    unsigned told[2][KITH_EVENT_KINDS];
    kith_link link; /* of the initiator */
    kith_address address;
    meter air, to_encrypted;
} bench;

static void on_frame(void *context, const kith_sim_frame *frame)
{
    meter *air = context;

    if (!air->on || frame->channel >= 37 || frame->plain_len <= 2)
        return;
    if (!air->begun)
        air->first = frame->connection_event;
    air->begun = true;
    air->last = frame->connection_event;
    air->octets += frame->len + PDU_OVERHEAD;
}

static void take(bench *b, unsigned side, const kith_event *e)
{
    b->told[side][e->kind]++;
    bench_tell(&b->people, side, e);
    for (unsigned i = 0; i < 2; i++)
        bench_answer(&b->people, i);
    if (e->kind == KITH_EVENT_READY && side == RESPONDER)
        b->address = e->ready.address;
    if (e->kind == KITH_EVENT_CONNECTED && side == INITIATOR)
        b->link = e->link;
    if (e->kind == KITH_EVENT_SECURITY_CHANGED && side == INITIATOR)
        b->to_encrypted = b->air;
}

static void wait_for(bench *b, unsigned side, kith_event_kind kind)
{
    uint64_t until = kith_sim_now(b->sim) + MINUTE_US;
    kith_event event;

    while (b->told[side][kind] == 0) {
        int who = kith_stage_next(&b->stage, until, &event);

        if (who < 0) {
            fprintf(stderr, "%s: %s never came\n", b->method->name, kith_event_name(kind));
            exit(1);
        }
        take(b, (unsigned)who, &event);
    }
}

/* Link layer procedures that follow a connection are over after half a second. */
static void settle(bench *b)
{
    uint64_t until = kith_sim_now(b->sim) + 500000;
    kith_event event;
    int who;

    while ((who = kith_stage_next(&b->stage, until, &event)) >= 0)
        take(b, (unsigned)who, &event);
}

static void add(bench *b, unsigned side, const kith_crypto_port *crypto, uint64_t features)
{
    const uint8_t address[6] = {(uint8_t)(side + 1), 0x4b, 0x49, 0x54, 0x48, 0};
    kith_sim_limits limits;
    kith_sim_device device;
    kith_config config;
    size_t size;

    must(kith_sim_add(b->sim, address, &device));
    kith_sim_default_limits(&limits);
    limits.le_features &= features;
    must(kith_sim_set_limits(b->sim, device, &limits));
    bench_configure(b->method, side, &config);
    config.crypto = crypto;
    size = kith_host_size(&config.limits);
    must(kith_host_init(calloc(1, size), size, &config, &b->people.hosts[side]));
    must(kith_stage_add(&b->stage, b->people.hosts[side], device));
    must(kith_host_start(b->people.hosts[side], 0));
}

static void meet(bench *b)
{
    kith_advertising advertising;

    for (unsigned i = 0; i < 2; i++)
        wait_for(b, i, KITH_EVENT_READY);
    bench_make_data(b->method, &b->people);
    settle(b);
    must(kith_pairing_open(b->people.hosts[RESPONDER], 60000));
    kith_gap_default_advertising(&advertising, "lamp");
    must(kith_gap_advertise(b->people.hosts[RESPONDER], &advertising));
    must(kith_gap_connect(b->people.hosts[INITIATOR], &b->address, NULL));
    wait_for(b, INITIATOR, KITH_EVENT_CONNECTED);
    settle(b);
}

static unsigned events_of(const meter *air)
{
    return air->last - air->first + 1;
}

static void measure(const bench_method *method, uint64_t features)
{
    static bench b;
    kith_crypto_port crypto;
    kith_sim_config config = {.seed = 1, .crypto = &crypto};

    memset(&b, 0, sizeof b);
    b.method = method;
    must(kith_openssl_port(&crypto));
    must(kith_sim_new(&config, &b.sim));
    kith_stage_init(&b.stage, b.sim);
    must(kith_sim_listen(b.sim, on_frame, &b.air));
    for (unsigned i = 0; i < 2; i++)
        add(&b, i, &crypto, features);
    meet(&b);
    b.air.on = true;
    must(kith_security_secure(b.people.hosts[INITIATOR], b.link, KITH_LEVEL_ENCRYPTED));
    for (unsigned i = 0; i < 2; i++)
        wait_for(&b, i, KITH_EVENT_BONDED);
    printf("  %-32s %5u %7u %7lu %7u %7lu\n", method->name, method->least_events, events_of(&b.to_encrypted),
           b.to_encrypted.octets, events_of(&b.air), b.air.octets);
    for (unsigned i = 0; i < 2; i++) {
        kith_host_erase(b.people.hosts[i]);
        free(b.people.hosts[i]);
    }
    kith_sim_free(b.sim);
}

static void measure_all(const char *title, uint64_t features)
{
    printf("%-34s         to encrypted        to the bond\n", title);
    printf("%-34s %5s %7s %7s %7s %7s\n", "", "least", "events", "octets", "events", "octets");
    for (size_t i = 0; i < BENCH_METHODS; i++)
        measure(&bench_methods[i], features);
}

int main(void)
{
    const uint64_t data_length_extension = 1u << 5;

    measure_all("with data length extension", UINT64_MAX);
    measure_all("with PDUs of 27 octets", ~data_length_extension);
    return 0;
}
