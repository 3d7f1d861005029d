/* What the records of a store say: docs/bond-format.md, octet by octet.
 *
 * For programs that look into a store, check it, or bring bonds from elsewhere; a host does all this by itself.
 * THESE STRUCTURES HOLD KEYS.  Who decodes a record overwrites the structure and the record when done with them, and
 * shows neither.
 *
 * Keys and addresses are in wire order, least significant octet first.  A sealed record must be unsealed before.
 *
 * Encoding:  KITH_OK, or KITH_ERR_VALUE: a field has a value that it cannot have; *out is zeroed then.  What encodes
 *            also decodes, so nothing can be put into a store that will not be read again.
 * Decoding:  KITH_OK; KITH_ERR_NEWER: a later format; KITH_ERR_DAMAGED: not such a record, a length that does not fit,
 *            or a field that cannot be: then nothing of it is to be believed.  *out is zeroed with every error.  What
 *            decodes encodes to the same octets. */
#ifndef KITH_CODEC_RECORD_H
#define KITH_CODEC_RECORD_H

#include "kith/address.h"
#include "kith/store.h"
#include "kith/verdict.h"

/* ---- this device ---- */

enum { KITH_RECORD_LAST_IDENTITY = 7 };

/* One of our identities. */
typedef struct {
    uint8_t irk[16]; /* not one that everybody knows */
    uint8_t static_address[6];
    uint8_t number; /* 0: the first; the record's id */
} kith_device_record;

KITH_MUST_USE kith_status kith_record_encode_device(const kith_device_record *device, kith_record *out);
KITH_MUST_USE kith_status kith_record_decode_device(const kith_record *record, kith_device_record *out);

/* ---- a bond ---- */

enum { KITH_RECORD_LAST_CLASS = 31 };

/* What a Secure Connections bond has: ltk.  A legacy bond has each of ltk and my_ltk, with its EDIV and Rand, or not;
 * what it has not is all zeros.  irk, my_csrk, peer_csrk: all zeros mean none. */
typedef struct {
    uint32_t peer; /* ID; not 0 */
    kith_address identity;
    kith_address local; /* our identity when it was made */
    uint8_t level;      /* kith_level: 2 to 4 */
    uint8_t method;     /* kith_method_kind; not NONE */
    uint8_t key_kind;   /* kith_key_kind; not NONE */
    uint8_t key_size;   /* 7 to 16 */
    uint8_t peer_class; /* 0: none */
    bool initiator;     /* we were */
    bool numbers_unseen;
    bool has_ltk, has_my_ltk;
    uint8_t ltk[16];    /* Secure Connections: of both sides; legacy: the peer's, that we use as central */
    uint8_t my_ltk[16]; /* legacy: ours, that the peer uses as central */
    uint16_t ediv, my_ediv;
    uint64_t rand, my_rand;
    uint8_t irk[16]; /* the peer's */
    uint8_t my_csrk[16], peer_csrk[16];
    uint32_t made_s; /* seconds since 1970; 0: not known */
} kith_bond_record;

KITH_MUST_USE kith_status kith_record_encode_bond(const kith_bond_record *bond, kith_record *out);
KITH_MUST_USE kith_status kith_record_decode_bond(const kith_record *record, kith_bond_record *out);

/* ---- what changes often beside a bond ---- */

enum {
    KITH_STATE_CCCDS = 32,  /* so many fit, whatever else there is */
    KITH_STATE_FEATURES = 4 /* octets of the Client Supported Features */
};

/* What was read of the peer. */
enum {
    KITH_STATE_NOT_READ,
    KITH_STATE_NO, /* it says no, or has it not */
    KITH_STATE_YES
};

/* A Client Characteristic Configuration that is not 0. */
typedef struct {
    uint16_t handle; /* of the descriptor; not 0 */
    uint16_t value;  /* bit 0: notify, bit 1: indicate */
} kith_state_cccd;

/* Every part may be missing.  Whoever changes one part writes the others as they were. */
typedef struct {
    uint32_t peer; /* ID; not 0 */
    bool has_my_signing, has_peer_signing;
    uint32_t my_check;    /* names our CSRK, docs/bond-format.md */
    uint32_t my_reserved; /* the first counter that may not be used yet; not 0 */
    uint32_t peer_check;
    uint32_t peer_last; /* the highest counter of the peer's that was accepted */
    uint8_t cccd_count;
    kith_state_cccd cccds[KITH_STATE_CCCDS]; /* by ascending handle, each once */
    uint8_t features_len;                    /* 0: it wrote none */
    uint8_t features[KITH_STATE_FEATURES];
    bool is_aware;          /* of the database with this hash; of another one it is not: it is change-unaware then */
    uint8_t aware_hash[16]; /* as the Database Hash characteristic has it */
    uint32_t rank;          /* 0: none; a larger one is kept rather */
    uint32_t last_use;      /* 0: none; a larger one was later.  A count, not a time */
    uint8_t resolution;     /* KITH_STATE_*: its Central Address Resolution (0x2aa6) */
    uint8_t private_only;   /* KITH_STATE_*: its Resolvable Private Address Only (0x2ac9) */
    bool pinned;            /* never forgotten to make room */
} kith_state_record;

KITH_MUST_USE kith_status kith_record_encode_state(const kith_state_record *state, kith_record *out);
KITH_MUST_USE kith_status kith_record_decode_state(const kith_record *record, kith_state_record *out);

/* ---- pieces of values that are larger than a record ---- */

enum {
    KITH_CHUNK_APPLICATION = 0, /* the program's own data about the peer */
    KITH_CHUNK_DATABASE = 1,    /* what is known of the peer's attributes */
    KITH_CHUNK_TYPES = 3,       /* 2: for later */
    KITH_CHUNK_BANKS = 2,
    KITH_CHUNK_PIECES = 8,
    KITH_CHUNK_PIECE = 183,                                /* octets of a value in one piece */
    KITH_CHUNK_MAX = KITH_CHUNK_PIECES * KITH_CHUNK_PIECE, /* 1464: the longest value */
    KITH_RECORD_CHUNK = 14,                                /* the first of their kinds... */
    KITH_RECORD_CHUNK_END =
        KITH_RECORD_CHUNK + KITH_CHUNK_TYPES * KITH_CHUNK_BANKS * KITH_CHUNK_PIECES /* ...62: none */
};

typedef struct {
    uint32_t peer;       /* ID; not 0 */
    uint8_t type;        /* KITH_CHUNK_*; a type for later decodes like the others */
    uint8_t bank, piece; /* 0 or 1; 0 to 7 */
    uint16_t generation;
    uint16_t value_len; /* of the whole value: 0 to KITH_CHUNK_MAX */
    uint32_t check;     /* CRC-32 of the whole value */
    uint8_t len;        /* of this piece, as it follows from value_len */
    uint8_t octets[KITH_CHUNK_PIECE];
} kith_chunk_piece;

uint8_t kith_chunk_pieces(uint16_t value_len); /* of a value of this length: at least 1; 0: it is too long */

KITH_MUST_USE kith_status kith_record_encode_chunk(const kith_chunk_piece *piece, kith_record *out);
KITH_MUST_USE kith_status kith_record_decode_chunk(const kith_record *record, kith_chunk_piece *out);

#endif
