/* A phone that asks for several things at once: they go one after the other, in the order in which they were asked for,
 * and each has one end, whatever becomes of the link. */
#include "actor.h"
#include "kith/codec/att.h"

enum { TEXT = 31, SLOW = 32, ASKED = 33, ENDS_MAX = 64 };

static uint8_t text_octets[64];
static kith_variable text = {text_octets, 0, 0, sizeof text_octets};

static const kith_characteristic kept[] = {
    {.uuid = KITH_UUID16(0x2ae1),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .variable = &text,
     .id = TEXT},
    {.uuid = KITH_UUID16(0x2ae2),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED,
     .value = (const uint8_t *)"secret",
     .value_len = 6,
     .id = SLOW},
    {.uuid = KITH_UUID16(0x2ae3), .properties = KITH_PROPERTY_READ, .permissions = KITH_READ_OPEN, .id = ASKED},
};
static const kith_service kept_services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = kept, .characteristic_count = 3},
};

typedef struct {
    kith_event_kind kind;
    kith_gatt_result result;
    kith_att_error error;
    uint16_t handle;
    uint8_t first; /* octet of what was read */
    size_t len;
} end;

typedef struct {
    end ends[ENDS_MAX];
    unsigned count;
    bool disconnected;
} ends;

static void note_end(cast_host *self, const kith_event *e)
{
    ends *all = self->context;

    if (e->kind == KITH_EVENT_DISCONNECTED)
        all->disconnected = true;
    if (e->kind != KITH_EVENT_READ && e->kind != KITH_EVENT_WRITTEN && e->kind != KITH_EVENT_DISCOVERED &&
        e->kind != KITH_EVENT_SUBSCRIPTION_WRITTEN && e->kind != KITH_EVENT_MTU)
        return;
    cast_check(self->room, !all->disconnected); /* DISCONNECTED is the last of a link */
    cast_check(self->room, all->count < ENDS_MAX);
    all->ends[all->count++] = (end){.kind = e->kind,
                                    .result = e->gatt.result,
                                    .error = e->gatt.att_error,
                                    .handle = e->gatt.handle,
                                    .first = e->gatt.len > 0 ? e->gatt.value[0] : 0,
                                    .len = e->gatt.len};
}

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    ends ends;
    uint16_t text, slow;
} scene;

static void open_scene(scene *s, uint64_t seed, uint8_t waiting)
{
    kith_config lamp, phone;

    memset(s, 0, sizeof *s);
    text.len = 0;
    s->room = cast_open(seed, CAST_OPENSSL);
    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    phone.gatt_raise = KITH_GATT_RAISE_NOT; /* each test says itself what is plain */
    lamp.services = kept_services;
    lamp.service_count = 1;
    phone.limits.operations = waiting;
    s->lamp = cast_add(s->room, "lamp", &lamp);
    s->phone = cast_add(s->room, "phone", &phone);
    s->phone->react = note_end;
    s->phone->context = &s->ends;
    cast_start(s->room);
    s->text = kith_gatt_handle(s->lamp->host, TEXT);
    s->slow = kith_gatt_handle(s->lamp->host, SLOW);
}

static void meet(scene *s)
{
    cast_connect(s->phone, s->lamp);
}

static bool has_ends(void *context)
{
    const scene *s = context;

    return s->ends.count >= 5;
}

static void operations_go_in_the_order_in_which_they_were_asked_for(void **state)
{
    scene s;
    uint8_t octets[] = "abc";

    (void)state;
    open_scene(&s, 821, 4);
    meet(&s);
    cast_equal(s.room, kith_gatt_write(s.phone->host, s.phone->link, s.text, octets, 3), KITH_OK);
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, s.text), KITH_OK);
    octets[0] = 'x';
    cast_equal(s.room, kith_gatt_write(s.phone->host, s.phone->link, s.text, octets, 2), KITH_OK);
    memset(octets, '!', sizeof octets); /* lent for the call alone */
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, s.text), KITH_OK);
    cast_equal(s.room, kith_gatt_discover_services(s.phone->host, s.phone->link, NULL), KITH_OK);
    cast_check(s.room, cast_run(s.room, 5 * CAST_SECOND, has_ends, &s));
    cast_equal(s.room, s.ends.ends[0].kind, KITH_EVENT_WRITTEN);
    cast_equal(s.room, s.ends.ends[1].kind, KITH_EVENT_READ);
    cast_equal(s.room, s.ends.ends[1].first, 'a');
    cast_equal(s.room, s.ends.ends[1].len, 3);
    cast_equal(s.room, s.ends.ends[2].kind, KITH_EVENT_WRITTEN);
    cast_equal(s.room, s.ends.ends[3].first, 'x');
    cast_equal(s.room, s.ends.ends[3].len, 2);
    cast_equal(s.room, s.ends.ends[4].kind, KITH_EVENT_DISCOVERED);
    for (unsigned i = 0; i < 5; i++)
        cast_equal(s.room, s.ends.ends[i].result, KITH_GATT_OK);
    cast_run_until(s.room, kith_sim_now(s.room->sim) + CAST_SECOND);
    cast_equal(s.room, s.ends.count, 5);
    cast_close(s.room);
}

