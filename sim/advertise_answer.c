/* What comes back to an advertiser: requests for a scan response and for a connection, on primary channels as on
 * auxiliary ones.  Core Vol 6 Part B 2.3.2, 2.3.3, 4.3.2 (filters), 4.4.2. */
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"

enum { ALLOWS_SCANS = 1, ALLOWS_CONNECTIONS = 2, SCAN_REQ_LEN = 14, CONNECT_LEN = 36 };

static void on_request(void *advertiser);
static void on_request_sent(void *advertiser);

void sim_adv_answer(sim_advertiser *a, sim_want want)
{
    a->request[0] = want == SIM_WANTS_CONNECTION ? SIM_PDU_CONNECT_IND : SIM_PDU_SCAN_REQ;
    sim_adv_later(a, SIM_T_IFS_US, on_request);
}

/* Nothing came, or nothing that counts. */
static void go_on(sim_advertiser *a)
{
    if (sim_adv_is(a, SIM_ADV_LEGACY))
        sim_adv_next_channel(a);
    else
        sim_adv_end_event(a);
}

/* ---- the other's request ---- */

static size_t build_scan_request(sim_advertiser *a, const sim_address *scanner)
{
    a->request[0] = sim_adv_header(SIM_PDU_SCAN_REQ, scanner, &a->own);
    a->request[1] = 12;
    memcpy(a->request + 2, scanner->octets, 6);
    memcpy(a->request + 8, a->own.octets, 6);
    return SCAN_REQ_LEN;
}

/* Those given for the PHY the connection begins on, or else the first there are. */
static void choose_parameters(sim_initiator *i, uint8_t phy)
{
    unsigned bit = (unsigned)phy - 1;

    for (unsigned n = 0; (i->phys >> bit & 1) == 0 && n < 3; n++)
        bit = n;
    i->parameters = i->by_phy[bit];
}

static size_t build_request(sim_advertiser *a, sim_controller *other)
{
    sim_address advertiser = sim_resolve(other, &a->own, NULL);
    sim_address own;

    if (a->request[0] != SIM_PDU_CONNECT_IND) {
        own = sim_own_address(other, other->scanner.own_type, &advertiser);
        return build_scan_request(a, &own);
    }
    own = sim_own_address(other, other->initiator.own_type, &advertiser);
    choose_parameters(&other->initiator, a->phy);
    sim_connect_ind(other, &own, &a->own, a->request);
    return CONNECT_LEN;
}

static void on_request(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_controller *other = sim_find(a->controller->sim, a->responder);

    if (other == NULL) {
        go_on(a);
        return;
    }
    a->request_len = build_request(a, other);
    a->request_received = sim_air_reaches(other, a->controller);
    sim_adv_later(a, sim_air_duration_on(a->phy, a->request_len), on_request_sent);
    sim_adv_tell(a, other, a->request, a->request_len, !a->request_received);
}

/* ---- what the advertiser makes of it ---- */

static sim_address sender_of(const uint8_t *pdu)
{
    sim_address sender = {.type = pdu[0] >> 6 & 1};

    memcpy(sender.octets, pdu + 2, 6);
    return sender;
}

static bool accepts(sim_advertiser *a, const sim_address *on_air, uint8_t filter_bit)
{
    sim_controller *c = a->controller;
    sim_address peer = sim_resolve(c, on_air, NULL);

    if (!sim_privacy_allows(c, on_air))
        return false;
    if (sim_adv_is(a, SIM_ADV_DIRECTED))
        return (peer.type & 1) == (a->peer.type & 1) && memcmp(peer.octets, a->peer.octets, 6) == 0;
    return (a->filter_policy & filter_bit) == 0 || sim_filter_list_has(c, &peer);
}

static void tell_of_scan_request(sim_advertiser *a, const sim_address *scanner)
{
    sim_address peer = sim_resolve(a->controller, scanner, NULL);
    uint8_t event[8];

    event[0] = a->handle;
    event[1] = peer.type;
    memcpy(event + 2, peer.octets, 6);
    if (a->tells_scan_requests)
        sim_le_event(a->controller, KITH_HCI_LE_EV_SCAN_REQUEST_RECEIVED, event, sizeof event);
}

void sim_adv_join(sim_advertiser *a, sim_connection *k, const sim_address *central)
{
    const sim_link *link = &k->ends[SIM_PERIPHERAL];

    sim_advertise_stop(a);
    sim_connection_join(k, a->controller, SIM_PERIPHERAL, central, &a->own);
    if (a->is_set)
        sim_set_terminated(a, KITH_HCI_SUCCESS, link->handle);
}

/* On the primary channels an initiator holds itself for connected as soon as it has asked. */
static void on_connect_ind(sim_advertiser *a)
{
    sim_controller *initiator = sim_find(a->controller->sim, a->responder);
    sim_address sender = sender_of(a->request);
    sim_connection *k = sim_connection_new(a->controller->sim, a->request);

    if (k == NULL) {
        sim_adv_next_channel(a);
        return;
    }
    if (initiator != NULL && initiator->initiator.enabled) {
        initiator->initiator.enabled = false;
        sim_connection_join(k, initiator, SIM_CENTRAL, &a->own, &sender);
    }
    if (a->request_received && accepts(a, &sender, ALLOWS_CONNECTIONS))
        sim_adv_join(a, k, &sender);
    else
        sim_adv_next_channel(a);
}

static void on_request_sent(void *advertiser)
{
    sim_advertiser *a = advertiser;
    bool legacy = sim_adv_is(a, SIM_ADV_LEGACY);
    bool connects = a->request_len == CONNECT_LEN;
    sim_address sender = sender_of(a->request);

    if (connects && legacy) {
        on_connect_ind(a);
    } else if (!a->request_received || !accepts(a, &sender, connects ? ALLOWS_CONNECTIONS : ALLOWS_SCANS)) {
        go_on(a);
    } else if (connects) {
        sim_adv_later(a, SIM_T_IFS_US, sim_adv_aux_connect_response);
    } else {
        tell_of_scan_request(a, &sender);
        sim_adv_later(a, SIM_T_IFS_US, legacy ? sim_adv_scan_response : sim_adv_aux_scan_response);
    }
}
