/* Serving attributes: answers to clients, and values that they are told of.  The table is in kith/gatt.h. */
#ifndef KITH_GATT_SERVER_H
#define KITH_GATT_SERVER_H

#include "kith/event.h"

struct kith_host;

/* Answers a read with the whole value from the offset asked for, or with an error (not 0).
 * KITH_ERR_STATE: nothing is wanted on this link any more (also when its level fell, or it is being
 * disconnected); KITH_ERR_FULL: no buffer just now, take events and ask again; KITH_ERR_NOT_FOUND: no such link. */
KITH_MUST_USE kith_status kith_gatt_answer_read(struct kith_host *h, kith_link link, kith_att_error error,
                                                const uint8_t *value, size_t len);
KITH_MUST_USE kith_status kith_gatt_answer_write(struct kith_host *h, kith_link link, kith_att_error error);

/* Answers AUTHORIZATION_WANTED for this one request: what was asked for goes on, or is refused with Insufficient
 * Authorization.  Errors as above.  Vol 3 Part C 10.5. */
KITH_MUST_USE kith_status kith_gatt_authorize(struct kith_host *h, kith_link link, bool yes);

/* Tells a client of a value, that of the characteristic with this id: it goes if the client has subscribed, and the
 * link is protected as the value's permission asks, now.  What is longer than MTU - 3 is cut: clients read the rest.
 *
 * KITH_ERR_NOT_FOUND    no such link, or no characteristic with this id
 * KITH_ERR_STATE        the client did not subscribe, or attributes are closed on this connection
 * KITH_ERR_INSECURE     it did, and this link is not protected enough
 * KITH_ERR_FULL         no buffer just now
 * KITH_ERR_BUSY         the table has changed, and the client is to know of it first; of kith_gatt_indicate(): it has
 * not confirmed the last one Nothing was sent then.   Vol 3 Part F 3.4.7.  Tests: GATT/SR/GAN/BV-01-C,
 * GATT/SR/GAI/BV-01-C. */
KITH_MUST_USE kith_status kith_gatt_notify(struct kith_host *h, kith_link link, uint16_t id, const uint8_t *value,
                                           size_t len);

/* The same, and the client confirms: INDICATED.  One that does not for 30 s gets no more attributes on this connection.
 */
KITH_MUST_USE kith_status kith_gatt_indicate(struct kith_host *h, kith_link link, uint16_t id, const uint8_t *value,
                                             size_t len);

/* Notifies every client that may and wants to know; how many were told. */
unsigned kith_gatt_notify_all(struct kith_host *h, uint16_t id, const uint8_t *value, size_t len);

/* What the client of this link asked for: KITH_SUBSCRIBED_*; 0: nothing, or no such link or characteristic. */
uint8_t kith_gatt_subscribed(const struct kith_host *h, kith_link link, uint16_t id);

/* Adds a service behind all others, or takes one away that was added; the table and everything it points to stay the
 * program's, as those of the configuration.  Other services keep their handles.  Clients that asked for it are told
 * (Service Changed), those that are bonded and not here when they are back; no call is needed for a table that is
 * another one after a restart.
 *
 * KITH_ERR_VALUE, KITH_ERR_UNSUPPORTED  the table is not sound, as kith_host_init() would say
 * KITH_ERR_FULL       limits.services are there, or no handles are left
 * KITH_ERR_BUSY       it is there already; of remove: another one includes it
 * KITH_ERR_NOT_FOUND  of remove: it was not added
 * KITH_ERR_CRYPTO     it was done, and its hash could not be made: clients will take the table for another one
 * Vol 3 Part G 2.5.2, 7.1.  Tests: GATT/SR/GAS/BV-01-C. */
KITH_MUST_USE kith_status kith_gatt_add_service(struct kith_host *h, const kith_service *service);
KITH_MUST_USE kith_status kith_gatt_remove_service(struct kith_host *h, const kith_service *service);

/* The handle of the value with this id; 0: none. */
uint16_t kith_gatt_handle(const struct kith_host *h, uint16_t id);

#endif
