/* A host whose controller is another process that behaves badly.  Its time is virtual, a little more at each look, so
 * that what takes seconds takes none: kith_posix_now() is this file's. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kith/codec/hci.h"
#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "kith/port/posix.h"

enum { STEP_US = 1000, PATIENCE_US = 20 * 1000 * 1000 };

static uint64_t now_us;

uint64_t kith_posix_now(void)
{
    return now_us += STEP_US;
}

typedef struct {
    kith_crypto_port crypto;
    uint64_t *memory;
    kith_host *host;
    kith_posix port;
    int controller; /* its end, which is the child's alone once there is one */
    pid_t child;
} bench;

static void make_host(bench *b)
{
    kith_config config;
    size_t size;

    assert_int_equal(kith_openssl_port(&b->crypto), KITH_OK);
    kith_config_default(&config);
    config.crypto = &b->crypto;
    config.store = &kith_volatile_store;
    size = kith_host_size(&config.limits);
    b->memory = calloc(size / 8 + 1, 8);
    assert_int_equal(kith_host_init(b->memory, size, &config, &b->host), KITH_OK);
}

static int set_up_over(void **state, int type)
{
    bench *b = calloc(1, sizeof *b);
    int fds[2];

    make_host(b);
    assert_int_equal(socketpair(AF_UNIX, type, 0, fds), 0);
    b->controller = fds[1];
    assert_int_equal(kith_posix_init(&b->port, b->host, fds[0]), KITH_OK);
    *state = b;
    return 0;
}

static int set_up(void **state)
{
    return set_up_over(state, SOCK_STREAM);
}

static int set_up_packets(void **state)
{
    return set_up_over(state, SOCK_SEQPACKET);
}

static int tear_down(void **state)
{
    bench *b = *state;

    if (b->child > 0) {
        (void)kill(b->child, SIGKILL);
        (void)waitpid(b->child, NULL, 0);
    }
    if (b->controller >= 0)
        (void)close(b->controller);
    kith_posix_close(&b->port);
    kith_host_erase(b->host);
    free(b->memory);
    free(b);
    return 0;
}

/* ---- controllers ---- */

static _Noreturn void send_for_ever(int fd, const uint8_t *octets, size_t len)
{
    while (send(fd, octets, len, MSG_NOSIGNAL) > 0)
        continue;
    _exit(0);
}

static void become(bench *b, void (*behave)(int fd))
{
    b->child = fork();
    assert_true(b->child >= 0);
    if (b->child == 0) {
        (void)close(b->port.stream.fd);
        behave(b->controller);
        _exit(0);
    }
    (void)close(b->controller);
    b->controller = -1;
}

static void flood_with_vendor_events(int fd)
{
    static const uint8_t events[] = {0x04, 0xff, 0x02, 0x00, 0x00, 0x04, 0xff, 0x00};

    send_for_ever(fd, events, sizeof events);
}

/* Of a command that nobody has given. */
static void flood_with_completions(int fd)
{
    static const uint8_t event[] = {0x04, 0x0e, 0x04, 0x01, 0x09, 0x10, 0x00};

    send_for_ever(fd, event, sizeof event);
}

static void flood_with_data(int fd)
{
    static const uint8_t data[] = {0x02, 0x40, 0x20, 0x05, 0x00, 0x01, 0x00, 0x04, 0x00, 0x02};

    send_for_ever(fd, data, sizeof data);
}

/* A Command Complete for each command, with success and no values. */
static void answer_nothing(int fd)
{
    uint8_t command[260];
    ssize_t n;

    while ((n = recv(fd, command, sizeof command, 0)) >= 4) {
        const uint8_t complete[] = {0x04, 0x0e, 0x04, 0x01, command[1], command[2], 0x00};

        (void)send(fd, complete, sizeof complete, MSG_NOSIGNAL);
    }
}

