/* Opens stores and says what is wrong with them: which file, what, and what can be done. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "store_file.h"

/* ---- a store that is looked at ----
 * A host that finds no identity of its own in a store draws one, or refuses where it may have been lost.  Whoever only
 * looks needs none: a stand-in is handed out, and nothing is ever put. */

static kith_status looked_open(void *context, kith_store_state *state)
{
    store_file *s = context;
    kith_status status = s->kept.open(s->kept.context, state);

    s->has_identity = false;
    s->state = *state;
    return status;
}

/* As docs/bond-format.md has it: version, identity resolving key, static address. */
static void stand_in(kith_record *out)
{
    *out = (kith_record){.kind = KITH_RECORD_DEVICE, .len = 1 + 16 + 6};
    out->octets[0] = 1;
    out->octets[1] = 1;
    out->octets[17] = 1;
    out->octets[22] = 0xc0;
}

static kith_status looked_read(void *context, uint32_t *cursor, kith_record *out)
{
    store_file *s = context;
    kith_status status = s->kept.read(s->kept.context, cursor, out);

    if (status == KITH_ERR_NOT_FOUND && !s->has_identity) {
        stand_in(out);
        status = KITH_OK;
    }
    s->has_identity |= status == KITH_OK && out->kind == KITH_RECORD_DEVICE && out->id == 0 && !out->removed;
    return status;
}

static kith_status looked_put(void *context, const kith_record *record, kith_store_state *state)
{
    const store_file *s = context;

    (void)record;
    *state = s->state;
    return KITH_ERR_STORAGE;
}

static kith_status looked_remove(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    const store_file *s = context;

    return s->kept.remove(s->kept.context, kind, id, state);
}

static void only_look(store_file *s)
{
    s->kept = s->store;
    s->store = (kith_store){
        .context = s, .open = looked_open, .read = looked_read, .put = looked_put, .remove = looked_remove};
}

/* ---- kinds ---- */

static const struct {
    const char *prefix;
    store_file_kind kind;
} kinds[] = {{"json:", STORE_FILE_JSON}, {"sqlite:", STORE_FILE_SQLITE}};

store_file_kind store_file_kind_of(const char *store, const char **path)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t len = strlen(kinds[i].prefix);

        if (strncmp(store, kinds[i].prefix, len) == 0) {
            *path = store + len;
            return kinds[i].kind;
        }
    }
    *path = store;
    return STORE_FILE_FLASH_LOG;
}

/* Why the last call failed, for people; NULL: nobody knows. */
static const char *reason(const store_file *s)
{
    int error = s->kind == STORE_FILE_SQLITE ? s->sqlite.error : s->file.error;

    if (s->kind == STORE_FILE_JSON)
        return s->json.text[0] != '\0' ? s->json.text : NULL;
    if (s->kind == STORE_FILE_SQLITE && s->sqlite.code != 0)
        return sqlite3_errstr(s->sqlite.code);
    return error != 0 ? strerror(error) : NULL;
}

/* ---- opening ---- */

static void complain_of_open(const store_file *s, const char *name, kith_flash_file_mode mode, kith_status status)
{
    const char *path = s->path, *why = reason(s);

    if (status == KITH_ERR_NOT_FOUND)
        (void)complain("there is no store %s: nothing has been kept there yet", path);
    else if (status == KITH_ERR_BUSY)
        (void)complain("the store %s is in use by another kith", path);
    else if (status == KITH_ERR_DAMAGED)
        (void)complain("%s is no store: it is of another size, or no regular file; it was left as it is", path);
    else
        (void)complain("the store %s cannot be %s: %s", path,
                       mode != KITH_FLASH_FILE_MAKE || access(name, F_OK) == 0 ? "opened" : "made",
                       why != NULL ? why : kith_status_name(status));
}

static kith_status open_flash_log(store_file *s, const char *name, kith_flash_file_mode mode)
{
    kith_status status = kith_flash_file_open(&s->file, name, mode);

    if (status == KITH_OK && kith_flash_log_init(&s->log, &s->file.flash, &s->store) != KITH_OK) {
        kith_flash_file_close(&s->file);
        return KITH_ERR_DAMAGED;
    }
    return status;
}

static kith_status open_json(store_file *s, const char *name, kith_flash_file_mode mode)
{
    static const kith_json_store_mode modes[] = {[KITH_FLASH_FILE_MAKE] = KITH_JSON_STORE_MAKE,
                                                 [KITH_FLASH_FILE_EXISTING] = KITH_JSON_STORE_EXISTING,
                                                 [KITH_FLASH_FILE_LOOK] = KITH_JSON_STORE_LOOK};
    kith_status status = kith_json_store_open(&s->json, name, modes[mode]);

    s->store = s->json.store;
    return status;
}

