/* `kith bonds`: looks into a store, and forgets.  No controller is needed: a host is made on the store and run until it
 * has loaded it; no packet of it is carried anywhere. */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "bond_text.h"
#include "bonds_check.h"
#include "bonds_check_file.h"
#include "bonds_export.h"
#include "bonds_import.h"
#include "command.h"
#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "kith/port/posix.h"
#include "peer_name.h"
#include "report.h"
#include "store_file.h"

enum { OPTION_STORE = 256 };

typedef enum { BONDS_LIST, BONDS_SHOW, BONDS_FORGET, BONDS_CHECK } bonds_action;

typedef struct {
    const char *action_name, *argument;
    bonds_action action;
    peer_name peer;
    const char *path; /* NULL: the default */
    bool json;
    exchange_options in; /* how a file of another system is read */
} bonds_options;

typedef struct {
    const bonds_options *options;
    store_file store;
    kith_crypto_port crypto;
    uint64_t *memory;
    kith_host *host;
} bonds_view;

/* ---- the host behind it ---- */

/* At least as many as there are: earlier versions are counted, too.  What is wrong with the store the host tells. */
static uint32_t count_bonds(const kith_store *store)
{
    kith_store_state state;
    kith_record record = {.kind = 0};
    uint32_t cursor = 0, count = 1;

    if (store->open(store->context, &state) != KITH_OK)
        return count;
    while (count < KITH_BONDS_MAX && store->read(store->context, &cursor, &record) == KITH_OK)
        count += record.kind == KITH_RECORD_BOND && !record.removed;
    memset(&record, 0, sizeof record);
    return count;
}

static bool make_host(bonds_view *v)
{
    kith_config config;
    kith_status status;
    size_t size;

    kith_config_default(&config);
    config.limits.bonds = count_bonds(&v->store.store);
    config.crypto = &v->crypto;
    config.own_address = KITH_OWN_STATIC;
    config.store = &v->store.store;
    size = kith_host_size(&config.limits);
    v->memory = calloc(size / sizeof *v->memory + 1, sizeof *v->memory);
    if (v->memory == NULL) {
        (void)complain("no memory");
        return false;
    }
    status = kith_openssl_port(&v->crypto);
    if (status == KITH_OK)
        status = kith_host_init(v->memory, size, &config, &v->host);
    if (status == KITH_OK)
        status = kith_host_start(v->host, kith_posix_now());
    if (status != KITH_OK)
        (void)complain("the host could not be made: %s", kith_status_name(status));
    return status == KITH_OK;
}

/* Runs what the host wants to be done until it tells `wanted`, or that it cannot start. */
static kith_event_kind run_until(bonds_view *v, kith_event_kind wanted, kith_event *event)
{
    kith_work work;

    for (;;) {
        while (kith_host_next_event(v->host, event))
            if (event->kind == wanted || event->kind == KITH_EVENT_START_FAILED)
                return event->kind;
        if (!kith_host_take_work(v->host, &work))
            return KITH_EVENT_NONE;
        kith_work_run(&work);
        (void)!kith_host_finish_work(v->host, &work, kith_posix_now());
    }
}

static bool load(bonds_view *v, kith_event_store *loaded)
{
    kith_event event;

    switch (run_until(v, KITH_EVENT_STORE_LOADED, &event)) {
    case KITH_EVENT_STORE_LOADED:
        *loaded = event.store;
        return true;
    case KITH_EVENT_START_FAILED:
        store_file_complain(&v->store, &event.start_failed);
        return false;
    default:
        (void)complain("the store %s was not loaded", v->store.path);
        return false;
    }
}

/* ---- which bond ---- */

/* How many are meant: an address may be a public and a random one at once.  *found is the last of them. */
static unsigned count_meant(const bonds_view *v, kith_bond_info *found)
{
    kith_bond_info bond = {.peer = 0};
    unsigned count = 0;

    while (kith_bonds_next(v->host, bond.peer, &bond) == KITH_OK) {
        if (peer_name_means(&v->options->peer, bond.peer, &bond.identity)) {
            *found = bond;
            count++;
        }
    }
    return count;
}

