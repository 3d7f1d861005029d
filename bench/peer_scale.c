/* The table of bonds as it grows: what a search looks at, which is the same on every machine, and how long it took
 * here.  Peers' addresses, keys and the order of loading are drawn with a fixed seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "crypto/toolbox.h"
#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "peers/bonds.h"

enum { SIZES = 5, SEARCHES = 20000 };

static const uint32_t sizes[SIZES] = {10, 100, 1000, 10000, 100000};

typedef struct {
    double load_us, id_ns, identity_ns, ediv_ns, unknown_ns, next_ns;
    double id_slots, identity_slots, ediv_slots, unknown_slots;
    double hit_blocks, miss_blocks, again_blocks;
    double hit_us, miss_us, hit_again_ns, miss_again_ns;
    double octets;
} figures;

static uint64_t seed = 88172645463325252u;
static kith_crypto_port openssl;
static unsigned long blocks;
static volatile uintptr_t seen; /* so that no search is left out */

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545f4914f6cdd1du >> 32 ^ seed * 0x9e3779b97f4a7c15u;
}

static void must(bool well, const char *what)
{
    if (!well) {
        fprintf(stderr, "peer_scale: %s\n", what);
        exit(1);
    }
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static kith_status counted_aes(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    blocks++;
    return openssl.aes128(context, key, in, out);
}

static kith_address draw_address(void)
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM};

    bytes_put32(address.octets, (uint32_t)draw());
    bytes_put16(address.octets + 4, (uint16_t)(0xc000 | draw()));
    return address;
}

/* The identity of ours that all of them are under. */
static const kith_address here = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc6}};

static peers_bond draw_bond(kith_peer_id id)
{
    peers_bond bond = {.id = id, .identity = draw_address(), .local = here, .has_my_ltk = true};

    bond.my_ediv = (uint16_t)draw();
    bond.my_rand = draw();
    bytes_put64(bond.irk, draw());
    bytes_put64(bond.irk + 8, draw());
    return bond;
}

static kith_address private_address_of(const kith_crypto_port *crypto, const uint8_t irk[16])
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM};

    bytes_put24(address.octets + 3, (uint32_t)(draw() & 0x3fffff) | 0x400000);
    must(crypto_ah(crypto, irk, address.octets + 3, address.octets) == KITH_OK, "no cipher");
    return address;
}

/* In any order: as a store hands them out that has been tidied up for years. */
static peers_bond *draw_bonds(uint32_t n)
{
    peers_bond *drawn = malloc(n * sizeof *drawn);

    must(drawn != NULL, "no memory");
    for (uint32_t i = 0; i < n; i++)
        drawn[i] = draw_bond(i + 1);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t other = (uint32_t)(draw() % n);
        kith_peer_id id = drawn[i].id;

        drawn[i].id = drawn[other].id;
        drawn[other].id = id;
    }
    return drawn;
}

/* The best of a few times, or it would be a figure of what else this machine does. */
static double load(peers_bonds *bonds, uint32_t n)
{
    peers_bond *drawn = draw_bonds(n);
    double best = 0;

    for (unsigned round = 0; round < 5; round++) {
        double began = now_ns(), took;

        for (uint32_t i = 0; i < n; i++)
            must(peers_load(bonds, &drawn[i]), "no room");
        took = now_ns() - began;
        best = round == 0 || took < best ? took : best;
        if (round < 4)
            peers_clear(bonds);
    }
    free(drawn);
    return best / n / 1000;
}

/* Slots in the chain up to this one; PEERS_NO_SLOT: all of it. */
static uint32_t looked_at(const peers_bonds *bonds, peers_chain chain, peers_key key, uint32_t slot)
{
    uint32_t count = 0, i;

    if (bonds->index == NULL)
        return slot != PEERS_NO_SLOT ? slot + 1 : bonds->capacity;
    for (i = peers_chain_first(bonds->index, chain, &key); i != PEERS_NO_SLOT && i != slot;
         i = peers_chain_next(bonds->index, chain, i))
        count++;
    return count + (i == slot && slot != PEERS_NO_SLOT);
}

