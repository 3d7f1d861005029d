/* The authenticated payload timeout: a healthy link never runs into it however idle it is; a link that somebody keeps
 * alive without the key does, in time and by name, and what then happens is the program's to say. */
#include "cast.h"

enum { MINUTE = 60 * CAST_SECOND, PING_REQ = 0x12, PING_RSP = 0x13, CONTROL = 3 };

typedef struct {
    unsigned pings, answers, empty, in_plain; /* encrypted ones; PDUs without payload; pings in plain */
    uint64_t authentic_us;                    /* the last PDU of the lamp that carried a MIC */
} ear;

static void listen(void *context, const kith_sim_frame *f)
{
    ear *e = context;
    uint8_t opcode = f->plain_len > 2 && (f->plain[0] & 3) == CONTROL ? f->plain[2] : 0xff;

    if (f->connection == 0)
        return;
    if (opcode == PING_REQ || opcode == PING_RSP)
        e->in_plain += !f->encrypted;
    e->pings += opcode == PING_REQ;
    e->answers += opcode == PING_RSP;
    e->empty += f->len == 2;
    if (f->encrypted && !f->from_central)
        e->authentic_us = f->time_us;
}

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    ear ear;
} two;

/* The phone's timeout is the one that is looked at. */
static void open_room(two *t, uint16_t timeout_10ms)
{
    kith_config config;

    memset(t, 0, sizeof *t);
    t->room = cast_open(811, CAST_OPENSSL);
    t->lamp = cast_add_lamp(t->room, "lamp");
    cast_phone_config(&config);
    config.payload_timeout_10ms = timeout_10ms;
    t->phone = cast_add(t->room, "phone", &config);
    assert_int_equal(kith_sim_listen(t->room->sim, listen, &t->ear), KITH_OK);
}

static void open_paired(two *t, uint16_t timeout_10ms)
{
    open_room(t, timeout_10ms);
    cast_start(t->room);
    cast_connect(t->phone, t->lamp);
    cast_pair(t->phone, t->lamp);
}

static void expect_still_secure(const two *t)
{
    kith_event_security now;

    cast_equal(t->room, t->phone->told[KITH_EVENT_PAYLOAD_TIMEOUT], 0);
    cast_equal(t->room, t->lamp->told[KITH_EVENT_PAYLOAD_TIMEOUT], 0);
    cast_equal(t->room, kith_security_of(t->phone->host, t->phone->link, &now), KITH_OK);
    cast_equal(t->room, now.level, KITH_LEVEL_ENCRYPTED);
}

static void a_healthy_idle_link_is_never_told_off(void **state)
{
    static const uint16_t timeouts_10ms[] = {3000, 100, 0};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        two t;

        open_paired(&t, timeouts_10ms[i]);
        memset(&t.ear, 0, sizeof t.ear);
        cast_run(t.room, 10 * MINUTE, NULL, NULL);
        expect_still_secure(&t);
        cast_check(t.room, t.ear.pings >= 20); /* or nobody would know that it is healthy: */
        cast_equal(t.room, t.ear.answers, t.ear.pings);
        cast_equal(t.room, t.ear.in_plain, 0);
        cast_check(t.room, t.ear.empty > 10000);
        cast_close(t.room);
    }
}

/* What answers a ping that is not understood has a MIC, too. */
static void a_peer_that_knows_no_ping_is_healthy_all_the_same(void **state)
{
    kith_sim_limits limits;
    two t;

    (void)state;
    open_room(&t, 100);
    kith_sim_default_limits(&limits);
    limits.le_features &= ~UINT64_C(0x10);
    assert_int_equal(kith_sim_set_limits(t.room->sim, t.lamp->device, &limits), KITH_OK);
    cast_start(t.room);
    cast_connect(t.phone, t.lamp);
    cast_pair(t.phone, t.lamp);
    cast_run(t.room, 5 * MINUTE, NULL, NULL);
    expect_still_secure(&t);
    cast_check(t.room, t.ear.pings >= 300);
    cast_equal(t.room, t.ear.answers, 0);
    kith_sim_set_mute(t.room->sim, t.lamp->device, true);
    cast_await(t.phone, KITH_EVENT_PAYLOAD_TIMEOUT, 1);
    cast_close(t.room);
}

