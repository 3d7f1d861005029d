/* Bonds in memory: found by identity, by resolved address and by ID; replaced whole or not at all; forgotten for good.
 */
#include "crypto/toolbox.h"
#include "crypto_support.h"
#include "peers/bonds.h"

enum { SLOTS = 4 };

static const kith_address here = {KITH_ADDRESS_RANDOM, {1, 1, 1, 1, 1, 0xc1}};
static const kith_address there = {KITH_ADDRESS_RANDOM, {2, 2, 2, 2, 2, 0xc2}};

typedef struct {
    peers_bonds bonds;
    peers_bond slots[SLOTS];
} store;

static void open_store(store *s)
{
    memset(s, 0, sizeof *s);
    peers_init(&s->bonds, s->slots, SLOTS);
}

static peers_bond make_bond(uint8_t number)
{
    peers_bond bond = {.identity = {KITH_ADDRESS_PUBLIC, {number, 1, 2, 3, 4, 5}},
                       .local = here,
                       .key_size = 16,
                       .level = KITH_LEVEL_ENCRYPTED,
                       .key_kind = KITH_KEY_KIND_SC};

    memset(bond.ltk, number, sizeof bond.ltk);
    memset(bond.irk, 0x40 + number, sizeof bond.irk);
    return bond;
}

static peers_bond *put(store *s, uint8_t number)
{
    peers_bond bond = make_bond(number);

    return peers_put(&s->bonds, &bond);
}

static void a_bond_is_found_by_id_and_by_identity(void **state)
{
    store s;
    peers_bond *one, *two;
    kith_address as_random;

    (void)state;
    open_store(&s);
    one = put(&s, 1);
    two = put(&s, 2);
    assert_non_null(one);
    assert_non_null(two);
    assert_int_not_equal(one->id, two->id);
    assert_int_not_equal(one->id, 0);
    assert_ptr_equal(peers_by_id(&s.bonds, two->id), two);
    assert_ptr_equal(peers_by_identity(&s.bonds, &here, &one->identity), one);
    as_random = one->identity;
    as_random.type = KITH_ADDRESS_RANDOM;
    assert_null(peers_by_identity(&s.bonds, &here, &as_random)); /* the type is part of the address */
    assert_null(peers_by_id(&s.bonds, 0));                       /* a free slot is nobody */
    assert_null(peers_by_id(&s.bonds, 999));
}

/* The same peer under two identities of ours: two bonds, and nothing of one is found on behalf of the other. */
static void B14_a_bond_is_found_under_its_own_local_identity_alone(void **state)
{
    kith_crypto_port *port = *state;
    store s;
    peers_bond second = make_bond(1), *one, *two;
    kith_address rpa = {KITH_ADDRESS_RANDOM, {0, 0, 0, 0x11, 0x22, 0x63}}, as_public = here;

    as_public.type = KITH_ADDRESS_PUBLIC;
    open_store(&s);
    second.local = there;
    second.has_my_ltk = true;
    second.my_ediv = 7;
    one = put(&s, 1);
    two = peers_put(&s.bonds, &second);
    assert_int_equal(s.bonds.used, 2);
    assert_int_not_equal(one->id, two->id);
    assert_int_equal(crypto_ah(port, one->irk, rpa.octets + 3, rpa.octets), KITH_OK);
    assert_ptr_equal(peers_by_identity(&s.bonds, &here, &one->identity), one);
    assert_ptr_equal(peers_by_identity(&s.bonds, &there, &one->identity), two);
    assert_null(peers_by_identity(&s.bonds, &as_public, &one->identity)); /* the type is part of it */
    assert_ptr_equal(peers_by_address(&s.bonds, port, &here, &rpa), one);
    assert_ptr_equal(peers_by_address(&s.bonds, port, &there, &rpa), two);
    assert_null(peers_by_address(&s.bonds, port, &as_public, &rpa));
    assert_false(peers_shares_irk(&s.bonds, one)); /* it is one peer, under each of them */
    assert_null(peers_by_ediv(&s.bonds, &here, 7, 0));
    assert_ptr_equal(peers_by_ediv(&s.bonds, &there, 7, 0), two);
    assert_int_equal(peers_id_for(&s.bonds, &there, &one->identity), two->id);
    assert_int_equal(peers_count_under(&s.bonds, &here), 1);
    assert_int_equal(peers_count_under(&s.bonds, &as_public), 0);
    peers_forget(&s.bonds, one);
    assert_null(peers_by_identity(&s.bonds, &here, &second.identity));
    assert_ptr_equal(peers_by_identity(&s.bonds, &there, &second.identity), two);
    assert_int_equal(peers_count_under(&s.bonds, &here), 0);
}

