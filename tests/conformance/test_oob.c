/* Out of Band beyond the ids, over Secure Connections: whose data is there, how long it is good, what it is worth, and
 * what a peer does that has none.  Core Vol 3 Part H 2.3.5.6.4. */
#include <string.h>

#include "case.h"
#include "peer_oob.h"

enum { ANSWER_MS = 25000 };

static const char *role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

static void prepare(bench_role role, bool we_have, bool peer_has)
{
    bench_round("%s, flags {%d,%d}", role_name(role), we_have, peer_has);
    begin_oob(role, we_have, peer_has);
}

static void meet(bench_role role, bool we_have, bool peer_has)
{
    prepare(role, we_have, peer_has);
    meet_for_oob();
}

/* The same peer, when nothing is left of the pairing before. */
static void clean_pairing(void)
{
    bench.hold_work = false;
    the_wait_passes();
    open_window();
    pair_by_oob();
    check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
}

static void we_fail_by_ourselves(kith_smp_reason reason, kith_why why, kith_phase phase)
{
    const uint8_t *failed = bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);

    if (failed[1] != reason)
        bench_fail("failed with %02x, wanted %02x", failed[1], reason);
    we_send_nothing();
    we_fail(.why = why, .phase = phase, .ended_by = KITH_ENDED_BY_US, .smp_reason = reason);
    check(kith_bonds_count(bench.host) == 0);
}

/* ---- the peer's data ---- */

/* The data is not that of the key which is shown; as peripheral it is told in place of our nonce. */
static void the_data_does_not_fit(void)
{
    peer_sends_public_key();
    if (bench.role == PERIPHERAL) {
        we_show_our_key();
        peer_sends_random();
    }
    we_fail_by_ourselves(KITH_SMP_CONFIRM_VALUE_FAILED, KITH_WHY_CONFIRM_MISMATCH,
                         bench.role == CENTRAL ? KITH_PHASE_PUBLIC_KEYS : KITH_PHASE_AUTHENTICATION);
}

static void give_data_at_the_question(const kith_oob_data *data)
{
    if (bench.role == CENTRAL)
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    else
        peer_sends_features();
    we_ask_for_data();
    our_program_gives(data);
    (void)bench_we_send_opcode(bench.role == CENTRAL ? KITH_SMP_PAIRING_REQUEST : KITH_SMP_PAIRING_RESPONSE);
    if (bench.role == CENTRAL) {
        peer_sends_features();
        we_show_our_key();
    }
}

SENTENCE(data_of_before_or_of_somebody_else_does_not_fit)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int half = 0; half < 3; half++) {
            kith_oob_data stale;

            meet(role, true, false);
            bench_round("%s, %s is of before", role_name(role),
                        half == 0 ? "all" : (half == 1 ? "the random value" : "the commitment"));
            stale = oob.theirs;
            peer_makes_data();
            if (half == 1)
                memcpy(stale.confirm, oob.theirs.confirm, sizeof stale.confirm);
            if (half == 2)
                memcpy(stale.random, oob.theirs.random, sizeof stale.random);
            give_data_at_the_question(&stale);
            the_data_does_not_fit();
            clean_pairing();
        }
}

/* What was given once is not used for a pairing that begins later. */
SENTENCE(data_is_asked_for_with_each_pairing)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet(role, true, false);
        oob_to(OOB_FEATURES);
        peer_sends("05 08");
        we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_PUBLIC_KEYS, .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
        oob.we_have = false;
        give_data_at_the_question(NULL);
        check((role == CENTRAL ? bench.request : bench.response)[2] == 0);
        pair_from(STEP_FEATURES, STEP_KEYS); /* without it: Just Works */
        check(bench_method() == KITH_METHOD_JUST_WORKS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

SENTENCE(a_key_that_is_not_the_datas_is_refused_the_second_time_too)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        kith_oob_data used;

        prepare(role, true, false);
        bench.config.security.bonding = false;
        peer.features[4] = peer.features[5] = 0;
        meet_for_oob();
        pair_by_oob();
        used = oob.theirs;
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
        connect_link();
        open_window();
        peer_makes_data();
        give_data_at_the_question(&used);
        the_data_does_not_fit();
    }
}

