/* Other connection parameters for a link that is there.  A central changes them (Vol 4 Part E 7.8.18, 7.7.65.3), a
 * peripheral asks its central (Vol 3 Part A 4.20).  That a peripheral's controller asked by itself would need a feature
 * of both link layers; the L2CAP way every central knows. */
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
    if (link->update_for_peer && result != KITH_PARAMETERS_CHANGED)
        return;
    event = post(h, link);
    event->parameters.asked = !link->update_for_peer;
    event->parameters.result = result;
    event->parameters.hci_status = status;
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
    return link->update == UPDATE_SENT ||
           ((link->update == UPDATE_ASKED || link->update == UPDATE_ACCEPTED) && is_as_asked(link));
}

void parameters_on_complete(kith_host *h, const uint8_t *p, size_t len)
{
    host_link *link = len >= 9 ? link_by_handle(h, bytes_get16(p + 1) & KITH_ACL_HANDLE_MASK) : NULL;

    if (link == NULL)
        return;
    if (p[0] == KITH_HCI_SUCCESS) {
        link->interval_1250us = bytes_get16(p + 3);
        link->latency = bytes_get16(p + 5);
        link->timeout_10ms = bytes_get16(p + 7);
    }
    if (p[0] != KITH_HCI_SUCCESS && link->update == UPDATE_SENT)
        end(h, link, KITH_PARAMETERS_FAILED, p[0]);
    else if (p[0] == KITH_HCI_SUCCESS && is_ours(link))
        end(h, link, KITH_PARAMETERS_CHANGED, KITH_HCI_SUCCESS);
    else if (p[0] == KITH_HCI_SUCCESS)
        (void)post(h, link);
}

/* Only a refusal ends it. */
void parameters_on_command_status(kith_host *h, host_link *link, kith_hci_status status)
{
    if (status != KITH_HCI_SUCCESS && link->update == UPDATE_SENT)
        end(h, link, KITH_PARAMETERS_FAILED, status);
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

size_t parameters_put_update(host_link *link, uint8_t *out)
{
    const kith_connection_parameters *p = &link->update_to;

    link->update = UPDATE_SENT;
    command_begin(out, KITH_HCI_LE_CONNECTION_UPDATE, 14);
    bytes_put16(out + 4, link->handle);
    bytes_put16(out + 6, p->interval_min_1250us);
    bytes_put16(out + 8, p->interval_max_1250us);
    bytes_put16(out + 10, p->latency);
    bytes_put16(out + 12, p->timeout_10ms);
    bytes_put16(out + 14, 0); /* how long a connection event shall be: as the controller likes */
    bytes_put16(out + 16, 0);
    return 4 + 14;
}

bool parameters_expire(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];

        if (link->id == 0 || link->update_deadline_us > h->now_us)
            continue;
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

static void begin(kith_host *h, host_link *link, bool for_peer)
{
    link->update_for_peer = for_peer;
    link->update_deadline_us =
        host_time(h) + (link->update == UPDATE_ASKED ? HOST_UPDATE_ANSWER_US : HOST_UPDATE_TIMEOUT_US);
}

static void want(host_link *link)
{
    link->update = UPDATE_WANTED;
    link->wants |= LINK_WANTS_UPDATE;
}

bool parameters_take_request(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    kith_connection_parameters wish;

    if (!h->config.accept_parameters || !link->central || link->going || link->update != UPDATE_NONE ||
        !l2cap_read_parameter_request(pdu, len, &wish) || kith_gap_check_parameters(&wish) != KITH_OK)
        return false;
    link->update_to = wish;
    want(link);
    begin(h, link, true);
    return true;
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
    if (link->central)
        want(link);
    else if (!ask(link))
        return KITH_ERR_FULL;
    begin(h, link, false);
    return KITH_OK;
}
