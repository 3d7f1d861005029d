/* The lists as the controller has them, and the command that brings them nearer to what is wanted: one at a time, and
 * which one is looked at anew each time.  Removed is before added, so a list is never fuller than it shall be.
 * Core Vol 4 Part E 7.8.16, 7.8.17, 7.8.38, 7.8.39, 7.8.44, 7.8.77. */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

enum { NETWORK_PRIVACY, DEVICE_PRIVACY };

/* ---- what differs ---- */

/* 0: it could not be told, or is no key. */
static uint32_t check_of(const kith_host *h, const uint8_t key[16])
{
    static const uint8_t none[16];
    uint32_t check = 0;

    if (memcmp(key, none, sizeof none) == 0 || peers_key_check(h->config.crypto, key, &check) != KITH_OK)
        return 0;
    return check;
}

/* A peer that was paired with anew has another key, and a controller keeps the one it was given. */
static bool is_stale(const kith_host *h, const host_listed *e, bool is_wanted, bool by_key)
{
    const peers_bond *bond = is_wanted ? peers_by_id(&h->bonds, e->peer) : NULL;

    if (bond == NULL || !kith_address_equal(&bond->identity, &e->identity))
        return true;
    return by_key && (e->check == 0 || check_of(h, bond->irk) != e->check);
}

static bool is_allowed(const host_lists *l, kith_peer_id peer)
{
    return lists_names(l->allow, l->allow_count, peer);
}

static void judge_filtered(const kith_host *h, host_listed *e)
{
    uint16_t count;
    const kith_peer_id *wish = lists_filter_wish(h, &count);
    bool is_wanted = lists_names(wish, count, e->peer);

    e->sought = (e->sought && !is_allowed(h->lists, e->peer)) || (h->lists->is_sought && is_wanted);
    e->stale = is_stale(h, e, is_wanted, false);
}

static void judge_resolving(const kith_host *h, host_listed *e, uint32_t own)
{
    const host_lists *l = h->lists;

    e->sought = e->sought && !is_allowed(l, e->peer) && !lists_names(l->identities, l->identity_count, e->peer);
    e->stale = is_stale(h, e, lists_names(h->lists->resolved, h->lists->resolved_count, e->peer), true);
    e->renew |= e->local_check != own;
}

void lists_judge(kith_host *h)
{
    host_lists *l = h->lists;
    uint32_t own = check_of(h, privacy_key(h));

    for (uint16_t i = 0; i < l->filtered_count; i++)
        judge_filtered(h, &l->filtered[i]);
    for (uint16_t i = 0; i < l->resolving_count; i++)
        judge_resolving(h, &l->resolving[i], own);
}

typedef bool host_lists_condition(const kith_host *h, const host_listed *e);

static bool has_gone(const kith_host *h, const host_listed *e)
{
    (void)h;
    return e->stale;
}

static bool is_to_be_renewed(const kith_host *h, const host_listed *e)
{
    (void)h;
    return e->renew && !e->absent;
}

static bool is_absent(const kith_host *h, const host_listed *e)
{
    (void)h;
    return e->absent;
}

/* Network privacy is for those who said that they never show their identity address. */
static bool wants_device_mode(const kith_host *h, const host_listed *e)
{
    const peers_bond *bond = peers_by_id(&h->bonds, e->peer);

    return bond == NULL || bond->use.private_only != KITH_STATE_YES;
}

static bool has_wrong_mode(const kith_host *h, const host_listed *e)
{
    return e->device != wants_device_mode(h, e);
}

static bool find(const kith_host *h, const host_listed *entries, uint16_t count, host_lists_condition *is_meant,
                 host_lists_step *step)
{
    for (uint16_t i = 0; i < count; i++) {
        if (!is_meant(h, &entries[i]))
            continue;
        step->at = i;
        step->entry = entries[i];
        return true;
    }
    return false;
}

/* A controller knows identities: two bonds may have one, under two of ours. */
static bool has_entry(const kith_host *h, const host_listed *entries, uint16_t count, kith_peer_id peer)
{
    const peers_bond *bond = peers_by_id(&h->bonds, peer);

    for (uint16_t i = 0; i < count; i++)
        if (entries[i].peer == peer || (bond != NULL && kith_address_equal(&entries[i].identity, &bond->identity)))
            return true;
    return false;
}

