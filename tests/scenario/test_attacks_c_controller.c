/* A controller that lies, or is broken: row C17 of docs/attacks.md.  Every event code at every length goes to a host
 * with a plain link, one that is being paired, and an encrypted one; so do events of handles that nobody has, answers
 * to commands that nobody gave, and lengths that contradict themselves.  One packet of a controller gives no level, no
 * bond and no end that did not happen; what is about other links leaves this one as it is.  More than that no host can
 * do about its own controller.  Octets are copied to memory of their own size, so that a sanitizer sees reading past.
 */
#include "client.h"

enum { SHORT = 40, FILLS = 4, UNKNOWN_HANDLE = 0x0e00 };
enum { SETTLED_US = 100000 }; /* a disconnection that comes of it is told by then */
static const unsigned long_lengths[] = {64, 128, 254, 255};

typedef enum { PLAIN, PAIRING, ENCRYPTED, STATES } state_of_link;

typedef struct {
    state_of_link state;
    cast_room *room;
    cast_host *lamp;
    client c;
    unsigned told, bonds; /* when the link stood */
    unsigned packets, refused, moved, rooms;
} scene;

static unsigned told_in_all(const cast_host *h)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < CAST_KINDS; i++)
        sum += h->told[i];
    return sum;
}

static void open_scene(scene *s)
{
    kith_config config;

    s->room = cast_open(351, CAST_TOY);
    client_server_config(&config, &kith_volatile_store);
    s->lamp = cast_add(s->room, "lamp", &config);
    cast_start(s->room);
    client_enter(&s->c, s->room);
    client_meet(&s->c, s->lamp);
    assert_int_equal(kith_pairing_open(s->lamp->host, 30000), KITH_OK);
    if (s->state == PAIRING)
        cast_check(s->room, actor_pair(&s->c.a, ACTOR_SENDS_CHECK));
    if (s->state == ENCRYPTED)
        client_pair(&s->c, s->lamp);
    client_run(&s->c, 300000);
    s->told = told_in_all(s->lamp);
    s->bonds = kith_bonds_count(s->lamp->host);
    s->rooms++;
}

static kith_level level_of(const scene *s)
{
    kith_event_security now;

    return kith_security_of(s->lamp->host, s->lamp->link, &now) == KITH_OK ? now.level : KITH_LEVEL_NONE;
}

static kith_status give(scene *s, const uint8_t *packet, size_t len)
{
    uint8_t *copy = malloc(len);
    kith_status status;

    assert_non_null(copy);
    memcpy(copy, packet, len);
    status = kith_host_receive(s->lamp->host, copy, len, kith_sim_now(s->room->sim));
    free(copy);
    s->packets++;
    s->refused += status == KITH_ERR_VALUE;
    client_run(&s->c, SETTLED_US);
    return status;
}

/* What no single packet may do, whatever it is. */
static void expect_nothing_gained(scene *s, unsigned code, size_t len)
{
    const kith_level had = s->state == ENCRYPTED ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_NONE;

    if (level_of(s) > had || s->lamp->highest > had || kith_bonds_count(s->lamp->host) != s->bonds ||
        s->lamp->told[KITH_EVENT_PAIRED] != (s->state == ENCRYPTED) || s->lamp->told[KITH_EVENT_ENCRYPTED] != 0)
        cast_fail(s->room, "event %02x with %zu octets gave something", code, len);
    cast_equal(s->room, kith_host_dropped(s->lamp->host), 0);
}

static bool has_moved(const scene *s)
{
    return told_in_all(s->lamp) != s->told || s->lamp->link == 0;
}

