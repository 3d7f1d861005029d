/* `kith read': its options. */
#include <argp.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ask_options.h"
#include "command.h"
#include "read_values.h"

enum { WHATS_MAX = 64 };

typedef struct {
    ask_options ask;
    bool raw;
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

static void check(const arguments *a, struct argp_state *state)
{
    if (a->ask.client.peer == NULL || *a->ask.client.peer == '\0')
        argp_error(state, "whose value? a name or an address is needed, as in `kith read lamp 2a00'");
    else if (a->count == 0)
        argp_error(state, "which value of '%s'? a handle or a UUID is needed, as in `kith read lamp 2a00'",
                   a->ask.client.peer);
    else if (a->raw && a->ask.client.link.json)
        argp_error(state, "--raw and --json both want stdout");
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->ask;
        return 0;
    case 'r':
        a->raw = true;
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
    {"raw", 'r', NULL, 0, "nothing but the octets of the values on stdout; what else is told goes to stderr", 0},
    {0},
};

static const struct argp_child children[] = {{&ask_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "PEER WHAT...",
    "Reads values of PEER, whole however long they are, and prints each as text, where it is printable, and in hex."
    "\v" ASK_OPTIONS_HELP ASK_OPTIONS_WHAT
    "Where several characteristics have the UUID all of them are read.  What cannot be read is told on stderr, and the "
    "others are read all the same.\n"
    "\n" ASK_OPTIONS_PAIRING
    "JSON: one object for each event, as with `kith pair', and for each value one with `event' value, `handle', "
    "`service', `characteristic' and `name' as far as they are known, `value' (hex), and `text' where it is "
    "printable.\n"
    "\n"
    "Exit status: 0 all was read; " ASK_OPTIONS_EXIT,
    children,
    NULL,
    NULL,
};

/* The values alone go where stdout went. */
static bool divide_output(int *values)
{
    *values = dup(STDOUT_FILENO);
    if (*values >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
        return true;
    (void)complain("stdout cannot be used: %s", strerror(errno));
    return false;
}

int read_main(int argc, char **argv)
{
    static arguments a;
    static read_values values;
    int status;

    ask_options_init(&a.ask, &read_values_errand, &values);
    argp_parse(&parser, argc, argv, 0, NULL, &a);
    read_values_init(&values, a.whats, a.count);
    if (!ask_options_complete(&a.ask) || (a.raw && !divide_output(&values.raw_fd)))
        return EXIT_FAILED;
    status = client_run(&a.ask.client);
    read_values_close(&values);
    return status;
}
