/* Which method two feature sets lead to.  Core Vol 3 Part H 2.3.5.1. */
#ifndef SMP_METHOD_CHOICE_H
#define SMP_METHOD_CHOICE_H

#include "kith/verdict.h"

/* Both sets valid, both with Secure Connections. */
kith_method_kind smp_choose_method(const kith_pairing_features *initiator, const kith_pairing_features *responder);

#endif
