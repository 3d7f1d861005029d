/* A host of ours whose strings the test holds.  See puppet.h. */
#include "puppet.h"
#include "cast_crypto.h"
#include "kith/codec/l2cap.h"

enum { PATIENCE_US = 20 * CAST_SECOND };

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static unsigned get16(const uint8_t *in)
{
    return in[0] | (unsigned)in[1] << 8;
}

/* ---- between its host and its controller ---- */

static void note_packet(puppet *p, const uint8_t *packet)
{
    if (packet[0] != KITH_H4_EVENT)
        return;
    if (packet[1] == KITH_HCI_EV_DISCONNECTION_COMPLETE)
        p->connected = p->wants_ltk = false;
    if (packet[1] != KITH_HCI_EV_LE_META)
        return;
    if (packet[3] == KITH_HCI_LE_EV_LTK_REQUEST)
        p->wants_ltk = true;
    if ((packet[3] == KITH_HCI_LE_EV_CONNECTION_COMPLETE || packet[3] == KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE) &&
        packet[4] == KITH_HCI_SUCCESS) {
        p->handle = (uint16_t)get16(packet + 5);
        p->connected = true;
    }
}

/* 0: no move. */
static uint16_t move_of(const uint8_t *packet)
{
    unsigned opcode = get16(packet + 1);

    if (packet[0] == KITH_H4_COMMAND)
        return opcode == KITH_HCI_LE_ENABLE_ENCRYPTION || opcode == KITH_HCI_LE_LTK_REQUEST_REPLY ? PUPPET_ENCRYPTS : 0;
    if (packet[0] != KITH_H4_ACL || (opcode & KITH_ACL_BOUNDARY_MASK) == KITH_ACL_CONTINUING)
        return 0;
    return get16(packet + 7) == KITH_CID_SMP ? packet[9] : 0;
}

static bool carry_out(puppet *p)
{
    uint8_t packet[KITH_STAGE_PACKET];
    size_t len = kith_host_next_packet(p->host, packet, sizeof packet);
    uint16_t move = len > 0 ? move_of(packet) : 0;

    if (len == 0)
        return false;
    if (move != 0 && p->moves >= p->allowed) {
        p->frozen = true;
        return false;
    }
    if (move != 0)
        p->made[p->moves++] = move;
    if (move == PUPPET_ENCRYPTS)
        p->wants_ltk = false;
    if (move == KITH_SMP_IDENTITY_ADDRESS_INFORMATION && p->wears_identity) {
        packet[10] = p->identity.type;
        memcpy(packet + 11, p->identity.octets, 6);
    }
    assert_int_equal(kith_sim_send(p->room->sim, p->device, packet, len), KITH_OK);
    return true;
}

static bool carry_in(puppet *p)
{
    uint8_t packet[KITH_STAGE_PACKET];
    size_t len = kith_sim_receive(p->room->sim, p->device, packet, sizeof packet);

    if (len == 0)
        return false;
    note_packet(p, packet);
    if (!p->frozen)
        assert_int_equal(kith_host_receive(p->host, packet, len, kith_sim_now(p->room->sim)), KITH_OK);
    return true;
}

static bool do_work(puppet *p)
{
    kith_work work;

    if (!kith_host_take_work(p->host, &work))
        return false;
    kith_work_run(&work);
    (void)!kith_host_finish_work(p->host, &work, kith_sim_now(p->room->sim));
    return true;
}

static bool take_event(puppet *p)
{
    kith_event e;

    if (!kith_host_next_event(p->host, &e))
        return false;
    person_is_told(&p->people[p->side], &e, kith_sim_now(p->room->sim), 0);
    p->ready |= e.kind == KITH_EVENT_READY;
    p->advertises |= e.kind == KITH_EVENT_ADVERTISING && e.activity.on;
    if (e.kind == KITH_EVENT_CONNECTED)
        p->link = e.link;
    if (e.kind == KITH_EVENT_PAIRED || e.kind == KITH_EVENT_PAIRING_FAILED) {
        p->ends++;
        p->end = e.verdict;
    }
    return true;
}

