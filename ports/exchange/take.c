/* What a text claims becomes a bond record, or does not.  Here nothing is believed that the text cannot know, and the
 * encoder of records has the last word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"

/* ---- keys ---- */

/* Nothing but the key can be wrong with this record. */
bool exch_is_known_key(const uint8_t key[16])
{
    kith_bond_record probe = {.peer = 1,
                              .level = KITH_LEVEL_ENCRYPTED,
                              .method = KITH_METHOD_JUST_WORKS,
                              .key_kind = KITH_KEY_KIND_SC,
                              .key_size = 16,
                              .has_ltk = true};
    kith_record record;
    bool known;

    memcpy(probe.ltk, key, sizeof probe.ltk);
    known = kith_record_encode_bond(&probe, &record) != KITH_OK;
    exch_wipe(&probe, sizeof probe);
    exch_wipe(&record, sizeof record);
    return known;
}

void exch_take_size(exch_reader *r, exch_entry *e, unsigned line, const char *field, uint64_t size)
{
    if (size < 7 || size > 16)
        exch_refuse(r, e, line, field, "is no key size from 7 to 16");
    else if (e->key_size != 0 && e->key_size != size)
        exch_refuse(r, e, line, field, "is another key size than that of the bond's other key");
    else
        e->key_size = (uint8_t)size;
}

static uint8_t octets_used(const uint8_t key[16])
{
    uint8_t size = 16;

    while (size > 0 && key[size - 1] == 0)
        size--;
    return size;
}

void exch_assume_size(exch_reader *r, exch_entry *e, const char *field)
{
    uint8_t peers = e->has_ltk ? octets_used(e->ltk) : 0;
    uint8_t mine = e->has_my_ltk ? octets_used(e->my_ltk) : 0;

    e->key_size = peers > mine ? peers : mine;
    if (e->key_size < 7)
        e->key_size = 7;
    if (e->key_size < 16)
        exch_find_of(r, KITH_EXCHANGE_CHANGED, e, e->line, field,
                     "the size of the key is not there; it ends with zeros, so it is taken for a shorter one");
    else
        exch_find_of(r, KITH_EXCHANGE_NOTED, e, e->line, field,
                     "the size of the key is not there; it has no zeros at its end, so 16 octets are assumed");
}

static void judge_long_term_key(exch_reader *r, exch_entry *e, const uint8_t key[16], const char *whose)
{
    if (exch_is_known_key(key))
        exch_refuse(r, e, e->line, whose, "is a key that everybody knows");
    else if (!exch_is_zero(key + e->key_size, 16u - e->key_size))
        exch_refuse(r, e, e->line, whose, "has octets beyond its size");
}

static void judge_long_term_keys(exch_reader *r, exch_entry *e)
{
    if (!e->has_ltk && !e->has_my_ltk) {
        exch_refuse(r, e, e->line, "", "there is no long term key");
        return;
    }
    if (e->key_size < 7 || e->key_size > 16) {
        exch_refuse(r, e, e->line, "", "there is no key size from 7 to 16");
        return;
    }
    if (e->has_ltk)
        judge_long_term_key(r, e, e->ltk, e->sc ? "long term key" : "the peer's long term key");
    if (e->has_my_ltk)
        judge_long_term_key(r, e, e->my_ltk, "our long term key");
    if (!e->refused && e->key_size < 16)
        exch_find_of(r, KITH_EXCHANGE_NOTED, e, e->line, "", "its key has less than 16 octets");
}

/* The peer is recognised by its identity address then. */
static void judge_irk(exch_reader *r, exch_entry *e)
{
    if (exch_is_zero(e->irk, sizeof e->irk) || !exch_is_known_key(e->irk))
        return;
    exch_wipe(e->irk, sizeof e->irk);
    exch_find_of(r, KITH_EXCHANGE_LEFT, e, e->line, "identity resolving key",
                 "is a key that everybody knows; left out, so private addresses are not resolved");
}

static void judge_csrk(exch_reader *r, exch_entry *e, uint8_t csrk[16], const char *whose)
{
    const char *why = "its counter is not in a bond record (option: signing keys)";

    if (exch_is_zero(csrk, 16))
        return;
    if (exch_is_known_key(csrk))
        why = "is a key that everybody knows; left out";
    else if (r->options->signing_keys)
        return;
    exch_wipe(csrk, 16);
    exch_find_of(r, KITH_EXCHANGE_LEFT, e, e->line, whose, why);
}

/* ---- who ---- */

