/* Lists of findings, of a result or of a text that was written. */
#ifndef EXCH_FINDINGS_H
#define EXCH_FINDINGS_H

#include "inside.h"

typedef struct {
    kith_exchange_finding **all;
    size_t *count, *lost;
} exch_findings;

void exch_add_finding(exch_findings *list, const kith_exchange_finding *finding);

kith_exchange_finding exch_finding_of(kith_exchange_effect effect, unsigned line, const char *entry, const char *field,
                                      const char *why);

#endif
