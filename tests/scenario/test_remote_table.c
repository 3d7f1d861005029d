/* What a phone knows of a lamp's table: learned once, kept beside the bond, believed only while it is the peer's own
 * word that it stands.  Core Vol 3 Part G 2.5.2, 7.1, 7.3. */
#include "actor.h"
#include "kith/codec/att.h"
#include "kith/codec/l2cap.h"
#include "kith/codec/record.h"
#include "memory_store.h"

enum { STATE_ID = 41, MORE_ID = 42, KEPT = 600 };

static const kith_descriptor about[] = {
    {.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_OPEN, .value = (const uint8_t *)"door", .value_len = 4},
    {.uuid = KITH_UUID128(0x6c, 0x1f, 0, 9, 0x58, 0xa3, 0x4c, 0x0e, 0x9b, 0x7d, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f),
     .permissions = KITH_READ_OPEN,
     .value = (const uint8_t *)"x",
     .value_len = 1},
};
static const kith_characteristic door_values[] = {
    {.uuid = KITH_UUID16(0x2a56),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY,
     .permissions = KITH_READ_OPEN | KITH_NOTIFY_OPEN,
     .value = (const uint8_t *)"open",
     .value_len = 4,
     .id = STATE_ID,
     .descriptors = about,
     .descriptor_count = 2},
    {.uuid = KITH_UUID128(0x6c, 0x1f, 0, 2, 0x58, 0xa3, 0x4c, 0x0e, 0x9b, 0x7d, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED,
     .value = (const uint8_t *)"white",
     .value_len = 5},
};
static const kith_characteristic lock_values[] = {
    {.uuid = KITH_UUID16(0x2a57),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .value = (const uint8_t *)"shut",
     .value_len = 4},
};
static const kith_service lamp_services[] = {
    {.uuid = KITH_UUID16(0x1816), .characteristics = lock_values, .characteristic_count = 1, .secondary = true},
    {.uuid = KITH_UUID16(0x1815),
     .characteristics = door_values,
     .characteristic_count = 2,
     .includes = (const kith_service *const[]){&lamp_services[0]},
     .include_count = 1},
};
static const kith_characteristic more_values[] = {
    {.uuid = KITH_UUID16(0x2a58),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .value = (const uint8_t *)"more",
     .value_len = 4,
     .id = MORE_ID},
};
static const kith_service more = {
    .uuid = KITH_UUID16(0x1817), .characteristics = more_values, .characteristic_count = 1};

static const kith_uuid door = KITH_UUID16(0x1815), door_state = KITH_UUID16(0x2a56), lock = KITH_UUID16(0x2a57),
                       added = KITH_UUID16(0x2a58), description = KITH_UUID16(0x2901),
                       configuration = KITH_UUID16(0x2902);

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_store lamp_store, phone_store;
} scene;

static void open_scene(scene *s, uint64_t seed, uint16_t cache)
{
    kith_config lamp, phone;

    memset(s, 0, sizeof *s);
    s->room = cast_open(seed, CAST_OPENSSL);
    memory_store_init(&s->lamp_store, 40);
    memory_store_init(&s->phone_store, 40);
    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    lamp.services = lamp_services;
    lamp.service_count = 2;
    lamp.limits.subscriptions = 4;
    lamp.limits.services = 1;
    lamp.store = &s->lamp_store.store;
    phone.limits.cache = cache;
    phone.gatt_raise = KITH_GATT_RAISE_NOT; /* each test says itself what is plain */
    phone.store = &s->phone_store.store;
    s->lamp = cast_add(s->room, "lamp", &lamp);
    s->phone = cast_add(s->room, "phone", &phone);
    cast_start(s->room);
}

static kith_event_gatt learn(scene *s)
{
    cast_equal(s->room, kith_gatt_discover_all(s->phone->host, s->phone->link), KITH_OK);
    return cast_await_next(s->phone, KITH_EVENT_DISCOVERED)->gatt;
}

static void learn_well(scene *s)
{
    cast_equal(s->room, learn(s).result, KITH_GATT_OK);
}

