/* Legacy advertising: a chain of commands to switch it on, one to switch it off.
 * Core Vol 4 Part E 7.8.5 to 7.8.9, Vol 3 Part C 9.2. */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

enum { STEP_PARAMETERS, STEP_DATA, STEP_RESPONSE, STEP_ENABLE };
enum { ADV_IND = 0, ADV_SCAN_IND = 2, AD_FLAGS = 0x01, AD_SHORTENED_NAME = 0x08, AD_COMPLETE_NAME = 0x09 };

void kith_gap_default_advertising(kith_advertising *a, const char *name)
{
    size_t len = name != NULL ? strlen(name) : 0;
    size_t room = sizeof a->data - 5;

    memset(a, 0, sizeof *a);
    a->interval_625us = 160;
    a->connectable = true;
    a->data[0] = 2;
    a->data[1] = AD_FLAGS;
    a->data[2] = 0x06; /* general discoverable, BR/EDR not supported */
    a->data_len = 3;
    if (len == 0)
        return;
    a->data[4] = len > room ? AD_SHORTENED_NAME : AD_COMPLETE_NAME;
    if (len > room)
        len = room;
    a->data[3] = (uint8_t)(len + 1);
    memcpy(a->data + 5, name, len);
    a->data_len = (uint8_t)(5 + len);
}

/* Bit 0: scan requests, bit 1: connections, of listed peers alone. */
static uint8_t filter_policy(uint8_t filter)
{
    if (filter == KITH_FILTER_NOTHING)
        return 0;
    return filter == KITH_FILTER_CONNECT ? 2 : 3;
}

static size_t put_parameters(kith_host *h, const host_set *set, uint8_t *out)
{
    h->advertised_as = h->selected;
    command_begin(out, KITH_HCI_LE_SET_ADV_PARAMETERS, 15);
    memset(out + 4, 0, 15);
    bytes_put16(out + 4, set->as.interval_625us);
    bytes_put16(out + 6, set->as.interval_625us);
    out[8] = set->as.connectable ? ADV_IND : ADV_SCAN_IND;
    out[9] = privacy_undirected_type(h);
    out[17] = 0x07; /* all three channels */
    out[18] = filter_policy(set->as.filter);
    return 4 + 15;
}

static size_t put_data(uint16_t opcode, const uint8_t *data, uint8_t len, uint8_t *out)
{
    command_begin(out, opcode, 32);
    memset(out + 4, 0, 32);
    out[4] = len;
    memcpy(out + 5, data, len);
    return 4 + 32;
}

static size_t put_enable(host_set *set, bool on, uint8_t *out)
{
    set->enables = on;
    command_begin(out, KITH_HCI_LE_SET_ADV_ENABLE, 1);
    out[4] = on;
    return 5;
}

static size_t chain_command(kith_host *h, host_set *set, uint8_t *out)
{
    const kith_advertising *a = &set->as;

    if (!set->activity.busy || set->activity.waits)
        return 0;
    if (set->activity.stopping)
        return put_enable(set, false, out);
    switch (set->activity.step) {
    case STEP_PARAMETERS:
        return put_parameters(h, set, out);
    case STEP_DATA:
        return put_data(KITH_HCI_LE_SET_ADV_DATA, a->data, a->data_len, out);
    case STEP_RESPONSE:
        return put_data(KITH_HCI_LE_SET_SCAN_RESPONSE_DATA, a->response, a->response_len, out);
    default:
        return put_enable(set, true, out);
    }
}

/* The controller keeps parameters and data over a pause. */
static size_t set_command(kith_host *h, host_set *set, uint8_t *out)
{
    switch (pause_next(&set->activity, pause_holds_set(h, set))) {
    case PAUSE_WAITS:
        return 0;
    case PAUSE_SWITCHES_OFF:
        return put_enable(set, false, out);
    case PAUSE_SWITCHES_ON:
        return put_enable(set, true, out);
    default:
        return chain_command(h, set, out);
    }
}

size_t advertise_command(kith_host *h, uint8_t *out)
{
    size_t len = 0;

    for (unsigned i = 0; len == 0 && i <= h->config.limits.sets; i++) {
        h->command.set = (uint8_t)i;
        len = set_command(h, &h->sets[i], out);
    }
    return len;
}

static kith_event *tell(kith_host *h, host_set *set, bool on, kith_hci_status status)
{
    kith_event *event = event_post(h, KITH_EVENT_ADVERTISING, NULL);

    set->activity.busy = set->activity.stopping = set->activity.waits = false;
    set->activity.on = on;
    set->activity.held = HELD_NOT;
    event->activity.on = on;
    event->activity.set = (uint8_t)(set - h->sets);
    event->activity.hci_status = status;
    return event;
}

static bool is_active(const host_set *set)
{
    return set->activity.on || set->activity.busy;
}

bool advertise_is_active(const kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (is_active(&h->sets[i]))
            return true;
    return false;
}

bool advertise_filters(const kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (is_active(&h->sets[i]) && h->sets[i].as.filter != KITH_FILTER_NOTHING)
            return true;
    return false;
}

void advertise_on_lost(kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++) {
        h->sets[i].activity = (host_activity){0};
        h->sets[i].enables = false;
    }
}

bool advertise_waits(const kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (h->sets[i].activity.waits)
            return true;
    return false;
}

void advertise_let_begin(kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        h->sets[i].activity.waits = false;
}

