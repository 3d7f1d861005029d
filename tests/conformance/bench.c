/* The bench: the loop around the host under test, its clock and its random numbers, and the verbs of the script. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../rules/starts.h"
#include "controller.h"
#include "kith/port/openssl.h"

enum { EVENT_MAX = 64, TURNS_MAX = 10000, STORY_MAX = 24000, VALUE_MAX = 520 };

bench_state bench;
bool bench_asks_oob, bench_has_every_method;

static struct {
    kith_event events[EVENT_MAX];
    uint8_t values[EVENT_MAX][VALUE_MAX]; /* what the events point to */
    size_t head, count;
} told;
static kith_event last_event;
static starts begun;
static kith_crypto_port port;
static void *memory;
static uint64_t random_state;
static char round_name[160], story[STORY_MAX];
static size_t story_len;
static const char *script_file = "";
static int script_line;

/* ---- failing, with the conversation so far ---- */

void bench_at(const char *file, int line)
{
    script_file = file;
    script_line = line;
}

void bench_round(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(round_name, sizeof round_name, format, arguments);
    va_end(arguments);
}

void bench_fail(const char *format, ...)
{
    char why[400];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    /* A line at a time: cmocka cuts long texts. */
    for (char *line = strtok(story, "\n"); line != NULL; line = strtok(NULL, "\n"))
        print_error("%s\n", line);
    print_error("%s\n%s\n", round_name, why);
    _fail(script_file, script_line);
    abort(); /* cmocka does not come back */
}

void bench_note(const char *who, const uint8_t *octets, size_t len)
{
    char line[320];
    int used = snprintf(line, sizeof line, "%10.3f s  %-18s", (double)bench.now_us / 1e6, who);

    for (size_t i = 0; i < len && (size_t)used + 4 < sizeof line; i++)
        used += snprintf(line + used, sizeof line - (size_t)used, " %02x", octets[i]);
    if (bench.untold || story_len + (size_t)used + 2 > sizeof story)
        return;
    memcpy(story + story_len, line, (size_t)used);
    story_len += (size_t)used;
    story[story_len++] = '\n';
    story[story_len] = '\0';
}

static void note_words(const char *who, const char *words)
{
    char line[200];

    (void)snprintf(line, sizeof line, "%s %s", who, words);
    bench_note(line, NULL, 0);
}

/* ---- the loop ---- */

/* splitmix64: the same numbers in every run, and no two alike. */
static kith_status draw(void *context, uint8_t *out, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++) {
        uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = (uint8_t)(z >> 56);
    }
    return KITH_OK;
}

static bool take_packets(void)
{
    uint8_t h4[PACKET_MAX];
    size_t len = kith_host_next_packet(bench.host, h4, sizeof h4);

    if (len == 0)
        return false;
    controller_take(h4, len);
    return true;
}

static void note_key(const kith_event_key *key)
{
    uint8_t *keys = key->taken ? &bench.keys_taken : &bench.keys_given;

    if ((*keys & key->key) != 0)
        bench_fail("key 0x%02x is told twice", key->key);
    *keys |= key->key;
}

/* Each key was told as it came, before the end that sums them up. */
static void check_keys(const kith_verdict *v)
{
    if (v->keys_sent != bench.keys_given || v->keys_taken != bench.keys_taken)
        bench_fail("keys told 0x%02x given and 0x%02x taken, verdict 0x%02x and 0x%02x", bench.keys_given,
                   bench.keys_taken, v->keys_sent, v->keys_taken);
    bench.keys_given = bench.keys_taken = 0;
}

static void keep(const uint8_t **octets, size_t len, uint8_t *place)
{
    if (*octets == NULL || len > VALUE_MAX)
        return;
    memcpy(place, *octets, len);
    *octets = place;
}

