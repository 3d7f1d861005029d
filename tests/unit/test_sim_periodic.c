/* Periodic advertising and following it, as hosts meet it. */
#include "test_sim_extended_support.h"

enum { SID = 3, PERIOD = 40, PERIOD_US = 50000 };

static void give_periodic(room *r, size_t devices)
{
    kith_sim_limits limits;

    kith_sim_default_limits(&limits);
    limits.le_features |= EXTENDED_FEATURES | UINT64_C(1) << 13;
    for (size_t i = 0; i < devices; i++)
        assert_int_equal(kith_sim_set_limits(r->sim, (int)i, &limits), KITH_OK);
}

static uint8_t periodic_parameters(room *r, int device, uint8_t handle, uint16_t interval)
{
    uint8_t p[7] = {handle};

    bytes_put16(p + 1, interval);
    bytes_put16(p + 3, interval);
    return command(r, device, KITH_HCI_LE_SET_PERIODIC_ADV_PARAMETERS, p, sizeof p);
}

static uint8_t periodic_data(room *r, int device, uint8_t handle, uint8_t operation, const void *data, uint8_t len)
{
    uint8_t p[3 + 252] = {handle, operation, len};

    if (len != 0)
        memcpy(p + 3, data, len);
    return command(r, device, KITH_HCI_LE_SET_PERIODIC_ADV_DATA, p, 3u + len);
}

static uint8_t periodic(room *r, int device, bool on, uint8_t handle)
{
    uint8_t p[2] = {on, handle};

    return command(r, device, KITH_HCI_LE_SET_PERIODIC_ADV_ENABLE, p, sizeof p);
}

static uint8_t create_sync(room *r, int device, uint8_t sid, const uint8_t *advertiser, uint16_t timeout)
{
    uint8_t p[14] = {0, sid, 0};

    memcpy(p + 3, advertiser, 6);
    bytes_put16(p + 11, timeout);
    return command(r, device, KITH_HCI_LE_PERIODIC_CREATE_SYNC, p, sizeof p);
}

static void start_train(room *r, const void *data, size_t len)
{
    must(make_set(r, 0, SID, 0));
    must(periodic_parameters(r, 0, SID, PERIOD));
    for (size_t done = 0; done < len;) {
        size_t part = len - done > 252 ? 252 : len - done;
        bool all = part == len;
        uint8_t operation = all ? 3 : done == 0 ? 1 : done + part == len ? 2 : 0;

        must(periodic_data(r, 0, SID, operation, (const uint8_t *)data + done, (uint8_t)part));
        done += part;
    }
    must(periodic(r, 0, true, SID));
    must(start_set(r, 0, SID));
}

static uint16_t follow(room *r, int device)
{
    const uint8_t *p;

    scan_extended(r, device, 1, false, 1);
    must(create_sync(r, device, SID, ROOM_ADDRESS[0], 50));
    p = await_le(r, device, KITH_HCI_LE_EV_PERIODIC_SYNC_ESTABLISHED, 1000000);
    must(p[0]);
    assert_int_equal(p[3], SID);
    assert_memory_equal(p + 5, ROOM_ADDRESS[0], 6);
    assert_int_equal(p[11], PHY_1M);
    assert_int_equal(bytes_get16(p + 12), PERIOD);
    must(extended_scanning(r, device, false, 0, 0, 0));
    return bytes_get16(p + 1);
}

static void a_train_is_found_and_followed_without_scanning(void **state)
{
    room *r = room_new(2, 90);
    unsigned reports = 0;
    const uint8_t *p;
    uint16_t handle;

    (void)state;
    give_periodic(r, 2);
    start_train(r, "tick", 4);
    scan_extended(r, 1, 1, false, 0);
    assert_int_equal(await_report(r, 1, 200000).periodic_interval, PERIOD);
    must(extended_scanning(r, 1, false, 0, 0, 0));
    handle = follow(r, 1);
    room_run(r, 20 * PERIOD_US);
    while ((p = seek_le(r, 1, KITH_HCI_LE_EV_PERIODIC_REPORT)) != NULL) {
        assert_int_equal(bytes_get16(p), handle);
        assert_int_equal((int8_t)p[3], -50);
        assert_int_equal(p[5], 0);
        assert_int_equal(p[6], 4);
        assert_memory_equal(p + 7, "tick", 4);
        reports++;
    }
    assert_in_range(reports, 20, 21);
    must(periodic_data(r, 0, SID, 3, "tock", 4));
    room_run(r, 2 * PERIOD_US);
    (void)seek_le(r, 1, KITH_HCI_LE_EV_PERIODIC_REPORT);
    p = seek_le(r, 1, KITH_HCI_LE_EV_PERIODIC_REPORT);
    assert_memory_equal(p + 7, "tock", 4);
    room_free(r);
}

static void a_long_train_is_put_together(void **state)
{
    static uint8_t data[1200];
    uint8_t got[1200];
    size_t len = 0;
    const uint8_t *p;
    room *r = room_new(2, 91);

    (void)state;
    give_periodic(r, 2);
    fill_pattern(data, sizeof data);
    start_train(r, data, sizeof data);
    (void)follow(r, 1);
    do {
        p = await_le(r, 1, KITH_HCI_LE_EV_PERIODIC_REPORT, 200000);
        assert_true(len + p[6] <= sizeof got);
        memcpy(got + len, p + 7, p[6]);
        len += p[6];
    } while (p[5] == 1);
    assert_int_equal(len, sizeof data);
    assert_memory_equal(got, data, len);
    room_free(r);
}

