/* Cuts the power in a deed on a flash log everywhere: at every operation, after every number of octets; in the recovery
 * from that in the same way, and in the recovery from that one.  Each flash that may be left so is tried once, however
 * many cuts leave it: all that stood stands, what the deed was about is old or new and stays what it was found to be,
 * what was removed cannot be read, no ID is given out twice, and the log goes on. */
#ifndef POWERLOSS_CUTS_H
#define POWERLOSS_CUTS_H

#include "tape.h"
#include "tests/unit/test_store_support.h"

enum { CUTS_RECORDS = 48, CUTS_VERSIONS = 8, CUTS_DEPTH = 4 };

/* What is done to one record. */
typedef struct {
    uint8_t kind;
    bool removes;
    uint32_t id;
    uint8_t fill;
    uint16_t len;
} cuts_change;

/* What should be in the log, or is. */
typedef struct {
    kith_record of[CUTS_RECORDS]; /* kind 0: none */
    uint32_t count;
} cuts_content;

/* What a cut leaves of an operation. */
typedef enum {
    CUTS_FORWARD,   /* its first octets */
    CUTS_BACKWARD,  /* its last octets */
    CUTS_SCATTERED, /* bits by chance */
    CUTS_FORGOTTEN  /* its first octets, and of what was not synced before it any of it: a disk with a cache */
} cuts_tear;

typedef struct {
    uint32_t cuts;    /* ways to lose power */
    uint32_t flashes; /* different ones that they left, each tried */
} cuts_count;

typedef struct cuts_scene cuts_scene;

typedef struct {
    const char *name;
    void (*prepare)(cuts_scene *scene);
    cuts_change change;
} cuts_deed;

/* A flash before it is opened, and what opening does to it.  Level 0: before the deed, and what that does. */
typedef struct {
    tape_image image, work;
    tape tape;
    bool done; /* the deed was, as was found when it was opened */
} cuts_level;

struct cuts_scene {
    rig r;
    tape_recorder recorder;
    cuts_content model;                  /* without the deed */
    kith_record versions[CUTS_VERSIONS]; /* octets that the deed removes, if it does */
    uint32_t version_count, highest_id;
    const cuts_deed *deed;
    cuts_tear tear;
    unsigned depth; /* levels of recovery that are cut, too */
    cuts_level levels[CUTS_DEPTH + 1];
    struct cuts_seen *seen;
    uint32_t seen_count, seen_room;
    sim_rng rng;
    cuts_count count;
};

/* For prepare(): these keep the model up to date. */
void cuts_do(cuts_scene *scene, const cuts_change *change);
void cuts_put(cuts_scene *scene, uint32_t id, uint8_t fill); /* a bond */
void cuts_put_state(cuts_scene *scene, uint32_t id, uint8_t fill);
void cuts_remove(cuts_scene *scene, uint32_t id); /* a bond */
/* Puts bond 1 and an empty state again and again until this has to collect a sector. */
void cuts_fill_until_collects(cuts_scene *scene, const cuts_change *change);
uint32_t cuts_sector(const cuts_scene *scene); /* that was written last */

/* A bond's octets, those of its state. */
enum { CUTS_BOND = 57, CUTS_STATE = 40, CUTS_FILLER_ID = 90 };

/* Tries all of the deed on this geometry. */
cuts_count cuts_try(const sim_flash_geometry *geometry, const cuts_deed *deed, cuts_tear tear, unsigned depth);

bool cuts_full(void); /* KITH_FULL=1: nothing is left out */

#endif