/* The two numbers are random, and yet two peers may have drawn the same ones. */
static void B14_equal_ediv_and_rand_under_two_identities_are_two_keys(void **state)
{
    store s;
    peers_bond first = make_bond(1), second = make_bond(2), *one, *two;

    (void)state;
    open_store(&s);
    first.has_my_ltk = second.has_my_ltk = true;
    first.my_ediv = second.my_ediv = 9;
    first.my_rand = second.my_rand = 99;
    second.local = there;
    one = peers_put(&s.bonds, &first);
    two = peers_put(&s.bonds, &second);
    assert_ptr_equal(peers_by_ediv(&s.bonds, &here, 9, 99), one);
    assert_ptr_equal(peers_by_ediv(&s.bonds, &there, 9, 99), two);
}

static void a_private_address_is_resolved_with_every_irk(void **state)
{
    kith_crypto_port *port = *state;
    store s;
    peers_bond *three;
    kith_address rpa = {KITH_ADDRESS_RANDOM, {0, 0, 0, 0x11, 0x22, 0x63}};

    open_store(&s);
    put(&s, 1);
    put(&s, 2);
    three = put(&s, 3);
    assert_int_equal(crypto_ah(port, three->irk, rpa.octets + 3, rpa.octets), KITH_OK);
    assert_ptr_equal(peers_by_address(&s.bonds, port, &here, &rpa), three);
    rpa.octets[0] ^= 1;
    assert_null(peers_by_address(&s.bonds, port, &here, &rpa));
    assert_ptr_equal(peers_by_address(&s.bonds, port, &here, &three->identity), three);
}

/* An IRK of zero says "I have no resolvable addresses": whoever resolves with it is not that peer. */
static void B7_an_irk_of_zero_resolves_nothing(void **state)
{
    kith_crypto_port *port = *state;
    static const uint8_t zero[16];
    store s;
    peers_bond *one;
    kith_address rpa = {KITH_ADDRESS_RANDOM, {0, 0, 0, 0x11, 0x22, 0x63}};

    open_store(&s);
    one = put(&s, 1);
    memset(one->irk, 0, sizeof one->irk);
    assert_int_equal(crypto_ah(port, zero, rpa.octets + 3, rpa.octets), KITH_OK);
    assert_null(peers_by_address(&s.bonds, port, &here, &rpa));
    assert_ptr_equal(peers_by_address(&s.bonds, port, &here, &one->identity), one);
}

static void a_new_bond_of_a_known_peer_takes_its_place_and_keeps_its_id(void **state)
{
    store s;
    peers_bond fresh = make_bond(1);
    kith_peer_id id;

    (void)state;
    open_store(&s);
    id = put(&s, 1)->id;
    put(&s, 2);
    memset(fresh.ltk, 0x99, sizeof fresh.ltk);
    assert_int_equal(peers_put(&s.bonds, &fresh)->id, id);
    assert_int_equal(s.bonds.used, 2);
    assert_int_equal(peers_by_id(&s.bonds, id)->ltk[0], 0x99);
}

static void a_full_store_changes_nothing_and_still_replaces(void **state)
{
    store s, before;

    (void)state;
    open_store(&s);
    for (uint8_t i = 1; i <= SLOTS; i++)
        assert_non_null(put(&s, i));
    before = s;
    assert_null(put(&s, SLOTS + 1));
    assert_memory_equal(&s.slots, &before.slots, sizeof s.slots);
    assert_int_equal(s.bonds.used, SLOTS);
    assert_non_null(put(&s, 2));
    peers_remove(&s.bonds, peers_by_id(&s.bonds, 1));
    assert_non_null(put(&s, SLOTS + 1));
    assert_null(put(&s, 1));
}

static void a_removed_bond_leaves_no_octet_of_its_keys(void **state)
{
    static const peers_bond none;
    store s;
    peers_bond *one;

    (void)state;
    open_store(&s);
    put(&s, 1);
    one = put(&s, 2);
    peers_remove(&s.bonds, one);
    assert_memory_equal(one, &none, sizeof none);
    assert_int_equal(s.bonds.used, 1);
}

