/* Attacks on the channels of a link: rows C13 and C15 of docs/attacks.md.  Each name begins with its row.  Signalling
 * that speaks of fixed channels as if they could be closed, starved or set anew; and wishes for connection parameters
 * that shall kill a link, or keep the host from others. */
#include "client.h"

enum { PAUSE_US = 60000 };
typedef enum { PLAIN, PAIRING, ENCRYPTED, STATES } state_of_link;

typedef struct {
    cast_room *room;
    cast_host *host;
    client c;
    actor_tap *ear; /* the client's own */
    unsigned rejects, yes, no, others;
} scene;

/* What we signal to the client. */
static bool hear(void *context, uint16_t cid, const uint8_t *pdu, size_t len)
{
    scene *s = context;

    if (cid != KITH_CID_SIGNALLING)
        return s->ear(&s->c, cid, pdu, len);
    if (pdu[0] == KITH_L2CAP_COMMAND_REJECT)
        s->rejects++;
    else if (pdu[0] == KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_RESPONSE && len == 6)
        *(pdu[4] == 0 ? &s->yes : &s->no) += 1;
    else
        s->others++;
    return true;
}

static void enter(scene *s)
{
    client_enter(&s->c, s->room);
    s->ear = s->c.a.tap;
    s->c.a.tap = hear;
    s->c.a.tap_context = s;
}

