/* The heart rate server (examples/heart_rate_server), the very program, with its phone: what it shows, whom it tells,
 * and whom it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "examples/heart_rate_server/heart_rate_server.h"
#include "examples/heart_rate_server/phone.h"
#include "examples/room/desk.h"
#include "examples/secure_client/secure_client.h"
#include "kith/lint.h"

enum { SECOND = 1000000, SENSOR = 0, GUEST = 1 };

static heart_rate_server sensor;
static phone guest;
static room place;
static char *said; /* by the sensor */
static size_t said_len;

static const room_device sensor_device = {&sensor, "sensor", heart_rate_server_power_on, heart_rate_server_on_event,
                                          heart_rate_server_turn};
static const room_device guest_device = {&guest, "phone", phone_power_on, phone_on_event, phone_turn};

static void make_sensor(kith_io_capability io)
{
    memset(&sensor, 0, sizeof sensor);
    sensor.name = "heart rate";
    sensor.io = io;
    sensor.out = open_memstream(&said, &said_len);
    assert_non_null(sensor.out);
}

static void forget_sensor(void)
{
    (void)fclose(sensor.out);
    free(said);
    said = NULL;
}

static void open_sensor(kith_io_capability io)
{
    make_sensor(io);
    room_open(&place, 1);
    (void)room_add(&place, &sensor_device, (uint8_t[6]){1, 0, 0, 0, 0, 1}, true);
}

static void open_guest(const uint32_t *display)
{
    memset(&guest, 0, sizeof guest);
    guest.name = "heart rate";
    guest.display = display;
    guest.out = fopen("/dev/null", "w");
    assert_non_null(guest.out);
    (void)room_add(&place, &guest_device, (uint8_t[6]){2, 0, 0, 0, 0, 2}, true);
}

static void close_all(void)
{
    room_close(&place);
    forget_sensor();
    if (guest.out != NULL)
        (void)fclose(guest.out);
    guest.out = NULL;
}

static bool sensor_said(const char *what)
{
    (void)fflush(sensor.out);
    return strstr(said, what) != NULL;
}

/* Until the phone was told so many values, a minute at most. */
static void run_until_told(unsigned values)
{
    for (unsigned i = 0; i < 240 && guest.all_values < values; i++)
        room_run(&place, SECOND / 4);
    assert_int_equal(guest.all_values, values);
}

static void a_phone_pairs_once_and_is_told_on_both_visits(void **state)
{
    kith_bond_info bond;

    (void)state;
    open_sensor(KITH_IO_DISPLAY_ONLY);
    open_guest(&sensor.passkey);
    run_until_told(PHONE_VISITS * PHONE_VALUES);
    assert_int_equal(guest.paired, 1);
    assert_int_equal(guest.encrypted, 1);
    assert_int_equal(guest.subscribed, 1);
    assert_int_equal(guest.failed, 0);
    assert_int_equal(guest.told_at, KITH_LEVEL_SC_AUTHENTICATED);
    assert_int_equal(guest.place, KITH_BODY_CHEST);
    assert_int_equal(kith_bonds_next(sensor.host, 0, &bond), KITH_OK);
    assert_int_equal(bond.level, KITH_LEVEL_SC_AUTHENTICATED);
    assert_int_equal(bond.method, KITH_METHOD_PASSKEY);
    assert_int_equal(bond.key_size, 16);
    close_all();
}

/* What people see: the passkey, which keys went where, how it ended. */
static void it_prints_what_happens(void **state)
{
    (void)state;
    open_sensor(KITH_IO_DISPLAY_ONLY);
    open_guest(&sensor.passkey);
    run_until_told(1);
    assert_true(sensor_said("PASSKEY "));
    assert_true(sensor_said("key exchanged: identity key (IRK), to the phone"));
    assert_true(sensor_said("key exchanged: identity key (IRK), from the phone"));
    assert_true(sensor_said("paired with 02:00:00:00:00:02 (public): success, by Passkey Entry"));
    assert_true(sensor_said("The bond is stored"));
    assert_true(sensor_said("energy expended is reset"));
    assert_int_equal(sensor.passkey, HEART_NO_PASSKEY); /* it is off the display */
    close_all();
}

