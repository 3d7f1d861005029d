/* Each is a controller without a host: it is told once to advertise, and goes on. */
#include <stdio.h>
#include <string.h>

#include "crowd.h"
#include "kith/ad.h"
#include "kith/codec/hci.h"

enum {
    PACKET = 260,
    COMMAND = 0x01, /* H4 */
    DATA = 31,
    FEW = 50,
    OFTEN_625US = 160,
    SELDOM_625US = 1600,
    ADV_IND = 0x00,
    ADV_NONCONN_IND = 0x03,
    COMPANY = 0xffff, /* Assigned Numbers 7: for those who have none */
    BEACON_EVERY = 4
};

typedef struct {
    kith_sim *sim;
    kith_sim_device device;
    bool failed;
} member;

/* What it answers is not looked at. */
static void command(member *m, uint16_t opcode, const void *parameters, uint8_t len)
{
    uint8_t packet[PACKET] = {COMMAND, (uint8_t)opcode, (uint8_t)(opcode >> 8), len};

    memcpy(packet + 4, parameters, len);
    m->failed |= kith_sim_send(m->sim, m->device, packet, (size_t)4 + len) != KITH_OK;
    while (kith_sim_receive(m->sim, m->device, packet, sizeof packet) > 0)
        continue;
}

static void set_data(member *m, uint16_t opcode, const uint8_t *data, size_t len)
{
    uint8_t parameters[1 + DATA] = {(uint8_t)len};

    memcpy(parameters + 1, data, len);
    command(m, opcode, parameters, sizeof parameters);
}

static void be_peripheral(member *m, unsigned number)
{
    static const uint8_t flags = 0x06, services[] = {0x0f, 0x18, 0x0d, 0x18};
    uint8_t data[DATA];
    char name[16];
    size_t len = 0;
    int name_len = snprintf(name, sizeof name, "crowd-%u", number);

    m->failed |= kith_ad_put(data, sizeof data, &len, KITH_AD_FLAGS, &flags, 1) != KITH_OK ||
                 kith_ad_put(data, sizeof data, &len, KITH_AD_SERVICES_16, services, sizeof services) != KITH_OK;
    set_data(m, KITH_HCI_LE_SET_ADV_DATA, data, len);
    len = 0;
    m->failed |= kith_ad_put(data, sizeof data, &len, KITH_AD_COMPLETE_NAME, name, (size_t)name_len) != KITH_OK;
    set_data(m, KITH_HCI_LE_SET_SCAN_RESPONSE_DATA, data, len);
}

static void be_beacon(member *m, unsigned number)
{
    const uint8_t said[] = {COMPANY & 0xff, COMPANY >> 8, (uint8_t)number, (uint8_t)(number >> 8)};
    uint8_t data[DATA];
    size_t len = 0;

    m->failed |= kith_ad_put(data, sizeof data, &len, KITH_AD_MANUFACTURER, said, sizeof said) != KITH_OK;
    set_data(m, KITH_HCI_LE_SET_ADV_DATA, data, len);
}

static void advertise(member *m, unsigned number, uint16_t interval_625us)
{
    static const uint8_t on = 1;
    bool is_beacon = number % BEACON_EVERY == 0;
    const uint8_t address[6] = {(uint8_t)number, (uint8_t)(number >> 8), 0x44, 0x57, 0x52, 0xc3};
    uint8_t parameters[15] = {
        (uint8_t)interval_625us,        (uint8_t)(interval_625us >> 8),        (uint8_t)interval_625us,
        (uint8_t)(interval_625us >> 8), is_beacon ? ADV_NONCONN_IND : ADV_IND, KITH_ADDRESS_RANDOM};

    parameters[13] = 0x07; /* all three channels */
    command(m, KITH_HCI_RESET, "", 0);
    command(m, KITH_HCI_LE_SET_RANDOM_ADDRESS, address, sizeof address);
    command(m, KITH_HCI_LE_SET_ADV_PARAMETERS, parameters, sizeof parameters);
    if (is_beacon)
        be_beacon(m, number);
    else
        be_peripheral(m, number);
    command(m, KITH_HCI_LE_SET_ADV_ENABLE, &on, 1);
}

bool crowd_join(kith_sim *sim, unsigned count)
{
    for (unsigned number = 1; number <= count; number++) {
        const uint8_t address[6] = {(uint8_t)number, (uint8_t)(number >> 8), 0, 0x43, 0x4b, 0x00};
        member m = {.sim = sim};

        if (kith_sim_add(sim, address, &m.device) != KITH_OK)
            return false;
        (void)!kith_sim_set_rssi(sim, m.device, (int8_t)(-40 - (int)(number % 50)));
        advertise(&m, number, count <= FEW ? OFTEN_625US : SELDOM_625US);
        if (m.failed)
            return false;
    }
    return true;
}
