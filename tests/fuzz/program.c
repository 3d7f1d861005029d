/* What a fuzzer's program calls.  See program.h. */
#include "program.h"

#include "kith/codec/att.h"

static const uint8_t lent[512] = {0x4c, 0x45, 0x4e, 0x54};
static const kith_gatt_write_part parts[] = {{3, 20, lent}, {5, 0, lent}, {3, 60, lent + 20}};

/* ---- the client ---- */

static kith_uuid some_uuid(uint8_t choice)
{
    static const uint16_t known[] = {0x1800, 0x1801, 0x180f, 0x2a00, 0x2a05, 0x2a19, 0x2b2a, 0x2b29};
    kith_uuid uuid = KITH_UUID128(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    uint16_t number = known[choice & 7];

    if ((choice & 0x40) == 0)
        uuid = (kith_uuid){.size = 2, .octets = {(uint8_t)number, (uint8_t)(number >> 8)}};
    return uuid;
}

/* Whatever it lends is gone, and another, as soon as the call is back. */
static kith_status ask_to_write(rig *r, kith_link link, uint8_t handle, uint8_t choice)
{
    uint8_t value[80];
    kith_status status;

    for (size_t i = 0; i < sizeof value; i++)
        value[i] = choice;
    status = kith_gatt_write(r->h, link, handle, value, choice % sizeof value);
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = 0;
    return status;
}

static kith_status ask_to_read_many(rig *r, kith_link link, uint8_t handle, uint8_t choice)
{
    uint16_t handles[8];
    kith_status status;

    for (uint16_t i = 0; i < 8; i++)
        handles[i] = (uint16_t)(handle + i);
    status = kith_gatt_read_multiple(r->h, link, handles, choice & 7, (choice & 8) != 0);
    for (size_t i = 0; i < 8; i++)
        handles[i] = 0;
    return status;
}

static kith_status ask_for_a_list(rig *r, kith_link link, uint8_t first, uint8_t choice)
{
    kith_uuid uuid = some_uuid(choice);
    uint16_t last = (choice & 0x80) != 0 ? 0xffff : (uint16_t)(first + (choice & 15));

    switch (choice >> 4 & 3) {
    case 0:
        return kith_gatt_discover_services(r->h, link, (choice & 8) != 0 ? &uuid : NULL);
    case 1:
        return kith_gatt_discover_includes(r->h, link, first, last);
    case 2:
        return kith_gatt_discover_characteristics(r->h, link, first, last);
    default:
        return kith_gatt_discover_descriptors(r->h, link, first, last);
    }
}

static kith_status command(rig *r, kith_link link, uint8_t handle, uint8_t choice)
{
    return (choice & 1) != 0 ? kith_gatt_write_command(r->h, link, handle, lent, choice >> 1)
                             : kith_gatt_write_signed(r->h, link, handle, lent, choice >> 1);
}

void program_ask(rig *r, unsigned which, rig_input *in)
{
    static const kith_event_kind ends[] = {
        KITH_EVENT_MTU,     KITH_EVENT_DISCOVERED, KITH_EVENT_DISCOVERED, KITH_EVENT_READ,
        KITH_EVENT_WRITTEN, KITH_EVENT_WRITTEN,    KITH_EVENT_WRITTEN,    KITH_EVENT_SUBSCRIPTION_WRITTEN,
        KITH_EVENT_READ,    KITH_EVENT_READ,       KITH_EVENT_DISCOVERED, KITH_EVENT_NONE};
    kith_link link = r->links[which].link;
    uint8_t what = rig_octet(in), handle = rig_octet(in), choice = rig_octet(in);
    unsigned kind = what % (sizeof ends / sizeof ends[0]);
    kith_uuid uuid = some_uuid(choice);
    kith_status status;

    switch (kind) {
    case 0:
        status = kith_gatt_exchange_mtu(r->h, link);
        break;
    case 1:
        status = kith_gatt_discover(r->h, link, &uuid);
        break;
    case 2:
        status = kith_gatt_discover_all(r->h, link);
        break;
    case 3:
        status = kith_gatt_read(r->h, link, handle);
        break;
    case 4:
        status = ask_to_write(r, link, handle, choice);
        break;
    case 5:
        status = kith_gatt_write_long(r->h, link, handle, lent, choice * 2u);
        break;
    case 6:
        status = kith_gatt_write_reliable(r->h, link, parts, choice & 3);
        break;
    case 7:
        status = kith_gatt_subscribe(r->h, link, handle, (choice & 8) != 0 ? (uint16_t)(handle + 1) : 0, choice & 7);
        break;
    case 8:
        status = kith_gatt_read_by_uuid(r->h, link, &uuid, handle, 0xffff);
        break;
    case 9:
        status = ask_to_read_many(r, link, handle, choice);
        break;
    case 10:
        status = ask_for_a_list(r, link, handle, choice);
        break;
    default:
        status = command(r, link, handle, choice);
        break;
    }
    if (status == KITH_OK && ends[kind] != KITH_EVENT_NONE)
        rig_expect(r, which, ends[kind]);
}

/* ---- the server ---- */

static const kith_characteristic extra_characteristics[] = {
    {.uuid = KITH_UUID16(0x2a19),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY,
     .permissions = KITH_READ_OPEN,
     .value = lent,
     .value_len = 1,
     .id = RIG_TOLD + 2},
};
static const kith_service extras[] = {
    {.uuid = KITH_UUID16(0x180f), .characteristics = extra_characteristics, .characteristic_count = 1},
    {.uuid = KITH_UUID128(16, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1)},
    {.uuid = KITH_UUID16(0x181a), .secondary = true},
};

static void tell(rig *r, unsigned which, uint8_t choice)
{
    kith_link link = r->links[which].link;
    uint16_t id = (uint16_t)(RIG_TOLD + choice % 4);
    size_t len = choice >> 2;

    if ((choice & 0x80) == 0) {
        (void)!kith_gatt_notify(r->h, link, id, lent, len);
    } else if (kith_gatt_indicate(r->h, link, id, lent, len) == KITH_OK) {
        r->links[which].indicates++;
    }
}

void program_serve(rig *r, unsigned which, rig_input *in)
{
    uint8_t what = rig_octet(in), choice = rig_octet(in);
    kith_link link = r->links[which].link;
    kith_att_error error = (choice & 0x80) != 0 ? KITH_ATT_ERROR_UNLIKELY_ERROR : KITH_ATT_ERROR_NONE;
    const kith_service *service = &extras[choice % (sizeof extras / sizeof extras[0])];

    switch (what % 7) {
    case 0:
        tell(r, which, choice);
        break;
    case 1:
        (void)kith_gatt_notify_all(r->h, RIG_TOLD + choice % 3, lent, choice);
        break;
    case 2:
        (void)!kith_gatt_answer_read(r->h, link, error, lent, (size_t)(choice & 0x7f) * 4);
        break;
    case 3:
        (void)!kith_gatt_answer_write(r->h, link, error);
        break;
    case 4:
        (void)!kith_gatt_authorize(r->h, link, (choice & 1) != 0);
        break;
    case 5:
        (void)!kith_gatt_add_service(r->h, service);
        break;
    default:
        (void)!kith_gatt_remove_service(r->h, service);
        break;
    }
}

/* ---- the rest ---- */

static void measure(rig *r, unsigned which, uint8_t choice)
{
    const kith_link link = r->links[which].link;

    switch (choice >> 5) {
    case 4:
        r->links[which].measures[0] += kith_gap_read_rssi(r->h, link) == KITH_OK;
        break;
    case 5:
        r->links[which].measures[1] += kith_gap_set_phy(r->h, link, choice & 7, choice >> 2 & 7) == KITH_OK;
        break;
    case 6:
        (void)!kith_gap_set_data_length(r->h, link, (uint16_t)(27 + choice % 32));
        break;
    default:
        (void)!kith_gap_answer_parameters(r->h, link, (choice & 1) != 0);
        break;
    }
}

static void update(rig *r, unsigned which, uint8_t choice)
{
    kith_connection_parameters parameters = {24, 40, 0, 400};

    if ((choice & 0x80) != 0) {
        measure(r, which, choice);
        return;
    }
    parameters.interval_min_1250us = (uint16_t)(6 + choice % 32);
    if (kith_gap_update_parameters(r->h, r->links[which].link, &parameters) == KITH_OK)
        r->links[which].updates++;
}

static void forget(rig *r)
{
    kith_bond_info bond = {.peer = 0};

    while (kith_bonds_next(r->h, bond.peer, &bond) == KITH_OK)
        (void)!kith_bonds_forget(r->h, bond.peer);
}

void program_manage(rig *r, unsigned which, rig_input *in)
{
    uint8_t what = rig_octet(in), choice = rig_octet(in);

    switch (what % 5) {
    case 0:
        update(r, which, choice);
        break;
    case 1:
        (void)!kith_gap_disconnect(r->h, r->links[which].link, 0x13);
        break;
    case 2:
        rig_secure(r, which, (kith_level)(KITH_LEVEL_ENCRYPTED + choice % 2));
        break;
    case 3:
        forget(r);
        break;
    default:
        (void)!kith_pairing_consent(r->h, r->links[which].link, (choice & 1) != 0);
        break;
    }
}
