/* A store in an SQLite database: kith/port/sqlite_store.h, docs/bond-format.md.
 *
 * Records are slots of one size, and a slot never moves: new ones are appended by ascending key, changed ones are
 * overwritten in place, removed ones are zeroed and used again.  For SQLite's secure_delete zeroes a row where it lies,
 * but not the copies that stay behind when rows are moved between pages to balance the tree. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sqlite3.h>

#include "crc32.h"
#include "kith/port/sqlite_store.h"

enum {
    APPLICATION = 0x4b697468, /* "Kith" */
    VERSION = 1,
    KIND_MAX = 62,
    NAME = 5,      /* kind, id: big-endian, so that they sort */
    AT_OCTETS = 2, /* len, 0, octets, check */
    AT_CHECK = AT_OCTETS + KITH_STORED_MAX,
    SLOT = AT_CHECK + 4,
    ROOM_PER_RECORD = 16384 /* of the disk: some pages in the log, and in the database */
};

static const char schema[] = "CREATE TABLE meta(highest_id INTEGER NOT NULL);"
                             "CREATE TABLE records(slot INTEGER PRIMARY KEY,name BLOB NOT NULL,octets BLOB NOT NULL);"
                             "CREATE INDEX by_name ON records(name);";

typedef enum { BEGIN, COMMIT, READ, FIND, FREE, APPEND, WRITE, KNOW } text;

static const char *const texts[KITH_SQLITE_STORE_STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [READ] = "SELECT slot,name,octets FROM records WHERE slot>?1 ORDER BY slot",
    [FIND] = "SELECT slot,name,octets FROM records WHERE name=?1",
    [FREE] = "SELECT slot FROM records WHERE name<x'01' ORDER BY name LIMIT 1",
    [APPEND] = "SELECT ifnull(max(slot),0)+1 FROM records",
    [WRITE] = "INSERT INTO records VALUES(?1,?2,?3) ON CONFLICT(slot) DO UPDATE SET name=?2,octets=?3",
    [KNOW] = "UPDATE meta SET highest_id=max(highest_id,?1)",
};

/* ---- failing ---- */

static kith_status fail_system(kith_sqlite_store *s, kith_status status)
{
    s->code = SQLITE_OK;
    s->error = errno;
    return status;
}

/* A plain "read only" is said of a file format that this SQLite may not write; a file that may not be written was not
 * taken in the first place. */
static kith_status status_of(int code)
{
    if (code == SQLITE_READONLY)
        return KITH_ERR_DAMAGED;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return KITH_ERR_FULL;
    case SQLITE_BUSY:
        return KITH_ERR_BUSY;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return KITH_ERR_DAMAGED;
    default:
        return KITH_ERR_STORAGE;
    }
}

