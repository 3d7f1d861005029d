#include "desk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kith/port/openssl.h"

enum { START_MS = 10000, OFF_US = 10000000, PASSKEY_MAX = 999999 };

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

bool desk_is_stopped(void)
{
    return stopped != 0;
}

static bool stop(void *context)
{
    (void)context;
    return desk_is_stopped();
}

static bool complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", what, why);
    return false;
}

/* ---- the person ---- */

/* Six digits or fewer, and nothing else. */
static kith_answer read_passkey(const char *text, uint32_t *passkey)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || (*end != '\0' && *end != '\n') || number > PASSKEY_MAX) {
        (void)complain("passkey", "a number from 0 to 999999 is wanted");
        return KITH_ANSWER_NO;
    }
    *passkey = (uint32_t)number;
    return KITH_ANSWER_YES;
}

static kith_answer say_nobody_types(void)
{
    printf("(the input has ended: that is a no)\n");
    return KITH_ANSWER_NO;
}

/* Looks whether a line was typed; the host goes on meanwhile. */
static kith_answer read_terminal(uint32_t *passkey)
{
    struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[16];

    if (poll(&keyboard, 1, 0) <= 0)
        return KITH_ANSWER_LATER;
    return fgets(line, sizeof line, stdin) != NULL ? read_passkey(line, passkey) : say_nobody_types();
}

static kith_answer type_passkey(void *context, const kith_event *question, uint32_t *passkey)
{
    desk *d = context;

    (void)question;
    if (d->given != NULL)
        return read_passkey(d->given, passkey);
    if (!d->asked) {
        printf("The passkey that the other device shows: ");
        (void)fflush(stdout);
    }
    d->asked = true;
    if (d->display == NULL)
        return read_terminal(passkey);
    if (*d->display == DESK_NOTHING_SHOWN)
        return KITH_ANSWER_LATER;
    *passkey = *d->display;
    printf("%06u\n", (unsigned)*passkey);
    return KITH_ANSWER_YES;
}

static kith_answer read_yes(void)
{
    struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[16];

    if (poll(&keyboard, 1, 0) <= 0)
        return KITH_ANSWER_LATER;
    if (fgets(line, sizeof line, stdin) == NULL)
        return say_nobody_types();
    return line[0] == 'y' ? KITH_ANSWER_YES : KITH_ANSWER_NO;
}

static kith_answer compare(void *context, const kith_event *question)
{
    desk *d = context;

    if (!d->asked)
        printf("Does the other device show %06u, too? ", (unsigned)question->comparison.number);
    (void)fflush(stdout);
    d->asked = true;
    d->number = question->comparison.number;
    if (d->display == NULL)
        return read_yes();
    if (*d->display == DESK_NOTHING_SHOWN)
        return KITH_ANSWER_LATER;
    printf(*d->display == d->number ? "yes\n" : "no\n");
    return *d->display == d->number ? KITH_ANSWER_YES : KITH_ANSWER_NO;
}

static void show(void *context, const kith_event *event)
{
    (void)context;
    printf("The passkey is %06u\n", (unsigned)event->passkey.passkey);
}

/* ---- the radio ---- */

static bool open_virtual(desk *d, const room_device *program, const room_device *counterpart, kith_pump *pump)
{
    room_open(&d->room, 1);
    if (counterpart != NULL)
        (void)room_add(&d->room, counterpart, (uint8_t[6]){2, 0, 0, 0, 0, 2}, true);
    d->place = room_add(&d->room, program, (uint8_t[6]){1, 0, 0, 0, 0, 1}, true);
    room_pump(&d->room, d->place, pump);
    d->host = d->room.places[d->place].host;
    return true;
}

static bool complain_of_store(const desk *d, const char *store, kith_status status)
{
    switch (status) {
    case KITH_ERR_BUSY:
        return complain(store, "another program has it");
    case KITH_ERR_DAMAGED:
        return complain(store, "this is no store of bonds; it was left as it is");
    default:
        return complain(store, d->file.error != 0 ? strerror(d->file.error) : kith_status_name(status));
    }
}

static bool open_store(desk *d, const char *store)
{
    kith_status status;

    d->store = kith_volatile_store;
    if (store == NULL)
        return true;
    if (strncmp(store, "json:", 5) == 0 || strncmp(store, "sqlite:", 7) == 0)
        return complain(store, "bonds are kept in a flash log here; name a file (./json:NAME if it is called that)");
    status = kith_flash_file_open(&d->file, store, KITH_FLASH_FILE_MAKE);
    d->has_file = status == KITH_OK;
    if (status == KITH_OK)
        status = kith_flash_log_init(&d->log, &d->file.flash, &d->store);
    return status == KITH_OK || complain_of_store(d, store, status);
}

