/* Legacy advertising PDUs, by whatever commands.  Core Vol 6 Part B 2.3.1, 4.4.2. */
#include <string.h>

#include "advertise.h"

static void on_response_sent(void *advertiser);

static uint8_t pdu_type_of(const sim_advertiser *a)
{
    switch (a->properties) {
    case SIM_ADV_DIRECT_LOW:
    case SIM_ADV_DIRECT_HIGH:
        return SIM_PDU_DIRECT_IND;
    case SIM_ADV_SCAN_IND:
        return SIM_PDU_SCAN_IND;
    case SIM_ADV_NONCONN_IND:
        return SIM_PDU_NONCONN_IND;
    default:
        return SIM_PDU_ADV_IND;
    }
}

size_t sim_adv_build_legacy(const sim_advertiser *a, uint8_t *pdu)
{
    bool directed = sim_adv_is(a, SIM_ADV_DIRECTED);
    size_t extra = directed ? 6 : a->data.len;

    pdu[0] = sim_adv_header(pdu_type_of(a), &a->own, directed ? &a->target : NULL);
    pdu[1] = (uint8_t)(6 + extra);
    memcpy(pdu + 2, a->own.octets, 6);
    memcpy(pdu + 8, directed ? a->target.octets : a->data.octets, extra);
    return 8 + extra;
}

static sim_advertisement describe(const sim_advertiser *a)
{
    return (sim_advertisement){
        .event_type = a->properties & SIM_ADV_REPORTED,
        .address = a->own,
        .target = a->target,
        .primary_phy = SIM_PHY_1M,
        .sid = SIM_NO_SID,
        .tx_power = SIM_TX_POWER_UNKNOWN,
        .rssi = sim_rssi(a->controller),
    };
}

sim_want sim_adv_ask_legacy(sim_advertiser *a)
{
    sim_advertisement sent = describe(a);

    sent.data = a->data.octets;
    sent.len = sim_adv_is(a, SIM_ADV_DIRECTED) ? 0 : a->data.len;
    return sim_adv_ask(a, &sent);
}

void sim_adv_scan_response(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_controller *scanner = sim_find(a->controller->sim, a->responder);
    uint8_t pdu[2 + 6 + SIM_ADV_DATA_MAX];
    size_t len = 8u + a->response.len;

    pdu[0] = sim_adv_header(SIM_PDU_SCAN_RSP, &a->own, NULL);
    pdu[1] = (uint8_t)(6 + a->response.len);
    memcpy(pdu + 2, a->own.octets, 6);
    memcpy(pdu + 8, a->response.octets, a->response.len);
    if (scanner == NULL || !sim_air_reaches(a->controller, scanner))
        a->responder = SIM_NOBODY;
    sim_adv_later(a, sim_air_duration(len), on_response_sent);
    sim_adv_tell(a, a->controller, pdu, len, a->responder == SIM_NOBODY);
}

static void on_response_sent(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_controller *scanner = sim_find(a->controller->sim, a->responder);
    sim_advertisement sent = describe(a);

    sent.event_type |= SIM_REPORT_RESPONSE;
    sent.data = a->response.octets;
    sent.len = a->response.len;
    if (scanner != NULL)
        (void)sim_scan_response(scanner, &sent);
    sim_adv_next_channel(a);
}