/* What an event points to goes when the next one is taken, and the script looks at it later. */
static void keep_value(kith_event *event, uint8_t *place)
{
    switch (event->kind) {
    case KITH_EVENT_READ:
        keep(&event->gatt.value, event->gatt.len, place);
        break;
    case KITH_EVENT_NOTIFIED:
        keep(&event->notified.value, event->notified.len, place);
        break;
    case KITH_EVENT_VALUES:
    case KITH_EVENT_SERVICES:
    case KITH_EVENT_INCLUDES:
    case KITH_EVENT_DESCRIPTORS:
    case KITH_EVENT_CHARACTERISTICS:
        keep(&event->list.entries, (size_t)event->list.count * event->list.entry_len, place);
        break;
    default:
        break;
    }
}

static void check_start(const kith_event *event)
{
    const char *complaint = starts_note(&begun, event);

    if (complaint != NULL)
        bench_fail("%s: %s", kith_event_name(event->kind), complaint);
}

/* Told beside what scripts are about, and held against its rules above: part of those scripts that say so. */
static bool is_aside(kith_event_kind kind)
{
    return !bench.tells_starts && (kind == KITH_EVENT_SECURITY_STARTED || kind == KITH_EVENT_SECURITY_REQUESTED ||
                                   kind == KITH_EVENT_TABLE_TOLD);
}

static bool take_events(void)
{
    size_t at = (told.head + told.count) % EVENT_MAX;
    kith_event *slot = &told.events[at];

    if (told.count == EVENT_MAX)
        bench_fail("more events than the bench can keep");
    if (!kith_host_next_event(bench.host, slot))
        return false;
    keep_value(slot, told.values[at]);
    bench.heard[bench.heard_count++ % BENCH_HEARD] = *slot;
    if (slot->kind == KITH_EVENT_ADVERTISING)
        return true; /* nothing of security in it */
    check_start(slot);
    if (is_aside(slot->kind))
        return true;
    if (slot->kind == KITH_EVENT_KEY) {
        note_key(&slot->key);
        return true; /* told together with the pairing's end */
    }
    if (slot->kind == KITH_EVENT_PAIRED || slot->kind == KITH_EVENT_PAIRING_FAILED)
        check_keys(&slot->verdict);
    told.count++;
    note_words("  event:", kith_event_name(slot->kind));
    return true;
}

static bool run_work(void)
{
    kith_work work;
    kith_status status;

    if (!kith_host_take_work(bench.host, &work))
        return false;
    kith_work_run(&work);
    status = kith_host_finish_work(bench.host, &work, bench.now_us);
    if (status != KITH_ERR_NOT_FOUND) /* what it was for may have ended */
        bench_check_status(status, KITH_OK);
    return true;
}

static bool deliver(void)
{
    packet *p = queue_take(&controller.to_host);

    if (p == NULL)
        return false;
    bench_check_status(kith_host_receive(bench.host, p->octets, p->len, bench.now_us), KITH_OK);
    return true;
}

/* What a call without a time began counts from the next time told. */
static bool tell_time(void)
{
    if (kith_host_deadline(bench.host) > bench.now_us)
        return false;
    bench_check_status(kith_host_advance(bench.host, bench.now_us), KITH_OK);
    return take_events() || take_packets();
}

static void pump(void)
{
    controller.hold_completed = bench.hold_completed;
    for (int turn = 0; take_events() || take_packets() || deliver() || (!bench.hold_work && run_work()) || tell_time();
         turn++)
        if (turn == TURNS_MAX)
            bench_fail("the host never rests");
}

/* Takes the question for out of band data out of what was told. */
static bool take_oob_question(void)
{
    for (size_t i = 0; i < told.count; i++) {
        if (told.events[(told.head + i) % EVENT_MAX].kind != KITH_EVENT_OOB_WANTED)
            continue;
        for (told.count--; i < told.count; i++)
            told.events[(told.head + i) % EVENT_MAX] = told.events[(told.head + i + 1) % EVENT_MAX];
        return true;
    }
    return false;
}

/* Before the script goes on: what it did not wait for. */
static void settle(void)
{
    pump();
    while (bench_asks_oob && take_oob_question()) {
        bench_check_status(kith_pairing_oob(bench.host, bench.link, NULL), KITH_OK);
        pump();
    }
}

void bench_do_one_work(void)
{
    pump();
    if (!run_work())
        bench_fail("there is no work");
    pump();
}

void bench_do_work(void)
{
    while (run_work())
        pump();
    pump();
}

