/* Events in words, for people. */
#ifndef TOOLS_SENTENCE_H
#define TOOLS_SENTENCE_H

#include "kith/gap.h"

enum { SENTENCE_MAX = 640 };

/* One plain sentence, or a few; cut at SENTENCE_MAX.  Returns text. */
char *sentence_of(const kith_event *event, char text[SENTENCE_MAX]);

const char *address_type_name(const kith_address *address); /* "public", "random" */

/* A stranger's name must not move the cursor, or worse: what is no printable ASCII becomes a question mark. */
void make_harmless(char *name);

const char *phy_name(uint8_t phy); /* "LE 1M" */

/* "5.0" for 9; "unknown" for what was assigned later than this program. */
const char *core_version_name(uint8_t hci_version);

#endif
