/* The story of `kith demo': its state, and what its chapters share. */
#ifndef TOOLS_DEMO_H
#define TOOLS_DEMO_H

#include "demo_air.h"
#include "room.h"

enum { LAMP, PHONE, STRANGER };

typedef struct {
    room room;
    demo_air air;
    kith_address lamp_address;
    kith_link link; /* of whoever talks to the lamp */
    uint16_t greeting, secret;
    bool failed;
} demo;

void demo_chapter(const char *title);
void demo_tell(const demo *d, int who, const char *text);
void demo_tell_verdict(const demo *d, int who, const kith_verdict *v);
void demo_check(demo *d, kith_status status, const char *what); /* the story ends where something fails */

/* Waits for an event of this kind; what else happens meanwhile passes by.  false: it never came. */
bool demo_wait_for(demo *d, int who, kith_event_kind kind, kith_event *event);

void demo_power_on(demo *d, int who);
void demo_advertise(demo *d);
void demo_connect_to_lamp(demo *d, int who);
void demo_read_value(demo *d, int who, uint16_t handle, const char *what);
void demo_leave(demo *d, int who);

/* demo_bonds.c: the chapters about numbers, and about what outlives the power. */
void demo_compare_numbers(demo *d);
void demo_power_off_and_on(demo *d);

#endif
