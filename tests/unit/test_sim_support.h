/* A room of controllers for tests, driven by HCI packets alone: what each controller says is kept in a
 * log and looked for in order. */
#ifndef TEST_SIM_SUPPORT_H
#define TEST_SIM_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "kith/codec/hci.h"
#include "kith/port/openssl.h"

#include "../../sim/sim.h"

enum { ROOM_DEVICES = 4, ROOM_LOG = 4096 };

typedef struct {
    uint8_t data[260];
    size_t len;
    uint64_t time_us;
} room_packet;

typedef struct {
    kith_sim *sim;
    kith_crypto_port crypto;
    size_t devices;
    room_packet *log[ROOM_DEVICES];
    size_t count[ROOM_DEVICES];
    size_t read[ROOM_DEVICES]; /* everything before has been looked at */
} room;

static const uint8_t ROOM_ADDRESS[ROOM_DEVICES][6] = {
    {0x01, 0, 0, 0, 0, 0xc0}, {0x02, 0, 0, 0, 0, 0xc0}, {0x03, 0, 0, 0, 0, 0xc0}, {0x04, 0, 0, 0, 0, 0xc0}};

/* ---- the room ---- */

static inline void room_collect(room *r)
{
    for (size_t i = 0; i < r->devices; i++) {
        for (;;) {
            room_packet *p;

            assert_true(r->count[i] < ROOM_LOG);
            p = &r->log[i][r->count[i]];
            p->len = kith_sim_receive(r->sim, (kith_sim_device)i, p->data, sizeof p->data);
            if (p->len == 0)
                break;
            p->time_us = kith_sim_now(r->sim);
            r->count[i]++;
        }
    }
}

/* Sends a command and gives the status of its answer. */
static inline uint8_t command(room *r, int device, uint16_t opcode, const void *parameters, size_t len)
{
    uint8_t packet[4 + 255] = {KITH_H4_COMMAND};
    size_t before = r->count[device];

    bytes_put16(packet + 1, opcode);
    packet[3] = (uint8_t)len;
    if (len != 0)
        memcpy(packet + 4, parameters, len);
    assert_int_equal(kith_sim_send(r->sim, device, packet, 4 + len), KITH_OK);
    room_collect(r);
    for (size_t i = before; i < r->count[device]; i++) {
        const uint8_t *p = r->log[device][i].data;

        if (p[1] == KITH_HCI_EV_COMMAND_COMPLETE && bytes_get16(p + 4) == opcode)
            return p[6];
        if (p[1] == KITH_HCI_EV_COMMAND_STATUS && bytes_get16(p + 5) == opcode)
            return p[3];
    }
    fail_msg("command %04x was not answered", opcode);
    return 0xff;
}

/* What followed the status in the last Command Complete of that opcode. */
static inline const uint8_t *answer_of(room *r, int device, uint16_t opcode)
{
    for (size_t i = r->count[device]; i > 0; i--) {
        const uint8_t *p = r->log[device][i - 1].data;

        if (p[0] == KITH_H4_EVENT && p[1] == KITH_HCI_EV_COMMAND_COMPLETE && bytes_get16(p + 4) == opcode)
            return p + 7;
    }
    fail_msg("no Command Complete of %04x", opcode);
    return NULL;
}

static inline void must(uint8_t status)
{
    assert_int_equal(status, KITH_HCI_SUCCESS);
}

static inline void room_unmask(room *r, int device)
{
    uint8_t all[8];

    memset(all, 0xff, sizeof all);
    must(command(r, device, KITH_HCI_SET_EVENT_MASK, all, 8));
    must(command(r, device, KITH_HCI_SET_EVENT_MASK_PAGE_2, all, 8));
    must(command(r, device, KITH_HCI_LE_SET_EVENT_MASK, all, 8));
}

