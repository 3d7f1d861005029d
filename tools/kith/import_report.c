/* Sentences for people and objects for programs, of what became of each bond.  No key is shown. */
#include "import_report.h"

#include <stdio.h>
#include <string.h>

#include "bond_text.h"
#include "bonds_record.h"
#include "sentence.h"

/* ---- a bond ---- */

static void print_object(json_t *o)
{
    (void)json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

char *import_report_bond(const kith_bond_record *bond, char text[IMPORT_REPORT_BOND])
{
    char identity[BOND_ADDRESS_TEXT], keys[BONDS_RECORD_KEYS];
    bonds_record_told told;

    bonds_record_tell_bond(bond, &told);
    (void)snprintf(text, IMPORT_REPORT_BOND, "%s, level %d, %s, key of %u octets, keys:%s",
                   bond_address_text(&bond->identity, identity), (int)bond->level,
                   bond->key_kind == KITH_KEY_KIND_SC ? "Secure Connections" : "legacy pairing", bond->key_size,
                   bonds_record_keys_text(&told, keys));
    return text;
}

json_t *import_report_bond_json(const kith_bond_record *bond, const char *event)
{
    bonds_record_told told;
    json_t *o;

    bonds_record_tell_bond(bond, &told);
    o = bond_json(&told.bond);
    (void)json_object_set_new(o, "event", json_string(event));
    (void)json_object_set_new(o, "keys", bonds_record_keys(&told));
    return o;
}

/* What became of it, as the end of a sentence. */
static const char *outcome_text(const import_report *r, const plan_entry *e)
{
    static const char *const done[] = {
        [PLAN_ADD] = "imported",
        [PLAN_REPLACE] = "imported in the place of the bond that stood",
        [PLAN_SAME] = "is there already, unchanged",
        [PLAN_KEPT] = "not imported: the peer has a bond already, which stands; --replace replaces it",
        [PLAN_STRONGER] = "not imported: the bond that the peer has already is stronger, and stands",
        [PLAN_NOT_OURS] = "not imported: it belongs to another identity than this store's; --other-identity imports it",
        [PLAN_OURSELVES] = "not imported: its peer is this device itself; the file is the other side's",
        [PLAN_TWICE] = "not imported: another bond of this peer is taken",
        [PLAN_IMPOSSIBLE] = "not imported: it has a value that no bond can have"};

    if (r->dry_run && e->outcome == PLAN_ADD)
        return "would be imported";
    if (r->dry_run && e->outcome == PLAN_REPLACE)
        return "would be imported in the place of the bond that stands";
    return done[e->outcome];
}

static void print_entry(const import_report *r, const plan_entry *e)
{
    char text[IMPORT_REPORT_BOND], local[BOND_ADDRESS_TEXT];

    printf("%s: %s", import_report_bond(&e->bond, text), outcome_text(r, e));
    if (bonds_plan_is_done(e))
        printf(" (peer %u)", (unsigned)e->bond.peer);
    if (bonds_plan_writes(e) && e->is_unusable)
        printf("; unusable under this identity: it belongs to %s", bond_address_text(&e->bond.local, local));
    else if (e->outcome == PLAN_NOT_OURS)
        printf(" (it belongs to %s)", bond_address_text(&e->bond.local, local));
    if (e->shares_irk != 0)
        printf("; it has the identity resolving key of peer %u, so that private addresses name neither",
               (unsigned)e->shares_irk);
    puts("");
}

static void print_entry_json(const import_report *r, const plan_entry *e)
{
    json_t *o = import_report_bond_json(&e->bond, "import");

    (void)json_object_set_new(o, "outcome", json_string(bonds_plan_word(e->outcome)));
    (void)json_object_set_new(o, "usable", json_boolean(!e->is_unusable));
    if (!bonds_plan_is_done(e))
        (void)json_object_del(o, "peer");
    if (e->shares_irk != 0)
        (void)json_object_set_new(o, "shares_irk_with", json_integer(e->shares_irk));
    (void)json_object_set_new(o, "dry_run", json_boolean(r->dry_run));
    (void)json_object_set_new(o, "sentence", json_string(outcome_text(r, e)));
    print_object(o);
}

void import_report_entry(import_report *r, const plan_entry *e)
{
    r->imported += e->outcome == PLAN_ADD;
    r->replaced += e->outcome == PLAN_REPLACE;
    r->unchanged += e->outcome == PLAN_SAME;
    r->not_done += !bonds_plan_is_done(e);
    if (r->json)
        print_entry_json(r, e);
    else
        print_entry(r, e);
}

/* ---- who the store is ---- */

static kith_address own_of(const bonds_plan *p)
{
    kith_address own = {.type = KITH_ADDRESS_RANDOM};

    memcpy(own.octets, p->device.static_address, sizeof own.octets);
    return own;
}

static void print_identity(const import_report *r, const bonds_plan *p)
{
    kith_address own = own_of(p);
    char text[BOND_ADDRESS_TEXT];

    bond_address_text(&own, text);
    if (r->writes && p->makes_device && p->takes_over)
        printf("The new store %s %s %s, as these bonds have it; its identity resolving key is %s.\n", r->path,
               r->dry_run ? "would be" : "is", text,
               p->draws_irk ? "a new one, since nobody told the one that their peers know" : "theirs, too");
    else if (r->writes && p->makes_device)
        printf("The new store %s %s a static address of its own, %s.\n", r->path, r->dry_run ? "would get" : "has",
               text);
    if (r->writes && p->is_public)
        printf("These bonds belong to the public address %s: of use where this device is that, as with --public on the "
               "adapter that has it.\n",
               kith_address_format(&p->public_address, text));
    if (p->has_other_irk)
        puts("This store's identity resolving key is not the one that these peers know: they will not recognise its "
             "private addresses.");
    if (p->passed_over > 0)
        printf("%zu bonds of other identities were passed over.\n", p->passed_over);
}

static void print_identity_json(const import_report *r, const bonds_plan *p)
{
    kith_address own = own_of(p);
    char text[KITH_ADDRESS_TEXT];
    json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:I}", "event", "identity", "address",
                          kith_address_format(&own, text), "address_type", address_type_name(&own), "new",
                          r->writes && p->makes_device, "taken_over", p->takes_over, "new_irk", p->draws_irk,
                          "other_irk", p->has_other_irk, "passed_over", (json_int_t)p->passed_over);

    if (p->is_public)
        (void)json_object_set_new(o, "public_address", json_string(kith_address_format(&p->public_address, text)));
    print_object(o);
}

void import_report_identity(const import_report *r, const bonds_plan *p)
{
    if (r->json)
        print_identity_json(r, p);
    else
        print_identity(r, p);
}

/* ---- the end ---- */

void import_report_summary(const import_report *r, const kith_exchange_result *got)
{
    json_t *o = json_pack("{s:s, s:b, s:b}", "event", "imported", "dry_run", r->dry_run, "stopped", r->stopped);
    const struct {
        const char *name;
        size_t count;
    } counts[] = {{"entries", got->seen},        {"refused", got->refused},    {"unusable", got->unusable},
                  {"superseded", got->replaced}, {"imported", r->imported},    {"replaced", r->replaced},
                  {"unchanged", r->unchanged},   {"not_imported", r->not_done}};

    (void)json_object_set_new(o, "store", json_string(r->path));
    for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++)
        (void)json_object_set_new(o, counts[n].name, json_integer((json_int_t)counts[n].count));
    print_object(o);
}
