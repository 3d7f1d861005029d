/* SM/SIGN: signed data over links that are not encrypted.  Core Vol 3 Part C 10.4, Part F 3.4.5.4, Part H 2.4.5.
 * The same in both roles, since either side may serve. */
#include <string.h>

#include "case.h"
#include "signed_writes.h"

CONFORMANCE("SM/CEN/SIGN/BV-01-C", "We send signed data: code and counter are right")
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_signing(role);
        check_ok(sign("ab"));
        we_sign("ab", 0);
        check_ok(sign("ab"));
        we_sign("ab", 1);
        connect_again();
        check_ok(sign("12345678"));
        we_sign("12345678", 2);
        check_ok(sign(""));
        we_sign("", 3);
    }
}

CONFORMANCE("SM/CEN/SIGN/BV-03-C", "The peer sends signed data: it is verified and told")
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_signing(role);
        peer_signs(SIGNED, "on", 0);
        we_believe("on");
        peer_signs(SIGNED, "", 7);
        we_believe("");
        we_ignore();
    }
}

CONFORMANCE("SM/CEN/SIGN/BI-01-C", "Signed data with a wrong code is ignored")
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        uint8_t pdu[SIGNED_MAX];
        size_t len;

        meet_signing(role);
        len = signed_make(pdu, SIGNED, "on", 0);
        for (size_t octet = 3; octet < len; octet++) {
            pdu[octet] ^= 0x10;
            bench_peer_sends_octets(KITH_CID_ATT, pdu, len);
            we_ignore();
            pdu[octet] ^= 0x10;
        }
        bench_peer_sends_octets(KITH_CID_ATT, pdu, len);
        we_believe("on"); /* none of them moved the counter */
    }
}

CONFORMANCE("SM/SIGN/BI-02-C", "Signed data that comes twice more is ignored, the next is not")
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_signing(role);
        peer_signs(SIGNED, "on", 4);
        we_believe("on");
        peer_signs(SIGNED, "on", 4);
        we_ignore();
        connect_again();
        peer_signs(SIGNED, "on", 4);
        we_ignore();
        peer_signs(SIGNED, "of", 3);
        we_ignore();
        peer_signs(SIGNED, "on", 5);
        we_believe("on");
    }
}

/* ---- beyond the ids ---- */

SENTENCE(signing_is_off_unless_it_is_wanted)
{
    get_ready(PERIPHERAL);
    bench.config.security.signing = false;
    power_on();
    open_window();
    connect_link();
    pair_completely();
    connect_again();
    check_status(sign("ab"), KITH_ERR_UNSUPPORTED);
    peer_signs(SIGNED, "on", 0);
    we_ignore();
}

/* On an encrypted link neither side signs, and what is signed there is not looked at. */
SENTENCE(nothing_is_signed_on_an_encrypted_link)
{
    uint8_t rand_ediv_key[26] = {0};

    meet_signing(CENTRAL);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    check_status(sign("ab"), KITH_ERR_STATE); /* it is on its way */
    memcpy(rand_ediv_key + 10, peer.ltk, sizeof peer.ltk);
    bench_we_command(KITH_HCI_LE_ENABLE_ENCRYPTION, 2, rand_ediv_key, sizeof rand_ediv_key);
    encryption_changes(0);
    level_is(KITH_LEVEL_ENCRYPTED);
    we_emit(KITH_EVENT_ENCRYPTED);
    check_status(sign("ab"), KITH_ERR_STATE);
    peer_signs(SIGNED, "on", 0);
    we_ignore();
    connect_again();
    peer_signs(SIGNED, "on", 0); /* it was not even counted */
    we_believe("on");
}

/* What was signed in plain and waits when encryption begins is not sent after it. */
SENTENCE(what_was_signed_does_not_go_out_encrypted)
{
    uint8_t rand_ediv_key[26] = {0};
    uint32_t queued = 0;

    meet_signing(CENTRAL);
    bench.hold_completed = true;
    for (uint32_t i = 0; i < 4; i++) { /* the controller takes four */
        check_ok(sign("ab"));
        we_sign("ab", i);
    }
    while (sign("ab") == KITH_OK)
        queued++;
    check(queued > 0);
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    memcpy(rand_ediv_key + 10, peer.ltk, sizeof peer.ltk);
    bench_we_command(KITH_HCI_LE_ENABLE_ENCRYPTION, 2, rand_ediv_key, sizeof rand_ediv_key);
    completed_packets();
    encryption_changes(0);
    level_is(KITH_LEVEL_ENCRYPTED);
    we_emit(KITH_EVENT_ENCRYPTED);
    we_answer_nothing();
    check(kith_host_dropped(bench.host) == queued);
}

/* GAP/SEC/CSIGN/BI-04-C; and a value that asks for encryption, or for nothing, does not ask for a signature. */
SENTENCE(a_signature_is_worth_its_bond_and_opens_nothing_else)
{
    meet_signing(PERIPHERAL);
    peer_signs(SIGNED_AUTHENTICATED, "on", 0);
    we_ignore();
    peer_signs(ENCRYPTED, "on", 0);
    we_ignore();
    peer_signs(OPEN, "on", 0);
    we_ignore();
    peer_signs(99, "on", 0);
    we_ignore();
    peer_asks("52 09 00 6f 6e"); /* without a signature */
    we_ignore();
    peer_signs(SIGNED, "on", 0);
    we_believe("on");
}

