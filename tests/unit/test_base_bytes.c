/* Little-endian numbers and the cursors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

static const uint8_t sample[8] = {0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8};

static void numbers_are_least_significant_octet_first(void **state)
{
    uint8_t out[8] = {0};

    (void)state;
    assert_int_equal(bytes_get16(sample), 0x9281);
    assert_int_equal(bytes_get24(sample), 0xa39281);
    assert_int_equal(bytes_get32(sample), 0xb4a39281);
    assert_true(bytes_get64(sample) == UINT64_C(0xf8e7d6c5b4a39281));
    bytes_put16(out, 0x9281);
    assert_memory_equal(out, sample, 2);
    assert_int_equal(out[2], 0);
    bytes_put24(out, 0xffa39281);
    assert_memory_equal(out, sample, 3);
    assert_int_equal(out[3], 0);
    bytes_put32(out, 0xb4a39281);
    assert_memory_equal(out, sample, 4);
    assert_int_equal(out[4], 0);
    bytes_put64(out, UINT64_C(0xf8e7d6c5b4a39281));
    assert_memory_equal(out, sample, 8);
}

static void reverse_turns_any_length(void **state)
{
    uint8_t out[3] = {9, 9, 9};

    (void)state;
    bytes_reverse(out, sample, 0);
    assert_int_equal(out[0], 9);
    bytes_reverse(out, sample, 3);
    assert_int_equal(out[0], 0xa3);
    assert_int_equal(out[1], 0x92);
    assert_int_equal(out[2], 0x81);
}

static void reader_reads_in_order_to_the_last_octet(void **state)
{
    uint8_t in[18], copy[2];
    bytes_reader r;

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i + 1);
    bytes_reader_init(&r, in, sizeof in);
    assert_int_equal(bytes_read8(&r), 0x01);
    assert_int_equal(bytes_read16(&r), 0x0302);
    assert_int_equal(bytes_read24(&r), 0x060504);
    assert_int_equal(bytes_read32(&r), 0x0a090807);
    bytes_read(&r, copy, 2);
    assert_int_equal(copy[1], 0x0c);
    bytes_skip(&r, 4);
    assert_ptr_equal(bytes_take(&r, 2), in + 16);
    assert_int_equal(r.left, 0);
    assert_false(r.failed);
    assert_int_equal(bytes_read8(&r), 0);
    assert_true(r.failed);
}

static void reader_reads_64_bits(void **state)
{
    bytes_reader r;

    (void)state;
    bytes_reader_init(&r, sample, sizeof sample);
    assert_true(bytes_read64(&r) == UINT64_C(0xf8e7d6c5b4a39281));
    assert_false(r.failed);
}

/* Seven octets left and eight wanted: no part of them is handed out, then or later. */
static void failed_reader_answers_zeros_for_ever(void **state)
{
    uint8_t copy[2] = {1, 1};
    bytes_reader r;

    (void)state;
    bytes_reader_init(&r, sample, 7);
    assert_true(bytes_read64(&r) == 0);
    assert_true(r.failed);
    assert_int_equal(r.left, 0);
    assert_int_equal(bytes_read8(&r), 0);
    assert_int_equal(bytes_read16(&r), 0);
    assert_int_equal(bytes_read24(&r), 0);
    assert_int_equal(bytes_read32(&r), 0);
    assert_null(bytes_take(&r, 0));
    assert_null(bytes_take(&r, 1));
    bytes_read(&r, copy, 2);
    assert_int_equal(copy[0] | copy[1], 0);
    bytes_skip(&r, 1);
    assert_true(r.failed);
}

static void reader_refuses_enormous_lengths(void **state)
{
    bytes_reader r;

    (void)state;
    bytes_reader_init(&r, sample, sizeof sample);
    bytes_skip(&r, 1);
    assert_null(bytes_take(&r, SIZE_MAX));
    assert_true(r.failed);
}

static void reader_of_nothing_may_be_null(void **state)
{
    bytes_reader r;

    (void)state;
    bytes_reader_init(&r, NULL, 0);
    bytes_skip(&r, 0);
    bytes_read(&r, NULL, 0);
    assert_false(r.failed);
    assert_int_equal(bytes_read8(&r), 0);
    assert_true(r.failed);
}

static void writer_writes_in_order_to_the_last_octet(void **state)
{
    uint8_t out[20];
    bytes_writer w;

    (void)state;
    bytes_writer_init(&w, out, sizeof out);
    bytes_write8(&w, 0x01);
    bytes_write16(&w, 0x0302);
    bytes_write24(&w, 0x060504);
    bytes_write32(&w, 0x0a090807);
    bytes_write64(&w, UINT64_C(0x1211100f0e0d0c0b));
    bytes_write(&w, (const uint8_t[]){0x13, 0x14}, 2);
    assert_false(w.failed);
    assert_int_equal(w.len, 20);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], i + 1);
    bytes_write(&w, NULL, 0);
    assert_false(w.failed);
    bytes_write8(&w, 1);
    assert_true(w.failed);
    assert_int_equal(w.len, 20);
}

static void write_that_does_not_fit_writes_nothing(void **state)
{
    uint8_t out[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    volatile size_t enormous = SIZE_MAX; /* what a compiler sees it warns about */
    bytes_writer w;

    (void)state;
    bytes_writer_init(&w, out, 3);
    bytes_write32(&w, 0);
    assert_true(w.failed);
    bytes_write8(&w, 0); /* would fit, but the PDU is spoilt */
    bytes_write16(&w, 0);
    bytes_write24(&w, 0);
    bytes_write64(&w, 0);
    bytes_write(&w, sample, enormous);
    assert_int_equal(w.len, 0);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], 9);
}

static void writer_into_nothing_may_be_null(void **state)
{
    bytes_writer w;

    (void)state;
    bytes_writer_init(&w, NULL, 0);
    bytes_write(&w, NULL, 0);
    assert_false(w.failed);
    bytes_write8(&w, 1);
    assert_true(w.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_least_significant_octet_first),
        cmocka_unit_test(reverse_turns_any_length),
        cmocka_unit_test(reader_reads_in_order_to_the_last_octet),
        cmocka_unit_test(reader_reads_64_bits),
        cmocka_unit_test(failed_reader_answers_zeros_for_ever),
        cmocka_unit_test(reader_refuses_enormous_lengths),
        cmocka_unit_test(reader_of_nothing_may_be_null),
        cmocka_unit_test(writer_writes_in_order_to_the_last_octet),
        cmocka_unit_test(write_that_does_not_fit_writes_nothing),
        cmocka_unit_test(writer_into_nothing_may_be_null),
    };

    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
