/* Reads whole files into memory, no larger than they may be, and overwrites what was read. */
#define _XOPEN_SOURCE 700 /* realpath() */
#include "exchange_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bonds_record.h"
#include "command.h"

enum {
    OPTION_FORMAT = 0x2000,
    OPTION_LOCAL,
    OPTION_PEER,
    OPTION_TRUST_LEVELS,
    OPTION_WAS_PERIPHERAL,
    OPTION_SIGNING_KEYS
};
enum { ADDRESS_TOP = 5, STATIC_BITS = 0xc0 };

/* ---- options ---- */

const char *exchange_formats_text(char text[EXCHANGE_FORMATS_TEXT])
{
    size_t len = 0;

    for (int f = KITH_EXCHANGE_NONE + 1; f < KITH_EXCHANGE_FORMATS; f++)
        len += (size_t)snprintf(text + len, EXCHANGE_FORMATS_TEXT - len, "%s%s", len > 0 ? ", " : "",
                                kith_exchange_format_name((kith_exchange_format)f));
    return text;
}

kith_exchange_format exchange_format_of(const char *option, const char *arg, struct argp_state *state)
{
    char names[EXCHANGE_FORMATS_TEXT];
    kith_exchange_format format = kith_exchange_format_of(arg);

    if (format == KITH_EXCHANGE_NONE)
        argp_error(state, "%s is one of: %s; not '%s'", option, exchange_formats_text(names), arg);
    return format;
}

/* Octets that a static address may have, a public one may have, too. */
static bool take_type(const char *type, kith_address *out)
{
    if (*type == '\0' && (out->octets[ADDRESS_TOP] & STATIC_BITS) != STATIC_BITS)
        out->type = KITH_ADDRESS_PUBLIC;
    else if (strcmp(type, "/public") == 0)
        out->type = KITH_ADDRESS_PUBLIC;
    else if (strcmp(type, "/random") == 0)
        out->type = KITH_ADDRESS_RANDOM;
    else
        return false;
    return kith_address_is_identity(out);
}

