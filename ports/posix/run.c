/* One host on one stream.  A turn: events first, then packets both ways, work and timers until all is quiet, then
 * one poll() until something comes or is due.  Nothing here looks into a packet. */
#include <poll.h>
#include <string.h>

#include "kith/codec/hci.h"
#include "snoop.h"
#include "transport.h"

enum { HOST_PACKET = 260, HOUR_MS = 60 * 60 * 1000 };

kith_status kith_posix_init(kith_posix *port, kith_host *host, int fd)
{
    kith_status status = kith_posix_stream_init(&port->stream, fd, KITH_POSIX_FROM_CONTROLLER);

    port->host = host;
    port->wake_fds[0] = port->wake_fds[1] = port->snoop_fd = -1;
    port->snoop_error = 0;
    memset(&port->work, 0, sizeof port->work);
    port->held = port->told_lost = port->working = port->looked = false;
    if (posix_is_adapter(fd))
        kith_host_set_reordering(host, true);
    return status;
}

void kith_posix_close(kith_posix *port)
{
    kith_posix_stream_close(&port->stream);
    kith_work_discard(&port->work);
}

static bool carry_out_of_host(kith_posix *port)
{
    uint8_t packet[HOST_PACKET];
    size_t len;

    if (kith_posix_stream_room(&port->stream) < sizeof packet)
        return false;
    len = kith_host_next_packet(port->host, packet, sizeof packet);
    if (len == 0)
        return false;
    posix_snoop_packet(port, packet, len, false);
    return kith_posix_stream_put(&port->stream, packet, len) == KITH_OK;
}

/* The stream is no use any more, or not until a reset: the host hears of it as of a controller that failed. */
static bool tell_lost(kith_posix *port)
{
    static const uint8_t hardware_error[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, 0};

    return kith_host_receive(port->host, hardware_error, sizeof hardware_error, kith_posix_now()) != KITH_ERR_FULL;
}

static bool give_held(kith_posix *port)
{
    const kith_posix_h4 *h4 = &port->stream.h4;
    kith_status status = h4->searching ? (tell_lost(port) ? KITH_OK : KITH_ERR_FULL)
                                       : kith_host_receive(port->host, h4->packet, h4->len, kith_posix_now());

    port->held = status == KITH_ERR_FULL;
    return !port->held;
}

static bool carry_into_host(kith_posix *port)
{
    if (port->held)
        return give_held(port);
    switch (kith_posix_stream_next(&port->stream)) {
    case KITH_POSIX_H4_PACKET:
        posix_snoop_packet(port, port->stream.h4.packet, port->stream.h4.len, true);
        break;
    case KITH_POSIX_H4_LOST:
        port->strange = port->stream.h4.packet[0];
        break;
    default:
        return false;
    }
    port->held = true;
    return give_held(port);
}

static bool do_work(kith_posix *port)
{
    if (!port->working) {
        if (!kith_host_take_work(port->host, &port->work))
            return false;
        kith_work_run(&port->work);
        port->working = true;
    }
    if (kith_host_finish_work(port->host, &port->work, kith_posix_now()) == KITH_ERR_FULL)
        return false;
    port->working = false;
    return true;
}

static bool run_due(kith_posix *port)
{
    uint64_t now = kith_posix_now();

    return kith_host_deadline(port->host) <= now && kith_host_advance(port->host, now) == KITH_OK;
}

/* The end of the stream comes after everything that was read from it. */
static bool notice_end(kith_posix *port)
{
    if (!port->stream.ended || port->told_lost || port->held)
        return false;
    port->told_lost = tell_lost(port);
    return port->told_lost;
}

/* One packet, one work item or what is due.  False: all is quiet. */
static bool move(kith_posix *port)
{
    return carry_out_of_host(port) || carry_into_host(port) || do_work(port) || notice_end(port) || run_due(port);
}

static int poll_timeout_ms(const kith_posix *port, uint64_t until_us)
{
    uint64_t now = kith_posix_now();
    uint64_t due = kith_host_deadline(port->host);
    uint64_t wait_ms;

    if (until_us < due)
        due = until_us;
    if (due <= now)
        return 0;
    wait_ms = (due - now + 999) / 1000;
    return wait_ms < HOUR_MS ? (int)wait_ms : HOUR_MS;
}

/* What the program calls next counts from now, not from the last packet.  Its events were all taken, so it fits. */
static kith_posix_result back(kith_posix *port, kith_posix_result result)
{
    return kith_host_advance(port->host, kith_posix_now()) == KITH_OK ? result : KITH_POSIX_WOKEN;
}

/* True: one of wake_fds is readable. */
static bool wait_for_more(kith_posix *port, uint64_t until_us)
{
    struct pollfd fds[3] = {{.fd = port->stream.fd, .events = POLLIN},
                            {.fd = port->wake_fds[0], .events = POLLIN},
                            {.fd = port->wake_fds[1], .events = POLLIN}};

    kith_posix_stream_flush(&port->stream);
    if (port->stream.queued > 0)
        fds[0].events |= POLLOUT;
    if (poll(fds, 3, poll_timeout_ms(port, until_us)) <= 0)
        return false;
    if (fds[0].revents != 0 && !port->held)
        kith_posix_stream_fill(&port->stream);
    return fds[1].revents != 0 || fds[2].revents != 0;
}

/* Looking once more after until_us has passed is enough, whatever that brings: one who never falls silent does not
 * keep the program from its own time. */
static bool is_time_up(kith_posix *port, uint64_t until_us)
{
    bool late = kith_posix_now() >= until_us;
    bool up = late && port->looked;

    port->looked = late && !up;
    return up;
}

kith_posix_result kith_posix_next(kith_posix *port, uint64_t until_us, kith_event *event)
{
    for (;;) {
        if (kith_host_next_event(port->host, event))
            return KITH_POSIX_EVENT;
        if (move(port))
            continue;
        if (kith_host_next_event(port->host, event)) /* of a call that then found no more room */
            return KITH_POSIX_EVENT;
        if (port->stream.ended)
            return KITH_POSIX_CLOSED;
        if (is_time_up(port, until_us))
            return back(port, KITH_POSIX_TIMEOUT);
        if (wait_for_more(port, until_us))
            return back(port, KITH_POSIX_WOKEN);
    }
}
