/* Fuzz target: out of band data from a stranger's tag or picture.
 *
 * Input: one octet, bits 0 and 1: which form (0 payload, 1 NDEF, 2 text, 3 a payload made into a text with a check
 * value that fits), bit 2: the channel is secure; then the data.  Traps when a refused record is not all zeros, or when
 * a sound one does not come back the same from all three forms. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kith/codec/oob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_zero(const kith_oob_record *record)
{
    static const kith_oob_record none;

    return memcmp(record, &none, sizeof none) == 0;
}

/* Both came from decoding, which begins with zeros: padding is the same too. */
static void require_same(kith_oob_fault fault, const kith_oob_record *a, const kith_oob_record *b)
{
    require(fault == KITH_OOB_SOUND);
    require(memcmp(a, b, sizeof *a) == 0);
}

static void check_again(const kith_oob_record *record)
{
    bool secure = record->data.channel_is_secure;
    uint8_t octets[KITH_OOB_PAYLOAD_MAX];
    char text[KITH_OOB_TEXT_MAX];
    kith_oob_record again;
    size_t len = kith_oob_encode(record, octets, sizeof octets);

    require(len != 0);
    require_same(kith_oob_decode(octets, len, secure, &again), record, &again);
    require(kith_oob_encode_text(record, text, sizeof text) == strlen(text));
    require_same(kith_oob_decode_text(text, secure, &again), record, &again);
    len = kith_oob_encode_ndef(record, octets, sizeof octets);
    if (len != 0)
        require_same(kith_oob_decode_ndef(octets, len, secure, &again), record, &again);
}

static void check(kith_oob_fault fault, const kith_oob_record *record, bool secure)
{
    require((unsigned)fault < KITH_OOB_FAULT_COUNT);
    if (fault != KITH_OOB_SOUND) {
        require(is_zero(record));
        return;
    }
    require(record->data.channel_is_secure == secure);
    require(record->name_len <= KITH_OOB_NAME_MAX && record->name[KITH_OOB_NAME_MAX] == '\0');
    check_again(record);
}

/* A fuzzer does not guess check values: any octets, in base32 with theirs. */
static char *make_text(const uint8_t *octets, size_t len)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    char *text = malloc(8 + (len + 2) * 2);
    size_t count = 6;
    unsigned crc = 0xffff, bits = 0, waiting = 0;

    require(text != NULL);
    memcpy(text, "kith1:", 6);
    for (size_t i = 0; i < len + 2; i++) {
        unsigned octet = i < len ? octets[i] : i == len ? crc >> 8 : crc & 0xff;

        for (unsigned bit = 0x80; i < len && bit != 0; bit >>= 1)
            crc = (crc << 1 ^ ((crc >> 15 ^ ((octet & bit) != 0)) & 1 ? 0x1021 : 0)) & 0xffff;
        bits = (bits << 8 | octet) & 0xffff;
        for (waiting += 8; waiting >= 5; waiting -= 5)
            text[count++] = digits[bits >> (waiting - 5) & 31];
    }
    if (waiting != 0)
        text[count++] = digits[bits << (5 - waiting) & 31];
    text[count] = '\0';
    return text;
}

static void check_text(const char *text, bool secure)
{
    kith_oob_record record;

    memset(&record, 0x5a, sizeof record);
    check(kith_oob_decode_text(text, secure, &record), &record, secure);
}

static void check_octets(const uint8_t *octets, size_t len, bool ndef, bool secure)
{
    kith_oob_record record;
    kith_oob_fault fault;

    memset(&record, 0x5a, sizeof record);
    fault = ndef ? kith_oob_decode_ndef(octets, len, secure, &record) : kith_oob_decode(octets, len, secure, &record);
    check(fault, &record, secure);
}

/* Any octets with a check value that fits are read as those octets are. */
static void check_made_text(const uint8_t *octets, size_t len, bool secure)
{
    char *text = make_text(octets, len);
    kith_oob_record direct, by_text;
    kith_oob_fault fault = kith_oob_decode(octets, len, secure, &direct);

    if (len <= KITH_OOB_PAYLOAD_MAX) {
        require(kith_oob_decode_text(text, secure, &by_text) == fault);
        require(memcmp(&direct, &by_text, sizeof direct) == 0);
    }
    check_text(text, secure);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *own; /* of its own, so that reading past it is seen */
    bool secure;

    if (size == 0)
        return 0;
    own = malloc(size);
    require(own != NULL);
    memcpy(own, data + 1, size - 1);
    secure = (data[0] & 4) != 0;
    if ((data[0] & 3) == 2) {
        own[size - 1] = '\0';
        check_text((const char *)own, secure);
    } else if ((data[0] & 3) == 3) {
        check_made_text(own, size - 1, secure);
    } else {
        uint8_t *exact = malloc(size == 1 ? 1 : size - 1);

        require(exact != NULL);
        memcpy(exact, own, size - 1);
        check_octets(exact, size - 1, (data[0] & 3) == 1, secure);
        free(exact);
    }
    free(own);
    return 0;
}
