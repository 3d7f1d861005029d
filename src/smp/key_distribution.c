/* Phase 3: exactly the negotiated keys, in order, over the encrypted link.  The responder gives first.
 * A bond is proposed when the last key PDU of ours is acknowledged and the last of theirs has come.
 *
 * Core Vol 3 Part H 2.4.3, 3.6. */
#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "base/wipe.h"
#include "crypto/known_keys.h"
#include "smp/session.h"

static smp_state send_identity(smp_session *s, smp_outbox *out)
{
    uint8_t identity[7];

    identity[0] = s->mine->address.type;
    memcpy(identity + 1, s->mine->address.octets, 6);
    smp_send(out, KITH_SMP_IDENTITY_INFORMATION, s->mine->irk, 16);
    smp_send(out, KITH_SMP_IDENTITY_ADDRESS_INFORMATION, identity, sizeof identity);
    return s->state;
}

static kith_status draw_legacy_key(smp_session *s, smp_legacy_key *key)
{
    uint8_t octets[16 + 2 + 8];
    kith_status status = crypto_random(s->env->crypto, s->env->random, octets, sizeof octets);

    memcpy(key->ltk, octets, sizeof key->ltk);
    smp_shorten(key->ltk, s->verdict.key_size);
    key->ediv = bytes_get16(octets + 16);
    key->rand = bytes_get64(octets + 18) | 1; /* zeros ask for another kind of key */
    wipe(octets, sizeof octets);
    return status;
}

/* Legacy: the key that the peer, as central, will encrypt with. */
static smp_state send_legacy_key(smp_session *s, smp_outbox *out)
{
    smp_legacy_key *key = &s->secrets.my_key;
    kith_status status = draw_legacy_key(s, key);
    uint8_t identification[10];

    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    bytes_put16(identification, key->ediv);
    bytes_put64(identification + 2, key->rand);
    smp_send(out, KITH_SMP_ENCRYPTION_INFORMATION, key->ltk, sizeof key->ltk);
    smp_send(out, KITH_SMP_CENTRAL_IDENTIFICATION, identification, sizeof identification);
    return s->state;
}

static smp_state send_csrk(smp_session *s, smp_outbox *out)
{
    kith_status status = crypto_random(s->env->crypto, s->env->random, s->secrets.my_csrk, sizeof s->secrets.my_csrk);

    if (status != KITH_OK)
        return smp_fail_status(s, out, status);
    smp_send(out, KITH_SMP_SIGNING_INFORMATION, s->secrets.my_csrk, sizeof s->secrets.my_csrk);
    return s->state;
}

static smp_state send_keys(smp_session *s, smp_outbox *out)
{
    s->acknowledged = s->send_keys == 0;
    if ((s->send_keys & KITH_KEY_ENC) != 0 && send_legacy_key(s, out) == SMP_FAILED)
        return SMP_FAILED;
    if ((s->send_keys & KITH_KEY_ID) != 0)
        send_identity(s, out);
    if ((s->send_keys & KITH_KEY_SIGN) != 0 && send_csrk(s, out) == SMP_FAILED)
        return SMP_FAILED;
    s->verdict.keys_sent = s->send_keys;
    s->send_keys = 0;
    return s->state;
}

static smp_state propose(smp_session *s, smp_outbox *out)
{
    if (!s->acknowledged)
        return SMP_KEYS_ACK;
    if (s->verdict.bonded) {
        out->wants |= SMP_OUT_COMMIT;
        return SMP_COMMIT;
    }
    s->verdict.succeeded = true;
    s->verdict.why = KITH_WHY_PAIRED;
    return SMP_DONE;
}

/* What is the next thing to wait for? */
static smp_state go_on(smp_session *s, smp_outbox *out)
{
    if ((s->take_keys & KITH_KEY_ENC) != 0)
        return SMP_KEYS_LTK;
    if ((s->take_keys & KITH_KEY_ID) != 0)
        return SMP_KEYS_IRK;
    if ((s->take_keys & KITH_KEY_SIGN) != 0)
        return SMP_KEYS_CSRK;
    if (s->initiator && s->send_keys != 0 && send_keys(s, out) == SMP_FAILED)
        return SMP_FAILED;
    return propose(s, out);
}

smp_state smp_begin_keys(smp_session *s, smp_outbox *out)
{
    s->acknowledged = s->send_keys == 0;
    if (!s->initiator && send_keys(s, out) == SMP_FAILED)
        return SMP_FAILED;
    return go_on(s, out);
}

/* As it came, and as it is used: of a key that looks well, zeros may be left when it is cut. */
static smp_state on_ltk(smp_session *s, const smp_input *in, smp_outbox *out)
{
    uint8_t *ltk = s->secrets.peer_key.ltk;

    memcpy(ltk, smp_value(in), sizeof s->secrets.peer_key.ltk);
    smp_shorten(ltk, s->verdict.key_size);
    if (crypto_is_known_key(smp_value(in)) || crypto_is_known_key(ltk))
        return smp_fail(s, out, KITH_SMP_KEY_REJECTED, KITH_WHY_KEY_KNOWN);
    return SMP_KEYS_EDIV;
}

