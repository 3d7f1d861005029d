/* What a scanner hears, as packets of three kinds tell it.  Broken ones are not looked at any further.
 * Core Vol 4 Part E 7.7.65.2, 7.7.65.11, 7.7.65.13. */
#include <string.h>

#include "base/bytes.h"
#include "base/equal.h"
#include "crypto/toolbox.h"
#include "host/internal.h"

enum { ADV_IND = 0, ADV_DIRECT_IND = 1, ADV_SCAN_IND = 2, SCAN_RSP = 4 };
enum {
    EXTENDED_CONNECTABLE = 0x01,
    EXTENDED_SCANNABLE = 0x02,
    EXTENDED_DIRECTED = 0x04,
    EXTENDED_SCAN_RESPONSE = 0x08,
    EXTENDED_LEGACY = 0x10,
    EXTENDED_STATUS_AT = 5
};
enum { ADDRESS_RANDOM = 0x01, ADDRESS_RESOLVED = 0x03, ADDRESS_UNRESOLVED = 0xfe, ADDRESS_NONE = 0xff };
enum { SID_NONE = 0xff, POWER_UNKNOWN = 127 };

static void describe_legacy(kith_event_report *report, const kith_address *address, uint8_t type, int8_t rssi)
{
    memset(report, 0, sizeof *report);
    report->address = *address;
    report->connectable = type == ADV_IND || type == ADV_DIRECT_IND;
    report->scannable = type == ADV_IND || type == ADV_SCAN_IND;
    report->directed = type == ADV_DIRECT_IND;
    report->scan_response = type == SCAN_RSP;
    report->sid = SID_NONE;
    report->tx_power = POWER_UNKNOWN;
    report->primary_phy = KITH_PHY_1M;
    report->rssi = rssi;
}

/* Types 2 and 3: an identity that the controller resolved. */
static void read_address(bytes_reader *r, kith_address *address)
{
    address->type = bytes_read8(r) & 1;
    bytes_read(r, address->octets, sizeof address->octets);
}

/* Controllers in the field send one report an event; the format allows more. */
void scan_on_report(kith_host *h, const uint8_t *parameters, size_t len)
{
    bytes_reader r;
    uint8_t count;

    bytes_reader_init(&r, parameters, len);
    count = bytes_read8(&r);
    for (uint8_t i = 0; i < count; i++) {
        kith_event_report report;
        kith_address address;
        uint8_t type = bytes_read8(&r), data_len;
        const uint8_t *data;
        int8_t rssi;

        read_address(&r, &address);
        data_len = bytes_read8(&r);
        data = bytes_take(&r, data_len);
        rssi = (int8_t)bytes_read8(&r);
        if (r.failed || data_len > 31 || type > SCAN_RSP)
            return;
        describe_legacy(&report, &address, type, rssi);
        reconnect_on_report(h, &address, report.connectable);
        scan_hear(h, &report, data, data_len);
    }
}

/* Is this private address one of ours?  Whoever has our key may make one that we never used. */
static bool is_to_us(const kith_host *h, const uint8_t octets[6])
{
    const kith_address address = {KITH_ADDRESS_RANDOM,
                                  {octets[0], octets[1], octets[2], octets[3], octets[4], octets[5]}};
    uint8_t hash[3];

    return h->config.privacy.mode == KITH_PRIVACY_RESOLVABLE &&
           kith_address_kind_of(&address) == KITH_ADDRESS_KIND_RESOLVABLE &&
           crypto_ah(h->config.crypto, h->identities[h->selected].irk, octets + 3, hash) == KITH_OK &&
           equal_ct(hash, octets, sizeof hash);
}

