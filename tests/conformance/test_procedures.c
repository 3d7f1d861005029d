/* What a program hears and says around a procedure: that it starts and ends, how to pair on this link, that a link is
 * left alone, and what becomes of a bonded peer that pairs anew.  Public API and wire. */
#include <string.h>

#include "case.h"
#include "kept_store.h"
#include "kith/codec/att.h"
#include "peer.h"

#define EACH_ROLE(role) for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)

static const char *role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

static void prepare(bench_role role)
{
    begin(role);
    bench.tells_starts = true;
    peer_begin();
}

static void meet(void)
{
    power_on();
    open_window();
    connect_link();
}

static void meet_again(void)
{
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    connect_link();
}

/* Paired as in scripts that are about something else, and connected again without encryption. */
static void bond_and_meet_again(void)
{
    bench.tells_starts = false;
    pair_completely();
    kith_pairing_close(bench.host);
    bench.tells_starts = true;
    meet_again();
}

/* Whatever it tells: the script is not about it. */
static void pair_unheard(step last)
{
    bench.tells_starts = false;
    pair_to(last);
    bench.tells_starts = true;
}

static void it_starts(kith_procedure procedure, bool by_peer)
{
    const kith_event_started *started = &we_emit(KITH_EVENT_SECURITY_STARTED)->started;

    if (started->procedure != procedure || started->by_peer != by_peer)
        bench_fail("it starts as procedure %d, by %s", (int)started->procedure, started->by_peer ? "the peer" : "us");
}

static void it_is_refused(kith_smp_reason reason, kith_why why, kith_phase phase, kith_ender ender)
{
    const uint8_t *failed = bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);

    if (failed[1] != reason)
        bench_fail("refused with %02x, wanted %02x", failed[1], reason);
    we_send_nothing();
    we_fail(.why = why, .phase = phase, .ended_by = ender, .smp_reason = reason);
}

/* ---- the order of events ---- */

typedef struct {
    const char *name;
    void (*run)(void);
    bool central, peripheral;
    bool begin_bonded;
    uint8_t events[8]; /* kith_event_kind, from there on; NONE: no more */
} story;

static void tell_features(void)
{
    peer.features[2] &= (uint8_t)~KITH_AUTH_BONDING_MASK;
    peer.features[4] = peer.features[5] = 0;
}

static void pairs(void)
{
    pair_to(STEP_KEYS);
}

static void pairs_without_bond(void)
{
    kith_security security = bench.config.security;

    security.bonding = false;
    check_ok(kith_security_set(bench.host, &security));
    tell_features();
    pair_to(STEP_ENCRYPTED);
}

static void pairing_goes_wrong(void)
{
    pair_to(STEP_RANDOMS);
    peer_sends_check(WRONG);
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);
}

static void link_goes_while_pairing(void)
{
    pair_to(STEP_RANDOMS);
    link_breaks(0x08);
}

static void peer_ends_it(void)
{
    pair_to(STEP_FEATURES);
    peer_sends("05 08");
}

static void encrypts(void)
{
    if (bench.role == CENTRAL) {
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        we_start_encryption(peer.ltk);
    } else {
        controller_asks_for_key(0, 0);
        we_give_key(peer.ltk);
    }
}

static void encryption_comes(void)
{
    encrypts();
    encryption_changes(0);
}

static void encryption_does_not_come(void)
{
    encrypts();
    encryption_changes(0x06);
}

static void link_goes_while_encrypting(void)
{
    encrypts();
    link_breaks(0x3d);
}

static void pairing_is_closed(void)
{
    kith_pairing_close(bench.host);
    if (bench.role == CENTRAL)
        peer_sends("0b 09");
    else
        peer_sends_request();
    we_send("05 05");
}

static void peer_asks_and_we_pair(void)
{
    peer_sends("0b 09");
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    peer_sends_response();
    we_send_public_key();
    pair_from(STEP_FEATURES, STEP_KEYS);
}

static void peer_asks_and_we_encrypt(void)
{
    peer_sends("0b 09");
    we_start_encryption(peer.ltk);
    encryption_changes(0);
}

static void we_ask_and_it_pairs(void)
{
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    pair_to(STEP_KEYS);
}

static void we_ask_and_it_encrypts(void)
{
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    controller_asks_for_key(0, 0);
    we_give_key(peer.ltk);
    encryption_changes(0);
}

static void we_ask_in_vain(void)
{
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    time_passes(30001);
}

