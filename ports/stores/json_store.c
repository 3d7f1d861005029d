/* A store in one JSON file: kith/port/json_store.h.  What the text says is json_read.c's and json_write.c's; here are
 * files, and the order in which they change:
 *
 *   NAME.kith-new is made, locked, written, synced
 *   NAME.kith-old is made a second name of the file that stands
 *   NAME.kith-new takes its name; the folder is synced: from now on the change is durable
 *   the old file is overwritten, synced, and loses its second name: from now on what was removed is destroyed
 *
 * Killed anywhere, the file is the old one or the new one, and what is left beside it is destroyed at the next open. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json_text.h"
#include "kith/port/json_store.h"

enum { TRIES = 5, LONGEST_FILE = 64 << 20, LONGEST_PID = 21, NAME = 256 };

static const char new_ending[] = ".kith-new", old_ending[] = ".kith-old";

/* ---- what went wrong ---- */

static kith_status fail(kith_json_store *file, kith_status status, int error, const char *why)
{
    file->error = error;
    file->line = 0;
    if (error != 0)
        (void)snprintf(file->text, sizeof file->text, "%s: %s", why, strerror(error));
    else
        (void)snprintf(file->text, sizeof file->text, "%s", why);
    errno = error;
    return status;
}

/* In words that need none of the system's. */
static kith_status fail_in_words(kith_json_store *file, kith_status status, int error, const char *why)
{
    (void)fail(file, status, 0, why);
    file->error = error;
    errno = error;
    return status;
}

static kith_status fail_in_file(kith_json_store *file, kith_status status, const jstore_fault *fault)
{
    file->error = 0;
    file->line = fault->line;
    if (fault->line > 0)
        (void)snprintf(file->text, sizeof file->text, "line %u: %.180s", fault->line, fault->text);
    else
        (void)snprintf(file->text, sizeof file->text, "%s", fault->text);
    return status;
}

static kith_status fail_as_system_says(kith_json_store *file, const char *why)
{
    return fail(file, KITH_ERR_STORAGE, errno, why);
}

/* ---- octets ---- */

