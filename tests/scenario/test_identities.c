/* One lamp that is several devices to its phones: identities are made, changed and removed, kept over restarts, and
 * each has bonds of its own; and what each call refuses.  On the virtual radio, with a store that outlives the host. */
#include "cast.h"
#include "memory_store.h"

enum { IDENTITIES = 2, BONDS = 6 };

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone, *other;
    memory_store store; /* the lamp's */
} home;

static const kith_address second = {KITH_ADDRESS_RANDOM, {2, 2, 2, 2, 2, 0xc2}};
static const kith_address third = {KITH_ADDRESS_RANDOM, {3, 3, 3, 3, 3, 0xc3}};
static const uint8_t second_irk[16] = {2, 2, 2, 2}, third_irk[16] = {3, 3, 3, 3};

static void fill_config(home *h, kith_config *config)
{
    cast_lamp_config(config);
    config->own_address = KITH_OWN_STATIC;
    config->store = &h->store.store;
    config->limits.identities = IDENTITIES;
    config->limits.links = config->limits.pairings = 2;
    config->limits.bonds = BONDS;
}

static void open_unstarted(home *h, const kith_config *config)
{
    h->room = cast_open(351, CAST_OPENSSL);
    h->lamp = cast_add(h->room, "lamp", config);
    h->phone = cast_add_phone(h->room, "phone");
    h->other = cast_add_phone(h->room, "other");
}

static void open_home(home *h)
{
    kith_config config;

    memset(h, 0, sizeof *h);
    memory_store_init(&h->store, 32);
    fill_config(h, &config);
    open_unstarted(h, &config);
    cast_start(h->room);
}

/* The end of a change. */
static const kith_event_identity *expect_end(home *h, kith_identity_operation operation, uint8_t number,
                                             kith_status status)
{
    const kith_event *event = h->lamp->told[KITH_EVENT_IDENTITY] != 0 ? &h->lamp->last[KITH_EVENT_IDENTITY]
                                                                      : cast_await_next(h->lamp, KITH_EVENT_IDENTITY);

    h->lamp->told[KITH_EVENT_IDENTITY] = 0;
    cast_equal(h->room, event->identity.operation, operation);
    cast_equal(h->room, event->identity.number, number);
    cast_equal(h->room, event->identity.status, status);
    return &event->identity;
}

static uint8_t create(home *h, const kith_address *address, const uint8_t *irk)
{
    uint8_t number = 0;

    cast_equal(h->room, kith_identity_create(h->lamp->host, address, irk, &number), KITH_OK);
    expect_end(h, KITH_IDENTITY_CREATED, number, KITH_OK);
    return number;
}

static void become(home *h, uint8_t number)
{
    cast_equal(h->room, kith_identity_select(h->lamp->host, number), KITH_OK);
}

static kith_identity_info info_of(home *h, uint8_t number)
{
    kith_identity_info info;

    cast_equal(h->room, kith_identity_get(h->lamp->host, number, &info), KITH_OK);
    return info;
}

static void expect_same(home *h, kith_address is, kith_address expected)
{
    cast_check(h->room, kith_address_equal(&is, &expected));
}

static void check_irk(home *h, uint8_t number, const uint8_t expected[16])
{
    uint8_t irk[16];

    cast_equal(h->room, kith_identity_copy_irk(h->lamp->host, number, irk), KITH_OK);
    assert_memory_equal(irk, expected, 16);
}

static kith_link connect(home *h, cast_host *phone)
{
    cast_connect(phone, h->lamp);
    return h->lamp->link;
}

