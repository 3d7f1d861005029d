/* Out of band data as octets and as text.  The octets are written by hand from CSS Part A and NDEF 1.0; the texts were
 * made by Python's base64.b32encode() and binascii.crc_hqx(). */
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include "test_gatt_hex.h"

#include "kith/codec/oob.h"

/* clang-format off */
#define ADDRESS   "08 1b 55 44 33 22 11 c0 01"
#define ROLE      "02 1c 00"
#define TK        "11 10 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 fa fb fc fd fe ff"
#define CONFIRM   "11 22 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10"
#define RANDOM    "11 23 a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac ad ae af"
#define MIME_TYPE "61 70 70 6c 69 63 61 74 69 6f 6e 2f 76 6e 64 2e 62 6c 75 65 74 6f 6f 74 68 2e 6c 65 2e 6f 6f 62"
/* clang-format on */

#define SC_PAYLOAD ADDRESS " " ROLE " " CONFIRM " " RANDOM
#define SC_NDEF    "d2 20 30 " MIME_TYPE " " SC_PAYLOAD
#define SC_TEXT    "KITH1:BANVKRBTEII4AAICDQABCIQBAIBQIBIGA4EASCQLBQGQ4DYQCER2BINCUOSKLJVHVCU2VK5MVWXK6A3G"

#define SECRETS                                                                                                        \
    .confirm = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},                                                \
    .random = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf}
#define TK_SECRET .tk = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff}

static const struct {
    const char *payload, *text;
    kith_oob_record record;
} vectors[] = {
    {SC_PAYLOAD, SC_TEXT, {.address = {1, {0x55, 0x44, 0x33, 0x22, 0x11, 0xc0}}, .data = {.has_sc = true, SECRETS}}},
    {"08 1b 06 05 04 03 02 01 00 02 1c 01 " TK,
     "KITH1:BANQMBIEAMBACAACDQARCEHQ6HZPH5HV6337R6P27P6P37X7JQSQ",
     {.address = {0, {6, 5, 4, 3, 2, 1}}, .role = KITH_OOB_ROLE_CENTRAL, .data = {.has_tk = true, TK_SECRET}}},
    {"08 1b 06 05 04 03 02 01 00 02 1c 02 " TK " " CONFIRM " " RANDOM " 03 19 c1 03 02 01 06 05 09 6c 61 6d 70",
     "KITH1:BANQMBIEAMBACAACDQBBCEHQ6HZPH5HV6337R6P27P6P37X7CERACAQDAQCQMBYIBEFAWDANBYHRAEJDUCQ2FI5EUWTKPKFJVKV2ZLNO"
     "V4BRTQIDAIAQMBIJNRQW24AR2M",
     {.address = {0, {6, 5, 4, 3, 2, 1}},
      .role = KITH_OOB_ROLE_PERIPHERAL_PREFERRED,
      .data = {.has_sc = true, .has_tk = true, SECRETS, TK_SECRET},
      .has_flags = true,
      .flags = 0x06,
      .has_appearance = true,
      .appearance = 0x03c1,
      .name_len = 4,
      .name = "lamp"}},
    {ADDRESS " 02 1c 03 04 08 4c c3 a4",
     "KITH1:BANVKRBTEII4AAICDQBQICCMYOSIPFI",
     {.address = {1, {0x55, 0x44, 0x33, 0x22, 0x11, 0xc0}},
      .role = KITH_OOB_ROLE_CENTRAL_PREFERRED,
      .name_is_short = true,
      .name_len = 3,
      .name = "L\xc3\xa4"}},
};

enum { VECTORS = sizeof vectors / sizeof vectors[0] };

static bool is_same_data(const kith_oob_data *a, const kith_oob_data *b)
{
    return a->has_sc == b->has_sc && a->has_tk == b->has_tk && memcmp(a->confirm, b->confirm, 16) == 0 &&
           memcmp(a->random, b->random, 16) == 0 && memcmp(a->tk, b->tk, 16) == 0;
}

