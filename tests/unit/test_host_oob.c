/* Our out of band data with two links, and with calls that come at the wrong moment: it serves one pairing at a time.
 * What one link does with it: tests/conformance/test_oob.c. */
#include "test_host_support.h"

enum { LIFETIME_MS = 60000 };

static void run_work(desk *d)
{
    kith_work work;

    while (kith_host_take_work(d->h, &work)) {
        kith_work_run(&work);
        assert_int_equal(kith_host_finish_work(d->h, &work, d->now_us), KITH_OK);
    }
}

static void let_time_pass(desk *d, uint32_t ms)
{
    d->now_us += UINT64_C(1000) * ms;
    assert_int_equal(kith_host_advance(d->h, d->now_us), KITH_OK);
    desk_pump(d);
    run_work(d);
    desk_take_events(d);
}

/* A peripheral with two centrals, open for pairing, and its data is ready. */
static void open_desk(desk *d)
{
    kith_security security;

    desk_open(d, 2, 251, 8);
    security = d->config.security;
    security.methods = kith_sc_methods;
    assert_int_equal(kith_security_set(d->h, &security), KITH_OK);
    assert_int_equal(kith_pairing_open(d->h, 10 * LIFETIME_MS), KITH_OK);
    assert_int_equal(kith_oob_make(d->h, false, true, LIFETIME_MS), KITH_OK);
    run_work(d);
    let_time_pass(d, 1);
    assert_int_equal(d->told[KITH_EVENT_OOB_READY], 1);
    assert_true(kith_oob_is_ready(d->h));
    assert_non_null(desk_connect(d, 0, false));
    assert_non_null(desk_connect(d, 1, false));
    desk_forget(d);
}

/* The central says to have our data: what do we answer? */
static const uint8_t *answer_to_claim(desk *d, unsigned number)
{
    static const uint8_t request[7] = {KITH_SMP_PAIRING_REQUEST, KITH_IO_NO_INPUT_NO_OUTPUT, 1, KITH_AUTH_SC, 16, 0, 0};
    unsigned before = d->acl_count;

    desk_frame(d, number, KITH_CID_SMP, request, sizeof request);
    desk_pump(d);
    desk_take_events(d);
    assert_int_equal(d->acl_count, before + 1);
    return d->acl[before] + 9;
}

static void expect_accepted(desk *d, unsigned number)
{
    assert_int_equal(answer_to_claim(d, number)[0], KITH_SMP_PAIRING_RESPONSE);
    assert_false(kith_oob_is_ready(d->h));
}

static void expect_missing(desk *d, unsigned number)
{
    const uint8_t *answer = answer_to_claim(d, number);

    assert_int_equal(answer[0], KITH_SMP_PAIRING_FAILED);
    assert_int_equal(answer[1], KITH_SMP_OOB_NOT_AVAILABLE);
    assert_int_equal(d->last.kind, KITH_EVENT_PAIRING_FAILED);
    assert_int_equal(d->last.verdict.why, KITH_WHY_OOB_MISSING);
}

static void peer_fails(desk *d, unsigned number)
{
    static const uint8_t failed[2] = {KITH_SMP_PAIRING_FAILED, KITH_SMP_UNSPECIFIED_REASON};

    desk_frame(d, number, KITH_CID_SMP, failed, sizeof failed);
    desk_take_events(d);
}

static void disconnect(desk *d, unsigned number)
{
    const uint8_t p[4] = {0, (uint8_t)(DESK_HANDLE + number), 0, 0x13};

    desk_event(d, KITH_HCI_EV_DISCONNECTION_COMPLETE, p, sizeof p);
    desk_take_events(d);
}

static void our_data_serves_one_link_at_a_time(void **state)
{
    desk d;

    (void)state;
    open_desk(&d);
    expect_accepted(&d, 0);
    expect_missing(&d, 1);
    assert_false(kith_oob_is_ready(d.h)); /* the other's failure did not free it */
    peer_fails(&d, 0);
    assert_true(kith_oob_is_ready(d.h));
    let_time_pass(&d, 5000);
    expect_accepted(&d, 1);
    let_time_pass(&d, 5000);
    expect_missing(&d, 0);
    desk_close(&d);
}

static void our_data_is_free_when_its_link_ends(void **state)
{
    desk d;

    (void)state;
    open_desk(&d);
    expect_accepted(&d, 0);
    disconnect(&d, 0);
    assert_true(kith_oob_is_ready(d.h));
    expect_accepted(&d, 1);
    desk_close(&d);
}

/* Dropped, it serves the one that has it and nobody after. */
static void our_data_that_was_dropped_is_for_nobody_else(void **state)
{
    desk d;

    (void)state;
    open_desk(&d);
    expect_accepted(&d, 0);
    kith_oob_drop(d.h);
    expect_missing(&d, 1);
    peer_fails(&d, 0);
    assert_false(kith_oob_is_ready(d.h));
    let_time_pass(&d, 5000);
    expect_missing(&d, 0);
    desk_close(&d);
}

/* Its time ends while a link uses it: that link goes on, and then it is over. */
static void our_data_that_expires_is_for_nobody_else(void **state)
{
    desk d;

    (void)state;
    open_desk(&d);
    let_time_pass(&d, LIFETIME_MS - 5000);
    expect_accepted(&d, 0);
    let_time_pass(&d, 10000);
    assert_int_equal(d.told[KITH_EVENT_PAIRING_FAILED], 0);
    expect_missing(&d, 1);
    peer_fails(&d, 0);
    let_time_pass(&d, 5000);
    expect_missing(&d, 0);
    desk_close(&d);
}

/* The request comes first, before anybody told the host to look. */
static void our_data_that_is_over_is_not_used_whoever_looked_at_the_clock(void **state)
{
    desk d;

    (void)state;
    open_desk(&d);
    d.now_us += UINT64_C(1000) * LIFETIME_MS;
    expect_missing(&d, 0);
    assert_false(kith_oob_is_ready(d.h));
    desk_close(&d);
}

/* There is nothing it could be for, and no key pair is made ahead. */
static void without_methods_there_is_no_data(void **state)
{
    desk d;
    kith_security security;

    (void)state;
    desk_open(&d, 1, 251, 8);
    run_work(&d);
    security = d.config.security;
    security.methods = NULL;
    assert_int_equal(kith_security_set(d.h, &security), KITH_OK);
    assert_int_equal(kith_oob_make(d.h, false, true, LIFETIME_MS), KITH_ERR_UNSUPPORTED);
    let_time_pass(&d, 1);
    assert_int_equal(d.told[KITH_EVENT_OOB_READY], 0);
    assert_false(kith_oob_is_ready(d.h));
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_data_serves_one_link_at_a_time),
        cmocka_unit_test(our_data_is_free_when_its_link_ends),
        cmocka_unit_test(our_data_that_was_dropped_is_for_nobody_else),
        cmocka_unit_test(our_data_that_expires_is_for_nobody_else),
        cmocka_unit_test(our_data_that_is_over_is_not_used_whoever_looked_at_the_clock),
        cmocka_unit_test(without_methods_there_is_no_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