static uint64_t number_of(const kith_address *address)
{
    return bytes_get32(address->octets) | (uint64_t)bytes_get16(address->octets + 4) << 32;
}

/* As src/peers/bonds.c has them. */
static peers_key key_of(const kith_address *address)
{
    return (peers_key){number_of(address) | (uint64_t)address->type << 48,
                       number_of(&here) | (uint64_t)here.type << 48};
}

static peers_key key_of_ediv(const peers_bond *bond)
{
    return (peers_key){bond->my_rand, number_of(&here) << 16 | bond->my_ediv};
}

static void count_slots(const peers_bonds *bonds, uint32_t n, figures *f)
{
    for (uint32_t i = 0; i < n; i++) {
        const peers_bond *bond = &bonds->slots[i];
        kith_address stranger = draw_address();

        f->id_slots += looked_at(bonds, PEERS_BY_ID, (peers_key){bond->id, 0}, i);
        f->identity_slots += looked_at(bonds, PEERS_BY_IDENTITY, key_of(&bond->identity), i);
        /* to its end: another with the same two numbers would make both nobody's */
        f->ediv_slots += looked_at(bonds, PEERS_BY_EDIV, key_of_ediv(bond), PEERS_NO_SLOT);
        f->unknown_slots += looked_at(bonds, PEERS_BY_IDENTITY, key_of(&stranger), PEERS_NO_SLOT);
    }
    f->id_slots /= n;
    f->identity_slots /= n;
    f->ediv_slots /= n;
    f->unknown_slots /= n;
}

static void time_searches(const peers_bonds *bonds, uint32_t n, figures *f)
{
    enum { BY_ID, BY_IDENTITY, BY_EDIV, UNKNOWN, WAYS };
    double *const took[WAYS] = {&f->id_ns, &f->identity_ns, &f->ediv_ns, &f->unknown_ns};

    for (unsigned way = 0; way < WAYS; way++) {
        double began = now_ns();

        for (unsigned i = 0; i < SEARCHES; i++) {
            const uint64_t drawn = draw();
            const peers_bond *bond = &bonds->slots[drawn % n];
            const kith_address stranger = {.type = KITH_ADDRESS_PUBLIC,
                                           .octets = {(uint8_t)drawn, (uint8_t)(drawn >> 8)}};

            if (way == BY_ID)
                seen += (uintptr_t)peers_by_id(bonds, (kith_peer_id)(drawn % n + 1));
            else if (way == BY_IDENTITY)
                seen += (uintptr_t)peers_by_identity(bonds, &here, &bond->identity);
            else if (way == BY_EDIV)
                seen += (uintptr_t)peers_by_ediv(bonds, &here, bond->my_ediv, bond->my_rand);
            else
                seen += (uintptr_t)peers_by_identity(bonds, &here, &stranger);
        }
        *took[way] = (now_ns() - began) / SEARCHES;
    }
}

static double time_listing(const peers_bonds *bonds, uint32_t n)
{
    uint32_t count = 0;
    double began = now_ns();

    for (const peers_bond *bond = peers_after(bonds, 0); bond != NULL; bond = peers_after(bonds, bond->id))
        count++;
    must(count == n, "bonds are missing in the list");
    return (now_ns() - began) / n;
}

/* Each address for the first time, then again. */
static void resolve(const peers_bonds *bonds, const kith_crypto_port *crypto, uint32_t n, bool known, figures *f)
{
    const unsigned rounds = n >= 10000 ? 10 : 100;
    double first_ns = 0, again_ns = 0;
    unsigned long first_blocks = 0, again_blocks = 0;

    for (unsigned i = 0; i < rounds; i++) {
        const peers_bond stranger = draw_bond(0);
        const peers_bond *bond = known ? &bonds->slots[(uint64_t)n * i / rounds] : &stranger;
        const kith_address address = private_address_of(crypto, bond->irk);
        double began = now_ns();
        unsigned long before = blocks;

        seen += (uintptr_t)peers_by_address(bonds, crypto, &here, &address);
        first_ns += now_ns() - began;
        first_blocks += blocks - before;
        before = blocks;
        began = now_ns();
        seen += (uintptr_t)peers_by_address(bonds, crypto, &here, &address);
        again_ns += now_ns() - began;
        again_blocks += blocks - before;
    }
    *(known ? &f->hit_blocks : &f->miss_blocks) = (double)first_blocks / rounds;
    *(known ? &f->hit_us : &f->miss_us) = first_ns / rounds / 1000;
    *(known ? &f->hit_again_ns : &f->miss_again_ns) = again_ns / rounds;
    if (!known)
        f->again_blocks = (double)again_blocks / rounds;
}

