/* ACL data of all links: L2CAP frames in and out, fragments, the controller's buffers, and received frames that
 * wait while a link is being encrypted.
 *
 * Core Vol 4 Part E 4.1, 5.4.2, 7.7.19; Vol 3 Part A 3.1, 7.2.1. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "host/internal.h"
#include "l2cap/signalling.h"

enum { ACL_HEADER = 5 }; /* type, handle, length */

/* ---- out ---- */

/* What of a reserve is still free: frames of that class that wait already have taken their part of it. */
static size_t left_of(const host_link *link, host_tx_class kind, size_t reserve)
{
    size_t record;

    for (size_t at = 0; at < link->tx_len; at += record) {
        record = HOST_FRAME_RECORD + (size_t)bytes_get16(link->tx + at);
        if (link->tx[at + 2] == kind)
            reserve = reserve > record ? reserve - record : 0;
    }
    return reserve;
}

static size_t left_for_others(const host_link *link, host_tx_class kind)
{
    size_t answer = HOST_FRAME_RECORD + KITH_L2CAP_HEADER + (size_t)link->bearer.my_mtu;
    size_t left = 0;

    if (kind != TX_SMP)
        left += left_of(link, TX_SMP, HOST_SMP_RESERVE);
    if (kind == TX_ATT_APP || kind == TX_ATT_ANSWER)
        left += left_of(link, TX_SIGNALLING, HOST_SIGNALLING_RESERVE);
    if (kind == TX_ATT_APP)
        left += left_of(link, TX_ATT_ANSWER, answer);
    return left;
}

uint8_t *acl_reserve(host_link *link, host_tx_class kind, size_t *cap)
{
    size_t taken = (size_t)link->tx_len + HOST_FRAME_RECORD + KITH_L2CAP_HEADER + left_for_others(link, kind);

    *cap = taken < link->tx_cap ? link->tx_cap - taken : 0;
    return link->tx + link->tx_len + HOST_FRAME_RECORD + KITH_L2CAP_HEADER;
}

void acl_commit(host_link *link, uint16_t cid, host_tx_class kind, size_t len)
{
    uint8_t *record = link->tx + link->tx_len;

    bytes_put16(record, (uint16_t)(KITH_L2CAP_HEADER + len));
    record[2] = (uint8_t)kind;
    bytes_put16(record + 3, (uint16_t)len);
    bytes_put16(record + 5, cid);
    link->tx_len = (uint16_t)((size_t)link->tx_len + HOST_FRAME_RECORD + KITH_L2CAP_HEADER + len);
    if (kind == TX_SMP)
        link->smp_queued++;
}

bool acl_send(host_link *link, uint16_t cid, host_tx_class kind, const uint8_t *pdu, size_t len)
{
    size_t cap;
    uint8_t *place = acl_reserve(link, kind, &cap);

    if (cap < len)
        return false;
    memcpy(place, pdu, len);
    acl_commit(link, cid, kind, len);
    return true;
}

/* Takes octets off the front of a buffer.  What they leave behind is wiped: it may have been a key. */
static uint16_t drop_front(uint8_t *buffer, uint16_t len, size_t front)
{
    memmove(buffer, buffer + front, len - front);
    wipe(buffer + (len - front), front);
    return (uint16_t)(len - front);
}

static void drop_first_record(host_link *link)
{
    uint16_t record = (uint16_t)(HOST_FRAME_RECORD + bytes_get16(link->tx));

    if (link->tx[2] == TX_SMP) {
        link->smp_queued--;
        link->smp_mark = link->fragments_sent;
    }
    link->tx_offset = 0;
    link->tx_len = drop_front(link->tx, link->tx_len, record);
}

static size_t take_fragment(kith_host *h, host_link *link, uint8_t *out, size_t cap)
{
    uint16_t frame = bytes_get16(link->tx);
    uint16_t len = (uint16_t)(frame - link->tx_offset);
    uint16_t flags = link->tx_offset == 0 ? KITH_ACL_FIRST_NON_FLUSHABLE : KITH_ACL_CONTINUING;
    uint16_t most = h->ready.acl_len < cap - ACL_HEADER ? h->ready.acl_len : (uint16_t)(cap - ACL_HEADER);

    if (len > most)
        len = most;
    out[0] = KITH_H4_ACL;
    bytes_put16(out + 1, link->handle | flags);
    bytes_put16(out + 3, len);
    memcpy(out + ACL_HEADER, link->tx + HOST_FRAME_RECORD + link->tx_offset, len);
    h->acl_credits--;
    link->in_controller++;
    link->fragments_sent++;
    link->tx_offset = (uint16_t)(link->tx_offset + len);
    if (link->tx_offset == frame)
        drop_first_record(link);
    return ACL_HEADER + (size_t)len;
}

