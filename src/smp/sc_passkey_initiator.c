/* Secure Connections, Passkey Entry, as initiator: twenty times Cai, Cbi, Nai, Nbi.  Core Vol 3 Part H 2.3.5.6.3. */
#include <string.h>

#include "smp/sc.h"

static smp_state send_confirm(smp_session *s, smp_outbox *out)
{
    uint8_t confirm[16];
    kith_status status = sc_passkey_confirm(s, confirm);

    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    smp_send(out, KITH_SMP_PAIRING_CONFIRM, confirm, sizeof confirm);
    return SMP_WAIT_CONFIRM;
}

static smp_state begin_rounds(smp_session *s, smp_outbox *out)
{
    s->round = 0;
    sc_passkey_into_checks(s);
    return send_confirm(s, out);
}

static smp_state on_key_checked(smp_session *s, const smp_input *in, smp_outbox *out)
{
    kith_status status;

    if (!sc_initiator_takes_key(s, in, out))
        return SMP_FAILED;
    status = smp_begin_passkey(s, out);
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    return smp_shows_passkey(s) ? begin_rounds(s, out) : SMP_WAIT_PASSKEY;
}

static smp_state on_passkey(smp_session *s, const smp_input *in, smp_outbox *out)
{
    smp_keep_passkey(s, in);
    return begin_rounds(s, out);
}

static smp_state on_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
    smp_send(out, KITH_SMP_PAIRING_RANDOM, s->secrets.my_nonce, sizeof s->secrets.my_nonce);
    return SMP_WAIT_RANDOM;
}

static smp_state on_random(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!sc_passkey_takes_nonce(s, in, out))
        return SMP_FAILED;
    return ++s->round < SC_PASSKEY_ROUNDS ? send_confirm(s, out) : sc_initiator_go_on(s, out);
}

static const smp_row rows[] = {
    {SMP_CHECK_KEY, SMP_ON(KEY_CHECKED), on_key_checked, SMP_TO(WAIT_CONFIRM) | SMP_TO(WAIT_PASSKEY)},
    {SMP_WAIT_PASSKEY, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_PASSKEY, SMP_ON(PASSKEY), on_passkey, SMP_TO(WAIT_CONFIRM)},
    {SMP_WAIT_CONFIRM, SMP_ON(DHKEY), sc_on_early_dhkey, SMP_STAY},
    {SMP_WAIT_CONFIRM, SMP_RX(PAIRING_CONFIRM, 17), on_confirm, SMP_TO(WAIT_RANDOM)},
    {SMP_WAIT_RANDOM, SMP_RX(PAIRING_RANDOM, 17), on_random,
     SMP_TO(WAIT_CONFIRM) | SMP_TO(WAIT_CHECK) | SMP_TO(WAIT_DHKEY)},
    {SMP_ANY, SMP_RX(KEYPRESS_NOTIFICATION, 2), smp_on_keypress, SMP_STAY},
};

static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, &sc_initiator, &smp_keys, NULL};

const kith_method kith_sc_passkey_initiator = {
    KITH_METHOD_PASSKEY, true, true, sc_initiator_begin, SMP_TO(WAIT_OWN_KEY), tables,
};
