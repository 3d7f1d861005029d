/* Bonds in words and as JSON.  Times are local for people and UTC for programs. */
#include <stdio.h>
#include <time.h>

#include "bond_text.h"
#include "sentence.h"

enum { NAMED_ADDRESS = BOND_ADDRESS_TEXT, TIME_TEXT = BOND_TIME_TEXT };

char *bond_address_text(const kith_address *address, char text[NAMED_ADDRESS])
{
    char octets[KITH_ADDRESS_TEXT];

    (void)snprintf(text, NAMED_ADDRESS, "%s (%s)", kith_address_format(address, octets), address_type_name(address));
    return text;
}

/* What strftime() cannot write, or nobody told, is empty. */
static char *format_time(uint64_t seconds, const char *format, struct tm *(*split)(const time_t *, struct tm *),
                         char text[TIME_TEXT])
{
    time_t time = (time_t)seconds;
    struct tm parts;

    text[0] = '\0';
    if (seconds != 0 && split(&time, &parts) != NULL && strftime(text, TIME_TEXT, format, &parts) == 0)
        text[0] = '\0';
    return text;
}

const char *bond_made_text(const kith_bond_info *bond, char text[TIME_TEXT])
{
    format_time(bond->made_s, "%Y-%m-%d %H:%M", localtime_r, text);
    return text[0] != '\0' ? text : "not known";
}

void bond_print_heading(void)
{
    printf("%4s  %-26s  %-5s  %-18s  %-9s  %s\n", "peer", "identity", "level", "method", "key", "made");
}

void bond_print_row(const kith_bond_info *bond)
{
    char address[NAMED_ADDRESS], time[TIME_TEXT];

    printf("%4u  %-26s  %-5d  %-18s  %2u octets  %s%s\n", (unsigned)bond->peer,
           bond_address_text(&bond->identity, address), (int)bond->level, kith_method_name(bond->method),
           bond->key_size, bond_made_text(bond, time), bond->numbers_unseen ? "  confirmed unseen" : "");
}

void bond_print_full(const kith_bond_info *bond)
{
    char address[NAMED_ADDRESS], time[TIME_TEXT];

    printf("peer          %u\n", (unsigned)bond->peer);
    printf("identity      %s\n", bond_address_text(&bond->identity, address));
    printf("privacy       its private addresses are %srecognised\n", bond->has_irk ? "" : "not ");
    printf("level         %d (%s)\n", (int)bond->level, kith_level_name(bond->level));
    printf("method        %s%s\n", kith_method_name(bond->method),
           bond->numbers_unseen ? ", confirmed unseen: nobody compared the numbers" : "");
    printf("key           %u octets, %s\n", bond->key_size,
           bond->key_kind == KITH_KEY_KIND_SC ? "Secure Connections" : "legacy pairing");
    printf("made          %s\n", bond_made_text(bond, time));
    printf("we were       %s, %s\n", bond_address_text(&bond->local, address),
           bond->we_were_initiator ? "central" : "peripheral");
}

/* ---- JSON ---- */

static void set_address(json_t *o, const char *name, const char *type_name, const kith_address *address)
{
    char text[KITH_ADDRESS_TEXT];

    (void)json_object_set_new(o, name, json_string(kith_address_format(address, text)));
    (void)json_object_set_new(o, type_name, json_string(address_type_name(address)));
}

static void set_made(json_t *o, uint64_t seconds)
{
    char text[TIME_TEXT];

    if (*format_time(seconds, "%Y-%m-%dT%H:%M:%SZ", gmtime_r, text) == '\0')
        return;
    (void)json_object_set_new(o, "made", json_string(text));
    (void)json_object_set_new(o, "made_s", json_integer((json_int_t)seconds));
}

json_t *bond_json(const kith_bond_info *bond)
{
    json_t *o = json_pack("{s:s, s:I}", "event", "bond", "peer", (json_int_t)bond->peer);

    set_address(o, "identity", "identity_type", &bond->identity);
    (void)json_object_set_new(o, "private_addresses_recognised", json_boolean(bond->has_irk));
    (void)json_object_set_new(o, "level", json_integer(bond->level));
    (void)json_object_set_new(o, "level_name", json_string(kith_level_name(bond->level)));
    (void)json_object_set_new(o, "method", json_string(kith_method_name(bond->method)));
    (void)json_object_set_new(o, "confirmed_unseen", json_boolean(bond->numbers_unseen));
    (void)json_object_set_new(o, "key_size", json_integer(bond->key_size));
    (void)json_object_set_new(o, "secure_connections", json_boolean(bond->key_kind == KITH_KEY_KIND_SC));
    (void)json_object_set_new(o, "role", json_string(bond->we_were_initiator ? "central" : "peripheral"));
    set_address(o, "local_address", "local_address_type", &bond->local);
    set_made(o, bond->made_s);
    return o;
}
