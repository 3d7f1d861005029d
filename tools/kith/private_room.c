/* Two child processes and two socket pairs.  The children are in a process group of their own, so that Ctrl-C reaches
 * the command alone, which then leaves in order; when the command dies the kernel ends them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "private_room.h"
#include "radio.h"
#include "store_file.h"

enum { OURS, GUESTS, DEVICES, SEED = 1, WAIT_MS = 3000, LOOK_EVERY_MS = 5 };

typedef struct {
    int host[DEVICES], controller[DEVICES]; /* the ends of each pair */
} pairs;

static bool open_pairs(pairs *p)
{
    for (int i = 0; i < DEVICES; i++) {
        int ends[2];

        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
            (void)complain("the virtual radio did not start: %s", strerror(errno));
            while (i-- > 0) {
                (void)close(p->host[i]);
                (void)close(p->controller[i]);
            }
            return false;
        }
        p->host[i] = ends[0];
        p->controller[i] = ends[1];
    }
    return true;
}

/* ---- a child ---- */

static void be_silent(void)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0)
        return;
    (void)dup2(null, STDIN_FILENO);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO)
        (void)close(null);
}

/* The parent may have died before it was asked for its death. */
static bool settle(pid_t parent)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        (void)signal(taken[i], SIG_DFL);
    be_silent();
    return setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

static _Noreturn void be_radio(const pairs *p, pid_t parent, unsigned crowd)
{
    int status = EXIT_FAILED;

    for (int i = 0; i < DEVICES; i++)
        (void)close(p->host[i]);
    if (settle(parent))
        status = radio_serve_private(p->controller, DEVICES, crowd, SEED);
    (void)fflush(stdout);
    _exit(status);
}

static _Noreturn void be_guest(const pairs *p, pid_t parent, const private_room_company *company, const char *store)
{
    char beside[STORE_FILE_PATH];
    int status = EXIT_FAILED;

    (void)close(p->host[OURS]);
    for (int i = 0; i < DEVICES; i++)
        (void)close(p->controller[i]);
    if (store != NULL && snprintf(beside, sizeof beside, "%s.guest", store) >= (int)sizeof beside)
        store = NULL;
    if (settle(parent))
        status = company->guest(company->context, p->host[GUESTS], store == NULL ? NULL : beside);
    (void)fflush(stdout);
    _exit(status);
}

/* ---- the command ---- */

static bool start(private_room *room, const pairs *p, const private_room_company *company, const char *store)
{
    pid_t parent = getpid();

    (void)fflush(stdout);
    room->radio = fork();
    if (room->radio == 0)
        be_radio(p, parent, company->crowd);
    room->guest = room->radio < 0 ? -1 : fork();
    if (room->guest == 0)
        be_guest(p, parent, company, store);
    return room->guest > 0;
}

bool private_room_open(private_room *room, const private_room_company *company, const char *store, int *fd)
{
    pairs p;
    bool started;

    *room = (private_room){0, 0};
    if (!open_pairs(&p))
        return false;
    started = start(room, &p, company, store);
    for (int i = 0; i < DEVICES; i++)
        (void)close(p.controller[i]);
    (void)close(p.host[GUESTS]);
    if (started) {
        *fd = p.host[OURS];
        return true;
    }
    (void)complain("the virtual radio did not start: %s", strerror(errno));
    (void)close(p.host[OURS]);
    private_room_close(room);
    return false;
}

static bool has_ended(pid_t child)
{
    return waitpid(child, NULL, WNOHANG) != 0;
}

/* What it stores it has time to store; a child that does not listen is not waited for. */
static void end_child(pid_t *child)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    bool ended = false;

    if (*child <= 0)
        return;
    (void)kill(*child, SIGTERM);
    for (int ms = 0; ms < WAIT_MS && !(ended = has_ended(*child)); ms += LOOK_EVERY_MS)
        (void)nanosleep(&pause, NULL);
    if (!ended) {
        (void)kill(*child, SIGKILL);
        (void)waitpid(*child, NULL, 0);
    }
    *child = 0;
}

void private_room_close(private_room *room)
{
    end_child(&room->guest);
    end_child(&room->radio);
}
