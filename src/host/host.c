/* The host's four doors: receive, advance, deadline, next packet.  What comes in is checked for its shape here
 * and handed to the file that knows it.  Core Vol 4 Part A 2 (H4), Part E 5.4. */
#include "base/bytes.h"
#include "host/internal.h"

typedef struct {
    uint8_t code;
    void (*handler)(kith_host *h, const uint8_t *parameters, size_t len);
} event_row;

static void on_hardware_error(kith_host *h, const uint8_t *parameters, size_t len)
{
    h->lost_why.opcode = 0;
    h->lost_why.hardware_code = len > 0 ? parameters[0] : 0;
    h->lost = true;
}

static void on_encryption_change(kith_host *h, const uint8_t *p, size_t len)
{
    if (len >= 4)
        security_on_encryption_change(h, bytes_get16(p + 1) & KITH_ACL_HANDLE_MASK, p[0], p[3] != 0);
}

static void on_key_refresh(kith_host *h, const uint8_t *p, size_t len)
{
    if (len >= 3)
        security_on_encryption_change(h, bytes_get16(p + 1) & KITH_ACL_HANDLE_MASK, p[0], true);
}

static void on_connection_complete(kith_host *h, const uint8_t *parameters, size_t len)
{
    link_on_connection_complete(h, parameters, len, false);
}

static void on_enhanced_connection_complete(kith_host *h, const uint8_t *parameters, size_t len)
{
    link_on_connection_complete(h, parameters, len, true);
}

static const event_row le_rows[] = {
    {KITH_HCI_LE_EV_CONNECTION_COMPLETE, on_connection_complete},
    {KITH_HCI_LE_EV_ADVERTISING_REPORT, scan_on_report},
    {KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, parameters_on_complete},
    {KITH_HCI_LE_EV_LTK_REQUEST, security_on_ltk_request},
    {KITH_HCI_LE_EV_REMOTE_CONNECTION_PARAMETER_REQUEST, wishes_on_request},
    {KITH_HCI_LE_EV_DATA_LENGTH_CHANGE, measures_on_data_length},
    {KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, on_enhanced_connection_complete},
    {KITH_HCI_LE_EV_DIRECTED_ADVERTISING_REPORT, scan_on_directed_report},
    {KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT, scan_on_extended_report},
    {KITH_HCI_LE_EV_SCAN_TIMEOUT, scan_on_timeout},
    {KITH_HCI_LE_EV_SET_TERMINATED, advertise_on_terminated},
    {KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE, measures_on_phy},
};

static void run_row(kith_host *h, const event_row *rows, size_t count, uint8_t code, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].code == code)
            rows[i].handler(h, p, len);
}

static void on_le_meta(kith_host *h, const uint8_t *parameters, size_t len)
{
    if (len > 0 && h->startup == STARTUP_READY)
        run_row(h, le_rows, sizeof le_rows / sizeof le_rows[0], parameters[0], parameters + 1, len - 1);
}

static const event_row rows[] = {
    {KITH_HCI_EV_DISCONNECTION_COMPLETE, link_on_disconnection},
    {KITH_HCI_EV_ENCRYPTION_CHANGE, on_encryption_change},
    {KITH_HCI_EV_COMMAND_COMPLETE, command_on_complete},
    {KITH_HCI_EV_COMMAND_STATUS, command_on_status},
    {KITH_HCI_EV_HARDWARE_ERROR, on_hardware_error},
    {KITH_HCI_EV_COMPLETED_PACKETS, acl_on_completed},
    {KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, on_key_refresh},
    {KITH_HCI_EV_LE_META, on_le_meta},
    {KITH_HCI_EV_AUTH_PAYLOAD_TIMEOUT, link_on_payload_timeout},
};

void host_settle(const kith_host *h, uint64_t *deadline_us)
{
    if (*deadline_us != UINT64_MAX && *deadline_us >= HOST_UNSETTLED)
        *deadline_us = h->now_us + (*deadline_us - HOST_UNSETTLED);
}

