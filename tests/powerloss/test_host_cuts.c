/* A whole host whose power goes while its store is written: at its first start, while it bonds, bonds again, forgets.
 * Whatever it had told its person is so when it comes back; the rest is old or new; and life goes on. */
#include "tests/scenario/cast.h"
#include "tests/unit/test_store_support.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    rig r; /* the lamp's store */
    kith_bond_keys old;
} home;

typedef struct {
    const char *name;
    void (*prepare)(home *h);
    void (*begin)(home *h);
    kith_event_kind end;                /* when the lamp has been told this, it is durable */
    bool had_bond, may_have, must_have; /* before; after a cut; after the end */
} deed;

static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {512, 4, 4, 0x00, false}, {1024, 3, 16, 0xff, false}};

static uint32_t total;

/* ---- a lamp with a store, a phone that stays ---- */

static void open_home(home *h, const sim_flash_geometry *flash)
{
    kith_config config;

    memset(h, 0, sizeof *h);
    rig_make(&h->r, flash);
    h->room = cast_open(42, CAST_TOY);
    cast_lamp_config(&config);
    config.own_address = KITH_OWN_STATIC;
    config.store = &h->r.store;
    h->lamp = cast_add(h->room, "lamp", &config);
    h->phone = cast_add_phone(h->room, "phone");
    assert_int_equal(kith_host_start(h->phone->host, 0), KITH_OK);
    cast_await(h->phone, KITH_EVENT_READY, 1);
}

static void close_home(home *h)
{
    cast_close(h->room);
    rig_free(&h->r);
}

static void start(home *h)
{
    assert_int_equal(kith_host_start(h->lamp->host, kith_sim_now(h->room->sim)), KITH_OK);
}

static bool has_bond(home *h, kith_bond_keys *keys)
{
    kith_bond_info info;

    return kith_bonds_count(h->lamp->host) == 1 && cast_only_bond(h->lamp, &info, keys);
}

/* ---- deeds ---- */

static void prepare_nothing(home *h)
{
    (void)h;
}

static void prepare_connected(home *h)
{
    start(h);
    cast_await(h->lamp, KITH_EVENT_READY, 1);
    cast_connect(h->phone, h->lamp);
}

