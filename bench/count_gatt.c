/* Instructions that each host spends on a thousand notifications of 20 octets and on a thousand reads, over an
 * encrypted link: calls, HCI packets, L2CAP, ATT and events; not the radio, and not its AES.  Counted by callgrind
 * inside the functions named measured_*. */
#include "couple.h"

#define NOINLINE __attribute__((noinline))

enum { PACKETS = 1000 };

static enum { NOTIFYING, READING } phase;
/* Each measured function counts its own calls, or the compiler would make one function of two. */
static unsigned long calls[4];

NOINLINE static bool measured_server_of_1000_notifications(couple *c)
{
    calls[0]++;
    return couple_plain_turn(c, LAMP);
}

NOINLINE static bool measured_client_of_1000_notifications(couple *c)
{
    calls[1]++;
    return couple_plain_turn(c, PHONE);
}

NOINLINE static bool measured_server_of_1000_reads(couple *c)
{
    calls[2]++;
    return couple_plain_turn(c, LAMP);
}

NOINLINE static bool measured_client_of_1000_reads(couple *c)
{
    calls[3]++;
    return couple_plain_turn(c, PHONE);
}

static bool counted_turn(couple *c, unsigned side)
{
    if (phase == NOTIFYING)
        return side == LAMP ? measured_server_of_1000_notifications(c) : measured_client_of_1000_notifications(c);
    return side == LAMP ? measured_server_of_1000_reads(c) : measured_client_of_1000_reads(c);
}

int main(void)
{
    static couple c;
    kith_config config;
    uint16_t value;

    couple_open(&c);
    for (unsigned side = 0; side < 2; side++) {
        couple_configure(&c, side, &config);
        couple_add(&c, side, &config);
    }
    couple_connect(&c);
    couple_bond(&c);
    value = kith_gatt_handle(c.hosts[LAMP], COUPLE_VALUE);
    must(kith_gatt_subscribe(c.hosts[PHONE], c.links[PHONE], value, 0, KITH_SUBSCRIBED_NOTIFY));
    couple_until(&c, PHONE, KITH_EVENT_SUBSCRIPTION_WRITTEN, 1);
    c.turn = counted_turn;
    for (unsigned i = 1; i <= PACKETS; i++) {
        must(kith_gatt_notify(c.hosts[LAMP], c.links[LAMP], COUPLE_VALUE, c.value, sizeof c.value));
        couple_until(&c, PHONE, KITH_EVENT_NOTIFIED, i);
    }
    phase = READING;
    for (unsigned i = 1; i <= PACKETS; i++) {
        must(kith_gatt_read(c.hosts[PHONE], c.links[PHONE], value));
        couple_until(&c, PHONE, KITH_EVENT_READ, i);
    }
    couple_close(&c);
    return 0;
}
