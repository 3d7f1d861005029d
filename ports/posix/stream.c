/* A stream of H4 packets over one descriptor.  Nothing waits here: who polls decides when.  What the other end does
 * not take stays in a queue of fixed size, so that one who never reads costs no memory.
 *
 * A socket that keeps the bounds of packets is read straight into the packet, since what a read does not take is lost,
 * and has the length of each packet before it in the queue. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "descriptor.h"

enum { LENGTH_SIZE = 2 };

static bool keeps_bounds(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && (type == SOCK_RAW || type == SOCK_SEQPACKET);
}

kith_status kith_posix_stream_init(kith_posix_stream *stream, int fd, kith_posix_sender sender)
{
    struct stat about;

    if (!posix_set_blocking(fd, false) || fstat(fd, &about) != 0)
        return KITH_ERR_IO;
    stream->fd = fd;
    stream->ended = false;
    stream->error = 0;
    stream->is_socket = S_ISSOCK(about.st_mode);
    stream->is_packets = stream->is_socket && keeps_bounds(fd);
    stream->at = stream->filled = stream->queued = 0;
    kith_posix_h4_init(&stream->h4, sender);
    return KITH_OK;
}

/* A serial line that nobody takes from would be waited for when it is closed, half a minute long. */
void kith_posix_stream_close(kith_posix_stream *stream)
{
    if (stream->fd >= 0 && !stream->is_socket)
        (void)tcflush(stream->fd, TCOFLUSH);
    if (stream->fd >= 0)
        (void)close(stream->fd);
    stream->fd = -1;
    stream->ended = true;
}

static bool may_try_again(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static void end(kith_posix_stream *stream, int error)
{
    if (stream->ended)
        return;
    stream->ended = true;
    stream->error = error;
}

/* ---- reading ---- */

void kith_posix_stream_fill(kith_posix_stream *stream)
{
    uint8_t *to = stream->is_packets ? stream->h4.packet : stream->chunk;
    size_t cap = stream->is_packets ? sizeof stream->h4.packet : sizeof stream->chunk;
    ssize_t n;

    if (stream->at < stream->filled || stream->ended)
        return;
    stream->at = stream->filled = 0;
    n = read(stream->fd, to, cap);
    if (n > 0)
        stream->filled = (size_t)n;
    else if (n == 0)
        end(stream, 0);
    else if (!may_try_again())
        end(stream, errno);
}

/* The packet stands where it belongs already. */
static kith_posix_h4_result next_of_packets(kith_posix_stream *stream)
{
    size_t len = stream->filled;

    if (stream->at == len)
        return KITH_POSIX_H4_MORE;
    stream->at = len;
    stream->h4.len = len;
    return kith_posix_h4_is_packet(&stream->h4) ? KITH_POSIX_H4_PACKET : KITH_POSIX_H4_MORE;
}

kith_posix_h4_result kith_posix_stream_next(kith_posix_stream *stream)
{
    kith_posix_h4_result result;

    if (stream->is_packets)
        return next_of_packets(stream);
    stream->at += kith_posix_h4_take(&stream->h4, stream->chunk + stream->at, stream->filled - stream->at, &result);
    return result;
}

/* ---- writing ---- */

size_t kith_posix_stream_room(const kith_posix_stream *stream)
{
    size_t room = sizeof stream->queue - stream->queued;

    if (!stream->is_packets)
        return room;
    return room > LENGTH_SIZE ? room - LENGTH_SIZE : 0;
}

kith_status kith_posix_stream_put(kith_posix_stream *stream, const uint8_t *packet, size_t len)
{
    if (len > kith_posix_stream_room(stream))
        return KITH_ERR_FULL;
    if (stream->is_packets) {
        stream->queue[stream->queued++] = (uint8_t)(len >> 8);
        stream->queue[stream->queued++] = (uint8_t)len;
    }
    memcpy(stream->queue + stream->queued, packet, len);
    stream->queued += len;
    return KITH_OK;
}

static void take_from_queue(kith_posix_stream *stream, size_t len)
{
    stream->queued -= len;
    memmove(stream->queue, stream->queue + len, stream->queued);
}

/* A socket whose other end has gone must not end the program by SIGPIPE. */
static ssize_t write_octets(const kith_posix_stream *stream, const uint8_t *octets, size_t len)
{
    if (stream->is_socket)
        return send(stream->fd, octets, len, MSG_NOSIGNAL);
    return write(stream->fd, octets, len);
}

/* All that is queued, or one packet of it.  false: no more is taken now, or ever. */
static bool write_some(kith_posix_stream *stream)
{
    size_t before = stream->is_packets ? LENGTH_SIZE : 0;
    size_t len = stream->is_packets ? (size_t)(stream->queue[0] << 8 | stream->queue[1]) : stream->queued;
    ssize_t n = write_octets(stream, stream->queue + before, len);

    if (n > 0)
        take_from_queue(stream, before + (size_t)n);
    if (n < 0 && !may_try_again()) {
        /* What the other end said before it went is still to be read: reading meets the end. */
        if (errno == EPIPE || errno == ECONNRESET)
            stream->queued = 0;
        else
            end(stream, errno);
    }
    return n > 0;
}

void kith_posix_stream_flush(kith_posix_stream *stream)
{
    while (stream->queued > 0 && !stream->ended && write_some(stream))
        continue;
}
