/* The questions of pairing, to the person at this device.  Nobody there, or no answer in time, is a no. */
#include <string.h>

#include "blocking_inside.h"

static bool is_question(const kith_event *e)
{
    return e->kind == KITH_EVENT_CONSENT_WANTED || e->kind == KITH_EVENT_COMPARISON_WANTED ||
           e->kind == KITH_EVENT_PASSKEY_WANTED;
}

static kith_answer ask_consent(kith_blocking *b, const kith_event *e, kith_status *status)
{
    kith_answer answer = b->person.consent(b->person.context, e);

    if (answer != KITH_ANSWER_LATER)
        *status = kith_pairing_consent(b->host, e->link, answer == KITH_ANSWER_YES);
    return answer;
}

static kith_answer ask_compare(kith_blocking *b, const kith_event *e, kith_status *status)
{
    kith_answer answer = b->person.compare(b->person.context, e);

    if (answer != KITH_ANSWER_LATER)
        *status = kith_pairing_compare(b->host, e->link,
                                       answer == KITH_ANSWER_YES ? KITH_NUMBERS_EQUAL : KITH_NUMBERS_DIFFER);
    return answer;
}

/* What is no passkey is a person who gives up. */
static kith_answer ask_passkey(kith_blocking *b, const kith_event *e, kith_status *status)
{
    uint32_t passkey = UINT32_MAX;
    kith_answer answer = b->person.passkey(b->person.context, e, &passkey);

    if (answer == KITH_ANSWER_LATER)
        return answer;
    *status = answer == KITH_ANSWER_YES ? kith_pairing_passkey(b->host, e->link, passkey) : KITH_ERR_VALUE;
    if (*status == KITH_ERR_VALUE)
        *status = kith_pairing_cancel(b->host, e->link);
    return answer;
}

/* True: it needs no more asking.  FULL: the answer has to be given again. */
static bool is_answered(kith_blocking *b, const kith_event *e)
{
    kith_status status = KITH_OK;
    kith_answer answer;

    if (e->kind == KITH_EVENT_CONSENT_WANTED)
        answer = ask_consent(b, e, &status);
    else if (e->kind == KITH_EVENT_COMPARISON_WANTED)
        answer = ask_compare(b, e, &status);
    else
        answer = ask_passkey(b, e, &status);
    return answer != KITH_ANSWER_LATER && status != KITH_ERR_FULL;
}

static bool is_there(const kith_person *p, kith_event_kind kind)
{
    return (kind == KITH_EVENT_CONSENT_WANTED && p->consent != NULL) ||
           (kind == KITH_EVENT_COMPARISON_WANTED && p->compare != NULL) ||
           (kind == KITH_EVENT_PASSKEY_WANTED && p->passkey != NULL);
}

/* Of more questions than there is room for, the last are not heard: a no at the host's deadline. */
bool blocking_ask(kith_blocking *b, const kith_event *e)
{
    if (e->kind == KITH_EVENT_PASSKEY_SHOWN && b->person.show != NULL) {
        b->person.show(b->person.context, e);
        return true;
    }
    if (!is_there(&b->person, e->kind))
        return false;
    if (!is_answered(b, e) && b->question_count < KITH_BLOCKING_QUESTIONS)
        b->questions[b->question_count++] = *e;
    return true;
}

/* Nobody is there to ask.  What cannot be said just now is a no at the host's deadline. */
static void say_no(const kith_blocking *b, const kith_event *e)
{
    if (e->kind == KITH_EVENT_CONSENT_WANTED)
        (void)!kith_pairing_consent(b->host, e->link, false);
    else if (e->kind == KITH_EVENT_COMPARISON_WANTED)
        (void)!kith_pairing_compare(b->host, e->link, KITH_NUMBERS_DIFFER);
    else
        (void)!kith_pairing_cancel(b->host, e->link);
}

static void forget_question(kith_blocking *b, size_t i)
{
    b->question_count--;
    memmove(&b->questions[i], &b->questions[i + 1], (b->question_count - i) * sizeof b->questions[0]);
}

void blocking_ask_again(kith_blocking *b)
{
    for (size_t i = b->question_count; i-- > 0;)
        if (is_answered(b, &b->questions[i]))
            forget_question(b, i);
}

void blocking_drop_questions(kith_blocking *b, const kith_event *e)
{
    bool ends = e->kind == KITH_EVENT_PAIRED || e->kind == KITH_EVENT_PAIRING_FAILED ||
                e->kind == KITH_EVENT_DISCONNECTED || e->kind == KITH_EVENT_CONTROLLER_LOST;

    for (size_t i = b->question_count; ends && i-- > 0;)
        if (e->link == 0 || b->questions[i].link == e->link)
            forget_question(b, i);
}

void blocking_offer(kith_blocking *b, const kith_event *e)
{
    if (blocking_ask(b, e) || (b->on_event != NULL && b->on_event(b->context, e)))
        return;
    if (is_question(e))
        say_no(b, e);
    else
        blocking_keep(b, e);
}
