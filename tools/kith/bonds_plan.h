/* What an import would do with each bond, decided before anything is written.  IT HOLDS KEYS: free it. */
#ifndef TOOLS_BONDS_PLAN_H
#define TOOLS_BONDS_PLAN_H

#include "kith/port/exchange.h"
#include "store_bonds.h"

typedef enum {
    PLAN_ADD,
    PLAN_REPLACE,    /* the bond with the same peer */
    PLAN_SAME,       /* the store has this very bond, and believes as much of it or more: nothing is to be done */
    PLAN_KEPT,       /* the peer has a bond, and nobody said that it may be replaced */
    PLAN_STRONGER,   /* the peer has a bond that is stronger: that is never replaced */
    PLAN_NOT_OURS,   /* it belongs to another local identity than the store's */
    PLAN_OURSELVES,  /* its peer is this device itself: it is the other side's view of a bond */
    PLAN_TWICE,      /* another one of the same peer is taken */
    PLAN_IMPOSSIBLE, /* it makes no record */
    PLAN_OUTCOMES
} plan_outcome;

typedef struct {
    plan_outcome outcome;
    kith_bond_record bond; /* with the ID that it has or gets; 0: none */
    bool is_unusable;      /* it is taken although it belongs to another local identity */
    uint32_t shares_irk;   /* the peer that has the same identity resolving key; 0: none */
} plan_entry;

typedef struct {
    bool may_replace, may_be_others;
    bool has_only; /* bonds of this local identity alone; others are passed over */
    kith_address only;
} plan_wishes;

typedef struct {
    bool makes_device; /* the store is new, and gets this identity */
    bool takes_over;   /* its address is the one that the bonds belong to */
    bool is_public;    /* the bonds belong to a public address, which is the adapter's and not the store's: */
    kith_address public_address;
    bool draws_irk;            /* its identity resolving key is a new one: nobody told the one that these peers know */
    bool has_other_irk;        /* our identity resolving key is another one than these bonds' peers know */
    kith_device_record device; /* who the store is, or becomes */
    plan_entry *entries;
    size_t count, passed_over;
} bonds_plan;

/* false: a sentence was printed, and there is nothing to free.  Every entry that is to be written encodes, and there is
 * room for all of them. */
bool bonds_plan_make(bonds_plan *p, const kith_exchange_result *got, const store_bonds *store,
                     const plan_wishes *wishes, const char *path);
void bonds_plan_free(bonds_plan *p); /* overwrites it */

bool bonds_plan_writes(const plan_entry *e);
bool bonds_plan_is_done(const plan_entry *e); /* what was asked for is so in the end */
const char *bonds_plan_word(plan_outcome outcome);

#endif
