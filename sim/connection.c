/* Connections: from CONNECT_IND to the end, and how a controller finds its links.
 *
 * The two ends are independent: each may believe in the connection after the other has left it.
 * Core Vol 6 Part B 2.3.3.1 (CONNECT_IND), 4.5 (connection state); Vol 4 Part E 7.7.65.1, 7.7.65.10. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "internal.h"

enum {
    CONNECTION_TIMERS = 7,
    TRANSMIT_WINDOW_DELAY_US = 1250,
    UNIT_US = 1250,
    WINDOW_OFFSETS = 8,
    TRIES_TO_ESTABLISH = 6,
    FIRST_HANDLE = 1,
    LAST_HANDLE = 0x0eff
};

/* ---- CONNECT_IND ---- */

static unsigned count_ones(uint32_t v)
{
    unsigned ones = 0;

    for (; v != 0; v &= v - 1)
        ones++;
    return ones;
}

/* Vol 6 Part B 2.1.2, the rules that matter for telling links apart on air. */
static bool is_good_access_address(uint32_t a)
{
    uint32_t edges = a ^ a >> 1;

    if (count_ones(a ^ SIM_ADVERTISING_ACCESS_ADDRESS) < 2)
        return false;
    if (count_ones(edges & 0x7fffffff) > 24 || count_ones(edges >> 25 & 0x3f) < 2)
        return false;
    for (unsigned i = 0; i + 6 < 32; i++) {
        if ((edges >> i & 0x3f) == 0)
            return false; /* seven equal bits in a row */
    }
    return (a & 0xff) != (a >> 8 & 0xff);
}

uint32_t sim_draw_access_address(kith_sim *sim)
{
    uint32_t a;

    do
        a = (uint32_t)sim_rng_next(&sim->rng);
    while (!is_good_access_address(a));
    return a;
}

void sim_connect_ind(sim_controller *central, const sim_address *own, const sim_address *advertiser, uint8_t pdu[36])
{
    const sim_connection_parameters *p = &central->initiator.parameters;
    kith_sim *sim = central->sim;
    uint32_t offsets = p->interval < WINDOW_OFFSETS ? p->interval : WINDOW_OFFSETS;

    pdu[0] = (uint8_t)(5 | own->type << 6 | advertiser->type << 7);
    pdu[1] = 34;
    memcpy(pdu + 2, own->octets, 6);
    memcpy(pdu + 8, advertiser->octets, 6);
    bytes_put32(pdu + 14, sim_draw_access_address(sim));
    bytes_put24(pdu + 18, (uint32_t)sim_rng_next(&sim->rng) & 0xffffff);
    pdu[21] = 1;
    bytes_put16(pdu + 22, (uint16_t)sim_rng_below(&sim->rng, offsets));
    bytes_put16(pdu + 24, p->interval);
    bytes_put16(pdu + 26, p->latency);
    bytes_put16(pdu + 28, p->timeout);
    memcpy(pdu + 30, central->settings.channel_map, 5);
    pdu[35] = (uint8_t)(5 + sim_rng_below(&sim->rng, 12)); /* hop 5..16; clock accuracy 251 to 500 ppm */
}

sim_connection *sim_connection_new(kith_sim *sim, const uint8_t pdu[36])
{
    sim_connection *k = calloc(1, sizeof *k);

    if (k == NULL)
        return NULL;
    if (sim_queue_reserve(&sim->queue, CONNECTION_TIMERS) != KITH_OK) {
        free(k);
        return NULL;
    }
    k->sim = sim;
    k->number = ++sim->connections_made;
    k->access_address = bytes_get32(pdu + 14);
    k->crc_init = bytes_get24(pdu + 18);
    k->parameters.interval = bytes_get16(pdu + 24);
    k->parameters.latency = bytes_get16(pdu + 26);
    k->parameters.timeout = bytes_get16(pdu + 28);
    memcpy(k->channel_map, pdu + 30, 5);
    k->hop = pdu[35] & 0x1f;
    k->phy[SIM_CENTRAL] = SIM_PHY_1M;
    k->phy[SIM_PERIPHERAL] = SIM_PHY_1M;
    k->anchor_us = sim->now_us + TRANSMIT_WINDOW_DELAY_US + (uint64_t)bytes_get16(pdu + 22) * UNIT_US;
    k->next = sim->connections;
    sim->connections = k;
    sim->has_dead_connections = true; /* until an end joins */
    return k;
}

/* ---- joining ---- */

static uint16_t free_handle(sim_controller *c)
{
    uint16_t handle = FIRST_HANDLE;

    while (handle <= LAST_HANDLE && sim_link_find(c, handle) != NULL)
        handle++;
    return handle;
}

static void tell_host_of_connection(sim_link *link)
{
    const sim_connection_parameters *p = &link->connection->parameters;
    uint8_t event[30] = {KITH_HCI_SUCCESS};

    bytes_put16(event + 1, link->handle);
    event[3] = (uint8_t)link->role;
    event[4] = link->peer.type;
    memcpy(event + 5, link->peer.octets, 6);
    memcpy(event + 11, link->local_rpa, 6);
    memcpy(event + 17, link->peer_rpa, 6);
    bytes_put16(event + 23, p->interval);
    bytes_put16(event + 25, p->latency);
    bytes_put16(event + 27, p->timeout);
    if (sim_le_event_enabled(link->controller, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE)) {
        sim_le_event(link->controller, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, event, sizeof event);
        return;
    }
    event[4] &= 1;
    memmove(event + 11, event + 23, 7);
    sim_le_event(link->controller, KITH_HCI_LE_EV_CONNECTION_COMPLETE, event, 18);
}

