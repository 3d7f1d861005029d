/* How peers are used, on the air: when each was used last, who is connected, and whether they resolve private
 * addresses and have no others. */
#include "client.h"
#include "memory_store.h"

enum { PHONES = 3, SILENT = 41 };

static const kith_characteristic resolutions[] = {
    {.uuid = KITH_UUID16(0x2aa6),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .value = (const uint8_t *)"\1\1",
     .value_len = 1},
    {.uuid = KITH_UUID16(0x2aa6),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .value = (const uint8_t *)"\0",
     .value_len = 1},
    {.uuid = KITH_UUID16(0x2aa6),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .value = (const uint8_t *)"\2",
     .value_len = 1},
    {.uuid = KITH_UUID16(0x2aa6),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .value = (const uint8_t *)"\1\1",
     .value_len = 2},
    {.uuid = KITH_UUID16(0x2aa6),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_AUTHORIZED,
     .value = (const uint8_t *)"\1",
     .value_len = 1},
    {.uuid = KITH_UUID16(0x2aa6), .properties = KITH_PROPERTY_READ, .permissions = KITH_READ_OPEN, .id = SILENT},
    {.uuid = KITH_UUID16(0x2ac9), .properties = KITH_PROPERTY_READ, .permissions = KITH_READ_OPEN, .id = SILENT},
};
static kith_service resolution_service[] = {{.uuid = KITH_UUID16(0x1815), .characteristic_count = 1}};

typedef struct {
    cast_room *room;
    cast_host *lamp, *phones[PHONES];
    memory_store store; /* the lamp's */
} home;

