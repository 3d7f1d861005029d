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

/* OOB: does the peer's public key fit what it told us out of band?  false, and the session has failed. */
bool sc_oob_is_committed(smp_session *s, smp_outbox *out);

/* Passkey Entry: one round's f4 of our nonce; and is the peer's nonce what it committed to in held? */
kith_status sc_passkey_confirm(smp_session *s, uint8_t confirm[16]);
bool sc_passkey_takes_nonce(smp_session *s, const smp_input *in, smp_outbox *out);
/* Puts the passkey into both checks. */
void sc_passkey_into_checks(smp_session *s);
enum { SC_PASSKEY_ROUNDS = 20 };

/* f5 and our own f6; then sends it. */
kith_status sc_derive_keys(smp_session *s);
kith_status sc_send_check(smp_session *s, smp_outbox *out);

/* Is it the peer's f6?  KITH_ERR_VALUE: it is not. */
kith_status sc_verify_check(smp_session *s, const uint8_t check[16]);

/* Rows that every method shares: the public keys, the DHKey checks, encryption; and those that Just Works and Numeric
 * Comparison share: the responder's commitment. */
extern const smp_table sc_initiator, sc_responder;
extern const smp_table sc_commitment_initiator, sc_commitment_responder;

smp_state sc_initiator_begin(smp_session *s, const smp_input *in, smp_outbox *out);
bool sc_initiator_takes_key(smp_session *s, const smp_input *in, smp_outbox *out);
smp_state sc_initiator_send_nonce(smp_session *s, smp_outbox *out);
bool sc_initiator_takes_nonce(smp_session *s, const smp_input *in, smp_outbox *out); /* is it what was committed to? */
smp_state sc_initiator_go_on(smp_session *s, smp_outbox *out);                       /* to the DHKey checks */

smp_state sc_responder_begin(smp_session *s, const smp_input *in, smp_outbox *out);
bool sc_responder_takes_own_key(smp_session *s, const smp_input *in, smp_outbox *out);
void sc_responder_show_key(smp_session *s, smp_outbox *out);
void sc_responder_swap_nonces(smp_session *s, const smp_input *in, smp_outbox *out);
void sc_responder_hold_check(smp_session *s, const smp_input *in);
smp_state sc_responder_judge_held(smp_session *s, smp_outbox *out);

#endif
