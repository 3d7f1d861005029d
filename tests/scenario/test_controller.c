/* Controllers that lack things, have little room, stop answering or break down: named, survived, restarted. */
#include "cast.h"

static cast_room *room_with(kith_sim_limits *limits, cast_host **lamp)
{
    cast_room *room = cast_open(111, CAST_OPENSSL);

    *lamp = cast_add_lamp(room, "lamp");
    assert_int_equal(kith_sim_set_limits(room->sim, (*lamp)->device, limits), KITH_OK);
    return room;
}

/* ---- what is missing ---- */

static const kith_event *start_failing(kith_sim_limits *limits, cast_room **room)
{
    cast_host *lamp;

    *room = room_with(limits, &lamp);
    assert_int_equal(kith_host_start(lamp->host, 0), KITH_OK);
    cast_await(lamp, KITH_EVENT_START_FAILED, 1);
    cast_equal(*room, lamp->told[KITH_EVENT_READY], 0);
    cast_equal(*room, kith_pairing_is_open(lamp->host), false);
    return &lamp->last[KITH_EVENT_START_FAILED];
}

static void a_controller_without_encryption_is_refused_by_name(void **state)
{
    kith_sim_limits limits;
    cast_room *room;
    const kith_event *e;

    (void)state;
    kith_sim_default_limits(&limits);
    limits.le_features &= ~UINT64_C(1);
    e = start_failing(&limits, &room);
    cast_equal(room, e->start_failed.lacks, KITH_LACKS_ENCRYPTION);
    assert_non_null(kith_lack_name(e->start_failed.lacks));
    cast_close(room);
}

static void a_controller_without_one_of_the_encryption_commands_is_refused(void **state)
{
    static const uint16_t commands[] = {KITH_HCI_LE_ENABLE_ENCRYPTION, KITH_HCI_LE_LTK_REQUEST_REPLY,
                                        KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY};

    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        kith_sim_limits limits;
        cast_room *room;
        const kith_event *e;

        kith_sim_default_limits(&limits);
        limits.unsupported_commands = &commands[i];
        limits.unsupported_count = 1;
        e = start_failing(&limits, &room);
        cast_equal(room, e->start_failed.lacks, KITH_LACKS_ENCRYPTION);
        cast_close(room);
    }
}

static void a_command_that_fails_at_start_up_is_named(void **state)
{
    static const uint16_t commands[] = {KITH_HCI_READ_LOCAL_VERSION, KITH_HCI_READ_BD_ADDR,
                                        KITH_HCI_LE_READ_BUFFER_SIZE, KITH_HCI_LE_READ_LOCAL_FEATURES};

    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        kith_sim_limits limits;
        cast_room *room;
        const kith_event *e;

        kith_sim_default_limits(&limits);
        limits.unsupported_commands = &commands[i];
        limits.unsupported_count = 1;
        e = start_failing(&limits, &room);
        cast_equal(room, e->start_failed.opcode, commands[i]);
        cast_equal(room, e->start_failed.hci_status, KITH_HCI_UNKNOWN_COMMAND);
        cast_close(room);
    }
}

typedef struct {
    uint16_t opcode;
    uint32_t lack;
} optional_row;

