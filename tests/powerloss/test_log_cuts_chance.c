/* The flash log alone, where a power cut leaves what chance wants: bits here and there, or any of what was not synced.
 */
#include "deeds.h"

static void old_or_new_when_bits_come_by_chance(void **unused)
{
    (void)unused;
    deeds_try(CUTS_SCATTERED, 1);
}

static void old_or_new_when_what_was_not_synced_is_lost(void **unused)
{
    (void)unused;
    deeds_try(CUTS_FORGOTTEN, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_or_new_when_bits_come_by_chance),
        cmocka_unit_test(old_or_new_when_what_was_not_synced_is_lost),
    };
    int failed = cmocka_run_group_tests_name("power cuts of the log, by chance", tests, NULL, NULL);

    deeds_tell();
    return failed;
}