/* With this phone, under the identity that is selected. */
static kith_peer_id bond(home *h, cast_host *phone)
{
    unsigned bonds = h->lamp->told[KITH_EVENT_BONDED] + 1;

    connect(h, phone);
    cast_equal(h->room, kith_pairing_open(h->lamp->host, 30000), KITH_OK);
    cast_equal(h->room, kith_security_pair(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(phone, KITH_EVENT_BONDED);
    return cast_await(h->lamp, KITH_EVENT_BONDED, bonds)->peer;
}

static void leave(home *h, cast_host *phone)
{
    cast_disconnect(phone, h->lamp);
}

static kith_bond_info bond_of(const cast_host *host, kith_peer_id peer)
{
    kith_bond_info info;

    cast_equal(host->room, kith_bonds_get(host->host, peer, &info), KITH_OK);
    return info;
}

/* ---- life ---- */

static void two_phones_bond_with_two_identities_and_come_back(void **state)
{
    const kith_event *back;
    kith_peer_id peers[2];
    kith_link links[2];
    home h;

    (void)state;
    open_home(&h);
    cast_equal(h.room, create(&h, &second, second_irk), 1);
    peers[0] = bond(&h, h.phone);
    leave(&h, h.phone);
    become(&h, 1);
    peers[1] = bond(&h, h.other);
    leave(&h, h.other);
    expect_same(&h, bond_of(h.lamp, peers[1]).local, second);
    cast_check(h.room, kith_address_equal(&h.other->last[KITH_EVENT_CONNECTED].connected.peer, &second));
    for (unsigned round = 0; round < 2; round++) {
        become(&h, 0);
        links[0] = connect(&h, h.phone);
        cast_equal(h.room, h.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, peers[0]);
        become(&h, 1); /* while a link of the first is there */
        links[1] = connect(&h, h.other);
        cast_equal(h.room, h.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, peers[1]);
        cast_equal(h.room, info_of(&h, 0).links, 1);
        cast_equal(h.room, info_of(&h, 1).links, 1);
        for (unsigned i = 0; i < 2; i++) {
            cast_host *phone = i == 0 ? h.phone : h.other;
            kith_event_security now;

            cast_equal(h.room, kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
            back = cast_await_next(phone, KITH_EVENT_ENCRYPTED);
            cast_equal(h.room, back->verdict.succeeded, true);
            cast_run_until(h.room, kith_sim_now(h.room->sim) + CAST_SECOND);
            cast_equal(h.room, kith_security_of(h.lamp->host, links[i], &now), KITH_OK);
            cast_equal(h.room, now.peer, peers[i]);
        }
        for (unsigned i = 0; i < 2; i++)
            cast_equal(h.room, kith_gap_disconnect(h.lamp->host, links[i], 0x13), KITH_OK);
        cast_run_until(h.room, kith_sim_now(h.room->sim) + CAST_SECOND);
        if (round == 0)
            cast_reboot(h.lamp); /* and all of it once more */
    }
    cast_close(h.room);
}

/* Pairings under two identities at once, each with the addresses and keys of its own. */
static void two_phones_pair_at_the_same_time_with_two_identities(void **state)
{
    kith_bond_info info;
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    connect(&h, h.phone);
    become(&h, 1);
    connect(&h, h.other);
    cast_equal(h.room, kith_pairing_open(h.lamp->host, 30000), KITH_OK);
    cast_equal(h.room, kith_security_secure(h.phone->host, h.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(h.phone, KITH_EVENT_SECURITY_CHANGED, 1);
    cast_equal(h.room, kith_pairing_open(h.lamp->host, 30000), KITH_OK);
    cast_equal(h.room, kith_security_secure(h.other->host, h.other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(h.phone, KITH_EVENT_BONDED, 1);
    cast_await(h.other, KITH_EVENT_BONDED, 1);
    cast_await(h.lamp, KITH_EVENT_BONDED, 2);
    cast_equal(h.room, info_of(&h, 0).bonds, 1);
    cast_equal(h.room, info_of(&h, 1).bonds, 1);
    cast_equal(h.room, kith_bonds_next(h.other->host, 0, &info), KITH_OK);
    cast_check(h.room, kith_address_equal(&info.identity, &second));
    cast_equal(h.room, kith_bonds_next(h.phone->host, 0, &info), KITH_OK);
    expect_same(&h, info.identity, info_of(&h, 0).address);
    cast_close(h.room);
}

/* As central, too: who is connected to is told the address of the identity that is selected. */
static void a_central_connects_under_the_identity_that_is_selected(void **state)
{
    kith_address phones;
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    become(&h, 1);
    cast_advertise(h.phone);
    phones = cast_address(h.phone);
    cast_equal(h.room, kith_gap_connect(h.lamp->host, &phones, NULL), KITH_OK);
    cast_await(h.phone, KITH_EVENT_CONNECTED, 1);
    cast_await(h.lamp, KITH_EVENT_CONNECTED, 1);
    cast_check(h.room, kith_address_equal(&h.phone->last[KITH_EVENT_CONNECTED].connected.peer, &second));
    cast_equal(h.room, kith_pairing_open(h.phone->host, 30000), KITH_OK);
    cast_equal(h.room, kith_security_secure(h.lamp->host, h.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(h.lamp, KITH_EVENT_BONDED, 1);
    cast_equal(h.room, info_of(&h, 1).bonds, 1);
    leave(&h, h.phone);
    become(&h, 0);
    cast_advertise(h.phone);
    cast_equal(h.room, kith_gap_connect(h.lamp->host, &phones, NULL), KITH_OK);
    cast_await(h.lamp, KITH_EVENT_CONNECTED, 2);
    cast_equal(h.room, h.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, 0);
    cast_close(h.room);
}

static void identities_are_there_after_a_restart(void **state)
{
    kith_address first, drawn;
    uint8_t irk[16];
    home h;

    (void)state;
    open_home(&h);
    first = cast_address(h.lamp);
    create(&h, &second, second_irk);
    cast_equal(h.room, create(&h, NULL, NULL), 2);
    drawn = info_of(&h, 2).address;
    cast_equal(h.room, kith_address_kind_of(&drawn), KITH_ADDRESS_KIND_STATIC);
    cast_equal(h.room, kith_identity_copy_irk(h.lamp->host, 2, irk), KITH_OK);
    become(&h, 2);
    cast_reboot(h.lamp);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 3);
    cast_check(h.room, info_of(&h, 0).is_selected); /* the program says at each start who it is */
    expect_same(&h, info_of(&h, 0).address, first);
    expect_same(&h, info_of(&h, 1).address, second);
    expect_same(&h, info_of(&h, 2).address, drawn);
    check_irk(&h, 1, second_irk);
    check_irk(&h, 2, irk);
    cast_close(h.room);
}

/* What was removed is gone: its number is free, and its key in no record. */
static void an_identity_that_was_removed_is_gone(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    create(&h, &third, third_irk);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_OK);
    cast_check(h.room, kith_address_equal(&expect_end(&h, KITH_IDENTITY_REMOVED, 1, KITH_OK)->address, &second));
    cast_equal(h.room, kith_identity_count(h.lamp->host), 2);
    cast_check(h.room, !memory_store_holds(&h.store, second_irk, 16));
    cast_reboot(h.lamp);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 2);
    expect_same(&h, info_of(&h, 2).address, third);
    cast_equal(h.room, create(&h, NULL, NULL), 1);
    cast_close(h.room);
}

/* Bonds belong to an address.  With another one they are nobody's, and with the old one they are there again. */
static void bonds_of_an_address_that_was_set_anew_wait_for_it(void **state)
{
    kith_peer_id peer;
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    become(&h, 1);
    peer = bond(&h, h.phone);
    leave(&h, h.phone);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, &third, NULL), KITH_OK);
    cast_equal(h.room, expect_end(&h, KITH_IDENTITY_CHANGED, 1, KITH_OK)->other_identity, 1);
    check_irk(&h, 1, second_irk);
    connect(&h, h.phone); /* which is told who it is now */
    cast_check(h.room, kith_address_equal(&h.phone->last[KITH_EVENT_CONNECTED].connected.peer, &third));
    cast_equal(h.room, h.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, 0);
    leave(&h, h.phone);
    cast_equal(h.room, kith_bonds_count(h.lamp->host), 1); /* listed, and nothing else */
    cast_reboot(h.lamp);
    cast_equal(h.room, h.lamp->last[KITH_EVENT_READY].ready.other_identity, 1);
    expect_same(&h, info_of(&h, 1).address, third);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, &second, third_irk), KITH_OK);
    cast_equal(h.room, expect_end(&h, KITH_IDENTITY_CHANGED, 1, KITH_OK)->other_identity, 0);
    check_irk(&h, 1, third_irk);
    become(&h, 1);
    connect(&h, h.phone);
    cast_equal(h.room, h.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, peer);
    cast_encrypt(h.phone, h.lamp);
    leave(&h, h.phone);
    cast_close(h.room);
}

/* The first one can be changed as well, where neither the program nor the controller says what it is. */
static void the_first_identity_is_set_and_stays_so(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, &third, third_irk), KITH_OK);
    expect_end(&h, KITH_IDENTITY_CHANGED, 0, KITH_OK);
    bond(&h, h.phone);
    cast_check(h.room, kith_address_equal(&h.phone->last[KITH_EVENT_CONNECTED].connected.peer, &third));
    leave(&h, h.phone);
    cast_reboot(h.lamp);
    cast_check(h.room, kith_address_equal(&h.lamp->last[KITH_EVENT_READY].ready.address, &third));
    cast_equal(h.room, h.lamp->last[KITH_EVENT_READY].ready.other_identity, 0);
    check_irk(&h, 0, third_irk);
    cast_close(h.room);
}

