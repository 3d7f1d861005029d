/* Reads files, decides bond by bond (bonds_plan.h) and writes what is to be written, each record whole.  Decided is
 * twice: first by looking, so that a store is neither made nor locked for nothing; then, with the store locked, anew.
 */
#include "bonds_import.h"

#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bonds_plan.h"
#include "bonds_record.h"
#include "command.h"
#include "exchange_file.h"
#include "import_report.h"
#include "report.h"
#include "stop.h"
#include "store_bonds.h"

enum { OPTION_STORE = 256, OPTION_DRY_RUN, OPTION_REPLACE, OPTION_OTHER_IDENTITY, OPTION_ONLY };

typedef struct {
    exchange_options in;
    plan_wishes wishes;
    const char *path; /* of the store; NULL: the default */
    char **files;
    size_t file_count;
    bool dry_run, json;
} import_options;

typedef struct {
    const import_options *o;
    char default_path[STORE_FILE_PATH];
    kith_exchange_result got;
    import_report report;
} import;

/* ---- writing ---- */

static bool put(store_file *file, const kith_record *record)
{
    kith_store_state state;
    kith_status status = file->store.put(file->store.context, record, &state);

    if (status != KITH_OK)
        store_file_complain_kept(file, status);
    return status == KITH_OK;
}

static bool put_device(store_file *file, const kith_device_record *device)
{
    kith_record record;
    bool done = kith_record_encode_device(device, &record) == KITH_OK && put(file, &record);

    bonds_record_forget(&record, sizeof record);
    return done;
}

static bool put_bond(store_file *file, const kith_bond_record *bond)
{
    kith_record record;
    bool done = kith_record_encode_bond(bond, &record) == KITH_OK && put(file, &record);

    bonds_record_forget(&record, sizeof record);
    return done;
}

/* Our identity goes first: bonds without it are a damaged store.  Cut short anywhere, the same import goes on. */
static bool write_all(import *i, store_file *file, const bonds_plan *p)
{
    if (p->makes_device && !put_device(file, &p->device))
        return false;
    import_report_identity(&i->report, p);
    for (size_t n = 0; n < p->count; n++) {
        if (stop_take() > 0) {
            i->report.stopped = true;
            return true;
        }
        if (bonds_plan_writes(&p->entries[n]) && !put_bond(file, &p->entries[n].bond))
            return false;
        import_report_entry(&i->report, &p->entries[n]);
    }
    return true;
}

static void tell_all(import *i, const bonds_plan *p)
{
    import_report_identity(&i->report, p);
    for (size_t n = 0; n < p->count; n++)
        import_report_entry(&i->report, &p->entries[n]);
}

/* ---- the end ---- */

/* Entries that no bond came of, and bonds that were not imported. */
static size_t left_undone(const import *i)
{
    return i->got.refused + i->got.unusable + i->report.not_done;
}

static int end(const import *i, bool whole)
{
    size_t done = i->report.imported + i->report.replaced;

    if (i->report.json)
        import_report_summary(&i->report, &i->got);
    else if (done + i->report.unchanged > 0)
        printf("%zu of %zu entries %s %s, %zu of them newly.\n", done + i->report.unchanged, i->got.seen,
               i->report.dry_run ? "would be in" : "are in", i->report.path, done);
    if (i->report.stopped) {
        (void)complain("stopped: %zu bonds were imported, and what was not written is as it was; the same import again "
                       "goes on",
                       done);
        return stop_was_interrupt() ? EXIT_INTERRUPTED : EXIT_PARTLY;
    }
    if (!whole)
        return done > 0 ? EXIT_PARTLY : EXIT_FAILED;
    if (left_undone(i) == 0)
        return EXIT_OK;
    (void)complain("%zu of %zu entries %s imported; what was printed tells why%s%s", left_undone(i), i->got.seen,
                   i->report.dry_run ? "would not be" : "were not",
                   done > 0 || i->report.dry_run ? "" : "; nothing was changed", exchange_hint(&i->got));
    return done > 0 || i->report.unchanged > 0 ? EXIT_PARTLY : EXIT_FAILED;
}

