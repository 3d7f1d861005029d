/* Somebody who listens to all of the air for as long as a test lasts, and knows who sent what: which addresses each
 * device was under, from when to when, and whether anything in its packets outlived one of them. */
#ifndef SCENARIO_WITNESS_H
#define SCENARIO_WITNESS_H

#include "cast.h"

enum { WITNESS_SECRETS = 8, WITNESS_SIGHTINGS = 14000, WITNESS_DEVICES = 8, WITNESS_OCTETS = 31 };

typedef enum { WITNESS_ADDRESS, WITNESS_ACCESS, WITNESS_CRC, WITNESS_TARGET, WITNESS_DID, WITNESS_PART } witness_field;

/* Something that should be new with each address of a device. */
typedef struct {
    kith_sim_device sender;
    witness_field field;
    uint8_t octets[6];
    uint64_t first_us, last_us;
} witness_sighting;

typedef struct {
    kith_address secrets[WITNESS_SECRETS];
    unsigned secret_count;
    unsigned heard_secret; /* an identity address, anywhere in a packet */
    unsigned heard_public; /* advertising, scan or connection request of an address that is not random */
    unsigned heard_other;  /* of one that is random, and not a private one that can be resolved */
    witness_sighting seen[WITNESS_SIGHTINGS];
    unsigned count;
    /* Data that a device has advertised: it may be one thing and nothing else, as that is the program's. */
    struct {
        uint8_t octets[WITNESS_OCTETS];
        uint8_t len;
        bool known;
    } said[WITNESS_DEVICES];
    unsigned changed_data;
    uint64_t packets;
} witness;

void witness_listen(witness *w, cast_room *room);
void witness_keep_secret(witness *w, const cast_host *host); /* its identity address */

/* Heard once more, or for the first time; up to 6 octets. */
void witness_note(witness *w, const kith_sim_frame *frame, witness_field field, const uint8_t *octets, size_t len);

void witness_forget_data(witness *w); /* from now on devices advertise something else */

/* The times of a device: all that is heard of it in one of them overlaps, and nothing of it is heard in another.
 * *longest: of them, in us.  Returns how many there were. */
unsigned witness_times(const witness *w, kith_sim_device device, uint64_t *longest);

/* How many addresses of it were heard. */
unsigned witness_addresses(const witness *w, kith_sim_device device);

#endif