static bool is_of_system(int code)
{
    return (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
}

/* What SQLite says of errno is of an earlier failure when a commit fails. */
static kith_status fail_sqlite(kith_sqlite_store *s)
{
    int error = errno;

    s->code = sqlite3_extended_errcode(s->database);
    s->error = s->code == SQLITE_FULL ? ENOSPC : is_of_system(s->code) ? error : 0;
    return status_of(s->code);
}

/* It is neither SQLite nor the system that finds fault. */
static kith_status fail_ours(kith_sqlite_store *s, kith_status status)
{
    s->code = SQLITE_OK;
    s->error = 0;
    return status;
}

/* ---- octets ---- */

static void wipe(void *octets, size_t len)
{
    for (volatile uint8_t *p = octets; len > 0; len--)
        *p++ = 0;
}

static void put_le32(uint8_t out[4], uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

/* Of the place too: the same octets in another slot are no record. */
static void make_check(uint32_t slot, const uint8_t name[NAME], const uint8_t octets[SLOT], uint8_t out[4])
{
    uint8_t place[4];
    uint32_t crc;

    put_le32(place, slot);
    crc = crc32_more(0xffffffffu, place, sizeof place);
    crc = crc32_more(crc, name, NAME);
    put_le32(out, ~crc32_more(crc, octets, AT_OCTETS + (size_t)octets[0]));
}

/* A free slot has kind 0, and its own number for an id. */
static void make_name(uint8_t kind, uint32_t id, uint8_t out[NAME])
{
    out[0] = kind;
    for (unsigned i = 0; i < 4; i++)
        out[1 + i] = (uint8_t)(id >> (24 - 8 * i));
}

/* ---- statements ---- */

static void finish(sqlite3_stmt *done)
{
    (void)sqlite3_reset(done);
    (void)sqlite3_clear_bindings(done); /* what was bound is wiped by its owner */
}

static bool run(kith_sqlite_store *s, text which)
{
    int code = sqlite3_step(s->statements[which]);

    if (code != SQLITE_DONE)
        (void)fail_sqlite(s);
    finish(s->statements[which]);
    return code == SQLITE_DONE;
}

static bool execute(kith_sqlite_store *s, const char *words)
{
    if (sqlite3_exec(s->database, words, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    (void)fail_sqlite(s);
    return false;
}

/* A whole number from the first row; 0 where there is none. */
static bool ask(kith_sqlite_store *s, text which, sqlite3_int64 *out)
{
    int code = sqlite3_step(s->statements[which]);

    *out = code == SQLITE_ROW ? sqlite3_column_int64(s->statements[which], 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)fail_sqlite(s);
    finish(s->statements[which]);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool ask_once(kith_sqlite_store *s, const char *words, sqlite3_int64 *out)
{
    sqlite3_stmt *prepared = NULL;
    bool done = sqlite3_prepare_v2(s->database, words, -1, &prepared, NULL) == SQLITE_OK &&
                sqlite3_step(prepared) == SQLITE_ROW;

    *out = done ? sqlite3_column_int64(prepared, 0) : 0;
    if (!done)
        (void)fail_sqlite(s);
    (void)sqlite3_finalize(prepared);
    return done;
}

/* A statement that reads would keep the write-ahead log from being emptied. */
static void stop_reading(kith_sqlite_store *s)
{
    if (s->statements[READ] != NULL)
        finish(s->statements[READ]);
    s->is_reading = false;
}

static bool begin(kith_sqlite_store *s)
{
    stop_reading(s);
    return run(s, BEGIN);
}

/* All that was done since begin(), or nothing of it. */
static bool end(kith_sqlite_store *s, bool done)
{
    if (done && run(s, COMMIT))
        return true;
    if (!sqlite3_get_autocommit(s->database))
        (void)sqlite3_exec(s->database, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static kith_status why(const kith_sqlite_store *s)
{
    return status_of(s->code);
}

/* ---- slots ---- */

static bool is_free(uint32_t slot, const uint8_t name[NAME], const uint8_t octets[SLOT])
{
    static const uint8_t none[SLOT];
    uint8_t wanted[NAME];

    make_name(0, slot, wanted);
    return memcmp(name, wanted, NAME) == 0 && memcmp(octets, none, SLOT) == 0;
}

static bool is_sound(uint32_t slot, const uint8_t name[NAME], const uint8_t octets[SLOT])
{
    static const uint8_t none[KITH_STORED_MAX];
    size_t len = octets[0];
    uint8_t check[4];

    if (name[0] < 1 || name[0] > KIND_MAX || len > KITH_STORED_MAX ||
        memcmp(octets + AT_OCTETS + len, none, KITH_STORED_MAX - len) != 0)
        return false;
    make_check(slot, name, octets, check);
    return memcmp(check, octets + AT_CHECK, sizeof check) == 0;
}

static void decode(const uint8_t name[NAME], const uint8_t octets[SLOT], kith_record *out)
{
    *out = (kith_record){.kind = name[0], .len = octets[0]};
    for (unsigned i = 1; i < NAME; i++)
        out->id = out->id << 8 | name[i];
    memcpy(out->octets, octets + AT_OCTETS, out->len);
}

typedef enum { SLOT_FREE, SLOT_RECORD, SLOT_DAMAGED } slot_kind;

/* What a statement stands on: slot, name, octets. */
static slot_kind look(sqlite3_stmt *row, kith_record *out)
{
    uint32_t slot = (uint32_t)sqlite3_column_int64(row, 0);
    const uint8_t *name = sqlite3_column_blob(row, 1), *octets = sqlite3_column_blob(row, 2);

    if (name == NULL || octets == NULL || sqlite3_column_bytes(row, 1) != NAME || sqlite3_column_bytes(row, 2) != SLOT)
        return SLOT_DAMAGED;
    if (is_free(slot, name, octets))
        return SLOT_FREE;
    if (!is_sound(slot, name, octets))
        return SLOT_DAMAGED;
    decode(name, octets, out);
    return SLOT_RECORD;
}

/* The sound one of that name; else a damaged one, of which record says nothing; else 0. */
static bool find_record(kith_sqlite_store *s, uint8_t kind, uint32_t id, sqlite3_int64 *out, kith_record *record)
{
    sqlite3_stmt *row = s->statements[FIND];
    uint8_t name[NAME];
    bool found = false;
    int code;

    memset(record, 0, sizeof *record);

    *out = 0;
    make_name(kind, id, name);
    code = sqlite3_bind_blob(row, 1, name, NAME, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = SQLITE_ROW;
    while (code == SQLITE_ROW && !found && (code = sqlite3_step(row)) == SQLITE_ROW) {
        *out = sqlite3_column_int64(row, 0);
        found = look(row, record) == SLOT_RECORD;
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)fail_sqlite(s);
    finish(row);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool find_slot(kith_sqlite_store *s, uint8_t kind, uint32_t id, sqlite3_int64 *out)
{
    kith_record record;
    bool done = find_record(s, kind, id, out, &record);

    wipe(&record, sizeof record);
    return done;
}

static bool choose_slot(kith_sqlite_store *s, const kith_record *record, sqlite3_int64 *out)
{
    return find_slot(s, record->kind, record->id, out) && (*out != 0 || ask(s, FREE, out)) &&
           (*out != 0 || ask(s, APPEND, out));
}

static bool write_slot(kith_sqlite_store *s, sqlite3_int64 slot, const uint8_t name[NAME], const uint8_t octets[SLOT])
{
    sqlite3_stmt *write = s->statements[WRITE];

    return sqlite3_bind_int64(write, 1, slot) == SQLITE_OK &&
           sqlite3_bind_blob(write, 2, name, NAME, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_blob(write, 3, octets, SLOT, SQLITE_STATIC) == SQLITE_OK && run(s, WRITE);
}

static bool fill_slot(kith_sqlite_store *s, sqlite3_int64 slot, const kith_record *record)
{
    uint8_t name[NAME], octets[SLOT] = {(uint8_t)record->len};
    bool done;

    make_name(record->kind, record->id, name);
    memcpy(octets + AT_OCTETS, record->octets, record->len);
    make_check((uint32_t)slot, name, octets, octets + AT_CHECK);
    done = write_slot(s, slot, name, octets);
    wipe(octets, sizeof octets);
    return done;
}

static bool free_slot(kith_sqlite_store *s, sqlite3_int64 slot)
{
    static const uint8_t none[SLOT];
    uint8_t name[NAME];

    make_name(0, (uint32_t)slot, name);
    return write_slot(s, slot, name, none);
}

/* What is damaged may be a version of what is to be removed, under a name that has decayed. */
static bool free_damaged(kith_sqlite_store *s)
{
    sqlite3_stmt *row = s->statements[READ];
    kith_record record;
    bool done = sqlite3_bind_int64(row, 1, 0) == SQLITE_OK;
    int code = SQLITE_ROW;

    while (done && (code = sqlite3_step(row)) == SQLITE_ROW)
        if (look(row, &record) == SLOT_DAMAGED)
            done = free_slot(s, sqlite3_column_int64(row, 0));
    if (done && code != SQLITE_DONE)
        (void)fail_sqlite(s);
    finish(row);
    wipe(&record, sizeof record);
    return done && code == SQLITE_DONE;
}

static bool free_every(kith_sqlite_store *s, uint8_t kind, uint32_t id)
{
    sqlite3_int64 slot;

    do
        if (!find_slot(s, kind, id, &slot) || (slot != 0 && !free_slot(s, slot)))
            return false;
    while (slot != 0);
    return s->state.damaged == 0 || free_damaged(s);
}

/* ---- files ---- */

static bool sync_folder_of(const char *path)
{
    char *folder = strdup(path); /* absolute */
    int fd;
    bool synced;

    if (folder == NULL)
        return false;
    *(strrchr(folder, '/') + 1) = '\0';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    synced = fd >= 0 ? fsync(fd) == 0 || errno == EINVAL : errno == EACCES;
    free(folder);
    if (fd >= 0)
        (void)close(fd);
    return synced;
}

static bool zero(int fd, off_t from, off_t to)
{
    static const uint8_t none[4096];

    while (from < to) {
        size_t len = to - from < (off_t)sizeof none ? (size_t)(to - from) : sizeof none;
        ssize_t put = pwrite(fd, none, len, from);

        if (put <= 0 && errno != EINTR)
            return false;
        from += put > 0 ? put : 0;
    }
    return fsync(fd) == 0;
}

static bool zero_all(int fd)
{
    struct stat about;

    return fstat(fd, &about) == 0 && zero(fd, 0, about.st_size);
}

/* A file beside the database: its octets are overwritten, then it goes where it shall. */
static bool zero_beside(kith_sqlite_store *s, const char *ending, bool goes)
{
    size_t size = strlen(s->path) + strlen(ending) + 1;
    char *path = malloc(size);
    bool done;
    int fd;

    if (path == NULL)
        return false;
    (void)snprintf(path, size, "%s%s", s->path, ending);
    fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    done = fd >= 0 ? fchmod(fd, 0600) == 0 && zero_all(fd) && (!goes || unlink(path) == 0) : errno == ENOENT;
    free(path);
    if (fd >= 0)
        (void)close(fd);
    return done;
}

/* What the write-ahead log holds goes to its place in the database; then the log is overwritten, and emptied. */
static kith_status destroy_log(kith_sqlite_store *s)
{
    int in_log = 0, moved = 0;

    stop_reading(s);
    if (sqlite3_wal_checkpoint_v2(s->database, NULL, SQLITE_CHECKPOINT_FULL, &in_log, &moved) != SQLITE_OK)
        return fail_sqlite(s);
    if (in_log != moved)
        return fail_ours(s, KITH_ERR_STORAGE);
    if (!zero_beside(s, "-wal", false))
        return fail_system(s, errno == ENOSPC ? KITH_ERR_FULL : KITH_ERR_STORAGE);
    if (sqlite3_wal_checkpoint_v2(s->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
        return fail_sqlite(s);
    return KITH_OK;
}

static void tell(kith_sqlite_store *s, kith_store_state *out)
{
    struct statvfs disk;
    uint64_t room = UINT32_MAX;

    if (fstatvfs(s->fd, &disk) == 0)
        room = (uint64_t)disk.f_bavail * disk.f_frsize / ROOM_PER_RECORD;
    s->state.room = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
    s->state.largest = KITH_STORED_MAX;
    *out = s->state;
}

/* ---- opening ---- */

static void close_database(kith_sqlite_store *s)
{
    for (unsigned i = 0; i < KITH_SQLITE_STORE_STATEMENTS; i++) {
        (void)sqlite3_finalize(s->statements[i]);
        s->statements[i] = NULL;
    }
    (void)sqlite3_close(s->database);
    s->database = NULL;
    s->is_reading = false;
}

/* Nothing of it writes. */
static bool prepare_connection(kith_sqlite_store *s)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

    if (sqlite3_open_v2(s->path, &s->database, flags, NULL) != SQLITE_OK) {
        (void)fail_sqlite(s);
        return false;
    }
    (void)sqlite3_extended_result_codes(s->database, 1);
    (void)sqlite3_db_config(s->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_db_config(s->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(s->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return execute(s, "PRAGMA locking_mode=EXCLUSIVE;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;"
                      "PRAGMA temp_store=MEMORY;PRAGMA cell_size_check=ON;PRAGMA fullfsync=ON");
}

static bool make_tables(kith_sqlite_store *s)
{
    char numbers[80];
    bool done;

    (void)snprintf(numbers, sizeof numbers, "PRAGMA application_id=%d;PRAGMA user_version=%d;", APPLICATION, VERSION);
    done = execute(s, "PRAGMA journal_mode=DELETE;BEGIN EXCLUSIVE") && execute(s, numbers) && execute(s, schema) &&
           execute(s, "INSERT INTO meta VALUES(0)") && execute(s, "COMMIT");
    if (!done && !sqlite3_get_autocommit(s->database))
        (void)sqlite3_exec(s->database, "ROLLBACK", NULL, NULL, NULL);
    return done;
}

/* Tables, index, and nothing that would run by itself. */
static bool has_our_tables(kith_sqlite_store *s, bool *ours)
{
    sqlite3_stmt *prepared = NULL;
    const char *found = NULL;
    bool done = sqlite3_prepare_v2(s->database,
                                   "SELECT group_concat(sql||';','') FROM "
                                   "(SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY rowid)",
                                   -1, &prepared, NULL) == SQLITE_OK &&
                sqlite3_step(prepared) == SQLITE_ROW;

    if (done)
        found = (const char *)sqlite3_column_text(prepared, 0);
    else
        (void)fail_sqlite(s);
    *ours = found != NULL && strcmp(found, schema) == 0;
    (void)sqlite3_finalize(prepared);
    return done;
}

static kith_status identify(kith_sqlite_store *s)
{
    sqlite3_int64 pages, application, version;
    struct stat file;
    bool ours;

    if (!ask_once(s, "PRAGMA page_count", &pages))
        return why(s);
    if (fstat(s->fd, &file) != 0)
        return fail_system(s, KITH_ERR_STORAGE);
    if (pages == 0 && file.st_size != 0)
        return fail_ours(s, KITH_ERR_DAMAGED);
    if (pages == 0 && !make_tables(s))
        return why(s);
    if (!ask_once(s, "PRAGMA application_id", &application) || !ask_once(s, "PRAGMA user_version", &version))
        return why(s);
    if (application != APPLICATION || version < 1)
        return fail_ours(s, KITH_ERR_DAMAGED);
    if (version > VERSION)
        return fail_ours(s, KITH_ERR_NEWER);
    if (!has_our_tables(s, &ours))
        return why(s);
    return ours ? KITH_OK : fail_ours(s, KITH_ERR_DAMAGED);
}

static bool prepare_statements(kith_sqlite_store *s)
{
    for (unsigned i = 0; i < KITH_SQLITE_STORE_STATEMENTS; i++)
        if (sqlite3_prepare_v3(s->database, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL) !=
            SQLITE_OK) {
            (void)fail_sqlite(s);
            return false;
        }
    return true;
}

static bool is_write_ahead(kith_sqlite_store *s)
{
    sqlite3_stmt *prepared = NULL;
    const char *mode = NULL;
    bool done;

    if (sqlite3_prepare_v2(s->database, "PRAGMA journal_mode=WAL", -1, &prepared, NULL) == SQLITE_OK &&
        sqlite3_step(prepared) == SQLITE_ROW)
        mode = (const char *)sqlite3_column_text(prepared, 0);
    done = mode != NULL && strcmp(mode, "wal") == 0;
    if (!done)
        (void)fail_sqlite(s);
    (void)sqlite3_finalize(prepared);
    return done;
}

/* A sum that does not depend on the order. */
static uint64_t name_sum(sqlite3_stmt *row)
{
    const void *name = sqlite3_column_blob(row, 1);
    uint8_t slot[4];
    int len = sqlite3_column_bytes(row, 1);

    put_le32(slot, (uint32_t)sqlite3_column_int64(row, 0));
    return 1ull << 32 | crc32_more(crc32_more(0xffffffffu, slot, sizeof slot), name, len > 0 ? (size_t)len : 0);
}

/* Reads all once: how many are damaged, and which id is the highest. */
static bool survey(kith_sqlite_store *s, uint64_t *names)
{
    sqlite3_stmt *row = s->statements[READ];
    kith_record record;
    int code = sqlite3_bind_int64(row, 1, 0);

    while ((code == SQLITE_OK || code == SQLITE_ROW) && (code = sqlite3_step(row)) == SQLITE_ROW) {
        slot_kind kind = look(row, &record);

        *names += name_sum(row);
        s->state.damaged += kind == SLOT_DAMAGED;
        if (kind == SLOT_RECORD && record.kind == KITH_RECORD_BOND && record.id > s->state.highest_id)
            s->state.highest_id = record.id;
    }
    if (code != SQLITE_DONE)
        (void)fail_sqlite(s);
    finish(row);
    wipe(&record, sizeof record);
    return code == SQLITE_DONE;
}

static bool survey_index(kith_sqlite_store *s, uint64_t *names)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(s->database, "SELECT slot,name FROM records INDEXED BY by_name", -1, &row, NULL);

    if (code == SQLITE_OK)
        while ((code = sqlite3_step(row)) == SQLITE_ROW)
            *names += name_sum(row);
    if (code != SQLITE_DONE)
        (void)fail_sqlite(s);
    (void)sqlite3_finalize(row);
    return code == SQLITE_DONE;
}

/* SQLite trusts an index; one that has decayed would hide a record, and a second one of its name would be made. */
static kith_status survey_all(kith_sqlite_store *s)
{
    uint64_t names = 0, indexed = 0;
    sqlite3_int64 highest;

    s->state = (kith_store_state){0};
    if (!ask_once(s, "SELECT highest_id FROM meta", &highest))
        return why(s);
    if (highest < 0 || highest > UINT32_MAX)
        s->state.damaged++;
    else
        s->state.highest_id = (uint32_t)highest;
    if (!survey(s, &names) || !survey_index(s, &indexed) || (names != indexed && !execute(s, "REINDEX by_name")))
        return why(s);
    return KITH_OK;
}

static kith_status open_database(kith_sqlite_store *s)
{
    kith_status status;

    if (!prepare_connection(s))
        return why(s);
    status = identify(s);
    if (status != KITH_OK)
        return status;
    if (fchmod(s->fd, 0600) != 0)
        return fail_system(s, KITH_ERR_STORAGE);
    (void)sqlite3_db_config(s->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    if (!is_write_ahead(s) || !prepare_statements(s))
        return why(s);
    status = survey_all(s);
    /* What a cut left of a removal. */
    return status == KITH_OK ? destroy_log(s) : status;
}

static kith_status open_store(void *context, kith_store_state *state)
{
    kith_sqlite_store *s = context;
    kith_status status;

    if (s->database != NULL)
        close_database(s);
    status = open_database(s);
    if (status != KITH_OK)
        close_database(s);
    tell(s, state);
    return status;
}

/* ---- using ---- */

/* KITH_ERR_STATE of the host's own making is no error of a store. */
static kith_status be_open(kith_sqlite_store *s)
{
    errno = EBADF;
    return s->database != NULL ? KITH_OK : fail_system(s, KITH_ERR_STORAGE);
}

/* Goes to where a reader says it is, unless the statement stands there. */
static kith_status seek(kith_sqlite_store *s, uint32_t cursor)
{
    if (s->is_reading && s->last == cursor)
        return KITH_OK;
    stop_reading(s);
    if (sqlite3_bind_int64(s->statements[READ], 1, cursor) != SQLITE_OK)
        return fail_sqlite(s);
    s->last = cursor;
    s->is_reading = true;
    return KITH_OK;
}

static kith_status read_next(kith_sqlite_store *s, kith_record *out)
{
    sqlite3_stmt *row = s->statements[READ];
    int code;

    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        s->last = (uint32_t)sqlite3_column_int64(row, 0);
        if (look(row, out) == SLOT_RECORD)
            return KITH_OK;
    }
    if (code != SQLITE_DONE)
        (void)fail_sqlite(s);
    stop_reading(s);
    return code == SQLITE_DONE ? KITH_ERR_NOT_FOUND : why(s);
}

static kith_status read_store(void *context, uint32_t *cursor, kith_record *out)
{
    kith_sqlite_store *s = context;
    kith_status status = be_open(s);

    if (status == KITH_OK)
        status = seek(s, *cursor);
    if (status == KITH_OK)
        status = read_next(s, out);
    if (status == KITH_OK)
        *cursor = s->last;
    return status;
}

static kith_status get_store(void *context, kith_record *out)
{
    kith_sqlite_store *s = context;
    kith_record found = {.kind = 0};
    sqlite3_int64 slot;
    kith_status status = be_open(s);

    if (status == KITH_OK && !find_record(s, out->kind, out->id, &slot, &found))
        status = why(s);
    else if (status == KITH_OK)
        status = found.kind == out->kind ? KITH_OK : KITH_ERR_NOT_FOUND;
    memset(out, 0, sizeof *out);
    if (status == KITH_OK)
        *out = found;
    wipe(&found, sizeof found);
    return status;
}

static bool know_id(kith_sqlite_store *s, const kith_record *record)
{
    if (record->kind != KITH_RECORD_BOND || record->id <= s->state.highest_id)
        return true;
    return sqlite3_bind_int64(s->statements[KNOW], 1, record->id) == SQLITE_OK && run(s, KNOW);
}

static kith_status put(kith_sqlite_store *s, const kith_record *record)
{
    sqlite3_int64 slot = 0;
    bool done;

    if (!begin(s))
        return why(s);
    done = choose_slot(s, record, &slot) && slot <= UINT32_MAX && fill_slot(s, slot, record) && know_id(s, record);
    if (!end(s, done))
        return slot > UINT32_MAX ? KITH_ERR_FULL : why(s);
    if (record->kind == KITH_RECORD_BOND && record->id > s->state.highest_id)
        s->state.highest_id = record->id;
    return KITH_OK;
}

static kith_status put_store(void *context, const kith_record *record, kith_store_state *state)
{
    kith_sqlite_store *s = context;
    kith_status status = be_open(s);

    if (record->kind < 1 || record->kind > KIND_MAX || record->len > KITH_STORED_MAX || record->removed)
        status = KITH_ERR_VALUE;
    if (status == KITH_OK)
        status = put(s, record);
    tell(s, state);
    return status;
}

/* One that is not there may have left its octets in the log all the same: a writing that failed. */
static kith_status remove_record(kith_sqlite_store *s, uint8_t kind, uint32_t id)
{
    if (!begin(s) || !end(s, free_every(s, kind, id)))
        return why(s);
    return destroy_log(s);
}

static kith_status remove_store(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    kith_sqlite_store *s = context;
    kith_status status = be_open(s);

    if (kind < 1 || kind > KIND_MAX)
        status = KITH_ERR_VALUE;
    if (status == KITH_OK)
        status = remove_record(s, kind, id);
    tell(s, state);
    return status;
}

/* The first page goes first: from then on it is no database, and may be erased again. */
static bool destroy_files(kith_sqlite_store *s)
{
    struct stat about;

    return fstat(s->fd, &about) == 0 && zero(s->fd, 0, about.st_size < 4096 ? about.st_size : 4096) &&
           zero_beside(s, "-wal", true) && zero_beside(s, "-journal", true) && zero_beside(s, "-shm", true) &&
           zero_all(s->fd) && ftruncate(s->fd, 0) == 0 && fsync(s->fd) == 0 && sync_folder_of(s->path);
}

static kith_status erase_store(void *context, kith_store_state *state)
{
    kith_sqlite_store *s = context;

    if (s->database != NULL)
        (void)destroy_log(s); /* as far as it can be read: what is cut short is then as it was */
    close_database(s);
    s->state = (kith_store_state){0};
    if (!destroy_files(s)) {
        tell(s, state);
        return fail_system(s, KITH_ERR_STORAGE);
    }
    return open_store(context, state);
}

/* ---- the file ---- */

static kith_status open_file(kith_sqlite_store *s, const char *path, kith_sqlite_store_mode mode)
{
    int flags = O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (mode == KITH_SQLITE_STORE_MAKE ? O_CREAT : 0);
    struct stat found;

    s->fd = open(path, flags, 0600);
    if (s->fd < 0)
        return errno == ENOENT && mode != KITH_SQLITE_STORE_MAKE ? KITH_ERR_NOT_FOUND
               : errno == EISDIR || errno == ENXIO               ? KITH_ERR_DAMAGED
                                                                 : KITH_ERR_STORAGE;
    if (fstat(s->fd, &found) != 0)
        return KITH_ERR_STORAGE;
    if (!S_ISREG(found.st_mode))
        return KITH_ERR_DAMAGED;
    if (flock(s->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? KITH_ERR_BUSY : KITH_ERR_STORAGE;
    if (found.st_size == 0 && fchmod(s->fd, 0600) != 0)
        return KITH_ERR_STORAGE;
    s->path = realpath(path, NULL);
    if (s->path == NULL || (found.st_size == 0 && !sync_folder_of(s->path)))
        return KITH_ERR_STORAGE;
    return KITH_OK;
}

kith_status kith_sqlite_store_open(kith_sqlite_store *s, const char *path, kith_sqlite_store_mode mode)
{
    kith_status status;

    memset(s, 0, sizeof *s);
    errno = 0;
    status = open_file(s, path, mode);
    if (status != KITH_OK) {
        (void)fail_system(s, status);
        kith_sqlite_store_close(s);
        return status;
    }
    s->store = (kith_store){.context = s,
                            .open = open_store,
                            .read = read_store,
                            .put = put_store,
                            .remove = remove_store,
                            .erase = erase_store,
                            .get = get_store};
    return KITH_OK;
}

/* The descriptor goes last: closing it would end SQLite's own locks of this file. */
void kith_sqlite_store_close(kith_sqlite_store *s)
{
    if (s->database != NULL)
        (void)destroy_log(s);
    close_database(s);
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
    free(s->path);
    s->path = NULL;
}
