/* Legacy Passkey Entry as initiator: the passkey is the TK.  Core Vol 3 Part H 2.3.5.3. */
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
    return legacy_initiator_begin(s, out);
}

static smp_state on_passkey(smp_session *s, const smp_input *in, smp_outbox *out)
{
    smp_keep_passkey(s, in);
    legacy_keep_passkey(s);
    return legacy_initiator_begin(s, out);
}

static const smp_row rows[] = {
    {SMP_WAIT_PASSKEY, SMP_ON(PASSKEY), on_passkey, SMP_TO(WAIT_CONFIRM)},
    {SMP_ANY, SMP_RX(KEYPRESS_NOTIFICATION, 2), smp_on_keypress, SMP_STAY},
};

static const smp_table table = {rows, sizeof rows / sizeof rows[0]};
static const smp_table *const tables[] = {&table, &legacy_initiator, &smp_legacy_keys, &smp_keys, NULL};

const kith_method kith_legacy_passkey_initiator = {
    KITH_METHOD_PASSKEY, false, true, begin, SMP_TO(WAIT_PASSKEY) | SMP_TO(WAIT_CONFIRM), tables,
};