static inline room *room_new(size_t devices, uint64_t seed)
{
    room *r = calloc(1, sizeof *r);
    kith_sim_config config = {.seed = seed};

    assert_non_null(r);
    assert_int_equal(kith_openssl_port(&r->crypto), KITH_OK);
    config.crypto = &r->crypto;
    assert_int_equal(kith_sim_new(&config, &r->sim), KITH_OK);
    for (size_t i = 0; i < devices; i++) {
        kith_sim_device device;

        assert_int_equal(kith_sim_add(r->sim, ROOM_ADDRESS[i], &device), KITH_OK);
        assert_int_equal(device, i);
        r->log[i] = calloc(ROOM_LOG, sizeof *r->log[i]);
        assert_non_null(r->log[i]);
        r->devices++;
        room_unmask(r, (int)i);
    }
    return r;
}

static inline void room_free(room *r)
{
    kith_sim_free(r->sim);
    for (size_t i = 0; i < r->devices; i++)
        free(r->log[i]);
    free(r);
}

static inline void room_forget_log(room *r)
{
    memset(r->count, 0, sizeof r->count);
    memset(r->read, 0, sizeof r->read);
}

/* Step by step, as a program does it. */
static inline void room_run(room *r, uint64_t for_us)
{
    uint64_t until = kith_sim_now(r->sim) + for_us;

    while (kith_sim_deadline(r->sim) <= until) {
        kith_sim_advance(r->sim, kith_sim_deadline(r->sim));
        room_collect(r);
    }
    kith_sim_advance(r->sim, until);
    room_collect(r);
}

/* ---- looking for what was said ---- */

static inline bool is_event(const room_packet *p, int code, int subevent)
{
    return p->data[0] == KITH_H4_EVENT && p->data[1] == code && (subevent < 0 || p->data[3] == subevent);
}

/* The parameters of the next such event not looked at yet (for LE events after the subevent code), or NULL. */
static inline const uint8_t *seek(room *r, int device, int code, int subevent)
{
    for (size_t i = r->read[device]; i < r->count[device]; i++) {
        if (is_event(&r->log[device][i], code, subevent)) {
            r->read[device] = i + 1;
            return r->log[device][i].data + (subevent < 0 ? 3 : 4);
        }
    }
    return NULL;
}

static inline const uint8_t *seek_le(room *r, int device, int subevent)
{
    return seek(r, device, KITH_HCI_EV_LE_META, subevent);
}

static inline const room_packet *seek_acl(room *r, int device)
{
    for (size_t i = r->read[device]; i < r->count[device]; i++) {
        if (r->log[device][i].data[0] == KITH_H4_ACL) {
            r->read[device] = i + 1;
            return &r->log[device][i];
        }
    }
    return NULL;
}

/* Runs until it is there. */
static inline const uint8_t *await(room *r, int device, int code, int subevent, uint64_t for_us)
{
    uint64_t until = kith_sim_now(r->sim) + for_us;
    const uint8_t *found = seek(r, device, code, subevent);

    while (found == NULL && kith_sim_deadline(r->sim) <= until) {
        kith_sim_advance(r->sim, kith_sim_deadline(r->sim));
        room_collect(r);
        found = seek(r, device, code, subevent);
    }
    if (found == NULL)
        fail_msg("device %d: no event %02x %02x", device, (unsigned)code, (unsigned)subevent);
    return found;
}

static inline const uint8_t *await_le(room *r, int device, int subevent, uint64_t for_us)
{
    return await(r, device, KITH_HCI_EV_LE_META, subevent, for_us);
}

/* ---- common moves ---- */

static inline void set_advertising(room *r, int device, uint8_t type, uint8_t own_type, uint8_t filter_policy,
                                   uint8_t peer_type, const uint8_t *peer)
{
    uint8_t p[15] = {0x20, 0, 0x20, 0, type, own_type, peer_type};

    if (peer != NULL)
        memcpy(p + 7, peer, 6);
    p[13] = 7;
    p[14] = filter_policy;
    must(command(r, device, KITH_HCI_LE_SET_ADV_PARAMETERS, p, sizeof p));
}

static inline uint8_t enable_advertising(room *r, int device, bool on)
{
    uint8_t p = on;

    return command(r, device, KITH_HCI_LE_SET_ADV_ENABLE, &p, 1);
}