/* All but channel_is_secure. */
static bool is_same(const kith_oob_record *a, const kith_oob_record *b)
{
    return kith_address_equal(&a->address, &b->address) && a->role == b->role && is_same_data(&a->data, &b->data) &&
           a->has_flags == b->has_flags && a->flags == b->flags && a->has_appearance == b->has_appearance &&
           a->appearance == b->appearance && a->name_is_short == b->name_is_short && a->name_len == b->name_len &&
           memcmp(a->name, b->name, sizeof a->name) == 0;
}

static bool is_zero(const kith_oob_record *record)
{
    const uint8_t *p = (const uint8_t *)record;

    for (size_t i = 0; i < sizeof *record; i++)
        if (p[i] != 0)
            return false;
    return true;
}

/* What every reading must keep, whatever it says. */
static kith_oob_fault judged(kith_oob_fault fault, const kith_oob_record *record)
{
    assert_true((unsigned)fault < KITH_OOB_FAULT_COUNT);
    assert_int_equal(is_zero(record), fault != KITH_OOB_SOUND);
    assert_int_equal(record->data.channel_is_secure, fault == KITH_OOB_SOUND);
    return fault;
}

/* Reads from memory of just that size, so that reading past it is seen. */
static kith_oob_fault read_octets(const uint8_t *in, size_t len, bool ndef, kith_oob_record *record)
{
    uint8_t *own = malloc(len + (len == 0));
    kith_oob_fault fault;

    assert_non_null(own);
    memcpy(own, in, len);
    memset(record, 0x5a, sizeof *record);
    fault = ndef ? kith_oob_decode_ndef(own, len, true, record) : kith_oob_decode(own, len, true, record);
    free(own);
    return judged(fault, record);
}

static kith_oob_fault read_hex(const char *hex, bool ndef, kith_oob_record *record)
{
    uint8_t octets[600];

    return read_octets(octets, hex_read(hex, octets, sizeof octets), ndef, record);
}

static kith_oob_fault read_text(const char *text, kith_oob_record *record)
{
    memset(record, 0x5a, sizeof *record);
    return judged(kith_oob_decode_text(text, true, record), record);
}

#define expect_payload(hex, fault) expect_fault(hex, false, fault, __LINE__)
#define expect_ndef(hex, fault)    expect_fault(hex, true, fault, __LINE__)

static void expect_fault(const char *hex, bool ndef, kith_oob_fault wanted, int line)
{
    kith_oob_record record;
    kith_oob_fault fault = read_hex(hex, ndef, &record);

    if (fault != wanted)
        fail_msg("line %d: %s is %s, not %s", line, hex, kith_oob_fault_name(fault), kith_oob_fault_name(wanted));
}

/* ---- what is sound ---- */

static void vectors_are_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        uint8_t octets[KITH_OOB_PAYLOAD_MAX];
        char text[KITH_OOB_TEXT_MAX];
        kith_oob_record record;

        hex_expect(octets, kith_oob_encode(&vectors[i].record, octets, sizeof octets), vectors[i].payload);
        assert_int_equal(kith_oob_encode_text(&vectors[i].record, text, sizeof text), strlen(vectors[i].text));
        assert_string_equal(text, vectors[i].text);
        assert_int_equal(read_hex(vectors[i].payload, false, &record), KITH_OOB_SOUND);
        assert_true(is_same(&record, &vectors[i].record));
        assert_int_equal(read_text(vectors[i].text, &record), KITH_OOB_SOUND);
        assert_true(is_same(&record, &vectors[i].record));
    }
}

static void an_ndef_message_is_written_and_read(void **state)
{
    static const char *const sound[] = {
        SC_NDEF, "c2 20 00 00 00 30 " MIME_TYPE " " SC_PAYLOAD, /* not short */
        "da 20 30 01 " MIME_TYPE " 30 " SC_PAYLOAD,             /* with the ID "0" */
        "ca 20 00 00 00 30 02 " MIME_TYPE " 30 31 " SC_PAYLOAD  /* both */
    };
    uint8_t octets[KITH_OOB_NDEF_MAX];
    kith_oob_record record;

    (void)state;
    hex_expect(octets, kith_oob_encode_ndef(&vectors[0].record, octets, sizeof octets), SC_NDEF);
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        assert_int_equal(read_hex(sound[i], true, &record), KITH_OOB_SOUND);
        assert_true(is_same(&record, &vectors[0].record));
    }
}

