/* The air cost of a Just Works pairing with bonding, of a reconnection with the bond, of the first protected read, and
 * of all that a device does after its power came back until it has a protected value: connection events (one turn per
 * event: what arrives in event n is answered in n + 1) and octets on air, preamble and CRC included.  Exact: counted in
 * the simulator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kith/kith.h"
#include "kith/port/flash_file.h"
#include "kith/port/openssl.h"
#include "kith/port/stage.h"
#include "sim/sim.h"

enum { LAMP, PHONE };
enum { PDU_OVERHEAD = 1 + 4 + 3 }; /* preamble, access address, CRC */

static const kith_characteristic values[] = {{.uuid = KITH_UUID16(0x2b01),
                                              .properties = KITH_PROPERTY_READ,
                                              .permissions = KITH_READ_ENCRYPTED,
                                              .value = (const uint8_t *)"secret",
                                              .value_len = 6}};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = values, .characteristic_count = 1}};
enum { VALUE_HANDLE = 16 };

typedef struct {
    bool on;
    bool begun;
    uint32_t first, last;
    unsigned long octets;
} meter;

/* What is left when the power is off. */
typedef struct {
    char path[64];
    kith_flash_file file;
    kith_flash_log log;
    kith_store store;
} keeper;

static meter air;
static kith_sim *sim;
static kith_stage stage;
static kith_host *hosts[2];
static keeper keepers[2];
static kith_sim_device devices[2];
static int numbers[2]; /* on the stage */
static kith_link lamp_link;
static kith_address lamp_address;

static void must(kith_status status)
{
    if (status == KITH_OK)
        return;
    fprintf(stderr, "air_pairing: %s\n", kith_status_name(status));
    exit(1);
}

/* Empty PDUs keep a connection alive whether or not anybody pairs: they are not counted. */
static void on_frame(void *context, const kith_sim_frame *frame)
{
    (void)context;
    if (!air.on || frame->channel >= 37 || frame->plain_len <= 2)
        return;
    if (!air.begun)
        air.first = frame->connection_event;
    air.begun = true;
    air.last = frame->connection_event;
    air.octets += frame->len + PDU_OVERHEAD;
}

static void wait_for(int who, kith_event_kind kind, kith_event *event)
{
    int from;

    while ((from = kith_stage_next(&stage, kith_stage_now(&stage) + 60000000, event)) >= 0)
        if (from == numbers[who] && event->kind == kind)
            return;
    fprintf(stderr, "air_pairing: %s never came\n", kith_event_name(kind));
    exit(1);
}

static void start_meter(void)
{
    memset(&air, 0, sizeof air);
    air.on = true;
}

static void print_meter(const char *what)
{
    printf("  %-52s %6u %8lu\n", what, air.last - air.first + 1, air.octets);
}

static void add_controller(int who, uint64_t features)
{
    const uint8_t address[6] = {(uint8_t)(who + 1), 0x4b, 0x49, 0x54, 0x48, 0};
    kith_sim_limits limits;

    must(kith_sim_add(sim, address, &devices[who]));
    kith_sim_default_limits(&limits);
    limits.le_features &= features;
    must(kith_sim_set_limits(sim, devices[who], &limits));
}

static void power_on(const kith_crypto_port *crypto, int who)
{
    static const kith_method *const methods[] = {&kith_sc_just_works_initiator, &kith_sc_just_works_responder, NULL};
    keeper *k = &keepers[who];
    kith_config config;
    kith_event event;
    size_t size;

    (void)snprintf(k->path, sizeof k->path, "/tmp/kith-bench-%ld-%d", (long)getpid(), who);
    must(kith_flash_file_open(&k->file, k->path, KITH_FLASH_FILE_MAKE));
    must(kith_flash_log_init(&k->log, &k->file.flash, &k->store));
    kith_config_default(&config);
    config.crypto = crypto;
    config.services = services;
    config.service_count = 1;
    config.security.methods = methods;
    config.store = &k->store;
    size = kith_host_size(&config.limits);
    must(kith_host_init(calloc(1, size), size, &config, &hosts[who]));
    must(kith_stage_add(&stage, hosts[who], devices[who]));
    numbers[who] = (int)stage.count - 1;
    must(kith_host_start(hosts[who], kith_stage_now(&stage)));
    wait_for(who, KITH_EVENT_READY, &event);
    if (who == LAMP)
        lamp_address = event.ready.address;
}

