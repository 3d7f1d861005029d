/* camera as a command: how it pairs, where its secrets are, and where its radio is.  Without a controller it tells its
 * story on the virtual radio: it pairs, loses power, comes back by the bond, forgets it, and is refused by the box,
 * which did not forget. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "camera.h"
#include "examples/room/desk.h"

enum { WRONG_USE = 2 };
enum { HCI = 1, SERVE, STORE, SECRETS, IO, MITM, NO_BOND, OFF, FORGET };

typedef struct {
    camera camera;
    const char *hci, *store;
    size_t places;
    bool serve, off, forget;
    kith_address forgotten;
} options;

static const struct argp_option option_table[] = {
    {"hci", HCI, "WHERE", 0, DESK_HCI_HELP, 0},
    {"serve", SERVE, NULL, 0, "be the box with the relay instead (with --hci)", 0},
    {"store", STORE, "FILE", 0, "with --serve: keep the box's bonds in FILE; without it they are forgotten", 0},
    {"secrets", SECRETS, "DIR", 0,
     "keep ble_secrets.json in DIR; of several the first that can be written to (/sdcard, /flash, here)", 0},
    {"io", IO, "N", 0, "0 display, 1 display and yes/no, 2 keyboard, 3 neither (default), 4 both", 0},
    {"mitm", MITM, NULL, 0, "demand protection against a man in the middle", 0},
    {"no-bond", NO_BOND, NULL, 0, "keep nothing", 0},
    {"off", OFF, NULL, 0, "switch the relay off, not on", 0},
    {"forget", FORGET, "ADDRESS", 0, "forget the peer with this address, and do nothing else", 0},
    {0},
};

static void add_place(options *o, const char *folder, struct argp_state *state)
{
    if (o->places == CAMERA_PLACES)
        argp_error(state, "more than %d places for secrets", (int)CAMERA_PLACES);
    if (o->places == 0)
        memset(o->camera.places, 0, sizeof o->camera.places);
    o->camera.places[o->places++] = folder;
}

static void check(const options *o, struct argp_state *state)
{
    if ((o->serve || o->forget) && o->hci == NULL)
        argp_error(state, "--serve and --forget go with --hci");
    if (o->store != NULL && !o->serve)
        argp_error(state, "--store goes with --serve: a camera has --secrets");
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
    case SECRETS:
        add_place(o, text, state);
        return 0;
    case IO:
        if (text[0] < '0' || text[0] > '4' || text[1] != '\0')
            argp_error(state, "'%s' is no number from 0 to 4", text);
        o->camera.pairing.io = (unsigned)(text[0] - '0');
        return 0;
    case MITM:
        o->camera.pairing.mitm = true;
        return 0;
    case NO_BOND:
        o->camera.pairing.bond = false;
        return 0;
    case OFF:
        o->off = true;
        return 0;
    case FORGET:
        o->forget = true;
        if (kith_address_parse(text, &o->forgotten) != KITH_OK)
            argp_error(state, "'%s' is no address, as in C0:11:22:33:44:55", text);
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
    "Pairs with a box, looks at its battery, and switches its relay.\v"
    "Exit status: 0 well, or stopped by Ctrl-C; 1 it could not be done, and why is said; 2 wrong use.",
    NULL,
    NULL,
    NULL};

static desk d;
static options o;
static box other = {.battery = 87};
static const room_device program = {&o.camera, "camera", camera_power_on, NULL, NULL};
static const room_device beside = {&other, "box", box_power_on, box_on_event, box_turn};

static bool is_forgotten(kith_address identity, uint8_t type)
{
    identity.type = type;
    return camera_forget(&d.blocking, &identity) == KITH_CALL_OK && d.blocking.event.forgotten.status == KITH_OK;
}

static bool forget(const kith_address *identity)
{
    char text[KITH_ADDRESS_TEXT];
    bool well = is_forgotten(*identity, KITH_ADDRESS_RANDOM) || is_forgotten(*identity, KITH_ADDRESS_PUBLIC);

    printf(well ? "%s is forgotten\n" : "%s is no peer that could be forgotten\n", kith_address_format(identity, text));
    return well;
}

/* What is wrong with the secrets is told in the words of their store. */
static bool open_desk(void)
{
    bool well = desk_open(&d, o.hci, NULL, &program, o.hci == NULL ? &beside : NULL);

    if (!well && o.camera.has_secrets && o.camera.secrets.text[0] != '\0')
        (void)fprintf(stderr, "%s: %s\n", o.camera.path, o.camera.secrets.text);
    return well;
}

static bool run_live(void)
{
    if (!open_desk())
        return desk_is_stopped();
    if (o.forget)
        return forget(&o.forgotten);
    return camera_run(&o.camera, &d.blocking, !o.off) == KITH_CALL_OK || desk_is_stopped();
}

static bool is_done(bool wanted)
{
    return (camera_run(&o.camera, &d.blocking, !o.off) == KITH_CALL_OK) == wanted;
}

/* Without a bond there is nothing that outlives the first part. */
static bool tell_story(void)
{
    kith_bond_info bond;

    if (!open_desk())
        return false;
    d.display = &other.number;
    other.other = &d.number;
    if (!is_done(true) || !o.camera.pairing.bond)
        return !o.camera.pairing.bond;
    printf("\nThe power of the camera fails, and comes back.\n");
    if (!desk_power_cycle(&d) || !is_done(true))
        return false;
    printf("\nThe camera forgets the box, which did not forget the camera.\n");
    if (kith_bonds_next(d.host, 0, &bond) != KITH_OK || !forget(&bond.identity) || !is_done(false))
        return false;
    printf("\nThe box forgets the camera, too.\n");
    return kith_bonds_next(other.host, 0, &bond) == KITH_OK && kith_bonds_forget(other.host, bond.peer) == KITH_OK &&
           is_done(true);
}

static bool run_virtual(void)
{
    char folder[] = "/tmp/kith-camera-XXXXXX";
    bool own = o.places == 0, well;

    if (own && mkdtemp(folder) == NULL) {
        perror(folder);
        return false;
    }
    if (own)
        memcpy(o.camera.places, (const char *[CAMERA_PLACES]){folder}, sizeof o.camera.places);
    well = tell_story();
    camera_power_off(&o.camera);
    if (own && unlink(o.camera.path) == 0)
        (void)rmdir(folder);
    return well;
}

int main(int argc, char **argv)
{
    bool well;

    camera_default(&o.camera);
    argp_err_exit_status = WRONG_USE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (o.serve)
        return desk_serve(&d, o.hci, o.store, &beside);
    well = o.hci != NULL ? run_live() : run_virtual();
    desk_close(&d);
    camera_power_off(&o.camera);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
