/* What goes wrong at the wrong moment: stores that fail between the two writes of making room, places that are promised
 * twice, peers of an earlier life.  Each was a bug once. */
#include "cast.h"
#include "kith/codec/record.h"
#include "memory_store.h"

enum { PHONES = 5 };

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone[PHONES];
    memory_store store;
} party;

static void open_party(party *p, uint32_t bonds, kith_full when_full)
{
    kith_config config;

    memset(p, 0, sizeof *p);
    p->room = cast_open(78, CAST_OPENSSL);
    memory_store_init(&p->store, 24);
    cast_lamp_config(&config);
    config.limits.bonds = bonds;
    config.limits.data = 8;
    config.limits.operations = 1;
    config.limits.links = config.limits.pairings = 3;
    config.own_address = KITH_OWN_STATIC;
    config.security.when_full = when_full;
    config.store = &p->store.store;
    p->lamp = cast_add(p->room, "lamp", &config);
    for (unsigned i = 0; i < PHONES; i++)
        p->phone[i] = cast_add_phone(p->room, "phone");
    cast_start(p->room);
}

static kith_peer_id peer_of(const party *p, unsigned phone)
{
    kith_address address = cast_address(p->phone[phone]);
    kith_peer_id peer = 0;

    return kith_bonds_of_address(p->lamp->host, &address, &peer) == KITH_OK ? peer : 0;
}

/* Connects and pairs, until both know that. */
static void come(party *p, unsigned phone)
{
    cast_host *guest = p->phone[phone];
    unsigned ones = guest->told[KITH_EVENT_PAIRED], others = p->lamp->told[KITH_EVENT_PAIRED];

    cast_connect(guest, p->lamp);
    assert_int_equal(kith_pairing_open(p->lamp->host, 30000), KITH_OK);
    cast_equal(p->room, kith_security_pair(guest->host, guest->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(guest, KITH_EVENT_PAIRED, ones + 1);
    cast_await(p->lamp, KITH_EVENT_PAIRED, others + 1);
}

static void bond(party *p, unsigned phone)
{
    unsigned bonded = p->lamp->told[KITH_EVENT_BONDED];

    come(p, phone);
    cast_await(p->lamp, KITH_EVENT_BONDED, bonded + 1);
    cast_disconnect(p->phone[phone], p->lamp);
    cast_run_until(p->room, kith_sim_now(p->room->sim) + CAST_SECOND);
}

static void release_store(party *p)
{
    while (p->lamp->has_store_work)
        (void)cast_finish_store(p->lamp);
    p->lamp->holds_store = false;
}

static unsigned ends(const party *p)
{
    return p->lamp->told[KITH_EVENT_BONDED] + p->lamp->told[KITH_EVENT_BOND_FAILED];
}

static void finish_one(party *p)
{
    assert_int_equal(cast_finish_store(p->lamp), KITH_OK);
    cast_run_until(p->room, kith_sim_now(p->room->sim) + 1000);
}

/* Whoever was to go is forgotten by the program as well, which fails before the newcomer's bond is written. */
static void a_newcomer_does_not_wait_for_a_forgetting_that_has_failed(void **state)
{
    kith_token token;
    kith_peer_id first;
    party p;

    (void)state;
    open_party(&p, 3, KITH_FULL_ASK);
    for (unsigned i = 0; i < 3; i++)
        bond(&p, i);
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    first = peer_of(&p, 0);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_set_rank(p.lamp->host, peer_of(&p, 1), 7, &token), KITH_OK);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + 1000);
    cast_hold_store(p.lamp); /* it is out */
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, first), KITH_OK);
    cast_equal(p.room, kith_bonds_forget(p.lamp->host, first), KITH_OK);
    p.store.removes = KITH_ERR_STORAGE;
    finish_one(&p);
    while (p.lamp->told[KITH_EVENT_FORGOTTEN] == 0)
        finish_one(&p);
    p.store.removes = KITH_OK;
    release_store(&p);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + 30 * (uint64_t)CAST_SECOND);
    cast_equal(p.room, ends(&p), 4);
    cast_close(p.room);
}