/* The link is as good as before. */
static void expect_served(scene *s)
{
    if (s->state == ENCRYPTED) {
        cast_equal(s->room, client_read(&s->c, GUARDED_AT), 0);
        assert_memory_equal(s->c.answer + 1, CAST_SECRET, 6);
    } else if (s->state == PLAIN) {
        cast_equal(s->room, client_read(&s->c, GUARDED_AT), KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    }
}

static void renew_if_moved(scene *s)
{
    if (!has_moved(s))
        return;
    s->moved++;
    cast_close(s->room);
    open_scene(s);
}

/* Zeros; ones; a status, then our handle; our handle first. */
static void fill(uint8_t *parameters, size_t len, unsigned how, uint16_t handle)
{
    const size_t at = how == 2 ? 1 : 0;

    memset(parameters, how == 1 ? 0xff : 0, len);
    if (how >= 2 && len > at)
        parameters[at] = (uint8_t)handle;
    if (how >= 2 && len > at + 1)
        parameters[at + 1] = (uint8_t)(handle >> 8);
    for (size_t i = at + 2; how >= 2 && i < len; i++)
        parameters[i] = 1;
}

static void try_event(scene *s, uint8_t code, int subevent, size_t len, unsigned how)
{
    uint8_t packet[3 + 255] = {KITH_H4_EVENT, code, (uint8_t)len};
    kith_status status;

    if (subevent >= 0 && len > 0) {
        packet[3] = (uint8_t)subevent;
        fill(packet + 4, len - 1, how, 1);
    } else {
        fill(packet + 3, len, how, 1);
    }
    status = give(s, packet, 3 + len);
    cast_check(s->room, status == KITH_OK || status == KITH_ERR_VALUE);
    expect_nothing_gained(s, code, len);
    renew_if_moved(s);
}

static void try_lengths(scene *s, uint8_t code, int subevent)
{
    for (unsigned how = 0; how < FILLS; how++) {
        for (size_t len = 0; len < SHORT; len++)
            try_event(s, code, subevent, len, how);
        for (size_t i = 0; i < sizeof long_lengths / sizeof long_lengths[0]; i++)
            try_event(s, code, subevent, long_lengths[i], how);
    }
    expect_served(s);
}

static void sweep(state_of_link state, bool le)
{
    scene s = {.state = state};

    open_scene(&s);
    for (unsigned code = 0; code < 256; code++)
        try_lengths(&s, le ? KITH_HCI_EV_LE_META : (uint8_t)code, le ? (int)code : -1);
    print_message("state %d, %s: %u packets, %u refused, %u moved the host, %u rooms\n", (int)state,
                  le ? "LE subevents" : "event codes", s.packets, s.refused, s.moved, s.rooms);
    cast_check(s.room, s.packets == 256 * FILLS * (SHORT + 4) && s.moved > 0);
    cast_close(s.room);
    open_scene(&s); /* what was tried on it was a pairing that would have gone well */
    if (state == PAIRING) {
        actor_resume(&s.c.a, ACTOR_IS_DONE);
        client_run(&s.c, CAST_SECOND);
        cast_equal(s.room, s.lamp->told[KITH_EVENT_PAIRED], 1);
    }
    cast_close(s.room);
}

static void C17_no_event_of_any_code_and_length_gives_anything(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STATES; i++)
        sweep((state_of_link)i, false);
}

static void C17_no_le_subevent_of_any_code_and_length_gives_anything(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STATES; i++)
        sweep((state_of_link)i, true);
}

/* ---- about links that nobody has ---- */

/* A connection of its own, or no link at all, is what these are about. */
static bool is_about_a_link(uint8_t code, int subevent)
{
    if (code != KITH_HCI_EV_LE_META)
        return code != KITH_HCI_EV_COMMAND_COMPLETE && code != KITH_HCI_EV_COMMAND_STATUS &&
               code != KITH_HCI_EV_HARDWARE_ERROR;
    return subevent != KITH_HCI_LE_EV_CONNECTION_COMPLETE && subevent != KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE;
}

static void try_unknown_handle(scene *s, uint8_t code, int subevent)
{
    for (unsigned how = 2; how < FILLS; how++) {
        for (size_t len = 3; len < SHORT; len++) {
            uint8_t packet[3 + 255] = {KITH_H4_EVENT, code, (uint8_t)len, (uint8_t)subevent};
            size_t at = subevent >= 0 ? 4 : 3;

            fill(packet + at, len - (at - 3), how, UNKNOWN_HANDLE);
            (void)give(s, packet, 3 + len);
            if (has_moved(s))
                cast_fail(s->room, "event %02x %d with %zu octets about another link", code, subevent, len);
        }
    }
}

static void C17_events_of_unknown_handles_change_nothing(void **state)
{
    scene s = {.state = ENCRYPTED};

    (void)state;
    open_scene(&s);
    for (unsigned code = 0; code < 256; code++) {
        if (code != KITH_HCI_EV_LE_META && is_about_a_link((uint8_t)code, -1))
            try_unknown_handle(&s, (uint8_t)code, -1);
        if (is_about_a_link(KITH_HCI_EV_LE_META, (int)code))
            try_unknown_handle(&s, KITH_HCI_EV_LE_META, (int)code);
    }
    expect_served(&s);
    print_message("%u packets\n", s.packets);
    cast_close(s.room);
}

/* ---- answers to nothing ---- */

/* Command Complete and Command Status, of all commands there can be: nobody asked. */
static void C17_answers_to_commands_that_nobody_gave_change_nothing(void **state)
{
    scene s = {.state = ENCRYPTED};

    (void)state;
    open_scene(&s);
    for (unsigned group = 0; group < 64; group++) {
        for (unsigned command = 0; command < 0x80; command++) {
            const uint16_t opcode = (uint16_t)(group << 10 | command);
            const uint8_t low = (uint8_t)opcode, high = (uint8_t)(opcode >> 8);
            const uint8_t complete[] = {KITH_H4_EVENT, KITH_HCI_EV_COMMAND_COMPLETE, 7, 1, low, high, 0, 1, 0, 1};
            const uint8_t failed[] = {KITH_H4_EVENT, KITH_HCI_EV_COMMAND_COMPLETE, 4, 1, low, high, 0x0c};
            const uint8_t status[] = {KITH_H4_EVENT, KITH_HCI_EV_COMMAND_STATUS, 4, 0x0c, 1, low, high};

            (void)give(&s, complete, sizeof complete);
            (void)give(&s, failed, sizeof failed);
            (void)give(&s, status, sizeof status);
            if (has_moved(&s))
                cast_fail(s.room, "an answer to %04x that nobody asked for", opcode);
        }
        expect_served(&s);
    }
    print_message("%u packets\n", s.packets);
    cast_close(s.room);
}

