/* A sealed store that becomes one, and whose key is rotated; and no power cut between two operations locks it up. */
#include "test_seal_support.h"
#include "tests/vectors/seal.h"

/* ---- conversion ---- */

static void a_plain_store_can_be_sealed(void **state)
{
    static const bool counts[] = {false, true};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        seal_rig r;

        make_plain(&r, counts[i], 20);
        assert_int_equal(kith_sealed_store_convert(&r.sealed, &r.state), KITH_OK);
        assert_int_equal(seal_reopen(&r), KITH_OK);
        assert_int_equal(r.state.damaged, 0);
        assert_true(seal_holds(&r, 1, 0x12, SEAL_LEN));
        for (uint32_t id = 2; id <= 20; id++)
            assert_true(seal_holds(&r, id, 0x11, SEAL_LEN));
        for (uint32_t id = 1; id <= 20; id++)
            for (uint8_t fill = 0x11; fill <= 0x12; fill++)
                assert_false(memory_holds(&r.memory, seal_record(KITH_RECORD_BOND, id, fill, SEAL_LEN).octets + 1, 8));
        assert_null(memory_find(&r.memory, KITH_RECORD_SEAL, 2));
        assert_null(memory_find(&r.memory, KITH_RECORD_SEAL, 3));
    }
}

static void a_store_with_no_room_to_seal_stays_plain(void **state)
{
    seal_rig r;

    (void)state;
    make_plain(&r, false, 20);
    r.memory.capacity = 30;
    assert_int_equal(kith_sealed_store_convert(&r.sealed, &r.state), KITH_ERR_FULL);
    assert_int_equal(r.memory.writes, 0);
}

static void converting_what_is_sealed_changes_nothing(void **state)
{
    seal_rig r;
    kith_record plain = seal_record(KITH_RECORD_BOND, 1, 0x77, SEAL_LEN);

    (void)state;
    open_used(&r, false);
    memory_add(&r.memory, &plain);
    assert_int_equal(kith_sealed_store_convert(&r.sealed, &r.state), KITH_OK);
    expect_refused(&r, 1); /* nobody smuggles a record in with it */
}

/* ---- rotation ---- */

static void after_rotation_the_earlier_key_is_not_needed(void **state)
{
    static const bool counts[] = {false, true};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        seal_rig r;

        open_used(&r, counts[i]);
        for (uint32_t id = 3; id <= 25; id++)
            assert_int_equal(seal_put(&r, id, 0x33, SEAL_LEN), KITH_OK);
        assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_ERR_NO_KEY);
        r.device.newest = 2;
        assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_OK);
        r.device.oldest = 2;
        assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
        seal_start(&r, 2);
        assert_int_equal(seal_reopen(&r), KITH_OK);
        assert_int_equal(r.state.damaged, 0);
        for (uint32_t id = 3; id <= 25; id++)
            assert_true(seal_holds(&r, id, 0x33, SEAL_LEN));
        assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_OK);
    }
}

static void rotation_leaves_what_is_not_authentic(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, false);
    r.device.newest = 2;
    stored(&r, KITH_RECORD_BOND, 1)->octets[40] ^= 1;
    assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_ERR_CRYPTO); /* it was sound when opened */
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_OK);
    assert_int_equal(r.state.damaged, 1);
    expect_refused(&r, 1);
}

/* ---- power cuts between operations ---- */

typedef struct {
    const char *name;
    void (*make)(seal_rig *r, bool counts);
    kith_status (*begin)(seal_rig *r);
} step;

static void make_used(seal_rig *r, bool counts)
{
    open_used(r, counts);
    r->device.newest = 2;
}

static void make_blank(seal_rig *r, bool counts)
{
    seal_make(r, 0, counts);
}

static void make_few_plain(seal_rig *r, bool counts)
{
    make_plain(r, counts, 3);
}

static kith_status begin_put(seal_rig *r)
{
    return seal_put(r, 1, 0x99, SEAL_LEN);
}

