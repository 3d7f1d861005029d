/* Asking the host to make a link secure: each refusal that will pass is waited for in its own way. */
#include "policy/asking.h"

enum { SHORTEST_WAIT_US = 1000 }; /* the host's time may be a little behind */

static bool is_enough(const kith_policy_link *place, const kith_host *h)
{
    kith_event_security has = protection_of(h, place->link);

    return has.level >= (kith_level)place->level && has.key_size >= place->key_size;
}

static asking_result wait_for(kith_policy_link *place, uint8_t state, uint64_t due_us)
{
    place->state = state;
    place->due_us = due_us;
    return ASKING_GOES_ON;
}

static uint64_t when_it_may(const kith_host *h, kith_link link, uint64_t now_us)
{
    uint64_t wait_us = kith_pairing_wait_us(h, link);

    return now_us + (wait_us > SHORTEST_WAIT_US ? wait_us : SHORTEST_WAIT_US);
}

asking_result asking_try(kith_policy_link *place, kith_host *h, uint64_t now_us, kith_status *said)
{
    if (is_enough(place, h))
        return ASKING_SECURE;
    *said = kith_security_secure_with(h, place->link, (kith_level)place->level, place->key_size);
    switch (*said) {
    case KITH_OK:
        return wait_for(place, ASKING_STARTED, UINT64_MAX);
    case KITH_ERR_BUSY:
        return wait_for(place, ASKING_AFTER_END, UINT64_MAX);
    case KITH_ERR_BACKOFF:
        return wait_for(place, ASKING_LATER, when_it_may(h, place->link, now_us));
    case KITH_ERR_FULL:
        places_try_later(place, now_us);
        return wait_for(place, ASKING_LATER, place->due_us);
    default:
        return ASKING_OVER;
    }
}

/* Somebody else's, which was waited for; of a bond that was being written, too, whose link may have gone. */
static bool is_end_of_others(const kith_policy_link *place, const kith_event *event)
{
    bool stored = event->kind == KITH_EVENT_BONDED || event->kind == KITH_EVENT_BOND_FAILED;

    return place->state == ASKING_AFTER_END && (stored || is_end_of_procedure(event->kind)) &&
           (event->link == place->link || (stored && event->link == 0));
}

asking_result asking_on_event(kith_policy_link *place, kith_host *h, const kith_event *event, uint64_t now_us,
                              kith_status *said)
{
    bool is_end = event->link == place->link && is_end_of_procedure(event->kind);

    if (is_end && is_enough(place, h))
        return ASKING_SECURE;
    if (is_end && place->state == ASKING_STARTED)
        return ASKING_OVER;
    if (is_end_of_others(place, event))
        return asking_try(place, h, now_us, said);
    return ASKING_GOES_ON;
}
