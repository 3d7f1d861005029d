/* Samples of what other systems write, what is in them, and what is done to them. */
#ifndef TEST_EXCHANGE_SUPPORT_H
#define TEST_EXCHANGE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kith/port/exchange.h"

typedef struct {
    char *at;
    size_t len;
} sample;

static inline sample sample_of(const char *octets, size_t len)
{
    sample s = {malloc(len + 1), len}; /* as long as it is: the sanitizer sees what reads behind it */

    assert_non_null(s.at);
    memcpy(s.at, octets, len);
    s.at[len] = '\0';
    return s;
}

static inline sample sample_named(const char *name)
{
    char path[400], octets[16384];
    size_t len;
    FILE *file;

    snprintf(path, sizeof path, KITH_SAMPLES "%s", name);
    file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(octets, 1, sizeof octets, file);
    assert_true(len > 0 && len < sizeof octets);
    fclose(file);
    return sample_of(octets, len);
}

/* The first place where it says `from`, which must be there, says `to`. */
static inline sample sample_with(const sample *s, const char *from, const char *to)
{
    const char *at = strstr(s->at, from);
    char octets[32768];
    int len;

    if (at == NULL)
        fail_msg("the sample has no %s", from);
    len = snprintf(octets, sizeof octets, "%.*s%s%s", (int)(at - s->at), s->at, to, at + strlen(from));
    assert_in_range(len, 1, sizeof octets - 1);
    return sample_of(octets, (size_t)len);
}

/* The same behind a place that says `after`. */
static inline sample sample_with_after(const sample *s, const char *after, const char *from, const char *to)
{
    const char *at = strstr(s->at, after);
    char octets[32768];
    sample rest, changed;

    if (at == NULL)
        fail_msg("the sample has no %s", after);
    rest = sample_of(at, s->len - (size_t)(at - s->at));
    changed = sample_with(&rest, from, to);
    snprintf(octets, sizeof octets, "%.*s%s", (int)(at - s->at), s->at, changed.at);
    free(rest.at);
    free(changed.at);
    return sample_of(octets, strlen(octets));
}

/* A key as people print it, most significant octet first. */
static inline void wire(const char *printed, uint8_t out[16])
{
    for (size_t i = 0; i < 16; i++) {
        unsigned octet;

        assert_int_equal(sscanf(printed + 2 * i, "%2x", &octet), 1);
        out[15 - i] = (uint8_t)octet;
    }
}

static inline kith_address address_of(uint8_t type, const char *text)
{
    kith_address address = {.type = type};

    assert_int_equal(kith_address_parse(text, &address), KITH_OK);
    return address;
}

/* ---- what is in them: tests/vectors/exchange/make.py ---- */

#define OWN_IRK "d47c01e98b36a5f20d94c7be51a8f063"

static inline kith_address local_address(void)
{
    return address_of(KITH_ADDRESS_PUBLIC, "5C:F3:70:8B:21:4E");
}

static inline kith_bond_record sensor(void)
{
    kith_bond_record bond = {.peer = 1,
                             .identity = address_of(KITH_ADDRESS_RANDOM, "C4:7E:12:9A:0B:D3"),
                             .local = local_address(),
                             .level = KITH_LEVEL_ENCRYPTED,
                             .method = KITH_METHOD_JUST_WORKS,
                             .key_kind = KITH_KEY_KIND_SC,
                             .key_size = 16,
                             .has_ltk = true};

    wire("8f1d03b64ce972a5d02b9e417c5836fa", bond.ltk);
    wire("3b97e04c18d2756fa9c1840e6d5af235", bond.irk);
    return bond;
}

static inline kith_bond_record keyboard(void)
{
    kith_bond_record bond = {.peer = 2,
                             .identity = address_of(KITH_ADDRESS_PUBLIC, "00:1B:DC:07:5A:91"),
                             .local = local_address(),
                             .level = KITH_LEVEL_ENCRYPTED,
                             .method = KITH_METHOD_JUST_WORKS,
                             .key_kind = KITH_KEY_KIND_LEGACY,
                             .key_size = 16,
                             .has_ltk = true,
                             .has_my_ltk = true,
                             .ediv = 0x9c4e,
                             .rand = UINT64_C(0x71d25ab80e93c64f),
                             .my_ediv = 0x2b7d,
                             .my_rand = UINT64_C(0xa90c4f1863e7d25b)};

    wire("e2604ab7913d5cf8067ea2d51b94c873", bond.ltk);
    wire("5da8f2067b31ec94c07f1e85b62a4d19", bond.my_ltk);
    wire("c60f9d2b4e81735aa8d4e1937f056cb2", bond.irk);
    return bond;
}

