/* What a link is like, between two hosts on the virtual radio: PHYs, packet lengths and signal strength, on controllers
 * of several ages. */
#include "cast.h"

static cast_host *phone, *lamp;

static cast_host *add(cast_room *room, const char *name, kith_sim_core core, bool is_lamp)
{
    kith_sim_device device = cast_device(room);
    kith_sim_limits limits;
    kith_config config;

    kith_sim_core_limits(&limits, core);
    assert_int_equal(kith_sim_set_limits(room->sim, device, &limits), KITH_OK);
    if (is_lamp)
        cast_lamp_config(&config);
    else
        cast_phone_config(&config);
    return cast_add_on(room, name, &config, device);
}

static cast_room *meet(uint64_t seed, kith_sim_core phones, kith_sim_core lamps)
{
    cast_room *room = cast_open(seed, CAST_TOY);

    phone = add(room, "phone", phones, false);
    lamp = add(room, "lamp", lamps, true);
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    cast_run(room, CAST_SECOND, NULL, NULL);
    return room;
}

static void expect_phys(cast_room *room, const cast_host *h, bool asked, uint8_t tx, uint8_t rx)
{
    const kith_event_phy *now = &h->last[KITH_EVENT_PHY].phy;

    cast_equal(room, h->told[KITH_EVENT_PHY], 1);
    cast_equal(room, now->asked, asked);
    cast_equal(room, now->hci_status, 0);
    cast_equal(room, now->tx_phy, tx);
    cast_equal(room, now->rx_phy, rx);
}

static void expect_protected(cast_room *room)
{
    cast_read(phone, CAST_VALUE_HANDLE);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.level, KITH_LEVEL_ENCRYPTED);
}

static void either_side_changes_phys_and_both_are_told(void **state)
{
    static const struct {
        uint8_t tx, rx, then_tx, then_rx;
    } rows[] = {
        {KITH_PHYS_2M, KITH_PHYS_2M, KITH_PHY_2M, KITH_PHY_2M},
        {KITH_PHYS_CODED, KITH_PHYS_CODED, KITH_PHY_CODED, KITH_PHY_CODED},
        {KITH_PHYS_2M, KITH_PHYS_CODED, KITH_PHY_2M, KITH_PHY_CODED},
    };

    (void)state;
    for (unsigned by_lamp = 0; by_lamp <= 1; by_lamp++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            cast_room *room = meet(701 + i, KITH_SIM_CORE_5_4, KITH_SIM_CORE_5_4);
            cast_host *one = by_lamp ? lamp : phone, *other = by_lamp ? phone : lamp;

            cast_equal(room, kith_gap_set_phy(one->host, one->link, rows[i].tx, rows[i].rx), KITH_OK);
            cast_equal(room, kith_gap_set_phy(one->host, one->link, rows[i].tx, rows[i].rx), KITH_ERR_BUSY);
            (void)cast_await(one, KITH_EVENT_PHY, 1);
            (void)cast_await(other, KITH_EVENT_PHY, 1);
            cast_run(room, CAST_SECOND, NULL, NULL);
            expect_phys(room, one, true, rows[i].then_tx, rows[i].then_rx);
            expect_phys(room, other, false, rows[i].then_rx, rows[i].then_tx);
            expect_protected(room);
            cast_close(room);
        }
    }
}

/* Ends once, by name, and everything stays. */
static void a_peer_without_other_phys_leaves_them_as_they_are(void **state)
{
    cast_room *room = meet(711, KITH_SIM_CORE_5_4, KITH_SIM_CORE_4_2);
    const kith_event_phy *now = &phone->last[KITH_EVENT_PHY].phy;

    (void)state;
    cast_equal(room, kith_gap_set_phy(phone->host, phone->link, KITH_PHYS_2M, KITH_PHYS_2M), KITH_OK);
    (void)cast_await(phone, KITH_EVENT_PHY, 1);
    cast_run(room, 50 * CAST_SECOND, NULL, NULL);
    cast_equal(room, phone->told[KITH_EVENT_PHY], 1);
    cast_check(room, now->asked);
    cast_check(room, now->hci_status != 0 || (now->tx_phy == KITH_PHY_1M && now->rx_phy == KITH_PHY_1M));
    cast_equal(room, lamp->told[KITH_EVENT_PHY], 0);
    expect_protected(room);
    cast_close(room);
}

