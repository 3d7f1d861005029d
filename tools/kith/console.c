/* The prompt, lent to commands. */
#include "console.h"

/* Asks once, where somebody could answer. */
static bool stand(console *c)
{
    if (c->ended || (!c->stands && !prompt_can_answer()))
        return false;
    if (!c->stands)
        prompt_ask("kith> ");
    c->stands = true;
    return true;
}

prompt_result console_take(console *c, char line[PROMPT_LINE])
{
    prompt_result result;

    if (!stand(c))
        return PROMPT_NOTHING;
    result = prompt_take(line);
    c->stands &= result == PROMPT_NOTHING;
    c->ended = result == PROMPT_ENDED;
    return result;
}

void console_yield(console *c)
{
    if (c->stands)
        prompt_withdraw();
    c->stands = false;
}
