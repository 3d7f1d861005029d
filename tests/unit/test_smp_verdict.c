/* The verdict in words: every outcome has a name for scripts and a sentence for people, and none is too long. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kith/verdict.h"

static void every_outcome_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (unsigned why = 0; why < KITH_WHY_COUNT; why++) {
        const char *name = kith_why_name((kith_why)why);

        assert_true(strlen(name) > 3);
        assert_string_not_equal(name, "unknown");
        for (const char *p = name; *p != '\0'; p++)
            assert_true(islower((unsigned char)*p) || *p == '-');
        for (unsigned other = 0; other < why; other++)
            assert_string_not_equal(name, kith_why_name((kith_why)other));
    }
    assert_string_equal(kith_why_name(KITH_WHY_COUNT), "unknown");
}

static void every_outcome_has_a_sentence(void **state)
{
    (void)state;
    for (unsigned why = 0; why < KITH_WHY_COUNT; why++) {
        kith_verdict v = {.why = (kith_why)why};
        char text[400];
        size_t len = kith_verdict_describe(&v, text, sizeof text);

        assert_true(len > 10 && len < sizeof text);
        assert_int_equal(strlen(text), len);
        assert_true(isupper((unsigned char)text[0]));
        assert_int_equal(text[len - 1], '.');
        assert_null(strstr(text, "  "));
        assert_null(strstr(text, ".."));
    }
}

/* With the longest names there are in every place. */
static void no_sentence_is_longer_than_400_octets(void **state)
{
    (void)state;
    for (unsigned why = 0; why < KITH_WHY_COUNT; why++)
        for (unsigned code = 0; code < 256; code++)
            for (unsigned ender = KITH_ENDED_WELL; ender <= KITH_ENDED_BY_LINK; ender++) {
                kith_verdict v = {.why = (kith_why)why, .ended_by = (kith_ender)ender};
                char text[400];

                v.smp_reason = (uint8_t)code;
                v.hci_status = (uint8_t)(code ^ 0x2a);
                assert_true(kith_verdict_describe(&v, text, sizeof text) < sizeof text);
            }
}

static void a_text_is_cut_at_the_room_there_is(void **state)
{
    kith_verdict v = {.why = KITH_WHY_PEER_FAILED, .smp_reason = 5, .ended_by = KITH_ENDED_BY_PEER};
    char whole[400], text[400];
    size_t len = kith_verdict_describe(&v, whole, sizeof whole);

    (void)state;
    assert_non_null(strstr(whole, "Pairing Not Supported 0x05"));
    for (size_t cap = 0; cap < len + 5; cap++) {
        memset(text, 'x', sizeof text);
        assert_int_equal(kith_verdict_describe(&v, text, cap), len);
        if (cap == 0) {
            assert_int_equal(text[0], 'x');
            continue;
        }
        assert_int_equal(strlen(text), cap - 1 < len ? cap - 1 : len);
        assert_memory_equal(text, whole, strlen(text));
        assert_int_equal(text[cap], 'x');
    }
}

static void what_is_out_of_range_is_unknown_and_harmless(void **state)
{
    char text[400];
    kith_verdict v = {.why = KITH_WHY_COUNT};

    (void)state;
    assert_string_equal(kith_phase_name((kith_phase)99), "unknown");
    assert_string_equal(kith_ender_name((kith_ender)99), "unknown");
    assert_string_equal(kith_method_name((kith_method_kind)99), "unknown");
    assert_string_equal(kith_level_name((kith_level)99), "unknown");
    kith_verdict_describe(&v, text, sizeof text);
    for (unsigned i = 0; i <= KITH_PHASE_DONE; i++)
        assert_string_not_equal(kith_phase_name((kith_phase)i), "unknown");
    for (unsigned i = 0; i <= KITH_ENDED_BY_LINK; i++)
        assert_string_not_equal(kith_ender_name((kith_ender)i), "unknown");
    for (unsigned i = 0; i <= KITH_METHOD_OOB; i++)
        assert_string_not_equal(kith_method_name((kith_method_kind)i), "unknown");
    for (unsigned i = KITH_LEVEL_NONE; i <= KITH_LEVEL_SC_AUTHENTICATED; i++)
        assert_string_not_equal(kith_level_name((kith_level)i), "unknown");
}

/* For the three ends that a bond on one side alone makes, and for no other. */
static void a_lost_bond_has_a_remedy_on_each_system(void **state)
{
    (void)state;
    for (int why = 0; why < KITH_WHY_COUNT; why++) {
        bool is_lost =
            why == KITH_WHY_WE_HAVE_NO_KEY || why == KITH_WHY_PEER_SAYS_NO_KEY || why == KITH_WHY_KEYS_DIFFER;

        for (int system = KITH_SYSTEM_IOS; system <= (int)KITH_SYSTEM_LINUX; system++)
            assert_int_equal(kith_remedy_text((kith_why)why, (kith_system)system) != NULL, is_lost);
    }
    assert_null(kith_remedy_text(KITH_WHY_KEYS_DIFFER, (kith_system)(KITH_SYSTEM_LINUX + 1)));
    assert_non_null(strstr(kith_remedy_text(KITH_WHY_KEYS_DIFFER, KITH_SYSTEM_LINUX), "bluetoothctl remove"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_has_a_name_of_its_own),
        cmocka_unit_test(every_outcome_has_a_sentence),
        cmocka_unit_test(no_sentence_is_longer_than_400_octets),
        cmocka_unit_test(a_text_is_cut_at_the_room_there_is),
        cmocka_unit_test(what_is_out_of_range_is_unknown_and_harmless),
        cmocka_unit_test(a_lost_bond_has_a_remedy_on_each_system),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
