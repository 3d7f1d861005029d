/* Instructions of one pairing with bonding by each method, in the core of each host, people's answers included: from
 * the Pairing Request to the bond, without public-key crypto (a toy stands in for the curve) and with OpenSSL's AES.
 * Counted by callgrind, which is told to look only inside the functions named measured_*. */
#include "kith/port/openssl.h"
#include "methods.h"
#include "sim/sim.h"

#define NOINLINE __attribute__((noinline))

typedef struct {
    unsigned number;
    kith_sim_device device;
    kith_crypto_port crypto;
    uint64_t state;
    bool up, ended;
} side;

typedef struct {
    uint8_t in[264], out[264];
    size_t in_len, out_len;
    bool moved;
} packets;

static kith_sim *sim;
static bench_people people;
static side sides[2];
static kith_link link;
static bool counting;

/* ---- crypto: seeded, and no curve ---- */

static kith_status seeded(void *context, uint8_t *out, size_t len)
{
    uint64_t *state = context;

    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(*state >> 56);
    }
    return KITH_OK;
}

static kith_status toy_public_key(void *context, const uint8_t private_key[32], uint8_t public_key[64])
{
    (void)context;
    memcpy(public_key, private_key, 32);
    memcpy(public_key + 32, private_key, 32);
    return KITH_OK;
}

static kith_status toy_check(void *context, const uint8_t public_key[64])
{
    (void)context;
    (void)public_key;
    return KITH_OK;
}

static kith_status toy_secret(void *context, const uint8_t private_key[32], const uint8_t peer[64], uint8_t shared[32])
{
    (void)context;
    for (size_t i = 0; i < 32; i++)
        shared[i] = private_key[i] ^ peer[i];
    return KITH_OK;
}

/* ---- what is counted ---- */

static void on_event(side *s, const kith_event *event)
{
    bench_tell(&people, s->number, event);
    s->up |= event->kind == KITH_EVENT_CONNECTED;
    s->ended |= event->kind == KITH_EVENT_BONDED;
    if (event->kind == KITH_EVENT_CONNECTED && s->number == INITIATOR)
        link = event->link;
}

/* One turn of a host: everything but work and the simulator. */
static void turn(side *s, packets *p)
{
    kith_host *h = people.hosts[s->number];
    uint64_t now = kith_sim_now(sim);
    kith_event event;

    if (p->in_len > 0)
        must(kith_host_receive(h, p->in, p->in_len, now));
    if (kith_host_deadline(h) <= now)
        must(kith_host_advance(h, now));
    p->moved = p->in_len > 0;
    while (kith_host_next_event(h, &event)) {
        on_event(s, &event);
        p->moved = true;
    }
    bench_answer(&people, s->number);
    p->out_len = kith_host_next_packet(h, p->out, sizeof p->out);
    p->moved |= p->out_len > 0;
}

typedef void measured(side *s, packets *p);
static unsigned long calls[2 * BENCH_METHODS]; /* each counts its own, or the compiler would make one function of two */

#define MEASURED(number, name)                                                                                         \
    NOINLINE static void measured_##name##_initiator(side *s, packets *p)                                              \
    {                                                                                                                  \
        calls[2 * (number)]++;                                                                                         \
        turn(s, p);                                                                                                    \
    }                                                                                                                  \
    NOINLINE static void measured_##name##_responder(side *s, packets *p)                                              \
    {                                                                                                                  \
        calls[2 * (number) + 1]++;                                                                                     \
        turn(s, p);                                                                                                    \
    }
#define POINTERS(number, name) {measured_##name##_initiator, measured_##name##_responder},
/* In the order of bench_methods. */
#define ALL(X)                                                                                                         \
    X(0, sc_just_works)                                                                                                \
    X(1, sc_numeric_comparison)                                                                                        \
    X(2, sc_passkey_initiator_shows)                                                                                   \
    X(3, sc_passkey_responder_shows)                                                                                   \
    X(4, sc_passkey_both_type)                                                                                         \
    X(5, sc_oob_both)                                                                                                  \
    X(6, sc_oob_initiator_has)                                                                                         \
    X(7, sc_oob_responder_has)                                                                                         \
    X(8, legacy_just_works)                                                                                            \
    X(9, legacy_passkey_initiator_shows)                                                                               \
    X(10, legacy_passkey_responder_shows)                                                                              \
    X(11, legacy_passkey_both_type)                                                                                    \
    X(12, legacy_oob_initiator_made)                                                                                   \
    X(13, legacy_oob_responder_made)

