/* Signals write their number into a pipe: poll() sees them without a race. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "stop.h"

static int ends[2] = {-1, -1};
static unsigned asked;
static bool interrupted;

static void on_signal(int number)
{
    int error = errno;
    unsigned char octet = (unsigned char)number;
    ssize_t written = write(ends[1], &octet, 1);

    (void)written; /* a full pipe says the same */
    errno = error;
}

static bool take_signal(int number)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    return sigaction(number, &action, NULL) == 0;
}

/* By who started us: nohup, and then the terminal may go. */
static bool is_ignored(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

bool stop_watch(void)
{
    struct sigaction ignore;

    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    if (pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 &&
        sigaction(SIGPIPE, &ignore, NULL) == 0 && take_signal(SIGINT) && take_signal(SIGTERM) &&
        (is_ignored(SIGHUP) || take_signal(SIGHUP)))
        return true;
    (void)complain("signals cannot be caught: %s", strerror(errno));
    return false;
}

int stop_fd(void)
{
    return ends[0];
}

unsigned stop_take(void)
{
    unsigned char octet;

    while (read(ends[0], &octet, 1) == 1) {
        interrupted |= octet == SIGINT;
        asked++;
    }
    return asked;
}

bool stop_was_interrupt(void)
{
    return interrupted;
}
