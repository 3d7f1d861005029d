/* Encryption Change and the first data of an encrypted link come in either order: over USB they take different pipes.
 * The outcome must be the same, and nothing may be believed before the controller says that encryption is on.
 * Core Vol 4 Part B 2 (endpoints), Part E 7.7.8. */
#include <string.h>

#include "case.h"
#include "peer.h"

static const uint8_t secret[] = {0x73, 0x33};
static const kith_characteristic characteristics[] = {{.uuid = KITH_UUID16(0x2a3d),
                                                       .properties = KITH_PROPERTY_READ,
                                                       .permissions = KITH_READ_ENCRYPTED,
                                                       .value = secret,
                                                       .value_len = sizeof secret}};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = characteristics, .characteristic_count = 1}};

#define READ_SECRET  "08 01 00 ff ff 3d 2a" /* Read By Type: String */
#define SECRET_READ  "09 04 ** ** 73 33"
#define NEVER_PAIRED "01 08 ** ** 05" /* Insufficient Authentication */
#define NOT_YET      "01 08 ** ** 0f" /* Insufficient Encryption: the key is there */

static void meet(bench_role role)
{
    begin(role);
    bench.config.services = services;
    bench.config.service_count = 1;
    bench.config.transport_reorders = true;
    peer_begin();
    power_on();
    open_window();
    connect_link();
}

static const char *role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

/* Up to the moment at which the controller has the key and has not spoken yet. */
static void begin_encryption(void)
{
    if (bench.role == PERIPHERAL) {
        controller_asks_for_key(0, 0);
        we_give_key(peer.ltk);
    } else
        we_start_encryption(peer.ltk);
}

static void pair_to_begin_of_encryption(bench_role role)
{
    meet(role);
    pair_to(STEP_CHECKS);
    begin_encryption();
}

static void bond_and_begin_encryption(bench_role role)
{
    meet(role);
    pair_completely();
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    connect_link();
    if (role == CENTRAL)
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    begin_encryption();
}

SENTENCE(a_protected_value_is_refused_in_plain)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        meet(role);
        peer_asks(READ_SECRET);
        we_answer(NEVER_PAIRED);
        pair_completely();
        peer_asks(READ_SECRET);
        we_answer(SECRET_READ);
    }
}

static void finish_keys(void)
{
    we_send_keys(KITH_KEY_ID);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    check(kith_bonds_count(bench.host) == 1);
}

SENTENCE(keys_that_overtake_encryption_change_are_taken_after_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s, in order", role_name(role));
        pair_to_begin_of_encryption(role);
        encryption_changes(0);
        peer_sends_keys(KITH_KEY_ID);
        level_is(KITH_LEVEL_ENCRYPTED);
        finish_keys();

        bench_round("%s, overtaken", role_name(role));
        pair_to_begin_of_encryption(role);
        peer_sends_keys(KITH_KEY_ID);
        we_send_nothing();
        we_emit_nothing();
        encryption_changes(0);
        level_is(KITH_LEVEL_ENCRYPTED);
        finish_keys();
    }
}

SENTENCE(keys_that_overtake_a_failed_encryption_are_not_taken)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        pair_to_begin_of_encryption(role);
        peer_sends_keys(KITH_KEY_ID);
        encryption_changes(KITH_HCI_UNSUPPORTED);
        we_fail(.why = KITH_WHY_CONTROLLER_REFUSED, .phase = KITH_PHASE_ENCRYPTION,
                .ended_by = KITH_ENDED_BY_CONTROLLER, .hci_status = KITH_HCI_UNSUPPORTED);
        we_send("05 07"); /* the keys, each: there is no pairing any more */
        we_send("05 07");
        check(kith_bonds_count(bench.host) == 0);
    }
}

SENTENCE(a_read_that_overtakes_encryption_change_is_answered_after_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s, pairing", role_name(role));
        pair_to_begin_of_encryption(role);
        peer_asks(READ_SECRET);
        we_answer_nothing();
        encryption_changes(0);
        we_answer(SECRET_READ);
        level_is(KITH_LEVEL_ENCRYPTED);
        if (role == PERIPHERAL)
            we_send_keys(KITH_KEY_ID);
        pair_from(STEP_ENCRYPTED, STEP_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);

        bench_round("%s, with the bond", role_name(role));
        bond_and_begin_encryption(role);
        peer_asks(READ_SECRET);
        we_answer_nothing();
        encryption_changes(0);
        level_is(KITH_LEVEL_ENCRYPTED);
        we_emit(KITH_EVENT_ENCRYPTED);
        we_answer(SECRET_READ);
    }
}

