/* What always holds of starts and ends: each SECURITY_STARTED has one end on its link, and an end without a start is of
 * something that never began.  For everybody who takes events; public API only. */
#ifndef RULES_STARTS_H
#define RULES_STARTS_H

#include <stddef.h>

#include "kith/kith.h"

enum { STARTS_LINKS = 32 };

typedef struct {
    kith_link links[STARTS_LINKS]; /* where something is under way */
    kith_procedure procedures[STARTS_LINKS];
} starts;

static inline size_t starts_find(const starts *s, kith_link link)
{
    size_t at = 0;

    while (at < STARTS_LINKS && s->links[at] != link)
        at++;
    return at;
}

/* An encryption with a weak bond may go on as a pairing; nothing else begins before what there was has ended. */
static inline const char *starts_begin(starts *s, const kith_event *e)
{
    size_t at = starts_find(s, e->link);
    bool goes_on = at < STARTS_LINKS && s->procedures[at] == KITH_PROCEDURE_ENCRYPTION &&
                   e->started.procedure != s->procedures[at];

    if (at < STARTS_LINKS && !goes_on)
        return "it begins, and what began before has no end";
    at = goes_on ? at : starts_find(s, 0);
    if (at == STARTS_LINKS)
        return "too many links for this test";
    s->links[at] = e->link;
    s->procedures[at] = e->started.procedure;
    return NULL;
}

/* Nothing had begun: refused at the door, found done, or asked for of a central that did nothing. */
static inline bool starts_may_lack(const kith_verdict *v)
{
    if (v->attempt == KITH_ATTEMPT_ENCRYPTION)
        return v->why == KITH_WHY_ALREADY_SECURE || v->why == KITH_WHY_WE_HAVE_NO_KEY ||
               v->why == KITH_WHY_LINK_EXCLUDED;
    return !v->succeeded && v->phase <= KITH_PHASE_FEATURES && !v->features_known;
}

static inline const char *starts_end(starts *s, const kith_event *e)
{
    size_t at = starts_find(s, e->link);
    bool encrypts = e->verdict.attempt == KITH_ATTEMPT_ENCRYPTION;

    if (at == STARTS_LINKS)
        return starts_may_lack(&e->verdict) ? NULL : "it ends, and never began";
    if (encrypts && s->procedures[at] != KITH_PROCEDURE_ENCRYPTION)
        return e->verdict.why == KITH_WHY_WE_HAVE_NO_KEY ? NULL : "an encryption ends, and a pairing is under way";
    if (e->kind == KITH_EVENT_PAIRED && s->procedures[at] == KITH_PROCEDURE_ENCRYPTION)
        return "a pairing ends well, and an encryption is under way";
    s->links[at] = 0;
    return NULL;
}

/* NULL: as it should be; else what is wrong. */
static inline const char *starts_note(starts *s, const kith_event *e)
{
    switch (e->kind) {
    case KITH_EVENT_SECURITY_STARTED:
        return starts_begin(s, e);
    case KITH_EVENT_PAIRED:
    case KITH_EVENT_PAIRING_FAILED:
    case KITH_EVENT_ENCRYPTED:
    case KITH_EVENT_ENCRYPTION_FAILED:
        return starts_end(s, e);
    case KITH_EVENT_DISCONNECTED:
        return starts_find(s, e->link) < STARTS_LINKS ? "the link is gone, and what began on it has no end" : NULL;
    default:
        return NULL;
    }
}

#endif
