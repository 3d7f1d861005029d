/* Calls that wait (kith/port/blocking.h), on the virtual radio: each one's success, its time, its link lost in the
 * middle, and what nobody waited for. */
#include "blocking.h"
#include "memory_store.h"

enum { MINUTE_MS = 60000, SHORT_MS = 700 };

static void a_program_reads_from_top_to_bottom(void **state)
{
    const kith_connection_parameters slow = {120, 250, 0, 100};
    static meeting m;
    kith_event_security now;

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    assert_int_equal(m.b.found_count, 3);
    assert_int_equal(kith_blocking_found(&m.b, &meet_told)->properties, KITH_PROPERTY_NOTIFY);
    assert_null(kith_blocking_found(&m.b, &meet_service));
    expect_call(&m, kith_blocking_update_parameters(&m.b, m.b.link, &slow, 5000), KITH_CALL_OK);
    assert_in_range(m.b.event.parameters.interval_1250us, 120, 250);
    assert_int_equal(m.b.event.parameters.timeout_10ms, 100);
    expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, MINUTE_MS), KITH_CALL_OK);
    assert_int_equal(m.b.verdict.attempt, KITH_ATTEMPT_BOND); /* it waited for the bond, too */
    assert_int_equal(m.b.verdict.method, KITH_METHOD_PASSKEY);
    assert_int_equal(kith_security_of(m.host, m.b.link, &now), KITH_OK);
    assert_int_equal(now.level, KITH_LEVEL_SC_AUTHENTICATED);
    expect_call(&m, kith_blocking_read(&m.b, m.b.link, meet_handle(&m, &meet_guarded), 5000), KITH_CALL_OK);
    assert_int_equal(m.b.value_len, 6);
    assert_memory_equal(m.b.value, "secret", 6);
    assert_int_equal(m.b.level, KITH_LEVEL_SC_AUTHENTICATED);
    expect_call(&m, kith_blocking_write(&m.b, m.b.link, m.state_at, (const uint8_t *)"on", 2, 5000), KITH_CALL_OK);
    assert_memory_equal(m.other.written, "on", 2);
    expect_call(&m, kith_blocking_subscribe(&m.b, m.b.link, m.told_at, KITH_SUBSCRIBED_NOTIFY, 5000), KITH_CALL_OK);
    meet_tell(&m, 77);
    expect_call(&m, kith_blocking_value(&m.b, m.b.link, m.told_at, 5000), KITH_CALL_OK);
    assert_int_equal(m.b.value[0], 77);
    expect_call(&m, kith_blocking_disconnect(&m.b, m.b.link, 5000), KITH_CALL_OK);
    expect_call(&m, kith_blocking_pause(&m.b, 100), KITH_CALL_OK);
    assert_int_equal(m.other.link, 0);
    expect_call(&m, kith_blocking_disconnect(&m.b, m.b.link, 5000), KITH_CALL_OK); /* it has gone: so it is */
    meet_close(&m);
}

static void the_second_time_the_bond_does(void **state)
{
    static meeting m;

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, MINUTE_MS), KITH_CALL_OK);
    expect_call(&m, kith_blocking_disconnect(&m.b, m.b.link, 5000), KITH_CALL_OK);
    m.asked = 0;
    meet_connect(&m);
    expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, MINUTE_MS), KITH_CALL_OK);
    assert_int_equal(m.b.verdict.attempt, KITH_ATTEMPT_ENCRYPTION);
    assert_int_equal(m.asked, 0);
    expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, MINUTE_MS), KITH_CALL_OK);
    meet_close(&m);
}

static memory_store disk;

static void keep_on_disk(kith_config *ours, kith_config *theirs)
{
    (void)theirs;
    memory_store_init(&disk, 8);
    ours->store = &disk.store;
}

/* Secure is over when the bond is in the store, or is not; then the link is secure for now. */
static void a_bond_is_waited_for_until_it_is_durable(void **state)
{
    static meeting m;

    (void)state;
    for (unsigned fails = 0; fails <= 1; fails++) {
        meet_open(&m, keep_on_disk);
        meet_connect(&m);
        m.stage.work_us = 300000; /* as long as one write takes */
        disk.puts = fails ? KITH_ERR_STORAGE : KITH_OK;
        expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, MINUTE_MS),
                    fails ? KITH_CALL_FAILED : KITH_CALL_OK);
        assert_int_equal(m.b.verdict.attempt, KITH_ATTEMPT_BOND);
        assert_int_equal(m.b.verdict.bonded, !fails);
        expect_call(&m, kith_blocking_read(&m.b, m.b.link, meet_handle(&m, &meet_guarded), 5000), KITH_CALL_OK);
        meet_close(&m);
    }
}

