/* What the SQLite store does beyond the rules for all stores: private files for one program, what is not its own left
 * alone, damage told and skipped, and every failure of the system named, with nothing durable lost. */
#include "calls.h"
#include "kinds.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

enum { BOND = KITH_RECORD_BOND, BONDS = 12, LEN = 57 };

static const store_kind *sqlite_kind(void)
{
    for (size_t i = 0; i < store_kind_count; i++)
        if (strcmp(store_kinds[i].name, "SQLite") == 0)
            return &store_kinds[i];
    fail_msg("there is no SQLite store");
    return NULL;
}

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);

    calls_make(CALLS_PASS, 0, 0);
    place_make(p, sqlite_kind());
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    calls_make(CALLS_PASS, 0, 0);
    place_destroy(*state);
    free(*state);
    return 0;
}

static void fill(place *p)
{
    assert_int_equal(place_open(p), KITH_OK);
    for (uint32_t id = 1; id <= BONDS; id++)
        assert_int_equal(place_put(p, BOND, id, id, LEN), KITH_OK);
}

/* ---- files as they lie there ---- */

typedef struct {
    uint8_t *octets;
    size_t size;
} content;

static content load(const char *path)
{
    content c = {malloc(1 << 20), 0};
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    assert_non_null(c.octets);
    c.size = fread(c.octets, 1, 1 << 20, f);
    assert_int_equal(fclose(f), 0);
    return c;
}

