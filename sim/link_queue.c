/* What one end has to send: LL control PDUs before data, data in fragments of the octets agreed, and an
 * empty PDU when there is nothing.  Buffers of the host are given back when the last fragment has been
 * acknowledged on air.  Core Vol 6 Part B 2.4, 4.5.9; Vol 4 Part E 4.1.1, 7.7.19. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "internal.h"

enum { LLID_CONTINUATION = 1, LLID_START = 2, LLID_CONTROL = 3 };
enum { OPCODE_TERMINATE_IND = 0x02 };

/* ---- filling ---- */

bool sim_link_control(sim_link *link, const uint8_t *payload, size_t len)
{
    sim_control_pdu *pdu;

    if (link->control_count == SIM_CONTROL_QUEUE || len > sizeof pdu->payload)
        return false;
    pdu = &link->control[link->control_count++];
    pdu->eligible = sim_link_next_event(link);
    pdu->len = (uint8_t)len;
    memcpy(pdu->payload, payload, len);
    return true;
}

static void give_back(sim_link *link, unsigned buffers)
{
    uint8_t event[5] = {1};

    link->controller->acl_in_use -= buffers;
    bytes_put16(event + 1, link->handle);
    bytes_put16(event + 3, (uint16_t)buffers);
    sim_event(link->controller, KITH_HCI_EV_COMPLETED_PACKETS, event, sizeof event);
}

/* An empty packet is nothing on air; after a disconnect is asked for, nothing goes any more. */
void sim_link_acl(sim_link *link, bool continuing, const uint8_t *data, size_t len)
{
    sim_acl *acl = len == 0 || link->terminating ? NULL : calloc(1, sizeof *acl + len);

    link->controller->acl_in_use++;
    if (acl == NULL) {
        give_back(link, 1);
        return;
    }
    acl->eligible = sim_link_next_event(link);
    acl->continuing = continuing;
    acl->len = len;
    memcpy(acl->data, data, len);
    if (link->acl_last != NULL)
        link->acl_last->next = acl;
    else
        link->acl_first = acl;
    link->acl_last = acl;
}

static void pop_acl(sim_link *link)
{
    sim_acl *acl = link->acl_first;

    link->acl_first = acl->next;
    if (link->acl_first == NULL)
        link->acl_last = NULL;
    free(acl);
}

/* The host takes its buffers back by itself when it learns of the end. */
void sim_link_drop_queues(sim_link *link)
{
    while (link->acl_first != NULL) {
        pop_acl(link);
        link->controller->acl_in_use--;
    }
    link->control_count = 0;
}

/* ---- choosing ---- */

static bool is_due(const sim_link *link, uint32_t eligible)
{
    return eligible <= link->connection->counter;
}

/* A packet whose fragments have all been sent waits for its last acknowledgement. */
static const sim_acl *sendable_acl(const sim_link *link)
{
    const sim_acl *acl = link->acl_first;

    if (acl != NULL && acl->sent == acl->len)
        acl = acl->next;
    return acl != NULL && is_due(link, acl->eligible) && !sim_encryption_holds_data(link) ? acl : NULL;
}

/* The first control PDU that may go now, or SIM_CONTROL_QUEUE.  Data queued before a disconnect goes first. */
static size_t sendable_control(const sim_link *link)
{
    for (size_t i = 0; i < link->control_count; i++) {
        const sim_control_pdu *pdu = &link->control[i];
        bool waits_for_data = pdu->payload[0] == OPCODE_TERMINATE_IND && sendable_acl(link) != NULL;

        if (is_due(link, pdu->eligible) && sim_encryption_allows_sending(link, pdu->payload[0]) && !waits_for_data)
            return i;
    }
    return SIM_CONTROL_QUEUE;
}

bool sim_link_has_more(const sim_link *link)
{
    return !link->controller->mute && (sendable_control(link) != SIM_CONTROL_QUEUE || sendable_acl(link) != NULL);
}

static void select_control(sim_link *link, size_t index)
{
    sim_control_pdu pdu = link->control[index];
    size_t behind = link->control_count - index - 1;

    memmove(&link->control[index], &link->control[index + 1], behind * sizeof pdu);
    link->control_count--;
    link->outgoing.kind = SIM_AIR_CONTROL;
    link->outgoing.llid = LLID_CONTROL;
    link->outgoing.plain_len = pdu.len;
    memcpy(link->outgoing.plain, pdu.payload, pdu.len);
}

/* On LE Coded the longest packets each way take longer than many an interval. */
size_t sim_link_fragment(const sim_link *link)
{
    const sim_connection *k = link->connection;
    uint64_t two_us = 2 * (sim_air_duration_on(SIM_PHY_CODED, SIM_PDU_MAX) + 2 * SIM_T_IFS_US);
    bool coded = k->phy[SIM_CENTRAL] == SIM_PHY_CODED || k->phy[SIM_PERIPHERAL] == SIM_PHY_CODED;

    return coded && k->parameters.interval * 1250u < two_us ? SIM_DATA_MIN : link->tx_octets;
}

static void select_fragment(sim_link *link)
{
    sim_acl *acl = link->acl_first;
    size_t left = acl->len - acl->sent;
    size_t most = sim_link_fragment(link);
    size_t len = left < most ? left : most;

    link->outgoing.kind = SIM_AIR_DATA;
    link->outgoing.llid = acl->continuing || acl->sent != 0 ? LLID_CONTINUATION : LLID_START;
    link->outgoing.plain_len = (uint8_t)len;
    memcpy(link->outgoing.plain, acl->data + acl->sent, len);
    acl->sent += len;
}

static void seal(sim_link *link)
{
    sim_outgoing *o = &link->outgoing;

    o->encrypted = link->session.tx_on && o->plain_len != 0;
    o->air_len = o->plain_len;
    memcpy(o->air, o->plain, o->plain_len);
    if (!o->encrypted)
        return;
    /* A port that fails leaves a packet the peer will refuse: nothing goes out in plain. */
    if (sim_session_seal(&link->connection->sim->crypto, &link->session, link->role == SIM_CENTRAL, o->llid, o->plain,
                         o->plain_len, o->air) != KITH_OK)
        memset(o->air, 0, sizeof o->air);
    o->air_len = (uint8_t)(o->plain_len + SIM_MIC);
}

void sim_link_select(sim_link *link)
{
    size_t control = sendable_control(link);

    memset(&link->outgoing, 0, sizeof link->outgoing);
    link->outgoing.waits = true;
    link->outgoing.llid = LLID_CONTINUATION;
    if (!sim_link_has_more(link))
        return; /* an empty PDU, which carries no MIC */
    if (control != SIM_CONTROL_QUEUE)
        select_control(link, control);
    else if (sendable_acl(link) != NULL)
        select_fragment(link);
    seal(link);
    if (link->outgoing.kind == SIM_AIR_CONTROL)
        sim_encryption_sending(link, link->outgoing.plain[0]);
}

/* ---- acknowledged ---- */

void sim_link_acknowledged(sim_link *link)
{
    const sim_outgoing *o = &link->outgoing;

    if (o->kind == SIM_AIR_CONTROL && o->plain[0] == OPCODE_TERMINATE_IND) {
        sim_link_end(link, link->terminate_reason, true);
    } else if (o->kind == SIM_AIR_DATA && link->acl_first->sent == link->acl_first->len) {
        pop_acl(link);
        give_back(link, 1);
    }
}
