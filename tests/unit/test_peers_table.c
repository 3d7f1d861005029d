/* The table of bonds against a list that does the same without any cleverness: after every operation both answer every
 * question alike.  Then those who would make it slow: with addresses, IDs and keys that were chosen for it.  A seed is
 * printed; KITH_SEED=N repeats it. */
#include <stdlib.h>

#include "crypto_support.h"
#include "kith/host.h"
#include "peers/bonds.h"
#include "peers/order.h"

enum { MOST = 1000, IRKS = 40, EDIVS = 30, CLASSES = 6, LOCALS = 3 };

/* ---- a cipher of which the test knows what comes out, and how often it was asked ---- */

typedef struct {
    uint32_t blocks;
    bool broken;
} counting;

static kith_status xor_block(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    counting *c = context;

    c->blocks++;
    for (unsigned i = 0; i < 16; i++)
        out[i] = in[i] ^ key[i];
    return c->broken ? KITH_ERR_CRYPTO : KITH_OK;
}

static kith_status failing_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
    return KITH_ERR_ENTROPY;
}

/* Private addresses made with IRK number n and this random part: hash is prand XOR the first three octets. */
static void fill_irk(uint8_t irk[16], uint32_t n)
{
    memset(irk, 0, 16);
    if (n == 0)
        return;
    bytes_put24(irk, n);
    irk[15] = 1;
}

static kith_address private_address(uint32_t n, uint32_t random)
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM};

    bytes_put24(address.octets + 3, (random & 0x3fffff) | 0x400000);
    for (unsigned i = 0; i < 3; i++)
        address.octets[i] = address.octets[3 + i] ^ (uint8_t)(n >> 8 * i);
    return address;
}

static kith_address identity_number(uint32_t n)
{
    kith_address address = {.type = (uint8_t)(n & 1), .octets = {0, 0, 0, 7, 7, 0xc7}};

    bytes_put24(address.octets, n >> 1);
    return address;
}

/* Identities of ours: the same octets as a public and a random address, and another one. */
static const kith_address locals[LOCALS] = {
    {KITH_ADDRESS_RANDOM, {9, 9, 9, 9, 9, 0xc9}},
    {KITH_ADDRESS_PUBLIC, {9, 9, 9, 9, 9, 0xc9}},
    {KITH_ADDRESS_RANDOM, {8, 9, 9, 9, 9, 0xc9}},
};

/* ---- a table ---- */

typedef struct {
    peers_bonds bonds;
    peers_bond *slots;
    void *index;
    counting cipher;
    kith_crypto_port port;
} table;

static void *get_zeroed(size_t len)
{
    void *memory = calloc(1, len != 0 ? len : 1);

    assert_non_null(memory);
    return memory;
}

static void open_table(table *t, uint32_t capacity, const uint8_t key[16])
{
    memset(t, 0, sizeof *t);
    t->slots = get_zeroed(capacity * sizeof *t->slots);
    t->index = get_zeroed(peers_index_size(capacity));
    peers_init(&t->bonds, t->slots, capacity);
    if (peers_index_size(capacity) != 0)
        peers_use_index(&t->bonds, t->index, key);
    t->port = (kith_crypto_port){.context = &t->cipher, .aes128 = xor_block};
}

static void close_table(table *t)
{
    free(t->slots);
    free(t->index);
}

/* ---- the list ---- */

typedef struct {
    kith_peer_id id;
    uint8_t state;
    uint32_t local, who, irk, ediv; /* ediv 0: no legacy key of ours */
    uint8_t peer_class;
    bool marked;
    bool has_more; /* a state in the store */
} entry;

typedef struct {
    entry entries[MOST];
    uint32_t count, capacity;
    kith_peer_id last_id;
} list;

static entry *list_id(list *l, kith_peer_id id)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->entries[i].id == id)
            return &l->entries[i];
    return NULL;
}

static entry *list_who(list *l, uint32_t local, uint32_t who)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->entries[i].state == PEERS_STANDS && l->entries[i].local == local && l->entries[i].who == who)
            return &l->entries[i];
    return NULL;
}

static void list_drop(list *l, entry *e)
{
    if (e != NULL)
        *e = l->entries[--l->count];
}

