/* A host and its store from the first start on: who it is and whom it knows come from there, before the controller
 * hears a word; what is wrong with the store is said by name. */
#include "cast.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_store store; /* the lamp's */
} two;

static void open_two(two *t, uint16_t bonds)
{
    kith_config config;

    memset(t, 0, sizeof *t);
    t->room = cast_open(311, CAST_OPENSSL);
    memory_store_init(&t->store, 32);
    cast_lamp_config(&config);
    config.limits.bonds = bonds;
    config.own_address = KITH_OWN_STATIC;
    config.store = &t->store.store;
    t->lamp = cast_add(t->room, "lamp", &config);
    t->phone = cast_add_phone(t->room, "phone");
    assert_int_equal(kith_host_start(t->phone->host, 0), KITH_OK);
    cast_await(t->phone, KITH_EVENT_READY, 1);
}

static void start_lamp(two *t)
{
    cast_equal(t->room, kith_host_start(t->lamp->host, kith_sim_now(t->room->sim)), KITH_OK);
}

static void open_started(two *t, uint16_t bonds)
{
    open_two(t, bonds);
    start_lamp(t);
    cast_await(t->lamp, KITH_EVENT_READY, 1);
}

/* One bond more, with a phone that forgets all others; its own bond names the lamp. */
static kith_bond_keys bond(two *t)
{
    kith_bond_info info;
    kith_bond_keys keys;

    cast_forget_all(t->phone);
    cast_connect(t->phone, t->lamp);
    assert_int_equal(kith_pairing_open(t->lamp->host, 30000), KITH_OK);
    cast_equal(t->room, kith_security_secure(t->phone->host, t->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(t->lamp, KITH_EVENT_BONDED);
    cast_await(t->phone, KITH_EVENT_BONDED, 1);
    cast_disconnect(t->phone, t->lamp);
    cast_check(t->room, cast_only_bond(t->phone, &info, &keys));
    return keys;
}

/* The same phone again would be the same peer. */
static void replace_phone(two *t)
{
    t->phone = cast_add_phone(t->room, "phone");
    assert_int_equal(kith_host_start(t->phone->host, kith_sim_now(t->room->sim)), KITH_OK);
    cast_await(t->phone, KITH_EVENT_READY, 1);
}

static void bond_with_many(two *t, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            replace_phone(t);
        (void)bond(t);
    }
}

static unsigned packets_of(cast_host *h)
{
    uint8_t packet[KITH_STAGE_PACKET];
    unsigned count = 0;

    while (kith_host_next_packet(h->host, packet, sizeof packet) > 0)
        count++;
    return count;
}

/* ---- who we are ---- */

static void expect_loaded(const two *t, unsigned bonds, bool fresh)
{
    const kith_event_store *loaded = &t->lamp->last[KITH_EVENT_STORE_LOADED].store;

    cast_equal(t->room, loaded->bonds, bonds);
    cast_equal(t->room, loaded->fresh, fresh);
    cast_equal(t->room, kith_bonds_count(t->lamp->host), bonds);
}

static void the_first_start_draws_an_identity_and_stores_it_once(void **state)
{
    two t;

    (void)state;
    open_started(&t, 4);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_STORE_LOADED], 1);
    cast_check(t.room, t.lamp->log[0].kind == KITH_EVENT_STORE_LOADED); /* before READY */
    expect_loaded(&t, 0, true);
    cast_equal(t.room, memory_store_count(&t.store, KITH_RECORD_DEVICE), 1);
    cast_equal(t.room, t.store.put, 1);
    cast_reboot(t.lamp);
    expect_loaded(&t, 0, false);
    cast_equal(t.room, t.store.put, 1);
    cast_close(t.room);
}