ALL(MEASURED)
static measured *const all_measured[BENCH_METHODS][2] = {ALL(POINTERS)};

/* ---- the run ---- */

static bool run_side(side *s, size_t method)
{
    kith_work work;
    packets p;

    p.in_len = kith_sim_receive(sim, s->device, p.in, sizeof p.in);
    if (counting)
        all_measured[method][s->number](s, &p);
    else
        turn(s, &p);
    if (p.out_len > 0)
        must(kith_sim_send(sim, s->device, p.out, p.out_len));
    if (kith_host_take_work(people.hosts[s->number], &work)) {
        kith_work_run(&work);
        must(kith_host_finish_work(people.hosts[s->number], &work, kith_sim_now(sim)));
        p.moved = true;
    }
    return p.moved;
}

static bool run_both(size_t method)
{
    bool first = run_side(&sides[0], method), second = run_side(&sides[1], method);

    return first || second;
}

/* Until both are where this fact says, or so much time is over. */
static void run(size_t method, const bool *one, const bool *other, uint64_t at_most_us)
{
    uint64_t until = kith_sim_now(sim) + at_most_us;

    for (;;) {
        while (run_both(method))
            continue;
        if ((one != NULL && *one && *other) || kith_sim_now(sim) >= until)
            break;
        kith_sim_advance(sim, kith_sim_deadline(sim) < until ? kith_sim_deadline(sim) : until);
    }
    if (one != NULL && (!*one || !*other)) {
        fprintf(stderr, "%s: no end\n", bench_methods[method].name);
        exit(1);
    }
}

static void open_side(size_t method, unsigned number, const kith_crypto_port *crypto)
{
    const uint8_t address[6] = {(uint8_t)(number + 1), 0x4b, 0x49, 0x54, 0x48, 0};
    side *s = &sides[number];
    kith_config config;
    size_t size;

    *s = (side){.number = number, .crypto = *crypto, .state = number};
    s->crypto.random = seeded;
    s->crypto.context = &s->state;
    bench_configure(&bench_methods[method], number, &config);
    config.crypto = &s->crypto;
    size = kith_host_size(&config.limits);
    must(kith_sim_add(sim, address, &s->device));
    must(kith_host_init(calloc(1, size), size, &config, &people.hosts[number]));
    must(kith_host_start(people.hosts[number], 0));
}

static void meet(size_t method)
{
    enum { A_WHILE_US = 500000, MINUTE_US = 60000000 };
    kith_advertising advertising;
    kith_address peer;

    run(method, NULL, NULL, A_WHILE_US);
    bench_make_data(&bench_methods[method], &people);
    must(kith_pairing_open(people.hosts[RESPONDER], 60000));
    kith_gap_default_advertising(&advertising, "lamp");
    must(kith_gap_advertise(people.hosts[RESPONDER], &advertising));
    must(kith_gap_own_address(people.hosts[RESPONDER], &peer));
    run(method, NULL, NULL, A_WHILE_US);
    must(kith_gap_connect(people.hosts[INITIATOR], &peer, NULL));
    run(method, &sides[0].up, &sides[1].up, MINUTE_US);
    run(method, NULL, NULL, A_WHILE_US);
}

static void count(size_t method, const kith_crypto_port *crypto)
{
    kith_sim_config config = {.seed = 1, .crypto = crypto};

    memset(&people, 0, sizeof people);
    counting = false;
    must(kith_sim_new(&config, &sim));
    for (unsigned i = 0; i < 2; i++)
        open_side(method, i, crypto);
    meet(method);
    counting = true;
    must(kith_security_secure(people.hosts[INITIATOR], link, KITH_LEVEL_ENCRYPTED));
    run(method, &sides[0].ended, &sides[1].ended, 60000000);
    kith_sim_free(sim);
    for (unsigned i = 0; i < 2; i++)
        free(people.hosts[i]);
}

int main(void)
{
    kith_crypto_port crypto;

    must(kith_openssl_port(&crypto));
    crypto.p256_public_key = toy_public_key;
    crypto.p256_check_public_key = toy_check;
    crypto.p256_shared_secret = toy_secret;
    for (size_t i = 0; i < BENCH_METHODS; i++)
        count(i, &crypto);
    return 0;
}
