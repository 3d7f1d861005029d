/* The controller of the bench.  Core Vol 4 Part E 5.4, 7. */
#include "controller.h"

#include <string.h>

#include "bench.h"

enum { ACL_LEN = 27, ACL_PACKETS = 4 };

controller_state controller;

packet *queue_put(packet_queue *q, const uint8_t *octets, size_t len)
{
    packet *p = &q->packets[(q->head + q->count) % QUEUE_MAX];

    if (q->count == QUEUE_MAX || len > PACKET_MAX)
        bench_fail("the host says more than the bench can keep");
    q->count++;
    p->len = len;
    memcpy(p->octets, octets, len);
    return p;
}

packet *queue_take(packet_queue *q)
{
    packet *p = &q->packets[q->head];

    if (q->count == 0)
        return NULL;
    q->head = (q->head + 1) % QUEUE_MAX;
    q->count--;
    return p;
}

void controller_reset(const uint8_t address[6])
{
    memset(&controller, 0, sizeof controller);
    memcpy(controller.address, address, 6);
    controller.handle = CONTROLLER_HANDLE;
}

void controller_tell(uint8_t event, const uint8_t *parameters, size_t len)
{
    uint8_t h4[PACKET_MAX] = {KITH_H4_EVENT, event, (uint8_t)len};

    memcpy(h4 + 3, parameters, len);
    queue_put(&controller.to_host, h4, len + 3);
}

void controller_tell_le(uint8_t subevent, const uint8_t *parameters, size_t len)
{
    uint8_t with_code[PACKET_MAX] = {subevent};

    memcpy(with_code + 1, parameters, len);
    controller_tell(KITH_HCI_EV_LE_META, with_code, len + 1);
}

/* In pieces, as a link without data length extension brings them. */
void controller_data(uint16_t cid, const uint8_t *pdu, size_t len)
{
    uint8_t frame[PACKET_MAX] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)cid, (uint8_t)(cid >> 8)};
    size_t total = len + 4;

    memcpy(frame + 4, pdu, len);
    for (size_t done = 0; done < total; done += ACL_LEN) {
        size_t piece = total - done < ACL_LEN ? total - done : ACL_LEN;
        uint16_t handle = (uint16_t)(controller.handle | (done == 0 ? KITH_ACL_FIRST_FLUSHABLE : KITH_ACL_CONTINUING));
        uint8_t h4[5 + ACL_LEN] = {KITH_H4_ACL, (uint8_t)handle, (uint8_t)(handle >> 8), (uint8_t)piece};

        memcpy(h4 + 5, frame + done, piece);
        queue_put(&controller.to_host, h4, 5 + piece);
    }
}

void controller_completed(void)
{
    uint8_t event[5] = {1, (uint8_t)controller.handle, (uint8_t)(controller.handle >> 8),
                        (uint8_t)controller.uncompleted};

    if (controller.uncompleted == 0)
        return;
    controller.uncompleted = 0;
    controller_tell(KITH_HCI_EV_COMPLETED_PACKETS, event, sizeof event);
}

/* ---- commands ---- */

static void complete(uint16_t opcode, const uint8_t *result, size_t len)
{
    uint8_t event[PACKET_MAX] = {1, (uint8_t)opcode, (uint8_t)(opcode >> 8)};

    memcpy(event + 3, result, len);
    controller_tell(KITH_HCI_EV_COMMAND_COMPLETE, event, len + 3);
}

static void accept(uint16_t opcode)
{
    uint8_t event[4] = {0, 1, (uint8_t)opcode, (uint8_t)(opcode >> 8)};

    controller_tell(KITH_HCI_EV_COMMAND_STATUS, event, sizeof event);
}

/* Result parameters, status first; a command that is not here answers with its status alone. */
static size_t result_of(uint16_t opcode, uint8_t result[PACKET_MAX])
{
    memset(result, 0, PACKET_MAX);
    switch (opcode) {
    case KITH_HCI_READ_LOCAL_VERSION:
        result[1] = 13; /* 5.4 */
        return 9;
    case KITH_HCI_READ_LOCAL_COMMANDS:
        memset(result + 1, 0xff, 64);
        return 65;
    case KITH_HCI_READ_LOCAL_FEATURES:
        result[1 + 4] = 0x60; /* no BR/EDR, LE */
        return 9;
    case KITH_HCI_READ_BD_ADDR:
        memcpy(result + 1, controller.address, 6);
        return 7;
    case KITH_HCI_LE_READ_BUFFER_SIZE:
        result[1] = ACL_LEN;
        result[3] = ACL_PACKETS;
        return 4;
    case KITH_HCI_LE_READ_LOCAL_FEATURES:
        result[1] = bench.link_layer_asks ? 0x03 : 0x01; /* encryption, connection parameters request */
        return 9;
    case KITH_HCI_LE_READ_FILTER_LIST_SIZE:
    case KITH_HCI_LE_READ_RESOLVING_LIST_SIZE:
        return 2;
    case KITH_HCI_LE_LTK_REQUEST_REPLY:
    case KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY:
        result[1] = CONTROLLER_HANDLE;
        return 3;
    default:
        return 1;
    }
}

