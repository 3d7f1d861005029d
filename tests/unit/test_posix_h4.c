/* H4 framing: whole packets out of any chunks, and what happens when step is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kith/port/posix.h"

enum { MOST = 16 };

typedef struct {
    kith_posix_h4 h4;
    size_t packets, lost;
    size_t lens[MOST];
    uint8_t firsts[MOST][8];
} framing;

static int set_up(void **state)
{
    *state = calloc(1, sizeof(framing));
    return *state == NULL;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void begin(framing *f, kith_posix_sender sender)
{
    f->packets = f->lost = 0;
    kith_posix_h4_init(&f->h4, sender);
}

static void note_packet(framing *f)
{
    assert_true(f->packets < MOST);
    f->lens[f->packets] = f->h4.len;
    memcpy(f->firsts[f->packets++], f->h4.packet, f->h4.len < 8 ? f->h4.len : 8);
}

static void feed(framing *f, const uint8_t *octets, size_t len)
{
    while (len > 0) {
        kith_posix_h4_result result;
        size_t used = kith_posix_h4_take(&f->h4, octets, len, &result);

        assert_true(used > 0 && used <= len);
        assert_true(result != KITH_POSIX_H4_MORE || used == len);
        octets += used;
        len -= used;
        if (result == KITH_POSIX_H4_PACKET)
            note_packet(f);
        else if (result == KITH_POSIX_H4_LOST)
            f->lost++;
    }
}

static void feed_in_chunks(framing *f, const uint8_t *octets, size_t len, size_t chunk)
{
    for (size_t at = 0; at < len; at += chunk)
        feed(f, octets + at, len - at < chunk ? len - at : chunk);
}

static const uint8_t of_host[] = {
    0x01, 0x03, 0x0c, 0x00,                         /* HCI_Reset: no parameter */
    0x02, 0x40, 0x00, 0x03, 0x00, 0xaa, 0xbb, 0xcc, /* ACL, 3 octets */
    0x03, 0x41, 0x00, 0x02, 0x11, 0x22,             /* synchronous, 2 octets */
    0x05, 0x42, 0x00, 0x01, 0xc0, 0x33,             /* isochronous: the two top bits are not length */
    0x01, 0x01, 0x20, 0x02, 0x04, 0x04,             /* parameters that look like types */
    0x02, 0x40, 0x00, 0x00, 0x00,                   /* ACL without data */
};
static const uint8_t of_controller[] = {
    0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00, /* Command Complete of HCI_Reset */
    0x04, 0x10, 0x00,                         /* an event without parameters */
    0x02, 0x40, 0x20, 0x01, 0x00, 0x55,       /* ACL, 1 octet */
};

static void packets_come_whole_however_the_stream_is_cut(void **state)
{
    static const size_t lens[] = {4, 8, 6, 6, 6, 5};
    framing *f = *state;

    for (size_t chunk = 1; chunk <= sizeof of_host; chunk++) {
        begin(f, KITH_POSIX_FROM_HOST);
        feed_in_chunks(f, of_host, sizeof of_host, chunk);
        assert_int_equal(f->packets, 6);
        assert_memory_equal(f->lens, lens, sizeof lens);
        assert_memory_equal(f->firsts[1], of_host + 4, 8);
        assert_memory_equal(f->firsts[4], of_host + 24, 6);
        assert_int_equal(f->lost, 0);
    }
}

static void a_controller_s_packets_too(void **state)
{
    static const size_t lens[] = {7, 3, 6};
    framing *f = *state;

    for (size_t chunk = 1; chunk <= sizeof of_controller; chunk++) {
        begin(f, KITH_POSIX_FROM_CONTROLLER);
        feed_in_chunks(f, of_controller, sizeof of_controller, chunk);
        assert_int_equal(f->packets, 3);
        assert_memory_equal(f->lens, lens, sizeof lens);
        assert_memory_equal(f->firsts[2], of_controller + 10, 6);
        assert_int_equal(f->lost, 0);
    }
}

static void the_longest_packet_fits(void **state)
{
    uint8_t *packet = calloc(1, KITH_POSIX_PACKET + 4);
    framing *f = *state;

    assert_non_null(packet);
    memcpy(packet, (const uint8_t[]){0x02, 0x40, 0x00, 0xff, 0xff}, 5);
    memcpy(packet + KITH_POSIX_PACKET, of_host, 4);
    begin(f, KITH_POSIX_FROM_HOST);
    feed_in_chunks(f, packet, KITH_POSIX_PACKET + 4, 4096);
    assert_int_equal(f->packets, 2);
    assert_int_equal(f->lens[0], KITH_POSIX_PACKET);
    assert_int_equal(f->lens[1], 4);
    free(packet);
}

static void every_other_type_octet_is_lost_step(void **state)
{
    framing *f = *state;

    for (unsigned type = 0; type < 256; type++) {
        uint8_t octet = (uint8_t)type;

        begin(f, KITH_POSIX_FROM_HOST);
        feed(f, &octet, 1);
        assert_int_equal(f->lost, type != 1 && type != 2 && type != 3 && type != 5);
        begin(f, KITH_POSIX_FROM_CONTROLLER);
        feed(f, &octet, 1);
        assert_int_equal(f->lost, type < 2 || type > 5);
    }
}

static void reset_finds_a_host_s_step_again(void **state)
{
    static const uint8_t rubbish[] = {0x99, 0x02, 0x01, 0x03, 0x01, 0x03, 0x0c};
    framing *f = *state;

    for (size_t chunk = 1; chunk < 16; chunk++) {
        begin(f, KITH_POSIX_FROM_HOST);
        feed_in_chunks(f, rubbish, sizeof rubbish, chunk);
        assert_int_equal(f->lost, 1);
        assert_int_equal(f->packets, 0);
        feed_in_chunks(f, (const uint8_t[]){0x01}, 1, 1);
        feed_in_chunks(f, of_host, sizeof of_host, chunk);
        assert_int_equal(f->packets, 6);
        assert_memory_equal(f->firsts[0], of_host, 4);
        assert_int_equal(f->lost, 1);
    }
}

static void the_answer_to_reset_finds_a_controller_s_step_again(void **state)
{
    static const uint8_t rubbish[] = {0x77, 0x04, 0x0e, 0x04, 0x01, 0x03, 0x10, 0x00};
    static const uint8_t other_answer[] = {0x04, 0x0e, 0x04, 0x01, 0x01, 0x10, 0x00};
    framing *f = *state;

    for (size_t chunk = 1; chunk < 8; chunk++) {
        begin(f, KITH_POSIX_FROM_CONTROLLER);
        feed_in_chunks(f, rubbish, sizeof rubbish, chunk);
        feed_in_chunks(f, other_answer, sizeof other_answer, chunk);
        assert_int_equal(f->packets, 0);
        feed_in_chunks(f, of_controller, sizeof of_controller, chunk);
        assert_int_equal(f->packets, 3);
        assert_memory_equal(f->firsts[0], of_controller, 7);
        assert_int_equal(f->lost, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(packets_come_whole_however_the_stream_is_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_controller_s_packets_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_longest_packet_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_other_type_octet_is_lost_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reset_finds_a_host_s_step_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_answer_to_reset_finds_a_controller_s_step_again, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
