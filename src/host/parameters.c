/* Other connection parameters for a link that is there.  A central changes them (Vol 4 Part E 7.8.18, 7.7.65.3).  A
 * peripheral has its controller ask where both link layers know how, and asks its central by signalling where they do
 * not (Vol 3 Part A 4.20).  What the peer asks for is wishes.c. */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"
#include "l2cap/signalling.h"

static kith_event *post(kith_host *h, const host_link *link)
{
    kith_event *event = event_post(h, KITH_EVENT_PARAMETERS, link);

    event->parameters.interval_1250us = link->interval_1250us;
    event->parameters.latency = link->latency;
    event->parameters.timeout_10ms = link->timeout_10ms;
    return event;
}

/* What was the peer's wish is told if it came true, as a change that was not ours. */
static void end(kith_host *h, host_link *link, kith_parameters_result result, kith_hci_status status)
{
    kith_event *event;

    if (link->update == UPDATE_NONE)
        return;
    link->update = UPDATE_NONE;
    link->update_deadline_us = UINT64_MAX;
    link->update_crossed = false;
    link->wants &= (uint16_t)~LINK_WANTS_UPDATE;
    if (link->update_for_peer && result != KITH_PARAMETERS_CHANGED)
        return;
    event = post(h, link);
    event->parameters.asked = !link->update_for_peer;
    event->parameters.result = result;
    event->parameters.hci_status = status;
}

void parameters_forget_wish(host_link *link)
{
    link->update = UPDATE_NONE;
    link->update_deadline_us = UINT64_MAX;
}

static bool is_as_asked(const host_link *link)
{
    const kith_connection_parameters *p = &link->update_to;

    return link->interval_1250us >= p->interval_min_1250us && link->interval_1250us <= p->interval_max_1250us &&
           link->latency == p->latency && link->timeout_10ms == p->timeout_10ms;
}

/* A central that takes what we ask may have it changed before its answer is here; one that changes to something else
 * does that for reasons of its own. */
static bool is_ours(const host_link *link)
{
    if (link->update_crossed)
        return is_as_asked(link);
    return link->update == UPDATE_SENT || link->update == UPDATE_GRANTED ||
           ((link->update == UPDATE_ASKED || link->update == UPDATE_ACCEPTED) && is_as_asked(link));
}

/* What is told twice has changed nothing. */
static bool take(host_link *link, const uint8_t *p)
{
    const uint16_t interval = bytes_get16(p), latency = bytes_get16(p + 2), timeout = bytes_get16(p + 4);
    const bool changed = interval != link->interval_1250us || latency != link->latency || timeout != link->timeout_10ms;

    link->interval_1250us = interval;
    link->latency = latency;
    link->timeout_10ms = timeout;
    return changed;
}

static void on_changed(kith_host *h, host_link *link, const uint8_t *p)
{
    const bool changed = take(link, p);

    if (is_ours(link) && (changed || !link->update_for_peer)) {
        end(h, link, KITH_PARAMETERS_CHANGED, KITH_HCI_SUCCESS);
        return;
    }
    if (is_ours(link))
        parameters_forget_wish(link);
    link->update_crossed = false;
    if (changed)
        (void)post(h, link);
}

static void want(host_link *link)
{
    link->update = UPDATE_WANTED;
    link->wants |= LINK_WANTS_UPDATE;
}

/* An identifier is not used again for the next 254 (Vol 3 Part A 4), so a late answer is not taken for this one's. */
static bool ask(host_link *link)
{
    uint8_t pdu[L2CAP_SIGNALLING_MTU];
    uint8_t identifier = link->update_identifier == UINT8_MAX ? 1 : (uint8_t)(link->update_identifier + 1);
    size_t len = l2cap_put_parameter_request(&link->update_to, identifier, pdu);

    if (!acl_send(link, KITH_CID_SIGNALLING, TX_SIGNALLING, pdu, len))
        return false;
    link->update_identifier = identifier;
    link->update = UPDATE_ASKED;
    return true;
}

/* A peripheral whose link layer could not.  That the peer's knows no such procedure stays so. */
static void ask_instead(kith_host *h, host_link *link, kith_hci_status status)
{
    link->update_by_request |= status == KITH_HCI_UNSUPPORTED_REMOTE_FEATURE;
    if (ask(link))
        link->update_deadline_us = host_time(h) + HOST_UPDATE_ANSWER_US;
    else
        end(h, link, KITH_PARAMETERS_FAILED, status);
}

static bool have_collided(kith_hci_status status)
{
    return status == KITH_HCI_LL_PROCEDURE_COLLISION || status == KITH_HCI_DIFFERENT_TRANSACTION_COLLISION;
}

static void on_failed(kith_host *h, host_link *link, kith_hci_status status)
{
    if (link->update == UPDATE_GRANTED)
        end(h, link, KITH_PARAMETERS_FAILED, status);
    if (link->update != UPDATE_SENT)
        return;
    if (have_collided(status) && ++link->update_tries < HOST_UPDATE_TRIES)
        want(link);
    else if (!link->central && status == KITH_HCI_UNSUPPORTED_REMOTE_FEATURE)
        ask_instead(h, link, status);
    else
        end(h, link, status == KITH_HCI_UNACCEPTABLE_INTERVAL ? KITH_PARAMETERS_REFUSED : KITH_PARAMETERS_FAILED,
            status);
}