static bool is_kept(uint16_t opcode)
{
    return opcode == KITH_HCI_LE_LTK_REQUEST_REPLY || opcode == KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY ||
           opcode == KITH_HCI_LE_ENABLE_ENCRYPTION || opcode == KITH_HCI_DISCONNECT ||
           opcode == KITH_HCI_LE_CONNECTION_UPDATE || opcode == KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY ||
           opcode == KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY;
}

static void take_command(const uint8_t *command, size_t len)
{
    uint16_t opcode = (uint16_t)(command[0] | command[1] << 8);
    uint8_t result[PACKET_MAX];

    if (len < 3 || command[2] != len - 3)
        bench_fail("a command of the wrong length");
    if (is_kept(opcode)) {
        bench_note("we command", command, len);
        queue_put(&controller.commands, command, len);
    }
    if (opcode == KITH_HCI_LE_SET_ADV_ENABLE)
        controller.advertising = command[3] != 0;
    if (opcode == KITH_HCI_LE_CREATE_CONNECTION)
        controller.connecting = true;
    if (opcode == KITH_HCI_LE_CREATE_CONNECTION || opcode == KITH_HCI_LE_ENABLE_ENCRYPTION ||
        opcode == KITH_HCI_DISCONNECT || opcode == KITH_HCI_LE_CONNECTION_UPDATE)
        accept(opcode);
    else
        complete(opcode, result, result_of(opcode, result));
}

/* ---- data ---- */

/* Whatever else happens: keys are for an encrypted link alone, and reserved bits are sent as zero. */
static void inspect(const uint8_t *pdu, size_t len)
{
    if (kith_smp_pdu_len(pdu[0]) != len)
        bench_fail("we sent a %s of %zu octets", kith_smp_opcode_name(pdu[0]), len);
    if (pdu[0] >= KITH_SMP_ENCRYPTION_INFORMATION && pdu[0] <= KITH_SMP_SIGNING_INFORMATION && !bench.encrypted)
        bench_fail("we sent %s over a link that is not encrypted", kith_smp_opcode_name(pdu[0]));
    if (pdu[0] <= KITH_SMP_PAIRING_RESPONSE && (pdu[3] & 0xc0) != 0)
        bench_fail("we sent reserved AuthReq bits");
    if (pdu[0] == KITH_SMP_PAIRING_REQUEST)
        memcpy(bench.request, pdu, sizeof bench.request);
    if (pdu[0] == KITH_SMP_PAIRING_RESPONSE)
        memcpy(bench.response, pdu, sizeof bench.response);
}

packet_queue *controller_channel(uint16_t cid)
{
    if (cid == KITH_CID_SMP)
        return &controller.smp;
    return cid == KITH_CID_SIGNALLING ? &controller.signalling : &controller.att;
}

static void take_frame(const uint8_t *frame, size_t len)
{
    uint16_t cid = (uint16_t)(frame[2] | frame[3] << 8);

    bench_note(cid == KITH_CID_SMP ? "we send" : "we send (not SMP)", frame + 4, len - 4);
    if (cid == KITH_CID_SMP) {
        inspect(frame + 4, len - 4);
        bench.smp_sent_us = bench.now_us;
    }
    queue_put(controller_channel(cid), frame + 4, len - 4);
}

static void take_data(const uint8_t *acl, size_t len)
{
    uint16_t handle = (uint16_t)(acl[0] | acl[1] << 8);
    bool first = (handle & KITH_ACL_BOUNDARY_MASK) != KITH_ACL_CONTINUING;

    if (!bench.linked || (handle & KITH_ACL_HANDLE_MASK) != controller.handle)
        bench_fail("data for a connection that is not there");
    if (len - 4 > ACL_LEN || controller.uncompleted == ACL_PACKETS)
        bench_fail("data beyond the controller's buffers");
    if (first != (controller.frame_len == 0))
        bench_fail("fragments out of order");
    memcpy(controller.frame + controller.frame_len, acl + 4, len - 4);
    controller.frame_len += len - 4;
    controller.uncompleted++;
    if (controller.frame_len == (size_t)(controller.frame[0] | controller.frame[1] << 8) + 4) {
        take_frame(controller.frame, controller.frame_len);
        controller.frame_len = 0;
    }
    if (!controller.hold_completed)
        controller_completed();
}

void controller_take(const uint8_t *h4, size_t len)
{
    if (h4[0] == KITH_H4_COMMAND)
        take_command(h4 + 1, len - 1);
    else if (h4[0] == KITH_H4_ACL && len >= 5)
        take_data(h4 + 1, len - 1);
    else
        bench_fail("a packet of a type that a host does not send: %u", h4[0]);
}
