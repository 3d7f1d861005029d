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

/* ---- reading the addresses in use: 7.8.42, 7.8.43 ---- */

static uint8_t read_address(room *r, int device, uint16_t opcode, const uint8_t *identity, uint8_t out[6])
{
    uint8_t p[7] = {0};
    uint8_t status;

    memcpy(p + 1, identity, 6);
    status = command(r, device, opcode, p, sizeof p);
    memcpy(out, answer_of(r, device, opcode), 6);
    return status;
}

static void the_host_can_read_the_private_addresses_in_use(void **state)
{
    room *r = acquainted();
    uint8_t local[6];
    uint8_t seen[6];

    (void)state;
    assert_int_equal(read_address(r, 1, KITH_HCI_LE_READ_PEER_RESOLVABLE_ADDRESS, ROOM_ADDRESS[0], seen),
                     KITH_HCI_UNKNOWN_CONNECTION); /* none has been seen */
    start_private_advertising(r);
    set_scanning(r, 1, false, 0, 0);
    must(enable_scanning(r, 1, true, false));
    (void)await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 300000);
    must(read_address(r, 0, KITH_HCI_LE_READ_LOCAL_RESOLVABLE_ADDRESS, ROOM_ADDRESS[1], local));
    must(read_address(r, 1, KITH_HCI_LE_READ_PEER_RESOLVABLE_ADDRESS, ROOM_ADDRESS[0], seen));
    assert_memory_equal(local, seen, 6);
    assert_true(is_rpa_of(r, local, IRK[0]));
    assert_int_equal(read_address(r, 0, KITH_HCI_LE_READ_LOCAL_RESOLVABLE_ADDRESS, ROOM_ADDRESS[2], local),
                     KITH_HCI_UNKNOWN_CONNECTION); /* not in the list */
    must(add_entry(r, 2, ROOM_ADDRESS[0], IRK[0], NO_IRK));
    assert_int_equal(read_address(r, 2, KITH_HCI_LE_READ_LOCAL_RESOLVABLE_ADDRESS, ROOM_ADDRESS[0], local),
                     KITH_HCI_UNKNOWN_CONNECTION); /* nothing to make it with */
    room_free(r);
}

/* ---- when it changes ---- */

static void local_address(room *r, uint8_t out[6])
{
    must(read_address(r, 0, KITH_HCI_LE_READ_LOCAL_RESOLVABLE_ADDRESS, ROOM_ADDRESS[1], out));
}

static void an_entry_that_is_added_again_has_a_fresh_address(void **state)
{
    room *r = acquainted();
    uint8_t entry[7] = {0};
    uint8_t first[6];
    uint8_t second[6];
    uint8_t third[6];

    (void)state;
    memcpy(entry + 1, ROOM_ADDRESS[1], 6);
    local_address(r, first);
    local_address(r, second);
    assert_memory_equal(second, first, 6);
    must(command(r, 0, KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST, entry, 7));
    must(add_entry(r, 0, ROOM_ADDRESS[1], IRK[1], IRK[0]));
    local_address(r, second);
    assert_memory_not_equal(second, first, 6);
    must(command(r, 0, KITH_HCI_LE_CLEAR_RESOLVING_LIST, NULL, 0));
    must(add_entry(r, 0, ROOM_ADDRESS[1], IRK[1], IRK[0]));
    local_address(r, third);
    assert_memory_not_equal(third, first, 6);
    assert_memory_not_equal(third, second, 6);
    room_free(r);
}

static void the_timeout_can_be_set_while_advertising_goes_on(void **state)
{
    static const uint8_t two_s[2] = {2, 0};
    room *r = acquainted();
    uint8_t first[6];
    uint8_t second[6];

    (void)state;
    start_private_advertising(r);
    room_run(r, 500000);
    local_address(r, first);
    must(command(r, 0, KITH_HCI_LE_SET_RPA_TIMEOUT, two_s, 2));
    room_run(r, 1000000);
    local_address(r, second);
    assert_memory_equal(second, first, 6);
    room_run(r, 1000000);
    local_address(r, second);
    assert_memory_not_equal(second, first, 6);
    room_free(r);
}

typedef struct {
    uint8_t own[4][6]; /* AdvA, those that came after one another */
    uint8_t target[4][6];
    size_t count;
} addresses_on_air;

static void note_addresses(void *context, const kith_sim_frame *frame)
{
    addresses_on_air *a = context;

    if (frame->sender != 0 || frame->channel < 37 || a->count == 4 ||
        (a->count > 0 && memcmp(a->own[a->count - 1], frame->pdu + 2, 6) == 0))
        return;
    memcpy(a->own[a->count], frame->pdu + 2, 6);
    memcpy(a->target[a->count++], frame->pdu + 8, 6);
}

