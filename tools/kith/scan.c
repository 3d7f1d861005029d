/* `kith scan`: its options.  The work is in scanner.c. */
#include <argp.h>

#include "command.h"
#include "scanner.h"
#include "search.h"

enum { OPTION_PASSIVE = 256, OPTION_LIVE, OPTION_RAW, OPTION_CODED, DAY_S = 24 * 60 * 60 };

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    scanner_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->link;
        return 0;
    case 'f':
        if (*arg == '\0')
            argp_error(state, "--find '' is nobody");
        o->find = arg;
        return 0;
    case 't':
        o->time_s = link_options_number("--time", arg, DAY_S, state);
        return 0;
    case OPTION_PASSIVE:
        o->passive = true;
        return 0;
    case OPTION_LIVE:
        o->live = true;
        return 0;
    case OPTION_RAW:
        o->raw = true;
        return 0;
    case OPTION_CODED:
        o->coded = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is one argument too many; --find looks for somebody", arg);
        return 0;
    case ARGP_KEY_END:
        if (o->find != NULL && o->live)
            argp_error(state, "--live tells all that is heard, --find one alone: only one of them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"find", 'f', "WHAT", 0, "tell of this one alone, and end when it is heard: " SEARCH_HELP, 0},
    {"time", 't', "SECONDS", 0, "how long to listen (default 10); 0: until Ctrl-C", 0},
    {"passive", OPTION_PASSIVE, NULL, 0, "send nothing: names that are only told when asked for stay unknown", 0},
    {"live", OPTION_LIVE, NULL, 0, "a line for each report, not for each device", 0},
    {"raw", OPTION_RAW, NULL, 0, "what they say in hex, too: type and value of each AD structure", 0},
    {"coded", OPTION_CODED, NULL, 0, "listen to LE Coded, too, which reaches further", 0},
    {0},
};

static const struct argp_child children[] = {{&device_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    NULL,
    "Tells who is there: a line for each device that advertises, with how strongly it is heard, its address, whether "
    "it "
    "can be connected to, and what it says of itself: name, services, manufacturer."
    "\v"
    "A device is told when all of it was heard, at the latest after a second, and once more when it says something "
    "new.  "
    "An address is public or static, which stays; or resolvable or non-resolvable, which changes.  One that a bonded "
    "peer would have is told so (`claims peer 3'); like all that is heard it is a claim, until that peer encrypts.  "
    "Bonds are those of `kith pair'.\n"
    "\n"
    "Up to 4096 devices are remembered; of more, whoever was heard longest ago leaves, and the last line says how "
    "many.  With --hci sim a lamp is there; with --hci sim:1000 a thousand devices besides.\n"
    "\n"
    "JSON: one object for each event of the host, and `event' advertiser for each device: `address', `address_type', "
    "`address_kind', `claimed_peer', `rssi' and `tx_power' (dBm), `connectable', `scannable', `directed', `name', "
    "`services' (each `uuid' and, where it is known, `name'), `company', `company_name', `appearance', `extended', "
    "`sid', `primary_phy', `secondary_phy', `is_cut', `reports' so far, `data' and `scan_response' (hex, as heard "
    "last); in the end `event' summary: `heard', `connectable', `claiming', `left' (the table), `reports', `dropped'.\n"
    "\n"
    "Exit status: 0 the time is over, or --find has found; 4 --find has not, and a sentence on stderr says who was "
    "heard; 1 it failed; 2 wrong use; 130 Ctrl-C.",
    children,
    NULL,
    NULL,
};

int scan_main(int argc, char **argv)
{
    static scanner_options options;

    scanner_options_init(&options);
    argp_parse(&parser, argc, argv, 0, NULL, &options);
    return link_options_complete(&options.link, "pair") ? scanner_run(&options) : EXIT_FAILED;
}