static void the_identity_is_the_same_after_a_reboot(void **state)
{
    two t;
    kith_address before, after;
    kith_bond_keys first, second;

    (void)state;
    open_started(&t, 4);
    before = cast_address(t.lamp);
    cast_equal(t.room, kith_address_kind_of(&before), KITH_ADDRESS_KIND_STATIC);
    first = bond(&t); /* the phone has our identity resolving key */
    cast_reboot(t.lamp);
    after = cast_address(t.lamp);
    cast_check(t.room, kith_address_equal(&before, &after));
    replace_phone(&t);
    second = bond(&t);
    assert_memory_equal(first.irk, second.irk, 16);
    memory_store_init(&t.store, 32); /* another life begins: nothing of the old one is left */
    cast_reboot(t.lamp);
    after = cast_address(t.lamp);
    cast_check(t.room, !kith_address_equal(&before, &after));
    replace_phone(&t);
    second = bond(&t);
    assert_memory_not_equal(first.irk, second.irk, 16);
    cast_close(t.room);
}

static void what_the_program_gives_stands_over_the_store(void **state)
{
    static const uint8_t address[6] = {1, 2, 3, 4, 5, 0xc6}, irk[16] = {7, 7, 7};
    two t;
    kith_address now, stored;

    (void)state;
    open_started(&t, 4);
    stored = cast_address(t.lamp);
    (void)bond(&t);
    t.lamp->config.static_address = address;
    t.lamp->config.irk = irk;
    cast_reboot(t.lamp);
    now = cast_address(t.lamp);
    assert_memory_equal(now.octets, address, 6);
    /* The bond was made under the other one: its peer looks for that. */
    cast_equal(t.room, t.lamp->last[KITH_EVENT_READY].ready.other_identity, 1);
    replace_phone(&t);
    assert_memory_equal(bond(&t).irk, irk, 16);
    t.lamp->config.static_address = t.lamp->config.irk = NULL;
    cast_reboot(t.lamp);
    now = cast_address(t.lamp);
    cast_check(t.room, kith_address_equal(&now, &stored));
    cast_equal(t.room, t.lamp->last[KITH_EVENT_READY].ready.other_identity, 1); /* the second one this time */
    cast_close(t.room);
}

static void a_bond_says_which_of_our_identities_it_was_made_under(void **state)
{
    two t;
    kith_bond_info info;
    kith_address own;

    (void)state;
    open_started(&t, 4);
    own = cast_address(t.lamp);
    kith_host_set_calendar(t.lamp->host, 1750000000);
    (void)bond(&t);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_READY].ready.other_identity, 0);
    cast_reboot(t.lamp);
    assert_int_equal(kith_bonds_next(t.lamp->host, 0, &info), KITH_OK);
    cast_check(t.room, kith_address_equal(&info.local, &own));
    cast_check(t.room, info.made_s >= 1750000000 && info.made_s < 1750000060);
    cast_check(t.room, !info.we_were_initiator && info.has_irk);
    cast_equal(t.room, info.method, KITH_METHOD_JUST_WORKS);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_READY].ready.other_identity, 0);
    cast_close(t.room);
}

/* ---- nothing goes out before the store was read ---- */

static void expect_silence(const two *t)
{
    cast_equal(t->room, packets_of(t->lamp), 0);
    assert_int_equal(kith_host_advance(t->lamp->host, kith_sim_now(t->room->sim)), KITH_OK);
    cast_equal(t->room, packets_of(t->lamp), 0);
    cast_check(t->room, kith_host_deadline(t->lamp->host) == UINT64_MAX); /* it waits for the store alone */
}

static void load_step_by_step(two *t, unsigned least)
{
    unsigned steps = 0;

    while (t->lamp->has_store_work) {
        expect_silence(t);
        cast_equal(t->room, cast_finish_store(t->lamp), KITH_OK);
        steps++;
    }
    cast_check(t->room, steps >= least);
}

