/* A peer that sends one bit wrong, or a key it must not: each value is checked where it matters, the failure has its
 * reason and its name, and no level comes of it.  Vol 3 Part H 2.3.5.6. */
#include "actor.h"

typedef struct {
    bool host_is_peripheral;
    actor_step spoiled;
    kith_why why;
    kith_smp_reason reason;
} row;

static const row rows[] = {
    {true, ACTOR_SENDS_KEY, KITH_WHY_PUBLIC_KEY_INVALID, KITH_SMP_DHKEY_CHECK_FAILED},
    {true, ACTOR_SENDS_RANDOM, KITH_WHY_CHECK_MISMATCH, KITH_SMP_DHKEY_CHECK_FAILED},
    {true, ACTOR_SENDS_CHECK, KITH_WHY_CHECK_MISMATCH, KITH_SMP_DHKEY_CHECK_FAILED},
    {false, ACTOR_SENDS_KEY, KITH_WHY_PUBLIC_KEY_INVALID, KITH_SMP_DHKEY_CHECK_FAILED},
    {false, ACTOR_SENDS_CONFIRM, KITH_WHY_CONFIRM_MISMATCH, KITH_SMP_CONFIRM_VALUE_FAILED},
    {false, ACTOR_SENDS_RANDOM, KITH_WHY_CONFIRM_MISMATCH, KITH_SMP_CONFIRM_VALUE_FAILED},
    {false, ACTOR_SENDS_CHECK, KITH_WHY_CHECK_MISMATCH, KITH_SMP_DHKEY_CHECK_FAILED},
};

static cast_host *meet(cast_room *room, actor *peer, bool host_is_peripheral)
{
    cast_host *host = host_is_peripheral ? cast_add_lamp(room, "lamp") : cast_add_phone(room, "phone");

    cast_start(room);
    actor_enter(peer, room);
    if (host_is_peripheral) {
        actor_connect(peer, host);
        assert_int_equal(kith_pairing_open(host->host, 60000), KITH_OK);
    } else {
        actor_accept(peer, host);
        assert_int_equal(kith_security_secure(host->host, host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    }
    return host;
}

static void expect_refused(actor *peer, cast_host *host, kith_why why, kith_smp_reason reason)
{
    actor_run(peer, 2 * CAST_SECOND, NULL, NULL);
    cast_expect_failed(host, 1, why);
    cast_equal(host->room, host->end.ended_by, KITH_ENDED_BY_US);
    cast_equal(host->room, host->end.smp_reason, reason);
    cast_equal(host->room, peer->failed, reason);
    cast_equal(host->room, host->highest, KITH_LEVEL_NONE);
    cast_equal(host->room, kith_bonds_count(host->host), 0);
    peer->spoils = false;
    actor_clean_pairing(peer, host);
}

static void A18_one_wrong_bit_is_found_where_it_matters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cast_room *room = cast_open(141, CAST_OPENSSL);
        actor peer;
        cast_host *host = meet(room, &peer, rows[i].host_is_peripheral);

        peer.spoils = true;
        peer.spoiled = rows[i].spoiled;
        actor_begin(&peer, ACTOR_IS_DONE);
        expect_refused(&peer, host, rows[i].why, rows[i].reason);
        cast_close(room);
    }
}

/* X and Y of the published debug key, as on the wire.  Vol 3 Part H 2.3.5.6.1 */
static const uint8_t debug_key[65] = {KITH_SMP_PAIRING_PUBLIC_KEY,
                                      0xe6,
                                      0x9d,
                                      0x35,
                                      0x0e,
                                      0x48,
                                      0x01,
                                      0x03,
                                      0xcc,
                                      0xdb,
                                      0xfd,
                                      0xf4,
                                      0xac,
                                      0x11,
                                      0x91,
                                      0xf4,
                                      0xef,
                                      0xb9,
                                      0xa5,
                                      0xf9,
                                      0xe9,
                                      0xa7,
                                      0x83,
                                      0x2c,
                                      0x5e,
                                      0x2c,
                                      0xbe,
                                      0x97,
                                      0xf2,
                                      0xd2,
                                      0x03,
                                      0xb0,
                                      0x20,
                                      0x8b,
                                      0xd2,
                                      0x89,
                                      0x15,
                                      0xd0,
                                      0x8e,
                                      0x1c,
                                      0x74,
                                      0x24,
                                      0x30,
                                      0xed,
                                      0x8f,
                                      0xc2,
                                      0x45,
                                      0x63,
                                      0x76,
                                      0x5c,
                                      0x15,
                                      0x52,
                                      0x5a,
                                      0xbf,
                                      0x9a,
                                      0x32,
                                      0x63,
                                      0x6d,
                                      0xeb,
                                      0x2a,
                                      0x65,
                                      0x49,
                                      0x9c,
                                      0x80,
                                      0xdc};

static void refuse_key(bool host_is_peripheral, const uint8_t key[65], kith_why why, kith_smp_reason reason)
{
    cast_room *room = cast_open(142, CAST_OPENSSL);
    actor peer;
    cast_host *host = meet(room, &peer, host_is_peripheral);

    cast_check(room, actor_pair(&peer, ACTOR_SENDS_KEY));
    actor_send_smp(&peer, key, 65);
    expect_refused(&peer, host, why, reason);
    cast_close(room);
}

static void A23_the_debug_key_is_refused(void **state)
{
    (void)state;
    refuse_key(true, debug_key, KITH_WHY_DEBUG_KEY, KITH_SMP_INVALID_PARAMETERS);
    refuse_key(false, debug_key, KITH_WHY_DEBUG_KEY, KITH_SMP_INVALID_PARAMETERS);
}

static void A6_points_that_are_none_are_refused(void **state)
{
    uint8_t key[65] = {KITH_SMP_PAIRING_PUBLIC_KEY};

    (void)state;
    for (unsigned fill = 0; fill < 256; fill += 255) { /* (0,0), and above the prime */
        memset(key + 1, (int)fill, 64);
        refuse_key(true, key, KITH_WHY_PUBLIC_KEY_INVALID, KITH_SMP_DHKEY_CHECK_FAILED);
        refuse_key(false, key, KITH_WHY_PUBLIC_KEY_INVALID, KITH_SMP_DHKEY_CHECK_FAILED);
    }
}

/* An initiator shows its key first; a responder that sends it back learns nothing (CVE-2020-26558). */
static void A4_our_own_key_sent_back_is_refused(void **state)
{
    cast_room *room = cast_open(143, CAST_OPENSSL);
    actor peer;
    cast_host *phone = meet(room, &peer, false);

    (void)state;
    cast_check(room, actor_pair(&peer, ACTOR_SENDS_KEY));
    actor_run(&peer, 300000, NULL, NULL); /* its key has come */
    memcpy(peer.public_key, peer.peer_key, 64);
    peer.next = ACTOR_SENDS_KEY;
    actor_resume(&peer, ACTOR_SENDS_CONFIRM);
    expect_refused(&peer, phone, KITH_WHY_PUBLIC_KEY_REFLECTED, KITH_SMP_DHKEY_CHECK_FAILED);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A18_one_wrong_bit_is_found_where_it_matters),
        cmocka_unit_test(A23_the_debug_key_is_refused),
        cmocka_unit_test(A6_points_that_are_none_are_refused),
        cmocka_unit_test(A4_our_own_key_sent_back_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