bool lists_resolve(const kith_host *h, kith_peer_id peer)
{
    const host_lists *l = h->lists;

    return l != NULL && l->resolution && has_entry(h, l->resolving, l->resolving_count, peer);
}

static bool find_missing(const kith_host *h, const kith_peer_id *wanted, uint16_t wanted_count,
                         const host_listed *entries, uint16_t count, host_lists_step *step)
{
    const host_lists *l = h->lists;

    for (uint16_t i = 0; i < wanted_count; i++) {
        if (has_entry(h, entries, count, wanted[i]))
            continue;
        step->entry.peer = wanted[i];
        step->entry.sought =
            l->is_sought && (entries == l->filtered || !lists_names(l->identities, l->identity_count, wanted[i]));
        return true;
    }
    return false;
}

bool lists_have_modes(const kith_host *h)
{
    return !h->lists->lacks_modes && command_is_supported(h, 39, 2);
}

/* Its own timer is a net below the host's. */
static bool wants_timeout(const kith_host *h)
{
    return h->lists->resolving_count != 0 && h->config.privacy.mode == KITH_PRIVACY_RESOLVABLE &&
           h->lists->timeout_s != privacy_controller_cycle_s(h) && command_is_supported(h, 35, 2);
}

static bool find_removal(const kith_host *h, host_lists_step *step)
{
    const host_lists *l = h->lists;

    if (find(h, l->filtered, l->filtered_count, has_gone, step))
        step->kind = LISTS_FILTER_REMOVE;
    else if (l->only_closes)
        return false;
    else if (find(h, l->resolving, l->resolving_count, has_gone, step))
        step->kind = LISTS_RESOLVING_REMOVE;
    else if (find(h, l->resolving, l->resolving_count, is_to_be_renewed, step))
        step->kind = LISTS_RENEW_REMOVE;
    else if (l->resolved_count == 0 && l->resolution)
        step->kind = LISTS_RESOLUTION_OFF;
    return step->kind != LISTS_NO_STEP;
}

static void find_addition(const kith_host *h, host_lists_step *step)
{
    const host_lists *l = h->lists;
    uint16_t wish_count;
    const kith_peer_id *wish = lists_filter_wish(h, &wish_count);

    if (find(h, l->resolving, l->resolving_count, is_absent, step))
        step->kind = LISTS_RENEW_ADD;
    else if (find_missing(h, l->resolved, l->resolved_count, l->resolving, l->resolving_count, step))
        step->kind = LISTS_RESOLVING_ADD;
    else if (lists_have_modes(h) && find(h, l->resolving, l->resolving_count, has_wrong_mode, step))
        step->kind = LISTS_SET_MODE;
    else if (wants_timeout(h))
        step->kind = LISTS_SET_TIMEOUT;
    else if (l->resolving_count != 0 && !l->resolution)
        step->kind = LISTS_RESOLUTION_ON;
    else if (lists_can_filter(h) && find_missing(h, wish, wish_count, l->filtered, l->filtered_count, step))
        step->kind = LISTS_FILTER_ADD;
}

host_lists_step lists_next_step(const kith_host *h)
{
    host_lists_step step;

    memset(&step, 0, sizeof step);
    if (!find_removal(h, &step) && !h->lists->only_closes)
        find_addition(h, &step);
    return step;
}

/* ---- commands ---- */

/* What the controller may not do meanwhile: 7.8.16, 7.8.38, 7.8.44, 7.8.77. */
static host_pause_depth depth_of(const kith_host *h, host_lists_step_kind kind)
{
    switch (kind) {
    case LISTS_FILTER_REMOVE:
    case LISTS_FILTER_ADD:
        return PAUSE_FILTERING;
    case LISTS_RESOLUTION_ON:
    case LISTS_RESOLUTION_OFF:
        return PAUSE_ALL;
    case LISTS_SET_TIMEOUT:
        return PAUSE_NOTHING;
    default:
        return h->lists->resolution ? PAUSE_ALL : PAUSE_NOTHING;
    }
}