static const char *why_no_identity(const kith_address *address)
{
    switch (kith_address_kind_of(address)) {
    case KITH_ADDRESS_KIND_RESOLVABLE:
    case KITH_ADDRESS_KIND_NON_RESOLVABLE:
        return "is a private address, which is nobody's identity";
    default:
        return "is no identity address";
    }
}

static bool is_nobody(const kith_address *address)
{
    return exch_is_zero(address->octets, sizeof address->octets);
}

static void judge_identity(exch_reader *r, exch_entry *e)
{
    if (!kith_address_is_identity(&e->identity))
        exch_refuse(r, e, e->line, "the peer's address", why_no_identity(&e->identity));
    else if (is_nobody(&e->identity))
        exch_refuse(r, e, e->line, "the peer's address", "is all zeros");
}

/* Answers whether the bond is usable. */
static bool settle_local(exch_reader *r, exch_entry *e)
{
    const kith_exchange_options *options = r->options;

    if (options->has_local) {
        if (e->has_local && !kith_address_equal(&e->local, &options->local))
            exch_find_of(r, KITH_EXCHANGE_CHANGED, e, e->line, "local identity",
                         "the text names another one than was given; the given one is taken");
        e->local = options->local;
        return true;
    }
    if (e->has_local && kith_address_is_identity(&e->local) && !is_nobody(&e->local))
        return true;
    exch_find_of(r, KITH_EXCHANGE_UNUSABLE, e, e->line, "local identity",
                 e->has_local ? "is no identity address; say whose bond it is"
                              : "is not in the text; say whose bond it is");
    return false;
}

/* ---- levels ---- */

static uint8_t claimed_level(const exch_entry *e)
{
    if (!e->authenticated)
        return KITH_LEVEL_ENCRYPTED;
    return e->sc && e->level_4 && e->key_size == 16 ? KITH_LEVEL_SC_AUTHENTICATED : KITH_LEVEL_AUTHENTICATED;
}

/* Decided here alone; docs/exchange.md. */
static void settle_level(exch_reader *r, const exch_entry *e, kith_bond_record *bond)
{
    uint8_t claimed = claimed_level(e);

    bond->level = KITH_LEVEL_ENCRYPTED;
    bond->method = KITH_METHOD_JUST_WORKS;
    if (!e->sc && claimed > KITH_LEVEL_ENCRYPTED) {
        exch_find_of(r, KITH_EXCHANGE_CHANGED, e, e->line, "level",
                     "says authenticated; a legacy key comes in unauthenticated, as by Just Works");
    } else if (claimed > KITH_LEVEL_ENCRYPTED && !r->options->trust_levels) {
        exch_find_of(r, KITH_EXCHANGE_CHANGED, e, e->line, "level",
                     "says authenticated; taken as unauthenticated, as by Just Works (option: trust levels)");
    } else if (claimed > KITH_LEVEL_ENCRYPTED) {
        bond->level = claimed;
        bond->method = e->method != 0 ? e->method : KITH_METHOD_PASSKEY;
        if (e->method == 0)
            exch_find_of(r, KITH_EXCHANGE_CHANGED, e, e->line, "method",
                         "is not in the text; Passkey is assumed, since the key is authenticated");
    } else if (e->level_given && r->options->trust_levels) {
        bond->method = e->method;
        bond->numbers_unseen = e->numbers_unseen;
    } else if (!e->level_given || e->method != KITH_METHOD_JUST_WORKS) {
        exch_find_of(r, KITH_EXCHANGE_CHANGED, e, e->line, "method",
                     e->level_given ? "is not believed; Just Works is taken"
                                    : "is not in the text; Just Works is assumed");
    }
}

/* ---- the bond ---- */

static void copy_long_term_keys(const exch_entry *e, kith_bond_record *bond)
{
    bond->has_ltk = e->has_ltk;
    bond->has_my_ltk = e->has_my_ltk;
    if (e->has_ltk)
        memcpy(bond->ltk, e->ltk, 16);
    if (e->has_my_ltk)
        memcpy(bond->my_ltk, e->my_ltk, 16);
    if (!e->sc && e->has_ltk) {
        bond->ediv = e->ediv;
        bond->rand = e->rand;
    }
    if (!e->sc && e->has_my_ltk) {
        bond->my_ediv = e->my_ediv;
        bond->my_rand = e->my_rand;
    }
}

static void fill(exch_reader *r, const exch_entry *e, kith_bond_record *bond)
{
    *bond = (kith_bond_record){.peer = 1,
                               .identity = e->identity,
                               .local = e->local,
                               .key_kind = e->sc ? KITH_KEY_KIND_SC : KITH_KEY_KIND_LEGACY,
                               .key_size = e->key_size,
                               .peer_class = e->peer_class,
                               .initiator = e->initiator,
                               .made_s = e->made_s};
    copy_long_term_keys(e, bond);
    memcpy(bond->irk, e->irk, 16);
    memcpy(bond->my_csrk, e->my_csrk, 16);
    memcpy(bond->peer_csrk, e->peer_csrk, 16);
    settle_level(r, e, bond);
}