static void pair(home *h)
{
    assert_int_equal(kith_pairing_open(h->lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_pair(h->phone->host, h->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
}

static void prepare_bonded(home *h)
{
    prepare_connected(h);
    pair(h);
    cast_await(h->lamp, KITH_EVENT_BONDED, 1);
    cast_await(h->phone, KITH_EVENT_BONDED, 1);
    cast_disconnect(h->phone, h->lamp);
    assert_true(has_bond(h, &h->old));
}

static void prepare_bonded_and_connected(home *h)
{
    prepare_bonded(h);
    cast_connect(h->phone, h->lamp);
    h->lamp->told[KITH_EVENT_BONDED] = 0;
}

static void forget(home *h)
{
    kith_bond_info info;

    assert_int_equal(kith_bonds_next(h->lamp->host, 0, &info), KITH_OK);
    assert_int_equal(kith_bonds_forget(h->lamp->host, info.peer), KITH_OK);
}

static const deed first_start = {"first start", prepare_nothing, start, KITH_EVENT_READY, false, false, false};
static const deed bonding = {"bonding", prepare_connected, pair, KITH_EVENT_BONDED, false, true, true};
static const deed bonding_again = {
    "bonding again", prepare_bonded_and_connected, pair, KITH_EVENT_BONDED, true, true, true};
static const deed forgetting = {"forgetting", prepare_bonded, forget, KITH_EVENT_FORGOTTEN, true, true, false};

/* ---- after the cut ---- */

static bool is_cut_or_told(void *context)
{
    const home *h = context;

    return sim_flash_has_cut(&h->r.flash);
}

static void power_off(home *h)
{
    cast_power_off(h->lamp);
    sim_flash_power_off(&h->r.flash);
    sim_flash_power_on(&h->r.flash);
    assert_int_equal(kith_flash_log_init(&h->r.log, &h->r.flash.port, &h->r.store), KITH_OK);
}

static void power_on(home *h)
{
    h->lamp->told[KITH_EVENT_READY] = 0;
    cast_power_on(h->lamp);
    cast_await(h->lamp, KITH_EVENT_READY, 1);
    cast_equal(h->room, h->lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 0);
}

static void check_bond(home *h, const deed *d, bool told, const kith_bond_keys *fresh)
{
    kith_bond_keys keys;
    bool has = has_bond(h, &keys);

    if (told)
        cast_equal(h->room, has, d->must_have);
    if (d->had_bond && d->must_have)
        cast_check(h->room, has);
    if (has) {
        bool is_old = d->had_bond && memcmp(keys.ltk, h->old.ltk, 16) == 0 && memcmp(keys.irk, h->old.irk, 16) == 0;
        bool is_new = memcmp(keys.ltk, fresh->ltk, 16) == 0 && memcmp(keys.irk, fresh->irk, 16) == 0;

        cast_check(h->room, d->may_have && (is_old || is_new));
        cast_check(h->room, !told || is_new || !d->must_have);
    }
    if (!has && d->had_bond)
        cast_check(h->room, !rig_finds(&h->r, h->old.ltk, 16));
}

/* It pairs again, as whoever lost a bond does, and the bond outlives the next power cut. */
static void check_life_goes_on(home *h)
{
    kith_address before, after;

    cast_disconnect(h->phone, h->lamp);
    cast_run_until(h->room, kith_sim_now(h->room->sim) + 10 * (uint64_t)CAST_SECOND); /* dead links time out */
    assert_int_equal(kith_gap_own_address(h->lamp->host, &before), KITH_OK);
    cast_connect(h->phone, h->lamp);
    pair(h);
    cast_await_next(h->lamp, KITH_EVENT_BONDED);
    cast_run_until(h->room, kith_sim_now(h->room->sim) + CAST_SECOND);
    cast_disconnect(h->phone, h->lamp);
    power_off(h);
    power_on(h);
    assert_int_equal(kith_gap_own_address(h->lamp->host, &after), KITH_OK);
    cast_check(h->room, kith_address_equal(&before, &after));
    cast_connect(h->phone, h->lamp);
    cast_encrypt(h->phone, h->lamp);
}

/* ---- cutting ---- */

static void rehearse(const deed *d, const sim_flash_geometry *flash, kith_bond_keys *fresh)
{
    static home h;

    open_home(&h, flash);
    d->prepare(&h);
    d->begin(&h);
    cast_await(h.lamp, d->end, 1);
    memset(fresh, 0, sizeof *fresh);
    cast_equal(h.room, has_bond(&h, fresh), d->must_have);
    close_home(&h);
}

/* Answers whether the power went. */
static bool try_cut(const deed *d, const sim_flash_geometry *flash, const kith_bond_keys *fresh, uint32_t operation,
                    uint32_t octets, bool forgets)
{
    static home h;
    bool fell, told;

    open_home(&h, flash);
    d->prepare(&h);
    h.r.flash.forgets = forgets;
    sim_flash_cut(&h.r.flash, operation, octets);
    d->begin(&h);
    fell = cast_run(h.room, 5 * (uint64_t)CAST_SECOND, is_cut_or_told, &h);
    told = h.lamp->told[d->end] > 0 &&
           (d->end != KITH_EVENT_FORGOTTEN || h.lamp->last[d->end].forgotten.status == KITH_OK);
    cast_check(h.room, fell || told);
    power_off(&h);
    power_on(&h);
    check_bond(&h, d, told, fresh);
    check_life_goes_on(&h);
    close_home(&h);
    return fell;
}

static void cut_everywhere(const deed *d)
{
    for (size_t f = 0; f < sizeof flashes / sizeof flashes[0]; f++) {
        kith_bond_keys fresh;
        bool fell = true;

        rehearse(d, &flashes[f], &fresh);
        for (uint32_t operation = 1; fell; operation++)
            for (uint32_t octets = 0; fell && octets < 100; octets++) {
                fell = try_cut(d, &flashes[f], &fresh, operation, octets, octets % 2 == 1);
                total += fell;
            }
    }
}

static void a_first_start_is_whole_or_did_not_happen(void **state)
{
    (void)state;
    cut_everywhere(&first_start);
}

static void a_bond_is_whole_or_did_not_happen(void **state)
{
    (void)state;
    cut_everywhere(&bonding);
}

static void a_bond_made_again_is_the_old_or_the_new(void **state)
{
    (void)state;
    cut_everywhere(&bonding_again);
}

static void a_peer_is_known_or_forgotten_without_a_trace(void **state)
{
    (void)state;
    cut_everywhere(&forgetting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_start_is_whole_or_did_not_happen),
        cmocka_unit_test(a_bond_is_whole_or_did_not_happen),
        cmocka_unit_test(a_bond_made_again_is_the_old_or_the_new),
        cmocka_unit_test(a_peer_is_known_or_forgotten_without_a_trace),
    };
    int failed = cmocka_run_group_tests_name("power cuts of a host", tests, NULL, NULL);

    fprintf(stderr, "%u power cuts tried\n", (unsigned)total);
    return failed;
}
