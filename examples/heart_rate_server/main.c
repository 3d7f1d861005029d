/* Where the sensor runs: on the virtual radio, beside a phone that comes twice; or on a controller, until it is
 * stopped. It is the same program in both places. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "examples/room/desk.h"
#include "heart_rate_server.h"
#include "phone.h"

enum { SECOND = 1000000, TURN = SECOND / 4, A_STORY = 60 * SECOND, LONGEST_NAME = 26, WRONG_USE = 2 };

const char *argp_program_version = "heart_rate_server " KITH_VERSION;

typedef struct {
    const char *hci, *store, *name;
} options;

static const struct argp_option argp_options[] = {
    {"hci", 'H', "WHERE", 0, DESK_HCI_HELP ", where a phone comes twice", 0},
    {"store", 's', "FILE", 0, "keep bonds in FILE, with --hci; without it they are forgotten at the end", 0},
    {"name", 'n', "NAME", 0, "the name it advertises (default: heart rate)", 0},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;

    switch (key) {
    case 'H':
        o->hci = arg;
        return 0;
    case 's':
        o->store = arg;
        return 0;
    case 'n':
        if (*arg == '\0' || strlen(arg) > LONGEST_NAME)
            argp_error(state, "a name has 1 to %d octets, so that it fits into an advertisement; not '%s'",
                       LONGEST_NAME, arg);
        o->name = arg;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "nothing is known to do with '%s'", arg);
        return 0;
    case ARGP_KEY_END:
        if (o->store != NULL && o->hci == NULL)
            argp_error(state, "--store goes with --hci: the phone on the virtual radio forgets all at the end");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static heart_rate_server sensor;
static phone guest;

/* The phone came twice, and all of it went as it should. */
static bool is_told(void)
{
    return guest.all_values == PHONE_VISITS * PHONE_VALUES && guest.paired == 1 && guest.encrypted == 1 &&
           guest.subscribed == 1 && guest.failed == 0 && guest.told_at == KITH_LEVEL_SC_AUTHENTICATED;
}

static bool story_ends(const kith_pump *pump)
{
    return guest.link == 0 && (guest.visits == PHONE_VISITS || pump->now_us(pump->context) > A_STORY);
}

static bool complain(const char *why)
{
    (void)fprintf(stderr, "heart_rate_server: %s\n", why);
    return false;
}

/* True: it went on until it was stopped, or its story was told. */
static bool serve(const desk *d)
{
    const kith_pump *pump = &d->blocking.pump;
    kith_event event = {.kind = KITH_EVENT_READY}; /* which desk_open() has waited for */

    if (kith_gap_own_address(sensor.host, &event.ready.address) != KITH_OK)
        return complain("the controller has gone");
    heart_rate_server_on_event(&sensor, &event);
    while (!desk_is_stopped() && !(d->is_virtual && story_ends(pump))) {
        kith_pump_result result = pump->next(pump->context, pump->now_us(pump->context) + TURN, &event);

        heart_rate_server_turn(&sensor, pump->now_us(pump->context));
        if (result == KITH_PUMP_ENDED || (result == KITH_PUMP_EVENT && event.kind == KITH_EVENT_CONTROLLER_LOST))
            return complain("the controller has gone");
        if (result == KITH_PUMP_EVENT)
            heart_rate_server_on_event(&sensor, &event);
    }
    return true;
}

static bool run(const options *o)
{
    static desk d;
    const room_device program = {&sensor, "sensor", heart_rate_server_power_on, NULL, NULL};
    const room_device beside = {&guest, "phone", phone_power_on, phone_on_event, phone_turn};
    bool well = desk_open(&d, o->hci, o->store, &program, &beside);

    if (well && !d.is_virtual)
        kith_host_set_calendar(sensor.host, (uint64_t)time(NULL));
    well = well && serve(&d);
    desk_close(&d);
    if (!well || !d.is_virtual)
        return well || desk_is_stopped();
    printf("\n%s\n", is_told() ? "Paired once, subscribed once, told on both visits over links of level 4."
                               : "Not what was to be told.");
    return is_told();
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        argp_options,
        parse,
        NULL,
        "A heart rate sensor: whoever connects pairs with the passkey it shows, and is then told the heart rate every "
        "second.\vExit status: 0 well, or stopped by Ctrl-C; 1 it could not be done, and why is said; 2 wrong use.",
        NULL,
        NULL,
        NULL};
    options o = {.name = "heart rate"};

    argp_err_exit_status = WRONG_USE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &o);
    sensor = (heart_rate_server){.name = o.name, .out = stdout, .passkey = HEART_NO_PASSKEY};
    sensor.now_us = o.hci != NULL ? kith_posix_now() : 0;
    guest = (phone){.name = o.name, .out = stdout, .display = &sensor.passkey};
    return run(&o) ? EXIT_SUCCESS : EXIT_FAILURE;
}
