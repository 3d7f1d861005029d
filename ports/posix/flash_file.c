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

enum {
    LEAST = KITH_FLASH_FILE_SECTOR * KITH_FLASH_FILE_SECTORS,
    WINDOW = sizeof((kith_flash_file *)0)->window,
    ERASED = 0xff,
    CLEARED = 0x00,
    TRIES = 3
};

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

static bool erase_range(int fd, uint32_t from, uint32_t len)
{
    uint8_t erased[KITH_FLASH_FILE_SECTOR];

    memset(erased, ERASED, sizeof erased);
    for (uint32_t done = 0; done < len; done += sizeof erased)
        if (!write_all(fd, (off_t)from + (off_t)done, erased, sizeof erased))
            return false;
    return true;
}

/* ---- checks ---- */

/* Eight octets at a time: tables[k] is what an octet does k octets on. */
static void fill_tables(kith_flash_file *file)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        file->tables[0][i] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t before = file->tables[k - 1][i];

            file->tables[k][i] = before >> 8 ^ file->tables[0][before & 0xff];
        }
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* What four octets are, with so many more behind them. */
static uint32_t four(const kith_flash_file *file, int behind, uint32_t octets)
{
    const uint32_t(*t)[256] = file->tables + behind;

    return t[3][octets & 0xff] ^ t[2][octets >> 8 & 0xff] ^ t[1][octets >> 16 & 0xff] ^ t[0][octets >> 24];
}

static uint32_t file_crc(void *context, uint32_t crc, const uint8_t *octets, size_t len)
{
    const kith_flash_file *file = context;
    size_t i = 0;

    crc = ~crc;
    for (; i + 8 <= len; i += 8)
        crc = four(file, 4, crc ^ get32(octets + i)) ^ four(file, 0, get32(octets + i + 4));
    for (; i < len; i++)
        crc = crc >> 8 ^ file->tables[0][(crc ^ octets[i]) & 0xff];
    return ~crc;
}

/* ---- flash ---- */

static uint32_t size_of(const kith_flash_file *file)
{
    return file->flash.sector_size * file->flash.sector_count;
}

static bool is_inside(const kith_flash_file *file, uint32_t address, size_t len)
{
    errno = EINVAL;
    return len <= size_of(file) && address <= size_of(file) - len;
}

static void wipe_window(kith_flash_file *file)
{
    volatile uint8_t *octets = file->window; /* so that it is done, though nobody looks */

    for (uint32_t i = 0; i < WINDOW; i++)
        octets[i] = 0;
    file->window_len = 0;
}

static bool is_in_window(const kith_flash_file *file, uint32_t address, size_t len)
{
    return address >= file->window_at && address - file->window_at < file->window_len &&
           len <= file->window_len - (address - file->window_at);
}

/* false: it is not within one window, or cannot be read; then it is read alone. */
static bool move_window(kith_flash_file *file, uint32_t address, size_t len)
{
    uint32_t at = address - address % WINDOW;

    if (len > WINDOW - (address - at))
        return false;
    file->window_len = 0;
    if (!read_all(file->fd, (off_t)at, file->window, WINDOW))
        return false;
    file->window_at = at;
    file->window_len = WINDOW;
    return true;
}

static kith_status file_read(void *context, uint32_t address, uint8_t *out, size_t len)
{
    kith_flash_file *file = context;

    if (!is_inside(file, address, len))
        return fail(file, KITH_ERR_STORAGE);
    if (is_in_window(file, address, len) || move_window(file, address, len)) {
        memcpy(out, file->window + (address - file->window_at), len);
        return KITH_OK;
    }
    return read_all(file->fd, (off_t)address, out, len) ? KITH_OK : fail(file, KITH_ERR_STORAGE);
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

    file->window_len = 0;
    if (!is_inside(file, address, len) || !may_program(file, address, octets, len) ||
        !write_all(file->fd, (off_t)address, octets, len))
        return fail(file, KITH_ERR_STORAGE);
    return KITH_OK;
}

