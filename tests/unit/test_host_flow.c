/* Flow between host and controller: commands one at a time, ACL data within the controller's buffers, counts that are
 * wrong, connections too many, events of any shape. */
#include "test_host_support.h"

static const uint8_t read_request[] = {0x0a, 16, 0};

/* ---- ACL data ---- */

static void frames_are_cut_to_the_controllers_buffers(void **state)
{
    (void)state;
    for (uint16_t acl_len = 27; acl_len < 80; acl_len++) {
        uint8_t whole[4 + 65];
        size_t put = 0;
        host_link *link;
        desk d;

        desk_open(&d, 1, acl_len, 8);
        link = desk_connect(&d, 0, true);
        desk_forget(&d);
        memset(whole, 0x3c, sizeof whole);
        assert_true(acl_send(link, KITH_CID_SMP, TX_SMP, whole + 4, 65));
        desk_pump(&d);
        for (unsigned i = 0; i < d.acl_count; i++) {
            uint16_t word = bytes_get16(d.acl[i] + 1);

            assert_true(d.acl_sizes[i] - 5 <= acl_len);
            assert_int_equal(bytes_get16(d.acl[i] + 3), d.acl_sizes[i] - 5);
            assert_int_equal(word & KITH_ACL_BOUNDARY_MASK,
                             i == 0 ? KITH_ACL_FIRST_NON_FLUSHABLE : KITH_ACL_CONTINUING);
            put += d.acl_sizes[i] - 5;
        }
        assert_int_equal(put, 69);
        desk_close(&d);
    }
}

static void no_more_packets_go_than_the_controller_holds(void **state)
{
    uint8_t pdu[65] = {KITH_SMP_PAIRING_PUBLIC_KEY};
    host_link *link;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 2);
    link = desk_connect(&d, 0, true);
    desk_forget(&d);
    assert_true(acl_send(link, KITH_CID_SMP, TX_SMP, pdu, sizeof pdu));
    desk_pump(&d);
    assert_int_equal(d.acl_count, 2);
    desk_complete(&d, 0, 1, 1);
    desk_pump(&d);
    assert_int_equal(d.acl_count, 3);
    desk_complete(&d, 0, 1, 60000); /* a controller that counts wrong gets no more than it took */
    assert_int_equal(d.h->acl_credits, 2);
    desk_complete(&d, 1, 1, 5); /* of a connection that is not there */
    assert_int_equal(d.h->acl_credits, 2);
    desk_close(&d);
}

/* Vol 4 Part E 4.3: what a lost link had in the controller is free again. */
static void a_disconnection_gives_its_buffers_back(void **state)
{
    uint8_t gone[4] = {0, DESK_HANDLE, 0, 0x08};
    host_link *one, *two;
    desk d;

    (void)state;
    desk_open(&d, 2, 27, 1);
    one = desk_connect(&d, 0, true);
    two = desk_connect(&d, 1, true);
    desk_forget(&d);
    assert_true(acl_send(one, KITH_CID_ATT, TX_ATT_ANSWER, read_request, 3));
    desk_pump(&d);
    assert_true(acl_send(two, KITH_CID_ATT, TX_ATT_ANSWER, read_request, 3));
    desk_pump(&d);
    assert_int_equal(d.acl_count, 1);
    desk_event(&d, KITH_HCI_EV_DISCONNECTION_COMPLETE, gone, sizeof gone);
    desk_pump(&d);
    assert_int_equal(d.acl_count, 2);
    assert_int_equal(bytes_get16(d.acl[1] + 1) & KITH_ACL_HANDLE_MASK, DESK_HANDLE + 1);
    desk_close(&d);
}

static void links_take_turns(void **state)
{
    desk d;

    (void)state;
    desk_open(&d, 3, 27, 8);
    for (unsigned i = 0; i < 3; i++) {
        host_link *link = desk_connect(&d, i, true);

        for (unsigned n = 0; n < 2; n++)
            assert_true(acl_send(link, KITH_CID_SMP, TX_SMP, read_request, 3));
    }
    desk_forget(&d);
    desk_pump(&d);
    assert_int_equal(d.acl_count, 6);
    for (unsigned i = 0; i < 3; i++)
        assert_int_not_equal(d.acl[i][1], d.acl[(i + 1) % 3][1]);
    desk_close(&d);
}

