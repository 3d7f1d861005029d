/* Using a peer's attributes.  Core Vol 3 Part G 4.
 *
 * One operation is under way on a link; limits.operations more wait in the order in which they were asked for.  Each
 * ends in one event (commands and signed writes have none, and go at once), in that order.  What a call lends is copied
 * where it waits, unless the call says otherwise.  A peer that does not answer for 30 s ends them all, and no more
 * operations are possible on that connection (Vol 3 Part F 3.3.3).
 *
 * What is refused for security can wait while the link is raised, and go once more: config.gatt_raise.
 *
 * Each call: KITH_ERR_NOT_FOUND: no such link; KITH_ERR_BUSY: one is under way, and no more can wait; KITH_ERR_STATE:
 * attributes are closed on this connection after a timeout; KITH_ERR_FULL: no buffer just now. */
#ifndef KITH_GATT_CLIENT_H
#define KITH_GATT_CLIENT_H

#include "kith/event.h"

struct kith_host;

/* Offers our MTU; KITH_EVENT_MTU.  Once per connection. */
KITH_MUST_USE kith_status kith_gatt_exchange_mtu(struct kith_host *h, kith_link link);

/* Finds a primary service and its characteristics: CHARACTERISTICS, as often as needed, then DISCOVERED.
 * KITH_ERR_VALUE: not a UUID. */
KITH_MUST_USE kith_status kith_gatt_discover(struct kith_host *h, kith_link link, const kith_uuid *service);

/* Learns the peer's whole table: DISCOVERED; then the calls below look into it.  TOO_LONG: it takes more than
 * limits.cache.  Where it is known already that is all: on this link, nothing is asked; of a bonded peer, what was kept
 * beside the bond stands if the peer's Database Hash is the same (one request), or, of a peer that has none, if it has
 * not told of a change.  A bonded peer is asked to tell of changes (Service Changed), and told that we can cope with
 * them (Client Supported Features: robust caching, multiple notifications).
 *
 * It is in force until the link ends, or the peer tells of a change: TABLE_CHANGED, then ask again.  Handles that a
 * program keeps are worth nothing after that.  A request that a peer refuses with Database Out Of Sync is held while
 * the hash is compared, and goes once more where the table is the same.
 *
 * What was learned over a plain link is forgotten when a bond is proven, and never kept.
 * KITH_ERR_UNSUPPORTED: limits.cache is 0.  Vol 3 Part G 2.5.2.  Attack C11. */
KITH_MUST_USE kith_status kith_gatt_discover_all(struct kith_host *h, kith_link link);

/* Everything in it by ascending handle: *at begins with 0.  false: no more, or no table is in force. */
bool kith_gatt_remote_next(const struct kith_host *h, kith_link link, size_t *at, kith_remote_attribute *out);

/* Is the table in force one that was kept beside the bond?  It was not asked for on this link then. */
bool kith_gatt_remote_is_kept(const struct kith_host *h, kith_link link);

/* The handle of the first value with this UUID in a service of the other (NULL: of any); 0: none.  That of a descriptor
 * of a value; 0: none. */
uint16_t kith_gatt_remote_value(const struct kith_host *h, kith_link link, const kith_uuid *service,
                                const kith_uuid *characteristic);
uint16_t kith_gatt_remote_descriptor(const struct kith_host *h, kith_link link, uint16_t value_handle,
                                     const kith_uuid *descriptor);

/* Lists what the peer has, part by part, then DISCOVERED (NOT_FOUND: none at all):
 *   _services         primary services, all (uuid NULL) or those with this UUID: SERVICES
 *   _includes         what the service with these handles includes: INCLUDES
 *   _characteristics  its characteristics, with their properties: CHARACTERISTICS (none is fine, too)
 *   _descriptors      what lies between a value and the next declaration: DESCRIPTORS
 * KITH_ERR_VALUE: not a UUID; first is 0 or above last.  Vol 3 Part G 4.4.1, 4.4.2, 4.5.1, 4.6.1, 4.7.1. */
KITH_MUST_USE kith_status kith_gatt_discover_services(struct kith_host *h, kith_link link, const kith_uuid *uuid);
KITH_MUST_USE kith_status kith_gatt_discover_includes(struct kith_host *h, kith_link link, uint16_t first,
                                                      uint16_t last);
KITH_MUST_USE kith_status kith_gatt_discover_characteristics(struct kith_host *h, kith_link link, uint16_t first,
                                                             uint16_t last);
KITH_MUST_USE kith_status kith_gatt_discover_descriptors(struct kith_host *h, kith_link link, uint16_t first,
                                                         uint16_t last);

/* Number i, below count, of such an event. */
void kith_gatt_service_at(const kith_event_list *event, uint16_t i, kith_gatt_service *service);
void kith_gatt_include_at(const kith_event_list *event, uint16_t i, kith_gatt_include *include);
void kith_gatt_descriptor_at(const kith_event_list *event, uint16_t i, kith_gatt_descriptor *descriptor);

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

