/* Connection parameters that a peripheral asks for, and data lengths, as the two hosts see them.  Core Vol 6 Part B
 * 5.1.7, 5.1.9; Vol 4 Part E 7.8.18, 7.8.31 to 7.8.35, 7.7.65.6, 7.7.65.7. */
#include "test_sim_support.h"

enum { PERIPHERAL, CENTRAL, PARAMETERS_REQUEST = 1 << 1, LATER_US = 2000000 };

static void set_features(room *r, int device, uint64_t with, uint64_t without)
{
    kith_sim_limits limits;

    kith_sim_default_limits(&limits);
    limits.le_features |= with;
    limits.le_features &= ~without;
    assert_int_equal(kith_sim_set_limits(r->sim, device, &limits), KITH_OK);
}

static room *connected_with(uint64_t peripheral, uint64_t central)
{
    room *r = room_new(2, 9);

    set_features(r, PERIPHERAL, peripheral, 0);
    set_features(r, CENTRAL, central, 0);
    room_connect(r, PERIPHERAL, CENTRAL);
    return r;
}

static room *connected(void)
{
    return connected_with(PARAMETERS_REQUEST, PARAMETERS_REQUEST);
}

static uint8_t ask_update(room *r, int device, uint16_t least, uint16_t most, uint16_t latency, uint16_t timeout)
{
    uint8_t p[14] = {1, 0};

    bytes_put16(p + 2, least);
    bytes_put16(p + 4, most);
    bytes_put16(p + 6, latency);
    bytes_put16(p + 8, timeout);
    return command(r, device, KITH_HCI_LE_CONNECTION_UPDATE, p, sizeof p);
}

static uint8_t accept_request(room *r, uint16_t most, uint16_t latency, uint16_t timeout)
{
    uint8_t p[14] = {1, 0};

    bytes_put16(p + 2, most);
    bytes_put16(p + 4, most);
    bytes_put16(p + 6, latency);
    bytes_put16(p + 8, timeout);
    return command(r, CENTRAL, KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, p, sizeof p);
}

static uint8_t refuse_request(room *r, uint8_t reason)
{
    uint8_t p[3] = {1, 0, reason};

    return command(r, CENTRAL, KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, p, sizeof p);
}

static void await_update(room *r, int device, uint8_t status, uint16_t interval, uint16_t latency, uint16_t timeout)
{
    const uint8_t *p = await_le(r, device, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, LATER_US);

    assert_int_equal(p[0], status);
    assert_int_equal(bytes_get16(p + 1), 1);
    assert_int_equal(bytes_get16(p + 3), interval);
    assert_int_equal(bytes_get16(p + 5), latency);
    assert_int_equal(bytes_get16(p + 7), timeout);
}

static void await_request(room *r, uint16_t least, uint16_t most, uint16_t latency, uint16_t timeout)
{
    const uint8_t *p = await_le(r, CENTRAL, KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST, LATER_US);

    assert_int_equal(bytes_get16(p), 1);
    assert_int_equal(bytes_get16(p + 2), least);
    assert_int_equal(bytes_get16(p + 4), most);
    assert_int_equal(bytes_get16(p + 6), latency);
    assert_int_equal(bytes_get16(p + 8), timeout);
}

static void link_works(room *r)
{
    room_run(r, LATER_US);
    r->read[CENTRAL] = r->count[CENTRAL];
    send_acl(r, PERIPHERAL, 1, false, (const uint8_t *)"well", 4);
    room_run(r, LATER_US);
    assert_memory_equal(seek_acl(r, CENTRAL)->data + 5, "well", 4);
}

