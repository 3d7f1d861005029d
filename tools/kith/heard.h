/* Who was heard: one entry for each advertiser, with all that it has said by now.
 *
 * Bounded: of more than HEARD_MAX whoever was heard longest ago leaves, and is counted; an entry has a fixed size, and
 * what is kept of raw data is as long as the last of it.  Each report costs the same, however many there are: entries
 * are found by a hash that nobody else knows.  All of it is a claim: nothing here is proven. */
#ifndef TOOLS_HEARD_H
#define TOOLS_HEARD_H

#include "kith/kith.h"

enum { HEARD_MAX = 4096, HEARD_NAME = 64, HEARD_SERVICES = 6 };

/* What it said last, in one kind of packet. */
typedef struct {
    uint16_t len;
    uint8_t *octets; /* NULL: nothing, or it is not kept */
} heard_data;

typedef struct heard_one {
    kith_address address;
    kith_peer_id claimed; /* the bond it claims; 0: none */
    uint64_t first_us, last_us;
    uint32_t reports;
    bool connectable, scannable, directed, extended, is_cut;
    bool responded; /* to a scan request */
    bool has_name, has_company, has_appearance;
    bool more_services; /* than are kept */
    uint8_t sid, primary_phy, secondary_phy;
    int8_t rssi, tx_power;
    uint16_t company, appearance;
    char name[HEARD_NAME]; /* printable ASCII */
    uint8_t service_count;
    kith_uuid services[HEARD_SERVICES];
    heard_data advertised, response;
    /* The rest is heard.c's own. */
    bool is_told, has_news, is_due;
    uint64_t due_us;
    struct heard_one *same_hash, *older, *newer, *due_before, *due_after;
} heard_one;

typedef struct heard heard;

/* active: advertisers are asked for scan responses; raw: what they say is kept.  NULL: no memory. */
heard *heard_new(bool active, bool raw);
void heard_free(heard *h);

/* Takes a report.  Returns whose it is; valid until the next call. */
const heard_one *heard_report(heard *h, const kith_event_report *report, uint64_t now_us);

/* Somebody of whom there is something new to tell, and no more is awaited: all that can be known of it, or a second has
 * passed.  NULL: nobody.  It is told by this; again when there is more. */
const heard_one *heard_next(heard *h, uint64_t now_us);
uint64_t heard_deadline(const heard *h); /* when to ask; UINT64_MAX: nobody waits */

typedef struct {
    uint32_t there;       /* entries */
    uint32_t connectable; /* of them */
    uint32_t claiming;    /* a bond */
    uint32_t left;        /* to make room; one that came again was counted anew */
    uint64_t reports;
} heard_counts;
void heard_count(const heard *h, heard_counts *counts);

#endif
