/* The flash log alone: whatever it was doing when the power went, what stood stands. */
#include "cuts.h"

#include <stdlib.h>

static uint32_t total;

/* ---- deeds ---- */

static void prepare_nothing(cuts_scene *s)
{
    (void)s;
}

static void prepare_two(cuts_scene *s)
{
    cuts_put(s, 1, 0x11, cuts_len(s));
    cuts_put(s, 2, 0x62, cuts_len(s));
}

static const cuts_deed first_record = {"the first record", prepare_nothing, 1, false, 0x33};
static const cuts_deed another_record = {"another record", prepare_two, 3, false, 0x93};
static const cuts_deed replaced = {"replacing", prepare_two, 2, false, 0x93};
static const cuts_deed removed = {"removing", prepare_two, 2, true, 0};

static void prepare_versions(cuts_scene *s)
{
    prepare_two(s);
    cuts_put(s, 2, 0xc3, cuts_len(s));
    cuts_put(s, 1, 0x21, cuts_len(s));
}

static const cuts_deed removed_with_versions = {"removing several versions", prepare_versions, 2, true, 0};

/* Versions of it in several sectors, and then the removal in one that holds one of them. */
static void prepare_scattered(cuts_scene *s)
{
    uint32_t first;

    prepare_two(s);
    for (unsigned round = 0; round < 2; round++) {
        first = s->r.log.active;
        for (unsigned i = 0; i < 200 && s->r.log.active == first && s->r.flash.port.sector_count > 2; i++)
            cuts_put(s, 1, (uint8_t)i, cuts_len(s));
        cuts_put(s, 2, (uint8_t)(0xd0 + round), cuts_len(s));
    }
}

static const cuts_deed removed_everywhere = {"removing versions in several sectors", prepare_scattered, 2, true, 0};

static void prepare_removed(cuts_scene *s)
{
    prepare_two(s);
    cuts_remove(s, 2);
}

static const cuts_deed put_again = {"putting what was removed", prepare_removed, 2, false, 0x93};

/* ---- deeds that have to make room ---- */

static void prepare_compaction(cuts_scene *s);
static const cuts_deed compacting = {"a record that makes the log collect", prepare_compaction, 2, false, 0x93};

static void prepare_several(cuts_scene *s)
{
    uint32_t count = s->r.flash.port.sector_size <= 256 ? 2 : 5;

    for (uint32_t id = 1; id <= count; id++)
        cuts_put(s, id, (uint8_t)(id * 40), cuts_len(s));
}

static void prepare_compaction(cuts_scene *s)
{
    prepare_several(s);
    cuts_fill_until_erase(s, &compacting);
}

static void prepare_compacting_removal(cuts_scene *s);
static const cuts_deed compacting_removal = {"a removal that makes the log collect", prepare_compacting_removal, 2,
                                             true, 0};

/* Where nothing can be cleared, every removal does. */
static void prepare_compacting_removal(cuts_scene *s)
{
    prepare_several(s);
    if (!s->r.flash.port.can_clear || s->r.flash.port.program_size > 8)
        return;
    cuts_fill_until_erase(s, &compacting);
    while (s->r.flash.port.sector_size - s->r.log.at >= 29)
        cuts_put(s, 1, 0x77, 0);
    cuts_put(s, 1, 0x77, 0);
}

/* ---- all of them, everywhere ---- */

static const cuts_deed *const deeds[] = {&first_record,          &another_record, &replaced,           &removed,
                                         &removed_with_versions, &put_again,      &removed_everywhere, &compacting,
                                         &compacting_removal};

static bool is_large(const sim_flash_geometry *g)
{
    return g->sector_size * g->sector_count > 16384;
}

/* Everyday, the rarer ways to lose power are tried on a third of the flashes each. */
static void try_deeds(sim_flash_tear tear, bool forgets, unsigned which)
{
    for (unsigned g = 0; g < GEOMETRIES; g++)
        for (unsigned d = 0; d < sizeof deeds / sizeof deeds[0]; d++)
            if (cuts_full() || ((which == 0 || g % 3 == which - 1) && (!is_large(&geometries[g]) || d < 6)))
                total += cuts_try(&geometries[g], deeds[d], tear, forgets);
}

static void old_or_new_wherever_power_is_cut(void **state)
{
    (void)state;
    try_deeds(SIM_TEAR_FORWARD, false, 0);
}

/* Sectors of 131072 are filled by nobody here: what collects there is a removal where nothing can be cleared. */
static void old_or_new_on_the_smallest_and_the_largest(void **state)
{
    (void)state;
    for (unsigned g = 0; g < EXTREMES; g++)
        for (unsigned d = 0; d < sizeof deeds / sizeof deeds[0]; d++)
            if (!is_large(&extremes[g]) || d == 2 || d == 3)
                total += cuts_try(&extremes[g], deeds[d], g % 2 == 0 ? SIM_TEAR_FORWARD : SIM_TEAR_SCATTERED, false);
}

static void old_or_new_when_the_last_octets_come_first(void **state)
{
    (void)state;
    try_deeds(SIM_TEAR_BACKWARD, false, 1);
}

static void old_or_new_when_bits_come_by_chance(void **state)
{
    (void)state;
    try_deeds(SIM_TEAR_SCATTERED, false, 2);
}

static void old_or_new_when_what_was_not_synced_is_lost(void **state)
{
    (void)state;
    try_deeds(SIM_TEAR_FORWARD, true, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_or_new_wherever_power_is_cut),
        cmocka_unit_test(old_or_new_on_the_smallest_and_the_largest),
        cmocka_unit_test(old_or_new_when_the_last_octets_come_first),
        cmocka_unit_test(old_or_new_when_bits_come_by_chance),
        cmocka_unit_test(old_or_new_when_what_was_not_synced_is_lost),
    };
    int failed = cmocka_run_group_tests_name("power cuts of the log", tests, NULL, NULL);

    fprintf(stderr, "%u power cuts tried%s\n", (unsigned)total, cuts_full() ? "" : " (more: KITH_FULL=1)");
    return failed;
}