static void encrypt(scene *s)
{
    cast_connect(s->phone, s->lamp);
    cast_equal(s->room, kith_security_secure(s->phone->host, s->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(s->phone, KITH_EVENT_ENCRYPTED);
}

/* Paired and bonded, and the table learned of the bonded peer. */
static void bond(scene *s)
{
    cast_connect(s->phone, s->lamp);
    cast_pair(s->phone, s->lamp);
    if (s->phone->told[KITH_EVENT_BONDED] == 0)
        cast_await(s->phone, KITH_EVENT_BONDED, 1);
}

static void pause(scene *s, uint64_t us)
{
    cast_run_until(s->room, kith_sim_now(s->room->sim) + us);
}

static unsigned kept_pieces(const scene *s)
{
    unsigned count = 0;

    for (uint8_t kind = KITH_RECORD_CHUNK; kind < KITH_RECORD_CHUNK_END; kind++)
        count += memory_store_find((memory_store *)&s->phone_store, kind, 1) != NULL;
    return count;
}

static bool knows(const scene *s, const kith_uuid *characteristic)
{
    return kith_gatt_remote_value(s->phone->host, s->phone->link, NULL, characteristic) != 0;
}

static void expect_whole_table(scene *s)
{
    unsigned kinds[KITH_REMOTE_DESCRIPTOR + 1] = {0};
    kith_remote_attribute a;
    uint16_t last = 0, value;
    size_t at = 0;

    while (kith_gatt_remote_next(s->phone->host, s->phone->link, &at, &a)) {
        cast_check(s->room, a.handle > last);
        last = a.handle;
        kinds[a.kind]++;
        if (a.kind == KITH_REMOTE_INCLUDE)
            cast_check(s->room, a.first != 0 && a.last >= a.first);
    }
    cast_equal(s->room, kinds[KITH_REMOTE_SERVICE], 3); /* GAP, GATT, the door */
    cast_equal(s->room, kinds[KITH_REMOTE_SECONDARY], 1);
    cast_equal(s->room, kinds[KITH_REMOTE_INCLUDE], 1);
    cast_equal(s->room, kinds[KITH_REMOTE_DESCRIPTOR], 4); /* two configurations, and what is about the door */
    value = kith_gatt_remote_value(s->phone->host, s->phone->link, &door, &door_state);
    cast_equal(s->room, value, kith_gatt_handle(s->lamp->host, STATE_ID));
    cast_equal(s->room, kith_gatt_remote_descriptor(s->phone->host, s->phone->link, value, &configuration), value + 1);
    cast_equal(s->room, kith_gatt_remote_descriptor(s->phone->host, s->phone->link, value, &description), value + 2);
    cast_equal(s->room, kith_gatt_remote_value(s->phone->host, s->phone->link, &door, &lock), 0);
    cast_check(s->room, knows(s, &lock));
}

/* ---- learning ---- */

static void the_whole_table_is_learned_once_on_a_link(void **state)
{
    scene s;
    uint64_t now;

    (void)state;
    open_scene(&s, 841, KEPT);
    cast_connect(s.phone, s.lamp);
    cast_check(s.room, !knows(&s, &door_state));
    learn_well(&s);
    expect_whole_table(&s);
    now = kith_sim_now(s.room->sim);
    learn_well(&s); /* nothing is asked */
    cast_equal(s.room, kith_sim_now(s.room->sim), now);
    cast_equal(s.room, kept_pieces(&s), 0);
    cast_disconnect(s.phone, s.lamp);
    cast_check(s.room, !knows(&s, &door_state));
    cast_close(s.room);
}

static void without_memory_for_it_it_is_unsupported(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 842, 0);
    cast_connect(s.phone, s.lamp);
    cast_equal(s.room, kith_gatt_discover_all(s.phone->host, s.phone->link), KITH_ERR_UNSUPPORTED);
    cast_close(s.room);
}

static void a_table_that_does_not_fit_is_named_and_not_used_in_part(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 843, 100);
    cast_connect(s.phone, s.lamp);
    cast_equal(s.room, learn(&s).result, KITH_GATT_TOO_LONG);
    cast_check(s.room, !knows(&s, &door_state));
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, 3), KITH_OK); /* the link is fine */
    cast_equal(s.room, cast_await_next(s.phone, KITH_EVENT_READ)->gatt.result, KITH_GATT_OK);
    cast_close(s.room);
}

static bool is_under_way(void *context)
{
    const scene *s = context;

    return s->phone->told[KITH_EVENT_DISCOVERED] > 0;
}

