/* GATT/CL: requests that a server refuses, values that it signs for, tables that change, and servers that fall silent.
 * Core Vol 3 Part F 3.4.1.1, 3.3.3; Part G 4, 7; Part C 10.3.1. */
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "client_bench.h"
#include "judge.h"

/* ---- refusals ---- */

/* Pairing does not make one authorized: told, whatever the policy, and nothing begins because of it. */
static void authorization_is_reported(const cl_operation *operation)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++) {
            bench_round("%s, %s", cl_role_name(role), cl_raise_name((kith_gatt_raise)raise));
            begin_client(role, (kith_gatt_raise)raise);
            meet();
            we_ask(operation);
            peer_refuses(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION);
            it_is_refused(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHORIZATION, KITH_LEVEL_NONE);
            we_ask(operation); /* the next may be let through */
            peer_serves(operation);
            it_is_delivered(operation, KITH_LEVEL_NONE);
        }
}

static void is_reported_without_pairing(const cl_operation *operation, bench_role role, kith_gatt_raise raise)
{
    bench_round("%s, %s", cl_role_name(role), cl_raise_name(raise));
    begin_client(role, raise);
    meet();
    we_ask(operation);
    peer_refuses(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    it_is_refused(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION, KITH_LEVEL_NONE);
}

/* Paired by itself, and once more: it is delivered then, or refused for good. */
static void is_repeated_after_pairing(const cl_operation *operation, bench_role role, bool bonding, bool is_served)
{
    /* A long value whose first part came in plain is worth no more. */
    kith_level level = operation->refused > 0 ? KITH_LEVEL_NONE : KITH_LEVEL_ENCRYPTED;

    bench_round("%s, by pairing%s, %s", cl_role_name(role), bonding ? "" : " without a bond",
                is_served ? "served" : "refused again");
    begin_client(role, KITH_GATT_RAISE_PAIR);
    if (!bonding)
        without_bonds();
    meet();
    we_ask(operation);
    peer_refuses(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    we_want_pairing(bonding ? AUTH_BOND : KITH_AUTH_SC);
    it_is_held(operation);
    peer_pairs();
    if (is_served) {
        peer_serves_now(operation);
        it_is_delivered(operation, level);
    } else {
        peer_refuses_again(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
        it_is_refused(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION, level);
    }
}

static void ends_as_refused_where_the_peer_does_not_pair(const cl_operation *operation, bench_role role)
{
    bench_round("%s, by pairing, and the peer does not", cl_role_name(role));
    begin_client(role, KITH_GATT_RAISE_PAIR);
    meet();
    we_ask(operation);
    peer_refuses(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    we_want_pairing(AUTH_BOND);
    peer_disagrees(KITH_SMP_PAIRING_NOT_SUPPORTED);
    it_is_refused(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION, KITH_LEVEL_NONE);
}

static void authentication_is_reported(const cl_operation *operation)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        is_reported_without_pairing(operation, role, KITH_GATT_RAISE_NOT);
        is_reported_without_pairing(operation, role, KITH_GATT_RAISE_BOND);
        for (int bonding = 0; bonding <= 1; bonding++) {
            is_repeated_after_pairing(operation, role, bonding, true);
            is_repeated_after_pairing(operation, role, bonding, false);
        }
        ends_as_refused_where_the_peer_does_not_pair(operation, role);
    }
}

/* Encrypted with a key of 7 octets, of a pairing that is a bond or not. */
static void meet_with_a_short_key(bench_role role, kith_gatt_raise raise, bool bonding)
{
    begin_client(role, raise);
    bench.config.security.min_key_size = 7;
    if (!bonding)
        without_bonds();
    peer.features[3] = 7;
    meet();
    pair_completely();
    peer.features[3] = 16; /* it could do better */
}

static void short_key_is_reported(const cl_operation *operation, bench_role role, kith_gatt_raise raise, bool bonding)
{
    bench_round("%s, %s%s", cl_role_name(role), cl_raise_name(raise), bonding ? ", bonded" : "");
    meet_with_a_short_key(role, raise, bonding);
    we_ask(operation);
    peer_refuses(operation, KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT);
    it_is_refused(operation, KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT, KITH_LEVEL_ENCRYPTED);
}

/* A pairing that is no bond is made anew, with 16 octets or not at all. */
static void short_key_is_paired_for(const cl_operation *operation, bench_role role, uint8_t peer_has)
{
    bench_round("%s, by pairing, the peer has %u octets", cl_role_name(role), peer_has);
    meet_with_a_short_key(role, KITH_GATT_RAISE_PAIR, false);
    peer.features[3] = peer_has;
    open_window();
    we_ask(operation);
    peer_refuses(operation, KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT);
    we_want_pairing(KITH_AUTH_SC);
    it_is_held(operation);
    if (peer_has == 16) {
        peer_pairs();
        peer_serves_now(operation);
        it_is_delivered(operation, KITH_LEVEL_ENCRYPTED);
        return;
    }
    we_refuse_features(KITH_SMP_ENCRYPTION_KEY_SIZE, KITH_WHY_KEY_SIZE);
    it_is_refused(operation, KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT, KITH_LEVEL_ENCRYPTED);
}

static void key_size_is_reported(const cl_operation *operation)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        short_key_is_reported(operation, role, KITH_GATT_RAISE_NOT, false);
        short_key_is_reported(operation, role, KITH_GATT_RAISE_BOND, false);
        short_key_is_reported(operation, role, KITH_GATT_RAISE_BOND, true);
        short_key_is_reported(operation, role, KITH_GATT_RAISE_PAIR, true);
        short_key_is_paired_for(operation, role, 16);
        short_key_is_paired_for(operation, role, 15);
    }
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-03-C", "Read: Insufficient Authorization")
{
    authorization_is_reported(&cl_read);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-04-C", "Read: Insufficient Authentication")
{
    authentication_is_reported(&cl_read);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-05-C", "Read: Encryption Key Size Too Short")
{
    key_size_is_reported(&cl_read);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-09-C", "Read by UUID: Insufficient Authorization")
{
    authorization_is_reported(&cl_read_by_uuid);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-10-C", "Read by UUID: Insufficient Authentication")
{
    authentication_is_reported(&cl_read_by_uuid);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-11-C", "Read by UUID: Encryption Key Size Too Short")
{
    key_size_is_reported(&cl_read_by_uuid);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-15-C", "Long read: Insufficient Authorization")
{
    authorization_is_reported(&cl_read_long);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-16-C", "Long read: Insufficient Authentication")
{
    authentication_is_reported(&cl_read_long);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-17-C", "Long read: Encryption Key Size Too Short")
{
    key_size_is_reported(&cl_read_long);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-20-C", "Read multiple: Insufficient Authorization")
{
    authorization_is_reported(&cl_read_multiple);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-21-C", "Read multiple: Insufficient Authentication")
{
    authentication_is_reported(&cl_read_multiple);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-22-C", "Read multiple: Encryption Key Size Too Short")
{
    key_size_is_reported(&cl_read_multiple);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-40-C", "Read multiple variable: Insufficient Authorization")
{
    authorization_is_reported(&cl_read_variable);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-42-C", "Read multiple variable: Insufficient Authentication")
{
    authentication_is_reported(&cl_read_variable);
}

CONFORMANCE_ONCE("GATT/CL/GAR/BI-44-C", "Read multiple variable: Encryption Key Size Too Short")
{
    key_size_is_reported(&cl_read_variable);
}

CONFORMANCE_ONCE("GATT/CL/GAW/BI-04-C", "Write: Insufficient Authorization")
{
    authorization_is_reported(&cl_write);
}

CONFORMANCE_ONCE("GATT/CL/GAW/BI-05-C", "Write: Insufficient Authentication")
{
    authentication_is_reported(&cl_write);
}

CONFORMANCE_ONCE("GATT/CL/GAW/BI-06-C", "Write: Encryption Key Size Too Short")
{
    key_size_is_reported(&cl_write);
}

CONFORMANCE_ONCE("GATT/CL/GAW/BI-11-C", "Long write: Insufficient Authorization")
{
    authorization_is_reported(&cl_write_long);
}

CONFORMANCE_ONCE("GATT/CL/GAW/BI-12-C", "Long write: Insufficient Authentication")
{
    authentication_is_reported(&cl_write_long);
}

CONFORMANCE_ONCE("GATT/CL/GAW/BI-13-C", "Long write: Encryption Key Size Too Short")
{
    key_size_is_reported(&cl_write_long);
}
