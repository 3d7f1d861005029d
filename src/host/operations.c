/* Operations of the program on a peer's attributes: one is under way on a link, others wait in their order, and each
 * has one end.  Commands have none, and go at once. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

/* ---- what an operation begins with ---- */

static kith_status start_exchange_mtu(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap,
                                      size_t *len)
{
    (void)op;
    return gatt_client_start_exchange_mtu(client, out, cap, len);
}

static kith_status start_discover(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap, size_t *len)
{
    return gatt_client_start_discover(client, &op->uuid, out, cap, len);
}

static kith_status start_services(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap, size_t *len)
{
    return gatt_client_start_services(client, op->has_uuid ? &op->uuid : NULL, out, cap, len);
}

static kith_status start_includes(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap, size_t *len)
{
    return gatt_client_start_includes(client, op->handle, op->last, out, cap, len);
}

static kith_status start_characteristics(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap,
                                         size_t *len)
{
    return gatt_client_start_characteristics(client, op->handle, op->last, out, cap, len);
}

static kith_status start_descriptors(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap,
                                     size_t *len)
{
    return gatt_client_start_descriptors(client, op->handle, op->last, out, cap, len);
}

static kith_status start_read(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap, size_t *len)
{
    return gatt_client_start_read(client, op->handle, op->memory, op->memory_cap, out, cap, len);
}

static kith_status start_write(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap, size_t *len)
{
    return gatt_client_start_write(client, op->handle, op->octets, op->len, out, cap, len);
}

static kith_status start_write_long(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap,
                                    size_t *len)
{
    return gatt_client_start_write_long(client, op->handle, op->octets, op->len, out, cap, len);
}

static kith_status start_write_reliable(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap,
                                        size_t *len)
{
    return gatt_client_start_writes(client, op->parts, op->len, out, cap, len);
}

static kith_status start_read_by_uuid(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap,
                                      size_t *len)
{
    return gatt_client_start_read_by_uuid(client, &op->uuid, op->handle, op->last, out, cap, len);
}

/* Its first value is enough. */
static kith_status start_asking(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap, size_t *len)
{
    kith_status status = start_read_by_uuid(client, op, out, cap, len);

    if (status == KITH_OK)
        client->one_is_enough = true;
    return status;
}

static kith_status start_read_multiple(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap,
                                       size_t *len)
{
    return gatt_client_start_read_multiple(client, op->handles, op->len, op->bits != 0, out, cap, len);
}

static kith_status start_subscribe(gatt_client *client, const host_operation *op, uint8_t *out, size_t cap, size_t *len)
{
    return gatt_client_start_subscribe(client, op->handle, op->last, op->bits, out, cap, len);
}

/* ---- starting ---- */

/* Where the next request of the program goes; NULL: no room. */
static uint8_t *find_place(host_link *link, size_t *cap)
{
    uint8_t *out = acl_reserve(link, TX_ATT_APP, cap);

    return *cap >= link->bearer.my_mtu ? out : NULL;
}

static kith_status find_link(const kith_host *h, kith_link id, host_link **link)
{
    *link = link_by_id(h, id);
    if (*link == NULL)
        return KITH_ERR_NOT_FOUND;
    return (*link)->att_dead || (*link)->going ? KITH_ERR_STATE : KITH_OK;
}

/* The request was written behind what waits in the transmit buffer; it goes, or is held until the link is better. */
void operations_launch(kith_host *h, host_link *link, size_t len)
{
    link->answered_level = KITH_LEVEL_SC_AUTHENTICATED; /* nothing is, yet */
    attributes_keep_request(link, link->tx + link->tx_len + HOST_FRAME_RECORD + KITH_L2CAP_HEADER, len);
    link->client.may_hold = h->config.gatt_raise != KITH_GATT_RAISE_NOT;
    link->client.may_check = remote_may_check(link);
    if (raising_comes_first(h, link)) {
        gatt_client_hold(&link->client);
        link->raise_asked = false;
    } else {
        acl_commit(link, KITH_CID_ATT, TX_ATT_APP, len);
    }
    attributes_start_timer(h, link);
    if (raising_waits(h, link) && events_have_room(h))
        raising_go_on(h, link);
}

