/* fork, exec, a pipe, and limits. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kith/port/posix.h"
#include "live_process.h"

enum { MOST_ARGUMENTS = 24, MAX_LINE = 2048 };

/* Nobody types anything. */
static void become(const char *command, const char *const *arguments, int out)
{
    const char *argv[MOST_ARGUMENTS + 2] = {command};
    int in = open("/dev/null", O_RDONLY);

    for (size_t i = 0; i < MOST_ARGUMENTS && arguments[i] != NULL; i++)
        argv[i + 1] = arguments[i];
    (void)dup2(in, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    execv(command, (char *const *)argv);
    _exit(127);
}

void live_start(live_process *p, const char *command, const char *const *arguments)
{
    int ends[2];

    p->len = p->read = 0;
    if (pipe(ends) != 0)
        abort();
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    p->pid = fork();
    if (p->pid == 0)
        become(command, arguments, ends[1]);
    (void)close(ends[1]);
    p->fd = ends[0];
}

/* false: nothing more came by then. */
static bool hear(live_process *p, uint64_t until_us)
{
    struct pollfd fd = {.fd = p->fd, .events = POLLIN};
    uint64_t now = kith_posix_now();
    ssize_t n;

    if (now >= until_us || p->len == sizeof p->text - 1 || poll(&fd, 1, (int)((until_us - now) / 1000) + 1) <= 0)
        return false;
    n = read(p->fd, p->text + p->len, sizeof p->text - 1 - p->len);
    if (n <= 0)
        return false;
    p->len += (size_t)n;
    return true;
}

const char *live_line(live_process *p, const char *words)
{
    static char line[MAX_LINE];
    uint64_t until = kith_posix_now() + LIVE_LIMIT_MS * 1000;

    do {
        const char *end;

        while ((end = memchr(p->text + p->read, '\n', p->len - p->read)) != NULL) {
            size_t len = (size_t)(end - (p->text + p->read));

            len = len < sizeof line ? len : sizeof line - 1;
            memcpy(line, p->text + p->read, len);
            line[len] = '\0';
            p->read = (size_t)(end - p->text) + 1;
            if (strstr(line, words) != NULL)
                return line;
        }
    } while (hear(p, until));
    return NULL;
}

int live_stop(live_process *p, int signal)
{
    uint64_t until = kith_posix_now() + LIVE_LIMIT_MS * 1000;
    int status;

    if (signal != 0)
        (void)kill(p->pid, signal);
    while (hear(p, until))
        ; /* its end closes the pipe */
    if (kith_posix_now() >= until)
        return -1;
    (void)waitpid(p->pid, &status, 0);
    p->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int live_wait_for(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    return poll(&wanted, 1, LIVE_LIMIT_MS) > 0;
}

void live_kill(live_process *p)
{
    if (p->pid > 0) {
        (void)kill(p->pid, SIGKILL);
        (void)waitpid(p->pid, NULL, 0);
    }
    if (p->fd > 0)
        (void)close(p->fd);
    p->pid = 0;
    p->fd = 0;
}
