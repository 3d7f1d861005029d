/* The store, as this host uses it: loaded once at start, then bonds and their states written and removed, one operation
 * at a time, each a work item.  A bond is told, and takes the place of an older one in memory, when it is durable and
 * not before; what is forgotten is nobody's at once, and is told when the store has destroyed it. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

bool storing_outlives(const kith_host *h)
{
    return h->config.store != NULL && h->config.store != &kith_volatile_store;
}

bool storing_is_ready(const kith_host *h)
{
    return !storing_outlives(h) || h->store.stage == STORE_READY;
}

/* ---- what is to do next ---- */

/* One for each pairing, and one for a bond that is added. */
unsigned storing_places(const kith_host *h)
{
    return h->config.limits.pairings + (h->config.limits.data != 0 ? 1u : 0u);
}

/* Bonds that are added wait for their turn among the operations on peers. */
static bool may_be_written(const kith_host *h, const host_save *save)
{
    return save->used && save->stage == SAVE_WRITE && (save->token == 0 || use_is_turn(h, save->token));
}

static bool may_be_undone(const kith_host *h, const host_save *save)
{
    (void)h;
    return save->used && save->stage == SAVE_UNDO;
}

static bool is_used(const kith_host *h, const host_save *save)
{
    (void)h;
    return save->used;
}

static host_save *oldest_of(const kith_host *h, bool (*is_meant)(const kith_host *h, const host_save *save))
{
    host_save *oldest = NULL;

    for (unsigned i = 0; i < storing_places(h); i++)
        if (is_meant(h, &h->saves[i]) && (oldest == NULL || (int32_t)(h->saves[i].order - oldest->order) < 0))
            oldest = &h->saves[i];
    return oldest;
}

static host_save *oldest_save(const kith_host *h)
{
    return oldest_of(h, may_be_written);
}

/* Values of the program and tables take turns: each looks for its next while the other is at it. */
static bool has_values_to_do(kith_host *h)
{
    bool values = values_have_work(h), tables = tables_has_work(h);

    return values || tables;
}

/* Operations on peers, in the order of their calls: some end here at once, and let others begin. */
static bool has_change_to_write(kith_host *h)
{
    do {
        use_go_on(h);
        if (oldest_save(h) != NULL || oldest_of(h, may_be_undone) != NULL || peers_next_forgetting(&h->bonds) != NULL ||
            naming_has_work(h) || signing_next(h) != NULL || has_values_to_do(h))
            return true;
    } while (use_waits(h) || oldest_save(h) != NULL);
    return false;
}

static bool has_something_to_do(kith_host *h)
{
    switch (h->store.stage) {
    case STORE_CLOSED:
        return false;
    case STORE_READY:
        return has_change_to_write(h);
    default:
        return true;
    }
}

static void go_on(kith_host *h)
{
    if (!storing_outlives(h))
        use_go_on(h);
    else if (has_something_to_do(h))
        work_want_store(h);
}

void storing_begin(kith_host *h)
{
    if (!storing_outlives(h) || h->store.stage != STORE_CLOSED)
        return;
    memset(&h->store, 0, sizeof h->store);
    h->store.stage = STORE_OPENING;
    go_on(h);
}

/* A bond's keys go first, then its state, then the values beside it. */
static uint8_t kind_to_remove(const peers_bond *forgotten)
{
    if (!forgotten->record_gone)
        return KITH_RECORD_BOND;
    return forgotten->counters.in_store ? KITH_RECORD_STATE : pieces_kind_to_remove(forgotten);
}

/* What is forgotten goes first: its peer may have paired anew, and two records of one identity must never be there.  A
 * state goes after its bond: a bond without the counters it had would count anew. */
static void fill_change(const kith_host *h, kith_work_store *w)
{
    const host_save *undone = oldest_of(h, may_be_undone);
    host_save *save = oldest_save(h);
    const peers_bond *forgetting = peers_next_forgetting(&h->bonds);

    w->operation = forgetting != NULL || undone != NULL ? KITH_STORE_REMOVE : KITH_STORE_PUT;
    if (forgetting != NULL) {
        w->record.kind = kind_to_remove(forgetting);
        w->record.id = forgetting->id;
    } else if (undone != NULL) {
        w->record.kind = KITH_RECORD_BOND;
        w->record.id = undone->bond.id;
    } else if (save != NULL) {
        save->is_out = true;
        peers_encode_bond(&save->bond, &w->record);
    } else if (naming_has_work(h)) {
        naming_fill(h, w);
    } else if (signing_next(h) != NULL) {
        signing_fill(h, signing_next(h), &w->record);
    } else if (values_are_busy(h)) {
        values_fill(h, w);
    } else {
        tables_fill(h, w);
    }
}

