/* Lines from stdin where nobody edits them: a pipe, a file, or a terminal that does its own editing.  Never waits. */
#ifndef TOOLS_LINE_READER_H
#define TOOLS_LINE_READER_H

#include "prompt.h"

/* The next line, its end left out; longer ones are cut. */
prompt_result line_reader_take(char line[PROMPT_LINE]);

/* Throws away what could be read now. */
void line_reader_drop(void);

/* Has more come already than the line that was taken? */
bool line_reader_has_more(void);

/* Will there never be another line? */
bool line_reader_has_ended(void);

#endif