static void fill_bond(const party *p, kith_bond_record *out, uint8_t number)
{
    kith_bond_info info;

    memset(out, 0, sizeof *out);
    cast_equal(p->room, kith_bonds_next(p->lamp->host, 0, &info), KITH_OK);
    out->identity = (kith_address){KITH_ADDRESS_PUBLIC, {number, 1, 2, 3, 4, 5}};
    out->local = info.local;
    out->level = KITH_LEVEL_ENCRYPTED;
    out->method = KITH_METHOD_JUST_WORKS;
    out->key_kind = KITH_KEY_KIND_SC;
    out->key_size = 16;
    out->has_ltk = true;
    memset(out->ltk, 0x30 + number, sizeof out->ltk);
    out->ltk[3] = number;
}

/* A bond that is added has its place, whoever comes while it waits for its turn. */
static void an_added_bond_keeps_its_place(void **state)
{
    kith_token token, added;
    kith_bond_record record;
    kith_peer_id peer;
    party p;

    (void)state;
    open_party(&p, 3, KITH_FULL_ASK);
    bond(&p, 0);
    bond(&p, 1);
    cast_hold_store(p.lamp);
    for (unsigned i = 0; i < 3; i++)
        cast_equal(p.room, kith_peers_set_rank(p.lamp->host, peer_of(&p, 1), 7 + i, &token), KITH_OK);
    fill_bond(&p, &record, 9);
    cast_equal(p.room, kith_peers_add(p.lamp->host, &record, &peer, &added), KITH_OK);
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    while (p.lamp->has_store_work)
        finish_one(&p);
    p.lamp->holds_store = false;
    cast_run_until(p.room, kith_sim_now(p.room->sim) + 30 * (uint64_t)CAST_SECOND);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_PEER_DATA].data.token, added);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_PEER_DATA].data.status, KITH_OK);
    cast_equal(p.room, ends(&p), 3);
    cast_equal(p.room, kith_bonds_count(p.lamp->host), 3);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), 3);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 1);
    cast_close(p.room);
}

/* A store that lost our name and has one bond too many is damaged, and said to be. */
static void one_too_many_without_a_name_is_damage(void **state)
{
    kith_bond_record record;
    kith_record octets;
    party p;

    (void)state;
    open_party(&p, 3, KITH_FULL_ASK);
    for (unsigned i = 0; i < 3; i++)
        bond(&p, i);
    fill_bond(&p, &record, 9);
    record.peer = 4;
    cast_equal(p.room, kith_record_encode_bond(&record, &octets), KITH_OK);
    memory_store_add(&p.store, &octets);
    octets = (kith_record){.kind = KITH_RECORD_DEVICE, .removed = true};
    memory_store_add(&p.store, &octets);
    cast_power_off(p.lamp);
    cast_power_on(p.lamp);
    cast_await(p.lamp, KITH_EVENT_START_FAILED, 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_DAMAGED);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), 4);
    cast_close(p.room);
}

/* An answer comes late, and its operation is older than the one that is being written. */
static void a_late_answer_does_not_lose_the_operation_that_is_written(void **state)
{
    kith_token asked, ranked;
    party p;

    (void)state;
    open_party(&p, 40, KITH_FULL_REFUSE); /* with an index */
    bond(&p, 0);
    bond(&p, 1);
    cast_connect(p.phone[0], p.lamp);
    cast_encrypt(p.phone[0], p.lamp);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_ask_resolution(p.lamp->host, peer_of(&p, 0), &asked), KITH_OK);
    cast_equal(p.room, kith_peers_set_rank(p.lamp->host, peer_of(&p, 1), 7, &ranked), KITH_OK);
    cast_hold_store(p.lamp);
    cast_check(p.room, p.lamp->has_store_work);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND); /* it is answered */
    while (p.lamp->has_store_work)
        finish_one(&p);
    p.lamp->holds_store = false;
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_PEER_DATA], 2);
    cast_close(p.room);
}

