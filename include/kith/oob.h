/* Out of band data: what two devices tell each other by another way than the radio (NFC, a QR code, a cable).
 *
 * As octets to carry it: kith/codec/oob.h.  Core Vol 3 Part H 2.3.5.6.4 (Secure Connections), 2.3.5.4 (legacy). */
#ifndef KITH_OOB_H
#define KITH_OOB_H

#include "kith/event.h"

struct kith_host;

/* Makes data of ours: a commitment to a key pair, made for it alone, and a random value; with `legacy` also a TK, 128
 * fresh random bits.  Ends in KITH_EVENT_OOB_READY.  It serves one pairing at a time, and is over when one succeeded
 * with it, when one failed after its random value mattered, and lifetime_ms after it was ready.
 *
 *   channel_is_secure   what carries it can't be overheard nor changed; where it is not, keys made with it count as
 *                       unauthenticated
 *
 * KITH_ERR_VALUE: lifetime 0 or above 24 hours.  KITH_ERR_UNSUPPORTED: no pairing method is configured.  KITH_ERR_BUSY:
 * there is some: kith_oob_drop() it first. */
KITH_MUST_USE kith_status kith_oob_make(struct kith_host *h, bool legacy, bool channel_is_secure, uint32_t lifetime_ms);

/* No pairing that begins from now on uses our data; one that uses it goes on. */
void kith_oob_drop(struct kith_host *h);

/* Is there data of ours that a pairing could use now? */
bool kith_oob_is_ready(const struct kith_host *h);

/* Answers KITH_EVENT_OOB_WANTED with the peer's data; NULL: there is none (the pairing goes on without).
 * Copied; wiped when the pairing ends.
 * KITH_ERR_STATE: nothing was asked on this link (any more); KITH_ERR_NOT_FOUND: no such link; KITH_ERR_VALUE: neither
 * kind of data is in it, or a TK that everybody knows; KITH_ERR_FULL: events must be taken first.  With an error
 * nothing was changed.
 *
 * Tests: SM/CEN/SCOB/BV-01-C, SM/PER/SCOB/BV-02-C, SM/CEN/OOB/BV-01-C, SM/PER/OOB/BV-02-C. */
KITH_MUST_USE kith_status kith_pairing_oob(struct kith_host *h, kith_link link, const kith_oob_data *peer);

#endif
