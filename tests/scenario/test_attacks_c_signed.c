/* Attacks on signed writes: rows C9 and C10 of docs/attacks.md.  Each name begins with its row.  The phone and the lamp
 * are hosts of ours; somebody hears what the phone signs, takes its address and says it again.  How single counters,
 * codes and records are judged is in conformance/test_sign.c, unit/test_host_attack_signing.c and
 * powerloss/test_signing_cuts.c. */
#include "client.h"
#include "memory_store.h"
#include "relay.h"

enum { SIGNED = 1, STRICT, SIGNED_AT = 16, STRICT_AT = 18 };
enum { HEARD = 8, PDU = 3 + 2 + KITH_ATT_SIGNATURE };

static const kith_characteristic characteristics[] = {
    {.uuid = KITH_UUID16(0x2b30),
     .properties = KITH_PROPERTY_SIGNED_WRITE | KITH_PROPERTY_WRITE,
     .permissions = KITH_WRITE_SIGNED | KITH_WRITE_ENCRYPTED,
     .id = SIGNED},
    {.uuid = KITH_UUID16(0x2b31),
     .properties = KITH_PROPERTY_SIGNED_WRITE,
     .permissions = KITH_WRITE_SIGNED_AUTHENTICATED,
     .id = STRICT},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(CAST_SERVICE), .characteristics = characteristics, .characteristic_count = 2},
};

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_store stores[2];
    kith_address phone_address;
    actor impostor;
    uint8_t heard[HEARD][PDU]; /* signed writes, off the air */
    unsigned count;
    unsigned told; /* WRITE_COMMANDs of the lamp, over all its lives */
} scene;

static void sniff(void *context, const kith_sim_frame *frame)
{
    scene *s = context;

    if (frame->connection == 0 || frame->encrypted || frame->lost || frame->len != 2 + 4 + PDU ||
        frame->pdu[6] != KITH_ATT_SIGNED_WRITE_COMMAND || s->count == HEARD)
        return;
    memcpy(s->heard[s->count++], frame->pdu + 6, PDU);
}

static void configure(kith_config *config, const kith_store *store, bool authenticated)
{
    config->store = store;
    config->security.signing = true;
    config->security.initiator_keys = config->security.responder_keys = KITH_KEY_ID | KITH_KEY_SIGN;
    config->security.policy = KITH_PAIRING_ASK;
    if (authenticated) {
        config->security.io = KITH_IO_DISPLAY_YES_NO;
        config->security.ask_mitm = true;
    }
}

static void open_scene(scene *s, bool authenticated)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(341, CAST_TOY);
    memory_store_init(&s->stores[0], 20);
    memory_store_init(&s->stores[1], 20);
    cast_lamp_config(&config);
    configure(&config, &s->stores[0].store, authenticated);
    config.services = services;
    s->lamp = cast_add(s->room, "lamp", &config);
    cast_phone_config(&config);
    configure(&config, &s->stores[1].store, authenticated);
    s->phone = relay_add_central(s->room, &config);
    s->lamp->answers = s->phone->answers = true;
    s->lamp->answer = s->phone->answer = KITH_NUMBERS_EQUAL;
    cast_start(s->room);
    assert_int_equal(kith_sim_listen(s->room->sim, sniff, s), KITH_OK);
    cast_connect(s->phone, s->lamp);
    cast_pair(s->phone, s->lamp);
    cast_run(s->room, CAST_SECOND, NULL, NULL);
    cast_disconnect(s->phone, s->lamp);
    cast_connect(s->phone, s->lamp); /* in plain */
    actor_enter(&s->impostor, s->room);
    s->phone_address = cast_address(s->phone);
    actor_use_address(&s->impostor, &s->phone_address);
}

static unsigned told(scene *s)
{
    s->told += s->lamp->told[KITH_EVENT_WRITE_COMMAND];
    s->lamp->told[KITH_EVENT_WRITE_COMMAND] = 0;
    return s->told;
}

static void sign(scene *s, uint16_t handle, const char *value)
{
    kith_status status;

    do { /* the first after a start waits for its block */
        status = kith_gatt_write_signed(s->phone->host, s->phone->link, handle, (const uint8_t *)value, 2);
        cast_run(s->room, 300000, NULL, NULL);
    } while (status == KITH_ERR_BUSY);
    cast_equal(s->room, status, KITH_OK);
}

