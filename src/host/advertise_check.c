/* Which advertising there can be, and which this controller can do.  Core Vol 4 Part E 7.8.5, 7.8.53, Vol 6 Part B
 * 4.4.2. */
#include "host/internal.h"

enum { SID_MAX = 15 };

static bool is_scannable(const kith_advertising *a)
{
    return !a->connectable && !a->silent && !a->directed;
}

uint8_t advertise_used(const kith_advertising *a)
{
    if (a->extended)
        return is_scannable(a) ? SET_RESPONSE : SET_DATA;
    if (a->directed)
        return 0;
    return a->silent ? SET_DATA : SET_DATA | SET_RESPONSE;
}

static uint16_t len_of(const kith_advertising *a, uint8_t which)
{
    uint16_t len;

    (void)advertise_octets(a, which, &len);
    return len;
}

static bool part_fits(const kith_advertising *a, uint8_t which)
{
    const kith_random_part *part = advertise_random_part(a, which);

    return part->len == 0 || (uint32_t)part->at + part->len <= len_of(a, which);
}

bool advertise_parts_fit(const kith_advertising *a)
{
    return part_fits(a, SET_DATA) && part_fits(a, SET_RESPONSE);
}

static const char *data_fault(const kith_advertising *a)
{
    if (a->data_len > sizeof a->data || a->response_len > sizeof a->response)
        return "advertising data, or a scan response, has at most 31 octets here";
    if (!a->extended && (a->long_data != NULL || a->long_response != NULL))
        return "long data is for extended advertising";
    if (len_of(a, SET_DATA) > KITH_ADVERTISING_DATA_MAX || len_of(a, SET_RESPONSE) > KITH_ADVERTISING_DATA_MAX)
        return "long data has at most 1650 octets";
    if (a->extended && is_scannable(a) && len_of(a, SET_RESPONSE) == 0)
        return "extended advertising that is scannable says everything in its scan response, and there is none";
    if (!advertise_parts_fit(a))
        return "a random part reaches beyond the data";
    return NULL;
}

static const char *directed_fault(const kith_advertising *a)
{
    if (a->high_duty && (!a->directed || a->extended || !a->connectable))
        return "high duty is for legacy directed advertising that is connectable";
    if (!a->directed)
        return NULL;
    if (a->to.type > KITH_ADDRESS_RANDOM)
        return "an address is public or random";
    if (a->filter != KITH_FILTER_NOTHING)
        return "directed advertising has no filter: it is for one device alone";
    if (!a->connectable && !(a->extended && a->silent))
        return "directed advertising is connectable, or extended and silent";
    return NULL;
}

static const char *kind_fault(const kith_advertising *a)
{
    if (a->connectable && a->silent)
        return "advertising is silent or connectable";
    if (a->filter > KITH_FILTER_ALL)
        return "there is no such filter";
    if (a->ask_list && a->filter == KITH_FILTER_NOTHING)
        return "the list is asked for, and nothing filters by it";
    if (!a->extended && (a->primary_phy > KITH_PHY_1M || a->secondary_phy > KITH_PHY_1M || a->sid != 0))
        return "PHYs and a set's number are for extended advertising";
    if (a->primary_phy > KITH_PHY_CODED || a->primary_phy == KITH_PHY_2M)
        return "the primary PHY is LE 1M or LE Coded";
    if (a->secondary_phy > KITH_PHY_CODED)
        return "there is no such PHY";
    if (a->sid > SID_MAX)
        return "the set's number is 0 to 15";
    return directed_fault(a);
}

const char *kith_gap_advertising_fault(const kith_advertising *a)
{
    const char *fault = kind_fault(a);

    if (!a->high_duty && (a->interval_625us < 0x0020 || a->interval_625us > 0x4000))
        return "an advertising interval is 0x20 to 0x4000 times 0.625 ms";
    return fault != NULL ? fault : data_fault(a);
}

/* ---- this controller ---- */

static bool has_phy(const kith_host *h, uint8_t phy)
{
    if (phy == KITH_PHY_2M)
        return (h->ready.lacks & KITH_LACKS_PHY_2M) == 0;
    return phy != KITH_PHY_CODED || (h->ready.lacks & KITH_LACKS_PHY_CODED) == 0;
}

static unsigned count_active(const kith_host *h)
{
    unsigned count = 0;

    for (unsigned i = 0; i <= h->config.limits.sets; i++)
        count += h->sets[i].activity.on || h->sets[i].activity.busy;
    return count;
}

bool advertise_fits(const kith_host *h, const kith_advertising *a)
{
    uint16_t most = a->extended ? h->ready.data_most : 31;

    return len_of(a, SET_DATA) <= most && len_of(a, SET_RESPONSE) <= most;
}

static bool is_supported(const kith_host *h, uint8_t number, const kith_advertising *a)
{
    if (a->connectable && !privacy_lets_connect(h))
        return false;
    if (!command_is_extended(h))
        return (h->ready.lacks & KITH_LACKS_ADVERTISING) == 0 && number == 0 && !a->extended;
    return count_active(h) < h->ready.sets && advertise_fits(h, a) && has_phy(h, a->primary_phy) &&
           has_phy(h, a->secondary_phy);
}

kith_status advertise_check(const kith_host *h, uint8_t number, const kith_advertising *a)
{
    const host_activity *activity;

    if (number > h->config.limits.sets || kith_gap_advertising_fault(a) != NULL)
        return KITH_ERR_VALUE;
    activity = &h->sets[number].activity;
    if (h->startup != STARTUP_READY || activity->on || activity->busy)
        return KITH_ERR_STATE;
    if (!is_supported(h, number, a))
        return KITH_ERR_UNSUPPORTED;
    return identity_is_busy(h) ? KITH_ERR_BUSY : KITH_OK;
}
