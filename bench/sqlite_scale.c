/* The SQLite store against the number of bonds, on the disk under the folder it runs in: start-up (open and read all),
 * octets of the file, a new bond put, one put again, one forgotten, one looked up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "kith/port/sqlite_store.h"

enum { LEN = 57, TIMES = 20, STARTS = 5 }; /* a bond without signing keys */

static const char path[] = "kith-bench.sqlite";

static void must(bool well)
{
    if (well)
        return;
    fprintf(stderr, "the benchmark does not run\n");
    exit(1);
}

static double now_us(void)
{
    struct timespec t;

    must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static kith_record bond(uint32_t id)
{
    kith_record record = {.kind = KITH_RECORD_BOND, .len = LEN, .id = id};

    for (unsigned i = 0; i < LEN; i++)
        record.octets[i] = (uint8_t)(id * 31 + i * 7);
    return record;
}

static void put(kith_sqlite_store *s, uint32_t id)
{
    kith_record record = bond(id);
    kith_store_state state;

    must(s->store.put(s, &record, &state) == KITH_OK);
}

static void start(kith_sqlite_store *s)
{
    kith_store_state state;

    must(kith_sqlite_store_open(s, path, KITH_SQLITE_STORE_MAKE) == KITH_OK);
    must(s->store.open(s, &state) == KITH_OK);
}

/* Not waiting for the disk: only the filling. */
static void fill(uint32_t count)
{
    kith_sqlite_store s;

    (void)unlink(path);
    start(&s);
    must(sqlite3_exec(s.database, "PRAGMA synchronous=OFF", NULL, NULL, NULL) == SQLITE_OK);
    for (uint32_t id = 1; id <= count; id++)
        put(&s, id);
    kith_sqlite_store_close(&s);
}

static uint32_t read_all(kith_sqlite_store *s)
{
    uint32_t cursor = 0, count = 0;
    kith_record record;

    while (s->store.read(s, &cursor, &record) == KITH_OK)
        count++;
    return count;
}

/* The statement that every put begins with. */
static double look_up_us(kith_sqlite_store *s, uint32_t count)
{
    sqlite3_stmt *find;
    double begun;

    must(sqlite3_prepare_v2(s->database, "SELECT octets FROM records WHERE name=?1", -1, &find, NULL) == SQLITE_OK);
    begun = now_us();
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t id = 1 + (uint32_t)((uint64_t)i * 7919 % count);
        uint8_t name[5] = {KITH_RECORD_BOND, (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};

        must(sqlite3_bind_blob(find, 1, name, sizeof name, SQLITE_STATIC) == SQLITE_OK);
        must(sqlite3_step(find) == SQLITE_ROW);
        must(sqlite3_reset(find) == SQLITE_OK);
    }
    begun = (now_us() - begun) / 1000;
    must(sqlite3_finalize(find) == SQLITE_OK);
    return begun;
}

static double changes_us(kith_sqlite_store *s, uint32_t first, bool removes)
{
    double begun = now_us();
    kith_store_state state;

    for (uint32_t i = 0; i < TIMES; i++)
        if (removes)
            must(s->store.remove(s, KITH_RECORD_BOND, first + i, &state) == KITH_OK);
        else
            put(s, first + i);
    return (now_us() - begun) / TIMES;
}

typedef struct {
    double open, read;
} times;

static times start_and_read(kith_sqlite_store *s, uint32_t count)
{
    double begun = now_us(), opened;

    start(s);
    opened = now_us();
    must(read_all(s) == count);
    return (times){opened - begun, now_us() - opened};
}

/* The best of a few: other programs of this machine take their part. */
static times best_start(uint32_t count)
{
    times best = {0};

    for (unsigned i = 0; i < STARTS; i++) {
        kith_sqlite_store s;
        times is = start_and_read(&s, count);

        if (i == 0 || is.open + is.read < best.open + best.read)
            best = is;
        kith_sqlite_store_close(&s);
    }
    return best;
}

static void print_row(uint32_t count)
{
    kith_sqlite_store s;
    struct stat file;
    times start_up;
    double added, again, removed;

    fill(count);
    must(stat(path, &file) == 0);
    start_up = best_start(count);
    start(&s);
    added = changes_us(&s, count + 1, false);
    again = changes_us(&s, count + 1, false);
    removed = changes_us(&s, count + 1, true);
    printf("%7u %9.2f %9.2f %9.2f %11ld %9.0f %9.0f %9.0f %9.2f\n", (unsigned)count, start_up.open / 1e3,
           start_up.read / 1e3, (start_up.open + start_up.read) / count, (long)file.st_size, added, again, removed,
           look_up_us(&s, count));
    kith_sqlite_store_close(&s);
    must(unlink(path) == 0);
}

int main(void)
{
    printf("%7s %9s %9s %9s %11s %9s %9s %9s %9s\n", "bonds", "open ms", "read ms", "us/bond", "octets", "put us",
           "again us", "forget us", "find us");
    for (uint32_t count = 10; count <= 100000; count *= 10)
        print_row(count);
    return 0;
}
