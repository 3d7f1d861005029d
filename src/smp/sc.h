/* What every Secure Connections method shares: own key, peer's key, shared secret, checks. */
#ifndef SMP_SC_H
#define SMP_SC_H

#include "smp/session.h"

/* SMP_IN_OWN_KEY: takes the key pair. */
void sc_keep_own_key(smp_session *s, const smp_input *in);
void sc_send_public_key(const smp_session *s, smp_outbox *out);

/* Reflection and debug key, before any computation; then asks for the check on the curve. */
smp_state sc_take_public_key(smp_session *s, const smp_input *in, smp_outbox *out);

/* SMP_IN_KEY_CHECKED: false, and the session has failed. */
bool sc_key_is_valid(smp_session *s, const smp_input *in, smp_outbox *out);

/* SMP_IN_DHKEY: false, and the session has failed. */
bool sc_keep_dhkey(smp_session *s, const smp_input *in, smp_outbox *out);
smp_state sc_on_early_dhkey(smp_session *s, const smp_input *in, smp_outbox *out);

kith_status sc_draw_nonce(smp_session *s);

/* Numeric Comparison: the number from both keys and nonces (g2), and the question.  The person's answer: false, and the
 * session has failed. */
smp_state sc_ask_comparison(smp_session *s, smp_outbox *out);
bool sc_numbers_are_equal(smp_session *s, const smp_input *in, smp_outbox *out);

/* f5 and our own f6 (R is zero for Just Works); then sends it. */
kith_status sc_derive_keys(smp_session *s);
kith_status sc_send_check(smp_session *s, smp_outbox *out);

/* Is it the peer's f6?  KITH_ERR_VALUE: it is not. */
kith_status sc_verify_check(smp_session *s, const uint8_t check[16]);

/* SMP_IN_ENCRYPTED while we wait for it. */
smp_state sc_on_encrypted(smp_session *s, const smp_input *in, smp_outbox *out);

/* Rows that methods share from the public keys on: all but what they do with the peer's nonce. */
extern const smp_table sc_initiator, sc_responder;

smp_state sc_initiator_begin(smp_session *s, const smp_input *in, smp_outbox *out);
bool sc_initiator_takes_nonce(smp_session *s, const smp_input *in, smp_outbox *out); /* is it what was committed to? */
smp_state sc_initiator_go_on(smp_session *s, smp_outbox *out);                       /* to the DHKey checks */

smp_state sc_responder_begin(smp_session *s, const smp_input *in, smp_outbox *out);
void sc_responder_swap_nonces(smp_session *s, const smp_input *in, smp_outbox *out);
void sc_responder_hold_check(smp_session *s, const smp_input *in);
smp_state sc_responder_judge_held(smp_session *s, smp_outbox *out);

#endif
