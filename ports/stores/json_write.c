/* Records as text: named fields where the record says something that has names, octets as they are where not. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "kith/codec/record.h"

typedef struct {
    char *text;
    size_t len, room;
    unsigned depth;
    bool first; /* nothing is in the innermost bracket yet */
    bool failed;
} writer;

/* ---- text ---- */

/* Not realloc: what it leaves behind cannot be overwritten. */
static bool make_room(writer *w, size_t more)
{
    size_t room = (w->len + more) * 2 + 4096;
    char *text;

    if (w->failed || w->len + more < w->room)
        return !w->failed;
    text = malloc(room);
    w->failed = text == NULL;
    if (w->failed)
        return false;
    if (w->len > 0)
        memcpy(text, w->text, w->len);
    jstore_wipe(w->text, w->len);
    free(w->text);
    w->text = text;
    w->room = room;
    return true;
}

static void add_octets(writer *w, const char *octets, size_t len)
{
    if (!make_room(w, len))
        return;
    memcpy(w->text + w->len, octets, len);
    w->len += len;
}

static void add(writer *w, const char *text)
{
    add_octets(w, text, strlen(text));
}

static void begin_line(writer *w)
{
    if (w->len > 0)
        add(w, w->first ? "\n" : ",\n");
    for (unsigned i = 0; i < w->depth; i++)
        add(w, "  ");
    w->first = false;
}

static void begin_field(writer *w, const char *name)
{
    begin_line(w);
    if (name == NULL)
        return;
    add(w, "\"");
    add(w, name);
    add(w, "\": ");
}

static void open_bracket(writer *w, const char *name, const char *bracket)
{
    begin_field(w, name);
    add(w, bracket);
    w->depth++;
    w->first = true;
}

static void close_bracket(writer *w, const char *bracket)
{
    bool empty = w->first;

    w->depth--;
    w->first = true;
    if (!empty)
        begin_line(w);
    add(w, bracket);
    w->first = false;
}

static void add_number(writer *w, const char *name, uint64_t number)
{
    char digits[24];

    (void)snprintf(digits, sizeof digits, "%" PRIu64, number);
    begin_field(w, name);
    add(w, digits);
}

static void add_word(writer *w, const char *name, const char *word)
{
    begin_field(w, name);
    add(w, "\"");
    add(w, word);
    add(w, "\"");
}

static void add_word_of(writer *w, const char *name, const jstore_word *words, uint8_t value)
{
    while (words->value != value && words->word != NULL)
        words++;
    add_word(w, name, words->word != NULL ? words->word : "");
}

static void add_hex(writer *w, const char *name, const uint8_t *octets, size_t len, bool last_first)
{
    static const char digits[] = "0123456789abcdef";

    begin_field(w, name);
    add(w, "\"");
    for (size_t i = 0; i < len; i++) {
        uint8_t octet = octets[last_first ? len - 1 - i : i];
        char pair[2] = {digits[octet >> 4], digits[octet & 15]};

        add_octets(w, pair, 2);
    }
    add(w, "\"");
}

/* Keys and hashes are in wire order; people write the most significant octet first. */
static void add_key(writer *w, const char *name, const uint8_t key[16])
{
    add_hex(w, name, key, 16, true);
}

static void add_hex_number(writer *w, const char *name, uint64_t number, unsigned digits)
{
    char text[20];

    (void)snprintf(text, sizeof text, "%0*" PRIx64, (int)digits, number);
    add_word(w, name, text);
}

static void add_address(writer *w, const char *name, const kith_address *address)
{
    char text[KITH_ADDRESS_TEXT + 8], octets[KITH_ADDRESS_TEXT];

    (void)snprintf(text, sizeof text, "%s %s", kith_address_format(address, octets),
                   address->type == KITH_ADDRESS_PUBLIC ? "public" : "random");
    add_word(w, name, text);
}

/* ---- records ---- */

static void write_device(writer *w, const char *name, const kith_device_record *device)
{
    kith_address address = {.type = KITH_ADDRESS_RANDOM};

    memcpy(address.octets, device->static_address, sizeof address.octets);
    open_bracket(w, name, "{");
    if (name == NULL)
        add_number(w, "number", device->number);
    add_address(w, "address", &address);
    add_key(w, "irk", device->irk);
    close_bracket(w, "}");
}

