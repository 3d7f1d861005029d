/* What a link is like on air: how strongly the peer is heard, on which PHYs, and how long its packets may be.
 * Vol 4 Part E 7.5.4, 7.8.33, 7.8.49, 7.7.65.7, 7.7.65.12. */
#include "base/bytes.h"
#include "host/internal.h"

enum { SHORTEST_PACKET = 27, RSSI_UNKNOWN = 127, EVERY_PHY = KITH_PHYS_1M | KITH_PHYS_2M | KITH_PHYS_CODED };

void measures_reset(host_measures *m)
{
    m->tx_octets = m->rx_octets = SHORTEST_PACKET;
    m->phy_deadline_us = UINT64_MAX;
}

/* A link that began with extended advertising may have begun on any PHY. */
void measures_on_connected(const kith_host *h, host_link *link)
{
    if (h->config.legacy_commands || (h->ready.lacks & KITH_LACKS_EXTENDED) != 0)
        link->measures.tx_phy = link->measures.rx_phy = KITH_PHY_1M;
}

/* ---- signal strength ---- */

static void end_rssi(kith_host *h, host_link *link, kith_hci_status status, int8_t rssi)
{
    kith_event *event;

    if (!link->measures.reads_rssi)
        return;
    link->measures.reads_rssi = false;
    event = event_post(h, KITH_EVENT_RSSI, link);
    event->rssi.hci_status = status;
    event->rssi.rssi = rssi;
}

void measures_on_rssi_refused(kith_host *h, host_link *link, kith_hci_status status)
{
    end_rssi(h, link, status, RSSI_UNKNOWN);
}

void measures_on_rssi(kith_host *h, kith_link id, const uint8_t *answer, size_t len)
{
    host_link *link = link_by_id(h, id);
    bool read = len >= 4 && answer[0] == KITH_HCI_SUCCESS;

    if (link == NULL)
        return;
    if (read && (bytes_get16(answer + 1) & KITH_ACL_HANDLE_MASK) == link->handle)
        end_rssi(h, link, KITH_HCI_SUCCESS, (int8_t)answer[3]);
    else
        link_on_command_status(h, KITH_HCI_READ_RSSI, id,
                               len > 0 && answer[0] != KITH_HCI_SUCCESS ? answer[0] : KITH_HCI_UNSPECIFIED_ERROR);
}

size_t measures_put_rssi(const kith_host *h, host_link *link, uint8_t *out)
{
    (void)h;
    command_begin(out, KITH_HCI_READ_RSSI, 2);
    bytes_put16(out + 4, link->handle);
    return 4 + 2;
}

kith_status kith_gap_read_rssi(kith_host *h, kith_link id)
{
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (!command_is_supported(h, 15, 5))
        return KITH_ERR_UNSUPPORTED;
    if (link->going)
        return KITH_ERR_STATE;
    if (link->measures.reads_rssi)
        return KITH_ERR_BUSY;
    link->measures.reads_rssi = true;
    link->wants |= LINK_WANTS_RSSI;
    return KITH_OK;
}

/* ---- PHYs ---- */

static void tell_phy(kith_host *h, const host_link *link, bool asked, kith_hci_status status)
{
    kith_event *event = event_post(h, KITH_EVENT_PHY, link);

    event->phy.asked = asked;
    event->phy.hci_status = status;
    event->phy.tx_phy = link->measures.tx_phy;
    event->phy.rx_phy = link->measures.rx_phy;
}

static void end_phy(kith_host *h, host_link *link, kith_hci_status status)
{
    if (!link->measures.sets_phy)
        return;
    link->measures.sets_phy = link->measures.phy_was_sent = false;
    link->measures.phy_deadline_us = UINT64_MAX;
    link->wants &= (uint16_t)~LINK_WANTS_PHY;
    tell_phy(h, link, true, status);
}

void measures_on_phy_refused(kith_host *h, host_link *link, kith_hci_status status)
{
    end_phy(h, link, status);
}

static bool is_phy(uint8_t phy)
{
    return phy >= KITH_PHY_1M && phy <= KITH_PHY_CODED;
}

static bool take_phys(host_measures *m, uint8_t tx_phy, uint8_t rx_phy)
{
    const bool changed = tx_phy != m->tx_phy || rx_phy != m->rx_phy;

    m->tx_phy = tx_phy;
    m->rx_phy = rx_phy;
    return changed;
}

/* Told of our own procedure in any case, of the peer's where something has changed. */
void measures_on_phy(kith_host *h, const uint8_t *p, size_t len)
{
    host_link *link = len >= 5 ? link_by_handle(h, bytes_get16(p + 1) & KITH_ACL_HANDLE_MASK) : NULL;
    bool changed;

    if (link == NULL || (p[0] == KITH_HCI_SUCCESS && (!is_phy(p[3]) || !is_phy(p[4]))))
        return;
    changed = p[0] == KITH_HCI_SUCCESS && take_phys(&link->measures, p[3], p[4]);
    if (link->measures.phy_was_sent)
        end_phy(h, link, p[0]);
    else if (changed)
        tell_phy(h, link, false, KITH_HCI_SUCCESS);
}

