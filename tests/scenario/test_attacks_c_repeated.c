/* What a controller tells twice, late, or of what is not there: row C16 of docs/attacks.md.  Each name begins with its
 * row.  Every kind of event that we take comes three times on a link that stands, once more after that link's end, and
 * for a handle that nobody has: what has happened is told once, and the link is as good as before.  */
#include "client.h"

enum { HANDLE = 1, DEAD = 0x0e00, SETTLED_US = 100000 };

typedef struct {
    cast_room *room;
    cast_host *lamp;
    client c;
} scene;

static void open_scene(scene *s)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(391, CAST_TOY);
    client_server_config(&config, &kith_volatile_store);
    s->lamp = cast_add(s->room, "lamp", &config);
    cast_start(s->room);
    client_enter(&s->c, s->room);
    client_meet(&s->c, s->lamp);
    client_pair(&s->c, s->lamp);
    client_run(&s->c, 300000);
}

static unsigned told_in_all(const scene *s)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < CAST_KINDS; i++)
        sum += s->lamp->told[i];
    return sum;
}

static void give(scene *s, uint8_t code, const uint8_t *parameters, size_t len)
{
    uint8_t packet[64] = {KITH_H4_EVENT, code, (uint8_t)len};

    memcpy(packet + 3, parameters, len);
    cast_equal(s->room, kith_host_receive(s->lamp->host, packet, 3 + len, kith_sim_now(s->room->sim)), KITH_OK);
    client_run(&s->c, SETTLED_US);
}

static void expect_served(scene *s)
{
    kith_event_security now;

    cast_equal(s->room, kith_security_of(s->lamp->host, s->lamp->link, &now), KITH_OK);
    cast_equal(s->room, now.level, KITH_LEVEL_ENCRYPTED);
    cast_equal(s->room, client_read(&s->c, GUARDED_AT), 0);
    assert_memory_equal(s->c.answer + 1, CAST_SECRET, 6);
    cast_equal(s->room, kith_bonds_count(s->lamp->host), 1);
}

/* 0xee 0xee is the handle.  tells: how many events the first one makes, and those after it none. */
static const struct {
    const char *name;
    uint8_t code, len;
    unsigned tells;
    uint8_t p[24];
} events[] = {
    {"Encryption Change, on", 0x08, 4, 0, {0, 0xee, 0xee, 1}},
    {"Key Refresh", 0x30, 3, 0, {0, 0xee, 0xee}},
    {"Disconnection, failed", 0x05, 4, 0, {0x0c, 0xee, 0xee, 0x13}},
    {"Disconnection, cut", 0x05, 3, 0, {0, 0xee, 0xee}},
    {"Completed Packets, more than were sent", 0x13, 5, 0, {1, 0xee, 0xee, 0xff, 0xff}},
    {"Completed Packets, twice in one", 0x13, 9, 0, {2, 0xee, 0xee, 0xff, 0xff, 0xee, 0xee, 1, 0}},
    {"Read Remote Version", 0x0c, 8, 0, {0, 0xee, 0xee, 9, 0, 0, 0, 0}},
    {"Data Buffer Overflow", 0x1a, 1, 0, {1}},
    {"Update Complete, the same", 0x3e, 10, 0, {0x03, 0, 0xee, 0xee, 24, 0, 0, 0, 100, 0}},
    {"Update Complete, others", 0x3e, 10, 1, {0x03, 0, 0xee, 0xee, 48, 0, 0, 0, 200, 0}},
    {"Update Complete, failed", 0x3e, 10, 0, {0x03, 0x3b, 0xee, 0xee, 48, 0, 0, 0, 200, 0}},
    {"Remote Features", 0x3e, 12, 0, {0x04, 0, 0xee, 0xee, 0xff, 0xff, 0xff}},
    {"Parameter Request", 0x3e, 11, 0, {0x06, 0xee, 0xee, 48, 0, 48, 0, 0, 0, 200, 0}},
    {"Parameter Request, unsound", 0x3e, 11, 0, {0x06, 0xee, 0xee, 0xff, 0xff, 0, 0, 0, 0, 0, 0}},
    {"Data Length Change", 0x3e, 11, 1, {0x07, 0xee, 0xee, 100, 0, 0x90, 3, 90, 0, 0x40, 3}},
    {"Data Length Change, out of range", 0x3e, 11, 0, {0x07, 0xee, 0xee, 0, 0, 0, 0, 0xff, 0xff, 0, 0}},
    {"PHY Update Complete", 0x3e, 6, 1, {0x0c, 0, 0xee, 0xee, 2, 3}},
    {"PHY Update Complete, no PHY", 0x3e, 6, 0, {0x0c, 0, 0xee, 0xee, 0, 9}},
    {"PHY Update Complete, failed", 0x3e, 6, 0, {0x0c, 0x1a, 0xee, 0xee, 1, 1}},
    {"Scan Timeout", 0x3e, 1, 0, {0x11}},
    {"Advertising Set Terminated", 0x3e, 6, 0, {0x12, 0, 0, 0xee, 0xee, 0}},
    {"Advertising Set Terminated, a set that is not there", 0x3e, 6, 0, {0x12, 0, 0x77, 0xee, 0xee, 0}},
    {"Advertising Set Terminated, at its limit", 0x3e, 6, 0, {0x12, 0x3c, 0, 0, 0, 9}},
    {"Scan Request Received", 0x3e, 9, 0, {0x13, 0, 0, 1, 2, 3, 4, 5, 6}},
    {"Channel Selection", 0x3e, 4, 0, {0x14, 0xee, 0xee, 1}},
    {"Payload Timeout, one each time", 0x57, 2, 1, {0xee, 0xee}},
    {"an event of nobody", 0xf0, 4, 0, {0, 0xee, 0xee, 0}},
    {"a subevent of nobody", 0x3e, 6, 0, {0xf0, 0, 0xee, 0xee, 1, 1}},
};
enum { EVENTS = sizeof events / sizeof events[0], PAYLOAD_TIMEOUT = 0x57 };

