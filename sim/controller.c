/* A controller: what a reset leaves of it. */
#include <string.h>

#include "advertise.h"

static void leave_silently(sim_link *link)
{
    sim_link_end(link, 0, false);
}

static void forget_scanning(sim_scanner *s)
{
    for (size_t i = 0; i < SIM_PRIMARY_PHYS; i++)
        s->phys[i] = (sim_scan_phy){.used = i == 0, .interval = 0x10, .window = 0x10};
    s->extended = false;
    s->duration_us = 0;
    s->period_us = 0;
}

/* Vol 4 Part E 7.3.2: links are dropped without a word, so the peers see a supervision timeout. */
void sim_controller_reset(sim_controller *c)
{
    sim_settings *s = &c->settings;

    sim_link_for_each(c, leave_silently);
    sim_advertise_stop(&c->advertiser);
    sim_sets_clear(c);
    sim_syncs_clear(c);
    sim_scan_stop(c);
    c->initiator.enabled = false;
    sim_transport_clear(c);

    memset(s, 0, sizeof *s);
    s->event_mask = UINT64_C(0x00001fffffffffff);
    s->le_event_mask = 0x1f;
    s->default_tx_octets = SIM_DATA_MIN;
    s->default_tx_time = SIM_TIME_MIN_US;
    s->tx_phys = SIM_ALL_PHYS;
    s->rx_phys = SIM_ALL_PHYS;
    s->rpa_timeout_s = 900;
    memset(s->channel_map, 0xff, 4);
    s->channel_map[4] = 0x1f;

    c->advertiser.interval_min = 0x0800;
    c->advertiser.properties = SIM_ADV_IND;
    c->advertiser.primary_phy = SIM_PHY_1M;
    c->advertiser.own_type = 0;
    c->advertiser.channel_map = 7;
    c->advertiser.filter_policy = 0;
    c->advertiser.data.len = 0;
    c->advertiser.response.len = 0;
    memset(&c->advertiser.peer, 0, sizeof c->advertiser.peer);
    forget_scanning(&c->scanner);
    c->scanner.own_type = 0;
    c->scanner.filter_policy = 0;
}
