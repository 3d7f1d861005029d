/* Extended advertising PDUs: what the primary channels point to, on one auxiliary channel after the other.  Core Vol 6
 * Part B 2.3.1.5 to 2.3.1.8, 2.3.2.4, 2.3.3.2, 4.4.2.2. */
#include <string.h>

#include "base/bytes.h"

#include "advertise.h"

enum { MODE_CONNECTABLE = 1, MODE_SCANNABLE = 2, DATA_CHANNELS = 37, OFFSET_UNIT_US = 30 };
enum { WINDOW_DELAY_US = 2500, WINDOW_DELAY_CODED_US = 3750, LEGACY_WINDOW_DELAY_US = 1250 };

static void on_auxiliary(void *advertiser);
static void on_auxiliary_sent(void *advertiser);
static void on_chain(void *advertiser);
static void on_chain_sent(void *advertiser);
static void on_connect_response_sent(void *advertiser);

static uint16_t adi_of(const sim_advertiser *a)
{
    return (uint16_t)(a->did | a->sid << 12);
}

static uint8_t draw_channel(kith_sim *sim)
{
    return (uint8_t)sim_rng_below(&sim->rng, DATA_CHANNELS);
}

/* Offsets are told in units of 30 us, and rounded down: one unit late is still in time. */
static uint32_t round_up(uint32_t us)
{
    return (us + OFFSET_UNIT_US - 1) / OFFSET_UNIT_US * OFFSET_UNIT_US;
}

/* ---- primary channels ---- */

static uint8_t mode_of(const sim_advertiser *a)
{
    if (sim_adv_is(a, SIM_ADV_CONNECTABLE))
        return MODE_CONNECTABLE;
    return sim_adv_is(a, SIM_ADV_SCANNABLE) ? MODE_SCANNABLE : 0;
}

static sim_extended_pdu primary(const sim_advertiser *a)
{
    return (sim_extended_pdu){.pdu_type = SIM_PDU_EXTENDED,
                              .mode = mode_of(a),
                              .has_adi = true,
                              .adi = adi_of(a),
                              .has_aux = true,
                              .aux_channel = a->train.channel,
                              .aux_offset_us = (uint32_t)(a->train.due_us - a->controller->sim->now_us),
                              .aux_phy = a->secondary_phy};
}

void sim_adv_plan_auxiliary(sim_advertiser *a)
{
    sim_extended_pdu pdu = primary(a);
    uint32_t duration = (uint32_t)sim_air_duration_on(a->primary_phy, sim_extended_len(&pdu));
    uint32_t channels = (a->channel_map & 1u) + (a->channel_map >> 1 & 1u) + (a->channel_map >> 2 & 1u);

    sim_train_load(a->controller->sim, &a->train, &a->data);
    a->train.due_us =
        a->event_us + round_up(channels * (duration + SIM_NEXT_CHANNEL_US) - SIM_NEXT_CHANNEL_US + SIM_T_MAFS_US);
    a->responds = false;
}

size_t sim_adv_build_primary(const sim_advertiser *a, uint8_t *pdu)
{
    sim_extended_pdu x = primary(a);

    sim_extended_build(&x, pdu);
    return sim_extended_len(&x);
}

void sim_adv_go_auxiliary(sim_advertiser *a)
{
    sim_adv_later(a, a->train.due_us - a->controller->sim->now_us, on_auxiliary);
}

/* ---- auxiliary channels ---- */

void sim_train_load(kith_sim *sim, sim_train *t, const sim_adv_data *data)
{
    t->data.len = data->len;
    memcpy(t->data.octets, data->octets, data->len);
    t->sent = 0;
    t->channel = draw_channel(sim);
}

/* As much data as fits; if that isn't all, a pointer to the next PDU takes some of the place. */
void sim_train_fill(kith_sim *sim, sim_train *t, uint8_t phy, sim_extended_pdu *x)
{
    size_t left = t->data.len - t->sent;

    t->more = left > sim_extended_capacity(x);
    x->has_aux = t->more;
    x->len = t->more ? sim_extended_capacity(x) : left;
    x->data = t->data.octets + t->sent;
    t->sending = x->len;
    if (!t->more)
        return;
    t->channel = draw_channel(sim);
    x->aux_channel = t->channel;
    x->aux_phy = phy;
    x->aux_offset_us = round_up((uint32_t)sim_air_duration_on(phy, sim_extended_len(x)) + SIM_T_MAFS_US);
    t->due_us = sim->now_us + x->aux_offset_us;
}

