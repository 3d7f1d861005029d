/* The camera (examples/camera) and its box, on the virtual radio: pairing in one call and what it says afterwards, and
 * the file of its secrets. */
#include <sys/stat.h>
#include <unistd.h>

#include "cast.h"
#include "examples/camera/camera.h"
#include "examples/room/room.h"
#include "kith/codec/att.h"
#include "kith/lint.h"

static room place;
static camera cam;
static box boxes[2];
static kith_blocking b;
static size_t cam_at;
static char folder[32];
static const room_device program = {&cam, "camera", camera_power_on, NULL, NULL};
static const room_device others[2] = {{&boxes[0], "box", box_power_on, box_on_event, box_turn},
                                      {&boxes[1], "second box", box_power_on, box_on_event, box_turn}};
static uint32_t seen;
static unsigned compared;

static kith_answer compare(void *context, const kith_event *question)
{
    (void)context;
    seen = question->comparison.number;
    if (boxes[0].number == UINT32_MAX)
        return KITH_ANSWER_LATER;
    compared++;
    return boxes[0].number == seen ? KITH_ANSWER_YES : KITH_ANSWER_NO;
}

static void wait_at(size_t at)
{
    kith_pump pump;

    room_pump(&place, at, &pump);
    assert_int_equal(kith_blocking_init(&b, place.places[at].host, &pump), KITH_OK);
    b.person.compare = compare;
    assert_int_equal(kith_blocking_start(&b, 5000), KITH_CALL_OK);
}

static void begin(uint64_t seed)
{
    (void)strcpy(folder, "/tmp/kith-camera-XXXXXX");
    assert_non_null(mkdtemp(folder));
    seen = UINT32_MAX;
    compared = 0;
    room_open(&place, seed);
    memset(boxes, 0, sizeof boxes);
    boxes[0].battery = 55;
    boxes[0].other = &seen;
    (void)room_add(&place, &others[0], (uint8_t[6]){2, 0, 0, 0, 0, 2}, true);
    camera_default(&cam);
    memcpy(cam.places, (const char *[CAMERA_PLACES]){"/nowhere/at/all", folder, "/tmp"}, sizeof cam.places);
    cam_at = room_add(&place, &program, (uint8_t[6]){1, 0, 0, 0, 0, 1}, true);
    wait_at(cam_at);
}

static void end(void)
{
    room_close(&place);
    camera_power_off(&cam);
    assert_int_equal(unlink(cam.path), 0);
    assert_int_equal(rmdir(folder), 0); /* and nothing else is left there */
}

static void connect_to(const char *name)
{
    assert_int_equal(kith_blocking_find_name(&b, NULL, name, 10000), KITH_CALL_OK);
    assert_int_equal(kith_blocking_connect(&b, &b.event.report.address, NULL, 5000), KITH_CALL_OK);
}

static void leave(void)
{
    assert_int_equal(kith_blocking_disconnect(&b, b.link, 5000), KITH_CALL_OK);
    assert_int_equal(kith_blocking_pause(&b, 1000), KITH_CALL_OK);
}

static void the_attributes_say_what_came_of_each_way_to_pair(void **state)
{
    static const struct {
        camera_pairing how;
        bool authenticated, bonded;
        unsigned compared;
    } rows[] = {
        {{true, true, false, 3}, false, true, 0},  {{false, true, false, 3}, false, false, 0},
        {{true, true, true, 1}, true, true, 1},    {{true, true, true, 4}, true, true, 1},
        {{true, false, false, 3}, false, true, 0}, /* legacy is allowed: the box has better */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kith_event_security now;

        begin(10 + i);
        connect_to("relay box");
        assert_int_equal(camera_pair(&cam, &b, b.link, &rows[i].how), KITH_CALL_OK);
        assert_true(cam.link.encrypted);
        assert_int_equal(cam.link.authenticated, rows[i].authenticated);
        assert_int_equal(cam.link.bonded, rows[i].bonded);
        assert_int_equal(cam.link.key_size, 16);
        assert_int_equal(compared, rows[i].compared);
        assert_int_equal(kith_security_of(b.host, b.link, &now), KITH_OK);
        assert_true(now.secure_connections);
        assert_int_equal(kith_bonds_count(b.host), rows[i].bonded);
        end();
    }
}

static void what_inputs_and_outputs_cannot_give_is_refused_by_name(void **state)
{
    const camera_pairing blind = {.bond = true, .le_secure = true, .mitm = true, .io = 3};
    const camera_pairing no_io = {.bond = true, .le_secure = true, .mitm = false, .io = 5};

    (void)state;
    begin(20);
    connect_to("relay box");
    assert_int_equal(camera_pair(&cam, &b, b.link, &blind), KITH_CALL_FAILED);
    assert_int_equal(b.verdict.why, KITH_WHY_LEVEL_UNREACHABLE);
    assert_false(cam.link.encrypted || cam.link.bonded || cam.link.authenticated);
    assert_int_equal(cam.link.key_size, 0);
    assert_int_equal(camera_pair(&cam, &b, b.link, &no_io), KITH_CALL_REFUSED);
    assert_int_equal(b.status, KITH_ERR_VALUE);
    end();
}

