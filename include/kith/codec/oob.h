/* Out of band data as octets and as text: what an NFC tag or a QR code carries.
 *
 * Three forms, of the same AD structures (Core Specification Supplement Part A; length, type, value):
 *   payload   the AD structures alone: the payload of an NDEF record "application/vnd.bluetooth.le.oob", as in the
 *             NFC Forum's and the Bluetooth SIG's "Bluetooth Secure Simple Pairing Using NFC"
 *   NDEF      a whole NDEF message with that one record, as it lies on a tag
 *   text      "KITH1:" and the payload in base32, for a QR code, in its alphanumeric mode, or for fingers
 *
 * Whether their way was secure is not in the data: who reads them says it.  What is read comes from a stranger: an
 * address is a claim, a name is any octets.  Nothing here keeps a pointer to what it was given. */
#ifndef KITH_CODEC_OOB_H
#define KITH_CODEC_OOB_H

#include "kith/event.h"

/* CSS Part A 1.17 */
typedef enum {
    KITH_OOB_ROLE_PERIPHERAL = 0, /* and no other */
    KITH_OOB_ROLE_CENTRAL = 1,    /* and no other */
    KITH_OOB_ROLE_PERIPHERAL_PREFERRED = 2,
    KITH_OOB_ROLE_CENTRAL_PREFERRED = 3
} kith_oob_role;

enum {
    KITH_OOB_NAME_MAX = 248,
    KITH_OOB_PAYLOAD_MAX = 323, /* all there is to encode, with the longest name; without a name: 73 */
    KITH_OOB_NDEF_MAX = 290,    /* a short record: its payload has at most 255 octets */
    KITH_OOB_TEXT_MAX = 527     /* with the closing zero; with neither name, flags nor appearance: 116 */
};

/* What one device tells of itself.  It holds secrets: overwrite it after use. */
typedef struct {
    kith_address address;
    kith_oob_role role;
    kith_oob_data data; /* of one kind, of both, or of none; channel_is_secure is not encoded */
    bool has_flags, has_appearance, name_is_short;
    uint8_t flags;                    /* CSS Part A 1.3; the first octet, where there are more */
    uint16_t appearance;              /* CSS Part A 1.12 */
    uint16_t name_len;                /* 0: none */
    char name[KITH_OOB_NAME_MAX + 1]; /* closed with a zero; as received it may hold others before */
} kith_oob_record;

/* What is wrong with it: identifier, name for people and scripts, sentence.  The first of these that is found while
 * reading from the front to the back; what is missing is found last. */
#define KITH_OOB_FAULT_TABLE(X)                                                                                        \
    X(SOUND, "sound", "Nothing is wrong with it.")                                                                     \
    X(TRUNCATED, "truncated", "It ends in the middle of something.")                                                   \
    X(TRAILING, "trailing", "Something follows after its end.")                                                        \
    X(TOO_LONG, "too-long", "It is longer than any such data.")                                                        \
    X(DUPLICATE, "duplicate", "The same thing is in it twice, so neither can be trusted.")                             \
    X(BAD_LENGTH, "bad-length", "A value in it does not have its length.")                                             \
    X(BAD_ROLE, "bad-role", "The role in it is none that a device may have.")                                          \
    X(NO_ADDRESS, "no-address", "No device address is in it.")                                                         \
    X(NO_ROLE, "no-role", "No role is in it.")                                                                         \
    X(NO_CONFIRM, "no-confirm", "A random value is in it without the confirmation value it belongs to.")               \
    X(NO_RANDOM, "no-random", "A confirmation value is in it without the random value it belongs to.")                 \
    X(NDEF_NOT_ONE, "ndef-not-one", "It is a part of an NDEF message, or a message with more than one record.")        \
    X(NDEF_CHUNKED, "ndef-chunked", "Its NDEF record is a chunk of a longer one.")                                     \
    X(NDEF_NOT_MIME, "ndef-not-mime", "Its NDEF record is not one with a MIME type.")                                  \
    X(NDEF_OTHER_TYPE, "ndef-other-type", "Its NDEF record has another type than application/vnd.bluetooth.le.oob.")   \
    X(NOT_THIS_TEXT, "not-this-text", "It does not begin with KITH1:.")                                                \
    X(BAD_CHARACTER, "bad-character", "A character in it is none of A to Z and 2 to 7.")                               \
    X(MISTYPED, "mistyped", "Its check value does not fit: a character is wrong, missing or one too many.")

#define KITH_OOB_FAULT_ENUM(id, name, sentence) KITH_OOB_##id,
typedef enum { KITH_OOB_FAULT_TABLE(KITH_OOB_FAULT_ENUM) KITH_OOB_FAULT_COUNT } kith_oob_fault;

const char *kith_oob_fault_name(kith_oob_fault fault);     /* "no-random"; "unknown" */
const char *kith_oob_fault_sentence(kith_oob_fault fault); /* for people; "unknown" */

/* Encoding.  Each returns how many octets (characters, without the closing zero) it wrote; 0: more than cap, for NDEF
 * also a payload above 255 octets, or an address type, role or name length that no device has.  With 0 out is as it
 * was. */
size_t kith_oob_encode(const kith_oob_record *record, uint8_t *out, size_t cap);
size_t kith_oob_encode_ndef(const kith_oob_record *record, uint8_t *out, size_t cap);
size_t kith_oob_encode_text(const kith_oob_record *record, char *out, size_t cap);

/* Decoding.  channel_is_secure: nobody could overhear or change it on its way; it goes into record->data.
 *
 * KITH_OOB_SOUND: the record is whole.  With any other answer it is all zeros.
 *   - AD structures may come in any order; those of types unknown here are skipped; zeros may follow the last
 *     (Core Vol 3 Part C 11), where anything else is TRAILING.  Both names at once are a DUPLICATE.
 *   - Bits reserved for future use in the address type are ignored.
 *   - NDEF: one record, short or not, with an ID or not; the type in either case.  Nothing may follow it.
 *   - Text: in either case.  One wrong character and two changed places are always told, anything else but once in
 *     65,536 times.  Blanks and line ends are characters like others: take them off before. */
KITH_MUST_USE kith_oob_fault kith_oob_decode(const uint8_t *in, size_t len, bool channel_is_secure,
                                             kith_oob_record *record);
KITH_MUST_USE kith_oob_fault kith_oob_decode_ndef(const uint8_t *in, size_t len, bool channel_is_secure,
                                                  kith_oob_record *record);
KITH_MUST_USE kith_oob_fault kith_oob_decode_text(const char *text, bool channel_is_secure, kith_oob_record *record);

#endif
