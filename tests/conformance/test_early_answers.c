/* What answers a request of ours that has not gone yet was made up: whoever speaks under a bonded server's address would
 * have its values told as ones that came over the encrypted link (BLESA).  Core Vol 3 Part F 3.3.2. */
#include "case.h"
#include "client_bench.h"

/* Up to the moment at which the controller has the key and has not spoken yet: what comes now may come before the
 * event that says that encryption is on, and is looked at after it. */
static void meet_and_begin_encryption(bench_role role, kith_gatt_raise raise)
{
    bench_round("%s, %s", cl_role_name(role), cl_raise_name(raise));
    begin_client(role, raise);
    meet_bonded();
    if (role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_start_encryption(peer.ltk);
    } else {
        controller_asks_for_key(0, 0);
        we_give_key(peer.ltk);
    }
}

static void encryption_comes_on(void)
{
    encryption_changes(0);
    level_is(KITH_LEVEL_ENCRYPTED);
    we_emit(KITH_EVENT_ENCRYPTED);
}

SENTENCE(an_answer_from_before_encryption_is_none_to_a_request_that_waited_for_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++) {
            meet_and_begin_encryption(role, (kith_gatt_raise)raise);
            we_ask(&cl_read);
            it_waits(&cl_read);
            peer_asks("0b 6f 66"); /* another value */
            peer_asks("01 0a 21 00 08");
            it_waits(&cl_read);
            encryption_comes_on();
            peer_serves(&cl_read);
            it_is_delivered(&cl_read, KITH_LEVEL_ENCRYPTED);
        }
}

SENTENCE(an_answer_from_before_encryption_is_none_to_a_later_request)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_and_begin_encryption(role, KITH_GATT_RAISE_NOT);
        peer_asks("0b 6f 66");
        encryption_comes_on();
        we_ask(&cl_read);
        peer_serves(&cl_read);
        it_is_delivered(&cl_read, KITH_LEVEL_ENCRYPTED);
    }
}
