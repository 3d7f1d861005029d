/* Text as records.  Everything that cannot be is refused with its line and a reason; a reason names the place and never
 * what stands there, which may be a key. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "kith/codec/record.h"

enum { VERSION = 1, DEPTH = 8, LAST_KIND = 62 };

typedef struct {
    const char *text;
    size_t len;
    jstore_step path[DEPTH];
    size_t depth;
    jstore_records *out;
    jstore_fault *fault;
    kith_status status; /* of the first failure */
} reader;

/* ---- what is wrong, and where ---- */

static void enter(reader *r, const char *key, size_t index)
{
    if (r->depth < DEPTH)
        r->path[r->depth] = (jstore_step){key, index};
    r->depth++;
}

static void leave(reader *r)
{
    r->depth--;
}

static void describe_path(const reader *r, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < r->depth && i < DEPTH && len < size; i++) {
        const jstore_step *step = &r->path[i];
        int put = step->key != NULL ? snprintf(out + len, size - len, "%s%s", i > 0 ? "." : "", step->key)
                                    : snprintf(out + len, size - len, "[%zu]", step->index);

        len += put > 0 ? (size_t)put : 0;
    }
}

/* The first one counts.  Answers false. */
static bool fail_here(reader *r, kith_status status, const char *why)
{
    char path[100];

    if (r->status != KITH_OK)
        return false;
    describe_path(r, path, sizeof path);
    r->status = status;
    r->fault->line = jstore_line_of(r->text, r->len, r->path, r->depth < DEPTH ? r->depth : DEPTH);
    (void)snprintf(r->fault->text, sizeof r->fault->text, "%s%s%s", path, path[0] != '\0' ? ": " : "", why);
    return false;
}

static bool fail_at(reader *r, const char *key, const char *why)
{
    enter(r, key, 0);
    (void)fail_here(r, KITH_ERR_DAMAGED, why);
    leave(r);
    return false;
}

/* ---- fields of an object ---- */

/* The line is the field's; the reason names the object alone, since its name may be anything. */
static bool fail_unknown(reader *r, const char *key)
{
    unsigned line;

    enter(r, key, 0);
    line = jstore_line_of(r->text, r->len, r->path, r->depth < DEPTH ? r->depth : DEPTH);
    leave(r);
    (void)fail_here(r, KITH_ERR_DAMAGED, "has a field that is not known");
    r->fault->line = line;
    return false;
}

/* An object with no other fields than these; names ends with NULL. */
static bool has_only(reader *r, json_t *object, const char *const *names)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        return fail_here(r, KITH_ERR_DAMAGED, "is not an object");
    json_object_foreach(object, key, value)
    {
        const char *const *name = names;

        while (*name != NULL && strcmp(*name, key) != 0)
            name++;
        if (*name == NULL)
            return fail_unknown(r, key);
    }
    return true;
}

/* NULL: it is not there, or no such thing (which has failed then). */
static json_t *find(reader *r, json_t *object, const char *key, bool needed)
{
    json_t *value = json_object_get(object, key);

    if (value == NULL && needed)
        (void)fail_at(r, key, "is missing");
    return value;
}

static bool read_number(reader *r, json_t *object, const char *key, bool needed, uint32_t least, uint32_t most,
                        uint32_t *out)
{
    json_t *value = find(r, object, key, needed);
    char why[60];

    if (value == NULL)
        return !needed;
    if (json_is_integer(value) && json_integer_value(value) >= least && json_integer_value(value) <= most) {
        *out = (uint32_t)json_integer_value(value);
        return true;
    }
    (void)snprintf(why, sizeof why, "is not a number from %" PRIu32 " to %" PRIu32, least, most);
    return fail_at(r, key, why);
}

static bool read_string(reader *r, json_t *object, const char *key, bool needed, const char **out)
{
    json_t *value = find(r, object, key, needed);

    *out = json_string_value(value);
    if (value == NULL)
        return !needed;
    return *out != NULL || fail_at(r, key, "is not a string");
}