/* ---- a peer that says to have our data ---- */

static void claim_to_have_data(kith_level level)
{
    if (bench.role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, level));
        if (bench.config.security.ask_oob) {
            we_ask_for_data();
            our_program_gives(oob.we_have ? &oob.theirs : NULL);
        }
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    }
    peer_sends_features();
    if (bench.role == PERIPHERAL && bench.config.security.ask_oob) {
        we_ask_for_data();
        our_program_gives(oob.we_have ? &oob.theirs : NULL);
    }
}

static void the_claim_is_refused(void)
{
    we_fail_by_ourselves(KITH_SMP_OOB_NOT_AVAILABLE, KITH_WHY_OOB_MISSING, KITH_PHASE_FEATURES);
}

/* A flag where no data is would let everybody through who knows that (CVE-2025-26438). */
SENTENCE(the_flag_of_a_peer_does_not_do_where_we_made_no_data)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int we_have = 0; we_have <= 1; we_have++)
            for (kith_level level = KITH_LEVEL_ENCRYPTED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
                prepare(role, we_have, true);
                bench_round("%s, flags {%d,1}, level %u", role_name(role), we_have, (unsigned)level);
                bench.config.security.required_level = level;
                meet_for_oob();
                claim_to_have_data(level);
                the_claim_is_refused();
                clean_pairing();
            }
}

/* The secret of the data is under the check: who has the flag alone can't make it. */
SENTENCE(the_check_of_a_peer_that_did_not_read_our_data_is_wrong)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int we_have = 0; we_have <= 1; we_have++) {
            meet(role, we_have, true);
            oob_to(OOB_RANDOMS);
            data_goes_into_checks();
            if (role == CENTRAL)
                we_send_check();
            memset(peer.r, 0, sizeof peer.r);
            peer_sends_check(RIGHT);
            we_fail_by_ourselves(KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_CHECK_MISMATCH, KITH_PHASE_DHKEY_CHECKS);
            check(!kith_oob_is_ready(bench.host)); /* one guess is all there is */
            clean_pairing();
        }
}

/* Without the peer's flag its check is over zeros, whatever we made. */
SENTENCE(data_that_the_peer_did_not_read_is_not_in_its_check)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet(role, true, false);
        we_make_data();
        oob_to(OOB_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
        check(kith_oob_is_ready(bench.host)); /* nobody used it */
    }
}

/* ---- our data: good once, and for a while ---- */

SENTENCE(our_data_is_good_for_one_success)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int we_have = 0; we_have <= 1; we_have++) {
            prepare(role, we_have, true);
            bench.config.security.bonding = false;
            peer.features[4] = peer.features[5] = 0;
            meet_for_oob();
            pair_by_oob();
            check(!kith_oob_is_ready(bench.host));
            link_breaks(0x13);
            we_emit(KITH_EVENT_DISCONNECTED);
            connect_link();
            open_window();
            claim_to_have_data(KITH_LEVEL_ENCRYPTED);
            the_claim_is_refused();
            clean_pairing(); /* with new data: made of another key */
        }
}

SENTENCE(our_data_is_dropped)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet(role, false, true);
        we_make_data();
        kith_oob_drop(bench.host);
        check(!kith_oob_is_ready(bench.host));
        claim_to_have_data(KITH_LEVEL_ENCRYPTED);
        the_claim_is_refused();
        clean_pairing();
    }
}

SENTENCE(our_data_is_dropped_before_it_is_ready)
{
    meet(PERIPHERAL, false, true);
    check_ok(kith_oob_make(bench.host, false, true, OOB_LIFETIME_MS));
    kith_oob_drop(bench.host);
    time_passes(1);
    we_emit_nothing();
    check(!kith_oob_is_ready(bench.host));
    clean_pairing();
}

