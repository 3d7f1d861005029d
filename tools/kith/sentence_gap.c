/* Events about who is heard and what links are like, in words: kith/advertising.h to kith/reconnect.h. */
#include "sentence_gap.h"

enum { RSSI_UNKNOWN = 127 };

/* "7.50 ms" of 6. */
static void add_interval(writer *w, uint16_t interval_1250us)
{
    unsigned hundredths = interval_1250us * 125u;

    add(w, "%u.%02u ms", hundredths / 100, hundredths % 100);
}

static void add_no_address(writer *w, kith_status status)
{
    add(w, "no private address could be made (%s).", kith_status_name(status));
}

static void add_refusal(writer *w, kith_hci_status status)
{
    add(w, "the controller answered \"%s\" (0x%02x).", kith_hci_status_name(status), status);
}

/* "advertising" with its set, where it is not the first. */
static void add_what(writer *w, const char *what, const kith_event *e)
{
    add(w, "%s", what);
    if (e->kind == KITH_EVENT_ADVERTISING && e->activity.set != 0)
        add(w, " with set %u", e->activity.set);
}

static void add_end(writer *w, const char *what, const kith_event *e)
{
    static const char *const why[] = {"", ": a link came of it", ": its time is over", ": what was sought is found"};
    size_t end = e->activity.why;

    add(w, "No longer ");
    add_what(w, what, e);
    add(w, "%s.", end < sizeof why / sizeof why[0] ? why[end] : "");
}

static void add_activity(writer *w, const char *what, const kith_event *e)
{
    if (e->activity.hci_status == 0 && e->activity.status == KITH_OK) {
        add_end(w, what, e);
        return;
    }
    add(w, "Not ");
    add_what(w, what, e);
    add(w, ": ");
    if (e->activity.status != KITH_OK)
        add_no_address(w, e->activity.status);
    else
        add_refusal(w, e->activity.hci_status);
}

static void on_advertising(writer *w, const kith_event *e)
{
    if (!e->activity.on) {
        add_activity(w, "advertising", e);
        return;
    }
    add_what(w, "Advertising", e);
    add(w, ".");
}

static void on_scanning(writer *w, const kith_event *e)
{
    if (e->activity.on)
        add(w, "Scanning.");
    else
        add_activity(w, "scanning", e);
}

static void add_heard(writer *w, const kith_event_report *r)
{
    char name[32];

    add_address(w, &r->address);
    if (kith_gap_find_name(kith_report_data(r), r->len, name)) {
        make_harmless(name);
        add(w, ", which calls itself '%s'", name);
    }
    if (r->rssi != RSSI_UNKNOWN)
        add(w, ", at %d dBm", r->rssi);
    add(w, ".");
    if (r->claimed != 0)
        add(w, " That is the address of peer %u: a claim.", (unsigned)r->claimed);
}

static void on_report(writer *w, const kith_event *e)
{
    add(w, "Heard ");
    add_heard(w, &e->report);
}

static void on_found(writer *w, const kith_event *e)
{
    const kith_event_found *f = &e->found;

    if (f->result == KITH_FOUND) {
        add(w, "Found ");
        add_heard(w, &f->report);
    } else if (f->result == KITH_FOUND_NOT_IN_TIME) {
        add(w, "Not found in time.");
    } else if (f->result == KITH_FOUND_STOPPED) {
        add(w, "The search was stopped.");
    } else {
        add(w, "The search failed: ");
        if (f->status != KITH_OK)
            add_no_address(w, f->status);
        else
            add_refusal(w, f->hci_status);
    }
}

static void on_connected(writer *w, const kith_event *e)
{
    add(w, "Connected to ");
    add_address(w, &e->connected.peer);
    add(w, " as %s, every ", e->connected.we_are_central ? "central" : "peripheral");
    add_interval(w, e->connected.interval_1250us);
    add(w, ".");
    if (e->connected.claimed != 0)
        add(w, " That is the address of peer %u: a claim, until it encrypts.", (unsigned)e->connected.claimed);
}

static void on_connect_failed(writer *w, const kith_event *e)
{
    add(w, "No connection: ");
    if (e->connect_failed.status != KITH_OK)
        add_no_address(w, e->connect_failed.status);
    else if (e->connect_failed.timed_out)
        add(w, "its time is over.");
    else
        add(w, "%s.", kith_hci_status_name(e->connect_failed.hci_status));
}