static bool read_word(reader *r, json_t *object, const char *key, const jstore_word *words, uint8_t *out)
{
    const char *text;
    char why[120];
    size_t len;

    if (!read_string(r, object, key, true, &text))
        return false;
    len = (size_t)snprintf(why, sizeof why, "is none of");
    for (const jstore_word *first = words; words->word != NULL; words++) {
        if (strcmp(words->word, text) == 0) {
            *out = words->value;
            return true;
        }
        if (len < sizeof why)
            len += (size_t)snprintf(why + len, sizeof why - len, "%s %s", words == first ? "" : ",", words->word);
    }
    return fail_at(r, key, why);
}

static bool read_answer(reader *r, json_t *object, const char *key, uint8_t *out)
{
    return json_object_get(object, key) == NULL || read_word(r, object, key, jstore_answers, out);
}

static bool read_flag(reader *r, json_t *object, const char *key, bool *out)
{
    json_t *value = find(r, object, key, false);

    *out = json_is_true(value);
    return value == NULL || json_is_boolean(value) || fail_at(r, key, "is neither true nor false");
}

static int value_of_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool decode_hex(const char *text, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = value_of_digit(text[2 * i]), low = value_of_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* In the order in which they are written.  *len stays when the field is not there. */
static bool read_octets(reader *r, json_t *object, const char *key, bool needed, uint8_t *out, size_t least,
                        size_t most, size_t *len)
{
    const char *text;
    size_t digits;
    char why[60];

    if (!read_string(r, object, key, needed, &text))
        return false;
    if (text == NULL)
        return true;
    digits = strlen(text);
    if (digits % 2 != 0 || digits / 2 < least || digits / 2 > most) {
        if (least == most)
            (void)snprintf(why, sizeof why, "is not %zu hexadecimal digits", 2 * most);
        else
            (void)snprintf(why, sizeof why, "is not %zu to %zu octets, two digits each", least, most);
        return fail_at(r, key, why);
    }
    if (!decode_hex(text, out, digits / 2))
        return fail_at(r, key, "has something that is no hexadecimal digit");
    *len = digits / 2;
    return true;
}

/* Most significant octet first in the text, last in memory.  What is not there stays as it is. */
static bool read_reversed(reader *r, json_t *object, const char *key, bool needed, uint8_t *out, size_t size)
{
    uint8_t octets[16];
    size_t len = 0;

    if (!read_octets(r, object, key, needed, octets, size, size, &len))
        return false;
    for (size_t i = 0; i < len; i++)
        out[i] = octets[len - 1 - i];
    jstore_wipe(octets, sizeof octets);
    return true;
}

static bool is_zero(const uint8_t *octets, size_t len)
{
    uint8_t any = 0;

    for (size_t i = 0; i < len; i++)
        any |= octets[i];
    return any == 0;
}

/* A key that may be missing. */
static bool read_key(reader *r, json_t *object, const char *key, uint8_t out[16])
{
    if (!read_reversed(r, object, key, false, out, 16))
        return false;
    return json_object_get(object, key) == NULL || !is_zero(out, 16) ||
           fail_at(r, key, "is all zeros, which is no key");
}

static bool read_hex_number(reader *r, json_t *object, const char *key, unsigned octets, uint64_t *out)
{
    uint8_t number[8] = {0};

    if (!read_reversed(r, object, key, true, number, octets))
        return false;
    *out = 0;
    for (unsigned i = 0; i < 8; i++)
        *out |= (uint64_t)number[i] << 8 * i;
    return true;
}

static bool parse_address(const char *text, kith_address *out)
{
    char octets[KITH_ADDRESS_TEXT];

    if (strlen(text) != 24 || (strcmp(text + 17, " public") != 0 && strcmp(text + 17, " random") != 0))
        return false;
    memcpy(octets, text, 17);
    octets[17] = '\0';
    out->type = text[18] == 'p' ? KITH_ADDRESS_PUBLIC : KITH_ADDRESS_RANDOM;
    return kith_address_parse(octets, out) == KITH_OK;
}

static bool read_address(reader *r, json_t *object, const char *key, kith_address *out)
{
    const char *text;

    if (!read_string(r, object, key, true, &text))
        return false;
    if (!parse_address(text, out))
        return fail_at(r, key, "is not an address with public or random behind it");
    return kith_address_is_identity(out) || fail_at(r, key, "is a private address, which is nobody's identity");
}

/* ---- into the list ---- */

static bool keep(reader *r, const char *key, const kith_record *record)
{
    bool found;

    (void)jstore_find(r->out, record->kind, record->id, &found);
    if (found)
        return fail_at(r, key, "is there twice");
    if (r->out->count >= 16384)
        return fail_here(r, KITH_ERR_DAMAGED, "is one record too many");
    return jstore_put(r->out, record) || fail_here(r, KITH_ERR_STORAGE, "there is not enough memory");
}

/* ---- device ---- */

static bool read_identity(reader *r, json_t *object, uint8_t number)
{
    kith_device_record device = {.number = number};
    kith_address address = {0};
    kith_record record;
    bool sound;

    if (!read_address(r, object, "address", &address) || !read_reversed(r, object, "irk", true, device.irk, 16))
        return false;
    memcpy(device.static_address, address.octets, sizeof device.static_address);
    if (address.type != KITH_ADDRESS_RANDOM)
        return fail_at(r, "address", "is not a static random address");
    sound =
        kith_record_encode_device(&device, &record) == KITH_OK || fail_at(r, "irk", "is a key that everybody knows");
    sound = sound && keep(r, number == 0 ? "irk" : "number", &record);
    jstore_wipe(&device, sizeof device);
    jstore_wipe(&record, sizeof record);
    return sound;
}

static bool read_device(reader *r, json_t *object)
{
    static const char *const names[] = {"address", "irk", NULL};

    return has_only(r, object, names) && read_identity(r, object, 0);
}

static bool read_other(reader *r, json_t *object, uint32_t unused)
{
    static const char *const names[] = {"number", "address", "irk", NULL};
    uint32_t number = 0;

    (void)unused;
    return has_only(r, object, names) &&
           read_number(r, object, "number", true, 1, KITH_RECORD_LAST_IDENTITY, &number) &&
           read_identity(r, object, (uint8_t)number);
}

/* ---- bond ---- */

static bool read_legacy_key(reader *r, json_t *bond, const char *key, bool *has, uint8_t ltk[16], uint16_t *ediv,
                            uint64_t *rand)
{
    static const char *const names[] = {"ltk", "ediv", "rand", NULL};
    json_t *object = json_object_get(bond, key);
    uint64_t number = 0;
    bool sound;

    *has = object != NULL;
    if (object == NULL)
        return true;
    enter(r, key, 0);
    sound = has_only(r, object, names) && read_reversed(r, object, "ltk", true, ltk, 16) &&
            read_hex_number(r, object, "ediv", 2, &number) && read_hex_number(r, object, "rand", 8, rand);
    *ediv = (uint16_t)number;
    leave(r);
    return sound;
}

static bool read_long_term_keys(reader *r, json_t *object, kith_bond_record *bond)
{
    bool legacy = bond->key_kind == KITH_KEY_KIND_LEGACY;

    if (legacy && json_object_get(object, "ltk") != NULL)
        return fail_at(r, "ltk", "is of secure-connections alone; legacy has peer_key and my_key");
    if (legacy)
        return read_legacy_key(r, object, "peer_key", &bond->has_ltk, bond->ltk, &bond->ediv, &bond->rand) &&
               read_legacy_key(r, object, "my_key", &bond->has_my_ltk, bond->my_ltk, &bond->my_ediv, &bond->my_rand);
    for (unsigned i = 0; i < 2; i++)
        if (json_object_get(object, i == 0 ? "peer_key" : "my_key") != NULL)
            return fail_at(r, i == 0 ? "peer_key" : "my_key", "is of legacy alone; secure-connections has ltk");
    bond->has_ltk = true;
    return read_reversed(r, object, "ltk", true, bond->ltk, 16);
}

static bool read_bond_fields(reader *r, json_t *object, kith_bond_record *bond)
{
    uint8_t role = 0;
    uint32_t class = 0, size = 0;

    if (!read_address(r, object, "identity", &bond->identity) || !read_address(r, object, "local", &bond->local) ||
        !read_word(r, object, "level", jstore_levels, &bond->level) ||
        !read_word(r, object, "method", jstore_methods, &bond->method) ||
        !read_flag(r, object, "numbers_unseen", &bond->numbers_unseen) ||
        !read_word(r, object, "role", jstore_roles, &role) ||
        !read_number(r, object, "class", false, 0, KITH_RECORD_LAST_CLASS, &class) ||
        !read_number(r, object, "made", false, 0, UINT32_MAX, &bond->made_s) ||
        !read_word(r, object, "key", jstore_key_kinds, &bond->key_kind) ||
        !read_number(r, object, "key_size", true, 7, 16, &size))
        return false;
    bond->initiator = role != 0;
    bond->peer_class = (uint8_t) class;
    bond->key_size = (uint8_t)size;
    return read_long_term_keys(r, object, bond) && read_key(r, object, "irk", bond->irk) &&
           read_key(r, object, "my_csrk", bond->my_csrk) && read_key(r, object, "peer_csrk", bond->peer_csrk);
}

/* Would it do in the plainest of bonds? */
static bool is_known(const uint8_t ltk[16])
{
    kith_bond_record plain = {.peer = 1,
                              .level = KITH_LEVEL_ENCRYPTED,
                              .method = KITH_METHOD_JUST_WORKS,
                              .key_kind = KITH_KEY_KIND_SC,
                              .key_size = 16,
                              .has_ltk = true};
    kith_record record;
    bool known;

    memcpy(plain.ltk, ltk, sizeof plain.ltk);
    known = kith_record_encode_bond(&plain, &record) != KITH_OK;
    jstore_wipe(&plain, sizeof plain);
    jstore_wipe(&record, sizeof record);
    return known;
}

static bool check_key(reader *r, const char *outer, const kith_bond_record *bond, const uint8_t ltk[16])
{
    bool sound;

    if (outer != NULL)
        enter(r, outer, 0);
    sound = is_zero(ltk + bond->key_size, 16u - bond->key_size) || fail_at(r, "ltk", "is longer than key_size says");
    sound = sound && (!is_known(ltk) || fail_at(r, "ltk", "is a key that everybody knows"));
    if (outer != NULL)
        leave(r);
    return sound;
}

/* The codec refused the bond as a whole: which field is it? */
static bool blame_bond(reader *r, const kith_bond_record *bond)
{
    bool legacy = bond->key_kind == KITH_KEY_KIND_LEGACY;

    if (bond->has_ltk && !check_key(r, legacy ? "peer_key" : NULL, bond, bond->ltk))
        return false;
    if (bond->has_my_ltk && !check_key(r, "my_key", bond, bond->my_ltk))
        return false;
    if (bond->numbers_unseen && bond->method != KITH_METHOD_NUMERIC_COMPARISON)
        return fail_at(r, "numbers_unseen", "is of numeric-comparison alone");
    return fail_at(r, "level", "is more than this method, key and key_size can give");
}

static bool read_bond(reader *r, json_t *object, uint32_t peer)
{
    static const char *const names[] = {
        "identity", "local",    "level",  "method", "numbers_unseen", "role",      "class", "made", "key", "key_size",
        "ltk",      "peer_key", "my_key", "irk",    "my_csrk",        "peer_csrk", NULL};
    kith_bond_record bond = {.peer = peer};
    kith_record record;
    bool sound = has_only(r, object, names) && read_bond_fields(r, object, &bond);

    sound = sound && (kith_record_encode_bond(&bond, &record) == KITH_OK || blame_bond(r, &bond)) &&
            keep(r, "identity", &record);
    jstore_wipe(&bond, sizeof bond);
    jstore_wipe(&record, sizeof record);
    return sound;
}

/* ---- state ---- */

static bool read_signing(reader *r, json_t *state, const char *key, const char *counter_name, uint32_t least, bool *has,
                         uint32_t *check, uint32_t *counter)
{
    const char *const names[] = {"check", counter_name, NULL};
    json_t *object = json_object_get(state, key);
    uint64_t number = 0;
    bool sound;

    *has = object != NULL;
    if (object == NULL)
        return true;
    enter(r, key, 0);
    sound = has_only(r, object, names) && read_hex_number(r, object, "check", 4, &number) &&
            read_number(r, object, counter_name, true, least, UINT32_MAX, counter);
    *check = (uint32_t)number;
    leave(r);
    return sound;
}

static bool read_cccd(reader *r, json_t *object, uint16_t last, kith_state_cccd *out)
{
    static const char *const names[] = {"handle", "value", NULL};
    uint32_t handle = 0;
    uint8_t value = 0;

    if (!has_only(r, object, names) || !read_number(r, object, "handle", true, 1, UINT16_MAX, &handle) ||
        !read_word(r, object, "value", jstore_cccds, &value))
        return false;
    *out = (kith_state_cccd){(uint16_t)handle, value};
    return handle > last || fail_at(r, "handle", "is not above the one before");
}

static bool read_cccds(reader *r, json_t *object, kith_state_record *state)
{
    json_t *list = json_object_get(object, "cccds"), *entry;
    uint16_t last = 0;
    size_t i;

    if (list == NULL)
        return true;
    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > KITH_STATE_CCCDS)
        return fail_at(r, "cccds", "is not a list of 1 to 32");
    enter(r, "cccds", 0);
    json_array_foreach(list, i, entry)
    {
        bool sound;

        enter(r, NULL, i);
        sound = read_cccd(r, entry, last, &state->cccds[i]);
        leave(r);
        if (!sound)
            return false;
        last = state->cccds[i].handle;
    }
    leave(r);
    state->cccd_count = (uint8_t)i;
    return true;
}