/* It goes on, and is the last. */
SENTENCE(our_data_is_dropped_while_a_pairing_uses_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (oob_step after = OOB_FEATURES; after <= OOB_ENCRYPTED; after++) {
            bench_round("%s, after %s", role_name(role), oob_step_name(after));
            begin_oob(role, false, true);
            meet_for_oob();
            oob_to(after);
            kith_oob_drop(bench.host);
            check(!kith_oob_is_ready(bench.host));
            check_status(kith_oob_make(bench.host, false, true, OOB_LIFETIME_MS), KITH_ERR_BUSY);
            oob_from(after, OOB_KEYS);
            we_pair(16);
            we_emit(KITH_EVENT_BONDED);
            we_make_data();
        }
}

SENTENCE(our_data_that_was_dropped_is_gone_when_its_pairing_fails)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet(role, false, true);
        oob_to(OOB_FEATURES);
        kith_oob_drop(bench.host);
        peer_sends("05 08");
        we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_PUBLIC_KEYS, .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
        claim_to_have_data(KITH_LEVEL_ENCRYPTED);
        the_claim_is_refused();
        clean_pairing();
    }
}

SENTENCE(our_data_expires)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        bench_round("%s", role_name(role));
        begin_oob(role, false, true);
        power_on();
        check_ok(kith_pairing_open(bench.host, 10 * OOB_LIFETIME_MS));
        connect_link();
        we_make_data();
        time_passes(OOB_LIFETIME_MS - 2); /* one passed already */
        check(kith_oob_is_ready(bench.host));
        time_passes(1);
        check(!kith_oob_is_ready(bench.host));
        claim_to_have_data(KITH_LEVEL_ENCRYPTED);
        the_claim_is_refused();
        clean_pairing();
    }
}

SENTENCE(our_data_may_expire_while_a_pairing_uses_it)
{
    for (int fails = 0; fails <= 1; fails++) {
        bench_round(fails ? "and it fails" : "and it goes well");
        begin_oob(PERIPHERAL, false, true);
        meet_for_oob();
        we_make_data();
        time_passes(OOB_LIFETIME_MS - 5000);
        open_window();
        oob_to(OOB_FEATURES);
        time_passes(10000);
        if (!fails) {
            oob_from(OOB_FEATURES, OOB_KEYS);
            we_pair(16);
            we_emit(KITH_EVENT_BONDED);
            continue;
        }
        peer_sends("05 08"); /* too early to burn it, too late to keep it */
        we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_PUBLIC_KEYS, .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
        check(!kith_oob_is_ready(bench.host));
        claim_to_have_data(KITH_LEVEL_ENCRYPTED);
        the_claim_is_refused();
    }
}

/* ---- a failure burns our data only where its random value mattered ---- */

typedef enum { PEER_FAILS, LINK_BREAKS, PEER_SLEEPS, WE_CANCEL, WAYS } way;

static void end_it(way how, oob_step after)
{
    switch (how) {
    case PEER_FAILS:
        peer_sends("05 08");
        we_fail(.why = KITH_WHY_PEER_FAILED, .phase = oob_phase_after(after), .ended_by = KITH_ENDED_BY_PEER,
                .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
        return;
    case LINK_BREAKS:
        link_breaks(KITH_HCI_CONNECTION_TIMEOUT);
        we_fail(.why = KITH_WHY_LINK_LOST, .phase = oob_phase_after(after), .ended_by = KITH_ENDED_BY_LINK,
                .hci_status = KITH_HCI_CONNECTION_TIMEOUT);
        we_emit(KITH_EVENT_DISCONNECTED);
        return;
    case PEER_SLEEPS:
        time_passes(30000);
        we_fail(.why = KITH_WHY_SMP_TIMEOUT, .phase = oob_phase_after(after), .ended_by = KITH_ENDED_BY_TIMEOUT);
        we_disconnect(KITH_HCI_AUTHENTICATION_FAILURE);
        return;
    default:
        check_ok(kith_pairing_cancel(bench.host, bench.link));
        we_send("05 08");
        we_fail(.why = KITH_WHY_CANCELLED, .phase = oob_phase_after(after), .ended_by = KITH_ENDED_BY_USER,
                .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    }
}

static void fail_after(bench_role role, oob_step after, way how)
{
    bool mattered = after >= OOB_RANDOMS;

    bench_round("%s, after %s, way %u", role_name(role), oob_step_name(after), (unsigned)how);
    begin_oob(role, true, true);
    meet_for_oob();
    oob_to(after);
    if (role == CENTRAL && after == OOB_PUBLIC_KEYS)
        we_send_nonce();
    if (role == CENTRAL && after == OOB_RANDOMS)
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_DHKEY_CHECK);
    end_it(how, after);
    check(kith_oob_is_ready(bench.host) == !mattered);
    if (!bench.linked)
        connect_link();
    clean_pairing(); /* with the same data where it is still there: the same key, which is looked at */
}

SENTENCE(a_failure_burns_our_data_only_where_its_random_value_mattered)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (oob_step after = OOB_FEATURES; after <= OOB_RANDOMS; after++)
            for (way how = PEER_FAILS; how < WAYS; how++)
                fail_after(role, after, how);
}