static void a_bond_of_a_public_address_that_has_changed_is_told_and_not_used(void **state)
{
    uint8_t address[6] = {9, 9, 9, 9, 9, 9};
    kith_sim_device adapter;
    kith_peer_id peer;
    kith_config config;
    home h;

    (void)state;
    memset(&h, 0, sizeof h);
    memory_store_init(&h.store, 32);
    fill_config(&h, &config);
    config.own_address = KITH_OWN_PUBLIC;
    open_unstarted(&h, &config);
    cast_start(h.room);
    create(&h, &second, second_irk);
    bond(&h, h.phone);
    leave(&h, h.phone);
    become(&h, 1);
    bond(&h, h.other);
    leave(&h, h.other);
    cast_power_off(h.lamp);
    assert_int_equal(kith_sim_add(h.room->sim, address, &adapter), KITH_OK);
    h.lamp->device = adapter;
    cast_power_on(h.lamp);
    cast_await_next(h.lamp, KITH_EVENT_READY);
    cast_equal(h.room, h.lamp->last[KITH_EVENT_READY].ready.other_identity, 1); /* that of the second is well */
    connect(&h, h.phone);
    cast_equal(h.room, h.lamp->last[KITH_EVENT_CONNECTED].connected.claimed, 0);
    leave(&h, h.phone);
    peer = h.lamp->last[KITH_EVENT_CONNECTED].peer;
    cast_equal(h.room, peer, 0);
    cast_forget_all(h.lamp); /* which works for those, too */
    cast_equal(h.room, kith_bonds_count(h.lamp->host), 0);
    cast_close(h.room);
}