/* At whatever request the link goes, there is one end, and no table. */
static void a_link_that_ends_at_any_moment_ends_it(void **state)
{
    unsigned cuts = 0, result = KITH_GATT_LINK_LOST;

    (void)state;
    for (uint64_t after = 0; result == KITH_GATT_LINK_LOST; after += 10000, cuts++) {
        scene s;

        open_scene(&s, 844, KEPT);
        cast_connect(s.phone, s.lamp);
        cast_equal(s.room, kith_gatt_discover_all(s.phone->host, s.phone->link), KITH_OK);
        (void)cast_run(s.room, after, is_under_way, &s);
        cast_disconnect(s.phone, s.lamp);
        cast_equal(s.room, s.phone->told[KITH_EVENT_DISCOVERED], 1);
        result = s.phone->last[KITH_EVENT_DISCOVERED].gatt.result;
        cast_check(s.room, !knows(&s, &door_state));
        cast_close(s.room);
    }
    assert_int_equal(result, KITH_GATT_OK);
    assert_in_range(cuts, 10, 1000);
}

/* ---- beside the bond ---- */

static void what_was_learned_of_a_bonded_peer_is_there_again(void **state)
{
    scene s;
    uint64_t began, slow, quick;

    (void)state;
    open_scene(&s, 845, KEPT);
    bond(&s);
    began = kith_sim_now(s.room->sim);
    learn_well(&s);
    slow = kith_sim_now(s.room->sim) - began;
    pause(&s, CAST_SECOND);
    cast_check(s.room, kept_pieces(&s) > 0);
    cast_disconnect(s.phone, s.lamp);
    cast_reboot(s.phone);
    encrypt(&s);
    cast_check(s.room, !knows(&s, &door_state)); /* nobody has said that it stands */
    began = kith_sim_now(s.room->sim);
    learn_well(&s);
    quick = kith_sim_now(s.room->sim) - began;
    expect_whole_table(&s);
    cast_check(s.room, quick * 5 < slow); /* one request */
    cast_close(s.room);
}

static void a_store_that_finds_no_single_record_is_read_through(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 846, KEPT);
    s.phone_store.store.get = NULL;
    bond(&s);
    learn_well(&s);
    pause(&s, CAST_SECOND);
    cast_disconnect(s.phone, s.lamp);
    encrypt(&s);
    cast_equal(s.room, s.phone_store.got, 0);
    learn_well(&s);
    expect_whole_table(&s);
    cast_close(s.room);
}

/* A firmware with another table: its hash says so. */
static void another_table_is_learned_anew(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 847, KEPT);
    bond(&s);
    learn_well(&s);
    pause(&s, CAST_SECOND);
    cast_disconnect(s.phone, s.lamp);
    s.lamp->config.service_count = 1;
    cast_reboot(s.lamp);
    encrypt(&s);
    learn_well(&s);
    cast_check(s.room, !knows(&s, &door_state));
    pause(&s, CAST_SECOND);
    cast_disconnect(s.phone, s.lamp);
    cast_reboot(s.phone);
    encrypt(&s);
    learn_well(&s);
    cast_check(s.room, !knows(&s, &door_state)); /* the old one did not come back */
    cast_check(s.room, kith_gatt_remote_is_kept(s.phone->host, s.phone->link));
    cast_close(s.room);
}

/* What the store said of its room is not forgotten over a record that was looked up. */
static void a_table_that_was_kept_leaves_room_for_a_bond(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 857, KEPT);
    bond(&s);
    learn_well(&s);
    cast_check(s.room, !kith_gatt_remote_is_kept(s.phone->host, s.phone->link));
    pause(&s, CAST_SECOND);
    cast_disconnect(s.phone, s.lamp);
    cast_reboot(s.phone);
    encrypt(&s);
    learn_well(&s);
    cast_check(s.room, kith_gatt_remote_is_kept(s.phone->host, s.phone->link));
    cast_disconnect(s.phone, s.lamp);
    cast_check(s.room, !kith_gatt_remote_is_kept(s.phone->host, s.phone->link));
    cast_forget_all(s.lamp);
    cast_connect(s.phone, s.lamp);
    cast_equal(s.room, kith_pairing_open(s.lamp->host, 30000), KITH_OK);
    cast_equal(s.room, kith_security_pair(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(s.phone, KITH_EVENT_BONDED);
    cast_close(s.room);
}

static void a_change_is_told_and_ends_what_was_known(void **state)
{
    scene s;
    const kith_event *event;

    (void)state;
    open_scene(&s, 848, KEPT);
    bond(&s);
    learn_well(&s);
    cast_equal(s.room, kith_gatt_add_service(s.lamp->host, &more), KITH_OK);
    event = cast_await_next(s.phone, KITH_EVENT_TABLE_CHANGED);
    cast_check(s.room, event->table.first > 14 && event->table.last >= event->table.first);
    cast_check(s.room, !knows(&s, &door_state));
    learn_well(&s);
    cast_check(s.room, knows(&s, &door_state) && knows(&s, &added));
    cast_close(s.room);
}

/* ---- who is believed ---- */

/* On the link where both happened. */
static void what_was_learned_before_the_bond_is_learned_anew(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 858, KEPT);
    cast_connect(s.phone, s.lamp);
    learn_well(&s);
    cast_check(s.room, knows(&s, &door_state));
    cast_pair(s.phone, s.lamp);
    pause(&s, CAST_SECOND);
    cast_check(s.room, !knows(&s, &door_state));
    learn_well(&s);
    pause(&s, CAST_SECOND);
    cast_check(s.room, kept_pieces(&s) > 0);
    cast_close(s.room);
}

