/* Device keys from a secret that the program supplies: AES-CMAC-PRF-128 (RFC 4615) over a label and the generation. */
#include <string.h>

#include "base/bytes.h"
#include "base/wipe.h"
#include "crypto/toolbox.h"
#include "kith/sealed_store.h"

static kith_status find_key(void *context, uint16_t generation, uint8_t key[16])
{
    const kith_device_keys *keys = context;

    for (unsigned i = 0; i < KITH_DEVICE_KEYS; i++)
        if (keys->of[i].used && keys->of[i].generation == generation) {
            memcpy(key, keys->of[i].key, 16);
            return KITH_OK;
        }
    return KITH_ERR_NOT_FOUND;
}

/* RFC 4615: a key of 16 octets is taken as it is, another length is brought to 16. */
static kith_status derive(const kith_crypto_port *port, uint16_t generation, const uint8_t *secret, size_t len,
                          uint8_t out[16])
{
    static const uint8_t none[16];
    uint8_t key[16] = {0}, message[17] = "kith device key";
    kith_status status = KITH_OK;

    bytes_put16(message + 15, generation);
    if (len == 16)
        memcpy(key, secret, 16);
    else
        status = crypto_cmac(port, none, secret, len, key);
    if (status == KITH_OK)
        status = crypto_cmac(port, key, message, sizeof message, out);
    wipe(key, sizeof key);
    return status;
}

/* KITH_DEVICE_KEYS: no place. */
static unsigned place_for(const kith_device_keys *keys, uint16_t generation)
{
    unsigned place = KITH_DEVICE_KEYS;

    for (unsigned i = KITH_DEVICE_KEYS; i-- > 0;)
        if (!keys->of[i].used)
            place = i;
    for (unsigned i = 0; i < KITH_DEVICE_KEYS; i++)
        if (keys->of[i].used && keys->of[i].generation == generation)
            place = i;
    return place;
}

kith_status kith_device_keys_add(kith_device_keys *keys, kith_crypto_port *port, uint16_t generation,
                                 const uint8_t *secret, size_t len)
{
    unsigned place = place_for(keys, generation);
    uint8_t key[16] = {0};
    kith_status status;

    if (len < 16 || len > 32)
        return KITH_ERR_VALUE;
    if (place == KITH_DEVICE_KEYS)
        return KITH_ERR_FULL;
    status = derive(port, generation, secret, len, key);
    if (status == KITH_OK) {
        keys->of[place].used = true;
        keys->of[place].generation = generation;
        memcpy(keys->of[place].key, key, 16);
        port->context = keys;
        port->device_key = find_key;
    }
    wipe(key, sizeof key);
    return status;
}

void kith_device_keys_drop(kith_device_keys *keys, uint16_t generation)
{
    for (unsigned i = 0; i < KITH_DEVICE_KEYS; i++)
        if (keys->of[i].used && keys->of[i].generation == generation)
            wipe(&keys->of[i], sizeof keys->of[i]);
}