void parameters_on_complete(kith_host *h, const uint8_t *p, size_t len)
{
    host_link *link = len >= 9 ? link_by_handle(h, bytes_get16(p + 1) & KITH_ACL_HANDLE_MASK) : NULL;

    if (link == NULL)
        return;
    if (p[0] == KITH_HCI_SUCCESS)
        on_changed(h, link, p + 3);
    else
        on_failed(h, link, p[0]);
}

/* A command that was refused.  A peripheral's controller may do so for not knowing what its peer can, or for being at
 * something else. */
void parameters_on_command_status(kith_host *h, host_link *link, kith_hci_status status)
{
    if (link->update != UPDATE_SENT)
        return;
    if (link->central)
        end(h, link, KITH_PARAMETERS_FAILED, status);
    else
        ask_instead(h, link, status);
}

void parameters_on_grant_refused(kith_host *h, host_link *link)
{
    link->update_crossed = false;
    if (link->update == UPDATE_GRANTED)
        end(h, link, KITH_PARAMETERS_FAILED, KITH_HCI_SUCCESS);
}

void parameters_on_signalling(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    if (link->update != UPDATE_ASKED)
        return;
    switch (l2cap_read_parameter_response(pdu, len, link->update_identifier)) {
    case L2CAP_PARAMETERS_ACCEPTED:
        link->update = UPDATE_ACCEPTED;
        link->update_deadline_us = host_time(h) + HOST_UPDATE_TIMEOUT_US;
        break;
    case L2CAP_PARAMETERS_REJECTED:
        end(h, link, KITH_PARAMETERS_REFUSED, KITH_HCI_SUCCESS);
        break;
    default:
        break;
    }
}

void parameters_on_link_end(kith_host *h, host_link *link)
{
    end(h, link, KITH_PARAMETERS_LINK_LOST, KITH_HCI_SUCCESS);
}

/* How long a connection event shall be is left to the controller. */
size_t parameters_put(uint16_t opcode, const host_link *link, const kith_connection_parameters *p, uint8_t *out)
{
    command_begin(out, opcode, 14);
    bytes_put16(out + 4, link->handle);
    bytes_put16(out + 6, p->interval_min_1250us);
    bytes_put16(out + 8, p->interval_max_1250us);
    bytes_put16(out + 10, p->latency);
    bytes_put16(out + 12, p->timeout_10ms);
    memset(out + 14, 0, 4);
    return 4 + 14;
}

size_t parameters_put_update(const kith_host *h, host_link *link, uint8_t *out)
{
    (void)h;
    link->update = UPDATE_SENT;
    return parameters_put(KITH_HCI_LE_CONNECTION_UPDATE, link, &link->update_to, out);
}

bool parameters_expire(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];

        if (link->id == 0 || link->update_deadline_us > h->now_us)
            continue;
        if (link->update == UPDATE_WISHED)
            wishes_refuse(link);
        end(h, link, KITH_PARAMETERS_TIMEOUT, KITH_HCI_SUCCESS);
        return true;
    }
    return false;
}

uint64_t parameters_deadline(const kith_host *h)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && h->links[i].update_deadline_us < due)
            due = h->links[i].update_deadline_us;
    return due;
}

static void begin(kith_host *h, host_link *link, bool for_peer)
{
    link->update_for_peer = for_peer;
    link->update_crossed = false;
    link->update_tries = 0;
    link->update_deadline_us =
        host_time(h) + (link->update == UPDATE_ASKED ? HOST_UPDATE_ANSWER_US : HOST_UPDATE_TIMEOUT_US);
}

void parameters_begin_for_peer(kith_host *h, host_link *link, const kith_connection_parameters *wish)
{
    link->update_to = *wish;
    want(link);
    begin(h, link, true);
}

void parameters_wait_for_peer(kith_host *h, host_link *link)
{
    if (link->update == UPDATE_NONE || link->update == UPDATE_GRANTED) {
        link->update = UPDATE_GRANTED;
        begin(h, link, true);
    } else {
        link->update_crossed = true;
    }
}

/* Whether the peer's link layer can is known when it was tried. */
static bool asks_by_link_layer(const kith_host *h, const host_link *link)
{
    enum { PARAMETERS_REQUEST = 0x02 }; /* Vol 6 Part B 4.6 */

    return (h->ready.lacks & KITH_LACKS_PARAMETER_REQUEST) == 0 && (h->le_features & PARAMETERS_REQUEST) != 0 &&
           !link->update_by_request;
}

kith_status kith_gap_update_parameters(kith_host *h, kith_link id, const kith_connection_parameters *parameters)
{
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (kith_gap_check_parameters(parameters) != KITH_OK)
        return KITH_ERR_VALUE;
    if (link->going)
        return KITH_ERR_STATE;
    if (link->update != UPDATE_NONE)
        return KITH_ERR_BUSY;
    link->update_to = *parameters;
    if (link->central || asks_by_link_layer(h, link))
        want(link);
    else if (!ask(link))
        return KITH_ERR_FULL;
    begin(h, link, false);
    return KITH_OK;
}
