/* What people suffer from most with other stacks, played with the phones and computers that they have (persona.h).
 * Numbers are those of a ranked list of public complaints: 2, notifications that stop after a restart; 6, phones that
 * nobody knows after they have paired again; 9, tables that are out of date after a firmware update; 14, two units with
 * one identity; 15, values that leak by notification. */
#include "kith/port/openssl.h"
#include "memory_store.h"
#include "persona.h"

typedef struct {
    cast_room *room;
    cast_host *server;
    memory_store store;
    persona p;
    unsigned secrets_in_plain;
} scene;

static void sniff(void *context, const kith_sim_frame *frame)
{
    scene *s = context;

    if (frame->connection == 0 || frame->encrypted)
        return;
    for (size_t i = 2; i + 6 <= frame->len; i++)
        s->secrets_in_plain += memcmp(frame->pdu + i, CAST_SECRET, 6) == 0;
}

static void open_scene(scene *s, persona_kind kind)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(361, CAST_TOY);
    memory_store_init(&s->store, 90);
    client_server_config(&config, &s->store.store);
    config.limits.bonds = 40; /* more than a search looks at: places are used in turn */
    s->server = cast_add(s->room, "server", &config);
    cast_start(s->room);
    assert_int_equal(kith_sim_listen(s->room->sim, sniff, s), KITH_OK);
    persona_enter(&s->p, s->room, kind);
}

static void lose_power(scene *s)
{
    cast_reboot(s->server);
    persona_notice_power_loss(&s->p);
}

/* The program knows its values by id, and says "value" of each: does it arrive, under the right handle? */
static bool is_told(scene *s, uint16_t id, uint16_t uuid)
{
    unsigned before = s->p.c.notified;

    (void)kith_gatt_notify_all(s->server->host, id, (const uint8_t *)"value", 5);
    client_run(&s->p.c, 300000);
    if (s->p.c.notified == before)
        return false;
    cast_equal(s->room, s->p.c.notified, before + 1);
    cast_equal(s->room, s->p.c.handle, persona_handle(&s->p, uuid));
    return true;
}

/* ---- 2 ---- */

/* Asked for in plain, then bonded, then the power went: told again as soon as the link is encrypted, unasked. */
static void subscribed_before_bonding(persona_kind kind)
{
    scene s;

    open_scene(&s, kind);
    persona_meet(&s.p, s.server);
    cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_OPEN), 0);
    cast_check(s.room, is_told(&s, OPEN, PERSONA_OPEN));
    if (kind == IPHONE) /* which begins when it is refused */
        cast_equal(s.room, persona_read(&s.p, s.server, PERSONA_GUARDED), 0);
    else
        cast_check(s.room, persona_bond(&s.p, s.server));
    cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_GUARDED), 0);
    client_run(&s.p.c, CAST_SECOND);
    for (unsigned i = 0; i < 3; i++) {
        lose_power(&s);
        persona_connect(&s.p, s.server);
        cast_check(s.room, !is_told(&s, OPEN, PERSONA_OPEN)); /* not before it is proven */
        persona_settle(&s.p, s.server);
        cast_check(s.room, is_told(&s, OPEN, PERSONA_OPEN));
        cast_check(s.room, is_told(&s, GUARDED, PERSONA_GUARDED));
    }
    cast_equal(s.room, kith_bonds_count(s.server->host), 1);
    cast_close(s.room);
}

static void pain_2_what_was_asked_for_before_bonding_outlives_power_iphone(void **state)
{
    (void)state;
    subscribed_before_bonding(IPHONE);
}

static void pain_2_what_was_asked_for_before_bonding_outlives_power_android(void **state)
{
    (void)state;
    subscribed_before_bonding(ANDROID);
}

static void pain_2_what_was_asked_for_before_bonding_outlives_power_windows(void **state)
{
    (void)state;
    subscribed_before_bonding(WINDOWS);
}

/* A quarter of a second after the answer it is kept.  Whenever the power goes, it is kept or not, and the bond is good.
 */
