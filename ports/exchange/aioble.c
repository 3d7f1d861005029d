/* aioble (MicroPython): ble_secrets.json, a list of [type, key, value], where the value of types 1 and 2 is a structure
 * of NimBLE as a little-endian 32-bit machine has it in memory.  docs/exchange.md has the three layouts.
 *
 * Type 1 is what we gave to the peer, type 2 what it gave to us: our legacy key, which the peer uses as central, and
 * its own.  With Secure Connections both have the same one.  Type 10 is our own IRK. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "json.h"

enum { OURS = 1, PEERS = 2, CCCD = 3, OWN_IRK = 10 };
enum { KEY_LEN = 7, SHORT_LEN = 80, LONG_LEN = 88 };
enum { LTK_AT = 24, LTK_FLAG_AT = 40, IRK_AT = 41, IRK_FLAG_AT = 57, CSRK_AT = 58, CSRK_FLAG_AT = 74 };

typedef struct {
    uint8_t key_size_at, ediv_at, rand_at;
    uint8_t flags_at; /* authenticated and sc... */
    uint8_t shift;    /* ...in these bits of it */
} layout;

/* Apache's; Espressif's, which counts bonds; and that with counters of signatures. */
static const layout apache = {7, 8, 16, 74, 1}, counted = {10, 12, 16, 74, 1}, with_counters = {10, 12, 16, 80, 0};

typedef struct {
    uint8_t key[KEY_LEN]; /* type and address */
    bool has[PEERS + 1];
    size_t place[PEERS + 1]; /* in the list, from 1 */
    uint8_t value[PEERS + 1][LONG_LEN];
    size_t len[PEERS + 1];
} peer;

typedef struct {
    exch_reader *r;
    peer *peers;
    size_t count;
    bool other; /* there was a type that is no key */
} secrets;

/* ---- the list ---- */

static void refuse_item(secrets *s, size_t place, const char *why)
{
    char name[32];

    (void)snprintf(name, sizeof name, "entry %zu", place);
    exch_refuse_place(s->r, 0, name, "", why);
}

/* Grows without realloc; KITH_EXCHANGE_BONDS at most. */
static peer *add_peer(secrets *s)
{
    if (s->count >= KITH_EXCHANGE_BONDS) {
        (void)exch_fail(s->r, KITH_ERR_FULL, 0, "there are more bonds than can be taken");
        return NULL;
    }
    if ((s->count & (s->count - 1)) == 0) { /* 0, and powers of two */
        size_t room = s->count == 0 ? 1 : 2 * s->count;
        peer *more = calloc(room, sizeof *more);

        if (more == NULL) {
            (void)exch_fail(s->r, KITH_ERR_FULL, 0, "there is not enough memory");
            return NULL;
        }
        if (s->count > 0) {
            memcpy(more, s->peers, s->count * sizeof *more);
            exch_wipe(s->peers, s->count * sizeof *more);
        }
        free(s->peers);
        s->peers = more;
    }
    return &s->peers[s->count++];
}

static peer *peer_of(secrets *s, const uint8_t key[KEY_LEN])
{
    peer *p;

    for (size_t i = 0; i < s->count; i++)
        if (memcmp(s->peers[i].key, key, KEY_LEN) == 0)
            return &s->peers[i];
    p = add_peer(s);
    if (p != NULL)
        memcpy(p->key, key, KEY_LEN);
    return p;
}

static void keep_item(secrets *s, size_t place, unsigned type, const uint8_t *key, const uint8_t *value, size_t len)
{
    peer *p;

    if (len != SHORT_LEN && len != LONG_LEN) {
        refuse_item(s, place, "its value is no structure of NimBLE that is known");
        return;
    }
    if (memcmp(key, value, KEY_LEN) != 0) {
        refuse_item(s, place, "its key and its value name different peers");
        return;
    }
    p = peer_of(s, key);
    if (p == NULL)
        return;
    if (p->has[type]) {
        refuse_item(s, place, "this peer is there twice; the first one is taken");
        return;
    }
    p->has[type] = true;
    p->place[type] = place;
    p->len[type] = len;
    memcpy(p->value[type], value, len);
}

