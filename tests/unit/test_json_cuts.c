/* A JSON store whose program is killed, or whose system fails, at every call that changes the disk, and again while it
 * recovers: the old file or the new one, nothing left beside it, and the next change works.
 *
 * The calls are taken from the C library's names: this program's own come first. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kith/port/json_store.h"

/* ---- the calls ---- */

static struct {
    bool on;
    unsigned count;
    unsigned die_at, fail_at; /* 0: never */
    bool fail_on;             /* all from then on */
    char log[256];
} calls;

static void count_from_here(unsigned die_at, unsigned fail_at, bool fail_on)
{
    memset(&calls, 0, sizeof calls);
    calls.on = true;
    calls.die_at = die_at;
    calls.fail_at = fail_at;
    calls.fail_on = fail_on;
}

/* Shall it be done? */
static bool step(char what)
{
    if (!calls.on)
        return true;
    if (calls.count < sizeof calls.log - 1)
        calls.log[calls.count] = what;
    calls.count++;
    if (calls.count == calls.die_at)
        _exit(9);
    errno = EIO;
    return calls.fail_at == 0 || (calls.count != calls.fail_at && !(calls.fail_on && calls.count > calls.fail_at));
}

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    return found;
}

/* ISO C has no conversion from an object's pointer to a function's. */
#define REAL(call, name)                                                                                               \
    __typeof__(&(call)) next;                                                                                          \
    void *found = real(name);                                                                                          \
    memcpy(&next, &found, sizeof next)

ssize_t pwrite(int fd, const void *octets, size_t len, off_t at)
{
    REAL(pwrite, "pwrite64");

    if (!step('w')) {
        (void)!next(fd, octets, len / 2, at); /* some of it all the same */
        errno = EIO;
        return -1;
    }
    return next(fd, octets, len, at);
}

int fsync(int fd)
{
    REAL(fsync, "fsync");

    return step('s') ? next(fd) : -1;
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    REAL(linkat, "linkat");

    return step('l') ? next(from_fd, from, to_fd, to, flags) : -1;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    REAL(renameat, "renameat");

    return step('r') ? next(from_fd, from, to_fd, to) : -1;
}

int unlinkat(int fd, const char *name, int flags)
{
    REAL(unlinkat, "unlinkat");

    return step('u') ? next(fd, name, flags) : -1;
}

/* ---- a place with a store in it ---- */

typedef struct {
    char folder[32];
    char path[64];
} place;

static place make_place(void)
{
    place p;

    strcpy(p.folder, "/dev/shm/kith-test-XXXXXX"); /* nothing waits for a disk there */
    if (mkdtemp(p.folder) == NULL) {
        strcpy(p.folder, "/tmp/kith-test-XXXXXX");
        assert_non_null(mkdtemp(p.folder));
    }
    snprintf(p.path, sizeof p.path, "%s/bonds.json", p.folder);
    return p;
}