void host_begin(kith_host *h, uint64_t now_us)
{
    if (now_us > h->now_us)
        h->now_us = now_us;
    h->told = true;
    h->unsettled = false;
    host_settle(h, &h->command.deadline_us);
    host_settle(h, &h->window_end_us);
    host_settle(h, &h->calendar_at_us);
    host_settle(h, &h->oob_end_us);
    host_settle(h, &h->scanning.end_us);
    host_settle(h, &h->connect_end_us);
    attempts_settle(h);
    reconnect_settle(h);
    for (unsigned i = 0; i < h->config.limits.pairings; i++) {
        host_settle(h, &h->sessions[i].deadline_us);
        host_settle(h, &h->sessions[i].sent_us);
        host_settle(h, &h->saves[i].deadline_us);
    }
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_settle(h, &h->links[i].att_deadline_us);
        host_settle(h, &h->links[i].indication_deadline_us);
        host_settle(h, &h->links[i].client_due_us);
        host_settle(h, &h->links[i].bond_deadline_us);
        host_settle(h, &h->links[i].disconnect_deadline_us);
        host_settle(h, &h->links[i].update_deadline_us);
        host_settle(h, &h->links[i].measures.phy_deadline_us);
    }
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        host_settle(h, &h->sets[i].end_us);
    events_settle(h);
    (void)oob_expire(h); /* before anybody can use it */
}

void host_end(kith_host *h)
{
    h->told = false;
}

/* What a packet began and what is finished one step at a time, so that each step's events have their room: frames
 * that waited for encryption, the peer's acknowledgement, an own key that came.  False: nothing is. */
static bool finish_one(kith_host *h)
{
    smp_session *s = security_wants_own_key(h);

    for (unsigned i = 0; i < h->config.limits.links; i++) {
        host_link *link = &h->links[i];

        if (link->id != 0 && link->smp_acknowledged) {
            security_on_acknowledged(h, link);
            return true;
        }
        if (link->id != 0 && link->key_forgotten) {
            bonding_finish_forgetting(h, link);
            return true;
        }
        if (link->id != 0 && link->change_waits) {
            serving_go_on(h, link);
            return true;
        }
        if (raising_waits(h, link)) {
            raising_go_on(h, link);
            return true;
        }
        if (remote_waits(link)) {
            remote_go_on(h, link);
            return true;
        }
        if (operations_wait(h, link)) {
            operations_go_on(h, link);
            return true;
        }
        if (storing_lets_answer(h, link)) {
            security_answer_ltk(h, link);
            return true;
        }
        if (link->id != 0 && acl_has_held(link)) {
            acl_take_held(h, link);
            return true;
        }
    }
    if (reconnect_waits(h))
        reconnect_go_on(h);
    else if (reset_waits(h))
        reset_go_on(h);
    else if (forgetting_waits(h))
        forgetting_go_on(h);
    else if (store_events_wait(h))
        store_events_go_on(h);
    else if (lists_wait(h))
        lists_go_on(h);
    else if (advertise_has_failed(h))
        advertise_tell_failed(h);
    else if (h->told && privacy_waits(h))
        privacy_go_on(h);
    else if (s != NULL)
        security_give_own_key(h, s);
    else if (oob_waits(h))
        oob_take_key(h);
    else
        return false;
    return true;
}

static bool is_link_unfinished(const kith_host *h, host_link *link)
{
    return link->id != 0 &&
           (link->smp_acknowledged || link->key_forgotten || link->change_waits || acl_has_held(link) ||
            raising_waits(h, link) || remote_waits(link) || operations_wait(h, link) || storing_lets_answer(h, link));
}

static bool is_unfinished(const kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++)
        if (is_link_unfinished(h, &h->links[i]))
            return true;
    return security_wants_own_key(h) != NULL || oob_waits(h) || reset_waits(h) || store_events_wait(h) ||
           forgetting_waits(h) || lists_wait(h) || advertise_has_failed(h) || privacy_waits(h) || reconnect_waits(h);
}

void host_finish(kith_host *h)
{
    while (events_have_room(h) && finish_one(h))
        continue;
}

static bool is_running(const kith_host *h)
{
    return (h->startup == STARTUP_RUNNING || h->startup == STARTUP_READY) && !h->lost;
}

static kith_status take_packet(kith_host *h, const uint8_t *packet, size_t len)
{
    bool event = len >= 3 && packet[0] == KITH_H4_EVENT && packet[2] == len - 3;
    bool data = len >= 5 && packet[0] == KITH_H4_ACL && bytes_get16(packet + 3) == len - 5;

    if (!event && !data)
        return KITH_ERR_VALUE;
    host_finish(h); /* what waited comes before what arrives now */
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    if (!is_running(h))
        return KITH_OK;
    if (event)
        run_row(h, rows, sizeof rows / sizeof rows[0], packet[1], packet + 3, len - 3);
    else if (h->startup == STARTUP_READY)
        acl_receive(h, packet + 1, len - 1);
    host_finish(h);
    return KITH_OK;
}