static bool is_attribute(const uint8_t *record)
{
    return record[2] == TX_ATT_APP || record[2] == TX_ATT_ANSWER;
}

static uint8_t opcode_of(const uint8_t *record)
{
    return record[HOST_FRAME_RECORD + KITH_L2CAP_HEADER];
}

/* A request or command of our client, whichever reserve it was made from. */
static bool is_request(const uint8_t *record)
{
    kith_att_kind kind = kith_att_kind_of(opcode_of(record));

    return is_attribute(record) && (kind == KITH_ATT_KIND_REQUEST || kind == KITH_ATT_KIND_COMMAND);
}

/* Is one still here?  Then nobody can have answered it. */
bool acl_has_request(const host_link *link)
{
    size_t len;

    for (size_t at = 0; at < link->tx_len; at += len) {
        const uint8_t *record = link->tx + at;

        len = HOST_FRAME_RECORD + (size_t)bytes_get16(record);
        if (is_attribute(record) && kith_att_kind_of(opcode_of(record)) == KITH_ATT_KIND_REQUEST)
            return true;
    }
    return false;
}

/* Other slots that have nothing in the controller, open or not: each may want a buffer at any time. */
static unsigned others_without(const kith_host *h, const host_link *link)
{
    unsigned count = 0;

    for (unsigned i = 0; i < h->config.limits.links; i++)
        count += &h->links[i] != link && h->links[i].in_controller == 0;
    return count;
}

/* Our requests wait while encryption is on its way, so that what was meant for it does not go in plain, and until what
 * came meanwhile was looked at, so that none of it answers them.  A link that has a packet in the controller takes
 * another only while one is left for each that has none: a peer that acknowledges nothing does not silence the
 * others. */
static bool must_wait(const kith_host *h, const host_link *link)
{
    bool encrypts = link->encryption == LINK_ENCRYPTING || acl_has_held(link);

    if (encrypts && link->tx_offset == 0 && is_request(link->tx))
        return true;
    return link->in_controller > 0 && h->acl_credits <= others_without(h, link);
}

bool acl_drop_attributes(host_link *link, bool answers_too)
{
    bool request_dropped = false;
    size_t at = 0;

    while (at < link->tx_len) {
        uint8_t *record = link->tx + at;
        size_t len = HOST_FRAME_RECORD + (size_t)bytes_get16(record);
        bool begun = at == 0 && link->tx_offset > 0;

        if (!(answers_too ? is_attribute(record) : is_request(record) && !begun)) {
            at += len;
            continue;
        }
        request_dropped |= is_attribute(record) && kith_att_kind_of(opcode_of(record)) == KITH_ATT_KIND_REQUEST;
        link->tx_offset = at == 0 ? 0 : link->tx_offset;
        link->tx_len = (uint16_t)(at + drop_front(record, (uint16_t)(link->tx_len - at), len));
    }
    return request_dropped;
}

/* A signed write is for a plain link alone (Vol 3 Part C 10.4): the peer would ignore it. */
static void drop_signed(kith_host *h, host_link *link)
{
    while (link->tx_len > 0 && link->tx_offset == 0 && link->encryption != LINK_PLAIN && is_attribute(link->tx) &&
           opcode_of(link->tx) == KITH_ATT_SIGNED_WRITE_COMMAND) {
        drop_first_record(link);
        h->events.dropped++;
    }
}

/* Links take turns, so that one with much to say does not starve the others. */
size_t acl_next_packet(kith_host *h, uint8_t *out, size_t cap)
{
    unsigned links = h->config.limits.links;

    if (h->acl_credits == 0 || cap < ACL_HEADER + 27)
        return 0;
    for (unsigned i = 0; i < links; i++) {
        host_link *link = &h->links[(h->next_link + i) % links];

        drop_signed(h, link);
        if (link->id == 0 || link->tx_len == 0 || must_wait(h, link))
            continue;
        h->next_link = (uint8_t)((h->next_link + i + 1) % links);
        return take_fragment(h, link, out, cap);
    }
    return 0;
}

