/* Connection parameters as octets: what goes to the controller and to the central, and what their answers mean. */
#include "test_host_support.h"

#include "l2cap/signalling.h"

static const kith_connection_parameters slow = {
    .interval_min_1250us = 120, .interval_max_1250us = 250, .latency = 1, .timeout_10ms = 200};

static void complete(desk *d, uint8_t status, uint16_t interval, uint16_t latency, uint16_t timeout)
{
    uint8_t p[10] = {KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, status};

    bytes_put16(p + 2, DESK_HANDLE);
    bytes_put16(p + 4, interval);
    bytes_put16(p + 6, latency);
    bytes_put16(p + 8, timeout);
    desk_event(d, KITH_HCI_EV_LE_META, p, sizeof p);
    desk_take_events(d);
}

static void answer(desk *d, uint8_t status)
{
    uint8_t p[4] = {status, 1};

    bytes_put16(p + 2, KITH_HCI_LE_CONNECTION_UPDATE);
    desk_event(d, KITH_HCI_EV_COMMAND_STATUS, p, sizeof p);
    desk_take_events(d);
}

static void signal(desk *d, const uint8_t *pdu, size_t len)
{
    desk_frame(d, 0, KITH_CID_SIGNALLING, pdu, len);
    desk_pump(d);
    desk_take_events(d);
}

static void expect_end(const desk *d, unsigned ends, kith_parameters_result result)
{
    assert_int_equal(d->told[KITH_EVENT_PARAMETERS], ends);
    assert_int_equal(d->last.kind, KITH_EVENT_PARAMETERS);
    assert_true(d->last.parameters.asked);
    assert_int_equal(d->last.parameters.result, result);
}

static host_link *begin(desk *d, bool central)
{
    host_link *link;

    desk_open(d, 1, 27, 4);
    d->hold_back = KITH_HCI_LE_CONNECTION_UPDATE;
    link = desk_connect(d, 0, central);
    desk_pump(d);
    desk_forget(d);
    return link;
}

/* 7.8.18: handle, intervals, latency, timeout, and 0 twice. */
static void a_central_tells_its_controller(void **state)
{
    static const uint8_t wanted[] = {0x01, 0x13, 0x20, 14, 0x40, 0, 120, 0, 250, 0, 1, 0, 200, 0, 0, 0, 0, 0};
    uint8_t packet[260];
    desk d;

    (void)state;
    (void)begin(&d, true);
    assert_int_equal(kith_gap_update_parameters(d.h, 77, &slow), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_gap_update_parameters(d.h, d.h->links[0].id, &slow), KITH_OK);
    assert_int_equal(kith_gap_update_parameters(d.h, d.h->links[0].id, &slow), KITH_ERR_BUSY);
    assert_int_equal(kith_host_next_packet(d.h, packet, sizeof packet), sizeof wanted);
    assert_memory_equal(packet, wanted, sizeof wanted);
    answer(&d, 0);
    assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
    complete(&d, 0, 200, 1, 200);
    expect_end(&d, 1, KITH_PARAMETERS_CHANGED);
    assert_int_equal(d.last.parameters.interval_1250us, 200);
    assert_int_equal(d.last.parameters.latency, 1);
    assert_int_equal(d.last.parameters.timeout_10ms, 200);
    complete(&d, 0, 100, 0, 100); /* somebody else's wish */
    assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 2);
    assert_false(d.last.parameters.asked);
    assert_int_equal(d.last.parameters.interval_1250us, 100);
    assert_int_equal(kith_gap_update_parameters(d.h, d.h->links[0].id, &slow), KITH_OK);
    desk_close(&d);
}

static void a_controller_that_will_not_ends_it_with_its_word(void **state)
{
    desk d;

    (void)state;
    for (unsigned late = 0; late <= 1; late++) {
        host_link *link = begin(&d, true);

        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        desk_pump(&d);
        answer(&d, late ? 0 : KITH_HCI_COMMAND_DISALLOWED);
        if (late)
            complete(&d, KITH_HCI_COMMAND_DISALLOWED, 0, 0, 0);
        expect_end(&d, 1, KITH_PARAMETERS_FAILED);
        assert_int_equal(d.last.parameters.hci_status, KITH_HCI_COMMAND_DISALLOWED);
        assert_int_equal(d.last.parameters.interval_1250us, 24); /* as it was */
        assert_int_equal(link->encryption, LINK_PLAIN);
        desk_close(&d);
    }
}

