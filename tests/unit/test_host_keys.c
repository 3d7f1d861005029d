/* Keys that the crypto port keeps, item by item: whoever lets go of one, and when, it is destroyed once. */
#include "test_host_support.h"

enum { SLOTS = 16 };

typedef struct {
    seeded source; /* first: the context of desk's random */
    bool alive[SLOTS];
    unsigned count, draws;
    kith_status makes;
} element;

static element the;

static kith_status draw(void *context, uint8_t *out, size_t len)
{
    (void)context;
    the.draws++;
    return seeded_random(&the.source, out, len);
}

static kith_status generate(void *context, uint8_t handle[32], uint8_t public_key[64])
{
    uint8_t slot = 0;

    (void)context;
    if (the.makes != KITH_OK)
        return the.makes;
    while (the.alive[slot])
        slot++;
    memset(handle, 0, 32);
    memset(public_key, slot + 1, 64);
    handle[31] = slot;
    the.alive[slot] = true;
    the.count++;
    return KITH_OK;
}

static kith_status agree(void *context, const uint8_t handle[32], const uint8_t peer[64], uint8_t shared[32])
{
    (void)context;
    (void)peer;
    assert_true(the.alive[handle[31]]);
    memset(shared, 7, 32);
    return KITH_OK;
}

static void destroy(void *context, const uint8_t handle[32])
{
    (void)context;
    assert_true(the.alive[handle[31]]);
    the.alive[handle[31]] = false;
    the.count--;
}

/* A host that has asked for its first key. */
static void open_desk(desk *d)
{
    memset(&the, 0, sizeof the);
    the.source.state = 1;
    desk_open(d, 2, 27, 4);
    kith_host_erase(d->h);
    d->port.random = draw;
    d->port.p256_generate = generate;
    d->port.p256_destroy = destroy;
    d->port.p256_shared_secret = agree;
    assert_int_equal(kith_host_init(d->memory, kith_host_size(&d->config.limits), &d->config, &d->h), KITH_OK);
    assert_int_equal(kith_host_start(d->h, 0), KITH_OK);
    desk_pump(d);
    desk_take_events(d);
    desk_forget(d);
}

static kith_work take(desk *d, kith_work_kind kind)
{
    kith_work work;

    assert_true(kith_host_take_work(d->h, &work));
    assert_int_equal(work.kind, kind);
    return work;
}

static void close_desk(desk *d)
{
    kith_host_erase(d->h);
    assert_int_equal(the.count, 0);
    kith_host_erase(d->h); /* once more does nothing */
    desk_close(d);
}

static void make_key_ahead(desk *d)
{
    kith_work work = take(d, KITH_WORK_KEY_PAIR);

    kith_work_run(&work);
    assert_int_equal(kith_host_finish_work(d->h, &work, 0), KITH_OK);
    assert_int_equal(d->h->own_key, OWN_KEY_READY);
}

static void the_host_draws_no_scalar(void **state)
{
    kith_work work;
    unsigned draws;
    desk d;

    (void)state;
    open_desk(&d);
    draws = the.draws;
    work = take(&d, KITH_WORK_KEY_PAIR);
    assert_zero(work.private_key, sizeof work.private_key);
    kith_work_run(&work);
    assert_int_equal(kith_host_finish_work(d.h, &work, 0), KITH_OK);
    assert_int_equal(the.draws, draws);
    assert_int_equal(the.count, 1);
    close_desk(&d);
}

static void lose_controller(desk *d)
{
    uint8_t code = 1;

    desk_event(d, KITH_HCI_EV_HARDWARE_ERROR, &code, 1);
    assert_int_equal(kith_host_advance(d->h, 0), KITH_OK);
    desk_take_events(d);
    assert_int_equal(kith_host_start(d->h, 0), KITH_OK);
    desk_pump(d);
    desk_take_events(d);
}

static void a_key_made_for_a_host_that_started_again_is_destroyed(void **state)
{
    (void)state;
    for (unsigned well = 0; well <= 1; well++) {
        kith_work old, fresh;
        desk d;

        open_desk(&d);
        old = take(&d, KITH_WORK_KEY_PAIR);
        lose_controller(&d);
        fresh = take(&d, KITH_WORK_KEY_PAIR);
        the.makes = well ? KITH_OK : KITH_ERR_CRYPTO;
        kith_work_run(&old);
        the.makes = KITH_OK;
        kith_work_run(&fresh);
        assert_int_equal(kith_host_finish_work(d.h, &old, 0), KITH_ERR_NOT_FOUND);
        assert_int_equal(the.count, 1);
        assert_int_equal(kith_host_finish_work(d.h, &old, 0), KITH_ERR_NOT_FOUND); /* wiped: nobody's */
        assert_int_equal(kith_host_finish_work(d.h, &fresh, 0), KITH_OK);
        assert_int_equal(the.count, 1);
        assert_int_equal(d.h->own_key, OWN_KEY_READY);
        close_desk(&d);
    }
}

static void a_copy_given_back_twice_destroys_nothing_twice(void **state)
{
    kith_work old, copy;
    desk d;

    (void)state;
    open_desk(&d);
    old = take(&d, KITH_WORK_KEY_PAIR);
    lose_controller(&d);
    kith_work_run(&old);
    copy = old;
    assert_int_equal(kith_host_finish_work(d.h, &old, 0), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_host_finish_work(d.h, &copy, 0), KITH_ERR_NOT_FOUND);
    assert_int_equal(the.count, 0);
    make_key_ahead(&d);
    close_desk(&d);
}

