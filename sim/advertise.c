/* Legacy advertising: one event sends a PDU on each channel of the map and answers what comes T_IFS
 * later.  Core Vol 6 Part B 2.3 (PDUs), 4.4.2 (events).
 *
 * Where several devices want to answer one PDU, one of them is drawn: collisions and the scanners'
 * backoff would come to that. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum {
    NEXT_CHANNEL_US = 400,
    DELAY_MAX_US = 10000,
    HIGH_DUTY_INTERVAL_US = 3750,
    HIGH_DUTY_LASTS_US = 1280000,
    SLOT_US = 625
};

enum { HCI_ADV_IND, HCI_DIRECT_HIGH, HCI_SCAN_IND, HCI_NONCONN_IND, HCI_DIRECT_LOW };
enum { PDU_ADV_IND, PDU_DIRECT_IND, PDU_NONCONN_IND, PDU_SCAN_REQ, PDU_SCAN_RSP, PDU_CONNECT_IND, PDU_SCAN_IND };

static const uint8_t pdu_type_of[] = {
    [HCI_ADV_IND] = PDU_ADV_IND,         [HCI_DIRECT_HIGH] = PDU_DIRECT_IND, [HCI_SCAN_IND] = PDU_SCAN_IND,
    [HCI_NONCONN_IND] = PDU_NONCONN_IND, [HCI_DIRECT_LOW] = PDU_DIRECT_IND,
};

static void on_event(void *controller);
static void on_pdu_sent(void *controller);
static void on_request(void *controller);
static void on_request_sent(void *controller);
static void on_response(void *controller);
static void on_response_sent(void *controller);

static void later(sim_controller *c, uint64_t in_us, sim_timer_due *run)
{
    sim_timer_start(&c->sim->queue, &c->advertiser.timer, c->sim->now_us + in_us, run, c);
}

static uint8_t header(uint8_t pdu_type, const sim_address *tx, const sim_address *rx)
{
    return (uint8_t)(pdu_type | (tx->type & 1) << 6 | (rx == NULL ? 0 : (rx->type & 1) << 7));
}

static void tell(sim_controller *sender, unsigned channel, const uint8_t *pdu, size_t len, bool lost)
{
    kith_sim_frame frame = {.time_us = sender->sim->now_us,
                            .sender = sender->id,
                            .channel = (uint8_t)channel,
                            .access_address = SIM_ADVERTISING_ACCESS_ADDRESS,
                            .pdu = pdu,
                            .len = len,
                            .plain = pdu,
                            .plain_len = len,
                            .lost = lost};

    sim_air_tell(sender->sim, SIM_ADVERTISING_CRC_INIT, &frame);
}

static bool is_directed(const sim_advertiser *a)
{
    return a->type == HCI_DIRECT_HIGH || a->type == HCI_DIRECT_LOW;
}

/* ---- start and stop ---- */

void sim_advertise_start(sim_controller *c)
{
    sim_advertiser *a = &c->advertiser;

    a->enabled = true;
    a->stop_us = a->type == HCI_DIRECT_HIGH ? c->sim->now_us + HIGH_DUTY_LASTS_US : UINT64_MAX;
    later(c, sim_rng_below(&c->sim->rng, DELAY_MAX_US / 10), on_event);
}

void sim_advertise_stop(sim_controller *c)
{
    c->advertiser.enabled = false;
    sim_timer_stop(&c->sim->queue, &c->advertiser.timer);
}

static void time_out(sim_controller *c)
{
    uint8_t failed[30] = {KITH_HCI_ADVERTISING_TIMEOUT, 0, 0, SIM_PERIPHERAL};

    sim_advertise_stop(c);
    if (sim_le_event_enabled(c, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE))
        sim_le_event(c, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, failed, 30);
    else
        sim_le_event(c, KITH_HCI_LE_EV_CONNECTION_COMPLETE, failed, 18);
}

/* ---- one event ---- */

static size_t build(const sim_advertiser *a, uint8_t pdu[2 + 6 + SIM_ADV_DATA_MAX])
{
    size_t extra = is_directed(a) ? 6 : a->data_len;

    pdu[0] = header(pdu_type_of[a->type], &a->own, is_directed(a) ? &a->target : NULL);
    pdu[1] = (uint8_t)(6 + extra);
    memcpy(pdu + 2, a->own.octets, 6);
    memcpy(pdu + 8, is_directed(a) ? a->target.octets : a->data, extra);
    return 8 + extra;
}

