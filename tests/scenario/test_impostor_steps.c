/* Somebody who has one thing of a bonded peer: its address, its identity resolving key, its identity to tell in phase
 * 3, the name of its legacy key, or its address with the other type.  It begins everything that one can begin and
 * breaks off at each step of it, in both roles and under each policy.  Whatever it does, it gets nothing and changes
 * nothing: the store stays octet for octet, nobody is told that a peer was here, nobody goes, and the real peer is back
 * in the end with everything in force.  Core Vol 3 Part H 2.4.3, 2.4.4.1, 3.6; Part C 10.8. */
#include "client.h"
#include "kith/codec/record.h"
#include "kith/lists.h"
#include "memory_store.h"

enum { NEWER, OLDER, NEIGHBOUR, BONDS }; /* of Secure Connections, of legacy pairing, and one that is never here */
enum { OWN_EDIV = 0x4321, PEERS_EDIV = 0x8765, DATA = 200, SHORT = 300000, LONG = 32 * CAST_SECOND };

static const uint64_t own_rand = 0x1122334455667788, peers_rand = 0x99aabbccddeeff01;
static const kith_address identities[BONDS] = {
    {KITH_ADDRESS_RANDOM, {1, 1, 1, 1, 1, 0xc1}},
    {KITH_ADDRESS_PUBLIC, {2, 2, 2, 2, 2, 0xc2}},
    {KITH_ADDRESS_RANDOM, {3, 3, 3, 3, 3, 0xc3}},
};
static const uint8_t host_static[6] = {9, 9, 9, 9, 9, 0xc9};

/* ---- what it has ---- */

typedef struct {
    const char *name;
    unsigned whose;
    const kith_address *address; /* NULL: its own, or one that the stolen key makes */
    uint8_t type;
    bool has_irk, is_claim, tells_identity;
} loot;

static const loot loots[] = {
    {"its static address", NEWER, &identities[NEWER], KITH_ADDRESS_RANDOM, .is_claim = true, .tells_identity = true},
    {"its public address", OLDER, &identities[OLDER], KITH_ADDRESS_PUBLIC, .is_claim = true, .tells_identity = true},
    {"its identity resolving key", NEWER, .has_irk = true, .is_claim = true, .tells_identity = true},
    {"its identity to tell", NEWER, .tells_identity = true},
    {"the older one's identity to tell", OLDER, .tells_identity = true},
    {"the names of its keys", OLDER, .tells_identity = false},
    {"the names of its keys and its address", OLDER, &identities[OLDER], KITH_ADDRESS_PUBLIC, .is_claim = true,
     .tells_identity = true},
    {"its octets as a public address", NEWER, &identities[NEWER], KITH_ADDRESS_PUBLIC, .is_claim = false},
    {"its octets as a static address", OLDER, &identities[OLDER], KITH_ADDRESS_RANDOM, .is_claim = false},
};
enum { LOOTS = sizeof loots / sizeof loots[0] };

/* ---- what it meets ---- */

typedef enum { NOBODY_ANSWERS, SAYS_NO, SAYS_YES } answer;

/* Where a window is open, or the program has said yes for the link, the bonds are stronger than what it can reach: an
 * equal result would be admitted, which is what a window is for. */
typedef struct {
    const char *name;
    kith_pairing_policy policy;
    answer to_strangers, to_peers; /* pairing anew */
    kith_repairing repairing;
    bool window, strong, excluded, full;
} manner;

static const manner manners[] = {
    {"closed", KITH_PAIRING_CLOSED, NOBODY_ANSWERS, NOBODY_ANSWERS, .strong = false},
    {"closed, no", KITH_PAIRING_CLOSED, SAYS_NO, SAYS_NO, .strong = false},
    {"closed, yes to what is weaker", KITH_PAIRING_CLOSED, SAYS_NO, SAYS_YES, .strong = true},
    {"ask, nobody answers", KITH_PAIRING_ASK, NOBODY_ANSWERS, NOBODY_ANSWERS, .strong = false},
    {"ask, yes to strangers", KITH_PAIRING_ASK, SAYS_YES, SAYS_NO, .strong = false},
    {"ask, yes to strangers and silence", KITH_PAIRING_ASK, SAYS_YES, NOBODY_ANSWERS, .strong = false},
    {"window", KITH_PAIRING_CLOSED, SAYS_NO, SAYS_NO, .window = true, .strong = true},
    {"refuse", KITH_PAIRING_ASK, SAYS_YES, SAYS_YES, KITH_REPAIRING_REFUSE, .strong = false},
    {"allow", KITH_PAIRING_CLOSED, SAYS_NO, SAYS_NO, KITH_REPAIRING_ALLOW, .strong = true},
    {"excluded", KITH_PAIRING_ASK, SAYS_YES, SAYS_YES, .window = true, .excluded = true},
    {"full", KITH_PAIRING_ASK, SAYS_YES, SAYS_YES, .window = true, .strong = true, .full = true},
};
enum { MANNERS = sizeof manners / sizeof manners[0] };