/* The two LE messages in the tests of ndeflib (nfcpy): an address and manufacturer data, in the second one behind a
 * length of zero; they have no role, which is mandatory. */
static void another_implementations_messages(void **state)
{
    kith_oob_record record;

    (void)state;
    expect_ndef("d2 20 0d " MIME_TYPE " 08 1b 06 05 04 03 02 01 00 03 ff 61 62", KITH_OOB_NO_ROLE);
    expect_ndef("d2 20 0e " MIME_TYPE " 08 1b 06 05 04 03 02 01 00 00 03 ff 61 62", KITH_OOB_TRAILING);
    assert_int_equal(read_hex("d2 20 10 " MIME_TYPE " 08 1b 06 05 04 03 02 01 00 03 ff 61 62 02 1c 00", true, &record),
                     KITH_OOB_SOUND);
    assert_true(kith_address_equal(&record.address, &(kith_address){0, {6, 5, 4, 3, 2, 1}}));
}

static void order_and_unknown_structures_do_not_matter(void **state)
{
    static const char *const same[] = {
        RANDOM " " CONFIRM " " ROLE " " ADDRESS,
        "01 ff " ADDRESS " 03 ff 61 62 " ROLE " 03 ff 61 62 " CONFIRM " 02 0a 04 " RANDOM, /* unknown: also twice */
        SC_PAYLOAD " 00", SC_PAYLOAD " 00 00 00 00",
        "08 1b 55 44 33 22 11 c0 ff " ROLE " " CONFIRM " " RANDOM /* reserved bits */
    };
    kith_oob_record record;

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_int_equal(read_hex(same[i], false, &record), KITH_OOB_SOUND);
        assert_true(is_same(&record, &vectors[0].record));
    }
}

static void only_the_caller_says_whether_the_channel_is_secure(void **state)
{
    kith_oob_record record = vectors[0].record;
    uint8_t octets[KITH_OOB_NDEF_MAX];
    size_t len;

    (void)state;
    record.data.channel_is_secure = true;
    hex_expect(octets, kith_oob_encode(&record, octets, sizeof octets), SC_PAYLOAD);
    len = kith_oob_encode_ndef(&record, octets, sizeof octets);
    assert_int_equal(kith_oob_decode_ndef(octets, len, false, &record), KITH_OOB_SOUND);
    assert_false(record.data.channel_is_secure);
    assert_int_equal(kith_oob_decode_ndef(octets, len, true, &record), KITH_OOB_SOUND);
    assert_true(record.data.channel_is_secure);
    assert_int_equal(kith_oob_decode_text(SC_TEXT, false, &record), KITH_OOB_SOUND);
    assert_false(record.data.channel_is_secure);
}

/* ---- what is not ---- */

static void nothing_is_there_twice(void **state)
{
    static const char *const others[] = {TK, CONFIRM, RANDOM, "03 19 c1 03", "02 01 06", "02 09 41"};

    (void)state;
    expect_payload(SC_PAYLOAD " " ADDRESS, KITH_OOB_DUPLICATE);
    expect_payload(SC_PAYLOAD " " ROLE, KITH_OOB_DUPLICATE);
    expect_payload(SC_PAYLOAD " 08 1b 55 44 33 22 11 c1 01", KITH_OOB_DUPLICATE);
    expect_payload(SC_PAYLOAD " 02 1c 01", KITH_OOB_DUPLICATE);
    expect_payload(ADDRESS " " ROLE " 02 09 41 02 08 41", KITH_OOB_DUPLICATE);
    expect_payload(ADDRESS " " ROLE " 01 01 01 01", KITH_OOB_DUPLICATE);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char hex[400];

        (void)snprintf(hex, sizeof hex, "%s %s %s %s", ADDRESS, others[i], ROLE, others[i]);
        expect_payload(hex, KITH_OOB_DUPLICATE);
    }
}