static void forget_nobody(kith_config *ours, kith_config *theirs)
{
    (void)theirs;
    ours->limits.bonds = 0;
    ours->security.bonding = false;
}

static void without_bonding_secure_does_not_wait_for_a_bond(void **state)
{
    static meeting m;
    uint64_t began;

    (void)state;
    meet_open(&m, forget_nobody);
    meet_connect(&m);
    began = meet_now(&m);
    expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, MINUTE_MS), KITH_CALL_OK);
    assert_int_equal(m.b.verdict.attempt, KITH_ATTEMPT_PAIRING);
    assert_true(meet_now(&m) - began < 10000000);
    meet_close(&m);
}

/* ---- time ---- */

static bool anybody(void *context, const kith_event_report *report)
{
    (void)report;
    return *(bool *)context;
}

static void a_search_ends_when_its_time_is_up_and_the_scan_is_off(void **state)
{
    bool is = false;
    static meeting m;
    uint64_t began;

    (void)state;
    meet_open(&m, NULL);
    began = meet_now(&m);
    expect_call(&m, kith_blocking_find(&m.b, NULL, anybody, &is, 10000), KITH_CALL_TIME_IS_UP);
    assert_in_range(meet_now(&m) - began, 10000000, 10100000);
    assert_int_equal(kith_gap_stop_scan(m.host), KITH_ERR_STATE);
    is = true;
    expect_call(&m, kith_blocking_find(&m.b, NULL, anybody, &is, 10000), KITH_CALL_OK);
    assert_int_equal(kith_gap_stop_scan(m.host), KITH_ERR_STATE);
    meet_close(&m);
}

static void the_host_looks_for_what_is_sought(void **state)
{
    const kith_sought wanted = {.name = "device", .connectable = true}, ghost = {.name = "ghost"};
    const kith_scan wrong = {.interval_625us = 4, .window_625us = 5};
    kith_initiating initiating;
    static meeting m;
    uint64_t began;

    (void)state;
    meet_open(&m, NULL);
    expect_call(&m, kith_blocking_find_sought(&m.b, &wrong, &wanted, 5000), KITH_CALL_REFUSED);
    began = meet_now(&m);
    expect_call(&m, kith_blocking_find_sought(&m.b, NULL, &ghost, 5000), KITH_CALL_TIME_IS_UP);
    assert_in_range(meet_now(&m) - began, 5000000, 5100000);
    assert_int_equal(kith_gap_stop_scan(m.host), KITH_ERR_STATE);
    m.stop_after = 5;
    expect_call(&m, kith_blocking_find_sought(&m.b, NULL, &ghost, 5000), KITH_CALL_STOPPED);
    assert_int_equal(kith_gap_stop_scan(m.host), KITH_ERR_STATE);
    m.stopped = false;
    expect_call(&m, kith_blocking_find_sought(&m.b, NULL, &wanted, 5000), KITH_CALL_OK);
    assert_int_equal(m.b.event.kind, KITH_EVENT_REPORT);
    kith_gap_default_initiating(&initiating);
    initiating.peer = m.b.event.report.address;
    initiating.peer.octets[0] ^= 1; /* nobody */
    initiating.limit_ms = 1000;
    expect_call(&m, kith_blocking_initiate(&m.b, &initiating, 5000), KITH_CALL_TIME_IS_UP);
    initiating.peer = m.b.event.report.address;
    expect_call(&m, kith_blocking_initiate(&m.b, &initiating, 5000), KITH_CALL_OK);
    assert_true(m.b.link != 0);
    meet_close(&m);
}

