/* A hub that several phones are bonded with, as a program with a peer manager has it: a store of its own, room for
 * operations and lists, and the table of client.h. */
#ifndef SCENARIO_HUB_H
#define SCENARIO_HUB_H

#include "client.h"
#include "memory_store.h"

enum { HUB_BONDS = 4, HUB_LINKS = 3, HUB_LISTED = 2, HUB_PHONES = 5, HUB_WRITES = 1000 };

typedef struct {
    cast_room *room;
    cast_host *hub, *phone[HUB_PHONES];
    memory_store store;
} hub_scene;

/* Nobody waits after failures, who is asked about is nobody, unless the test says so before hub_open(). */
void hub_config(hub_scene *s, kith_config *config);
void hub_open(hub_scene *s, uint64_t seed, const kith_config *config); /* all are started */

void hub_run(hub_scene *s, uint64_t ms);
kith_peer_id hub_peer(const hub_scene *s, unsigned phone);      /* 0: it is not bonded */
void hub_pair(hub_scene *s, unsigned phone);                    /* it is connected: until both have paired */
kith_peer_id hub_bond(hub_scene *s, unsigned phone);            /* connects, bonds and goes */
void hub_return(hub_scene *s, unsigned phone);                  /* connects and encrypts */
void hub_subscribe(hub_scene *s, unsigned phone, uint8_t bits); /* to the guarded value */

/* Forgets it, until FORGOTTEN has come: how it ended. */
kith_status hub_forget(hub_scene *s, kith_peer_id peer);
/* The event of the operation that this call began. */
kith_event_data hub_end(hub_scene *s, kith_status called, const kith_token *token);

#endif
