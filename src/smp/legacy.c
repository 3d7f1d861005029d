/* What every legacy method shares.  Core Vol 3 Part H 2.3.5.5, 2.2.3, 2.2.4. */
#include "smp/legacy.h"

#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "base/wipe.h"
#include "crypto/toolbox.h"

kith_status legacy_confirm(const smp_session *s, const uint8_t random[16], uint8_t confirm[16])
{
    const kith_address *ia = smp_initiator_address(s), *ra = smp_responder_address(s);

    return crypto_c1(s->env->crypto, s->secrets.tk, random, s->request, s->response, ia->type, ia->octets, ra->type,
                     ra->octets, confirm);
}

bool legacy_takes_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    uint8_t expected[16];
    kith_status status = legacy_confirm(s, smp_value(in), expected);

    if (status != KITH_OK)
        smp_fail_status(s, out, status);
    else if (!equal_ct(expected, s->secrets.held, sizeof expected))
        smp_fail(s, out, KITH_SMP_CONFIRM_VALUE_FAILED, KITH_WHY_CONFIRM_MISMATCH);
    else
        memcpy(s->secrets.peer_nonce, smp_value(in), sizeof s->secrets.peer_nonce);
    wipe(expected, sizeof expected);
    return s->state != SMP_FAILED;
}

kith_status legacy_derive_key(smp_session *s)
{
    const uint8_t *mrand = s->initiator ? s->secrets.my_nonce : s->secrets.peer_nonce;
    const uint8_t *srand = s->initiator ? s->secrets.peer_nonce : s->secrets.my_nonce;
    kith_status status = crypto_s1(s->env->crypto, s->secrets.tk, srand, mrand, s->secrets.ltk);

    smp_shorten(s->secrets.ltk, s->verdict.key_size);
    return status;
}

kith_status legacy_draw_random(smp_session *s)
{
    return crypto_random(s->env->crypto, s->env->random, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
}

void legacy_keep_passkey(smp_session *s)
{
    bytes_put32(s->secrets.tk, s->secrets.passkey);
}
