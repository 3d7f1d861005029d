/* Where a person answers questions: on a terminal a line to edit, elsewhere plain lines from stdin.  Nothing here
 * waits.
 *
 * One question stands at a time.  What else is printed goes between prompt_hide() and prompt_show(), so that the
 * question stays below it, whole. */
#ifndef TOOLS_PROMPT_H
#define TOOLS_PROMPT_H

#include <stdbool.h>

enum { PROMPT_LINE = 128 };

typedef enum {
    PROMPT_NOTHING,  /* not a whole line yet */
    PROMPT_GOT_LINE, /* and the question stands no more */
    PROMPT_ENDED     /* nobody will answer it, and it stands no more */
} prompt_result;

/* plain: lines are never edited, whatever stdin is. */
void prompt_init(bool plain);

/* Does the prompt show the question itself?  If not, the caller prints it. */
bool prompt_is_edited(void);

/* Is there anybody who could be asked? */
bool prompt_can_answer(void);

/* Throws away what was typed before now. */
void prompt_drop_typed(void);

void prompt_ask(const char *question);
prompt_result prompt_take(char line[PROMPT_LINE]);
void prompt_withdraw(void);

/* Has more come than the one line?  A person answers once; a machine may answer without end. */
bool prompt_has_more(void);

int prompt_fd(void); /* readable: prompt_take(); -1: no question stands */

void prompt_hide(void);
void prompt_show(void);

#endif