static void phone_leaves(scene *s)
{
    cast_disconnect(s->phone, s->lamp);
    cast_run(s->room, CAST_SECOND, NULL, NULL);
}

/* Everything that was heard so far, oldest and newest first, under the phone's address. */
static void replay_all(scene *s, unsigned count)
{
    actor_connect(&s->impostor, s->lamp);
    cast_check(s->room, s->lamp->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
    for (unsigned i = 0; i < 2 * count; i++) {
        actor_send(&s->impostor, KITH_CID_ATT, s->heard[i < count ? i : 2 * count - 1 - i], PDU);
        actor_run(&s->impostor, 300000, NULL, NULL);
    }
    actor_disconnect(&s->impostor, s->lamp);
}

/* ---- C9 ---- */

static void C9_what_was_signed_once_is_told_once_over_links_and_restarts(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, false);
    sign(&s, SIGNED_AT, "a1");
    sign(&s, SIGNED_AT, "a2");
    cast_equal(s.room, told(&s), 2);
    cast_equal(s.room, s.count, 2);
    phone_leaves(&s);
    replay_all(&s, 2);
    cast_equal(s.room, told(&s), 2);
    cast_reboot(s.lamp);
    replay_all(&s, 2);
    cast_equal(s.room, told(&s), 2);
    cast_connect(s.phone, s.lamp);
    sign(&s, SIGNED_AT, "a3"); /* the phone is still heard */
    cast_equal(s.room, told(&s), 3);
    assert_memory_equal(s.lamp->value, "a3", 2);
    cast_close(s.room);
}

/* The power goes after the signature was verified: before its counter is durable, or after. */
static void C9_power_that_goes_between_verifying_and_storing_lets_nothing_be_told_twice(void **state)
{
    (void)state;
    for (unsigned stored = 0; stored <= 1; stored++) {
        scene s;

        kith_stage_host *place;

        open_scene(&s, false);
        sign(&s, SIGNED_AT, "a1");
        cast_equal(s.room, told(&s), 1);
        s.room->stage.work_us = 10 * CAST_SECOND;
        sign(&s, SIGNED_AT, "a2");
        cast_equal(s.room, told(&s), 1); /* verified, and not told */
        place = &s.room->stage.hosts[s.lamp->number];
        cast_check(s.room, place->working && place->work.kind == KITH_WORK_STORE);
        if (stored != 0)
            kith_work_run(&place->work); /* done, and nobody hears of it */
        s.room->stage.work_us = 0;
        cast_reboot(s.lamp);
        cast_equal(s.room, s.count, 2);
        replay_all(&s, 2);
        replay_all(&s, 2);
        cast_equal(s.room, told(&s), 1 + (stored == 0)); /* once, or not at all: never twice */
        cast_connect(s.phone, s.lamp);
        sign(&s, SIGNED_AT, "a3");
        cast_equal(s.room, told(&s), 2 + (stored == 0));
        cast_close(s.room);
    }
}

static void C9_a_new_bond_knows_no_old_signatures(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, false);
    sign(&s, SIGNED_AT, "a1");
    sign(&s, SIGNED_AT, "a2");
    cast_equal(s.room, told(&s), 2);
    phone_leaves(&s);
    cast_forget_all(s.phone);
    cast_forget_all(s.lamp);
    cast_connect(s.phone, s.lamp);
    cast_pair(s.phone, s.lamp);
    cast_run(s.room, CAST_SECOND, NULL, NULL);
    phone_leaves(&s);
    replay_all(&s, 2);
    cast_equal(s.room, told(&s), 2);
    cast_connect(s.phone, s.lamp);
    sign(&s, SIGNED_AT, "a3");
    cast_equal(s.room, told(&s), 3);
    cast_close(s.room);
}

/* ---- C10 ---- */

static void C10_a_signature_is_worth_its_bond(void **state)
{
    (void)state;
    for (unsigned authenticated = 0; authenticated <= 1; authenticated++) {
        scene s;

        open_scene(&s, authenticated != 0);
        sign(&s, STRICT_AT, "a1");
        cast_equal(s.room, told(&s), authenticated);
        sign(&s, SIGNED_AT, "a2");
        cast_equal(s.room, told(&s), 1 + authenticated);
        cast_equal(s.room, s.lamp->last[KITH_EVENT_WRITE_COMMAND].attribute.signed_as,
                   authenticated != 0 ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_ENCRYPTED);
        cast_close(s.room);
    }
}

