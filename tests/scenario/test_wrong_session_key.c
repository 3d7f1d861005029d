/* Two controllers that do not have the same session key: a MIC failure, told with its evidence and nothing more.
 * No level without proof, bonds stay, and a clean pairing succeeds afterwards. */
#include "cast.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
} two;

static two open_two(void)
{
    two t = {.room = cast_open(21, CAST_OPENSSL)};

    t.lamp = cast_add_lamp(t.room, "lamp");
    t.phone = cast_add_phone(t.room, "phone");
    cast_start(t.room);
    return t;
}

static bool both_apart(void *context)
{
    const two *t = context;

    return t->lamp->link == 0 && t->phone->link == 0;
}

static void await_apart(two *t)
{
    cast_check(t->room, cast_run(t->room, 60 * CAST_SECOND, both_apart, t));
    cast_run(t->room, CAST_SECOND, NULL, NULL);
}

static void break_key_while_pairing(bool at_the_lamp)
{
    two t = open_two();
    const cast_host *broken = at_the_lamp ? t.lamp : t.phone;

    cast_connect(t.phone, t.lamp);
    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    kith_sim_break_next_session_key(t.room->sim, broken->device);
    assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    await_apart(&t);
    cast_equal(t.room, t.phone->ends, 1);
    cast_equal(t.room, t.lamp->ends, 1);
    cast_check(t.room, !t.phone->end.succeeded && !t.lamp->end.succeeded);
    cast_check(t.room, t.phone->end.phase == KITH_PHASE_ENCRYPTION && t.lamp->end.phase == KITH_PHASE_ENCRYPTION);
    cast_check(t.room,
               t.phone->end.hci_status == KITH_HCI_MIC_FAILURE || t.lamp->end.hci_status == KITH_HCI_MIC_FAILURE);
    cast_equal(t.room, t.phone->highest, KITH_LEVEL_NONE);
    cast_equal(t.room, t.lamp->highest, KITH_LEVEL_NONE);
    cast_equal(t.room, kith_bonds_count(t.phone->host) + kith_bonds_count(t.lamp->host), 0);
    cast_connect_and_pair(t.phone, t.lamp);
    cast_close(t.room);
}

static void while_pairing_nobody_gets_a_level(void **state)
{
    (void)state;
    break_key_while_pairing(true);
    break_key_while_pairing(false);
}

static void expect_bonds_unchanged(const two *t, const kith_bond_keys *lamp, const kith_bond_keys *phone)
{
    kith_bond_info bond;
    kith_bond_keys now;

    cast_check(t->room, cast_only_bond(t->lamp, &bond, &now));
    assert_memory_equal(&now, lamp, sizeof now);
    cast_check(t->room, cast_only_bond(t->phone, &bond, &now));
    assert_memory_equal(&now, phone, sizeof now);
}

static void break_key_of_the_bond(bool at_the_lamp)
{
    two t = open_two();
    const cast_host *broken = at_the_lamp ? t.lamp : t.phone;
    kith_bond_info bond;
    kith_bond_keys lamp_keys, phone_keys;
    unsigned changes;

    cast_connect_and_pair(t.phone, t.lamp);
    cast_check(t.room, cast_only_bond(t.lamp, &bond, &lamp_keys) && cast_only_bond(t.phone, &bond, &phone_keys));
    cast_disconnect(t.phone, t.lamp);
    changes = t.phone->told[KITH_EVENT_SECURITY_CHANGED] + t.lamp->told[KITH_EVENT_SECURITY_CHANGED];
    kith_sim_break_next_session_key(t.room->sim, broken->device);
    cast_connect(t.phone, t.lamp);
    assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    await_apart(&t);
    cast_equal(t.room, t.phone->ends, 2);
    cast_equal(t.room, t.lamp->ends, 2);
    cast_check(t.room, t.phone->end.why == KITH_WHY_KEYS_DIFFER || t.lamp->end.why == KITH_WHY_KEYS_DIFFER);
    cast_check(t.room, !t.phone->end.succeeded && !t.lamp->end.succeeded);
    cast_equal(t.room, t.phone->told[KITH_EVENT_SECURITY_CHANGED] + t.lamp->told[KITH_EVENT_SECURITY_CHANGED], changes);
    expect_bonds_unchanged(&t, &lamp_keys, &phone_keys);

    cast_connect(t.phone, t.lamp); /* and the bond is still good */
    assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(t.phone, 3);
    cast_equal(t.room, t.phone->end.why, KITH_WHY_ENCRYPTED);
    cast_connect_and_pair(t.phone, t.lamp);
    cast_close(t.room);
}

static void with_a_bond_the_keys_differ_and_the_bond_stays(void **state)
{
    (void)state;
    break_key_of_the_bond(true);
    break_key_of_the_bond(false);
}

/* The peripheral forgot: the central is told what the peer says, and that it is unproven. */
static void a_peer_that_forgot_says_so(void **state)
{
    two t = open_two();

    (void)state;
    cast_connect_and_pair(t.phone, t.lamp);
    cast_disconnect(t.phone, t.lamp);
    cast_forget_all(t.lamp);
    cast_connect(t.phone, t.lamp);
    assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(t.phone, 2);
    cast_await_ends(t.lamp, 2);
    cast_expect_failed(t.phone, 2, KITH_WHY_PEER_SAYS_NO_KEY);
    cast_equal(t.room, t.phone->end.ended_by, KITH_ENDED_BY_PEER);
    cast_expect_failed(t.lamp, 2, KITH_WHY_WE_HAVE_NO_KEY);
    cast_equal(t.room, kith_bonds_count(t.phone->host), 1);
    cast_read(t.phone, CAST_VALUE_HANDLE);
    cast_equal(t.room, t.phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_NOT_SENT); /* the bond does not help */
    cast_connect_and_pair(t.phone, t.lamp);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_pairing_nobody_gets_a_level),
        cmocka_unit_test(with_a_bond_the_keys_differ_and_the_bond_stays),
        cmocka_unit_test(a_peer_that_forgot_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
