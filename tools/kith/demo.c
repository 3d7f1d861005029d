/* `kith demo`: the story of one secure link, told by what the hosts report and what a sniffer hears.
 * Every line comes from an event or from the air; nothing is told that did not happen. */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "demo_air.h"
#include "room.h"

enum { LAMP, PHONE, STRANGER };
enum { PATIENCE_US = 60000000 };

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

static const kith_method *const responder[] = {&kith_sc_just_works_responder, NULL};
static const kith_method *const initiator[] = {&kith_sc_just_works_initiator, NULL};

typedef struct {
    room room;
    demo_air air;
    kith_address lamp_address;
    kith_link link; /* of whoever talks to the lamp */
    uint16_t greeting, secret;
    bool failed;
} demo;

static void chapter(const char *title)
{
    printf("\n%s\n", title);
}

static void tell(const demo *d, int who, const char *text)
{
    printf("  %9.1f ms  %-8s %s\n", (double)kith_stage_now(&d->room.stage) / 1000.0, d->room.hosts[who].name, text);
}

static void check(demo *d, kith_status status, const char *what)
{
    if (status == KITH_OK)
        return;
    fprintf(stderr, "kith demo: %s: %s\n", what, kith_status_name(status));
    d->failed = true;
}

/* Waits for an event of this kind; what else happens meanwhile is told if it matters.  False: it never came. */
static bool wait_for(demo *d, int who, kith_event_kind kind, kith_event *event)
{
    uint64_t until = kith_stage_now(&d->room.stage) + PATIENCE_US;
    int from;

    while (!d->failed && (from = kith_stage_next(&d->room.stage, until, event)) >= 0)
        if (from == who && event->kind == kind)
            return true;
    if (!d->failed)
        fprintf(stderr, "kith demo: %s never reported '%s'\n", d->room.hosts[who].name, kith_event_name(kind));
    d->failed = true;
    return false;
}

static void power_on(demo *d, int who, const char *name, kith_config *config, const char *folder)
{
    kith_event event;
    char line[160], address[KITH_ADDRESS_TEXT];

    if (d->failed || !room_add(&d->room, name, config, folder)) {
        d->failed = true;
        return;
    }
    if (!wait_for(d, who, KITH_EVENT_READY, &event))
        return;
    if (who == LAMP)
        d->lamp_address = event.ready.address;
    snprintf(line, sizeof line, "is on: address %s, its controller speaks Bluetooth %s",
             kith_address_format(&event.ready.address, address), event.ready.hci_version >= 9 ? "5" : "4");
    tell(d, who, line);
}

static void power_on_both(demo *d, const char *folder)
{
    kith_config config;

    chapter("1. Two devices are switched on.");
    kith_config_default(&config);
    config.name = "lamp";
    config.services = lamp_services;
    config.service_count = 1;
    config.security.methods = responder;
    power_on(d, LAMP, "lamp", &config, folder);
    kith_config_default(&config);
    config.name = "phone";
    config.security.methods = initiator;
    power_on(d, PHONE, "phone", &config, folder);
}

static void advertise(demo *d)
{
    kith_advertising advertising;
    kith_event event;

    kith_gap_default_advertising(&advertising, "lamp");
    check(d, kith_gap_advertise(d->room.hosts[LAMP].host, &advertising), "advertise");
    wait_for(d, LAMP, KITH_EVENT_ADVERTISING, &event);
}

static void connect_to_lamp(demo *d, int who)
{
    kith_event event;

    check(d, kith_gap_connect(d->room.hosts[who].host, &d->lamp_address, NULL), "connect");
    if (!wait_for(d, who, KITH_EVENT_CONNECTED, &event))
        return;
    d->link = event.link;
    tell(d, who, "is connected. Anybody in the room can hear what they say:");
}

static void find_each_other(demo *d)
{
    kith_host *phone = d->room.hosts[PHONE].host;
    kith_scan scan;
    kith_event event;
    char line[160], name[32] = "";

    chapter("2. They find each other.");
    advertise(d);
    tell(d, LAMP, "advertises itself as \"lamp\"");
    kith_gap_default_scan(&scan);
    check(d, kith_gap_start_scan(phone, &scan), "scan");
    while (strcmp(name, "lamp") != 0)
        if (!wait_for(d, PHONE, KITH_EVENT_REPORT, &event))
            return;
        else if (!kith_gap_find_name(event.report.data, event.report.len, name))
            name[0] = '\0';
    snprintf(line, sizeof line, "hears \"%s\" at %d dBm and connects", name, event.report.rssi);
    tell(d, PHONE, line);
    check(d, kith_gap_stop_scan(phone), "stop scanning");
    wait_for(d, PHONE, KITH_EVENT_SCANNING, &event);
    connect_to_lamp(d, PHONE);
}

static void discover(demo *d, int who)
{
    kith_event event;
    kith_gatt_found found[2];

    check(d, kith_gatt_discover(d->room.hosts[who].host, d->link, &lamp_service), "discover");
    if (!wait_for(d, who, KITH_EVENT_CHARACTERISTICS, &event) || event.characteristics.count != 2)
        return;
    kith_gatt_found_at(&event.characteristics, 0, &found[0]);
    kith_gatt_found_at(&event.characteristics, 1, &found[1]);
    d->greeting = found[0].value_handle;
    d->secret = found[1].value_handle;
    wait_for(d, who, KITH_EVENT_DISCOVERED, &event);
}

