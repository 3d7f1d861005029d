/* Attacks on what we serve: rows C4 to C8 and C12 of docs/attacks.md.  Each name begins with its row.  The attacker is
 * a scripted client; what it is refused here, somebody who may is served beside it. */
#include "client.h"
#include "memory_store.h"

enum { LEVELS = 4, LONG = 4, SIZED = 10 };
/* Values of level 1 to 4 by id; handles of values, each with its configuration behind it, from VALUE_AT on. */
enum { VALUE_AT = 16, VALUE_STEP = 3, SIZED_AT = VALUE_AT + VALUE_STEP * LEVELS };

static uint8_t octets[LEVELS + 1][LONG];
static kith_variable variables[LEVELS + 1];
#define GUARDED_VALUE(n, permission)                                                                                   \
    {                                                                                                                  \
        .uuid = KITH_UUID16(0x2b00 + (n)),                                                                             \
        .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE |                \
                      KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE,                                                   \
        .permissions = (permission), .id = (n), .variable = &variables[(n)-1]                                          \
    }
static const kith_characteristic characteristics[] = {
    GUARDED_VALUE(1, KITH_READ_OPEN | KITH_WRITE_OPEN),
    GUARDED_VALUE(2, KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED),
    GUARDED_VALUE(3, KITH_READ_AUTHENTICATED | KITH_WRITE_AUTHENTICATED),
    GUARDED_VALUE(4, KITH_READ_SC_AUTHENTICATED | KITH_WRITE_SC_AUTHENTICATED),
    {.uuid = KITH_UUID16(0x2b05),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE |
                   KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE,
     .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED | KITH_KEY_SIZE(16),
     .id = SIZED,
     .variable = &variables[LEVELS]},
};
static const kith_service guarded[] = {
    {.uuid = KITH_UUID16(CAST_SERVICE), .characteristics = characteristics, .characteristic_count = 5},
};

typedef struct {
    cast_room *room;
    cast_host *server;
    memory_store store;
    client c;
} scene;

static void reset_values(void)
{
    for (unsigned i = 0; i <= LEVELS; i++) {
        memcpy(octets[i], "s3cr", LONG);
        variables[i] = (kith_variable){.octets = octets[i], .len = LONG, .max = LONG};
    }
}

static void open_scene_of(scene *s, const kith_service *services)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    reset_values();
    s->room = cast_open(311, CAST_TOY);
    memory_store_init(&s->store, 20);
    client_server_config(&config, &s->store.store);
    config.services = services;
    config.security.io = KITH_IO_DISPLAY_YES_NO;
    config.security.min_key_size = 7;
    s->server = cast_add(s->room, "server", &config);
    s->server->answers = true;
    s->server->answer = KITH_NUMBERS_EQUAL;
    cast_start(s->room);
    client_enter(&s->c, s->room);
}

static void open_scene(scene *s)
{
    open_scene_of(s, guarded);
}

/* A link of this level: 1, 2 or 4 (level 3 is what legacy pairing reached before Core 6.2). */
static void reach(scene *s, unsigned level)
{
    client_meet(&s->c, s->server);
    if (level == KITH_LEVEL_NONE)
        return;
    s->c.a.io = level == KITH_LEVEL_SC_AUTHENTICATED ? KITH_IO_DISPLAY_YES_NO : KITH_IO_NO_INPUT_NO_OUTPUT;
    s->c.a.mitm = level == KITH_LEVEL_SC_AUTHENTICATED ? KITH_AUTH_MITM : 0;
    client_pair(&s->c, s->server);
    cast_equal(s->room, s->server->end.level, level);
}

/* ---- every way to a value ---- */

static uint16_t handle_of(unsigned n)
{
    return (uint16_t)(VALUE_AT + VALUE_STEP * (n - 1));
}

static bool answer_holds(const scene *s, const char *octets4)
{
    for (size_t i = 0; i + LONG <= s->c.answer_len; i++)
        if (memcmp(s->c.answer + i, octets4, LONG) == 0)
            return true;
    return false;
}

