/* Secure Connections as responder: what every method shares.  PKa and PKb at the beginning; at the end Ea, Eb.
 * Core Vol 3 Part H 2.3.5.6.1, 2.3.5.6.5. */
#include <string.h>

#include "smp/sc.h"

/* Our key pair is wanted only once the peer has shown a sound one of its own: a stranger that stops
 * after phase 1 costs us none. */
smp_state sc_responder_begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)s;
    (void)in;
    (void)out;
    return SMP_WAIT_PUBLIC_KEY;
}

static smp_state on_key_checked(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!sc_key_is_valid(s, in, out))
        return SMP_FAILED;
    out->wants |= SMP_OUT_OWN_KEY;
    return SMP_WAIT_OWN_KEY;
}

/* Our key is there: false, and the session has failed.  Only now can the peer's be compared with it. */
bool sc_responder_takes_own_key(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (in->work->result != KITH_OK) {
        smp_fail_status(s, out, in->work->result);
        return false;
    }
    sc_keep_own_key(s, in);
    if (memcmp(s->peer_public, s->my_public, 32) == 0)
        smp_fail(s, out, KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_PUBLIC_KEY_REFLECTED);
    return s->state != SMP_FAILED;
}

void sc_responder_show_key(smp_session *s, smp_outbox *out)
{
    sc_send_public_key(s, out);
    out->wants |= SMP_OUT_DHKEY;
}

/* Ea must be right before Eb goes out, and before any LTK request is answered (CVE-2020-13593). */
static smp_state judge(smp_session *s, const uint8_t check[16], smp_outbox *out)
{
    kith_status status = sc_derive_keys(s);

    if (status == KITH_OK)
        status = sc_verify_check(s, check);
    if (status == KITH_ERR_VALUE)
        return smp_fail(s, out, KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_CHECK_MISMATCH);
    if (status == KITH_OK)
        status = sc_send_check(s, out);
    return status == KITH_OK ? SMP_WAIT_LTK_REQUEST : smp_fail_status(s, out, status);
}

void sc_responder_hold_check(smp_session *s, const smp_input *in)
{
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
}

smp_state sc_responder_judge_held(smp_session *s, smp_outbox *out)
{
    return s->dhkey_ready ? judge(s, s->secrets.held, out) : SMP_WAIT_DHKEY;
}

static smp_state on_check(smp_session *s, const smp_input *in, smp_outbox *out)
{
    sc_responder_hold_check(s, in);
    return sc_responder_judge_held(s, out);
}

static smp_state on_awaited_dhkey(smp_session *s, const smp_input *in, smp_outbox *out)
{
    return sc_keep_dhkey(s, in, out) ? judge(s, s->secrets.held, out) : SMP_FAILED;
}

static const smp_row rows[] = {
    {SMP_WAIT_PUBLIC_KEY, SMP_RX(PAIRING_PUBLIC_KEY, 65), sc_take_public_key, SMP_TO(CHECK_KEY)},
    {SMP_CHECK_KEY, SMP_ON(KEY_CHECKED), on_key_checked, SMP_TO(WAIT_OWN_KEY)},
    {SMP_WAIT_RANDOM, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_CHECK, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_CHECK, SMP_RX(PAIRING_DHKEY_CHECK, 17), on_check, SMP_TO(WAIT_LTK_REQUEST) | SMP_TO(WAIT_DHKEY)},
    {SMP_WAIT_DHKEY, SMP_ON(DHKEY), on_awaited_dhkey, SMP_TO(WAIT_LTK_REQUEST)},
    {SMP_WAIT_LTK_REQUEST, SMP_ON(LTK_REQUEST), smp_on_ltk_request, SMP_TO(WAIT_ENCRYPTED)},
    {SMP_WAIT_ENCRYPTED, SMP_ON(ENCRYPTED), smp_on_encrypted, SMP_TO_PHASE_3},
};

const smp_table sc_responder = {rows, sizeof rows / sizeof rows[0]};
