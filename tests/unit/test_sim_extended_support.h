/* Moves with advertising sets and extended scanning, for tests of the virtual radio. */
#ifndef TEST_SIM_EXTENDED_SUPPORT_H
#define TEST_SIM_EXTENDED_SUPPORT_H

#include "test_sim_support.h"

enum { PHY_1M = 1, PHY_2M, PHY_CODED };

/* Advertising_Event_Properties, and the events reported of them. */
enum {
    CONNECTABLE = 0x01,
    SCANNABLE = 0x02,
    DIRECTED = 0x04,
    SCAN_RESPONSE = 0x08,
    LEGACY = 0x10,
    ANONYMOUS = 0x20,
    WITH_TX_POWER = 0x40,
    LEGACY_ADV_IND = 0x13,
    LEGACY_DIRECT_LOW = 0x15,
    LEGACY_DIRECT_HIGH = 0x1d,
    LEGACY_SCAN_IND = 0x12,
    LEGACY_NONCONN_IND = 0x10,
    DATA_STATUS = 0x60,
    DATA_MORE = 0x20,
    DATA_TRUNCATED = 0x40
};

#define EXTENDED_FEATURES (UINT64_C(1) << 8 | UINT64_C(1) << 11 | UINT64_C(1) << 12)

static inline void give_extended(room *r, int device, uint8_t sets, uint16_t data_most)
{
    kith_sim_limits limits;

    kith_sim_default_limits(&limits);
    limits.le_features |= EXTENDED_FEATURES;
    limits.sets = sets;
    limits.data_most = data_most;
    assert_int_equal(kith_sim_set_limits(r->sim, device, &limits), KITH_OK);
}

static inline room *extended_room(size_t devices, uint64_t seed)
{
    room *r = room_new(devices, seed);

    for (size_t i = 0; i < devices; i++)
        give_extended(r, (int)i, 4, 1650);
    return r;
}

/* As LE Set Extended Advertising Parameters has them, for tests to change. */
typedef struct {
    uint8_t p[25];
} set_parameters;

static inline set_parameters parameters_of(uint8_t handle, uint16_t properties)
{
    set_parameters s = {{handle}};

    bytes_put16(s.p + 1, properties);
    bytes_put24(s.p + 3, 0x20);
    bytes_put24(s.p + 6, 0x20);
    s.p[9] = 7;
    s.p[19] = 127;
    s.p[20] = PHY_1M;
    s.p[22] = PHY_1M;
    s.p[23] = handle & 0x0f;
    return s;
}

static inline uint8_t give_parameters(room *r, int device, const set_parameters *s)
{
    return command(r, device, KITH_HCI_LE_SET_EXT_ADV_PARAMETERS, s->p, sizeof s->p);
}

static inline uint8_t make_set(room *r, int device, uint8_t handle, uint16_t properties)
{
    set_parameters s = parameters_of(handle, properties);

    return give_parameters(r, device, &s);
}

static inline uint8_t give_fragment(room *r, int device, uint16_t opcode, uint8_t handle, uint8_t operation,
                                    const uint8_t *data, uint8_t len)
{
    uint8_t p[4 + 251] = {handle, operation, 0, len};

    if (len != 0)
        memcpy(p + 4, data, len);
    return command(r, device, opcode, p, 4u + len);
}

static inline uint8_t give_data(room *r, int device, uint8_t handle, const void *data, uint8_t len)
{
    return give_fragment(r, device, KITH_HCI_LE_SET_EXT_ADV_DATA, handle, 3, data, len);
}

static inline uint8_t give_response(room *r, int device, uint8_t handle, const void *data, uint8_t len)
{
    return give_fragment(r, device, KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA, handle, 3, data, len);
}

static inline void fill_pattern(uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
}

/* More than one command holds: in fragments. */
static inline void give_long(room *r, int device, uint16_t opcode, uint8_t handle, const uint8_t *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        size_t part = len - done > 251 ? 251 : len - done;
        uint8_t operation = done == 0 ? 1 : done + part == len ? 2 : 0;

        must(give_fragment(r, device, opcode, handle, operation, data + done, (uint8_t)part));
        done += part;
    }
}

/* duration in 10 ms, most: of events; 0 neither ends it. */
static inline uint8_t switch_set(room *r, int device, bool on, uint8_t handle, uint16_t duration, uint8_t most)
{
    uint8_t p[6] = {on, 1, handle};

    bytes_put16(p + 3, duration);
    p[5] = most;
    return command(r, device, KITH_HCI_LE_SET_EXT_ADV_ENABLE, p, sizeof p);
}

