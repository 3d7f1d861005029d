/* What these commands share: how long to look, whether to pair, which MTU. */
#include "ask_options.h"

enum { OPTION_NO_PAIR = 0x2000, OPTION_MTU, HOUR_S = 60 * 60 };

/* No level: none was told. */
void ask_options_init(ask_options *o, const errand *what, void *self)
{
    client_options_init(&o->client);
    o->client.link.level = KITH_LEVEL_NONE;
    o->client.mtu = CLIENT_MTU;
    o->client.first = CLIENT_SECURES_BONDED;
    o->client.raise = KITH_GATT_RAISE_PAIR;
    o->client.errand = what;
    o->client.self = self;
    o->no_pair = false;
}

static unsigned take_timeout(const char *arg, struct argp_state *state)
{
    unsigned seconds = link_options_number("--timeout", arg, HOUR_S, state);

    if (seconds == 0)
        argp_error(state, "--timeout wants a second at least");
    return seconds;
}

static uint16_t take_mtu(const char *arg, struct argp_state *state)
{
    unsigned mtu = link_options_number("--mtu", arg, CLIENT_MTU, state);

    if (mtu < KITH_ATT_DEFAULT_MTU)
        argp_error(state, "--mtu wants %d at least, not '%s'", KITH_ATT_DEFAULT_MTU, arg);
    return (uint16_t)mtu;
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    ask_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->client.link;
        return 0;
    case 't':
        o->client.timeout_s = take_timeout(arg, state);
        return 0;
    case OPTION_NO_PAIR:
        o->no_pair = true;
        return 0;
    case OPTION_MTU:
        o->client.mtu = take_mtu(arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"timeout", 't', "SECONDS", 0, "how long to look for it (default 20)", 0},
    {"no-pair", OPTION_NO_PAIR, NULL, 0, "never pair; a bond that stands is used all the same", 2},
    {"mtu", OPTION_MTU, "N", 0,
     "the largest ATT MTU to agree on, 23 to 517 (default 517); 23: none is asked for.  From 24 on it is also the "
     "longest value that can be read",
     3},
    {0},
};

static const struct argp_child children[] = {{&link_options_parser, 0, NULL, 0}, {0}};

const struct argp ask_options_parser = {option_table, take_option, NULL, NULL, children, NULL, NULL};

bool ask_options_complete(ask_options *o)
{
    client_options *c = &o->client;

    if (c->link.level == KITH_LEVEL_NONE)
        c->link.level = KITH_LEVEL_ENCRYPTED;
    else if (c->first == CLIENT_SECURES_BONDED)
        c->first = CLIENT_SECURES_ALL;
    c->may_pair = !o->no_pair;
    if (o->no_pair && c->raise == KITH_GATT_RAISE_PAIR)
        c->raise = KITH_GATT_RAISE_BOND;
    return link_options_complete(&c->link, "pair");
}
