/* ATT between the channel and the program: the client's operations, and the 30 s of a transaction; serving.c is the
 * other side.  Core Vol 3 Part F 3.3.  What a PDU means is src/gatt's. */
#include <string.h>

#include "host/internal.h"

void attributes_init_link(kith_host *h, host_link *link)
{
    att_bearer_init(&link->bearer, h->config.limits.mtu);
    gatt_server_init(&link->server, &h->database, &link->bearer, &link->server_memory);
    gatt_client_init(&link->client, &link->bearer);
    gatt_table_clear(&link->table);
    link->att_deadline_us = link->indication_deadline_us = UINT64_MAX;
}

/* ---- client ---- */

static kith_event_kind end_of(gatt_client_event_kind kind)
{
    switch (kind) {
    case GATT_CLIENT_MTU_DONE:
        return KITH_EVENT_MTU;
    case GATT_CLIENT_READ_DONE:
        return KITH_EVENT_READ;
    case GATT_CLIENT_WRITE_DONE:
        return KITH_EVENT_WRITTEN;
    case GATT_CLIENT_SUBSCRIBE_DONE:
        return KITH_EVENT_SUBSCRIPTION_WRITTEN;
    default:
        return KITH_EVENT_DISCOVERED;
    }
}

static kith_level weakest(unsigned one, unsigned other)
{
    return (kith_level)(one < other ? one : other);
}

void attributes_tell_end(kith_host *h, host_link *link, const gatt_client_event *e)
{
    kith_event *event;

    if (resolution_take_end(h, link, e))
        return;
    event = event_post(h, end_of(e->kind), link);
    if (e->kind == GATT_CLIENT_MTU_DONE && e->result == KITH_GATT_NOT_SENT)
        link->mtu_asked = false;
    event->gatt.result = e->result;
    event->gatt.att_error = e->error;
    event->gatt.handle = e->handle;
    event->gatt.mtu = link->bearer.mtu;
    event->gatt.level = weakest(link->answered_level, link->level);
    if (e->kind != GATT_CLIENT_READ_DONE || e->result != KITH_GATT_OK)
        return;
    event->gatt.len = (uint16_t)e->value_len;
    event->gatt.value = event_attach(h, event, e->value, e->value_len);
}

static void tell_found(kith_host *h, const host_link *link, const gatt_client_event *e)
{
    kith_event *event = event_post(h, KITH_EVENT_CHARACTERISTICS, link);

    event->characteristics.count = (uint16_t)e->count;
    event->characteristics.entry_len = e->entry_len;
    event->characteristics.entries = event_attach(h, event, e->value, e->value_len);
}

static void tell_list(kith_host *h, const host_link *link, const gatt_client_event *e)
{
    static const kith_event_kind kinds[] = {
        [GATT_CLIENT_VALUES] = KITH_EVENT_VALUES,
        [GATT_CLIENT_SERVICES] = KITH_EVENT_SERVICES,
        [GATT_CLIENT_INCLUDES] = KITH_EVENT_INCLUDES,
        [GATT_CLIENT_DESCRIPTORS] = KITH_EVENT_DESCRIPTORS,
    };
    kith_event *event = event_post(h, kinds[e->list], link);

    event->list.count = (uint16_t)e->count;
    event->list.entry_len = e->entry_len;
    event->list.entries = event_attach(h, event, e->entries, e->count * e->entry_len);
}

/* ---- values that the peer tells of ---- */

/* A link whose address claims a bond must be as good as that bond: until then somebody else may be speaking (BLESA). */
static kith_level level_wanted(const kith_host *h, const host_link *link)
{
    kith_level wanted = h->config.security.sc_only ? KITH_LEVEL_SC_AUTHENTICATED : h->config.notified_level;
    const peers_bond *bond = peers_by_id(&h->bonds, link->claimed);

    return bond != NULL && bond->level > wanted ? (kith_level)bond->level : wanted;
}

/* An indication is never lost, as it is confirmed: room for it was checked. */
static void tell_value(kith_host *h, const host_link *link, bool indicated, uint16_t handle, const uint8_t *value,
                       size_t len)
{
    kith_event *event =
        indicated ? event_post(h, KITH_EVENT_NOTIFIED, link) : event_post_droppable(h, KITH_EVENT_NOTIFIED, link);

    if (event == NULL)
        return;
    event->notified.handle = handle;
    event->notified.indicated = indicated;
    event->notified.level = link->level;
    event->notified.len = (uint16_t)len;
    event->notified.value = event_attach(h, event, value, len);
}

static void tell_notified(kith_host *h, host_link *link, const gatt_client_event *e)
{
    const uint8_t *value;
    size_t at = 0, len;
    uint16_t handle;

    while (gatt_client_notified(e, &at, &handle, &value, &len)) {
        if (handle == 0 || link->level < level_wanted(h, link)) {
            h->events.dropped++;
            continue;
        }
        tell_value(h, link, e->is_indication, handle, value, len);
        if (e->is_indication)
            remote_on_told(h, link, handle, value, len);
    }
}

static void tell(kith_host *h, host_link *link, const gatt_client_event *e)
{
    if (e->kind == GATT_CLIENT_NOTIFIED)
        tell_notified(h, link, e);
    if (e->list != GATT_CLIENT_NO_LIST && !resolution_take(h, link, e))
        tell_list(h, link, e);
    if (e->kind == GATT_CLIENT_CHARACTERISTICS && e->count > 0)
        tell_found(h, link, e);
    if (e->ended)
        attributes_tell_end(h, link, e);
}

