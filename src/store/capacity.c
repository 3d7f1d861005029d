/* What a flash log holds, and how long its flash lives: kith/capacity.h.
 *
 * The model of wear.  Of N sectors m = N - 1 hold records, and the oldest is collected each time the newest is full.
 * Each sector takes `moved` octets, what still stood in the one collected, and q octets that are new.  A record whose
 * changes come by chance, u of them while q octets are written, is moved into a sector with the likelihood
 *
 *   p = (1 - a) a^(m-1) / (1 - a^m),   a = e^-u
 *
 * which is 1/m for one that never changes, and 1 where m is 1.  So q + moved(q) is what a sector takes; the left side
 * grows with q, and q is found by halving. */
#include "kith/capacity.h"

#include <string.h>

#include "store/layout.h"

enum { BONDS, STATES, CHUNKS, CLASSES };
enum { ONE = 31 /* bits of fraction of a likelihood */, SMALL = 22 /* 2^-10 in what has 32 */ };

/* Records that are alike. */
typedef struct {
    uint64_t count;
    uint64_t writes;  /* a year */
    uint32_t size;    /* on the flash */
    uint32_t payload; /* as it is handed out */
} record_class;

typedef struct {
    record_class of[CLASSES];
    uint32_t device;   /* its size */
    uint64_t removals; /* a year */
    uint64_t appended; /* octets a year, what is moved not counted */
    uint32_t takes;    /* octets of records that a sector takes in the mean */
    uint32_t held;     /* sectors with records */
} model;

/* ---- what cannot be ---- */

static bool is_program_size(uint16_t size)
{
    return size != 0 && size <= 32 && (size & (size - 1)) == 0;
}

static kith_capacity_problem problem_of_flash(const kith_flash *flash)
{
    if (!is_program_size(flash->program_size))
        return KITH_CAPACITY_PROGRAM_SIZE;
    if (flash->erased != 0x00 && flash->erased != 0xff)
        return KITH_CAPACITY_ERASED;
    if (flash->sector_size < 256 || flash->sector_size > 131072 || flash->sector_size % flash->program_size != 0)
        return KITH_CAPACITY_SECTOR_SIZE;
    if (flash->sector_count < 2 || flash->sector_count > UINT16_MAX)
        return KITH_CAPACITY_SECTOR_COUNT;
    if ((uint64_t)flash->sector_size * flash->sector_count > UINT32_MAX)
        return KITH_CAPACITY_FLASH_SIZE;
    return KITH_CAPACITY_POSSIBLE;
}

static uint32_t max32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t largest_payload(const kith_capacity_use *use)
{
    uint32_t largest =
        max32(max32(KITH_CAPACITY_DEVICE, use->bond_octets), max32(use->state_octets, use->chunk_octets));

    return largest + (use->sealed ? KITH_CAPACITY_SEAL : 0);
}

static kith_capacity_problem problem_of_use(const kith_flash *flash, const kith_capacity_use *use)
{
    if (use->bond_octets == 0 || use->bond_octets > KITH_RECORD_MAX || use->state_octets > KITH_RECORD_MAX ||
        use->chunk_octets > KITH_RECORD_MAX || (use->chunk_octets == 0) != (use->chunks == 0))
        return KITH_CAPACITY_RECORD_SIZE;
    if (use->state_changes > KITH_CAPACITY_MANY || use->chunk_changes > KITH_CAPACITY_MANY ||
        use->bonds_made > KITH_CAPACITY_MANY || use->bonds_removed > KITH_CAPACITY_MANY ||
        use->starts > KITH_CAPACITY_MANY || use->chunks > KITH_CAPACITY_CHUNKS || use->endurance == 0)
        return KITH_CAPACITY_USE;
    return largest_payload(use) <= layout_largest(flash) ? KITH_CAPACITY_POSSIBLE : KITH_CAPACITY_SECTOR_SMALL;
}

/* ---- what fits ---- */

