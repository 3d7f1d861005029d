/* A host and the octets a controller would send it: answers its commands, makes connections, and keeps what it says. */
#ifndef TEST_HOST_SUPPORT_H
#define TEST_HOST_SUPPORT_H

#include <stdlib.h>

#include "crypto_support.h"
#include "host/internal.h"

enum { DESK_LINKS = 8, DESK_HANDLE = 0x40 };

typedef struct {
    kith_host *h;
    void *memory;
    kith_crypto_port port;
    seeded source;
    kith_config config;
    uint64_t now_us;
    uint16_t acl_len;
    uint8_t acl_packets;
    uint16_t hold_back; /* the command with this opcode is not answered */
    uint16_t commands[32];
    unsigned command_count;
    uint8_t acl[64][260]; /* packets to the controller */
    size_t acl_sizes[64];
    unsigned acl_count;
    unsigned told[KITH_EVENT_KINDS]; /* by kind */
    kith_event last;
} desk;

static inline void desk_receive(desk *d, const uint8_t *packet, size_t len)
{
    uint8_t *copy = malloc(len); /* of its own size, so that a sanitizer sees reading past it */

    assert_non_null(copy);
    memcpy(copy, packet, len);
    assert_int_equal(kith_host_receive(d->h, copy, len, d->now_us), KITH_OK);
    free(copy);
}

static inline void desk_event(desk *d, uint8_t code, const uint8_t *parameters, size_t len)
{
    uint8_t packet[258] = {KITH_H4_EVENT, code, (uint8_t)len};

    if (len > 0)
        memcpy(packet + 3, parameters, len);
    desk_receive(d, packet, 3 + len);
}

static inline void desk_fill_answer(const desk *d, uint16_t opcode, uint8_t *p)
{
    static const uint8_t address[6] = {1, 2, 3, 4, 5, 6};

    if (opcode == KITH_HCI_READ_LOCAL_COMMANDS)
        memset(p, 0xff, 64);
    if (opcode == KITH_HCI_READ_LOCAL_FEATURES)
        p[4] = 0x40;
    if (opcode == KITH_HCI_READ_BD_ADDR)
        memcpy(p, address, 6);
    if (opcode == KITH_HCI_LE_READ_LOCAL_FEATURES)
        p[0] = 0x21;
    if (opcode == KITH_HCI_LE_READ_BUFFER_SIZE) {
        bytes_put16(p, d->acl_len);
        p[2] = d->acl_packets;
    }
}

static inline void desk_answer(desk *d, uint16_t opcode)
{
    uint8_t complete[68] = {1}, status[4] = {0, 1};

    bytes_put16(complete + 1, opcode);
    bytes_put16(status + 2, opcode);
    desk_fill_answer(d, opcode, complete + 4);
    if (opcode == KITH_HCI_DISCONNECT || opcode == KITH_HCI_LE_ENABLE_ENCRYPTION ||
        opcode == KITH_HCI_LE_CREATE_CONNECTION)
        desk_event(d, KITH_HCI_EV_COMMAND_STATUS, status, sizeof status);
    else
        desk_event(d, KITH_HCI_EV_COMMAND_COMPLETE, complete, sizeof complete);
}

/* Takes what the host has to send. */
static inline void desk_pump(desk *d)
{
    uint8_t packet[260];
    size_t len;

    while ((len = kith_host_next_packet(d->h, packet, sizeof packet)) > 0) {
        if (packet[0] == KITH_H4_ACL) {
            assert_true(d->acl_count < 64);
            memcpy(d->acl[d->acl_count], packet, len);
            d->acl_sizes[d->acl_count++] = len;
            continue;
        }
        d->commands[d->command_count++ % 32] = bytes_get16(packet + 1);
        if (bytes_get16(packet + 1) != d->hold_back)
            desk_answer(d, bytes_get16(packet + 1));
    }
}

