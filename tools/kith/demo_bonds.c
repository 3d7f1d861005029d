/* The chapters of `kith demo' about numbers that people compare, and about what outlives the power. */
#include <stdio.h>

#include "demo.h"

static void secure(demo *d, kith_level level)
{
    demo_check(d, kith_security_secure(d->room.hosts[PHONE].host, d->link, level), "secure");
}

/* Both people look: only the same number on both sides is a yes. */
static void compare(demo *d)
{
    kith_event on_phone, on_lamp;
    char line[80];

    if (!demo_wait_for(d, LAMP, KITH_EVENT_COMPARISON_WANTED, &on_lamp) ||
        !demo_wait_for(d, PHONE, KITH_EVENT_COMPARISON_WANTED, &on_phone))
        return;
    snprintf(line, sizeof line, "shows %06u", (unsigned)on_lamp.comparison.number);
    demo_tell(d, LAMP, line);
    snprintf(line, sizeof line, "shows %06u: the same, so both people say yes", (unsigned)on_phone.comparison.number);
    demo_tell(d, PHONE, line);
    if (on_phone.comparison.number != on_lamp.comparison.number)
        d->failed = true;
    demo_check(d, kith_pairing_compare(d->room.hosts[LAMP].host, on_lamp.link, KITH_NUMBERS_EQUAL), "compare");
    demo_check(d, kith_pairing_compare(d->room.hosts[PHONE].host, on_phone.link, KITH_NUMBERS_EQUAL), "compare");
}

void demo_compare_numbers(demo *d)
{
    kith_event event;

    demo_chapter("7. The phone wants more: nobody shall have been in the middle. They compare numbers.");
    demo_advertise(d);
    demo_connect_to_lamp(d, PHONE);
    secure(d, KITH_LEVEL_ENCRYPTED);
    if (!demo_wait_for(d, PHONE, KITH_EVENT_ENCRYPTED, &event))
        return;
    demo_tell(d, PHONE, "is known: encrypted with the bond's key, without pairing");
    demo_check(d, kith_pairing_open(d->room.hosts[LAMP].host, 30000), "open the window");
    demo_tell(d, LAMP, "opens its pairing window once more");
    secure(d, KITH_LEVEL_SC_AUTHENTICATED);
    compare(d);
    if (!demo_wait_for(d, PHONE, KITH_EVENT_PAIRED, &event))
        return;
    demo_tell_verdict(d, PHONE, &event.verdict);
    if (demo_wait_for(d, PHONE, KITH_EVENT_BONDED, &event))
        demo_tell(d, PHONE, "has the new bond safe in its store; until this moment it kept the old one");
    demo_leave(d, PHONE);
}

void demo_power_off_and_on(demo *d)
{
    kith_event event;

    demo_chapter("8. Power fails for both, and comes back.");
    room_power_off(&d->room, LAMP);
    room_power_off(&d->room, PHONE);
    demo_power_on(d, LAMP);
    demo_power_on(d, PHONE);
    demo_advertise(d);
    demo_air_listen(&d->air, DEMO_AIR_COUNT);
    demo_connect_to_lamp(d, PHONE);
    secure(d, KITH_LEVEL_SC_AUTHENTICATED);
    if (!demo_wait_for(d, PHONE, KITH_EVENT_ENCRYPTED, &event))
        return;
    demo_tell_verdict(d, PHONE, &event.verdict);
    demo_read_value(d, PHONE, d->secret, "door code");
    printf("  It took %u connection events from the first one to the door code; 6 is the least there can be.\n",
           demo_air_events(&d->air));
    if (kith_bonds_count(d->room.hosts[PHONE].host) != 1)
        d->failed = true;
    demo_leave(d, PHONE);
}
