/* A store in an SQLite database, for gateways with many bonds.  Link: -lkith-sqlite -lsqlite3
 *
 *   kith_sqlite_store_open(&bonds, "/var/lib/gateway/bonds.sqlite", KITH_SQLITE_STORE_MAKE);
 *   config.store = &bonds.store;
 *   ...
 *   kith_sqlite_store_close(&bonds);
 *
 * Files: the database, and beside it its write-ahead log ("-wal"); while it is being made a "-journal".  All have mode
 * 0600, whatever the umask is.  What is in them: docs/bond-format.md.  One program has it at a time; sqlite3 and others
 * that want to look wait until it is closed.  On a disk of this machine: a network's may lose what it calls synced.
 *
 * KITH_OK from put and remove: it is on the disk (synchronous=FULL).
 * Forgetting: remove overwrites the record where it lies, with its earlier versions, and then the write-ahead log, and
 * answers when both are on the disk.  So do open, for what a cut left, and erase, for everything.  What a file system
 * or a drive keeps elsewhere (snapshots, spare blocks of flash) is out of reach.  While it is open, records are in
 * SQLite's memory too.
 * Damage: each record has its own check; what fails it is counted, and not handed out.  A database that SQLite
 * itself cannot read, or of another program, is KITH_ERR_DAMAGED; only erase changes it.
 * Size: 256 octets a record on disk; places of removed records are used again, and given back by erase alone.
 *
 * Owner: the caller.  Threads: one at a time per store; another thread than the host's may run its work items. */
#ifndef KITH_PORT_SQLITE_STORE_H
#define KITH_PORT_SQLITE_STORE_H

#include "kith/store.h"

typedef enum {
    KITH_SQLITE_STORE_MAKE,    /* made if it is not there */
    KITH_SQLITE_STORE_EXISTING /* must be there */
} kith_sqlite_store_mode;

enum { KITH_SQLITE_STORE_STATEMENTS = 8 };

typedef struct {
    kith_store store; /* what a configuration points to */
    int code;         /* SQLite's extended result code of the last failure: sqlite3_errstr(); 0: it was not SQLite */
    int error;        /* errno of the last failure; 0: none */
    /* The rest is the store's own. */
    struct sqlite3 *database;
    struct sqlite3_stmt *statements[KITH_SQLITE_STORE_STATEMENTS];
    char *path;
    int fd; /* keeps other programs out */
    kith_store_state state;
    uint32_t last;   /* slot that was read last */
    bool is_reading; /* the statement that reads stands behind it */
} kith_sqlite_store;

/* Takes the file; the store's own open, which a host asks for, looks into it.
 * KITH_ERR_NOT_FOUND: it is not there, and mode is not MAKE; KITH_ERR_BUSY: another program has it;
 * KITH_ERR_DAMAGED: it is no regular file; KITH_ERR_STORAGE: error is errno.  With an error nothing was changed, and
 * nothing is to be closed. */
KITH_MUST_USE kith_status kith_sqlite_store_open(kith_sqlite_store *s, const char *path, kith_sqlite_store_mode mode);

/* Also lets other programs have it.  Not while a work item is out. */
void kith_sqlite_store_close(kith_sqlite_store *s);

#endif