static void directed_advertising_changes_its_address_too(void **state)
{
    static const uint8_t two_s[2] = {2, 0};
    room *r = acquainted();
    addresses_on_air a = {.count = 0};

    (void)state;
    assert_int_equal(kith_sim_listen(r->sim, note_addresses, &a), KITH_OK);
    must(command(r, 0, KITH_HCI_LE_SET_RPA_TIMEOUT, two_s, 2));
    set_advertising(r, 0, 4, 3, 0, 0, ROOM_ADDRESS[1]);
    assert_int_equal(enable_advertising(r, 0, true), KITH_HCI_INVALID_PARAMETERS); /* no random address was set */
    must(command(r, 0, KITH_HCI_LE_SET_RANDOM_ADDRESS, "\x01\x02\x03\x04\x05\xc6", 6));
    must(enable_advertising(r, 0, true));
    room_run(r, 5000000);
    assert_int_equal(a.count, 3);
    for (size_t i = 0; i < a.count; i++) {
        assert_true(is_rpa_of(r, a.own[i], IRK[0]));
        assert_true(is_rpa_of(r, a.target[i], IRK[1]));
    }
    room_free(r);
}

/* ---- without an entry, and who may come in ---- */

static void without_an_entry_the_own_address_is_the_one_that_is_set(void **state)
{
    static const uint8_t random_address[6] = {1, 2, 3, 4, 5, 0xc6};
    static const uint8_t types[] = {2, 3};

    (void)state;
    for (size_t i = 0; i < sizeof types; i++) {
        room *r = acquainted();
        addresses_on_air a = {.count = 0};

        assert_int_equal(kith_sim_listen(r->sim, note_addresses, &a), KITH_OK);
        must(command(r, 0, KITH_HCI_LE_SET_RANDOM_ADDRESS, random_address, 6));
        set_advertising(r, 0, 0, types[i], 0, 0, ROOM_ADDRESS[3]);
        must(enable_advertising(r, 0, true));
        room_run(r, 300000);
        assert_int_equal(a.count, 1);
        assert_memory_equal(a.own[0], types[i] == 2 ? ROOM_ADDRESS[0] : random_address, 6);
        room_free(r);
    }
}

/* Filter policy 2: connection requests from the list alone, which holds identities. */
static void an_advertiser_lets_in_the_identities_of_its_accept_list(void **state)
{
    (void)state;
    for (unsigned listed = 0; listed <= 1; listed++) {
        room *r = acquainted();
        uint8_t entry[7] = {0};

        memcpy(entry + 1, ROOM_ADDRESS[listed != 0 ? 1 : 2], 6);
        must(command(r, 0, KITH_HCI_LE_ADD_TO_FILTER_LIST, entry, sizeof entry));
        set_advertising(r, 0, 0, 2, 2, 0, ROOM_ADDRESS[1]);
        must(enable_advertising(r, 0, true));
        must(create_connection(r, 1, 0, 2, ROOM_ADDRESS[0], 2, INTERVAL, TIMEOUT));
        room_run(r, 300000);
        assert_int_equal(seek_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE) != NULL, listed != 0);
        room_free(r);
    }
}

/* Vol 6 Part B 6.2: an initiator that shows its identity is none of ours in network privacy mode. */
static void network_privacy_lets_no_identity_address_in_and_device_privacy_does(void **state)
{
    (void)state;
    for (unsigned device_privacy = 0; device_privacy <= 1; device_privacy++) {
        room *r = acquainted();

        if (device_privacy != 0)
            set_device_privacy(r, 0, ROOM_ADDRESS[1]);
        start_private_advertising(r);
        must(create_connection(r, 1, 0, 2, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
        room_run(r, 300000);
        assert_int_equal(seek_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE) != NULL, device_privacy != 0);
        room_free(r);
    }
}

static void who_is_connected_already_is_not_connected_with_again(void **state)
{
    static const uint8_t one_s[2] = {1, 0};
    room *r = acquainted();
    uint8_t entry[7] = {0};

    (void)state;
    memcpy(entry + 1, ROOM_ADDRESS[0], 6);
    must(command(r, 1, KITH_HCI_LE_ADD_TO_FILTER_LIST, entry, sizeof entry));
    must(command(r, 0, KITH_HCI_LE_SET_RPA_TIMEOUT, one_s, 2));
    start_private_advertising(r);
    must(create_connection(r, 1, 1, 0, NULL, 2, INTERVAL, TIMEOUT));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000)[0]);
    must(enable_advertising(r, 0, true));
    must(create_connection(r, 1, 1, 0, NULL, 2, INTERVAL, TIMEOUT));
    room_run(r, 3000000); /* its address changes meanwhile */
    assert_null(seek_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
    must(disconnect(r, 1, 1, 0x13));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
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
        cmocka_unit_test(the_host_can_read_the_private_addresses_in_use),
        cmocka_unit_test(an_entry_that_is_added_again_has_a_fresh_address),
        cmocka_unit_test(the_timeout_can_be_set_while_advertising_goes_on),
        cmocka_unit_test(directed_advertising_changes_its_address_too),
        cmocka_unit_test(without_an_entry_the_own_address_is_the_one_that_is_set),
        cmocka_unit_test(an_advertiser_lets_in_the_identities_of_its_accept_list),
        cmocka_unit_test(network_privacy_lets_no_identity_address_in_and_device_privacy_does),
        cmocka_unit_test(who_is_connected_already_is_not_connected_with_again),
        cmocka_unit_test(the_list_refuses_what_it_must),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
