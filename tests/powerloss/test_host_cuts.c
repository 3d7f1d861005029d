/* A whole host whose power goes while its store, plain or sealed, is written: at its first home_start, while it bonds,
 * bonds again, forgets. Whatever it had told its person is so when it comes back; the rest is old or new; and life goes
 * on. */
#include "cuts.h"
#include "home.h"

typedef struct {
    const char *name;
    void (*prepare)(home *h);
    void (*begin)(home *h);
    kith_event_kind end;                /* when the lamp has been told this, it is durable */
    bool had_bond, may_have, must_have; /* before; after a cut; after the end */
} deed;

static const sim_flash_geometry flashes[] = {
    {4096, 4, 1, 0xff, true}, {512, 4, 4, 0x00, false}, {1024, 3, 16, 0xff, false}};

static uint32_t total;

/* ---- deeds ---- */

static void prepare_nothing(home *h)
{
    (void)h;
}

static void prepare_connected(home *h)
{
    home_start(h);
    cast_await(h->lamp, KITH_EVENT_READY, 1);
    cast_connect(h->phone, h->lamp);
}

static void prepare_bonded_and_connected(home *h)
{
    home_bond(h);
    cast_connect(h->phone, h->lamp);
    h->lamp->told[KITH_EVENT_BONDED] = 0;
}

static const deed first_start = {"first start", prepare_nothing, home_start, KITH_EVENT_READY, false, false, false};
static const deed bonding = {"bonding", prepare_connected, home_pair, KITH_EVENT_BONDED, false, true, true};
static const deed bonding_again = {
    "bonding again", prepare_bonded_and_connected, home_pair, KITH_EVENT_BONDED, true, true, true};
static const deed forgetting = {"forgetting", home_bond, home_forget, KITH_EVENT_FORGOTTEN, true, true, false};

/* ---- after the cut ---- */

static bool is_cut_or_told(void *context)
{
    const home *h = context;

    return sim_flash_has_cut(&h->r.flash);
}

static void power_on(home *h)
{
    if (!home_power_on(h))
        cast_fail(h->room, "it does not start: %s",
                  kith_status_name(h->lamp->last[KITH_EVENT_START_FAILED].start_failed.status));
    cast_equal(h->room, h->lamp->last[KITH_EVENT_STORE_LOADED].store.damaged, 0);
}

static void check_bond(home *h, const deed *d, bool told, const kith_bond_keys *fresh)
{
    kith_bond_keys keys;
    bool has = home_has_bond(h, &keys);

    if (told)
        cast_equal(h->room, has, d->must_have);
    if (d->had_bond && d->must_have)
        cast_check(h->room, has);
    if (has) {
        bool is_old = d->had_bond && memcmp(keys.ltk, h->old.ltk, 16) == 0 && memcmp(keys.irk, h->old.irk, 16) == 0;
        bool is_new = memcmp(keys.ltk, fresh->ltk, 16) == 0 && memcmp(keys.irk, fresh->irk, 16) == 0;

        cast_check(h->room, d->may_have && (is_old || is_new));
        cast_check(h->room, !told || is_new || !d->must_have);
    }
    if (!has && d->had_bond)
        cast_check(h->room, !rig_finds(&h->r, h->old.ltk, 16));
}

/* It pairs again, as whoever lost a bond does, and the bond outlives the next power cut. */
static void check_life_goes_on(home *h)
{
    kith_address before, after;

    cast_disconnect(h->phone, h->lamp);
    cast_run_until(h->room, kith_sim_now(h->room->sim) + 10 * (uint64_t)CAST_SECOND); /* dead links time out */
    assert_int_equal(kith_gap_own_address(h->lamp->host, &before), KITH_OK);
    cast_connect(h->phone, h->lamp);
    home_pair(h);
    cast_await_next(h->lamp, KITH_EVENT_BONDED);
    cast_run_until(h->room, kith_sim_now(h->room->sim) + CAST_SECOND);
    cast_disconnect(h->phone, h->lamp);
    home_power_off(h);
    power_on(h);
    assert_int_equal(kith_gap_own_address(h->lamp->host, &after), KITH_OK);
    cast_check(h->room, kith_address_equal(&before, &after));
    cast_connect(h->phone, h->lamp);
    cast_encrypt(h->phone, h->lamp);
}

