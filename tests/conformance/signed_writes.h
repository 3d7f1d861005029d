/* Signed writes on the bench: a host that takes them, both ways, over links that are not encrypted.  The same in both
 * roles, since either side may serve.  Core Vol 3 Part C 10.4, Part H 2.4.5. */
#ifndef CONFORMANCE_SIGNED_WRITES_H
#define CONFORMANCE_SIGNED_WRITES_H

#include "peer.h"

/* Handles of the values that are served, by what they ask for. */
enum { SIGNED = 16, SIGNED_AUTHENTICATED = 18, ENCRYPTED = 20, OPEN = 22 };
enum { SIGNED_MAX = 40 };

/* A host that may sign, and a peer that gives and takes signing keys and nothing else. */
#define get_ready(role) (AT, signed_get_ready(role))
/* Bonded with Just Works (or with numbers that were compared), with signing keys both ways, and connected again without
 * encryption. */
#define meet_signing(role)          (AT, signed_meet(role, false))
#define meet_signing_compared(role) (AT, signed_meet(role, true))
#define connect_again()             (AT, signed_connect_again())

#define peer_signs(handle, value, counter) (AT, signed_peer_signs(handle, value, counter))
/* The value of SIGNED is told, with the peer's bond; of another level, or handle. */
#define we_believe(value)                   (AT, signed_believe(SIGNED, value, KITH_LEVEL_ENCRYPTED))
#define we_believe_as(level, handle, value) (AT, signed_believe(handle, value, level))
#define we_ignore()                         (AT, signed_ignore())
/* What we send, to a handle of the peer's. */
#define sign(value)             (AT, signed_sign(value))
#define we_sign(value, counter) (AT, signed_we_sign(value, counter))

void signed_get_ready(bench_role role);
void signed_meet(bench_role role, bool compared);
void signed_connect_again(void);
size_t signed_make(uint8_t pdu[SIGNED_MAX], uint16_t handle, const char *value, uint32_t counter);
void signed_peer_signs(uint16_t handle, const char *value, uint32_t counter);
void signed_believe(uint16_t handle, const char *value, kith_level level);
void signed_ignore(void);
kith_status signed_sign(const char *value);
void signed_we_sign(const char *value, uint32_t counter);

#endif
