/* Keys that the crypto port keeps: pairings in which nobody sees a scalar, and not a key too many afterwards, however
 * they ended and whatever became of their work. */
#include <psa/crypto.h> /* with its crypto_extra.h: slots in use */

#include "opaque_crypto.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    opaque_crypto of_lamp, of_phone;
} two;

static void open_room(two *t, uint64_t seed, bool toy)
{
    kith_config lamp, phone;

    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    lamp.security.methods = phone.security.methods = kith_all_methods;
    lamp.security.backoff.first_ms = phone.security.backoff.first_ms = 0; /* what failed is tried again at once */
    memset(t, 0, sizeof *t);
    t->room = cast_open(seed, toy ? CAST_TOY : CAST_PSA);
    t->lamp = cast_add(t->room, "lamp", &lamp);
    t->phone = cast_add(t->room, "phone", &phone);
    opaque_crypto_join(&t->of_lamp, t->lamp, toy);
    opaque_crypto_join(&t->of_phone, t->phone, toy);
    cast_start(t->room);
}

/* Nothing is left when the hosts are erased, and there was never more than was promised. */
static void close_room(two *t)
{
    kith_host_erase(t->lamp->host);
    kith_host_erase(t->phone->host);
    for (size_t i = 0; i < 2; i++)
        kith_work_discard(&t->room->stage.hosts[i].work);
    cast_equal(t->room, t->of_lamp.alive, 0);
    cast_equal(t->room, t->of_phone.alive, 0);
    cast_check(t->room, t->of_lamp.most <= t->lamp->config.limits.pairings + 2u);
    cast_check(t->room, t->of_phone.most <= t->phone->config.limits.pairings + 2u);
    cast_close(t->room);
}

static void expect_one_ahead(const two *t)
{
    cast_equal(t->room, t->of_lamp.alive, 1);
    cast_equal(t->room, t->of_phone.alive, 1);
}

