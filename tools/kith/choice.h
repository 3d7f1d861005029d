/* Options whose argument is one of a few words. */
#ifndef TOOLS_CHOICE_H
#define TOOLS_CHOICE_H

#include <argp.h>

typedef struct {
    const char *word; /* NULL: no more */
    int value;
} choice_entry;

extern const choice_entry choice_io[];    /* kith_io_capability */
extern const choice_entry choice_level[]; /* kith_level, 2 and above */

/* The value of arg, or argp's error, which names the option and the words. */
int choice_of(const choice_entry *choices, const char *option, const char *arg, struct argp_state *state);

/* The first word for a value, which must be among them. */
const char *choice_word(const choice_entry *choices, int value);

#endif