static void no_hci_command_goes_out_before_the_store_was_read(void **state)
{
    two t;

    (void)state;
    open_two(&t, 4);
    t.lamp->holds_store = true;
    kith_host_erase(t.lamp->host);
    cast_power_on(t.lamp);
    load_step_by_step(&t, 3); /* open, nothing to read, our identity */
    cast_await(t.lamp, KITH_EVENT_READY, 1);
    t.lamp->holds_store = false;
    (void)bond(&t);
    t.lamp->holds_store = true;
    cast_power_off(t.lamp);
    cast_power_on(t.lamp);
    load_step_by_step(&t, 4); /* open, two records and the end of them */
    cast_await(t.lamp, KITH_EVENT_READY, 2);
    expect_loaded(&t, 1, false);
    cast_close(t.room);
}

static void a_program_that_never_does_its_store_work_hears_nothing(void **state)
{
    two t;

    (void)state;
    open_two(&t, 4);
    t.lamp->holds_store = true;
    kith_host_erase(t.lamp->host);
    cast_power_on(t.lamp);
    cast_run(t.room, 600 * CAST_SECOND, NULL, NULL);
    expect_silence(&t);
    cast_equal(t.room, t.lamp->notes, 0);
    cast_equal(t.room, kith_host_start(t.lamp->host, kith_sim_now(t.room->sim)), KITH_ERR_STATE);
    load_step_by_step(&t, 3); /* better late than never */
    cast_await(t.lamp, KITH_EVENT_READY, 1);
    cast_close(t.room);
}

/* What was read of a store that is not read through is nobody's yet. */
static void nothing_is_forgotten_before_the_store_was_read(void **state)
{
    two t;

    (void)state;
    open_started(&t, 4);
    (void)bond(&t);
    cast_power_off(t.lamp);
    t.lamp->holds_store = true;
    cast_power_on(t.lamp);
    while (t.lamp->has_store_work) {
        cast_equal(t.room, kith_bonds_forget(t.lamp->host, 1), KITH_ERR_BUSY);
        cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    }
    t.lamp->holds_store = false;
    assert_int_equal(kith_bonds_forget(t.lamp->host, 1), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_close(t.room);
}

/* ---- what is wrong with a store ---- */

static void expect_start_failed(const two *t, kith_status status, bool store)
{
    const kith_event_start_failed *failed = &t->lamp->last[KITH_EVENT_START_FAILED].start_failed;

    cast_equal(t->room, failed->status, status);
    cast_equal(t->room, failed->store, store);
    cast_equal(t->room, failed->lacks, 0);
    cast_equal(t->room, failed->opcode, 0);
    cast_equal(t->room, packets_of(t->lamp), 0);
}

static void start_and_fail(two *t, kith_status status, bool store)
{
    unsigned ready = t->lamp->told[KITH_EVENT_READY], loaded = t->lamp->told[KITH_EVENT_STORE_LOADED];

    cast_await_next(t->lamp, KITH_EVENT_START_FAILED);
    expect_start_failed(t, status, store);
    cast_run(t->room, 10 * CAST_SECOND, NULL, NULL);
    cast_equal(t->room, t->lamp->told[KITH_EVENT_READY], ready);
    cast_equal(t->room, t->lamp->told[KITH_EVENT_STORE_LOADED], loaded);
    cast_equal(t->room, kith_bonds_count(t->lamp->host), 0); /* half a store is none */
}

static const kith_status errors[] = {KITH_ERR_STORAGE, KITH_ERR_DAMAGED, KITH_ERR_NEWER, KITH_ERR_FULL};

static void a_store_that_can_not_be_opened_or_read_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof errors / sizeof errors[0]; i++) {
        kith_status status = errors[i / 2];
        bool reading = i % 2 != 0;
        two t;

        open_started(&t, 4);
        bond_with_many(&t, 2);
        cast_power_off(t.lamp);
        if (reading)
            t.store.reads = status;
        else
            t.store.opens = status;
        t.store.reads_well = 2; /* fails with half of it read */
        cast_power_on(t.lamp);
        start_and_fail(&t, status, true);
        t.store.opens = t.store.reads = KITH_OK;
        start_lamp(&t); /* the same host, once the store is well again */
        cast_await_next(t.lamp, KITH_EVENT_READY);
        expect_loaded(&t, 2, false);
        cast_close(t.room);
    }
}

