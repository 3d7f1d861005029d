/* A scripted client of our server: an actor that speaks ATT.  It keeps what it is told, and confirms as the test likes.
 * Core Vol 3 Part F 3.4. */
#ifndef SCENARIO_CLIENT_H
#define SCENARIO_CLIENT_H

#include "actor.h"
#include "kith/codec/att.h"
#include "kith/codec/l2cap.h"

/* What the servers of these tests have, and where: */
enum { GUARDED = 1, INDICATED, OPEN, WANTED };                                              /* ids */
enum { GUARDED_AT = 16, INDICATED_AT = 19, OPEN_AT = 22, WANTED_AT = 25, SERVED_END = 25 }; /* handles of values */
enum { CHANGED_AT = 8, FEATURES_AT = 11, HASH_AT = 13 };                                    /* of every server */
extern const kith_service served[1];
extern uint8_t served_octets[512]; /* of the open value, 0 to 512 */
extern kith_variable served_variable;

/* A peripheral that serves them: GUARDED is notified when encrypted, INDICATED when encrypted, OPEN is notified, read
 * and written by anybody, WANTED is written to the program by anybody.  Room for four subscriptions. */
void client_server_config(kith_config *config, const kith_store *store);

typedef struct {
    actor a;
    bool stays_silent; /* does not confirm */
    unsigned notified, indicated;
    uint16_t handle; /* of the last value it was told of */
    uint8_t value[ACTOR_PDU];
    size_t value_len;
    unsigned answers;
    uint8_t answer[ACTOR_PDU]; /* the last response */
    size_t answer_len;
} client;

void client_enter(client *c, cast_room *room);
void client_meet(client *c, cast_host *server);
void client_leave(client *c, cast_host *server);
void client_pair(client *c, cast_host *server);    /* until the server has the bond, if it bonds */
void client_encrypt(client *c, cast_host *server); /* with the key of its last pairing */
void client_run(client *c, uint64_t for_us);

void client_say(client *c, const uint8_t *pdu, size_t len);
const uint8_t *client_ask(client *c, const uint8_t *pdu, size_t len); /* until there is an answer; fails without */

/* The ATT error, 0: done. */
uint8_t client_write(client *c, uint16_t handle, const void *value, size_t len);
uint8_t client_subscribe(client *c, uint16_t value_handle, uint8_t bits);
uint8_t client_read(client *c, uint16_t handle); /* the value is .answer + 1 */
uint8_t client_prepare(client *c, uint16_t handle, uint16_t offset, const void *part, size_t len);
uint8_t client_execute(client *c);
void client_confirm(client *c);

#endif
