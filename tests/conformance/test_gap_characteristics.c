/* GAP/GAT: characteristics of the GAP service, as a client finds and reads them that is not paired with.  Core Vol 3
 * Part C 12. */
#include <string.h>

#include "att_bench.h"
#include "case.h"

#define EACH_ROLE(role) for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)

enum { ADDRESS_RESOLUTION = 0x2aa6, PRIVATE_ONLY = 0x2ac9, SECURITY_LEVELS = 0x2bf5, ONLY_READ = KITH_PROPERTY_READ };

static const kith_characteristic open_value = {.uuid = KITH_UUID16(0xf901),
                                               .properties = KITH_PROPERTY_READ,
                                               .permissions = KITH_READ_OPEN,
                                               .value = (const uint8_t *)"abc",
                                               .value_len = 3};
static const kith_characteristic signed_value = {.uuid = KITH_UUID16(0xf902),
                                                 .properties = KITH_PROPERTY_SIGNED_WRITE,
                                                 .permissions = KITH_WRITE_SIGNED_AUTHENTICATED};
static const kith_service open_service = {
    .uuid = KITH_UUID16(0xf900), .characteristics = &open_value, .characteristic_count = 1};
static const kith_service signed_service = {
    .uuid = KITH_UUID16(0xf900), .characteristics = &signed_value, .characteristic_count = 1};

static void begin_with(bench_role role, const kith_service *service, bool resolution, bool levels)
{
    bench_round("%s", role == CENTRAL ? "central" : "peripheral");
    begin_serving(role, PLAIN, 16);
    bench.config.services = service;
    bench.config.gap.central_address_resolution = resolution;
    bench.config.gap.security_levels = levels;
    protect_link(PLAIN);
}

/* Discovers services by UUID: there is one GAP service. */
static void find_gap_service(uint16_t *first, uint16_t *last)
{
    const packet *p;

    peer_asks("06 01 00 ff ff 00 28 00 18");
    p = att_next_pdu();
    check(p->len == 5 && p->octets[0] == 0x07);
    *first = (uint16_t)(p->octets[1] | p->octets[2] << 8);
    *last = (uint16_t)(p->octets[3] | p->octets[4] << 8);
}

/* One page of the service's characteristics, from this handle on.  Returns the handle behind it, 0: no more. */
static uint32_t find_page(uint32_t from, uint16_t last, uint16_t uuid, uint8_t declaration[7], unsigned *count)
{
    packet page;

    if (from > last)
        return 0;
    peer_asks_for("08 " LE " " LE " 03 28", le(from), le(last));
    page = *att_next_pdu();
    if (page.octets[0] == KITH_ATT_ERROR_RESPONSE)
        return 0;
    check(page.octets[0] == 0x09 && page.octets[1] == 7 && (page.len - 2) % 7 == 0);
    for (size_t i = 2; i < page.len; i += 7) {
        from = (uint32_t)(page.octets[i] | page.octets[i + 1] << 8) + 1;
        if ((page.octets[i + 5] | page.octets[i + 6] << 8) != uuid)
            continue;
        memcpy(declaration, page.octets + i, 7);
        (*count)++;
    }
    return from;
}

/* Discovers the service's characteristics by UUID; the handle of the value, 0: none.  There may be one, which can be
 * read and nothing else. */
static uint16_t find_value(uint16_t uuid)
{
    uint16_t first, last;
    uint8_t declaration[7] = {0};
    unsigned count = 0;

    find_gap_service(&first, &last);
    for (uint32_t from = first; from != 0;)
        from = find_page(from, last, uuid, declaration, &count);
    check(count <= 1);
    check(count == 0 || declaration[2] == ONLY_READ);
    return (uint16_t)(declaration[3] | declaration[4] << 8);
}

static void value_is(uint16_t handle, const char *hex)
{
    check(handle != 0);
    peer_asks_for("0a " LE, le(handle));
    we_answer_with("0b %s", hex);
}

/* Neither by request nor by command, nor in parts. */
static void nobody_writes(uint16_t handle)
{
    peer_asks_for("12 " LE " 00", le(handle));
    we_error(KITH_ATT_WRITE_REQUEST, handle, KITH_ATT_ERROR_WRITE_NOT_PERMITTED);
    peer_asks_for("52 " LE " 00", le(handle));
    we_answer_nothing();
    peer_asks_for("16 " LE " 00 00 00", le(handle));
    we_error(KITH_ATT_PREPARE_WRITE_REQUEST, handle, KITH_ATT_ERROR_WRITE_NOT_PERMITTED);
}

static void is_read_and_not_written(uint16_t uuid, const char *hex)
{
    uint16_t handle = find_value(uuid);

    value_is(handle, hex);
    nobody_writes(handle);
    value_is(handle, hex);
}

/* A pair of mode and level for each mode: with them a client may do all that the table lets anybody do, and who is not
 * that far may not. */
CONFORMANCE_ONCE("GAP/GAT/BV-12-C", "LE GATT Security Levels is there, and can be read by anybody")
{
    EACH_ROLE(role)
    {
        begin_with(role, &open_service, false, false);
        check(find_value(SECURITY_LEVELS) == 0);
        begin_with(role, &open_service, false, true);
        is_read_and_not_written(SECURITY_LEVELS, "01 01");
        begin_with(role, &signed_service, false, true);
        is_read_and_not_written(SECURITY_LEVELS, "01 01 02 02");
        begin_with(role, att_table(), false, true);
        is_read_and_not_written(SECURITY_LEVELS, "01 04");
        peer_tries(BY_READ, value_of(SC_AUTHENTICATED));
        we_refuse(KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);

        begin_serving(role, COMPARED, 16);
        bench.config.gap.security_levels = true;
        protect_link(COMPARED);
        is_read_and_not_written(SECURITY_LEVELS, "01 04"); /* the link makes no difference to it */
        for (att_permission p = OPEN; p <= SC_AUTHENTICATED; p = (att_permission)(p + 1)) {
            peer_tries(BY_WRITE, value_of(p));
            we_allow();
        }
    }
}

CONFORMANCE_ONCE("GAP/GAT/BV-18-C", "Central Address Resolution is there, and can be read by anybody")
{
    EACH_ROLE(role)
    {
        begin_with(role, &open_service, false, false);
        check(find_value(ADDRESS_RESOLUTION) == 0);
        begin_with(role, &open_service, true, false);
        is_read_and_not_written(ADDRESS_RESOLUTION, "01");
        begin_with(role, &open_service, true, true);
        is_read_and_not_written(ADDRESS_RESOLUTION, "01");
    }
}

/* It is a promise: only who hides makes it, and what is on air keeps it. */
CONFORMANCE_ONCE("GAP/GAT/BV-19-C", "Resolvable Private Address Only is there, and can be read by anybody")
{
    EACH_ROLE(role)
    {
        begin_with(role, &open_service, true, false);
        check(find_value(PRIVATE_ONLY) == 0);
        bench_round("%s", role == CENTRAL ? "central" : "peripheral");
        begin_serving(role, PLAIN, 16);
        bench.config.gap.private_only = true;
        bench.config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, 900, 0};
        protect_link(PLAIN);
        is_read_and_not_written(PRIVATE_ONLY, "00");
    }
}
