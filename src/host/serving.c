/* Our attributes, served: what clients ask goes to src/gatt, what the program must say to the program, and values that
 * clients want to be told of to them.  Core Vol 3 Part F 3.4, Part G 4. */
#include "base/bytes.h"
#include "host/internal.h"

static gatt_link_security security_now(const kith_host *h, const host_link *link)
{
    gatt_link_security now = {
        .encrypted = link->level > KITH_LEVEL_NONE,
        .key_exists = link->claimed != 0,
        .key_size = link->key_size,
        .level = link->level,
        .signer = signing_level_of(h, link),
    };

    return now;
}

static void tell_attribute(kith_host *h, const host_link *link, kith_event_kind kind, const gatt_server_event *e)
{
    bool command = kind == KITH_EVENT_WRITE_COMMAND;
    kith_event *event = command ? event_post_droppable(h, kind, link) : event_post(h, kind, link);

    if (event == NULL)
        return;
    event->attribute.id = e->id;
    event->attribute.handle = e->handle;
    event->attribute.offset = e->offset;
    event->attribute.opcode = e->opcode;
    event->attribute.len = (uint16_t)e->value_len;
    event->attribute.value = event_attach(h, event, e->value, e->value_len);
}

static void tell_subscription(kith_host *h, const host_link *link, const gatt_server_event *e)
{
    kith_event *event = event_post(h, KITH_EVENT_SUBSCRIBED, link);

    event->subscription.id = e->id;
    event->subscription.handle = e->handle;
    event->subscription.bits = e->bits;
}

static void tell_told(kith_host *h, const host_link *link, bool confirmed, kith_gatt_result result)
{
    kith_event *event = event_post(h, KITH_EVENT_TABLE_TOLD, link);

    event->table_told.first = link->told_first;
    event->table_told.last = link->told_last;
    event->table_told.confirmed = confirmed;
    event->table_told.result = result;
}

void serving_end_indication(kith_host *h, host_link *link, kith_gatt_result result)
{
    uint16_t handle = link->server.indicated;
    kith_event *event;

    link->indication_deadline_us = UINT64_MAX;
    link->server.indicated = 0;
    if (handle == GATT_SERVICE_CHANGED_HANDLE)
        tell_told(h, link, true, result);
    if (handle == 0 || handle == GATT_SERVICE_CHANGED_HANDLE)
        return;
    event = event_post(h, KITH_EVENT_INDICATED, link);
    event->indicated.handle = handle;
    event->indicated.id = link->indicated_id; /* its service may be gone */
    event->indicated.result = result;
}

static kith_status tell_value(kith_host *h, host_link *link, const gatt_link_security *security,
                              const gatt_attribute *at, uint8_t bit, const uint8_t *value, size_t len)
{
    size_t cap, out_len;
    uint8_t *out;
    kith_status status;

    if (link->att_dead || link->going)
        return KITH_ERR_STATE;
    status = gatt_server_may_tell(&link->server, security, at, bit);
    if (status != KITH_OK)
        return status;
    out = acl_reserve(link, TX_ATT_APP, &cap);
    if (cap < link->bearer.my_mtu)
        return KITH_ERR_FULL;
    out_len = gatt_server_tell(&link->server, security, at, bit, value, len, out, cap);
    acl_commit(link, KITH_CID_ATT, TX_ATT_APP, out_len);
    if (bit == KITH_SUBSCRIBED_INDICATE) {
        link->indicated_id = at->id;
        link->indication_deadline_us = host_time(h) + HOST_ATT_TIMEOUT_US;
    }
    return KITH_OK;
}

/* ---- the table has changed (Vol 3 Part G 7.1) ---- */

void serving_note_change(host_link *link, uint16_t first, uint16_t last)
{
    if (link->changed_first == 0 || first < link->changed_first)
        link->changed_first = first;
    if (last > link->changed_last)
        link->changed_last = last;
}

/* When it is confirmed the client knows; until then it stays to be told, on a later link too if it is bonded. */
void serving_tell_change(kith_host *h, host_link *link)
{
    gatt_link_security security = security_now(h, link);
    gatt_attribute at;
    uint8_t range[4];

    if (link->changed_first == 0 || !gatt_database_find(&h->database, GATT_SERVICE_CHANGED_HANDLE, &at))
        return;
    bytes_put16(range, link->changed_first);
    bytes_put16(range + 2, link->changed_last);
    if (tell_value(h, link, &security, &at, KITH_SUBSCRIBED_INDICATE, range, sizeof range) != KITH_OK)
        return;
    link->told_first = link->changed_first;
    link->told_last = link->changed_last;
    link->changed_first = link->changed_last = 0;
    tell_told(h, link, false, KITH_GATT_OK);
}

/* In a call of the program's, for whose events no room was kept: where there is none, when there is. */
static void tell_change_in_call(kith_host *h, host_link *link)
{
    link->change_waits = link->changed_first != 0 && !events_have_room(h);
    if (!link->change_waits)
        serving_tell_change(h, link);
}