SENTENCE(a_key_that_does_not_fit_does_not_burn_our_data)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet(role, true, true);
        oob_to(OOB_FEATURES);
        peer_draw();
        the_data_does_not_fit();
        check(kith_oob_is_ready(bench.host));
        clean_pairing();
    }
}

/* Who broke off knows the key that our data commits to, and may try to be us (CVE-2020-26558). */
SENTENCE(the_key_of_our_data_is_refused_when_it_comes_back)
{
    meet(PERIPHERAL, false, true);
    oob_to(OOB_PUBLIC_KEYS);
    peer_sends("05 08");
    we_fail(.why = KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_AUTHENTICATION, .ended_by = KITH_ENDED_BY_PEER,
            .smp_reason = KITH_SMP_UNSPECIFIED_REASON);
    the_wait_passes();
    oob_to(OOB_FEATURES);
    memcpy(peer.public_key, peer.our_public, sizeof peer.public_key);
    peer_sends_public_key();
    we_fail_by_ourselves(KITH_SMP_DHKEY_CHECK_FAILED, KITH_WHY_PUBLIC_KEY_REFLECTED, KITH_PHASE_PUBLIC_KEYS);
    clean_pairing();
}

/* ---- the calls ---- */

SENTENCE(our_data_is_made_once_and_for_a_time_that_is_possible)
{
    enum { DAY_MS = 24 * 60 * 60 * 1000 };

    begin_oob(PERIPHERAL, false, true);
    meet_for_oob();
    check_status(kith_oob_make(bench.host, false, true, 0), KITH_ERR_VALUE);
    check_status(kith_oob_make(bench.host, false, true, DAY_MS + 1), KITH_ERR_VALUE);
    check_ok(kith_oob_make(bench.host, false, true, DAY_MS));
    check_status(kith_oob_make(bench.host, false, true, OOB_LIFETIME_MS), KITH_ERR_BUSY);
    check(!kith_oob_is_ready(bench.host));
    time_passes(1);
    oob_take_ready();
    check(!oob.ours.has_tk); /* not asked for */
    check_status(kith_oob_make(bench.host, false, true, OOB_LIFETIME_MS), KITH_ERR_BUSY);
    kith_oob_drop(bench.host);
    kith_oob_drop(bench.host);
    we_make_data();
    clean_pairing();
}

static void no_data_is_wanted(kith_status wanted, kith_link link)
{
    check_status(kith_pairing_oob(bench.host, link, &oob.theirs), wanted);
    check_status(kith_pairing_oob(bench.host, link, NULL), wanted);
}

