/* The tables of every method as graphs: each state can be reached, each has a way out, no row hides another, and each
 * row's length is its opcode's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smp/session.h"

enum { METHODS = 14 };

typedef void visit(const smp_row *row, void *context);

static void for_each_row(const kith_method *m, visit *call, void *context)
{
    const smp_table *phase1 = m->initiator ? &smp_phase1_initiator : &smp_phase1_responder;

    for (size_t i = 0; i < phase1->count; i++)
        call(&phase1->rows[i], context);
    for (size_t t = 0; m->tables[t] != NULL; t++)
        for (size_t i = 0; i < m->tables[t]->count; i++)
            call(&m->tables[t]->rows[i], context);
}

/* A walk over a method's rows, with one kind of them left out. */
typedef struct {
    const kith_method *method;
    smp_input_kind without; /* rows with this input, and */
    uint8_t opcode;         /* this opcode, are not there */
    bool all;               /* none is left out */
    uint32_t reached;
} walk;

static void spread(const smp_row *row, void *context)
{
    walk *w = context;
    uint32_t to = row->may_go & ~SMP_STAY & ~SMP_TO_METHOD;

    if (!w->all && row->input == w->without && row->opcode == w->opcode)
        return;
    if ((row->may_go & SMP_TO_METHOD) != 0)
        to |= w->method->begin_to;
    if (row->state != SMP_ANY && (w->reached & 1u << row->state) != 0)
        w->reached |= to;
}

static uint32_t follow(walk *w)
{
    uint32_t before = 0;

    while (w->reached != before) {
        before = w->reached;
        for_each_row(w->method, spread, w);
    }
    return w->reached;
}

static uint32_t reachable_from(const kith_method *m, uint32_t states)
{
    walk w = {.method = m, .all = true, .reached = states};

    return follow(&w);
}

static uint32_t reachable(const kith_method *m)
{
    return reachable_from(m, SMP_TO(START));
}

static uint32_t reachable_without(const kith_method *m, smp_input_kind input, uint8_t opcode)
{
    walk w = {.method = m, .without = input, .opcode = opcode, .reached = SMP_TO(START)};

    return follow(&w);
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
    for (size_t i = 0; i < METHODS; i++) {
        uint32_t reached = reachable(kith_all_methods[i]), left = 0;

        for_each_row(kith_all_methods[i], note_left, &left);
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
    for (size_t i = 0; i < METHODS; i++) {
        uint32_t reached = reachable(kith_all_methods[i]);

        for_each_row(kith_all_methods[i], expect_reached, &reached);
    }
}

/* Backwards from the end: from wherever a pairing stands, it can still end well. */
static void every_state_leads_to_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < METHODS; i++)
        for (unsigned s = SMP_START; s < SMP_DONE; s++) {
            if ((reachable(kith_all_methods[i]) & 1u << s) == 0)
                continue;
            if ((reachable_from(kith_all_methods[i], 1u << s) & SMP_TO(DONE)) == 0)
                fail_msg("%s never ends well", smp_state_name((smp_state)s));
        }
}

static void check_row(const smp_row *row, void *context)
{
    (void)context;
    assert_non_null(row->handler);
    assert_int_not_equal(row->may_go, 0);
    assert_int_equal(row->may_go & (SMP_TO(FREE) | SMP_TO(START) | SMP_TO(FAILED)), 0);
    assert_int_equal(row->may_go & ~(SMP_STAY | SMP_TO_METHOD) & ~((1u << SMP_STATE_COUNT) - 1), 0);
    if (row->input == SMP_IN_PDU)
        assert_int_equal(row->len, kith_smp_pdu_len(row->opcode));
    else
        assert_int_equal(row->len | row->opcode, 0);
}

static void every_row_is_well_formed(void **state)
{
    (void)state;
    assert_true(SMP_STATE_COUNT <= 30); /* SMP_TO_METHOD and SMP_STAY are the bits above */
    for (size_t i = 0; i < METHODS; i++)
        for_each_row(kith_all_methods[i], check_row, NULL);
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
    for (size_t i = 0; i < METHODS; i++)
        for_each_row(kith_all_methods[i], find_twins, (void *)(uintptr_t)kith_all_methods[i]);
}

static void every_state_has_a_name(void **state)
{
    (void)state;
    for (unsigned s = 0; s < SMP_STATE_COUNT; s++)
        for (unsigned other = 0; other < s; other++)
            assert_string_not_equal(smp_state_name((smp_state)s), smp_state_name((smp_state)other));
}

/* What must have happened before the controller is given a key: without rows for it, no row leads there. */
static bool dominates(const kith_method *m, smp_input_kind input, uint8_t opcode)
{
    return (reachable_without(m, input, opcode) & (SMP_TO(WAIT_ENCRYPTED) | SMP_TO(DONE))) == 0;
}

typedef struct {
    smp_input_kind input;
    uint8_t opcode;
    const char *name;
} step;