/* Beside others that are bonded. */
static void pair(home *t, cast_host *phone)
{
    cast_connect(phone, t->lamp);
    cast_equal(t->room, kith_pairing_open(t->lamp->host, 30000), KITH_OK);
    cast_equal(t->room, kith_security_pair(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(t->lamp, KITH_EVENT_BONDED);
    cast_run(t->room, CAST_SECOND, NULL, NULL);
}

static void open_home(home *t, unsigned phones)
{
    static const char *const names[PHONES] = {"one", "two", "three"};
    kith_config config;

    memset(t, 0, sizeof *t);
    t->room = cast_open(771, CAST_TOY);
    memory_store_init(&t->store, 40);
    cast_lamp_config(&config);
    config.limits.links = config.limits.pairings = PHONES;
    config.limits.bonds = 6;
    config.limits.data = 4;
    config.store = &t->store.store;
    t->lamp = cast_add(t->room, "lamp", &config);
    for (unsigned i = 0; i < phones; i++)
        t->phones[i] = cast_add_phone(t->room, names[i]);
    cast_start(t->room);
    for (unsigned i = 0; i < phones; i++) {
        pair(t, t->phones[i]);
        cast_disconnect(t->phones[i], t->lamp);
    }
}

/* A peer that says what the test says. */
typedef struct {
    cast_room *room;
    cast_host *lamp;
    memory_store store;
    client c;
} script;

static void open_script(script *t)
{
    kith_config config;

    memset(t, 0, sizeof *t);
    t->room = cast_open(773, CAST_TOY);
    memory_store_init(&t->store, 40);
    client_server_config(&config, &t->store.store);
    config.limits.data = 2;
    t->lamp = cast_add(t->room, "lamp", &config);
    client_enter(&t->c, t->room);
    cast_start(t->room);
    client_meet(&t->c, t->lamp);
    client_pair(&t->c, t->lamp);
    client_run(&t->c, CAST_SECOND);
}

static kith_peer_info info_of(const home *t, kith_peer_id peer)
{
    kith_peer_info info;

    cast_equal(t->room, kith_peers_get(t->lamp->host, peer, &info), KITH_OK);
    return info;
}

static void come_back(home *t, unsigned i)
{
    cast_connect(t->phones[i], t->lamp);
    cast_encrypt(t->phones[i], t->lamp);
    cast_run(t->room, CAST_SECOND, NULL, NULL);
}

static void expect_uses(const home *t, uint32_t one, uint32_t two, uint32_t three)
{
    cast_equal(t->room, info_of(t, 1).last_use, one);
    cast_equal(t->room, info_of(t, 2).last_use, two);
    cast_equal(t->room, info_of(t, 3).last_use, three);
}

/* ---- last use ---- */

static void who_comes_was_used_last_and_it_is_kept(void **state)
{
    unsigned put;
    home t;

    (void)state;
    open_home(&t, 3);
    expect_uses(&t, 1, 2, 3);
    put = t.store.put;
    come_back(&t, 0);
    expect_uses(&t, 4, 2, 3);
    cast_equal(t.room, t.store.put, put + 1);
    cast_disconnect(t.phones[0], t.lamp);
    come_back(&t, 0); /* it is that already, and alone */
    expect_uses(&t, 4, 2, 3);
    cast_equal(t.room, t.store.put, put + 1);
    cast_reboot(t.lamp);
    expect_uses(&t, 4, 2, 3);
    come_back(&t, 1);
    expect_uses(&t, 4, 5, 3);
    cast_equal(t.room, kith_bonds_forget(t.lamp->host, 2), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_disconnect(t.phones[1], t.lamp);
    put = t.store.put;
    come_back(&t, 0); /* of those that are left it was the last */
    cast_equal(t.room, info_of(&t, 1).last_use, 4);
    cast_equal(t.room, t.store.put, put);
    cast_close(t.room);
}

/* A link that ends before it is written writes it. */
static void a_short_visit_counts(void **state)
{
    home t;

    (void)state;
    open_home(&t, 3);
    cast_connect(t.phones[0], t.lamp);
    cast_encrypt(t.phones[0], t.lamp);
    cast_disconnect(t.phones[0], t.lamp);
    cast_reboot(t.lamp);
    expect_uses(&t, 4, 2, 3);
    cast_close(t.room);
}

static void at_the_largest_number_it_stays(void **state)
{
    kith_state_record fields = {.peer = 1, .last_use = UINT32_MAX};
    kith_record record;
    unsigned put;
    home t;

    (void)state;
    open_home(&t, 3);
    cast_equal(t.room, kith_record_encode_state(&fields, &record), KITH_OK);
    memory_store_add(&t.store, &record);
    cast_reboot(t.lamp);
    expect_uses(&t, UINT32_MAX, 2, 3);
    come_back(&t, 1);
    expect_uses(&t, UINT32_MAX, UINT32_MAX, 3);
    cast_disconnect(t.phones[1], t.lamp);
    put = t.store.put;
    come_back(&t, 0);
    cast_disconnect(t.phones[0], t.lamp);
    come_back(&t, 1);
    expect_uses(&t, UINT32_MAX, UINT32_MAX, 3);
    cast_equal(t.room, t.store.put, put);
    cast_close(t.room);
}

/* Who only claims an address was not used. */
static void a_claim_is_no_use(void **state)
{
    home t;

    (void)state;
    open_home(&t, 3);
    cast_connect(t.phones[0], t.lamp);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    expect_uses(&t, 1, 2, 3);
    cast_disconnect(t.phones[0], t.lamp);
    cast_close(t.room);
}

/* In force at once; the store has it with the next change that it takes. */
static void a_store_that_fails_is_made_good_later(void **state)
{
    home t;

    (void)state;
    open_home(&t, 3);
    t.store.puts = KITH_ERR_STORAGE;
    come_back(&t, 0);
    expect_uses(&t, 4, 2, 3);
    t.store.puts = KITH_OK;
    cast_disconnect(t.phones[0], t.lamp);
    come_back(&t, 1);
    cast_disconnect(t.phones[1], t.lamp);
    come_back(&t, 0);
    cast_disconnect(t.phones[0], t.lamp);
    cast_reboot(t.lamp);
    expect_uses(&t, 6, 5, 3);
    cast_close(t.room);
}

/* A record that tells of use alone tells of no table that the client knew: it missed nothing. */
static void who_said_nothing_is_not_out_of_sync(void **state)
{
    static const uint8_t robust_caching = 1;
    script t;

    (void)state;
    open_script(&t);
    for (unsigned restarts = 0; restarts <= 1; restarts++) {
        client_leave(&t.c, t.lamp);
        if (restarts != 0)
            cast_reboot(t.lamp);
        client_meet(&t.c, t.lamp);
        client_encrypt(&t.c, t.lamp);
        cast_equal(t.room, client_write(&t.c, FEATURES_AT, &robust_caching, 1), 0);
        cast_equal(t.room, client_read(&t.c, OPEN_AT), 0);
        client_leave(&t.c, t.lamp);
        cast_check(t.room, memory_store_find(&t.store, KITH_RECORD_STATE, 1) != NULL);
        cast_close(t.room);
        if (restarts == 0)
            open_script(&t);
    }
}

/* Rank and pin are the peer's, not its keys'. */
static void who_pairs_again_keeps_its_rank(void **state)
{
    kith_token token;
    home t;

    (void)state;
    open_home(&t, 3);
    cast_equal(t.room, kith_peers_set_rank(t.lamp->host, 1, 9, &token), KITH_OK);
    cast_equal(t.room, kith_peers_pin(t.lamp->host, 1, true, &token), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_PEER_DATA, 2);
    pair(&t, t.phones[0]);
    cast_disconnect(t.phones[0], t.lamp);
    cast_reboot(t.lamp);
    cast_equal(t.room, info_of(&t, 1).rank, 9);
    cast_check(t.room, info_of(&t, 1).pinned);
    cast_equal(t.room, info_of(&t, 1).last_use, 4);
    cast_close(t.room);
}

/* ---- forgetting all ---- */

static void who_is_connected_or_pairing_is_forgotten_with_its_link(void **state)
{
    home t;

    (void)state;
    open_home(&t, 3);
    come_back(&t, 0);
    cast_connect(t.phones[1], t.lamp); /* pairs anew: no bond comes of it */
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    cast_equal(t.room, kith_security_pair(t.phones[1]->host, t.phones[1]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_run(t.room, 100000, NULL, NULL);
    cast_equal(t.room, kith_peers_forget_all(t.lamp->host), KITH_OK);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN_ALL, 1);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_FORGOTTEN], 3);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_FORGOTTEN_ALL].forgotten.status, KITH_OK);
    cast_run(t.room, 5 * (uint64_t)CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_DISCONNECTED], 5);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    cast_equal(t.room, memory_store_count(&t.store, KITH_RECORD_BOND), 0);
    cast_equal(t.room, memory_store_count(&t.store, KITH_RECORD_STATE), 0);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_FORGOTTEN_ALL], 1);
    cast_forget_all(t.phones[2]);
    pair(&t, t.phones[2]);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    cast_close(t.room);
}

