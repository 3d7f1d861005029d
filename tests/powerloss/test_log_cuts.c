/* The flash log alone: whatever it was doing when the power went, what stood stands.  KITH_FULL=1 leaves nothing out.
 */
#include "deeds.h"

static void old_or_new_wherever_power_is_cut(void **unused)
{
    (void)unused;
    deeds_try(CUTS_FORWARD, cuts_full() ? 3 : 2);
}

static void old_or_new_when_the_last_octets_come_first(void **unused)
{
    (void)unused;
    deeds_try(CUTS_BACKWARD, cuts_full() ? 2 : 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_or_new_wherever_power_is_cut),
        cmocka_unit_test(old_or_new_when_the_last_octets_come_first),
    };
    int failed = cmocka_run_group_tests_name("power cuts of the log", tests, NULL, NULL);

    deeds_tell();
    return failed;
}
