/* The engine of pairing: finds the row for an input, checks its length, runs its handler, and owns what
 * every procedure shares: the 30 s timer, Pairing Failed, and the wiping.  It knows no method.
 *
 * Core Vol 3 Part H 2.3, 3.4 (timer), 3.5.5 (Pairing Failed). */
#include <string.h>

#include "base/wipe.h"
#include "smp/session.h"

#define STATE_NAME(name) #name,
static const char *const state_names[] = {SMP_STATE_TABLE(STATE_NAME)};

const char *smp_state_name(smp_state state)
{
    return (unsigned)state < SMP_STATE_COUNT ? state_names[state] : "ANY";
}

bool smp_is_open(const smp_session *s)
{
    return s->state != SMP_FREE;
}

const uint8_t *smp_value(const smp_input *in)
{
    return in->pdu + 1;
}

const kith_address *smp_initiator_address(const smp_session *s)
{
    return s->initiator ? &s->my_address : &s->peer_address;
}

const kith_address *smp_responder_address(const smp_session *s)
{
    return s->initiator ? &s->peer_address : &s->my_address;
}

void smp_send(smp_outbox *out, uint8_t opcode, const uint8_t *value, size_t len)
{
    if (out->count == SMP_OUTBOX_PDUS || out->used + len + 1 > SMP_OUTBOX_OCTETS)
        return; /* our own mistake: the longest step sends PDUs that fit */
    out->octets[out->used] = opcode;
    memcpy(out->octets + out->used + 1, value, len);
    out->lens[out->count++] = (uint8_t)(len + 1);
    out->used = (uint8_t)(out->used + len + 1);
}

void smp_tell_start(smp_outbox *out)
{
    out->wants |= SMP_OUT_STARTED;
}

static void end(smp_session *s, kith_why why, kith_ender ender)
{
    s->verdict.succeeded = false;
    s->verdict.why = why;
    s->verdict.ended_by = ender;
    s->verdict.level = KITH_LEVEL_NONE;
    s->verdict.key_size = 0;
    s->verdict.key_kind = KITH_KEY_KIND_NONE;
    s->verdict.bonded = false;
    s->deadline_us = UINT64_MAX;
    s->state = SMP_FAILED;
    wipe(&s->secrets, sizeof s->secrets);
}

smp_state smp_fail(smp_session *s, smp_outbox *out, kith_smp_reason reason, kith_why why)
{
    out->count = 0; /* nothing of this step goes out but the failure */
    out->used = 0;
    out->wants &= SMP_OUT_REFUSE_LTK | SMP_OUT_STARTED;
    smp_send(out, KITH_SMP_PAIRING_FAILED, &reason, 1);
    end(s, why, KITH_ENDED_BY_US);
    s->verdict.smp_reason = reason;
    return SMP_FAILED;
}

smp_state smp_fail_status(smp_session *s, smp_outbox *out, kith_status status)
{
    smp_fail(s, out, KITH_SMP_UNSPECIFIED_REASON, status == KITH_ERR_ENTROPY ? KITH_WHY_ENTROPY : KITH_WHY_CRYPTO);
    s->verdict.status = status;
    return SMP_FAILED;
}

void smp_open(smp_session *s, bool initiator, const kith_security *policy, const smp_environment *env,
              kith_level required_level)
{
    memset(s, 0, sizeof *s);
    s->state = SMP_START;
    s->initiator = initiator;
    s->policy = *policy;
    s->env = env;
    s->required_level = policy->sc_only ? KITH_LEVEL_SC_AUTHENTICATED : required_level;
    s->deadline_us = UINT64_MAX;
    s->verdict.attempt = KITH_ATTEMPT_PAIRING;
    s->verdict.we_are_initiator = initiator;
    s->verdict.level = KITH_LEVEL_NONE;
}

void smp_close(smp_session *s)
{
    wipe(s, sizeof *s);
    s->state = SMP_FREE;
}

static const smp_row *find_in(const smp_table *table, smp_state state, const smp_input *in)
{
    for (size_t i = 0; i < table->count; i++) {
        const smp_row *row = &table->rows[i];

        if ((row->state == state || row->state == SMP_ANY) && row->input == in->kind &&
            (in->kind != SMP_IN_PDU || row->opcode == in->pdu[0]))
            return row;
    }
    return NULL;
}