/* ---- resolution ---- */

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_store store; /* the phone's, which asks */
    kith_peer_id peer;
} asking;

static void open_asking(asking *t, const kith_characteristic *what, bool in_gap, uint8_t operations)
{
    kith_config lamp, phone;
    kith_peer_id none = 0;

    memset(t, 0, sizeof *t);
    t->room = cast_open(772, CAST_TOY);
    memory_store_init(&t->store, 40);
    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    resolution_service[0].characteristics = what;
    if (what != NULL)
        lamp.services = resolution_service;
    lamp.gap.central_address_resolution = in_gap;
    phone.limits.data = 4;
    phone.limits.operations = operations;
    phone.store = &t->store.store;
    t->lamp = cast_add(t->room, "lamp", &lamp);
    t->phone = cast_add(t->room, "phone", &phone);
    cast_start(t->room);
    cast_connect(t->phone, t->lamp);
    cast_pair(t->phone, t->lamp);
    cast_equal(t->room, kith_peers_next(t->phone->host, NULL, none, &t->peer), KITH_OK);
}

static void open_hidden_asking(asking *t, bool says)
{
    kith_config lamp, phone;
    kith_address own;

    memset(t, 0, sizeof *t);
    t->room = cast_open(773, CAST_TOY);
    memory_store_init(&t->store, 40);
    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    lamp.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, 900, 0};
    lamp.gap.private_only = says;
    phone.limits.data = 4;
    phone.store = &t->store.store;
    t->lamp = cast_add(t->room, "lamp", &lamp);
    t->phone = cast_add(t->room, "phone", &phone);
    cast_start(t->room);
    own = cast_address(t->lamp);
    cast_connect(t->phone, t->lamp);
    cast_equal(t->room, kith_address_kind_of(&own), KITH_ADDRESS_KIND_RESOLVABLE);
    cast_pair(t->phone, t->lamp);
    cast_equal(t->room, kith_peers_next(t->phone->host, NULL, 0, &t->peer), KITH_OK);
}

