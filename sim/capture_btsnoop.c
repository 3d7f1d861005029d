/* One controller's HCI traffic as a btsnoop file (datalink 1002: H4), in the order its host met it.
 * btsnoop is big-endian and counts microseconds from the year 0; the room's clock starts at 1970. */
#include "internal.h"

enum { DATALINK_H4 = 1002, RECEIVED = 1, COMMAND_OR_EVENT = 2 };

#define UNIX_EPOCH_US UINT64_C(0x00dcddb30f2f8000)

static void put_big_32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

void sim_btsnoop_record(const sim_controller *c, const uint8_t *packet, size_t len, bool to_host)
{
    uint64_t time_us = UNIX_EPOCH_US + c->sim->now_us;
    uint32_t flags = (to_host ? RECEIVED : 0) | (packet[0] == KITH_H4_ACL ? 0 : COMMAND_OR_EVENT);
    uint8_t header[24] = {0};

    if (c->snoop == NULL)
        return;
    put_big_32(header, (uint32_t)len);
    put_big_32(header + 4, (uint32_t)len);
    put_big_32(header + 8, flags);
    put_big_32(header + 16, (uint32_t)(time_us >> 32));
    put_big_32(header + 20, (uint32_t)time_us);
    (void)fwrite(header, 1, sizeof header, c->snoop);
    (void)fwrite(packet, 1, len, c->snoop);
}

kith_status kith_sim_btsnoop(kith_sim *sim, kith_sim_device device, FILE *file)
{
    sim_controller *c = sim_find(sim, device);
    uint8_t header[16] = "btsnoop";

    if (c == NULL)
        return KITH_ERR_VALUE;
    put_big_32(header + 8, 1);
    put_big_32(header + 12, DATALINK_H4);
    (void)fwrite(header, 1, sizeof header, file);
    c->snoop = file;
    return KITH_OK;
}
