/* Between a controller and its host: H4 packets, event masks, command and data flow control, and the
 * reordering that a transport with separate pipes for events and data brings along.
 *
 * Core Vol 4 Part A (H4), Part E 4.1 (data flow), 4.4 (command flow), 7.3.1 and 7.3.69 (masks). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include "internal.h"

/* A held-back packet is handed out after this long even if nothing overtakes it. */
enum { HELD_AT_MOST_US = 10000 };

static void pipe_push(sim_controller *c, sim_pipe *pipe, const uint8_t *data, size_t len, bool answer)
{
    sim_packet *packet = calloc(1, sizeof *packet + len);

    if (packet == NULL)
        return;
    packet->order = c->next_order++;
    packet->queued_us = c->sim->now_us;
    packet->answer = answer;
    packet->len = len;
    memcpy(packet->data, data, len);
    if (pipe->last != NULL)
        pipe->last->next = packet;
    else
        pipe->first = packet;
    pipe->last = packet;
}

static void pipe_pop(sim_pipe *pipe)
{
    sim_packet *packet = pipe->first;

    pipe->first = packet->next;
    if (pipe->first == NULL)
        pipe->last = NULL;
    free(packet);
}

void sim_transport_clear(sim_controller *c)
{
    while (c->events.first != NULL)
        pipe_pop(&c->events);
    while (c->acl.first != NULL)
        pipe_pop(&c->acl);
    c->answers_waiting = 0;
    sim_timer_stop(&c->sim->queue, &c->release);
}

/* Only so that the room's deadline covers it. */
static void on_release(void *controller)
{
    (void)controller;
}

static void expect_release(sim_controller *c)
{
    if ((c->events_late_by != 0 || c->acl_late_by != 0) && !sim_timer_runs(&c->release))
        sim_timer_start(&c->sim->queue, &c->release, c->sim->now_us + HELD_AT_MOST_US, on_release, c);
}

/* ---- events ---- */

static void push_event(sim_controller *c, uint8_t code, const uint8_t *parameters, size_t len)
{
    bool answer = code == KITH_HCI_EV_COMMAND_COMPLETE || code == KITH_HCI_EV_COMMAND_STATUS;
    uint8_t packet[3 + 255];

    packet[0] = KITH_H4_EVENT;
    packet[1] = code;
    packet[2] = (uint8_t)len;
    memcpy(packet + 3, parameters, len);
    pipe_push(c, &c->events, packet, 3 + len, answer);
    if (answer)
        c->answers_waiting++;
    expect_release(c);
}

static bool is_masked(const sim_controller *c, uint8_t code)
{
    if (code == KITH_HCI_EV_COMPLETED_PACKETS)
        return false;
    if (code >= 0x40)
        return (c->settings.event_mask_page_2 >> (code - 0x40) & 1) == 0 && code != KITH_HCI_EV_LE_META;
    if (code == KITH_HCI_EV_LE_META)
        return (c->settings.event_mask >> 61 & 1) == 0;
    return (c->settings.event_mask >> (code - 1) & 1) == 0;
}

void sim_event(sim_controller *c, uint8_t code, const uint8_t *parameters, size_t len)
{
    if (!is_masked(c, code))
        push_event(c, code, parameters, len);
}

bool sim_le_event_enabled(const sim_controller *c, uint8_t subevent)
{
    return sim_has_le_event(c, subevent) && !is_masked(c, KITH_HCI_EV_LE_META) &&
           (c->settings.le_event_mask >> (subevent - 1) & 1) != 0;
}

void sim_le_event(sim_controller *c, uint8_t subevent, const uint8_t *parameters, size_t len)
{
    uint8_t with_code[255];

    if (!sim_le_event_enabled(c, subevent))
        return;
    with_code[0] = subevent;
    if (len != 0)
        memcpy(with_code + 1, parameters, len);
    push_event(c, KITH_HCI_EV_LE_META, with_code, len + 1);
}

/* Num_HCI_Command_Packets is filled in when the host takes the answer. */
void sim_command_complete(sim_controller *c, uint16_t opcode, uint8_t status, const uint8_t *parameters, size_t len)
{
    uint8_t answer[255] = {0};

    bytes_put16(answer + 1, opcode);
    answer[3] = status;
    if (len != 0)
        memcpy(answer + 4, parameters, len);
    push_event(c, KITH_HCI_EV_COMMAND_COMPLETE, answer, 4 + len);
}

void sim_command_status(sim_controller *c, uint16_t opcode, uint8_t status)
{
    uint8_t answer[4] = {status, 0};

    bytes_put16(answer + 2, opcode);
    push_event(c, KITH_HCI_EV_COMMAND_STATUS, answer, sizeof answer);
}

void sim_acl_to_host(sim_controller *c, uint16_t handle, bool continuing, const uint8_t *data, size_t len)
{
    uint8_t packet[5 + SIM_DATA_MAX];

    packet[0] = KITH_H4_ACL;
    bytes_put16(packet + 1, (uint16_t)(handle | (continuing ? KITH_ACL_CONTINUING : KITH_ACL_FIRST_FLUSHABLE)));
    bytes_put16(packet + 3, (uint16_t)len);
    memcpy(packet + 5, data, len);
    pipe_push(c, &c->acl, packet, 5 + len, false);
    expect_release(c);
}

/* ---- handing out ---- */

static bool is_ripe(const sim_controller *c, const sim_packet *packet, unsigned late_by)
{
    return packet->answer || packet->overtaken >= late_by || c->sim->now_us >= packet->queued_us + HELD_AT_MOST_US;
}

static bool host_has_room(const sim_controller *c)
{
    return !c->settings.host_flow || c->settings.host_acl_used < c->settings.host_acl_buffers;
}

