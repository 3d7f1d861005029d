/* One sentence on stderr. */
#include <stdarg.h>
#include <stdio.h>

#include "command.h"
#include "prompt.h"

int complain(const char *format, ...)
{
    va_list arguments;

    prompt_hide();
    (void)fflush(stdout); /* what happened before was told before */
    va_start(arguments, format);
    fputs("kith: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    prompt_show();
    return EXIT_FAILED;
}
