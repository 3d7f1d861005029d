/* Windows: an export of HKEY_LOCAL_MACHINE\SYSTEM\...\BTHPORT\Parameters\Keys, as regedit writes it (UTF-16LE with a
 * byte order mark) or reged (ASCII).  Under Keys is a key for each adapter, under that one for each LE device, both
 * named by 12 digits of the address.  docs/exchange.md has the fields.
 *
 * Windows is central: LTK with EDIV and ERand is the peer's key.  LTK, and so it seems CSRK, are in wire order; IRKs
 * are the other way around; EDIV, ERand and Address are numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum { VALUE_MAX = 64, AUTH_BONDING = 1, AUTH_MITM = 4, AUTH_SC = 8 };

typedef enum { LTK, KEY_LENGTH, ERAND, EDIV, IRK, ADDRESS, ADDRESS_TYPE, CSRK, CSRK_INBOUND, FIELDS } field;

static const struct {
    const char *name;
    const char *type; /* as the text has it before the value */
    uint8_t len;
    const char *why;
} about[FIELDS] = {
    {"LTK", "hex:", 16, "is not hex: and 16 octets"},
    {"KeyLength", "dword:", 4, "is not dword: and 8 digits"},
    {"ERand", "hex(b):", 8, "is not hex(b): and 8 octets"},
    {"EDIV", "dword:", 4, "is not dword: and 8 digits"},
    {"IRK", "hex:", 16, "is not hex: and 16 octets"},
    {"Address", "hex(b):", 8, "is not hex(b): and 8 octets"},
    {"AddressType", "dword:", 4, "is not dword: and 8 digits"},
    {"CSRK", "hex:", 16, "is not hex: and 16 octets"},
    {"CSRKInbound", "hex:", 16, "is not hex: and 16 octets"},
};

typedef enum { OTHER, ADAPTER, PEER } place;

typedef struct {
    exch_reader *r;
    place in;
    kith_address local;
    exch_entry e;
    unsigned lines[FIELDS];
    uint8_t values[FIELDS][16]; /* numbers least significant octet first */
} registry;

/* ---- a peer's key ---- */

static bool is_number(field f)
{
    return strcmp(about[f].type, "dword:") == 0;
}

/* "c2,90,19": two digits each, and commas between. */
static bool read_list(exch_span text, uint8_t *out, size_t octets)
{
    if (text.len != 3 * octets - 1)
        return false;
    for (size_t i = 0; i < octets; i++)
        if (!exch_hex((exch_span){text.at + 3 * i, 2}, out + i, 1) || (i + 1 < octets && text.at[3 * i + 2] != ','))
            return false;
    return true;
}

static bool read_value(field f, exch_span value, uint8_t *out)
{
    size_t len = strlen(about[f].type);

    if (!exch_begins(value, about[f].type))
        return false;
    value = (exch_span){value.at + len, value.len - len};
    if (!is_number(f))
        return read_list(value, out, about[f].len);
    if (!exch_hex(value, out, about[f].len))
        return false;
    exch_reverse(out, about[f].len);
    return true;
}

static void read_peer_field(registry *g, unsigned line, exch_span name, exch_span value)
{
    unsigned f = 0;

    while (f < FIELDS && !exch_is_of_case(name, about[f].name))
        f++;
    if (f == FIELDS)
        return;
    if (g->lines[f] != 0)
        exch_refuse(g->r, &g->e, line, about[f].name, "is there twice");
    g->lines[f] = line;
    if (!read_value((field)f, value, g->values[f]))
        exch_refuse(g->r, &g->e, line, about[f].name, about[f].why);
}

static uint64_t number(const registry *g, field f)
{
    return exch_number(g->values[f], 8);
}

static void take_address(registry *g)
{
    exch_entry *e = &g->e;

    if (g->lines[ADDRESS] != 0 &&
        (memcmp(g->values[ADDRESS], e->identity.octets, 6) != 0 || !exch_is_zero(g->values[ADDRESS] + 6, 2)))
        exch_refuse(g->r, e, g->lines[ADDRESS], "Address", "is another address than the key is named by");
    if (g->lines[ADDRESS_TYPE] != 0 && number(g, ADDRESS_TYPE) > 1)
        exch_refuse(g->r, e, g->lines[ADDRESS_TYPE], "AddressType", "is neither 0 nor 1");
    e->identity.type = (uint8_t)(number(g, ADDRESS_TYPE) & 1);
    if (g->lines[ADDRESS_TYPE] == 0) {
        e->identity.type = e->identity.octets[5] >= 0xc0 ? KITH_ADDRESS_RANDOM : KITH_ADDRESS_PUBLIC;
        exch_find_of(g->r, KITH_EXCHANGE_CHANGED, e, e->line, "AddressType",
                     e->identity.type == KITH_ADDRESS_RANDOM
                         ? "is missing; random is assumed, since it looks like a static address"
                         : "is missing; public is assumed, since it is no static address");
    }
    exch_name_address(e->name, &e->identity);
}

