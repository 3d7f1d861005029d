/* Names of status and error codes, as the Core specification writes them: Vol 1 Part F (controller),
 * Vol 3 Part F 3.4.1.1 (ATT), Core Specification Supplement Part B (0xE0 and up), Vol 3 Part H 3.5.5 (SMP).
 *
 * Where the controller's name for BR/EDR and for LE differ, the LE one stands. */
#include "kith/status.h"

#include <stddef.h>

/* Tables have holes: reserved codes. */
static const char *name_at(const char *const *names, size_t count, unsigned code)
{
    return code < count && names[code] != NULL ? names[code] : "unknown";
}

#define NAME_AT(names, code) name_at(names, sizeof(names) / sizeof((names)[0]), code)

const char *kith_status_name(kith_status status)
{
    static const char *const names[] = {
        [KITH_OK] = "OK",
        [KITH_ERR_VALUE] = "value out of range",
        [KITH_ERR_STATE] = "not possible now",
        [KITH_ERR_FULL] = "no room",
        [KITH_ERR_BUSY] = "busy",
        [KITH_ERR_NOT_FOUND] = "not found",
        [KITH_ERR_UNSUPPORTED] = "unsupported",
        [KITH_ERR_ENTROPY] = "no randomness",
        [KITH_ERR_CRYPTO] = "cryptography failed",
        [KITH_ERR_STORAGE] = "storage failed",
        [KITH_ERR_DAMAGED] = "damaged, or not what it should be",
        [KITH_ERR_NEWER] = "made by a newer version",
        [KITH_ERR_BACKOFF] = "too soon after failed attempts",
        [KITH_ERR_USED_UP] = "counter used up",
        [KITH_ERR_INSECURE] = "the link is not secure enough",
        [KITH_ERR_IO] = "input/output failed",
        [KITH_ERR_UNSEALED] = "not sealed",
        [KITH_ERR_NO_KEY] = "key not there",
        [KITH_ERR_ROLLED_BACK] = "rolled back",
        [KITH_ERR_EXISTS] = "exists already",
        [KITH_ERR_IN_USE] = "in use",
    };

    return NAME_AT(names, (unsigned)status);
}

const char *kith_hci_status_name(kith_hci_status status)
{
    static const char *const names[] = {
        [0x00] = "Success",
        [0x01] = "Unknown HCI Command",
        [0x02] = "Unknown Connection Identifier",
        [0x03] = "Hardware Failure",
        [0x04] = "Page Timeout",
        [0x05] = "Authentication Failure",
        [0x06] = "PIN or Key Missing",
        [0x07] = "Memory Capacity Exceeded",
        [0x08] = "Connection Timeout",
        [0x09] = "Connection Limit Exceeded",
        [0x0a] = "Synchronous Connection Limit To A Device Exceeded",
        [0x0b] = "Connection Already Exists",
        [0x0c] = "Command Disallowed",
        [0x0d] = "Connection Rejected due to Limited Resources",
        [0x0e] = "Connection Rejected Due To Security Reasons",
        [0x0f] = "Connection Rejected due to Unacceptable BD_ADDR",
        [0x10] = "Connection Accept Timeout Exceeded",
        [0x11] = "Unsupported Feature or Parameter Value",
        [0x12] = "Invalid HCI Command Parameters",
        [0x13] = "Remote User Terminated Connection",
        [0x14] = "Remote Device Terminated Connection due to Low Resources",
        [0x15] = "Remote Device Terminated Connection due to Power Off",
        [0x16] = "Connection Terminated By Local Host",
        [0x17] = "Repeated Attempts",
        [0x18] = "Pairing Not Allowed",
        [0x19] = "Unknown LMP PDU",
        [0x1a] = "Unsupported Remote Feature",
        [0x1b] = "SCO Offset Rejected",
        [0x1c] = "SCO Interval Rejected",
        [0x1d] = "SCO Air Mode Rejected",
        [0x1e] = "Invalid LL Parameters",
        [0x1f] = "Unspecified Error",
        [0x20] = "Unsupported LL Parameter Value",
        [0x21] = "Role Change Not Allowed",
        [0x22] = "LL Response Timeout",
        [0x23] = "LL Procedure Collision",
        [0x24] = "LMP PDU Not Allowed",
        [0x25] = "Encryption Mode Not Acceptable",
        [0x26] = "Link Key cannot be Changed",
        [0x27] = "Requested QoS Not Supported",
        [0x28] = "Instant Passed",
        [0x29] = "Pairing With Unit Key Not Supported",
        [0x2a] = "Different Transaction Collision",
        [0x2c] = "QoS Unacceptable Parameter",
        [0x2d] = "QoS Rejected",
        [0x2e] = "Channel Classification Not Supported",
        [0x2f] = "Insufficient Security",
        [0x30] = "Parameter Out Of Mandatory Range",
        [0x32] = "Role Switch Pending",
        [0x34] = "Reserved Slot Violation",
        [0x35] = "Role Switch Failed",
        [0x36] = "Extended Inquiry Response Too Large",
        [0x37] = "Secure Simple Pairing Not Supported By Host",
        [0x38] = "Host Busy - Pairing",
        [0x39] = "Connection Rejected due to No Suitable Channel Found",
        [0x3a] = "Controller Busy",
        [0x3b] = "Unacceptable Connection Parameters",
        [0x3c] = "Advertising Timeout",
        [0x3d] = "Connection Terminated due to MIC Failure",
        [0x3e] = "Connection Failed to be Established",
        [0x3f] = "MAC Connection Failed",
        [0x40] = "Coarse Clock Adjustment Rejected but Will Try to Adjust Using Clock Dragging",
        [0x41] = "Type0 Submap Not Defined",
        [0x42] = "Unknown Advertising Identifier",
        [0x43] = "Limit Reached",
        [0x44] = "Operation Cancelled by Host",
        [0x45] = "Packet Too Long",
    };

    return NAME_AT(names, status);
}