static void nobody_to_connect_to_is_given_up(void **state)
{
    const kith_address nobody = {.octets = {9, 9, 9, 9, 9, 9}};
    static meeting m;
    uint64_t began;

    (void)state;
    meet_open(&m, NULL);
    began = meet_now(&m);
    expect_call(&m, kith_blocking_connect(&m.b, &nobody, NULL, SHORT_MS), KITH_CALL_TIME_IS_UP);
    assert_in_range(meet_now(&m) - began, 1000 * SHORT_MS, 1000 * SHORT_MS + 100000);
    meet_connect(&m); /* the attempt is over */
    meet_close(&m);
}

static void nobody_who_connects_is_not_waited_for(void **state)
{
    kith_advertising advertising;
    static meeting m;

    (void)state;
    meet_open(&m, NULL);
    kith_gap_default_advertising(&advertising, "program");
    expect_call(&m, kith_blocking_accept(&m.b, &advertising, SHORT_MS), KITH_CALL_TIME_IS_UP);
    assert_int_equal(kith_gap_stop_advertising(m.host), KITH_ERR_STATE);
    meet_close(&m);
}

static void a_person_who_is_away_costs_the_pairing_alone(void **state)
{
    static meeting m;
    uint64_t began;

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    m.away = true;
    began = meet_now(&m);
    expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, 5000), KITH_CALL_TIME_IS_UP);
    assert_in_range(meet_now(&m) - began, 5000000, 5500000);
    assert_true(m.asked > 10); /* again and again */
    assert_int_equal(m.b.verdict.why, KITH_WHY_PASSKEY_CANCELLED);
    expect_call(&m, kith_blocking_pause(&m.b, 1000), KITH_CALL_OK);
    assert_int_equal(m.other.failed, 1);
    m.asked = 0;
    expect_call(&m, kith_blocking_read(&m.b, m.b.link, m.state_at, 5000), KITH_CALL_OK);
    assert_int_equal(m.asked, 0); /* the question is over with its pairing */
    meet_close(&m);
}

static void let_wait_in_line(kith_config *ours, kith_config *theirs)
{
    (void)theirs;
    ours->limits.operations = 4;
}

/* The answer to a read that was given up is not taken for that of the next, also where the host would let that one wait
 * behind it. */
static void a_late_answer_is_not_the_next_ones(void **state)
{
    static meeting m;

    (void)state;
    for (unsigned in_line = 0; in_line <= 1; in_line++) {
        meet_open(&m, in_line ? let_wait_in_line : NULL);
        meet_connect(&m);
        m.other.silent = true;
        expect_call(&m, kith_blocking_read(&m.b, m.b.link, m.state_at, SHORT_MS), KITH_CALL_TIME_IS_UP);
        expect_call(&m, kith_blocking_read(&m.b, m.b.link, m.state_at, SHORT_MS), KITH_CALL_REFUSED);
        assert_int_equal(m.b.status, KITH_ERR_BUSY); /* it is under way */
        m.other.silent = false;
        m.other.reads = 41;
        assert_int_equal(kith_gatt_answer_read(m.other.host, m.other.link, 0, (const uint8_t *)"late", 4), KITH_OK);
        expect_call(&m, kith_blocking_read(&m.b, m.b.link, m.state_at, 5000), KITH_CALL_OK);
        assert_int_equal(m.b.value_len, 1);
        assert_int_equal(m.b.value[0], 42);
        expect_call(&m, kith_blocking_event(&m.b, KITH_EVENT_READ, m.b.link, 0), KITH_CALL_OK);
        assert_int_equal(m.b.value_len, 4);
        assert_memory_equal(m.b.event.gatt.value, "late", 4);
        meet_close(&m);
    }
}

/* The same, when that answer lies in the host, untaken, as the next call begins. */
static void an_answer_that_lies_ready_is_not_the_next_ones(void **state)
{
    static meeting m;
    uint8_t packet[260];
    uint16_t handle;
    kith_event e;
    size_t len;

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    handle = m.state_at;
    m.other.silent = true;
    expect_call(&m, kith_blocking_read(&m.b, m.b.link, handle, SHORT_MS), KITH_CALL_TIME_IS_UP);
    m.other.silent = false;
    assert_int_equal(kith_gatt_answer_read(m.other.host, m.other.link, 0, (const uint8_t *)"late", 4), KITH_OK);
    m.stage.hosts[0].host = NULL; /* by hand: the host is given it, and nobody takes the event */
    assert_int_equal(kith_stage_next(&m.stage, meet_now(&m) + 500000, &e), -1);
    m.stage.hosts[0].host = m.host;
    while ((len = kith_sim_receive(m.stage.sim, m.stage.hosts[0].device, packet, sizeof packet)) > 0)
        assert_int_equal(kith_host_receive(m.host, packet, len, meet_now(&m)), KITH_OK);
    m.other.reads = 41;
    expect_call(&m, kith_blocking_read(&m.b, m.b.link, handle, 5000), KITH_CALL_OK);
    assert_int_equal(m.b.value[0], 42);
    meet_close(&m);
}

