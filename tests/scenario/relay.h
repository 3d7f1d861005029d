/* A man in the middle: a false peripheral for a central of ours and a false central for a peripheral of ours, each
 * under the other's address, and whoever carries L2CAP frames from one leg to the other as he likes: as they are,
 * edited, not at all, with some of his own between them.  Each leg can be taken over by its own script instead
 * (actor.h).
 *
 * A relay of the link layer passes encrypted packets on unread, without knowing a key.  Controllers behind HCI can't,
 * so where .passes_encryption is set both legs are encrypted with the key that the central's host gave its controller,
 * and frames go on as they come.  A test that lets this relay read or edit what is encrypted says why it may. */
#ifndef SCENARIO_RELAY_H
#define SCENARIO_RELAY_H

#include "actor.h"

enum { RELAY_TO_CENTRAL, RELAY_TO_PERIPHERAL }; /* legs, and where a frame is going */
enum { RELAY_HELD = 16 };

typedef struct relay relay;

/* Changes a frame on its way, in place.  False: it is not passed on. */
typedef bool relay_edit(relay *r, unsigned towards, uint16_t cid, uint8_t *pdu);

typedef struct {
    relay *relay;
    unsigned towards; /* where its frames go */
} relay_side;

typedef struct {
    unsigned towards;
    uint16_t cid;
    uint8_t pdu[ACTOR_PDU];
    size_t len;
} relay_frame;

typedef enum { RELAY_STILL, RELAY_ASKS_PERIPHERAL, RELAY_ANSWERS_CENTRAL } relay_switch;

struct relay {
    cast_room *room;
    cast_host *central, *peripheral; /* the victims */
    actor leg[2];                    /* towards the central; towards the peripheral */
    relay_side side[2];              /* of the frames that come on each leg */
    bool carries;                    /* default true; false: the legs' scripts hear what comes */
    bool passes_encryption;          /* default true */
    relay_edit *edit;                /* may be NULL */
    void *context;                   /* the test's */
    unsigned heard[2][16];           /* SMP PDUs by opcode, and where they were going */
    uint8_t failed[2];               /* reason of the last Pairing Failed, and where it was going */

    FILE *hci; /* of the central's controller */
    long hci_read;
    uint8_t key[26]; /* Rand, EDIV and key of the last encryption that the central began, in wire order */
    relay_switch switching;
    unsigned requests, changes[2]; /* of encryption, seen so far */
    relay_frame held[RELAY_HELD];  /* while one leg is encrypted and the other not yet */
    size_t held_count;
};

/* Victims have static addresses, which others can take.  To be started by the test. */
cast_host *relay_add_central(cast_room *room, kith_config *config);
cast_host *relay_add_peripheral(cast_room *room, kith_config *config);
void relay_use_central(kith_config *config); /* the central's address, for an attacker that is a host of ours */
void relay_use_peripheral(kith_config *config);

void relay_enter(relay *r, cast_host *central, cast_host *peripheral);
void relay_join(relay *r);  /* connects both legs */
void relay_part(relay *r);  /* disconnects both */
void relay_close(relay *r); /* and the room */

/* Lets everything happen for so long, or until done says so.  done may be NULL. */
typedef bool relay_done(relay *r);
bool relay_run(relay *r, uint64_t for_us, relay_done *done);
void relay_inject(relay *r, unsigned towards, const uint8_t *pdu, size_t len); /* SMP */

/* It knows no key: an encryption that the central began is refused. */
void relay_refuse_encryption(relay *r);

#endif