static void take_ltk(registry *g)
{
    exch_entry *e = &g->e;

    if (g->lines[LTK] == 0 || e->refused)
        return;
    /* An export that was cut short must not make a legacy key one of Secure Connections. */
    if (g->lines[EDIV] == 0 || g->lines[ERAND] == 0)
        exch_refuse(g->r, e, e->line, g->lines[EDIV] == 0 ? "EDIV" : "ERand", "is missing");
    if (number(g, EDIV) > UINT16_MAX)
        exch_refuse(g->r, e, g->lines[EDIV], "EDIV", "is above 65535");
    memcpy(e->ltk, g->values[LTK], 16);
    e->has_ltk = true;
    e->ediv = (uint16_t)number(g, EDIV);
    e->rand = number(g, ERAND);
    e->sc = e->ediv == 0 && e->rand == 0;
    if (e->sc)
        exch_find_of(g->r, KITH_EXCHANGE_NOTED, e, g->lines[LTK], "LTK",
                     "has neither EDIV nor ERand, so it is taken for a Secure Connections key");
    if (number(g, KEY_LENGTH) == 0) /* missing, or 0, as some versions write for some devices */
        exch_assume_size(g->r, e, "KeyLength");
    else
        exch_take_size(g->r, e, g->lines[KEY_LENGTH], "KeyLength", number(g, KEY_LENGTH));
}

static void end_peer(registry *g)
{
    take_address(g);
    take_ltk(g);
    memcpy(g->e.irk, g->values[IRK], 16);
    exch_reverse(g->e.irk, 16);
    memcpy(g->e.my_csrk, g->values[CSRK], 16);
    memcpy(g->e.peer_csrk, g->values[CSRK_INBOUND], 16);
    exch_take(g->r, &g->e);
}

/* ---- an adapter's key ---- */

static void read_adapter_field(registry *g, unsigned line, exch_span name, exch_span value)
{
    uint8_t key[16];
    kith_address peer;

    if (exch_is_of_case(name, "MasterIRK") || exch_is_of_case(name, "CentralIRK")) {
        if (read_value(IRK, value, key)) {
            exch_reverse(key, sizeof key);
            exch_take_own_irk(&g->r->out, line, "MasterIRK", key);
        } else {
            exch_find(g->r, KITH_EXCHANGE_LEFT, line, "", "MasterIRK", about[IRK].why);
        }
        exch_wipe(key, sizeof key);
    } else if (name.len == 12 && exch_address(name, &peer)) {
        char entry[KITH_ADDRESS_TEXT];

        exch_find(g->r, KITH_EXCHANGE_LEFT, line, kith_address_format(&peer, entry), "",
                  "is a key of the adapter's list, for BR/EDR; left out");
    }
}

/* ---- the text ---- */

static exch_span part_of(exch_span *path)
{
    const char *end = memchr(path->at, '\\', path->len);
    exch_span part = {path->at, end != NULL ? (size_t)(end - path->at) : path->len};
    size_t taken = part.len + (end != NULL ? 1 : 0);

    *path = (exch_span){path->at + taken, path->len - taken};
    return part;
}

/* Behind ...\BTHPORT\Parameters\Keys\; false: it is another key of the registry, or that one itself. */
static bool below_keys(exch_span name, exch_span *rest)
{
    static const char keys[] = "\\Services\\BTHPORT\\Parameters\\Keys\\";

    if (!exch_begins(name, "HKEY_LOCAL_MACHINE\\"))
        return false;
    for (size_t i = 0; i + sizeof keys - 1 < name.len; i++) {
        *rest = (exch_span){name.at + i, name.len - i};
        if (exch_begins(*rest, keys)) {
            *rest = (exch_span){rest->at + sizeof keys - 1, rest->len - (sizeof keys - 1)};
            return true;
        }
    }
    return false;
}

static void begin_peer(registry *g, unsigned line, const kith_address *peer)
{
    memset(&g->e, 0, sizeof g->e);
    memset(g->lines, 0, sizeof g->lines);
    memset(g->values, 0, sizeof g->values);
    g->in = PEER;
    g->e.line = line;
    g->e.identity = *peer;
    g->e.has_local = true;
    g->e.local = g->local;
    (void)kith_address_format(peer, g->e.name); /* its type is not known yet */
}

