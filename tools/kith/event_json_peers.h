/* What an event's object is put together with, and those about peers, what is kept of them, and lists of them. */
#ifndef TOOLS_EVENT_JSON_PEERS_H
#define TOOLS_EVENT_JSON_PEERS_H

#include "event_json.h"

void set_text(json_t *o, const char *name, const char *value);
void set_number(json_t *o, const char *name, unsigned value);
void set_flag(json_t *o, const char *name, bool value);
void set_hex(json_t *o, const char *name, const uint8_t *octets, size_t len);
void set_address(json_t *o, const char *name, const char *type_name, const kith_address *address);
void set_hci_status(json_t *o, kith_hci_status status);

/* Nothing, where the event is about none of that. */
void event_json_peers(json_t *o, const kith_event *event);

#endif