/* Who is not bonded keeps what it said in plain, and it is told as that. */
static void a_table_that_is_known_is_worth_what_it_was_learned_at(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 863, KEPT);
    s.phone->config.security.bonding = false;
    cast_reboot(s.phone);
    cast_connect(s.phone, s.lamp);
    learn_well(&s);
    cast_pair(s.phone, s.lamp);
    cast_equal(s.room, kith_gatt_read(s.phone->host, s.phone->link, 3), KITH_OK);
    cast_equal(s.room, cast_await_next(s.phone, KITH_EVENT_READ)->gatt.level, KITH_LEVEL_ENCRYPTED);
    cast_check(s.room, knows(&s, &door_state));
    learn_well(&s);
    cast_equal(s.room, s.phone->last[KITH_EVENT_DISCOVERED].gatt.level, KITH_LEVEL_NONE);
    cast_close(s.room);
}

/* Whenever encryption begins meanwhile. */
static void a_table_that_was_learned_partly_in_plain_is_not_believed_of_a_bonded_peer(void **state)
{
    unsigned meanwhile = 0;
    bool was_quicker = false;

    (void)state;
    for (uint64_t after = 0; !was_quicker; after += 20000) {
        scene s;
        bool knows_it;

        open_scene(&s, 862, KEPT);
        bond(&s);
        cast_disconnect(s.phone, s.lamp);
        cast_connect(s.phone, s.lamp);
        cast_equal(s.room, kith_gatt_discover_all(s.phone->host, s.phone->link), KITH_OK);
        was_quicker = cast_run(s.room, after, is_under_way, &s);
        meanwhile += !was_quicker;
        cast_equal(s.room, kith_security_secure(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        if (!was_quicker)
            cast_await_next(s.phone, KITH_EVENT_DISCOVERED);
        pause(&s, CAST_SECOND);
        cast_equal(s.room, s.phone->told[KITH_EVENT_ENCRYPTED], 1);
        knows_it = knows(&s, &door_state);
        cast_equal(s.room, knows_it, kept_pieces(&s) > 0); /* of the proven peer, or not at all */
        if (!was_quicker)
            cast_equal(s.room, knows_it, s.phone->last[KITH_EVENT_DISCOVERED].gatt.result == KITH_GATT_OK);
        cast_close(s.room);
    }
    assert_in_range(meanwhile, 10, 200);
}

static void what_was_learned_in_plain_is_neither_kept_nor_believed_of_a_bonded_peer(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 849, KEPT);
    cast_connect(s.phone, s.lamp);
    learn_well(&s);
    cast_pair(s.phone, s.lamp);
    pause(&s, CAST_SECOND);
    cast_equal(s.room, kept_pieces(&s), 0);
    cast_check(s.room, !knows(&s, &door_state));
    cast_disconnect(s.phone, s.lamp);
    cast_connect(s.phone, s.lamp);
    learn_well(&s); /* in plain, of whoever has that address */
    cast_check(s.room, knows(&s, &door_state));
    pause(&s, CAST_SECOND);
    cast_equal(s.room, kept_pieces(&s), 0);
    cast_equal(s.room, kith_security_secure(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_next(s.phone, KITH_EVENT_ENCRYPTED);
    cast_check(s.room, !knows(&s, &door_state));
    learn_well(&s);
    pause(&s, CAST_SECOND);
    cast_check(s.room, kept_pieces(&s) > 0);
    cast_close(s.room);
}

/* Somebody under the lamp's address has a table of its own: what is kept stays as it is. */
static void a_stranger_under_a_bonded_address_changes_nothing_that_is_kept(void **state)
{
    scene s;
    memory_store before;

    (void)state;
    open_scene(&s, 850, KEPT);
    bond(&s);
    learn_well(&s);
    pause(&s, CAST_SECOND);
    cast_disconnect(s.phone, s.lamp);
    before = s.phone_store;
    s.lamp->config.service_count = 1; /* as the stranger has it */
    s.lamp->config.store = &kith_volatile_store;
    cast_reboot(s.lamp);
    cast_connect(s.phone, s.lamp);
    cast_check(s.room, s.phone->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
    learn_well(&s);
    cast_check(s.room, !knows(&s, &door_state)); /* the stranger's */
    pause(&s, CAST_SECOND);
    cast_disconnect(s.phone, s.lamp);
    cast_equal(s.room, s.phone_store.put, before.put);
    cast_equal(s.room, s.phone_store.removed, before.removed);
    s.lamp->config.service_count = 2;
    s.lamp->config.store = &s.lamp_store.store;
    cast_reboot(s.lamp);
    encrypt(&s);
    learn_well(&s);
    expect_whole_table(&s);
    cast_close(s.room);
}

static void a_bonded_peer_is_encrypted_first_where_that_is_the_policy(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 851, KEPT);
    s.phone->config.gatt_raise = KITH_GATT_RAISE_BOND;
    cast_reboot(s.phone);
    bond(&s);
    learn_well(&s);
    pause(&s, CAST_SECOND);
    cast_disconnect(s.phone, s.lamp);
    cast_connect(s.phone, s.lamp);
    s.phone_store.got = 0;
    learn_well(&s);
    cast_check(s.room, s.phone->last[KITH_EVENT_DISCOVERED].gatt.level >= KITH_LEVEL_ENCRYPTED);
    cast_check(s.room, s.phone_store.got > 0);
    expect_whole_table(&s);
    cast_close(s.room);
}

/* ---- what is kept goes with the bond ---- */

static void forgetting_a_bond_removes_what_was_kept_of_its_peers_table(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 852, KEPT);
    bond(&s);
    learn_well(&s);
    pause(&s, CAST_SECOND);
    cast_check(s.room, kept_pieces(&s) > 0);
    cast_disconnect(s.phone, s.lamp);
    cast_reboot(s.phone);
    cast_equal(s.room, kith_bonds_forget(s.phone->host, 1), KITH_OK);
    cast_await_next(s.phone, KITH_EVENT_FORGOTTEN);
    cast_equal(s.room, kept_pieces(&s), 0);
    cast_close(s.room);
}

/* A removal that was cut short behind the bond: the next start ends it. */
static void pieces_without_a_bond_are_removed_at_the_next_start(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 853, KEPT);
    bond(&s);
    learn_well(&s);
    pause(&s, CAST_SECOND);
    cast_disconnect(s.phone, s.lamp);
    cast_power_off(s.phone);
    memory_store_add(&s.phone_store, &(kith_record){.kind = KITH_RECORD_BOND, .removed = true, .id = 1});
    cast_power_on(s.phone);
    pause(&s, CAST_SECOND);
    cast_equal(s.room, kept_pieces(&s), 0);
    cast_close(s.room);
}

/* ---- a peer that is played: refusals that no server of ours gives at will ---- */

typedef struct {
    actor a;
    uint8_t hash; /* each octet of it */
    bool out_of_sync;
    bool stays_out;
    bool has_no_hash;
    bool is_generic;        /* its one service is Generic Attribute, with Service Changed */
    bool changes_meanwhile; /* says that it has changed, when it is asked for descriptors */
    unsigned reads, hashes, lists;
} server;

static const kith_uuid service_changed = KITH_UUID16(0x2a05);
static const uint8_t change[] = {0x1d, 3, 0, 1, 0, 0xff, 0xff};

static void answer(server *s, const uint8_t *pdu, size_t len)
{
    actor_send(&s->a, KITH_CID_ATT, pdu, len);
}

static void refuse(server *s, const uint8_t *request, uint8_t error)
{
    const uint8_t pdu[] = {0x01, request[0], request[1], request[2], error};

    answer(s, pdu, sizeof pdu);
}

static void answer_by_type(server *s, const uint8_t *pdu)
{
    uint8_t hash[20] = {0x09, 18, 13, 0};
    uint8_t value[] = {0x09, 7, 2, 0, 0x02, 3, 0, s->is_generic ? 0x05 : 0x56, 0x2a};
    uint16_t type = (uint16_t)(pdu[5] | pdu[6] << 8);

    if (type == 0x2b2a && !s->has_no_hash) {
        memset(hash + 4, s->hash, 16);
        s->hashes++;
        s->out_of_sync = s->stays_out;
        answer(s, hash, sizeof hash);
    } else if (type == 0x2803 && pdu[1] <= 2) {
        s->lists++;
        answer(s, value, sizeof value);
    } else {
        refuse(s, pdu, KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND);
    }
}

static void answer_information(server *s, const uint8_t *pdu)
{
    static const uint8_t configuration_at_4[] = {0x05, 1, 4, 0, 0x02, 0x29};

    if (s->changes_meanwhile)
        answer(s, change, sizeof change);
    if (s->is_generic && pdu[1] <= 4)
        answer(s, configuration_at_4, sizeof configuration_at_4);
    else
        refuse(s, pdu, KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND);
}

/* One service, 1 to 0xffff, with one value at handle 3. */
static bool serve(void *context, uint16_t cid, const uint8_t *pdu, size_t len)
{
    server *s = context;
    static const uint8_t value[] = {0x0b, 'o', 'k'}, written = 0x13;
    uint8_t service[] = {0x11, 6, 1, 0, 0xff, 0xff, s->is_generic ? 0x01 : 0x15, 0x18};

    if (cid != KITH_CID_ATT || len < 3)
        return false;
    if (pdu[0] == KITH_ATT_READ_BY_GROUP_TYPE_REQUEST)
        answer(s, service, sizeof service);
    else if (pdu[0] == KITH_ATT_READ_BY_TYPE_REQUEST)
        answer_by_type(s, pdu);
    else if (pdu[0] == KITH_ATT_FIND_INFORMATION_REQUEST)
        answer_information(s, pdu);
    else if (pdu[0] == KITH_ATT_WRITE_REQUEST)
        answer(s, &written, 1);
    else if (pdu[0] == KITH_ATT_READ_REQUEST && s->out_of_sync)
        refuse(s, pdu, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    else if (pdu[0] == KITH_ATT_READ_REQUEST)
        answer(s, value, sizeof value);
    s->reads += pdu[0] == KITH_ATT_READ_REQUEST;
    return true;
}

static cast_host *add_phone(cast_room *room, server *s, kith_level notified_level, const kith_store *store)
{
    kith_config config;
    cast_host *phone;

    memset(s, 0, sizeof *s);
    cast_phone_config(&config);
    config.limits.cache = KEPT;
    config.limits.operations = 2;
    config.notified_level = notified_level;
    if (store != NULL)
        config.store = store;
    phone = cast_add(room, "phone", &config);
    cast_start(room);
    actor_enter(&s->a, room);
    s->a.tap = serve;
    s->a.tap_context = s;
    s->hash = 7;
    return phone;
}

static kith_gatt_result learn_of(server *s, cast_host *phone)
{
    cast_equal(s->a.room, kith_gatt_discover_all(phone->host, phone->link), KITH_OK);
    actor_run(&s->a, 2 * CAST_SECOND, NULL, NULL);
    return phone->last[KITH_EVENT_DISCOVERED].gatt.result;
}

static cast_host *meet_server(cast_room *room, server *s)
{
    cast_host *phone = add_phone(room, s, KITH_LEVEL_NONE, NULL);

    actor_accept(&s->a, phone);
    cast_equal(room, learn_of(s, phone), KITH_GATT_OK);
    cast_equal(room, kith_gatt_remote_value(phone->host, phone->link, NULL, &door_state), 3);
    return phone;
}

static void out_of_sync_with_the_same_hash_is_asked_once_more(void **state)
{
    cast_room *room = cast_open(854, CAST_OPENSSL);
    server s;
    cast_host *phone = meet_server(room, &s);

    (void)state;
    s.out_of_sync = true;
    cast_equal(room, kith_gatt_read(phone->host, phone->link, 3), KITH_OK);
    cast_equal(room, kith_gatt_read(phone->host, phone->link, 3), KITH_OK); /* waits for the first */
    actor_run(&s.a, CAST_SECOND, NULL, NULL);
    cast_equal(room, s.hashes, 2);
    cast_equal(room, s.reads, 3);
    cast_equal(room, phone->told[KITH_EVENT_READ], 2);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(room, phone->value_len, 2);
    cast_equal(room, phone->told[KITH_EVENT_TABLE_CHANGED], 0);
    cast_close(room);
}

static void out_of_sync_with_another_hash_ends_what_was_known(void **state)
{
    cast_room *room = cast_open(855, CAST_OPENSSL);
    server s;
    cast_host *phone = meet_server(room, &s);

    (void)state;
    s.out_of_sync = true;
    s.hash = 8;
    cast_equal(room, kith_gatt_read(phone->host, phone->link, 3), KITH_OK);
    actor_run(&s.a, CAST_SECOND, NULL, NULL);
    cast_equal(room, s.reads, 1); /* not repeated: handle 3 may be anything now */
    cast_equal(room, phone->told[KITH_EVENT_READ], 1);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.att_error, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    cast_equal(room, phone->told[KITH_EVENT_TABLE_CHANGED], 1);
    cast_equal(room, kith_gatt_remote_value(phone->host, phone->link, NULL, &door_state), 0);
    cast_close(room);
}

static void a_peer_that_stays_out_of_sync_is_asked_no_more_than_once(void **state)
{
    cast_room *room = cast_open(856, CAST_OPENSSL);
    server s;
    cast_host *phone = meet_server(room, &s);

    (void)state;
    s.out_of_sync = s.stays_out = true;
    cast_equal(room, kith_gatt_read(phone->host, phone->link, 3), KITH_OK);
    actor_run(&s.a, CAST_SECOND, NULL, NULL);
    cast_equal(room, s.reads, 2);
    cast_equal(room, phone->told[KITH_EVENT_READ], 1);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.att_error, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    cast_close(room);
}

/* Whoever asks for the hash must not wait for ever. */
static void a_peer_that_never_tells_its_hash_is_a_timeout(void **state)
{
    cast_room *room = cast_open(857, CAST_OPENSSL);
    server s;
    cast_host *phone = meet_server(room, &s);

    (void)state;
    s.out_of_sync = true;
    cast_equal(room, kith_gatt_read(phone->host, phone->link, 3), KITH_OK);
    actor_run(&s.a, 60000, NULL, NULL); /* the refusal is on its way */
    s.a.tap = NULL;
    actor_run(&s.a, 40 * CAST_SECOND, NULL, NULL);
    cast_equal(room, s.reads, 1);
    cast_equal(room, phone->told[KITH_EVENT_READ], 1);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_TIMEOUT);
    cast_close(room);
}

static bool knows_change(const cast_host *phone)
{
    return kith_gatt_remote_value(phone->host, phone->link, NULL, &service_changed) != 0;
}

static void say(server *s, const uint8_t *pdu, size_t len)
{
    answer(s, pdu, len);
    actor_run(&s->a, CAST_SECOND, NULL, NULL);
}

/* What is not confirmed may be anybody's, and late. */
static void only_an_indication_over_a_good_link_says_that_the_table_has_changed(void **state)
{
    static const uint8_t notified[] = {0x1b, 3, 0, 1, 0, 0xff, 0xff}, cut[] = {0x1d, 3, 0, 1, 0, 0xff};

    (void)state;
    for (unsigned level = KITH_LEVEL_NONE; level <= KITH_LEVEL_ENCRYPTED; level++) {
        cast_room *room = cast_open(859, CAST_OPENSSL);
        server s;
        cast_host *phone = add_phone(room, &s, (kith_level)level, NULL);

        s.is_generic = true;
        actor_accept(&s.a, phone);
        cast_equal(room, learn_of(&s, phone), KITH_GATT_OK);
        say(&s, notified, sizeof notified);
        say(&s, cut, sizeof cut);
        cast_check(room, knows_change(phone));
        say(&s, change, sizeof change);
        cast_equal(room, knows_change(phone), level > KITH_LEVEL_NONE);
        cast_equal(room, phone->told[KITH_EVENT_TABLE_CHANGED], level == KITH_LEVEL_NONE);
        cast_close(room);
    }
}

static void a_table_that_changes_while_it_is_learned_is_not_in_force(void **state)
{
    cast_room *room = cast_open(860, CAST_OPENSSL);
    server s;
    cast_host *phone = add_phone(room, &s, KITH_LEVEL_NONE, NULL);

    (void)state;
    s.is_generic = s.changes_meanwhile = true;
    actor_accept(&s.a, phone);
    cast_equal(room, learn_of(&s, phone), KITH_GATT_ATT_ERROR);
    cast_equal(room, phone->last[KITH_EVENT_DISCOVERED].gatt.att_error, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    cast_check(room, !knows_change(phone));
    s.changes_meanwhile = false;
    cast_equal(room, learn_of(&s, phone), KITH_GATT_OK);
    cast_check(room, knows_change(phone));
    cast_close(room);
}

static void come_back(server *s, cast_host *phone)
{
    actor_disconnect(&s->a, phone);
    s->a.has_bond = true;
    actor_accept(&s->a, phone);
    cast_equal(s->a.room, kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    actor_run(&s->a, CAST_SECOND, NULL, NULL);
    cast_equal(s->a.room, phone->told[KITH_EVENT_ENCRYPTED], 1);
    phone->told[KITH_EVENT_ENCRYPTED] = 0;
}

/* Its table stands until it says that it has changed: then what was kept of it goes, too. */
static void what_is_kept_of_a_peer_without_a_hash_stands_until_it_tells_of_a_change(void **state)
{
    memory_store store;
    cast_room *room = cast_open(861, CAST_TOY);
    server s;
    cast_host *phone;

    (void)state;
    memory_store_init(&store, 40);
    phone = add_phone(room, &s, KITH_LEVEL_NONE, &store.store);
    s.is_generic = s.has_no_hash = true;
    actor_accept(&s.a, phone);
    cast_equal(room, kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(room, actor_pair(&s.a, ACTOR_IS_DONE));
    actor_run(&s.a, CAST_SECOND, NULL, NULL);
    cast_equal(room, phone->told[KITH_EVENT_BONDED], 1);
    cast_equal(room, learn_of(&s, phone), KITH_GATT_OK);
    cast_equal(room, s.lists, 1);
    come_back(&s, phone);
    cast_equal(room, learn_of(&s, phone), KITH_GATT_OK);
    cast_equal(room, s.lists, 1); /* it would have told */
    cast_check(room, knows_change(phone));
    say(&s, change, sizeof change);
    cast_equal(room, phone->told[KITH_EVENT_TABLE_CHANGED], 1);
    come_back(&s, phone);
    cast_equal(room, learn_of(&s, phone), KITH_GATT_OK);
    cast_equal(room, s.lists, 2);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_table_is_learned_once_on_a_link),
        cmocka_unit_test(without_memory_for_it_it_is_unsupported),
        cmocka_unit_test(a_table_that_does_not_fit_is_named_and_not_used_in_part),
        cmocka_unit_test(a_link_that_ends_at_any_moment_ends_it),
        cmocka_unit_test(what_was_learned_of_a_bonded_peer_is_there_again),
        cmocka_unit_test(a_store_that_finds_no_single_record_is_read_through),
        cmocka_unit_test(another_table_is_learned_anew),
        cmocka_unit_test(a_table_that_was_kept_leaves_room_for_a_bond),
        cmocka_unit_test(a_change_is_told_and_ends_what_was_known),
        cmocka_unit_test(what_was_learned_before_the_bond_is_learned_anew),
        cmocka_unit_test(a_table_that_is_known_is_worth_what_it_was_learned_at),
        cmocka_unit_test(a_table_that_was_learned_partly_in_plain_is_not_believed_of_a_bonded_peer),
        cmocka_unit_test(what_was_learned_in_plain_is_neither_kept_nor_believed_of_a_bonded_peer),
        cmocka_unit_test(a_stranger_under_a_bonded_address_changes_nothing_that_is_kept),
        cmocka_unit_test(a_bonded_peer_is_encrypted_first_where_that_is_the_policy),
        cmocka_unit_test(forgetting_a_bond_removes_what_was_kept_of_its_peers_table),
        cmocka_unit_test(pieces_without_a_bond_are_removed_at_the_next_start),
        cmocka_unit_test(out_of_sync_with_the_same_hash_is_asked_once_more),
        cmocka_unit_test(out_of_sync_with_another_hash_ends_what_was_known),
        cmocka_unit_test(a_peer_that_stays_out_of_sync_is_asked_no_more_than_once),
        cmocka_unit_test(a_peer_that_never_tells_its_hash_is_a_timeout),
        cmocka_unit_test(only_an_indication_over_a_good_link_says_that_the_table_has_changed),
        cmocka_unit_test(a_table_that_changes_while_it_is_learned_is_not_in_force),
        cmocka_unit_test(what_is_kept_of_a_peer_without_a_hash_stands_until_it_tells_of_a_change),
    };
    return cmocka_run_group_tests_name("remote table", tests, NULL, NULL);
}
