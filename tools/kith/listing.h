/* Lists what a peer has. */
#ifndef TOOLS_LISTING_H
#define TOOLS_LISTING_H

#include "survey.h"

typedef struct {
    survey survey;
    bool values; /* those that may be read over this link are read */
    enum { LISTING_SURVEYS, LISTING_READS_HASH, LISTING_LISTS } step;
    size_t at; /* the entry whose value is read */
} listing;

void listing_init(listing *l, bool values);
void listing_close(listing *l);

extern const errand listing_errand; /* a listing */

#endif