SENTENCE(data_is_given_where_it_is_asked_for_and_nowhere_else)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        const kith_oob_data neither = {.channel_is_secure = true};

        meet(role, true, false);
        no_data_is_wanted(KITH_ERR_STATE, bench.link);
        no_data_is_wanted(KITH_ERR_NOT_FOUND, 0);
        no_data_is_wanted(KITH_ERR_NOT_FOUND, bench.link + 1);
        if (role == CENTRAL)
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        else
            peer_sends_features();
        we_ask_for_data();
        check_status(kith_pairing_oob(bench.host, bench.link, &neither), KITH_ERR_VALUE);
        check_status(kith_pairing_passkey(bench.host, bench.link, 1), KITH_ERR_STATE);
        check_status(kith_pairing_compare(bench.host, bench.link, KITH_NUMBERS_EQUAL), KITH_ERR_STATE);
        check_status(kith_pairing_consent(bench.host, bench.link, true), KITH_ERR_STATE);
        we_send_nothing();
        our_program_gives(&oob.theirs);
        no_data_is_wanted(KITH_ERR_STATE, bench.link);
        (void)bench_we_send_opcode(role == CENTRAL ? KITH_SMP_PAIRING_REQUEST : KITH_SMP_PAIRING_RESPONSE);
        if (role == CENTRAL) {
            peer_sends_features();
            we_show_our_key();
        }
        oob_from(OOB_FEATURES, OOB_KEYS);
        no_data_is_wanted(KITH_ERR_STATE, bench.link);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* ---- no data: it goes on without ---- */

static void it_goes_on_without(void)
{
    if (bench.role == CENTRAL) {
        we_send("01 03 00 09 10 02 02");
        peer_sends_features();
        we_show_our_key();
    } else {
        we_send("02 03 00 09 10 02 02");
    }
    pair_from(STEP_FEATURES, STEP_KEYS);
    check(bench_method() == KITH_METHOD_JUST_WORKS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

static void come_to_the_question(bench_role role)
{
    meet(role, true, false);
    if (role == CENTRAL)
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    else
        peer_sends_features();
    we_ask_for_data();
}

SENTENCE(no_data_is_an_answer)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        come_to_the_question(role);
        our_program_gives(NULL);
        it_goes_on_without();
    }
}

SENTENCE(nobody_answers_for_25_seconds_and_it_goes_on_without_data)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        come_to_the_question(role);
        time_passes(ANSWER_MS - 1);
        we_send_nothing();
        time_passes(1);
        no_data_is_wanted(KITH_ERR_STATE, bench.link);
        it_goes_on_without();
    }
}

SENTENCE(data_in_the_last_millisecond_counts)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        come_to_the_question(role);
        time_passes(ANSWER_MS - 1);
        our_program_gives(&oob.theirs);
        (void)bench_we_send_opcode(role == CENTRAL ? KITH_SMP_PAIRING_REQUEST : KITH_SMP_PAIRING_RESPONSE);
        if (role == CENTRAL) {
            peer_sends_features();
            we_show_our_key();
        }
        oob_from(OOB_FEATURES, OOB_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* The peer waits since its request: both questions share the 25 seconds. */
SENTENCE(consent_takes_its_time_from_that_of_the_data)
{
    begin_oob(PERIPHERAL, true, false);
    bench.config.security.policy = KITH_PAIRING_ASK;
    power_on();
    connect_link();
    peer_sends_features();
    we_emit(KITH_EVENT_CONSENT_WANTED);
    time_passes(20000);
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    check(we_emit(KITH_EVENT_OOB_WANTED)->oob_wanted.deadline_us == bench.now_us + 5000000);
    time_passes(4999);
    we_send_nothing();
    time_passes(1);
    it_goes_on_without();
}

SENTENCE(a_peer_that_gives_up_takes_the_question_along)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (int breaks = 0; breaks <= 1; breaks++) {
            come_to_the_question(role);
            if (breaks)
                link_breaks(KITH_HCI_CONNECTION_TIMEOUT);
            else
                peer_sends("05 08");
            we_fail(.why = breaks ? KITH_WHY_LINK_LOST : KITH_WHY_PEER_FAILED, .phase = KITH_PHASE_FEATURES,
                    .ended_by = breaks ? KITH_ENDED_BY_LINK : KITH_ENDED_BY_PEER,
                    .smp_reason = breaks ? 0 : KITH_SMP_UNSPECIFIED_REASON,
                    .hci_status = breaks ? KITH_HCI_CONNECTION_TIMEOUT : 0);
            if (breaks)
                we_emit(KITH_EVENT_DISCONNECTED);
            no_data_is_wanted(breaks ? KITH_ERR_NOT_FOUND : KITH_ERR_STATE, bench.link);
            if (breaks)
                connect_link();
            clean_pairing();
        }
}

