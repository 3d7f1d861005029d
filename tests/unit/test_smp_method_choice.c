/* Which method two feature sets lead to: every pair of capabilities, with and without MITM and OOB, against a
 * statement of the rules in other words than the table's.  Vol 3 Part H 2.3.5.1, Secure Connections. */
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

/* Comparing wherever both can; else typing, where one can type what the other shows or both can type; else nothing. */
static kith_method_kind expected(unsigned a, unsigned b, bool mitm, bool oob)
{
    if (oob)
        return KITH_METHOD_OOB; /* under Secure Connections one side's OOB data is enough */
    if (!mitm)
        return KITH_METHOD_JUST_WORKS;
    if (can_compare(a) && can_compare(b))
        return KITH_METHOD_NUMERIC_COMPARISON;
    if ((can_type_digits(a) && (can_show_digits(b) || can_type_digits(b))) ||
        (can_type_digits(b) && can_show_digits(a)))
        return KITH_METHOD_PASSKEY;
    return KITH_METHOD_JUST_WORKS;
}

static void every_pair_of_features(void **state)
{
    unsigned checked = 0;

    (void)state;
    for (unsigned bits = 0; bits < 5 * 5 * 4 * 4; bits++) {
        unsigned a = bits % 5, b = bits / 5 % 5, mitm = bits / 25 % 4, oob = bits / 100;
        kith_pairing_features initiator = {(uint8_t)a, oob & 1, KITH_AUTH_SC, 16, 0, 0};
        kith_pairing_features responder = {(uint8_t)b, (uint8_t)(oob >> 1), KITH_AUTH_SC, 16, 0, 0};
        kith_method_kind chosen;

        initiator.auth_req |= (mitm & 1) != 0 ? KITH_AUTH_MITM : 0;
        responder.auth_req |= (mitm & 2) != 0 ? KITH_AUTH_MITM : 0;
        chosen = kith_method_choose(&initiator, &responder).method;
        if (chosen != expected(a, b, mitm != 0, oob != 0))
            fail_msg("initiator %u, responder %u, MITM %u, OOB %u: %s", a, b, mitm, oob, kith_method_name(chosen));
        checked++;
    }
    assert_int_equal(checked, 400);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_features),
        cmocka_unit_test(other_bits_do_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
