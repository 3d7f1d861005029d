/* A file that behaves like flash: kith/port/flash_file.h.
 *
 * It is made under another name beside it, and gets its own when all of it is on the disk.  What a killed program
 * leaves under the other name has a name of its own each time, so it is in nobody's way. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kith/port/flash_file.h"

enum { SIZE = KITH_FLASH_FILE_SECTOR * KITH_FLASH_FILE_SECTORS, ERASED = 0xff, CLEARED = 0x00, TRIES = 3 };

static kith_status fail(kith_flash_file *file, kith_status status)
{
    file->error = errno;
    return status;
}

/* ---- octets ---- */

static bool read_all(int fd, off_t at, uint8_t *out, size_t len)
{
    while (len > 0) {
        ssize_t got = pread(fd, out, len, at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? EIO : errno; /* it has become shorter */
            return false;
        }
        out += got;
        at += got;
        len -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, off_t at, const uint8_t *octets, size_t len)
{
    while (len > 0) {
        ssize_t put = pwrite(fd, octets, len, at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return false;
        }
        octets += put;
        at += put;
        len -= (size_t)put;
    }
    return true;
}

static bool erase_sector(int fd, uint32_t sector)
{
    uint8_t erased[KITH_FLASH_FILE_SECTOR];

    memset(erased, ERASED, sizeof erased);
    return write_all(fd, (off_t)sector * KITH_FLASH_FILE_SECTOR, erased, sizeof erased);
}

/* ---- flash ---- */

static bool is_inside(uint32_t address, size_t len)
{
    errno = EINVAL;
    return len <= SIZE && address <= SIZE - len;
}

static kith_status file_read(void *context, uint32_t address, uint8_t *out, size_t len)
{
    kith_flash_file *file = context;

    if (!is_inside(address, len) || !read_all(file->fd, (off_t)address, out, len))
        return fail(file, KITH_ERR_STORAGE);
    return KITH_OK;
}

/* What real flash could not do, this one does not do either. */
static bool may_program(kith_flash_file *file, uint32_t address, const uint8_t *octets, size_t len)
{
    uint8_t old[64];

    for (size_t done = 0; done < len; done += sizeof old) {
        size_t now = len - done < sizeof old ? len - done : sizeof old;

        if (!read_all(file->fd, (off_t)(address + done), old, now))
            return false;
        errno = EINVAL;
        for (size_t i = 0; i < now; i++)
            if (old[i] != ERASED && octets[done + i] != CLEARED)
                return false;
    }
    return true;
}

static kith_status file_program(void *context, uint32_t address, const uint8_t *octets, size_t len)
{
    kith_flash_file *file = context;

    if (!is_inside(address, len) || !may_program(file, address, octets, len) ||
        !write_all(file->fd, (off_t)address, octets, len))
        return fail(file, KITH_ERR_STORAGE);
    return KITH_OK;
}

static kith_status file_erase(void *context, uint32_t sector)
{
    kith_flash_file *file = context;

    errno = EINVAL;
    if (sector >= KITH_FLASH_FILE_SECTORS || !erase_sector(file->fd, sector))
        return fail(file, KITH_ERR_STORAGE);
    return KITH_OK;
}

static kith_status file_sync(void *context)
{
    kith_flash_file *file = context;

    return fdatasync(file->fd) == 0 ? KITH_OK : fail(file, KITH_ERR_STORAGE);
}

static kith_status refuse(void *context)
{
    errno = EROFS;
    return fail(context, KITH_ERR_STORAGE);
}

static kith_status look_program(void *context, uint32_t address, const uint8_t *octets, size_t len)
{
    (void)address;
    (void)octets;
    (void)len;
    return refuse(context);
}

static kith_status look_erase(void *context, uint32_t sector)
{
    (void)sector;
    return refuse(context);
}

static kith_status look_sync(void *context)
{
    (void)context;
    return KITH_OK;
}

static void fill_flash(kith_flash_file *file, bool look)
{
    file->flash = (kith_flash){
        .context = file,
        .sector_size = KITH_FLASH_FILE_SECTOR,
        .sector_count = KITH_FLASH_FILE_SECTORS,
        .program_size = 1,
        .erased = ERASED,
        .can_clear = true,
        .read = file_read,
        .program = look ? look_program : file_program,
        .erase = look ? look_erase : file_erase,
        .sync = look ? look_sync : file_sync,
    };
}

/* ---- making ---- */

static bool sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int fd, len = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    bool synced;

    (void)snprintf(folder, sizeof folder, "%.*s", len, slash == NULL ? "." : path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES; /* one may make files where one may not look */
    synced = fsync(fd) == 0 || errno == EINVAL;
    (void)close(fd);
    return synced;
}

static bool fill_new(int fd)
{
    for (uint32_t i = 0; i < KITH_FLASH_FILE_SECTORS; i++)
        if (!erase_sector(fd, i))
            return false;
    return fsync(fd) == 0;
}

/* A file that somebody else made meanwhile stays; where there are no hard links, two who begin at once may not see
 * each other. */
static bool give_name(const char *made, const char *path)
{
    if (link(made, path) == 0 || errno == EEXIST)
        return true;
    return (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK) && rename(made, path) == 0;
}

static bool make_file(const char *path)
{
    static const char ending[] = ".new-XXXXXX";
    char made[PATH_MAX];
    int fd, error;
    bool done;

    if (strlen(path) + sizeof ending > sizeof made) {
        errno = ENAMETOOLONG;
        return false;
    }
    (void)snprintf(made, sizeof made, "%s%s", path, ending);
    fd = mkstemp(made);
    if (fd < 0)
        return false;
    done = fill_new(fd) && give_name(made, path) && sync_folder_of(path);
    error = errno;
    (void)close(fd);
    (void)unlink(made);
    errno = error;
    return done;
}

/* ---- opening ---- */

static kith_status open_status(void)
{
    return errno == ENOENT                     ? KITH_ERR_NOT_FOUND
           : errno == EISDIR || errno == ENXIO ? KITH_ERR_DAMAGED
                                               : KITH_ERR_STORAGE;
}

static kith_status open_existing(kith_flash_file *file, const char *path, bool look)
{
    struct stat found;

    file->fd = open(path, (look ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file->fd < 0)
        return open_status();
    if (fstat(file->fd, &found) != 0)
        return KITH_ERR_STORAGE;
    if (!S_ISREG(found.st_mode) || found.st_size != SIZE)
        return KITH_ERR_DAMAGED;
    if (!look && flock(file->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? KITH_ERR_BUSY : KITH_ERR_STORAGE;
    return KITH_OK;
}

static kith_status open_or_make(kith_flash_file *file, const char *path, kith_flash_file_mode mode)
{
    kith_status status = open_existing(file, path, mode == KITH_FLASH_FILE_LOOK);

    for (unsigned i = 0; i < TRIES && mode == KITH_FLASH_FILE_MAKE && status == KITH_ERR_NOT_FOUND; i++) {
        if (!make_file(path))
            return KITH_ERR_STORAGE;
        status = open_existing(file, path, false);
    }
    return status == KITH_ERR_NOT_FOUND && mode == KITH_FLASH_FILE_MAKE ? KITH_ERR_STORAGE : status;
}

kith_status kith_flash_file_open(kith_flash_file *file, const char *path, kith_flash_file_mode mode)
{
    kith_status status;

    memset(file, 0, sizeof *file);
    file->fd = -1;
    errno = 0;
    status = open_or_make(file, path, mode);
    if (status == KITH_OK) {
        fill_flash(file, mode == KITH_FLASH_FILE_LOOK);
        return KITH_OK;
    }
    file->error = errno;
    kith_flash_file_close(file);
    errno = file->error;
    return status;
}

void kith_flash_file_close(kith_flash_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}
