/* A file as flash: made whole or not at all, for one writer at a time, and as strict as the real thing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kith/port/flash_file.h"

enum { SIZE = KITH_FLASH_FILE_SECTOR * KITH_FLASH_FILE_SECTORS };

typedef struct {
    char folder[32];
    char path[64];
    kith_flash_file file;
} place;

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);

    strcpy(p->folder, "/tmp/kith-test-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/bonds", p->folder);
    p->file.fd = -1;
    *state = p;
    return 0;
}

static unsigned files_in(const place *p)
{
    DIR *folder = opendir(p->folder);
    unsigned count = 0;
    struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static int tear_down(void **state)
{
    place *p = *state;
    char command[64];

    kith_flash_file_close(&p->file);
    snprintf(command, sizeof command, "rm -rf %s", p->folder);
    assert_int_equal(system(command), 0);
    free(p);
    return 0;
}

static void make_plain(const char *path, size_t size, uint8_t fill)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(fputc(fill, f), fill);
    assert_int_equal(fclose(f), 0);
}

static kith_status open_file(place *p, kith_flash_file_mode mode)
{
    return kith_flash_file_open(&p->file, p->path, mode);
}

/* ---- making ---- */

static void a_new_file_is_whole_erased_and_private(void **state)
{
    place *p = *state;
    uint8_t octets[SIZE];
    struct stat about;

    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    assert_int_equal(stat(p->path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(about.st_size, SIZE);
    assert_true(about.st_blocks * 512 >= SIZE); /* allocated: a disk that fills up takes nothing from it */
    assert_int_equal(about.st_nlink, 1);
    assert_int_equal(p->file.flash.read(p->file.flash.context, 0, octets, sizeof octets), KITH_OK);
    for (int i = 0; i < SIZE; i++)
        assert_int_equal(octets[i], 0xff);
    assert_int_equal(files_in(p), 1);
}

static void an_existing_file_stays_as_it_is(void **state)
{
    place *p = *state;
    uint8_t octets[3] = {1, 2, 3}, back[3];

    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    assert_int_equal(p->file.flash.program(&p->file, 100, octets, 3), KITH_OK);
    assert_int_equal(p->file.flash.sync(&p->file), KITH_OK);
    kith_flash_file_close(&p->file);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    assert_int_equal(p->file.flash.read(&p->file, 100, back, 3), KITH_OK);
    assert_memory_equal(back, octets, 3);
}

static void what_is_not_there_is_told(void **state)
{
    place *p = *state;

    assert_int_equal(open_file(p, KITH_FLASH_FILE_EXISTING), KITH_ERR_NOT_FOUND);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_LOOK), KITH_ERR_NOT_FOUND);
    assert_int_equal(files_in(p), 0);
    assert_int_equal(p->file.fd, -1);
    snprintf(p->path, sizeof p->path, "%s/no/bonds", p->folder);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_ERR_STORAGE);
    assert_int_equal(p->file.error, ENOENT);
    assert_int_equal(errno, ENOENT);
}

static void what_is_no_such_file_is_left_alone(void **state)
{
    static const size_t sizes[] = {0, 1, SIZE - 1, SIZE + 1};
    place *p = *state;
    struct stat about;

    for (int i = 0; i < 4; i++) {
        make_plain(p->path, sizes[i], 7);
        assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_ERR_DAMAGED);
        assert_int_equal(open_file(p, KITH_FLASH_FILE_LOOK), KITH_ERR_DAMAGED);
        assert_int_equal(stat(p->path, &about), 0);
        assert_int_equal(about.st_size, sizes[i]);
        assert_int_equal(unlink(p->path), 0);
    }
    assert_int_equal(mkdir(p->path, 0700), 0);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_ERR_DAMAGED);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_LOOK), KITH_ERR_DAMAGED);
    assert_int_equal(rmdir(p->path), 0);
    assert_int_equal(mkfifo(p->path, 0600), 0); /* and nobody waits for its other end */
    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_ERR_DAMAGED);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_LOOK), KITH_ERR_DAMAGED);
}

static void a_link_to_nowhere_is_an_error(void **state)
{
    place *p = *state;

    assert_int_equal(symlink("/tmp/kith-test-nowhere/bonds", p->path), 0);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_ERR_STORAGE);
    assert_int_equal(files_in(p), 1);
}

/* ---- one writer ---- */

