/* What the stores of this folder check records with. */
#ifndef PORTS_STORES_CRC32_H
#define PORTS_STORES_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Begins with 0xffffffff; the check is the complement of what is at the end. */
uint32_t crc32_more(uint32_t crc, const uint8_t *octets, size_t len);

#endif
