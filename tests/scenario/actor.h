/* A scripted peer: a host that is not ours, on a controller of the room.  It speaks raw HCI, L2CAP and SMP (Secure
 * Connections, Just Works and Numeric Comparison that it always agrees to, both roles, computed here and nowhere else),
 * keeps to the script up to one step, and then does what the test likes: nothing, or anything.
 * Core Vol 3 Part H 2.3.5.6. */
#ifndef SCENARIO_ACTOR_H
#define SCENARIO_ACTOR_H

#include "cast.h"

/* What it does in a pairing, in order.  As initiator it is central, as responder peripheral. */
typedef enum {
    ACTOR_SENDS_FEATURES, /* Pairing Request, or Response */
    ACTOR_SENDS_KEY,      /* Public Key */
    ACTOR_SENDS_CONFIRM,  /* responder alone */
    ACTOR_SENDS_RANDOM,
    ACTOR_SENDS_CHECK,
    ACTOR_ENCRYPTS, /* starts encryption, or answers the LTK request */
    ACTOR_SENDS_IRK,
    ACTOR_SENDS_ADDRESS,
    ACTOR_IS_DONE
} actor_step;

enum { ACTOR_PDU = 600, ACTOR_LIMIT = 5 * CAST_SECOND };

/* Hears each frame before the script does, which hears nothing of those that it takes (true). */
typedef bool actor_tap(void *context, uint16_t cid, const uint8_t *pdu, size_t len);

typedef struct {
    cast_room *room;
    kith_sim_device device;
    cast_random random;
    kith_crypto_port crypto;
    kith_address own, peer;
    kith_address identity; /* what it says it is; its own address unless the test sets another */
    uint8_t io, mitm;      /* NoInputNoOutput and none, unless the test sets others */
    uint8_t key_size;      /* 16, unless the test sets another */
    bool keeps_irk;        /* the one it has goes to everybody */
    bool has_bond;         /* as peripheral it answers an LTK request with .ltk, or */
    bool has_no_key;       /* refuses it, whatever it has */
    bool central;
    bool connected;
    uint16_t handle;
    uint8_t disconnect_reason;
    bool encrypted;
    uint8_t encryption_status; /* of the last Encryption Change or Key Refresh */
    unsigned encryption_changes, ltk_requests;
    uint8_t rx[ACTOR_PDU]; /* reassembly */
    size_t rx_len;
    uint8_t att[ACTOR_PDU]; /* the last ATT PDU */
    size_t att_len;

    actor_step stop_before; /* the script is kept to this step */
    actor_step next;        /* the step that is due next */
    bool spoils;            /* sends one bit wrong in the step spoiled, and goes on as if nothing were */
    actor_step spoiled;
    bool proved;              /* sent a right DHKey check */
    uint8_t failed;           /* reason of the Pairing Failed that came */
    uint8_t security_request; /* AuthReq of the Security Request that came */
    bool smp_broken;          /* the other side sent something wrong */
    uint8_t request[7], response[7];
    uint8_t private_key[32], public_key[64], peer_key[64]; /* most significant octet first */
    uint8_t nonce[16], peer_nonce[16], peer_confirm[16];   /* as on the wire */
    uint8_t mackey[16], ltk[16];                           /* most significant octet first */
    uint8_t irk[16], peer_irk[16];

    actor_tap *tap; /* may be NULL */
    void *tap_context;
} actor;

void actor_enter(actor *a, cast_room *room); /* a new controller, up and running */

/* Its address on air from the next connection on: this one, or a resolvable private one that .irk makes from prand. */
void actor_use_address(actor *a, const kith_address *address);
void actor_use_private_address(actor *a, uint32_t prand);
void actor_advertise(actor *a);                       /* and be connected to by whoever likes */
void actor_wire_ltk(const actor *a, uint8_t out[16]); /* of its last pairing */
uint32_t actor_number(const actor *a);                /* that its Numeric Comparison shows, as it computes it */

typedef bool actor_done(actor *a, void *context);
bool actor_run(actor *a, uint64_t for_us, actor_done *done, void *context); /* done may be NULL */

void actor_connect(actor *a, cast_host *lamp); /* it is central */
void actor_accept(actor *a, cast_host *phone); /* it is peripheral */
void actor_disconnect(actor *a, cast_host *other);

void actor_send(actor *a, uint16_t cid, const uint8_t *pdu, size_t len); /* len 0: an empty frame */
void actor_send_smp(actor *a, const uint8_t *pdu, size_t len);
void actor_encrypt(actor *a, const uint8_t ltk[16]); /* central: whatever this key is; wire order */

/* Plays a pairing from where it stands up to stop_before.  False: the other side ended it. */
bool actor_pair(actor *a, actor_step stop_before);
void actor_begin(actor *a, actor_step stop_before);  /* without running */
void actor_resume(actor *a, actor_step stop_before); /* does what it held back, and goes on to this step */

/* As long as it must after failed pairings; it is connected. */
void actor_wait(actor *a, const cast_host *other);

/* A pairing from connecting to disconnecting that must go well, once it may: the host forgets what it has first. */
void actor_clean_pairing(actor *a, cast_host *other);

/* actor_smp.c */
void actor_smp_reset(actor *a, actor_step stop_before);
void actor_smp_on_pdu(actor *a, const uint8_t *pdu, size_t len);
void actor_smp_do(actor *a, actor_step step);
void actor_smp_on_ltk_request(actor *a);
void actor_smp_on_encrypted(actor *a);
void actor_hash(const actor *a, const uint8_t prand[3], uint8_t hash[3]); /* ah with .irk; wire order */
void actor_command(actor *a, uint16_t opcode, const void *parameters, size_t len);

#endif
