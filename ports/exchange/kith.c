/* Kith's own text: docs/exchange.md.  A bond has the fields that it has in the JSON store (docs/json-store.md), keys
 * and numbers most significant octet first.  One that has any other field is refused: a misspelt one must not be lost.
 */
#include <stdio.h>
#include <string.h>

#include "json.h"

enum { VERSION = 1 };

typedef struct {
    uint8_t value;
    const char *word;
} word;

static const word levels[] = {{KITH_LEVEL_ENCRYPTED, "encrypted"},
                              {KITH_LEVEL_AUTHENTICATED, "authenticated"},
                              {KITH_LEVEL_SC_AUTHENTICATED, "sc-authenticated"},
                              {0, NULL}};
static const word methods[] = {{KITH_METHOD_JUST_WORKS, "just-works"},
                               {KITH_METHOD_NUMERIC_COMPARISON, "numeric-comparison"},
                               {KITH_METHOD_PASSKEY, "passkey"},
                               {KITH_METHOD_OOB, "oob"},
                               {0, NULL}};
static const word roles[] = {{1, "initiator"}, {2, "responder"}, {0, NULL}};
static const word kinds[] = {{KITH_KEY_KIND_SC, "secure-connections"}, {KITH_KEY_KIND_LEGACY, "legacy"}, {0, NULL}};

typedef struct {
    exch_reader *r;
    exch_entry e;
    uint8_t level, role, kind;
} bond_text;

/* ---- fields ---- */

static bool refuse(bond_text *b, const char *field, const char *why)
{
    exch_refuse(b->r, &b->e, 0, field, why);
    return false;
}

static bool has_only(const json_t *object, const char *const *names)
{
    json_t *walked = (json_t *)(uintptr_t)object;

    for (void *at = json_object_iter(walked); at != NULL; at = json_object_iter_next(walked, at)) {
        const char *const *name = names;

        while (*name != NULL && strcmp(*name, json_object_iter_key(at)) != 0)
            name++;
        if (*name == NULL)
            return false;
    }
    return json_is_object(object);
}

static uint8_t value_of(const word *words, exch_span text)
{
    while (words->word != NULL && !exch_is(text, words->word))
        words++;
    return words->value;
}

static const char *word_of(const word *words, uint8_t value)
{
    while (words->word != NULL && words->value != value)
        words++;
    return words->word != NULL ? words->word : "";
}

static void read_word(bond_text *b, const json_t *object, const char *field, const word *words, uint8_t *out)
{
    *out = value_of(words, exch_string(json_object_get(object, field)));
    if (*out == 0)
        (void)refuse(b, field, "is missing, or none of its words");
}

static void read_number(bond_text *b, const json_t *object, const char *field, uint64_t most, uint64_t *out)
{
    const json_t *value = json_object_get(object, field);

    *out = 0;
    if (value != NULL && !exch_number_of(value, most, out))
        (void)refuse(b, field, "is not a number that is possible");
}

static bool parse_address(exch_span text, kith_address *out)
{
    exch_span type = {text.at + 17, text.len > 17 ? text.len - 17 : 0};

    if (!exch_is(type, " public") && !exch_is(type, " random"))
        return false;
    out->type = type.at[1] == 'p' ? KITH_ADDRESS_PUBLIC : KITH_ADDRESS_RANDOM;
    return exch_address((exch_span){text.at, 17}, out);
}

/* Most significant octet first.  What is not there stays as it is. */
static bool read_key(bond_text *b, const json_t *object, const char *field, bool needed, uint8_t *out, size_t octets)
{
    const json_t *value = json_object_get(object, field);

    if (value == NULL)
        return !needed || refuse(b, field, "is missing");
    if (!exch_hex(exch_string(value), out, octets))
        return refuse(b, field, "has not as many hexadecimal digits as it should, or something else");
    exch_reverse(out, octets);
    return true;
}

/* ---- a bond ---- */

