/* One connection event after the other: hop, take turns on air, acknowledge, repeat what was lost.
 *
 * One turn per event: what an end has queued when the event begins may be sent in it, as much as fits;
 * what arrives in event n is answered in event n+1 at the earliest (the queues see to that, each entry
 * names its first event).  Core Vol 6 Part B 4.5.1 to 4.5.9. */
#include <string.h>

#include "base/bytes.h"

#include "internal.h"

enum { UNIT_US = 1250, SUPERVISION_UNIT_US = 10000, DATA_CHANNELS = 37 };
enum { LLID_CONTINUATION = 1, LLID_START = 2, LLID_CONTROL = 3, LLID_MASK = 3, NESN = 4, SN = 8, MD = 16 };

static void on_packet_end(void *connection);
static void on_central_turn(void *connection);
static void on_peripheral_turn(void *connection);

/* ---- the hop, channel selection algorithm #1: 4.5.8.2 ---- */

static bool is_used(const sim_connection *k, unsigned channel)
{
    return (k->channel_map[channel / 8] >> channel % 8 & 1) != 0;
}

static void hop(sim_connection *k)
{
    unsigned used = 0;
    unsigned nth;

    k->unmapped_channel = (k->unmapped_channel + k->hop) % DATA_CHANNELS;
    k->channel = k->unmapped_channel;
    if (is_used(k, k->channel))
        return;
    for (unsigned i = 0; i < DATA_CHANNELS; i++)
        used += is_used(k, i);
    if (used == 0)
        return;
    nth = k->unmapped_channel % used;
    for (unsigned i = 0; i < DATA_CHANNELS; i++) {
        if (is_used(k, i) && nth-- == 0) {
            k->channel = i;
            return;
        }
    }
}

/* ---- sending ---- */

static void tell(sim_connection *k, const sim_link *sender, const uint8_t *plain, size_t plain_len, bool encrypted)
{
    kith_sim_frame frame = {.time_us = k->sim->now_us,
                            .sender = sender->controller->id,
                            .channel = (uint8_t)k->channel,
                            .access_address = k->access_address,
                            .pdu = k->air,
                            .len = k->air_len,
                            .plain = plain,
                            .plain_len = plain_len,
                            .encrypted = encrypted,
                            .from_central = sender->role == SIM_CENTRAL,
                            .lost = !k->received,
                            .connection_event = k->counter,
                            .connection = k->number,
                            .phy = k->phy[sender->role]};

    sim_air_tell(k->sim, k->crc_init, &frame);
}

static void tell_of(sim_connection *k, const sim_link *sender)
{
    const sim_outgoing *o = &sender->outgoing;
    uint8_t plain[2 + SIM_DATA_MAX];

    plain[0] = k->air[0];
    plain[1] = o->plain_len;
    memcpy(plain + 2, o->plain, o->plain_len);
    tell(k, sender, plain, 2u + o->plain_len, o->encrypted);
}

static void put_on_air(sim_connection *k, sim_link *link)
{
    const sim_outgoing *o = &link->outgoing;

    link->sent_more = sim_link_has_more(link);
    k->air[0] =
        (uint8_t)(o->llid | (link->nesn != 0 ? NESN : 0) | (link->sn != 0 ? SN : 0) | (link->sent_more ? MD : 0));
    k->air[1] = o->air_len;
    memcpy(k->air + 2, o->air, o->air_len);
    k->air_len = 2u + o->air_len;
    k->sender = link->role;
}

static bool arrives(sim_link *sender, sim_link *receiver)
{
    return receiver->alive && !receiver->deaf && !sender->deaf &&
           sim_air_reaches(sender->controller, receiver->controller);
}

static void transmit(sim_connection *k, sim_link *link)
{
    uint64_t duration;

    if (!link->outgoing.waits)
        sim_link_select(link);
    put_on_air(k, link);
    duration = sim_air_duration_on(k->phy[link->role], k->air_len);
    k->received = arrives(link, sim_link_peer(link));
    sim_timer_start(&k->sim->queue, &k->timer, k->sim->now_us + duration, on_packet_end, k);
    tell_of(k, link);
}

/* ---- receiving ---- */

static void on_supervision(void *owner)
{
    sim_link *link = owner;

    sim_link_end(link, link->terminating ? link->terminate_reason : KITH_HCI_CONNECTION_TIMEOUT, true);
}

static void heard(sim_link *link)
{
    sim_connection *k = link->connection;
    uint64_t timeout_us = (uint64_t)k->parameters.timeout * SUPERVISION_UNIT_US;

    link->established = true;
    sim_timer_start(&k->sim->queue, &link->supervision, k->sim->now_us + timeout_us, on_supervision, link);
}

static bool open_sealed(sim_link *link, uint8_t header, const uint8_t **payload, size_t *len,
                        uint8_t plain[SIM_DATA_MAX])
{
    bool from_central = link->role == SIM_PERIPHERAL;

    if (!link->session.rx_on)
        return true;
    if (*len <= SIM_MIC || sim_session_open(&link->connection->sim->crypto, &link->session, from_central, header,
                                            *payload, *len, plain) != KITH_OK)
        return false;
    *payload = plain;
    *len -= SIM_MIC;
    sim_procedure_restart_authenticated(link);
    return true;
}

