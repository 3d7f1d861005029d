/* Lists of methods, for programs that want them all: whoever names none of these lists links only what it names. */
#include "smp/session.h"

#define SC_METHODS                                                                                                     \
    &kith_sc_just_works_initiator, &kith_sc_just_works_responder, &kith_sc_numeric_comparison_initiator,               \
        &kith_sc_numeric_comparison_responder, &kith_sc_passkey_initiator, &kith_sc_passkey_responder,                 \
        &kith_sc_oob_initiator, &kith_sc_oob_responder

const kith_method *const kith_sc_methods[] = {SC_METHODS, NULL};

const kith_method *const kith_all_methods[] = {
    SC_METHODS,
    &kith_legacy_just_works_initiator,
    &kith_legacy_just_works_responder,
    &kith_legacy_passkey_initiator,
    &kith_legacy_passkey_responder,
    &kith_legacy_oob_initiator,
    &kith_legacy_oob_responder,
    NULL,
};
