/* The GATT client of one link: one operation at a time, each a chain of requests and responses.
 * Core Vol 3 Part G 4.
 *
 * Feed it what kith_att_kind_of() calls RESPONSE, NOTIFICATION or INDICATION.  It sends nothing and keeps
 * no time: the host runs the 30 s timer while gatt_client_is_waiting(), from each request it sends, and
 * calls gatt_client_abort() at its end.  All out buffers: cap is at least bearer->my_mtu. */
#ifndef GATT_CLIENT_H
#define GATT_CLIENT_H

#include "att/bearer.h"
#include "kith/gatt.h"

typedef enum {
    GATT_CLIENT_IDLE,
    GATT_CLIENT_EXCHANGE_MTU,
    GATT_CLIENT_FIND_SERVICE,
    GATT_CLIENT_FIND_CHARACTERISTICS,
    GATT_CLIENT_READ,
    GATT_CLIENT_READ_BLOB,
    GATT_CLIENT_WRITE,
    GATT_CLIENT_FIND_CONFIGURATION,
    GATT_CLIENT_SUBSCRIBE,
    GATT_CLIENT_PREPARE,
    GATT_CLIENT_EXECUTE,
    GATT_CLIENT_CANCEL,
    GATT_CLIENT_READ_MULTIPLE,
    GATT_CLIENT_READ_VARIABLE,
    GATT_CLIENT_READ_BY_UUID, /* lists, from here on */
    GATT_CLIENT_LIST_SERVICES,
    GATT_CLIENT_LIST_SERVICES_OF,
    GATT_CLIENT_LIST_INCLUDES,
    GATT_CLIENT_LIST_DESCRIPTORS
} gatt_client_state;

typedef struct {
    att_bearer *bearer; /* kept; outlives the client */
    gatt_client_state state;
    uint16_t handle;      /* of the attribute; of discovery: the next to ask for */
    uint16_t end_handle;  /* of the service being walked */
    uint16_t request_mtu; /* in force when the request went */
    uint8_t bits;         /* of a subscription: KITH_SUBSCRIBED_* */
    bool may_hold;        /* set by the host: a refusal for security is held, and the request can go once more */
    bool is_held;         /* nothing is outstanding: gatt_client_repeat() or gatt_client_give_up() */
    bool may_check;       /* set by the host: so is Database Out Of Sync, while the host looks whether it is so */
    bool one_is_enough;   /* of a list: its first response ends it */
    bool found_some;      /* of a list; of prepared writes: the peer has some */
    uint8_t *value;       /* the caller's memory for a read */
    size_t value_cap;
    size_t value_len;
    kith_uuid type;                     /* what is looked for */
    const kith_gatt_write_part *writes; /* the one being prepared; the caller's memory */
    uint16_t writes_left, offset;
    kith_gatt_write_part one_write;
    kith_gatt_result kept_result; /* while prepared writes are taken back */
    kith_att_error kept_error;
} gatt_client;

typedef enum {
    GATT_CLIENT_NONE, /* nothing to tell: ignored, or the operation goes on */
    GATT_CLIENT_MTU_DONE,
    GATT_CLIENT_SERVICE,         /* found: handle, end_handle; the operation goes on */
    GATT_CLIENT_CHARACTERISTICS, /* a list: count, gatt_client_characteristic(); goes on unless ended */
    GATT_CLIENT_DISCOVERY_DONE,
    GATT_CLIENT_READ_DONE, /* value, value_len */
    GATT_CLIENT_WRITE_DONE,
    GATT_CLIENT_SUBSCRIBE_DONE, /* handle: of the configuration, or as far as was looked for it */
    GATT_CLIENT_NOTIFIED,       /* values of the peer's, asked for or not: gatt_client_notified() */
    GATT_CLIENT_HELD            /* refused for security with this error, and held */
} gatt_client_event_kind;

/* What a response lists, besides the kind of event (which tells the end, if it is that). */
typedef enum {
    GATT_CLIENT_NO_LIST,
    GATT_CLIENT_VALUES,
    GATT_CLIENT_SERVICES,
    GATT_CLIENT_INCLUDES,
    GATT_CLIENT_DESCRIPTORS
} gatt_client_list;

typedef struct {
    gatt_client_event_kind kind;
    bool ended; /* the operation is over; result tells how.  Every operation that was started has one such event */
    kith_gatt_result result;
    kith_att_error error;   /* KITH_GATT_ATT_ERROR */
    uint8_t request_opcode; /* KITH_GATT_ATT_ERROR: what was refused */
    uint16_t handle;        /* of the attribute read or written; of the service */
    uint16_t end_handle;
    const uint8_t *value; /* READ_DONE: the caller's memory; CHARACTERISTICS: the list, in the response */
    size_t value_len;
    size_t count; /* CHARACTERISTICS */
    gatt_client_list list;
    const uint8_t *entries; /* the list, in the response: count of entry_len octets each */
    bool is_indication;     /* NOTIFIED: it is being confirmed */
    bool is_list;           /* NOTIFIED: several values */
    uint8_t entry_len;
} gatt_client_event;

/* For a new link. */
void gatt_client_init(gatt_client *client, att_bearer *bearer);

/* Each start writes the first request to out and its length to *out_len.
 *
 * KITH_ERR_BUSY   an operation is under way; nothing was changed
 * KITH_ERR_VALUE  handle 0, an impossible UUID, a value above mtu - 3, or cap too small; nothing was changed */
KITH_MUST_USE kith_status gatt_client_start_exchange_mtu(gatt_client *client, uint8_t *out, size_t cap,
                                                         size_t *out_len);

