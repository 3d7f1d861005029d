/* Connections: their slots, their beginning and end, and what they want to tell the controller.
 * Core Vol 4 Part E 7.7.5, 7.7.65.1, 7.7.65.10, 7.1.6. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "host/internal.h"

host_link *link_by_id(const kith_host *h, kith_link id)
{
    for (unsigned i = 0; id != 0 && i < h->config.limits.links; i++)
        if (h->links[i].id == id)
            return &h->links[i];
    return NULL;
}

host_link *link_by_handle(const kith_host *h, uint16_t handle)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && h->links[i].handle == handle)
            return &h->links[i];
    return NULL;
}

static host_link *free_slot(const kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id == 0)
            return &h->links[i];
    return NULL;
}

/* What a Connection Complete says, either form. */
typedef struct {
    uint8_t status, role;
    uint16_t handle;
    kith_address peer; /* as on air */
    uint8_t own_rpa[6];
    uint16_t interval, latency, timeout;
} completion;

static bool is_zero(const uint8_t address[6])
{
    static const uint8_t none[6];

    return memcmp(address, none, sizeof none) == 0;
}

/* Peer address types 2 and 3 are identities that the controller resolved; on air was the private address. */
static bool parse(const uint8_t *parameters, size_t len, bool enhanced, completion *c)
{
    bytes_reader r;
    uint8_t peer_rpa[6] = {0};

    memset(c, 0, sizeof *c);
    bytes_reader_init(&r, parameters, len);
    c->status = bytes_read8(&r);
    if (c->status != KITH_HCI_SUCCESS)
        return !r.failed; /* nothing else in it means anything */
    c->handle = bytes_read16(&r);
    c->role = bytes_read8(&r);
    c->peer.type = bytes_read8(&r) & 1;
    bytes_read(&r, c->peer.octets, sizeof c->peer.octets);
    if (enhanced) {
        bytes_read(&r, c->own_rpa, sizeof c->own_rpa);
        bytes_read(&r, peer_rpa, sizeof peer_rpa);
    }
    c->interval = bytes_read16(&r);
    c->latency = bytes_read16(&r);
    c->timeout = bytes_read16(&r);
    bytes_skip(&r, 1);
    if (!is_zero(peer_rpa)) {
        c->peer.type = KITH_ADDRESS_RANDOM;
        memcpy(c->peer.octets, peer_rpa, sizeof peer_rpa);
    }
    return !r.failed && c->handle <= KITH_ACL_HANDLE_MASK && c->role <= 1;
}

/* The slot keeps its buffers, wiped; all else starts anew. */
static void reset_slot(host_link *link, size_t value_cap)
{
    host_link fresh;

    memset(&fresh, 0, sizeof fresh);
    fresh.tx = link->tx;
    fresh.tx_cap = link->tx_cap;
    hci_reassembly_init(&fresh.reassembly, link->reassembly.buffer, link->reassembly.capacity);
    fresh.hold = link->hold;
    fresh.hold_cap = link->hold_cap;
    fresh.value = link->value;
    fresh.signed_write.value = link->signed_write.value;
    fresh.server_memory = link->server_memory;
    fresh.operations = link->operations;
    fresh.operation_values = link->operation_values;
    fresh.table.octets = link->table.octets;
    fresh.table.cap = link->table.cap;
    fresh.client_due_us = UINT64_MAX;
    fresh.att_deadline_us = fresh.indication_deadline_us = UINT64_MAX;
    fresh.level = KITH_LEVEL_NONE;
    fresh.disconnect_deadline_us = UINT64_MAX;
    fresh.update_deadline_us = UINT64_MAX;
    measures_reset(&fresh.measures);
    wipe(link->tx, link->tx_cap);
    wipe(link->reassembly.buffer, link->reassembly.capacity);
    wipe(link->hold, link->hold_cap);
    wipe(link->value, value_cap);
    wipe(link, sizeof *link);
    *link = fresh;
}

static kith_link fresh_id(kith_host *h)
{
    do
        h->last_link++;
    while (h->last_link == 0 || link_by_id(h, h->last_link) != NULL);
    return h->last_link;
}

