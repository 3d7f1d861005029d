/* Bumble: its JSON key store.  Namespaces, named by the local address, have peers, named by theirs ("/P" behind a
 * public one), with keys as hexadecimal digits in wire order.  docs/exchange.md has the fields.
 *
 * ltk_central is the legacy key of the device that was peripheral when they paired, so it is the central's to use;
 * ltk_peripheral is that of the central.  Which one we were is not in the file: options.local_was_peripheral. */
#include <stdio.h>
#include <string.h>

#include "json.h"

static const char default_namespace[] = "__DEFAULT__";

typedef struct {
    exch_reader *r;
    exch_entry e;
} store;

/* "C0:11:22:33:44:55", random; "11:22:33:44:55:66/P", public. */
static bool read_name(const char *name, kith_address *out)
{
    exch_span span = {name, strlen(name)};
    bool public_one = span.len == 19 && strcmp(name + 17, "/P") == 0;

    if (public_one)
        span.len = 17;
    out->type = public_one ? KITH_ADDRESS_PUBLIC : KITH_ADDRESS_RANDOM;
    return span.len == 17 && exch_address(span, out);
}

/* ---- keys ---- */

static void refuse(store *s, const char *field, const char *why)
{
    exch_refuse(s->r, &s->e, 0, field, why);
}

/* Answers whether there is one; what is wrong with it refuses the entry. */
static bool read_value(store *s, const json_t *keys, const char *field, uint8_t out[16])
{
    const json_t *key = json_object_get(keys, field);

    if (key == NULL || json_is_null(key))
        return false;
    if (!json_is_object(key) || !exch_hex(exch_string(json_object_get(key, "value")), out, 16)) {
        refuse(s, field, "has no value of 32 hexadecimal digits");
        return false;
    }
    return true;
}

static void read_claim(store *s, const json_t *keys, const char *field)
{
    const json_t *claim = json_object_get(json_object_get(keys, field), "authenticated");

    if (claim != NULL && !json_is_boolean(claim))
        refuse(s, field, "authenticated is neither true nor false");
    s->e.authenticated |= json_is_true(claim);
}

/* Both may be missing, or null: they are zeros then. */
static void read_numbers(store *s, const json_t *keys, const char *field, uint16_t *ediv, uint64_t *rand)
{
    const json_t *key = json_object_get(keys, field);
    const json_t *e = json_object_get(key, "ediv"), *r = json_object_get(key, "rand");
    uint8_t octets[8] = {0};
    uint64_t number = 0;

    if (e != NULL && !json_is_null(e) && !exch_number_of(e, UINT16_MAX, &number))
        refuse(s, field, "ediv is not a number from 0 to 65535");
    if (r != NULL && !json_is_null(r) && !exch_hex(exch_string(r), octets, sizeof octets))
        refuse(s, field, "rand is not 16 hexadecimal digits");
    *ediv = (uint16_t)number;
    *rand = exch_number(octets, sizeof octets);
}

static bool read_legacy_keys(store *s, const json_t *keys)
{
    bool swapped = s->r->options->local_was_peripheral;
    const char *peers = swapped ? "ltk_peripheral" : "ltk_central";
    const char *ours = swapped ? "ltk_central" : "ltk_peripheral";
    exch_entry *e = &s->e;

    e->has_ltk = read_value(s, keys, peers, e->ltk);
    e->has_my_ltk = read_value(s, keys, ours, e->my_ltk);
    if (e->has_ltk) {
        read_claim(s, keys, peers);
        read_numbers(s, keys, peers, &e->ediv, &e->rand);
    }
    if (e->has_my_ltk) {
        read_claim(s, keys, ours);
        read_numbers(s, keys, ours, &e->my_ediv, &e->my_rand);
    }
    return e->has_ltk || e->has_my_ltk;
}

static bool has_legacy_keys(const json_t *keys)
{
    return json_object_get(keys, "ltk_central") != NULL || json_object_get(keys, "ltk_peripheral") != NULL;
}

