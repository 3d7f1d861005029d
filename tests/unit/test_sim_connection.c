/* Connections as hosts meet them: data both ways, buffers, ends, updates, procedures, loss. */
#include "test_sim_support.h"

static room *connected(void)
{
    room *r = room_new(2, 3);

    room_connect(r, 0, 1);
    return r;
}

static uint8_t end_reason(room *r, int device, uint64_t for_us)
{
    const uint8_t *p = await(r, device, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, for_us);

    must(p[0]);
    assert_int_equal(bytes_get16(p + 1), 1);
    return p[3];
}

/* Joins fragments; gives the length of one whole packet as sent. */
static size_t gather(room *r, int device, uint8_t *out, unsigned *fragments)
{
    size_t len = 0;
    const room_packet *p;

    *fragments = 0;
    while ((p = seek_acl(r, device)) != NULL) {
        uint16_t boundary = bytes_get16(p->data + 1) & KITH_ACL_BOUNDARY_MASK;

        assert_int_equal(boundary, *fragments == 0 ? KITH_ACL_FIRST_FLUSHABLE : KITH_ACL_CONTINUING);
        memcpy(out + len, p->data + 5, p->len - 5);
        len += p->len - 5;
        (*fragments)++;
    }
    return len;
}

static unsigned completed_packets(room *r, int device)
{
    unsigned packets = 0;
    const uint8_t *p;

    r->read[device] = 0;
    while ((p = seek(r, device, KITH_HCI_EV_COMPLETED_PACKETS, -1)) != NULL)
        packets += bytes_get16(p + 3);
    return packets;
}

static void fill(uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7 + 1);
}

static void data_crosses_in_fragments_and_buffers_come_back(void **state)
{
    room *r = connected();
    uint8_t sent[251];
    uint8_t got[251];
    unsigned fragments;

    (void)state;
    fill(sent, sizeof sent);
    for (int from = 0; from < 2; from++) {
        room_forget_log(r);
        send_acl(r, from, 1, false, sent, sizeof sent);
        assert_int_equal(completed_packets(r, from), 0);
        room_run(r, 4 * INTERVAL_US);
        assert_int_equal(gather(r, 1 - from, got, &fragments), sizeof sent);
        assert_memory_equal(got, sent, sizeof sent);
        assert_int_equal(fragments, 10);
        assert_int_equal(completed_packets(r, from), 1);
    }
    room_free(r);
}

static void an_answer_takes_the_next_event(void **state)
{
    room *r = connected();
    uint64_t asked;
    uint64_t answered;

    (void)state;
    send_acl(r, 1, 1, false, (const uint8_t *)"ping", 4);
    while (seek_acl(r, 0) == NULL)
        room_run(r, 10);
    asked = kith_sim_now(r->sim);
    send_acl(r, 0, 1, false, (const uint8_t *)"pong", 4);
    while (seek_acl(r, 1) == NULL)
        room_run(r, 10);
    answered = kith_sim_now(r->sim);
    assert_in_range(answered - asked, INTERVAL_US - 1000, INTERVAL_US + 1000);
    room_free(r);
}

static void too_much_data_is_a_buffer_overflow(void **state)
{
    room *r = connected();
    uint8_t data[252] = {0};

    (void)state;
    send_acl(r, 1, 1, false, data, 252);
    assert_non_null(seek(r, 1, KITH_HCI_EV_DATA_BUFFER_OVERFLOW, -1));
    for (int i = 0; i < 8; i++)
        send_acl(r, 1, 1, false, data, 10);
    assert_null(seek(r, 1, KITH_HCI_EV_DATA_BUFFER_OVERFLOW, -1));
    send_acl(r, 1, 1, false, data, 10);
    assert_non_null(seek(r, 1, KITH_HCI_EV_DATA_BUFFER_OVERFLOW, -1));
    room_run(r, 10 * INTERVAL_US);
    assert_int_equal(completed_packets(r, 1), 8);
    send_acl(r, 1, 7, false, data, 10); /* no such link: dropped */
    send_acl(r, 1, 1, false, data, 0);  /* nothing to send: the buffer comes back */
    assert_int_equal(completed_packets(r, 1), 9);
    room_free(r);
}

static void a_disconnect_gives_each_side_its_reason(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        room *r = connected();

        assert_int_equal(disconnect(r, who, 1, 0x00), KITH_HCI_INVALID_PARAMETERS);
        assert_int_equal(disconnect(r, who, 5, 0x13), KITH_HCI_UNKNOWN_CONNECTION);
        must(disconnect(r, who, 1, KITH_HCI_REMOTE_USER_TERMINATED));
        assert_int_equal(disconnect(r, who, 1, 0x13), KITH_HCI_COMMAND_DISALLOWED);
        assert_int_equal(end_reason(r, who, 200000), KITH_HCI_LOCAL_HOST_TERMINATED);
        assert_int_equal(end_reason(r, 1 - who, 200000), KITH_HCI_REMOTE_USER_TERMINATED);
        room_connect(r, 0, 1);
        room_free(r);
    }
}