/* SQLite looks at nothing without the right to write: what a cut left in its log is taken in first.  Of an empty file
 * it would make a database; whoever looks makes none. */
static kith_status open_sqlite(store_file *s, const char *name, kith_flash_file_mode mode)
{
    struct stat found;
    kith_status status;

    if (mode != KITH_FLASH_FILE_MAKE && stat(name, &found) == 0 && found.st_size == 0)
        return KITH_ERR_DAMAGED;
    status = kith_sqlite_store_open(&s->sqlite, name,
                                    mode == KITH_FLASH_FILE_MAKE ? KITH_SQLITE_STORE_MAKE : KITH_SQLITE_STORE_EXISTING);
    s->store = s->sqlite.store;
    return status;
}

bool store_file_open(store_file *s, const char *path, kith_flash_file_mode mode)
{
    static kith_status (*const open_kind[])(store_file *, const char *, kith_flash_file_mode) = {
        [STORE_FILE_FLASH_LOG] = open_flash_log, [STORE_FILE_JSON] = open_json, [STORE_FILE_SQLITE] = open_sqlite};
    const char *name;
    kith_status status;

    memset(s, 0, sizeof *s);
    s->path = path;
    s->kind = store_file_kind_of(path, &name);
    status = open_kind[s->kind](s, name, mode);
    if (status != KITH_OK) {
        complain_of_open(s, name, mode, status);
        return false;
    }
    if (mode != KITH_FLASH_FILE_MAKE)
        only_look(s);
    return true;
}

void store_file_close(store_file *s)
{
    if (s->kind == STORE_FILE_JSON)
        kith_json_store_close(&s->json);
    else if (s->kind == STORE_FILE_SQLITE)
        kith_sqlite_store_close(&s->sqlite);
    else
        kith_flash_file_close(&s->file);
}

/* ---- where it lies ---- */

static bool is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

/* A relative $XDG_STATE_HOME is to be ignored, says its specification. */
bool store_file_name_default(char *out, size_t cap, const char *stem)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool told = state != NULL && state[0] == '/';
    int folder, len;

    if (!told && (home == NULL || home[0] != '/')) {
        (void)complain("where bonds are kept is not known, because HOME is not set; --store FILE says where");
        return false;
    }
    folder = snprintf(out, cap, "%s%s/kith/", told ? state : home, told ? "" : "/.local/state");
    len = folder < 0 || (size_t)folder >= cap ? -1 : snprintf(out + folder, cap - (size_t)folder, "%s.kith", stem);
    if (len < 0 || (size_t)len >= cap - (size_t)folder) {
        (void)complain("the path to the folder where bonds are kept is too long; --store FILE says where");
        return false;
    }
    for (char *c = out + folder; *c != '\0'; c++)
        if (!is_plain(*c))
            *c = '_';
    return true;
}

/* All folders on the way to the file; those that are there stay as they are. */
static bool make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST) {
            (void)complain("the folder %s, where bonds are kept, cannot be made: %s", path, strerror(errno));
            return false;
        }
        *slash = '/';
    }
    return true;
}

bool store_file_default_path(char *out, size_t cap, const char *stem)
{
    return store_file_name_default(out, cap, stem) && make_folders(out);
}

/* ---- what is wrong in it ---- */

void store_file_complain(const store_file *s, const kith_event_start_failed *why)
{
    switch (why->status) {
    case KITH_ERR_DAMAGED:
        if (s->kind == STORE_FILE_JSON && reason(s) != NULL)
            (void)complain("%s is no store, or damaged: %s; it was left as it is", s->path, reason(s));
        else
            (void)complain("%s is no store, or damaged beyond use; it was left as it is", s->path);
        break;
    case KITH_ERR_NEWER:
        (void)complain("a later version of kith wrote the store %s; it was left as it is", s->path);
        break;
    case KITH_ERR_FULL:
        (void)complain("the store %s holds more bonds than this command can keep; `kith bonds forget' makes room",
                       s->path);
        break;
    default:
        store_file_complain_kept(s, why->status);
    }
}

void store_file_complain_damaged(const store_file *s, uint32_t damaged)
{
    (void)complain("the store %s is damaged: %u of its records cannot be believed; nothing in it was changed", s->path,
                   (unsigned)damaged);
}

void store_file_complain_kept(const store_file *s, kith_status status)
{
    if (status == KITH_ERR_FULL)
        (void)complain("the store %s is full; what was stored before is still there", s->path);
    else if (reason(s) != NULL)
        (void)complain("the store %s failed: %s; what was stored before is still there", s->path, reason(s));
    else
        (void)complain("the store %s failed (%s); what was stored before is still there", s->path,
                       kith_status_name(status));
}