static void begin_key(registry *g, unsigned line, exch_span name)
{
    exch_span rest, adapter, device;
    kith_address local = {.type = KITH_ADDRESS_PUBLIC}, peer = {.type = KITH_ADDRESS_PUBLIC};

    if (g->in == PEER)
        end_peer(g);
    g->in = OTHER;
    if (!below_keys(name, &rest))
        return;
    adapter = part_of(&rest);
    device = part_of(&rest);
    if (adapter.len != 12 || !exch_address(adapter, &local) || rest.len != 0 ||
        (device.len != 0 && (device.len != 12 || !exch_address(device, &peer)))) {
        exch_refuse_place(g->r, line, "a key", "", "is not named by an adapter and a device");
        return;
    }
    g->local = local;
    exch_take_own_address(&g->r->out, line, "the adapter", &local);
    g->in = ADAPTER;
    if (device.len != 0)
        begin_peer(g, line, &peer);
}

static exch_span without_quotes(exch_span name)
{
    if (name.len >= 2 && name.at[0] == '"' && name.at[name.len - 1] == '"')
        return (exch_span){name.at + 1, name.len - 2};
    return (exch_span){"", 0};
}

static void read_line(registry *g, unsigned line, exch_span text, bool cut)
{
    exch_span name, value;
    exch_line_kind kind = exch_split(text, &name, &value);

    if (kind == EXCH_GROUP)
        begin_key(g, line, name);
    else if (kind == EXCH_FIELD && g->in == ADAPTER && !cut)
        read_adapter_field(g, line, without_quotes(name), value);
    else if (kind == EXCH_FIELD && g->in == PEER)
        read_peer_field(g, line, without_quotes(name), value);
    else if (kind == EXCH_OTHER && g->in == PEER)
        exch_refuse(g->r, &g->e, line, "", "is neither a key nor a value");
    if (kind == EXCH_FIELD && g->in == ADAPTER && cut)
        exch_find(g->r, KITH_EXCHANGE_LEFT, line, "", "", "the text ends in this line, so it may have been cut short");
    if (cut && kind != EXCH_BLANK && g->in == PEER)
        exch_refuse(g->r, &g->e, line, "", "the text ends in this line, so it may have been cut short");
}

/* Octets of UTF-16 that are no ASCII are nothing that matters here. */
static char *to_ascii(exch_span text, size_t *len)
{
    char *out = malloc(text.len / 2 + 1);

    *len = text.len / 2;
    for (size_t i = 0; out != NULL && i < *len; i++) {
        const uint8_t *unit = (const uint8_t *)text.at + 2 * i;

        out[i] = '?';
        if (unit[1] == 0 && unit[0] < 0x80)
            memcpy(out + i, unit, 1);
    }
    return out;
}

/* How many octets from text on are the end of a line that goes on in the next one: a backslash, the line's end, and the
 * blanks that the next one begins with.  0: they are not. */
static size_t join_at(const char *text, size_t len)
{
    size_t i = 1;

    if (text[0] != '\\')
        return 0;
    i += i < len && text[i] == '\r' ? 1 : 0;
    if (i >= len || text[i] != '\n')
        return 0;
    i++;
    while (i < len && (text[i] == ' ' || text[i] == '\t'))
        i++;
    return i;
}

/* In place.  The ends of lines that go away come back behind the whole line, so that lines keep their numbers. */
static size_t join_lines(char *text, size_t len)
{
    size_t out = 0, owed = 0;

    for (size_t i = 0; i < len;) {
        size_t joint = join_at(text + i, len - i);

        if (joint > 0) {
            owed++;
            i += joint;
            continue;
        }
        text[out++] = text[i++];
        for (; owed > 0 && text[out - 1] == '\n'; owed--)
            text[out++] = '\n';
    }
    return out;
}

static void read_text(exch_reader *r, char *text, size_t len)
{
    exch_lines lines = {.rest = {text, join_lines(text, len)}};
    exch_span line;
    registry g = {.r = r};

    if (!exch_next_line(&lines, &line) ||
        (!exch_begins(line, "Windows Registry Editor") && !exch_is(line, "REGEDIT4"))) {
        (void)exch_fail(r, KITH_ERR_DAMAGED, 1, "this is no export of Windows' registry: it does not begin as one");
        return;
    }
    while (exch_next_line(&lines, &line))
        read_line(&g, lines.number, line, lines.cut);
    if (g.in == PEER)
        end_peer(&g);
    exch_wipe(&g, sizeof g);
}

