/* Values through two hosts and the virtual radio, with its AES: how many of them a second of this machine's processor
 * carries.  What each host spends on them is in count_gatt. */
#include <time.h>

#include "couple.h"

enum { PACKETS = 20000 };

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void notify(couple *c, uint16_t value)
{
    unsigned told = c->told[PHONE][KITH_EVENT_NOTIFIED];

    (void)value;
    must(kith_gatt_notify(c->hosts[LAMP], c->links[LAMP], COUPLE_VALUE, c->value, sizeof c->value));
    couple_until(c, PHONE, KITH_EVENT_NOTIFIED, told + 1);
}

static void read_value(couple *c, uint16_t value)
{
    unsigned told = c->told[PHONE][KITH_EVENT_READ];

    must(kith_gatt_read(c->hosts[PHONE], c->links[PHONE], value));
    couple_until(c, PHONE, KITH_EVENT_READ, told + 1);
}

static void measure(couple *c, const char *what, void (*move)(couple *c, uint16_t value), uint16_t value)
{
    double began = cpu_seconds();

    for (unsigned i = 0; i < PACKETS; i++)
        move(c, value);
    printf("%-52s %9.0f in a second of the processor\n", what, PACKETS / (cpu_seconds() - began));
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
    measure(&c, "notifications of 20 octets, one in each event", notify, value);
    measure(&c, "reads of 20 octets", read_value, value);
    couple_close(&c);
    return 0;
}