static uint8_t write_relay(uint8_t value, size_t len)
{
    const kith_gatt_found *relay;
    const uint8_t octets[2] = {value};

    assert_int_equal(kith_blocking_discover(&b, b.link, &camera_relay_service, 5000), KITH_CALL_OK);
    relay = kith_blocking_found(&b, &camera_relay);
    assert_non_null(relay);
    (void)!kith_blocking_write(&b, b.link, relay->value_handle, octets, len, 5000);
    return b.att_error;
}

static void the_battery_is_open_and_the_relay_is_not(void **state)
{
    const kith_gatt_found *level;

    (void)state;
    begin(30);
    connect_to("relay box");
    assert_int_equal(kith_blocking_discover(&b, b.link, &camera_battery_service, 5000), KITH_CALL_OK);
    level = kith_blocking_found(&b, &camera_battery_level);
    assert_non_null(level);
    assert_int_equal(kith_blocking_read(&b, b.link, level->value_handle, 5000), KITH_CALL_OK);
    assert_int_equal(b.value[0], 55);
    assert_int_equal(write_relay(1, 1), KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(boxes[0].relay, 0);
    assert_int_equal(camera_pair(&cam, &b, b.link, &cam.pairing), KITH_CALL_OK);
    assert_int_equal(write_relay(2, 1), 0x13); /* neither on nor off */
    assert_int_equal(write_relay(1, 2), 0x13);
    assert_int_equal(boxes[0].relay, 0);
    assert_int_equal(write_relay(1, 1), 0);
    assert_int_equal(boxes[0].relay, 1);
    end();
}

static void secrets_are_loaded_by_themselves_after_a_power_cut(void **state)
{
    struct stat file;

    (void)state;
    begin(40);
    assert_int_equal(camera_run(&cam, &b, true), KITH_CALL_OK);
    assert_int_equal(boxes[0].relay, 1);
    assert_true(strncmp(cam.path, folder, strlen(folder)) == 0); /* the first of the list that is there */
    assert_int_equal(stat(cam.path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    room_power_off(&place, cam_at);
    room_run(&place, 10 * CAST_SECOND);
    room_power_on(&place, cam_at);
    wait_at(cam_at);
    assert_int_equal(kith_bonds_count(b.host), 1);
    assert_int_equal(camera_run(&cam, &b, false), KITH_CALL_OK);
    assert_true(cam.link.bonded);
    assert_int_equal(boxes[0].relay, 0);
    end();
}

/* One of two: the other's bond stands, in the file too. */
static void one_peer_is_forgotten_and_no_other(void **state)
{
    kith_bond_info first, second;
    kith_address nobody = {.octets = {1, 2, 3}};

    (void)state;
    begin(50);
    connect_to("relay box");
    assert_int_equal(camera_pair(&cam, &b, b.link, &cam.pairing), KITH_CALL_OK);
    leave();
    room_power_off(&place, 0);
    (void)room_add(&place, &others[1], (uint8_t[6]){3, 0, 0, 0, 0, 3}, true);
    connect_to("relay box");
    assert_int_equal(camera_pair(&cam, &b, b.link, &cam.pairing), KITH_CALL_OK);
    leave();
    assert_int_equal(kith_bonds_next(b.host, 0, &first), KITH_OK);
    assert_int_equal(kith_bonds_next(b.host, first.peer, &second), KITH_OK);
    assert_int_equal(camera_forget(&b, &nobody), KITH_CALL_REFUSED);
    assert_int_equal(camera_forget(&b, &first.identity), KITH_CALL_OK);
    assert_int_equal(b.event.forgotten.status, KITH_OK);
    assert_int_equal(camera_forget(&b, &first.identity), KITH_CALL_REFUSED);
    room_power_off(&place, cam_at);
    room_power_on(&place, cam_at);
    wait_at(cam_at);
    assert_int_equal(kith_bonds_count(b.host), 1);
    assert_int_equal(kith_bonds_next(b.host, 0, &first), KITH_OK);
    assert_true(kith_address_equal(&first.identity, &second.identity));
    end();
}

static void their_configurations_are_sound(void **state)
{
    kith_config config;

    (void)state;
    camera_configure(&config);
    assert_int_equal(kith_lint(&config, NULL, 0), 0);
    box_configure(&config);
    assert_int_equal(kith_lint(&config, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_attributes_say_what_came_of_each_way_to_pair),
        cmocka_unit_test(what_inputs_and_outputs_cannot_give_is_refused_by_name),
        cmocka_unit_test(the_battery_is_open_and_the_relay_is_not),
        cmocka_unit_test(secrets_are_loaded_by_themselves_after_a_power_cut),
        cmocka_unit_test(one_peer_is_forgotten_and_no_other),
        cmocka_unit_test(their_configurations_are_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