void exch_read_windows(exch_reader *r, exch_span text)
{
    bool wide = text.len >= 2 && memcmp(text.at, "\xff\xfe", 2) == 0;
    size_t len = text.len;
    char *copy;

    if (wide && text.len % 2 != 0) {
        (void)exch_fail(r, KITH_ERR_DAMAGED, 0, "half a character is missing at its end, so it was cut short");
        return;
    }
    copy = wide ? to_ascii((exch_span){text.at + 2, text.len - 2}, &len) : malloc(len + 1);
    if (copy == NULL) {
        (void)exch_fail(r, KITH_ERR_FULL, 0, "there is not enough memory");
        return;
    }
    if (!wide)
        memcpy(copy, text.at, len);
    read_text(r, copy, len);
    exch_wipe(copy, len);
    free(copy);
}

/* ---- writing ---- */

static void put(exch_writer *w, const char *text)
{
    for (; *text != '\0'; text++) {
        char unit[2] = {*text, 0};

        exch_put_octets(w, unit, sizeof unit);
    }
}

static void put_list(exch_writer *w, const char *name, const char *type, const uint8_t *octets, size_t len)
{
    char text[4];

    put(w, "\"");
    put(w, name);
    put(w, "\"=");
    put(w, type);
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(text, sizeof text, "%s%02x", i > 0 ? "," : "", octets[i]);
        put(w, text);
    }
    put(w, "\r\n");
}

static void put_number(exch_writer *w, const char *name, uint32_t value)
{
    char text[VALUE_MAX];

    (void)snprintf(text, sizeof text, "\"%s\"=dword:%08x\r\n", name, (unsigned)value);
    put(w, text);
}

static void put_address(exch_writer *w, const kith_address *address)
{
    char text[4];

    for (size_t i = 6; i-- > 0;) {
        (void)snprintf(text, sizeof text, "%02x", address->octets[i]);
        put(w, text);
    }
}

static void put_path(exch_writer *w, const kith_bond_record *bond, bool device)
{
    put(w, "\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\BTHPORT\\Parameters\\Keys\\");
    put_address(w, &bond->local);
    put(w, device ? "\\" : "");
    if (device)
        put_address(w, &bond->identity);
    put(w, "]\r\n");
}

static void put_irk(exch_writer *w, const char *name, const uint8_t irk[16])
{
    uint8_t turned[16];

    memcpy(turned, irk, sizeof turned);
    exch_reverse(turned, sizeof turned);
    put_list(w, name, "hex:", turned, sizeof turned);
    exch_wipe(turned, sizeof turned);
}

static void put_bond(exch_writer *w, const kith_bond_record *bond)
{
    uint8_t octets[8];
    bool sc = bond->key_kind == KITH_KEY_KIND_SC;

    put_path(w, bond, true);
    put_list(w, "LTK", "hex:", bond->ltk, 16);
    put_number(w, "KeyLength", bond->key_size);
    exch_put_number(octets, 8, bond->rand);
    put_list(w, "ERand", "hex(b):", octets, 8);
    put_number(w, "EDIV", bond->ediv);
    if (!exch_is_zero(bond->irk, 16))
        put_irk(w, "IRK", bond->irk);
    memset(octets, 0, sizeof octets);
    memcpy(octets, bond->identity.octets, 6);
    put_list(w, "Address", "hex(b):", octets, 8);
    put_number(w, "AddressType", bond->identity.type);
    if (!exch_is_zero(bond->my_csrk, 16))
        put_list(w, "CSRK", "hex:", bond->my_csrk, 16);
    if (!exch_is_zero(bond->peer_csrk, 16))
        put_list(w, "CSRKInbound", "hex:", bond->peer_csrk, 16);
    put_number(w, "MasterIRKStatus", 1);
    put_number(w, "AuthReq",
               AUTH_BONDING | (sc ? AUTH_SC : 0u) | (bond->level > KITH_LEVEL_ENCRYPTED ? AUTH_MITM : 0u));
    w->out.written++;
}

static bool is_first_of_its_adapter(const exch_writer *w, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (memcmp(w->bonds[i].local.octets, w->bonds[at].local.octets, 6) == 0)
            return false;
    return true;
}

void exch_write_windows(exch_writer *w)
{
    exch_put_octets(w, "\xff\xfe", 2);
    put(w, "Windows Registry Editor Version 5.00\r\n");
    for (size_t i = 0; i < w->count; i++) {
        const kith_bond_record *bond = &w->bonds[i];

        if (is_first_of_its_adapter(w, i)) {
            put_path(w, bond, false);
            if (w->identity->has_irk)
                put_irk(w, "MasterIRK", w->identity->irk);
        }
        if (exch_report_lost(w, bond, EXCH_HAS_SIZE | EXCH_HAS_LOCAL | EXCH_HAS_MY_CSRK | EXCH_HAS_PEER_CSRK))
            put_bond(w, bond);
    }
}