void bench_time_passes(uint32_t ms)
{
    uint64_t end = bench.now_us + UINT64_C(1000) * ms;

    settle();
    for (int turn = 0; bench.now_us < end; turn++) {
        uint64_t due = kith_host_deadline(bench.host);

        bench.now_us = due < end ? (due > bench.now_us ? due : bench.now_us) : end;
        bench_check_status(kith_host_advance(bench.host, bench.now_us), KITH_OK);
        pump();
        if (turn == TURNS_MAX)
            bench_fail("the host's deadline never moves");
    }
}

void bench_wait_passes(void)
{
    bench_time_passes((uint32_t)((kith_pairing_wait_us(bench.host, bench.link) + 999) / 1000));
}

/* ---- beginning and end ---- */

void bench_discard(void)
{
    if (bench.host != NULL)
        kith_host_erase(bench.host);
    free(memory);
    memory = NULL;
    memset(&bench, 0, sizeof bench);
    memset(&told, 0, sizeof told);
    memset(&begun, 0, sizeof begun);
    memset(&controller, 0, sizeof controller);
    story_len = 0;
    story[0] = '\0';
}

void bench_end(void)
{
    if (bench.host == NULL)
        return;
    bench_we_send_nothing(KITH_CID_SMP);
    bench_we_send_nothing(KITH_CID_ATT);
    bench_we_send_nothing(KITH_CID_SIGNALLING);
    bench_we_command_nothing();
    bench_we_emit_nothing();
    bench_discard();
}

void bench_begin(bench_role role)
{
    static const kith_method *const as_peripheral[] = {&kith_sc_just_works_responder,
                                                       &kith_sc_numeric_comparison_responder, NULL};
    static const kith_method *const as_central[] = {&kith_sc_just_works_initiator,
                                                    &kith_sc_numeric_comparison_initiator, NULL};

    bench_end();
    bench.role = role;
    bench.now_us = 1000000;
    bench.our_address = (kith_address){KITH_ADDRESS_PUBLIC, {0x11, 0x22, 0x33, 0x44, 0x55, 0x66}};
    bench.peer_address = (kith_address){KITH_ADDRESS_PUBLIC, {0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6}};
    kith_config_default(&bench.config);
    bench.config.store = &kith_volatile_store;
    bench.config.security.ask_oob = bench_asks_oob;
    bench.config.name = "under test";
    bench.config.security.methods = role == PERIPHERAL ? as_peripheral : as_central;
    if (bench_has_every_method)
        bench.config.security.methods = kith_all_methods;
    bench.config.security.legacy = bench_has_every_method;
    bench_check_status(kith_openssl_port(&port), KITH_OK);
    port.random = draw;
    random_state = 1; /* one seed, one run */
    bench.config.crypto = &port;
}

void bench_power_on(void)
{
    size_t size = kith_host_size(&bench.config.limits);

    memory = aligned_alloc(8, (size + 7) / 8 * 8);
    if (memory == NULL)
        bench_fail("no memory");
    bench_check_status(kith_host_init(memory, size, &bench.config, &bench.host), KITH_OK);
    controller_reset(bench.our_address.octets);
    bench_check_status(kith_host_start(bench.host, bench.now_us), KITH_OK);
    pump();
    if (bench.config.store != &kith_volatile_store)
        (void)bench_we_emit(KITH_EVENT_STORE_LOADED);
    bench.our_address = bench_we_emit(KITH_EVENT_READY)->ready.address;
}

/* LE Connection Complete: 30 ms, no latency, 4 s. */
static void tell_connected(void)
{
    uint8_t complete[18] = {0, CONTROLLER_HANDLE, 0, bench.role == CENTRAL ? 0 : 1, bench.peer_address.type};

    memcpy(complete + 5, bench.peer_address.octets, 6);
    complete[11] = 24;
    complete[15] = 400 & 0xff;
    complete[16] = 400 >> 8;
    controller_tell_le(KITH_HCI_LE_EV_CONNECTION_COMPLETE, complete, sizeof complete);
    bench.linked = true;
    bench.encrypted = false;
    bench.unseen = bench.debug_key = false;
    bench.keys_given = bench.keys_taken = 0;
}

