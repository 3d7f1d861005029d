/* Instructions of one Secure Connections Just Works pairing with bonding, per host: what the core spends, and what
 * the P-256 work items spend in OpenSSL.  From the Pairing Request to the bond; counted by callgrind, which is
 * told to look only inside the functions named measured_*. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "sim/sim.h"

#define NOINLINE __attribute__((noinline))

typedef struct {
    kith_host *host;
    kith_sim_device device;
    bool central;
    bool ended;
    bool up;
    kith_link link;
    kith_crypto_port crypto;
    uint64_t state;
} side;

static kith_sim *sim;
static side central, peripheral;
/* Each measured function counts its own calls, or the compiler would make one function of two. */
static unsigned long calls[4];
static bool counting;

static kith_status seeded(void *context, uint8_t *out, size_t len)
{
    uint64_t *state = context;

    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(*state >> 56);
    }
    return KITH_OK;
}

static void fail(const char *what)
{
    fprintf(stderr, "count_pairing: %s\n", what);
    exit(1);
}

static void must(kith_status status)
{
    if (status != KITH_OK)
        fail(kith_status_name(status));
}

/* One turn of a host: everything but the P-256 work and the simulator.  Returns whether anything moved. */
static bool turn(side *s, const uint8_t *in, size_t in_len, uint8_t *out, size_t *out_len)
{
    uint64_t now = kith_sim_now(sim);
    bool moved = in_len > 0;

    if (in_len > 0)
        must(kith_host_receive(s->host, in, in_len, now));
    if (kith_host_deadline(s->host) <= now)
        must(kith_host_advance(s->host, now));
    *out_len = kith_host_next_packet(s->host, out, 260);
    return moved || *out_len > 0;
}

NOINLINE static bool measured_central_core(side *s, const uint8_t *in, size_t in_len, uint8_t *out, size_t *out_len)
{
    calls[0]++;
    return turn(s, in, in_len, out, out_len);
}

NOINLINE static bool measured_peripheral_core(side *s, const uint8_t *in, size_t in_len, uint8_t *out, size_t *out_len)
{
    calls[1]++;
    return turn(s, in, in_len, out, out_len);
}

NOINLINE static void measured_central_p256(kith_work *work)
{
    calls[2]++;
    kith_work_run(work);
}

NOINLINE static void measured_peripheral_p256(kith_work *work)
{
    calls[3]++;
    kith_work_run(work);
}

static bool run_turn(side *s)
{
    uint8_t in[264], out[264];
    size_t in_len = kith_sim_receive(sim, s->device, in, sizeof in), out_len = 0;
    bool moved;

    if (!counting)
        moved = turn(s, in, in_len, out, &out_len);
    else if (s->central)
        moved = measured_central_core(s, in, in_len, out, &out_len);
    else
        moved = measured_peripheral_core(s, in, in_len, out, &out_len);
    if (out_len > 0)
        must(kith_sim_send(sim, s->device, out, out_len));
    return moved;
}

static bool run_work(side *s)
{
    kith_work work;

    if (!kith_host_take_work(s->host, &work))
        return false;
    if (!counting)
        kith_work_run(&work);
    else if (s->central)
        measured_central_p256(&work);
    else
        measured_peripheral_p256(&work);
    must(kith_host_finish_work(s->host, &work, kith_sim_now(sim)));
    return true;
}

static void on_event(side *s, const kith_event *event)
{
    kith_advertising advertising;
    kith_address peer;

    if (event->kind == KITH_EVENT_READY && !s->central) {
        kith_gap_default_advertising(&advertising, "lamp");
        must(kith_gap_advertise(s->host, &advertising));
        must(kith_pairing_open(s->host, 60000));
    } else if (event->kind == KITH_EVENT_ADVERTISING && event->activity.on) {
        must(kith_gap_own_address(peripheral.host, &peer));
        must(kith_gap_connect(central.host, &peer, NULL));
    } else if (event->kind == KITH_EVENT_CONNECTED) {
        s->link = event->link;
        s->up = true;
    } else if (event->kind == KITH_EVENT_BONDED) {
        s->ended = true;
    }
}

static bool run_side(side *s)
{
    kith_event event;
    bool moved = run_turn(s) || run_work(s);

    while (kith_host_next_event(s->host, &event)) {
        on_event(s, &event);
        moved = true;
    }
    return moved;
}

static void run_until(bool *a, bool *b)
{
    while (!*a || !*b) {
        while (run_side(&central) || run_side(&peripheral))
            continue;
        if (kith_sim_now(sim) > 60000000)
            fail("no end after a minute");
        kith_sim_advance(sim, kith_sim_deadline(sim));
    }
}

static void open_side(side *s, bool is_central, const kith_crypto_port *crypto, const kith_method *const *methods)
{
    const uint8_t address[6] = {is_central ? 1 : 2, 0x4b, 0x49, 0x54, 0x48, 0};
    kith_config config;
    size_t size;

    s->central = is_central;
    s->crypto = *crypto;
    s->crypto.random = seeded;
    s->crypto.context = &s->state;
    s->state = is_central;
    kith_config_default(&config);
    config.crypto = &s->crypto;
    config.store = &kith_volatile_store;
    config.security.methods = methods;
    size = kith_host_size(&config.limits);
    must(kith_sim_add(sim, address, &s->device));
    must(kith_host_init(calloc(1, size), size, &config, &s->host));
    must(kith_host_start(s->host, 0));
}

int main(void)
{
    static const kith_method *const initiator[] = {&kith_sc_just_works_initiator, NULL};
    static const kith_method *const responder[] = {&kith_sc_just_works_responder, NULL};
    kith_crypto_port crypto;
    kith_sim_config config = {.seed = 1, .crypto = &crypto};

    must(kith_openssl_port(&crypto));
    must(kith_sim_new(&config, &sim));
    open_side(&central, true, &crypto, initiator);
    open_side(&peripheral, false, &crypto, responder);
    run_until(&central.up, &peripheral.up);
    counting = true;
    must(kith_security_secure(central.host, central.link, KITH_LEVEL_ENCRYPTED));
    run_until(&central.ended, &peripheral.ended);
    kith_sim_free(sim);
    free(central.host);
    free(peripheral.host);
    return 0;
}
