/* GAP/SEC/SEM, Secure Connections Only mode: level 4 or nothing, whatever level a service would be content with.
 * Core Vol 3 Part C 10.2.4; 10.3.1 (incoming service requests, our server's), 10.3.2 (outgoing ones, our client's).
 *
 * Incoming, levels are those of our values; outgoing, those that the peer is content with, which shows in the
 * authentication that it asks for. */
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "client_bench.h"

static const kith_characteristic values[] = {
    {.uuid = KITH_UUID16(0x2a56),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED,
     .id = KITH_LEVEL_ENCRYPTED,
     .value = (const uint8_t *)"on",
     .value_len = 2},
    {.uuid = KITH_UUID16(0x2a57),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_AUTHENTICATED,
     .id = KITH_LEVEL_AUTHENTICATED,
     .value = (const uint8_t *)"on",
     .value_len = 2},
    {.uuid = KITH_UUID16(0x2a58),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_SC_AUTHENTICATED,
     .id = KITH_LEVEL_SC_AUTHENTICATED,
     .value = (const uint8_t *)"on",
     .value_len = 2},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = values, .characteristic_count = 3}};

static uint8_t handle_of(kith_level level)
{
    return (uint8_t)kith_gatt_handle(bench.host, (uint16_t)level);
}

/* Weakenings are allowed, and count for nothing: level 4 goes without saying. */
static void begin_sc_only(bench_role role, kith_level level)
{
    begin_client(role, KITH_GATT_RAISE_PAIR);
    both_can_compare();
    peer.features[2] = level == KITH_LEVEL_ENCRYPTED ? AUTH_BOND : AUTH_BOND_MITM;
    bench.config.services = services;
    bench.config.service_count = 1;
    bench.config.security.methods = kith_all_methods;
    bench.config.security.sc_only = true;
    bench.config.security.legacy = true;
    bench.config.security.before_core_6_2 = true;
    bench.config.security.min_key_size = 7;
}

static void name_round(bench_role role, kith_level level, const char *what)
{
    bench_round("%s, level %u, %s", cl_role_name(role), level, what);
}

/* ---- what the peer lacks ---- */

typedef struct {
    const char *name;
    unsigned octet; /* of its features */
    uint8_t value;
    kith_smp_reason reason;
    kith_why why;
} lack;

static const lack lacks_inputs = {"the peer has no inputs", 0, KITH_IO_NO_INPUT_NO_OUTPUT,
                                  KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE};
static const lack lacks_sc = {"the peer has no Secure Connections", 2, KITH_AUTH_BONDING,
                              KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_SC_REQUIRED};
static const lack lacks_sc_with_mitm = {"the peer has none, but a passkey", 2, KITH_AUTH_BONDING | KITH_AUTH_MITM,
                                        KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_SC_REQUIRED};

/* ---- outgoing: our client ---- */

