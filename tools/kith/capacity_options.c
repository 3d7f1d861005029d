/* The options of `kith capacity`: numbers a day, sizes as in 4K, and which of them belong together. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capacity_options.h"
#include "choice.h"

enum {
    OPTION_SECTORS = 256,
    OPTION_SECTOR_SIZE,
    OPTION_WRITE,
    OPTION_ERASED,
    OPTION_NO_CLEAR,
    OPTION_BONDS,
    OPTION_LEGACY,
    OPTION_CSRK,
    OPTION_STATE,
    OPTION_CHUNK,
    OPTION_CHUNKS,
    OPTION_SEALED,
    OPTION_STATE_CHANGES,
    OPTION_RECONNECTS,
    OPTION_CHUNK_CHANGES,
    OPTION_BONDS_MADE,
    OPTION_BONDS_REMOVED,
    OPTION_STARTS,
    OPTION_ENDURANCE,
    OPTION_YEARS
};

enum { DAYS = 365, MOST_A_DAY = KITH_CAPACITY_MANY / DAYS };

typedef struct {
    capacity_question *question;
    bool has_sectors, legacy, csrk, has_chunks, chunk_changes;
    double reconnects, state_changes; /* a day */
} options;

/* ---- numbers ---- */

static const choice_entry erased_choices[] = {{"0xff", 0xff}, {"0x00", 0x00}, {"ff", 0xff}, {"00", 0x00}, {NULL, 0}};

/* 4096, 4K and 4k are the same. */
static uint32_t parse_size(const char *option, const char *arg, uint32_t least, uint32_t most, struct argp_state *state)
{
    char *end = NULL;
    unsigned long long number;

    errno = 0;
    number = strtoull(arg, &end, 10);
    if (*end == 'K' || *end == 'k') {
        number = number <= UINT32_MAX ? number * 1024 : number;
        end++;
    }
    if (*arg < '0' || *arg > '9' || *end != '\0' || errno != 0 || number < least || number > most)
        argp_error(state, "%s is a number of %u to %u, as in 4096 or 4K; not '%s'", option, (unsigned)least,
                   (unsigned)most, arg);
    return (uint32_t)number;
}

/* A day, with decimals: one in two days is 0.5. */
static double parse_rate(const char *option, const char *arg, struct argp_state *state)
{
    char *end = NULL;
    double number;

    errno = 0;
    number = strtod(arg, &end);
    if ((*arg != '.' && (*arg < '0' || *arg > '9')) || *end != '\0' || errno != 0 || !(number <= MOST_A_DAY))
        argp_error(state, "%s is how many a day, 0 to %d, as in 200 or 0.5; not '%s'", option, MOST_A_DAY, arg);
    return number;
}

static uint32_t a_year(double a_day)
{
    double number = a_day * DAYS + 0.5;

    return number < KITH_CAPACITY_MANY ? (uint32_t)number : KITH_CAPACITY_MANY;
}

/* ---- options ---- */

