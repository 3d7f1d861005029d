/* What Linux asks over a link in so many octets, for the virtual machine of the live tests.
 *
 *   guest_att ADDRESS public|random low|medium|none STEP...
 *
 *   request=HEX      an ATT request
 *   told=            waits for a notification or an indication, asking for nothing
 *   command=HEX      an ATT PDU that has no answer
 *   signal=HEX       a PDU on the LE signalling channel that has an answer
 *   signal-only=HEX  one that has none
 *   channel=SPSM     the kernel asks for an LE credit based channel to this SPSM (hexadecimal)
 *   enhanced=SPSM    ... for an enhanced one, as EATT does (the kernel's parameter enable_ecred must be on)
 *
 * low and medium: an ATT channel of its own, on a link that is as it comes, or encrypted with the bond's key;
 * none: there is a link, and its ATT channel is somebody else's.
 * Prints a line for each step: the answer in hexadecimal, or "-" if none is waited for; for a channel the peer's
 * answer, and what the kernel makes of it.  A stray answer shows as that of the next step.
 *
 * The kernel's L2CAP sockets, and nothing above them: BlueZ's own clients answer "insufficient encryption" by
 * pairing at once, so with them no refusal is ever seen.  What the kernel never says goes out as raw ACL data.
 * Vol 3 Part A 4, Part F 3.4. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Linux's interface; its headers are in no package that the tests need otherwise. */
enum { PROTO_L2CAP = 0, PROTO_HCI = 1, LEVEL_HCI = 0, LEVEL_BLUETOOTH = 274 };
enum { OPTION_SECURITY = 4, OPTION_MODE = 15, OPTION_HCI_FILTER = 2, MODE_ENHANCED = 4 };
enum { ADDRESS_PUBLIC = 1, ADDRESS_RANDOM = 2, WAIT_SECONDS = 10, CHANNEL_WAIT_SECONDS = 2 };
enum { CID_ATT = 4, CID_SIGNALLING = 5, ACL_PACKET = 2, ACL_FROM_PEER = 2, HEADERS = 9 };
enum { NOTIFICATION = 0x1b, INDICATION = 0x1d };
#define GET_CONNECTIONS _IOR('H', 212, int)

struct l2cap_address {
    uint16_t family;
    uint16_t psm;
    uint8_t address[6];
    uint16_t cid;
    uint8_t type;
};

struct hci_address {
    uint16_t family;
    uint16_t device;
    uint16_t channel;
};

struct hci_filter {
    uint32_t packets;
    uint32_t events[2];
    uint16_t opcode;
};

struct connections {
    uint16_t device;
    uint16_t count;
    struct {
        uint16_t handle;
        uint8_t address[6];
        uint8_t type;
        uint8_t out;
        uint16_t state;
        uint32_t link_mode;
    } first;
};

struct security {
    uint8_t level;
    uint8_t key_size;
};

static struct l2cap_address peer = {.family = AF_BLUETOOTH};
static int att = -1;
static int raw = -1;

static void give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void must(int result, const char *what)
{
    if (result < 0)
        give_up(what);
}

static int parse_address(const char *text, const char *type)
{
    uint8_t *a = peer.address;

    peer.type = strcmp(type, "random") == 0 ? ADDRESS_RANDOM : ADDRESS_PUBLIC;
    return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &a[5], &a[4], &a[3], &a[2], &a[1], &a[0]) == 6;
}

static size_t parse_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;

    while (len < cap && sscanf(text + 2 * len, "%2hhx", &out[len]) == 1)
        len++;
    return len;
}

static void print_hex(const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", octets[i]);
}

static void limit_waiting(int fd, int seconds)
{
    const struct timeval limit = {.tv_sec = seconds};

    must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "receive timeout");
    must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), "send timeout");
}

/* An L2CAP socket to the peer, not connected yet.  cid 0: a channel of its own. */
static int l2cap_socket(uint16_t cid, const char *level)
{
    const struct l2cap_address own = {.family = AF_BLUETOOTH, .cid = cid, .type = ADDRESS_PUBLIC};
    const struct security security = {.level = strcmp(level, "medium") == 0 ? 2 : 1};
    int fd = socket(AF_BLUETOOTH, SOCK_SEQPACKET, PROTO_L2CAP);

    must(fd, "L2CAP socket");
    must(bind(fd, (const struct sockaddr *)&own, sizeof own), "bind");
    must(setsockopt(fd, LEVEL_BLUETOOTH, OPTION_SECURITY, &security, sizeof security), "security");
    limit_waiting(fd, WAIT_SECONDS);
    return fd;
}

static void connect_att(const char *level)
{
    peer.cid = CID_ATT;
    att = l2cap_socket(CID_ATT, level);
    must(connect(att, (const struct sockaddr *)&peer, sizeof peer), "connect");
    peer.cid = 0;
}

