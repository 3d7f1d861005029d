/* People at two devices, in every method: they answer before they are asked, twice, with what was not asked for, not at
 * all, or when it is over.  Each call says by name what came of it, each pairing ends once by name, and what was not an
 * answer changes nothing. */
#include "methods.h"

enum { NO_PASSKEY = 1000000 };

static const kith_oob_data some_data = {.has_sc = true, .has_tk = true};

/* What each of the four answers is told now. */
static void expect_all(const couple *c, unsigned side, kith_link link, kith_status wanted, kith_event_kind but)
{
    kith_host *h = c->side[side]->host;

    if (but != KITH_EVENT_CONSENT_WANTED)
        cast_equal(c->room, kith_pairing_consent(h, link, true), wanted);
    if (but != KITH_EVENT_COMPARISON_WANTED)
        cast_equal(c->room, kith_pairing_compare(h, link, KITH_NUMBERS_EQUAL), wanted);
    if (but != KITH_EVENT_PASSKEY_WANTED)
        cast_equal(c->room, kith_pairing_passkey(h, link, 1), wanted);
    if (but != KITH_EVENT_OOB_WANTED)
        cast_equal(c->room, kith_pairing_oob(h, link, &some_data), wanted);
}

/* Before the pairing, and until just before each is asked. */
static void they_answer_before_they_are_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < METHODS; i++) {
        couple c;

        couple_open(&c, &method_rows[i], 401, CAST_TOY);
        couple_meet(&c);
        for (unsigned side = 0; side < 2; side++) {
            expect_all(&c, side, c.side[side]->link, KITH_ERR_STATE, KITH_EVENT_NONE);
            expect_all(&c, side, c.side[side]->link + 77, KITH_ERR_NOT_FOUND, KITH_EVENT_NONE);
        }
        couple_begin(&c);
        for (unsigned n = 0; n < 20000 && !couple_has_ended(&c); n++) {
            couple_run(&c, 5000, couple_has_ended, &c);
            for (unsigned side = 0; side < 2; side++)
                if (c.people[side].question == KITH_EVENT_NONE)
                    expect_all(&c, side, c.side[side]->link, KITH_ERR_STATE, KITH_EVENT_NONE);
        }
        couple_expect_paired(&c);
        couple_close(&c);
    }
}

static bool is_asked(void *context)
{
    const person *p = context;

    return p->question != KITH_EVENT_NONE;
}

static void answer_badly(const couple *c, unsigned side)
{
    const person *p = &c->people[side];
    kith_host *h = c->side[side]->host;
    const kith_oob_data nothing = {.has_sc = false};

    expect_all(c, side, p->link, KITH_ERR_STATE, p->question);
    if (p->question == KITH_EVENT_PASSKEY_WANTED)
        cast_equal(c->room, kith_pairing_passkey(h, p->link, NO_PASSKEY), KITH_ERR_VALUE);
    if (p->question == KITH_EVENT_OOB_WANTED)
        cast_equal(c->room, kith_pairing_oob(h, p->link, &nothing), KITH_ERR_VALUE);
    if (p->question == KITH_EVENT_COMPARISON_WANTED)
        cast_equal(c->room, kith_pairing_compare(h, p->link, (kith_comparison)99), KITH_ERR_VALUE);
}

/* With what was not asked for, then rightly, then once more. */
static unsigned answer_three_times(couple *c, unsigned side)
{
    const person *p = &c->people[side];
    unsigned answers = 0;

    while (couple_run(c, 20 * CAST_SECOND, is_asked, &c->people[side])) {
        kith_event_kind question = p->question;
        unsigned answered = p->answered;

        answer_badly(c, side);
        for (unsigned n = 0; n < 3000 && p->answered == answered; n++)
            couple_run(c, 10000, NULL, NULL);
        cast_equal(c->room, p->answered, answered + 1);
        expect_all(c, side, p->link, KITH_ERR_STATE, p->question);
        if (p->question == question)
            break;
        answers++;
    }
    return answers;
}

