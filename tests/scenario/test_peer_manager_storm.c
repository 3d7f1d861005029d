/* Everything that can be asked about peers, in any order, at any moment: phones that pair, come and go, operations on
 * peers, a full table, lists, a store that is slow, full or fails, power cuts and factory resets.  What must hold is
 * written down beside each event.  KITH_SEED plays one run again. */
#include "cast.h"
#include "kith/codec/record.h"
#include "kith/lists.h"

enum {
    PHONES = 5,
    RECORDS = 512,
    TOKENS = 64,
    PEERS = 512,
    STEPS = 250,
    STRANGERS = 0x40, /* identities that are added, and nobody's on air */
    VALUE_MOST = 400
};

/* ---- a store that fails ---- */

typedef struct {
    kith_store store;
    kith_record records[RECORDS];
    uint32_t used, capacity, highest, collected;
    unsigned fails_put, fails_remove; /* of 100 */
    uint64_t random;
} storm_store;

static uint32_t draw(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*random >> 33);
}

static kith_record *find_record(storm_store *s, uint8_t kind, uint32_t id)
{
    for (uint32_t i = 0; i < s->used; i++)
        if (s->records[i].kind == kind && s->records[i].id == id)
            return &s->records[i];
    return NULL;
}

static kith_status answer(const storm_store *s, kith_status status, kith_store_state *state)
{
    *state = (kith_store_state){.highest_id = s->highest,
                                .room = s->capacity > s->used ? s->capacity - s->used : 0,
                                .largest = KITH_STORED_MAX,
                                .collected = s->collected};
    return status;
}

static kith_status open_store(void *context, kith_store_state *state)
{
    storm_store *s = context;

    s->collected = 0;
    return answer(s, KITH_OK, state);
}

static kith_status read_record(void *context, uint32_t *cursor, kith_record *out)
{
    const storm_store *s = context;

    if (*cursor >= s->used)
        return KITH_ERR_NOT_FOUND;
    *out = s->records[(*cursor)++];
    return KITH_OK;
}

static kith_status get_record(void *context, kith_record *out)
{
    const kith_record *found = find_record(context, out->kind, out->id);

    if (found == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = *found;
    return KITH_OK;
}

static void keep(storm_store *s, const kith_record *record)
{
    kith_record *place = find_record(s, record->kind, record->id);

    if (place == NULL)
        place = &s->records[s->used++];
    *place = *record;
    if (record->kind == KITH_RECORD_BOND && record->id > s->highest)
        s->highest = record->id;
}

static kith_status put(void *context, const kith_record *record, kith_store_state *state)
{
    storm_store *s = context;

    if (record->kind == 0)
        return answer(s, KITH_ERR_VALUE, state);
    if (s->used >= s->capacity && find_record(s, record->kind, record->id) == NULL)
        return answer(s, KITH_ERR_FULL, state);
    if (draw(&s->random) % 100 >= s->fails_put) {
        keep(s, record);
        s->collected += draw(&s->random) % 8 == 0;
        return answer(s, KITH_OK, state);
    }
    if (draw(&s->random) % 2 == 0)
        keep(s, record); /* it has come true all the same */
    return answer(s, KITH_ERR_STORAGE, state);
}

static kith_status remove_record(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    storm_store *s = context;
    kith_record *found = find_record(s, kind, id);
    bool fails = draw(&s->random) % 100 < s->fails_remove;

    if (found != NULL && (!fails || draw(&s->random) % 2 == 0))
        *found = s->records[--s->used];
    return answer(s, fails ? KITH_ERR_STORAGE : KITH_OK, state);
}

static kith_status erase_all(void *context, kith_store_state *state)
{
    storm_store *s = context;

    s->used = s->highest = 0;
    return answer(s, KITH_OK, state);
}

/* ---- what is known ---- */

typedef enum { NOBODY, STANDS, IN_DOUBT, NOT_DESTROYED } standing;

typedef struct {
    standing standing;
    bool named; /* it was told with this identity */
    kith_address identity;
    bool is_forgetting; /* FORGOTTEN is owed */
    bool went_at_start; /* FORGOTTEN may come */
} known;

typedef struct {
    kith_token token; /* 0: none */
    kith_peer_operation operation;
    kith_peer_id peer;
    uint8_t *memory; /* lent */
    kith_address identity;
} operation;

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone[PHONES];
    storm_store store;
    uint64_t random;
    known peers[PEERS];
    operation operations[TOKENS];
    unsigned owed_bonds; /* PAIRED, and what became of the bond is not told */
    unsigned may_go;     /* evictions that were allowed and are not told */
    unsigned may_come;   /* for whom somebody went at a start: nothing tells of them */
    bool was_full;       /* at the last start */
    bool doubtful;       /* the store failed since it was read: more or fewer may be there after the next start */
    bool forgets_all;
    bool needs_start, is_starting, is_resetting, has_lists_due;
    bool is_beyond; /* a store that failed twice holds one bond too many: a factory reset is the way out */
    bool many;      /* a table with an index */
    kith_link asks_room;
    bool is_quiet; /* nobody is named any more */
} storm;

