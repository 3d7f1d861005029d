/* The secure client (examples/secure_client) and its server, on the virtual radio. */
#include <unistd.h>

#include "cast.h"
#include "examples/room/room.h"
#include "examples/secure_client/counterpart.h"
#include "examples/secure_client/secure_client.h"
#include "kith/lint.h"

enum { SECOND = 1000000 };

static room place;
static secure_client client;
static counterpart server;
static kith_blocking b;
static size_t client_at, server_at;
static uint64_t read_at[8];
static bool types_wrong, is_away;
static const room_device program = {&client, "client", secure_client_power_on, NULL, NULL};

static kith_answer type_passkey(void *context, const kith_event *question, uint32_t *passkey)
{
    (void)context;
    (void)question;
    if (is_away || server.shown == UINT32_MAX)
        return KITH_ANSWER_LATER;
    *passkey = types_wrong ? (server.shown + 1) % 1000000 : server.shown;
    return KITH_ANSWER_YES;
}

static void on_server(void *self, const kith_event *e)
{
    if (e->kind == KITH_EVENT_READ_WANTED && server.reads < 8)
        read_at[server.reads] = room_now(&place);
    counterpart_on_event(self, e);
}

static const room_device other = {&server, "server", counterpart_power_on, on_server, NULL};

static void begin(uint64_t seed)
{
    kith_pump pump;

    types_wrong = is_away = false;
    room_open(&place, seed);
    secure_client_default(&client);
    client.count = 3;
    server_at = room_add(&place, &other, (uint8_t[6]){2, 0, 0, 0, 0, 2}, true);
    client_at = room_add(&place, &program, (uint8_t[6]){1, 0, 0, 0, 0, 1}, true);
    room_pump(&place, client_at, &pump);
    assert_int_equal(kith_blocking_init(&b, place.places[client_at].host, &pump), KITH_OK);
    b.person.passkey = type_passkey;
    assert_int_equal(kith_blocking_start(&b, 5000), KITH_CALL_OK);
}

static kith_bond_info only_bond(size_t at)
{
    kith_bond_info bond, more;

    assert_int_equal(kith_bonds_next(place.places[at].host, 0, &bond), KITH_OK);
    assert_int_equal(kith_bonds_next(place.places[at].host, bond.peer, &more), KITH_ERR_NOT_FOUND);
    return bond;
}

static void it_reads_every_second_what_only_the_passkey_lets_it_read(void **state)
{
    kith_bond_info bond;

    (void)state;
    begin(1);
    assert_int_equal(secure_client_run(&client, &b), KITH_CALL_OK);
    assert_int_equal(server.reads, 3);
    for (unsigned i = 1; i < 3; i++)
        assert_in_range(read_at[i] - read_at[i - 1], SECOND, 2 * SECOND);
    for (size_t i = server_at; i <= client_at; i++) {
        bond = only_bond(i);
        assert_int_equal(bond.level, KITH_LEVEL_SC_AUTHENTICATED);
        assert_int_equal(bond.method, KITH_METHOD_PASSKEY);
        assert_int_equal(bond.key_kind, KITH_KEY_KIND_SC);
        assert_int_equal(bond.key_size, 16);
    }
    room_close(&place);
}

static bool file_holds(FILE *file, const uint8_t *octets, size_t len)
{
    static uint8_t all[1 << 20];
    size_t filled;

    rewind(file);
    filled = fread(all, 1, sizeof all, file);
    for (size_t i = 0; i + len <= filled; i++)
        if (memcmp(all + i, octets, len) == 0)
            return true;
    return false;
}

/* As octets to the controller: an active scan of 99 in 100 ms; 150 to 312.5 ms, latency 0, 1 s.  And on the way to the
 * peer: a keyboard alone, no out of band data; bonding, MITM, SC, without CT2 or keypresses. */
static void the_settings_are_those_of_the_tutorial(void **state)
{
    static const uint8_t scan[] = {0x0b, 0x20, 7, 1, 160, 0, 158, 0};
    static const uint8_t update[] = {120, 0, 250, 0, 0, 0, 100, 0};
    static const uint8_t pairing[] = {0x06, 0x00, 0x01, 0x02, 0x00, 0x0d, 16};
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    begin(2);
    assert_int_equal(kith_sim_btsnoop(place.air, place.places[client_at].radio, file), KITH_OK);
    assert_int_equal(secure_client_run(&client, &b), KITH_CALL_OK);
    room_close(&place);
    assert_true(file_holds(file, scan, sizeof scan));
    assert_true(file_holds(file, update, sizeof update));
    assert_true(file_holds(file, pairing, sizeof pairing));
    (void)fclose(file);
}

static void nobody_of_that_name_is_looked_for_ten_seconds(void **state)
{
    uint64_t began;

    (void)state;
    begin(3);
    client.name = "Android";
    began = room_now(&place);
    assert_int_equal(secure_client_run(&client, &b), KITH_CALL_TIME_IS_UP);
    assert_in_range(room_now(&place) - began, 10 * SECOND, 11 * SECOND);
    room_close(&place);
}

static void a_wrong_passkey_reads_nothing(void **state)
{
    (void)state;
    begin(4);
    types_wrong = true;
    assert_int_equal(secure_client_run(&client, &b), KITH_CALL_FAILED);
    assert_int_equal(server.reads, 0);
    assert_int_equal(kith_bonds_count(place.places[client_at].host), 0);
    room_close(&place);
}

static void a_person_who_is_away_is_waited_for_until_the_pairing_gives_up(void **state)
{
    (void)state;
    begin(5);
    is_away = true;
    assert_int_equal(secure_client_run(&client, &b), KITH_CALL_FAILED);
    assert_int_equal(server.reads, 0);
    room_close(&place);
}

static void what_the_server_lacks_is_not_read(void **state)
{
    (void)state;
    begin(6);
    client.characteristic.octets[0]++;
    assert_int_equal(secure_client_run(&client, &b), KITH_CALL_FAILED);
    assert_int_equal(server.reads, 0);
    client.service.octets[0]++;
    assert_int_equal(secure_client_run(&client, &b), KITH_CALL_FAILED);
    room_close(&place);
}

/* The second time there is a bond, and no passkey. */
static void the_bond_does_the_second_time(void **state)
{
    (void)state;
    begin(7);
    assert_int_equal(secure_client_run(&client, &b), KITH_CALL_OK);
    is_away = true;
    assert_int_equal(secure_client_run(&client, &b), KITH_CALL_OK);
    assert_int_equal(server.reads, 6);
    room_close(&place);
}

static void their_configurations_are_sound(void **state)
{
    kith_config config;

    (void)state;
    secure_client_configure(&config);
    assert_int_equal(kith_lint(&config, NULL, 0), 0);
    counterpart_configure(&config);
    assert_int_equal(kith_lint(&config, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_every_second_what_only_the_passkey_lets_it_read),
        cmocka_unit_test(the_settings_are_those_of_the_tutorial),
        cmocka_unit_test(nobody_of_that_name_is_looked_for_ten_seconds),
        cmocka_unit_test(a_wrong_passkey_reads_nothing),
        cmocka_unit_test(a_person_who_is_away_is_waited_for_until_the_pairing_gives_up),
        cmocka_unit_test(what_the_server_lacks_is_not_read),
        cmocka_unit_test(the_bond_does_the_second_time),
        cmocka_unit_test(their_configurations_are_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
