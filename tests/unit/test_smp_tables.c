/* The tables of every method as graphs: each state can be reached, each has a way out, no row hides another, and each
 * row's length is its opcode's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smp/session.h"

typedef void visit(const smp_row *row, void *context);

static const kith_method *const all_methods[] = {&kith_sc_just_works_initiator, &kith_sc_just_works_responder,
                                                 &kith_sc_numeric_comparison_initiator,
                                                 &kith_sc_numeric_comparison_responder};

static void for_each_row(const kith_method *m, visit *call, void *context)
{
    const smp_table *phase1 = m->initiator ? &smp_phase1_initiator : &smp_phase1_responder;

    for (size_t i = 0; i < phase1->count; i++)
        call(&phase1->rows[i], context);
    for (size_t t = 0; m->tables[t] != NULL; t++)
        for (size_t i = 0; i < m->tables[t]->count; i++)
            call(&m->tables[t]->rows[i], context);
}

static void spread(const smp_row *row, void *context)
{
    uint32_t *reached = context;

    if (row->state != SMP_ANY && (*reached & 1u << row->state) != 0)
        *reached |= row->may_go & ~SMP_STAY;
}

static uint32_t reachable(const kith_method *m)
{
    uint32_t reached = SMP_TO(START), before = 0;

    while (reached != before) {
        before = reached;
        for_each_row(m, spread, &reached);
    }
    return reached;
}

static void note_left(const smp_row *row, void *context)
{
    uint32_t *left = context;

    if (row->state != SMP_ANY && (row->may_go & ~SMP_STAY & ~(1u << row->state)) != 0)
        *left |= 1u << row->state;
}

static void every_state_that_is_reached_has_a_way_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_methods / sizeof all_methods[0]; i++) {
        uint32_t reached = reachable(all_methods[i]), left = 0;

        for_each_row(all_methods[i], note_left, &left);
        for (unsigned s = SMP_START; s < SMP_STATE_COUNT; s++)
            if ((reached & 1u << s) != 0 && s != SMP_DONE && s != SMP_FAILED && (left & 1u << s) == 0)
                fail_msg("%s of method %zu is a dead end", smp_state_name((smp_state)s), i);
        assert_true((reached & SMP_TO(DONE)) != 0);
    }
}

static void expect_reached(const smp_row *row, void *context)
{
    const uint32_t *reached = context;

    assert_int_not_equal(row->state, SMP_FREE);
    assert_int_not_equal(row->state, SMP_DONE);
    assert_int_not_equal(row->state, SMP_FAILED);
    if (row->state != SMP_ANY && (*reached & 1u << row->state) == 0)
        fail_msg("no row leads to %s", smp_state_name(row->state));
}

static void every_row_can_be_reached(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_methods / sizeof all_methods[0]; i++) {
        uint32_t reached = reachable(all_methods[i]);

        for_each_row(all_methods[i], expect_reached, &reached);
    }
}

/* Backwards from the end: from wherever a pairing stands, it can still end well. */
static void every_state_leads_to_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_methods / sizeof all_methods[0]; i++)
        for (unsigned s = SMP_START; s < SMP_DONE; s++) {
            uint32_t reached = 1u << s, before = 0;

            if ((reachable(all_methods[i]) & reached) == 0)
                continue;
            while (reached != before) {
                before = reached;
                for_each_row(all_methods[i], spread, &reached);
            }
            if ((reached & SMP_TO(DONE)) == 0)
                fail_msg("%s never ends well", smp_state_name((smp_state)s));
        }
}

static void check_row(const smp_row *row, void *context)
{
    (void)context;
    assert_non_null(row->handler);
    assert_int_not_equal(row->may_go, 0);
    assert_int_equal(row->may_go & (SMP_TO(FREE) | SMP_TO(START) | SMP_TO(FAILED)), 0);
    assert_int_equal(row->may_go & ~SMP_STAY & ~((1u << SMP_STATE_COUNT) - 1), 0);
    if (row->input == SMP_IN_PDU)
        assert_int_equal(row->len, kith_smp_pdu_len(row->opcode));
    else
        assert_int_equal(row->len | row->opcode, 0);
}

static void every_row_is_well_formed(void **state)
{
    (void)state;
    assert_true(SMP_STATE_COUNT < 31); /* SMP_STAY is the bit above */
    for (size_t i = 0; i < sizeof all_methods / sizeof all_methods[0]; i++)
        for_each_row(all_methods[i], check_row, NULL);
}

typedef struct {
    const smp_row *row;
    unsigned same;
} twin;

static void count_same(const smp_row *row, void *context)
{
    twin *t = context;

    t->same += row->state == t->row->state && row->input == t->row->input && row->opcode == t->row->opcode;
}

static void find_twins(const smp_row *row, void *context)
{
    twin t = {row, 0};

    for_each_row(context, count_same, &t);
    assert_int_equal(t.same, 1);
}

static void no_row_hides_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_methods / sizeof all_methods[0]; i++)
        for_each_row(all_methods[i], find_twins, (void *)(uintptr_t)all_methods[i]);
}

static void every_state_has_a_name(void **state)
{
    (void)state;
    for (unsigned s = 0; s < SMP_STATE_COUNT; s++)
        for (unsigned other = 0; other < s; other++)
            assert_string_not_equal(smp_state_name((smp_state)s), smp_state_name((smp_state)other));
}

static void spread_but_compared(const smp_row *row, void *context)
{
    if (row->input != SMP_IN_COMPARED)
        spread(row, context);
}

/* The check that proves our agreement, and with it any key, is behind a person's answer; without one no row leads
 * there. */
static void numeric_comparison_gets_nowhere_without_a_person(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_methods / sizeof all_methods[0]; i++) {
        bool asks = all_methods[i]->kind == KITH_METHOD_NUMERIC_COMPARISON;
        uint32_t reached = SMP_TO(START), before = 0;

        while (reached != before) {
            before = reached;
            for_each_row(all_methods[i], spread_but_compared, &reached);
        }
        assert_int_equal((reached & SMP_TO(WAIT_COMPARE)) != 0, asks);
        assert_int_equal((reached & (SMP_TO(WAIT_CHECK) | SMP_TO(WAIT_DHKEY) | SMP_TO(WAIT_LTK_REQUEST) |
                                     SMP_TO(WAIT_ENCRYPTED) | SMP_TO(DONE))) == 0,
                         asks);
    }
}

/* Each method is the one its name says, in its role, and Secure Connections all of them. */
static void every_method_is_what_its_name_says(void **state)
{
    (void)state;
    assert_true(kith_sc_numeric_comparison_initiator.initiator && !kith_sc_numeric_comparison_responder.initiator);
    assert_true(kith_sc_just_works_initiator.initiator && !kith_sc_just_works_responder.initiator);
    assert_int_equal(kith_sc_numeric_comparison_initiator.kind, KITH_METHOD_NUMERIC_COMPARISON);
    assert_int_equal(kith_sc_numeric_comparison_responder.kind, KITH_METHOD_NUMERIC_COMPARISON);
    for (size_t i = 0; i < sizeof all_methods / sizeof all_methods[0]; i++)
        assert_true(all_methods[i]->secure_connections);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_that_is_reached_has_a_way_out),
        cmocka_unit_test(every_row_can_be_reached),
        cmocka_unit_test(every_state_leads_to_the_end),
        cmocka_unit_test(every_row_is_well_formed),
        cmocka_unit_test(no_row_hides_another),
        cmocka_unit_test(every_state_has_a_name),
        cmocka_unit_test(numeric_comparison_gets_nowhere_without_a_person),
        cmocka_unit_test(every_method_is_what_its_name_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
