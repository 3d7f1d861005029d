/* Android: bt_config.conf.  A group [Adapter], and one for each peer, named by an address.  docs/exchange.md has the
 * fields; LE_KEY_* are packed structures of a little-endian machine, their keys in wire order, the address in PID most
 * significant octet first.
 *
 * PENC is the peer's key, that we use as central; LENC our own.  Android finds its own legacy key by a number (DIV)
 * that it computes from EDIV and Rand with a secret of its own, so LENC is of no use elsewhere. */
#include <string.h>

#include "inside.h"

enum { PENC_LEN = 28, PID_LEN = 23, PCSRK_LEN = 24, LENC_LEN = 20, LCSRK_LEN = 24 };
enum { SEC_AUTHENTICATED = 4, DEV_TYPE_BREDR = 1 };

typedef enum { PENC, PID, PCSRK, LENC, LCSRK, LINK_KEY, ADDR_TYPE, DEV_TYPE, FIELDS } field;

static const struct {
    const char *name;
    uint8_t len; /* octets; 0: it is no structure */
    const char *why;
} about[FIELDS] = {
    {"LE_KEY_PENC", PENC_LEN, "is not 28 octets in hexadecimal digits"},
    {"LE_KEY_PID", PID_LEN, "is not 23 octets in hexadecimal digits"},
    {"LE_KEY_PCSRK", PCSRK_LEN, "is not 24 octets in hexadecimal digits"},
    {"LE_KEY_LENC", LENC_LEN, "is not 20 octets in hexadecimal digits"},
    {"LE_KEY_LCSRK", LCSRK_LEN, "is not 24 octets in hexadecimal digits"},
    {"LinkKey", 0, ""},
    {"AddrType", 0, "is not a number from 0 to 3"},
    {"DevType", 0, "is not a number from 1 to 3"},
};

typedef enum { OTHER, ADAPTER, PEER } group_kind;

typedef struct {
    exch_reader *r;
    group_kind kind;
    bool any; /* a group that this format has */
    bool has_local;
    kith_address local;
    exch_entry e; /* of the group being read */
    unsigned lines[FIELDS];
    uint8_t octets[FIELDS][PENC_LEN];
    uint64_t addr_type, dev_type;
} config;

/* ---- a peer ---- */

static void begin_peer(config *c, unsigned line, exch_span name)
{
    memset(&c->e, 0, sizeof c->e);
    memset(c->lines, 0, sizeof c->lines);
    memset(c->octets, 0, sizeof c->octets);
    c->addr_type = c->dev_type = 0;
    c->e.line = line;
    (void)exch_address(name, &c->e.identity);
    exch_name_address(c->e.name, &c->e.identity);
    c->e.name[KITH_ADDRESS_TEXT - 1] = '\0'; /* its type is not known yet */
}

static void read_peer_field(config *c, unsigned line, exch_span name, exch_span value)
{
    unsigned f = 0;
    bool good = true;

    while (f < FIELDS && !exch_is(name, about[f].name))
        f++;
    if (f == FIELDS)
        return;
    if (c->lines[f] != 0)
        exch_refuse(c->r, &c->e, line, about[f].name, "is there twice");
    c->lines[f] = line;
    if (about[f].len != 0 && exch_is_of_case(value, "encrypted")) {
        exch_refuse(c->r, &c->e, line, about[f].name, "is kept by Android's key store, not in this file");
        return;
    }
    if (about[f].len != 0)
        good = exch_hex(value, c->octets[f], about[f].len);
    else if (f == ADDR_TYPE)
        good = exch_decimal(value, 3, &c->addr_type);
    else if (f == DEV_TYPE)
        good = exch_decimal(value, 3, &c->dev_type) && c->dev_type != 0;
    if (!good)
        exch_refuse(c->r, &c->e, line, about[f].name, about[f].why);
}