void storing_fill(const kith_host *h, kith_work_store *w)
{
    w->store = h->config.store;
    switch (h->store.stage) {
    case STORE_OPENING:
        w->operation = KITH_STORE_OPEN;
        break;
    case STORE_READING:
    case STORE_READING_STATES:
        w->operation = KITH_STORE_READ;
        w->cursor = h->store.cursor;
        break;
    case STORE_ERASING:
        w->operation = KITH_STORE_ERASE;
        break;
    case STORE_NAMING:
        w->operation = KITH_STORE_PUT;
        peers_encode_device(&h->store.device, &w->record);
        break;
    default:
        fill_change(h, w);
        break;
    }
}

/* ---- loading ---- */

/* What was read so far is not believed. */
static void fail(kith_host *h, kith_status status)
{
    h->store.stage = STORE_CLOSED;
    wipe(&h->store.device, sizeof h->store.device);
    identity_forget_all(h);
    peers_clear(&h->bonds);
    room_drop_extra(h, h->saves[0].bond.id);
    if (h->startup == STARTUP_RUNNING && !h->lost)
        startup_fail_store(h, status);
}

static void finish_loading(kith_host *h, bool fresh)
{
    kith_event *event = event_post(h, KITH_EVENT_STORE_LOADED, NULL);

    signing_judge_losses(h);
    identity_adopt(h, &h->store.device);
    h->store.stage = STORE_READY;
    /* And one that was written while another one was to go. */
    event->store.bonds = h->bonds.used + (h->saves[0].used && h->saves[0].stage != SAVE_UNDO);
    event->store.damaged = h->store.state.damaged + h->store.unusable;
    event->store.torn = h->store.state.torn;
    event->store.fresh = fresh;
}

/* A store that lost something may have lost our name, and a new one would make every bond worthless; but where no bond
 * ever was, all that can be damaged is a name that nobody knows: its first writing was cut short. */
static bool may_name(const kith_host *h)
{
    bool lost = h->store.state.damaged + h->store.unusable > 0;

    return h->bonds.used == 0 && (!lost || h->bonds.last_id == 0) && !naming_found_others(h);
}

/* Everything was read.  A device that has no name yet gets one for good. */
static void finish_reading(kith_host *h)
{
    kith_status status = naming_judge(h);

    peers_know_id(&h->bonds, h->store.state.highest_id);
    if (status == KITH_OK && h->store.has_device) {
        if (room_settle_extra(h))
            finish_loading(h, false);
        else
            fail(h, KITH_ERR_FULL);
        return;
    }
    if (status == KITH_OK)
        status = may_name(h) ? identity_draw(h, &h->store.device) : KITH_ERR_DAMAGED;
    h->store.stage = STORE_NAMING;
    if (status != KITH_OK)
        fail(h, status);
}

/* Core 6.2: what was called authenticated when such bonds were made no longer is (A2). */
void storing_judge(const kith_host *h, peers_bond *bond)
{
    if (bond->key_kind == KITH_KEY_KIND_LEGACY && bond->method == KITH_METHOD_PASSKEY &&
        !h->config.security.before_core_6_2)
        bond->level = KITH_LEVEL_ENCRYPTED;
}

static kith_status take_bond(kith_host *h, const kith_record *record)
{
    peers_bond bond;
    kith_status status = KITH_OK;

    room_drop_extra(h, record->id);
    if (record->removed)
        peers_drop(&h->bonds, record->id);
    else
        status = peers_decode_bond(record, &bond);
    if (!record->removed && status == KITH_OK) {
        storing_judge(h, &bond);
        status = peers_load(&h->bonds, &bond) || room_load_extra(h, &bond) ? KITH_OK : KITH_ERR_FULL;
        wipe(&bond, sizeof bond);
    }
    return status;
}