static void more_bonds_than_fit_are_not_loaded_in_part(void **state)
{
    two t;

    (void)state;
    open_started(&t, 4);
    bond_with_many(&t, 3);
    cast_power_off(t.lamp);
    t.lamp->config.limits.bonds = 2;
    cast_power_on(t.lamp);
    start_and_fail(&t, KITH_ERR_FULL, true);
    cast_power_off(t.lamp);
    t.lamp->config.limits.bonds = 3;
    cast_power_on(t.lamp);
    cast_await_next(t.lamp, KITH_EVENT_READY);
    expect_loaded(&t, 3, false);
    cast_close(t.room);
}

static void an_identity_that_can_not_be_stored_fails_the_start(void **state)
{
    two t;

    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        open_two(&t, 4);
        t.store.puts = errors[i];
        start_lamp(&t);
        start_and_fail(&t, errors[i], true);
        t.store.puts = KITH_OK;
        start_lamp(&t);
        cast_await_next(t.lamp, KITH_EVENT_READY);
        expect_loaded(&t, 0, true);
        cast_close(t.room);
    }
}

/* Bonds without the identity that they were made with are of no use under a new one: nothing is drawn over the loss. */
static void a_store_that_lost_our_identity_is_damaged(void **state)
{
    (void)state;
    for (unsigned senseless = 0; senseless <= 1; senseless++) {
        two t;
        kith_record *device;
        unsigned written;

        open_started(&t, 4);
        (void)bond(&t);
        cast_power_off(t.lamp);
        device = memory_store_find(&t.store, KITH_RECORD_DEVICE, 0);
        assert_non_null(device);
        if (senseless)
            device->len = 1;
        else
            device->kind = 9; /* as good as not there */
        written = t.store.put;
        cast_power_on(t.lamp);
        start_and_fail(&t, KITH_ERR_DAMAGED, true);
        cast_equal(t.room, t.store.put, written);
        cast_close(t.room);
    }
}

static void no_identity_is_drawn_without_entropy(void **state)
{
    two t;

    (void)state;
    open_two(&t, 4);
    t.lamp->random.good_draws = 0;
    t.lamp->random.then = CAST_RANDOM_FAILS;
    start_lamp(&t);
    start_and_fail(&t, KITH_ERR_ENTROPY, false);
    cast_equal(t.room, t.store.put, 0);
    t.lamp->random.good_draws = -1;
    start_lamp(&t);
    cast_await_next(t.lamp, KITH_EVENT_READY);
    expect_loaded(&t, 0, true);
    cast_close(t.room);
}

static void damage_and_torn_writes_are_counted(void **state)
{
    two t;

    (void)state;
    open_started(&t, 4);
    (void)bond(&t);
    t.store.state.damaged = 3;
    t.store.state.torn = 2;
    cast_reboot(t.lamp);
    expect_loaded(&t, 1, false);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 3);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_STORE_LOADED].store.torn, 2);
    cast_close(t.room);
}

/* Its check is right, and still it makes no sense: as good as damaged, and none of the others suffers. */
static void a_bond_that_makes_no_sense_is_left_out_and_counted(void **state)
{
    two t;
    kith_record *record;

    (void)state;
    open_started(&t, 4);
    bond_with_many(&t, 2);
    record = memory_store_find(&t.store, KITH_RECORD_BOND, 1);
    assert_non_null(record);
    record->len = 3;
    t.store.state.damaged = 1;
    cast_reboot(t.lamp);
    expect_loaded(&t, 1, false);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 2);
    cast_check(t.room, memory_store_find(&t.store, KITH_RECORD_BOND, 1) != NULL); /* not touched */
    cast_close(t.room);
}

