/* What is done to a log while its power is cut, and the flashes that it is done on. */
#include "deeds.h"

#include <stdlib.h>

/* From the smallest sectors to the largest, from the finest units to the widest, from two sectors to many. */
static const sim_flash_geometry flashes[] = {
    {256, 2, 1, 0xff, true},   {256, 2, 4, 0x00, false},    {256, 24, 2, 0xff, true}, {512, 4, 4, 0x00, true},
    {512, 3, 32, 0xff, false}, {2048, 3, 16, 0xff, false},  {1024, 3, 8, 0xff, true}, {4096, 4, 4, 0xff, true},
    {256, 2, 32, 0xff, false}, {131072, 2, 32, 0xff, false}};

enum { FLASHES = sizeof flashes / sizeof flashes[0], LARGE = FLASHES - 1 };

static cuts_count sums[FLASHES];

/* ---- deeds ---- */

static void prepare_nothing(cuts_scene *s)
{
    (void)s;
}

static void prepare_bond(cuts_scene *s)
{
    cuts_put(s, 1, 0x11);
}

static void prepare_two(cuts_scene *s)
{
    cuts_put(s, 1, 0x11);
    cuts_put(s, 2, 0x62);
}

static void prepare_state(cuts_scene *s)
{
    prepare_bond(s);
    cuts_put_state(s, 1, 0x31);
}

static void prepare_versions(cuts_scene *s)
{
    prepare_two(s);
    cuts_put(s, 2, 0xc3);
    cuts_put_state(s, 1, 0x21);
}

/* Versions of it in several sectors. */
static void prepare_scattered(cuts_scene *s)
{
    prepare_two(s);
    for (unsigned round = 0; round < 2; round++) {
        uint32_t first = cuts_sector(s);

        for (unsigned i = 0; i < 90 && cuts_sector(s) == first && s->r.flash.port.sector_count > 2; i++)
            cuts_put(s, 1, (uint8_t)i);
        cuts_put(s, 2, (uint8_t)(0xd0 + round));
    }
}

static void prepare_removed(cuts_scene *s)
{
    prepare_two(s);
    cuts_remove(s, 2);
}

static const cuts_deed first_record = {
    "the first bond", prepare_nothing, {KITH_RECORD_BOND, false, 1, 0x33, CUTS_BOND}};
static const cuts_deed bonding = {"bonding", prepare_bond, {KITH_RECORD_BOND, false, 2, 0x93, CUTS_BOND}};
static const cuts_deed bonding_again = {"bonding again", prepare_two, {KITH_RECORD_BOND, false, 2, 0x93, CUTS_BOND}};
static const cuts_deed first_state = {"a first state", prepare_bond, {KITH_RECORD_STATE, false, 1, 0x44, CUTS_STATE}};
static const cuts_deed state = {"a change of state", prepare_state, {KITH_RECORD_STATE, false, 1, 0x44, CUTS_STATE}};
static const cuts_deed forgetting = {"deletion", prepare_two, {KITH_RECORD_BOND, true, 2, 0, 0}};
static const cuts_deed forgetting_state = {"deletion of a state", prepare_state, {KITH_RECORD_STATE, true, 1, 0, 0}};
static const cuts_deed forgetting_versions = {
    "deletion of two versions", prepare_versions, {KITH_RECORD_BOND, true, 2, 0, 0}};
static const cuts_deed forgetting_everywhere = {
    "deletion of versions in several sectors", prepare_scattered, {KITH_RECORD_BOND, true, 2, 0, 0}};
static const cuts_deed bonding_anew = {
    "bonding with who was forgotten", prepare_removed, {KITH_RECORD_BOND, false, 2, 0x93, CUTS_BOND}};

/* ---- deeds that have to make room ---- */

static void prepare_compaction(cuts_scene *s);
static void prepare_compaction_by_state(cuts_scene *s);
static void prepare_compaction_by_removal(cuts_scene *s);
static void prepare_full(cuts_scene *s);

static const cuts_deed compaction = {
    "a bond that makes the log collect", prepare_compaction, {KITH_RECORD_BOND, false, 2, 0x93, CUTS_BOND}};
