/* The log: one line for each event, and nothing secret in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kith/policy/log.h"

static unsigned lines;
static char last[KITH_LOG_LINE];

static void on_line(void *context, const char *text)
{
    assert_ptr_equal(context, &lines);
    assert_true(strlen(text) < sizeof last);
    assert_null(strchr(text, '\n'));
    strcpy(last, text);
    lines++;
}

static const char *line_of(const kith_event *event, bool reports)
{
    kith_listeners all = {0};
    kith_log log;

    lines = 0;
    last[0] = '\0';
    kith_log_init(&log, on_line, &lines);
    log.reports = reports;
    assert_int_equal(kith_listeners_add(&all, &log.listener), KITH_OK);
    kith_listeners_tell(&all, NULL, event, 0);
    return last;
}

static void each_kind_is_one_line_that_begins_with_its_name(void **state)
{
    (void)state;
    for (unsigned kind = KITH_EVENT_NONE + 1; strcmp(kith_event_name((kith_event_kind)kind), "unknown") != 0; kind++) {
        const kith_event event = {.kind = (kith_event_kind)kind};
        const char *name = kith_event_name(event.kind);

        assert_int_equal(strncmp(line_of(&event, true), name, strlen(name)), 0);
        assert_int_equal(lines, 1);
        assert_true(kind <= KITH_EVENT_MTU);
    }
}

static void reports_are_told_to_who_wants_them(void **state)
{
    const kith_event event = {.kind = KITH_EVENT_REPORT, .report = {.connectable = true}};

    (void)state;
    line_of(&event, false);
    assert_int_equal(lines, 0);
    assert_string_equal(line_of(&event, true), "report: 00:00:00:00:00:00, connectable");
}

static void a_line_says_who_and_what(void **state)
{
    kith_event event = {.kind = KITH_EVENT_SECURITY_CHANGED,
                        .link = 3,
                        .peer = 4000000000,
                        .address = {KITH_ADDRESS_RANDOM, {0x55, 0x44, 0x33, 0x22, 0x11, 0xc0}},
                        .security = {.level = KITH_LEVEL_SC_AUTHENTICATED, .key_size = 16, .secure_connections = true}};

    (void)state;
    assert_string_equal(line_of(&event, false), "security-changed link 3 peer 4000000000 C0:11:22:33:44:55: level 4, "
                                                "key of 16, Secure Connections");
    event.kind = KITH_EVENT_CONNECTED;
    event.peer = 0;
    memset(&event.connected, 0, sizeof event.connected);
    event.connected.claimed = 9;
    assert_string_equal(line_of(&event, false),
                        "connected link 3 C0:11:22:33:44:55: as peripheral, claims to be peer 9");
}

/* The whole sentence, hint included, after the longest thing that a line can begin with. */
static void every_verdict_is_told_whole(void **state)
{
    kith_event event = {.kind = KITH_EVENT_ENCRYPTION_FAILED, .link = UINT32_MAX, .peer = UINT32_MAX};
    char sentence[KITH_LOG_LINE];

    (void)state;
    for (unsigned why = 0; why < KITH_WHY_COUNT; why++) {
        event.verdict = (kith_verdict){.attempt = KITH_ATTEMPT_PAIRING,
                                       .why = (kith_why)why,
                                       .phase = KITH_PHASE_AUTHENTICATION,
                                       .ended_by = KITH_ENDED_BY_PEER,
                                       .smp_reason = 0x0b};
        assert_true(kith_verdict_describe(&event.verdict, sentence, sizeof sentence) < sizeof sentence);
        assert_non_null(strstr(line_of(&event, false), sentence));
    }
}

/* What must stay between people and devices: passkeys, numbers, out of band data, values. */
static void what_is_secret_is_in_no_line(void **state)
{
    static const uint8_t octets[] = "octets that nobody is to read";
    static const kith_event_kind with_values[] = {
        KITH_EVENT_READ_WANTED,   KITH_EVENT_WRITE_WANTED, KITH_EVENT_WRITE_COMMAND, KITH_EVENT_AUTHORIZATION_WANTED,
        KITH_EVENT_VALUE_WRITTEN, KITH_EVENT_READ,         KITH_EVENT_NOTIFIED};
    kith_event event = {.kind = KITH_EVENT_PASSKEY_SHOWN, .passkey = {.passkey = 987654}};

    (void)state;
    assert_null(strstr(line_of(&event, false), "987654"));
    event.kind = KITH_EVENT_PASSKEY_WANTED;
    assert_null(strstr(line_of(&event, false), "987654"));
    event = (kith_event){.kind = KITH_EVENT_COMPARISON_WANTED, .comparison = {.number = 987654}};
    assert_null(strstr(line_of(&event, false), "987654"));
    event = (kith_event){.kind = KITH_EVENT_OOB_READY};
    memset(&event.oob, 0xa5, sizeof event.oob);
    assert_string_equal(line_of(&event, false), "oob-ready");
    for (size_t i = 0; i < sizeof with_values / sizeof with_values[0]; i++) {
        event = (kith_event){.kind = with_values[i]};
        if (event.kind == KITH_EVENT_READ)
            event.gatt.value = octets, event.gatt.len = sizeof octets;
        else if (event.kind == KITH_EVENT_NOTIFIED)
            event.notified.value = octets, event.notified.len = sizeof octets;
        else
            event.attribute.value = octets, event.attribute.len = sizeof octets;
        assert_null(strstr(line_of(&event, false), "nobody"));
    }
}

static void it_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(kith_log) <= 56);
}

static void expect(const kith_event *event, const char *line)
{
    assert_string_equal(line_of(event, true), line);
}

static void ends_of_gap_say_how_they_came(void **state)
{
    kith_event e = {.kind = KITH_EVENT_ADVERTISING, .activity = {.set = 1, .why = KITH_ENDED_CONNECTED}};

    (void)state;
    expect(&e, "advertising: off, set 1, connected");
    e.activity = (kith_event_activity){.why = KITH_ENDED_ASKED, .status = KITH_ERR_ENTROPY};
    expect(&e, "advertising: off, no randomness");
    e = (kith_event){.kind = KITH_EVENT_FOUND, .found = {.result = KITH_FOUND_NOT_IN_TIME}};
    expect(&e, "found: not in time");
    e = (kith_event){.kind = KITH_EVENT_CONNECT_FAILED, .connect_failed = {.hci_status = 2, .timed_out = true}};
    expect(&e, "connect-failed: its time is over");
    e = (kith_event){.kind = KITH_EVENT_RSSI, .rssi = {.rssi = -128}};
    expect(&e, "rssi: dBm -128");
    e = (kith_event){.kind = KITH_EVENT_RECONNECTING, .reconnecting = {.way = KITH_RECONNECTING_BY_LIST, .peer = 9}};
    expect(&e, "reconnecting: by the list, given up peer 9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_one_line_that_begins_with_its_name),
        cmocka_unit_test(reports_are_told_to_who_wants_them),
        cmocka_unit_test(a_line_says_who_and_what),
        cmocka_unit_test(every_verdict_is_told_whole),
        cmocka_unit_test(what_is_secret_is_in_no_line),
        cmocka_unit_test(ends_of_gap_say_how_they_came),
        cmocka_unit_test(it_is_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
