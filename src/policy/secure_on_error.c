/* Secure on error: what a place holds stays there when the attempt is over, so that nothing is asked for twice. */
#include "kith/policy/secure_on_error.h"

#include "kith/codec/att.h"
#include "policy/asking.h"

static kith_secure_on_error *policy_of(kith_listener *listener)
{
    return (kith_secure_on_error *)listener;
}

static void tell(const kith_secure_on_error *p, kith_link link, bool raised)
{
    if (p->ready != NULL)
        p->ready(p->context, link, raised);
}

/* The place is settled before anybody is told, who may ask for more at once. */
static void go_on(kith_secure_on_error *p, kith_policy_link *place, asking_result result)
{
    if (result == ASKING_GOES_ON)
        return;
    place->state = ASKING_NOT;
    place->due_us = UINT64_MAX;
    place->tries = 0;
    tell(p, place->link, result == ASKING_SECURE);
}

static bool is_end_of_operation(kith_event_kind kind)
{
    return kind == KITH_EVENT_DISCOVERED || kind == KITH_EVENT_READ || kind == KITH_EVENT_WRITTEN ||
           kind == KITH_EVENT_SUBSCRIPTION_WRITTEN;
}

static bool is_refusal(const kith_event *event)
{
    if (!is_end_of_operation(event->kind) || event->gatt.result != KITH_GATT_ATT_ERROR)
        return false;
    switch (event->gatt.att_error) {
    case KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION:
    case KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION:
    case KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT:
    case KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION:
        return true;
    default:
        return false;
    }
}

/* More than the link has, and than was asked for on it; false: there is nothing. */
static bool want_level(const kith_secure_on_error *p, kith_policy_link *place, const kith_event_security *has)
{
    uint8_t level = (uint8_t)(has->level + 1);

    if (level < p->level)
        level = (uint8_t)p->level;
    if (level > KITH_LEVEL_SC_AUTHENTICATED || level <= place->level)
        return false;
    place->level = level;
    return true;
}

static bool want_key_size(const kith_secure_on_error *p, kith_policy_link *place, const kith_event_security *has)
{
    uint8_t level = has->level > p->level ? (uint8_t)has->level : (uint8_t)p->level;

    if (p->key_size <= has->key_size || p->key_size <= place->key_size)
        return false;
    place->key_size = p->key_size;
    if (level > place->level)
        place->level = level;
    return true;
}

static bool want_more(const kith_secure_on_error *p, kith_policy_link *place, kith_host *h, kith_att_error error)
{
    kith_event_security has = protection_of(h, place->link);

    if (error == KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION)
        return false;
    if (error == KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT)
        return want_key_size(p, place, &has);
    return want_level(p, place, &has);
}

static void on_refusal(kith_secure_on_error *p, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_policy_link *place = places_take(&p->links, event->link);
    kith_status said;

    if (place != NULL && place->state != ASKING_NOT)
        return; /* its end is this one's, too */
    if (place == NULL || !want_more(p, place, h, event->gatt.att_error))
        tell(p, event->link, false);
    else
        go_on(p, place, asking_try(place, h, now_us, &said));
}

/* Somebody else, the host itself perhaps, tried to raise the link and failed: that is not begun once more here. */
static void on_failure_of_others(kith_secure_on_error *p, kith_host *h, kith_link link)
{
    kith_policy_link *place = places_take(&p->links, link);
    kith_event_security has = protection_of(h, link);

    if (place != NULL)
        (void)want_level(p, place, &has);
}

static bool is_failure(kith_event_kind kind)
{
    return kind == KITH_EVENT_PAIRING_FAILED || kind == KITH_EVENT_ENCRYPTION_FAILED;
}

static void on_disconnected(kith_secure_on_error *p, kith_link link)
{
    kith_policy_link *place = places_find(&p->links, link);
    bool asking = place != NULL && place->state != ASKING_NOT;

    places_leave(place);
    if (asking)
        tell(p, link, false);
}

static void on_procedure(kith_secure_on_error *p, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_policy_link *place = places_find(&p->links, event->link);
    bool asking = place != NULL && place->state != ASKING_NOT;
    kith_status said;

    if (!asking && is_failure(event->kind))
        on_failure_of_others(p, h, event->link);
    for (unsigned i = 0; i < p->links.count; i++)
        if (p->links.of[i].state != ASKING_NOT)
            go_on(p, &p->links.of[i], asking_on_event(&p->links.of[i], h, event, now_us, &said));
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    kith_secure_on_error *p = policy_of(listener);

    if (event->kind == KITH_EVENT_DISCONNECTED)
        on_disconnected(p, event->link);
    else if (is_refusal(event))
        on_refusal(p, h, event, now_us);
    else
        on_procedure(p, h, event, now_us);
}

static uint64_t deadline(const kith_listener *listener)
{
    return places_deadline(&((const kith_secure_on_error *)listener)->links);
}

static void on_time(kith_listener *listener, kith_host *h, uint64_t now_us)
{
    kith_secure_on_error *p = policy_of(listener);
    kith_status said;

    for (unsigned i = 0; i < p->links.count; i++)
        if (p->links.of[i].due_us <= now_us)
            go_on(p, &p->links.of[i], asking_try(&p->links.of[i], h, now_us, &said));
}

void kith_secure_on_error_init(kith_secure_on_error *policy, kith_policy_link *links, uint8_t count,
                               void (*ready)(void *context, kith_link link, bool raised), void *context)
{
    *policy = (kith_secure_on_error){.listener = {.on_event = on_event, .deadline = deadline, .on_time = on_time},
                                     .links = places_of(links, count),
                                     .ready = ready,
                                     .context = context,
                                     .level = KITH_LEVEL_ENCRYPTED,
                                     .key_size = 16};
}

void kith_secure_on_error_again(kith_secure_on_error *policy, kith_link link)
{
    kith_policy_link *place = places_find(&policy->links, link);

    if (place != NULL && place->state == ASKING_NOT)
        places_leave(place);
}