/* ---- both times ---- */

static bool plan(const import *i, const store_bonds *there, bonds_plan *p)
{
    return bonds_plan_make(p, &i->got, there, &i->o->wishes, i->report.path);
}

static bool is_sound(const store_file *file, const store_bonds *there)
{
    if (there->damaged > 0)
        store_file_complain_damaged(file, there->damaged);
    return there->damaged == 0;
}

/* A store that is not there is a new one, with all the room that it may take. */
static bool look(const char *path, store_bonds *there)
{
    store_file file;
    const char *name;
    bool is_good;

    (void)store_file_kind_of(path, &name);
    if (access(name, F_OK) != 0) {
        *there = (store_bonds){.is_new = true, .room = UINT32_MAX};
        return true;
    }
    if (!store_file_open(&file, path, KITH_FLASH_FILE_LOOK))
        return false;
    is_good = store_bonds_load(there, &file, &file.kept);
    if (is_good && !is_sound(&file, there)) {
        store_bonds_free(there);
        is_good = false;
    }
    store_file_close(&file);
    return is_good;
}

static bool has_writes(const bonds_plan *p)
{
    for (size_t n = 0; n < p->count; n++)
        if (bonds_plan_writes(&p->entries[n]))
            return true;
    return false;
}

/* Where nothing is to be written, or nobody wants it written, all is told. */
static bool rehearse(import *i)
{
    store_bonds there;
    bonds_plan p;
    bool is_good;

    if (!look(i->report.path, &there))
        return false;
    is_good = plan(i, &there, &p);
    store_bonds_free(&there);
    if (!is_good)
        return false;
    i->report.writes = has_writes(&p);
    if (!i->report.writes || i->report.dry_run)
        tell_all(i, &p);
    bonds_plan_free(&p);
    return true;
}

static bool change(import *i, store_file *file)
{
    store_bonds there;
    bonds_plan p;
    bool done = false;

    if (!store_bonds_load(&there, file, &file->store))
        return false;
    if (is_sound(file, &there) && plan(i, &there, &p)) {
        done = write_all(i, file, &p);
        bonds_plan_free(&p);
    }
    store_bonds_free(&there);
    return done;
}

static int write_store(import *i)
{
    store_file file;
    bool whole;

    if (i->o->path == NULL && !store_file_default_path(i->default_path, sizeof i->default_path, "pair"))
        return EXIT_FAILED;
    if (!stop_watch() || !store_file_open(&file, i->report.path, KITH_FLASH_FILE_MAKE))
        return EXIT_FAILED;
    whole = change(i, &file);
    store_file_close(&file);
    return end(i, whole);
}

static int bring_in(import *i)
{
    if (!rehearse(i))
        return EXIT_FAILED;
    return i->report.writes && !i->report.dry_run ? write_store(i) : end(i, true);
}

/* ---- files ---- */

static int import_all(import *i)
{
    kith_exchange_format format;

    for (size_t n = 0; n < i->o->file_count; n++)
        if (!exchange_file_read_and_tell(&i->got, i->o->files[n], &i->o->in, i->report.json, &format))
            return EXIT_FAILED;
    if (i->got.count > 0)
        return bring_in(i);
    if (i->report.json)
        import_report_summary(&i->report, &i->got);
    return complain("there is no bond to import: %zu entries were found, and none was taken; nothing was changed%s",
                    i->got.seen, exchange_hint(&i->got));
}

/* ---- options ---- */

