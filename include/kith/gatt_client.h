/* Using a peer's attributes.  Core Vol 3 Part G 4.
 *
 * One operation at a time and link; each ends in one event.  A peer that does not answer for 30 s ends it, and
 * no more operations are possible on that connection (Vol 3 Part F 3.3.3).
 *
 * Each call: KITH_ERR_NOT_FOUND: no such link; KITH_ERR_BUSY: one is under way; KITH_ERR_STATE: attributes
 * are closed on this connection after a timeout; KITH_ERR_FULL: no buffer just now. */
#ifndef KITH_GATT_CLIENT_H
#define KITH_GATT_CLIENT_H

#include "kith/event.h"

struct kith_host;

/* Offers our MTU; KITH_EVENT_MTU.  Once per connection. */
KITH_MUST_USE kith_status kith_gatt_exchange_mtu(struct kith_host *h, kith_link link);

/* Finds a primary service and its characteristics: CHARACTERISTICS, as often as needed, then DISCOVERED.
 * KITH_ERR_VALUE: not a UUID. */
KITH_MUST_USE kith_status kith_gatt_discover(struct kith_host *h, kith_link link, const kith_uuid *service);

/* Number i, below count, of a CHARACTERISTICS event. */
void kith_gatt_found_at(const kith_event_characteristics *event, uint16_t i, kith_gatt_found *found);

/* The value handle of the characteristic with this UUID among those found; 0: it is not among them. */
uint16_t kith_gatt_found_handle(const kith_event_characteristics *event, const kith_uuid *uuid);

/* Reads a value, whole (Read, then Read Blob): READ.  One longer than limits.mtu ends as TOO_LONG.
 * KITH_ERR_VALUE: handle 0. */
KITH_MUST_USE kith_status kith_gatt_read(struct kith_host *h, kith_link link, uint16_t handle);

/* Writes a value with response: WRITTEN.  KITH_ERR_VALUE: handle 0, or longer than MTU - 3. */
KITH_MUST_USE kith_status kith_gatt_write(struct kith_host *h, kith_link link, uint16_t handle, const uint8_t *value,
                                          size_t len);

#endif
