/* What `kith serve` serves: a lamp with a state to read and a note to write, both for encrypted links only. */
#ifndef TOOLS_LAMP_H
#define TOOLS_LAMP_H

#include "kith/kith.h"

#define LAMP_SERVICE    "5a3c2f10-7d0e-4e1b-9c55-4b6974680001"
#define LAMP_STATE      "5a3c2f10-7d0e-4e1b-9c55-4b6974680002"
#define LAMP_NOTE       "5a3c2f10-7d0e-4e1b-9c55-4b6974680003"
#define LAMP_STATE_TEXT "warm white"

enum { LAMP_NOTE_MAX = 64 };

typedef struct {
    uint8_t note[LAMP_NOTE_MAX];
    size_t note_len;
} lamp;

extern const kith_service lamp_service;

/* Answers READ_WANTED and WRITE_WANTED; other events are not its business. */
void lamp_answer(lamp *l, kith_host *host, const kith_event *event);

#endif
