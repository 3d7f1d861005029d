/* Fuzz target: what a stranger advertises.
 *
 * Input: advertising data.  Traps when a structure reaches
 * out of the data, when there are more than it has octets for, when a service that is listed is not found, or when what
 * was read cannot be written the same again. */
#include <stdlib.h>
#include <string.h>

#include "kith/ad.h"
#include "kith/scanning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_structures(const uint8_t *data, size_t len)
{
    uint8_t *again = malloc(len);
    size_t at = 0, written = 0;
    kith_ad ad, found;

    require(again != NULL);
    while (kith_ad_next(data, len, &at, &ad)) {
        require(at <= len && ad.value >= data && ad.value + ad.len <= data + len);
        require(kith_ad_find(data, len, ad.type, &found) && found.value <= ad.value);
        require(kith_ad_put(again, len, &written, ad.type, ad.value, ad.len) == KITH_OK);
    }
    require(written == at && memcmp(again, data, at) == 0);
    free(again);
}

static void check_services(const uint8_t *data, size_t len)
{
    kith_uuid uuid;

    for (size_t i = 0; kith_ad_service(data, len, i, &uuid); i++) {
        require(i < len && (uuid.size == 2 || uuid.size == 16));
        require(kith_ad_has_service(data, len, &uuid));
    }
}

/* Whoever seeks what a report says finds it, whatever it is. */
static void check_sought(const uint8_t *data, size_t len)
{
    kith_event_report report = {.len = (uint16_t)len, .rssi = -40, .connectable = true};
    kith_sought sought = {.rssi_least = -40, .connectable = true};
    kith_uuid uuid;

    if (len <= sizeof report.data)
        memcpy(report.data, data, len);
    else
        report.long_data = data;
    if (kith_ad_service(data, len, 0, &uuid))
        sought.service = &uuid;
    require(kith_gap_is_sought(&sought, &report));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;

    if (size == 0 || size > 1650)
        return 0;
    copy = malloc(size); /* of its own size */
    require(copy != NULL);
    memcpy(copy, data, size);
    check_structures(copy, size);
    check_services(copy, size);
    check_sought(copy, size);
    free(copy);
    return 0;
}
