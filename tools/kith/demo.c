/* `kith demo`: the story of one secure link, told by what the hosts report and what a sniffer hears.
 * Every line comes from an event or from the air; nothing is told that did not happen. */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "demo.h"

#define GREETING "Hello, I am a lamp"
#define SECRET   "door code 4711"

/* The lamp's table: one value for everybody, one for those whose link is encrypted. */
static const kith_uuid lamp_service =
    KITH_UUID128(0x6b, 0x69, 0x74, 0x68, 0x00, 0x01, 0x40, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01);
static const kith_characteristic lamp_values[] = {
    {.uuid = KITH_UUID16(0x2b00),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_OPEN,
     .value = (const uint8_t *)GREETING,
     .value_len = sizeof GREETING - 1},
    {.uuid = KITH_UUID16(0x2b01),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED,
     .value = (const uint8_t *)SECRET,
     .value_len = sizeof SECRET - 1},
};
static const kith_service lamp_services[] = {
    {.uuid =
         KITH_UUID128(0x6b, 0x69, 0x74, 0x68, 0x00, 0x01, 0x40, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01),
     .characteristics = lamp_values,
     .characteristic_count = sizeof lamp_values / sizeof lamp_values[0]},
};

static const kith_method *const methods[] = {
    &kith_sc_just_works_initiator,
    &kith_sc_just_works_responder,
    &kith_sc_numeric_comparison_initiator,
    &kith_sc_numeric_comparison_responder,
    NULL,
};

static const char *const names[] = {[LAMP] = "lamp", [PHONE] = "phone", [STRANGER] = "stranger"};

static void configure(int who, kith_config *config)
{
    kith_config_default(config);
    config->name = names[who];
    config->security.methods = methods;
    config->security.io = who == STRANGER ? KITH_IO_NO_INPUT_NO_OUTPUT : KITH_IO_DISPLAY_YES_NO;
    if (who != LAMP)
        return;
    config->services = lamp_services;
    config->service_count = 1;
}

void demo_power_on(demo *d, int who)
{
    kith_config config;
    kith_event event;
    char line[160], address[KITH_ADDRESS_TEXT];

    configure(who, &config);
    if (d->failed || !room_power_on(&d->room, (size_t)who, names[who], &config, who != STRANGER)) {
        d->failed = true;
        return;
    }
    if (!demo_wait_for(d, who, KITH_EVENT_READY, &event))
        return;
    if (who == LAMP)
        d->lamp_address = event.ready.address;
    snprintf(line, sizeof line, "is on: address %s, its controller speaks Bluetooth %s",
             kith_address_format(&event.ready.address, address), event.ready.hci_version >= 9 ? "5" : "4");
    demo_tell(d, who, line);
}

static void find_each_other(demo *d)
{
    kith_host *phone = d->room.hosts[PHONE].host;
    kith_scan scan;
    kith_event event;
    char line[160], name[32] = "";

    demo_chapter("2. They find each other.");
    demo_advertise(d);
    demo_tell(d, LAMP, "advertises itself as \"lamp\"");
    kith_gap_default_scan(&scan);
    demo_check(d, kith_gap_start_scan(phone, &scan), "scan");
    while (strcmp(name, "lamp") != 0)
        if (!demo_wait_for(d, PHONE, KITH_EVENT_REPORT, &event))
            return;
        else if (!kith_gap_find_name(event.report.data, event.report.len, name))
            name[0] = '\0';
    snprintf(line, sizeof line, "hears \"%s\" at %d dBm and connects", name, event.report.rssi);
    demo_tell(d, PHONE, line);
    demo_check(d, kith_gap_stop_scan(phone), "stop scanning");
    demo_wait_for(d, PHONE, KITH_EVENT_SCANNING, &event);
    demo_connect_to_lamp(d, PHONE);
}

static void discover(demo *d, int who)
{
    kith_event event;
    kith_gatt_found found[2];

    demo_check(d, kith_gatt_discover(d->room.hosts[who].host, d->link, &lamp_service), "discover");
    if (!demo_wait_for(d, who, KITH_EVENT_CHARACTERISTICS, &event) || event.characteristics.count != 2)
        return;
    kith_gatt_found_at(&event.characteristics, 0, &found[0]);
    kith_gatt_found_at(&event.characteristics, 1, &found[1]);
    d->greeting = found[0].value_handle;
    d->secret = found[1].value_handle;
    demo_wait_for(d, who, KITH_EVENT_DISCOVERED, &event);
}

/* The same read that the sniffer will see twice: in words now, as noise later. */
static void read_and_listen(demo *d)
{
    demo_air_listen(&d->air, DEMO_AIR_DATA);
    demo_read_value(d, PHONE, d->greeting, "greeting");
    demo_air_listen(&d->air, DEMO_AIR_NOTHING);
}