static void subscribed_just_before_power_goes(persona_kind kind)
{
    for (unsigned ms = 0; ms <= 400; ms += 25) {
        bool kept;
        scene s;

        open_scene(&s, kind);
        persona_meet(&s.p, s.server);
        cast_check(s.room, persona_bond(&s.p, s.server));
        client_run(&s.p.c, CAST_SECOND);
        cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_GUARDED), 0);
        client_run(&s.p.c, ms * 1000);
        lose_power(&s);
        persona_meet(&s.p, s.server);
        cast_check(s.room, s.p.c.a.encrypted);
        kept = is_told(&s, GUARDED, PERSONA_GUARDED);
        if (ms >= 250)
            cast_check(s.room, kept);
        cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_GUARDED), 0);
        cast_check(s.room, is_told(&s, GUARDED, PERSONA_GUARDED));
        cast_close(s.room);
    }
}

static void pain_2_what_was_asked_for_just_before_power_goes_iphone(void **state)
{
    (void)state;
    subscribed_just_before_power_goes(IPHONE);
}

static void pain_2_what_was_asked_for_just_before_power_goes_android(void **state)
{
    (void)state;
    subscribed_just_before_power_goes(ANDROID);
}

static void pain_2_what_was_asked_for_just_before_power_goes_windows(void **state)
{
    (void)state;
    subscribed_just_before_power_goes(WINDOWS);
}

/* The link goes when the pairing is done and its bond still on the way to a slow store.  The second time a
 * place is free that is not the next one to be used. */
static void pain_2_what_was_asked_for_is_kept_though_the_link_goes_before_the_bond_is_stored(void **state)
{
    scene s;

    (void)state;
    for (unsigned others = 0; others <= 1; others++) {
        open_scene(&s, WINDOWS);
        if (others != 0) {
            client other;

            client_enter(&other, s.room);
            client_meet(&other, s.server);
            client_pair(&other, s.server);
            client_leave(&other, s.server);
            cast_forget_all(s.server);
        }
        persona_meet(&s.p, s.server);
        cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_OPEN), 0);
        s.room->stage.work_us = CAST_SECOND / 2;
        client_pair(&s.p.c, s.server);
        client_leave(&s.p.c, s.server);
        cast_equal(s.room, s.server->told[KITH_EVENT_BONDED], others);
        client_run(&s.p.c, 3 * CAST_SECOND);
        cast_equal(s.room, s.server->told[KITH_EVENT_BONDED], 1 + others);
        cast_equal(s.room, kith_bonds_count(s.server->host), 1);
        s.p.is_bonded = true;
        if (others != 0)
            lose_power(&s);
        persona_meet(&s.p, s.server);
        cast_check(s.room, is_told(&s, OPEN, PERSONA_OPEN));
        cast_close(s.room);
    }
}

/* ---- 9 ---- */

static const kith_characteristic new_characteristic = {.uuid = KITH_UUID16(0x2b40),
                                                       .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY,
                                                       .permissions = KITH_READ_ENCRYPTED,
                                                       .id = 77,
                                                       .value = (const uint8_t *)"new",
                                                       .value_len = 3};
static kith_service updated[2] = {
    {.uuid = KITH_UUID16(0x1840), .characteristics = &new_characteristic, .characteristic_count = 1},
};

/* A new service comes first: all handles are others, and GUARDED's old one is that of the new value.  The program does
 * nothing but start. */