static const step steps[] = {
    {SMP_IN_PDU, KITH_SMP_PAIRING_PUBLIC_KEY, "public key"},
    {SMP_IN_KEY_CHECKED, 0, "key on the curve"},
    {SMP_IN_PDU, KITH_SMP_PAIRING_CONFIRM, "confirm"},
    {SMP_IN_PASSKEY, 0, "passkey typed"},
    {SMP_IN_PDU, KITH_SMP_PAIRING_RANDOM, "random (commitment checked)"},
    {SMP_IN_COMPARED, 0, "numbers compared"},
    {SMP_IN_PDU, KITH_SMP_PAIRING_DHKEY_CHECK, "DHKey check"},
    {SMP_IN_LTK_REQUEST, 0, "key asked for"},
};

static void tell_dominators(const kith_method *m)
{
    printf("%s, %s, %s:", m->secure_connections ? "Secure Connections" : "legacy", kith_method_name(m->kind),
           m->initiator ? "initiator" : "responder");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (dominates(m, steps[i].input, steps[i].opcode))
            printf(" > %s", steps[i].name);
    printf(" > encrypted\n");
}

/* Secure Connections: the peer's key was checked, its nonce opened what it committed to, its DHKey check was right. */
static void check_secure_connections(const kith_method *m)
{
    assert_true(dominates(m, SMP_IN_PDU, KITH_SMP_PAIRING_PUBLIC_KEY));
    assert_true(dominates(m, SMP_IN_KEY_CHECKED, 0));
    assert_true(dominates(m, SMP_IN_PDU, KITH_SMP_PAIRING_DHKEY_CHECK));
}

/* As initiator of Just Works and Numeric Comparison, and in both roles of Passkey Entry, the peer commits first. */
static bool is_committed_to(const kith_method *m)
{
    bool compares = m->kind == KITH_METHOD_JUST_WORKS || m->kind == KITH_METHOD_NUMERIC_COMPARISON;

    if (!m->secure_connections)
        return true;
    return m->kind == KITH_METHOD_PASSKEY || (compares && m->initiator);
}

static void every_way_to_a_key_passes_its_checks(void **state)
{
    (void)state;
    for (size_t i = 0; i < METHODS; i++) {
        const kith_method *m = kith_all_methods[i];

        tell_dominators(m);
        if (m->secure_connections)
            check_secure_connections(m);
        assert_true(dominates(m, SMP_IN_PDU, KITH_SMP_PAIRING_RANDOM));
        assert_int_equal(dominates(m, SMP_IN_LTK_REQUEST, 0), !m->initiator);
        /* Row by row: the initiator's early confirm and the awaited one are two ways for one thing. */
        assert_int_equal(dominates(m, SMP_IN_PDU, KITH_SMP_PAIRING_CONFIRM), is_committed_to(m));
        assert_int_equal(dominates(m, SMP_IN_COMPARED, 0), m->kind == KITH_METHOD_NUMERIC_COMPARISON);
    }
}

/* Whoever does not show the passkey waits for a person: from there nothing but the typed passkey leads on. */
static void a_passkey_is_typed_by_a_person(void **state)
{
    (void)state;
    for (size_t i = 0; i < METHODS; i++) {
        const kith_method *m = kith_all_methods[i];
        walk w = {.method = m, .without = SMP_IN_PASSKEY, .reached = SMP_TO(WAIT_PASSKEY) | SMP_TO(PASSKEY_HOLD)};

        if (m->kind == KITH_METHOD_PASSKEY)
            assert_int_equal(follow(&w), SMP_TO(WAIT_PASSKEY) | SMP_TO(PASSKEY_HOLD));
        else
            assert_int_equal(reachable(m) & (SMP_TO(WAIT_PASSKEY) | SMP_TO(PASSKEY_HOLD)), 0);
    }
}

/* Each method is there once in each role. */
static void every_method_is_there(void **state)
{
    unsigned seen[2][2][KITH_METHOD_OOB + 1] = {0};

    (void)state;
    for (size_t i = 0; kith_all_methods[i] != NULL; i++) {
        const kith_method *m = kith_all_methods[i];

        seen[m->secure_connections][m->initiator][m->kind]++;
        assert_true(i < METHODS);
    }
    for (unsigned sc = 0; sc < 2; sc++)
        for (unsigned initiator = 0; initiator < 2; initiator++)
            for (unsigned kind = KITH_METHOD_JUST_WORKS; kind <= KITH_METHOD_OOB; kind++)
                assert_int_equal(seen[sc][initiator][kind], sc || kind != KITH_METHOD_NUMERIC_COMPARISON);
    for (size_t i = 0; kith_sc_methods[i] != NULL; i++)
        assert_ptr_equal(kith_sc_methods[i], kith_all_methods[i]);
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
        cmocka_unit_test(every_way_to_a_key_passes_its_checks),
        cmocka_unit_test(a_passkey_is_typed_by_a_person),
        cmocka_unit_test(every_method_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