static kith_status start(kith_host *h, host_link *link, const host_operation *op)
{
    size_t cap, len;
    uint8_t *out = find_place(link, &cap);
    kith_status status = KITH_ERR_FULL;

    if (op->is_survey)
        return remote_begin(h, link);
    if (out != NULL)
        status = op->start(&link->client, op, out, cap, &len);
    if (status != KITH_OK)
        return status;
    link->asks = op->asks;
    link->answer = KITH_STATE_NO;
    operations_launch(h, link, len);
    return KITH_OK;
}

/* ---- waiting ---- */

static bool is_under_way(const host_link *link)
{
    return gatt_client_is_waiting(&link->client) || link->remote != REMOTE_IDLE;
}

static bool is_busy(const host_link *link)
{
    return is_under_way(link) || link->operation_count > 0 || link->asks_more != 0;
}

static host_operation *operation_at(const kith_host *h, host_link *link, unsigned i)
{
    return &link->operations[(link->operation_head + i) % h->config.limits.operations];
}

/* Of the slot that an operation waits in: for what the caller lends for the call alone. */
static uint8_t *memory_of(const kith_host *h, host_link *link, const host_operation *slot)
{
    return link->operation_values + (size_t)(slot - link->operations) * HOST_OPERATION_VALUE(h->config.limits.mtu);
}

/* Would it start?  Asked of a client that is idle. */
static kith_status try(host_link *link, const host_operation *op, uint8_t *scratch, size_t cap)
{
    gatt_client client;
    size_t len;

    gatt_client_init(&client, &link->bearer);
    return op->start(&client, op, scratch, cap, &len);
}

static void keep_value(host_operation *slot, uint8_t *memory)
{
    if (slot->octets != NULL && slot->len > 0)
        memcpy(memory, slot->octets, slot->len);
    if (slot->handles != NULL)
        memcpy(memory, slot->handles, slot->len * sizeof *slot->handles);
    slot->octets = slot->octets != NULL ? memory : NULL;
    slot->handles = slot->handles != NULL ? (const uint16_t *)(void *)memory : NULL;
}

/* What is impossible is said now, and not when its turn comes. */
static kith_status wait_in_line(const kith_host *h, host_link *link, const host_operation *op)
{
    host_operation *slot;
    uint8_t *memory;
    kith_status status;

    if (link->operation_count == h->config.limits.operations)
        return KITH_ERR_BUSY;
    slot = operation_at(h, link, link->operation_count);
    memory = memory_of(h, link, slot);
    status = op->is_survey ? KITH_OK : try(link, op, memory, h->config.limits.mtu);
    if (status != KITH_OK)
        return status;
    *slot = *op;
    if (!op->is_lent)
        keep_value(slot, memory);
    link->operation_count++;
    return KITH_OK;
}

static kith_status submit(kith_host *h, kith_link id, const host_operation *op)
{
    host_link *link;
    kith_status status = find_link(h, id, &link);

    if (status != KITH_OK)
        return status;
    return is_busy(link) ? wait_in_line(h, link, op) : start(h, link, op);
}

static void take_out(const kith_host *h, host_link *link, host_operation *op)
{
    *op = *operation_at(h, link, 0);
    link->operation_head = (uint8_t)((link->operation_head + 1) % h->config.limits.operations);
    link->operation_count--;
}

bool operations_wait(const kith_host *h, host_link *link)
{
    size_t cap;

    (void)h;
    return link->id != 0 && (link->operation_count > 0 || link->asks_more != 0) && !link->going && !link->att_dead &&
           !is_under_way(link) && find_place(link, &cap) != NULL;
}

static void tell_end(kith_host *h, host_link *link, const host_operation *op, kith_gatt_result result)
{
    gatt_client_event event = {.kind = op->end, .ended = true, .result = result, .handle = op->handle};

    if (op->asks != 0)
        resolution_end(h, link, op->asks, result, KITH_STATE_NOT_READ);
    else
        attributes_tell_end(h, link, &event);
}

static host_operation asking(const kith_host *h, kith_token token)
{
    return (host_operation){.start = start_asking,
                            .end = GATT_CLIENT_READ_DONE,
                            .uuid = *resolution_next(h, token),
                            .handle = 1,
                            .last = 0xffff,
                            .asks = token};
}