/* The bond is worth less than we want: the central proves it first. */
static void we_want_more_than_the_bond(void)
{
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_AUTHENTICATED));
    if (bench.role == CENTRAL) {
        we_start_encryption(peer.ltk);
        return;
    }
    we_send("0b 0d");
    controller_asks_for_key(0, 0);
    we_give_key(peer.ltk);
}

static void more_is_out_of_reach(void)
{
    we_want_more_than_the_bond();
    encryption_changes(0);
    if (bench.role == PERIPHERAL) {
        peer_sends_request();
    } else {
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
        peer_sends_response();
    }
    if (bench.role == CENTRAL)
        we_send("05 03");
}

static void more_is_not_asked_for(void)
{
    we_want_more_than_the_bond();
    encryption_changes(0);
    time_passes(30001);
}

static void more_and_the_bond_fails(void)
{
    we_want_more_than_the_bond();
    encryption_changes(0x06);
    if (bench.role == PERIPHERAL)
        time_passes(30001);
}

static void more_and_the_link_goes(void)
{
    we_want_more_than_the_bond();
    link_breaks(0x08);
}

static void it_is_secure_already(void)
{
    encryption_comes();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
}

static void a_key_is_unknown(void)
{
    controller_asks_for_key(0, 0);
    we_refuse_key();
}

enum {
    REQUESTED = KITH_EVENT_SECURITY_REQUESTED,
    STARTED = KITH_EVENT_SECURITY_STARTED,
    CONSENT = KITH_EVENT_CONSENT_WANTED,
    CHANGED = KITH_EVENT_SECURITY_CHANGED,
    PAIRED = KITH_EVENT_PAIRED,
    PAIRING_FAILED = KITH_EVENT_PAIRING_FAILED,
    ENCRYPTED = KITH_EVENT_ENCRYPTED,
    ENCRYPTION_FAILED = KITH_EVENT_ENCRYPTION_FAILED,
    BONDED = KITH_EVENT_BONDED,
    GONE = KITH_EVENT_DISCONNECTED
};

/* name, what happens, as central, as peripheral, with a bond, and what is told of it in this order */
static const story stories[] = {
    {"bonding", pairs, true, true, false, {STARTED, CHANGED, PAIRED, BONDED}},
    {"pairing", pairs_without_bond, true, true, false, {STARTED, CHANGED, PAIRED}},
    {"pairing that fails", pairing_goes_wrong, true, true, false, {STARTED, PAIRING_FAILED}},
    {"pairing that the peer ends", peer_ends_it, true, true, false, {STARTED, PAIRING_FAILED}},
    {"pairing, and the link goes", link_goes_while_pairing, true, true, false, {STARTED, PAIRING_FAILED, GONE}},
    {"encryption", encryption_comes, true, true, true, {STARTED, CHANGED, ENCRYPTED}},
    {"encryption that fails", encryption_does_not_come, true, true, true, {STARTED, ENCRYPTION_FAILED}},
    {"encryption, and the link goes", link_goes_while_encrypting, true, true, true, {STARTED, ENCRYPTION_FAILED, GONE}},
    {"a door that is closed", pairing_is_closed, false, true, false, {PAIRING_FAILED}},
    {"a door that is closed, to a wish", pairing_is_closed, true, false, false, {REQUESTED, PAIRING_FAILED}},
    {"a wish, and we pair", peer_asks_and_we_pair, true, false, false, {REQUESTED, STARTED, CHANGED, PAIRED, BONDED}},
    {"a wish, and we encrypt", peer_asks_and_we_encrypt, true, false, true, {REQUESTED, STARTED, CHANGED, ENCRYPTED}},
    {"our wish, and it pairs", we_ask_and_it_pairs, false, true, false, {STARTED, CHANGED, PAIRED, BONDED}},
    {"our wish, and it encrypts", we_ask_and_it_encrypts, false, true, true, {STARTED, CHANGED, ENCRYPTED}},
    {"our wish, in vain", we_ask_in_vain, false, true, false, {PAIRING_FAILED}},
    {"more than the bond", more_is_out_of_reach, true, false, true, {STARTED, CHANGED, STARTED, PAIRING_FAILED}},
    {"our wish for more", more_is_out_of_reach, false, true, true, {CHANGED, STARTED, CONSENT}},
    {"our wish for more, in vain", more_is_not_asked_for, false, true, true, {CHANGED, PAIRING_FAILED}},
    {"more, and the bond fails", more_and_the_bond_fails, true, false, true, {STARTED, ENCRYPTION_FAILED}},
    {"our wish for more, and the bond fails", more_and_the_bond_fails, false, true, true, {PAIRING_FAILED}},
    {"more, and the link goes", more_and_the_link_goes, true, false, true, {STARTED, ENCRYPTION_FAILED, GONE}},
    {"our wish for more, and the link goes", more_and_the_link_goes, false, true, true, {PAIRING_FAILED, GONE}},
    {"what is secure already", it_is_secure_already, true, true, true, {STARTED, CHANGED, ENCRYPTED, ENCRYPTED}},
    {"a key that we don't have", a_key_is_unknown, false, true, false, {ENCRYPTION_FAILED}},
};