/* What could not be destroyed of a forgotten peer is nobody else's. */
static void what_is_left_of_a_forgotten_peer_is_not_the_next_ones(void **state)
{
    static const uint8_t secret[] = "of the first phone";
    uint8_t buffer[64];
    kith_token token;
    kith_peer_id first, next;
    party p;

    (void)state;
    open_party(&p, 3, KITH_FULL_REFUSE);
    bond(&p, 0);
    first = peer_of(&p, 0);
    cast_equal(p.room, kith_peers_store(p.lamp->host, first, KITH_PEER_APPLICATION, secret, sizeof secret, &token),
               KITH_OK);
    cast_await(p.lamp, KITH_EVENT_PEER_DATA, 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_PEER_DATA].data.status, KITH_OK);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_bonds_forget(p.lamp->host, first), KITH_OK);
    cast_hold_store(p.lamp);
    finish_one(&p); /* the bond is gone */
    cast_power_off(p.lamp);
    p.lamp->holds_store = false;
    p.store.removes = KITH_ERR_STORAGE;
    cast_power_on(p.lamp);
    cast_await(p.lamp, KITH_EVENT_READY, 2);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
    bond(&p, 1);
    next = peer_of(&p, 1);
    cast_check(p.room, next != first);
    cast_reboot(p.lamp);
    cast_equal(p.room, kith_peers_load(p.lamp->host, next, KITH_PEER_APPLICATION, buffer, sizeof buffer, &token),
               KITH_OK);
    cast_await(p.lamp, KITH_EVENT_PEER_DATA, 2);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_PEER_DATA].data.status, KITH_ERR_NOT_FOUND);
    cast_close(p.room);
}

/* Two newcomers, and one is let in: the other one, that is asked about first, does not take its place. */
static void who_was_let_in_takes_the_place_that_was_made(void **state)
{
    party p;

    (void)state;
    open_party(&p, 3, KITH_FULL_ASK);
    for (unsigned i = 0; i < 3; i++)
        bond(&p, i);
    come(&p, 3);
    come(&p, 4);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 2);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BONDED, 4);
    cast_await(p.lamp, KITH_EVENT_BOND_FAILED, 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_BONDED].address.octets[0], cast_address(p.phone[4]).octets[0]);
    cast_equal(p.room, kith_bonds_count(p.lamp->host), 3);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), 3);
    cast_close(p.room);
}

/* A store that keeps older records hands out the newcomer before it says that somebody went for it. */
static void who_has_a_place_by_now_has_what_lies_beside_it(void **state)
{
    kith_state_record beside = {.peer = 4, .rank = 9};
    kith_bond_record record;
    kith_peer_info info;
    kith_record octets;
    party p;

    (void)state;
    open_party(&p, 3, KITH_FULL_ASK);
    for (unsigned i = 0; i < 3; i++)
        bond(&p, i);
    fill_bond(&p, &record, 9);
    record.peer = 4;
    cast_equal(p.room, kith_record_encode_bond(&record, &octets), KITH_OK);
    memory_store_add(&p.store, &octets);
    octets = (kith_record){.kind = KITH_RECORD_BOND, .id = 1, .removed = true};
    memory_store_add(&p.store, &octets);
    cast_equal(p.room, kith_record_encode_state(&beside, &octets), KITH_OK);
    memory_store_add(&p.store, &octets);
    cast_reboot(p.lamp);
    cast_equal(p.room, kith_bonds_count(p.lamp->host), 3);
    cast_equal(p.room, kith_peers_get(p.lamp->host, 4, &info), KITH_OK);
    cast_equal(p.room, info.rank, 9);
    cast_close(p.room);
}

