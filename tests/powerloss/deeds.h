/* Bonding, bonding again, changes of state, deletion and compaction, on flashes from the smallest to the largest. */
#ifndef POWERLOSS_DEEDS_H
#define POWERLOSS_DEEDS_H

#include "cuts.h"

/* All of them, cut everywhere; depth: how many recoveries in a row are cut, too. */
void deeds_try(cuts_tear tear, unsigned depth);
void deeds_tell(void); /* how many cuts that were */

#endif
