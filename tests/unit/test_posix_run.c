/* One host on one stream, the other end of which is a controller of the virtual radio in the same thread.  Nothing
 * waits: kith_posix_next() is always called with a time that has passed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "kith/codec/hci.h"
#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "kith/port/posix.h"

#include "../../sim/sim.h"

enum { TURNS = 1000 };

typedef struct {
    kith_crypto_port crypto;
    kith_sim *sim;
    kith_sim_device device;
    kith_posix_stream far; /* the controller's end */
    kith_posix port;
    uint64_t *memory;
    kith_host *host;
} bench;

static int set_up(void **state)
{
    static const uint8_t address[6] = {1, 2, 3, 4, 5, 6};
    bench *b = calloc(1, sizeof *b);
    kith_sim_config room = {.seed = 1, .crypto = &b->crypto};
    kith_config config;
    size_t size;
    int fds[2];

    assert_int_equal(kith_openssl_port(&b->crypto), KITH_OK);
    assert_int_equal(kith_sim_new(&room, &b->sim), KITH_OK);
    assert_int_equal(kith_sim_add(b->sim, address, &b->device), KITH_OK);
    kith_config_default(&config);
    config.crypto = &b->crypto;
    config.store = &kith_volatile_store;
    size = kith_host_size(&config.limits);
    b->memory = calloc(size / 8 + 1, 8);
    assert_int_equal(kith_host_init(b->memory, size, &config, &b->host), KITH_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(kith_posix_stream_init(&b->far, fds[1], KITH_POSIX_FROM_HOST), KITH_OK);
    assert_int_equal(kith_posix_init(&b->port, b->host, fds[0]), KITH_OK);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bench *b = *state;

    kith_posix_close(&b->port);
    kith_posix_stream_close(&b->far);
    kith_sim_free(b->sim);
    kith_host_erase(b->host);
    free(b->memory);
    free(b);
    return 0;
}

static void pump(bench *b)
{
    uint8_t packet[260];
    size_t len;

    kith_posix_stream_fill(&b->far);
    while (kith_posix_stream_next(&b->far) == KITH_POSIX_H4_PACKET)
        assert_int_equal(kith_sim_send(b->sim, b->device, b->far.h4.packet, b->far.h4.len), KITH_OK);
    while ((len = kith_sim_receive(b->sim, b->device, packet, sizeof packet)) > 0)
        assert_int_equal(kith_posix_stream_put(&b->far, packet, len), KITH_OK);
    kith_posix_stream_flush(&b->far);
}

/* What kith_posix_next() says once it says anything but TIMEOUT. */
static kith_posix_result next(bench *b, kith_event *event)
{
    kith_posix_result result = KITH_POSIX_TIMEOUT;

    for (int i = 0; i < TURNS && result == KITH_POSIX_TIMEOUT; i++) {
        pump(b);
        result = kith_posix_next(&b->port, 0, event);
    }
    return result;
}

static void expect(bench *b, kith_event_kind kind)
{
    kith_event event;

    assert_int_equal(next(b, &event), KITH_POSIX_EVENT);
    assert_string_equal(kith_event_name(event.kind), kith_event_name(kind));
}

static void start(bench *b)
{
    assert_int_equal(kith_host_start(b->host, kith_posix_now()), KITH_OK);
}

static void a_host_starts_over_a_stream(void **state)
{
    bench *b = *state;
    kith_event event;

    start(b);
    assert_int_equal(next(b, &event), KITH_POSIX_EVENT);
    assert_int_equal(event.kind, KITH_EVENT_READY);
    assert_int_equal(event.ready.address.octets[0], 1);
    assert_int_equal(kith_posix_next(&b->port, 0, &event), KITH_POSIX_TIMEOUT);
}

static void a_stream_that_ends_is_a_lost_controller(void **state)
{
    bench *b = *state;
    kith_event event;

    start(b);
    expect(b, KITH_EVENT_READY);
    kith_posix_stream_close(&b->far);
    assert_int_equal(kith_posix_next(&b->port, UINT64_MAX, &event), KITH_POSIX_EVENT);
    assert_int_equal(event.kind, KITH_EVENT_CONTROLLER_LOST);
    assert_int_equal(kith_posix_next(&b->port, UINT64_MAX, &event), KITH_POSIX_CLOSED);
    assert_int_equal(kith_posix_next(&b->port, UINT64_MAX, &event), KITH_POSIX_CLOSED);
}

static void a_stream_that_ends_at_the_start_is_told_too(void **state)
{
    bench *b = *state;
    kith_event event;

    start(b);
    kith_posix_stream_close(&b->far);
    assert_int_equal(kith_posix_next(&b->port, UINT64_MAX, &event), KITH_POSIX_EVENT);
    assert_int_equal(event.kind, KITH_EVENT_START_FAILED);
    assert_int_equal(event.start_failed.status, KITH_ERR_IO);
    assert_int_equal(kith_posix_next(&b->port, UINT64_MAX, &event), KITH_POSIX_CLOSED);
}

static void lost_step_is_found_again_by_starting_anew(void **state)
{
    static const uint8_t rubbish[] = {0x99, 0x04, 0x3e, 0x00, 0x77};
    bench *b = *state;

    start(b);
    expect(b, KITH_EVENT_READY);
    assert_int_equal(kith_posix_stream_put(&b->far, rubbish, sizeof rubbish), KITH_OK);
    expect(b, KITH_EVENT_CONTROLLER_LOST);
    assert_int_equal(b->port.strange, 0x99);
    assert_false(b->port.stream.ended);
    start(b);
    expect(b, KITH_EVENT_READY);
}

static void either_descriptor_wakes_it(void **state)
{
    bench *b = *state;
    kith_event event;
    char octet;

    start(b);
    expect(b, KITH_EVENT_READY);
    for (int i = 0; i < 2; i++) {
        int ends[2];

        assert_int_equal(pipe(ends), 0);
        b->port.wake_fds[i] = ends[0];
        assert_int_equal(kith_posix_next(&b->port, 0, &event), KITH_POSIX_TIMEOUT);
        assert_int_equal(write(ends[1], "", 1), 1);
        assert_int_equal(kith_posix_next(&b->port, UINT64_MAX, &event), KITH_POSIX_WOKEN);
        assert_int_equal(read(ends[0], &octet, 1), 1);
        assert_int_equal(kith_posix_next(&b->port, 0, &event), KITH_POSIX_TIMEOUT);
        close(ends[1]); /* a hang-up, too */
        assert_int_equal(kith_posix_next(&b->port, UINT64_MAX, &event), KITH_POSIX_WOKEN);
        close(ends[0]);
        b->port.wake_fds[i] = -1;
    }
}

static void start_scan(bench *b)
{
    kith_scan scan;

    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_start_scan(b->host, &scan), KITH_OK);
    expect(b, KITH_EVENT_SCANNING);
}

