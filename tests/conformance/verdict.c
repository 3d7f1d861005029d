/* What the bench wants of verdicts: not only their cause but every field, so that none is left over or forgotten. */
#include <string.h>

#include "bench.h"

static void same(unsigned is, unsigned wanted, const char *field)
{
    if (is != wanted)
        bench_fail("verdict: %s is %u, wanted %u", field, is, wanted);
}

static void same_features(const kith_pairing_features *f, const uint8_t pdu[7], const char *whose)
{
    uint8_t octets[7] = {pdu[0],          f->io_capability,  f->oob_flag,      f->auth_req,
                         f->max_key_size, f->initiator_keys, f->responder_keys};

    if (memcmp(octets, pdu, sizeof octets) != 0)
        bench_fail("verdict: %s features are not those on air", whose);
}

bool bench_is_bonding(void)
{
    return (bench.request[3] & KITH_AUTH_BONDING_MASK) == KITH_AUTH_BONDING &&
           (bench.response[3] & KITH_AUTH_BONDING_MASK) == KITH_AUTH_BONDING;
}

bool bench_can_compare(uint8_t io)
{
    return io == KITH_IO_DISPLAY_YES_NO || io == KITH_IO_KEYBOARD_DISPLAY;
}

/* No case here gets as far as a passkey: what is not compared is Just Works. */
kith_method_kind bench_method(void)
{
    bool mitm = ((bench.request[3] | bench.response[3]) & KITH_AUTH_MITM) != 0;

    return mitm && bench_can_compare(bench.request[1]) && bench_can_compare(bench.response[1])
               ? KITH_METHOD_NUMERIC_COMPARISON
               : KITH_METHOD_JUST_WORKS;
}

kith_level bench_level(void)
{
    if (bench_method() == KITH_METHOD_JUST_WORKS || bench.unseen)
        return KITH_LEVEL_ENCRYPTED;
    return bench.request[4] == 16 && bench.response[4] == 16 ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_AUTHENTICATED;
}

static void check_all_features(const kith_verdict *v)
{
    bool request_is_mine = bench.role == CENTRAL;

    same(v->features_known, true, "features_known");
    same_features(&v->my_features, request_is_mine ? bench.request : bench.response, "my");
    same_features(&v->peer_features, request_is_mine ? bench.response : bench.request, "the peer's");
}

static void check_end(const kith_verdict *v, const kith_verdict *wanted)
{
    if (v->why != wanted->why)
        bench_fail("verdict: %s, wanted %s", kith_why_name(v->why), kith_why_name(wanted->why));
    if (v->phase != wanted->phase)
        bench_fail("verdict: phase %s, wanted %s", kith_phase_name(v->phase), kith_phase_name(wanted->phase));
    if (v->ended_by != wanted->ended_by)
        bench_fail("verdict: by %s, wanted %s", kith_ender_name(v->ended_by), kith_ender_name(wanted->ended_by));
    same(v->smp_reason, wanted->smp_reason, "smp_reason");
    same(v->hci_status, wanted->hci_status, "hci_status");
    same(v->status, wanted->status, "status");
    same(v->we_are_initiator, bench.role == CENTRAL, "we_are_initiator");
}

static void check_nothing_achieved(const kith_verdict *v)
{
    same(v->succeeded, false, "succeeded");
    same(v->level, KITH_LEVEL_NONE, "level");
    same(v->key_size, 0, "key_size");
    same(v->key_kind, KITH_KEY_KIND_NONE, "key_kind");
}

/* The sentence must name the code, so that a person needs no table. */
static void check_words(const kith_verdict *v)
{
    char text[400];

    if (kith_verdict_describe(v, text, sizeof text) >= sizeof text)
        bench_fail("the sentence is too long");
    if (v->smp_reason != 0 && strstr(text, kith_smp_reason_name(v->smp_reason)) == NULL)
        bench_fail("the sentence does not name the reason: %s", text);
    if (v->hci_status != 0 && strstr(text, kith_hci_status_name(v->hci_status)) == NULL)
        bench_fail("the sentence does not name the status: %s", text);
}

void bench_we_fail(const kith_verdict *wanted)
{
    const kith_verdict *v = &bench_we_emit(KITH_EVENT_PAIRING_FAILED)->verdict;
    bool agreed = v->phase >= KITH_PHASE_PUBLIC_KEYS;

    same(v->attempt, KITH_ATTEMPT_PAIRING, "attempt");
    check_end(v, wanted);
    check_nothing_achieved(v);
    check_words(v);
    same(v->bonded, false, "bonded");
    same(v->method, agreed ? bench_method() : KITH_METHOD_NONE, "method");
    same(v->numbers_unseen, agreed && bench.unseen, "numbers_unseen");
    same(v->keys_sent, wanted->keys_sent, "keys_sent");
    same(v->keys_taken, wanted->keys_taken, "keys_taken");
    if (agreed)
        check_all_features(v);
}

void bench_we_fail_encryption(const kith_verdict *wanted)
{
    const kith_verdict *v = &bench_we_emit(KITH_EVENT_ENCRYPTION_FAILED)->verdict;

    same(v->attempt, KITH_ATTEMPT_ENCRYPTION, "attempt");
    check_end(v, wanted);
    check_nothing_achieved(v);
    check_words(v);
}

void bench_we_pair(uint8_t key_size)
{
    static const kith_verdict wanted = {.why = KITH_WHY_PAIRED, .phase = KITH_PHASE_DONE, .ended_by = KITH_ENDED_WELL};
    const kith_verdict *v = &bench_we_emit(KITH_EVENT_PAIRED)->verdict;
    uint8_t initiator_keys = bench.response[5] & (KITH_KEY_ID | KITH_KEY_SIGN);
    uint8_t responder_keys = bench.response[6] & (KITH_KEY_ID | KITH_KEY_SIGN);

    same(v->attempt, KITH_ATTEMPT_PAIRING, "attempt");
    same(v->succeeded, true, "succeeded");
    check_end(v, &wanted);
    check_all_features(v);
    same(v->method, bench_method(), "method");
    same(v->level, bench_level(), "level");
    same(v->numbers_unseen, bench.unseen, "numbers_unseen");
    same(v->key_size, key_size, "key_size");
    same(v->key_kind, KITH_KEY_KIND_SC, "key_kind");
    same(v->bonded, bench_is_bonding(), "bonded");
    same(v->keys_sent, bench.role == CENTRAL ? initiator_keys : responder_keys, "keys_sent");
    same(v->keys_taken, bench.role == CENTRAL ? responder_keys : initiator_keys, "keys_taken");
}

void bench_level_is(kith_level level)
{
    kith_event_security now;
    const kith_event *event = bench_we_emit(KITH_EVENT_SECURITY_CHANGED);

    same(event->security.level, level, "level (event)");
    same(event->security.secure_connections, level > KITH_LEVEL_NONE, "secure_connections (event)");
    if (kith_security_of(bench.host, bench.link, &now) == KITH_OK)
        same(now.level, level, "level (now)");
}