void serving_go_on(kith_host *h, host_link *link)
{
    link->change_waits = false;
    serving_tell_change(h, link);
}

static void on_confirmed(kith_host *h, host_link *link, const gatt_server_event *e)
{
    link->server.indicated = e->handle; /* so that there is one place where an indication ends */
    serving_end_indication(h, link, KITH_GATT_OK);
    if (e->handle != GATT_SERVICE_CHANGED_HANDLE)
        return;
    link->server.is_unaware |= link->changed_first != 0; /* it has changed again meanwhile */
    clients_on_change(h, link);
}

static void tell(kith_host *h, host_link *link, const gatt_server_event *e, const uint8_t *pdu)
{
    switch (e->kind) {
    case GATT_SERVER_READ_WANTED:
        tell_attribute(h, link, KITH_EVENT_READ_WANTED, e);
        break;
    case GATT_SERVER_WRITE_WANTED:
        tell_attribute(h, link, KITH_EVENT_WRITE_WANTED, e);
        break;
    case GATT_SERVER_AUTHORIZATION_WANTED:
        tell_attribute(h, link, KITH_EVENT_AUTHORIZATION_WANTED, e);
        break;
    case GATT_SERVER_WRITTEN:
        tell_attribute(h, link, KITH_EVENT_VALUE_WRITTEN, e);
        break;
    case GATT_SERVER_WRITE_COMMAND:
        tell_attribute(h, link, KITH_EVENT_WRITE_COMMAND, e);
        break;
    case GATT_SERVER_SIGNED_WRITE:
        signing_on_write(h, link, e, pdu);
        break;
    case GATT_SERVER_SUBSCRIBED:
        if (e->handle != GATT_SERVICE_CHANGED_HANDLE)
            tell_subscription(h, link, e);
        clients_on_change(h, link);
        break;
    case GATT_SERVER_FEATURES:
        link->plain_features = 0; /* all of them are said again */
        clients_on_change(h, link);
        break;
    case GATT_SERVER_CONFIRMED:
        on_confirmed(h, link, e);
        break;
    default:
        break;
    }
}

/* Execute Write may have several ends to tell: one after the other. */
static size_t tell_all(kith_host *h, host_link *link, size_t len, gatt_server_event *e, const uint8_t *pdu,
                       uint8_t *answer, size_t cap)
{
    gatt_link_security security = security_now(h, link);

    tell(h, link, e, pdu);
    while (gatt_server_is_executing(&link->server)) {
        len = gatt_server_go_on(&link->server, &security, answer, cap, e);
        tell(h, link, e, pdu);
    }
    return len;
}

static bool asked_for_changes(const host_link *link)
{
    return (gatt_server_subscribed(&link->server, GATT_SERVICE_CHANGED_HANDLE) & KITH_SUBSCRIBED_INDICATE) != 0;
}

/* A request may say that besides what it asks.  Who had not asked to be told of the change is not told of it later. */
static void on_aware(kith_host *h, host_link *link, bool had_asked)
{
    if (!had_asked)
        link->changed_first = link->changed_last = 0;
    clients_on_change(h, link);
}

void serving_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    gatt_link_security security = security_now(h, link);
    gatt_server_event event;
    size_t cap, answer_len;
    bool was_unaware = link->server.is_unaware, had_asked = asked_for_changes(link);
    uint8_t *answer = acl_reserve(link, TX_ATT_ANSWER, &cap);

    if (cap < link->bearer.my_mtu)
        return; /* asks without listening to the answers: one at a time is the rule (3.3.2) */
    answer_len = gatt_server_request(&link->server, &security, pdu, len, answer, cap, &event);
    answer_len = tell_all(h, link, answer_len, &event, pdu, answer, cap);
    if (answer_len > 0)
        acl_commit(link, KITH_CID_ATT, TX_ATT_ANSWER, answer_len);
    if (was_unaware && !link->server.is_unaware)
        on_aware(h, link, had_asked);
    serving_tell_change(h, link);
}

/* The answer may lead to more that must be told: writes that were prepared, or the request that waited. */
static bool may_ask_on(kith_host *h, const host_link *link)
{
    const gatt_server *server = &link->server;

    if (server->held_len == 0 && server->executing == 0)
        return true;
    return events_have_room_for(h, (uint32_t)(server->queue_len - server->executing) + server->held_len);
}

/* An answer of the program, on its way to the client. */
typedef struct {
    host_link *link;
    gatt_link_security security;
    gatt_server_event event;
    uint8_t *out;
    size_t cap;
    bool done; /* there was a question that it answers */
} answer;