static void without_a_store_identities_last_as_long_as_the_program(void **state)
{
    kith_config config;
    uint8_t number = 0;
    home h;

    (void)state;
    memset(&h, 0, sizeof h);
    fill_config(&h, &config);
    config.store = &kith_volatile_store;
    open_unstarted(&h, &config);
    cast_equal(h.room, kith_identity_create(h.lamp->host, NULL, NULL, &number), KITH_ERR_BUSY);
    cast_start(h.room);
    number = create(&h, NULL, NULL);
    cast_equal(h.room, number, 1);
    become(&h, 1);
    bond(&h, h.phone);
    leave(&h, h.phone);
    connect(&h, h.phone);
    cast_encrypt(h.phone, h.lamp);
    leave(&h, h.phone);
    become(&h, 0);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_ERR_EXISTS);
    cast_forget_all(h.lamp);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_OK);
    expect_end(&h, KITH_IDENTITY_REMOVED, 1, KITH_OK);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 1);
    cast_close(h.room);
}

static void a_factory_reset_leaves_one_new_identity(void **state)
{
    kith_address first, now;
    uint8_t number;
    home h;

    (void)state;
    open_home(&h);
    first = cast_address(h.lamp);
    create(&h, &second, second_irk);
    become(&h, 1);
    cast_equal(h.room, kith_identity_create(h.lamp->host, &third, third_irk, &number), KITH_OK);
    cast_hold_store(h.lamp);
    cast_equal(h.room, kith_host_factory_reset(h.lamp->host), KITH_OK);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 0);
    h.lamp->holds_store = false;
    (void)cast_finish_store(h.lamp); /* of the change, and then the erasing */
    cast_await(h.lamp, KITH_EVENT_RESET, 1);
    cast_equal(h.room, h.lamp->last[KITH_EVENT_RESET].reset.status, KITH_OK);
    expect_end(&h, KITH_IDENTITY_CREATED, number, KITH_ERR_STATE); /* every change has an end */
    cast_check(h.room, !memory_store_holds(&h.store, second_irk, 16) && !memory_store_holds(&h.store, third_irk, 16));
    cast_equal(h.room, kith_host_start(h.lamp->host, kith_sim_now(h.room->sim)), KITH_OK);
    cast_await(h.lamp, KITH_EVENT_READY, 2);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 1);
    cast_check(h.room, info_of(&h, 0).is_selected);
    now = info_of(&h, 0).address;
    cast_check(h.room, !kith_address_equal(&now, &first));
    cast_close(h.room);
}

