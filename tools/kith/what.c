/* Reading what is meant. */
#include <stdlib.h>
#include <string.h>

#include "what.h"

/* Beyond what strtoul() wants to see: no sign, no blank. */
static bool parse_handle(const char *text, uint16_t *handle)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    unsigned long number;
    char *end;

    if (strspn(text + (is_hex ? 2 : 0), is_hex ? "0123456789abcdefABCDEF" : "0123456789") !=
        strlen(text) - (is_hex ? 2 : 0))
        return false;
    number = strtoul(text, &end, is_hex ? 16 : 10);
    if (end == text || *end != '\0' || number == 0 || number > UINT16_MAX)
        return false;
    *handle = (uint16_t)number;
    return true;
}

static bool parse_both(what *w, const char *text, size_t service_len)
{
    char service[KITH_UUID_TEXT];

    if (service_len >= sizeof service)
        return false;
    memcpy(service, text, service_len);
    service[service_len] = '\0';
    w->kind = WHAT_IN_SERVICE;
    return kith_uuid_parse(service, &w->service) == KITH_OK &&
           kith_uuid_parse(text + service_len + 1, &w->characteristic) == KITH_OK;
}

bool what_parse(what *w, const char *text)
{
    const char *slash = strchr(text, '/');

    memset(w, 0, sizeof *w);
    w->text = text;
    if (slash != NULL)
        return parse_both(w, text, (size_t)(slash - text));
    if (kith_uuid_parse(text, &w->characteristic) == KITH_OK) {
        w->kind = WHAT_UUID;
        return true;
    }
    w->kind = WHAT_HANDLE;
    return parse_handle(text, &w->handle);
}

void what_parse_or_say(what *w, const char *text, struct argp_state *state)
{
    if (!what_parse(w, text))
        argp_error(
            state,
            "'%s' is no attribute: a handle is written 0x0010 or 16, a characteristic 2a19, or by its long UUID, "
            "or with its service as 180f/2a19",
            text);
}
