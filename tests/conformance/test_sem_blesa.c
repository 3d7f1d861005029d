/* GAP/SEC/SEM/BV-56 to 67: what a bonded server tells before the link is encrypted is not handed on, as somebody else
 * may speak under its address (BLESA).  An indication is confirmed all the same, or the server would wait for ever.
 * Core Vol 3 Part C 10.3.2, Part F 3.4.7. */
#include <string.h>

#include "case.h"
#include "client_bench.h"

static const char *level_name(kith_level level)
{
    static const char *const names[] = {"", "plain", "level 2", "level 3", "Secure Connections Only"};

    return names[level];
}

/* A bond of this level: without inputs, with a key of 15 octets, with one of 16 and nothing less is taken. */
static void begin_for(bench_role role, kith_level level, kith_gatt_raise raise)
{
    bench_round("%s, %s, %s", cl_role_name(role), level_name(level), cl_raise_name(raise));
    begin_client(role, raise);
    if (level == KITH_LEVEL_ENCRYPTED)
        return;
    both_can_compare();
    bench.config.security.ask_mitm = true;
    bench.config.security.sc_only = level == KITH_LEVEL_SC_AUTHENTICATED;
    if (level == KITH_LEVEL_SC_AUTHENTICATED)
        return;
    bench.config.security.min_key_size = 7;
    peer.features[3] = 15;
}

static uint8_t subscribed_bits(bool indicated)
{
    return indicated ? KITH_SUBSCRIBED_INDICATE : KITH_SUBSCRIBED_NOTIFY;
}

static void we_subscribe(bool indicated)
{
    check_ok(kith_gatt_subscribe(bench.host, bench.link, 0x0021, 0x0022, subscribed_bits(indicated)));
    we_answer(indicated ? "12 22 00 02 00" : "12 22 00 01 00");
    peer_asks("13");
    check(we_emit(KITH_EVENT_SUBSCRIPTION_WRITTEN)->gatt.result == KITH_GATT_OK);
}

static void peer_tells(bool indicated)
{
    peer_asks(indicated ? "1d 21 00 6f 6e" : "1b 21 00 6f 6e");
    if (indicated)
        we_answer("1e");
    we_answer_nothing();
}

static void it_is_not_handed_on(bool indicated)
{
    uint32_t dropped = kith_host_dropped(bench.host);

    peer_tells(indicated);
    we_emit_nothing();
    check(kith_host_dropped(bench.host) == dropped + 1);
}

static void it_is_handed_on(bool indicated, kith_level level)
{
    const kith_event_notified *told;

    peer_tells(indicated);
    told = &we_emit(KITH_EVENT_NOTIFIED)->notified;
    check(told->handle == 0x0021 && told->indicated == indicated && told->level == level);
    check(cl_octets_are(told->value, told->len, "6f 6e"));
}

static void we_encrypt(bench_role role, kith_level level)
{
    if (role == CENTRAL)
        check_ok(kith_security_secure(bench.host, bench.link, level));
    the_bond_encrypts();
}

static void what_comes_before_encryption(bench_role role, kith_level level, bool indicated, kith_gatt_raise raise)
{
    begin_for(role, level, raise);
    meet();
    pair_completely();
    check(cl_bond().level == level);
    we_subscribe(indicated);
    it_is_handed_on(indicated, level);
    meet_again();
    it_is_not_handed_on(indicated);
    it_is_not_handed_on(indicated);
    we_encrypt(role, level);
    we_emit_nothing(); /* not kept for later either */
    it_is_handed_on(indicated, level);
}

/* The bond fails: whoever it is stays unheard. */
static void what_comes_after_a_bond_that_failed(bench_role role, kith_level level, bool indicated)
{
    begin_for(role, level, KITH_GATT_RAISE_NOT);
    meet_bonded();
    if (role == PERIPHERAL) {
        controller_asks_for_key(1, 2); /* of no bond of ours */
        we_refuse_key();
        we_fail_encryption(.why = KITH_WHY_WE_HAVE_NO_KEY, .phase = KITH_PHASE_ENCRYPTION,
                           .ended_by = KITH_ENDED_BY_US);
    } else {
        check_ok(kith_security_secure(bench.host, bench.link, level));
        peer_says_no_key();
    }
    it_is_not_handed_on(indicated);
}

/* Nobody is bonded: what the program asks for; Secure Connections Only asks for its level by itself. */
static void what_the_program_asks_for(bench_role role, kith_level level, bool indicated)
{
    begin_for(role, level, KITH_GATT_RAISE_NOT);
    if (!bench.config.security.sc_only)
        bench.config.notified_level = level;
    meet();
    it_is_not_handed_on(indicated);
    pair_completely();
    it_is_handed_on(indicated, level);
}

