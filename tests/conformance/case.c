/* Runs the cases that a test program holds.  After each, the bench must be quiet: what the host under test
 * sent or told and no line of the script expected is a failure. */
#include "case.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { MAX_CASES = 128, NAME_MAX_LEN = 96 };

typedef struct {
    char name[NAME_MAX_LEN];
    const char *what;
    case_configuration in;
    void (*body)(void);
} conformance_case;

static conformance_case cases[MAX_CASES];
static size_t case_count;

static void add(const char *name, const char *configuration, const char *what, case_configuration in,
                void (*body)(void))
{
    conformance_case *one = &cases[case_count];

    if (case_count++ == MAX_CASES)
        abort();
    (void)snprintf(one->name, sizeof one->name, "%s%s", name, configuration);
    one->what = what;
    one->in = in;
    one->body = body;
}

void case_add(const char *name, const char *what, case_configuration in, void (*body)(void))
{
    if ((in & NO_OOB) != 0)
        add(name, " (no OOB)", what, NO_OOB, body);
    if ((in & OOB) != 0)
        add(name, " (OOB)", what, OOB, body);
    if ((in & EVERY_METHOD) != 0)
        add(name, " (every method)", what, EVERY_METHOD, body);
    if ((in & ONCE) != 0)
        add(name, " (once)", what, ONCE, body);
    if (in == 0)
        add(name, "", what, NO_OOB, body);
}

static void run(void **state)
{
    const conformance_case *one = *state;

    bench_discard();
    bench_asks_oob = one->in == OOB;
    bench_has_every_method = one->in == EVERY_METHOD;
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
