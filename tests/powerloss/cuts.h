/* Cuts the power in a deed on a flash log everywhere: at every operation, after every number of octets, and again
 * while the log recovers.  After each cut all that stood stands, what the deed was about is old or new, and the log
 * goes on.  The everyday run leaves some torn lengths out; KITH_FULL=1 leaves out none. */
#ifndef POWERLOSS_CUTS_H
#define POWERLOSS_CUTS_H

#include "tests/unit/test_store_support.h"

enum { CUTS_IDS = 24 };

/* What should be in the log. */
typedef struct {
    struct {
        bool stands;
        uint8_t fill;
        uint16_t len;
    } of[CUTS_IDS]; /* by id */
} cuts_model;

typedef struct {
    rig r;
    cuts_model model;
    sim_flash_tear tear;
    bool forgets;
    uint32_t tried; /* cuts */
} cuts_scene;

/* One change to one record. */
typedef struct {
    const char *name;
    void (*prepare)(cuts_scene *scene);
    uint32_t id;
    bool removes;
    uint8_t fill; /* of what is put */
} cuts_deed;

/* Octets of what is put: a bond, or less where that is too much. */
uint16_t cuts_len(const cuts_scene *scene);

/* For prepare(): these keep the model up to date. */
void cuts_put(cuts_scene *scene, uint32_t id, uint8_t fill, uint16_t len);
void cuts_remove(cuts_scene *scene, uint32_t id);
/* Replaces record 1 until the deed has to erase a sector. */
void cuts_fill_until_erase(cuts_scene *scene, const cuts_deed *deed);

/* Tries all of the deed on this geometry; answers how many cuts that were. */
uint32_t cuts_try(const sim_flash_geometry *geometry, const cuts_deed *deed, sim_flash_tear tear, bool forgets);

bool cuts_full(void);

#endif
