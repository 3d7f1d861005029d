/* Serial lines, by pseudo terminals: what a host opens as uart:, and what serves one host after the other. */
#define _XOPEN_SOURCE 700 /* posix_openpt() */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "kith/port/posix.h"

enum { NOBODY = 65534, LIMIT_MS = 5000 };

typedef struct {
    kith_posix_pty pty;
    char where[KITH_POSIX_PATH + 8];
    int host, controller; /* the two ends of a conversation */
} line;

static int set_up(void **state)
{
    line *l = calloc(1, sizeof *l);

    assert_int_equal(kith_posix_pty_open(&l->pty), KITH_OK);
    snprintf(l->where, sizeof l->where, "uart:%s", l->pty.name);
    l->host = l->controller = -1;
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    line *l = *state;

    (void)close(l->host);
    (void)close(l->controller);
    kith_posix_pty_close(&l->pty);
    free(l);
    return 0;
}

static short what_comes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    return poll(&wanted, 1, LIMIT_MS) > 0 ? wanted.revents : 0;
}

static bool is_quiet(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    return poll(&wanted, 1, 0) == 0;
}

static void say(int fd, const void *octets, size_t len)
{
    assert_int_equal(write(fd, octets, len), len);
}

static void expect_to_hear(int fd, const void *octets, size_t len)
{
    uint8_t heard[256];
    size_t at = 0;

    while (at < len) {
        ssize_t n;

        assert_true((what_comes(fd) & POLLIN) != 0);
        n = read(fd, heard + at, len - at);
        assert_true(n > 0);
        at += (size_t)n;
    }
    assert_memory_equal(heard, octets, len);
}

static void come(line *l)
{
    assert_int_equal(kith_posix_open(l->where, &l->host), KITH_OK);
    say(l->host, "hello", 5);
    assert_true((what_comes(l->pty.fd) & POLLIN) != 0);
    assert_int_equal(kith_posix_pty_accept(&l->pty, &l->controller), KITH_OK);
    expect_to_hear(l->controller, "hello", 5);
}

static void go(line *l)
{
    (void)close(l->host);
    l->host = -1;
    assert_true((what_comes(l->controller) & POLLHUP) != 0);
    (void)close(l->controller);
    l->controller = -1;
}

/* ---- as a serial line ---- */

static void every_octet_passes_both_ways(void **state)
{
    line *l = *state;
    uint8_t all[256];

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    come(l);
    say(l->host, all, sizeof all);
    expect_to_hear(l->controller, all, sizeof all);
    say(l->controller, all, sizeof all);
    expect_to_hear(l->host, all, sizeof all);
    assert_true(is_quiet(l->controller)); /* no echo */
}

static void a_line_is_raw_whatever_it_was_before(void **state)
{
    line *l = *state;
    struct termios settings;

    assert_int_equal(tcgetattr(l->pty.held, &settings), 0);
    settings.c_lflag |= ECHO | ICANON | ISIG;
    settings.c_iflag |= IXON | ICRNL;
    settings.c_oflag |= OPOST;
    settings.c_cc[VMIN] = 0;
    assert_int_equal(tcsetattr(l->pty.held, TCSANOW, &settings), 0);
    assert_int_equal(kith_posix_open(l->where, &l->host), KITH_OK);
    assert_int_equal(tcgetattr(l->host, &settings), 0);
    assert_int_equal(settings.c_lflag & (ECHO | ICANON | ISIG), 0);
    assert_int_equal(settings.c_iflag & (IXON | ICRNL), 0);
    assert_int_equal(settings.c_oflag & OPOST, 0);
    assert_int_equal(settings.c_cflag & (CSIZE | PARENB | CSTOPB), CS8);
    assert_int_equal(settings.c_cc[VMIN], 1); /* 0 would look like an end */
}

static void the_rate_is_what_was_asked(void **state)
{
    static const struct {
        const char *text;
        speed_t speed;
    } rates[] = {{"", B1000000}, {",9600", B9600}, {",115200", B115200}, {",921600", B921600}, {",4000000", B4000000}};
    line *l = *state;
    struct termios settings;

    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        char where[KITH_POSIX_PATH + 16];

        snprintf(where, sizeof where, "%s%s", l->where, rates[i].text);
        assert_int_equal(kith_posix_open(where, &l->host), KITH_OK);
        assert_int_equal(tcgetattr(l->host, &settings), 0);
        assert_int_equal(cfgetospeed(&settings), rates[i].speed);
        assert_int_equal(cfgetispeed(&settings), rates[i].speed);
        (void)close(l->host);
    }
    l->host = -1;
}

static void what_waited_for_somebody_else_is_thrown_away(void **state)
{
    line *l = *state;

    say(l->pty.fd, "stale", 5);
    assert_true((what_comes(l->pty.held) & POLLIN) != 0);
    assert_int_equal(kith_posix_open(l->where, &l->host), KITH_OK);
    assert_true(is_quiet(l->host));
}

static void a_line_in_use_is_busy(void **state)
{
    line *l = *state;
    int second = -1;

    assert_int_equal(kith_posix_open(l->where, &l->host), KITH_OK);
    assert_int_equal(kith_posix_open(l->where, &second), KITH_ERR_BUSY);
    assert_int_equal(second, -1);
    (void)close(l->host);
    assert_int_equal(kith_posix_open(l->where, &l->host), KITH_OK);
}