static uint32_t below(storm *s, uint32_t many)
{
    return draw(&s->random) % many;
}

static known *peer_at(storm *s, kith_peer_id peer)
{
    cast_check(s->room, peer != 0 && peer < PEERS);
    return &s->peers[peer];
}

/* An ID is one identity's for good. */
static void name(storm *s, kith_peer_id peer)
{
    known *k = peer_at(s, peer);
    kith_bond_info info;

    if (kith_bonds_get(s->lamp->host, peer, &info) != KITH_OK)
        return;
    if (k->named && !kith_address_equal(&k->identity, &info.identity))
        cast_fail(s->room, "the ID %u was another peer's before", (unsigned)peer);
    k->named = true;
    k->identity = info.identity;
}

static void expect_end(storm *s, kith_token token, kith_peer_operation what, kith_peer_id peer, uint8_t *memory,
                       const kith_address *identity)
{
    for (unsigned i = 0; i < TOKENS; i++) {
        cast_check(s->room, s->operations[i].token != token);
        if (s->operations[i].token != 0)
            continue;
        s->operations[i] = (operation){.token = token, .operation = what, .peer = peer, .memory = memory};
        if (identity != NULL)
            s->operations[i].identity = *identity;
        return;
    }
    cast_fail(s->room, "too many operations for this test");
}

/* Values say whose they are. */
static void check_value(storm *s, const kith_event_data *data, const uint8_t *value)
{
    if (data->operation != KITH_PEER_LOADED || data->status != KITH_OK)
        return;
    for (uint16_t i = 0; i < data->len; i++)
        if (value[i] != (uint8_t)(data->peer * 7 + 1))
            cast_fail(s->room, "the value of %u is somebody else's: %02x", (unsigned)data->peer, value[i]);
}

static void on_data(storm *s, const kith_event_data *data)
{
    for (unsigned i = 0; i < TOKENS; i++) {
        operation *o = &s->operations[i];

        if (data->token == 0 || o->token != data->token)
            continue;
        cast_equal(s->room, o->operation, data->operation);
        check_value(s, data, o->memory);
        if (data->operation == KITH_PEER_ADDED && data->status == KITH_OK && !s->is_resetting) {
            peer_at(s, data->peer)->standing = STANDS;
            name(s, data->peer);
        } else if (data->status == KITH_ERR_STORAGE) {
            s->doubtful = true;
            if (data->operation == KITH_PEER_ADDED)
                peer_at(s, data->peer)->standing = IN_DOUBT;
        }
        free(o->memory);
        memset(o, 0, sizeof *o);
        return;
    }
    cast_fail(s->room, "an operation ends that nobody began, or ends twice: token %u", (unsigned)data->token);
}

static void on_forgotten(storm *s, const kith_event_forgotten *forgotten)
{
    known *k = peer_at(s, forgotten->peer);

    if (!k->is_forgetting && s->may_go > 0 && k->standing == STANDS)
        s->may_go--;
    else if (!k->is_forgetting && !k->went_at_start)
        cast_fail(s->room, "%u is forgotten, and nobody asked for it", (unsigned)forgotten->peer);
    s->may_come += k->went_at_start;
    k->is_forgetting = k->went_at_start = false;
    k->standing = forgotten->status == KITH_OK ? NOBODY : NOT_DESTROYED;
    s->doubtful |= forgotten->status != KITH_OK;
}

