/* Phones and computers as people have them: scripted clients (client.h) with the manners of a platform, as far as they
 * have caused trouble to others.
 *
 *   iPhone   is on air under resolvable private addresses; pairs when a value is refused with 0x05 or 0x0F, and not
 *            otherwise; wants the server's identity key; encrypts by itself when it is back; keeps the table of a
 * bonded server until Service Changed is indicated Android  as above on air, with another identity resolving key for
 * each bond; pairs when its user says so; keeps a bond that the server has lost; keeps the table as long as its hash is
 * the same Windows  is on air under one address; pairs when its user says so; does not write configurations anew when
 * it is back; takes no second device with an identity resolving key that it knows; Service Changed as above
 *
 * They know values by their UUID and find handles by themselves. */
#ifndef SCENARIO_PERSONA_H
#define SCENARIO_PERSONA_H

#include "client.h"

typedef enum { IPHONE, ANDROID, WINDOWS, PERSONAS } persona_kind;
enum { PERSONA_GUARDED = 0x2a37, PERSONA_OPEN = 0x2a39 }; /* of client.h's table */
enum { PERSONA_KNOWN = 4 };

typedef struct {
    client c;
    persona_kind kind;
    bool is_bonded;
    bool has_table;
    uint8_t hash[16];             /* of the table it has */
    uint16_t guarded_at, open_at; /* 0: not there */
    unsigned discoveries;         /* how often it looked for them */
    unsigned changes;             /* Service Changed, seen so far */
    uint32_t addresses;           /* it has had */
    uint8_t known_irks[PERSONA_KNOWN][16];
    unsigned known_count;
} persona;

void persona_enter(persona *p, cast_room *room, persona_kind kind);

/* Connects, under its next address; encrypts if it is bonded; and sees to its table, as it is used to. */
void persona_meet(persona *p, cast_host *server);
void persona_connect(persona *p, cast_host *server); /* and nothing else yet */
void persona_settle(persona *p, cast_host *server);  /* the rest */
void persona_leave(persona *p, cast_host *server);
void persona_notice_power_loss(persona *p); /* the server's: the link has died */

/* Its user wants to pair, or (iPhone) it was refused a value.  false: it did not keep the bond. */
bool persona_bond(persona *p, cast_host *server);

/* By UUID.  What is refused for security is asked for again over a better link, as it is used to.  The ATT error, 0:
 * done. */
uint8_t persona_read(persona *p, cast_host *server, uint16_t uuid);
uint8_t persona_subscribe(persona *p, cast_host *server, uint16_t uuid);

uint16_t persona_handle(const persona *p, uint16_t uuid);

#endif
