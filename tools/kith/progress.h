/* One line on a terminal that tells how far something is: on stderr, and only where that is a terminal.  What else is
 * printed goes after progress_hide(). */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>

bool progress_is_seen(void);
void progress_show(const char *text); /* in place of what is shown */
void progress_hide(void);

#endif