size_t measures_put_phy(const kith_host *h, host_link *link, uint8_t *out)
{
    const host_measures *m = &link->measures;

    (void)h;
    link->measures.phy_was_sent = true;
    command_begin(out, KITH_HCI_LE_SET_PHY, 7);
    bytes_put16(out + 4, link->handle);
    out[6] = (uint8_t)((m->tx_phys == 0 ? 0x01 : 0) | (m->rx_phys == 0 ? 0x02 : 0)); /* as the controllers like */
    out[7] = m->tx_phys;
    out[8] = m->rx_phys;
    bytes_put16(out + 9, 0); /* any coding */
    return 4 + 7;
}

static bool has_phys(const kith_host *h, uint8_t phys)
{
    const uint32_t lacks = h->ready.lacks;
    const uint32_t both = KITH_LACKS_PHY_2M | KITH_LACKS_PHY_CODED;

    return command_is_supported(h, 35, 6) && (lacks & both) != both &&
           ((phys & KITH_PHYS_2M) == 0 || (lacks & KITH_LACKS_PHY_2M) == 0) &&
           ((phys & KITH_PHYS_CODED) == 0 || (lacks & KITH_LACKS_PHY_CODED) == 0);
}

kith_status kith_gap_set_phy(kith_host *h, kith_link id, uint8_t tx_phys, uint8_t rx_phys)
{
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (((tx_phys | rx_phys) & ~EVERY_PHY) != 0)
        return KITH_ERR_VALUE;
    if (!has_phys(h, tx_phys | rx_phys))
        return KITH_ERR_UNSUPPORTED;
    if (link->going)
        return KITH_ERR_STATE;
    if (link->measures.sets_phy)
        return KITH_ERR_BUSY;
    link->measures.sets_phy = true;
    link->measures.tx_phys = tx_phys;
    link->measures.rx_phys = rx_phys;
    link->measures.phy_deadline_us = host_time(h) + HOST_UPDATE_TIMEOUT_US;
    link->wants |= LINK_WANTS_PHY;
    return KITH_OK;
}

bool measures_expire(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];

        if (link->id == 0 || link->measures.phy_deadline_us > h->now_us)
            continue;
        end_phy(h, link, KITH_HCI_LL_RESPONSE_TIMEOUT);
        return true;
    }
    return false;
}

uint64_t measures_deadline(const kith_host *h)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id != 0 && h->links[i].measures.phy_deadline_us < due)
            due = h->links[i].measures.phy_deadline_us;
    return due;
}

/* ---- data length ---- */

static bool is_data_length(uint16_t octets)
{
    return octets >= SHORTEST_PACKET && octets <= HOST_LONGEST_PACKET;
}

void measures_on_data_length(kith_host *h, const uint8_t *p, size_t len)
{
    host_link *link = len >= 10 ? link_by_handle(h, bytes_get16(p) & KITH_ACL_HANDLE_MASK) : NULL;
    uint16_t tx, rx;
    kith_event *event;

    if (link == NULL)
        return;
    tx = bytes_get16(p + 2);
    rx = bytes_get16(p + 6);
    if (!is_data_length(tx) || !is_data_length(rx) ||
        (tx == link->measures.tx_octets && rx == link->measures.rx_octets))
        return;
    link->measures.tx_octets = tx;
    link->measures.rx_octets = rx;
    event = event_post(h, KITH_EVENT_DATA_LENGTH, link);
    event->data_length.tx_octets = tx;
    event->data_length.rx_octets = rx;
}

void measures_want_data_length(host_link *link, uint16_t octets)
{
    link->measures.octets = octets;
    link->wants |= LINK_WANTS_DATA_LENGTH;
}

/* How long such a packet is on air: at 1 Mb/s with its headers and MIC, or coded, at 125 kb/s (Vol 6 Part B 4.5.10). */
size_t measures_put_data_length(const kith_host *h, host_link *link, uint8_t *out)
{
    const unsigned octets = link->measures.octets;
    const bool is_coded = link->measures.tx_phy == KITH_PHY_CODED;

    (void)h;
    command_begin(out, KITH_HCI_LE_SET_DATA_LENGTH, 6);
    bytes_put16(out + 4, link->handle);
    bytes_put16(out + 6, (uint16_t)octets);
    bytes_put16(out + 8, (uint16_t)(is_coded ? 976 + 64 * octets : 8 * (octets + 14)));
    return 4 + 6;
}

kith_status kith_gap_set_data_length(kith_host *h, kith_link id, uint16_t octets)
{
    host_link *link = link_by_id(h, id);

    if (link == NULL)
        return KITH_ERR_NOT_FOUND;
    if (!is_data_length(octets))
        return KITH_ERR_VALUE;
    if ((h->ready.lacks & KITH_LACKS_DATA_LENGTH) != 0)
        return KITH_ERR_UNSUPPORTED;
    if (link->going)
        return KITH_ERR_STATE;
    link->lengthened = true; /* the host asks no more by itself */
    measures_want_data_length(link, octets);
    return KITH_OK;
}

void measures_on_link_end(kith_host *h, host_link *link, kith_hci_status reason)
{
    end_rssi(h, link, reason, RSSI_UNKNOWN);
    end_phy(h, link, reason);
}