static bool complain_of_controller(const char *hci, kith_status status, int error)
{
    switch (status) {
    case KITH_ERR_VALUE:
        return complain(hci, "this names no controller; as in unix:PATH, tcp:HOST:PORT, uart:DEV[,BAUD] or hci0");
    case KITH_ERR_NOT_FOUND:
        return complain(hci, "no controller: that host has no address");
    case KITH_ERR_BUSY:
        return complain(hci, "no controller: another program has it, or the adapter is up");
    case KITH_ERR_IO:
        return complain(hci, error == ENOTTY         ? "no controller: it is no serial line"
                             : error == EAFNOSUPPORT ? "no controller: this system has no Bluetooth"
                                                     : strerror(error));
    default:
        return complain(hci, kith_status_name(status));
    }
}

static bool open_live(desk *d, const char *hci, const char *store, const room_device *program, kith_pump *pump)
{
    kith_status status;
    int fd;

    if (kith_openssl_port(&d->crypto) != KITH_OK || !open_store(d, store))
        return false;
    d->host = program->power_on(program->self, &d->crypto, &d->store);
    if (d->host == NULL)
        return complain(program->name, "it cannot be switched on");
    status = kith_posix_open(hci, &fd);
    if (status == KITH_OK)
        status = kith_posix_init(&d->port, d->host, fd);
    d->has_port = status == KITH_OK;
    if (status != KITH_OK)
        return complain_of_controller(hci, status, errno);
    kith_posix_pump(&d->port, pump);
    return true;
}

static bool start(desk *d, const kith_pump *pump)
{
    if (kith_blocking_init(&d->blocking, d->host, pump) != KITH_OK)
        return false;
    d->number = DESK_NOTHING_SHOWN;
    d->blocking.stop = stop;
    d->blocking.person = (kith_person){.context = d, .passkey = type_passkey, .compare = compare, .show = show};
    if (kith_blocking_start(&d->blocking, START_MS) == KITH_CALL_OK)
        return true;
    (void)desk_status(d);
    return false;
}

bool desk_power_cycle(desk *d)
{
    kith_pump pump;

    room_power_off(&d->room, d->place);
    room_run(&d->room, OFF_US);
    room_power_on(&d->room, d->place);
    room_pump(&d->room, d->place, &pump);
    d->host = d->room.places[d->place].host;
    d->asked = false;
    return start(d, &pump);
}

/* A descriptor that is opened later must not become what the person types, or reads. */
static void fill_missing_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

bool desk_open(desk *d, const char *hci, const char *store, const room_device *program, const room_device *counterpart)
{
    struct sigaction action = {.sa_handler = on_signal};
    kith_pump pump = {0};

    memset(d, 0, sizeof *d);
    fill_missing_streams();
    d->is_virtual = hci == NULL;
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* so that what is said stands in order, wherever it goes */
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0)
        return complain("signals", strerror(errno));
    return (d->is_virtual ? open_virtual(d, program, counterpart, &pump) : open_live(d, hci, store, program, &pump)) &&
           start(d, &pump);
}

static bool hand_on(void *context, const kith_event *event)
{
    const room_device *device = context;

    device->on_event(device->self, event);
    return true;
}

/* Questions that a person has to answer are asked here; all else is the device's. */
int desk_serve(desk *d, const char *hci, const char *store, const room_device *device)
{
    kith_blocking *b = &d->blocking;
    int status = EXIT_FAILURE;

    if (desk_open(d, hci, store, device, NULL)) {
        b->context = (void *)(uintptr_t)device;
        b->on_event = hand_on;
        device->on_event(device->self, &(kith_event){.kind = KITH_EVENT_READY});
        printf("The %s is on, and can be found; Ctrl-C switches it off\n", device->name);
        (void)!kith_blocking_pause(b, KITH_BLOCKING_FOREVER);
        status = desk_status(d);
    }
    desk_close(d);
    return desk_is_stopped() ? EXIT_SUCCESS : status;
}

void desk_close(desk *d)
{
    if (d->is_virtual) {
        room_close(&d->room);
        return;
    }
    if (d->host != NULL)
        kith_host_erase(d->host);
    if (d->has_port)
        kith_posix_close(&d->port);
    if (d->has_file)
        kith_flash_file_close(&d->file);
}

int desk_status(const desk *d)
{
    char text[450];

    if (d->blocking.call == KITH_CALL_OK || (d->blocking.call == KITH_CALL_STOPPED && desk_is_stopped()))
        return EXIT_SUCCESS;
    (void)kith_blocking_describe(&d->blocking, text, sizeof text);
    (void)complain("not done", text);
    return EXIT_FAILURE;
}
