/* Chooses between the two ways to get a line. */
#include <termios.h>
#include <unistd.h>

#include "line_editor.h"
#include "line_reader.h"
#include "prompt.h"

static struct {
    bool edited, asked;
} prompt;

void prompt_init(bool plain)
{
    prompt.edited = !plain && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

bool prompt_is_edited(void)
{
    return prompt.edited;
}

/* Whoever reads or sets a terminal from the background is stopped, and its links with it. */
static bool is_in_background(void)
{
    pid_t foreground = tcgetpgrp(STDIN_FILENO);

    return foreground >= 0 && foreground != getpgrp();
}

bool prompt_can_answer(void)
{
    return isatty(STDIN_FILENO) ? !is_in_background() : !line_reader_has_ended();
}

void prompt_drop_typed(void)
{
    line_reader_drop();
}

void prompt_ask(const char *question)
{
    prompt.asked = true;
    if (prompt.edited)
        line_editor_begin(question);
}

prompt_result prompt_take(char line[PROMPT_LINE])
{
    prompt_result result = PROMPT_NOTHING;

    if (prompt.asked)
        result = prompt.edited ? line_editor_take(line) : line_reader_take(line);
    prompt.asked &= result == PROMPT_NOTHING;
    return result;
}

bool prompt_has_more(void)
{
    return !prompt.edited && line_reader_has_more();
}

void prompt_withdraw(void)
{
    prompt.asked = false;
    line_editor_end();
}

int prompt_fd(void)
{
    return prompt.asked ? STDIN_FILENO : -1;
}

void prompt_hide(void)
{
    line_editor_hide();
}

void prompt_show(void)
{
    line_editor_show();
}