/* Address and role (or what stands for them), then one structure of this type with a value of so many octets. */
static kith_oob_fault read_with(uint8_t type, size_t len, kith_oob_record *record)
{
    uint8_t octets[300];
    size_t at = hex_read(type == 0x1b ? ROLE : type == 0x1c ? ADDRESS : ADDRESS " " ROLE, octets, sizeof octets);

    octets[at] = (uint8_t)(len + 1);
    octets[at + 1] = type;
    memset(octets + at + 2, 1, len);
    return read_octets(octets, at + 2 + len, false, record);
}

static void every_length_of_every_structure(void **state)
{
    static const struct {
        uint8_t type;
        size_t least, most;
        kith_oob_fault alone;
    } known[] = {
        {0x1b, 7, 7, KITH_OOB_SOUND},        {0x1c, 1, 1, KITH_OOB_SOUND},   {0x10, 16, 16, KITH_OOB_SOUND},
        {0x22, 16, 16, KITH_OOB_NO_RANDOM},  {0x19, 2, 2, KITH_OOB_SOUND},   {0x01, 0, 254, KITH_OOB_SOUND},
        {0x23, 16, 16, KITH_OOB_NO_CONFIRM}, {0x08, 0, 248, KITH_OOB_SOUND}, {0x09, 0, 248, KITH_OOB_SOUND},
        {0xff, 0, 254, KITH_OOB_SOUND},
    };
    kith_oob_record record;

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (size_t len = 0; len <= 254; len++) {
            bool fits = len >= known[i].least && len <= known[i].most;

            assert_int_equal(read_with(known[i].type, len, &record), fits ? known[i].alone : KITH_OOB_BAD_LENGTH);
        }
    }
    assert_int_equal(read_with(0x09, 248, &record), KITH_OOB_SOUND);
    assert_int_equal(record.name_len, 248);
    assert_int_equal(record.name[247], 1);
    assert_int_equal(record.name[248], 0);
}

static void what_is_missing_or_cut_is_named(void **state)
{
    (void)state;
    expect_payload("", KITH_OOB_NO_ADDRESS);
    expect_payload("00", KITH_OOB_NO_ADDRESS);
    expect_payload(ROLE, KITH_OOB_NO_ADDRESS);
    expect_payload(ADDRESS, KITH_OOB_NO_ROLE);
    expect_payload(ADDRESS " " ROLE " " CONFIRM, KITH_OOB_NO_RANDOM);
    expect_payload(ADDRESS " " ROLE " " RANDOM " " TK, KITH_OOB_NO_CONFIRM);
    expect_payload(ADDRESS " 02 1c 04", KITH_OOB_BAD_ROLE);
    expect_payload(ADDRESS " 02 1c ff", KITH_OOB_BAD_ROLE);
    expect_payload(ADDRESS " " ROLE " 05", KITH_OOB_TRUNCATED);
    expect_payload(ADDRESS " " ROLE " 05 ff 01 02 03", KITH_OOB_TRUNCATED);
    expect_payload(ADDRESS " 00 " ROLE, KITH_OOB_TRAILING);
}

