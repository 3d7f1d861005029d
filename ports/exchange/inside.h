/* What the formats share: spans of a text, findings, entries on their way to bonds, and a text being written. */
#ifndef EXCH_INSIDE_H
#define EXCH_INSIDE_H

#include "kith/port/exchange.h"

void exch_wipe(void *p, size_t len);

/* ---- spans: parts of a text that is somebody else's ---- */

typedef struct {
    const char *at;
    size_t len;
} exch_span;

exch_span exch_trim(exch_span span); /* blanks and tabs at both ends */
bool exch_is(exch_span span, const char *text);
bool exch_is_of_case(exch_span span, const char *text); /* either case */
bool exch_begins(exch_span span, const char *text);     /* either case */

/* Digits, two for each octet, in the order of the text.  false: another number of digits, or something else. */
bool exch_hex(exch_span span, uint8_t *out, size_t octets);
bool exch_decimal(exch_span span, uint64_t most, uint64_t *out);
/* "C0:11:22:33:44:55", or without colons; the type is left as it was. */
bool exch_address(exch_span span, kith_address *out);

void exch_reverse(uint8_t *octets, size_t len);
bool exch_is_zero(const uint8_t *octets, size_t len);
uint64_t exch_number(const uint8_t *octets, size_t len); /* least significant octet first */
void exch_put_number(uint8_t *octets, size_t len, uint64_t number);

/* ---- lines ---- */

typedef struct {
    exch_span rest;
    unsigned number; /* of the line last given, from 1 */
    bool cut;        /* it has no end of line: the text may have been cut short in it */
} exch_lines;

bool exch_next_line(exch_lines *lines, exch_span *line); /* trimmed; false: no more */

/* A line of a file in groups.  GROUP: name is what is between the brackets; FIELD: name = value. */
typedef enum { EXCH_BLANK, EXCH_GROUP, EXCH_FIELD, EXCH_OTHER } exch_line_kind;

exch_line_kind exch_split(exch_span line, exch_span *name, exch_span *value);

/* ---- reading ---- */

typedef struct {
    kith_exchange_result out; /* of this text alone */
    const kith_exchange_options *options;
    size_t bond_room;
    kith_status status;        /* of the first thing that ends the reading, and... */
    kith_exchange_finding why; /* ...what it was */
} exch_reader;

/* An entry on its way.  The formats fill it in, and exch_take() judges it. */
typedef struct {
    char name[32]; /* for findings */
    unsigned line;
    bool refused; /* a finding says why; take does no more then */
    bool has_local;
    kith_address identity, local;
    bool sc;
    bool authenticated; /* says the text */
    bool level_4;       /* what it says amounts to level 4, if the key is whole; else to 3 */
    bool level_given;   /* the text says level or method itself: there is nothing to assume about it */
    uint8_t method;     /* 0: the text does not say */
    uint8_t key_size;
    bool has_ltk, has_my_ltk;
    uint8_t ltk[16], my_ltk[16];
    uint16_t ediv, my_ediv;
    uint64_t rand, my_rand;
    uint8_t irk[16], my_csrk[16], peer_csrk[16];
    /* What only Kith's own text has. */
    bool initiator, numbers_unseen;
    uint8_t peer_class;
    uint32_t made_s;
} exch_entry;

void exch_name_address(char name[32], const kith_address *address);

void exch_find_in(kith_exchange_result *to, kith_exchange_effect effect, unsigned line, const char *entry,
                  const char *field, const char *why);
/* What was found.  field and why may be ""; a why goes on from the field: "is not 28 octets". */
void exch_find(exch_reader *r, kith_exchange_effect effect, unsigned line, const char *entry, const char *field,
               const char *why);
void exch_find_of(exch_reader *r, kith_exchange_effect effect, const exch_entry *e, unsigned line, const char *field,
                  const char *why);
/* The entry is refused, once; later reasons are told too. */
void exch_refuse(exch_reader *r, exch_entry *e, unsigned line, const char *field, const char *why);
/* An entry that has become no exch_entry at all. */
void exch_refuse_place(exch_reader *r, unsigned line, const char *place, const char *field, const char *why);
/* The whole text is refused.  Answers false. */
bool exch_fail(exch_reader *r, kith_status status, unsigned line, const char *why);

/* Of one of its keys, as the text says it; those of both legacy keys are the same. */
void exch_take_size(exch_reader *r, exch_entry *e, unsigned line, const char *field, uint64_t size);
/* The format does not say how large its keys are: zeros at the end are taken for what a shorter one is padded with. */
void exch_assume_size(exch_reader *r, exch_entry *e, const char *field);

/* The entry becomes a bond, or a finding says why not.  The entry is overwritten. */
void exch_take(exch_reader *r, exch_entry *e);

void exch_take_own_address(kith_exchange_result *to, unsigned line, const char *field, const kith_address *address);
void exch_take_own_irk(kith_exchange_result *to, unsigned line, const char *field, const uint8_t irk[16]);

/* Adds one text's result to what is there already, or nothing of it: KITH_ERR_FULL. */
kith_status exch_merge(kith_exchange_result *to, exch_reader *r);

bool exch_is_known_key(const uint8_t key[16]);

void exch_read_json(exch_reader *r, exch_span text);
void exch_read_bluez(exch_reader *r, exch_span text);
void exch_read_aioble(exch_reader *r, exch_span text);
void exch_read_bumble(exch_reader *r, exch_span text);
void exch_read_android(exch_reader *r, exch_span text);
void exch_read_windows(exch_reader *r, exch_span text);

/* ---- writing ---- */

typedef struct {
    kith_exchange_text out;
    size_t room;
    const kith_bond_record *bonds;
    size_t count;
    const kith_exchange_identity *identity; /* never NULL */
    bool failed;                            /* no memory */
} exch_writer;

void exch_put(exch_writer *w, const char *text);
void exch_put_octets(exch_writer *w, const char *octets, size_t len);
void exch_put_hex(exch_writer *w, const uint8_t *octets, size_t len, bool capitals);
void exch_put_reversed(exch_writer *w, const uint8_t *octets, size_t len); /* small digits, last octet first */
void exch_put_decimal(exch_writer *w, uint64_t number);
void exch_put_address(exch_writer *w, const kith_address *address, bool capitals);

void exch_lose(exch_writer *w, kith_exchange_effect effect, const kith_bond_record *bond, const char *field,
               const char *why);

/* What a format has a place for. */
enum {
    EXCH_HAS_LEVEL = 1,       /* whether a Secure Connections key is authenticated */
    EXCH_HAS_SIZE = 2,        /* of the key */
    EXCH_HAS_LOCAL = 4,       /* the local identity's address, and... */
    EXCH_HAS_LOCAL_TYPE = 64, /* ...its type */
    EXCH_HAS_MY_LTK = 8,      /* legacy: our own */
    EXCH_HAS_MY_CSRK = 16,    /* signing keys... */
    EXCH_HAS_PEER_CSRK = 32   /* ...without counters */
};

/* Tells what of this bond is lost in a format that has these.  false: the bond is refused, since nothing usable would
 * be left of it. */
bool exch_report_lost(exch_writer *w, const kith_bond_record *bond, unsigned has);

void exch_write_json(exch_writer *w);
void exch_write_bluez(exch_writer *w);
void exch_write_aioble(exch_writer *w);
void exch_write_bumble(exch_writer *w);
void exch_write_android(exch_writer *w);
void exch_write_windows(exch_writer *w);

#endif