static bool read_legacy_key(bond_text *b, const json_t *bond, const char *field, uint8_t ltk[16], uint16_t *ediv,
                            uint64_t *rand)
{
    static const char *const names[] = {"ltk", "ediv", "rand", NULL};
    const json_t *key = json_object_get(bond, field);
    uint8_t e[2] = {0}, r[8] = {0};

    if (key == NULL)
        return false;
    if (!has_only(key, names))
        return refuse(b, field, "is no key, or has a field that is not known");
    if (!read_key(b, key, "ltk", true, ltk, 16) || !read_key(b, key, "ediv", true, e, sizeof e) ||
        !read_key(b, key, "rand", true, r, sizeof r))
        return false;
    *ediv = (uint16_t)exch_number(e, sizeof e);
    *rand = exch_number(r, sizeof r);
    return true;
}

static void read_long_term_keys(bond_text *b, const json_t *bond)
{
    exch_entry *e = &b->e;
    bool whole = json_object_get(bond, "ltk") != NULL;
    bool parts = json_object_get(bond, "peer_key") != NULL || json_object_get(bond, "my_key") != NULL;

    read_word(b, bond, "key", kinds, &b->kind);
    e->sc = b->kind == KITH_KEY_KIND_SC;
    if (e->sc ? parts : whole)
        (void)refuse(b, "key", "has keys of the other kind beside it");
    if (e->sc)
        e->has_ltk = read_key(b, bond, "ltk", true, e->ltk, 16);
    else {
        e->has_ltk = read_legacy_key(b, bond, "peer_key", e->ltk, &e->ediv, &e->rand);
        e->has_my_ltk = read_legacy_key(b, bond, "my_key", e->my_ltk, &e->my_ediv, &e->my_rand);
    }
    (void)read_key(b, bond, "irk", false, e->irk, 16);
    (void)read_key(b, bond, "my_csrk", false, e->my_csrk, 16);
    (void)read_key(b, bond, "peer_csrk", false, e->peer_csrk, 16);
}

static void read_story(bond_text *b, const json_t *bond)
{
    exch_entry *e = &b->e;
    const json_t *unseen = json_object_get(bond, "numbers_unseen");
    uint64_t size, peer_class, made;

    read_word(b, bond, "level", levels, &b->level);
    read_word(b, bond, "method", methods, &e->method);
    read_word(b, bond, "role", roles, &b->role);
    read_number(b, bond, "key_size", 16, &size);
    read_number(b, bond, "class", KITH_RECORD_LAST_CLASS, &peer_class);
    read_number(b, bond, "made", UINT32_MAX, &made);
    if (unseen != NULL && !json_is_boolean(unseen))
        (void)refuse(b, "numbers_unseen", "is neither true nor false");
    e->level_given = true;
    e->authenticated = b->level > KITH_LEVEL_ENCRYPTED;
    e->level_4 = b->level == KITH_LEVEL_SC_AUTHENTICATED;
    e->initiator = b->role == 1;
    e->numbers_unseen = json_is_true(unseen);
    e->peer_class = (uint8_t)peer_class;
    e->made_s = (uint32_t)made;
    exch_take_size(b->r, e, 0, "key_size", size);
}

static void judge_story(bond_text *b)
{
    const exch_entry *e = &b->e;

    if (e->level_4 && (!e->sc || e->key_size != 16))
        (void)refuse(b, "level", "is not possible with this key");
    if (e->authenticated && (e->method == KITH_METHOD_JUST_WORKS || e->numbers_unseen))
        (void)refuse(b, "level", "is not possible with this method");
    if (e->numbers_unseen && e->method != KITH_METHOD_NUMERIC_COMPARISON)
        (void)refuse(b, "numbers_unseen", "is not possible with this method");
}

