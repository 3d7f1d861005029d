/* The cast of a scenario: a room on the virtual radio, and hosts in it that write down what they are told.
 *
 * Every host gets a block of exactly the size it asks for, with guard octets on both sides that are looked at when
 * the room closes.  Every event is held against rules that always hold: nothing is told about a link before
 * CONNECTED or after DISCONNECTED, and a verdict agrees with the event that carries it.  Public API only. */
#ifndef SCENARIO_CAST_H
#define SCENARIO_CAST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../rules/starts.h"
#include "kith/codec/hci.h"
#include "kith/kith.h"
#include "kith/port/stage.h"
#include "sim/sim.h"

enum { CAST_HOSTS = 22, CAST_KINDS = 96, CAST_LOG = 128, CAST_LINKS = 22, CAST_SECOND = 1000000 };

typedef enum { CAST_OPENSSL, CAST_PSA, CAST_TOY } cast_crypto; /* TOY: no curve, for runs by the thousand */

typedef enum { CAST_RANDOM_FAILS, CAST_RANDOM_CONSTANT, CAST_RANDOM_REPEATS } cast_random_fault;

/* A seeded random source that can be told to fail. */
typedef struct {
    uint64_t state;
    long good_draws; /* so many more are good; negative: all are */
    cast_random_fault then;
} cast_random;

typedef struct cast_room cast_room;
typedef struct cast_host cast_host;
typedef void cast_reaction(cast_host *self, const kith_event *event);

typedef struct {
    uint64_t time_us;
    kith_event_kind kind;
    kith_link link;
    kith_why why;
    uint8_t code;
} cast_note;

struct cast_host {
    cast_room *room;
    const char *name;
    kith_host *host;
    kith_sim_device device;
    size_t number; /* on the stage */
    kith_config config;
    kith_crypto_port crypto;
    cast_random random;
    uint8_t *block; /* guard, memory, guard */
    size_t size;

    unsigned told[CAST_KINDS];
    kith_event last[CAST_KINDS]; /* pointers in them are gone, but for value below */
    uint8_t value[600];          /* of the last attribute read or written */
    size_t value_len;
    kith_link link; /* the last one connected; 0: it is gone */
    kith_link open[CAST_LINKS];
    starts begun;
    unsigned ends;        /* of pairings and encryptions */
    kith_verdict end;     /* the last of them */
    kith_level highest;   /* level ever told */
    uint16_t handle;      /* of the protected value, once discovered */
    cast_reaction *react; /* may be NULL */
    void *context;        /* the test's */
    bool answers;         /* the person at it answers COMPARISON_WANTED at once, so: */
    kith_comparison answer;
    bool holds_store;    /* operations of its store wait for cast_finish_store(); all other work is done at once */
    bool has_store_work; /* one waits */
    kith_work store_work;
    cast_note log[CAST_LOG];
    unsigned notes;
};

struct cast_room {
    kith_sim *sim;
    kith_stage stage;
    kith_crypto_port crypto; /* of the room */
    cast_crypto kind;
    uint64_t seed;
    unsigned devices;
    cast_host hosts[CAST_HOSTS];
    size_t count;
};

cast_room *cast_open(uint64_t seed, cast_crypto kind);
void cast_close(cast_room *room);

/* The seed of the environment (KITH_SEED), else this one; printed, so that a failure can be played again. */
uint64_t cast_first_seed(uint64_t otherwise);
unsigned cast_runs(unsigned everyday, unsigned full); /* KITH_SEEDS, or full with KITH_FULL=1 */
bool cast_is_full(void);

extern const uint8_t CAST_SECRET[6];
enum { CAST_SERVICE = 0x1815, CAST_VALUE = 0x2a3d, CAST_VALUE_HANDLE = 16, CAST_OPEN_HANDLE = 18 };

/* A peripheral with a protected value and an open one; a central. */
void cast_lamp_config(kith_config *config);
void cast_phone_config(kith_config *config);

kith_sim_device cast_device(cast_room *room); /* a controller without a host */
cast_host *cast_add(cast_room *room, const char *name, const kith_config *config);
cast_host *cast_add_on(cast_room *room, const char *name, const kith_config *config, kith_sim_device device);
cast_host *cast_add_lamp(cast_room *room, const char *name);
cast_host *cast_add_phone(cast_room *room, const char *name);
void cast_start(cast_room *room); /* all hosts, until all are READY */

/* Its power goes off: nothing is left but its store, if it has one; its links die at the peers by supervision timeout.
 * On: a host is made anew in the same place, with the configuration as it is by then, and started. */
void cast_power_off(cast_host *host);
void cast_power_on(cast_host *host);
void cast_reboot(cast_host *host); /* both, until READY; whoever was connected knows */

void cast_hold_store(cast_host *host); /* from now on, and what a call has just asked of it */
/* The operation that waits is done and its result given to the host; what comes next waits again. */
kith_status cast_finish_store(cast_host *host);

/* Lets everything happen until then, or until done says so (asked after every event). */
typedef bool cast_done(void *context);
void cast_run_until(cast_room *room, uint64_t until_us);
bool cast_run(cast_room *room, uint64_t for_us, cast_done *done, void *context);

/* Until the host has been told so many of them in all; fails the test if that takes longer than a minute. */
const kith_event *cast_await(cast_host *host, kith_event_kind kind, unsigned times);
const kith_event *cast_await_next(cast_host *host, kith_event_kind kind);
void cast_await_ends(cast_host *host, unsigned ends);

/* ---- common moves ---- */

kith_address cast_address(const cast_host *host);
void cast_advertise(cast_host *lamp);
void cast_connect(cast_host *phone, cast_host *lamp);          /* until both know */
void cast_disconnect(cast_host *one, cast_host *other);        /* until both know; fine if they are not connected */
void cast_pair(cast_host *phone, cast_host *lamp);             /* opens the window, secures, awaits and checks */
void cast_connect_and_pair(cast_host *phone, cast_host *lamp); /* the "clean pairing" that must always work */
void cast_read(cast_host *phone, uint16_t handle);             /* until it ends; see last[KITH_EVENT_READ] */
void cast_expect_equal_keys(const cast_host *a, const cast_host *b);
void cast_encrypt(cast_host *one, cast_host *other); /* one secures the link, by the bond, until both have been told */
bool cast_only_bond(const cast_host *host, kith_bond_info *bond, kith_bond_keys *keys);
void cast_forget_all(cast_host *host);

/* Ends told, and each with a name that is not success's. */
void cast_expect_failed(cast_host *host, unsigned ends, kith_why why);

/* Fails the test after printing what every host was told. */
void cast_fail(cast_room *room, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
#define cast_check(room, condition)                                                                                    \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            cast_fail(room, "%s:%d: not so: %s", __FILE__, __LINE__, #condition);                                      \
    } while (0)
#define cast_equal(room, is, wanted)                                                                                   \
    do {                                                                                                               \
        long long is_ = (long long)(is), wanted_ = (long long)(wanted);                                                \
        if (is_ != wanted_)                                                                                            \
            cast_fail(room, "%s:%d: %s is %lld, not %lld", __FILE__, __LINE__, #is, is_, wanted_);                     \
    } while (0)

#endif
