/* The live radio's loop: waits for clients or for the room's next deadline, lets the room catch up with the
 * clock, and carries packets.  The room's clock is the monotonic one, set to the time of day at the start so that
 * captures show it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "crowd.h"
#include "kith/port/openssl.h"
#include "radio.h"
#include "radio_client.h"
#include "stop.h"

enum { LONGEST_WAIT_MS = 500, FLUSH_EVERY_US = 500000 };

typedef struct {
    const radio_options *options;
    kith_crypto_port crypto;
    radio_house house;
    live_capture pcap, decrypted;
    int stop_fd; /* -1: nobody asks it to stop */
    size_t door_count;
    door *doors;
    uint64_t clock_offset_us;
    uint64_t next_flush_us;
    bool full; /* no descriptor for another client, until one goes */
    bool failed;
    unsigned came;
    bool first_has_gone; /* client 1 */
    size_t count;
    radio_client **clients;
    struct pollfd *fds; /* stop, doors, clients */
} radio;

/* ---- opening ---- */

static bool open_room(radio *r)
{
    kith_sim_config config = {.seed = r->options->seed, .crypto = &r->crypto};
    struct timespec now;

    if (kith_openssl_port(&r->crypto) != KITH_OK || kith_sim_new(&config, &r->house.sim) != KITH_OK) {
        (void)complain("the virtual radio did not start");
        return false;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    r->clock_offset_us = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u - kith_posix_now();
    kith_sim_advance(r->house.sim, kith_posix_now() + r->clock_offset_us);
    return true;
}

/* A full disk shows with the first octets already. */
static bool open_capture(radio *r, const char *path, bool decrypted, live_capture *capture)
{
    if (path == NULL)
        return true;
    if (!live_capture_open(capture, path) || kith_sim_capture(r->house.sim, capture->file, decrypted) != KITH_OK)
        return false;
    live_capture_flush(capture);
    return true;
}

static bool make_doors(radio *r)
{
    r->doors = calloc(r->options->door_count + 1, sizeof *r->doors);
    if (r->doors == NULL)
        (void)complain("no memory");
    else
        r->door_count = r->options->door_count;
    return r->doors != NULL;
}

static int open_all(radio *r)
{
    const radio_options *o = r->options;
    int status;

    if (!open_room(r) || !make_doors(r))
        return EXIT_FAILED;
    status = doors_open(r->doors, o->doors, o->door_count);
    if (status != EXIT_OK)
        return status;
    return open_capture(r, o->pcap, false, &r->pcap) && open_capture(r, o->decrypted, true, &r->decrypted)
               ? EXIT_OK
               : EXIT_FAILED;
}

/* ---- clients ---- */

/* Room for one more. */
static bool grow(radio *r)
{
    radio_client **clients = realloc(r->clients, (r->count + 1) * sizeof(radio_client *));
    struct pollfd *fds;

    if (clients == NULL)
        return false;
    r->clients = clients;
    fds = realloc(r->fds, (1 + r->door_count + r->count + 1) * sizeof *fds);
    if (fds == NULL)
        return false;
    r->fds = fds;
    return true;
}

static bool add_client(radio *r, int fd, door *came_by)
{
    radio_client *client;

    if (!grow(r)) {
        (void)complain("a client is turned away: no memory");
        (void)close(fd);
        return false;
    }
    client = radio_client_new(&r->house, ++r->came, fd);
    if (client == NULL)
        return false;
    client->came_by = came_by;
    r->clients[r->count++] = client;
    return true;
}

static void say_place(const door *d)
{
    printf("listening on %s\n", door_place(d));
}

static void welcome(radio *r, door *d)
{
    int fd;

    switch (door_answer(d, &fd)) {
    case KITH_OK:
        if (!add_client(r, fd, d) && door_vacate(d, false))
            say_place(d);
        break;
    case KITH_ERR_IO:
        (void)complain("no more clients until one goes: %s", strerror(errno));
        r->full = true;
        break;
    default:
        break;
    }
}

/* Said when all is ready for the next. */
static void say_end(const radio *r, unsigned number, const char *why)
{
    if (r->house.silent)
        return;
    if (why[0] == '\0')
        printf("client %u has gone\n", number);
    else
        printf("client %u was let go: %s\n", number, why);
}

static void part(radio *r, size_t i)
{
    radio_client *client = r->clients[i];
    door *came_by = client->came_by;
    unsigned number = client->number;
    const char *why = client->end;
    bool is_elsewhere;

    if (!radio_client_free(client))
        r->failed = true;
    r->clients[i] = r->clients[--r->count];
    r->full = false;
    r->first_has_gone |= number == 1;
    is_elsewhere = came_by != NULL && door_vacate(came_by, why[0] == '\0');
    say_end(r, number, why);
    if (is_elsewhere)
        say_place(came_by);
}

/* ---- the loop ---- */

static uint64_t room_time(const radio *r)
{
    return kith_posix_now() + r->clock_offset_us;
}

static bool has_more_for_a_client(const radio *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->clients[i]->stream.queued == 0 && kith_sim_has_packet(r->house.sim, r->clients[i]->device))
            return true;
    return false;
}

