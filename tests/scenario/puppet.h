/* A puppet: a host of ours that plays any method against the host under test, and whose strings the test holds.  It is
 * let make so many moves (an SMP PDU that it sends, or the command by which it encrypts); what it would do next is
 * held back, and from then on the test speaks through its controller: raw PDUs, keys of its choice.
 *
 * It also plays the people at both devices, who answer at once.  Public API only. */
#ifndef SCENARIO_PUPPET_H
#define SCENARIO_PUPPET_H

#include "methods.h"

enum { PUPPET_MOVES = 160, PUPPET_ALL = PUPPET_MOVES };
enum { PUPPET_ENCRYPTS = 0x100 }; /* as a move; the others are SMP opcodes */

typedef struct {
    cast_room *room;
    cast_host *other; /* the host under test */
    const method_row *row;
    unsigned side; /* INITIATOR or RESPONDER */
    kith_sim_device device;
    kith_config config;
    kith_crypto_port crypto;
    cast_random random;
    kith_host *host;
    void *memory;
    size_t size;
    kith_link link;
    bool ready, advertises, paired;
    unsigned ends;
    kith_verdict end;
    person people[2]; /* by side */

    bool asks;           /* as peripheral, with a Security Request, to be paired with */
    bool wears_identity; /* says that it is somebody else: */
    kith_address identity;

    unsigned allowed, moves; /* how many it may make, and has made */
    uint16_t made[PUPPET_MOVES];
    bool frozen; /* its host is out of it, and the test speaks */

    uint16_t handle; /* of the controller, whoever speaks */
    bool connected, wants_ltk;
} puppet;

void puppet_enter(puppet *p, cast_room *room, const method_row *row, unsigned side);
void puppet_leave(puppet *p);

/* A host made anew on its controller, which is reset: it knows nobody. */
void puppet_wake(puppet *p);

typedef bool puppet_done(puppet *p, void *context);
bool puppet_run(puppet *p, uint64_t for_us, puppet_done *done, void *context); /* done may be NULL */

void puppet_meet(puppet *p, unsigned allowed); /* out of band data, and the connection; no move is made yet */
void puppet_begin(puppet *p);                  /* the initiator, whoever it is, wants to pair */
bool puppet_has_encrypted(const puppet *p);

/* The test speaks: the puppet's host hears of nothing any more. */
void puppet_freeze(puppet *p);
void puppet_send(puppet *p, const uint8_t *pdu, size_t len);
void puppet_encrypt(puppet *p, const uint8_t key[16]); /* as central starts it, as peripheral answers a request */
void puppet_disconnect(puppet *p);                     /* until both know */

#endif
