/* Scanning: two commands to switch it on, one to switch it off; in their extended form where the controller has it.
 * Core Vol 4 Part E 7.8.10, 7.8.11, 7.8.64, 7.8.65, 7.7.65.17. */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

enum { STEP_PARAMETERS, STEP_ENABLE };
enum { POLICY_FILTERED = 1, POLICY_EXTENDED = 2 };

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

/* ---- commands ---- */

/* Directed advertising to a private address that the controller does not know for ours is heard, too, where it can be:
 * the host has the key. */
static uint8_t filter_policy(const kith_host *h, const kith_scan *scan)
{
    bool resolves = h->config.privacy.mode == KITH_PRIVACY_RESOLVABLE && (h->le_features & 0x80) != 0;

    return (uint8_t)((scan->filter ? POLICY_FILTERED : 0) | (resolves ? POLICY_EXTENDED : 0));
}

static size_t put_legacy_parameters(const kith_host *h, const kith_scan *scan, uint8_t *out)
{
    command_begin(out, KITH_HCI_LE_SET_SCAN_PARAMETERS, 7);
    out[4] = scan->active;
    bytes_put16(out + 5, scan->interval_625us);
    bytes_put16(out + 7, scan->window_625us);
    out[9] = privacy_own_type(h);
    out[10] = filter_policy(h, scan);
    return 4 + 7;
}

static size_t put_extended_parameters(const kith_host *h, const kith_scan *scan, uint8_t *out)
{
    uint8_t phys = scan->phys != 0 ? scan->phys : KITH_PHYS_1M;
    size_t at = 7;

    for (unsigned bit = KITH_PHYS_1M; bit <= KITH_PHYS_CODED; bit <<= 1) {
        if ((phys & bit) == 0)
            continue;
        out[at] = scan->active;
        bytes_put16(out + at + 1, scan->interval_625us);
        bytes_put16(out + at + 3, scan->window_625us);
        at += 5;
    }
    command_begin(out, KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS, at - 4);
    out[4] = privacy_own_type(h);
    out[5] = filter_policy(h, scan);
    out[6] = phys;
    return at;
}

size_t scan_put_parameters(const kith_host *h, const kith_scan *scan, uint8_t *out)
{
    return command_is_extended(h) ? put_extended_parameters(h, scan, out) : put_legacy_parameters(h, scan, out);
}

/* Without a duration of the controller's own: it would not count through pauses. */
size_t scan_put_enable(const kith_host *h, const kith_scan *scan, bool on, uint8_t *out)
{
    bool extended = command_is_extended(h);
    size_t len = extended ? 6 : 2;

    command_begin(out, extended ? KITH_HCI_LE_SET_EXT_SCAN_ENABLE : KITH_HCI_LE_SET_SCAN_ENABLE, len);
    memset(out + 4, 0, len);
    out[4] = on;
    out[5] = !scan->report_duplicates;
    return 4 + len;
}

static size_t put_enable(kith_host *h, bool on, uint8_t *out)
{
    h->scanning.disables = !on;
    return scan_put_enable(h, &h->scan, on, out);
}

static size_t chain_command(kith_host *h, uint8_t *out)
{
    if (!h->scanner.busy)
        return 0;
    if (h->scanner.stopping || h->scanner.step == STEP_ENABLE)
        return put_enable(h, !h->scanner.stopping, out);
    h->scanning.disables = false;
    return scan_put_parameters(h, &h->scan, out);
}