static void ask_more(kith_host *h, host_link *link)
{
    const host_operation op = asking(h, link->asks_more);

    link->asks_more = 0;
    if (start(h, link, &op) != KITH_OK)
        tell_end(h, link, &op, KITH_GATT_NOT_SENT);
}

void operations_go_on(kith_host *h, host_link *link)
{
    host_operation op;
    uint8_t *memory;

    if (link->asks_more != 0) {
        ask_more(h, link);
        return;
    }
    memory = memory_of(h, link, operation_at(h, link, 0));
    take_out(h, link, &op);
    if (op.is_dropped || start(h, link, &op) != KITH_OK)
        tell_end(h, link, &op, KITH_GATT_NOT_SENT);
    wipe(memory, h->config.limits.mtu);
}

void operations_end(kith_host *h, host_link *link, kith_gatt_result result)
{
    host_operation op;

    if (link->asks_more != 0)
        resolution_end(h, link, link->asks_more, result, KITH_STATE_NOT_READ);
    link->asks_more = 0;
    if (link->operation_count == 0)
        return;
    while (link->operation_count > 0) {
        take_out(h, link, &op);
        tell_end(h, link, &op, op.is_dropped ? KITH_GATT_NOT_SENT : result);
    }
    wipe(link->operation_values, h->config.limits.operations * HOST_OPERATION_VALUE(h->config.limits.mtu));
}

/* Behind one that has gone already their ends wait for its end. */
void operations_drop(kith_host *h, host_link *link)
{
    if (!is_under_way(link))
        operations_end(h, link, KITH_GATT_NOT_SENT);
    for (unsigned i = 0; i < link->operation_count; i++)
        operation_at(h, link, i)->is_dropped = true;
}

/* ---- the calls ---- */

kith_status kith_gatt_exchange_mtu(kith_host *h, kith_link id)
{
    const host_operation op = {.start = start_exchange_mtu, .end = GATT_CLIENT_MTU_DONE};
    host_link *link = link_by_id(h, id);
    kith_status status;

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (link->mtu_asked && !link->att_dead && !link->going)
        return is_busy(link) ? KITH_ERR_BUSY : KITH_ERR_STATE;
    status = submit(h, id, &op);
    if (status == KITH_OK)
        link->mtu_asked = true;
    return status;
}

kith_status kith_gatt_discover(kith_host *h, kith_link id, const kith_uuid *service)
{
    const host_operation op = {.start = start_discover, .end = GATT_CLIENT_DISCOVERY_DONE, .uuid = *service};

    return submit(h, id, &op);
}

kith_status kith_gatt_discover_all(kith_host *h, kith_link id)
{
    const host_operation op = {.end = GATT_CLIENT_DISCOVERY_DONE, .is_survey = true};

    return h->config.limits.cache == 0 ? KITH_ERR_UNSUPPORTED : submit(h, id, &op);
}

kith_status kith_gatt_discover_services(kith_host *h, kith_link id, const kith_uuid *uuid)
{
    host_operation op = {.start = start_services, .end = GATT_CLIENT_DISCOVERY_DONE, .has_uuid = uuid != NULL};

    if (uuid != NULL)
        op.uuid = *uuid;
    return submit(h, id, &op);
}

kith_status kith_gatt_discover_includes(kith_host *h, kith_link id, uint16_t first, uint16_t last)
{
    const host_operation op = {
        .start = start_includes, .end = GATT_CLIENT_DISCOVERY_DONE, .handle = first, .last = last};

    return submit(h, id, &op);
}

kith_status kith_gatt_discover_characteristics(kith_host *h, kith_link id, uint16_t first, uint16_t last)
{
    const host_operation op = {
        .start = start_characteristics, .end = GATT_CLIENT_DISCOVERY_DONE, .handle = first, .last = last};

    return submit(h, id, &op);
}

kith_status kith_gatt_discover_descriptors(kith_host *h, kith_link id, uint16_t first, uint16_t last)
{
    const host_operation op = {
        .start = start_descriptors, .end = GATT_CLIENT_DISCOVERY_DONE, .handle = first, .last = last};

    return submit(h, id, &op);
}