static uint32_t clip32(uint64_t value)
{
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static uint32_t size_of(const kith_flash *flash, const kith_capacity_use *use, uint32_t octets)
{
    return octets == 0 ? 0 : layout_record_size(flash, octets + (use->sealed ? KITH_CAPACITY_SEAL : 0));
}

static void tell_sizes(const kith_flash *flash, const kith_capacity_use *use, kith_capacity *out)
{
    out->device_octets = size_of(flash, use, KITH_CAPACITY_DEVICE);
    out->bond_octets = size_of(flash, use, use->bond_octets);
    out->state_octets = size_of(flash, use, use->state_octets);
    out->chunk_octets = size_of(flash, use, use->chunk_octets);
    out->removal_octets = layout_record_size(flash, 0);
    out->each_octets = out->bond_octets + out->state_octets + use->chunks * out->chunk_octets;
    out->largest_octets = layout_record_size(flash, largest_payload(use));
    out->usable = layout_usable(flash, flash->sector_count, out->largest_octets);
}

/* A record is replaced by one beside it, so there must be room for the largest once more. */
static void tell_room(const kith_capacity_use *use, kith_capacity *out)
{
    uint64_t fixed = (uint64_t)out->device_octets + out->largest_octets, taken;

    out->bonds = out->usable > fixed ? (uint32_t)((out->usable - fixed) / out->each_octets) : 0;
    out->kept = use->bonds != 0 ? use->bonds : out->bonds;
    out->used = clip32(out->device_octets + (uint64_t)out->kept * out->each_octets);
    taken = (uint64_t)out->used + out->largest_octets;
    out->room = taken < out->usable ? (uint32_t)(out->usable - taken) : 0;
    out->states_beside = out->state_octets != 0 ? out->room / out->state_octets : 0;
}

/* ---- likelihoods ---- */

/* e^-x: x has 32 bits of fraction, the answer ONE. */
static uint64_t exp_minus(uint64_t x)
{
    /* e^-16, e^-8 ... e^(-1/4096), 32 bits of fraction */
    static const uint32_t power[] = {483,        1440801,    78665070,   581260615,  1580030169, 2605029347,
                                     3344923893, 3790295335, 4034748382, 4162825044, 4228380000, 4261543595,
                                     4278222805, 4286586875, 4290775039, 4292870656, 4293918848};
    uint64_t result = (uint64_t)1 << ONE;

    if (x >> 32 >= 32)
        return 0;
    for (unsigned i = 0; i < sizeof power / sizeof power[0]; i++) {
        uint64_t step = (uint64_t)1 << (36 - i);

        if (x >= step) {
            x -= step;
            result = result * power[i] >> 32;
        }
    }
    return result - (result * x >> 32);
}

/* 1 - e^-x, also where that is next to nothing. */
static uint64_t one_less_exp_minus(uint64_t x)
{
    if (x >> SMALL != 0)
        return ((uint64_t)1 << ONE) - exp_minus(x);
    return (x - (x * x >> 33)) >> 1;
}

/* How often one record of a class changes while q octets are appended; 32 bits of fraction. */
static uint64_t changes_within(const model *m, const record_class *c, uint32_t q)
{
    uint64_t writes = (c->writes * q << 16) / m->appended; /* of all: below 2^33, since each is an octet at least */

    return (writes << 16) / c->count;
}

/* That a record is moved into the sector that q octets are then appended to. */
static uint64_t moved_share(const model *m, const record_class *c, uint32_t q)
{
    uint64_t u = changes_within(m, c, q);

    if (m->held == 1)
        return (uint64_t)1 << ONE;
    if (u >> 37 != 0)
        return 0;
    if (u * m->held >> SMALL == 0)
        return ((uint64_t)1 << ONE) / m->held;
    return one_less_exp_minus(u) * exp_minus(u * (m->held - 1)) / one_less_exp_minus(u * m->held);
}

static uint64_t moved_octets(const model *m, uint32_t q)
{
    uint64_t sum = m->device / m->held;

    for (unsigned i = 0; i < CLASSES; i++)
        if (m->of[i].count != 0 && m->of[i].size != 0)
            sum += m->of[i].count * m->of[i].size * moved_share(m, &m->of[i], q) >> ONE;
    return sum;
}

/* What is new in each sector; at least one octet. */
static uint32_t find_new_octets(const model *m)
{
    uint32_t low = 1, high = m->takes;

    while (low + 1 < high) {
        uint32_t q = low + (high - low) / 2;

        if (q + moved_octets(m, q) <= m->takes)
            low = q;
        else
            high = q;
    }
    return low;
}

/* ---- wear ---- */

static void make_model(const kith_flash *flash, const kith_capacity_use *use, const kith_capacity *told, model *m)
{
    uint32_t seal = use->sealed ? KITH_CAPACITY_SEAL : 0;
    uint64_t records = 0, made = use->bonds_made;

    m->of[BONDS] = (record_class){told->kept, made, told->bond_octets, use->bond_octets + seal};
    m->of[STATES] = (record_class){told->kept, made + use->state_changes, told->state_octets, use->state_octets + seal};
    m->of[CHUNKS] = (record_class){(uint64_t)told->kept * use->chunks, made * use->chunks + use->chunk_changes,
                                   told->chunk_octets, use->chunk_octets + seal};
    m->device = told->device_octets;
    m->removals = 0;
    m->held = flash->sector_count - 1;
    for (unsigned i = 0; i < CLASSES; i++) {
        record_class *c = &m->of[i];

        if (c->size == 0 || c->count == 0)
            c->count = c->writes = 0;
        else
            m->removals += (uint64_t)use->bonds_removed * (c->count / told->kept);
        records += c->writes;
        m->appended += c->writes * c->size;
    }
    m->appended += m->removals * told->removal_octets;
    /* What a sector's end wastes is half a record, in the mean. */
    m->takes = layout_capacity(flash);
    if (records + m->removals != 0)
        m->takes -= (uint32_t)(m->appended / (records + m->removals)) / 2;
}

/* As src/store/destroy.c has it: else what is removed is destroyed by erasing. */
static bool destroys_by_clearing(const kith_flash *flash)
{
    return flash->can_clear && flash->program_size <= LAYOUT_RECORD_HEADER;
}

/* Sectors with a version of one record of this class, in 1/256. */
static uint64_t holders_x256(const model *m, const record_class *c, uint32_t q)
{
    uint64_t one = (uint64_t)1 << ONE;
    uint64_t none = exp_minus(changes_within(m, c, q)) * (one - moved_share(m, c, q)) >> ONE;
    uint64_t holders = (m->held * (one - none)) >> (ONE - 8);

    return holders > 256 ? holders : 256;
}

static uint64_t destroying_at(const kith_flash *flash, const kith_capacity_use *use, const model *m, uint32_t q)
{
    uint64_t sum = 0;

    if (destroys_by_clearing(flash))
        return 0;
    for (unsigned i = 0; i < CLASSES; i++)
        if (m->of[i].count != 0)
            sum +=
                (uint64_t)use->bonds_removed * (i == CHUNKS ? use->chunks : 1u) * holders_x256(m, &m->of[i], q) / 256;
    return sum;
}

/* Octets that a collection moves that only destroys: what stands lies close together where there are many of them, and
 * the holder has more of it than its fair share. */
static uint64_t moved_by_destroying(const model *m, const kith_capacity *told, uint32_t q)
{
    uint64_t all = told->used < m->takes ? told->used : m->takes;

    return moved_octets(m, q) / 4 * 3 + all / 4;
}

/* Collections a year that do nothing but destroy.  The more there are, the fewer octets come into each sector, and the
 * fewer sectors have a version: the truth lies between what that makes of it and what it would be without. */
static uint64_t destroying(const kith_flash *flash, const kith_capacity_use *use, const model *m, uint32_t q)
{
    uint64_t most = destroying_at(flash, use, m, q), least;

    if (most == 0)
        return 0;
    least = destroying_at(flash, use, m, max32((uint32_t)(m->appended / (m->appended / q + most)), 1));
    return (most + least) / 2;
}

/* Versions of one record that are there when it is removed, in 1/256: those that the log still has, or all that there
 * ever were where its life was shorter. */
static uint64_t versions_x256(const kith_capacity_use *use, const model *m, const record_class *c, uint32_t q)
{
    uint64_t kept = (changes_within(m, c, q) * m->held >> 24) + (moved_share(m, c, q) * m->held >> (ONE - 8));
    uint64_t removals = c->count / m->of[BONDS].count * use->bonds_removed;
    uint64_t ever = (c->writes << 8) / removals;

    if (ever == 0)
        return kept;
    return ever * one_less_exp_minus((kept << 24) / ever << 8) >> ONE;
}

/* Octets a year that are programmed to cleared: every version of what is removed, those that were replaced too. */
static uint64_t cleared_octets(const kith_flash *flash, const kith_capacity_use *use, const model *m, uint32_t q)
{
    uint64_t sum = 0;

    if (use->bonds_removed == 0 || !destroys_by_clearing(flash))
        return 0;
    for (unsigned i = 0; i < CLASSES; i++) {
        const record_class *c = &m->of[i];

        if (c->count != 0)
            sum += (uint64_t)use->bonds_removed * (i == CHUNKS ? use->chunks : 1u) *
                   (versions_x256(use, m, c, q) * (c->size - LAYOUT_RECORD_HEADER) / 256);
    }
    return sum;
}

static void tell_wear(const kith_flash *flash, const kith_capacity_use *use, kith_capacity *out)
{
    model m = {.appended = 0};
    uint64_t collected, destroyed, erases, of_header = layout_first_record(flash);
    uint32_t q;

    out->years_x10 = UINT32_MAX;
    make_model(flash, use, out, &m);
    if (m.appended == 0)
        return;
    q = find_new_octets(&m);
    collected = (m.appended + q - 1) / q;
    destroyed = destroying(flash, use, &m, q);
    erases = collected + destroyed;
    erases += use->starts < erases ? use->starts : erases;
    out->erases = clip32(erases);
    for (unsigned i = 0; i < CLASSES; i++)
        out->written += m.of[i].writes * m.of[i].payload;
    out->programmed = m.appended + collected * (of_header + moved_octets(&m, q)) +
                      destroyed * (of_header + moved_by_destroying(&m, out, q)) + cleared_octets(flash, use, &m, q);
    if (out->written != 0)
        out->amplification_x100 = clip32(out->programmed / (out->written / 100 + 1));
    out->years_x10 = clip32((uint64_t)use->endurance * flash->sector_count * 10 / erases);
}

kith_capacity_problem kith_capacity_tell(const kith_flash *flash, const kith_capacity_use *use, kith_capacity *out)
{
    kith_capacity_problem problem = problem_of_flash(flash);

    memset(out, 0, sizeof *out);
    if (problem == KITH_CAPACITY_POSSIBLE)
        problem = problem_of_use(flash, use);
    if (problem != KITH_CAPACITY_POSSIBLE)
        return problem;
    tell_sizes(flash, use, out);
    tell_room(use, out);
    if (out->kept == 0 || out->kept > out->bonds)
        return KITH_CAPACITY_ROOM;
    tell_wear(flash, use, out);
    return KITH_CAPACITY_POSSIBLE;
}

/* ---- the other way round ---- */

static kith_capacity_problem try_sectors(const kith_flash *flash, const kith_capacity_use *use, uint32_t years,
                                         uint32_t sectors, kith_capacity *out)
{
    kith_flash tried = *flash;
    kith_capacity_problem problem;

    tried.sector_count = sectors;
    problem = kith_capacity_tell(&tried, use, out);
    if (problem == KITH_CAPACITY_POSSIBLE && out->years_x10 < (uint64_t)years * 10)
        return KITH_CAPACITY_YEARS;
    return problem;
}

/* More sectors hold more and live longer. */
kith_capacity_problem kith_capacity_sectors(const kith_flash *flash, const kith_capacity_use *use, uint32_t years,
                                            uint32_t *sectors, kith_capacity *out)
{
    uint32_t low = 1, high = UINT16_MAX; /* low is too few, high is enough */
    kith_capacity_problem problem = try_sectors(flash, use, years, 2, out);

    *sectors = 0;
    if (problem != KITH_CAPACITY_POSSIBLE && problem != KITH_CAPACITY_ROOM && problem != KITH_CAPACITY_YEARS)
        return problem;
    if ((uint64_t)high * flash->sector_size > UINT32_MAX)
        high = UINT32_MAX / flash->sector_size;
    problem = try_sectors(flash, use, years, high, out);
    if (problem != KITH_CAPACITY_POSSIBLE)
        return problem;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;

        if (try_sectors(flash, use, years, middle, out) == KITH_CAPACITY_POSSIBLE)
            high = middle;
        else
            low = middle;
    }
    *sectors = high;
    return try_sectors(flash, use, years, high, out);
}

