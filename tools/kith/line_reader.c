/* A buffer in front of stdin.  The descriptor is shared with whoever started us, so it is not made non-blocking: poll()
 * says when a read will not wait. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "line_reader.h"

/* An input that still brings more after so much was thrown away is a machine's, and no person will be heard over it. */
enum { BUFFER = 4096, DROP_LIMIT = 1024 * 1024 };

static struct {
    bool ended;
    size_t len;
    char octets[BUFFER];
} input;

static bool is_readable(void)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&fd, 1, 0) > 0;
}

/* Reads once, if that does not wait.  false: there is nothing new. */
static bool fill(void)
{
    ssize_t n;

    if (input.ended || input.len == sizeof input.octets || !is_readable())
        return false;
    n = read(STDIN_FILENO, input.octets + input.len, sizeof input.octets - input.len);
    if (n > 0)
        input.len += (size_t)n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        input.ended = true;
    return n > 0;
}

static void take_out(size_t count)
{
    input.len -= count;
    memmove(input.octets, input.octets + count, input.len);
}

/* A last line without an end counts, and one that fills the buffer does. */
static bool find_line(size_t *len, size_t *with_end)
{
    const char *end = memchr(input.octets, '\n', input.len);

    *len = end != NULL ? (size_t)(end - input.octets) : input.len;
    *with_end = end != NULL ? *len + 1 : *len;
    return end != NULL || input.len == sizeof input.octets || (input.ended && input.len > 0);
}

prompt_result line_reader_take(char line[PROMPT_LINE])
{
    size_t len, with_end;

    while (!find_line(&len, &with_end))
        if (!fill() && !(input.ended && input.len > 0))
            return input.ended ? PROMPT_ENDED : PROMPT_NOTHING;
    if (len > PROMPT_LINE - 1)
        len = PROMPT_LINE - 1;
    memcpy(line, input.octets, len);
    line[len] = '\0';
    take_out(with_end);
    return PROMPT_GOT_LINE;
}

void line_reader_drop(void)
{
    size_t dropped = 0;

    if (isatty(STDIN_FILENO))
        (void)tcflush(STDIN_FILENO, TCIFLUSH);
    do {
        dropped += input.len;
        input.len = 0;
    } while (dropped < DROP_LIMIT && fill());
    if (dropped >= DROP_LIMIT)
        input.ended = true;
}

bool line_reader_has_more(void)
{
    return input.len > 0;
}

bool line_reader_has_ended(void)
{
    if (input.len == 0 && !isatty(STDIN_FILENO))
        (void)fill();
    return input.ended && input.len == 0;
}
