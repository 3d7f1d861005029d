/* Fuzz target: whatever a host may send, as H4 packets, into the virtual radio's controllers, with a link or without.
 *
 * Input: an octet of options, then records: an octet of which controller and how much time goes by, a length octet,
 * and that many octets of packet.  What comes back must be whole H4 packets, and time must go on. */
#include <stdlib.h>
#include <string.h>

#include "kith/codec/hci.h"
#include "kith/port/openssl.h"
#include "rig.h"
#include "sim/sim.h"

enum { CONTROLLERS = 3, STEPS = 2000 };

static const uint8_t addresses[CONTROLLERS][6] = {{1, 0, 0, 0, 0, 0xc0}, {2, 0, 0, 0, 0, 0xc0}, {3, 0, 0, 0, 0, 0xc0}};

static void take(kith_sim *sim)
{
    uint8_t packet[260];
    size_t len;

    for (int device = 0; device < CONTROLLERS; device++) {
        while ((len = kith_sim_receive(sim, device, packet, sizeof packet)) > 0) {
            if (packet[0] == KITH_H4_EVENT)
                rig_require(len == 3u + packet[2]);
            else
                rig_require(packet[0] == KITH_H4_ACL && len == 5u + packet[3] + packet[4] * 256u);
        }
    }
}

static void send(kith_sim *sim, int device, const uint8_t *packet, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len); /* of its own, so that reading past it is seen */

    rig_require(copy != NULL);
    if (len > 0)
        memcpy(copy, packet, len);
    if (kith_sim_send(sim, device, copy, len) != KITH_OK)
        take(sim);
    free(copy);
    take(sim);
}

static void pass_time(kith_sim *sim, uint64_t us)
{
    uint64_t until = kith_sim_now(sim) + us;

    for (unsigned i = 0; i < STEPS && kith_sim_deadline(sim) <= until; i++) {
        rig_require(kith_sim_deadline(sim) >= kith_sim_now(sim));
        kith_sim_advance(sim, kith_sim_deadline(sim));
        take(sim);
    }
}

static void unmask(kith_sim *sim, int device)
{
    static const uint8_t mask[] = {1, 0x01, 0x0c, 8, 255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t le_mask[] = {1, 0x01, 0x20, 8, 255, 255, 255, 255, 255, 255, 255, 255};

    send(sim, device, mask, sizeof mask);
    send(sim, device, le_mask, sizeof le_mask);
}

/* Controller 0 advertises, controller 1 connects: handle 1 on both sides. */
static void connect(kith_sim *sim)
{
    static const uint8_t parameters[] = {1, 0x06, 0x20, 15, 0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0};
    static const uint8_t enable[] = {1, 0x0a, 0x20, 1, 1};
    static const uint8_t create[] = {1,    0x0d, 0x20, 25, 0x10, 0, 0x10, 0, 0,   0, 1, 0, 0, 0, 0,
                                     0xc0, 0,    24,   0,  24,   0, 0,    0, 100, 0, 0, 0, 0, 0};

    send(sim, 0, parameters, sizeof parameters);
    send(sim, 0, enable, sizeof enable);
    send(sim, 1, create, sizeof create);
    pass_time(sim, 100000);
}

/* Every PHY, and what else there is to ask for. */
static void give_all(kith_sim *sim, int device)
{
    kith_sim_limits limits;

    kith_sim_core_limits(&limits, KITH_SIM_CORE_5_4);
    limits.le_features |= UINT64_C(1) << 13; /* periodic advertising */
    rig_require(kith_sim_set_limits(sim, device, &limits) == KITH_OK);
}

/* Controller 2 has two sets on air, and controller 0 scans for them, actively and on two PHYs. */
static void advertise_sets(kith_sim *sim)
{
    static const uint8_t parameters[] = {1, 0x36, 0x20, 25, 0, 0, 0, 0x20, 0,   0, 0x20, 0, 0, 7, 0,
                                         0, 0,    0,    0,  0, 0, 0, 0,    127, 1, 0,    2, 1, 0};
    static const uint8_t data[] = {1, 0x37, 0x20, 6, 0, 3, 0, 2, 1, 6};
    static const uint8_t enable[] = {1, 0x39, 0x20, 6, 1, 1, 0, 0, 0, 0};
    static const uint8_t scanning[] = {1, 0x41, 0x20, 13, 0, 0, 5, 1, 0x10, 0, 0x10, 0, 1, 0x10, 0, 0x10, 0};
    static const uint8_t scan[] = {1, 0x42, 0x20, 6, 1, 0, 0, 0, 0, 0};

    send(sim, 2, parameters, sizeof parameters);
    send(sim, 2, data, sizeof data);
    send(sim, 2, enable, sizeof enable);
    send(sim, 0, scanning, sizeof scanning);
    send(sim, 0, scan, sizeof scan);
    pass_time(sim, 100000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rig_input in = {data, size};
    uint8_t options = rig_octet(&in);
    kith_sim_config config = {.seed = options};
    kith_crypto_port crypto;
    kith_sim *sim;

    rig_require(kith_openssl_port(&crypto) == KITH_OK);
    config.crypto = &crypto;
    rig_require(kith_sim_new(&config, &sim) == KITH_OK);
    for (int i = 0; i < CONTROLLERS; i++) {
        kith_sim_device device;

        rig_require(kith_sim_add(sim, addresses[i], &device) == KITH_OK && device == i);
        if ((options & 4) != 0)
            give_all(sim, i);
        if ((options & 1) == 0)
            unmask(sim, i);
    }
    if ((options & 2) != 0)
        connect(sim);
    if ((options & 8) != 0)
        advertise_sets(sim);
    kith_sim_set_reorder(sim, 0, options >> 4 & 3, options >> 6);
    while (in.left > 0) {
        uint8_t what = rig_octet(&in);
        size_t len = rig_octet(&in);
        const uint8_t *packet = rig_octets(&in, &len);

        send(sim, what % CONTROLLERS, packet, len);
        pass_time(sim, (uint64_t)(what >> 2) * 4000u);
    }
    kith_sim_free(sim);
    return 0;
}