static void open_scene(scene *s, bool central, state_of_link state)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(381, CAST_TOY);
    if (central)
        cast_phone_config(&config);
    else
        client_server_config(&config, &kith_volatile_store);
    s->host = cast_add(s->room, central ? "phone" : "lamp", &config);
    cast_start(s->room);
    enter(s);
    if (central)
        actor_accept(&s->c.a, s->host);
    else
        client_meet(&s->c, s->host);
    if (state == PLAIN)
        return;
    if (central)
        cast_equal(s->room, kith_security_secure(s->host->host, s->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    else
        cast_equal(s->room, kith_pairing_open(s->host->host, 60000), KITH_OK);
    cast_check(s->room, actor_pair(&s->c.a, state == PAIRING ? ACTOR_SENDS_CHECK : ACTOR_IS_DONE));
    client_run(&s->c, 300000);
}

static kith_level level_of(const scene *s)
{
    kith_event_security now;

    return kith_security_of(s->host->host, s->host->link, &now) == KITH_OK ? now.level : KITH_LEVEL_NONE;
}

/* ---- C13 ---- */

/* Each with a channel for 0xee, or two. */
static const struct {
    bool is_request;
    uint8_t len, pdu[16];
} forged[] = {
    {true, 8, {0x16, 1, 4, 0, 0xee, 0, 0xff, 0xff}},                    /* LE Flow Control Credit */
    {true, 8, {0x16, 1, 4, 0, 0xee, 0, 0, 0}},                          /* none of them */
    {true, 8, {0x06, 1, 4, 0, 0xee, 0, 0xee, 0}},                       /* Disconnection Request */
    {false, 8, {0x07, 1, 4, 0, 0xee, 0, 0xee, 0}},                      /* and Response */
    {true, 14, {0x14, 1, 10, 0, 0x25, 0, 0xee, 0, 64, 0, 64, 0, 1, 0}}, /* LE Credit Based Connection Request */
    {false, 14, {0x15, 1, 10, 0, 0xee, 0, 64, 0, 64, 0, 1, 0, 0, 0}},   /* and Response */
    {true, 14, {0x17, 1, 10, 0, 0x27, 0, 64, 0, 64, 0, 1, 0, 0xee, 0}}, /* Credit Based Connection Request */
    {false, 14, {0x18, 1, 10, 0, 64, 0, 64, 0, 1, 0, 0, 0, 0xee, 0}},   /* and Response */
    {true, 10, {0x19, 1, 6, 0, 23, 0, 64, 0, 0xee, 0}},                 /* Credit Based Reconfigure Request */
    {false, 6, {0x1a, 1, 2, 0, 0, 0}},                                  /* and Response */
    {true, 8, {0x02, 1, 4, 0, 1, 0, 0xee, 0}},                          /* Connection Request */
    {true, 8, {0x04, 1, 4, 0, 0xee, 0, 0, 0}},                          /* Configuration Request */
    {false, 10, {0x01, 1, 6, 0, 2, 0, 0xee, 0, 0xee, 0}},               /* Command Reject: Invalid CID in Request */
};

static void forge(scene *s, size_t row, uint8_t cid, uint8_t identifier)
{
    uint8_t pdu[16];

    memcpy(pdu, forged[row].pdu, sizeof pdu);
    pdu[1] = identifier;
    for (size_t i = 4; i < sizeof pdu; i++)
        pdu[i] = pdu[i] == 0xee ? cid : pdu[i];
    actor_send(&s->c.a, KITH_CID_SIGNALLING, pdu, forged[row].len);
    client_run(&s->c, PAUSE_US);
}

static unsigned forge_all(scene *s)
{
    static const uint8_t cids[] = {KITH_CID_ATT, KITH_CID_SIGNALLING, KITH_CID_SMP, 0, 0x40};
    unsigned requests = 0;

    for (size_t row = 0; row < sizeof forged / sizeof forged[0]; row++) {
        for (size_t i = 0; i < sizeof cids; i++) {
            forge(s, row, cids[i], (uint8_t)(1 + row * 8 + i));
            requests += forged[row].is_request;
        }
    }
    return requests;
}

static void expect_alive(scene *s, bool central, state_of_link state)
{
    const uint8_t guarded = state == ENCRYPTED ? 0 : KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION;

    cast_check(s->room, s->host->link != 0 && s->c.a.connected);
    cast_equal(s->room, level_of(s), state == ENCRYPTED ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_NONE);
    if (!central && state != PAIRING)
        cast_equal(s->room, client_read(&s->c, GUARDED_AT), guarded);
    if (state != PAIRING)
        return;
    actor_resume(&s->c.a, ACTOR_IS_DONE);
    client_run(&s->c, CAST_SECOND);
    cast_equal(s->room, s->host->told[KITH_EVENT_PAIRED], 1);
    cast_equal(s->room, level_of(s), KITH_LEVEL_ENCRYPTED);
}

static void C13_signalling_about_fixed_channels_is_rejected_and_changes_nothing(void **state)
{
    (void)state;
    for (unsigned central = 0; central <= 1; central++) {
        for (unsigned i = 0; i < STATES; i++) {
            unsigned requests, told;
            scene s;

            open_scene(&s, central != 0, (state_of_link)i);
            told = s.host->ends + s.host->told[KITH_EVENT_DISCONNECTED];
            requests = forge_all(&s);
            cast_equal(s.room, s.rejects, requests);
            cast_equal(s.room, s.yes + s.no + s.others, 0);
            cast_equal(s.room, s.host->ends + s.host->told[KITH_EVENT_DISCONNECTED], told);
            expect_alive(&s, central != 0, (state_of_link)i);
            cast_close(s.room);
        }
    }
}

/* Data on channels that signalling spoke of is data on channels that are not there. */
static void C13_no_channel_comes_of_it(void **state)
{
    static const uint8_t read[3] = {KITH_ATT_READ_REQUEST, OPEN_AT, 0};
    static const uint16_t cids[] = {0, 1, 2, 3, 7, 0x20, 0x3f, 0x40, 0x41, 0x7f, 0xffff};
    unsigned answers;
    scene s;

    (void)state;
    open_scene(&s, false, ENCRYPTED);
    (void)forge_all(&s);
    answers = s.c.answers;
    for (size_t i = 0; i < sizeof cids / sizeof cids[0]; i++) {
        actor_send(&s.c.a, cids[i], read, sizeof read);
        client_run(&s.c, PAUSE_US);
    }
    cast_equal(s.room, s.c.answers, answers);
    expect_alive(&s, false, ENCRYPTED);
    cast_close(s.room);
}

/* ---- C15 ---- */

static void wish(scene *s, uint8_t identifier, uint16_t least, uint16_t most, uint16_t latency, uint16_t timeout)
{
    const uint8_t pdu[12] = {KITH_L2CAP_CONNECTION_PARAMETER_UPDATE_REQUEST,
                             identifier,
                             8,
                             0,
                             (uint8_t)least,
                             (uint8_t)(least >> 8),
                             (uint8_t)most,
                             (uint8_t)(most >> 8),
                             (uint8_t)latency,
                             (uint8_t)(latency >> 8),
                             (uint8_t)timeout,
                             (uint8_t)(timeout >> 8)};

    actor_send(&s->c.a, KITH_CID_SIGNALLING, pdu, sizeof pdu);
}

/* The peripheral is the attacker; besides, the phone has a bonded lamp. */
static void open_two(scene *s, cast_host **lamp, kith_parameters_policy policy,
                     const kith_connection_parameters *within)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(382, CAST_TOY);
    cast_phone_config(&config);
    config.limits.links = config.limits.pairings = 2;
    config.accept_parameters = (uint8_t)policy;
    config.parameters_within = within;
    s->host = cast_add(s->room, "phone", &config);
    *lamp = cast_add_lamp(s->room, "lamp");
    cast_start(s->room);
    enter(s);
    actor_accept(&s->c.a, s->host);
    cast_connect(s->host, *lamp);
    cast_pair(s->host, *lamp);
    cast_run(s->room, CAST_SECOND, NULL, NULL);
}

