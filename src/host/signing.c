/* Signed data: which key, which counter, and when it is believed.  Core Vol 3 Part C 10.4, Part H 2.4.5.
 *
 * Ours: counters are reserved in the store a block ahead, so that none is used twice whenever the power goes.  Theirs:
 * a counter is durable before its data is told, so that it is told once at most.  Whether a signed write is permitted
 * is src/gatt's; what a signature is, src/crypto's.  Nothing is ever answered. */
#include <string.h>

#include "crypto/signature.h"
#include "host/internal.h"

enum { BLOCK = 64 };

static bool is_on(const kith_host *h)
{
    return h->config.security.signing && !h->config.security.sc_only; /* Vol 3 Part C 10.2.4: no mode 2 there */
}

static bool is_given(const uint8_t csrk[16])
{
    uint8_t any = 0;

    for (unsigned i = 0; i < 16; i++)
        any |= csrk[i];
    return any != 0;
}

static bool may_sign(const peers_bond *bond)
{
    return bond->id != 0 && bond->state == PEERS_STANDS && (is_given(bond->my_csrk) || is_given(bond->peer_csrk));
}

/* ---- the state record of a bond ---- */

/* Checks are made here, where it can fail, and not when the record is. */
kith_status signing_prepare_record(kith_host *h, peers_bond *bond)
{
    kith_status status = peers_key_check(h->config.crypto, bond->my_csrk, &bond->counters.my_check);

    if (status == KITH_OK)
        status = peers_key_check(h->config.crypto, bond->peer_csrk, &bond->counters.peer_check);
    if (status != KITH_OK)
        return status;
    bond->counters.in_store = true;
    peers_mark(&h->bonds, bond, true);
    return KITH_OK;
}

kith_status signing_want_record(kith_host *h, peers_bond *bond)
{
    kith_status status = signing_prepare_record(h, bond);

    if (status == KITH_OK)
        storing_want(h);
    return status;
}

static bool is_to_be_written(const kith_host *h, const peers_bond *bond)
{
    const peers_counters *c = &bond->counters;

    return c->my_wanted > c->my_reserved || c->peer_is_wanted ||
           (!c->leave_alone && (clients_want(h, bond) || use_wants(h, bond)));
}

const peers_bond *signing_next(const kith_host *h)
{
    const peers_bond *bond = peers_next_marked(&h->bonds, NULL);

    while (bond != NULL && !(bond->id != 0 && bond->state == PEERS_STANDS && is_to_be_written(h, bond)))
        bond = peers_next_marked(&h->bonds, bond);
    return bond;
}

void signing_fill(const kith_host *h, const peers_bond *bond, kith_record *out)
{
    const peers_counters *c = &bond->counters;
    kith_state_record state = {.peer = bond->id,
                               .has_my_signing = c->my_wanted != 0,
                               .my_check = c->my_check,
                               .my_reserved = c->my_wanted,
                               .has_peer_signing = c->peer_signed || c->peer_is_wanted,
                               .peer_check = c->peer_check,
                               .peer_last = c->peer_is_wanted ? c->peer_wanted : c->peer_last};

    clients_fill(h, bond, &state);
    use_fill(h, bond, &state);
    if (kith_record_encode_state(&state, out) != KITH_OK)
        memset(out, 0, sizeof *out); /* no kind: no store takes it */
}

/* ---- theirs ---- */

uint8_t signing_level_of(const kith_host *h, const host_link *link)
{
    const peers_bond *bond = is_on(h) ? peers_by_id(&h->bonds, link->claimed) : NULL;

    return bond != NULL && is_given(bond->peer_csrk) ? bond->level : 0;
}

static void drop(kith_host *h, host_link *link)
{
    link->signed_write.waits = false;
    h->events.dropped++;
}

static void deliver(kith_host *h, host_link *link)
{
    const host_signed_write *write = &link->signed_write;
    kith_event *event = event_post_droppable(h, KITH_EVENT_WRITE_COMMAND, link);

    link->signed_write.waits = false;
    if (event == NULL)
        return;
    event->attribute.id = write->id;
    event->attribute.handle = write->handle;
    event->attribute.len = write->len;
    event->attribute.signer = write->signer;
    event->attribute.signed_as = write->level;
    event->attribute.value = event_attach(h, event, write->value, write->len);
}

static void keep(host_link *link, const peers_bond *bond, const gatt_server_event *write)
{
    link->signed_write.waits = true;
    link->signed_write.signer = bond->id;
    link->signed_write.level = (kith_level)bond->level;
    link->signed_write.handle = write->handle;
    link->signed_write.id = write->id;
    link->signed_write.len = (uint16_t)write->value_len;
    if (write->value_len > 0)
        memcpy(link->signed_write.value, write->value, write->value_len);
}