/* ---- what it does ---- */

typedef enum {
    CONNECTS,
    ASKS_FOR_SECURITY, /* whoever is peripheral asks; nothing comes of it */
    STOPS,             /* pairs up to .at, and does not do that */
    SPOILS,            /* pairs, and sends one bit of .at wrong */
    GUESSES            /* encrypts with a key of its own */
} deed_kind;

typedef enum { UNNAMED, NAMED_OURS, NAMED_PEERS } guess; /* as peripheral: a wrong key, no key, no answer at all */

typedef struct {
    deed_kind kind;
    unsigned at;
} deed;

static const deed deeds[] = {
    {CONNECTS, 0},
    {ASKS_FOR_SECURITY, 0},
    {STOPS, ACTOR_SENDS_KEY},
    {STOPS, ACTOR_SENDS_CONFIRM},
    {STOPS, ACTOR_SENDS_RANDOM},
    {STOPS, ACTOR_SENDS_CHECK},
    {STOPS, ACTOR_ENCRYPTS},
    {STOPS, ACTOR_SENDS_IRK},
    {STOPS, ACTOR_SENDS_ADDRESS},
    {STOPS, ACTOR_IS_DONE},
    {SPOILS, ACTOR_SENDS_FEATURES},
    {SPOILS, ACTOR_SENDS_KEY},
    {SPOILS, ACTOR_SENDS_CONFIRM},
    {SPOILS, ACTOR_SENDS_RANDOM},
    {SPOILS, ACTOR_SENDS_CHECK},
    {SPOILS, ACTOR_SENDS_IRK},
    {GUESSES, UNNAMED},
    {GUESSES, NAMED_OURS},
    {GUESSES, NAMED_PEERS},
};
enum { DEEDS = sizeof deeds / sizeof deeds[0] };

typedef enum { DISCONNECTS, STAYS_SILENT, GOES_OUT_OF_RANGE, ENDINGS } ending;

/* ---- the host, its peers, and what must stay ---- */

typedef struct {
    kith_record log[MEMORY_STORE_ENTRIES];
    uint32_t used;
    unsigned put, removed, erased;
    kith_bond_keys keys[BONDS];
    kith_bond_info bonds[BONDS];
    kith_peer_info peers[BONDS];
    kith_peer_ranks ranks;
    uint8_t data[BONDS][DATA];
    kith_peer_id listed[BONDS];
    uint16_t listed_count;
    unsigned told[CAST_KINDS];
} facts;

typedef struct {
    cast_room *room;
    cast_host *host;
    memory_store store;
    bool peripheral; /* the host is */
    const manner *manner;
    bool watches;   /* no real peer is here */
    unsigned *ends; /* of what failed, by reason; may be NULL */
    kith_peer_id ids[BONDS];
    kith_link here; /* of a real one that stays; 0: none is here */
    unsigned told;  /* how often it was to be told of the guarded value */
    client real[2], thief;
    facts before;
    char label[160]; /* of the cell; a test that fails shows it as the host's name */
} stand;

static void answer_consent(const stand *s, kith_link link, const kith_event_consent *asked)
{
    answer said = asked->again ? s->manner->to_peers : s->manner->to_strangers;

    if (said != NOBODY_ANSWERS)
        assert_int_equal(kith_pairing_consent(s->host->host, link, said == SAYS_YES), KITH_OK);
}

static void count_end(stand *s, const kith_event *event)
{
    bool failed = event->kind == KITH_EVENT_PAIRING_FAILED || event->kind == KITH_EVENT_ENCRYPTION_FAILED;

    if (failed && s->ends != NULL)
        s->ends[event->verdict.why]++;
}

static void on_event(cast_host *self, const kith_event *event)
{
    stand *s = self->context;

    if (!s->watches)
        return;
    count_end(s, event);
    cast_check(s->room, event->peer == 0 || (event->link == s->here && s->here != 0));
    if (event->kind == KITH_EVENT_SUBSCRIBED)
        cast_check(s->room, !event->subscription.restored);
    if (event->kind == KITH_EVENT_CONNECTED && s->manner->excluded)
        assert_int_equal(kith_security_exclude(self->host, event->link), KITH_OK);
    if (event->kind == KITH_EVENT_CONNECTED)
        assert_int_equal(kith_security_set_repairing(self->host, event->link, s->manner->repairing), KITH_OK);
    if (event->kind == KITH_EVENT_CONSENT_WANTED)
        answer_consent(s, event->link, &event->consent);
}

/* On a controller whose public address is this one. */
static void take_controller(actor *a, const kith_address *address)
{
    static const uint16_t opcodes[] = {KITH_HCI_RESET, KITH_HCI_SET_EVENT_MASK, KITH_HCI_LE_SET_EVENT_MASK};
    uint8_t all[8];

    memset(all, 0xff, sizeof all);
    assert_int_equal(kith_sim_add(a->room->sim, address->octets, &a->device), KITH_OK);
    for (unsigned i = 0; i < 3; i++) {
        actor_command(a, opcodes[i], all, i == 0 ? 0 : sizeof all);
        actor_run(a, 0, NULL, NULL);
    }
    a->own = *address;
}