static smp_state on_identification(smp_session *s, const smp_input *in, smp_outbox *out)
{
    s->secrets.peer_key.ediv = bytes_get16(smp_value(in));
    s->secrets.peer_key.rand = bytes_get64(smp_value(in) + 2);
    s->take_keys &= (uint8_t)~KITH_KEY_ENC;
    s->verdict.keys_taken |= KITH_KEY_ENC;
    return go_on(s, out);
}

static smp_state on_irk(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)out;
    memcpy(s->secrets.peer_irk, smp_value(in), sizeof s->secrets.peer_irk);
    return SMP_KEYS_ADDRESS;
}

/* Address or key of any identity of ours, the one it does not talk to included: whoever knows it from there would be
 * taken for a peer wherever we appear. */
static bool is_ours(const smp_session *s)
{
    bool ours = false;

    for (unsigned i = 0; i < s->env->identity_count; i++) {
        const smp_identity *mine = &s->env->identities[i];

        ours |= mine->used && (kith_address_equal(&s->peer_identity, &mine->address) ||
                               equal_ct(s->secrets.peer_irk, mine->irk, sizeof mine->irk));
    }
    return ours;
}

/* An identity is a public or a static address, not ours; an IRK of zero is legal and resolves nothing,
 * our own coming back is not. */
static bool is_sound_identity(const smp_session *s)
{
    const kith_address *identity = &s->peer_identity;

    return identity->type <= KITH_ADDRESS_RANDOM && kith_address_is_identity(identity) && !is_ours(s);
}

static smp_state on_identity(smp_session *s, const smp_input *in, smp_outbox *out)
{
    s->peer_identity.type = smp_value(in)[0];
    memcpy(s->peer_identity.octets, smp_value(in) + 1, 6);
    if (!is_sound_identity(s))
        return smp_fail(s, out, KITH_SMP_KEY_REJECTED, KITH_WHY_BAD_IDENTITY);
    s->has_identity = true;
    s->take_keys &= (uint8_t)~KITH_KEY_ID;
    s->verdict.keys_taken |= KITH_KEY_ID;
    return go_on(s, out);
}

static smp_state on_csrk(smp_session *s, const smp_input *in, smp_outbox *out)
{
    memcpy(s->secrets.peer_csrk, smp_value(in), sizeof s->secrets.peer_csrk);
    s->take_keys &= (uint8_t)~KITH_KEY_SIGN;
    s->verdict.keys_taken |= KITH_KEY_SIGN;
    return go_on(s, out);
}

static smp_state note_acknowledged(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)in;
    (void)out;
    s->acknowledged = true;
    return s->state;
}

static smp_state on_acknowledged(smp_session *s, const smp_input *in, smp_outbox *out)
{
    (void)in;
    s->acknowledged = true;
    return propose(s, out);
}

static smp_state on_commit(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (!in->yes) {
        smp_fail(s, out, KITH_SMP_KEY_REJECTED, in->why);
        if (in->by_person)
            s->verdict.ended_by = KITH_ENDED_BY_USER;
        return SMP_FAILED;
    }
    s->verdict.succeeded = true;
    s->verdict.why = KITH_WHY_PAIRED;
    return SMP_DONE;
}

#define KEYS_END (SMP_TO(KEYS_ACK) | SMP_TO(COMMIT) | SMP_TO(DONE))

static const smp_row rows[] = {
    {SMP_KEYS_IRK, SMP_RX(IDENTITY_INFORMATION, 17), on_irk, SMP_TO(KEYS_ADDRESS)},
    {SMP_KEYS_ADDRESS, SMP_RX(IDENTITY_ADDRESS_INFORMATION, 8), on_identity, SMP_TO(KEYS_CSRK) | KEYS_END},
    {SMP_KEYS_CSRK, SMP_RX(SIGNING_INFORMATION, 17), on_csrk, KEYS_END},
    {SMP_KEYS_IRK, SMP_ON(ACKNOWLEDGED), note_acknowledged, SMP_STAY},
    {SMP_KEYS_ADDRESS, SMP_ON(ACKNOWLEDGED), note_acknowledged, SMP_STAY},
    {SMP_KEYS_CSRK, SMP_ON(ACKNOWLEDGED), note_acknowledged, SMP_STAY},
    {SMP_KEYS_ACK, SMP_ON(ACKNOWLEDGED), on_acknowledged, SMP_TO(COMMIT) | SMP_TO(DONE)},
    {SMP_COMMIT, SMP_ON(COMMIT), on_commit, SMP_TO(DONE)},
};

const smp_table smp_keys = {rows, sizeof rows / sizeof rows[0]};

/* What Secure Connections does not distribute. */
static const smp_row legacy_rows[] = {
    {SMP_KEYS_LTK, SMP_RX(ENCRYPTION_INFORMATION, 17), on_ltk, SMP_TO(KEYS_EDIV)},
    {SMP_KEYS_EDIV, SMP_RX(CENTRAL_IDENTIFICATION, 11), on_identification,
     SMP_TO(KEYS_IRK) | SMP_TO(KEYS_CSRK) | KEYS_END},
    {SMP_KEYS_LTK, SMP_ON(ACKNOWLEDGED), note_acknowledged, SMP_STAY},
    {SMP_KEYS_EDIV, SMP_ON(ACKNOWLEDGED), note_acknowledged, SMP_STAY},
};

const smp_table smp_legacy_keys = {legacy_rows, sizeof legacy_rows / sizeof legacy_rows[0]};