static void one_program_writes_at_a_time_and_others_may_look(void **state)
{
    place *p = *state;
    kith_flash_file other;
    uint8_t octet = 1, back = 0;

    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    assert_int_equal(kith_flash_file_open(&other, p->path, KITH_FLASH_FILE_MAKE), KITH_ERR_BUSY);
    assert_int_equal(kith_flash_file_open(&other, p->path, KITH_FLASH_FILE_EXISTING), KITH_ERR_BUSY);
    assert_int_equal(kith_flash_file_open(&other, p->path, KITH_FLASH_FILE_LOOK), KITH_OK);
    assert_int_equal(p->file.flash.program(&p->file, 5, &octet, 1), KITH_OK);
    assert_int_equal(other.flash.read(&other, 5, &back, 1), KITH_OK);
    assert_int_equal(back, 1);
    assert_int_equal(other.flash.program(&other, 6, &octet, 1), KITH_ERR_STORAGE);
    assert_int_equal(other.flash.erase(&other, 0), KITH_ERR_STORAGE);
    assert_int_equal(other.error, EROFS);
    kith_flash_file_close(&p->file);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_EXISTING), KITH_OK); /* the one who looks is in nobody's way */
    kith_flash_file_close(&other);
}

/* ---- as strict as flash ---- */

static void only_what_flash_could_do_is_done(void **state)
{
    place *p = *state;
    uint8_t some[2] = {0x5a, 0x33}, zeros[2] = {0, 0}, mixed[2] = {0, 1}, back[2];
    kith_flash *f = &p->file.flash;

    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    assert_int_equal(f->program(f->context, 4096, some, 2), KITH_OK);
    assert_int_equal(f->program(f->context, 4096, some, 2), KITH_ERR_STORAGE);
    assert_int_equal(p->file.error, EINVAL);
    assert_int_equal(f->program(f->context, 4096, mixed, 2), KITH_ERR_STORAGE);
    assert_int_equal(f->program(f->context, 4096, zeros, 2), KITH_OK);
    assert_int_equal(f->program(f->context, SIZE - 1, some, 2), KITH_ERR_STORAGE);
    assert_int_equal(f->program(f->context, UINT32_MAX, some, 2), KITH_ERR_STORAGE);
    assert_int_equal(f->read(f->context, SIZE - 1, back, 2), KITH_ERR_STORAGE);
    assert_int_equal(f->erase(f->context, KITH_FLASH_FILE_SECTORS), KITH_ERR_STORAGE);
    assert_int_equal(f->program(f->context, 4094, some, 2), KITH_OK);
    assert_int_equal(f->erase(f->context, 1), KITH_OK);
    assert_int_equal(f->read(f->context, 4096, back, 2), KITH_OK);
    assert_memory_equal(back, "\xff\xff", 2);
    assert_int_equal(f->read(f->context, 4094, back, 2), KITH_OK); /* the sector before it stays */
    assert_memory_equal(back, some, 2);
}

static void a_file_that_shrinks_is_a_failure(void **state)
{
    place *p = *state;
    uint8_t octets[16];

    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    assert_int_equal(truncate(p->path, 100), 0);
    assert_int_equal(p->file.flash.read(&p->file, 90, octets, 16), KITH_ERR_STORAGE);
    assert_int_equal(p->file.error, EIO);
}

/* ---- a full disk, a killed program ---- */

/* Waits for a child that ends by itself or is killed. */
static int end_of(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void open_with_little_room(place *p, rlim_t limit)
{
    struct rlimit room = {limit, limit};
    kith_status status;

    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &room);
    status = open_file(p, KITH_FLASH_FILE_MAKE);
    _exit(status == KITH_ERR_STORAGE && p->file.error == EFBIG && p->file.fd == -1 ? 0 : 1);
}

static void a_file_that_does_not_fit_leaves_nothing(void **state)
{
    static const rlim_t limits[] = {0, 1, KITH_FLASH_FILE_SECTOR + 5, SIZE - 1};
    place *p = *state;

    for (int i = 0; i < 4; i++) {
        pid_t child = fork();

        if (child == 0)
            open_with_little_room(p, limits[i]);
        assert_int_equal(end_of(child), 0);
        assert_int_equal(files_in(p), 0);
    }
    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
}

