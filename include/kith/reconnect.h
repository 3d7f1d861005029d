/* Background reconnection: links to bonded peers are made again by themselves, as central, whenever those are heard.
 *
 * One list of peers, up to limits.reconnects.  Whoever of it is not connected, in whatever role, is looked for in one
 * of two ways:
 *
 * - By list: the controller looks by itself.  Its filter accept list has those who are away, its resolving list the
 *   keys of all.  Only where the whole list fits into both (and into limits.listed), and the program has no use for the
 *   filter accept list: it has set none (kith/lists.h), and nothing that filters is on.  Whoever is only looked for is
 *   never in a list that advertising, a scan or connecting of the program's goes by.
 * - By scan, else: the host scans, resolves what it hears, and connects to the first; an attempt lasts up to 5 seconds.
 *   SCANNING and REPORT do not tell of it.  While the program scans by itself, what that hears is looked at; without
 *   .report_duplicates a controller tells of each address once, so who was heard then, and could not be connected to,
 *   is found when that scan is over, or by his next private address.
 *
 * Both stop for what the program asks for and go on after it: kith_gap_connect(); a scan, while it begins, and where
 * the controller cannot connect while it scans, until it is over; changes of the lists and of our address.  The
 * program's calls see no error, end or event because of it: to them nothing is on that they did not begin.  Where it
 * has just connected to the peer that kith_gap_connect() waits for, CONNECTED is the end of that.  It leaves the last
 * free link to kith_gap_connect(); else, with all links in use, nobody is looked for.
 *
 * At first, and after a peer that was proven is lost, it looks all the time, for fast_s; then slowly.  A link of its
 * making that ends without having been proven to be that peer's, and an attempt that fails, make this peer wait:
 * retry_first_ms, twice as long each time, up to retry_longest_ms; a proven link clears that.  So an impostor, or a
 * peer that has lost its bond, costs a connection now and then, not a loop.  A link that came from the peer's side and
 * proved nothing makes nobody wait: it may be anybody's.  A peer that the program disconnects (kith_gap_disconnect())
 * while it is proven rests until kith_reconnect_wake(); one that proved nothing waits as above.
 *
 * Only bonds of the identity that is selected are looked for.  After CONTROLLER_LOST it goes on by itself with the next
 * READY, and RECONNECTING tells how; a factory reset ends it.
 *
 * What becomes of a link is as with any other: CONNECTED, and security is the program's to ask for
 * (kith/policy/secure_on_connect.h).  A program that asks for none proves nobody: its peers wait after each link.  A
 * list is not stored.
 *
 * Core Vol 3 Part C 9.3.5 (Auto Connection), 9.3.7 (Selective Connection), Appendix A; Vol 4 Part E 7.8.12, 7.8.16. */
#ifndef KITH_RECONNECT_H
#define KITH_RECONNECT_H

#include "kith/gap.h"
#include "kith/peers.h"

struct kith_host;

typedef struct {
    kith_connection_parameters parameters;
    uint16_t fast_s;                                 /* 0: it is slow at once */
    uint16_t fast_interval_625us, fast_window_625us; /* 0x0004..0x4000 each, window not above interval */
    uint16_t slow_interval_625us, slow_window_625us;
    uint32_t retry_first_ms, retry_longest_ms; /* 100..86400000, the first not above the longest */
    uint32_t give_up_s; /* a peer that was not proven on a link for so long is given up; 0: never */
} kith_reconnection;

/* 30 to 50 ms, latency 0, 4 s; fast for 30 s with 60 ms in 60 ms, then 11.25 ms in 1.28 s; 1 s to 64 s; never. */
void kith_reconnect_default(kith_reconnection *r);

/* From now on, these peers; whoever was in the list before and is not now is looked for no more, who stays in it stays
 * as he is, who is added is looked for at once.  Who is forgotten leaves.  RECONNECTING tells how it goes on.
 * KITH_ERR_VALUE: a number is out of its range; KITH_ERR_NOT_FOUND: one of them is no peer; KITH_ERR_EXISTS: one is
 * named twice; KITH_ERR_FULL: more than limits.reconnects, or events must be taken first; KITH_ERR_STATE: not ready;
 * KITH_ERR_UNSUPPORTED: the controller does not connect, KITH_PRIVACY_NON_RESOLVABLE, or limits.reconnects is 0.  With
 * an error nothing was changed. */
KITH_MUST_USE kith_status kith_reconnect_begin(struct kith_host *h, const kith_peer_id *peers, uint16_t count,
                                               const kith_reconnection *r);

/* The same with all bonded peers of the identity that is selected, of more than limits.reconnects those used last; who
 * bonds is added, who is forgotten leaves: looked at when a bond or the identity changes.
 * Errors: as above, but for NOT_FOUND, EXISTS and too many. */
KITH_MUST_USE kith_status kith_reconnect_follow(struct kith_host *h, const kith_reconnection *r);

/* Looks for nobody any more; links stay.  KITH_ERR_STATE: it is off; KITH_ERR_FULL: events must be taken first. */
KITH_MUST_USE kith_status kith_reconnect_end(struct kith_host *h);

/* A peer of the list that rests, waits or was given up is looked for again, fast, as if it had never failed.  peer 0:
 * all of them; what the controller has refused is tried again, too. KITH_ERR_NOT_FOUND: it is not in the list;
 * KITH_ERR_STATE: it is off. */
KITH_MUST_USE kith_status kith_reconnect_wake(struct kith_host *h, kith_peer_id peer);

typedef enum {
    KITH_RECONNECT_CONNECTED, /* proven on a link, or claimed on one that we began */
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

/* KITH_ERR_NOT_FOUND: it is not in the list, or there is none. */
KITH_MUST_USE kith_status kith_reconnect_get(const struct kith_host *h, kith_peer_id peer, kith_reconnect_info *out);

#endif
