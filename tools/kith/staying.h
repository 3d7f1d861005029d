/* An errand that only stays: it tells how the link is and what becomes of it, for a time. */
#ifndef TOOLS_STAYING_H
#define TOOLS_STAYING_H

#include "errand.h"

typedef struct {
    unsigned time_s; /* 0: until somebody stops it */
    uint8_t phys;    /* KITH_PHYS_* to ask for; 0: as the controllers like */
    /* The rest is staying.c's own. */
    uint64_t until_us, next_rssi_us;
    bool reads_rssi;
    int told_rssi;
} staying;

void staying_init(staying *s, unsigned time_s, uint8_t phys);

extern const errand staying_errand;

#endif
