/* Fuzz target: conversations of ATT PDUs with the codec, the server and the client.
 *
 * Input: one octet of link state and of the client's first operation, then records of a length octet and that many
 * octets of PDU.  A PDU that begins with 7f is one for this file: what the program, the host or the link does meanwhile
 * (struct world).  A request whose last octet is even waits for such a one; others are answered at once, from that
 * octet.
 *
 * Traps when an answer is longer than the MTU or does not decode, when a request has more than one, when nothing waits
 * and there was none, or when a value came out, or went in, over a link that may not. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gatt/client.h"
#include "gatt/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t secret[16] = "a secret value!";

static uint8_t stored_octets[60], guarded_octets[20];
static kith_variable stored, guarded;

static const kith_descriptor descriptors[] = {
    {.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_OPEN | KITH_WRITE_ENCRYPTED},
};

enum { BEAT = 1, ALARM, SECRET };
#define ANY (KITH_PROPERTY_READ | KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE)

static const kith_characteristic characteristics[] = {
    {.uuid = KITH_UUID16(0x2a56),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE,
     .permissions = KITH_READ_AUTHENTICATED,
     .value = secret,
     .value_len = sizeof secret,
     .id = SECRET},
    {.uuid = KITH_UUID16(0x2a57),
     .properties = ANY,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .descriptors = descriptors,
     .descriptor_count = 1},
    {.uuid = KITH_UUID16(0x2a58),
     .properties = KITH_PROPERTY_SIGNED_WRITE,
     .permissions = KITH_WRITE_SIGNED_AUTHENTICATED},
    {.uuid = KITH_UUID16(0x2a59),
     .properties = ANY,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
     .variable = &stored},
    {.uuid = KITH_UUID16(0x2a5a),
     .properties = ANY,
     .permissions = KITH_READ_OPEN | KITH_WRITE_AUTHENTICATED,
     .variable = &guarded},
    {.uuid = KITH_UUID16(0x2a5b),
     .properties = ANY,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN | KITH_READ_AUTHORIZED | KITH_WRITE_AUTHORIZED},
    {.uuid = KITH_UUID16(0x2a5c), .properties = KITH_PROPERTY_NOTIFY, .permissions = KITH_NOTIFY_OPEN, .id = BEAT},
    {.uuid = KITH_UUID16(0x2a5d),
     .properties = KITH_PROPERTY_INDICATE,
     .permissions = KITH_NOTIFY_ENCRYPTED,
     .id = ALARM},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x180f), .characteristics = characteristics, .characteristic_count = 8},
    {.uuid = KITH_UUID128(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)},
};
static const kith_service *const included[] = {&services[1]};
static const kith_service extras[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = characteristics + 3, .characteristic_count = 2},
    {.uuid = KITH_UUID16(0x181a), .includes = included, .include_count = 1, .secondary = true},
    {.uuid = KITH_UUID16(0x181b), .characteristics = characteristics, .characteristic_count = 1},
};
enum { EXTRAS = 3, SUBSCRIPTIONS = 2, QUEUE = 96, OUTSIDE = 0x7f, ANSWERS = 64 };

/* The server's side of the conversation. */
typedef struct {
    gatt_database db;
    gatt_extra extra[EXTRAS];
    att_bearer bearer;
    gatt_server server;
    gatt_subscription subscriptions[SUBSCRIPTIONS];
    uint8_t *queue; /* of its own, so that reading past it is seen */
    gatt_link_security sec;
    gatt_server_event event;
    uint8_t out[KITH_ATT_MAX_MTU];
    unsigned owed;   /* responses */
    bool is_guessed; /* the secret's beginning is in the input: what comes out may be what went in */
} world;

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

static bool may_see(const world *w)
{
    return w->sec.encrypted && w->sec.level >= KITH_LEVEL_AUTHENTICATED;
}

/* Whatever the server sends, and what it led to. */
static void check_sent(world *w, size_t len)
{
    kith_att_pdu decoded;

    require(len <= w->bearer.mtu);
    require(len == 0 || kith_att_decode(w->out, len, &decoded) == KITH_OK);
    require(may_see(w) || w->is_guessed || !contains_secret(w->out, len));
    require(stored.len <= stored.max && guarded.len <= guarded.max);
}

static void check_response(world *w, size_t len)
{
    check_sent(w, len);
    require(len == 0 || w->owed == 1);
    if (len > 0)
        w->owed = 0;
}

