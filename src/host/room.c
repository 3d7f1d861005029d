/* Room for a newcomer in a full table (KITH_FULL_ASK): who may go for it, the question, and the order in which it is
 * done.  The newcomer's bond is written first, then the other one is destroyed, then its place is taken; so there is
 * one bond too many in the store for a moment, and a start that finds it ends what was begun.  DECISIONS 19. */
#include "base/wipe.h"
#include "host/internal.h"

enum { ANSWER_US = 25000000 };

/* ---- who may go ---- */

static bool is_here(const kith_host *h, const peers_bond *bond)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        const host_link *link = &h->links[i];

        if (link->id != 0 && (link->proven == bond->id || link->with_bond == bond->id ||
                              (link->session != NULL && link->session->at_stake == bond->id)))
            return true;
    }
    return false;
}

/* The only one never goes: who is left out could be let in by nobody else any more. */
static bool may_go(const kith_host *h, const peers_bond *bond, uint8_t newcomer_level)
{
    return bond != NULL && h->bonds.used > 1 && !bond->use.pinned && bond->level <= newcomer_level &&
           !storing_has(h, bond->id) && !is_here(h, bond);
}

bool kith_peers_may_go(const kith_host *h, kith_peer_id peer, kith_level newcomer)
{
    return may_go(h, peers_by_id(&h->bonds, peer), (uint8_t)newcomer);
}

/* Is one kept rather than the other? */
static bool is_dearer(const peers_bond *one, const peers_bond *other)
{
    if (one->use.rank != other->use.rank)
        return one->use.rank > other->use.rank;
    return one->use.last_use > other->use.last_use;
}

static const peers_bond *cheapest(const kith_host *h, uint8_t newcomer_level)
{
    const peers_bond *found = NULL, *bond = peers_after(&h->bonds, 0);

    for (; bond != NULL; bond = peers_after(&h->bonds, bond->id))
        if (may_go(h, bond, newcomer_level) && (found == NULL || is_dearer(found, bond)))
            found = bond;
    return found;
}

/* ---- before a pairing begins ---- */

/* Somebody may go, whatever comes of the pairing: it never has less than the level that is required. */
bool room_can_be_made(const kith_host *h)
{
    const kith_security *s = &h->config.security;
    kith_level least = s->sc_only ? KITH_LEVEL_SC_AUTHENTICATED : s->required_level;

    if (s->when_full != KITH_FULL_ASK || (window_admits(h) && h->room_made))
        return false;
    return cheapest(h, (uint8_t)least) != NULL;
}

/* Beside those that were promised one and need nobody to go: pairings, and the one that is added. */
static bool has_place(const kith_host *h, const host_save *save)
{
    uint32_t promised = 0;

    for (unsigned i = 0; i < storing_places(h); i++)
        promised += &h->saves[i] != save && h->saves[i].used && h->saves[i].stage == SAVE_WRITE && h->saves[i].go == 0;
    return peers_has_room(&h->bonds, &save->bond.local, &save->bond.identity, promised);
}

/* ---- the question ---- */

static host_save *save_of(const kith_host *h, kith_link link)
{
    for (unsigned i = 0; i < h->config.limits.pairings; i++)
        if (h->saves[i].used && h->saves[i].stage == SAVE_ASKED && h->saves[i].link == link)
            return &h->saves[i];
    return NULL;
}

void room_ask(kith_host *h, host_link *link, host_save *save)
{
    const peers_bond *would_go = cheapest(h, save->bond.level);
    kith_event *event;

    if (would_go == NULL || (save->by_window && h->room_made)) {
        storing_end_save(h, save, KITH_ERR_FULL);
        return;
    }
    save->stage = SAVE_ASKED;
    save->deadline_us = host_time(h) + ANSWER_US;
    event = event_ask(h, KITH_EVENT_ROOM_WANTED, link);
    event->room.newcomer = save->bond.identity;
    event->room.level = (kith_level)save->bond.level;
    event->room.would_go = would_go->id;
    event->room.deadline_us = save->deadline_us;
}

kith_status kith_peers_make_room(kith_host *h, kith_link id, kith_peer_id go)
{
    const host_link *link = link_by_id(h, id);
    host_save *save = save_of(h, id);
    const peers_bond *bond = peers_by_id(&h->bonds, go);

    if (link == NULL || (go != 0 && bond == NULL))
        return KITH_ERR_NOT_FOUND;
    if (save == NULL || link->unheard != 0)
        return KITH_ERR_STATE;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    if (go == 0) {
        storing_end_save(h, save, KITH_ERR_FULL);
        return KITH_OK;
    }
    if (!may_go(h, bond, save->bond.level) || (save->by_window && h->room_made))
        return KITH_ERR_VALUE; /* or another was asked about at the same time, and somebody has gone for that one */
    h->room_made |= save->by_window;
    save->go = go;
    save->stage = SAVE_WRITE;
    storing_go_on_with(h, save);
    host_finish(h);
    return KITH_OK;
}

void room_on_link_end(kith_host *h, const host_link *link)
{
    host_save *save = save_of(h, link->id);

    if (save != NULL)
        storing_end_save(h, save, KITH_ERR_FULL);
}

uint64_t room_deadline(const kith_host *h)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < h->config.limits.pairings; i++)
        if (h->saves[i].used && h->saves[i].stage == SAVE_ASKED && h->saves[i].deadline_us < due)
            due = h->saves[i].deadline_us;
    return due;
}