/* The first primary service with this UUID, then its characteristics. */
KITH_MUST_USE kith_status gatt_client_start_discover(gatt_client *client, const kith_uuid *service, uint8_t *out,
                                                     size_t cap, size_t *out_len);

/* Lists, then DISCOVERY_DONE: primary services, all (NULL) or with this UUID; characteristics (as CHARACTERISTICS),
 * includes and descriptors from first to last. */
KITH_MUST_USE kith_status gatt_client_start_services(gatt_client *client, const kith_uuid *uuid, uint8_t *out,
                                                     size_t cap, size_t *out_len);
KITH_MUST_USE kith_status gatt_client_start_characteristics(gatt_client *client, uint16_t first, uint16_t last,
                                                            uint8_t *out, size_t cap, size_t *out_len);
KITH_MUST_USE kith_status gatt_client_start_includes(gatt_client *client, uint16_t first, uint16_t last, uint8_t *out,
                                                     size_t cap, size_t *out_len);
KITH_MUST_USE kith_status gatt_client_start_descriptors(gatt_client *client, uint16_t first, uint16_t last,
                                                        uint8_t *out, size_t cap, size_t *out_len);

/* The whole value, however many requests it takes, into memory that stays the caller's and must stay
 * until the end.  512 octets hold every value. */
KITH_MUST_USE kith_status gatt_client_start_read(gatt_client *client, uint16_t handle, uint8_t *value, size_t value_cap,
                                                 uint8_t *out, size_t cap, size_t *out_len);
KITH_MUST_USE kith_status gatt_client_start_write(gatt_client *client, uint16_t handle, const uint8_t *value,
                                                  size_t value_len, uint8_t *out, size_t cap, size_t *out_len);

/* Several values at once or none of them: each part is prepared, its echo compared, then all are executed.  writes and
 * what it points to stay the caller's and must stay until the end. */
KITH_MUST_USE kith_status gatt_client_start_writes(gatt_client *client, const kith_gatt_write_part *writes,
                                                   size_t count, uint8_t *out, size_t cap, size_t *out_len);
KITH_MUST_USE kith_status gatt_client_start_write_long(gatt_client *client, uint16_t handle, const uint8_t *value,
                                                       size_t len, uint8_t *out, size_t cap, size_t *out_len);

/* READ_DONE with the values one behind the other, variable: each behind its length.  2 to 32 handles. */
KITH_MUST_USE kith_status gatt_client_start_read_multiple(gatt_client *client, const uint16_t *handles, size_t count,
                                                          bool variable, uint8_t *out, size_t cap, size_t *out_len);

/* Lists services of another type than primary: SERVICES, then DISCOVERY_DONE. */
KITH_MUST_USE kith_status gatt_client_start_group(gatt_client *client, const kith_uuid *type, uint8_t *out, size_t cap,
                                                  size_t *out_len);

/* Every value with this UUID from first to last: lists of VALUES (handle, value), then READ_DONE. */
KITH_MUST_USE kith_status gatt_client_start_read_by_uuid(gatt_client *client, const kith_uuid *uuid, uint16_t first,
                                                         uint16_t last, uint8_t *out, size_t cap, size_t *out_len);

/* Writes the configuration of a characteristic (0: found first), so that its value is notified or indicated as bits
 * say; 0: no more.  KITH_ERR_VALUE: other bits, or a handle that can't be. */
KITH_MUST_USE kith_status gatt_client_start_subscribe(gatt_client *client, uint16_t value_handle,
                                                      uint16_t configuration, uint8_t bits, uint8_t *out, size_t cap,
                                                      size_t *out_len);

/* A command has no response and no end, and may go while an operation is under way. */
KITH_MUST_USE kith_status gatt_client_write_command(const gatt_client *client, uint16_t handle, const uint8_t *value,
                                                    size_t value_len, uint8_t *out, size_t cap, size_t *out_len);

/* The same, with a signature of zeros that is the host's to fill in.  KITH_ERR_VALUE: also above mtu - 15. */
KITH_MUST_USE kith_status gatt_client_signed_write(const gatt_client *client, uint16_t handle, const uint8_t *value,
                                                   size_t value_len, uint8_t *out, size_t cap, size_t *out_len);

/* Handles one PDU.  *event is always set; *out_len is the length of what must be sent now: the next
 * request of the operation, or the confirmation of an indication; 0: nothing.  A response that nobody waits
 * for is ignored. */
void gatt_client_response(gatt_client *client, const uint8_t *pdu, size_t len, uint8_t *out, size_t cap,
                          size_t *out_len, gatt_client_event *event);

/* Number i of a CHARACTERISTICS event, below count; while the response is still there. */
void gatt_client_characteristic(const gatt_client_event *event, size_t i, kith_gatt_found *found);

/* The next value of a NOTIFIED event, in the PDU; *at begins with 0.  false: no more. */
bool gatt_client_notified(const gatt_client_event *event, size_t *at, uint16_t *handle, const uint8_t **value,
                          size_t *len);

/* The operation waits for the host to make the link better, from now on. */
void gatt_client_hold(gatt_client *client);
/* The host sends the last request once more, as it was. */
void gatt_client_repeat(gatt_client *client);
/* It can't: ends it with what was refused; NOT_SENT where nothing was. */
void gatt_client_give_up(gatt_client *client, gatt_client_event *event);

/* Is a response outstanding, or an operation held? */
bool gatt_client_is_waiting(const gatt_client *client);

/* Ends what is under way with this result (timeout, link lost).  *event has its end; kind NONE: nothing
 * was. */
void gatt_client_abort(gatt_client *client, kith_gatt_result result, gatt_client_event *event);

#endif
