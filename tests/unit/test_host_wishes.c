/* Connection parameters that a peer asks for, by signalling and by its link layer: whose wish comes true, how often,
 * and who is asked.  And our own by the link layer, which may know no such thing, or be at another. */
#include "test_host_support.h"

#include "l2cap/signalling.h"

enum { SECOND = 1000000, BY_SIGNALLING = 0, BY_LINK_LAYER, WAYS, NO = 0, YES = 1, NOTHING = 2 };

static const kith_connection_parameters slow = {
    .interval_min_1250us = 120, .interval_max_1250us = 250, .latency = 1, .timeout_10ms = 200};
static const kith_connection_parameters other = {
    .interval_min_1250us = 24, .interval_max_1250us = 40, .latency = 0, .timeout_10ms = 100};
static uint8_t identifier;

static host_link *begin_with(desk *d, bool central, kith_parameters_policy policy)
{
    host_link *link;

    desk_open(d, 2, 27, 8);
    d->h->config.accept_parameters = (uint8_t)policy;
    d->h->le_features |= 0x02;
    d->h->ready.lacks &= ~(uint32_t)KITH_LACKS_PARAMETER_REQUEST;
    d->hold_back = KITH_HCI_LE_CONNECTION_UPDATE;
    link = desk_connect(d, 0, central);
    d->now_us = SECOND;
    desk_pump(d);
    desk_complete(d, 0, 1, 8);
    desk_forget(d);
    identifier = 0;
    return link;
}

static void settle(desk *d)
{
    desk_pump(d);
    desk_complete(d, 0, 1, 8);
    desk_take_events(d);
    assert_true(d->command_count <= 32);
}

static void pass(desk *d, uint64_t us)
{
    d->now_us += us;
    assert_int_equal(kith_host_advance(d->h, d->now_us), KITH_OK);
    settle(d);
}

static void put_four(uint8_t *p, const kith_connection_parameters *wish)
{
    bytes_put16(p, wish->interval_min_1250us);
    bytes_put16(p + 2, wish->interval_max_1250us);
    bytes_put16(p + 4, wish->latency);
    bytes_put16(p + 6, wish->timeout_10ms);
}

static void peer_wishes(desk *d, unsigned way, const kith_connection_parameters *wish)
{
    uint8_t pdu[12] = {0x12, ++identifier, 8, 0}, p[11] = {0x06, DESK_HANDLE};

    put_four(pdu + 4, wish);
    put_four(p + 3, wish);
    if (way == BY_SIGNALLING)
        desk_frame(d, 0, KITH_CID_SIGNALLING, pdu, sizeof pdu);
    else
        desk_event(d, KITH_HCI_EV_LE_META, p, sizeof p);
    settle(d);
}

/* What the peer was told since it was forgotten. */
static int told(const desk *d, unsigned way)
{
    const unsigned granted = desk_sent(d, KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY);
    const unsigned refused = desk_sent(d, KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY);

    if (way == BY_LINK_LAYER) {
        assert_int_equal(d->acl_count, 0);
        assert_true(granted + refused <= 1);
        return granted + refused == 0 ? NOTHING : granted != 0;
    }
    assert_int_equal(granted + refused, 0);
    assert_true(d->acl_count <= 1);
    if (d->acl_count == 0)
        return NOTHING;
    assert_int_equal(d->acl[0][9], 0x13);
    assert_int_equal(d->acl[0][10], identifier);
    return bytes_get16(d->acl[0] + 13) == 0 ? YES : NO;
}

static void complete_on(desk *d, uint16_t handle, uint8_t status, uint16_t interval, uint16_t latency, uint16_t timeout)
{
    uint8_t p[10] = {KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, status};

    bytes_put16(p + 2, handle);
    bytes_put16(p + 4, interval);
    bytes_put16(p + 6, latency);
    bytes_put16(p + 8, timeout);
    desk_event(d, KITH_HCI_EV_LE_META, p, sizeof p);
    settle(d);
}