static void read_octets(secrets *s, size_t place, uint64_t type, exch_span key_text, exch_span value_text)
{
    uint8_t key[16], value[LONG_LEN];
    size_t key_len, len;

    if (!exch_from_base64(key_text, key, sizeof key, &key_len) ||
        !exch_from_base64(value_text, value, sizeof value, &len))
        refuse_item(s, place, "its key or value is not base64, or too long");
    else if (type == OWN_IRK && key_len == 3 && memcmp(key, "irk", 3) == 0 && len == 16)
        exch_take_own_irk(&s->r->out, 0, "own IRK (type 10)", value);
    else if (type == OWN_IRK)
        exch_find(s->r, KITH_EXCHANGE_LEFT, 0, "", "own IRK (type 10)", "is not 16 octets under the key irk");
    else if (key_len != KEY_LEN)
        refuse_item(s, place, "its key is not a type and an address");
    else
        keep_item(s, place, (unsigned)type, key, value, len);
    exch_wipe(value, sizeof value);
}

static void read_item(secrets *s, size_t place, const json_t *item)
{
    const json_t *key = json_array_get(item, 1), *value = json_array_get(item, 2);
    uint64_t type;

    if (json_array_size(item) != 3 || !exch_number_of(json_array_get(item, 0), UINT8_MAX, &type) ||
        !json_is_string(key) || !json_is_string(value))
        refuse_item(s, place, "is not a list of type, key and value");
    else if (type == OURS || type == PEERS || type == OWN_IRK)
        read_octets(s, place, type, exch_string(key), exch_string(value));
    else
        s->other = true;
}

/* ---- structures ---- */

/* NULL: none of them. */
static const layout *layout_of(const uint8_t *value, size_t len)
{
    if (len == LONG_LEN)
        return &with_counters;
    return value[7] == 0 && value[10] != 0 ? &counted : &apache;
}

static bool are_flags_sound(const uint8_t *value, const layout *l)
{
    uint8_t known = (uint8_t)(3 << l->shift);

    return value[LTK_FLAG_AT] <= 1 && value[IRK_FLAG_AT] <= 1 &&
           (value[CSRK_FLAG_AT] & ~(l->flags_at == CSRK_FLAG_AT ? known | 1 : 1)) == 0 &&
           (l->flags_at == CSRK_FLAG_AT || (value[l->flags_at] & ~known) == 0);
}

static void take_ltk(secrets *s, exch_entry *e, const uint8_t *value, const layout *l, bool ours)
{
    const char *field = ours ? "type 1" : "type 2";
    bool sc = value[l->flags_at] >> (l->shift + 1) & 1;
    uint8_t *key = ours ? e->my_ltk : e->ltk;

    e->authenticated |= value[l->flags_at] >> l->shift & 1;
    exch_take_size(s->r, e, 0, field, value[l->key_size_at]);
    memcpy(key, value + LTK_AT, 16);
    *(ours ? &e->has_my_ltk : &e->has_ltk) = true;
    *(ours ? &e->my_ediv : &e->ediv) = (uint16_t)exch_number(value + l->ediv_at, 2);
    *(ours ? &e->my_rand : &e->rand) = exch_number(value + l->rand_at, 8);
    if ((e->has_ltk && e->has_my_ltk) && e->sc != sc)
        exch_refuse(s->r, e, 0, field, "one of the two keys is of Secure Connections, the other is not");
    if (sc && exch_number(value + l->ediv_at, 2) + exch_number(value + l->rand_at, 8) != 0)
        exch_refuse(s->r, e, 0, field, "is a Secure Connections key with EDIV or Rand");
    e->sc = sc;
}

static void take_value(secrets *s, exch_entry *e, const peer *p, unsigned type)
{
    const uint8_t *value = p->value[type];
    const layout *l = layout_of(value, p->len[type]);

    if (!p->has[type])
        return;
    if (!are_flags_sound(value, l)) {
        exch_refuse(s->r, e, 0, type == OURS ? "type 1" : "type 2", "its flags are no flags");
        return;
    }
    if (value[LTK_FLAG_AT])
        take_ltk(s, e, value, l, type == OURS);
    if (value[IRK_FLAG_AT] && type == PEERS)
        memcpy(e->irk, value + IRK_AT, 16);
    if (value[CSRK_FLAG_AT] & 1)
        memcpy(type == OURS ? e->my_csrk : e->peer_csrk, value + CSRK_AT, 16);
}

/* One key on both sides. */
static void join_sc_keys(secrets *s, exch_entry *e)
{
    if (!e->sc)
        return;
    if (e->has_ltk && e->has_my_ltk && memcmp(e->ltk, e->my_ltk, 16) != 0)
        exch_refuse(s->r, e, 0, "", "has two different Secure Connections keys");
    if (!e->has_ltk)
        memcpy(e->ltk, e->my_ltk, 16);
    e->has_ltk |= e->has_my_ltk;
    e->has_my_ltk = false;
    exch_wipe(e->my_ltk, 16);
}