static bool find_bond(const bonds_view *v, kith_bond_info *found)
{
    unsigned count = count_meant(v, found);

    if (count == 0)
        (void)complain("%s is no peer in the store %s; `kith bonds list' tells who is", v->options->argument,
                       v->store.path);
    if (count > 1)
        (void)complain("%s is more than one peer in the store %s; name it by its number", v->options->argument,
                       v->store.path);
    return count == 1;
}

/* ---- what is done ---- */

static void print_object(json_t *o)
{
    (void)json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

static int list(const bonds_view *v)
{
    bool json = v->options->json;
    kith_bond_info bond = {.peer = 0};

    if (kith_bonds_count(v->host) == 0 && !json)
        printf("No bonds in %s.\n", v->store.path);
    else if (!json)
        bond_print_heading();
    while (kith_bonds_next(v->host, bond.peer, &bond) == KITH_OK) {
        if (json)
            print_object(bond_json(&bond));
        else
            bond_print_row(&bond);
    }
    return EXIT_OK;
}

static void show_bond(const bonds_view *v, const kith_bond_info *bond)
{
    if (v->options->json)
        print_object(bond_json(bond));
    else
        bond_print_full(bond);
}

static int show(const bonds_view *v)
{
    kith_bond_info bond;

    if (!find_bond(v, &bond))
        return EXIT_FAILED;
    show_bond(v, &bond);
    return EXIT_OK;
}

static void tell_forgotten(const bonds_view *v, const kith_bond_info *bond)
{
    char address[KITH_ADDRESS_TEXT];

    (void)kith_address_format(&bond->identity, address);
    if (v->options->json)
        print_object(
            json_pack("{s:s, s:I, s:s}", "event", "forgotten", "peer", (json_int_t)bond->peer, "identity", address));
    else
        printf("Peer %u, %s, is forgotten: its keys are destroyed.\n", (unsigned)bond->peer, address);
}

static int forget(bonds_view *v)
{
    kith_bond_info bond;
    kith_event event;
    kith_status status;

    if (!find_bond(v, &bond))
        return EXIT_FAILED;
    status = kith_bonds_forget(v->host, bond.peer);
    if (status != KITH_OK)
        return complain("%s cannot be forgotten: %s", v->options->argument, kith_status_name(status));
    if (run_until(v, KITH_EVENT_FORGOTTEN, &event) != KITH_EVENT_FORGOTTEN)
        return complain("%s was not forgotten: the store %s did not answer", v->options->argument, v->store.path);
    if (event.forgotten.status != KITH_OK) {
        store_file_complain_kept(&v->store, event.forgotten.status);
        return EXIT_FAILED;
    }
    tell_forgotten(v, &bond);
    return EXIT_OK;
}

static int do_action(bonds_view *v)
{
    switch (v->options->action) {
    case BONDS_LIST:
        return list(v);
    case BONDS_SHOW:
        return show(v);
    default:
        return forget(v);
    }
}

/* What is sound is shown, nothing is changed, and the one sentence is about the damage. */
static int show_the_sound(const bonds_view *v, uint32_t damaged)
{
    kith_bond_info bond;

    if (v->options->action == BONDS_LIST)
        (void)list(v);
    else if (v->options->action == BONDS_SHOW && count_meant(v, &bond) == 1)
        show_bond(v, &bond);
    store_file_complain_damaged(&v->store, damaged);
    return EXIT_FAILED;
}

static int run(bonds_view *v)
{
    kith_event_store loaded;
    int status = EXIT_FAILED;

    if (make_host(v) && load(v, &loaded))
        status = loaded.damaged == 0 ? do_action(v) : show_the_sound(v, loaded.damaged);
    if (!report_is_read())
        status = EXIT_FAILED;
    if (v->host != NULL)
        kith_host_erase(v->host);
    free(v->memory);
    return status;
}

/* A store, or a file of another system?  Its first octets tell. */
static bool is_store(const char *path)
{
    static const char log[] = {'K', 'i', 't', 'h', 1}, erased[] = {'\xff', '\xff', '\xff', '\xff', '\xff'};
    char first[sizeof log] = "";
    struct stat about;
    const char *name;
    FILE *file;
    size_t len;

    if (store_file_kind_of(path, &name) != STORE_FILE_FLASH_LOG)
        return true;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return false; /* what comes from a pipe comes once */
    file = fopen(path, "rbe");
    if (file == NULL)
        return false; /* that it cannot be read is told by whoever reads it */
    len = fread(first, 1, sizeof first, file);
    (void)fclose(file);
    return len == sizeof first && (memcmp(first, log, sizeof log) == 0 || memcmp(first, erased, sizeof erased) == 0);
}

static int check_file(const bonds_options *o)
{
    if (!o->in.told && is_store(o->argument))
        return bonds_check(o->argument, o->json);
    return bonds_check_file(o->argument, &o->in, o->json);
}

static int look(const bonds_options *options)
{
    char path[STORE_FILE_PATH];
    bonds_view v = {.options = options};
    int status;

    if (options->action == BONDS_CHECK && options->argument != NULL)
        return check_file(options);
    if (options->path == NULL && !store_file_name_default(path, sizeof path, "pair"))
        return EXIT_FAILED;
    if (options->action == BONDS_CHECK)
        return bonds_check(options->path != NULL ? options->path : path, options->json);
    if (!store_file_open(&v.store, options->path != NULL ? options->path : path,
                         options->action == BONDS_FORGET ? KITH_FLASH_FILE_EXISTING : KITH_FLASH_FILE_LOOK))
        return EXIT_FAILED;
    status = run(&v);
    store_file_close(&v.store);
    return status;
}

/* ---- options ---- */

static void parse_action(bonds_options *o, struct argp_state *state)
{
    static const char *const names[] = {"list", "show", "forget", "check"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(o->action_name, names[i]) == 0) {
            o->action = (bonds_action)i;
            return;
        }
    }
    if (strcmp(o->action_name, "import") == 0 || strcmp(o->action_name, "export") == 0)
        argp_error(state, "%s comes before its options: kith bonds %s ...", o->action_name, o->action_name);
    argp_error(state, "there is no '%s': list, show, forget, check, import or export", o->action_name);
}

