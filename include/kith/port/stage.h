/* Hosts on the virtual radio: carries packets, work and time between a room (sim/sim.h) and any number of hosts.
 *
 *   kith_stage_open(&stage, seed, &crypto);
 *   kith_stage_enter(&stage, lamp_memory, sizeof lamp_memory, &lamp_config, &lamp);
 *   kith_stage_enter(&stage, phone_memory, sizeof phone_memory, &phone_config, &phone);
 *   while ((who = kith_stage_next(&stage, deadline_us, &event)) >= 0)
 *       act on the event of host number who
 *   kith_stage_close(&stage);
 *
 * Everything happens in virtual time, on one thread, and the same way each time.  Owner: the caller. */
#ifndef KITH_PORT_STAGE_H
#define KITH_PORT_STAGE_H

#include "kith/host.h"
#include "kith/port/pump.h"

struct kith_sim;

enum { KITH_STAGE_HOSTS = 24, KITH_STAGE_PACKET = 264 };

typedef struct {
    kith_host *host;
    int device;
    size_t held_len; /* a packet the host had no room for */
    uint8_t held[KITH_STAGE_PACKET];
    bool working, ran; /* a work item is here; it was run, and the host has no room for its events yet */
    uint64_t work_due_us;
    kith_work work;
} kith_stage_host;

typedef struct {
    struct kith_sim *sim;
    size_t count;
    uint64_t work_us; /* virtual time a work item takes; 0: none (default) */
    kith_stage_host hosts[KITH_STAGE_HOSTS];
} kith_stage;

/* A stage with a room of its own, or in a room that is there.
 * KITH_ERR_VALUE: no crypto; KITH_ERR_FULL: no memory. */
KITH_MUST_USE kith_status kith_stage_open(kith_stage *stage, uint64_t seed, const kith_crypto_port *crypto);
void kith_stage_close(kith_stage *stage); /* frees that room; one that failed to open, or of zeros, too */
void kith_stage_init(kith_stage *stage, struct kith_sim *sim);

/* Makes a host in memory, gives it a controller whose public address is its number plus one (01:00:00:00:00:00 for
 * number 0, as octets in wire order), and starts it.  Errors of kith_host_init(), kith_stage_add(), kith_sim_add() and
 * kith_host_start(). */
KITH_MUST_USE kith_status kith_stage_enter(kith_stage *stage, void *memory, size_t size, const kith_config *config,
                                           kith_host **out);

/* KITH_ERR_FULL: KITH_STAGE_HOSTS are there.  Hosts are numbered from 0 in the order they come. */
KITH_MUST_USE kith_status kith_stage_add(kith_stage *stage, kith_host *host, int device);

/* Takes a host away; the others keep their numbers.  Its controller stays. */
void kith_stage_remove(kith_stage *stage, size_t number);

/* The next event of any host and that host's number, or -1 when until_us is reached first.  Time stands
 * still while events are there. */
int kith_stage_next(kith_stage *stage, uint64_t until_us, kith_event *event);

/* One host's place, for a program that waits (kith/port/blocking.h) among hosts that act on events. */
typedef struct {
    kith_stage *stage;
    size_t number; /* of the program's host */
    void *context;
    void (*others)(void *context, size_t number, const kith_event *event); /* what the others are told; may be NULL */
} kith_stage_seat;

/* The seat and its stage must stay.  Time that is waited is virtual: an hour passes as fast as it can be worked out. */
void kith_stage_pump(kith_stage_seat *seat, kith_pump *pump);

/* Virtual time now. */
uint64_t kith_stage_now(const kith_stage *stage);

#endif
