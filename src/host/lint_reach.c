/* Core Vol 3 Part H 2.3.5.1: a peer of every IO capability, in both roles, that asks for all the protection there is.
 */
#include "host/lint_reach.h"

#include "kith/codec/smp.h"
#include "kith/method.h"
#include "smp/session.h"

enum { FULL_KEY_SIZE = 16, IO_CAPABILITIES = 5 };

/* One pairing that might be. */
typedef struct {
    const kith_security *security;
    bool initiator, sc, oob;
    kith_io_capability peer_io;
} trial;

static bool has_method(const trial *t, kith_method_kind kind)
{
    const kith_method *const *m = t->security->methods;

    for (; m != NULL && *m != NULL; m++)
        if ((*m)->kind == kind && (*m)->initiator == t->initiator && (*m)->secure_connections == t->sc)
            return true;
    return false;
}

static kith_method_choice choose(const trial *t)
{
    uint8_t auth_req = (uint8_t)(KITH_AUTH_MITM | (t->sc ? KITH_AUTH_SC : 0));
    kith_pairing_features mine = {.io_capability = (uint8_t)t->security->io, .oob_flag = t->oob, .auth_req = auth_req};
    kith_pairing_features peer = {.io_capability = (uint8_t)t->peer_io, .oob_flag = t->oob, .auth_req = auth_req};

    return t->initiator ? kith_method_choose(&mine, &peer) : kith_method_choose(&peer, &mine);
}

/* As smp/features.c judges it; out of band data is taken for secret. */
static bool is_authenticating(const trial *t, const kith_method_choice *choice)
{
    kith_passkey_form ours = t->initiator ? KITH_PASSKEY_INITIATOR_SHOWS : KITH_PASSKEY_RESPONDER_SHOWS;

    if (choice->method != KITH_METHOD_PASSKEY)
        return choice->method == KITH_METHOD_NUMERIC_COMPARISON || choice->method == KITH_METHOD_OOB;
    return (t->sc || t->security->before_core_6_2) && !(t->security->insecure_fixed_passkey && choice->passkey == ours);
}

static kith_level level_of(const trial *t)
{
    kith_method_choice choice = choose(t);

    if (!has_method(t, choice.method))
        return KITH_LEVEL_NONE;
    if (!is_authenticating(t, &choice))
        return KITH_LEVEL_ENCRYPTED;
    return t->sc && t->security->max_key_size == FULL_KEY_SIZE ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_AUTHENTICATED;
}

static kith_level higher(kith_level a, kith_level b)
{
    return a > b ? a : b;
}

/* The best of all peers. */
static kith_level best_of(trial *t)
{
    kith_level best = KITH_LEVEL_NONE;

    for (unsigned io = 0; io < IO_CAPABILITIES; io++) {
        t->peer_io = (kith_io_capability)io;
        best = higher(best, level_of(t));
    }
    return best;
}

lint_reach lint_reach_of(const kith_security *security)
{
    lint_reach reach = {.level = KITH_LEVEL_NONE, .level_with_oob = KITH_LEVEL_NONE};

    for (unsigned i = 0; i < 4; i++) {
        trial t = {.security = security, .initiator = (i & 1) != 0, .sc = (i & 2) != 0};
        kith_level plain, best;

        if (!t.sc && !security->legacy)
            continue;
        plain = best_of(&t);
        t.oob = true;
        best = higher(plain, best_of(&t));
        reach.level = higher(reach.level, plain);
        reach.level_with_oob = higher(reach.level_with_oob, best);
        reach.as_initiator |= t.initiator && best != KITH_LEVEL_NONE;
        reach.as_responder |= !t.initiator && best != KITH_LEVEL_NONE;
    }
    return reach;
}
