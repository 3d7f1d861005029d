/* `kith serve`: its options.  The work is in server.c. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "lamp.h"
#include "server.h"

enum { DAY_S = 24 * 60 * 60 };

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    server_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->link;
        return 0;
    case 'n':
        o->name = arg;
        return 0;
    case 'w':
        o->window_s = link_options_number("--window", arg, DAY_S, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is one argument too many", arg);
        return 0;
    case ARGP_KEY_END:
        if (strlen(o->name) > SERVER_NAME_MAX)
            argp_error(state, "the name has more than %d octets", SERVER_NAME_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"name", 'n', "NAME", 0, "what it calls itself (default lamp)", 0},
    {"window", 'w', "SECONDS", 0, "how long it lets itself be paired without asking (default 300); 0: not at all", 0},
    {0},
};

static const struct argp_child children[] = {{&link_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    NULL,
    "Is a lamp: a peripheral that advertises, lets itself be paired by LE Secure Connections (Numeric Comparison where "
    "both sides can show a number and be told yes, Passkey Entry where one can type what the other shows, else Just "
    "Works), and serves two values to encrypted links only."
    "\v"
    "service  " LAMP_SERVICE "\n"
    "  state  " LAMP_STATE "  read: \"" LAMP_STATE_TEXT "\"\n"
    "  note   " LAMP_NOTE "  read and write, up to 64 octets\n"
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
    "`passkey' with passkey-shown, `both_type' with passkey-wanted.  Answers are plain lines on stdin.\n"
    "\n"
    "Ctrl-C or SIGTERM: disconnects and leaves, with exit status 130 or 0.  Exit status 1: no controller, one that "
    "lacks what is needed or was lost, or a store that cannot be used; 2 wrong use.",
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

int serve_main(int argc, char **argv)
{
    static server_options options;

    server_options_init(&options);
    argp_parse(&parser, argc, argv, 0, NULL, &options);
    return complete(&options) ? server_run(&options) : EXIT_FAILED;
}
