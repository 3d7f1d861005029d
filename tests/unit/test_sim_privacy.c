/* The resolving list as hosts meet it: private addresses go out, come in, are resolved, and change. */
#include "test_sim_support.h"

#include "crypto/toolbox.h"

static const uint8_t IRK[2][16] = {{1, 1, 1, 1}, {2, 2, 2, 2}};
static const uint8_t NO_IRK[16];

static uint8_t add_entry(room *r, int device, const uint8_t *identity, const uint8_t *peer_irk, const uint8_t *own_irk)
{
    uint8_t p[39] = {0};

    memcpy(p + 1, identity, 6);
    memcpy(p + 7, peer_irk, 16);
    memcpy(p + 23, own_irk, 16);
    return command(r, device, KITH_HCI_LE_ADD_TO_RESOLVING_LIST, p, sizeof p);
}

static uint8_t resolve(room *r, int device, uint8_t on)
{
    return command(r, device, KITH_HCI_LE_SET_RESOLUTION_ENABLE, &on, 1);
}

static void set_device_privacy(room *r, int device, const uint8_t *identity)
{
    uint8_t p[8] = {0};

    memcpy(p + 1, identity, 6);
    p[7] = 1;
    must(command(r, device, KITH_HCI_LE_SET_PRIVACY_MODE, p, sizeof p));
}

/* Devices 0 and 1 know each other. */
static room *acquainted(void)
{
    room *r = room_new(3, 21);

    for (int i = 0; i < 2; i++) {
        must(add_entry(r, i, ROOM_ADDRESS[1 - i], IRK[1 - i], IRK[i]));
        must(resolve(r, i, 1));
    }
    return r;
}

static void start_private_advertising(room *r)
{
    set_advertising(r, 0, 0, 2, 0, 0, ROOM_ADDRESS[1]);
    must(enable_advertising(r, 0, true));
}

static bool is_rpa_of(const room *r, const uint8_t *address, const uint8_t irk[16])
{
    uint8_t hash[3];

    assert_int_equal(crypto_ah(&r->crypto, irk, address + 3, hash), KITH_OK);
    return address[5] >> 6 == 1 && memcmp(hash, address, 3) == 0;
}

static void a_stranger_sees_private_addresses_and_a_friend_the_identity(void **state)
{
    room *r = acquainted();
    const uint8_t *p;

    (void)state;
    start_private_advertising(r);
    for (int i = 1; i < 3; i++) {
        set_scanning(r, i, false, 0, 0);
        must(enable_scanning(r, i, true, false));
    }
    p = await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 300000);
    assert_int_equal(p[2], 2);
    assert_memory_equal(p + 3, ROOM_ADDRESS[0], 6);
    p = await_le(r, 2, KITH_HCI_LE_EV_ADVERTISING_REPORT, 300000);
    assert_int_equal(p[2], 1);
    assert_true(is_rpa_of(r, p + 3, IRK[0]));
    room_free(r);
}

static void the_private_address_changes_after_its_timeout(void **state)
{
    static const uint8_t ten_s[2] = {10, 0};
    room *r = acquainted();
    uint8_t first[6];
    const uint8_t *p;

    (void)state;
    must(command(r, 0, KITH_HCI_LE_SET_RPA_TIMEOUT, ten_s, 2));
    start_private_advertising(r);
    set_scanning(r, 2, false, 0, 0);
    must(enable_scanning(r, 2, true, true));
    memcpy(first, await_le(r, 2, KITH_HCI_LE_EV_ADVERTISING_REPORT, 300000) + 3, 6);
    room_run(r, 9000000);
    assert_null(seek_le(r, 2, KITH_HCI_LE_EV_ADVERTISING_REPORT));
    p = await_le(r, 2, KITH_HCI_LE_EV_ADVERTISING_REPORT, 2000000);
    assert_memory_not_equal(p + 3, first, 6);
    assert_true(is_rpa_of(r, p + 3, IRK[0]));
    room_free(r);
}

static void both_sides_connect_by_private_addresses(void **state)
{
    room *r = acquainted();
    const uint8_t *p;

    (void)state;
    start_private_advertising(r);
    must(create_connection(r, 1, 0, 2, ROOM_ADDRESS[0], 2, INTERVAL, TIMEOUT));
    for (int i = 0; i < 2; i++) {
        p = await_le(r, i, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000);
        must(p[0]);
        assert_int_equal(p[4], 2);
        assert_memory_equal(p + 5, ROOM_ADDRESS[1 - i], 6);
        assert_true(is_rpa_of(r, p + 11, IRK[i]));
        assert_true(is_rpa_of(r, p + 17, IRK[1 - i]));
    }
    room_encrypt(r, 0, 1);
    room_free(r);
}