static void save(const char *path, const void *octets, size_t size)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(octets, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static void expect_same(const char *path, const content *before)
{
    content now = load(path);

    assert_int_equal(now.size, before->size);
    assert_memory_equal(now.octets, before->octets, now.size);
    free(now.octets);
}

static void use_sqlite(const char *path, const char *text)
{
    sqlite3 *database;
    char *error = NULL;

    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    if (sqlite3_exec(database, text, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", text, error);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* By a program that is killed before its write-ahead log has gone into the database. */
static void use_sqlite_and_die(const char *path, const char *text)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        sqlite3 *database;

        if (sqlite3_open(path, &database) != SQLITE_OK || sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- private ---- */

static unsigned expect_private_files(const place *p)
{
    DIR *folder = opendir(p->folder);
    struct dirent *entry;
    unsigned count = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        char path[320];
        struct stat about;

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", p->folder, entry->d_name);
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(about.st_mode & 07777, 0600);
        count++;
    }
    (void)closedir(folder);
    return count;
}

static void its_files_are_private_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 022, 0777};
    place *p = *state;

    for (unsigned i = 0; i < 3; i++) {
        mode_t old = umask(masks[i]);

        fill(p);
        (void)umask(old);
        assert_int_equal(expect_private_files(p), 2);
        place_close(p);
        assert_int_equal(expect_private_files(p), 1);
        assert_int_equal(unlink(p->path), 0);
    }
}

static void one_that_others_could_read_becomes_private(void **state)
{
    place *p = *state;

    fill(p);
    place_close(p);
    assert_int_equal(chmod(p->path, 0644), 0);
    fill(p);
    (void)expect_private_files(p);
}

/* ---- one program at a time ---- */

static void another_program_is_told_that_it_is_in_use(void **state)
{
    place *p = *state;
    kith_sqlite_store second;
    pid_t child;
    int status;

    fill(p);
    assert_int_equal(kith_sqlite_store_open(&second, p->path, KITH_SQLITE_STORE_MAKE), KITH_ERR_BUSY);
    child = fork();
    if (child == 0) {
        sqlite3 *database;
        int code = SQLITE_ERROR;

        if (kith_sqlite_store_open(&second, p->path, KITH_SQLITE_STORE_EXISTING) != KITH_ERR_BUSY)
            _exit(1);
        if (sqlite3_open(p->path, &database) == SQLITE_OK)
            code = sqlite3_exec(database, "SELECT * FROM records", NULL, NULL, NULL);
        _exit(code == SQLITE_BUSY ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    place_close(p);
    assert_int_equal(kith_sqlite_store_open(&second, p->path, KITH_SQLITE_STORE_EXISTING), KITH_OK);
    kith_sqlite_store_close(&second);
}

static void while_somebody_looks_with_sqlite_it_is_busy_and_not_harmed(void **state)
{
    place *p = *state;
    sqlite3 *database;

    fill(p);
    place_close(p);
    assert_int_equal(sqlite3_open(p->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "BEGIN; SELECT * FROM records", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(place_open(p), KITH_ERR_BUSY);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    assert_int_equal(p->store->open(p->store->context, &p->state), KITH_OK); /* once more */
    assert_true(place_holds(p, BOND, 1, 1, LEN));
}

/* ---- what is not there, and what is something else ---- */

static void a_file_that_must_be_there_is_not_made(void **state)
{
    place *p = *state;
    char path[96];

    assert_int_equal(kith_sqlite_store_open(&p->sqlite, p->path, KITH_SQLITE_STORE_EXISTING), KITH_ERR_NOT_FOUND);
    assert_int_equal(access(p->path, F_OK), -1);
    (void)snprintf(path, sizeof path, "%s/no/folder", p->folder);
    assert_int_equal(kith_sqlite_store_open(&p->sqlite, path, KITH_SQLITE_STORE_MAKE), KITH_ERR_STORAGE);
    assert_int_equal(p->sqlite.error, ENOENT);
    assert_int_equal(kith_sqlite_store_open(&p->sqlite, p->folder, KITH_SQLITE_STORE_MAKE), KITH_ERR_DAMAGED);
}

static void expect_left_alone(place *p, kith_status status)
{
    content before = load(p->path);

    assert_int_equal(place_open(p), status);
    assert_int_equal(place_put(p, BOND, 1, 1, LEN), KITH_ERR_STORAGE); /* nothing is open */
    place_close(p);
    expect_same(p->path, &before);
    free(before.octets);
    assert_int_equal(place_open(p), status);
    assert_int_equal(p->store->erase(p->store->context, &p->state), KITH_OK);
    assert_int_equal(place_count(p), 0);
    assert_int_equal(place_put(p, BOND, 1, 1, LEN), KITH_OK);
    place_restart(p);
    assert_true(place_holds(p, BOND, 1, 1, LEN));
    place_close(p);
    assert_int_equal(unlink(p->path), 0);
}

static void what_is_no_store_is_left_alone_until_it_is_erased(void **state)
{
    static const uint8_t zeros[8192];
    static const char *const others[] = {
        "CREATE TABLE bonds(id); INSERT INTO bonds VALUES(1)",
        "PRAGMA journal_mode=WAL; CREATE TABLE meta(highest_id INTEGER NOT NULL)",
        "PRAGMA application_id=1; PRAGMA user_version=1",
        "PRAGMA user_version=1; VACUUM",
    };
    place *p = *state;

    save(p->path, "x", 1);
    expect_left_alone(p, KITH_ERR_DAMAGED);
    save(p->path, "bonds, one a line\n", 18);
    expect_left_alone(p, KITH_ERR_DAMAGED);
    save(p->path, zeros, sizeof zeros);
    expect_left_alone(p, KITH_ERR_DAMAGED);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        use_sqlite(p->path, others[i]);
        expect_left_alone(p, KITH_ERR_DAMAGED);
    }
}

static void the_log_of_somebody_elses_database_is_left_alone_too(void **state)
{
    place *p = *state;
    char path[80];
    content database, log;

    (void)snprintf(path, sizeof path, "%s-wal", p->path);
    use_sqlite(p->path, "CREATE TABLE bonds(id)");
    use_sqlite_and_die(p->path, "PRAGMA journal_mode=WAL; INSERT INTO bonds VALUES(1)");
    database = load(p->path);
    log = load(path);
    assert_true(log.size > 0);
    assert_int_equal(place_open(p), KITH_ERR_DAMAGED);
    place_close(p);
    expect_same(p->path, &database);
    expect_same(path, &log);
    free(database.octets);
    free(log.octets);
}

static void a_later_version_is_told_and_left_alone(void **state)
{
    place *p = *state;

    fill(p);
    place_close(p);
    use_sqlite(p->path, "PRAGMA user_version=2; ALTER TABLE meta ADD COLUMN more");
    expect_left_alone(p, KITH_ERR_NEWER);
}

static void tables_with_something_that_runs_by_itself_are_not_used(void **state)
{
    static const char *const more[] = {
        "CREATE TRIGGER t AFTER UPDATE ON records BEGIN DELETE FROM records; END",
        "CREATE TABLE more(x)",
        "DROP INDEX by_name",
        "DROP INDEX by_name; CREATE INDEX by_name ON records(octets)",
    };
    place *p = *state;

    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        fill(p);
        place_close(p);
        use_sqlite(p->path, more[i]);
        expect_left_alone(p, KITH_ERR_DAMAGED);
    }
}

static void an_empty_file_becomes_an_empty_store(void **state)
{
    place *p = *state;

    save(p->path, "", 0);
    fill(p);
    place_restart(p);
    assert_int_equal(place_count(p), BONDS);
}

/* ---- damage ---- */

/* What stands is as it was put, each of it; how much of it there is. */
static unsigned expect_only_what_was_put(place *p)
{
    uint32_t cursor = 0, seen = 0;
    kith_record record;

    while (p->store->read(p->store->context, &cursor, &record) == KITH_OK) {
        kith_record wanted = place_record(BOND, record.id, record.id, LEN);

        assert_int_equal(record.kind, BOND);
        assert_in_range(record.id, 1, BONDS);
        assert_int_equal(record.len, LEN);
        assert_memory_equal(record.octets, wanted.octets, LEN);
        assert_int_equal(seen & 1u << record.id, 0);
        seen |= 1u << record.id;
    }
    return (unsigned)__builtin_popcount(seen);
}

static void try_flip(place *p, const content *sound, size_t at, uint8_t bit, unsigned count[3])
{
    kith_status status;

    sound->octets[at] ^= bit;
    save(p->path, sound->octets, sound->size);
    sound->octets[at] ^= bit;
    status = place_open(p);
    if (status == KITH_OK) {
        unsigned found = expect_only_what_was_put(p);

        if (found + p->state.damaged < BONDS || found + 1 < BONDS)
            fail_msg("octet %zu, bit %u: %u found, %u damaged", at, bit, found, (unsigned)p->state.damaged);
        count[p->state.damaged > 0]++;
        /* What can be told apart can be healed. */
        for (uint32_t id = 1; id <= BONDS; id++)
            if (place_put(p, BOND, id, id, LEN) != KITH_OK)
                break;
        (void)expect_only_what_was_put(p);
    } else {
        if (status != KITH_ERR_DAMAGED && status != KITH_ERR_NEWER)
            fail_msg("octet %zu, bit %u: %s", at, bit, kith_status_name(status));
        count[2]++;
    }
    assert_int_equal(p->store->erase(p->store->context, &p->state), KITH_OK);
    assert_int_equal(place_put(p, BOND, 1, 1, LEN), KITH_OK);
    place_close(p);
}

static void a_flipped_bit_is_told_and_never_makes_a_record(void **state)
{
    size_t step = getenv("KITH_FULL") != NULL ? 1 : 23;
    place *p = *state;
    unsigned count[3] = {0};
    content sound;
    sim_rng rng;

    sim_rng_seed(&rng, stores_seed(20260613), 0);
    fill(p);
    place_close(p);
    sound = load(p->path);
    for (size_t at = sim_rng_below(&rng, (uint32_t)step); at < sound.size; at += step)
        try_flip(p, &sound, at, (uint8_t)(1u << sim_rng_below(&rng, 8)), count);
    fprintf(stderr, "bits flipped: %u harmless, %u in one record, %u in the whole%s\n", count[0], count[1], count[2],
            step > 1 ? " (more: KITH_FULL=1)" : "");
    assert_true(count[1] > 0 && count[2] > 0);
    free(sound.octets);
}

/* Where an octet string lies in the file for the n-th time. */
static uint8_t *find(const content *c, const void *octets, size_t len)
{
    for (size_t i = 0; i + len <= c->size; i++)
        if (memcmp(c->octets + i, octets, len) == 0)
            return c->octets + i;
    fail_msg("it is not there");
    return NULL;
}

static void spoil(place *p, const uint8_t *octets, size_t len, ptrdiff_t at, uint8_t flip)
{
    content c;

    place_close(p);
    c = load(p->path);
    find(&c, octets, len)[at] ^= flip;
    save(p->path, c.octets, c.size);
    free(c.octets);
    assert_int_equal(place_open(p), KITH_OK);
}

/* The name lies in the row right before len, a 0 and the octets. */
static void a_record_whose_name_decayed_is_destroyed_with_what_is_forgotten(void **state)
{
    kith_record decayed = place_record(BOND, 5, 5, LEN);
    place *p = *state;

    fill(p);
    spoil(p, decayed.octets, LEN, -3, 0x04); /* 5 becomes 1, which there is */
    assert_int_equal(p->state.damaged, 1);
    assert_int_equal(expect_only_what_was_put(p), BONDS - 1);
    assert_true(place_holds(p, BOND, 1, 1, LEN));
    assert_true(place_lacks(p, BOND, 5));
    assert_int_equal(place_put(p, BOND, 1, 77, LEN), KITH_OK);
    assert_true(place_holds(p, BOND, 1, 77, LEN));
    assert_true(place_finds(p, decayed.octets, 16));
    assert_int_equal(place_remove(p, BOND, 5), KITH_OK);
    assert_false(place_finds(p, decayed.octets, 16));
    place_restart(p);
    assert_int_equal(p->state.damaged, 0);
    assert_true(place_holds(p, BOND, 1, 77, LEN));
    assert_int_equal(place_count(p), BONDS - 1);
}

static void a_record_copied_to_another_slot_is_damaged(void **state)
{
    place *p = *state;

    fill(p);
    place_close(p);
    use_sqlite(p->path, "UPDATE records SET name=(SELECT name FROM records WHERE slot=5),"
                        "octets=(SELECT octets FROM records WHERE slot=5) WHERE slot=6");
    assert_int_equal(place_open(p), KITH_OK);
    assert_int_equal(p->state.damaged, 1);
    assert_int_equal(expect_only_what_was_put(p), BONDS - 1);
}

static void a_damaged_record_is_replaced_and_removed_like_another(void **state)
{
    kith_record a = place_record(BOND, 5, 5, LEN), b = place_record(BOND, 6, 6, LEN);
    place *p = *state;

    fill(p);
    spoil(p, a.octets, LEN, 20, 0x10);
    assert_int_equal(p->state.damaged, 1);
    assert_int_equal(place_put(p, BOND, 5, 5, LEN), KITH_OK);
    place_restart(p);
    assert_int_equal(p->state.damaged, 0);
    assert_int_equal(expect_only_what_was_put(p), BONDS);
    spoil(p, b.octets, LEN, 50, 0x10);
    assert_int_equal(place_remove(p, BOND, 6), KITH_OK);
    assert_false(place_finds(p, b.octets, 16));
    assert_int_equal(place_count(p), BONDS - 1);
}

/* In the index: a header of 3, then kind and id, then the slot. */
static void an_index_that_decayed_hides_no_record_and_makes_no_second_one(void **state)
{
    static const uint8_t entry[] = {22, 1, BOND, 0, 0, 0, 5};
    place *p = *state;

    fill(p);
    spoil(p, entry, sizeof entry, 6, 0x40);
    assert_int_equal(expect_only_what_was_put(p), BONDS);
    assert_int_equal(place_put(p, BOND, 5, 5, LEN), KITH_OK);
    assert_int_equal(expect_only_what_was_put(p), BONDS);
    assert_int_equal(place_remove(p, BOND, 5), KITH_OK);
    place_restart(p);
    assert_int_equal(place_count(p), BONDS - 1);
}

/* ---- what an emptied file leaves on the disk ---- */

static unsigned emptied, emptied_with_keys;

static void look_at_what_goes(int fd)
{
    static uint8_t all[1 << 20];
    ssize_t size = pread(fd, all, sizeof all, 0);
    bool has_any = false;

    for (uint32_t id = 1; id <= BONDS; id++) {
        kith_record record = place_record(BOND, id, id, LEN);

        for (ssize_t i = 0; i + 16 <= size; i++)
            has_any = has_any || memcmp(all + i, record.octets, 16) == 0;
    }
    emptied += size > 0;
    emptied_with_keys += has_any;
}

/* What a file system gives back keeps its octets until somebody else has it. */
static void a_file_is_overwritten_before_it_is_emptied(void **state)
{
    place *p = *state;

    fill(p);
    emptied = emptied_with_keys = 0;
    calls.goes = look_at_what_goes;
    assert_int_equal(place_remove(p, BOND, 5), KITH_OK);
    assert_int_equal(emptied, 1);
    assert_int_equal(place_put(p, BOND, 5, 5, LEN), KITH_OK);
    place_restart(p);
    assert_int_equal(place_put(p, BOND, 5, 6, LEN), KITH_OK);
    assert_int_equal(p->store->erase(p->store->context, &p->state), KITH_OK);
    calls.goes = NULL;
    assert_true(emptied >= 4); /* the log three times, and the database */
    assert_int_equal(emptied_with_keys, 0);
    place_close(p);
    fill(p);
    place_close(p);
    use_sqlite_and_die(p->path, "CREATE TABLE more(x); DELETE FROM records WHERE slot=1");
    assert_int_equal(place_open(p), KITH_ERR_DAMAGED);
    emptied = 0;
    calls.goes = look_at_what_goes;
    assert_int_equal(p->store->erase(p->store->context, &p->state), KITH_OK);
    calls.goes = NULL;
    assert_true(emptied >= 2);
    assert_int_equal(emptied_with_keys, 0);
}

/* ---- a system that fails ---- */

typedef kith_status change(place *p);

static kith_status put_new(place *p)
{
    return place_put(p, BOND, 50, 1, LEN);
}

static kith_status put_again(place *p)
{
    return place_put(p, BOND, 5, 51, LEN);
}

static kith_status remove_one(place *p)
{
    return place_remove(p, BOND, 5);
}

static kith_status erase_all(place *p)
{
    return p->store->erase(p->store->context, &p->state);
}

static kith_status open_again(place *p)
{
    return p->store->open(p->store->context, &p->state);
}

static void expect_others(place *p)
{
    for (uint32_t id = 1; id <= BONDS; id++)
        if (id != 5)
            assert_true(place_holds(p, BOND, id, id, LEN));
    assert_true(place_holds(p, BOND, 5, 5, LEN) || place_holds(p, BOND, 5, 51, LEN) || place_lacks(p, BOND, 5));
}

static void fail_each_call(place *p, change *what, calls_plan plan, int error)
{
    kith_record five = place_record(BOND, 5, 5, LEN);
    unsigned at, failed = 0;

    for (at = 1;; at++) {
        kith_status status;

        fill(p);
        calls_make(plan, at, error);
        status = what(p);
        if (calls.count < at)
            break;
        calls_make(CALLS_PASS, 0, 0);
        failed += status != KITH_OK;
        if (status != KITH_OK && status != KITH_ERR_STORAGE && (status != KITH_ERR_FULL || error != ENOSPC))
            fail_msg("call %u, errno %d: %s", at, error, kith_status_name(status));
        if (status != KITH_OK && p->sqlite.error != error)
            fail_msg("call %u, errno %d: told as %d, SQLite's %d", at, error, p->sqlite.error, p->sqlite.code);
        if (what != erase_all && (what != open_again || status == KITH_OK))
            expect_others(p);
        if (status == KITH_OK && what == remove_one)
            assert_false(place_finds(p, five.octets, 16));
        if (what != erase_all)
            assert_int_equal(what(p), KITH_OK); /* and again, as a host would */
        if (what == remove_one)
            assert_false(place_finds(p, five.octets, 16));
        place_close(p);
        if (what == erase_all && place_open(p) != KITH_OK)
            assert_int_equal(erase_all(p), KITH_OK);
        else if (what != erase_all)
            assert_int_equal(place_open(p), KITH_OK);
        if (what != erase_all)
            expect_others(p);
        place_close(p);
        assert_int_equal(unlink(p->path), 0);
    }
    calls_make(CALLS_PASS, 0, 0);
    place_close(p);
    assert_int_equal(unlink(p->path), 0);
    assert_true(at > 2 && failed > 0);
}

static void every_failure_of_the_system_is_named_and_loses_nothing(void **state)
{
    static change *const changes[] = {put_new, put_again, remove_one, open_again, erase_all};

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        for (unsigned on = 0; on < 2; on++) {
            fail_each_call(*state, changes[i], on ? CALLS_FAIL_ON : CALLS_FAIL, ENOSPC);
            fail_each_call(*state, changes[i], on ? CALLS_FAIL_ON : CALLS_FAIL, EIO);
        }
}

static void a_full_disk_is_told_as_that(void **state)
{
    place *p = *state;

    fill(p);
    calls_make(CALLS_FAIL_ON, 1, ENOSPC);
    assert_int_equal(place_put(p, BOND, 50, 1, LEN), KITH_ERR_FULL);
    assert_int_equal(p->sqlite.error, ENOSPC);
    calls_make(CALLS_PASS, 0, 0);
    assert_int_equal(place_put(p, BOND, 50, 1, LEN), KITH_OK);
}

static pid_t killed_while(place *p, change *what, unsigned at, int *status)
{
    pid_t child = fork();

    if (child == 0) {
        kith_status opened = place_open(p);

        calls_make(CALLS_KILL, at, 0);
        if (opened == KITH_OK)
            (void)what(p);
        _exit(opened == KITH_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, status, 0), child);
    return child;
}

static void an_erasing_that_is_cut_short_can_be_done_again(void **state)
{
    kith_record record = place_record(BOND, 3, 3, LEN);
    place *p = *state;
    int status = 1;

    for (unsigned at = 1; status != 0; at++) {
        kith_status opened;

        fill(p);
        place_close(p);
        (void)killed_while(p, erase_all, at, &status);
        opened = place_open(p);
        if (opened == KITH_OK)
            assert_true(place_count(p) == BONDS || place_count(p) == 0);
        else
            assert_int_equal(opened, KITH_ERR_DAMAGED);
        assert_int_equal(erase_all(p), KITH_OK);
        assert_false(place_finds(p, record.octets, 16));
        assert_int_equal(place_put(p, BOND, 1, 1, LEN), KITH_OK);
        place_close(p);
        assert_int_equal(unlink(p->path), 0);
    }
}

/* Without its log the database would be a sound one of some time ago. */
static void an_erasing_that_is_cut_short_brings_nothing_back(void **state)
{
    place *p = *state;
    bool done = false;

    for (unsigned at = 1; !done; at++) {
        pid_t child;
        int status;

        fill(p);
        place_close(p);
        use_sqlite_and_die(p->path, "CREATE TABLE more(x)");
        child = fork();
        if (child == 0) {
            if (place_open(p) != KITH_ERR_DAMAGED)
                _exit(1);
            calls_make(CALLS_KILL, at, 0);
            _exit(erase_all(p) == KITH_OK ? 0 : 2);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        done = WIFEXITED(status);
        assert_true(!done || WEXITSTATUS(status) == 0);
        if (place_open(p) == KITH_OK)
            assert_int_equal(place_count(p), 0);
        assert_int_equal(erase_all(p), KITH_OK);
        place_close(p);
        assert_int_equal(unlink(p->path), 0);
    }
}

static void a_making_that_is_cut_short_is_done_by_the_next(void **state)
{
    place *p = *state;
    int status = 1;

    for (unsigned at = 1; status != 0; at++) {
        pid_t child = fork();

        if (child == 0) {
            calls_make(CALLS_KILL, at, 0);
            _exit(place_open(p) == KITH_OK ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        fill(p);
        place_restart(p);
        assert_int_equal(place_count(p), BONDS);
        place_close(p);
        assert_int_equal(unlink(p->path), 0);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(its_files_are_private_whatever_the_umask),
        CASE(one_that_others_could_read_becomes_private),
        CASE(another_program_is_told_that_it_is_in_use),
        CASE(while_somebody_looks_with_sqlite_it_is_busy_and_not_harmed),
        CASE(a_file_that_must_be_there_is_not_made),
        CASE(what_is_no_store_is_left_alone_until_it_is_erased),
        CASE(the_log_of_somebody_elses_database_is_left_alone_too),
        CASE(a_later_version_is_told_and_left_alone),
        CASE(tables_with_something_that_runs_by_itself_are_not_used),
        CASE(an_empty_file_becomes_an_empty_store),
        CASE(a_flipped_bit_is_told_and_never_makes_a_record),
        CASE(a_record_whose_name_decayed_is_destroyed_with_what_is_forgotten),
        CASE(a_record_copied_to_another_slot_is_damaged),
        CASE(a_damaged_record_is_replaced_and_removed_like_another),
        CASE(an_index_that_decayed_hides_no_record_and_makes_no_second_one),
        CASE(a_file_is_overwritten_before_it_is_emptied),
        CASE(every_failure_of_the_system_is_named_and_loses_nothing),
        CASE(a_full_disk_is_told_as_that),
        CASE(an_erasing_that_is_cut_short_can_be_done_again),
        CASE(an_erasing_that_is_cut_short_brings_nothing_back),
        CASE(a_making_that_is_cut_short_is_done_by_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
