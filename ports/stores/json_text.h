/* Between records and the text of a JSON store: docs/json-store.md.  Knows no files. */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "kith/store.h"

/* Sorted by id, then kind; each pair once. */
typedef struct {
    kith_record *all; /* malloc */
    size_t count, room;
    uint32_t highest_id; /* of all bonds there ever were */
} jstore_records;

/* Where a record of this kind and id is, or belongs. */
size_t jstore_find(const jstore_records *records, uint8_t kind, uint32_t id, bool *found);

/* In place of the one with its kind and id.  false: no memory; nothing was changed. */
bool jstore_put(jstore_records *records, const kith_record *record);
void jstore_remove(jstore_records *records, uint8_t kind, uint32_t id);
bool jstore_copy(jstore_records *to, const jstore_records *from); /* to: nothing before; false: no memory */
void jstore_free(jstore_records *records);                        /* overwrites them */

void jstore_wipe(void *p, size_t len);

/* ---- text ---- */

typedef struct {
    unsigned line;
    char text[200]; /* "peers[0].bond.level: is none of ..." */
} jstore_fault;

/* KITH_ERR_DAMAGED, KITH_ERR_NEWER: *fault says where and why, *out is empty; KITH_ERR_STORAGE: no memory. */
kith_status jstore_read_text(const char *text, size_t len, jstore_records *out, jstore_fault *fault);

/* malloc, closed with a zero; NULL: no memory.  Whoever frees it wipes it before. */
char *jstore_write_text(const jstore_records *records, size_t *len);

/* A step from a value to one inside it: of an object by key, or of an array by index (key is NULL). */
typedef struct {
    const char *key;
    size_t index;
} jstore_step;

/* The line of a value in a sound text, counted from 1; as far as the steps lead. */
unsigned jstore_line_of(const char *text, size_t len, const jstore_step *steps, size_t count);

/* ---- words that both directions use ---- */

typedef struct {
    uint8_t value;
    const char *word;
} jstore_word;

extern const jstore_word jstore_levels[], jstore_methods[], jstore_key_kinds[], jstore_roles[], jstore_cccds[],
    jstore_answers[];

#endif