static uint32_t shown_passkey(void)
{
    open_sensor(KITH_IO_DISPLAY_ONLY);
    open_guest(&sensor.passkey);
    while (sensor.passkey == HEART_NO_PASSKEY)
        room_run(&place, SECOND / 4);
    close_all();
    return sensor.passkey;
}

/* Three in a row by chance: once in 10^12 runs. */
static void the_passkey_is_random(void **state)
{
    uint32_t first = shown_passkey(), second = shown_passkey(), third = shown_passkey();

    (void)state;
    assert_true(first != second || second != third);
    assert_true(first <= 999999 && second <= 999999 && third <= 999999);
}

/* Protection against a man in the middle without input or output can't be: refused before anything is computed. */
static void nobody_in_the_middle_needs_a_display(void **state)
{
    (void)state;
    open_sensor(KITH_IO_NO_INPUT_NO_OUTPUT);
    open_guest(&sensor.passkey);
    room_run(&place, 5 * SECOND);
    assert_true(sensor_said("pairing-failed with 02:00:00:00:00:02"));
    assert_true(sensor_said("Authentication Requirements"));
    assert_true(guest.failed > 0);
    assert_int_equal(guest.all_values, 0);
    assert_int_equal(kith_bonds_count(sensor.host), 0);
    close_all();
}

static void a_wrong_passkey_gets_nothing(void **state)
{
    static uint32_t wrong;

    (void)state;
    open_sensor(KITH_IO_DISPLAY_ONLY);
    open_guest(&wrong);
    for (unsigned i = 0; i < 120 && guest.failed == 0; i++) {
        wrong = (sensor.passkey + 1) % 1000000;
        room_run(&place, SECOND / 4);
    }
    room_run(&place, 2 * SECOND);
    assert_true(guest.failed > 0);
    assert_int_equal(guest.paired, 0);
    assert_int_equal(guest.all_values, 0);
    assert_int_equal(kith_bonds_count(sensor.host), 0);
    assert_true(sensor_said("disconnected: ")); /* it does not hold a place */
    close_all();
}

static void the_bond_outlives_the_sensors_power(void **state)
{
    (void)state;
    open_sensor(KITH_IO_DISPLAY_ONLY);
    open_guest(&sensor.passkey);
    run_until_told(PHONE_VALUES - 1);
    room_power_off(&place, SENSOR);
    room_run(&place, 6 * SECOND); /* the link is lost at the phone */
    room_power_on(&place, SENSOR);
    run_until_told(PHONE_VALUES - 1 + PHONE_VALUES);
    assert_int_equal(guest.paired, 1);
    assert_int_equal(guest.encrypted, 1);
    assert_int_equal(guest.subscribed, 1);
    close_all();
}

/* It pairs anew, and its user has to look at the display once more. */
static void a_phone_that_lost_its_bond_pairs_again(void **state)
{
    (void)state;
    open_sensor(KITH_IO_DISPLAY_ONLY);
    open_guest(&sensor.passkey);
    run_until_told(1);
    place.places[GUEST].store.context = NULL; /* its flash is taken out */
    kith_flash_file_close(&place.places[GUEST].file);
    room_power_off(&place, GUEST);
    room_run(&place, 10 * SECOND);
    guest.visits = guest.values = guest.all_values = 0;
    room_power_on(&place, GUEST);
    run_until_told(1);
    assert_int_equal(guest.paired, 2);
    assert_int_equal(guest.subscribed, 2);
    assert_true(sensor_said("asked to pair again: yes"));
    assert_int_equal(kith_bonds_count(sensor.host), 1);
    close_all();
}

/* ---- a stranger, who does not pair, or cannot prove who it is ---- */

typedef struct {
    _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 1, 65, 8)];
    kith_host *host;
    kith_link link;
    uint16_t battery, measurement, location;
    uint8_t percent, levels[2];
    kith_att_error read_error, subscribe_error;
    unsigned told, step, disconnected;
    bool pairs; /* as somebody without keys or display can */
    kith_smp_reason refusal;
} stranger;

static stranger somebody;

static kith_host *stranger_power_on(void *self, const kith_crypto_port *crypto, const kith_store *store)
{
    stranger *s = self;
    kith_config config;

    (void)store;
    kith_config_default(&config);
    config.limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 1, .mtu = 65, .events = 8};
    config.crypto = crypto;
    config.store = &kith_volatile_store;
    config.security.methods = s->pairs ? kith_sc_methods : NULL;
    config.security.policy = KITH_PAIRING_ASK;
    (void)!kith_host_init(s->memory, sizeof s->memory, &config, &s->host);
    return s->host;
}

