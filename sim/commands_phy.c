/* Commands for the PHY of connections.  Core Vol 4 Part E 7.8.47 to 7.8.49. */
#include <string.h>

#include "base/bytes.h"

#include "commands.h"

enum { ANY_TX = 1, ANY_RX = 2 };

static uint8_t read_phy(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    sim_link *link = sim_link_find(c, bytes_get16(p));

    memcpy(reply, p, 2);
    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    reply[2] = link->connection->phy[link->role];
    reply[3] = link->connection->phy[sim_link_peer(link)->role];
    return KITH_HCI_SUCCESS;
}

/* p: ALL_PHYS, TX_PHYS, RX_PHYS */
static uint8_t check_phys(const sim_controller *c, const uint8_t *p)
{
    bool any_tx = (p[0] & ANY_TX) != 0;
    bool any_rx = (p[0] & ANY_RX) != 0;

    if (p[0] > 3 || (!any_tx && p[1] == 0) || (!any_rx && p[2] == 0))
        return KITH_HCI_INVALID_PARAMETERS;
    if ((!any_tx && (p[1] & ~sim_phys(c)) != 0) || (!any_rx && (p[2] & ~sim_phys(c)) != 0))
        return KITH_HCI_UNSUPPORTED;
    return KITH_HCI_SUCCESS;
}

static uint8_t set_default_phy(sim_controller *c, const uint8_t *p, uint8_t *reply)
{
    uint8_t status = check_phys(c, p);

    (void)reply;
    if (status != KITH_HCI_SUCCESS)
        return status;
    c->settings.tx_phys = (p[0] & ANY_TX) != 0 ? SIM_ALL_PHYS : p[1];
    c->settings.rx_phys = (p[0] & ANY_RX) != 0 ? SIM_ALL_PHYS : p[2];
    return KITH_HCI_SUCCESS;
}

static uint8_t begin_set_phy(sim_controller *c, const uint8_t *p)
{
    const sim_link *link = sim_link_find(c, bytes_get16(p));
    uint8_t status = check_phys(c, p + 2);

    if (link == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    return status == KITH_HCI_SUCCESS && link->phy_asked ? KITH_HCI_COMMAND_DISALLOWED : status;
}

static bool peer_has_one_phy(const sim_link *link)
{
    uint64_t features = bytes_get64(link->peer_features);

    return link->features_known && (features & (SIM_FEATURE_2M | SIM_FEATURE_CODED)) == 0;
}

/* With nothing to choose from it is done at once. */
static void set_phy(sim_controller *c, const uint8_t *p)
{
    sim_link *link = sim_link_find(c, bytes_get16(p));

    link->tx_phys = (p[2] & ANY_TX) != 0 ? sim_phys(c) : p[3];
    link->rx_phys = (p[2] & ANY_RX) != 0 ? sim_phys(c) : p[4];
    if (sim_phys(c) == 1) {
        sim_phy_finish(link, KITH_HCI_SUCCESS, true);
    } else if (peer_has_one_phy(link)) {
        sim_phy_finish(link, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE, true);
    } else {
        link->phy_asked = true;
        sim_procedure_want(link, SIM_PROCEDURE_PHY);
    }
}

static const sim_command_row rows[] = {
    {KITH_HCI_LE_READ_PHY, 2, 35, 4, 4, read_phy, NULL, NULL},
    {KITH_HCI_LE_SET_DEFAULT_PHY, 3, 35, 5, 0, set_default_phy, NULL, NULL},
    {KITH_HCI_LE_SET_PHY, 7, 35, 6, 0, NULL, begin_set_phy, set_phy},
};

const sim_command_table sim_commands_phy = {rows, sizeof rows / sizeof rows[0]};
