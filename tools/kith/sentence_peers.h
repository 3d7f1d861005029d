/* What a sentence is put together with, and those about peers, what is kept of them, and lists of them. */
#ifndef TOOLS_SENTENCE_PEERS_H
#define TOOLS_SENTENCE_PEERS_H

#include "sentence.h"

typedef struct {
    char *text;
    size_t len;
} writer;

void add(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void add_address(writer *w, const kith_address *address);

/* false: the event is about none of that. */
bool sentence_of_peers(writer *w, const kith_event *event);

#endif
