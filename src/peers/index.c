/* Chains, rings, sets and what was resolved.  The hash: Aumasson and Bernstein, SipHash, 2012. */
#include <string.h>

#include "base/bytes.h"
#include "kith/host.h"
#include "peers/index.h"

static size_t set_words(uint32_t capacity)
{
    return capacity / 32u + 1u;
}

static size_t ways(uint32_t capacity)
{
    return capacity / PEERS_SLOTS_PER_WAY + 1u;
}

size_t peers_index_size(uint32_t capacity)
{
    size_t octets = sizeof(peers_index) + PEERS_RINGS * sizeof(peers_ring);

    if (capacity <= KITH_BONDS_SCANNED)
        return 0;
    octets += capacity *
              (PEERS_CHAINS * sizeof(uint32_t) + sizeof(peers_links) + sizeof(peers_branches) + sizeof(peers_ring));
    octets += PEERS_SETS * set_words(capacity) * sizeof(uint32_t);
    return octets + ways(capacity) * PEERS_RESOLVED_WAYS * sizeof(peers_resolved);
}

peers_index *peers_index_init(void *memory, uint32_t capacity, const uint8_t key[16])
{
    peers_index *x = memory;

    x->hash_key[0] = bytes_get64(key);
    x->hash_key[1] = bytes_get64(key + 8);
    x->capacity = capacity;
    x->heads = (uint32_t *)(void *)(x + 1);
    x->links = (peers_links *)(void *)(x->heads + (size_t)PEERS_CHAINS * capacity);
    x->branches = (peers_branches *)(void *)(x->links + capacity);
    x->rings = (peers_ring *)(void *)(x->branches + capacity);
    x->sets = (uint32_t *)(void *)(x->rings + capacity + PEERS_RINGS);
    x->resolved = (peers_resolved *)(void *)(x->sets + PEERS_SETS * set_words(capacity));
    peers_index_clear(x);
    return x;
}

void peers_index_clear(peers_index *x)
{
    for (size_t i = 0; i < (size_t)PEERS_CHAINS * x->capacity; i++)
        x->heads[i] = PEERS_NO_SLOT;
    for (uint32_t i = 0; i < x->capacity + PEERS_RINGS; i++)
        x->rings[i] = (peers_ring){i, i};
    for (uint32_t i = 0; i < x->capacity; i++)
        peers_ring_enter(x, PEERS_FREE, i);
    memset(x->sets, 0, PEERS_SETS * set_words(x->capacity) * sizeof *x->sets);
    x->root = PEERS_NO_SLOT;
    x->local_count = 0;
    x->has_resolved = true;
    peers_forget_resolved(x);
}

/* ---- the hash ---- */

static inline uint64_t rotate(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

/* Inline, so that the four words stay in registers: hashes are a part of what each bond costs at start. */
static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
}