static bool is_of_the_order(kith_event_kind kind)
{
    return kind != KITH_EVENT_KEY && kind != KITH_EVENT_ADVERTISING;
}

static void check_order(const story *s, unsigned from)
{
    unsigned at = 0;

    for (unsigned i = from; i < bench.heard_count; i++) {
        kith_event_kind kind = bench.heard[i % BENCH_HEARD].kind;

        if (!is_of_the_order(kind))
            continue;
        if (kind != s->events[at])
            bench_fail("told as number %u: %s, wanted %s", at + 1, kith_event_name(kind),
                       kith_event_name((kith_event_kind)s->events[at]));
        at++;
    }
    if (s->events[at] != KITH_EVENT_NONE)
        bench_fail("not told: %s", kith_event_name((kith_event_kind)s->events[at]));
}

static void play(const story *s, bench_role role, const kith_store *store)
{
    unsigned from;

    bench_round("%s, as %s, %s", s->name, role_name(role), store == &kept_store ? "kept" : "in memory");
    memset(&kept, 0, sizeof kept);
    prepare(role);
    bench.config.store = store;
    meet();
    if (s->begin_bonded)
        bond_and_meet_again();
    from = bench.heard_count;
    bench.tells_starts = false; /* all that was heard is looked at in the end */
    s->run();
    time_passes(1);
    check_order(s, from);
    bench_discard(); /* all was looked at */
}

SENTENCE(events_come_in_their_order)
{
    const kith_store *const stores[] = {&kith_volatile_store, &kept_store};

    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++)
        for (size_t j = 0; j < sizeof stores / sizeof stores[0]; j++) {
            if (stories[i].peripheral)
                play(&stories[i], PERIPHERAL, stores[j]);
            if (stories[i].central)
                play(&stories[i], CENTRAL, stores[j]);
        }
}

SENTENCE(a_start_says_what_begins_and_who_began_it)
{
    EACH_ROLE(role)
    {
        bench_round("%s", role_name(role));
        prepare(role);
        meet();
        if (role == CENTRAL)
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        else
            peer_sends_request();
        it_starts(KITH_PROCEDURE_BONDING, role == PERIPHERAL);
        bench_discard();

        prepare(role);
        bench.config.security.bonding = false;
        meet();
        if (role == CENTRAL)
            peer_sends("0b 01");
        else
            peer_sends_request();
        if (role == CENTRAL)
            we_emit(KITH_EVENT_SECURITY_REQUESTED);
        it_starts(KITH_PROCEDURE_PAIRING, true);
        bench_discard();

        prepare(role);
        meet();
        bond_and_meet_again();
        encrypts();
        it_starts(KITH_PROCEDURE_ENCRYPTION, role == PERIPHERAL);
        bench_discard();
    }
    bench_round("our wish, answered");
    prepare(PERIPHERAL);
    meet();
    bond_and_meet_again();
    we_ask_and_it_encrypts();
    it_starts(KITH_PROCEDURE_ENCRYPTION, false);
    bench_discard();

    bench_round("the peripheral's wish");
    prepare(CENTRAL);
    meet();
    bond_and_meet_again();
    peer_asks_and_we_encrypt();
    we_emit(KITH_EVENT_SECURITY_REQUESTED);
    it_starts(KITH_PROCEDURE_ENCRYPTION, true);
    bench_discard();
}

/* ---- the Security Request ---- */

static void request_says(uint8_t auth_req, bool bonding, bool mitm, bool sc, bool keypress)
{
    const uint8_t pdu[2] = {KITH_SMP_SECURITY_REQUEST, auth_req};
    const kith_event_requested *r;

    peer_sends_octets(pdu, sizeof pdu);
    r = &we_emit(KITH_EVENT_SECURITY_REQUESTED)->requested;
    check(r->bonding == bonding && r->mitm == mitm && r->secure_connections == sc && r->keypress == keypress);
}

