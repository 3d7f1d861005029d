/* Which method two feature sets lead to: every pair of capabilities, with and without MITM, Secure Connections and OOB
 * on either side, against a statement of the rules in other words than the table's.  Vol 3 Part H 2.3.5.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kith/method.h"

/* What a device can do, from the meaning of its capability (Tables 2.3 to 2.5). */
static bool can_show_digits(unsigned io)
{
    return io == KITH_IO_DISPLAY_ONLY || io == KITH_IO_DISPLAY_YES_NO || io == KITH_IO_KEYBOARD_DISPLAY;
}

static bool can_type_digits(unsigned io)
{
    return io == KITH_IO_KEYBOARD_ONLY || io == KITH_IO_KEYBOARD_DISPLAY;
}

static bool can_compare(unsigned io)
{
    return io == KITH_IO_DISPLAY_YES_NO || io == KITH_IO_KEYBOARD_DISPLAY;
}

/* One to show and one to type, the initiator showing where it can; or both type; or it can't be done. */
static kith_passkey_form who_shows(unsigned initiator, unsigned responder)
{
    if (can_show_digits(initiator) && can_type_digits(responder))
        return KITH_PASSKEY_INITIATOR_SHOWS;
    if (can_show_digits(responder) && can_type_digits(initiator))
        return KITH_PASSKEY_RESPONDER_SHOWS;
    return can_type_digits(initiator) && can_type_digits(responder) ? KITH_PASSKEY_BOTH_TYPE : KITH_PASSKEY_NONE;
}

/* One cell: what each of the two says of itself. */
typedef struct {
    unsigned initiator, responder; /* io capabilities */
    unsigned mitm, sc, oob;        /* bit 0: the initiator's, bit 1: the responder's */
} cell;

static kith_method_choice expected(const cell *c)
{
    kith_method_choice choice = {.secure_connections = c->sc == 3, .method = KITH_METHOD_JUST_WORKS};

    if (c->oob == 3 || (c->oob != 0 && choice.secure_connections)) {
        choice.method = KITH_METHOD_OOB; /* a commitment protects from one side alone; a legacy TK is on both */
        return choice;
    }
    if (c->mitm == 0)
        return choice; /* nobody asks for more */
    if (choice.secure_connections && can_compare(c->initiator) && can_compare(c->responder)) {
        choice.method = KITH_METHOD_NUMERIC_COMPARISON; /* there is none in legacy pairing */
        return choice;
    }
    choice.passkey = who_shows(c->initiator, c->responder);
    if (choice.passkey != KITH_PASSKEY_NONE)
        choice.method = KITH_METHOD_PASSKEY;
    return choice;
}

static kith_pairing_features features_of(const cell *c, bool initiator)
{
    unsigned bit = initiator ? 1 : 2;
    kith_pairing_features features = {.max_key_size = 16};

    features.io_capability = (uint8_t)(initiator ? c->initiator : c->responder);
    features.oob_flag = (c->oob & bit) != 0;
    features.auth_req =
        (uint8_t)(((c->mitm & bit) != 0 ? KITH_AUTH_MITM : 0) | ((c->sc & bit) != 0 ? KITH_AUTH_SC : 0));
    return features;
}