static void a_port_that_failed_is_asked_again(void **state)
{
    kith_work work;
    desk d;

    (void)state;
    open_desk(&d);
    for (unsigned i = 0; i < 10; i++) {
        work = take(&d, KITH_WORK_KEY_PAIR);
        the.makes = KITH_ERR_ENTROPY;
        kith_work_run(&work);
        assert_int_equal(kith_host_finish_work(d.h, &work, 0), KITH_OK);
        assert_int_equal(d.h->own_key_status, KITH_ERR_ENTROPY);
        work_prepare_own_key(d.h);
    }
    the.makes = KITH_OK;
    make_key_ahead(&d);
    close_desk(&d);
}

/* As taken: nothing was made. */
static void an_item_given_back_as_it_was_taken_holds_no_key(void **state)
{
    kith_work work;
    desk d;

    (void)state;
    open_desk(&d);
    work = take(&d, KITH_WORK_KEY_PAIR);
    assert_int_equal(kith_host_finish_work(d.h, &work, 0), KITH_OK);
    work_prepare_own_key(d.h);
    make_key_ahead(&d);
    close_desk(&d);
}

static void an_item_of_a_host_that_is_gone_can_be_discarded(void **state)
{
    (void)state;
    for (unsigned run = 0; run <= 1; run++) {
        kith_work work;
        desk d;

        open_desk(&d);
        work = take(&d, KITH_WORK_KEY_PAIR);
        kith_host_erase(d.h);
        if (run)
            kith_work_run(&work);
        assert_int_equal(the.count, run);
        kith_work_discard(&work);
        assert_zero(&work, sizeof work);
        kith_work_discard(&work);
        close_desk(&d);
    }
}

/* Data that two pairings used, one after the other, while the first one's item is still out. */
static void a_key_is_destroyed_when_the_last_item_that_uses_it_is_back(void **state)
{
    kith_work use = {.kind = KITH_WORK_SHARED_SECRET};
    desk d;

    (void)state;
    open_desk(&d);
    make_key_ahead(&d);
    memcpy(use.private_key, d.h->own_private, sizeof use.private_key);
    keys_give(d.h, KEYS_OOB(d.h));
    keys_on_take(d.h, &use);
    keys_on_take(d.h, &use);
    keys_on_return(d.h, &use);
    keys_on_take(d.h, &use);
    keys_on_return(d.h, &use);
    assert_int_equal(the.count, 1); /* good for more */
    keys_drop_of(d.h, KEYS_OOB(d.h));
    assert_int_equal(the.count, 1);
    keys_on_take(d.h, &use);
    keys_on_return(d.h, &use);
    assert_int_equal(the.count, 1);
    keys_on_return(d.h, &use);
    assert_int_equal(the.count, 0);
    keys_on_return(d.h, &use);
    assert_int_equal(the.count, 0);
    close_desk(&d);
}

static void out_of_band_data_that_nobody_took_keeps_its_key(void **state)
{
    kith_work use = {.kind = KITH_WORK_SHARED_SECRET};
    desk d;

    (void)state;
    open_desk(&d);
    make_key_ahead(&d);
    memcpy(use.private_key, d.h->own_private, sizeof use.private_key);
    keys_give(d.h, KEYS_OOB(d.h));
    for (unsigned i = 0; i < 3; i++) {
        keys_on_take(d.h, &use);
        keys_on_return(d.h, &use);
        assert_int_equal(the.count, 1);
    }
    keys_drop_of(d.h, KEYS_OOB(d.h));
    assert_int_equal(the.count, 0);
    close_desk(&d);
}

/* What a pairing's own item comes back with, or with what, its key is of no more use. */
static void a_pairings_key_goes_with_its_shared_secret(void **state)
{
    kith_work use = {.kind = KITH_WORK_SHARED_SECRET};
    desk d;

    (void)state;
    open_desk(&d);
    make_key_ahead(&d);
    memcpy(use.private_key, d.h->own_private, sizeof use.private_key);
    keys_give(d.h, &d.h->sessions[0]);
    keys_drop_of(d.h, &d.h->sessions[1]);
    assert_int_equal(the.count, 1);
    use.kind = KITH_WORK_CHECK_KEY;
    keys_on_take(d.h, &use);
    keys_on_return(d.h, &use);
    assert_int_equal(the.count, 1);
    use.kind = KITH_WORK_SHARED_SECRET;
    keys_on_return(d.h, &use); /* never handed out */
    assert_int_equal(the.count, 1);
    keys_on_take(d.h, &use);
    keys_on_return(d.h, &use);
    assert_int_equal(the.count, 0);
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_draws_no_scalar),
        cmocka_unit_test(a_key_made_for_a_host_that_started_again_is_destroyed),
        cmocka_unit_test(a_copy_given_back_twice_destroys_nothing_twice),
        cmocka_unit_test(a_port_that_failed_is_asked_again),
        cmocka_unit_test(an_item_given_back_as_it_was_taken_holds_no_key),
        cmocka_unit_test(an_item_of_a_host_that_is_gone_can_be_discarded),
        cmocka_unit_test(a_key_is_destroyed_when_the_last_item_that_uses_it_is_back),
        cmocka_unit_test(out_of_band_data_that_nobody_took_keeps_its_key),
        cmocka_unit_test(a_pairings_key_goes_with_its_shared_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
