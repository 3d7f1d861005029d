/* `kith controller`: its options.  The work is in radio.c. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>

#include "command.h"
#include "radio.h"

enum { OPTION_DECRYPTED = 256, OPTION_BTSNOOP };

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    radio_options *o = state->input;
    char *end;

    switch (key) {
    case 'u':
        o->path = arg;
        return 0;
    case 'p':
        o->pcap = arg;
        return 0;
    case OPTION_DECRYPTED:
        o->decrypted = arg;
        return 0;
    case OPTION_BTSNOOP:
        o->btsnoop = arg;
        return 0;
    case 's':
        o->seed = strtoull(arg, &end, 0);
        if (*arg < '0' || *arg > '9' || *end != '\0')
            argp_error(state, "--seed wants a number, not '%s'", arg);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is one argument too many", arg);
        return 0;
    case ARGP_KEY_END:
        if (o->path == NULL)
            argp_error(state, "--unix PATH is needed: where to listen");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"unix", 'u', "PATH", 0, "listen on a unix socket, for this user alone (mode 0600)", 0},
    {"pcap", 'p', "FILE", 0, "capture the air as an antenna hears it", 0},
    {"pcap-decrypted", OPTION_DECRYPTED, "FILE", 0, "capture the air with protected packets in plain", 0},
    {"btsnoop", OPTION_BTSNOOP, "PREFIX", 0, "capture the HCI traffic of client N in PREFIX-N.btsnoop", 0},
    {"seed", 's', "N", 0, "of the radio's randomness, LE Rand included (default 1)", 0},
    {0},
};

static const struct argp parser = {
    option_table,
    take_option,
    NULL,
    "Serves the virtual radio to live hosts.  Each program that connects to the socket gets a Bluetooth LE controller "
    "of its own, with a public address of its own, and speaks HCI with H4 framing to it; all controllers are in one "
    "room and hear each other, in real time."
    "\v"
    "Prints `listening on PATH' when clients may come, then a line for each that comes or goes.  A client that goes "
    "takes its controller with it; its peers see a supervision timeout.  One that sends what is no H4 packet is told "
    "by Hardware Error and has to send HCI_Reset.\n"
    "\n"
    "Ctrl-C or SIGTERM: the socket is removed, the captures are complete, exit status 0.  Its randomness is seeded, so "
    "it is for trying out and testing, not for secrets.",
    NULL,
    NULL,
    NULL,
};

int controller_main(int argc, char **argv)
{
    radio_options options = {.seed = 1};

    argp_parse(&parser, argc, argv, 0, NULL, &options);
    return radio_serve(&options);
}
