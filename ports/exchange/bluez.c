/* BlueZ: the file `info` of one peer, in /var/lib/bluetooth/ADAPTER/PEER/.  docs/exchange.md has its fields.
 *
 * [LongTermKey] is the peer's legacy key, for the central's role; [PeripheralLongTermKey], and [SlaveLongTermKey] of
 * older versions beside it, is our own legacy key, or the key of Secure Connections.  Keys are in wire order. */
#include <stdio.h>
#include <string.h>

#include "inside.h"

enum { LEGACY = 0, LEGACY_AUTHENTICATED = 1, SC = 2, SC_AUTHENTICATED = 3, SC_DEBUG = 4 };

typedef enum { LTK, PERIPHERAL_LTK, SLAVE_LTK, IRK, LOCAL_CSRK, REMOTE_CSRK, GENERAL, LINK_KEY, GROUPS } group;

static const char *const group_names[GROUPS] = {
    "LongTermKey",       "PeripheralLongTermKey", "SlaveLongTermKey", "IdentityResolvingKey",
    "LocalSignatureKey", "RemoteSignatureKey",    "General",          "LinkKey"};

enum { KEY = 1, AUTHENTICATED = 2, ENC_SIZE = 4, EDIV = 8, RAND = 16, TYPE = 32, CENTRAL = 64, MASTER = 128 };

typedef struct {
    unsigned line; /* 0: it is not there */
    unsigned has;  /* fields */
    uint8_t key[16];
    uint64_t authenticated, enc_size, ediv, rand;
    bool ours; /* old versions had one group for both keys, and said so */
} key_group;

typedef struct {
    exch_reader *r;
    exch_entry e;
    key_group groups[GROUPS];
    bool typed; /* AddressType was there */
    uint8_t type;
} info;

static bool is_sc(const key_group *k)
{
    return k->authenticated >= SC;
}

/* ---- fields ---- */

static bool read_key(exch_span value, uint8_t key[16])
{
    if (exch_begins(value, "0x"))
        value = (exch_span){value.at + 2, value.len - 2};
    return exch_hex(value, key, 16);
}

/* A number; in old files digits in wire order. */
static bool read_rand(exch_span value, uint64_t *rand)
{
    uint8_t octets[8];

    if (!exch_begins(value, "0x"))
        return exch_decimal(value, UINT64_MAX, rand);
    if (!exch_hex((exch_span){value.at + 2, value.len - 2}, octets, sizeof octets))
        return false;
    *rand = exch_number(octets, sizeof octets);
    return true;
}

static bool read_truth(exch_span value, bool *out)
{
    *out = exch_is(value, "true") || exch_is(value, "1");
    return *out || exch_is(value, "false") || exch_is(value, "0");
}

static void refuse_field(info *in, group g, unsigned line, const char *name, const char *why)
{
    char field[48];

    (void)snprintf(field, sizeof field, "[%s] %s", group_names[g], name);
    exch_refuse(in->r, &in->e, line, field, why);
}

static unsigned read_side_field(info *in, group g, unsigned line, exch_span name, exch_span value)
{
    bool central;

    if (!exch_is(name, "Central") && !exch_is(name, "Master"))
        return 0;
    if (!read_truth(value, &central))
        refuse_field(in, g, line, "Central or Master", "is neither true nor false");
    in->groups[g].ours = !central;
    return exch_is(name, "Central") ? CENTRAL : MASTER;
}

