/* A program is killed (SIGKILL) before, and in the middle of, what it writes, at many points of a random life: after
 * each, every record is as it was or as it was to be, what was forgotten is nowhere, and more can be stored.
 *
 * The next program goes on with the same files.  KITH_SEED plays a run again; KITH_FULL=1 kills more often. */
#include "calls.h"
#include "kinds.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IDS = 6, CHANGES = 24, SPARE = 99 };

typedef struct {
    bool stands;
    uint32_t fill;
    uint16_t len;
} model;

typedef struct {
    unsigned begun, done; /* changes; shared with who is killed */
} progress;

typedef struct {
    place p;
    uint64_t seed;
    unsigned life;
    model is[IDS];
    progress *progress;
    unsigned kills;
} tale;

/* The n-th change of a life. */
static void change_of(const tale *t, unsigned n, uint32_t *id, model *out)
{
    sim_rng rng;

    sim_rng_seed(&rng, t->seed, (uint64_t)t->life * CHANGES + n);
    *id = sim_rng_below(&rng, IDS);
    *out = (model){sim_rng_below(&rng, 3) > 0, t->life * CHANGES + n + 1,
                   (uint16_t)(16 + sim_rng_below(&rng, t->p.kind->longest - 15u))};
}

static void live(tale *t, calls_plan plan, unsigned at)
{
    calls_make(plan, at, 0);
    if (place_open(&t->p) != KITH_OK)
        _exit(1);
    for (unsigned n = 0; n < CHANGES; n++) {
        uint32_t id;
        model next;
        kith_status status;

        change_of(t, n, &id, &next);
        t->progress->begun = n + 1;
        status = next.stands ? place_put(&t->p, KITH_RECORD_BOND, id, next.fill, next.len)
                             : place_remove(&t->p, KITH_RECORD_BOND, id);
        if (status != KITH_OK)
            _exit(2);
        t->progress->done = n + 1;
    }
    place_close(&t->p);
    _exit(0);
}

static bool is_as(tale *t, uint32_t id, const model *m)
{
    return m->stands ? place_holds(&t->p, KITH_RECORD_BOND, id, m->fill, m->len)
                     : place_lacks(&t->p, KITH_RECORD_BOND, id);
}

static void complain(const tale *t, const char *what, uint32_t id)
{
    fail_msg("%s: seed %llu, life %u: %s, id %u", t->p.kind->name, (unsigned long long)t->seed, t->life, what,
             (unsigned)id);
}

static void expect_forgotten(tale *t, uint32_t id, const model *m)
{
    kith_record gone = place_record(KITH_RECORD_BOND, id, m->fill, m->len);

    if (m->stands && place_finds(&t->p, gone.octets, 16))
        complain(t, "forgotten, and still in the medium", id);
}

/* Old or new where the last change was under way; new for all that were done. */
static void expect_old_or_new(tale *t)
{
    uint32_t id = IDS;
    model next, gone[IDS];
    unsigned n;

    memcpy(gone, t->is, sizeof gone);
    for (n = 0; n < t->progress->done; n++) {
        change_of(t, n, &id, &next);
        if (next.stands)
            gone[id] = next;
        t->is[id] = next;
    }
    if (t->progress->begun > n) {
        change_of(t, n, &id, &next);
        if (is_as(t, id, &next)) {
            t->is[id] = next;
            gone[id] = next.stands ? next : gone[id];
        }
    }
    for (id = 0; id < IDS; id++)
        if (!is_as(t, id, &t->is[id]))
            complain(t, "neither old nor new", id);
    assert_int_equal(place_put(&t->p, KITH_RECORD_STATE, SPARE, t->life, 20), KITH_OK);
    assert_true(place_holds(&t->p, KITH_RECORD_STATE, SPARE, t->life, 20));
    for (id = 0; id < IDS; id++)
        if (!t->is[id].stands)
            expect_forgotten(t, id, &gone[id]);
}

static void one_life(tale *t, sim_rng *rng)
{
    unsigned at = 1 + sim_rng_below(rng, 120);
    calls_plan plan = sim_rng_below(rng, 2) == 0 ? CALLS_KILL : CALLS_KILL_IN;
    pid_t child;
    int status;

    *t->progress = (progress){0, 0};
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        live(t, plan, at);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        complain(t, WEXITSTATUS(status) == 1 ? "it does not open" : "a change is refused", 0);
    t->kills += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (place_open(&t->p) != KITH_OK)
        complain(t, "it does not open after that", 0);
    if (t->p.state.damaged != 0)
        complain(t, "something is damaged", 0);
    expect_old_or_new(t);
    place_close(&t->p);
    t->life++;
}

static void a_killed_program_leaves_the_old_or_the_new(void **state)
{
    const store_kind *kind = *state;
    unsigned lives = getenv("KITH_FULL") != NULL ? 2500 : 200;
    tale t = {.seed = stores_seed(20260612)};
    sim_rng rng;

    place_make(&t.p, kind);
    t.progress = mmap(NULL, sizeof *t.progress, PROT_READ | PROT_WRITE, MAP_SHARED | 0x20 /* MAP_ANONYMOUS */, -1, 0);
    assert_true(t.progress != MAP_FAILED);
    sim_rng_seed(&rng, t.seed, UINT64_MAX);
    while (t.life < lives)
        one_life(&t, &rng);
    fprintf(stderr, "%s: killed %u times in %u lives%s\n", kind->name, t.kills, lives,
            getenv("KITH_FULL") != NULL ? "" : " (more: KITH_FULL=1)");
    assert_true(t.kills > lives / 2);
    assert_int_equal(munmap(t.progress, sizeof *t.progress), 0);
    place_destroy(&t.p);
}

int main(void)
{
    static struct CMUnitTest tests[8];
    static char names[8][96];
    size_t count = 0;

    for (size_t i = 0; i < store_kind_count && count < 8; i++) {
        static store_kind kinds[8];

        if (!store_kinds[i].keeps || !store_kinds[i].is_files)
            continue;
        kinds[count] = store_kinds[i];
        (void)snprintf(names[count], sizeof names[count], "%s: a_killed_program_leaves_the_old_or_the_new",
                       kinds[count].name);
        tests[count] =
            (struct CMUnitTest){names[count], a_killed_program_leaves_the_old_or_the_new, NULL, NULL, &kinds[count]};
        count++;
    }
    return _cmocka_run_group_tests("killed programs", tests, count, NULL, NULL);
}
