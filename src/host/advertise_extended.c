/* Advertising by the commands of Core 5.0: several sets, each with an address of its own.  A set has the number here
 * that it has there, and is there as long as it is used.  Core Vol 4 Part E 7.8.52 to 7.8.56, 7.8.59, 7.7.65.18. */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

/* Advertising_Event_Properties. */
enum { CONNECTABLE = 0x01, SCANNABLE = 0x02, DIRECTED = 0x04, HIGH_DUTY = 0x08, LEGACY = 0x10 };
/* Operation: a command with all of the data, or one of several. */
enum { DATA_MIDDLE = 0, DATA_FIRST = 1, DATA_LAST = 2, DATA_COMPLETE = 3 };
enum {
    DATA_MOST = 251, /* in one command */
    MAY_FRAGMENT = 0,
    ALL_CHANNELS = 0x07,
    POWER_AS_IT_LIKES = 0x7f,
    INTERVAL_LEAST = 0x20,
    HIGH_DUTY_10MS = 128 /* which it must be given, and no more */
};

static uint8_t number_of(const kith_host *h, const host_set *set)
{
    return (uint8_t)(set - h->sets);
}

static uint8_t properties_of(const kith_advertising *a)
{
    uint8_t properties = a->extended ? 0 : LEGACY;

    if (a->directed)
        properties |= a->high_duty ? DIRECTED | HIGH_DUTY : DIRECTED;
    if (a->connectable)
        properties |= CONNECTABLE;
    if (!a->directed && !a->silent && !(a->extended && a->connectable))
        properties |= SCANNABLE;
    return properties;
}

static void put_interval(uint8_t *out, const kith_advertising *a)
{
    uint16_t interval = a->high_duty ? INTERVAL_LEAST : a->interval_625us;

    bytes_put16(out, interval);
    out[2] = 0;
}

static size_t put_parameters(kith_host *h, host_set *set, uint8_t *out, kith_status *status)
{
    const kith_advertising *a = &set->as;
    host_target target;

    *status = advertise_aim(h, set, &target);
    if (*status != KITH_OK)
        return 0;
    h->advertised_as = h->selected;
    command_begin(out, KITH_HCI_LE_SET_EXT_ADV_PARAMETERS, 25);
    memset(out + 4, 0, 25);
    out[4] = number_of(h, set);
    bytes_put16(out + 5, properties_of(a));
    put_interval(out + 7, a);
    put_interval(out + 10, a);
    out[13] = ALL_CHANNELS;
    out[14] = target.own_type;
    out[15] = target.address.type;
    memcpy(out + 16, target.address.octets, sizeof target.address.octets);
    out[22] = advertise_filter_policy(a);
    out[23] = POWER_AS_IT_LIKES;
    out[24] = a->primary_phy != 0 ? a->primary_phy : (uint8_t)KITH_PHY_1M;
    out[26] = a->secondary_phy != 0 ? a->secondary_phy : (uint8_t)KITH_PHY_1M;
    out[27] = a->sid;
    return 4 + 25;
}

static size_t put_address(const kith_host *h, host_set *set, uint8_t *out)
{
    memcpy(set->address, privacy_on_air(h)->octets, sizeof set->address);
    command_begin(out, KITH_HCI_LE_SET_SET_RANDOM_ADDRESS, 7);
    out[4] = number_of(h, set);
    memcpy(out + 5, set->address, sizeof set->address);
    return 4 + 7;
}

static uint8_t operation_of(uint16_t at, uint16_t len, uint16_t all)
{
    if (len == all)
        return DATA_COMPLETE;
    if (at == 0)
        return DATA_FIRST;
    return at + len == all ? DATA_LAST : DATA_MIDDLE;
}

static size_t put_data(kith_host *h, host_set *set, uint8_t what, uint8_t *out, kith_status *status)
{
    uint16_t all, len;

    (void)advertise_octets(&set->as, what, &all);
    len = all - set->at < DATA_MOST ? (uint16_t)(all - set->at) : (uint16_t)DATA_MOST;
    command_begin(out, what == SET_DATA ? KITH_HCI_LE_SET_EXT_ADV_DATA : KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA,
                  4 + (size_t)len);
    out[4] = number_of(h, set);
    out[5] = operation_of(set->at, len, all);
    out[6] = MAY_FRAGMENT;
    out[7] = (uint8_t)len;
    set->after = (uint16_t)(set->at + len);
    *status = advertise_fill(h, set, what, set->at, len, out + 8);
    return *status == KITH_OK ? 8 + (size_t)len : 0;
}

size_t advertise_put_extended(kith_host *h, host_set *set, uint8_t what, uint8_t *out, kith_status *status)
{
    if (what == SET_PARAMETERS)
        return put_parameters(h, set, out, status);
    if (what != SET_ADDRESS)
        return put_data(h, set, what, out, status);
    *status = KITH_OK;
    return put_address(h, set, out);
}

bool advertise_is_long(const host_set *set)
{
    uint16_t data, response;

    (void)advertise_octets(&set->as, SET_DATA, &data);
    (void)advertise_octets(&set->as, SET_RESPONSE, &response);
    return ((set->due & SET_DATA) != 0 && data > DATA_MOST) || ((set->due & SET_RESPONSE) != 0 && response > DATA_MOST);
}

/* Limits are the host's: a controller's own end with what the program did not ask for where a pause begins it anew. */
size_t advertise_enable_extended(const kith_host *h, const host_set *set, bool on, uint8_t *out)
{
    command_begin(out, KITH_HCI_LE_SET_EXT_ADV_ENABLE, 6);
    memset(out + 4, 0, 6);
    out[4] = on;
    out[5] = 1; /* set */
    out[6] = number_of(h, set);
    if (on && set->as.high_duty)
        bytes_put16(out + 7, HIGH_DUTY_10MS);
    return 4 + 6;
}

size_t advertise_remove(const kith_host *h, const host_set *set, uint8_t *out)
{
    command_begin(out, KITH_HCI_LE_REMOVE_SET, 1);
    out[4] = number_of(h, set);
    return 4 + 1;
}

/* ---- a set that ended by itself ---- */

/* One link is the end of one set, once; of a link that is not known any more it is taken. */
static bool is_news(const kith_host *h, uint16_t handle)
{
    host_link *link = link_by_handle(h, handle);

    if (link == NULL)
        return true;
    if (link->central || link->set_told)
        return false;
    link->set_told = true;
    return true;
}

/* What is told of a set that is off, or of none that there is, is late or wrong; should the controller be on with a set
 * that is taken for ended here, its removal shows it. */
void advertise_on_terminated(kith_host *h, const uint8_t *parameters, size_t len)
{
    uint8_t status, number;
    host_set *set;

    if (len < 5 || !command_is_extended(h) || parameters[1] > h->config.limits.sets)
        return;
    status = parameters[0];
    number = parameters[1];
    set = &h->sets[number];
    if (!set->activity.on && !set->enables)
        return;
    if (status == KITH_HCI_SUCCESS && is_news(h, bytes_get16(parameters + 2) & KITH_ACL_HANDLE_MASK))
        advertise_end(h, set, KITH_ENDED_CONNECTED, KITH_HCI_SUCCESS);
    else if (status == KITH_HCI_ADVERTISING_TIMEOUT || status == KITH_HCI_LIMIT_REACHED)
        advertise_end(h, set, KITH_ENDED_TIME, KITH_HCI_SUCCESS);
    else if (status != KITH_HCI_SUCCESS)
        advertise_end(h, set, KITH_ENDED_ASKED, status);
}
