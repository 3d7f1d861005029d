/* xoshiro256** (Blackman and Vigna), its state filled by splitmix64. */
#include "rng.h"

static uint64_t rotate_left(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void sim_rng_seed(sim_rng *rng, uint64_t seed, uint64_t stream)
{
    uint64_t state = stream;

    state = seed ^ splitmix(&state);
    for (unsigned i = 0; i < 4; i++)
        rng->s[i] = splitmix(&state);
}

uint64_t sim_rng_next(sim_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint32_t sim_rng_below(sim_rng *rng, uint32_t limit)
{
    return (uint32_t)((sim_rng_next(rng) >> 32) * limit >> 32);
}

void sim_rng_fill(sim_rng *rng, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(sim_rng_next(rng) >> 56);
}
