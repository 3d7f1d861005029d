/* Events about who is heard and what links are like, as JSON.
 *
 * Numbers have the unit that their name ends with, as in kith/event.h; rssi and tx_power are dBm, and left out where
 * they are not known. */
#include "event_json_gap.h"
#include "sentence.h"

enum { STRENGTH_UNKNOWN = 127, SID_NONE = 0xff };

void set_strength(json_t *o, const char *name, int8_t dbm)
{
    if (dbm != STRENGTH_UNKNOWN)
        (void)json_object_set_new(o, name, json_integer(dbm));
}

static void set_phy(json_t *o, const char *name, uint8_t phy)
{
    if (phy != 0)
        set_text(o, name, phy_name(phy));
}

static void set_failure(json_t *o, kith_hci_status hci_status, kith_status status)
{
    if (hci_status != 0)
        set_hci_status(o, hci_status);
    if (status != KITH_OK)
        set_text(o, "status", kith_status_name(status));
}

static void on_activity(json_t *o, const kith_event *e)
{
    static const char *const why[] = {"asked", "connected", "time", "found"};

    set_flag(o, "on", e->activity.on);
    if (e->kind == KITH_EVENT_ADVERTISING)
        set_number(o, "set", e->activity.set);
    if (!e->activity.on && (size_t)e->activity.why < sizeof why / sizeof why[0])
        set_text(o, "why", why[e->activity.why]);
    set_hci_status(o, e->activity.hci_status);
    if (e->activity.status != KITH_OK)
        set_text(o, "status", kith_status_name(e->activity.status));
}

static void set_extended(json_t *o, const kith_event_report *r)
{
    set_flag(o, "extended", r->extended);
    set_flag(o, "is_cut", r->is_cut);
    if (!r->extended)
        return;
    if (r->sid != SID_NONE)
        set_number(o, "sid", r->sid);
    set_phy(o, "primary_phy", r->primary_phy);
    set_phy(o, "secondary_phy", r->secondary_phy);
    set_strength(o, "tx_power", r->tx_power);
}

void set_report(json_t *o, const kith_event_report *r)
{
    set_address(o, "address", "address_type", &r->address);
    if (r->claimed != 0)
        set_number(o, "claimed_peer", r->claimed);
    set_flag(o, "connectable", r->connectable);
    set_flag(o, "scannable", r->scannable);
    set_flag(o, "directed", r->directed);
    set_flag(o, "scan_response", r->scan_response);
    set_extended(o, r);
    set_strength(o, "rssi", r->rssi);
    set_hex(o, "data", kith_report_data(r), r->len);
}

static void on_report(json_t *o, const kith_event *e)
{
    set_report(o, &e->report);
}

static void on_found(json_t *o, const kith_event *e)
{
    static const char *const results[] = {"found", "not-in-time", "stopped", "failed"};
    size_t result = e->found.result;

    set_text(o, "result", result < sizeof results / sizeof results[0] ? results[result] : "unknown");
    set_failure(o, e->found.hci_status, e->found.status);
    if (e->found.result == KITH_FOUND)
        set_report(o, &e->found.report);
}

static void on_connected(json_t *o, const kith_event *e)
{
    set_text(o, "role", e->connected.we_are_central ? "central" : "peripheral");
    if (e->connected.claimed != 0)
        set_number(o, "claimed_peer", e->connected.claimed);
    set_number(o, "interval_1250us", e->connected.interval_1250us);
    set_number(o, "latency", e->connected.latency);
    set_number(o, "timeout_10ms", e->connected.timeout_10ms);
}

static void on_connect_failed(json_t *o, const kith_event *e)
{
    set_hci_status(o, e->connect_failed.hci_status);
    set_flag(o, "timed_out", e->connect_failed.timed_out);
    if (e->connect_failed.status != KITH_OK)
        set_text(o, "status", kith_status_name(e->connect_failed.status));
}

static void on_parameters(json_t *o, const kith_event *e)
{
    set_flag(o, "asked", e->parameters.asked);
    set_text(o, "result", kith_parameters_result_name(e->parameters.result));
    if (e->parameters.hci_status != 0)
        set_hci_status(o, e->parameters.hci_status);
    set_number(o, "interval_1250us", e->parameters.interval_1250us);
    set_number(o, "latency", e->parameters.latency);
    set_number(o, "timeout_10ms", e->parameters.timeout_10ms);
}

static void on_parameters_wanted(json_t *o, const kith_event *e)
{
    set_number(o, "interval_min_1250us", e->parameters_wanted.interval_min_1250us);
    set_number(o, "interval_max_1250us", e->parameters_wanted.interval_max_1250us);
    set_number(o, "latency", e->parameters_wanted.latency);
    set_number(o, "timeout_10ms", e->parameters_wanted.timeout_10ms);
}

static void on_rssi(json_t *o, const kith_event *e)
{
    set_hci_status(o, e->rssi.hci_status);
    if (e->rssi.hci_status == 0)
        set_strength(o, "rssi", e->rssi.rssi);
}

static void on_phy(json_t *o, const kith_event *e)
{
    set_flag(o, "asked", e->phy.asked);
    set_hci_status(o, e->phy.hci_status);
    set_phy(o, "tx_phy", e->phy.tx_phy);
    set_phy(o, "rx_phy", e->phy.rx_phy);
}

static void on_data_length(json_t *o, const kith_event *e)
{
    set_number(o, "tx_octets", e->data_length.tx_octets);
    set_number(o, "rx_octets", e->data_length.rx_octets);
}

static void on_disconnected(json_t *o, const kith_event *e)
{
    set_hci_status(o, e->disconnected.reason);
}

static void on_reconnecting(json_t *o, const kith_event *e)
{
    static const char *const ways[] = {"off", "idle", "by-list", "by-scan"};
    size_t way = e->reconnecting.way;

    set_text(o, "way", way < sizeof ways / sizeof ways[0] ? ways[way] : "unknown");
    set_flag(o, "fast", e->reconnecting.fast);
    if (e->reconnecting.peer != 0)
        set_number(o, "given_up_peer", e->reconnecting.peer);
    set_failure(o, e->reconnecting.hci_status, e->reconnecting.status);
}

bool event_json_gap(json_t *o, const kith_event *event)
{
    static void (*const writers[])(json_t * o, const kith_event *e) = {
        [KITH_EVENT_ADVERTISING] = on_activity,
        [KITH_EVENT_SCANNING] = on_activity,
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
    writers[kind](o, event);
    return true;
}
