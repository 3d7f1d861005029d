/* Lists of findings, of a result or of a text that was written. */
#ifndef EXCHANGE_FINDINGS_H
#define EXCHANGE_FINDINGS_H

#include "inside.h"

typedef struct {
    kith_exchange_finding **all;
    size_t *count, *lost;
} exchange_findings;

void exchange_add_finding(exchange_findings *list, const kith_exchange_finding *finding);

kith_exchange_finding exchange_finding_of(kith_exchange_effect effect, unsigned line, const char *entry,
                                          const char *field, const char *why);

#endif
