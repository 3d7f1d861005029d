/* An adapter of this Linux through the HCI user channel: the kernel keeps its hands off, and each read and write is one
 * H4 packet.  The numbers are the kernel's interface (include/net/bluetooth/hci_sock.h); its header comes with BlueZ,
 * which is not needed for four of them. */
#include "descriptor.h"
#include "transport.h"

#ifdef __linux__

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { FAMILY = 31, PROTOCOL_HCI = 1, CHANNEL_USER = 1, NO_ADAPTER = 0xffff };

typedef struct {
    sa_family_t family;
    uint16_t adapter;
    uint16_t channel;
} hci_address;

static bool parse(const char *number, uint16_t *adapter)
{
    unsigned long value = 0;

    if (*number == '\0' || strlen(number) > 5)
        return false;
    for (const char *p = number; *p != '\0'; p++) {
        if (*p < '0' || *p > '9')
            return false;
        value = value * 10 + (unsigned long)(*p - '0');
    }
    *adapter = (uint16_t)value;
    return value < NO_ADAPTER;
}

/* EUSERS: another program has it over such a channel.  EBUSY: it is up. */
static kith_status take(int fd, uint16_t adapter)
{
    const hci_address address = {FAMILY, adapter, CHANNEL_USER};

    if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return KITH_OK;
    if (errno == EUSERS)
        errno = EBUSY;
    return errno == EBUSY ? KITH_ERR_BUSY : KITH_ERR_IO;
}

kith_status posix_open_hci(const char *number, int *fd)
{
    uint16_t adapter;
    kith_status status;
    int s;

    if (!parse(number, &adapter))
        return KITH_ERR_VALUE;
    s = posix_socket(FAMILY, SOCK_RAW, PROTOCOL_HCI);
    if (s < 0)
        return KITH_ERR_IO;
    status = take(s, adapter);
    if (status != KITH_OK)
        return posix_fail_and_close(s, status);
    *fd = s;
    return KITH_OK;
}

bool posix_is_adapter(int fd)
{
    struct sockaddr_storage name = {.ss_family = 0};
    socklen_t len = sizeof name;

    return getsockname(fd, (struct sockaddr *)&name, &len) == 0 && name.ss_family == FAMILY;
}

#else

kith_status posix_open_hci(const char *number, int *fd)
{
    (void)number;
    (void)fd;
    return KITH_ERR_UNSUPPORTED;
}

bool posix_is_adapter(int fd)
{
    (void)fd;
    return false;
}

#endif