static void records_of_a_kind_that_is_not_known_are_left_alone(void **state)
{
    const kith_record other = {.kind = 9, .id = 1, .len = 5, .octets = "later"};
    const kith_record nobody = {.kind = KITH_RECORD_BOND, .id = 0, .len = 5};
    two t;

    (void)state;
    open_started(&t, 4);
    (void)bond(&t);
    memory_store_add(&t.store, &other);
    memory_store_add(&t.store, &nobody);
    cast_reboot(t.lamp);
    expect_loaded(&t, 1, false);
    cast_check(t.room, memory_store_find(&t.store, 9, 1) != NULL);
    cast_close(t.room);
}

/* A log hands out what was there before it was removed. */
static void a_removed_record_takes_the_one_before_it_away(void **state)
{
    two t;
    kith_record gone = {.kind = KITH_RECORD_BOND, .removed = true, .id = 1};

    (void)state;
    open_started(&t, 4);
    bond_with_many(&t, 2);
    memory_store_add(&t.store, &gone);
    cast_reboot(t.lamp);
    expect_loaded(&t, 1, false);
    cast_equal(t.room, kith_bonds_forget(t.lamp->host, 1), KITH_ERR_NOT_FOUND);
    cast_close(t.room);
}

/* As with a record that decayed: what was replaced does not come back because its successor makes no sense. */
static void a_bond_that_makes_no_sense_takes_the_place_of_the_one_before_it(void **state)
{
    const kith_record senseless = {.kind = KITH_RECORD_BOND, .id = 1, .len = 3, .octets = {1, 0, 0}};
    two t;

    (void)state;
    open_started(&t, 4);
    bond_with_many(&t, 2);
    memory_store_add(&t.store, &senseless);
    cast_reboot(t.lamp);
    expect_loaded(&t, 1, false);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 1);
    cast_equal(t.room, kith_bonds_forget(t.lamp->host, 1), KITH_ERR_NOT_FOUND);
    cast_close(t.room);
}

/* ---- names of peers ---- */

static kith_peer_id highest(const two *t)
{
    kith_bond_info info = {.peer = 0};

    while (kith_bonds_next(t->lamp->host, info.peer, &info) == KITH_OK)
        continue;
    return info.peer;
}

static void peers_keep_their_names_over_a_reboot(void **state)
{
    two t;
    kith_bond_info before[3], after;
    kith_peer_id id = 0;

    (void)state;
    open_started(&t, 4);
    bond_with_many(&t, 3);
    for (unsigned i = 0; i < 3; i++, id = before[i - 1].peer)
        assert_int_equal(kith_bonds_next(t.lamp->host, id, &before[i]), KITH_OK);
    cast_reboot(t.lamp);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 3);
    id = 0;
    for (unsigned i = 0; i < 3; i++, id = after.peer) {
        assert_int_equal(kith_bonds_next(t.lamp->host, id, &after), KITH_OK);
        cast_equal(t.room, after.peer, before[i].peer);
        cast_check(t.room, kith_address_equal(&after.identity, &before[i].identity));
        cast_equal(t.room, after.level, before[i].level);
    }
    cast_close(t.room);
}