/* Asks, and says whether what value n holds came back; *error: what was answered instead. */
static bool gives(scene *s, const uint8_t *pdu, size_t len, uint8_t *error)
{
    client_ask(&s->c, pdu, len);
    *error = s->c.answer[0] == KITH_ATT_ERROR_RESPONSE ? s->c.answer[4] : 0;
    return answer_holds(s, "s3cr");
}

enum { READS = 6, WRITES = 4 };

/* The ways to read; the last does not give the value but finds it: who may not read it must not find it. */
static bool can_read(scene *s, unsigned way, unsigned n, uint8_t *error)
{
    const uint8_t low = (uint8_t)handle_of(n), type = (uint8_t)n;
    const uint8_t read[] = {KITH_ATT_READ_REQUEST, low, 0};
    const uint8_t blob[] = {KITH_ATT_READ_BLOB_REQUEST, low, 0, 0, 0};
    const uint8_t by_type[] = {KITH_ATT_READ_BY_TYPE_REQUEST, 1, 0, 0xff, 0xff, type, 0x2b};
    const uint8_t multiple[] = {KITH_ATT_READ_MULTIPLE_REQUEST, low, 0, FEATURES_AT, 0};
    const uint8_t variable[] = {KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST, FEATURES_AT, 0, low, 0};
    const uint8_t find[] = {KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST, 1, 0, 0xff, 0xff, type, 0x2b, 's', '3', 'c', 'r'};

    switch (way) {
    case 0:
        return gives(s, read, sizeof read, error);
    case 1:
        return gives(s, blob, sizeof blob, error);
    case 2:
        return gives(s, by_type, sizeof by_type, error);
    case 3:
        return gives(s, multiple, sizeof multiple, error);
    case 4:
        return gives(s, variable, sizeof variable, error);
    default:
        (void)gives(s, find, sizeof find, error);
        return *error == 0;
    }
}

/* The ways to write, each "new!": was it taken? */
static bool can_write(scene *s, unsigned way, unsigned n)
{
    const uint16_t handle = handle_of(n);
    uint8_t command[3 + LONG + 12] = {KITH_ATT_WRITE_COMMAND, (uint8_t)handle, 0, 'n', 'e', 'w', '!'};

    memcpy(octets[n - 1], "s3cr", LONG);
    switch (way) {
    case 0:
        (void)client_write(&s->c, handle, "new!", LONG);
        break;
    case 1:
        client_say(&s->c, command, 3 + LONG);
        break;
    case 2:
        (void)client_prepare(&s->c, handle, 0, "new!", LONG);
        (void)client_execute(&s->c);
        break;
    default:
        command[0] = KITH_ATT_SIGNED_WRITE_COMMAND; /* nobody may: no value here takes them */
        client_say(&s->c, command, sizeof command);
        break;
    }
    client_run(&s->c, 200000);
    return memcmp(octets[n - 1], "new!", LONG) == 0;
}

static void C4_each_value_is_for_links_of_its_level_and_no_lower(void **state)
{
    static const unsigned levels[] = {1, 2, 4};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        scene s;

        open_scene(&s);
        reach(&s, levels[i]);
        for (unsigned n = 1; n <= LEVELS; n++) {
            bool may = levels[i] >= n;
            uint8_t error;

            for (unsigned way = 0; way < READS; way++)
                cast_equal(s.room, can_read(&s, way, n, &error), may);
            for (unsigned way = 0; way < WRITES; way++)
                cast_equal(s.room, can_write(&s, way, n), may && way != 3);
            cast_equal(s.room, client_subscribe(&s.c, handle_of(n), KITH_SUBSCRIBED_NOTIFY) == 0, may);
        }
        cast_close(s.room);
    }
}

/* ---- C5: values that clients are told of ---- */

