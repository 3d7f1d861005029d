/* Serving attributes: answers to READ_WANTED and WRITE_WANTED.  The table is in kith/gatt.h. */
#ifndef KITH_GATT_SERVER_H
#define KITH_GATT_SERVER_H

#include "kith/event.h"

struct kith_host;

/* Answers a read with the whole value from the offset asked for, or with an error (not 0).
 * KITH_ERR_STATE: nothing is wanted on this link any more (also when its level fell, or it is being
 * disconnected); KITH_ERR_FULL: no buffer just now, ask again; KITH_ERR_NOT_FOUND: no such link. */
KITH_MUST_USE kith_status kith_gatt_answer_read(struct kith_host *h, kith_link link, kith_att_error error,
                                                const uint8_t *value, size_t len);
KITH_MUST_USE kith_status kith_gatt_answer_write(struct kith_host *h, kith_link link, kith_att_error error);

#endif
