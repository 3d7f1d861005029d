/* A thousand advertisers in one room: a host that listens hears all of them, in memory that does not know how many
 * there are, and finds one among them. */
#include "cast.h"

enum { CROWD = 1000, BEACON_EVERY = 4, INTERVAL_625US = 1600, EVENTS = 32 };

typedef struct {
    bool heard[CROWD], named[CROWD];
    unsigned count, names, reports;
    uint64_t last_us; /* when the last new one was heard */
} tally;

/* ---- the crowd: each is a controller that is told once ---- */

static void tell_controller(cast_room *room, kith_sim_device device, uint16_t opcode, const void *parameters,
                            uint8_t len)
{
    uint8_t packet[260] = {0x01, (uint8_t)opcode, (uint8_t)(opcode >> 8), len};

    memcpy(packet + 4, parameters, len);
    assert_int_equal(kith_sim_send(room->sim, device, packet, (size_t)len + 4), KITH_OK);
    while (kith_sim_receive(room->sim, device, packet, sizeof packet) > 0)
        continue;
}

static void say(cast_room *room, kith_sim_device device, uint16_t opcode, uint8_t type, const char *text)
{
    uint8_t parameters[32] = {0};
    size_t len = 0;

    assert_int_equal(kith_ad_put(parameters + 1, 31, &len, type, text, strlen(text)), KITH_OK);
    parameters[0] = (uint8_t)len;
    tell_controller(room, device, opcode, parameters, sizeof parameters);
}

static void join(cast_room *room, unsigned number)
{
    uint8_t address[6] = {(uint8_t)number, (uint8_t)(number >> 8), 0, 0, 0, 0x77};
    uint8_t advertising[15] = {[0] = INTERVAL_625US & 0xff,
                               [1] = INTERVAL_625US >> 8,
                               [2] = INTERVAL_625US & 0xff,
                               [3] = INTERVAL_625US >> 8,
                               [4] = number % BEACON_EVERY == 0 ? 3 : 0, /* ADV_NONCONN_IND, ADV_IND */
                               [13] = 0x07};
    char name[24];
    kith_sim_device device;

    assert_int_equal(kith_sim_add(room->sim, address, &device), KITH_OK);
    (void)snprintf(name, sizeof name, "crowd-%u", number);
    tell_controller(room, device, KITH_HCI_RESET, "", 0);
    tell_controller(room, device, KITH_HCI_LE_SET_ADV_PARAMETERS, advertising, sizeof advertising);
    say(room, device, KITH_HCI_LE_SET_ADV_DATA, KITH_AD_MANUFACTURER, "\xff\xff-");
    say(room, device, KITH_HCI_LE_SET_SCAN_RESPONSE_DATA, KITH_AD_COMPLETE_NAME, name);
    tell_controller(room, device, KITH_HCI_LE_SET_ADV_ENABLE, "\x01", 1);
}

static cast_host *among(cast_room *room, unsigned crowd)
{
    kith_config config;
    cast_host *phone;

    cast_phone_config(&config);
    config.limits.events = EVENTS;
    phone = cast_add(room, "phone", &config);
    for (unsigned i = 0; i < crowd; i++) {
        join(room, i);
        kith_sim_advance(room->sim, kith_sim_now(room->sim) + 1000); /* each in its own time */
    }
    cast_start(room);
    return phone;
}

static void count_report(cast_host *self, const kith_event *event)
{
    tally *t = self->context;
    const kith_event_report *r = &event->report;
    char name[32];
    unsigned number;

    if (event->kind != KITH_EVENT_REPORT)
        return;
    number = r->address.octets[0] | (unsigned)r->address.octets[1] << 8;
    assert_true(number < CROWD);
    t->reports++;
    if (!t->heard[number])
        t->last_us = kith_sim_now(self->room->sim);
    t->count += !t->heard[number];
    t->heard[number] = true;
    if (kith_gap_find_name(kith_report_data(r), r->len, name)) {
        t->names += !t->named[number];
        t->named[number] = true;
    }
}

/* ---- tests ---- */

static void all_of_a_thousand_are_heard_and_named(void **state)
{
    cast_room *room = cast_open(cast_first_seed(1), CAST_TOY);
    cast_host *phone = among(room, CROWD);
    tally t = {.count = 0};
    uint64_t began = kith_sim_now(room->sim);
    kith_scan scan;

    (void)state;
    phone->react = count_report;
    phone->context = &t;
    kith_gap_default_scan(&scan);
    scan.report_duplicates = true;
    cast_equal(room, kith_gap_start_scan(phone->host, &scan), KITH_OK);
    cast_run_until(room, began + 3 * CAST_SECOND);
    cast_equal(room, t.count, CROWD);
    cast_equal(room, t.names, CROWD - CROWD / BEACON_EVERY);
    cast_equal(room, kith_host_dropped(phone->host), 0);
    print_message(
        "%u reports; the last of %d devices was first heard after %u ms of virtual time; the host has %u octets\n",
        t.reports, CROWD, (unsigned)((t.last_us - began) / 1000), (unsigned)phone->size);
    cast_close(room);
}

static void one_of_a_thousand_is_found(void **state)
{
    cast_room *room = cast_open(cast_first_seed(3), CAST_TOY);
    cast_host *phone = among(room, CROWD);
    const kith_sought sought = {.name = "crowd-777"};
    const kith_event *found;

    (void)state;
    cast_equal(room, kith_gap_find(phone->host, NULL, &sought, 5000), KITH_OK);
    found = cast_await(phone, KITH_EVENT_FOUND, 1);
    cast_equal(room, found->found.result, KITH_FOUND);
    cast_equal(room, found->found.report.address.octets[0], 777 & 0xff);
    cast_equal(room, found->found.report.address.octets[1], 777 >> 8);
    cast_equal(room, phone->told[KITH_EVENT_REPORT], 0);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_thousand_are_heard_and_named),
        cmocka_unit_test(one_of_a_thousand_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