void bench_connect(void)
{
    kith_advertising advertising;
    const kith_event *connected;

    kith_gap_default_advertising(&advertising, "under test");
    if (bench.role == PERIPHERAL)
        bench_check_status(kith_gap_advertise(bench.host, &advertising), KITH_OK);
    else
        bench_check_status(kith_gap_connect(bench.host, &bench.peer_address, NULL), KITH_OK);
    pump();
    if (!(bench.role == PERIPHERAL ? controller.advertising : controller.connecting))
        bench_fail("the controller was not told");
    tell_connected();
    pump();
    connected = bench_we_emit(KITH_EVENT_CONNECTED);
    if (connected->connected.we_are_central != (bench.role == CENTRAL))
        bench_fail("the role is wrong");
    bench.link = connected->link;
    bench.claimed = connected->connected.claimed;
}

void bench_open_window(void)
{
    bench_check_status(kith_pairing_open(bench.host, 60000), KITH_OK);
}

void bench_check_status(kith_status is, kith_status wanted)
{
    if (is != wanted)
        bench_fail("%s, wanted %s", kith_status_name(is), kith_status_name(wanted));
}

/* ---- the peer's and our PDUs ---- */

/* Values of hex digits; -1: any octet ("**").  Returns how many. */
static size_t read_hex(const char *hex, int16_t *values, size_t cap)
{
    size_t count = 0;

    while (*hex != '\0') {
        char pair[3] = {hex[0], hex[0] == ' ' ? '\0' : hex[1], '\0'};

        if (hex[0] == ' ') {
            hex++;
            continue;
        }
        if (count == cap || pair[1] == '\0')
            bench_fail("the script's hex is wrong");
        values[count++] = (int16_t)(pair[0] == '*' ? -1 : (int16_t)strtol(pair, NULL, 16));
        hex += 2;
    }
    return count;
}

void bench_peer_sends_octets(uint16_t cid, const uint8_t *pdu, size_t len)
{
    if (!bench.linked)
        bench_fail("there is no link");
    settle();
    bench_note(cid == KITH_CID_SMP ? "peer sends" : "peer sends (ATT)", pdu, len);
    if (cid == KITH_CID_SMP && len == 7 && pdu[0] == KITH_SMP_PAIRING_REQUEST)
        memcpy(bench.request, pdu, len);
    if (cid == KITH_CID_SMP && len == 7 && pdu[0] == KITH_SMP_PAIRING_RESPONSE)
        memcpy(bench.response, pdu, len);
    controller_data(cid, pdu, len);
    pump();
}

void bench_peer_sends(uint16_t cid, const char *hex)
{
    int16_t values[PACKET_MAX];
    uint8_t pdu[PACKET_MAX];
    size_t len = read_hex(hex, values, PACKET_MAX);

    for (size_t i = 0; i < len; i++)
        pdu[i] = (uint8_t)values[i];
    bench_peer_sends_octets(cid, pdu, len);
}

void bench_we_send(uint16_t cid, const char *hex)
{
    int16_t wanted[PACKET_MAX];
    size_t len = read_hex(hex, wanted, PACKET_MAX);
    packet *p;

    settle();
    p = queue_take(controller_channel(cid));
    if (p == NULL)
        bench_fail("we sent nothing, wanted: %s", hex);
    for (size_t i = 0; i < len || i < p->len; i++)
        if (i >= len || i >= p->len || (wanted[i] >= 0 && wanted[i] != p->octets[i]))
            bench_fail("octet %zu differs, wanted: %s", i, hex);
}

bool bench_att_waits(void)
{
    pump();
    return controller.att.count > 0;
}

const uint8_t *bench_we_send_opcode(uint8_t opcode)
{
    packet *p;

    settle();
    p = queue_take(&controller.smp);
    if (p == NULL)
        bench_fail("we sent nothing, wanted: %s", kith_smp_opcode_name(opcode));
    if (p->octets[0] != opcode)
        bench_fail("we sent %s, wanted: %s", kith_smp_opcode_name(p->octets[0]), kith_smp_opcode_name(opcode));
    return p->octets;
}