/* ---- what each call refuses ---- */

static void what_cannot_be_made_is_refused(void **state)
{
    static const uint8_t zeros[16];
    static const kith_address public_one = {KITH_ADDRESS_PUBLIC, {2, 2, 2, 2, 2, 0xc2}},
                              private_one = {KITH_ADDRESS_RANDOM, {2, 2, 2, 2, 2, 0x42}};
    kith_address first;
    uint8_t number = 99, irk[16];
    home h;

    (void)state;
    open_home(&h);
    first = cast_address(h.lamp);
    cast_equal(h.room, kith_identity_copy_irk(h.lamp->host, 0, irk), KITH_OK);
    cast_equal(h.room, kith_identity_create(h.lamp->host, &public_one, NULL, &number), KITH_ERR_VALUE);
    cast_equal(h.room, kith_identity_create(h.lamp->host, &private_one, NULL, &number), KITH_ERR_VALUE);
    cast_equal(h.room, kith_identity_create(h.lamp->host, NULL, zeros, &number), KITH_ERR_VALUE);
    cast_equal(h.room, kith_identity_create(h.lamp->host, &first, NULL, &number), KITH_ERR_EXISTS);
    cast_equal(h.room, kith_identity_create(h.lamp->host, NULL, irk, &number), KITH_ERR_EXISTS);
    h.lamp->random.good_draws = 0;
    h.lamp->random.then = CAST_RANDOM_FAILS;
    cast_equal(h.room, kith_identity_create(h.lamp->host, NULL, NULL, &number), KITH_ERR_ENTROPY);
    h.lamp->random.good_draws = -1;
    cast_equal(h.room, number, 99);
    cast_equal(h.room, memory_store_count(&h.store, KITH_RECORD_DEVICE), 1);
    cast_equal(h.room, kith_identity_create(h.lamp->host, &second, second_irk, &number), KITH_OK);
    cast_hold_store(h.lamp);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 1); /* not before it is durable */
    cast_equal(h.room, kith_identity_create(h.lamp->host, NULL, NULL, &number), KITH_ERR_BUSY);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, &third, NULL), KITH_ERR_BUSY);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_ERR_BUSY);
    cast_equal(h.room, kith_identity_select(h.lamp->host, 1), KITH_ERR_BUSY);
    h.lamp->holds_store = false;
    cast_equal(h.room, cast_finish_store(h.lamp), KITH_OK);
    expect_end(&h, KITH_IDENTITY_CREATED, 1, KITH_OK);
    cast_equal(h.room, create(&h, NULL, NULL), 2);
    cast_equal(h.room, kith_identity_create(h.lamp->host, NULL, NULL, &number), KITH_ERR_FULL);
    cast_close(h.room);
}

/* A place in the store that is promised to a bond is not taken. */
static void a_full_store_takes_no_identity(void **state)
{
    uint8_t number;
    home h;

    (void)state;
    open_home(&h);
    h.store.capacity = 3; /* there is one record */
    bond(&h, h.phone);
    leave(&h, h.phone);
    cast_equal(h.room, memory_store_count(&h.store, KITH_RECORD_BOND), 1);
    h.store.capacity = memory_store_count(&h.store, KITH_RECORD_DEVICE) +
                       memory_store_count(&h.store, KITH_RECORD_BOND) + memory_store_count(&h.store, KITH_RECORD_STATE);
    cast_reboot(h.lamp); /* and is told so */
    cast_equal(h.room, kith_identity_create(h.lamp->host, NULL, NULL, &number), KITH_ERR_FULL);
    cast_close(h.room);
}

