/* Advertising sets: what the program wants of each, and how each ends.  Core Vol 3 Part C 9.2, 9.3, Vol 4 Part E 7.8.9,
 * 7.8.56. */
#include <string.h>

#include "host/internal.h"

/* ---- ends ---- */

kith_event *advertise_tell(kith_host *h, host_set *set, bool on, kith_hci_status status)
{
    kith_event *event = event_post(h, KITH_EVENT_ADVERTISING, NULL);
    uint64_t limit_us = (uint64_t)set->as.limit_ms * 1000;

    set->activity.busy = set->activity.stopping = set->activity.waits = false;
    set->activity.on = on;
    if (set->activity.held != HELD_UNDO && set->activity.held != HELD_UNDOING)
        set->activity.held = HELD_NOT;
    set->end_us = on && limit_us != 0 ? host_time(h) + limit_us : UINT64_MAX;
    set->in_time = false;
    set->failure = KITH_OK;
    if (!on) {
        set->due = set->refused = 0;
        set->is_left = set->is_made;
    }
    event->activity.on = on;
    event->activity.set = (uint8_t)(set - h->sets);
    event->activity.hci_status = status;
    return event;
}

/* What a command under way switches on had ended already, or ends now: it is switched off again, whichever it was. */
void advertise_end(kith_host *h, host_set *set, kith_activity_end why, kith_hci_status status)
{
    const bool enables = set->enables;

    set->activity.overtaken = advertise_is_answered(h, set);
    advertise_tell(h, set, false, status)->activity.why = why;
    if (enables)
        set->activity.held = HELD_UNDO;
}

/* The controller stops by itself when a link comes of it (7.8.9), or when its time is over (7.7.65.1). */
static bool may_have_ended(const kith_host *h, const host_set *set)
{
    return !command_is_extended(h) && (set->activity.on || set->enables);
}

void advertise_on_connected(kith_host *h)
{
    if (may_have_ended(h, &h->sets[0]))
        advertise_end(h, &h->sets[0], KITH_ENDED_CONNECTED, KITH_HCI_SUCCESS);
}

void advertise_on_timeout(kith_host *h)
{
    host_set *set = &h->sets[0];

    if (may_have_ended(h, set) && set->as.high_duty)
        advertise_end(h, set, KITH_ENDED_TIME, KITH_HCI_SUCCESS);
}

void advertise_refuse(kith_host *h, kith_hci_status status)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (set_is_active(&h->sets[i]) && h->sets[i].as.filter != KITH_FILTER_NOTHING)
            (void)advertise_tell(h, &h->sets[i], false, status);
}

void advertise_give_up(kith_host *h, kith_status status)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (set_is_active(&h->sets[i]))
            advertise_tell(h, &h->sets[i], false, KITH_HCI_UNSPECIFIED_ERROR)->activity.status = status;
}

static host_set *failed_set(const kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (h->sets[i].failure != KITH_OK)
            return &h->sets[i];
    return NULL;
}

bool advertise_has_failed(const kith_host *h)
{
    return failed_set(h) != NULL;
}

void advertise_tell_failed(kith_host *h)
{
    host_set *set = failed_set(h);
    kith_status status = set->failure;

    advertise_tell(h, set, false, KITH_HCI_UNSPECIFIED_ERROR)->activity.status = status;
}

/* HCI Reset leaves nothing of them in the controller, either (7.3.2). */
void advertise_clear(kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++) {
        memset(&h->sets[i], 0, sizeof h->sets[i]);
        h->sets[i].end_us = UINT64_MAX;
    }
}

/* ---- asked by others ---- */

bool advertise_is_active(const kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (set_is_active(&h->sets[i]))
            return true;
    return false;
}

bool advertise_is_left_on(const kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (h->sets[i].activity.held == HELD_UNDO)
            return true;
    return false;
}

bool advertise_filters(const kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (set_is_active(&h->sets[i]) && h->sets[i].as.filter != KITH_FILTER_NOTHING)
            return true;
    return false;
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

/* ---- limits ---- */

uint64_t advertise_deadline(const kith_host *h)
{
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; h->startup == STARTUP_READY && i <= h->config.limits.sets; i++)
        if (h->sets[i].end_us < due)
            due = h->sets[i].end_us;
    return due;
}

