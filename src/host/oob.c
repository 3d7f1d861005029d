/* Our own out of band data: made from a key pair made ahead, good for one pairing.  Core Vol 3 Part H 2.3.5.6.4. */
#include <string.h>

#include "base/wipe.h"
#include "crypto/p256.h"
#include "crypto/toolbox.h"
#include "host/internal.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static void forget(kith_host *h)
{
    keys_drop_of(h, KEYS_OOB(h));
    wipe(&h->oob, sizeof h->oob);
    h->oob_dropped = false;
    h->oob_end_us = UINT64_MAX;
}

kith_status kith_oob_make(kith_host *h, bool legacy, bool channel_is_secure, uint32_t lifetime_ms)
{
    if (lifetime_ms == 0 || lifetime_ms > DAY_MS)
        return KITH_ERR_VALUE;
    if (h->config.security.methods == NULL || h->config.security.methods[0] == NULL)
        return KITH_ERR_UNSUPPORTED;
    if (h->oob.ready || h->oob_wanted)
        return KITH_ERR_BUSY;
    forget(h);
    h->oob.mine = &h->identities[h->selected];
    h->oob.legacy = legacy;
    h->oob.channel_is_secure = channel_is_secure;
    h->oob_lifetime_us = UINT64_C(1000) * lifetime_ms;
    h->oob_wanted = true;
    h->own_key_status = KITH_OK; /* a failure of before is no reason not to try now */
    (void)host_time(h);
    return KITH_OK;
}

void kith_oob_drop(kith_host *h)
{
    h->oob_wanted = false;
    if (h->oob.in_use)
        h->oob_dropped = true;
    else
        forget(h);
}

bool kith_oob_is_ready(const kith_host *h)
{
    return h->oob.ready && !h->oob.in_use && !h->oob_dropped;
}

bool oob_waits(const kith_host *h)
{
    return h->oob_wanted && h->own_key != OWN_KEY_MAKING;
}

/* Cb = f4(PKb, PKb, rb, 0), in wire order as all of the data. */
static kith_status fill(kith_host *h, const kith_work *key, kith_oob_data *out)
{
    smp_local_oob *oob = &h->oob;
    uint8_t public_key[64];
    kith_status status = key->result;

    if (status == KITH_OK)
        status = crypto_random(h->config.crypto, &h->random, oob->random, sizeof oob->random);
    if (status == KITH_OK && oob->legacy)
        status = crypto_random(h->config.crypto, &h->random, oob->tk, sizeof oob->tk);
    crypto_turn_public_key(public_key, key->public_key);
    if (status == KITH_OK)
        status = crypto_f4(h->config.crypto, public_key, public_key, oob->random, 0, out->confirm);
    if (status != KITH_OK)
        return status;
    memcpy(oob->private_key, key->private_key, sizeof oob->private_key);
    memcpy(oob->public_key, key->public_key, sizeof oob->public_key);
    memcpy(out->random, oob->random, sizeof out->random);
    memcpy(out->tk, oob->tk, sizeof out->tk);
    out->has_sc = true;
    out->has_tk = oob->legacy;
    out->channel_is_secure = oob->channel_is_secure;
    return KITH_OK;
}

void oob_take_key(kith_host *h)
{
    kith_work key;
    kith_event *event;

    if (!security_take_own_key(h, &key))
        return;
    keys_give(h, KEYS_OOB(h));
    event = event_post(h, KITH_EVENT_OOB_READY, NULL);
    event->oob.status = fill(h, &key, &event->oob.data);
    event->oob.address = h->oob.mine->address;
    wipe(&key, sizeof key);
    h->oob_wanted = false;
    h->oob.ready = event->oob.status == KITH_OK;
    h->oob_end_us = h->oob.ready ? host_time(h) + h->oob_lifetime_us : UINT64_MAX;
    if (!h->oob.ready)
        forget(h);
    work_prepare_own_key(h);
}

/* Good once.  A pairing that failed before the random value, or the TK, was used in anything that the peer could see
 * costs nothing; any other may have told somebody something. */
void oob_on_end(kith_host *h, const smp_session *s)
{
    bool mattered;

    if (!s->uses_local_oob)
        return;
    mattered = s->method->secure_connections ? s->verdict.phase >= KITH_PHASE_DHKEY_CHECKS : s->tk_used;
    h->oob.in_use = false;
    if (s->verdict.succeeded || mattered || h->oob_dropped)
        forget(h);
}

bool oob_expire(kith_host *h)
{
    if (!h->oob.ready || h->oob.in_use || h->now_us < h->oob_end_us)
        return false;
    forget(h);
    return true;
}

uint64_t oob_deadline(const kith_host *h)
{
    return h->oob.ready && !h->oob.in_use ? h->oob_end_us : UINT64_MAX;
}
