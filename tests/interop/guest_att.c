/* One ATT request from Linux on a link of its own, for the virtual machine of the live tests.
 *
 *   guest_att ADDRESS public|random PDU     (PDU in hexadecimal; prints the response, in hexadecimal)
 *
 * The kernel's L2CAP socket, security level low, and nothing above it: BlueZ's own clients answer
 * "insufficient encryption" by pairing at once, so with them no refusal is ever seen.
 * Vol 3 Part F 3.4. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Linux's interface; its headers are in no package that the tests need otherwise. */
enum { PROTO_L2CAP = 0, LEVEL_BLUETOOTH = 274, OPTION_SECURITY = 4, SECURITY_LOW = 1 };
enum { ADDRESS_PUBLIC = 1, ADDRESS_RANDOM = 2, CID_ATT = 4, WAIT_SECONDS = 10 };

struct l2cap_address {
    uint16_t family;
    uint16_t psm;
    uint8_t address[6];
    uint16_t cid;
    uint8_t type;
};

struct security {
    uint8_t level;
    uint8_t key_size;
};

static int give_up(const char *what)
{
    perror(what);
    return EXIT_FAILURE;
}

static int parse_address(const char *text, const char *type, struct l2cap_address *out)
{
    uint8_t *a = out->address;
    out->type = strcmp(type, "random") == 0 ? ADDRESS_RANDOM : ADDRESS_PUBLIC;
    return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &a[5], &a[4], &a[3], &a[2], &a[1], &a[0]) == 6;
}

static size_t parse_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;
    while (len < cap && sscanf(text + 2 * len, "%2hhx", &out[len]) == 1)
        len++;
    return len;
}

/* The peer may ask first (its MTU): a response has an odd opcode, a request an even one. */
static ssize_t wait_for_response(int fd, uint8_t *out, size_t cap)
{
    ssize_t len;
    do
        len = recv(fd, out, cap, 0);
    while (len > 0 && out[0] % 2 == 0);
    return len;
}

static int connect_att(int fd, const struct l2cap_address *peer)
{
    const struct l2cap_address own = {.family = AF_BLUETOOTH, .cid = CID_ATT, .type = ADDRESS_PUBLIC};
    const struct security low = {.level = SECURITY_LOW};
    const struct timeval limit = {.tv_sec = WAIT_SECONDS};

    return bind(fd, (const struct sockaddr *)&own, sizeof own) == 0 &&
           setsockopt(fd, LEVEL_BLUETOOTH, OPTION_SECURITY, &low, sizeof low) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
           connect(fd, (const struct sockaddr *)peer, sizeof *peer) == 0;
}

int main(int argc, char **argv)
{
    struct l2cap_address peer = {.family = AF_BLUETOOTH, .cid = CID_ATT};
    uint8_t pdu[64], response[512];

    if (argc != 4 || !parse_address(argv[1], argv[2], &peer)) {
        fprintf(stderr, "usage: guest_att ADDRESS public|random PDU\n");
        return 2;
    }
    const size_t pdu_len = parse_hex(argv[3], pdu, sizeof pdu);
    const int fd = socket(AF_BLUETOOTH, SOCK_SEQPACKET, PROTO_L2CAP);
    if (fd < 0 || !connect_att(fd, &peer))
        return give_up("connect");
    if (send(fd, pdu, pdu_len, 0) != (ssize_t)pdu_len)
        return give_up("send");
    const ssize_t len = wait_for_response(fd, response, sizeof response);
    if (len <= 0)
        return give_up("receive");
    for (ssize_t i = 0; i < len; i++)
        printf("%02x", response[i]);
    putchar('\n');
    close(fd);
    return EXIT_SUCCESS;
}