static bool note_who_hears(sim_controller *c, uint64_t until_us)
{
    sim_advertiser *a = &c->advertiser;
    kith_sim *sim = c->sim;
    bool anybody_listens = false;
    bool anybody_hears = false;

    for (size_t i = 0; i < a->heard_count; i++) {
        sim_controller *other = sim->controllers[i];
        bool listens = other != NULL && other != c && sim_scan_listens(other, a->channel, sim->now_us, until_us);

        a->heard[i] = listens && sim_air_reaches(c, other);
        anybody_listens |= listens;
        anybody_hears |= a->heard[i];
    }
    return anybody_hears || !anybody_listens;
}

static void send_on_channel(sim_controller *c)
{
    sim_advertiser *a = &c->advertiser;
    uint8_t pdu[2 + 6 + SIM_ADV_DATA_MAX];
    size_t len = build(a, pdu);
    uint64_t duration = sim_air_duration(len);
    bool arrives = note_who_hears(c, c->sim->now_us + duration);

    later(c, duration, on_pdu_sent);
    tell(c, a->channel, pdu, len, !arrives);
}

static void end_event(sim_controller *c)
{
    sim_advertiser *a = &c->advertiser;
    uint64_t next = a->event_us + HIGH_DUTY_INTERVAL_US;

    if (a->type != HCI_DIRECT_HIGH)
        next = a->event_us + (uint64_t)a->interval_min * SLOT_US + sim_rng_below(&c->sim->rng, DELAY_MAX_US + 1);
    if (next < c->sim->now_us)
        next = c->sim->now_us;
    later(c, next - c->sim->now_us, on_event);
}

static bool skip_to_mapped_channel(sim_advertiser *a)
{
    while (a->channel <= 39 && (a->channel_map >> (a->channel - 37) & 1) == 0)
        a->channel++;
    return a->channel <= 39;
}

static void on_channel(void *controller)
{
    sim_controller *c = controller;

    if (skip_to_mapped_channel(&c->advertiser))
        send_on_channel(c);
    else
        end_event(c);
}

static void next_channel(sim_controller *c)
{
    c->advertiser.channel++;
    if (skip_to_mapped_channel(&c->advertiser))
        later(c, NEXT_CHANNEL_US, on_channel);
    else
        end_event(c);
}

static bool make_room_for_hearers(sim_controller *c)
{
    sim_advertiser *a = &c->advertiser;
    bool *grown;

    if (a->heard_count == c->sim->controller_count)
        return true;
    grown = realloc(a->heard, c->sim->controller_count * sizeof *grown);
    if (grown == NULL)
        return false;
    a->heard = grown;
    a->heard_count = c->sim->controller_count;
    return true;
}

static void on_event(void *controller)
{
    sim_controller *c = controller;
    sim_advertiser *a = &c->advertiser;

    a->event_us = c->sim->now_us;
    if (c->sim->now_us >= a->stop_us) {
        time_out(c);
        return;
    }
    if (!make_room_for_hearers(c)) {
        end_event(c);
        return;
    }
    a->own = sim_own_address(c, a->own_type, &a->peer);
    a->target = sim_peer_address(c, a->own_type, &a->peer);
    a->channel = 37;
    on_channel(c);
}

/* ---- who heard it, and who answers ---- */

/* One of those with the strongest wish, each equally likely. */
static void draw(sim_controller *c, unsigned *candidates, kith_sim_device candidate)
{
    (*candidates)++;
    if (*candidates == 1 || sim_rng_below(&c->sim->rng, *candidates) == 0)
        c->advertiser.responder = candidate;
}

static sim_want ask_hearers(sim_controller *c, const sim_advertisement *sent)
{
    sim_advertiser *a = &c->advertiser;
    sim_want strongest = SIM_WANTS_NOTHING;
    unsigned candidates = 0;

    a->responder = SIM_NOBODY;
    for (size_t i = 0; i < a->heard_count; i++) {
        sim_controller *other = a->heard[i] ? c->sim->controllers[i] : NULL;
        sim_want want = other != NULL ? sim_scan_hear(other, sent) : SIM_WANTS_NOTHING;

        if (want == SIM_WANTS_NOTHING || want < strongest)
            continue;
        if (want > strongest)
            candidates = 0;
        strongest = want;
        draw(c, &candidates, (kith_sim_device)i);
    }
    return strongest;
}

static void on_pdu_sent(void *controller)
{
    sim_controller *c = controller;
    sim_advertiser *a = &c->advertiser;
    sim_advertisement sent = {.pdu_type = pdu_type_of[a->type],
                              .address = a->own,
                              .target = a->target,
                              .data = a->data,
                              .len = is_directed(a) ? 0 : a->data_len};

    a->request[0] = ask_hearers(c, &sent) == SIM_WANTS_CONNECTION ? PDU_CONNECT_IND : PDU_SCAN_REQ;
    if (a->responder == SIM_NOBODY)
        next_channel(c);
    else
        later(c, SIM_T_IFS_US, on_request);
}

