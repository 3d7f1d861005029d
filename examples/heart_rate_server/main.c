/* Where the sensor runs: on the virtual radio, beside a phone that comes twice; or on a controller, until it is
 * stopped. It is the same program in both places. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "examples/room/room.h"
#include "heart_rate_server.h"
#include "kith/port/openssl.h"
#include "kith/port/posix.h"
#include "phone.h"

enum { SECOND = 1000000, TURN = SECOND / 4, A_STORY = 60 * SECOND, LONGEST_NAME = 26 };

const char *argp_program_version = "heart_rate_server " KITH_VERSION;

typedef struct {
    const char *hci, *store, *name;
} options;

static const struct argp_option argp_options[] = {
    {"hci", 'H', "WHERE", 0,
     "the controller: unix:PATH, tcp:HOST:PORT, uart:DEV[,BAUD], hciN (an adapter of this Linux, which must be down); "
     "without it a phone comes on the virtual radio, in virtual time",
     0},
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

static heart_rate_server sensor = {.out = NULL};

/* ---- on the virtual radio ---- */

static int tell_story(void)
{
    static room r;
    static phone guest = {.display = &sensor.passkey};
    const room_device devices[] = {
        {&sensor, "sensor", heart_rate_server_power_on, heart_rate_server_on_event, heart_rate_server_turn},
        {&guest, "phone", phone_power_on, phone_on_event, phone_turn}};
    bool well;

    guest.name = sensor.name;
    guest.out = sensor.out;
    room_open(&r, 1);
    (void)room_add(&r, &devices[0], (uint8_t[6]){1, 0, 0, 0, 0, 1}, true);
    (void)room_add(&r, &devices[1], (uint8_t[6]){2, 0, 0, 0, 0, 2}, true);
    while (guest.all_values < PHONE_VISITS * PHONE_VALUES && room_now(&r) < A_STORY)
        room_run(&r, TURN);
    room_run(&r, SECOND);
    room_close(&r);
    well = guest.all_values == PHONE_VISITS * PHONE_VALUES && guest.paired == 1 && guest.encrypted == 1 &&
           guest.subscribed == 1 && guest.failed == 0 && guest.told_at == KITH_LEVEL_SC_AUTHENTICATED;
    printf("\n%s\n", well ? "Paired once, subscribed once, told on both visits over links of level 4."
                          : "Not what was to be told.");
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- on a controller ---- */

typedef struct {
    kith_crypto_port crypto;
    kith_flash_file file;
    kith_flash_log log;
    kith_store store;
    kith_posix port;
} machine;

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static bool complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "heart_rate_server: %s: %s\n", what, why);
    return false;
}

static const char *reason(kith_status status)
{
    return status == KITH_ERR_IO || status == KITH_ERR_STORAGE ? strerror(errno) : kith_status_name(status);
}

static bool open_store(machine *m, const char *path)
{
    kith_status status;

    m->store = kith_volatile_store;
    if (path == NULL)
        return true;
    status = kith_flash_file_open(&m->file, path, KITH_FLASH_FILE_MAKE);
    if (status != KITH_OK)
        return complain(path, reason(status));
    status = kith_flash_log_init(&m->log, &m->file.flash, &m->store);
    return status == KITH_OK || complain(path, reason(status));
}

static bool open_port(machine *m, const char *hci)
{
    int fd;
    kith_status status = kith_posix_open(hci, &fd);

    if (status == KITH_ERR_VALUE)
        return complain(hci, "names no controller; as in --hci unix:PATH, tcp:HOST:PORT, uart:DEV[,BAUD], hci0");
    if (status == KITH_OK)
        status = kith_posix_init(&m->port, sensor.host, fd);
    return status == KITH_OK || complain(hci, reason(status));
}

static bool switch_on(machine *m, const options *o)
{
    kith_status status = kith_openssl_port(&m->crypto);

    if (status != KITH_OK)
        return complain("cryptography", reason(status));
    if (!open_store(m, o->store))
        return false;
    sensor.now_us = kith_posix_now();
    if (heart_rate_server_power_on(&sensor, &m->crypto, &m->store) == NULL)
        return complain("the sensor", "it is not configured as a host can be");
    kith_host_set_calendar(sensor.host, (uint64_t)time(NULL));
    if (!open_port(m, o->hci))
        return false;
    status = kith_host_start(sensor.host, kith_posix_now());
    return status == KITH_OK || complain(o->hci, reason(status));
}

/* True: it went on until somebody stopped it. */
static bool serve(machine *m)
{
    kith_event event;

    while (!stopped) {
        kith_posix_result result = kith_posix_next(&m->port, kith_posix_now() + TURN, &event);

        heart_rate_server_turn(&sensor, kith_posix_now());
        if (result == KITH_POSIX_CLOSED)
            return complain("the controller", "it has gone");
        if (result != KITH_POSIX_EVENT)
            continue;
        if (event.kind == KITH_EVENT_START_FAILED || event.kind == KITH_EVENT_CONTROLLER_LOST)
            return complain("the controller", kith_event_name(event.kind));
        heart_rate_server_on_event(&sensor, &event);
    }
    return true;
}

static int run_on_controller(const options *o)
{
    static machine m = {.port.stream.fd = -1, .file.fd = -1};
    struct sigaction action = {.sa_handler = on_signal};
    bool well;

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    well = switch_on(&m, o) && serve(&m);
    if (sensor.host != NULL)
        kith_host_erase(sensor.host);
    if (m.port.stream.fd >= 0)
        kith_posix_close(&m.port);
    if (m.file.fd >= 0)
        kith_flash_file_close(&m.file);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        argp_options,
        parse,
        NULL,
        "A heart rate sensor: whoever connects pairs with the passkey it shows, and is then told the heart rate every "
        "second.",
        NULL,
        NULL,
        NULL};
    options o = {.name = "heart rate"};

    (void)argp_parse(&argp, argc, argv, 0, NULL, &o);
    sensor.name = o.name;
    sensor.out = stdout;
    return o.hci != NULL ? run_on_controller(&o) : tell_story();
}
