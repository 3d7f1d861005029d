/* libedit by its readline interface, a character at a time, so that the loop that carries packets never waits for a
 * person.  libedit has one terminal and globals, and so has this file. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <editline/readline.h>

#include "line_editor.h"

enum { QUESTION = 256 };

static struct {
    bool prepared, begun;
    bool entered, ended; /* what the last character did */
    struct termios before;
    struct sigaction quit_before;
    char question[QUESTION];
    char line[PROMPT_LINE];
} editor;

/* ---- the terminal as it was ---- */

static void restore(void)
{
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &editor.before);
}

/* Ctrl-\ ends the program on the spot, but not the use of the terminal. */
static void on_quit(int number)
{
    restore();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void watch_quit(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_quit;
    action.sa_flags = SA_NODEFER;
    (void)sigaction(SIGQUIT, &action, &editor.quit_before);
}

static void let_go(void)
{
    rl_callback_handler_remove();
    restore();
    (void)sigaction(SIGQUIT, &editor.quit_before, NULL);
    editor.begun = false;
}

/* ---- a line ---- */

static void on_line(char *line)
{
    editor.ended = line == NULL;
    editor.entered = line != NULL;
    if (line == NULL)
        return;
    (void)snprintf(editor.line, sizeof editor.line, "%s", line);
    free(line);
}

static void prepare(void)
{
    if (editor.prepared)
        return;
    editor.prepared = true;
    rl_catch_signals = 0;
    rl_readline_name = "kith";
    (void)atexit(line_editor_end);
}

void line_editor_begin(const char *question)
{
    if (editor.begun || tcgetattr(STDIN_FILENO, &editor.before) != 0)
        return;
    prepare();
    watch_quit();
    (void)snprintf(editor.question, sizeof editor.question, "%s", question);
    editor.entered = editor.ended = false;
    editor.begun = true;
    rl_callback_handler_install(editor.question, on_line);
    (void)rl_bind_key('\t', rl_insert);
}

/* A terminal that has gone is readable for ever and brings nothing. */
static bool has_input(void)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

    if (poll(&fd, 1, 0) <= 0)
        return false;
    editor.ended = (fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    return !editor.ended;
}

prompt_result line_editor_take(char line[PROMPT_LINE])
{
    if (!editor.begun)
        return PROMPT_ENDED;
    while (!editor.entered && !editor.ended && has_input())
        rl_callback_read_char();
    if (!editor.entered && !editor.ended)
        return PROMPT_NOTHING;
    let_go();
    if (editor.ended) {
        putchar('\n');
        return PROMPT_ENDED;
    }
    memcpy(line, editor.line, PROMPT_LINE);
    return PROMPT_GOT_LINE;
}

/* ---- beside other output ---- */

/* From wherever the cursor stands in the question and its answer, which may go over several rows. */
void line_editor_hide(void)
{
    int rows = 0, columns = 0;
    size_t at = strlen(editor.question) + (size_t)rl_point;

    if (!editor.begun)
        return;
    rl_get_screen_size(&rows, &columns);
    for (size_t up = columns > 0 ? at / (size_t)columns : 0; up > 0; up--)
        fputs("\033[A", stdout);
    fputs("\r\033[J", stdout);
    (void)fflush(stdout);
}

void line_editor_show(void)
{
    if (!editor.begun)
        return;
    (void)fflush(stdout);
    rl_forced_update_display();
}

void line_editor_end(void)
{
    if (!editor.begun)
        return;
    line_editor_hide();
    let_go();
}