void advertise_give_up(kith_host *h, kith_status status)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (is_active(&h->sets[i]))
            tell(h, &h->sets[i], false, KITH_HCI_UNSPECIFIED_ERROR)->activity.status = status;
}

void advertise_on_result(kith_host *h, kith_hci_status status)
{
    host_set *set = &h->sets[h->command.set];
    host_activity *a = &set->activity;
    bool overtaken = a->overtaken, was_held = a->held != HELD_NOT;

    if (set->enables && status == KITH_HCI_SUCCESS)
        privacy_note_advertised(h);
    set->enables = false;
    a->overtaken = false;
    if (overtaken || pause_takes_result(a, status))
        return;
    if (!a->busy && !was_held)
        return;
    if (status != KITH_HCI_SUCCESS || a->stopping)
        (void)tell(h, set, false, status);
    else if (a->step == STEP_ENABLE)
        (void)tell(h, set, true, status);
    else
        a->step++;
}

static bool is_ours(uint16_t opcode)
{
    return opcode == KITH_HCI_LE_SET_ADV_PARAMETERS || opcode == KITH_HCI_LE_SET_ADV_DATA ||
           opcode == KITH_HCI_LE_SET_SCAN_RESPONSE_DATA || opcode == KITH_HCI_LE_SET_ADV_ENABLE;
}

/* The controller stops by itself when a link comes of it (7.8.9).  Where that was before a pause, what is about to be
 * resumed had ended already. */
void advertise_on_connected(kith_host *h)
{
    host_set *set = &h->sets[0];
    bool resuming = set->activity.held == HELD_RESUMING;

    if (!is_active(set))
        return;
    set->activity.overtaken = is_ours(h->command.opcode);
    tell(h, set, false, KITH_HCI_SUCCESS)->activity.why = KITH_ENDED_CONNECTED;
    if (resuming)
        set->activity.held = HELD_UNDO;
}

void advertise_refuse(kith_host *h, kith_hci_status status)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (is_active(&h->sets[i]) && h->sets[i].as.filter != KITH_FILTER_NOTHING)
            (void)tell(h, &h->sets[i], false, status);
}

static kith_status check_filter(kith_host *h, const kith_advertising *a)
{
    if (a->filter == KITH_FILTER_NOTHING)
        return KITH_OK;
    if (!lists_can_filter(h))
        return KITH_ERR_UNSUPPORTED;
    if (a->ask_list)
        return events_have_room(h) ? KITH_OK : KITH_ERR_FULL;
    return lists_have_nobody(h) ? KITH_ERR_NOT_FOUND : KITH_OK;
}

kith_status kith_gap_advertise_set(kith_host *h, uint8_t number, const kith_advertising *a)
{
    kith_status status;
    host_set *set;

    if (number > h->config.limits.sets || a->interval_625us < 0x0020 || a->interval_625us > 0x4000 ||
        a->data_len > sizeof a->data || a->response_len > sizeof a->response || a->filter > KITH_FILTER_ALL ||
        (a->ask_list && a->filter == KITH_FILTER_NOTHING))
        return KITH_ERR_VALUE;
    set = &h->sets[number];
    if (h->startup != STARTUP_READY || is_active(set))
        return KITH_ERR_STATE;
    if ((h->ready.lacks & KITH_LACKS_ADVERTISING) != 0 || number != 0 || (a->connectable && !privacy_lets_connect(h)))
        return KITH_ERR_UNSUPPORTED;
    if (identity_is_busy(h))
        return KITH_ERR_BUSY;
    status = check_filter(h, a);
    if (status != KITH_OK)
        return status;
    privacy_begin(h);
    set->as = *a;
    set->activity.step = STEP_PARAMETERS;
    set->activity.busy = true;
    set->activity.waits = a->ask_list;
    if (a->ask_list)
        event_post(h, KITH_EVENT_ALLOW_LIST_WANTED, NULL);
    if (a->filter != KITH_FILTER_NOTHING)
        lists_rebuild(h);
    return KITH_OK;
}

kith_status kith_gap_advertise(kith_host *h, const kith_advertising *a)
{
    return kith_gap_advertise_set(h, 0, a);
}

static kith_status stop_waiting(kith_host *h, host_set *set)
{
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    (void)tell(h, set, false, KITH_HCI_SUCCESS);
    return KITH_OK;
}

kith_status kith_gap_stop_set(kith_host *h, uint8_t number)
{
    host_activity *a;

    if (number > h->config.limits.sets)
        return KITH_ERR_VALUE;
    a = &h->sets[number].activity;
    if (a->waits)
        return stop_waiting(h, &h->sets[number]);
    if (a->busy)
        return KITH_ERR_BUSY;
    if (!a->on)
        return KITH_ERR_STATE;
    a->busy = true;
    a->stopping = true;
    return KITH_OK;
}

kith_status kith_gap_stop_advertising(kith_host *h)
{
    return kith_gap_stop_set(h, 0);
}

bool kith_gap_find_name(const uint8_t *data, size_t len, char text[32])
{
    for (size_t i = 0; i + 1 < len && data[i] != 0 && data[i] < len - i; i += data[i] + 1u) {
        size_t name_len = data[i] - 1u;

        if (data[i + 1] != AD_SHORTENED_NAME && data[i + 1] != AD_COMPLETE_NAME)
            continue;
        if (name_len > 31)
            name_len = 31;
        memcpy(text, data + i + 2, name_len);
        text[name_len] = '\0';
        return true;
    }
    return false;
}