static void complete(desk *d, uint8_t status, uint16_t interval, uint16_t latency, uint16_t timeout)
{
    complete_on(d, DESK_HANDLE, status, interval, latency, timeout);
}

static void command_status(desk *d, uint8_t status)
{
    uint8_t p[4] = {status, 1};

    bytes_put16(p + 2, KITH_HCI_LE_CONNECTION_UPDATE);
    desk_event(d, KITH_HCI_EV_COMMAND_STATUS, p, sizeof p);
    settle(d);
}

static void expect_told(const desk *d, unsigned times, bool asked, kith_parameters_result result, uint8_t hci_status)
{
    assert_int_equal(d->told[KITH_EVENT_PARAMETERS], times);
    assert_int_equal(d->last.kind, KITH_EVENT_PARAMETERS);
    assert_int_equal(d->last.parameters.asked, asked);
    assert_int_equal(d->last.parameters.result, result);
    assert_int_equal(d->last.parameters.hci_status, hci_status);
}

/* What comes of a yes: by signalling our command, by the link layer the peer's procedure. */
static void do_it(desk *d, unsigned way)
{
    assert_int_equal(desk_sent(d, KITH_HCI_LE_CONNECTION_UPDATE), way == BY_SIGNALLING);
    if (way == BY_SIGNALLING)
        command_status(d, 0);
    complete(d, 0, 200, 1, 200);
    expect_told(d, 1, false, KITH_PARAMETERS_CHANGED, 0);
    assert_int_equal(d->last.parameters.interval_1250us, 200);
}

/* ---- the policy ---- */

static void a_wish_is_refused_or_taken_as_the_program_says(void **state)
{
    desk d;

    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        for (unsigned policy = KITH_PARAMETERS_REFUSE; policy <= KITH_PARAMETERS_ACCEPT; policy++) {
            host_link *link = begin_with(&d, true, (kith_parameters_policy)policy);

            peer_wishes(&d, way, &slow);
            assert_int_equal(told(&d, way), policy == KITH_PARAMETERS_ACCEPT);
            assert_int_equal(d.told[KITH_EVENT_PARAMETERS_WANTED], 0);
            if (policy == KITH_PARAMETERS_ACCEPT) {
                assert_int_equal(kith_gap_update_parameters(d.h, link->id, &other), KITH_ERR_BUSY);
                do_it(&d, way);
            }
            assert_int_equal(kith_gap_update_parameters(d.h, link->id, &other), KITH_OK);
            desk_close(&d);
        }
    }
}

/* 7.8.31: handle, intervals, latency, timeout, and 0 twice; 7.8.32: handle, reason. */
static void the_link_layer_is_answered_by_its_commands(void **state)
{
    static const uint8_t granted[] = {0x01, 0x20, 0x20, 14, 0x40, 0, 120, 0, 250, 0, 1, 0, 200, 0, 0, 0, 0, 0};
    static const uint8_t refused[] = {0x01, 0x21, 0x20, 3, 0x40, 0, 0x3b};
    uint8_t packet[260], p[11] = {0x06, DESK_HANDLE};
    desk d;

    (void)state;
    put_four(p + 3, &slow);
    for (unsigned accepts = 0; accepts <= 1; accepts++) {
        (void)begin_with(&d, true, accepts ? KITH_PARAMETERS_ACCEPT : KITH_PARAMETERS_REFUSE);
        desk_event(&d, KITH_HCI_EV_LE_META, p, sizeof p);
        assert_int_equal(kith_host_next_packet(d.h, packet, sizeof packet), accepts ? sizeof granted : sizeof refused);
        assert_memory_equal(packet, accepts ? granted : refused, accepts ? sizeof granted : sizeof refused);
        desk_close(&d);
    }
}