static int wait_ms(const radio *r)
{
    uint64_t due = kith_sim_deadline(r->house.sim), now = room_time(r);

    if (due <= now || has_more_for_a_client(r))
        return 0;
    return (due - now) / 1000 < LONGEST_WAIT_MS ? (int)((due - now + 999) / 1000) : LONGEST_WAIT_MS;
}

static bool wait_for_something(radio *r)
{
    struct pollfd *fd = r->fds;

    *fd++ = (struct pollfd){.fd = r->stop_fd, .events = POLLIN};
    for (size_t i = 0; i < r->door_count; i++)
        *fd++ = (struct pollfd){.fd = r->full ? -1 : door_fd(&r->doors[i]), .events = POLLIN};
    for (size_t i = 0; i < r->count; i++) {
        const radio_client *client = r->clients[i];
        int events = (radio_client_has_room(client) ? POLLIN : 0) | (client->stream.queued > 0 ? POLLOUT : 0);

        *fd++ = (struct pollfd){.fd = client->stream.fd, .events = (short)events};
    }
    if (poll(r->fds, (nfds_t)(fd - r->fds), wait_ms(r)) >= 0 || errno == EINTR)
        return true;
    (void)complain("cannot wait: %s", strerror(errno));
    r->failed = true;
    return false;
}

static void flush_captures(radio *r)
{
    if (kith_posix_now() < r->next_flush_us)
        return;
    r->next_flush_us = kith_posix_now() + FLUSH_EVERY_US;
    live_capture_flush(&r->pcap);
    live_capture_flush(&r->decrypted);
    for (size_t i = 0; i < r->count; i++)
        live_capture_flush(&r->clients[i]->snoop);
}

/* Newcomers come last: there is nothing in fds for them yet. */
static void turn(radio *r)
{
    const struct pollfd *door_fds = r->fds + 1, *client_fds = door_fds + r->door_count;

    kith_sim_advance(r->house.sim, room_time(r));
    for (size_t i = 0; i < r->count; i++)
        if (client_fds[i].revents != 0)
            radio_client_hear(r->clients[i]);
    for (size_t i = r->count; i-- > 0;) {
        radio_client_tell(r->clients[i]);
        if (r->clients[i]->end != NULL)
            part(r, i);
    }
    flush_captures(r);
    for (size_t i = 0; i < r->door_count; i++)
        if (r->fds[1 + i].revents != 0)
            welcome(r, &r->doors[i]);
}

static bool can_still_tell(radio *r)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    (void)complain("nobody reads what this program prints: %s", strerror(errno));
    r->failed = true;
    return false;
}

static void close_all(radio *r)
{
    while (r->count > 0)
        if (!radio_client_free(r->clients[--r->count]))
            r->failed = true;
    kith_sim_free(r->house.sim);
    if (!live_capture_close(&r->pcap))
        r->failed = true;
    if (!live_capture_close(&r->decrypted))
        r->failed = true;
    doors_close(r->doors, r->door_count);
    free(r->doors);
    free(r->clients);
    free(r->fds);
}

static void serve(radio *r)
{
    for (size_t i = 0; i < r->door_count; i++)
        say_place(&r->doors[i]);
    while (can_still_tell(r) && wait_for_something(r) && stop_take() == 0)
        turn(r);
}

int radio_serve(const radio_options *options)
{
    radio r = {.options = options, .house = {.btsnoop = options->btsnoop, .limits = options->limits}};
    int status = stop_watch() ? EXIT_OK : EXIT_FAILED;

    r.stop_fd = stop_fd();
    if (status == EXIT_OK)
        status = open_all(&r);
    if (status == EXIT_OK && !grow(&r))
        status = complain("no memory");
    if (status == EXIT_OK)
        serve(&r);
    close_all(&r);
    if (status == EXIT_OK && r.failed)
        status = EXIT_FAILED;
    if (status == EXIT_OK && stop_was_interrupt()) {
        (void)complain("stopped by Ctrl-C: the radio is off");
        status = EXIT_INTERRUPTED;
    }
    return status;
}

int radio_serve_private(const int *fds, size_t count, unsigned crowd, uint64_t seed)
{
    const radio_options options = {.seed = seed};
    radio r = {.options = &options, .house.silent = true, .stop_fd = -1};

    r.failed = !open_room(&r) || !crowd_join(r.house.sim, crowd) || !grow(&r);
    for (size_t i = 0; i < count && !r.failed; i++)
        r.failed = !add_client(&r, fds[i], NULL);
    while (!r.failed && !r.first_has_gone && wait_for_something(&r))
        turn(&r);
    close_all(&r);
    return r.failed ? EXIT_FAILED : EXIT_OK;
}
