/* Runs the cases that a test program holds.  After each, the bench must be quiet: what the host under test
 * sent or told and no line of the script expected is a failure. */
#include "case.h"

#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { MAX_CASES = 128 };

typedef struct {
    const char *name, *what;
    void (*body)(void);
} conformance_case;

static conformance_case cases[MAX_CASES];
static size_t case_count;

void case_add(const char *name, const char *what, void (*body)(void))
{
    if (case_count == MAX_CASES)
        abort();
    cases[case_count++] = (conformance_case){name, what, body};
}

static void run(void **state)
{
    const conformance_case *one = *state;

    bench_discard();
    bench_round("%s", one->what);
    one->body();
    bench_end();
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[MAX_CASES];
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    int failed;

    for (size_t i = 0; i < case_count; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, run, NULL, NULL, &cases[i]};
    failed = _cmocka_run_group_tests(slash != NULL ? slash + 1 : "conformance", tests, case_count, NULL, NULL);
    bench_discard();
    return failed;
}