/* Its own name is there, and then it is whole, or it is not there; what is left over is in nobody's way. */
static void check_after_kill(place *p)
{
    struct stat about;

    if (stat(p->path, &about) == 0) {
        assert_int_equal(about.st_size, SIZE);
        assert_int_equal(open_file(p, KITH_FLASH_FILE_EXISTING), KITH_OK);
    } else {
        assert_int_equal(open_file(p, KITH_FLASH_FILE_EXISTING), KITH_ERR_NOT_FOUND);
    }
    kith_flash_file_close(&p->file);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    kith_flash_file_close(&p->file);
    assert_int_equal(unlink(p->path), 0);
}

/* The kernel kills it (SIGXFSZ) in the middle of writing the new file. */
static void a_program_killed_while_making_it_blocks_nothing(void **state)
{
    static const rlim_t limits[] = {0, 1, KITH_FLASH_FILE_SECTOR + 5, SIZE - 1};
    place *p = *state;

    for (int i = 0; i < 4; i++) {
        pid_t child = fork();

        if (child == 0) {
            struct rlimit room = {limits[i], limits[i]}, no_core = {0, 0};

            (void)signal(SIGXFSZ, SIG_DFL);
            (void)setrlimit(RLIMIT_CORE, &no_core);
            (void)setrlimit(RLIMIT_FSIZE, &room);
            (void)open_file(p, KITH_FLASH_FILE_MAKE);
            _exit(0);
        }
        assert_true(WIFSIGNALED(end_of(child)));
        check_after_kill(p);
    }
}

static void a_lock_ends_with_its_program(void **state)
{
    place *p = *state;
    int ready[2];
    char octet;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        if (open_file(p, KITH_FLASH_FILE_MAKE) == KITH_OK)
            (void)!write(ready[1], "x", 1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(ready[0], &octet, 1), 1);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_ERR_BUSY);
    assert_int_equal(kill(child, SIGKILL), 0);
    (void)end_of(child);
    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    close(ready[0]);
    close(ready[1]);
}

/* Several that begin at once: one gets it, the others are told that it is busy, or get it after. */
static void many_that_begin_at_once_share_one_file(void **state)
{
    enum { MANY = 8 };
    place *p = *state;
    pid_t child[MANY];
    unsigned opened = 0;

    for (int i = 0; i < MANY; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            kith_status status = open_file(p, KITH_FLASH_FILE_MAKE);

            _exit(status == KITH_OK ? 0 : status == KITH_ERR_BUSY ? 1 : 2);
        }
    }
    for (int i = 0; i < MANY; i++) {
        int status = end_of(child[i]);

        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        opened += WEXITSTATUS(status) == 0;
    }
    assert_true(opened > 0);
    assert_int_equal(files_in(p), 1);
}

/* ---- together with the log ---- */

static kith_status put_one(kith_flash_file *file, uint32_t id)
{
    kith_record record = {.kind = KITH_RECORD_BOND, .len = 3, .id = id, .octets = {1, 2, 3}};
    kith_flash_log log;
    kith_store store;
    kith_store_state about;
    kith_status status = kith_flash_log_init(&log, &file->flash, &store);

    if (status == KITH_OK)
        status = store.open(store.context, &about);
    return status == KITH_OK ? store.put(store.context, &record, &about) : status;
}

static void a_log_lives_in_it_and_can_be_looked_at(void **state)
{
    place *p = *state;
    kith_flash_file look;
    kith_flash_log log;
    kith_store store;
    kith_store_state about;
    kith_record record;
    uint32_t cursor = 0;

    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    assert_int_equal(put_one(&p->file, 4), KITH_OK);
    assert_int_equal(kith_flash_file_open(&look, p->path, KITH_FLASH_FILE_LOOK), KITH_OK);
    assert_int_equal(kith_flash_log_init(&log, &look.flash, &store), KITH_OK);
    assert_int_equal(store.open(store.context, &about), KITH_OK);
    assert_int_equal(about.highest_id, 4);
    assert_int_equal(store.read(store.context, &cursor, &record), KITH_OK);
    assert_int_equal(record.id, 4);
    assert_int_equal(store.put(store.context, &record, &about), KITH_ERR_STORAGE);
    kith_flash_file_close(&look);
}