/* Answers which field it is, 0: none that matters here. */
static unsigned read_key_field(info *in, group g, unsigned line, exch_span name, exch_span value)
{
    key_group *k = &in->groups[g];

    if (exch_is(name, "Key")) {
        if (!read_key(value, k->key))
            refuse_field(in, g, line, "Key", "is not 32 hexadecimal digits");
        return KEY;
    }
    if (g > SLAVE_LTK)
        return 0;
    if (exch_is(name, "Authenticated")) {
        if (!exch_decimal(value, SC_DEBUG, &k->authenticated))
            refuse_field(in, g, line, "Authenticated", "is not a number from 0 to 4");
        return AUTHENTICATED;
    }
    if (exch_is(name, "EncSize")) {
        if (!exch_decimal(value, 16, &k->enc_size) || k->enc_size < 7)
            refuse_field(in, g, line, "EncSize", "is not a number from 7 to 16");
        return ENC_SIZE;
    }
    if (exch_is(name, "EDiv")) {
        if (!exch_decimal(value, UINT16_MAX, &k->ediv))
            refuse_field(in, g, line, "EDiv", "is not a number from 0 to 65535");
        return EDIV;
    }
    if (exch_is(name, "Rand")) {
        if (!read_rand(value, &k->rand))
            refuse_field(in, g, line, "Rand", "is not a number of 64 bits");
        return RAND;
    }
    return read_side_field(in, g, line, name, value);
}

static unsigned read_general_field(info *in, unsigned line, exch_span name, exch_span value)
{
    if (!exch_is(name, "AddressType"))
        return 0;
    in->typed = exch_is(value, "public") || exch_is(value, "static");
    in->type = exch_is(value, "static") ? KITH_ADDRESS_RANDOM : KITH_ADDRESS_PUBLIC;
    if (!in->typed)
        refuse_field(in, GENERAL, line, "AddressType", "is neither public nor static");
    return TYPE;
}

static const char *name_of(unsigned field)
{
    static const char *const names[] = {"Key",  "Authenticated", "EncSize", "EDiv",
                                        "Rand", "AddressType",   "Central", "Master"};
    unsigned i = 0;

    while (field > 1u << i)
        i++;
    return names[i];
}

static void read_field(info *in, group g, unsigned line, exch_span name, exch_span value)
{
    unsigned field = 0;

    if (g == GENERAL)
        field = read_general_field(in, line, name, value);
    else if (g < GENERAL)
        field = read_key_field(in, g, line, name, value);
    if (in->groups[g].has & field)
        refuse_field(in, g, line, name_of(field), "is there twice");
    in->groups[g].has |= field;
}

static group group_of(exch_span name)
{
    unsigned g = 0;

    while (g < GROUPS && !exch_is(name, group_names[g]))
        g++;
    return (group)g;
}

static bool read_lines(info *in, exch_span text)
{
    exch_lines lines = {.rest = text};
    exch_span line, name, value;
    group g = GROUPS;
    bool any = false;

    while (exch_next_line(&lines, &line)) {
        exch_line_kind kind = exch_split(line, &name, &value);

        if (kind == EXCH_GROUP) {
            g = group_of(name);
            any |= g < GROUPS;
            if (g < GROUPS && in->groups[g].line == 0)
                in->groups[g].line = lines.number;
        } else if (kind == EXCH_FIELD && g < GROUPS) {
            read_field(in, g, lines.number, name, value);
            if (lines.cut)
                exch_refuse(in->r, &in->e, lines.number, "",
                            "the text ends in this line, so it may have been cut short");
        } else if (kind == EXCH_OTHER && (g < GROUPS || lines.cut)) {
            exch_refuse(in->r, &in->e, lines.number, "", "is neither a group nor a field");
        }
    }
    return any;
}

/* ---- who ---- */

static exch_span last_part(exch_span *path)
{
    size_t end = path->len, begin;

    while (end > 0 && path->at[end - 1] == '/')
        end--;
    begin = end;
    while (begin > 0 && path->at[begin - 1] != '/')
        begin--;
    path->len = begin;
    return (exch_span){path->at + begin, end - begin};
}

/* .../ADAPTER/PEER/info, or without the file. */
static void read_path(const char *text, kith_address *local, bool *has_local, kith_address *peer, bool *has_peer)
{
    exch_span path = {text, strlen(text)};
    exch_span part = last_part(&path);

    *has_peer = part.len == 17 && exch_address(part, peer);
    if (!*has_peer) {
        part = last_part(&path);
        *has_peer = part.len == 17 && exch_address(part, peer);
    }
    part = last_part(&path);
    *has_local = *has_peer && part.len == 17 && exch_address(part, local);
}

