/* Findings: lists of them, and their sentences.  What a sentence says of a text is where something is and what is wrong
 * with it, never what stands there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"

/* One that finds no place is counted: a finding never stops the reading. */
void exch_add_finding(exch_findings *list, const kith_exchange_finding *finding)
{
    size_t count = *list->count;

    if (count % 64 == 0 && count < KITH_EXCHANGE_FINDINGS) {
        kith_exchange_finding *more = realloc(*list->all, (count + 64) * sizeof *more);

        if (more != NULL)
            *list->all = more;
        else
            count = KITH_EXCHANGE_FINDINGS;
    }
    if (count >= KITH_EXCHANGE_FINDINGS) {
        (*list->lost)++;
        return;
    }
    (*list->all)[count] = *finding;
    *list->count = count + 1;
}

static const char *colon(const char *text)
{
    return text[0] != '\0' ? ": " : "";
}

kith_exchange_finding exch_finding_of(kith_exchange_effect effect, unsigned line, const char *entry, const char *field,
                                      const char *why)
{
    kith_exchange_finding f = {.effect = effect, .line = line};
    char at[24] = "";

    if (line > 0)
        (void)snprintf(at, sizeof at, "line %u: ", line);
    (void)snprintf(f.entry, sizeof f.entry, "%s", entry);
    (void)snprintf(f.field, sizeof f.field, "%s", field);
    (void)snprintf(f.sentence, sizeof f.sentence, "%s%s%s%s%s%s", at, f.entry, colon(f.entry), f.field, colon(f.field),
                   why);
    return f;
}

const char *kith_exchange_effect_name(kith_exchange_effect effect)
{
    static const char *const names[] = {"noted", "changed", "left out", "refused", "unusable"};

    return (unsigned)effect < sizeof names / sizeof names[0] ? names[effect] : "unknown";
}

void exch_name_address(char name[32], const kith_address *address)
{
    char text[KITH_ADDRESS_TEXT];

    (void)snprintf(name, 32, "%s %s", kith_address_format(address, text),
                   address->type == KITH_ADDRESS_PUBLIC ? "public" : "random");
}

/* ---- of a reader ---- */

void exch_find_in(kith_exchange_result *to, kith_exchange_effect effect, unsigned line, const char *entry,
                  const char *field, const char *why)
{
    exch_findings list = {&to->findings, &to->finding_count, &to->findings_lost};
    kith_exchange_finding f = exch_finding_of(effect, line, entry, field, why);

    exch_add_finding(&list, &f);
}

void exch_find(exch_reader *r, kith_exchange_effect effect, unsigned line, const char *entry, const char *field,
               const char *why)
{
    exch_find_in(&r->out, effect, line, entry, field, why);
}

void exch_find_of(exch_reader *r, kith_exchange_effect effect, const exch_entry *e, unsigned line, const char *field,
                  const char *why)
{
    exch_find(r, effect, line, e->name, field, why);
}

void exch_refuse(exch_reader *r, exch_entry *e, unsigned line, const char *field, const char *why)
{
    e->refused = true;
    exch_find(r, KITH_EXCHANGE_REFUSED, line, e->name, field, why);
}

void exch_refuse_place(exch_reader *r, unsigned line, const char *place, const char *field, const char *why)
{
    exch_find(r, KITH_EXCHANGE_REFUSED, line, place, field, why);
    r->out.seen++;
    r->out.refused++;
}

bool exch_fail(exch_reader *r, kith_status status, unsigned line, const char *why)
{
    if (r->status != KITH_OK)
        return false;
    r->status = status;
    r->why = exch_finding_of(KITH_EXCHANGE_REFUSED, line, "", "", why);
    return false;
}

/* ---- of a writer ---- */

void exch_lose(exch_writer *w, kith_exchange_effect effect, const kith_bond_record *bond, const char *field,
               const char *why)
{
    exch_findings list = {&w->out.findings, &w->out.finding_count, &w->out.findings_lost};
    kith_exchange_finding f;
    char name[32] = "";

    if (bond != NULL)
        exch_name_address(name, &bond->identity);
    f = exch_finding_of(effect, 0, name, field, why);
    exch_add_finding(&list, &f);
}
