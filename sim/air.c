/* The air between controllers: how long a packet takes, whether it arrives, who hears of it.
 *
 * Two packets at once never collide; loss stands for that.  Core Vol 6 Part B 2.1, 2.2 (packet formats), 3.1.1 (CRC).
 */
#include "internal.h"

uint64_t sim_air_duration(size_t pdu_len)
{
    return sim_air_duration_on(SIM_PHY_1M, pdu_len);
}

/* LE Coded: preamble 80, access address 256, coding indicator and its end 16 + 24, all the rest by eight, its end 24.
 */
uint64_t sim_air_duration_on(uint8_t phy, size_t pdu_len)
{
    switch (phy) {
    case SIM_PHY_2M:
        return (2 + 4 + pdu_len + 3) * 4;
    case SIM_PHY_CODED:
        return 80 + 256 + 16 + 24 + (pdu_len + 3) * 64 + 24;
    default:
        return (1 + 4 + pdu_len + 3) * 8;
    }
}

int8_t sim_rssi(const sim_controller *sender)
{
    return sender->rssi_dbm;
}

bool sim_air_reaches(sim_controller *from, sim_controller *to)
{
    kith_sim *sim = from->sim;

    if (from->out_of_range || to->out_of_range)
        return false;
    return sim->loss_permille == 0 || sim_rng_below(&sim->rng, 1000) >= sim->loss_permille;
}

void sim_air_tell(kith_sim *sim, uint32_t crc_init, const kith_sim_frame *frame)
{
    sim->frame_crc_init = crc_init;
    for (size_t i = 0; i < sim->listener_count; i++)
        sim->listeners[i].call(sim->listeners[i].context, frame);
}

static uint32_t reverse_24_bits(uint32_t v)
{
    uint32_t reversed = 0;

    for (unsigned i = 0; i < 24; i++)
        reversed |= (v >> i & 1) << (23 - i);
    return reversed;
}

/* The register is kept mirrored, so that its least significant bit is the one sent first. */
uint32_t sim_air_crc(uint32_t crc_init, const uint8_t *pdu, size_t len)
{
    uint32_t crc = reverse_24_bits(crc_init);

    for (size_t i = 0; i < len * 8; i++) {
        uint32_t bit = (uint32_t)pdu[i / 8] >> i % 8 & 1;
        uint32_t out = (crc ^ bit) & 1;

        crc >>= 1;
        if (out != 0)
            crc ^= UINT32_C(0xda6000);
    }
    return crc;
}
