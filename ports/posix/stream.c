/* A stream of H4 packets over one descriptor.  Nothing waits here: who polls decides when.  What the other end does
 * not take stays in a queue of fixed size, so that one who never reads costs no memory. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kith/port/posix.h"

kith_status kith_posix_stream_init(kith_posix_stream *stream, int fd, kith_posix_sender sender)
{
    int flags = fcntl(fd, F_GETFL);
    struct stat about;

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fstat(fd, &about) != 0)
        return KITH_ERR_IO;
    stream->fd = fd;
    stream->ended = false;
    stream->error = 0;
    stream->is_socket = S_ISSOCK(about.st_mode);
    stream->at = stream->filled = stream->queued = 0;
    kith_posix_h4_init(&stream->h4, sender);
    return KITH_OK;
}

void kith_posix_stream_close(kith_posix_stream *stream)
{
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

void kith_posix_stream_fill(kith_posix_stream *stream)
{
    ssize_t n;

    if (stream->at < stream->filled || stream->ended)
        return;
    stream->at = stream->filled = 0;
    n = read(stream->fd, stream->chunk, sizeof stream->chunk);
    if (n > 0)
        stream->filled = (size_t)n;
    else if (n == 0)
        end(stream, 0);
    else if (!may_try_again())
        end(stream, errno);
}

kith_posix_h4_result kith_posix_stream_next(kith_posix_stream *stream)
{
    kith_posix_h4_result result;

    stream->at += kith_posix_h4_take(&stream->h4, stream->chunk + stream->at, stream->filled - stream->at, &result);
    return result;
}

size_t kith_posix_stream_room(const kith_posix_stream *stream)
{
    return sizeof stream->queue - stream->queued;
}

kith_status kith_posix_stream_put(kith_posix_stream *stream, const uint8_t *packet, size_t len)
{
    if (len > kith_posix_stream_room(stream))
        return KITH_ERR_FULL;
    memcpy(stream->queue + stream->queued, packet, len);
    stream->queued += len;
    return KITH_OK;
}

/* A socket whose other end has gone must not end the program by SIGPIPE. */
static ssize_t write_some(const kith_posix_stream *stream)
{
    if (stream->is_socket)
        return send(stream->fd, stream->queue, stream->queued, MSG_NOSIGNAL);
    return write(stream->fd, stream->queue, stream->queued);
}

void kith_posix_stream_flush(kith_posix_stream *stream)
{
    ssize_t n;

    if (stream->queued == 0 || stream->ended)
        return;
    n = write_some(stream);
    if (n > 0) {
        stream->queued -= (size_t)n;
        memmove(stream->queue, stream->queue + n, stream->queued);
    } else if (n < 0 && !may_try_again()) {
        /* What the other end said before it went is still to be read: reading meets the end. */
        if (errno == EPIPE || errno == ECONNRESET)
            stream->queued = 0;
        else
            end(stream, errno);
    }
}