static void what_is_outside_of_the_bounds_is_refused(void **state)
{
    static const kith_connection_parameters within = {
        .interval_min_1250us = 24, .interval_max_1250us = 80, .latency = 4, .timeout_10ms = 600};
    static const struct {
        kith_connection_parameters wish;
        int answer;
    } rows[] = {
        {{24, 80, 4, 600}, YES}, {{23, 80, 0, 600}, NO}, {{24, 81, 0, 600}, NO},
        {{24, 80, 5, 600}, NO},  {{24, 80, 0, 601}, NO}, {{40, 40, 0, 11}, YES},
        {{40, 40, 0, 10}, NO}, /* not above twice the interval */
        {{40, 39, 0, 600}, NO},  {{0, 0, 0, 0}, NO},     {{65535, 65535, 65535, 65535}, NO},
    };
    desk d;

    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            (void)begin_with(&d, true, KITH_PARAMETERS_ACCEPT);
            d.h->config.parameters_within = &within;
            peer_wishes(&d, way, &rows[i].wish);
            if (told(&d, way) != rows[i].answer)
                fail_msg("row %zu, way %u", i, way);
            desk_close(&d);
        }
    }
}

/* Four in ten seconds, whatever became of them; the fifth is refused unseen, and does not count. */
static void more_than_four_in_ten_seconds_are_refused(void **state)
{
    desk d;

    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        (void)begin_with(&d, true, KITH_PARAMETERS_ACCEPT);
        for (unsigned i = 0; i < 14; i++) { /* one each second; the first counts until the eleventh */
            desk_forget(&d);
            peer_wishes(&d, way, &slow);
            assert_int_equal(told(&d, way), i < 4 || i >= 10);
            if (told(&d, way) == YES && way == BY_SIGNALLING)
                command_status(&d, 0);
            if (told(&d, way) == YES)
                complete(&d, 0, (uint16_t)(200 + i), 1, 200);
            pass(&d, SECOND);
        }
        desk_close(&d);
    }
}

static void the_flood_of_one_link_is_not_counted_on_another(void **state)
{
    uint8_t p[11] = {0x06, DESK_HANDLE + 1};
    desk d;

    (void)state;
    (void)begin_with(&d, true, KITH_PARAMETERS_ACCEPT);
    (void)desk_connect(&d, 1, true);
    for (unsigned i = 0; i < 1000; i++) {
        desk_forget(&d);
        peer_wishes(&d, BY_LINK_LAYER, &slow);
        assert_int_equal(told(&d, BY_LINK_LAYER), i == 0); /* the first has not come true yet */
    }
    desk_forget(&d);
    put_four(p + 3, &slow);
    desk_event(&d, KITH_HCI_EV_LE_META, p, sizeof p);
    settle(&d);
    assert_int_equal(told(&d, BY_LINK_LAYER), YES);
    desk_close(&d);
}

/* A central could do it without asking. */
static void a_central_that_asks_is_told_yes_where_it_makes_sense(void **state)
{
    static const kith_connection_parameters unsound = {40, 40, 0, 10};
    desk d;

    (void)state;
    for (unsigned policy = KITH_PARAMETERS_REFUSE; policy <= KITH_PARAMETERS_ASK; policy++) {
        (void)begin_with(&d, false, (kith_parameters_policy)policy);
        peer_wishes(&d, BY_LINK_LAYER, &unsound);
        assert_int_equal(told(&d, BY_LINK_LAYER), NO);
        desk_forget(&d);
        peer_wishes(&d, BY_LINK_LAYER, &slow);
        assert_int_equal(told(&d, BY_LINK_LAYER), YES);
        do_it(&d, BY_LINK_LAYER);
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS_WANTED], 0);
        desk_close(&d);
    }
}

/* ---- the question ---- */