static void other_ndef_messages_are_named(void **state)
{
    (void)state;
    expect_ndef("", KITH_OOB_TRUNCATED);
    expect_ndef(SC_NDEF " 00", KITH_OOB_TRAILING);
    expect_ndef("92 20 30 " MIME_TYPE " " SC_PAYLOAD, KITH_OOB_NDEF_NOT_ONE);
    expect_ndef("52 20 30 " MIME_TYPE " " SC_PAYLOAD, KITH_OOB_NDEF_NOT_ONE);
    expect_ndef("b2 20 30 " MIME_TYPE " " SC_PAYLOAD, KITH_OOB_NDEF_CHUNKED);
    expect_ndef("f2 20 30 " MIME_TYPE " " SC_PAYLOAD, KITH_OOB_NDEF_CHUNKED);
    expect_ndef("d0 00 00", KITH_OOB_NDEF_NOT_MIME);
    expect_ndef("91 02 0a 48 73 12", KITH_OOB_NDEF_NOT_ONE); /* a Handover Select message begins */
    expect_ndef("d1 01 04 54 02 65 6e 41", KITH_OOB_NDEF_NOT_MIME);
    expect_ndef("d4 20 30 " MIME_TYPE " " SC_PAYLOAD, KITH_OOB_NDEF_NOT_MIME);
    expect_ndef("d2 0a 01 74 65 78 74 2f 70 6c 61 69 6e 41", KITH_OOB_NDEF_OTHER_TYPE);
    expect_ndef("d2 00 00", KITH_OOB_NDEF_OTHER_TYPE);
    expect_ndef("d2 20 00 " MIME_TYPE, KITH_OOB_NO_ADDRESS);
    expect_ndef("c2 20 ff ff ff ff " MIME_TYPE " " SC_PAYLOAD, KITH_OOB_TRUNCATED);
    expect_ndef("c2 20 00 00 00 31 " MIME_TYPE " " SC_PAYLOAD, KITH_OOB_TRUNCATED);
    expect_ndef("c2 20 00 00 00 2f " MIME_TYPE " " SC_PAYLOAD, KITH_OOB_TRAILING);
    expect_ndef("da 20 30 ff " MIME_TYPE " " SC_PAYLOAD, KITH_OOB_TRUNCATED);
    expect_ndef("d2 20 32 " MIME_TYPE " " SC_PAYLOAD " 02 1c", KITH_OOB_TRUNCATED);
    expect_ndef("d2 21 30 " MIME_TYPE " 62 " SC_PAYLOAD, KITH_OOB_NDEF_OTHER_TYPE);
}

/* A payload cut between two structures is one with less in it; cut anywhere else it ends in the middle.  A message
 * says how long it is. */
static void every_truncation(void **state)
{
    uint8_t octets[200];
    size_t len = hex_read(SC_PAYLOAD, octets, sizeof octets), whole = hex_read(SC_NDEF, octets, sizeof octets);
    kith_oob_record record;

    (void)state;
    for (size_t cut = 0; cut < whole; cut++)
        assert_int_equal(read_octets(octets, cut, true, &record), KITH_OOB_TRUNCATED);
    hex_read(SC_PAYLOAD, octets, sizeof octets);
    for (size_t cut = 0; cut < len; cut++) {
        kith_oob_fault wanted = cut == 0    ? KITH_OOB_NO_ADDRESS
                                : cut == 9  ? KITH_OOB_NO_ROLE
                                : cut == 12 ? KITH_OOB_SOUND
                                : cut == 30 ? KITH_OOB_NO_RANDOM
                                            : KITH_OOB_TRUNCATED;

        assert_int_equal(read_octets(octets, cut, false, &record), wanted);
        assert_false(record.data.has_sc || record.data.has_tk);
    }
}

/* ---- flips of one bit ---- */

typedef enum { FLIP_REFUSED, FLIP_ANOTHER, FLIP_SAME } flip;