static void ids_are_not_used_again_at_once_and_skip_zero(void **state)
{
    store s;
    kith_peer_id last = 0;

    (void)state;
    open_store(&s);
    for (unsigned i = 0; i < 100; i++) {
        peers_bond *bond = put(&s, 1);

        assert_true(bond->id > last);
        last = bond->id;
        peers_remove(&s.bonds, bond);
    }
    s.bonds.last_id = UINT32_MAX - 1;
    assert_int_equal(put(&s, 2)->id, UINT32_MAX);
    assert_int_equal(put(&s, 3)->id, 1);
    s.bonds.last_id = UINT32_MAX; /* all the way round: the ones in use are stepped over */
    assert_int_equal(put(&s, 4)->id, 2);
}

static void bonds_are_listed_in_order_of_their_ids(void **state)
{
    store s;
    kith_peer_id after = 0;
    unsigned count = 0;

    (void)state;
    open_store(&s);
    for (uint8_t i = 1; i <= SLOTS; i++)
        put(&s, i);
    peers_remove(&s.bonds, peers_by_id(&s.bonds, 1));
    put(&s, 9); /* in the first slot, with the highest ID */
    for (peers_bond *b = peers_after(&s.bonds, 0); b != NULL; b = peers_after(&s.bonds, after)) {
        assert_true(b->id > after);
        after = b->id;
        count++;
    }
    assert_int_equal(count, SLOTS);
}

/* Never a lower level, a shorter key or legacy for Secure Connections: each alone decides. */
static void B1_a_weaker_bond_is_told_from_an_equal_one(void **state)
{
    (void)state;
    for (uint8_t old_level = 2; old_level <= 4; old_level++)
        for (uint8_t level = 2; level <= 4; level++)
            for (uint8_t old_size = 7; old_size <= 16; old_size++)
                for (uint8_t size = 7; size <= 16; size++)
                    for (unsigned kinds = 0; kinds < 4; kinds++) {
                        peers_bond old = make_bond(1), fresh = make_bond(1);
                        bool legacy_for_sc = kinds == 1;

                        old.level = old_level;
                        fresh.level = level;
                        old.key_size = old_size;
                        fresh.key_size = size;
                        fresh.key_kind = (kinds & 1) != 0 ? KITH_KEY_KIND_LEGACY : KITH_KEY_KIND_SC;
                        old.key_kind = (kinds & 2) != 0 ? KITH_KEY_KIND_LEGACY : KITH_KEY_KIND_SC;
                        assert_int_equal(peers_is_as_strong(&fresh, &old),
                                         !(level < old_level || size < old_size || legacy_for_sc));
                    }
}

static void a_store_without_room_holds_nothing(void **state)
{
    peers_bonds none;
    peers_bond bond = make_bond(1);

    (void)state;
    peers_init(&none, NULL, 0);
    assert_null(peers_put(&none, &bond));
    assert_null(peers_by_identity(&none, &here, &bond.identity));
    assert_null(peers_after(&none, 0));
}

/* ---- an identity resolving key that two bonds have ---- */

static void B7_an_irk_that_two_bonds_have_names_neither(void **state)
{
    kith_crypto_port *port = *state;
    store s;
    peers_bond *one, *two;
    kith_address rpa = {KITH_ADDRESS_RANDOM, {0, 0, 0, 0x11, 0x22, 0x63}};

    open_store(&s);
    one = put(&s, 1);
    two = put(&s, 2);
    put(&s, 3);
    memcpy(two->irk, one->irk, sizeof two->irk);
    assert_int_equal(crypto_ah(port, one->irk, rpa.octets + 3, rpa.octets), KITH_OK);
    assert_true(peers_resolves(one, port, &rpa) && peers_resolves(two, port, &rpa));
    assert_null(peers_by_address(&s.bonds, port, &here, &rpa));
    assert_ptr_equal(peers_by_address(&s.bonds, port, &here, &two->identity), two);
    peers_remove(&s.bonds, one);
    assert_ptr_equal(peers_by_address(&s.bonds, port, &here, &rpa), two);
}

/* ---- room ---- */

static void room_that_is_promised_is_not_there_for_others(void **state)
{
    const peers_bond known = make_bond(1), stranger = make_bond(9);
    store s;

    (void)state;
    open_store(&s);
    put(&s, 1);
    for (uint32_t promised = 0; promised < 2 * SLOTS; promised++) {
        assert_int_equal(peers_has_room(&s.bonds, &here, &stranger.identity, promised), promised < SLOTS - 1);
        assert_true(peers_has_room(&s.bonds, &here, &known.identity, promised)); /* it has its own */
    }
}