static void on_bond(storm *s, const kith_event *event)
{
    cast_check(s->room, s->owed_bonds > 0);
    s->owed_bonds--;
    if (event->kind == KITH_EVENT_BONDED && !s->is_resetting) {
        peer_at(s, event->peer)->standing = STANDS;
        name(s, event->peer);
    }
    s->doubtful |= event->kind == KITH_EVENT_BOND_FAILED && event->verdict.why == KITH_WHY_STORE_FAILED;
}

static void make_room(storm *s, kith_link link)
{
    kith_peer_id go = s->lamp->last[KITH_EVENT_ROOM_WANTED].room.would_go;

    if (below(s, 6) == 0)
        go = 0;
    else if (below(s, 4) == 0)
        go = below(s, 12);
    if (kith_peers_make_room(s->lamp->host, link, go) == KITH_OK && go != 0)
        s->may_go++;
}

static void on_loaded(storm *s);

static void on_lamp(cast_host *self, const kith_event *event)
{
    storm *s = self->context;

    switch (event->kind) {
    case KITH_EVENT_PEER_DATA:
        on_data(s, &event->data);
        break;
    case KITH_EVENT_FORGOTTEN:
        on_forgotten(s, &event->forgotten);
        break;
    case KITH_EVENT_FORGOTTEN_ALL:
        cast_check(s->room, s->forgets_all);
        s->forgets_all = false;
        break;
    case KITH_EVENT_PAIRED:
        s->owed_bonds++;
        break;
    case KITH_EVENT_BONDED:
    case KITH_EVENT_BOND_FAILED:
        on_bond(s, event);
        break;
    case KITH_EVENT_ROOM_WANTED:
        s->asks_room = event->link;
        if (below(s, 2) == 0)
            make_room(s, event->link);
        break;
    case KITH_EVENT_CONSENT_WANTED:
        if (below(s, 4) != 0)
            (void)!kith_pairing_consent(self->host, event->link, below(s, 4) != 0);
        break;
    case KITH_EVENT_STORE_LOADED:
        on_loaded(s);
        break;
    case KITH_EVENT_READY:
        s->is_starting = false;
        break;
    case KITH_EVENT_START_FAILED:
        s->is_beyond = event->start_failed.status == KITH_ERR_FULL;
        if (event->start_failed.status == KITH_ERR_DAMAGED || (s->is_beyond && !s->doubtful))
            cast_fail(s->room, "the store cannot be loaded any more");
        s->is_starting = false;
        s->needs_start = true;
        break;
    case KITH_EVENT_ALLOW_LIST:
        s->has_lists_due = false;
        break;
    case KITH_EVENT_RESET:
        cast_check(s->room, s->is_resetting);
        s->is_resetting = false;
        s->needs_start = true;
        break;
    default:
        break;
    }
}

/* Who stands is there, and who is there stands: at every moment where nothing is in doubt. */
static void check_bonds(storm *s)
{
    kith_bond_info info = {.peer = 0};
    uint32_t count = 0;

    while (kith_bonds_next(s->lamp->host, info.peer, &info) == KITH_OK) {
        name(s, info.peer);
        count++;
        if (peer_at(s, info.peer)->standing != STANDS && s->may_come > 0) {
            peer_at(s, info.peer)->standing = STANDS;
            s->may_come--;
        }
        if (peer_at(s, info.peer)->standing != STANDS)
            cast_fail(s->room, "%u is there, and should not be", (unsigned)info.peer);
    }
    cast_equal(s->room, count, kith_bonds_count(s->lamp->host));
    for (kith_peer_id peer = 1; peer < PEERS; peer++)
        if (s->peers[peer].standing == STANDS && kith_bonds_get(s->lamp->host, peer, &info) != KITH_OK)
            cast_fail(s->room, "%u is lost", (unsigned)peer);
}