/* ---- cutting ---- */

static void rehearse(const deed *d, const sim_flash_geometry *flash, home_kind kind, kith_bond_keys *fresh)
{
    static home h;

    home_open(&h, flash, kind);
    d->prepare(&h);
    d->begin(&h);
    cast_await(h.lamp, d->end, 1);
    memset(fresh, 0, sizeof *fresh);
    cast_equal(h.room, home_has_bond(&h, fresh), d->must_have);
    home_close(&h);
}

/* Answers whether the power went. */
static bool try_cut(const deed *d, const sim_flash_geometry *flash, home_kind kind, const kith_bond_keys *fresh,
                    uint32_t operation, uint32_t octets)
{
    static home h;
    bool fell, told;

    home_open(&h, flash, kind);
    d->prepare(&h);
    h.r.flash.forgets = octets % 2 == 1;
    sim_flash_cut(&h.r.flash, operation, octets);
    d->begin(&h);
    fell = cast_run(h.room, 5 * (uint64_t)CAST_SECOND, is_cut_or_told, &h);
    told = h.lamp->told[d->end] > 0 &&
           (d->end != KITH_EVENT_FORGOTTEN || h.lamp->last[d->end].forgotten.status == KITH_OK);
    cast_check(h.room, fell || told);
    home_power_off(&h);
    power_on(&h);
    check_bond(&h, d, told, fresh);
    check_life_goes_on(&h);
    home_close(&h);
    return fell;
}

/* Octets between two cuts in one operation, which is odd: what is not synced is forgotten in every second one. */
static uint32_t stride_of(home_kind kind)
{
    if (kind == HOME_PLAIN)
        return cuts_brief() ? 5 : 1;
    return cuts_full() ? 3 : cuts_brief() ? 41 : 13;
}

static void cut_everywhere_on(const deed *d, const sim_flash_geometry *flash, home_kind kind)
{
    kith_bond_keys fresh;
    bool fell = true;

    rehearse(d, flash, kind, &fresh);
    for (uint32_t operation = 1; fell; operation++)
        for (uint32_t octets = 0; fell && octets < 140; octets += stride_of(kind)) {
            fell = try_cut(d, flash, kind, &fresh, operation, octets);
            total += fell;
        }
}

static void cut_everywhere(const deed *d)
{
    for (size_t f = 0; f < sizeof flashes / sizeof flashes[0]; f++)
        for (unsigned kind = 0; kind < HOME_KINDS; kind++)
            cut_everywhere_on(d, &flashes[f], (home_kind)kind);
}

static void a_first_start_is_whole_or_did_not_happen(void **state)
{
    (void)state;
    cut_everywhere(&first_start);
}

static void a_bond_is_whole_or_did_not_happen(void **state)
{
    (void)state;
    cut_everywhere(&bonding);
}

static void a_bond_made_again_is_the_old_or_the_new(void **state)
{
    (void)state;
    cut_everywhere(&bonding_again);
}

static void a_peer_is_known_or_forgotten_without_a_trace(void **state)
{
    (void)state;
    cut_everywhere(&forgetting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_start_is_whole_or_did_not_happen),
        cmocka_unit_test(a_bond_is_whole_or_did_not_happen),
        cmocka_unit_test(a_bond_made_again_is_the_old_or_the_new),
        cmocka_unit_test(a_peer_is_known_or_forgotten_without_a_trace),
    };
    int failed = cmocka_run_group_tests_name("power cuts of a host", tests, NULL, NULL);

    fprintf(stderr, "%u power cuts tried\n", (unsigned)total);
    return failed;
}
