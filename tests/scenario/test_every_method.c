/* Every pairing method between two hosts, on a good radio and on lossy ones: each run ends in one named outcome on each
 * side; two sides that both say "paired" have the same keys, saw the same numbers, got the level that the method is
 * worth, and come back to their bond in both roles.  KITH_SEED plays one run again, KITH_SEEDS says how many. */
#include "methods.h"

enum { EVERYDAY = 160, FULL = 1000, STILL_PAIRS = 200 }; /* the last: permille; below it no link dies */

typedef struct {
    unsigned runs, paired, lost, halved; /* halved: one said "paired", and the other had lost the link */
} tally;

static void expect_named_end(const couple *c, unsigned side)
{
    const cast_host *h = c->side[side];

    cast_check(c->room, h->ends - c->begun[side] <= 1);
    if (side == INITIATOR)
        cast_equal(c->room, h->ends, c->begun[side] + 1);
    if (h->ends == c->begun[side] || h->end.succeeded)
        return;
    cast_check(c->room, h->end.why == KITH_WHY_LINK_LOST || h->end.why == KITH_WHY_SMP_TIMEOUT);
}

static bool has_paired(const couple *c, unsigned side)
{
    return c->side[side]->ends > c->begun[side] && c->side[side]->end.succeeded;
}

static void run_once(const method_row *row, uint64_t seed, unsigned permille, tally *t)
{
    couple c;
    bool both, one;

    couple_open(&c, row, seed, CAST_TOY);
    couple_meet(&c);
    cast_run(c.room, CAST_SECOND / 2, NULL, NULL); /* a link that has just begun dies of six lost packets */
    kith_sim_set_loss(c.room->sim, permille);
    couple_begin(&c);
    if (!couple_run(&c, 300 * CAST_SECOND, couple_has_ended, &c))
        cast_fail(c.room, "%s has no end", row->name);
    couple_run(&c, CAST_SECOND, NULL, NULL); /* a second end would come now */
    expect_named_end(&c, INITIATOR);
    expect_named_end(&c, RESPONDER);
    kith_sim_set_loss(c.room->sim, 0);
    both = has_paired(&c, INITIATOR) && has_paired(&c, RESPONDER);
    one = has_paired(&c, INITIATOR) != has_paired(&c, RESPONDER);
    if (both) {
        couple_expect_paired(&c);
        couple_part(&c);
        couple_come_back(&c, INITIATOR);
        couple_come_back(&c, RESPONDER);
    } else {
        couple_pair_cleanly(&c);
    }
    t->runs++;
    t->paired += both;
    t->halved += one;
    t->lost += !both;
    couple_close(&c);
}

static void run_many(unsigned permille, unsigned runs)
{
    uint64_t first = cast_first_seed(permille * 100000u);

    for (size_t i = 0; i < METHODS; i++) {
        tally t = {0};

        for (unsigned n = 0; n < runs; n++)
            run_once(&method_rows[i], first + n, permille, &t);
        print_message("%-32s %2u %% lost: %4u runs, %4u paired, %u ended by name (%u on one side alone)\n",
                      method_rows[i].name, permille / 10, t.runs, t.paired, t.lost, t.halved);
        if (permille <= STILL_PAIRS)
            assert_int_equal(t.paired, t.runs);
    }
}

static void every_method_without_loss(void **state)
{
    (void)state;
    run_many(0, cast_runs(EVERYDAY / 4, FULL));
}

static void every_method_with_5_percent_loss(void **state)
{
    (void)state;
    run_many(50, cast_runs(EVERYDAY, FULL));
}

static void every_method_with_20_percent_loss(void **state)
{
    (void)state;
    run_many(200, cast_runs(EVERYDAY, FULL));
}

/* So lossy that most links die on the way. */
static void every_method_with_80_percent_loss(void **state)
{
    (void)state;
    run_many(800, cast_runs(EVERYDAY, FULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_without_loss),
        cmocka_unit_test(every_method_with_5_percent_loss),
        cmocka_unit_test(every_method_with_20_percent_loss),
        cmocka_unit_test(every_method_with_80_percent_loss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