void exchange_address_of(const char *option, const char *arg, kith_address *out, struct argp_state *state)
{
    char address[KITH_ADDRESS_TEXT];

    (void)snprintf(address, sizeof address, "%s", arg);
    if (kith_address_parse(address, out) != KITH_OK)
        argp_error(state, "%s wants an address as in C0:11:22:33:44:55/random, not '%s'", option, arg);
    if (!take_type(arg + strlen(address), out))
        argp_error(state, "%s wants a public or a static address, and which of both: %s/public or %s/random; not '%s'",
                   option, address, address, arg);
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    exchange_options *o = state->input;

    switch (key) {
    case OPTION_FORMAT:
        o->format = exchange_format_of("--format", arg, state);
        break;
    case OPTION_LOCAL:
        exchange_address_of("--local", arg, &o->how.local, state);
        o->how.has_local = true;
        break;
    case OPTION_PEER:
        exchange_address_of("--peer", arg, &o->how.peer, state);
        o->how.has_peer = true;
        break;
    case OPTION_TRUST_LEVELS:
        o->how.trust_levels = true;
        break;
    case OPTION_WAS_PERIPHERAL:
        o->how.local_was_peripheral = true;
        break;
    case OPTION_SIGNING_KEYS:
        o->how.signing_keys = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    o->told = true;
    return 0;
}

static const struct argp_option option_table[] = {
    {"format", OPTION_FORMAT, "NAME", 0,
     "what FILE is: json (Kith's own), bluez (the file `info' of a peer), aioble, bumble, android or windows; default: "
     "it is guessed",
     1},
    {"local", OPTION_LOCAL, "ADDRESS", 0,
     "whose bonds these are, as in 11:22:33:44:55:66 or C0:11:22:33:44:55/random; default: what FILE says, or for "
     "bluez "
     "the folder in which it lies",
     1},
    {"peer", OPTION_PEER, "ADDRESS", 0,
     "the peer, for formats that do not name it; default for bluez: the folder in which it lies", 1},
    {"trust-levels", OPTION_TRUST_LEVELS, NULL, 0,
     "believe FILE where it says that a Secure Connections key is authenticated; else every bond comes in "
     "unauthenticated",
     1},
    {"was-peripheral", OPTION_WAS_PERIPHERAL, NULL, 0,
     "for bumble: this device was peripheral when these bonds were made, which FILE does not say; else: central", 1},
    {"signing-keys", OPTION_SIGNING_KEYS, NULL, 0,
     "take signing keys, too: without their counters, so that what a peer signed before can be played to us again", 1},
    {0},
};

const struct argp exchange_options_parser = {option_table, take_option, NULL, NULL, NULL, NULL, NULL};

/* ---- reading ---- */

/* To the end, or until there is more than a text may have.  -1: errno. */
static ssize_t read_all(int fd, uint8_t *octets, size_t cap)
{
    size_t len = 0;
    ssize_t got = 1;

    while (got > 0 && len < cap) {
        got = read(fd, octets + len, cap - len);
        if (got > 0)
            len += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    return got < 0 ? -1 : (ssize_t)len;
}

static ssize_t load(const char *path, uint8_t *octets, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), error;
    ssize_t len;

    if (fd < 0)
        return -1;
    len = read_all(fd, octets, cap);
    error = errno;
    (void)close(fd);
    errno = error;
    return len;
}

/* What is wrong with it as a whole is the last finding: it names no key. */
static void complain_of_text(const char *path, kith_status status, const kith_exchange_result *got)
{
    const char *why =
        got->finding_count > 0 ? got->findings[got->finding_count - 1].sentence : kith_status_name(status);

    (void)complain("%s was not read: %s; nothing was changed", path, why);
}

static bool understand(const char *path, const uint8_t *octets, size_t len, const exchange_options *o,
                       kith_exchange_result *got, kith_exchange_format *format)
{
    kith_exchange_options how = o->how;
    char names[EXCHANGE_FORMATS_TEXT], *whole = realpath(path, NULL);
    kith_status status;

    *format = o->format != KITH_EXCHANGE_NONE ? o->format : kith_exchange_guess(octets, len);
    if (*format == KITH_EXCHANGE_NONE) {
        (void)complain("%s is in no format that is known here; --format tells which it is: %s", path,
                       exchange_formats_text(names));
        free(whole);
        return false;
    }
    how.path = whole;
    status = kith_exchange_read(*format, octets, len, &how, got);
    free(whole);
    if (status != KITH_OK)
        complain_of_text(path, status, got);
    return status == KITH_OK;
}

static bool read_file(const char *path, const exchange_options *o, kith_exchange_result *got,
                      kith_exchange_format *format)
{
    size_t cap = KITH_EXCHANGE_OCTETS + 1;
    uint8_t *octets = malloc(cap);
    ssize_t len = octets != NULL ? load(path, octets, cap) : -1;
    bool understood = false;

    if (octets == NULL)
        (void)complain("no memory");
    else if (len < 0)
        (void)complain("%s cannot be read: %s", path, strerror(errno));
    else if (len == 0)
        (void)complain("%s is empty", path);
    else if ((size_t)len == cap)
        (void)complain("%s has more than %d MiB: no file of bonds is so large", path, KITH_EXCHANGE_OCTETS >> 20);
    else
        understood = understand(path, octets, (size_t)len, o, got, format);
    if (len > 0)
        bonds_record_forget(octets, (size_t)len);
    free(octets);
    return understood;
}

/* ---- telling ---- */

static void print_json(const char *path, const kith_exchange_finding *f)
{
    json_t *o = json_pack("{s:s, s:s}", "event", "finding", "effect", kith_exchange_effect_name(f->effect));

    (void)json_object_set_new(o, "file", json_string(path)); /* left out where it is no UTF-8 */
    if (f->line != 0)
        (void)json_object_set_new(o, "line", json_integer(f->line));
    if (f->entry[0] != '\0')
        (void)json_object_set_new(o, "entry", json_string(f->entry));
    if (f->field[0] != '\0')
        (void)json_object_set_new(o, "field", json_string(f->field));
    (void)json_object_set_new(o, "sentence", json_string(f->sentence));
    (void)json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

static void print_plain(const char *path, const kith_exchange_finding *f)
{
    printf("%s: %s: %s\n", path, kith_exchange_effect_name(f->effect), f->sentence); /* which names the line */
}

void exchange_tell_findings(const char *path, const kith_exchange_finding *findings, size_t count, size_t lost,
                            bool json)
{
    for (size_t i = 0; i < count; i++) {
        if (json)
            print_json(path, &findings[i]);
        else
            print_plain(path, &findings[i]);
    }
    if (lost > 0 && json)
        printf("{\"event\":\"findings-lost\",\"count\":%zu}\n", lost);
    else if (lost > 0)
        printf("%s: and %zu more like these\n", path, lost);
}

const char *exchange_hint(const kith_exchange_result *got)
{
    return got->unusable > 0 ? "; --local ADDRESS says whose bonds these are" : "";
}

bool exchange_file_read_and_tell(kith_exchange_result *got, const char *path, const exchange_options *o, bool json,
                                 kith_exchange_format *format)
{
    size_t before = got->finding_count, lost = got->findings_lost;

    if (!read_file(path, o, got, format))
        return false;
    if (got->finding_count > before || got->findings_lost > lost)
        exchange_tell_findings(path, got->findings + before, got->finding_count - before, got->findings_lost - lost,
                               json);
    return true;
}
