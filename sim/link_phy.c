/* Changing the PHY of a connection: each end says which it likes and has, the central decides, both change at an
 * instant.  Directions are decided one by one; where the two have nothing in common, what is used stays.  Core Vol 6
 * Part B 2.4.2.22 to 2.4.2.24, 5.1.10; Vol 4 Part E 7.7.65.12. */
#include "base/bytes.h"

#include "internal.h"

enum { PHY_REQ = 0x16, PHY_RSP = 0x17, PHY_UPDATE_IND = 0x18 };
enum { EVENTS_TO_INSTANT = 10, INSTANT_PASSED = 0x28 };

static uint8_t bit_of(uint8_t phy)
{
    return (uint8_t)(1 << (phy - 1));
}

uint8_t sim_phys(const sim_controller *c)
{
    uint8_t phys = bit_of(SIM_PHY_1M);

    if (sim_has_feature(c, SIM_FEATURE_2M))
        phys |= bit_of(SIM_PHY_2M);
    if (sim_has_feature(c, SIM_FEATURE_CODED))
        phys |= bit_of(SIM_PHY_CODED);
    return phys;
}

bool sim_has_phy(const sim_controller *c, uint8_t phy)
{
    return (sim_phys(c) >> (phy - 1) & 1) != 0;
}

static void send_wishes(sim_link *link, uint8_t opcode)
{
    uint8_t pdu[3] = {opcode, link->tx_phys, link->rx_phys};

    (void)sim_link_control(link, pdu, sizeof pdu);
}

void sim_phy_start(sim_link *link)
{
    send_wishes(link, PHY_REQ);
}

/* ---- the end ---- */

static void tell_host(sim_link *link, uint8_t status)
{
    const sim_connection *k = link->connection;
    uint8_t event[5] = {status};

    bytes_put16(event + 1, link->handle);
    event[3] = k->phy[link->role];
    event[4] = k->phy[sim_link_peer(link)->role];
    sim_le_event(link->controller, KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE, event, sizeof event);
}

/* A host that asked is told in any case, by the procedure that it asked for. */
void sim_phy_finish(sim_link *link, uint8_t status, bool tell)
{
    bool asked = link->procedure == SIM_PROCEDURE_PHY && link->phy_asked;

    if (tell || asked)
        tell_host(link, status);
    if (asked)
        link->phy_asked = false;
    sim_procedure_done(link, SIM_PROCEDURE_PHY);
}

void sim_phy_refused(sim_link *link, uint8_t status)
{
    if (link->procedure == SIM_PROCEDURE_PHY)
        sim_phy_finish(link, status, false);
}

/* A peripheral that has not heard of it listens in vain. */
void sim_phy_apply(sim_connection *k)
{
    sim_link *central = &k->ends[SIM_CENTRAL];
    sim_link *peripheral = &k->ends[SIM_PERIPHERAL];
    bool heard = k->phy_heard;

    k->phy_pending = false;
    k->phy[SIM_CENTRAL] = k->next_phy[SIM_CENTRAL];
    k->phy[SIM_PERIPHERAL] = k->next_phy[SIM_PERIPHERAL];
    if (!heard)
        peripheral->deaf = true;
    sim_phy_finish(central, KITH_HCI_SUCCESS, true);
    sim_link_tell_length(central);
    sim_procedure_next(central);
    if (!heard || !peripheral->alive)
        return;
    sim_phy_finish(peripheral, KITH_HCI_SUCCESS, true);
    sim_link_tell_length(peripheral);
    sim_procedure_next(peripheral);
}

/* ---- the central decides ---- */

/* The quickest of those that both like. */
static uint8_t choose(unsigned phys, uint8_t current)
{
    static const uint8_t quickest_first[] = {SIM_PHY_2M, SIM_PHY_1M, SIM_PHY_CODED};

    for (size_t i = 0; i < sizeof quickest_first; i++) {
        if ((phys & bit_of(quickest_first[i])) != 0)
            return quickest_first[i];
    }
    return current;
}

static uint8_t change(uint8_t from, uint8_t to)
{
    return from == to ? 0 : bit_of(to);
}

static void decide(sim_link *central, uint8_t peer_tx, uint8_t peer_rx)
{
    sim_connection *k = central->connection;
    uint8_t pdu[5] = {PHY_UPDATE_IND};

    k->next_phy[SIM_CENTRAL] = choose(central->tx_phys & peer_rx, k->phy[SIM_CENTRAL]);
    k->next_phy[SIM_PERIPHERAL] = choose(central->rx_phys & peer_tx, k->phy[SIM_PERIPHERAL]);
    pdu[1] = change(k->phy[SIM_CENTRAL], k->next_phy[SIM_CENTRAL]);
    pdu[2] = change(k->phy[SIM_PERIPHERAL], k->next_phy[SIM_PERIPHERAL]);
    if ((pdu[1] | pdu[2]) != 0) {
        k->phy_pending = true;
        k->phy_heard = false;
        k->phy_instant = sim_link_next_event(central) + EVENTS_TO_INSTANT + k->parameters.latency;
        bytes_put16(pdu + 3, (uint16_t)k->phy_instant);
    }
    (void)sim_link_control(central, pdu, sizeof pdu);
    if (k->phy_pending)
        sim_procedure_await_instant(central, SIM_PROCEDURE_PHY);
    else
        sim_phy_finish(central, KITH_HCI_SUCCESS, false);
}

/* ---- what arrives ---- */

void sim_on_phy_req(sim_link *link, const uint8_t *p)
{
    uint8_t collision = link->procedure == SIM_PROCEDURE_PHY ? KITH_HCI_LL_PROCEDURE_COLLISION
                                                             : KITH_HCI_DIFFERENT_TRANSACTION_COLLISION;

    if (sim_phys(link->controller) == bit_of(SIM_PHY_1M))
        sim_link_unknown(link, PHY_REQ);
    else if (link->role == SIM_PERIPHERAL)
        send_wishes(link, PHY_RSP);
    else if (sim_procedure_collides(link))
        sim_link_reject(link, PHY_REQ, collision);
    else
        decide(link, p[1], p[2]);
}

void sim_on_phy_rsp(sim_link *link, const uint8_t *p)
{
    if (link->role == SIM_CENTRAL && link->procedure == SIM_PROCEDURE_PHY && !link->connection->phy_pending)
        decide(link, p[1], p[2]);
}

void sim_on_phy_update(sim_link *link, const uint8_t *p)
{
    sim_connection *k = link->connection;

    if (link->role != SIM_PERIPHERAL)
        return;
    if ((p[1] | p[2]) == 0) {
        sim_phy_finish(link, KITH_HCI_SUCCESS, false);
    } else if (!k->phy_pending || bytes_get16(p + 3) != (uint16_t)k->phy_instant) {
        sim_link_end(link, INSTANT_PASSED, true);
    } else {
        k->phy_heard = true;
        sim_procedure_await_instant(link, SIM_PROCEDURE_PHY);
    }
}