static void updated_while_away(persona_kind kind)
{
    scene s;
    unsigned discoveries;
    uint16_t was;

    open_scene(&s, kind);
    persona_meet(&s.p, s.server);
    cast_check(s.room, persona_bond(&s.p, s.server));
    cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_GUARDED), 0);
    was = persona_handle(&s.p, PERSONA_GUARDED);
    client_run(&s.p.c, CAST_SECOND);

    lose_power(&s); /* the same firmware: the table is not looked at again */
    discoveries = s.p.discoveries;
    persona_meet(&s.p, s.server);
    cast_equal(s.room, s.p.discoveries, discoveries);
    cast_check(s.room, is_told(&s, GUARDED, PERSONA_GUARDED));

    updated[1] = served[0];
    s.server->config.services = updated;
    s.server->config.service_count = 2;
    lose_power(&s);
    persona_meet(&s.p, s.server);
    cast_equal(s.room, s.p.discoveries, discoveries + 1);
    cast_check(s.room, persona_handle(&s.p, PERSONA_GUARDED) > was);
    cast_equal(s.room, persona_handle(&s.p, PERSONA_GUARDED), kith_gatt_handle(s.server->host, GUARDED));
    cast_equal(s.room, persona_read(&s.p, s.server, PERSONA_GUARDED), 0);
    assert_memory_equal(s.p.c.answer + 1, CAST_SECRET, 6);
    cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_GUARDED), 0);
    cast_check(s.room, is_told(&s, GUARDED, PERSONA_GUARDED));
    client_run(&s.p.c, CAST_SECOND);

    lose_power(&s); /* and told once */
    persona_meet(&s.p, s.server);
    cast_equal(s.room, s.p.discoveries, discoveries + 1);
    cast_check(s.room, is_told(&s, GUARDED, PERSONA_GUARDED));
    cast_close(s.room);
}

static void pain_9_an_update_is_noticed_without_a_call_iphone(void **state)
{
    (void)state;
    updated_while_away(IPHONE);
}

static void pain_9_an_update_is_noticed_without_a_call_android(void **state)
{
    (void)state;
    updated_while_away(ANDROID);
}

static void pain_9_an_update_is_noticed_without_a_call_windows(void **state)
{
    (void)state;
    updated_while_away(WINDOWS);
}

/* Until it knows the new table, nothing of it is told under handles that meant something else. */
static void told_under_old_handles(persona_kind kind)
{
    scene s;

    open_scene(&s, kind);
    persona_meet(&s.p, s.server);
    cast_check(s.room, persona_bond(&s.p, s.server));
    cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_GUARDED), 0);
    client_run(&s.p.c, CAST_SECOND);
    updated[1] = served[0];
    s.server->config.services = updated;
    s.server->config.service_count = 2;
    lose_power(&s);
    cast_equal(s.room, kith_gatt_handle(s.server->host, 77), persona_handle(&s.p, PERSONA_GUARDED));
    persona_connect(&s.p, s.server);
    s.p.c.stays_silent = true; /* does not confirm yet */
    client_encrypt(&s.p.c, s.server);
    cast_equal(s.room, s.p.c.indicated, 1);
    cast_equal(s.room, kith_gatt_notify(s.server->host, s.server->link, 77, (const uint8_t *)"new", 3), KITH_ERR_BUSY);
    client_run(&s.p.c, 300000);
    cast_equal(s.room, s.p.c.notified, 0);
    s.p.c.stays_silent = false;
    client_confirm(&s.p.c);
    client_run(&s.p.c, 300000);
    persona_settle(&s.p, s.server);
    cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_GUARDED), 0);
    cast_check(s.room, is_told(&s, GUARDED, PERSONA_GUARDED));
    cast_close(s.room);
}

static void pain_9_nothing_is_told_under_handles_of_the_old_table_iphone(void **state)
{
    (void)state;
    told_under_old_handles(IPHONE);
}

static void pain_9_nothing_is_told_under_handles_of_the_old_table_android(void **state)
{
    (void)state;
    told_under_old_handles(ANDROID);
}

static void pain_9_nothing_is_told_under_handles_of_the_old_table_windows(void **state)
{
    (void)state;
    told_under_old_handles(WINDOWS);
}

/* Service Changed that finds no room goes before what the program says next; the client need not speak first. */
static void pain_9_a_change_that_finds_no_room_is_told_later(void **state)
{
    unsigned sent = 0;
    scene s;

    (void)state;
    open_scene(&s, WINDOWS);
    persona_meet(&s.p, s.server);
    cast_check(s.room, persona_bond(&s.p, s.server));
    cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_OPEN), 0);
    while (kith_gatt_notify(s.server->host, s.server->link, OPEN, CAST_SECRET, 6) == KITH_OK)
        sent++;
    assert_int_equal(kith_gatt_add_service(s.server->host, &updated[0]), KITH_OK);
    client_run(&s.p.c, CAST_SECOND);
    cast_equal(s.room, s.p.c.notified, sent);
    cast_equal(s.room, s.p.c.indicated, 0);
    cast_equal(s.room, kith_gatt_notify(s.server->host, s.server->link, OPEN, CAST_SECRET, 6), KITH_ERR_BUSY);
    client_run(&s.p.c, CAST_SECOND);
    cast_equal(s.room, s.p.c.indicated, 1);
    cast_check(s.room, is_told(&s, OPEN, PERSONA_OPEN));
    cast_close(s.room);
}

