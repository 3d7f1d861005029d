/* What a command tells of its host: a sentence a line for people, or an object a line for programs. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <jansson.h>

#include "kith/kith.h"

typedef struct {
    bool json;
    bool show_keys;
    uint64_t start_us; /* monotonic: times are told from here */
} report;

/* Facts that a command adds to an event: {"service", "..."}, ends with NULL. */
typedef struct {
    const char *name, *value;
} report_fact;

/* Tells one event.  With show_keys, a BONDED event tells the keys of its peer.  facts may be NULL. */
void report_event(const report *r, const kith_host *host, const kith_event *event, const report_fact *facts);

/* Tells something that is no event of the host. */
void report_news(const report *r, const char *name, const char *sentence, const report_fact *facts);

/* The same, where facts are numbers and flags, too: an object with its "event", which is given away. */
void report_record(const report *r, json_t *object, const char *sentence);

/* A line of a listing, for people alone: without the time. */
void report_line(const report *r, const char *line);

/* false: stdout takes no more, and a sentence was printed. */
bool report_is_read(void);

#endif