/* Phase 1 first, then the tables of the method that it chose. */
static const smp_row *find_row(const smp_session *s, const smp_input *in)
{
    const smp_row *row = find_in(s->initiator ? &smp_phase1_initiator : &smp_phase1_responder, s->state, in);

    for (size_t i = 0; row == NULL && s->method != NULL && s->method->tables[i] != NULL; i++)
        row = find_in(s->method->tables[i], s->state, in);
    return row;
}

/* What no table has a row for.  Facts that come too late or too early to matter are let go; whatever a
 * peer does out of turn ends the pairing. */
static smp_state refuse(smp_session *s, const smp_input *in, smp_outbox *out)
{
    switch (in->kind) {
    case SMP_IN_PDU:
        if (in->pdu[0] >= KITH_SMP_ENCRYPTION_INFORMATION && in->pdu[0] <= KITH_SMP_SIGNING_INFORMATION &&
            s->state <= SMP_WAIT_ENCRYPTED)
            return smp_fail(s, out, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_KEYS_TOO_EARLY);
        return smp_fail(s, out, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER);
    case SMP_IN_LTK_REQUEST:
        out->wants |= SMP_OUT_REFUSE_LTK;
        return smp_fail(s, out, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_LTK_TOO_EARLY);
    case SMP_IN_ENCRYPTED:
        /* Encryption that this pairing did not ask for: nothing is proven by it. */
        return smp_fail(s, out, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER);
    default:
        return s->state;
    }
}

/* Where no number was ever shown, a failed comparison is how other stacks say that they do not want to (Linux, to whom
 * a bonded device pairs again). */
static kith_why why_peer_failed(const smp_session *s, kith_smp_reason reason)
{
    if (s->state >= SMP_KEYS_LTK && reason == KITH_SMP_KEY_REJECTED)
        return KITH_WHY_KEY_REJECTED;
    if (s->verdict.method == KITH_METHOD_JUST_WORKS && reason == KITH_SMP_NUMERIC_COMPARISON_FAILED)
        return KITH_WHY_PEER_REFUSED;
    return KITH_WHY_PEER_FAILED;
}

static smp_state peer_failed(smp_session *s, const smp_input *in)
{
    end(s, why_peer_failed(s, in->pdu[1]), KITH_ENDED_BY_PEER);
    s->verdict.smp_reason = in->pdu[1];
    return SMP_FAILED;
}

static smp_state run_row(smp_session *s, const smp_row *row, const smp_input *in, smp_outbox *out)
{
    smp_state before = s->state;
    smp_state next;
    uint32_t may_go;

    if (in->kind == SMP_IN_PDU && in->len != row->len)
        return smp_fail(s, out, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_LENGTH);
    next = row->handler(s, in, out);
    may_go = row->may_go;
    if ((may_go & SMP_TO_METHOD) != 0 && s->method != NULL)
        may_go |= s->method->begin_to;
    if (next == SMP_FAILED || (may_go & 1u << next) != 0 || ((may_go & SMP_STAY) != 0 && next == before))
        return next;
    /* A handler went where its row does not lead: our mistake, and no reason to trust the session. */
    return smp_fail_status(s, out, KITH_ERR_STATE);
}

/* What a person who does not answer in time is taken to say; Pairing Failed says it too. */
static const struct person {
    smp_state state;
    kith_smp_reason reason;
    kith_why why;
} people[] = {
    {SMP_WAIT_PARAMETERS, KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PARAMETERS_TIMEOUT},
    {SMP_WAIT_CONSENT, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_CONSENT_TIMEOUT},
    {SMP_WAIT_OOB, KITH_SMP_OOB_NOT_AVAILABLE, KITH_WHY_OOB_MISSING}, /* not used: the pairing goes on without */
    {SMP_WAIT_PASSKEY, KITH_SMP_PASSKEY_ENTRY_FAILED, KITH_WHY_PASSKEY_TIMEOUT},
    {SMP_PASSKEY_HOLD, KITH_SMP_PASSKEY_ENTRY_FAILED, KITH_WHY_PASSKEY_TIMEOUT},
    {SMP_WAIT_COMPARE, KITH_SMP_NUMERIC_COMPARISON_FAILED, KITH_WHY_COMPARE_TIMEOUT},
    {SMP_COMPARE_HOLD, KITH_SMP_NUMERIC_COMPARISON_FAILED, KITH_WHY_COMPARE_TIMEOUT},
    {SMP_COMMIT, KITH_SMP_KEY_REJECTED, KITH_WHY_CONSENT_TIMEOUT},
};

