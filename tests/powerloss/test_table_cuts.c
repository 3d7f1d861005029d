/* The power goes while a peer's table is kept, replaced, or removed with its bond, at every operation on the flash and
 * in the middle of it: no bond is harmed, no table is used that the peer has not, and nothing is left without a bond.
 */
#include "cuts.h"
#include "kith/codec/record.h"
#include "tests/scenario/cast.h"

enum { VALUES = 14, FIRST_ID = 20, MORE_ID = 60, CACHE = 900 };

#define NUMBERED(n)                                                                                                    \
    {                                                                                                                  \
        .uuid =                                                                                                        \
            KITH_UUID128(0x6c, 0x1f, 0, n, 0x58, 0xa3, 0x4c, 0x0e, 0x9b, 0x7d, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f),    \
        .properties = KITH_PROPERTY_READ, .permissions = KITH_READ_OPEN, .value = (const uint8_t *)"x",                \
        .value_len = 1, .id = FIRST_ID + n                                                                             \
    }

static const kith_characteristic many[VALUES] = {NUMBERED(0),  NUMBERED(1),  NUMBERED(2),  NUMBERED(3), NUMBERED(4),
                                                 NUMBERED(5),  NUMBERED(6),  NUMBERED(7),  NUMBERED(8), NUMBERED(9),
                                                 NUMBERED(10), NUMBERED(11), NUMBERED(12), NUMBERED(13)};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = many, .characteristic_count = VALUES}};
static const kith_characteristic more_values[] = {{.uuid = KITH_UUID16(0x2a58),
                                                   .properties = KITH_PROPERTY_READ,
                                                   .permissions = KITH_READ_OPEN,
                                                   .value = (const uint8_t *)"more",
                                                   .value_len = 4,
                                                   .id = MORE_ID}};
static const kith_service more = {
    .uuid = KITH_UUID16(0x1817), .characteristics = more_values, .characteristic_count = 1};

static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {1024, 8, 4, 0x00, false}, {2048, 4, 16, 0xff, false}};

static uint32_t total, kept;

/* The lamp asks, and loses power; the phone stays. */
typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    rig r;
    kith_bond_keys keys;
} home;

typedef struct {
    void (*prepare)(home *h);
    void (*begin)(home *h);
    bool may_forget;
} deed;

static void pause(home *h, uint64_t us)
{
    cast_run_until(h->room, kith_sim_now(h->room->sim) + us);
}

static bool has_discovered(void *context)
{
    const home *h = context;

    return h->lamp->told[KITH_EVENT_DISCOVERED] > 0;
}

/* Until it is known, and what is to be written is written or cannot be. */
static void learn(home *h)
{
    h->lamp->told[KITH_EVENT_DISCOVERED] = 0;
    cast_equal(h->room, kith_gatt_discover_all(h->lamp->host, h->lamp->link), KITH_OK);
    cast_check(h->room, cast_run(h->room, 30 * (uint64_t)CAST_SECOND, has_discovered, h));
    cast_equal(h->room, h->lamp->last[KITH_EVENT_DISCOVERED].gatt.result, KITH_GATT_OK);
    pause(h, CAST_SECOND);
}

static unsigned pieces(home *h)
{
    unsigned count = 0;

    for (uint8_t kind = KITH_RECORD_CHUNK; kind < KITH_RECORD_CHUNK_END; kind++) {
        kith_record record = {.kind = kind, .id = 1};

        count += h->r.store.get(h->r.store.context, &record) == KITH_OK;
    }
    return count;
}

