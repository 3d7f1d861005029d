/* What an import tells of what it does, or would do. */
#ifndef TOOLS_IMPORT_REPORT_H
#define TOOLS_IMPORT_REPORT_H

#include <jansson.h>

#include "bonds_plan.h"

typedef struct {
    const char *path; /* of the store */
    bool json, dry_run;
    bool writes;                                    /* something is to be written, or would be */
    bool stopped;                                   /* by a signal */
    size_t imported, replaced, unchanged, not_done; /* of the bonds that were told */
} import_report;

void import_report_identity(const import_report *r, const bonds_plan *p);            /* who the store is, or becomes */
void import_report_entry(import_report *r, const plan_entry *e);                     /* and counts it */
void import_report_summary(const import_report *r, const kith_exchange_result *got); /* for programs */

/* A bond in words, without its keys: "C0:11:22:33:44:55 (random), level 2, ..."; and as an object of this `event'. */
enum { IMPORT_REPORT_BOND = 256 };
char *import_report_bond(const kith_bond_record *bond, char text[IMPORT_REPORT_BOND]);
json_t *import_report_bond_json(const kith_bond_record *bond, const char *event);

#endif