static void enter_at(client *c, cast_room *room, const kith_address *address)
{
    client_enter(c, room);
    if (address->type == KITH_ADDRESS_PUBLIC)
        take_controller(&c->a, address);
    else
        actor_use_address(&c->a, address);
}

static void describe_bond(const stand *s, unsigned which, kith_bond_record *bond)
{
    bool strong = s->manner->strong && which != NEIGHBOUR;

    memset(bond, 0, sizeof *bond);
    bond->identity = identities[which];
    bond->local = cast_address(s->host);
    bond->key_size = 16;
    bond->has_ltk = true;
    memset(bond->ltk, 0x31 + (int)which, 16);
    if (which != NEIGHBOUR)
        memset(bond->irk, 0x51 + (int)which, 16);
    bond->level = strong ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_ENCRYPTED;
    bond->method = strong ? KITH_METHOD_NUMERIC_COMPARISON : KITH_METHOD_JUST_WORKS;
    bond->key_kind = KITH_KEY_KIND_SC;
    if (which != OLDER)
        return;
    bond->level = strong ? KITH_LEVEL_AUTHENTICATED : KITH_LEVEL_ENCRYPTED;
    bond->method = strong ? KITH_METHOD_OOB : KITH_METHOD_JUST_WORKS;
    bond->key_kind = KITH_KEY_KIND_LEGACY;
    bond->has_my_ltk = true;
    memset(bond->my_ltk, 0x41, 16);
    bond->ediv = PEERS_EDIV;
    bond->rand = peers_rand;
    bond->my_ediv = OWN_EDIV;
    bond->my_rand = own_rand;
}

static void expect_done(const stand *s, kith_status asked, kith_token token)
{
    const kith_event *end;

    cast_equal(s->room, asked, KITH_OK);
    end = cast_await(s->host, KITH_EVENT_PEER_DATA, s->host->told[KITH_EVENT_PEER_DATA] + 1);
    cast_equal(s->room, end->data.token, token);
    cast_equal(s->room, end->data.status, KITH_OK);
}

static void add_bond(stand *s, unsigned which)
{
    static const uint32_t ranks[BONDS] = {0, 2, 5};
    kith_bond_record bond;
    kith_token token;
    uint8_t value[DATA];
    kith_status status;

    describe_bond(s, which, &bond);
    status = kith_peers_add(s->host->host, &bond, &s->ids[which], &token);
    expect_done(s, status, token);
    memset(value, 0x71 + (int)which, sizeof value);
    status = kith_peers_store(s->host->host, s->ids[which], KITH_PEER_APPLICATION, value, sizeof value, &token);
    expect_done(s, status, token);
    if (ranks[which] != 0) {
        status = kith_peers_set_rank(s->host->host, s->ids[which], ranks[which], &token);
        expect_done(s, status, token);
    }
    if (which == OLDER) {
        status = kith_peers_pin(s->host->host, s->ids[which], true, &token);
        expect_done(s, status, token);
    }
}

static void meet(const stand *s, client *c)
{
    if (s->peripheral)
        actor_connect(&c->a, s->host);
    else
        actor_accept(&c->a, s->host);
}

static void encrypt_named(actor *a, unsigned ediv, uint64_t rand, const uint8_t key[16])
{
    uint8_t p[28] = {(uint8_t)a->handle, (uint8_t)(a->handle >> 8)};

    for (unsigned i = 0; i < 8; i++)
        p[2 + i] = (uint8_t)(rand >> 8 * i);
    p[10] = (uint8_t)ediv;
    p[11] = (uint8_t)(ediv >> 8);
    memcpy(p + 12, key, 16);
    actor_command(a, KITH_HCI_LE_ENABLE_ENCRYPTION, p, sizeof p);
}