static void read_bond(exch_reader *r, size_t place, const json_t *bond)
{
    static const char *const names[] = {
        "identity", "local",    "level",  "method", "numbers_unseen", "role",      "class", "made", "key", "key_size",
        "ltk",      "peer_key", "my_key", "irk",    "my_csrk",        "peer_csrk", NULL};
    const json_t *local = json_object_get(bond, "local");
    bond_text b = {.r = r};

    (void)snprintf(b.e.name, sizeof b.e.name, "bond %zu", place);
    if (!has_only(bond, names)) {
        exch_refuse_place(r, 0, b.e.name, "", "is no bond, or has a field that is not known");
        return;
    }
    if (parse_address(exch_string(json_object_get(bond, "identity")), &b.e.identity))
        exch_name_address(b.e.name, &b.e.identity);
    else
        (void)refuse(&b, "identity", "is not an address with public or random behind it");
    b.e.has_local = parse_address(exch_string(local), &b.e.local);
    if (local != NULL && !b.e.has_local)
        (void)refuse(&b, "local", "is not an address with public or random behind it");
    read_story(&b, bond);
    read_long_term_keys(&b, bond);
    judge_story(&b);
    exch_take(r, &b.e);
    exch_wipe(&b, sizeof b);
}

/* ---- the text ---- */

static void read_identity(exch_reader *r, const json_t *identity)
{
    const json_t *address = json_object_get(identity, "address"), *irk = json_object_get(identity, "irk");
    kith_address own;
    uint8_t key[16];

    if (address != NULL && parse_address(exch_string(address), &own))
        exch_take_own_address(&r->out, 0, "identity.address", &own);
    else if (address != NULL)
        exch_find(r, KITH_EXCHANGE_LEFT, 0, "", "identity.address",
                  "is not an address with public or random behind it");
    if (irk != NULL && exch_hex(exch_string(irk), key, sizeof key)) {
        exch_reverse(key, sizeof key);
        exch_take_own_irk(&r->out, 0, "identity.irk", key);
    } else if (irk != NULL) {
        exch_find(r, KITH_EXCHANGE_LEFT, 0, "", "identity.irk", "is not 32 hexadecimal digits");
    }
    exch_wipe(key, sizeof key);
}

static bool is_ours(exch_reader *r, const json_t *top)
{
    static const char *const names[] = {"kith", "version", "identity", "bonds", NULL};
    uint64_t version;

    if (!exch_is(exch_string(json_object_get(top, "kith")), "exchange"))
        return exch_fail(r, KITH_ERR_DAMAGED, 0, "this is no text of bonds of Kith: kith is not \"exchange\"");
    if (!exch_number_of(json_object_get(top, "version"), INT32_MAX, &version) || version == 0)
        return exch_fail(r, KITH_ERR_DAMAGED, 0, "version: is missing, or no number");
    if (version > VERSION)
        return exch_fail(r, KITH_ERR_NEWER, 0, "version: is of a later program");
    if (!has_only(top, names))
        return exch_fail(r, KITH_ERR_DAMAGED, 0, "it has a field that is not known");
    if (!json_is_array(json_object_get(top, "bonds")))
        return exch_fail(r, KITH_ERR_DAMAGED, 0, "bonds: is no list");
    return true;
}

void exch_read_json(exch_reader *r, exch_span text)
{
    json_t *top = exch_load_json(r, text);
    json_t *bond;
    size_t i;

    if (top == NULL)
        return;
    if (is_ours(r, top)) {
        read_identity(r, json_object_get(top, "identity"));
        json_array_foreach(json_object_get(top, "bonds"), i, bond) read_bond(r, i + 1, bond);
    }
    exch_free_json(top);
}

/* ---- writing ---- */

static void put_address(exch_writer *w, const char *begin, const kith_address *address)
{
    exch_put(w, begin);
    exch_put_address(w, address, true);
    exch_put(w, address->type == KITH_ADDRESS_PUBLIC ? " public\"" : " random\"");
}

static void put_word(exch_writer *w, const char *begin, const char *text)
{
    exch_put(w, begin);
    exch_put(w, text);
    exch_put(w, "\"");
}