static kith_peer_id list_fresh_id(list *l)
{
    do
        l->last_id++;
    while (l->last_id == 0 || list_id(l, l->last_id) != NULL);
    return l->last_id;
}

static bool list_put(list *l, entry fresh)
{
    entry *e = list_who(l, fresh.local, fresh.who);

    if (e == NULL && l->count == l->capacity)
        return false;
    if (e != NULL) {
        fresh.id = e->id;
        fresh.marked = e->marked;
    } else {
        if (fresh.id == 0)
            fresh.id = list_fresh_id(l);
        e = &l->entries[l->count++];
    }
    *e = fresh;
    return true;
}

static void list_forget(entry *e, uint8_t state)
{
    *e = (entry){.id = e->id, .state = state}; /* none of them has a state in the store, but those that are unwanted */
}

static void list_unwant(list *l, kith_peer_id id)
{
    if (list_id(l, id) == NULL && l->count < l->capacity)
        l->entries[l->count++] = (entry){.id = id, .state = PEERS_UNWANTED};
}

static bool list_load(list *l, entry fresh)
{
    entry *older;

    list_drop(l, list_id(l, fresh.id));
    if (fresh.id > l->last_id)
        l->last_id = fresh.id;
    older = list_who(l, fresh.local, fresh.who);
    if (older != NULL && l->count == l->capacity)
        return false;
    if (older != NULL && (int32_t)(fresh.id - older->id) < 0) {
        list_unwant(l, fresh.id);
        return true;
    }
    if (older != NULL)
        list_forget(older, PEERS_UNWANTED);
    return list_put(l, fresh);
}

/* ---- both ---- */

typedef struct {
    table table;
    list *list;
    seeded random;
    uint32_t people;
} pair;

static uint32_t below(pair *p, uint32_t many)
{
    uint32_t drawn;

    (void)seeded_random(&p->random, (uint8_t *)&drawn, sizeof drawn);
    return drawn % many;
}

static entry draw_entry(pair *p)
{
    return (entry){.local = below(p, LOCALS),
                   .who = below(p, p->people),
                   .irk = below(p, IRKS),
                   .ediv = below(p, EDIVS),
                   .peer_class = (uint8_t)below(p, CLASSES)};
}

static peers_bond bond_of(const entry *e)
{
    peers_bond bond = {.id = e->id,
                       .identity = identity_number(e->who),
                       .local = locals[e->local],
                       .peer_class = e->peer_class,
                       .has_my_ltk = e->ediv != 0,
                       .my_ediv = (uint16_t)e->ediv,
                       .my_rand = e->ediv * UINT64_C(0x9e3779b97f4a7c15)};

    fill_irk(bond.irk, e->irk);
    return bond;
}

/* Some ID that is there, of whatever state; now and then one that is not. */
static kith_peer_id draw_id(pair *p)
{
    if (p->list->count == 0 || below(p, 8) == 0)
        return p->list->last_id + 1 + below(p, 5);
    return p->list->entries[below(p, p->list->count)].id;
}

/* In a full table one that is stuck gives way; which one is not said. */
static void list_give_way(pair *p, const entry *fresh)
{
    list *l = p->list;

    for (uint32_t i = 0; list_who(l, fresh->local, fresh->who) == NULL && l->count == l->capacity && i < l->count; i++)
        if (l->entries[i].state == PEERS_UNWANTED_FAILED && peers_forgotten(&p->table.bonds, l->entries[i].id) == NULL)
            list_drop(l, &l->entries[i]);
}

static void do_put(pair *p)
{
    entry e = draw_entry(p);
    peers_bond bond = bond_of(&e), *kept = peers_put(&p->table.bonds, &bond);

    list_give_way(p, &e);
    assert_int_equal(kept != NULL, list_put(p->list, e));
    if (kept != NULL)
        assert_int_equal(kept->id, list_who(p->list, e.local, e.who)->id);
}

static void do_load(pair *p)
{
    entry e = draw_entry(p);
    peers_bond bond;
    bool loaded;

    do
        e.id = below(p, 3) == 0 ? draw_id(p) : below(p, 2) == 0 ? below(p, 3000) + 1 : below(p, UINT32_MAX) + 1;
    while (e.id == 0);
    bond = bond_of(&e);
    loaded = peers_load(&p->table.bonds, &bond);
    list_drop(p->list, list_id(p->list, e.id));
    list_give_way(p, &e);
    assert_int_equal(loaded, list_load(p->list, e));
}