static void accept(peers_counters *c, uint32_t counter)
{
    c->peer_last = counter;
    c->peer_signed = true;
    c->peer_is_wanted = false;
}

void signing_on_write(kith_host *h, host_link *link, const gatt_server_event *write, const uint8_t *pdu)
{
    peers_bond *bond = peers_by_id(&h->bonds, link->claimed);
    peers_counters *c;
    uint32_t counter;

    if (bond == NULL || !crypto_is_signed(h->config.crypto, bond->peer_csrk, pdu, (size_t)(write->signature - pdu),
                                          write->signature, &counter))
        return;
    c = &bond->counters;
    if (c->peer_signed && counter <= c->peer_last)
        return;
    if (c->peer_is_wanted) { /* one at a time */
        h->events.dropped++;
        return;
    }
    keep(link, bond, write);
    if (!storing_outlives(h)) {
        accept(c, counter);
        deliver(h, link);
        return;
    }
    c->peer_wanted = counter;
    c->peer_is_wanted = true;
    if (signing_want_record(h, bond) != KITH_OK) {
        c->peer_is_wanted = false;
        drop(h, link);
    }
}

void signing_on_link_end(kith_host *h, host_link *link)
{
    if (link->signed_write.waits)
        drop(h, link);
}

/* What waits for a bond that is gone, or for a counter that nobody will write. */
void signing_on_bonds_changed(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];
        const peers_bond *bond;

        if (link->id == 0 || !link->signed_write.waits)
            continue;
        bond = peers_by_id(&h->bonds, link->signed_write.signer);
        if (bond == NULL || !bond->counters.peer_is_wanted)
            drop(h, link);
    }
}

static void deliver_of(kith_host *h, kith_peer_id signer)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && h->links[i].signed_write.waits && h->links[i].signed_write.signer == signer) {
            deliver(h, &h->links[i]);
            return;
        }
}

/* ---- ours ---- */

kith_status signing_find_key(const kith_host *h, const host_link *link, peers_bond **bond)
{
    *bond = peers_by_id(&h->bonds, link->claimed);
    if (!is_on(h))
        return KITH_ERR_UNSUPPORTED;
    if (link->encryption != LINK_PLAIN)
        return KITH_ERR_STATE;
    return *bond != NULL && is_given((*bond)->my_csrk) ? KITH_OK : KITH_ERR_NOT_FOUND;
}

static kith_status reserve(kith_host *h, peers_bond *bond)
{
    peers_counters *c = &bond->counters;
    uint32_t ahead = c->my_next > UINT32_MAX - BLOCK ? UINT32_MAX : c->my_next + BLOCK;
    kith_status status;

    if (c->my_wanted > c->my_reserved || ahead <= c->my_reserved)
        return KITH_OK; /* it is under way, or there are no more */
    c->failed = false;
    c->my_wanted = ahead;
    status = signing_want_record(h, bond);
    if (status != KITH_OK)
        c->my_wanted = c->my_reserved;
    return status;
}

static kith_status take_counter(kith_host *h, peers_bond *bond, uint32_t *counter)
{
    peers_counters *c = &bond->counters;
    bool failed = c->failed;
    kith_status status;

    if (!storing_outlives(h))
        c->my_reserved = c->my_wanted = UINT32_MAX;
    if (c->my_next == UINT32_MAX)
        return KITH_ERR_USED_UP;
    if (c->my_next == c->my_reserved) {
        status = reserve(h, bond);
        return status != KITH_OK ? status : failed ? KITH_ERR_STORAGE : KITH_ERR_BUSY;
    }
    *counter = c->my_next++;
    /* Early enough that a steady writer never waits; should it fail, the call that finds none left will tell. */
    if (c->my_reserved - c->my_next < BLOCK / 2)
        (void)reserve(h, bond);
    return KITH_OK;
}

kith_status signing_sign(kith_host *h, peers_bond *bond, uint8_t *pdu, size_t len)
{
    uint8_t *signature = pdu + len - CRYPTO_SIGNATURE;
    uint32_t counter;
    kith_status status = take_counter(h, bond, &counter);

    if (status != KITH_OK)
        return status;
    return crypto_sign(h->config.crypto, bond->my_csrk, pdu, len - CRYPTO_SIGNATURE, counter, signature);
}

/* ---- what came back from the store ---- */

