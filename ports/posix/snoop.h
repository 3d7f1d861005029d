/* One packet into the btsnoop file of a port, if it has one. */
#ifndef PORTS_POSIX_SNOOP_H
#define PORTS_POSIX_SNOOP_H

#include "kith/port/posix.h"

void posix_snoop_packet(kith_posix *port, const uint8_t *packet, size_t len, bool to_host);

#endif
