/* Fuzz target: ACL fragments and L2CAP frames on two links, and encryption that comes on or off in between.
 *
 * Input: an octet of options and two of the host's shape (rig.h), then records: an octet of which link, boundary and
 * kind, a length octet, and that many octets of fragment.  Where bit 7 is set it is no fragment but what the program
 * does meanwhile. */
#include "base/bytes.h"
#include "program.h"

enum { HANDLE = 0x0040 };

static void fragment(rig *r, uint8_t what, const uint8_t *octets, size_t len)
{
    uint8_t packet[5 + 255] = {KITH_H4_ACL};
    uint16_t flags = (what & 2) != 0 ? KITH_ACL_CONTINUING : KITH_ACL_FIRST_FLUSHABLE;

    bytes_put16(packet + 1, (uint16_t)((HANDLE + (what & 1)) | flags));
    bytes_put16(packet + 3, (uint16_t)len);
    for (size_t i = 0; i < len; i++)
        packet[5 + i] = octets[i];
    rig_packet(r, packet, 5 + len);
}

/* A frame whose length is right, so that channels are reached without luck. */
static void frame(rig *r, uint8_t what, const uint8_t *octets, size_t len)
{
    uint8_t whole[4 + 255];

    if (len > 251)
        len = 251;
    bytes_put16(whole, (uint16_t)len);
    bytes_put16(whole + 2, (uint16_t)(4 + (what >> 4 & 3)));
    for (size_t i = 0; i < len; i++)
        whole[4 + i] = octets[i];
    fragment(r, what & 1, whole, 4 + len);
}

static void call(rig *r, uint8_t what, rig_input *in)
{
    if ((what & 0x40) != 0)
        program_ask(r, what & 1, in);
    else if ((what & 0x20) != 0)
        program_serve(r, what & 1, in);
    else
        program_manage(r, what & 1, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rig_input in = {data, size};
    uint8_t options = rig_octet(&in);
    unsigned shape = rig_octet(&in);
    rig r;

    shape |= (unsigned)rig_octet(&in) << 8;
    rig_open_with(&r, KITH_PAIRING_CLOSED, RIG_SHAPED | shape << 8);
    rig_connect(&r, 0, (options & 1) != 0);
    rig_connect(&r, 1, (options & 2) != 0);
    if ((options & 4) != 0)
        rig_secure(&r, 0, KITH_LEVEL_ENCRYPTED);
    r.takes = (options & 8) == 0;
    while (in.left > 0) {
        uint8_t what = rig_octet(&in);
        const uint8_t *octets;
        size_t len;

        if ((what & 0x80) != 0) {
            call(&r, what, &in);
            rig_pump(&r);
            continue;
        }
        len = rig_octet(&in);
        octets = rig_octets(&in, &len);
        if ((what & 8) != 0)
            frame(&r, what, octets, len);
        else
            fragment(&r, what, octets, len);
        rig_pump(&r);
        if ((what & 4) != 0)
            rig_acknowledge(&r, what & 1);
    }
    rig_close(&r);
    return 0;
}