static bool answer(puppet *p, unsigned side)
{
    person *mine = &p->people[side];

    if ((side == p->side && p->frozen) || !person_can_answer(mine, &p->people[!side]))
        return false;
    (void)!person_answers(mine, &p->people[!side], side == p->side ? p->host : p->other->host);
    return true;
}

static bool turn(puppet *p)
{
    if (answer(p, !p->side) || carry_in(p))
        return true;
    if (p->frozen)
        return false;
    if (take_event(p) || answer(p, p->side) || do_work(p) || carry_out(p))
        return true;
    return !p->frozen && kith_host_deadline(p->host) <= kith_sim_now(p->room->sim) &&
           kith_host_advance(p->host, kith_sim_now(p->room->sim)) == KITH_OK;
}

static uint64_t next_due(const puppet *p)
{
    uint64_t due = kith_sim_deadline(p->room->sim);

    return !p->frozen && kith_host_deadline(p->host) < due ? kith_host_deadline(p->host) : due;
}

bool puppet_run(puppet *p, uint64_t for_us, puppet_done *done, void *context)
{
    uint64_t until = kith_sim_now(p->room->sim) + for_us, due;

    for (;;) {
        do
            cast_run_until(p->room, kith_sim_now(p->room->sim));
        while (turn(p));
        if (done != NULL && done(p, context))
            return true;
        if (kith_sim_now(p->room->sim) >= until)
            return false;
        due = next_due(p);
        cast_run_until(p->room, due < until ? due : until);
        if (!p->frozen) /* calls without a time count from now */
            (void)!kith_host_advance(p->host, kith_sim_now(p->room->sim));
    }
}

/* ---- its life ---- */

static void on_event_of_other(cast_host *self, const kith_event *event)
{
    puppet *p = self->context;

    person_is_told(&p->people[!p->side], event, kith_sim_now(p->room->sim), 0);
}

void puppet_enter(puppet *p, cast_room *room, const method_row *row, unsigned side)
{
    memset(p, 0, sizeof *p);
    p->room = room;
    p->row = row;
    p->side = side;
    p->other = &room->hosts[0];
    p->other->react = on_event_of_other;
    p->other->context = p;
    p->device = cast_device(room);
    p->random = (cast_random){.state = room->seed * 77 + 5, .good_draws = -1};
    cast_crypto_port(room->kind, &p->random, &p->crypto);
    method_config(row, side, false, &p->config);
    p->config.crypto = &p->crypto;
    p->size = kith_host_size(&p->config.limits);
    p->memory = aligned_alloc(8, p->size);
    assert_non_null(p->memory);
    puppet_wake(p);
}

void puppet_leave(puppet *p)
{
    kith_host_erase(p->host);
    free(p->memory);
}

static bool is_ready(puppet *p, void *context)
{
    (void)context;
    return p->ready;
}

void puppet_wake(puppet *p)
{
    static const uint8_t reset[] = {KITH_H4_COMMAND, KITH_HCI_RESET & 0xff, KITH_HCI_RESET >> 8, 0};
    uint8_t packet[KITH_STAGE_PACKET];

    assert_int_equal(kith_sim_send(p->room->sim, p->device, reset, sizeof reset), KITH_OK);
    while (kith_sim_receive(p->room->sim, p->device, packet, sizeof packet) > 0)
        continue;
    memset(p->people, 0, sizeof p->people);
    p->ready = p->frozen = p->advertises = p->connected = false;
    p->ends = p->moves = 0;
    p->allowed = PUPPET_ALL;
    assert_int_equal(kith_host_init(p->memory, p->size, &p->config, &p->host), KITH_OK);
    assert_int_equal(kith_host_start(p->host, kith_sim_now(p->room->sim)), KITH_OK);
    cast_check(p->room, puppet_run(p, PATIENCE_US, is_ready, NULL));
}

static bool both_have_data(puppet *p, void *context)
{
    const method_row *row = context;

    return (!row->has_data[RESPONDER] || p->people[INITIATOR].has_own) &&
           (!row->has_data[INITIATOR] || p->people[RESPONDER].has_own);
}

static void make_data(puppet *p)
{
    for (unsigned i = 0; i < 2; i++) {
        kith_host *host = i == p->side ? p->host : p->other->host;

        kith_oob_drop(host);
        p->people[i].has_own = false;
        if (p->row->has_data[!i])
            cast_equal(p->room, kith_oob_make(host, p->row->legacy, true, 120000), KITH_OK);
    }
    cast_check(p->room, puppet_run(p, PATIENCE_US, both_have_data, (void *)(uintptr_t)p->row));
}