static void the_host_of_the_central_is_asked_and_its_yes_updates_the_connection(void **state)
{
    room *r = connected();

    (void)state;
    must(ask_update(r, PERIPHERAL, 40, 80, 4, 500));
    await_request(r, 40, 80, 4, 500);
    must(accept_request(r, 60, 2, 400));
    await_update(r, CENTRAL, KITH_HCI_SUCCESS, 60, 2, 400);
    await_update(r, PERIPHERAL, KITH_HCI_SUCCESS, 60, 2, 400);
    assert_int_equal(accept_request(r, 60, 2, 400), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(refuse_request(r, 0x3b), KITH_HCI_COMMAND_DISALLOWED);
    link_works(r);
    room_free(r);
}

static void a_no_comes_back_with_its_reason_and_nothing_changes(void **state)
{
    room *r = connected();

    (void)state;
    must(ask_update(r, PERIPHERAL, 40, 80, 4, 500));
    await_request(r, 40, 80, 4, 500);
    must(refuse_request(r, KITH_HCI_UNACCEPTABLE_INTERVAL));
    await_update(r, PERIPHERAL, KITH_HCI_UNACCEPTABLE_INTERVAL, INTERVAL, 0, TIMEOUT);
    link_works(r);
    assert_null(seek_le(r, CENTRAL, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE));
    must(ask_update(r, PERIPHERAL, 40, 80, 4, 500)); /* it may ask again */
    await_request(r, 40, 80, 4, 500);
    room_free(r);
}

/* 5.1.7.1: a host that does not want to know has said no. */
static void a_host_that_masks_the_question_is_not_asked(void **state)
{
    room *r = connected();
    uint8_t mask[8];

    (void)state;
    memset(mask, 0xff, sizeof mask);
    mask[0] &= (uint8_t) ~(1 << (KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST - 1));
    must(command(r, CENTRAL, KITH_HCI_LE_SET_EVENT_MASK, mask, sizeof mask));
    must(ask_update(r, PERIPHERAL, 40, 80, 4, 500));
    await_update(r, PERIPHERAL, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE, INTERVAL, 0, TIMEOUT);
    assert_int_equal(accept_request(r, 60, 2, 400), KITH_HCI_COMMAND_DISALLOWED);
    link_works(r);
    room_free(r);
}

static void without_the_feature_a_peripheral_cannot_ask(void **state)
{
    room *r = connected_with(0, PARAMETERS_REQUEST);

    (void)state;
    assert_int_equal(ask_update(r, PERIPHERAL, 40, 80, 4, 500), KITH_HCI_UNSUPPORTED);
    room_free(r);
}

static void a_central_without_the_feature_does_not_know_the_question(void **state)
{
    static const uint8_t handle[2] = {1, 0};
    room *r = connected_with(PARAMETERS_REQUEST, 0);

    (void)state;
    must(ask_update(r, PERIPHERAL, 40, 80, 4, 500));
    await_update(r, PERIPHERAL, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE, INTERVAL, 0, TIMEOUT);
    must(command(r, PERIPHERAL, KITH_HCI_LE_READ_REMOTE_FEATURES, handle, sizeof handle));
    must(await_le(r, PERIPHERAL, KITH_HCI_LE_EV_READ_REMOTE_FEATURES_COMPLETE, LATER_US)[0]);
    assert_int_equal(ask_update(r, PERIPHERAL, 40, 80, 4, 500), KITH_HCI_UNSUPPORTED_REMOTE_FEATURE);
    assert_int_equal(accept_request(r, 60, 2, 400), KITH_HCI_UNKNOWN_COMMAND);
    link_works(r);
    room_free(r);
}

static void one_question_at_a_time(void **state)
{
    room *r = connected();

    (void)state;
    must(ask_update(r, PERIPHERAL, 40, 80, 4, 500));
    assert_int_equal(ask_update(r, PERIPHERAL, 40, 80, 4, 500), KITH_HCI_COMMAND_DISALLOWED);
    await_request(r, 40, 80, 4, 500);
    assert_int_equal(ask_update(r, CENTRAL, 40, 80, 4, 500), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(accept_request(r, 5, 2, 400), KITH_HCI_INVALID_PARAMETERS);
    must(accept_request(r, 60, 2, 400)); /* it still waits */
    await_update(r, PERIPHERAL, KITH_HCI_SUCCESS, 60, 2, 400);
    room_free(r);
}

/* 5.3: both begin in the same connection event; the central goes on, and the peripheral hears of one end. */
static void a_question_that_meets_an_update_gives_way(void **state)
{
    room *r = connected();

    (void)state;
    must(ask_update(r, CENTRAL, 30, 30, 0, 300));
    must(ask_update(r, PERIPHERAL, 40, 80, 4, 500));
    await_update(r, CENTRAL, KITH_HCI_SUCCESS, 30, 0, 300);
    await_update(r, PERIPHERAL, KITH_HCI_SUCCESS, 30, 0, 300);
    link_works(r);
    assert_null(seek_le(r, CENTRAL, KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST));
    assert_null(seek_le(r, PERIPHERAL, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE));
    must(ask_update(r, PERIPHERAL, 40, 80, 4, 500));
    await_request(r, 40, 80, 4, 500);
    room_free(r);
}

/* 5.2: 40 s, then the link is given up. */
static void a_host_that_never_answers_costs_the_link(void **state)
{
    room *r = connected();

    (void)state;
    must(ask_update(r, PERIPHERAL, 40, 80, 4, 500));
    await_request(r, 40, 80, 4, 500);
    room_run(r, 39000000);
    assert_null(seek(r, PERIPHERAL, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1));
    assert_int_equal(await(r, PERIPHERAL, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 2000000)[3],
                     KITH_HCI_LL_RESPONSE_TIMEOUT);
    room_free(r);
}

/* Ten events of four seconds are as long as the timeout of a procedure, which does not run to an instant. */
static void a_slow_instant_is_waited_for(void **state)
{
    room *r = connected();

    (void)state;
    must(ask_update(r, CENTRAL, 3200, 3200, 0, 3200));
    await_update(r, CENTRAL, KITH_HCI_SUCCESS, 3200, 0, 3200);
    await_update(r, PERIPHERAL, KITH_HCI_SUCCESS, 3200, 0, 3200);
    must(ask_update(r, PERIPHERAL, 40, 80, 0, 500));
    (void)await_le(r, CENTRAL, KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST, 10000000);
    must(accept_request(r, 80, 0, 500));
    must(await_le(r, PERIPHERAL, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, 60000000)[0]);
    room_free(r);
}

static void a_wish_that_cannot_be_is_rejected(void **state)
{
    uint8_t request[24] = {0x0f, 40, 0, 30, 0}; /* the least interval above the most */
    room *r = connected();

    (void)state;
    assert_int_equal(kith_sim_inject(r->sim, CENTRAL, 3, request, sizeof request), KITH_OK);
    room_run(r, LATER_US);
    assert_null(seek_le(r, CENTRAL, KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST));
    link_works(r);
    room_free(r);
}

/* ---- data length ---- */

static void set_length(room *r, int device, uint16_t octets, uint16_t time_us)
{
    uint8_t p[6] = {1, 0};

    bytes_put16(p + 2, octets);
    bytes_put16(p + 4, time_us);
    must(command(r, device, KITH_HCI_LE_SET_DATA_LENGTH, p, sizeof p));
}

static void await_lengths(room *r, int device, uint16_t tx, uint16_t tx_time, uint16_t rx, uint16_t rx_time)
{
    const uint8_t *p = await_le(r, device, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE, LATER_US);

    assert_int_equal(bytes_get16(p), 1);
    assert_int_equal(bytes_get16(p + 2), tx);
    assert_int_equal(bytes_get16(p + 4), tx_time);
    assert_int_equal(bytes_get16(p + 6), rx);
    assert_int_equal(bytes_get16(p + 8), rx_time);
}

static void both_hosts_learn_of_lengths_and_only_of_changes(void **state)
{
    (void)state;
    for (int device = 0; device < 2; device++) {
        room *r = connected();
        int other = 1 - device;

        set_length(r, device, 100, 2120);
        await_lengths(r, device, 100, 912, 27, 328);
        await_lengths(r, other, 27, 328, 100, 912);
        set_length(r, device, 100, 2120);
        room_run(r, LATER_US);
        assert_null(seek_le(r, device, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE));
        assert_null(seek_le(r, other, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE));
        set_length(r, device, 27, 328);
        await_lengths(r, device, 27, 328, 27, 328);
        await_lengths(r, other, 27, 328, 27, 328);
        room_free(r);
    }
}

static void the_time_bounds_the_octets(void **state)
{
    room *r = connected();

    (void)state;
    set_length(r, CENTRAL, 251, 912);
    await_lengths(r, CENTRAL, 100, 912, 27, 328);
    set_length(r, CENTRAL, 251, 328);
    await_lengths(r, CENTRAL, 27, 328, 27, 328);
    room_free(r);
}

/* The default of either side holds for links made later. */
static void a_suggested_default_is_for_new_links(void **state)
{
    static const uint8_t most[4] = {251, 0, 0x48, 0x08};
    room *r = connected();

    (void)state;
    must(command(r, PERIPHERAL, KITH_HCI_LE_WRITE_DEFAULT_DATA_LENGTH, most, sizeof most));
    room_run(r, LATER_US);
    assert_null(seek_le(r, PERIPHERAL, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE));
    must(disconnect(r, CENTRAL, 1, 0x13));
    room_run(r, LATER_US);
    advertise(r, PERIPHERAL);
    must(create_connection(r, CENTRAL, 0, 0, ROOM_ADDRESS[PERIPHERAL], 0, INTERVAL, TIMEOUT));
    await_lengths(r, PERIPHERAL, 251, 2120, 27, 328);
    await_lengths(r, CENTRAL, 27, 328, 251, 2120);
    room_free(r);
}

static void a_peer_without_long_packets_changes_nothing(void **state)
{
    room *r = room_new(2, 9);

    (void)state;
    set_features(r, CENTRAL, 0, 1 << 5);
    room_connect(r, PERIPHERAL, CENTRAL);
    set_length(r, PERIPHERAL, 251, 2120);
    link_works(r);
    assert_null(seek_le(r, PERIPHERAL, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE));
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_of_the_central_is_asked_and_its_yes_updates_the_connection),
        cmocka_unit_test(a_no_comes_back_with_its_reason_and_nothing_changes),
        cmocka_unit_test(a_host_that_masks_the_question_is_not_asked),
        cmocka_unit_test(without_the_feature_a_peripheral_cannot_ask),
        cmocka_unit_test(a_central_without_the_feature_does_not_know_the_question),
        cmocka_unit_test(one_question_at_a_time),
        cmocka_unit_test(a_question_that_meets_an_update_gives_way),
        cmocka_unit_test(a_host_that_never_answers_costs_the_link),
        cmocka_unit_test(a_slow_instant_is_waited_for),
        cmocka_unit_test(a_wish_that_cannot_be_is_rejected),
        cmocka_unit_test(both_hosts_learn_of_lengths_and_only_of_changes),
        cmocka_unit_test(the_time_bounds_the_octets),
        cmocka_unit_test(a_suggested_default_is_for_new_links),
        cmocka_unit_test(a_peer_without_long_packets_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