static void write_legacy_key(writer *w, const char *name, const uint8_t ltk[16], uint16_t ediv, uint64_t rand)
{
    open_bracket(w, name, "{");
    add_key(w, "ltk", ltk);
    add_hex_number(w, "ediv", ediv, 4);
    add_hex_number(w, "rand", rand, 16);
    close_bracket(w, "}");
}

static void write_key_if_given(writer *w, const char *name, const uint8_t key[16])
{
    static const uint8_t none[16];

    if (memcmp(key, none, sizeof none) != 0)
        add_key(w, name, key);
}

static void write_long_term_keys(writer *w, const kith_bond_record *bond)
{
    if (bond->key_kind == KITH_KEY_KIND_SC) {
        add_key(w, "ltk", bond->ltk);
        return;
    }
    if (bond->has_ltk)
        write_legacy_key(w, "peer_key", bond->ltk, bond->ediv, bond->rand);
    if (bond->has_my_ltk)
        write_legacy_key(w, "my_key", bond->my_ltk, bond->my_ediv, bond->my_rand);
}

static void add_true(writer *w, const char *name)
{
    begin_field(w, name);
    add(w, "true");
}

static void write_bond(writer *w, const kith_bond_record *bond)
{
    open_bracket(w, "bond", "{");
    add_address(w, "identity", &bond->identity);
    add_address(w, "local", &bond->local);
    add_word_of(w, "level", jstore_levels, bond->level);
    add_word_of(w, "method", jstore_methods, bond->method);
    if (bond->numbers_unseen)
        add_true(w, "numbers_unseen");
    add_word_of(w, "role", jstore_roles, bond->initiator);
    if (bond->peer_class != 0)
        add_number(w, "class", bond->peer_class);
    if (bond->made_s != 0)
        add_number(w, "made", bond->made_s);
    add_word_of(w, "key", jstore_key_kinds, bond->key_kind);
    add_number(w, "key_size", bond->key_size);
    write_long_term_keys(w, bond);
    write_key_if_given(w, "irk", bond->irk);
    write_key_if_given(w, "my_csrk", bond->my_csrk);
    write_key_if_given(w, "peer_csrk", bond->peer_csrk);
    close_bracket(w, "}");
}

static void write_signing(writer *w, const char *name, uint32_t check, const char *counter_name, uint32_t counter)
{
    open_bracket(w, name, "{");
    add_hex_number(w, "check", check, 8);
    add_number(w, counter_name, counter);
    close_bracket(w, "}");
}

static void write_cccds(writer *w, const kith_state_record *state)
{
    open_bracket(w, "cccds", "[");
    for (unsigned i = 0; i < state->cccd_count; i++) {
        open_bracket(w, NULL, "{");
        add_number(w, "handle", state->cccds[i].handle);
        add_word_of(w, "value", jstore_cccds, (uint8_t)state->cccds[i].value);
        close_bracket(w, "}");
    }
    close_bracket(w, "]");
}

static void write_use(writer *w, const kith_state_record *state)
{
    if (state->rank != 0)
        add_number(w, "rank", state->rank);
    if (state->last_use != 0)
        add_number(w, "last_use", state->last_use);
    if (state->resolution != KITH_STATE_NOT_READ)
        add_word_of(w, "resolution", jstore_answers, state->resolution);
    if (state->private_only != KITH_STATE_NOT_READ)
        add_word_of(w, "private_only", jstore_answers, state->private_only);
    if (state->pinned)
        add_true(w, "pinned");
}

static void write_state(writer *w, const kith_state_record *state)
{
    open_bracket(w, "state", "{");
    if (state->has_my_signing)
        write_signing(w, "my_signing", state->my_check, "reserved", state->my_reserved);
    if (state->has_peer_signing)
        write_signing(w, "peer_signing", state->peer_check, "last", state->peer_last);
    if (state->cccd_count > 0)
        write_cccds(w, state);
    if (state->features_len > 0)
        add_hex(w, "features", state->features, state->features_len, false);
    if (state->is_aware)
        add_key(w, "aware_of", state->aware_hash);
    write_use(w, state);
    close_bracket(w, "}");
}

static void write_piece(writer *w, const kith_chunk_piece *piece)
{
    open_bracket(w, NULL, "{");
    add_number(w, "type", piece->type);
    add_number(w, "bank", piece->bank);
    add_number(w, "piece", piece->piece);
    add_number(w, "generation", piece->generation);
    add_number(w, "value_len", piece->value_len);
    add_hex_number(w, "check", piece->check, 8);
    add_hex(w, "octets", piece->octets, piece->len, false);
    close_bracket(w, "}");
}

