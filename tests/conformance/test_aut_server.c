/* GAP/SEC/AUT, our server: refused until the link is authenticated, and by which name.  Core Vol 3 Part C 10.3.1.1,
 * Table 10.2. */
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "client_bench.h"

enum { AUTHENTICATED = 1, ENCRYPTED = 2 };

static uint8_t octets[2];
static kith_variable variable = {octets, sizeof octets, 0, sizeof octets};
static const kith_characteristic values[] = {
    {.uuid = KITH_UUID16(0x2a56),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_AUTHENTICATED | KITH_WRITE_AUTHENTICATED,
     .id = AUTHENTICATED,
     .variable = &variable},
    {.uuid = KITH_UUID16(0x2a57),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
     .permissions = KITH_READ_ENCRYPTED | KITH_WRITE_ENCRYPTED,
     .id = ENCRYPTED,
     .variable = &variable},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = values, .characteristic_count = 2}};

static void begin_server(bench_role role)
{
    bench_round("%s", cl_role_name(role));
    begin_client(role, KITH_GATT_RAISE_NOT);
    both_can_compare();
    peer.features[2] = AUTH_BOND;
    bench.config.services = services;
    bench.config.service_count = 1;
    memcpy(octets, "on", 2);
}

/* Read and written; neither does anything. */
static void is_refused(uint16_t id, kith_att_error error)
{
    unsigned handle = kith_gatt_handle(bench.host, id);
    uint8_t read[3] = {0x0a, (uint8_t)handle, 0}, write[5] = {0x12, (uint8_t)handle, 0, 'o', 'f'};
    char refusal[32];

    (void)snprintf(refusal, sizeof refusal, "01 0a %02x 00 %02x", handle, error);
    bench_peer_sends_octets(KITH_CID_ATT, read, sizeof read);
    we_answer(refusal);
    refusal[4] = '2';
    refusal[3] = '1';
    bench_peer_sends_octets(KITH_CID_ATT, write, sizeof write);
    we_answer(refusal);
    we_emit_nothing();
    we_send_nothing(); /* it is the client's to pair */
    check(memcmp(octets, "on", 2) == 0);
}

static void is_served(uint16_t id)
{
    unsigned handle = kith_gatt_handle(bench.host, id);
    uint8_t read[3] = {0x0a, (uint8_t)handle, 0}, write[5] = {0x12, (uint8_t)handle, 0, 'o', 'f'};

    bench_peer_sends_octets(KITH_CID_ATT, read, sizeof read);
    we_answer("0b 6f 6e");
    bench_peer_sends_octets(KITH_CID_ATT, write, sizeof write);
    we_answer("13");
    we_emit(KITH_EVENT_VALUE_WRITTEN);
    check(memcmp(octets, "of", 2) == 0);
    memcpy(octets, "on", 2);
}

/* The client begins: a Pairing Request, or a Security Request to us. */
static void peer_pairs_as(uint8_t auth_req)
{
    peer.features[2] = auth_req;
    open_window();
    if (bench.role == CENTRAL) {
        uint8_t request[2] = {KITH_SMP_SECURITY_REQUEST, auth_req};

        bench_peer_sends_octets(KITH_CID_SMP, request, sizeof request);
        we_want_pairing(AUTH_BOND);
    }
    peer_pairs();
}

static void first_without_and_then_with_authentication(bench_role role)
{
    begin_server(role);
    power_on();
    connect_link();
    is_refused(AUTHENTICATED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    peer_pairs_as(AUTH_BOND);
    check(bench_level() == KITH_LEVEL_ENCRYPTED);
    is_refused(AUTHENTICATED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    is_served(ENCRYPTED);
    peer_pairs_as(AUTH_BOND_MITM);
    check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
    is_served(AUTHENTICATED);
}

/* Our program begins, for what the client was refused. */
static void we_ask_for_authentication(bench_role role)
{
    begin_server(role);
    power_on();
    connect_link();
    is_refused(AUTHENTICATED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_AUTHENTICATED));
    we_want_pairing(AUTH_BOND_MITM);
    is_refused(AUTHENTICATED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION); /* not yet */
    peer_pairs();
    check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
    is_served(AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/AUT/BV-11-C", "Refused until the client has paired with authentication, as peripheral")
{
    first_without_and_then_with_authentication(PERIPHERAL);
}

CONFORMANCE("GAP/SEC/AUT/BV-12-C", "The same as central, which the client asks by Security Requests")
{
    first_without_and_then_with_authentication(CENTRAL);
}

CONFORMANCE("GAP/SEC/AUT/BV-13-C", "Refused until we have paired with authentication, as central")
{
    we_ask_for_authentication(CENTRAL);
}

CONFORMANCE("GAP/SEC/AUT/BV-14-C", "The same as peripheral, by a Security Request")
{
    we_ask_for_authentication(PERIPHERAL);
}

/* ---- the name of the refusal tells who has a key: 23, 24 ---- */

static void who_has_a_key_is_told_to_encrypt(bench_role role)
{
    begin_server(role);
    power_on();
    connect_link();
    is_refused(ENCRYPTED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    peer_pairs_as(AUTH_BOND);
    is_served(ENCRYPTED);
    meet_again();
    is_refused(ENCRYPTED, KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION);
    if (role == CENTRAL)
        peer_sends("0b 09");
    the_bond_encrypts();
    is_served(ENCRYPTED);

    check_ok(kith_bonds_forget(bench.host, cl_bond().peer)); /* no key any more */
    we_emit(KITH_EVENT_FORGOTTEN);
    we_disconnect(KITH_HCI_REMOTE_USER_TERMINATED);
    connect_link();
    is_refused(ENCRYPTED, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
}

CONFORMANCE("GAP/SEC/AUT/BV-23-C", "Insufficient Encryption for who has a key, Insufficient Authentication for who has "
                                   "none, as peripheral")
{
    who_has_a_key_is_told_to_encrypt(PERIPHERAL);
}

CONFORMANCE("GAP/SEC/AUT/BV-24-C", "The same as central")
{
    who_has_a_key_is_told_to_encrypt(CENTRAL);
}
