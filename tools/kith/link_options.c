/* Options that commands on a controller share: a parser that theirs have as a child. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "air_path.h"
#include "choice.h"
#include "link_options.h"
#include "store_file.h"

enum {
    OPTION_BTSNOOP = 0x1000,
    OPTION_SHOW_KEYS,
    OPTION_STORE,
    OPTION_PUBLIC,
    OPTION_PRIVATE,
    OPTION_PRIVATE_CYCLE,
    OPTION_IO,
    OPTION_LEVEL,
    OPTION_INSECURE_CONFIRM,
    OPTION_LEGACY,
    OPTION_SIGNING
};

void link_options_init(link_options *o)
{
    memset(o, 0, sizeof *o);
    o->fd = -1;
    o->level = KITH_LEVEL_ENCRYPTED;
    o->io = isatty(STDIN_FILENO) ? KITH_IO_KEYBOARD_DISPLAY : KITH_IO_NO_INPUT_NO_OUTPUT;
}

unsigned link_options_number(const char *option, const char *arg, unsigned most, struct argp_state *state)
{
    char *end;
    unsigned long number;

    errno = 0;
    number = strtoul(arg, &end, 10);
    if (*arg < '0' || *arg > '9' || *end != '\0' || errno != 0 || number > most)
        argp_error(state, "%s wants a number from 0 to %u, not '%s'", option, most, arg);
    return (unsigned)number;
}

/* ---- parsing ---- */

static void check(const link_options *o, struct argp_state *state)
{
    if (o->insecure_confirm && o->level > KITH_LEVEL_ENCRYPTED)
        argp_error(state, "--insecure-confirm confirms numbers that nobody has seen, which never gives a level above "
                          "`encrypted'");
}

/* "sim", or "sim:N". */
static void take_hci(link_options *o, const char *arg, struct argp_state *state)
{
    static const char prefix[] = "sim:";

    o->hci = arg;
    if (strncmp(arg, prefix, sizeof prefix - 1) != 0)
        return;
    o->crowd = link_options_number("--hci sim:N", arg + sizeof prefix - 1, LINK_OPTIONS_CROWD, state);
    o->hci = "sim";
}

static void take_cycle(link_options *o, const char *arg, struct argp_state *state)
{
    unsigned seconds = link_options_number("--private-cycle", arg, KITH_PRIVACY_CYCLE_MAX_S, state);

    if (seconds == 0)
        argp_error(state, "--private-cycle wants a second at least");
    o->is_private = true;
    o->private_cycle_s = (uint16_t)seconds;
}

