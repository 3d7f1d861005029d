/* The engine alone, with a method made for the test: a handler that goes where its row does not lead fails closed,
 * handlers never see a PDU of the wrong length, timers and wiping are the engine's. */
#include "crypto_support.h"
#include "smp/session.h"

enum { NOW = 1000000 };

static smp_state next_state;
static unsigned calls;

static smp_state go_there(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)out;
    calls++;
    assert_true(in->kind != SMP_IN_PDU || in->len == 17);
    memset(&s->secrets, 0x77, sizeof s->secrets);
    return next_state;
}

static smp_state begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)s;
    (void)in;
    (void)out;
    return SMP_WAIT_OWN_KEY;
}

static const smp_row rows[] = {
    {SMP_WAIT_CONFIRM, SMP_RX(PAIRING_CONFIRM, 17), go_there, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), go_there, SMP_STAY},
    {SMP_WAIT_DHKEY, SMP_ON(DHKEY), go_there, SMP_TO(WAIT_CHECK) | SMP_TO(DONE)},
    {SMP_WAIT_COMPARE, SMP_ON(DHKEY), go_there, SMP_STAY},
    {SMP_COMPARE_HOLD, SMP_ON(DHKEY), go_there, SMP_STAY},
    {SMP_WAIT_CONSENT, SMP_ON(DHKEY), go_there, SMP_STAY},
    {SMP_WAIT_COMPARE, SMP_ON(COMPARED), go_there, SMP_TO(WAIT_CHECK)},
    {SMP_COMPARE_HOLD, SMP_ON(COMPARED), go_there, SMP_TO(WAIT_CHECK)},
};
static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, NULL};
static const kith_method method = {KITH_METHOD_JUST_WORKS, true, true, begin, SMP_TO(WAIT_OWN_KEY), tables};

typedef struct {
    kith_crypto_port port;
    seeded source;
    crypto_random_state random;
    smp_environment env;
    kith_security policy;
    smp_session s;
    smp_outbox out;
} bench;

static void open_bench(bench *b, smp_state state)
{
    memset(b, 0, sizeof *b);
    assert_int_equal(kith_openssl_port(&b->port), KITH_OK);
    b->source.state = 1;
    b->port.random = seeded_random;
    b->port.context = &b->source;
    b->env.crypto = &b->port;
    b->env.random = &b->random;
    b->policy.min_key_size = 16;
    smp_open(&b->s, true, &b->policy, &b->env, KITH_LEVEL_ENCRYPTED);
    b->s.method = &method;
    b->s.state = state;
    b->s.deadline_us = NOW + 5;
    calls = 0;
}

static void receive(bench *b, uint8_t opcode, size_t len)
{
    uint8_t pdu[80] = {opcode};
    smp_input in = {.kind = SMP_IN_PDU, .pdu = pdu, .len = len};

    smp_step(&b->s, &in, NOW, &b->out);
}

static void expect_failure(const bench *b, kith_smp_reason reason, kith_why why)
{
    assert_int_equal(b->s.state, SMP_FAILED);
    assert_int_equal(b->s.verdict.succeeded, false);
    assert_int_equal(b->s.verdict.why, why);
    assert_int_equal(b->s.verdict.level, KITH_LEVEL_NONE);
    assert_int_equal(b->s.verdict.key_size, 0);
    assert_int_equal(b->out.count, 1);
    assert_int_equal(b->out.lens[0], 2);
    assert_int_equal(b->out.octets[0], KITH_SMP_PAIRING_FAILED);
    assert_int_equal(b->out.octets[1], reason);
    assert_int_equal(b->s.deadline_us, UINT64_MAX);
    assert_zero(&b->s.secrets, sizeof b->s.secrets);
}

static void a_handler_goes_where_its_row_leads_or_nowhere(void **state)
{
    (void)state;
    for (unsigned to = SMP_FREE; to <= SMP_FAILED; to++) {
        bench b;

        open_bench(&b, SMP_WAIT_CONFIRM);
        next_state = (smp_state)to;
        receive(&b, KITH_SMP_PAIRING_CONFIRM, 17);
        assert_int_equal(calls, 1);
        if (to == SMP_WAIT_RANDOM)
            assert_int_equal(b.s.state, SMP_WAIT_RANDOM);
        else if (to != SMP_FAILED) {
            expect_failure(&b, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_CRYPTO);
            assert_int_equal(b.s.verdict.status, KITH_ERR_STATE);
        }
    }
}

