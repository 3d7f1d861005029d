/* `kith serve`: its options.  The work is in server.c. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "lamp.h"
#include "server.h"

enum { OPTION_BTSNOOP = 256, OPTION_SHOW_KEYS, DAY_S = 24 * 60 * 60 };

static uint32_t parse_window(const char *arg, struct argp_state *state)
{
    char *end;
    unsigned long seconds = strtoul(arg, &end, 10);

    if (*arg < '0' || *arg > '9' || *end != '\0' || seconds > DAY_S)
        argp_error(state, "--window wants seconds, 0 to %d, not '%s'", DAY_S, arg);
    return (uint32_t)seconds;
}

static void check(const server_options *o, struct argp_state *state)
{
    if (o->hci == NULL)
        argp_error(state, "--hci is needed: where the controller is, as in --hci unix:PATH");
    if (strlen(o->name) > SERVER_NAME_MAX)
        argp_error(state, "the name has more than %d octets", SERVER_NAME_MAX);
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    server_options *o = state->input;

    switch (key) {
    case 'H':
        o->hci = arg;
        return 0;
    case 'n':
        o->name = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case 'w':
        o->window_s = parse_window(arg, state);
        return 0;
    case OPTION_SHOW_KEYS:
        o->show_keys = true;
        return 0;
    case OPTION_BTSNOOP:
        o->btsnoop = arg;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is one argument too many", arg);
        return 0;
    case ARGP_KEY_END:
        check(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"hci", 'H', "WHERE", 0, "the controller: unix:PATH, a unix socket with H4 framing", 0},
    {"name", 'n', "NAME", 0, "what it calls itself (default lamp)", 0},
    {"window", 'w', "SECONDS", 0, "how long it lets itself be paired (default 300); 0: not at all", 0},
    {"json", 'j', NULL, 0, "tell events as JSON, one object a line", 0},
    {"show-keys", OPTION_SHOW_KEYS, NULL, 0,
     "tell the long term key of each new bond, in hex, most significant octet first", 0},
    {"btsnoop", OPTION_BTSNOOP, "FILE", 0, "capture the HCI traffic; it holds the keys", 0},
    {0},
};

static const struct argp parser = {
    option_table,
    take_option,
    NULL,
    "Is a lamp: a peripheral that advertises, lets itself be paired by LE Secure Connections, Just Works, while its "
    "window is open, and serves two values to encrypted links only."
    "\v"
    "service  " LAMP_SERVICE "\n"
    "  state  " LAMP_STATE "  read: \"" LAMP_STATE_TEXT "\"\n"
    "  note   " LAMP_NOTE "  read and write, up to 64 octets\n"
    "\n"
    "Up to four links at once.  Bonds live as long as the program.  The window closes after one pairing, three failed "
    "ones, or its time.\n"
    "\n"
    "JSON: each object has `event', `time_ms' (since the start) and `sentence'; where they apply, `link', "
    "`peer_address', `peer_address_type', `peer', `level', `key_size', `why'.\n"
    "\n"
    "Ctrl-C or SIGTERM: disconnects, exit status 0.  Exit status 1: no controller, one that lacks what is needed, or "
    "one that was lost.",
    NULL,
    NULL,
    NULL,
};

int serve_main(int argc, char **argv)
{
    server_options options = {.name = "lamp", .window_s = 300};

    argp_parse(&parser, argc, argv, 0, NULL, &options);
    return server_run(&options);
}
