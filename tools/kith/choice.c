/* Words for options, and finding them. */
#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "kith/verdict.h"

const choice_entry choice_io[] = {
    {"none", KITH_IO_NO_INPUT_NO_OUTPUT},           {"display-only", KITH_IO_DISPLAY_ONLY},
    {"display-yes-no", KITH_IO_DISPLAY_YES_NO},     {"keyboard-only", KITH_IO_KEYBOARD_ONLY},
    {"keyboard-display", KITH_IO_KEYBOARD_DISPLAY}, {NULL, 0}};

const choice_entry choice_level[] = {{"encrypted", KITH_LEVEL_ENCRYPTED},
                                     {"authenticated", KITH_LEVEL_AUTHENTICATED},
                                     {"sc-authenticated", KITH_LEVEL_SC_AUTHENTICATED},
                                     {"2", KITH_LEVEL_ENCRYPTED},
                                     {"3", KITH_LEVEL_AUTHENTICATED},
                                     {"4", KITH_LEVEL_SC_AUTHENTICATED},
                                     {NULL, 0}};

int choice_of(const choice_entry *choices, const char *option, const char *arg, struct argp_state *state)
{
    char words[128] = "";
    size_t len = 0;

    for (const choice_entry *one = choices; one->word != NULL; one++) {
        if (strcmp(one->word, arg) == 0)
            return one->value;
        len += (size_t)snprintf(words + len, sizeof words - len, "%s%s", one == choices ? "" : ", ", one->word);
    }
    argp_error(state, "%s is one of: %s; not '%s'", option, words, arg);
    return 0;
}

const char *choice_word(const choice_entry *choices, int value)
{
    while (choices->value != value)
        choices++;
    return choices->word;
}
