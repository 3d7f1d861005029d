/* A scripted client of our server.  See client.h. */
#include "client.h"

uint8_t served_octets[512];
kith_variable served_variable = {.octets = served_octets, .max = sizeof served_octets};

static const kith_characteristic characteristics[] = {
    {.uuid = KITH_UUID16(0x2a37),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY,
     .permissions = KITH_READ_ENCRYPTED,
     .id = GUARDED,
     .value = CAST_SECRET,
     .value_len = 6},
    {.uuid = KITH_UUID16(0x2a38),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_INDICATE,
     .permissions = KITH_READ_ENCRYPTED,
     .id = INDICATED,
     .value = CAST_SECRET,
     .value_len = 6},
    {.uuid = KITH_UUID16(0x2a39),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE | KITH_PROPERTY_NOTIFY,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .id = OPEN,
     .variable = &served_variable},
    {.uuid = KITH_UUID16(0x2a3a), .properties = KITH_PROPERTY_WRITE, .permissions = KITH_WRITE_OPEN, .id = WANTED},
};
const kith_service served[1] = {
    {.uuid = KITH_UUID16(CAST_SERVICE), .characteristics = characteristics, .characteristic_count = 4},
};

void client_server_config(kith_config *config, const kith_store *store)
{
    cast_lamp_config(config);
    served_variable.len = 0;
    config->services = served;
    config->service_count = 1;
    config->store = store;
    config->limits.links = config->limits.pairings = 2;
    config->limits.subscriptions = 4;
    config->limits.queue = 600;
    config->limits.services = 2;
}

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static bool hear(void *context, uint16_t cid, const uint8_t *pdu, size_t len)
{
    client *c = context;
    bool indication = pdu[0] == KITH_ATT_HANDLE_VALUE_INDICATION;

    if (cid != KITH_CID_ATT)
        return false;
    if (!indication && pdu[0] != KITH_ATT_HANDLE_VALUE_NOTIFICATION) {
        memcpy(c->answer, pdu, len);
        c->answer_len = len;
        c->answers++;
        return true;
    }
    cast_check(c->a.room, len >= 3);
    c->handle = (uint16_t)(pdu[1] | pdu[2] << 8);
    c->value_len = len - 3;
    memcpy(c->value, pdu + 3, len - 3);
    c->notified += !indication;
    c->indicated += indication;
    if (indication && !c->stays_silent)
        client_confirm(c);
    return true;
}

void client_enter(client *c, cast_room *room)
{
    memset(c, 0, sizeof *c);
    actor_enter(&c->a, room);
    c->a.tap = hear;
    c->a.tap_context = c;
}

void client_meet(client *c, cast_host *server)
{
    actor_connect(&c->a, server);
}

void client_leave(client *c, cast_host *server)
{
    actor_disconnect(&c->a, server);
}

void client_run(client *c, uint64_t for_us)
{
    actor_run(&c->a, for_us, NULL, NULL);
}

void client_pair(client *c, cast_host *server)
{
    unsigned ends = server->ends;

    actor_wait(&c->a, server);
    assert_int_equal(kith_pairing_open(server->host, 30000), KITH_OK);
    cast_check(c->a.room, actor_pair(&c->a, ACTOR_IS_DONE));
    client_run(c, 100000);
    cast_equal(c->a.room, server->ends, ends + 1);
    cast_equal(c->a.room, server->end.why, KITH_WHY_PAIRED);
}

static bool is_encrypted(actor *a, void *context)
{
    (void)context;
    return a->encrypted;
}

void client_encrypt(client *c, cast_host *server)
{
    unsigned ends = server->ends;
    uint8_t ltk[16];

    actor_wire_ltk(&c->a, ltk);
    actor_encrypt(&c->a, ltk);
    cast_check(c->a.room, actor_run(&c->a, ACTOR_LIMIT, is_encrypted, NULL));
    client_run(c, 100000);
    cast_equal(c->a.room, server->ends, ends + 1);
    cast_equal(c->a.room, server->end.why, KITH_WHY_ENCRYPTED);
}

void client_say(client *c, const uint8_t *pdu, size_t len)
{
    actor_send(&c->a, KITH_CID_ATT, pdu, len);
}

typedef struct {
    const client *c;
    unsigned answers;
} answer_wanted;

static bool has_answer(actor *a, void *context)
{
    const answer_wanted *wanted = context;

    (void)a;
    return wanted->c->answers > wanted->answers;
}

const uint8_t *client_ask(client *c, const uint8_t *pdu, size_t len)
{
    answer_wanted wanted = {c, c->answers};

    client_say(c, pdu, len);
    cast_check(c->a.room, actor_run(&c->a, ACTOR_LIMIT, has_answer, &wanted));
    return c->answer;
}

static uint8_t error_of(const client *c, uint8_t response)
{
    if (c->answer[0] == KITH_ATT_ERROR_RESPONSE) {
        cast_equal(c->a.room, c->answer_len, 5);
        return c->answer[4];
    }
    cast_equal(c->a.room, c->answer[0], response);
    return 0;
}

uint8_t client_write(client *c, uint16_t handle, const void *value, size_t len)
{
    uint8_t pdu[ACTOR_PDU] = {KITH_ATT_WRITE_REQUEST};

    put16(pdu + 1, handle);
    memcpy(pdu + 3, value, len);
    client_ask(c, pdu, 3 + len);
    return error_of(c, KITH_ATT_WRITE_RESPONSE);
}

uint8_t client_subscribe(client *c, uint16_t value_handle, uint8_t bits)
{
    uint8_t value[2] = {bits, 0};

    return client_write(c, (uint16_t)(value_handle + 1), value, sizeof value);
}

uint8_t client_read(client *c, uint16_t handle)
{
    uint8_t pdu[3] = {KITH_ATT_READ_REQUEST};

    put16(pdu + 1, handle);
    client_ask(c, pdu, sizeof pdu);
    return error_of(c, KITH_ATT_READ_RESPONSE);
}

uint8_t client_prepare(client *c, uint16_t handle, uint16_t offset, const void *part, size_t len)
{
    uint8_t pdu[ACTOR_PDU] = {KITH_ATT_PREPARE_WRITE_REQUEST};

    put16(pdu + 1, handle);
    put16(pdu + 3, offset);
    memcpy(pdu + 5, part, len);
    client_ask(c, pdu, 5 + len);
    return error_of(c, KITH_ATT_PREPARE_WRITE_RESPONSE);
}

uint8_t client_execute(client *c)
{
    const uint8_t pdu[2] = {KITH_ATT_EXECUTE_WRITE_REQUEST, KITH_ATT_EXECUTE_WRITE};

    client_ask(c, pdu, sizeof pdu);
    return error_of(c, KITH_ATT_EXECUTE_WRITE_RESPONSE);
}

void client_confirm(client *c)
{
    static const uint8_t confirmation = KITH_ATT_HANDLE_VALUE_CONFIRMATION;

    client_say(c, &confirmation, 1);
}
