/* Connecting as central.  Core Vol 4 Part E 7.8.12, 7.8.13; parameter rules 7.8.12 and Vol 6 Part B 4.5.2. */
#include <string.h>

#include "base/bytes.h"
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

static size_t put_create(kith_host *h, uint8_t *out)
{
    const kith_connection_parameters *p = &h->connect_parameters;
    const kith_address *peer = lists_name_of(h, &h->connect_to);

    command_begin(out, KITH_HCI_LE_CREATE_CONNECTION, 25);
    memset(out + 4, 0, 25);
    bytes_put16(out + 4, 96); /* scan all the time: interval and window of 60 ms */
    bytes_put16(out + 6, 96);
    out[9] = peer->type;
    memcpy(out + 10, peer->octets, 6);
    out[16] = privacy_own_type(h);
    bytes_put16(out + 17, p->interval_min_1250us);
    bytes_put16(out + 19, p->interval_max_1250us);
    bytes_put16(out + 21, p->latency);
    bytes_put16(out + 23, p->timeout_10ms);
    return 4 + 25;
}

static size_t put_cancel(uint8_t *out)
{
    command_begin(out, KITH_HCI_LE_CREATE_CONNECTION_CANCEL, 0);
    return 4;
}

/* A pause cancels it, too; then it is wanted as before. */
size_t connect_command(kith_host *h, uint8_t *out)
{
    bool held = pause_holds_initiator(h);

    if (!h->connecting)
        return 0;
    if (!h->create_sent && !held) {
        h->create_sent = true;
        return put_create(h, out);
    }
    if (h->create_sent && !h->cancel_sent && (h->cancel_wanted || held)) {
        h->cancel_sent = true;
        return put_cancel(out);
    }
    return 0;
}

void connect_made(kith_host *h)
{
    h->connecting = h->create_sent = h->cancel_wanted = h->cancel_sent = false;
}

void connect_give_up(kith_host *h, kith_hci_status hci_status, kith_status status)
{
    kith_event *event;

    if (!h->connecting)
        return;
    connect_made(h);
    event = event_post(h, KITH_EVENT_CONNECT_FAILED, NULL);
    event->connect_failed.hci_status = hci_status;
    event->connect_failed.status = status;
}

/* What was cancelled for a pause is created again after it. */
void connect_ended(kith_host *h, kith_hci_status status)
{
    if (status == KITH_HCI_UNKNOWN_CONNECTION && h->cancel_sent && !h->cancel_wanted)
        h->create_sent = h->cancel_sent = false;
    else
        connect_give_up(h, status, KITH_OK);
}

/* A cancel that comes too late fails; the Connection Complete that overtook it is the end all the same.  For a pause it
 * is enough that the controller says there is nothing to be cancelled. */
static void on_cancel_refused(kith_host *h)
{
    if (!h->cancel_wanted)
        h->create_sent = false;
    h->cancel_wanted = h->cancel_sent = false;
}

void connect_on_status(kith_host *h, uint16_t opcode, kith_hci_status status)
{
    if (status == KITH_HCI_SUCCESS && opcode == KITH_HCI_LE_CREATE_CONNECTION)
        privacy_note_initiated(h);
    if (status == KITH_HCI_SUCCESS)
        return;
    if (opcode == KITH_HCI_LE_CREATE_CONNECTION)
        connect_give_up(h, status, KITH_OK);
    else if (h->cancel_sent)
        on_cancel_refused(h);
}

static bool has_free_link(const kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (h->links[i].id == 0)
            return true;
    return false;
}

kith_status kith_gap_connect(kith_host *h, const kith_address *peer, const kith_connection_parameters *parameters)
{
    kith_connection_parameters defaults;

    kith_gap_default_parameters(&defaults);
    if (parameters == NULL)
        parameters = &defaults;
    if (peer->type > KITH_ADDRESS_RANDOM || kith_gap_check_parameters(parameters) != KITH_OK)
        return KITH_ERR_VALUE;
    if (h->startup != STARTUP_READY)
        return KITH_ERR_STATE;
    if ((h->ready.lacks & KITH_LACKS_INITIATING) != 0 || !privacy_lets_connect(h))
        return KITH_ERR_UNSUPPORTED;
    if (h->connecting || identity_is_busy(h))
        return KITH_ERR_BUSY;
    if (!has_free_link(h))
        return KITH_ERR_FULL;
    privacy_begin(h);
    h->connect_to = *peer;
    h->connect_parameters = *parameters;
    h->connecting = true;
    return KITH_OK;
}

kith_status kith_gap_cancel_connect(kith_host *h)
{
    if (!h->connecting)
        return KITH_ERR_STATE;
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    if (h->create_sent)
        h->cancel_wanted = true;
    else
        connect_give_up(h, KITH_HCI_UNKNOWN_CONNECTION, KITH_OK);
    return KITH_OK;
}

kith_status kith_gap_own_address(const kith_host *h, kith_address *out)
{
    if (h->startup != STARTUP_READY || !privacy_is_known(h))
        return KITH_ERR_STATE;
    *out = *privacy_on_air(h);
    return KITH_OK;
}