static void pair(demo *d)
{
    kith_event event;

    demo_chapter("4. They pair: LE Secure Connections, Just Works.");
    demo_check(d, kith_pairing_open(d->room.hosts[LAMP].host, 30000), "open the window");
    demo_tell(d, LAMP, "opens its pairing window for 30 seconds; otherwise pairing is closed");
    demo_air_listen(&d->air, DEMO_AIR_PAIRING);
    demo_check(d, kith_security_secure(d->room.hosts[PHONE].host, d->link, KITH_LEVEL_ENCRYPTED), "secure");
    if (!demo_wait_for(d, PHONE, KITH_EVENT_PAIRED, &event))
        return;
    demo_air_listen(&d->air, DEMO_AIR_NOTHING);
    printf("  Both proved that they hold the same key before a single octet was encrypted with it.\n"
           "  It took %u connection events from Pairing Request to encrypted; 12 is the least there can be.\n",
           demo_air_pairing_events(&d->air));
    demo_tell_verdict(d, PHONE, &event.verdict);
    printf("  Just Works stops listeners, not somebody who sat in the middle while pairing: hence\n"
           "  \"unauthenticated\". Comparing numbers would.\n");
}

static void stranger_comes(demo *d)
{
    kith_event event;

    demo_chapter("6. A third device, without a key.");
    demo_power_on(d, STRANGER);
    demo_advertise(d);
    demo_connect_to_lamp(d, STRANGER);
    demo_read_value(d, STRANGER, d->secret, "door code");
    demo_check(d, kith_security_secure(d->room.hosts[STRANGER].host, d->link, KITH_LEVEL_ENCRYPTED), "secure");
    if (!demo_wait_for(d, STRANGER, KITH_EVENT_PAIRING_FAILED, &event))
        return;
    demo_tell(d, STRANGER, "asks to pair. The window closed itself after the first success, so:");
    demo_tell_verdict(d, STRANGER, &event.verdict);
    demo_leave(d, STRANGER);
}

static void say_where(const char *folder)
{
    if (folder == NULL)
        return;
    demo_chapter("Look for yourself:");
    printf("  %s/air.pcap            as an antenna heard it: after pairing, noise\n"
           "  %s/air-decrypted.pcap  the same with the noise in plain\n"
           "  %s/lamp.btsnoop        what the lamp's host and controller said to each other; phone, stranger too\n"
           "  %s/phone.kith          what the phone keeps: kith bonds list --store %s/phone.kith\n"
           "  Open them in Wireshark, or: tshark -r %s/air-decrypted.pcap -Y 'btsmp || btatt'\n",
           folder, folder, folder, folder, folder, folder);
}

static void power_on_both(demo *d)
{
    demo_chapter("1. Two devices are switched on.");
    demo_power_on(d, LAMP);
    demo_power_on(d, PHONE);
}

static void talk_in_plain(demo *d)
{
    demo_chapter("3. In plain: anybody in the room can hear what they say, and one value is refused.");
    discover(d, PHONE);
    read_and_listen(d);
    demo_read_value(d, PHONE, d->secret, "door code");
}

static void talk_in_secret(demo *d)
{
    demo_chapter("5. The same two reads again.");
    demo_read_value(d, PHONE, d->secret, "door code");
    read_and_listen(d);
    demo_leave(d, PHONE);
}

static void play(demo *d)
{
    void (*const chapters[])(demo *) = {power_on_both,  find_each_other, talk_in_plain,        pair,
                                        talk_in_secret, stranger_comes,  demo_compare_numbers, demo_power_off_and_on};

    printf("One secure link on a virtual radio: no hardware, and time is virtual too.\n");
    for (size_t i = 0; i < sizeof chapters / sizeof chapters[0] && !d->failed; i++)
        chapters[i](d);
}

typedef struct {
    uint64_t seed;
    const char *folder;
} options;

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;
    char *end;

    switch (key) {
    case 's':
        o->seed = strtoull(arg, &end, 0);
        if (*arg == '\0' || *end != '\0')
            argp_error(state, "--seed wants a number, not '%s'", arg);
        return 0;
    case 'd':
        o->folder = arg;
        return 0;
    case 'n':
        o->folder = NULL;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is one argument too many", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"seed", 's', "N", 0, "same seed, same story and same captures (default 1)", 0},
    {"dir", 'd', "FOLDER", 0, "where the captures go (default kith-demo)", 0},
    {"no-captures", 'n', NULL, 0, "write none", 0},
    {0},
};

static const struct argp parser = {
    option_table,
    take_option,
    NULL,
    "Tells the story of one secure link on the virtual radio, in about a minute of reading.\v"
    "Exit status: 0 the story went well, 1 it did not, 2 wrong arguments.",
    NULL,
    NULL,
    NULL};

int demo_main(int argc, char **argv)
{
    options o = {.seed = 1, .folder = "kith-demo"};
    demo *d = calloc(1, sizeof *d);
    bool failed = true;

    argp_err_exit_status = 2;
    argp_parse(&parser, argc, argv, 0, NULL, &o);
    if (d != NULL && room_open(&d->room, o.seed, o.folder) && demo_air_init(&d->air, d->room.sim)) {
        play(d);
        failed = d->failed;
    }
    if (d != NULL)
        failed |= !room_close(&d->room);
    if (!failed)
        say_where(o.folder);
    free(d);
    return failed ? 1 : 0;
}
