/* A client of the live radio that speaks raw octets.  Every wait has a limit. */
#ifndef TESTS_LIVE_RAW_H
#define TESTS_LIVE_RAW_H

#include "kith/port/posix.h"

extern const uint8_t raw_reset[4], raw_reset_complete[7];
extern const uint8_t raw_read_address[4], raw_address_complete[7]; /* then the address */

kith_posix_stream *raw_open(const char *where);
void raw_close(kith_posix_stream *stream);
void raw_say(kith_posix_stream *stream, const uint8_t *octets, size_t len);

/* The next packet begins like this; it stays in stream->h4.packet. */
void raw_hear(kith_posix_stream *stream, const uint8_t *octets, size_t len);

/* It is hung up. */
void raw_expect_end(kith_posix_stream *stream);

/* It resets its controller, and learns the address of it. */
void raw_greet(kith_posix_stream *stream, uint8_t address[6]);

#endif