/* The same table before and after an update, but for what the value asks of links. */
enum { TOLD = 1, TOLD_AT = 16 };
static const kith_characteristic was_open = {.uuid = KITH_UUID16(0x2b10),
                                             .properties =
                                                 KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE,
                                             .permissions = KITH_READ_OPEN,
                                             .id = TOLD,
                                             .value = CAST_SECRET,
                                             .value_len = 6};
static const kith_characteristic is_strict = {.uuid = KITH_UUID16(0x2b10),
                                              .properties =
                                                  KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE,
                                              .permissions = KITH_READ_SC_AUTHENTICATED,
                                              .id = TOLD,
                                              .value = CAST_SECRET,
                                              .value_len = 6};
static const kith_service table_before[] = {
    {.uuid = KITH_UUID16(CAST_SERVICE), .characteristics = &was_open, .characteristic_count = 1}};
static const kith_service table_after[] = {
    {.uuid = KITH_UUID16(CAST_SERVICE), .characteristics = &is_strict, .characteristic_count = 1}};

static kith_status notify(scene *s)
{
    kith_status status = kith_gatt_notify(s->server->host, s->server->link, TOLD, CAST_SECRET, 6);

    client_run(&s->c, 200000);
    return status;
}

static void come_back(scene *s)
{
    client_leave(&s->c, s->server);
    client_run(&s->c, 1000);
    client_meet(&s->c, s->server);
}

static void reboot_with(scene *s, const kith_service *services)
{
    client_leave(&s->c, s->server);
    client_run(&s->c, CAST_SECOND);
    s->server->config.services = services;
    cast_reboot(s->server);
    client_meet(&s->c, s->server);
}

/* What was asked for when the value was open is in force again, and a bond of level 2 gets nothing of level 4. */
static void C5_an_open_cccd_gives_no_protected_value(void **state)
{
    const uint8_t both = KITH_SUBSCRIBED_NOTIFY | KITH_SUBSCRIBED_INDICATE;

    (void)state;
    for (unsigned level = 2; level <= 4; level += 2) {
        const kith_status expected = level == 4 ? KITH_OK : KITH_ERR_INSECURE;
        scene s;

        open_scene_of(&s, table_before);
        reach(&s, level);
        cast_equal(s.room, client_subscribe(&s.c, TOLD_AT, both), 0);
        cast_equal(s.room, notify(&s), KITH_OK);
        reboot_with(&s, table_after);
        cast_equal(s.room, notify(&s), KITH_ERR_STATE); /* in plain: not even asked for */
        client_encrypt(&s.c, s.server);
        cast_equal(s.room, kith_gatt_subscribed(s.server->host, s.server->link, TOLD), both);
        cast_equal(s.room, notify(&s), expected);
        cast_equal(s.room, kith_gatt_indicate(s.server->host, s.server->link, TOLD, CAST_SECRET, 6), expected);
        cast_equal(s.room, kith_gatt_notify_all(s.server->host, TOLD, CAST_SECRET, 6), level == 4);
        client_run(&s.c, CAST_SECOND);
        cast_equal(s.room, s.c.notified, level == 4 ? 3 : 1);
        cast_equal(s.room, s.c.indicated, level == 4);
        cast_close(s.room);
    }
}

static bool hears_several(void *context, uint16_t cid, const uint8_t *pdu, size_t len)
{
    (void)len;
    *(unsigned *)context += cid == KITH_CID_ATT && (pdu[0] == KITH_ATT_MULTIPLE_HANDLE_VALUE_NOTIFICATION ||
                                                    pdu[0] == KITH_ATT_HANDLE_VALUE_NOTIFICATION);
    return true;
}