static void on_parameters(writer *w, const kith_event *e)
{
    const kith_event_parameters *p = &e->parameters;

    if (p->result != KITH_PARAMETERS_CHANGED) {
        add(w, "Other connection parameters: %s.",
            p->hci_status != 0 ? kith_hci_status_name(p->hci_status) : kith_parameters_result_name(p->result));
        return;
    }
    add(w, "Now every ");
    add_interval(w, p->interval_1250us);
    add(w, ", latency %u, timeout %u ms.", p->latency, p->timeout_10ms * 10u);
}

static void on_parameters_wanted(writer *w, const kith_event *e)
{
    const kith_event_parameters_wanted *p = &e->parameters_wanted;

    add(w, "May the peripheral have other connection parameters, every ");
    add_interval(w, p->interval_min_1250us);
    add(w, " to ");
    add_interval(w, p->interval_max_1250us);
    add(w, ", latency %u, timeout %u ms? [yes/no]", p->latency, p->timeout_10ms * 10u);
}

static void on_rssi(writer *w, const kith_event *e)
{
    if (e->rssi.hci_status != 0)
        add(w, "How strongly the peer is heard could not be read: %s.", kith_hci_status_name(e->rssi.hci_status));
    else if (e->rssi.rssi == RSSI_UNKNOWN)
        add(w, "How strongly the peer is heard is not known.");
    else
        add(w, "The peer is heard at %d dBm.", e->rssi.rssi);
}

const char *phy_name(uint8_t phy)
{
    static const char *const names[] = {"none", "LE 1M", "LE 2M", "LE Coded"};

    return phy < sizeof names / sizeof names[0] ? names[phy] : "unknown";
}

static void on_phy(writer *w, const kith_event *e)
{
    const kith_event_phy *p = &e->phy;

    if (p->hci_status != 0)
        add(w, "The PHY could not be changed: %s.", kith_hci_status_name(p->hci_status));
    else if (p->tx_phy == p->rx_phy)
        add(w, "The PHY is %s.", phy_name(p->tx_phy));
    else
        add(w, "The PHY is %s to the peer, %s from it.", phy_name(p->tx_phy), phy_name(p->rx_phy));
}

static void on_data_length(writer *w, const kith_event *e)
{
    add(w, "Link layer packets have up to %u octets to the peer, %u from it.", e->data_length.tx_octets,
        e->data_length.rx_octets);
}

static void on_disconnected(writer *w, const kith_event *e)
{
    add(w, "Disconnected: %s (0x%02x).", kith_hci_status_name(e->disconnected.reason), e->disconnected.reason);
}

static void on_reconnecting(writer *w, const kith_event *e)
{
    static const char *const ways[] = {"Bonded peers are not looked for.", "No bonded peer has to be looked for now.",
                                       "The controller looks for bonded peers", "The host looks for bonded peers"};
    const kith_event_reconnecting *r = &e->reconnecting;
    bool looks = r->way == KITH_RECONNECTING_BY_LIST || r->way == KITH_RECONNECTING_BY_SCAN;

    if (r->peer != 0)
        add(w, "Peer %u is given up. ", (unsigned)r->peer);
    add(w, "%s%s", ways[r->way], !looks ? "" : r->fast ? ", all the time." : ", now and then.");
    if (r->status != KITH_OK)
        add(w, " It failed: %s.", kith_status_name(r->status));
    if (r->hci_status != 0) {
        add(w, " For now ");
        add_refusal(w, r->hci_status);
    }
}

bool sentence_of_gap(writer *w, const kith_event *event)
{
    static void (*const writers[])(writer * w, const kith_event *e) = {
        [KITH_EVENT_ADVERTISING] = on_advertising,
        [KITH_EVENT_SCANNING] = on_scanning,
        [KITH_EVENT_REPORT] = on_report,
        [KITH_EVENT_FOUND] = on_found,
        [KITH_EVENT_CONNECTED] = on_connected,
        [KITH_EVENT_CONNECT_FAILED] = on_connect_failed,
        [KITH_EVENT_PARAMETERS] = on_parameters,
        [KITH_EVENT_PARAMETERS_WANTED] = on_parameters_wanted,
        [KITH_EVENT_RSSI] = on_rssi,
        [KITH_EVENT_PHY] = on_phy,
        [KITH_EVENT_DATA_LENGTH] = on_data_length,
        [KITH_EVENT_DISCONNECTED] = on_disconnected,
        [KITH_EVENT_RECONNECTING] = on_reconnecting,
    };
    size_t kind = (size_t)event->kind;

    if (kind >= sizeof writers / sizeof writers[0] || writers[kind] == NULL)
        return false;
    writers[kind](w, event);
    return true;
}
