/* The store of a command, and every sentence about it that people may have to read.
 *
 * What `--store` names: FILE is a flash log in a file.  PREFIX:FILE is a store of another kind, as store_file_kind has
 * them; a flash log whose name begins so is ./PREFIX:FILE.
 *
 *   store_file s;
 *   if (!store_file_open(&s, path, KITH_FLASH_FILE_MAKE))
 *       return EXIT_FAILED;
 *   config.store = &s.store;
 *   ...
 *   store_file_close(&s); */
#ifndef TOOLS_STORE_FILE_H
#define TOOLS_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/event.h"
#include "kith/port/flash_file.h"
#include "kith/port/json_store.h"
#include "kith/port/sqlite_store.h"
#include "kith/store.h"

enum { STORE_FILE_PATH = 4096 };

typedef enum { STORE_FILE_FLASH_LOG, STORE_FILE_JSON, STORE_FILE_SQLITE } store_file_kind;

/* The kind that a --store names; *path is what follows the prefix. */
store_file_kind store_file_kind_of(const char *store, const char **path);

typedef struct {
    const char *path; /* with its prefix, as it was told */
    store_file_kind kind;
    kith_flash_file file; /* of one kind: this and log, json, or sqlite */
    kith_flash_log log;
    kith_json_store json;
    kith_sqlite_store sqlite;
    kith_store store;
    kith_store kept;        /* what store is made of, where one looks */
    kith_store_state state; /* as kept told it when it was opened */
    bool has_identity;      /* one was handed out */
} store_file;

/* Opens it; what is in it is not looked at yet.  But in mode MAKE nothing is ever put into it, and a host may start on
 * it that finds no identity of its own there.  Owner of path: the caller, for as long as s is used; s must not move.
 * false: a sentence was printed, and there is nothing to close. */
bool store_file_open(store_file *s, const char *path, kith_flash_file_mode mode);
void store_file_close(store_file *s);

/* Where a command keeps its store unless it is told otherwise: ${XDG_STATE_HOME:-$HOME/.local/state}/kith/STEM.kith.
 * What a file name should not hold becomes '_' in STEM.  Nothing is made.  false: a sentence was printed. */
bool store_file_name_default(char *out, size_t cap, const char *stem);

/* The same, and makes its folders (mode 0700). */
bool store_file_default_path(char *out, size_t cap, const char *stem);

/* Says why the store stopped a start.  It was left as it was. */
void store_file_complain(const store_file *s, const kith_event_start_failed *why);

/* Says that so many of its records are damaged. */
void store_file_complain_damaged(const store_file *s, uint32_t damaged);

/* Says why something could not be kept, or destroyed, in it. */
void store_file_complain_kept(const store_file *s, kith_status status);

#endif