/* One after the other: what a client without any right finds, reads, and asks for. */
static void take_step(stranger *s, const kith_event *e)
{
    static const kith_uuid levels = KITH_UUID16(0x2bf5);

    switch (s->step++) {
    case 0:
        assert_int_equal(kith_gatt_discover_characteristics(s->host, s->link, 1, 0xffff), KITH_OK);
        break;
    case 1:
        assert_int_equal(kith_gatt_read(s->host, s->link, s->battery), KITH_OK);
        break;
    case 2:
        s->percent = e->gatt.value[0];
        assert_int_equal(kith_gatt_read(s->host, s->link, s->location), KITH_OK);
        break;
    case 3:
        s->read_error = e->gatt.att_error;
        assert_int_equal(kith_gatt_subscribe(s->host, s->link, s->measurement, 0, KITH_SUBSCRIBED_NOTIFY), KITH_OK);
        break;
    case 4:
        s->subscribe_error = e->gatt.att_error;
        assert_int_equal(kith_gatt_read_by_uuid(s->host, s->link, &levels, 1, 0xffff), KITH_OK);
        break;
    default:
        break;
    }
}

static void find(stranger *s, const kith_event *e)
{
    static const kith_uuid battery = KITH_UUID16(0x2a19), measurement = KITH_UUID16(KITH_HEART_RATE_MEASUREMENT),
                           location = KITH_UUID16(KITH_HEART_RATE_BODY_LOCATION);
    uint16_t found[] = {kith_gatt_found_handle(&e->characteristics, &battery),
                        kith_gatt_found_handle(&e->characteristics, &measurement),
                        kith_gatt_found_handle(&e->characteristics, &location)};

    s->battery = found[0] != 0 ? found[0] : s->battery;
    s->measurement = found[1] != 0 ? found[1] : s->measurement;
    s->location = found[2] != 0 ? found[2] : s->location;
}

static void keep_levels(stranger *s, const kith_event *e)
{
    kith_gatt_value value;

    kith_gatt_value_at(&e->list, 0, &value);
    assert_int_equal(value.len, 2);
    memcpy(s->levels, value.value, 2);
}

static void stranger_on_event(void *self, const kith_event *e)
{
    stranger *s = self;
    kith_scan scan;

    switch (e->kind) {
    case KITH_EVENT_READY:
        kith_gap_default_scan(&scan);
        assert_int_equal(kith_gap_start_scan(s->host, &scan), KITH_OK);
        break;
    case KITH_EVENT_REPORT:
        if (e->report.connectable && s->disconnected == 0)
            (void)!kith_gap_connect(s->host, &e->report.address, NULL);
        break;
    case KITH_EVENT_CONNECTED:
        s->link = e->link;
        if (!s->pairs)
            take_step(s, e);
        break;
    case KITH_EVENT_CONSENT_WANTED:
        assert_int_equal(kith_pairing_consent(s->host, e->link, true), KITH_OK);
        break;
    case KITH_EVENT_PAIRING_FAILED:
        s->refusal = e->verdict.smp_reason;
        break;
    case KITH_EVENT_CHARACTERISTICS:
        find(s, e);
        break;
    case KITH_EVENT_VALUES:
        keep_levels(s, e);
        break;
    case KITH_EVENT_DISCOVERED:
    case KITH_EVENT_READ:
    case KITH_EVENT_SUBSCRIPTION_WRITTEN:
        take_step(s, e);
        break;
    case KITH_EVENT_NOTIFIED:
        s->told++;
        break;
    case KITH_EVENT_DISCONNECTED:
        s->disconnected++;
        break;
    default:
        break;
    }
}

static void stranger_turn(void *self, uint64_t now_us)
{
    (void)self;
    (void)now_us;
}

static void open_stranger(bool pairs)
{
    static const room_device device = {&somebody, "stranger", stranger_power_on, stranger_on_event, stranger_turn};

    memset(&somebody, 0, sizeof somebody);
    somebody.pairs = pairs;
    (void)room_add(&place, &device, (uint8_t[6]){3, 0, 0, 0, 0, 3}, false);
}