/* Vol 3 Part A 4.20. */
static void a_peripheral_asks_its_central(void **state)
{
    static const uint8_t wanted[] = {0x12, 1, 8, 0, 120, 0, 250, 0, 1, 0, 200, 0};
    static const uint8_t yes[] = {0x13, 1, 2, 0, 0, 0};
    desk d;

    (void)state;
    for (unsigned order = 0; order <= 1; order++) {
        host_link *link = begin(&d, false);

        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_ERR_BUSY);
        desk_pump(&d);
        assert_int_equal(desk_sent(&d, KITH_HCI_LE_CONNECTION_UPDATE), 0);
        assert_int_equal(d.acl_count, 1);
        assert_int_equal(d.acl[0][7], KITH_CID_SIGNALLING);
        assert_memory_equal(d.acl[0] + 9, wanted, sizeof wanted);
        if (order == 0)
            signal(&d, yes, sizeof yes);
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
        complete(&d, 0, 300, 0, 100); /* the central's own wish */
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 1);
        assert_false(d.last.parameters.asked);
        complete(&d, 0, 250, 1, 200);
        expect_end(&d, 2, KITH_PARAMETERS_CHANGED);
        if (order == 1)
            signal(&d, yes, sizeof yes); /* it comes after what it promises, and changes nothing */
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 2);
        desk_close(&d);
    }
}

static void a_central_that_will_not_or_knows_no_such_request_ends_it(void **state)
{
    static const struct {
        const char *name;
        uint8_t pdu[8];
        size_t len;
        bool ends;
    } rows[] = {
        {"rejected", {0x13, 1, 2, 0, 1, 0}, 6, true},
        {"a result that is reserved", {0x13, 1, 2, 0, 0, 1}, 6, true},
        {"not understood", {0x01, 1, 2, 0, 0, 0}, 6, true},
        {"of another request", {0x13, 2, 2, 0, 1, 0}, 6, false},
        {"no identifier", {0x13, 0, 2, 0, 1, 0}, 6, false},
        {"too short", {0x13, 1, 1, 0, 1}, 5, false},
        {"a length that is not its own", {0x13, 1, 3, 0, 1, 0}, 6, false},
        {"another answer", {0x15, 1, 2, 0, 1, 0}, 6, false},
    };
    desk d;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        host_link *link = begin(&d, false);

        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        signal(&d, rows[i].pdu, rows[i].len);
        if (d.told[KITH_EVENT_PARAMETERS] != rows[i].ends)
            fail_msg("%s: told %u", rows[i].name, d.told[KITH_EVENT_PARAMETERS]);
        if (rows[i].ends)
            expect_end(&d, 1, KITH_PARAMETERS_REFUSED);
        desk_close(&d);
    }
}

static void pass(desk *d, uint64_t us)
{
    d->now_us += us;
    assert_int_equal(kith_host_advance(d->h, d->now_us), KITH_OK);
    desk_take_events(d);
}

/* TGAP(conn_param_timeout); and what comes too late does not answer the next request. */
static void no_answer_ends_it_after_30_seconds(void **state)
{
    static const uint8_t late[] = {0x13, 1, 2, 0, 1, 0}, no[] = {0x13, 2, 2, 0, 1, 0};
    host_link *link;
    desk d;

    (void)state;
    link = begin(&d, false);
    pass(&d, 1000);
    assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
    pass(&d, 1);
    pass(&d, 29999000);
    assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
    pass(&d, 2000);
    expect_end(&d, 1, KITH_PARAMETERS_TIMEOUT);
    assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
    signal(&d, late, sizeof late);
    assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 1);
    signal(&d, no, sizeof no);
    expect_end(&d, 2, KITH_PARAMETERS_REFUSED);
    desk_close(&d);
}

