/* The authenticated payload timeout as octets of a controller: what is sent for a link, and what its event means. */
#include "test_host_support.h"

static void open_with_ping(desk *d)
{
    desk_open(d, 2, 27, 4);
    assert_int_equal(d->h->ready.lacks & KITH_LACKS_PING, KITH_LACKS_PING); /* the feature; it has the commands */
    d->h->ready.lacks &= ~(uint32_t)KITH_LACKS_PING;
}

static void expire(desk *d, uint16_t handle, size_t len)
{
    uint8_t p[2];

    bytes_put16(p, handle);
    desk_event(d, KITH_HCI_EV_AUTH_PAYLOAD_TIMEOUT, p, len);
}

static const kith_event_security encrypted = {
    .level = KITH_LEVEL_ENCRYPTED, .key_size = 16, .secure_connections = true, .method = KITH_METHOD_JUST_WORKS};

static void encrypt(desk *d, host_link *link)
{
    encryption_set(d->h, link, &encrypted);
    desk_pump(d);
}

static void it_is_set_once_for_each_link_that_is_encrypted(void **state)
{
    host_link *one, *two;
    desk d;

    (void)state;
    open_with_ping(&d);
    one = desk_connect(&d, 0, false);
    two = desk_connect(&d, 1, true);
    desk_pump(&d);
    assert_int_equal(desk_sent(&d, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT), 0);
    encrypt(&d, one);
    assert_int_equal(desk_sent(&d, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT), 1);
    encrypt(&d, two);
    assert_int_equal(desk_sent(&d, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT), 2);
    encrypt(&d, one);
    assert_int_equal(desk_sent(&d, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT), 2);
    desk_close(&d);
}

static void it_is_not_set_where_it_is_left_to_the_controller_or_lacking(void **state)
{
    desk d;

    (void)state;
    for (unsigned lacking = 0; lacking <= 1; lacking++) {
        open_with_ping(&d);
        if (lacking)
            d.h->ready.lacks |= KITH_LACKS_PING;
        else
            d.h->config.payload_timeout_10ms = 0;
        encrypt(&d, desk_connect(&d, 0, false));
        assert_int_equal(desk_sent(&d, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT), 0);
        desk_close(&d);
    }
}

static void the_octets_are_those_of_the_specification(void **state)
{
    static const uint8_t wanted[] = {0x01, 0x7c, 0x0c, 0x04, DESK_HANDLE, 0x00, 0xb8, 0x0b};
    uint8_t packet[260];
    desk d;

    (void)state;
    open_with_ping(&d);
    encryption_set(d.h, desk_connect(&d, 0, false), &encrypted);
    do
        assert_true(kith_host_next_packet(d.h, packet, sizeof packet) > 0 || d.h->command.opcode != 0);
    while (bytes_get16(packet + 1) != KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT &&
           (desk_answer(&d, bytes_get16(packet + 1)), true));
    assert_memory_equal(packet, wanted, sizeof wanted);
    desk_close(&d);
}

/* Whatever a controller says of interval and latency. */
static void the_least_that_is_asked_for_fits_its_field(void **state)
{
    uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE};
    host_link *link;
    desk d;

    (void)state;
    open_with_ping(&d);
    p[2] = DESK_HANDLE;
    memset(p + 12, 0xff, 4); /* interval, latency */
    desk_event(&d, KITH_HCI_EV_LE_META, p, sizeof p);
    link = link_by_handle(d.h, DESK_HANDLE);
    assert_int_equal(link->payload_floor_10ms, UINT16_MAX);
    desk_close(&d);
}

static void a_refusal_changes_nothing(void **state)
{
    uint8_t refusal[6] = {1, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT & 0xff, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT >> 8,
                          KITH_HCI_INVALID_PARAMETERS};
    host_link *link;
    desk d;

    (void)state;
    open_with_ping(&d);
    d.hold_back = KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT;
    link = desk_connect(&d, 0, false);
    encrypt(&d, link);
    desk_take_events(&d);
    desk_forget(&d);
    desk_event(&d, KITH_HCI_EV_COMMAND_COMPLETE, refusal, sizeof refusal);
    desk_pump(&d);
    desk_take_events(&d);
    assert_int_equal(d.last.kind, KITH_EVENT_SECURITY_CHANGED); /* of before */
    assert_int_equal(desk_sent(&d, KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT), 0);
    assert_int_equal(link->level, KITH_LEVEL_ENCRYPTED);
    desk_close(&d);
}