static void fill(sim_advertiser *a, sim_extended_pdu *x)
{
    sim_train_fill(a->controller->sim, &a->train, a->phy, x);
}

static void transmit(sim_advertiser *a, const sim_extended_pdu *x, bool arrives, sim_timer_due *then)
{
    uint8_t pdu[SIM_ADV_PDU_MAX];
    size_t len = sim_extended_len(x);

    sim_extended_build(x, pdu);
    sim_adv_later(a, sim_air_duration_on(a->phy, len), then);
    sim_adv_tell(a, a->controller, pdu, len, !arrives);
}

static bool names_itself(const sim_advertiser *a)
{
    return !sim_adv_is(a, SIM_ADV_ANONYMOUS);
}

static sim_extended_pdu first_auxiliary(const sim_advertiser *a)
{
    return (sim_extended_pdu){.pdu_type = SIM_PDU_EXTENDED,
                              .mode = mode_of(a),
                              .advertiser = names_itself(a) ? &a->own : NULL,
                              .target = sim_adv_is(a, SIM_ADV_DIRECTED) ? &a->target : NULL,
                              .has_adi = true,
                              .adi = adi_of(a),
                              .has_tx_power = sim_adv_is(a, SIM_ADV_TX_POWER)};
}

size_t sim_adv_first_capacity(const sim_advertiser *a)
{
    sim_extended_pdu x = first_auxiliary(a);

    return sim_extended_capacity(&x);
}

static void on_auxiliary(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_extended_pdu x = first_auxiliary(a);
    uint8_t info[18];

    if (sim_periodic_runs(a)) {
        sim_periodic_put_info(a, info);
        x.sync_info = info;
    }
    a->phy = a->secondary_phy;
    a->channel = a->train.channel;
    fill(a, &x);
    transmit(a, &x, sim_adv_reaches_followers(a), on_auxiliary_sent);
}

static sim_advertisement describe(const sim_advertiser *a)
{
    unsigned response = a->responds ? SIM_REPORT_RESPONSE : 0;

    return (sim_advertisement){
        .event_type = (uint16_t)((a->properties & SIM_ADV_REPORTED) | response),
        .address = names_itself(a) ? a->own : (sim_address){.type = SIM_ANONYMOUS},
        .target = a->target,
        .data = a->train.data.octets + a->train.sent,
        .len = a->train.sending,
        .more = a->train.more,
        .primary_phy = a->primary_phy,
        .secondary_phy = a->secondary_phy,
        .sid = a->sid,
        .adi = adi_of(a),
        .tx_power = sim_adv_is(a, SIM_ADV_TX_POWER) ? 0 : SIM_TX_POWER_UNKNOWN,
        .rssi = sim_rssi(a->controller),
        .periodic_interval = sim_periodic_runs(a) ? a->periodic->interval : 0,
        .sync_access_address = sim_periodic_runs(a) ? a->periodic->access_address : 0,
    };
}

static void go_to_chain(sim_advertiser *a)
{
    a->train.sent += a->train.sending;
    sim_adv_later(a, a->train.due_us - a->controller->sim->now_us, on_chain);
}

static void on_auxiliary_sent(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_advertisement sent = describe(a);
    sim_want want = sim_adv_ask(a, &sent);

    if (a->train.more)
        go_to_chain(a);
    else if (want >= SIM_WANTS_RESPONSE)
        sim_adv_answer(a, want);
    else
        sim_adv_end_event(a);
}

/* ---- chains ---- */

static void on_chain(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_extended_pdu x = {.pdu_type = SIM_PDU_EXTENDED, .has_adi = true, .adi = adi_of(a)};

    a->channel = a->train.channel;
    fill(a, &x);
    transmit(a, &x, sim_adv_reaches_followers(a), on_chain_sent);
}

