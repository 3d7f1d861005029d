/* Factory reset: whom this device knows and who it was is gone from memory at once and from the store before RESET says
 * so; whatever was under way ends; what comes after is another device.  DECISIONS: forgetting destroys. */
#include "cast.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_store store; /* the lamp's */
    kith_bond_keys keys;
    uint8_t irk[16];
} two;

static void copy_irk(two *t, uint8_t out[16])
{
    const kith_record *device = memory_store_find(&t->store, KITH_RECORD_DEVICE, 0);

    cast_check(t->room, device != NULL);
    memcpy(out, device->octets + 1, 16);
}

static void open_with(two *t, kith_pairing_policy policy, bool store)
{
    kith_config config;

    memset(t, 0, sizeof *t);
    t->room = cast_open(351, CAST_OPENSSL);
    memory_store_init(&t->store, 8);
    cast_lamp_config(&config);
    config.limits.bonds = 4;
    config.security.policy = policy;
    if (store)
        config.store = &t->store.store;
    t->lamp = cast_add(t->room, "lamp", &config);
    t->phone = cast_add_phone(t->room, "phone");
    cast_start(t->room);
    cast_connect(t->phone, t->lamp);
}

static void open_bonded(two *t)
{
    kith_bond_info info;

    open_with(t, KITH_PAIRING_CLOSED, true);
    cast_pair(t->phone, t->lamp);
    cast_check(t->room, cast_only_bond(t->lamp, &info, &t->keys));
    copy_irk(t, t->irk);
}

static void reset(two *t)
{
    cast_equal(t->room, kith_host_factory_reset(t->lamp->host), KITH_OK);
}

static kith_status start(two *t)
{
    return kith_host_start(t->lamp->host, kith_sim_now(t->room->sim));
}

static bool is_in_memory(const two *t, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i + len <= t->lamp->size; i++)
        if (memcmp((const uint8_t *)t->lamp->host + i, octets, len) == 0)
            return true;
    return false;
}

static void nothing_is_left_and_the_next_start_is_another_device(void **state)
{
    uint8_t irk[16];
    two t;

    (void)state;
    open_bonded(&t);
    reset(&t);
    cast_await(t.lamp, KITH_EVENT_RESET, 1);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_RESET].reset.status, KITH_OK);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_DISCONNECTED].disconnected.reason, KITH_HCI_LOCAL_HOST_TERMINATED);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_CONTROLLER_LOST], 0);
    cast_equal(t.room, t.store.used, 0);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    cast_check(t.room, !is_in_memory(&t, t.keys.ltk, 16));
    cast_check(t.room, !is_in_memory(&t, t.irk, 16));
    cast_equal(t.room, start(&t), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_READY, 2);
    cast_check(t.room, t.lamp->last[KITH_EVENT_STORE_LOADED].store.fresh);
    copy_irk(&t, irk);
    cast_check(t.room, memcmp(irk, t.irk, 16) != 0);
    cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
    cast_forget_all(t.phone);
    cast_connect_and_pair(t.phone, t.lamp);
    cast_close(t.room);
}

/* The old key is nobody's at once, whatever the store is busy with; the call is over when the store is. */
static void it_waits_for_a_store_that_is_busy(void **state)
{
    two t;

    (void)state;
    open_with(&t, KITH_PAIRING_CLOSED, true);
    cast_hold_store(t.lamp);
    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_PAIRED, 1);
    reset(&t);
    cast_equal(t.room, kith_host_factory_reset(t.lamp->host), KITH_ERR_BUSY);
    cast_await(t.lamp, KITH_EVENT_BOND_FAILED, 1); /* it ends, as all that was under way */
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    cast_equal(t.room, start(&t), KITH_ERR_BUSY);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_RESET], 0);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK); /* the bond was written all the same */
    cast_equal(t.room, memory_store_count(&t.store, KITH_RECORD_BOND), 1);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_RESET, 1);
    cast_equal(t.room, t.store.used, 0);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_BONDED], 0);
    cast_close(t.room);
}

static void a_store_that_is_damaged_is_given_a_new_beginning(void **state)
{
    two t;

    (void)state;
    open_bonded(&t);
    cast_power_off(t.lamp);
    t.store.opens = KITH_ERR_DAMAGED;
    cast_power_on(t.lamp);
    cast_await(t.lamp, KITH_EVENT_START_FAILED, 1);
    reset(&t);
    cast_await(t.lamp, KITH_EVENT_RESET, 1);
    cast_equal(t.room, start(&t), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_READY, 2);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    cast_close(t.room);
}

static void a_store_that_cannot_be_erased_now_is_told_and_asked_again(void **state)
{
    two t;

    (void)state;
    open_bonded(&t);
    t.store.erases = KITH_ERR_STORAGE;
    reset(&t);
    cast_await(t.lamp, KITH_EVENT_RESET, 1);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_RESET].reset.status, KITH_ERR_STORAGE);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    t.store.erases = KITH_OK;
    reset(&t);
    cast_await(t.lamp, KITH_EVENT_RESET, 2);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_RESET].reset.status, KITH_OK);
    cast_equal(t.room, t.store.used, 0);
    cast_close(t.room);
}

static void a_store_that_knows_no_erasing_is_left_alone(void **state)
{
    two t;

    (void)state;
    open_bonded(&t);
    t.store.store.erase = NULL;
    cast_equal(t.room, kith_host_factory_reset(t.lamp->host), KITH_ERR_UNSUPPORTED);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_DISCONNECTED], 0);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    cast_close(t.room);
}

/* Nor does a bond come of a question that is answered too late. */
static void a_pairing_under_way_ends_without_a_bond(void **state)
{
    (void)state;
    for (unsigned store = 0; store <= 1; store++) {
        two t;

        open_with(&t, KITH_PAIRING_ASK, store);
        assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_CONSENT_WANTED, 1);
        reset(&t);
        (void)!kith_pairing_consent(t.lamp->host, t.lamp->link, true);
        cast_await(t.lamp, KITH_EVENT_RESET, 1);
        cast_equal(t.room, t.lamp->told[KITH_EVENT_PAIRING_FAILED], 1);
        cast_equal(t.room, t.lamp->told[KITH_EVENT_BONDED] + t.lamp->told[KITH_EVENT_PAIRED], 0);
        cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
        cast_equal(t.room, memory_store_count(&t.store, KITH_RECORD_BOND), 0);
        cast_close(t.room);
    }
}

/* A start that was under way is told as failed, first. */
static void a_start_under_way_fails_by_name(void **state)
{
    two t;

    (void)state;
    open_bonded(&t);
    cast_power_off(t.lamp);
    cast_power_on(t.lamp);
    reset(&t);
    cast_await(t.lamp, KITH_EVENT_RESET, 1);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_START_FAILED], 1);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_STATE);
    cast_equal(t.room, t.store.used, 0);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_and_the_next_start_is_another_device),
        cmocka_unit_test(it_waits_for_a_store_that_is_busy),
        cmocka_unit_test(a_store_that_is_damaged_is_given_a_new_beginning),
        cmocka_unit_test(a_store_that_cannot_be_erased_now_is_told_and_asked_again),
        cmocka_unit_test(a_store_that_knows_no_erasing_is_left_alone),
        cmocka_unit_test(a_pairing_under_way_ends_without_a_bond),
        cmocka_unit_test(a_start_under_way_fails_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
