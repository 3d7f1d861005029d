/* Keys go into a new file alone, which nobody else may read: never to a terminal, a pipe, or over something that is
 * there.  The store is only looked at. */
#include "bonds_export.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bonds_record.h"
#include "command.h"
#include "exchange_file.h"
#include "peer_name.h"
#include "report.h"
#include "store_bonds.h"

enum { OPTION_FORMAT = 256, OPTION_STORE, NAME = 256 };

typedef struct {
    peer_name peer; /* text NULL: all */
    kith_exchange_format format;
    const char *out;
    const char *path; /* of the store; NULL: the default */
    bool json;
} export_options;

typedef struct {
    const export_options *o;
    const char *path;
    store_bonds there;
    kith_bond_record *chosen;
    size_t count;
    kith_exchange_text text;
} export;

/* ---- which ---- */

static bool choose(export *e)
{
    e->chosen = calloc(e->there.count + 1, sizeof *e->chosen);
    if (e->chosen == NULL) {
        (void)complain("no memory");
        return false;
    }
    for (size_t i = 0; i < e->there.count; i++) {
        const kith_bond_record *bond = &e->there.bonds[i];

        if (e->o->peer.text == NULL || peer_name_means(&e->o->peer, bond->peer, &bond->identity))
            e->chosen[e->count++] = *bond;
    }
    return true;
}

static bool is_one(const export *e)
{
    const char *named = e->o->peer.text;

    if (e->count == 0 && named != NULL)
        (void)complain("%s is no peer in the store %s; `kith bonds list' tells who is", named, e->path);
    else if (e->count == 0)
        (void)complain("there is no bond in the store %s", e->path);
    else if (e->count > 1 && named != NULL)
        (void)complain("%s is more than one peer in the store %s; name it by its number", named, e->path);
    else if (e->count > 1 && kith_exchange_is_for_one(e->o->format))
        (void)complain("a file of %s holds one bond, and the store %s has %zu: name the peer",
                       kith_exchange_format_name(e->o->format), e->path, e->count);
    else
        return true;
    return false;
}

/* ---- the file ---- */

static bool write_all(int fd, const char *octets, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, octets, len);

        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            octets += put;
            len -= (size_t)put;
        }
    }
    return fsync(fd) == 0;
}

/* It stays whole or not at all, also where somebody wants this program to end meanwhile. */
static bool fill(int fd, const export *e)
{
    sigset_t all, before;
    bool done;
    int error;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    done = write_all(fd, e->text.octets, e->text.len);
    error = errno;
    if (close(fd) != 0 && done) {
        done = false;
        error = errno;
    }
    if (!done)
        (void)unlink(e->o->out);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return done;
}

static bool write_file(const export *e)
{
    int fd = open(e->o->out, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd < 0 && errno == EEXIST)
        (void)complain("%s is there already: keys are written into a new file alone", e->o->out);
    else if (fd < 0)
        (void)complain("%s cannot be made: %s", e->o->out, strerror(errno));
    else if (fill(fd, e))
        return true;
    else
        (void)complain("%s cannot be written: %s; it was removed", e->o->out, strerror(errno));
    return false;
}

/* ---- telling ---- */

static size_t left_out(const export *e)
{
    return e->count - e->text.written;
}

