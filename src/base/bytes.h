/* Octets in and out of memory: little-endian numbers, and cursors that can't run past the end.
 *
 * Everything here is for wire order (least significant octet first).  A cursor that was asked for more
 * than there is fails, answers zeros from then on and stays failed, so that a codec may read a whole
 * PDU and look at `failed` once.  Nothing here checks values; that is the codec's part. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t bytes_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t bytes_get24(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline uint32_t bytes_get32(const uint8_t *p)
{
    return bytes_get24(p) | (uint32_t)p[3] << 24;
}

static inline uint64_t bytes_get64(const uint8_t *p)
{
    return (uint64_t)bytes_get32(p) | (uint64_t)bytes_get32(p + 4) << 32;
}

static inline void bytes_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

/* The most significant octet of v is dropped. */
static inline void bytes_put24(uint8_t *p, uint32_t v)
{
    bytes_put16(p, (uint16_t)v);
    p[2] = (uint8_t)(v >> 16);
}

static inline void bytes_put32(uint8_t *p, uint32_t v)
{
    bytes_put24(p, v);
    p[3] = (uint8_t)(v >> 24);
}

static inline void bytes_put64(uint8_t *p, uint64_t v)
{
    bytes_put32(p, (uint32_t)v);
    bytes_put32(p + 4, (uint32_t)(v >> 32));
}

/* Between the wire's order and the crypto port's.  out and in must not overlap. */
static inline void bytes_reverse(uint8_t *out, const uint8_t *in, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = in[len - 1 - i];
}

/* Reads from octets that belong to the caller. */
typedef struct {
    const uint8_t *at; /* the next octet */
    size_t left;       /* 0 once failed */
    bool failed;       /* more was asked for than there was */
} bytes_reader;

/* p may be NULL when len is 0. */
static inline void bytes_reader_init(bytes_reader *r, const uint8_t *p, size_t len)
{
    r->at = p;
    r->left = len;
    r->failed = false;
}

/* The next len octets in place, or NULL when there are fewer (and the reader fails).  Taking 0 octets
 * always succeeds on a sound reader, but the answer may be NULL when the reader was made from NULL. */
static inline const uint8_t *bytes_take(bytes_reader *r, size_t len)
{
    const uint8_t *taken = r->at;

    if (r->failed || len > r->left) {
        r->failed = true;
        r->left = 0;
        return NULL;
    }
    if (len != 0)
        r->at += len;
    r->left -= len;
    return taken;
}

static inline void bytes_skip(bytes_reader *r, size_t len)
{
    (void)bytes_take(r, len);
}

/* Copies len octets out; zeros when there are fewer. */
static inline void bytes_read(bytes_reader *r, uint8_t *out, size_t len)
{
    const uint8_t *p = bytes_take(r, len);

    if (len == 0)
        return;
    if (p != NULL)
        memcpy(out, p, len);
    else
        memset(out, 0, len);
}

static inline uint8_t bytes_read8(bytes_reader *r)
{
    const uint8_t *p = bytes_take(r, 1);
    return p != NULL ? p[0] : 0;
}

static inline uint16_t bytes_read16(bytes_reader *r)
{
    const uint8_t *p = bytes_take(r, 2);
    return p != NULL ? bytes_get16(p) : 0;
}

static inline uint32_t bytes_read24(bytes_reader *r)
{
    const uint8_t *p = bytes_take(r, 3);
    return p != NULL ? bytes_get24(p) : 0;
}

static inline uint32_t bytes_read32(bytes_reader *r)
{
    const uint8_t *p = bytes_take(r, 4);
    return p != NULL ? bytes_get32(p) : 0;
}

static inline uint64_t bytes_read64(bytes_reader *r)
{
    const uint8_t *p = bytes_take(r, 8);
    return p != NULL ? bytes_get64(p) : 0;
}

/* Writes into memory of the caller.  A write that does not fit fails the writer and writes nothing. */
typedef struct {
    uint8_t *start;
    size_t len; /* written so far */
    size_t cap;
    bool failed;
} bytes_writer;

/* start may be NULL when cap is 0. */
static inline void bytes_writer_init(bytes_writer *w, uint8_t *start, size_t cap)
{
    w->start = start;
    w->len = 0;
    w->cap = cap;
    w->failed = false;
}

/* Room for len octets that the caller fills; NULL when it does not fit. */
static inline uint8_t *bytes_reserve(bytes_writer *w, size_t len)
{
    uint8_t *room;

    if (w->failed || len > w->cap - w->len) {
        w->failed = true;
        return NULL;
    }
    room = len != 0 ? w->start + w->len : w->start;
    w->len += len;
    return room;
}

/* p may be NULL when len is 0. */
static inline void bytes_write(bytes_writer *w, const uint8_t *p, size_t len)
{
    uint8_t *room = bytes_reserve(w, len);

    if (room != NULL && len != 0)
        memcpy(room, p, len);
}

static inline void bytes_write8(bytes_writer *w, uint8_t v)
{
    bytes_write(w, &v, 1);
}

static inline void bytes_write16(bytes_writer *w, uint16_t v)
{
    uint8_t *room = bytes_reserve(w, 2);

    if (room != NULL)
        bytes_put16(room, v);
}

static inline void bytes_write24(bytes_writer *w, uint32_t v)
{
    uint8_t *room = bytes_reserve(w, 3);

    if (room != NULL)
        bytes_put24(room, v);
}

static inline void bytes_write32(bytes_writer *w, uint32_t v)
{
    uint8_t *room = bytes_reserve(w, 4);

    if (room != NULL)
        bytes_put32(room, v);
}

static inline void bytes_write64(bytes_writer *w, uint64_t v)
{
    uint8_t *room = bytes_reserve(w, 8);

    if (room != NULL)
        bytes_put64(room, v);
}

#endif
