/* `kith controller` and `kith serve` as people run them: processes, a socket and real time.  The central is our own
 * host in this process, or raw octets.  Each test takes well under a second. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kith/codec/att.h"
#include "kith/codec/hci.h"
#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "kith/port/posix.h"
#include "live_process.h"

#define SERVICE    "5a3c2f10-7d0e-4e1b-9c55-4b6974680001"
#define STATE      "5a3c2f10-7d0e-4e1b-9c55-4b6974680002"
#define NOTE       "5a3c2f10-7d0e-4e1b-9c55-4b6974680003"
#define STATE_TEXT "warm white"

enum { LIMIT_US = LIVE_LIMIT_MS * 1000, CLIENTS = 20 };

typedef struct {
    char folder[32], socket[64], where[72], pcap[64];
    live_process controller, lamp;
    kith_crypto_port crypto;
    uint64_t *memory;
    kith_host *phone;
    kith_posix port;
    bool phone_is_there;
    kith_address lamp_address;
    kith_link link; /* the latest, 0: none yet */
    uint16_t state, note;
} place;

/* ---- setting up ---- */

static void start_controller(place *p)
{
    const char *const arguments[] = {"controller", "--unix", p->socket, "--pcap", p->pcap, NULL};

    live_start(&p->controller, KITH_COMMAND, arguments);
    assert_non_null(live_line(&p->controller, "listening on "));
}

static void start_lamp(place *p)
{
    const char *const arguments[] = {"serve", "--hci", p->where, "--name", "lamp", "--json", "--show-keys", NULL};

    live_start(&p->lamp, KITH_COMMAND, arguments);
    assert_non_null(live_line(&p->lamp, "\"event\":\"advertising\",\"on\":true"));
}

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    strcpy(p->folder, "/tmp/kith-test-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->socket, sizeof p->socket, "%s/hci", p->folder);
    snprintf(p->where, sizeof p->where, "unix:%s", p->socket);
    snprintf(p->pcap, sizeof p->pcap, "%s/air.pcap", p->folder);
    start_controller(p);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;

    if (p->phone_is_there) {
        kith_posix_close(&p->port);
        kith_host_erase(p->phone);
    }
    live_kill(&p->lamp);
    live_kill(&p->controller);
    (void)unlink(p->socket);
    (void)unlink(p->pcap);
    (void)rmdir(p->folder);
    free(p->memory);
    free(p);
    return 0;
}

/* ---- a phone: our central ---- */

static void expect(place *p, kith_event_kind kind, kith_event *event)
{
    uint64_t until = kith_posix_now() + LIMIT_US;

    do {
        assert_int_equal(kith_posix_next(&p->port, until, event), KITH_POSIX_EVENT);
        if (event->kind == KITH_EVENT_BONDED && kind != KITH_EVENT_BONDED)
            fail_msg("bonded before %s", kith_event_name(kind));
    } while (event->kind != kind);
}

static void start_phone(place *p)
{
    static const kith_method *const methods[] = {&kith_sc_just_works_initiator, NULL};
    kith_config config;
    kith_event event;
    size_t size;
    int fd;

    assert_int_equal(kith_openssl_port(&p->crypto), KITH_OK);
    kith_config_default(&config);
    config.crypto = &p->crypto;
    config.security.methods = methods;
    config.limits.bonds = 1;
    size = kith_host_size(&config.limits);
    p->memory = calloc(size / 8 + 1, 8);
    assert_int_equal(kith_host_init(p->memory, size, &config, &p->phone), KITH_OK);
    assert_int_equal(kith_posix_open(p->where, &fd), KITH_OK);
    assert_int_equal(kith_posix_init(&p->port, p->phone, fd), KITH_OK);
    p->phone_is_there = true;
    assert_int_equal(kith_host_start(p->phone, kith_posix_now()), KITH_OK);
    expect(p, KITH_EVENT_READY, &event);
}

static void find_lamp(place *p)
{
    kith_event event;
    kith_scan scan;
    char name[32] = "";

    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_start_scan(p->phone, &scan), KITH_OK);
    do
        expect(p, KITH_EVENT_REPORT, &event);
    while (!kith_gap_find_name(event.report.data, event.report.len, name));
    assert_string_equal(name, "lamp");
    p->lamp_address = event.report.address;
}

