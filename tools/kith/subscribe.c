/* `kith subscribe': its options. */
#include <argp.h>

#include "ask_options.h"
#include "command.h"
#include "listening.h"

enum {
    WHATS_MAX = 64,
    OPTION_FOR = 256,
    OPTION_KEEP,
    OPTION_NO_WRITE,
    COUNT_MAX = 1000000000,
    SECONDS_MAX = 365 * 86400
};

typedef struct {
    ask_options ask;
    bool indicate, keep, no_write;
    unsigned values, for_s;
    what whats[WHATS_MAX];
    size_t count;
} arguments;

static void take_argument(arguments *a, char *arg, struct argp_state *state)
{
    if (a->ask.client.peer == NULL)
        a->ask.client.peer = arg;
    else if (a->count == WHATS_MAX)
        argp_error(state, "'%s' is too much: at most %d values at once", arg, WHATS_MAX);
    else
        what_parse_or_say(&a->whats[a->count++], arg, state);
}

static unsigned at_least_one(const char *option, const char *arg, unsigned most, struct argp_state *state)
{
    unsigned number = link_options_number(option, arg, most, state);

    if (number == 0)
        argp_error(state, "%s wants 1 at least", option);
    return number;
}

static void check(const arguments *a, struct argp_state *state)
{
    if (a->ask.client.peer == NULL || *a->ask.client.peer == '\0')
        argp_error(state, "whose values? a name or an address is needed, as in `kith subscribe lamp 2a19'");
    else if (a->count == 0)
        argp_error(state, "which value of '%s'? a handle or a UUID is needed", a->ask.client.peer);
    else if (a->no_write && a->indicate)
        argp_error(state, "--indicate asks for something, --no-write asks for nothing: only one of them");
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->ask;
        return 0;
    case 'i':
        a->indicate = true;
        return 0;
    case 'n':
        a->values = at_least_one("--count", arg, COUNT_MAX, state);
        return 0;
    case OPTION_FOR:
        a->for_s = at_least_one("--for", arg, SECONDS_MAX, state);
        return 0;
    case OPTION_KEEP:
        a->keep = true;
        return 0;
    case OPTION_NO_WRITE:
        a->no_write = true;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(a, arg, state);
        return 0;
    case ARGP_KEY_END:
        check(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"indicate", 'i', NULL, 0, "ask for indications, each of which is confirmed, even where notifications can be had",
     0},
    {"count", 'n', "N", 0, "end after N values", 0},
    {"for", OPTION_FOR, "SECONDS", 0, "end after so long; with --count, a failure where fewer have come", 0},
    {"keep", OPTION_KEEP, NULL, 0, "take nothing back at the end: a bonded peer remembers what it was asked for", 0},
    {"no-write", OPTION_NO_WRITE, NULL, 0, "ask for nothing and listen: for what a bonded peer remembers", 0},
    {0},
};

static const struct argp_child children[] = {{&ask_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "PEER WHAT...",
    "Subscribes to values of PEER and prints each that it tells of, with the time; at the end, Ctrl-C's too, it takes "
    "back what it asked for."
    "\v" ASK_OPTIONS_HELP ASK_OPTIONS_WHAT
    "Handles are those of the values.  Where several characteristics have the UUID all of them are meant.  "
    "Notifications are asked for where there are any, else indications.\n"
    "\n" ASK_OPTIONS_PAIRING
    "JSON: one object for each event, as with `kith pair', one with `event' listening when all was asked for, and for "
    "each value one with `event' value, `handle', `service', `characteristic' and `name' as far as they are known, "
    "`value' (hex), `text' where it is printable, `indicated', and the `level' of the link it came over.\n"
    "\n"
    "Exit status: 0 all was asked for, and it ended as --count or --for say; " ASK_OPTIONS_EXIT,
    children,
    NULL,
    NULL,
};

int subscribe_main(int argc, char **argv)
{
    static arguments a;
    static listening l;
    int status;

    ask_options_init(&a.ask, &listening_errand, &l);
    argp_parse(&parser, argc, argv, 0, NULL, &a);
    listening_init(&l, a.whats, a.count);
    l.indicate = a.indicate;
    l.keep = a.keep;
    l.no_write = a.no_write;
    l.targets.survey.only_reads = a.no_write;
    l.count = a.values;
    l.for_s = a.for_s;
    if (!ask_options_complete(&a.ask))
        return EXIT_FAILED;
    status = client_run(&a.ask.client);
    listening_close(&l);
    return status;
}
