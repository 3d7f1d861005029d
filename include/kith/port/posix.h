/* Hosts on live controllers, on POSIX systems: H4 over sockets, serial lines and adapters, and a loop that waits.
 * Link: -lkith-posix
 *
 *   kith_posix_open("unix:/tmp/hci", &fd);
 *   kith_posix_init(&port, host, fd);
 *   kith_host_start(host, kith_posix_now());
 *   while ((result = kith_posix_next(&port, until_us, &event)) == KITH_POSIX_EVENT)
 *       act on the event
 *   kith_posix_close(&port);
 *
 * Owner: the caller, of every struct here; they are large (KITH_POSIX_PACKET), so not for small stacks.  A
 * descriptor given to kith_posix_init() or kith_posix_stream_init() is closed with it.
 * Threads: one at a time per struct.  No signal is raised by a stream whose other end has gone.
 * Each KITH_ERR_IO leaves its reason in errno.
 *
 * H4: Core Vol 4 Part A. */
#ifndef KITH_PORT_POSIX_H
#define KITH_PORT_POSIX_H

#include "kith/host.h"
#include "kith/port/pump.h"

enum {
    KITH_POSIX_PACKET = 1 + 4 + 65535, /* the longest H4 packet: ACL data with its type octet */
    KITH_POSIX_CHUNK = 4096,           /* read at a time */
    KITH_POSIX_QUEUE = 16384,          /* octets that may wait to be written */
    KITH_POSIX_PATH = 108              /* of a unix socket, closing zero included; any other place's name fits too */
};

/* Microseconds of the monotonic clock: the time of every host on this port. */
uint64_t kith_posix_now(void);

/* ---- H4 framing: any chunks in, whole packets out; no I/O ---- */

/* Who sends what is read: it decides which packet types may come. */
typedef enum {
    KITH_POSIX_FROM_CONTROLLER, /* events, ACL, synchronous and isochronous data */
    KITH_POSIX_FROM_HOST        /* commands, ACL, synchronous and isochronous data */
} kith_posix_sender;

typedef enum {
    KITH_POSIX_H4_MORE,   /* all was consumed, no packet is whole yet */
    KITH_POSIX_H4_PACKET, /* packet and len tell it, until the next call */
    KITH_POSIX_H4_LOST    /* packet[0] stands where a type octet should: step is lost */
} kith_posix_h4_result;

typedef struct {
    kith_posix_sender sender;
    bool searching; /* step was lost */
    bool whole;
    size_t len;
    uint8_t packet[KITH_POSIX_PACKET];
} kith_posix_h4;

void kith_posix_h4_init(kith_posix_h4 *h4, kith_posix_sender sender);

/* Takes octets up to the end of one packet and returns how many; call again with the rest.
 *
 * After LOST everything is thrown away up to what Vol 4 Part A 4 resynchronises on, which is then the next
 * packet: HCI_Reset from a host, its Command Complete from a controller. */
size_t kith_posix_h4_take(kith_posix_h4 *h4, const uint8_t *octets, size_t len, kith_posix_h4_result *result);

/* Is what h4->packet and h4->len hold one whole packet of this sender?  For whom packets come whole already. */
bool kith_posix_h4_is_packet(const kith_posix_h4 *h4);

/* ---- a stream: a descriptor, framing and bounded buffers; never waits ---- */

typedef struct {
    int fd;
    bool ended; /* closed by the other end, or failed */
    int error;  /* errno of a failure; 0: closed in order */
    bool is_socket;
    bool is_packets;   /* a socket that keeps the bounds of packets: one packet each time, both ways */
    size_t at, filled; /* of chunk; of h4.packet where is_packets */
    size_t queued;     /* of queue */
    kith_posix_h4 h4;
    uint8_t chunk[KITH_POSIX_CHUNK];
    uint8_t queue[KITH_POSIX_QUEUE];
} kith_posix_stream;

/* KITH_ERR_IO: fd cannot be made non-blocking; it stays the caller's. */
KITH_MUST_USE kith_status kith_posix_stream_init(kith_posix_stream *stream, int fd, kith_posix_sender sender);
void kith_posix_stream_close(kith_posix_stream *stream);

/* Reads once; call it when the descriptor is readable.  What is left of the last read comes first: take all
 * packets before, and be done with the last.  Sets ended where it ends. */
void kith_posix_stream_fill(kith_posix_stream *stream);

/* The next packet of what was read; it is stream->h4.packet.  MORE: fill again.
 * Where is_packets step is never lost: what is not one whole packet is dropped. */
kith_posix_h4_result kith_posix_stream_next(kith_posix_stream *stream);

/* Queues a packet.  KITH_ERR_FULL: the queue is too full for it; nothing was taken. */
KITH_MUST_USE kith_status kith_posix_stream_put(kith_posix_stream *stream, const uint8_t *packet, size_t len);
size_t kith_posix_stream_room(const kith_posix_stream *stream);

/* Writes what the other end takes now.  Sets ended where it ends. */
void kith_posix_stream_flush(kith_posix_stream *stream);

/* ---- places ---- */

/* Connects to a controller.  where:
 *   "unix:PATH"         a unix socket
 *   "tcp:HOST:PORT"     a TCP socket; an IPv6 address stands in brackets.  H4 has no protection of its own: whoever is
 *                       between reads and writes everything
 *   "uart:DEV[,BAUD]"   a serial line or pseudo terminal, 8N1 with hardware flow control; default 1000000 baud
 *   "hciN"              adapter N of this Linux, taken over whole (HCI user channel): it must be down, and needs
 *                       CAP_NET_ADMIN.  errno: EAFNOSUPPORT no Bluetooth in this kernel, ENODEV no such adapter, EBUSY
 *                       it is up or somebody has it, EPERM not allowed
 * Waits a few seconds at most (for a HOST's address, as long as the system's resolver takes).
 * KITH_ERR_VALUE: not of these forms, too long, or no baud rate; KITH_ERR_UNSUPPORTED: not on this system;
 * KITH_ERR_BUSY: a device that another program holds; KITH_ERR_NOT_FOUND: HOST has no address; KITH_ERR_IO (ENOTTY:
 * DEV is no serial line; EINTR: a signal came while it waited). */