static void the_program_is_asked_and_its_answer_counts(void **state)
{
    desk d;

    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        for (unsigned yes = 0; yes <= 1; yes++) {
            host_link *link = begin_with(&d, true, KITH_PARAMETERS_ASK);
            const kith_event_parameters_wanted *wanted = &d.last.parameters_wanted;

            assert_int_equal(kith_gap_answer_parameters(d.h, 77, true), KITH_ERR_NOT_FOUND);
            assert_int_equal(kith_gap_answer_parameters(d.h, link->id, true), KITH_ERR_STATE);
            peer_wishes(&d, way, &slow);
            assert_int_equal(told(&d, way), NOTHING);
            assert_int_equal(d.told[KITH_EVENT_PARAMETERS_WANTED], 1);
            assert_int_equal(wanted->interval_min_1250us, 120);
            assert_int_equal(wanted->interval_max_1250us, 250);
            assert_int_equal(wanted->latency, 1);
            assert_int_equal(wanted->timeout_10ms, 200);
            assert_int_equal(wanted->deadline_us, d.now_us + 25 * SECOND);
            assert_int_equal(kith_gap_update_parameters(d.h, link->id, &other), KITH_ERR_BUSY);
            assert_int_equal(kith_gap_answer_parameters(d.h, link->id, yes != 0), KITH_OK);
            assert_int_equal(kith_gap_answer_parameters(d.h, link->id, yes != 0), KITH_ERR_STATE);
            settle(&d);
            assert_int_equal(told(&d, way), yes);
            if (yes)
                do_it(&d, way);
            assert_int_equal(kith_gap_update_parameters(d.h, link->id, &other), KITH_OK);
            desk_close(&d);
        }
    }
}

static void no_answer_is_a_no_and_comes_in_time(void **state)
{
    desk d;

    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        host_link *link = begin_with(&d, true, KITH_PARAMETERS_ASK);

        peer_wishes(&d, way, &slow);
        pass(&d, 25 * SECOND - 1);
        assert_int_equal(told(&d, way), NOTHING);
        pass(&d, 1);
        assert_int_equal(told(&d, way), NO);
        assert_int_equal(kith_gap_answer_parameters(d.h, link->id, true), KITH_ERR_STATE); /* late */
        settle(&d);
        assert_int_equal(told(&d, way), NO);
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
        desk_close(&d);
    }
}

/* An answer to the first question, which lies in the queue behind its own deadline, is none to the second. */
static void an_answer_to_an_earlier_question_is_none_to_this_one(void **state)
{
    uint8_t p[11] = {0x06, DESK_HANDLE};
    kith_event event;
    host_link *link;
    desk d;

    (void)state;
    link = begin_with(&d, true, KITH_PARAMETERS_ASK);
    put_four(p + 3, &slow);
    desk_event(&d, KITH_HCI_EV_LE_META, p, sizeof p);
    d.now_us += 26 * SECOND;
    assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
    desk_pump(&d);
    put_four(p + 3, &other);
    desk_event(&d, KITH_HCI_EV_LE_META, p, sizeof p);
    assert_true(kith_host_next_event(d.h, &event));
    assert_int_equal(event.parameters_wanted.interval_min_1250us, 120);
    assert_int_equal(kith_gap_answer_parameters(d.h, link->id, true), KITH_ERR_STATE);
    assert_true(kith_host_next_event(d.h, &event));
    assert_int_equal(event.parameters_wanted.interval_min_1250us, 24);
    assert_int_equal(kith_gap_answer_parameters(d.h, link->id, true), KITH_OK);
    desk_close(&d);
}

/* ... nor does it keep people from answering a pairing. */
static void a_question_that_waits_is_no_question_of_a_pairing(void **state)
{
    uint8_t p[11] = {0x06, DESK_HANDLE};
    host_link *link;
    desk d;

    (void)state;
    link = begin_with(&d, true, KITH_PARAMETERS_ASK);
    put_four(p + 3, &slow);
    desk_event(&d, KITH_HCI_EV_LE_META, p, sizeof p);
    assert_int_equal(link->unheard, 0);
    desk_take_events(&d);
    assert_int_equal(link->wish.unheard, 0);
    desk_close(&d);
}

