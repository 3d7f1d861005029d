/* `kith write': its options. */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "ask_options.h"
#include "command.h"
#include "write_values.h"

enum {
    OPTION_COMMAND = 256,
    OPTION_LONG,
    OPTION_NO_LONG,
    OPTION_RELIABLE,
    OPTION_SIGNED,
    ARGUMENTS_MAX = 2 * WRITE_VALUES_MAX
};

typedef struct {
    ask_options ask;
    write_way way;
    const char *way_told; /* NULL: by no option */
    bool hex;
    const char *file;
    char *told[ARGUMENTS_MAX]; /* WHAT and VALUE by turns */
    size_t told_count;
    what whats[WRITE_VALUES_MAX];
    size_t count;
    write_values *values;
} arguments;

/* ---- the way ---- */

static void take_way(arguments *a, write_way way, const char *option, struct argp_state *state)
{
    if (a->way_told != NULL && strcmp(a->way_told, option) != 0)
        argp_error(state, "only one of %s and %s", a->way_told, option);
    a->way = way;
    a->way_told = option;
}

/* A signature is for plain links: there no encryption comes first. */
static void take_signed(arguments *a, struct argp_state *state)
{
    take_way(a, WRITE_SIGNED, "--signed", state);
    a->ask.client.first = CLIENT_SECURES_NONE;
    a->ask.client.raise = KITH_GATT_RAISE_NOT;
    a->ask.client.link.signing = true;
}

/* ---- what and which value ---- */

static void check_value(octets_result result, const char *source, struct argp_state *state)
{
    if (result == OCTETS_TOO_MANY)
        argp_error(state, "%s has more than %d octets, which is the longest value there is", source, OCTETS_MAX);
    else if (result == OCTETS_NOT_HEX)
        argp_error(state, "--hex wants two hex digits for each octet; %s has something else", source);
    else if (result == OCTETS_UNREADABLE)
        argp_error(state, "%s cannot be read: %s", source, strerror(errno));
}

static void take_value(arguments *a, octets_value *v, const char *text, struct argp_state *state)
{
    if (strcmp(text, "-") == 0)
        check_value(octets_of_file(v, "-", a->hex), "stdin", state);
    else
        check_value(octets_of_text(v, text, a->hex), "the value", state);
}

static void take_argument(arguments *a, char *arg, struct argp_state *state)
{
    if (a->ask.client.peer == NULL)
        a->ask.client.peer = arg;
    else if (a->told_count == ARGUMENTS_MAX)
        argp_error(state, "'%s' is too much: at most %d values at once", arg, WRITE_VALUES_MAX);
    else
        a->told[a->told_count++] = arg;
}

static void check_told(const arguments *a, struct argp_state *state)
{
    size_t wanted = a->file != NULL ? 1 : 2;

    if (a->ask.client.peer == NULL || *a->ask.client.peer == '\0')
        argp_error(state, "to whom? a name or an address is needed, as in `kith write lamp 2a00 text'");
    else if (a->told_count == 0)
        argp_error(state, "to which value of '%s'? a handle or a UUID is needed", a->ask.client.peer);
    else if (a->told_count < wanted || (a->file == NULL && a->told_count % 2 != 0))
        argp_error(state, "what is to be written to %s? a value is needed, or - for stdin, or --file",
                   a->told[a->told_count - 1]);
    else if (a->told_count > wanted && (a->file != NULL || a->way != WRITE_RELIABLE))
        argp_error(state, "'%s' is one argument too many%s", a->told[wanted],
                   a->file == NULL ? "; several values are written together with --reliable" : "");
}

static void complete(arguments *a, struct argp_state *state)
{
    check_told(a, state);
    a->count = (a->told_count + 1) / 2;
    for (size_t i = 0; i < a->count; i++)
        what_parse_or_say(&a->whats[i], a->told[2 * i], state);
    if (a->file != NULL)
        check_value(octets_of_file(&a->values->values[0], a->file, a->hex), a->file, state);
    else
        for (size_t i = 0; i < a->count; i++)
            take_value(a, &a->values->values[i], a->told[2 * i + 1], state);
}

/* ---- options ---- */

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->ask;
        return 0;
    case 'x':
        a->hex = true;
        return 0;
    case 'f':
        a->file = arg;
        return 0;
    case OPTION_COMMAND:
        take_way(a, WRITE_COMMAND, "--command", state);
        return 0;
    case OPTION_LONG:
        take_way(a, WRITE_LONG, "--long", state);
        return 0;
    case OPTION_NO_LONG:
        take_way(a, WRITE_SHORT, "--no-long", state);
        return 0;
    case OPTION_RELIABLE:
        take_way(a, WRITE_RELIABLE, "--reliable", state);
        return 0;
    case OPTION_SIGNED:
        take_signed(a, state);
        return 0;
    case ARGP_KEY_ARG:
        take_argument(a, arg, state);
        return 0;
    case ARGP_KEY_END:
        complete(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"hex", 'x', NULL, 0, "the value is told in hex digits, as 01ff or 01 ff", 0},
    {"file", 'f', "FILE", 0, "the value is what this file holds; - is stdin", 0},
    {"command", OPTION_COMMAND, NULL, 0, "write without response: nobody tells whether it was taken", 0},
    {"long", OPTION_LONG, NULL, 0, "write in parts, however short it is", 0},
    {"no-long", OPTION_NO_LONG, NULL, 0, "write in one request, or not at all", 0},
    {"reliable", OPTION_RELIABLE, NULL, 0,
     "write all values together; the peer sends each back first, and only if all are right they are written", 0},
    {"signed", OPTION_SIGNED, NULL, 0,
     "write with a signature, over a plain link: everybody can read it, and nobody tells whether it was taken.  Needs "
     "a "
     "bond that was made with --signing",
     0},
    {0},
};

static const struct argp_child children[] = {{&ask_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "PEER WHAT VALUE\nPEER WHAT --file FILE\nPEER --reliable WHAT VALUE...",
    "Writes a value of PEER: with response, and in parts where it is longer than one request holds."
    "\v" ASK_OPTIONS_HELP ASK_OPTIONS_WHAT
    "VALUE is text, or hex digits with --hex, up to 512 octets; - is what comes on stdin, to its end: nobody can "
    "answer questions then.  Where several characteristics have the UUID nothing is written.\n"
    "\n" ASK_OPTIONS_PAIRING
    "JSON: one object for each event, as with `kith pair', and at the end one for each value with `event' "
    "value-written, `way' (request, long, reliable, command, signed), `answered', `octets', `handle', `service', "
    "`characteristic' and `name' as far as they are known.\n"
    "\n"
    "Exit status: 0 it was written, or sent where there is no response; " ASK_OPTIONS_EXIT,
    children,
    NULL,
    NULL,
};

int write_main(int argc, char **argv)
{
    static arguments a;
    static write_values values;
    int status;

    ask_options_init(&a.ask, &write_values_errand, &values);
    a.values = &values;
    argp_parse(&parser, argc, argv, 0, NULL, &a);
    write_values_init(&values, a.whats, a.count);
    values.way = a.way;
    if (!ask_options_complete(&a.ask))
        return EXIT_FAILED;
    status = client_run(&a.ask.client);
    write_values_close(&values);
    return status;
}
