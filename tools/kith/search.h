/* Who is meant: finds a peer by its name, address or bond among what advertisers say.  Names and addresses are claims;
 * only encryption with a bond proves anything. */
#ifndef TOOLS_SEARCH_H
#define TOOLS_SEARCH_H

#include "kith/kith.h"

enum { SEARCH_NAMES = 4, SEARCH_NAME = 32 };

typedef enum { SEARCH_GOES_ON, SEARCH_FOUND, SEARCH_AMBIGUOUS } search_result;

typedef struct {
    const char *peer;                     /* as it was asked for */
    const char *name;                     /* as it calls itself, if that is meant */
    bool by_address, by_service, by_bond; /* it is that for certain; else it may be a name as well */
    bool any;                             /* those, too, who cannot be connected to */
    kith_uuid service;
    kith_address wanted;                   /* its octets; of either type */
    kith_peer_id number;                   /* of a bond, if there is one with it; 0: it is no number */
    unsigned count;                        /* of those that fit: 0, 1, 2 */
    kith_address fits[2];                  /* on air */
    kith_peer_id claims[2];                /* the bonds they claim; 0: none */
    uint64_t decide_us;                    /* until then another may turn up; UINT64_MAX: none fits yet */
    bool others;                           /* somebody else was heard, */
    char names[SEARCH_NAMES][SEARCH_NAME]; /* and of those that have a name some call themselves so; harmless */
} search;

/* peer: a name, an address of either type, on air or of a bond, the number of a bond, or the UUID of a service, of four
 * digits or in its long form.  "peer:N" is that bond and nothing else, "name:X" that name. */
void search_init(search *s, const char *peer);

/* What people are told of that. */
#define SEARCH_HELP                                                                                                    \
    "a name, an address, the number of a bond (`kith bonds list'), or the UUID of a service, as 180d or in its long "  \
    "form; peer:N and name:X leave no doubt which of these is meant"

/* Is the bond that is meant there?  Nobody else will do. */
bool search_is_possible(const search *s, const kith_host *host);

/* Is this one meant? */
bool search_on_report(search *s, const kith_host *host, const kith_event_report *report, uint64_t now_us);

/* FOUND: s->fits[0].  AMBIGUOUS: two devices, s->fits, are that. */
search_result search_result_now(const search *s, uint64_t now_us);

#endif
