/* Pauses.  Some settings of the controller cannot be changed while it advertises, scans or connects: who wants to
 * change one asks for a pause, changes it when the pause is reached, and ends the pause.  What was interrupted goes on
 * as it was, and the program is told nothing of it.  Core Vol 4 Part E 7.8.9, 7.8.11, 7.8.13.
 *
 * Nothing waits in a queue: each activity asks here what it shall do before it looks at its own chain. */
#include "host/internal.h"

void pause_ask(kith_host *h, host_pause_reason reason, host_pause_depth depth)
{
    if (depth > h->pauses[reason])
        h->pauses[reason] = (uint8_t)depth;
}

void pause_end(kith_host *h, host_pause_reason reason)
{
    h->pauses[reason] = PAUSE_NOTHING;
}

static bool holds(const kith_host *h, bool filters)
{
    for (unsigned i = 0; i < PAUSE_REASONS; i++)
        if (h->pauses[i] == PAUSE_ALL || (h->pauses[i] == PAUSE_FILTERING && filters))
            return true;
    return false;
}

bool pause_holds_set(const kith_host *h, const host_set *set)
{
    return holds(h, set->as.filter != KITH_FILTER_NOTHING);
}

bool pause_holds_scanner(const kith_host *h)
{
    return holds(h, h->scan.filter);
}

bool pause_holds_initiator(const kith_host *h)
{
    return holds(h, h->connecting && h->initiating.listed);
}

bool pause_holds_reconnect(const kith_host *h, bool by_list)
{
    return holds(h, by_list);
}

static bool is_quiet(const host_activity *a)
{
    return (!a->on || a->held == HELD) && a->held != HELD_UNDO && a->held != HELD_UNDOING;
}

bool pause_is_reached(const kith_host *h)
{
    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        if (pause_holds_set(h, &h->sets[i]) && !is_quiet(&h->sets[i].activity))
            return false;
    return (!pause_holds_scanner(h) || is_quiet(&h->scanner)) &&
           (!pause_holds_initiator(h) || !h->connecting || !h->create_sent) && reconnect_is_quiet(h);
}

static pause_move move_to(host_activity *a, host_held held, pause_move move)
{
    a->held = held;
    return move;
}

/* What the program wants to stop is stopped by its own chain, pause or not. */
pause_move pause_next(host_activity *a, bool is_held)
{
    if (a->held == HELD_UNDO)
        return move_to(a, HELD_UNDOING, PAUSE_SWITCHES_OFF);
    if (a->stopping)
        return PAUSE_GOES_ON;
    if (is_held && a->on && a->held == HELD_NOT)
        return move_to(a, HELD_STOPPING, PAUSE_SWITCHES_OFF);
    if (is_held)
        return PAUSE_WAITS;
    return a->held == HELD ? move_to(a, HELD_RESUMING, PAUSE_SWITCHES_ON) : PAUSE_GOES_ON;
}

/* One that cannot be stopped or begun again is over, and told as such: whoever asks for a pause must not wait for what
 * the controller will not do. */
bool pause_takes_result(host_activity *a, kith_hci_status status)
{
    switch (a->held) {
    case HELD_STOPPING:
        a->held = HELD;
        return status == KITH_HCI_SUCCESS;
    case HELD_RESUMING:
        a->held = HELD_NOT;
        return status == KITH_HCI_SUCCESS;
    case HELD_UNDOING:
        a->held = HELD_NOT;
        return true;
    default:
        return false;
    }
}
