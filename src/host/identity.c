/* Who this device is: its identity resolving key, and its static address where it uses one.  Given by the program, else
 * kept in the store, else drawn at every start of the program.  Core Vol 3 Part C 10.7, 15.1. */
#include <string.h>

#include "base/wipe.h"
#include "host/internal.h"

static kith_status draw(kith_host *h, peers_device *out, bool irk, bool address)
{
    kith_status status = KITH_OK;

    memset(out, 0, sizeof *out);
    if (irk)
        status = crypto_random(h->config.crypto, &h->random, out->irk, sizeof out->irk);
    if (status == KITH_OK && address)
        status = crypto_random(h->config.crypto, &h->random, out->static_address, sizeof out->static_address);
    out->static_address[5] |= 0xc0;
    if (status != KITH_OK)
        wipe(out, sizeof *out);
    return status;
}

/* All of it, whatever this program uses: the store is for good. */
kith_status identity_draw(kith_host *h, peers_device *out)
{
    return draw(h, out, true, true);
}

void identity_adopt(kith_host *h, const peers_device *device)
{
    const kith_config *config = &h->config;

    memcpy(h->irk, config->irk != NULL ? config->irk : device->irk, sizeof h->irk);
    h->identity_known = true;
    if (config->own_address != KITH_OWN_STATIC)
        return;
    h->own.type = KITH_ADDRESS_RANDOM;
    memcpy(h->own.octets, config->static_address != NULL ? config->static_address : device->static_address, 6);
}

/* Without a store it stays the same over restarts of the controller, and no longer. */
kith_status identity_without_store(kith_host *h)
{
    peers_device device;
    kith_status status;

    if (h->identity_known || storing_outlives(h))
        return KITH_OK;
    status = draw(h, &device, h->config.irk == NULL,
                  h->config.own_address == KITH_OWN_STATIC && h->config.static_address == NULL);
    if (status == KITH_OK)
        identity_adopt(h, &device);
    wipe(&device, sizeof device);
    return status;
}
