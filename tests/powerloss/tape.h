/* Writes down what is done to a flash, so that whatever a power cut could leave of it can be made from that, without
 * doing it all again. */
#ifndef POWERLOSS_TAPE_H
#define POWERLOSS_TAPE_H

#include "sim/flash.h"

typedef enum { TAPE_PROGRAM, TAPE_ERASE, TAPE_SYNC } tape_kind;

typedef struct {
    tape_kind kind;
    uint32_t address, len; /* what is programmed or erased */
    uint32_t octets;       /* where what is programmed lies in the tape's octets */
} tape_step;

typedef struct {
    tape_step *steps;
    uint32_t count, room;
    uint8_t *octets;
    uint32_t used, octets_room;
} tape;

/* Between a log and its flash. */
typedef struct {
    kith_flash flash; /* the one that does it */
    tape *to;         /* NULL: nothing is written down */
    bool collects;    /* something was erased that was not empty */
    uint32_t sector;  /* the last one that was programmed */
} tape_recorder;

void tape_install(tape_recorder *recorder, sim_flash *flash); /* before the flash's port is used */
void tape_clear(tape *t);
void tape_free(tape *t);

/* A flash as it lies there without power. */
typedef struct {
    const kith_flash *geometry;
    uint8_t *octets;
    bool *half_erased; /* by sector */
    uint64_t hash;     /* of all that */
} tape_image;

void image_new(tape_image *image, sim_flash *flash); /* as the flash is now */
void image_free(tape_image *image);
void image_copy(tape_image *to, const tape_image *from);
void image_set(tape_image *image, uint32_t address, uint8_t octet);
void image_set_half_erased(tape_image *image, uint32_t sector, bool is);
void image_load(const tape_image *image, sim_flash *flash);
/* What the step wants at this offset of what it changes. */
uint8_t tape_wanted(const tape *t, const tape_step *step, uint32_t offset, const tape_image *image);
void tape_apply(const tape *t, const tape_step *step, tape_image *image); /* all of it */

#endif