static void data_sent_before_a_disconnect_still_arrives(void **state)
{
    room *r = connected();
    uint8_t data[200];
    uint8_t got[200];
    unsigned fragments;

    (void)state;
    fill(data, sizeof data);
    send_acl(r, 1, 1, false, data, sizeof data);
    must(disconnect(r, 1, 1, KITH_HCI_REMOTE_USER_TERMINATED));
    room_run(r, 200000);
    assert_int_equal(gather(r, 0, got, &fragments), sizeof data);
    assert_int_equal(end_reason(r, 0, 200000), KITH_HCI_REMOTE_USER_TERMINATED);
    room_free(r);
}

static void out_of_range_ends_by_supervision_timeout(void **state)
{
    room *r = connected();
    uint64_t gone;

    (void)state;
    kith_sim_set_out_of_range(r->sim, 0, true);
    gone = kith_sim_now(r->sim);
    assert_int_equal(end_reason(r, 1, 2 * TIMEOUT_US), KITH_HCI_CONNECTION_TIMEOUT);
    assert_in_range(kith_sim_now(r->sim) - gone, TIMEOUT_US - INTERVAL_US, TIMEOUT_US);
    assert_int_equal(end_reason(r, 0, 2 * TIMEOUT_US), KITH_HCI_CONNECTION_TIMEOUT);
    room_free(r);
}

static void a_reset_or_removal_is_a_supervision_timeout_for_the_peer(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        room *r = connected();
        int who = how & 1;

        if (how < 2)
            must(command(r, who, KITH_HCI_RESET, NULL, 0));
        else
            kith_sim_remove(r->sim, who);
        assert_int_equal(end_reason(r, 1 - who, 2 * TIMEOUT_US), KITH_HCI_CONNECTION_TIMEOUT);
        assert_null(seek(r, who, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1));
        room_free(r);
    }
}

static void a_connection_that_never_starts_fails_to_establish(void **state)
{
    room *r = room_new(2, 4);
    uint64_t began;

    (void)state;
    advertise(r, 0);
    must(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
    began = kith_sim_now(r->sim);
    kith_sim_set_loss(r->sim, 1000);
    assert_int_equal(end_reason(r, 1, TIMEOUT_US), KITH_HCI_FAILED_TO_ESTABLISH);
    assert_int_equal(end_reason(r, 0, TIMEOUT_US), KITH_HCI_FAILED_TO_ESTABLISH);
    assert_in_range(kith_sim_now(r->sim) - began, 6 * INTERVAL_US, 7 * INTERVAL_US);
    room_free(r);
}

static void loss_is_only_delay(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        room *r = room_new(2, seed);
        uint8_t sent[120];
        uint8_t got[4 * 120];
        unsigned fragments;

        if (seed % 50 == 1)
            print_message("seeds from %u\n", seed);

        room_connect(r, 0, 1);
        kith_sim_set_loss(r->sim, 200);
        fill(sent, sizeof sent);
        for (int from = 0; from < 2; from++) {
            room_forget_log(r);
            for (unsigned i = 0; i < 4; i++)
                send_acl(r, from, 1, i != 0, sent, sizeof sent);
            room_run(r, 4000000);
            assert_int_equal(gather(r, 1 - from, got, &fragments), sizeof got);
            for (unsigned i = 0; i < 4; i++)
                assert_memory_equal(got + i * sizeof sent, sent, sizeof sent);
            assert_int_equal(completed_packets(r, from), 4);
        }
        room_free(r);
    }
}

static void an_update_changes_both_sides_at_one_instant(void **state)
{
    uint8_t p[14] = {1, 0, 80, 0, 80, 0, 0, 0, 0xc8, 0};
    room *r = connected();
    const uint8_t *e;
    uint64_t told;

    (void)state;
    assert_int_equal(command(r, 0, KITH_HCI_LE_CONNECTION_UPDATE, p, sizeof p), KITH_HCI_UNSUPPORTED);
    must(command(r, 1, KITH_HCI_LE_CONNECTION_UPDATE, p, sizeof p));
    e = await_le(r, 1, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, 1000000);
    told = kith_sim_now(r->sim);
    must(e[0]);
    assert_int_equal(bytes_get16(e + 3), 80);
    assert_int_equal(bytes_get16(e + 7), 200);
    e = await_le(r, 0, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, 1);
    assert_int_equal(bytes_get16(e + 3), 80);
    assert_int_equal(kith_sim_now(r->sim), told);
    room_run(r, 5000000);
    assert_null(seek(r, 0, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1));
    p[8] = 10; /* 100 ms is not above twice 100 ms */
    assert_int_equal(command(r, 1, KITH_HCI_LE_CONNECTION_UPDATE, p, sizeof p), KITH_HCI_INVALID_PARAMETERS);
    room_free(r);
}