static kith_status file_erase(void *context, uint32_t sector)
{
    kith_flash_file *file = context;

    errno = EINVAL;
    file->window_len = 0;
    if (sector >= file->flash.sector_count ||
        !erase_range(file->fd, sector * file->flash.sector_size, file->flash.sector_size))
        return fail(file, KITH_ERR_STORAGE);
    return KITH_OK;
}

static kith_status file_sync(void *context)
{
    kith_flash_file *file = context;

    file->window_len = 0;
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

/* Another program may have written meanwhile. */
static kith_status look_sync(void *context)
{
    kith_flash_file *file = context;

    file->window_len = 0;
    return KITH_OK;
}

static void fill_flash(kith_flash_file *file, uint32_t size, bool look)
{
    uint32_t sector = size <= KITH_FLASH_FILE_SMALL ? KITH_FLASH_FILE_SECTOR : KITH_FLASH_FILE_BIG_SECTOR;

    fill_tables(file);
    file->flash = (kith_flash){
        .context = file,
        .sector_size = sector,
        .sector_count = size / sector,
        .program_size = 1,
        .erased = ERASED,
        .can_clear = true,
        .read = file_read,
        .program = look ? look_program : file_program,
        .erase = look ? look_erase : file_erase,
        .sync = look ? look_sync : file_sync,
        .crc = file_crc,
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

static bool fill_new(int fd, uint32_t size)
{
    return erase_range(fd, 0, size) && fsync(fd) == 0;
}

/* A file that somebody else made meanwhile stays; where there are no hard links, two who begin at once may not see
 * each other. */
static bool give_name(const char *made, const char *path)
{
    if (link(made, path) == 0 || errno == EEXIST)
        return true;
    return (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK) && rename(made, path) == 0;
}

static bool make_file(const char *path, uint32_t size)
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
    done = fill_new(fd, size) && give_name(made, path) && sync_folder_of(path);
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

static bool is_size(off_t size)
{
    return size >= LEAST && size <= KITH_FLASH_FILE_LARGEST && (size & (size - 1)) == 0;
}

static kith_status open_existing(kith_flash_file *file, const char *path, bool look)
{
    struct stat found;

    file->fd = open(path, (look ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file->fd < 0)
        return open_status();
    if (fstat(file->fd, &found) != 0)
        return KITH_ERR_STORAGE;
    if (!S_ISREG(found.st_mode) || !is_size(found.st_size))
        return KITH_ERR_DAMAGED;
    fill_flash(file, (uint32_t)found.st_size, look);
    if (!look && flock(file->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? KITH_ERR_BUSY : KITH_ERR_STORAGE;
    return KITH_OK;
}

static kith_status open_or_make(kith_flash_file *file, const char *path, kith_flash_file_mode mode, uint32_t size)
{
    kith_status status = open_existing(file, path, mode == KITH_FLASH_FILE_LOOK);

    for (unsigned i = 0; i < TRIES && mode == KITH_FLASH_FILE_MAKE && status == KITH_ERR_NOT_FOUND; i++) {
        if (!make_file(path, size))
            return KITH_ERR_STORAGE;
        status = open_existing(file, path, false);
    }
    return status == KITH_ERR_NOT_FOUND && mode == KITH_FLASH_FILE_MAKE ? KITH_ERR_STORAGE : status;
}

kith_status kith_flash_file_open_sized(kith_flash_file *file, const char *path, kith_flash_file_mode mode,
                                       uint32_t octets)
{
    kith_status status;
    uint32_t size = LEAST;

    memset(file, 0, sizeof *file);
    file->fd = -1;
    errno = 0;
    if (octets > KITH_FLASH_FILE_LARGEST)
        return KITH_ERR_VALUE;
    while (size < octets)
        size *= 2;
    status = open_or_make(file, path, mode, size);
    if (status == KITH_OK)
        return KITH_OK;
    file->error = errno;
    kith_flash_file_close(file);
    errno = file->error;
    return status;
}

kith_status kith_flash_file_open(kith_flash_file *file, const char *path, kith_flash_file_mode mode)
{
    return kith_flash_file_open_sized(file, path, mode, LEAST);
}

void kith_flash_file_close(kith_flash_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
    wipe_window(file);
}
