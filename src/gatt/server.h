/* The GATT server of one link: a request in, a response out, now or when the program has answered; and values that the
 * client asked to be told of.  Core Vol 3 Part F 3.4, Part G 4.
 *
 * Feed it what kith_att_kind_of() calls REQUEST, COMMAND or CONFIRMATION.  It sends nothing and keeps no
 * time.  All out buffers: cap is at least bearer->my_mtu. */
#ifndef GATT_SERVER_H
#define GATT_SERVER_H

#include "att/bearer.h"
#include "gatt/database.h"
#include "gatt/permission.h"

/* The request that the program has to answer.  opcode 0: none. */
typedef struct {
    uint8_t opcode;
    uint16_t handle;
    uint16_t offset;
    bool authorization; /* whether it may be, and not the value */
} gatt_pending;

/* What the client asked for.  handle: of the value, 0: the place is free; bits: KITH_SUBSCRIBED_*, never 0. */
typedef struct {
    uint16_t handle;
    uint8_t bits;
} gatt_subscription;

/* In bits, set by the host: asked for before it was proven who asks.  In force all the same. */
enum { GATT_UNPROVEN = 0x80 };

enum { GATT_QUEUE_WRITES = 6 }; /* at most so many are executed together, each with an event */

/* Client Supported Features, octet 0.  Vol 3 Part G 7.2 */
enum { GATT_ROBUST_CACHING = 0x01, GATT_EATT = 0x02, GATT_MULTIPLE_NOTIFICATIONS = 0x04, GATT_KNOWN_FEATURES = 0x07 };

typedef struct {
    const gatt_database *db; /* kept, as is bearer: both outlive the server */
    att_bearer *bearer;
    gatt_pending pending;
    gatt_subscription *subscriptions;
    uint8_t subscription_cap;
    uint8_t features;   /* what the client supports */
    bool is_unaware;    /* the table is another one than the client knows */
    bool out_of_sync;   /* and it was told so, or has read the hash: with its next request it knows */
    uint16_t indicated; /* handle of what is not confirmed yet; 0: nothing */
    uint8_t *queue;     /* from its beginning: writes that were prepared; at its end: a request that waits */
    uint16_t queue_cap;
    uint16_t queue_len;  /* of the writes */
    uint16_t held_len;   /* of the request that waits, with what was collected for it */
    uint16_t held_pdu;   /* octets of it that are the request */
    uint16_t executing;  /* where in the queue Execute Write stands */
    bool queue_is_stale; /* the table has changed since a write was prepared */
    uint8_t held_yes;    /* handles behind the request that the program said yes to */
} gatt_server;

typedef enum {
    GATT_SERVER_NONE,                 /* nothing to tell */
    GATT_SERVER_MTU,                  /* bearer->mtu may have changed */
    GATT_SERVER_REFUSED,              /* an Error Response is in out: error, handle, opcode */
    GATT_SERVER_READ_WANTED,          /* answer with gatt_server_answer_read() */
    GATT_SERVER_WRITE_WANTED,         /* answer with gatt_server_answer_write() */
    GATT_SERVER_AUTHORIZATION_WANTED, /* answer with gatt_server_answer_authorization() */
    GATT_SERVER_WRITTEN,              /* a variable; value, offset */
    GATT_SERVER_SUBSCRIBED,           /* a client configuration was written: handle of the value, bits */
    GATT_SERVER_FEATURES,             /* features have changed */
    GATT_SERVER_CONFIRMED,            /* what was indicated: handle, id */
    GATT_SERVER_WRITE_COMMAND,        /* take it or leave it; there is no answer */
    GATT_SERVER_SIGNED_WRITE,         /* the same, if signature is that of the whole PDU before it */
    GATT_SERVER_DROPPED,  /* a command that may not be, or that is malformed; nothing is sent: error, handle */
    GATT_SERVER_VIOLATION /* a request while one is pending: nothing was done; disconnect or ignore */
} gatt_server_event_kind;

