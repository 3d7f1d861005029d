/* The live radio's loop: waits for clients or for the room's next deadline, lets the room catch up with the
 * clock, and carries packets.  The room's clock is the monotonic one, set to the time of day at the start so that
 * captures show it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "command.h"
#include "kith/port/openssl.h"
#include "radio.h"
#include "radio_client.h"
#include "stop.h"

enum { LONGEST_WAIT_MS = 1000, FLUSH_EVERY_US = 500000, FIXED_FDS = 2 };

typedef struct {
    const radio_options *options;
    kith_crypto_port crypto;
    kith_sim *sim;
    FILE *pcap, *decrypted;
    kith_posix_listener listener;
    uint64_t clock_offset_us;
    uint64_t next_flush_us;
    bool full; /* no descriptor for another client, until one goes */
    bool failed;
    unsigned came;
    size_t count;
    radio_client **clients;
    struct pollfd *fds; /* stop, listener, clients */
} radio;

/* ---- opening ---- */

static bool open_room(radio *r)
{
    kith_sim_config config = {.seed = r->options->seed, .crypto = &r->crypto};
    struct timespec now;

    if (kith_openssl_port(&r->crypto) != KITH_OK || kith_sim_new(&config, &r->sim) != KITH_OK) {
        (void)complain("the virtual radio did not start");
        return false;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    r->clock_offset_us = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u - kith_posix_now();
    kith_sim_advance(r->sim, kith_posix_now() + r->clock_offset_us);
    return true;
}

static bool open_capture(radio *r, const char *path, bool decrypted, FILE **file)
{
    if (path == NULL)
        return true;
    *file = capture_open_file(path);
    return *file != NULL && kith_sim_capture(r->sim, *file, decrypted) == KITH_OK;
}

static bool listen_at(radio *r, const char *path)
{
    switch (kith_posix_listen(&r->listener, path)) {
    case KITH_OK:
        return true;
    case KITH_ERR_VALUE:
        (void)complain("the socket's path must have 1 to %d octets", KITH_POSIX_PATH - 1);
        return false;
    case KITH_ERR_BUSY:
        (void)complain("somebody listens at %s already", path);
        return false;
    case KITH_ERR_STATE:
        (void)complain("%s exists and is not a socket", path);
        return false;
    default:
        (void)complain("cannot listen at %s: %s", path, strerror(errno));
        return false;
    }
}

/* ---- clients ---- */

static bool grow(radio *r)
{
    radio_client **clients = realloc(r->clients, (r->count + 1) * sizeof(radio_client *));
    struct pollfd *fds;

    if (clients == NULL)
        return false;
    r->clients = clients;
    fds = realloc(r->fds, (FIXED_FDS + r->count + 1) * sizeof *fds);
    if (fds == NULL)
        return false;
    r->fds = fds;
    return true;
}

static void welcome(radio *r)
{
    radio_client *client;
    kith_status status;
    int fd;

    while ((status = kith_posix_accept(&r->listener, &fd)) == KITH_OK) {
        client = radio_client_new(r->sim, ++r->came, fd, r->options->btsnoop);
        if (client == NULL)
            continue;
        if (grow(r))
            r->clients[r->count++] = client;
        else
            (void)radio_client_free(client);
    }
    if (status == KITH_ERR_IO) {
        (void)complain("no more clients until one goes: %s", strerror(errno));
        r->full = true;
    }
}

static void part(radio *r, size_t i)
{
    radio_client *client = r->clients[i];

    if (client->end[0] == '\0')
        printf("client %u has gone\n", client->number);
    else
        printf("client %u was let go: %s\n", client->number, client->end);
    if (!radio_client_free(client))
        r->failed = true;
    r->clients[i] = r->clients[--r->count];
    r->full = false;
}

/* ---- the loop ---- */

static uint64_t room_time(const radio *r)
{
    return kith_posix_now() + r->clock_offset_us;
}

static bool has_more_for_a_client(const radio *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->clients[i]->stream.queued == 0 && kith_sim_has_packet(r->sim, r->clients[i]->device))
            return true;
    return false;
}

static int wait_ms(const radio *r)
{
    uint64_t due = kith_sim_deadline(r->sim), now = room_time(r);

    if (due <= now || has_more_for_a_client(r))
        return 0;
    return (due - now) / 1000 < LONGEST_WAIT_MS ? (int)((due - now + 999) / 1000) : LONGEST_WAIT_MS;
}

static bool wait_for_something(radio *r)
{
    r->fds[0] = (struct pollfd){.fd = stop_fd(), .events = POLLIN};
    r->fds[1] = (struct pollfd){.fd = r->full ? -1 : r->listener.fd, .events = POLLIN};
    for (size_t i = 0; i < r->count; i++) {
        const radio_client *client = r->clients[i];
        int events = (radio_client_has_room(client) ? POLLIN : 0) | (client->stream.queued > 0 ? POLLOUT : 0);

        r->fds[FIXED_FDS + i] = (struct pollfd){.fd = client->stream.fd, .events = (short)events};
    }
    if (poll(r->fds, (nfds_t)(FIXED_FDS + r->count), wait_ms(r)) >= 0 || errno == EINTR)
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
    if (r->pcap != NULL)
        (void)fflush(r->pcap);
    if (r->decrypted != NULL)
        (void)fflush(r->decrypted);
    for (size_t i = 0; i < r->count; i++)
        if (r->clients[i]->snoop != NULL)
            (void)fflush(r->clients[i]->snoop);
}

static void turn(radio *r)
{
    kith_sim_advance(r->sim, room_time(r));
    for (size_t i = 0; i < r->count; i++)
        if (r->fds[FIXED_FDS + i].revents != 0)
            radio_client_hear(r->clients[i]);
    if (r->fds[1].revents != 0)
        welcome(r);
    for (size_t i = r->count; i-- > 0;) {
        radio_client_tell(r->clients[i]);
        if (r->clients[i]->end != NULL)
            part(r, i);
    }
    flush_captures(r);
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
    kith_sim_free(r->sim);
    if (!capture_close_file(r->pcap, r->options->pcap))
        r->failed = true;
    if (!capture_close_file(r->decrypted, r->options->decrypted))
        r->failed = true;
    kith_posix_unlisten(&r->listener);
    free(r->clients);
    free(r->fds);
}

int radio_serve(const radio_options *options)
{
    radio r = {.options = options, .listener = {.fd = -1}};

    if (stop_watch() && open_room(&r) && grow(&r) && listen_at(&r, options->path) &&
        open_capture(&r, options->pcap, false, &r.pcap) && open_capture(&r, options->decrypted, true, &r.decrypted)) {
        printf("listening on %s\n", options->path);
        while (can_still_tell(&r) && wait_for_something(&r) && stop_take() == 0)
            turn(&r);
    } else {
        r.failed = true;
    }
    close_all(&r);
    return r.failed ? EXIT_FAILED : EXIT_OK;
}