static void we_ask_in_plain(bench_role role, kith_level level, const char *what)
{
    name_round(role, level, what);
    begin_sc_only(role, level);
    meet();
    we_ask(&cl_read);
    peer_refuses(&cl_read, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
}

static void outgoing_at_level_4(bench_role role, kith_level level)
{
    we_ask_in_plain(role, level, "level 4 comes of it");
    we_want_pairing(AUTH_BOND_MITM);
    it_is_held(&cl_read);
    peer_pairs();
    peer_serves_now(&cl_read);
    it_is_delivered(&cl_read, KITH_LEVEL_SC_AUTHENTICATED);
}

static void outgoing_fails(bench_role role, kith_level level, const lack *missing)
{
    we_ask_in_plain(role, level, missing->name);
    peer.features[missing->octet] = missing->value;
    we_want_pairing(AUTH_BOND_MITM);
    we_refuse_features(missing->reason, missing->why);
    it_is_refused(&cl_read, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION, KITH_LEVEL_NONE);
    check(kith_bonds_count(bench.host) == 0);
}

/* A bond of before that mode is no key any more, and nothing goes in plain because of it. */
static void outgoing_with_an_older_bond(bench_role role, kith_level level)
{
    name_round(role, level, "an older bond");
    begin_sc_only(role, level);
    bench.config.security.sc_only = false;
    peer.features[0] = KITH_IO_NO_INPUT_NO_OUTPUT;
    meet_bonded();
    check(cl_bond().level == KITH_LEVEL_ENCRYPTED);
    bench.config.security.sc_only = true;
    check_ok(kith_security_set(bench.host, &bench.config.security));
    we_ask(&cl_read);
    it_was_not_sent(&cl_read);
}

static void outgoing(bench_role role, kith_level level)
{
    outgoing_at_level_4(role, level);
    outgoing_fails(role, level, &lacks_inputs);
    outgoing_with_an_older_bond(role, level);
}

/* ---- incoming: our server ---- */

static void peer_reads(kith_level level)
{
    uint8_t read[3] = {0x0a, handle_of(level), 0};

    bench_peer_sends_octets(KITH_CID_ATT, read, sizeof read);
}

static void it_is_told_to_pair(kith_level level)
{
    char refusal[32];

    (void)snprintf(refusal, sizeof refusal, "01 0a %02x 00 05", handle_of(level));
    peer_reads(level);
    we_answer(refusal);
    we_send_nothing();
}

static void peer_is_refused_in_plain(bench_role role, kith_level level, const char *what)
{
    name_round(role, level, what);
    begin_sc_only(role, level);
    meet();
    it_is_told_to_pair(level);
}

/* The client begins: as a central by a Pairing Request, as a peripheral by a Security Request to us. */
static void peer_begins(void)
{
    uint8_t request[2] = {KITH_SMP_SECURITY_REQUEST, peer.features[2]};

    if (bench.role == PERIPHERAL)
        return;
    bench_peer_sends_octets(KITH_CID_SMP, request, sizeof request);
    we_want_pairing(AUTH_BOND_MITM);
}

static void incoming_at_level_4(bench_role role, kith_level level)
{
    peer_is_refused_in_plain(role, level, "level 4 comes of it");
    peer_begins();
    peer_agrees();
    it_is_told_to_pair(level); /* not yet */
    pair_from(STEP_FEATURES, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    peer_reads(level);
    we_answer("0b 6f 6e");
}

static void incoming_fails(bench_role role, kith_level level, const lack *missing)
{
    peer_is_refused_in_plain(role, level, missing->name);
    peer.features[missing->octet] = missing->value;
    peer_begins();
    we_refuse_features(missing->reason, missing->why);
    it_is_told_to_pair(level);
    check(kith_bonds_count(bench.host) == 0);
}

static void incoming(bench_role role, kith_level level)
{
    incoming_at_level_4(role, level);
    incoming_fails(role, level, &lacks_inputs);
}

/* ---- ids ---- */

CONFORMANCE("GAP/SEC/SEM/BV-21-C", "Secure Connections Only, our request, level 4, as peripheral")
{
    outgoing(PERIPHERAL, KITH_LEVEL_SC_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BV-37-C", "Secure Connections Only, our request, level 2, as peripheral")
{
    outgoing(PERIPHERAL, KITH_LEVEL_ENCRYPTED);
}

CONFORMANCE("GAP/SEC/SEM/BV-38-C", "Secure Connections Only, our request, level 3, as peripheral")
{
    outgoing(PERIPHERAL, KITH_LEVEL_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BV-22-C", "Secure Connections Only, the peer's request, level 4, as peripheral")
{
    incoming(PERIPHERAL, KITH_LEVEL_SC_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BV-39-C", "Secure Connections Only, the peer's request, level 2, as peripheral")
{
    incoming(PERIPHERAL, KITH_LEVEL_ENCRYPTED);
}

CONFORMANCE("GAP/SEC/SEM/BV-40-C", "Secure Connections Only, the peer's request, level 3, as peripheral")
{
    incoming(PERIPHERAL, KITH_LEVEL_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BV-26-C", "Secure Connections Only, our request, level 4, as central")
{
    outgoing(CENTRAL, KITH_LEVEL_SC_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BV-41-C", "Secure Connections Only, our request, level 2, as central")
{
    outgoing(CENTRAL, KITH_LEVEL_ENCRYPTED);
}

CONFORMANCE("GAP/SEC/SEM/BV-42-C", "Secure Connections Only, our request, level 3, as central")
{
    outgoing(CENTRAL, KITH_LEVEL_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BV-27-C", "Secure Connections Only, the peer's request, level 4, as central")
{
    incoming(CENTRAL, KITH_LEVEL_SC_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BV-43-C", "Secure Connections Only, the peer's request, level 2, as central")
{
    incoming(CENTRAL, KITH_LEVEL_ENCRYPTED);
}

CONFORMANCE("GAP/SEC/SEM/BV-44-C", "Secure Connections Only, the peer's request, level 3, as central")
{
    incoming(CENTRAL, KITH_LEVEL_AUTHENTICATED);
}

static void without_secure_connections(bench_role role, void (*fails)(bench_role, kith_level, const lack *))
{
    for (kith_level level = KITH_LEVEL_ENCRYPTED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
        fails(role, level, &lacks_sc);
        fails(role, level, &lacks_sc_with_mitm);
    }
}

CONFORMANCE("GAP/SEC/SEM/BV-23-C", "Our request fails where the peer lacks Secure Connections, as peripheral")
{
    without_secure_connections(PERIPHERAL, outgoing_fails);
}

CONFORMANCE("GAP/SEC/SEM/BV-24-C", "The peer's request fails where it lacks Secure Connections, as peripheral")
{
    without_secure_connections(PERIPHERAL, incoming_fails);
}

CONFORMANCE("GAP/SEC/SEM/BV-28-C", "Our request fails where the peer lacks Secure Connections, as central")
{
    without_secure_connections(CENTRAL, outgoing_fails);
}

CONFORMANCE("GAP/SEC/SEM/BV-29-C", "The peer's request fails where it lacks Secure Connections, as central")
{
    without_secure_connections(CENTRAL, incoming_fails);
}

/* ---- key sizes ---- */

/* Whoever asks, and although the policy would allow shorter keys. */
static void each_short_key_is_refused(bench_role role, kith_level level)
{
    for (uint8_t size = 7; size <= 15; size++) {
        char name[32];
        const lack key = {name, 3, size, KITH_SMP_ENCRYPTION_KEY_SIZE, KITH_WHY_KEY_SIZE};

        (void)snprintf(name, sizeof name, "%u octets", size);
        incoming_fails(role, level, &key);
        outgoing_fails(role, level, &key);
    }
}

CONFORMANCE("GAP/SEC/SEM/BI-09-C", "Level 4, keys of 7 to 15 octets are refused, as peripheral")
{
    each_short_key_is_refused(PERIPHERAL, KITH_LEVEL_SC_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BI-20-C",
            "Secure Connections Only, level 3, keys of 7 to 15 octets are refused, as peripheral")
{
    each_short_key_is_refused(PERIPHERAL, KITH_LEVEL_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BI-21-C",
            "Secure Connections Only, level 2, keys of 7 to 15 octets are refused, as peripheral")
{
    each_short_key_is_refused(PERIPHERAL, KITH_LEVEL_ENCRYPTED);
}

CONFORMANCE("GAP/SEC/SEM/BI-10-C", "Level 4, keys of 7 to 15 octets are refused, as central")
{
    each_short_key_is_refused(CENTRAL, KITH_LEVEL_SC_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BI-22-C", "Secure Connections Only, level 3, keys of 7 to 15 octets are refused, as central")
{
    each_short_key_is_refused(CENTRAL, KITH_LEVEL_AUTHENTICATED);
}

CONFORMANCE("GAP/SEC/SEM/BI-23-C", "Secure Connections Only, level 2, keys of 7 to 15 octets are refused, as central")
{
    each_short_key_is_refused(CENTRAL, KITH_LEVEL_ENCRYPTED);
}

/* ---- a bond that is lost ---- */

static kith_bond_keys meet_with_a_lost_bond(bool by_host)
{
    kith_bond_keys before;

    begin_sc_only(CENTRAL, KITH_LEVEL_SC_AUTHENTICATED);
    meet_bonded();
    before = cl_bond_keys();
    check(cl_bond().level == KITH_LEVEL_SC_AUTHENTICATED);
    if (by_host)
        we_ask(&cl_read);
    else
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_SC_AUTHENTICATED));
    peer_says_no_key();
    if (by_host)
        it_was_not_sent(&cl_read);
    we_send_nothing();
    check(cl_is_same_bond(&before));
    return before;
}

CONFORMANCE("GAP/SEC/SEM/BV-45-C", "A bond of level 4 fails: nothing more, or a person says to pair, at level 4 again")
{
    for (int by_host = 0; by_host <= 1; by_host++) {
        static const lack *const lacks[] = {&lacks_inputs, &lacks_sc, &lacks_sc_with_mitm};
        kith_bond_keys before;

        name_round(CENTRAL, KITH_LEVEL_SC_AUTHENTICATED, "no");
        (void)meet_with_a_lost_bond(by_host);

        for (unsigned i = 0; i < sizeof lacks / sizeof lacks[0]; i++) {
            name_round(CENTRAL, KITH_LEVEL_SC_AUTHENTICATED, lacks[i]->name);
            before = meet_with_a_lost_bond(by_host);
            check_ok(kith_security_pair(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
            we_want_pairing(AUTH_BOND_MITM);
            peer.features[lacks[i]->octet] = lacks[i]->value;
            we_refuse_features(lacks[i]->reason, lacks[i]->why);
            check(cl_is_same_bond(&before));
        }

        name_round(CENTRAL, KITH_LEVEL_SC_AUTHENTICATED, "yes");
        before = meet_with_a_lost_bond(by_host);
        check_ok(kith_security_pair(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_want_pairing(AUTH_BOND_MITM);
        peer_pairs();
        check(!cl_is_same_bond(&before) && cl_bond().level == KITH_LEVEL_SC_AUTHENTICATED);
    }
}