/* The one whose bond it is. */
static void prove(stand *s, unsigned which)
{
    client *c = &s->real[which];
    bool named = which == OLDER && s->peripheral;
    unsigned ends = s->host->ends;

    memset(c->a.ltk, which == NEWER ? 0x31 : named ? 0x41 : 0x32, 16);
    c->a.has_bond = true;
    if (s->peripheral)
        encrypt_named(&c->a, named ? OWN_EDIV : 0, named ? own_rand : 0, c->a.ltk);
    else
        assert_int_equal(kith_security_secure(s->host->host, s->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    client_run(c, CAST_SECOND);
    cast_equal(s->room, s->host->ends, ends + 1);
    cast_equal(s->room, s->host->end.why, KITH_WHY_ENCRYPTED);
    cast_equal(s->room, kith_peers_link_of(s->host->host, s->ids[which]), s->host->link);
}

static void subscribe_and_leave(stand *s, unsigned which)
{
    client *c = &s->real[which];

    meet(s, c);
    prove(s, which);
    cast_equal(s->room, client_subscribe(c, GUARDED_AT, 1), 0);
    cast_equal(s->room, client_subscribe(c, INDICATED_AT, 2), 0);
    client_run(c, 10 * CAST_SECOND); /* until it is in the store */
    actor_disconnect(&c->a, s->host);
}

static void list_peers(stand *s)
{
    assert_int_equal(kith_allow_list_set(s->host->host, s->ids, BONDS, KITH_LIST_PAUSE), KITH_OK);
    cast_await(s->host, KITH_EVENT_ALLOW_LIST, 1);
    cast_await(s->host, KITH_EVENT_DEVICE_IDENTITIES, 1);
    cast_equal(s->room, s->host->last[KITH_EVENT_ALLOW_LIST].peer_list.count, BONDS);
}

static void configure(stand *s, kith_config *config)
{
    client_server_config(config, &s->store.store);
    config->own_address = KITH_OWN_STATIC;
    config->static_address = host_static;
    config->limits.links = config->limits.pairings = 2;
    config->limits.bonds = s->manner->full ? BONDS : BONDS + 2;
    config->limits.data = 2;
    config->limits.listed = BONDS;
    config->security.policy = s->manner->policy;
    config->security.legacy = true;
    config->security.when_full = s->manner->full ? KITH_FULL_ASK : KITH_FULL_REFUSE;
}

static void open_stand(stand *s, bool peripheral, const manner *m, uint32_t first_wait_ms)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(411, CAST_TOY);
    s->peripheral = peripheral;
    s->manner = m;
    memory_store_init(&s->store, 60);
    configure(s, &config);
    if (first_wait_ms != 0)
        config.security.backoff.first_ms = config.security.backoff.longest_ms = first_wait_ms;
    s->host = cast_add(s->room, "host", &config);
    s->host->context = s;
    s->host->name = s->label;
    s->host->react = on_event;
    cast_start(s->room);
    for (unsigned i = 0; i < BONDS; i++)
        add_bond(s, i);
    for (unsigned i = NEWER; i <= OLDER; i++) {
        enter_at(&s->real[i], s->room, &identities[i]);
        subscribe_and_leave(s, i);
    }
    list_peers(s);
}

/* ---- what is, and what must be as it was ---- */

static void look(const stand *s, facts *f)
{
    kith_host *h = s->host->host;

    memset(f, 0, sizeof *f);
    f->used = s->store.used;
    memcpy(f->log, s->store.log, sizeof f->log);
    f->put = s->store.put;
    f->removed = s->store.removed;
    f->erased = s->store.erased;
    for (unsigned i = 0; i < BONDS; i++) {
        cast_equal(s->room, kith_bonds_export(h, s->ids[i], &f->keys[i]), KITH_OK);
        cast_equal(s->room, kith_bonds_get(h, s->ids[i], &f->bonds[i]), KITH_OK);
        cast_equal(s->room, kith_peers_get(h, s->ids[i], &f->peers[i]), KITH_OK);
    }
    cast_equal(s->room, kith_peers_ranks(h, &f->ranks), KITH_OK);
    cast_equal(s->room, kith_allow_list_get(h, f->listed, BONDS, &f->listed_count), KITH_OK);
    memcpy(f->told, s->host->told, sizeof f->told);
}

static void expect_same_peer(const stand *s, const facts *now, unsigned i)
{
    const kith_peer_info *is = &now->peers[i], *was = &s->before.peers[i];

    assert_memory_equal(&now->keys[i], &s->before.keys[i], sizeof now->keys[i]);
    cast_check(s->room, kith_address_equal(&now->bonds[i].identity, &identities[i]));
    cast_equal(s->room, now->bonds[i].level, s->before.bonds[i].level);
    cast_equal(s->room, is->rank, was->rank);
    cast_equal(s->room, is->last_use, was->last_use);
    cast_equal(s->room, is->pinned, was->pinned);
    cast_equal(s->room, is->resolution, was->resolution);
    cast_equal(s->room, is->link, was->link);
    cast_equal(s->room, kith_peers_link_of(s->host->host, s->ids[i]), was->link);
    cast_equal(s->room, now->listed[i], s->before.listed[i]);
}

static void expect_same(const stand *s)
{
    static const kith_event_kind never[] = {
        KITH_EVENT_PAIRED,       KITH_EVENT_BONDED,     KITH_EVENT_BOND_FAILED,       KITH_EVENT_ENCRYPTED,
        KITH_EVENT_ROOM_WANTED,  KITH_EVENT_FORGOTTEN,  KITH_EVENT_FORGOTTEN_ALL,     KITH_EVENT_PEER_DATA,
        KITH_EVENT_STORE_FAILED, KITH_EVENT_ALLOW_LIST, KITH_EVENT_DEVICE_IDENTITIES, KITH_EVENT_RESET,
        KITH_EVENT_INDICATED,    KITH_EVENT_TABLE_TOLD, KITH_EVENT_CONTROLLER_LOST,
    };
    facts now;

    look(s, &now);
    cast_equal(s->room, now.used, s->before.used);
    assert_memory_equal(now.log, s->before.log, sizeof now.log);
    cast_equal(s->room, now.put, s->before.put);
    cast_equal(s->room, now.removed, s->before.removed);
    cast_equal(s->room, now.erased, s->before.erased);
    cast_equal(s->room, kith_bonds_count(s->host->host), BONDS);
    for (unsigned i = 0; i < BONDS; i++)
        expect_same_peer(s, &now, i);
    cast_equal(s->room, now.listed_count, BONDS);
    cast_equal(s->room, now.ranks.lowest, s->before.ranks.lowest);
    cast_equal(s->room, now.ranks.highest, s->before.ranks.highest);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        if (now.told[never[i]] != s->before.told[never[i]])
            cast_fail(s->room, "%s", kith_event_name(never[i]));
}

/* ---- one cell ---- */

typedef struct {
    const loot *has;
    const deed *does;
    ending ends;
} cell;

/* May the pairing come to its end?  Only as somebody who is bonded; another stranger would be one like all, and may be
 * admitted as such. */
static actor_step last_step(const cell *c)
{
    return c->has->tells_identity ? ACTOR_IS_DONE : ACTOR_SENDS_ADDRESS;
}

static kith_peer_id claim_of(const stand *s, const cell *c)
{
    return c->has->is_claim && !s->manner->excluded ? s->ids[c->has->whose] : 0;
}

static void come(stand *s, const cell *c, uint32_t prand)
{
    actor *a = &s->thief.a;

    a->has_bond = a->has_no_key = a->spoils = false;
    a->failed = 0;
    a->stop_before = a->next = ACTOR_SENDS_FEATURES;
    s->thief.notified = s->thief.indicated = 0;
    if (c->has->has_irk)
        actor_use_private_address(a, prand);
    meet(s, &s->thief);
    cast_equal(s->room, s->host->last[KITH_EVENT_CONNECTED].connected.claimed,
               c->has->is_claim ? s->ids[c->has->whose] : 0);
    if (s->manner->window)
        assert_int_equal(kith_pairing_open(s->host->host, 600000), KITH_OK);
}

/* Our own call, for what is at least as strong as nothing: whoever claims a weak bond is asked for its key. */
static void call_for_security(const stand *s, const cell *c)
{
    kith_host *h = s->host->host;
    kith_status status;

    if (c->has->is_claim && s->manner->strong && c->does->kind != GUESSES)
        status = kith_security_pair(h, s->host->link, KITH_LEVEL_ENCRYPTED);
    else
        status = kith_security_secure(h, s->host->link, KITH_LEVEL_ENCRYPTED);
    cast_equal(s->room, status, s->manner->excluded ? KITH_ERR_STATE : KITH_OK);
}

static void ask_for_security(stand *s, const cell *c)
{
    static const uint8_t request[2] = {KITH_SMP_SECURITY_REQUEST, KITH_AUTH_SC | KITH_AUTH_BONDING};

    if (s->peripheral)
        call_for_security(s, c);
    else
        actor_send_smp(&s->thief.a, request, sizeof request);
}

static void pair(stand *s, const cell *c)
{
    actor *a = &s->thief.a;
    actor_step last = last_step(c), stop = c->does->kind == STOPS ? (actor_step)c->does->at : last;

    a->spoils = c->does->kind == SPOILS;
    a->spoiled = (actor_step)c->does->at;
    actor_begin(a, stop < last ? stop : last);
    if (!s->peripheral)
        call_for_security(s, c);
}

static void guess_key(stand *s, const cell *c)
{
    actor *a = &s->thief.a;
    uint8_t key[16];

    memset(key, 0x77, sizeof key);
    memcpy(a->ltk, key, sizeof key);
    a->has_bond = c->does->at == UNNAMED;
    a->has_no_key = c->does->at == NAMED_OURS;
    if (!s->peripheral)
        call_for_security(s, c);
    else if (c->does->at == UNNAMED)
        encrypt_named(a, 0, 0, key);
    else if (c->does->at == NAMED_OURS)
        encrypt_named(a, OWN_EDIV, own_rand, key);
    else
        encrypt_named(a, PEERS_EDIV, peers_rand, key);
}

static void act(stand *s, const cell *c)
{
    switch (c->does->kind) {
    case CONNECTS:
        break;
    case ASKS_FOR_SECURITY:
        ask_for_security(s, c);
        break;
    case GUESSES:
        guess_key(s, c);
        break;
    default:
        pair(s, c);
        break;
    }
    actor_run(&s->thief.a, CAST_SECOND, NULL, NULL);
}

/* ---- what it gets ---- */

/* Somebody who was let in as a stranger is one to the table, too: encrypted, and nobody that we know. */
static bool is_let_in(const stand *s)
{
    kith_event_security now;

    return kith_security_of(s->host->host, s->host->link, &now) == KITH_OK && now.level > KITH_LEVEL_NONE;
}

static bool asks(stand *s, const uint8_t *pdu, size_t len)
{
    s->thief.answer_len = 0;
    client_say(&s->thief, pdu, len);
    actor_run(&s->thief.a, SHORT, NULL, NULL);
    return s->thief.answer_len != 0 && s->thief.answer[0] != KITH_ATT_ERROR_RESPONSE;
}

/* Nobody hears of the guarded value but a real one that is here. */
static void notify(stand *s)
{
    unsigned wanted = s->here != 0;

    cast_equal(s->room, kith_gatt_notify_all(s->host->host, GUARDED, CAST_SECRET, 6), wanted);
    s->told += wanted;
}

/* What anybody may ask for stays on its link. */
static void ask_for_more(stand *s)
{
    static const uint8_t open[] = {KITH_ATT_WRITE_REQUEST, OPEN_AT + 1, 0, 1, 0};
    static const uint8_t features[] = {KITH_ATT_WRITE_REQUEST, FEATURES_AT, 0, 1};

    (void)asks(s, open, sizeof open);
    (void)asks(s, features, sizeof features);
}

static void expect_refused(stand *s)
{
    static const uint8_t reads[] = {KITH_ATT_READ_REQUEST, GUARDED_AT, 0};
    static const uint8_t subscribes[] = {KITH_ATT_WRITE_REQUEST, GUARDED_AT + 1, 0, 1, 0};

    cast_check(s->room, !asks(s, reads, sizeof reads));
    (void)asks(s, subscribes, sizeof subscribes); /* its own wish, whether it is taken or not */
    notify(s);
}

static void expect_no_more_than_a_claim(stand *s, const cell *c)
{
    kith_peer_on_link on;
    kith_peer_id named = s->ids[OLDER];

    if (s->host->link == 0)
        return;
    assert_int_equal(kith_peers_on_link(s->host->host, s->host->link, &on), KITH_OK);
    cast_equal(s->room, on.proven, 0);
    if (c->does->kind != GUESSES || on.claimed != named)
        cast_equal(s->room, on.claimed, claim_of(s, c));
    cast_equal(s->room, kith_gatt_subscribed(s->host->host, s->host->link, GUARDED), 0);
    cast_equal(s->room, kith_gatt_subscribed(s->host->host, s->host->link, INDICATED), 0);
    notify(s);
    cast_check(s->room, kith_gatt_indicate(s->host->host, s->host->link, INDICATED, CAST_SECRET, 6) != KITH_OK);
    if (!is_let_in(s))
        expect_refused(s);
    ask_for_more(s);
    expect_same(s);
    cast_equal(s->room, s->thief.notified + s->thief.indicated, 0);
}

static void end(stand *s, const cell *c)
{
    actor *a = &s->thief.a;

    if (c->ends == GOES_OUT_OF_RANGE)
        kith_sim_set_out_of_range(s->room->sim, a->device, true);
    if (c->ends != DISCONNECTS)
        actor_run(a, c->ends == STAYS_SILENT ? LONG : 3 * CAST_SECOND, NULL, NULL);
    kith_sim_set_out_of_range(s->room->sim, a->device, false);
    actor_disconnect(a, s->host);
    actor_run(a, SHORT, NULL, NULL);
    cast_equal(s->room, s->thief.notified + s->thief.indicated, 0);
}

static void play(stand *s, const cell *c, uint32_t prand)
{
    static const char *const does[] = {"connects", "asks", "stops", "spoils", "guesses"};

    snprintf(s->label, sizeof s->label, "%s; %s; %s %u; ending %d", s->manner->name, c->has->name, does[c->does->kind],
             c->does->at, (int)c->ends);
    come(s, c, prand);
    act(s, c);
    expect_no_more_than_a_claim(s, c);
    end(s, c);
    expect_same(s);
}

/* ---- afterwards ---- */

static void expect_data(stand *s, unsigned which)
{
    uint8_t value[DATA] = {0}, wanted[DATA];
    kith_token token;
    kith_status status =
        kith_peers_load(s->host->host, s->ids[which], KITH_PEER_APPLICATION, value, sizeof value, &token);

    expect_done(s, status, token);
    cast_equal(s->room, s->host->last[KITH_EVENT_PEER_DATA].data.len, DATA);
    memset(wanted, 0x71 + (int)which, sizeof wanted);
    assert_memory_equal(value, wanted, sizeof value);
}

/* It finds everything as it left it. */
static void the_real_one_is_back(stand *s, unsigned which)
{
    client *c = &s->real[which];
    unsigned encrypted = s->host->told[KITH_EVENT_ENCRYPTED];

    c->notified = c->indicated = 0;
    meet(s, c);
    cast_equal(s->room, s->host->last[KITH_EVENT_CONNECTED].connected.claimed, s->ids[which]);
    prove(s, which);
    cast_equal(s->room, s->host->told[KITH_EVENT_ENCRYPTED], encrypted + 1);
    cast_equal(s->room, kith_gatt_subscribed(s->host->host, s->host->link, GUARDED), 1);
    cast_equal(s->room, kith_gatt_notify_all(s->host->host, GUARDED, CAST_SECRET, 6), 1);
    cast_equal(s->room, kith_gatt_indicate(s->host->host, s->host->link, INDICATED, CAST_SECRET, 6), KITH_OK);
    client_run(c, CAST_SECOND);
    cast_equal(s->room, c->notified, 1);
    cast_equal(s->room, c->indicated, 1);
    cast_equal(s->room, client_read(c, GUARDED_AT), 0);
    actor_disconnect(&c->a, s->host);
}

/* It was here all the time, has heard all, and nothing has become of its link. */
static void the_real_one_stayed(stand *s, unsigned which)
{
    client *c = &s->real[which];

    client_run(c, CAST_SECOND);
    cast_check(s->room, c->a.connected && c->a.encrypted);
    cast_equal(s->room, c->notified, s->told);
    cast_equal(s->room, client_read(c, GUARDED_AT), 0);
    actor_disconnect(&c->a, s->host);
    s->here = 0;
}

static void all_is_well(stand *s, const loot *had)
{
    if (s->here != 0)
        the_real_one_stayed(s, had->whose);
    s->watches = false;
    for (unsigned i = 0; i < BONDS; i++)
        expect_data(s, i);
    for (unsigned i = NEWER; i <= OLDER; i++)
        the_real_one_is_back(s, i);
}

static void arm(stand *s, const loot *has)
{
    kith_address address;

    if (has->address != NULL) {
        address = *has->address;
        address.type = has->type;
        enter_at(&s->thief, s->room, &address);
    } else {
        client_enter(&s->thief, s->room);
    }
    s->thief.a.identity = identities[has->whose];
    if (has->has_irk) {
        s->thief.a.keeps_irk = true;
        memset(s->thief.a.irk, 0x51 + (int)has->whose, 16);
    }
}

static void watch(stand *s, unsigned *ends)
{
    look(s, &s->before);
    s->ends = ends;
    s->watches = true;
}

static void stay(stand *s, unsigned which)
{
    meet(s, &s->real[which]);
    prove(s, which);
    s->real[which].notified = 0;
    s->here = s->host->link;
}

/* Every day each step ends in one way, another one in the next row, and silence takes long; with KITH_FULL=1 in each.
 */
static ending ending_of(unsigned turn)
{
    static const ending everyday[] = {DISCONNECTS, STAYS_SILENT, GOES_OUT_OF_RANGE, DISCONNECTS, GOES_OUT_OF_RANGE};

    return cast_is_full() ? (ending)(turn % ENDINGS) : everyday[turn % 5];
}

static unsigned play_row(stand *s, const loot *has, unsigned turn)
{
    unsigned cells = 0, endings = cast_is_full() ? ENDINGS : 1;

    for (unsigned d = 0; d < DEEDS; d++)
        for (unsigned e = 0; e < endings; e++) {
            const cell c = {has, &deeds[d], ending_of(turn + d + e)};

            play(s, &c, 0x010203 + 0x010101 * cells);
            cells++;
        }
    return cells;
}

/* What ends each of them, so that it is known how far they came. */
static void expect_ends(const unsigned *ends, const kith_why *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ends[wanted[i]] == 0)
            fail_msg("no impostor came to %s", kith_why_name(wanted[i]));
}

