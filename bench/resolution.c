/* What it costs to find out whose a private address is, as the number of bonds grows: AES blocks, which are counted,
 * and time for each key, beside what the same blocks cost alone: called one by one with a key each, as the search does,
 * and in one go with one key, which no search with many keys can reach.  The search is the plain one: key after key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "kith/codec/record.h"
#include "kith/kith.h"
#include "kith/port/openssl.h"

enum { SIZES = 5, BULK = 1 << 20, LEAST_KEYS = 400000 };

static const uint32_t sizes[SIZES] = {10, 100, 1000, 10000, 100000};

typedef struct {
    kith_store store;
    uint32_t count;
} made_store;

typedef struct {
    kith_crypto_port plain, counted;
    made_store bonds;
    kith_host *host;
    void *memory;
} bench;

static unsigned long blocks;

static void must(bool well, const char *what)
{
    if (well)
        return;
    fprintf(stderr, "resolution: %s\n", what);
    exit(1);
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- a store that is made up as it is read ---- */

static void key_of(uint32_t peer, uint8_t key[16])
{
    for (unsigned i = 0; i < 16; i++)
        key[i] = (uint8_t)(peer * 2654435761u >> i % 4 * 8 ^ i * 29 ^ peer);
}

static kith_address address_of(uint32_t peer)
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM, .octets = {0, 0, 0, 0, 0x5e, 0xc0}};

    for (unsigned i = 0; i < 4; i++)
        address.octets[i] = (uint8_t)(peer >> i * 8);
    return address;
}

static kith_status open_store(void *context, kith_store_state *state)
{
    const made_store *s = context;

    memset(state, 0, sizeof *state);
    state->highest_id = s->count;
    state->room = 100;
    state->largest = KITH_STORED_MAX;
    return KITH_OK;
}

static kith_status read_store(void *context, uint32_t *cursor, kith_record *out)
{
    const made_store *s = context;
    kith_device_record device = {.number = 0};
    kith_bond_record bond = {.level = KITH_LEVEL_ENCRYPTED,
                             .method = KITH_METHOD_JUST_WORKS,
                             .key_kind = KITH_KEY_KIND_SC,
                             .key_size = 16,
                             .has_ltk = true};
    uint32_t at = (*cursor)++;

    if (at == 0) {
        key_of(0x10000000, device.irk);
        memcpy(device.static_address, address_of(0).octets, 6);
        return kith_record_encode_device(&device, out);
    }
    if (at > s->count)
        return KITH_ERR_NOT_FOUND;
    bond.peer = at;
    bond.identity = address_of(at);
    bond.local = address_of(0);
    key_of(at, bond.irk);
    memset(bond.ltk, 0x5a, sizeof bond.ltk);
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

/* ---- a host that has read it, without a controller ---- */

static kith_status count_aes(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    const bench *b = context;

    blocks++;
    return b->plain.aes128(b->plain.context, key, in, out);
}

static kith_status pass_random(void *context, uint8_t *out, size_t len)
{
    const bench *b = context;

    return b->plain.random(b->plain.context, out, len);
}

static void load(bench *b)
{
    kith_event event;
    kith_work work;
    bool loaded = false;

    must(kith_host_start(b->host, 0) == KITH_OK, "no start");
    while (!loaded && kith_host_take_work(b->host, &work)) {
        kith_work_run(&work);
        must(kith_host_finish_work(b->host, &work, 0) == KITH_OK, "work was not taken");
        while (kith_host_next_event(b->host, &event))
            loaded |= event.kind == KITH_EVENT_STORE_LOADED;
    }
    must(loaded && kith_bonds_count(b->host) == b->bonds.count, "the bonds were not read");
}

static void open_host(bench *b, uint32_t count)
{
    kith_config config;
    size_t size;

    must(kith_openssl_port(&b->plain) == KITH_OK, "no crypto");
    b->counted = b->plain;
    b->counted.context = b;
    b->counted.aes128 = count_aes;
    b->counted.random = pass_random;
    b->bonds.count = count;
    b->bonds.store = (kith_store){
        .context = &b->bonds, .open = open_store, .read = read_store, .put = put_away, .remove = remove_one};
    kith_config_default(&config);
    config.limits = (kith_limits){.links = 1, .pairings = 1, .bonds = count, .mtu = 23, .events = 8};
    config.crypto = &b->counted;
    config.store = &b->bonds.store;
    config.own_address = KITH_OWN_STATIC;
    config.security.methods = kith_sc_methods;
    size = kith_host_size(&config.limits);
    b->memory = malloc(size);
    must(b->memory != NULL && kith_host_init(b->memory, size, &config, &b->host) == KITH_OK, "no host");
    load(b);
}

/* ---- addresses ---- */

static kith_address private_address(const bench *b, uint32_t peer, uint32_t prand)
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM};
    uint8_t key[16], turned[16], in[16] = {0}, out[16];

    key_of(peer, key);
    for (unsigned i = 0; i < 3; i++)
        address.octets[3 + i] = (uint8_t)(prand >> i * 8);
    address.octets[5] = (uint8_t)((address.octets[5] & 0x3f) | 0x40);
    for (unsigned i = 0; i < 16; i++)
        turned[i] = key[15 - i];
    for (unsigned i = 0; i < 3; i++)
        in[13 + i] = address.octets[5 - i];
    must(b->plain.aes128(b->plain.context, turned, in, out) == KITH_OK, "no AES");
    for (unsigned i = 0; i < 3; i++)
        address.octets[i] = out[15 - i];
    return address;
}