static void a_wish_that_comes_twice_is_asked_and_answered_once(void **state)
{
    desk d;

    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        host_link *link = begin_with(&d, true, KITH_PARAMETERS_ASK);

        peer_wishes(&d, way, &slow);
        identifier--;
        peer_wishes(&d, way, &slow);
        assert_int_equal(told(&d, way), NOTHING);
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS_WANTED], 1);
        assert_int_equal(kith_gap_answer_parameters(d.h, link->id, true), KITH_OK);
        settle(&d);
        assert_int_equal(told(&d, way), YES);
        desk_close(&d);
    }
}

/* Another one while the first waits is refused, and the answer is the first one's. */
static void another_wish_while_one_waits_is_refused(void **state)
{
    host_link *link;
    desk d;

    (void)state;
    link = begin_with(&d, true, KITH_PARAMETERS_ASK);
    peer_wishes(&d, BY_LINK_LAYER, &slow);
    peer_wishes(&d, BY_SIGNALLING, &other);
    assert_int_equal(told(&d, BY_SIGNALLING), NO);
    d.acl_count = 0;
    assert_int_equal(kith_gap_answer_parameters(d.h, link->id, true), KITH_OK);
    settle(&d);
    assert_int_equal(told(&d, BY_LINK_LAYER), YES);
    desk_close(&d);
}

static void a_link_that_goes_takes_the_question_with_it(void **state)
{
    static const uint8_t gone[] = {0, DESK_HANDLE, 0, 0x08};
    kith_link id;
    desk d;

    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        id = begin_with(&d, true, KITH_PARAMETERS_ASK)->id;
        peer_wishes(&d, way, &slow);
        desk_event(&d, KITH_HCI_EV_DISCONNECTION_COMPLETE, gone, sizeof gone);
        settle(&d);
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
        assert_int_equal(d.told[KITH_EVENT_DISCONNECTED], 1);
        assert_int_equal(told(&d, way), NOTHING);
        assert_int_equal(kith_gap_answer_parameters(d.h, id, true), KITH_ERR_NOT_FOUND);
        assert_true(kith_host_deadline(d.h) > d.now_us + 3600ull * SECOND);
        desk_close(&d);
    }
}

/* A controller that will not answer, or never does it: nothing is told, and the next one may come. */
static void a_grant_that_comes_to_nothing_is_not_told(void **state)
{
    enum { REFUSED, FAILED, NEVER, WAYS_TO_FAIL };
    uint8_t refusal[6] = {1, 0x20, 0x20, KITH_HCI_COMMAND_DISALLOWED, DESK_HANDLE};
    desk d;

    (void)state;
    for (unsigned how = 0; how < WAYS_TO_FAIL; how++) {
        host_link *link = begin_with(&d, true, KITH_PARAMETERS_ACCEPT);

        d.hold_back = how == REFUSED ? KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY : 0;
        peer_wishes(&d, BY_LINK_LAYER, &slow);
        assert_int_equal(told(&d, BY_LINK_LAYER), YES);
        if (how == REFUSED)
            desk_event(&d, KITH_HCI_EV_COMMAND_COMPLETE, refusal, sizeof refusal);
        else if (how == FAILED)
            complete(&d, 0x23, 24, 0, 100);
        else
            pass(&d, 46ull * SECOND);
        settle(&d);
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        desk_close(&d);
    }
}

/* ---- ours, by the link layer ---- */

static void a_peripherals_controller_asks_where_it_knows_how(void **state)
{
    desk d;

    (void)state;
    for (unsigned knows = 0; knows < 4; knows++) {
        host_link *link = begin_with(&d, false, KITH_PARAMETERS_REFUSE);
        const bool can = knows == 3;

        d.h->le_features = (knows & 1) != 0 ? d.h->le_features : 0x21;
        d.h->ready.lacks |= (knows & 2) != 0 ? 0 : KITH_LACKS_PARAMETER_REQUEST;
        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        settle(&d);
        assert_int_equal(desk_sent(&d, KITH_HCI_LE_CONNECTION_UPDATE), can);
        assert_int_equal(d.acl_count, !can);
        if (can) {
            command_status(&d, 0);
            complete(&d, 0, 250, 1, 200);
            expect_told(&d, 1, true, KITH_PARAMETERS_CHANGED, 0);
        }
        desk_close(&d);
    }
}

