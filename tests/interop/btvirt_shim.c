/* What BlueZ's virtual controller lacks on a machine of our own, preloaded into it.
 *
 * - AF_ALG: its LE Encrypt asks the kernel for ecb(aes), which not every kernel has.  Here OpenSSL does it.
 * - Its sockets have fixed names in /tmp, so two of them would steal each other's.  Here they are in $BTVIRT_SOCKETS.
 * - They are streams, and it loses its place when a read gives it more or less than one packet.  Here they keep
 *   the bounds of what was written (SOCK_SEQPACKET): one packet written is one packet read.
 *
 * It has one thread, and for each block it sets a key, accepts, sends, reads and closes.  So one key and one operation
 * at a time is all that is kept.  Its cmac(aes) can be had, as it insists on it, but not used: nothing here uses it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Linux's interface (linux/if_alg.h), for headers that lack it. */
enum { FAMILY_ALG = 38, LEVEL_ALG = 279, OPTION_KEY = 1, BLOCK = 16 };

struct alg_address {
    uint16_t family;
    uint8_t type[14];
    uint32_t feature;
    uint32_t mask;
    char name[64];
};

#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

static struct {
    int cipher;    /* the socket bound to ecb(aes), or -1 */
    int operation; /* what was accepted on it last: the reader's end of a pair, or -1 */
    int result;    /* the other end */
    uint8_t key[BLOCK];
} aes = {.cipher = -1, .operation = -1, .result = -1};

static bool encrypt_block(const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int len = 0;
    const bool good = context && EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), NULL, aes.key, NULL) == 1 &&
                      EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
                      EVP_EncryptUpdate(context, out, &len, in, BLOCK) == 1 && len == BLOCK;
    EVP_CIPHER_CTX_free(context);
    return good;
}

static int begin_operation(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
        return -1;
    aes.operation = pair[0];
    aes.result = pair[1];
    return aes.operation;
}

/* The reader then finds the block as it would in a kernel's socket. */
static ssize_t run_operation(const struct msghdr *message)
{
    uint8_t block[BLOCK];
    const bool good = message->msg_iovlen == 1 && message->msg_iov[0].iov_len == BLOCK &&
                      encrypt_block(message->msg_iov[0].iov_base, block) &&
                      REAL(send)(aes.result, block, BLOCK, 0) == BLOCK;
    close(aes.result);
    aes.operation = aes.result = -1;
    if (!good)
        errno = EINVAL;
    return good ? BLOCK : -1;
}

/* The path in its private directory; any other path as it is. */
static const char *relocated(const char *path, char *out, size_t cap)
{
    static const char prefix[] = "/tmp/bt-server-";
    const char *directory = getenv("BTVIRT_SOCKETS");

    if (!directory || strncmp(path, prefix, sizeof prefix - 1) != 0)
        return path;
    if ((size_t)snprintf(out, cap, "%s/%s", directory, path + strlen("/tmp/")) >= cap) {
        fprintf(stderr, "btvirt_shim: %s is too long for a socket's directory\n", directory);
        exit(EXIT_FAILURE);
    }
    return out;
}

static int bind_cipher(int fd, const struct alg_address *address)
{
    if (strcmp(address->name, "ecb(aes)") == 0)
        aes.cipher = fd;
    return 0;
}

static int bind_unix(int fd, const struct sockaddr_un *address)
{
    struct sockaddr_un moved = {.sun_family = AF_UNIX};
    char path[sizeof moved.sun_path];

    strncpy(moved.sun_path, relocated(address->sun_path, path, sizeof path), sizeof moved.sun_path - 1);
    return REAL(bind)(fd, (const struct sockaddr *)&moved, sizeof moved);
}

/* What it calls. */

int socket(int domain, int type, int protocol)
{
    if (domain == FAMILY_ALG)
        return open("/dev/null", O_RDWR | O_CLOEXEC); /* a number that nobody else has */
    if (domain == AF_UNIX && type == SOCK_STREAM)
        type = SOCK_SEQPACKET;
    return REAL(socket)(domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
    if (address->sa_family == FAMILY_ALG)
        return bind_cipher(fd, (const void *)address);
    if (address->sa_family == AF_UNIX)
        return bind_unix(fd, (const void *)address);
    return REAL(bind)(fd, address, len);
}

int unlink(const char *path)
{
    char moved[sizeof((struct sockaddr_un *)NULL)->sun_path];
    return REAL(unlink)(relocated(path, moved, sizeof moved));
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    if (level != LEVEL_ALG)
        return REAL(setsockopt)(fd, level, option, value, len);
    if (fd != aes.cipher || option != OPTION_KEY || len != BLOCK) {
        errno = EINVAL;
        return -1;
    }
    memcpy(aes.key, value, BLOCK);
    return 0;
}

int accept(int fd, struct sockaddr *address, socklen_t *len)
{
    return fd == aes.cipher ? begin_operation() : REAL(accept)(fd, address, len);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return fd == aes.operation ? run_operation(message) : REAL(sendmsg)(fd, message, flags);
}
