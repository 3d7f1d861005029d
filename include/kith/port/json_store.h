/* A store in one JSON file that people can read: docs/json-store.md.  Link: -lkith-json -ljansson
 *
 *   kith_json_store file;
 *   if (kith_json_store_open(&file, "bonds.json", KITH_JSON_STORE_MAKE) != KITH_OK)
 *       puts(file.text);
 *   config.store = &file.store;
 *   ...
 *   kith_json_store_close(&file);
 *
 * THE FILE HOLDS KEYS IN THE OPEN.  It is of mode 0600 from its first octet on.  Each change writes a new file beside
 * the old one, which then takes its name; what was removed is overwritten in the old one before it is told (what that
 * is worth on which medium: docs/json-store.md).  While it changes there are NAME.kith-new and NAME.kith-old beside it;
 * what a killed program left of these is destroyed when the store is opened next.
 *
 * Every change writes the whole file: for tens or hundreds of bonds.  Memory comes from malloc.
 * Owner: the caller; the structure must not be moved while it is open.  Threads: one at a time per file; another
 * thread than the host's may run its work items. */
#ifndef KITH_PORT_JSON_STORE_H
#define KITH_PORT_JSON_STORE_H

#include "kith/store.h"

enum { KITH_JSON_STORE_RECORDS = 16384 }; /* at most */

typedef enum {
    KITH_JSON_STORE_MAKE,     /* to read and write; made if it is not there */
    KITH_JSON_STORE_EXISTING, /* to read and write; must be there */
    KITH_JSON_STORE_LOOK      /* to read only; another program may have it open */
} kith_json_store_mode;

typedef struct {
    kith_store store; /* for kith_config, once open */

    /* Of the last call that failed, those of the store included. */
    int error;      /* errno; 0: not the system's doing */
    unsigned line;  /* of the file, when something in it cannot be; else 0 */
    char text[200]; /* why, for people: "line 12: peers[0].bond.level: ..."; shows no value of the file */

    /* Its own. */
    kith_json_store_mode mode;
    char *name; /* inside the folder */
    int folder, fd, stale;
    long long size, changed_s, changed_ns; /* of the file, as it was left */
    bool untidy;                           /* what was replaced is not destroyed yet */
    bool loaded;
    uint32_t torn;
    void *records;
} kith_json_store;

/* Finds or makes the file, and locks it; it is read when the host opens the store.
 *   KITH_ERR_NOT_FOUND  it is not there, and mode is not MAKE
 *   KITH_ERR_BUSY       another program has it open to write
 *   KITH_ERR_DAMAGED    it is no regular file
 *   KITH_ERR_STORAGE    errno and file->text say why.  Among them, unless it is only looked at: a symbolic link
 * (ELOOP), another user's file, or one that others may read or write (both EPERM): whoever could, may have its keys
 * With an error nothing was changed, and close need not be called.
 *
 * The store's own calls, besides what kith/store.h says of them:
 *   open   KITH_ERR_DAMAGED: it cannot be read, with line and reason; KITH_ERR_NEWER: a later version wrote it
 *   put    KITH_ERR_VALUE: kind, length or `removed` is not possible; KITH_ERR_FULL: KITH_JSON_STORE_RECORDS are there
 *   all    KITH_ERR_STORAGE: with ESTALE somebody else changed the file since it was read, which stays as it is; with
 *          EROFS it is only looked at */
KITH_MUST_USE kith_status kith_json_store_open(kith_json_store *file, const char *path, kith_json_store_mode mode);

/* Overwrites what is in memory, and lets other programs have the file. */
void kith_json_store_close(kith_json_store *file);

#endif
