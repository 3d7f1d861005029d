/* Background reconnection: links to bonded peers are made again by themselves, as central, whenever those are heard.
 *
 * One list of peers, up to limits.reconnects.  Whoever of it is not connected is looked for: by the controller's filter
 * accept list where all of them fit in (and, with their keys, into its resolving list), else by scanning, where the
 * host resolves what is heard and connects to the first.  Both are paused for what the program asks for: its own
 * kith_gap_connect(), a scan where the controller cannot do both, a change of lists or address.
 *
 * At first, and after each loss, it looks all the time, for fast_s; then slowly.  A link that ends without having been
 * proven to be that peer's, and an attempt that fails, make this peer wait: retry_first_ms, twice as long each time, up
 * to retry_longest_ms; a proven link clears that.  So an impostor, or a peer that has lost its bond, costs a connection
 * now and then, not a loop.  A peer that the program disconnects (kith_gap_disconnect()) rests until
 * kith_reconnect_wake().
 *
 * What becomes of a link is as with any other: CONNECTED, and security is the program's to ask for
 * (kith/policy/secure_on_connect.h).  A list is not stored.
 *
 * Core Vol 3 Part C 9.3.5 (Auto Connection), 9.3.7 (Selective Connection), Appendix A; Vol 4 Part E 7.8.12. */
#ifndef KITH_RECONNECT_H
#define KITH_RECONNECT_H

#include "kith/gap.h"
#include "kith/peers.h"

struct kith_host;

typedef struct {
    kith_connection_parameters parameters;
    uint16_t fast_s;                                 /* 0: it is slow at once */
    uint16_t fast_interval_625us, fast_window_625us; /* 0x0004..0x4000 each */
    uint16_t slow_interval_625us, slow_window_625us;
    uint32_t retry_first_ms, retry_longest_ms; /* 100..86400000 */
    uint32_t give_up_s;                        /* a peer that was not connected for so long is given up; 0: never */
} kith_reconnection;

/* 30 to 50 ms, latency 0, 4 s; fast for 30 s with 60 ms in 60 ms, then 11.25 ms in 1.28 s; 1 s to 64 s; never. */
void kith_reconnect_default(kith_reconnection *r);

/* From now on, these peers; whoever was in the list before and is not now is looked for no more.  Who is added rests in
 * no way.  RECONNECTING tells how it goes on.
 * KITH_ERR_VALUE: a number is out of its range; KITH_ERR_NOT_FOUND: one of them is no peer; KITH_ERR_EXISTS: one is
 * named twice; KITH_ERR_FULL: more than limits.reconnects, or events must be taken first; KITH_ERR_STATE: not ready;
 * KITH_ERR_UNSUPPORTED: the controller does not connect, or limits.reconnects is 0.  With an error nothing was changed.
 */
KITH_MUST_USE kith_status kith_reconnect_begin(struct kith_host *h, const kith_peer_id *peers, uint16_t count,
                                               const kith_reconnection *r);

/* The same with all bonded peers of the identity that is selected, of more than limits.reconnects those used last; who
 * bonds is added, who is forgotten leaves. */
KITH_MUST_USE kith_status kith_reconnect_follow(struct kith_host *h, const kith_reconnection *r);

/* Looks for nobody any more; links stay.  KITH_ERR_STATE: it is off; KITH_ERR_FULL: events must be taken first. */
KITH_MUST_USE kith_status kith_reconnect_end(struct kith_host *h);

/* A peer of the list that rests, waits or was given up is looked for again, fast.  peer 0: all of them.
 * KITH_ERR_NOT_FOUND: it is not in the list; KITH_ERR_STATE: it is off. */
KITH_MUST_USE kith_status kith_reconnect_wake(struct kith_host *h, kith_peer_id peer);

typedef enum {
    KITH_RECONNECT_CONNECTED, /* or claimed on a link */
    KITH_RECONNECT_LOOKING,
    KITH_RECONNECT_WAITING, /* after a failure */
    KITH_RECONNECT_RESTING, /* the program disconnected it */
    KITH_RECONNECT_GIVEN_UP,
    KITH_RECONNECT_OTHER_IDENTITY /* it bonded with one of ours that is not selected now */
} kith_reconnect_state;

typedef struct {
    kith_peer_id peer;
    kith_reconnect_state state;
    uint16_t failures;    /* in a row */
    uint64_t retry_at_us; /* WAITING: until then */
} kith_reconnect_info;

/* KITH_ERR_NOT_FOUND: it is not in the list. */
KITH_MUST_USE kith_status kith_reconnect_get(const struct kith_host *h, kith_peer_id peer, kith_reconnect_info *out);

#endif
