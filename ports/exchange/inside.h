/* What the formats share: spans of a text, findings, entries on their way to bonds, and a text being written. */
#ifndef EXCHANGE_INSIDE_H
#define EXCHANGE_INSIDE_H

#include "kith/port/exchange.h"

void exchange_wipe(void *p, size_t len);

/* ---- spans: parts of a text that is somebody else's ---- */

typedef struct {
    const char *at;
    size_t len;
} exchange_span;

exchange_span exchange_trim(exchange_span span); /* blanks and tabs at both ends */
bool exchange_is(exchange_span span, const char *text);
bool exchange_is_of_case(exchange_span span, const char *text); /* either case */
bool exchange_begins(exchange_span span, const char *text);     /* either case */

/* Digits, two for each octet, in the order of the text.  false: another number of digits, or something else. */
bool exchange_hex(exchange_span span, uint8_t *out, size_t octets);
bool exchange_decimal(exchange_span span, uint64_t most, uint64_t *out);
/* "C0:11:22:33:44:55", or without colons; the type is left as it was. */
bool exchange_address(exchange_span span, kith_address *out);

void exchange_reverse(uint8_t *octets, size_t len);
bool exchange_is_zero(const uint8_t *octets, size_t len);
uint64_t exchange_number(const uint8_t *octets, size_t len); /* least significant octet first */
void exchange_put_number(uint8_t *octets, size_t len, uint64_t number);

/* ---- lines ---- */

typedef struct {
    exchange_span rest;
    unsigned number; /* of the line last given, from 1 */
    bool cut;        /* it has no end of line: the text may have been cut short in it */
} exchange_lines;

bool exchange_next_line(exchange_lines *lines, exchange_span *line); /* trimmed; false: no more */

/* A line of a file in groups.  GROUP: name is what is between the brackets; FIELD: name = value. */
typedef enum { EXCHANGE_BLANK, EXCHANGE_GROUP, EXCHANGE_FIELD, EXCHANGE_OTHER } exchange_line_kind;

exchange_line_kind exchange_split(exchange_span line, exchange_span *name, exchange_span *value);

/* ---- reading ---- */

typedef struct {
    kith_exchange_result out; /* of this text alone */
    const kith_exchange_options *options;
    size_t bond_room;
    kith_status status;        /* of the first thing that ends the reading, and... */
    kith_exchange_finding why; /* ...what it was */
} exchange_reader;

/* An entry on its way.  The formats fill it in, and exchange_take() judges it. */
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
} exchange_entry;

void exchange_name_address(char name[32], const kith_address *address);

void exchange_find_in(kith_exchange_result *to, kith_exchange_effect effect, unsigned line, const char *entry,
                      const char *field, const char *why);
/* What was found.  field and why may be ""; a why goes on from the field: "is not 28 octets". */
void exchange_find(exchange_reader *r, kith_exchange_effect effect, unsigned line, const char *entry, const char *field,
                   const char *why);
void exchange_find_of(exchange_reader *r, kith_exchange_effect effect, const exchange_entry *e, unsigned line,
                      const char *field, const char *why);
/* The entry is refused, once; later reasons are told too. */
void exchange_refuse(exchange_reader *r, exchange_entry *e, unsigned line, const char *field, const char *why);
/* An entry that has become no exchange_entry at all. */
void exchange_refuse_place(exchange_reader *r, unsigned line, const char *place, const char *field, const char *why);
/* The whole text is refused.  Answers false. */
bool exchange_fail(exchange_reader *r, kith_status status, unsigned line, const char *why);

/* Of one of its keys, as the text says it; those of both legacy keys are the same. */
void exchange_take_size(exchange_reader *r, exchange_entry *e, unsigned line, const char *field, uint64_t size);
/* The format does not say how large its keys are: zeros at the end are taken for what a shorter one is padded with. */
void exchange_assume_size(exchange_reader *r, exchange_entry *e, const char *field);

/* The entry becomes a bond, or a finding says why not.  The entry is overwritten. */
void exchange_take(exchange_reader *r, exchange_entry *e);

void exchange_take_own_address(kith_exchange_result *to, unsigned line, const char *field, const kith_address *address);
void exchange_take_own_irk(kith_exchange_result *to, unsigned line, const char *field, const uint8_t irk[16]);

/* Adds one text's result to what is there already, or nothing of it: KITH_ERR_FULL. */
kith_status exchange_merge(kith_exchange_result *to, exchange_reader *r);

bool exchange_is_known_key(const uint8_t key[16]);

void exchange_read_json(exchange_reader *r, exchange_span text);
void exchange_read_bluez(exchange_reader *r, exchange_span text);
void exchange_read_aioble(exchange_reader *r, exchange_span text);
void exchange_read_bumble(exchange_reader *r, exchange_span text);
void exchange_read_android(exchange_reader *r, exchange_span text);
void exchange_read_windows(exchange_reader *r, exchange_span text);

/* ---- writing ---- */

typedef struct {
    kith_exchange_text out;
    size_t room;
    const kith_bond_record *bonds;
    size_t count;
    const kith_exchange_identity *identity; /* never NULL */
    bool failed;                            /* no memory */
} exchange_writer;

void exchange_put(exchange_writer *w, const char *text);
void exchange_put_octets(exchange_writer *w, const char *octets, size_t len);
void exchange_put_hex(exchange_writer *w, const uint8_t *octets, size_t len, bool capitals);
void exchange_put_reversed(exchange_writer *w, const uint8_t *octets, size_t len); /* small digits, last octet first */
void exchange_put_decimal(exchange_writer *w, uint64_t number);
void exchange_put_address(exchange_writer *w, const kith_address *address, bool capitals);

void exchange_lose(exchange_writer *w, kith_exchange_effect effect, const kith_bond_record *bond, const char *field,
                   const char *why);

/* What a format has a place for. */
enum {
    EXCHANGE_HAS_LEVEL = 1,       /* whether a Secure Connections key is authenticated */
    EXCHANGE_HAS_SIZE = 2,        /* of the key */
    EXCHANGE_HAS_LOCAL = 4,       /* the local identity's address, and... */
    EXCHANGE_HAS_LOCAL_TYPE = 64, /* ...its type */
    EXCHANGE_HAS_MY_LTK = 8,      /* legacy: our own */
    EXCHANGE_HAS_MY_CSRK = 16,    /* signing keys... */
    EXCHANGE_HAS_PEER_CSRK = 32   /* ...without counters */
};

/* Tells what of this bond is lost in a format that has these.  false: the bond is refused, since nothing usable would
 * be left of it. */
bool exchange_report_lost(exchange_writer *w, const kith_bond_record *bond, unsigned has);

void exchange_write_json(exchange_writer *w);
void exchange_write_bluez(exchange_writer *w);
void exchange_write_aioble(exchange_writer *w);
void exchange_write_bumble(exchange_writer *w);
void exchange_write_android(exchange_writer *w);
void exchange_write_windows(exchange_writer *w);

#endif