static void tell_follower(sim_advertiser *a, size_t i, const sim_advertisement *sent)
{
    sim_hearer *h = &a->hearers[i];
    sim_controller *other = sim_adv_hearer(a, i);

    if (!h->follows || other == NULL || other->scanner.number != h->scan)
        return;
    if (h->heard)
        sim_scan_rest(other, sent);
    else
        sim_scan_cut(other, sent);
    h->follows = h->heard;
}

static void on_chain_sent(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_advertisement sent = describe(a);

    for (size_t i = 0; i < a->hearer_count; i++)
        tell_follower(a, i, &sent);
    if (a->train.more)
        go_to_chain(a);
    else
        sim_adv_end_event(a);
}

/* ---- answers ---- */

static void on_response_sent(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_advertisement sent = describe(a);

    for (size_t i = 0; i < a->hearer_count; i++) {
        sim_hearer *h = &a->hearers[i];
        sim_controller *scanner = h->heard ? sim_adv_hearer(a, i) : NULL;

        h->follows = scanner != NULL && sim_scan_response(scanner, &sent) && a->train.more;
        h->scan = scanner != NULL ? scanner->scanner.number : 0;
    }
    if (a->train.more)
        go_to_chain(a);
    else
        sim_adv_end_event(a);
}

/* Only the one who asked listens. */
void sim_adv_aux_scan_response(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_extended_pdu x = {.pdu_type = SIM_PDU_EXTENDED, .advertiser = &a->own, .has_adi = true, .adi = adi_of(a)};

    for (size_t i = 0; i < a->hearer_count; i++)
        a->hearers[i].follows = a->responder == (kith_sim_device)i;
    a->responds = true;
    sim_train_load(a->controller->sim, &a->train, &a->response);
    fill(a, &x);
    transmit(a, &x, sim_adv_reaches_followers(a), on_response_sent);
}

static sim_address central_of(const sim_advertiser *a)
{
    sim_address central = {.type = a->request[0] >> 6 & 1};

    memcpy(central.octets, a->request + 2, 6);
    return central;
}

void sim_adv_aux_connect_response(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_controller *initiator = sim_find(a->controller->sim, a->responder);
    sim_address central = central_of(a);
    sim_extended_pdu x = {.pdu_type = SIM_PDU_CONNECT_RSP, .advertiser = &a->own, .target = &central};

    if (initiator == NULL || !sim_air_reaches(a->controller, initiator))
        a->responder = SIM_NOBODY;
    transmit(a, &x, a->responder != SIM_NOBODY, on_connect_response_sent);
}

/* The window counts from the end of the request, and is later than on the primary channels: 4.5.3. */
static void move_anchor(const sim_advertiser *a, sim_connection *k)
{
    sim_extended_pdu response = {.advertiser = &a->own, .target = &a->own};
    uint64_t window_us = a->phy == SIM_PHY_CODED ? WINDOW_DELAY_CODED_US : WINDOW_DELAY_US;

    k->anchor_us += window_us - LEGACY_WINDOW_DELAY_US;
    k->anchor_us -= SIM_T_IFS_US + sim_air_duration_on(a->phy, sim_extended_len(&response));
}

/* An initiator that doesn't hear the response goes on initiating; the advertiser can't know. */
static void on_connect_response_sent(void *advertiser)
{
    sim_advertiser *a = advertiser;
    sim_controller *initiator = sim_find(a->controller->sim, a->responder);
    sim_address central = central_of(a);
    sim_connection *k = sim_connection_new(a->controller->sim, a->request);

    if (k == NULL) {
        sim_adv_end_event(a);
        return;
    }
    move_anchor(a, k);
    k->phy[SIM_CENTRAL] = a->phy;
    k->phy[SIM_PERIPHERAL] = a->phy;
    if (initiator != NULL && initiator->initiator.enabled) {
        initiator->initiator.enabled = false;
        sim_connection_join(k, initiator, SIM_CENTRAL, &a->own, &central);
    }
    sim_adv_join(a, k, &central);
}
