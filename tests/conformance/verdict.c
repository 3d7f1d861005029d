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
    return !bench.debug_key && (bench.request[3] & KITH_AUTH_BONDING_MASK) == KITH_AUTH_BONDING &&
           (bench.response[3] & KITH_AUTH_BONDING_MASK) == KITH_AUTH_BONDING;
}

bool bench_can_compare(uint8_t io)
{
    return io == KITH_IO_DISPLAY_YES_NO || io == KITH_IO_KEYBOARD_DISPLAY;
}

/* Neither side has anything better, or one of them has not. */
bool bench_is_legacy(void)
{
    return (bench.request[3] & bench.response[3] & KITH_AUTH_SC) == 0;
}

static bool types(uint8_t io)
{
    return io == KITH_IO_KEYBOARD_ONLY || io == KITH_IO_KEYBOARD_DISPLAY;
}

static bool shows(uint8_t io)
{
    return io != KITH_IO_KEYBOARD_ONLY && io != KITH_IO_NO_INPUT_NO_OUTPUT;
}

static kith_method_kind method_of_io(uint8_t initiator, uint8_t responder)
{
    if (initiator == KITH_IO_NO_INPUT_NO_OUTPUT || responder == KITH_IO_NO_INPUT_NO_OUTPUT)
        return KITH_METHOD_JUST_WORKS;
    if (!bench_is_legacy() && bench_can_compare(initiator) && bench_can_compare(responder))
        return KITH_METHOD_NUMERIC_COMPARISON;
    return types(initiator) || types(responder) ? KITH_METHOD_PASSKEY : KITH_METHOD_JUST_WORKS;
}

kith_method_kind bench_method(void)
{
    bool mitm = ((bench.request[3] | bench.response[3]) & KITH_AUTH_MITM) != 0;
    int flags = bench.request[2] + bench.response[2];

    if (flags == 2 || (flags == 1 && !bench_is_legacy()))
        return KITH_METHOD_OOB;
    return mitm ? method_of_io(bench.request[1], bench.response[1]) : KITH_METHOD_JUST_WORKS;
}

/* The initiator shows where it can and the responder can type; the tables have no other rule. */
kith_passkey_form bench_passkey_form(void)
{
    if (bench_method() != KITH_METHOD_PASSKEY)
        return KITH_PASSKEY_NONE;
    if (shows(bench.request[1]) && types(bench.response[1]))
        return KITH_PASSKEY_INITIATOR_SHOWS;
    return shows(bench.response[1]) ? KITH_PASSKEY_RESPONDER_SHOWS : KITH_PASSKEY_BOTH_TYPE;
}

bool bench_we_show_passkey(void)
{
    return bench_passkey_form() ==
           (bench.role == CENTRAL ? KITH_PASSKEY_INITIATOR_SHOWS : KITH_PASSKEY_RESPONDER_SHOWS);
}

static bool is_passkey_fixed(void)
{
    return bench_we_show_passkey() && bench.config.security.insecure_fixed_passkey;
}

static bool is_overheard(void)
{
    return bench_method() == KITH_METHOD_OOB && bench.overheard;
}

static bool is_authenticated(void)
{
    if (bench.debug_key)
        return false;
    switch (bench_method()) {
    case KITH_METHOD_NUMERIC_COMPARISON:
        return !bench.unseen;
    case KITH_METHOD_PASSKEY:
        return !is_passkey_fixed() && (!bench_is_legacy() || bench.config.security.before_core_6_2);
    case KITH_METHOD_OOB:
        return !is_overheard();
    default:
        return false;
    }
}

kith_level bench_level(void)
{
    if (!is_authenticated())
        return KITH_LEVEL_ENCRYPTED;
    return !bench_is_legacy() && bench.request[4] == 16 && bench.response[4] == 16 ? KITH_LEVEL_SC_AUTHENTICATED
                                                                                   : KITH_LEVEL_AUTHENTICATED;
}

/* A Secure Connections key is agreed upon, not given. */
static uint8_t keys_given(uint8_t octet)
{
    return octet & (KITH_KEY_ID | KITH_KEY_SIGN | (bench_is_legacy() ? KITH_KEY_ENC : 0));
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
    same(v->passkey_fixed, agreed && is_passkey_fixed(), "passkey_fixed");
    same(v->oob_overheard, agreed && is_overheard(), "oob_overheard");
    same(v->debug_key, bench.debug_key, "debug_key");
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
    uint8_t initiator_keys = keys_given(bench.response[5]), responder_keys = keys_given(bench.response[6]);

    same(v->attempt, KITH_ATTEMPT_PAIRING, "attempt");
    same(v->succeeded, true, "succeeded");
    check_end(v, &wanted);
    check_all_features(v);
    same(v->method, bench_method(), "method");
    same(v->level, bench_level(), "level");
    same(v->numbers_unseen, bench.unseen, "numbers_unseen");
    same(v->passkey_fixed, is_passkey_fixed(), "passkey_fixed");
    same(v->oob_overheard, is_overheard(), "oob_overheard");
    same(v->debug_key, bench.debug_key, "debug_key");
    same(v->key_size, key_size, "key_size");
    same(v->key_kind, bench_is_legacy() ? KITH_KEY_KIND_LEGACY : KITH_KEY_KIND_SC, "key_kind");
    same(v->bonded, bench_is_bonding(), "bonded");
    same(v->keys_sent, bench.role == CENTRAL ? initiator_keys : responder_keys, "keys_sent");
    same(v->keys_taken, bench.role == CENTRAL ? responder_keys : initiator_keys, "keys_taken");
}

void bench_level_is(kith_level level)
{
    kith_event_security now;
    const kith_event *event = bench_we_emit(KITH_EVENT_SECURITY_CHANGED);

    same(event->security.level, level, "level (event)");
    same(event->security.secure_connections, level > KITH_LEVEL_NONE && !bench_is_legacy(),
         "secure_connections (event)");
    if (kith_security_of(bench.host, bench.link, &now) == KITH_OK)
        same(now.level, level, "level (now)");
}