static void what_does_not_come_is_waited_for_as_long_as_was_said(void **state)
{
    static meeting m;
    uint64_t began;

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    began = meet_now(&m);
    expect_call(&m, kith_blocking_value(&m.b, m.b.link, 0, SHORT_MS), KITH_CALL_TIME_IS_UP);
    expect_call(&m, kith_blocking_event(&m.b, KITH_EVENT_PAIRED, m.b.link, SHORT_MS), KITH_CALL_TIME_IS_UP);
    expect_call(&m, kith_blocking_pause(&m.b, SHORT_MS), KITH_CALL_OK);
    assert_in_range(meet_now(&m) - began, 3 * 1000 * SHORT_MS, 3 * 1000 * SHORT_MS + 1000);
    meet_close(&m);
}

/* ---- the link goes in the middle ---- */

static kith_call call_number(meeting *m, unsigned i, uint32_t max_ms)
{
    const kith_connection_parameters slow = {120, 250, 0, 100};

    switch (i) {
    case 0:
        return kith_blocking_read(&m->b, m->b.link, m->state_at, max_ms);
    case 1:
        return kith_blocking_write(&m->b, m->b.link, m->state_at, (const uint8_t *)"on", 2, max_ms);
    case 2:
        return kith_blocking_subscribe(&m->b, m->b.link, m->told_at, KITH_SUBSCRIBED_NOTIFY, max_ms);
    case 3:
        return kith_blocking_secure(&m->b, m->b.link, KITH_LEVEL_ENCRYPTED, max_ms);
    case 4:
        return kith_blocking_update_parameters(&m->b, m->b.link, &slow, max_ms);
    case 5:
        return kith_blocking_value(&m->b, m->b.link, 0, max_ms);
    case 6:
        return kith_blocking_event(&m->b, KITH_EVENT_MTU, m->b.link, max_ms);
    case 7:
        return kith_blocking_pair(&m->b, m->b.link, KITH_LEVEL_ENCRYPTED, max_ms);
    default:
        return kith_blocking_discover(&m->b, m->b.link, &meet_service, max_ms);
    }
}

enum { UPDATE = 4, CALLS = 9 };

/* A central's controller changes parameters whether the peer hears of it or not. */
static void a_link_lost_in_the_middle_ends_each_call(void **state)
{
    static meeting m;
    char text[450];

    (void)state;
    for (unsigned i = 0; i < CALLS; i++) {
        if (i == UPDATE)
            continue;
        meet_open(&m, NULL);
        meet_connect(&m);
        meet_out_of_range(&m);
        expect_call(&m, call_number(&m, i, MINUTE_MS), KITH_CALL_LINK_LOST);
        assert_int_equal(m.b.hci_status, KITH_HCI_CONNECTION_TIMEOUT);
        (void)kith_blocking_describe(&m.b, text, sizeof text);
        assert_non_null(strstr(text, "the link was lost: "));
        assert_non_null(strstr(text, kith_hci_status_name(KITH_HCI_CONNECTION_TIMEOUT)));
        expect_call(&m, kith_blocking_event(&m.b, KITH_EVENT_DISCONNECTED, 0, 0), KITH_CALL_OK); /* not lost */
        expect_call(&m, call_number(&m, i, MINUTE_MS), KITH_CALL_REFUSED);
        assert_int_equal(m.b.status, KITH_ERR_NOT_FOUND);
        meet_close(&m);
    }
}

/* ---- wrong arguments ---- */