static void they_answer_with_something_else_and_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < METHODS; i++)
        for (unsigned side = 0; side < 2; side++) {
            couple c;

            couple_open(&c, &method_rows[i], 402, CAST_TOY);
            couple_meet(&c);
            couple_begin(&c);
            answer_three_times(&c, side);
            cast_check(c.room, couple_run(&c, 60 * CAST_SECOND, couple_has_ended, &c));
            couple_expect_paired(&c);
            couple_close(&c);
        }
}

static kith_why why_of(kith_event_kind question)
{
    return question == KITH_EVENT_PASSKEY_WANTED ? KITH_WHY_PASSKEY_TIMEOUT : KITH_WHY_COMPARE_TIMEOUT;
}

static void expect_timeout(const couple *c, unsigned side)
{
    const cast_host *mine = c->side[side], *other = c->side[!side];

    cast_expect_failed(c->side[side], c->begun[side] + 1, why_of(c->people[side].silent_at));
    cast_equal(c->room, mine->end.ended_by, KITH_ENDED_BY_TIMEOUT);
    cast_expect_failed(c->side[!side], c->begun[!side] + 1, KITH_WHY_PEER_FAILED);
    cast_equal(c->room, other->end.smp_reason, mine->end.smp_reason);
    cast_equal(c->room, mine->end.smp_reason,
               c->people[side].silent_at == KITH_EVENT_PASSKEY_WANTED ? KITH_SMP_PASSKEY_ENTRY_FAILED
                                                                      : KITH_SMP_NUMERIC_COMPARISON_FAILED);
    cast_check(c->room, mine->highest == KITH_LEVEL_NONE && other->highest == KITH_LEVEL_NONE);
}

/* Nobody answers for 25 seconds.  Where it is data that nobody gives, the pairing goes on without, by another method
 * or to an end with a name. */
static bool be_silent(const method_row *row, unsigned side, kith_event_kind question)
{
    couple c;
    kith_link link;
    uint64_t begun;
    bool asked;

    couple_open(&c, row, 403, CAST_TOY);
    c.people[side].is_silent = true;
    c.people[side].silent_at = question;
    couple_meet(&c);
    couple_begin(&c);
    begun = kith_sim_now(c.room->sim);
    link = c.side[side]->link;
    cast_check(c.room, couple_run(&c, 90 * CAST_SECOND, couple_has_ended, &c));
    asked = c.side[side]->told[question] > 0;
    if (asked && question != KITH_EVENT_OOB_WANTED)
        expect_timeout(&c, side);
    if (asked) {
        cast_check(c.room, kith_sim_now(c.room->sim) - begun > 24 * CAST_SECOND);
        cast_equal(c.room, c.side[side]->ends, c.begun[side] + 1);
        cast_equal(c.room, c.side[!side]->ends, c.begun[!side] + 1);
        expect_all(&c, side, link, KITH_ERR_STATE, KITH_EVENT_NONE); /* too late */
    } else {
        couple_expect_paired(&c);
    }
    couple_pair_cleanly(&c);
    couple_close(&c);
    return asked;
}

static void nobody_answers(kith_event_kind question)
{
    unsigned asked = 0;

    for (size_t i = 0; i < METHODS; i++)
        for (unsigned side = 0; side < 2; side++)
            asked += be_silent(&method_rows[i], side, question);
    print_message("%s: asked, and not answered, in %u pairings\n", kith_event_name(question), asked);
    assert_true(asked > 0);
}

static void nobody_types_a_passkey(void **state)
{
    (void)state;
    nobody_answers(KITH_EVENT_PASSKEY_WANTED);
}

static void nobody_compares(void **state)
{
    (void)state;
    nobody_answers(KITH_EVENT_COMPARISON_WANTED);
}