/* Nobody may go any more when the newcomer's bond is written, and the power goes before that is removed again. */
static void a_newcomer_that_nobody_goes_for_is_gone_after_a_cut(void **state)
{
    kith_token token;
    party p;

    (void)state;
    open_party(&p, 2, KITH_FULL_ASK);
    bond(&p, 0);
    bond(&p, 1);
    cast_equal(p.room, kith_peers_pin(p.lamp->host, peer_of(&p, 1), true, &token), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_PEER_DATA, 1);
    come(&p, 2);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_pin(p.lamp->host, peer_of(&p, 0), true, &token), KITH_OK);
    cast_hold_store(p.lamp); /* it is out */
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    finish_one(&p);
    finish_one(&p);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), 3);
    cast_power_off(p.lamp);
    p.lamp->holds_store = false;
    cast_power_on(p.lamp);
    cast_await(p.lamp, KITH_EVENT_READY, 2);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
    cast_check(p.room, peer_of(&p, 0) != 0 && peer_of(&p, 1) != 0 && peer_of(&p, 2) == 0);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), 2);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_STORE_LOADED].store.bonds, 2);
    cast_close(p.room);
}

/* What has something beside it is no newcomer: the table is too small for this store, and nobody is touched. */
static void a_table_that_was_made_smaller_forgets_nobody(void **state)
{
    kith_token token;
    party p;

    (void)state;
    open_party(&p, 3, KITH_FULL_ASK);
    for (unsigned i = 0; i < 3; i++)
        bond(&p, i);
    cast_equal(p.room, kith_peers_set_rank(p.lamp->host, peer_of(&p, 2), 3, &token), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_PEER_DATA, 1);
    cast_power_off(p.lamp);
    p.lamp->config.limits.bonds = 2;
    cast_power_on(p.lamp);
    cast_await(p.lamp, KITH_EVENT_START_FAILED, 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_FULL);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), 3);
    cast_close(p.room);
}

/* A write that fails and comes true all the same leaves no bond of which nobody was told. */
static void a_newcomer_whose_writing_failed_is_not_there(void **state)
{
    party p;

    (void)state;
    open_party(&p, 3, KITH_FULL_ASK);
    for (unsigned i = 0; i < 3; i++)
        bond(&p, i);
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    p.store.puts = KITH_ERR_STORAGE;
    p.store.done_all_the_same = true;
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BOND_FAILED, 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_BOND_FAILED].verdict.status, KITH_ERR_STORAGE);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), 3);
    p.store.puts = KITH_OK;
    cast_disconnect(p.phone[3], p.lamp);
    cast_reboot(p.lamp);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
    for (unsigned i = 0; i < 3; i++)
        cast_check(p.room, peer_of(&p, i) != 0);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 0);
    cast_close(p.room);
}

/* What was told is not told again because a reset waits for what is out. */
static void a_reset_tells_of_no_collecting(void **state)
{
    kith_token token;
    party p;

    (void)state;
    open_party(&p, 3, KITH_FULL_REFUSE);
    bond(&p, 0);
    p.store.state.collected = 4;
    cast_equal(p.room, kith_peers_set_rank(p.lamp->host, peer_of(&p, 0), 1, &token), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_STORE_COLLECTED, 1);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_set_rank(p.lamp->host, peer_of(&p, 0), 2, &token), KITH_OK);
    cast_hold_store(p.lamp); /* it is out */
    cast_equal(p.room, kith_host_factory_reset(p.lamp->host), KITH_OK);
    release_store(&p);
    cast_await(p.lamp, KITH_EVENT_RESET, 1);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_STORE_COLLECTED], 1);
    cast_close(p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_newcomer_does_not_wait_for_a_forgetting_that_has_failed),
        cmocka_unit_test(an_added_bond_keeps_its_place),
        cmocka_unit_test(one_too_many_without_a_name_is_damage),
        cmocka_unit_test(a_late_answer_does_not_lose_the_operation_that_is_written),
        cmocka_unit_test(who_was_let_in_takes_the_place_that_was_made),
        cmocka_unit_test(who_has_a_place_by_now_has_what_lies_beside_it),
        cmocka_unit_test(a_newcomer_that_nobody_goes_for_is_gone_after_a_cut),
        cmocka_unit_test(a_table_that_was_made_smaller_forgets_nobody),
        cmocka_unit_test(a_newcomer_whose_writing_failed_is_not_there),
        cmocka_unit_test(a_reset_tells_of_no_collecting),
        cmocka_unit_test(what_is_left_of_a_forgotten_peer_is_not_the_next_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