/* What a class may take leaves the others what they were promised, whatever already waits. */
static void reserves_hold_whatever_waits(void **state)
{
    enum { RUNS = 20000 };
    uint32_t seed = 7;
    desk d;

    (void)state;
    print_message("seed %u\n", (unsigned)seed);
    desk_open(&d, 1, 27, 1);
    for (unsigned run = 0; run < RUNS; run++) {
        static const uint8_t pdu[600];
        host_link *link = desk_connect(&d, 0, true);
        uint8_t gone[4] = {0, DESK_HANDLE, 0, 0x13};
        size_t smp = 0;

        assert_non_null(link);
        for (unsigned n = 0; n < 30; n++) {
            host_tx_class kind = (host_tx_class)((seed = seed * 1664525u + 1013904223u) >> 30);
            size_t len = kind == TX_SIGNALLING ? 1 + (seed >> 8) % 23 : 1 + (seed >> 8) % 65;
            bool fits = acl_send(link, kind == TX_SMP ? KITH_CID_SMP : KITH_CID_ATT, kind, pdu, len);

            assert_true(link->tx_len <= link->tx_cap);
            if (kind == TX_SMP) {
                bool within = smp + len + HOST_FRAME_RECORD + KITH_L2CAP_HEADER <= HOST_SMP_RESERVE;

                assert_true(fits || !within); /* a pairing always gets what is reserved for it */
                smp += fits ? len + HOST_FRAME_RECORD + KITH_L2CAP_HEADER : 0;
            }
        }
        desk_event(&d, KITH_HCI_EV_DISCONNECTION_COMPLETE, gone, sizeof gone);
        desk_take_events(&d);
    }
    desk_close(&d);
}

/* An application's request does not have to wait because a pairing has much to say. */
static void a_pairing_that_waits_leaves_an_application_its_room(void **state)
{
    uint8_t pdu[65] = {KITH_SMP_PAIRING_PUBLIC_KEY};
    host_link *link;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    link = desk_connect(&d, 0, true);
    for (unsigned i = 0; i < 4; i++)
        assert_true(acl_send(link, KITH_CID_SMP, TX_SMP, pdu, sizeof pdu));
    assert_int_equal(kith_gatt_read(d.h, link->id, 9), KITH_OK);
    desk_close(&d);
}

/* ---- commands ---- */

static void one_command_at_a_time(void **state)
{
    kith_advertising advertising;
    kith_scan scan;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    kith_gap_default_advertising(&advertising, "x");
    kith_gap_default_scan(&scan);
    d.hold_back = KITH_HCI_LE_SET_ADV_PARAMETERS;
    assert_int_equal(kith_gap_advertise(d.h, &advertising), KITH_OK);
    assert_int_equal(kith_gap_start_scan(d.h, &scan), KITH_OK);
    desk_pump(&d);
    assert_int_equal(d.command_count, 1);
    d.hold_back = 0;
    desk_answer(&d, KITH_HCI_LE_SET_ADV_PARAMETERS);
    desk_pump(&d);
    desk_take_events(&d);
    assert_int_equal(d.told[KITH_EVENT_ADVERTISING], 1);
    assert_int_equal(d.told[KITH_EVENT_SCANNING], 1);
    desk_close(&d);
}

static void no_credit_no_command_and_a_controller_that_gives_none_is_lost(void **state)
{
    const uint8_t none[] = {0, KITH_HCI_NOP & 0xff, KITH_HCI_NOP >> 8}, one[] = {1, 0, 0};
    kith_advertising advertising;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    kith_gap_default_advertising(&advertising, "x");
    desk_event(&d, KITH_HCI_EV_COMMAND_COMPLETE, none, sizeof none);
    assert_int_equal(kith_gap_advertise(d.h, &advertising), KITH_OK);
    desk_pump(&d);
    assert_int_equal(d.command_count, 0);
    desk_event(&d, KITH_HCI_EV_COMMAND_COMPLETE, one, sizeof one);
    desk_pump(&d);
    assert_int_equal(d.command_count, 4);
    desk_event(&d, KITH_HCI_EV_COMMAND_COMPLETE, none, sizeof none);
    d.now_us = kith_host_deadline(d.h);
    assert_true(d.now_us < UINT64_MAX);
    assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    desk_take_events(&d);
    assert_int_equal(d.told[KITH_EVENT_CONTROLLER_LOST], 1);
    desk_close(&d);
}

static void an_answer_to_another_command_is_not_taken_for_ours(void **state)
{
    kith_advertising advertising;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    kith_gap_default_advertising(&advertising, "x");
    d.hold_back = KITH_HCI_LE_SET_ADV_PARAMETERS;
    assert_int_equal(kith_gap_advertise(d.h, &advertising), KITH_OK);
    desk_pump(&d);
    desk_answer(&d, KITH_HCI_LE_SET_ADV_ENABLE);
    desk_answer(&d, KITH_HCI_RESET);
    desk_pump(&d);
    desk_take_events(&d);
    assert_int_equal(d.command_count, 1);
    assert_int_equal(d.told[KITH_EVENT_ADVERTISING], 0);
    desk_close(&d);
}

/* ---- connections ---- */