static bool read_long_term_keys(store *s, const json_t *keys)
{
    exch_entry *e = &s->e;

    e->sc = e->has_ltk = read_value(s, keys, "ltk", e->ltk);
    if (e->sc)
        read_claim(s, keys, "ltk");
    if (e->sc && has_legacy_keys(keys))
        exch_find_of(s->r, KITH_EXCHANGE_LEFT, e, 0, "ltk_central, ltk_peripheral",
                     "are legacy keys beside one of Secure Connections; left out");
    if (e->sc)
        return true;
    if (!read_legacy_keys(s, keys))
        return false;
    exch_find_of(s->r, KITH_EXCHANGE_CHANGED, e, 0, "ltk_central, ltk_peripheral",
                 s->r->options->local_was_peripheral
                     ? "who was central is not in the text; the peer, as was given"
                     : "who was central is not in the text; this device is assumed (option: was peripheral)");
    return true;
}

/* ---- a peer ---- */

static void settle_type(store *s, const json_t *keys, const char *name)
{
    const json_t *type = json_object_get(keys, "address_type");
    bool suffixed = strlen(name) > 17;
    uint64_t number;

    if (type == NULL || json_is_null(type))
        return; /* by the name alone, as Bumble does */
    if (!exch_number_of(type, 3, &number))
        refuse(s, "address_type", "is not a number from 0 to 3");
    else if (suffixed && (number & 1) != 0)
        refuse(s, "address_type", "is random, and the name says public");
    else
        s->e.identity.type = number & 1;
}

static void tell_unknown(store *s, const json_t *keys)
{
    static const char *const known[] = {"address_type", "ltk",  "ltk_central", "ltk_peripheral",
                                        "irk",          "csrk", "link_key",    "link_key_type"};
    void *at = json_object_iter((json_t *)(uintptr_t)keys);
    bool all = true;

    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)keys, at)) {
        size_t i = 0;

        while (i < sizeof known / sizeof known[0] && strcmp(known[i], json_object_iter_key(at)) != 0)
            i++;
        all &= i < sizeof known / sizeof known[0];
    }
    if (!all)
        exch_find_of(s->r, KITH_EXCHANGE_LEFT, &s->e, 0, "", "has a field that is not known; left out");
}

static void read_keys(store *s, const json_t *keys)
{
    bool link_key = json_object_get(keys, "link_key") != NULL;
    bool le = read_long_term_keys(s, keys);

    if (s->e.refused)
        return;
    if (!le && link_key) {
        refuse(s, "link_key", "is a bond for BR/EDR, not for LE");
        return;
    }
    if (le)
        exch_assume_size(s->r, &s->e, "");
    if (link_key)
        exch_find_of(s->r, KITH_EXCHANGE_LEFT, &s->e, 0, "link_key", "is for BR/EDR");
    (void)read_value(s, keys, "irk", s->e.irk);
    (void)read_value(s, keys, "csrk", s->e.peer_csrk);
}

static void read_peer(exch_reader *r, const char *name, const json_t *keys, const kith_address *local)
{
    store s = {.r = r};

    if (local != NULL) {
        s.e.has_local = true;
        s.e.local = *local;
    }
    if (!read_name(name, &s.e.identity)) {
        exch_refuse_place(r, 0, "a peer", "", "its name is no address");
        return;
    }
    exch_name_address(s.e.name, &s.e.identity);
    if (json_is_object(keys)) {
        settle_type(&s, keys, name);
        exch_name_address(s.e.name, &s.e.identity);
        tell_unknown(&s, keys);
        read_keys(&s, keys);
    } else {
        refuse(&s, "", "has no keys");
    }
    exch_take(r, &s.e);
    exch_wipe(&s, sizeof s);
}

static void read_namespace(exch_reader *r, const char *name, json_t *peers)
{
    kith_address local;
    bool named = read_name(name, &local);
    const char *peer;
    json_t *keys;

    if (!json_is_object(peers)) {
        exch_refuse_place(r, 0, "a namespace", "", "has no peers");
        return;
    }
    if (named)
        exch_take_own_address(&r->out, 0, "namespace", &local);
    if (named && local.type == KITH_ADDRESS_PUBLIC && !r->options->has_local)
        exch_find(r, KITH_EXCHANGE_NOTED, 0, "", "namespace",
                  "is the adapter's address; that these peers know this device by it is assumed");
    if (!named && strcmp(name, default_namespace) != 0)
        exch_find(r, KITH_EXCHANGE_NOTED, 0, "", "namespace",
                  "is not named by an address, so it is not known whose it is");
    json_object_foreach(peers, peer, keys) read_peer(r, peer, keys, named ? &local : NULL);
}