static void begin(two *t)
{
    assert_int_equal(kith_pairing_open(t->lamp->host, 60000), KITH_OK);
    assert_int_equal(kith_security_secure(t->phone->host, t->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
}

static size_t psa_slots(void)
{
    mbedtls_psa_stats_t stats;

    mbedtls_psa_get_stats(&stats);
    return stats.volatile_slots;
}

static void a_pairing_in_which_nobody_sees_a_scalar(void **state)
{
    kith_bond_keys mine, theirs;
    kith_bond_info bond;
    size_t before = psa_slots();
    two t;

    (void)state;
    open_room(&t, 901, false);
    for (unsigned i = 1; i <= 3; i++) {
        cast_connect_and_pair(t.phone, t.lamp);
        cast_check(t.room, cast_only_bond(t.phone, &bond, &mine));
        cast_check(t.room, cast_only_bond(t.lamp, &bond, &theirs));
        assert_memory_equal(mine.ltk, theirs.ltk, 16);
        cast_run(t.room, CAST_SECOND, NULL, NULL);
        expect_one_ahead(&t);
        cast_equal(t.room, t.of_lamp.made, i + 1);
        cast_equal(t.room, psa_slots(), before + 2);
    }
    cast_disconnect(t.phone, t.lamp);
    cast_connect(t.phone, t.lamp);
    cast_encrypt(t.phone, t.lamp);
    close_room(&t);
    cast_equal(t.room, psa_slots(), before);
}

static void a_pairing_cut_short_at_any_time_leaves_no_key(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        for (uint64_t at_us = 5000; at_us < 1000000; at_us += 24000) {
            two t;

            open_room(&t, 902, true);
            cast_connect(t.phone, t.lamp);
            begin(&t);
            cast_run(t.room, at_us, NULL, NULL);
            if (how == 0)
                kith_sim_set_out_of_range(t.room->sim, t.lamp->device, true);
            else if (how == 1)
                assert_int_equal(kith_gap_disconnect(t.phone->host, t.phone->link, 0x13), KITH_OK);
            if (how < 2) {
                cast_await(t.phone, KITH_EVENT_DISCONNECTED, 1);
                cast_await(t.lamp, KITH_EVENT_DISCONNECTED, 1);
                cast_run(t.room, CAST_SECOND, NULL, NULL);
                expect_one_ahead(&t);
            } /* else both are erased in the middle of it */
            close_room(&t);
        }
    }
}

/* The other side gives up wherever its own crypto fails it, or the port fails ours. */
static void a_port_that_fails_ends_the_pairing_and_nothing_more(void **state)
{
    (void)state;
    for (unsigned which = 0; which < 3; which++) {
        two t;

        open_room(&t, 903, true);
        cast_run(t.room, CAST_SECOND, NULL, NULL);
        t.of_lamp.agrees = which == 0 ? KITH_ERR_CRYPTO : KITH_OK;
        t.of_phone.agrees = which == 1 ? KITH_ERR_CRYPTO : KITH_OK;
        t.of_lamp.makes = which == 2 ? KITH_ERR_ENTROPY : KITH_OK;
        if (which == 2) { /* the one made ahead is used up, and the next one fails */
            cast_connect_and_pair(t.phone, t.lamp);
            cast_disconnect(t.phone, t.lamp);
            cast_forget_all(t.phone);
            cast_forget_all(t.lamp);
        }
        cast_connect(t.phone, t.lamp);
        begin(&t);
        cast_await(t.lamp, KITH_EVENT_PAIRING_FAILED, 1);
        cast_await(t.phone, KITH_EVENT_PAIRING_FAILED, 1);
        if (which != 1)
            cast_equal(t.room, t.lamp->end.why, which == 2 ? KITH_WHY_ENTROPY : KITH_WHY_CRYPTO);
        t.of_lamp.agrees = t.of_phone.agrees = t.of_lamp.makes = KITH_OK;
        cast_connect_and_pair(t.phone, t.lamp);
        cast_run(t.room, CAST_SECOND, NULL, NULL);
        expect_one_ahead(&t);
        close_room(&t);
    }
}

/* The link is lost while the shared secret is computed: the key lives until the item is back, and no longer. */
static void a_key_in_use_is_destroyed_when_its_item_is_back(void **state)
{
    unsigned in_use = 0;

    (void)state;
    for (uint64_t after_us = 200000; after_us < 8000000; after_us += 400000) {
        two t;

        open_room(&t, 904, true);
        cast_run(t.room, CAST_SECOND, NULL, NULL);
        cast_connect(t.phone, t.lamp);
        t.room->stage.work_us = 2 * CAST_SECOND;
        begin(&t);
        cast_run(t.room, after_us, NULL, NULL);
        cast_disconnect(t.phone, t.lamp);
        for (size_t i = 0; i < 2; i++)
            in_use += t.room->stage.hosts[i].working &&
                      t.room->stage.hosts[i].work.kind == KITH_WORK_SHARED_SECRET; /* find() looks that it is alive */
        cast_run(t.room, 30 * CAST_SECOND, NULL, NULL);
        expect_one_ahead(&t);
        t.room->stage.work_us = 0;
        cast_connect_and_pair(t.phone, t.lamp);
        close_room(&t);
    }
    assert_true(in_use >= 4);
}

/* Erased while items are out: their keys go with them. */
static void items_of_a_host_that_is_gone_take_their_keys_along(void **state)
{
    (void)state;
    for (uint64_t after_us = 1000; after_us < 8000000; after_us += 400000) {
        two t;

        open_room(&t, 905, true);
        t.room->stage.work_us = 2 * CAST_SECOND;
        cast_connect(t.phone, t.lamp);
        begin(&t);
        cast_run(t.room, after_us, NULL, NULL);
        kith_host_erase(t.lamp->host);
        if (t.room->stage.hosts[0].working)
            kith_work_run(&t.room->stage.hosts[0].work); /* too late */
        close_room(&t);
    }
}

typedef struct {
    kith_work items[8];
    size_t count;
} lost_work;

/* Does what the stage has taken and does not do; the lamp's shared secrets are put aside.  False: one was, just now. */
static bool serve(two *t, lost_work *lost)
{
    for (size_t i = 0; i < 2; i++) {
        kith_stage_host *s = &t->room->stage.hosts[i];

        if (!s->working)
            continue;
        s->working = false;
        kith_work_run(&s->work);
        if (i == 0 && s->work.kind == KITH_WORK_SHARED_SECRET) {
            cast_check(t->room, lost->count < 8);
            lost->items[lost->count++] = s->work;
            memset(&s->work, 0, sizeof s->work);
            return false;
        }
        assert_int_equal(kith_host_finish_work(s->host, &s->work, kith_sim_now(t->room->sim)), KITH_OK);
    }
    return true;
}

static void pair_and_lose_an_item(two *t, lost_work *lost)
{
    unsigned ends = t->lamp->ends;

    cast_connect(t->phone, t->lamp);
    begin(t);
    while (t->lamp->ends == ends && serve(t, lost))
        cast_run(t->room, 1250, NULL, NULL);
    cast_disconnect(t->phone, t->lamp);
}

/* Items that never come back keep a key each; there are never more than was promised, and what comes back makes room.
 */
static void lost_items_cannot_fill_the_port(void **state)
{
    lost_work lost = {.count = 0};
    two t;

    (void)state;
    open_room(&t, 906, true);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    t.room->stage.work_us = UINT64_MAX / 2;
    for (unsigned i = 0; i < 5; i++)
        pair_and_lose_an_item(&t, &lost);
    cast_equal(t.room, lost.count, t.lamp->config.limits.pairings + 2u);
    cast_equal(t.room, t.of_lamp.alive, lost.count);
    cast_equal(t.room, t.lamp->end.why, KITH_WHY_SMP_TIMEOUT); /* of those that got no key */
    t.room->stage.work_us = 0;
    t.room->stage.hosts[0].working = t.room->stage.hosts[1].working = false;
    cast_equal(t.room, kith_host_finish_work(t.lamp->host, &lost.items[0], kith_sim_now(t.room->sim)),
               KITH_ERR_NOT_FOUND);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    cast_connect_and_pair(t.phone, t.lamp); /* room for one is enough */
    kith_host_erase(t.lamp->host);
    for (size_t i = 1; i < lost.count; i++)
        kith_work_discard(&lost.items[i]);
    close_room(&t);
}

static bool is_apart(void *context)
{
    const two *t = context;

    return t->lamp->link == 0 && t->phone->link == 0;
}

/* The controller is lost and the host started again, with a key ahead or one in the making. */
static void a_restart_lets_go_of_the_key_made_ahead(void **state)
{
    static const uint8_t broken[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, 0};

    (void)state;
    for (unsigned making = 0; making <= 1; making++) {
        two t;

        open_room(&t, 907, true);
        cast_run(t.room, CAST_SECOND, NULL, NULL);
        if (making) { /* an item that takes its time: it comes back to a host that has started again */
            t.room->stage.work_us = 3 * CAST_SECOND;
            cast_connect(t.phone, t.lamp);
            begin(&t);
            cast_run(t.room, CAST_SECOND, NULL, NULL);
        }
        cast_equal(t.room, kith_host_receive(t.lamp->host, broken, sizeof broken, kith_sim_now(t.room->sim)), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_CONTROLLER_LOST, 1);
        assert_int_equal(kith_host_start(t.lamp->host, kith_sim_now(t.room->sim)), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_READY, 2);
        cast_check(t.room, cast_run(t.room, 60 * CAST_SECOND, is_apart, &t) || true);
        cast_run(t.room, 30 * CAST_SECOND, NULL, NULL);
        expect_one_ahead(&t);
        t.room->stage.work_us = 0;
        cast_connect_and_pair(t.phone, t.lamp);
        close_room(&t);
    }
}

/* Our out of band data has a key of its own, for as long as it is good. */
static void out_of_band_data_holds_its_key_as_long_as_it_is_good(void **state)
{
    two t;

    (void)state;
    open_room(&t, 908, true);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(kith_oob_make(t.lamp->host, false, true, 10000), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_OOB_READY, i);
        cast_run(t.room, CAST_SECOND, NULL, NULL);
        cast_equal(t.room, t.of_lamp.alive, 2);
        if (i == 1)
            kith_oob_drop(t.lamp->host);
        else if (i == 2)
            cast_run(t.room, 12 * CAST_SECOND, NULL, NULL); /* over */
        if (i < 3)
            expect_one_ahead(&t);
    }
    close_room(&t);
}