static void put_number(exch_writer *w, const char *begin, uint64_t number)
{
    exch_put(w, begin);
    exch_put_decimal(w, number);
}

static void put_key(exch_writer *w, const char *begin, const uint8_t *key, size_t octets)
{
    exch_put(w, begin);
    exch_put_reversed(w, key, octets);
    exch_put(w, "\"");
}

static void put_other_key(exch_writer *w, const char *begin, const uint8_t key[16])
{
    if (!exch_is_zero(key, 16))
        put_key(w, begin, key, 16);
}

static void put_legacy_key(exch_writer *w, const char *begin, const uint8_t ltk[16], uint16_t ediv, uint64_t rand)
{
    uint8_t octets[8];

    exch_put(w, begin);
    put_key(w, "\"ltk\": \"", ltk, 16);
    exch_put_number(octets, 2, ediv);
    put_key(w, ", \"ediv\": \"", octets, 2);
    exch_put_number(octets, 8, rand);
    put_key(w, ", \"rand\": \"", octets, 8);
    exch_put(w, "}");
}

static void put_keys(exch_writer *w, const kith_bond_record *bond)
{
    put_word(w, ",\n      \"key\": \"", word_of(kinds, bond->key_kind));
    put_number(w, ",\n      \"key_size\": ", bond->key_size);
    if (bond->key_kind == KITH_KEY_KIND_SC)
        put_key(w, ",\n      \"ltk\": \"", bond->ltk, 16);
    else if (bond->has_ltk)
        put_legacy_key(w, ",\n      \"peer_key\": {", bond->ltk, bond->ediv, bond->rand);
    if (bond->has_my_ltk)
        put_legacy_key(w, ",\n      \"my_key\": {", bond->my_ltk, bond->my_ediv, bond->my_rand);
    put_other_key(w, ",\n      \"irk\": \"", bond->irk);
    put_other_key(w, ",\n      \"my_csrk\": \"", bond->my_csrk);
    put_other_key(w, ",\n      \"peer_csrk\": \"", bond->peer_csrk);
}

static void put_bond(exch_writer *w, const kith_bond_record *bond)
{
    put_address(w, "    {\n      \"identity\": \"", &bond->identity);
    put_address(w, ",\n      \"local\": \"", &bond->local);
    put_word(w, ",\n      \"level\": \"", word_of(levels, bond->level));
    put_word(w, ",\n      \"method\": \"", word_of(methods, bond->method));
    exch_put(w, bond->numbers_unseen ? ",\n      \"numbers_unseen\": true" : "");
    put_word(w, ",\n      \"role\": \"", word_of(roles, bond->initiator ? 1 : 2));
    if (bond->peer_class != 0)
        put_number(w, ",\n      \"class\": ", bond->peer_class);
    if (bond->made_s != 0)
        put_number(w, ",\n      \"made\": ", bond->made_s);
    put_keys(w, bond);
    exch_put(w, "\n    }");
    w->out.written++;
}

static void put_identity(exch_writer *w)
{
    const kith_exchange_identity *own = w->identity;

    if (!own->has_address && !own->has_irk)
        return;
    exch_put(w, ",\n  \"identity\": {");
    if (own->has_address)
        put_address(w, "\n    \"address\": \"", &own->address);
    if (own->has_irk)
        put_key(w, own->has_address ? ",\n    \"irk\": \"" : "\n    \"irk\": \"", own->irk, 16);
    exch_put(w, "\n  }");
}

void exch_write_json(exch_writer *w)
{
    exch_put(w, "{\n  \"kith\": \"exchange\",\n  \"version\": 1");
    put_identity(w);
    exch_put(w, ",\n  \"bonds\": [");
    for (size_t i = 0; i < w->count; i++) {
        exch_put(w, w->out.written > 0 ? ",\n" : "\n");
        put_bond(w, &w->bonds[i]);
    }
    exch_put(w, w->out.written > 0 ? "\n  ]\n}\n" : "]\n}\n");
}
