/* What policies share: places for links in the program's memory, and looking at what protects a link. */
#ifndef POLICY_PLACES_H
#define POLICY_PLACES_H

#include "kith/host.h"
#include "kith/policy/link.h"

kith_policy_links places_of(kith_policy_link *links, uint8_t count); /* all of them free */

/* The link's place; of link 0 a free one; NULL: none. */
kith_policy_link *places_find(const kith_policy_links *links, kith_link link);
/* The link's place, a free one if it has none yet; NULL: all are taken. */
kith_policy_link *places_take(kith_policy_links *links, kith_link link);
void places_leave(kith_policy_link *place); /* NULL is fine */

/* When the first of them is due. */
uint64_t places_deadline(const kith_policy_links *links);

/* Tries once more, later each time: what is full now may be full for long. */
void places_try_later(kith_policy_link *place, uint64_t now_us);

/* The end of a pairing, or of an encryption with a bond. */
bool is_end_of_procedure(kith_event_kind kind);
/* What protects the link now; nothing where there is no such link. */
kith_event_security protection_of(const kith_host *h, kith_link link);

#endif