/* Of a bit in SC_PAYLOAD: address, its type, role and secrets can't be told from others; all else is told. */
static flip flip_of_payload(size_t at, unsigned bit)
{
    if (at == 8)
        return bit == 0 ? FLIP_ANOTHER : FLIP_SAME;
    if (at == 11)
        return bit < 2 ? FLIP_ANOTHER : FLIP_REFUSED;
    return (at >= 2 && at < 8) || (at >= 14 && at < 30) || at >= 32 ? FLIP_ANOTHER : FLIP_REFUSED;
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Of a bit in SC_NDEF: in the type only the case may change. */
static flip flip_of_ndef(size_t at, unsigned bit, uint8_t octet)
{
    if (at >= 35)
        return flip_of_payload(at - 35, bit);
    return at >= 3 && bit == 5 && is_letter(octet) ? FLIP_SAME : FLIP_REFUSED;
}

static void check_flip(flip wanted, kith_oob_fault fault, const kith_oob_record *record, size_t at, unsigned bit)
{
    bool same = is_same(record, &vectors[0].record);

    if ((fault != KITH_OOB_SOUND) != (wanted == FLIP_REFUSED) || same != (wanted == FLIP_SAME))
        fail_msg("bit %u of octet %zu: %s, %s", bit, at, kith_oob_fault_name(fault), same ? "the same" : "another");
}

static void every_flip_of_a_bit_in_octets(void **state)
{
    uint8_t octets[200];
    kith_oob_record record;
    size_t len;

    (void)state;
    len = hex_read(SC_PAYLOAD, octets, sizeof octets);
    for (size_t i = 0; i < len * 8; i++) {
        octets[i / 8] ^= (uint8_t)(1u << i % 8);
        check_flip(flip_of_payload(i / 8, i % 8), read_octets(octets, len, false, &record), &record, i / 8, i % 8);
        octets[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    len = hex_read(SC_NDEF, octets, sizeof octets);
    for (size_t i = 0; i < len * 8; i++) {
        flip wanted = flip_of_ndef(i / 8, i % 8, octets[i / 8]);

        octets[i / 8] ^= (uint8_t)(1u << i % 8);
        check_flip(wanted, read_octets(octets, len, true, &record), &record, i / 8, i % 8);
        octets[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

/* ---- text ---- */

static void every_flip_of_a_bit_in_a_text(void **state)
{
    char text[] = SC_TEXT;
    kith_oob_record record;

    (void)state;
    for (size_t i = 0; i < strlen(SC_TEXT) * 8; i++) {
        flip wanted = i % 8 == 5 && is_letter(text[i / 8]) ? FLIP_SAME : FLIP_REFUSED;

        text[i / 8] = (char)(text[i / 8] ^ (1 << i % 8));
        check_flip(wanted, read_text(text, &record), &record, i / 8, i % 8);
        text[i / 8] = SC_TEXT[i / 8];
    }
}

static void a_text_is_the_same_in_either_case(void **state)
{
    kith_oob_record record;

    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        char text[KITH_OOB_TEXT_MAX];

        (void)snprintf(text, sizeof text, "%s", vectors[i].text);
        for (char *c = text; *c != '\0'; c++)
            *c = is_letter(*c) ? (char)(*c | 0x20) : *c;
        assert_int_equal(read_text(text, &record), KITH_OOB_SOUND);
        assert_true(is_same(&record, &vectors[i].record));
    }
}

/* Alphanumeric mode of QR codes: 11 bits for two characters; version 4 with correction level M holds 90. */
static void a_text_is_short_and_made_for_qr_codes(void **state)
{
    (void)state;
    assert_int_equal(strlen(SC_TEXT), 86);
    for (size_t i = 0; i < VECTORS; i++)
        assert_int_equal(strspn(vectors[i].text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"),
                         strlen(vectors[i].text));
}

static void every_wrong_character_is_told(void **state)
{
    char text[] = SC_TEXT;
    kith_oob_record record;

    (void)state;
    for (size_t at = 6; text[at] != '\0'; at++) {
        for (const char *c = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; *c != '\0'; c++) {
            text[at] = *c;
            assert_int_equal(read_text(text, &record), *c == SC_TEXT[at] ? KITH_OOB_SOUND : KITH_OOB_MISTYPED);
        }
        for (const char *c = "0189 =-\n\xff"; *c != '\0'; c++) {
            text[at] = *c;
            assert_int_equal(read_text(text, &record), KITH_OOB_BAD_CHARACTER);
        }
        text[at] = SC_TEXT[at];
    }
}

static void every_two_characters_that_changed_places_are_told(void **state)
{
    char text[] = SC_TEXT;
    kith_oob_record record;

    (void)state;
    for (size_t a = 6; text[a] != '\0'; a++) {
        for (size_t b = a + 1; text[b] != '\0'; b++) {
            text[a] = SC_TEXT[b];
            text[b] = SC_TEXT[a];
            assert_int_equal(read_text(text, &record), text[a] == text[b] ? KITH_OOB_SOUND : KITH_OOB_MISTYPED);
            text[a] = SC_TEXT[a];
            text[b] = SC_TEXT[b];
        }
    }
}

static void a_character_dropped_or_doubled_is_told(void **state)
{
    kith_oob_record record;
    char text[200];

    (void)state;
    for (size_t at = 0; at < strlen(SC_TEXT); at++) {
        (void)snprintf(text, sizeof text, "%.*s%s", (int)at, SC_TEXT, &SC_TEXT[at + 1]);
        assert_int_equal(read_text(text, &record), at < 6 ? KITH_OOB_NOT_THIS_TEXT : KITH_OOB_MISTYPED);
        (void)snprintf(text, sizeof text, "%.*s%s", (int)at + 1, SC_TEXT, &SC_TEXT[at]);
        assert_int_equal(read_text(text, &record), at < 5    ? KITH_OOB_NOT_THIS_TEXT
                                                   : at == 5 ? KITH_OOB_BAD_CHARACTER
                                                             : KITH_OOB_MISTYPED);
        (void)snprintf(text, sizeof text, "%.*s", (int)at, SC_TEXT);
        assert_int_not_equal(read_text(text, &record), KITH_OOB_SOUND);
    }
}

static void other_texts_are_named(void **state)
{
    char text[700] = "KITH1:";
    kith_oob_record record;

    (void)state;
    assert_int_equal(read_text("", &record), KITH_OOB_NOT_THIS_TEXT);
    assert_int_equal(read_text("KITH2:"
                               "BANQ",
                               &record),
                     KITH_OOB_NOT_THIS_TEXT);
    assert_int_equal(read_text(" " SC_TEXT, &record), KITH_OOB_NOT_THIS_TEXT);
    assert_int_equal(read_text(SC_TEXT "\n", &record), KITH_OOB_BAD_CHARACTER);
    assert_int_equal(read_text("KITH1:", &record), KITH_OOB_TRUNCATED);
    assert_int_equal(read_text("KITH1:A", &record), KITH_OOB_MISTYPED);
    assert_int_equal(read_text("KITH1:AA", &record), KITH_OOB_TRUNCATED);
    assert_int_equal(read_text("KITH1:777Q", &record), KITH_OOB_NO_ADDRESS); /* ff ff: the check of nothing */
    assert_int_equal(read_text("KITH1:777R", &record), KITH_OOB_MISTYPED);   /* a bit behind the last octet */
    memset(text + 6, 'A', 520);
    assert_int_equal(read_text(text, &record), KITH_OOB_MISTYPED);
    memset(text + 6, 'A', 530);
    assert_int_equal(read_text(text, &record), KITH_OOB_TOO_LONG);
}

/* ---- limits ---- */

static kith_oob_record longest(uint16_t name_len)
{
    kith_oob_record record = vectors[2].record;

    record.name_len = name_len;
    memset(record.name, 'n', sizeof record.name - 1);
    memset(record.name + name_len, 0, sizeof record.name - name_len);
    return record;
}

static void the_longest_of_all_fits(void **state)
{
    kith_oob_record record = longest(KITH_OOB_NAME_MAX), again;
    uint8_t octets[KITH_OOB_PAYLOAD_MAX], message[400];
    char text[KITH_OOB_TEXT_MAX];
    size_t len;

    (void)state;
    assert_int_equal(kith_oob_encode(&record, octets, sizeof octets), KITH_OOB_PAYLOAD_MAX);
    assert_int_equal(read_octets(octets, sizeof octets, false, &again), KITH_OOB_SOUND);
    assert_true(is_same(&record, &again));
    assert_int_equal(kith_oob_encode_text(&record, text, sizeof text), KITH_OOB_TEXT_MAX - 1);
    assert_int_equal(read_text(text, &again), KITH_OOB_SOUND);
    assert_true(is_same(&record, &again));
    assert_int_equal(kith_oob_encode_ndef(&record, octets, sizeof octets), 0);
    len = hex_read("c2 20 00 00 01 43 " MIME_TYPE, message, sizeof message);
    memcpy(message + len, octets, sizeof octets);
    assert_int_equal(read_octets(message, len + sizeof octets, true, &again), KITH_OOB_SOUND);
    assert_true(is_same(&record, &again));
    record = longest(180);
    assert_int_equal(kith_oob_encode_ndef(&record, octets, sizeof octets), KITH_OOB_NDEF_MAX);
    assert_int_equal(read_octets(octets, KITH_OOB_NDEF_MAX, true, &again), KITH_OOB_SOUND);
    assert_true(is_same(&record, &again));
    record = longest(181);
    assert_int_equal(kith_oob_encode_ndef(&record, octets, sizeof octets), 0);
    record = longest(0);
    assert_int_equal(kith_oob_encode(&record, octets, sizeof octets), 73);
    record.has_flags = record.has_appearance = false;
    assert_int_equal(kith_oob_encode_text(&record, text, 116), 115);
}

static void expect_untouched(const void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        assert_int_equal(((const uint8_t *)out)[i], 0x5a);
}

static void what_does_not_fit_is_not_begun(void **state)
{
    const kith_oob_record *record = &vectors[2].record;
    uint8_t out[200];
    size_t len = kith_oob_encode(record, out, sizeof out), ndef_len = kith_oob_encode_ndef(record, out, sizeof out);
    size_t text_len = kith_oob_encode_text(record, (char *)out, sizeof out);

    (void)state;
    memset(out, 0x5a, sizeof out);
    for (size_t cap = 0; cap < len; cap++)
        assert_int_equal(kith_oob_encode(record, out, cap), 0);
    for (size_t cap = 0; cap < ndef_len; cap++)
        assert_int_equal(kith_oob_encode_ndef(record, out, cap), 0);
    for (size_t cap = 0; cap <= text_len; cap++)
        assert_int_equal(kith_oob_encode_text(record, (char *)out, cap), 0);
    assert_int_equal(kith_oob_encode(record, NULL, 0), 0);
    expect_untouched(out, sizeof out);
}

static void what_there_is_not_is_not_written(void **state)
{
    kith_oob_record bad[3] = {vectors[0].record, vectors[0].record, vectors[0].record};
    uint8_t out[KITH_OOB_TEXT_MAX];

    (void)state;
    bad[0].address.type = 2;
    bad[1].role = (kith_oob_role)4;
    bad[2].name_len = KITH_OOB_NAME_MAX + 1;
    memset(out, 0x5a, sizeof out);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(kith_oob_encode(&bad[i], out, sizeof out), 0);
        assert_int_equal(kith_oob_encode_ndef(&bad[i], out, sizeof out), 0);
        assert_int_equal(kith_oob_encode_text(&bad[i], (char *)out, sizeof out), 0);
    }
    expect_untouched(out, sizeof out);
}

static void every_fault_has_a_name_of_its_own_and_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < KITH_OOB_FAULT_COUNT; i++) {
        const char *sentence = kith_oob_fault_sentence((kith_oob_fault)i);

        assert_int_equal(sentence[strlen(sentence) - 1], '.');
        for (int j = 0; j < i; j++)
            assert_string_not_equal(kith_oob_fault_name((kith_oob_fault)i), kith_oob_fault_name((kith_oob_fault)j));
    }
    assert_string_equal(kith_oob_fault_name(KITH_OOB_NO_RANDOM), "no-random");
    assert_string_equal(kith_oob_fault_name(KITH_OOB_FAULT_COUNT), "unknown");
    assert_string_equal(kith_oob_fault_sentence(KITH_OOB_FAULT_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_written_and_read),
        cmocka_unit_test(an_ndef_message_is_written_and_read),
        cmocka_unit_test(another_implementations_messages),
        cmocka_unit_test(order_and_unknown_structures_do_not_matter),
        cmocka_unit_test(only_the_caller_says_whether_the_channel_is_secure),
        cmocka_unit_test(nothing_is_there_twice),
        cmocka_unit_test(every_length_of_every_structure),
        cmocka_unit_test(what_is_missing_or_cut_is_named),
        cmocka_unit_test(other_ndef_messages_are_named),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(every_flip_of_a_bit_in_octets),
        cmocka_unit_test(every_flip_of_a_bit_in_a_text),
        cmocka_unit_test(a_text_is_the_same_in_either_case),
        cmocka_unit_test(a_text_is_short_and_made_for_qr_codes),
        cmocka_unit_test(every_wrong_character_is_told),
        cmocka_unit_test(every_two_characters_that_changed_places_are_told),
        cmocka_unit_test(a_character_dropped_or_doubled_is_told),
        cmocka_unit_test(other_texts_are_named),
        cmocka_unit_test(the_longest_of_all_fits),
        cmocka_unit_test(what_does_not_fit_is_not_begun),
        cmocka_unit_test(what_there_is_not_is_not_written),
        cmocka_unit_test(every_fault_has_a_name_of_its_own_and_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
