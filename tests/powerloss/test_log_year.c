/* A month (KITH_FULL=1: a year) of a device's life, with power cuts: no bond is lost, and sectors wear alike. */
#include <stdlib.h>

#include "bench/year.h"
#include "tests/unit/test_store_support.h"

static const sim_flash_geometry flashes[] = {
    {4096, 4, 4, 0xff, true}, {4096, 4, 8, 0x00, false}, {1024, 16, 1, 0xff, true}};

static void no_bond_is_lost_and_sectors_wear_alike(void **state)
{
    unsigned days = getenv("KITH_FULL") != NULL ? 365 : 30;

    (void)state;
    for (unsigned f = 0; f < sizeof flashes / sizeof flashes[0]; f++)
        for (unsigned has_index = 0; has_index < 2; has_index++) {
            static year y;
            year_wear wear;

            assert_true(year_begin(&y, &flashes[f], has_index != 0, 7 + f));
            while (y.days < days && y.trouble == NULL)
                year_day(&y);
            wear = year_wear_of(&y);
            year_end(&y);
            if (y.trouble != NULL)
                fail_msg("day %u: %s", (unsigned)y.days, y.trouble);
            assert_true(y.cuts > days / 8);
            assert_true(wear.most - wear.least <= 4 + wear.most / 20);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bond_is_lost_and_sectors_wear_alike),
    };

    return cmocka_run_group_tests_name("a year of the log", tests, NULL, NULL);
}
