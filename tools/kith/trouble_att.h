/* Why an operation on a peer's attributes came to nothing, and what can be done. */
#ifndef TOOLS_TROUBLE_ATT_H
#define TOOLS_TROUBLE_ATT_H

#include "errand.h"

/* One sentence on stderr: "'lamp': WHAT: Insufficient Authentication (0x05), ...". */
void trouble_att(const errand_site *site, const char *what, const kith_event_gatt *end);

/* The same for a call that was refused here. */
void trouble_call(const errand_site *site, const char *what, kith_status status);

#endif