static void go_on(world *w)
{
    while (gatt_server_is_executing(&w->server))
        check_response(w, gatt_server_go_on(&w->server, &w->sec, w->out, sizeof w->out, &w->event));
    require(gatt_server_is_pending(&w->server) == (w->owed == 1));
}

static void answer(world *w, uint8_t how)
{
    static const uint8_t value[300] = {0x55};
    kith_att_error error = (how & 0x70) == 0x70 ? 0x80 : KITH_ATT_ERROR_NONE;
    bool done;
    size_t len;

    len =
        gatt_server_answer_authorization(&w->server, &w->sec, (how & 2) == 0, w->out, sizeof w->out, &w->event, &done);
    if (!done)
        len = gatt_server_answer_write(&w->server, &w->sec, error, w->out, sizeof w->out, &w->event, &done);
    if (!done)
        len = gatt_server_answer_read(&w->server, &w->sec, error, value, how, w->out, sizeof w->out, &w->event, &done);
    require(done || !gatt_server_is_pending(&w->server));
    check_response(w, len);
    go_on(w);
}

static void set_link(world *w, uint8_t how)
{
    bool fell = may_see(w);

    w->sec.encrypted = (how & 1) != 0;
    w->sec.level = (kith_level)(1 + (how >> 1 & 3));
    w->sec.key_size = (how & 8) != 0 ? 16 : 7;
    w->sec.key_exists = (how & 0x10) != 0;
    if (!fell || may_see(w) || (how & 0x20) != 0)
        return;
    gatt_server_forget_request(&w->server); /* as the host does */
    w->owed = 0;
}

static void tell(world *w, uint8_t how)
{
    static const uint8_t open[sizeof secret] = {0x0e};
    gatt_attribute at;
    uint16_t id = (uint16_t)(BEAT + (how >> 1) % 3);
    const uint8_t *value = (how & 0x80) == 0 && id == SECRET ? secret : open; /* other values are for more clients */
    uint8_t bit = (how & 1) != 0 ? KITH_SUBSCRIBED_INDICATE : KITH_SUBSCRIBED_NOTIFY;

    if ((how & 0x80) != 0)
        require(gatt_database_find(&w->db, GATT_SERVICE_CHANGED_HANDLE, &at));
    else
        require(gatt_database_find_id(&w->db, id, &at));
    check_sent(w, gatt_server_tell(&w->server, &w->sec, &at, bit, value, sizeof secret, w->out, sizeof w->out));
}

static void change_table(world *w, uint8_t how)
{
    uint16_t first, last;
    const kith_service *service = &extras[how % EXTRAS];
    kith_status status = (how & 0x80) != 0 ? gatt_database_add(&w->db, service, &first, &last)
                                           : gatt_database_remove(&w->db, service, &first, &last);

    if (status != KITH_OK)
        return;
    require(first <= last && first > 13);
    w->server.is_unaware = true;
    w->server.out_of_sync = false;
}

static void act(world *w, uint8_t what, uint8_t how)
{
    switch (what % 6) {
    case 0:
        answer(w, how);
        break;
    case 1:
        set_link(w, how);
        break;
    case 2:
        tell(w, how);
        break;
    case 3:
        change_table(w, how);
        break;
    case 4:
        att_bearer_agree(&w->bearer, how);
        break;
    default:
        (void)gatt_server_subscribe(&w->server, (uint16_t)(16 + how % 32), how >> 6);
        break;
    }
}

static void feed_server(world *w, const uint8_t *pdu, size_t len)
{
    bool waits = gatt_server_is_pending(&w->server), saw = may_see(w);
    uint8_t before[sizeof guarded_octets];
    uint8_t how = len == 0 ? 1 : pdu[len - 1];
    size_t out_len;

    memcpy(before, guarded_octets, sizeof before);
    if (len == 3 && pdu[0] == OUTSIDE) {
        act(w, pdu[1], pdu[2]);
        require(saw || may_see(w) || memcmp(before, guarded_octets, sizeof before) == 0);
        return;
    }
    w->owed = waits || (len > 0 && kith_att_kind_of(pdu[0]) == KITH_ATT_KIND_REQUEST);
    out_len = gatt_server_request(&w->server, &w->sec, pdu, len, w->out, sizeof w->out, &w->event);
    require(!waits || out_len == 0);
    if (w->event.kind == GATT_SERVER_SIGNED_WRITE)
        require(!w->sec.encrypted && w->sec.signer >= KITH_LEVEL_AUTHENTICATED &&
                w->event.signature + KITH_ATT_SIGNATURE == pdu + len);
    check_response(w, out_len);
    go_on(w);
    for (unsigned i = 0; (how & 1) != 0 && gatt_server_is_pending(&w->server); i++) {
        require(i < ANSWERS);
        answer(w, how);
    }
    require(saw || memcmp(before, guarded_octets, sizeof before) == 0);
}