static void the_name_of_a_forgotten_peer_is_not_given_again_after_a_reboot(void **state)
{
    two t;
    kith_peer_id last;

    (void)state;
    open_started(&t, 4);
    bond_with_many(&t, 2);
    last = highest(&t);
    assert_int_equal(kith_bonds_forget(t.lamp->host, last), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_reboot(t.lamp);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    replace_phone(&t);
    (void)bond(&t);
    cast_check(t.room, highest(&t) > last);
    cast_close(t.room);
}

/* An ID that the store has seen, though the record itself was damaged. */
static void a_name_that_only_the_store_remembers_is_not_given_either(void **state)
{
    two t;

    (void)state;
    open_started(&t, 4);
    t.store.state.highest_id = 4000;
    cast_reboot(t.lamp);
    (void)bond(&t);
    cast_equal(t.room, highest(&t), 4001);
    cast_close(t.room);
}

/* ---- the controller meanwhile ---- */

static void lose_controller(const two *t)
{
    static const uint8_t hardware_error[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, 0x42};

    assert_int_equal(
        kith_host_receive(t->lamp->host, hardware_error, sizeof hardware_error, kith_sim_now(t->room->sim)), KITH_OK);
}

static void a_controller_lost_while_loading(void **state)
{
    (void)state;
    for (unsigned finished_first = 0; finished_first <= 1; finished_first++)
        for (unsigned steps = 0; steps < 4; steps++) {
            two t;

            open_started(&t, 4);
            (void)bond(&t);
            cast_power_off(t.lamp);
            t.lamp->holds_store = true;
            cast_power_on(t.lamp);
            for (unsigned i = 0; i < steps; i++)
                cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
            lose_controller(&t);
            cast_await_next(t.lamp, KITH_EVENT_START_FAILED);
            cast_equal(t.room, t.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_IO);
            cast_check(t.room, !t.lamp->last[KITH_EVENT_START_FAILED].start_failed.store);
            if (!finished_first)
                start_lamp(&t);
            while (t.lamp->has_store_work)
                cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
            if (finished_first)
                start_lamp(&t);
            cast_await(t.lamp, KITH_EVENT_READY, 2);
            cast_equal(t.room, t.lamp->told[KITH_EVENT_STORE_LOADED], 2); /* once for each life */
            cast_equal(t.room, t.store.opened, 2);
            expect_loaded(&t, 1, false);
            cast_close(t.room);
        }
}

/* A store that fails while nobody waits for it any more is opened anew at the next start. */
static void a_store_that_fails_after_the_controller_was_lost(void **state)
{
    two t;

    (void)state;
    open_started(&t, 4);
    (void)bond(&t);
    cast_power_off(t.lamp);
    t.lamp->holds_store = true;
    cast_power_on(t.lamp);
    lose_controller(&t);
    cast_await_next(t.lamp, KITH_EVENT_START_FAILED);
    t.store.opens = KITH_ERR_STORAGE;
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_START_FAILED], 1); /* that start has ended once */
    t.store.opens = KITH_OK;
    t.lamp->holds_store = false;
    start_lamp(&t);
    cast_await(t.lamp, KITH_EVENT_READY, 2);
    expect_loaded(&t, 1, false);
    cast_close(t.room);
}

/* A restart of the controller is no second first start. */
static void a_restart_of_the_controller_does_not_load_again(void **state)
{
    two t;
    kith_address before, after;

    (void)state;
    open_started(&t, 4);
    (void)bond(&t);
    before = cast_address(t.lamp);
    lose_controller(&t);
    cast_await(t.lamp, KITH_EVENT_CONTROLLER_LOST, 1);
    start_lamp(&t);
    cast_await(t.lamp, KITH_EVENT_READY, 2);
    after = cast_address(t.lamp);
    cast_check(t.room, kith_address_equal(&before, &after));
    cast_equal(t.room, t.store.opened, 1);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_STORE_LOADED], 1);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    cast_close(t.room);
}

static void forget_at_once(cast_host *self, const kith_event *event)
{
    kith_bond_info info;

    if (event->kind != KITH_EVENT_STORE_LOADED)
        return;
    assert_int_equal(kith_bonds_next(self->host, 0, &info), KITH_OK);
    assert_int_equal(kith_bonds_forget(self->host, info.peer), KITH_OK);
}

/* A program may look after its bonds with no controller at all. */
static void bonds_are_listed_and_forgotten_without_a_controller(void **state)
{
    two t;

    (void)state;
    open_started(&t, 4);
    (void)bond(&t);
    cast_power_off(t.lamp);
    kith_sim_remove(t.room->sim, t.lamp->device);
    t.lamp->react = forget_at_once;
    cast_power_on(t.lamp);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_READY], 1);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_FORGOTTEN].forgotten.status, KITH_OK);
    cast_equal(t.room, memory_store_count(&t.store, KITH_RECORD_BOND), 0);
    cast_close(t.room);
}

/* ---- work that comes back wrongly ---- */