static void staying_is_only_staying(void **state)
{
    bench b;

    (void)state;
    open_bench(&b, SMP_WAIT_RANDOM);
    next_state = SMP_WAIT_RANDOM;
    receive(&b, KITH_SMP_PAIRING_RANDOM, 17);
    assert_int_equal(b.s.state, SMP_WAIT_RANDOM);
    next_state = SMP_WAIT_CHECK;
    receive(&b, KITH_SMP_PAIRING_RANDOM, 17);
    expect_failure(&b, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_CRYPTO);
}

static void a_wrong_length_never_reaches_a_handler(void **state)
{
    (void)state;
    for (size_t len = 1; len < 80; len++) {
        bench b;

        open_bench(&b, SMP_WAIT_CONFIRM);
        next_state = SMP_WAIT_RANDOM;
        receive(&b, KITH_SMP_PAIRING_CONFIRM, len);
        assert_int_equal(calls, len == 17);
        if (len != 17)
            expect_failure(&b, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_LENGTH);
    }
}

/* Every opcode in every state: what has no row is refused, what is reserved is not there. */
static void what_has_no_row_is_refused_and_what_is_reserved_is_dropped(void **state)
{
    (void)state;
    for (unsigned at = SMP_START; at < SMP_DONE; at++)
        for (unsigned opcode = 0; opcode < 256; opcode++) {
            size_t len = kith_smp_pdu_len((uint8_t)opcode);
            bool has_row = (at == SMP_WAIT_CONFIRM && opcode == KITH_SMP_PAIRING_CONFIRM) ||
                           (at == SMP_WAIT_RANDOM && opcode == KITH_SMP_PAIRING_RANDOM) ||
                           (at == SMP_WAIT_RESPONSE && opcode == KITH_SMP_PAIRING_RESPONSE) ||
                           opcode == KITH_SMP_SECURITY_REQUEST;
            bench b;

            if (has_row)
                continue;
            open_bench(&b, (smp_state)at);
            receive(&b, (uint8_t)opcode, len == 0 ? 5 : len);
            assert_int_equal(calls, 0);
            if (len == 0) {
                assert_int_equal(b.s.state, at);
                assert_int_equal(b.out.count, 0);
                assert_int_equal(b.s.deadline_us, NOW + 5); /* nor does it keep the timer from running out */
            } else if (opcode == KITH_SMP_PAIRING_FAILED) {
                assert_int_equal(b.s.state, SMP_FAILED);
                assert_int_equal(b.s.verdict.ended_by, KITH_ENDED_BY_PEER);
                assert_int_equal(b.out.count, 0); /* a failure is not answered */
            } else {
                bool keys = opcode >= KITH_SMP_ENCRYPTION_INFORMATION && opcode <= KITH_SMP_SIGNING_INFORMATION;

                expect_failure(&b, KITH_SMP_UNSPECIFIED_REASON,
                               keys && at <= SMP_WAIT_ENCRYPTED ? KITH_WHY_KEYS_TOO_EARLY : KITH_WHY_OUT_OF_ORDER);
            }
        }
}

/* No state but the one after both checks knows an LTK to answer with. */
static void A16_an_ltk_request_is_refused_in_every_state_without_a_row(void **state)
{
    (void)state;
    for (unsigned at = SMP_START; at < SMP_DONE; at++) {
        smp_input in = {.kind = SMP_IN_LTK_REQUEST};
        bench b;

        open_bench(&b, (smp_state)at);
        memset(b.s.secrets.ltk, 0x55, 16);
        smp_step(&b.s, &in, NOW, &b.out);
        expect_failure(&b, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_LTK_TOO_EARLY);
        assert_int_equal(b.out.wants, SMP_OUT_REFUSE_LTK);
    }
}

static void encryption_that_nobody_asked_for_proves_nothing(void **state)
{
    (void)state;
    for (unsigned at = SMP_START; at < SMP_DONE; at++) {
        smp_input in = {.kind = SMP_IN_ENCRYPTED};
        bench b;

        open_bench(&b, (smp_state)at);
        smp_step(&b.s, &in, NOW, &b.out);
        expect_failure(&b, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER);
    }
}

static void a_session_that_has_ended_takes_nothing_more(void **state)
{
    static const smp_state ended[] = {SMP_FREE, SMP_DONE, SMP_FAILED};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        bench b;

        open_bench(&b, ended[i]);
        receive(&b, KITH_SMP_PAIRING_REQUEST, 7);
        assert_int_equal(b.s.state, ended[i]);
        assert_int_equal(b.out.count, 0);
        assert_int_equal(b.out.wants, 0);
    }
}

