/* Transports with separate pipes for events and data (USB) deliver them in either order.  Around Encryption Change
 * that is where hosts go wrong: keys and requests arrive "before" the link is encrypted. */
#include "cast.h"

enum { LATEST = 4 };

/* Reads the moment it is told that the link is encrypted: the request reaches the lamp with its own event. */
static void read_at_once(cast_host *self, const kith_event *e)
{
    if (e->kind == KITH_EVENT_SECURITY_CHANGED && e->security.level > KITH_LEVEL_NONE)
        cast_equal(self->room, kith_gatt_read(self->host, e->link, CAST_VALUE_HANDLE), KITH_OK);
}

static void expect_the_secret(cast_host *phone, unsigned reads)
{
    cast_await(phone, KITH_EVENT_READ, reads);
    cast_equal(phone->room, phone->last[KITH_EVENT_READ].gatt.att_error, 0);
    cast_equal(phone->room, phone->value_len, sizeof CAST_SECRET);
    assert_memory_equal(phone->value, CAST_SECRET, sizeof CAST_SECRET);
}

static void pair_and_come_back(cast_room *room, cast_host *phone, cast_host *lamp)
{
    phone->react = read_at_once;
    cast_connect(phone, lamp);
    cast_pair(phone, lamp);
    expect_the_secret(phone, 1);
    cast_equal(room, phone->last[KITH_EVENT_BONDED].verdict.keys_taken, KITH_KEY_ID | KITH_KEY_SIGN);
    cast_equal(room, lamp->last[KITH_EVENT_BONDED].verdict.keys_taken, KITH_KEY_ID | KITH_KEY_SIGN);
    cast_disconnect(phone, lamp);
    cast_connect(phone, lamp);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(phone, 2);
    cast_await_ends(lamp, 2);
    cast_equal(room, phone->end.why, KITH_WHY_ENCRYPTED);
    cast_equal(room, lamp->end.why, KITH_WHY_ENCRYPTED);
    expect_the_secret(phone, 2);
    cast_disconnect(lamp, phone);
}

static void run_with(unsigned lamp_events, unsigned lamp_acl, unsigned phone_events, unsigned phone_acl, uint16_t mtu)
{
    cast_room *room = cast_open(61, CAST_TOY);
    kith_config lamp_config, phone_config;
    cast_host *lamp, *phone;

    cast_lamp_config(&lamp_config);
    cast_phone_config(&phone_config);
    lamp_config.limits.mtu = phone_config.limits.mtu = mtu;
    lamp_config.transport_reorders = phone_config.transport_reorders = true;
    lamp_config.security.initiator_keys = lamp_config.security.responder_keys = KITH_KEY_ID | KITH_KEY_SIGN;
    phone_config.security.initiator_keys = phone_config.security.responder_keys = KITH_KEY_ID | KITH_KEY_SIGN;
    lamp = cast_add(room, "lamp", &lamp_config);
    phone = cast_add(room, "phone", &phone_config);
    cast_start(room);
    kith_sim_set_reorder(room->sim, lamp->device, lamp_events, lamp_acl);
    kith_sim_set_reorder(room->sim, phone->device, phone_events, phone_acl);
    pair_and_come_back(room, phone, lamp);
    cast_close(room);
}

static void the_lamp_hears_events_late(void **state)
{
    (void)state;
    for (unsigned late = 0; late <= LATEST; late++)
        run_with(late, 0, 0, 0, 65);
}

static void the_lamp_hears_data_late(void **state)
{
    (void)state;
    for (unsigned late = 0; late <= LATEST; late++)
        run_with(0, late, 0, 0, 65);
}

static void the_phone_hears_events_late(void **state)
{
    (void)state;
    for (unsigned late = 0; late <= LATEST; late++)
        run_with(0, 0, late, 0, 65);
}

static void the_phone_hears_data_late(void **state)
{
    (void)state;
    for (unsigned late = 0; late <= LATEST; late++)
        run_with(0, 0, 0, late, 65);
}

/* Both at once, and with the least memory a host may have for what it must hold back. */
static void both_hear_everything_late_with_the_smallest_mtu(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 625; i++)
        run_with(i % 5, i / 5 % 5, i / 25 % 5, i / 125, i % 2 == 0 ? 23 : 247);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lamp_hears_events_late),
        cmocka_unit_test(the_lamp_hears_data_late),
        cmocka_unit_test(the_phone_hears_events_late),
        cmocka_unit_test(the_phone_hears_data_late),
        cmocka_unit_test(both_hear_everything_late_with_the_smallest_mtu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
