/* Who failed to pair waits before it may try again, the longer the more often it failed; and guesses at passkeys are
 * limited in total, whoever makes them.  No clock: now_us is an argument.  No memory: the slots are the caller's.
 *
 * Each identity has a level: one up with each failure, one off per forget_ms once the wait is over.  The wait of level
 * 1 is first_ms and doubles with each level up to longest_ms.
 *
 * More identities fail than there are slots?  A newcomer takes the slot that matters least: one whose level is
 * forgotten, else a stranger's before that of an identity we know (a bond's), the lowest level, one whose wait is over,
 * and last the youngest: a crowd of fresh addresses displaces itself, and who waited before it still waits.  A stranger
 * that finds only known identities is not kept.  So a stranger can get out of its wait by a crowd that fails more often
 * than it did, which gains it nothing: it could have changed its own address.  A known identity can't, unless more
 * known ones than there are slots fail at once.
 *
 * In total: a bucket of PEERS_GUESSES passkeys that may be wrong at once, and then one per PEERS_GUESS_US.  That is the
 * longest wait in total, so nobody can lock everybody out. */
#ifndef PEERS_BACKOFF_H
#define PEERS_BACKOFF_H

#include "kith/security.h"

/* A time with this bit is not told yet: what is below the bit counts from the next peers_backoff_settle(). */
#define PEERS_UNTOLD (UINT64_C(1) << 63)

enum { PEERS_GUESSES = 3, PEERS_GUESS_US = 10000000 };

typedef struct {
    kith_address who;
    bool known;        /* the identity of a bond; else an address on air */
    uint8_t level;     /* when its wait began; 0: the slot is free */
    uint64_t until_us; /* end of its wait */
} peers_backoff_slot;

typedef struct {
    peers_backoff_slot *slots;
    uint8_t count;
    uint64_t full_us; /* when the bucket of guesses is full again */
} peers_backoff;

void peers_backoff_init(peers_backoff *b, peers_backoff_slot *slots, uint8_t count);

/* It failed once more.  rule: first_ms and forget_ms are not 0.  now_us may be untold: then nothing was forgotten since
 * the last time told. */
void peers_backoff_failed(peers_backoff *b, const kith_backoff *rule, const kith_address *who, bool known,
                          uint64_t now_us);

/* It succeeded: its failures are forgotten. */
void peers_backoff_succeeded(peers_backoff *b, const kith_address *who);

/* Does nobody have to wait? */
bool peers_backoff_is_quiet(const peers_backoff *b);

/* How long it must still wait; now_us is told.  0: not at all. */
uint64_t peers_backoff_wait_us(const peers_backoff *b, const kith_address *who, uint64_t now_us);

/* Somebody used a wrong passkey.  now_us may be untold: then the bucket counts as empty. */
void peers_backoff_guessed(peers_backoff *b, uint64_t now_us);

/* How long everybody must still wait, at most PEERS_GUESS_US; now_us is told. */
uint64_t peers_backoff_total_wait_us(const peers_backoff *b, uint64_t now_us);

/* The time is told: waits that began without it begin now. */
void peers_backoff_settle(peers_backoff *b, uint64_t now_us);

#endif