const char *kith_att_error_name(kith_att_error error)
{
    static const char *const names[] = {
        [0x01] = "Invalid Handle",
        [0x02] = "Read Not Permitted",
        [0x03] = "Write Not Permitted",
        [0x04] = "Invalid PDU",
        [0x05] = "Insufficient Authentication",
        [0x06] = "Request Not Supported",
        [0x07] = "Invalid Offset",
        [0x08] = "Insufficient Authorization",
        [0x09] = "Prepare Queue Full",
        [0x0a] = "Attribute Not Found",
        [0x0b] = "Attribute Not Long",
        [0x0c] = "Encryption Key Size Too Short",
        [0x0d] = "Invalid Attribute Value Length",
        [0x0e] = "Unlikely Error",
        [0x0f] = "Insufficient Encryption",
        [0x10] = "Unsupported Group Type",
        [0x11] = "Insufficient Resources",
        [0x12] = "Database Out Of Sync",
        [0x13] = "Value Not Allowed",
    };
    static const char *const common_profile[] = {
        "Write Request Rejected",
        "Client Characteristic Configuration Descriptor Improperly Configured",
        "Procedure Already in Progress",
        "Out of Range",
    };

    if (error >= 0x80 && error <= 0x9f)
        return "Application Error";
    if (error >= 0xfc)
        return common_profile[error - 0xfc];
    return NAME_AT(names, error);
}

const char *kith_smp_reason_name(kith_smp_reason reason)
{
    static const char *const names[] = {
        [0x01] = "Passkey Entry Failed",
        [0x02] = "OOB Not Available",
        [0x03] = "Authentication Requirements",
        [0x04] = "Confirm Value Failed",
        [0x05] = "Pairing Not Supported",
        [0x06] = "Encryption Key Size",
        [0x07] = "Command Not Supported",
        [0x08] = "Unspecified Reason",
        [0x09] = "Repeated Attempts",
        [0x0a] = "Invalid Parameters",
        [0x0b] = "DHKey Check Failed",
        [0x0c] = "Numeric Comparison Failed",
        [0x0d] = "BR/EDR Pairing in Progress",
        [0x0e] = "Cross-transport Key Derivation/Generation Not Allowed",
        [0x0f] = "Key Rejected",
        [0x10] = "Busy",
    };

    return NAME_AT(names, reason);
}