static void play_all(bool peripheral, bool is_here, unsigned *ends)
{
    unsigned cells = 0;

    for (unsigned m = 0; m < MANNERS; m += is_here && !cast_is_full() ? 2 : 1)
        for (unsigned l = 0; l < LOOTS; l++) {
            manner met = manners[m];
            stand s;

            met.strong = met.strong && !is_here; /* nobody takes the place of who is here, as strong or not */
            if (is_here && loots[l].is_claim && !(peripheral && loots[l].has_irk))
                continue; /* a controller has one link to each address, and to each that it resolves it to */
            open_stand(&s, peripheral, &met, 1);
            if (is_here)
                stay(&s, loots[l].whose);
            arm(&s, &loots[l]);
            watch(&s, ends);
            cells += play_row(&s, &loots[l], m + l);
            all_is_well(&s, &loots[l]);
            cast_close(s.room);
        }
    print_message("%u impostors, each with one thing of a peer, at one step\n", cells);
}

static void B1_an_impostor_at_a_peripheral_gets_nothing_and_changes_nothing(void **state)
{
    static const kith_why wanted[] = {
        KITH_WHY_PAIRING_CLOSED, KITH_WHY_CONSENT_REFUSED, KITH_WHY_CONSENT_TIMEOUT,   KITH_WHY_LINK_EXCLUDED,
        KITH_WHY_WEAKER,         KITH_WHY_CHECK_MISMATCH,  KITH_WHY_REPAIRING_REFUSED, KITH_WHY_WE_HAVE_NO_KEY,
        KITH_WHY_KEYS_DIFFER,    KITH_WHY_SMP_TIMEOUT,     KITH_WHY_LINK_LOST,         KITH_WHY_REQUEST_IGNORED,
    };
    unsigned ends[KITH_WHY_COUNT] = {0};

    (void)state;
    play_all(true, false, ends);
    expect_ends(ends, wanted, sizeof wanted / sizeof wanted[0]);
}

