/* Attribute Protocol PDUs.  Core Vol 3 Part F 3.
 *
 * One struct holds any PDU, one call reads it and one writes it; lengths are checked strictly. */
#ifndef KITH_CODEC_ATT_H
#define KITH_CODEC_ATT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/status.h"
#include "kith/uuid.h"

/* 3.4.8 */
enum {
    KITH_ATT_ERROR_RESPONSE = 0x01,
    KITH_ATT_EXCHANGE_MTU_REQUEST = 0x02,
    KITH_ATT_EXCHANGE_MTU_RESPONSE = 0x03,
    KITH_ATT_FIND_INFORMATION_REQUEST = 0x04,
    KITH_ATT_FIND_INFORMATION_RESPONSE = 0x05,
    KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST = 0x06,
    KITH_ATT_FIND_BY_TYPE_VALUE_RESPONSE = 0x07,
    KITH_ATT_READ_BY_TYPE_REQUEST = 0x08,
    KITH_ATT_READ_BY_TYPE_RESPONSE = 0x09,
    KITH_ATT_READ_REQUEST = 0x0a,
    KITH_ATT_READ_RESPONSE = 0x0b,
    KITH_ATT_READ_BLOB_REQUEST = 0x0c,
    KITH_ATT_READ_BLOB_RESPONSE = 0x0d,
    KITH_ATT_READ_MULTIPLE_REQUEST = 0x0e,
    KITH_ATT_READ_MULTIPLE_RESPONSE = 0x0f,
    KITH_ATT_READ_BY_GROUP_TYPE_REQUEST = 0x10,
    KITH_ATT_READ_BY_GROUP_TYPE_RESPONSE = 0x11,
    KITH_ATT_WRITE_REQUEST = 0x12,
    KITH_ATT_WRITE_RESPONSE = 0x13,
    KITH_ATT_PREPARE_WRITE_REQUEST = 0x16,
    KITH_ATT_PREPARE_WRITE_RESPONSE = 0x17,
    KITH_ATT_EXECUTE_WRITE_REQUEST = 0x18,
    KITH_ATT_EXECUTE_WRITE_RESPONSE = 0x19,
    KITH_ATT_HANDLE_VALUE_NOTIFICATION = 0x1b,
    KITH_ATT_HANDLE_VALUE_INDICATION = 0x1d,
    KITH_ATT_HANDLE_VALUE_CONFIRMATION = 0x1e,
    KITH_ATT_READ_MULTIPLE_VARIABLE_REQUEST = 0x20,
    KITH_ATT_READ_MULTIPLE_VARIABLE_RESPONSE = 0x21,
    KITH_ATT_MULTIPLE_HANDLE_VALUE_NOTIFICATION = 0x23,
    KITH_ATT_WRITE_COMMAND = 0x52,
    KITH_ATT_SIGNED_WRITE_COMMAND = 0xd2
};

/* 3.4.1.1; named by kith_att_error_name() */
enum {
    KITH_ATT_ERROR_NONE = 0x00, /* not on the wire: no error */
    KITH_ATT_ERROR_INVALID_HANDLE = 0x01,
    KITH_ATT_ERROR_READ_NOT_PERMITTED = 0x02,
    KITH_ATT_ERROR_WRITE_NOT_PERMITTED = 0x03,
    KITH_ATT_ERROR_INVALID_PDU = 0x04,
    KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION = 0x05,
    KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED = 0x06,
    KITH_ATT_ERROR_INVALID_OFFSET = 0x07,
    KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION = 0x08,
    KITH_ATT_ERROR_PREPARE_QUEUE_FULL = 0x09,
    KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND = 0x0a,
    KITH_ATT_ERROR_ATTRIBUTE_NOT_LONG = 0x0b,
    KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT = 0x0c,
    KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH = 0x0d,
    KITH_ATT_ERROR_UNLIKELY_ERROR = 0x0e,
    KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION = 0x0f,
    KITH_ATT_ERROR_UNSUPPORTED_GROUP_TYPE = 0x10,
    KITH_ATT_ERROR_INSUFFICIENT_RESOURCES = 0x11,
    KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC = 0x12,
    KITH_ATT_ERROR_VALUE_NOT_ALLOWED = 0x13,
    KITH_ATT_ERROR_APPLICATION_FIRST = 0x80, /* 0x80..0x9f: the program's own */
    KITH_ATT_ERROR_APPLICATION_LAST = 0x9f
};