/* More packets acknowledged than were given, of links that are there and of others, and lists that end early. */
static void C17_packets_completed_that_were_never_sent_change_nothing(void **state)
{
    static const uint8_t counts[][10] = {
        {1, 1, 0, 0xff, 0xff}, {1, 1, 0, 1, 0},          {2, 1, 0, 0xff, 0xff, 0, 0x0e, 0xff, 0xff},
        {9, 1, 0, 1, 0},       {0xff, 1, 0, 0xff, 0xff}, {0},
    };
    static const uint8_t lens[] = {5, 5, 9, 5, 5, 1};
    scene s = {.state = ENCRYPTED};

    (void)state;
    open_scene(&s);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < sizeof lens; i++) {
            uint8_t packet[13] = {KITH_H4_EVENT, KITH_HCI_EV_COMPLETED_PACKETS, lens[i]};

            memcpy(packet + 3, counts[i], lens[i]);
            (void)give(&s, packet, 3u + lens[i]);
        }
        expect_served(&s);
    }
    cast_check(s.room, !has_moved(&s));
    cast_close(s.room);
}

/* ---- packets that contradict themselves ---- */

static void C17_a_length_that_is_not_the_packets_is_refused(void **state)
{
    scene s = {.state = ENCRYPTED};
    uint8_t packet[5 + 64] = {0};

    (void)state;
    open_scene(&s);
    for (unsigned code = 0; code < 256; code++) {
        for (size_t stated = 0; stated < 12; stated++) {
            for (size_t given = 0; given < 12; given++) {
                packet[0] = KITH_H4_EVENT;
                packet[1] = (uint8_t)code;
                packet[2] = (uint8_t)stated;
                if (stated != given)
                    cast_equal(s.room, give(&s, packet, 3 + given), KITH_ERR_VALUE);
            }
        }
    }
    for (size_t stated = 0; stated < 40; stated++) {
        for (size_t given = 0; given < 40; given++) {
            const uint8_t header[5] = {KITH_H4_ACL, 1, 0x20, (uint8_t)stated, 0};

            memcpy(packet, header, 5);
            if (stated != given)
                cast_equal(s.room, give(&s, packet, 5 + given), KITH_ERR_VALUE);
        }
    }
    for (unsigned type = 0; type < 256; type++) {
        packet[0] = (uint8_t)type;
        for (size_t len = 1; len < 3; len++)
            cast_equal(s.room, give(&s, packet, len), KITH_ERR_VALUE);
    }
    cast_check(s.room, !has_moved(&s));
    expect_served(&s);
    print_message("%u packets, %u refused\n", s.packets, s.refused);
    cast_close(s.room);
}

/* Data of other links, that goes on with nothing, of lengths that do not fit, and on channels that are not there. */
static void C17_data_of_any_shape_leaves_the_link_as_it_was(void **state)
{
    scene s = {.state = ENCRYPTED};

    (void)state;
    open_scene(&s);
    for (unsigned flags = 0; flags < 16; flags++) {
        for (unsigned known = 0; known <= 1; known++) {
            for (uint8_t len = 0; len < 30; len++) {
                for (unsigned stated = 0; stated < 4; stated++) { /* L2CAP length: fits, less, more, 65535 */
                    const uint16_t handle = known != 0 ? 1 : UNKNOWN_HANDLE;
                    const int inner = stated == 3 ? 0xffff : (int)len - 4 + (stated == 1 ? -1 : stated == 2 ? 1 : 0);
                    uint8_t packet[5 + 30] = {KITH_H4_ACL,
                                              (uint8_t)handle,
                                              (uint8_t)(handle >> 8 | flags << 4),
                                              len,
                                              0,
                                              (uint8_t)inner,
                                              (uint8_t)(inner >> 8),
                                              0x40,
                                              0,
                                              1,
                                              2,
                                              3};

                    (void)give(&s, packet, 5u + len);
                }
            }
        }
        if (!has_moved(&s))
            expect_served(&s);
        renew_if_moved(&s);
    }
    print_message("%u packets, %u refused, %u moved the host\n", s.packets, s.refused, s.moved);
    cast_equal(s.room, s.moved, 0);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C17_no_event_of_any_code_and_length_gives_anything),
        cmocka_unit_test(C17_no_le_subevent_of_any_code_and_length_gives_anything),
        cmocka_unit_test(C17_events_of_unknown_handles_change_nothing),
        cmocka_unit_test(C17_answers_to_commands_that_nobody_gave_change_nothing),
        cmocka_unit_test(C17_packets_completed_that_were_never_sent_change_nothing),
        cmocka_unit_test(C17_a_length_that_is_not_the_packets_is_refused),
        cmocka_unit_test(C17_data_of_any_shape_leaves_the_link_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