static kith_resolution answer_of(const asking *t)
{
    kith_peer_info info;

    cast_equal(t->room, kith_peers_get(t->phone->host, t->peer, &info), KITH_OK);
    return info.resolution;
}

static kith_status ask(asking *t)
{
    kith_token token;
    const kith_event *end;

    cast_equal(t->room, kith_peers_ask_resolution(t->phone->host, t->peer, &token), KITH_OK);
    end = cast_await_next(t->phone, KITH_EVENT_PEER_DATA);
    cast_equal(t->room, end->data.token, token);
    cast_equal(t->room, end->data.what, KITH_PEER_USE);
    cast_equal(t->room, t->phone->told[KITH_EVENT_READ], 0); /* it is nobody else's business */
    cast_equal(t->room, t->phone->told[KITH_EVENT_VALUES], 0);
    return end->data.status;
}

static void expect_answer(const kith_characteristic *what, bool in_gap, kith_resolution wanted)
{
    asking t;

    open_asking(&t, what, in_gap, 0);
    cast_equal(t.room, answer_of(&t), KITH_RESOLUTION_UNKNOWN);
    cast_equal(t.room, ask(&t), KITH_OK);
    cast_equal(t.room, answer_of(&t), wanted);
    cast_disconnect(t.phone, t.lamp);
    cast_reboot(t.phone);
    cast_equal(t.room, answer_of(&t), wanted);
    cast_connect(t.phone, t.lamp);
    cast_encrypt(t.phone, t.lamp);
    cast_equal(t.room, ask(&t), KITH_OK); /* the same again */
    cast_check(t.room, !t.phone->last[KITH_EVENT_PEER_DATA].data.changed);
    cast_close(t.room);
}

static void only_a_peer_that_says_one_resolves(void **state)
{
    (void)state;
    expect_answer(NULL, true, KITH_RESOLUTION_YES);
    expect_answer(NULL, false, KITH_RESOLUTION_NO); /* it has none */
    expect_answer(&resolutions[0], false, KITH_RESOLUTION_YES);
    expect_answer(&resolutions[1], false, KITH_RESOLUTION_NO);
    expect_answer(&resolutions[2], false, KITH_RESOLUTION_NO); /* reserved */
    expect_answer(&resolutions[3], false, KITH_RESOLUTION_NO); /* too long */
}

/* len 0: it says nothing, for as long as it is waited for. */
typedef struct {
    size_t len;
    uint8_t pdu[12];
} answer;

static void say(script *t, const answer *a)
{
    client_run(&t->c, CAST_SECOND);
    cast_equal(t->room, t->lamp->told[KITH_EVENT_PEER_DATA], 0);
    if (a->len > 0)
        client_say(&t->c, a->pdu, a->len);
    client_run(&t->c, a->len > 0 ? CAST_SECOND : 30 * (uint64_t)CAST_SECOND);
}

static void expect_end(script *t, const answer *first, const answer *second, kith_status status, kith_resolution wanted,
                       kith_resolution private_only)
{
    const kith_event_data *end = &t->lamp->last[KITH_EVENT_PEER_DATA].data;
    kith_peer_info info;
    kith_token token;

    cast_equal(t->room, kith_peers_ask_resolution(t->lamp->host, 1, &token), KITH_OK);
    say(t, first);
    if (second != NULL)
        say(t, second);
    cast_equal(t->room, t->lamp->told[KITH_EVENT_PEER_DATA], 1);
    cast_equal(t->room, end->token, token);
    cast_equal(t->room, end->status, status);
    cast_equal(t->room, kith_peers_get(t->lamp->host, 1, &info), KITH_OK);
    cast_equal(t->room, info.resolution, wanted);
    cast_equal(t->room, info.private_only, private_only);
    cast_equal(t->room, t->lamp->told[KITH_EVENT_READ], 0);
    cast_equal(t->room, t->lamp->told[KITH_EVENT_VALUES], 0);
}

static const answer not_there = {5, {0x01, 0x08, 1, 0, 0x0a}}, silence = {0};

/* Silence is no answer, and what was known before stays. */
static void a_silent_peer_says_nothing(void **state)
{
    static const answer yes = {5, {0x09, 3, 3, 0, 1}};

    (void)state;
    for (unsigned first = 0; first <= 1; first++) {
        script t;

        open_script(&t);
        expect_end(&t, first ? &silence : &yes, first ? NULL : &silence, KITH_ERR_STATE, KITH_RESOLUTION_UNKNOWN,
                   KITH_RESOLUTION_UNKNOWN);
        cast_close(t.room);
    }
}

