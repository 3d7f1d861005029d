/* GAP/SEC/CSIGN, and the ids of GATT that take signed writes: security mode 2 in both roles.  Core Vol 3 Part C 10.2.2,
 * 10.4, Part F 3.4.5.4, Part G 4.9.2. */
#include <string.h>

#include "case.h"
#include "kept_store.h"
#include "signed_writes.h"

#define EACH_ROLE(role) for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)

CONFORMANCE_ONCE("GAP/SEC/CSIGN/BV-01-C", "We send correctly signed data, with a counter that goes on")
{
    EACH_ROLE(role)
    {
        meet_signing(role);
        check_ok(sign("ab"));
        we_sign("ab", 0);
        connect_again();
        check_ok(sign("cd"));
        we_sign("cd", 1);
    }
}

CONFORMANCE_ONCE("GAP/SEC/CSIGN/BV-02-C", "Code and counter are verified, and the data is told")
{
    EACH_ROLE(role)
    {
        meet_signing(role);
        peer_signs(SIGNED, "on", 0);
        we_believe("on");
        peer_signs(SIGNED, "off", 1);
        we_believe("off");
        connect_again();
        peer_signs(SIGNED, "on", 2);
        we_believe("on");
        we_ignore();
    }
}

/* A key that differs in one bit, ours that comes back to us, and none. */
static void use_wrong_key(unsigned which)
{
    if (which == 0)
        peer.csrk[15] ^= 0x80;
    else if (which == 1)
        memcpy(peer.csrk, peer.our_csrk, sizeof peer.csrk);
    else
        memset(peer.csrk, 0, sizeof peer.csrk);
}

CONFORMANCE_ONCE("GAP/SEC/CSIGN/BI-01-C", "Data that is signed with another key is discarded without a word")
{
    EACH_ROLE(role)
    {
        uint8_t right[16];

        meet_signing(role);
        memcpy(right, peer.csrk, sizeof right);
        for (unsigned which = 0; which < 3; which++) {
            use_wrong_key(which);
            peer_signs(SIGNED, "on", 0);
            we_ignore();
            memcpy(peer.csrk, right, sizeof right);
        }
        peer_signs(SIGNED, "on", 0);
        we_believe("on");
    }
}

static void counters_outlive_a_restart(bench_role role)
{
    get_ready(role);
    memset(&kept, 0, sizeof kept);
    bench.config.store = &kept_store;
    power_on();
    open_window();
    connect_link();
    pair_completely();
    connect_again();
    peer_signs(SIGNED, "on", 0);
    we_believe("on");
    peer_signs(SIGNED, "on", 1);
    we_believe("on");
    restart();
    connect_link();
    peer_signs(SIGNED, "on", 0);
    we_ignore();
    peer_signs(SIGNED, "on", 1);
    we_ignore();
    peer_signs(SIGNED, "on", 2);
    we_believe("on");
}

CONFORMANCE_ONCE("GAP/SEC/CSIGN/BI-02-C", "Of the counters 0, 1 and 0 the third is discarded")
{
    EACH_ROLE(role)
    {
        meet_signing(role);
        peer_signs(SIGNED, "on", 0);
        we_believe("on");
        peer_signs(SIGNED, "on", 1);
        we_believe("on");
        peer_signs(SIGNED, "on", 0);
        we_ignore();
        connect_again();
        peer_signs(SIGNED, "on", 0);
        we_ignore();
        peer_signs(SIGNED, "on", 1);
        we_ignore();
        peer_signs(SIGNED, "on", 2);
        we_believe("on");
        counters_outlive_a_restart(role);
    }
}

CONFORMANCE_ONCE("GAP/SEC/CSIGN/BI-03-C", "The bond was deleted here: the data is discarded, and we do not pair anew")
{
    EACH_ROLE(role)
    {
        meet_signing(role);
        peer_signs(SIGNED, "on", 0);
        we_believe("on");
        check_ok(kith_bonds_forget(bench.host, bench.claimed));
        we_emit(KITH_EVENT_FORGOTTEN);
        connect_again();
        check(bench.claimed == 0);
        peer_signs(SIGNED, "on", 1);
        we_ignore();
        time_passes(5000);
        we_ignore();
    }
}

CONFORMANCE_ONCE("GAP/SEC/CSIGN/BI-04-C", "A key of an unauthenticated bond does not sign where level 2 is asked for")
{
    EACH_ROLE(role)
    {
        meet_signing(role);
        peer_signs(SIGNED_AUTHENTICATED, "on", 0);
        we_ignore();
        peer_signs(SIGNED, "on", 1); /* its key is good otherwise */
        we_believe("on");
        meet_signing_compared(role);
        peer_signs(SIGNED_AUTHENTICATED, "on", 0);
        we_believe_as(KITH_LEVEL_SC_AUTHENTICATED, SIGNED_AUTHENTICATED, "on");
    }
}

/* ---- GATT ---- */

CONFORMANCE_ONCE("GATT/SR/GAW/BV-02-C", "A Signed Write Command with a valid signature is taken, and not answered")
{
    EACH_ROLE(role)
    {
        meet_signing(role);
        peer_signs(SIGNED, "12345678", 0); /* as long as one can be */
        we_believe("12345678");
        peer_signs(SIGNED, "", 1);
        we_believe("");
        we_ignore();
    }
}

/* Each octet of value, counter and code, and the handle: the code of one value is not good for another. */
CONFORMANCE_ONCE("GATT/SR/GAW/BI-01-C", "A Signed Write Command with an invalid signature is ignored")
{
    EACH_ROLE(role)
    {
        uint8_t pdu[SIGNED_MAX];
        size_t len;

        meet_signing_compared(role);
        len = signed_make(pdu, SIGNED, "on", 0);
        for (size_t octet = 3; octet < len; octet++) {
            pdu[octet] ^= 0x01;
            bench_peer_sends_octets(KITH_CID_ATT, pdu, len);
            we_ignore();
            pdu[octet] ^= 0x01;
        }
        pdu[1] = SIGNED_AUTHENTICATED;
        bench_peer_sends_octets(KITH_CID_ATT, pdu, len);
        we_ignore();
        pdu[1] = SIGNED;
        bench_peer_sends_octets(KITH_CID_ATT, pdu, len);
        we_believe_as(KITH_LEVEL_SC_AUTHENTICATED, SIGNED, "on");
    }
}

/* With an MTU of 23 eight octets fit before the signature, which is right here. */
CONFORMANCE_ONCE("GATT/SR/GAW/BI-40-C", "A Signed Write Command with a value that is too long is ignored")
{
    EACH_ROLE(role)
    {
        meet_signing(role);
        peer_signs(SIGNED, "123456789", 0);
        we_ignore();
        peer_signs(SIGNED, "1234567890123456789012345", 1);
        we_ignore();
        peer_signs(SIGNED, "12345678", 0); /* neither of them was counted */
        we_believe("12345678");
    }
}
