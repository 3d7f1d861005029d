/* The crypto ports of a scenario: a real backend or a toy curve, each with a seeded random source. */
#ifndef SCENARIO_CAST_CRYPTO_H
#define SCENARIO_CAST_CRYPTO_H

#include "cast.h"

/* The random source must outlive the port. */
void cast_crypto_port(cast_crypto kind, cast_random *random, kith_crypto_port *port);

#endif