const char *kith_capacity_problem_text(kith_capacity_problem problem)
{
    switch (problem) {
    case KITH_CAPACITY_POSSIBLE:
        return "";
    case KITH_CAPACITY_PROGRAM_SIZE:
        return "a flash programs 1, 2, 4, 8, 16 or 32 octets at once";
    case KITH_CAPACITY_ERASED:
        return "an erased octet reads as 0xff or 0x00";
    case KITH_CAPACITY_SECTOR_SIZE:
        return "a sector has 256 to 131072 octets, a multiple of what is programmed at once";
    case KITH_CAPACITY_SECTOR_COUNT:
        return "a log has 2 to 65535 sectors";
    case KITH_CAPACITY_FLASH_SIZE:
        return "all sectors together are below 4 GiB";
    case KITH_CAPACITY_SECTOR_SMALL:
        return "such a record does not fit into such a sector";
    case KITH_CAPACITY_RECORD_SIZE:
        return "a record has 1 to 192 octets";
    case KITH_CAPACITY_USE:
        return "more than 36500000 changes a year, more than 48 chunks beside a bond, or no endurance";
    case KITH_CAPACITY_ROOM:
        return "the bonds do not fit";
    case KITH_CAPACITY_YEARS:
        return "no number of such sectors lives that long";
    default:
        return "unknown";
    }
}
