/* See signed_writes.h. */
#include "signed_writes.h"

#include <stdio.h>
#include <string.h>

#include "judge.h"
#include "kith/codec/att.h"

static const kith_characteristic values[] = {
    {.uuid = KITH_UUID16(0x2a56),
     .properties = KITH_PROPERTY_SIGNED_WRITE,
     .permissions = KITH_WRITE_SIGNED,
     .id = SIGNED},
    {.uuid = KITH_UUID16(0x2a57),
     .properties = KITH_PROPERTY_SIGNED_WRITE,
     .permissions = KITH_WRITE_SIGNED_AUTHENTICATED,
     .id = SIGNED_AUTHENTICATED},
    {.uuid = KITH_UUID16(0x2a58),
     .properties = KITH_PROPERTY_WRITE_WITHOUT_RESPONSE,
     .permissions = KITH_WRITE_ENCRYPTED},
    {.uuid = KITH_UUID16(0x2a59), .properties = KITH_PROPERTY_WRITE_WITHOUT_RESPONSE, .permissions = KITH_WRITE_OPEN},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = values, .characteristic_count = 4}};

void signed_connect_again(void)
{
    bench_link_breaks(0x13);
    (void)bench_we_emit(KITH_EVENT_DISCONNECTED);
    bench_connect();
}

void signed_get_ready(bench_role role)
{
    bench_round("%s", role == CENTRAL ? "central" : "peripheral");
    bench_begin(role);
    bench.config.services = services;
    bench.config.service_count = 1;
    bench.config.security.signing = true;
    bench.config.security.initiator_keys = bench.config.security.responder_keys = KITH_KEY_SIGN;
    peer_begin();
    peer.features[4] = peer.features[5] = KITH_KEY_SIGN;
}

void signed_meet(bench_role role, bool compared)
{
    signed_get_ready(role);
    if (compared) {
        bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
        bench.config.security.ask_mitm = true;
        peer.features[0] = KITH_IO_DISPLAY_YES_NO;
        peer.features[2] |= KITH_AUTH_MITM;
    }
    bench_power_on();
    bench_open_window();
    bench_connect();
    peer_pair_completely();
    signed_connect_again();
    if (bench.claimed == 0)
        bench_fail("the peer's address claims no bond");
}

/* ---- what the peer does ---- */

size_t signed_make(uint8_t pdu[SIGNED_MAX], uint16_t handle, const char *value, uint32_t counter)
{
    size_t len = strlen(value);

    pdu[0] = KITH_ATT_SIGNED_WRITE_COMMAND;
    pdu[1] = (uint8_t)handle;
    pdu[2] = (uint8_t)(handle >> 8);
    memcpy(pdu + 3, value, len);
    judge_sign(peer.csrk, pdu, 3 + len, counter, pdu + 3 + len);
    return 15 + len;
}

void signed_peer_signs(uint16_t handle, const char *value, uint32_t counter)
{
    uint8_t pdu[SIGNED_MAX];
    size_t len = signed_make(pdu, handle, value, counter);

    bench_peer_sends_octets(KITH_CID_ATT, pdu, len);
}

/* The id in this table is the handle. */
void signed_believe(uint16_t handle, const char *value, kith_level level)
{
    const kith_event *e = bench_we_emit(KITH_EVENT_WRITE_COMMAND);

    if (e->attribute.id != handle || e->attribute.handle != handle || e->attribute.len != strlen(value))
        bench_fail("another write is told");
    if (e->attribute.signer != bench.claimed || e->attribute.signed_as != level)
        bench_fail("the signature is not worth its bond");
    if (e->peer != 0)
        bench_fail("a signature proves a value, not a link");
}

void signed_ignore(void)
{
    bench_we_emit_nothing();
    bench_we_send_nothing(KITH_CID_ATT);
    bench_we_send_nothing(KITH_CID_SMP);
    bench_we_command_nothing();
}

/* ---- what we do ---- */

kith_status signed_sign(const char *value)
{
    return kith_gatt_write_signed(bench.host, bench.link, 0x0021, (const uint8_t *)value, strlen(value));
}

void signed_we_sign(const char *value, uint32_t counter)
{
    uint8_t pdu[SIGNED_MAX] = {KITH_ATT_SIGNED_WRITE_COMMAND, 0x21, 0x00};
    char text[3 * SIGNED_MAX + 1];
    size_t len = 3 + strlen(value);

    memcpy(pdu + 3, value, len - 3);
    judge_sign(peer.our_csrk, pdu, len, counter, pdu + len);
    for (size_t i = 0; i < len + 12; i++)
        (void)snprintf(text + 3 * i, 4, "%02x ", pdu[i]);
    bench_we_send(KITH_CID_ATT, text);
}