static void what_is_no_line_is_named(void **state)
{
    static const char *const values[] = {"uart:",
                                         "uart:,115200",
                                         "uart:/dev/null,",
                                         "uart:/dev/null,115201",
                                         "uart:/dev/null,fast",
                                         "uart:/dev/null,115200x",
                                         "uart:/dev/null,-9600"};
    int fd = -1;

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_int_equal(kith_posix_open(values[i], &fd), KITH_ERR_VALUE);
    assert_int_equal(kith_posix_open("uart:/dev/null", &fd), KITH_ERR_IO);
    assert_int_equal(errno, ENOTTY);
    assert_int_equal(kith_posix_open("uart:/nowhere/tty", &fd), KITH_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(fd, -1);
}

static void a_stream_ends_with_its_line(void **state)
{
    line *l = *state;
    kith_posix_stream *stream = malloc(sizeof *stream);

    come(l);
    assert_int_equal(kith_posix_stream_init(stream, l->host, KITH_POSIX_FROM_CONTROLLER), KITH_OK);
    assert_false(stream->is_socket || stream->is_packets);
    (void)close(l->controller);
    l->controller = -1;
    kith_posix_pty_close(&l->pty);
    kith_posix_stream_fill(stream);
    assert_true(stream->ended);
    kith_posix_stream_close(stream);
    l->host = -1;
    free(stream);
}

/* ---- as a controller's terminal ---- */

static void nobody_is_no_hang_up(void **state)
{
    line *l = *state;

    assert_true(is_quiet(l->pty.fd));
    come(l);
    go(l);
    assert_int_equal(kith_posix_pty_wait(&l->pty), KITH_OK);
    assert_true(is_quiet(l->pty.fd));
}

static void hosts_come_one_after_the_other(void **state)
{
    line *l = *state;

    for (int i = 0; i < 3; i++) {
        come(l);
        say(l->controller, "not read", 8);
        go(l);
        assert_int_equal(kith_posix_pty_wait(&l->pty), KITH_OK);
        assert_true(is_quiet(l->pty.held)); /* what the last one did not read is not for the next */
    }
}

/* What it said before it closed is read first. */
static void the_last_words_are_heard(void **state)
{
    line *l = *state;

    come(l);
    say(l->host, "bye", 3);
    (void)close(l->host);
    l->host = -1;
    expect_to_hear(l->controller, "bye", 3);
    assert_int_equal(read(l->controller, (char[1]){0}, 1), -1);
    assert_int_equal(errno, EIO);
}

/* Its first words are not lost, however early they come. */
static void the_next_may_come_before_it_is_waited_for(void **state)
{
    line *l = *state;

    come(l);
    go(l);
    assert_int_equal(kith_posix_open(l->where, &l->host), KITH_OK);
    say(l->host, "early", 5);
    assert_int_equal(kith_posix_pty_wait(&l->pty), KITH_OK);
    assert_int_equal(kith_posix_pty_accept(&l->pty, &l->controller), KITH_OK);
    expect_to_hear(l->controller, "early", 5);
}

static void closing_hangs_up_whoever_is_there(void **state)
{
    line *l = *state;

    come(l);
    (void)close(l->controller);
    l->controller = -1;
    kith_posix_pty_close(&l->pty);
    assert_true((what_comes(l->host) & POLLHUP) != 0);
}

/* In a process of its own, since root may open everything.  The exit status: what failed. */
static int use_and_leave(bool exclusive)
{
    char where[KITH_POSIX_PATH + 8];
    kith_posix_pty pty;
    kith_status status;
    int host, controller;

    if ((getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) || kith_posix_pty_open(&pty) != KITH_OK)
        return 1;
    snprintf(where, sizeof where, "uart:%s", pty.name);
    if (kith_posix_open(where, &host) != KITH_OK || (exclusive && ioctl(host, TIOCEXCL) != 0))
        return 2;
    if (write(host, "hello", 5) != 5 || what_comes(pty.fd) == 0 || kith_posix_pty_accept(&pty, &controller) != KITH_OK)
        return 3;
    (void)close(host);
    (void)close(controller);
    status = kith_posix_pty_wait(&pty);
    kith_posix_pty_close(&pty);
    return status == (exclusive ? KITH_ERR_IO : KITH_OK) ? 0 : 4;
}

static int exit_status_of(bool exclusive)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        _exit(use_and_leave(exclusive));
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The mark of exclusive use stays on a pseudo terminal: nobody but root can open it again. */
static void a_terminal_left_exclusive_is_told(void **state)
{
    (void)state;
    assert_int_equal(exit_status_of(true), 0);
}

static void our_own_hosts_leave_it_to_others(void **state)
{
    (void)state;
    assert_int_equal(exit_status_of(false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_octet_passes_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_is_raw_whatever_it_was_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_rate_is_what_was_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waited_for_somebody_else_is_thrown_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_in_use_is_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_line_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stream_ends_with_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_is_no_hang_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts_come_one_after_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_words_are_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_next_may_come_before_it_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_hangs_up_whoever_is_there, set_up, tear_down),
        cmocka_unit_test(a_terminal_left_exclusive_is_told),
        cmocka_unit_test(our_own_hosts_leave_it_to_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
