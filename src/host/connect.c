/* Connecting as central.  Core Vol 4 Part E 7.8.12, 7.8.13; parameter rules 7.8.12 and Vol 6 Part B 4.5.2. */
#include <string.h>

#include "host/internal.h"

void kith_gap_default_parameters(kith_connection_parameters *p)
{
    p->interval_min_1250us = 24;
    p->interval_max_1250us = 40;
    p->latency = 0;
    p->timeout_10ms = 400;
}

const char *kith_gap_parameters_fault(const kith_connection_parameters *p)
{
    uint32_t silence_1250us = (1u + p->latency) * p->interval_max_1250us * 2u;

    if (p->interval_min_1250us < 6 || p->interval_max_1250us > 3200)
        return "a connection interval is 6 to 3200 times 1.25 ms";
    if (p->interval_min_1250us > p->interval_max_1250us)
        return "the shortest connection interval is above the longest";
    if (p->latency > 499)
        return "the latency is above 499";
    if (p->timeout_10ms < 10 || p->timeout_10ms > 3200)
        return "a supervision timeout is 10 to 3200 times 10 ms";
    if (p->timeout_10ms * 8u <= silence_1250us)
        return "the supervision timeout is not above (1 + latency) times the longest interval, twice";
    return NULL;
}

kith_status kith_gap_check_parameters(const kith_connection_parameters *p)
{
    return kith_gap_parameters_fault(p) == NULL ? KITH_OK : KITH_ERR_VALUE;
}

/* A pause cancels it, too; then it is wanted as before. */
size_t connect_command(kith_host *h, uint8_t *out)
{
    bool held = pause_holds_initiator(h);

    if (!h->connecting)
        return 0;
    if (!h->create_sent && !held && reconnect_lets_connect(h)) {
        h->create_sent = true;
        h->initiated_as = h->selected;
        return connect_put_create(h, &h->initiating, out);
    }
    if (h->create_sent && !h->cancel_sent && (h->cancel_wanted || held)) {
        h->cancel_sent = true;
        return connect_put_cancel(out);
    }
    return 0;
}

void connect_made(kith_host *h)
{
    h->connecting = h->create_sent = h->cancel_wanted = h->cancel_sent = h->cancel_refused = false;
    h->connect_timed_out = false;
    h->connect_end_us = UINT64_MAX;
}

void connect_give_up(kith_host *h, kith_hci_status hci_status, kith_status status)
{
    bool timed_out = h->connect_timed_out;
    kith_event *event;

    if (!h->connecting)
        return;
    connect_made(h);
    event = event_post(h, KITH_EVENT_CONNECT_FAILED, NULL);
    event->connect_failed.hci_status = hci_status;
    event->connect_failed.timed_out = timed_out;
    event->connect_failed.status = status;
}

/* The list is changed in a pause, in which the controller does not connect. */
void connect_refuse(kith_host *h, kith_hci_status status)
{
    if (h->connecting && h->initiating.listed)
        connect_give_up(h, status, KITH_OK);
}

/* What was cancelled for a pause is created again after it. */
void connect_ended(kith_host *h, kith_hci_status status)
{
    if (status == KITH_HCI_UNKNOWN_CONNECTION && h->cancel_sent && !h->cancel_wanted)
        h->create_sent = h->cancel_sent = false;
    else
        connect_give_up(h, status, KITH_OK);
}

/* A cancel that comes too late fails; the Connection Complete that overtook it is the end all the same.  Where none
 * comes it is sent once more, and then believed.  For a pause it is enough that the controller says there is nothing to
 * be cancelled. */
static void on_cancel_refused(kith_host *h, kith_hci_status status)
{
    if (h->cancel_wanted && h->cancel_refused) {
        connect_give_up(h, status, KITH_OK);
        return;
    }
    if (h->cancel_wanted) {
        h->cancel_refused = true;
        h->connect_end_us = host_time(h) + HOST_DISCONNECT_TIMEOUT_US;
    } else {
        h->create_sent = false;
    }
    h->cancel_wanted = h->cancel_sent = false;
}

static bool is_create(uint16_t opcode)
{
    return opcode == KITH_HCI_LE_CREATE_CONNECTION || opcode == KITH_HCI_LE_EXT_CREATE_CONNECTION;
}

