/* The peer of the bench in Out of Band pairing.  Core Vol 3 Part H 2.3.5.6.4, 2.3.5.6.5. */
#include "peer_oob.h"

#include <string.h>

#include "judge.h"

enum { ANSWER_US = 25000000 };

oob_state oob;

void oob_begin(bench_role role, bool we_have, bool peer_has)
{
    bench_begin(role);
    bench.config.security.methods = kith_sc_methods;
    if (we_have)
        bench.config.security.ask_oob = true;
    peer_begin();
    memset(&oob, 0, sizeof oob);
    oob.we_have = we_have;
    oob.peer_has = peer_has;
    oob.secure = true;
    oob_draw();
}

void oob_meet(void)
{
    bench_power_on();
    bench_open_window();
    bench_connect();
}

/* ---- data: Ca = f4(PKa, PKa, ra, 0) ---- */

void oob_take_ready(void)
{
    const kith_event_oob *ready = &bench_we_emit(KITH_EVENT_OOB_READY)->oob;

    bench_check_status(ready->status, KITH_OK);
    if (!ready->data.has_sc || ready->data.channel_is_secure != oob.secure)
        bench_fail("our data is not what was asked for");
    if (!kith_address_equal(&ready->address, &bench.our_address))
        bench_fail("our data does not name us");
    if (memcmp(ready->data.random, oob.ours.random, 16) == 0)
        bench_fail("our data is that of before");
    oob.ours = ready->data;
}

void oob_make(void)
{
    bench_check_status(kith_oob_make(bench.host, false, oob.secure, OOB_LIFETIME_MS), KITH_OK);
    bench_time_passes(1);
    oob_take_ready();
    if (!kith_oob_is_ready(bench.host))
        bench_fail("our data is told and not there");
}

void oob_draw(void)
{
    peer_draw();
    oob.theirs.has_sc = true;
    oob.theirs.channel_is_secure = oob.secure;
    peer_draw_octets(oob.theirs.random, sizeof oob.theirs.random);
    judge_f4(peer.public_key, peer.public_key, oob.theirs.random, 0, oob.theirs.confirm);
}

/* ---- PDUs ---- */

void oob_do_features(void)
{
    uint8_t pdu[7] = {bench.role == CENTRAL ? KITH_SMP_PAIRING_RESPONSE : KITH_SMP_PAIRING_REQUEST};

    peer.features[1] = oob.peer_has;
    memcpy(pdu + 1, peer.features, sizeof peer.features);
    bench_peer_sends_octets(KITH_CID_SMP, pdu, sizeof pdu);
}

/* As peripheral the peer waits since its request, as central nobody does. */
void oob_take_question(void)
{
    const kith_event_oob_wanted *wanted = &bench_we_emit(KITH_EVENT_OOB_WANTED)->oob_wanted;

    if (!kith_address_equal(&wanted->peer, &bench.peer_address))
        bench_fail("the question does not say whose data");
    if (wanted->deadline_us != bench.now_us + ANSWER_US)
        bench_fail("the deadline is not 25 s");
}

static void answer_question(void)
{
    if (!bench.config.security.ask_oob)
        return;
    oob_take_question();
    bench_check_status(kith_pairing_oob(bench.host, bench.link, oob.we_have ? &oob.theirs : NULL), KITH_OK);
}

static void check_flag(const uint8_t *ours)
{
    if (ours[2] != oob.we_have)
        bench_fail("our flag does not say whether we have the peer's data");
}

void oob_exchange_features(void)
{
    oob_draw();
    if (oob.peer_has && !kith_oob_is_ready(bench.host))
        oob_make();
    if (bench.role == PERIPHERAL) {
        oob_do_features();
        answer_question();
        check_flag(bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE));
        return;
    }
    bench_check_status(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    answer_question();
    check_flag(bench_we_send_opcode(KITH_SMP_PAIRING_REQUEST));
    oob_do_features();
    oob_take_public_key();
}