static void give_data(cast_host *self, const kith_event *e)
{
    const two *t = self->context;

    if (e->kind == KITH_EVENT_OOB_WANTED)
        cast_equal(t->room, kith_pairing_oob(self->host, e->link, &t->lamp->last[KITH_EVENT_OOB_READY].oob.data),
                   KITH_OK);
}

/* The lamp's data is on the phone already. */
static void prepare_data(two *t)
{
    kith_security asks = t->phone->config.security;

    asks.ask_oob = true;
    assert_int_equal(kith_security_set(t->phone->host, &asks), KITH_OK);
    t->phone->context = t;
    t->phone->react = give_data;
    assert_int_equal(kith_oob_make(t->lamp->host, false, true, 600000), KITH_OK);
    cast_await(t->lamp, KITH_EVENT_OOB_READY, 1);
    cast_run(t->room, CAST_SECOND, NULL, NULL);
    cast_equal(t->room, t->of_lamp.alive, 2);
}

static void a_pairing_with_out_of_band_data_uses_up_its_key(void **state)
{
    two t;

    (void)state;
    open_room(&t, 910, false);
    prepare_data(&t);
    cast_connect(t.phone, t.lamp);
    cast_pair(t.phone, t.lamp);
    cast_equal(t.room, t.lamp->end.method, KITH_METHOD_OOB);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    expect_one_ahead(&t);
    close_room(&t);
}

