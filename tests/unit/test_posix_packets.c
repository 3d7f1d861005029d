/* An adapter's socket keeps the bounds of packets.  None exists here: a socket pair of that kind stands for it, and
 * opening one is tested by what goes wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "kith/port/posix.h"

static const uint8_t reset[] = {0x01, 0x03, 0x0c, 0x00};
static const uint8_t reset_complete[] = {0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00};

typedef struct {
    kith_posix_stream *stream;
    int kernel; /* the other end */
} adapter;

static int set_up(void **state)
{
    adapter *a = calloc(1, sizeof *a);
    const int room = 1 << 20;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    a->kernel = fds[1];
    a->stream = malloc(sizeof *a->stream);
    assert_int_equal(kith_posix_stream_init(a->stream, fds[0], KITH_POSIX_FROM_CONTROLLER), KITH_OK);
    assert_true(a->stream->is_packets);
    *state = a;
    return 0;
}

static int tear_down(void **state)
{
    adapter *a = *state;

    kith_posix_stream_close(a->stream);
    (void)close(a->kernel);
    free(a->stream);
    free(a);
    return 0;
}

static void send_packet(adapter *a, const uint8_t *packet, size_t len)
{
    assert_int_equal(send(a->kernel, packet, len, 0), len);
}

static kith_posix_h4_result next(adapter *a)
{
    kith_posix_stream_fill(a->stream);
    return kith_posix_stream_next(a->stream);
}

static void expect_packet(adapter *a, const uint8_t *packet, size_t len)
{
    assert_int_equal(next(a), KITH_POSIX_H4_PACKET);
    assert_int_equal(a->stream->h4.len, len);
    assert_memory_equal(a->stream->h4.packet, packet, len);
    assert_int_equal(kith_posix_stream_next(a->stream), KITH_POSIX_H4_MORE);
}

/* ---- reading ---- */

static void a_read_is_one_packet(void **state)
{
    static const uint8_t acl[] = {0x02, 0x40, 0x20, 0x01, 0x00, 0xaa};
    adapter *a = *state;

    send_packet(a, reset_complete, sizeof reset_complete);
    send_packet(a, acl, sizeof acl);
    expect_packet(a, reset_complete, sizeof reset_complete);
    expect_packet(a, acl, sizeof acl);
    assert_int_equal(next(a), KITH_POSIX_H4_MORE);
    assert_false(a->stream->ended);
}

static void the_longest_packet_comes_whole(void **state)
{
    adapter *a = *state;
    uint8_t *packet = malloc(KITH_POSIX_PACKET);

    for (size_t i = 0; i < KITH_POSIX_PACKET; i++)
        packet[i] = (uint8_t)(i * 7);
    memcpy(packet, (const uint8_t[]){0x02, 0x40, 0x20, 0xff, 0xff}, 5);
    send_packet(a, packet, KITH_POSIX_PACKET);
    send_packet(a, reset_complete, sizeof reset_complete);
    expect_packet(a, packet, KITH_POSIX_PACKET);
    expect_packet(a, reset_complete, sizeof reset_complete);
    free(packet);
}

static void what_is_not_one_packet_is_dropped_alone(void **state)
{
    static const struct {
        uint8_t octets[10];
        size_t len;
    } wrong[] = {
        {{0x04}, 1},                                           /* no header */
        {{0x04, 0x0e}, 2},                                     /* half of one */
        {{0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c}, 6},             /* one octet too few */
        {{0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00, 0x00}, 8}, /* one too many */
        {{0x01, 0x03, 0x0c, 0x00}, 4},                         /* a command, from a controller */
        {{0xff, 0x00, 0x00}, 3},                               /* a vendor's own kind */
        {{0x04, 0x0e, 0x01, 0x00, 0x04, 0x0e, 0x01, 0x00}, 8}, /* two at once */
        {{0x02, 0x40, 0x20, 0xff, 0xff, 0x00}, 6},             /* far too few */
    };
    adapter *a = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        send_packet(a, wrong[i].octets, wrong[i].len);
        assert_int_equal(next(a), KITH_POSIX_H4_MORE);
        assert_false(a->stream->h4.searching);
        send_packet(a, reset_complete, sizeof reset_complete);
        expect_packet(a, reset_complete, sizeof reset_complete);
    }
}

