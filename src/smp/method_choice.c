/* The method table as data.  Core Vol 3 Part H 2.3.5.1, Tables 2.6 and 2.8 (Secure Connections columns). */
#include "smp/method_choice.h"

#define JW KITH_METHOD_JUST_WORKS
#define NC KITH_METHOD_NUMERIC_COMPARISON
#define PK KITH_METHOD_PASSKEY

/* [responder][initiator]: DisplayOnly, DisplayYesNo, KeyboardOnly, NoInputNoOutput, KeyboardDisplay */
static const uint8_t by_io[5][5] = {
    /* DisplayOnly     */ {JW, JW, PK, JW, PK},
    /* DisplayYesNo    */ {JW, NC, PK, JW, NC},
    /* KeyboardOnly    */ {PK, PK, PK, JW, PK},
    /* NoInputNoOutput */ {JW, JW, JW, JW, JW},
    /* KeyboardDisplay */ {PK, NC, PK, JW, NC},
};

kith_method_kind smp_choose_method(const kith_pairing_features *initiator, const kith_pairing_features *responder)
{
    if (initiator->oob_flag != 0 || responder->oob_flag != 0)
        return KITH_METHOD_OOB;
    if (((initiator->auth_req | responder->auth_req) & KITH_AUTH_MITM) == 0)
        return KITH_METHOD_JUST_WORKS;
    return (kith_method_kind)by_io[responder->io_capability][initiator->io_capability];
}