uint64_t peers_hash(const uint64_t key[2], const peers_key *what)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
                     key[1] ^ 0x7465646279746573u};

    sip_word(v, what->a);
    sip_word(v, what->b);
    sip_word(v, (uint64_t)16 << 56); /* the length */
    v[2] ^= 0xff;
    for (unsigned i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* A number below so many, without a division. */
static uint32_t spread(const peers_index *x, const peers_key *key, uint32_t many)
{
    return (uint32_t)((peers_hash(x->hash_key, key) >> 32) * many >> 32);
}

/* ---- chains ---- */

static uint32_t *head_of(const peers_index *x, peers_chain chain, const peers_key *key)
{
    return &x->heads[(size_t)chain * x->capacity + spread(x, key, x->capacity)];
}

uint32_t peers_chain_first(const peers_index *x, peers_chain chain, const peers_key *key)
{
    return *head_of(x, chain, key);
}

uint32_t peers_chain_next(const peers_index *x, peers_chain chain, uint32_t slot)
{
    return x->links[slot].next[chain];
}

void peers_chain_add(peers_index *x, peers_chain chain, const peers_key *key, uint32_t slot)
{
    uint32_t *head = head_of(x, chain, key);

    x->links[slot].next[chain] = *head;
    *head = slot;
}

void peers_chain_remove(peers_index *x, peers_chain chain, const peers_key *key, uint32_t slot)
{
    uint32_t *at = head_of(x, chain, key);

    while (*at != PEERS_NO_SLOT && *at != slot)
        at = &x->links[*at].next[chain];
    if (*at == slot)
        *at = x->links[slot].next[chain];
}

/* ---- rings ---- */

uint32_t peers_ring_next(const peers_index *x, unsigned ring, uint32_t slot)
{
    uint32_t next = x->rings[slot].next;

    return next != x->capacity + ring ? next : PEERS_NO_SLOT;
}

uint32_t peers_ring_first(const peers_index *x, unsigned ring)
{
    return peers_ring_next(x, ring, x->capacity + ring);
}

void peers_ring_enter(peers_index *x, unsigned ring, uint32_t slot)
{
    uint32_t head = x->capacity + ring;
    peers_ring *r = x->rings;

    r[r[slot].previous].next = r[slot].next;
    r[r[slot].next].previous = r[slot].previous;
    r[slot] = (peers_ring){.next = head, .previous = r[head].previous};
    r[r[slot].previous].next = slot;
    r[head].previous = slot;
}

/* ---- sets ---- */

uint32_t peers_set_next(const peers_index *x, peers_set set, uint32_t from)
{
    const uint32_t *words = x->sets + (size_t)set * set_words(x->capacity);

    while (from < x->capacity && (words[from / 32] >> from % 32 & 1) == 0)
        from = words[from / 32] >> from % 32 == 0 ? (from / 32 + 1) * 32 : from + 1;
    return from < x->capacity ? from : PEERS_NO_SLOT;
}

void peers_set_put(peers_index *x, peers_set set, uint32_t slot, bool in)
{
    uint32_t *word = x->sets + (size_t)set * set_words(x->capacity) + slot / 32;
    uint32_t bit = (uint32_t)1 << slot % 32;

    *word = in ? *word | bit : *word & ~bit;
}

/* ---- addresses that were resolved ---- */

/* The number of an identity of ours, 1 to PEERS_LOCALS; 0: nothing is remembered for it. */
static uint8_t number_of_local(const peers_index *x, const kith_address *local)
{
    for (uint8_t i = 0; i < x->local_count; i++)
        if (kith_address_equal(&x->locals[i], local))
            return (uint8_t)(i + 1);
    return 0;
}

static uint8_t add_local(peers_index *x, const kith_address *local)
{
    if (x->local_count == PEERS_LOCALS) {
        peers_forget_resolved(x);
        x->local_count = 0;
    }
    x->locals[x->local_count] = *local;
    return ++x->local_count;
}

static peers_resolved *way_of(const peers_index *x, uint8_t local, const kith_address *address)
{
    peers_key key = {bytes_get32(address->octets) | (uint64_t)bytes_get16(address->octets + 4) << 32, local};

    return &x->resolved[(size_t)PEERS_RESOLVED_WAYS * spread(x, &key, (uint32_t)ways(x->capacity))];
}

/* To the front, where who came last stays longest. */
static void bring_forward(peers_resolved *way, unsigned from, peers_resolved what)
{
    memmove(way + 1, way, from * sizeof *way);
    way[0] = what;
}

bool peers_recall(peers_index *x, const kith_address *local, const kith_address *address, uint32_t *slot)
{
    uint8_t number = number_of_local(x, local);
    peers_resolved *way = way_of(x, number, address);

    for (unsigned i = 0; number != 0 && i < PEERS_RESOLVED_WAYS; i++)
        if (way[i].local == number && memcmp(way[i].octets, address->octets, sizeof way[i].octets) == 0) {
            bring_forward(way, i, way[i]);
            *slot = way[0].slot;
            return true;
        }
    return false;
}

void peers_remember(peers_index *x, const kith_address *local, const kith_address *address, uint32_t slot)
{
    uint8_t number = number_of_local(x, local);
    peers_resolved what = {.slot = slot};

    what.local = number != 0 ? number : add_local(x, local);
    memcpy(what.octets, address->octets, sizeof what.octets);
    bring_forward(way_of(x, what.local, address), PEERS_RESOLVED_WAYS - 1, what);
    x->has_resolved = true;
}

void peers_forget_resolved(peers_index *x)
{
    if (x->has_resolved)
        memset(x->resolved, 0, ways(x->capacity) * PEERS_RESOLVED_WAYS * sizeof *x->resolved);
    x->has_resolved = false;
}
