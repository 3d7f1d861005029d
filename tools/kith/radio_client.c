/* A client is a stranger's program: it may send anything, stop reading, or vanish.  What it does costs its own
 * controller, never another's.  Losing step is answered as Core Vol 4 Part A 4 says: Hardware Error, then everything
 * up to HCI_Reset is thrown away. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "kith/codec/hci.h"
#include "radio_client.h"

enum { PACKET = 260, LOST_STEP_LIMIT = 8, UNREAD_LIMIT_US = 10 * 1000 * 1000, HARDWARE_CODE_LOST_STEP = 0x04 };

/* A public address of its own: 00:4B:49 and the client's number. */
static kith_status add_controller(radio_client *c)
{
    kith_address address = {KITH_ADDRESS_PUBLIC, {0, 0, 0, 0x49, 0x4b, 0x00}};
    char text[KITH_ADDRESS_TEXT];
    kith_status status;

    for (unsigned i = 0; i < 3; i++)
        address.octets[i] = (uint8_t)(c->number >> 8 * i);
    status = kith_sim_add(c->house->sim, address.octets, &c->device);
    if (status == KITH_OK && c->house->limits != NULL)
        status = kith_sim_set_limits(c->house->sim, c->device, c->house->limits);
    if (status == KITH_OK && !c->house->silent)
        printf("client %u has come; its controller is %s\n", c->number, kith_address_format(&address, text));
    return status;
}

static bool open_snoop(radio_client *c)
{
    const char *prefix = c->house->btsnoop;

    if (prefix == NULL)
        return true;
    if (snprintf(c->snoop_path, sizeof c->snoop_path, "%s-%u.btsnoop", prefix, c->number) >= RADIO_SNOOP_PATH) {
        (void)complain("the name of the btsnoop file is too long");
        return false;
    }
    return live_capture_open(&c->snoop, c->snoop_path) &&
           kith_sim_btsnoop(c->house->sim, c->device, c->snoop.file) == KITH_OK;
}

radio_client *radio_client_new(const radio_house *house, unsigned number, int fd)
{
    radio_client *c = calloc(1, sizeof *c);

    if (c == NULL) {
        (void)complain("client %u is turned away: no memory", number);
        (void)close(fd);
        return NULL;
    }
    c->house = house;
    c->number = number;
    c->stream.fd = fd;
    c->device = -1;
    if (kith_posix_stream_init(&c->stream, fd, KITH_POSIX_FROM_HOST) == KITH_OK && add_controller(c) == KITH_OK &&
        open_snoop(c))
        return c;
    (void)complain("client %u is turned away: nothing could be set up for it", number);
    (void)radio_client_free(c);
    return NULL;
}

bool radio_client_free(radio_client *c)
{
    bool whole;

    kith_sim_remove(c->house->sim, c->device);
    kith_posix_stream_close(&c->stream);
    whole = live_capture_close(&c->snoop);
    free(c);
    return whole;
}

static void on_lost_step(radio_client *c)
{
    static const uint8_t told[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, HARDWARE_CODE_LOST_STEP};

    if (!c->house->silent)
        (void)complain("client %u lost step: octet 0x%02x stands where a packet should begin; told it by Hardware "
                       "Error, waiting for its HCI_Reset",
                       c->number, c->stream.h4.packet[0]);
    if (++c->lost_step >= LOST_STEP_LIMIT)
        c->end = "it lost step too often";
    else if (kith_posix_stream_put(&c->stream, told, sizeof told) != KITH_OK)
        c->end = "it lost step and does not read";
}

bool radio_client_has_room(const radio_client *c)
{
    return kith_posix_stream_room(&c->stream) >= PACKET;
}

void radio_client_hear(radio_client *c)
{
    kith_posix_h4_result result;

    if (!radio_client_has_room(c))
        return;
    kith_posix_stream_fill(&c->stream);
    while (c->end == NULL && (result = kith_posix_stream_next(&c->stream)) != KITH_POSIX_H4_MORE) {
        if (result == KITH_POSIX_H4_LOST)
            on_lost_step(c);
        else /* Synchronous and isochronous data are refused: this controller has no such links. */
            (void)!kith_sim_send(c->house->sim, c->device, c->stream.h4.packet, c->stream.h4.len);
    }
}

/* One who does not read must not fill our memory. */
static void watch_unread(radio_client *c, bool moved)
{
    uint64_t now = kith_posix_now();

    if (moved || c->stream.queued == 0)
        c->unread_since_us = 0;
    else if (c->unread_since_us == 0)
        c->unread_since_us = now;
    else if (now - c->unread_since_us > UNREAD_LIMIT_US)
        c->end = "it has read nothing for 10 seconds";
}

/* EIO: a terminal that its client has closed. */
static void note_end(radio_client *c)
{
    int error = c->stream.error;

    if (c->end != NULL || !c->stream.ended)
        return;
    c->end = error != 0 && error != ECONNRESET && error != EIO ? strerror(error) : "";
}

void radio_client_tell(radio_client *c)
{
    uint8_t packet[PACKET];
    size_t len, before;

    while (radio_client_has_room(c) && (len = kith_sim_receive(c->house->sim, c->device, packet, sizeof packet)) > 0)
        (void)!kith_posix_stream_put(&c->stream, packet, len);
    before = c->stream.queued;
    kith_posix_stream_flush(&c->stream);
    watch_unread(c, c->stream.queued < before);
    note_end(c);
}