static void on_failed(kith_host *h, peers_counters *c)
{
    c->failed = c->my_wanted > c->my_reserved;
    c->my_wanted = c->my_reserved;
    c->peer_is_wanted = false;
    signing_on_bonds_changed(h);
}

/* More may have been wanted while this was written: what the record says counts. */
void signing_on_stored(kith_host *h, const kith_record *record, kith_status result)
{
    peers_bond *bond = peers_by_id(&h->bonds, record->id);
    peers_counters *c = bond != NULL ? &bond->counters : NULL;
    kith_state_record state;

    if (c == NULL || kith_record_decode_state(record, &state) != KITH_OK)
        return;
    if (result != KITH_OK) {
        on_failed(h, c);
        clients_on_failed(h, bond);
        use_on_failed(h, bond, &state, result);
        peers_mark(&h->bonds, bond, is_to_be_written(h, bond));
        return;
    }
    if (state.has_my_signing && state.my_reserved > c->my_reserved)
        c->my_reserved = state.my_reserved;
    if (state.has_peer_signing && c->peer_is_wanted && state.peer_last == c->peer_wanted) {
        accept(c, state.peer_last);
        deliver_of(h, bond->id);
    }
    clients_on_stored(h, bond, &state);
    use_on_stored(h, bond, &state);
    peers_mark(&h->bonds, bond, is_to_be_written(h, bond));
}

static kith_status take_state(kith_host *h, peers_bond *bond, const kith_state_record *state)
{
    peers_counters *c = &bond->counters;
    uint32_t mine, peers;
    kith_status status = peers_key_check(h->config.crypto, bond->my_csrk, &mine);

    if (status == KITH_OK)
        status = peers_key_check(h->config.crypto, bond->peer_csrk, &peers);
    if (status != KITH_OK)
        return status;
    *c = (peers_counters){.in_store = true};
    use_load(h, bond, state);
    if (state->has_my_signing && state->my_check == mine)
        c->my_next = c->my_reserved = c->my_wanted = state->my_reserved;
    if (state->has_peer_signing && state->peer_check == peers)
        accept(c, state->peer_last);
    /* Parts that are not kept in memory would be lost by writing the record anew: so it is not, and nothing is signed.
     */
    if (!clients_load(h, bond, state)) {
        peers_close_counters(c);
        c->leave_alone = true;
    }
    return KITH_OK;
}

/* A state whose bond is not there: of a removal that was cut short.  In a store that lost something it may be the bond
 * that is lost, and nothing is touched. */
static void take_orphan(kith_host *h, const kith_record *record)
{
    peers_bond *slot = peers_forgotten(&h->bonds, record->id);

    if (slot != NULL)
        slot->counters.in_store = !record->removed;
    else if (slot == NULL && !record->removed && h->store.state.damaged + h->store.unusable == 0)
        peers_unwant_state(&h->bonds, record->id);
    storing_settle_orphan(h, record->id);
}

/* A state is never removed before its bond: one that is has not passed its check.  Which counters were used nobody
 * knows then. */
kith_status signing_load(kith_host *h, const kith_record *record)
{
    peers_bond *bond = peers_by_id(&h->bonds, record->id);
    kith_state_record state;
    kith_status status = record->removed ? KITH_ERR_DAMAGED : kith_record_decode_state(record, &state);

    if (status == KITH_ERR_NEWER)
        return status;
    if (bond == NULL) {
        take_orphan(h, record);
        return KITH_OK;
    }
    if (status == KITH_OK)
        return take_state(h, bond, &state);
    h->store.unusable += !record->removed;
    peers_close_counters(&bond->counters);
    bond->counters.in_store = true;
    return KITH_OK;
}

/* What a store lost without a trace may have been a state. */
void signing_judge_losses(kith_host *h)
{
    if (h->store.state.damaged + h->store.unusable == 0)
        return;
    for (uint32_t i = 0; i < h->bonds.capacity; i++) {
        peers_bond *bond = &h->bonds.slots[i];

        if (may_sign(bond) && !bond->counters.in_store)
            peers_close_counters(&bond->counters);
    }
}

/* ---- room ---- */

/* Every bond that may sign will want a record of its own, those that are being made too. */
uint32_t signing_room(const kith_host *h)
{
    const kith_security *policy = &h->config.security;
    bool exchanges = ((policy->initiator_keys | policy->responder_keys) & KITH_KEY_SIGN) != 0;
    uint32_t room = is_on(h) && exchanges ? storing_promised(h) + 1 : 0;

    for (uint32_t i = 0; is_on(h) && i < h->bonds.capacity; i++)
        room += may_sign(&h->bonds.slots[i]) && !h->bonds.slots[i].counters.in_store;
    return room;
}
