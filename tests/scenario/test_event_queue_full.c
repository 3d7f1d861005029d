/* A program that does not take its events: the host says FULL, consumes nothing, and loses no end. */
#include "actor.h"

/* Carries packets for a host whose program sleeps.  True: the host had no room and said so. */
typedef struct {
    cast_host *h;
    uint8_t held[KITH_STAGE_PACKET];
    size_t held_len;
    unsigned refusals;
} sleeper;

static bool carry_in(sleeper *s)
{
    kith_sim *sim = s->h->room->sim;
    kith_status status;

    if (s->held_len == 0)
        s->held_len = kith_sim_receive(sim, s->h->device, s->held, sizeof s->held);
    if (s->held_len == 0)
        return false;
    status = kith_host_receive(s->h->host, s->held, s->held_len, kith_sim_now(sim));
    if (status == KITH_ERR_FULL) {
        s->refusals++;
        return false;
    }
    s->held_len = 0;
    return true;
}

static bool carry_out(sleeper *s)
{
    uint8_t packet[KITH_STAGE_PACKET];
    size_t len = kith_host_next_packet(s->h->host, packet, sizeof packet);

    if (len > 0)
        assert_int_equal(kith_sim_send(s->h->room->sim, s->h->device, packet, len), KITH_OK);
    return len > 0;
}

static void carry(sleeper *s)
{
    while (carry_out(s) || carry_in(s))
        continue;
}

static void run_asleep(sleeper *s, actor *a, uint64_t for_us)
{
    uint64_t until = kith_sim_now(a->room->sim) + for_us;

    while (kith_sim_now(a->room->sim) < until) {
        carry(s);
        actor_run(a, 1250, NULL, NULL);
    }
}

static unsigned take_all(sleeper *s, kith_event_kind kind)
{
    kith_event event;
    unsigned count = 0;
    bool more = true;

    while (more) {
        more = false;
        while (kith_host_next_event(s->h->host, &event)) {
            count += event.kind == kind;
            more = true;
        }
        s->refusals = 0;
        carry(s);
    }
    return count;
}

typedef struct {
    cast_room *room;
    cast_host *lamp;
    actor peer;
    sleeper asleep;
} bedroom;

static void open_bedroom(bedroom *b)
{
    memset(b, 0, sizeof *b);
    b->room = cast_open(91, CAST_TOY);
    b->lamp = cast_add_lamp(b->room, "lamp");
    cast_start(b->room);
    actor_enter(&b->peer, b->room);
    actor_connect(&b->peer, b->lamp);
    kith_stage_remove(&b->room->stage, b->lamp->number); /* from now on nobody takes its events */
    b->asleep.h = b->lamp;
}

static void refusals_of_pairing_pile_up_and_all_are_told(void **state)
{
    static const uint8_t request[7] = {KITH_SMP_PAIRING_REQUEST, 3, 0, 0x09, 16, 2, 2};
    enum { REQUESTS = 60 };
    bedroom b;
    unsigned refused_in_time, told;

    (void)state;
    open_bedroom(&b);
    for (unsigned i = 0; i < REQUESTS; i++) {
        actor_send_smp(&b.peer, request, sizeof request);
        run_asleep(&b.asleep, &b.peer, 60000);
    }
    refused_in_time = b.asleep.refusals;
    assert_true(refused_in_time > 0);
    told = take_all(&b.asleep, KITH_EVENT_PAIRING_FAILED);
    for (unsigned i = 0; i < 20; i++) {
        run_asleep(&b.asleep, &b.peer, 100000);
        told += take_all(&b.asleep, KITH_EVENT_PAIRING_FAILED);
    }
    assert_int_equal(told, REQUESTS);
    assert_int_equal(kith_host_dropped(b.lamp->host), 0);
    cast_close(b.room);
}

/* The end of the link and of what was under way on it come though the queue was full when they happened. */
static void ends_arrive_once_events_are_taken(void **state)
{
    static const uint8_t request[7] = {KITH_SMP_PAIRING_REQUEST, 3, 0, 0x09, 16, 2, 2};
    bedroom b;
    kith_event event;
    unsigned failed = 0, disconnected = 0;
    kith_why last = KITH_WHY_PAIRED;

    (void)state;
    open_bedroom(&b);
    for (unsigned i = 0; i < 15; i++) {
        actor_send_smp(&b.peer, request, sizeof request);
        run_asleep(&b.asleep, &b.peer, 60000);
    }
    assert_int_equal(kith_pairing_open(b.lamp->host, 60000), KITH_OK);
    actor_begin(&b.peer, ACTOR_SENDS_KEY);
    run_asleep(&b.asleep, &b.peer, 200000);
    kith_sim_set_out_of_range(b.room->sim, b.lamp->device, true);
    run_asleep(&b.asleep, &b.peer, 10 * CAST_SECOND);
    for (unsigned i = 0; i < 10; i++) {
        while (kith_host_next_event(b.lamp->host, &event)) {
            assert_int_equal(disconnected, 0); /* nothing about the link after its end */
            disconnected += event.kind == KITH_EVENT_DISCONNECTED;
            failed += event.kind == KITH_EVENT_PAIRING_FAILED;
            if (event.kind == KITH_EVENT_PAIRING_FAILED)
                last = event.verdict.why;
        }
        run_asleep(&b.asleep, &b.peer, 100000);
    }
    assert_int_equal(disconnected, 1);
    assert_int_equal(failed, 16);
    assert_int_equal(last, KITH_WHY_LINK_LOST);
    cast_close(b.room);
}