static size_t put_identity(uint16_t opcode, const kith_address *identity, size_t more, uint8_t *out)
{
    command_begin(out, opcode, 7 + more);
    out[4] = identity->type;
    memcpy(out + 5, identity->octets, 6);
    return 4 + 7 + more;
}

/* A local key of zeros: our own address is not a private one. */
static size_t put_key(const kith_host *h, host_lists_step *step, uint8_t *out)
{
    const peers_bond *bond = peers_by_id(&h->bonds, step->entry.peer);
    const uint8_t *own = privacy_key(h);

    step->entry.identity = bond->identity;
    step->entry.check = check_of(h, bond->irk);
    step->entry.local_check = check_of(h, own);
    memcpy(out + 11, bond->irk, 16);
    memcpy(out + 27, own, 16);
    return put_identity(KITH_HCI_LE_ADD_TO_RESOLVING_LIST, &bond->identity, 32, out);
}

static size_t put_mode(const kith_host *h, host_lists_step *step, uint8_t *out)
{
    step->entry.device = wants_device_mode(h, &step->entry);
    out[11] = step->entry.device ? DEVICE_PRIVACY : NETWORK_PRIVACY;
    return put_identity(KITH_HCI_LE_SET_PRIVACY_MODE, &step->entry.identity, 1, out);
}

static size_t put_timeout(kith_host *h, uint8_t *out)
{
    h->lists->timeout_s = privacy_controller_cycle_s(h);
    command_begin(out, KITH_HCI_LE_SET_RPA_TIMEOUT, 2);
    bytes_put16(out + 4, h->lists->timeout_s);
    return 4 + 2;
}

static size_t put_filtered(const kith_host *h, host_lists_step *step, uint8_t *out)
{
    step->entry.identity = peers_by_id(&h->bonds, step->entry.peer)->identity;
    return put_identity(KITH_HCI_LE_ADD_TO_FILTER_LIST, &step->entry.identity, 0, out);
}

static size_t put_resolution(bool on, uint8_t *out)
{
    command_begin(out, KITH_HCI_LE_SET_RESOLUTION_ENABLE, 1);
    out[4] = on;
    return 5;
}

static size_t put_step(kith_host *h, host_lists_step *step, uint8_t *out)
{
    switch (step->kind) {
    case LISTS_FILTER_REMOVE:
        return put_identity(KITH_HCI_LE_REMOVE_FROM_FILTER_LIST, &step->entry.identity, 0, out);
    case LISTS_FILTER_ADD:
        return put_filtered(h, step, out);
    case LISTS_RESOLVING_REMOVE:
    case LISTS_RENEW_REMOVE:
        return put_identity(KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST, &step->entry.identity, 0, out);
    case LISTS_RESOLVING_ADD:
    case LISTS_RENEW_ADD:
        return put_key(h, step, out);
    case LISTS_SET_MODE:
        return put_mode(h, step, out);
    case LISTS_SET_TIMEOUT:
        return put_timeout(h, out);
    default:
        return put_resolution(step->kind == LISTS_RESOLUTION_ON, out);
    }
}

size_t lists_command(kith_host *h, uint8_t *out)
{
    host_lists *l = h->lists;
    host_lists_step step;

    if (l == NULL)
        return 0;
    if (l->seen != h->bonds.changes)
        lists_rebuild(h);
    step = l->pending ? lists_next_step(h) : (host_lists_step){.kind = LISTS_NO_STEP};
    if (step.kind == LISTS_NO_STEP)
        return 0; /* lists_go_on() ends the pause */
    pause_ask(h, PAUSE_FOR_LISTS, depth_of(h, step.kind));
    if (!pause_is_reached(h))
        return 0;
    l->sent = step;
    return put_step(h, &l->sent, out);
}

/* ---- answers ---- */

static void drop(host_listed *entries, uint16_t *count, uint16_t at)
{
    entries[at] = entries[--*count];
    memset(&entries[*count], 0, sizeof *entries);
}

static void append_filtered(kith_host *h, const host_listed *entry)
{
    host_listed *e = &h->lists->filtered[h->lists->filtered_count++];

    *e = *entry;
    judge_filtered(h, e); /* its bond may have gone while the command was on its way */
}