static const kith_gatt_write_part parts[] = {{16, 3, secret}, {18, 16, secret}};
static const uint16_t handles[] = {16, 18, 3};

/* One after the other, so that each meets answers to all of them. */
static kith_status start_operation(gatt_client *client, unsigned which, uint8_t *value, size_t cap)
{
    uint8_t out[KITH_ATT_MAX_MTU];
    size_t len;

    switch (which % 13) {
    case 0:
        return gatt_client_start_exchange_mtu(client, out, sizeof out, &len);
    case 1:
        return gatt_client_start_discover(client, &services[0].uuid, out, sizeof out, &len);
    case 2:
        return gatt_client_start_read(client, 16, value, cap, out, sizeof out, &len);
    case 3:
        return gatt_client_start_write(client, 16, secret, 4, out, sizeof out, &len);
    case 4:
        return gatt_client_start_services(client, NULL, out, sizeof out, &len);
    case 5:
        return gatt_client_start_services(client, &services[1].uuid, out, sizeof out, &len);
    case 6:
        return gatt_client_start_includes(client, 1, 0xffff, out, sizeof out, &len);
    case 7:
        return gatt_client_start_characteristics(client, 1, 0x20, out, sizeof out, &len);
    case 8:
        return gatt_client_start_descriptors(client, 17, 0x20, out, sizeof out, &len);
    case 9:
        return gatt_client_start_read_by_uuid(client, &services[0].uuid, 1, 0xffff, out, sizeof out, &len);
    case 10:
        return gatt_client_start_read_multiple(client, handles, 3, true, out, sizeof out, &len);
    case 11:
        return gatt_client_start_subscribe(client, 16, 0, KITH_SUBSCRIBED_NOTIFY, out, sizeof out, &len);
    default:
        return gatt_client_start_writes(client, parts, 2, out, sizeof out, &len);
    }
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

static void open_world(world *w, uint8_t choice)
{
    gatt_server_memory memory = {.subscriptions = w->subscriptions, .subscription_cap = SUBSCRIPTIONS};

    memset(w, 0, sizeof *w);
    stored = (kith_variable){stored_octets, 1, 1, sizeof stored_octets};
    guarded = (kith_variable){guarded_octets, 0, 0, sizeof guarded_octets};
    set_link(w, choice & 0x0f);
    w->sec.signer = (uint8_t)(choice >> 6);
    w->queue = malloc(QUEUE);
    require(w->queue != NULL);
    memory.queue = w->queue;
    memory.queue_cap = QUEUE;
    require(gatt_database_init(&w->db, "fuzz", 0, services, 2) == KITH_OK);
    gatt_database_give_room(&w->db, w->extra, EXTRAS);
    att_bearer_init(&w->bearer, 247);
    gatt_server_init(&w->server, &w->db, &w->bearer, &memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    world w;
    att_bearer client_bearer;
    gatt_client client;
    uint8_t value[100];
    unsigned operation;

    if (size == 0)
        return 0;
    operation = data[0] >> 4;
    open_world(&w, data[0]);
    for (size_t i = 0; i + 2 <= size; i++)
        w.is_guessed |= memcmp(data + i, secret, 2) == 0;
    att_bearer_init(&client_bearer, 247);
    gatt_client_init(&client, &client_bearer);
    for (size_t at = 1; at < size;) {
        size_t len = data[at] < size - at - 1 ? data[at] : size - at - 1;
        uint8_t *pdu = malloc(len == 0 ? 1 : len); /* of its own, so that reading past it is seen */

        require(pdu != NULL);
        memcpy(pdu, data + at + 1, len);
        if (!gatt_client_is_waiting(&client))
            require(start_operation(&client, operation++, value, sizeof value) == KITH_OK);
        check_codec(pdu, len);
        feed_server(&w, pdu, len);
        feed_client(&client, pdu, len);
        free(pdu);
        at += 1 + len;
    }
    free(w.queue);
    return 0;
}