static void open_home(home *h, const sim_flash_geometry *flash)
{
    kith_bond_info bond;
    kith_config config;

    memset(h, 0, sizeof *h);
    rig_make(&h->r, flash);
    assert_int_equal(kith_flash_log_init(&h->r.log, &h->r.flash.port, &h->r.store), KITH_OK);
    h->room = cast_open(43, CAST_TOY);
    cast_lamp_config(&config);
    config.store = &h->r.store;
    config.limits.cache = CACHE;
    h->lamp = cast_add(h->room, "lamp", &config);
    cast_phone_config(&config);
    config.services = services;
    config.service_count = 1;
    config.limits.services = 1;
    config.limits.subscriptions = 2;
    h->phone = cast_add(h->room, "phone", &config);
    cast_start(h->room);
    cast_connect(h->phone, h->lamp);
    assert_int_equal(kith_pairing_open(h->lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_pair(h->phone->host, h->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(h->lamp, KITH_EVENT_BONDED, 1);
    cast_check(h->room, cast_only_bond(h->lamp, &bond, &h->keys));
    pause(h, CAST_SECOND);
}

static void close_home(home *h)
{
    cast_close(h->room);
    rig_free(&h->r);
}

/* ---- deeds ---- */

static void prepare_nothing(home *h)
{
    cast_equal(h->room, pieces(h), 0);
}

static void prepare_known(home *h)
{
    learn(h);
    cast_check(h->room, pieces(h) > 1);
}

/* Both banks are in use: the next table goes over the older one. */
static void prepare_known_twice(home *h)
{
    prepare_known(h);
    cast_equal(h->room, kith_gatt_add_service(h->phone->host, &more), KITH_OK);
    pause(h, CAST_SECOND);
    learn(h);
    cast_check(h->room, pieces(h) > 3);
    cast_equal(h->room, kith_gatt_remove_service(h->phone->host, &more), KITH_OK);
    pause(h, CAST_SECOND);
}

static void prepare_changed(home *h)
{
    prepare_known(h);
    cast_equal(h->room, kith_gatt_add_service(h->phone->host, &more), KITH_OK);
    pause(h, CAST_SECOND);
}

static void forget(home *h)
{
    cast_equal(h->room, kith_bonds_forget(h->lamp->host, 1), KITH_OK);
    pause(h, 2 * CAST_SECOND);
}

static const deed keeping = {prepare_nothing, learn, false}, replacing = {prepare_changed, learn, false},
                  replacing_again = {prepare_known_twice, learn, false}, forgetting = {prepare_known, forget, true};

/* ---- after the cut ---- */

static void reboot(home *h)
{
    cast_power_off(h->lamp);
    sim_flash_power_off(&h->r.flash);
    sim_flash_power_on(&h->r.flash);
    assert_int_equal(kith_flash_log_init(&h->r.log, &h->r.flash.port, &h->r.store), KITH_OK);
    h->lamp->told[KITH_EVENT_READY] = 0;
    cast_power_on(h->lamp);
    cast_await(h->lamp, KITH_EVENT_READY, 1);
    cast_equal(h->room, h->lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 0);
    pause(h, 10 * (uint64_t)CAST_SECOND); /* dead links time out, and what is left over is removed */
}

static void expect_nothing_left(home *h)
{
    kith_record record;
    uint32_t cursor = 0;

    while (h->r.store.read(h->r.store.context, &cursor, &record) == KITH_OK)
        cast_check(h->room, record.removed || record.kind == KITH_RECORD_DEVICE);
}

/* What is in force is the phone's table as it is. */
static void expect_its_table(home *h)
{
    unsigned found = 0;
    kith_remote_attribute a;
    size_t at = 0;

    while (kith_gatt_remote_next(h->lamp->host, h->lamp->link, &at, &a)) {
        for (unsigned i = 0; i < VALUES; i++)
            found += a.kind == KITH_REMOTE_CHARACTERISTIC && kith_uuid_equal(&a.uuid, &many[i].uuid) &&
                     a.value_handle == kith_gatt_handle(h->phone->host, (uint16_t)(FIRST_ID + i));
    }
    cast_equal(h->room, found, VALUES);
    cast_equal(h->room, kith_gatt_remote_value(h->lamp->host, h->lamp->link, NULL, &more_values[0].uuid),
               kith_gatt_handle(h->phone->host, MORE_ID));
}

static void expect_bond(home *h)
{
    kith_bond_info bond;
    kith_bond_keys keys;

    cast_check(h->room, cast_only_bond(h->lamp, &bond, &keys));
    assert_memory_equal(keys.ltk, h->keys.ltk, sizeof keys.ltk);
    cast_connect(h->phone, h->lamp);
    cast_encrypt(h->phone, h->lamp);
    cast_equal(h->room, kith_gatt_remote_value(h->lamp->host, h->lamp->link, NULL, &many[0].uuid), 0);
    learn(h);
    expect_its_table(h);
    cast_check(h->room, pieces(h) > 1);
    cast_disconnect(h->phone, h->lamp);
}

/* Answers whether the power went. */
static bool try_cut(const deed *d, const sim_flash_geometry *flash, uint32_t operation, uint32_t octets)
{
    static home h;
    bool fell;

    open_home(&h, flash);
    d->prepare(&h);
    h.r.flash.forgets = octets % 2 == 1;
    sim_flash_cut(&h.r.flash, operation, octets);
    d->begin(&h);
    fell = sim_flash_has_cut(&h.r.flash);
    for (unsigned boot = 0; boot < 2; boot++) {
        reboot(&h);
        if (d->may_forget && kith_bonds_count(h.lamp->host) == 0)
            expect_nothing_left(&h);
        else
            expect_bond(&h);
        kept += kith_bonds_count(h.lamp->host);
    }
    close_home(&h);
    return fell;
}

static void cut_everywhere(const deed *d)
{
    for (size_t f = 0; f < sizeof flashes / sizeof flashes[0]; f++) {
        bool fell = true;

        for (uint32_t operation = 1; fell; operation++)
            for (uint32_t octets = 0; fell && octets < 230; octets += cuts_full() ? 3 : cuts_brief() ? 115 : 37) {
                fell = try_cut(d, &flashes[f], operation, octets);
                total += fell;
            }
    }
}

static void a_table_is_kept_or_not(void **state)
{
    (void)state;
    cut_everywhere(&keeping);
}

static void a_table_is_the_old_one_or_the_new_one_or_none(void **state)
{
    (void)state;
    cut_everywhere(&replacing);
}

static void a_table_over_an_older_one_is_so_too(void **state)
{
    (void)state;
    cut_everywhere(&replacing_again);
}

static void what_is_forgotten_leaves_no_table(void **state)
{
    uint32_t before = total;

    (void)state;
    kept = 0;
    cut_everywhere(&forgetting);
    assert_in_range(kept, 1, 2 * (total - before)); /* some are cut before the bond is gone, some after */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_kept_or_not),
        cmocka_unit_test(a_table_is_the_old_one_or_the_new_one_or_none),
        cmocka_unit_test(a_table_over_an_older_one_is_so_too),
        cmocka_unit_test(what_is_forgotten_leaves_no_table),
    };
    int failed = cmocka_run_group_tests_name("power cuts while tables are kept", tests, NULL, NULL);

    fprintf(stderr, "%u power cuts tried\n", (unsigned)total);
    return failed;
}