static void the_timer_ends_it_without_a_word(void **state)
{
    bench b;

    (void)state;
    open_bench(&b, SMP_WAIT_CONFIRM);
    memset(&b.s.secrets, 0x55, sizeof b.s.secrets);
    smp_expire(&b.s, b.s.deadline_us, &b.out);
    assert_int_equal(b.s.state, SMP_FAILED);
    assert_int_equal(b.out.count, 0); /* Vol 3 Part H 3.4: no SMP PDU after a timeout */
    assert_int_equal(b.s.verdict.why, KITH_WHY_SMP_TIMEOUT);
    assert_true(b.s.dead_link);
    assert_zero(&b.s.secrets, sizeof b.s.secrets);
}

static const smp_state of_a_person[] = {SMP_WAIT_CONSENT, SMP_WAIT_COMPARE, SMP_COMPARE_HOLD};

static void step_with(bench *b, smp_input_kind kind, uint64_t now_us)
{
    smp_input in = {.kind = kind, .yes = true};

    smp_step(&b->s, &in, now_us, &b->out);
}

/* However long it takes and whatever else happens: 25 s from our last PDU for a person, 30 s for a peer. */
static void a_person_has_25_seconds_from_our_last_pdu(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        bench b;

        open_bench(&b, of_a_person[i]);
        b.s.sent_us = NOW;
        next_state = of_a_person[i];
        step_with(&b, SMP_IN_DHKEY, NOW + 7000000);
        assert_int_equal(calls, 1);
        assert_int_equal(b.s.deadline_us, NOW + 25000000);
        if (of_a_person[i] == SMP_WAIT_CONSENT)
            continue;
        next_state = SMP_WAIT_CHECK; /* and nothing was sent */
        step_with(&b, SMP_IN_COMPARED, NOW + 20000000);
        assert_int_equal(b.s.state, SMP_WAIT_CHECK);
        assert_int_equal(b.s.deadline_us, NOW + 30000000);
    }
}

static void a_question_that_is_not_answered_is_a_no(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        bool consent = of_a_person[i] == SMP_WAIT_CONSENT;
        bench b;

        open_bench(&b, of_a_person[i]);
        memset(&b.s.secrets, 0x55, sizeof b.s.secrets);
        smp_expire(&b.s, b.s.deadline_us, &b.out);
        expect_failure(&b, consent ? KITH_SMP_UNSPECIFIED_REASON : KITH_SMP_NUMERIC_COMPARISON_FAILED,
                       consent ? KITH_WHY_CONSENT_TIMEOUT : KITH_WHY_COMPARE_TIMEOUT);
        assert_int_equal(b.s.verdict.ended_by, KITH_ENDED_BY_TIMEOUT);
        assert_false(b.s.dead_link); /* it is no SMP timeout */
    }
}

/* An answer to nothing: no row, no effect. */
static void an_answer_that_nobody_asked_for_changes_nothing(void **state)
{
    (void)state;
    for (unsigned at = SMP_START; at < SMP_DONE; at++) {
        bench b;

        if (at == SMP_WAIT_COMPARE || at == SMP_COMPARE_HOLD)
            continue;
        open_bench(&b, (smp_state)at);
        step_with(&b, SMP_IN_COMPARED, NOW);
        assert_int_equal(b.s.state, at);
        assert_int_equal(calls, 0);
        assert_int_equal(b.out.count | b.out.wants, 0);
    }
}

static void closing_leaves_no_octet(void **state)
{
    bench b;

    (void)state;
    open_bench(&b, SMP_WAIT_CONFIRM);
    memset(&b.s.secrets, 0x55, sizeof b.s.secrets);
    smp_close(&b.s);
    assert_zero(&b.s, sizeof b.s);
    assert_false(smp_is_open(&b.s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_goes_where_its_row_leads_or_nowhere),
        cmocka_unit_test(staying_is_only_staying),
        cmocka_unit_test(a_wrong_length_never_reaches_a_handler),
        cmocka_unit_test(what_has_no_row_is_refused_and_what_is_reserved_is_dropped),
        cmocka_unit_test(A16_an_ltk_request_is_refused_in_every_state_without_a_row),
        cmocka_unit_test(encryption_that_nobody_asked_for_proves_nothing),
        cmocka_unit_test(a_session_that_has_ended_takes_nothing_more),
        cmocka_unit_test(the_timer_ends_it_without_a_word),
        cmocka_unit_test(a_person_has_25_seconds_from_our_last_pdu),
        cmocka_unit_test(a_question_that_is_not_answered_is_a_no),
        cmocka_unit_test(an_answer_that_nobody_asked_for_changes_nothing),
        cmocka_unit_test(closing_leaves_no_octet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