static void take_identity(config *c)
{
    const uint8_t *pid = c->octets[PID];
    kith_address told = {.type = pid[16] & 1};

    c->e.identity.type = c->addr_type & 1;
    if (c->lines[PID] == 0 || exch_is_zero(pid + 17, 6)) {
        if (c->lines[ADDR_TYPE] == 0)
            exch_find_of(c->r, KITH_EXCHANGE_CHANGED, &c->e, c->e.line, "AddrType", "is missing; public is assumed");
    } else if (pid[16] > 3) {
        exch_refuse(c->r, &c->e, c->lines[PID], "LE_KEY_PID", "has no type of address");
    } else {
        memcpy(told.octets, pid + 17, 6);
        exch_reverse(told.octets, 6);
        if (!kith_address_equal(&told, &c->e.identity))
            exch_find_of(c->r, KITH_EXCHANGE_NOTED, &c->e, c->lines[PID], "LE_KEY_PID",
                         "its identity address is another one than the group's name and type; it is taken");
        c->e.identity = told;
    }
    exch_name_address(c->e.name, &c->e.identity);
    memcpy(c->e.irk, pid, 16);
}

/* The key's size and level; both structures have them at their end, in either order. */
static void take_about_key(config *c, field f, uint8_t level, uint8_t size)
{
    exch_take_size(c->r, &c->e, c->lines[f], about[f].name, size);
    c->e.authenticated |= level == SEC_AUTHENTICATED;
}

static void take_peer_key(config *c)
{
    const uint8_t *penc = c->octets[PENC];

    memcpy(c->e.ltk, penc, 16);
    c->e.has_ltk = true;
    c->e.rand = exch_number(penc + 16, 8);
    c->e.ediv = (uint16_t)exch_number(penc + 24, 2);
    c->e.sc = c->e.rand == 0 && c->e.ediv == 0;
    take_about_key(c, PENC, penc[26], penc[27]);
    if (c->e.sc)
        exch_find_of(c->r, KITH_EXCHANGE_NOTED, &c->e, c->lines[PENC], "LE_KEY_PENC",
                     "has neither EDIV nor Rand, so it is taken for a Secure Connections key");
}

static void look_at_own_key(config *c)
{
    const char *why = NULL;

    if (c->lines[LENC] == 0)
        return;
    if (!c->e.sc)
        why = "is our own legacy key, which only Android finds by EDIV and Rand; left out";
    else if (memcmp(c->octets[LENC], c->e.ltk, 16) != 0)
        why = "is another key than LE_KEY_PENC; left out";
    if (why != NULL)
        exch_find_of(c->r, KITH_EXCHANGE_LEFT, &c->e, c->lines[LENC], "LE_KEY_LENC", why);
}

static void end_peer(config *c)
{
    bool le = c->lines[PENC] != 0 || c->lines[PID] != 0 || c->lines[LENC] != 0;

    if (!le && c->lines[LINK_KEY] == 0 && !c->e.refused)
        return; /* seen once, and not bonded */
    take_identity(c);
    c->e.has_local = c->has_local;
    c->e.local = c->local;
    if (!le && c->lines[LINK_KEY] != 0)
        exch_refuse(c->r, &c->e, c->lines[LINK_KEY], "LinkKey", "is a bond for BR/EDR, not for LE");
    else if (c->lines[LINK_KEY] != 0)
        exch_find_of(c->r, KITH_EXCHANGE_LEFT, &c->e, c->lines[LINK_KEY], "LinkKey", "is for BR/EDR");
    if (c->lines[PENC] != 0 && !c->e.refused)
        take_peer_key(c);
    look_at_own_key(c);
    memcpy(c->e.peer_csrk, c->octets[PCSRK] + 4, 16);
    memcpy(c->e.my_csrk, c->octets[LCSRK] + 7, 16);
    exch_take(c->r, &c->e);
}

/* ---- this device ---- */

