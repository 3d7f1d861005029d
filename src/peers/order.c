#include "peers/order.h"

enum { HIGHEST_BIT = 31 };

static uint32_t *branch(const peers_index *x, uint32_t slot, kith_peer_id id, int bit)
{
    return (id >> bit & 1) != 0 ? &x->branches[slot].higher : &x->branches[slot].lower;
}

/* Where this slot hangs, or where it would: at most 32 branches are taken. */
static uint32_t *place_of(peers_index *x, uint32_t slot, kith_peer_id id)
{
    uint32_t *at = &x->root;

    for (int bit = HIGHEST_BIT; bit >= 0 && *at != PEERS_NO_SLOT && *at != slot; bit--)
        at = branch(x, *at, id, bit);
    return at;
}

void peers_order_add(peers_index *x, uint32_t slot, kith_peer_id id)
{
    *place_of(x, slot, id) = slot;
    x->branches[slot].lower = x->branches[slot].higher = PEERS_NO_SLOT;
}

/* Any leaf below it may take its place: it shares the bits that lead there. */
void peers_order_remove(peers_index *x, uint32_t slot, kith_peer_id id)
{
    uint32_t *at = place_of(x, slot, id);
    uint32_t *leaf_at = at;
    uint32_t leaf;

    while (x->branches[*leaf_at].lower != PEERS_NO_SLOT || x->branches[*leaf_at].higher != PEERS_NO_SLOT)
        leaf_at =
            x->branches[*leaf_at].lower != PEERS_NO_SLOT ? &x->branches[*leaf_at].lower : &x->branches[*leaf_at].higher;
    leaf = *leaf_at;
    *leaf_at = PEERS_NO_SLOT;
    if (leaf == slot)
        return;
    x->branches[leaf].lower = x->branches[slot].lower;
    x->branches[leaf].higher = x->branches[slot].higher;
    *at = leaf;
}

static uint32_t lower_of(const peers_bond *slots, uint32_t best, uint32_t other)
{
    return best == PEERS_NO_SLOT || slots[other].id < slots[best].id ? other : best;
}

/* Looked at: who lies on the path to after, and below the last branch to a higher one. */
uint32_t peers_order_after(const peers_index *x, const peers_bond *slots, kith_peer_id after)
{
    uint32_t best = PEERS_NO_SLOT, above = PEERS_NO_SLOT, at = x->root;

    for (int bit = HIGHEST_BIT; at != PEERS_NO_SLOT; bit--) {
        if (slots[at].id > after)
            best = lower_of(slots, best, at);
        if (bit < 0)
            break;
        if ((after >> bit & 1) == 0 && x->branches[at].higher != PEERS_NO_SLOT)
            above = x->branches[at].higher;
        at = *branch(x, at, after, bit);
    }
    for (; above != PEERS_NO_SLOT;
         above = x->branches[above].lower != PEERS_NO_SLOT ? x->branches[above].lower : x->branches[above].higher)
        best = lower_of(slots, best, above);
    return best;
}