static inline void desk_take_events(desk *d)
{
    kith_event event;

    while (kith_host_next_event(d->h, &event)) {
        d->told[event.kind]++;
        d->last = event;
    }
}

static inline unsigned desk_sent(const desk *d, uint16_t opcode)
{
    unsigned count = 0;

    for (unsigned i = 0; i < d->command_count && i < 32; i++)
        count += d->commands[i] == opcode;
    return count;
}

static inline void desk_forget(desk *d)
{
    d->command_count = d->acl_count = 0;
    memset(d->told, 0, sizeof d->told);
}

static const uint8_t desk_value[] = "value";
static const kith_characteristic desk_characteristics[] = {
    {.uuid = KITH_UUID16(0x2a3f),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN},
};
static const kith_service desk_services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = desk_characteristics, .characteristic_count = 1},
};
static const kith_method *const desk_methods[] = {&kith_sc_just_works_initiator, &kith_sc_just_works_responder, NULL};

static inline void desk_open(desk *d, uint8_t links, uint16_t acl_len, uint8_t acl_packets)
{
    size_t size;

    memset(d, 0, sizeof *d);
    d->acl_len = acl_len;
    d->acl_packets = acl_packets;
    assert_int_equal(kith_openssl_port(&d->port), KITH_OK);
    d->source.state = 1;
    d->port.random = seeded_random;
    d->port.context = &d->source;
    kith_config_default(&d->config);
    d->config.limits = (kith_limits){.links = links, .pairings = links, .bonds = 16, .mtu = 65, .events = 8};
    d->config.crypto = &d->port;
    d->config.store = &kith_volatile_store;
    d->config.security.methods = desk_methods;
    d->config.services = desk_services;
    d->config.service_count = 1;
    size = kith_host_size(&d->config.limits);
    d->memory = malloc(size);
    assert_int_equal(kith_host_init(d->memory, size, &d->config, &d->h), KITH_OK);
    assert_int_equal(kith_host_start(d->h, 0), KITH_OK);
    desk_pump(d);
    desk_take_events(d);
    assert_int_equal(d->told[KITH_EVENT_READY], 1);
    desk_forget(d);
}

static inline void desk_close(desk *d)
{
    free(d->memory);
}

static inline host_link *desk_connect(desk *d, unsigned number, bool central)
{
    uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE, 0};

    bytes_put16(p + 2, (uint16_t)(DESK_HANDLE + number));
    p[4] = !central;
    p[6] = (uint8_t)number;
    p[12] = 24;
    p[16] = 100;
    desk_event(d, KITH_HCI_EV_LE_META, p, sizeof p);
    desk_take_events(d);
    return link_by_handle(d->h, (uint16_t)(DESK_HANDLE + number));
}

static inline void desk_frame(desk *d, unsigned number, uint16_t cid, const uint8_t *pdu, size_t len)
{
    uint8_t packet[9 + 251] = {KITH_H4_ACL};

    bytes_put16(packet + 1, (uint16_t)((DESK_HANDLE + number) | KITH_ACL_FIRST_FLUSHABLE));
    bytes_put16(packet + 3, (uint16_t)(4 + len));
    bytes_put16(packet + 5, (uint16_t)len);
    bytes_put16(packet + 7, cid);
    memcpy(packet + 9, pdu, len);
    desk_receive(d, packet, 9 + len);
}

static inline void desk_complete(desk *d, unsigned first, unsigned count, uint16_t packets)
{
    uint8_t p[1 + 4 * DESK_LINKS] = {(uint8_t)count};

    for (unsigned i = 0; i < count; i++) {
        bytes_put16(p + 1 + 4 * i, (uint16_t)(DESK_HANDLE + first + i));
        bytes_put16(p + 3 + 4 * i, packets);
    }
    desk_event(d, KITH_HCI_EV_COMPLETED_PACKETS, p, 1 + 4 * count);
}

#endif