static void B1_an_impostor_at_a_central_gets_nothing_and_changes_nothing(void **state)
{
    static const kith_why wanted[] = {
        KITH_WHY_PAIRING_CLOSED,   KITH_WHY_CONSENT_TIMEOUT, KITH_WHY_REPAIRING_REFUSED,
        KITH_WHY_CONFIRM_MISMATCH, KITH_WHY_CHECK_MISMATCH,  KITH_WHY_PEER_SAYS_NO_KEY,
        KITH_WHY_SMP_TIMEOUT,      KITH_WHY_LINK_LOST,       KITH_WHY_WEAKER,
    };
    unsigned ends[KITH_WHY_COUNT] = {0};

    (void)state;
    play_all(false, false, ends);
    expect_ends(ends, wanted, sizeof wanted / sizeof wanted[0]);
}

static void B6_an_impostor_beside_the_real_one_gets_nothing_and_changes_nothing(void **state)
{
    static const kith_why wanted[] = {KITH_WHY_REPAIRING_REFUSED, KITH_WHY_CHECK_MISMATCH, KITH_WHY_WE_HAVE_NO_KEY};
    unsigned ends[KITH_WHY_COUNT] = {0};

    (void)state;
    play_all(true, true, ends);
    play_all(false, true, ends);
    expect_ends(ends, wanted, sizeof wanted / sizeof wanted[0]);
}

