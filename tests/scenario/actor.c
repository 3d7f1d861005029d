/* A scripted peer: its controller, its connection and its L2CAP frames.  See actor.h. */
#include "actor.h"
#include "cast_crypto.h"
#include "kith/codec/l2cap.h"

enum { HELD = 0x0fff };

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static unsigned get16(const uint8_t *in)
{
    return in[0] | (unsigned)in[1] << 8;
}

/* ---- from the controller ---- */

static void on_connection_complete(actor *a, const uint8_t *p)
{
    if (p[0] != KITH_HCI_SUCCESS)
        return;
    a->handle = (uint16_t)get16(p + 1);
    a->central = p[3] == 0;
    a->peer.type = p[4] & 1;
    memcpy(a->peer.octets, p + 5, 6);
    a->connected = true;
    a->encrypted = false;
    a->rx_len = 0;
}

static void on_encryption(actor *a, uint8_t status, bool on)
{
    a->encryption_changes++;
    a->encryption_status = status;
    a->encrypted = status == KITH_HCI_SUCCESS && on;
    if (a->encrypted)
        actor_smp_on_encrypted(a);
}

static void on_le_event(actor *a, const uint8_t *p)
{
    if (p[0] == KITH_HCI_LE_EV_CONNECTION_COMPLETE || p[0] == KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE)
        on_connection_complete(a, p + 1);
    if (p[0] == KITH_HCI_LE_EV_LTK_REQUEST) {
        a->ltk_requests++;
        actor_smp_on_ltk_request(a);
    }
}

static void on_event(actor *a, uint8_t code, const uint8_t *p)
{
    switch (code) {
    case KITH_HCI_EV_LE_META:
        on_le_event(a, p);
        break;
    case KITH_HCI_EV_DISCONNECTION_COMPLETE:
        a->connected = false;
        a->encrypted = false;
        a->disconnect_reason = p[3];
        break;
    case KITH_HCI_EV_ENCRYPTION_CHANGE:
        on_encryption(a, p[0], p[3] != 0);
        break;
    case KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE:
        on_encryption(a, p[0], true);
        break;
    default:
        break;
    }
}

static void on_frame(actor *a, const uint8_t *frame, size_t len)
{
    if (a->tap != NULL && len > 4 && a->tap(a->tap_context, (uint16_t)get16(frame + 2), frame + 4, len - 4))
        return;
    if (get16(frame + 2) == KITH_CID_ATT) {
        a->att_len = len - 4;
        memcpy(a->att, frame + 4, len - 4);
    }
    if (get16(frame + 2) == KITH_CID_SMP && len > 4)
        actor_smp_on_pdu(a, frame + 4, len - 4);
}

static void on_acl(actor *a, const uint8_t *packet, size_t len)
{
    if ((get16(packet + 1) & KITH_ACL_BOUNDARY_MASK) != KITH_ACL_CONTINUING)
        a->rx_len = 0;
    if (a->rx_len + len - 5 > sizeof a->rx)
        return;
    memcpy(a->rx + a->rx_len, packet + 5, len - 5);
    a->rx_len += len - 5;
    if (a->rx_len >= 4 && a->rx_len == 4 + get16(a->rx))
        on_frame(a, a->rx, a->rx_len);
}

static void take_packets(actor *a)
{
    uint8_t packet[KITH_STAGE_PACKET];
    size_t len;

    while ((len = kith_sim_receive(a->room->sim, a->device, packet, sizeof packet)) > 0) {
        if (packet[0] == KITH_H4_EVENT)
            on_event(a, packet[1], packet + 3);
        else
            on_acl(a, packet, len);
    }
}

