/* A phone whose reads and writes need a better link than there is: raised as the configuration lets it, and once.
 * GAP/SEC/AUT/BV-17-C to BV-28-C, SEM/BV-45-C; C1, C2. */
#include "cast.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
} pair_of_hosts;

enum { STRONG = 41, STRICT = 42 };
static uint8_t octets[300];
static kith_variable variable = {octets, 0, 0, 300};
static const kith_characteristic strong[] = {
    {.uuid = KITH_UUID16(0x2ae1),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED,
     .variable = &variable,
     .id = STRONG},
    {.uuid = KITH_UUID16(0x2ae2),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_AUTHENTICATED,
     .value = (const uint8_t *)"strict",
     .value_len = 6,
     .id = STRICT},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = strong, .characteristic_count = 2},
};

static pair_of_hosts open_pair(uint64_t seed, kith_gatt_raise raise)
{
    pair_of_hosts p = {.room = cast_open(seed, CAST_OPENSSL)};
    kith_config lamp, phone;

    cast_lamp_config(&lamp);
    cast_phone_config(&phone);
    lamp.services = services;
    lamp.limits.queue = 600;
    phone.gatt_raise = raise;
    phone.limits.mtu = 100;
    variable.len = 0;
    p.lamp = cast_add(p.room, "lamp", &lamp);
    p.phone = cast_add(p.room, "phone", &phone);
    cast_start(p.room);
    return p;
}

static kith_event_gatt read_of(const pair_of_hosts *p, uint16_t id)
{
    cast_read(p->phone, kith_gatt_handle(p->lamp->host, id));
    return p->phone->last[KITH_EVENT_READ].gatt;
}

static kith_event_gatt write_of(const pair_of_hosts *p, const char *value)
{
    cast_equal(p->room,
               kith_gatt_write(p->phone->host, p->phone->link, kith_gatt_handle(p->lamp->host, STRONG),
                               (const uint8_t *)value, strlen(value)),
               KITH_OK);
    return cast_await_next(p->phone, KITH_EVENT_WRITTEN)->gatt;
}

static void bond_and_come_back(const pair_of_hosts *p)
{
    cast_connect(p->phone, p->lamp);
    cast_pair(p->phone, p->lamp);
    cast_disconnect(p->phone, p->lamp);
    cast_connect(p->phone, p->lamp);
}

static void a_refused_operation_pairs_and_goes_once_more(void **state)
{
    static const uint8_t long_value[250] = {1, 2, 3};
    pair_of_hosts p = open_pair(731, KITH_GATT_RAISE_PAIR);

    (void)state;
    cast_connect(p.phone, p.lamp);
    cast_equal(p.room, kith_pairing_open(p.lamp->host, 30000), KITH_OK);
    cast_equal(p.room, write_of(&p, "kept while pairing").result, KITH_GATT_OK);
    cast_equal(p.room, p.phone->told[KITH_EVENT_PAIRED], 1);
    assert_memory_equal(octets, "kept while pairing", 18);
    cast_equal(p.room, read_of(&p, STRONG).result, KITH_GATT_OK);
    cast_equal(p.room, p.phone->told[KITH_EVENT_READ], 1);
    cast_disconnect(p.phone, p.lamp);

    cast_connect(p.phone, p.lamp); /* a long one, with the bond */
    cast_equal(p.room,
               kith_gatt_write_long(p.phone->host, p.phone->link, kith_gatt_handle(p.lamp->host, STRONG), long_value,
                                    sizeof long_value),
               KITH_OK);
    cast_equal(p.room, cast_await_next(p.phone, KITH_EVENT_WRITTEN)->gatt.result, KITH_GATT_OK);
    assert_memory_equal(octets, long_value, sizeof long_value);
    cast_equal(p.room, p.phone->told[KITH_EVENT_PAIRED], 1);
    cast_equal(p.room, p.phone->told[KITH_EVENT_ENCRYPTED], 1);
    cast_close(p.room);
}

static void a_pairing_that_fails_ends_it_as_it_was_refused(void **state)
{
    pair_of_hosts p = open_pair(732, KITH_GATT_RAISE_PAIR);
    kith_event_gatt end;

    (void)state;
    cast_connect(p.phone, p.lamp); /* no window is open */
    end = read_of(&p, STRONG);
    cast_equal(p.room, end.result, KITH_GATT_ATT_ERROR);
    cast_equal(p.room, end.att_error, 0x05);
    cast_equal(p.room, p.phone->told[KITH_EVENT_PAIRING_FAILED], 1);
    cast_equal(p.room, p.phone->told[KITH_EVENT_READ], 1);
    cast_close(p.room);
}

static void without_the_wish_nobody_is_paired_with(void **state)
{
    pair_of_hosts p;

    (void)state;
    for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_BOND; raise++) {
        p = open_pair(733, (kith_gatt_raise)raise);
        cast_connect(p.phone, p.lamp);
        cast_equal(p.room, kith_pairing_open(p.lamp->host, 30000), KITH_OK);
        cast_equal(p.room, read_of(&p, STRONG).att_error, 0x05);
        cast_equal(p.room, p.phone->ends, 0);
        cast_close(p.room);
    }
}