/* A client that says it takes several values in one PDU gets those that it may have, and no others among them. */
static void C5_multiple_notifications_carry_no_protected_value(void **state)
{
    const uint8_t features = 0x07;
    unsigned told = 0, heard = 0;
    scene s;

    (void)state;
    open_scene(&s);
    reach(&s, KITH_LEVEL_ENCRYPTED);
    cast_equal(s.room, client_write(&s.c, FEATURES_AT, &features, 1), 0);
    for (unsigned n = 1; n <= LEVELS; n++)
        (void)client_subscribe(&s.c, handle_of(n), KITH_SUBSCRIBED_NOTIFY);
    s.c.a.tap = hears_several;
    s.c.a.tap_context = &heard;
    for (unsigned n = 1; n <= LEVELS; n++)
        told += kith_gatt_notify_all(s.server->host, (uint16_t)n, CAST_SECRET, 6);
    client_run(&s.c, CAST_SECOND);
    cast_equal(s.room, told, 2);
    cast_equal(s.room, heard, 2);
    cast_close(s.room);
}

/* ---- C6: other opcodes ---- */

/* Errors are as good as values where they tell them apart: what is found out is that one may not. */
static void C6_no_opcode_gives_or_takes_what_the_link_may_not(void **state)
{
    scene s;

    (void)state;
    open_scene(&s);
    for (unsigned encrypted = 0; encrypted <= 1; encrypted++) {
        if (encrypted != 0)
            client_leave(&s.c, s.server);
        reach(&s, encrypted != 0 ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_NONE);
        for (unsigned way = 0; way < READS; way++) {
            uint8_t error;

            cast_equal(s.room, can_read(&s, way, 2, &error), encrypted);
            /* 3.4.3.4: a value that may not be read is not found. */
            if (encrypted == 0)
                cast_equal(s.room, error,
                           way == READS - 1 ? KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND
                                            : KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
        }
        for (unsigned way = 0; way < WRITES - 1; way++)
            cast_equal(s.room, can_write(&s, way, 2), encrypted);
    }
    cast_close(s.room);
}

static void controller_says(const scene *s, uint8_t code, const uint8_t *parameters, size_t len)
{
    uint8_t packet[64] = {KITH_H4_EVENT, code, (uint8_t)len};

    memcpy(packet + 3, parameters, len);
    cast_equal(s->room, kith_host_receive(s->server->host, packet, 3 + len, kith_sim_now(s->room->sim)), KITH_OK);
}

/* As the controller hands it on: FIRST and only link of the server. */
static void comes_in(const scene *s, const uint8_t *pdu, size_t len)
{
    uint8_t packet[64] = {KITH_H4_ACL, 1, 0x20, (uint8_t)(len + 4), 0, (uint8_t)len, 0, KITH_CID_ATT, 0};

    memcpy(packet + 9, pdu, len);
    cast_equal(s->room, kith_host_receive(s->server->host, packet, 9 + len, kith_sim_now(s->room->sim)), KITH_OK);
}

static void C6_what_was_prepared_is_not_executed_after_the_level_fell(void **state)
{
    static const uint8_t execute[] = {KITH_ATT_EXECUTE_WRITE_REQUEST, KITH_ATT_EXECUTE_WRITE};
    static const uint8_t off[] = {0, 1, 0, 0};

    (void)state;
    for (unsigned falls = 0; falls <= 1; falls++) {
        scene s;

        open_scene(&s);
        reach(&s, KITH_LEVEL_ENCRYPTED);
        cast_equal(s.room, client_prepare(&s.c, handle_of(2), 0, "new!", LONG), 0);
        if (falls != 0)
            controller_says(&s, KITH_HCI_EV_ENCRYPTION_CHANGE, off, sizeof off);
        comes_in(&s, execute, sizeof execute);
        client_run(&s.c, CAST_SECOND);
        assert_memory_equal(octets[1], falls != 0 ? "s3cr" : "new!", LONG);
        cast_equal(s.room, s.server->link == 0, falls);
        cast_close(s.room);
    }
}

/* ---- C7: the bond's state, and whoever speaks in plain ---- */

static const kith_address bonded_address = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc6}};