void exch_read_bumble(exch_reader *r, exch_span text)
{
    json_t *top = exch_load_json(r, text);
    const char *name;
    json_t *peers;

    if (top == NULL)
        return;
    if (!json_is_object(top) || json_object_get(top, "kith") != NULL)
        (void)exch_fail(r, KITH_ERR_DAMAGED, 0, "this is no key store of Bumble: it has no namespaces");
    else
        json_object_foreach(top, name, peers) read_namespace(r, name, peers);
    exch_free_json(top);
}

/* ---- writing ---- */

static void put_name(exch_writer *w, const kith_address *address)
{
    exch_put(w, "\"");
    exch_put_address(w, address, true);
    exch_put(w, address->type == KITH_ADDRESS_PUBLIC ? "/P\": {" : "\": {");
}

static void put_key(exch_writer *w, const kith_bond_record *bond, const char *name, const uint8_t key[16])
{
    exch_put(w, ",\n            \"");
    exch_put(w, name);
    exch_put(w, bond->level > KITH_LEVEL_ENCRYPTED ? "\": {\"authenticated\": true, \"value\": \""
                                                   : "\": {\"authenticated\": false, \"value\": \"");
    exch_put_hex(w, key, 16, false);
    exch_put(w, "\"");
}

static void put_legacy_key(exch_writer *w, const kith_bond_record *bond, const char *name, bool mine)
{
    uint8_t rand[8];

    exch_put_number(rand, sizeof rand, mine ? bond->my_rand : bond->rand);
    put_key(w, bond, name, mine ? bond->my_ltk : bond->ltk);
    exch_put(w, ", \"ediv\": ");
    exch_put_decimal(w, mine ? bond->my_ediv : bond->ediv);
    exch_put(w, ", \"rand\": \"");
    exch_put_hex(w, rand, sizeof rand, false);
    exch_put(w, "\"}");
}

/* By use, as Bumble reads them: what it takes as central, and as peripheral. */
static void put_long_term_keys(exch_writer *w, const kith_bond_record *bond)
{
    if (bond->key_kind == KITH_KEY_KIND_SC) {
        put_key(w, bond, "ltk", bond->ltk);
        exch_put(w, "}");
        return;
    }
    if (bond->has_ltk)
        put_legacy_key(w, bond, "ltk_central", false);
    if (bond->has_my_ltk)
        put_legacy_key(w, bond, "ltk_peripheral", true);
}

static void put_bond(exch_writer *w, const kith_bond_record *bond)
{
    put_name(w, &bond->identity);
    exch_put(w, "\n            \"address_type\": ");
    exch_put_decimal(w, bond->identity.type);
    put_long_term_keys(w, bond);
    if (!exch_is_zero(bond->irk, 16)) {
        put_key(w, bond, "irk", bond->irk);
        exch_put(w, "}");
    }
    if (!exch_is_zero(bond->peer_csrk, 16)) {
        put_key(w, bond, "csrk", bond->peer_csrk);
        exch_put(w, "}");
    }
    exch_put(w, "\n        }");
    w->out.written++;
}

static bool is_first_of_its_namespace(const exch_writer *w, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (kith_address_equal(&w->bonds[i].local, &w->bonds[at].local))
            return false;
    return true;
}

static void put_namespace(exch_writer *w, size_t first)
{
    bool any = false;

    put_name(w, &w->bonds[first].local);
    for (size_t i = first; i < w->count; i++) {
        const kith_bond_record *bond = &w->bonds[i];

        if (!kith_address_equal(&bond->local, &w->bonds[first].local) ||
            !exch_report_lost(
                w, bond, EXCH_HAS_LEVEL | EXCH_HAS_LOCAL | EXCH_HAS_LOCAL_TYPE | EXCH_HAS_MY_LTK | EXCH_HAS_PEER_CSRK))
            continue;
        exch_put(w, any ? ",\n        " : "\n        ");
        put_bond(w, bond);
        any = true;
    }
    exch_put(w, "\n    }");
}

void exch_write_bumble(exch_writer *w)
{
    bool any = false;

    exch_put(w, "{");
    if (w->identity->has_irk)
        exch_lose(w, KITH_EXCHANGE_LEFT, NULL, "our identity resolving key", "has no place in this format");
    for (size_t i = 0; i < w->count; i++) {
        if (!is_first_of_its_namespace(w, i))
            continue;
        exch_put(w, any ? ",\n    " : "\n    ");
        put_namespace(w, i);
        any = true;
    }
    exch_put(w, "\n}\n");
}
