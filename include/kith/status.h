/* Kinds of failure, each with a type of its own; they are never added together.
 *
 * kith_status is ours: what a call of this library says.  The three wire codes are what a controller
 * or a peer said, as received.  Every kith_status must be looked at: the compiler warns if it is not. */
#ifndef KITH_STATUS_H
#define KITH_STATUS_H

#include <stdint.h>

typedef enum {
    KITH_OK = 0,
    KITH_ERR_VALUE,       /* an argument is out of its range; nothing was changed */
    KITH_ERR_STATE,       /* not possible now (no such question is open, link not ready); nothing was changed */
    KITH_ERR_FULL,        /* no room (events to take, links, sessions, bonds, buffers); nothing was consumed */
    KITH_ERR_BUSY,        /* one is under way already; wait for its end */
    KITH_ERR_NOT_FOUND,   /* no such link, peer, attribute or name */
    KITH_ERR_UNSUPPORTED, /* the controller, this build or this bond cannot do it */
    KITH_ERR_ENTROPY,     /* the random source failed or repeats itself; nothing secret was made from it */
    KITH_ERR_CRYPTO,      /* the crypto port refused or failed (invalid point, wrong tag) */
    KITH_ERR_STORAGE,     /* the store failed; what was durable still is */
    KITH_ERR_DAMAGED,     /* what is stored there is damaged, or no store at all; it was left as it is */
    KITH_ERR_NEWER,       /* a later version stored it; it was left as it is */
    KITH_ERR_BACKOFF,     /* too soon after failed pairings; nothing was sent */
    KITH_ERR_USED_UP,     /* a counter has no values left, or it is not known which; only a new bond helps */
    KITH_ERR_INSECURE,    /* the link is not protected as this needs; nothing was sent */
    KITH_ERR_IO,          /* a port could not open, read or write; errno tells why */
    KITH_ERR_UNSEALED,    /* what is stored there is not sealed, or not all of it; it was left as it is */
    KITH_ERR_NO_KEY,      /* the key that it is sealed with is not there; it was left as it is */
    KITH_ERR_ROLLED_BACK, /* what is stored there is older than what was last stored; it was left as it is */
    KITH_ERR_EXISTS,      /* there is one already; nothing was changed */
    KITH_ERR_IN_USE       /* something that is on uses it; nothing was changed */
} kith_status;

typedef uint8_t kith_hci_status; /* Core Vol 1 Part F: controller error codes, as received */
typedef uint8_t kith_att_error;  /* Core Vol 3 Part F 3.4.1.1, as received */
typedef uint8_t kith_smp_reason; /* Core Vol 3 Part H 3.5.5, as received */

#define KITH_MUST_USE __attribute__((warn_unused_result))

/* Names of codes, for people: "Insufficient Authentication".  A constant string, never NULL;
 * what has no name answers "unknown". */
const char *kith_status_name(kith_status status);
const char *kith_hci_status_name(kith_hci_status status);
const char *kith_att_error_name(kith_att_error error);
const char *kith_smp_reason_name(kith_smp_reason reason);

#endif
