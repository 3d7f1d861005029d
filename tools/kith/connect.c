/* `kith connect': its options.  The work is in visit.c and staying.c. */
#include <argp.h>
#include <stdlib.h>

#include "choice.h"
#include "client.h"
#include "command.h"
#include "search.h"
#include "staying.h"

enum {
    OPTION_WITHIN = 256,
    OPTION_INTERVAL,
    OPTION_LATENCY,
    OPTION_TIMEOUT,
    OPTION_PHY,
    HOUR_S = 60 * 60,
    YEAR_S = 365 * 86400,
    INTERVAL_US = 1250,
    LONGEST_MS = 32000 /* of anything here */
};

typedef struct {
    client_options client;
    kith_connection_parameters parameters;
    unsigned time_s;
    uint8_t phys;
} arguments;

static const choice_entry choice_phy[] = {
    {"1m", KITH_PHYS_1M}, {"2m", KITH_PHYS_2M}, {"coded", KITH_PHYS_CODED}, {NULL, 0}};

/* Milliseconds, with a fraction: at *text, which is moved behind them. */
static uint16_t take_interval(char **text, const char *arg, struct argp_state *state)
{
    const char *from = *text;
    double ms = strtod(from, text);

    if (*from < '0' || *from > '9' || ms > LONGEST_MS)
        argp_error(state, "--interval wants milliseconds, or two numbers with a - between them, not '%s'", arg);
    return (uint16_t)((ms * 1000 + INTERVAL_US / 2.0) / INTERVAL_US);
}

static void take_intervals(arguments *a, char *arg, struct argp_state *state)
{
    char *at = arg;

    a->parameters.interval_min_1250us = a->parameters.interval_max_1250us = take_interval(&at, arg, state);
    if (*at == '-') {
        at++;
        a->parameters.interval_max_1250us = take_interval(&at, arg, state);
    }
    if (*at != '\0')
        argp_error(state, "--interval wants milliseconds, or two numbers with a - between them, not '%s'", arg);
}

static void take_timeout(arguments *a, const char *arg, struct argp_state *state)
{
    a->parameters.timeout_10ms = (uint16_t)(link_options_number("--timeout", arg, LONGEST_MS, state) / 10);
}

static void check(const arguments *a, struct argp_state *state)
{
    const char *fault = kith_gap_parameters_fault(&a->parameters);

    if (a->client.peer == NULL || *a->client.peer == '\0')
        argp_error(state, "to whom? a name or an address is needed, as in `kith connect lamp'");
    if (fault != NULL)
        argp_error(state, "--interval, --latency and --timeout: %s", fault);
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->client.link;
        return 0;
    case 't':
        a->time_s = link_options_number("--time", arg, YEAR_S, state);
        return 0;
    case OPTION_WITHIN:
        a->client.timeout_s = link_options_number("--within", arg, HOUR_S, state);
        if (a->client.timeout_s == 0)
            argp_error(state, "--within wants a second at least");
        return 0;
    case OPTION_INTERVAL:
        take_intervals(a, arg, state);
        return 0;
    case OPTION_LATENCY:
        a->parameters.latency = (uint16_t)link_options_number("--latency", arg, UINT16_MAX, state);
        return 0;
    case OPTION_TIMEOUT:
        take_timeout(a, arg, state);
        return 0;
    case OPTION_PHY:
        a->phys = (uint8_t)choice_of(choice_phy, "--phy", arg, state);
        return 0;
    case ARGP_KEY_ARG:
        if (a->client.peer != NULL)
            argp_error(state, "'%s' is one argument too many", arg);
        a->client.peer = arg;
        return 0;
    case ARGP_KEY_END:
        check(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"time", 't', "SECONDS", 0, "how long to stay (default 0: until Ctrl-C)", 0},
    {"within", OPTION_WITHIN, "SECONDS", 0, "how long to look for it (default 20)", 0},
    {"interval", OPTION_INTERVAL, "MS", 0, "how often both sides meet, as 7.5 or 30-50: 7.5 to 4000 ms (default 30-50)",
     0},
    {"latency", OPTION_LATENCY, "N", 0, "how many of these times the peer may stay away, 0 to 499 (default 0)", 0},
    {"timeout", OPTION_TIMEOUT, "MS", 0,
     "after how long a silent peer is lost, 100 to 32000 ms (default 4000); longer than it may stay away, twice", 0},
    {"phy", OPTION_PHY, "PHY", 0, "ask for this one, to the peer and from it: 1m, 2m or coded", 0},
    {0},
};

static const struct argp_child children[] = {{&device_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "PEER",
    "Connects to PEER and stays: tells how the link is (parameters, PHY, packet length, how strongly the peer is "
    "heard) "
    "and each change, until Ctrl-C or --time.  A bonded peer has to prove that it is that one, by encryption; nobody "
    "is "
    "paired with."
    "\v"
    "PEER is " SEARCH_HELP ".  Bonds are those of `kith pair'.\n"
    "\n"
    "How strongly the peer is heard is looked at every two seconds, and told when it has changed by 5 dB.\n"
    "\n"
    "JSON: one object for each event, as with `kith pair', among them phy (`tx_phy', `rx_phy'), data-length "
    "(`tx_octets', `rx_octets'), parameters (`interval_1250us', `latency', `timeout_10ms'), rssi (`rssi', in dBm, each "
    "time); and one with `event' link when it is as it is wanted: `interval_1250us', `latency', `timeout_10ms', "
    "`level', "
    "`level_name', `key_size'.\n"
    "\n"
    "Exit status: 0 it stayed as long as --time says; 1 it was not connected, or not to the end, and a sentence on "
    "stderr says why; 2 wrong use; 130 Ctrl-C.",
    children,
    NULL,
    NULL,
};

int connect_main(int argc, char **argv)
{
    static arguments a;
    static staying s;

    client_options_init(&a.client);
    kith_gap_default_parameters(&a.parameters);
    a.client.parameters = &a.parameters;
    a.client.first = CLIENT_SECURES_BONDED;
    a.client.may_pair = false;
    a.client.raise = KITH_GATT_RAISE_NOT;
    a.client.errand = &staying_errand;
    a.client.self = &s;
    argp_parse(&parser, argc, argv, 0, NULL, &a);
    staying_init(&s, a.time_s, a.phys);
    return link_options_complete(&a.client.link, "pair") ? client_run(&a.client) : EXIT_FAILED;
}