static void what_cannot_be_is_refused_with_its_reason(void **state)
{
    const kith_connection_parameters printed = {120, 250, 0, 60}; /* 600 ms, and twice 312.5 ms are more */
    const kith_uuid no_uuid = {.size = 3};
    static meeting m;
    char text[450];
    kith_pump none = {0};

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    expect_call(&m, kith_blocking_update_parameters(&m.b, m.b.link, &printed, 5000), KITH_CALL_REFUSED);
    assert_int_equal(m.b.status, KITH_ERR_VALUE);
    (void)kith_blocking_describe(&m.b, text, sizeof text);
    assert_string_equal(text,
                        "update parameters: refused: the supervision timeout is not above (1 + latency) times the "
                        "longest interval, twice");
    expect_call(&m, kith_blocking_read(&m.b, m.b.link, 0, 5000), KITH_CALL_REFUSED);
    assert_int_equal(m.b.status, KITH_ERR_VALUE);
    expect_call(&m, kith_blocking_read(&m.b, m.b.link + 1, 3, 5000), KITH_CALL_REFUSED);
    assert_int_equal(m.b.status, KITH_ERR_NOT_FOUND);
    expect_call(&m, kith_blocking_write(&m.b, m.b.link, 3, m.b.value, 512, 5000), KITH_CALL_REFUSED);
    assert_int_equal(m.b.status, KITH_ERR_VALUE);
    expect_call(&m, kith_blocking_discover(&m.b, m.b.link, &no_uuid, 5000), KITH_CALL_REFUSED);
    expect_call(&m, kith_blocking_subscribe(&m.b, m.b.link, 3, 0x80, 5000), KITH_CALL_REFUSED);
    expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_NONE, 5000), KITH_CALL_REFUSED);
    assert_int_equal(m.b.status, KITH_ERR_VALUE);
    expect_call(&m, kith_blocking_value(&m.b, 0, 0, 5000), KITH_CALL_REFUSED);
    expect_call(&m, kith_blocking_find(&m.b, NULL, NULL, NULL, 5000), KITH_CALL_REFUSED);
    expect_call(&m, kith_blocking_find_name(&m.b, NULL, NULL, 5000), KITH_CALL_REFUSED);
    expect_call(&m, kith_blocking_find_name(&m.b, NULL, "a name that no advertiser has room for", 5000),
                KITH_CALL_REFUSED);
    assert_int_equal(kith_blocking_init(&m.b, m.host, &none), KITH_ERR_VALUE);
    meet_close(&m);
}

static void what_a_peer_refuses_is_told_by_its_name(void **state)
{
    static meeting m;
    char text[450];

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    expect_call(&m, kith_blocking_read(&m.b, m.b.link, meet_handle(&m, &meet_guarded), 5000), KITH_CALL_FAILED);
    assert_int_equal(m.b.gatt, KITH_GATT_ATT_ERROR);
    assert_int_equal(m.b.att_error, 0x05);
    (void)kith_blocking_describe(&m.b, text, sizeof text);
    assert_string_equal(text, "read: Insufficient Authentication");
    expect_call(&m, kith_blocking_discover(&m.b, m.b.link, &meet_state, 5000), KITH_CALL_FAILED);
    assert_int_equal(m.b.gatt, KITH_GATT_NOT_FOUND);
    meet_close(&m);
}

static void raise_by_pairing(kith_config *ours, kith_config *theirs)
{
    (void)theirs;
    ours->gatt_raise = KITH_GATT_RAISE_PAIR;
    ours->security.required_level = KITH_LEVEL_SC_AUTHENTICATED;
}

/* The person is asked while the read waits; the value comes over the link that this makes. */
static void a_read_makes_the_link_secure_where_the_configuration_lets_it(void **state)
{
    static meeting m;

    (void)state;
    meet_open(&m, raise_by_pairing);
    meet_connect(&m);
    expect_call(&m, kith_blocking_read(&m.b, m.b.link, meet_handle(&m, &meet_guarded), MINUTE_MS), KITH_CALL_OK);
    assert_memory_equal(m.b.value, "secret", 6);
    assert_int_equal(m.b.level, KITH_LEVEL_SC_AUTHENTICATED);
    assert_true(m.asked > 0);
    expect_call(&m, kith_blocking_event(&m.b, KITH_EVENT_BONDED, m.b.link, 0), KITH_CALL_OK);
    meet_close(&m);
}