static kith_status begin_another(seal_rig *r)
{
    return seal_put(r, 3, 0x99, SEAL_LEN);
}

static kith_status begin_removal(seal_rig *r)
{
    return seal_remove(r, 1);
}

static kith_status begin_rotation(seal_rig *r)
{
    return kith_sealed_store_rotate(&r->sealed, 2, &r->state);
}

static kith_status begin_conversion(seal_rig *r)
{
    return kith_sealed_store_convert(&r->sealed, &r->state);
}

static kith_status begin_opening(seal_rig *r)
{
    return r->store.open(r->store.context, &r->state);
}

static kith_status begin_accepting(seal_rig *r)
{
    return kith_sealed_store_accept(&r->sealed, &r->state);
}

static const step steps[] = {
    {"replacing", make_used, begin_put},
    {"another", make_used, begin_another},
    {"removing", make_used, begin_removal},
    {"rotating", make_used, begin_rotation},
    {"converting", make_few_plain, begin_conversion},
    {"the first opening", make_blank, begin_opening},
    {"accepting", make_used, begin_accepting},
};

/* Of record 1: what it may be after this step. */
static void check_first(seal_rig *r, const step *s, kith_status answer)
{
    bool is_old = seal_holds(r, 1, s->make == make_few_plain ? 0x12 : 0x11, SEAL_LEN);

    if (s->begin == begin_put)
        assert_true(seal_holds(r, 1, 0x99, SEAL_LEN) || (is_old && answer != KITH_OK));
    else if (s->begin == begin_removal)
        assert_true(seal_lacks(r, 1) || (is_old && answer != KITH_OK));
    else
        assert_true(s->make == make_blank ? seal_lacks(r, 1) : is_old);
}

/* Cut short, converting is to be gone on with. */
static kith_status recover(seal_rig *r, const step *s)
{
    kith_status status = begin_opening(r);

    return s->begin == begin_conversion && status == KITH_ERR_UNSEALED ? begin_conversion(r) : status;
}

static void check_usable(seal_rig *r, const step *s, kith_status answer)
{
    kith_record device = seal_record(KITH_RECORD_DEVICE, 0, 9, 23);

    assert_int_equal(r->state.damaged, 0);
    check_first(r, s, answer);
    if (s->make != make_blank)
        assert_true(seal_store_holds(&r->store, &device));
    if (s->begin == begin_another)
        assert_true(seal_holds(r, 3, 0x99, SEAL_LEN) || (seal_lacks(r, 3) && answer != KITH_OK));
    assert_int_equal(seal_put(r, 8, 0x88, SEAL_LEN), KITH_OK);
    assert_int_equal(seal_remove(r, 2), KITH_OK);
    assert_int_equal(seal_reopen(r), KITH_OK);
    assert_true(seal_holds(r, 8, 0x88, SEAL_LEN));
    assert_true(seal_lacks(r, 2));
    check_first(r, s, answer);
    if (s->begin == begin_rotation) {
        assert_int_equal(begin_rotation(r), KITH_OK);
        r->device.oldest = 2;
        assert_int_equal(seal_reopen(r), KITH_OK);
        check_first(r, s, answer);
    }
}

/* Cuts the step and then its recovery; answers whether both cuts fell. */
static bool cut_step(const step *s, bool counts, uint32_t at, uint32_t again, unsigned done)
{
    static seal_rig r;
    kith_status answer, status;
    bool fell;

    s->make(&r, counts);
    r.power = (seal_power){.cut_in = at, .done = (done & 1) != 0};
    answer = s->begin(&r);
    fell = r.power.off;
    if (again != 0) {
        seal_start(&r, 1);
        r.power = (seal_power){.cut_in = again, .done = (done & 2) != 0};
        (void)recover(&r, s);
        fell = r.power.off;
    }
    seal_start(&r, 1);
    status = recover(&r, s);
    if (status != KITH_OK)
        fail_msg("%s, cut at %u and %u: %s", s->name, (unsigned)at, (unsigned)again, kith_status_name(status));
    check_usable(&r, s, answer);
    return fell;
}