static void only_an_encrypted_link_can_expire(void **state)
{
    host_link *link;
    desk d;

    (void)state;
    open_with_ping(&d);
    link = desk_connect(&d, 0, false);
    expire(&d, DESK_HANDLE, 2); /* plain */
    encrypt(&d, link);
    expire(&d, DESK_HANDLE + 1, 2); /* nobody's */
    expire(&d, DESK_HANDLE, 1);
    expire(&d, DESK_HANDLE, 0);
    desk_take_events(&d);
    assert_int_equal(d.told[KITH_EVENT_PAYLOAD_TIMEOUT], 0);
    expire(&d, DESK_HANDLE, 2);
    desk_take_events(&d);
    assert_int_equal(d.told[KITH_EVENT_PAYLOAD_TIMEOUT], 1);
    assert_int_equal(d.last.link, link->id);
    desk_close(&d);
}

/* Nobody takes events: the controller's packet is kept back, and none is lost. */
static void an_expiry_is_never_lost(void **state)
{
    static const uint8_t packet[] = {KITH_H4_EVENT, KITH_HCI_EV_AUTH_PAYLOAD_TIMEOUT, 2, DESK_HANDLE, 0};
    unsigned taken_in = 0;
    desk d;

    (void)state;
    open_with_ping(&d);
    encrypt(&d, desk_connect(&d, 0, false));
    desk_take_events(&d);
    while (kith_host_receive(d.h, packet, sizeof packet, d.now_us) == KITH_OK)
        assert_true(++taken_in < 1000);
    assert_int_equal(kith_host_receive(d.h, packet, sizeof packet, d.now_us), KITH_ERR_FULL);
    desk_take_events(&d);
    assert_int_equal(d.told[KITH_EVENT_PAYLOAD_TIMEOUT], taken_in);
    assert_int_equal(kith_host_dropped(d.h), 0);
    assert_int_equal(kith_host_receive(d.h, packet, sizeof packet, d.now_us), KITH_OK);
    desk_close(&d);
}

static void answer_features(desk *d)
{
    uint8_t complete[12] = {1, KITH_HCI_LE_READ_LOCAL_FEATURES & 0xff, KITH_HCI_LE_READ_LOCAL_FEATURES >> 8, 0, 0x31};

    desk_event(d, KITH_HCI_EV_COMMAND_COMPLETE, complete, sizeof complete);
    d->hold_back = 0;
    desk_pump(d);
    desk_take_events(d);
}

/* There are controllers that list Set Event Mask Page 2 and refuse it, even without a status: they start, and lack it.
 */
static void a_controller_that_refuses_the_mask_starts_without(void **state)
{
    (void)state;
    for (size_t len = 3; len <= 5; len++) { /* 5: it does not refuse */
        uint8_t answer[5] = {1, KITH_HCI_SET_EVENT_MASK_PAGE_2 & 0xff, KITH_HCI_SET_EVENT_MASK_PAGE_2 >> 8,
                             len == 4 ? KITH_HCI_UNKNOWN_COMMAND : KITH_HCI_SUCCESS};
        desk d;

        desk_open(&d, 1, 27, 4);
        desk_event(&d, KITH_HCI_EV_HARDWARE_ERROR, answer, 1);
        assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
        desk_take_events(&d);
        desk_forget(&d);
        assert_int_equal(kith_host_start(d.h, d.now_us), KITH_OK);
        d.hold_back = KITH_HCI_SET_EVENT_MASK_PAGE_2;
        desk_pump(&d);
        desk_event(&d, KITH_HCI_EV_COMMAND_COMPLETE, answer, len);
        d.hold_back = KITH_HCI_LE_READ_LOCAL_FEATURES;
        desk_pump(&d);
        answer_features(&d);
        assert_int_equal(d.told[KITH_EVENT_READY], 1);
        assert_int_equal(d.last.ready.lacks & KITH_LACKS_PING, len == 5 ? 0 : KITH_LACKS_PING);
        desk_close(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_set_once_for_each_link_that_is_encrypted),
        cmocka_unit_test(it_is_not_set_where_it_is_left_to_the_controller_or_lacking),
        cmocka_unit_test(the_octets_are_those_of_the_specification),
        cmocka_unit_test(the_least_that_is_asked_for_fits_its_field),
        cmocka_unit_test(a_refusal_changes_nothing),
        cmocka_unit_test(only_an_encrypted_link_can_expire),
        cmocka_unit_test(an_expiry_is_never_lost),
        cmocka_unit_test(a_controller_that_refuses_the_mask_starts_without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