static void a_connection_too_many_is_disconnected(void **state)
{
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    assert_non_null(desk_connect(&d, 0, false));
    assert_null(desk_connect(&d, 1, false));
    assert_int_equal(d.told[KITH_EVENT_CONNECTED], 1);
    desk_pump(&d);
    assert_int_equal(desk_sent(&d, KITH_HCI_DISCONNECT), 1);
    desk_close(&d);
}

static void encryption_that_was_not_asked_for_raises_nothing_and_ends_the_link(void **state)
{
    const uint8_t on[] = {0, DESK_HANDLE, 0, 1};
    kith_event_security now;
    host_link *link;
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    link = desk_connect(&d, 0, false);
    desk_forget(&d);
    desk_event(&d, KITH_HCI_EV_ENCRYPTION_CHANGE, on, sizeof on);
    desk_pump(&d);
    desk_take_events(&d);
    assert_int_equal(kith_security_of(d.h, link->id, &now), KITH_OK);
    assert_int_equal(now.level, KITH_LEVEL_NONE);
    assert_int_equal(d.told[KITH_EVENT_SECURITY_CHANGED], 0);
    assert_int_equal(desk_sent(&d, KITH_HCI_DISCONNECT), 1);
    desk_close(&d);
}

static void an_ltk_request_without_a_bond_is_refused_and_told(void **state)
{
    uint8_t request[13] = {KITH_HCI_LE_EV_LTK_REQUEST, DESK_HANDLE};
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    desk_connect(&d, 0, false);
    desk_forget(&d);
    desk_event(&d, KITH_HCI_EV_LE_META, request, sizeof request);
    desk_pump(&d);
    desk_take_events(&d);
    assert_int_equal(desk_sent(&d, KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY), 1);
    assert_int_equal(desk_sent(&d, KITH_HCI_LE_LTK_REQUEST_REPLY), 0);
    assert_int_equal(d.told[KITH_EVENT_ENCRYPTION_FAILED], 1);
    assert_int_equal(d.last.verdict.why, KITH_WHY_WE_HAVE_NO_KEY);
    desk_close(&d);
}

/* ---- any shape ---- */

static void events_of_any_code_and_length_do_no_harm(void **state)
{
    desk d;

    (void)state;
    desk_open(&d, 2, 27, 4);
    desk_connect(&d, 0, false);
    for (unsigned fill = 0; fill < 256; fill += 51)
        for (unsigned code = 0; code < 256; code++)
            for (unsigned len = 0; len < 80; len += 1 + len / 20) {
                uint8_t p[80];

                if (code == KITH_HCI_EV_HARDWARE_ERROR)
                    continue;
                memset(p, (int)fill, sizeof p);
                desk_event(&d, (uint8_t)code, p, len);
                for (p[0] = 0; code == KITH_HCI_EV_LE_META && p[0] < 40; p[0]++)
                    desk_event(&d, (uint8_t)code, p, len);
                desk_pump(&d);
                desk_take_events(&d);
                d.command_count = d.acl_count = 0;
            }
    desk_close(&d);
}

static void what_is_not_one_whole_packet_is_refused(void **state)
{
    static const struct {
        uint8_t octets[8];
        size_t len;
    } bad[] = {
        {{0}, 0},
        {{4}, 1},
        {{4, 0x0e}, 2},
        {{4, 0x0e, 4, 1, 2, 3}, 6},
        {{4, 0x0e, 1, 1, 2}, 5},
        {{2, 0x40, 0, 1, 0}, 5},
        {{2, 0x40, 0, 1, 0, 1, 1}, 7},
        {{1, 3, 0x0c, 0}, 4},
        {{3, 0, 0, 0}, 4},
        {{5, 0, 0, 0, 0}, 5},
    };
    desk d;

    (void)state;
    desk_open(&d, 1, 27, 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(kith_host_receive(d.h, bad[i].octets, bad[i].len, 0), KITH_ERR_VALUE);
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_cut_to_the_controllers_buffers),
        cmocka_unit_test(no_more_packets_go_than_the_controller_holds),
        cmocka_unit_test(a_disconnection_gives_its_buffers_back),
        cmocka_unit_test(links_take_turns),
        cmocka_unit_test(reserves_hold_whatever_waits),
        cmocka_unit_test(a_pairing_that_waits_leaves_an_application_its_room),
        cmocka_unit_test(one_command_at_a_time),
        cmocka_unit_test(no_credit_no_command_and_a_controller_that_gives_none_is_lost),
        cmocka_unit_test(an_answer_to_another_command_is_not_taken_for_ours),
        cmocka_unit_test(a_connection_too_many_is_disconnected),
        cmocka_unit_test(encryption_that_was_not_asked_for_raises_nothing_and_ends_the_link),
        cmocka_unit_test(an_ltk_request_without_a_bond_is_refused_and_told),
        cmocka_unit_test(events_of_any_code_and_length_do_no_harm),
        cmocka_unit_test(what_is_not_one_whole_packet_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