static bool read_use(reader *r, json_t *object, kith_state_record *state)
{
    return read_number(r, object, "rank", false, 1, UINT32_MAX, &state->rank) &&
           read_number(r, object, "last_use", false, 1, UINT32_MAX, &state->last_use) &&
           read_answer(r, object, "resolution", &state->resolution) &&
           read_answer(r, object, "private_only", &state->private_only) &&
           read_flag(r, object, "pinned", &state->pinned);
}

static bool read_state(reader *r, json_t *object, uint32_t peer)
{
    static const char *const names[] = {"my_signing", "peer_signing", "cccds",        "features", "aware_of", "rank",
                                        "last_use",   "resolution",   "private_only", "pinned",   NULL};
    kith_state_record state = {.peer = peer};
    kith_record record;
    size_t features = 0;

    if (!has_only(r, object, names) ||
        !read_signing(r, object, "my_signing", "reserved", 1, &state.has_my_signing, &state.my_check,
                      &state.my_reserved) ||
        !read_signing(r, object, "peer_signing", "last", 0, &state.has_peer_signing, &state.peer_check,
                      &state.peer_last) ||
        !read_cccds(r, object, &state) ||
        !read_octets(r, object, "features", false, state.features, 1, KITH_STATE_FEATURES, &features) ||
        !read_reversed(r, object, "aware_of", false, state.aware_hash, 16) || !read_use(r, object, &state))
        return false;
    state.features_len = (uint8_t)features;
    state.is_aware = json_object_get(object, "aware_of") != NULL;
    if (kith_record_encode_state(&state, &record) != KITH_OK)
        return fail_here(r, KITH_ERR_DAMAGED, "cannot be"); /* every field was judged above */
    return keep(r, "rank", &record);
}

