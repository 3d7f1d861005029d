/* A controller that lies, or is broken, while a host starts and scans: row C17 of docs/attacks.md; the rest of it is in
 * test_attacks_c_controller.c.  The host is carried by hand, as every answer is to be cut short once, or say no. */
#include "cast.h"
#include "cast_crypto.h"

enum { ANSWERS = 16, LONGEST = 80, PATIENCE = 400 };

typedef struct {
    cast_room *room;
    kith_config config;
    kith_crypto_port crypto;
    cast_random random;
    kith_sim_device device;
    void *memory;
    kith_host *host;
    unsigned answers; /* that came */
    unsigned spoiled; /* number of the one that is spoiled, from 1 */
    size_t len;       /* of its parameters, if it is to be shorter than it was */
    unsigned status;  /* 256: as it is */
    bool was_shortened;
    unsigned ready, failed, lost, told;
    kith_event last;
} scene;

static void open_scene(scene *s)
{
    memset(s, 0, sizeof *s);
    s->status = 256;
    s->room = cast_open(352, CAST_TOY);
    s->random = (cast_random){.state = 11, .good_draws = -1};
    cast_crypto_port(CAST_TOY, &s->random, &s->crypto);
    cast_phone_config(&s->config);
    s->device = cast_device(s->room);
}

static void begin(scene *s)
{
    size_t size = kith_host_size(&s->config.limits);

    s->config.crypto = &s->crypto;
    s->memory = malloc(size);
    assert_non_null(s->memory);
    assert_int_equal(kith_host_init(s->memory, size, &s->config, &s->host), KITH_OK);
    assert_int_equal(kith_host_start(s->host, kith_sim_now(s->room->sim)), KITH_OK);
}

static void close_scene(scene *s)
{
    kith_host_erase(s->host);
    free(s->memory);
    cast_close(s->room);
}

static void give(scene *s, const uint8_t *packet, size_t len)
{
    uint8_t *copy = malloc(len); /* of its own size, so that a sanitizer sees reading past it */

    assert_non_null(copy);
    memcpy(copy, packet, len);
    assert_int_equal(kith_host_receive(s->host, copy, len, kith_sim_now(s->room->sim)), KITH_OK);
    free(copy);
}

/* Command Complete: packets, opcode, then a status and what was asked for. */
static size_t spoil(scene *s, uint8_t *packet, size_t len)
{
    if (packet[0] != KITH_H4_EVENT || packet[1] != KITH_HCI_EV_COMMAND_COMPLETE || ++s->answers != s->spoiled)
        return len;
    if (s->status < 256)
        packet[6] = (uint8_t)s->status;
    if (s->len + 3 >= len)
        return len;
    s->was_shortened = true;
    packet[2] = (uint8_t)s->len;
    return 3 + s->len;
}

static bool carry(scene *s)
{
    uint8_t packet[KITH_STAGE_PACKET];
    size_t len = kith_host_next_packet(s->host, packet, sizeof packet);
    kith_work work;

    if (len > 0) {
        assert_int_equal(kith_sim_send(s->room->sim, s->device, packet, len), KITH_OK);
        return true;
    }
    if (kith_host_take_work(s->host, &work)) {
        kith_work_run(&work);
        assert_int_equal(kith_host_finish_work(s->host, &work, kith_sim_now(s->room->sim)), KITH_OK);
        return true;
    }
    len = kith_sim_receive(s->room->sim, s->device, packet, sizeof packet);
    if (len > 0)
        give(s, packet, spoil(s, packet, len));
    return len > 0;
}

static void take_events(scene *s)
{
    while (kith_host_next_event(s->host, &s->last)) {
        s->told++;
        s->ready += s->last.kind == KITH_EVENT_READY;
        s->failed += s->last.kind == KITH_EVENT_START_FAILED;
        s->lost += s->last.kind == KITH_EVENT_CONTROLLER_LOST;
    }
}

