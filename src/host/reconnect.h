/* Background reconnection: what its files do for each other and for the rest of the host. */
#ifndef HOST_RECONNECT_H
#define HOST_RECONNECT_H

#include "host/state.h"

/* reconnect.c, reconnect_peers.c: background reconnection, and who of its list is looked for */
void reconnect_lay_out(host_reconnect *r, uint8_t most, host_reconnected *peers, kith_peer_id *ids);
bool reconnect_waits(const kith_host *h); /* for reconnect_go_on() */
void reconnect_go_on(kith_host *h);
void reconnect_touch(kith_host *h); /* something has changed that it may depend on */
void reconnect_refuse(kith_host *h, kith_status status, kith_hci_status hci_status); /* it rests till the next change */
void reconnect_on_list_refused(kith_host *h, kith_hci_status hci_status);
void reconnect_on_address(kith_host *h); /* our own one shall be another: what is on air begins anew */
void reconnect_on_ready(kith_host *h);
void reconnect_on_lost(kith_host *h);
void reconnect_forget_all(kith_host *h);
void reconnect_switch_off(kith_host *h);
bool reconnect_is_able(const kith_host *h); /* the controller is, and our privacy lets it */
void reconnect_settle(kith_host *h);
bool reconnect_expire(kith_host *h);
uint64_t reconnect_deadline(const kith_host *h);
kith_reconnecting_way reconnect_way(const kith_host *h);
bool reconnect_is_fast(const kith_host *h);
bool reconnect_is_active(const kith_host *h); /* it is on air, or about to be */

host_reconnected *reconnect_find(const kith_host *h, kith_peer_id peer); /* NULL: not in the list */
bool reconnect_looks_for(const kith_host *h, const host_reconnected *e);
bool reconnect_is_ours(const kith_host *h, kith_peer_id peer); /* bonded with the identity that is selected */
void reconnect_add(kith_host *h, kith_peer_id peer);
void reconnect_keep_members(kith_host *h); /* bonds came or went */
void reconnect_keep_only(kith_host *h, const kith_peer_id *peers, uint16_t count);
bool reconnect_make_lists(kith_host *h); /* true: another one than before is looked for */
void reconnect_fail(kith_host *h, host_reconnected *e);
void reconnect_wake(kith_host *h, host_reconnected *e);
void reconnect_hurry(kith_host *h); /* it is fast again */
void reconnect_on_link(kith_host *h, const host_link *link);
void reconnect_on_proven(kith_host *h, const host_link *link);
void reconnect_on_disconnect(kith_host *h, const host_link *link); /* the program wants it to end */
void reconnect_on_link_end(kith_host *h, const host_link *link);

/* reconnect_turns.c: what the controller does for it, in turn with what the program wants */
size_t reconnect_command(kith_host *h, uint8_t *out);
bool reconnect_take_result(kith_host *h, kith_hci_status status); /* true: the command was its */
bool reconnect_is_quiet(const kith_host *h);                      /* as far as pauses want it to be */
bool reconnect_lets_connect(const kith_host *h);                  /* the program */
bool reconnect_lets_scan(const kith_host *h);
void reconnect_end_attempt(kith_host *h); /* its time is over */
void reconnect_on_report(kith_host *h, const kith_address *address, bool connectable);
bool reconnect_take_link(kith_host *h,
                         const kith_address *peer);            /* as central: it is of its making, not the program's */
bool reconnect_take_end(kith_host *h, kith_hci_status status); /* likewise, of what made no link */

#endif
