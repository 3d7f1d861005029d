/* What a visit to a peer is for: begun when the link is as it is wanted, told of what the peer's attributes bring, and
 * asked to come to an end. */
#ifndef TOOLS_ERRAND_H
#define TOOLS_ERRAND_H

#include "kith/kith.h"
#include "report.h"

typedef enum {
    ERRAND_GOES_ON,
    ERRAND_DONE,
    ERRAND_FAILED /* a sentence was printed */
} errand_result;

/* Where it is done. */
typedef struct {
    kith_host *host;
    kith_link link;
    kith_event_connected connected; /* how the link began */
    const report *report;
    const char *peer; /* as it was asked for */
    uint16_t mtu;     /* of the link */
    bool may_pair;
} errand_site;

typedef struct {
    const char *doing;   /* "reading from" */
    bool tells_link;     /* people are told of each change of the link, too */
    unsigned patience_s; /* how long nothing need happen; 0: as long as it takes */
    errand_result (*begin)(void *self, const errand_site *site);
    /* Events of kith/gatt_client.h, and RSSI.  Ends with LINK_LOST do not come here. */
    errand_result (*on_event)(void *self, const errand_site *site, const kith_event *event);
    /* These may be NULL.  turn: once in each turn of the loop, and at the deadline.  stop: undoes what should not stay;
     * where it goes on, on_event() brings its end. */
    errand_result (*turn)(void *self, const errand_site *site, uint64_t now_us);
    uint64_t (*deadline)(const void *self);
    errand_result (*stop)(void *self, const errand_site *site);
} errand;

#endif