/* ---- chunks ---- */

static bool read_piece_fields(reader *r, json_t *object, kith_chunk_piece *piece)
{
    uint32_t type = 0, bank = 0, number = 0, generation = 0, value_len = 0;
    uint64_t check = 0;
    size_t len = 0;

    if (!read_number(r, object, "type", true, 0, KITH_CHUNK_TYPES - 1, &type) ||
        !read_number(r, object, "bank", true, 0, KITH_CHUNK_BANKS - 1, &bank) ||
        !read_number(r, object, "piece", true, 0, KITH_CHUNK_PIECES - 1, &number) ||
        !read_number(r, object, "generation", true, 0, UINT16_MAX, &generation) ||
        !read_number(r, object, "value_len", true, 0, KITH_CHUNK_MAX, &value_len) ||
        !read_hex_number(r, object, "check", 4, &check) ||
        !read_octets(r, object, "octets", true, piece->octets, 0, KITH_CHUNK_PIECE, &len))
        return false;
    piece->type = (uint8_t)type;
    piece->bank = (uint8_t)bank;
    piece->piece = (uint8_t)number;
    piece->generation = (uint16_t)generation;
    piece->value_len = (uint16_t)value_len;
    piece->check = (uint32_t)check;
    piece->len = (uint8_t)len;
    return true;
}

