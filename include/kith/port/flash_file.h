/* A file that behaves like flash: what a flash log keeps on a desktop.  Link: -lkith-posix
 *
 *   kith_flash_file_open(&file, "bonds.kith", KITH_FLASH_FILE_MAKE);
 *   kith_flash_log_init(&log, &file.flash, &store);
 *   config.store = &store;
 *   ...
 *   kith_flash_file_close(&file);
 *
 * A new file has KITH_FLASH_FILE_SECTORS sectors of KITH_FLASH_FILE_SECTOR octets, room for some 800 bonds, unless
 * kith_flash_file_open_sized() says more: for 100,000 bonds 10 MiB.  One that exists keeps its size, and that alone
 * says its geometry: up to KITH_FLASH_FILE_SMALL octets it has sectors of KITH_FLASH_FILE_SECTOR, a larger one of
 * KITH_FLASH_FILE_BIG_SECTOR.  With so many bonds give the log an index: kith_flash_log_index().
 * Mode 0600, all of it allocated when it is made, so that a disk that fills up later takes nothing from it.  A new file
 * appears whole or not at all.
 * Owner: the caller.  It holds octets that were read, keys too: close it, or they stay in memory.
 * Threads: one at a time per file; another thread than the host's may run its work items. */
#ifndef KITH_PORT_FLASH_FILE_H
#define KITH_PORT_FLASH_FILE_H

#include "kith/store.h"

enum {
    KITH_FLASH_FILE_SECTOR = 4096,
    KITH_FLASH_FILE_SECTORS = 16,
    KITH_FLASH_FILE_SMALL = 1 << 20,
    KITH_FLASH_FILE_BIG_SECTOR = 65536,
    KITH_FLASH_FILE_LARGEST = 1 << 30
};

typedef enum {
    KITH_FLASH_FILE_MAKE,     /* to read and write; made if it is not there */
    KITH_FLASH_FILE_EXISTING, /* to read and write; must be there */
    KITH_FLASH_FILE_LOOK      /* to read only; another program may have it open */
} kith_flash_file_mode;

typedef struct {
    kith_flash flash;
    int fd;
    int error; /* errno of the last call that failed */
    /* What was read last, since a log reads forward in small pieces; and tables of its checks. */
    uint32_t window_at, window_len;
    uint8_t window[4096];
    uint32_t tables[8][256];
} kith_flash_file;

/* KITH_ERR_NOT_FOUND: it is not there, and mode is not MAKE; KITH_ERR_BUSY: another program has it open to write;
 * KITH_ERR_DAMAGED: it has a size that none is made with, or is no regular file; KITH_ERR_STORAGE: errno says why. With
 * an error nothing was changed. */
KITH_MUST_USE kith_status kith_flash_file_open(kith_flash_file *file, const char *path, kith_flash_file_mode mode);

/* The same; a file that is made has at least so many octets: a power of two, from that of kith_flash_file_open() to
 * KITH_FLASH_FILE_LARGEST.  Also KITH_ERR_VALUE: that is too many; nothing was changed. */
KITH_MUST_USE kith_status kith_flash_file_open_sized(kith_flash_file *file, const char *path, kith_flash_file_mode mode,
                                                     uint32_t octets);

/* Also lets other programs have it. */
void kith_flash_file_close(kith_flash_file *file);

#endif
