/* secure_client as a command: what it looks for, and where its radio is. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "counterpart.h"
#include "examples/room/desk.h"
#include "secure_client.h"

enum { WRONG_USE = 2, SHOWN_READS = 5 };
enum { HCI = 1, STORE, NAME, SERVICE, CHARACTERISTIC, COUNT, PASSKEY, SERVE };

typedef struct {
    secure_client client;
    const char *hci, *store, *passkey;
    bool serve;
} options;

static const struct argp_option option_table[] = {
    {"hci", HCI, "WHERE", 0, DESK_HCI_HELP, 0},
    {"serve", SERVE, NULL, 0, "be the server that is looked for instead (with --hci)", 0},
    {"store", STORE, "FILE", 0, "keep bonds in FILE (with --hci; without it they are forgotten)", 0},
    {"name", NAME, "NAME", 0, "look for the device of this name (iPhone)", 0},
    {"service", SERVICE, "UUID", 0, "what it must have (9b574847-f706-436c-bed7-fc01eb0965c1)", 0},
    {"characteristic", CHARACTERISTIC, "UUID", 0, "what is read (681285a6-247f-48c6-80ad-68c3dce18585)", 0},
    {"count", COUNT, "N", 0, "read N times (until Ctrl-C; on the virtual radio, where a second is nothing, 5)", 0},
    {"passkey", PASSKEY, "NNNNNN", 0, "what is typed when the peer's passkey is wanted; without it you are asked", 0},
    {0},
};

static unsigned number_of(const char *text, unsigned most, struct argp_state *state)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > most)
        argp_error(state, "'%s' is no number from 0 to %u", text, most);
    return (unsigned)number;
}

static void read_uuid(const char *text, kith_uuid *uuid, struct argp_state *state)
{
    if (kith_uuid_parse(text, uuid) != KITH_OK)
        argp_error(state, "'%s' is no UUID", text);
}

static void check(const options *o, struct argp_state *state)
{
    if (o->store != NULL && o->hci == NULL)
        argp_error(state, "--store goes with --hci: on the virtual radio everything is forgotten");
    if (o->serve && o->hci == NULL)
        argp_error(state, "--serve goes with --hci");
    if (strlen(o->client.name) > 31)
        argp_error(state, "'%s' is longer than a name that is advertised", o->client.name);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    options *o = state->input;

    switch (key) {
    case HCI:
        o->hci = text;
        return 0;
    case SERVE:
        o->serve = true;
        return 0;
    case STORE:
        o->store = text;
        return 0;
    case NAME:
        o->client.name = text;
        return 0;
    case SERVICE:
        read_uuid(text, &o->client.service, state);
        return 0;
    case CHARACTERISTIC:
        read_uuid(text, &o->client.characteristic, state);
        return 0;
    case COUNT:
        o->client.count = number_of(text, 1000000, state);
        return 0;
    case PASSKEY:
        (void)number_of(text, 999999, state);
        o->passkey = text;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is one word too many", text);
        return 0;
    case ARGP_KEY_END:
        check(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    option_table,
    parse,
    NULL,
    "Finds a server, secures the link by its passkey, and reads a value every second.\v"
    "Exit status: 0 well, or stopped by Ctrl-C; 1 it could not be done, and why is said; 2 wrong use.",
    NULL,
    NULL,
    NULL};

int main(int argc, char **argv)
{
    static desk d;
    static options o;
    static counterpart other;
    const room_device program = {&o.client, "secure_client", secure_client_power_on, NULL, NULL};
    const room_device beside = {&other, "server", counterpart_power_on, counterpart_on_event, NULL};
    kith_call call = KITH_CALL_FAILED;

    secure_client_default(&o.client);
    argp_err_exit_status = WRONG_USE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (o.serve)
        return desk_serve(&d, o.hci, o.store, &beside);
    if (o.hci == NULL && o.client.count == 0)
        o.client.count = SHOWN_READS;
    if (desk_open(&d, o.hci, o.store, &program, &beside)) {
        d.given = o.passkey;
        d.display = d.is_virtual ? &other.shown : NULL;
        call = secure_client_run(&o.client, &d.blocking);
    }
    desk_close(&d);
    return call == KITH_CALL_OK || desk_is_stopped() ? EXIT_SUCCESS : EXIT_FAILURE;
}