static void its_end_is_the_end(void **state)
{
    adapter *a = *state;

    send_packet(a, reset_complete, sizeof reset_complete);
    (void)close(a->kernel);
    a->kernel = -1;
    expect_packet(a, reset_complete, sizeof reset_complete);
    assert_false(a->stream->ended);
    kith_posix_stream_fill(a->stream);
    assert_true(a->stream->ended);
}

/* ---- writing ---- */

static void packets_are_never_joined(void **state)
{
    static const uint8_t acl[] = {0x02, 0x40, 0x00, 0x02, 0x00, 0x01, 0x02};
    uint8_t heard[64];
    adapter *a = *state;

    assert_int_equal(kith_posix_stream_put(a->stream, reset, sizeof reset), KITH_OK);
    assert_int_equal(kith_posix_stream_put(a->stream, acl, sizeof acl), KITH_OK);
    assert_int_equal(kith_posix_stream_put(a->stream, reset, sizeof reset), KITH_OK);
    kith_posix_stream_flush(a->stream);
    assert_int_equal(a->stream->queued, 0);
    assert_int_equal(recv(a->kernel, heard, sizeof heard, 0), sizeof reset);
    assert_memory_equal(heard, reset, sizeof reset);
    assert_int_equal(recv(a->kernel, heard, sizeof heard, 0), sizeof acl);
    assert_memory_equal(heard, acl, sizeof acl);
    assert_int_equal(recv(a->kernel, heard, sizeof heard, 0), sizeof reset);
}

static void what_is_not_taken_waits_whole(void **state)
{
    uint8_t packet[300] = {0x02, 0x40, 0x00, 0x27, 0x01}, heard[400];
    size_t put = 0, got = 0;
    adapter *a = *state;

    do {
        packet[5] = (uint8_t)put;
        packet[6] = (uint8_t)(put >> 8);
        kith_posix_stream_flush(a->stream);
        assert_true(put < 100000);
    } while (kith_posix_stream_put(a->stream, packet, sizeof packet) == KITH_OK && ++put > 0);
    assert_true(kith_posix_stream_room(a->stream) < sizeof packet);
    assert_false(a->stream->ended);
    while (got < put) { /* now it reads: everything arrives, in order and whole */
        assert_int_equal(recv(a->kernel, heard, sizeof heard, MSG_DONTWAIT), sizeof packet);
        assert_int_equal(heard[5] | heard[6] << 8, got & 0xffff);
        got++;
        kith_posix_stream_flush(a->stream);
    }
    assert_int_equal(a->stream->queued, 0);
}

static void the_queue_has_the_room_it_tells_of(void **state)
{
    adapter *a = *state;
    size_t room = kith_posix_stream_room(a->stream);
    uint8_t *packet = calloc(1, room + 1);

    assert_int_equal(kith_posix_stream_put(a->stream, packet, room + 1), KITH_ERR_FULL);
    assert_int_equal(a->stream->queued, 0);
    assert_int_equal(kith_posix_stream_put(a->stream, packet, room), KITH_OK);
    assert_int_equal(a->stream->queued, KITH_POSIX_QUEUE);
    assert_int_equal(kith_posix_stream_room(a->stream), 0);
    assert_int_equal(kith_posix_stream_put(a->stream, packet, 1), KITH_ERR_FULL);
    free(packet);
}

/* ---- opening ---- */

static void adapters_that_are_none_are_named(void **state)
{
    static const char *const values[] = {"hci", "hcix", "hci-1", "hci0x", "hci 0", "hci65535", "hci99999", "hci123456"};
    int fd = -1;

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_int_equal(kith_posix_open(values[i], &fd), KITH_ERR_VALUE);
    assert_int_equal(fd, -1);
}

/* Whatever this machine has, it has no adapter of that number. */
static void an_adapter_that_is_not_there_is_an_error_by_name(void **state)
{
    int fd = -1;

    (void)state;
    assert_int_equal(kith_posix_open("hci65534", &fd), KITH_ERR_IO);
    assert_true(errno == EAFNOSUPPORT || errno == ENODEV || errno == EPERM || errno == EPROTONOSUPPORT);
    assert_int_equal(fd, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_read_is_one_packet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_longest_packet_comes_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_one_packet_is_dropped_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(its_end_is_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(packets_are_never_joined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_taken_waits_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_queue_has_the_room_it_tells_of, set_up, tear_down),
        cmocka_unit_test(adapters_that_are_none_are_named),
        cmocka_unit_test(an_adapter_that_is_not_there_is_an_error_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