/* Also while we pair, when nothing more comes of it. */
SENTENCE(each_security_request_is_told_as_it_is)
{
    prepare(CENTRAL);
    bench.config.security.backoff.first_ms = 0;
    power_on();
    connect_link();
    request_says(KITH_AUTH_BONDING, true, false, false, false);
    it_is_refused(0x05, KITH_WHY_PAIRING_CLOSED, KITH_PHASE_REQUEST, KITH_ENDED_BY_US);
    request_says(KITH_AUTH_MITM, false, true, false, false);
    it_is_refused(0x05, KITH_WHY_PAIRING_CLOSED, KITH_PHASE_REQUEST, KITH_ENDED_BY_US);
    request_says(2 /* reserved */ | KITH_AUTH_SC, false, false, true, false);
    it_is_refused(0x05, KITH_WHY_PAIRING_CLOSED, KITH_PHASE_REQUEST, KITH_ENDED_BY_US);
    request_says(KITH_AUTH_KEYPRESS, false, false, false, true);
    it_is_refused(0x05, KITH_WHY_PAIRING_CLOSED, KITH_PHASE_REQUEST, KITH_ENDED_BY_US);
    open_window();
    request_says(0x0d, true, true, true, false);
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
    it_starts(KITH_PROCEDURE_BONDING, true);
    request_says(0x09, true, false, true, false);
    we_send_nothing();
    bench_discard();

    bench_round("one that is too long, or comes to a peripheral");
    EACH_ROLE(role)
    {
        prepare(role);
        power_on();
        connect_link();
        peer_sends(role == CENTRAL ? "0b 09 00" : "0b 09");
        check(bench.heard[(bench.heard_count - 1) % BENCH_HEARD].kind != KITH_EVENT_SECURITY_REQUESTED);
        bench_discard();
    }
}

/* ---- how to pair on this link ---- */

static void prepare_question(bench_role role)
{
    prepare(role);
    bench.config.security.ask_parameters = true;
}

static void begin_pairing(void)
{
    if (bench.role == CENTRAL)
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    else
        peer_sends_request();
}

static void we_are_asked(bool again)
{
    const kith_event_security_wanted *wanted = &we_emit(KITH_EVENT_SECURITY_WANTED)->security_wanted;

    check(kith_address_equal(&wanted->peer, &bench.peer_address) && wanted->again == again);
    check(wanted->features.auth_req == (bench.role == CENTRAL ? 0 : peer.features[2]));
    check(wanted->features.io_capability == (bench.role == CENTRAL ? 0 : peer.features[0]));
    check(wanted->deadline_us == bench.now_us + 25000000);
    we_send_nothing();
    we_emit_nothing();
}

static void answer(const kith_security *security)
{
    check_ok(kith_security_answer(bench.host, bench.link, security));
}

/* From where the features are known. */
static void it_pairs_from_its_answer(kith_procedure procedure)
{
    it_starts(procedure, bench.role == PERIPHERAL);
    if (bench.role == CENTRAL) {
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
        peer_sends_response();
        we_send_public_key();
    } else {
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
    }
    pair_from(STEP_FEATURES, STEP_KEYS);
}