static void tell_json(const export *e, const char *where)
{
    json_t *o =
        json_pack("{s:s, s:s, s:I, s:I, s:s}", "event", "exported", "format", kith_exchange_format_name(e->o->format),
                  "bonds", (json_int_t)e->text.written, "left_out", (json_int_t)left_out(e), "belongs_at", where);

    (void)json_object_set_new(o, "file", json_string(e->o->out));
    (void)json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

static void print_where(const export *e, const char *where)
{
    if (e->o->format == KITH_EXCHANGE_JSON)
        puts("`kith bonds import' brings them into another store.");
    else if (e->o->format == KITH_EXCHANGE_WINDOWS)
        puts("On the other system regedit, with the rights of SYSTEM, takes it in.");
    else if (e->o->format == KITH_EXCHANGE_BUMBLE)
        puts("The other system looks for it where its JsonKeyStore is told to.");
    else
        printf("The other system looks for it in %s.\n", where);
}

static void tell(const export *e)
{
    char where[NAME];

    (void)kith_exchange_file_name(e->o->format, e->chosen, where, sizeof where);
    if (e->o->json) {
        tell_json(e, where);
        return;
    }
    printf("%zu of %zu bonds are in %s now, with their keys: whoever reads it can be one of these devices.\n",
           e->text.written, e->count, e->o->out);
    print_where(e, where);
}

/* ---- all ---- */

/* Who we are to the peers of these bonds: an adapter's public address where all of them belong to it, since the store
 * is that device too and has one identity resolving key; else the store's own. */
static kith_address own_of(const export *e)
{
    const kith_address *local = &e->chosen[0].local;

    for (size_t i = 0; i < e->count; i++)
        if (local->type != KITH_ADDRESS_PUBLIC || !kith_address_equal(&e->chosen[i].local, local))
            return store_bonds_own(&e->there);
    return *local;
}

static bool make_text(export *e)
{
    kith_exchange_identity identity = {.has_address = e->there.has_device, .has_irk = e->there.has_device};
    kith_status status;

    if (e->there.has_device) {
        identity.address = own_of(e);
        memcpy(identity.irk, e->there.device.irk, sizeof identity.irk);
    }
    status = kith_exchange_write(e->o->format, e->chosen, e->count, &identity, &e->text);
    bonds_record_forget(&identity, sizeof identity);
    if (status != KITH_OK)
        (void)complain("the bonds cannot be written as %s: %s", kith_exchange_format_name(e->o->format),
                       kith_status_name(status));
    return status == KITH_OK;
}

static int judge(const export *e, const store_file *file)
{
    if (e->there.damaged > 0)
        store_file_complain_damaged(file, e->there.damaged);
    else if (left_out(e) > 0)
        (void)complain("%zu of %zu bonds are not in %s; what was printed tells why", left_out(e), e->count, e->o->out);
    else
        return EXIT_OK;
    return EXIT_PARTLY;
}

static int export_chosen(export *e, const store_file *file)
{
    if (!choose(e) || !is_one(e) || !make_text(e))
        return EXIT_FAILED;
    exchange_tell_findings(e->o->out, e->text.findings, e->text.finding_count, e->text.findings_lost, e->o->json);
    if (e->text.written == 0)
        return complain("%s holds none of these bonds; no file was made", kith_exchange_format_name(e->o->format));
    if (!write_file(e))
        return EXIT_FAILED;
    tell(e);
    return judge(e, file);
}

static void forget(export *e)
{
    if (e->chosen != NULL)
        bonds_record_forget(e->chosen, e->count * sizeof *e->chosen);
    free(e->chosen);
    kith_exchange_text_free(&e->text);
    store_bonds_free(&e->there);
}

static int run(const export_options *o, const char *path)
{
    export e = {.o = o, .path = path};
    store_file file;
    int status = EXIT_FAILED;

    if (!store_file_open(&file, path, KITH_FLASH_FILE_LOOK))
        return EXIT_FAILED;
    if (store_bonds_load(&e.there, &file, &file.kept)) {
        status = export_chosen(&e, &file);
        forget(&e);
    }
    store_file_close(&file);
    return report_is_read() ? status : EXIT_FAILED;
}

/* ---- options ---- */

static void check(const export_options *o, struct argp_state *state)
{
    char names[EXCHANGE_FORMATS_TEXT];

    if (o->format == KITH_EXCHANGE_NONE)
        argp_error(state, "for which system?  --format is one of: %s", exchange_formats_text(names));
    if (o->out == NULL)
        argp_error(state, "keys are written into a new file alone: -o FILE names it");
    if (o->path != NULL && strcmp(o->path, "none") == 0)
        argp_error(state, "--store none keeps no bonds");
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    export_options *o = state->input;

    switch (key) {
    case OPTION_FORMAT:
        o->format = exchange_format_of("--format", arg, state);
        return 0;
    case OPTION_STORE:
        o->path = arg;
        return 0;
    case 'o':
        o->out = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->peer.text != NULL)
            argp_error(state, "'%s' is one argument too many", arg);
        peer_name_parse(&o->peer, arg, state);
        return 0;
    case ARGP_KEY_END:
        check(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"format", OPTION_FORMAT, "NAME", 0,
     "for which system: json (Kith's own), bluez (the file `info' of one peer), aioble, bumble, android or windows", 1},
    {"output", 'o', "FILE", 0, "where the keys go: a file that is not there yet; it is made with mode 0600", 1},
    {"store", OPTION_STORE, "FILE", 0, "where the bonds are (default: where `kith pair' keeps them)", 1},
    {"json", 'j', NULL, 0, "tell what was done as JSON, one object a line; no key is among it", 1},
    {0},
};

static const struct argp parser = {
    option_table,
    take_option,
    "[PEER] --format=NAME -o FILE",
    "Writes the bond with PEER, or all bonds of a store, for another system.  THE FILE HOLDS THE KEYS IN THE OPEN: "
    "whoever "
    "reads it can be this device to its peers, and they to it, and read what they say."
    "\v"
    "PEER is a peer's number, or its address.  The keys go into a new file alone, never to a terminal and never over "
    "something that is there.  What the format cannot hold is told.  The store stays as it is: once the other system "
    "uses "
    "the bond, forget it here (`kith bonds forget'), and overwrite the file.\n"
    "\n"
    "The other system must have this device's address, which `kith bonds show' tells (we were): to its peers it is "
    "this "
    "device then.\n"
    "\n"
    "JSON: an object for each `event' finding (`effect', `sentence', and where they apply `entry', `field'), and in "
    "the "
    "end one exported (`file', `format', `bonds', `left_out', and `belongs_at': how the other system names such a "
    "file).\n"
    "\n"
    "Exit status: 0 all bonds that were meant are in the file, each as far as the format holds it; 1 nothing was "
    "written; 2 wrong use; 3 some are in it, "
    "and "
    "others are not, or the store is damaged.",
    NULL,
    NULL,
    NULL,
};

int bonds_export_main(int argc, char **argv)
{
    static export_options options;
    char path[STORE_FILE_PATH];
    struct sigaction ignore;

    argp_parse(&parser, argc, argv, 0, NULL, &options);
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN; /* a closed stdout is told, as everywhere */
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (options.path == NULL && !store_file_name_default(path, sizeof path, "pair"))
        return EXIT_FAILED;
    return run(&options, options.path != NULL ? options.path : path);
}