/* As a host does: the ID first, then the bond, or doubt. */
static void do_save(pair *p)
{
    entry e = draw_entry(p);
    kith_address identity = identity_number(e.who);
    entry *old = list_who(p->list, e.local, e.who);
    kith_peer_id id = peers_id_for(&p->table.bonds, &locals[e.local], &identity);
    entry *stuck = list_id(p->list, id);
    peers_bond bond;

    if (old != NULL) {
        assert_int_equal(id, old->id);
    } else if (stuck != NULL) {
        assert_int_equal(stuck->state, PEERS_UNWANTED_FAILED);
        assert_false(stuck->has_more);
        list_drop(p->list, stuck);
    } else {
        for (uint32_t i = 0; i < p->list->count; i++)
            assert_true(p->list->entries[i].state != PEERS_UNWANTED_FAILED || p->list->entries[i].has_more);
        assert_int_equal(id, list_fresh_id(p->list));
    }
    e.id = id;
    bond = bond_of(&e);
    if (below(p, 3) == 0) {
        peers_unwant(&p->table.bonds, id);
        list_unwant(p->list, id);
    } else {
        const peers_bond *kept = peers_put(&p->table.bonds, &bond);

        list_give_way(p, &e);
        assert_int_equal(kept != NULL, list_put(p->list, e));
    }
}

static void do_forget(pair *p)
{
    kith_peer_id id = draw_id(p);
    entry *e = list_id(p->list, id);
    peers_bond *bond = peers_by_id(&p->table.bonds, id);

    if (bond != NULL && below(p, 4) == 0) {
        peers_remove(&p->table.bonds, bond);
        list_drop(p->list, e);
    } else if (bond != NULL) {
        peers_forget(&p->table.bonds, bond);
        list_forget(e, PEERS_FORGETTING);
    } else if (e != NULL && e->state == PEERS_FORGET_FAILED) {
        peers_forget_again(&p->table.bonds, peers_forgotten(&p->table.bonds, id));
        e->state = PEERS_FORGETTING;
    }
}

static void do_drop(pair *p)
{
    kith_peer_id id = draw_id(p);

    peers_drop(&p->table.bonds, id);
    list_drop(p->list, list_id(p->list, id));
}

static void do_fail(pair *p)
{
    kith_peer_id id = draw_id(p);
    entry *e = list_id(p->list, id);

    peers_forget_failed(&p->table.bonds, id);
    if (e != NULL && e->state != PEERS_STANDS)
        e->state = e->state == PEERS_UNWANTED ? PEERS_UNWANTED_FAILED : PEERS_FORGET_FAILED;
}

static void do_unwant(pair *p)
{
    kith_peer_id id = draw_id(p);
    entry *e;

    if (id == 0)
        return;
    peers_unwant_state(&p->table.bonds, id);
    list_unwant(p->list, id);
    e = list_id(p->list, id);
    if (e != NULL && e->state != PEERS_STANDS)
        e->has_more = true;
}

static void do_works_again(pair *p)
{
    peers_unwant_again(&p->table.bonds);
    for (uint32_t i = 0; i < p->list->count; i++)
        if (p->list->entries[i].state == PEERS_UNWANTED_FAILED)
            p->list->entries[i].state = PEERS_UNWANTED;
}

/* IDs go all the way round. */
static void do_wind(pair *p)
{
    p->table.bonds.last_id = p->list->last_id = UINT32_MAX - below(p, 4);
}

static void do_mark(pair *p)
{
    kith_peer_id id = draw_id(p);
    const peers_bond *bond = peers_by_id(&p->table.bonds, id);
    bool wanted = below(p, 2) == 0;

    if (bond == NULL)
        return;
    peers_mark(&p->table.bonds, bond, wanted);
    list_id(p->list, id)->marked = wanted;
}

static void do_clear(pair *p)
{
    if (below(p, 100) != 0)
        return;
    peers_clear(&p->table.bonds);
    p->list->count = 0;
}

