/* Who may read and write what.  Core Vol 3 Part C 10.3.1, Part F 4.
 *
 * Levels have one total order, that of kith_level, and permissions are written in it; so the check is a
 * comparison, and the error follows from what is missing first. */
#include "gatt/permission.h"

enum { WRITE_SHIFT = 3, KEY_SIZE_SHIFT = 6, SIGNED_SHIFT = 10, MIN_KEY_SIZE = 7, FULL_KEY_SIZE = 16 };

static unsigned level_needed(unsigned permissions, gatt_operation operation)
{
    if (operation == GATT_READ)
        return permissions & KITH_READ_MASK;
    return (permissions & KITH_WRITE_MASK) >> WRITE_SHIFT;
}

static unsigned key_size_stated(unsigned permissions)
{
    unsigned field = (permissions & KITH_KEY_SIZE_MASK) >> KEY_SIZE_SHIFT;

    return field == 0 ? MIN_KEY_SIZE : field + 1;
}

static unsigned key_size_needed(unsigned permissions, unsigned level)
{
    return level >= KITH_LEVEL_SC_AUTHENTICATED ? FULL_KEY_SIZE : key_size_stated(permissions);
}

/* Vol 3 Part C 10.2.2: level 1 of mode 2 needs an unauthenticated bond, level 2 an authenticated one. */
static kith_att_error check_signed(unsigned permissions, const gatt_link_security *sec)
{
    unsigned mode_2_level = (permissions & KITH_WRITE_SIGNED_MASK) >> SIGNED_SHIFT;

    if (mode_2_level == 0 || mode_2_level > 2 || sec->encrypted)
        return KITH_ATT_ERROR_WRITE_NOT_PERMITTED;
    return sec->signer >= mode_2_level + 1 ? KITH_ATT_ERROR_NONE : KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION;
}

kith_att_error gatt_check_permission(uint16_t permissions, gatt_operation operation, const gatt_link_security *sec)
{
    unsigned needed = level_needed(permissions, operation);

    if (operation == GATT_WRITE_SIGNED)
        return check_signed(permissions, sec);
    if (needed < KITH_LEVEL_NONE || needed > KITH_LEVEL_SC_AUTHENTICATED)
        return operation == GATT_READ ? KITH_ATT_ERROR_READ_NOT_PERMITTED : KITH_ATT_ERROR_WRITE_NOT_PERMITTED;
    if (needed == KITH_LEVEL_NONE)
        return KITH_ATT_ERROR_NONE;
    /* Whether the bond's key would do is not asked: 0x0F only says "encrypt with it first". */
    if (!sec->encrypted)
        return sec->key_exists ? KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION : KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION;
    if ((unsigned)sec->level < needed)
        return KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION;
    if (sec->key_size < key_size_needed(permissions, needed))
        return KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT;
    return KITH_ATT_ERROR_NONE;
}

bool gatt_permissions_are_valid(uint16_t permissions)
{
    return (permissions & KITH_PERMISSION_RESERVED) == 0 &&
           level_needed(permissions, GATT_READ) <= KITH_LEVEL_SC_AUTHENTICATED &&
           level_needed(permissions, GATT_WRITE) <= KITH_LEVEL_SC_AUTHENTICATED &&
           (permissions & KITH_WRITE_SIGNED_MASK) != KITH_WRITE_SIGNED_MASK &&
           key_size_stated(permissions) >= MIN_KEY_SIZE;
}