static void every_pair_of_features(void **state)
{
    unsigned checked = 0, of_method[KITH_METHOD_OOB + 1] = {0};

    (void)state;
    for (unsigned i = 0; i < 5 * 5 * 4 * 4 * 4; i++) {
        cell c = {i % 5, i / 5 % 5, i / 25 % 4, i / 100 % 4, i / 400};
        kith_pairing_features initiator = features_of(&c, true), responder = features_of(&c, false);
        kith_method_choice chosen = kith_method_choose(&initiator, &responder), right = expected(&c);

        if (chosen.method != right.method || chosen.passkey != right.passkey ||
            chosen.secure_connections != right.secure_connections)
            fail_msg("initiator %u, responder %u, MITM %u, SC %u, OOB %u: %s (%s), not %s (%s)", c.initiator,
                     c.responder, c.mitm, c.sc, c.oob, kith_method_name(chosen.method),
                     kith_passkey_form_name(chosen.passkey), kith_method_name(right.method),
                     kith_passkey_form_name(right.passkey));
        of_method[chosen.method]++;
        checked++;
    }
    assert_int_equal(checked, 1600);
    /* Counted by hand.  OOB: 25 pairs, 4 of MITM; with SC (1 of 4) 3 of 4 flags, without (3 of 4) 1 of 4.  Compared: 4
     * pairs, 3 of MITM, 1 of SC, no flag.  Passkey: 12 pairs, 3 of MITM, 3 of SC, 3 of flags; with SC 9, 3, 1 and 1. */
    assert_int_equal(of_method[KITH_METHOD_OOB], 25 * 4 * (3 + 3));
    assert_int_equal(of_method[KITH_METHOD_NUMERIC_COMPARISON], 4 * 3);
    assert_int_equal(of_method[KITH_METHOD_PASSKEY], 12 * 3 * 3 * 3 + 9 * 3);
    assert_int_equal(of_method[KITH_METHOD_NONE], 0);
}

/* Bits that mean nothing here change nothing. */
static void other_bits_do_not_matter(void **state)
{
    (void)state;
    for (unsigned other = 0; other < 256; other++) {
        uint8_t auth = (uint8_t)((other & ~(unsigned)KITH_AUTH_MITM) | KITH_AUTH_SC);
        kith_pairing_features a = {KITH_IO_KEYBOARD_DISPLAY, 0, auth, 7, 0xff, 0xff};
        kith_pairing_features b = {KITH_IO_DISPLAY_YES_NO, 0, auth | KITH_AUTH_MITM, 16, 0, 0};

        assert_int_equal(kith_method_choose(&a, &b).method, KITH_METHOD_NUMERIC_COMPARISON);
    }
}

/* A value that the specification reserves leads nowhere, on either side and whatever else is said. */
static void undefined_values_choose_nothing(void **state)
{
    unsigned checked = 0;

    (void)state;
    for (unsigned i = 0; i < 256u * 256u; i++) {
        kith_pairing_features sound = {KITH_IO_KEYBOARD_DISPLAY, (i >> 8) & 1, KITH_AUTH_MITM | KITH_AUTH_SC, 16, 0, 0};
        kith_pairing_features odd = {(uint8_t)i, (uint8_t)(i >> 8), KITH_AUTH_MITM | KITH_AUTH_SC, 16, 0, 0};
        kith_method_choice first = kith_method_choose(&odd, &sound), second = kith_method_choose(&sound, &odd);
        bool defined = odd.io_capability <= 4 && odd.oob_flag <= 1;

        assert_int_equal(first.method != KITH_METHOD_NONE, defined);
        assert_int_equal(second.method != KITH_METHOD_NONE, defined);
        if (defined)
            continue;
        assert_int_equal(first.passkey, KITH_PASSKEY_NONE);
        assert_int_equal(second.passkey, KITH_PASSKEY_NONE);
        checked++;
    }
    assert_int_equal(checked, 256 * 256 - 5 * 2);
}

static void every_form_of_passkey_entry_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(kith_passkey_form_name(KITH_PASSKEY_NONE), "no passkey");
    assert_string_equal(kith_passkey_form_name(KITH_PASSKEY_INITIATOR_SHOWS), "initiator shows, responder types");
    assert_string_equal(kith_passkey_form_name(KITH_PASSKEY_RESPONDER_SHOWS), "responder shows, initiator types");
    assert_string_equal(kith_passkey_form_name(KITH_PASSKEY_BOTH_TYPE), "both type");
    assert_string_equal(kith_passkey_form_name((kith_passkey_form)4), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_features),
        cmocka_unit_test(other_bits_do_not_matter),
        cmocka_unit_test(undefined_values_choose_nothing),
        cmocka_unit_test(every_form_of_passkey_entry_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