/* Not realloc: what it leaves behind cannot be overwritten. */
static bool make_bond_room(kith_bond_record **bonds, size_t *room, size_t count, size_t more)
{
    kith_bond_record *fresh;

    if (count + more <= *room)
        return true;
    fresh = malloc((count + more) * 2 * sizeof *fresh);
    if (fresh == NULL)
        return false;
    if (count > 0)
        memcpy(fresh, *bonds, count * sizeof *fresh);
    if (*bonds != NULL)
        exch_wipe(*bonds, count * sizeof *fresh);
    free(*bonds);
    *bonds = fresh;
    *room = (count + more) * 2;
    return true;
}

static void keep(exch_reader *r, const kith_bond_record *bond)
{
    if (r->out.count >= KITH_EXCHANGE_BONDS)
        (void)exch_fail(r, KITH_ERR_FULL, 0, "there are more bonds than can be taken");
    else if (!make_bond_room(&r->out.bonds, &r->bond_room, r->out.count, 1))
        (void)exch_fail(r, KITH_ERR_FULL, 0, "there is not enough memory");
    else
        r->out.bonds[r->out.count++] = *bond;
}

static void judge(exch_reader *r, exch_entry *e)
{
    judge_identity(r, e);
    judge_long_term_keys(r, e);
    if (e->refused)
        return;
    judge_irk(r, e);
    judge_csrk(r, e, e->my_csrk, "our signing key");
    judge_csrk(r, e, e->peer_csrk, "the peer's signing key");
}

static void take(exch_reader *r, exch_entry *e)
{
    kith_bond_record bond;
    kith_record record;

    if (e->refused)
        return;
    judge(r, e);
    if (e->refused)
        return;
    if (!settle_local(r, e)) {
        r->out.unusable++;
        return;
    }
    if (kith_address_equal(&e->local, &e->identity)) {
        exch_refuse(r, e, e->line, "the peer's address", "is that of this device itself");
        return;
    }
    fill(r, e, &bond);
    if (kith_record_encode_bond(&bond, &record) == KITH_OK)
        keep(r, &bond);
    else
        exch_refuse(r, e, e->line, "", "it is no bond that can be");
    exch_wipe(&bond, sizeof bond);
    exch_wipe(&record, sizeof record);
}

void exch_take(exch_reader *r, exch_entry *e)
{
    if (r->status == KITH_OK) {
        r->out.seen++;
        take(r, e);
        r->out.refused += e->refused ? 1 : 0;
    }
    exch_wipe(e, sizeof *e);
}

/* ---- this device itself ---- */

void exch_take_own_address(kith_exchange_result *to, unsigned line, const char *field, const kith_address *address)
{
    kith_exchange_identity *own = &to->identity;

    if (!kith_address_is_identity(address) || is_nobody(address)) {
        exch_find_in(to, KITH_EXCHANGE_LEFT, line, "", field, "is no identity address");
    } else if (own->has_address && !kith_address_equal(&own->address, address)) {
        exch_find_in(to, KITH_EXCHANGE_NOTED, line, "", field,
                     "is another local identity; the first one is reported as this device's");
    } else {
        own->has_address = true;
        own->address = *address;
    }
}

void exch_take_own_irk(kith_exchange_result *to, unsigned line, const char *field, const uint8_t irk[16])
{
    kith_exchange_identity *own = &to->identity;

    if (exch_is_known_key(irk)) {
        exch_find_in(to, KITH_EXCHANGE_LEFT, line, "", field, "is a key that everybody knows");
    } else if (own->has_irk && memcmp(own->irk, irk, 16) != 0) {
        exch_find_in(to, KITH_EXCHANGE_LEFT, line, "", field, "is another key of this device; the first one was taken");
    } else {
        own->has_irk = true;
        memcpy(own->irk, irk, 16);
    }
}

/* ---- several texts, and several bonds with one peer ---- */

static bool is_same_peer(const kith_bond_record *a, const kith_bond_record *b)
{
    return kith_address_equal(&a->identity, &b->identity) && kith_address_equal(&a->local, &b->local);
}

static bool adds_no_key(const uint8_t key[16], const uint8_t to[16])
{
    return exch_is_zero(key, 16) || memcmp(key, to, 16) == 0;
}