kith_status kith_host_receive(kith_host *h, const uint8_t *packet, size_t len, uint64_t now_us)
{
    kith_status status;

    host_begin(h, now_us);
    status = take_packet(h, packet, len);
    host_end(h);
    return status;
}

static kith_hci_status why_links_end(const kith_host *h)
{
    return h->reset != RESET_NONE ? KITH_HCI_LOCAL_HOST_TERMINATED : KITH_HCI_HARDWARE_FAILURE;
}

static void tell_lost(kith_host *h)
{
    bool starting = h->startup == STARTUP_RUNNING, reset = h->reset != RESET_NONE;

    connect_give_up(h, why_links_end(h), KITH_OK);
    advertise_clear(h);
    scan_on_lost(h, why_links_end(h));
    lists_on_lost(h);
    reconnect_on_lost(h);
    privacy_on_lost(h);
    h->stray = 0;
    h->command.opcode = 0;
    h->command.deadline_us = UINT64_MAX;
    h->startup = STARTUP_OFF;
    h->lost = false;
    if (starting)
        startup_fail(h, 0, reset ? 0 : h->lost_why.opcode, 0, reset ? KITH_ERR_STATE : KITH_ERR_IO);
    else if (!reset)
        event_post(h, KITH_EVENT_CONTROLLER_LOST, NULL)->lost = h->lost_why;
}

/* The controller is gone, or it is forgotten what links are for: they end one at a time, as there is room to tell, then
 * the host says so. */
static void wind_up(kith_host *h)
{
    for (unsigned i = 0; i < h->config.limits.links; i++) {
        if (h->links[i].id == 0)
            continue;
        link_end(h, &h->links[i], why_links_end(h));
        return;
    }
    tell_lost(h);
}

/* One thing that is due; false: nothing is. */
static bool run_one(kith_host *h)
{
    if (h->lost) {
        wind_up(h);
        return true;
    }
    if (finish_one(h))
        return true;
    command_expire(h);
    return h->lost || security_expire(h) || attributes_expire(h) || clients_expire(h) || parameters_expire(h) ||
           measures_expire(h) || window_expire(h) || oob_expire(h) || room_expire(h) || privacy_expire(h) ||
           scan_expire(h) || connect_expire(h) || advertise_expire(h) || reconnect_expire(h);
}

static kith_status run_due(kith_host *h)
{
    while (kith_host_deadline(h) <= h->now_us) {
        if (!events_have_room(h))
            return KITH_ERR_FULL;
        if (!run_one(h))
            break;
    }
    return KITH_OK;
}

kith_status kith_host_advance(kith_host *h, uint64_t now_us)
{
    kith_status status;

    host_begin(h, now_us);
    status = run_due(h);
    host_end(h);
    return status;
}

void kith_host_set_reordering(kith_host *h, bool reorders)
{
    h->config.transport_reorders = reorders;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t kith_host_deadline(const kith_host *h)
{
    uint64_t due = UINT64_MAX;

    if (h->lost || h->unsettled || is_unfinished(h))
        return h->now_us;
    if (is_running(h))
        due = h->command.deadline_us;
    due = earlier(due, security_deadline(h));
    due = earlier(due, attributes_deadline(h));
    due = earlier(due, clients_deadline(h));
    due = earlier(due, parameters_deadline(h));
    due = earlier(due, measures_deadline(h));
    due = earlier(due, oob_deadline(h));
    due = earlier(due, attempts_deadline(h));
    due = earlier(due, room_deadline(h));
    due = earlier(due, privacy_deadline(h));
    due = earlier(due, reconnect_deadline(h));
    due = earlier(due, scan_deadline(h));
    due = earlier(due, connect_deadline(h));
    due = earlier(due, advertise_deadline(h));
    return h->window_open ? earlier(due, h->window_end_us) : due;
}

size_t kith_host_next_packet(kith_host *h, uint8_t *out, size_t cap)
{
    size_t len;

    if (!is_running(h) || cap < HOST_COMMAND_MAX)
        return 0;
    len = command_next(h, out);
    return len != 0 ? len : acl_next_packet(h, out, cap);
}