/* ---- 14 ---- */

/* Units have keys of their own, from the first start on; where a program gives two the same key it is as elsewhere. */
static void pain_14_two_units_are_two_devices_to_windows(void **state)
{
    static const uint8_t shipped[16] = {1, 2, 3, 4, 5, 6, 7, 8};

    (void)state;
    for (unsigned same = 0; same <= 1; same++) {
        memory_store other_store;
        cast_host *other;
        kith_config config;
        scene s;

        open_scene(&s, WINDOWS);
        if (same != 0)
            s.server->config.irk = shipped;
        cast_reboot(s.server);
        memory_store_init(&other_store, 20);
        client_server_config(&config, &other_store.store);
        config.irk = s.server->config.irk;
        other = cast_add(s.room, "other unit", &config);
        assert_int_equal(kith_host_start(other->host, kith_sim_now(s.room->sim)), KITH_OK);
        cast_await(other, KITH_EVENT_READY, 1);
        persona_meet(&s.p, s.server);
        cast_check(s.room, persona_bond(&s.p, s.server));
        persona_leave(&s.p, s.server);
        persona_connect(&s.p, other);
        cast_equal(s.room, persona_bond(&s.p, other), same == 0);
        cast_close(s.room);
    }
}

/* What everybody knows is no key, whoever gives it. */
static void pain_14_a_key_that_everybody_knows_is_refused(void **state)
{
    static const uint8_t known[][16] = {
        {0},
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        /* printed in the specification */
        {0x9b, 0x7d, 0x39, 0x0a, 0xa6, 0x10, 0x10, 0x34, 0x05, 0xad, 0xc8, 0x57, 0xa3, 0x34, 0x02, 0xec},
        {0xec, 0x02, 0x34, 0xa3, 0x57, 0xc8, 0xad, 0x05, 0x34, 0x10, 0x10, 0xa6, 0x0a, 0x39, 0x7d, 0x9b},
    };
    static _Alignas(8) uint8_t memory[65536];
    kith_crypto_port crypto;
    kith_config config;
    kith_host *h;

    (void)state;
    assert_int_equal(kith_openssl_port(&crypto), KITH_OK);
    cast_lamp_config(&config);
    config.crypto = &crypto;
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++) {
        config.irk = known[i];
        assert_int_equal(kith_host_init(memory, sizeof memory, &config, &h), KITH_ERR_VALUE);
    }
}

/* Two units of a maker who gave both the same key: each is bonded, and known by its identity address.  What that key
 * makes says nothing of who it is. */