static void take_peer(secrets *s, const peer *p)
{
    exch_entry e = {.level_4 = true};

    e.identity.type = p->key[0];
    memcpy(e.identity.octets, p->key + 1, 6);
    exch_name_address(e.name, &e.identity);
    take_value(s, &e, p, OURS);
    take_value(s, &e, p, PEERS);
    join_sc_keys(s, &e);
    exch_take(s->r, &e);
}

void exch_read_aioble(exch_reader *r, exch_span text)
{
    json_t *top = exch_load_json(r, text);
    secrets s = {.r = r};
    json_t *item;
    size_t i;

    if (top == NULL)
        return;
    if (!json_is_array(top))
        (void)exch_fail(r, KITH_ERR_DAMAGED, 0, "this is no ble_secrets.json of aioble: it is no list");
    json_array_foreach(top, i, item) read_item(&s, i + 1, item);
    for (i = 0; i < s.count && r->status == KITH_OK; i++)
        take_peer(&s, &s.peers[i]);
    if (s.other)
        exch_find(r, KITH_EXCHANGE_LEFT, 0, "", "other types", "hold no keys that are known here; left out");
    if (s.peers != NULL)
        exch_wipe(s.peers, s.count * sizeof *s.peers);
    free(s.peers);
    exch_free_json(top);
}

/* ---- writing ---- */

static void put_item(exch_writer *w, unsigned type, const uint8_t *key, size_t key_len, const uint8_t *value,
                     size_t len)
{
    exch_put(w, w->out.len > 1 ? ", [" : "[");
    exch_put_decimal(w, type);
    exch_put(w, ", \"");
    exch_put_base64(w, key, key_len);
    exch_put(w, "\", \"");
    exch_put_base64(w, value, len);
    exch_put(w, "\"]");
}

static void fill_ltk(const kith_bond_record *bond, bool ours, uint8_t value[SHORT_LEN])
{
    bool sc = bond->key_kind == KITH_KEY_KIND_SC, mine = ours && !sc;

    value[apache.key_size_at] = bond->key_size;
    exch_put_number(value + apache.ediv_at, 2, mine ? bond->my_ediv : bond->ediv);
    exch_put_number(value + apache.rand_at, 8, mine ? bond->my_rand : bond->rand);
    memcpy(value + LTK_AT, mine ? bond->my_ltk : bond->ltk, 16);
    value[LTK_FLAG_AT] = 1;
    value[apache.flags_at] |= (uint8_t)((bond->level > KITH_LEVEL_ENCRYPTED ? 2 : 0) | (sc ? 4 : 0));
}

static void fill_key(uint8_t *value, size_t at, size_t flag_at, const uint8_t key[16])
{
    if (exch_is_zero(key, 16))
        return;
    memcpy(value + at, key, 16);
    value[flag_at] |= 1;
}

static void put_secret(exch_writer *w, const kith_bond_record *bond, bool ours)
{
    static const uint8_t none[16];
    uint8_t value[SHORT_LEN] = {bond->identity.type};

    memcpy(value + 1, bond->identity.octets, 6);
    if (bond->key_kind == KITH_KEY_KIND_SC || (ours ? bond->has_my_ltk : bond->has_ltk))
        fill_ltk(bond, ours, value);
    fill_key(value, IRK_AT, IRK_FLAG_AT, !ours ? bond->irk : w->identity->has_irk ? w->identity->irk : none);
    fill_key(value, CSRK_AT, CSRK_FLAG_AT, ours ? bond->my_csrk : bond->peer_csrk);
    put_item(w, ours ? OURS : PEERS, value, KEY_LEN, value, sizeof value);
    exch_wipe(value, sizeof value);
}

void exch_write_aioble(exch_writer *w)
{
    exch_put(w, "[");
    for (size_t i = 0; i < w->count; i++) {
        const kith_bond_record *bond = &w->bonds[i];

        if (!exch_report_lost(w, bond,
                              EXCH_HAS_LEVEL | EXCH_HAS_SIZE | EXCH_HAS_MY_LTK | EXCH_HAS_MY_CSRK | EXCH_HAS_PEER_CSRK))
            continue;
        put_secret(w, bond, true);
        put_secret(w, bond, false);
        w->out.written++;
    }
    if (w->identity->has_irk)
        put_item(w, OWN_IRK, (const uint8_t *)"irk", 3, w->identity->irk, 16);
    exch_put(w, "]");
}