static void connect_to_lamp(place *p)
{
    const kith_connection_parameters quick = {6, 8, 0, 30}; /* 7.5 to 10 ms, lost after 300 ms */
    kith_event event;

    if (p->link == 0)
        find_lamp(p);
    assert_int_equal(kith_gap_connect(p->phone, &p->lamp_address, &quick), KITH_OK);
    expect(p, KITH_EVENT_CONNECTED, &event);
    p->link = event.link;
}

static void note_handles(place *p, const kith_event_characteristics *found)
{
    kith_uuid state, note;

    assert_int_equal(kith_uuid_parse(STATE, &state), KITH_OK);
    assert_int_equal(kith_uuid_parse(NOTE, &note), KITH_OK);
    for (uint16_t i = 0; i < found->count; i++) {
        kith_gatt_found one;

        kith_gatt_found_at(found, i, &one);
        if (kith_uuid_equal(&one.uuid, &state))
            p->state = one.value_handle;
        if (kith_uuid_equal(&one.uuid, &note))
            p->note = one.value_handle;
    }
}

static void discover(place *p)
{
    kith_uuid service;
    kith_event event;

    assert_int_equal(kith_uuid_parse(SERVICE, &service), KITH_OK);
    assert_int_equal(kith_gatt_discover(p->phone, p->link, &service), KITH_OK);
    for (;;) {
        assert_int_equal(kith_posix_next(&p->port, kith_posix_now() + LIMIT_US, &event), KITH_POSIX_EVENT);
        if (event.kind == KITH_EVENT_DISCOVERED)
            break;
        if (event.kind == KITH_EVENT_CHARACTERISTICS)
            note_handles(p, &event.characteristics);
    }
    assert_int_equal(event.gatt.result, KITH_GATT_OK);
    assert_true(p->state != 0 && p->note != 0);
}

static void expect_to_read(place *p, uint16_t handle, const char *value)
{
    kith_event event;

    assert_int_equal(kith_gatt_read(p->phone, p->link, handle), KITH_OK);
    expect(p, KITH_EVENT_READ, &event);
    assert_int_equal(event.gatt.result, KITH_GATT_OK);
    assert_int_equal(event.gatt.len, strlen(value));
    assert_memory_equal(event.gatt.value, value, strlen(value));
}