static void what_cannot_be_set_is_refused(void **state)
{
    static const uint8_t zeros[16];
    static const kith_address private_one = {KITH_ADDRESS_RANDOM, {2, 2, 2, 2, 2, 0x42}};
    kith_address first;
    home h;

    (void)state;
    open_home(&h);
    first = cast_address(h.lamp);
    create(&h, &second, second_irk);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 2, &third, NULL), KITH_ERR_NOT_FOUND);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 200, &third, NULL), KITH_ERR_NOT_FOUND);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, NULL, NULL), KITH_ERR_VALUE);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, &private_one, NULL), KITH_ERR_VALUE);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, NULL, zeros), KITH_ERR_VALUE);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, &first, NULL), KITH_ERR_EXISTS);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, NULL, second_irk), KITH_ERR_EXISTS);
    cast_advertise(h.lamp); /* as the first */
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, &third, NULL), KITH_ERR_IN_USE);
    cast_equal(h.room, kith_gap_stop_advertising(h.lamp->host), KITH_OK);
    cast_await_next(h.lamp, KITH_EVENT_ADVERTISING);
    become(&h, 1);
    connect(&h, h.phone);
    become(&h, 0);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, &third, NULL), KITH_ERR_IN_USE);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_ERR_IN_USE);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, &third, NULL), KITH_OK); /* no link of that one */
    expect_end(&h, KITH_IDENTITY_CHANGED, 0, KITH_OK);
    cast_close(h.room);
}

static void what_the_configuration_gives_is_not_set(void **state)
{
    static const uint8_t given[6] = {7, 7, 7, 7, 7, 0xc7}, given_irk[16] = {7};
    kith_config config;
    home h;

    (void)state;
    memset(&h, 0, sizeof h);
    memory_store_init(&h.store, 32);
    fill_config(&h, &config);
    config.static_address = given;
    config.irk = given_irk;
    open_unstarted(&h, &config);
    cast_start(h.room);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, &third, NULL), KITH_ERR_STATE);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, NULL, third_irk), KITH_ERR_STATE);
    create(&h, &third, third_irk);
    h.lamp->config.static_address = third.octets; /* by a later program */
    cast_power_off(h.lamp);
    cast_power_on(h.lamp);
    cast_await(h.lamp, KITH_EVENT_START_FAILED, 1);
    cast_equal(h.room, h.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_EXISTS);
    cast_close(h.room);
}

/* Only the key of a public identity can be set; and its address is not known before the controller has told it. */
static void a_public_address_is_the_controllers(void **state)
{
    kith_identity_info info;
    kith_config config;
    uint8_t irk[16];
    home h;

    (void)state;
    memset(&h, 0, sizeof h);
    memory_store_init(&h.store, 32);
    fill_config(&h, &config);
    config.own_address = KITH_OWN_PUBLIC;
    open_unstarted(&h, &config);
    cast_equal(h.room, kith_identity_get(h.lamp->host, 0, &info), KITH_ERR_STATE);
    cast_equal(h.room, kith_identity_copy_irk(h.lamp->host, 0, irk), KITH_ERR_STATE);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 0);
    cast_equal(h.room, kith_identity_select(h.lamp->host, 0), KITH_ERR_BUSY);
    cast_equal(h.room, kith_host_start(h.lamp->host, 0), KITH_OK);
    cast_await(h.lamp, KITH_EVENT_STORE_LOADED, 1);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 1);
    cast_equal(h.room, kith_identity_get(h.lamp->host, 0, &info), KITH_ERR_STATE);
    cast_equal(h.room, kith_identity_select(h.lamp->host, 0), KITH_ERR_BUSY); /* it is starting */
    cast_await(h.lamp, KITH_EVENT_READY, 1);
    cast_equal(h.room, info_of(&h, 0).address.type, KITH_ADDRESS_PUBLIC);
    cast_equal(h.room, kith_identity_get(h.lamp->host, 1, &info), KITH_ERR_NOT_FOUND);
    cast_equal(h.room, kith_identity_copy_irk(h.lamp->host, 1, irk), KITH_ERR_NOT_FOUND);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, &third, NULL), KITH_ERR_UNSUPPORTED);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, NULL, third_irk), KITH_OK);
    expect_end(&h, KITH_IDENTITY_CHANGED, 0, KITH_OK);
    cast_reboot(h.lamp);
    check_irk(&h, 0, third_irk);
    cast_close(h.room);
}