/* Kinds that this version does not know are a later one's business. */
static kith_status take_record(kith_host *h, const kith_record *record)
{
    if (record->kind == KITH_RECORD_BOND && record->id != 0)
        return take_bond(h, record);
    h->store.has_states |= record->kind == KITH_RECORD_STATE || pieces_is(record->kind);
    return record->kind == KITH_RECORD_DEVICE ? naming_load(h, record) : KITH_OK;
}

static void on_read(kith_host *h, const kith_work_store *w, kith_status result)
{
    if (result == KITH_ERR_NOT_FOUND && !room_sort_extra(h)) {
        fail(h, KITH_ERR_FULL);
        return;
    }
    if (result == KITH_ERR_NOT_FOUND && h->store.has_states) {
        h->store.stage = STORE_READING_STATES;
        h->store.cursor = 0;
        return;
    }
    if (result == KITH_ERR_NOT_FOUND) {
        finish_reading(h);
        return;
    }
    if (result == KITH_OK)
        result = take_record(h, &w->record);
    if (result == KITH_ERR_DAMAGED && w->record.kind == KITH_RECORD_BOND) {
        h->store.unusable++; /* sound octets that make no sense: as good as damaged, so what they replaced stays so */
        peers_drop(&h->bonds, w->record.id);
        result = KITH_OK;
    }
    if (result != KITH_OK)
        fail(h, result);
    h->store.cursor = w->cursor;
}

/* All that was left of a bond was removed, as is read now. */
void storing_settle_orphan(kith_host *h, kith_peer_id id)
{
    const peers_bond *orphan = peers_forgotten(&h->bonds, id);

    if (orphan != NULL && kind_to_remove(orphan) == 0)
        peers_drop(&h->bonds, id);
}

/* Without its bond it is left of a removal that was cut short; in a store that lost something it may be the bond that
 * is lost, and nothing is touched. */
static void take_piece(kith_host *h, const kith_record *record)
{
    peers_bond *bond = peers_by_id(&h->bonds, record->id);

    if (bond == NULL)
        bond = peers_forgotten(&h->bonds, record->id);
    if (bond == NULL && !record->removed && h->store.state.damaged + h->store.unusable == 0) {
        peers_unwant(&h->bonds, record->id);
        bond = peers_forgotten(&h->bonds, record->id);
        if (bond != NULL)
            bond->record_gone = true;
    }
    if (bond != NULL)
        pieces_note(bond, record);
    storing_settle_orphan(h, record->id);
}

/* A state may lie before the bond it belongs to: it is taken when all bonds are there. */
static void on_state_read(kith_host *h, const kith_work_store *w, kith_status result)
{
    if (result == KITH_ERR_NOT_FOUND) {
        finish_reading(h);
        return;
    }
    if (result == KITH_OK)
        room_note_beside(h, &w->record);
    if (result == KITH_OK && w->record.kind == KITH_RECORD_STATE)
        result = signing_load(h, &w->record);
    else if (result == KITH_OK && pieces_is(w->record.kind))
        take_piece(h, &w->record);
    if (result != KITH_OK)
        fail(h, result);
    h->store.cursor = w->cursor;
}

/* ---- changes ---- */

/* Whoever reads is told of records alone. */
static bool tells_state(kith_store_operation operation)
{
    return operation != KITH_STORE_READ && operation != KITH_STORE_GET;
}

static void tell_added(kith_host *h, const host_save *save, kith_status result)
{
    host_data *d = use_find(h, save->token);

    if (d != NULL)
        data_end(h, d, result, result == KITH_OK);
}

static void tell_paired(kith_host *h, const host_save *save, host_link *link, kith_status result)
{
    kith_event *event = event_post(h, result == KITH_OK ? KITH_EVENT_BONDED : KITH_EVENT_BOND_FAILED, link);
    const peers_bond *bond = result == KITH_OK ? peers_by_id(&h->bonds, save->bond.id) : NULL;

    event->address = save->address;
    event->peer = result == KITH_OK ? save->bond.id : 0;
    bonding_fill_verdict(&save->verdict, result, event);
    event->verdict.irk_shared = bond != NULL && peers_shares_irk(&h->bonds, bond);
}