static void no_cut_between_operations_locks_it_up(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++)
        for (unsigned kind = 0; kind < 8; kind++) {
            bool counts = (kind & 4) != 0;

            for (uint32_t at = 1; cut_step(&steps[i], counts, at, 0, kind & 3); at++, tried++)
                for (uint32_t again = 1; cut_step(&steps[i], counts, at, again, kind & 3); again++)
                    tried++;
        }
    fprintf(stderr, "%u power cuts between operations tried\n", tried);
    assert_true(tried > 500);
}

/* ---- device keys ---- */

static void device_keys_come_from_a_secret(void **state)
{
    kith_device_keys keys;
    kith_crypto_port port;
    uint8_t secret[32], key[16];

    (void)state;
    for (uint8_t i = 0; i < 32; i++)
        secret[i] = i;
    memset(&keys, 0, sizeof keys);
    assert_int_equal(kith_openssl_port(&port), KITH_OK);
    assert_null(port.device_key);
    assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, 15), KITH_ERR_VALUE);
    assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, 33), KITH_ERR_VALUE);
    assert_null(port.device_key);
    assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, 16), KITH_OK);
    assert_int_equal(kith_device_keys_add(&keys, &port, 0x0203, secret, 32), KITH_OK);
    assert_int_equal(port.device_key(port.context, 1, key), KITH_OK);
    assert_memory_equal(key, vector_seal_key_16, 16);
    assert_int_equal(port.device_key(port.context, 0x0203, key), KITH_OK);
    assert_memory_equal(key, vector_seal_key_32, 16);
    assert_int_equal(port.device_key(port.context, 2, key), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_device_keys_add(&keys, &port, 7, secret, 32), KITH_ERR_FULL);
    assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, 32), KITH_OK);
    kith_device_keys_drop(&keys, 1);
    assert_int_equal(port.device_key(port.context, 1, key), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_device_keys_add(&keys, &port, 7, secret, 20), KITH_OK);
}

static void a_store_is_sealed_with_such_keys_on_both_backends(void **state)
{
    static kith_status (*const ports[])(kith_crypto_port *) = {kith_openssl_port, kith_psa_port};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        seal_rig r;
        kith_device_keys keys = {0};
        kith_crypto_port port;
        kith_sealed_config config = {&r.inner, &port, 1};
        static const uint8_t secret[20] = "twenty octets secret";

        seal_make(&r, 0, false);
        assert_int_equal(ports[i](&port), KITH_OK);
        assert_int_equal(kith_device_keys_add(&keys, &port, 1, secret, sizeof secret), KITH_OK);
        assert_int_equal(kith_sealed_store_init(&r.sealed, &config, &r.store), KITH_OK);
        assert_int_equal(r.store.open(r.store.context, &r.state), KITH_OK);
        assert_int_equal(seal_put(&r, 1, 0x11, SEAL_LEN), KITH_OK);
        assert_int_equal(kith_device_keys_add(&keys, &port, 2, secret, sizeof secret), KITH_OK);
        assert_int_equal(kith_sealed_store_rotate(&r.sealed, 2, &r.state), KITH_OK);
        kith_device_keys_drop(&keys, 1);
        assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_store_can_be_sealed),
        cmocka_unit_test(a_store_with_no_room_to_seal_stays_plain),
        cmocka_unit_test(converting_what_is_sealed_changes_nothing),
        cmocka_unit_test(after_rotation_the_earlier_key_is_not_needed),
        cmocka_unit_test(rotation_leaves_what_is_not_authentic),
        cmocka_unit_test(no_cut_between_operations_locks_it_up),
        cmocka_unit_test(device_keys_come_from_a_secret),
        cmocka_unit_test(a_store_is_sealed_with_such_keys_on_both_backends),
    };

    return cmocka_run_group_tests_name("keys of a sealed store", tests, NULL, NULL);
}