static inline void advertise(room *r, int device)
{
    set_advertising(r, device, 0, 0, 0, 0, NULL);
    must(enable_advertising(r, device, true));
}

static inline void set_scanning(room *r, int device, bool active, uint8_t own_type, uint8_t filter_policy)
{
    uint8_t p[7] = {active, 0x10, 0, 0x10, 0, own_type, filter_policy};

    must(command(r, device, KITH_HCI_LE_SET_SCAN_PARAMETERS, p, sizeof p));
}

static inline uint8_t enable_scanning(room *r, int device, bool on, bool filter_duplicates)
{
    uint8_t p[2] = {on, filter_duplicates};

    return command(r, device, KITH_HCI_LE_SET_SCAN_ENABLE, p, sizeof p);
}

static inline uint8_t create_connection(room *r, int device, uint8_t policy, uint8_t peer_type, const uint8_t *peer,
                                        uint8_t own_type, uint16_t interval, uint16_t timeout)
{
    uint8_t p[25] = {0x10, 0, 0x10, 0, policy, peer_type};

    if (peer != NULL)
        memcpy(p + 6, peer, 6);
    p[12] = own_type;
    bytes_put16(p + 13, interval);
    bytes_put16(p + 15, interval);
    bytes_put16(p + 19, timeout);
    return command(r, device, KITH_HCI_LE_CREATE_CONNECTION, p, sizeof p);
}

enum { INTERVAL = 24, INTERVAL_US = 30000, TIMEOUT = 100, TIMEOUT_US = 1000000 };

/* Device 0 advertises, device 1 connects.  Returns nothing: handles are 1 on both sides of a fresh room. */
static inline void room_connect(room *r, int peripheral, int central)
{
    advertise(r, peripheral);
    must(create_connection(r, central, 0, 0, ROOM_ADDRESS[peripheral], 0, INTERVAL, TIMEOUT));
    must(await_le(r, central, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
    must(await_le(r, peripheral, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
    room_run(r, INTERVAL_US);
}

static inline void send_acl(room *r, int device, uint16_t handle, bool continuing, const uint8_t *data, size_t len)
{
    uint8_t packet[5 + 255] = {KITH_H4_ACL};

    bytes_put16(packet + 1, (uint16_t)(handle | (continuing ? KITH_ACL_CONTINUING : 0)));
    bytes_put16(packet + 3, (uint16_t)len);
    if (len != 0)
        memcpy(packet + 5, data, len);
    assert_int_equal(kith_sim_send(r->sim, device, packet, 5 + len), KITH_OK);
    room_collect(r);
}

static inline uint8_t disconnect(room *r, int device, uint16_t handle, uint8_t reason)
{
    uint8_t p[3];

    bytes_put16(p, handle);
    p[2] = reason;
    return command(r, device, KITH_HCI_DISCONNECT, p, sizeof p);
}

static inline uint8_t enable_encryption(room *r, int device, uint16_t handle, const uint8_t ltk[16])
{
    uint8_t p[28] = {0};

    bytes_put16(p, handle);
    memcpy(p + 12, ltk, 16);
    return command(r, device, KITH_HCI_LE_ENABLE_ENCRYPTION, p, sizeof p);
}

static inline uint8_t reply_ltk(room *r, int device, uint16_t handle, const uint8_t ltk[16])
{
    uint8_t p[18];

    bytes_put16(p, handle);
    memcpy(p + 2, ltk, 16);
    return command(r, device, KITH_HCI_LE_LTK_REQUEST_REPLY, p, sizeof p);
}

static const uint8_t ROOM_LTK[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* Central asks, peripheral's host answers as soon as it is asked. */
static inline void room_encrypt(room *r, int peripheral, int central)
{
    must(enable_encryption(r, central, 1, ROOM_LTK));
    (void)await_le(r, peripheral, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
    must(reply_ltk(r, peripheral, 1, ROOM_LTK));
    must(await(r, peripheral, KITH_HCI_EV_ENCRYPTION_CHANGE, -1, 1000000)[0]);
    must(await(r, central, KITH_HCI_EV_ENCRYPTION_CHANGE, -1, 1000000)[0]);
}

#endif