static void pain_14_two_peers_with_one_key_are_two_peers(void **state)
{
    static const uint8_t shipped[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    cast_room *room = cast_open(514, CAST_OPENSSL);
    kith_config config;
    cast_host *phone, *lamp[2];
    kith_peer_id peer[2], claimed;
    kith_bond_info info;

    (void)state;
    cast_phone_config(&config);
    phone = cast_add(room, "phone", &config);
    for (unsigned i = 0; i < 2; i++) {
        cast_lamp_config(&config);
        config.irk = shipped;
        lamp[i] = cast_add(room, "lamp", &config);
    }
    cast_start(room);
    for (unsigned i = 0; i < 2; i++) {
        cast_connect(phone, lamp[i]);
        assert_int_equal(kith_pairing_open(lamp[i]->host, 30000), KITH_OK);
        cast_equal(room, kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await(phone, KITH_EVENT_BONDED, i + 1);
        peer[i] = phone->last[KITH_EVENT_BONDED].peer;
        cast_disconnect(phone, lamp[i]);
    }
    cast_check(room, peer[0] != peer[1]);
    cast_equal(room, kith_bonds_count(phone->host), 2);
    for (unsigned i = 0; i < 2; i++) {
        kith_address address = cast_address(lamp[i]), hidden;
        const uint8_t prand[3] = {1, 2, 0x43};
        uint8_t block[16] = {0}, key[16], out[16];

        assert_int_equal(kith_bonds_get(phone->host, peer[i], &info), KITH_OK);
        cast_check(room, info.has_irk && kith_address_equal(&info.identity, &address));
        cast_connect(phone, lamp[i]);
        cast_equal(room, phone->last[KITH_EVENT_CONNECTED].connected.claimed, peer[i]);
        cast_encrypt(phone, lamp[i]);
        cast_disconnect(phone, lamp[i]);
        for (unsigned k = 0; k < 16; k++)
            key[k] = shipped[15 - k];
        for (unsigned k = 0; k < 3; k++)
            block[13 + k] = prand[2 - k];
        assert_int_equal(room->crypto.aes128(room->crypto.context, key, block, out), KITH_OK);
        hidden = (kith_address){KITH_ADDRESS_RANDOM, {out[15], out[14], out[13], prand[0], prand[1], prand[2]}};
        assert_int_equal(kith_address_resolve(&room->crypto, shipped, &hidden), KITH_OK);
        cast_equal(room, kith_bonds_of_address(phone->host, &hidden, &claimed), KITH_ERR_NOT_FOUND);
    }
    cast_close(room);
}

/* ---- 6 ---- */

/* An Android whose user took the device off the list and pairs again has another identity resolving key, and an address
 * that nobody knows: it is the peer it was, by its identity, and known by the new key from then on. */
static void pain_6_an_android_that_pairs_again_is_the_peer_it_was(void **state)
{
    uint8_t first_irk[16];
    kith_peer_id peer;
    scene s;

    (void)state;
    open_scene(&s, ANDROID);
    persona_meet(&s.p, s.server);
    cast_check(s.room, persona_bond(&s.p, s.server));
    client_run(&s.p.c, CAST_SECOND);
    peer = s.server->last[KITH_EVENT_BONDED].peer;
    memcpy(first_irk, s.p.c.a.irk, 16);
    persona_leave(&s.p, s.server);
    s.p.is_bonded = s.p.has_table = false;
    persona_meet(&s.p, s.server);
    cast_check(s.room, persona_bond(&s.p, s.server));
    cast_check(s.room, memcmp(first_irk, s.p.c.a.irk, 16) != 0);
    cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_GUARDED), 0);
    client_run(&s.p.c, CAST_SECOND);
    cast_equal(s.room, kith_bonds_count(s.server->host), 1);
    lose_power(&s);
    persona_meet(&s.p, s.server);
    cast_equal(s.room, s.server->last[KITH_EVENT_CONNECTED].connected.claimed, peer);
    cast_check(s.room, is_told(&s, GUARDED, PERSONA_GUARDED));
    cast_close(s.room);
}

/* ---- 15 ---- */

/* Whatever the client does, and whenever the program notifies: the value is not on air in plain. */
static void expect_no_leak(scene *s)
{
    (void)kith_gatt_notify_all(s->server->host, GUARDED, CAST_SECRET, 6);
    if (s->server->link != 0)
        (void)!kith_gatt_indicate(s->server->host, s->server->link, INDICATED, CAST_SECRET, 6);
    client_run(&s->p.c, 300000);
    cast_equal(s->room, s->secrets_in_plain, 0);
}

