/* An advertiser in words and as JSON. */
#ifndef TOOLS_HEARD_TEXT_H
#define TOOLS_HEARD_TEXT_H

#include <jansson.h>

#include "heard.h"

enum { HEARD_LINE = 1024 };

/* " -50 dBm  C0:FF:EE:00:00:01 (static)  connectable  'lamp'; Heart Rate; Apple; claims peer 3".  Returns text. */
char *heard_line(const heard_one *one, char text[HEARD_LINE]);

/* A new object with its "event", advertiser. */
json_t *heard_json(const heard_one *one);

/* The lines of its raw data: one for each AD structure, type and value in hex.  take is called with each. */
void heard_raw(const heard_one *one, void (*take)(const void *context, const char *line), const void *context);

#endif