/* A timer that runs out while nobody listens is told later, not never. */
static void a_timeout_waits_for_room(void **state)
{
    static const uint8_t read[3] = {0x0a, CAST_OPEN_HANDLE, 0};
    bedroom b;
    uint64_t later;
    kith_event event;
    unsigned told = 0;

    (void)state;
    open_bedroom(&b);
    assert_int_equal(kith_pairing_open(b.lamp->host, 60000), KITH_OK);
    actor_begin(&b.peer, ACTOR_SENDS_KEY);
    run_asleep(&b.asleep, &b.peer, 200000);
    for (unsigned i = 0; i < 40 && b.asleep.refusals == 0; i++) { /* questions fill what room there is */
        actor_send(&b.peer, 4, read, sizeof read);
        run_asleep(&b.asleep, &b.peer, 60000);
        (void)!kith_gatt_answer_read(b.lamp->host, b.lamp->link, 0, CAST_SECRET, 1);
    }
    later = kith_sim_now(b.room->sim) + 31 * CAST_SECOND;
    assert_int_equal(kith_host_advance(b.lamp->host, later), KITH_ERR_FULL);
    while (kith_host_next_event(b.lamp->host, &event))
        assert_int_not_equal(event.kind, KITH_EVENT_PAIRING_FAILED);
    assert_int_equal(kith_host_advance(b.lamp->host, later), KITH_OK);
    while (kith_host_next_event(b.lamp->host, &event))
        told += event.kind == KITH_EVENT_PAIRING_FAILED && event.verdict.why == KITH_WHY_SMP_TIMEOUT;
    assert_int_equal(told, 1);
    cast_close(b.room);
}

/* A call that would have an end to tell says FULL instead of promising one. */
static void calls_never_promise_an_end_that_has_no_room(void **state)
{
    cast_room *room = cast_open(92, CAST_TOY);
    cast_host *lamp = cast_add_lamp(room, "lamp"), *phone = cast_add_phone(room, "phone");
    kith_event event;
    unsigned promised = 0, told = 0;
    kith_status status = KITH_OK;

    (void)state;
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    for (unsigned i = 0; i < 100; i++) {
        status = kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED);
        promised += status == KITH_OK;
    }
    assert_int_equal(status, KITH_ERR_FULL);
    while (kith_host_next_event(phone->host, &event))
        told += event.kind == KITH_EVENT_ENCRYPTED;
    assert_int_equal(told, promised);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_close(room);
}

static void connecting_and_cancelling_never_loses_an_end(void **state)
{
    cast_room *room = cast_open(93, CAST_TOY);
    cast_host *phone = cast_add_phone(room, "phone");
    kith_address nobody = {KITH_ADDRESS_PUBLIC, {1, 2, 3, 4, 5, 6}};
    kith_event event;
    unsigned promised = 0, told = 0;

    (void)state;
    cast_start(room);
    for (unsigned i = 0; i < 100; i++) {
        if (kith_gap_connect(phone->host, &nobody, NULL) == KITH_OK)
            promised++;
        (void)!kith_gap_cancel_connect(phone->host);
    }
    for (unsigned i = 0; i < 10; i++) {
        while (kith_host_next_event(phone->host, &event))
            told += event.kind == KITH_EVENT_CONNECT_FAILED;
        (void)!kith_gap_cancel_connect(phone->host);
        assert_int_equal(kith_stage_next(&room->stage, kith_sim_now(room->sim), &event) >= 0, told < promised);
        told += told < promised && event.kind == KITH_EVENT_CONNECT_FAILED;
    }
    assert_int_equal(told, promised);
    cast_close(room);
}

/* Nobody is owed a report: what does not fit is dropped and counted. */
static void write_commands_may_drop_and_are_counted(void **state)
{
    enum { COMMANDS = 100 };
    static const uint8_t command[4] = {0x52, CAST_OPEN_HANDLE, 0, 1};
    bedroom b;
    unsigned told;

    (void)state;
    open_bedroom(&b);
    for (unsigned i = 0; i < COMMANDS; i++) {
        actor_send(&b.peer, 4, command, sizeof command);
        run_asleep(&b.asleep, &b.peer, 60000);
    }
    told = take_all(&b.asleep, KITH_EVENT_WRITE_COMMAND);
    assert_true(told > 0 && told < COMMANDS);
    assert_int_equal(told + kith_host_dropped(b.lamp->host), COMMANDS);
    cast_close(b.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_of_pairing_pile_up_and_all_are_told),
        cmocka_unit_test(ends_arrive_once_events_are_taken),
        cmocka_unit_test(a_timeout_waits_for_room),
        cmocka_unit_test(calls_never_promise_an_end_that_has_no_room),
        cmocka_unit_test(connecting_and_cancelling_never_loses_an_end),
        cmocka_unit_test(write_commands_may_drop_and_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
