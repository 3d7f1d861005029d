/* Which table. */
#include <string.h>

#include "command.h"
#include "table_example.h"
#include "table_json.h"
#include "table_options.h"

enum { OPTION_EXAMPLE = 0x2000 };

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    table_options *o = state->input;

    switch (key) {
    case OPTION_EXAMPLE:
        o->example = arg;
        return 0;
    case ARGP_KEY_END:
        if (o->file != NULL && o->example != NULL)
            argp_error(state, "'%s' and --example: only one of the two", o->file);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"example", OPTION_EXAMPLE, "NAME", 0, "a table that is there already: " TABLE_EXAMPLES, 0}, {0}};

const struct argp table_options_parser = {option_table, take_option, NULL, NULL, NULL, NULL, NULL};

void table_options_take_file(table_options *o, const char *file, struct argp_state *state)
{
    if (o->file != NULL)
        argp_error(state, "'%s' is one argument too many", file);
    o->file = file;
}

int table_options_load(const table_options *o, kith_level level, table *t)
{
    memset(t, 0, sizeof *t);
    if (o->file != NULL)
        return table_json_read(t, o->file) ? EXIT_OK : EXIT_WRONG_USE;
    if (o->example == NULL)
        return EXIT_OK;
    switch (table_example(t, o->example, level)) {
    case TABLE_MADE:
        return EXIT_OK;
    case TABLE_UNKNOWN:
        (void)complain("there is no example '%s'; there are " TABLE_EXAMPLES, o->example);
        return EXIT_WRONG_USE;
    default:
        return complain("no memory");
    }
}
