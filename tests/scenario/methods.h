/* Every pairing method by name, and a couple of hosts that run it: people at both devices answer what they are asked
 * by what the other device shows, after a while of virtual time.  The initiator is always the central.
 *
 *   couple_open(&c, &method_rows[i], seed, CAST_TOY);
 *   couple_meet(&c);                  out of band data, a connection, the window
 *   couple_begin(&c);
 *   couple_run(&c, 60 * CAST_SECOND, couple_has_ended, &c);
 *   couple_expect_paired(&c);
 *
 * Public API only.  Core Vol 3 Part H 2.3.5. */
#ifndef SCENARIO_METHODS_H
#define SCENARIO_METHODS_H

#include "cast.h"

enum { INITIATOR, RESPONDER };

typedef struct {
    const char *name;
    bool legacy;
    bool mitm;
    uint8_t io[2];    /* kith_io_capability */
    bool has_data[2]; /* out of band, of the other one */
    kith_method_kind kind;
    kith_level level; /* what comes of it */
} method_row;

enum { METHODS = 14 };
extern const method_row method_rows[METHODS];

enum { PEOPLE_AGREED_ON = 271828 }; /* where both type */

/* Somebody at a device: what he sees, and what he was asked and has not said yet. */
typedef struct {
    kith_event_kind question; /* 0: none is open */
    kith_link link;           /* it is about */
    uint64_t due_us;          /* when he would answer */
    bool is_silent;           /* answers nothing of this kind: */
    kith_event_kind silent_at;
    bool silent_at_end; /* CONSENT_WANTED: only where the identity was given */
    bool both_type, at_end;
    bool sees_number, sees_passkey, has_own;
    uint32_t number, passkey;
    kith_oob_data own;
    unsigned asked, answered;
    kith_status said; /* of the last answer that a host did not take */
} person;

typedef struct {
    const method_row *row;
    cast_room *room;
    cast_host *side[2];
    person people[2];
    uint64_t delay_us; /* people think so long; the responder's half as long again */
    unsigned told;     /* grows with everything a person is told */
    unsigned begun[2]; /* ends told before the pairing began */
} couple;

/* How a side of that row is configured; odd: in legacy pairing this one has Secure Connections too. */
void method_config(const method_row *row, unsigned side, bool odd, kith_config *config);

/* What people say: the event of one device, seen by its person; and the answer that is due, by what the other sees. */
void person_is_told(person *p, const kith_event *event, uint64_t now_us, uint64_t delay_us);
bool person_can_answer(const person *p, const person *other);
kith_status person_answers(person *p, const person *other, kith_host *host);

void couple_open(couple *c, const method_row *row, uint64_t seed, cast_crypto crypto); /* and starts both */
/* Not started: with these stores; or the responder with room for so many links, and legacy pairing allowed. */
void couple_open_with(couple *c, const method_row *row, uint64_t seed, cast_crypto crypto,
                      const kith_store *const stores[2]);
void couple_open_wide(couple *c, const method_row *row, uint64_t seed, cast_crypto crypto, uint8_t links);
void couple_close(couple *c);

void couple_prepare(couple *c); /* whoever's data the other is to have makes it anew */
void couple_meet(couple *c);
void couple_begin(couple *c);
bool couple_run(couple *c, uint64_t for_us, cast_done *done, void *context); /* as cast_run, and people answer */
bool couple_has_ended(void *couple);                                         /* done: both told an end, or are apart */

void couple_expect_numbers(const couple *c); /* what both see is equal */
void couple_expect_keys(const couple *c);
void couple_expect_paired(couple *c); /* both, with the level of the row, numbers and keys equal; waits for the bonds */

/* Back to the bond, with this one as central, and apart again: encrypted as the pairing was. */
void couple_come_back(couple *c, unsigned central);
void couple_part(couple *c);
void couple_forget(couple *c);

/* From wherever they are: apart, all forgotten, and the whole method runs well. */
void couple_pair_cleanly(couple *c);

#endif