/* GAP/SEC/CSIGN/BI-01-C */
SENTENCE(another_peers_key_signs_nothing)
{
    uint8_t right[16];

    meet_signing(PERIPHERAL);
    memcpy(right, peer.csrk, sizeof right);
    peer.csrk[15] ^= 0x80;
    peer_signs(SIGNED, "on", 0);
    we_ignore();
    memcpy(peer.csrk, peer.our_csrk, sizeof peer.csrk); /* ours, reflected */
    peer_signs(SIGNED, "on", 0);
    we_ignore();
    memset(peer.csrk, 0, sizeof peer.csrk);
    peer_signs(SIGNED, "on", 0);
    we_ignore();
    memcpy(peer.csrk, right, sizeof right);
    peer_signs(SIGNED, "on", 0);
    we_believe("on");
}

/* A reflected PDU of ours is signed with our key, and a stranger has none at all. */
SENTENCE(a_peer_that_gave_no_key_signs_nothing)
{
    get_ready(PERIPHERAL);
    bench.config.security.initiator_keys = peer.features[4] = 0;
    power_on();
    open_window();
    connect_link();
    pair_completely();
    connect_again();
    memset(peer.csrk, 0, sizeof peer.csrk);
    peer_signs(SIGNED, "on", 0);
    we_ignore();
    check_ok(sign("ab")); /* the other way round a key was given */
    we_sign("ab", 0);
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    bench.peer_address.octets[0] ^= 1;
    connect_link();
    peer_signs(SIGNED, "on", 0);
    we_ignore();
    check_status(sign("ab"), KITH_ERR_NOT_FOUND);
}

SENTENCE(we_sign_for_nobody_who_has_not_our_key)
{
    get_ready(PERIPHERAL);
    bench.config.security.responder_keys = peer.features[5] = 0;
    power_on();
    open_window();
    connect_link();
    pair_completely();
    connect_again();
    check_status(sign("ab"), KITH_ERR_NOT_FOUND);
    peer_signs(SIGNED, "on", 0);
    we_believe("on");
}

/* GAP/SEC/CSIGN/BI-03-C: the bond was forgotten here. */
SENTENCE(a_forgotten_bond_signs_nothing)
{
    meet_signing(PERIPHERAL);
    check_ok(kith_bonds_forget(bench.host, bench.claimed));
    we_emit(KITH_EVENT_FORGOTTEN);
    peer_signs(SIGNED, "on", 0);
    we_ignore();
    check_status(sign("ab"), KITH_ERR_NOT_FOUND);
    connect_again();
    peer_signs(SIGNED, "on", 1);
    we_ignore();
}

SENTENCE(a_new_bond_counts_anew_and_a_key_that_stays_goes_on)
{
    for (int fresh = 0; fresh < 2; fresh++) {
        meet_signing(PERIPHERAL);
        peer_signs(SIGNED, "on", 4);
        we_believe("on");
        check_ok(sign("ab"));
        we_sign("ab", 0);
        peer.csrk[0] = (uint8_t)(peer.csrk[0] ^ fresh);
        open_window();
        pair_completely();
        connect_again();
        check_ok(sign("ab")); /* our key is drawn for each bond */
        we_sign("ab", 0);
        peer_signs(SIGNED, "on", 4);
        if (fresh)
            we_believe("on");
        else
            we_ignore();
        peer_signs(SIGNED, "on", 5);
        we_believe("on");
    }
}

SENTENCE(what_is_not_whole_is_ignored)
{
    meet_signing(PERIPHERAL);
    peer_asks("d2");
    peer_asks("d2 09 00");
    peer_asks("d2 10 00 00 00 00 00 11 12 13 14 15 16 17");
    we_ignore();
    peer_signs(SIGNED, "12345678", 0); /* the longest with an MTU of 23 */
    we_believe("12345678");
    peer_signs(SIGNED, "123456789", 1);
    we_ignore();
    check_status(sign("123456789"), KITH_ERR_VALUE);
    check_status(kith_gatt_write_signed(bench.host, bench.link, 0, NULL, 0), KITH_ERR_VALUE);
    check_status(kith_gatt_write_signed(bench.host, bench.link + 1, 1, NULL, 0), KITH_ERR_NOT_FOUND);
    check_ok(sign("ab")); /* what was refused used no counter */
    we_sign("ab", 0);
}

/* The highest counter is good once; then only a new key helps. */
SENTENCE(the_peers_counter_does_not_come_round)
{
    meet_signing(PERIPHERAL);
    peer_signs(SIGNED, "on", UINT32_MAX - 1);
    we_believe("on");
    peer_signs(SIGNED, "on", UINT32_MAX);
    we_believe("on");
    peer_signs(SIGNED, "on", UINT32_MAX);
    we_ignore();
    for (uint32_t counter = 0; counter < 3; counter++) {
        peer_signs(SIGNED, "on", counter);
        we_ignore();
    }
}