/* After a start: who stood stands, but for those who were let go in the moment of the cut. */
static void on_loaded(storm *s)
{
    kith_bond_info info = {.peer = 0};
    unsigned lost = 0;

    s->was_full = kith_bonds_count(s->lamp->host) + 1 >= s->lamp->config.limits.bonds;
    for (kith_peer_id peer = 1; peer < PEERS; peer++) {
        known *k = &s->peers[peer];
        bool is_there = kith_bonds_get(s->lamp->host, peer, &info) == KITH_OK;

        if (is_there)
            name(s, peer);
        if (k->standing == STANDS && !is_there && !k->is_forgetting)
            lost++;
        k->went_at_start = !is_there && k->standing != NOBODY;
        k->standing = is_there ? STANDS : NOBODY;
        k->is_forgetting = false;
    }
    if (lost > s->may_go && !s->doubtful)
        cast_fail(s->room, "%u peers are lost by a restart, %u were let go", lost, s->may_go);
    s->may_go = lost < s->may_go ? s->may_go - lost : 0; /* one too many may be told FORGOTTEN yet */
    s->may_go += s->doubtful;
}

/* ---- what happens ---- */

static kith_peer_id any_peer(storm *s)
{
    kith_bond_info info = {.peer = 0};
    uint32_t at = below(s, kith_bonds_count(s->lamp->host) + 1);

    for (uint32_t i = 0; i <= at; i++)
        if (kith_bonds_next(s->lamp->host, info.peer, &info) != KITH_OK)
            return below(s, 20);
    return info.peer;
}

static uint8_t *value_of(storm *s, kith_peer_id peer, uint16_t len)
{
    uint8_t *value = malloc(len + 1u);

    assert_non_null(value);
    memset(value, (int)(uint8_t)(peer * 7 + 1), len + 1u);
    (void)s;
    return value;
}

static void use_a_value(storm *s, kith_peer_id peer)
{
    uint16_t len = (uint16_t)below(s, VALUE_MOST);
    uint8_t *memory = value_of(s, peer, len);
    kith_token token = 0;
    kith_status status;
    uint32_t what = below(s, 5);
    kith_peer_operation o = what < 2 ? KITH_PEER_STORED : what < 4 ? KITH_PEER_LOADED : KITH_PEER_DELETED;

    if (o == KITH_PEER_STORED)
        status = kith_peers_store(s->lamp->host, peer, KITH_PEER_APPLICATION, memory, len, &token);
    else if (o == KITH_PEER_LOADED)
        status = kith_peers_load(s->lamp->host, peer, KITH_PEER_APPLICATION, memory, len, &token);
    else
        status = kith_peers_delete(s->lamp->host, peer, KITH_PEER_APPLICATION, &token);
    if (status == KITH_OK)
        expect_end(s, token, o, peer, memory, NULL);
    else
        free(memory);
}

static void use_a_peer(storm *s, kith_peer_id peer)
{
    kith_token token = 0;
    kith_status status;

    switch (below(s, 4)) {
    case 0:
        status = kith_peers_set_rank(s->lamp->host, peer, below(s, 5), &token);
        break;
    case 1:
        status = kith_peers_pin(s->lamp->host, peer, below(s, 4) == 0, &token);
        break;
    case 2:
        status = kith_peers_rank_highest(s->lamp->host, peer, &token);
        break;
    default:
        status = kith_peers_ask_resolution(s->lamp->host, peer, &token);
        break;
    }
    if (status == KITH_OK)
        expect_end(s, token, KITH_PEER_STORED, peer, NULL, NULL);
    else
        cast_equal(s->room, token, 0);
}

static void add_one(storm *s)
{
    kith_bond_record bond = {.level = KITH_LEVEL_ENCRYPTED,
                             .method = KITH_METHOD_JUST_WORKS,
                             .key_kind = KITH_KEY_KIND_SC,
                             .key_size = 16,
                             .has_ltk = true};
    kith_peer_id peer;
    kith_token token;

    if (kith_gap_own_address(s->lamp->host, &bond.local) != KITH_OK)
        return;
    if (below(s, 3) == 0)
        bond.identity = cast_address(s->phone[below(s, PHONES)]);
    else
        bond.identity = (kith_address){KITH_ADDRESS_PUBLIC, {(uint8_t)below(s, STRANGERS), 9, 9, 9, 9, 9}};
    for (unsigned i = 0; i < 16; i++)
        bond.ltk[i] = (uint8_t)draw(&s->random);
    if (kith_peers_add(s->lamp->host, &bond, &peer, &token) == KITH_OK)
        expect_end(s, token, KITH_PEER_ADDED, peer, NULL, &bond.identity);
}

/* What was told before a call is heard before it. */
static void hear(storm *s)
{
    cast_run_until(s->room, kith_sim_now(s->room->sim));
}