/* 7.3.94: a shorter payload timeout than this is refused. */
static uint16_t payload_floor(const completion *c)
{
    uint64_t us = (uint64_t)c->interval * 1250 * (1u + c->latency);
    uint64_t units = (us + 9999) / 10000;

    return (uint16_t)(units < UINT16_MAX ? units : UINT16_MAX);
}

static void open_link(kith_host *h, host_link *link, const completion *c)
{
    const uint8_t identity = identity_of_new_link(h, c->role == 0);
    const peers_bond *claimed = claims_of(h, &h->identities[identity].address, &c->peer);
    kith_event *event;

    reset_slot(link, host_buffer(h));
    link->id = fresh_id(h);
    link->handle = c->handle;
    link->central = c->role == 0;
    link->peer = c->peer;
    link->identity = identity;
    link->own = privacy_of_new_link(h, link->central, identity);
    if (!is_zero(c->own_rpa)) {
        link->own.type = KITH_ADDRESS_RANDOM;
        memcpy(link->own.octets, c->own_rpa, sizeof link->own.octets);
    }
    link->payload_floor_10ms = payload_floor(c);
    link->interval_1250us = c->interval;
    link->latency = c->latency;
    link->timeout_10ms = c->timeout;
    link->claimed = claimed != NULL ? claimed->id : 0;
    if (claimed == NULL)
        link_lengthen(h, link);
    measures_on_connected(h, link);
    attributes_init_link(h, link);
    event = event_post(h, KITH_EVENT_CONNECTED, link);
    event->connected.we_are_central = link->central;
    event->connected.peer = link->peer;
    event->connected.claimed = link->claimed;
    event->connected.interval_1250us = c->interval;
    event->connected.latency = c->latency;
    event->connected.timeout_10ms = c->timeout;
    reconnect_on_link(h, link);
}

/* Of a link that the host makes by itself, the last slot is not taken from the program's. */
static host_link *slot_for(const kith_host *h, bool in_background)
{
    return in_background && h->connecting && !connect_has_room(h, 2) ? NULL : free_slot(h);
}

void link_on_connection_complete(kith_host *h, const uint8_t *parameters, size_t len, bool enhanced)
{
    completion c;
    host_link *link;
    bool in_background;

    if (!parse(parameters, len, enhanced, &c))
        return;
    if (c.status == KITH_HCI_ADVERTISING_TIMEOUT) { /* no end of connecting, whose times are the host's */
        advertise_on_timeout(h);
        return;
    }
    if (c.status != KITH_HCI_SUCCESS) {
        if (!reconnect_take_end(h, c.status))
            connect_ended(h, c.status);
        return;
    }
    link = link_by_handle(h, c.handle);
    if (link != NULL && link->central == (c.role == 0) && kith_address_equal(&link->peer, &c.peer))
        return;       /* told twice */
    if (link != NULL) /* the end of that one was not told */
        link_end(h, link, KITH_HCI_UNKNOWN_CONNECTION);
    in_background = c.role == 0 && reconnect_take_link(h, &c.peer);
    link = slot_for(h, in_background);
    if (link == NULL) {
        h->stray = (uint16_t)(c.handle | STRAY);
        if (c.role == 0 && !in_background)
            connect_give_up(h, KITH_HCI_CONNECTION_LIMIT_EXCEEDED, KITH_OK);
    } else {
        if (c.role == 0 && !in_background)
            connect_made(h);
        open_link(h, link, &c);
    }
    if (c.role == 1)
        advertise_on_connected(h);
}

void link_end(kith_host *h, host_link *link, kith_hci_status reason)
{
    security_on_link_end(h, link, reason);
    room_on_link_end(h, link);
    attributes_on_link_end(h, link);
    parameters_on_link_end(h, link);
    measures_on_link_end(h, link, reason);
    acl_forget(h, link);
    reconnect_on_link_end(h, link);
    link->proven = 0; /* nothing is proven about a link that is gone */
    event_post(h, KITH_EVENT_DISCONNECTED, link)->disconnected.reason = reason;
    reset_slot(link, host_buffer(h));
}

void link_on_disconnection(kith_host *h, const uint8_t *parameters, size_t len)
{
    host_link *link;

    if (len < 4 || parameters[0] != KITH_HCI_SUCCESS)
        return;
    link = link_by_handle(h, bytes_get16(parameters + 1));
    if (link != NULL)
        link_end(h, link, parameters[3]);
}