static void answer_rubbish(int fd)
{
    static const uint8_t rubbish[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

    send_for_ever(fd, rubbish, sizeof rubbish);
}

static void stay_silent(int fd)
{
    uint8_t octet;

    while (recv(fd, &octet, 1, 0) == 1)
        continue;
}

/* ---- what the host's program sees ---- */

/* Bounded: it is the time of the host that is measured, and each look takes some. */
static void expect_the_start_to_fail(bench *b)
{
    uint64_t begin = now_us;
    kith_event event;

    assert_int_equal(kith_host_start(b->host, kith_posix_now()), KITH_OK);
    assert_int_equal(kith_posix_next(&b->port, begin + PATIENCE_US, &event), KITH_POSIX_EVENT);
    assert_int_equal(event.kind, KITH_EVENT_START_FAILED);
    assert_true(now_us - begin < PATIENCE_US);
}

static void a_flood_of_unknown_events_keeps_no_deadline_from_coming(void **state)
{
    bench *b = *state;

    become(b, flood_with_vendor_events);
    expect_the_start_to_fail(b);
}

static void a_flood_of_others_answers_is_no_answer(void **state)
{
    bench *b = *state;

    become(b, flood_with_completions);
    expect_the_start_to_fail(b);
}

static void a_flood_of_data_keeps_no_deadline_from_coming(void **state)
{
    bench *b = *state;

    become(b, flood_with_data);
    expect_the_start_to_fail(b);
}

static void answers_without_values_fail_the_start(void **state)
{
    bench *b = *state;

    become(b, answer_nothing);
    expect_the_start_to_fail(b);
}

static void rubbish_fails_the_start(void **state)
{
    bench *b = *state;

    become(b, answer_rubbish);
    expect_the_start_to_fail(b);
    assert_true(b->port.stream.h4.searching);
    assert_int_equal(b->port.strange, 'H');
    expect_the_start_to_fail(b); /* and it fails again: no reset is found in it */
}

/* Where packets keep their bounds there is no step to lose, and rubbish is nothing. */
static void rubbish_in_packets_fails_the_start(void **state)
{
    bench *b = *state;

    become(b, answer_rubbish);
    expect_the_start_to_fail(b);
    assert_false(b->port.stream.h4.searching);
}

/* It says nothing, so only the deadline is waited for: no look is made that finds something. */
static void silence_fails_the_start(void **state)
{
    bench *b = *state;
    uint64_t begin = now_us;
    kith_event event;
    kith_posix_result result;

    become(b, stay_silent);
    assert_int_equal(kith_host_start(b->host, kith_posix_now()), KITH_OK);
    do
        result = kith_posix_next(&b->port, 0, &event);
    while (result == KITH_POSIX_TIMEOUT && now_us - begin < PATIENCE_US);
    assert_int_equal(result, KITH_POSIX_EVENT);
    assert_int_equal(event.kind, KITH_EVENT_START_FAILED);
}

/* ---- the program's own time ---- */

static void a_flood_keeps_the_program_s_time_from_nothing(void **state)
{
    bench *b = *state;
    uint64_t until = now_us + 100 * STEP_US;
    kith_event event;

    become(b, flood_with_vendor_events);
    assert_int_equal(kith_posix_next(&b->port, until, &event), KITH_POSIX_TIMEOUT);
    assert_true(now_us >= until);
}

static void a_flood_keeps_no_descriptor_from_being_heard(void **state)
{
    bench *b = *state;
    kith_event event;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    b->port.wake_fds[1] = ends[0];
    become(b, flood_with_vendor_events);
    assert_int_equal(kith_posix_next(&b->port, now_us + 100 * STEP_US, &event), KITH_POSIX_TIMEOUT);
    assert_int_equal(write(ends[1], "", 1), 1);
    assert_int_equal(kith_posix_next(&b->port, UINT64_MAX, &event), KITH_POSIX_WOKEN);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

#define ALL_OVER(test, up) cmocka_unit_test_setup_teardown(test, up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALL_OVER(a_flood_of_unknown_events_keeps_no_deadline_from_coming, set_up),
        ALL_OVER(a_flood_of_unknown_events_keeps_no_deadline_from_coming, set_up_packets),
        ALL_OVER(a_flood_of_others_answers_is_no_answer, set_up),
        ALL_OVER(a_flood_of_data_keeps_no_deadline_from_coming, set_up),
        ALL_OVER(answers_without_values_fail_the_start, set_up),
        ALL_OVER(answers_without_values_fail_the_start, set_up_packets),
        ALL_OVER(rubbish_fails_the_start, set_up),
        ALL_OVER(rubbish_in_packets_fails_the_start, set_up_packets),
        ALL_OVER(silence_fails_the_start, set_up),
        ALL_OVER(silence_fails_the_start, set_up_packets),
        ALL_OVER(a_flood_keeps_the_program_s_time_from_nothing, set_up),
        ALL_OVER(a_flood_keeps_the_program_s_time_from_nothing, set_up_packets),
        ALL_OVER(a_flood_keeps_no_descriptor_from_being_heard, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