static void on_supervision(void *owner)
{
    sim_link *link = owner;

    if (!link->established)
        sim_link_end(link, KITH_HCI_FAILED_TO_ESTABLISH, true);
    else
        sim_link_end(link, link->terminating ? link->terminate_reason : KITH_HCI_CONNECTION_TIMEOUT, true);
}

/* Six anchors, and then just before the seventh. */
static void expect_first_packet(sim_link *link)
{
    sim_connection *k = link->connection;
    uint64_t tries_us = (uint64_t)TRIES_TO_ESTABLISH * k->parameters.interval * UNIT_US;

    sim_timer_start(&k->sim->queue, &link->supervision, k->anchor_us + tries_us - 1, on_supervision, link);
}

static void name_the_ends(sim_link *link, const sim_address *peer_on_air, const sim_address *own_on_air)
{
    link->peer_on_air = *peer_on_air;
    link->peer = sim_resolve(link->controller, peer_on_air, NULL);
    if (link->peer.type >= 2)
        memcpy(link->peer_rpa, peer_on_air->octets, 6);
    if (sim_address_is_resolvable(own_on_air) && !sim_address_is_given(link->controller, own_on_air))
        memcpy(link->local_rpa, own_on_air->octets, 6);
}

static void start_with_lengths(sim_link *link)
{
    const sim_settings *s = &link->controller->settings;

    link->wanted_tx_octets = sim_octets_within(s->default_tx_octets, s->default_tx_time);
    link->tx_octets = SIM_DATA_MIN;
    link->rx_octets = SIM_DATA_MIN;
    sim_link_note_length(link);
}

void sim_connection_join(sim_connection *k, sim_controller *c, sim_role role, const sim_address *peer_on_air,
                         const sim_address *own_on_air)
{
    sim_link *link = &k->ends[role];

    link->connection = k;
    link->controller = c;
    link->role = role;
    link->handle = free_handle(c);
    start_with_lengths(link);
    link->tx_phys = c->settings.tx_phys & sim_phys(c);
    link->rx_phys = c->settings.rx_phys & sim_phys(c);
    link->authenticated_timeout = 3000;
    link->alive = true;
    name_the_ends(link, peer_on_air, own_on_air);
    expect_first_packet(link);
    tell_host_of_connection(link);
    if (role == SIM_CENTRAL)
        sim_timer_start(&k->sim->queue, &k->timer, k->anchor_us, sim_connection_on_anchor, k);
    if (link->wanted_tx_octets > SIM_DATA_MIN && sim_has_feature(c, SIM_FEATURE_DATA_LENGTH))
        sim_procedure_want(link, SIM_PROCEDURE_LENGTH);
}

/* ---- leaving ---- */

static void tell_host_of_end(sim_link *link, uint8_t reason)
{
    uint8_t event[4] = {KITH_HCI_SUCCESS};

    bytes_put16(event + 1, link->handle);
    event[3] = reason;
    sim_event(link->controller, KITH_HCI_EV_DISCONNECTION_COMPLETE, event, sizeof event);
}

void sim_link_end(sim_link *link, uint8_t reason, bool tell)
{
    sim_queue *queue = &link->connection->sim->queue;

    if (!link->alive)
        return;
    link->alive = false;
    link->connection->sim->has_dead_connections = true;
    sim_timer_stop(queue, &link->supervision);
    sim_timer_stop(queue, &link->response);
    sim_timer_stop(queue, &link->authenticated);
    sim_link_drop_queues(link);
    if (tell)
        tell_host_of_end(link, reason);
}

static void free_connection(sim_connection *k)
{
    sim_timer_stop(&k->sim->queue, &k->timer);
    sim_queue_release(&k->sim->queue, CONNECTION_TIMERS);
    free(k);
}

void sim_connections_sweep(kith_sim *sim)
{
    sim_connection **at = &sim->connections;

    if (!sim->has_dead_connections)
        return;
    sim->has_dead_connections = false;
    while (*at != NULL) {
        sim_connection *k = *at;

        if (k->ends[SIM_CENTRAL].alive || k->ends[SIM_PERIPHERAL].alive) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        free_connection(k);
    }
}

/* ---- finding ---- */

static sim_link *link_of(sim_connection *k, const sim_controller *c)
{
    for (int role = SIM_CENTRAL; role <= SIM_PERIPHERAL; role++) {
        if (k->ends[role].alive && k->ends[role].controller == c)
            return &k->ends[role];
    }
    return NULL;
}

void sim_link_for_each(sim_controller *c, void (*visit)(sim_link *link))
{
    for (sim_connection *k = c->sim->connections; k != NULL; k = k->next) {
        sim_link *link = link_of(k, c);

        if (link != NULL)
            visit(link);
    }
}

sim_link *sim_link_find(sim_controller *c, uint16_t handle)
{
    for (sim_connection *k = c->sim->connections; k != NULL; k = k->next) {
        sim_link *link = link_of(k, c);

        if (link != NULL && link->handle == handle)
            return link;
    }
    return NULL;
}

static bool names(const sim_address *a, const sim_address *b)
{
    return (a->type & 1) == (b->type & 1) && memcmp(a->octets, b->octets, 6) == 0;
}

sim_link *sim_link_to(sim_controller *c, const sim_address *peer)
{
    for (sim_connection *k = c->sim->connections; k != NULL; k = k->next) {
        sim_link *link = link_of(k, c);

        if (link != NULL && (names(&link->peer, peer) || names(&link->peer_on_air, peer)))
            return link;
    }
    return NULL;
}

sim_link *sim_link_peer(sim_link *link)
{
    return &link->connection->ends[link->role == SIM_CENTRAL ? SIM_PERIPHERAL : SIM_CENTRAL];
}

uint32_t sim_link_next_event(const sim_link *link)
{
    return link->connection->counter + (link->connection->in_event ? 1 : 0);
}
