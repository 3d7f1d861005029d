/* One cell of the method tables: what two devices say of themselves, what comes of it, and that in words. */
#ifndef TOOLS_MATRIX_CELL_H
#define TOOLS_MATRIX_CELL_H

#include "kith/method.h"

enum { MATRIX_OURS = 1, MATRIX_PEERS = 2, MATRIX_SENTENCE = 800 };

typedef struct {
    kith_io_capability io, peer;
    bool we_initiate;
    bool secure_connections; /* both support them */
    bool mitm;               /* somebody asks for protection */
    unsigned oob;            /* MATRIX_OURS: the peer has got our data; MATRIX_PEERS: we have got the peer's */
    kith_level required;     /* KITH_LEVEL_NONE: nothing is */
} matrix_question;

typedef struct {
    kith_method_choice choice;
    kith_level level; /* with a key of 16 octets; Out of Band: if the way of the data was secure */
} matrix_answer;

matrix_answer matrix_ask(const matrix_question *question);

/* "Passkey I>R 4": at most 15 characters and a zero. */
char *matrix_cell_text(const matrix_answer *answer, char text[16]);

/* All about one cell, the parts of it with `between` in between: " " or a line end.  Returns text. */
char *matrix_sentence(const matrix_question *question, const char *between, char text[MATRIX_SENTENCE]);

#endif