static error_t take_flash_option(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    kith_flash *flash = &o->question->flash;

    switch (key) {
    case OPTION_SECTORS:
        flash->sector_count = parse_size("--sectors", arg, 1, UINT32_MAX, state);
        o->has_sectors = true;
        return 0;
    case OPTION_SECTOR_SIZE:
        flash->sector_size = parse_size("--sector-size", arg, 1, UINT32_MAX, state);
        return 0;
    case OPTION_WRITE:
        flash->program_size = (uint16_t)parse_size("--write", arg, 1, UINT16_MAX, state);
        return 0;
    case OPTION_ERASED:
        flash->erased = (uint8_t)choice_of(erased_choices, "--erased", arg, state);
        return 0;
    case OPTION_NO_CLEAR:
        flash->can_clear = false;
        return 0;
    case OPTION_ENDURANCE:
        o->question->use.endurance = parse_size("--endurance", arg, 1, UINT32_MAX, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_bond_option(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    kith_capacity_use *use = &o->question->use;

    switch (key) {
    case OPTION_BONDS:
        use->bonds = parse_size("--bonds", arg, 1, UINT32_MAX, state);
        return 0;
    case OPTION_LEGACY:
        o->legacy = true;
        return 0;
    case OPTION_CSRK:
        o->csrk = true;
        return 0;
    case OPTION_STATE:
        use->state_octets = (uint16_t)parse_size("--state", arg, 0, KITH_RECORD_MAX, state);
        return 0;
    case OPTION_CHUNK:
        use->chunk_octets = (uint16_t)parse_size("--chunk", arg, 1, KITH_RECORD_MAX, state);
        return 0;
    case OPTION_CHUNKS:
        use->chunks = (uint16_t)parse_size("--chunks", arg, 1, KITH_CAPACITY_CHUNKS, state);
        o->has_chunks = true;
        return 0;
    case OPTION_SEALED:
        use->sealed = true;
        return 0;
    default:
        return take_flash_option(key, arg, state);
    }
}

static error_t take_use_option(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    kith_capacity_use *use = &o->question->use;

    switch (key) {
    case OPTION_STATE_CHANGES:
        o->state_changes = parse_rate("--state-changes", arg, state);
        return 0;
    case OPTION_RECONNECTS:
        o->reconnects = parse_rate("--reconnects", arg, state);
        return 0;
    case OPTION_CHUNK_CHANGES:
        use->chunk_changes = a_year(parse_rate("--chunk-changes", arg, state));
        o->chunk_changes = true;
        return 0;
    case OPTION_BONDS_MADE:
        use->bonds_made = a_year(parse_rate("--bonds-made", arg, state));
        return 0;
    case OPTION_BONDS_REMOVED:
        use->bonds_removed = a_year(parse_rate("--bonds-removed", arg, state));
        return 0;
    case OPTION_STARTS:
        use->starts = a_year(parse_rate("--starts", arg, state));
        return 0;
    default:
        return take_bond_option(key, arg, state);
    }
}

static void check(options *o, struct argp_state *state)
{
    kith_capacity_use *use = &o->question->use;

    if (o->has_chunks && use->chunk_octets == 0)
        argp_error(state, "--chunks says how many; how large they are is --chunk");
    if (o->chunk_changes && use->chunk_octets == 0)
        argp_error(state, "--chunk-changes are of chunks; how large they are is --chunk");
    if (use->chunk_octets != 0 && !o->has_chunks)
        use->chunks = 1;
    if (o->question->years != 0 && o->has_sectors)
        argp_error(state, "--years asks how many sectors it takes, and --sectors says it: only one of the two");
    if (o->question->years != 0 && use->bonds == 0)
        argp_error(state, "--years asks how many sectors it takes; for how many --bonds?");
    o->question->tell_sectors = o->question->years != 0;
    use->bond_octets =
        (uint16_t)((o->legacy ? KITH_CAPACITY_LEGACY : KITH_CAPACITY_BOND) + (o->csrk ? 2 * KITH_CAPACITY_CSRK : 0));
    use->state_changes = a_year(o->state_changes + o->reconnects);
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;

    switch (key) {
    case OPTION_YEARS:
        o->question->years = parse_size("--years", arg, 1, 100000, state);
        return 0;
    case 'j':
        o->question->json = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is one argument too many", arg);
        return 0;
    case ARGP_KEY_END:
        check(o, state);
        return 0;
    default:
        return take_use_option(key, arg, state);
    }
}

static const struct argp_option option_table[] = {
    {NULL, 0, NULL, 0, "The flash:", 1},
    {"sectors", OPTION_SECTORS, "N", 0, "sectors, 2 to 65535 (default: 4)", 1},
    {"sector-size", OPTION_SECTOR_SIZE, "OCTETS", 0, "erased at once, 256 to 128K (default: 4K)", 1},
    {"write", OPTION_WRITE, "OCTETS", 0, "programmed at once: 1, 2, 4, 8, 16 or 32 (default: 4)", 1},
    {"erased", OPTION_ERASED, "OCTET", 0, "how an erased octet reads: 0xff (the default) or 0x00", 1},
    {"no-clear", OPTION_NO_CLEAR, NULL, 0,
     "programmed octets cannot be programmed once more: keys are destroyed by erasing", 1},
    {"endurance", OPTION_ENDURANCE, "ERASES", 0, "that a sector survives (default: 10000)", 1},
    {NULL, 0, NULL, 0, "What is kept:", 2},
    {"bonds", OPTION_BONDS, "N", 0, "bonds (default: as many as fit)", 2},
    {"legacy", OPTION_LEGACY, NULL, 0, "of legacy pairing, with keys for both roles", 2},
    {"csrk", OPTION_CSRK, NULL, 0, "with signing keys, ours and the peer's", 2},
    {"state", OPTION_STATE, "OCTETS", 0, "of the state beside each bond (default: 21; 0: none)", 2},
    {"chunk", OPTION_CHUNK, "OCTETS", 0, "of a chunk beside each bond (default: there is none)", 2},
    {"chunks", OPTION_CHUNKS, "N", 0, "so many chunks beside each bond (default: 1, with --chunk)", 2},
    {"sealed", OPTION_SEALED, NULL, 0, "records are encrypted: 32 octets more for each", 2},
    {NULL, 0, NULL, 0, "A day, all bonds together; 0.1 is one in ten days:", 3},
    {"state-changes", OPTION_STATE_CHANGES, "N", 0, "changes of state (default: 0)", 3},
    {"reconnects", OPTION_RECONNECTS, "N", 0, "reconnections, each one more change of state (default: 0)", 3},
    {"chunk-changes", OPTION_CHUNK_CHANGES, "N", 0, "chunks written anew (default: 0)", 3},
    {"bonds-made", OPTION_BONDS_MADE, "N", 0, "pairings (default: 0.1)", 3},
    {"bonds-removed", OPTION_BONDS_REMOVED, "N", 0, "bonds that are forgotten (default: 0.1)", 3},
    {"starts", OPTION_STARTS, "N", 0, "times that the device is switched on (default: 1)", 3},
    {NULL, 0, NULL, 0, "The answer:", 4},
    {"years", OPTION_YEARS, "N", 0, "how many sectors does it take to live for so long? Needs --bonds", 4},
    {"json", 'j', NULL, 0, "tell it as JSON, one object", 4},
    {0},
};

static const struct argp parser = {
    option_table,
    take_option,
    NULL,
    "Tells how many bonds a flash holds, and for how many years it lives."
    "\v"
    "  kith capacity --sectors 4 --sector-size 4K --write 4 --bonds 8 --state-changes 200 --reconnects 50\n"
    "  kith capacity --sectors 2 --sector-size 128K --write 32 --sealed\n"
    "  kith capacity --bonds 100 --years 20 --state-changes 500\n"
    "\n"
    "What fits is certain, whatever was written before; how long it lives is an estimate, for changes that fall on all "
    "bonds alike.\n"
    "\n"
    "JSON: one object with `event' (capacity), `possible', `sectors', `sector_size', `write', `bonds' (that fit), "
    "`kept', "
    "`bond_octets', `state_octets', `chunk_octets', `removal_octets', `device_octets', `usable', `used', `room', "
    "`states_beside', and where it is possible `erases_per_sector_per_year', `octets_per_year', `write_amplification', "
    "`years' (null: nothing is ever written); else `why'.\n"
    "\n"
    "Exit status: 0 it is possible; 1 it is not, and a sentence on stderr says why; 2 wrong use.",
    NULL,
    NULL,
    NULL,
};

void capacity_options_parse(int argc, char **argv, capacity_question *question)
{
    options o = {.question = question};

    memset(question, 0, sizeof *question);
    question->flash =
        (kith_flash){.sector_size = 4096, .sector_count = 4, .program_size = 4, .erased = 0xff, .can_clear = true};
    question->use = KITH_CAPACITY_USE_DEFAULT;
    question->use.bonds_made = question->use.bonds_removed = a_year(0.1);
    question->use.starts = a_year(1);
    argp_parse(&parser, argc, argv, 0, NULL, &o);
}
