/* Attribute tables, and how operations on a peer's attributes end.  Core Vol 3 Part G.
 *
 * A server is constant tables: services of characteristics of descriptors.  They may lie in ROM; the
 * host keeps pointers, so they must outlive it.  Handles are counted in table order from 1; the GAP
 * service (0x1800: name, appearance, and what config.gap adds) and the GATT service (0x1801) are built in and come
 * first.  Ready tables of services that many devices have are in kith/service/.
 *
 *     static const kith_characteristic door[] = {
 *         { .uuid = KITH_UUID16(0x2a56), .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
 *           .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_AUTHENTICATED, .id = DOOR_STATE },
 *     };
 *     static const kith_service services[] = {
 *         { .uuid = KITH_UUID16(0x1815), .characteristics = door, .characteristic_count = 1 },
 *     };
 *
 * A characteristic that notifies or indicates gets its Client Characteristic Configuration (0x2902) by itself, right
 * behind its value; which clients want what is kept for each link, and with a bond over restarts. */
#ifndef KITH_GATT_H
#define KITH_GATT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/status.h"
#include "kith/uuid.h"

/* What a characteristic can do, as its declaration tells clients.  Vol 3 Part G 3.3.1.1 */
enum {
    KITH_PROPERTY_BROADCAST = 0x01,
    KITH_PROPERTY_READ = 0x02,
    KITH_PROPERTY_WRITE_WITHOUT_RESPONSE = 0x04,
    KITH_PROPERTY_WRITE = 0x08,
    KITH_PROPERTY_NOTIFY = 0x10,
    KITH_PROPERTY_INDICATE = 0x20,
    KITH_PROPERTY_SIGNED_WRITE = 0x40,
    KITH_PROPERTY_EXTENDED = 0x80
};

/* What a client's link must have before it may.  One read permission, one write permission, one for notifications and
 * one key size are or-ed; what is left out is not permitted.  The four steps are kith_level 1 to 4.
 *
 * A key size guards whichever of them asks for encryption; left out, what pairing allowed will do.
 * KITH_*_SC_AUTHENTICATED always asks for 16 octets. */
enum {
    KITH_READ_OPEN = 0x0001,
    KITH_READ_ENCRYPTED = 0x0002,
    KITH_READ_AUTHENTICATED = 0x0003,
    KITH_READ_SC_AUTHENTICATED = 0x0004,
    KITH_READ_MASK = 0x0007,
    KITH_WRITE_OPEN = 0x0008,
    KITH_WRITE_ENCRYPTED = 0x0010,
    KITH_WRITE_AUTHENTICATED = 0x0018,
    KITH_WRITE_SC_AUTHENTICATED = 0x0020,
    KITH_WRITE_MASK = 0x0038,
    KITH_KEY_SIZE_MASK = 0x03c0,

    /* A Signed Write (security mode 2): over a plain link, so that everybody can read what is written.  Goes with
     * KITH_PROPERTY_SIGNED_WRITE, and is asked of nothing else: a signature never stands in for a write permission,
     * nor encryption for a signature.  It is worth the bond its key was given with.  Values of characteristics alone;
     * nobody may, unless signing is on (kith_security). */
    KITH_WRITE_SIGNED = 0x0400,               /* by any bonded peer: mode 2 level 1 */
    KITH_WRITE_SIGNED_AUTHENTICATED = 0x0800, /* by one whose bond is authenticated: mode 2 level 2 */
    KITH_WRITE_SIGNED_MASK = 0x0c00,

    /* Besides: the program is asked for each request (AUTHORIZATION_WANTED), which waits for its answer; nobody who
     * can't be answered is let through (commands, Find By Type Value).  Vol 3 Part C 10.5. */
    KITH_READ_AUTHORIZED = 0x1000,
    KITH_WRITE_AUTHORIZED = 0x2000,

    /* What the link must have before the value is notified or indicated, and before a client may ask for it.  Left out:
     * the stronger of the read and the write permission (where neither is given: open). */
    KITH_NOTIFY_OPEN = 0x10000,
    KITH_NOTIFY_ENCRYPTED = 0x20000,
    KITH_NOTIFY_AUTHENTICATED = 0x30000,
    KITH_NOTIFY_SC_AUTHENTICATED = 0x40000,
    KITH_NOTIFY_MASK = 0x70000
};
#define KITH_PERMISSION_RESERVED 0xfff8c000u                     /* a table that sets them is refused */
#define KITH_KEY_SIZE(octets)    ((uint32_t)(((octets)-1) << 6)) /* 7..16 */

/* A value in the program's memory, which the host reads, and writes where clients may.  The program may change it
 * between any two calls to the host.  Takes no signed writes. */