/* ---- do they answer alike? ---- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void compare_order(pair *p)
{
    uint32_t ids[MOST], count = 0;
    kith_peer_id after = 0;

    for (uint32_t i = 0; i < p->list->count; i++)
        if (p->list->entries[i].state == PEERS_STANDS)
            ids[count++] = p->list->entries[i].id;
    qsort(ids, count, sizeof *ids, by_number);
    for (uint32_t i = 0; i < count; i++) {
        const peers_bond *next = peers_after(&p->table.bonds, after);

        assert_non_null(next);
        assert_int_equal(next->id, ids[i]);
        after = next->id;
        assert_ptr_equal(peers_after(&p->table.bonds, after - 1), next);
    }
    assert_null(peers_after(&p->table.bonds, after));
    assert_int_equal(p->table.bonds.used, count);
}

static void compare_ids(pair *p)
{
    for (uint32_t i = 0; i < p->list->count; i++) {
        const entry *e = &p->list->entries[i];
        const peers_bond *bond = peers_by_id(&p->table.bonds, e->id);
        const peers_bond *gone = peers_forgotten(&p->table.bonds, e->id);

        assert_int_equal(bond != NULL, e->state == PEERS_STANDS);
        assert_int_equal(gone != NULL, e->state != PEERS_STANDS);
        assert_int_equal((bond != NULL ? bond : gone)->state, e->state);
    }
    for (unsigned i = 0; i < 5; i++) {
        kith_peer_id id = draw_id(p);

        if (list_id(p->list, id) == NULL)
            assert_true(peers_by_id(&p->table.bonds, id) == NULL && peers_forgotten(&p->table.bonds, id) == NULL);
    }
}

static void compare_people(pair *p, uint32_t local)
{
    kith_peer_id *expected = get_zeroed(p->people * sizeof *expected);

    for (uint32_t i = 0; i < p->list->count; i++)
        if (p->list->entries[i].state == PEERS_STANDS && p->list->entries[i].local == local)
            expected[p->list->entries[i].who] = p->list->entries[i].id;
    for (uint32_t who = 0; who < p->people; who++) {
        kith_address identity = identity_number(who);
        const peers_bond *bond = peers_by_identity(&p->table.bonds, &locals[local], &identity);

        assert_int_equal(bond != NULL ? bond->id : 0, expected[who]);
        assert_ptr_equal(peers_by_address(&p->table.bonds, &p->table.port, &locals[local], &identity), bond);
    }
    free(expected);
}

/* Of those that one number has: none, that one, or many. */
typedef struct {
    uint32_t count;
    kith_peer_id id;
} those;

static void compare_keys(pair *p, uint32_t local)
{
    those irks[IRKS] = {{0, 0}}, edivs[EDIVS] = {{0, 0}};

    for (uint32_t i = 0; i < p->list->count; i++)
        if (p->list->entries[i].state == PEERS_STANDS && p->list->entries[i].local == local) {
            const entry *e = &p->list->entries[i];

            irks[e->irk] = (those){irks[e->irk].count + 1, e->id};
            edivs[e->ediv] = (those){edivs[e->ediv].count + 1, e->id};
        }
    for (uint32_t n = 1; n < EDIVS; n++) {
        const peers_bond *bond =
            peers_by_ediv(&p->table.bonds, &locals[local], (uint16_t)n, n * UINT64_C(0x9e3779b97f4a7c15));

        assert_int_equal(bond != NULL ? bond->id : 0, edivs[n].count == 1 ? edivs[n].id : 0);
        assert_null(
            peers_by_ediv(&p->table.bonds, &locals[local], (uint16_t)(n + 1), n * UINT64_C(0x9e3779b97f4a7c15)));
    }
    for (uint32_t n = 0; n < IRKS; n++) {
        kith_address address = private_address(n, below(p, 4) * 77);
        const peers_bond *bond = peers_by_address(&p->table.bonds, &p->table.port, &locals[local], &address);

        assert_int_equal(bond != NULL ? bond->id : 0, n != 0 && irks[n].count == 1 ? irks[n].id : 0);
        if (irks[n].count > 0)
            assert_int_equal(peers_shares_irk(&p->table.bonds, peers_by_id(&p->table.bonds, irks[n].id)),
                             n != 0 && irks[n].count > 1);
    }
}