static bool read_piece(reader *r, json_t *object, uint32_t peer)
{
    static const char *const names[] = {"type", "bank", "piece", "generation", "value_len", "check", "octets", NULL};
    kith_chunk_piece piece = {.peer = peer};
    kith_record record;
    bool sound = has_only(r, object, names) && read_piece_fields(r, object, &piece);

    if (sound && kith_record_encode_chunk(&piece, &record) != KITH_OK)
        sound = fail_at(r, "octets", "are not those that piece and value_len ask for");
    sound = sound && keep(r, "piece", &record);
    jstore_wipe(&piece, sizeof piece);
    jstore_wipe(&record, sizeof record);
    return sound;
}

/* ---- lists ---- */

typedef bool read_entry(reader *r, json_t *entry, uint32_t peer);

static bool read_list(reader *r, json_t *object, const char *key, read_entry *read, uint32_t peer)
{
    json_t *list = json_object_get(object, key), *entry;
    bool sound = true;
    size_t i;

    if (list == NULL)
        return true;
    if (!json_is_array(list))
        return fail_at(r, key, "is not a list");
    enter(r, key, 0);
    json_array_foreach(list, i, entry)
    {
        enter(r, NULL, i);
        sound = sound && read(r, entry, peer);
        leave(r);
    }
    leave(r);
    return sound;
}