/* ---- what data is worth ---- */

/* Each piece that is used counts, and no other. */
SENTENCE(data_that_others_may_have_heard_makes_an_unauthenticated_key)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned flags = 1; flags <= 3; flags++)
            for (unsigned secure = 0; secure <= 3; secure++) {
                bool we_have = (flags & 1) != 0, peer_has = (flags & 2) != 0;
                bool theirs = (secure & 1) != 0, ours = (secure & 2) != 0;
                kith_bond_info bond;

                begin_oob(role, we_have, peer_has);
                bench_round("%s, flags {%d,%d}, their data %d, ours %d", role_name(role), we_have, peer_has, theirs,
                            ours);
                meet_for_oob();
                oob.secure = ours;
                we_make_data();
                oob.secure = theirs;
                bench.overheard = (we_have && !theirs) || (peer_has && !ours);
                pair_by_oob();
                check(bench_level() == (bench.overheard ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_SC_AUTHENTICATED));
                check_ok(kith_bonds_next(bench.host, 0, &bond));
                check(bond.level == bench_level() && bond.method == KITH_METHOD_OOB);
            }
}

SENTENCE(data_that_others_may_have_heard_is_refused_where_an_authenticated_key_is_required)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (unsigned flags = 1; flags <= 3; flags++)
            for (kith_level level = KITH_LEVEL_AUTHENTICATED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
                prepare(role, (flags & 1) != 0, (flags & 2) != 0);
                bench.config.security.required_level = level;
                bench.config.security.sc_only = level == KITH_LEVEL_SC_AUTHENTICATED;
                oob.secure = false;
                meet_for_oob();
                if (oob.peer_has)
                    we_make_data();
                peer_makes_data();
                claim_to_have_data(KITH_LEVEL_ENCRYPTED);
                we_fail_by_ourselves(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE,
                                     KITH_PHASE_FEATURES);
                check(kith_oob_is_ready(bench.host) == oob.peer_has);
                kith_oob_drop(bench.host);
                oob.secure = true;
                clean_pairing();
            }
}

/* ---- data of legacy pairing ---- */

