/* Legacy Passkey Entry as responder: the passkey is the TK.  The initiator's confirm value may come before our person
 * has typed: it is held, and never judged under a TK of zero (CVE-2022-45190).  Core Vol 3 Part H 2.3.5.3. */
#include <string.h>

#include "smp/legacy.h"

static smp_state begin(smp_session *s, const smp_input *in, smp_outbox *out)
{
    kith_status status = smp_begin_passkey(s, out);

    (void)in;
    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    if (!smp_shows_passkey(s))
        return SMP_WAIT_PASSKEY;
    legacy_keep_passkey(s);
    return SMP_WAIT_CONFIRM;
}

static smp_state on_early_confirm(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)out;
    memcpy(s->secrets.held, smp_value(in), sizeof s->secrets.held);
    return SMP_PASSKEY_HOLD;
}

static smp_state on_passkey(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)out;
    smp_keep_passkey(s, in);
    legacy_keep_passkey(s);
    return SMP_WAIT_CONFIRM;
}

static smp_state on_passkey_late(smp_session *s, const smp_input *in, smp_outbox *out)
{
    smp_keep_passkey(s, in);
    legacy_keep_passkey(s);
    return legacy_responder_answer(s, out);
}

static const smp_row rows[] = {
    {SMP_WAIT_PASSKEY, SMP_RX(PAIRING_CONFIRM, 17), on_early_confirm, SMP_TO(PASSKEY_HOLD)},
    {SMP_WAIT_PASSKEY, SMP_ON(PASSKEY), on_passkey, SMP_TO(WAIT_CONFIRM)},
    {SMP_PASSKEY_HOLD, SMP_ON(PASSKEY), on_passkey_late, SMP_TO(WAIT_RANDOM)},
    {SMP_ANY, SMP_RX(KEYPRESS_NOTIFICATION, 2), smp_on_keypress, SMP_STAY},
};

static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, &legacy_responder, &smp_legacy_keys, &smp_keys, NULL};

const kith_method kith_legacy_passkey_responder = {
    KITH_METHOD_PASSKEY, false, false, begin, SMP_TO(WAIT_PASSKEY) | SMP_TO(WAIT_CONFIRM), tables,
};