static bool read_inside(reader *r, json_t *object, const char *key, read_entry *read, uint32_t peer)
{
    json_t *value = json_object_get(object, key);
    bool sound;

    if (value == NULL)
        return true;
    enter(r, key, 0);
    sound = read(r, value, peer);
    leave(r);
    return sound;
}

static bool is_there(const jstore_records *records, uint32_t id)
{
    bool found;
    size_t at = jstore_find(records, 0, id, &found);

    return at < records->count && records->all[at].id == id;
}

static bool read_peer(reader *r, json_t *object, uint32_t unused)
{
    static const char *const names[] = {"id", "bond", "state", "chunks", NULL};
    uint32_t id = 0;

    (void)unused;
    if (!has_only(r, object, names) || !read_number(r, object, "id", true, 1, UINT32_MAX, &id))
        return false;
    if (is_there(r->out, id))
        return fail_at(r, "id", "is that of another peer, too");
    return read_inside(r, object, "bond", read_bond, id) && read_inside(r, object, "state", read_state, id) &&
           read_list(r, object, "chunks", read_piece, id);
}

static bool read_raw(reader *r, json_t *object, uint32_t unused)
{
    static const char *const names[] = {"kind", "id", "octets", NULL};
    kith_record record = {0};
    uint32_t kind = 0;
    size_t len = 0;
    bool sound;

    (void)unused;
    sound = has_only(r, object, names) && read_number(r, object, "kind", true, 1, LAST_KIND, &kind) &&
            read_number(r, object, "id", true, 0, UINT32_MAX, &record.id) &&
            read_octets(r, object, "octets", true, record.octets, 0, KITH_STORED_MAX, &len);
    record.kind = (uint8_t)kind;
    record.len = (uint16_t)len;
    sound = sound && keep(r, "id", &record);
    jstore_wipe(&record, sizeof record);
    return sound;
}

