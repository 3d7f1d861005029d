/* A radio that loses packets: every pairing ends in one named outcome on each side, two sides that both say "paired"
 * have the same key, and when the radio is well again they pair.  KITH_SEED plays one run again, KITH_SEEDS says how
 * many runs. */
#include "cast.h"

enum { EVERYDAY = 1000, FULL = 1000 };

static unsigned paired, failed;

static bool is_over(void *context)
{
    const cast_room *room = context;
    const cast_host *lamp = &room->hosts[0], *phone = &room->hosts[1];

    return phone->ends == 1 && (lamp->ends == 1 || lamp->link == 0);
}

static void expect_one_end(const cast_host *h, unsigned least)
{
    cast_check(h->room, h->ends >= least && h->ends <= 1);
    cast_check(h->room, h->ends == 0 || h->end.succeeded == (h->end.why == KITH_WHY_PAIRED));
    cast_check(h->room, h->ends == 0 || h->end.succeeded || h->end.why == KITH_WHY_LINK_LOST ||
                            h->end.why == KITH_WHY_SMP_TIMEOUT);
    if (h->highest > KITH_LEVEL_NONE)
        cast_check(h->room, h->ends == 1);
}

static void pair_with_loss(uint64_t seed, unsigned permille)
{
    cast_room *room = cast_open(seed, CAST_OPENSSL);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");

    cast_start(room);
    cast_connect(phone, lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 60000), KITH_OK);
    kith_sim_set_loss(room->sim, permille);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(room, cast_run(room, 60 * CAST_SECOND, is_over, room));
    cast_run(room, CAST_SECOND, NULL, NULL); /* a second end would come now */
    expect_one_end(phone, 1);
    expect_one_end(lamp, 0);
    if (phone->end.succeeded && lamp->ends == 1 && lamp->end.succeeded)
        cast_expect_equal_keys(phone, lamp);
    paired += phone->end.succeeded;
    failed += !phone->end.succeeded;
    kith_sim_set_loss(room->sim, 0);
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
}

static void run_many(unsigned permille)
{
    uint64_t first = cast_first_seed(permille * 100000u);
    unsigned runs = cast_runs(EVERYDAY, FULL);

    paired = failed = 0;
    for (unsigned i = 0; i < runs; i++)
        pair_with_loss(first + i, permille);
    print_message("%u runs: %u paired, %u lost the link\n", runs, paired, failed);
}

static void every_run_with_5_percent_loss_has_one_outcome(void **state)
{
    (void)state;
    run_many(50);
}

static void every_run_with_20_percent_loss_has_one_outcome(void **state)
{
    (void)state;
    run_many(200);
}

/* So lossy that most links die on the way. */
static void every_run_with_70_percent_loss_has_one_outcome(void **state)
{
    (void)state;
    run_many(700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_with_5_percent_loss_has_one_outcome),
        cmocka_unit_test(every_run_with_20_percent_loss_has_one_outcome),
        cmocka_unit_test(every_run_with_70_percent_loss_has_one_outcome),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
