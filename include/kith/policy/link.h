/* What a policy remembers of one link.  The program gives the memory, an array of as many as limits.links for each
 * policy that asks for one; only the policy looks into it. */
#ifndef KITH_POLICY_LINK_H
#define KITH_POLICY_LINK_H

#include "kith/event.h"

typedef struct {
    uint64_t due_us; /* UINT64_MAX: it waits for an event, not for time */
    kith_link link;  /* 0: free */
    kith_peer_id peer;
    uint8_t state;
    uint8_t level; /* that is asked for, or was */
    uint8_t key_size;
    uint8_t tries;
} kith_policy_link;

typedef struct {
    kith_policy_link *of;
    uint8_t count;
} kith_policy_links;

#endif