static void a_stranger_sees_the_battery_alone(void **state)
{
    (void)state;
    open_sensor(KITH_IO_DISPLAY_ONLY);
    open_stranger(false);
    room_run(&place, 8 * SECOND);
    assert_int_equal(somebody.step, 6);
    assert_int_equal(somebody.percent, 87);
    assert_int_equal(somebody.read_error, 0x05);
    assert_int_equal(somebody.subscribe_error, 0x05);
    assert_int_equal(somebody.levels[0], 1); /* and is told beforehand what it would take */
    assert_int_equal(somebody.levels[1], 4);
    room_run(&place, 5 * SECOND);
    assert_int_equal(somebody.told, 0);
    assert_int_equal(somebody.disconnected, 0);
    close_all();
}

/* Just Works is all that somebody without a keyboard can do, and that is not enough. */
static void who_cannot_type_is_not_paired_with(void **state)
{
    (void)state;
    open_sensor(KITH_IO_DISPLAY_ONLY);
    open_stranger(true);
    for (unsigned i = 0; i < 40 && somebody.refusal == 0; i++)
        room_run(&place, SECOND / 4);
    assert_int_equal(somebody.refusal, KITH_SMP_AUTHENTICATION_REQUIREMENTS);
    assert_int_equal(kith_bonds_count(sensor.host), 0);
    close_all();
}

/* ---- two examples meet: the secure client reads from the sensor, with the passkey that this one shows ---- */

static void the_secure_client_meets_the_sensor(void **state)
{
    static secure_client client;
    static desk d;
    const room_device program = {&client, "secure client", secure_client_power_on, NULL, NULL};
    kith_bond_info bond;

    (void)state;
    make_sensor(KITH_IO_DISPLAY_ONLY);
    secure_client_default(&client);
    client.name = "heart rate";
    client.service = (kith_uuid)KITH_UUID16(0x180d);
    client.characteristic = (kith_uuid)KITH_UUID16(KITH_HEART_RATE_BODY_LOCATION);
    client.count = 2;
    assert_true(desk_open(&d, NULL, NULL, &program, &sensor_device));
    d.display = &sensor.passkey;
    assert_int_equal(secure_client_run(&client, &d.blocking), KITH_CALL_OK);
    assert_int_equal(d.blocking.value_len, 1);
    assert_int_equal(d.blocking.value[0], KITH_BODY_CHEST);
    assert_int_equal(d.blocking.level, KITH_LEVEL_SC_AUTHENTICATED);
    assert_true(sensor_said("PASSKEY "));
    assert_int_equal(kith_bonds_next(sensor.host, 0, &bond), KITH_OK);
    assert_int_equal(bond.method, KITH_METHOD_PASSKEY);
    assert_int_equal(bond.level, KITH_LEVEL_SC_AUTHENTICATED);
    d.display = NULL; /* nobody types anything any more */
    d.given = "000000";
    assert_int_equal(secure_client_run(&client, &d.blocking), KITH_CALL_OK);
    assert_true(sensor_said("encrypted with "));
    assert_null(strstr(strstr(said, "PASSKEY ") + 1, "PASSKEY ")); /* shown once */
    assert_int_equal(kith_bonds_count(sensor.host), 1);
    desk_close(&d);
    forget_sensor();
}

static void its_configuration_is_sound(void **state)
{
    static heart_rate_server s = {.name = "heart rate"};
    kith_config config;

    (void)state;
    heart_rate_server_configure(&s, &config);
    assert_int_equal(kith_lint(&config, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phone_pairs_once_and_is_told_on_both_visits),
        cmocka_unit_test(it_prints_what_happens),
        cmocka_unit_test(the_passkey_is_random),
        cmocka_unit_test(nobody_in_the_middle_needs_a_display),
        cmocka_unit_test(a_wrong_passkey_gets_nothing),
        cmocka_unit_test(the_bond_outlives_the_sensors_power),
        cmocka_unit_test(a_phone_that_lost_its_bond_pairs_again),
        cmocka_unit_test(a_stranger_sees_the_battery_alone),
        cmocka_unit_test(who_cannot_type_is_not_paired_with),
        cmocka_unit_test(the_secure_client_meets_the_sensor),
        cmocka_unit_test(its_configuration_is_sound),
    };
    return cmocka_run_group_tests_name("heart rate server", tests, NULL, NULL);
}