/* What is not needed to start is said, and what would need it is refused. */
static void what_is_not_needed_to_start_is_said(void **state)
{
    static const optional_row rows[] = {
        {KITH_HCI_LE_SET_ADV_ENABLE, KITH_LACKS_ADVERTISING},
        {KITH_HCI_LE_SET_SCAN_ENABLE, KITH_LACKS_SCANNING},
        {KITH_HCI_LE_CREATE_CONNECTION, KITH_LACKS_INITIATING},
        {KITH_HCI_LE_SET_DATA_LENGTH, KITH_LACKS_DATA_LENGTH},
        {KITH_HCI_LE_ADD_TO_RESOLVING_LIST, KITH_LACKS_RESOLVING_LIST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kith_sim_limits limits;
        kith_advertising advertising;
        kith_scan scan;
        kith_address peer = {KITH_ADDRESS_PUBLIC, {9, 9, 9, 9, 9, 9}};
        uint32_t lack = rows[i].lack;
        cast_host *lamp;
        cast_room *room;

        kith_sim_default_limits(&limits);
        limits.unsupported_commands = &rows[i].opcode;
        limits.unsupported_count = 1;
        room = room_with(&limits, &lamp);
        cast_start(room);
        cast_equal(room, lamp->last[KITH_EVENT_READY].ready.lacks & lack, lack);
        assert_non_null(kith_lack_name(lack));
        kith_gap_default_advertising(&advertising, "lamp");
        kith_gap_default_scan(&scan);
        cast_equal(room, kith_gap_advertise(lamp->host, &advertising) == KITH_ERR_UNSUPPORTED,
                   lack == KITH_LACKS_ADVERTISING);
        cast_equal(room, kith_gap_start_scan(lamp->host, &scan) == KITH_ERR_UNSUPPORTED, lack == KITH_LACKS_SCANNING);
        cast_equal(room, kith_gap_connect(lamp->host, &peer, NULL) == KITH_ERR_UNSUPPORTED,
                   lack == KITH_LACKS_INITIATING);
        cast_close(room);
    }
}

/* ---- little room ---- */

static void pairing_works_with_the_smallest_buffers(void **state)
{
    static const uint8_t packets[] = {1, 2, 8};
    static const uint16_t lens[] = {27, 31, 251};

    (void)state;
    for (size_t i = 0; i < 9; i++) {
        kith_sim_limits limits;
        cast_room *room = cast_open(112 + i, CAST_OPENSSL);
        cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

        kith_sim_default_limits(&limits);
        limits.acl_packets = packets[i % 3];
        limits.acl_len = lens[i / 3];
        assert_int_equal(kith_sim_set_limits(room->sim, lamp->device, &limits), KITH_OK);
        assert_int_equal(kith_sim_set_limits(room->sim, phone->device, &limits), KITH_OK);
        cast_start(room);
        cast_equal(room, lamp->last[KITH_EVENT_READY].ready.acl_len, lens[i / 3]);
        cast_equal(room, lamp->last[KITH_EVENT_READY].ready.acl_packets, packets[i % 3]);
        cast_connect_and_pair(phone, lamp);
        cast_close(room);
    }
}

static void pairing_works_with_many_command_credits(void **state)
{
    (void)state;
    for (uint8_t credits = 1; credits < 6; credits++) {
        kith_sim_limits limits;
        cast_room *room = cast_open(113, CAST_OPENSSL);
        cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

        kith_sim_default_limits(&limits);
        limits.command_credits = credits;
        assert_int_equal(kith_sim_set_limits(room->sim, lamp->device, &limits), KITH_OK);
        cast_start(room);
        cast_connect_and_pair(phone, lamp);
        cast_close(room);
    }
}

/* ---- breaking down ---- */

static void hardware_error(cast_host *h)
{
    static const uint8_t event[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, 0x42};

    assert_int_equal(kith_host_receive(h->host, event, sizeof event, kith_sim_now(h->room->sim)), KITH_OK);
}

static void count_before_lost(cast_host *self, const kith_event *e)
{
    unsigned *ends_after = self->context;

    if (self->told[KITH_EVENT_CONTROLLER_LOST] > 0 && e->link != 0)
        ++*ends_after;
}

static void restart(cast_host *h)
{
    unsigned ready = h->told[KITH_EVENT_READY];

    cast_equal(h->room, kith_host_start(h->host, kith_sim_now(h->room->sim)), KITH_OK);
    cast_await(h, KITH_EVENT_READY, ready + 1);
}

static void a_hardware_error_ends_links_first_and_a_restart_has_the_bonds(void **state)
{
    cast_room *room = cast_open(114, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");
    unsigned after = 0;

    (void)state;
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    phone->context = &after;
    phone->react = count_before_lost;
    cast_equal(room, kith_gatt_read(phone->host, phone->link, CAST_VALUE_HANDLE), KITH_OK);
    hardware_error(phone);
    cast_await(phone, KITH_EVENT_CONTROLLER_LOST, 1);
    cast_equal(room, phone->last[KITH_EVENT_CONTROLLER_LOST].lost.hardware_code, 0x42);
    cast_equal(room, phone->link, 0);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_LINK_LOST);
    cast_equal(room, after, 0);
    cast_equal(room, kith_bonds_count(phone->host), 1);
    restart(phone);
    phone->react = NULL;
    cast_run(room, 10 * CAST_SECOND, NULL, NULL); /* the lamp's link dies by its own timer */
    cast_equal(room, lamp->link, 0);
    cast_connect(phone, lamp);
    cast_equal(room, kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(phone, 2);
    cast_equal(room, phone->end.why, KITH_WHY_ENCRYPTED);
    cast_close(room);
}

/* At any moment of a pairing, on either side: one end, then CONTROLLER_LOST, then all is well again. */
static void break_down_while_pairing(uint64_t after_us, bool at_the_lamp)
{
    cast_room *room = cast_open(115, CAST_TOY);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");
    cast_host *broken = at_the_lamp ? lamp : phone;

    cast_start(room);
    cast_connect(phone, lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 60000), KITH_OK);
    cast_equal(room, kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_run(room, after_us, NULL, NULL);
    hardware_error(broken);
    cast_await(broken, KITH_EVENT_CONTROLLER_LOST, 1);
    cast_check(room, broken->ends <= 1 && (broken == lamp || broken->ends == 1));
    if (broken->ends == 1 && !broken->end.succeeded)
        cast_equal(room, broken->end.why, KITH_WHY_LINK_LOST);
    restart(broken);
    cast_run(room, 10 * CAST_SECOND, NULL, NULL);
    cast_check(room, lamp->ends <= 1 && phone->ends == 1);
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
}

static void lose_a_work_item(cast_host *self, const kith_event *event)
{
    kith_work lost;

    if (event->kind == KITH_EVENT_READY)
        cast_check(self->room, kith_host_take_work(self->host, &lost));
}

/* The key pair made ahead, and whoever was to compute it is gone: a restart makes another. */
static void a_restart_does_not_wait_for_work_that_was_lost(void **state)
{
    cast_room *room = cast_open(118, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

    (void)state;
    phone->react = lose_a_work_item;
    cast_start(room);
    phone->react = NULL;
    hardware_error(phone);
    cast_await(phone, KITH_EVENT_CONTROLLER_LOST, 1);
    restart(phone);
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
}

static void a_hardware_error_at_any_moment_of_a_pairing(void **state)
{
    (void)state;
    for (uint64_t after = 0; after < 800000; after += 10000) {
        break_down_while_pairing(after, true);
        break_down_while_pairing(after, false);
    }
}

static void a_controller_that_stops_answering_is_lost_and_can_be_replaced(void **state)
{
    cast_room *room = cast_open(116, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");
    uint64_t asked;

    (void)state;
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    kith_sim_remove(room->sim, phone->device);
    asked = kith_sim_now(room->sim);
    assert_int_equal(kith_gap_disconnect(phone->host, phone->link, 0x13), KITH_OK);
    cast_await(phone, KITH_EVENT_CONTROLLER_LOST, 1);
    cast_equal(room, phone->last[KITH_EVENT_CONTROLLER_LOST].lost.opcode, KITH_HCI_DISCONNECT);
    cast_check(room, kith_sim_now(room->sim) - asked < 10 * CAST_SECOND);
    cast_equal(room, phone->told[KITH_EVENT_DISCONNECTED], 1);
    phone->device = cast_device(room);
    room->stage.hosts[phone->number].device = phone->device;
    restart(phone);
    cast_equal(room, kith_bonds_count(phone->host), 1);
    cast_run(room, 10 * CAST_SECOND, NULL, NULL);
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
}

static void a_controller_that_never_answers_ends_the_start(void **state)
{
    cast_room *room = cast_open(117, CAST_OPENSSL);
    cast_host *phone = cast_add_phone(room, "phone");

    (void)state;
    kith_sim_remove(room->sim, phone->device);
    assert_int_equal(kith_host_start(phone->host, 0), KITH_OK);
    cast_await(phone, KITH_EVENT_START_FAILED, 1);
    cast_equal(room, phone->last[KITH_EVENT_START_FAILED].start_failed.opcode, KITH_HCI_RESET);
    cast_equal(room, phone->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_IO);
    phone->device = cast_device(room);
    room->stage.hosts[phone->number].device = phone->device;
    restart(phone);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_controller_without_encryption_is_refused_by_name),
        cmocka_unit_test(a_controller_without_one_of_the_encryption_commands_is_refused),
        cmocka_unit_test(a_command_that_fails_at_start_up_is_named),
        cmocka_unit_test(what_is_not_needed_to_start_is_said),
        cmocka_unit_test(pairing_works_with_the_smallest_buffers),
        cmocka_unit_test(pairing_works_with_many_command_credits),
        cmocka_unit_test(a_hardware_error_ends_links_first_and_a_restart_has_the_bonds),
        cmocka_unit_test(a_restart_does_not_wait_for_work_that_was_lost),
        cmocka_unit_test(a_hardware_error_at_any_moment_of_a_pairing),
        cmocka_unit_test(a_controller_that_stops_answering_is_lost_and_can_be_replaced),
        cmocka_unit_test(a_controller_that_never_answers_ends_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