/* Also its key of ours may be another one by now. */
static void put_resolving(kith_host *h, host_listed *e, const host_listed *entry)
{
    *e = *entry;
    e->renew = e->absent = e->device = false;
    judge_resolving(h, e, check_of(h, privacy_key(h)));
}

static void append_resolving(kith_host *h, const host_listed *entry)
{
    put_resolving(h, &h->lists->resolving[h->lists->resolving_count++], entry);
}

static bool is_of_filter(host_lists_step_kind kind)
{
    return kind == LISTS_FILTER_REMOVE || kind == LISTS_FILTER_ADD;
}

static void take_step(kith_host *h, const host_lists_step *step)
{
    host_lists *l = h->lists;

    l->allow_due |= is_of_filter(step->kind) && !step->entry.sought;
    l->filter_changed |= is_of_filter(step->kind) && !step->entry.sought;
    l->identities_due |=
        (step->kind == LISTS_RESOLVING_REMOVE || step->kind == LISTS_RESOLVING_ADD) && !step->entry.sought;
    switch (step->kind) {
    case LISTS_FILTER_REMOVE:
        drop(l->filtered, &l->filtered_count, step->at);
        break;
    case LISTS_FILTER_ADD:
        append_filtered(h, &step->entry);
        break;
    case LISTS_RESOLVING_REMOVE:
        drop(l->resolving, &l->resolving_count, step->at);
        break;
    case LISTS_RESOLVING_ADD:
        append_resolving(h, &step->entry);
        break;
    case LISTS_RENEW_REMOVE:
        l->resolving[step->at].absent = true;
        break;
    case LISTS_RENEW_ADD:
        put_resolving(h, &l->resolving[step->at], &step->entry);
        break;
    case LISTS_SET_MODE:
        l->resolving[step->at].device = step->entry.device;
        break;
    case LISTS_SET_TIMEOUT:
        break;
    default:
        l->resolution = step->kind == LISTS_RESOLUTION_ON;
        break;
    }
}

static uint16_t filtered_of_program(const host_lists *l)
{
    uint16_t count = 0;

    for (uint16_t i = 0; i < l->filtered_count; i++)
        count += !l->filtered[i].sought;
    return count;
}

void lists_tell(kith_host *h, kith_event_kind kind, kith_status status, kith_hci_status hci_status)
{
    kith_event *event = event_post(h, kind, NULL);
    bool allow = kind == KITH_EVENT_ALLOW_LIST;

    event->peer_list.status = status;
    event->peer_list.hci_status = hci_status;
    event->peer_list.count = allow ? filtered_of_program(h->lists) : h->lists->resolving_count;
    if (allow)
        h->lists->allow_due = false;
    else
        h->lists->identities_due = false;
}

/* What was removed to be added again, and could not be, is not there. */
static void drop_absent(host_lists *l)
{
    for (uint16_t i = l->resolving_count; i > 0; i--)
        if (l->resolving[i - 1].absent)
            drop(l->resolving, &l->resolving_count, (uint16_t)(i - 1));
}

static bool lets_in_too_many(const kith_host *h)
{
    host_lists_step step;

    return find(h, h->lists->filtered, h->lists->filtered_count, has_gone, &step);
}

/* It is not tried again by itself: the next change, or the next use of the list, does.  Whoever would be let in by a
 * list that is not what it shall be is not: what is due there goes on when a command of the other list is refused. */
static void fail(kith_host *h, const host_lists_step *step, kith_hci_status hci_status)
{
    host_lists *l = h->lists;
    host_lists_step_kind kind = step->kind;
    kith_status status = hci_status == KITH_HCI_MEMORY_EXCEEDED ? KITH_ERR_FULL : KITH_ERR_IO;

    l->pending = l->only_closes = !is_of_filter(kind) && lets_in_too_many(h);
    lists_hide_change(h);
    drop_absent(l);
    if (l->allow_due || (is_of_filter(kind) && !step->entry.sought))
        lists_tell(h, KITH_EVENT_ALLOW_LIST, status, hci_status);
    if (l->identities_due || (!is_of_filter(kind) && !step->entry.sought))
        lists_tell(h, KITH_EVENT_DEVICE_IDENTITIES, status, hci_status);
    if (is_of_filter(kind)) {
        advertise_refuse(h, hci_status);
        connect_refuse(h, hci_status);
    }
    if (l->is_sought)
        reconnect_on_list_refused(h, hci_status);
    pause_end(h, PAUSE_FOR_LISTS);
}