static void compare_states(pair *p)
{
    const kith_address stranger = identity_number(p->people + 1);
    const peers_bond *next = peers_next_forgetting(&p->table.bonds);
    uint32_t to_forget = 0, occupied = 0;
    those classes[CLASSES + 1] = {{0, 0}};

    for (uint32_t i = 0; i < p->list->count; i++) {
        const entry *e = &p->list->entries[i];

        to_forget += e->state == PEERS_FORGETTING || e->state == PEERS_UNWANTED;
        occupied += e->state != PEERS_UNWANTED_FAILED;
        if (e->state == PEERS_STANDS)
            classes[e->peer_class] = (those){classes[e->peer_class].count + 1, e->id};
    }
    assert_int_equal(next != NULL, to_forget != 0);
    assert_true(next == NULL || next->state == PEERS_FORGETTING || next->state == PEERS_UNWANTED);
    for (uint8_t c = 0; c <= CLASSES; c++) {
        const peers_bond *bond = peers_of_class(&p->table.bonds, c, 0);

        assert_int_equal(bond != NULL, classes[c].count != 0);
        assert_true(bond == NULL || bond->peer_class == c);
        bond = peers_of_class(&p->table.bonds, c, classes[c].id);
        assert_int_equal(bond != NULL, classes[c].count > 1);
        assert_true(bond == NULL || (bond->peer_class == c && bond->id != classes[c].id));
    }
    assert_null(peers_of_class(&p->table.bonds, 200, 0));
    for (uint32_t promised = 0; promised < 3; promised++)
        assert_int_equal(peers_has_room(&p->table.bonds, &locals[0], &stranger, promised),
                         p->list->capacity - occupied > promised);
}

/* Without an index everybody counts as marked: whoever asks looks closer. */
static void compare_marks(pair *p)
{
    uint32_t marked = 0, found = 0;
    const peers_bond *bond = NULL;

    for (uint32_t i = 0; i < p->list->count; i++)
        marked += p->list->entries[i].marked;
    while (p->table.bonds.index != NULL && (bond = peers_next_marked(&p->table.bonds, bond)) != NULL) {
        assert_true(bond->id != 0 && list_id(p->list, bond->id)->marked);
        found++;
    }
    assert_true(p->table.bonds.index == NULL || found == marked);
}

static void compare(pair *p)
{
    compare_order(p);
    compare_ids(p);
    for (uint32_t local = 0; local < LOCALS; local++) {
        compare_people(p, local);
        compare_keys(p, local);
    }
    compare_states(p);
    compare_marks(p);
}

static void play(uint64_t seed, uint32_t capacity, unsigned operations)
{
    static void (*const what[])(pair *) = {do_put,    do_put,         do_put,    do_load,  do_load,
                                           do_save,   do_save,        do_forget, do_drop,  do_fail,
                                           do_unwant, do_works_again, do_mark,   do_clear, do_wind};
    pair p = {.random = {seed * 2 + 1}, .people = capacity + capacity / 2 + 3};
    uint8_t key[16];

    (void)seeded_random(&p.random, key, sizeof key);
    p.list = get_zeroed(sizeof *p.list);
    p.list->capacity = capacity;
    open_table(&p.table, capacity, key);
    for (uint32_t i = 0; i < capacity; i++)
        what[below(&p, 5)](&p); /* to where it is nearly full */
    for (unsigned i = 0; i < operations; i++) {
        what[below(&p, sizeof what / sizeof what[0])](&p);
        compare(&p);
    }
    close_table(&p.table);
    free(p.list);
}

static void a_table_of_any_size_answers_as_a_plain_list_does(void **state)
{
    static const struct {
        uint32_t capacity;
        unsigned operations;
    } runs[] = {{1, 500},   {2, 1000},  {3, 1000},   {8, 3000},   {32, 3000},
                {33, 3000}, {34, 2000}, {100, 2000}, {257, 1000}, {MOST, 500}};
    const char *again = getenv("KITH_SEED");
    uint64_t seed = again != NULL ? strtoull(again, NULL, 10) : 20260726;

    (void)state;
    print_message("seed %llu (KITH_SEED plays it again)\n", (unsigned long long)seed);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
        play(seed, runs[i].capacity, runs[i].operations);
}