/* Who looks sees what was written meanwhile when the store is opened anew. */
static void who_looks_again_sees_what_is_new(void **state)
{
    place *p = *state;
    kith_flash_file look;
    kith_flash_log log;
    kith_store store;
    kith_store_state about;

    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    assert_int_equal(put_one(&p->file, 4), KITH_OK);
    assert_int_equal(kith_flash_file_open(&look, p->path, KITH_FLASH_FILE_LOOK), KITH_OK);
    assert_int_equal(kith_flash_log_init(&log, &look.flash, &store), KITH_OK);
    assert_int_equal(store.open(store.context, &about), KITH_OK);
    assert_int_equal(put_one(&p->file, 5), KITH_OK);
    assert_int_equal(store.open(store.context, &about), KITH_OK);
    assert_int_equal(about.highest_id, 5);
    kith_flash_file_close(&look);
}

static void a_larger_file_keeps_its_size(void **state)
{
    static const struct {
        uint32_t octets, size, sector;
    } sizes[] = {{0, SIZE, 4096},
                 {SIZE + 1, 2 * SIZE, 4096},
                 {1 << 20, 1 << 20, 4096},
                 {(1 << 20) + 1, 2 << 20, 65536},
                 {10000000, 16 << 20, 65536}};
    place *p = *state;

    for (int i = 0; i < 5; i++) {
        kith_flash_file_mode mode = KITH_FLASH_FILE_MAKE;

        for (int again = 0; again < 3; again++) {
            assert_int_equal(again == 0 ? kith_flash_file_open_sized(&p->file, p->path, mode, sizes[i].octets)
                                        : open_file(p, again == 1 ? mode : KITH_FLASH_FILE_LOOK),
                             KITH_OK);
            assert_int_equal(p->file.flash.sector_size, sizes[i].sector);
            assert_int_equal(p->file.flash.sector_count * sizes[i].sector, sizes[i].size);
            assert_int_equal(again != 2 ? put_one(&p->file, 7) : KITH_OK, KITH_OK);
            kith_flash_file_close(&p->file);
        }
        assert_int_equal(unlink(p->path), 0);
    }
    assert_int_equal(kith_flash_file_open_sized(&p->file, p->path, KITH_FLASH_FILE_MAKE, KITH_FLASH_FILE_LARGEST + 1),
                     KITH_ERR_VALUE);
    assert_int_equal(p->file.fd, -1);
    assert_int_equal(files_in(p), 0);
}

/* What is read ahead is never older than what was written; when the file is closed nothing of it stays in memory. */
static void what_was_read_ahead_is_not_taken_for_what_is_there(void **state)
{
    place *p = *state;
    const uint8_t some[] = {1, 2, 3}, none[sizeof p->file.window] = {0};
    uint8_t back[3];
    kith_flash *f = &p->file.flash;

    assert_int_equal(open_file(p, KITH_FLASH_FILE_MAKE), KITH_OK);
    for (uint32_t at = 0; at < 3 * 4096; at += 4095) {
        assert_int_equal(f->read(f->context, at, back, 3), KITH_OK);
        assert_memory_equal(back, "\xff\xff\xff", 3);
        assert_int_equal(f->program(f->context, at, some, 3), KITH_OK);
        assert_int_equal(f->read(f->context, at, back, 3), KITH_OK);
        assert_memory_equal(back, some, 3);
    }
    assert_int_equal(f->erase(f->context, 0), KITH_OK);
    assert_int_equal(f->read(f->context, 0, back, 3), KITH_OK);
    assert_memory_equal(back, "\xff\xff\xff", 3);
    assert_int_equal(f->crc(f->context, 0, (const uint8_t *)"123456789", 9), 0xcbf43926);
    assert_int_equal(f->crc(f->context, f->crc(f->context, 0, (const uint8_t *)"12345", 5), (const uint8_t *)"6789", 4),
                     0xcbf43926);
    kith_flash_file_close(&p->file);
    assert_memory_equal(p->file.window, none, sizeof none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_file_is_whole_erased_and_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_existing_file_stays_as_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_such_file_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_to_nowhere_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_program_writes_at_a_time_and_others_may_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_flash_could_do_is_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_shrinks_is_a_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_does_not_fit_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_program_killed_while_making_it_blocks_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lock_ends_with_its_program, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_that_begin_at_once_share_one_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_lives_in_it_and_can_be_looked_at, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_looks_again_sees_what_is_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_larger_file_keeps_its_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_read_ahead_is_not_taken_for_what_is_there, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("file as flash", tests, NULL, NULL);
}
