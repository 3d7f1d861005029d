/* How a call ended, in words. */
#include <stdio.h>

#include "blocking_inside.h"

const char *kith_call_name(kith_call call)
{
    static const char *const names[KITH_CALL_COUNT] = {
        [KITH_CALL_OK] = "ok",
        [KITH_CALL_REFUSED] = "refused",
        [KITH_CALL_TIME_IS_UP] = "time-is-up",
        [KITH_CALL_FAILED] = "failed",
        [KITH_CALL_LINK_LOST] = "link-lost",
        [KITH_CALL_CONTROLLER_LOST] = "controller-lost",
        [KITH_CALL_STOPPED] = "stopped",
    };

    return (unsigned)call < KITH_CALL_COUNT ? names[call] : "unknown";
}

static size_t length(int printed)
{
    return printed < 0 ? 0 : (size_t)printed;
}

static size_t describe_failure(const kith_blocking *b, char *text, size_t cap)
{
    char verdict[400];

    if (b->has_verdict) {
        (void)kith_verdict_describe(&b->verdict, verdict, sizeof verdict);
        return length(snprintf(text, cap, "%s: %s", b->name, verdict));
    }
    if (b->gatt == KITH_GATT_ATT_ERROR)
        return length(snprintf(text, cap, "%s: %s", b->name, kith_att_error_name(b->att_error)));
    if (b->gatt != KITH_GATT_OK)
        return length(snprintf(text, cap, "%s: %s", b->name, kith_gatt_result_name(b->gatt)));
    if (b->hci_status != 0)
        return length(snprintf(text, cap, "%s: %s", b->name, kith_hci_status_name(b->hci_status)));
    return length(snprintf(text, cap, "%s: %s", b->name, b->detail != NULL ? b->detail : kith_status_name(b->status)));
}

size_t kith_blocking_describe(const kith_blocking *b, char *text, size_t cap)
{
    switch (b->call) {
    case KITH_CALL_OK:
        return length(snprintf(text, cap, "%s: done", b->name));
    case KITH_CALL_REFUSED:
        return length(snprintf(text, cap, "%s: refused: %s", b->name,
                               b->detail != NULL ? b->detail : kith_status_name(b->status)));
    case KITH_CALL_TIME_IS_UP:
        return length(snprintf(text, cap, "%s: not within %u ms%s%s", b->name, (unsigned)b->max_ms,
                               b->detail != NULL ? ": " : "", b->detail != NULL ? b->detail : ""));
    case KITH_CALL_FAILED:
        return describe_failure(b, text, cap);
    case KITH_CALL_LINK_LOST:
        return length(snprintf(text, cap, "%s: the link was lost: %s", b->name,
                               b->hci_status != 0 ? kith_hci_status_name(b->hci_status) : "nobody said why"));
    case KITH_CALL_CONTROLLER_LOST:
        return length(snprintf(text, cap, "%s: the controller was lost", b->name));
    default:
        return length(snprintf(text, cap, "%s: stopped", b->name));
    }
}