static void settle_peer_type(info *in, bool given)
{
    exch_entry *e = &in->e;

    if (in->typed && given && in->type != e->identity.type) {
        exch_find_of(in->r, KITH_EXCHANGE_CHANGED, e, 0, "[General] AddressType",
                     "is another one than was given; the given one is taken");
    } else if (in->typed) {
        e->identity.type = in->type;
    } else if (!given) {
        e->identity.type = KITH_ADDRESS_PUBLIC;
        exch_find_of(in->r, KITH_EXCHANGE_CHANGED, e, 0, "[General] AddressType", "is missing; public is assumed");
    }
}

static void settle_addresses(info *in)
{
    const kith_exchange_options *options = in->r->options;
    exch_entry *e = &in->e;
    bool has_peer = false;

    if (options->path != NULL)
        read_path(options->path, &e->local, &e->has_local, &e->identity, &has_peer);
    if (options->has_peer)
        e->identity = options->peer;
    has_peer |= options->has_peer;
    if (has_peer) {
        settle_peer_type(in, options->has_peer);
        exch_name_address(e->name, &e->identity);
    } else {
        exch_refuse(in->r, e, 0, "", "the peer's address is the name of its folder, which was not given");
    }
    if (e->has_local && !options->has_local)
        exch_find_of(in->r, KITH_EXCHANGE_NOTED, e, 0, "local identity",
                     "that the folder's address is a public one is assumed");
}

/* ---- keys ---- */

static bool has_all(info *in, group g)
{
    static const struct {
        unsigned field;
        const char *name;
    } needed[] = {{KEY, "Key"}, {ENC_SIZE, "EncSize"}, {EDIV, "EDiv"}, {RAND, "Rand"}};

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!(in->groups[g].has & needed[i].field)) {
            refuse_field(in, g, in->groups[g].line, needed[i].name, "is missing");
            return false;
        }
    return true;
}

static bool is_same_key(const key_group *a, const key_group *b)
{
    return memcmp(a->key, b->key, 16) == 0 && a->authenticated == b->authenticated && a->enc_size == b->enc_size &&
           a->ediv == b->ediv && a->rand == b->rand;
}

/* The one group for which there are two names; NULL: neither is there. */
static key_group *peripheral_group(info *in)
{
    key_group *now = &in->groups[PERIPHERAL_LTK], *then = &in->groups[SLAVE_LTK];

    if (now->line != 0 && then->line != 0 && !is_same_key(now, then))
        exch_find_of(in->r, KITH_EXCHANGE_LEFT, &in->e, then->line, "[SlaveLongTermKey]",
                     "is not the same as [PeripheralLongTermKey], which is taken");
    return now->line != 0 ? now : then->line != 0 ? then : NULL;
}

static void take_sc_key(info *in, const key_group *k, const char *name)
{
    exch_entry *e = &in->e;

    if (k->ediv != 0 || k->rand != 0)
        exch_refuse(in->r, e, k->line, name, "is a Secure Connections key with EDiv or Rand");
    if (k->authenticated == SC_DEBUG)
        exch_refuse(in->r, e, k->line, name, "was made with the debug key, which everybody knows");
    if (e->has_ltk && memcmp(e->ltk, k->key, 16) != 0)
        exch_refuse(in->r, e, k->line, name, "is another Secure Connections key than the other group's");
    /* Of two claims the weaker one. */
    e->authenticated = k->authenticated == SC_AUTHENTICATED && (!e->has_ltk || e->authenticated);
    e->level_4 = true;
    e->sc = e->has_ltk = true;
    memcpy(e->ltk, k->key, 16);
    exch_take_size(in->r, e, k->line, name, k->enc_size);
}

