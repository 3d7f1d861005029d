/* Why a visit to a peer came to nothing: one sentence on stderr for each way, and what can be done. */
#ifndef TOOLS_TROUBLE_H
#define TOOLS_TROUBLE_H

#include "kith/event.h"
#include "search.h"

/* peer: as it was asked for. */
void trouble_not_heard(const search *s, unsigned seconds);
void trouble_no_such_bond(kith_peer_id peer);
void trouble_two(const search *s);
void trouble_event(const char *peer, const char *what, const kith_event *event); /* "'lamp' WHAT: sentence" */
void trouble_not_asked(const char *peer, kith_status status);
void trouble_may_not_pair(const char *peer); /* an option forbids it */
void trouble_not_paired(const char *peer, const kith_event *event);
void trouble_not_encrypted(const char *peer, const kith_event *event, kith_peer_id bond);
void trouble_not_paired_again(const char *peer, kith_peer_id bond);

/* Is this verdict about keys that one side does not have any more? */
bool trouble_is_lost_bond(const kith_verdict *verdict);

/* Did an operation end so because the link is not protected as the peer, or its bond, wants it? */
bool trouble_is_security(const kith_event_gatt *end);

#endif