/* The pipe whose first packet goes next, or NULL. */
static const sim_pipe *next_pipe(const sim_controller *c)
{
    const sim_packet *event = c->events.first;
    const sim_packet *acl = c->acl.first;

    if (event != NULL && !is_ripe(c, event, c->events_late_by))
        event = NULL;
    if (acl != NULL && (!host_has_room(c) || !is_ripe(c, acl, c->acl_late_by)))
        acl = NULL;
    if (event == NULL && acl == NULL)
        return NULL;
    if (event == NULL || acl == NULL)
        return event != NULL ? &c->events : &c->acl;
    return event->order < acl->order ? &c->events : &c->acl;
}

static void count_overtaking(const sim_pipe *overtaken)
{
    for (sim_packet *packet = overtaken->first; packet != NULL; packet = packet->next)
        packet->overtaken++;
}

static void stamp_credits(sim_controller *c, sim_packet *packet)
{
    unsigned credits = c->limits.command_credits;
    size_t at = packet->data[1] == KITH_HCI_EV_COMMAND_COMPLETE ? 3 : 4;

    c->answers_waiting--;
    packet->data[at] = (uint8_t)(credits > c->answers_waiting ? credits - c->answers_waiting : 0);
}

bool kith_sim_has_packet(const kith_sim *sim, kith_sim_device device)
{
    const sim_controller *c = sim_find(sim, device);

    return c != NULL && next_pipe(c) != NULL;
}

static void renew_release(sim_controller *c)
{
    uint64_t oldest = UINT64_MAX;

    sim_timer_stop(&c->sim->queue, &c->release);
    if (c->events.first != NULL)
        oldest = c->events.first->queued_us;
    if (c->acl.first != NULL && c->acl.first->queued_us < oldest)
        oldest = c->acl.first->queued_us;
    if (oldest != UINT64_MAX && oldest + HELD_AT_MOST_US > c->sim->now_us)
        sim_timer_start(&c->sim->queue, &c->release, oldest + HELD_AT_MOST_US, on_release, c);
}

size_t kith_sim_receive(kith_sim *sim, kith_sim_device device, uint8_t *out, size_t cap)
{
    sim_controller *c = sim_find(sim, device);
    sim_pipe *pipe = c == NULL ? NULL : (sim_pipe *)next_pipe(c);
    size_t len;

    if (pipe == NULL || pipe->first->len > cap)
        return 0;
    if (pipe->first->answer)
        stamp_credits(c, pipe->first);
    if (pipe == &c->acl)
        c->settings.host_acl_used++;
    len = pipe->first->len;
    memcpy(out, pipe->first->data, len);
    pipe_pop(pipe);
    count_overtaking(pipe == &c->acl ? &c->events : &c->acl);
    if (c->events_late_by != 0 || c->acl_late_by != 0)
        renew_release(c);
    sim_btsnoop_record(c, out, len, true);
    return len;
}

void kith_sim_set_reorder(kith_sim *sim, kith_sim_device device, unsigned events_late_by, unsigned acl_late_by)
{
    sim_controller *c = sim_find(sim, device);

    if (c == NULL)
        return;
    c->events_late_by = events_late_by;
    c->acl_late_by = acl_late_by;
    renew_release(c);
}

/* ---- taking in ---- */

static void hardware_error(sim_controller *c, uint8_t code)
{
    sim_event(c, KITH_HCI_EV_HARDWARE_ERROR, &code, 1);
}

/* A host that sends without a credit is broken; it is told so, since a silent drop is hard to find. */
static void take_command(sim_controller *c, const uint8_t *packet, size_t len)
{
    uint16_t opcode = bytes_get16(packet + 1);
    bool flows = opcode != KITH_HCI_RESET && opcode != KITH_HCI_HOST_COMPLETED_PACKETS;

    if (flows && c->answers_waiting >= c->limits.command_credits)
        hardware_error(c, KITH_HCI_MEMORY_EXCEEDED);
    else
        sim_command_run(c, opcode, packet + 4, len - 4);
}

static void take_acl(sim_controller *c, const uint8_t *packet, size_t len)
{
    uint16_t word = bytes_get16(packet + 1);
    sim_link *link = sim_link_find(c, word & KITH_ACL_HANDLE_MASK);
    static const uint8_t acl_link_type = 1;

    if (link == NULL || (word & KITH_ACL_BROADCAST_MASK) != 0 ||
        (word & KITH_ACL_BOUNDARY_MASK) == KITH_ACL_BOUNDARY_MASK)
        return;
    if (len - 5 > c->limits.acl_len || c->acl_in_use >= c->limits.acl_packets)
        sim_event(c, KITH_HCI_EV_DATA_BUFFER_OVERFLOW, &acl_link_type, 1);
    else
        sim_link_acl(link, (word & KITH_ACL_BOUNDARY_MASK) == KITH_ACL_CONTINUING, packet + 5, len - 5);
}

kith_status kith_sim_send(kith_sim *sim, kith_sim_device device, const uint8_t *packet, size_t len)
{
    sim_controller *c = sim_find(sim, device);

    if (c == NULL || len < 4)
        return KITH_ERR_VALUE;
    if (packet[0] == KITH_H4_COMMAND && len == 4u + packet[3]) {
        sim_btsnoop_record(c, packet, len, false);
        take_command(c, packet, len);
    } else if (packet[0] == KITH_H4_ACL && len >= 5 && len == 5u + bytes_get16(packet + 3)) {
        sim_btsnoop_record(c, packet, len, false);
        take_acl(c, packet, len);
    } else {
        return KITH_ERR_VALUE;
    }
    sim_connections_sweep(sim);
    return KITH_OK;
}