/* Writes without response: no event, and nobody can tell us whether it came.  May go while an operation is under way.
 * KITH_ERR_VALUE: handle 0, or longer than MTU - 3; KITH_ERR_INSECURE: config.gatt_raise is on, and the link is plain
 * and its address claims a bond.  Vol 3 Part G 4.9.1. */
KITH_MUST_USE kith_status kith_gatt_write_command(struct kith_host *h, kith_link link, uint16_t handle,
                                                  const uint8_t *value, size_t len);

/* Writes a value of up to 512 octets in parts, or several together: WRITTEN.  The peer keeps all parts, sends each back
 * and they are compared; then all are written, or none.  What was refused or came back as another one is taken back
 * (NOT_ECHOED).  value, writes and what it points to must stay, unchanged, until WRITTEN.
 * KITH_ERR_VALUE: a handle of 0, a value above 512 octets, no writes.  Vol 3 Part G 4.9.4, 4.9.5. */
KITH_MUST_USE kith_status kith_gatt_write_long(struct kith_host *h, kith_link link, uint16_t handle,
                                               const uint8_t *value, size_t len);
KITH_MUST_USE kith_status kith_gatt_write_reliable(struct kith_host *h, kith_link link,
                                                   const kith_gatt_write_part *writes, size_t count);

/* Reads all values with this UUID between two handles, both included: VALUES, as often as needed, then READ without a
 * value; NOT_FOUND: there is none.  KITH_ERR_VALUE: not a UUID, first is 0 or above last.  Vol 3 Part G 4.8.2. */
KITH_MUST_USE kith_status kith_gatt_read_by_uuid(struct kith_host *h, kith_link link, const kith_uuid *uuid,
                                                 uint16_t first, uint16_t last);

/* Number i, below count, of a VALUES event. */
void kith_gatt_value_at(const kith_event_list *event, uint16_t i, kith_gatt_value *value);

/* Reads 2 to 32 values in one request: READ.  What does not fit into MTU - 1 octets is cut off.
 *   variable  false: the values come one behind the other, and only who knows their lengths can tell them apart;
 *             true: kith_gatt_next_value() does; not every peer knows that request
 * KITH_ERR_VALUE: another number, more than the MTU holds, or a handle of 0.  Vol 3 Part G 4.8.4, 4.8.5. */
KITH_MUST_USE kith_status kith_gatt_read_multiple(struct kith_host *h, kith_link link, const uint16_t *handles,
                                                  size_t count, bool variable);

/* The next value of such a READ event; *at begins with 0.  is_cut: there was more of it.  false: no more. */
bool kith_gatt_next_value(const kith_event_gatt *event, size_t *at, const uint8_t **value, size_t *len, bool *is_cut);

/* Asks to be told of a value: writes its Client Characteristic Configuration (descriptor 0x2902). SUBSCRIPTION_WRITTEN,
 * with the configuration's handle; NOT_FOUND: the characteristic has none.
 *   configuration  its handle, if it is known; 0: it is looked for behind the value
 *   bits           KITH_SUBSCRIBED_NOTIFY or _INDICATE; 0: no more
 * Then each value comes as NOTIFIED.  A bonded server remembers what was asked for, others forget it with the link.
 * KITH_ERR_VALUE: a handle of 0, a configuration that does not lie behind the value, or other bits.
 *
 * Indications are confirmed at once, whoever wants them.  Handed on is only what comes over a link of at least
 * config.notified_level and, where the peer's address claims a bond, of that bond's level: until then somebody else may
 * speak under its address (BLESA).  What is not is counted in kith_host_dropped().
 *
 * Vol 3 Part G 4.10, 4.11, 3.3.3.3.  Tests: GAP/SEC/SEM/BV-56-C to BV-67-C. */
KITH_MUST_USE kith_status kith_gatt_subscribe(struct kith_host *h, kith_link link, uint16_t value_handle,
                                              uint16_t configuration, uint8_t bits);

/* Writes a value, signed, over a link that is not encrypted: no response, no end.  The peer takes it if it has our
 * signing key of the bond it claims; anybody can read it, and nobody can tell us whether it came.  What still waits
 * when encryption begins is dropped (kith_host_dropped()): there it may not go.
 *
 * KITH_ERR_UNSUPPORTED  signing is off (kith_security)
 * KITH_ERR_STATE        also: the link is encrypted, or is being so: kith_gatt_write() is better there
 * KITH_ERR_NOT_FOUND    no such link, or no bond of the claimed peer with a signing key of ours
 * KITH_ERR_VALUE        handle 0, or longer than MTU - 15
 * KITH_ERR_BUSY         the store reserves counters: again when it has (only before the first one after a start)
 * KITH_ERR_STORAGE      the store could not: this call has asked it once more
 * KITH_ERR_USED_UP      this key's counters are used up, or the store lost them: pair anew
 * KITH_ERR_CRYPTO       the crypto port failed
 *
 * Vol 3 Part C 10.4, Part F 3.4.5.4, Part H 2.4.5.  Test: SM/CEN/SIGN/BV-01-C. */
KITH_MUST_USE kith_status kith_gatt_write_signed(struct kith_host *h, kith_link link, uint16_t handle,
                                                 const uint8_t *value, size_t len);

#endif
