/* The permission check: one function, asked for every read, every write and every value that is sent unasked.
 * Core Vol 3 Part F 4 and Part C 10.3.1.  It knows links and levels; it does not know attributes. */
#ifndef GATT_PERMISSION_H
#define GATT_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "kith/codec/att.h"
#include "kith/gatt.h"
#include "kith/verdict.h"

/* What protects a link at this moment. */
typedef struct {
    bool encrypted;
    bool key_exists;  /* a bond with this peer exists, though the link may be plain */
    uint8_t key_size; /* of the key in use */
    kith_level level; /* of the key in use; looked at only when encrypted */
    bool authorized;  /* the program said yes to this very request */
    uint8_t signer;   /* kith_level of the bond whose signing key the peer may use; 0: none */
} gatt_link_security;

typedef enum { GATT_READ, GATT_WRITE, GATT_WRITE_SIGNED, GATT_NOTIFY } gatt_operation;

/* KITH_ATT_ERROR_NONE, or why not:
 * 0x02 0x03  not permitted to anybody
 * 0x05       the link is plain and no key exists, or it is encrypted below the level that is needed
 * 0x0F       the link is plain and a key exists
 * 0x0C       the key in use is too short
 * 0x08       all of that is there, and the program was not asked, or said no
 *
 * GATT_NOTIFY asks whether the value may be sent to this client, and whether it may ask for that.
 * GATT_WRITE_SIGNED presumes that the signature is right, and answers
 * 0x03       not permitted to anybody, or the link is encrypted (Vol 3 Part C 10.4: not there)
 * 0x05       there is no signing key, or the bond it came with is too weak */
kith_att_error gatt_check_permission(uint32_t permissions, gatt_operation operation, const gatt_link_security *sec);

/* Of the client configuration of a value with these: anybody may look, and ask for what may be sent to him. */
uint32_t gatt_configuration_permissions(uint32_t of_value);

/* The kith_level with which a client may do all that these let anybody do; 0: nothing. */
unsigned gatt_strongest_level(uint32_t permissions);

/* The level of security mode 2 that a signed write needs; 0: nobody may. */
unsigned gatt_signed_level(uint32_t permissions);

/* Are these bits such as a table may have? */
bool gatt_permissions_are_valid(uint32_t permissions);

#endif
