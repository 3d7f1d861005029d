/* Whoever is asked: an option that answers, a person at the prompt, or nobody, which is a no. */
#ifndef TOOLS_PERSON_H
#define TOOLS_PERSON_H

#include "link_options.h"
#include "question.h"
#include "report.h"

typedef enum { PERSON_IS_ASKED, PERSON_SAYS_YES, PERSON_SAYS_NO } person_answer;

typedef struct {
    const link_options *options;
    const report *report;
    kith_host *host;
    question_queue queue;
    bool shown;    /* the oldest question */
    bool answered; /* it was, and the host has not taken the answer yet */
    unsigned misunderstood;
    person_answer own; /* to the command's own question */
    kith_comparison comparison;
    bool consent;
    uint32_t passkey; /* consent: typed */
} person;

void person_init(person *p, const link_options *options, const report *to, kith_host *host);

/* Can questions be answered, by an option or by somebody there? */
bool person_can_consent(const link_options *options);
bool person_is_there(void);

/* Looks at every event: puts its question, or withdraws one.  true: the event was told, or will be in its turn. */
bool person_on_event(person *p, const kith_event *event);

/* A question of the command's own, with its end "[yes/no]"; the text stays the caller's.  Then person_own_answer()
 * tells.  One at a time. */
void person_ask(person *p, const char *text);
person_answer person_own_answer(const person *p);

/* Shows what is to be shown, takes what was typed, hands answers on.  Call it in each turn of the loop. */
void person_turn(person *p);

/* Does a question stand, or wait for its turn? */
bool person_is_asked(const person *p);

/* No more questions: each open one is withdrawn. */
void person_leave(person *p);

#endif