static inline kith_bond_record without_my_key(kith_bond_record bond)
{
    bond.has_my_ltk = false;
    memset(bond.my_ltk, 0, 16);
    bond.my_ediv = 0;
    bond.my_rand = 0;
    return bond;
}

static inline kith_bond_record signing(kith_bond_record bond)
{
    wire("9402e7bd5318ca6f71d04be39a25f68c", bond.my_csrk);
    wire("17ae5bd084f3629cc50b7e91da3648f2", bond.peer_csrk);
    return bond;
}

static inline kith_bond_record trusted(kith_bond_record bond, uint8_t level, uint8_t method)
{
    bond.level = level;
    bond.method = method;
    return bond;
}

/* ---- reading ---- */

static inline kith_exchange_options of_local(void)
{
    kith_exchange_options options = {.has_local = true, .local = local_address()};

    return options;
}

/* Every bond that is handed out is one that can be stored. */
static inline void assert_sound(const kith_exchange_result *got)
{
    assert_int_equal(got->seen, got->count + got->refused + got->unusable + got->replaced);
    for (size_t i = 0; i < got->count; i++) {
        kith_record record;

        assert_int_equal(got->bonds[i].peer, i + 1);
        assert_int_equal(kith_record_encode_bond(&got->bonds[i], &record), KITH_OK);
    }
    for (size_t i = 0; i < got->finding_count; i++)
        assert_true(got->findings[i].sentence[0] != '\0');
}

static inline kith_exchange_result read_text(kith_exchange_format format, const sample *s,
                                             const kith_exchange_options *options)
{
    kith_exchange_result got = {0};

    assert_int_equal(kith_exchange_guess(s->at, s->len), format);
    assert_int_equal(kith_exchange_read(format, s->at, s->len, options, &got), KITH_OK);
    assert_sound(&got);
    return got;
}

static inline bool says(const kith_exchange_finding *findings, size_t count, kith_exchange_effect effect,
                        const char *words)
{
    for (size_t i = 0; i < count; i++)
        if (findings[i].effect == effect && strstr(findings[i].sentence, words) != NULL)
            return true;
    return false;
}

static inline void assert_says(const kith_exchange_result *got, kith_exchange_effect effect, const char *words)
{
    if (says(got->findings, got->finding_count, effect, words))
        return;
    for (size_t i = 0; i < got->finding_count; i++)
        print_message("%s: %s\n", kith_exchange_effect_name(got->findings[i].effect), got->findings[i].sentence);
    fail_msg("nothing was %s with: %s", kith_exchange_effect_name(effect), words);
}

static inline void assert_key(const uint8_t *got, const uint8_t *expected)
{
    assert_memory_equal(got, expected, 16);
}

static inline void assert_bond(const kith_bond_record *got, const kith_bond_record *expected)
{
    assert_true(kith_address_equal(&got->identity, &expected->identity));
    assert_true(kith_address_equal(&got->local, &expected->local));
    assert_int_equal(got->key_kind, expected->key_kind);
    assert_int_equal(got->key_size, expected->key_size);
    assert_int_equal(got->level, expected->level);
    assert_int_equal(got->method, expected->method);
    assert_int_equal(got->initiator, expected->initiator);
    assert_int_equal(got->numbers_unseen, expected->numbers_unseen);
    assert_int_equal(got->peer_class, expected->peer_class);
    assert_int_equal(got->made_s, expected->made_s);
    assert_int_equal(got->has_ltk, expected->has_ltk);
    assert_int_equal(got->has_my_ltk, expected->has_my_ltk);
    assert_int_equal(got->ediv, expected->ediv);
    assert_int_equal(got->my_ediv, expected->my_ediv);
    assert_true(got->rand == expected->rand);
    assert_true(got->my_rand == expected->my_rand);
    assert_key(got->ltk, expected->ltk);
    assert_key(got->my_ltk, expected->my_ltk);
    assert_key(got->irk, expected->irk);
    assert_key(got->my_csrk, expected->my_csrk);
    assert_key(got->peer_csrk, expected->peer_csrk);
}

