/* Fuzz target: whatever lies in the file of `kith serve FILE'.
 *
 * Input: the text.  Traps when a file is refused without a sentence, or with two, and when a table is read that a host
 * would not take. */
#define _GNU_SOURCE /* memfd_create() */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kith/lint.h"
#include "tools/kith/command.h"
#include "tools/kith/table_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned sentences;

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* In place of the command's, which prints. */
int complain(const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    require(vsnprintf(text, sizeof text, format, arguments) > 0);
    va_end(arguments);
    sentences++;
    return EXIT_FAILED;
}

static void check_sound(const table *t)
{
    kith_lint_finding first = {.rule = KITH_LINT_RULE_COUNT};
    kith_config config;

    table_configure(t, &config, false, 247);
    (void)kith_lint(&config, &first, 1);
    require(first.rule != KITH_LINT_TABLE_REFUSED);
    for (size_t i = 0; i < t->value_count; i++)
        require(t->values[i].now->len <= t->values[i].now->max && t->values[i].name != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("table", MFD_CLOEXEC);
    char path[64];
    bool read;
    table t;

    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    sentences = 0;
    read = table_json_read(&t, path);
    require(sentences == (read ? 0 : 1));
    if (read)
        check_sound(&t);
    table_free(&t);
    (void)close(fd);
    return 0;
}