static void version_and_features_of_the_peer_are_read_by_both(void **state)
{
    static const uint8_t handle[2] = {1, 0};
    room *r = connected();
    const uint8_t *p;

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++) {
            must(command(r, i, KITH_HCI_READ_REMOTE_VERSION, handle, 2));
            must(command(r, i, KITH_HCI_LE_READ_REMOTE_FEATURES, handle, 2));
        }
        for (int i = 0; i < 2; i++) {
            p = await(r, i, KITH_HCI_EV_READ_REMOTE_VERSION_COMPLETE, -1, 300000);
            must(p[0]);
            assert_int_equal(p[3], 0x0d);
            r->read[i] = 0;
            p = await_le(r, i, KITH_HCI_LE_EV_READ_REMOTE_FEATURES_COMPLETE, 300000);
            must(p[0]);
            assert_int_equal(p[3], 0x7d);
        }
        room_run(r, 300000);
        room_forget_log(r);
    }
    room_free(r);
}

static void data_length_grows_when_asked_for(void **state)
{
    static const uint8_t most[6] = {1, 0, 251, 0, 0x48, 0x08};
    room *r = connected();
    uint8_t sent[251];
    uint8_t got[251];
    unsigned fragments;
    const uint8_t *p;

    (void)state;
    room_run(r, 300000);
    assert_null(seek_le(r, 0, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE)); /* not by itself: the default is 27 */
    must(command(r, 1, KITH_HCI_LE_SET_DATA_LENGTH, most, sizeof most));
    p = await_le(r, 1, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE, 300000);
    assert_int_equal(bytes_get16(p + 2), 251);
    assert_int_equal(bytes_get16(p + 4), 2120);
    assert_int_equal(bytes_get16(p + 6), 27);
    p = await_le(r, 0, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE, 300000);
    assert_int_equal(bytes_get16(p + 6), 251);
    fill(sent, sizeof sent);
    send_acl(r, 1, 1, false, sent, sizeof sent);
    room_run(r, 2 * INTERVAL_US);
    assert_int_equal(gather(r, 0, got, &fragments), 251);
    assert_int_equal(fragments, 1);
    room_free(r);
}

static void a_suggested_default_above_27_starts_the_length_update(void **state)
{
    static const uint8_t most[4] = {251, 0, 0x48, 0x08};
    room *r = room_new(2, 3);

    (void)state;
    must(command(r, 0, KITH_HCI_LE_WRITE_DEFAULT_DATA_LENGTH, most, sizeof most));
    must(command(r, 1, KITH_HCI_LE_WRITE_DEFAULT_DATA_LENGTH, most, sizeof most));
    room_connect(r, 0, 1);
    for (int i = 0; i < 2; i++) {
        const uint8_t *p;

        r->read[i] = 0;
        p = await_le(r, i, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE, 300000);
        assert_int_equal(bytes_get16(p + 2), 251);
        assert_int_equal(bytes_get16(p + 6), 251);
        assert_null(seek_le(r, i, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE));
    }
    room_free(r);
}

static void one_controller_is_central_and_peripheral_at_once(void **state)
{
    room *r = room_new(3, 5);
    const uint8_t *p;

    (void)state;
    advertise(r, 0);
    must(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
    advertise(r, 1);
    must(create_connection(r, 2, 0, 0, ROOM_ADDRESS[1], 0, 50, TIMEOUT));
    p = await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000);
    assert_int_equal(bytes_get16(p + 1), 2);
    assert_int_equal(p[3], 1);
    send_acl(r, 1, 1, false, (const uint8_t *)"down", 4);
    send_acl(r, 1, 2, false, (const uint8_t *)"up", 2);
    room_run(r, 200000);
    assert_memory_equal(seek_acl(r, 0)->data + 5, "down", 4);
    assert_memory_equal(seek_acl(r, 2)->data + 5, "up", 2);
    must(disconnect(r, 1, 1, 0x13));
    (void)await(r, 0, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 200000);
    room_run(r, 2 * TIMEOUT_US);
    assert_null(seek(r, 2, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1));
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_crosses_in_fragments_and_buffers_come_back),
        cmocka_unit_test(an_answer_takes_the_next_event),
        cmocka_unit_test(too_much_data_is_a_buffer_overflow),
        cmocka_unit_test(a_disconnect_gives_each_side_its_reason),
        cmocka_unit_test(data_sent_before_a_disconnect_still_arrives),
        cmocka_unit_test(out_of_range_ends_by_supervision_timeout),
        cmocka_unit_test(a_reset_or_removal_is_a_supervision_timeout_for_the_peer),
        cmocka_unit_test(a_connection_that_never_starts_fails_to_establish),
        cmocka_unit_test(loss_is_only_delay),
        cmocka_unit_test(an_update_changes_both_sides_at_one_instant),
        cmocka_unit_test(version_and_features_of_the_peer_are_read_by_both),
        cmocka_unit_test(data_length_grows_when_asked_for),
        cmocka_unit_test(a_suggested_default_above_27_starts_the_length_update),
        cmocka_unit_test(one_controller_is_central_and_peripheral_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
