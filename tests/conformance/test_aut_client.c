/* GAP/SEC/AUT, our client: a server that wants authentication or encryption is paired with, or the bond is tried; a
 * bond that is lost is told, never replaced in silence.  Core Vol 3 Part C 10.3.2.
 *
 * The bond is tried by the program, which was refused (KITH_GATT_RAISE_NOT), or by the host, which asks nothing of a
 * bonded peer in plain (BOND and PAIR). */
#include <string.h>

#include "case.h"
#include "client_bench.h"

static void name_round(bench_role role, kith_gatt_raise raise, const char *what)
{
    bench_round("%s, %s, %s", cl_role_name(role), cl_raise_name(raise), what);
}

/* ---- no bond: 17, 18 ---- */

static void begin_authenticated(bench_role role)
{
    begin_client(role, KITH_GATT_RAISE_PAIR);
    both_can_compare();
    bench.config.security.ask_mitm = true;
}

static void pairing_is_authenticated(bench_role role)
{
    name_round(role, KITH_GATT_RAISE_PAIR, "authenticated");
    begin_authenticated(role);
    meet();
    we_ask(&cl_read);
    peer_refuses(&cl_read, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    we_want_pairing(AUTH_BOND_MITM);
    it_is_held(&cl_read);
    peer_pairs();
    peer_serves_now(&cl_read);
    it_is_delivered(&cl_read, KITH_LEVEL_SC_AUTHENTICATED);
}

/* The peer has no inputs or outputs: an unauthenticated key, where our policy allows one. */
static void fallback_is_the_policy_s(bench_role role, kith_level required)
{
    name_round(role, KITH_GATT_RAISE_PAIR, required > KITH_LEVEL_ENCRYPTED ? "no fallback" : "fallback");
    begin_authenticated(role);
    bench.config.security.required_level = required;
    peer.features[0] = KITH_IO_NO_INPUT_NO_OUTPUT;
    meet();
    we_ask(&cl_read);
    peer_refuses(&cl_read, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    we_want_pairing(AUTH_BOND_MITM);
    if (required > KITH_LEVEL_ENCRYPTED) {
        we_refuse_features(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE);
        it_is_refused(&cl_read, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION, KITH_LEVEL_NONE);
        return;
    }
    peer_pairs();
    peer_serves_now(&cl_read);
    it_is_delivered(&cl_read, KITH_LEVEL_ENCRYPTED);
}

/* Encrypted already, and not enough: more is asked for than there is. */
static void a_weak_pairing_is_raised(bench_role role)
{
    name_round(role, KITH_GATT_RAISE_PAIR, "over an unauthenticated link");
    begin_client(role, KITH_GATT_RAISE_PAIR);
    both_can_compare();
    peer.features[2] = AUTH_BOND; /* neither side asks for more */
    without_bonds();
    meet();
    pair_completely();
    check(bench_level() == KITH_LEVEL_ENCRYPTED);
    open_window();
    we_ask(&cl_write);
    peer_refuses(&cl_write, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    we_want_pairing(KITH_AUTH_SC | KITH_AUTH_MITM);
    it_is_held(&cl_write);
    peer_pairs();
    peer_serves_now(&cl_write);
    it_is_delivered(&cl_write, KITH_LEVEL_SC_AUTHENTICATED);
}

/* Our wish is not heard: as long as a Pairing Request would be waited for. */
static void a_peer_that_ignores_it(bench_role role)
{
    name_round(role, KITH_GATT_RAISE_PAIR, "ignored");
    begin_client(role, KITH_GATT_RAISE_PAIR);
    meet();
    we_ask(&cl_read);
    peer_refuses(&cl_read, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    we_want_pairing(AUTH_BOND);
    time_passes(29999);
    it_is_held(&cl_read);
    time_passes(2);
    if (role == CENTRAL) {
        we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_TIMEOUT);
        bench_we_command(KITH_HCI_DISCONNECT, 0, NULL, 0);
        link_breaks(KITH_HCI_LOCAL_HOST_TERMINATED);
        check(we_emit(KITH_EVENT_READ)->gatt.result == KITH_GATT_LINK_LOST);
        we_emit(KITH_EVENT_DISCONNECTED);
        return;
    }
    we_fail(.why = KITH_WHY_REQUEST_IGNORED, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_TIMEOUT);
    it_is_refused(&cl_read, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION, KITH_LEVEL_NONE);
}

static void unbonded_server_wants_authentication(bench_role role)
{
    pairing_is_authenticated(role);
    fallback_is_the_policy_s(role, KITH_LEVEL_ENCRYPTED);
    fallback_is_the_policy_s(role, KITH_LEVEL_AUTHENTICATED);
    a_weak_pairing_is_raised(role);
    a_peer_that_ignores_it(role);
}

CONFORMANCE("GAP/SEC/AUT/BV-17-C", "Insufficient Authentication, no bond: we pair as the server and our policy want, "
                                   "as central")
{
    unbonded_server_wants_authentication(CENTRAL);
}

CONFORMANCE("GAP/SEC/AUT/BV-18-C", "The same as peripheral, by a Security Request")
{
    unbonded_server_wants_authentication(PERIPHERAL);
}

/* ---- a bond: 19, 20 ---- */

/* The program is refused in plain, where its host lets it ask; what begins then is encryption, and no pairing. */
static void the_bond_is_tried(bench_role role, kith_gatt_raise raise, kith_att_error error)
{
    begin_client(role, raise);
    meet_bonded();
    we_ask(&cl_read);
    if (raise == KITH_GATT_RAISE_NOT) {
        peer_refuses(&cl_read, error);
        it_is_refused(&cl_read, error, KITH_LEVEL_NONE);
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    } else {
        it_is_held(&cl_read);
    }
    if (role == PERIPHERAL)
        we_want_pairing(AUTH_BOND); /* the wish: who has a key answers by encrypting */
    we_send_nothing();
}

static void the_bond_is_good(bench_role role, kith_gatt_raise raise)
{
    name_round(role, raise, "it is good");
    the_bond_is_tried(role, raise, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    the_bond_encrypts();
    if (raise == KITH_GATT_RAISE_NOT)
        we_ask(&cl_read);
    peer_serves(&cl_read);
    it_is_delivered(&cl_read, KITH_LEVEL_ENCRYPTED);
}

/* Encrypted with the bond, and refused still: the bond is as weak as it is, and a person has to say. */
static void the_bond_is_too_weak(bench_role role, kith_gatt_raise raise)
{
    kith_bond_keys before;

    name_round(role, raise, "it is too weak");
    the_bond_is_tried(role, raise, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    before = cl_bond_keys();
    the_bond_encrypts();
    if (raise == KITH_GATT_RAISE_NOT)
        we_ask(&cl_read);
    peer_refuses(&cl_read, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    it_is_refused(&cl_read, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION, KITH_LEVEL_ENCRYPTED);
    check(cl_is_same_bond(&before));
    check_ok(kith_security_pair(bench.host, bench.link, KITH_LEVEL_ENCRYPTED)); /* the person said yes */
    we_want_pairing(AUTH_BOND);
    open_window();
    peer_pairs();
    check(!cl_is_same_bond(&before));
    we_ask(&cl_read);
    peer_serves(&cl_read);
    it_is_delivered(&cl_read, KITH_LEVEL_ENCRYPTED);
}

static void bonded_server_wants_authentication(bench_role role)
{
    for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++) {
        the_bond_is_good(role, (kith_gatt_raise)raise);
        the_bond_is_too_weak(role, (kith_gatt_raise)raise);
    }
}

CONFORMANCE("GAP/SEC/AUT/BV-19-C", "Insufficient Authentication, bonded: the bond is tried first, as central")
{
    bonded_server_wants_authentication(CENTRAL);
}

CONFORMANCE("GAP/SEC/AUT/BV-20-C", "The same as peripheral")
{
    bonded_server_wants_authentication(PERIPHERAL);
}

/* ---- a bond that is lost: 21, 22 ---- */

/* Over, whoever was asked: what the host held was never sent. */
static void nothing_came_of_it(kith_gatt_raise raise, const kith_bond_keys *before)
{
    if (raise != KITH_GATT_RAISE_NOT)
        it_was_not_sent(&cl_read);
    we_send_nothing();
    we_answer_nothing();
    we_command_nothing();
    check(cl_is_same_bond(before));
}

/* The peer answers our Security Request by wanting to pair: it has no key any more, or never was the one. */
static void the_central_wants_to_pair(void)
{
    const kith_event_consent *asked;

    peer_sends_request();
    asked = &we_emit(KITH_EVENT_CONSENT_WANTED)->consent;
    check(asked->again && asked->replaces == bench.claimed && !asked->identity_given);
    we_send_nothing();
    we_answer_nothing();
}

static void a_person_says_no(void)
{
    check_ok(kith_pairing_consent(bench.host, bench.link, false));
    we_send("05 08");
    we_fail(.why = KITH_WHY_CONSENT_REFUSED, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_USER,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
}

/* Who is not there is not asked: that is a no. */
static void nobody_says_anything(void)
{
    time_passes(25001);
    we_send("05 08");
    we_fail(.why = KITH_WHY_CONSENT_TIMEOUT, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_TIMEOUT,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
}

/* Neither encrypted nor paired for 30 s, or with a key that is not of our bond: told, and nothing goes in plain. */
static void the_central_does_not_encrypt(kith_gatt_raise raise, bool has_another_key)
{
    kith_bond_keys before;

    name_round(PERIPHERAL, raise, has_another_key ? "another key" : "ignored");
    the_bond_is_tried(PERIPHERAL, raise, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    before = cl_bond_keys();
    if (has_another_key) {
        controller_asks_for_key(1, 2);
        we_refuse_key();
    }
    time_passes(30001);
    we_fail(.why = has_another_key ? KITH_WHY_WE_HAVE_NO_KEY : KITH_WHY_REQUEST_IGNORED, .phase = KITH_PHASE_REQUEST,
            .ended_by = KITH_ENDED_BY_TIMEOUT);
    nothing_came_of_it(raise, &before);
}

CONFORMANCE("GAP/SEC/AUT/BV-21-C", "Encryption refused, PIN or Key Missing: the bond is told to be lost, as central")
{
    for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++) {
        kith_bond_keys before;

        name_round(CENTRAL, (kith_gatt_raise)raise, "");
        the_bond_is_tried(CENTRAL, (kith_gatt_raise)raise, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
        before = cl_bond_keys();
        peer_says_no_key();
        nothing_came_of_it((kith_gatt_raise)raise, &before);
    }
}

static void the_central_pairs_instead(kith_gatt_raise raise, bool answers)
{
    kith_bond_keys before;

    name_round(PERIPHERAL, raise, answers ? "no" : "nobody answers");
    the_bond_is_tried(PERIPHERAL, raise, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    before = cl_bond_keys();
    the_central_wants_to_pair();
    answers ? a_person_says_no() : nobody_says_anything();
    nothing_came_of_it(raise, &before);
}

CONFORMANCE("GAP/SEC/AUT/BV-22-C", "A Pairing Request instead of encryption: a person is asked, as peripheral")
{
    for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++)
        for (int i = 0; i <= 1; i++) {
            the_central_pairs_instead((kith_gatt_raise)raise, i == 0);
            the_central_does_not_encrypt((kith_gatt_raise)raise, i == 0);
        }
}

/* ---- and what a person says then: 25 to 28 ---- */

/* The peer asks for security itself, or our program asks once more, and a window is open for others: the bond is tried,
 * and nothing else. */
static void it_is_no_way_around_the_person(const kith_bond_keys *before)
{
    open_window();
    peer_sends("0b 0d");
    peer_says_no_key();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    peer_says_no_key();
    we_send_nothing();
    we_answer_nothing();
    check(cl_is_same_bond(before));
}

static void is_served_after_all(const kith_bond_keys *before)
{
    check(!cl_is_same_bond(before));
    we_ask(&cl_read);
    peer_serves(&cl_read);
    it_is_delivered(&cl_read, KITH_LEVEL_ENCRYPTED);
}

static void central_asks_a_person(kith_gatt_raise raise, kith_att_error error, bool yes)
{
    kith_bond_keys before;

    name_round(CENTRAL, raise, yes ? "yes" : "no");
    the_bond_is_tried(CENTRAL, raise, error);
    before = cl_bond_keys();
    peer_says_no_key();
    nothing_came_of_it(raise, &before);
    it_is_no_way_around_the_person(&before);
    if (!yes)
        return;
    check_ok(kith_security_pair(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_want_pairing(AUTH_BOND);
    check(cl_is_same_bond(&before)); /* until the new one is whole */
    peer_pairs();
    is_served_after_all(&before);
}

static void peripheral_asks_a_person(kith_gatt_raise raise, kith_att_error error, bool yes)
{
    kith_bond_keys before;

    name_round(PERIPHERAL, raise, yes ? "yes" : "no");
    the_bond_is_tried(PERIPHERAL, raise, error);
    before = cl_bond_keys();
    the_central_wants_to_pair();
    if (!yes) {
        a_person_says_no();
        nothing_came_of_it(raise, &before);
        return;
    }
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
    check(cl_is_same_bond(&before));
    pair_from(STEP_FEATURES, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    if (raise != KITH_GATT_RAISE_NOT) { /* what was held goes now, and not before */
        peer_serves(&cl_read);
        it_is_delivered(&cl_read, KITH_LEVEL_ENCRYPTED);
    }
    is_served_after_all(&before);
}

static void with_each_policy(void (*asks)(kith_gatt_raise, kith_att_error, bool), kith_att_error error)
{
    for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++) {
        asks((kith_gatt_raise)raise, error, false);
        asks((kith_gatt_raise)raise, error, true);
    }
}

CONFORMANCE("GAP/SEC/AUT/BV-25-C", "Insufficient Authentication, and the bond fails: a person is asked, as central")
{
    with_each_policy(central_asks_a_person, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
}

CONFORMANCE("GAP/SEC/AUT/BV-26-C", "The same as peripheral")
{
    with_each_policy(peripheral_asks_a_person, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
}

CONFORMANCE("GAP/SEC/AUT/BV-27-C", "Insufficient Encryption, and the bond fails: a person is asked, as central")
{
    with_each_policy(central_asks_a_person, KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION);
}

CONFORMANCE("GAP/SEC/AUT/BV-28-C", "The same as peripheral")
{
    with_each_policy(peripheral_asks_a_person, KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION);
}