static kith_status begin_answer(kith_host *h, kith_link id, answer *a)
{
    a->link = link_by_id(h, id);
    if (a->link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (a->link->going || !gatt_server_is_pending(&a->link->server))
        return KITH_ERR_STATE;
    a->out = acl_reserve(a->link, TX_ATT_ANSWER, &a->cap);
    if (a->cap < a->link->bearer.my_mtu || !may_ask_on(h, a->link))
        return KITH_ERR_FULL;
    a->security = security_now(h, a->link);
    return KITH_OK;
}

/* What it led to: the response, or the next question. */
static kith_status end_answer(kith_host *h, answer *a, size_t len)
{
    if (!a->done)
        return KITH_ERR_STATE;
    len = tell_all(h, a->link, len, &a->event, NULL, a->out, a->cap);
    if (len > 0)
        acl_commit(a->link, KITH_CID_ATT, TX_ATT_ANSWER, len);
    return KITH_OK;
}

kith_status kith_gatt_answer_read(kith_host *h, kith_link id, kith_att_error error, const uint8_t *value, size_t len)
{
    answer a;
    kith_status status = begin_answer(h, id, &a);

    if (status != KITH_OK)
        return status;
    return end_answer(
        h, &a,
        gatt_server_answer_read(&a.link->server, &a.security, error, value, len, a.out, a.cap, &a.event, &a.done));
}

kith_status kith_gatt_answer_write(kith_host *h, kith_link id, kith_att_error error)
{
    answer a;
    kith_status status = begin_answer(h, id, &a);

    if (status != KITH_OK)
        return status;
    return end_answer(h, &a,
                      gatt_server_answer_write(&a.link->server, &a.security, error, a.out, a.cap, &a.event, &a.done));
}

kith_status kith_gatt_authorize(kith_host *h, kith_link id, bool yes)
{
    answer a;
    kith_status status = begin_answer(h, id, &a);

    if (status != KITH_OK)
        return status;
    return end_answer(
        h, &a, gatt_server_answer_authorization(&a.link->server, &a.security, yes, a.out, a.cap, &a.event, &a.done));
}

/* ---- values that clients are told of ---- */

static kith_status tell_client(kith_host *h, kith_link id, uint16_t of, uint8_t bit, const uint8_t *value, size_t len)
{
    host_link *link = link_by_id(h, id);
    gatt_link_security security;
    gatt_attribute at;

    if (link == NULL || !gatt_database_find_id(&h->database, of, &at))
        return KITH_ERR_NOT_FOUND;
    if (len > KITH_ATT_MAX_VALUE)
        return KITH_ERR_VALUE;
    tell_change_in_call(h, link); /* it may have found no room before */
    security = security_now(h, link);
    return tell_value(h, link, &security, &at, bit, value, len);
}

kith_status kith_gatt_notify(kith_host *h, kith_link id, uint16_t of, const uint8_t *value, size_t len)
{
    return tell_client(h, id, of, KITH_SUBSCRIBED_NOTIFY, value, len);
}

kith_status kith_gatt_indicate(kith_host *h, kith_link id, uint16_t of, const uint8_t *value, size_t len)
{
    return tell_client(h, id, of, KITH_SUBSCRIBED_INDICATE, value, len);
}

unsigned kith_gatt_notify_all(kith_host *h, uint16_t id, const uint8_t *value, size_t len)
{
    unsigned told = 0;

    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0)
            told += kith_gatt_notify(h, h->links[i].id, id, value, len) == KITH_OK;
    return told;
}

uint8_t kith_gatt_subscribed(const kith_host *h, kith_link id, uint16_t of)
{
    const host_link *link = link_by_id(h, id);
    gatt_attribute at;

    return link != NULL && gatt_database_find_id(&h->database, of, &at)
               ? gatt_server_subscribed(&link->server, at.handle)
               : 0;
}

uint16_t kith_gatt_handle(const kith_host *h, uint16_t id)
{
    gatt_attribute at;

    return gatt_database_find_id(&h->database, id, &at) ? at.handle : 0;
}

/* ---- services that come and go ---- */

static kith_status table_changed(kith_host *h, uint16_t first, uint16_t last)
{
    kith_status status = gatt_database_make_hash(&h->database, h->config.crypto);

    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];

        if (link->id == 0)
            continue;
        gatt_server_on_table_change(&link->server);
        serving_note_change(link, first, last);
        tell_change_in_call(h, link);
        clients_on_change(h, link);
    }
    return status;
}

kith_status kith_gatt_add_service(kith_host *h, const kith_service *service)
{
    uint16_t first, last;
    kith_status status = gatt_database_add(&h->database, service, &first, &last);

    return status == KITH_OK ? table_changed(h, first, last) : status;
}

/* Before clients are told: who is, is not subscribed any more. */
static void forget_values(kith_host *h, uint16_t first, uint16_t last)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0)
            gatt_forget_values(h->links[i].server.subscriptions, h->config.limits.subscriptions, first, last);
    clients_forget_values(h, first, last);
}

kith_status kith_gatt_remove_service(kith_host *h, const kith_service *service)
{
    uint16_t first, last;
    kith_status status = gatt_database_remove(&h->database, service, &first, &last);

    if (status != KITH_OK)
        return status;
    forget_values(h, first, last);
    return table_changed(h, first, last);
}
