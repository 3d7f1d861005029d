/* Unix sockets and streams: who may listen where, and buffers that stay bounded. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kith/port/posix.h"

typedef struct {
    char folder[32];
    char path[64], where[80];
    kith_posix_listener listener;
    kith_posix_stream *a, *b;
} place;

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);
    int fds[2];

    strcpy(p->folder, "/tmp/kith-test-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/hci", p->folder);
    snprintf(p->where, sizeof p->where, "unix:%s", p->path);
    p->listener.fd = -1;
    p->a = malloc(sizeof *p->a);
    p->b = malloc(sizeof *p->b);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(kith_posix_stream_init(p->a, fds[0], KITH_POSIX_FROM_CONTROLLER), KITH_OK);
    assert_int_equal(kith_posix_stream_init(p->b, fds[1], KITH_POSIX_FROM_HOST), KITH_OK);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;

    kith_posix_unlisten(&p->listener);
    kith_posix_stream_close(p->a);
    kith_posix_stream_close(p->b);
    (void)unlink(p->path);
    (void)rmdir(p->folder);
    free(p->a);
    free(p->b);
    free(p);
    return 0;
}

static bool exists(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0;
}

static void a_listener_is_for_this_user_and_cleans_up(void **state)
{
    place *p = *state;
    struct stat about;
    int fd, accepted;

    assert_int_equal(kith_posix_listen(&p->listener, p->path), KITH_OK);
    assert_int_equal(lstat(p->path, &about), 0);
    assert_true(S_ISSOCK(about.st_mode));
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(kith_posix_accept(&p->listener, &accepted), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_posix_open(p->where, &fd), KITH_OK);
    assert_int_equal(kith_posix_accept(&p->listener, &accepted), KITH_OK);
    close(fd);
    close(accepted);
    kith_posix_unlisten(&p->listener);
    assert_false(exists(p->path));
}

static void a_second_listener_is_refused(void **state)
{
    place *p = *state;
    kith_posix_listener second;
    int fd;

    assert_int_equal(kith_posix_listen(&p->listener, p->path), KITH_OK);
    assert_int_equal(kith_posix_listen(&second, p->path), KITH_ERR_BUSY);
    kith_posix_unlisten(&second);
    assert_int_equal(kith_posix_open(p->where, &fd), KITH_OK);
    close(fd);
}

/* What a killed program leaves. */
static void a_socket_without_a_listener_is_replaced(void **state)
{
    place *p = *state;
    int fd;

    assert_int_equal(kith_posix_listen(&p->listener, p->path), KITH_OK);
    close(p->listener.fd);
    p->listener.fd = -1;
    assert_true(exists(p->path));
    assert_int_equal(kith_posix_open(p->where, &fd), KITH_ERR_IO);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_equal(kith_posix_listen(&p->listener, p->path), KITH_OK);
    assert_int_equal(kith_posix_open(p->where, &fd), KITH_OK);
    close(fd);
}

static void a_file_is_never_replaced(void **state)
{
    place *p = *state;
    FILE *file = fopen(p->path, "w");

    assert_non_null(file);
    fclose(file);
    assert_int_equal(kith_posix_listen(&p->listener, p->path), KITH_ERR_STATE);
    assert_true(exists(p->path));
}

static void another_s_socket_is_not_removed(void **state)
{
    place *p = *state;
    kith_posix_listener other;

    assert_int_equal(kith_posix_listen(&p->listener, p->path), KITH_OK);
    unlink(p->path);
    assert_int_equal(kith_posix_listen(&other, p->path), KITH_OK);
    kith_posix_unlisten(&p->listener);
    assert_true(exists(p->path));
    kith_posix_unlisten(&other);
    assert_false(exists(p->path));
}

static void places_that_are_none_are_named(void **state)
{
    char path[KITH_POSIX_PATH + 1], where[KITH_POSIX_PATH + 6];
    place *p = *state;
    int fd = -1;

    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    snprintf(where, sizeof where, "unix:%s", path);
    assert_int_equal(kith_posix_listen(&p->listener, path), KITH_ERR_VALUE);
    assert_int_equal(kith_posix_listen(&p->listener, ""), KITH_ERR_VALUE);
    assert_int_equal(kith_posix_open(where, &fd), KITH_ERR_VALUE);
    assert_int_equal(kith_posix_open("unix:", &fd), KITH_ERR_VALUE);
    assert_int_equal(kith_posix_open("/tmp/hci", &fd), KITH_ERR_VALUE);
    assert_int_equal(kith_posix_open("", &fd), KITH_ERR_VALUE);
    assert_int_equal(kith_posix_open(p->where, &fd), KITH_ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(fd, -1);
}

/* ---- streams ---- */

static const uint8_t event[] = {0x04, 0x0e, 0x04, 0x01, 0x03, 0x0c, 0x00};

static void one_who_never_reads_fills_a_queue_and_no_more(void **state)
{
    place *p = *state;
    size_t sent = 0, received = 0;
    kith_status status;

    while ((status = kith_posix_stream_put(p->b, event, sizeof event)) == KITH_OK) {
        sent++;
        kith_posix_stream_flush(p->b);
        assert_true(sent < 10000000);
    }
    assert_int_equal(status, KITH_ERR_FULL);
    assert_false(p->b->ended);
    do { /* now it reads: everything arrives, in order and whole */
        kith_posix_stream_fill(p->a);
        while (kith_posix_stream_next(p->a) == KITH_POSIX_H4_PACKET) {
            assert_memory_equal(p->a->h4.packet, event, sizeof event);
            received++;
        }
        kith_posix_stream_flush(p->b);
    } while (received < sent && !p->a->ended && !p->a->h4.searching);
    assert_int_equal(received, sent);
    assert_int_equal(p->b->queued, 0);
}

static void the_end_of_a_stream_comes_after_its_last_packet(void **state)
{
    place *p = *state;

    assert_int_equal(kith_posix_stream_put(p->b, event, sizeof event), KITH_OK);
    kith_posix_stream_flush(p->b);
    kith_posix_stream_close(p->b);
    kith_posix_stream_fill(p->a);
    assert_int_equal(kith_posix_stream_next(p->a), KITH_POSIX_H4_PACKET);
    assert_false(p->a->ended);
    assert_int_equal(kith_posix_stream_next(p->a), KITH_POSIX_H4_MORE);
    kith_posix_stream_fill(p->a);
    assert_true(p->a->ended);
    assert_int_equal(p->a->error, 0);
}

/* It would be SIGPIPE. */
static void writing_to_one_who_has_gone_is_no_signal(void **state)
{
    place *p = *state;

    kith_posix_stream_close(p->b);
    assert_int_equal(kith_posix_stream_put(p->a, event, sizeof event), KITH_OK);
    kith_posix_stream_flush(p->a);
    assert_int_equal(p->a->queued, 0);
    kith_posix_stream_fill(p->a);
    assert_true(p->a->ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_listener_is_for_this_user_and_cleans_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_listener_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_socket_without_a_listener_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_is_never_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_s_socket_is_not_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(places_that_are_none_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_who_never_reads_fills_a_queue_and_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_of_a_stream_comes_after_its_last_packet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writing_to_one_who_has_gone_is_no_signal, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