void connect_on_status(kith_host *h, uint16_t opcode, kith_hci_status status)
{
    if (status == KITH_HCI_SUCCESS && is_create(opcode))
        privacy_note_initiated(h);
    if (status == KITH_HCI_SUCCESS)
        return;
    if (is_create(opcode))
        connect_give_up(h, status, KITH_OK);
    else if (h->cancel_sent)
        on_cancel_refused(h, status);
}

static void cancel(kith_host *h)
{
    h->connect_end_us = UINT64_MAX;
    if (h->create_sent)
        h->cancel_wanted = true;
    else
        connect_give_up(h, KITH_HCI_UNKNOWN_CONNECTION, KITH_OK);
}

uint64_t connect_deadline(const kith_host *h)
{
    return h->connecting ? h->connect_end_us : UINT64_MAX;
}

bool connect_expire(kith_host *h)
{
    if (connect_deadline(h) > h->now_us)
        return false;
    h->connect_timed_out |= !h->cancel_refused;
    cancel(h);
    return true;
}

bool connect_has_room(const kith_host *h, unsigned slots)
{
    for (unsigned i = 0; slots > 0 && i < h->config.limits.links; i++)
        slots -= h->links[i].id == 0;
    return slots == 0;
}

void kith_gap_default_initiating(kith_initiating *initiating)
{
    memset(initiating, 0, sizeof *initiating);
    initiating->scan_interval_625us = 96; /* all the time: interval and window of 60 ms */
    initiating->scan_window_625us = 96;
    kith_gap_default_parameters(&initiating->parameters);
}

static bool is_valid(const kith_initiating *i)
{
    return (i->listed || i->peer.type <= KITH_ADDRESS_RANDOM) && kith_gap_check_parameters(&i->parameters) == KITH_OK &&
           i->scan_interval_625us >= 0x0004 && i->scan_interval_625us <= 0x4000 && i->scan_window_625us >= 0x0004 &&
           i->scan_window_625us <= i->scan_interval_625us && (i->phys & ~(KITH_PHYS_1M | KITH_PHYS_CODED)) == 0;
}

static bool is_there(const kith_host *h, const kith_initiating *i)
{
    return (command_is_extended(h) || (h->ready.lacks & KITH_LACKS_INITIATING) == 0) && command_has_phys(h, i->phys) &&
           (!i->listed || lists_can_filter(h)) && privacy_lets_connect(h);
}

kith_status kith_gap_initiate(kith_host *h, const kith_initiating *initiating)
{
    if (!is_valid(initiating))
        return KITH_ERR_VALUE;
    if (h->startup != STARTUP_READY)
        return KITH_ERR_STATE;
    if (!is_there(h, initiating))
        return KITH_ERR_UNSUPPORTED;
    if (h->connecting || identity_is_busy(h))
        return KITH_ERR_BUSY;
    if (!connect_has_room(h, 1))
        return KITH_ERR_FULL;
    if (initiating->listed && lists_have_nobody(h))
        return KITH_ERR_NOT_FOUND;
    if (initiating->listed)
        lists_rebuild(h);
    privacy_begin(h);
    h->initiating = *initiating;
    if (initiating->limit_ms != 0)
        h->connect_end_us = host_time(h) + (uint64_t)initiating->limit_ms * 1000;
    h->connecting = true;
    return KITH_OK;
}

kith_status kith_gap_connect(kith_host *h, const kith_address *peer, const kith_connection_parameters *parameters)
{
    kith_initiating initiating;

    kith_gap_default_initiating(&initiating);
    initiating.peer = *peer;
    if (parameters != NULL)
        initiating.parameters = *parameters;
    return kith_gap_initiate(h, &initiating);
}

kith_status kith_gap_cancel_connect(kith_host *h)
{
    if (!h->connecting)
        return KITH_ERR_STATE;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    cancel(h);
    return KITH_OK;
}

kith_status kith_gap_own_address(const kith_host *h, kith_address *out)
{
    if (h->startup != STARTUP_READY || !privacy_is_known(h))
        return KITH_ERR_STATE;
    *out = *privacy_on_air(h);
    return KITH_OK;
}