static void forget_one(storm *s)
{
    kith_peer_id peer = any_peer(s);

    hear(s);
    if (kith_bonds_forget(s->lamp->host, peer) == KITH_OK)
        peer_at(s, peer)->is_forgetting = true;
}

/* In doubt: one whose forgetting failed is tried again with them. */
static void forget_all(storm *s)
{
    bool there[PEERS];
    kith_bond_info info;

    hear(s);
    for (kith_peer_id peer = 1; peer < PEERS; peer++)
        there[peer] = kith_bonds_get(s->lamp->host, peer, &info) == KITH_OK || s->peers[peer].standing == NOT_DESTROYED;
    if (kith_peers_forget_all(s->lamp->host) != KITH_OK)
        return;
    s->forgets_all = true;
    for (kith_peer_id peer = 1; peer < PEERS; peer++)
        s->peers[peer].is_forgetting |= there[peer];
}

static void advertise(storm *s)
{
    kith_advertising advertising;

    kith_gap_default_advertising(&advertising, "lamp");
    (void)!kith_gap_advertise(s->lamp->host, &advertising);
}

/* Whatever a phone may do next. */
static void move_phone(storm *s, cast_host *phone)
{
    kith_address address;
    kith_bond_info info;

    if (phone->link == 0) {
        if (kith_gap_own_address(s->lamp->host, &address) != KITH_OK)
            return;
        advertise(s);
        (void)!kith_gap_connect(phone->host, &address, NULL);
        return;
    }
    switch (below(s, 6)) {
    case 0:
        (void)!kith_gap_disconnect(phone->host, phone->link, 0x13);
        break;
    case 1:
        (void)!kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED);
        break;
    case 2:
        if (kith_bonds_next(phone->host, 0, &info) == KITH_OK)
            (void)!kith_bonds_forget(phone->host, info.peer);
        break;
    default:
        (void)!kith_pairing_open(s->lamp->host, 30000);
        (void)!kith_security_pair(phone->host, phone->link, KITH_LEVEL_ENCRYPTED);
        break;
    }
}

static void drop_what_was_owed(storm *s)
{
    for (unsigned i = 0; i < TOKENS; i++) {
        if (s->operations[i].operation == KITH_PEER_ADDED && s->operations[i].token != 0)
            s->peers[s->operations[i].peer].standing = IN_DOUBT;
        free(s->operations[i].memory);
        memset(&s->operations[i], 0, sizeof s->operations[i]);
    }
    s->owed_bonds = 0;
    s->forgets_all = s->has_lists_due = false;
    s->asks_room = 0;
}

static void cut_power(storm *s)
{
    cast_power_off(s->lamp);
    drop_what_was_owed(s);
    s->is_resetting = false;
    s->needs_start = false;
    s->is_starting = true;
    cast_power_on(s->lamp);
}

static void reset(storm *s)
{
    hear(s);
    if (s->is_starting || kith_host_factory_reset(s->lamp->host) != KITH_OK)
        return;
    s->is_resetting = true;
    s->needs_start = s->forgets_all = s->doubtful = false;
    s->may_go = 0;
    memset(s->peers, 0, sizeof s->peers);
}

static void start(storm *s)
{
    if (s->is_beyond) {
        s->is_beyond = false;
        reset(s);
        return;
    }
    if (kith_host_start(s->lamp->host, kith_sim_now(s->room->sim)) != KITH_OK)
        return;
    s->needs_start = false;
    s->is_starting = true;
}

static void spoil_store(storm *s)
{
    s->store.fails_put = below(s, 3) == 0 ? below(s, 60) : 0;
    s->store.fails_remove = below(s, 3) == 0 ? below(s, 60) : 0;
    s->doubtful |= s->store.fails_put + s->store.fails_remove > 0;
}

static void hold_or_release(storm *s)
{
    if (!s->lamp->holds_store) {
        cast_hold_store(s->lamp);
        return;
    }
    if (below(s, 3) != 0) {
        if (s->lamp->has_store_work)
            (void)!cast_finish_store(s->lamp);
        return;
    }
    while (s->lamp->has_store_work && cast_finish_store(s->lamp) == KITH_OK)
        continue;
    s->lamp->holds_store = s->lamp->has_store_work;
}