/* Dropped or not, while its shared secret is computed or not: what is good still has its key, what is not has none. */
static void a_pairing_with_out_of_band_data_that_is_cut_short(void **state)
{
    unsigned kept = 0, gone = 0;

    (void)state;
    for (unsigned dropped = 0; dropped <= 1; dropped++) {
        for (uint64_t after_us = 200000; after_us < 8000000; after_us += 150000) {
            two t;
            bool ready;

            open_room(&t, 911, true);
            prepare_data(&t);
            cast_connect(t.phone, t.lamp);
            t.room->stage.work_us = CAST_SECOND;
            begin(&t);
            cast_run(t.room, after_us, NULL, NULL);
            if (dropped)
                kith_oob_drop(t.lamp->host);
            cast_disconnect(t.phone, t.lamp);
            cast_run(t.room, 30 * CAST_SECOND, NULL, NULL);
            ready = kith_oob_is_ready(t.lamp->host);
            cast_equal(t.room, t.of_lamp.alive, ready ? 2 : 1);
            kept += ready;
            gone += !ready && !dropped;
            t.room->stage.work_us = 0;
            if (ready) { /* and it is the right one */
                cast_connect(t.phone, t.lamp);
                cast_pair(t.phone, t.lamp);
                cast_equal(t.room, t.lamp->end.method, KITH_METHOD_OOB);
            }
            close_room(&t);
        }
    }
    assert_true(kept > 3 && gone > 3);
}

static void half_a_port_is_refused(void **state)
{
    two t;
    kith_crypto_port half;
    kith_config config;
    kith_host *h;

    (void)state;
    open_room(&t, 909, true);
    config = t.lamp->config;
    config.crypto = &half;
    half = t.lamp->crypto;
    half.p256_destroy = NULL;
    kith_host_erase(t.lamp->host);
    cast_equal(t.room, kith_host_init(t.lamp->host, t.lamp->size, &config, &h), KITH_ERR_VALUE);
    half = t.lamp->crypto;
    half.p256_generate = NULL;
    cast_equal(t.room, kith_host_init(t.lamp->host, t.lamp->size, &config, &h), KITH_ERR_VALUE);
    close_room(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pairing_in_which_nobody_sees_a_scalar),
        cmocka_unit_test(a_pairing_cut_short_at_any_time_leaves_no_key),
        cmocka_unit_test(a_port_that_fails_ends_the_pairing_and_nothing_more),
        cmocka_unit_test(a_key_in_use_is_destroyed_when_its_item_is_back),
        cmocka_unit_test(items_of_a_host_that_is_gone_take_their_keys_along),
        cmocka_unit_test(lost_items_cannot_fill_the_port),
        cmocka_unit_test(a_restart_lets_go_of_the_key_made_ahead),
        cmocka_unit_test(out_of_band_data_holds_its_key_as_long_as_it_is_good),
        cmocka_unit_test(a_pairing_with_out_of_band_data_uses_up_its_key),
        cmocka_unit_test(a_pairing_with_out_of_band_data_that_is_cut_short),
        cmocka_unit_test(half_a_port_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