KITH_MUST_USE kith_status kith_posix_open(const char *where, int *fd);

typedef struct {
    int fd;
    uint16_t port;               /* of TCP, as picked; 0: a unix socket */
    uint64_t device, inode;      /* of the socket file: another's is not removed */
    char place[KITH_POSIX_PATH]; /* where it listens: a path, or ADDRESS:PORT */
} kith_posix_listener;

/* Listens at a path, for this user alone (mode 0600).  A socket there on which nobody listens is replaced.
 * KITH_ERR_VALUE: the path is empty or too long; KITH_ERR_BUSY: somebody listens there; KITH_ERR_STATE:
 * something else than a socket is there; KITH_ERR_IO. */
KITH_MUST_USE kith_status kith_posix_listen(kith_posix_listener *listener, const char *path);

/* Listens on TCP at "HOST:PORT", for this machine alone: every user of it may come.  Port 0: the system picks one.
 * KITH_ERR_VALUE: not of that form, or HOST is not a loopback address; KITH_ERR_NOT_FOUND: HOST has no address;
 * KITH_ERR_BUSY: somebody listens there; KITH_ERR_IO. */
KITH_MUST_USE kith_status kith_posix_listen_tcp(kith_posix_listener *listener, const char *where);

/* KITH_ERR_NOT_FOUND: nobody is waiting; KITH_ERR_IO. */
KITH_MUST_USE kith_status kith_posix_accept(const kith_posix_listener *listener, int *fd);

/* Closes, and removes the socket file. */
void kith_posix_unlisten(kith_posix_listener *listener);

/* A pseudo terminal, raw, on which hosts come one after the other: each opens name as a serial line. */
typedef struct {
    int fd;   /* our end; while one is waited for, it is readable when he has said something */
    int held; /* the other end, which keeps ours from being hung up while one is waited for; -1: somebody is there */
    char name[KITH_POSIX_PATH];
} kith_posix_pty;

/* KITH_ERR_IO: there is none to be had; pty->fd is -1 then. */
KITH_MUST_USE kith_status kith_posix_pty_open(kith_posix_pty *pty);

/* A descriptor to him who has said something: it ends (EIO) when he has closed the terminal.  The caller's to close.
 * KITH_ERR_IO. */
KITH_MUST_USE kith_status kith_posix_pty_accept(kith_posix_pty *pty, int *fd);

/* When he has closed the terminal: waits for the next.  One who has not is hung up by kith_posix_pty_close().
 * KITH_ERR_IO: he has left it so that it cannot be used (EBUSY: marked as his alone); another has to be opened. */
KITH_MUST_USE kith_status kith_posix_pty_wait(kith_posix_pty *pty);
void kith_posix_pty_close(kith_posix_pty *pty);

/* ---- one host on one stream ---- */

typedef struct {
    kith_host *host;
    int wake_fds[2]; /* one is readable: kith_posix_next() returns WOKEN; a pipe, a terminal.  -1: none (default) */
    int snoop_fd;    /* of kith_posix_snoop(), -1: none */
    int snoop_error; /* errno of the write that failed: the file ends there */
    bool held;       /* a packet that the host had no room for */
    bool told_lost;
    bool looked;     /* at the stream, since until_us has passed */
    uint8_t strange; /* the octet that stood for a packet type, when step was last lost */
    bool working;
    kith_work work;
    kith_posix_stream stream;
} kith_posix;

typedef enum {
    KITH_POSIX_EVENT,   /* *event is filled */
    KITH_POSIX_TIMEOUT, /* until_us has passed, and the stream was looked at since */
    KITH_POSIX_WOKEN,   /* one of wake_fds is readable, or at its end */
    KITH_POSIX_CLOSED   /* the stream has ended, and the host has told everything: stream.error says why */
} kith_posix_result;

/* Joins a host to the controller at fd.  KITH_ERR_IO: fd cannot be made non-blocking; it stays the caller's. */
KITH_MUST_USE kith_status kith_posix_init(kith_posix *port, kith_host *host, int fd);

/* Carries packets and time, runs work where it stands, and waits, until there is an event or another end.
 *
 * A stream that ends or loses step is a Hardware Error event to the host, so that all that was under way ends
 * in KITH_EVENT_CONTROLLER_LOST or KITH_EVENT_START_FAILED.  Where only step was lost (stream.ended is false),
 * kith_host_start() finds it again: its reset is what the controller and the framing wait for. */
kith_posix_result kith_posix_next(kith_posix *port, uint64_t until_us, kith_event *event);

/* The same for programs that wait (kith/port/blocking.h); WOKEN is KITH_PUMP_NOTHING.  The port must stay. */
void kith_posix_pump(kith_posix *port, kith_pump *pump);

/* Writes the packets of both directions to fd as btsnoop (datalink 1002: H4) from now on, each as it passes, so
 * that the file is whole whenever the program ends.  fd stays the caller's.  KITH_ERR_IO. */
KITH_MUST_USE kith_status kith_posix_snoop(kith_posix *port, int fd);

/* Closes the stream.  The host is the caller's. */
void kith_posix_close(kith_posix *port);

#endif