SENTENCE(the_answer_is_what_this_pairing_runs_by_and_no_other)
{
    EACH_ROLE(role)
    {
        kith_security numbers;

        bench_round("%s", role_name(role));
        prepare_question(role);
        peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
        meet();
        numbers = bench.config.security;
        numbers.io = KITH_IO_DISPLAY_YES_NO;
        numbers.ask_mitm = true;
        begin_pairing();
        we_are_asked(false);
        answer(&numbers);
        it_pairs_from_its_answer(KITH_PROCEDURE_BONDING);
        check(bench_level() == KITH_LEVEL_SC_AUTHENTICATED);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);

        bench_round("%s, and the next one is asked about anew", role_name(role));
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
        bench.peer_address.octets[0] ^= 0x55;
        peer.identity.octets[0] ^= 0x55;
        open_window();
        connect_link();
        begin_pairing();
        we_are_asked(false);
        numbers = bench.config.security;
        answer(&numbers);
        it_pairs_from_its_answer(KITH_PROCEDURE_BONDING);
        check(bench_level() == KITH_LEVEL_ENCRYPTED);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

/* Later, and the peer's timer still runs: 25 s in all. */
SENTENCE(the_answer_may_come_late)
{
    EACH_ROLE(role)
    {
        bench_round("%s", role_name(role));
        prepare_question(role);
        meet();
        begin_pairing();
        we_are_asked(false);
        time_passes(24000);
        we_emit_nothing();
        answer(&bench.config.security);
        it_pairs_from_its_answer(KITH_PROCEDURE_BONDING);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}

SENTENCE(no_answer_in_time_is_a_refusal_with_a_name)
{
    EACH_ROLE(role)
    {
        bench_round("%s", role_name(role));
        prepare_question(role);
        meet();
        begin_pairing();
        we_are_asked(false);
        time_passes(25001);
        it_is_refused(KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PARAMETERS_TIMEOUT, KITH_PHASE_FEATURES,
                      KITH_ENDED_BY_TIMEOUT);
        check_status(kith_security_answer(bench.host, bench.link, &bench.config.security), KITH_ERR_STATE);
        check(kith_pairing_wait_us(bench.host, bench.link) == 0); /* our program's doing */
        check(kith_pairing_is_open(bench.host));
    }
}

SENTENCE(no_settings_are_a_refusal_with_a_name)
{
    EACH_ROLE(role)
    for (int how = 0; how < 2; how++) {
        kith_security without = {0};

        bench_round("%s, %s", role_name(role), how == 0 ? "none" : "without a method for the role");
        prepare_question(role);
        meet();
        begin_pairing();
        we_are_asked(false);
        without = bench.config.security;
        without.methods = (const kith_method *const[]){
            role == CENTRAL ? &kith_sc_just_works_responder : &kith_sc_just_works_initiator, NULL};
        answer(how == 0 ? NULL : &without);
        it_is_refused(KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PARAMETERS_REFUSED, KITH_PHASE_FEATURES,
                      KITH_ENDED_BY_USER);
        check(kith_pairing_is_open(bench.host)); /* three of them do not close it */
        check(kith_pairing_wait_us(bench.host, bench.link) == 0);
    }
}

/* Admission comes before the question, and consent after it. */
SENTENCE(who_is_not_admitted_is_not_asked_about)
{
    prepare_question(PERIPHERAL);
    power_on();
    connect_link();
    peer_sends_request();
    it_is_refused(KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PAIRING_CLOSED, KITH_PHASE_REQUEST, KITH_ENDED_BY_US);

    bench_round("consent comes after it");
    prepare_question(PERIPHERAL);
    bench.config.security.policy = KITH_PAIRING_ASK;
    power_on();
    connect_link();
    peer_sends_request();
    we_are_asked(false);
    check_status(kith_pairing_consent(bench.host, bench.link, true), KITH_ERR_STATE);
    answer(&bench.config.security);
    it_starts(KITH_PROCEDURE_BONDING, true);
    check(!we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again);
    we_send_nothing();
    check_ok(kith_pairing_consent(bench.host, bench.link, true));
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
    bench_discard();
}

/* Our own wish as peripheral: asked when the Pairing Request comes, and never below what the call wanted. */
SENTENCE(our_wish_is_asked_about_when_the_request_comes)
{
    prepare_question(PERIPHERAL);
    power_on();
    connect_link();
    check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    we_send("0b 09");
    we_emit_nothing();
    peer_sends_request();
    we_are_asked(false);
    answer(&bench.config.security);
    it_starts(KITH_PROCEDURE_BONDING, false);
    (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
    pair_from(STEP_FEATURES, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
}

SENTENCE(an_answer_asks_for_no_less_than_our_call)
{
    EACH_ROLE(role)
    {
        kith_security weak;

        bench_round("%s, the level", role_name(role));
        prepare_question(role);
        peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
        power_on();
        connect_link();
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_AUTHENTICATED));
        if (role == PERIPHERAL) {
            (void)bench_we_send_opcode(KITH_SMP_SECURITY_REQUEST);
            peer_sends_request();
        }
        we_are_asked(false);
        weak = bench.config.security; /* neither input nor output */
        answer(&weak);
        it_starts(KITH_PROCEDURE_BONDING, false);
        if (role == CENTRAL) {
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
            peer_sends_response();
        }
        it_is_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE, KITH_PHASE_FEATURES,
                      KITH_ENDED_BY_US);

        bench_round("%s, the key size", role_name(role));
        prepare_question(role);
        bench.config.security.min_key_size = 7;
        power_on();
        connect_link();
        check_ok(kith_security_secure_with(bench.host, bench.link, KITH_LEVEL_ENCRYPTED, 12));
        if (role == PERIPHERAL) {
            (void)bench_we_send_opcode(KITH_SMP_SECURITY_REQUEST);
            peer.features[3] = 11;
            peer_sends_request();
        }
        we_are_asked(false);
        weak = bench.config.security;
        weak.max_key_size = 11;
        check_status(kith_security_answer(bench.host, bench.link, &weak), KITH_ERR_VALUE);
        weak.max_key_size = 16;
        answer(&weak);
        it_starts(KITH_PROCEDURE_BONDING, false);
        if (role == CENTRAL) {
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
            peer.features[3] = 11;
            peer_sends_response();
        }
        it_is_refused(KITH_SMP_ENCRYPTION_KEY_SIZE, KITH_WHY_KEY_SIZE, KITH_PHASE_FEATURES, KITH_ENDED_BY_US);
    }
}

/* Secure Connections Only, who is blocked, and how long who failed must wait are the host's. */
SENTENCE(an_answer_does_not_open_what_the_host_closed)
{
    EACH_ROLE(role)
    {
        kith_security open;

        bench_round("%s", role_name(role));
        prepare_question(role);
        bench.config.security.sc_only = true;
        meet();
        begin_pairing();
        we_are_asked(false);
        open = bench.config.security;
        open.sc_only = false;
        open.backoff.first_ms = 0;
        answer(&open);
        it_starts(KITH_PROCEDURE_BONDING, role == PERIPHERAL);
        if (role == CENTRAL) {
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
            peer_sends_response();
        }
        it_is_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_LEVEL_UNREACHABLE, KITH_PHASE_FEATURES,
                      KITH_ENDED_BY_US);
    }
}

