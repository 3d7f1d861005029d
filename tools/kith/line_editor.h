/* One line, edited by a person on a terminal.  The terminal is the program's own only while a question stands. */
#ifndef TOOLS_LINE_EDITOR_H
#define TOOLS_LINE_EDITOR_H

#include "prompt.h"

/* Draws the question and takes the terminal. */
void line_editor_begin(const char *question);

/* Takes what was typed so far.  PROMPT_ENDED: Ctrl-D, or the terminal has gone.  After a line and after the end the
 * terminal is as it was. */
prompt_result line_editor_take(char line[PROMPT_LINE]);

/* Takes the question off the screen and gives the terminal back; nothing where none stands. */
void line_editor_end(void);

/* Around other output, where a question stands. */
void line_editor_hide(void);
void line_editor_show(void);

#endif
