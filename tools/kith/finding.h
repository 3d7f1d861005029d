/* What kith/lint.h found, in the words of a table. */
#ifndef TOOLS_FINDING_H
#define TOOLS_FINDING_H

#include "kith/lint.h"
#include "report.h"
#include "table.h"

enum { FINDING_PLACE = 160, FINDING_PERMISSIONS = 160, FINDING_FACTS = 8 };

typedef struct {
    bool is_error;
    const char *severity, *rule, *sentence;
    char place[FINDING_PLACE];             /* "pulse (2a37), handle 0x0010"; empty: about the whole */
    char permissions[FINDING_PERMISSIONS]; /* as a file has them: "read: encrypted, notify: open" */
    char uuid[KITH_UUID_TEXT], handle[8];
    report_fact facts[FINDING_FACTS]; /* for programs; point into this */
} finding;

void finding_of(const table *t, const kith_lint_finding *found, finding *out);

/* Tells all that is found, as events of their own. */
void finding_tell_all(const table *t, const kith_config *config, const report *to);

#endif
