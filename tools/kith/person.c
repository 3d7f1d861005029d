/* Questions from the host to a person and answers back.  A question is told when its turn comes, not before: what is
 * typed always answers the one question that stands. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "person.h"
#include "prompt.h"
#include "sentence.h"

enum { TEXT = SENTENCE_MAX + 32, PATIENCE = 5 };

void person_init(person *p, const link_options *options, const report *to, kith_host *host)
{
    memset(p, 0, sizeof *p);
    p->options = options;
    p->report = to;
    p->host = host;
    prompt_init(options->json);
}

bool person_is_there(void)
{
    return prompt_can_answer();
}

bool person_can_consent(const link_options *options)
{
    return options->yes || person_is_there();
}

/* ---- asking ---- */

/* A number alone does not say whose it is. */
static const char *text_of(const question *q, char text[TEXT])
{
    char sentence[SENTENCE_MAX];

    if (q->event.kind == KITH_EVENT_NONE)
        (void)snprintf(text, TEXT, "%s ", q->text);
    else if (q->event.kind == KITH_EVENT_CONSENT_WANTED)
        (void)snprintf(text, TEXT, "%s ", sentence_of(&q->event, sentence));
    else
        (void)snprintf(text, TEXT, "link %u: %s ", (unsigned)q->event.link, sentence_of(&q->event, sentence));
    return text;
}

static void tell(const person *p, const question *q)
{
    if (q->event.kind == KITH_EVENT_NONE)
        report_news(p->report, "answer-wanted", q->text, NULL);
    else
        report_event(p->report, p->host, &q->event, NULL);
}

static void show(person *p)
{
    const question *q = question_oldest(&p->queue);
    char text[TEXT];

    p->shown = true;
    if (!prompt_is_edited())
        tell(p, q);
    prompt_ask(text_of(q, text));
}

/* An answer typed before a number was shown is no answer.  On a terminal nobody can know of any question before. */
static void show_first_time(person *p)
{
    p->misunderstood = 0;
    if (prompt_is_edited() || question_oldest(&p->queue)->event.kind == KITH_EVENT_COMPARISON_WANTED)
        prompt_drop_typed();
    show(p);
}

/* ---- answering ---- */

static void tell_answer(const person *p, const char *sentence, bool yes, const char *by)
{
    const report_fact json[] = {{"answer", yes ? "yes" : "no"}, {"by", by}, {NULL, NULL}};

    report_news(p->report, "answered", sentence, p->report->json ? json : NULL);
}

/* The host may want its events to be taken first; then it is asked again in the next turn.  That the question has
 * lapsed meanwhile is told by its end. */
static void hand_on(person *p)
{
    const question *q = question_oldest(&p->queue);
    kith_status status = KITH_OK;

    if (q->event.kind == KITH_EVENT_CONSENT_WANTED)
        status = kith_pairing_consent(p->host, q->event.link, p->consent);
    else if (q->event.kind == KITH_EVENT_COMPARISON_WANTED)
        status = kith_pairing_compare(p->host, q->event.link, p->comparison);
    else if (q->event.kind == KITH_EVENT_PASSKEY_WANTED)
        status = p->consent ? kith_pairing_passkey(p->host, q->event.link, p->passkey)
                            : kith_pairing_cancel(p->host, q->event.link);
    else if (q->event.kind == KITH_EVENT_AUTHORIZATION_WANTED)
        status = kith_gatt_authorize(p->host, q->event.link, p->consent);
    p->answered = status == KITH_ERR_FULL;
    if (!p->answered)
        question_remove_oldest(&p->queue);
}

static void answer(person *p, bool yes)
{
    p->shown = false;
    p->answered = true;
    p->consent = yes;
    p->comparison = yes ? KITH_NUMBERS_EQUAL : KITH_NUMBERS_DIFFER;
    if (question_oldest(&p->queue)->event.kind == KITH_EVENT_NONE)
        p->own = yes ? PERSON_SAYS_YES : PERSON_SAYS_NO;
    hand_on(p);
}

/* No answer is a no. */
static void on_none(person *p, const char *sentence)
{
    tell_answer(p, sentence, false, "nobody");
    answer(p, false);
}

/* The word or its first letter, and nothing else. */
static bool is_word(const char *line, const char *word)
{
    char first[8], more[2];

    return sscanf(line, "%7s %1s", first, more) == 1 &&
           (strcasecmp(first, word) == 0 || (first[1] == '\0' && strncasecmp(first, word, 1) == 0));
}

/* A stream of answers would confirm any number unseen. */
static bool is_stream(const person *p)
{
    return question_oldest(&p->queue)->event.kind == KITH_EVENT_COMPARISON_WANTED && prompt_has_more();
}

static void ask_again(person *p, const char *sentence)
{
    if (++p->misunderstood == PATIENCE) {
        on_none(p, "No clear answer, too often: that is a no.");
        return;
    }
    report_news(p->report, "not-understood", sentence, NULL);
    show(p);
}