static void put_event(scene *s, size_t at, uint16_t handle)
{
    uint8_t p[24];

    memcpy(p, events[at].p, sizeof p);
    for (size_t i = 0; i + 1 < sizeof p; i++) {
        if (p[i] != 0xee || p[i + 1] != 0xee)
            continue;
        p[i] = (uint8_t)handle;
        p[i + 1] = (uint8_t)(handle >> 8);
    }
    give(s, events[at].code, p, events[at].len);
}

static void C16_what_comes_three_times_is_told_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVENTS; i++) {
        unsigned before, tells = events[i].tells;
        scene s;

        open_scene(&s);
        before = told_in_all(&s);
        for (unsigned n = 0; n < 3; n++)
            put_event(&s, i, HANDLE);
        tells *= events[i].code == PAYLOAD_TIMEOUT ? 3 : 1; /* that is about a time, which may pass again */
        if (told_in_all(&s) != before + tells)
            cast_fail(s.room, "%s: told %u", events[i].name, told_in_all(&s) - before);
        expect_served(&s);
        cast_close(s.room);
    }
}

static void C16_what_is_about_a_handle_of_nobody_is_not_told(void **state)
{
    unsigned before;
    scene s;

    (void)state;
    open_scene(&s);
    before = told_in_all(&s);
    for (size_t i = 0; i < EVENTS; i++) {
        put_event(&s, i, DEAD);
        if (told_in_all(&s) != before)
            cast_fail(s.room, "%s", events[i].name);
    }
    expect_served(&s);
    cast_close(s.room);
}

/* As of a link that has gone a moment ago: on its handle there is nobody. */
static void C16_what_comes_after_the_end_is_not_told(void **state)
{
    static const uint8_t data[] = {KITH_H4_ACL, HANDLE, 0x20, 7, 0, 3, 0, KITH_CID_ATT, 0, 0x0a, GUARDED_AT, 0};
    static const uint8_t gone[4] = {0, HANDLE, 0, 0x13};
    unsigned before;
    scene s;

    (void)state;
    open_scene(&s);
    client_leave(&s.c, s.lamp);
    client_run(&s.c, SETTLED_US);
    before = told_in_all(&s);
    for (size_t i = 0; i < EVENTS; i++) {
        put_event(&s, i, HANDLE);
        if (told_in_all(&s) != before)
            cast_fail(s.room, "%s", events[i].name);
    }
    give(&s, 0x05, gone, sizeof gone);
    cast_equal(s.room, kith_host_receive(s.lamp->host, data, sizeof data, kith_sim_now(s.room->sim)), KITH_OK);
    client_run(&s.c, SETTLED_US);
    cast_equal(s.room, told_in_all(&s), before);
    client_meet(&s.c, s.lamp);
    client_encrypt(&s.c, s.lamp);
    expect_served(&s);
    cast_close(s.room);
}

