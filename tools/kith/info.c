/* `kith info': its options. */
#include <argp.h>

#include "ask_options.h"
#include "command.h"
#include "listing.h"

typedef struct {
    ask_options ask;
    bool values;
} arguments;

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->ask;
        return 0;
    case 'v':
        a->values = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->ask.client.peer != NULL)
            argp_error(state, "'%s' is one argument too many", arg);
        a->ask.client.peer = arg;
        return 0;
    case ARGP_KEY_END:
        if (a->ask.client.peer == NULL || *a->ask.client.peer == '\0')
            argp_error(state, "about whom? a name or an address is needed, as in `kith info lamp'");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"values", 'v', NULL, 0, "read what may be read over this link, too", 0},
    {0},
};

static const struct argp_child children[] = {{&ask_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "PEER",
    "Lists what PEER has: services, what they include, characteristics and what may be done with them, descriptors, "
    "all with their handles; and how the link is protected."
    "\v" ASK_OPTIONS_HELP
    "A peer without a bond is not paired with: what may not be read over a plain link is told as such.  With --level "
    "the link is secured before anything is asked, by pairing where that is needed.\n"
    "\n"
    "A characteristic's handle is that of its value, as `kith read' and `kith write' take it.\n"
    "\n"
    "JSON: one object for each event, as with `kith pair', then one with `event' peer (`mtu', `level', `level_name', "
    "`key_size', `bonded', `table_kept', `peer', `database_hash'), and one for each service (`handle', `last_handle', "
    "`primary'), "
    "include (`handle', `service_handle', `included_handle', `included_last_handle'), characteristic (`handle', "
    "`declaration_handle', `service_handle', `properties'), descriptor (`handle', `service_handle') and value "
    "(`handle', `value', `text', or `att_error'), all with `uuid' and `name' where they are known.\n"
    "\n"
    "Exit status: 0 all was listed; " ASK_OPTIONS_EXIT,
    children,
    NULL,
    NULL,
};

int info_main(int argc, char **argv)
{
    static arguments a;
    static listing l;
    int status;

    ask_options_init(&a.ask, &listing_errand, &l);
    a.ask.client.raise = KITH_GATT_RAISE_NOT;
    argp_parse(&parser, argc, argv, 0, NULL, &a);
    listing_init(&l, a.values);
    if (!ask_options_complete(&a.ask))
        return EXIT_FAILED;
    status = client_run(&a.ask.client);
    listing_close(&l);
    return status;
}