static void notified_all_the_time(persona_kind kind)
{
    unsigned before;
    uint8_t error;
    scene s;

    open_scene(&s, kind);
    persona_meet(&s.p, s.server);
    expect_no_leak(&s);
    error = client_subscribe(&s.p.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY); /* the configuration is not open, either */
    cast_equal(s.room, error, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    expect_no_leak(&s);
    cast_equal(s.room, s.p.c.notified, 0);
    cast_check(s.room, persona_bond(&s.p, s.server));
    cast_equal(s.room, persona_subscribe(&s.p, s.server, PERSONA_GUARDED), 0);
    expect_no_leak(&s);
    cast_equal(s.room, s.p.c.notified, 1); /* encrypted */
    client_run(&s.p.c, CAST_SECOND);

    lose_power(&s);
    persona_connect(&s.p, s.server); /* subscribed, by the bond, and plain */
    error = client_subscribe(&s.p.c, GUARDED_AT, KITH_SUBSCRIBED_NOTIFY);
    cast_equal(s.room, error, is_told(&s, OPEN, PERSONA_OPEN) ? 0 : KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION);
    before = s.p.c.notified;
    expect_no_leak(&s);
    cast_equal(s.room, s.p.c.notified, before);
    persona_settle(&s.p, s.server);
    expect_no_leak(&s);
    cast_equal(s.room, s.p.c.notified, before + 1);

    persona_leave(&s.p, s.server); /* and when the server has forgotten it */
    cast_forget_all(s.server);
    persona_connect(&s.p, s.server);
    expect_no_leak(&s);
    persona_settle(&s.p, s.server);
    expect_no_leak(&s);
    cast_equal(s.room, s.p.c.notified, before + 1);
    cast_equal(s.room, s.p.is_bonded, kind == ANDROID); /* which keeps what is dead */
    cast_close(s.room);
}

static void pain_15_a_notification_leaks_no_encrypted_value_iphone(void **state)
{
    (void)state;
    notified_all_the_time(IPHONE);
}

static void pain_15_a_notification_leaks_no_encrypted_value_android(void **state)
{
    (void)state;
    notified_all_the_time(ANDROID);
}

static void pain_15_a_notification_leaks_no_encrypted_value_windows(void **state)
{
    (void)state;
    notified_all_the_time(WINDOWS);
}

/* ---- the personas themselves ---- */

static void an_iphone_keeps_no_bond_without_an_identity_key(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < PERSONAS; kind++) {
        scene s;

        open_scene(&s, (persona_kind)kind);
        s.server->config.security.identity_needs_mitm = true;
        cast_reboot(s.server);
        persona_meet(&s.p, s.server);
        cast_equal(s.room, persona_bond(&s.p, s.server), kind != IPHONE);
        cast_close(s.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pain_2_what_was_asked_for_before_bonding_outlives_power_iphone),
        cmocka_unit_test(pain_2_what_was_asked_for_before_bonding_outlives_power_android),
        cmocka_unit_test(pain_2_what_was_asked_for_before_bonding_outlives_power_windows),
        cmocka_unit_test(pain_2_what_was_asked_for_just_before_power_goes_iphone),
        cmocka_unit_test(pain_2_what_was_asked_for_just_before_power_goes_android),
        cmocka_unit_test(pain_2_what_was_asked_for_just_before_power_goes_windows),
        cmocka_unit_test(pain_2_what_was_asked_for_is_kept_though_the_link_goes_before_the_bond_is_stored),
        cmocka_unit_test(pain_9_an_update_is_noticed_without_a_call_iphone),
        cmocka_unit_test(pain_9_an_update_is_noticed_without_a_call_android),
        cmocka_unit_test(pain_9_an_update_is_noticed_without_a_call_windows),
        cmocka_unit_test(pain_9_nothing_is_told_under_handles_of_the_old_table_iphone),
        cmocka_unit_test(pain_9_nothing_is_told_under_handles_of_the_old_table_android),
        cmocka_unit_test(pain_9_nothing_is_told_under_handles_of_the_old_table_windows),
        cmocka_unit_test(pain_9_a_change_that_finds_no_room_is_told_later),
        cmocka_unit_test(pain_14_two_units_are_two_devices_to_windows),
        cmocka_unit_test(pain_14_a_key_that_everybody_knows_is_refused),
        cmocka_unit_test(pain_14_two_peers_with_one_key_are_two_peers),
        cmocka_unit_test(pain_6_an_android_that_pairs_again_is_the_peer_it_was),
        cmocka_unit_test(pain_15_a_notification_leaks_no_encrypted_value_iphone),
        cmocka_unit_test(pain_15_a_notification_leaks_no_encrypted_value_android),
        cmocka_unit_test(pain_15_a_notification_leaks_no_encrypted_value_windows),
        cmocka_unit_test(an_iphone_keeps_no_bond_without_an_identity_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
