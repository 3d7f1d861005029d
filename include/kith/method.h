/* Which pairing method two feature sets lead to: the specification's table, as data.
 *
 * Core Vol 3 Part H 2.3.5.1, Tables 2.6 to 2.8.  `kith matrix` prints it. */
#ifndef KITH_METHOD_H
#define KITH_METHOD_H

#include "kith/verdict.h"

/* Passkey Entry: who shows the six digits, who types them. */
typedef enum {
    KITH_PASSKEY_NONE,
    KITH_PASSKEY_INITIATOR_SHOWS,
    KITH_PASSKEY_RESPONDER_SHOWS,
    KITH_PASSKEY_BOTH_TYPE /* a number that people agreed on */
} kith_passkey_form;

typedef struct {
    bool secure_connections;
    kith_method_kind method;
    kith_passkey_form passkey; /* NONE unless method is Passkey Entry */
} kith_method_choice;

/* Of both feature sets: the io_capability, the OOB data flag, and MITM and SC of the AuthReq count.  Both must have a
 * defined io_capability and OOB flag (kith_smp_decode_features() says so); with another one the choice is NONE. */
kith_method_choice kith_method_choose(const kith_pairing_features *initiator, const kith_pairing_features *responder);

const char *kith_passkey_form_name(kith_passkey_form form); /* "initiator shows, responder types" */

#endif