typedef struct {
    uint8_t *octets;
    uint16_t len; /* now */
    uint16_t min; /* what clients write has min to max octets; both up to 512 */
    uint16_t max;
} kith_variable;

/* A value is one of three:
 *   static       value is not NULL: answered from here, read-only
 *   a variable   variable is not NULL: answered from there; what is written is there when VALUE_WRITTEN tells
 *   the program's, both are NULL: every permitted read and write is told with id, and answered when the program likes
 */
typedef struct {
    kith_uuid uuid;
    uint32_t permissions;
    uint16_t id; /* the program's, to recognise it by */
    const uint8_t *value;
    uint16_t value_len;
    kith_variable *variable;
} kith_descriptor;

typedef struct {
    kith_uuid uuid;
    uint8_t properties;
    uint32_t permissions; /* each of READ, the writes and SIGNED_WRITE with a permission of its own */
    uint16_t id;
    const uint8_t *value;
    uint16_t value_len;
    kith_variable *variable;
    const kith_descriptor *descriptors;
    size_t descriptor_count;
} kith_characteristic;

typedef struct kith_service kith_service;
struct kith_service {
    kith_uuid uuid;
    const kith_characteristic *characteristics;
    size_t characteristic_count;
    const kith_service *const *includes; /* services that come before this one in the table, by pointer */
    size_t include_count;
    bool secondary; /* of use only where it is included */
};

/* What a client has asked for in a Client Characteristic Configuration.  Vol 3 Part G 3.3.3.3 */
enum { KITH_SUBSCRIBED_NOTIFY = 0x01, KITH_SUBSCRIBED_INDICATE = 0x02 };

/* How an operation on a peer's attributes ended. */
typedef enum {
    KITH_GATT_OK = 0,
    KITH_GATT_ATT_ERROR,           /* the peer refused; its ATT error tells why */
    KITH_GATT_NOT_FOUND,           /* the peer has no such service; the characteristic has no configuration */
    KITH_GATT_TOO_LONG,            /* the value did not fit into the memory given */
    KITH_GATT_UNEXPECTED_RESPONSE, /* the peer answered something that was not asked */
    KITH_GATT_MALFORMED_RESPONSE,  /* the peer's answer contradicts itself or the question */
    KITH_GATT_TIMEOUT,             /* no answer for 30 seconds; no more ATT on this connection */
    KITH_GATT_LINK_LOST,
    KITH_GATT_NOT_SENT,   /* encryption was on its way and did not come about: the request was not sent in plain */
    KITH_GATT_NOT_ECHOED, /* the peer prepared something else than was sent: nothing was written */
    KITH_GATT_RESULT_COUNT
} kith_gatt_result;

const char *kith_gatt_result_name(kith_gatt_result result); /* "malformed-response"; never NULL */

/* One of several values that are written together. */
typedef struct {
    uint16_t handle;
    uint16_t len; /* up to 512 */
    const uint8_t *value;
} kith_gatt_write_part;

/* A value that was read by its UUID; with MTU - 4 octets it may have more: kith_gatt_read(). */
typedef struct {
    uint16_t handle;
    uint16_t len;
    const uint8_t *value; /* in the event */
} kith_gatt_value;

/* A primary service that was discovered on a peer. */
typedef struct {
    uint16_t first, last; /* its handles */
    kith_uuid uuid;       /* size 0: the one that was asked for */
} kith_gatt_service;

typedef struct {
    uint16_t handle;
    uint16_t first, last; /* of the service that is included */
    kith_uuid uuid;       /* size 0: one of 128 bits, which the declaration at first holds (kith_gatt_read()) */
} kith_gatt_include;

/* Any attribute in the range: a descriptor, where the range is that of a characteristic behind its value. */
typedef struct {
    uint16_t handle;
    kith_uuid uuid;
} kith_gatt_descriptor;

/* One attribute of what is known of a peer's table: kith_gatt_remote_next().  Values are none of them. */
typedef enum {
    KITH_REMOTE_SERVICE,        /* primary: first, last */
    KITH_REMOTE_SECONDARY,      /* service: first, last */
    KITH_REMOTE_INCLUDE,        /* first, last of the service that is included */
    KITH_REMOTE_CHARACTERISTIC, /* value_handle, properties */
    KITH_REMOTE_DESCRIPTOR
} kith_remote_kind;

typedef struct {
    kith_remote_kind kind;
    uint16_t handle; /* of the declaration, or of the descriptor */
    uint16_t first, last;
    uint16_t value_handle;
    uint8_t properties;
    kith_uuid uuid; /* of an include: size 0 */
} kith_remote_attribute;

/* A characteristic that was discovered on a peer. */
typedef struct {
    uint16_t declaration_handle;
    uint16_t value_handle;
    uint8_t properties;
    kith_uuid uuid;
} kith_gatt_found;

#endif