/* ---- the file ---- */

static bool check_version(reader *r, json_t *top)
{
    const char *mark;
    uint32_t version = 0;

    if (!json_is_object(top))
        return fail_here(r, KITH_ERR_DAMAGED, "is not a store: its outermost value is not an object");
    if (!read_string(r, top, "kith", true, &mark))
        return false;
    if (strcmp(mark, "bonds") != 0)
        return fail_at(r, "kith", "is not \"bonds\", so this is another file");
    if (!read_number(r, top, "version", true, 1, INT32_MAX, &version))
        return false;
    if (version == VERSION)
        return true;
    enter(r, "version", 0);
    (void)fail_here(r, KITH_ERR_NEWER, "is of a later program");
    leave(r);
    return false;
}

static bool read_top(reader *r, json_t *top)
{
    static const char *const names[] = {"kith",       "version", "highest_id", "device",
                                        "identities", "peers",   "records",    NULL};
    json_t *device = json_object_get(top, "device");
    uint32_t highest = 0;
    bool sound = check_version(r, top) && has_only(r, top, names) &&
                 read_number(r, top, "highest_id", false, 0, UINT32_MAX, &highest);

    if (sound && device != NULL) {
        enter(r, "device", 0);
        sound = read_device(r, device);
        leave(r);
    }
    sound = sound && read_list(r, top, "identities", read_other, 0) && read_list(r, top, "peers", read_peer, 0) &&
            read_list(r, top, "records", read_raw, 0);
    if (highest > r->out->highest_id)
        r->out->highest_id = highest;
    return sound;
}

/* The library keeps strings where it put them until they are freed. */
static void wipe_strings(json_t *value)
{
    const char *key;
    json_t *inside;
    size_t i;

    if (json_is_string(value))
        jstore_wipe((char *)(uintptr_t)json_string_value(value), json_string_length(value));
    json_array_foreach(value, i, inside) wipe_strings(inside);
    json_object_foreach(value, key, inside) wipe_strings(inside);
}

/* Its message may quote the text, from " near " on, which may be a key. */
static void tell_syntax(jstore_fault *fault, const json_error_t *error)
{
    const char *quote = strstr(error->text, " near ");
    int len = quote != NULL ? (int)(quote - error->text) : (int)strlen(error->text);

    fault->line = error->line > 0 ? (unsigned)error->line : 1;
    if (strstr(error->text, "duplicate object key") != NULL)
        (void)snprintf(fault->text, sizeof fault->text, "a field is there twice");
    else
        (void)snprintf(fault->text, sizeof fault->text, "this is not JSON: %.*s", len, error->text);
}

kith_status jstore_read_text(const char *text, size_t len, jstore_records *out, jstore_fault *fault)
{
    reader r = {.text = text, .len = len, .out = out, .fault = fault, .status = KITH_OK};
    json_error_t error = {.line = 0};
    json_t *top;

    *out = (jstore_records){0};
    *fault = (jstore_fault){0};
    top = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (top == NULL) {
        tell_syntax(fault, &error);
        return json_error_code(&error) == json_error_out_of_memory ? KITH_ERR_STORAGE : KITH_ERR_DAMAGED;
    }
    if (!read_top(&r, top) && r.status == KITH_OK)
        r.status = KITH_ERR_DAMAGED; /* never: who fails says why */
    wipe_strings(top);
    json_decref(top);
    if (r.status != KITH_OK)
        jstore_free(out);
    return r.status;
}
