/* The calls of kith/port/exchange.h.  A text is read into a result of its own, which is then added to the caller's. */
#include "kith/port/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

typedef struct {
    const char *name;
    const char *file;
    void (*read)(exch_reader *r, exch_span text);
    void (*write)(exch_writer *w);
} format;

static const format formats[KITH_EXCHANGE_FORMATS] = {
    {"none", "", NULL, NULL},
    {"json", "bonds.json", exch_read_json, exch_write_json},
    {"bluez", "info", exch_read_bluez, exch_write_bluez},
    {"aioble", "ble_secrets.json", exch_read_aioble, exch_write_aioble},
    {"bumble", "keys.json", exch_read_bumble, exch_write_bumble},
    {"android", "bt_config.conf", exch_read_android, exch_write_android},
    {"windows", "keys.reg", exch_read_windows, exch_write_windows},
};

static bool is_format(kith_exchange_format which)
{
    return which > KITH_EXCHANGE_NONE && which < KITH_EXCHANGE_FORMATS;
}

const char *kith_exchange_format_name(kith_exchange_format which)
{
    return formats[is_format(which) ? which : KITH_EXCHANGE_NONE].name;
}

kith_exchange_format kith_exchange_format_of(const char *name)
{
    unsigned which = KITH_EXCHANGE_FORMATS - 1;

    while (which > KITH_EXCHANGE_NONE && strcmp(formats[which].name, name) != 0)
        which--;
    return (kith_exchange_format)which;
}

bool kith_exchange_is_for_one(kith_exchange_format which)
{
    return which == KITH_EXCHANGE_BLUEZ;
}

/* ---- reading ---- */

/* Some editors put a byte order mark before UTF-8. */
static exch_span without_mark(const void *octets, size_t len)
{
    exch_span text = {len > 0 ? octets : "", len};

    if (len >= 3 && memcmp(octets, "\xef\xbb\xbf", 3) == 0)
        text = (exch_span){text.at + 3, len - 3};
    return text;
}

static bool may_be(bool given, const kith_address *address)
{
    return !given || (kith_address_is_identity(address) && !exch_is_zero(address->octets, 6));
}

kith_status kith_exchange_read(kith_exchange_format which, const void *octets, size_t len,
                               const kith_exchange_options *options, kith_exchange_result *result)
{
    static const kith_exchange_options careful;
    exch_reader r = {.options = options != NULL ? options : &careful};
    kith_status status;

    if (!is_format(which) || !may_be(r.options->has_local, &r.options->local) ||
        !may_be(r.options->has_peer, &r.options->peer))
        return KITH_ERR_VALUE;
    if (len > KITH_EXCHANGE_OCTETS)
        (void)exch_fail(&r, KITH_ERR_FULL, 0, "the text is too long");
    else
        formats[which].read(&r, without_mark(octets, len));
    status = exch_merge(result, &r);
    kith_exchange_free(&r.out);
    return status;
}

void kith_exchange_free(kith_exchange_result *result)
{
    if (result->bonds != NULL)
        exch_wipe(result->bonds, result->count * sizeof *result->bonds);
    free(result->bonds);
    free(result->findings);
    exch_wipe(result, sizeof *result);
}

/* ---- writing ---- */

kith_status kith_exchange_write(kith_exchange_format which, const kith_bond_record *bonds, size_t count,
                                const kith_exchange_identity *identity, kith_exchange_text *text)
{
    static const kith_exchange_identity nothing;
    exch_writer w = {.bonds = bonds, .count = count, .identity = identity != NULL ? identity : &nothing};

    *text = (kith_exchange_text){0};
    if (!is_format(which) || count > KITH_EXCHANGE_BONDS || (kith_exchange_is_for_one(which) && count != 1))
        return KITH_ERR_VALUE;
    exch_put(&w, ""); /* a text of nothing is one, too */
    formats[which].write(&w);
    if (w.failed) {
        kith_exchange_text_free(&w.out);
        return KITH_ERR_FULL;
    }
    w.out.octets[w.out.len] = '\0';
    *text = w.out;
    return KITH_OK;
}

void kith_exchange_text_free(kith_exchange_text *text)
{
    if (text->octets != NULL)
        exch_wipe(text->octets, text->len);
    free(text->octets);
    free(text->findings);
    *text = (kith_exchange_text){0};
}

size_t kith_exchange_file_name(kith_exchange_format which, const kith_bond_record *bond, char *name, size_t cap)
{
    char local[KITH_ADDRESS_TEXT] = "", peer[KITH_ADDRESS_TEXT] = "";
    const char *file = is_format(which) ? formats[which].file : "";

    if (!kith_exchange_is_for_one(which) || bond == NULL)
        return (size_t)snprintf(name, cap, "%s", file);
    (void)kith_address_format(&bond->local, local);
    (void)kith_address_format(&bond->identity, peer);
    return (size_t)snprintf(name, cap, "%s/%s/%s", local, peer, file);
}
