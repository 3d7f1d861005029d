/* The peer of the bench: its half of LE Secure Connections, Just Works and Numeric Comparison, computed with the
 * judge's arithmetic.
 * Each verb is one PDU, so that a script shows their order; pair_to() goes through them up to a step, and says yes
 * where numbers are compared. */
#ifndef CONFORMANCE_PEER_H
#define CONFORMANCE_PEER_H

#include "bench.h"

/* How far a pairing went: what was exchanged last. */
typedef enum {
    STEP_NOTHING,
    STEP_FEATURES,
    STEP_PUBLIC_KEYS,
    STEP_CONFIRM, /* as central; as peripheral it goes with our public key */
    STEP_RANDOMS,
    STEP_CHECKS,
    STEP_ENCRYPTED,
    STEP_KEYS,
    STEP_COUNT
} step;

typedef enum { RIGHT, WRONG } correctness;

typedef struct {
    uint8_t features[6]; /* of its request or response, in the order of the octets */
    kith_address identity;
    uint8_t irk[16], csrk[16];
    uint8_t private_key[32], public_key[64], nonce[16]; /* fresh with each pairing */
    uint8_t our_public[64], our_confirm[16], our_nonce[16];
    uint8_t r[16],
        our_r[16]; /* what the peer's check and ours are over; zeros with each pairing, where nobody sets them */
    uint8_t mackey[16], ltk[16];
    uint8_t our_irk[16], our_identity[7], our_csrk[16]; /* as we distributed them */
} peer_state;
extern peer_state peer;

/* A peer with NoInputNoOutput, bonding, Secure Connections, 16 octets, identity keys both ways. */
void peer_begin(void);
void peer_draw(void); /* a fresh key pair and nonce; peer_begin() and every pairing request do it */
void peer_draw_octets(uint8_t *out, size_t len);

#define peer_sends_request()    (AT, peer_do_request())
#define peer_sends_response()   (AT, peer_do_response())
#define peer_sends_public_key() (AT, peer_do_public_key())
#define peer_sends_confirm(how) (AT, peer_do_confirm(how))
#define peer_sends_random()     (AT, peer_do_random())
#define peer_sends_check(how)   (AT, peer_do_check(how))
#define peer_sends_keys(keys)   (AT, peer_do_keys(keys)) /* KITH_KEY_* */
#define we_send_public_key()    (AT, peer_take_public_key())
#define we_send_confirm()       (AT, peer_take_confirm())
#define we_send_random()        (AT, peer_take_random()) /* and the confirm must have been right */
#define we_send_check()         (AT, peer_take_check())  /* and it is right */
#define we_send_keys(keys)      (AT, peer_take_keys(keys))
/* We show the number of this pairing, and the time until which it may be answered. */
#define we_show_the_number()    (AT, peer_check_number())
#define our_person_says(answer) (AT, peer_answer(answer))
#define link_encrypts()         (AT, peer_encrypt()) /* with the key of this pairing, and both have it */
#define pair_from(done, last)   (AT, peer_pair(done, last))
#define pair_to(last)           (AT, peer_pair(STEP_NOTHING, last))
#define pair_completely()       (AT, peer_pair_completely()) /* once it may; events taken */

void peer_do_request(void);
void peer_do_response(void);
void peer_do_public_key(void);
void peer_do_confirm(correctness how);
void peer_do_random(void);
void peer_do_check(correctness how);
void peer_do_keys(uint8_t keys);
void peer_take_public_key(void);
void peer_take_confirm(void);
void peer_take_random(void);
void peer_take_check(void);
void peer_take_keys(uint8_t keys);
void peer_check_number(void);
void peer_answer(kith_comparison answer);
void peer_encrypt(void);
void peer_pair(step done, step last);
void peer_pair_completely(void);

/* What phase a verdict names when it ends after this step. */
kith_phase phase_after(step done);
const char *step_name(step s);
/* Is the step one of this role's? */
bool is_step_of(bench_role role, step s);
/* After it the controller is encrypting and what the peer sends waits for the outcome: as central, right after the
 * checks; as peripheral, once the central has asked. */
step last_step_in_plain(bench_role role);

uint8_t keys_from_peer(void); /* as negotiated */
uint8_t keys_from_us(void);

#endif