static void what_is_needed_is_not_removed(void **state)
{
    kith_peer_id peer;
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 0), KITH_ERR_VALUE);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 2), KITH_ERR_NOT_FOUND);
    cast_equal(h.room, kith_identity_select(h.lamp->host, 2), KITH_ERR_NOT_FOUND);
    become(&h, 1);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_ERR_IN_USE); /* it is selected */
    cast_equal(h.room, kith_oob_make(h.lamp->host, false, true, 60000), KITH_OK);
    become(&h, 0);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_ERR_IN_USE); /* OOB_READY will name it */
    cast_await_next(h.lamp, KITH_EVENT_OOB_READY);
    become(&h, 1);
    peer = bond(&h, h.phone);
    leave(&h, h.phone);
    become(&h, 0);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_ERR_EXISTS);
    cast_equal(h.room, kith_bonds_forget(h.lamp->host, peer), KITH_OK);
    cast_await_next(h.lamp, KITH_EVENT_FORGOTTEN);
    cast_equal(h.room, kith_oob_make(h.lamp->host, false, true, 60000), KITH_ERR_BUSY);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_OK);
    expect_end(&h, KITH_IDENTITY_REMOVED, 1, KITH_OK);
    cast_check(h.room, !kith_oob_is_ready(h.lamp->host)); /* what named it is dropped */
    cast_close(h.room);
}

/* Its link is gone, and its bond not written yet. */
static void an_identity_whose_bond_is_being_written_stays(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    become(&h, 1);
    connect(&h, h.phone);
    cast_hold_store(h.lamp);
    cast_equal(h.room, kith_pairing_open(h.lamp->host, 30000), KITH_OK);
    cast_equal(h.room, kith_security_pair(h.phone->host, h.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(h.phone, KITH_EVENT_BONDED, 1);
    cast_await(h.lamp, KITH_EVENT_PAIRED, 1);
    cast_equal(h.room, kith_gap_disconnect(h.phone->host, h.phone->link, 0x13), KITH_OK);
    cast_await_next(h.lamp, KITH_EVENT_DISCONNECTED);
    become(&h, 0);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, &third, NULL), KITH_ERR_BUSY);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_ERR_BUSY);
    h.lamp->holds_store = false;
    (void)cast_finish_store(h.lamp);
    cast_await(h.lamp, KITH_EVENT_BONDED, 1);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_ERR_EXISTS);
    cast_close(h.room);
}

/* Nothing begins under an address that is about to be another one. */
static void while_it_is_changed_nothing_begins_under_it(void **state)
{
    kith_advertising advertising;
    kith_scan scan;
    home h;

    (void)state;
    open_home(&h);
    kith_gap_default_advertising(&advertising, "lamp");
    kith_gap_default_scan(&scan);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 0, &third, NULL), KITH_OK);
    cast_hold_store(h.lamp);
    cast_equal(h.room, kith_gap_advertise(h.lamp->host, &advertising), KITH_ERR_BUSY);
    cast_equal(h.room, kith_gap_start_scan(h.lamp->host, &scan), KITH_ERR_BUSY);
    cast_equal(h.room, kith_gap_connect(h.lamp->host, &second, NULL), KITH_ERR_BUSY);
    h.lamp->holds_store = false;
    (void)cast_finish_store(h.lamp);
    expect_end(&h, KITH_IDENTITY_CHANGED, 0, KITH_OK);
    cast_equal(h.room, kith_gap_advertise(h.lamp->host, &advertising), KITH_OK);
    cast_close(h.room);
}

/* ---- a store that fails, or holds what it should not ---- */

/* It said that it failed, and did it: what was told stands after the next start all the same. */
static void a_change_that_failed_is_undone(void **state)
{
    uint8_t number;
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    h.store.puts = KITH_ERR_STORAGE;
    h.store.done_all_the_same = true;
    cast_equal(h.room, kith_identity_create(h.lamp->host, &third, third_irk, &number), KITH_OK);
    expect_end(&h, KITH_IDENTITY_CREATED, 2, KITH_ERR_STORAGE);
    cast_run_until(h.room, kith_sim_now(h.room->sim) + CAST_SECOND);
    cast_check(h.room, memory_store_find(&h.store, KITH_RECORD_DEVICE, 2) == NULL); /* it could be removed */
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, &third, NULL), KITH_OK);
    cast_hold_store(h.lamp);
    cast_equal(h.room, cast_finish_store(h.lamp), KITH_OK);
    expect_end(&h, KITH_IDENTITY_CHANGED, 1, KITH_ERR_STORAGE);
    expect_same(&h, info_of(&h, 1).address, second);
    cast_equal(h.room, kith_identity_set(h.lamp->host, 1, &third, NULL), KITH_ERR_BUSY); /* it is being undone */
    h.store.done_all_the_same = false;
    h.lamp->holds_store = false;
    cast_equal(h.room, cast_finish_store(h.lamp), KITH_OK); /* which fails */
    cast_equal(h.room, memory_store_find(&h.store, KITH_RECORD_DEVICE, 1)->octets[17], 3);
    h.store.puts = KITH_OK; /* it works again, and the next change is a bond's */
    bond(&h, h.phone);
    leave(&h, h.phone);
    cast_run_until(h.room, kith_sim_now(h.room->sim) + CAST_SECOND);
    cast_reboot(h.lamp);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 2);
    expect_same(&h, info_of(&h, 1).address, second);
    cast_close(h.room);
}