static void C15_parameters_that_cannot_be_are_refused_whatever_the_policy(void **state)
{
    static const uint16_t bad[][4] = {
        {5, 6, 0, 100},   {0, 0, 0, 0},    {6, 3201, 0, 3200},   {80, 40, 0, 100},    {6, 6, 500, 3200},
        {6, 6, 0, 9},     {6, 6, 0, 3201}, {3200, 3200, 0, 800}, {24, 24, 499, 3000}, {65535, 65535, 65535, 65535},
        {6, 6, 0, 65535}, {0, 6, 0, 100},
    };
    cast_host *lamp;
    scene s;

    (void)state;
    for (unsigned policy = KITH_PARAMETERS_ACCEPT; policy <= KITH_PARAMETERS_ASK; policy++) {
        open_two(&s, &lamp, (kith_parameters_policy)policy, NULL);
        for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            wish(&s, (uint8_t)(1 + i), bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
            client_run(&s.c, 3 * CAST_SECOND);
        }
        cast_equal(s.room, s.no, sizeof bad / sizeof bad[0]);
        cast_equal(s.room, s.yes + s.rejects + s.others, 0);
        cast_equal(s.room, s.host->told[KITH_EVENT_PARAMETERS] + s.host->told[KITH_EVENT_PARAMETERS_WANTED], 0);
        cast_equal(s.room, s.host->told[KITH_EVENT_DISCONNECTED], 0);
        cast_close(s.room);
    }
}