typedef struct {
    scene s;
    client impostor;
} masquerade;

/* A bonded client that asked for value 2, gone; and somebody else who takes its address. */
static void open_masquerade(masquerade *m, bool with_state)
{
    open_scene(&m->s);
    actor_use_address(&m->s.c.a, &bonded_address);
    m->s.c.a.identity = bonded_address;
    reach(&m->s, KITH_LEVEL_ENCRYPTED);
    if (with_state)
        cast_equal(m->s.room, client_subscribe(&m->s.c, handle_of(2), KITH_SUBSCRIBED_NOTIFY), 0);
    client_leave(&m->s.c, m->s.server);
    client_run(&m->s.c, CAST_SECOND);
    client_enter(&m->impostor, m->s.room);
    actor_use_address(&m->impostor.a, &bonded_address);
}

static uint8_t bits_of(const scene *s, unsigned n)
{
    return kith_gatt_subscribed(s->server->host, s->server->link, (uint16_t)n);
}

static void C7_a_false_client_in_plain_is_told_nothing_and_changes_nothing_of_the_bond(void **state)
{
    (void)state;
    for (unsigned with_state = 0; with_state <= 1; with_state++) {
        const uint8_t features = 1;
        masquerade m;
        unsigned puts;

        open_masquerade(&m, with_state != 0);
        puts = m.s.store.put;
        client_meet(&m.impostor, m.s.server);
        cast_check(m.s.room, m.s.server->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
        cast_equal(m.s.room, client_read(&m.impostor, handle_of(2) + 1), 0);
        cast_equal(m.s.room, m.impostor.answer[1], 0);
        cast_equal(m.s.room, client_subscribe(&m.impostor, handle_of(2), 0), KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION);
        cast_equal(m.s.room, client_subscribe(&m.impostor, handle_of(1), KITH_SUBSCRIBED_NOTIFY), 0);
        cast_equal(m.s.room, client_write(&m.impostor, FEATURES_AT, &features, 1), 0);
        cast_equal(m.s.room, kith_gatt_notify_all(m.s.server->host, 2, CAST_SECRET, 6), 0);
        client_leave(&m.impostor, m.s.server);
        client_run(&m.s.c, CAST_SECOND);
        cast_equal(m.s.room, m.impostor.notified, 0);
        cast_equal(m.s.room, m.s.store.put, puts);

        client_meet(&m.s.c, m.s.server);
        client_encrypt(&m.s.c, m.s.server);
        cast_equal(m.s.room, bits_of(&m.s, 1), 0);
        cast_equal(m.s.room, bits_of(&m.s, 2), with_state != 0 ? KITH_SUBSCRIBED_NOTIFY : 0);
        cast_equal(m.s.room, client_read(&m.s.c, FEATURES_AT), 0);
        cast_equal(m.s.room, m.s.c.answer[1], 0);
        cast_equal(m.s.room, kith_gatt_notify_all(m.s.server->host, 2, CAST_SECRET, 6), with_state);
        cast_close(m.s.room);
    }
}

static bool has_injected(const scene *s, const uint8_t *pdu, size_t len)
{
    uint8_t frame[32] = {(uint8_t)len, 0, KITH_CID_ATT, 0};

    memcpy(frame + 4, pdu, len);
    return kith_sim_inject(s->room->sim, s->server->device, 2, frame, 4 + len) == KITH_OK;
}

/* On the bonded client's own link, before it encrypts: who injects writes there must not write into the bond. */
static void C7_what_was_asked_for_in_plain_does_not_become_the_bonds(void **state)
{
    static const uint8_t subscribe[] = {KITH_ATT_WRITE_REQUEST, VALUE_AT + 1, 0, KITH_SUBSCRIBED_NOTIFY, 0};
    static const uint8_t feature[] = {KITH_ATT_WRITE_REQUEST, FEATURES_AT, 0, 1};

    (void)state;
    for (unsigned with_state = 0; with_state <= 1; with_state++) {
        masquerade m;
        scene *s = &m.s;

        open_masquerade(&m, with_state != 0);
        client_meet(&s->c, s->server);
        cast_check(s->room, has_injected(s, subscribe, sizeof subscribe));
        client_run(&s->c, 200000);
        cast_check(s->room, has_injected(s, feature, sizeof feature));
        client_run(&s->c, 200000);
        cast_equal(s->room, s->server->told[KITH_EVENT_SUBSCRIBED], 1 + with_state); /* it came through */
        client_encrypt(&s->c, s->server);
        cast_equal(s->room, bits_of(s, 1), KITH_SUBSCRIBED_NOTIFY); /* good for this link */
        cast_equal(s->room, client_subscribe(&s->c, handle_of(2), KITH_SUBSCRIBED_INDICATE), 0); /* and is written */
        client_run(&s->c, CAST_SECOND);
        come_back(s);
        client_encrypt(&s->c, s->server);
        cast_equal(s->room, bits_of(s, 1), 0);
        cast_equal(s->room, bits_of(s, 2), KITH_SUBSCRIBED_INDICATE);
        cast_equal(s->room, client_read(&s->c, FEATURES_AT), 0);
        cast_equal(s->room, s->c.answer[1], 0);
        cast_close(s->room);
    }
}

/* Nor does it take the place of what the bond remembers. */
static void C7_what_was_asked_for_in_plain_gives_way_to_the_bonds(void **state)
{
    static const uint8_t subscribe[] = {KITH_ATT_WRITE_REQUEST, VALUE_AT + 1, 0, KITH_SUBSCRIBED_NOTIFY, 0};
    masquerade m;
    scene *s = &m.s;

    (void)state;
    open_masquerade(&m, true);
    s->server->config.limits.subscriptions = 1;
    cast_reboot(s->server);
    client_meet(&s->c, s->server);
    cast_check(s->room, has_injected(s, subscribe, sizeof subscribe));
    client_run(&s->c, 200000);
    cast_equal(s->room, bits_of(s, 1), KITH_SUBSCRIBED_NOTIFY);
    client_encrypt(&s->c, s->server);
    cast_equal(s->room, bits_of(s, 1), 0);
    cast_equal(s->room, bits_of(s, 2), KITH_SUBSCRIBED_NOTIFY);
    cast_close(s->room);
}

/* ---- C8: key sizes ---- */

static void C8_a_short_key_opens_nothing_that_asks_for_a_long_one(void **state)
{
    static const uint8_t sizes[] = {7, 15, 16};

    (void)state;
    for (unsigned i = 0; i < sizeof sizes; i++) {
        bool may = sizes[i] == 16;
        kith_status expected = may ? KITH_OK : KITH_ERR_STATE;
        scene s;

        open_scene(&s);
        s.c.a.key_size = sizes[i];
        reach(&s, KITH_LEVEL_ENCRYPTED);
        for (unsigned again = 0; again <= 1; again++) { /* and with the bond */
            uint8_t error = 0;

            cast_equal(s.room, s.server->end.key_size, sizes[i]);
            cast_equal(s.room, can_read(&s, 0, 2, &error), true); /* any key is good enough */
            for (unsigned way = 0; way < READS; way++)
                cast_equal(s.room, can_read(&s, way, LEVELS + 1, &error), may);
            for (unsigned way = 0; way < WRITES - 1; way++)
                cast_equal(s.room, can_write(&s, way, LEVELS + 1), may);
            memcpy(octets[LEVELS], "s3cr", LONG);
            cast_equal(s.room, client_read(&s.c, SIZED_AT), may ? 0 : KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT);
            cast_equal(s.room, client_subscribe(&s.c, SIZED_AT, KITH_SUBSCRIBED_NOTIFY),
                       may ? 0 : KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT);
            cast_equal(s.room, kith_gatt_notify(s.server->host, s.server->link, SIZED, CAST_SECRET, 6), expected);
            come_back(&s);
            client_encrypt(&s.c, s.server);
        }
        cast_close(s.room);
    }
}

/* ---- C12: one client and another ---- */

enum { EARLIER, BESIDE };

/* What one client asked for, prepared and said it supports is not another's, beside it or in its place. */
static void C12_clients_have_nothing_of_each_other(void **state)
{
    (void)state;
    for (unsigned when = EARLIER; when <= BESIDE; when++) {
        const uint8_t features = 1;
        client other;
        kith_link first;
        scene s;

        open_scene(&s);
        reach(&s, KITH_LEVEL_NONE);
        first = s.server->link;
        cast_equal(s.room, client_subscribe(&s.c, handle_of(1), KITH_SUBSCRIBED_NOTIFY), 0);
        cast_equal(s.room, client_write(&s.c, FEATURES_AT, &features, 1), 0);
        cast_equal(s.room, client_prepare(&s.c, handle_of(1), 0, "new!", LONG), 0);
        if (when == EARLIER)
            client_leave(&s.c, s.server);
        client_enter(&other, s.room);
        client_meet(&other, s.server);
        cast_equal(s.room, bits_of(&s, 1), 0);
        cast_equal(s.room, client_read(&other, handle_of(1) + 1), 0);
        cast_equal(s.room, other.answer[1], 0);
        cast_equal(s.room, client_read(&other, FEATURES_AT), 0);
        cast_equal(s.room, other.answer[1], 0);
        cast_equal(s.room, client_execute(&other), 0); /* nothing */
        assert_memory_equal(octets[0], "s3cr", LONG);
        cast_equal(s.room, kith_gatt_notify_all(s.server->host, 1, CAST_SECRET, 6), when == BESIDE);
        client_run(&other, CAST_SECOND);
        cast_equal(s.room, other.notified, 0);
        if (when == BESIDE) { /* the first has all of it */
            cast_equal(s.room, client_execute(&s.c), 0);
            assert_memory_equal(octets[0], "new!", LONG);
            cast_equal(s.room, s.c.notified, 1);
            cast_equal(s.room, kith_gatt_subscribed(s.server->host, first, 1), KITH_SUBSCRIBED_NOTIFY);
        }
        cast_close(s.room);
    }
}

/* A level belongs to a link: beside an encrypted one a plain one is plain. */
static void C12_the_level_of_one_link_is_not_the_others(void **state)
{
    client other;
    uint8_t error;
    scene s;

    (void)state;
    open_scene(&s);
    reach(&s, KITH_LEVEL_ENCRYPTED);
    cast_equal(s.room, can_read(&s, 0, 2, &error), true);
    client_enter(&other, s.room);
    client_meet(&other, s.server);
    cast_equal(s.room, client_read(&other, handle_of(2)), KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    cast_equal(s.room, can_read(&s, 0, 2, &error), true);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C4_each_value_is_for_links_of_its_level_and_no_lower),
        cmocka_unit_test(C5_an_open_cccd_gives_no_protected_value),
        cmocka_unit_test(C5_multiple_notifications_carry_no_protected_value),
        cmocka_unit_test(C6_no_opcode_gives_or_takes_what_the_link_may_not),
        cmocka_unit_test(C6_what_was_prepared_is_not_executed_after_the_level_fell),
        cmocka_unit_test(C7_a_false_client_in_plain_is_told_nothing_and_changes_nothing_of_the_bond),
        cmocka_unit_test(C7_what_was_asked_for_in_plain_does_not_become_the_bonds),
        cmocka_unit_test(C7_what_was_asked_for_in_plain_gives_way_to_the_bonds),
        cmocka_unit_test(C8_a_short_key_opens_nothing_that_asks_for_a_long_one),
        cmocka_unit_test(C12_clients_have_nothing_of_each_other),
        cmocka_unit_test(C12_the_level_of_one_link_is_not_the_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
