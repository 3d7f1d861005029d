/* What a peer has: services and what is in them, found by discovery.  Core Vol 3 Part G 4.4 to 4.7. */
#ifndef TOOLS_SURVEY_H
#define TOOLS_SURVEY_H

#include "errand.h"

typedef enum { SURVEY_SERVICE, SURVEY_INCLUDE, SURVEY_CHARACTERISTIC, SURVEY_DESCRIPTOR } survey_kind;

typedef struct {
    survey_kind kind;
    bool secondary;        /* a service: found because another one includes it */
    uint8_t properties;    /* of a characteristic */
    uint16_t handle;       /* of the declaration; of a descriptor its own */
    uint16_t value_handle; /* of a characteristic */
    uint16_t first, last;  /* of a service, of the one that is included, of a characteristic behind its value */
    uint16_t service;      /* where it is: that service's first handle */
    kith_uuid uuid;        /* size 0: not known */
} survey_entry;

typedef struct {
    bool whole;            /* includes and descriptors as well */
    bool only_reads;       /* a bonded peer is not asked to tell of changes either */
    bool kept;             /* DONE: it was known from the bond */
    survey_entry *entries; /* DONE: in the order of handles */
    size_t count, room;
    size_t at; /* the entry that is being looked into */
    unsigned step;
    bool learns; /* the host goes through it, and keeps it beside the bond */
    bool again;  /* it has, and while it did the peer told of a change */
} survey;

void survey_init(survey *s, bool whole);
void survey_close(survey *s);

errand_result survey_begin(survey *s, const errand_site *site);
errand_result survey_on_event(survey *s, const errand_site *site, const kith_event *event);

/* The service at this first handle; NULL: none. */
const survey_entry *survey_service(const survey *s, uint16_t first);

/* The characteristic with this value handle; NULL: none. */
const survey_entry *survey_value(const survey *s, uint16_t value_handle);

#endif