static void take_legacy_key(info *in, const key_group *k, const char *name, bool mine)
{
    exch_entry *e = &in->e;

    e->authenticated |= k->authenticated == LEGACY_AUTHENTICATED;
    memcpy(mine ? e->my_ltk : e->ltk, k->key, 16);
    *(mine ? &e->has_my_ltk : &e->has_ltk) = true;
    *(mine ? &e->my_ediv : &e->ediv) = (uint16_t)k->ediv;
    *(mine ? &e->my_rand : &e->rand) = k->rand;
    exch_take_size(in->r, e, k->line, name, k->enc_size);
}

/* Written by people who bring keys from elsewhere: a legacy key has numbers by which it is asked for. */
static bool seems_sc(const key_group *k)
{
    return !is_sc(k) && k->ediv == 0 && k->rand == 0;
}

static void take_central_key(info *in, key_group *k, const key_group *peripheral)
{
    if (seems_sc(k)) {
        exch_find_of(
            in->r, KITH_EXCHANGE_CHANGED, &in->e, k->line, "[LongTermKey]",
            "is called legacy and has neither EDiv nor Rand; taken for an unauthenticated Secure Connections key");
        k->authenticated = SC;
        if (peripheral != NULL && is_sc(peripheral) && memcmp(peripheral->key, k->key, 16) == 0)
            k->authenticated = peripheral->authenticated; /* it says so itself, there */
    }
    if (is_sc(k))
        take_sc_key(in, k, "[LongTermKey]");
    else if (peripheral != NULL && is_sc(peripheral))
        exch_find_of(in->r, KITH_EXCHANGE_LEFT, &in->e, k->line, "[LongTermKey]",
                     "is a legacy key beside one of Secure Connections; left out");
    else if (k->ours && peripheral != NULL)
        exch_find_of(in->r, KITH_EXCHANGE_LEFT, &in->e, k->line, "[LongTermKey]",
                     "is our own key beside that of another group, which is taken");
    else
        take_legacy_key(in, k, "[LongTermKey]", k->ours);
}

static void take_keys(info *in)
{
    key_group *central = in->groups[LTK].line != 0 ? &in->groups[LTK] : NULL;
    key_group *peripheral;

    for (unsigned g = LTK; g <= SLAVE_LTK; g++)
        if (in->groups[g].line != 0 && !has_all(in, (group)g))
            return;
    peripheral = peripheral_group(in);
    if (central != NULL)
        take_central_key(in, central, peripheral);
    if (peripheral == NULL)
        return;
    if (is_sc(peripheral))
        take_sc_key(in, peripheral, "[PeripheralLongTermKey]");
    else if (in->e.sc)
        exch_find_of(in->r, KITH_EXCHANGE_LEFT, &in->e, peripheral->line, "[PeripheralLongTermKey]",
                     "is a legacy key beside one of Secure Connections; left out");
    else
        take_legacy_key(in, peripheral, "[PeripheralLongTermKey]", true);
}

static void take_other_key(info *in, group g, uint8_t out[16])
{
    if (in->groups[g].line == 0)
        return;
    if (in->groups[g].has & KEY)
        memcpy(out, in->groups[g].key, 16);
    else
        refuse_field(in, g, in->groups[g].line, "Key", "is missing");
}

/* Bonds for BR/EDR are none of ours. */
static bool is_of_le(info *in)
{
    if (in->groups[LTK].line != 0 || in->groups[PERIPHERAL_LTK].line != 0 || in->groups[SLAVE_LTK].line != 0)
        return true;
    if (in->groups[LINK_KEY].line != 0)
        exch_refuse(in->r, &in->e, in->groups[LINK_KEY].line, "[LinkKey]", "is a bond for BR/EDR, not for LE");
    else
        exch_refuse(in->r, &in->e, 0, "", "there is no long term key");
    return false;
}