static void tell_saved(kith_host *h, const host_save *save, host_link *link, kith_status result)
{
    if (save->token != 0)
        tell_added(h, save, result);
    else
        tell_paired(h, save, link, result);
}

/* Links that came while the bond was being written see it now. */
void storing_tell_links(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];
        const peers_bond *bond;

        if (link->id == 0 || link->excluded)
            continue;
        bond =
            link->claimed == 0 ? peers_by_address(&h->bonds, h->config.crypto, link_local(h, link), &link->peer) : NULL;
        if (bond != NULL)
            link->claimed = bond->id;
    }
}

/* A write that failed may have come true all the same: what nobody was told of must not be there after a restart.  An
 * older bond of that peer stands, and is told to; the store holds it or the new one. */
static void settle_doubt(kith_host *h, kith_peer_id id, kith_status result)
{
    if (result == KITH_OK)
        peers_unwant_again(&h->bonds);
    else
        peers_unwant(&h->bonds, id);
}

/* It takes its place in memory, if it went well, and is told. */
void storing_end_save(kith_host *h, host_save *save, kith_status result)
{
    host_link *link = link_by_id(h, save->link);

    if (save->token != 0)
        storing_judge(h, &save->bond); /* as when it is loaded */
    if (result == KITH_OK && peers_put(&h->bonds, &save->bond) == NULL)
        result = KITH_ERR_FULL; /* room was kept for it: our own mistake, and not to be hidden */
    if (result == KITH_OK && link != NULL && link->encryption == LINK_ENCRYPTED) {
        link->claimed = link->proven = save->bond.id;
        remote_on_bonded(link);
        clients_on_change(h, link);
        use_on_proven(h, link);
    } else if (result == KITH_OK && save->token == 0) {
        clients_on_stored_alone(h, save->bond.id);
        use_on_stored_alone(h, save->bond.id);
    }
    if (!save->is_loaded)
        tell_saved(h, save, link, result);
    wipe(save, sizeof *save);
    signing_on_bonds_changed(h);
    storing_tell_links(h);
}

/* Whose turn it is may have changed while it was written. */
static bool is_out(const kith_host *h, const host_save *save)
{
    (void)h;
    return save->used && save->is_out;
}

static void on_saved(kith_host *h, kith_status result)
{
    host_save *save = oldest_of(h, is_out);
    kith_peer_id id = save->bond.id;

    save->is_out = false;
    if (result == KITH_OK && save->go != 0) {
        room_take_place(h, save);
        return;
    }
    if (result != KITH_OK && save->go != 0) { /* it may be there all the same, and has no place to be remembered in */
        save->result = result;
        room_give_up(h, save);
        return;
    }
    storing_end_save(h, save, result);
    settle_doubt(h, id, result);
}

/* Should the store have failed to remove it, the next start finds one bond too many, and ends that. */
static void on_undone(kith_host *h)
{
    host_save *undone = oldest_of(h, may_be_undone);

    storing_end_save(h, undone, undone->result != KITH_OK ? undone->result : KITH_ERR_FULL);
}

void storing_go_on_with(kith_host *h, host_save *save)
{
    if (storing_outlives(h))
        go_on(h);
    else
        room_take_place(h, save);
}

/* One record is gone; false: no more is left of that bond. */
static bool has_more_to_remove(peers_bond *forgotten, const kith_record *gone)
{
    if (gone->kind == KITH_RECORD_BOND)
        forgotten->record_gone = true;
    else if (gone->kind == KITH_RECORD_STATE)
        forgotten->counters.in_store = false;
    else
        pieces_note(forgotten, &(kith_record){.kind = gone->kind, .removed = true});
    return kind_to_remove(forgotten) != 0;
}

