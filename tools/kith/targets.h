/* Finds the attributes that were meant on a peer. */
#ifndef TOOLS_TARGETS_H
#define TOOLS_TARGETS_H

#include "survey.h"
#include "what.h"

typedef struct {
    const what *what;
    uint16_t handle;                    /* of the value */
    const survey_entry *characteristic; /* NULL: a handle, and nobody looked whose */
} target;

typedef struct {
    const what *whats; /* the caller's */
    size_t what_count;
    bool looks_always; /* for handles, too, and they must be values of characteristics */
    bool takes_each;   /* where several fit they are all meant; else that is an error */
    survey survey;
    target *found; /* in the order of whats */
    size_t count, room;
    bool missed; /* something was not there, or not clear: a sentence was printed for each */
} targets;

enum { TARGET_LABEL = 128 };

/* "Battery Level (2a19) at 0x0010"; returns text. */
char *target_label(const target *t, char text[TARGET_LABEL]);

/* The same for programs: handle, service, characteristic, name, as far as they are known. */
void target_add(json_t *object, const targets *all, const target *t);

void targets_init(targets *t, const what *whats, size_t count);
void targets_close(targets *t);

/* DONE: found and missed tell. */
errand_result targets_begin(targets *t, const errand_site *site);
errand_result targets_on_event(targets *t, const errand_site *site, const kith_event *event);

#endif