/* The end of a link, three times: DISCONNECTED once, also where it is a request of ours that ends with it. */
static void C16_an_end_that_is_told_again_is_told_once(void **state)
{
    static const uint8_t gone[4] = {0, HANDLE, 0, 0x08};
    static const kith_connection_parameters slow = {80, 80, 0, 400};

    (void)state;
    for (unsigned busy = 0; busy <= 1; busy++) {
        kith_link link;
        scene s;

        open_scene(&s);
        link = s.lamp->link;
        if (busy) {
            cast_equal(s.room, kith_gap_update_parameters(s.lamp->host, link, &slow), KITH_OK);
            cast_equal(s.room, kith_gap_read_rssi(s.lamp->host, link), KITH_OK);
        }
        for (unsigned n = 0; n < 3; n++)
            give(&s, 0x05, gone, sizeof gone);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_DISCONNECTED], 1);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_PARAMETERS], busy);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_RSSI], busy);
        cast_equal(s.room, kith_bonds_count(s.lamp->host), 1);
        cast_close(s.room);
    }
}

static size_t connection(uint8_t *p, bool enhanced, uint8_t role, uint16_t handle, const kith_address *peer)
{
    size_t at = enhanced ? 24 : 12;

    memset(p, 0, 32);
    p[0] = enhanced ? KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE : KITH_HCI_LE_EV_CONNECTION_COMPLETE;
    p[2] = (uint8_t)handle;
    p[3] = (uint8_t)(handle >> 8);
    p[4] = role;
    p[5] = peer->type;
    memcpy(p + 6, peer->octets, 6);
    p[at] = 24;
    p[at + 4] = 100;
    return at + 7;
}

/* The same link once more, by either event: nothing.  Another peer, or another role, under its handle: that one must
 * have gone, and is told so once; nothing of it is left to the newcomer. */
static void C16_a_connection_that_is_told_again_is_the_same_and_another_one_is_new(void **state)
{
    (void)state;
    for (unsigned enhanced = 0; enhanced <= 1; enhanced++) {
        kith_event_security now;
        kith_address other;
        uint8_t p[32];
        size_t len;
        scene s;

        open_scene(&s);
        len = connection(p, enhanced != 0, 1, HANDLE, &s.c.a.own);
        for (unsigned n = 0; n < 3; n++)
            give(&s, KITH_HCI_EV_LE_META, p, len);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_CONNECTED], 1);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_DISCONNECTED], 0);
        expect_served(&s);
        other = s.c.a.own;
        other.octets[0] ^= 1;
        len = connection(p, enhanced != 0, 1, HANDLE, &other);
        give(&s, KITH_HCI_EV_LE_META, p, len);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_CONNECTED], 2);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_DISCONNECTED], 1);
        cast_equal(s.room, kith_security_of(s.lamp->host, s.lamp->link, &now), KITH_OK);
        cast_equal(s.room, now.level, KITH_LEVEL_NONE);
        cast_close(s.room);
    }
}

/* Encryption that is told again after it went off: not on for that. */
static void C16_encryption_that_is_told_late_protects_nothing(void **state)
{
    static const uint8_t on[4] = {0, HANDLE, 0, 1}, off[4] = {0, HANDLE, 0, 0}, refreshed[3] = {0, HANDLE, 0};
    scene s;

    (void)state;
    open_scene(&s);
    give(&s, 0x08, off, sizeof off);
    give(&s, 0x08, on, sizeof on);
    give(&s, 0x30, refreshed, sizeof refreshed);
    cast_equal(s.room, s.lamp->link, 0);
    cast_equal(s.room, s.lamp->told[KITH_EVENT_DISCONNECTED], 1);
    cast_equal(s.room, s.lamp->told[KITH_EVENT_PAIRED] + s.lamp->told[KITH_EVENT_ENCRYPTED], 1);
    cast_equal(s.room, kith_bonds_count(s.lamp->host), 1);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C16_what_comes_three_times_is_told_once),
        cmocka_unit_test(C16_what_is_about_a_handle_of_nobody_is_not_told),
        cmocka_unit_test(C16_what_comes_after_the_end_is_not_told),
        cmocka_unit_test(C16_an_end_that_is_told_again_is_told_once),
        cmocka_unit_test(C16_a_connection_that_is_told_again_is_the_same_and_another_one_is_new),
        cmocka_unit_test(C16_encryption_that_is_told_late_protects_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
