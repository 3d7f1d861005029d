/* Security Manager PDUs.  Core Vol 3 Part H 3.
 *
 * A PDU is its opcode octet and its parameters; every opcode has one length.  Multi-octet values are
 * least significant octet first. */
#ifndef KITH_CODEC_SMP_H
#define KITH_CODEC_SMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/address.h"
#include "kith/status.h"

enum {
    KITH_SMP_PAIRING_REQUEST = 0x01,
    KITH_SMP_PAIRING_RESPONSE = 0x02,
    KITH_SMP_PAIRING_CONFIRM = 0x03,
    KITH_SMP_PAIRING_RANDOM = 0x04,
    KITH_SMP_PAIRING_FAILED = 0x05,
    KITH_SMP_ENCRYPTION_INFORMATION = 0x06,
    KITH_SMP_CENTRAL_IDENTIFICATION = 0x07,
    KITH_SMP_IDENTITY_INFORMATION = 0x08,
    KITH_SMP_IDENTITY_ADDRESS_INFORMATION = 0x09,
    KITH_SMP_SIGNING_INFORMATION = 0x0a,
    KITH_SMP_SECURITY_REQUEST = 0x0b,
    KITH_SMP_PAIRING_PUBLIC_KEY = 0x0c,
    KITH_SMP_PAIRING_DHKEY_CHECK = 0x0d,
    KITH_SMP_KEYPRESS_NOTIFICATION = 0x0e
};

enum { KITH_SMP_MAX_PDU = 65 };

/* Length of a PDU with this opcode, the opcode octet included; 0: the opcode is reserved. */
size_t kith_smp_pdu_len(uint8_t opcode);

/* "Pairing Request" and so on; "reserved" otherwise. */
const char *kith_smp_opcode_name(uint8_t opcode);

/* Vol 3 Part H 3.5.5 */
enum {
    KITH_SMP_PASSKEY_ENTRY_FAILED = 0x01,
    KITH_SMP_OOB_NOT_AVAILABLE = 0x02,
    KITH_SMP_AUTHENTICATION_REQUIREMENTS = 0x03,
    KITH_SMP_CONFIRM_VALUE_FAILED = 0x04,
    KITH_SMP_PAIRING_NOT_SUPPORTED = 0x05,
    KITH_SMP_ENCRYPTION_KEY_SIZE = 0x06,
    KITH_SMP_COMMAND_NOT_SUPPORTED = 0x07,
    KITH_SMP_UNSPECIFIED_REASON = 0x08,
    KITH_SMP_REPEATED_ATTEMPTS = 0x09,
    KITH_SMP_INVALID_PARAMETERS = 0x0a,
    KITH_SMP_DHKEY_CHECK_FAILED = 0x0b,
    KITH_SMP_NUMERIC_COMPARISON_FAILED = 0x0c,
    KITH_SMP_BREDR_PAIRING_IN_PROGRESS = 0x0d,
    KITH_SMP_CROSS_TRANSPORT_NOT_ALLOWED = 0x0e,
    KITH_SMP_KEY_REJECTED = 0x0f,
    KITH_SMP_BUSY = 0x10
};

/* IO capability, 3.5.1 */
typedef enum {
    KITH_IO_DISPLAY_ONLY = 0,
    KITH_IO_DISPLAY_YES_NO = 1,
    KITH_IO_KEYBOARD_ONLY = 2,
    KITH_IO_NO_INPUT_NO_OUTPUT = 3,
    KITH_IO_KEYBOARD_DISPLAY = 4
} kith_io_capability;

/* AuthReq bits.  The two reserved ones are sent as 0 and ignored when received. */
enum {
    KITH_AUTH_BONDING = 0x01,
    KITH_AUTH_BONDING_MASK = 0x03,
    KITH_AUTH_MITM = 0x04,
    KITH_AUTH_SC = 0x08,
    KITH_AUTH_KEYPRESS = 0x10,
    KITH_AUTH_CT2 = 0x20
};

/* Key distribution bits, 3.6.1 */
enum { KITH_KEY_ENC = 0x01, KITH_KEY_ID = 0x02, KITH_KEY_SIGN = 0x04, KITH_KEY_LINK = 0x08 };

/* Pairing Request and Pairing Response, in the order of their octets. */
typedef struct {
    uint8_t io_capability; /* kith_io_capability, or a reserved value as received */
    uint8_t oob_flag;      /* 0 or 1, or a reserved value as received */
    uint8_t auth_req;
    uint8_t max_key_size;
    uint8_t initiator_keys;
    uint8_t responder_keys;
} kith_pairing_features;

void kith_smp_encode_features(uint8_t opcode, const kith_pairing_features *features, uint8_t pdu[7]);

/* KITH_ERR_VALUE: io capability above 4, OOB flag above 1 or key size outside 7..16 (answered Invalid
 * Parameters, as 3.3 allows); features is filled all the same, for the verdict. */
KITH_MUST_USE kith_status kith_smp_decode_features(const uint8_t pdu[7], kith_pairing_features *features);

#endif