bool actor_run(actor *a, uint64_t for_us, actor_done *done, void *context)
{
    uint64_t until = kith_sim_now(a->room->sim) + for_us;

    for (;;) {
        uint64_t next;

        cast_run_until(a->room, kith_sim_now(a->room->sim));
        take_packets(a);
        if (done != NULL && done(a, context))
            return true;
        if (kith_sim_now(a->room->sim) >= until)
            return false;
        next = kith_sim_deadline(a->room->sim);
        cast_run_until(a->room, next < until ? next : until);
    }
}

/* ---- to the controller ---- */

void actor_command(actor *a, uint16_t opcode, const void *parameters, size_t len)
{
    uint8_t packet[4 + 255] = {KITH_H4_COMMAND};

    put16(packet + 1, opcode);
    packet[3] = (uint8_t)len;
    if (len > 0)
        memcpy(packet + 4, parameters, len);
    assert_int_equal(kith_sim_send(a->room->sim, a->device, packet, 4 + len), KITH_OK);
}

void actor_enter(actor *a, cast_room *room)
{
    uint8_t all[8];

    memset(a, 0, sizeof *a);
    memset(all, 0xff, sizeof all);
    a->room = room;
    a->device = cast_device(room);
    a->random = (cast_random){.state = room->seed * 77 + 5, .good_draws = -1};
    cast_crypto_port(room->kind, &a->random, &a->crypto);
    a->own = (kith_address){KITH_ADDRESS_PUBLIC, {(uint8_t)room->devices, 0x22, 0x33, 0x44, 0x55, 0x66}};
    a->identity = a->own;
    a->key_size = 16;
    a->io = KITH_IO_NO_INPUT_NO_OUTPUT;
    actor_command(a, KITH_HCI_RESET, NULL, 0);
    take_packets(a);
    actor_command(a, KITH_HCI_SET_EVENT_MASK, all, sizeof all);
    take_packets(a);
    actor_command(a, KITH_HCI_LE_SET_EVENT_MASK, all, sizeof all);
    take_packets(a);
}

static bool both_connected(actor *a, void *host)
{
    return a->connected && ((cast_host *)host)->link != 0;
}

static bool both_apart(actor *a, void *host)
{
    return !a->connected && ((cast_host *)host)->link == 0;
}

void actor_connect(actor *a, cast_host *lamp)
{
    uint8_t p[25] = {0x10, 0, 0x10, 0};
    kith_address peer = cast_address(lamp);

    cast_advertise(lamp);
    p[5] = peer.type;
    memcpy(p + 6, peer.octets, 6);
    p[12] = a->own.type;
    put16(p + 13, 24);
    put16(p + 15, 24);
    put16(p + 19, 100);
    actor_command(a, KITH_HCI_LE_CREATE_CONNECTION, p, sizeof p);
    cast_check(a->room, actor_run(a, ACTOR_LIMIT, both_connected, lamp));
}

void actor_use_address(actor *a, const kith_address *address)
{
    a->own = *address;
    if (address->type == KITH_ADDRESS_RANDOM)
        actor_command(a, KITH_HCI_LE_SET_RANDOM_ADDRESS, address->octets, sizeof address->octets);
    take_packets(a);
}

/* Core Vol 6 Part B 1.3.2.2: the hash, then prand, whose two top bits are 01. */
void actor_use_private_address(actor *a, uint32_t prand)
{
    kith_address address = {KITH_ADDRESS_RANDOM, {0}};

    address.octets[3] = (uint8_t)prand;
    address.octets[4] = (uint8_t)(prand >> 8);
    address.octets[5] = (uint8_t)((prand >> 16 & 0x3f) | 0x40);
    actor_hash(a, address.octets + 3, address.octets);
    actor_use_address(a, &address);
}

void actor_advertise(actor *a)
{
    uint8_t p[15] = {0x20, 0, 0x20, 0};
    const uint8_t on = 1;

    p[5] = a->own.type;
    p[13] = 7;
    actor_command(a, KITH_HCI_LE_SET_ADV_PARAMETERS, p, sizeof p);
    take_packets(a);
    actor_command(a, KITH_HCI_LE_SET_ADV_ENABLE, &on, 1);
    take_packets(a);
}