void exch_read_bluez(exch_reader *r, exch_span text)
{
    info in = {.r = r};

    if (r->options->has_peer)
        exch_name_address(in.e.name, &r->options->peer);
    if (!read_lines(&in, text)) {
        (void)exch_fail(r, KITH_ERR_DAMAGED, 0, "this is no `info` file of BlueZ: it has none of its groups");
    } else {
        settle_addresses(&in);
        if (is_of_le(&in)) {
            if (in.groups[LINK_KEY].line != 0)
                exch_find_of(r, KITH_EXCHANGE_LEFT, &in.e, in.groups[LINK_KEY].line, "[LinkKey]", "is for BR/EDR");
            take_keys(&in);
            take_other_key(&in, IRK, in.e.irk);
            take_other_key(&in, LOCAL_CSRK, in.e.my_csrk);
            take_other_key(&in, REMOTE_CSRK, in.e.peer_csrk);
        }
        exch_take(r, &in.e);
    }
    exch_wipe(&in, sizeof in);
}

/* ---- writing ---- */

static void put_key(exch_writer *w, const char *name, const uint8_t key[16])
{
    exch_put(w, "\n[");
    exch_put(w, name);
    exch_put(w, "]\nKey=");
    exch_put_hex(w, key, 16, true);
    exch_put(w, "\n");
}

static void put_field(exch_writer *w, const char *name, uint64_t number)
{
    exch_put(w, name);
    exch_put_decimal(w, number);
    exch_put(w, "\n");
}

static void put_ltk(exch_writer *w, const char *name, const kith_bond_record *bond, bool mine)
{
    bool sc = bond->key_kind == KITH_KEY_KIND_SC, authenticated = bond->level > KITH_LEVEL_ENCRYPTED;

    put_key(w, name, mine ? bond->my_ltk : bond->ltk);
    put_field(w, "Authenticated=", sc ? (authenticated ? SC_AUTHENTICATED : SC) : authenticated ? 1 : 0);
    put_field(w, "EncSize=", bond->key_size);
    put_field(w, "EDiv=", mine ? bond->my_ediv : bond->ediv);
    put_field(w, "Rand=", mine ? bond->my_rand : bond->rand);
}

static void put_csrk(exch_writer *w, const char *name, const kith_bond_record *bond, const uint8_t csrk[16])
{
    if (exch_is_zero(csrk, 16))
        return;
    put_key(w, name, csrk);
    put_field(w, "Counter=", 0);
    exch_put(w, bond->level > KITH_LEVEL_ENCRYPTED ? "Authenticated=true\n" : "Authenticated=false\n");
}

void exch_write_bluez(exch_writer *w)
{
    const kith_bond_record *bond = &w->bonds[0];
    bool sc = bond->key_kind == KITH_KEY_KIND_SC;

    if (!exch_report_lost(w, bond,
                          EXCH_HAS_LEVEL | EXCH_HAS_SIZE | EXCH_HAS_LOCAL | EXCH_HAS_MY_LTK | EXCH_HAS_MY_CSRK |
                              EXCH_HAS_PEER_CSRK))
        return;
    exch_put(w, "[General]\nAddressType=");
    exch_put(w, bond->identity.type == KITH_ADDRESS_PUBLIC ? "public" : "static");
    exch_put(w, "\nSupportedTechnologies=LE;\nTrusted=false\nBlocked=false\n");
    if (!exch_is_zero(bond->irk, 16))
        put_key(w, "IdentityResolvingKey", bond->irk);
    put_csrk(w, "LocalSignatureKey", bond, bond->my_csrk);
    put_csrk(w, "RemoteSignatureKey", bond, bond->peer_csrk);
    if (!sc && bond->has_ltk)
        put_ltk(w, "LongTermKey", bond, false);
    if (sc || bond->has_my_ltk) { /* versions before 5.63 know the second name alone */
        put_ltk(w, "PeripheralLongTermKey", bond, !sc);
        put_ltk(w, "SlaveLongTermKey", bond, !sc);
    }
    w->out.written = 1;
}
