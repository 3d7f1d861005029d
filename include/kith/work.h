/* Work items: what is too slow for the host's own calls.
 *
 * kith_host_take_work() hands one out, kith_work_run() does it (anywhere: it touches the item alone and
 * calls p256_* of the crypto port or the store that is named in it), kith_host_finish_work() takes it back.  Items may
 * be finished in any order; an item that is never finished ends its procedure by the procedure's own
 * deadline; the store's have none: what waits for a store waits for as long as it takes. */
#ifndef KITH_WORK_H
#define KITH_WORK_H

#include "kith/crypto_port.h"
#include "kith/store.h"

typedef enum {
    KITH_WORK_KEY_PAIR,      /* private_key -> public_key; KITH_ERR_VALUE: the scalar was out of range.  Where the port
                                keeps keys (p256_generate): -> private_key, its reference, and public_key */
    KITH_WORK_CHECK_KEY,     /* is peer_key a point of the curve? */
    KITH_WORK_SHARED_SECRET, /* private_key, peer_key -> shared */
    KITH_WORK_STORE          /* .store: one operation; a host has one of these out at a time */
} kith_work_kind;

typedef enum {
    KITH_STORE_OPEN,
    KITH_STORE_READ,
    KITH_STORE_GET,
    KITH_STORE_PUT,
    KITH_STORE_REMOVE,
    KITH_STORE_ERASE
} kith_store_operation;

typedef struct {
    const kith_store *store;
    kith_store_operation operation;
    uint32_t cursor;        /* READ */
    kith_record record;     /* PUT: what; REMOVE: kind and id; READ: what was read; GET: kind and id, then what was
                               found */
    kith_store_state state; /* after OPEN, PUT, REMOVE and ERASE */
} kith_work_store;

/* Keys as the crypto port wants them: most significant octet first, public keys X||Y. */
typedef struct {
    kith_work_kind kind;
    uint32_t token; /* the host's; leave it alone */
    const kith_crypto_port *crypto;
    uint8_t private_key[32];
    uint8_t public_key[64];
    uint8_t peer_key[64];
    uint8_t shared[32];
    kith_work_store store;
    kith_status result; /* set by kith_work_run */
} kith_work;

/* Does the work, once for each item.  Reads and writes *work alone. */
void kith_work_run(kith_work *work);

/* Wipes an item whose host is gone (erased), run or not, and destroys the key that it holds if the port keeps keys.
 * While the host is there give the item back instead: run, or as it was taken, then what it was for fails. */
void kith_work_discard(kith_work *work);

#endif
