/* Data length: how many octets of data a PDU may have each way, and what the hosts are told of it.  Core Vol 6 Part B
 * 4.5.10, 5.1.9; Vol 4 Part E 7.7.65.7. */
#include <string.h>

#include "base/bytes.h"

#include "internal.h"

enum { LENGTH_REQ = 0x14, LENGTH_RSP = 0x15 };

static void send_length(sim_link *link, uint8_t opcode)
{
    uint8_t pdu[9] = {opcode};
    uint16_t tx = link->wanted_tx_octets;

    bytes_put16(pdu + 1, SIM_DATA_MAX);
    bytes_put16(pdu + 3, SIM_TIME_MAX_US);
    bytes_put16(pdu + 5, tx);
    bytes_put16(pdu + 7, (uint16_t)((tx + 14) * 8));
    (void)sim_link_control(link, pdu, sizeof pdu);
}

void sim_length_start(sim_link *link)
{
    send_length(link, LENGTH_REQ);
}

/* A packet with MIC; on LE 2M the time is left at what LE 1M needs. */
static uint16_t time_for(const sim_connection *k, sim_role sender, uint16_t octets)
{
    uint8_t phy = k->phy[sender] == SIM_PHY_CODED ? SIM_PHY_CODED : SIM_PHY_1M;

    return (uint16_t)sim_air_duration_on(phy, 2u + octets + SIM_MIC);
}

void sim_link_note_length(sim_link *link)
{
    const sim_connection *k = link->connection;

    link->told.tx_octets = link->tx_octets;
    link->told.tx_time = time_for(k, link->role, link->tx_octets);
    link->told.rx_octets = link->rx_octets;
    link->told.rx_time = time_for(k, sim_link_peer(link)->role, link->rx_octets);
}

void sim_link_tell_length(sim_link *link)
{
    sim_lengths before = link->told;
    uint8_t event[10];

    sim_link_note_length(link);
    if (memcmp(&before, &link->told, sizeof before) == 0)
        return;
    bytes_put16(event, link->handle);
    bytes_put16(event + 2, link->told.tx_octets);
    bytes_put16(event + 4, link->told.tx_time);
    bytes_put16(event + 6, link->told.rx_octets);
    bytes_put16(event + 8, link->told.rx_time);
    sim_le_event(link->controller, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE, event, sizeof event);
}

static void set_octets(sim_link *link, uint16_t tx, uint16_t rx)
{
    link->tx_octets = tx;
    link->rx_octets = rx;
    sim_link_tell_length(link);
}

static uint16_t within(uint16_t value)
{
    if (value < SIM_DATA_MIN)
        return SIM_DATA_MIN;
    return value > SIM_DATA_MAX ? SIM_DATA_MAX : value;
}

uint16_t sim_octets_within(uint16_t octets, uint16_t time_us)
{
    uint16_t fits = within((uint16_t)(time_us / 8 - 14));

    return octets < fits ? octets : fits;
}

static void agree_on_length(sim_link *link, const uint8_t *p)
{
    uint16_t peer_rx = within(bytes_get16(p + 1));
    uint16_t peer_tx = within(bytes_get16(p + 5));
    uint16_t tx = link->wanted_tx_octets < peer_rx ? link->wanted_tx_octets : peer_rx;

    set_octets(link, tx, peer_tx);
}

void sim_on_length_req(sim_link *link, const uint8_t *p)
{
    if (!sim_has_feature(link->controller, SIM_FEATURE_DATA_LENGTH)) {
        sim_link_unknown(link, LENGTH_REQ);
        return;
    }
    send_length(link, LENGTH_RSP);
    agree_on_length(link, p);
}

void sim_on_length_rsp(sim_link *link, const uint8_t *p)
{
    if (link->procedure != SIM_PROCEDURE_LENGTH)
        return;
    agree_on_length(link, p);
    sim_procedure_done(link, SIM_PROCEDURE_LENGTH);
}