static void begin_to_stop(host_set *set)
{
    set->activity.busy = true;
    set->activity.stopping = true;
    set->end_us = UINT64_MAX;
}

bool advertise_expire(kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++) {
        if (h->sets[i].end_us > h->now_us)
            continue;
        begin_to_stop(&h->sets[i]);
        h->sets[i].in_time = true;
        return true;
    }
    return false;
}

/* ---- the program's calls ---- */

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

static void begin(kith_host *h, host_set *set, const kith_advertising *a, kith_peer_id to)
{
    privacy_begin(h);
    set->as = *a;
    set->to = to;
    set->due = (uint8_t)(SET_PARAMETERS | advertise_used(a));
    set->refused = 0;
    set->at = 0;
    set->drawn = h->privacy.made;
    set->activity.busy = true;
    set->activity.waits = a->ask_list;
    if (a->ask_list)
        event_post(h, KITH_EVENT_ALLOW_LIST_WANTED, NULL);
    if (a->filter != KITH_FILTER_NOTHING)
        lists_rebuild(h);
}

kith_status kith_gap_advertise_set(kith_host *h, uint8_t number, const kith_advertising *a)
{
    kith_status status = advertise_check(h, number, a);
    kith_peer_id to;

    if (status == KITH_OK)
        status = check_filter(h, a);
    if (status == KITH_OK)
        status = advertise_find_target(h, a, &to);
    if (status == KITH_OK)
        begin(h, &h->sets[number], a, to);
    return status;
}

kith_status kith_gap_advertise(kith_host *h, const kith_advertising *a)
{
    return kith_gap_advertise_set(h, 0, a);
}

static kith_status stop_waiting(kith_host *h, host_set *set)
{
    if (!events_have_room(h))
        return KITH_ERR_FULL;
    (void)advertise_tell(h, set, false, KITH_HCI_SUCCESS);
    return KITH_OK;
}

kith_status kith_gap_stop_set(kith_host *h, uint8_t number)
{
    const host_activity *a;

    if (number > h->config.limits.sets)
        return KITH_ERR_VALUE;
    a = &h->sets[number].activity;
    if (a->waits)
        return stop_waiting(h, &h->sets[number]);
    if (a->busy)
        return KITH_ERR_BUSY;
    if (!a->on)
        return KITH_ERR_STATE;
    begin_to_stop(&h->sets[number]);
    return KITH_OK;
}

kith_status kith_gap_stop_advertising(kith_host *h)
{
    return kith_gap_stop_set(h, 0);
}

/* What is short enough is copied: its length there; else 0, and it is lent. */
static uint8_t put_short(uint8_t place[31], const uint8_t *octets, uint16_t len)
{
    if (octets == NULL || len == 0 || len > 31)
        return 0;
    memcpy(place, octets, len);
    return (uint8_t)len;
}

static void put_octets(kith_advertising *a, const uint8_t *data, uint16_t data_len, const uint8_t *response,
                       uint16_t response_len)
{
    a->data_len = put_short(a->data, data, data_len);
    a->long_data = data_len > sizeof a->data ? data : NULL;
    a->long_data_len = data_len;
    a->response_len = put_short(a->response, response, response_len);
    a->long_response = response_len > sizeof a->response ? response : NULL;
    a->long_response_len = response_len;
}

kith_status kith_gap_set_data(kith_host *h, uint8_t number, const uint8_t *data, uint16_t data_len,
                              const uint8_t *response, uint16_t response_len)
{
    kith_advertising as;
    host_set *set;

    if (number > h->config.limits.sets || (data == NULL && data_len != 0) || (response == NULL && response_len != 0))
        return KITH_ERR_VALUE;
    set = &h->sets[number];
    if (!set->activity.on || set->activity.busy)
        return KITH_ERR_STATE;
    as = set->as;
    put_octets(&as, data, data_len, response, response_len);
    if (kith_gap_advertising_fault(&as) != NULL)
        return KITH_ERR_VALUE;
    if (!advertise_fits(h, &as))
        return KITH_ERR_UNSUPPORTED;
    if ((set->due & (SET_DATA | SET_RESPONSE)) != 0)
        return KITH_ERR_BUSY;
    set->as = as;
    set->due |= advertise_used(&as);
    set->refused = 0;
    return KITH_OK;
}
