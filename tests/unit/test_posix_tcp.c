/* TCP on loopback: connecting by every form of a place, errors by name, and listening for this machine alone. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "kith/port/posix.h"

typedef struct {
    kith_posix_listener listener;
    int ours, theirs;
} place;

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);

    p->listener.fd = p->ours = p->theirs = -1;
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;

    kith_posix_unlisten(&p->listener);
    (void)close(p->ours);
    (void)close(p->theirs);
    free(p);
    return 0;
}

static void connect_to(place *p, const char *host)
{
    char where[64];

    snprintf(where, sizeof where, "tcp:%s:%u", host, p->listener.port);
    assert_int_equal(kith_posix_open(where, &p->ours), KITH_OK);
    assert_int_equal(kith_posix_accept(&p->listener, &p->theirs), KITH_OK);
}

static bool holds_nothing_back(int fd)
{
    int on = 0;
    socklen_t size = sizeof on;

    return getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0 && on != 0;
}

static void expect_to_carry(int from, int to)
{
    char heard[4] = "";

    assert_int_equal(write(from, "kith", 4), 4);
    assert_int_equal(recv(to, heard, 4, MSG_WAITALL), 4);
    assert_memory_equal(heard, "kith", 4);
}

static void hosts_connect_over_tcp(void **state)
{
    place *p = *state;
    char place_text[KITH_POSIX_PATH];

    assert_int_equal(kith_posix_listen_tcp(&p->listener, "127.0.0.1:0"), KITH_OK);
    assert_true(p->listener.port > 0);
    snprintf(place_text, sizeof place_text, "127.0.0.1:%u", p->listener.port);
    assert_string_equal(p->listener.place, place_text);
    assert_int_equal(kith_posix_accept(&p->listener, &p->theirs), KITH_ERR_NOT_FOUND);
    connect_to(p, "127.0.0.1");
    assert_true(holds_nothing_back(p->ours) && holds_nothing_back(p->theirs));
    expect_to_carry(p->ours, p->theirs);
    expect_to_carry(p->theirs, p->ours);
}

/* Where "localhost" has an IPv6 address, too, nobody listens there: the others are tried. */
static void names_are_looked_up(void **state)
{
    place *p = *state;

    assert_int_equal(kith_posix_listen_tcp(&p->listener, "127.0.0.1:0"), KITH_OK);
    connect_to(p, "localhost");
    expect_to_carry(p->theirs, p->ours);
}

static void an_ipv6_address_stands_in_brackets(void **state)
{
    place *p = *state;

    if (kith_posix_listen_tcp(&p->listener, "[::1]:0") != KITH_OK)
        skip(); /* no IPv6 on this machine */
    assert_memory_equal(p->listener.place, "[::1]:", 6);
    connect_to(p, "[::1]");
    expect_to_carry(p->ours, p->theirs);
}

static void one_port_has_one_listener(void **state)
{
    kith_posix_listener second;
    place *p = *state;
    char where[KITH_POSIX_PATH];

    assert_int_equal(kith_posix_listen_tcp(&p->listener, "localhost:0"), KITH_OK);
    snprintf(where, sizeof where, "%s", p->listener.place);
    assert_int_equal(kith_posix_listen_tcp(&second, where), KITH_ERR_BUSY);
    assert_int_equal(second.fd, -1);
}

/* As after kill -9 of a program that had a client: the old connection still lingers. */
static void a_port_left_moments_ago_is_free(void **state)
{
    place *p = *state;
    char where[KITH_POSIX_PATH];

    assert_int_equal(kith_posix_listen_tcp(&p->listener, "127.0.0.1:0"), KITH_OK);
    snprintf(where, sizeof where, "%s", p->listener.place);
    connect_to(p, "127.0.0.1");
    (void)close(p->theirs); /* this side first: it is the one that lingers */
    kith_posix_unlisten(&p->listener);
    assert_int_equal(kith_posix_listen_tcp(&p->listener, where), KITH_OK);
}

static void only_this_machine_is_listened_to(void **state)
{
    static const char *const others[] = {"0.0.0.0:0", "192.0.2.1:0", "[::]:0", "[2001:db8::1]:0"};
    place *p = *state;

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(kith_posix_listen_tcp(&p->listener, others[i]), KITH_ERR_VALUE);
    assert_int_equal(kith_posix_listen_tcp(&p->listener, "kith.invalid:0"), KITH_ERR_NOT_FOUND);
    assert_int_equal(p->listener.fd, -1);
}

static void what_is_no_place_is_named(void **state)
{
    static const char *const forms[] = {"tcp:",
                                        "tcp:localhost",
                                        "tcp:localhost:",
                                        "tcp::1234",
                                        "tcp:::1:1234",
                                        "tcp:[]:1234",
                                        "tcp:[::1]",
                                        "tcp:localhost:http",
                                        "tcp:localhost:65536",
                                        "tcp:localhost:-1",
                                        "tcp:localhost:0",
                                        "tcp:localhost:+1",
                                        "tcp:localhost:000000001"};
    char longest[400] = "tcp:";
    place *p = *state;

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        assert_int_equal(kith_posix_open(forms[i], &p->ours), KITH_ERR_VALUE);
    memset(longest + 4, 'x', 300);
    strcpy(longest + 304, ":1");
    assert_int_equal(kith_posix_open(longest, &p->ours), KITH_ERR_VALUE);
    assert_int_equal(kith_posix_listen_tcp(&p->listener, "0"), KITH_ERR_VALUE);
    assert_int_equal(p->ours, -1);
}

static void a_host_without_an_address_is_not_found(void **state)
{
    place *p = *state;

    assert_int_equal(kith_posix_open("tcp:kith.invalid:1234", &p->ours), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_posix_open("tcp:[localhost]:1234", &p->ours), KITH_ERR_NOT_FOUND);
}

static void a_port_at_which_nobody_listens_refuses(void **state)
{
    place *p = *state;
    char where[KITH_POSIX_PATH + 4];

    assert_int_equal(kith_posix_listen_tcp(&p->listener, "127.0.0.1:0"), KITH_OK);
    snprintf(where, sizeof where, "tcp:%s", p->listener.place);
    kith_posix_unlisten(&p->listener);
    assert_int_equal(kith_posix_open(where, &p->ours), KITH_ERR_IO);
    assert_int_equal(errno, ECONNREFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hosts_connect_over_tcp, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_are_looked_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_ipv6_address_stands_in_brackets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_port_has_one_listener, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_left_moments_ago_is_free, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_this_machine_is_listened_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_place_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_host_without_an_address_is_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_at_which_nobody_listens_refuses, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