static void complete(kith_host *h, host_link *link, uint16_t count)
{
    if (count > link->in_controller)
        count = link->in_controller; /* a controller that counts wrong gets no more than it took */
    link->in_controller = (uint16_t)(link->in_controller - count);
    link->fragments_done += count;
    h->acl_credits = (uint16_t)(h->acl_credits + count);
    if (count > 0 && link->smp_queued == 0 && (int32_t)(link->fragments_done - link->smp_mark) >= 0)
        link->smp_acknowledged = link->session != NULL;
}

void acl_on_completed(kith_host *h, const uint8_t *parameters, size_t len)
{
    size_t count = len > 0 ? parameters[0] : 0;

    if (len < 1 + 4 * count)
        return;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = parameters + 1 + 4 * i;
        host_link *link = link_by_handle(h, bytes_get16(entry) & KITH_ACL_HANDLE_MASK);

        if (link != NULL)
            complete(h, link, bytes_get16(entry + 2));
    }
}

/* On disconnection the controller has freed what it held (4.3). */
void acl_forget(kith_host *h, host_link *link)
{
    h->acl_credits = (uint16_t)(h->acl_credits + link->in_controller);
    link->in_controller = 0;
}

/* ---- in ---- */

static void answer_signalling(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    uint8_t answer[L2CAP_SIGNALLING_MTU];
    size_t answer_len;

    parameters_on_signalling(h, link, pdu, len);
    if (wishes_take_signalling(h, link, pdu, len))
        return;
    answer_len = l2cap_answer_signalling(link->central, pdu, len, answer);
    /* A peer that asks faster than it listens gets fewer answers. */
    if (answer_len > 0)
        (void)acl_send(link, KITH_CID_SIGNALLING, TX_SIGNALLING, answer, answer_len);
}

static void dispatch(kith_host *h, host_link *link, const uint8_t *frame, size_t len)
{
    const uint8_t *pdu = frame + KITH_L2CAP_HEADER;
    size_t pdu_len = len - KITH_L2CAP_HEADER;

    if (pdu_len == 0)
        return;
    switch (bytes_get16(frame + 2)) {
    case KITH_CID_ATT:
        attributes_on_pdu(h, link, pdu, pdu_len);
        break;
    case KITH_CID_SIGNALLING:
        answer_signalling(h, link, pdu, pdu_len);
        break;
    case KITH_CID_SMP:
        security_on_pdu(h, link, pdu, pdu_len);
        break;
    default:
        break; /* Vol 3 Part A 3.1: data on a channel that is not there is ignored */
    }
}

/* What comes once the controller has accepted the key waits for the outcome where it may be encrypted: as central, only
 * where the transport may deliver data before the event.  What does not fit is handled at once, as plain. */
static bool hold(const kith_host *h, host_link *link, const uint8_t *frame, size_t len)
{
    if ((link->central && !h->config.transport_reorders) || link->encryption != LINK_ENCRYPTING || !link->key_given ||
        link->hold_len + len + 2 > link->hold_cap)
        return false;
    bytes_put16(link->hold + link->hold_len, (uint16_t)len);
    memcpy(link->hold + link->hold_len + 2, frame, len);
    link->hold_len = (uint16_t)(link->hold_len + len + 2);
    return true;
}

bool acl_has_held(const host_link *link)
{
    return link->hold_len > 0 && !(link->encryption == LINK_ENCRYPTING && link->key_given);
}

void acl_take_held(kith_host *h, host_link *link)
{
    size_t len = bytes_get16(link->hold);

    if (!link->going)
        dispatch(h, link, link->hold + 2, len);
    link->hold_len = drop_front(link->hold, link->hold_len, 2 + len);
}

void acl_receive(kith_host *h, const uint8_t *packet, size_t len)
{
    uint16_t handle = bytes_get16(packet);
    host_link *link = link_by_handle(h, handle & KITH_ACL_HANDLE_MASK);
    bool first = (handle & KITH_ACL_BOUNDARY_MASK) != KITH_ACL_CONTINUING;

    if (link == NULL || link->going || (handle & KITH_ACL_BROADCAST_MASK) != 0)
        return;
    if (!hci_reassembly_add(&link->reassembly, first, packet + 4, len - 4))
        return;
    if (!hold(h, link, link->reassembly.buffer, link->reassembly.want))
        dispatch(h, link, link->reassembly.buffer, link->reassembly.want);
    wipe(link->reassembly.buffer, link->reassembly.want);
}
