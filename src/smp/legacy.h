/* What every legacy method shares: confirm values, the STK, the rows after the TK is known. */
#ifndef SMP_LEGACY_H
#define SMP_LEGACY_H

#include "smp/session.h"

/* The confirm value c1 of this random under our TK. */
kith_status legacy_confirm(const smp_session *s, const uint8_t random[16], uint8_t confirm[16]);

/* Is the peer's random what it committed to in held?  false, and the session has failed. */
bool legacy_takes_random(smp_session *s, const smp_input *in, smp_outbox *out);

/* STK = s1(TK, Srand, Mrand), as long as was agreed: into secrets.ltk. */
kith_status legacy_derive_key(smp_session *s);

kith_status legacy_draw_random(smp_session *s);
void legacy_keep_passkey(smp_session *s); /* the passkey is the TK */

/* Rows that methods share once the TK is known. */
extern const smp_table legacy_initiator, legacy_responder;

smp_state legacy_initiator_begin(smp_session *s, smp_outbox *out);  /* TK known: our confirm value goes out */
smp_state legacy_responder_answer(smp_session *s, smp_outbox *out); /* TK and the peer's confirm value known: ours */

#endif
