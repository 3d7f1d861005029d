/* A host's HCI traffic as a btsnoop file (datalink 1002: H4), one write a packet.
 * btsnoop is big-endian and counts microseconds from the year 0. */
#include <errno.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "kith/codec/hci.h"
#include "snoop.h"

enum { DATALINK_H4 = 1002, RECEIVED = 1, COMMAND_OR_EVENT = 2 };

#define UNIX_EPOCH_US UINT64_C(0x00dcddb30f2f8000)

static void put_big_32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint64_t time_of_day_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return UNIX_EPOCH_US + (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

void posix_snoop_packet(kith_posix *port, const uint8_t *packet, size_t len, bool to_host)
{
    uint32_t flags = (to_host ? RECEIVED : 0u) |
                     (packet[0] == KITH_H4_COMMAND || packet[0] == KITH_H4_EVENT ? COMMAND_OR_EVENT : 0u);
    uint8_t header[24] = {0};
    struct iovec parts[2] = {{header, sizeof header}, {(void *)packet, len}};
    uint64_t time_us;

    if (port->snoop_fd < 0 || port->snoop_error != 0)
        return;
    time_us = time_of_day_us();
    put_big_32(header, (uint32_t)len);
    put_big_32(header + 4, (uint32_t)len);
    put_big_32(header + 8, flags);
    put_big_32(header + 16, (uint32_t)(time_us >> 32));
    put_big_32(header + 20, (uint32_t)time_us);
    errno = ENOSPC; /* what a short write means */
    if (writev(port->snoop_fd, parts, 2) != (ssize_t)(sizeof header + len))
        port->snoop_error = errno;
}

kith_status kith_posix_snoop(kith_posix *port, int fd)
{
    uint8_t header[16] = "btsnoop";

    put_big_32(header + 8, 1);
    put_big_32(header + 12, DATALINK_H4);
    errno = ENOSPC;
    if (write(fd, header, sizeof header) != (ssize_t)sizeof header)
        return KITH_ERR_IO;
    port->snoop_fd = fd;
    port->snoop_error = 0;
    return KITH_OK;
}