static unsigned long ask(const bench *b, const kith_address *address, uint32_t wanted)
{
    unsigned long before = blocks;
    kith_peer_id peer = 0;

    (void)!kith_bonds_of_address(b->host, address, &peer);
    must(wanted == UINT32_MAX || peer == wanted, "somebody else was found");
    return blocks - before;
}

/* Of peers all over the table: half of it, as it should be. */
static double known_blocks(const bench *b)
{
    enum { ASKED = 20 };
    unsigned long sum = 0;

    for (uint32_t i = 0; i < ASKED; i++) {
        uint32_t peer = 1 + (uint32_t)((uint64_t)(2 * i + 1) * b->bonds.count / (2 * ASKED));
        kith_address address = private_address(b, peer, 0x100000 + i);

        sum += ask(b, &address, b->bonds.count <= 1000 ? peer : UINT32_MAX); /* of many, another may fit by chance */
    }
    return (double)sum / ASKED;
}

typedef struct {
    unsigned long blocks, again;
    double ns_per_key;
} cost;

static cost unknown_cost(const bench *b)
{
    uint32_t rounds = LEAST_KEYS / b->bonds.count + 1;
    cost c = {0, 0, 0};
    double start;

    for (uint32_t i = 0; i < 4; i++) { /* by chance one of them may be somebody's */
        kith_address stranger = private_address(b, 0x20000000, 0x0a0000 + i);
        unsigned long first = ask(b, &stranger, UINT32_MAX);

        c.blocks = first > c.blocks ? first : c.blocks;
        c.again = ask(b, &stranger, UINT32_MAX);
    }
    blocks = 0;
    start = now_s();
    for (uint32_t i = 0; i < rounds; i++) {
        kith_address stranger = private_address(b, 0x20000000, 0x200000 + i);

        (void)ask(b, &stranger, UINT32_MAX);
    }
    c.ns_per_key = (now_s() - start) * 1e9 / (double)blocks;
    return c;
}

/* ---- what AES costs here ---- */

static double one_by_one_ns(const bench *b)
{
    uint8_t key[16] = {0}, in[16] = {0}, out[16];
    double start = now_s();

    for (uint32_t i = 0; i < LEAST_KEYS; i++) {
        memcpy(key, &i, sizeof i);
        must(b->plain.aes128(b->plain.context, key, in, out) == KITH_OK, "no AES");
    }
    return (now_s() - start) * 1e9 / LEAST_KEYS;
}

static double in_one_go_ns(void)
{
    static uint8_t octets[BULK];
    const uint8_t key[16] = {1};
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int len = 0;
    double start;

    must(c != NULL && EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL) == 1, "no AES");
    start = now_s();
    for (unsigned i = 0; i < 16; i++)
        must(EVP_EncryptUpdate(c, octets, &len, octets, BULK) == 1, "no AES");
    EVP_CIPHER_CTX_free(c);
    return (now_s() - start) * 1e9 / (16.0 * BULK / 16);
}

static void run(uint32_t count, double in_one_go)
{
    bench b;
    double known, alone;
    cost unknown;

    memset(&b, 0, sizeof b);
    open_host(&b, count);
    known = known_blocks(&b);
    unknown = unknown_cost(&b);
    alone = one_by_one_ns(&b);
    printf("  %7u %10.1f %10lu %10lu %10.0f %10.2f %10.0f\n", (unsigned)count, known, unknown.blocks, unknown.again,
           unknown.ns_per_key, unknown.ns_per_key / alone, unknown.ns_per_key / in_one_go);
    free(b.memory);
}

int main(void)
{
    double in_one_go = in_one_go_ns();

    printf(
        "private addresses and whose they are, by kith_bonds_of_address(): AES blocks; nanoseconds for each key; and\n"
        "that as a ratio to the port's AES alone, with a key each, and to AES in one go with one key\n\n"
        "    bonds      known    unknown      again     ns/key   to port  to one go\n");
    for (unsigned i = 0; i < SIZES; i++)
        run(sizes[i], in_one_go);
    return 0;
}
