/* PDUs in tests as people write them: "0a 03 00". */
#ifndef TEST_GATT_HEX_H
#define TEST_GATT_HEX_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

/* Returns the number of octets. */
static inline size_t hex_read(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;
    unsigned octet;
    int used;

    while (sscanf(text, " %2x%n", &octet, &used) == 1) {
        assert_true(len < cap);
        out[len++] = (uint8_t)octet;
        text += used;
    }
    return len;
}

static inline void hex_write(const uint8_t *in, size_t len, char *text, size_t cap)
{
    size_t at = 0;

    text[0] = 0;
    for (size_t i = 0; i < len && at + 4 < cap; i++)
        at += (size_t)snprintf(text + at, cap - at, i == 0 ? "%02x" : " %02x", in[i]);
}

/* The octets are these; a failure prints both as text. */
static inline void hex_expect(const uint8_t *in, size_t len, const char *expected)
{
    char text[2048];

    hex_write(in, len, text, sizeof text);
    assert_string_equal(text, expected);
}

#endif