static void build_scan_request(const sim_advertiser *a, const sim_address *scanner, uint8_t pdu[14])
{
    pdu[0] = header(PDU_SCAN_REQ, scanner, &a->own);
    pdu[1] = 12;
    memcpy(pdu + 2, scanner->octets, 6);
    memcpy(pdu + 8, a->own.octets, 6);
}

static void on_request(void *controller)
{
    sim_controller *c = controller;
    sim_advertiser *a = &c->advertiser;
    sim_controller *other = sim_find(c->sim, a->responder);
    sim_address own;
    sim_address advertiser;

    if (other == NULL) {
        next_channel(c);
        return;
    }
    advertiser = sim_resolve(other, &a->own, NULL);
    if (a->request[0] == PDU_CONNECT_IND) {
        own = sim_own_address(other, other->initiator.own_type, &advertiser);
        sim_connect_ind(other, &own, &a->own, a->request);
        a->request_len = 36;
    } else {
        own = sim_own_address(other, other->scanner.own_type, &advertiser);
        build_scan_request(a, &own, a->request);
        a->request_len = 14;
    }
    a->request_received = sim_air_reaches(other, c);
    later(c, sim_air_duration(a->request_len), on_request_sent);
    tell(other, a->channel, a->request, a->request_len, !a->request_received);
}

/* ---- what the advertiser makes of an answer ---- */

static sim_address sender_of(const uint8_t *pdu)
{
    sim_address sender = {.type = pdu[0] >> 6 & 1};

    memcpy(sender.octets, pdu + 2, 6);
    return sender;
}

static bool accepts(sim_controller *c, const sim_address *on_air, uint8_t filter_bit)
{
    sim_address peer = sim_resolve(c, on_air, NULL);

    if (!sim_privacy_allows(c, on_air))
        return false;
    if (is_directed(&c->advertiser))
        return (peer.type & 1) == (c->advertiser.peer.type & 1) &&
               memcmp(peer.octets, c->advertiser.peer.octets, 6) == 0;
    return (c->advertiser.filter_policy & filter_bit) == 0 || sim_filter_list_has(c, &peer);
}

static void on_connect_ind(sim_controller *c)
{
    sim_advertiser *a = &c->advertiser;
    sim_controller *initiator = sim_find(c->sim, a->responder);
    sim_address sender = sender_of(a->request);
    sim_connection *k = sim_connection_new(c->sim, a->request);

    if (k == NULL) {
        next_channel(c);
        return;
    }
    if (initiator != NULL && initiator->initiator.enabled) {
        initiator->initiator.enabled = false;
        sim_connection_join(k, initiator, SIM_CENTRAL, &a->own, &sender);
    }
    if (a->request_received && accepts(c, &sender, 2)) {
        sim_advertise_stop(c);
        sim_connection_join(k, c, SIM_PERIPHERAL, &sender, &a->own);
    } else {
        next_channel(c);
    }
}

static void on_request_sent(void *controller)
{
    sim_controller *c = controller;
    sim_advertiser *a = &c->advertiser;
    sim_address sender = sender_of(a->request);

    if (a->request_len == 36)
        on_connect_ind(c);
    else if (a->request_received && accepts(c, &sender, 1))
        later(c, SIM_T_IFS_US, on_response);
    else
        next_channel(c);
}

static void on_response(void *controller)
{
    sim_controller *c = controller;
    sim_advertiser *a = &c->advertiser;
    sim_controller *scanner = sim_find(c->sim, a->responder);
    uint8_t pdu[2 + 6 + SIM_ADV_DATA_MAX];
    size_t len = 8u + a->response_len;

    pdu[0] = header(PDU_SCAN_RSP, &a->own, NULL);
    pdu[1] = (uint8_t)(6 + a->response_len);
    memcpy(pdu + 2, a->own.octets, 6);
    memcpy(pdu + 8, a->response, a->response_len);
    if (scanner == NULL || !sim_air_reaches(c, scanner))
        a->responder = SIM_NOBODY;
    later(c, sim_air_duration(len), on_response_sent);
    tell(c, a->channel, pdu, len, a->responder == SIM_NOBODY);
}

static void on_response_sent(void *controller)
{
    sim_controller *c = controller;
    sim_advertiser *a = &c->advertiser;
    sim_controller *scanner = sim_find(c->sim, a->responder);

    if (scanner != NULL)
        sim_scan_response(scanner, &a->own, a->response, a->response_len);
    next_channel(c);
}