static bool read_all(int fd, char *out, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t got = pread(fd, out + done, len - done, (off_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? EIO : errno; /* it has become shorter */
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const char *octets, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t put = pwrite(fd, octets + done, len - done, (off_t)done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return false;
        }
        done += (size_t)put;
    }
    return true;
}

/* Zeros over all of it, on the disk; its length stays, so that the same blocks are written. */
static bool overwrite(int fd)
{
    static const char zeros[4096];
    struct stat about;

    if (fstat(fd, &about) != 0)
        return false;
    for (off_t at = 0; at < about.st_size;) {
        size_t len = about.st_size - at < (off_t)sizeof zeros ? (size_t)(about.st_size - at) : sizeof zeros;
        ssize_t put = pwrite(fd, zeros, len, at);

        if (put <= 0 && errno != EINTR)
            return false;
        at += put > 0 ? put : 0;
    }
    return fsync(fd) == 0;
}

/* ---- names in the folder ---- */

static void name_beside(const kith_json_store *file, const char *ending, char *out, size_t size)
{
    (void)snprintf(out, size, "%s%s", file->name, ending);
}

static bool sync_folder(const kith_json_store *file)
{
    return fsync(file->folder) == 0 || errno == EINVAL; /* some file systems need none */
}

static bool is_same_file(int a, int b)
{
    struct stat of_a, of_b;

    return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

/* A left-over of a program that was killed; not overwritten if it is the file itself under a second name, or has been
 * by its descriptor. */
static bool destroy_left_over(kith_json_store *file, const char *ending, bool *was_there)
{
    char name[NAME];
    int fd;
    bool done;

    name_beside(file, ending, name, sizeof name);
    fd = openat(file->folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    *was_there = fd >= 0;
    if (fd < 0)
        return errno == ENOENT;
    done = (is_same_file(fd, file->fd) || is_same_file(fd, file->stale) || overwrite(fd)) &&
           unlinkat(file->folder, name, 0) == 0;
    (void)close(fd);
    return done;
}

/* What was replaced is destroyed, once the replacement is surely durable. */
static bool tidy(kith_json_store *file)
{
    bool was_there;

    if (!file->untidy)
        return true;
    if (!sync_folder(file) || (file->stale >= 0 && !overwrite(file->stale)))
        return false;
    if (!destroy_left_over(file, old_ending, &was_there) || !destroy_left_over(file, new_ending, &was_there))
        return false;
    if (file->stale >= 0)
        (void)close(file->stale);
    file->stale = -1;
    file->torn += was_there && !file->loaded;
    file->untidy = false;
    return true;
}

/* ---- has somebody else changed it? ---- */

static void remember(kith_json_store *file)
{
    struct stat about;

    if (fstat(file->fd, &about) != 0)
        return;
    file->size = about.st_size;
    file->changed_s = about.st_mtim.tv_sec;
    file->changed_ns = about.st_mtim.tv_nsec;
}

static bool is_as_it_was(const kith_json_store *file)
{
    struct stat named, opened;

    int follow = file->mode == KITH_JSON_STORE_LOOK ? 0 : AT_SYMLINK_NOFOLLOW;

    return fstatat(file->folder, file->name, &named, follow) == 0 && fstat(file->fd, &opened) == 0 &&
           named.st_dev == opened.st_dev && named.st_ino == opened.st_ino && opened.st_size == file->size &&
           opened.st_mtim.tv_sec == file->changed_s && opened.st_mtim.tv_nsec == file->changed_ns;
}

/* ---- replacing ---- */

/* A descriptor, locked and synced; -1: errno says why, and nothing is left. */
static int make_new(kith_json_store *file, const char *name, const char *text, size_t len)
{
    int fd = openat(file->folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), error;

    if (fd < 0)
        return -1;
    if (fchmod(fd, 0600) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && write_all(fd, text, len) && fsync(fd) == 0)
        return fd;
    error = errno;
    (void)overwrite(fd);
    (void)unlinkat(file->folder, name, 0);
    (void)close(fd);
    errno = error;
    return -1;
}

/* Where there are no second names the old file is overwritten by its descriptor alone. */
static bool may_do_without_second_name(int error)
{
    return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK;
}

/* The new file takes the name.  false: the old one has it still, and the new one is gone. */
static bool give_name(kith_json_store *file, const char *fresh, int fd)
{
    char old[NAME];
    bool linked;
    int error;

    name_beside(file, old_ending, old, sizeof old);
    linked = linkat(file->folder, file->name, file->folder, old, 0) == 0;
    if ((linked || may_do_without_second_name(errno)) && renameat(file->folder, fresh, file->folder, file->name) == 0)
        return true;
    error = errno;
    if (linked)
        (void)unlinkat(file->folder, old, 0);
    (void)overwrite(fd);
    (void)unlinkat(file->folder, fresh, 0);
    errno = error;
    return false;
}

/* *replaced: the file says what text does, whatever is answered. */
static kith_status replace_text(kith_json_store *file, const char *text, size_t len, bool *replaced)
{
    char fresh[NAME];
    int fd;

    name_beside(file, new_ending, fresh, sizeof fresh);
    if (!tidy(file))
        return fail_as_system_says(file, "what was replaced before cannot be destroyed");
    if (!is_as_it_was(file))
        return fail(file, KITH_ERR_STORAGE, ESTALE, "somebody else changed the file");
    file->untidy = true; /* until it is known that nothing is left of what failed */
    fd = make_new(file, fresh, text, len);
    if (fd < 0)
        return fail_as_system_says(file, "the new file cannot be written");
    if (!give_name(file, fresh, fd)) {
        kith_status status = fail_as_system_says(file, "the new file cannot take its name");

        (void)close(fd);
        return status;
    }
    *replaced = true;
    file->stale = file->fd;
    file->fd = fd;
    remember(file);
    return tidy(file) ? KITH_OK : fail_as_system_says(file, "the old file cannot be destroyed");
}

static kith_status replace(kith_json_store *file, const jstore_records *records, bool *replaced)
{
    size_t len = 0;
    char *text = jstore_write_text(records, &len);
    kith_status status;

    *replaced = false;
    if (text == NULL || len > LONGEST_FILE) {
        free(text);
        return fail(file, KITH_ERR_STORAGE, ENOMEM, "the new file cannot be made");
    }
    status = replace_text(file, text, len, replaced);
    jstore_wipe(text, len);
    free(text);
    return status;
}

/* The file first, then memory: with an error before the new file has its name, both are as they were. */
static kith_status change_to(kith_json_store *file, jstore_records *changed)
{
    jstore_records *records = file->records, old = *records;
    bool replaced;
    kith_status status = replace(file, changed, &replaced);

    if (replaced) {
        *records = *changed;
        *changed = old;
    }
    jstore_free(changed);
    return status;
}

/* ---- loading ---- */

static char *read_text(kith_json_store *file, size_t *len)
{
    struct stat about;
    char *text;

    if (fstat(file->fd, &about) != 0)
        return NULL;
    errno = EFBIG;
    *len = (size_t)about.st_size;
    text = about.st_size <= LONGEST_FILE ? malloc(*len + 1) : NULL;
    if (text != NULL && read_all(file->fd, text, *len))
        return text;
    free(text);
    return NULL;
}

static kith_status take_text(kith_json_store *file, const char *text, size_t len)
{
    jstore_records fresh = {0};
    jstore_fault fault = {.line = 1, .text = "the file is empty: remove it to begin anew"};
    kith_status status = len == 0 ? KITH_ERR_DAMAGED : jstore_read_text(text, len, &fresh, &fault);

    if (status == KITH_ERR_STORAGE)
        return fail(file, status, ENOMEM, "the file cannot be read");
    if (status != KITH_OK)
        return fail_in_file(file, status, &fault);
    jstore_free(file->records);
    *(jstore_records *)file->records = fresh;
    file->loaded = true;
    return KITH_OK;
}

static kith_status load(kith_json_store *file)
{
    size_t len = 0;
    char *text = read_text(file, &len);
    kith_status status;

    if (text == NULL)
        return fail_as_system_says(file, "the file cannot be read");
    remember(file);
    status = take_text(file, text, len);
    jstore_wipe(text, len);
    free(text);
    return status;
}

/* ---- opening the file ---- */

static int open_named(const kith_json_store *file)
{
    int follow = file->mode == KITH_JSON_STORE_LOOK ? 0 : O_NOFOLLOW;

    return openat(file->folder, file->name,
                  (file->mode == KITH_JSON_STORE_LOOK ? O_RDONLY : O_RDWR) | follow | O_CLOEXEC | O_NONBLOCK |
                      O_NOCTTY);
}

static kith_status fail_to_open(kith_json_store *file)
{
    switch (errno) {
    case ENOENT:
        return fail_in_words(file, KITH_ERR_NOT_FOUND, ENOENT, "there is no such file");
    case EISDIR:
    case ENXIO:
        return fail(file, KITH_ERR_DAMAGED, 0, "this is no regular file");
    case ELOOP:
        return fail_in_words(file, KITH_ERR_STORAGE, ELOOP, "this is a symbolic link; name the file itself");
    default:
        return fail_as_system_says(file, "the file cannot be opened");
    }
}

/* Whoever could read the file may have its keys, and whoever could write it may have put others in. */
static kith_status judge_owner(kith_json_store *file, const struct stat *about)
{
    if (!S_ISREG(about->st_mode))
        return fail(file, KITH_ERR_DAMAGED, 0, "this is no regular file");
    if (file->mode == KITH_JSON_STORE_LOOK)
        return KITH_OK;
    if (about->st_uid != geteuid())
        return fail_in_words(file, KITH_ERR_STORAGE, EPERM, "the file is another user's");
    if ((about->st_mode & 077) != 0)
        return fail_in_words(
            file, KITH_ERR_STORAGE, EPERM,
            "others may read or write the file, so its keys may be known; chmod 600 it if they are not");
    return KITH_OK;
}

/* A file that is replaced while we open it is opened again. */
static kith_status open_existing(kith_json_store *file)
{
    struct stat about;
    kith_status status;

    for (unsigned i = 0; i < TRIES; i++) {
        file->fd = open_named(file);
        if (file->fd < 0)
            return fail_to_open(file);
        if (fstat(file->fd, &about) != 0)
            return fail_as_system_says(file, "the file cannot be opened");
        status = judge_owner(file, &about);
        if (status != KITH_OK)
            return status;
        if (file->mode == KITH_JSON_STORE_LOOK)
            return KITH_OK;
        if (flock(file->fd, LOCK_EX | LOCK_NB) != 0)
            return errno == EWOULDBLOCK ? fail(file, KITH_ERR_BUSY, errno, "another program has the file open")
                                        : fail_as_system_says(file, "the file cannot be locked");
        remember(file);
        if (is_as_it_was(file))
            return KITH_OK;
        (void)close(file->fd);
        file->fd = -1;
    }
    return fail(file, KITH_ERR_BUSY, EBUSY, "another program writes the file");
}

/* A first file, under the name itself only when all of it is there.  It holds no keys, so what a killed program leaves
 * of it is in nobody's way.  One that somebody else made meanwhile stays. */
static bool make_file(kith_json_store *file)
{
    const jstore_records none = {0};
    char name[NAME];
    size_t len = 0;
    char *text = jstore_write_text(&none, &len);
    int fd, error;
    bool done;

    (void)snprintf(name, sizeof name, "%s%s-%ld", file->name, new_ending, (long)getpid());
    (void)unlinkat(file->folder, name, 0); /* of an earlier process with our number */
    fd = text != NULL ? make_new(file, name, text, len) : -1;
    free(text);
    if (fd < 0)
        return false;
    done = linkat(file->folder, name, file->folder, file->name, 0) == 0 || errno == EEXIST;
    if (!done && may_do_without_second_name(errno))
        done = renameat(file->folder, name, file->folder, file->name) == 0;
    done = done && sync_folder(file);
    error = errno;
    (void)unlinkat(file->folder, name, 0);
    (void)close(fd);
    errno = error;
    return done;
}

static kith_status open_or_make(kith_json_store *file)
{
    kith_status status = open_existing(file);

    for (unsigned i = 0; i < TRIES && status == KITH_ERR_NOT_FOUND && file->mode == KITH_JSON_STORE_MAKE; i++) {
        if (!make_file(file))
            return fail_as_system_says(file, "the file cannot be made");
        status = open_existing(file);
    }
    return status;
}

static bool split_path(kith_json_store *file, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    char *folder = strdup(slash == NULL ? "." : path);

    errno = ENAMETOOLONG;
    if (folder != NULL && slash != NULL)
        folder[slash == path ? 1 : slash - path] = '\0';
    if (folder != NULL && strlen(name) + sizeof new_ending + LONGEST_PID <= NAME) {
        file->name = strdup(name);
        file->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    free(folder);
    return file->name != NULL && file->folder >= 0;
}

/* ---- the store's calls ---- */

static void tell_state(const kith_json_store *file, kith_store_state *state)
{
    const jstore_records *records = file->records;

    *state = (kith_store_state){.highest_id = records->highest_id,
                                .room = KITH_JSON_STORE_RECORDS - (uint32_t)records->count,
                                .largest = KITH_STORED_MAX,
                                .torn = file->torn};
}

/* A reader has another one's file, which may be replaced and overwritten while it reads. */
static kith_status load_looking(kith_json_store *file)
{
    for (unsigned i = 0; i < TRIES; i++) {
        kith_status status;
        int fd = open_named(file);

        if (fd < 0)
            return fail_to_open(file);
        (void)close(file->fd);
        file->fd = fd;
        status = load(file);
        if (is_as_it_was(file))
            return status;
    }
    return fail(file, KITH_ERR_STORAGE, EBUSY, "another program writes the file");
}

static kith_status store_open(void *context, kith_store_state *state)
{
    kith_json_store *file = context;
    kith_status status;

    *state = (kith_store_state){0};
    if (file->mode == KITH_JSON_STORE_LOOK) {
        status = load_looking(file);
    } else {
        if (!tidy(file))
            return fail_as_system_says(file, "what a killed program left cannot be destroyed");
        status = load(file);
    }
    if (status == KITH_OK)
        tell_state(file, state);
    return status;
}

static kith_status store_read(void *context, uint32_t *cursor, kith_record *out)
{
    kith_json_store *file = context;
    const jstore_records *records = file->records;

    *out = (kith_record){0};
    if (!file->loaded)
        return fail(file, KITH_ERR_STORAGE, 0, "the store is not open");
    if (*cursor >= records->count)
        return KITH_ERR_NOT_FOUND;
    *out = records->all[(*cursor)++];
    return KITH_OK;
}

static kith_status refuse(kith_json_store *file)
{
    if (file->mode == KITH_JSON_STORE_LOOK)
        return fail(file, KITH_ERR_STORAGE, EROFS, "the file is only looked at");
    return file->loaded ? KITH_OK : fail(file, KITH_ERR_STORAGE, 0, "the store is not open");
}

static kith_status no_memory(kith_json_store *file, jstore_records *changed)
{
    jstore_free(changed);
    return fail(file, KITH_ERR_STORAGE, ENOMEM, "the new file cannot be made");
}

static kith_status store_put(void *context, const kith_record *record, kith_store_state *state)
{
    kith_json_store *file = context;
    jstore_records *records = file->records, changed;
    kith_status status = refuse(file);
    bool found;

    if (status != KITH_OK)
        return status;
    if (record->kind < 1 || record->kind > 62 || record->len > KITH_STORED_MAX || record->removed)
        return fail(file, KITH_ERR_VALUE, 0, "no such record can be stored");
    (void)jstore_find(records, record->kind, record->id, &found);
    if (!found && records->count >= KITH_JSON_STORE_RECORDS)
        return fail(file, KITH_ERR_FULL, 0, "there are as many records as there may be");
    if (!jstore_copy(&changed, records) || !jstore_put(&changed, record))
        return no_memory(file, &changed);
    status = change_to(file, &changed);
    tell_state(file, state);
    return status;
}

static kith_status store_remove(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    kith_json_store *file = context;
    jstore_records changed;
    kith_status status = refuse(file);
    bool found;

    if (status != KITH_OK)
        return status;
    (void)jstore_find(file->records, kind, id, &found);
    if (found) {
        if (!jstore_copy(&changed, file->records))
            return no_memory(file, &changed);
        jstore_remove(&changed, kind, id);
        status = change_to(file, &changed);
    } else if (!tidy(file)) { /* it is gone, but not destroyed yet */
        status = fail_as_system_says(file, "what was removed cannot be destroyed");
    }
    tell_state(file, state);
    return status;
}

/* Whatever is in it. */
static kith_status store_erase(void *context, kith_store_state *state)
{
    kith_json_store *file = context;
    jstore_records none = {0};
    kith_status status;

    if (file->mode == KITH_JSON_STORE_LOOK)
        return refuse(file);
    remember(file);
    status = change_to(file, &none);
    if (status != KITH_OK)
        return status;
    file->loaded = true;
    file->torn = 0;
    tell_state(file, state);
    return KITH_OK;
}

/* ---- the port's calls ---- */

kith_status kith_json_store_open(kith_json_store *file, const char *path, kith_json_store_mode mode)
{
    kith_status status;
    int error;

    *file =
        (kith_json_store){.mode = mode, .folder = -1, .fd = -1, .stale = -1, .untidy = mode != KITH_JSON_STORE_LOOK};
    file->records = calloc(1, sizeof(jstore_records));
    if (file->records == NULL || !split_path(file, path))
        status = fail_as_system_says(file, "the folder cannot be opened");
    else
        status = open_or_make(file);
    if (status == KITH_OK) {
        file->error = 0; /* that there was no file to open is no failure where one was made */
        file->text[0] = '\0';
        file->store = (kith_store){.context = file,
                                   .open = store_open,
                                   .read = store_read,
                                   .put = store_put,
                                   .remove = store_remove,
                                   .erase = store_erase};
        return KITH_OK;
    }
    error = file->error;
    kith_json_store_close(file);
    errno = error;
    return status;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

void kith_json_store_close(kith_json_store *file)
{
    if (file->records != NULL)
        jstore_free(file->records);
    free(file->records);
    free(file->name);
    file->records = NULL;
    file->name = NULL;
    close_one(&file->fd);
    close_one(&file->stale);
    close_one(&file->folder);
}