static const struct person *person_of(const smp_session *s)
{
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        if (people[i].state == s->state && (s->state != SMP_COMMIT || s->commit_asked))
            return &people[i];
    return NULL;
}

/* A person gives up: what is said depends on what was asked.  Once the link is being encrypted it is too late. */
static smp_state cancel(smp_session *s, smp_outbox *out)
{
    const struct person *person = person_of(s);
    bool typing = s->state == SMP_WAIT_PASSKEY || s->state == SMP_PASSKEY_HOLD;
    bool early = s->state == SMP_WAIT_PARAMETERS || s->state == SMP_WAIT_OOB;

    if (s->state == SMP_WAIT_REQUEST) {
        end(s, KITH_WHY_CANCELLED, KITH_ENDED_BY_USER); /* a Security Request can't be taken back, and has no end */
        return SMP_FAILED;
    }
    smp_fail(s, out, person != NULL && !early ? person->reason : KITH_SMP_UNSPECIFIED_REASON,
             typing ? KITH_WHY_PASSKEY_CANCELLED : KITH_WHY_CANCELLED);
    s->verdict.ended_by = KITH_ENDED_BY_USER;
    return SMP_FAILED;
}

static smp_state take_input(smp_session *s, const smp_input *in, smp_outbox *out)
{
    const smp_row *row;

    if (in->kind == SMP_IN_CANCELLED)
        return cancel(s, out);
    if (in->kind == SMP_IN_PDU && in->pdu[0] == KITH_SMP_PAIRING_FAILED)
        return in->len == 2 ? peer_failed(s, in) : smp_fail(s, out, KITH_SMP_INVALID_PARAMETERS, KITH_WHY_BAD_LENGTH);
    row = find_row(s, in);
    return row != NULL ? run_row(s, row, in, out) : refuse(s, in, out);
}

static kith_phase phase_of(smp_state state, kith_phase before)
{
    static const uint8_t phases[SMP_STATE_COUNT] = {
        [SMP_WAIT_REQUEST] = KITH_PHASE_REQUEST,
        [SMP_WAIT_PARAMETERS] = KITH_PHASE_FEATURES,
        [SMP_WAIT_CONSENT] = KITH_PHASE_FEATURES,
        [SMP_WAIT_OOB] = KITH_PHASE_FEATURES,
        [SMP_WAIT_RESPONSE] = KITH_PHASE_FEATURES,
        [SMP_WAIT_OWN_KEY] = KITH_PHASE_PUBLIC_KEYS,
        [SMP_WAIT_PUBLIC_KEY] = KITH_PHASE_PUBLIC_KEYS,
        [SMP_CHECK_KEY] = KITH_PHASE_PUBLIC_KEYS,
        [SMP_CHECK_KEY_HOLD] = KITH_PHASE_PUBLIC_KEYS,
        [SMP_WAIT_PASSKEY] = KITH_PHASE_AUTHENTICATION,
        [SMP_PASSKEY_HOLD] = KITH_PHASE_AUTHENTICATION,
        [SMP_WAIT_CONFIRM] = KITH_PHASE_AUTHENTICATION,
        [SMP_WAIT_RANDOM] = KITH_PHASE_AUTHENTICATION,
        [SMP_WAIT_COMPARE] = KITH_PHASE_AUTHENTICATION,
        [SMP_COMPARE_HOLD] = KITH_PHASE_AUTHENTICATION,
        [SMP_WAIT_DHKEY] = KITH_PHASE_DHKEY_CHECKS,
        [SMP_WAIT_CHECK] = KITH_PHASE_DHKEY_CHECKS,
        [SMP_WAIT_LTK_REQUEST] = KITH_PHASE_ENCRYPTION,
        [SMP_WAIT_ENCRYPTED] = KITH_PHASE_ENCRYPTION,
        [SMP_KEYS_LTK] = KITH_PHASE_KEYS,
        [SMP_KEYS_EDIV] = KITH_PHASE_KEYS,
        [SMP_KEYS_IRK] = KITH_PHASE_KEYS,
        [SMP_KEYS_ADDRESS] = KITH_PHASE_KEYS,
        [SMP_KEYS_CSRK] = KITH_PHASE_KEYS,
        [SMP_KEYS_ACK] = KITH_PHASE_KEYS,
        [SMP_COMMIT] = KITH_PHASE_KEYS,
        [SMP_DONE] = KITH_PHASE_DONE,
    };
    kith_phase phase = (kith_phase)phases[state];

    return phase > before ? phase : before;
}