typedef struct {
    gatt_server_event_kind kind;
    uint8_t opcode; /* of what came */
    uint16_t handle;
    uint16_t id;          /* the program's, of the value wanted or written */
    uint16_t offset;      /* READ_WANTED: for information; answer with the whole value.  Writes: where value begins */
    const uint8_t *value; /* written; points into the request or the queue */
    size_t value_len;
    const uint8_t *signature; /* SIGNED_WRITE; points into the request */
    uint8_t bits;             /* SUBSCRIBED */
    kith_att_error error;
} gatt_server_event;

/* Memory for one link's server; each may be of no size: then nobody can subscribe, and there is no Prepare Write, no
 * Read Multiple of values that are the program's, and nothing that needs authorization. */
typedef struct {
    gatt_subscription *subscriptions;
    uint8_t subscription_cap;
    uint8_t *queue;
    uint16_t queue_cap;
} gatt_server_memory;

/* For a new link. */
void gatt_server_init(gatt_server *server, const gatt_database *db, att_bearer *bearer,
                      const gatt_server_memory *memory);

/* The link is worth less than it was: what was begun is forgotten, nobody is asked any more.  Who subscribed stays. */
void gatt_server_forget_request(gatt_server *server);

/* Services came or went: the client does not know the table any more, and nothing that it has prepared is written. */
void gatt_server_on_table_change(gatt_server *server);

/* Handles one PDU.  Returns the length of the response in out, 0: none now.  *event is always set.
 * sec is looked at for this PDU only: permission is decided when the request comes, for prepared writes also when they
 * are executed. */
size_t gatt_server_request(gatt_server *server, const gatt_link_security *sec, const uint8_t *pdu, size_t len,
                           uint8_t *out, size_t cap, gatt_server_event *event);

/* Is a request waiting for the program? */
bool gatt_server_is_pending(const gatt_server *server);

/* The program's answer to READ_WANTED: error, or the whole value (its part is cut out here; an offset
 * beyond it is answered 0x07, a value above 512 octets 0x0E).  Returns the length of the response; 0: none yet, see
 * *event (another value is wanted), or no read is pending (false in *done; nothing changed). */
size_t gatt_server_answer_read(gatt_server *server, const gatt_link_security *sec, kith_att_error error,
                               const uint8_t *value, size_t value_len, uint8_t *out, size_t cap,
                               gatt_server_event *event, bool *done);

/* The same for WRITE_WANTED. */
size_t gatt_server_answer_write(gatt_server *server, const gatt_link_security *sec, kith_att_error error, uint8_t *out,
                                size_t cap, gatt_server_event *event, bool *done);

/* Execute Write has done one of several writes, told in the event, and goes on with this, at once.  Returns the
 * response. */
bool gatt_server_is_executing(const gatt_server *server);
size_t gatt_server_go_on(gatt_server *server, const gatt_link_security *sec, uint8_t *out, size_t cap,
                         gatt_server_event *event);

/* The same for AUTHORIZATION_WANTED. */
size_t gatt_server_answer_authorization(gatt_server *server, const gatt_link_security *sec, bool yes, uint8_t *out,
                                        size_t cap, gatt_server_event *event, bool *done);

/* ---- values that are sent unasked ---- */

uint8_t gatt_server_subscribed(const gatt_server *server, uint16_t value_handle); /* KITH_SUBSCRIBED_*; 0: nothing */

/* bits 0: no more.  false: no room. */
bool gatt_server_subscribe(gatt_server *server, uint16_t value_handle, uint8_t bits);

/* Values with these handles are gone: nobody has subscribed to what may come in their place. */
void gatt_forget_values(gatt_subscription *subscriptions, uint8_t count, uint16_t first, uint16_t last);

/* May this value be sent to the client now?  KITH_OK, KITH_ERR_STATE: it did not ask for it; KITH_ERR_INSECURE: the
 * link is worth too little; KITH_ERR_BUSY: an indication is not confirmed yet, or the client does not know the table.
 */
kith_status gatt_server_may_tell(const gatt_server *server, const gatt_link_security *sec, const gatt_attribute *value,
                                 uint8_t bit);

/* The PDU, its value cut to what fits.  Asks gatt_server_may_tell() again: 0 where it says no. */
size_t gatt_server_tell(gatt_server *server, const gatt_link_security *sec, const gatt_attribute *value, uint8_t bit,
                        const uint8_t *octets, size_t len, uint8_t *out, size_t cap);

#endif