/* With Secure Connections the flag says that we have the peer's data; a TK that we made is no such thing. */
SENTENCE(a_tk_is_no_data_of_a_peer_with_secure_connections)
{
    for (int peer_has = 0; peer_has <= 1; peer_has++) {
        prepare(PERIPHERAL, false, peer_has);
        bench.config.security.methods = kith_all_methods;
        bench.config.security.legacy = true;
        meet_for_oob();
        check_ok(kith_oob_make(bench.host, true, true, OOB_LIFETIME_MS));
        time_passes(1);
        oob_take_ready();
        check(oob.ours.has_tk);
        peer_sends_features();
        we_send("02 03 00 09 10 02 02");
        if (peer_has)
            oob_from(OOB_FEATURES, OOB_KEYS);
        else
            pair_from(STEP_FEATURES, STEP_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* As initiator nobody knows yet which kind it will be: the flag stands for the TK, and is no way through without one.
 */
SENTENCE(a_tk_of_the_peers_is_no_data_of_one_with_secure_connections)
{
    for (int peer_has = 0; peer_has <= 1; peer_has++) {
        const kith_oob_data tk = {.has_tk = true, .tk = {1}, .channel_is_secure = true};

        prepare(CENTRAL, true, peer_has);
        bench.config.security.methods = kith_all_methods;
        bench.config.security.legacy = true;
        meet_for_oob();
        if (peer_has)
            we_make_data();
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_ask_for_data();
        our_program_gives(&tk);
        we_send("01 03 01 09 10 03 03");
        peer_sends_features();
        the_claim_is_refused();
        check(kith_oob_is_ready(bench.host) == (peer_has != 0));
    }
}

SENTENCE(a_tk_alone_is_no_data_where_legacy_pairing_is_off)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        const kith_oob_data tk = {.has_tk = true, .tk = {1}, .channel_is_secure = true};

        come_to_the_question(role);
        our_program_gives(&tk);
        it_goes_on_without();
    }
}

/* ---- order, and slow arithmetic ---- */

SENTENCE(a_key_is_not_given_before_the_checks)
{
    for (oob_step after = OOB_FEATURES; after <= OOB_RANDOMS; after++) {
        bench_round("after %s", oob_step_name(after));
        begin_oob(PERIPHERAL, true, true);
        meet_for_oob();
        oob_to(after);
        controller_asks_for_key(0, 0);
        we_refuse_key();
        we_fail_by_ourselves(KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_LTK_TOO_EARLY, oob_phase_after(after));
        clean_pairing();
    }
}

SENTENCE(slow_arithmetic_does_not_hurt)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet(role, true, true);
        oob_to(OOB_FEATURES);
        bench.hold_work = true;
        peer_sends_public_key();
        we_send_nothing();
        do_one_work(); /* the peer's key is sound */
        if (role == PERIPHERAL)
            we_show_our_key();
        oob_from(OOB_PUBLIC_KEYS, OOB_RANDOMS);
        data_goes_into_checks();
        if (role == PERIPHERAL)
            peer_sends_check(RIGHT);
        we_send_nothing();
        do_work();
        we_send_check();
        bench.hold_work = false;
        if (role == CENTRAL)
            peer_sends_check(RIGHT);
        oob_from(OOB_CHECKS, OOB_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* Every PDU that has no place there, after every step. */
static bool is_expected(bench_role role, oob_step after, uint8_t opcode)
{
    if (role == CENTRAL && opcode == KITH_SMP_SECURITY_REQUEST)
        return true; /* ignored */
    switch (after) {
    case OOB_FEATURES:
        return opcode == KITH_SMP_PAIRING_PUBLIC_KEY;
    case OOB_PUBLIC_KEYS:
        return opcode == KITH_SMP_PAIRING_RANDOM;
    case OOB_RANDOMS:
        return opcode == KITH_SMP_PAIRING_DHKEY_CHECK;
    default:
        return false;
    }
}

static void send_out_of_turn(bench_role role, oob_step after, uint8_t opcode)
{
    uint8_t pdu[KITH_SMP_MAX_PDU] = {opcode}, request[7], response[7];
    bool is_key = opcode >= KITH_SMP_ENCRYPTION_INFORMATION && opcode <= KITH_SMP_SIGNING_INFORMATION;

    bench_round("%s, %s after %s", role_name(role), kith_smp_opcode_name(opcode), oob_step_name(after));
    begin_oob(role, true, true);
    meet_for_oob();
    oob_to(after);
    if (role == CENTRAL && after == OOB_PUBLIC_KEYS)
        we_send_nonce();
    if (role == CENTRAL && after == OOB_RANDOMS)
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_DHKEY_CHECK);
    memcpy(request, bench.request, sizeof request);
    memcpy(response, bench.response, sizeof response);
    peer_sends_octets(pdu, kith_smp_pdu_len(opcode));
    memcpy(bench.request, request, sizeof request); /* of this pairing, whatever came after */
    memcpy(bench.response, response, sizeof response);
    we_fail_by_ourselves(KITH_SMP_UNSPECIFIED_REASON, is_key ? KITH_WHY_KEYS_TOO_EARLY : KITH_WHY_OUT_OF_ORDER,
                         oob_phase_after(after));
    clean_pairing();
}

SENTENCE(what_is_out_of_turn_ends_it)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        for (oob_step after = OOB_FEATURES; after <= oob_last_in_plain(role); after++)
            for (uint8_t opcode = KITH_SMP_PAIRING_REQUEST; opcode <= KITH_SMP_KEYPRESS_NOTIFICATION; opcode++)
                if (opcode != KITH_SMP_PAIRING_FAILED && !is_expected(role, after, opcode))
                    send_out_of_turn(role, after, opcode);
}