void link_disconnect(kith_host *h, host_link *link, kith_hci_status reason)
{
    if (link->going)
        return;
    link->going = true;
    link->disconnect_deadline_us = host_time(h) + HOST_DISCONNECT_TIMEOUT_US;
    link->wants |= LINK_WANTS_DISCONNECT;
    link->disconnect_reason = reason;
}

/* Not by the controller's default, and for a peer that may have a bond not before it is encrypted: the procedure would
 * make the start of encryption, and so the first protected value, two connection events later. */
void link_lengthen(const kith_host *h, host_link *link)
{
    if (!link->lengthened && (h->ready.lacks & KITH_LACKS_DATA_LENGTH) == 0)
        measures_want_data_length(link, HOST_LONGEST_PACKET);
    link->lengthened = true;
}

/* The timer runs in the controller, and by itself: with encryption, for as long as the link is there. */
void link_watch(const kith_host *h, host_link *link)
{
    if (!link->watched && h->config.payload_timeout_10ms != 0 && (h->ready.lacks & KITH_LACKS_PING) == 0)
        link->wants |= LINK_WANTS_PAYLOAD_TIMEOUT;
    link->watched = true;
}

void link_on_payload_timeout(kith_host *h, const uint8_t *parameters, size_t len)
{
    host_link *link = len >= 2 ? link_by_handle(h, bytes_get16(parameters) & KITH_ACL_HANDLE_MASK) : NULL;

    if (link != NULL && link->level > KITH_LEVEL_NONE)
        event_post(h, KITH_EVENT_PAYLOAD_TIMEOUT, link);
}

static size_t put_handle(uint16_t opcode, uint16_t handle, size_t parameter_len, uint8_t *out)
{
    command_begin(out, opcode, parameter_len);
    bytes_put16(out + 4, handle);
    return 4 + parameter_len;
}

static size_t put_disconnect(uint16_t handle, kith_hci_status reason, uint8_t *out)
{
    out[6] = reason;
    return put_handle(KITH_HCI_DISCONNECT, handle, 3, out);
}

static size_t put_refusal(const kith_host *h, host_link *link, uint8_t *out)
{
    (void)h;
    return put_handle(KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY, link->handle, 2, out);
}

/* EDIV and Rand are zero: a Secure Connections key. */
static size_t put_encryption(const kith_host *h, host_link *link, uint8_t *out)
{
    (void)h;
    bytes_put64(out + 6, link->key_rand);
    bytes_put16(out + 14, link->key_ediv);
    memcpy(out + 16, link->ltk, sizeof link->ltk);
    wipe(link->ltk, sizeof link->ltk);
    return put_handle(KITH_HCI_LE_ENABLE_ENCRYPTION, link->handle, 28, out);
}

static size_t put_ltk(const kith_host *h, host_link *link, uint8_t *out)
{
    (void)h;
    memcpy(out + 6, link->ltk, sizeof link->ltk);
    wipe(link->ltk, sizeof link->ltk);
    return put_handle(KITH_HCI_LE_LTK_REQUEST_REPLY, link->handle, 18, out);
}

static size_t put_payload_timeout(const kith_host *h, host_link *link, uint8_t *out)
{
    uint16_t timeout = h->config.payload_timeout_10ms;

    bytes_put16(out + 6, timeout > link->payload_floor_10ms ? timeout : link->payload_floor_10ms);
    return put_handle(KITH_HCI_WRITE_AUTH_PAYLOAD_TIMEOUT, link->handle, 4, out);
}

static size_t put_goodbye(const kith_host *h, host_link *link, uint8_t *out)
{
    (void)h;
    link->disconnect_deadline_us = UINT64_MAX;
    return put_disconnect(link->handle, link->disconnect_reason, out);
}

void link_disconnect_now(host_link *link)
{
    link->disconnect_now = true;
    link->disconnect_deadline_us = UINT64_MAX;
    link->wants |= LINK_WANTS_DISCONNECT;
}

/* A disconnection waits a little until the peer's link layer has what the security manager still had to say. */
static bool may_disconnect(const host_link *link)
{
    return link->disconnect_now || (link->smp_queued == 0 && (int32_t)(link->fragments_done - link->smp_mark) >= 0);
}

