/* A name is looked for a second longer than it takes to hear it once, so that a second device of that name is noticed.
 * Where one of them claims a bond it is preferred: it has to prove that, the other need not prove anything. */
#include <stdlib.h>
#include <string.h>

#include "kith/ad.h"
#include "search.h"
#include "sentence.h"

enum { DECIDE_AFTER_US = 1000 * 1000, ADVERTISING_MAX = 31, SHORT_UUID = 4, LONG_UUID = 36 };

/* 0: it is none. */
static kith_peer_id parse_number(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    return *text >= '1' && *text <= '9' && *end == '\0' && number <= UINT32_MAX ? (kith_peer_id)number : 0;
}

/* What stands behind the word; NULL: another word does. */
static const char *after(const char *word, const char *text)
{
    size_t len = strlen(word);

    return strncmp(text, word, len) == 0 && text[len] != '\0' ? text + len : NULL;
}

static bool parse_service(const char *text, kith_uuid *service)
{
    size_t len = strlen(text);

    return (len == SHORT_UUID || len == LONG_UUID) && kith_uuid_parse(text, service) == KITH_OK;
}

static void parse(search *s)
{
    const char *number = after("peer:", s->peer), *name = after("name:", s->peer);

    s->name = name != NULL ? name : s->peer;
    if (name != NULL)
        return;
    s->number = parse_number(number != NULL ? number : s->peer);
    s->by_bond = number != NULL && s->number != 0;
    s->by_address = kith_address_parse(s->peer, &s->wanted) == KITH_OK;
    s->by_service = parse_service(s->peer, &s->service);
}

void search_init(search *s, const char *peer)
{
    memset(s, 0, sizeof *s);
    s->peer = peer;
    s->decide_us = UINT64_MAX;
    parse(s);
}

/* A number is a name as any other where no bond has it. */
static bool is_by_bond(const search *s, const kith_host *host)
{
    kith_bond_info info;

    return s->number != 0 && kith_bonds_get(host, s->number, &info) == KITH_OK;
}

bool search_is_possible(const search *s, const kith_host *host)
{
    return !s->by_bond || is_by_bond(s, host);
}

/* A name that was cut because no more of it fitted is the beginning of the whole one. */
static bool fits_name(const search *s, const kith_event_report *r)
{
    char name[SEARCH_NAME];
    kith_ad shortened;

    if (!kith_gap_find_name(kith_report_data(r), r->len, name))
        return false;
    if (strcmp(name, s->name) == 0)
        return true;
    return r->len == ADVERTISING_MAX && kith_ad_find(r->data, r->len, KITH_AD_SHORTENED_NAME, &shortened) &&
           name[0] != '\0' && strncmp(name, s->name, strlen(name)) == 0;
}

static bool is_identity_of(const search *s, const kith_host *host, kith_peer_id peer)
{
    kith_bond_info info;

    return peer != 0 && kith_bonds_next(host, peer - 1, &info) == KITH_OK && info.peer == peer &&
           memcmp(info.identity.octets, s->wanted.octets, sizeof s->wanted.octets) == 0;
}

static bool fits(const search *s, const kith_host *host, const kith_event_report *r, kith_peer_id claim)
{
    if (!s->any && !r->connectable && !r->scan_response)
        return false;
    if (is_by_bond(s, host))
        return claim == s->number;
    if (s->by_service && kith_ad_has_service(kith_report_data(r), r->len, &s->service))
        return true;
    if (!s->by_address)
        return fits_name(s, r);
    return memcmp(r->address.octets, s->wanted.octets, sizeof s->wanted.octets) == 0 || is_identity_of(s, host, claim);
}

static bool is_known(const search *s, const kith_address *address, kith_peer_id claim)
{
    for (unsigned i = 0; i < s->count; i++)
        if (kith_address_equal(&s->fits[i], address) || (claim != 0 && s->claims[i] == claim))
            return true;
    return false;
}

static void keep(search *s, unsigned at, const kith_address *address, kith_peer_id claim)
{
    s->fits[at] = *address;
    s->claims[at] = claim;
}

/* One that claims a bond takes the place of one that claims none. */
static void add(search *s, const kith_address *address, kith_peer_id claim)
{
    if (s->count == 0 || (s->claims[0] == 0 && claim != 0)) {
        s->count = 1;
        keep(s, 0, address, claim);
    } else if (s->count == 1 && (s->claims[0] == 0 || claim != 0)) {
        s->count = 2;
        keep(s, 1, address, claim);
    }
}

/* Nobody else could be meant by an address or a bond, or by a name where there is one bond. */
static bool is_certain(const search *s, const kith_host *host)
{
    return s->by_address || is_by_bond(s, host) || (s->claims[0] != 0 && kith_bonds_count(host) == 1);
}

/* Of those who are not meant: perhaps one of them is. */
static void note_name(search *s, const kith_event_report *r)
{
    char name[SEARCH_NAME];

    if (!kith_gap_find_name(kith_report_data(r), r->len, name) || name[0] == '\0')
        return;
    make_harmless(name);
    for (unsigned i = 0; i < SEARCH_NAMES; i++) {
        if (strcmp(s->names[i], name) == 0)
            return;
        if (s->names[i][0] == '\0') {
            memcpy(s->names[i], name, strlen(name) + 1);
            return;
        }
    }
}

bool search_on_report(search *s, const kith_host *host, const kith_event_report *r, uint64_t now_us)
{
    kith_peer_id claim = r->claimed;

    if (!fits(s, host, r, claim)) {
        s->others = true;
        note_name(s, r);
        return false;
    }
    if (!is_known(s, &r->address, claim))
        add(s, &r->address, claim);
    if (is_certain(s, host))
        s->decide_us = now_us;
    else if (s->decide_us == UINT64_MAX)
        s->decide_us = now_us + DECIDE_AFTER_US;
    return true;
}

search_result search_result_now(const search *s, uint64_t now_us)
{
    if (now_us < s->decide_us)
        return SEARCH_GOES_ON;
    return s->count == 1 || s->by_address ? SEARCH_FOUND : SEARCH_AMBIGUOUS;
}
