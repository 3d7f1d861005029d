/* Open questions, oldest first.  One is put to a person at a time. */
#ifndef TOOLS_QUESTION_H
#define TOOLS_QUESTION_H

#include "kith/event.h"

enum { QUESTIONS = 16 };

typedef struct {
    kith_event event; /* CONSENT_WANTED, COMPARISON_WANTED, PASSKEY_WANTED, AUTHORIZATION_WANTED; NONE: one of the
                         command's own */
    const char *text; /* of the command's own */
} question;

typedef struct {
    size_t count;
    question open[QUESTIONS];
} question_queue;

bool question_add(question_queue *q, const question *one); /* false: too many */
const question *question_oldest(const question_queue *q);  /* NULL: none */
void question_remove_oldest(question_queue *q);

/* Takes away what concerns this link; 0: the command's own.  about_pairing: that alone; what a client of the link wants
 * to be authorized stays.  true: the oldest was among it. */
bool question_withdraw(question_queue *q, kith_link link, bool about_pairing);

#endif
