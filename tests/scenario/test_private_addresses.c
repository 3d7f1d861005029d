/* Peers that hide behind resolvable private addresses: claimed as their bond by the key that made the address, proven
 * by encryption and by nothing less.  Core Vol 3 Part C 10.8, Vol 6 Part B 1.3.2. */
#include "actor.h"
#include "kith/codec/l2cap.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *host;
    memory_store store;
    actor peer;
    kith_peer_id id;
    kith_bond_keys keys;
    bool peripheral; /* the host is */
} stand;

static void open_stand(stand *s, bool peripheral)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(341, CAST_OPENSSL);
    s->peripheral = peripheral;
    memory_store_init(&s->store, 8);
    if (peripheral)
        cast_lamp_config(&config);
    else
        cast_phone_config(&config);
    config.store = &s->store.store;
    s->host = cast_add(s->room, "host", &config);
    cast_start(s->room);
    actor_enter(&s->peer, s->room);
}

static void meet(stand *s, actor *peer)
{
    if (s->peripheral)
        actor_connect(peer, s->host);
    else
        actor_accept(peer, s->host);
}

static bool has_bonded(actor *a, void *host)
{
    (void)a;
    return ((cast_host *)host)->told[KITH_EVENT_BONDED] > 0;
}

/* Connects, pairs and goes; the identity it tells is a public address whatever it had on air. */
static void bond(stand *s, actor *peer)
{
    s->host->told[KITH_EVENT_BONDED] = 0;
    meet(s, peer);
    if (s->peripheral)
        assert_int_equal(kith_pairing_open(s->host->host, 30000), KITH_OK);
    else
        assert_int_equal(kith_security_secure(s->host->host, s->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_check(s->room, actor_pair(peer, ACTOR_IS_DONE));
    cast_check(s->room, actor_run(peer, ACTOR_LIMIT, has_bonded, s->host));
    actor_disconnect(peer, s->host);
    peer->keeps_irk = peer->has_bond = true;
}

static void open_bonded(stand *s, bool peripheral)
{
    kith_bond_info info;

    open_stand(s, peripheral);
    bond(s, &s->peer);
    cast_check(s->room, cast_only_bond(s->host, &info, &s->keys));
    cast_check(s->room, info.has_irk && kith_address_equal(&info.identity, &s->peer.identity));
    assert_memory_equal(s->keys.irk, s->peer.irk, 16);
    s->id = info.peer;
}

static void expect_named(const stand *s, const kith_address *address, kith_peer_id wanted)
{
    kith_peer_id id = 0;

    cast_equal(s->room, kith_bonds_of_address(s->host->host, address, &id), wanted != 0 ? KITH_OK : KITH_ERR_NOT_FOUND);
    cast_equal(s->room, id, wanted);
}

/* The key of the bond, from whichever side begins. */
static void encrypt(stand *s, actor *peer, const uint8_t ltk[16])
{
    unsigned ends = s->host->ends;

    if (s->peripheral)
        actor_encrypt(peer, ltk);
    else
        assert_int_equal(kith_security_secure(s->host->host, s->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    for (int i = 0; i < 100 && s->host->ends == ends; i++)
        actor_run(peer, 100000, NULL, NULL);
    cast_equal(s->room, s->host->ends, ends + 1);
}

static void expect_proven(const stand *s)
{
    kith_event_security now;

    cast_equal(s->room, s->host->end.why, KITH_WHY_ENCRYPTED);
    assert_int_equal(kith_security_of(s->host->host, s->host->link, &now), KITH_OK);
    cast_equal(s->room, now.peer, s->id);
    cast_equal(s->room, now.level, KITH_LEVEL_ENCRYPTED);
}

static void expect_claimed(const stand *s, kith_peer_id wanted)
{
    cast_equal(s->room, s->host->last[KITH_EVENT_CONNECTED].connected.claimed, wanted);
    cast_equal(s->room, s->host->last[KITH_EVENT_CONNECTED].peer, 0);
}

static void a_private_address_is_a_claim_that_encryption_proves(void **state)
{
    (void)state;
    for (unsigned peripheral = 0; peripheral <= 1; peripheral++) {
        stand s;
        uint8_t ltk[16];

        open_bonded(&s, peripheral != 0);
        actor_wire_ltk(&s.peer, ltk);
        for (uint32_t prand = 0x112233; prand < 0x152233; prand += 0x010000) { /* a new one each time */
            actor_use_private_address(&s.peer, prand);
            cast_equal(s.room, kith_address_kind_of(&s.peer.own), KITH_ADDRESS_KIND_RESOLVABLE);
            expect_named(&s, &s.peer.own, s.id);
            meet(&s, &s.peer);
            expect_claimed(&s, s.id);
            cast_check(s.room, kith_address_equal(&s.host->last[KITH_EVENT_CONNECTED].connected.peer, &s.peer.own));
            encrypt(&s, &s.peer, ltk);
            expect_proven(&s);
            actor_disconnect(&s.peer, s.host);
        }
        cast_equal(s.room, kith_bonds_count(s.host->host), 1);
        cast_close(s.room);
    }
}

/* The bond was made behind a private address, and is known by the identity that was told in phase 3. */
static void a_bond_made_behind_a_private_address_is_known_by_its_identity(void **state)
{
    (void)state;
    for (unsigned peripheral = 0; peripheral <= 1; peripheral++) {
        stand s;
        kith_bond_info info;
        uint8_t ltk[16];

        open_stand(&s, peripheral != 0);
        s.peer.keeps_irk = true;
        memset(s.peer.irk, 0x5c, sizeof s.peer.irk);
        actor_use_private_address(&s.peer, 0x010203);
        bond(&s, &s.peer);
        cast_check(s.room, cast_only_bond(s.host, &info, &s.keys));
        s.id = info.peer;
        cast_check(s.room, kith_address_equal(&info.identity, &s.peer.identity));
        actor_wire_ltk(&s.peer, ltk);
        cast_reboot(s.host); /* the key that resolves is in the store, too */
        expect_named(&s, &s.peer.own, s.id);
        expect_named(&s, &s.peer.identity, s.id);
        actor_use_private_address(&s.peer, 0x040506);
        meet(&s, &s.peer);
        expect_claimed(&s, s.id);
        encrypt(&s, &s.peer, ltk);
        expect_proven(&s);
        actor_disconnect(&s.peer, s.host);
        cast_close(s.room);
    }
}

static void an_advertiser_is_named_by_its_private_address(void **state)
{
    stand s;
    kith_scan scan;
    const kith_event_report *heard;

    (void)state;
    open_bonded(&s, false);
    actor_use_private_address(&s.peer, 0x2a2a2a);
    actor_advertise(&s.peer);
    kith_gap_default_scan(&scan);
    assert_int_equal(kith_gap_start_scan(s.host->host, &scan), KITH_OK);
    heard = &cast_await(s.host, KITH_EVENT_REPORT, 1)->report;
    cast_check(s.room, kith_address_equal(&heard->address, &s.peer.own));
    expect_named(&s, &heard->address, s.id);
    cast_close(s.room);
}

static void an_address_that_no_key_made_names_nobody(void **state)
{
    stand s;
    kith_address address;

    (void)state;
    open_bonded(&s, true);
    actor_use_private_address(&s.peer, 0x112233);
    for (unsigned bit = 0; bit < 46; bit++) { /* any bit of hash and prand; the two top ones are the kind */
        address = s.peer.own;
        address.octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_named(&s, &address, 0);
    }
    address = s.peer.own;
    address.type = KITH_ADDRESS_PUBLIC;
    expect_named(&s, &address, 0);
    actor_use_address(&s.peer, &s.peer.own);
    s.peer.irk[0] ^= 1; /* somebody else's key */
    actor_use_private_address(&s.peer, 0x112233);
    meet(&s, &s.peer);
    expect_claimed(&s, 0);
    cast_close(s.room);
}

/* ---- replayed: heard on air once, used by somebody else ---- */

static void expect_bond_unchanged(const stand *s)
{
    kith_bond_info info;
    kith_bond_keys now;

    cast_check(s->room, cast_only_bond(s->host, &info, &now));
    assert_memory_equal(&now, &s->keys, sizeof now);
    cast_equal(s->room, info.peer, s->id);
}

static void expect_nothing_gained(const stand *s)
{
    cast_equal(s->room, s->host->highest, KITH_LEVEL_NONE);
    cast_equal(s->room, s->host->last[KITH_EVENT_SECURITY_CHANGED].security.level,
               KITH_LEVEL_ENCRYPTED); /* of before */
    expect_bond_unchanged(s);
}

static void read_secret(stand *s, actor *impostor)
{
    static const uint8_t read[] = {0x0a, CAST_VALUE_HANDLE, 0};

    impostor->att_len = 0;
    actor_send(impostor, KITH_CID_ATT, read, sizeof read);
    actor_run(impostor, 500000, NULL, NULL);
    cast_equal(s->room, impostor->att_len, 5);
    cast_equal(s->room, impostor->att[0], 0x01);
    cast_check(s->room, impostor->att[4] == 0x05 || impostor->att[4] == 0x0f);
}

static void a_replayed_private_address_gets_nothing(void **state)
{
    (void)state;
    for (unsigned peripheral = 0; peripheral <= 1; peripheral++)
        for (unsigned wrong_key = 0; wrong_key <= 1; wrong_key++) {
            static const uint8_t guess[16] = {1, 2, 3};
            stand s;
            actor impostor;

            open_bonded(&s, peripheral != 0);
            actor_use_private_address(&s.peer, 0x112233);
            actor_enter(&impostor, s.room);
            actor_use_address(&impostor, &s.peer.own);
            memcpy(impostor.ltk, guess, 16);
            impostor.has_bond = wrong_key != 0;
            impostor.has_no_key = wrong_key == 0;
            s.host->highest = KITH_LEVEL_NONE;
            meet(&s, &impostor);
            expect_claimed(&s, s.id); /* that is all it is */
            if (s.peripheral)
                read_secret(&s, &impostor);
            encrypt(&s, &impostor, guess);
            cast_check(s.room, !s.host->end.succeeded);
            if (s.peripheral || wrong_key)
                cast_check(s.room, s.host->end.why == KITH_WHY_KEYS_DIFFER || s.host->end.why == KITH_WHY_LINK_LOST);
            else
                cast_equal(s.room, s.host->end.why, KITH_WHY_PEER_SAYS_NO_KEY);
            expect_nothing_gained(&s);
            cast_close(s.room);
        }
}

/* ---- one key, two bonds: whoever gave the other's key away, or stole it ---- */

static void an_irk_that_two_bonds_have_names_neither(void **state)
{
    (void)state;
    for (unsigned rebooted = 0; rebooted <= 1; rebooted++) {
        stand s;
        actor twin;
        kith_address private_address;
        kith_bond_info second;

        open_bonded(&s, true);
        actor_use_private_address(&s.peer, 0x112233);
        private_address = s.peer.own;
        actor_enter(&twin, s.room);
        memcpy(twin.irk, s.peer.irk, sizeof twin.irk);
        twin.keeps_irk = true;
        bond(&s, &twin);
        if (rebooted)
            cast_reboot(s.host);
        cast_equal(s.room, kith_bonds_count(s.host->host), 2);
        expect_named(&s, &private_address, 0);
        expect_named(&s, &s.peer.identity, s.id); /* each by its identity address alone */
        assert_int_equal(kith_bonds_next(s.host->host, s.id, &second), KITH_OK);
        expect_named(&s, &twin.identity, second.peer);
        meet(&s, &s.peer);
        expect_claimed(&s, 0);
        actor_disconnect(&s.peer, s.host);
        assert_int_equal(kith_bonds_forget(s.host->host, second.peer), KITH_OK); /* and then it is one's again */
        expect_named(&s, &private_address, s.id);
        cast_close(s.room);
    }
}

/* A zero key says: I have no private addresses. */
static void an_irk_of_zero_resolves_nothing(void **state)
{
    stand s;

    (void)state;
    open_stand(&s, true);
    s.peer.keeps_irk = true;
    bond(&s, &s.peer);
    actor_use_private_address(&s.peer, 0x112233);
    expect_named(&s, &s.peer.own, 0);
    meet(&s, &s.peer);
    expect_claimed(&s, 0);
    cast_close(s.room);
}

/* Its bond is still being written when it comes back under another private address: the key it asks for waits. */
static void a_private_address_is_resolved_while_its_bond_is_being_written(void **state)
{
    stand s;
    kith_bond_info info;
    kith_bond_keys keys;
    uint8_t ltk[16];
    unsigned ends;

    (void)state;
    open_stand(&s, true);
    cast_hold_store(s.host);
    meet(&s, &s.peer);
    assert_int_equal(kith_pairing_open(s.host->host, 30000), KITH_OK);
    cast_check(s.room, actor_pair(&s.peer, ACTOR_IS_DONE));
    actor_run(&s.peer, CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.host->told[KITH_EVENT_PAIRED], 1);
    actor_disconnect(&s.peer, s.host);
    s.peer.keeps_irk = s.peer.has_bond = true;
    actor_use_private_address(&s.peer, 0x313233);
    meet(&s, &s.peer);
    expect_claimed(&s, 0);
    ends = s.host->ends;
    actor_wire_ltk(&s.peer, ltk);
    actor_encrypt(&s.peer, ltk);
    actor_run(&s.peer, 3 * CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.host->ends, ends);
    cast_equal(s.room, cast_finish_store(s.host), KITH_OK);
    actor_run(&s.peer, CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.host->ends, ends + 1);
    cast_check(s.room, cast_only_bond(s.host, &info, &keys));
    s.id = info.peer;
    expect_proven(&s);
    cast_close(s.room);
}

/* On the link of the pairing itself the central may change keys while the bond is being written: it waits, too, and the
 * link is the proven peer's afterwards. */
static void a_change_of_keys_waits_for_the_bond(void **state)
{
    stand s;
    kith_bond_info info;
    kith_bond_keys keys;
    uint8_t ltk[16];
    unsigned changes;

    (void)state;
    open_stand(&s, true);
    cast_hold_store(s.host);
    meet(&s, &s.peer);
    assert_int_equal(kith_pairing_open(s.host->host, 30000), KITH_OK);
    cast_check(s.room, actor_pair(&s.peer, ACTOR_IS_DONE));
    actor_run(&s.peer, CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.host->told[KITH_EVENT_PAIRED], 1);
    changes = s.peer.encryption_changes;
    actor_wire_ltk(&s.peer, ltk);
    actor_encrypt(&s.peer, ltk);
    actor_run(&s.peer, 3 * CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.peer.encryption_changes, changes);
    cast_equal(s.room, s.host->ends, 1);
    cast_equal(s.room, cast_finish_store(s.host), KITH_OK);
    actor_run(&s.peer, 3 * CAST_SECOND, NULL, NULL);
    cast_check(s.room, s.peer.encrypted && s.peer.encryption_changes == changes + 1);
    cast_check(s.room, cast_only_bond(s.host, &info, &keys));
    s.id = info.peer;
    expect_proven(&s);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_address_is_a_claim_that_encryption_proves),
        cmocka_unit_test(a_bond_made_behind_a_private_address_is_known_by_its_identity),
        cmocka_unit_test(an_advertiser_is_named_by_its_private_address),
        cmocka_unit_test(an_address_that_no_key_made_names_nobody),
        cmocka_unit_test(a_replayed_private_address_gets_nothing),
        cmocka_unit_test(an_irk_that_two_bonds_have_names_neither),
        cmocka_unit_test(an_irk_of_zero_resolves_nothing),
        cmocka_unit_test(a_private_address_is_resolved_while_its_bond_is_being_written),
        cmocka_unit_test(a_change_of_keys_waits_for_the_bond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
