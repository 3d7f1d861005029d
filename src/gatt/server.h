/* The GATT server of one link: a request in, a response out, now or when the program has answered.
 * Core Vol 3 Part F 3.4, Part G 4.
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
} gatt_pending;

typedef struct {
    const gatt_database *db; /* kept, as is bearer: both outlive the server */
    att_bearer *bearer;
    gatt_pending pending;
} gatt_server;

typedef enum {
    GATT_SERVER_NONE,          /* nothing to tell */
    GATT_SERVER_MTU,           /* bearer->mtu may have changed */
    GATT_SERVER_REFUSED,       /* an Error Response is in out: error, handle, opcode */
    GATT_SERVER_READ_WANTED,   /* answer with gatt_server_answer_read() */
    GATT_SERVER_WRITE_WANTED,  /* answer with gatt_server_answer_write() */
    GATT_SERVER_WRITE_COMMAND, /* take it or leave it; there is no answer */
    GATT_SERVER_SIGNED_WRITE,  /* the same, if signature is that of the whole PDU before it */
    GATT_SERVER_DROPPED,       /* a command that may not be, or that is malformed; nothing is sent: error, handle */
    GATT_SERVER_VIOLATION      /* a request while one is pending: nothing was done; disconnect or ignore */
} gatt_server_event_kind;

typedef struct {
    gatt_server_event_kind kind;
    uint8_t opcode; /* of what came */
    uint16_t handle;
    uint16_t id;          /* the program's, of the value wanted or written */
    uint16_t offset;      /* READ_WANTED: for information; answer with the whole value */
    const uint8_t *value; /* written; points into the request */
    size_t value_len;
    const uint8_t *signature; /* SIGNED_WRITE; points into the request */
    kith_att_error error;
} gatt_server_event;

/* For a new link; also forgets a pending request. */
void gatt_server_init(gatt_server *server, const gatt_database *db, att_bearer *bearer);

/* Handles one PDU.  Returns the length of the response in out, 0: none now.  *event is always set.
 * sec is looked at for this PDU only: permission is decided when the request comes. */
size_t gatt_server_request(gatt_server *server, const gatt_link_security *sec, const uint8_t *pdu, size_t len,
                           uint8_t *out, size_t cap, gatt_server_event *event);

/* Is a request waiting for the program? */
bool gatt_server_is_pending(const gatt_server *server);

/* The program's answer to READ_WANTED: error, or the whole value (its part is cut out here; an offset
 * beyond it is answered 0x07, a value above 512 octets 0x0E).  Returns the length of the response; 0: no
 * read is pending (nothing changed). */
size_t gatt_server_answer_read(gatt_server *server, kith_att_error error, const uint8_t *value, size_t value_len,
                               uint8_t *out, size_t cap);

/* The same for WRITE_WANTED. */
size_t gatt_server_answer_write(gatt_server *server, kith_att_error error, uint8_t *out, size_t cap);

#endif