size_t scan_command(kith_host *h, uint8_t *out)
{
    if (!reconnect_lets_scan(h))
        return 0;
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

/* ---- how it goes on and off ---- */

static void become(kith_host *h, bool on)
{
    h->scanner.busy = h->scanner.stopping = false;
    h->scanner.on = on;
    h->scanner.held = HELD_NOT;
}

static void tell_on(kith_host *h)
{
    become(h, true);
    if (!h->scanning.searches)
        event_post(h, KITH_EVENT_SCANNING, NULL)->activity.on = true;
}

static uint8_t why_off(uint8_t end)
{
    return end == SCAN_ENDS_TIME ? KITH_ENDED_TIME : end == SCAN_ENDS_FOUND ? KITH_ENDED_FOUND : KITH_ENDED_ASKED;
}

static void tell_off(kith_host *h, kith_hci_status hci_status, kith_status status)
{
    kith_event *event = event_post(h, KITH_EVENT_SCANNING, NULL);

    become(h, false);
    event->activity.why = why_off(h->scanning.end);
    event->activity.hci_status = hci_status;
    event->activity.status = status;
    if (h->scanning.searches)
        find_tell(h, hci_status, status);
    scan_forget_heard(h);
    h->scanning.end_us = UINT64_MAX;
}

static bool is_active(const kith_host *h)
{
    return h->scanner.on || h->scanner.busy;
}

void scan_give_up(kith_host *h, kith_status status)
{
    if (is_active(h))
        tell_off(h, KITH_HCI_UNSPECIFIED_ERROR, status);
}

/* CONTROLLER_LOST tells that it is off; a search has its own end. */
void scan_on_lost(kith_host *h, kith_hci_status hci_status)
{
    if (h->scanning.searches)
        tell_off(h, hci_status, KITH_OK);
    scan_forget_heard(h);
    h->scanner = (host_activity){0};
    h->scanning.end_us = UINT64_MAX;
}

/* A command that was on its way when it was to be switched off is followed by the one that does it. */
void scan_on_result(kith_host *h, kith_hci_status status)
{
    bool was_held = h->scanner.held != HELD_NOT;

    if (pause_takes_result(&h->scanner, status) || (!h->scanner.busy && !was_held))
        return;
    if (status != KITH_HCI_SUCCESS || (h->scanner.stopping && h->scanning.disables))
        tell_off(h, status, KITH_OK);
    else if (h->scanner.stopping)
        return;
    else if (h->scanner.step == STEP_ENABLE)
        tell_on(h);
    else
        h->scanner.step++;
}

void scan_stop_for(kith_host *h, host_scan_end end)
{
    if (h->scanner.stopping)
        return;
    h->scanning.end = (uint8_t)end;
    h->scanning.end_us = UINT64_MAX;
    h->scanner.busy = true;
    h->scanner.stopping = true;
}

/* It was given no time to end at; should it end all the same, it is not left to look as if it were on. */
void scan_on_timeout(kith_host *h, const uint8_t *parameters, size_t len)
{
    (void)parameters;
    (void)len;
    if (h->scanner.on && h->scanner.held == HELD_NOT)
        scan_stop_for(h, SCAN_ENDS_TIME);
}

uint64_t scan_deadline(const kith_host *h)
{
    return is_active(h) ? h->scanning.end_us : UINT64_MAX;
}

bool scan_expire(kith_host *h)
{
    if (scan_deadline(h) > h->now_us)
        return false;
    scan_stop_for(h, SCAN_ENDS_TIME);
    return true;
}

/* ---- the program's calls ---- */

static bool is_valid(const kith_scan *scan)
{
    return scan->interval_625us >= 0x0004 && scan->interval_625us <= 0x4000 && scan->window_625us >= 0x0004 &&
           scan->window_625us <= scan->interval_625us && (scan->phys & ~(KITH_PHYS_1M | KITH_PHYS_CODED)) == 0;
}

static bool is_there(const kith_host *h, const kith_scan *scan)
{
    return (command_is_extended(h) || (h->ready.lacks & KITH_LACKS_SCANNING) == 0) && command_has_phys(h, scan->phys) &&
           (!scan->filter || lists_can_filter(h));
}

static void begin(kith_host *h, const kith_scan *scan)
{
    host_scanning *s = &h->scanning;

    scan_forget_heard(h);
    s->end = SCAN_ENDS_NOT;
    s->searches = false;
    s->end_us = scan->limit_ms != 0 ? host_time(h) + (uint64_t)scan->limit_ms * 1000 : UINT64_MAX;
    h->scan = *scan;
    h->scanner.step = STEP_PARAMETERS;
    h->scanner.busy = true;
}

kith_status kith_gap_start_scan(kith_host *h, const kith_scan *scan)
{
    if (!is_valid(scan))
        return KITH_ERR_VALUE;
    if (h->startup != STARTUP_READY || is_active(h) || h->connecting)
        return KITH_ERR_STATE;
    if (!is_there(h, scan))
        return KITH_ERR_UNSUPPORTED;
    if (identity_is_busy(h))
        return KITH_ERR_BUSY;
    if (scan->filter && lists_have_nobody(h))
        return KITH_ERR_NOT_FOUND;
    if (scan->filter)
        lists_rebuild(h);
    privacy_begin(h);
    begin(h, scan);
    return KITH_OK;
}

kith_status kith_gap_stop_scan(kith_host *h)
{
    if (h->scanner.busy)
        return KITH_ERR_BUSY;
    if (!h->scanner.on)
        return KITH_ERR_STATE;
    scan_stop_for(h, SCAN_ENDS_ASKED);
    return KITH_OK;
}