/* A level that is not enough is as good as none. */
static void what_comes_over_a_weaker_link(bench_role role, bool indicated)
{
    bench_round("%s, level 2 where 3 is wanted", cl_role_name(role));
    begin_client(role, KITH_GATT_RAISE_NOT);
    bench.config.notified_level = KITH_LEVEL_AUTHENTICATED;
    meet();
    pair_completely();
    it_is_not_handed_on(indicated);
}

/* Two values in one PDU are two that are not handed on. */
static void what_comes_at_once(bench_role role, kith_level level)
{
    uint32_t dropped;

    begin_for(role, level, KITH_GATT_RAISE_NOT);
    meet_bonded();
    dropped = kith_host_dropped(bench.host);
    peer_asks("23 21 00 02 00 6f 6e 24 00 01 00 31");
    we_emit_nothing();
    check(kith_host_dropped(bench.host) == dropped + 2);
    we_encrypt(role, level);
    peer_asks("23 21 00 02 00 6f 6e 24 00 01 00 31");
    check(we_emit(KITH_EVENT_NOTIFIED)->notified.handle == 0x0021);
    check(we_emit(KITH_EVENT_NOTIFIED)->notified.handle == 0x0024);
}

static void told_before_encryption(bench_role role, kith_level level, bool indicated)
{
    for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++)
        what_comes_before_encryption(role, level, indicated, (kith_gatt_raise)raise);
    what_comes_after_a_bond_that_failed(role, level, indicated);
    what_the_program_asks_for(role, level, indicated);
    if (!indicated)
        what_comes_at_once(role, level);
    if (level == KITH_LEVEL_AUTHENTICATED)
        what_comes_over_a_weaker_link(role, indicated);
}

CONFORMANCE("GAP/SEC/SEM/BV-56-C", "Indicated before encryption: confirmed and not handed on; level 2, as peripheral")
{
    told_before_encryption(PERIPHERAL, KITH_LEVEL_ENCRYPTED, true);
}

CONFORMANCE("GAP/SEC/SEM/BV-57-C", "Indicated before encryption, level 3, as peripheral")
{
    told_before_encryption(PERIPHERAL, KITH_LEVEL_AUTHENTICATED, true);
}

CONFORMANCE("GAP/SEC/SEM/BV-58-C", "Indicated before encryption, Secure Connections Only, as peripheral")
{
    told_before_encryption(PERIPHERAL, KITH_LEVEL_SC_AUTHENTICATED, true);
}

CONFORMANCE("GAP/SEC/SEM/BV-59-C", "Notified before encryption: not handed on; level 2, as peripheral")
{
    told_before_encryption(PERIPHERAL, KITH_LEVEL_ENCRYPTED, false);
}

CONFORMANCE("GAP/SEC/SEM/BV-60-C", "Notified before encryption, level 3, as peripheral")
{
    told_before_encryption(PERIPHERAL, KITH_LEVEL_AUTHENTICATED, false);
}

CONFORMANCE("GAP/SEC/SEM/BV-61-C", "Notified before encryption, Secure Connections Only, as peripheral")
{
    told_before_encryption(PERIPHERAL, KITH_LEVEL_SC_AUTHENTICATED, false);
}

CONFORMANCE("GAP/SEC/SEM/BV-62-C", "Indicated before encryption: confirmed and not handed on; level 2, as central")
{
    told_before_encryption(CENTRAL, KITH_LEVEL_ENCRYPTED, true);
}

CONFORMANCE("GAP/SEC/SEM/BV-63-C", "Indicated before encryption, level 3, as central")
{
    told_before_encryption(CENTRAL, KITH_LEVEL_AUTHENTICATED, true);
}

CONFORMANCE("GAP/SEC/SEM/BV-64-C", "Indicated before encryption, Secure Connections Only, as central")
{
    told_before_encryption(CENTRAL, KITH_LEVEL_SC_AUTHENTICATED, true);
}

CONFORMANCE("GAP/SEC/SEM/BV-65-C", "Notified before encryption: not handed on; level 2, as central")
{
    told_before_encryption(CENTRAL, KITH_LEVEL_ENCRYPTED, false);
}

CONFORMANCE("GAP/SEC/SEM/BV-66-C", "Notified before encryption, level 3, as central")
{
    told_before_encryption(CENTRAL, KITH_LEVEL_AUTHENTICATED, false);
}

CONFORMANCE("GAP/SEC/SEM/BV-67-C", "Notified before encryption, Secure Connections Only, as central")
{
    told_before_encryption(CENTRAL, KITH_LEVEL_SC_AUTHENTICATED, false);
}