SENTENCE(a_question_ends_with_its_link_or_its_cancellation)
{
    EACH_ROLE(role)
    {
        bench_round("%s", role_name(role));
        prepare_question(role);
        meet();
        begin_pairing();
        we_are_asked(false);
        link_breaks(0x13);
        we_fail(.why = KITH_WHY_LINK_LOST, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_LINK,
                .hci_status = 0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
        connect_link();
        begin_pairing();
        we_are_asked(false);
        check_ok(kith_pairing_cancel(bench.host, bench.link));
        it_is_refused(KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_CANCELLED, KITH_PHASE_FEATURES, KITH_ENDED_BY_USER);
    }
}

/* The program thinks; whoever goes on meanwhile is out of turn. */
SENTENCE(who_does_not_wait_for_the_answer_is_refused)
{
    static const char *const hurry[] = {"04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", "01 03 00 09 10 02 02"};

    EACH_ROLE(role)
    for (size_t i = 0; i < sizeof hurry / sizeof hurry[0]; i++) {
        bench_round("%s, %.2s", role_name(role), hurry[i]);
        prepare_question(role);
        meet();
        begin_pairing();
        we_are_asked(false);
        peer_sends(hurry[i]);
        it_is_refused(KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_OUT_OF_ORDER, KITH_PHASE_FEATURES, KITH_ENDED_BY_US);
        check_status(kith_security_answer(bench.host, bench.link, &bench.config.security), KITH_ERR_STATE);
    }
    bench_round("a key is asked for");
    prepare_question(PERIPHERAL);
    meet();
    begin_pairing();
    we_are_asked(false);
    controller_asks_for_key(0, 0);
    we_refuse_key();
    it_is_refused(KITH_SMP_UNSPECIFIED_REASON, KITH_WHY_LTK_TOO_EARLY, KITH_PHASE_FEATURES, KITH_ENDED_BY_US);
}

/* ---- a link that is left alone ---- */

static void leave_alone(void)
{
    check_ok(kith_security_exclude(bench.host, bench.link));
}

static void the_link_is_left_alone(void)
{
    kith_link link = bench.link;

    if (bench.role == CENTRAL) {
        peer_sends("0b 09");
        peer_sends("0b 0d");
        peer_sends("0b 09 00");
    } else {
        peer_sends_request();
        it_is_refused(KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_LINK_EXCLUDED, KITH_PHASE_REQUEST, KITH_ENDED_BY_US);
        controller_asks_for_key(0, 0);
        we_refuse_key();
        we_fail_encryption(.why = KITH_WHY_LINK_EXCLUDED, .phase = KITH_PHASE_ENCRYPTION, .ended_by = KITH_ENDED_BY_US);
    }
    check_status(kith_security_secure(bench.host, link, KITH_LEVEL_ENCRYPTED), KITH_ERR_STATE);
    check_status(kith_security_secure_with(bench.host, link, KITH_LEVEL_ENCRYPTED, 7), KITH_ERR_STATE);
    check_status(kith_security_pair(bench.host, link, KITH_LEVEL_ENCRYPTED), KITH_ERR_STATE);
    we_send_nothing();
    we_command_nothing();
    we_emit_nothing();
}

SENTENCE(a_link_that_is_left_alone_has_every_door_closed)
{
    EACH_ROLE(role)
    for (int bonded = 0; bonded < 2; bonded++) {
        bench_round("%s, %s", role_name(role), bonded ? "bonded" : "a stranger");
        prepare(role);
        meet();
        if (bonded)
            bond_and_meet_again();
        open_window(); /* which is no way in */
        leave_alone();
        the_link_is_left_alone();
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);

        connect_link(); /* the next one is as any */
        check((bench.claimed != 0) == (bonded != 0));
        if (bonded)
            encryption_comes();
        else
            pair_unheard(STEP_KEYS);
        bench_discard();
    }
}