enum {
    KITH_ATT_DEFAULT_MTU = 23, /* also the smallest */
    KITH_ATT_MAX_VALUE = 512,  /* 3.2.9: no attribute is longer */
    KITH_ATT_MAX_MTU = 517,    /* more buys nothing: a whole value and its header fit */
    KITH_ATT_ERROR_RESPONSE_LEN = 5,
    KITH_ATT_SIGNATURE = 12,    /* octets of an authentication signature: counter and code, Vol 3 Part C 10.4.1 */
    KITH_ATT_TIMEOUT_MS = 30000 /* 3.3.3: of one transaction; afterwards the bearer is dead */
};

typedef enum {
    KITH_ATT_KIND_COMMAND,  /* to the server; never answered */
    KITH_ATT_KIND_REQUEST,  /* to the server; an opcode nobody knows is one of these or a command, by its flag */
    KITH_ATT_KIND_RESPONSE, /* to the client, Error Response among them */
    KITH_ATT_KIND_NOTIFICATION,
    KITH_ATT_KIND_INDICATION,  /* to the client, which confirms */
    KITH_ATT_KIND_CONFIRMATION /* to the server */
} kith_att_kind;

kith_att_kind kith_att_kind_of(uint8_t opcode);

/* "Read By Type Request"; "unknown" where it has no name. */
const char *kith_att_opcode_name(uint8_t opcode);

/* Any PDU.  Only the fields that the opcode has mean something; the others are 0. */
typedef struct {
    uint8_t opcode;
    uint8_t request_opcode; /* Error Response: what was asked */
    kith_att_error error;   /* Error Response */
    uint16_t mtu;           /* Exchange MTU */
    uint16_t handle;        /* the attribute, or the first of a range */
    uint16_t end_handle;    /* the last of a range */
    uint16_t offset;        /* Read Blob, Prepare Write */
    uint8_t flags;          /* Execute Write: KITH_ATT_EXECUTE_CANCEL, KITH_ATT_EXECUTE_WRITE */
    kith_uuid type;         /* of the attribute or group asked for */
    uint8_t entry_len;      /* lists of entries of one length: octets of each, its handles included */
    /* The value, or the list; points into the PDU; may be NULL when value_len is 0.  Read Multiple (Variable) Request:
     * two handles or more, two octets each.  Read Multiple Variable Response: values, each behind its length (2); the
     * last may be cut short.  Multiple Handle Value Notification: two or more of handle (2), length (2), value. */
    const uint8_t *value;
    size_t value_len;
    const uint8_t *signature; /* Signed Write Command: KITH_ATT_SIGNATURE octets, looked at by nobody here */
} kith_att_pdu;

enum { KITH_ATT_EXECUTE_CANCEL = 0x00, KITH_ATT_EXECUTE_WRITE = 0x01 };

/* Reads one PDU.  A list is whole entries and at least one.  Ranges, handles and flags are not judged.
 *
 * KITH_ERR_VALUE        the length is wrong for this opcode (or is 0), or a UUID or entry size is impossible
 * KITH_ERR_UNSUPPORTED  the opcode is none of those that this codec knows; pdu->opcode is set */
KITH_MUST_USE kith_status kith_att_decode(const uint8_t *in, size_t len, kith_att_pdu *pdu);

/* Writes one PDU.  Returns its length; 0: opcode not known, fields impossible, or more than cap. */
size_t kith_att_encode(const kith_att_pdu *pdu, uint8_t *out, size_t cap);

#endif