static void an_id_is_named_before_the_bond_is_there(void **state)
{
    peers_bond fresh = make_bond(5);
    const peers_bond other = make_bond(6);
    store s;
    kith_peer_id id, next;

    (void)state;
    open_store(&s);
    id = peers_id_for(&s.bonds, &here, &fresh.identity);
    next = peers_id_for(&s.bonds, &here, &other.identity);
    assert_int_not_equal(id, next); /* nobody else gets it meanwhile */
    fresh.id = id;
    assert_int_equal(peers_put(&s.bonds, &fresh)->id, id);
    assert_int_equal(peers_id_for(&s.bonds, &here, &fresh.identity), id);
}

/* ---- forgetting in two steps ---- */

static void a_forgotten_bond_is_nobodys_and_keeps_its_place_until_it_is_dropped(void **state)
{
    kith_crypto_port *port = *state;
    static const uint8_t none[16];
    const peers_bond two = make_bond(2);
    store s;
    peers_bond *bond;
    kith_peer_id id;

    open_store(&s);
    put(&s, 1);
    bond = put(&s, 2);
    id = bond->id;
    assert_null(peers_next_forgetting(&s.bonds));
    peers_forget(&s.bonds, bond);
    assert_memory_equal(bond->ltk, none, 16);
    assert_memory_equal(bond->irk, none, 16);
    assert_int_equal(s.bonds.used, 1);
    assert_null(peers_by_id(&s.bonds, id));
    assert_null(peers_by_identity(&s.bonds, &here, &two.identity));
    assert_null(peers_by_address(&s.bonds, port, &here, &two.identity));
    assert_null(peers_after(&s.bonds, 1));
    assert_int_equal(peers_next_forgetting(&s.bonds)->id, id);
    assert_int_equal(peers_forgotten(&s.bonds, id)->id, id);
    for (uint8_t i = 3; i <= SLOTS; i++)
        assert_non_null(put(&s, i));
    assert_null(put(&s, 9));
    peers_forget_failed(&s.bonds, id);
    assert_null(peers_next_forgetting(&s.bonds)); /* nobody tries again by itself */
    assert_non_null(peers_forgotten(&s.bonds, id));
    peers_drop(&s.bonds, id);
    assert_null(peers_forgotten(&s.bonds, id));
    assert_non_null(put(&s, 9));
    assert_int_equal(s.bonds.used, SLOTS);
}

static void what_stands_is_not_called_forgotten(void **state)
{
    store s;
    kith_peer_id id;

    (void)state;
    open_store(&s);
    id = put(&s, 1)->id;
    assert_null(peers_forgotten(&s.bonds, id));
    peers_forget_failed(&s.bonds, id);
    assert_non_null(peers_by_id(&s.bonds, id));
    peers_drop(&s.bonds, 77); /* that is fine */
    assert_int_equal(s.bonds.used, 1);
}

/* ---- from a store ---- */

static void a_later_record_takes_the_place_of_an_earlier_one(void **state)
{
    const peers_bond first = make_bond(1);
    peers_bond bond = first;
    store s;

    (void)state;
    open_store(&s);
    bond.id = 40;
    assert_true(peers_load(&s.bonds, &bond));
    bond.ltk[0] ^= 1;
    assert_true(peers_load(&s.bonds, &bond)); /* the same ID */
    assert_int_equal(s.bonds.used, 1);
    assert_int_equal(peers_by_id(&s.bonds, 40)->ltk[0], bond.ltk[0]);
    bond = make_bond(2);
    bond.id = 40;
    assert_true(peers_load(&s.bonds, &bond)); /* somebody else under it */
    assert_int_equal(s.bonds.used, 1);
    assert_null(peers_by_identity(&s.bonds, &here, &first.identity));
    assert_int_equal(put(&s, 3)->id, 41); /* and what was seen is not given again */
}

/* A write or a removal that failed leaves two records of one peer; which one a log hands out first is its own affair.
 */
static void of_two_records_of_one_identity_the_newer_stands(void **state)
{
    (void)state;
    for (unsigned newer_first = 0; newer_first <= 1; newer_first++) {
        store s;

        open_store(&s);
        for (unsigned i = 0; i < 2; i++) {
            peers_bond bond = make_bond(1);
            bool newer = (i == 0) == (newer_first == 1);

            bond.id = newer ? 9 : 4;
            bond.ltk[0] = newer ? 0x99 : 0x44;
            assert_true(peers_load(&s.bonds, &bond));
        }
        assert_int_equal(s.bonds.used, 1);
        assert_non_null(peers_by_id(&s.bonds, 9));
        assert_int_equal(peers_by_id(&s.bonds, 9)->ltk[0], 0x99);
        assert_non_null(peers_next_forgetting(&s.bonds)); /* the store is to lose the other one */
        assert_int_equal(peers_next_forgetting(&s.bonds)->id, 4);
    }
}