static void read_value(demo *d, int who, uint16_t handle, const char *what)
{
    kith_event event;
    char line[200];

    check(d, kith_gatt_read(d->room.hosts[who].host, d->link, handle), "read");
    if (!wait_for(d, who, KITH_EVENT_READ, &event))
        return;
    if (event.gatt.result == KITH_GATT_OK)
        snprintf(line, sizeof line, "reads the %s: \"%.*s\"", what, event.gatt.len, (const char *)event.gatt.value);
    else
        snprintf(line, sizeof line, "reads the %s: REFUSED, %s (ATT error 0x%02x)", what,
                 kith_att_error_name(event.gatt.att_error), event.gatt.att_error);
    tell(d, who, line);
}

/* The same read that the sniffer will see twice: in words now, as noise later. */
static void read_and_listen(demo *d)
{
    demo_air_listen(&d->air, DEMO_AIR_DATA);
    read_value(d, PHONE, d->greeting, "greeting");
    demo_air_listen(&d->air, DEMO_AIR_NOTHING);
}

static void tell_verdict(const demo *d, int who, const kith_verdict *v)
{
    char line[480];

    kith_verdict_describe(v, line, sizeof line);
    tell(d, who, line);
    if (!v->succeeded)
        return;
    printf("%24s method %s, level %d (%s),\n%24s key of %d octets (%s)\n", "", kith_method_name(v->method), v->level,
           kith_level_name(v->level), "", v->key_size,
           v->key_kind == KITH_KEY_KIND_SC ? "LE Secure Connections" : "legacy");
}

static void pair(demo *d)
{
    kith_event event;

    chapter("4. They pair: LE Secure Connections, Just Works.");
    check(d, kith_pairing_open(d->room.hosts[LAMP].host, 30000), "open the window");
    tell(d, LAMP, "opens its pairing window for 30 seconds; otherwise pairing is closed");
    demo_air_listen(&d->air, DEMO_AIR_PAIRING);
    check(d, kith_security_secure(d->room.hosts[PHONE].host, d->link, KITH_LEVEL_ENCRYPTED), "secure");
    if (!wait_for(d, PHONE, KITH_EVENT_PAIRED, &event))
        return;
    demo_air_listen(&d->air, DEMO_AIR_NOTHING);
    printf("  Both proved that they hold the same key before a single octet was encrypted with it.\n"
           "  It took %u connection events from Pairing Request to encrypted; 12 is the least there can be.\n",
           demo_air_pairing_events(&d->air));
    tell_verdict(d, PHONE, &event.verdict);
    printf("  Just Works stops listeners, not somebody who sat in the middle while pairing: hence\n"
           "  \"unauthenticated\". Comparing numbers would.\n");
}

static void leave(demo *d, int who)
{
    kith_event event;

    check(d, kith_gap_disconnect(d->room.hosts[who].host, d->link, 0x13), "disconnect");
    wait_for(d, who, KITH_EVENT_DISCONNECTED, &event);
    tell(d, who, "leaves");
}

static void stranger_comes(demo *d, const char *folder)
{
    kith_config config;
    kith_event event;

    chapter("6. A third device, without a key.");
    kith_config_default(&config);
    config.name = "stranger";
    config.security.methods = initiator;
    power_on(d, STRANGER, "stranger", &config, folder);
    advertise(d);
    connect_to_lamp(d, STRANGER);
    read_value(d, STRANGER, d->secret, "door code");
    check(d, kith_security_secure(d->room.hosts[STRANGER].host, d->link, KITH_LEVEL_ENCRYPTED), "secure");
    if (!wait_for(d, STRANGER, KITH_EVENT_PAIRING_FAILED, &event))
        return;
    tell(d, STRANGER, "asks to pair. The window closed itself after the first success, so:");
    tell_verdict(d, STRANGER, &event.verdict);
    leave(d, STRANGER);
}

static void say_where(const char *folder)
{
    if (folder == NULL)
        return;
    chapter("Look for yourself:");
    printf("  %s/air.pcap            as an antenna heard it: after pairing, noise\n"
           "  %s/air-decrypted.pcap  the same with the noise in plain\n"
           "  %s/lamp.btsnoop        what the lamp's host and controller said to each other; phone, stranger too\n"
           "  Open them in Wireshark, or: tshark -r %s/air-decrypted.pcap -Y 'btsmp || btatt'\n",
           folder, folder, folder, folder);
}

static void play(demo *d, const char *folder)
{
    printf("One secure link on a virtual radio: no hardware, and time is virtual too.\n");
    power_on_both(d, folder);
    find_each_other(d);
    chapter("3. In plain: words for every ear, and a value that is refused.");
    discover(d, PHONE);
    read_and_listen(d);
    read_value(d, PHONE, d->secret, "door code");
    pair(d);
    chapter("5. The same two reads again.");
    read_value(d, PHONE, d->secret, "door code");
    read_and_listen(d);
    leave(d, PHONE);
    stranger_comes(d, folder);
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
        play(d, o.folder);
        failed = d->failed;
    }
    if (d != NULL)
        failed |= !room_close(&d->room);
    if (!failed)
        say_where(o.folder);
    free(d);
    return failed ? 1 : 0;
}