/* Whatever somebody proven says; to the second question, too, where 0 is yes and 1 is reserved. */
static void what_a_peer_answers_is_taken_with_care(void **state)
{
    static const struct {
        answer said;
        kith_resolution resolves, private_only;
    } rows[] = {
        {{5, {0x09, 3, 3, 0, 1}}, KITH_RESOLUTION_YES, KITH_RESOLUTION_NO},
        {{5, {0x09, 3, 3, 0, 0}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_YES},
        {{5, {0x09, 3, 3, 0, 0xff}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},
        {{4, {0x09, 2, 3, 0}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},              /* of no octets */
        {{6, {0x09, 4, 3, 0, 1, 0}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},        /* of two */
        {{6, {0x09, 4, 3, 0, 0, 0}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},        /* likewise */
        {{8, {0x09, 3, 3, 0, 1, 5, 0, 0}}, KITH_RESOLUTION_YES, KITH_RESOLUTION_NO}, /* two of them: the first counts */
        {{8, {0x09, 3, 3, 0, 0, 5, 0, 1}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_YES}, /* whatever the second says */
        {{2, {0x09, 3}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},                    /* none */
        {{4, {0x09, 3, 3, 0}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},              /* cut short */
        {{5, {0x09, 3, 0, 0, 1}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},           /* handle 0 */
        {{5, {0x01, 0x08, 1, 0, 0x0a}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},     /* Attribute Not Found */
        {{5, {0x01, 0x08, 1, 0, 0x0e}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},     /* Unlikely Error */
        {{2, {0x0b, 1}}, KITH_RESOLUTION_NO, KITH_RESOLUTION_NO},                    /* of another request */
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        const answer *said = &rows[i / 2].said;
        bool first = i % 2 == 0;
        script t;

        open_script(&t);
        print_message("answer %zu\n", i);
        expect_end(&t, first ? said : &not_there, first ? &not_there : said, KITH_OK,
                   first ? rows[i / 2].resolves : KITH_RESOLUTION_NO,
                   first ? KITH_RESOLUTION_NO : rows[i / 2].private_only);
        cast_close(t.room);
    }
}

/* One of our own hosts that hides says so; it is kept, and goes with the next question. */
static void a_peer_that_only_hides_says_so(void **state)
{
    (void)state;
    for (unsigned says = 0; says <= 1; says++) {
        kith_peer_info info;
        asking t;

        open_hidden_asking(&t, says != 0);
        cast_equal(t.room, ask(&t), KITH_OK);
        cast_equal(t.room, kith_peers_get(t.phone->host, t.peer, &info), KITH_OK);
        cast_equal(t.room, info.private_only, says ? KITH_RESOLUTION_YES : KITH_RESOLUTION_NO);
        cast_equal(t.room, info.resolution, KITH_RESOLUTION_NO);
        cast_disconnect(t.phone, t.lamp);
        cast_reboot(t.phone);
        cast_equal(t.room, kith_peers_get(t.phone->host, t.peer, &info), KITH_OK);
        cast_equal(t.room, info.private_only, says ? KITH_RESOLUTION_YES : KITH_RESOLUTION_NO);
        cast_close(t.room);
    }
}

/* Between the two questions, too. */
static void a_link_that_ends_before_the_second_answer_ends_it(void **state)
{
    asking t;
    kith_token token;

    (void)state;
    for (uint8_t operations = 0; operations <= 2; operations += 2) {
        open_asking(&t, &resolutions[6], true, operations);
        cast_equal(t.room, kith_peers_ask_resolution(t.phone->host, t.peer, &token), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_READ_WANTED, 1);
        cast_disconnect(t.phone, t.lamp);
        cast_equal(t.room, t.phone->told[KITH_EVENT_PEER_DATA], 1);
        cast_equal(t.room, t.phone->last[KITH_EVENT_PEER_DATA].data.status, KITH_ERR_STATE);
        cast_equal(t.room, answer_of(&t), KITH_RESOLUTION_UNKNOWN);
        cast_close(t.room);
    }
}

static void a_link_that_ends_ends_it(void **state)
{
    asking t;
    kith_token token;

    (void)state;
    open_asking(&t, &resolutions[5], false, 2);
    cast_equal(t.room, kith_peers_ask_resolution(t.phone->host, t.peer, &token), KITH_OK);
    cast_equal(t.room, kith_peers_ask_resolution(t.phone->host, t.peer, &token), KITH_OK); /* in line */
    cast_disconnect(t.phone, t.lamp);
    cast_equal(t.room, t.phone->told[KITH_EVENT_PEER_DATA], 2);
    cast_equal(t.room, t.phone->last[KITH_EVENT_PEER_DATA].data.status, KITH_ERR_STATE);
    cast_equal(t.room, answer_of(&t), KITH_RESOLUTION_UNKNOWN);
    cast_equal(t.room, kith_peers_ask_resolution(t.phone->host, t.peer, &token), KITH_ERR_STATE);
    cast_close(t.room);
}

static void it_waits_in_line_like_any_operation(void **state)
{
    asking t;
    kith_token token, other;

    (void)state;
    open_asking(&t, NULL, true, 2);
    cast_equal(t.room, kith_gatt_read(t.phone->host, t.phone->link, 3), KITH_OK);
    cast_equal(t.room, kith_peers_ask_resolution(t.phone->host, t.peer, &token), KITH_OK);
    cast_equal(t.room, kith_gatt_read(t.phone->host, t.phone->link, 3), KITH_OK);
    cast_equal(t.room, kith_peers_ask_resolution(t.phone->host, t.peer, &other), KITH_ERR_BUSY);
    cast_equal(t.room, other, 0);
    cast_equal(t.room, kith_peers_set_rank(t.phone->host, t.peer, 3, &other), KITH_OK); /* does not wait for it */
    cast_await(t.phone, KITH_EVENT_PEER_DATA, 1);
    cast_equal(t.room, t.phone->last[KITH_EVENT_PEER_DATA].data.token, other);
    cast_await(t.phone, KITH_EVENT_READ, 2);
    cast_await(t.phone, KITH_EVENT_PEER_DATA, 2);
    cast_equal(t.room, t.phone->last[KITH_EVENT_PEER_DATA].data.token, token);
    cast_equal(t.room, answer_of(&t), KITH_RESOLUTION_YES);
    cast_close(t.room);
}

static void who_is_forgotten_meanwhile_is_not_asked_for(void **state)
{
    asking t;
    kith_token token;

    (void)state;
    open_asking(&t, &resolutions[5], false, 0);
    cast_equal(t.room, kith_peers_ask_resolution(t.phone->host, t.peer, &token), KITH_OK);
    cast_equal(t.room, kith_bonds_forget(t.phone->host, t.peer), KITH_OK);
    cast_await(t.phone, KITH_EVENT_FORGOTTEN, 1);
    cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
    cast_equal(t.room, t.phone->told[KITH_EVENT_PEER_DATA], 1);
    cast_equal(t.room, t.phone->last[KITH_EVENT_PEER_DATA].data.status, KITH_ERR_NOT_FOUND);
    cast_equal(t.room, t.phone->told[KITH_EVENT_READ], 0);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_was_used_last_and_it_is_kept),
        cmocka_unit_test(a_short_visit_counts),
        cmocka_unit_test(at_the_largest_number_it_stays),
        cmocka_unit_test(a_claim_is_no_use),
        cmocka_unit_test(a_store_that_fails_is_made_good_later),
        cmocka_unit_test(who_said_nothing_is_not_out_of_sync),
        cmocka_unit_test(who_pairs_again_keeps_its_rank),
        cmocka_unit_test(who_is_connected_or_pairing_is_forgotten_with_its_link),
        cmocka_unit_test(only_a_peer_that_says_one_resolves),
        cmocka_unit_test(a_silent_peer_says_nothing),
        cmocka_unit_test(what_a_peer_answers_is_taken_with_care),
        cmocka_unit_test(a_peer_that_only_hides_says_so),
        cmocka_unit_test(a_link_that_ends_before_the_second_answer_ends_it),
        cmocka_unit_test(a_link_that_ends_ends_it),
        cmocka_unit_test(it_waits_in_line_like_any_operation),
        cmocka_unit_test(who_is_forgotten_meanwhile_is_not_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