static void after_the_mtu_is_exchanged_longer_values_are_written(void **state)
{
    static const uint8_t long_value[30] = "thirty octets in one request";
    static meeting m;

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    expect_call(&m, kith_blocking_write(&m.b, m.b.link, m.state_at, long_value, sizeof long_value, 5000),
                KITH_CALL_REFUSED);
    expect_call(&m, kith_blocking_exchange_mtu(&m.b, m.b.link, 5000), KITH_CALL_OK);
    assert_int_equal(m.b.mtu, 65);
    expect_call(&m, kith_blocking_write(&m.b, m.b.link, m.state_at, long_value, sizeof long_value, 5000), KITH_CALL_OK);
    assert_int_equal(m.other.written_len, sizeof long_value);
    assert_memory_equal(m.other.written, long_value, sizeof long_value);
    meet_close(&m);
}

/* ---- nothing is lost ---- */

static void values_that_come_while_another_call_waits_are_kept_in_order(void **state)
{
    static meeting m;
    uint16_t told;

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    told = m.told_at;
    expect_call(&m, kith_blocking_subscribe(&m.b, m.b.link, told, KITH_SUBSCRIBED_NOTIFY, 5000), KITH_CALL_OK);
    m.other.tells = 2;
    expect_call(&m, kith_blocking_read(&m.b, m.b.link, m.state_at, 5000), KITH_CALL_OK);
    assert_int_equal(m.b.value[0], 1);
    expect_call(&m, kith_blocking_read(&m.b, m.b.link, m.state_at, 5000), KITH_CALL_OK);
    meet_tell(&m, 99);
    expect_call(&m, kith_blocking_pause(&m.b, 1000), KITH_CALL_OK);
    for (unsigned i = 0; i < 4; i++) {
        expect_call(&m, kith_blocking_value(&m.b, m.b.link, told, 0), KITH_CALL_OK);
        assert_int_equal(m.b.value[0], 10 * (i / 2 + 1) + i % 2);
        assert_int_equal(m.b.handle, told);
    }
    expect_call(&m, kith_blocking_disconnect(&m.b, m.b.link, 5000), KITH_CALL_OK);
    expect_call(&m, kith_blocking_value(&m.b, m.b.link, 0, 0), KITH_CALL_OK); /* the link is gone, its value is not */
    assert_int_equal(m.b.value[0], 99);
    expect_call(&m, kith_blocking_value(&m.b, m.b.link, 0, 0), KITH_CALL_REFUSED);
    assert_int_equal(m.b.dropped, 0);
    meet_close(&m);
}

static void what_finds_no_place_is_counted_and_is_the_oldest(void **state)
{
    static meeting m;

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    expect_call(&m, kith_blocking_subscribe(&m.b, m.b.link, m.told_at, KITH_SUBSCRIBED_NOTIFY, 5000), KITH_CALL_OK);
    while (kith_blocking_event(&m.b, KITH_EVENT_NONE, 0, 0) == KITH_CALL_OK)
        continue;
    for (uint8_t i = 0; i < KITH_BLOCKING_KEPT + 3; i++) {
        meet_tell(&m, i);
        expect_call(&m, kith_blocking_pause(&m.b, 200), KITH_CALL_OK);
    }
    assert_int_equal(m.b.dropped, 3);
    for (uint8_t i = 3; i < KITH_BLOCKING_KEPT + 3; i++) {
        expect_call(&m, kith_blocking_value(&m.b, m.b.link, 0, 0), KITH_CALL_OK);
        assert_int_equal(m.b.value[0], i);
    }
    expect_call(&m, kith_blocking_value(&m.b, m.b.link, 0, 0), KITH_CALL_TIME_IS_UP);
    meet_close(&m);
}

static void a_hook_has_them_first_and_may_not_wait_itself(void **state)
{
    static meeting m;

    (void)state;
    meet_open(&m, NULL);
    meet_connect(&m);
    expect_call(&m, kith_blocking_subscribe(&m.b, m.b.link, m.told_at, KITH_SUBSCRIBED_NOTIFY, 5000), KITH_CALL_OK);
    m.hook_takes = true;
    m.hooked = 0;
    m.nested = KITH_CALL_OK;
    meet_tell(&m, 1);
    expect_call(&m, kith_blocking_pause(&m.b, 1000), KITH_CALL_OK);
    assert_string_equal(m.b.name, "pause");
    assert_int_equal(m.b.max_ms, 1000);
    assert_int_equal(m.hooked, 1);
    assert_int_equal(m.nested, KITH_CALL_REFUSED);
    expect_call(&m, kith_blocking_value(&m.b, m.b.link, 0, 0), KITH_CALL_TIME_IS_UP); /* it took it */
    meet_close(&m);
}

