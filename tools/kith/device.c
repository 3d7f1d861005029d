/* Opening and closing a host on a live controller. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "command.h"
#include "device.h"
#include "kith/port/openssl.h"
#include "prompt.h"
#include "sentence.h"
#include "stop.h"

/* ---- the controller ---- */

static const char *adapter_trouble(int error)
{
    switch (error) {
    case EAFNOSUPPORT:
        return "this Linux has no Bluetooth";
    case ENODEV:
        return "there is no such adapter";
    case EBUSY:
        return "it is up, or another program has it: take it down first (`hciconfig hci0 down', or stop bluetoothd)";
    case EPERM:
    case EACCES:
        return "taking an adapter needs the capability CAP_NET_ADMIN";
    default:
        return strerror(error);
    }
}

static int say_io_trouble(const char *where, int error)
{
    if (error == EINTR && stop_take() > 0) {
        (void)complain("stopped while waiting for the controller at %s", where);
        return stop_was_interrupt() ? EXIT_INTERRUPTED : EXIT_FAILED;
    }
    if (strncmp(where, "hci", 3) == 0)
        return complain("no controller at %s: %s", where, adapter_trouble(error));
    if (strncmp(where, "unix:", 5) == 0 && (error == ENOENT || error == ECONNREFUSED))
        return complain("no controller at %s: %s; `kith controller --unix %s' serves one", where, strerror(error),
                        where + 5);
    return complain("no controller at %s: %s", where, error == ENOTTY ? "it is no serial line" : strerror(error));
}

static int say_no_controller(const char *where, kith_status status, int error)
{
    switch (status) {
    case KITH_ERR_VALUE:
        (void)complain("'%s' names no controller; as in --hci unix:PATH (at most %d octets), tcp:HOST:PORT, "
                       "uart:DEV[,BAUD], hci0 or sim",
                       where, KITH_POSIX_PATH - 1);
        return EXIT_WRONG_USE;
    case KITH_ERR_UNSUPPORTED:
        return complain("no controller at %s: this system has none of that kind", where);
    case KITH_ERR_BUSY:
        return complain("no controller at %s: %s", where,
                        strncmp(where, "hci", 3) == 0 ? adapter_trouble(EBUSY) : "another program has it");
    case KITH_ERR_NOT_FOUND:
        return complain("no controller at %s: that host has no address", where);
    default:
        return say_io_trouble(where, error);
    }
}

static int open_controller(device *d, device_plan *plan, int *fd)
{
    const link_options *o = d->options;
    kith_status status;

    *fd = o->fd;
    if (*fd >= 0)
        return EXIT_OK;
    plan->company.crowd = o->crowd;
    if (link_options_are_sim(o))
        return private_room_open(&d->room, &plan->company, o->store, fd) ? EXIT_OK : EXIT_FAILED;
    status = kith_posix_open(o->hci, fd);
    return status == KITH_OK ? EXIT_OK : say_no_controller(o->hci, status, errno);
}

/* ---- the host ---- */

static bool open_store(device *d, kith_config *config)
{
    config->store = &kith_volatile_store;
    if (d->options->store == NULL)
        return true;
    d->is_stored = store_file_open(&d->store, d->options->store, KITH_FLASH_FILE_MAKE);
    config->store = &d->store.store;
    config->own_address = d->options->is_public ? KITH_OWN_PUBLIC : KITH_OWN_STATIC;
    return d->is_stored;
}

/* Either side's key is for what it writes itself. */
static void allow_signing(kith_security *security)
{
    security->signing = true;
    security->initiator_keys |= KITH_KEY_SIGN;
    security->responder_keys |= KITH_KEY_SIGN;
}

/* Less up to half of it, so that nobody waits for the moment. */
static void choose_privacy(const link_options *o, kith_privacy *privacy)
{
    if (!o->is_private)
        return;
    privacy->mode = KITH_PRIVACY_RESOLVABLE;
    if (o->private_cycle_s == 0)
        return;
    privacy->cycle_s = o->private_cycle_s;
    privacy->jitter_s = privacy->cycle_s / 2;
}

