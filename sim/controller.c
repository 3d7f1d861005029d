/* A controller: what a reset leaves of it. */
#include <string.h>

#include "internal.h"

static void leave_silently(sim_link *link)
{
    sim_link_end(link, 0, false);
}

/* Vol 4 Part E 7.3.2: links are dropped without a word, so the peers see a supervision timeout. */
void sim_controller_reset(sim_controller *c)
{
    sim_settings *s = &c->settings;

    sim_link_for_each(c, leave_silently);
    sim_advertise_stop(c);
    c->scanner.enabled = false;
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
    c->advertiser.interval_max = 0x0800;
    c->advertiser.type = 0;
    c->advertiser.own_type = 0;
    c->advertiser.channel_map = 7;
    c->advertiser.filter_policy = 0;
    c->advertiser.data_len = 0;
    c->advertiser.response_len = 0;
    memset(&c->advertiser.peer, 0, sizeof c->advertiser.peer);
    c->scanner.interval = 0x10;
    c->scanner.window = 0x10;
    c->scanner.active = false;
    c->scanner.own_type = 0;
    c->scanner.filter_policy = 0;
}