/* ---- people ---- */

static void ask_for_numbers(kith_config *ours, kith_config *theirs)
{
    ours->security.io = theirs->security.io = KITH_IO_DISPLAY_YES_NO;
    ours->security.ask_mitm = true;
}

static void people_compare_numbers(void **state)
{
    static meeting m;

    (void)state;
    meet_open(&m, ask_for_numbers);
    meet_connect(&m);
    expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, MINUTE_MS), KITH_CALL_OK);
    assert_int_equal(m.b.verdict.method, KITH_METHOD_NUMERIC_COMPARISON);
    meet_close(&m);
}

static void a_person_who_says_no_ends_the_pairing(void **state)
{
    static meeting m;

    (void)state;
    for (unsigned numbers = 0; numbers <= 1; numbers++) {
        meet_open(&m, numbers ? ask_for_numbers : NULL);
        meet_connect(&m);
        m.gives_up = true;
        expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, MINUTE_MS), KITH_CALL_FAILED);
        assert_int_equal(m.b.verdict.why, numbers ? KITH_WHY_NUMBER_REFUSED : KITH_WHY_PASSKEY_CANCELLED);
        meet_close(&m);
    }
}

/* Where nobody is there to ask, nothing is said yes to. */
static void without_a_person_the_answer_is_no(void **state)
{
    static meeting m;

    (void)state;
    for (unsigned numbers = 0; numbers <= 1; numbers++) {
        meet_open(&m, numbers ? ask_for_numbers : NULL);
        memset(&m.b.person, 0, sizeof m.b.person);
        meet_connect(&m);
        expect_call(&m, kith_blocking_secure(&m.b, m.b.link, KITH_LEVEL_SC_AUTHENTICATED, MINUTE_MS), KITH_CALL_FAILED);
        assert_int_equal(m.b.verdict.why, numbers ? KITH_WHY_NUMBER_REFUSED : KITH_WHY_PASSKEY_CANCELLED);
        assert_int_equal(kith_bonds_count(m.host), 0);
        meet_close(&m);
    }
}

static void be_sought(kith_config *ours, kith_config *theirs)
{
    ours->security.policy = KITH_PAIRING_ASK;
    ours->security.io = theirs->security.io = KITH_IO_NO_INPUT_NO_OUTPUT;
}

/* The program advertises, and the device comes. */
static void be_found(meeting *m)
{
    kith_advertising advertising;
    kith_scan scan;

    meet_open(m, be_sought);
    m->other.seeks = true;
    assert_int_equal(kith_gap_stop_advertising(m->other.host), KITH_OK);
    kith_gap_default_advertising(&advertising, "program");
    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_start_scan(m->other.host, &scan), KITH_OK);
    expect_call(m, kith_blocking_accept(&m->b, &advertising, 5000), KITH_CALL_OK);
    assert_int_equal(m->b.event.connected.we_are_central, false);
    expect_call(m, kith_blocking_pause(&m->b, 200), KITH_CALL_OK);
}

/* ... and pairs. */
static void accept_a_pairing(meeting *m)
{
    be_found(m);
    assert_int_equal(kith_security_secure(m->other.host, m->other.link, KITH_LEVEL_ENCRYPTED), KITH_OK);
}

static void a_central_may_refuse_parameters_or_vanish(void **state)
{
    const kith_connection_parameters slow = {120, 250, 0, 100};
    static meeting m;
    char text[450];

    (void)state;
    be_found(&m);
    expect_call(&m, kith_blocking_update_parameters(&m.b, m.b.link, &slow, 5000), KITH_CALL_FAILED);
    (void)kith_blocking_describe(&m.b, text, sizeof text);
    assert_string_equal(text, "update parameters: refused by the peer");
    assert_int_equal(m.b.event.parameters.interval_1250us, 40); /* as they were */
    meet_out_of_range(&m);
    expect_call(&m, kith_blocking_update_parameters(&m.b, m.b.link, &slow, MINUTE_MS), KITH_CALL_LINK_LOST);
    assert_int_equal(m.b.hci_status, KITH_HCI_CONNECTION_TIMEOUT);
    meet_close(&m);
}

