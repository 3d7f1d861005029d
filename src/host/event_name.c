/* Events and lacks by name.  For logs and scripts. */
#include "kith/event.h"

const char *kith_event_name(kith_event_kind kind)
{
    static const char *const names[] = {
        [KITH_EVENT_NONE] = "none",
        [KITH_EVENT_STORE_LOADED] = "store-loaded",
        [KITH_EVENT_READY] = "ready",
        [KITH_EVENT_START_FAILED] = "start-failed",
        [KITH_EVENT_CONTROLLER_LOST] = "controller-lost",
        [KITH_EVENT_ADVERTISING] = "advertising",
        [KITH_EVENT_SCANNING] = "scanning",
        [KITH_EVENT_REPORT] = "report",
        [KITH_EVENT_FOUND] = "found",
        [KITH_EVENT_CONNECTED] = "connected",
        [KITH_EVENT_CONNECT_FAILED] = "connect-failed",
        [KITH_EVENT_PARAMETERS] = "parameters",
        [KITH_EVENT_PARAMETERS_WANTED] = "parameters-wanted",
        [KITH_EVENT_RSSI] = "rssi",
        [KITH_EVENT_PHY] = "phy",
        [KITH_EVENT_DATA_LENGTH] = "data-length",
        [KITH_EVENT_DISCONNECTED] = "disconnected",
        [KITH_EVENT_RECONNECTING] = "reconnecting",
        [KITH_EVENT_SECURITY_REQUESTED] = "security-requested",
        [KITH_EVENT_SECURITY_WANTED] = "security-wanted",
        [KITH_EVENT_SECURITY_STARTED] = "security-started",
        [KITH_EVENT_CONSENT_WANTED] = "consent-wanted",
        [KITH_EVENT_COMPARISON_WANTED] = "comparison-wanted",
        [KITH_EVENT_PASSKEY_SHOWN] = "passkey-shown",
        [KITH_EVENT_PASSKEY_WANTED] = "passkey-wanted",
        [KITH_EVENT_KEYPRESS] = "keypress",
        [KITH_EVENT_OOB_WANTED] = "oob-wanted",
        [KITH_EVENT_OOB_READY] = "oob-ready",
        [KITH_EVENT_KEY] = "key",
        [KITH_EVENT_SECURITY_CHANGED] = "security-changed",
        [KITH_EVENT_PAYLOAD_TIMEOUT] = "payload-timeout",
        [KITH_EVENT_PAIRED] = "paired",
        [KITH_EVENT_PAIRING_FAILED] = "pairing-failed",
        [KITH_EVENT_ENCRYPTED] = "encrypted",
        [KITH_EVENT_ENCRYPTION_FAILED] = "encryption-failed",
        [KITH_EVENT_BONDED] = "bonded",
        [KITH_EVENT_BOND_FAILED] = "bond-failed",
        [KITH_EVENT_ROOM_WANTED] = "room-wanted",
        [KITH_EVENT_FORGOTTEN] = "forgotten",
        [KITH_EVENT_FORGOTTEN_ALL] = "forgotten-all",
        [KITH_EVENT_PEER_DATA] = "peer-data",
        [KITH_EVENT_STORE_FAILED] = "store-failed",
        [KITH_EVENT_STORE_COLLECTED] = "store-collected",
        [KITH_EVENT_ALLOW_LIST] = "allow-list",
        [KITH_EVENT_ALLOW_LIST_WANTED] = "allow-list-wanted",
        [KITH_EVENT_DEVICE_IDENTITIES] = "device-identities",
        [KITH_EVENT_IDENTITY] = "identity",
        [KITH_EVENT_RESET] = "reset",
        [KITH_EVENT_READ_WANTED] = "read-wanted",
        [KITH_EVENT_WRITE_WANTED] = "write-wanted",
        [KITH_EVENT_WRITE_COMMAND] = "write-command",
        [KITH_EVENT_AUTHORIZATION_WANTED] = "authorization-wanted",
        [KITH_EVENT_VALUE_WRITTEN] = "value-written",
        [KITH_EVENT_SUBSCRIBED] = "subscribed",
        [KITH_EVENT_INDICATED] = "indicated",
        [KITH_EVENT_TABLE_TOLD] = "table-told",
        [KITH_EVENT_SERVICES] = "services",
        [KITH_EVENT_INCLUDES] = "includes",
        [KITH_EVENT_DESCRIPTORS] = "descriptors",
        [KITH_EVENT_CHARACTERISTICS] = "characteristics",
        [KITH_EVENT_DISCOVERED] = "discovered",
        [KITH_EVENT_VALUES] = "values",
        [KITH_EVENT_READ] = "read",
        [KITH_EVENT_WRITTEN] = "written",
        [KITH_EVENT_SUBSCRIPTION_WRITTEN] = "subscription-written",
        [KITH_EVENT_NOTIFIED] = "notified",
        [KITH_EVENT_TABLE_CHANGED] = "table-changed",
        [KITH_EVENT_MTU] = "mtu",
    };

    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

const char *kith_parameters_result_name(kith_parameters_result result)
{
    static const char *const names[] = {
        [KITH_PARAMETERS_CHANGED] = "changed",     [KITH_PARAMETERS_REFUSED] = "refused by the peer",
        [KITH_PARAMETERS_FAILED] = "failed",       [KITH_PARAMETERS_TIMEOUT] = "no answer in time",
        [KITH_PARAMETERS_LINK_LOST] = "link lost",
    };

    return (unsigned)result < sizeof names / sizeof names[0] ? names[result] : "unknown";
}

const char *kith_lack_name(uint32_t lacks)
{
    static const char *const names[] = {
        "Bluetooth Low Energy",
        "LE encryption",
        "a public address",
        "buffers for LE data",
        "legacy advertising",
        "legacy scanning",
        "LE connection initiation",
        "data length extension",
        "a resolving list (link layer privacy)",
        "LE Ping (the authenticated payload timeout)",
        "a filter accept list",
        "extended advertising",
        "privacy modes",
        "the link layer's request for connection parameters",
        "LE 2M",
        "LE Coded",
    };

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((lacks & 1u << i) != 0)
            return names[i];
    return NULL;
}
