/* `kith controller` and `kith serve` as people run them: processes, sockets, terminals and real time.  The central is
 * our own host in this process, or raw octets.  Each test takes about a second at most. */
#include <fcntl.h>
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
#include "live_raw.h"

#define SERVICE    "5a3c2f10-7d0e-4e1b-9c55-4b6974680001"
#define STATE      "5a3c2f10-7d0e-4e1b-9c55-4b6974680002"
#define NOTE       "5a3c2f10-7d0e-4e1b-9c55-4b6974680003"
#define STATE_TEXT "warm white"

enum { LIMIT_US = LIVE_LIMIT_MS * 1000, CLIENTS = 100, WHERE = 160 };

typedef enum { AT_SOCKET, AT_PORT, AT_TERMINAL, PLACES } place_kind;

typedef struct {
    char folder[32], socket[64], terminal[64], pcap[64];
    char where[PLACES][WHERE]; /* as --hci wants it */
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

static void name_place(place *p, place_kind kind, const char *prefix, const char *line)
{
    assert_non_null(line);
    snprintf(p->where[kind], WHERE, "%s%s", prefix, line + strlen("listening on "));
}

static void start_controller(place *p)
{
    const char *const arguments[] = {"controller", "--unix",    p->socket, "--tcp", "0",
                                     "--pty",      p->terminal, "--pcap",  p->pcap, NULL};

    live_start(&p->controller, KITH_COMMAND, arguments);
    name_place(p, AT_SOCKET, "unix:", live_line(&p->controller, "listening on "));
    name_place(p, AT_PORT, "tcp:", live_line(&p->controller, "listening on "));
    assert_non_null(live_line(&p->controller, "listening on /dev/"));
    snprintf(p->where[AT_TERMINAL], WHERE, "uart:%s", p->terminal);
}

static void start_lamp(place *p, place_kind at)
{
    const char *const arguments[] = {"serve", "--hci",   p->where[at], "--name", "lamp",        "--io",
                                     "none",  "--store", "none",       "--json", "--show-keys", NULL};

    live_start(&p->lamp, KITH_COMMAND, arguments);
    assert_non_null(live_line(&p->lamp, "\"event\":\"advertising\",\"on\":true"));
}

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    strcpy(p->folder, "/tmp/kith-test-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    assert_int_equal(setenv("XDG_RUNTIME_DIR", p->folder, 1), 0); /* nothing outside of the folder is touched */
    assert_int_equal(setenv("XDG_STATE_HOME", p->folder, 1), 0);
    snprintf(p->socket, sizeof p->socket, "%s/hci", p->folder);
    snprintf(p->terminal, sizeof p->terminal, "%s/tty", p->folder);
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
    (void)unlink(p->terminal);
    (void)unlink(p->pcap);
    (void)rmdir(p->folder);
    free(p->memory);
    free(p);
    return 0;
}

static bool exists(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0;
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

static void start_phone(place *p, place_kind at)
{
    static const kith_method *const methods[] = {&kith_sc_just_works_initiator, NULL};
    kith_config config;
    kith_event event;
    size_t size;
    int fd;

    assert_int_equal(kith_openssl_port(&p->crypto), KITH_OK);
    kith_config_default(&config);
    config.crypto = &p->crypto;
    config.store = &kith_volatile_store;
    config.security.methods = methods;
    config.limits.bonds = 1;
    size = kith_host_size(&config.limits);
    p->memory = calloc(size / 8 + 1, 8);
    assert_int_equal(kith_host_init(p->memory, size, &config, &p->phone), KITH_OK);
    assert_int_equal(kith_posix_open(p->where[at], &fd), KITH_OK);
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
    assert_int_equal(kith_gap_stop_scan(p->phone), KITH_OK);
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

    start_lamp(p, AT_SOCKET);
    start_phone(p, AT_SOCKET);
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

static void all_places_are_one_room(void **state)
{
    place *p = *state;
    kith_peer_id peer;

    start_lamp(p, AT_TERMINAL);
    start_phone(p, AT_PORT);
    connect_to_lamp(p);
    discover(p);
    pair(p, &peer);
    expect_to_read(p, p->state, STATE_TEXT);
}

/* ---- ends ---- */

static void ctrl_c_leaves_nothing_behind(void **state)
{
    place *p = *state;
    kith_event event;
    struct stat about;

    start_lamp(p, AT_SOCKET);
    start_phone(p, AT_SOCKET);
    connect_to_lamp(p);
    assert_int_equal(live_stop(&p->lamp, SIGINT), 130);
    expect(p, KITH_EVENT_DISCONNECTED, &event);
    assert_int_equal(event.disconnected.reason, 0x15); /* it said so: power off */
    assert_int_equal(live_stop(&p->controller, SIGINT), 130);
    assert_non_null(live_line(&p->controller, "kith: stopped by Ctrl-C"));
    assert_false(exists(p->socket) || exists(p->terminal));
    assert_int_equal(stat(p->pcap, &about), 0);
    assert_true(about.st_size > 24);
    expect(p, KITH_EVENT_CONTROLLER_LOST, &event);
    assert_int_equal(kith_posix_next(&p->port, kith_posix_now() + LIMIT_US, &event), KITH_POSIX_CLOSED);
}

static void a_stopped_controller_ends_in_order_without_a_word(void **state)
{
    place *p = *state;

    assert_int_equal(live_stop(&p->controller, SIGTERM), 0);
    assert_null(live_line(&p->controller, "kith:"));
    assert_false(exists(p->socket) || exists(p->terminal));
    assert_true(exists(p->pcap));
}

/* Over each kind of place. */
static void a_killed_peer_is_a_supervision_timeout(void **state)
{
    place *p = *state;

    start_phone(p, AT_SOCKET);
    for (place_kind at = AT_SOCKET; at < PLACES; at++) {
        char words[32];
        kith_event event;

        snprintf(words, sizeof words, "client %u has gone", 2 + (unsigned)at);
        start_lamp(p, at);
        p->link = 0;
        connect_to_lamp(p);
        discover(p); /* so that the link is established */
        live_kill(&p->lamp);
        assert_non_null(live_line(&p->controller, words));
        expect(p, KITH_EVENT_DISCONNECTED, &event);
        assert_int_equal(event.disconnected.reason, 0x08);
    }
}

static void a_killed_controller_ends_serve_with_a_sentence(void **state)
{
    place *p = *state;

    for (place_kind at = AT_SOCKET; at < PLACES; at++) {
        start_lamp(p, at);
        live_kill(&p->controller);
        assert_non_null(live_line(&p->lamp, "kith: the controller has gone"));
        assert_int_equal(live_stop(&p->lamp, 0), 1);
        live_kill(&p->lamp);
        assert_true(exists(p->socket) && exists(p->terminal));
        start_controller(p); /* what the killed one left is in the way, and is replaced */
    }
}

/* ---- places ---- */

/* Says this, and ends with this status, while the first controller is as well as before. */
static void expect_to_fail(place *p, const char *const *arguments, int status, const char *words)
{
    live_start(&p->lamp, KITH_COMMAND, arguments);
    assert_non_null(live_line(&p->lamp, words));
    assert_int_equal(live_stop(&p->lamp, 0), status);
    live_kill(&p->lamp);
    raw_close(raw_open(p->where[AT_SOCKET]));
}

static void a_place_in_use_is_refused(void **state)
{
    place *p = *state;
    const char *port = p->where[AT_PORT] + strlen("tcp:");

    expect_to_fail(p, (const char *[]){"controller", "--unix", p->socket, NULL}, 1, "somebody listens at");
    expect_to_fail(p, (const char *[]){"controller", "--tcp", port, NULL}, 1, "somebody listens at");
    expect_to_fail(p, (const char *[]){"controller", "--pty", p->terminal, NULL}, 1, "exists already");
    expect_to_fail(p, (const char *[]){"controller", "--pty", p->pcap, NULL}, 1, "exists already");
    expect_to_fail(p, (const char *[]){"controller", "--unix", p->pcap, NULL}, 1, "is not a socket");
    assert_true(exists(p->terminal) && exists(p->pcap));
}

static void a_name_that_points_nowhere_but_is_not_ours_stays(void **state)
{
    place *p = *state;
    char name[96];

    snprintf(name, sizeof name, "%s/name", p->folder);
    assert_int_equal(symlink("/nowhere/pts/1", name), 0);
    expect_to_fail(p, (const char *[]){"controller", "--pty", name, NULL}, 1, "exists already");
    assert_true(exists(name));
    assert_int_equal(unlink(name), 0);
}

/* The number of a terminal that has gone is soon another's: then the name is older than what it points to. */
static void a_name_from_before_the_terminal_is_a_left_over(void **state)
{
    static const struct timespec long_ago[2] = {{1000000000, 0}, {1000000000, 0}};
    place *p = *state;
    char name[96], before[96], after[96];
    const char *const arguments[] = {"controller", "--pty", name, NULL};

    snprintf(name, sizeof name, "%s/name", p->folder);
    before[readlink(p->terminal, before, sizeof before - 1)] = '\0';
    assert_int_equal(symlink(before, name), 0);
    expect_to_fail(p, arguments, 1, "exists already");
    assert_int_equal(utimensat(AT_FDCWD, name, long_ago, AT_SYMLINK_NOFOLLOW), 0);
    live_start(&p->lamp, KITH_COMMAND, arguments);
    assert_non_null(live_line(&p->lamp, "listening on /dev/"));
    after[readlink(name, after, sizeof after - 1)] = '\0';
    assert_string_not_equal(before, after);
    assert_int_equal(live_stop(&p->lamp, SIGTERM), 0);
    assert_false(exists(name));
}

static void the_default_place_is_where_hosts_look(void **state)
{
    static const char *const controller[] = {"controller", NULL};
    static const char *const lamp[] = {"serve", "--io", "none", "--store", "none", NULL};
    live_process *second = calloc(1, sizeof *second);
    place *p = *state;
    char socket[96];

    live_start(second, KITH_COMMAND, controller);
    assert_non_null(live_line(second, "/kith.sock"));
    live_start(&p->lamp, KITH_COMMAND, lamp);
    assert_non_null(live_line(&p->lamp, "Advertising."));
    assert_int_equal(live_stop(&p->lamp, SIGTERM), 0);
    assert_int_equal(live_stop(second, SIGTERM), 0);
    live_kill(second);
    free(second);
    snprintf(socket, sizeof socket, "%s/kith.sock", p->folder);
    assert_false(exists(socket));
}

static void a_terminal_serves_one_host_after_the_other(void **state)
{
    uint8_t address[6], last[6] = {0};
    place *p = *state;

    for (unsigned i = 1; i <= 3; i++) {
        kith_posix_stream *raw = raw_open(p->where[AT_TERMINAL]);
        char words[32];

        raw_greet(raw, address);
        assert_memory_not_equal(address, last, 6); /* a controller of its own */
        memcpy(last, address, 6);
        raw_say(raw, raw_read_address,
                sizeof raw_read_address); /* the answer is left to the next, who must not see it */
        raw_close(raw);
        snprintf(words, sizeof words, "client %u has gone", i);
        assert_non_null(live_line(&p->controller, words));
    }
}

/* ---- clients that misbehave ---- */

static void rubbish_is_a_hardware_error_until_reset(void **state)
{
    static const uint8_t rubbish[] = "GET / HTTP/1.1\r\n\r\n";
    static const uint8_t hardware_error[] = {0x04, 0x10, 0x01};
    place *p = *state;

    for (place_kind at = AT_SOCKET; at < PLACES; at++) {
        kith_posix_stream *raw = raw_open(p->where[at]);

        raw_say(raw, rubbish, sizeof rubbish);
        raw_hear(raw, hardware_error, sizeof hardware_error);
        raw_say(raw, raw_read_address, sizeof raw_read_address); /* thrown away: step is not found yet */
        raw_say(raw, raw_reset, sizeof raw_reset);
        raw_hear(raw, raw_reset_complete, sizeof raw_reset_complete);
        assert_non_null(live_line(&p->controller, "lost step"));
        raw_close(raw);
        assert_non_null(live_line(&p->controller, "has gone"));
    }
}

static void one_who_loses_step_for_ever_is_let_go(void **state)
{
    static const uint8_t again[] = {0x01, 0x03, 0x0c, 0x00, 0x99};
    uint8_t often[9 * sizeof again];
    place *p = *state;

    for (size_t i = 0; i < sizeof often; i++)
        often[i] = again[i % sizeof again];
    for (place_kind at = AT_SOCKET; at < PLACES; at++) {
        kith_posix_stream *raw = raw_open(p->where[at]);
        uint8_t address[6];

        raw_say(raw, often, sizeof often);
        assert_non_null(live_line(&p->controller, "was let go: it lost step too often"));
        raw_expect_end(raw);
        raw_close(raw);
        raw = raw_open(p->where[at]); /* and the next is as welcome as ever */
        raw_greet(raw, address);
        raw_close(raw);
    }
}

/* Until nothing more is taken from it. */
static void talk_without_reading(kith_posix_stream *stream)
{
    size_t left;

    do {
        while (kith_posix_stream_put(stream, raw_read_address, sizeof raw_read_address) == KITH_OK)
            continue;
        left = stream->queued;
        kith_posix_stream_flush(stream);
    } while (stream->queued < left);
    assert_false(stream->ended);
}

/* What it does not read costs nobody else anything. */
static void one_who_never_reads_is_alone_with_it(void **state)
{
    place *p = *state;
    kith_posix_stream *deaf[PLACES];

    for (place_kind at = AT_SOCKET; at < PLACES; at++) {
        deaf[at] = raw_open(p->where[at]);
        talk_without_reading(deaf[at]);
    }
    start_lamp(p, AT_SOCKET);
    start_phone(p, AT_PORT);
    connect_to_lamp(p);
    discover(p);
    for (place_kind at = AT_SOCKET; at < PLACES; at++)
        raw_close(deaf[at]);
}

static void every_client_has_an_address_of_its_own(void **state)
{
    static kith_posix_stream *raw[CLIENTS];
    static uint8_t addresses[CLIENTS][6];
    place *p = *state;

    for (size_t i = 0; i < CLIENTS; i++) {
        raw[i] = raw_open(p->where[i == 0 ? AT_TERMINAL : i % 2 == 0 ? AT_SOCKET : AT_PORT]);
        raw_say(raw[i], raw_read_address, sizeof raw_read_address);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        raw_hear(raw[i], raw_address_complete, sizeof raw_address_complete);
        memcpy(addresses[i], raw[i]->h4.packet + sizeof raw_address_complete, 6);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(addresses[i], addresses[j], 6);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        raw_close(raw[i]);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_non_null(live_line(&p->controller, "has gone"));
}

/* ---- a full disk ---- */

static void a_full_disk_is_told_at_once_and_the_radio_goes_on(void **state)
{
    place *p = *state;
    char path[96], where[112];
    const char *const arguments[] = {"controller", "--unix", path, "--pcap", "/dev/full", NULL};
    kith_posix_stream *raw;
    uint8_t address[6];

    snprintf(path, sizeof path, "%s/other", p->folder);
    snprintf(where, sizeof where, "unix:%s", path);
    live_start(&p->lamp, KITH_COMMAND, arguments);
    assert_non_null(live_line(&p->lamp, "kith: the capture /dev/full ends here: No space left on device"));
    assert_non_null(live_line(&p->lamp, "listening on "));
    raw = raw_open(where);
    raw_greet(raw, address);
    assert_int_equal(live_stop(&p->lamp, SIGTERM), 1);
    assert_null(live_line(&p->lamp, "/dev/full")); /* once is enough */
    raw_close(raw);
}

/* ---- wrong use ---- */

static void wrong_use_is_one_sentence_and_status_2(void **state)
{
    static const char *const uses[][5] = {
        {NULL},
        {"lamps", NULL},
        {"--lamp", NULL},
        {"controller", "rest", NULL},
        {"controller", "--unix", "", "rest", NULL},
        {"controller", "--unix", "", NULL},
        {"controller", "--unix", "/tmp/x", "--seed=one", NULL},
        {"controller", "--tcp", "192.0.2.1:0", NULL},
        {"controller", "--tcp", "localhost", NULL},
        {"controller", "--tcp", "65536", NULL},
        {"controller", "--pty=/tmp/x", "/tmp/y", NULL},
        {"controller", "--pty", "/tmp/x", "/tmp/y", NULL},
        {"controller", "--pty", "--seed=2", "/tmp/y", NULL},
        {"serve", "--hci", "/dev/null", NULL},
        {"serve", "--hci", "tcp:localhost", NULL},
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

    expect_to_fail(*state, arguments, 1, "no controller at unix:/nowhere/hci: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_phone_pairs_with_the_lamp_and_reads_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_places_are_one_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ctrl_c_leaves_nothing_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_controller_ends_in_order_without_a_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_peer_is_a_supervision_timeout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_controller_ends_serve_with_a_sentence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_place_in_use_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_points_nowhere_but_is_not_ours_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_from_before_the_terminal_is_a_left_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_default_place_is_where_hosts_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_terminal_serves_one_host_after_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rubbish_is_a_hardware_error_until_reset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_who_loses_step_for_ever_is_let_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_who_never_reads_is_alone_with_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_client_has_an_address_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told_at_once_and_the_radio_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_use_is_one_sentence_and_status_2, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_socket_that_is_not_there_is_named, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