static void write_raw(writer *w, const kith_record *record)
{
    open_bracket(w, NULL, "{");
    add_number(w, "kind", record->kind);
    add_number(w, "id", record->id);
    add_hex(w, "octets", record->octets, record->len, false);
    close_bracket(w, "}");
}

/* ---- the file ---- */

/* Room for one of any kind. */
typedef union {
    kith_device_record device;
    kith_bond_record bond;
    kith_state_record state;
    kith_chunk_piece piece;
} fields;

/* Has it names?  Else it is written as octets: a later version's, a sealed one, one that makes no sense. */
static bool is_named(const kith_record *record, fields *f)
{
    switch (record->kind) {
    case KITH_RECORD_DEVICE:
        return kith_record_decode_device(record, &f->device) == KITH_OK;
    case KITH_RECORD_BOND:
        return kith_record_decode_bond(record, &f->bond) == KITH_OK;
    case KITH_RECORD_STATE:
        return kith_record_decode_state(record, &f->state) == KITH_OK;
    default:
        return kith_record_decode_chunk(record, &f->piece) == KITH_OK;
    }
}

/* A record of a peer; chunks come last, since their kinds are the highest, and share one array. */
static void write_named(writer *w, const kith_record *record, const fields *f, bool *in_chunks)
{
    if (record->kind == KITH_RECORD_BOND)
        write_bond(w, &f->bond);
    else if (record->kind == KITH_RECORD_STATE)
        write_state(w, &f->state);
    else {
        if (!*in_chunks)
            open_bracket(w, "chunks", "[");
        *in_chunks = true;
        write_piece(w, &f->piece);
    }
}

/* All named records of one peer; answers the index behind them. */
static size_t write_peer(writer *w, const jstore_records *records, size_t at)
{
    uint32_t id = records->all[at].id;
    bool begun = false, in_chunks = false;
    fields f;

    for (; at < records->count && records->all[at].id == id; at++) {
        if (records->all[at].kind == KITH_RECORD_DEVICE || !is_named(&records->all[at], &f))
            continue;
        if (!begun) {
            open_bracket(w, NULL, "{");
            add_number(w, "id", id);
        }
        begun = true;
        write_named(w, &records->all[at], &f, &in_chunks);
    }
    if (in_chunks)
        close_bracket(w, "]");
    if (begun)
        close_bracket(w, "}");
    jstore_wipe(&f, sizeof f);
    return at;
}

static void write_devices(writer *w, const jstore_records *records)
{
    fields f;
    bool found;
    size_t at = jstore_find(records, KITH_RECORD_DEVICE, 0, &found);

    bool begun = false;

    if (found && is_named(&records->all[at], &f))
        write_device(w, "device", &f.device);
    for (uint32_t number = 1; number <= KITH_RECORD_LAST_IDENTITY; number++) {
        at = jstore_find(records, KITH_RECORD_DEVICE, number, &found);
        if (!found || !is_named(&records->all[at], &f))
            continue;
        if (!begun)
            open_bracket(w, "identities", "[");
        begun = true;
        write_device(w, NULL, &f.device);
    }
    if (begun)
        close_bracket(w, "]");
    jstore_wipe(&f, sizeof f);
}

static void write_rest(writer *w, const jstore_records *records)
{
    bool begun = false;
    fields f;

    for (size_t i = 0; i < records->count; i++) {
        if (is_named(&records->all[i], &f))
            continue;
        if (!begun)
            open_bracket(w, "records", "[");
        begun = true;
        write_raw(w, &records->all[i]);
    }
    if (begun)
        close_bracket(w, "]");
    jstore_wipe(&f, sizeof f);
}

char *jstore_write_text(const jstore_records *records, size_t *len)
{
    writer w = {.first = true};

    open_bracket(&w, NULL, "{");
    add_word(&w, "kith", "bonds");
    add_number(&w, "version", 1);
    add_number(&w, "highest_id", records->highest_id);
    write_devices(&w, records);
    open_bracket(&w, "peers", "[");
    for (size_t i = 0; i < records->count;)
        i = write_peer(&w, records, i);
    close_bracket(&w, "]");
    write_rest(&w, records);
    close_bracket(&w, "}");
    add(&w, "\n");
    if (w.failed) {
        jstore_wipe(w.text, w.len);
        free(w.text);
        return NULL;
    }
    w.text[w.len] = '\0';
    *len = w.len;
    return w.text;
}
