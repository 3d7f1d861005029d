/* Back to the beginning of the line, and what was there is wiped. */
#include <stdio.h>
#include <unistd.h>

#include "progress.h"

static bool is_shown;

bool progress_is_seen(void)
{
    return isatty(STDERR_FILENO) == 1;
}

void progress_hide(void)
{
    if (is_shown)
        (void)fputs("\r\033[K", stderr);
    is_shown = false;
}

void progress_show(const char *text)
{
    progress_hide();
    (void)fputs(text, stderr);
    (void)fflush(stderr);
    is_shown = true;
}