static void what_our_controller_lacks_is_said_at_once(void **state)
{
    cast_room *room = meet(712, KITH_SIM_CORE_5_0, KITH_SIM_CORE_4_2);

    (void)state;
    cast_equal(room, kith_gap_set_phy(phone->host, phone->link, KITH_PHYS_CODED, 0), KITH_ERR_UNSUPPORTED);
    cast_equal(room, kith_gap_set_phy(lamp->host, lamp->link, KITH_PHYS_1M, KITH_PHYS_1M), KITH_ERR_UNSUPPORTED);
    cast_close(room);
}

static void a_link_that_is_lost_meanwhile_ends_it_first(void **state)
{
    cast_room *room = meet(713, KITH_SIM_CORE_5_4, KITH_SIM_CORE_5_4);

    (void)state;
    kith_sim_set_out_of_range(room->sim, lamp->device, true);
    cast_equal(room, kith_gap_set_phy(phone->host, phone->link, KITH_PHYS_2M, 0), KITH_OK);
    (void)cast_await(phone, KITH_EVENT_DISCONNECTED, 1);
    cast_equal(room, phone->told[KITH_EVENT_PHY], 1);
    cast_equal(room, phone->last[KITH_EVENT_PHY].phy.hci_status, KITH_HCI_CONNECTION_TIMEOUT);
    cast_close(room);
}

static void the_strength_is_that_of_the_peer(void **state)
{
    cast_room *room = meet(714, KITH_SIM_CORE_4_2, KITH_SIM_CORE_4_2);

    (void)state;
    cast_equal(room, kith_gap_read_rssi(phone->host, phone->link), KITH_OK);
    (void)cast_await(phone, KITH_EVENT_RSSI, 1);
    cast_equal(room, phone->last[KITH_EVENT_RSSI].rssi.hci_status, 0);
    cast_check(room, phone->last[KITH_EVENT_RSSI].rssi.rssi < 0);
    cast_close(room);
}

static void lengths_are_as_long_as_both_can_and_shorter_where_one_wants(void **state)
{
    cast_room *room = meet(715, KITH_SIM_CORE_5_0, KITH_SIM_CORE_5_0);

    (void)state;
    cast_equal(room, phone->last[KITH_EVENT_DATA_LENGTH].data_length.tx_octets, 251);
    cast_equal(room, phone->last[KITH_EVENT_DATA_LENGTH].data_length.rx_octets, 251);
    cast_equal(room, kith_gap_set_data_length(lamp->host, lamp->link, 60), KITH_OK);
    cast_run(room, CAST_SECOND, NULL, NULL);
    cast_equal(room, lamp->last[KITH_EVENT_DATA_LENGTH].data_length.tx_octets, 60);
    cast_equal(room, phone->last[KITH_EVENT_DATA_LENGTH].data_length.rx_octets, 60);
    cast_equal(room, phone->last[KITH_EVENT_DATA_LENGTH].data_length.tx_octets, 251);
    expect_protected(room);
    cast_close(room);
}

static void a_peer_that_has_no_long_packets_changes_nothing(void **state)
{
    cast_room *room = meet(716, KITH_SIM_CORE_4_2, KITH_SIM_CORE_4_2_BARE);

    (void)state;
    cast_equal(room, phone->told[KITH_EVENT_DATA_LENGTH] + lamp->told[KITH_EVENT_DATA_LENGTH], 0);
    cast_equal(room, kith_gap_set_data_length(lamp->host, lamp->link, 60), KITH_ERR_UNSUPPORTED);
    cast_equal(room, kith_gap_set_data_length(phone->host, phone->link, 60), KITH_OK);
    cast_run(room, CAST_SECOND, NULL, NULL);
    cast_equal(room, phone->told[KITH_EVENT_DATA_LENGTH], 0);
    expect_protected(room);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_side_changes_phys_and_both_are_told),
        cmocka_unit_test(a_peer_without_other_phys_leaves_them_as_they_are),
        cmocka_unit_test(what_our_controller_lacks_is_said_at_once),
        cmocka_unit_test(a_link_that_is_lost_meanwhile_ends_it_first),
        cmocka_unit_test(the_strength_is_that_of_the_peer),
        cmocka_unit_test(lengths_are_as_long_as_both_can_and_shorter_where_one_wants),
        cmocka_unit_test(a_peer_that_has_no_long_packets_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