static const cuts_deed compaction_by_state = {"a change of state that makes the log collect",
                                              prepare_compaction_by_state,
                                              {KITH_RECORD_STATE, false, 1, 0x44, CUTS_STATE}};
static const cuts_deed compaction_by_removal = {
    "a deletion that makes the log collect", prepare_compaction_by_removal, {KITH_RECORD_BOND, true, 2, 0, 0}};
static const cuts_deed deletion_when_full = {
    "deletion when there is no room", prepare_full, {KITH_RECORD_BOND, true, 2, 0, 0}};

static void prepare_compaction(cuts_scene *s)
{
    prepare_two(s);
    cuts_fill_until_collects(s, &compaction.change);
}

static void prepare_compaction_by_state(cuts_scene *s)
{
    prepare_state(s);
    cuts_fill_until_collects(s, &compaction_by_state.change);
}

/* One that is removed takes the place that is kept for removals; where nothing can be cleared, every removal collects.
 */
static void prepare_compaction_by_removal(cuts_scene *s)
{
    const cuts_change smallest = {KITH_RECORD_STATE, false, CUTS_FILLER_ID, 0, 0};
    const cuts_change gone = {KITH_RECORD_STATE, true, CUTS_FILLER_ID, 0, 0};

    prepare_two(s);
    cuts_fill_until_collects(s, &smallest);
    cuts_do(s, &gone);
}

static void prepare_full(cuts_scene *s)
{
    prepare_two(s);
    for (uint32_t id = 3; s->r.state.room > 0 && id < 45; id++)
        cuts_do(s, &(cuts_change){KITH_RECORD_BOND, false, id, 1, KITH_STORED_MAX});
}

/* ---- all of them, everywhere ---- */

static const cuts_deed *const deeds[] = {&first_record,
                                         &bonding,
                                         &bonding_again,
                                         &first_state,
                                         &state,
                                         &forgetting,
                                         &forgetting_state,
                                         &forgetting_versions,
                                         &forgetting_everywhere,
                                         &bonding_anew,
                                         &compaction,
                                         &compaction_by_state,
                                         &compaction_by_removal,
                                         &deletion_when_full};

enum { DEEDS = sizeof deeds / sizeof deeds[0] };

/* Filling sectors of 128 KiB, and looking through them, takes long. */
static bool is_for(const cuts_deed *deed, unsigned flash)
{
    if (flash != LARGE)
        return true;
    return deed == &bonding_again || deed == &forgetting || (cuts_full() && deed == &state);
}

/* Everyday the rarer ways to lose power are tried on a third of all that each, and second recoveries on small flashes.
 */
void deeds_try(cuts_tear tear, unsigned depth)
{
    for (unsigned f = 0; f < FLASHES; f++)
        for (unsigned d = 0; d < DEEDS; d++) {
            cuts_count count;

            if (!is_for(deeds[d], f) || (!cuts_full() && tear != CUTS_FORWARD && (f + d) % 3 != (unsigned)tear - 1))
                continue;
            count = cuts_try(&flashes[f], deeds[d], tear, cuts_full() || f < 3 ? depth : 1);
            sums[f].cuts += count.cuts;
            sums[f].flashes += count.flashes;
            if (getenv("KITH_CUTS") != NULL)
                fprintf(stderr, "%u %s: %u %u\n", f, deeds[d]->name, count.cuts, count.flashes);
        }
}

void deeds_tell(void)
{
    cuts_count all = {0};

    for (unsigned f = 0; f < FLASHES; f++) {
        fprintf(stderr, "%2u x %6u, units of %2u, erased 0x%02x%s: %8u cuts, which left %7u different flashes\n",
                (unsigned)flashes[f].sector_count, (unsigned)flashes[f].sector_size, (unsigned)flashes[f].program_size,
                (unsigned)flashes[f].erased, flashes[f].can_clear ? ", clears" : "        ", (unsigned)sums[f].cuts,
                (unsigned)sums[f].flashes);
        all.cuts += sums[f].cuts;
        all.flashes += sums[f].flashes;
    }
    fprintf(stderr, "%u power cuts tried, %u different flashes%s\n", (unsigned)all.cuts, (unsigned)all.flashes,
            cuts_full() ? "" : " (more: KITH_FULL=1)");
}