static void check(const import_options *o, struct argp_state *state)
{
    if (o->file_count == 0)
        argp_error(state, "import what?  A FILE of another system");
    if (o->path != NULL && strcmp(o->path, "none") == 0)
        argp_error(state, "--store none keeps no bonds");
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    import_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->in;
        return 0;
    case OPTION_STORE:
        o->path = arg;
        return 0;
    case OPTION_DRY_RUN:
        o->dry_run = true;
        return 0;
    case OPTION_REPLACE:
        o->wishes.may_replace = true;
        return 0;
    case OPTION_OTHER_IDENTITY:
        o->wishes.may_be_others = true;
        return 0;
    case OPTION_ONLY:
        exchange_address_of("--only", arg, &o->wishes.only, state);
        o->wishes.has_only = true;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->files = state->argv + state->next;
        o->file_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        check(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"store", OPTION_STORE, "FILE", 0,
     "where the bonds go (default: where `kith pair' keeps them); made if it is not there", 2},
    {"only", OPTION_ONLY, "ADDRESS", 0, "import the bonds of this local identity alone", 2},
    {"replace", OPTION_REPLACE, NULL, 0,
     "replace the bond that a peer has already, if the new one is at least as strong", 2},
    {"other-identity", OPTION_OTHER_IDENTITY, NULL, 0,
     "import also what belongs to another identity than the store's: of use only to a program that is that address, as "
     "where an adapter has it as its public one",
     2},
    {"dry-run", OPTION_DRY_RUN, NULL, 0, "tell what would be done, and change nothing", 3},
    {"json", 'j', NULL, 0, "tell it as JSON, one object a line", 3},
    {0},
};

static const struct argp_child children[] = {{&exchange_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "FILE...",
    "Brings bonds of other systems into a store, so that their peers need not pair again."
    "\v"
    "FILE is Kith's own JSON, BlueZ's `info' (/var/lib/bluetooth/ADAPTER/PEER/info), aioble's ble_secrets.json, "
    "Bumble's key store, Android's bt_config.conf or an export of the registry of Windows; docs/exchange.md.  Two "
    "systems that use one bond at the same time are one device to its peers: they must have the same address.\n"
    "\n"
    "No claim of a file is believed: bonds come in unauthenticated (level 2), but for Secure Connections with "
    "--trust-levels.  A bond belongs to the identity of this device that it was made with.  A new store becomes that "
    "identity; where it is a public address, which is the adapter's, `kith pair --public' and `kith serve --public' "
    "are "
    "it.  Into a store of another identity no bond comes without --other-identity.  "
    "A bond that stands is replaced with --replace alone, and never by a weaker one.\n"
    "\n"
    "All is looked at before anything is written.  Each bond is written whole or not at all; an import that was cut "
    "short goes on when it is called again.  No key is ever shown.\n"
    "\n"
    "JSON: an object for each `event' finding (`file', `effect', `sentence', and where they apply `line', `entry', "
    "`field'), one identity, one import for each bond (`outcome': imported, replaced, unchanged, kept, stronger, "
    "other-identity, ourselves, twice or impossible; `usable', `keys', and what list tells), and in the end one "
    "imported with the counts.\n"
    "\n"
    "Exit status: 0 every entry is in the store now (with --dry-run: would be); 1 nothing was imported; 2 wrong use; 3 "
    "some entries are in the store, and others are not; 130 ended by Ctrl-C.  What was printed tells which and why.",
    children,
    NULL,
    NULL,
};

int bonds_import_main(int argc, char **argv)
{
    static import_options options;
    static import i = {.o = &options};
    struct sigaction ignore;
    int status;

    argp_parse(&parser, argc, argv, 0, NULL, &options);
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN; /* a closed stdout is told, as everywhere */
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* what was imported is told when it is durable */
    if (options.path == NULL && !store_file_name_default(i.default_path, sizeof i.default_path, "pair"))
        return EXIT_FAILED;
    i.report.json = options.json;
    i.report.dry_run = options.dry_run;
    i.report.path = options.path != NULL ? options.path : i.default_path;
    status = import_all(&i);
    if (!report_is_read())
        status = EXIT_FAILED;
    kith_exchange_free(&i.got);
    return status;
}
