/* The stages of a visit to a peer, and what each event means for it.  The loop that brings the events is client.c's. */
#ifndef TOOLS_VISIT_H
#define TOOLS_VISIT_H

#include "client.h"
#include "device.h"
#include "person.h"
#include "report.h"
#include "search.h"

typedef enum {
    STARTING,
    SEARCHING,
    CONNECTING,
    SECURING,
    PARTING,
    ASKING,
    GREETING,
    WORKING,
    STOPPING,
    KEEPING,
    LEAVING
} visit_stage;

typedef struct {
    const client_options *options;
    report report;
    device device;
    kith_host *host;
    person person;
    search search;
    errand_site site;
    visit_stage stage;
    uint64_t until_us;      /* of the stage */
    uint64_t next_still_us; /* when to say that it is still looking */
    kith_link link;         /* 0: none */
    bool scanning, connecting;
    bool bond_is_due; /* BONDED or BOND_FAILED will come */
    bool bonded;      /* it came */
    bool pair_anew;
    kith_event not_paired; /* PAIRING_FAILED in the middle of the errand; NONE: no */
    unsigned stops;
    bool ended; /* at once, without leaving */
    int status;
} visit;

/* After the rest of it was filled. */
void visit_begin(visit *v);

void visit_on_event(visit *v, const kith_event *event);

/* What time and people bring; once in each turn of the loop. */
void visit_turn(visit *v);

/* When to take the next turn at the latest. */
uint64_t visit_deadline(const visit *v);

/* Somebody wants it to end: the errand may first undo what it has done. */
void visit_stop(visit *v, int status);

/* Leaves in order: nothing scans, connects or stays connected, and a bond on its way to the store gets there. */
void visit_leave(visit *v, int status);
bool visit_has_left(const visit *v);

/* "looking for lamp"; returns text. */
const char *visit_doing(const visit *v, char *text, size_t cap);

#endif
