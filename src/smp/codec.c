/* SMP PDUs to and from octets.  Core Vol 3 Part H 3.3 to 3.6. */
#include <string.h>

#include "kith/codec/smp.h"

static const struct {
    uint8_t len;
    const char *name;
} opcodes[] = {
    [KITH_SMP_PAIRING_REQUEST] = {7, "Pairing Request"},
    [KITH_SMP_PAIRING_RESPONSE] = {7, "Pairing Response"},
    [KITH_SMP_PAIRING_CONFIRM] = {17, "Pairing Confirm"},
    [KITH_SMP_PAIRING_RANDOM] = {17, "Pairing Random"},
    [KITH_SMP_PAIRING_FAILED] = {2, "Pairing Failed"},
    [KITH_SMP_ENCRYPTION_INFORMATION] = {17, "Encryption Information"},
    [KITH_SMP_CENTRAL_IDENTIFICATION] = {11, "Central Identification"},
    [KITH_SMP_IDENTITY_INFORMATION] = {17, "Identity Information"},
    [KITH_SMP_IDENTITY_ADDRESS_INFORMATION] = {8, "Identity Address Information"},
    [KITH_SMP_SIGNING_INFORMATION] = {17, "Signing Information"},
    [KITH_SMP_SECURITY_REQUEST] = {2, "Security Request"},
    [KITH_SMP_PAIRING_PUBLIC_KEY] = {65, "Pairing Public Key"},
    [KITH_SMP_PAIRING_DHKEY_CHECK] = {17, "Pairing DHKey Check"},
    [KITH_SMP_KEYPRESS_NOTIFICATION] = {2, "Keypress Notification"},
};

size_t kith_smp_pdu_len(uint8_t opcode)
{
    return opcode < sizeof opcodes / sizeof opcodes[0] ? opcodes[opcode].len : 0;
}

const char *kith_smp_opcode_name(uint8_t opcode)
{
    return kith_smp_pdu_len(opcode) != 0 ? opcodes[opcode].name : "reserved";
}

void kith_smp_encode_features(uint8_t opcode, const kith_pairing_features *features, uint8_t pdu[7])
{
    pdu[0] = opcode;
    pdu[1] = features->io_capability;
    pdu[2] = features->oob_flag;
    pdu[3] = features->auth_req;
    pdu[4] = features->max_key_size;
    pdu[5] = features->initiator_keys;
    pdu[6] = features->responder_keys;
}

kith_status kith_smp_decode_features(const uint8_t pdu[7], kith_pairing_features *features)
{
    features->io_capability = pdu[1];
    features->oob_flag = pdu[2];
    features->auth_req = pdu[3];
    features->max_key_size = pdu[4];
    features->initiator_keys = pdu[5];
    features->responder_keys = pdu[6];
    if (pdu[1] > KITH_IO_KEYBOARD_DISPLAY || pdu[2] > 1 || pdu[4] < 7 || pdu[4] > 16)
        return KITH_ERR_VALUE;
    return KITH_OK;
}