/* GC-4: with a bond nothing goes out in plain, not even what would be answered. */
static void a_bonded_peer_is_encrypted_first(void **state)
{
    pair_of_hosts p = open_pair(734, KITH_GATT_RAISE_BOND);
    kith_event_gatt end;

    (void)state;
    bond_and_come_back(&p);
    cast_equal(p.room, kith_gatt_write_command(p.phone->host, p.phone->link, 3, octets, 1), KITH_ERR_INSECURE);
    end = write_of(&p, "PIN");
    cast_equal(p.room, end.result, KITH_GATT_OK);
    cast_equal(p.room, end.level, KITH_LEVEL_ENCRYPTED);
    cast_equal(p.room, p.phone->told[KITH_EVENT_ENCRYPTED], 1);
    cast_equal(p.room, p.phone->told[KITH_EVENT_PAIRED], 1);
    cast_close(p.room);
}

/* C2, AUT/BV-19-C to 22: the peer lost its keys.  Told; nothing in plain, nobody re-paired, the bond stays. */
static void a_lost_bond_is_told_and_nothing_falls_back_to_plain(void **state)
{
    pair_of_hosts p;

    (void)state;
    for (unsigned raise = KITH_GATT_RAISE_BOND; raise <= KITH_GATT_RAISE_PAIR; raise++) {
        p = open_pair(735, (kith_gatt_raise)raise);
        bond_and_come_back(&p);
        cast_disconnect(p.phone, p.lamp);
        cast_forget_all(p.lamp);
        cast_connect(p.phone, p.lamp);
        cast_equal(p.room, kith_pairing_open(p.lamp->host, 30000), KITH_OK);
        cast_equal(p.room, write_of(&p, "PIN").result, KITH_GATT_NOT_SENT);
        cast_equal(p.room, variable.len, 0);
        cast_equal(p.room, p.phone->told[KITH_EVENT_ENCRYPTION_FAILED], 1);
        cast_equal(p.room, p.phone->told[KITH_EVENT_PAIRED], 1);
        cast_equal(p.room, kith_bonds_count(p.phone->host), 1);
        cast_close(p.room);
    }
}

/* Refused over an encrypted link too: that is reported. */
static void a_bond_that_is_too_weak_is_not_replaced(void **state)
{
    pair_of_hosts p;

    (void)state;
    for (unsigned raise = KITH_GATT_RAISE_BOND; raise <= KITH_GATT_RAISE_PAIR; raise++) {
        p = open_pair(736, (kith_gatt_raise)raise);
        bond_and_come_back(&p);
        cast_equal(p.room, kith_pairing_open(p.lamp->host, 30000), KITH_OK);
        cast_equal(p.room, read_of(&p, STRICT).att_error, 0x05);
        cast_equal(p.room, p.phone->told[KITH_EVENT_ENCRYPTED], 1);
        cast_equal(p.room, p.phone->told[KITH_EVENT_PAIRED], 1);
        cast_equal(p.room, p.phone->told[KITH_EVENT_PAIRING_FAILED], 0);
        cast_equal(p.room, p.phone->told[KITH_EVENT_READ], 1);
        cast_close(p.room);
    }
}

/* Pairing gives less than the value needs: refused once more, and that is the end. */
static void an_operation_is_repeated_once(void **state)
{
    pair_of_hosts p = open_pair(738, KITH_GATT_RAISE_PAIR);

    (void)state;
    cast_connect(p.phone, p.lamp);
    cast_equal(p.room, kith_pairing_open(p.lamp->host, 30000), KITH_OK);
    cast_equal(p.room, read_of(&p, STRICT).att_error, 0x05);
    cast_equal(p.room, p.phone->last[KITH_EVENT_READ].gatt.level, KITH_LEVEL_ENCRYPTED);
    cast_equal(p.room, p.phone->told[KITH_EVENT_PAIRED], 1);
    cast_equal(p.room, p.phone->ends, 1);
    cast_equal(p.room, p.phone->told[KITH_EVENT_READ], 1);
    cast_close(p.room);
}

static void a_link_that_goes_while_it_is_raised_ends_it(void **state)
{
    pair_of_hosts p = open_pair(737, KITH_GATT_RAISE_PAIR);

    (void)state;
    cast_connect(p.phone, p.lamp);
    cast_equal(p.room, kith_pairing_open(p.lamp->host, 30000), KITH_OK);
    cast_equal(p.room, kith_gatt_read(p.phone->host, p.phone->link, kith_gatt_handle(p.lamp->host, STRONG)), KITH_OK);
    cast_run(p.room, CAST_SECOND / 5, NULL, NULL);
    cast_equal(p.room, kith_gatt_read(p.phone->host, p.phone->link, 3), KITH_ERR_BUSY);
    cast_equal(p.room, p.phone->told[KITH_EVENT_READ], 0);
    cast_power_off(p.lamp);
    cast_await_next(p.phone, KITH_EVENT_READ);
    cast_check(p.room, p.phone->last[KITH_EVENT_READ].gatt.result != KITH_GATT_OK);
    cast_equal(p.room, p.phone->told[KITH_EVENT_READ], 1);
    cast_close(p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_operation_pairs_and_goes_once_more),
        cmocka_unit_test(a_pairing_that_fails_ends_it_as_it_was_refused),
        cmocka_unit_test(without_the_wish_nobody_is_paired_with),
        cmocka_unit_test(a_bonded_peer_is_encrypted_first),
        cmocka_unit_test(a_lost_bond_is_told_and_nothing_falls_back_to_plain),
        cmocka_unit_test(a_bond_that_is_too_weak_is_not_replaced),
        cmocka_unit_test(an_operation_is_repeated_once),
        cmocka_unit_test(a_link_that_goes_while_it_is_raised_ends_it),
    };
    return cmocka_run_group_tests_name("raising", tests, NULL, NULL);
}