static void read_adapter_field(config *c, unsigned line, exch_span name, exch_span value)
{
    uint8_t irk[16];

    if (exch_is(name, "Address")) {
        c->local.type = KITH_ADDRESS_PUBLIC;
        c->has_local = exch_address(value, &c->local);
        if (c->has_local)
            exch_take_own_address(&c->r->out, line, "Address", &c->local);
        else
            exch_find(c->r, KITH_EXCHANGE_LEFT, line, "", "Address", "is no address");
    } else if (exch_is(name, "LE_LOCAL_KEY_IRK")) {
        if (exch_hex(value, irk, sizeof irk))
            exch_take_own_irk(&c->r->out, line, "LE_LOCAL_KEY_IRK", irk);
        else
            exch_find(c->r, KITH_EXCHANGE_LEFT, line, "", "LE_LOCAL_KEY_IRK", "is not 32 hexadecimal digits");
        exch_wipe(irk, sizeof irk);
    }
}

/* ---- the file ---- */

static void begin_group(config *c, unsigned line, exch_span name)
{
    kith_address address;

    if (c->kind == PEER)
        end_peer(c);
    c->kind = OTHER;
    if (exch_is(name, "Adapter") || exch_is(name, "Local"))
        c->kind = ADAPTER;
    else if (name.len == 17 && exch_address(name, &address))
        c->kind = PEER;
    if (c->kind == PEER)
        begin_peer(c, line, name);
    c->any |= c->kind != OTHER || exch_is(name, "Info") || exch_is(name, "Metrics");
}

static void read_line(config *c, const exch_lines *lines, exch_span line)
{
    exch_span name, value;
    exch_line_kind kind = exch_split(line, &name, &value);

    if (kind == EXCH_GROUP)
        begin_group(c, lines->number, name);
    else if (kind == EXCH_FIELD && c->kind == ADAPTER && !lines->cut)
        read_adapter_field(c, lines->number, name, value);
    else if (kind == EXCH_FIELD && c->kind == PEER)
        read_peer_field(c, lines->number, name, value);
    else if (kind == EXCH_OTHER && c->kind == PEER)
        exch_refuse(c->r, &c->e, lines->number, "", "is neither a group nor a field");
    if (kind == EXCH_FIELD && c->kind == ADAPTER && lines->cut)
        exch_find(c->r, KITH_EXCHANGE_LEFT, lines->number, "", "",
                  "the text ends in this line, so it may have been cut short");
    if (lines->cut && kind != EXCH_BLANK && kind != EXCH_GROUP && c->kind == PEER)
        exch_refuse(c->r, &c->e, lines->number, "", "the text ends in this line, so it may have been cut short");
}

/* Peers may stand before the adapter, whose address they need. */
static void find_adapter(config *c, exch_span text)
{
    exch_lines lines = {.rest = text};
    exch_span line, name, value;
    bool inside = false;

    while (exch_next_line(&lines, &line)) {
        exch_line_kind kind = exch_split(line, &name, &value);

        if (kind == EXCH_GROUP)
            inside = exch_is(name, "Adapter") || exch_is(name, "Local");
        else if (kind == EXCH_FIELD && inside && exch_is(name, "Address") && !lines.cut)
            c->has_local = exch_address(value, &c->local);
    }
}

void exch_read_android(exch_reader *r, exch_span text)
{
    config c = {.r = r};
    exch_lines lines = {.rest = text};
    exch_span line;

    find_adapter(&c, text);
    while (exch_next_line(&lines, &line))
        read_line(&c, &lines, line);
    if (c.kind == PEER)
        end_peer(&c);
    if (!c.any)
        (void)exch_fail(r, KITH_ERR_DAMAGED, 0, "this is no bt_config.conf of Android: it has none of its groups");
    exch_wipe(&c, sizeof c);
}

/* ---- writing ---- */

static void put_structure(exch_writer *w, field f, const uint8_t *octets)
{
    exch_put(w, about[f].name);
    exch_put(w, " = ");
    exch_put_hex(w, octets, about[f].len, false);
    exch_put(w, "\n");
}

