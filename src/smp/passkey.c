/* Passkey Entry, whatever the kind of pairing: who shows the six digits and who types them, and keypress
 * notifications.  Core Vol 3 Part H 2.3.5.3, 2.3.5.6.3, 3.5.8. */
#include "base/bytes.h"
#include "smp/session.h"

enum { PASSKEYS = 1000000 };

bool smp_shows_passkey(const smp_session *s)
{
    return s->passkey_form == (s->initiator ? KITH_PASSKEY_INITIATOR_SHOWS : KITH_PASSKEY_RESPONDER_SHOWS);
}

/* Each of the million equally likely: what is left over at the end of 32 bits is drawn again. */
static kith_status draw(smp_session *s, uint32_t *passkey)
{
    enum { TRIES = 64 };
    const uint32_t usable = UINT32_MAX - UINT32_MAX % PASSKEYS;
    uint8_t octets[4];

    for (unsigned i = 0; i < TRIES; i++) {
        kith_status status = crypto_random(s->env->crypto, s->env->random, octets, sizeof octets);

        if (status != KITH_OK)
            return status;
        *passkey = bytes_get32(octets);
        if (*passkey < usable) {
            *passkey %= PASSKEYS;
            return KITH_OK;
        }
    }
    return KITH_ERR_ENTROPY; /* one source in 10^200 */
}

static kith_status show(smp_session *s, smp_outbox *out)
{
    kith_status status = KITH_OK;

    if (s->policy.insecure_fixed_passkey)
        s->secrets.passkey = s->policy.fixed_passkey;
    else
        status = draw(s, &s->secrets.passkey);
    if (status == KITH_OK)
        out->wants |= SMP_OUT_SHOW_PASSKEY;
    return status;
}

kith_status smp_begin_passkey(smp_session *s, smp_outbox *out)
{
    if (smp_shows_passkey(s))
        return show(s, out);
    out->wants |= SMP_OUT_ASK_PASSKEY;
    return KITH_OK;
}

void smp_keep_passkey(smp_session *s, const smp_input *in)
{
    s->secrets.passkey = in->number;
}

bool smp_wants_keypress(const smp_session *s)
{
    const kith_verdict *v = &s->verdict;

    return v->method == KITH_METHOD_PASSKEY &&
           (v->my_features.auth_req & v->peer_features.auth_req & KITH_AUTH_KEYPRESS) != 0;
}

/* What nobody asked for, and what has no meaning, is let go: it changes nothing. */
smp_state smp_on_keypress(smp_session *s, const smp_input *in, smp_outbox *out)
{
    s->keypress = smp_value(in)[0];
    if (smp_wants_keypress(s) && s->keypress <= KITH_KEYPRESS_COMPLETED)
        out->wants |= SMP_OUT_KEYPRESS;
    return s->state;
}
