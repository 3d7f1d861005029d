/* Sentences about who is heard, and what links are like. */
#ifndef TOOLS_SENTENCE_GAP_H
#define TOOLS_SENTENCE_GAP_H

#include "sentence_peers.h"

/* false: the event is about none of that. */
bool sentence_of_gap(writer *w, const kith_event *event);

#endif