/* Neither written nor removed: its place is nobody's, and the next bond's record takes the place of it in the store. */
static void a_place_that_the_store_could_not_clear_is_the_next_bonds(void **state)
{
    const kith_address other = make_bond(9).identity;
    kith_peer_id stuck;
    store s;

    (void)state;
    open_store(&s);
    for (uint8_t i = 1; i < SLOTS; i++)
        assert_non_null(put(&s, i));
    stuck = peers_id_for(&s.bonds, &here, &other);
    peers_unwant(&s.bonds, stuck);
    assert_false(peers_has_room(&s.bonds, &here, &other, 0));
    peers_forget_failed(&s.bonds, stuck);
    assert_null(peers_next_forgetting(&s.bonds));
    assert_true(peers_has_room(&s.bonds, &here, &other, 0));
    assert_int_equal(peers_id_for(&s.bonds, &here, &other), stuck);
    assert_int_not_equal(peers_id_for(&s.bonds, &here, &other), stuck); /* once */
}

/* A legacy pairing that gives no key leaves nothing to encrypt with. */
static void a_bond_without_keys_takes_no_place_of_one_with_keys(void **state)
{
    peers_bond old = make_bond(1), fresh = make_bond(1);

    (void)state;
    old.key_kind = fresh.key_kind = KITH_KEY_KIND_LEGACY;
    for (unsigned keys = 0; keys < 16; keys++) {
        old.has_ltk = (keys & 1) != 0;
        old.has_my_ltk = (keys & 2) != 0;
        fresh.has_ltk = (keys & 4) != 0;
        fresh.has_my_ltk = (keys & 8) != 0;
        assert_int_equal(peers_is_as_strong(&fresh, &old), (keys & ~keys >> 2 & 3) == 0);
    }
}

static void ids_go_on_above_the_highest_that_was_ever_there(void **state)
{
    store s;

    (void)state;
    open_store(&s);
    peers_know_id(&s.bonds, 1000);
    peers_know_id(&s.bonds, 10);
    assert_int_equal(put(&s, 1)->id, 1001);
}

static void more_records_than_slots_are_not_loaded(void **state)
{
    store s;

    (void)state;
    open_store(&s);
    for (uint8_t i = 1; i <= SLOTS + 1; i++) {
        peers_bond bond = make_bond(i);

        bond.id = i;
        assert_int_equal(peers_load(&s.bonds, &bond), i <= SLOTS);
    }
    assert_int_equal(s.bonds.used, SLOTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B14_a_bond_is_found_under_its_own_local_identity_alone),
        cmocka_unit_test(B14_equal_ediv_and_rand_under_two_identities_are_two_keys),
        cmocka_unit_test(a_bond_is_found_by_id_and_by_identity),
        cmocka_unit_test(a_private_address_is_resolved_with_every_irk),
        cmocka_unit_test(B7_an_irk_of_zero_resolves_nothing),
        cmocka_unit_test(a_new_bond_of_a_known_peer_takes_its_place_and_keeps_its_id),
        cmocka_unit_test(a_full_store_changes_nothing_and_still_replaces),
        cmocka_unit_test(a_removed_bond_leaves_no_octet_of_its_keys),
        cmocka_unit_test(ids_are_not_used_again_at_once_and_skip_zero),
        cmocka_unit_test(bonds_are_listed_in_order_of_their_ids),
        cmocka_unit_test(B1_a_weaker_bond_is_told_from_an_equal_one),
        cmocka_unit_test(a_store_without_room_holds_nothing),
        cmocka_unit_test(B7_an_irk_that_two_bonds_have_names_neither),
        cmocka_unit_test(room_that_is_promised_is_not_there_for_others),
        cmocka_unit_test(an_id_is_named_before_the_bond_is_there),
        cmocka_unit_test(a_forgotten_bond_is_nobodys_and_keeps_its_place_until_it_is_dropped),
        cmocka_unit_test(what_stands_is_not_called_forgotten),
        cmocka_unit_test(a_later_record_takes_the_place_of_an_earlier_one),
        cmocka_unit_test(of_two_records_of_one_identity_the_newer_stands),
        cmocka_unit_test(a_place_that_the_store_could_not_clear_is_the_next_bonds),
        cmocka_unit_test(a_bond_without_keys_takes_no_place_of_one_with_keys),
        cmocka_unit_test(ids_go_on_above_the_highest_that_was_ever_there),
        cmocka_unit_test(more_records_than_slots_are_not_loaded),
    };

    return RUN_ON_BOTH(tests);
}