static void check(bonds_options *o, struct argp_state *state)
{
    if (o->action_name == NULL)
        argp_error(state, "list, show, forget, check, import or export?");
    parse_action(o, state);
    if (o->action == BONDS_LIST && o->argument != NULL)
        argp_error(state, "'%s' is one argument too many: list lists all", o->argument);
    if (o->action == BONDS_CHECK && o->argument != NULL && o->path != NULL)
        argp_error(state, "a FILE or a --store: check checks one of them");
    if (o->in.told && (o->action != BONDS_CHECK || o->argument == NULL))
        argp_error(state, "how a file is read is said for `check FILE' alone");
    if ((o->action == BONDS_SHOW || o->action == BONDS_FORGET) && o->argument == NULL)
        argp_error(state, "%s whom?  A peer's number or its address", o->action_name);
    if (o->argument != NULL && o->action != BONDS_CHECK)
        peer_name_parse(&o->peer, o->argument, state);
    if (o->path != NULL && strcmp(o->path, "none") == 0)
        argp_error(state, "--store none keeps no bonds");
}

static void take_argument(bonds_options *o, char *arg, struct argp_state *state)
{
    if (o->action_name == NULL)
        o->action_name = arg;
    else if (o->argument == NULL)
        o->argument = arg;
    else
        argp_error(state, "'%s' is one argument too many", arg);
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    bonds_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->in;
        return 0;
    case OPTION_STORE:
        o->path = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(o, arg, state);
        return 0;
    case ARGP_KEY_END:
        check(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"store", OPTION_STORE, "FILE", 0, "where the bonds are (default: where `kith pair' keeps them)", 0},
    {"json", 'j', NULL, 0, "tell it as JSON, one object a line", 0},
    {0},
};

