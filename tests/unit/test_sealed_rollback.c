/* A sealed store under a counter: what is brought back is refused, by name, until a person decides. */
#include "test_seal_support.h"

/* ---- what is brought back ---- */

static void without_a_counter_an_earlier_state_is_not_seen(void **state)
{
    seal_rig r;
    seal_memory earlier;

    (void)state;
    open_used(&r, false);
    earlier = r.memory;
    assert_int_equal(seal_remove(&r, 1), KITH_OK);
    r.memory = earlier;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN)); /* docs/sealing.md says so */
}

static void with_a_counter_an_earlier_state_is_refused(void **state)
{
    seal_rig r;
    seal_memory earlier[6], now;

    (void)state;
    open_new(&r, 0, true);
    earlier[0] = r.memory;
    assert_int_equal(seal_put(&r, 1, 0x11, SEAL_LEN), KITH_OK);
    earlier[1] = r.memory;
    assert_int_equal(seal_put(&r, 2, 0x22, SEAL_LEN), KITH_OK);
    earlier[2] = r.memory;
    assert_int_equal(seal_put(&r, 1, 0x12, SEAL_LEN), KITH_OK);
    earlier[3] = r.memory;
    assert_int_equal(seal_remove(&r, 1), KITH_OK);
    earlier[4] = r.memory;
    assert_int_equal(seal_put(&r, 2, 0x23, SEAL_LEN), KITH_OK);
    now = r.memory;
    memset(&earlier[5], 0, sizeof earlier[5]); /* as from the factory */
    earlier[5].power = &r.power;
    earlier[5].capacity = 40;
    for (unsigned i = 0; i < 6; i++) {
        r.memory = earlier[i];
        expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    }
    r.memory = now;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_lacks(&r, 1));
    assert_true(seal_holds(&r, 2, 0x23, SEAL_LEN));
}

static void with_a_counter_one_earlier_record_is_refused(void **state)
{
    seal_rig r;
    kith_record bond, manifest, second;
    seal_memory now;

    (void)state;
    open_used(&r, true);
    bond = *stored(&r, KITH_RECORD_BOND, 1);
    second = *stored(&r, KITH_RECORD_BOND, 2);
    manifest = *stored(&r, KITH_RECORD_SEAL, 1);
    assert_int_equal(seal_put(&r, 1, 0x12, SEAL_LEN), KITH_OK);
    assert_int_equal(seal_remove(&r, 2), KITH_OK);
    now = r.memory;
    memory_add(&r.memory, &bond); /* an earlier version */
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    r.memory = now;
    memory_add(&r.memory, &second); /* one that was removed */
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    memory_add(&r.memory, &bond);
    memory_add(&r.memory, &manifest); /* all of it */
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    r.memory = now;
    memory_wipe(&r.memory, KITH_RECORD_BOND, 1); /* one is missing */
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    r.memory = now;
    memory_wipe(&r.memory, KITH_RECORD_SEAL, 1);
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    r.memory = now;
    assert_int_equal(seal_reopen(&r), KITH_OK);
}

/* The change that a cut abandoned does not come true later. */
static void an_abandoned_step_stays_abandoned(void **state)
{
    seal_rig r;
    kith_record manifest, bond;

    (void)state;
    open_used(&r, true);
    r.power.cut_in = 3; /* manifest and record are done; the counter is not */
    assert_int_equal(seal_put(&r, 1, 0x12, SEAL_LEN), KITH_ERR_STORAGE);
    manifest = *stored(&r, KITH_RECORD_SEAL, 1);
    bond = *stored(&r, KITH_RECORD_BOND, 1);
    r.memory.used--; /* as if the cut had come one earlier */
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
    memory_add(&r.memory, &bond);
    memory_add(&r.memory, &manifest);
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
}

static void a_person_may_accept_what_is_there(void **state)
{
    seal_rig r;
    seal_memory earlier;

    (void)state;
    open_used(&r, true);
    earlier = r.memory;
    assert_int_equal(seal_put(&r, 1, 0x12, SEAL_LEN), KITH_OK);
    r.memory = earlier;
    assert_int_equal(seal_reopen(&r), KITH_ERR_ROLLED_BACK);
    assert_int_equal(kith_sealed_store_accept(&r.sealed, &r.state), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x11, SEAL_LEN));
    earlier = r.memory;
    assert_int_equal(seal_put(&r, 1, 0x13, SEAL_LEN), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x13, SEAL_LEN));
    r.memory = earlier;
    assert_int_equal(seal_reopen(&r), KITH_ERR_ROLLED_BACK);
}

static void damage_under_a_counter_has_a_name_and_can_be_accepted(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, true);
    stored(&r, KITH_RECORD_BOND, 1)->octets[40] ^= 1;
    expect_left_alone(&r, KITH_ERR_DAMAGED);
    assert_int_equal(kith_sealed_store_accept(&r.sealed, &r.state), KITH_OK);
    assert_int_equal(r.state.damaged, 1);
    expect_refused(&r, 1);
    assert_int_equal(seal_put(&r, 1, 0x12, SEAL_LEN), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    assert_true(seal_holds(&r, 1, 0x12, SEAL_LEN));
}

static void a_store_goes_under_a_counter_by_consent_and_not_out_of_it(void **state)
{
    seal_rig r;

    (void)state;
    open_used(&r, false);
    r.device.port.counter_read = counter_read;
    r.device.port.counter_advance = counter_advance;
    expect_left_alone(&r, KITH_ERR_ROLLED_BACK);
    assert_int_equal(kith_sealed_store_accept(&r.sealed, NULL), KITH_OK);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    r.device.port.counter_read = NULL;
    r.device.port.counter_advance = NULL;
    expect_left_alone(&r, KITH_ERR_UNSUPPORTED);
}

/* ---- room ---- */

static void a_full_store_still_removes(void **state)
{
    seal_rig r;
    uint32_t id = 1;

    (void)state;
    seal_make(&r, 0, true);
    r.memory.capacity = r.memory.state.room = 8;
    assert_int_equal(seal_reopen(&r), KITH_OK);
    while (r.state.room > 0)
        assert_int_equal(seal_put(&r, id++, 0x11, SEAL_LEN), KITH_OK);
    assert_int_equal(seal_put(&r, id, 0x11, SEAL_LEN), KITH_ERR_FULL);
    assert_true(id > 3);
    assert_int_equal(seal_reopen(&r), KITH_OK);
    while (--id > 0)
        assert_int_equal(seal_remove(&r, id), KITH_OK);
    assert_int_equal(seal_put(&r, 1, 0x11, SEAL_LEN), KITH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_counter_an_earlier_state_is_not_seen),
        cmocka_unit_test(with_a_counter_an_earlier_state_is_refused),
        cmocka_unit_test(with_a_counter_one_earlier_record_is_refused),
        cmocka_unit_test(an_abandoned_step_stays_abandoned),
        cmocka_unit_test(a_person_may_accept_what_is_there),
        cmocka_unit_test(damage_under_a_counter_has_a_name_and_can_be_accepted),
        cmocka_unit_test(a_store_goes_under_a_counter_by_consent_and_not_out_of_it),
        cmocka_unit_test(a_full_store_still_removes),
    };

    return cmocka_run_group_tests_name("rollback of a sealed store", tests, NULL, NULL);
}