static void directed_advertising_finds_a_private_target(void **state)
{
    room *r = acquainted();

    (void)state;
    set_advertising(r, 0, 4, 2, 0, 0, ROOM_ADDRESS[1]);
    must(enable_advertising(r, 0, true));
    must(create_connection(r, 1, 0, 2, ROOM_ADDRESS[0], 2, INTERVAL, TIMEOUT));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000)[0]);
    must(await_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000)[0]);
    room_free(r);
}

/* The accept list holds identities; what is on air is resolved first. */
static void the_filter_accept_list_meets_the_resolved_address(void **state)
{
    room *r = acquainted();
    uint8_t entry[7] = {0};

    (void)state;
    memcpy(entry + 1, ROOM_ADDRESS[0], 6);
    must(command(r, 1, KITH_HCI_LE_ADD_TO_FILTER_LIST, entry, sizeof entry));
    start_private_advertising(r);
    must(create_connection(r, 1, 1, 0, NULL, 2, INTERVAL, TIMEOUT));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000)[0]);
    room_free(r);
}

static void network_privacy_ignores_identity_addresses_and_device_privacy_does_not(void **state)
{
    room *r = acquainted();

    (void)state;
    advertise(r, 0);
    set_scanning(r, 1, false, 0, 0);
    must(enable_scanning(r, 1, true, false));
    room_run(r, 300000);
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT));
    must(enable_scanning(r, 1, false, false));
    set_device_privacy(r, 1, ROOM_ADDRESS[0]);
    must(enable_scanning(r, 1, true, false));
    (void)await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 300000);
    room_free(r);
}

static void without_resolution_or_keys_the_address_stays_as_it_is(void **state)
{
    room *r = room_new(3, 22);
    const uint8_t *p;

    (void)state;
    must(add_entry(r, 0, ROOM_ADDRESS[1], IRK[1], NO_IRK));
    must(resolve(r, 0, 1));
    start_private_advertising(r);
    set_scanning(r, 2, false, 0, 0);
    must(enable_scanning(r, 2, true, false));
    p = await_le(r, 2, KITH_HCI_LE_EV_ADVERTISING_REPORT, 300000);
    assert_int_equal(p[2], 0);
    assert_memory_equal(p + 3, ROOM_ADDRESS[0], 6);
    room_free(r);
}

static void the_list_refuses_what_it_must(void **state)
{
    room *r = acquainted();
    uint8_t entry[7] = {0};

    (void)state;
    assert_int_equal(add_entry(r, 0, ROOM_ADDRESS[1], NO_IRK, NO_IRK), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(add_entry(r, 0, ROOM_ADDRESS[2], IRK[1], NO_IRK), KITH_HCI_INVALID_PARAMETERS);
    must(add_entry(r, 0, ROOM_ADDRESS[2], NO_IRK, NO_IRK));
    start_private_advertising(r);
    assert_int_equal(add_entry(r, 0, ROOM_ADDRESS[3], NO_IRK, NO_IRK), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(command(r, 0, KITH_HCI_LE_CLEAR_RESOLVING_LIST, NULL, 0), KITH_HCI_COMMAND_DISALLOWED);
    assert_int_equal(resolve(r, 0, 0), KITH_HCI_COMMAND_DISALLOWED);
    must(enable_advertising(r, 0, false));
    memcpy(entry + 1, ROOM_ADDRESS[3], 6);
    assert_int_equal(command(r, 0, KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST, entry, 7), KITH_HCI_UNKNOWN_CONNECTION);
    memcpy(entry + 1, ROOM_ADDRESS[2], 6);
    must(command(r, 0, KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST, entry, 7));
    must(command(r, 0, KITH_HCI_LE_CLEAR_RESOLVING_LIST, NULL, 0));
    for (uint8_t i = 0; i < 16; i++) {
        entry[1] = i;
        must(add_entry(r, 0, entry + 1, NO_IRK, NO_IRK));
    }
    entry[1] = 16;
    assert_int_equal(add_entry(r, 0, entry + 1, NO_IRK, NO_IRK), KITH_HCI_MEMORY_EXCEEDED);
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_sees_private_addresses_and_a_friend_the_identity),
        cmocka_unit_test(the_private_address_changes_after_its_timeout),
        cmocka_unit_test(both_sides_connect_by_private_addresses),
        cmocka_unit_test(directed_advertising_finds_a_private_target),
        cmocka_unit_test(the_filter_accept_list_meets_the_resolved_address),
        cmocka_unit_test(network_privacy_ignores_identity_addresses_and_device_privacy_does_not),
        cmocka_unit_test(without_resolution_or_keys_the_address_stays_as_it_is),
        cmocka_unit_test(the_list_refuses_what_it_must),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