static inline const kith_bond_record *bond_with(const kith_exchange_result *got, const kith_bond_record *peer)
{
    for (size_t i = 0; i < got->count; i++)
        if (kith_address_equal(&got->bonds[i].identity, &peer->identity))
            return &got->bonds[i];
    return NULL;
}

static inline void assert_has(const kith_exchange_result *got, const kith_bond_record *expected)
{
    const kith_bond_record *bond = bond_with(got, expected);

    if (bond == NULL)
        for (size_t i = 0; i < got->finding_count; i++)
            print_message("%s\n", got->findings[i].sentence);
    assert_non_null(bond);
    assert_bond(bond, expected);
}

static inline void assert_own_irk(const kith_exchange_identity *own)
{
    uint8_t irk[16];

    wire(OWN_IRK, irk);
    assert_true(own->has_irk);
    assert_key(own->irk, irk);
}

/* ---- damage ---- */

typedef struct {
    const char *after, *from, *to; /* after: NULL, the first such place */
    kith_exchange_effect effect;
    const char *words;
    size_t left; /* so many bonds are taken nevertheless */
} damage;

static inline void check_damage(kith_exchange_format format, const char *name, const kith_exchange_options *options,
                                const damage *d)
{
    sample whole = sample_named(name);
    sample s =
        d->after != NULL ? sample_with_after(&whole, d->after, d->from, d->to) : sample_with(&whole, d->from, d->to);
    kith_exchange_result got = {0};

    assert_int_equal(kith_exchange_read(format, s.at, s.len, options, &got), KITH_OK);
    assert_sound(&got);
    assert_says(&got, d->effect, d->words);
    if (got.count != d->left)
        fail_msg("%s for %s: %zu bonds", d->to, d->from, got.count);
    kith_exchange_free(&got);
    free(s.at);
    free(whole.at);
}

/* Wherever a text ends: a bond that is taken has the sample's keys, or fewer. */
static inline void check_truncation(kith_exchange_format format, const char *name, const kith_exchange_options *options)
{
    static const uint8_t none[16];
    sample whole = sample_named(name);
    kith_exchange_result all = {0};

    assert_int_equal(kith_exchange_read(format, whole.at, whole.len, options, &all), KITH_OK);
    for (size_t len = 0; len < whole.len; len++) {
        sample s = sample_of(whole.at, len);
        kith_exchange_result got = {0};
        kith_status status;

        s.at = realloc(s.at, len > 0 ? len : 1);
        status = kith_exchange_read(format, s.at, len, options, &got);
        assert_true(status == KITH_OK || (status == KITH_ERR_DAMAGED && got.finding_count == 1 && got.count == 0));
        assert_sound(&got);
        for (size_t i = 0; i < got.count; i++) {
            const kith_bond_record *bond = bond_with(&all, &got.bonds[i]);

            assert_non_null(bond);
            assert_int_equal(got.bonds[i].key_kind, bond->key_kind);
            assert_true(!got.bonds[i].has_ltk || (memcmp(got.bonds[i].ltk, bond->ltk, 16) == 0 &&
                                                  got.bonds[i].ediv == bond->ediv && got.bonds[i].rand == bond->rand));
            assert_true(!got.bonds[i].has_my_ltk ||
                        (memcmp(got.bonds[i].my_ltk, bond->my_ltk, 16) == 0 && got.bonds[i].my_ediv == bond->my_ediv &&
                         got.bonds[i].my_rand == bond->my_rand));
            assert_true(memcmp(got.bonds[i].irk, bond->irk, 16) == 0 || memcmp(got.bonds[i].irk, none, 16) == 0);
        }
        kith_exchange_free(&got);
        free(s.at);
    }
    kith_exchange_free(&all);
    free(whole.at);
}

/* ---- writing ---- */

static inline kith_exchange_text write_text(kith_exchange_format format, const kith_bond_record *bonds, size_t count)
{
    kith_exchange_identity own = {.has_address = true, .has_irk = true, .address = local_address()};
    kith_exchange_text text;

    wire(OWN_IRK, own.irk);
    assert_int_equal(kith_exchange_write(format, bonds, count, &own, &text), KITH_OK);
    assert_int_equal(text.octets[text.len], '\0');
    assert_int_equal(kith_exchange_guess(text.octets, text.len), format);
    return text;
}

#endif