static uint64_t time_of_a_read(scene *s)
{
    const uint64_t began = kith_sim_now(s->room->sim);

    cast_read(s->host, CAST_VALUE_HANDLE);
    cast_equal(s->room, s->host->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(s->room, s->host->last[KITH_EVENT_READ].gatt.level, KITH_LEVEL_ENCRYPTED);
    return kith_sim_now(s->room->sim) - began;
}

/* 500 wishes in 30 seconds, each sound: a few are looked at, and the other link is as quick as before. */
static void C15_a_flood_of_wishes_is_looked_at_now_and_then_and_slows_no_other_link(void **state)
{
    enum { WISHES = 500, READS = 20, EVERY_US = 60000 };
    uint64_t before = 0, during = 0;
    unsigned looked_at;
    cast_host *lamp;
    scene s;

    (void)state;
    for (unsigned policy = KITH_PARAMETERS_REFUSE; policy <= KITH_PARAMETERS_ASK; policy++) {
        open_two(&s, &lamp, (kith_parameters_policy)policy, NULL);
        before = during = 0;
        for (unsigned i = 0; i < READS; i++)
            before += time_of_a_read(&s);
        for (unsigned i = 0; i < WISHES; i++) {
            wish(&s, (uint8_t)(1 + i % 255), (uint16_t)(24 + i % 2), (uint16_t)(24 + i % 2), 0, 100);
            client_run(&s.c, EVERY_US);
            if (i % (WISHES / READS) == 0)
                during += time_of_a_read(&s);
        }
        looked_at = s.yes + s.host->told[KITH_EVENT_PARAMETERS_WANTED];
        print_message("policy %u: %u looked at, %u refused, a read takes %u us, and took %u\n", policy, looked_at, s.no,
                      (unsigned)(during / READS), (unsigned)(before / READS));
        cast_check(s.room, policy == KITH_PARAMETERS_REFUSE ? looked_at == 0 : looked_at >= 1 && looked_at <= 16);
        cast_check(s.room, s.yes + s.no + looked_at >= WISHES - 16);
        cast_check(s.room, s.host->told[KITH_EVENT_PARAMETERS] <= looked_at);
        cast_check(s.room, during <= before + READS * 30000);
        cast_equal(s.room, s.host->told[KITH_EVENT_DISCONNECTED], 0);
        cast_close(s.room);
    }
}

/* The same by its link layer, as the phone's controller tells it. */
static void C15_a_flood_by_the_link_layer_is_no_better(void **state)
{
    enum { WISHES = 1000 };
    uint8_t packet[14] = {KITH_H4_EVENT, KITH_HCI_EV_LE_META, 11, 0x06, 1, 0, 24, 0, 24, 0, 0, 0, 100, 0};
    cast_host *lamp;
    scene s;

    (void)state;
    for (unsigned policy = KITH_PARAMETERS_REFUSE; policy <= KITH_PARAMETERS_ASK; policy++) {
        open_two(&s, &lamp, (kith_parameters_policy)policy, NULL);
        for (unsigned i = 0; i < WISHES; i++) {
            packet[6] = packet[8] = (uint8_t)(24 + i % 2);
            cast_equal(s.room, kith_host_receive(s.host->host, packet, sizeof packet, kith_sim_now(s.room->sim)),
                       KITH_OK);
            client_run(&s.c, 10000);
        }
        cast_check(s.room, s.host->told[KITH_EVENT_PARAMETERS_WANTED] <= 8);
        cast_check(s.room, time_of_a_read(&s) < 300000);
        cast_equal(s.room, s.host->told[KITH_EVENT_DISCONNECTED], 0);
        cast_close(s.room);
    }
}

/* What a program allows is the worst that happens: the attacker's own link, at the longest interval. */
static void C15_a_peer_gets_nothing_outside_of_the_bounds(void **state)
{
    static const kith_connection_parameters within = {
        .interval_min_1250us = 12, .interval_max_1250us = 80, .latency = 4, .timeout_10ms = 400};
    cast_host *lamp;
    scene s;

    (void)state;
    open_two(&s, &lamp, KITH_PARAMETERS_ACCEPT, &within);
    wish(&s, 1, 6, 6, 0, 100);
    client_run(&s.c, 3 * CAST_SECOND);
    wish(&s, 2, 3200, 3200, 0, 3200);
    client_run(&s.c, 3 * CAST_SECOND);
    wish(&s, 3, 12, 12, 30, 400);
    client_run(&s.c, 3 * CAST_SECOND);
    cast_equal(s.room, s.no, 3);
    cast_equal(s.room, s.host->told[KITH_EVENT_PARAMETERS], 0);
    client_run(&s.c, 3 * CAST_SECOND);
    wish(&s, 4, 80, 80, 4, 400);
    client_run(&s.c, 3 * CAST_SECOND);
    cast_equal(s.room, s.yes, 1);
    cast_equal(s.room, s.host->last[KITH_EVENT_PARAMETERS].parameters.interval_1250us, 80);
    cast_check(s.room, time_of_a_read(&s) < 300000);
    cast_close(s.room);
}

/* A central that asks us, a peripheral, by signalling is told that it makes no sense; nobody's parameters change. */
static void C15_a_peripheral_takes_no_wish_by_signalling(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, false, ENCRYPTED);
    for (uint8_t i = 1; i <= 20; i++) {
        wish(&s, i, 3200, 3200, 0, 3200);
        client_run(&s.c, PAUSE_US);
    }
    cast_equal(s.room, s.rejects, 20);
    cast_equal(s.room, s.yes + s.no, 0);
    cast_equal(s.room, s.host->told[KITH_EVENT_PARAMETERS], 0);
    expect_alive(&s, false, ENCRYPTED);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C13_signalling_about_fixed_channels_is_rejected_and_changes_nothing),
        cmocka_unit_test(C13_no_channel_comes_of_it),
        cmocka_unit_test(C15_parameters_that_cannot_be_are_refused_whatever_the_policy),
        cmocka_unit_test(C15_a_flood_of_wishes_is_looked_at_now_and_then_and_slows_no_other_link),
        cmocka_unit_test(C15_a_flood_by_the_link_layer_is_no_better),
        cmocka_unit_test(C15_a_peer_gets_nothing_outside_of_the_bounds),
        cmocka_unit_test(C15_a_peripheral_takes_no_wish_by_signalling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
