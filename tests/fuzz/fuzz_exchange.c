/* Fuzz target: texts of other systems, as bonds.
 *
 * Input: the format, options (an octet each), the text.  Traps when a bond is handed out that cannot be stored or that
 * is better than it may be, when the counts do not add up, and when what was read and is written anew reads otherwise.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kith/port/exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static kith_exchange_options options_of(uint8_t bits)
{
    static const char *const paths[] = {NULL, "/x/5C:F3:70:8B:21:4E/C4:7E:12:9A:0B:D3/info", "00:1B:DC:07:5A:91/info",
                                        "//"};
    kith_exchange_options options = {.trust_levels = bits & 1,
                                     .has_local = bits >> 1 & 1,
                                     .local = {KITH_ADDRESS_PUBLIC, {0x4e, 0x21, 0x8b, 0x70, 0xf3, 0x5c}},
                                     .has_peer = bits >> 2 & 1,
                                     .peer = {KITH_ADDRESS_RANDOM, {0xd3, 0x0b, 0x9a, 0x12, 0x7e, 0xc4}},
                                     .local_was_peripheral = bits >> 3 & 1,
                                     .signing_keys = bits >> 4 & 1,
                                     .path = paths[bits >> 5 & 3]};

    return options;
}

static bool is_none(const uint8_t key[16])
{
    static const uint8_t none[16];

    return memcmp(key, none, sizeof none) == 0;
}

static void check_bond(const kith_bond_record *bond, const kith_exchange_options *options)
{
    kith_record record;

    require(kith_record_encode_bond(bond, &record) == KITH_OK);
    require(kith_address_is_identity(&bond->identity) && kith_address_is_identity(&bond->local));
    require(!kith_address_equal(&bond->identity, &bond->local));
    require(bond->level == KITH_LEVEL_ENCRYPTED || (options->trust_levels && bond->key_kind == KITH_KEY_KIND_SC));
    require(!options->has_local || kith_address_equal(&bond->local, &options->local));
    require(bond->has_ltk || bond->has_my_ltk);
    require(options->signing_keys || (is_none(bond->my_csrk) && is_none(bond->peer_csrk)));
}

static void check_findings(const kith_exchange_finding *findings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        require(findings[i].sentence[0] != '\0');
        require(memchr(findings[i].sentence, '\0', sizeof findings[i].sentence) != NULL);
        require(memchr(findings[i].entry, '\0', sizeof findings[i].entry) != NULL);
        require(memchr(findings[i].field, '\0', sizeof findings[i].field) != NULL);
    }
}

static void check_result(const kith_exchange_result *got, const kith_exchange_options *options)
{
    require(got->seen == got->count + got->refused + got->unusable + got->replaced);
    for (size_t i = 0; i < got->count; i++) {
        require(got->bonds[i].peer == i + 1);
        check_bond(&got->bonds[i], options);
        for (size_t k = 0; k < i; k++)
            require(!kith_address_equal(&got->bonds[i].identity, &got->bonds[k].identity) ||
                    !kith_address_equal(&got->bonds[i].local, &got->bonds[k].local));
    }
    check_findings(got->findings, got->finding_count);
}

/* Kith's own text holds all of it; the others must be able to write anything. */
static void check_writing(const kith_exchange_result *got)
{
    const kith_exchange_options all = {.trust_levels = true, .signing_keys = true};

    for (unsigned f = KITH_EXCHANGE_JSON; f < KITH_EXCHANGE_FORMATS; f++) {
        kith_exchange_format format = (kith_exchange_format)f;
        size_t count = kith_exchange_is_for_one(format) ? 1 : got->count;
        kith_exchange_result again = {0};
        kith_exchange_text text;

        if (got->count == 0)
            return;
        require(kith_exchange_write(format, got->bonds, count, &got->identity, &text) == KITH_OK);
        require(text.written <= count && strlen(text.octets) <= text.len);
        require(text.written == 0 || kith_exchange_guess(text.octets, text.len) == format);
        check_findings(text.findings, text.finding_count);
        if (text.written > 0)
            require(kith_exchange_read(format, text.octets, text.len, &all, &again) == KITH_OK);
        if (format == KITH_EXCHANGE_JSON) {
            require(again.count == count);
            require(memcmp(&again.identity, &got->identity, sizeof again.identity) == 0);
            for (size_t i = 0; i < count; i++) {
                kith_record a, b;

                require(kith_record_encode_bond(&again.bonds[i], &a) == KITH_OK);
                require(kith_record_encode_bond(&got->bonds[i], &b) == KITH_OK);
                require(a.len == b.len && memcmp(a.octets, b.octets, a.len) == 0);
            }
        }
        kith_exchange_free(&again);
        kith_exchange_text_free(&text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kith_exchange_format format = KITH_EXCHANGE_NONE;
    kith_exchange_options options = {0};
    kith_exchange_result got = {0};
    kith_status status;
    char *text;

    if (size < 2)
        return 0;
    options = options_of(data[1]);
    text = malloc(size > 2 ? size - 2 : 1); /* exactly as long: what reads behind it is seen */
    require(text != NULL);
    memcpy(text, data + 2, size - 2);
    format = data[0] % KITH_EXCHANGE_FORMATS != 0 ? (kith_exchange_format)(data[0] % KITH_EXCHANGE_FORMATS)
                                                  : kith_exchange_guess(text, size - 2);
    status = kith_exchange_read(format, text, size - 2, &options, &got);
    if (status == KITH_OK)
        check_result(&got, &options);
    else
        require(got.count == 0 && got.seen == 0 && got.finding_count == (status == KITH_ERR_VALUE ? 0 : 1));
    require(status == KITH_OK || status == KITH_ERR_DAMAGED || status == KITH_ERR_NEWER || status == KITH_ERR_VALUE);
    check_writing(&got);
    kith_exchange_free(&got);
    free(text);
    return 0;
}
