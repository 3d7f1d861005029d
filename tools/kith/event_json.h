/* Events as JSON objects. */
#ifndef TOOLS_EVENT_JSON_H
#define TOOLS_EVENT_JSON_H

#include <jansson.h>

#include "kith/event.h"

/* A new object: "event", "link", the peer's address, and what this kind of event has to say. */
json_t *event_json(const kith_event *event);

#endif
