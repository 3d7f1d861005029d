/* Bluetooth device addresses.  Core Vol 6 Part B 1.3.
 *
 * Octets are kept as on the wire: least significant first.  As text they are written most significant
 * first: "C0:11:22:33:44:55" is octets {0x55,0x44,0x33,0x22,0x11,0xC0}. */
#ifndef KITH_ADDRESS_H
#define KITH_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kith/status.h"

enum { KITH_ADDRESS_PUBLIC = 0, KITH_ADDRESS_RANDOM = 1 };

typedef struct {
    uint8_t type; /* KITH_ADDRESS_PUBLIC or KITH_ADDRESS_RANDOM; a resolvable private address is random */
    uint8_t octets[6];
} kith_address;

typedef enum {
    KITH_ADDRESS_KIND_PUBLIC,
    KITH_ADDRESS_KIND_STATIC,
    KITH_ADDRESS_KIND_RESOLVABLE,
    KITH_ADDRESS_KIND_NON_RESOLVABLE,
    KITH_ADDRESS_KIND_RESERVED
} kith_address_kind;

/* Told by the type and, for random addresses, by the two most significant bits. */
kith_address_kind kith_address_kind_of(const kith_address *address);

/* May it name a device for good?  Public and static addresses may, private ones may not. */
bool kith_address_is_identity(const kith_address *address);

bool kith_address_equal(const kith_address *a, const kith_address *b); /* type and octets */

/* Writes "C0:11:22:33:44:55" and a closing zero.  Returns text. */
#define KITH_ADDRESS_TEXT 18
char *kith_address_format(const kith_address *address, char text[KITH_ADDRESS_TEXT]);

/* Reads the form above, either case; the type is left as it was.
 * KITH_ERR_VALUE: text is not an address; nothing was changed. */
KITH_MUST_USE kith_status kith_address_parse(const char *text, kith_address *address);

#endif