/* Until there is an end, or nothing is left to wait for. */
static void run(scene *s)
{
    for (unsigned i = 0; i < PATIENCE && s->ready + s->failed == 0; i++) {
        uint64_t due;

        while (carry(s))
            continue;
        take_events(s);
        due = kith_host_deadline(s->host);
        if (s->ready + s->failed > 0 || due == UINT64_MAX)
            return;
        kith_sim_advance(s->room->sim, due);
        assert_int_equal(kith_host_advance(s->host, due), KITH_OK);
        take_events(s);
    }
}

/* Each answer, cut at each length: the host is ready or says what failed, once. */
static void C17_an_answer_cut_short_at_start_is_one_named_end(void **state)
{
    unsigned tried = 0, ready = 0;

    (void)state;
    for (unsigned n = 0; n < ANSWERS; n++) { /* 0: none is spoiled */
        for (size_t len = 0; len < LONGEST; len++) {
            bool shortened;
            scene s;

            open_scene(&s);
            s.spoiled = n;
            s.len = len;
            begin(&s);
            run(&s);
            shortened = s.was_shortened;
            if (s.ready + s.failed != 1)
                cast_fail(s.room, "answer %u of %zu octets: %u ready, %u failed", n, len, s.ready, s.failed);
            if (!shortened)
                cast_equal(s.room, s.ready, 1);
            tried += shortened;
            ready += shortened && s.ready;
            close_scene(&s);
            if (!shortened)
                break;
        }
    }
    print_message("%u answers cut short, %u of them where the host is ready all the same\n", tried, ready);
    assert_true(tried > 50);
}

static void C17_an_answer_that_is_no_at_start_is_one_named_end(void **state)
{
    static const unsigned statuses[] = {0x01, 0x0c, 0x11, 0xff};
    unsigned failed = 0;

    (void)state;
    for (unsigned n = 1; n < ANSWERS; n++) {
        for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
            scene s;

            open_scene(&s);
            s.spoiled = n;
            s.len = LONGEST;
            s.status = statuses[i];
            begin(&s);
            run(&s);
            cast_equal(s.room, s.ready + s.failed, 1);
            failed += s.failed;
            close_scene(&s);
        }
    }
    assert_true(failed > 20);
}

/* ---- advertisers ---- */

/* One report is told if it is whole and possible, of whatever length the event and its parts say they are. */
static void C17_reports_are_told_if_they_are_whole(void **state)
{
    kith_scan scan;
    scene s;
    unsigned tried = 0, told = 0;

    (void)state;
    open_scene(&s);
    begin(&s);
    run(&s);
    cast_equal(s.room, s.ready, 1);
    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_start_scan(s.host, &scan), KITH_OK);
    while (carry(&s))
        continue;
    take_events(&s);
    cast_equal(s.room, s.last.kind, KITH_EVENT_SCANNING);
    for (unsigned count = 0; count < 4; count++) {
        for (uint8_t stated = 0; stated < 40; stated++) {
            for (uint8_t len = 0; len < 60; len++) {
                uint8_t packet[3 + 64] = {KITH_H4_EVENT, KITH_HCI_EV_LE_META, len, KITH_HCI_LE_EV_ADVERTISING_REPORT};
                bool whole = count == 1 && stated <= 31 && len >= 12 + stated;
                unsigned before = s.told;

                packet[4] = (uint8_t)(count == 3 ? 255 : count);
                packet[13] = stated; /* behind type and address */
                give(&s, packet, 3u + len);
                take_events(&s);
                tried++;
                told += s.told - before;
                if (count <= 1)
                    cast_equal(s.room, s.told - before, whole);
                if (s.told > before)
                    cast_check(s.room, s.last.kind == KITH_EVENT_REPORT && s.last.report.len <= 31);
            }
        }
    }
    print_message("%u events, %u reports\n", tried, told);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C17_an_answer_cut_short_at_start_is_one_named_end),
        cmocka_unit_test(C17_an_answer_that_is_no_at_start_is_one_named_end),
        cmocka_unit_test(C17_reports_are_told_if_they_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
