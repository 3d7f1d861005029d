/* Octets out, packets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "live_process.h"
#include "live_raw.h"

const uint8_t raw_reset[4] = {0x01, 0x03, 0x0c, 0x00};
const uint8_t raw_reset_complete[7] = {0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00};
const uint8_t raw_read_address[4] = {0x01, 0x09, 0x10, 0x00};
const uint8_t raw_address_complete[7] = {0x04, 0x0e, 0x0a, 0x01, 0x09, 0x10, 0x00};

kith_posix_stream *raw_open(const char *where)
{
    kith_posix_stream *stream = calloc(1, sizeof *stream);
    int fd;

    assert_non_null(stream);
    assert_int_equal(kith_posix_open(where, &fd), KITH_OK);
    assert_int_equal(kith_posix_stream_init(stream, fd, KITH_POSIX_FROM_CONTROLLER), KITH_OK);
    return stream;
}

void raw_close(kith_posix_stream *stream)
{
    kith_posix_stream_close(stream);
    free(stream);
}

void raw_say(kith_posix_stream *stream, const uint8_t *octets, size_t len)
{
    assert_int_equal(kith_posix_stream_put(stream, octets, len), KITH_OK);
    kith_posix_stream_flush(stream);
    assert_int_equal(stream->queued, 0);
}

void raw_hear(kith_posix_stream *stream, const uint8_t *octets, size_t len)
{
    while (kith_posix_stream_next(stream) != KITH_POSIX_H4_PACKET) {
        assert_int_equal(live_wait_for(stream->fd), 1);
        kith_posix_stream_fill(stream);
        assert_false(stream->ended);
    }
    assert_true(stream->h4.len >= len);
    assert_memory_equal(stream->h4.packet, octets, len);
}

void raw_expect_end(kith_posix_stream *stream)
{
    while (!stream->ended) {
        assert_int_equal(live_wait_for(stream->fd), 1);
        kith_posix_stream_fill(stream);
        while (kith_posix_stream_next(stream) != KITH_POSIX_H4_MORE)
            continue;
    }
}

void raw_greet(kith_posix_stream *stream, uint8_t address[6])
{
    raw_say(stream, raw_reset, sizeof raw_reset);
    raw_hear(stream, raw_reset_complete, sizeof raw_reset_complete);
    raw_say(stream, raw_read_address, sizeof raw_read_address);
    raw_hear(stream, raw_address_complete, sizeof raw_address_complete);
    memcpy(address, stream->h4.packet + sizeof raw_address_complete, 6);
}