/* A central that said yes and does nothing; a controller that took the command and tells no end. */
static void what_never_happens_ends_after_45_seconds(void **state)
{
    static const uint8_t yes[] = {0x13, 1, 2, 0, 0, 0};
    desk d;

    (void)state;
    for (unsigned central = 0; central <= 1; central++) {
        host_link *link = begin(&d, central != 0);

        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        desk_pump(&d);
        if (central)
            answer(&d, 0);
        else
            signal(&d, yes, sizeof yes);
        pass(&d, 1);
        pass(&d, 44999000);
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
        pass(&d, 2000);
        expect_end(&d, 1, KITH_PARAMETERS_TIMEOUT);
        desk_close(&d);
    }
}

static void a_link_that_goes_ends_it_first(void **state)
{
    static const uint8_t gone[] = {0, DESK_HANDLE, 0, 0x08};
    kith_event event;
    desk d;

    (void)state;
    for (unsigned central = 0; central <= 1; central++) {
        host_link *link = begin(&d, central != 0);

        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        desk_event(&d, KITH_HCI_EV_DISCONNECTION_COMPLETE, gone, sizeof gone);
        assert_true(kith_host_next_event(d.h, &event));
        assert_int_equal(event.kind, KITH_EVENT_PARAMETERS);
        assert_int_equal(event.parameters.result, KITH_PARAMETERS_LINK_LOST);
        assert_true(kith_host_next_event(d.h, &event));
        assert_int_equal(event.kind, KITH_EVENT_DISCONNECTED);
        assert_true(kith_host_deadline(d.h) > 46000000);
        desk_close(&d);
    }
}

static void a_link_that_is_being_ended_takes_no_wish(void **state)
{
    host_link *link;
    desk d;

    (void)state;
    link = begin(&d, true);
    assert_int_equal(kith_gap_disconnect(d.h, link->id, 0x13), KITH_OK);
    assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_ERR_STATE);
    desk_close(&d);
}

/* Each rule of 7.8.18, at its bound and beyond it. */
static void what_cannot_be_is_refused_in_words(void **state)
{
    static const struct {
        kith_connection_parameters p;
        const char *word; /* NULL: it can be */
    } rows[] = {
        {{6, 3200, 0, 801}, NULL},
        {{5, 3200, 0, 3200}, "interval is"},
        {{6, 3201, 0, 3200}, "interval is"},
        {{41, 40, 0, 100}, "shortest"},
        {{6, 6, 499, 3200}, NULL},
        {{6, 6, 500, 3200}, "latency is"},
        {{6, 6, 0, 10}, NULL},
        {{6, 6, 0, 9}, "timeout is 10"},
        {{6, 6, 0, 3200}, NULL},
        {{6, 6, 0, 3201}, "timeout is 10"},
        {{120, 250, 0, 60}, "twice"}, /* 600 ms, and twice 312.5 ms are 625 */
        {{120, 250, 0, 62}, "twice"},
        {{120, 250, 0, 63}, NULL},
        {{120, 250, 1, 125}, "twice"}, /* not above is not enough */
        {{120, 250, 1, 126}, NULL},
        {{6, 65535, 65535, 3200}, "interval is"},
    };
    desk d;
    host_link *link;

    (void)state;
    link = begin(&d, true);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *fault = kith_gap_parameters_fault(&rows[i].p);

        if ((fault == NULL) != (rows[i].word == NULL) || (fault != NULL && strstr(fault, rows[i].word) == NULL))
            fail_msg("row %zu: %s", i, fault != NULL ? fault : "nothing");
        assert_int_equal(kith_gap_check_parameters(&rows[i].p), fault == NULL ? KITH_OK : KITH_ERR_VALUE);
        if (fault != NULL)
            assert_int_equal(kith_gap_update_parameters(d.h, link->id, &rows[i].p), KITH_ERR_VALUE);
    }
    desk_pump(&d);
    assert_int_equal(desk_sent(&d, KITH_HCI_LE_CONNECTION_UPDATE), 0);
    desk_close(&d);
}

