/* A sentence for each ATT error (Core Vol 3 Part F 3.4.1.1) and for each other end.  What helps against a refusal for
 * security depends on how the link is protected now. */
#include <stdio.h>

#include "command.h"
#include "kith/codec/att.h"
#include "trouble.h"
#include "trouble_att.h"

enum { ADVICE = 256 };

static const char *const of_errors[] = {
    [KITH_ATT_ERROR_INVALID_HANDLE] = "it has no attribute there; `kith info' lists what it has",
    [KITH_ATT_ERROR_READ_NOT_PERMITTED] = "nobody may read this; `kith info' tells what may be done with it",
    [KITH_ATT_ERROR_WRITE_NOT_PERMITTED] = "nobody may write this so; `kith info' tells what may be done with it",
    [KITH_ATT_ERROR_INVALID_PDU] = "it did not understand the request",
    [KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED] = "it does not know this kind of request; try another way to ask",
    [KITH_ATT_ERROR_INVALID_OFFSET] = "the value is not that long",
    [KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION] = "its own program or owner has to allow it; pairing does not",
    [KITH_ATT_ERROR_PREPARE_QUEUE_FULL] = "it cannot hold so much before it is written; write less at once",
    [KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND] = "it has nothing of that kind there; `kith info' lists what it has",
    [KITH_ATT_ERROR_ATTRIBUTE_NOT_LONG] = "this value cannot be read or written in parts",
    [KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH] = "the value is too long or too short for it",
    [KITH_ATT_ERROR_UNLIKELY_ERROR] = "something went wrong on its side; try again",
    [KITH_ATT_ERROR_INSUFFICIENT_RESOURCES] = "it has no room for that now; try again later",
    [KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC] = "its attributes have changed; try again, they are looked through anew",
    [KITH_ATT_ERROR_VALUE_NOT_ALLOWED] = "it does not take this value",
};

/* Core Specification Supplement Part B 1. */
static const char *of_profiles(kith_att_error error)
{
    switch (error) {
    case 0xfc:
        return "it does not take this value now, for a reason of its profile";
    case 0xfd:
        return "it must be subscribed to first; `kith subscribe' does that";
    case 0xfe:
        return "it is busy with what was asked before; try again later";
    case 0xff:
        return "the value is out of its range";
    default:
        return "an error of its own program: its documents say what it means";
    }
}

/* What kith_gatt_raise does not do by itself. */
static const char *of_security(const errand_site *site, char text[ADVICE])
{
    kith_event_security now;
    bool is_plain = kith_security_of(site->host, site->link, &now) != KITH_OK || now.key_size == 0;

    if (is_plain && !site->may_pair)
        return "it wants a link that is encrypted, and --no-pair forbids to pair";
    if (is_plain)
        return "it wants a link that is encrypted; `kith pair' says why that does not come about";
    (void)snprintf(
        text, ADVICE,
        "it wants more than this link has (level %d, %s); `kith pair --again --level %s' makes a better bond",
        (int)now.level, kith_level_name(now.level),
        now.level < KITH_LEVEL_AUTHENTICATED ? "authenticated" : "sc-authenticated");
    return text;
}

static const char *of_error(const errand_site *site, const kith_event_gatt *end, char text[ADVICE])
{
    size_t error = end->att_error;

    if (trouble_is_security(end))
        return of_security(site, text);
    if (error < sizeof of_errors / sizeof of_errors[0] && of_errors[error] != NULL)
        return of_errors[error];
    return of_profiles(end->att_error);
}

static const char *of_result(kith_gatt_result result)
{
    switch (result) {
    case KITH_GATT_NOT_FOUND:
        return "there is none; `kith info' lists what it has";
    case KITH_GATT_TOO_LONG:
        return "the value is longer than --mtu lets this side hold; leave --mtu out";
    case KITH_GATT_UNEXPECTED_RESPONSE:
        return "it answered something that was not asked";
    case KITH_GATT_MALFORMED_RESPONSE:
        return "its answer contradicts itself or the question";
    case KITH_GATT_TIMEOUT:
        return "it did not answer for 30 seconds; connect again";
    case KITH_GATT_NOT_SENT:
        return "the link did not become encrypted, and it was not asked in plain";
    case KITH_GATT_NOT_ECHOED:
        return "it prepared something else than was sent, so nothing was written";
    default:
        return "it failed";
    }
}

void trouble_att(const errand_site *site, const char *what, const kith_event_gatt *end)
{
    char text[ADVICE];

    if (end->result == KITH_GATT_ATT_ERROR)
        (void)complain("'%s': %s: %s (0x%02x), %s", site->peer, what, kith_att_error_name(end->att_error),
                       end->att_error, of_error(site, end, text));
    else
        (void)complain("'%s': %s: %s, %s", site->peer, what, kith_gatt_result_name(end->result),
                       of_result(end->result));
}

void trouble_call(const errand_site *site, const char *what, kith_status status)
{
    if (status == KITH_ERR_STATE)
        (void)complain("'%s': %s: no more can be asked on this connection", site->peer, what);
    else
        (void)complain("'%s': %s: %s", site->peer, what, kith_status_name(status));
}