static void pair(place *p, kith_peer_id *peer)
{
    kith_event event;

    assert_int_equal(kith_security_secure(p->phone, p->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    expect(p, KITH_EVENT_PAIRED, &event);
    assert_int_equal(event.verdict.key_size, 16);
    expect(p, KITH_EVENT_BONDED, &event);
    *peer = event.peer;
}

static void format_ltk(const place *p, kith_peer_id peer, char text[33])
{
    kith_bond_keys keys;

    assert_int_equal(kith_bonds_export(p->phone, peer, &keys), KITH_OK);
    for (size_t i = 0; i < 16; i++)
        snprintf(text + 2 * i, 3, "%02x", keys.ltk[15 - i]);
}

/* ---- what must work ---- */

static void a_phone_pairs_with_the_lamp_and_reads_it(void **state)
{
    place *p = *state;
    kith_peer_id peer;
    kith_event event;
    const char *line;
    char ltk[33];

    start_lamp(p);
    start_phone(p);
    connect_to_lamp(p);
    discover(p);
    assert_int_equal(kith_gatt_read(p->phone, p->link, p->state), KITH_OK);
    expect(p, KITH_EVENT_READ, &event);
    assert_int_equal(event.gatt.result, KITH_GATT_ATT_ERROR);
    assert_int_equal(event.gatt.att_error, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    pair(p, &peer);
    expect_to_read(p, p->state, STATE_TEXT);
    assert_int_equal(kith_gatt_write(p->phone, p->link, p->note, (const uint8_t *)"dim at ten", 10), KITH_OK);
    expect(p, KITH_EVENT_WRITTEN, &event);
    assert_int_equal(event.gatt.result, KITH_GATT_OK);
    expect_to_read(p, p->note, "dim at ten");

    line = live_line(&p->lamp, "\"event\":\"bonded\"");
    assert_non_null(line);
    format_ltk(p, peer, ltk);
    assert_non_null(strstr(line, ltk));
    assert_non_null(strstr(line, "\"octet_order\":\"most significant octet first\""));

    assert_int_equal(kith_gap_disconnect(p->phone, p->link, 0x13), KITH_OK);
    expect(p, KITH_EVENT_DISCONNECTED, &event);
    assert_non_null(live_line(&p->lamp, "\"event\":\"disconnected\""));

    connect_to_lamp(p); /* with the bond this time */
    assert_int_equal(kith_security_secure(p->phone, p->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    expect(p, KITH_EVENT_ENCRYPTED, &event);
    expect_to_read(p, p->state, STATE_TEXT);
}

static void ctrl_c_leaves_nothing_behind(void **state)
{
    place *p = *state;
    kith_event event;
    struct stat about;

    start_lamp(p);
    start_phone(p);
    connect_to_lamp(p);
    assert_int_equal(live_stop(&p->lamp, SIGINT), 0);
    expect(p, KITH_EVENT_DISCONNECTED, &event);
    assert_int_equal(event.disconnected.reason, 0x15); /* it said so: power off */
    assert_int_equal(live_stop(&p->controller, SIGTERM), 0);
    assert_true(stat(p->socket, &about) != 0);
    assert_int_equal(stat(p->pcap, &about), 0);
    assert_true(about.st_size > 24);
    expect(p, KITH_EVENT_CONTROLLER_LOST, &event);
    assert_int_equal(kith_posix_next(&p->port, kith_posix_now() + LIMIT_US, &event), KITH_POSIX_CLOSED);
}

static void a_killed_peer_is_a_supervision_timeout(void **state)
{
    place *p = *state;
    kith_event event;

    start_lamp(p);
    start_phone(p);
    connect_to_lamp(p);
    discover(p); /* so that the link is established */
    live_kill(&p->lamp);
    assert_non_null(live_line(&p->controller, "client 1 has gone"));
    expect(p, KITH_EVENT_DISCONNECTED, &event);
    assert_int_equal(event.disconnected.reason, 0x08);
}

static void a_killed_controller_ends_serve_with_a_sentence(void **state)
{
    place *p = *state;

    start_lamp(p);
    live_kill(&p->controller);
    assert_non_null(live_line(&p->lamp, "kith: the controller has gone"));
    assert_int_equal(live_stop(&p->lamp, 0), 1);
    start_controller(p); /* the socket of the killed one is in the way, and is replaced */
}

static void a_second_controller_is_refused(void **state)
{
    place *p = *state;
    const char *const arguments[] = {"controller", "--unix", p->socket, NULL};

    live_start(&p->lamp, KITH_COMMAND, arguments);
    assert_non_null(live_line(&p->lamp, "somebody listens at"));
    assert_int_equal(live_stop(&p->lamp, 0), 1);
    start_phone(p); /* the first one is as well as before */
}

/* ---- raw octets ---- */

static kith_posix_stream *open_raw(const place *p)
{
    kith_posix_stream *stream = calloc(1, sizeof *stream);
    int fd;

    assert_non_null(stream);
    assert_int_equal(kith_posix_open(p->where, &fd), KITH_OK);
    assert_int_equal(kith_posix_stream_init(stream, fd, KITH_POSIX_FROM_CONTROLLER), KITH_OK);
    return stream;
}

static void close_raw(kith_posix_stream *stream)
{
    kith_posix_stream_close(stream);
    free(stream);
}

static void say(kith_posix_stream *stream, const uint8_t *octets, size_t len)
{
    assert_int_equal(kith_posix_stream_put(stream, octets, len), KITH_OK);
    kith_posix_stream_flush(stream);
    assert_int_equal(stream->queued, 0);
}

/* The next packet begins like this. */
static void hear(kith_posix_stream *stream, const uint8_t *octets, size_t len)
{
    while (kith_posix_stream_next(stream) != KITH_POSIX_H4_PACKET) {
        assert_int_equal(live_wait_for(stream->fd), 1);
        kith_posix_stream_fill(stream);
        assert_false(stream->ended);
    }
    assert_true(stream->h4.len >= len);
    assert_memory_equal(stream->h4.packet, octets, len);
}

static const uint8_t reset[] = {0x01, 0x03, 0x0c, 0x00};
static const uint8_t reset_complete[] = {0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00};
static const uint8_t read_address[] = {0x01, 0x09, 0x10, 0x00};
static const uint8_t address_complete[] = {0x04, 0x0e, 0x0a, 0x01, 0x09, 0x10, 0x00};

static void rubbish_is_a_hardware_error_until_reset(void **state)
{
    static const uint8_t rubbish[] = "GET / HTTP/1.1\r\n\r\n";
    static const uint8_t hardware_error[] = {0x04, 0x10, 0x01};
    place *p = *state;
    kith_posix_stream *raw = open_raw(p);

    say(raw, rubbish, sizeof rubbish);
    hear(raw, hardware_error, sizeof hardware_error);
    say(raw, read_address, sizeof read_address); /* thrown away: step is not found yet */
    say(raw, reset, sizeof reset);
    hear(raw, reset_complete, sizeof reset_complete);
    assert_non_null(live_line(&p->controller, "client 1 lost step"));
    close_raw(raw);
    assert_non_null(live_line(&p->controller, "client 1 has gone"));
}

static void one_who_loses_step_for_ever_is_let_go(void **state)
{
    static const uint8_t again[] = {0x01, 0x03, 0x0c, 0x00, 0x99};
    place *p = *state;
    kith_posix_stream *raw = open_raw(p);

    for (int i = 0; i < 9; i++)
        say(raw, again, sizeof again);
    assert_non_null(live_line(&p->controller, "client 1 was let go: it lost step too often"));
    close_raw(raw);
    start_phone(p);
}

static void every_client_has_an_address_of_its_own(void **state)
{
    kith_posix_stream *raw[CLIENTS];
    uint8_t addresses[CLIENTS][6];
    place *p = *state;

    for (size_t i = 0; i < CLIENTS; i++) {
        raw[i] = open_raw(p);
        say(raw[i], read_address, sizeof read_address);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        hear(raw[i], address_complete, sizeof address_complete);
        memcpy(addresses[i], raw[i]->h4.packet + sizeof address_complete, 6);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(addresses[i], addresses[j], 6);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        close_raw(raw[i]);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_non_null(live_line(&p->controller, "has gone"));
}

/* ---- wrong use ---- */

static void wrong_use_is_one_sentence_and_status_2(void **state)
{
    static const char *const uses[][5] = {
        {NULL},
        {"lamps", NULL},
        {"--lamp", NULL},
        {"controller", NULL},
        {"controller", "--unix", "", "rest", NULL},
        {"controller", "--unix", "/tmp/x", "--seed=one", NULL},
        {"serve", NULL},
        {"serve", "--hci", "/dev/null", NULL},
        {"serve", "--hci", "tcp:localhost:1", NULL},
        {"serve", "--hci", "unix:x", "--window=1h", NULL},
    };
    place *p = *state;

    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        live_start(&p->lamp, KITH_COMMAND, uses[i]);
        assert_non_null(live_line(&p->lamp, "kith"));
        assert_int_equal(live_stop(&p->lamp, 0), 2);
        live_kill(&p->lamp);
    }
}

static void a_socket_that_is_not_there_is_named(void **state)
{
    static const char *const arguments[] = {"serve", "--hci", "unix:/nowhere/hci", NULL};
    place *p = *state;

    live_start(&p->lamp, KITH_COMMAND, arguments);
    assert_non_null(live_line(&p->lamp, "no controller at unix:/nowhere/hci: No such file or directory"));
    assert_int_equal(live_stop(&p->lamp, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_phone_pairs_with_the_lamp_and_reads_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ctrl_c_leaves_nothing_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_peer_is_a_supervision_timeout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_controller_ends_serve_with_a_sentence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_controller_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rubbish_is_a_hardware_error_until_reset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_who_loses_step_for_ever_is_let_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_client_has_an_address_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_use_is_one_sentence_and_status_2, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_socket_that_is_not_there_is_named, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