static void store_work_comes_back_once_and_as_what_it_was(void **state)
{
    two t;
    kith_work wrong, again;

    (void)state;
    open_two(&t, 4);
    t.lamp->holds_store = true;
    kith_host_erase(t.lamp->host);
    cast_power_on(t.lamp);
    wrong = again = t.lamp->store_work;
    wrong.token += 77;
    cast_equal(t.room, kith_host_finish_work(t.lamp->host, &wrong, 0), KITH_ERR_NOT_FOUND);
    wrong = again;
    wrong.kind = KITH_WORK_KEY_PAIR;
    cast_equal(t.room, kith_host_finish_work(t.lamp->host, &wrong, 0), KITH_ERR_NOT_FOUND);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    kith_work_run(&again);
    cast_equal(t.room, kith_host_finish_work(t.lamp->host, &again, 0), KITH_ERR_NOT_FOUND); /* twice */
    for (size_t i = 0; i < sizeof again; i++)
        assert_int_equal(((const uint8_t *)&again)[i], 0);
    load_step_by_step(&t, 2);
    cast_await(t.lamp, KITH_EVENT_READY, 1);
    expect_loaded(&t, 0, true);
    cast_close(t.room);
}

/* Given back without having been done. */
static void store_work_that_was_not_done_is_a_failure(void **state)
{
    two t;

    (void)state;
    open_two(&t, 4);
    t.lamp->holds_store = true;
    kith_host_erase(t.lamp->host);
    cast_power_on(t.lamp);
    cast_equal(t.room, kith_host_finish_work(t.lamp->host, &t.lamp->store_work, 0), KITH_OK);
    t.lamp->holds_store = t.lamp->has_store_work = false;
    cast_await(t.lamp, KITH_EVENT_START_FAILED, 1);
    cast_check(t.room, t.lamp->last[KITH_EVENT_START_FAILED].start_failed.store);
    start_lamp(&t);
    cast_await(t.lamp, KITH_EVENT_READY, 1);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_start_draws_an_identity_and_stores_it_once),
        cmocka_unit_test(the_identity_is_the_same_after_a_reboot),
        cmocka_unit_test(what_the_program_gives_stands_over_the_store),
        cmocka_unit_test(a_bond_says_which_of_our_identities_it_was_made_under),
        cmocka_unit_test(no_hci_command_goes_out_before_the_store_was_read),
        cmocka_unit_test(a_program_that_never_does_its_store_work_hears_nothing),
        cmocka_unit_test(nothing_is_forgotten_before_the_store_was_read),
        cmocka_unit_test(a_store_that_can_not_be_opened_or_read_is_named),
        cmocka_unit_test(more_bonds_than_fit_are_not_loaded_in_part),
        cmocka_unit_test(an_identity_that_can_not_be_stored_fails_the_start),
        cmocka_unit_test(a_store_that_lost_our_identity_is_damaged),
        cmocka_unit_test(no_identity_is_drawn_without_entropy),
        cmocka_unit_test(damage_and_torn_writes_are_counted),
        cmocka_unit_test(a_bond_that_makes_no_sense_is_left_out_and_counted),
        cmocka_unit_test(records_of_a_kind_that_is_not_known_are_left_alone),
        cmocka_unit_test(a_removed_record_takes_the_one_before_it_away),
        cmocka_unit_test(a_bond_that_makes_no_sense_takes_the_place_of_the_one_before_it),
        cmocka_unit_test(peers_keep_their_names_over_a_reboot),
        cmocka_unit_test(the_name_of_a_forgotten_peer_is_not_given_again_after_a_reboot),
        cmocka_unit_test(a_name_that_only_the_store_remembers_is_not_given_either),
        cmocka_unit_test(a_controller_lost_while_loading),
        cmocka_unit_test(a_store_that_fails_after_the_controller_was_lost),
        cmocka_unit_test(a_restart_of_the_controller_does_not_load_again),
        cmocka_unit_test(bonds_are_listed_and_forgotten_without_a_controller),
        cmocka_unit_test(store_work_comes_back_once_and_as_what_it_was),
        cmocka_unit_test(store_work_that_was_not_done_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