static error_t take_device_option(int key, char *arg, struct argp_state *state)
{
    link_options *o = state->input;

    switch (key) {
    case 'H':
        take_hci(o, arg, state);
        return 0;
    case OPTION_STORE:
        o->store = arg;
        return 0;
    case OPTION_PUBLIC:
        o->is_public = true;
        return 0;
    case OPTION_PRIVATE:
        o->is_private = true;
        return 0;
    case OPTION_PRIVATE_CYCLE:
        take_cycle(o, arg, state);
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case OPTION_BTSNOOP:
        o->btsnoop = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    link_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = o;
        return 0;
    case OPTION_IO:
        o->io = (kith_io_capability)choice_of(choice_io, "--io", arg, state);
        return 0;
    case OPTION_LEVEL:
        o->level = (kith_level)choice_of(choice_level, "--level", arg, state);
        return 0;
    case 'y':
        o->yes = true;
        return 0;
    case OPTION_INSECURE_CONFIRM:
        o->insecure_confirm = true;
        return 0;
    case OPTION_LEGACY:
        o->legacy = true;
        return 0;
    case OPTION_SIGNING:
        o->signing = true;
        return 0;
    case OPTION_SHOW_KEYS:
        o->show_keys = true;
        return 0;
    case ARGP_KEY_END:
        check(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option device_option_table[] = {
    {"hci", 'H', "WHERE", 0,
     "the controller: unix:PATH, tcp:HOST:PORT, uart:DEV[,BAUD], hciN (an adapter of this Linux, which must be down) "
     "or sim (a virtual radio of its own; sim:N: with N more devices there, that advertise); default $KITH_HCI, else "
     "where `kith controller' listens",
     1},
    {"store", OPTION_STORE, "FILE", 0,
     "where bonds and this device's identity are kept; none: nowhere; default in "
     "${XDG_STATE_HOME:-~/.local/state}/kith",
     1},
    {"public", OPTION_PUBLIC, NULL, 0,
     "be the controller's public address, and not the static one of the store: for bonds that belong to it, as those "
     "of "
     "other systems on the same adapter do (`kith bonds import')",
     1},
    {"private", OPTION_PRIVATE, NULL, 0,
     "be seen under addresses that change, and that bonded peers alone know (resolvable private addresses)", 1},
    {"private-cycle", OPTION_PRIVATE_CYCLE, "SECONDS", 0,
     "the same, each address for so long at most, 1 to 3600 (default 900)", 1},
    {"json", 'j', NULL, 0, "tell events as JSON, one object a line", 3},
    {"btsnoop", OPTION_BTSNOOP, "FILE", 0, "capture the HCI traffic; it holds the keys", 3},
    {0},
};

static const struct argp_option option_table[] = {
    {"io", OPTION_IO, "IO", 0,
     "none, display-only, display-yes-no, keyboard-only or keyboard-display: what decides how devices pair; default "
     "keyboard-display on a terminal, else none",
     2},
    {"level", OPTION_LEVEL, "LEVEL", 0,
     "the least security of a link: encrypted (or 2, the default), authenticated (3), sc-authenticated (4)", 2},
    {"yes", 'y', NULL, 0, "consent to pairing; not to a number, and not to replacing a bond that stands", 2},
    {"insecure-confirm", OPTION_INSECURE_CONFIRM, NULL, 0,
     "say yes to every number unseen: no protection against a man in the middle", 2},
    {"legacy", OPTION_LEGACY, NULL, 0,
     "allow LE legacy pairing too, where the peer has nothing better: whoever listens to it learns the keys", 2},
    {"signing", OPTION_SIGNING, NULL, 0,
     "exchange signing keys while pairing: for signed writes, which go over plain links for everybody to read", 2},
    {"show-keys", OPTION_SHOW_KEYS, NULL, 0,
     "tell the long term key of each new bond, in hex, most significant octet first; of a legacy bond the keys of both "
     "directions, with their EDIV and Rand",
     3},
    {0},
};

const struct argp device_options_parser = {device_option_table, take_device_option, NULL, NULL, NULL, NULL, NULL};

static const struct argp_child children[] = {{&device_options_parser, 0, NULL, 0}, {0}};

const struct argp link_options_parser = {option_table, take_option, NULL, NULL, children, NULL, NULL};

/* ---- defaults ---- */

bool link_options_are_sim(const link_options *o)
{
    return strcmp(o->hci, "sim") == 0;
}

static bool complete_hci(link_options *o)
{
    static const char prefix[] = "unix:";
    const char *told = getenv("KITH_HCI");

    if (o->hci == NULL && told != NULL && *told != '\0')
        o->hci = told;
    if (o->hci != NULL)
        return true;
    memcpy(o->hci_text, prefix, sizeof prefix);
    o->hci = o->hci_text;
    return air_path(o->hci_text + sizeof prefix - 1, sizeof o->hci_text - (sizeof prefix - 1));
}

/* A counterpart that lives as long as the command would not know a bond that outlived it. */
static bool complete_store(link_options *o, const char *stem)
{
    if (o->store != NULL) {
        if (strcmp(o->store, "none") == 0)
            o->store = NULL;
        return true;
    }
    if (link_options_are_sim(o))
        return true;
    o->store = o->store_text;
    return store_file_default_path(o->store_text, sizeof o->store_text, stem);
}

bool link_options_complete(link_options *o, const char *stem)
{
    return complete_hci(o) && complete_store(o, stem);
}
