/* Advertising by the commands of Core 4.2: one set.  Core Vol 4 Part E 7.8.5, 7.8.7 to 7.8.9. */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

enum { ADV_IND = 0, ADV_DIRECT_IND_HIGH = 1, ADV_SCAN_IND = 2, ADV_NONCONN_IND = 3, ADV_DIRECT_IND_LOW = 4 };
enum { DATA_MOST = 31, ALL_CHANNELS = 0x07 };

static uint8_t type_of(const kith_advertising *a)
{
    if (a->directed)
        return a->high_duty ? ADV_DIRECT_IND_HIGH : ADV_DIRECT_IND_LOW;
    if (a->connectable)
        return ADV_IND;
    return a->silent ? ADV_NONCONN_IND : ADV_SCAN_IND;
}

static size_t put_parameters(kith_host *h, host_set *set, uint8_t *out, kith_status *status)
{
    const kith_advertising *a = &set->as;
    host_target target;

    *status = advertise_aim(h, set, &target);
    if (*status != KITH_OK)
        return 0;
    h->advertised_as = h->selected;
    command_begin(out, KITH_HCI_LE_SET_ADV_PARAMETERS, 15);
    memset(out + 4, 0, 15);
    bytes_put16(out + 4, a->interval_625us);
    bytes_put16(out + 6, a->interval_625us);
    out[8] = type_of(a);
    out[9] = target.own_type;
    out[10] = target.address.type;
    memcpy(out + 11, target.address.octets, sizeof target.address.octets);
    out[17] = ALL_CHANNELS;
    out[18] = advertise_filter_policy(a);
    return 4 + 15;
}

static size_t put_data(kith_host *h, host_set *set, uint8_t what, uint8_t *out, kith_status *status)
{
    uint16_t len;

    (void)advertise_octets(&set->as, what, &len);
    command_begin(out, what == SET_DATA ? KITH_HCI_LE_SET_ADV_DATA : KITH_HCI_LE_SET_SCAN_RESPONSE_DATA, 1 + DATA_MOST);
    memset(out + 4, 0, 1 + DATA_MOST);
    out[4] = (uint8_t)len;
    set->after = len;
    *status = advertise_fill(h, set, what, 0, len, out + 5);
    return *status == KITH_OK ? 4 + 1 + DATA_MOST : 0;
}

size_t advertise_put_legacy(kith_host *h, host_set *set, uint8_t what, uint8_t *out, kith_status *status)
{
    return what == SET_PARAMETERS ? put_parameters(h, set, out, status) : put_data(h, set, what, out, status);
}

size_t advertise_enable_legacy(bool on, uint8_t *out)
{
    command_begin(out, KITH_HCI_LE_SET_ADV_ENABLE, 1);
    out[4] = on;
    return 4 + 1;
}
