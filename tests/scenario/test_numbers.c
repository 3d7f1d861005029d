/* Two people, two devices, one number: compared, refused, forgotten about, answered late, lost with the link; and many
 * questions at once, answered in another order than they were asked. */
#include "cast.h"

enum { MANY = 4 };

static cast_host *add(cast_room *room, const char *name, bool lamp, uint8_t links)
{
    kith_config config;

    if (lamp)
        cast_lamp_config(&config);
    else
        cast_phone_config(&config);
    config.security.io = lamp ? KITH_IO_DISPLAY_YES_NO : KITH_IO_KEYBOARD_DISPLAY;
    config.security.ask_mitm = true;
    config.limits.links = config.limits.pairings = links;
    config.limits.bonds = 8;
    return cast_add(room, name, &config);
}

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
} two;

static two open_two(void)
{
    two t = {.room = cast_open(301, CAST_OPENSSL)};

    t.lamp = add(t.room, "lamp", true, 1);
    t.phone = add(t.room, "phone", false, 1);
    cast_start(t.room);
    return t;
}

static const kith_event_comparison *asked(const cast_host *h)
{
    return &h->last[KITH_EVENT_COMPARISON_WANTED].comparison;
}

static void come_to_the_question(two *t)
{
    cast_connect(t->phone, t->lamp);
    assert_int_equal(kith_pairing_open(t->lamp->host, 60000), KITH_OK);
    cast_equal(t->room, kith_security_secure(t->phone->host, t->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t->phone, KITH_EVENT_COMPARISON_WANTED, t->phone->told[KITH_EVENT_COMPARISON_WANTED] + 1);
    cast_await(t->lamp, KITH_EVENT_COMPARISON_WANTED, t->phone->told[KITH_EVENT_COMPARISON_WANTED]);
    cast_equal(t->room, asked(t->phone)->number, asked(t->lamp)->number);
    cast_check(t->room, asked(t->phone)->number <= 999999);
}

static void answer(cast_host *h, kith_comparison answer)
{
    cast_equal(h->room, kith_pairing_compare(h->host, h->link, answer), KITH_OK);
}

static void expect_authenticated(const cast_host *h)
{
    kith_event_security now;
    kith_bond_info bond;

    cast_equal(h->room, h->end.why, KITH_WHY_PAIRED);
    cast_equal(h->room, h->end.method, KITH_METHOD_NUMERIC_COMPARISON);
    cast_equal(h->room, h->end.level, KITH_LEVEL_SC_AUTHENTICATED);
    cast_equal(h->room, h->end.key_kind, KITH_KEY_KIND_SC);
    cast_check(h->room, !h->end.numbers_unseen);
    assert_int_equal(kith_security_of(h->host, h->link, &now), KITH_OK);
    cast_equal(h->room, now.level, KITH_LEVEL_SC_AUTHENTICATED);
    cast_check(h->room, now.secure_connections);
    assert_int_equal(kith_bonds_next(h->host, 0, &bond), KITH_OK);
    cast_equal(h->room, bond.level, KITH_LEVEL_SC_AUTHENTICATED);
    cast_equal(h->room, bond.method, KITH_METHOD_NUMERIC_COMPARISON);
}

static void end_well(two *t)
{
    unsigned phones = t->phone->ends, lamps = t->lamp->ends;

    answer(t->lamp, KITH_NUMBERS_EQUAL);
    answer(t->phone, KITH_NUMBERS_EQUAL);
    cast_await_ends(t->phone, phones + 1);
    cast_await_ends(t->lamp, lamps + 1);
    expect_authenticated(t->phone);
    expect_authenticated(t->lamp);
    cast_expect_equal_keys(t->phone, t->lamp);
}

/* After whatever went wrong, the same two can do it right. */
static void end_well_after_all(two *t)
{
    cast_disconnect(t->phone, t->lamp);
    cast_run(t->room, 4 * CAST_SECOND, NULL, NULL); /* the wait after one failure */
    come_to_the_question(t);
    end_well(t);
    cast_close(t->room);
}

static void both_see_the_same_number_and_say_yes(void **state)
{
    two t = open_two();
    uint32_t first;

    (void)state;
    come_to_the_question(&t);
    first = asked(t.phone)->number;
    end_well(&t);
    cast_disconnect(t.phone, t.lamp);
    cast_connect(t.phone, t.lamp); /* and the bond is worth as much on the next connection */
    cast_encrypt(t.phone, t.lamp);
    cast_equal(t.room, t.lamp->end.level, KITH_LEVEL_SC_AUTHENTICATED);
    cast_equal(t.room, t.phone->end.level, KITH_LEVEL_SC_AUTHENTICATED);
    cast_disconnect(t.phone, t.lamp);
    cast_forget_all(t.phone);
    cast_forget_all(t.lamp);
    come_to_the_question(&t);
    cast_check(t.room, asked(t.phone)->number != first);
    cast_close(t.room);
}

/* Whoever is quicker, the initiator's check waits for nobody and the responder's for its person. */
static void the_order_of_the_answers_does_not_matter(void **state)
{
    (void)state;
    for (unsigned lamp_first = 0; lamp_first <= 1; lamp_first++) {
        two t = open_two();
        cast_host *first = lamp_first ? t.lamp : t.phone, *second = lamp_first ? t.phone : t.lamp;

        come_to_the_question(&t);
        answer(first, KITH_NUMBERS_EQUAL);
        cast_run(t.room, 5 * CAST_SECOND, NULL, NULL);
        cast_equal(t.room, t.phone->ends + t.lamp->ends, 0);
        cast_equal(t.room, first->highest, KITH_LEVEL_NONE);
        answer(second, KITH_NUMBERS_EQUAL);
        cast_await_ends(t.phone, 1);
        cast_await_ends(t.lamp, 1);
        expect_authenticated(t.phone);
        expect_authenticated(t.lamp);
        cast_close(t.room);
    }
}

static void expect_number_refused(cast_host *who, cast_host *other)
{
    cast_await_ends(who, 1);
    cast_await_ends(other, 1);
    cast_expect_failed(who, 1, KITH_WHY_NUMBER_REFUSED);
    cast_equal(who->room, who->end.ended_by, KITH_ENDED_BY_USER);
    cast_equal(who->room, who->end.smp_reason, KITH_SMP_NUMERIC_COMPARISON_FAILED);
    cast_expect_failed(other, 1, KITH_WHY_PEER_FAILED);
    cast_equal(who->room, other->end.smp_reason, KITH_SMP_NUMERIC_COMPARISON_FAILED);
    cast_equal(who->room, kith_bonds_count(who->host) + kith_bonds_count(other->host), 0);
    cast_check(who->room, who->highest == KITH_LEVEL_NONE && other->highest == KITH_LEVEL_NONE);
    cast_equal(who->room, kith_pairing_compare(who->host, who->link, KITH_NUMBERS_EQUAL), KITH_ERR_STATE);
    cast_equal(who->room, kith_pairing_compare(other->host, other->link, KITH_NUMBERS_EQUAL), KITH_ERR_STATE);
}

static void one_of_them_says_no(void **state)
{
    (void)state;
    for (unsigned by_lamp = 0; by_lamp <= 1; by_lamp++)
        for (unsigned other_said_yes = 0; other_said_yes <= 1; other_said_yes++) {
            two t = open_two();
            cast_host *who = by_lamp ? t.lamp : t.phone, *other = by_lamp ? t.phone : t.lamp;

            come_to_the_question(&t);
            if (other_said_yes) {
                answer(other, KITH_NUMBERS_EQUAL);
                cast_run(t.room, CAST_SECOND, NULL, NULL);
            }
            answer(who, KITH_NUMBERS_DIFFER);
            expect_number_refused(who, other);
            end_well_after_all(&t);
        }
}

static void nobody_answers(void **state)
{
    two t = open_two();
    uint64_t begun;

    (void)state;
    come_to_the_question(&t);
    begun = kith_sim_now(t.room->sim);
    cast_await_ends(t.phone, 1);
    cast_await_ends(t.lamp, 1);
    cast_check(t.room, kith_sim_now(t.room->sim) - begun <= 26 * CAST_SECOND);
    cast_expect_failed(t.phone, 1, KITH_WHY_COMPARE_TIMEOUT); /* its own time began first */
    cast_equal(t.room, t.phone->end.ended_by, KITH_ENDED_BY_TIMEOUT);
    cast_expect_failed(t.lamp, 1, KITH_WHY_PEER_FAILED);
    cast_equal(t.room, t.lamp->end.smp_reason, KITH_SMP_NUMERIC_COMPARISON_FAILED);
    cast_check(t.room, t.phone->link != 0 && t.lamp->link != 0);
    end_well_after_all(&t);
}

/* One did answer; the other device must not leave it waiting for its own 30 seconds. */
static void only_one_answers(void **state)
{
    (void)state;
    for (unsigned by_lamp = 0; by_lamp <= 1; by_lamp++) {
        two t = open_two();
        cast_host *who = by_lamp ? t.lamp : t.phone, *other = by_lamp ? t.phone : t.lamp;

        come_to_the_question(&t);
        answer(who, KITH_NUMBERS_EQUAL);
        cast_await_ends(other, 1);
        cast_await_ends(who, 1);
        cast_expect_failed(other, 1, KITH_WHY_COMPARE_TIMEOUT);
        cast_expect_failed(who, 1, KITH_WHY_PEER_FAILED);
        cast_equal(t.room, who->end.smp_reason, KITH_SMP_NUMERIC_COMPARISON_FAILED);
        end_well_after_all(&t);
    }
}

static void both_answer_late_but_in_time(void **state)
{
    two t = open_two();

    (void)state;
    come_to_the_question(&t);
    cast_run_until(t.room, asked(t.phone)->deadline_us - 1000);
    cast_equal(t.room, t.phone->ends + t.lamp->ends, 0);
    end_well(&t);
    cast_close(t.room);
}

static bool both_apart(void *context)
{
    const two *t = context;

    return t->lamp->link == 0 && t->phone->link == 0;
}

static void the_link_is_lost_while_the_question_is_open(void **state)
{
    (void)state;
    for (unsigned answered = 0; answered <= 1; answered++) {
        two t = open_two();
        kith_link phone_link, lamp_link;

        come_to_the_question(&t);
        phone_link = t.phone->link;
        lamp_link = t.lamp->link;
        kith_sim_set_out_of_range(t.room->sim, t.lamp->device, true);
        if (answered)
            answer(t.phone, KITH_NUMBERS_EQUAL);
        cast_check(t.room, cast_run(t.room, 20 * CAST_SECOND, both_apart, &t));
        cast_expect_failed(t.phone, 1, KITH_WHY_LINK_LOST);
        cast_expect_failed(t.lamp, 1, KITH_WHY_LINK_LOST);
        cast_equal(t.room, kith_pairing_compare(t.phone->host, phone_link, KITH_NUMBERS_EQUAL), KITH_ERR_NOT_FOUND);
        cast_equal(t.room, kith_pairing_compare(t.lamp->host, lamp_link, KITH_NUMBERS_EQUAL), KITH_ERR_NOT_FOUND);
        cast_run(t.room, 60 * CAST_SECOND, NULL, NULL);
        cast_equal(t.room, t.phone->ends + t.lamp->ends, 2);
        kith_sim_set_out_of_range(t.room->sim, t.lamp->device, false);
        end_well_after_all(&t);
    }
}

/* Each question is about its own link. */
static void many_questions_at_once_answered_in_another_order(void **state)
{
    static const unsigned order[MANY] = {2, 0, 3, 1};
    cast_room *room = cast_open(302, CAST_OPENSSL);
    cast_host *lamp = add(room, "lamp", true, MANY), *phones[MANY];
    kith_link links[MANY];
    uint32_t numbers[MANY];

    (void)state;
    for (unsigned i = 0; i < MANY; i++)
        phones[i] = add(room, "phone", false, 1);
    cast_start(room);
    for (unsigned i = 0; i < MANY; i++) {
        cast_connect(phones[i], lamp);
        links[i] = lamp->link;
    }
    assert_int_equal(kith_pairing_open(lamp->host, 60000), KITH_OK);
    for (unsigned i = 0; i < MANY; i++) {
        cast_equal(room, kith_security_secure(phones[i]->host, phones[i]->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
        cast_await(phones[i], KITH_EVENT_COMPARISON_WANTED, 1);
        cast_await(lamp, KITH_EVENT_COMPARISON_WANTED, i + 1);
        numbers[i] = asked(phones[i])->number;
        cast_equal(room, asked(lamp)->number, numbers[i]);
        cast_equal(room, lamp->last[KITH_EVENT_COMPARISON_WANTED].link, links[i]);
    }
    for (unsigned i = 0; i < MANY; i++) {
        unsigned who = order[i];
        bool yes = who != 3; /* one of them is refused, and takes nobody along */

        assert_int_equal(kith_pairing_compare(lamp->host, links[who], yes ? KITH_NUMBERS_EQUAL : KITH_NUMBERS_DIFFER),
                         KITH_OK);
        if (yes)
            answer(phones[who], KITH_NUMBERS_EQUAL);
        cast_await_ends(phones[who], 1);
        cast_await_ends(lamp, i + 1);
        if (yes)
            expect_authenticated(phones[who]);
        else
            cast_expect_failed(phones[who], 1, KITH_WHY_PEER_FAILED);
        for (unsigned j = i + 1; j < MANY; j++)
            cast_equal(room, phones[order[j]]->ends, 0);
    }
    cast_equal(room, lamp->told[KITH_EVENT_PAIRED], MANY - 1);
    cast_await(lamp, KITH_EVENT_BONDED, MANY - 1);
    cast_close(room);
}

/* Confirmed by nobody: told on the side that did not look, and not known on the other. */
static void numbers_that_nobody_looked_at_are_told_as_such(void **state)
{
    two t = open_two();
    kith_bond_info bond;

    (void)state;
    t.lamp->answers = true;
    t.lamp->answer = KITH_NUMBERS_UNSEEN;
    come_to_the_question(&t);
    answer(t.phone, KITH_NUMBERS_EQUAL);
    cast_await_ends(t.phone, 1);
    cast_await_ends(t.lamp, 1);
    cast_check(t.room, t.lamp->end.succeeded && t.lamp->end.numbers_unseen);
    cast_equal(t.room, t.lamp->end.level, KITH_LEVEL_ENCRYPTED);
    cast_equal(t.room, t.lamp->highest, KITH_LEVEL_ENCRYPTED);
    cast_await(t.lamp, KITH_EVENT_BONDED, 1);
    cast_check(t.room, t.lamp->last[KITH_EVENT_BONDED].verdict.numbers_unseen);
    assert_int_equal(kith_bonds_next(t.lamp->host, 0, &bond), KITH_OK);
    cast_check(t.room, bond.numbers_unseen && bond.level == KITH_LEVEL_ENCRYPTED);
    expect_authenticated(t.phone);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_see_the_same_number_and_say_yes),
        cmocka_unit_test(the_order_of_the_answers_does_not_matter),
        cmocka_unit_test(one_of_them_says_no),
        cmocka_unit_test(nobody_answers),
        cmocka_unit_test(only_one_answers),
        cmocka_unit_test(both_answer_late_but_in_time),
        cmocka_unit_test(the_link_is_lost_while_the_question_is_open),
        cmocka_unit_test(many_questions_at_once_answered_in_another_order),
        cmocka_unit_test(numbers_that_nobody_looked_at_are_told_as_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