void oob_take_public_key(void)
{
    uint8_t confirm[16];

    peer_take_public_key();
    judge_f4(peer.our_public, peer.our_public, oob.ours.random, 0, confirm);
    if ((memcmp(confirm, oob.ours.confirm, sizeof confirm) == 0) != oob.peer_has)
        bench_fail("our public key is%s what our data commits to", oob.peer_has ? " not" : "");
}

void oob_take_random(void)
{
    const uint8_t *nonce = bench_we_send_opcode(KITH_SMP_PAIRING_RANDOM) + 1;

    if (memcmp(nonce, peer.our_nonce, sizeof peer.our_nonce) == 0)
        bench_fail("our nonce is that of before, or zero");
    memcpy(peer.our_nonce, nonce, sizeof peer.our_nonce);
}

/* ---- longer pieces ---- */

/* Ea is over rb and Eb over ra, each as far as its sender has it. */
void oob_begin_check(void)
{
    memset(peer.r, 0, sizeof peer.r);
    memset(peer.our_r, 0, sizeof peer.our_r);
    if (oob.peer_has)
        memcpy(peer.r, oob.ours.random, sizeof peer.r);
    if (oob.we_have)
        memcpy(peer.our_r, oob.theirs.random, sizeof peer.our_r);
}

static void exchange_public_keys(void)
{
    peer_do_public_key();
    if (bench.role == PERIPHERAL)
        oob_take_public_key();
}

static void exchange_nonces(void)
{
    if (bench.role == CENTRAL)
        oob_take_random();
    peer_do_random();
    if (bench.role == PERIPHERAL)
        oob_take_random();
}

static void check_each_other(void)
{
    oob_begin_check();
    if (bench.role == CENTRAL)
        peer_take_check();
    peer_do_check(RIGHT);
    if (bench.role == PERIPHERAL)
        peer_take_check();
}

/* The responder gives its keys first. */
static void encrypt(void)
{
    peer_encrypt();
    if (bench.role == PERIPHERAL)
        peer_take_keys(keys_from_us());
}

static void give_keys(void)
{
    peer_do_keys(keys_from_peer());
    if (bench.role == CENTRAL)
        peer_take_keys(keys_from_us());
}

void oob_pair(oob_step done, oob_step last)
{
    static void (*const steps[OOB_STEPS])(void) = {
        [OOB_FEATURES] = oob_exchange_features,
        [OOB_PUBLIC_KEYS] = exchange_public_keys,
        [OOB_RANDOMS] = exchange_nonces,
        [OOB_CHECKS] = check_each_other,
        [OOB_ENCRYPTED] = encrypt,
        [OOB_KEYS] = give_keys,
    };

    for (oob_step now = (oob_step)(done + 1); now <= last; now = (oob_step)(now + 1))
        steps[now]();
}

void oob_pair_completely(void)
{
    bench_wait_passes(); /* after a failure it is a patient peer */
    oob_pair(OOB_NOTHING, OOB_KEYS);
    bench_we_pair(bench.request[4] < bench.response[4] ? bench.request[4] : bench.response[4]);
    if (bench_is_bonding())
        (void)bench_we_emit(KITH_EVENT_BONDED);
}

kith_phase oob_phase_after(oob_step done)
{
    static const kith_phase phases[OOB_STEPS] = {
        [OOB_NOTHING] = KITH_PHASE_REQUEST,
        [OOB_FEATURES] = KITH_PHASE_PUBLIC_KEYS,
        [OOB_PUBLIC_KEYS] = KITH_PHASE_AUTHENTICATION,
        [OOB_RANDOMS] = KITH_PHASE_DHKEY_CHECKS,
        [OOB_CHECKS] = KITH_PHASE_ENCRYPTION,
        [OOB_ENCRYPTED] = KITH_PHASE_KEYS,
        [OOB_KEYS] = KITH_PHASE_DONE,
    };

    return phases[done];
}

const char *oob_step_name(oob_step s)
{
    static const char *const names[OOB_STEPS] = {"nothing", "features",   "public keys", "nonces",
                                                 "checks",  "encryption", "keys"};

    return names[s];
}

oob_step oob_last_in_plain(bench_role role)
{
    return role == CENTRAL ? OOB_RANDOMS : OOB_CHECKS;
}
