/* Fuzz target: ATT PDUs into the codec, the server and the client.
 *
 * Input: one octet of link state and operation, then records of a length octet and that many octets of
 * PDU.  Traps when an answer is longer than the MTU, does not decode, or an unauthorized value came out. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gatt/client.h"
#include "gatt/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t secret[16] = "a secret value!";

static const kith_descriptor descriptors[] = {
    {.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_OPEN | KITH_WRITE_ENCRYPTED},
};
static const kith_characteristic characteristics[] = {
    {.uuid = KITH_UUID16(0x2a56),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_AUTHENTICATED,
     .value = secret,
     .value_len = sizeof secret},
    {.uuid = KITH_UUID16(0x2a57),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .descriptors = descriptors,
     .descriptor_count = 1},
    {.uuid = KITH_UUID16(0x2a58),
     .properties = KITH_PROPERTY_SIGNED_WRITE,
     .permissions = KITH_WRITE_SIGNED_AUTHENTICATED},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x180f), .characteristics = characteristics, .characteristic_count = 3},
    {.uuid = KITH_UUID128(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)},
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool contains_secret(const uint8_t *out, size_t len)
{
    for (size_t i = 0; i + 4 <= len; i++)
        if (memcmp(out + i, secret, 4) == 0)
            return true;
    return false;
}

static void check_codec(const uint8_t *pdu, size_t len)
{
    kith_att_pdu decoded;
    uint8_t again[256];

    if (kith_att_decode(pdu, len, &decoded) != KITH_OK)
        return;
    require(kith_att_encode(&decoded, again, sizeof again) == len);
    require(memcmp(again, pdu, len) == 0);
}

static void feed_server(gatt_server *server, const gatt_link_security *sec, const uint8_t *pdu, size_t len)
{
    static const uint8_t answer[300] = {0x55};
    gatt_server_event event;
    kith_att_pdu decoded;
    uint8_t out[KITH_ATT_MAX_MTU];
    size_t out_len = gatt_server_request(server, sec, pdu, len, out, sizeof out, &event);

    if (event.kind == GATT_SERVER_READ_WANTED)
        out_len = gatt_server_answer_read(server, 0, answer, len == 0 ? 0 : pdu[len - 1], out, sizeof out);
    if (event.kind == GATT_SERVER_WRITE_WANTED)
        out_len = gatt_server_answer_write(server, 0, out, sizeof out);
    if (event.kind == GATT_SERVER_SIGNED_WRITE)
        require(!sec->encrypted && sec->signer >= KITH_LEVEL_AUTHENTICATED &&
                event.signature + KITH_ATT_SIGNATURE == pdu + len);
    require(!gatt_server_is_pending(server));
    require(out_len <= server->bearer->mtu);
    require(out_len == 0 || kith_att_decode(out, out_len, &decoded) == KITH_OK);
    require((sec->encrypted && sec->level >= KITH_LEVEL_AUTHENTICATED) || !contains_secret(out, out_len));
}

static void start_operation(gatt_client *client, unsigned which, uint8_t *value, size_t cap)
{
    uint8_t out[KITH_ATT_MAX_MTU];
    size_t out_len;
    kith_status status;

    if (which == 0)
        status = gatt_client_start_exchange_mtu(client, out, sizeof out, &out_len);
    else if (which == 1)
        status = gatt_client_start_discover(client, &services[0].uuid, out, sizeof out, &out_len);
    else if (which == 2)
        status = gatt_client_start_read(client, 7, value, cap, out, sizeof out, &out_len);
    else
        status = gatt_client_start_write(client, 7, secret, 4, out, sizeof out, &out_len);
    require(status == KITH_OK);
}

static void feed_client(gatt_client *client, const uint8_t *pdu, size_t len)
{
    uint8_t out[KITH_ATT_MAX_MTU];
    size_t out_len;
    gatt_client_event event;
    kith_gatt_found found;

    gatt_client_response(client, pdu, len, out, sizeof out, &out_len, &event);
    require(!(event.ended && out_len != 0));
    require(!(event.ended && gatt_client_is_waiting(client)));
    for (size_t i = 0; event.kind == GATT_CLIENT_CHARACTERISTICS && i < event.count; i++) {
        gatt_client_characteristic(&event, i, &found);
        require(found.value_handle > found.declaration_handle);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gatt_database db;
    att_bearer server_bearer;
    att_bearer client_bearer;
    gatt_server server;
    gatt_client client;
    gatt_link_security sec = {0};
    uint8_t value[100];
    unsigned choice;

    if (size == 0)
        return 0;
    choice = data[0];
    sec.encrypted = (choice & 1) != 0;
    sec.level = (kith_level)(1 + ((choice >> 1) & 3));
    sec.key_size = (choice & 8) != 0 ? 16 : 7;
    sec.signer = (uint8_t)(choice >> 6);
    require(gatt_database_init(&db, "fuzz", 0, services, 2) == KITH_OK);
    att_bearer_init(&server_bearer, 247);
    att_bearer_init(&client_bearer, 247);
    gatt_server_init(&server, &db, &server_bearer);
    gatt_client_init(&client, &client_bearer);
    for (size_t at = 1; at < size;) {
        size_t len = data[at] < size - at - 1 ? data[at] : size - at - 1;
        uint8_t *pdu = malloc(len == 0 ? 1 : len); /* of its own, so that reading past it is seen */

        require(pdu != NULL);
        memcpy(pdu, data + at + 1, len);
        if (!gatt_client_is_waiting(&client))
            start_operation(&client, choice >> 4 & 3, value, sizeof value);
        check_codec(pdu, len);
        feed_server(&server, &sec, pdu, len);
        feed_client(&client, pdu, len);
        free(pdu);
        at += 1 + len;
    }
    return 0;
}
