/* `kith serve`: its options.  The work is in server.c. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "lamp.h"
#include "server.h"
#include "table_options.h"

enum { DAY_S = 24 * 60 * 60, DAY_MS = DAY_S * 1000, LEAST_MTU = 23, MOST_MTU = 517 };

typedef struct {
    server_options server;
    table_options which;
    table table;
} serve_options;

/* NAME:MS, split where it lies. */
static void take_notify(server_options *o, char *arg, struct argp_state *state)
{
    char *colon = strrchr(arg, ':');
    table_repeat *one = &o->repeats[o->repeat_count];

    if (o->repeat_count == TABLE_SERVER_NOTIFY)
        argp_error(state, "--notify may be given %d times", TABLE_SERVER_NOTIFY);
    if (colon == NULL || colon == arg)
        argp_error(state, "--notify wants NAME:MS, not '%s'", arg);
    *colon = '\0';
    one->name = arg;
    one->each_ms = link_options_number("--notify NAME:MS", colon + 1, DAY_MS, state);
    if (one->each_ms == 0)
        argp_error(state, "--notify NAME:MS wants at least 1 ms");
    o->repeat_count++;
}

static uint16_t mtu_of(const char *arg, struct argp_state *state)
{
    unsigned mtu = link_options_number("--mtu", arg, MOST_MTU, state);

    if (mtu < LEAST_MTU)
        argp_error(state, "--mtu wants a number from %d to %d, not '%s'", LEAST_MTU, MOST_MTU, arg);
    return (uint16_t)mtu;
}

static void check(const serve_options *o, struct argp_state *state)
{
    if (o->server.name != NULL && strlen(o->server.name) > SERVER_NAME_MAX)
        argp_error(state, "the name has more than %d octets", SERVER_NAME_MAX);
    if (o->server.name != NULL && *o->server.name == '\0')
        argp_error(state, "--name '' is no name: nobody could look for it");
    if (o->server.repeat_count > 0 && o->which.file == NULL && o->which.example == NULL)
        argp_error(state, "--notify is about a table: give a FILE, or --example");
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    serve_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->server.link;
        state->child_inputs[1] = &o->which;
        return 0;
    case 'n':
        o->server.name = arg;
        return 0;
    case 'w':
        o->server.window_s = link_options_number("--window", arg, DAY_S, state);
        return 0;
    case 'm':
        o->server.mtu = mtu_of(arg, state);
        return 0;
    case 'N':
        take_notify(&o->server, arg, state);
        return 0;
    case ARGP_KEY_ARG:
        table_options_take_file(&o->which, arg, state);
        return 0;
    case ARGP_KEY_END:
        check(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"name", 'n', "NAME", 0, "what it calls itself (default: as the table says, else lamp)", 0},
    {"window", 'w', "SECONDS", 0, "how long it lets itself be paired without asking (default 300); 0: not at all", 0},
    {"mtu", 'm', "OCTETS", 0, "the longest ATT message it takes, 23 to 517 (default 247)", 0},
    {"notify", 'N', "NAME:MS", 0, "tell clients that subscribed of this value of the table, every so many ms", 0},
    {0},
};

static const struct argp_child children[] = {
    {&link_options_parser, 0, NULL, 0}, {&table_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "[FILE]",
    "Serves the attribute table in FILE (docs/serve-json.md), an example, or else is a lamp: a peripheral that "
    "advertises, lets itself be paired by LE Secure Connections (Numeric Comparison where "
    "both sides can show a number and be told yes, Passkey Entry where one can type what the other shows, else Just "
    "Works), and serves values to links that are as secure as each of them asks."
    "\v"
    "The lamp:\n"
    "service  " LAMP_SERVICE "\n"
    "  state  " LAMP_STATE "  read, encrypted: \"" LAMP_STATE_TEXT "\"\n"
    "  note   " LAMP_NOTE "  read and write, encrypted, up to 64 octets\n"
    "\n"
    "A table's values live in memory; what clients write is told. `set NAME VALUE' on stdin sets a value (a text, or "
    "0x and hex digits) and tells it to clients that subscribed, by notification, or by indication where they want "
    "that; `list' tells all values. NAME is a value's name in FILE, or its UUID. The heart of --example heart-rate "
    "beats by itself; what it asks of links is --level.\n"
    "\n"
    "Up to four links at once, and 256 bonds, kept in serve-NAME.kith of the default folder.  While its window is open "
    "whoever comes may pair; it closes after one pairing, three failed ones, or its time.  After that a person is "
    "asked, where one can answer; else pairing is closed.\n"
    "\n"
    "Questions are answered by yes or no, and by nothing else, but for a passkey: by its six digits, grouped as you "
    "like, or no.  At the end of the input nobody can answer, and that is a no.  Several are asked one after the "
    "other, the oldest first.  What was typed before a number was shown does not count.\n"
    "\n"
    "With --hci sim a phone without a display comes along, pairs, reads and leaves; it keeps bonds only with --store "
    "FILE, in FILE.guest.\n"
    "\n"
    "JSON: each object has `event', `time_ms' (since the start) and `sentence'; where they apply, `link', "
    "`peer_address', `peer_address_type', `peer', `level', `key_size', `why'; `number' with comparison-wanted, "
    "`passkey' with passkey-shown, `both_type' with passkey-wanted; `address' with seen-as (--private); of a table, "
    "`name' and `value' (hex) with "
    "value-written, "
    "write-wanted, write-command, value and value-set.  Answers and commands are plain lines on stdin.\n"
    "\n"
    "Ctrl-C or SIGTERM: disconnects and leaves, with exit status 130 or 0.  Exit status 1: no controller, one that "
    "lacks what is needed or was lost, or a store that cannot be used; 2 wrong use, a FILE that is no table included.",
    children,
    NULL,
    NULL,
};

/* serve-NAME; what a file's name should not hold is replaced where the path is made. */
static bool complete(server_options *o)
{
    char stem[sizeof "serve-" + SERVER_NAME_MAX];

    (void)snprintf(stem, sizeof stem, "serve-%s", o->name);
    return link_options_complete(&o->link, stem);
}

/* Whom --notify means. */
static int find_repeats(server_options *o)
{
    for (size_t i = 0; i < o->repeat_count; i++) {
        table_repeat *one = &o->repeats[i];
        size_t count;

        one->value = table_find_name(o->table, one->name, &count);
        if (one->value != NULL && one->value->is_told)
            continue;
        (void)complain("--notify %s: %s", one->name,
                       count == 0   ? "no value has that name"
                       : count == 1 ? "this value neither notifies nor indicates"
                                    : "more than one value has that UUID");
        return EXIT_WRONG_USE;
    }
    return EXIT_OK;
}

/* The table, and what depends on it. */
static int load(serve_options *o)
{
    int status = table_options_load(&o->which, o->server.link.level, &o->table);

    if (status != EXIT_OK)
        return status;
    if (o->table.service_count > 0)
        o->server.table = &o->table;
    if (o->server.name == NULL)
        o->server.name = o->table.name != NULL ? o->table.name : "lamp";
    return find_repeats(&o->server);
}

int serve_main(int argc, char **argv)
{
    static serve_options options;
    int status;

    server_options_init(&options.server);
    argp_parse(&parser, argc, argv, 0, NULL, &options);
    status = load(&options);
    if (status == EXIT_OK)
        status = complete(&options.server) ? server_run(&options.server) : EXIT_FAILED;
    table_free(&options.table);
    return status;
}