/* Six digits at most, and nothing else; people group them as they like. */
static bool is_passkey(const char *line, uint32_t *passkey)
{
    unsigned digits = 0;

    *passkey = 0;
    for (; *line != '\0'; line++) {
        if (*line >= '0' && *line <= '9' && ++digits <= 6)
            *passkey = *passkey * 10 + (uint32_t)(*line - '0');
        else if (*line != ' ' && *line != '-')
            return false;
    }
    return digits == 6;
}

static void on_passkey_line(person *p, const char *line)
{
    if (is_word(line, "no"))
        answer(p, false);
    else if (is_passkey(line, &p->passkey))
        answer(p, true);
    else
        ask_again(p, "Please type the six digits, or no to give up.");
}

static void on_line(person *p, const char *line)
{
    if (question_oldest(&p->queue)->event.kind == KITH_EVENT_PASSKEY_WANTED) {
        on_passkey_line(p, line);
    } else if (is_word(line, "no")) {
        answer(p, false);
    } else if (!is_word(line, "yes")) {
        ask_again(p, "Please answer yes or no.");
    } else if (is_stream(p)) {
        prompt_drop_typed();
        ask_again(p, "More than one line came: please look, and answer once.");
    } else {
        answer(p, true);
    }
}

/* An option's answer. */
static bool answer_by_option(person *p, const question *q)
{
    const kith_event *e = &q->event;

    if (e->kind == KITH_EVENT_CONSENT_WANTED && p->options->yes && !e->consent.again) {
        tell(p, q);
        tell_answer(p, "Yes, says the option --yes.", true, "--yes");
        p->consent = true;
    } else if (e->kind == KITH_EVENT_COMPARISON_WANTED && p->options->insecure_confirm) {
        tell(p, q);
        tell_answer(p, "Yes, says the option --insecure-confirm; nobody has looked.", true, "--insecure-confirm");
        p->comparison = KITH_NUMBERS_UNSEEN;
    } else {
        return false;
    }
    p->answered = true;
    hand_on(p);
    return true;
}

/* ---- turns ---- */

static void put_oldest(person *p)
{
    const question *q = question_oldest(&p->queue);

    if (answer_by_option(p, q))
        return;
    if (prompt_can_answer()) {
        show_first_time(p);
        return;
    }
    tell(p, q);
    on_none(p, "Nobody can answer here: that is a no.");
}

/* false: nothing was typed. */
static bool take_line(person *p)
{
    char line[PROMPT_LINE];
    prompt_result result = prompt_take(line);

    if (result == PROMPT_GOT_LINE)
        on_line(p, line);
    else if (result == PROMPT_ENDED)
        on_none(p, "The input has ended: that is a no.");
    return result != PROMPT_NOTHING;
}

/* false: there is nothing more to do now. */
static bool step(person *p)
{
    if (p->answered) {
        hand_on(p);
        return !p->answered;
    }
    if (question_oldest(&p->queue) == NULL)
        return false;
    if (p->shown)
        return take_line(p);
    put_oldest(p);
    return true;
}

void person_turn(person *p)
{
    while (step(p))
        continue;
}

/* ---- events ---- */

static void withdraw(person *p, kith_link link, bool about_pairing)
{
    char text[TEXT], sentence[TEXT + 32];
    const question *q = question_oldest(&p->queue);

    if (q == NULL)
        return;
    (void)text_of(q, text);
    if (!question_withdraw(&p->queue, link, about_pairing))
        return;
    p->answered = false;
    if (!p->shown)
        return;
    p->shown = false;
    prompt_withdraw();
    (void)snprintf(sentence, sizeof sentence, "No answer is wanted any more: %s", text);
    sentence[strlen(sentence) - 1] = '\0';
    report_news(p->report, "question-withdrawn", sentence, NULL);
}

static bool add(person *p, const kith_event *e)
{
    const question q = {.event = *e};

    return question_add(&p->queue, &q);
}

bool person_on_event(person *p, const kith_event *e)
{
    switch (e->kind) {
    case KITH_EVENT_CONSENT_WANTED:
    case KITH_EVENT_COMPARISON_WANTED:
    case KITH_EVENT_PASSKEY_WANTED:
    case KITH_EVENT_AUTHORIZATION_WANTED:
        return add(p, e);
    case KITH_EVENT_PAIRED:
    case KITH_EVENT_PAIRING_FAILED:
    case KITH_EVENT_DISCONNECTED:
        withdraw(p, e->link, e->kind != KITH_EVENT_DISCONNECTED);
        return false;
    default:
        return false;
    }
}

void person_ask(person *p, const char *text)
{
    const question q = {.text = text};

    p->own = question_add(&p->queue, &q) ? PERSON_IS_ASKED : PERSON_SAYS_NO;
}

bool person_is_asked(const person *p)
{
    return p->queue.count > 0;
}

person_answer person_own_answer(const person *p)
{
    return p->own;
}

void person_leave(person *p)
{
    while (p->queue.count > 0)
        withdraw(p, question_oldest(&p->queue)->event.link, false);
}