static void drop_place(place *p)
{
    char command[64];

    snprintf(command, sizeof command, "rm -rf %s", p->folder);
    assert_int_equal(system(command), 0);
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

static kith_status open_store(kith_json_store *file, const place *p, kith_json_store_mode mode)
{
    kith_store_state about;
    kith_status status = kith_json_store_open(file, p->path, mode);

    if (status == KITH_OK)
        status = file->store.open(file->store.context, &about);
    return status;
}

static kith_record record_with(uint32_t id, uint8_t octet)
{
    kith_record record = {.kind = 5, .id = id, .len = 2, .octets = {octet, 0x77}};

    return record;
}

/* What is in it, as one number: record 1 and record 2, 0 where there is none. */
static unsigned contents(kith_json_store *file)
{
    kith_record record;
    uint32_t cursor = 0;
    unsigned found = 0;

    while (file->store.read(file->store.context, &cursor, &record) == KITH_OK)
        found += record.octets[0] * (record.id == 1 ? 1u : 256u);
    return found;
}

typedef kith_status change(kith_json_store *file);

static kith_status put_new(kith_json_store *file)
{
    kith_record record = record_with(2, 9);
    kith_store_state about;

    return file->store.put(file->store.context, &record, &about);
}

static kith_status put_over(kith_json_store *file)
{
    kith_record record = record_with(1, 8);
    kith_store_state about;

    return file->store.put(file->store.context, &record, &about);
}

static kith_status remove_it(kith_json_store *file)
{
    kith_store_state about;

    return file->store.remove(file->store.context, 5, 1, &about);
}

static kith_status erase_all(kith_json_store *file)
{
    kith_store_state about;

    return file->store.erase(file->store.context, &about);
}

static const struct {
    change *run;
    unsigned after; /* contents; before: 7 */
} changes[] = {{put_new, 7 + 9 * 256}, {put_over, 8}, {remove_it, 0}, {erase_all, 0}};

enum { CHANGES = sizeof changes / sizeof changes[0], BEFORE = 7 };

/* A store with record 1. */
static void fill(const place *p)
{
    kith_record record = record_with(1, BEFORE);
    kith_json_store file;
    kith_store_state about;

    assert_int_equal(open_store(&file, p, KITH_JSON_STORE_MAKE), KITH_OK);
    assert_int_equal(file.store.put(file.store.context, &record, &about), KITH_OK);
    kith_json_store_close(&file);
}

static int end_of(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* 0: it ended before the cut; 9: it was cut. */
static int run_and_cut(const place *p, change *run, unsigned cut)
{
    kith_json_store file;
    pid_t child = fork();

    if (child != 0)
        return end_of(child);
    if (open_store(&file, p, KITH_JSON_STORE_EXISTING) != KITH_OK)
        _exit(1);
    count_from_here(cut, 0, false);
    _exit(run(&file) == KITH_OK ? 0 : 2);
}

static int open_and_cut(const place *p, unsigned cut)
{
    kith_json_store file;
    pid_t child = fork();

    if (child != 0)
        return end_of(child);
    count_from_here(cut, 0, false);
    _exit(open_store(&file, p, KITH_JSON_STORE_EXISTING) == KITH_OK ? 0 : 2);
}

/* Old or new, nothing beside it, and it can be written. */
static void check_after(const place *p, unsigned after, bool is_done)
{
    kith_json_store file;
    unsigned found;

    assert_int_equal(open_store(&file, p, KITH_JSON_STORE_EXISTING), KITH_OK);
    found = contents(&file);
    assert_true(found == after || (!is_done && found == BEFORE));
    assert_int_equal(files_in(p), 1);
    assert_int_equal(put_new(&file), KITH_OK);
    assert_int_equal(contents(&file) / 256, 9);
    kith_json_store_close(&file);
}

/* ---- tests ---- */

static void each_step_is_on_the_disk_before_the_next(void **state)
{
    place p = make_place();
    kith_json_store file;

    (void)state;
    fill(&p);
    assert_int_equal(open_store(&file, &p, KITH_JSON_STORE_EXISTING), KITH_OK);
    for (unsigned i = 0; i < CHANGES; i++) {
        count_from_here(0, 0, false);
        assert_int_equal(changes[i].run(&file), KITH_OK);
        calls.on = false;
        /* New file: write, sync; second name, rename, sync the folder; old file: overwrite, sync, unlink. */
        assert_string_equal(calls.log, "wslrswsu");
    }
    kith_json_store_close(&file);
    drop_place(&p);
}

static void killed_at_every_step_and_while_recovering_old_or_new_stands(void **state)
{
    unsigned cuts = 0;

    (void)state;
    for (unsigned i = 0; i < CHANGES; i++) {
        int end = 9;

        for (unsigned cut = 1; end == 9; cut++) {
            int recovery = 9;

            for (unsigned again = 1; recovery == 9; again++, cuts++) {
                place p = make_place();

                fill(&p);
                end = run_and_cut(&p, changes[i].run, cut);
                assert_true(end == 0 || end == 9);
                recovery = open_and_cut(&p, again);
                assert_true(recovery == 0 || recovery == 9);
                check_after(&p, changes[i].after, end == 0);
                drop_place(&p);
            }
        }
    }
    print_message("%u cuts\n", cuts);
}

static void a_failure_of_every_step_is_told_and_old_or_new_stands(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (unsigned i = 0; i < 2 * CHANGES; i++) {
        bool reached = true;

        for (unsigned at = 1; reached; at++, failures++) {
            place p = make_place();
            kith_json_store file;
            kith_status status;
            unsigned found;

            fill(&p);
            assert_int_equal(open_store(&file, &p, KITH_JSON_STORE_EXISTING), KITH_OK);
            count_from_here(0, at, i >= CHANGES);
            status = changes[i % CHANGES].run(&file);
            reached = calls.count >= at;
            calls.on = false;
            assert_int_equal(status, reached ? KITH_ERR_STORAGE : KITH_OK);
            assert_true(!reached || file.error == EIO);
            found = contents(&file);
            assert_true(found == changes[i % CHANGES].after || found == BEFORE);
            if (at % 2 == 0) { /* memory says what the file says, and the next change works at once */
                assert_int_equal(changes[i % CHANGES].run(&file), KITH_OK);
                assert_int_equal(contents(&file), changes[i % CHANGES].after);
                assert_int_equal(files_in(&p), 1);
                found = changes[i % CHANGES].after;
            }
            kith_json_store_close(&file);
            assert_int_equal(open_store(&file, &p, KITH_JSON_STORE_EXISTING), KITH_OK);
            assert_int_equal(contents(&file), found);
            kith_json_store_close(&file);
            check_after(&p, changes[i % CHANGES].after, !reached);
            drop_place(&p);
        }
    }
    print_message("%u failures\n", failures);
}

static void a_first_file_is_made_whole_or_not_at_all(void **state)
{
    int end = 9;

    (void)state;
    for (unsigned cut = 1; end == 9; cut++) {
        place p = make_place();
        kith_json_store file;
        kith_status status;
        pid_t child = fork();

        if (child == 0) {
            count_from_here(cut, 0, false);
            _exit(kith_json_store_open(&file, p.path, KITH_JSON_STORE_MAKE) == KITH_OK ? 0 : 2);
        }
        end = end_of(child);
        status = open_store(&file, &p, KITH_JSON_STORE_EXISTING);
        assert_true(status == KITH_OK || (end == 9 && status == KITH_ERR_NOT_FOUND));
        kith_json_store_close(&file);
        assert_int_equal(open_store(&file, &p, KITH_JSON_STORE_MAKE), KITH_OK);
        assert_int_equal(contents(&file), 0);
        kith_json_store_close(&file);
        drop_place(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_is_on_the_disk_before_the_next),
        cmocka_unit_test(killed_at_every_step_and_while_recovering_old_or_new_stands),
        cmocka_unit_test(a_failure_of_every_step_is_told_and_old_or_new_stands),
        cmocka_unit_test(a_first_file_is_made_whole_or_not_at_all),
    };

    return cmocka_run_group_tests_name("JSON store, cut", tests, NULL, NULL);
}
