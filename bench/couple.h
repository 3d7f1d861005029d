/* Two hosts on the virtual radio, for benchmarks of attributes: a lamp that serves, and a phone that is bonded with it
 * and subscribed to its values.  Who wants to count what hosts do hangs a function around their turns. */
#ifndef BENCH_COUPLE_H
#define BENCH_COUPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kith/kith.h"
#include "kith/port/openssl.h"
#include "sim/sim.h"

enum { LAMP, PHONE, COUPLE_PACKET = 264, COUPLE_EVENTS = KITH_EVENT_KINDS };
enum { COUPLE_VALUE = 7 }; /* id of a value of 20 octets that is read and notified, both encrypted */

typedef struct couple couple;
typedef bool couple_turn(couple *c, unsigned side);

struct couple {
    kith_sim *sim;
    kith_crypto_port crypto;
    kith_host *hosts[2];
    kith_sim_device devices[2];
    kith_link links[2];
    unsigned told[2][COUPLE_EVENTS];
    kith_address lamp;
    couple_turn *turn; /* couple_plain_turn(), or what is hung around it */
    uint8_t value[20];
};

static void must(kith_status status)
{
    if (status == KITH_OK)
        return;
    fprintf(stderr, "%s\n", kith_status_name(status));
    exit(1);
}

static void couple_note(couple *c, unsigned side, const kith_event *e)
{
    c->told[side][e->kind]++;
    if (e->kind == KITH_EVENT_READY && side == LAMP)
        c->lamp = e->ready.address;
    if (e->kind == KITH_EVENT_CONNECTED)
        c->links[side] = e->link;
}

/* Everything but work and the simulator: packets in and out, time, events.  Did anything move? */
static bool couple_plain_turn(couple *c, unsigned side)
{
    kith_host *h = c->hosts[side];
    uint64_t now = kith_sim_now(c->sim);
    uint8_t packet[COUPLE_PACKET];
    size_t len = kith_sim_receive(c->sim, c->devices[side], packet, sizeof packet);
    bool moved = len > 0;
    kith_event e;

    if (len > 0)
        must(kith_host_receive(h, packet, len, now));
    if (kith_host_deadline(h) <= now)
        must(kith_host_advance(h, now));
    while (kith_host_next_event(h, &e)) {
        couple_note(c, side, &e);
        moved = true;
    }
    len = kith_host_next_packet(h, packet, sizeof packet);
    if (len > 0)
        must(kith_sim_send(c->sim, c->devices[side], packet, len));
    return moved || len > 0;
}

static bool couple_work(couple *c, unsigned side)
{
    kith_work work;

    if (!kith_host_take_work(c->hosts[side], &work))
        return false;
    kith_work_run(&work);
    must(kith_host_finish_work(c->hosts[side], &work, kith_sim_now(c->sim)));
    return true;
}

static void couple_rest(couple *c)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (unsigned side = 0; side < 2; side++)
            moved = c->turn(c, side) || couple_work(c, side) || moved;
    }
}

/* Until this host was told so many of them in all. */
static void couple_until(couple *c, unsigned side, kith_event_kind kind, unsigned times)
{
    uint64_t limit = kith_sim_now(c->sim) + UINT64_C(3600000000);

    for (couple_rest(c); c->told[side][kind] < times; couple_rest(c)) {
        if (kith_sim_now(c->sim) > limit) {
            fprintf(stderr, "%s never came\n", kith_event_name(kind));
            exit(1);
        }
        kith_sim_advance(c->sim, kith_sim_deadline(c->sim));
    }
}

static const kith_characteristic couple_values[] = {
    {.uuid = KITH_UUID16(0x2a37),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY,
     .permissions = KITH_READ_ENCRYPTED | KITH_NOTIFY_ENCRYPTED,
     .value = (const uint8_t *)"twenty octets it has",
     .value_len = 20,
     .id = COUPLE_VALUE},
};
static const kith_service couple_services[] = {
    {.uuid = KITH_UUID16(0x180d), .characteristics = couple_values, .characteristic_count = 1},
};

static void couple_configure(couple *c, unsigned side, kith_config *config)
{
    static const kith_method *const initiator[] = {&kith_sc_just_works_initiator, NULL};
    static const kith_method *const responder[] = {&kith_sc_just_works_responder, NULL};

    kith_config_default(config);
    config->crypto = &c->crypto;
    config->store = &kith_volatile_store;
    config->limits.mtu = 247;
    config->security.methods = side == LAMP ? responder : initiator;
    config->limits.subscriptions = 4;
    config->limits.cache = 1464;
    config->services = couple_services;
    config->service_count = 1;
}

static void couple_add(couple *c, unsigned side, const kith_config *config)
{
    const uint8_t address[6] = {(uint8_t)(side + 1), 0x4b, 0x49, 0x54, 0x48, 0};
    size_t size = kith_host_size(&config->limits);

    must(kith_sim_add(c->sim, address, &c->devices[side]));
    must(kith_host_init(calloc(1, size), size, config, &c->hosts[side]));
    must(kith_host_start(c->hosts[side], 0));
}

static void couple_open(couple *c)
{
    const kith_sim_config config = {.seed = 1, .crypto = &c->crypto};

    memset(c, 0, sizeof *c);
    c->turn = couple_plain_turn;
    must(kith_openssl_port(&c->crypto));
    must(kith_sim_new(&config, &c->sim));
}

static void couple_connect(couple *c)
{
    kith_advertising advertising;
    unsigned connected = c->told[PHONE][KITH_EVENT_CONNECTED];

    for (unsigned side = 0; side < 2; side++)
        couple_until(c, side, KITH_EVENT_READY, 1);
    kith_gap_default_advertising(&advertising, "lamp");
    must(kith_gap_advertise(c->hosts[LAMP], &advertising));
    must(kith_gap_connect(c->hosts[PHONE], &c->lamp, NULL));
    for (unsigned side = 0; side < 2; side++)
        couple_until(c, side, KITH_EVENT_CONNECTED, connected + 1);
}

static void couple_bond(couple *c)
{
    must(kith_pairing_open(c->hosts[LAMP], 60000));
    must(kith_security_secure(c->hosts[PHONE], c->links[PHONE], KITH_LEVEL_ENCRYPTED));
    for (unsigned side = 0; side < 2; side++)
        couple_until(c, side, KITH_EVENT_BONDED, 1);
}

static void couple_close(couple *c)
{
    for (unsigned side = 0; side < 2; side++) {
        kith_host_erase(c->hosts[side]);
        free(c->hosts[side]);
    }
    kith_sim_free(c->sim);
}

#endif
