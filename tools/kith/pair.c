/* `kith pair`: its options.  The work is in client.c. */
#include <argp.h>

#include "client.h"
#include "command.h"
#include "reading.h"

enum { OPTION_AGAIN = 256, HOUR_S = 60 * 60 };

static reading value;

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    client_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->link;
        return 0;
    case OPTION_AGAIN:
        o->again = true;
        return 0;
    case 'r':
        if (!reading_init(&value, arg))
            argp_error(state, "--read wants a UUID, or two with a slash between them, not '%s'", arg);
        return 0;
    case 't':
        o->timeout_s = link_options_number("--timeout", arg, HOUR_S, state);
        if (o->timeout_s == 0)
            argp_error(state, "--timeout wants a second at least");
        return 0;
    case ARGP_KEY_ARG:
        if (o->peer != NULL)
            argp_error(state, "'%s' is one argument too many", arg);
        o->peer = arg;
        return 0;
    case ARGP_KEY_END:
        if (o->peer == NULL || *o->peer == '\0')
            argp_error(state, "who is to be paired with? a name or an address is needed, as in `kith pair lamp'");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"read", 'r', "UUID", 0,
     "the characteristic to read, as UUID or SERVICE/UUID (default: the lamp's state); without SERVICE it is looked "
     "for "
     "in the lamp's and in 1800, 1801, 180a and 180f",
     0},
    {"timeout", 't', "SECONDS", 0, "how long to look for it (default 20)", 0},
    {"again", OPTION_AGAIN, NULL, 0,
     "pair anew although a bond stands, which is kept until the new one is stored; for a peer that lost its keys", 0},
    {0},
};

static const struct argp_child children[] = {{&link_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "PEER",
    "Finds PEER, a name, an address, the number of a bond or a service, connects, encrypts with the bond there is, "
    "else pairs by "
    "LE Secure Connections "
    "(Numeric Comparison where both sides can show a number and be told yes, Passkey Entry where one can type what the "
    "other shows, else Just Works), reads a value, and leaves."
    "\v"
    "Three terminals: `kith controller', `kith serve', `kith pair lamp'.  One: `kith pair --hci sim lamp', where a "
    "lamp "
    "without a display comes along; it keeps bonds only with --store FILE, in FILE.guest.\n"
    "\n"
    "Questions are answered by yes or no, and by nothing else, but for a passkey: by its six digits, grouped as you "
    "like, or no.  At the end of the input nobody can answer, and that is a no.  What was typed before a number was "
    "shown does not count.  A bond that fails to encrypt is kept; whether to pair again is asked.  Two devices of one "
    "name are refused, unless one of them is bonded.\n"
    "\n"
    "JSON: each object has `event', `time_ms' (since the start) and `sentence'; where they apply, `link', "
    "`peer_address', `peer_address_type', `peer', `level', `key_size', `why'; `number' with comparison-wanted, "
    "`passkey' with passkey-shown, `both_type' with passkey-wanted, `value' (hex) and `text' with value.  Answers are "
    "plain lines on stdin.\n"
    "\n"
    "Bonds are kept in pair.kith of the default folder; see `kith bonds'.  Exit status: 0 the link is secure, its bond "
    "stored, and the value was read, or there is none; 1 it is not, and a sentence on stderr says why; 2 wrong use; "
    "130 Ctrl-C.",
    children,
    NULL,
    NULL,
};

int pair_main(int argc, char **argv)
{
    static client_options options;

    client_options_init(&options);
    options.self = &value;
    if (!reading_init(&value, NULL))
        return EXIT_FAILED;
    argp_parse(&parser, argc, argv, 0, NULL, &options);
    return link_options_complete(&options.link, "pair") ? client_run(&options) : EXIT_FAILED;
}