void scan_on_directed_report(kith_host *h, const uint8_t *parameters, size_t len)
{
    bytes_reader r;
    uint8_t count;

    bytes_reader_init(&r, parameters, len);
    count = bytes_read8(&r);
    for (uint8_t i = 0; i < count; i++) {
        kith_event_report report;
        kith_address address;
        const uint8_t *target;
        uint8_t type = bytes_read8(&r), target_type;
        int8_t rssi;

        read_address(&r, &address);
        target_type = bytes_read8(&r);
        target = bytes_take(&r, 6);
        rssi = (int8_t)bytes_read8(&r);
        if (r.failed || type != ADV_DIRECT_IND)
            return;
        if ((target_type != ADDRESS_RANDOM && target_type != ADDRESS_UNRESOLVED) || !is_to_us(h, target))
            continue;
        describe_legacy(&report, &address, type, rssi);
        reconnect_on_report(h, &address, report.connectable);
        scan_hear(h, &report, NULL, 0);
    }
}

/* One report of an extended event, as it stands there. */
typedef struct {
    uint16_t type;
    host_advertiser advertiser;
    int8_t tx_power, rssi;
    uint8_t target_type;
    const uint8_t *target;
    uint8_t len;
    const uint8_t *data;
} heard_extended;

static bool read_extended(bytes_reader *r, heard_extended *e)
{
    memset(e, 0, sizeof *e);
    e->type = bytes_read16(r);
    e->advertiser.scan_response = (e->type & EXTENDED_SCAN_RESPONSE) != 0;
    e->advertiser.address_type = bytes_read8(r);
    e->advertiser.address.type = e->advertiser.address_type & 1;
    bytes_read(r, e->advertiser.address.octets, sizeof e->advertiser.address.octets);
    e->advertiser.primary_phy = bytes_read8(r);
    e->advertiser.secondary_phy = bytes_read8(r);
    e->advertiser.sid = bytes_read8(r);
    e->tx_power = (int8_t)bytes_read8(r);
    e->rssi = (int8_t)bytes_read8(r);
    bytes_skip(r, 2); /* interval of periodic advertising */
    e->target_type = bytes_read8(r);
    e->target = bytes_take(r, 6);
    e->len = bytes_read8(r);
    e->data = bytes_take(r, e->len);
    if (e->advertiser.address_type == ADDRESS_NONE)
        memset(&e->advertiser.address, 0, sizeof e->advertiser.address);
    return !r->failed;
}

static bool is_for_us(const kith_host *h, const heard_extended *e)
{
    if (e->advertiser.address_type > ADDRESS_RESOLVED && e->advertiser.address_type != ADDRESS_NONE)
        return false;
    if ((e->type & EXTENDED_DIRECTED) == 0 || e->target_type <= ADDRESS_RESOLVED)
        return true;
    return e->target_type == ADDRESS_UNRESOLVED && is_to_us(h, e->target);
}

static void hear_extended(kith_host *h, const heard_extended *e)
{
    kith_event_report report;

    memset(&report, 0, sizeof report);
    report.address = e->advertiser.address;
    report.connectable = (e->type & EXTENDED_CONNECTABLE) != 0;
    report.scannable = (e->type & EXTENDED_SCANNABLE) != 0;
    report.directed = (e->type & EXTENDED_DIRECTED) != 0;
    report.scan_response = e->advertiser.scan_response;
    report.extended = (e->type & EXTENDED_LEGACY) == 0;
    report.sid = report.extended ? e->advertiser.sid : SID_NONE;
    report.primary_phy = e->advertiser.primary_phy;
    report.secondary_phy = e->advertiser.secondary_phy;
    report.tx_power = e->tx_power;
    report.rssi = e->rssi;
    reconnect_on_report(h, &report.address, report.connectable);
    scan_hear_part(h, &e->advertiser, &report, e->data, e->len, (uint8_t)(e->type >> EXTENDED_STATUS_AT & 0x03));
}

void scan_on_extended_report(kith_host *h, const uint8_t *parameters, size_t len)
{
    bytes_reader r;
    uint8_t count;

    bytes_reader_init(&r, parameters, len);
    count = bytes_read8(&r);
    for (uint8_t i = 0; i < count; i++) {
        heard_extended e;

        if (!read_extended(&r, &e))
            return;
        if (is_for_us(h, &e))
            hear_extended(h, &e);
    }
}