void attributes_start_timer(kith_host *h, host_link *link)
{
    bool runs = link->hash_check == HASH_ASKED || (gatt_client_is_waiting(&link->client) && !link->client.is_held);

    link->att_deadline_us = runs ? host_time(h) + HOST_ATT_TIMEOUT_US : UINT64_MAX;
}

/* What is asked while encryption is on its way waits for it. */
void attributes_note_request(host_link *link)
{
    link->asked_level = (uint8_t)(link->encryption == LINK_ENCRYPTING ? KITH_LEVEL_SC_AUTHENTICATED : link->level);
}

/* As it went, in case it must go once more.  A read needs the memory for its value. */
void attributes_keep_request(host_link *link, const uint8_t *request, size_t len)
{
    attributes_note_request(link);
    link->request_len = (uint16_t)len;
    memcpy(link->client.value != NULL ? link->read_request : link->value, request, len);
}

static void take_response(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    bool is_answer = kith_att_kind_of(pdu[0]) == KITH_ATT_KIND_RESPONSE && !link->client.is_held;
    gatt_client_event event;
    bool is_surveys;
    size_t cap, out_len = 0;
    uint8_t *out = acl_reserve(link, TX_ATT_ANSWER, &cap); /* the next request, or a confirmation */

    if (kith_att_kind_of(pdu[0]) == KITH_ATT_KIND_RESPONSE && (cap < link->bearer.my_mtu || acl_has_request(link)))
        return; /* nobody can have answered what has not gone */
    if (remote_take_hash(h, link, pdu, len))
        return;
    gatt_client_response(&link->client, pdu, len, out, cap, &out_len, &event);
    if (is_answer && event.kind != GATT_CLIENT_HELD)
        link->answered_level = (uint8_t)weakest(link->answered_level, weakest(link->asked_level, link->level));
    is_surveys = remote_take(h, link, &event, out, cap, &out_len);
    if (out_len > 0 && kith_att_kind_of(pdu[0]) == KITH_ATT_KIND_RESPONSE)
        attributes_keep_request(link, out, out_len);
    if (event.kind == GATT_CLIENT_HELD)
        link->raise_asked = false;
    if (out_len > 0)
        acl_commit(link, KITH_CID_ATT, TX_ATT_ANSWER, out_len);
    if (kith_att_kind_of(pdu[0]) == KITH_ATT_KIND_RESPONSE)
        attributes_start_timer(h, link);
    if (!is_surveys)
        tell(h, link, &event);
}

void attributes_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    kith_att_kind kind = kith_att_kind_of(pdu[0]);

    if (link->att_dead || len > link->bearer.my_mtu)
        return;
    if (kind == KITH_ATT_KIND_REQUEST || kind == KITH_ATT_KIND_COMMAND || kind == KITH_ATT_KIND_CONFIRMATION)
        serving_on_pdu(h, link, pdu, len);
    else
        take_response(h, link, pdu, len);
}

/* ---- ends ---- */

static void abort_client(kith_host *h, host_link *link, kith_gatt_result result)
{
    gatt_client_event event;

    gatt_client_abort(&link->client, result, &event);
    event.result = result;
    remote_end(link, &event);
    link->hash_check = HASH_UNKNOWN;
    link->att_deadline_us = UINT64_MAX;
    if (event.kind != GATT_CLIENT_NONE)
        attributes_tell_end(h, link, &event);
    operations_end(h, link, result);
}

/* What was read while encrypted does not go out in plain, and what was to be sent encrypted is not sent at all. */
void attributes_on_drop(kith_host *h, host_link *link, bool was_protected)
{
    if (acl_drop_attributes(link, was_protected) && gatt_client_is_waiting(&link->client))
        abort_client(h, link, KITH_GATT_NOT_SENT);
    operations_drop(h, link);
    clients_on_link_end(h, link); /* while it is known whose it is */
    remote_on_link_end(h, link);
    if (was_protected)
        gatt_server_forget_request(&link->server);
}

void attributes_on_link_end(kith_host *h, host_link *link)
{
    signing_on_link_end(h, link);
    clients_on_link_end(h, link);
    remote_on_link_end(h, link);
    serving_end_indication(h, link, KITH_GATT_LINK_LOST);
    gatt_server_forget_request(&link->server); /* what was prepared may be a secret */
    abort_client(h, link, KITH_GATT_LINK_LOST);
}

/* Of a request or an indication of ours; 3.3.3: after either nothing more goes on this bearer. */
static uint64_t deadline_of(const host_link *link)
{
    return link->att_deadline_us < link->indication_deadline_us ? link->att_deadline_us : link->indication_deadline_us;
}

bool attributes_expire(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];

        if (link->id == 0 || deadline_of(link) > h->now_us)
            continue;
        link->att_dead = true;
        serving_end_indication(h, link, KITH_GATT_TIMEOUT);
        abort_client(h, link, KITH_GATT_TIMEOUT);
        return true;
    }
    return false;
}

uint64_t attributes_deadline(const kith_host *h)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && deadline_of(&h->links[i]) < due)
            due = deadline_of(&h->links[i]);
    return due;
}