static inline uint8_t start_set(room *r, int device, uint8_t handle)
{
    return switch_set(r, device, true, handle, 0, 0);
}

static inline uint8_t stop_set(room *r, int device, uint8_t handle)
{
    return switch_set(r, device, false, handle, 0, 0);
}

/* phys: bit 0 LE 1M, bit 2 LE Coded, always in their window. */
static inline uint8_t set_extended_scanning(room *r, int device, uint8_t phys, bool active, uint8_t own_type,
                                            uint8_t policy)
{
    uint8_t p[3 + 8 * 5] = {own_type, policy, phys};
    size_t len = 3;

    for (unsigned bit = 0; bit < 8; bit++) {
        if ((phys >> bit & 1) == 0)
            continue;
        p[len] = active;
        bytes_put16(p + len + 1, 0x10);
        bytes_put16(p + len + 3, 0x10);
        len += 5;
    }
    return command(r, device, KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS, p, len);
}

/* duration in 10 ms, period in 1.28 s */
static inline uint8_t extended_scanning(room *r, int device, bool on, uint8_t filter, uint16_t duration,
                                        uint16_t period)
{
    uint8_t p[6] = {on, filter};

    bytes_put16(p + 2, duration);
    bytes_put16(p + 4, period);
    return command(r, device, KITH_HCI_LE_SET_EXT_SCAN_ENABLE, p, sizeof p);
}

static inline void scan_extended(room *r, int device, uint8_t phys, bool active, uint8_t filter)
{
    must(set_extended_scanning(r, device, phys, active, 0, 0));
    must(extended_scanning(r, device, true, filter, 0, 0));
}

/* phys: bit 0 LE 1M, bit 1 LE 2M, bit 2 LE Coded; the interval is INTERVAL + bit. */
static inline uint8_t connect_extended(room *r, int device, uint8_t policy, const uint8_t *peer, uint8_t phys)
{
    uint8_t p[10 + 8 * 16] = {policy};
    size_t len = 10;

    if (peer != NULL)
        memcpy(p + 3, peer, 6);
    p[9] = phys;
    for (unsigned bit = 0; bit < 8; bit++) {
        if ((phys >> bit & 1) == 0)
            continue;
        bytes_put16(p + len, 0x10);
        bytes_put16(p + len + 2, 0x10);
        bytes_put16(p + len + 4, (uint16_t)(INTERVAL + bit));
        bytes_put16(p + len + 6, (uint16_t)(INTERVAL + bit));
        bytes_put16(p + len + 10, TIMEOUT);
        len += 16;
    }
    return command(r, device, KITH_HCI_LE_EXT_CREATE_CONNECTION, p, len);
}

/* ---- reports ---- */

typedef struct {
    uint16_t event_type;
    uint8_t address_type;
    uint8_t address[6];
    uint8_t primary_phy;
    uint8_t secondary_phy;
    uint8_t sid;
    int8_t tx_power;
    int8_t rssi;
    uint16_t periodic_interval;
    uint8_t direct_type;
    uint8_t direct[6];
    uint8_t len;
    const uint8_t *data;
} extended_report;

static inline bool read_report(const uint8_t *p, extended_report *out)
{
    if (p == NULL)
        return false;
    assert_int_equal(p[0], 1);
    out->event_type = bytes_get16(p + 1);
    out->address_type = p[3];
    memcpy(out->address, p + 4, 6);
    out->primary_phy = p[10];
    out->secondary_phy = p[11];
    out->sid = p[12];
    out->tx_power = (int8_t)p[13];
    out->rssi = (int8_t)p[14];
    out->periodic_interval = bytes_get16(p + 15);
    out->direct_type = p[17];
    memcpy(out->direct, p + 18, 6);
    out->len = p[24];
    out->data = p + 25;
    assert_int_equal(p[-2], 1 + 25 + out->len);
    return true;
}

static inline bool seek_report(room *r, int device, extended_report *out)
{
    return read_report(seek_le(r, device, KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT), out);
}

static inline extended_report await_report(room *r, int device, uint64_t for_us)
{
    extended_report report;

    assert_true(read_report(await_le(r, device, KITH_HCI_LE_EV_EXT_ADVERTISING_REPORT, for_us), &report));
    return report;
}

static inline unsigned count_extended(room *r, int device, int event_type)
{
    extended_report report;
    unsigned reports = 0;

    while (seek_report(r, device, &report))
        reports += event_type < 0 || report.event_type == event_type;
    return reports;
}

#endif
