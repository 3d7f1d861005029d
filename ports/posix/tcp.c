/* TCP: a connection that is made within seconds or not at all, and a listener for this machine alone.  H4 is small
 * packets that wait for each other, so nothing is held back to be joined. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "descriptor.h"
#include "transport.h"

enum { BACKLOG = 64, HOST_NAME = 256, PORT_TEXT = 6, LAST_PORT = 65535 };

#define PATIENCE_US 5000000

typedef struct {
    char host[HOST_NAME]; /* without brackets */
    char port[PORT_TEXT];
    bool in_brackets;
} endpoint;

/* ---- HOST:PORT ---- */

static bool copy(char *out, size_t cap, const char *text, size_t len)
{
    if (len == 0 || len >= cap)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

static bool is_port(const char *text)
{
    unsigned long port = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9')
            return false;
        port = port * 10 + (unsigned long)(*p - '0');
    }
    return port <= LAST_PORT;
}

static bool parse(const char *where, endpoint *e)
{
    const char *colon = strrchr(where, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - where);

    if (colon == NULL || !copy(e->port, sizeof e->port, colon + 1, strlen(colon + 1)) || !is_port(e->port))
        return false;
    e->in_brackets = len >= 2 && where[0] == '[' && where[len - 1] == ']';
    if (e->in_brackets)
        return copy(e->host, sizeof e->host, where + 1, len - 2);
    return memchr(where, ':', len) == NULL && copy(e->host, sizeof e->host, where, len);
}

static kith_status look_up(const endpoint *e, struct addrinfo **found)
{
    const struct addrinfo wanted = {.ai_family = e->in_brackets ? AF_INET6 : AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICSERV | (e->in_brackets ? AI_NUMERICHOST : 0)};

    switch (getaddrinfo(e->host, e->port, &wanted, found)) {
    case 0:
        return KITH_OK;
    case EAI_SYSTEM:
        return KITH_ERR_IO;
    case EAI_MEMORY:
        errno = ENOMEM;
        return KITH_ERR_IO;
    default:
        return KITH_ERR_NOT_FOUND;
    }
}

/* ---- connecting ---- */

/* The outcome of a connection that is under way; false: errno says why. */
static bool wait_for_outcome(int fd, uint64_t until_us)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    uint64_t now = kith_posix_now();
    int n = poll(&wanted, 1, now < until_us ? (int)((until_us - now + 999) / 1000) : 0);
    int error = ETIMEDOUT;
    socklen_t size = sizeof error;

    if (n < 0 || (n > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0))
        return false;
    errno = error;
    return error == 0;
}

static bool connect_until(int fd, const struct addrinfo *address, uint64_t until_us)
{
    const int on = 1;

    return posix_set_blocking(fd, false) && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           (connect(fd, address->ai_addr, address->ai_addrlen) == 0 ||
            (errno == EINPROGRESS && wait_for_outcome(fd, until_us))) &&
           posix_set_blocking(fd, true);
}

static kith_status connect_to_one(const struct addrinfo *address, uint64_t until_us, int *fd)
{
    int s = posix_socket(address->ai_family, address->ai_socktype, address->ai_protocol);

    if (s < 0)
        return KITH_ERR_IO;
    if (!connect_until(s, address, until_us))
        return posix_fail_and_close(s, KITH_ERR_IO);
    *fd = s;
    return KITH_OK;
}

kith_status posix_open_tcp(const char *where, int *fd)
{
    struct addrinfo *addresses;
    uint64_t until_us;
    endpoint e;
    kith_status status;
    int error;

    if (!parse(where, &e) || strspn(e.port, "0") == strlen(e.port))
        return KITH_ERR_VALUE;
    status = look_up(&e, &addresses);
    if (status != KITH_OK)
        return status;
    until_us = kith_posix_now() + PATIENCE_US;
    for (const struct addrinfo *a = addresses; a != NULL; a = a->ai_next) {
        status = connect_to_one(a, until_us, fd);
        if (status == KITH_OK || errno == EINTR || kith_posix_now() >= until_us)
            break;
    }
    error = errno;
    freeaddrinfo(addresses);
    errno = error;
    return status;
}

/* ---- listening ---- */

static bool is_loopback(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    memcpy(&v6, address, sizeof v6);
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

/* Where it listens, the port that was picked included. */
static bool tell_place(kith_posix_listener *listener)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    char host[INET6_ADDRSTRLEN], port[PORT_TEXT];
    const char *form = NULL;

    if (getsockname(listener->fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    form = address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s";
    (void)snprintf(listener->place, sizeof listener->place, form, host, port);
    for (const char *p = port; *p != '\0'; p++)
        listener->port = (uint16_t)(listener->port * 10 + (*p - '0'));
    return true;
}

/* A port on which a program was killed moments ago is free, as far as anybody cares. */
static bool bind_and_listen(kith_posix_listener *listener, const struct addrinfo *address)
{
    const int on = 1;

    return setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           bind(listener->fd, address->ai_addr, address->ai_addrlen) == 0 && posix_set_blocking(listener->fd, false) &&
           listen(listener->fd, BACKLOG) == 0 && tell_place(listener);
}

static kith_status listen_at(kith_posix_listener *listener, const struct addrinfo *address)
{
    if (!is_loopback(address->ai_addr))
        return KITH_ERR_VALUE;
    listener->fd = posix_socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (listener->fd < 0)
        return KITH_ERR_IO;
    if (!bind_and_listen(listener, address)) {
        kith_status status = posix_fail_and_close(listener->fd, errno == EADDRINUSE ? KITH_ERR_BUSY : KITH_ERR_IO);

        listener->fd = -1;
        return status;
    }
    return KITH_OK;
}

kith_status kith_posix_listen_tcp(kith_posix_listener *listener, const char *where)
{
    struct addrinfo *addresses;
    kith_status status;
    endpoint e;
    int error;

    memset(listener, 0, sizeof *listener);
    listener->fd = -1;
    if (!parse(where, &e))
        return KITH_ERR_VALUE;
    status = look_up(&e, &addresses);
    if (status != KITH_OK)
        return status;
    status = listen_at(listener, addresses);
    error = errno;
    freeaddrinfo(addresses);
    errno = error;
    return status;
}