static bool make_host(device *d, kith_config *config)
{
    size_t size = kith_host_size(&config->limits);
    kith_status status;

    d->memory = calloc(size / sizeof *d->memory + 1, sizeof *d->memory);
    if (d->memory == NULL) {
        (void)complain("no memory");
        return false;
    }
    config->crypto = &d->crypto;
    config->security.io = d->options->io;
    config->security.ask_mitm = d->options->io != KITH_IO_NO_INPUT_NO_OUTPUT;
    config->security.required_level = d->options->level;
    choose_privacy(d->options, &config->privacy);
    if (d->options->signing)
        allow_signing(&config->security);
    status = kith_openssl_port(&d->crypto);
    if (status == KITH_OK)
        status = kith_host_init(d->memory, size, config, &d->host);
    if (status == KITH_OK)
        kith_host_set_calendar(d->host, (uint64_t)time(NULL));
    else
        (void)complain("the host could not be made: %s", kith_status_name(status));
    return status == KITH_OK;
}

static bool join(device *d, int fd)
{
    d->is_open = kith_posix_init(&d->port, d->host, fd) == KITH_OK;
    if (!d->is_open)
        (void)complain("the controller at %s cannot be used: %s", d->options->hci, strerror(errno));
    return d->is_open;
}

static bool open_snoop(device *d)
{
    const char *path = d->options->btsnoop;

    if (path == NULL)
        return true;
    d->snoop_fd = capture_open(path);
    if (d->snoop_fd < 0)
        return false;
    if (kith_posix_snoop(&d->port, d->snoop_fd) == KITH_OK)
        return true;
    (void)complain("%s cannot be written: %s", path, strerror(errno));
    return false;
}

int device_open(device *d, const link_options *options, device_plan *plan)
{
    int fd, status;

    memset(d, 0, sizeof *d);
    d->options = options;
    d->snoop_fd = -1;
    status = open_controller(d, plan, &fd);
    if (status != EXIT_OK)
        return status;
    if (open_store(d, &plan->config) && make_host(d, &plan->config) && join(d, fd))
        return open_snoop(d) ? EXIT_OK : EXIT_FAILED;
    (void)close(fd);
    return EXIT_FAILED;
}

static bool close_snoop(device *d)
{
    if (d->snoop_fd < 0)
        return true;
    (void)close(d->snoop_fd);
    if (d->port.snoop_error == 0)
        return true;
    (void)complain("%s is not whole: %s", d->options->btsnoop, strerror(d->port.snoop_error));
    return false;
}

bool device_close(device *d)
{
    bool whole = close_snoop(d);

    if (d->is_open)
        kith_posix_close(&d->port);
    if (d->host != NULL)
        kith_host_erase(d->host);
    if (d->is_stored)
        store_file_close(&d->store);
    free(d->memory);
    private_room_close(&d->room);
    return whole;
}

/* ---- running ---- */

bool device_start(device *d)
{
    kith_status status = kith_host_start(d->host, kith_posix_now());

    if (status != KITH_OK)
        (void)complain("the host could not be started: %s", kith_status_name(status));
    return status == KITH_OK;
}

kith_posix_result device_next(device *d, uint64_t until_us, kith_event *event)
{
    d->port.wake_fds[0] = stop_fd();
    d->port.wake_fds[1] = prompt_fd();
    return kith_posix_next(&d->port, until_us, event);
}

bool device_may_use_store(const device *d, const kith_event *loaded)
{
    if (loaded->store.damaged == 0 || loaded->store.fresh) /* a damaged name that no bond knew */
        return true;
    store_file_complain_damaged(&d->store, loaded->store.damaged);
    return false;
}

/* ---- sentences ---- */

bool device_has_gone(const device *d)
{
    return d->port.stream.ended;
}

int device_say_gone(const device *d)
{
    int error = d->port.stream.error;

    return complain("the controller has gone (%s%s%s)", d->options->hci, error != 0 ? ": " : "",
                    error != 0 ? strerror(error) : "");
}

/* What is true of every end that the controller brings about, first. */
static int say_end(const device *d, const kith_event *e)
{
    char sentence[SENTENCE_MAX];

    if (device_has_gone(d))
        return device_say_gone(d);
    if (d->port.stream.h4.searching)
        return complain(
            "what answers at %s does not speak HCI as a controller does: octet 0x%02x stands where a packet "
            "should begin",
            d->options->hci, d->port.strange);
    return complain("%s: %s", d->options->hci, sentence_of(e, sentence));
}

int device_say_start_failed(const device *d, const kith_event *e)
{
    if (!e->start_failed.store)
        return say_end(d, e);
    store_file_complain(&d->store, &e->start_failed);
    return EXIT_FAILED;
}

int device_say_lost(const device *d, const kith_event *e)
{
    return say_end(d, e);
}