static figures measure(uint32_t n)
{
    const kith_limits limits = {.links = 1, .pairings = 1, .bonds = n, .mtu = 65, .events = 8};
    const kith_limits none = {.links = 1, .pairings = 1, .bonds = 0, .mtu = 65, .events = 8};
    peers_bond *slots = calloc(n, sizeof *slots);
    void *index = calloc(1, peers_index_size(n) + 1);
    kith_crypto_port crypto = openssl;
    uint8_t key[16];
    peers_bonds bonds;
    figures f = {0};

    must(slots != NULL && index != NULL, "no memory");
    bytes_put64(key, draw());
    bytes_put64(key + 8, draw());
    crypto.aes128 = counted_aes;
    peers_init(&bonds, slots, n);
    if (peers_index_size(n) != 0)
        peers_use_index(&bonds, index, key);
    f.octets = (double)(kith_host_size(&limits) - kith_host_size(&none)) / n;
    f.load_us = load(&bonds, n);
    count_slots(&bonds, n, &f);
    time_searches(&bonds, n, &f);
    f.next_ns = time_listing(&bonds, n);
    resolve(&bonds, &crypto, n, true, &f);
    resolve(&bonds, &crypto, n, false, &f);
    free(slots);
    free(index);
    return f;
}

static void print_row(const char *what, const figures *f, size_t at, int digits)
{
    printf("%-50s", what);
    for (unsigned i = 0; i < SIZES; i++)
        printf(" %10.*f", digits, *(const double *)(const void *)((const char *)&f[i] + at));
    printf("\n");
}

#define ROW(what, name, digits) print_row(what, f, offsetof(figures, name), digits)

int main(void)
{
    kith_openssl_kept kept;
    figures f[SIZES];

    must(kith_openssl_port_keeping(&openssl, &kept) == KITH_OK, "no OpenSSL");
    for (unsigned i = 0; i < SIZES; i++)
        f[i] = measure(sizes[i]);
    printf("%-50s", "bonds");
    for (unsigned i = 0; i < SIZES; i++)
        printf(" %10u", (unsigned)sizes[i]);
    printf("\n");
    ROW("RAM of one, octets", octets, 1);
    ROW("slots looked at: by ID", id_slots, 2);
    ROW("  by identity address", identity_slots, 2);
    ROW("  by EDIV and Rand", ediv_slots, 2);
    ROW("  by the identity address of a stranger", unknown_slots, 2);
    ROW("AES blocks: private address of a bond", hit_blocks, 1);
    ROW("  of a stranger", miss_blocks, 1);
    ROW("  heard again", again_blocks, 1);
    ROW("time on this machine, ns: by ID", id_ns, 0);
    ROW("  by identity address", identity_ns, 0);
    ROW("  by EDIV and Rand", ediv_ns, 0);
    ROW("  by the identity address of a stranger", unknown_ns, 0);
    ROW("  the next one in order of IDs", next_ns, 0);
    ROW("  private address of a bond, heard again", hit_again_ns, 0);
    ROW("  of a stranger, heard again", miss_again_ns, 0);
    ROW("time on this machine, us: loading one", load_us, 3);
    ROW("  private address of a bond, for the first time", hit_us, 1);
    ROW("  of a stranger, for the first time", miss_us, 1);
    kith_openssl_release(&kept);
    return 0;
}
