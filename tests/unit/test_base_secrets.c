/* Wiping that optimizers leave alone, and comparison that looks at everything. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/equal.h"
#include "base/wipe.h"

static void wipe_zeroes_the_range_and_nothing_else(void **state)
{
    uint8_t memory[66];

    (void)state;
    for (size_t len = 0; len <= 64; len++) {
        memset(memory, 0xdd, sizeof memory);
        wipe(memory + 1, len);
        assert_int_equal(memory[0], 0xdd);
        for (size_t i = 1; i <= len; i++)
            assert_int_equal(memory[i], 0);
        assert_int_equal(memory[len + 1], 0xdd);
    }
}

/* A thread on a stack that is ours to read shows what a function leaves behind when it returns. */
static _Alignas(64) uint8_t stack[512 * 1024];
enum { SECRET_LEN = 96 };

__attribute__((noinline)) static void use_secret(bool wiped)
{
    volatile uint8_t sum = 0;
    uint8_t secret[SECRET_LEN];

    for (size_t i = 0; i < sizeof secret; i++)
        secret[i] = (uint8_t)(0x5a ^ i);
    for (size_t i = 0; i < sizeof secret; i++)
        sum = (uint8_t)(sum + ((volatile uint8_t *)secret)[i]);
    if (wiped)
        wipe(secret, sizeof secret);
}

/* Is any eighth of the secret still on the stack? */
static bool is_left_on_stack(void)
{
    for (size_t at = 0; at + 12 <= sizeof stack; at++) {
        for (size_t part = 0; part < SECRET_LEN; part += 12) {
            size_t same = 0;

            while (same < 12 && ((volatile uint8_t *)stack)[at + same] == (uint8_t)(0x5a ^ (part + same)))
                same++;
            if (same == 12)
                return true;
        }
    }
    return false;
}

typedef struct {
    bool wiped;
    bool found;
} trial;

static void *run_trial(void *context)
{
    trial *t = context;

    use_secret(t->wiped);
    t->found = is_left_on_stack();
    return NULL;
}

static bool secret_is_found(bool wiped)
{
    trial t = {wiped, false};
    pthread_attr_t attributes;
    pthread_t thread;

    memset(stack, 0, sizeof stack);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, sizeof stack), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_trial, &t), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    return t.found;
}

static void wiped_secret_is_gone_from_the_stack(void **state)
{
    (void)state;
    assert_true(secret_is_found(false)); /* else the next line would prove nothing */
    assert_false(secret_is_found(true));
}

static void equal_looks_at_every_bit(void **state)
{
    uint8_t a[33], b[33];

    (void)state;
    memset(a, 0x3c, sizeof a);
    memset(b, 0x3c, sizeof b);
    assert_true(equal_ct(a, b, sizeof a));
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(equal_ct(a, b, sizeof a));
        assert_true(equal_ct(a, b, bit / 8));
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(equal_ct(NULL, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipe_zeroes_the_range_and_nothing_else),
        cmocka_unit_test(wiped_secret_is_gone_from_the_stack),
        cmocka_unit_test(equal_looks_at_every_bit),
    };

    return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