static void power_off(int who)
{
    kith_stage_remove(&stage, (size_t)numbers[who]);
    kith_host_erase(hosts[who]);
    free(hosts[who]);
    kith_flash_file_close(&keepers[who].file);
}

static void connect_to_lamp(void)
{
    kith_advertising advertising;
    kith_event event;

    kith_gap_default_advertising(&advertising, "lamp");
    must(kith_gap_advertise(hosts[LAMP], &advertising));
    wait_for(LAMP, KITH_EVENT_ADVERTISING, &event);
    must(kith_gap_connect(hosts[PHONE], &lamp_address, NULL));
    wait_for(PHONE, KITH_EVENT_CONNECTED, &event);
    lamp_link = event.link;
}

/* Link layer procedures that follow a connection, or encryption, are over after half a second. */
static void settle(void)
{
    kith_event event;

    while (kith_stage_next(&stage, kith_stage_now(&stage) + 500000, &event) >= 0)
        continue;
}

static void join(void)
{
    connect_to_lamp();
    settle();
}

static void secure(const char *what, const char *all, kith_event_kind encrypted, kith_event_kind end)
{
    kith_event event;

    start_meter();
    must(kith_security_secure(hosts[PHONE], lamp_link, KITH_LEVEL_ENCRYPTED));
    wait_for(PHONE, encrypted, &event);
    print_meter(what);
    if (end != encrypted) {
        wait_for(PHONE, end, &event);
        print_meter(all);
    }
}

static void read_secret(void)
{
    kith_event event;

    settle();
    start_meter();
    must(kith_gatt_read(hosts[PHONE], lamp_link, VALUE_HANDLE));
    wait_for(PHONE, KITH_EVENT_READ, &event);
    if (event.gatt.result != KITH_GATT_OK)
        must(KITH_ERR_STATE);
    print_meter("first protected read");
}

/* The value is asked for at once: it waits for encryption by itself.  Events are counted from the link's first one. */
static void reconnect_after_reboot(const kith_crypto_port *crypto)
{
    kith_event event;

    power_off(LAMP);
    power_off(PHONE);
    power_on(crypto, LAMP);
    power_on(crypto, PHONE);
    start_meter();
    connect_to_lamp();
    must(kith_security_secure(hosts[PHONE], lamp_link, KITH_LEVEL_ENCRYPTED));
    must(kith_gatt_read(hosts[PHONE], lamp_link, VALUE_HANDLE));
    wait_for(PHONE, KITH_EVENT_READ, &event);
    if (event.gatt.result != KITH_GATT_OK || event.gatt.level != KITH_LEVEL_ENCRYPTED)
        must(KITH_ERR_STATE);
    air.first = 0;
    print_meter("after a reboot, from connect to the protected value");
}

static void measure(const char *title, uint64_t features)
{
    kith_crypto_port crypto;
    kith_sim_config config = {.seed = 1, .crypto = &crypto};
    kith_event event;

    must(kith_openssl_port(&crypto));
    must(kith_sim_new(&config, &sim));
    kith_stage_init(&stage, sim);
    must(kith_sim_listen(sim, on_frame, NULL));
    for (int who = LAMP; who <= PHONE; who++) {
        add_controller(who, features);
        power_on(&crypto, who);
    }
    must(kith_pairing_open(hosts[LAMP], 60000));
    printf("%-54s events   octets\n", title);
    join();
    secure("Just Works, Pairing Request to encrypted", "the same, to the bond", KITH_EVENT_SECURITY_CHANGED,
           KITH_EVENT_BONDED);
    read_secret();
    must(kith_gap_disconnect(hosts[PHONE], lamp_link, 0x13));
    wait_for(PHONE, KITH_EVENT_DISCONNECTED, &event);
    join();
    secure("with the bond, request to encrypted", NULL, KITH_EVENT_ENCRYPTED, KITH_EVENT_ENCRYPTED);
    read_secret();
    reconnect_after_reboot(&crypto);
    for (int who = LAMP; who <= PHONE; who++) {
        power_off(who);
        (void)unlink(keepers[who].path);
    }
    kith_sim_free(sim);
}

int main(void)
{
    const uint64_t data_length_extension = 1u << 5;

    measure("with data length extension", UINT64_MAX);
    measure("with PDUs of 27 octets", ~data_length_extension);
    return 0;
}