void actor_accept(actor *a, cast_host *phone)
{
    static const kith_connection_parameters quick = {24, 24, 0, 100};

    actor_advertise(a);
    assert_int_equal(kith_gap_connect(phone->host, &a->own, &quick), KITH_OK);
    cast_check(a->room, actor_run(a, ACTOR_LIMIT, both_connected, phone));
}

void actor_disconnect(actor *a, cast_host *other)
{
    uint8_t p[3];

    put16(p, a->handle);
    p[2] = KITH_HCI_REMOTE_USER_TERMINATED;
    if (a->connected)
        actor_command(a, KITH_HCI_DISCONNECT, p, sizeof p);
    cast_check(a->room, actor_run(a, ACTOR_LIMIT, both_apart, other));
}

void actor_send(actor *a, uint16_t cid, const uint8_t *pdu, size_t len)
{
    uint8_t packet[9 + 242] = {KITH_H4_ACL};

    assert_true(len <= 242);
    put16(packet + 1, a->handle);
    put16(packet + 3, (unsigned)(4 + len));
    put16(packet + 5, (unsigned)len);
    put16(packet + 7, cid);
    if (len > 0)
        memcpy(packet + 9, pdu, len);
    if (a->connected)
        assert_int_equal(kith_sim_send(a->room->sim, a->device, packet, 9 + len), KITH_OK);
}

void actor_send_smp(actor *a, const uint8_t *pdu, size_t len)
{
    actor_send(a, KITH_CID_SMP, pdu, len);
}

void actor_encrypt(actor *a, const uint8_t ltk[16])
{
    uint8_t p[28] = {0};

    put16(p, a->handle);
    memcpy(p + 12, ltk, 16);
    actor_command(a, KITH_HCI_LE_ENABLE_ENCRYPTION, p, sizeof p);
}

/* ---- pairing ---- */

static bool has_stopped(actor *a, void *context)
{
    (void)context;
    return !a->connected || a->failed != 0 || a->smp_broken || a->next >= a->stop_before;
}

void actor_begin(actor *a, actor_step stop_before)
{
    actor_smp_reset(a, stop_before);
}

void actor_resume(actor *a, actor_step stop_before)
{
    a->stop_before = stop_before;
    actor_smp_do(a, a->next);
}

bool actor_pair(actor *a, actor_step stop_before)
{
    actor_smp_reset(a, stop_before);
    cast_check(a->room, actor_run(a, ACTOR_LIMIT, has_stopped, NULL));
    cast_check(a->room, !a->smp_broken);
    return a->connected && a->failed == 0;
}

static bool has_paired(actor *a, void *host)
{
    (void)a;
    return ((cast_host *)host)->told[KITH_EVENT_BONDED] > 0;
}

void actor_wait(actor *a, const cast_host *other)
{
    actor_run(a, kith_pairing_wait_us(other->host, other->link), NULL, NULL);
}

void actor_clean_pairing(actor *a, cast_host *other)
{
    unsigned ends = other->ends;

    cast_forget_all(other);
    other->told[KITH_EVENT_BONDED] = 0;
    if (a->connected || other->link != 0)
        actor_disconnect(a, other);
    if (other->config.service_count > 0) {
        actor_connect(a, other);
        actor_wait(a, other);
        assert_int_equal(kith_pairing_open(other->host, 30000), KITH_OK);
    } else {
        actor_accept(a, other);
        actor_wait(a, other);
        cast_equal(a->room, kith_security_secure(other->host, other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    }
    cast_check(a->room, actor_pair(a, ACTOR_IS_DONE));
    cast_check(a->room, actor_run(a, ACTOR_LIMIT, has_paired, other));
    cast_equal(a->room, other->ends, ends + 1);
    cast_equal(a->room, other->end.why, KITH_WHY_PAIRED);
    actor_disconnect(a, other);
}