static void change_lists(storm *s)
{
    kith_peer_id peers[2] = {any_peer(s), any_peer(s)};
    kith_status status = below(s, 2) == 0
                             ? kith_allow_list_follow(s->lamp->host, NULL)
                             : kith_allow_list_set(s->lamp->host, peers, (uint16_t)below(s, 3), KITH_LIST_PAUSE);

    s->has_lists_due |= status == KITH_OK;
}

static void change_security(storm *s)
{
    kith_security security = s->lamp->config.security;

    if (below(s, 2) == 0)
        (void)!kith_security_set(s->lamp->host, NULL);
    else
        (void)!kith_security_set(s->lamp->host, &security);
}

static void pass_time(storm *s)
{
    static const uint64_t spans[] = {100, 3000, 50000, 400000, 3000000};

    cast_run_until(s->room, kith_sim_now(s->room->sim) + spans[below(s, 5)]);
}

static void step(storm *s)
{
    switch (below(s, 24)) {
    case 0:
    case 1:
    case 2:
        use_a_peer(s, any_peer(s));
        break;
    case 3:
    case 4:
    case 5:
        use_a_value(s, any_peer(s));
        break;
    case 6:
        forget_one(s);
        break;
    case 7:
    case 8:
        add_one(s);
        break;
    case 9:
        if (below(s, 12) == 0)
            forget_all(s);
        break;
    case 10:
        if (below(s, 8) == 0)
            cut_power(s);
        break;
    case 11:
        if (below(s, 24) == 0)
            reset(s);
        break;
    case 12:
        if (below(s, 3) == 0)
            spoil_store(s);
        break;
    case 13:
    case 14:
        hold_or_release(s);
        break;
    case 15:
        change_lists(s);
        break;
    case 16:
        if (below(s, 4) == 0)
            change_security(s);
        break;
    case 17:
        if (s->asks_room != 0)
            make_room(s, s->asks_room);
        break;
    case 18:
        if (s->needs_start)
            start(s);
        break;
    default:
        move_phone(s, s->phone[below(s, PHONES)]);
        break;
    }
    if (below(s, 2) == 0)
        pass_time(s);
}

/* ---- quiet ---- */

/* What a start finds beside bonds that are gone needs a free place to be remembered until it is removed. */
static void check_records(storm *s)
{
    uint32_t bonds = 0;
    kith_bond_info info;

    for (uint32_t i = 0; i < s->store.used; i++) {
        const kith_record *record = &s->store.records[i];

        if (record->kind == KITH_RECORD_DEVICE)
            continue;
        bonds += record->kind == KITH_RECORD_BOND;
        if (kith_bonds_get(s->lamp->host, record->id, &info) != KITH_OK &&
            (record->kind == KITH_RECORD_BOND || !s->was_full))
            cast_fail(s->room, "a record of kind %u is left of %u", record->kind, (unsigned)record->id);
    }
    cast_equal(s->room, bonds, kith_bonds_count(s->lamp->host));
}

static void heal(storm *s)
{
    s->store.fails_put = s->store.fails_remove = 0;
    while (s->lamp->has_store_work) {
        (void)cast_finish_store(s->lamp);
        cast_run_until(s->room, kith_sim_now(s->room->sim)); /* events may be full */
    }
    s->lamp->holds_store = false;
    (void)!kith_security_set(s->lamp->host, &s->lamp->config.security);
    if (s->needs_start)
        start(s);
    cast_run_until(s->room, kith_sim_now(s->room->sim) + 70 * (uint64_t)CAST_SECOND);
    if (s->needs_start) {
        start(s);
        cast_run_until(s->room, kith_sim_now(s->room->sim) + 5 * (uint64_t)CAST_SECOND);
    }
}

static void check_quiet(storm *s)
{
    heal(s);
    for (unsigned i = 0; i < TOKENS; i++)
        if (s->operations[i].token != 0)
            cast_fail(s->room, "an operation never ends: token %u", (unsigned)s->operations[i].token);
    for (kith_peer_id peer = 1; peer < PEERS; peer++)
        if (s->peers[peer].is_forgetting)
            cast_fail(s->room, "%u is never told to be forgotten", (unsigned)peer);
    cast_equal(s->room, s->owed_bonds, 0);
    cast_check(s->room, !s->forgets_all && !s->is_resetting && !s->is_starting);
    cast_equal(s->room, s->has_lists_due, false);
    check_bonds(s);
    if (!s->doubtful)
        check_records(s);
    cast_check(s->room, kith_host_deadline(s->lamp->host) > kith_sim_now(s->room->sim));
}

