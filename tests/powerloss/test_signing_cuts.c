/* Signed writes go both ways while the power of one side goes, at every operation on its store and in the middle of it:
 * no counter of ours is used twice, nothing of theirs is told twice, and life goes on. */
#include "tests/unit/test_store_support.h"

#include "host/internal.h"
#include "tests/scenario/cast.h"

enum { HANDLE = 16, WRITES = 12, USED_BEFORE = 26 };

/* The lamp loses power; the phone stays, and keeps its counters in memory. */
typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    rig r;
    uint32_t lamp_counter;     /* none of the lamp's may be below */
    unsigned told[4 * WRITES]; /* of each value of the phone's, how often */
    uint8_t sent;              /* by the phone: values count up */
    unsigned lamps;            /* values of the lamp's that the phone was told */
} home;

static const kith_characteristic characteristics[] = {
    {.uuid = KITH_UUID16(0x2a56), .properties = KITH_PROPERTY_SIGNED_WRITE, .permissions = KITH_WRITE_SIGNED, .id = 5},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = characteristics, .characteristic_count = 1},
};
static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {512, 4, 4, 0x00, false}, {1024, 3, 16, 0xff, false}};

static uint32_t total;

static void on_lamp_told(cast_host *self, const kith_event *event)
{
    home *h = self->context;

    if (event->kind != KITH_EVENT_WRITE_COMMAND)
        return;
    cast_check(h->room, event->attribute.len == 1 && event->attribute.value[0] < h->sent);
    cast_equal(h->room, ++h->told[event->attribute.value[0]], 1);
}

static void on_phone_told(cast_host *self, const kith_event *event)
{
    home *h = self->context;

    h->lamps += event->kind == KITH_EVENT_WRITE_COMMAND;
}

static cast_host *add(home *h, const char *name, const kith_store *store, cast_reaction *react)
{
    kith_config config;
    cast_host *host;

    cast_lamp_config(&config);
    config.name = name;
    config.services = services;
    config.service_count = 1;
    config.security.signing = true;
    config.security.initiator_keys = config.security.responder_keys = KITH_KEY_ID | KITH_KEY_SIGN;
    config.store = store;
    host = cast_add(h->room, name, &config);
    host->react = react;
    host->context = h;
    return host;
}

static peers_counters *counters_of(const cast_host *host)
{
    peers_bond *bond = peers_after(&host->host->bonds, 0);

    cast_check(host->room, bond != NULL);
    return &bond->counters;
}

