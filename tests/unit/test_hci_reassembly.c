/* ACL fragments put together: every way to cut a PDU gives the PDU, and nothing a controller sends gives anything
 * else or writes outside the buffer.  Vol 4 Part E 5.4.2, Vol 3 Part A 7.2.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci/reassembly.h"

enum { CAPACITY = 69, GUARD = 16 };

typedef struct {
    hci_reassembly r;
    uint8_t memory[GUARD + CAPACITY + GUARD];
} bench;

static void open_bench(bench *b)
{
    memset(b, 0, sizeof *b);
    memset(b->memory, 0xa5, sizeof b->memory);
    hci_reassembly_init(&b->r, b->memory + GUARD, CAPACITY);
}

static void check_guards(const bench *b)
{
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(b->memory[i], 0xa5);
        assert_int_equal(b->memory[GUARD + CAPACITY + i], 0xa5);
    }
}

static size_t make_pdu(uint8_t *pdu, size_t payload)
{
    pdu[0] = (uint8_t)payload;
    pdu[1] = (uint8_t)(payload >> 8);
    pdu[2] = 6;
    pdu[3] = 0;
    for (size_t i = 0; i < payload; i++)
        pdu[4 + i] = (uint8_t)(i + 1);
    return 4 + payload;
}

static void expect_pdu(const bench *b, const uint8_t *pdu, size_t len)
{
    assert_int_equal(b->r.want, len);
    assert_memory_equal(b->r.buffer, pdu, len);
    check_guards(b);
}

static void a_pdu_in_one_piece(void **state)
{
    uint8_t pdu[CAPACITY];
    bench b;

    (void)state;
    open_bench(&b);
    for (size_t payload = 0; payload <= CAPACITY - 4; payload++) {
        size_t len = make_pdu(pdu, payload);

        assert_true(hci_reassembly_add(&b.r, true, pdu, len));
        expect_pdu(&b, pdu, len);
    }
}

/* The header too may be cut, at any octet. */
static void a_pdu_cut_in_three_anywhere(void **state)
{
    uint8_t pdu[CAPACITY];
    size_t len = make_pdu(pdu, 20);
    bench b;

    (void)state;
    open_bench(&b);
    for (size_t i = 0; i < len; i++)
        for (size_t j = i; j < len; j++) {
            assert_false(hci_reassembly_add(&b.r, true, pdu, i));
            assert_false(hci_reassembly_add(&b.r, false, pdu + i, j - i));
            assert_true(hci_reassembly_add(&b.r, false, pdu + j, len - j));
            expect_pdu(&b, pdu, len);
        }
}

static void a_pdu_octet_by_octet(void **state)
{
    uint8_t pdu[CAPACITY];
    size_t len = make_pdu(pdu, CAPACITY - 4);
    bench b;

    (void)state;
    open_bench(&b);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(hci_reassembly_add(&b.r, i == 0, pdu + i, 1), i == len - 1);
    expect_pdu(&b, pdu, len);
}

static void expect_well_again(bench *b)
{
    uint8_t pdu[CAPACITY];
    size_t len = make_pdu(pdu, 3);

    assert_false(hci_reassembly_add(&b->r, false, pdu, 2)); /* continues nothing */
    assert_true(hci_reassembly_add(&b->r, true, pdu, len));
    expect_pdu(b, pdu, len);
}

static void a_pdu_too_large_is_skipped_to_its_end(void **state)
{
    static const uint8_t too_large[] = {CAPACITY - 3, 0, 6, 0, 1};
    static const uint8_t huge[] = {0xff, 0xff, 6, 0, 1};
    bench b;

    (void)state;
    open_bench(&b);
    assert_false(hci_reassembly_add(&b.r, true, too_large, sizeof too_large));
    for (size_t i = 0; i < 20; i++)
        assert_false(hci_reassembly_add(&b.r, false, too_large, sizeof too_large));
    expect_well_again(&b);
    assert_false(hci_reassembly_add(&b.r, true, huge, sizeof huge));
    expect_well_again(&b);
}

static void more_octets_than_the_pdu_has_drop_it(void **state)
{
    uint8_t octets[200] = {3, 0, 6, 0, 1, 2, 3};
    bench b;

    (void)state;
    open_bench(&b);
    assert_false(hci_reassembly_add(&b.r, true, octets, 8));
    expect_well_again(&b);
    assert_false(hci_reassembly_add(&b.r, true, octets, 5));
    assert_false(hci_reassembly_add(&b.r, false, octets + 5, 3));
    expect_well_again(&b);
    assert_false(hci_reassembly_add(&b.r, true, octets, sizeof octets));
    expect_well_again(&b);
    assert_false(hci_reassembly_add(&b.r, true, octets, 3));
    assert_false(hci_reassembly_add(&b.r, false, octets, sizeof octets));
    check_guards(&b);
    expect_well_again(&b);
}

static void a_fragment_after_a_whole_pdu_starts_nothing(void **state)
{
    uint8_t pdu[CAPACITY];
    size_t len = make_pdu(pdu, 5);
    bench b;

    (void)state;
    open_bench(&b);
    assert_false(hci_reassembly_add(&b.r, false, pdu, len));
    assert_true(hci_reassembly_add(&b.r, true, pdu, len));
    assert_false(hci_reassembly_add(&b.r, false, pdu, 1));
    assert_false(hci_reassembly_add(&b.r, false, pdu, len));
    expect_well_again(&b);
}

static void a_new_start_gives_up_what_was_begun(void **state)
{
    uint8_t pdu[CAPACITY];
    bench b;

    (void)state;
    make_pdu(pdu, 30);
    open_bench(&b);
    assert_false(hci_reassembly_add(&b.r, true, pdu, 20));
    expect_well_again(&b);
}

/* Against a slow and obvious statement of the same rule. */
static void random_fragments_against_an_oracle(void **state)
{
    enum { RUNS = 200000 };
    uint32_t seed = 1;
    uint8_t octets[100], have[CAPACITY];
    size_t held = 0;
    bool skipping = true;
    bench b;

    (void)state;
    print_message("seed %u\n", (unsigned)seed);
    open_bench(&b);
    for (unsigned run = 0; run < RUNS; run++) {
        bool first = (seed = seed * 1664525u + 1013904223u) >> 30 == 0, whole = false;
        size_t len = (seed >> 8) % 40, wanted;

        for (size_t i = 0; i < len; i++)
            octets[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 27);
        octets[1] = 0;
        if (first) {
            held = 0;
            skipping = false;
        }
        if (!skipping && held + len > CAPACITY)
            skipping = true;
        if (!skipping) {
            memcpy(have + held, octets, len);
            held += len;
            wanted = held < 4 ? SIZE_MAX : 4u + have[0] + 256u * have[1];
            whole = held == wanted;
            if (held >= 4 && (wanted > CAPACITY || held > wanted))
                skipping = true;
        }
        assert_int_equal(hci_reassembly_add(&b.r, first, octets, len), whole);
        if (whole) {
            expect_pdu(&b, have, held);
            skipping = true;
        }
    }
    check_guards(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pdu_in_one_piece),
        cmocka_unit_test(a_pdu_cut_in_three_anywhere),
        cmocka_unit_test(a_pdu_octet_by_octet),
        cmocka_unit_test(a_pdu_too_large_is_skipped_to_its_end),
        cmocka_unit_test(more_octets_than_the_pdu_has_drop_it),
        cmocka_unit_test(a_fragment_after_a_whole_pdu_starts_nothing),
        cmocka_unit_test(a_new_start_gives_up_what_was_begun),
        cmocka_unit_test(random_fragments_against_an_oracle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