kith_status kith_gatt_read(kith_host *h, kith_link id, uint16_t handle)
{
    const host_link *link = link_by_id(h, id);
    host_operation op = {.start = start_read, .end = GATT_CLIENT_READ_DONE, .handle = handle};

    op.memory = link != NULL ? link->value : NULL;
    op.memory_cap = host_buffer(h);
    return submit(h, id, &op);
}

kith_status kith_gatt_write(kith_host *h, kith_link id, uint16_t handle, const uint8_t *value, size_t value_len)
{
    const host_operation op = {
        .start = start_write, .end = GATT_CLIENT_WRITE_DONE, .handle = handle, .octets = value, .len = value_len};

    return submit(h, id, &op);
}

kith_status kith_gatt_write_long(kith_host *h, kith_link id, uint16_t handle, const uint8_t *value, size_t value_len)
{
    const host_operation op = {.start = start_write_long,
                               .end = GATT_CLIENT_WRITE_DONE,
                               .handle = handle,
                               .octets = value,
                               .len = value_len,
                               .is_lent = true};

    return submit(h, id, &op);
}

kith_status kith_gatt_write_reliable(kith_host *h, kith_link id, const kith_gatt_write_part *writes, size_t count)
{
    const host_operation op = {
        .start = start_write_reliable, .end = GATT_CLIENT_WRITE_DONE, .parts = writes, .len = count, .is_lent = true};

    return submit(h, id, &op);
}

kith_status kith_gatt_read_by_uuid(kith_host *h, kith_link id, const kith_uuid *uuid, uint16_t first, uint16_t last)
{
    const host_operation op = {
        .start = start_read_by_uuid, .end = GATT_CLIENT_READ_DONE, .uuid = *uuid, .handle = first, .last = last};

    return submit(h, id, &op);
}

kith_status operations_ask(kith_host *h, kith_link id, kith_token token)
{
    const host_operation op = asking(h, token);

    return submit(h, id, &op);
}

kith_status kith_gatt_read_multiple(kith_host *h, kith_link id, const uint16_t *handles, size_t count, bool variable)
{
    const host_operation op = {
        .start = start_read_multiple, .end = GATT_CLIENT_READ_DONE, .handles = handles, .len = count, .bits = variable};

    return submit(h, id, &op);
}

kith_status kith_gatt_subscribe(kith_host *h, kith_link id, uint16_t value_handle, uint16_t configuration, uint8_t bits)
{
    const host_operation op = {.start = start_subscribe,
                               .end = GATT_CLIENT_SUBSCRIBE_DONE,
                               .handle = value_handle,
                               .last = configuration,
                               .bits = bits};

    return submit(h, id, &op);
}

/* ---- commands ---- */

static kith_status begin_command(kith_host *h, kith_link id, host_link **link, uint8_t **out, size_t *cap)
{
    kith_status status = find_link(h, id, link);

    if (status != KITH_OK)
        return status;
    *out = find_place(*link, cap);
    return *out != NULL ? KITH_OK : KITH_ERR_FULL;
}

kith_status kith_gatt_write_command(kith_host *h, kith_link id, uint16_t handle, const uint8_t *value, size_t value_len)
{
    host_link *link;
    size_t cap, len;
    uint8_t *out;
    kith_status status = begin_command(h, id, &link, &out, &cap);

    if (status != KITH_OK)
        return status;
    if (raising_comes_first(h, link))
        return KITH_ERR_INSECURE;
    status = gatt_client_write_command(&link->client, handle, value, value_len, out, cap, &len);
    if (status == KITH_OK)
        acl_commit(link, KITH_CID_ATT, TX_ATT_APP, len);
    return status;
}

/* The value's length is looked at before a counter is used. */
kith_status kith_gatt_write_signed(kith_host *h, kith_link id, uint16_t handle, const uint8_t *value, size_t value_len)
{
    host_link *link;
    peers_bond *bond;
    size_t cap, len;
    uint8_t *out;
    kith_status status = begin_command(h, id, &link, &out, &cap);

    if (status != KITH_OK)
        return status;
    status = signing_find_key(h, link, &bond);
    if (status == KITH_OK)
        status = gatt_client_signed_write(&link->client, handle, value, value_len, out, cap, &len);
    if (status == KITH_OK)
        status = signing_sign(h, bond, out, len);
    if (status == KITH_OK)
        acl_commit(link, KITH_CID_ATT, TX_ATT_APP, len);
    return status;
}