/* ---- who would make it slow ---- */

static uint32_t chain_length(const peers_bonds *bonds, const kith_address *identity)
{
    const uint8_t *o = identity->octets;
    peers_key key = {bytes_get32(o) | (uint64_t)bytes_get16(o + 4) << 32, identity->type};
    uint32_t length = 0;

    for (uint32_t i = peers_chain_first(bonds->index, PEERS_BY_IDENTITY, &key); i != PEERS_NO_SLOT;
         i = peers_chain_next(bonds->index, PEERS_BY_IDENTITY, i))
        length++;
    return length;
}

/* Of all the addresses it could have, one that this attacker's guess of the key puts into the first chain. */
static kith_address chosen_address(const uint64_t guess[2], uint32_t capacity, uint64_t *from)
{
    for (;; (*from)++) {
        peers_key key = {*from & 0xffffffffffff, KITH_ADDRESS_PUBLIC};

        if ((peers_hash(guess, &key) >> 32) * capacity >> 32 == 0) {
            kith_address address = {.type = KITH_ADDRESS_PUBLIC};

            bytes_put32(address.octets, (uint32_t)*from);
            bytes_put16(address.octets + 4, (uint16_t)(*from >> 32));
            (*from)++;
            return address;
        }
    }
}

static uint32_t longest_chain(const uint8_t key[16], const uint64_t guess[2])
{
    enum { CAPACITY = 600 };
    uint64_t from = 0;
    uint32_t longest = 0;
    table t;

    open_table(&t, CAPACITY, key);
    for (unsigned i = 0; i < CAPACITY; i++) {
        peers_bond bond = {.identity = chosen_address(guess, CAPACITY, &from)};
        uint32_t length;

        assert_non_null(peers_put(&t.bonds, &bond));
        length = chain_length(&t.bonds, &bond.identity);
        longest = length > longest ? length : longest;
    }
    close_table(&t);
    return longest;
}

static void chosen_addresses_share_no_chain_unless_the_key_is_known(void **state)
{
    static const uint8_t zeros[16];
    const uint64_t guess[2] = {0, 0};
    seeded random = {99};

    (void)state;
    assert_int_equal(longest_chain(zeros, guess), 600); /* what would be without a key */
    for (unsigned i = 0; i < 10; i++) {
        uint8_t key[16];

        (void)seeded_random(&random, key, sizeof key);
        assert_true(longest_chain(key, guess) <= 12);
    }
}

static void addresses_in_a_row_share_no_chain(void **state)
{
    enum { CAPACITY = 20000 };
    static const uint8_t key[16] = {1, 2, 3};
    uint32_t longest = 0;
    table t;

    (void)state;
    open_table(&t, CAPACITY, key);
    for (uint32_t i = 0; i < CAPACITY; i++) {
        peers_bond bond = {.identity = identity_number(i)};
        uint32_t length;

        assert_non_null(peers_put(&t.bonds, &bond));
        length = chain_length(&t.bonds, &bond.identity);
        longest = length > longest ? length : longest;
    }
    assert_true(longest <= 12);
    close_table(&t);
}

static uint32_t depth_below(const peers_index *x, uint32_t slot)
{
    uint32_t lower = x->branches[slot].lower, higher = x->branches[slot].higher;
    uint32_t a = lower != PEERS_NO_SLOT ? depth_below(x, lower) : 0;
    uint32_t b = higher != PEERS_NO_SLOT ? depth_below(x, higher) : 0;

    return 1 + (a > b ? a : b);
}

/* In whatever order a store hands them out, and wherever its IDs lie. */
static void the_order_is_never_deeper_than_an_id_has_bits(void **state)
{
    enum { CAPACITY = 2000 };
    static const uint8_t key[16] = {4};

    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        table t;

        open_table(&t, CAPACITY, key);
        for (uint32_t i = 0; i < CAPACITY; i++) {
            peers_bond bond = {.identity = identity_number(i)};

            bond.id = way == 0 ? i + 1 : way == 1 ? CAPACITY - i : way == 2 ? UINT32_MAX - i : i < 32 ? 1u << i : ~i;
            assert_true(peers_load(&t.bonds, &bond));
        }
        assert_true(depth_below(t.bonds.index, t.bonds.index->root) <= 33);
        close_table(&t);
    }
}

