/* See att_bench.h. */
#include "att_bench.h"

#include <stdio.h>
#include <string.h>

enum { SECOND_HANDLE = CONTROLLER_HANDLE + 1 };
enum { TEXT = 3 * PACKET_MAX, UUID_BASE = 0xfa00 };

static struct {
    uint16_t handle[TARGETS][PERMISSIONS];
    kith_variable variable[TARGETS][PERMISSIONS];
    uint8_t octets[TARGETS][PERMISSIONS][LONGEST];
    kith_descriptor descriptors[PERMISSIONS];
    kith_characteristic characteristics[PERMISSIONS];
    kith_service service;
} table;

bool att_program_serves;

/* ---- PDUs ---- */

void att_peer_asks(const char *format, ...)
{
    char text[TEXT];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bench_peer_sends(KITH_CID_ATT, text);
}

void att_we_answer(const char *format, ...)
{
    char text[TEXT];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bench_we_send(KITH_CID_ATT, text);
}

const packet *att_next_pdu(void)
{
    if (!bench_att_waits())
        bench_fail("we sent nothing, wanted an ATT PDU");
    return queue_take(&controller.att);
}

/* ---- the table ---- */

static uint32_t permissions_of(att_permission p)
{
    static const uint32_t rows[] = {
        [OPEN] = KITH_READ_OPEN | KITH_WRITE_OPEN,
        [ENCRYPTED] = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED,
        [AUTHENTICATED] = KITH_READ_AUTHENTICATED | KITH_WRITE_AUTHENTICATED,
        [SC_AUTHENTICATED] = KITH_READ_SC_AUTHENTICATED | KITH_WRITE_SC_AUTHENTICATED,
        [READ_ONLY] = KITH_READ_OPEN,
        [WRITE_ONLY] = KITH_WRITE_OPEN,
        [COMMAND_ONLY] = KITH_WRITE_OPEN,
        [REQUEST_ONLY] = KITH_WRITE_OPEN,
        [AUTHORIZED] = KITH_READ_OPEN | KITH_READ_AUTHORIZED | KITH_WRITE_OPEN | KITH_WRITE_AUTHORIZED,
        [AUTHORIZED_AUTHENTICATED] =
            KITH_READ_AUTHENTICATED | KITH_READ_AUTHORIZED | KITH_WRITE_AUTHENTICATED | KITH_WRITE_AUTHORIZED,
    };

    if (p < KEY_SIZE_7)
        return rows[p];
    return KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED | KITH_KEY_SIZE((uint32_t)(p - KEY_SIZE_7) + 7);
}

static uint8_t properties_of(att_permission p)
{
    switch (p) {
    case READ_ONLY:
        return KITH_PROPERTY_READ;
    case WRITE_ONLY:
        return KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE;
    case COMMAND_ONLY:
        return KITH_PROPERTY_WRITE_WITHOUT_RESPONSE;
    case REQUEST_ONLY:
        return KITH_PROPERTY_WRITE;
    default:
        return KITH_PROPERTY_READ | KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE;
    }
}

uint16_t att_id(att_attribute a)
{
    return (uint16_t)(1 + a.permission * TARGETS + a.target);
}

uint16_t att_uuid(att_attribute a)
{
    return (uint16_t)(UUID_BASE + att_id(a));
}

uint16_t att_handle(att_attribute a)
{
    return table.handle[a.target][a.permission];
}

kith_variable *att_variable(att_attribute a)
{
    return &table.variable[a.target][a.permission];
}

const kith_variable *att_value(att_attribute a)
{
    return att_variable(a);
}

static kith_uuid uuid_of(att_attribute a)
{
    uint16_t n = att_uuid(a);

    return (kith_uuid){.size = 2, .octets = {(uint8_t)n, (uint8_t)(n >> 8)}};
}

/* No two values are alike, and none is like what is written. */
static void fill_value(att_attribute a)
{
    kith_variable *v = att_variable(a);
    uint8_t *octets = table.octets[a.target][a.permission];

    for (unsigned i = 0; i < LONGEST; i++)
        octets[i] = (uint8_t)(att_id(a) * 4u ^ i * 37);
    *v = (kith_variable){.octets = octets, .len = a.permission == OPEN ? SHORT : LONG, .max = LONGEST};
}

static void fill_row(att_permission p)
{
    fill_value(value_of(p));
    fill_value(descriptor_of(p));
    table.descriptors[p] = (kith_descriptor){.uuid = uuid_of(descriptor_of(p)),
                                             .permissions = permissions_of(p),
                                             .id = att_id(descriptor_of(p)),
                                             .variable = att_program_serves ? NULL : att_variable(descriptor_of(p))};
    table.characteristics[p] = (kith_characteristic){.uuid = uuid_of(value_of(p)),
                                                     .properties = properties_of(p),
                                                     .permissions = permissions_of(p),
                                                     .id = att_id(value_of(p)),
                                                     .variable = att_program_serves ? NULL : att_variable(value_of(p)),
                                                     .descriptors = &table.descriptors[p],
                                                     .descriptor_count = 1};
}

const kith_service *att_table(void)
{
    return &table.service;
}

const char *att_name(att_attribute a)
{
    static const char *const names[] = {
        "open",       "encrypted",    "authenticated", "SC authenticated", "read only",
        "write only", "command only", "request only",  "authorized",       "authorized, authenticated"};
    static char text[80];

    if (a.permission < KEY_SIZE_7)
        (void)snprintf(text, sizeof text, "%s, %s", names[a.permission], a.target == VALUE ? "value" : "descriptor");
    else
        (void)snprintf(text, sizeof text, "key of %u octets, %s", (unsigned)(a.permission - KEY_SIZE_7) + 7,
                       a.target == VALUE ? "value" : "descriptor");
    return text;
}

