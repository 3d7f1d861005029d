/* A whole host on an SQLite store: bonded, restarted, encrypted again with the same key, forgotten, and then its keys
 * are in no file. */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "cast.h"
#include "kith/port/sqlite_store.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    kith_sqlite_store store; /* the lamp's */
    char folder[32], path[64];
    kith_bond_keys keys;
    kith_peer_id peer;
} home;

static void open_home(home *t)
{
    kith_config config;

    memset(t, 0, sizeof *t);
    (void)snprintf(t->folder, sizeof t->folder, "/tmp/kith-test-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    (void)snprintf(t->path, sizeof t->path, "%s/bonds", t->folder);
    assert_int_equal(kith_sqlite_store_open(&t->store, t->path, KITH_SQLITE_STORE_MAKE), KITH_OK);
    t->room = cast_open(341, CAST_OPENSSL);
    cast_lamp_config(&config);
    config.own_address = KITH_OWN_STATIC;
    config.store = &t->store.store;
    t->lamp = cast_add(t->room, "lamp", &config);
    t->phone = cast_add_phone(t->room, "phone");
    cast_start(t->room);
}

static void close_home(home *t)
{
    char command[64];

    cast_close(t->room);
    kith_sqlite_store_close(&t->store);
    (void)snprintf(command, sizeof command, "rm -r %s", t->folder);
    assert_int_equal(system(command), 0);
}

static void bond(home *t)
{
    kith_bond_info info;

    cast_connect(t->phone, t->lamp);
    cast_pair(t->phone, t->lamp);
    cast_check(t->room, cast_only_bond(t->lamp, &info, &t->keys));
    t->peer = info.peer;
}

/* The program ends, and another one takes the file. */
static void restart(home *t)
{
    cast_power_off(t->lamp);
    kith_sqlite_store_close(&t->store);
    assert_int_equal(kith_sqlite_store_open(&t->store, t->path, KITH_SQLITE_STORE_EXISTING), KITH_OK);
    cast_run(t->room, 30 * CAST_SECOND, NULL, NULL); /* the phone loses its link */
    cast_power_on(t->lamp);
    cast_await_next(t->lamp, KITH_EVENT_READY);
}

static bool is_in_file(const char *path, const uint8_t *octets, size_t len)
{
    static uint8_t all[1 << 20];
    FILE *f = fopen(path, "rb");
    size_t size;

    assert_non_null(f);
    size = fread(all, 1, sizeof all, f);
    assert_int_equal(fclose(f), 0);
    for (size_t i = 0; i + len <= size; i++)
        if (memcmp(all + i, octets, len) == 0)
            return true;
    return false;
}

static bool is_in_a_file(const home *t, const uint8_t *octets, size_t len)
{
    DIR *folder = opendir(t->folder);
    struct dirent *entry;
    bool found = false;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        char path[320];

        (void)snprintf(path, sizeof path, "%s/%s", t->folder, entry->d_name);
        found = found || (entry->d_name[0] != '.' && is_in_file(path, octets, len));
    }
    (void)closedir(folder);
    return found;
}

static void a_bond_lives_in_the_database_and_dies_there(void **state)
{
    kith_bond_info info;
    kith_bond_keys keys;
    home t;

    (void)state;
    open_home(&t);
    bond(&t);
    assert_true(is_in_a_file(&t, t.keys.ltk, 16));
    restart(&t);
    cast_check(t.room, cast_only_bond(t.lamp, &info, &keys));
    assert_memory_equal(&keys, &t.keys, sizeof keys);
    cast_connect(t.phone, t.lamp);
    cast_encrypt(t.phone, t.lamp);
    cast_read(t.phone, CAST_VALUE_HANDLE);
    cast_equal(t.room, t.phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_PAIRED], 1); /* by the program before */
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    assert_int_equal(kith_bonds_forget(t.lamp->host, t.peer), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_FORGOTTEN].forgotten.status, KITH_OK);
    assert_false(is_in_a_file(&t, t.keys.ltk, 16));
    restart(&t);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    close_home(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_bond_lives_in_the_database_and_dies_there)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
