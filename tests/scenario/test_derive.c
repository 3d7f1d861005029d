/* Keys derived from bonds: two hosts that share a bond derive the same, recomputed here by OpenSSL from what security.h
 * says; others derive others; who forgets has none. */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "cast.h"
#include "memory_store.h"

typedef struct {
    uint8_t octets[16];
} key;

static key cmac(const void *with, const uint8_t *message, size_t len)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    char cipher[] = "AES-128-CBC";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
                               OSSL_PARAM_construct_end()};
    size_t out_len = 0;
    key out;

    assert_int_equal(EVP_MAC_init(context, with, 16, parameters), 1);
    assert_int_equal(EVP_MAC_update(context, message, len), 1);
    assert_int_equal(EVP_MAC_final(context, out.octets, &out_len, sizeof out.octets), 1);
    assert_int_equal(out_len, 16);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
    return out;
}

static key recomputed(const uint8_t ltk[16], const char *label)
{
    uint8_t turned[16], message[100] = {0, 0, 0, 1};
    size_t len = strlen(label);
    key k;

    for (size_t i = 0; i < 16; i++)
        turned[i] = ltk[15 - i];
    k = cmac("Kith bond derive", turned, sizeof turned);
    memcpy(message + 4, label, len);
    message[4 + len + 4] = 128;
    return cmac(k.octets, message, 4 + len + 5);
}

static key derived(const cast_host *h, kith_peer_id peer, const char *label)
{
    key out;

    cast_equal(h->room, kith_bonds_derive(h->host, peer, label, strlen(label), out.octets), KITH_OK);
    return out;
}

static bool is_equal(key a, key b)
{
    return memcmp(a.octets, b.octets, sizeof a.octets) == 0;
}

static void expect_none(const cast_host *h, kith_peer_id peer, kith_status why)
{
    static const key zero;
    key out;

    memset(&out, 0xdd, sizeof out);
    cast_equal(h->room, kith_bonds_derive(h->host, peer, "door", 4, out.octets), why);
    cast_check(h->room, is_equal(out, zero));
}

static kith_peer_id last_peer(const cast_host *h)
{
    kith_bond_info info;
    kith_peer_id peer = 0;

    while (kith_bonds_next(h->host, peer, &info) == KITH_OK)
        peer = info.peer;
    return peer;
}

static void both_sides_derive_the_same_and_nobody_else_does(void **state)
{
    cast_room *room = cast_open(701, CAST_OPENSSL);
    cast_host *lamp, *phone, *other;
    kith_peer_id to_phone, to_other;
    kith_bond_keys keys;
    kith_config config;

    (void)state;
    cast_lamp_config(&config);
    config.limits.links = config.limits.pairings = 2;
    lamp = cast_add(room, "lamp", &config);
    phone = cast_add_phone(room, "phone");
    other = cast_add_phone(room, "other");
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    to_phone = last_peer(lamp);
    cast_disconnect(phone, lamp);
    cast_connect(other, lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(other->host, other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(lamp, KITH_EVENT_BONDED, 2);
    cast_await(other, KITH_EVENT_BONDED, 1);
    to_other = last_peer(lamp);
    cast_check(room, to_phone != to_other);
    cast_equal(room, kith_bonds_export(lamp->host, to_phone, &keys), KITH_OK);
    cast_check(room, is_equal(derived(lamp, to_phone, "door"), recomputed(keys.ltk, "door")));
    cast_check(room, is_equal(derived(phone, last_peer(phone), "door"), recomputed(keys.ltk, "door")));
    cast_check(room, !is_equal(derived(lamp, to_phone, "door"), derived(lamp, to_phone, "doors")));
    cast_check(room, !is_equal(derived(lamp, to_phone, "door"), derived(lamp, to_other, "door")));
    cast_check(room, is_equal(derived(lamp, to_other, "door"), derived(other, last_peer(other), "door")));
    cast_close(room);
}

static void a_key_changes_with_a_new_bond_and_is_the_same_after_a_reboot(void **state)
{
    cast_room *room = cast_open(702, CAST_OPENSSL);
    static memory_store store;
    cast_host *lamp, *phone;
    kith_config config;
    kith_peer_id peer;
    key before;

    (void)state;
    memory_store_init(&store, 8);
    cast_lamp_config(&config);
    config.store = &store.store;
    lamp = cast_add(room, "lamp", &config);
    phone = cast_add_phone(room, "phone");
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    peer = last_peer(lamp);
    before = derived(lamp, peer, "door");
    cast_power_off(lamp);
    cast_power_on(lamp);
    expect_none(lamp, peer, KITH_ERR_BUSY); /* not loaded yet */
    cast_await_next(lamp, KITH_EVENT_READY);
    cast_check(room, is_equal(derived(lamp, peer, "door"), before));
    cast_disconnect(phone, lamp);
    cast_forget_all(phone);
    cast_connect(phone, lamp);
    cast_hold_store(lamp);
    assert_int_equal(kith_pairing_open(lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_pair(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(lamp, KITH_EVENT_PAIRED, 2);
    cast_await(phone, KITH_EVENT_BONDED, 2);
    expect_none(lamp, peer, KITH_ERR_BUSY); /* the phone has the new key already */
    cast_equal(room, cast_finish_store(lamp), KITH_OK);
    cast_await(lamp, KITH_EVENT_BONDED, 2);
    cast_check(room, !is_equal(derived(lamp, peer, "door"), before));
    cast_check(room, is_equal(derived(lamp, peer, "door"), derived(phone, last_peer(phone), "door")));
    cast_close(room);
}

static void what_is_forgotten_gives_no_key(void **state)
{
    cast_room *room = cast_open(703, CAST_OPENSSL);
    static memory_store store;
    cast_host *lamp, *phone;
    kith_config config;
    kith_peer_id peer;

    (void)state;
    memory_store_init(&store, 8);
    cast_lamp_config(&config);
    config.store = &store.store;
    lamp = cast_add(room, "lamp", &config);
    phone = cast_add_phone(room, "phone");
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    peer = last_peer(lamp);
    cast_hold_store(lamp);
    assert_int_equal(kith_bonds_forget(lamp->host, peer), KITH_OK);
    expect_none(lamp, peer, KITH_ERR_NOT_FOUND); /* the store still holds it */
    cast_equal(room, cast_finish_store(lamp), KITH_OK);
    cast_await(lamp, KITH_EVENT_FORGOTTEN, 1);
    expect_none(lamp, peer, KITH_ERR_NOT_FOUND);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_derive_the_same_and_nobody_else_does),
        cmocka_unit_test(a_key_changes_with_a_new_bond_and_is_the_same_after_a_reboot),
        cmocka_unit_test(what_is_forgotten_gives_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
