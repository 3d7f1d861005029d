/* Secure Connections, Passkey Entry, as responder: twenty times Cai, Cbi, Nai, Nbi.  The initiator's person may be
 * quicker than ours: its first commitment is held until ours has typed.  Core Vol 3 Part H 2.3.5.6.3. */
#include <string.h>

#include "smp/sc.h"

static smp_state on_own_key(smp_session *s, const smp_input *in, smp_outbox *out)
{
    kith_status status;

    if (!sc_responder_takes_own_key(s, in, out))
        return SMP_FAILED;
    sc_responder_show_key(s, out);
    status = smp_begin_passkey(s, out);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    if (!smp_shows_passkey(s))
        return SMP_WAIT_PASSKEY;
    sc_passkey_into_checks(s);
    return SMP_WAIT_CONFIRM;
}

static void hold(smp_session *s, const smp_input *in)
{
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
}

static smp_state on_early_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)out;
    hold(s, in);
    return SMP_PASSKEY_HOLD;
}

static smp_state answer_confirm(smp_session *s, smp_outbox *out)
{
    uint8_t confirm[16];
    kith_status status = sc_passkey_confirm(s, confirm);

    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    smp_send(out, KITH_SMP_PAIRING_CONFIRM, confirm, sizeof confirm);
    return SMP_WAIT_RANDOM;
}

static smp_state on_passkey(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)out;
    smp_keep_passkey(s, in);
    sc_passkey_into_checks(s);
    return SMP_WAIT_CONFIRM;
}

static smp_state on_passkey_late(smp_session *s, const smp_input *in, smp_outbox *out)
{
    smp_keep_passkey(s, in);
    sc_passkey_into_checks(s);
    return answer_confirm(s, out);
}

static smp_state on_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    hold(s, in);
    return answer_confirm(s, out);
}

/* Our nonce goes out only when theirs was right: who guesses a bit wrong learns nothing of it from us. */
static smp_state on_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!sc_passkey_takes_nonce(s, in, out))
        return SMP_FAILED;
    smp_send(out, KITH_SMP_PAIRING_RANDOM, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
    return ++s->round < SC_PASSKEY_ROUNDS ? SMP_WAIT_CONFIRM : SMP_WAIT_CHECK;
}

static const smp_row rows[] = {
    {SMP_WAIT_OWN_KEY, SMP_ON(OWN_KEY), on_own_key, SMP_TO(WAIT_CONFIRM) | SMP_TO(WAIT_PASSKEY)},
    {SMP_WAIT_PASSKEY, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_PASSKEY, SMP_RX(PAIRING_CONFIRM, 17), on_early_confirm, SMP_TO(PASSKEY_HOLD)},
    {SMP_WAIT_PASSKEY, SMP_ON(PASSKEY), on_passkey, SMP_TO(WAIT_CONFIRM)},
    {SMP_PASSKEY_HOLD, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_PASSKEY_HOLD, SMP_ON(PASSKEY), on_passkey_late, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_CONFIRM, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_CONFIRM, SMP_RX(PAIRING_CONFIRM, 17), on_confirm, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), on_random, SMP_TO(WAIT_CONFIRM) | SMP_TO(WAIT_CHECK)},
    {SMP_ANY, SMP_RX(KEYPRESS_NOTIFICATION, 2), smp_on_keypress, SMP_STAY},
};

static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, &sc_responder, &smp_keys, NULL};

const kith_method kith_sc_passkey_responder = {
    KITH_METHOD_PASSKEY, true, false, sc_responder_begin, SMP_TO(WAIT_PUBLIC_KEY), tables,
};
