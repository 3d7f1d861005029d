/* The peer's half of LE legacy pairing, computed with the judge's arithmetic: as peer.h, one verb for each PDU.
 * What both kinds of pairing share (features, identity and signing keys) is peer.h's. */
#ifndef CONFORMANCE_PEER_LEGACY_H
#define CONFORMANCE_PEER_LEGACY_H

#include "peer.h"

/* How far a pairing went: what was exchanged last. */
typedef enum {
    LEGACY_NOTHING,
    LEGACY_FEATURES,
    LEGACY_TK, /* Passkey Entry: the passkey went from one person to the other */
    LEGACY_CONFIRMS,
    LEGACY_RANDOMS,
    LEGACY_ENCRYPTED,
    LEGACY_KEYS,
    LEGACY_COUNT
} legacy_step;

/* A long term key with the two numbers by which it is asked for. */
typedef struct {
    uint8_t ltk[16];
    uint16_t ediv;
    uint64_t rand;
} legacy_key;

typedef struct {
    uint32_t passkey; /* ours as shown, or the peer's, which our person types */
    uint8_t tk[16];   /* the peer's; zeros: Just Works */
    uint8_t random[16];
    uint8_t our_confirm[16], our_random[16];
    uint8_t stk[16];
    legacy_key key;     /* that the peer gives */
    legacy_key our_key; /* that we gave */
    kith_oob_data oob;  /* what our program has of the peer's out of band data; nothing: it is not asked for any */
} legacy_state;
extern legacy_state legacy;

/* A host that allows legacy pairing with every method, and a peer without Secure Connections: NoInputNoOutput, bonding,
 * 16 octets, all keys but signing both ways. */
#define begin_legacy(role)       (AT, legacy_begin(role))
#define meet_legacy()            (AT, legacy_meet()) /* powered on, window open, connected */
#define peer_commits(how)        (AT, legacy_do_confirm(how))
#define peer_opens()             (AT, legacy_do_random())
#define peer_gives(keys)         (AT, legacy_do_keys(keys)) /* KITH_KEY_* */
#define we_commit()              (AT, legacy_take_confirm())
#define we_open()                (AT, legacy_take_random()) /* and our confirm value must have been right */
#define we_give(keys)            (AT, legacy_take_keys(keys))
#define we_show_passkey()        (AT, legacy_show_passkey())
#define our_person_is_asked()    (AT, legacy_ask_passkey()) /* for the passkey */
#define our_person_types(number) (AT, bench_check_status(kith_pairing_passkey(bench.host, bench.link, number), KITH_OK))
#define short_term_key_is_used() (AT, legacy_encrypt())
#define legacy_from(done, last)  (AT, legacy_pair(done, last))
#define legacy_to(last)          (AT, legacy_pair(LEGACY_NOTHING, last))
#define pair_legacy()            (AT, legacy_pair_completely()) /* once it may; events taken */
/* As central: we encrypt with the key that the peer gave; as peripheral the peer asks for the one that we gave. */
#define meet_again()       (AT, legacy_meet_again())
#define bond_encrypts(key) (AT, legacy_encrypt_with_bond(key))

void legacy_begin(bench_role role);
void legacy_meet(void);
void legacy_draw(void); /* fresh random and passkey; every request and response does it */
void legacy_do_confirm(correctness how);
void legacy_do_random(void);
void legacy_do_keys(uint8_t keys);
void legacy_take_confirm(void);
void legacy_take_random(void);
void legacy_take_keys(uint8_t keys);
void legacy_show_passkey(void);
void legacy_ask_passkey(void);
void legacy_encrypt(void);
void legacy_pair(legacy_step done, legacy_step last);
void legacy_pair_completely(void);
void legacy_meet_again(void);
void legacy_encrypt_with_bond(const legacy_key *key);

void legacy_confirm_of(const uint8_t random[16], uint8_t confirm[16]); /* under the peer's TK */
void legacy_tk_is(uint32_t passkey);
uint8_t legacy_key_size(void); /* as negotiated */
uint8_t legacy_keys_from_peer(void);
uint8_t legacy_keys_from_us(void);
kith_phase legacy_phase_after(legacy_step done);
const char *legacy_step_name(legacy_step s);
const char *role_name(bench_role role);

#endif
