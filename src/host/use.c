/* How peers are used: rank, last use, pins, and what they say of their privacy.
 *
 * It is kept in memory beside the bond, and in its state record (docs/bond-format.md).  What the program asks for is in
 * force when that record is durable, one operation after the other; a last use is in force at once, and written with
 * what else is written of that peer, or a little later. */
#include "host/internal.h"

enum { COALESCE_US = 200000 }; /* as clients.c: a peer that comes says more */

/* ---- the largest of all bonds ---- */

static bool stands(const peers_bond *bond)
{
    return bond->id != 0 && bond->state == PEERS_STANDS;
}

static void count(uint32_t value, uint32_t *largest, uint32_t *how_many)
{
    if (value > *largest)
        *how_many = 0;
    if (value > *largest)
        *largest = value;
    *how_many += value == *largest;
}

/* Bonds that come have neither rank nor use; when one has gone all are looked at once. */
static host_use *largest(kith_host *h)
{
    host_use *use = &h->use;

    if (use->is_known && use->left == h->bonds.left)
        return use;
    *use = (host_use){.is_known = true, .left = h->bonds.left};
    for (uint32_t i = 0; i < h->bonds.capacity; i++) {
        const peers_bond *bond = &h->bonds.slots[i];

        if (!stands(bond))
            continue;
        count(bond->use.rank, &use->rank, &use->rank_count);
        count(bond->use.last_use, &use->last_use, &use->last_use_count);
    }
    return use;
}

static bool is_highest(const peers_bond *a, const peers_bond *b)
{
    return a->use.rank != b->use.rank           ? a->use.rank > b->use.rank
           : a->use.last_use != b->use.last_use ? a->use.last_use > b->use.last_use
                                                : a->id > b->id;
}

