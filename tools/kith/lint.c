/* `kith lint`: what is likely to be wrong with a table, on a device that serves it as `kith serve' does.  No controller
 * is needed. */
#include <argp.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "command.h"
#include "finding.h"
#include "link_options.h"
#include "report.h"
#include "table_options.h"

enum { OPTION_IO = 256, OPTION_LEVEL, OPTION_LEGACY, OPTION_STRICT, MTU = 247, WIDTH = 7 };

typedef struct {
    table_options which;
    kith_io_capability io;
    kith_level level;
    bool legacy, strict, json;
} lint_options;

/* ---- telling ---- */

static void print_plain(const finding *f)
{
    printf("%-*s  %s%s%s", WIDTH, f->severity, f->rule, f->place[0] != '\0' ? "  " : "", f->place);
    if (f->permissions[0] != '\0')
        printf("  [%s]", f->permissions);
    printf("\n%*s  %s\n", WIDTH, "", f->sentence);
}

static void print_json(const finding *f)
{
    json_t *o = json_pack("{s:s}", "event", "finding");

    for (size_t i = 0; f->facts[i].name != NULL; i++)
        (void)json_object_set_new(o, f->facts[i].name, json_string(f->facts[i].value));
    (void)json_object_set_new(o, "sentence", json_string(f->sentence));
    (void)json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

static void print_sum(bool json, size_t errors, size_t warnings)
{
    if (json)
        printf("{\"event\":\"lint\",\"errors\":%zu,\"warnings\":%zu}\n", errors, warnings);
    else if (errors + warnings == 0)
        puts("Nothing was found.");
    else
        printf("%zu %s, %zu %s.\n", errors, errors == 1 ? "error" : "errors", warnings,
               warnings == 1 ? "warning" : "warnings");
}

/* ---- looking ---- */

static void configure(const lint_options *o, const table *t, kith_config *config)
{
    table_configure(t, config, o->legacy, MTU);
    config->security.io = o->io;
    config->security.ask_mitm = o->io != KITH_IO_NO_INPUT_NO_OUTPUT;
    config->security.required_level = o->level;
}

static int tell(const lint_options *o, const table *t, const kith_lint_finding *findings, size_t count)
{
    size_t errors = 0;

    for (size_t i = 0; i < count; i++) {
        finding one;

        finding_of(t, &findings[i], &one);
        errors += one.is_error;
        if (o->json)
            print_json(&one);
        else
            print_plain(&one);
    }
    print_sum(o->json, errors, count - errors);
    if (!report_is_read())
        return EXIT_WRONG_USE;
    return errors > 0 || (o->strict && count > 0) ? EXIT_FAILED : EXIT_OK;
}

static int look(const lint_options *o, const table *t)
{
    kith_config config;
    kith_lint_finding *findings;
    size_t count;
    int status;

    configure(o, t, &config);
    count = kith_lint(&config, NULL, 0);
    findings = calloc(count + 1, sizeof *findings);
    if (findings == NULL) {
        (void)complain("no memory");
        return EXIT_WRONG_USE;
    }
    (void)kith_lint(&config, findings, count);
    status = tell(o, t, findings, count);
    free(findings);
    return status;
}

/* ---- options ---- */

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    lint_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->which;
        return 0;
    case OPTION_IO:
        o->io = (kith_io_capability)choice_of(choice_io, "--io", arg, state);
        return 0;
    case OPTION_LEVEL:
        o->level = (kith_level)choice_of(choice_level, "--level", arg, state);
        return 0;
    case OPTION_LEGACY:
        o->legacy = true;
        return 0;
    case OPTION_STRICT:
        o->strict = true;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        table_options_take_file(&o->which, arg, state);
        return 0;
    case ARGP_KEY_END:
        if (o->which.file == NULL && o->which.example == NULL)
            argp_error(state, "which table? A FILE, or --example NAME");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"io", OPTION_IO, "IO", 0,
     "what the device can show and type: none (the default), display-only, display-yes-no, keyboard-only or "
     "keyboard-display",
     1},
    {"level", OPTION_LEVEL, "LEVEL", 0,
     "the least security of a link: encrypted (or 2, the default), authenticated (3), sc-authenticated (4)", 1},
    {"legacy", OPTION_LEGACY, NULL, 0, "LE legacy pairing is allowed, too", 1},
    {"strict", OPTION_STRICT, NULL, 0, "warnings count as errors do", 2},
    {"json", 'j', NULL, 0, "tell it as JSON, one object a line", 2},
    {0},
};

static const struct argp_child children[] = {{&table_options_parser, 0, NULL, 0}, {0}};

static const struct argp parser = {
    option_table,
    take_option,
    "[FILE]",
    "Looks at the attribute table in FILE (docs/serve-json.md), or at an example, for what is likely to be wrong with "
    "it and with the security that it asks for, on a device that serves it as `kith serve' does with the same options."
    "\v"
    "An error is what nobody can want: a value that no peer can reach, or one that is told to links that may not read "
    "it. A warning is what somebody may want.  Each finding tells the rule, the value by name, UUID and handle, the "
    "permissions that are meant, and what would help; a program has the same of its own tables by kith/lint.h.\n"
    "\n"
    "JSON: each finding is an object with `event' (finding), `rule', `severity' and `sentence', and where they apply "
    "`handle' (as 0x0010), `uuid', `name' and `permissions'; the last object has `event' (lint), `errors' and "
    "`warnings'.\n"
    "\n"
    "Exit status: 0 no errors were found, and with --strict no warnings either; 1 some were; 2 wrong use, a FILE that "
    "is no table, or nobody reads what it prints.",
    children,
    NULL,
    NULL,
};

int lint_main(int argc, char **argv)
{
    static lint_options options = {.io = KITH_IO_NO_INPUT_NO_OUTPUT, .level = KITH_LEVEL_ENCRYPTED};
    struct sigaction ignore;
    table t;
    int status;

    argp_parse(&parser, argc, argv, 0, NULL, &options);
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN; /* a closed stdout is told, as everywhere */
    (void)sigaction(SIGPIPE, &ignore, NULL);
    status = table_options_load(&options.which, options.level, &t);
    if (status == EXIT_OK)
        status = look(&options, &t);
    table_free(&t);
    return status;
}