/* Both count from our last PDU: the peer's own 30 s timer does, too, and a person must have answered before it ends. */
static void set_timer(smp_session *s, smp_state before, uint64_t now_us, const smp_outbox *out)
{
    if (before == SMP_START || before == SMP_WAIT_REQUEST || out->count > 0)
        s->sent_us = now_us;
    if (s->state == SMP_DONE || s->state == SMP_FAILED)
        s->deadline_us = UINT64_MAX;
    else
        s->deadline_us = s->sent_us + (person_of(s) != NULL ? SMP_ANSWER_US : SMP_TIMEOUT_US);
}

void smp_step(smp_session *s, const smp_input *in, uint64_t now_us, smp_outbox *out)
{
    smp_state before = s->state;

    memset(out, 0, sizeof *out);
    if (before == SMP_FREE || before == SMP_DONE || before == SMP_FAILED)
        return;
    if (in->kind == SMP_IN_PDU && (in->len == 0 || kith_smp_pdu_len(in->pdu[0]) == 0))
        return; /* reserved opcodes are dropped */
    s->state = take_input(s, in, out);
    s->verdict.phase = phase_of(s->state, s->verdict.phase);
    set_timer(s, before, now_us, out);
}

void smp_note_sent(smp_session *s, uint64_t now_us)
{
    s->sent_us = now_us;
    s->deadline_us = now_us + (person_of(s) != NULL ? SMP_ANSWER_US : SMP_TIMEOUT_US);
}

bool smp_may_cancel(const smp_session *s)
{
    return s->state < SMP_WAIT_LTK_REQUEST || (s->state == SMP_COMMIT && s->commit_asked);
}

void smp_ask_commit(smp_session *s, uint32_t at_stake)
{
    s->commit_asked = true;
    s->commit_peer = at_stake;
    s->deadline_us = s->sent_us + SMP_ANSWER_US;
}

/* Nobody answered.  For out of band data that is an answer: there is none. */
static void expire_person(smp_session *s, const struct person *person, uint64_t now_us, smp_outbox *out)
{
    const smp_input none = {.kind = SMP_IN_OOB};

    if (s->state == SMP_WAIT_OOB) {
        smp_step(s, &none, now_us, out);
        return;
    }
    smp_fail(s, out, person->reason, person->why);
    s->verdict.ended_by = KITH_ENDED_BY_TIMEOUT;
}

void smp_expire(smp_session *s, uint64_t now_us, smp_outbox *out)
{
    const struct person *person = person_of(s);

    memset(out, 0, sizeof *out);
    if (person != NULL) {
        expire_person(s, person, now_us, out);
        return;
    }
    if (s->state == SMP_WAIT_REQUEST) {
        end(s, s->key_was_missing ? KITH_WHY_WE_HAVE_NO_KEY : KITH_WHY_REQUEST_IGNORED, KITH_ENDED_BY_TIMEOUT);
        return;
    }
    end(s, KITH_WHY_SMP_TIMEOUT, KITH_ENDED_BY_TIMEOUT);
    s->dead_link = true;
}

void smp_abandon(smp_session *s, kith_why why, kith_ender ender, kith_hci_status hci_status)
{
    end(s, why, ender);
    s->verdict.hci_status = hci_status;
}

void smp_shorten(uint8_t key[16], uint8_t size)
{
    memset(key + size, 0, (size_t)(16 - size));
}

smp_state smp_on_encrypted(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (in->hci_status != 0) {
        /* Both sides proved the same key a moment ago, so it is not the key. */
        smp_abandon(s, KITH_WHY_CONTROLLER_REFUSED, KITH_ENDED_BY_CONTROLLER, in->hci_status);
        return SMP_FAILED;
    }
    s->verdict.phase = KITH_PHASE_KEYS; /* entered, even if its first step fails: the new key is in use */
    return smp_begin_keys(s, out);
}

/* Vol 3 Part H 2.4.4.1: the key of a pairing is asked for with EDIV and Rand of zero. */
smp_state smp_on_ltk_request(smp_session *s, const smp_input *in, smp_outbox *out)
{
    if (in->ediv != 0 || in->rand != 0) {
        out->wants |= SMP_OUT_REFUSE_LTK;
        return smp_fail(s, out, KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_WE_HAVE_NO_KEY);
    }
    out->wants |= SMP_OUT_ANSWER_LTK;
    return SMP_WAIT_ENCRYPTED;
}