static void what_came_and_went_leaves_nothing_behind(void **state)
{
    enum { CAPACITY = 40 };
    static const uint8_t key[16] = {5};
    table t;

    (void)state;
    open_table(&t, CAPACITY, key);
    for (uint32_t i = 0; i < 100000; i++) {
        peers_bond bond = {.identity = identity_number(i), .has_my_ltk = true, .my_rand = i};
        peers_bond *kept = peers_put(&t.bonds, &bond);

        assert_non_null(kept);
        if (i >= CAPACITY / 2)
            peers_remove(&t.bonds, peers_after(&t.bonds, 0));
    }
    while (t.bonds.used > 0)
        peers_remove(&t.bonds, peers_after(&t.bonds, 0));
    for (unsigned i = 0; i < PEERS_CHAINS * CAPACITY; i++)
        assert_int_equal(t.bonds.index->heads[i], PEERS_NO_SLOT);
    assert_int_equal(t.bonds.index->root, PEERS_NO_SLOT);
    assert_int_equal(t.bonds.occupied, 0);
    close_table(&t);
}

static void the_hash_is_siphash(void **state)
{
    const peers_key message = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    const uint64_t key[2] = {message.a, message.b};

    (void)state;
    assert_true(peers_hash(key, &message) == UINT64_C(0x3f2acc7f57c29bdb)); /* of its reference implementation */
}

/* ---- private addresses ---- */

enum { HEARD = 64 };

static void open_full(table *t)
{
    static const uint8_t key[16] = {6};

    open_table(t, HEARD, key);
    for (uint32_t i = 0; i < HEARD; i++) {
        peers_bond bond = {.identity = identity_number(i), .local = locals[0]};

        fill_irk(bond.irk, i % 2 == 0 ? i / 2 + 1 : 0); /* every other one has none */
        assert_non_null(peers_put(&t->bonds, &bond));
    }
}

static uint32_t blocks_for(table *t, const kith_address *address, kith_peer_id expected)
{
    uint32_t before = t->cipher.blocks;
    const peers_bond *bond = peers_by_address(&t->bonds, &t->port, &locals[0], address);

    assert_int_equal(bond != NULL ? bond->id : 0, expected);
    return t->cipher.blocks - before;
}

static void an_address_heard_again_costs_no_cipher_until_a_bond_changes(void **state)
{
    const kith_address known = private_address(20, 5), stranger = private_address(900, 5);
    const peers_bond fresh = {.identity = identity_number(3), .local = locals[0]};
    uint32_t keys = 0;
    table t;

    (void)state;
    open_full(&t);
    for (uint32_t i = 0; peers_set_next(t.bonds.index, PEERS_WITH_IRK, i) != PEERS_NO_SLOT; keys++)
        i = peers_set_next(t.bonds.index, PEERS_WITH_IRK, i) + 1;
    assert_int_equal(keys, HEARD / 2);                /* those without are not even looked at */
    assert_int_equal(blocks_for(&t, &known, 39), 20); /* those with a key, up to the one that made it */
    assert_int_equal(blocks_for(&t, &known, 39), 0);
    assert_int_equal(blocks_for(&t, &stranger, 0), HEARD / 2);
    assert_int_equal(blocks_for(&t, &stranger, 0), 0);
    assert_non_null(peers_put(&t.bonds, &fresh));
    assert_int_equal(blocks_for(&t, &known, 39), 20);
    peers_forget(&t.bonds, peers_by_id(&t.bonds, 39));
    assert_int_equal(blocks_for(&t, &known, 0), HEARD / 2 - 1);
    close_table(&t);
}

/* What is remembered is remembered for one identity of ours. */
static void an_address_that_is_known_under_one_identity_is_nobody_under_another(void **state)
{
    const kith_address known = private_address(20, 5);
    table t;

    (void)state;
    open_full(&t);
    assert_int_equal(blocks_for(&t, &known, 39), 20);
    for (unsigned round = 0; round < 3; round++) {
        for (uint8_t i = 0; i < 2 * PEERS_LOCALS; i++) { /* more than are remembered at once */
            const kith_address other = {KITH_ADDRESS_RANDOM, {i, 5, 5, 5, 5, 0xc5}};

            assert_null(peers_by_address(&t.bonds, &t.port, &other, &known));
            assert_null(peers_by_address(&t.bonds, &t.port, &other, &known));
        }
        assert_ptr_equal(peers_by_address(&t.bonds, &t.port, &locals[0], &known), peers_by_id(&t.bonds, 39));
        assert_int_equal(blocks_for(&t, &known, 39), 0);
    }
    close_table(&t);
}

