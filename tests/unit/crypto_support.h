/* For the crypto tests: hexadecimal constants in both byte orders, the two backends as cmocka groups,
 * and ports that misbehave on purpose. */
#ifndef TESTS_CRYPTO_SUPPORT_H
#define TESTS_CRYPTO_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/text.h"
#include "kith/crypto_port.h"
#include "kith/port/openssl.h"
#include "kith/port/psa.h"

enum { HEX_MAX = 160 };

typedef struct {
    uint8_t at[HEX_MAX];
    size_t len;
} octets;

/* Most significant octet first, as written. */
static inline octets hex(const char *text)
{
    octets o = {{0}, 0};

    while (*text != '\0') {
        if (*text == ' ') {
            text++;
            continue;
        }
        assert_true(o.len < HEX_MAX);
        assert_true(text_get_octet(text, &o.at[o.len++]));
        text += 2;
    }
    return o;
}

/* Least significant octet first: as the wire has the same value. */
static inline octets wire(const char *text)
{
    octets written = hex(text);
    octets o = {{0}, written.len};

    bytes_reverse(o.at, written.at, written.len);
    return o;
}

static inline octets point(const char *x, const char *y)
{
    octets o = hex(x);
    octets second = hex(y);

    memcpy(o.at + o.len, second.at, second.len);
    o.len += second.len;
    return o;
}

static inline void assert_zero(const void *p, size_t len)
{
    const uint8_t *at = p;

    for (size_t i = 0; i < len; i++)
        assert_int_equal(at[i], 0);
}

/* For loops over tables: a failure says which row. */
static inline void expect_status(kith_status status, kith_status expected, const char *row)
{
    if (status != expected)
        fail_msg("%s: %s, not %s", row, kith_status_name(status), kith_status_name(expected));
}

static inline int start_openssl(void **state)
{
    static kith_crypto_port port;

    assert_int_equal(kith_openssl_port(&port), KITH_OK);
    *state = &port;
    return 0;
}

static inline int start_psa(void **state)
{
    static kith_crypto_port port;

    assert_int_equal(kith_psa_port(&port), KITH_OK);
    *state = &port;
    return 0;
}

/* Runs one group of tests over each backend; the state of a test is its port. */
#define RUN_ON_BOTH(tests)                                                                                             \
    (cmocka_run_group_tests_name("openssl", tests, start_openssl, NULL) +                                              \
     cmocka_run_group_tests_name("psa", tests, start_psa, NULL))

/* A source for tests: the same numbers on every machine (xorshift64*). */
typedef struct {
    uint64_t state;
} seeded;

static inline kith_status seeded_random(void *context, uint8_t *out, size_t len)
{
    seeded *s = context;

    for (size_t i = 0; i < len; i++) {
        s->state ^= s->state >> 12;
        s->state ^= s->state << 25;
        s->state ^= s->state >> 27;
        out[i] = (uint8_t)((s->state * UINT64_C(0x2545f4914f6cdd1d)) >> 56);
    }
    return KITH_OK;
}

#endif
