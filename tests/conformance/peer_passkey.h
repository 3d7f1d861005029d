/* The peer's half of Passkey Entry over Secure Connections, computed with the judge's arithmetic: as peer.h, one verb
 * for each PDU.  Features, public keys, DHKey checks and keys are peer.h's. */
#ifndef CONFORMANCE_PEER_PASSKEY_H
#define CONFORMANCE_PEER_PASSKEY_H

#include "peer.h"

enum { ROUNDS = 20 };

/* How far a pairing went: what was exchanged last. */
typedef enum {
    PASSKEY_NOTHING,
    PASSKEY_FEATURES,
    PASSKEY_PUBLIC_KEYS,
    PASSKEY_TYPED, /* the passkey went from one person to the other */
    PASSKEY_ROUNDS,
    PASSKEY_CHECKS,
    PASSKEY_ENCRYPTED,
    PASSKEY_KEYS,
    PASSKEY_STEPS
} passkey_step;

typedef struct {
    uint32_t number; /* what the peer takes for the passkey */
    unsigned round;
    uint8_t our_confirm[16];
    uint8_t our_nonces[ROUNDS][16]; /* of this pairing; none may come twice */
} passkey_state;
extern passkey_state passkey;

/* A host that asks for an authenticated key, and a peer, with inputs and outputs that lead to this form. */
#define begin_passkey(role, form) (AT, passkey_begin(role, form))
#define meet_for_passkey()        (AT, passkey_meet()) /* powered on, window open, connected */
/* Six digits, and the time until which they are good; the peer's person types them. */
#define we_show_the_passkey() (AT, passkey_take_shown())
/* Our person is asked; what the answer must be is passkey.number, a new one with each pairing. */
#define we_ask_for_the_passkey() (AT, passkey_take_question())
#define our_person_types(number) (AT, bench_check_status(kith_pairing_passkey(bench.host, bench.link, number), KITH_OK))
#define peer_commits(how)        (AT, passkey_do_confirm(how))
#define peer_opens()             (AT, passkey_do_random())
#define we_commit()              (AT, passkey_take_confirm())
#define we_open()                (AT, passkey_take_random()) /* and our commitment must have been to the right bit */
#define rounds_pass(until)       (AT, passkey_rounds(until)) /* from the one under way up to this one, without it */
#define passkey_from(done, last) (AT, passkey_pair(done, last))
#define passkey_to(last)         (AT, passkey_pair(PASSKEY_NOTHING, last))
#define pair_by_passkey()        (AT, passkey_pair_completely()) /* once it may; events taken */

void passkey_begin(bench_role role, kith_passkey_form form);
void passkey_meet(void);
void passkey_exchange_features(void); /* up to the response; as central, our public key too */
void passkey_take_shown(void);
void passkey_take_question(void);
void passkey_do_confirm(correctness how);
void passkey_do_random(void);
void passkey_take_confirm(void);
void passkey_take_random(void);
void passkey_rounds(unsigned until);
void passkey_pair(passkey_step done, passkey_step last);
void passkey_pair_completely(void);
void passkey_begin_check(void); /* both sides' r is the passkey */

kith_passkey_form passkey_form_where(bench_role role, bool we_show);
kith_phase passkey_phase_after(passkey_step done);
const char *passkey_step_name(passkey_step s);
/* As peer.h's last_step_in_plain(). */
passkey_step passkey_last_in_plain(bench_role role);

#endif