static const struct argp_child children[] = {{&exchange_options_parser, 0, "For check FILE:", 1}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "list\nshow PEER\nforget PEER\ncheck [FILE]\nimport FILE...\nexport [PEER]",
    "Looks at the bonds in a store, forgets one, checks the store, or exchanges bonds with other systems."
    "\v"
    "PEER is a peer's number, or its address.  No key is ever shown; export alone writes them, into a file.\n"
    "\n"
    "list    one line for each bond: who, how strong, how and when it was made\n"
    "show    all that is known of one\n"
    "forget  destroys its keys; the peer keeps its own, and will find that we have none\n"
    "check   tells each record as it lies there, and whether it is sound; changes nothing.  Of a FILE of another "
    "system: what an import would find in it\n"
    "import  brings bonds of another system into a store: `kith bonds import --help'\n"
    "export  writes bonds for another system: `kith bonds export --help'\n"
    "\n"
    "`kith pair' keeps its bonds in ${XDG_STATE_HOME:-~/.local/state}/kith/pair.kith, `kith serve --name NAME' in "
    "serve-NAME.kith beside it.  list, show and check may be used while another kith has the store, unless it is an "
    "SQLite "
    "store; forget may not.\n"
    "\n"
    "JSON: each bond is an object with `event' (bond), `peer', `identity', `identity_type', `level', `method', "
    "`confirmed_unseen', `key_size' and more; `made' is UTC.  check: an object for each `event' "
    "sector (`sector', `state', `sequence', `octets') and record (`sector', `offset', `octets', `kind', `peer', "
    "`removal', `state', and where it is not sound `fault' or `field'; a bond that stands also has what list tells, "
    "`keys' and `class'), and in the end one check (`sound', `records', `bonds', `damaged', `newer', `torn', ...).  A "
    "record "
    "is sound, sealed, newer, damaged, torn (a power cut; it replaced nothing), replaced, removed or destroyed.  check "
    "FILE: an object for each finding (`effect', `sentence', ...) and entry (as list tells a bond, and its `keys'), "
    "and "
    "in the end one check-file (`format', `entries', `bonds', `refused', ...).\n"
    "\n"
    "FILE is a flash log; json:FILE and sqlite:FILE are stores of those kinds.\n"
    "\n"
    "Exit status: 0 it was done, and the store is sound; 1 no such peer, no such store, or one that is damaged: then "
    "list lists what is sound, and check tells what is not; of a FILE: an entry of it cannot be imported; 2 wrong use.",
    children,
    NULL,
    NULL,
};

/* This command reads all keys that there are: none of them gets into a core file. */
static void leave_no_core(void)
{
    const struct rlimit none = {0};

    (void)setrlimit(RLIMIT_CORE, &none);
}

int bonds_main(int argc, char **argv)
{
    bonds_options options = {.path = NULL};
    struct sigaction ignore;
    static char import_name[] = "kith bonds import", export_name[] = "kith bonds export";

    leave_no_core();
    if (argc > 1 && strcmp(argv[1], "import") == 0) {
        argv[1] = import_name;
        return bonds_import_main(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "export") == 0) {
        argv[1] = export_name;
        return bonds_export_main(argc - 1, argv + 1);
    }
    argp_parse(&parser, argc, argv, 0, NULL, &options);
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN; /* a closed stdout is told, as everywhere */
    (void)sigaction(SIGPIPE, &ignore, NULL);
    return look(&options);
}
