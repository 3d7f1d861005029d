/* How much a flash log holds, and how long its flash lives: for a geometry and a way of use, before any hardware is
 * there.  Nothing is read or written; a geometry is all that is looked at.
 *
 *   kith_capacity_use use = KITH_CAPACITY_USE_DEFAULT;
 *   kith_capacity told;
 *
 *   use.bonds = 8;
 *   use.state_changes = 200 * 365;
 *   if (kith_capacity_tell(&flash, &use, &told) == KITH_CAPACITY_POSSIBLE)
 *       ... told.bonds fit, and the flash lives for told.years_x10 / 10 years
 *
 * What fits is exact: the log takes that and refuses more.  What it lives is an estimate, for changes that fall on all
 * bonds alike; it is within a fifth of what the log does.  Integer arithmetic; all of it is also in
 * docs/bond-format.md. Tests: tests/unit/test_store_capacity.c fills logs and lives through years. */
#ifndef KITH_CAPACITY_H
#define KITH_CAPACITY_H

#include "kith/store.h"

/* Octets of records, as a host writes them. */
enum {
    KITH_CAPACITY_DEVICE = 23,    /* our own identity; counted once: each other one (kith/identity.h) takes as much */
    KITH_CAPACITY_BOND = 57,      /* Secure Connections, with the peer's IRK */
    KITH_CAPACITY_CSRK = 16,      /* for each signing key, ours and the peer's */
    KITH_CAPACITY_LEGACY = 93,    /* legacy pairing, keys for both roles, with the peer's IRK */
    KITH_CAPACITY_STATE = 21,     /* with the counters of both signing keys */
    KITH_CAPACITY_SEAL = 32,      /* sealing adds this to each record */
    KITH_CAPACITY_CHUNKS = 48,    /* beside a bond, at most: kinds 14 to 61 */
    KITH_CAPACITY_MANY = 36500000 /* of anything a year, at most: 100,000 a day */
};

/* A way of use.  Everything a year is of all bonds together. */
typedef struct {
    uint32_t bonds;         /* that stand; 0: as many as fit */
    uint16_t bond_octets;   /* of a bond record; not 0 */
    uint16_t state_octets;  /* of the state beside a bond; 0: there is none */
    uint16_t chunk_octets;  /* of a chunk beside a bond */
    uint16_t chunks;        /* beside each bond */
    bool sealed;            /* KITH_CAPACITY_SEAL is added to each record */
    uint32_t state_changes; /* a year */
    uint32_t chunk_changes; /* a year */
    uint32_t bonds_made;    /* a year, each with its state and chunks: new ones, and old ones made anew */
    uint32_t bonds_removed; /* a year, each with its state and chunks */
    uint32_t starts;        /* a year: how often the log is opened.  A start costs an erase before the next sector */
    uint32_t endurance;     /* erases that a sector survives; not 0 */
} kith_capacity_use;

#define KITH_CAPACITY_USE_DEFAULT                                                                                      \
    ((kith_capacity_use){.bond_octets = KITH_CAPACITY_BOND, .state_octets = KITH_CAPACITY_STATE, .endurance = 10000})

/* Why it cannot be. */
typedef enum {
    KITH_CAPACITY_POSSIBLE,
    KITH_CAPACITY_PROGRAM_SIZE, /* not 1, 2, 4, 8, 16 or 32 */
    KITH_CAPACITY_ERASED,       /* not 0x00 or 0xff */
    KITH_CAPACITY_SECTOR_SIZE,  /* below 256, above 131072, or no multiple of the program size */
    KITH_CAPACITY_SECTOR_COUNT, /* below 2 or above 65535 */
    KITH_CAPACITY_FLASH_SIZE,   /* 4 GiB or more in all */
    KITH_CAPACITY_SECTOR_SMALL, /* one of the records does not fit into a sector */
    KITH_CAPACITY_RECORD_SIZE,  /* a record is larger than KITH_RECORD_MAX, a bond or chunk is empty */
    KITH_CAPACITY_USE,          /* more than KITH_CAPACITY_MANY of something a year, too many chunks, or no endurance */
    KITH_CAPACITY_ROOM,         /* the bonds do not fit; what does is told */
    KITH_CAPACITY_YEARS         /* kith_capacity_sectors() alone: no number of sectors lives that long */
} kith_capacity_problem;

typedef struct {
    uint32_t device_octets; /* that each takes on the flash, as the next five */
    uint32_t bond_octets;
    uint32_t state_octets;   /* 0: there is none */
    uint32_t chunk_octets;   /* 0: there is none */
    uint32_t removal_octets; /* until its sector is collected */
    uint32_t each_octets;    /* a bond with its state and chunks */

    uint32_t largest_octets; /* of these records */

    uint32_t usable; /* octets that may stand, the largest record about to be put included, whatever happened before */
    /* Bonds that certainly fit, with state and chunks, beside our own identity, so that each of these records can
     * still be replaced: a replaced one is there until its successor is. */
    uint32_t bonds;
    uint32_t kept;          /* the bonds that the rest is told for: use->bonds, or bonds */
    uint32_t used;          /* octets of what stands */
    uint32_t room;          /* usable, less used and less what replacing the largest record needs */
    uint32_t states_beside; /* further state records in that room; 0 where there are none */

    uint32_t erases;             /* a year, of all sectors together; they wear alike */
    uint64_t programmed;         /* octets a year */
    uint64_t written;            /* octets of records that a host hands out a year, seals included */
    uint32_t amplification_x100; /* programmed for each octet of those; 0: nothing is written */
    uint32_t years_x10; /* until each sector was erased `endurance` times; UINT32_MAX: longer than can be told */
} kith_capacity;

/* Tells what this flash holds and how long it lives.  Of *flash only the geometry is looked at: sector_size,
 * sector_count, program_size, erased, can_clear.  *out is zeroed first; with ROOM all but wear is told, with any other
 * problem nothing. */
KITH_MUST_USE kith_capacity_problem kith_capacity_tell(const kith_flash *flash, const kith_capacity_use *use,
                                                       kith_capacity *out);

/* The other way round: the fewest sectors on which use->bonds (not 0) fit and which live for these years.
 * flash->sector_count does not matter.  *out is what kith_capacity_tell() says for that many; *sectors is 0 with a
 * problem.  ROOM: the bonds fit on no flash of such sectors. */
KITH_MUST_USE kith_capacity_problem kith_capacity_sectors(const kith_flash *flash, const kith_capacity_use *use,
                                                          uint32_t years, uint32_t *sectors, kith_capacity *out);

/* One plain sentence, without its full stop; "" for POSSIBLE. */
const char *kith_capacity_problem_text(kith_capacity_problem problem);

#endif