/* Signed data that the lamp never had: the phone says it to whoever takes the lamp's place. */
static void C10_a_signed_write_is_nothing_on_an_encrypted_link(void **state)
{
    uint8_t packet[9 + PDU] = {KITH_H4_ACL, 1, 0, 4 + PDU, 0, PDU, 0, KITH_CID_ATT, 0};

    (void)state;
    for (unsigned encrypted = 0; encrypted <= 1; encrypted++) {
        scene s;

        open_scene(&s, false);
        kith_sim_set_mute(s.room->sim, s.lamp->device, true);
        sign(&s, SIGNED_AT, "a1");
        kith_sim_set_mute(s.room->sim, s.lamp->device, false);
        cast_equal(s.room, s.count, 1);
        cast_equal(s.room, told(&s), 0);
        if (encrypted != 0)
            cast_encrypt(s.phone, s.lamp);
        memcpy(packet + 9, s.heard[0], PDU); /* past the phone's host, which would not */
        cast_equal(s.room, kith_sim_send(s.room->sim, s.phone->device, packet, sizeof packet), KITH_OK);
        cast_run(s.room, CAST_SECOND, NULL, NULL);
        cast_equal(s.room, told(&s), encrypted == 0);
        if (encrypted != 0)
            cast_equal(s.room,
                       kith_gatt_write_signed(s.phone->host, s.phone->link, SIGNED_AT, (const uint8_t *)"no", 2),
                       KITH_ERR_STATE);
        cast_close(s.room);
    }
}

/* Cut short at every length, with a bit wrong in each octet, to another value, and from somebody with no bond. */
static void C10_what_is_not_exactly_what_was_signed_is_nothing(void **state)
{
    const kith_address stranger = {KITH_ADDRESS_RANDOM, {9, 9, 9, 9, 9, 0xc9}};
    scene s;

    (void)state;
    open_scene(&s, false);
    kith_sim_set_mute(s.room->sim, s.lamp->device, true);
    sign(&s, SIGNED_AT, "a1");
    kith_sim_set_mute(s.room->sim, s.lamp->device, false);
    phone_leaves(&s);
    cast_equal(s.room, told(&s), 0);
    actor_connect(&s.impostor, s.lamp);
    for (size_t len = 1; len < PDU; len++) {
        actor_send(&s.impostor, KITH_CID_ATT, s.heard[0], len);
        actor_run(&s.impostor, 100000, NULL, NULL);
    }
    for (size_t i = 0; i < PDU; i++) {
        uint8_t spoiled[PDU];

        memcpy(spoiled, s.heard[0], PDU);
        spoiled[i] ^= 2; /* in the handle: the strict value */
        actor_send(&s.impostor, KITH_CID_ATT, spoiled, PDU);
        actor_run(&s.impostor, 100000, NULL, NULL);
    }
    cast_equal(s.room, told(&s), 0);
    actor_disconnect(&s.impostor, s.lamp);
    actor_use_address(&s.impostor, &stranger);
    actor_connect(&s.impostor, s.lamp);
    actor_send(&s.impostor, KITH_CID_ATT, s.heard[0], PDU);
    actor_run(&s.impostor, 300000, NULL, NULL);
    actor_disconnect(&s.impostor, s.lamp);
    cast_equal(s.room, told(&s), 0);
    actor_use_address(&s.impostor, &s.phone_address);
    replay_all(&s, 1); /* whole, and the first time that it is heard: whoever carries it */
    cast_equal(s.room, told(&s), 1);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C9_what_was_signed_once_is_told_once_over_links_and_restarts),
        cmocka_unit_test(C9_power_that_goes_between_verifying_and_storing_lets_nothing_be_told_twice),
        cmocka_unit_test(C9_a_new_bond_knows_no_old_signatures),
        cmocka_unit_test(C10_a_signature_is_worth_its_bond),
        cmocka_unit_test(C10_a_signed_write_is_nothing_on_an_encrypted_link),
        cmocka_unit_test(C10_what_is_not_exactly_what_was_signed_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
