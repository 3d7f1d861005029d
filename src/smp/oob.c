/* Out of band data in a pairing: whose is there, and what it is worth.  Core Vol 3 Part H 2.3.5.4, 2.3.5.6.4. */
#include <string.h>

#include "smp/session.h"

bool smp_asks_for_oob(const smp_session *s)
{
    return s->policy.ask_oob;
}

void smp_keep_oob(smp_session *s, const kith_oob_data *data)
{
    if (data == NULL)
        return;
    s->has_oob_sc = data->has_sc;
    s->has_oob_tk = data->has_tk;
    s->oob_secure = data->channel_is_secure;
    memcpy(s->secrets.oob_confirm, data->confirm, sizeof s->secrets.oob_confirm);
    memcpy(s->secrets.oob_random, data->random, sizeof s->secrets.oob_random);
    memcpy(s->secrets.oob_tk, data->tk, sizeof s->secrets.oob_tk);
}

/* Who read it read whom it is of. */
static bool is_local_free(const smp_session *s)
{
    const smp_local_oob *local = s->env->oob;

    return local->ready && local->mine == s->mine && (!local->in_use || s->uses_local_oob);
}

static bool has_local_tk(const smp_session *s)
{
    return is_local_free(s) && s->env->oob->legacy;
}

/* With Secure Connections the flag says that we hold the peer's data; in legacy pairing that there is a TK both know,
 * whoever made it. */
bool smp_offers_oob(const smp_session *s)
{
    return s->has_oob_sc || (s->policy.legacy && (s->has_oob_tk || has_local_tk(s)));
}

/* A flag that stands where no data is would let everybody through who knows that it is not there (A19). */
bool smp_has_oob(const smp_session *s, bool secure_connections)
{
    const kith_verdict *v = &s->verdict;

    if (!secure_connections)
        return s->has_oob_tk || has_local_tk(s);
    return (v->my_features.oob_flag == 0 || s->has_oob_sc) && (v->peer_features.oob_flag == 0 || is_local_free(s));
}

static void hold_local(smp_session *s)
{
    s->env->oob->in_use = true;
    s->uses_local_oob = true;
}

static void claim_legacy(smp_session *s)
{
    memcpy(s->secrets.tk, s->has_oob_tk ? s->secrets.oob_tk : s->env->oob->tk, sizeof s->secrets.tk);
    if (!s->has_oob_tk)
        hold_local(s);
}

static void claim_sc(smp_session *s)
{
    const kith_verdict *v = &s->verdict;

    if (v->my_features.oob_flag != 0)
        memcpy(s->secrets.r_mine, s->secrets.oob_random, sizeof s->secrets.r_mine);
    if (v->peer_features.oob_flag == 0)
        return;
    memcpy(s->secrets.r_peer, s->env->oob->random, sizeof s->secrets.r_peer);
    hold_local(s);
}

void smp_claim_oob(smp_session *s)
{
    if (s->method->secure_connections)
        claim_sc(s);
    else
        claim_legacy(s);
}

/* Each piece that is used must have come over a channel that nobody else could hear or change. */
bool smp_oob_is_secure(const smp_session *s)
{
    const kith_verdict *v = &s->verdict;
    bool sc = (v->my_features.auth_req & v->peer_features.auth_req & KITH_AUTH_SC) != 0;
    bool takes = sc ? v->my_features.oob_flag != 0 : s->has_oob_tk;
    bool gives = sc ? v->peer_features.oob_flag != 0 : !s->has_oob_tk;

    return (!takes || s->oob_secure) && (!gives || s->env->oob->channel_is_secure);
}