/* What is not there need not be removed. */
static bool is_done(host_lists_step_kind kind, kith_hci_status status)
{
    bool removes = kind == LISTS_FILTER_REMOVE || kind == LISTS_RESOLVING_REMOVE || kind == LISTS_RENEW_REMOVE;

    return status == KITH_HCI_SUCCESS || kind == LISTS_SET_TIMEOUT ||
           (removes && status == KITH_HCI_UNKNOWN_CONNECTION);
}

void lists_on_result(kith_host *h, kith_hci_status status)
{
    host_lists *l = h->lists;
    host_lists_step step;

    if (l == NULL || l->sent.kind == LISTS_NO_STEP)
        return;
    step = l->sent;
    memset(&l->sent, 0, sizeof l->sent);
    if (step.kind == LISTS_SET_MODE && status == KITH_HCI_UNKNOWN_COMMAND) {
        l->lacks_modes = true; /* it lists the command and does not know it */
        reconnect_touch(h);
    } else if (is_done(step.kind, status)) {
        take_step(h, &step);
    } else {
        fail(h, &step, status);
    }
}

/* ---- the controller comes and goes ---- */

/* HCI Reset has emptied both lists (7.3.2). */
void lists_on_ready(kith_host *h)
{
    host_lists *l = h->lists;

    if (l == NULL)
        return;
    l->filtered_count = l->resolving_count = 0;
    l->timeout_s = 0;
    l->resolution = l->lacks_modes = false;
    memset(&l->sent, 0, sizeof l->sent);
    lists_rebuild(h);
}

void lists_on_lost(kith_host *h)
{
    host_lists *l = h->lists;

    pause_end(h, PAUSE_FOR_LISTS);
    if (l == NULL)
        return;
    l->filtered_count = l->resolving_count = 0;
    memset(&l->sent, 0, sizeof l->sent);
    l->pending = false;
    if (l->allow_due)
        lists_tell(h, KITH_EVENT_ALLOW_LIST, KITH_ERR_IO, KITH_HCI_HARDWARE_FAILURE);
    if (l->identities_due)
        lists_tell(h, KITH_EVENT_DEVICE_IDENTITIES, KITH_ERR_IO, KITH_HCI_HARDWARE_FAILURE);
}

/* ---- our own addresses and keys ---- */

static bool is_running(const kith_host *h)
{
    return h->lists != NULL && h->startup == STARTUP_READY && !h->lost;
}

/* The pause begins here, so that nothing goes on between the host's change and the controller's. */
void lists_renew(kith_host *h)
{
    host_lists *l = h->lists;

    if (!is_running(h))
        return;
    for (uint16_t i = 0; i < l->resolving_count; i++) {
        if (l->resolving[i].local_check == 0)
            continue;
        l->resolving[i].renew = true;
        l->pending = true;
        l->only_closes = false;
        pause_ask(h, PAUSE_FOR_LISTS, PAUSE_ALL);
    }
}

void lists_on_own_key(kith_host *h)
{
    if (is_running(h))
        lists_rebuild(h);
}

void lists_on_use(kith_host *h)
{
    if (!is_running(h))
        return;
    h->lists->pending = true;
    h->lists->only_closes = false;
}

/* A controller that resolves looks for identities: somebody whose private address was heard before would not be found
 * by it. */
const kith_address *lists_name_of(const kith_host *h, const kith_address *peer)
{
    const host_lists *l = h->lists;
    const peers_bond *bond;

    if (l == NULL || !l->resolution || kith_address_kind_of(peer) != KITH_ADDRESS_KIND_RESOLVABLE)
        return peer;
    bond = peers_by_address(&h->bonds, h->config.crypto, &h->own, peer);
    return bond != NULL && has_entry(h, l->resolving, l->resolving_count, bond->id) ? &bond->identity : peer;
}