/* A start reads what the store holds, and settles what was in doubt. */
static void check_restart(storm *s)
{
    cut_power(s);
    heal(s);
    s->doubtful = false;
    s->may_go = 0;
    check_quiet(s);
    check_records(s);
}

static void check_clean_pairing(storm *s)
{
    for (unsigned i = 0; i < PHONES; i++) {
        (void)!kith_gap_cancel_connect(s->phone[i]->host);
        if (s->phone[i]->link != 0)
            (void)!kith_gap_disconnect(s->phone[i]->host, s->phone[i]->link, 0x13);
    }
    cast_run_until(s->room, kith_sim_now(s->room->sim) + 5 * (uint64_t)CAST_SECOND);
    forget_all(s);
    cast_run_until(s->room, kith_sim_now(s->room->sim) + 5 * (uint64_t)CAST_SECOND);
    cast_equal(s->room, kith_bonds_count(s->lamp->host), 0);
    check_restart(s);
    cast_equal(s->room, s->store.used, 1);
    cast_connect_and_pair(s->phone[0], s->lamp);
}

static void open_storm(storm *s, uint64_t seed)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(seed, CAST_TOY);
    s->random = seed * 0x9e3779b97f4a7c15u + 7;
    s->many = below(s, 4) == 0;
    s->store = (storm_store){.capacity = below(s, 3) == 0 ? 12 : 400, .random = seed};
    s->store.store = (kith_store){.context = &s->store,
                                  .open = open_store,
                                  .read = read_record,
                                  .put = put,
                                  .remove = remove_record,
                                  .erase = erase_all,
                                  .get = below(s, 2) == 0 ? get_record : NULL};
    cast_lamp_config(&config);
    config.limits.bonds = s->many ? 36 : 2 + below(s, 3);
    config.limits.data = below(s, 2) == 0 ? 1 : 8;
    config.limits.operations = 1;
    config.limits.listed = 4;
    config.limits.subscriptions = below(s, 2) == 0 ? 0 : 4;
    config.limits.cache = below(s, 2) == 0 ? 0 : 200;
    config.limits.links = config.limits.pairings = 3;
    config.limits.events = (uint16_t)below(s, 10);
    config.own_address = KITH_OWN_STATIC;
    config.security.when_full = below(s, 4) == 0 ? KITH_FULL_REFUSE : KITH_FULL_ASK;
    config.security.backoff.first_ms = 0;
    config.store = &s->store.store;
    s->lamp = cast_add(s->room, "lamp", &config);
    s->lamp->context = s;
    s->lamp->react = on_lamp;
    for (unsigned i = 0; i < PHONES; i++)
        s->phone[i] = cast_add_phone(s->room, "phone");
    s->is_starting = true;
    cast_start(s->room);
}

static void run(uint64_t seed)
{
    static storm s;

    open_storm(&s, seed);
    for (unsigned i = 0; s.many && i < 34; i++) {
        add_one(&s);
        cast_run_until(s.room, kith_sim_now(s.room->sim) + 1000);
    }
    for (unsigned i = 0; i < STEPS; i++) {
        step(&s);
        if (i % 60 == 59)
            check_quiet(&s);
    }
    check_quiet(&s);
    check_restart(&s);
    check_clean_pairing(&s);
    drop_what_was_owed(&s);
    if (getenv("STATS")) {
        for (unsigned k = 0; k < CAST_KINDS; k++)
            if (s.lamp->told[k])
                printf("%s=%u ", kith_event_name((kith_event_kind)k), s.lamp->told[k]);
        printf("\n");
    }
    cast_close(s.room);
}

static void whatever_happens_each_call_ends_and_nobody_is_lost(void **state)
{
    uint64_t seed = cast_first_seed(1);
    unsigned runs = cast_runs(20, 2000);

    (void)state;
    for (unsigned i = 0; i < runs; i++)
        run(seed + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_each_call_ends_and_nobody_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