/* Who fails is no newcomer: nobody is asked for room, and who would go first stays. */
static void B5_a_hundred_strangers_that_fail_change_nothing(void **state)
{
    static const manner open_and_full = {"full",         KITH_PAIRING_ASK, SAYS_YES,    SAYS_YES,
                                         .window = true, .strong = false,  .full = true};
    static const loot nothing = {"nothing", NEWER, .tells_identity = false};

    (void)state;
    for (unsigned peripheral = 0; peripheral <= 1; peripheral++) {
        stand s;

        open_stand(&s, peripheral != 0, &open_and_full, 0);
        arm(&s, &nothing);
        watch(&s, NULL);
        for (unsigned i = 0; i < 100; i++) {
            const kith_address address = {KITH_ADDRESS_RANDOM, {(uint8_t)i, 8, 8, 8, 8, 0xc8}};
            const cell c = {&nothing, &deeds[i % DEEDS], (ending)(i % ENDINGS)};

            actor_use_address(&s.thief.a, &address);
            play(&s, &c, 0);
        }
        all_is_well(&s, &nothing);
        cast_close(s.room);
    }
}

/* A yes for a bonded peer that pairs anew is one for that peer: who comes under its address and is somebody else in the
 * end is a stranger, whom nobody has let in. */
static void B6_a_yes_for_a_peer_lets_no_stranger_in(void **state)
{
    static const manner yeses[] = {
        {"allow", KITH_PAIRING_CLOSED, SAYS_NO, SAYS_NO, KITH_REPAIRING_ALLOW, .strong = false},
        {"yes", KITH_PAIRING_CLOSED, SAYS_NO, SAYS_YES, .strong = false},
        {"allow, ask", KITH_PAIRING_ASK, SAYS_NO, SAYS_NO, KITH_REPAIRING_ALLOW, .strong = false},
    };

    (void)state;
    for (unsigned m = 0; m < sizeof yeses / sizeof yeses[0]; m++)
        for (unsigned l = 0; l < 3; l++) {
            unsigned ends[KITH_WHY_COUNT] = {0};
            static const deed to_the_end = {STOPS, ACTOR_IS_DONE};
            const cell c = {&loots[l], &to_the_end, DISCONNECTS};
            stand s;

            open_stand(&s, true, &yeses[m], 1);
            arm(&s, &loots[l]);
            s.thief.a.identity = (kith_address){KITH_ADDRESS_RANDOM, {7, 7, 7, 7, 7, 0xc7}};
            watch(&s, ends);
            play(&s, &c, 0x313233);
            cast_equal(s.room, ends[KITH_WHY_REPAIRING_REFUSED], 1);
            all_is_well(&s, &loots[l]);
            cast_close(s.room);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B1_an_impostor_at_a_peripheral_gets_nothing_and_changes_nothing),
        cmocka_unit_test(B1_an_impostor_at_a_central_gets_nothing_and_changes_nothing),
        cmocka_unit_test(B6_an_impostor_beside_the_real_one_gets_nothing_and_changes_nothing),
        cmocka_unit_test(B5_a_hundred_strangers_that_fail_change_nothing),
        cmocka_unit_test(B6_a_yes_for_a_peer_lets_no_stranger_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