bool room_expire(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.pairings; i++) {
        host_save *save = &h->saves[i];

        if (!save->used || save->stage != SAVE_ASKED || save->deadline_us > h->now_us)
            continue;
        storing_end_save(h, save, KITH_ERR_FULL);
        return true;
    }
    return false;
}

/* ---- the place ---- */

static bool is_going(const kith_host *h, kith_peer_id peer)
{
    const peers_bond *forgotten = peers_forgotten(&h->bonds, peer);

    return forgotten != NULL && forgotten->state == PEERS_FORGETTING;
}

/* The newcomer's bond is durable.  Who was to go may be here by now, be gone for another newcomer, or the store has
 * failed to destroy it: nobody else goes for it, as nobody has said so. */
void room_take_place(kith_host *h, host_save *save)
{
    peers_bond *bond = peers_by_id(&h->bonds, save->go);

    if (has_place(h, save)) {
        storing_end_save(h, save, KITH_OK);
        return;
    }
    save->stage = SAVE_CLEARING;
    if (bond != NULL && may_go(h, bond, save->bond.level))
        bonding_forget(h, bond);
    else if (!is_going(h, save->go))
        room_give_up(h, save);
}

/* Nobody goes for it after all, so what was written must not be there. */
void room_give_up(kith_host *h, host_save *save)
{
    save->go = 0;
    save->stage = SAVE_UNDO;
    storing_want(h);
}

/* A place is free while somebody is asked for one: nobody need go any more. */
static void settle_question(kith_host *h, host_save *save)
{
    if (!has_place(h, save))
        return;
    save->stage = SAVE_WRITE;
    storing_go_on_with(h, save);
}

static void end_clearing(kith_host *h, kith_peer_id gone, kith_status result)
{
    for (unsigned i = 0; i < h->config.limits.pairings; i++) {
        host_save *save = &h->saves[i];

        if (!save->used || save->stage != SAVE_CLEARING || save->go != gone)
            continue;
        if (result == KITH_OK && has_place(h, save))
            storing_end_save(h, save, KITH_OK);
        else
            room_give_up(h, save);
    }
}

/* Somebody was forgotten, or the store failed to.  For whom it went comes first, then who is still asked about. */
void room_on_forgotten(kith_host *h, kith_peer_id id, kith_status result)
{
    end_clearing(h, id, result);
    for (unsigned i = 0; i < h->config.limits.pairings; i++)
        if (h->saves[i].used && h->saves[i].stage == SAVE_ASKED)
            settle_question(h, &h->saves[i]);
}

/* ---- a start with one bond too many ---- */

/* false: not one that this host can end; or there is another one already. */
bool room_load_extra(kith_host *h, const peers_bond *bond)
{
    host_save *extra = &h->saves[0];

    if (h->config.security.when_full != KITH_FULL_ASK || (extra->used && extra->bond.id != bond->id) ||
        peers_by_identity(&h->bonds, &bond->local, &bond->identity) != NULL)
        return false;
    wipe(extra, sizeof *extra);
    extra->used = true;
    extra->stage = SAVE_CLEARING;
    extra->is_loaded = true;
    extra->bond = *bond;
    return true;
}

/* The store says that this one is gone, or has a newer version. */
void room_drop_extra(kith_host *h, kith_peer_id id)
{
    host_save *extra = &h->saves[0];

    if (extra->used && extra->is_loaded && extra->bond.id == id)
        wipe(extra, sizeof *extra);
}

static peers_bond *newest(const kith_host *h)
{
    peers_bond *found = NULL, *bond = peers_after(&h->bonds, 0);

    for (; bond != NULL; bond = peers_after(&h->bonds, bond->id))
        found = bond;
    return found;
}

/* All bonds were read, and nothing that lies beside them: the newcomer is the newest, and has nothing beside it. */
bool room_sort_extra(kith_host *h)
{
    host_save *extra = &h->saves[0];
    peers_bond *last, other;

    if (!extra->used || !extra->is_loaded)
        return true;
    if (has_place(h, extra)) { /* who went for it was read before that was said */
        last = peers_put(&h->bonds, &extra->bond);
        wipe(extra, sizeof *extra);
        return last != NULL;
    }
    last = newest(h);
    if (last == NULL || last->id < extra->bond.id)
        return true;
    other = *last;
    peers_remove(&h->bonds, last);
    last = peers_put(&h->bonds, &extra->bond);
    extra->bond = other;
    wipe(&other, sizeof other);
    return last != NULL;
}

void room_note_beside(kith_host *h, const kith_record *record)
{
    host_save *extra = &h->saves[0];

    if (!extra->used || !extra->is_loaded || extra->bond.id != record->id)
        return;
    if (record->kind == KITH_RECORD_STATE)
        extra->bond.counters.in_store = !record->removed;
    else if (pieces_is(record->kind))
        pieces_note(&extra->bond, record);
}

/* Everything was read.  false: it was no newcomer, and the table is too small for this store. */
bool room_settle_extra(kith_host *h)
{
    host_save *extra = &h->saves[0];
    const peers_bond *bond;

    if (!extra->used || !extra->is_loaded)
        return true;
    if (extra->bond.counters.in_store || pieces_kind_to_remove(&extra->bond) != 0)
        return false;
    bond = cheapest(h, extra->bond.level);
    if (bond == NULL && !has_place(h, extra)) {
        room_give_up(h, extra);
        return true;
    }
    if (bond != NULL)
        extra->go = bond->id;
    room_take_place(h, extra);
    return true;
}
