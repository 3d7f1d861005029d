/* Places for links, in the program's memory. */
#include "policy/places.h"

enum { FIRST_US = 10000, DOUBLINGS = 10 }; /* 10 ms to 10 s */

static const kith_policy_link nobody = {.due_us = UINT64_MAX};

kith_policy_links places_of(kith_policy_link *links, uint8_t count)
{
    for (unsigned i = 0; i < count; i++)
        links[i] = nobody;
    return (kith_policy_links){links, count};
}

kith_policy_link *places_find(const kith_policy_links *links, kith_link link)
{
    for (unsigned i = 0; i < links->count; i++)
        if (links->of[i].link == link)
            return &links->of[i];
    return NULL;
}

kith_policy_link *places_take(kith_policy_links *links, kith_link link)
{
    kith_policy_link *place = places_find(links, link);

    if (place == NULL)
        place = places_find(links, 0);
    if (place != NULL)
        place->link = link;
    return place;
}

void places_leave(kith_policy_link *place)
{
    if (place != NULL)
        *place = nobody;
}

uint64_t places_deadline(const kith_policy_links *links)
{
    uint64_t earliest = UINT64_MAX;

    for (unsigned i = 0; i < links->count; i++)
        if (links->of[i].due_us < earliest)
            earliest = links->of[i].due_us;
    return earliest;
}

void places_try_later(kith_policy_link *place, uint64_t now_us)
{
    place->due_us = now_us + ((uint64_t)FIRST_US << place->tries);
    if (place->tries < DOUBLINGS)
        place->tries++;
}

bool is_end_of_procedure(kith_event_kind kind)
{
    return kind == KITH_EVENT_PAIRED || kind == KITH_EVENT_PAIRING_FAILED || kind == KITH_EVENT_ENCRYPTED ||
           kind == KITH_EVENT_ENCRYPTION_FAILED;
}

kith_event_security protection_of(const kith_host *h, kith_link link)
{
    kith_event_security has;

    if (kith_security_of(h, link, &has) != KITH_OK)
        return (kith_event_security){.level = KITH_LEVEL_NONE};
    return has;
}
