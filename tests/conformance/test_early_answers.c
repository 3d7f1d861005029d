/* Whoever speaks under a bonded server's address before the link is encrypted must not have its values told as ones
 * that came over the encrypted link (BLESA): what answers a request that has not gone was made up, and what was asked
 * or answered in plain is told as plain.  Core Vol 3 Part F 3.3.2. */
#include "case.h"
#include "client_bench.h"

/* Up to the moment at which the controller has the key and has not spoken yet: what comes now may come before the
 * event that says that encryption is on, and is looked at after it. */
static void encryption_begins(void)
{
    if (bench.role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_start_encryption(peer.ltk);
    } else {
        controller_asks_for_key(0, 0);
        we_give_key(peer.ltk);
    }
}

static void meet_and_begin_encryption(bench_role role, kith_gatt_raise raise)
{
    bench_round("%s, %s", cl_role_name(role), cl_raise_name(raise));
    begin_client(role, raise);
    meet_bonded();
    encryption_begins();
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

/* Asked in plain, and answered before or after: nothing vouches for it. */
SENTENCE(what_was_asked_in_plain_is_told_as_plain)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int is_early = 0; is_early <= 1; is_early++) {
            bench_round("%s, answered %s", cl_role_name(role), is_early ? "before" : "after");
            begin_client(role, KITH_GATT_RAISE_NOT);
            bench.config.transport_reorders = true;
            meet_bonded();
            we_ask(&cl_read);
            we_answer("0a 21 00");
            encryption_begins();
            if (is_early)
                peer_asks("0b 6f 6e");
            encryption_comes_on();
            if (!is_early)
                peer_asks("0b 6f 6e");
            it_is_delivered(&cl_read, KITH_LEVEL_NONE);
            we_ask(&cl_read); /* and the next is another */
            peer_serves(&cl_read);
            it_is_delivered(&cl_read, KITH_LEVEL_ENCRYPTED);
        }
}

/* A long value is worth what its weakest part is worth. */
SENTENCE(a_value_that_began_in_plain_is_told_as_plain)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", cl_role_name(role));
        begin_client(role, KITH_GATT_RAISE_NOT);
        meet_bonded();
        we_ask(&cl_read_long);
        we_answer(cl_read_long.steps[0].request);
        encryption_begins();
        peer_asks(cl_read_long.steps[0].answer);
        encryption_comes_on();
        peer_serves_now(&cl_read_long);
        it_is_delivered(&cl_read_long, KITH_LEVEL_NONE);
    }
}
