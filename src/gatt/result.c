/* Names of how operations on a peer's attributes end. */
#include "kith/gatt.h"

static const char *const names[KITH_GATT_RESULT_COUNT] = {
    [KITH_GATT_OK] = "ok",
    [KITH_GATT_ATT_ERROR] = "att-error",
    [KITH_GATT_NOT_FOUND] = "not-found",
    [KITH_GATT_TOO_LONG] = "too-long",
    [KITH_GATT_UNEXPECTED_RESPONSE] = "unexpected-response",
    [KITH_GATT_MALFORMED_RESPONSE] = "malformed-response",
    [KITH_GATT_TIMEOUT] = "timeout",
    [KITH_GATT_LINK_LOST] = "link-lost",
    [KITH_GATT_NOT_ECHOED] = "not-echoed",
    [KITH_GATT_NOT_SENT] = "not-sent",
};

const char *kith_gatt_result_name(kith_gatt_result result)
{
    return (unsigned)result < KITH_GATT_RESULT_COUNT ? names[result] : "unknown";
}