/* Each look finds more to tell: without an end to looking the program's own time would never come. */
static void reports_without_end_do_not_keep_the_time_back(void **state)
{
    static const uint8_t report[] = {0x04, 0x3e, 0x0c, 0x02, 1, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0xc0};
    bench *b = *state;
    kith_posix_result result;
    kith_event event;
    unsigned told = 0;

    start(b);
    expect(b, KITH_EVENT_READY);
    start_scan(b);
    assert_int_equal(kith_posix_next(&b->port, 0, &event), KITH_POSIX_TIMEOUT);
    do {
        while (kith_posix_stream_put(&b->far, report, sizeof report) == KITH_OK)
            continue;
        kith_posix_stream_flush(&b->far);
        result = kith_posix_next(&b->port, 0, &event);
    } while (result == KITH_POSIX_EVENT && ++told < 100 * KITH_POSIX_CHUNK);
    assert_int_equal(result, KITH_POSIX_TIMEOUT);
    assert_true(told > 0); /* what was there by then */
}

static uint32_t get_big_32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Returns how many records of each direction a btsnoop file holds. */
static void count_records(FILE *file, size_t counts[2])
{
    uint8_t header[24], packet[260];

    assert_int_equal(fread(header, 1, 16, file), 16);
    assert_memory_equal(header, "btsnoop\0\0\0\0\1\0\0\3\352", 16);
    while (fread(header, 1, sizeof header, file) == sizeof header) {
        uint32_t len = get_big_32(header), flags = get_big_32(header + 8);

        assert_int_equal(get_big_32(header + 4), len);
        assert_true(len <= sizeof packet);
        assert_int_equal(fread(packet, 1, len, file), len);
        assert_int_equal(packet[0], (flags & 1) != 0 ? KITH_H4_EVENT : KITH_H4_COMMAND);
        assert_int_equal(flags & 2, 2);
        counts[flags & 1]++;
    }
    assert_int_equal(feof(file) != 0, 1);
}

static void a_capture_holds_every_packet_at_once(void **state)
{
    bench *b = *state;
    FILE *file = tmpfile();
    size_t counts[2] = {0, 0};

    assert_non_null(file);
    assert_int_equal(kith_posix_snoop(&b->port, fileno(file)), KITH_OK);
    start(b);
    expect(b, KITH_EVENT_READY);
    rewind(file);
    count_records(file, counts);
    assert_true(counts[0] >= 9); /* a start is that many commands, each answered once */
    assert_int_equal(counts[0], counts[1]);
    assert_int_equal(b->port.snoop_error, 0);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_host_starts_over_a_stream, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stream_that_ends_is_a_lost_controller, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stream_that_ends_at_the_start_is_told_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lost_step_is_found_again_by_starting_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(either_descriptor_wakes_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reports_without_end_do_not_keep_the_time_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_capture_holds_every_packet_at_once, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
