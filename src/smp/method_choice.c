/* The method tables as data.  Core Vol 3 Part H 2.3.5.1, Tables 2.6 to 2.8. */
#include "kith/method.h"

enum { JUST_WORKS, COMPARE, INITIATOR_SHOWS, RESPONDER_SHOWS, BOTH_TYPE };

#define JW JUST_WORKS
#define NC COMPARE
#define PI INITIATOR_SHOWS
#define PR RESPONDER_SHOWS
#define PB BOTH_TYPE

/* [secure connections][responder][initiator]: DisplayOnly, DisplayYesNo, KeyboardOnly, NoInputNoOutput,
 * KeyboardDisplay. */
static const uint8_t by_io[2][5][5] = {
    {
        /* DisplayOnly     */ {JW, JW, PR, JW, PR},
        /* DisplayYesNo    */ {JW, JW, PR, JW, PR},
        /* KeyboardOnly    */ {PI, PI, PB, JW, PI},
        /* NoInputNoOutput */ {JW, JW, JW, JW, JW},
        /* KeyboardDisplay */ {PI, PI, PR, JW, PI},
    },
    {
        /* DisplayOnly     */ {JW, JW, PR, JW, PR},
        /* DisplayYesNo    */ {JW, NC, PR, JW, NC},
        /* KeyboardOnly    */ {PI, PI, PB, JW, PI},
        /* NoInputNoOutput */ {JW, JW, JW, JW, JW},
        /* KeyboardDisplay */ {PI, NC, PR, JW, NC},
    },
};

static const struct {
    kith_method_kind method;
    kith_passkey_form passkey;
} meaning[] = {
    [JUST_WORKS] = {KITH_METHOD_JUST_WORKS, KITH_PASSKEY_NONE},
    [COMPARE] = {KITH_METHOD_NUMERIC_COMPARISON, KITH_PASSKEY_NONE},
    [INITIATOR_SHOWS] = {KITH_METHOD_PASSKEY, KITH_PASSKEY_INITIATOR_SHOWS},
    [RESPONDER_SHOWS] = {KITH_METHOD_PASSKEY, KITH_PASSKEY_RESPONDER_SHOWS},
    [BOTH_TYPE] = {KITH_METHOD_PASSKEY, KITH_PASSKEY_BOTH_TYPE},
};

static bool is_defined(const kith_pairing_features *features)
{
    return features->io_capability <= KITH_IO_KEYBOARD_DISPLAY && features->oob_flag <= 1;
}

kith_method_choice kith_method_choose(const kith_pairing_features *initiator, const kith_pairing_features *responder)
{
    kith_method_choice choice = {.method = KITH_METHOD_NONE};
    unsigned flags = (unsigned)initiator->oob_flag + responder->oob_flag;
    unsigned cell;

    if (!is_defined(initiator) || !is_defined(responder))
        return choice;
    choice.secure_connections = (initiator->auth_req & responder->auth_req & KITH_AUTH_SC) != 0;
    /* One side's data is enough with Secure Connections; legacy pairing needs it on both. */
    if (flags == 2 || (flags == 1 && choice.secure_connections)) {
        choice.method = KITH_METHOD_OOB;
        return choice;
    }
    cell = by_io[choice.secure_connections][responder->io_capability][initiator->io_capability];
    if (((initiator->auth_req | responder->auth_req) & KITH_AUTH_MITM) == 0)
        cell = JUST_WORKS;
    choice.method = meaning[cell].method;
    choice.passkey = meaning[cell].passkey;
    return choice;
}

const char *kith_passkey_form_name(kith_passkey_form form)
{
    static const char *const names[] = {"no passkey", "initiator shows, responder types",
                                        "responder shows, initiator types", "both type"};

    return (unsigned)form < sizeof names / sizeof names[0] ? names[form] : "unknown";
}