kith_status kith_peers_ranks(const kith_host *h, kith_peer_ranks *out)
{
    const peers_bond *highest = NULL, *lowest = NULL;

    for (uint32_t i = 0; i < h->bonds.capacity; i++) {
        const peers_bond *bond = &h->bonds.slots[i];

        if (!stands(bond))
            continue;
        if (highest == NULL || is_highest(bond, highest))
            highest = bond;
        if (lowest == NULL || is_highest(lowest, bond))
            lowest = bond;
    }
    if (highest == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = (kith_peer_ranks){.highest = highest->id,
                             .lowest = lowest->id,
                             .highest_rank = highest->use.rank,
                             .lowest_rank = lowest->use.rank};
    return KITH_OK;
}

/* ---- last use ---- */

/* false: it was used last already, and nobody else was. */
static bool touch(kith_host *h, peers_bond *bond)
{
    host_use *use = largest(h);

    if (bond->use.last_use == use->last_use && (use->last_use_count == 1 || use->last_use == UINT32_MAX) &&
        use->last_use != 0)
        return false;
    count(use->last_use < UINT32_MAX ? use->last_use + 1 : UINT32_MAX, &use->last_use, &use->last_use_count);
    bond->use.last_use = use->last_use;
    bond->use.is_unsaved = true;
    return true;
}

void use_on_proven(kith_host *h, host_link *link)
{
    peers_bond *bond = peers_by_id(&h->bonds, link->proven);

    reconnect_on_proven(h, link);
    if (bond != NULL && touch(h, bond) && storing_outlives(h) && link->client_due_us == UINT64_MAX)
        link->client_due_us = host_time(h) + COALESCE_US;
}

void use_on_stored_alone(kith_host *h, kith_peer_id peer)
{
    peers_bond *bond = peers_by_id(&h->bonds, peer);

    if (bond == NULL || !touch(h, bond))
        return;
    use_want(h, bond);
    if (use_wants(h, bond))
        (void)signing_want_record(h, bond);
}

/* ---- the state record ---- */

/* A first record takes room, which those that were promised some do not share. */
static bool has_room(const kith_host *h, const peers_bond *bond)
{
    return bond->counters.in_store || storing_has_room_for(h, 1);
}

void use_want(const kith_host *h, peers_bond *bond)
{
    if (bond->use.is_unsaved && !bond->counters.leave_alone && storing_outlives(h) && has_room(h, bond))
        bond->use.is_wanted = true;
}

void use_load(kith_host *h, peers_bond *bond, const kith_state_record *state)
{
    peers_take_use(&bond->use, state);
    h->use.is_known = false;
}

/* ---- operations ---- */

static bool takes_turn(const kith_host *h, const host_data *d)
{
    (void)h;
    return d->use != USE_ASKED && d->use != USE_ASKED_MORE;
}

host_data *use_find(const kith_host *h, kith_token token)
{
    for (unsigned i = 0; token != 0 && i < h->config.limits.data; i++)
        if (h->data[i].token == token)
            return &h->data[i];
    return NULL;
}

bool use_is_turn(const kith_host *h, kith_token token)
{
    const host_data *first = data_oldest(h, takes_turn);

    return first == NULL || first->token == token || use_find(h, token) == NULL;
}

static bool is_started(const kith_host *h, const host_data *d)
{
    (void)h;
    return d->is_started;
}

/* The one whose turn it is, if it is about use.  An answer that comes late belongs to an older one, which waits for the
 * one that was begun. */
static host_data *current(const kith_host *h)
{
    host_data *d = data_oldest(h, is_started);

    if (d == NULL)
        d = data_oldest(h, takes_turn);
    return d != NULL && d->what == KITH_PEER_USE ? d : NULL;
}

/* Whose new value goes into this bond's record; NULL: none. */
static host_data *started(const kith_host *h, const peers_bond *bond)
{
    host_data *d = current(h);

    return d != NULL && d->is_started && d->peer == bond->id ? d : NULL;
}

static void apply(const host_data *d, kith_state_record *state)
{
    if (d->use == USE_RANK)
        state->rank = d->number;
    else if (d->use == USE_PIN)
        state->pinned = d->number != 0;
    else
        resolution_apply(d->number, state);
}

void use_fill(const kith_host *h, const peers_bond *bond, kith_state_record *state)
{
    const host_data *d = started(h, bond);

    peers_fill_use(&bond->use, state);
    if (d != NULL)
        apply(d, state);
}

bool use_wants(const kith_host *h, const peers_bond *bond)
{
    return (bond->use.is_wanted && storing_outlives(h)) || started(h, bond) != NULL;
}

/* A record that was filled before has the value before. */
static bool is_in(const host_data *d, const kith_state_record *written)
{
    kith_state_record with = *written;

    apply(d, &with);
    return with.rank == written->rank && with.pinned == written->pinned && with.resolution == written->resolution &&
           with.private_only == written->private_only;
}

/* In memory. */
static void adopt(kith_host *h, peers_bond *bond, const kith_state_record *written)
{
    if (written->rank < bond->use.rank)
        h->use.is_known = false;
    else if (written->rank > bond->use.rank)
        count(written->rank, &h->use.rank, &h->use.rank_count);
    bond->use.rank = written->rank;
    bond->use.pinned = written->pinned;
    bond->use.resolution = written->resolution;
    bond->use.private_only = written->private_only;
    lists_on_use(h);
}

/* The highest rank is looked for when it is its turn. */
static kith_status settle_rank(kith_host *h, const peers_bond *bond, host_data *d)
{
    const host_use *use = largest(h);
    bool is_alone = use->rank != 0 && bond->use.rank == use->rank && use->rank_count == 1;

    if (!is_alone && use->rank == UINT32_MAX)
        return KITH_ERR_USED_UP;
    d->use = USE_RANK;
    d->number = is_alone ? use->rank : use->rank + 1;
    return KITH_OK;
}

/* true: it goes on in the store; else it ends so. */
static bool start(kith_host *h, peers_bond *bond, host_data *d, kith_status *status, bool *changed)
{
    kith_state_record state = {.peer = bond->id};

    *changed = false;
    *status = d->use == USE_HIGHEST ? settle_rank(h, bond, d) : KITH_OK;
    if (*status != KITH_OK)
        return false;
    peers_fill_use(&bond->use, &state);
    apply(d, &state);
    if (peers_is_use_of(&state, &bond->use))
        return false;
    *changed = !storing_outlives(h);
    if (*changed) {
        adopt(h, bond, &state);
        return false;
    }
    *status = bond->counters.leave_alone ? KITH_ERR_UNSUPPORTED
              : has_room(h, bond)        ? signing_prepare_record(h, bond)
                                         : KITH_ERR_FULL;
    d->is_started = *status == KITH_OK;
    return d->is_started;
}

void use_go_on(kith_host *h)
{
    data_end_lost(h);
    for (host_data *d = current(h); d != NULL && !d->is_started; d = current(h)) {
        peers_bond *bond = peers_by_id(&h->bonds, d->peer);
        kith_status status = KITH_ERR_NOT_FOUND;
        bool changed = false;

        if (bond == NULL || !start(h, bond, d, &status, &changed))
            data_end(h, d, status, changed);
    }
}

bool use_waits(const kith_host *h)
{
    const host_data *d = current(h);

    return d != NULL && !d->is_started;
}

/* What was written is what stands, unless it has changed meanwhile. */
void use_on_stored(kith_host *h, peers_bond *bond, const kith_state_record *written)
{
    host_data *d = started(h, bond);
    bool differs;

    if (d != NULL && is_in(d, written)) {
        adopt(h, bond, written);
        data_end(h, d, KITH_OK, true);
    }
    differs = !peers_is_use_of(written, &bond->use);
    bond->use.is_unsaved &= differs;
    bond->use.is_wanted &= differs;
}

/* A store that fails is not asked again and again; what it holds now is not known. */
void use_on_failed(kith_host *h, peers_bond *bond, const kith_state_record *written, kith_status status)
{
    host_data *d = started(h, bond);

    if (d != NULL && is_in(d, written))
        data_end(h, d, status, false);
    bond->use.is_unsaved |= bond->use.is_wanted || !peers_is_use_of(written, &bond->use);
    bond->use.is_wanted = false;
}

/* ---- the calls ---- */

static kith_status begin(kith_host *h, kith_peer_id peer, use_change change, uint32_t number, kith_token *token)
{
    kith_status status;
    host_data *d = data_begin(h, peer, KITH_PEER_USE, KITH_PEER_STORED, token, &status);

    if (d == NULL)
        return status;
    d->use = (uint8_t)change;
    d->number = number;
    storing_want(h);
    return KITH_OK;
}

kith_status kith_peers_set_rank(kith_host *h, kith_peer_id peer, uint32_t rank, kith_token *token)
{
    return begin(h, peer, USE_RANK, rank, token);
}

kith_status kith_peers_pin(kith_host *h, kith_peer_id peer, bool pinned, kith_token *token)
{
    return begin(h, peer, USE_PIN, pinned, token);
}

static bool is_used_up(kith_host *h, kith_peer_id peer)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);
    const host_use *use = largest(h);

    return bond != NULL && use->rank == UINT32_MAX && (bond->use.rank != use->rank || use->rank_count > 1);
}

kith_status kith_peers_rank_highest(kith_host *h, kith_peer_id peer, kith_token *token)
{
    *token = 0;
    return is_used_up(h, peer) ? KITH_ERR_USED_UP : begin(h, peer, USE_HIGHEST, 0, token);
}
