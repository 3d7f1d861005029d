/* Legacy scanning and its reports.  Core Vol 4 Part E 7.8.10, 7.8.11, 7.7.65.2. */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

enum { STEP_PARAMETERS, STEP_ENABLE };
enum { ADV_IND = 0, ADV_DIRECT_IND = 1, ADV_SCAN_IND = 2, SCAN_RSP = 4 };

void kith_gap_default_scan(kith_scan *scan)
{
    scan->interval_625us = 96;
    scan->window_625us = 96;
    scan->active = true;
    scan->report_duplicates = false;
    scan->filter = false;
    scan->phys = 0;
    scan->limit_ms = 0;
}

static size_t put_enable(const kith_host *h, bool on, uint8_t *out)
{
    command_begin(out, KITH_HCI_LE_SET_SCAN_ENABLE, 2);
    out[4] = on;
    out[5] = !h->scan.report_duplicates;
    return 4 + 2;
}

static size_t chain_command(const kith_host *h, uint8_t *out)
{
    if (!h->scanner.busy)
        return 0;
    if (!h->scanner.stopping && h->scanner.step == STEP_PARAMETERS) {
        command_begin(out, KITH_HCI_LE_SET_SCAN_PARAMETERS, 7);
        out[4] = h->scan.active;
        bytes_put16(out + 5, h->scan.interval_625us);
        bytes_put16(out + 7, h->scan.window_625us);
        out[9] = privacy_own_type(h);
        out[10] = h->scan.filter;
        return 4 + 7;
    }
    return put_enable(h, !h->scanner.stopping, out);
}

size_t scan_command(kith_host *h, uint8_t *out)
{
    switch (pause_next(&h->scanner, pause_holds_scanner(h))) {
    case PAUSE_WAITS:
        return 0;
    case PAUSE_SWITCHES_OFF:
        return put_enable(h, false, out);
    case PAUSE_SWITCHES_ON:
        return put_enable(h, true, out);
    default:
        return chain_command(h, out);
    }
}

static kith_event *tell(kith_host *h, bool on, kith_hci_status status)
{
    kith_event *event = event_post(h, KITH_EVENT_SCANNING, NULL);

    h->scanner.busy = false;
    h->scanner.stopping = false;
    h->scanner.on = on;
    h->scanner.held = HELD_NOT;
    event->activity.on = on;
    event->activity.hci_status = status;
    return event;
}

void scan_give_up(kith_host *h, kith_status status)
{
    if (h->scanner.on || h->scanner.busy)
        tell(h, false, KITH_HCI_UNSPECIFIED_ERROR)->activity.status = status;
}

void scan_on_result(kith_host *h, kith_hci_status status)
{
    bool was_held = h->scanner.held != HELD_NOT;

    if (pause_takes_result(&h->scanner, status) || (!h->scanner.busy && !was_held))
        return;
    if (status != KITH_HCI_SUCCESS || h->scanner.stopping)
        (void)tell(h, false, status);
    else if (h->scanner.step == STEP_ENABLE)
        (void)tell(h, true, status);
    else
        h->scanner.step++;
}

static void tell_report(kith_host *h, uint8_t type, const kith_address *address, const uint8_t *data, uint8_t len,
                        int8_t rssi)
{
    kith_event *event = event_post_droppable(h, KITH_EVENT_REPORT, NULL);

    if (event == NULL)
        return;
    event->report.address = *address;
    event->report.connectable = type == ADV_IND || type == ADV_DIRECT_IND;
    event->report.scan_response = type == SCAN_RSP;
    event->report.rssi = rssi;
    event->report.scannable = type == ADV_IND || type == ADV_SCAN_IND;
    event->report.directed = type == ADV_DIRECT_IND;
    event->report.sid = 0xff;
    event->report.tx_power = 127;
    event->report.primary_phy = KITH_PHY_1M;
    event->report.len = len;
    memcpy(event->report.data, data, len);
}

/* Controllers in the field send one report an event; the format allows more. */
void scan_on_report(kith_host *h, const uint8_t *parameters, size_t len)
{
    bytes_reader r;
    uint8_t count;

    bytes_reader_init(&r, parameters, len);
    count = bytes_read8(&r);
    for (uint8_t i = 0; i < count; i++) {
        kith_address address;
        uint8_t type = bytes_read8(&r), data_len;
        const uint8_t *data;
        int8_t rssi;

        address.type = bytes_read8(&r) & 1; /* 2 and 3: an identity that the controller resolved */
        bytes_read(&r, address.octets, sizeof address.octets);
        data_len = bytes_read8(&r);
        data = bytes_take(&r, data_len);
        rssi = (int8_t)bytes_read8(&r);
        if (r.failed || data_len > 31 || type > SCAN_RSP)
            return;
        if (h->scanner.on)
            tell_report(h, type, &address, data, data_len, rssi);
    }
}

kith_status kith_gap_start_scan(kith_host *h, const kith_scan *scan)
{
    if (scan->interval_625us < 0x0004 || scan->interval_625us > 0x4000 || scan->window_625us < 0x0004 ||
        scan->window_625us > scan->interval_625us)
        return KITH_ERR_VALUE;
    if (h->startup != STARTUP_READY || h->scanner.on || h->scanner.busy || h->connecting)
        return KITH_ERR_STATE;
    if ((h->ready.lacks & KITH_LACKS_SCANNING) != 0 || (scan->filter && !lists_can_filter(h)))
        return KITH_ERR_UNSUPPORTED;
    if (identity_is_busy(h))
        return KITH_ERR_BUSY;
    if (scan->filter && lists_have_nobody(h))
        return KITH_ERR_NOT_FOUND;
    if (scan->filter)
        lists_rebuild(h);
    privacy_begin(h);
    h->scan = *scan;
    h->scanner.step = STEP_PARAMETERS;
    h->scanner.busy = true;
    return KITH_OK;
}

kith_status kith_gap_stop_scan(kith_host *h)
{
    if (h->scanner.busy)
        return KITH_ERR_BUSY;
    if (!h->scanner.on)
        return KITH_ERR_STATE;
    h->scanner.busy = true;
    h->scanner.stopping = true;
    return KITH_OK;
}
