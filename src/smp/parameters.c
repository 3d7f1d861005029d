/* How to pair, asked of the program for this pairing alone, before anything of ours depends on it.
 * Core Vol 3 Part H 2.3.1. */
#include "smp/session.h"

/* What the host keeps for itself: who is admitted, and how long who failed must wait, was settled before. */
static void keep_what_is_the_hosts(kith_security *answer, const kith_security *hosts)
{
    answer->sc_only = hosts->sc_only;
    answer->policy = hosts->policy;
    answer->exclusive_classes = hosts->exclusive_classes;
    answer->blocked = hosts->blocked;
    answer->blocked_count = hosts->blocked_count;
    answer->backoff = hosts->backoff;
    answer->when_full = hosts->when_full;
    answer->ask_parameters = hosts->ask_parameters;
}

/* What a call of ours asked for stays the least that may come of it. */
static void take(smp_session *s, const kith_security *answer)
{
    kith_security policy = *answer;

    keep_what_is_the_hosts(&policy, &s->policy);
    s->policy = policy;
    if (s->policy.min_key_size < s->asked_key_size)
        s->policy.min_key_size = s->asked_key_size;
    s->required_level = policy.required_level;
    if (s->required_level < (kith_level)s->asked_level)
        s->required_level = (kith_level)s->asked_level;
    if (s->policy.sc_only)
        s->required_level = KITH_LEVEL_SC_AUTHENTICATED;
}

bool smp_take_parameters(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (in->security != NULL) {
        take(s, in->security);
        return true;
    }
    smp_fail(s, out, in->reason, in->why);
    s->verdict.ended_by = in->by_person ? KITH_ENDED_BY_USER : KITH_ENDED_BY_US;
    return false;
}

bool smp_lets_require(const smp_session *s, const kith_security *answer)
{
    return answer->max_key_size >= s->asked_key_size;
}