/* Bonded, and the lamp has used so much of its first block that the next one is reserved soon. */
static void open_home(home *h, const sim_flash_geometry *flash)
{
    memset(h, 0, sizeof *h);
    rig_make(&h->r, flash);
    h->room = cast_open(42, CAST_TOY);
    h->lamp = add(h, "lamp", &h->r.store, on_lamp_told);
    h->phone = add(h, "phone", &kith_volatile_store, on_phone_told);
    cast_start(h->room);
    cast_connect(h->phone, h->lamp);
    assert_int_equal(kith_pairing_open(h->lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_pair(h->phone->host, h->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(h->lamp, KITH_EVENT_BONDED, 1);
    cast_await(h->phone, KITH_EVENT_BONDED, 1);
    cast_disconnect(h->phone, h->lamp);
    cast_connect(h->phone, h->lamp);
}

static void close_home(home *h)
{
    cast_close(h->room);
    rig_free(&h->r);
}

/* ---- signing ---- */

static kith_status lamp_signs(home *h)
{
    kith_status status;

    cast_check(h->room, counters_of(h->lamp)->my_next >= h->lamp_counter);
    status = kith_gatt_write_signed(h->lamp->host, h->lamp->link, HANDLE, (const uint8_t *)"x", 1);
    h->lamp_counter = counters_of(h->lamp)->my_next;
    return status;
}

static void phone_signs(home *h)
{
    uint8_t value = h->sent++;

    cast_equal(h->room, kith_gatt_write_signed(h->phone->host, h->phone->link, HANDLE, &value, 1), KITH_OK);
}

static bool is_cut(void *context)
{
    const home *h = context;

    return sim_flash_has_cut(&h->r.flash);
}

static bool passes(home *h, uint64_t us)
{
    (void)cast_run(h->room, us, is_cut, h);
    return !is_cut(h);
}

/* Each side signs and signs; false: the power went. */
static bool go_on(home *h)
{
    for (unsigned i = 0; i < WRITES; i++) {
        (void)lamp_signs(h); /* the first waits for its block */
        phone_signs(h);
        if (!passes(h, CAST_SECOND / 4))
            return false;
        if (i == 0)
            counters_of(h->lamp)->my_next = h->lamp_counter = USED_BEFORE;
    }
    return true;
}

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
    cast_run_until(h->room, kith_sim_now(h->room->sim) + 10 * (uint64_t)CAST_SECOND); /* dead links time out */
    cast_connect(h->phone, h->lamp);
}

/* The phone's counter goes back: what it signs now are the PDUs that the air had before, the lot of them. */
static void replay(home *h)
{
    peers_counters *phone = counters_of(h->phone);
    uint32_t next = phone->my_next;
    uint8_t sent = h->sent;

    phone->my_next = 0;
    for (uint8_t value = 0; value < sent; value++) {
        cast_equal(h->room, kith_gatt_write_signed(h->phone->host, h->phone->link, HANDLE, &value, 1), KITH_OK);
        cast_run_until(h->room, kith_sim_now(h->room->sim) + CAST_SECOND / 4);
    }
    cast_equal(h->room, phone->my_next, next);
}

static void check_life_goes_on(home *h)
{
    unsigned lamps = h->lamps;
    uint8_t value = h->sent;

    phone_signs(h);
    if (lamp_signs(h) == KITH_ERR_BUSY) {
        cast_run_until(h->room, kith_sim_now(h->room->sim) + CAST_SECOND);
        cast_equal(h->room, lamp_signs(h), KITH_OK);
    }
    cast_run_until(h->room, kith_sim_now(h->room->sim) + CAST_SECOND);
    cast_equal(h->room, h->told[value], 1);
    cast_equal(h->room, h->lamps, lamps + 1);
}

/* Answers whether the power went. */
static bool try_cut(const sim_flash_geometry *flash, uint32_t operation, uint32_t octets, bool forgets)
{
    static home h;
    bool fell;

    open_home(&h, flash);
    h.r.flash.forgets = forgets;
    sim_flash_cut(&h.r.flash, operation, octets);
    fell = !go_on(&h);
    for (unsigned boot = 0; boot < 2; boot++) {
        reboot(&h);
        cast_check(h.room, counters_of(h.lamp)->my_next >= h.lamp_counter);
        replay(&h);
        check_life_goes_on(&h);
    }
    close_home(&h);
    return fell;
}

static void no_counter_is_used_or_believed_twice(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof flashes / sizeof flashes[0]; f++) {
        bool fell = true;

        for (uint32_t operation = 1; fell; operation++)
            for (uint32_t octets = 0; fell && octets < 40; octets++) {
                fell = try_cut(&flashes[f], operation, octets, octets % 2 == 1);
                total += fell;
            }
    }
}

/* While a bond with its state is forgotten: both, one, or none are there; a state alone goes at the next start. */
static void what_is_forgotten_leaves_no_state(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof flashes / sizeof flashes[0]; f++)
        for (uint32_t operation = 1, fell = 1; fell; operation++) {
            static home h;
            kith_bond_info bond;
            kith_record record;
            uint32_t cursor = 0;

            open_home(&h, &flashes[f]);
            (void)go_on(&h);
            sim_flash_cut(&h.r.flash, operation, 3);
            assert_int_equal(kith_bonds_next(h.lamp->host, 0, &bond), KITH_OK);
            assert_int_equal(kith_bonds_forget(h.lamp->host, bond.peer), KITH_OK);
            fell = !passes(&h, CAST_SECOND);
            total += fell;
            reboot(&h);
            if (kith_bonds_count(h.lamp->host) == 1) {
                replay(&h); /* the counters were not forgotten before the keys */
            } else {
                while (h.r.store.read(h.r.store.context, &cursor, &record) == KITH_OK)
                    cast_check(h.room, record.removed || record.kind == KITH_RECORD_DEVICE);
            }
            close_home(&h);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_counter_is_used_or_believed_twice),
        cmocka_unit_test(what_is_forgotten_leaves_no_state),
    };
    int failed = cmocka_run_group_tests_name("power cuts while signing", tests, NULL, NULL);

    fprintf(stderr, "%u power cuts tried\n", (unsigned)total);
    return failed;
}
