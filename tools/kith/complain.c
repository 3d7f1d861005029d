/* One sentence on stderr. */
#include <stdarg.h>
#include <stdio.h>

#include "command.h"

int complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("kith: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return EXIT_FAILED;
}
