/* What `kith capacity` is asked: a flash, a way of use, and perhaps how many years it has to live. */
#ifndef TOOLS_CAPACITY_OPTIONS_H
#define TOOLS_CAPACITY_OPTIONS_H

#include "kith/capacity.h"

typedef struct {
    kith_flash flash; /* its geometry alone */
    kith_capacity_use use;
    uint32_t years;    /* 0: it is not asked for */
    bool tell_sectors; /* how many sectors it takes */
    bool json;
} capacity_question;

/* Ends the program with argp's error where the arguments are wrong. */
void capacity_options_parse(int argc, char **argv, capacity_question *question);

#endif