/* The lamp falls silent, and somebody acknowledges in its place. */
static uint64_t told_after(two *t)
{
    kith_sim_set_mute(t->room->sim, t->lamp->device, true);
    cast_await(t->phone, KITH_EVENT_PAYLOAD_TIMEOUT, 1);
    return kith_sim_now(t->room->sim) - t->ear.authentic_us;
}

static void expect_about(const two *t, uint64_t is_us, uint64_t wanted_us)
{
    cast_check(t->room, is_us > wanted_us - 2000 && is_us < wanted_us + 2000);
}

static void whoever_keeps_a_link_alive_without_its_key_is_told(void **state)
{
    const kith_event *told;
    kith_event_security now;
    kith_bond_info bond;
    two t;

    (void)state;
    open_paired(&t, 3000);
    expect_about(&t, told_after(&t), 30 * CAST_SECOND);
    told = &t.phone->last[KITH_EVENT_PAYLOAD_TIMEOUT];
    assert_int_equal(kith_bonds_next(t.phone->host, 0, &bond), KITH_OK);
    cast_equal(t.room, told->link, t.phone->link);
    cast_equal(t.room, told->peer, bond.peer);
    cast_equal(t.room, kith_security_of(t.phone->host, t.phone->link, &now), KITH_OK);
    cast_equal(t.room, now.level, KITH_LEVEL_ENCRYPTED); /* nothing is done by itself */
    cast_equal(t.room, t.phone->told[KITH_EVENT_DISCONNECTED], 0);
    assert_int_equal(kith_gap_disconnect(t.phone->host, t.phone->link, 0x13), KITH_OK);
    cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
    cast_close(t.room);
}

/* After each such time once more, until the ping that nobody answers ends the link (40 s, Vol 6 Part B 5.2). */
static void it_is_told_again_until_the_link_layer_gives_up(void **state)
{
    two t;

    (void)state;
    open_paired(&t, 200);
    expect_about(&t, told_after(&t), 2 * CAST_SECOND);
    cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
    cast_equal(t.room, t.phone->last[KITH_EVENT_DISCONNECTED].disconnected.reason, KITH_HCI_LL_RESPONSE_TIMEOUT);
    cast_equal(t.room, t.phone->told[KITH_EVENT_PAYLOAD_TIMEOUT], 20);
    cast_close(t.room);
}

static void as_peripheral_it_is_told_too(void **state)
{
    two t;

    (void)state;
    open_paired(&t, 3000);
    kith_sim_set_mute(t.room->sim, t.phone->device, true);
    cast_await(t.lamp, KITH_EVENT_PAYLOAD_TIMEOUT, 1);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_PAYLOAD_TIMEOUT].link, t.lamp->link);
    cast_close(t.room);
}

static void left_to_the_controller_it_is_30_seconds(void **state)
{
    two t;

    (void)state;
    open_paired(&t, 0);
    expect_about(&t, told_after(&t), 30 * CAST_SECOND);
    cast_close(t.room);
}

/* Shorter than 1 + latency intervals is refused by every controller: raised, and not left at 30 s. */
static void it_is_never_shorter_than_the_connection_allows(void **state)
{
    static const kith_connection_parameters slow = {200, 200, 3, 600}; /* 250 ms */
    kith_address address;
    two t;

    (void)state;
    open_room(&t, 1);
    cast_start(t.room);
    cast_advertise(t.lamp);
    address = cast_address(t.lamp);
    assert_int_equal(kith_gap_connect(t.phone->host, &address, &slow), KITH_OK);
    cast_await(t.phone, KITH_EVENT_CONNECTED, 1);
    cast_await(t.lamp, KITH_EVENT_CONNECTED, 1);
    cast_pair(t.phone, t.lamp);
    kith_sim_set_mute(t.room->sim, t.lamp->device, true);
    cast_run(t.room, 3 * CAST_SECOND, NULL, NULL);
    cast_check(t.room,
               t.phone->told[KITH_EVENT_PAYLOAD_TIMEOUT] >= 1 && t.phone->told[KITH_EVENT_PAYLOAD_TIMEOUT] <= 3);
    cast_close(t.room);
}