static void silence_is_told_after_the_timeout(void **state)
{
    room *r = room_new(2, 92);
    uint64_t from_us;
    uint16_t handle;

    (void)state;
    give_periodic(r, 2);
    start_train(r, "tick", 4);
    handle = follow(r, 1);
    room_run(r, 3 * PERIOD_US);
    must(periodic(r, 0, false, SID));
    from_us = kith_sim_now(r->sim);
    assert_int_equal(bytes_get16(await_le(r, 1, KITH_HCI_LE_EV_PERIODIC_SYNC_LOST, 600000)), handle);
    assert_in_range(kith_sim_now(r->sim) - from_us, 440000, 500000);
    room_free(r);
}

static void following_can_be_given_up(void **state)
{
    room *r = room_new(2, 93);
    uint8_t p[2];

    (void)state;
    give_periodic(r, 2);
    assert_int_equal(command(r, 1, KITH_HCI_LE_PERIODIC_CREATE_SYNC_CANCEL, NULL, 0), KITH_HCI_COMMAND_DISALLOWED);
    must(create_sync(r, 1, SID, ROOM_ADDRESS[0], 50));
    assert_int_equal(create_sync(r, 1, SID, ROOM_ADDRESS[0], 50), KITH_HCI_COMMAND_DISALLOWED);
    must(command(r, 1, KITH_HCI_LE_PERIODIC_CREATE_SYNC_CANCEL, NULL, 0));
    assert_int_equal(await_le(r, 1, KITH_HCI_LE_EV_PERIODIC_SYNC_ESTABLISHED, 1)[0], KITH_HCI_CANCELLED_BY_HOST);
    start_train(r, "tick", 4);
    bytes_put16(p, follow(r, 1));
    assert_int_equal(create_sync(r, 1, SID, ROOM_ADDRESS[0], 50), KITH_HCI_CONNECTION_EXISTS);
    must(command(r, 1, KITH_HCI_LE_PERIODIC_TERMINATE_SYNC, p, 2));
    assert_int_equal(command(r, 1, KITH_HCI_LE_PERIODIC_TERMINATE_SYNC, p, 2), KITH_HCI_UNKNOWN_SET);
    while (seek_le(r, 1, KITH_HCI_LE_EV_PERIODIC_REPORT) != NULL)
        continue;
    room_run(r, 5 * PERIOD_US);
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_PERIODIC_REPORT));
    room_free(r);
}

static void what_does_not_go_with_it_is_refused(void **state)
{
    static const uint16_t wrong[] = {CONNECTABLE, SCANNABLE, ANONYMOUS, LEGACY_NONCONN_IND};
    uint8_t handle = SID;
    room *r = room_new(2, 94);

    (void)state;
    give_periodic(r, 1);
    assert_int_equal(create_sync(r, 1, SID, ROOM_ADDRESS[0], 50), KITH_HCI_UNKNOWN_COMMAND);
    assert_int_equal(periodic_parameters(r, 0, SID, PERIOD), KITH_HCI_UNKNOWN_SET);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        must(make_set(r, 0, SID, wrong[i]));
        assert_int_equal(periodic_parameters(r, 0, SID, PERIOD), KITH_HCI_INVALID_PARAMETERS);
    }
    must(make_set(r, 0, SID, 0));
    assert_int_equal(periodic_data(r, 0, SID, 3, "a", 1), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(periodic(r, 0, true, SID), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(periodic_parameters(r, 0, SID, 5), KITH_HCI_INVALID_PARAMETERS);
    must(periodic_parameters(r, 0, SID, PERIOD));
    must(periodic_data(r, 0, SID, 1, "a", 1));
    assert_int_equal(periodic(r, 0, true, SID), KITH_HCI_COMMAND_DISALLOWED); /* not all there */
    must(periodic_data(r, 0, SID, 2, "b", 1));
    must(periodic(r, 0, true, SID));
    assert_int_equal(periodic_parameters(r, 0, SID, PERIOD), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(periodic_data(r, 0, SID, 1, "a", 1), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(make_set(r, 0, SID, CONNECTABLE), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(command(r, 0, KITH_HCI_LE_REMOVE_SET, &handle, 1), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(command(r, 0, KITH_HCI_LE_CLEAR_SETS, NULL, 0), KITH_HCI_COMMAND_DISALLOWED);
    must(periodic(r, 0, false, SID));
    must(command(r, 0, KITH_HCI_LE_REMOVE_SET, &handle, 1));
    assert_int_equal(create_sync(r, 0, 16, ROOM_ADDRESS[1], 50), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(create_sync(r, 0, SID, ROOM_ADDRESS[1], 9), KITH_HCI_INVALID_PARAMETERS);
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_train_is_found_and_followed_without_scanning),
        cmocka_unit_test(a_long_train_is_put_together),
        cmocka_unit_test(silence_is_told_after_the_timeout),
        cmocka_unit_test(following_can_be_given_up),
        cmocka_unit_test(what_does_not_go_with_it_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