static void on_removed(kith_host *h, const kith_record *gone, kith_status result)
{
    kith_peer_id id = gone->id;
    peers_bond *forgotten = peers_forgotten(&h->bonds, id);
    const host_save *undone = oldest_of(h, may_be_undone);

    if (forgotten == NULL && undone != NULL && undone->bond.id == id) {
        on_undone(h);
        return;
    }
    if (forgotten != NULL && result == KITH_OK && has_more_to_remove(forgotten, gone))
        return;
    if (forgotten != NULL && forgotten->state == PEERS_FORGETTING) {
        kith_event *event = event_post(h, KITH_EVENT_FORGOTTEN, NULL);

        event->forgotten.peer = id;
        event->forgotten.status = result;
        if (forgotten->with_all)
            forgetting_on_told(h, result);
        forgotten->with_all = false;
    }
    if (result == KITH_OK)
        peers_drop(&h->bonds, id);
    else
        peers_forget_failed(&h->bonds, id);
    room_on_forgotten(h, id, result);
}

static void on_state_written(kith_host *h, const kith_record *record, kith_status result)
{
    signing_on_stored(h, record, result);
    store_events_on_state(h, record->id, result);
}

static void on_changed(kith_host *h, const kith_work_store *w, kith_status result)
{
    if (tells_state(w->operation))
        pieces_on_written(h);
    if (tells_state(w->operation) && result == KITH_OK)
        naming_on_written(h);
    if (tells_state(w->operation) && w->record.kind == KITH_RECORD_DEVICE) {
        naming_on_done(h, result);
        return;
    }
    if (values_own_item(h))
        values_on_done(h, w, result);
    else if (w->operation == KITH_STORE_REMOVE)
        on_removed(h, &w->record, result);
    else if (w->operation != KITH_STORE_PUT || pieces_is(w->record.kind))
        tables_on_done(h, w, result);
    else if (w->record.kind == KITH_RECORD_STATE)
        on_state_written(h, &w->record, result);
    else
        on_saved(h, result);
}

/* What was under way when the reset was called is over; the erasing comes next. */
static void on_erased(kith_host *h, const kith_work_store *w, kith_status result)
{
    if (w->operation != KITH_STORE_ERASE)
        return;
    h->store.stage = STORE_CLOSED;
    reset_on_erased(h, result);
}

void storing_erase(kith_host *h)
{
    if (!storing_outlives(h))
        return;
    memset(&h->store, 0, sizeof h->store);
    h->store.stage = STORE_ERASING;
    go_on(h);
}

void storing_finish(kith_host *h, const kith_work_store *w, kith_status result)
{
    if (tells_state(w->operation) && result == KITH_OK)
        h->store.state = w->state;
    switch (h->store.stage) {
    case STORE_OPENING:
        h->store.stage = STORE_READING;
        h->store.collected = h->store.state.collected;
        if (result != KITH_OK)
            fail(h, result);
        break;
    case STORE_READING:
        on_read(h, w, result);
        break;
    case STORE_READING_STATES:
        on_state_read(h, w, result);
        break;
    case STORE_NAMING:
        if (result == KITH_OK)
            finish_loading(h, true);
        else
            fail(h, result);
        break;
    case STORE_READY:
        on_changed(h, w, result);
        break;
    case STORE_ERASING:
        on_erased(h, w, result);
        break;
    default:
        break;
    }
    go_on(h);
}

/* ---- asked by others ---- */

bool storing_has_class(const kith_host *h, uint8_t peer_class, kith_peer_id but)
{
    for (unsigned i = 0; i < storing_places(h); i++)
        if (h->saves[i].used && h->saves[i].bond.peer_class == peer_class && h->saves[i].bond.id != but)
            return true;
    return false;
}

static bool is_of(const kith_host *h, const host_save *save, const kith_address *local, const kith_address *address)
{
    if (!kith_address_equal(&save->bond.local, local))
        return false;
    if (kith_address_kind_of(address) == KITH_ADDRESS_KIND_RESOLVABLE)
        return peers_resolves(&save->bond, h->config.crypto, address);
    return kith_address_equal(&save->bond.identity, address);
}

bool storing_concerns(const kith_host *h, const host_link *link)
{
    for (unsigned i = 0; i < storing_places(h); i++)
        if (h->saves[i].used &&
            (h->saves[i].link == link->id || is_of(h, &h->saves[i], link_local(h, link), &link->peer)))
            return true;
    return false;
}

/* A key was asked for, and nothing that is being written is in its way any more. */
bool storing_lets_answer(const kith_host *h, const host_link *link)
{
    return link->id != 0 && link->ltk_waits && !storing_concerns(h, link);
}