/* What a peripheral asks for is refused by default; where the configuration takes it, what cannot be is not. */
static void a_peripherals_wish_is_taken_where_the_program_wants_it(void **state)
{
    static const uint8_t sound[] = {0x12, 7, 8, 0, 24, 0, 40, 0, 0, 0, 100, 0};
    static const uint8_t unsound[] = {0x12, 7, 8, 0, 24, 0, 40, 0, 0, 0, 9, 0};
    static const struct {
        bool accepts, central, sound, busy, taken;
    } rows[] = {
        {false, true, true, false, false}, {true, true, true, false, true}, {true, true, false, false, false},
        {true, false, true, false, false}, {true, true, true, true, false},
    };
    desk d;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        host_link *link = begin(&d, rows[i].central);

        d.h->config.accept_parameters = rows[i].accepts;
        if (rows[i].busy)
            assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        signal(&d, rows[i].sound ? sound : unsound, sizeof sound);
        assert_int_equal(desk_sent(&d, KITH_HCI_LE_CONNECTION_UPDATE), rows[i].taken || rows[i].busy);
        assert_int_equal(d.acl_count, 1);
        assert_int_equal(d.acl[0][9], rows[i].central ? 0x13 : 0x01);
        assert_int_equal(d.acl[0][10], 7);
        if (rows[i].central)
            assert_int_equal(d.acl[0][13], !rows[i].taken);
        if (rows[i].taken) {
            answer(&d, 0);
            complete(&d, 0, 40, 0, 100);
            assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 1);
            assert_false(d.last.parameters.asked);
            assert_int_equal(d.last.parameters.interval_1250us, 40);
        }
        desk_close(&d);
    }
}

/* Its failure is nothing that this program asked for. */
static void a_peripherals_wish_that_fails_is_not_told(void **state)
{
    static const uint8_t sound[] = {0x12, 7, 8, 0, 24, 0, 40, 0, 0, 0, 100, 0};
    desk d;

    (void)state;
    (void)begin(&d, true);
    d.h->config.accept_parameters = true;
    signal(&d, sound, sizeof sound);
    answer(&d, KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
    assert_int_equal(kith_gap_update_parameters(d.h, d.h->links[0].id, &slow), KITH_OK);
    desk_close(&d);
}

/* Requests that the controller does not take fill the buffer; then the call says so, and nothing is under way. */
static void without_a_buffer_it_is_not_asked(void **state)
{
    static const uint8_t no[] = {0x13, 1, 2, 0, 1, 0};
    uint8_t refusal[sizeof no];
    kith_status status = KITH_OK;
    unsigned asked = 0;
    host_link *link;
    desk d;

    (void)state;
    link = begin(&d, false);
    while (asked < 1000 && (status = kith_gap_update_parameters(d.h, link->id, &slow)) == KITH_OK) {
        asked++;
        memcpy(refusal, no, sizeof no);
        refusal[1] = link->update_identifier;
        desk_frame(&d, 0, KITH_CID_SIGNALLING, refusal, sizeof refusal);
        desk_take_events(&d);
    }
    assert_int_equal(status, KITH_ERR_FULL);
    assert_int_equal(link->update, UPDATE_NONE);
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_central_tells_its_controller),
        cmocka_unit_test(a_controller_that_will_not_ends_it_with_its_word),
        cmocka_unit_test(a_peripheral_asks_its_central),
        cmocka_unit_test(a_central_that_will_not_or_knows_no_such_request_ends_it),
        cmocka_unit_test(no_answer_ends_it_after_30_seconds),
        cmocka_unit_test(what_never_happens_ends_after_45_seconds),
        cmocka_unit_test(a_link_that_goes_ends_it_first),
        cmocka_unit_test(a_link_that_is_being_ended_takes_no_wish),
        cmocka_unit_test(what_cannot_be_is_refused_in_words),
        cmocka_unit_test(a_peripherals_wish_is_taken_where_the_program_wants_it),
        cmocka_unit_test(a_peripherals_wish_that_fails_is_not_told),
        cmocka_unit_test(without_a_buffer_it_is_not_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
