/* Secure Connections, Passkey Entry: what both roles share.  Twenty rounds, one bit of the passkey each: both sides
 * commit before either opens.  Core Vol 3 Part H 2.3.5.6.3. */
#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "crypto/toolbox.h"
#include "smp/sc.h"

/* The bit of this round, as f4 wants it. */
static uint8_t z_of(const smp_session *s)
{
    return (uint8_t)(0x80 | (s->secrets.passkey >> s->round & 1));
}

/* Cai = f4(PKax, PKbx, Nai, rai), Cbi = f4(PKbx, PKax, Nbi, rbi), each with a fresh nonce. */
kith_status sc_passkey_confirm(smp_session *s, uint8_t confirm[16])
{
    kith_status status = sc_draw_nonce(s);

    return status != KITH_OK
               ? status
               : crypto_f4(s->env->crypto, s->my_public, s->peer_public, s->secrets.my_nonce, z_of(s), confirm);
}

bool sc_passkey_takes_nonce(smp_session *s, const smp_input *in, smp_outbox *out)
{
    uint8_t expected[16];
    kith_status status = crypto_f4(s->env->crypto, s->peer_public, s->my_public, smp_value(in), z_of(s), expected);

    if (status != KITH_OK)
        smp_fail_status(s, out, status);
    else if (!equal_ct(expected, s->secrets.held, sizeof expected))
        smp_fail(s, out, KITH_SMP_CONFIRM_VALUE_FAILED, KITH_WHY_CONFIRM_MISMATCH);
    else
        memcpy(s->secrets.peer_nonce, smp_value(in), sizeof s->secrets.peer_nonce);
    return s->state != SMP_FAILED;
}

/* 2.3.5.6.5: ra = rb = the passkey as 128 bits. */
void sc_passkey_into_checks(smp_session *s)
{
    bytes_put32(s->secrets.r_mine, s->secrets.passkey);
    bytes_put32(s->secrets.r_peer, s->secrets.passkey);
}
