/* Repeatable randomness (xoshiro256**).  Not cryptography: a simulated room has no secrets. */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t s[4];
} sim_rng;

void sim_rng_seed(sim_rng *rng, uint64_t seed, uint64_t stream); /* streams of one seed are independent */
uint64_t sim_rng_next(sim_rng *rng);
uint32_t sim_rng_below(sim_rng *rng, uint32_t limit); /* 0 .. limit-1; limit at least 1 */
void sim_rng_fill(sim_rng *rng, uint8_t *out, size_t len);

#endif