static void a_peer_that_asks_to_pair_is_admitted_by_the_person_alone(void **state)
{
    static meeting m;

    (void)state;
    accept_a_pairing(&m);
    expect_call(&m, kith_blocking_event(&m.b, KITH_EVENT_BONDED, m.b.link, 5000), KITH_CALL_OK);
    assert_int_equal(m.asked, 1);
    meet_close(&m);
    accept_a_pairing(&m);
    memset(&m.b.person, 0, sizeof m.b.person);
    expect_call(&m, kith_blocking_event(&m.b, KITH_EVENT_PAIRING_FAILED, m.b.link, 5000), KITH_CALL_OK);
    assert_int_equal(m.b.event.verdict.why, KITH_WHY_CONSENT_REFUSED);
    meet_close(&m);
    accept_a_pairing(&m); /* a program that asks for the event answers it itself */
    memset(&m.b.person, 0, sizeof m.b.person);
    expect_call(&m, kith_blocking_event(&m.b, KITH_EVENT_CONSENT_WANTED, m.b.link, 5000), KITH_CALL_OK);
    assert_int_equal(kith_pairing_consent(m.host, m.b.link, true), KITH_OK);
    expect_call(&m, kith_blocking_event(&m.b, KITH_EVENT_BONDED, m.b.link, 5000), KITH_CALL_OK);
    meet_close(&m);
}

/* ---- stop ---- */

static void a_stop_ends_each_call_but_the_disconnection(void **state)
{
    static meeting m;
    uint64_t began;

    (void)state;
    for (unsigned i = 0; i < CALLS; i++) {
        meet_open(&m, NULL);
        meet_connect(&m);
        m.other.silent = m.away = true;
        meet_out_of_range(&m);
        m.stop_after = 3;
        began = meet_now(&m);
        expect_call(&m, call_number(&m, i, MINUTE_MS), KITH_CALL_STOPPED);
        assert_true(meet_now(&m) - began < 500000);
        expect_call(&m, kith_blocking_disconnect(&m.b, m.b.link, MINUTE_MS), KITH_CALL_OK);
        meet_close(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_reads_from_top_to_bottom),
        cmocka_unit_test(the_second_time_the_bond_does),
        cmocka_unit_test(a_bond_is_waited_for_until_it_is_durable),
        cmocka_unit_test(without_bonding_secure_does_not_wait_for_a_bond),
        cmocka_unit_test(a_search_ends_when_its_time_is_up_and_the_scan_is_off),
        cmocka_unit_test(the_host_looks_for_what_is_sought),
        cmocka_unit_test(nobody_to_connect_to_is_given_up),
        cmocka_unit_test(nobody_who_connects_is_not_waited_for),
        cmocka_unit_test(a_person_who_is_away_costs_the_pairing_alone),
        cmocka_unit_test(a_late_answer_is_not_the_next_ones),
        cmocka_unit_test(an_answer_that_lies_ready_is_not_the_next_ones),
        cmocka_unit_test(what_does_not_come_is_waited_for_as_long_as_was_said),
        cmocka_unit_test(a_link_lost_in_the_middle_ends_each_call),
        cmocka_unit_test(what_cannot_be_is_refused_with_its_reason),
        cmocka_unit_test(what_a_peer_refuses_is_told_by_its_name),
        cmocka_unit_test(a_read_makes_the_link_secure_where_the_configuration_lets_it),
        cmocka_unit_test(after_the_mtu_is_exchanged_longer_values_are_written),
        cmocka_unit_test(values_that_come_while_another_call_waits_are_kept_in_order),
        cmocka_unit_test(what_finds_no_place_is_counted_and_is_the_oldest),
        cmocka_unit_test(a_hook_has_them_first_and_may_not_wait_itself),
        cmocka_unit_test(people_compare_numbers),
        cmocka_unit_test(a_person_who_says_no_ends_the_pairing),
        cmocka_unit_test(without_a_person_the_answer_is_no),
        cmocka_unit_test(a_peer_that_asks_to_pair_is_admitted_by_the_person_alone),
        cmocka_unit_test(a_central_may_refuse_parameters_or_vanish),
        cmocka_unit_test(a_stop_ends_each_call_but_the_disconnection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