/* Handles are lent, too. */
static void every_kind_of_operation_can_wait(void **state)
{
    static const kith_uuid service = KITH_UUID16(0x1815), value = KITH_UUID16(0x2ae1);
    static const uint8_t octets[] = "longer than one";
    scene s;
    uint16_t handles[2];
    const kith_gatt_write_part part = {.len = 2, .value = octets};
    kith_gatt_write_part parts[1] = {part};

    (void)state;
    open_scene(&s, 822, 12);
    meet(&s);
    handles[0] = handles[1] = parts[0].handle = s.text;
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, s.text), KITH_OK);
    cast_equal(s.room, kith_gatt_read_multiple(s.phone->host, s.phone->link, handles, 2, false), KITH_OK);
    memset(handles, 0, sizeof handles);
    cast_equal(s.room, kith_gatt_discover(s.phone->host, s.phone->link, &service), KITH_OK);
    cast_equal(s.room, kith_gatt_discover_includes(s.phone->host, s.phone->link, 1, 0xffff), KITH_OK);
    cast_equal(s.room, kith_gatt_discover_characteristics(s.phone->host, s.phone->link, 1, 0xffff), KITH_OK);
    cast_equal(s.room, kith_gatt_discover_descriptors(s.phone->host, s.phone->link, 1, 0xffff), KITH_OK);
    cast_equal(s.room, kith_gatt_read_by_uuid(s.phone->host, s.phone->link, &value, 1, 0xffff), KITH_OK);
    cast_equal(s.room, kith_gatt_write_long(s.phone->host, s.phone->link, s.text, octets, sizeof octets), KITH_OK);
    cast_equal(s.room, kith_gatt_write_reliable(s.phone->host, s.phone->link, parts, 1), KITH_OK);
    cast_equal(s.room, kith_gatt_subscribe(s.phone->host, s.phone->link, s.text, 0, 1), KITH_OK);
    cast_equal(s.room, kith_gatt_exchange_mtu(s.phone->host, s.phone->link), KITH_OK);
    cast_equal(s.room, kith_gatt_exchange_mtu(s.phone->host, s.phone->link), KITH_ERR_BUSY);
    cast_run_until(s.room, kith_sim_now(s.room->sim) + 5 * CAST_SECOND);
    cast_equal(s.room, s.ends.count, 11);
    cast_equal(s.room, s.ends.ends[1].kind, KITH_EVENT_READ);
    cast_equal(s.room, s.ends.ends[1].result, KITH_GATT_OK);
    cast_equal(s.room, s.ends.ends[3].result, KITH_GATT_NOT_FOUND);                 /* no includes */
    cast_equal(s.room, s.ends.ends[7].error, KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED); /* the lamp has no queue */
    cast_equal(s.room, s.ends.ends[9].result, KITH_GATT_NOT_FOUND);                 /* no configuration */
    cast_equal(s.room, s.ends.ends[10].kind, KITH_EVENT_MTU);
    cast_equal(s.room, kith_gatt_exchange_mtu(s.phone->host, s.phone->link), KITH_ERR_STATE);
    cast_close(s.room);
}

/* What can't be is said by the call, and takes no place. */
static void what_is_impossible_does_not_wait(void **state)
{
    scene s;
    uint8_t octets[64] = {0};

    (void)state;
    open_scene(&s, 823, 1);
    meet(&s);
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, s.text), KITH_OK);
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, 0), KITH_ERR_VALUE);
    cast_equal(s.room, kith_gatt_write(s.phone->host, s.phone->link, s.text, octets, 21), KITH_ERR_VALUE); /* MTU 23 */
    cast_equal(s.room, kith_gatt_discover_descriptors(s.phone->host, s.phone->link, 9, 8), KITH_ERR_VALUE);
    cast_equal(s.room, kith_gatt_write(s.phone->host, s.phone->link, s.text, octets, 20), KITH_OK);
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, s.text), KITH_ERR_BUSY); /* one may wait */
    cast_run_until(s.room, kith_sim_now(s.room->sim) + CAST_SECOND);
    cast_equal(s.room, s.ends.count, 2);
    cast_equal(s.room, text.len, 20);
    cast_close(s.room);
}

static void without_a_line_a_second_one_is_busy(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 824, 0);
    meet(&s);
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, s.text), KITH_OK);
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, s.text), KITH_ERR_BUSY);
    cast_close(s.room);
}