void bench_we_send_nothing(uint16_t cid)
{
    packet *p;

    settle();
    p = queue_take(controller_channel(cid));
    if (p != NULL)
        bench_fail("we sent something that was not expected, opcode %02x", p->octets[0]);
}

/* ---- events ---- */

const kith_event *bench_we_emit(kith_event_kind kind)
{
    if (kind == KITH_EVENT_OOB_WANTED)
        pump();
    else
        settle();
    if (told.count == 0)
        bench_fail("no event, wanted: %s", kith_event_name(kind));
    last_event = told.events[told.head];
    told.head = (told.head + 1) % EVENT_MAX;
    told.count--;
    if (last_event.kind != kind)
        bench_fail("event %s (%s), wanted: %s", kith_event_name(last_event.kind), kith_why_name(last_event.verdict.why),
                   kith_event_name(kind));
    return &last_event;
}

void bench_we_emit_nothing(void)
{
    settle();
    if (told.count != 0)
        bench_fail("event that was not expected: %s", kith_event_name(told.events[told.head].kind));
}

/* ---- the controller's and the link layer's doings ---- */

void bench_ltk_request(uint16_t ediv, uint64_t rand)
{
    uint8_t request[12] = {CONTROLLER_HANDLE, 0};

    for (unsigned i = 0; i < 8; i++)
        request[2 + i] = (uint8_t)(rand >> 8 * i);
    request[10] = (uint8_t)ediv;
    request[11] = (uint8_t)(ediv >> 8);
    note_words("", "the peer asks to encrypt");
    controller_tell_le(KITH_HCI_LE_EV_LTK_REQUEST, request, sizeof request);
    pump();
}

void bench_we_command(uint16_t opcode, size_t offset, const uint8_t *octets, size_t len)
{
    packet *p;

    settle();
    p = queue_take(&controller.commands);
    if (p == NULL)
        bench_fail("we gave no command, wanted: %04x", opcode);
    if ((uint16_t)(p->octets[0] | p->octets[1] << 8) != opcode)
        bench_fail("command %04x, wanted: %04x", (unsigned)(p->octets[0] | p->octets[1] << 8), opcode);
    if (octets != NULL && memcmp(p->octets + 3 + offset, octets, len) != 0)
        bench_fail("the command's key or reason differs");
}

void bench_we_command_nothing(void)
{
    packet *p;

    settle();
    p = queue_take(&controller.commands);
    if (p != NULL)
        bench_fail("command that was not expected: %04x", (unsigned)(p->octets[0] | p->octets[1] << 8));
}

void bench_encryption_changes(uint8_t status, bool on)
{
    uint8_t change[4] = {status, CONTROLLER_HANDLE, 0, status == 0 && on};

    bench.encrypted = status == 0 && on;
    bench_note("  encryption change", change, sizeof change);
    controller_tell(KITH_HCI_EV_ENCRYPTION_CHANGE, change, sizeof change);
    pump();
}

void bench_key_refreshes(uint8_t status)
{
    uint8_t refreshed[3] = {status, CONTROLLER_HANDLE, 0};

    bench_note("  key refresh", refreshed, sizeof refreshed);
    controller_tell(KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, refreshed, sizeof refreshed);
    pump();
}

void bench_link_breaks(uint8_t reason)
{
    uint8_t complete[4] = {0, CONTROLLER_HANDLE, 0, reason};

    controller.uncompleted = 0;
    controller.frame_len = 0;
    bench.linked = bench.encrypted = false;
    bench_note("  disconnected", complete, sizeof complete);
    controller_tell(KITH_HCI_EV_DISCONNECTION_COMPLETE, complete, sizeof complete);
    pump();
}

void bench_we_disconnect(uint8_t reason)
{
    bench_we_command(KITH_HCI_DISCONNECT, 2, &reason, 1);
    bench_link_breaks(0x16);
    if (bench_we_emit(KITH_EVENT_DISCONNECTED)->disconnected.reason != 0x16)
        bench_fail("another reason than the controller gave");
}

void bench_completed_packets(void)
{
    controller_completed();
    pump();
}