static void a_link_encrypted_by_its_bond_is_watched_too(void **state)
{
    two t;

    (void)state;
    open_paired(&t, 100);
    cast_disconnect(t.phone, t.lamp);
    cast_connect(t.phone, t.lamp);
    cast_encrypt(t.phone, t.lamp);
    expect_about(&t, told_after(&t), CAST_SECOND);
    cast_close(t.room);
}

static void a_plain_link_is_not_watched(void **state)
{
    two t;

    (void)state;
    open_room(&t, 100);
    cast_start(t.room);
    cast_connect(t.phone, t.lamp);
    cast_run(t.room, CAST_SECOND, NULL, NULL); /* long packets are agreed on */
    kith_sim_set_mute(t.room->sim, t.lamp->device, true);
    cast_run(t.room, 2 * MINUTE, NULL, NULL);
    cast_check(t.room, t.phone->link != 0);
    cast_equal(t.room, t.phone->told[KITH_EVENT_PAYLOAD_TIMEOUT], 0);
    cast_equal(t.room, t.ear.pings, 0);
    cast_close(t.room);
}

static void expect_lack(uint64_t without_features, const uint16_t *without, size_t count)
{
    kith_sim_limits limits;
    uint32_t lamp_lacks;
    two t;

    open_room(&t, 100);
    kith_sim_default_limits(&limits);
    limits.le_features &= ~without_features;
    limits.unsupported_commands = without;
    limits.unsupported_count = count;
    assert_int_equal(kith_sim_set_limits(t.room->sim, t.phone->device, &limits), KITH_OK);
    cast_start(t.room);
    lamp_lacks = t.lamp->last[KITH_EVENT_READY].ready.lacks;
    cast_equal(t.room, lamp_lacks & KITH_LACKS_PING, 0);
    cast_equal(t.room, t.phone->last[KITH_EVENT_READY].ready.lacks, lamp_lacks | KITH_LACKS_PING);
    cast_connect(t.phone, t.lamp);
    cast_pair(t.phone, t.lamp); /* all else works */
    cast_read(t.phone, CAST_VALUE_HANDLE);
    cast_equal(t.room, t.phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_close(t.room);
}

static void a_controller_that_cannot_is_named(void **state)
{
    static const uint16_t write = KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT, mask = KITH_HCI_SET_EVENT_MASK_PAGE_2;

    (void)state;
    expect_lack(0x10, NULL, 0);
    expect_lack(0, &write, 1);
    expect_lack(0, &mask, 1);
    assert_string_equal(kith_lack_name(KITH_LACKS_PING), "LE Ping (the authenticated payload timeout)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_idle_link_is_never_told_off),
        cmocka_unit_test(a_peer_that_knows_no_ping_is_healthy_all_the_same),
        cmocka_unit_test(whoever_keeps_a_link_alive_without_its_key_is_told),
        cmocka_unit_test(it_is_told_again_until_the_link_layer_gives_up),
        cmocka_unit_test(as_peripheral_it_is_told_too),
        cmocka_unit_test(left_to_the_controller_it_is_30_seconds),
        cmocka_unit_test(it_is_never_shorter_than_the_connection_allows),
        cmocka_unit_test(a_link_encrypted_by_its_bond_is_watched_too),
        cmocka_unit_test(a_plain_link_is_not_watched),
        cmocka_unit_test(a_controller_that_cannot_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
