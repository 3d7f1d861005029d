/* Who may read and write what.  Core Vol 3 Part C 10.3.1, Part F 4.
 *
 * Levels have one total order, that of kith_level, and permissions are written in it; so the check is a
 * comparison, and the error follows from what is missing first. */
#include "gatt/permission.h"

enum {
    WRITE_SHIFT = 3,
    KEY_SIZE_SHIFT = 6,
    SIGNED_SHIFT = 10,
    NOTIFY_SHIFT = 16,
    MIN_KEY_SIZE = 7,
    FULL_KEY_SIZE = 16
};

static unsigned read_level(uint32_t permissions)
{
    return permissions & KITH_READ_MASK;
}

static unsigned write_level(uint32_t permissions)
{
    return (permissions & KITH_WRITE_MASK) >> WRITE_SHIFT;
}

static unsigned notify_stated(uint32_t permissions)
{
    return (permissions & KITH_NOTIFY_MASK) >> NOTIFY_SHIFT;
}

static unsigned stronger_of(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* What may not be read is not sent to whoever asks to be told of it (C5). */
static unsigned notify_level(uint32_t permissions)
{
    unsigned stronger = stronger_of(read_level(permissions), write_level(permissions));

    if (notify_stated(permissions) != 0)
        return notify_stated(permissions);
    return stronger != 0 ? stronger : (unsigned)KITH_LEVEL_NONE;
}

static unsigned level_needed(uint32_t permissions, gatt_operation operation)
{
    switch (operation) {
    case GATT_READ:
        return read_level(permissions);
    case GATT_NOTIFY:
        return notify_level(permissions);
    default:
        return write_level(permissions);
    }
}

static bool needs_authorization(uint32_t permissions, gatt_operation operation)
{
    if (operation == GATT_NOTIFY)
        return false; /* it is the program that sends */
    return (permissions & (operation == GATT_READ ? KITH_READ_AUTHORIZED : KITH_WRITE_AUTHORIZED)) != 0;
}

static unsigned key_size_stated(uint32_t permissions)
{
    unsigned field = (permissions & KITH_KEY_SIZE_MASK) >> KEY_SIZE_SHIFT;

    return field == 0 ? MIN_KEY_SIZE : field + 1;
}

static unsigned key_size_needed(uint32_t permissions, unsigned level)
{
    return level >= KITH_LEVEL_SC_AUTHENTICATED ? FULL_KEY_SIZE : key_size_stated(permissions);
}

unsigned gatt_strongest_level(uint32_t permissions)
{
    return stronger_of(stronger_of(read_level(permissions), write_level(permissions)), notify_stated(permissions));
}

unsigned gatt_signed_level(uint32_t permissions)
{
    return (permissions & KITH_WRITE_SIGNED_MASK) >> SIGNED_SHIFT;
}

/* Vol 3 Part C 10.2.2: level 1 of mode 2 needs an unauthenticated bond, level 2 an authenticated one. */
static kith_att_error check_signed(uint32_t permissions, const gatt_link_security *sec)
{
    unsigned mode_2_level = gatt_signed_level(permissions);

    if (mode_2_level == 0 || mode_2_level > 2 || sec->encrypted)
        return KITH_ATT_ERROR_WRITE_NOT_PERMITTED;
    if (sec->signer < mode_2_level + 1)
        return KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION;
    /* A command cannot wait for the program's word. */
    return (permissions & KITH_WRITE_AUTHORIZED) != 0 ? KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION : KITH_ATT_ERROR_NONE;
}

static kith_att_error check_level(uint32_t permissions, unsigned needed, const gatt_link_security *sec)
{
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

kith_att_error gatt_check_permission(uint32_t permissions, gatt_operation operation, const gatt_link_security *sec)
{
    unsigned needed = level_needed(permissions, operation);
    kith_att_error error;

    if (operation == GATT_WRITE_SIGNED)
        return check_signed(permissions, sec);
    if (needed < KITH_LEVEL_NONE || needed > KITH_LEVEL_SC_AUTHENTICATED)
        return operation == GATT_WRITE ? KITH_ATT_ERROR_WRITE_NOT_PERMITTED : KITH_ATT_ERROR_READ_NOT_PERMITTED;
    error = check_level(permissions, needed, sec);
    if (error == KITH_ATT_ERROR_NONE && needs_authorization(permissions, operation) && !sec->authorized)
        error = KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION;
    return error;
}

uint32_t gatt_configuration_permissions(uint32_t of_value)
{
    return KITH_READ_OPEN | notify_level(of_value) << WRITE_SHIFT | (of_value & KITH_KEY_SIZE_MASK);
}

bool gatt_permissions_are_valid(uint32_t permissions)
{
    return (permissions & KITH_PERMISSION_RESERVED) == 0 && read_level(permissions) <= KITH_LEVEL_SC_AUTHENTICATED &&
           write_level(permissions) <= KITH_LEVEL_SC_AUTHENTICATED &&
           notify_level(permissions) <= KITH_LEVEL_SC_AUTHENTICATED &&
           (permissions & KITH_WRITE_SIGNED_MASK) != KITH_WRITE_SIGNED_MASK &&
           (read_level(permissions) != 0 || (permissions & KITH_READ_AUTHORIZED) == 0) &&
           (write_level(permissions) != 0 || (permissions & KITH_WRITE_AUTHORIZED) == 0) &&
           key_size_stated(permissions) >= MIN_KEY_SIZE;
}