static void open_raw(void)
{
    const struct hci_address adapter = {.family = AF_BLUETOOTH};
    const struct hci_filter data_only = {.packets = 1 << ACL_PACKET};

    raw = socket(AF_BLUETOOTH, SOCK_RAW, PROTO_HCI);
    must(raw, "HCI socket");
    must(setsockopt(raw, LEVEL_HCI, OPTION_HCI_FILTER, &data_only, sizeof data_only), "HCI filter");
    must(bind(raw, (const struct sockaddr *)&adapter, sizeof adapter), "HCI bind");
    limit_waiting(raw, WAIT_SECONDS);
}

static int is_told(uint8_t opcode)
{
    return opcode == NOTIFICATION || opcode == INDICATION;
}

/* The peer may ask first (its MTU), and tell values: a response has an odd opcode, a request an even one. */
static void print_att(int told)
{
    uint8_t pdu[512];
    ssize_t len;

    do {
        len = recv(att, pdu, sizeof pdu, 0);
        must(len, "receive");
    } while (len > 0 && (told ? !is_told(pdu[0]) : pdu[0] % 2 == 0 || is_told(pdu[0])));
    print_hex(pdu, (size_t)len);
}

static void att_request(const uint8_t *pdu, size_t pdu_len)
{
    must(send(att, pdu, pdu_len, 0), "send");
    print_att(0);
}

static void signal_only(const uint8_t *pdu, size_t pdu_len)
{
    struct connections links = {.count = 1};
    uint8_t packet[HEADERS + 64] = {ACL_PACKET};

    must(ioctl(raw, GET_CONNECTIONS, &links), "connections");
    packet[1] = links.first.handle & 0xff;
    packet[2] = links.first.handle >> 8;
    packet[3] = (uint8_t)(pdu_len + 4);
    packet[5] = (uint8_t)pdu_len;
    packet[7] = CID_SIGNALLING;
    memcpy(packet + HEADERS, pdu, pdu_len);
    must(send(raw, packet, HEADERS + pdu_len, 0), "send raw");
}

/* The next PDU of the peer on the signalling channel; such a PDU is never cut. */
static void print_signal(void)
{
    uint8_t packet[512];
    ssize_t len;

    do {
        len = recv(raw, packet, sizeof packet, 0);
        must(len, "receive raw");
    } while (len < HEADERS || packet[2] >> 4 != ACL_FROM_PEER || packet[7] != CID_SIGNALLING || packet[8] != 0);
    print_hex(packet + HEADERS, (size_t)len - HEADERS);
}

/* A refusal that comes before the kernel has begun to wait for it (bt_sock_wait_state(), Linux 6.1) wakes nobody:
 * connect() returns it when its time is over. */
static void ask_for_channel(const char *spsm, int enhanced)
{
    const uint8_t mode = MODE_ENHANCED;
    int fd = l2cap_socket(0, "low");

    limit_waiting(fd, CHANNEL_WAIT_SECONDS);
    if (enhanced)
        must(setsockopt(fd, LEVEL_BLUETOOTH, OPTION_MODE, &mode, sizeof mode), "enhanced mode");
    peer.psm = (uint16_t)strtoul(spsm, NULL, 16);
    const int refused = connect(fd, (const struct sockaddr *)&peer, sizeof peer) < 0 ? errno : 0;
    peer.psm = 0;
    print_signal();
    printf(" %s", refused == ECONNREFUSED ? "refused" : strerror(refused));
    close(fd);
}

static int run_step(const char *step)
{
    const char *value = strchr(step, '=');
    uint8_t pdu[64];

    if (value == NULL)
        return 0;
    const size_t word = (size_t)(value++ - step);
    const size_t len = parse_hex(value, pdu, sizeof pdu);
#define IS(name) (word == sizeof name - 1 && memcmp(step, name, word) == 0)
    if (IS("request"))
        att_request(pdu, len);
    else if (IS("told"))
        print_att(1);
    else if (IS("command"))
        must(send(att, pdu, len, 0), "send");
    else if (IS("signal") || IS("signal-only"))
        signal_only(pdu, len);
    else if (IS("channel") || IS("enhanced"))
        ask_for_channel(value, IS("enhanced"));
    else
        return 0;
    if (IS("signal"))
        print_signal();
    else if (IS("command") || IS("signal-only"))
        putchar('-');
    putchar('\n');
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 5 || !parse_address(argv[1], argv[2])) {
        fprintf(stderr, "usage: guest_att ADDRESS public|random low|medium|none STEP...\n");
        return 2;
    }
    open_raw();
    if (strcmp(argv[3], "none") != 0)
        connect_att(argv[3]);
    for (int i = 4; i < argc; i++) {
        if (!run_step(argv[i])) {
            fprintf(stderr, "no such step: %s\n", argv[i]);
            return 2;
        }
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}
