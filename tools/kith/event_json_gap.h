/* Events about who is heard, and what links are like, as JSON. */
#ifndef TOOLS_EVENT_JSON_GAP_H
#define TOOLS_EVENT_JSON_GAP_H

#include "event_json_peers.h"

/* false: the event is about none of that. */
bool event_json_gap(json_t *o, const kith_event *event);

/* Parts of it: what one advertiser was heard to say; and a strength in dBm, nothing where it is not known. */
void set_report(json_t *o, const kith_event_report *report);
void set_strength(json_t *o, const char *name, int8_t dbm);

#endif
