/* The sniffer of `kith demo`.  It shows PDUs as on air; names are given only to what is in plain there.
 * Core Vol 6 Part B 2.4 (data PDUs), Vol 3 Part A 3.1, Part H 3.3. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "demo_air.h"
#include "kith/codec/l2cap.h"
#include "kith/codec/smp.h"

enum { LLID_MASK = 3, LLID_START = 2, LLID_CONTROL = 3, HEADER = 2, SHOWN = 24 };

static const char *control_name(uint8_t opcode)
{
    switch (opcode) {
    case 0x03:
        return "LL_ENC_REQ: encrypt, please";
    case 0x04:
        return "LL_ENC_RSP";
    case 0x05:
        return "LL_START_ENC_REQ";
    case 0x06:
        return "LL_START_ENC_RSP (encrypted)";
    default:
        return NULL;
    }
}

static uint16_t cid_of(const kith_sim_frame *f)
{
    return (uint16_t)(f->plain[HEADER + 2] | f->plain[HEADER + 3] << 8);
}

static const char *name_of(demo_air *air, const kith_sim_frame *f)
{
    unsigned llid = f->plain[0] & LLID_MASK;
    const char *name;

    if (llid == LLID_START && f->plain_len > HEADER + KITH_L2CAP_HEADER && cid_of(f) == KITH_CID_SMP) {
        if (f->plain[HEADER + KITH_L2CAP_HEADER] == KITH_SMP_PAIRING_REQUEST)
            air->first_event = f->connection_event;
        return f->encrypted ? NULL : kith_smp_opcode_name(f->plain[HEADER + KITH_L2CAP_HEADER]);
    }
    name = llid == LLID_CONTROL && f->plain_len > HEADER ? control_name(f->plain[HEADER]) : NULL;
    if (name != NULL)
        air->encrypted_event = f->connection_event;
    return name;
}

static void show_pairing(demo_air *air, const kith_sim_frame *f)
{
    const char *name = name_of(air, f);

    if (name == NULL)
        return;
    printf("               air      event %2u  %s %s\n", f->connection_event - air->first_event + 1,
           f->from_central ? "phone -> lamp " : "lamp  -> phone", name);
}

static void show_octets(const kith_sim_frame *f)
{
    size_t len = f->len - HEADER;
    const uint8_t *p = f->pdu + HEADER;

    printf("               sniffer  %s ", f->from_central ? "->" : "<-");
    for (size_t i = 0; i < SHOWN; i++)
        if (i < len)
            printf("%02x", p[i]);
        else
            printf("  ");
    printf("%s |", len > SHOWN ? ".." : "  ");
    for (size_t i = 0; i < len; i++)
        putchar(isprint(p[i]) ? p[i] : '.');
    printf("|\n");
}

static void on_frame(void *context, const kith_sim_frame *f)
{
    demo_air *air = context;

    if (air->mode == DEMO_AIR_NOTHING || f->channel >= 37 || f->len <= HEADER)
        return;
    air->last_event = f->connection_event;
    if (air->mode == DEMO_AIR_COUNT)
        return;
    if (air->mode == DEMO_AIR_PAIRING)
        show_pairing(air, f);
    else if ((f->plain[0] & LLID_MASK) != LLID_CONTROL)
        show_octets(f);
}

bool demo_air_init(demo_air *air, kith_sim *sim)
{
    memset(air, 0, sizeof *air);
    return kith_sim_listen(sim, on_frame, air) == KITH_OK;
}

void demo_air_listen(demo_air *air, demo_air_mode mode)
{
    air->mode = mode;
}

unsigned demo_air_pairing_events(const demo_air *air)
{
    return air->encrypted_event - air->first_event + 1;
}

unsigned demo_air_events(const demo_air *air)
{
    return air->last_event + 1; /* a link counts its events from 0 */
}