/* In order of urgency. */
static const struct {
    uint16_t want;
    size_t (*put)(const kith_host *h, host_link *link, uint8_t *out);
} wanting[] = {
    {LINK_WANTS_LTK_REFUSED, put_refusal},
    {LINK_WANTS_LTK_REPLY, put_ltk},
    {LINK_WANTS_ENCRYPTION, put_encryption},
    {LINK_WANTS_DISCONNECT, put_goodbye},
    {LINK_WANTS_WISH_GRANTED, wishes_put_granted},
    {LINK_WANTS_WISH_REFUSED, wishes_put_refused},
    {LINK_WANTS_DATA_LENGTH, measures_put_data_length},
    {LINK_WANTS_PAYLOAD_TIMEOUT, put_payload_timeout},
    {LINK_WANTS_UPDATE, parameters_put_update},
    {LINK_WANTS_PHY, measures_put_phy},
    {LINK_WANTS_RSSI, measures_put_rssi},
};

static size_t command_of(const kith_host *h, host_link *link, uint8_t *out)
{
    for (size_t i = 0; i < sizeof wanting / sizeof wanting[0]; i++) {
        if ((link->wants & wanting[i].want) == 0 || (wanting[i].want == LINK_WANTS_DISCONNECT && !may_disconnect(link)))
            continue;
        link->wants &= (uint16_t)~wanting[i].want;
        return wanting[i].put(h, link, out);
    }
    return 0;
}

size_t link_command(kith_host *h, uint8_t *out)
{
    if ((h->stray & STRAY) != 0) {
        uint16_t handle = h->stray & KITH_ACL_HANDLE_MASK;

        h->stray = 0;
        return put_disconnect(handle, KITH_HCI_REMOTE_USER_TERMINATED, out);
    }
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];
        size_t len = link->id != 0 && link->wants != 0 ? command_of(h, link, out) : 0;

        if (len != 0) {
            h->command.link = link->id;
            return len;
        }
    }
    return 0;
}

/* A link that must end is not left standing because the controller would not just now (it may be ending already). */
static void disconnect_again(kith_host *h, host_link *link, uint16_t opcode)
{
    if (++link->disconnect_tries < HOST_DISCONNECT_TRIES) {
        link->disconnect_deadline_us = host_time(h) + HOST_DISCONNECT_TIMEOUT_US;
        return;
    }
    h->lost_why.opcode = opcode;
    h->lost_why.hardware_code = 0;
    h->lost = true;
}

static bool gives_key(uint16_t opcode)
{
    return opcode == KITH_HCI_LE_ENABLE_ENCRYPTION || opcode == KITH_HCI_LE_LTK_REQUEST_REPLY;
}

void link_on_command_status(kith_host *h, uint16_t opcode, kith_link id, kith_hci_status status)
{
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return;
    if (status == KITH_HCI_SUCCESS)
        link->key_given |= gives_key(opcode) && link->encryption == LINK_ENCRYPTING &&
                           (link->wants & (LINK_WANTS_ENCRYPTION | LINK_WANTS_LTK_REPLY)) == 0;
    else if (status == KITH_HCI_UNKNOWN_CONNECTION) /* its Disconnection Complete was lost */
        link_end(h, link, KITH_HCI_UNKNOWN_CONNECTION);
    else if (opcode == KITH_HCI_DISCONNECT)
        disconnect_again(h, link, opcode);
    else if (opcode == KITH_HCI_LE_CONNECTION_UPDATE)
        parameters_on_command_status(h, link, status);
    else if (opcode == KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY)
        parameters_on_grant_refused(h, link);
    else if (opcode == KITH_HCI_LE_SET_PHY)
        measures_on_phy_refused(h, link, status);
    else if (opcode == KITH_HCI_READ_RSSI)
        measures_on_rssi_refused(h, link, status);
    else if (opcode != KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY)
        security_on_command_refused(h, link, status);
}

kith_status kith_gap_disconnect(kith_host *h, kith_link id, kith_hci_status reason)
{
    static const uint8_t reasons[] = {0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b}; /* 7.1.6 */
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (memchr(reasons, reason, sizeof reasons) == NULL)
        return KITH_ERR_VALUE;
    reconnect_on_disconnect(h, link);
    link_disconnect(h, link, reason);
    return KITH_OK;
}