/* What the answer to our request by the link layer means. */
static void each_answer_to_our_request_has_its_meaning(void **state)
{
    enum { ENDS, ASKS_BY_SIGNALLING, TRIES_AGAIN };
    static const struct {
        uint8_t command, end; /* status of each; end is not told where the command was refused */
        bool central;
        unsigned then;
        kith_parameters_result result;
    } rows[] = {
        {0, 0x3b, false, ENDS, KITH_PARAMETERS_REFUSED},
        {0, 0x3b, true, ENDS, KITH_PARAMETERS_REFUSED},
        {0, 0x22, false, ENDS, KITH_PARAMETERS_FAILED},
        {0, 0x1a, true, ENDS, KITH_PARAMETERS_FAILED},
        {0, 0x1a, false, ASKS_BY_SIGNALLING, KITH_PARAMETERS_CHANGED},
        {0x1a, 0, false, ASKS_BY_SIGNALLING, KITH_PARAMETERS_CHANGED},
        {0x0c, 0, false, ASKS_BY_SIGNALLING, KITH_PARAMETERS_CHANGED},
        {0x0c, 0, true, ENDS, KITH_PARAMETERS_FAILED},
        {0, 0x23, false, TRIES_AGAIN, KITH_PARAMETERS_CHANGED},
        {0, 0x2a, true, TRIES_AGAIN, KITH_PARAMETERS_CHANGED},
    };
    desk d;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        host_link *link = begin_with(&d, rows[i].central, KITH_PARAMETERS_REFUSE);

        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        settle(&d);
        command_status(&d, rows[i].command);
        if (rows[i].command == 0)
            complete(&d, rows[i].end, 24, 0, 100);
        assert_int_equal(d.acl_count, rows[i].then == ASKS_BY_SIGNALLING);
        assert_int_equal(desk_sent(&d, KITH_HCI_LE_CONNECTION_UPDATE), rows[i].then == TRIES_AGAIN ? 2 : 1);
        if (rows[i].then == ENDS)
            expect_told(&d, 1, true, rows[i].result, rows[i].command != 0 ? rows[i].command : rows[i].end);
        else
            assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
        complete(&d, 0, 250, 1, 200);
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS], rows[i].then == ENDS ? 2 : 1);
        assert_int_equal(d.last.parameters.asked, rows[i].then != ENDS);
        desk_close(&d);
    }
}

/* That its peer knows no such procedure is remembered; that its controller was busy is not. */
static void what_the_peers_link_layer_lacks_is_tried_once(void **state)
{
    desk d;

    (void)state;
    for (unsigned lacks = 0; lacks <= 1; lacks++) {
        host_link *link = begin_with(&d, false, KITH_PARAMETERS_REFUSE);

        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        settle(&d);
        command_status(&d, lacks ? 0x1a : 0x0c);
        complete(&d, 0, 250, 1, 200);
        desk_forget(&d);
        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &other), KITH_OK);
        settle(&d);
        assert_int_equal(desk_sent(&d, KITH_HCI_LE_CONNECTION_UPDATE), !lacks);
        assert_int_equal(d.acl_count, lacks);
        desk_close(&d);
    }
}

static void what_collides_each_time_ends_after_three(void **state)
{
    host_link *link;
    desk d;

    (void)state;
    link = begin_with(&d, true, KITH_PARAMETERS_REFUSE);
    assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
    settle(&d);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 0);
        command_status(&d, 0);
        complete(&d, 0x2a, 24, 0, 100);
    }
    expect_told(&d, 1, true, KITH_PARAMETERS_FAILED, 0x2a);
    assert_int_equal(desk_sent(&d, KITH_HCI_LE_CONNECTION_UPDATE), 3);
    pass(&d, 60ull * SECOND);
    assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 1);
    desk_close(&d);
}