static bool both_connected(puppet *p, void *context)
{
    (void)context;
    return p->connected && p->link != 0 && p->other->link != 0;
}

static bool is_on_air(puppet *p, void *context)
{
    (void)context;
    return p->advertises;
}

void puppet_meet(puppet *p, unsigned allowed)
{
    kith_advertising advertising;
    kith_address address;

    make_data(p);
    p->link = 0;
    p->moves = 0;
    p->allowed = allowed;
    if (p->side == INITIATOR) {
        cast_advertise(p->other);
        address = cast_address(p->other);
        assert_int_equal(kith_gap_connect(p->host, &address, NULL), KITH_OK);
    } else {
        assert_int_equal(kith_pairing_open(p->host, 120000), KITH_OK);
        kith_gap_default_advertising(&advertising, "puppet");
        assert_int_equal(kith_gap_advertise(p->host, &advertising), KITH_OK);
        cast_check(p->room, puppet_run(p, PATIENCE_US, is_on_air, NULL));
        assert_int_equal(kith_gap_own_address(p->host, &address), KITH_OK);
        assert_int_equal(kith_gap_connect(p->other->host, &address, NULL), KITH_OK);
    }
    cast_check(p->room, puppet_run(p, PATIENCE_US, both_connected, NULL));
}

void puppet_begin(puppet *p)
{
    if (p->side == INITIATOR || p->asks)
        cast_equal(p->room, kith_security_secure(p->host, p->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    else
        cast_equal(p->room, kith_security_secure(p->other->host, p->other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
}

bool puppet_has_encrypted(const puppet *p)
{
    for (unsigned i = 0; i < p->moves; i++)
        if (p->made[i] == PUPPET_ENCRYPTS)
            return true;
    return false;
}

/* ---- the test speaks ---- */

void puppet_freeze(puppet *p)
{
    p->frozen = true;
}

void puppet_send(puppet *p, const uint8_t *pdu, size_t len)
{
    uint8_t packet[9 + 100] = {KITH_H4_ACL};

    assert_true(len <= 100);
    put16(packet + 1, p->handle);
    put16(packet + 3, (unsigned)(4 + len));
    put16(packet + 5, (unsigned)len);
    put16(packet + 7, KITH_CID_SMP);
    if (len > 0)
        memcpy(packet + 9, pdu, len);
    if (p->connected)
        assert_int_equal(kith_sim_send(p->room->sim, p->device, packet, 9 + len), KITH_OK);
}

static void command(puppet *p, unsigned opcode, const uint8_t *parameters, size_t len)
{
    uint8_t packet[4 + 32] = {KITH_H4_COMMAND};

    put16(packet + 1, opcode);
    packet[3] = (uint8_t)len;
    memcpy(packet + 4, parameters, len);
    assert_int_equal(kith_sim_send(p->room->sim, p->device, packet, 4 + len), KITH_OK);
}

void puppet_encrypt(puppet *p, const uint8_t key[16])
{
    uint8_t enable[28] = {0}, reply[18];

    put16(enable, p->handle);
    memcpy(enable + 12, key, 16);
    put16(reply, p->handle);
    memcpy(reply + 2, key, 16);
    if (p->side == INITIATOR)
        command(p, KITH_HCI_LE_ENABLE_ENCRYPTION, enable, sizeof enable);
    else if (p->wants_ltk)
        command(p, KITH_HCI_LE_LTK_REQUEST_REPLY, reply, sizeof reply);
    p->wants_ltk = false;
}

static bool both_apart(puppet *p, void *context)
{
    (void)context;
    return !p->connected && p->other->link == 0;
}

void puppet_disconnect(puppet *p)
{
    uint8_t parameters[3];

    put16(parameters, p->handle);
    parameters[2] = KITH_HCI_REMOTE_USER_TERMINATED;
    if (p->connected)
        command(p, KITH_HCI_DISCONNECT, parameters, sizeof parameters);
    cast_check(p->room, puppet_run(p, PATIENCE_US, both_apart, NULL));
}
