/* The database hash: AES-CMAC with a key of zeros over the declarations, in order of their handles.
 * Core Vol 3 Part G 7.3.1.  Which attributes count, and whether their value does, is a table. */
#include "base/bytes.h"
#include "crypto/cmac.h"
#include "gatt/database.h"

typedef enum { LEFT_OUT, TYPE_ALONE, WITH_VALUE } share;

static share share_of(const kith_uuid *type)
{
    static const struct {
        kith_uuid type;
        share share;
    } rows[] = {
        {KITH_UUID16(0x2800), WITH_VALUE}, {KITH_UUID16(0x2801), WITH_VALUE}, {KITH_UUID16(0x2802), WITH_VALUE},
        {KITH_UUID16(0x2803), WITH_VALUE}, {KITH_UUID16(0x2900), WITH_VALUE}, {KITH_UUID16(0x2901), TYPE_ALONE},
        {KITH_UUID16(0x2902), TYPE_ALONE}, {KITH_UUID16(0x2903), TYPE_ALONE}, {KITH_UUID16(0x2904), TYPE_ALONE},
        {KITH_UUID16(0x2905), TYPE_ALONE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (kith_uuid_equal(type, &rows[i].type))
            return rows[i].share;
    return LEFT_OUT;
}

static void add(const gatt_database *db, const gatt_attribute *at, share how, crypto_cmac_state *cmac)
{
    uint8_t head[4], scratch[GATT_SCRATCH];
    const uint8_t *value;
    size_t len;

    bytes_put16(head, at->handle);
    memcpy(head + 2, at->type->octets + (at->type->size == 2 ? 0 : 12), 2); /* a long form is of the same type */
    crypto_cmac_add(cmac, head, sizeof head);
    if (how != WITH_VALUE)
        return;
    value = gatt_database_value(db, at, scratch, &len);
    crypto_cmac_add(cmac, value, len);
}

kith_status gatt_database_make_hash(gatt_database *db, const kith_crypto_port *crypto)
{
    static const uint8_t key[16];
    crypto_cmac_state cmac;
    gatt_attribute at;
    uint8_t code[16];
    kith_status status;
    bool more = gatt_database_find_from(db, 1, &at);

    crypto_cmac_start(&cmac, crypto, key);
    for (; more; more = gatt_database_next(db, &at)) {
        share how = at.kind == GATT_VALUE ? LEFT_OUT : share_of(at.type);

        if (how != LEFT_OUT)
            add(db, &at, how, &cmac);
    }
    status = crypto_cmac_finish(&cmac, code);
    bytes_reverse(db->hash, code, sizeof code);
    return status;
}
