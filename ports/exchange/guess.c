/* Which format a text has, by what is surely in each. */
#include <string.h>

#include "inside.h"

static kith_exchange_format guess_json(exch_span text)
{
    static const char mark[] = "\"kith\"";

    if (text.at[0] == '[')
        return KITH_EXCHANGE_AIOBLE;
    for (size_t i = 0; i + sizeof mark - 1 <= text.len; i++)
        if (memcmp(text.at + i, mark, sizeof mark - 1) == 0)
            return KITH_EXCHANGE_JSON;
    return KITH_EXCHANGE_BUMBLE;
}

/* A group that only one of them has. */
static kith_exchange_format guess_group(exch_span name)
{
    static const char *const bluez[] = {"General",
                                        "LongTermKey",
                                        "PeripheralLongTermKey",
                                        "SlaveLongTermKey",
                                        "IdentityResolvingKey",
                                        "LocalSignatureKey",
                                        "RemoteSignatureKey",
                                        "LinkKey"};
    static const char *const android[] = {"Info", "Metrics", "Adapter", "Local"};
    kith_address address;

    for (size_t i = 0; i < sizeof bluez / sizeof bluez[0]; i++)
        if (exch_is(name, bluez[i]))
            return KITH_EXCHANGE_BLUEZ;
    for (size_t i = 0; i < sizeof android / sizeof android[0]; i++)
        if (exch_is(name, android[i]))
            return KITH_EXCHANGE_ANDROID;
    return exch_address(name, &address) ? KITH_EXCHANGE_ANDROID : KITH_EXCHANGE_NONE;
}

static kith_exchange_format guess_groups(exch_span text)
{
    exch_lines lines = {.rest = text};
    exch_span line, name, value;
    kith_exchange_format which = KITH_EXCHANGE_NONE;

    while (which == KITH_EXCHANGE_NONE && exch_next_line(&lines, &line))
        if (exch_split(line, &name, &value) == EXCH_GROUP)
            which = guess_group(name);
    return which;
}

/* A list of lists, or an empty one; and no group of a file in groups. */
static bool is_json_list(exch_span text)
{
    size_t i = 1;

    while (i < text.len && (text.at[i] == ' ' || text.at[i] == '\t' || text.at[i] == '\r' || text.at[i] == '\n'))
        i++;
    return i < text.len && (text.at[i] == '[' || text.at[i] == ']');
}

kith_exchange_format kith_exchange_guess(const void *octets, size_t len)
{
    exch_span text = {octets, len};

    if (len >= 2 && memcmp(octets, "\xff\xfe", 2) == 0)
        return KITH_EXCHANGE_WINDOWS;
    if (len >= 3 && memcmp(octets, "\xef\xbb\xbf", 3) == 0)
        text = (exch_span){text.at + 3, len - 3};
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t' || text.at[0] == '\r' || text.at[0] == '\n')) {
        text.at++;
        text.len--;
    }
    if (text.len == 0)
        return KITH_EXCHANGE_NONE;
    if (exch_begins(text, "Windows Registry Editor") || exch_begins(text, "REGEDIT4"))
        return KITH_EXCHANGE_WINDOWS;
    if (text.at[0] == '{' || (text.at[0] == '[' && is_json_list(text)))
        return guess_json(text);
    return guess_groups(text);
}
