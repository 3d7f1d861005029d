/* What an import would find in a file of another system.  No store is looked at. */
#include "bonds_check_file.h"

#include <jansson.h>
#include <stdio.h>

#include "command.h"
#include "import_report.h"
#include "report.h"

static void print_object(json_t *o)
{
    (void)json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

static void tell_checked(const kith_exchange_result *got, bool json)
{
    char text[IMPORT_REPORT_BOND];

    for (size_t n = 0; n < got->count; n++) {
        if (json) {
            json_t *o = import_report_bond_json(&got->bonds[n], "entry");

            (void)json_object_del(o, "peer");
            print_object(o);
        } else {
            puts(import_report_bond(&got->bonds[n], text));
        }
    }
}

static void print_count(size_t count, const char *what)
{
    if (count > 0)
        printf("; %zu %s", count, what);
}

static void tell_check(const char *path, const kith_exchange_result *got, kith_exchange_format format, bool json)
{
    json_t *o;

    if (!json) {
        printf("%s: %s, %zu %s, of which %zu can be imported", path, kith_exchange_format_name(format), got->seen,
               got->seen == 1 ? "entry" : "entries", got->count);
        print_count(got->refused, "refused");
        print_count(got->unusable, "of an unknown local identity");
        print_count(got->replaced, "gave way to another of the same peer");
        puts(".");
        return;
    }
    o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "event", "check-file", "format",
                  kith_exchange_format_name(format), "entries", (json_int_t)got->seen, "bonds", (json_int_t)got->count,
                  "refused", (json_int_t)got->refused, "unusable", (json_int_t)got->unusable, "superseded",
                  (json_int_t)got->replaced);
    (void)json_object_set_new(o, "file", json_string(path));
    print_object(o);
}

int bonds_check_file(const char *path, const exchange_options *o, bool json)
{
    kith_exchange_result got = {.count = 0};
    kith_exchange_format format;
    int status = EXIT_FAILED;

    if (exchange_file_read_and_tell(&got, path, o, json, &format)) {
        tell_checked(&got, json);
        tell_check(path, &got, format, json);
        if (got.count > 0 && got.refused + got.unusable == 0)
            status = EXIT_OK;
        else if (got.seen == 0)
            (void)complain("%s has no bond", path);
        else
            (void)complain("%zu of the %zu entries of %s cannot be imported; what was printed tells why%s",
                           got.refused + got.unusable, got.seen, path, exchange_hint(&got));
    }
    if (!report_is_read())
        status = EXIT_FAILED;
    kith_exchange_free(&got);
    return status;
}
