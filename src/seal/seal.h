/* The parts of a sealed store, to each other: docs/sealing.md. */
#ifndef SEAL_SEAL_H
#define SEAL_SEAL_H

#include "kith/sealed_store.h"

enum { SEAL_VERSION = 0x81, SEAL_HEAD = 16, SEAL_TAG = 16, SEAL_MORE = SEAL_HEAD + SEAL_TAG };

/* IDs of records of the store's own, KITH_RECORD_SEAL. */
enum { SEAL_ID_IDENTITY = 0, SEAL_ID_MANIFEST = 1, SEAL_ID_JOURNAL = 2, SEAL_ID_COPY = 3 };

/* ---- octets.c: one record ---- */

/* KITH_ERR_NO_KEY, KITH_ERR_ENTROPY, or the port's; *out is zeroed then.  plain and out are not the same. */
kith_status seal_close(const kith_sealed_store *s, const kith_record *plain, kith_record *out);
/* KITH_ERR_DAMAGED: plain, or not authentic here.  KITH_ERR_NEWER, KITH_ERR_NO_KEY, or the port's.  *out is zeroed
 * then. */
kith_status seal_open(const kith_sealed_store *s, const kith_record *sealed, kith_record *out);
bool seal_is_plain(const kith_record *record);                             /* its first octet is an unsealed record's */
uint16_t seal_generation(const kith_record *sealed);                       /* as it says itself */
kith_status seal_has_key(const kith_sealed_store *s, uint16_t generation); /* KITH_ERR_NO_KEY: no */
kith_status seal_digest(const kith_sealed_store *s, const kith_record *record, uint8_t out[16]);
void seal_add_digest(uint8_t into[16], const uint8_t digest[16]); /* and takes it away again */
/* 16 octets that nobody knows, even where the random source repeats itself. */
kith_status seal_draw(const kith_sealed_store *s, const char label[8], uint8_t out[16]);

/* ---- walk.c: what stands in the inner store ---- */

enum { SEAL_BATCH = 16 };

typedef struct {
    uint32_t id;
    uint8_t kind;
    bool stands; /* nothing later takes its place */
    kith_status status;
    uint8_t digest[16];
} seal_entry;

typedef struct {
    seal_entry of[SEAL_BATCH];
    unsigned count; /* fewer than SEAL_BATCH: there are no more */
} seal_batch;

/* Is this record wanted?  Fills status and digest of the entry as it likes.  A failure ends the walk. */
typedef kith_status seal_look(const kith_sealed_store *s, const kith_record *record, seal_entry *entry, bool *wanted);

/* The next few records of the host's that are wanted, and which of them stand.  *cursor: 0 before the first.  Nothing
 * may be written between two calls. */
kith_status seal_walk(const kith_sealed_store *s, seal_look *look, uint32_t *cursor, seal_batch *batch);
/* The record of this kind and id that stands.  KITH_ERR_NOT_FOUND: none. */
kith_status seal_find(const kith_sealed_store *s, uint8_t kind, uint32_t id, kith_record *out);
kith_status seal_is_replaced(const kith_sealed_store *s, uint32_t cursor, const kith_record *record, bool *replaced);

/* What one look at everything shows. */
typedef struct {
    bool has_identity, has_manifest;
    bool lost_identity; /* it is there, and damaged */
    kith_record identity, manifest;
    uint32_t plain, sealed; /* records of the host's, any version */
} seal_found;
kith_status seal_look_around(const kith_sealed_store *s, seal_found *out);

/* ---- inner.c: changes of the inner store ---- */

kith_status seal_inner_open(kith_sealed_store *s);
kith_status seal_inner_put(kith_sealed_store *s, const kith_record *sealed);
kith_status seal_inner_remove(kith_sealed_store *s, uint8_t kind, uint32_t id);

/* ---- identity.c: what the store knows of itself ---- */

kith_status seal_identity_make(kith_sealed_store *s, bool converting);
kith_status seal_identity_keep(kith_sealed_store *s, bool converting); /* writes it anew */
kith_status seal_identity_know(kith_sealed_store *s, const kith_record *sealed, bool *converting);

/* ---- manifest.c: under a counter ---- */

bool seal_counts(const kith_sealed_store *s);
/* Is what stands what was stored last?  Finishes or abandons the step that was cut short. */
kith_status seal_manifest_judge(kith_sealed_store *s, const seal_found *found);
kith_status seal_manifest_accept(kith_sealed_store *s); /* what stands is what was stored last */
kith_status seal_manifest_renew(kith_sealed_store *s);  /* written anew; leads from what is known to be there to that */
kith_status seal_change(kith_sealed_store *s, const kith_record *change); /* sealed, or removed */

/* ---- sealed_store.c ---- */

kith_status seal_enter(kith_sealed_store *s);
/* Opens it; accepts: whatever the counter says. */
kith_status seal_enter_anew(kith_sealed_store *s, bool accepts);
kith_status seal_leave(kith_sealed_store *s, kith_status status, kith_store_state *state);

#endif