static void put_long_term_keys(exch_writer *w, const kith_bond_record *bond)
{
    uint8_t level = bond->level > KITH_LEVEL_ENCRYPTED ? SEC_AUTHENTICATED : 1;
    uint8_t penc[PENC_LEN] = {0}, lenc[LENC_LEN] = {0};

    memcpy(penc, bond->ltk, 16);
    exch_put_number(penc + 16, 8, bond->rand);
    exch_put_number(penc + 24, 2, bond->ediv);
    penc[26] = level;
    penc[27] = bond->key_size;
    put_structure(w, PENC, penc);
    memcpy(lenc, bond->ltk, 16);
    lenc[18] = bond->key_size;
    lenc[19] = level;
    if (bond->key_kind == KITH_KEY_KIND_SC)
        put_structure(w, LENC, lenc);
    exch_wipe(penc, sizeof penc);
    exch_wipe(lenc, sizeof lenc);
}

static void put_identity(exch_writer *w, const kith_bond_record *bond)
{
    uint8_t pid[PID_LEN] = {0};

    memcpy(pid, bond->irk, 16);
    pid[16] = bond->identity.type;
    memcpy(pid + 17, bond->identity.octets, 6);
    exch_reverse(pid + 17, 6);
    put_structure(w, PID, pid);
    exch_wipe(pid, sizeof pid);
}

static void put_signing_keys(exch_writer *w, const kith_bond_record *bond)
{
    uint8_t level = bond->level > KITH_LEVEL_ENCRYPTED ? SEC_AUTHENTICATED : 1;
    uint8_t pcsrk[PCSRK_LEN] = {0}, lcsrk[LCSRK_LEN] = {0};

    memcpy(pcsrk + 4, bond->peer_csrk, 16);
    pcsrk[20] = level;
    if (!exch_is_zero(bond->peer_csrk, 16))
        put_structure(w, PCSRK, pcsrk);
    lcsrk[6] = level;
    memcpy(lcsrk + 7, bond->my_csrk, 16);
    if (!exch_is_zero(bond->my_csrk, 16))
        put_structure(w, LCSRK, lcsrk);
    exch_wipe(pcsrk, sizeof pcsrk);
    exch_wipe(lcsrk, sizeof lcsrk);
}

static void put_bond(exch_writer *w, const kith_bond_record *bond)
{
    exch_put(w, "\n[");
    exch_put_address(w, &bond->identity, false);
    exch_put(w, "]\nDevType = 2\nAddrType = ");
    exch_put_decimal(w, bond->identity.type);
    exch_put(w, "\n");
    put_long_term_keys(w, bond);
    if (!exch_is_zero(bond->irk, 16))
        put_identity(w, bond);
    put_signing_keys(w, bond);
    w->out.written++;
}

void exch_write_android(exch_writer *w)
{
    const kith_address *local = w->identity->has_address ? &w->identity->address
                                : w->count > 0           ? &w->bonds[0].local
                                                         : NULL;

    exch_put(w, "[Info]\nFileSource = Original\n\n[Adapter]\n");
    if (local != NULL) {
        exch_put(w, "Address = ");
        exch_put_address(w, local, false);
        exch_put(w, "\n");
    }
    if (w->identity->has_irk) {
        exch_put(w, "LE_LOCAL_KEY_IRK = ");
        exch_put_hex(w, w->identity->irk, 16, false);
        exch_put(w, "\n");
    }
    for (size_t i = 0; i < w->count; i++) {
        const kith_bond_record *bond = &w->bonds[i];

        if (!kith_address_equal(&bond->local, local))
            exch_lose(w, KITH_EXCHANGE_REFUSED, bond, "local identity",
                      "is another one than this format's one for all bonds");
        else if (exch_report_lost(
                     w, bond, EXCH_HAS_LEVEL | EXCH_HAS_SIZE | EXCH_HAS_LOCAL | EXCH_HAS_MY_CSRK | EXCH_HAS_PEER_CSRK))
            put_bond(w, bond);
    }
}