/* A request that is refused is not raised, whatever the policy: nothing but the refusal comes of it. */
SENTENCE(a_request_on_a_link_that_is_left_alone_is_not_raised)
{
    EACH_ROLE(role)
    for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++) {
        bench_round("%s, policy %u", role_name(role), raise);
        prepare(role);
        bench.config.gatt_raise = (kith_gatt_raise)raise;
        meet();
        bond_and_meet_again();
        open_window();
        leave_alone();
        check_ok(kith_gatt_read(bench.host, bench.link, 0x21));
        we_answer("0a 21 00"); /* at once: there is no bond to wait for */
        peer_asks("01 0a 21 00 05");
        check(we_emit(KITH_EVENT_READ)->gatt.att_error == KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
        we_send_nothing();
        we_command_nothing();
        we_emit_nothing();
    }
}

/* ---- a bonded peer that pairs anew ---- */

static void prepare_bonded(bench_role role, kith_repairing repairing)
{
    prepare(role);
    bench.config.security.backoff.first_ms = 0;
    meet();
    bond_and_meet_again();
    check_ok(kith_security_set_repairing(bench.host, bench.link, repairing));
}

SENTENCE(pairing_anew_is_refused_for_one_link)
{
    prepare_bonded(PERIPHERAL, KITH_REPAIRING_REFUSE);
    peer_sends_request();
    it_is_refused(KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_REPAIRING_REFUSED, KITH_PHASE_REQUEST, KITH_ENDED_BY_US);

    bench_round("where it answers our own wish");
    check_ok(kith_security_pair(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    (void)bench_we_send_opcode(KITH_SMP_SECURITY_REQUEST);
    peer_sends_request();
    it_is_refused(KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_REPAIRING_REFUSED, KITH_PHASE_REQUEST, KITH_ENDED_BY_US);

    bench_round("the window is stronger");
    open_window();
    pair_unheard(STEP_KEYS);
    bench_discard();

    bench_round("the next link is as any");
    prepare_bonded(PERIPHERAL, KITH_REPAIRING_REFUSE);
    meet_again();
    peer_sends_request();
    it_starts(KITH_PROCEDURE_BONDING, true);
    check(we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again);
    bench_discard();

    bench_round("and nothing is the matter with its bond");
    prepare_bonded(PERIPHERAL, KITH_REPAIRING_REFUSE);
    encryption_comes();
    bench_discard();
}

SENTENCE(pairing_anew_is_allowed_for_one_link)
{
    prepare_bonded(PERIPHERAL, KITH_REPAIRING_ALLOW);
    pair_to(STEP_FEATURES);
    it_starts(KITH_PROCEDURE_BONDING, true);
    pair_from(STEP_FEATURES, STEP_KEYS);
    check(keys_from_us() == KITH_KEY_ID); /* admitted, as by a person */
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    check(kith_bonds_count(bench.host) == 1);

    bench_round("never with less");
    prepare(PERIPHERAL);
    bench.config.security.min_key_size = 7;
    meet();
    bond_and_meet_again();
    check_ok(kith_security_set_repairing(bench.host, bench.link, KITH_REPAIRING_ALLOW));
    peer.features[3] = 15;
    peer_sends_request();
    it_starts(KITH_PROCEDURE_BONDING, true);
    it_is_refused(KITH_SMP_AUTHENTICATION_REQUIREMENTS, KITH_WHY_WEAKER, KITH_PHASE_FEATURES, KITH_ENDED_BY_US);

    bench_round("it is no way in for a stranger");
    prepare(PERIPHERAL);
    power_on();
    connect_link();
    check_ok(kith_security_set_repairing(bench.host, bench.link, KITH_REPAIRING_ALLOW));
    peer_sends_request();
    it_is_refused(KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PAIRING_CLOSED, KITH_PHASE_REQUEST, KITH_ENDED_BY_US);
}

/* A stranger, by its address, whom a person lets in and who gives the identity of somebody bonded. */
SENTENCE(who_turns_out_to_be_bonded_is_answered_for_too)
{
    for (unsigned repairing = KITH_REPAIRING_ASK; repairing <= KITH_REPAIRING_ALLOW; repairing++) {
        bench_round("answer %u", repairing);
        prepare(PERIPHERAL);
        bench.config.security.policy = KITH_PAIRING_ASK;
        meet();
        bond_and_meet_again();
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
        bench.peer_address.octets[0] ^= 0x55;
        connect_link();
        check_ok(kith_security_set_repairing(bench.host, bench.link, (kith_repairing)repairing));
        peer_sends_request();
        it_starts(KITH_PROCEDURE_BONDING, true);
        check(!we_emit(KITH_EVENT_CONSENT_WANTED)->consent.again);
        check_ok(kith_pairing_consent(bench.host, bench.link, true));
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
        pair_from(STEP_FEATURES, STEP_KEYS);
        if (repairing == KITH_REPAIRING_ASK) {
            check(we_emit(KITH_EVENT_CONSENT_WANTED)->consent.identity_given);
        } else if (repairing == KITH_REPAIRING_REFUSE) {
            we_send("05 0f");
            check(bench.heard[(bench.heard_count - 1) % BENCH_HEARD].kind == KITH_EVENT_PAIRING_FAILED ||
                  bench.heard[(bench.heard_count - 2) % BENCH_HEARD].kind == KITH_EVENT_PAIRING_FAILED);
        } else {
            we_pair(16);
            we_emit(KITH_EVENT_BONDED);
        }
        check(kith_bonds_count(bench.host) == 1);
        bench_discard();
    }
}

/* As central a call of ours that would pair with who has not proven its bond. */
SENTENCE(our_own_call_is_answered_for_too)
{
    for (unsigned repairing = KITH_REPAIRING_REFUSE; repairing <= KITH_REPAIRING_ALLOW; repairing++) {
        bench_round("answer %u", repairing);
        prepare_bonded(CENTRAL, (kith_repairing)repairing);
        bench.config.security.sc_only = true; /* so that the bond is no key any more */
        bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
        peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
        check_ok(kith_security_set(bench.host, &bench.config.security));
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        if (repairing == KITH_REPAIRING_ALLOW) {
            it_starts(KITH_PROCEDURE_BONDING, false);
            (void)bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST);
        } else {
            we_fail(.why = KITH_WHY_REPAIRING_REFUSED, .phase = KITH_PHASE_REQUEST, .ended_by = KITH_ENDED_BY_US);
            check_ok(kith_security_pair(bench.host, bench.link, KITH_LEVEL_ENCRYPTED)); /* an answer of its own */
            it_starts(KITH_PROCEDURE_BONDING, false);
        }
        bench_discard();
    }
}

/* ---- no pairing at all ---- */

SENTENCE(without_settings_nobody_pairs_and_bonds_encrypt)
{
    EACH_ROLE(role)
    {
        bench_round("%s", role_name(role));
        prepare(role);
        meet();
        bond_and_meet_again();
        open_window();
        check_ok(kith_security_set(bench.host, NULL));
        if (role == CENTRAL) {
            check_status(kith_security_pair(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_ERR_UNSUPPORTED);
            check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_SC_AUTHENTICATED),
                         KITH_ERR_UNSUPPORTED);
        } else {
            check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_ERR_UNSUPPORTED);
            peer_sends_request();
            it_is_refused(KITH_SMP_PAIRING_NOT_SUPPORTED, KITH_WHY_PAIRING_CLOSED, KITH_PHASE_REQUEST,
                          KITH_ENDED_BY_US);
        }
        encryption_comes();
        it_starts(KITH_PROCEDURE_ENCRYPTION, role == PERIPHERAL);
        level_is(KITH_LEVEL_ENCRYPTED);
        we_emit(KITH_EVENT_ENCRYPTED);

        bench_round("%s, settings come back", role_name(role));
        check_ok(kith_security_set(bench.host, &bench.config.security));
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
        bench.peer_address.octets[0] ^= 0x55;
        connect_link();
        pair_unheard(STEP_KEYS);
        bench_discard();
    }
}

/* What is under way has its settings, and its key pair. */
SENTENCE(without_settings_what_is_under_way_goes_on)
{
    EACH_ROLE(role)
    {
        bench_round("%s", role_name(role));
        prepare(role);
        meet();
        pair_to(STEP_FEATURES);
        it_starts(KITH_PROCEDURE_BONDING, role == PERIPHERAL);
        check_ok(kith_security_set(bench.host, NULL));
        pair_from(STEP_FEATURES, STEP_KEYS);
        we_pair(16);
        we_emit(KITH_EVENT_BONDED);
    }
}
