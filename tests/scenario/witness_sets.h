/* A witness of extended advertising: what each field of its PDUs tells of who sent them, as far as it may be told apart
 * from what the program itself says.  Each thing that it notes belongs to one of the sender's times (witness_times()),
 * so whatever outlives an address makes that time a longer one:
 *   addresses           of the advertiser, and of who asks it
 *   target, DID         of a set, until it has another one: of 22 and 12 random bits, that come again now and then
 *   random parts        each of them, reassembled from chains
 * The program's own and left alone: how many sets there are, of which kind and SID, their intervals, and the data that
 * it gave no random parts; all of that must be as it was given.  Vol 6 Part B 2.3.4, 4.4.2.11. */
#ifndef SCENARIO_WITNESS_SETS_H
#define SCENARIO_WITNESS_SETS_H

#include "witness.h"

enum { WITNESS_SETS = 8, WITNESS_LONG = 1650, WITNESS_PART_LEAST = 6 };

typedef struct {
    kith_sim_device sender;
    uint8_t sid;
    uint64_t interval_us;
    const uint8_t *data; /* what the program gave it, and in it: */
    uint16_t len;
    kith_random_part part; /* of no octets, or at least WITNESS_PART_LEAST */
    uint8_t heard[WITNESS_LONG];
    uint16_t at;
    unsigned whole; /* so often all of it was heard */
    unsigned did;   /* 0x1000: none yet */
    uint8_t target[6];
    uint32_t targets; /* how many there were */
    uint64_t event_us;
    unsigned changes, on_beat; /* of its DID; the event after it came when the one before it let it be expected */
} witness_set;

typedef struct {
    witness *w;
    witness_set sets[WITNESS_SETS];
    unsigned count;
    unsigned strange; /* of no set there should be, or not what the program gave it */
} witness_sets;

void witness_sets_listen(witness_sets *s, witness *w, cast_room *room);
/* *a is lent for as long as it listens. */
void witness_sets_expect(witness_sets *s, const cast_host *host, const kith_advertising *a);

#endif