/* ---- what the peer finds ---- */

static void note_found(uint16_t handle, const uint8_t *uuid, size_t size)
{
    uint16_t n = (uint16_t)(uuid[0] | uuid[1] << 8);

    for (unsigned i = 0; size == 2 && i < TARGETS * PERMISSIONS; i++)
        if (n == att_uuid((att_attribute){(att_permission)(i / TARGETS), (att_target)(i % TARGETS)}))
            table.handle[i % TARGETS][i / TARGETS] = handle;
}

/* One page of Find Information, from this handle on; the handle behind it, 0: no more. */
static uint32_t find_page(uint32_t from, att_found *found)
{
    packet page;
    size_t size;

    att_peer_asks("04 " LE " ff ff", le(from));
    page = *att_next_pdu();
    if (page.octets[0] == KITH_ATT_ERROR_RESPONSE && page.octets[4] == KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND)
        return 0;
    size = page.octets[1] == 1 ? 2 : 16;
    if (page.octets[0] != KITH_ATT_FIND_INFORMATION_RESPONSE || page.len < 2 + 2 + size || (page.len - 2) % (2 + size))
        bench_fail("not a list of attributes");
    for (size_t i = 2; i < page.len; i += 2 + size) {
        from = (uint32_t)(page.octets[i] | page.octets[i + 1] << 8);
        found((uint16_t)from, page.octets + i + 2, size);
    }
    return from + 1;
}

void att_find_all(att_found *found)
{
    bench.untold = true;
    for (uint32_t from = 1; from != 0 && from <= 0xffff;)
        from = find_page(from, found);
    bench.untold = false;
}

void att_find(void)
{
    memset(table.handle, 0, sizeof table.handle);
    att_find_all(note_found);
}

static uint16_t wanted_type, found_handle;

static void note_wanted(uint16_t handle, const uint8_t *uuid, size_t size)
{
    if (found_handle == 0 && size == 2 && (uuid[0] | uuid[1] << 8) == wanted_type)
        found_handle = handle;
}

uint16_t att_find_type(uint16_t uuid)
{
    wanted_type = uuid;
    found_handle = 0;
    att_find_all(note_wanted);
    return found_handle;
}

/* ---- links ---- */

void att_begin(bench_role role, att_protection how, uint8_t key_size)
{
    bench_begin(role);
    att_begin_trying();
    for (att_permission p = OPEN; p < PERMISSIONS; p = (att_permission)(p + 1))
        fill_row(p);
    table.service = (kith_service){
        .uuid = KITH_UUID16(0xfa00), .characteristics = table.characteristics, .characteristic_count = PERMISSIONS};
    bench.config.services = &table.service;
    bench.config.service_count = 1;
    bench.config.limits.subscriptions = 8;
    bench.config.limits.queue = 600;
    bench.config.limits.services = 4;
    bench.config.security.min_key_size = 7;
    bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
    bench.config.security.ask_mitm = how == COMPARED;
    peer_begin();
    peer.features[3] = key_size;
    if (how == COMPARED) {
        peer.features[0] = KITH_IO_DISPLAY_YES_NO;
        peer.features[2] |= KITH_AUTH_MITM;
    }
}

void att_protect(att_protection how)
{
    bench_power_on();
    bench_connect();
    att_find();
    if (how == PLAIN)
        return;
    bench_open_window();
    peer_pair_completely();
    if (how == BONDED_PLAIN)
        att_come_back();
}

void att_meet(bench_role role, att_protection how, uint8_t key_size)
{
    att_begin(role, how, key_size);
    att_protect(how);
}

void att_come_back(void)
{
    bench_link_breaks(0x13);
    (void)bench_we_emit(KITH_EVENT_DISCONNECTED);
    bench_connect();
}

void att_encrypt_with_bond(bool restores)
{
    uint8_t rand_ediv_key[26] = {0};

    memcpy(rand_ediv_key + 10, peer.ltk, sizeof peer.ltk);
    if (bench.role == PERIPHERAL) {
        bench_ltk_request(0, 0);
        bench_we_command(KITH_HCI_LE_LTK_REQUEST_REPLY, 2, peer.ltk, sizeof peer.ltk);
    } else {
        bench_check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        bench_we_command(KITH_HCI_LE_ENABLE_ENCRYPTION, 2, rand_ediv_key, sizeof rand_ediv_key);
    }
    bench_encryption_changes(0, true);
    bench_level_is(bench_level());
    if (restores && !bench_we_emit(KITH_EVENT_SUBSCRIBED)->subscription.restored)
        bench_fail("a client is taken for one that asks anew");
    (void)bench_we_emit(KITH_EVENT_ENCRYPTED);
}

/* ---- a second client ---- */

static kith_link first_link, second_link;

void att_second_connects(void)
{
    uint8_t complete[18] = {0, SECOND_HANDLE, 0, 1, KITH_ADDRESS_PUBLIC, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 24};
    kith_advertising advertising;

    first_link = bench.link;
    complete[15] = 400 & 0xff;
    complete[16] = 400 >> 8;
    kith_gap_default_advertising(&advertising, "under test");
    bench_check_status(kith_gap_advertise(bench.host, &advertising), KITH_OK);
    bench_we_emit_nothing();
    controller_tell_le(KITH_HCI_LE_EV_CONNECTION_COMPLETE, complete, sizeof complete);
    second_link = bench_we_emit(KITH_EVENT_CONNECTED)->link;
    att_speak(true);
}

void att_speak(bool second)
{
    controller.handle = second ? SECOND_HANDLE : CONTROLLER_HANDLE;
    bench.link = second ? second_link : first_link;
}