static void nobody_gives_out_of_band_data(void **state)
{
    (void)state;
    nobody_answers(KITH_EVENT_OOB_WANTED);
}

static void wait_for_question(couple *c, unsigned side)
{
    cast_check(c->room, couple_run(c, 60 * CAST_SECOND, is_asked, &c->people[side]));
}

static const method_row *row_of(const char *name)
{
    for (size_t i = 0; i < METHODS; i++)
        if (strcmp(method_rows[i].name, name) == 0)
            return &method_rows[i];
    fail();
    return NULL;
}

/* Six digits that the other device does not show.  Whoever finds out says Confirm Value Failed. */
static void mistype(const char *name, unsigned side)
{
    couple c;
    person *p = &c.people[side];

    couple_open(&c, row_of(name), 404, CAST_TOY);
    p->is_silent = true;
    p->silent_at = KITH_EVENT_PASSKEY_WANTED;
    couple_meet(&c);
    couple_begin(&c);
    wait_for_question(&c, side);
    cast_run(c.room, CAST_SECOND, NULL, NULL);
    p->question = KITH_EVENT_NONE;
    cast_equal(c.room, kith_pairing_passkey(c.side[side]->host, p->link, (c.people[!side].passkey + 1) % NO_PASSKEY),
               KITH_OK);
    cast_check(c.room, couple_run(&c, 60 * CAST_SECOND, couple_has_ended, &c));
    for (unsigned i = 0; i < 2; i++) {
        const cast_host *h = c.side[i];

        cast_equal(c.room, h->ends, c.begun[i] + 1);
        cast_check(c.room, h->end.why == KITH_WHY_CONFIRM_MISMATCH || h->end.why == KITH_WHY_PEER_FAILED);
        cast_equal(c.room, h->end.smp_reason, KITH_SMP_CONFIRM_VALUE_FAILED);
        cast_equal(c.room, h->highest, KITH_LEVEL_NONE);
    }
    couple_pair_cleanly(&c);
    couple_close(&c);
}

static void they_mistype(void **state)
{
    (void)state;
    mistype("sc-passkey-initiator-shows", RESPONDER);
    mistype("sc-passkey-responder-shows", INITIATOR);
    mistype("legacy-passkey-initiator-shows", RESPONDER);
    mistype("legacy-passkey-responder-shows", INITIATOR);
}

/* One of them calls it off while asked: named on both sides. */
static void they_call_it_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < METHODS; i++)
        for (unsigned side = 0; side < 2; side++) {
            couple c;

            couple_open(&c, &method_rows[i], 405, CAST_TOY);
            couple_meet(&c);
            couple_begin(&c);
            if (!couple_run(&c, 5 * CAST_SECOND, is_asked, &c.people[side])) {
                couple_close(&c);
                continue;
            }
            cast_equal(c.room, kith_pairing_cancel(c.side[side]->host, c.side[side]->link), KITH_OK);
            couple_run(&c, 5 * CAST_SECOND, couple_has_ended, &c);
            cast_equal(c.room, c.side[side]->ends, c.begun[side] + 1);
            cast_check(c.room, c.side[side]->end.why == KITH_WHY_CANCELLED ||
                                   c.side[side]->end.why == KITH_WHY_PASSKEY_CANCELLED);
            cast_equal(c.room, c.side[side]->end.ended_by, KITH_ENDED_BY_USER);
            cast_equal(c.room, kith_pairing_cancel(c.side[side]->host, c.side[side]->link), KITH_ERR_STATE);
            couple_pair_cleanly(&c);
            couple_close(&c);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_answer_before_they_are_asked),
        cmocka_unit_test(they_answer_with_something_else_and_twice),
        cmocka_unit_test(nobody_types_a_passkey),
        cmocka_unit_test(nobody_compares),
        cmocka_unit_test(nobody_gives_out_of_band_data),
        cmocka_unit_test(they_mistype),
        cmocka_unit_test(they_call_it_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