/* Is b what a is, perhaps without some of its keys?  Of legacy keys that are not there the numbers are zeros. */
static bool is_part_of(const kith_bond_record *b, const kith_bond_record *a)
{
    if ((b->has_ltk && (!a->has_ltk || b->ediv != a->ediv || b->rand != a->rand)) ||
        (b->has_my_ltk && (!a->has_my_ltk || b->my_ediv != a->my_ediv || b->my_rand != a->my_rand)))
        return false;
    return adds_no_key(b->ltk, a->ltk) && adds_no_key(b->my_ltk, a->my_ltk) && adds_no_key(b->irk, a->irk) &&
           adds_no_key(b->my_csrk, a->my_csrk) && adds_no_key(b->peer_csrk, a->peer_csrk);
}

/* Answers whether a is to be kept rather than b, which came later.  Of two that are as good the later one is, since
 * texts grow at their end. */
static bool is_rather(const kith_bond_record *a, const kith_bond_record *b)
{
    if (a->level != b->level)
        return a->level > b->level;
    if (a->key_kind != b->key_kind)
        return a->key_kind == KITH_KEY_KIND_SC;
    if (a->key_size != b->key_size)
        return a->key_size > b->key_size;
    if (is_part_of(b, a) && !is_part_of(a, b))
        return true;
    return a->made_s != 0 && b->made_s != 0 && a->made_s > b->made_s;
}

static void tell(kith_exchange_result *to, kith_exchange_effect effect, const kith_bond_record *bond, const char *why)
{
    char name[32];

    exch_name_address(name, &bond->identity);
    exch_find_in(to, effect, 0, name, "", why);
}

static void tell_shared_irk(kith_exchange_result *to, const kith_bond_record *bond)
{
    for (size_t i = 0; i < to->count; i++)
        if (!kith_address_equal(&to->bonds[i].identity, &bond->identity) &&
            memcmp(to->bonds[i].irk, bond->irk, 16) == 0) {
            tell(to, KITH_EXCHANGE_NOTED, bond,
                 "another bond has the same identity resolving key; each is recognised by its identity address alone");
            return;
        }
}

/* There is room for it. */
static void add_bond(kith_exchange_result *to, const kith_bond_record *bond)
{
    size_t i = 0;

    if (!exch_is_zero(bond->irk, 16))
        tell_shared_irk(to, bond);
    while (i < to->count && !is_same_peer(&to->bonds[i], bond))
        i++;
    if (i == to->count) {
        to->bonds[to->count++] = *bond;
    } else {
        bool earlier = is_rather(&to->bonds[i], bond);

        to->replaced++;
        tell(to, KITH_EXCHANGE_REFUSED, bond,
             earlier ? "there is a stronger, fuller or newer bond with this peer before, which is kept"
                     : "a bond with this peer before is replaced by one that is as strong, or stronger or newer");
        if (!earlier)
            to->bonds[i] = *bond;
    }
    to->bonds[i].peer = (uint32_t)i + 1;
}

static void add_identity(kith_exchange_result *to, const kith_exchange_identity *identity)
{
    if (identity->has_address)
        exch_take_own_address(to, 0, "local identity", &identity->address);
    if (identity->has_irk)
        exch_take_own_irk(to, 0, "our identity resolving key", identity->irk);
}

static void add_findings(kith_exchange_result *to, const exch_reader *r)
{
    exch_findings list = {&to->findings, &to->finding_count, &to->findings_lost};

    if (r->status != KITH_OK) { /* nothing else was added, so there is nothing else to say */
        exch_add_finding(&list, &r->why);
        return;
    }
    for (size_t i = 0; i < r->out.finding_count; i++)
        exch_add_finding(&list, &r->out.findings[i]);
    to->findings_lost += r->out.findings_lost;
}

kith_status exch_merge(kith_exchange_result *to, exch_reader *r)
{
    size_t room = to->count;

    if (r->status == KITH_OK && to->count + r->out.count > KITH_EXCHANGE_BONDS)
        (void)exch_fail(r, KITH_ERR_FULL, 0, "there are more bonds than can be taken");
    if (r->status == KITH_OK && r->out.count > 0 && !make_bond_room(&to->bonds, &room, to->count, r->out.count))
        (void)exch_fail(r, KITH_ERR_FULL, 0, "there is not enough memory");
    add_findings(to, r);
    if (r->status != KITH_OK)
        return r->status;
    for (size_t i = 0; i < r->out.count; i++)
        add_bond(to, &r->out.bonds[i]);
    add_identity(to, &r->out.identity);
    to->seen += r->out.seen;
    to->refused += r->out.refused;
    to->unusable += r->out.unusable;
    return KITH_OK;
}
