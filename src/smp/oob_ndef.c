/* Out of band data as an NDEF message of one record.  NFC Forum NDEF 1.0, 3.2; "Bluetooth Secure Simple Pairing Using
 * NFC" 1.2, the simplified tag format for a single Bluetooth carrier. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "kith/codec/oob.h"

/* The first octet of a record. */
enum {
    MESSAGE_BEGIN = 0x80,
    MESSAGE_END = 0x40,
    CHUNK = 0x20,
    SHORT_RECORD = 0x10,
    ID_LENGTH = 0x08,
    TYPE_NAME_FORMAT = 0x07,
    TNF_MIME = 0x02
};

static const char mime_type[] = "application/vnd.bluetooth.le.oob";

enum { TYPE_LEN = sizeof mime_type - 1, SHORT_MAX = 255 };

size_t kith_oob_encode_ndef(const kith_oob_record *record, uint8_t *out, size_t cap)
{
    uint8_t payload[SHORT_MAX];
    size_t len = kith_oob_encode(record, payload, sizeof payload);
    bytes_writer w;

    bytes_writer_init(&w, out, cap);
    if (len != 0 && 3 + TYPE_LEN + len <= cap) {
        bytes_write8(&w, MESSAGE_BEGIN | MESSAGE_END | SHORT_RECORD | TNF_MIME);
        bytes_write8(&w, TYPE_LEN);
        bytes_write8(&w, (uint8_t)len);
        bytes_write(&w, (const uint8_t *)mime_type, TYPE_LEN);
        bytes_write(&w, payload, len);
    }
    wipe(payload, sizeof payload);
    return w.len;
}

/* MIME types are the same in either case (RFC 2045 5.1). */
static bool is_our_type(const uint8_t *type, size_t len)
{
    if (len != TYPE_LEN)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint8_t lower = type[i] >= 'A' && type[i] <= 'Z' ? (uint8_t)(type[i] - 'A' + 'a') : type[i];

        if (lower != (uint8_t)mime_type[i])
            return false;
    }
    return true;
}

static kith_oob_fault judge_header(uint8_t header)
{
    if ((header & MESSAGE_BEGIN) == 0 || (header & MESSAGE_END) == 0)
        return (header & CHUNK) != 0 ? KITH_OOB_NDEF_CHUNKED : KITH_OOB_NDEF_NOT_ONE;
    if ((header & CHUNK) != 0)
        return KITH_OOB_NDEF_CHUNKED;
    if ((header & TYPE_NAME_FORMAT) != TNF_MIME)
        return KITH_OOB_NDEF_NOT_MIME;
    return KITH_OOB_SOUND;
}

/* NDEF is most significant octet first. */
static uint32_t read_payload_len(bytes_reader *r, uint8_t header)
{
    uint32_t len = bytes_read8(r);

    for (int i = 0; (header & SHORT_RECORD) == 0 && i < 3; i++)
        len = len << 8 | bytes_read8(r);
    return len;
}

static kith_oob_fault find_payload(const uint8_t *in, size_t in_len, const uint8_t **payload, size_t *payload_len)
{
    uint8_t header, type_len, id_len;
    const uint8_t *type;
    kith_oob_fault fault;
    bytes_reader r;

    bytes_reader_init(&r, in, in_len);
    header = bytes_read8(&r);
    fault = r.failed ? KITH_OOB_TRUNCATED : judge_header(header);
    if (fault != KITH_OOB_SOUND)
        return fault;
    type_len = bytes_read8(&r);
    *payload_len = read_payload_len(&r, header);
    id_len = (header & ID_LENGTH) != 0 ? bytes_read8(&r) : 0;
    type = bytes_take(&r, type_len);
    if (r.failed)
        return KITH_OOB_TRUNCATED;
    if (!is_our_type(type, type_len))
        return KITH_OOB_NDEF_OTHER_TYPE;
    bytes_skip(&r, id_len);
    *payload = bytes_take(&r, *payload_len);
    if (r.failed)
        return KITH_OOB_TRUNCATED;
    return r.left != 0 ? KITH_OOB_TRAILING : KITH_OOB_SOUND;
}

kith_oob_fault kith_oob_decode_ndef(const uint8_t *in, size_t len, bool channel_is_secure, kith_oob_record *record)
{
    const uint8_t *payload = NULL;
    size_t payload_len = 0;
    kith_oob_fault fault = find_payload(in, len, &payload, &payload_len);

    if (fault == KITH_OOB_SOUND)
        return kith_oob_decode(payload, payload_len, channel_is_secure, record);
    wipe(record, sizeof *record);
    return fault;
}