/* More of them than a packet makes events of other kinds. */
static void the_end_of_the_link_ends_each_of_them(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 825, 32);
    meet(&s);
    for (unsigned i = 0; i < 33; i++)
        cast_equal(s.room,
                   i % 3 == 2 ? kith_gatt_write(s.phone->host, s.phone->link, s.text, (const uint8_t *)"x", 1)
                              : kith_gatt_read(s.phone->host, s.phone->link, s.text),
                   KITH_OK);
    cast_equal(s.room, kith_gap_disconnect(s.lamp->host, s.lamp->link, KITH_HCI_REMOTE_USER_TERMINATED), KITH_OK);
    cast_await_next(s.phone, KITH_EVENT_DISCONNECTED);
    cast_equal(s.room, s.ends.count, 33);
    for (unsigned i = 0; i < 33; i++)
        cast_equal(s.room, s.ends.ends[i].kind, i % 3 == 2 ? KITH_EVENT_WRITTEN : KITH_EVENT_READ);
    cast_equal(s.room, s.ends.ends[32].result, KITH_GATT_LINK_LOST);
    cast_equal(s.room, s.ends.ends[32].handle, s.text);
    cast_close(s.room);
}

/* A peer that never answers: nothing more goes on this connection (Vol 3 Part F 3.3.3). */
static void a_silent_peer_ends_each_of_them(void **state)
{
    scene s;
    actor a;

    (void)state;
    open_scene(&s, 826, 3);
    actor_enter(&a, s.room);
    actor_accept(&a, s.phone);
    for (unsigned i = 0; i < 4; i++)
        cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, 9), KITH_OK);
    actor_run(&a, 29 * CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.ends.count, 0);
    actor_run(&a, 2 * CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.ends.count, 4);
    for (unsigned i = 0; i < 4; i++)
        cast_equal(s.room, s.ends.ends[i].result, KITH_GATT_TIMEOUT);
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, 9), KITH_ERR_STATE);
    cast_close(s.room);
}

/* What waited for encryption is not sent when that does not come about. */
static void nothing_that_waited_goes_in_plain(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 827, 3);
    meet(&s);
    cast_pair(s.phone, s.lamp);
    cast_disconnect(s.phone, s.lamp);
    cast_equal(s.room, kith_bonds_forget(s.lamp->host, 1), KITH_OK);
    cast_await_next(s.lamp, KITH_EVENT_FORGOTTEN);
    meet(&s);
    s.ends.disconnected = false;
    cast_equal(s.room, kith_security_secure(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    for (unsigned i = 0; i < 3; i++)
        cast_equal(s.room, kith_gatt_write(s.phone->host, s.phone->link, s.text, (const uint8_t *)"hush", 4), KITH_OK);
    cast_await_next(s.phone, KITH_EVENT_ENCRYPTION_FAILED);
    cast_run_until(s.room, kith_sim_now(s.room->sim) + CAST_SECOND);
    cast_equal(s.room, s.ends.count, 3);
    for (unsigned i = 0; i < 3; i++)
        cast_equal(s.room, s.ends.ends[i].result, KITH_GATT_NOT_SENT);
    cast_equal(s.room, text.len, 0);
    cast_close(s.room);
}

/* One had gone in plain before encryption was to begin: it ends as it may, and before them. */
static void what_is_not_sent_ends_behind_what_was(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 828, 2);
    meet(&s);
    cast_pair(s.phone, s.lamp);
    cast_disconnect(s.phone, s.lamp);
    cast_equal(s.room, kith_bonds_forget(s.lamp->host, 1), KITH_OK);
    cast_await_next(s.lamp, KITH_EVENT_FORGOTTEN);
    meet(&s);
    s.ends.disconnected = false;
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, kith_gatt_handle(s.lamp->host, ASKED)), KITH_OK);
    cast_await_next(s.lamp, KITH_EVENT_READ_WANTED);
    cast_equal(s.room, kith_security_secure(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    for (unsigned i = 0; i < 2; i++)
        cast_equal(s.room, kith_gatt_write(s.phone->host, s.phone->link, s.text, (const uint8_t *)"hush", 4), KITH_OK);
    cast_await_next(s.phone, KITH_EVENT_ENCRYPTION_FAILED);
    cast_equal(s.room, s.ends.count, 0);
    cast_run_until(s.room, kith_sim_now(s.room->sim) + CAST_SECOND);
    cast_equal(s.room, s.ends.count, 3);
    cast_equal(s.room, s.ends.ends[0].kind, KITH_EVENT_READ);
    for (unsigned i = 1; i < 3; i++)
        cast_equal(s.room, s.ends.ends[i].result, KITH_GATT_NOT_SENT);
    cast_equal(s.room, text.len, 0);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_go_in_the_order_in_which_they_were_asked_for),
        cmocka_unit_test(every_kind_of_operation_can_wait),
        cmocka_unit_test(what_is_impossible_does_not_wait),
        cmocka_unit_test(without_a_line_a_second_one_is_busy),
        cmocka_unit_test(the_end_of_the_link_ends_each_of_them),
        cmocka_unit_test(a_silent_peer_ends_each_of_them),
        cmocka_unit_test(nothing_that_waited_goes_in_plain),
        cmocka_unit_test(what_is_not_sent_ends_behind_what_was),
    };
    return cmocka_run_group_tests_name("operations in line", tests, NULL, NULL);
}
