/* What every chapter of `kith demo' needs: to wait, to tell, to connect, to read. */
#include <stdio.h>

#include "demo.h"

enum { PATIENCE_US = 60000000 };

void demo_chapter(const char *title)
{
    printf("\n%s\n", title);
}

void demo_tell(const demo *d, int who, const char *text)
{
    printf("  %9.1f ms  %-8s %s\n", (double)kith_stage_now(&d->room.stage) / 1000.0, d->room.hosts[who].name, text);
}

void demo_check(demo *d, kith_status status, const char *what)
{
    if (status == KITH_OK)
        return;
    fprintf(stderr, "kith demo: %s: %s\n", what, kith_status_name(status));
    d->failed = true;
}

/* Waits for an event of this kind; what else happens meanwhile is told if it matters.  False: it never came. */
bool demo_wait_for(demo *d, int who, kith_event_kind kind, kith_event *event)
{
    uint64_t until = kith_stage_now(&d->room.stage) + PATIENCE_US;
    int from;

    while (!d->failed && (from = kith_stage_next(&d->room.stage, until, event)) >= 0)
        if (room_who(&d->room, from) == who && event->kind == kind)
            return true;
    if (!d->failed)
        fprintf(stderr, "kith demo: %s never reported '%s'\n", d->room.hosts[who].name, kith_event_name(kind));
    d->failed = true;
    return false;
}

void demo_tell_verdict(const demo *d, int who, const kith_verdict *v)
{
    char line[480];

    kith_verdict_describe(v, line, sizeof line);
    demo_tell(d, who, line);
    if (!v->succeeded)
        return;
    printf("%24s method %s, level %d (%s),\n%24s key of %d octets (%s)\n", "", kith_method_name(v->method), v->level,
           kith_level_name(v->level), "", v->key_size,
           v->key_kind == KITH_KEY_KIND_SC ? "LE Secure Connections" : "legacy");
}

void demo_advertise(demo *d)
{
    kith_advertising advertising;
    kith_event event;

    kith_gap_default_advertising(&advertising, "lamp");
    demo_check(d, kith_gap_advertise(d->room.hosts[LAMP].host, &advertising), "advertise");
    demo_wait_for(d, LAMP, KITH_EVENT_ADVERTISING, &event);
}

void demo_connect_to_lamp(demo *d, int who)
{
    kith_event event;

    demo_check(d, kith_gap_connect(d->room.hosts[who].host, &d->lamp_address, NULL), "connect");
    if (!demo_wait_for(d, who, KITH_EVENT_CONNECTED, &event))
        return;
    d->link = event.link;
    demo_tell(d, who, "is connected");
}

void demo_read_value(demo *d, int who, uint16_t handle, const char *what)
{
    kith_event event;
    char line[200];

    demo_check(d, kith_gatt_read(d->room.hosts[who].host, d->link, handle), "read");
    if (!demo_wait_for(d, who, KITH_EVENT_READ, &event))
        return;
    if (event.gatt.result == KITH_GATT_OK)
        snprintf(line, sizeof line, "reads the %s: \"%.*s\"", what, event.gatt.len, (const char *)event.gatt.value);
    else
        snprintf(line, sizeof line, "reads the %s: REFUSED, %s (ATT error 0x%02x)", what,
                 kith_att_error_name(event.gatt.att_error), event.gatt.att_error);
    demo_tell(d, who, line);
}

void demo_leave(demo *d, int who)
{
    kith_event event;

    demo_check(d, kith_gap_disconnect(d->room.hosts[who].host, d->link, 0x13), "disconnect");
    demo_wait_for(d, who, KITH_EVENT_DISCONNECTED, &event);
    demo_tell(d, who, "leaves");
}
