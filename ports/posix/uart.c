/* A serial line: raw, 8N1, hardware flow control, and ours alone.  Two programs that read one line would each get half
 * of it, so it is locked (as other programs do, too), and shut to programs that do not look for locks. */
#define _DEFAULT_SOURCE /* CRTSCTS, and baud rates that POSIX does not know */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "descriptor.h"
#include "terminal.h"
#include "transport.h"

enum { TERMINAL_NAME = 64, DEFAULT_BAUD = 1000000 };

static const struct {
    long baud;
    speed_t speed;
} rates[] = {
    {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},     {115200, B115200},
    {230400, B230400},   {460800, B460800},   {500000, B500000},   {576000, B576000},   {921600, B921600},
    {1000000, B1000000}, {1152000, B1152000}, {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000},
    {3000000, B3000000}, {3500000, B3500000}, {4000000, B4000000},
};

static bool find_speed(long baud, speed_t *speed)
{
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        if (rates[i].baud == baud) {
            *speed = rates[i].speed;
            return true;
        }
    }
    return false;
}

/* DEV[,BAUD] */
static bool parse(const char *where, char device[PATH_MAX], speed_t *speed)
{
    const char *comma = strrchr(where, ',');
    size_t len = comma == NULL ? strlen(where) : (size_t)(comma - where);
    long baud = DEFAULT_BAUD;
    char *end;

    if (comma != NULL) {
        baud = strtol(comma + 1, &end, 10);
        if (comma[1] < '0' || comma[1] > '9' || *end != '\0')
            return false;
    }
    if (len == 0 || len >= PATH_MAX || !find_speed(baud, speed))
        return false;
    memcpy(device, where, len);
    device[len] = '\0';
    return true;
}

/* Its mark of exclusive use outlives whoever set it, as long as its other end is open. */
static bool is_pseudo_terminal(int fd)
{
    char name[TERMINAL_NAME];

    return ttyname_r(fd, name, sizeof name) == 0 && strncmp(name, "/dev/pts/", 9) == 0;
}

static kith_status make_ours(int fd)
{
    if (!isatty(fd)) {
        errno = ENOTTY;
        return KITH_ERR_IO;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? KITH_ERR_BUSY : KITH_ERR_IO;
    if (!is_pseudo_terminal(fd))
        (void)ioctl(fd, TIOCEXCL);
    return KITH_OK;
}

/* Flow control where the device has it.  tcsetattr() is content with a part, so what it did is looked at. */
static bool set_up(int fd, speed_t speed)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) != 0)
        return false;
    posix_make_raw(&settings);
    settings.c_cflag |= CRTSCTS;
    if (cfsetispeed(&settings, speed) != 0 || cfsetospeed(&settings, speed) != 0)
        return false;
    if (tcsetattr(fd, TCSANOW, &settings) != 0) {
        settings.c_cflag &= ~(tcflag_t)CRTSCTS;
        if (tcsetattr(fd, TCSANOW, &settings) != 0)
            return false;
    }
    errno = EINVAL;
    return tcgetattr(fd, &settings) == 0 && cfgetospeed(&settings) == speed;
}

kith_status posix_open_uart(const char *where, int *fd)
{
    char device[PATH_MAX];
    speed_t speed;
    kith_status status;
    int s;

    if (!parse(where, device, &speed))
        return KITH_ERR_VALUE;
    /* Without O_NONBLOCK it would wait for a modem. */
    s = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (s < 0)
        return errno == EBUSY ? KITH_ERR_BUSY : KITH_ERR_IO;
    status = make_ours(s);
    if (status != KITH_OK)
        return posix_fail_and_close(s, status);
    if (!set_up(s, speed) || !posix_set_blocking(s, true))
        return posix_fail_and_close(s, KITH_ERR_IO);
    (void)tcflush(s, TCIOFLUSH); /* what was meant for whoever had it before */
    *fd = s;
    return KITH_OK;
}