bool storing_is_under(const kith_host *h, const kith_address *local)
{
    for (unsigned i = 0; i < storing_places(h); i++)
        if (h->saves[i].used && kith_address_equal(&h->saves[i].bond.local, local))
            return true;
    return false;
}

bool storing_knows(const kith_host *h, const kith_address *local, const kith_address *identity)
{
    for (unsigned i = 0; i < storing_places(h); i++)
        if (h->saves[i].used && kith_address_equal(&h->saves[i].bond.identity, identity) &&
            kith_address_equal(&h->saves[i].bond.local, local))
            return true;
    return false;
}

/* A first bond, or one that takes the place of this one. */
bool storing_has(const kith_host *h, kith_peer_id peer)
{
    for (unsigned i = 0; i < storing_places(h); i++)
        if (h->saves[i].used && h->saves[i].bond.id == peer)
            return true;
    return false;
}

kith_peer_id storing_bond_of(const kith_host *h, kith_link link)
{
    for (unsigned i = 0; i < storing_places(h); i++)
        if (h->saves[i].used && h->saves[i].link == link)
            return h->saves[i].bond.id;
    return 0;
}

uint32_t storing_under_way(const kith_host *h)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < storing_places(h); i++)
        count += h->saves[i].used;
    return count;
}

uint32_t storing_promised(const kith_host *h)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < storing_places(h); i++)
        count += h->saves[i].used || (i < h->config.limits.pairings && smp_is_open(&h->sessions[i]));
    return count;
}

/* A bond has one state record, whatever is in it. */
static uint32_t states_room(const kith_host *h)
{
    uint32_t signing = signing_room(h), clients = clients_room(h);

    return signing > clients ? signing : clients;
}

/* Pairings that begin while they are written are promised a bond and a state each. */
bool storing_has_room_for(const kith_host *h, uint8_t records)
{
    uint32_t promised = storing_promised(h), pairings = h->config.limits.pairings;
    uint32_t may_begin = pairings > promised ? pairings - promised : 0;

    return h->store.state.room > promised + states_room(h) + 2 * may_begin + records;
}

bool storing_keeps_promises(const kith_host *h)
{
    return !storing_outlives(h) || h->store.state.room >= storing_promised(h) + states_room(h);
}

bool storing_has_room(const kith_host *h)
{
    return !storing_outlives(h) || h->store.state.room > storing_promised(h) + states_room(h);
}

void storing_keep(kith_host *h, host_link *link, const smp_session *s, const peers_bond *bond)
{
    host_save *save = &h->saves[s - h->sessions];

    save->used = true;
    save->stage = SAVE_WRITE;
    save->by_window = s->window;
    save->order = ++h->store.last_order;
    save->bond = *bond;
    save->bond.id = peers_id_for(&h->bonds, &bond->local, &bond->identity);
    save->link = link->id;
    save->address = link->peer;
    save->verdict = s->verdict;
    if (peers_has_room(&h->bonds, &bond->local, &bond->identity, storing_under_way(h) - 1))
        storing_go_on_with(h, save);
    else
        room_ask(h, link, save);
}

host_save *storing_free_place(const kith_host *h)
{
    host_save *place = &h->saves[h->config.limits.pairings];

    return h->config.limits.data != 0 && !place->used ? place : NULL;
}

void storing_add(kith_host *h, host_save *place, const peers_bond *bond, kith_token token)
{
    place->used = true;
    place->order = ++h->store.last_order;
    place->bond = *bond;
    place->token = token;
    go_on(h);
}

const peers_bond *storing_next(const kith_host *h, unsigned *at)
{
    while (*at < storing_places(h) && !h->saves[*at].used)
        ++*at;
    return *at < storing_places(h) ? &h->saves[(*at)++].bond : NULL;
}

void storing_forget(kith_host *h)
{
    signing_on_bonds_changed(h);
    go_on(h);
}

bool storing_abandon_one(kith_host *h)
{
    host_save *save = oldest_of(h, is_used);

    if (save == NULL)
        return false;
    if (!save->is_loaded)
        tell_saved(h, save, link_by_id(h, save->link), KITH_ERR_STATE);
    wipe(save, sizeof *save);
    return true;
}

void storing_want(kith_host *h)
{
    go_on(h);
}