static void a_removal_that_failed_leaves_it(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    h.store.removes = KITH_ERR_STORAGE;
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_OK);
    expect_end(&h, KITH_IDENTITY_REMOVED, 1, KITH_ERR_STORAGE);
    expect_same(&h, info_of(&h, 1).address, second);
    cast_run_until(h.room, kith_sim_now(h.room->sim) + CAST_SECOND);
    h.store.removes = KITH_OK;
    cast_reboot(h.lamp);
    check_irk(&h, 1, second_irk);
    cast_equal(h.room, kith_identity_remove(h.lamp->host, 1), KITH_OK);
    expect_end(&h, KITH_IDENTITY_REMOVED, 1, KITH_OK);
    cast_close(h.room);
}

/* A program with fewer places leaves the store alone. */
static void more_identities_than_there_are_places_for_are_not_started_with(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    create(&h, &third, third_irk);
    h.lamp->config.limits.identities = 1;
    cast_power_off(h.lamp);
    cast_power_on(h.lamp);
    cast_await(h.lamp, KITH_EVENT_START_FAILED, 1);
    cast_check(h.room, h.lamp->last[KITH_EVENT_START_FAILED].start_failed.store);
    cast_equal(h.room, h.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_FULL);
    cast_equal(h.room, memory_store_count(&h.store, KITH_RECORD_DEVICE), 3);
    h.lamp->config.limits.identities = 2;
    cast_reboot(h.lamp);
    cast_equal(h.room, kith_identity_count(h.lamp->host), 3);
    cast_close(h.room);
}

/* A first identity is not drawn beside others: they show that there was one. */
static void others_without_the_first_are_a_damaged_store(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    create(&h, &second, second_irk);
    memory_store_add(&h.store, &(kith_record){.kind = KITH_RECORD_DEVICE, .removed = true});
    cast_power_off(h.lamp);
    cast_power_on(h.lamp);
    cast_await(h.lamp, KITH_EVENT_START_FAILED, 1);
    cast_equal(h.room, h.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_DAMAGED);
    cast_close(h.room);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_phones_bond_with_two_identities_and_come_back),
        cmocka_unit_test(two_phones_pair_at_the_same_time_with_two_identities),
        cmocka_unit_test(a_central_connects_under_the_identity_that_is_selected),
        cmocka_unit_test(identities_are_there_after_a_restart),
        cmocka_unit_test(an_identity_that_was_removed_is_gone),
        cmocka_unit_test(bonds_of_an_address_that_was_set_anew_wait_for_it),
        cmocka_unit_test(the_first_identity_is_set_and_stays_so),
        cmocka_unit_test(a_bond_of_a_public_address_that_has_changed_is_told_and_not_used),
        cmocka_unit_test(without_a_store_identities_last_as_long_as_the_program),
        cmocka_unit_test(a_factory_reset_leaves_one_new_identity),
        cmocka_unit_test(what_cannot_be_made_is_refused),
        cmocka_unit_test(a_full_store_takes_no_identity),
        cmocka_unit_test(what_cannot_be_set_is_refused),
        cmocka_unit_test(what_the_configuration_gives_is_not_set),
        cmocka_unit_test(a_public_address_is_the_controllers),
        cmocka_unit_test(what_is_needed_is_not_removed),
        cmocka_unit_test(an_identity_whose_bond_is_being_written_stays),
        cmocka_unit_test(while_it_is_changed_nothing_begins_under_it),
        cmocka_unit_test(a_change_that_failed_is_undone),
        cmocka_unit_test(a_removal_that_failed_leaves_it),
        cmocka_unit_test(more_identities_than_there_are_places_for_are_not_started_with),
        cmocka_unit_test(others_without_the_first_are_a_damaged_store),
    };

    return cmocka_run_group_tests_name("identities", tests, NULL, NULL);
}
