/* Who is on a link: what an address or the name of a key claims, and what the key proves. */
#include "test_host_attack_support.h"

enum { HANDLE = 0x40, EDIV = 0x4321 };

static const kith_address stranger = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0x46}}; /* resolved by nobody */

static kith_bond_record legacy_bond(const side *x)
{
    kith_bond_record bond = {.identity = {KITH_ADDRESS_PUBLIC, {7, 7, 7, 7, 7, 7}},
                             .local = {KITH_ADDRESS_PUBLIC, {0}},
                             .level = KITH_LEVEL_ENCRYPTED,
                             .method = KITH_METHOD_JUST_WORKS,
                             .key_kind = KITH_KEY_KIND_LEGACY,
                             .key_size = 16,
                             .has_my_ltk = true,
                             .my_ediv = EDIV};

    memset(bond.local.octets, x->address, 6);
    memset(bond.my_ltk, 0x5c, 16);
    return bond;
}

/* A peripheral that knows one peer, of a legacy pairing. */
static side *open_with_peer(attack *a, kith_peer_id *peer)
{
    kith_config config = attack_config();
    kith_bond_record bond;
    kith_token token;
    side *x;

    attack_begin(a);
    config.limits.data = 2;
    x = start_side(a, 0, config);
    bond = legacy_bond(x);
    assert_int_equal(kith_peers_add(x->h, &bond, peer, &token), KITH_OK);
    take_events(x);
    assert_int_equal(x->told[KITH_EVENT_PEER_DATA], 1);
    return x;
}

static void expect(const side *x, kith_peer_id claimed, kith_peer_id proven, const kith_address *address)
{
    kith_peer_on_link on;

    assert_int_equal(kith_peers_on_link(x->h, x->link, &on), KITH_OK);
    assert_int_equal(on.claimed, claimed);
    assert_int_equal(on.proven, proven);
    assert_true(kith_address_equal(&on.address, address));
    assert_int_equal(on.local.type, KITH_ADDRESS_PUBLIC);
    assert_int_equal(on.local.octets[0], x->address);
}

static void a_key_that_is_asked_for_by_name_is_a_claim_until_it_encrypts(void **state)
{
    kith_peer_id peer;
    kith_peer_info info;
    attack a;
    side *x;

    (void)state;
    x = open_with_peer(&a, &peer);
    x->hold_encryption = true;
    say_connected_to(x, HANDLE, false, &stranger);
    expect(x, 0, 0, &stranger);
    say_key_wanted(x, EDIV + 1);
    run(&a);
    expect(x, 0, 0, &stranger); /* nobody's */
    say_key_wanted(x, EDIV);
    run(&a);
    expect(x, peer, 0, &stranger);
    assert_int_equal(kith_peers_link_of(x->h, peer), 0);
    assert_int_equal(kith_peers_get(x->h, peer, &info), KITH_OK);
    assert_int_equal(info.last_use, 0); /* whoever it is, it has proven nothing */
    say_encryption(x, 0, true);
    run(&a);
    expect(x, peer, peer, &stranger);
    assert_int_equal(kith_peers_link_of(x->h, peer), x->link);
    assert_int_equal(kith_peers_get(x->h, peer, &info), KITH_OK);
    assert_int_equal(info.link, x->link);
    assert_int_equal(info.last_use, 1);
    attack_end(&a);
}

static void an_identity_address_is_a_claim(void **state)
{
    kith_address identity = {KITH_ADDRESS_PUBLIC, {7, 7, 7, 7, 7, 7}};
    const kith_peers_filter connected = {.connected = true};
    kith_peer_id peer, found;
    attack a;
    side *x;

    (void)state;
    x = open_with_peer(&a, &peer);
    x->hold_encryption = true;
    say_connected_to(x, HANDLE, false, &identity);
    expect(x, peer, 0, &identity);
    assert_int_equal(kith_peers_next(x->h, &connected, 0, &found), KITH_ERR_NOT_FOUND);
    say_key_wanted(x, EDIV);
    run(&a);
    say_encryption(x, 0, true);
    run(&a);
    assert_int_equal(kith_peers_next(x->h, &connected, 0, &found), KITH_OK);
    assert_int_equal(found, peer);
    attack_end(&a);
}

/* Its link goes; until then it is nobody's. */
static void who_is_forgotten_is_not_on_its_link_any_more(void **state)
{
    kith_peer_id peer;
    attack a;
    side *x;

    (void)state;
    x = open_with_peer(&a, &peer);
    x->hold_encryption = true;
    say_connected_to(x, HANDLE, false, &stranger);
    say_key_wanted(x, EDIV);
    run(&a);
    say_encryption(x, 0, true);
    run(&a);
    x->hold_commands = true;
    assert_int_equal(kith_peers_forget_all(x->h), KITH_OK);
    take_events(x);
    assert_int_equal(x->told[KITH_EVENT_FORGOTTEN], 1);
    assert_int_equal(x->told[KITH_EVENT_FORGOTTEN_ALL], 1);
    expect(x, 0, 0, &stranger);
    assert_int_equal(kith_peers_link_of(x->h, peer), 0);
    (void)pump(x);
    assert_int_equal(sent(x, KITH_HCI_DISCONNECT), 1);
    attack_end(&a);
}

/* Its bond and that one would meet in the store. */
static void who_is_pairing_is_not_added(void **state)
{
    kith_address identity = {KITH_ADDRESS_PUBLIC, {8, 8, 8, 8, 8, 8}};
    kith_bond_record bond;
    kith_peer_id peer, other;
    kith_token token;
    attack a;
    side *x;

    (void)state;
    x = open_with_peer(&a, &peer);
    say_connected_to(x, HANDLE, false, &identity);
    assert_int_equal(kith_pairing_open(x->h, 30000), KITH_OK);
    say_frame(x, HANDLE, KITH_CID_SMP, pairing_request, sizeof pairing_request);
    run(&a);
    bond = legacy_bond(x);
    bond.identity = identity;
    assert_int_equal(kith_peers_add(x->h, &bond, &other, &token), KITH_ERR_BUSY);
    bond.identity.octets[0] = 9;
    assert_int_equal(kith_peers_add(x->h, &bond, &other, &token), KITH_OK);
    attack_end(&a);
}

static void a_peer_is_found_by_ediv_and_rand(void **state)
{
    kith_peer_id peer, found = 0;
    attack a;
    side *x;

    (void)state;
    x = open_with_peer(&a, &peer);
    assert_int_equal(kith_bonds_of_ediv(x->h, EDIV, 0, &found), KITH_OK);
    assert_int_equal(found, peer);
    assert_int_equal(kith_bonds_of_ediv(x->h, EDIV, 1, &found), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_bonds_of_ediv(x->h, EDIV + 1, 0, &found), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_bonds_forget(x->h, peer), KITH_OK);
    assert_int_equal(kith_bonds_of_ediv(x->h, EDIV, 0, &found), KITH_ERR_NOT_FOUND);
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_is_asked_for_by_name_is_a_claim_until_it_encrypts),
        cmocka_unit_test(an_identity_address_is_a_claim),
        cmocka_unit_test(who_is_forgotten_is_not_on_its_link_any_more),
        cmocka_unit_test(who_is_pairing_is_not_added),
        cmocka_unit_test(a_peer_is_found_by_ediv_and_rand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