static void a_cipher_that_failed_is_asked_again(void **state)
{
    const kith_address known = private_address(20, 5);
    table t;

    (void)state;
    open_full(&t);
    t.cipher.broken = true;
    assert_int_equal(blocks_for(&t, &known, 0), HEARD / 2);
    t.cipher.broken = false;
    assert_int_equal(blocks_for(&t, &known, 39), 20);
    close_table(&t);
}

static void the_address_heard_last_is_kept_longest(void **state)
{
    const kith_address known = private_address(20, 5);
    table t;

    (void)state;
    open_full(&t);
    (void)blocks_for(&t, &known, 39);
    for (uint32_t i = 0; i < 1000; i++) {
        const kith_address other = private_address(900 + i, i);

        assert_int_equal(blocks_for(&t, &other, 0), HEARD / 2);
        assert_int_equal(blocks_for(&t, &known, 39), 0);
    }
    close_table(&t);
}

/* ---- memory ---- */

static void the_size_for_static_memory_is_enough_up_to_the_most_bonds(void **state)
{
    static const uint32_t many[] = {0, 1, 8, 31, 32, 33, 34, 35, 47, 48, 49, 63, 64, 65, 1000, 65535, 65536, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
        const kith_limits limits = {.links = 1, .pairings = 1, .bonds = many[i], .mtu = 65, .events = 8};
        const size_t size = kith_host_size(&limits), constant = KITH_HOST_SIZE(1, 1, many[i], 65, 8);

        assert_true(size != 0 && size <= constant && constant - size <= 600 + (size_t)many[i] * 8);
    }
    assert_true(kith_host_size(&(kith_limits){.links = 1, .pairings = 1, .bonds = KITH_BONDS_MAX, .mtu = 65}) != 0);
    assert_true(kith_host_size(&(kith_limits){.links = 1, .pairings = 1, .bonds = KITH_BONDS_MAX + 1, .mtu = 65}) == 0);
}

static void without_a_random_key_there_is_no_host_of_many_bonds(void **state)
{
    static uint8_t _Alignas(8) memory[KITH_HOST_SIZE(1, 1, 33, 65, 8)];
    kith_crypto_port port;
    kith_config config;
    kith_host *h;

    (void)state;
    assert_int_equal(kith_openssl_port(&port), KITH_OK);
    port.random = failing_random;
    kith_config_default(&config);
    config.crypto = &port;
    config.store = &kith_volatile_store;
    config.limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 33, .mtu = 65, .events = 8};
    assert_int_equal(kith_host_init(memory, sizeof memory, &config, &h), KITH_ERR_ENTROPY);
    assert_null(h);
    config.limits.bonds = 32;
    assert_int_equal(kith_host_init(memory, sizeof memory, &config, &h), KITH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_of_any_size_answers_as_a_plain_list_does),
        cmocka_unit_test(chosen_addresses_share_no_chain_unless_the_key_is_known),
        cmocka_unit_test(addresses_in_a_row_share_no_chain),
        cmocka_unit_test(the_order_is_never_deeper_than_an_id_has_bits),
        cmocka_unit_test(what_came_and_went_leaves_nothing_behind),
        cmocka_unit_test(the_hash_is_siphash),
        cmocka_unit_test(an_address_heard_again_costs_no_cipher_until_a_bond_changes),
        cmocka_unit_test(an_address_that_is_known_under_one_identity_is_nobody_under_another),
        cmocka_unit_test(a_cipher_that_failed_is_asked_again),
        cmocka_unit_test(the_address_heard_last_is_kept_longest),
        cmocka_unit_test(the_size_for_static_memory_is_enough_up_to_the_most_bonds),
        cmocka_unit_test(without_a_random_key_there_is_no_host_of_many_bonds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