SENTENCE(a_read_that_overtakes_a_failed_encryption_is_refused)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s, pairing", role_name(role));
        pair_to_begin_of_encryption(role);
        peer_asks(READ_SECRET);
        we_answer_nothing();
        encryption_changes(KITH_HCI_UNSUPPORTED);
        we_answer(NEVER_PAIRED);
        we_fail(.why = KITH_WHY_CONTROLLER_REFUSED, .phase = KITH_PHASE_ENCRYPTION,
                .ended_by = KITH_ENDED_BY_CONTROLLER, .hci_status = KITH_HCI_UNSUPPORTED);

        bench_round("%s, with the bond", role_name(role));
        bond_and_begin_encryption(role);
        peer_asks(READ_SECRET);
        we_answer_nothing();
        encryption_changes(KITH_HCI_KEY_MISSING);
        we_fail_encryption(.why = KITH_WHY_PEER_SAYS_NO_KEY, .phase = KITH_PHASE_ENCRYPTION,
                           .ended_by = KITH_ENDED_BY_PEER, .hci_status = KITH_HCI_KEY_MISSING);
        we_answer(NOT_YET);
        check(kith_bonds_count(bench.host) == 1);
    }
}

SENTENCE(a_read_that_waited_dies_with_the_link)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        bond_and_begin_encryption(role);
        peer_asks(READ_SECRET);
        link_breaks(KITH_HCI_MIC_FAILURE);
        we_fail_encryption(.why = KITH_WHY_KEYS_DIFFER, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_LINK,
                           .hci_status = KITH_HCI_MIC_FAILURE);
        we_emit(KITH_EVENT_DISCONNECTED);
        we_answer_nothing();
        connect_link();
        peer_asks(READ_SECRET); /* the next connection starts in plain */
        we_answer(NOT_YET);
    }
}

/* "Encryption Change, success, off" is no success. */
SENTENCE(encryption_that_is_told_off_while_we_wait_protects_nothing)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s, pairing", role_name(role));
        pair_to_begin_of_encryption(role);
        encryption_goes_off();
        we_fail(.why = KITH_WHY_ENCRYPTION_LOST, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_CONTROLLER);
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
        check(kith_bonds_count(bench.host) == 0);

        bench_round("%s, with the bond", role_name(role));
        bond_and_begin_encryption(role);
        encryption_goes_off();
        we_fail_encryption(.why = KITH_WHY_ENCRYPTION_LOST, .phase = KITH_PHASE_ENCRYPTION,
                           .ended_by = KITH_ENDED_BY_CONTROLLER);
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    }
}

/* A controller that never says how it ended: the procedure has its end all the same, and the read gets no value. */
SENTENCE(encryption_with_a_bond_that_never_ends_is_ended)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        bond_and_begin_encryption(role);
        time_passes(44999);
        we_emit_nothing();
        time_passes(1);
        we_fail_encryption(.why = KITH_WHY_ENCRYPTION_TIMEOUT, .phase = KITH_PHASE_ENCRYPTION,
                           .ended_by = KITH_ENDED_BY_TIMEOUT);
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
        check(kith_bonds_count(bench.host) == 1);
    }
}

/* What can't be kept waiting is handled at once, as plain: refused, never answered as encrypted. */
SENTENCE(a_flood_before_encryption_change_gets_no_secret)
{
    unsigned refused = 0;

    bond_and_begin_encryption(PERIPHERAL);
    for (int i = 0; i < 20; i++)
        peer_asks(READ_SECRET);
    while (refused < 20 && bench_att_waits()) {
        we_answer(NOT_YET);
        refused++;
    }
    check(refused > 0);
    encryption_changes(0);
    level_is(KITH_LEVEL_ENCRYPTED);
    we_emit(KITH_EVENT_ENCRYPTED);
    for (unsigned left = 20 - refused; left > 0 && bench_att_waits(); left--)
        we_answer(SECRET_READ);
}

/* A new key on an encrypted link is told by another event. */
SENTENCE(the_key_is_refreshed_with_the_bond)
{
    meet(PERIPHERAL);
    pair_completely();
    controller_asks_for_key(0, 0);
    we_give_key(peer.ltk);
    peer_asks(READ_SECRET);
    we_answer_nothing();
    key_refreshes(0);
    level_is(KITH_LEVEL_ENCRYPTED);
    we_emit(KITH_EVENT_ENCRYPTED);
    we_answer(SECRET_READ);
}

SENTENCE(encryption_that_goes_off_takes_the_secret_along)
{
    meet(PERIPHERAL);
    pair_completely();
    encryption_goes_off();
    level_is(KITH_LEVEL_NONE);
    peer_asks(READ_SECRET);
    we_answer_nothing(); /* the link is being ended */
    we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
    check(kith_bonds_count(bench.host) == 1);
}