/* Both link layers begin: the central's comes first, then ours once more, and each is told as what it is. */
static void a_central_that_asks_while_we_do_comes_first(void **state)
{
    host_link *link;
    desk d;

    (void)state;
    for (unsigned late = 0; late <= 1; late++) {
        link = begin_with(&d, false, KITH_PARAMETERS_REFUSE);
        assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
        settle(&d);
        command_status(&d, 0);
        peer_wishes(&d, BY_LINK_LAYER, &other);
        assert_int_equal(told(&d, BY_LINK_LAYER), YES);
        if (!late)
            complete(&d, 0x23, 24, 0, 100); /* ours is over */
        complete(&d, 0, 40, 0, 100);
        expect_told(&d, 1, false, KITH_PARAMETERS_CHANGED, 0);
        if (late)
            complete(&d, 0x23, 40, 0, 100);
        assert_int_equal(desk_sent(&d, KITH_HCI_LE_CONNECTION_UPDATE), 2);
        command_status(&d, 0);
        complete(&d, 0, 250, 1, 200);
        expect_told(&d, 2, true, KITH_PARAMETERS_CHANGED, 0);
        desk_close(&d);
    }
}

static void what_is_told_twice_has_changed_nothing(void **state)
{
    host_link *link;
    desk d;

    (void)state;
    link = begin_with(&d, true, KITH_PARAMETERS_REFUSE);
    assert_int_equal(kith_gap_update_parameters(d.h, link->id, &slow), KITH_OK);
    settle(&d);
    command_status(&d, 0);
    for (unsigned i = 0; i < 3; i++)
        complete(&d, 0, 250, 1, 200);
    expect_told(&d, 1, true, KITH_PARAMETERS_CHANGED, 0);
    complete(&d, 0x3b, 1, 1, 1);
    complete_on(&d, 0x0e00, 0, 1, 1, 1);
    assert_int_equal(d.told[KITH_EVENT_PARAMETERS], 1);
    assert_int_equal(link->interval_1250us, 250);
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wish_is_refused_or_taken_as_the_program_says),
        cmocka_unit_test(the_link_layer_is_answered_by_its_commands),
        cmocka_unit_test(what_is_outside_of_the_bounds_is_refused),
        cmocka_unit_test(more_than_four_in_ten_seconds_are_refused),
        cmocka_unit_test(the_flood_of_one_link_is_not_counted_on_another),
        cmocka_unit_test(a_central_that_asks_is_told_yes_where_it_makes_sense),
        cmocka_unit_test(the_program_is_asked_and_its_answer_counts),
        cmocka_unit_test(no_answer_is_a_no_and_comes_in_time),
        cmocka_unit_test(an_answer_to_an_earlier_question_is_none_to_this_one),
        cmocka_unit_test(a_question_that_waits_is_no_question_of_a_pairing),
        cmocka_unit_test(a_wish_that_comes_twice_is_asked_and_answered_once),
        cmocka_unit_test(another_wish_while_one_waits_is_refused),
        cmocka_unit_test(a_link_that_goes_takes_the_question_with_it),
        cmocka_unit_test(a_grant_that_comes_to_nothing_is_not_told),
        cmocka_unit_test(a_peripherals_controller_asks_where_it_knows_how),
        cmocka_unit_test(each_answer_to_our_request_has_its_meaning),
        cmocka_unit_test(what_the_peers_link_layer_lacks_is_tried_once),
        cmocka_unit_test(what_collides_each_time_ends_after_three),
        cmocka_unit_test(a_central_that_asks_while_we_do_comes_first),
        cmocka_unit_test(what_is_told_twice_has_changed_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