static void take(sim_link *link, uint8_t header, const uint8_t *payload, size_t len)
{
    uint8_t plain[SIM_DATA_MAX];
    bool control = (header & LLID_MASK) == LLID_CONTROL;

    if (len == 0 || link->controller->mute)
        return;
    if (!open_sealed(link, header, &payload, &len, plain) || !sim_encryption_expects(link, control, payload[0]))
        sim_link_end(link, KITH_HCI_MIC_FAILURE, true);
    else if (control)
        sim_control_received(link, payload, len);
    else
        sim_acl_to_host(link->controller, link->handle, (header & LLID_MASK) == LLID_CONTINUATION, payload, len);
}

/* Somebody was quicker than the peer, whose PDU finds nobody listening.  What he acknowledges is what the peer does. */
static const uint8_t *overtake(const sim_link *link, const uint8_t *pdu, size_t *len)
{
    sim_controller *c = link->controller;

    if (c->injected_len == 0)
        return pdu;
    c->injected[0] |= (uint8_t)((pdu[0] & NESN) | (link->nesn != 0 ? SN : 0));
    *len = c->injected_len;
    c->injected_len = 0;
    return c->injected;
}

static void receive(sim_link *link, const uint8_t *pdu, size_t len)
{
    uint8_t header;

    pdu = overtake(link, pdu, &len);
    header = pdu[0];
    heard(link);
    if (link->outgoing.waits && ((header & NESN) != 0) != (link->sn != 0)) {
        link->sn ^= 1;
        link->outgoing.waits = false;
        sim_link_acknowledged(link);
    }
    if (link->alive && ((header & SN) != 0) == (link->nesn != 0)) {
        link->nesn ^= 1;
        take(link, header, pdu + 2, len - 2);
    }
}

/* ---- the course of one event ---- */

static void next_anchor(sim_connection *k)
{
    k->counter++;
    k->anchor_us += (uint64_t)k->parameters.interval * UNIT_US;
}

static void end_event(sim_connection *k)
{
    k->in_event = false;
    next_anchor(k);
    while (k->anchor_us < k->sim->now_us) {
        hop(k); /* an event that there was no time for */
        next_anchor(k);
    }
    if (k->ends[SIM_CENTRAL].alive)
        sim_timer_start(&k->sim->queue, &k->timer, k->anchor_us, sim_connection_on_anchor, k);
}

static uint64_t longest_packet(const sim_link *link)
{
    return sim_air_duration_on(link->connection->phy[link->role], 2u + sim_link_fragment(link) + SIM_MIC);
}

/* Is there time for one packet more each way before the next event? */
static bool another_exchange_fits(const sim_connection *k)
{
    uint64_t needs_us = 4 * SIM_T_IFS_US + longest_packet(&k->ends[0]) + longest_packet(&k->ends[1]);

    return k->sim->now_us + needs_us <= k->anchor_us + (uint64_t)k->parameters.interval * UNIT_US;
}

static void go_on(sim_connection *k)
{
    const sim_link *central = &k->ends[SIM_CENTRAL];
    const sim_link *peripheral = &k->ends[SIM_PERIPHERAL];
    uint64_t then_us = k->sim->now_us + SIM_T_IFS_US;

    if (k->sender == SIM_CENTRAL && peripheral->alive)
        sim_timer_start(&k->sim->queue, &k->timer, then_us, on_peripheral_turn, k);
    else if (k->sender == SIM_PERIPHERAL && central->alive && (central->sent_more || peripheral->sent_more) &&
             another_exchange_fits(k))
        sim_timer_start(&k->sim->queue, &k->timer, then_us, on_central_turn, k);
    else
        end_event(k);
}

static void on_packet_end(void *connection)
{
    sim_connection *k = connection;
    sim_link *sender = &k->ends[k->sender];
    sim_link *receiver = sim_link_peer(sender);

    if (sender->alive && sender->leaving)
        sim_link_end(sender, sender->leave_reason, true);
    if (!k->received || !receiver->alive) {
        end_event(k);
        return;
    }
    receive(receiver, k->air, k->air_len);
    go_on(k);
}

static void take_turn(sim_connection *k, sim_role role)
{
    if (k->ends[role].alive)
        transmit(k, &k->ends[role]);
    else
        end_event(k);
}

static void on_central_turn(void *connection)
{
    take_turn(connection, SIM_CENTRAL);
}

static void on_peripheral_turn(void *connection)
{
    take_turn(connection, SIM_PERIPHERAL);
}

/* 5.1.1: at the instant both ends change over; one that did not hear of it listens in vain. */
static void apply_update(sim_connection *k)
{
    sim_link *central = &k->ends[SIM_CENTRAL];
    sim_link *peripheral = &k->ends[SIM_PERIPHERAL];
    bool heard = k->update_heard;

    k->update_pending = false;
    k->parameters = k->update;
    if (!heard)
        peripheral->deaf = true;
    sim_update_complete(central, KITH_HCI_SUCCESS);
    sim_procedure_next(central);
    if (!heard || !peripheral->alive)
        return;
    sim_update_complete(peripheral, KITH_HCI_SUCCESS);
    sim_procedure_next(peripheral);
}

void sim_connection_on_anchor(void *connection)
{
    sim_connection *k = connection;

    if (!k->ends[SIM_CENTRAL].alive)
        return; /* nobody to begin an event: the peripheral's supervision timer runs */
    if (k->update_pending && k->counter >= k->update_instant)
        apply_update(k);
    if (k->phy_pending && k->counter >= k->phy_instant)
        sim_phy_apply(k);
    k->in_event = true;
    hop(k);
    transmit(k, &k->ends[SIM_CENTRAL]);
}
