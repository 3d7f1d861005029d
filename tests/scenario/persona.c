/* Clients with manners.  See persona.h. */
#include "persona.h"

static bool is_private(const persona *p)
{
    return p->kind != WINDOWS;
}

void persona_enter(persona *p, cast_room *room, persona_kind kind)
{
    memset(p, 0, sizeof *p);
    client_enter(&p->c, room);
    p->kind = kind;
    p->c.a.keeps_irk = kind != ANDROID;
    assert_int_equal(p->c.a.crypto.random(p->c.a.crypto.context, p->c.a.irk, 16), KITH_OK);
}

/* ---- the table ---- */

static uint16_t get16(const uint8_t *in)
{
    return (uint16_t)(in[0] | in[1] << 8);
}

static void note(persona *p, uint16_t uuid, uint16_t value_handle)
{
    if (uuid == PERSONA_GUARDED)
        p->guarded_at = value_handle;
    if (uuid == PERSONA_OPEN)
        p->open_at = value_handle;
}

/* All characteristic declarations: handle, properties, value handle, UUID. */
static void discover(persona *p)
{
    uint16_t from = 1;

    p->guarded_at = p->open_at = 0;
    p->discoveries++;
    for (;;) {
        const uint8_t pdu[] = {
            KITH_ATT_READ_BY_TYPE_REQUEST, (uint8_t)from, (uint8_t)(from >> 8), 0xff, 0xff, 0x03, 0x28};
        const uint8_t *answer = client_ask(&p->c, pdu, sizeof pdu);
        size_t len = answer[1];

        if (answer[0] != KITH_ATT_READ_BY_TYPE_RESPONSE)
            break;
        for (size_t at = 2; at + len <= p->c.answer_len; at += len) {
            if (len == 7)
                note(p, get16(answer + at + 5), get16(answer + at + 3));
            from = (uint16_t)(get16(answer + at) + 1);
        }
    }
    cast_equal(p->c.a.room, p->c.answer[4], KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND);
    p->has_table = true;
}

static void read_hash(persona *p, uint8_t hash[16])
{
    static const uint8_t pdu[] = {KITH_ATT_READ_BY_TYPE_REQUEST, 1, 0, 0xff, 0xff, 0x2a, 0x2b};
    const uint8_t *answer = client_ask(&p->c, pdu, sizeof pdu);

    cast_equal(p->c.a.room, answer[0], KITH_ATT_READ_BY_TYPE_RESPONSE);
    memcpy(hash, answer + 4, 16);
}

static void see_to_table(persona *p)
{
    uint8_t hash[16];

    if (p->kind == ANDROID) {
        read_hash(p, hash);
        p->has_table &= memcmp(hash, p->hash, sizeof hash) == 0;
        memcpy(p->hash, hash, sizeof hash);
    } else if (p->c.indicated != p->changes && p->c.handle == CHANGED_AT) {
        p->has_table = false;
    }
    p->changes = p->c.indicated;
    if (!p->has_table)
        discover(p);
}

uint16_t persona_handle(const persona *p, uint16_t uuid)
{
    return uuid == PERSONA_GUARDED ? p->guarded_at : p->open_at;
}

/* ---- links ---- */

void persona_connect(persona *p, cast_host *server)
{
    if (is_private(p))
        actor_use_private_address(&p->c.a, 0x123456 + ++p->addresses);
    client_meet(&p->c, server);
}

/* Its key is asked for on a link of its own; refused, an Android stays, and keeps the bond. */
static bool encrypt(persona *p, cast_host *server)
{
    uint8_t ltk[16];

    (void)server;
    actor_wire_ltk(&p->c.a, ltk);
    actor_encrypt(&p->c.a, ltk);
    client_run(&p->c, CAST_SECOND);
    if (!p->c.a.encrypted && p->kind != ANDROID)
        p->is_bonded = false;
    return p->c.a.encrypted;
}

void persona_settle(persona *p, cast_host *server)
{
    if (p->is_bonded && !p->c.a.encrypted && !encrypt(p, server))
        return;
    see_to_table(p);
}

void persona_meet(persona *p, cast_host *server)
{
    persona_connect(p, server);
    persona_settle(p, server);
}

void persona_leave(persona *p, cast_host *server)
{
    client_leave(&p->c, server);
    client_run(&p->c, 1000);
    if (!p->is_bonded)
        p->has_table = false;
}

void persona_notice_power_loss(persona *p)
{
    client_run(&p->c, 2 * CAST_SECOND);
    cast_check(p->c.a.room, !p->c.a.connected);
}

/* ---- bonds ---- */

static bool has_identity_key(const persona *p)
{
    static const uint8_t none[16];

    return memcmp(p->c.a.peer_irk, none, sizeof none) != 0;
}

static bool knows_identity_key(const persona *p)
{
    for (unsigned i = 0; i < p->known_count; i++)
        if (memcmp(p->known_irks[i], p->c.a.peer_irk, 16) == 0)
            return true;
    return false;
}

static bool keeps_bond(persona *p)
{
    if (p->kind == IPHONE && !has_identity_key(p))
        return false;
    if (p->kind == WINDOWS && knows_identity_key(p))
        return false;
    cast_check(p->c.a.room, p->known_count < PERSONA_KNOWN);
    memcpy(p->known_irks[p->known_count++], p->c.a.peer_irk, 16);
    return true;
}

/* What they do with a new server by themselves: they want to hear of changes, and an Android says that it caches. */
static void introduce(persona *p)
{
    const uint8_t robust_caching = 1;

    cast_equal(p->c.a.room, client_subscribe(&p->c, CHANGED_AT, KITH_SUBSCRIBED_INDICATE), 0);
    if (p->kind == ANDROID)
        cast_equal(p->c.a.room, client_write(&p->c, FEATURES_AT, &robust_caching, 1), 0);
}

bool persona_bond(persona *p, cast_host *server)
{
    memset(p->c.a.peer_irk, 0, sizeof p->c.a.peer_irk);
    client_pair(&p->c, server);
    p->is_bonded = keeps_bond(p);
    if (p->is_bonded)
        introduce(p);
    else
        client_leave(&p->c, server);
    return p->is_bonded;
}

/* ---- values ---- */

static bool is_for_security(uint8_t error)
{
    return error == KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION || error == KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION;
}

static bool improves(persona *p, cast_host *server, uint8_t error)
{
    if (!is_for_security(error) || p->c.a.encrypted)
        return false;
    if (p->is_bonded)
        return encrypt(p, server);
    return p->kind == IPHONE && persona_bond(p, server);
}

/* A table that is out of date is looked at anew. */
static bool learns(persona *p, uint8_t error)
{
    if (error != KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC)
        return false;
    see_to_table(p);
    return true;
}

uint8_t persona_read(persona *p, cast_host *server, uint16_t uuid)
{
    uint8_t error = client_read(&p->c, persona_handle(p, uuid));

    if (improves(p, server, error) || learns(p, error))
        error = client_read(&p->c, persona_handle(p, uuid));
    return error;
}

uint8_t persona_subscribe(persona *p, cast_host *server, uint16_t uuid)
{
    uint8_t error = client_subscribe(&p->c, persona_handle(p, uuid), KITH_SUBSCRIBED_NOTIFY);

    if (improves(p, server, error) || learns(p, error))
        error = client_subscribe(&p->c, persona_handle(p, uuid), KITH_SUBSCRIBED_NOTIFY);
    return error;
}
