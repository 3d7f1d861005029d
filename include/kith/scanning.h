/* Scanning: hearing who is there, and finding one.  Core Vol 3 Part C 9.1, 9.2, Vol 4 Part E 7.8.10, 7.8.11, 7.8.64,
 * 7.8.65; Vol 6 Part B 4.4.3. */
#ifndef KITH_SCANNING_H
#define KITH_SCANNING_H

#include "kith/event.h"

struct kith_host;

typedef struct {
    uint16_t interval_625us, window_625us; /* 0x0004..0x4000, window not above interval */
    bool active;
    bool report_duplicates;
    bool filter;       /* only listed peers (kith/lists.h) are reported */
    uint8_t phys;      /* KITH_PHYS_1M, _CODED: where it listens, in turn; 0: LE 1M */
    uint32_t limit_ms; /* it is off after so long; 0: no limit */
} kith_scan;

void kith_gap_default_scan(kith_scan *scan); /* active, 60 ms window in 60 ms, no duplicates, LE 1M, no limit */

/* SCANNING tells; REPORT comes for what is heard.  Advertising and scanning may be on at once.  With privacy on a
 * controller with extended scanner filter policies also hears what is directed to a private address of ours that it
 * does not know; the host tells what was made with our key, and nothing of the rest.
 * KITH_ERR_STATE: not ready, scanning already, or connecting; KITH_ERR_VALUE: a number is out of its range;
 * KITH_ERR_UNSUPPORTED: the controller cannot (KITH_LACKS_SCANNING, _PHY_CODED), or with a filter there are no lists;
 * KITH_ERR_NOT_FOUND: with a filter, and nobody is listed; KITH_ERR_BUSY: our identity is just being changed. */
KITH_MUST_USE kith_status kith_gap_start_scan(struct kith_host *h, const kith_scan *scan);

/* Ends a search, too.  KITH_ERR_STATE: it is off; KITH_ERR_BUSY: it is being switched, KITH_EVENT_SCANNING will tell.
 */
KITH_MUST_USE kith_status kith_gap_stop_scan(struct kith_host *h);

/* What is sought; NULL and zeros: anything.  All that is given must be so of one advertiser: name and services may be
 * in its advertising or in its scan response.  What an advertiser says is a claim. */
typedef struct {
    const char *name; /* its Complete Local Name; or the beginning of it, where it says the Shortened one */
    const kith_address
        *address;             /* as on air, or the identity of the bond that it claims (that: kith_gap_find() alone) */
    const kith_uuid *service; /* in a list of service UUIDs, or as service data; 16 bits fit their 128-bit form */
    kith_peer_id peer;        /* it claims this bond */
    int8_t rssi_least;        /* heard at least so strongly, in dBm; 0: however weakly */
    bool connectable;
} kith_sought;

/* Is it what is sought, as far as this report alone tells? */
bool kith_gap_is_sought(const kith_sought *sought, const kith_event_report *report);

/* Scans until one is found, or for limit_ms (0: for as long as it takes).  Ends once, in FOUND, after SCANNING has told
 * that it is off; reports of others are not told, nor is SCANNING on.  scan NULL: the defaults; its limit_ms and
 * report_duplicates are not looked at: everybody is heard again and again, as what is missing may be said next.  Put
 * together is what the last 8 have said that say something of it; who says no address (extended advertising) must say
 * all of it at once.  What sought points to is lent until then.  What was found stays found, whatever comes before
 * FOUND.  For any other question to an advertiser: kith_gap_start_scan() and look at each REPORT, or
 * kith/port/blocking.h.
 * Errors: as kith_gap_start_scan(). */
KITH_MUST_USE kith_status kith_gap_find(struct kith_host *h, const kith_scan *scan, const kith_sought *sought,
                                        uint32_t limit_ms);

#endif
