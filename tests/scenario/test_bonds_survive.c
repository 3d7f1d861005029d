/* Bonds over a loss of power: what was told as stored is there afterwards, on either side and in either role; what was
 * not, is as it was before. */
#include "cast.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone, *other;
    memory_store lamp_store, phone_store;
} three;

static cast_host *add(cast_room *room, const char *name, memory_store *store)
{
    kith_config config;

    cast_lamp_config(&config); /* any of them can be central and peripheral */
    config.name = name;
    config.limits.links = config.limits.pairings = 2;
    config.own_address = store != NULL ? KITH_OWN_STATIC : KITH_OWN_PUBLIC;
    config.store = store != NULL ? &store->store : &kith_volatile_store;
    return cast_add(room, name, &config);
}

static void open_three(three *t)
{
    memset(t, 0, sizeof *t);
    t->room = cast_open(321, CAST_OPENSSL);
    memory_store_init(&t->lamp_store, 5); /* its identity and four bonds */
    memory_store_init(&t->phone_store, 5);
    t->lamp = add(t->room, "lamp", &t->lamp_store);
    t->phone = add(t->room, "phone", &t->phone_store);
    t->other = add(t->room, "other", NULL);
    cast_start(t->room);
}

/* Pairs, and comes back when both sides have told the end of it: BONDED may be still to come. */
static void pair(three *t, cast_host *central, cast_host *peripheral)
{
    unsigned ones = central->told[KITH_EVENT_PAIRED], others = peripheral->told[KITH_EVENT_PAIRED];

    assert_int_equal(kith_pairing_open(peripheral->host, 30000), KITH_OK);
    cast_equal(t->room, kith_security_pair(central->host, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(central, KITH_EVENT_PAIRED, ones + 1);
    cast_await(peripheral, KITH_EVENT_PAIRED, others + 1);
}

static kith_bond_keys keys_of(const cast_host *h)
{
    kith_bond_info info;
    kith_bond_keys keys;

    memset(&keys, 0, sizeof keys);
    cast_check(h->room, cast_only_bond(h, &info, &keys));
    return keys;
}

static kith_bond_info bond_of(const cast_host *h)
{
    kith_bond_info info;
    kith_bond_keys keys;

    memset(&info, 0, sizeof info);
    cast_check(h->room, cast_only_bond(h, &info, &keys));
    return info;
}

static void expect_keys(const cast_host *h, const kith_bond_keys *wanted)
{
    kith_bond_keys now = keys_of(h);

    assert_memory_equal(&now, wanted, sizeof now);
}

static void expect_level(const cast_host *h, kith_level level, kith_peer_id peer)
{
    kith_event_security now;

    assert_int_equal(kith_security_of(h->host, h->link, &now), KITH_OK);
    cast_equal(h->room, now.level, level);
    cast_equal(h->room, now.peer, peer);
}

/* ---- power off and on ---- */

static void expect_reconnection(cast_host *central, cast_host *peripheral, cast_host *who_secures)
{
    cast_host *secured = who_secures == central ? peripheral : central;
    unsigned paired = central->told[KITH_EVENT_PAIRED] + peripheral->told[KITH_EVENT_PAIRED];

    cast_connect(central, peripheral);
    cast_check(central->room, central->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
    cast_check(central->room, peripheral->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
    cast_equal(central->room, peripheral->last[KITH_EVENT_CONNECTED].peer, 0); /* a claim, no proof */
    cast_encrypt(who_secures, secured);
    expect_level(central, KITH_LEVEL_ENCRYPTED, bond_of(central).peer);
    expect_level(peripheral, KITH_LEVEL_ENCRYPTED, bond_of(peripheral).peer);
    cast_read(central, CAST_VALUE_HANDLE);
    cast_equal(central->room, central->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(central->room, central->told[KITH_EVENT_PAIRED] + peripheral->told[KITH_EVENT_PAIRED], paired);
    cast_equal(central->room, central->told[KITH_EVENT_CONSENT_WANTED] + peripheral->told[KITH_EVENT_CONSENT_WANTED],
               0);
    cast_disconnect(central, peripheral);
}

enum { REBOOT_LAMP = 1, REBOOT_PHONE = 2, PHONE_SECURES = 4, LAMP_IS_CENTRAL = 8, ALL_CASES = 16 };

static void a_rebooted_host_reconnects_encrypted_without_pairing(void **state)
{
    (void)state;
    for (unsigned bits = REBOOT_LAMP; bits < ALL_CASES; bits++) {
        three t;

        open_three(&t);
        cast_connect(t.phone, t.lamp);
        pair(&t, t.phone, t.lamp);
        cast_await(t.lamp, KITH_EVENT_BONDED, 1);
        cast_await(t.phone, KITH_EVENT_BONDED, 1);
        cast_disconnect(t.phone, t.lamp);
        if ((bits & REBOOT_LAMP) != 0)
            cast_reboot(t.lamp);
        if ((bits & REBOOT_PHONE) != 0)
            cast_reboot(t.phone);
        cast_expect_equal_keys(t.phone, t.lamp);
        expect_reconnection((bits & LAMP_IS_CENTRAL) != 0 ? t.lamp : t.phone,
                            (bits & LAMP_IS_CENTRAL) != 0 ? t.phone : t.lamp,
                            (bits & PHONE_SECURES) != 0 ? t.phone : t.lamp);
        cast_close(t.room);
    }
}

/* Every field, not only what encryption needs. */
static void a_bond_is_the_same_after_a_reboot_in_every_field(void **state)
{
    three t;
    kith_bond_info before, after;
    kith_bond_keys keys;

    (void)state;
    open_three(&t);
    kith_host_set_calendar(t.lamp->host, 1750000000);
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    cast_await(t.lamp, KITH_EVENT_BONDED, 1);
    before = bond_of(t.lamp);
    keys = keys_of(t.lamp);
    cast_disconnect(t.phone, t.lamp);
    cast_reboot(t.lamp);
    after = bond_of(t.lamp);
    expect_keys(t.lamp, &keys);
    cast_equal(t.room, after.peer, before.peer);
    cast_check(t.room, kith_address_equal(&after.identity, &before.identity));
    cast_check(t.room, kith_address_equal(&after.local, &before.local));
    cast_check(t.room, after.has_irk == before.has_irk && after.level == before.level);
    cast_check(t.room, after.method == before.method && after.key_kind == before.key_kind);
    cast_check(t.room, after.key_size == before.key_size && after.we_were_initiator == before.we_were_initiator);
    cast_check(t.room, after.numbers_unseen == before.numbers_unseen && after.made_s == before.made_s);
    cast_check(t.room, after.made_s != 0);
    cast_close(t.room);
}

/* Power that goes before BONDED was told: the bond is not there, or it is there whole. */
static void B4_power_off_at_every_moment_of_a_pairing_leaves_no_half_bond(void **state)
{
    (void)state;
    for (uint64_t after = 0; after <= 1200000; after += 50000) {
        three t;

        open_three(&t);
        cast_connect(t.phone, t.lamp);
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_run(t.room, after, NULL, NULL);
        cast_reboot(t.lamp);
        cast_check(t.room, kith_bonds_count(t.lamp->host) <= 1);
        if (kith_bonds_count(t.lamp->host) == 1) {
            cast_expect_equal_keys(t.phone, t.lamp);
            expect_reconnection(t.phone, t.lamp, t.phone);
        } else {
            cast_forget_all(t.phone);
            cast_connect(t.phone, t.lamp);
            cast_pair(t.phone, t.lamp);
        }
        cast_close(t.room);
    }
}

/* ---- told when it is durable, and not before ---- */

static void bonded_is_told_when_the_bond_is_durable(void **state)
{
    three t;

    (void)state;
    open_three(&t);
    cast_hold_store(t.lamp);
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    cast_check(t.room, t.lamp->end.bonded); /* it will be */
    cast_run(t.room, 60 * CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_BONDED], 0);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    cast_equal(t.room, memory_store_count(&t.lamp_store, KITH_RECORD_BOND), 0);
    expect_level(t.lamp, KITH_LEVEL_ENCRYPTED, 0); /* secure, and not yet somebody known */
    cast_read(t.phone, CAST_VALUE_HANDLE);
    cast_equal(t.room, t.phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 1);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_BONDED].link, t.lamp->link);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_BONDED].peer, bond_of(t.lamp).peer);
    expect_level(t.lamp, KITH_LEVEL_ENCRYPTED, bond_of(t.lamp).peer);
    cast_equal(t.room, memory_store_count(&t.lamp_store, KITH_RECORD_BOND), 1);
    cast_close(t.room);
}

/* A bond that stands, and the peer pairs anew over it: the lamp's store holds the new one back. */
static kith_bond_keys pair_again_with_the_store_held(three *t)
{
    kith_bond_keys old;

    open_three(t);
    cast_connect(t->phone, t->lamp);
    pair(t, t->phone, t->lamp);
    cast_await(t->lamp, KITH_EVENT_BONDED, 1);
    cast_await(t->phone, KITH_EVENT_BONDED, 1);
    old = keys_of(t->lamp);
    cast_disconnect(t->phone, t->lamp);
    cast_connect(t->phone, t->lamp);
    cast_hold_store(t->lamp);
    pair(t, t->phone, t->lamp);
    cast_await(t->phone, KITH_EVENT_BONDED, 2);
    return old;
}

static void B4_the_old_bond_stands_until_the_new_one_is_durable(void **state)
{
    three t;
    kith_bond_keys old = pair_again_with_the_store_held(&t), phone = keys_of(t.phone);
    kith_peer_id peer = bond_of(t.lamp).peer;

    (void)state;
    cast_run(t.room, 5 * CAST_SECOND, NULL, NULL);
    expect_keys(t.lamp, &old);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 2);
    assert_memory_equal(keys_of(t.lamp).ltk, phone.ltk, 16);
    assert_memory_not_equal(old.ltk, phone.ltk, 16);
    cast_equal(t.room, bond_of(t.lamp).peer, peer); /* it is the same peer */
    cast_equal(t.room, memory_store_count(&t.lamp_store, KITH_RECORD_BOND), 1);
    cast_close(t.room);
}

static void a_bond_that_can_not_be_stored_is_told_and_changes_nothing(void **state)
{
    static const kith_status errors[] = {KITH_ERR_STORAGE, KITH_ERR_DAMAGED, KITH_ERR_NEWER, KITH_ERR_FULL};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof errors / sizeof errors[0]; i++) {
        kith_status status = errors[i / 2];
        three t;
        kith_bond_keys old = pair_again_with_the_store_held(&t);
        const kith_event *failed = &t.lamp->last[KITH_EVENT_BOND_FAILED];

        t.lamp_store.puts = status;
        t.lamp_store.mute = i % 2 != 0;
        cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_BOND_FAILED, 1);
        cast_equal(t.room, failed->verdict.why, status == KITH_ERR_FULL ? KITH_WHY_STORE_FULL : KITH_WHY_STORE_FAILED);
        cast_equal(t.room, failed->verdict.status, status == KITH_ERR_FULL ? KITH_OK : status);
        cast_check(t.room, !failed->verdict.bonded && failed->peer == 0 && failed->link == t.lamp->link);
        expect_keys(t.lamp, &old);
        expect_level(t.lamp, KITH_LEVEL_ENCRYPTED, 0); /* the pairing itself was sound */
        /* The store recovers, and so does everything else. */
        t.lamp_store.puts = KITH_OK;
        t.lamp->holds_store = false;
        cast_disconnect(t.phone, t.lamp);
        cast_connect(t.phone, t.lamp);
        pair(&t, t.phone, t.lamp);
        cast_await(t.lamp, KITH_EVENT_BONDED, 2);
        cast_await(t.phone, KITH_EVENT_BONDED, 3);
        cast_expect_equal_keys(t.phone, t.lamp);
        cast_close(t.room);
    }
}

/* ---- meanwhile ---- */

/* Comes back while its bond is still on its way to the store; nothing of the old connection is left. */
static void come_back(three *t)
{
    cast_disconnect(t->phone, t->lamp);
    cast_connect(t->phone, t->lamp);
}

static void a_key_that_is_asked_for_waits_for_the_store(void **state)
{
    (void)state;
    for (unsigned again = 0; again <= 1; again++)
        for (unsigned fails = 0; fails <= 1; fails++) {
            three t;
            unsigned lamps, phones;

            if (again)
                (void)pair_again_with_the_store_held(&t);
            else {
                open_three(&t);
                cast_hold_store(t.lamp);
                cast_connect(t.phone, t.lamp);
                pair(&t, t.phone, t.lamp);
                cast_await(t.phone, KITH_EVENT_BONDED, 1);
            }
            come_back(&t);
            lamps = t.lamp->ends;
            phones = t.phone->ends;
            cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
            cast_run(t.room, 5 * CAST_SECOND, NULL, NULL);
            cast_equal(t.room, t.phone->ends, phones); /* neither refused nor given */
            cast_equal(t.room, t.lamp->ends, lamps);
            t.lamp_store.puts = fails ? KITH_ERR_STORAGE : KITH_OK;
            cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
            cast_await_ends(t.lamp, lamps + 1);
            cast_await_ends(t.phone, phones + 1);
            if (!fails) {
                cast_equal(t.room, t.phone->end.why, KITH_WHY_ENCRYPTED);
                cast_equal(t.room, t.lamp->end.why, KITH_WHY_ENCRYPTED);
                expect_level(t.lamp, KITH_LEVEL_ENCRYPTED, bond_of(t.lamp).peer);
                cast_equal(t.room, t.lamp->last[KITH_EVENT_BONDED].link, 0); /* that link has gone */
            } else if (again) { /* the old bond answered, and the peer has another one by now */
                cast_check(t.room, !t.lamp->end.succeeded && !t.phone->end.succeeded);
                cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
            } else {
                cast_expect_failed(t.lamp, lamps + 1, KITH_WHY_WE_HAVE_NO_KEY);
                cast_expect_failed(t.phone, phones + 1, KITH_WHY_PEER_SAYS_NO_KEY);
            }
            cast_close(t.room);
        }
}

static void a_key_that_waits_dies_with_its_link(void **state)
{
    three t;
    unsigned ends;

    (void)state;
    open_three(&t);
    cast_hold_store(t.lamp);
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    cast_await(t.phone, KITH_EVENT_BONDED, 1);
    come_back(&t);
    assert_int_equal(kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    come_back(&t); /* a third link, which asked for nothing */
    ends = t.lamp->ends;
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.lamp->ends, ends);
    expect_level(t.lamp, KITH_LEVEL_NONE, 0);
    cast_encrypt(t.phone, t.lamp);
    cast_close(t.room);
}

static void the_peer_of_a_bond_that_is_being_written_can_not_pair_again(void **state)
{
    three t;
    unsigned lamps, phones;

    (void)state;
    open_three(&t);
    cast_hold_store(t.lamp);
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    cast_await(t.phone, KITH_EVENT_BONDED, 1);
    for (unsigned reconnected = 0; reconnected <= 1; reconnected++) {
        if (reconnected)
            come_back(&t);
        lamps = t.lamp->ends;
        phones = t.phone->ends;
        cast_equal(t.room, kith_security_secure(t.lamp->host, t.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_BUSY);
        cast_equal(t.room, kith_security_pair(t.lamp->host, t.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_BUSY);
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        cast_equal(t.room, kith_security_pair(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await_ends(t.lamp, lamps + 1);
        cast_await_ends(t.phone, phones + 1);
        cast_equal(t.room, t.lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_STORE_BUSY);
        cast_equal(t.room, t.lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.smp_reason, KITH_SMP_BUSY);
        cast_equal(t.room, t.phone->end.smp_reason, KITH_SMP_BUSY);
    }
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 1);
    cast_encrypt(t.phone, t.lamp); /* what was bonded is as good as it was */
    cast_close(t.room);
}

/* As central, too, and a Security Request of that peer is no reason to begin anything either. */
static void a_central_waits_for_its_store_as_well(void **state)
{
    three t;
    unsigned ends;

    (void)state;
    open_three(&t);
    t.phone->holds_store = true;
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    cast_await(t.lamp, KITH_EVENT_BONDED, 1);
    come_back(&t);
    ends = t.phone->ends;
    assert_int_equal(kith_pairing_open(t.phone->host, 30000), KITH_OK);
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_BUSY);
    cast_equal(t.room, kith_security_secure(t.lamp->host, t.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_run(t.room, 5 * CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.phone->ends, ends);
    cast_equal(t.room, cast_finish_store(t.phone), KITH_OK);
    cast_await(t.phone, KITH_EVENT_BONDED, 1);
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(t.phone, ends + 1);
    cast_equal(t.room, t.phone->end.why, KITH_WHY_ENCRYPTED);
    cast_close(t.room);
}

/* Somebody else pairs while a bond is being written, and the store is done in the middle of it. */
static void the_store_is_done_in_the_middle_of_another_pairing(void **state)
{
    (void)state;
    for (uint64_t after = 0; after <= 800000; after += 50000) {
        three t;

        open_three(&t);
        cast_hold_store(t.lamp);
        cast_connect(t.phone, t.lamp);
        pair(&t, t.phone, t.lamp);
        cast_await(t.phone, KITH_EVENT_BONDED, 1);
        cast_connect(t.other, t.lamp);
        assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
        cast_equal(t.room, kith_security_secure(t.other->host, t.other->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_run(t.room, after, NULL, NULL);
        cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_BONDED, 1);
        cast_await(t.lamp, KITH_EVENT_PAIRED, 2);
        cast_await(t.other, KITH_EVENT_BONDED, 1);
        cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
        cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
        cast_await(t.lamp, KITH_EVENT_BONDED, 2);
        cast_equal(t.room, kith_bonds_count(t.lamp->host), 2);
        cast_equal(t.room, memory_store_count(&t.lamp_store, KITH_RECORD_BOND), 2);
        cast_close(t.room);
    }
}

static void bonds_are_written_in_the_order_in_which_they_were_made(void **state)
{
    three t;
    kith_address phone, other;

    (void)state;
    open_three(&t);
    phone = cast_address(t.phone);
    other = cast_address(t.other);
    cast_hold_store(t.lamp);
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    cast_connect(t.other, t.lamp);
    pair(&t, t.other, t.lamp);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 1);
    cast_check(t.room, kith_address_equal(&t.lamp->last[KITH_EVENT_BONDED].address, &phone));
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 2);
    cast_check(t.room, kith_address_equal(&t.lamp->last[KITH_EVENT_BONDED].address, &other));
    cast_close(t.room);
}

/* A slot of a pairing is its bond's until that is stored. */
static void a_slow_store_takes_the_places_of_pairings(void **state)
{
    three t;
    cast_host *third;
    unsigned ends;

    (void)state;
    open_three(&t);
    third = add(t.room, "third", NULL);
    assert_int_equal(kith_host_start(third->host, kith_sim_now(t.room->sim)), KITH_OK);
    cast_await(third, KITH_EVENT_READY, 1);
    cast_hold_store(t.lamp);
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    cast_disconnect(t.phone, t.lamp);
    cast_connect(t.other, t.lamp);
    pair(&t, t.other, t.lamp);
    cast_disconnect(t.other, t.lamp);
    cast_connect(third, t.lamp);
    ends = t.lamp->ends;
    assert_int_equal(kith_pairing_open(t.lamp->host, 30000), KITH_OK);
    assert_int_equal(kith_security_secure(third->host, third->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(third, 1);
    cast_await_ends(t.lamp, ends + 1);
    cast_expect_failed(t.lamp, ends + 1, KITH_WHY_NO_SESSION);
    cast_equal(t.room, third->end.smp_reason, KITH_SMP_BUSY);
    cast_equal(t.room, kith_security_secure(t.lamp->host, t.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_ERR_FULL);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 1);
    t.lamp->holds_store = false;
    pair(&t, third, t.lamp);
    cast_close(t.room);
}

static void the_link_may_go_before_the_bond_is_stored(void **state)
{
    three t;
    kith_address phone;

    (void)state;
    open_three(&t);
    phone = cast_address(t.phone);
    cast_hold_store(t.lamp);
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    cast_disconnect(t.phone, t.lamp);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 1);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_BONDED].link, 0);
    cast_check(t.room, kith_address_equal(&t.lamp->last[KITH_EVENT_BONDED].address, &phone));
    t.lamp->holds_store = false;
    expect_reconnection(t.phone, t.lamp, t.phone);
    cast_close(t.room);
}

static void the_controller_may_go_before_the_bond_is_stored(void **state)
{
    static const uint8_t hardware_error[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, 0x42};
    three t;

    (void)state;
    open_three(&t);
    cast_hold_store(t.lamp);
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    cast_await(t.phone, KITH_EVENT_BONDED, 1);
    assert_int_equal(kith_host_receive(t.lamp->host, hardware_error, sizeof hardware_error, kith_sim_now(t.room->sim)),
                     KITH_OK);
    cast_await(t.lamp, KITH_EVENT_CONTROLLER_LOST, 1);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 1);
    t.lamp->holds_store = false;
    assert_int_equal(kith_host_start(t.lamp->host, kith_sim_now(t.room->sim)), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_READY, 2);
    cast_run(t.room, 5 * CAST_SECOND, NULL, NULL);
    expect_reconnection(t.phone, t.lamp, t.phone);
    cast_close(t.room);
}

/* A result that comes back twice, or under another's name, is one result. */
static void a_result_counts_once(void **state)
{
    three t;
    kith_work again, wrong;

    (void)state;
    open_three(&t);
    cast_hold_store(t.lamp);
    cast_connect(t.phone, t.lamp);
    pair(&t, t.phone, t.lamp);
    again = wrong = t.lamp->store_work;
    wrong.token ^= 0x40;
    wrong.result = KITH_OK;
    cast_equal(t.room, kith_host_finish_work(t.lamp->host, &wrong, kith_sim_now(t.room->sim)), KITH_ERR_NOT_FOUND);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 0);
    cast_equal(t.room, cast_finish_store(t.lamp), KITH_OK);
    again.result = KITH_ERR_STORAGE;
    cast_equal(t.room, kith_host_finish_work(t.lamp->host, &again, kith_sim_now(t.room->sim)), KITH_ERR_NOT_FOUND);
    cast_run(t.room, CAST_SECOND, NULL, NULL);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_BONDED], 1);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_BOND_FAILED], 0);
    cast_equal(t.room, kith_bonds_count(t.lamp->host), 1);
    cast_close(t.room);
}

/* Events that nobody takes: a result waits outside until there is room to tell it, and nothing of it is lost. */
static void a_result_waits_for_room_to_tell_it(void **state)
{
    three t;
    kith_event event;
    unsigned bonded = 0, filled = 0;
    cast_host *phone;

    (void)state;
    open_three(&t);
    phone = t.phone;
    cast_connect(phone, t.lamp);
    pair(&t, phone, t.lamp);
    cast_await(phone, KITH_EVENT_BONDED, 1);
    phone->holds_store = true;
    pair(&t, phone, t.lamp); /* the link is secure already, and the new bond on its way */
    cast_connect(phone, t.other);
    pair(&t, phone, t.other);
    cast_equal(t.room, cast_finish_store(phone), KITH_OK);
    while (kith_security_secure(phone->host, phone->open[0], KITH_LEVEL_ENCRYPTED) == KITH_OK)
        assert_true(++filled < 100); /* each is told as already secure, and nobody takes it */
    cast_equal(t.room, cast_finish_store(phone), KITH_ERR_FULL);
    cast_equal(t.room, cast_finish_store(phone), KITH_ERR_FULL);
    while (kith_host_next_event(phone->host, &event))
        bonded += event.kind == KITH_EVENT_BONDED;
    cast_equal(t.room, bonded, 1);
    cast_equal(t.room, cast_finish_store(phone), KITH_OK);
    while (kith_host_next_event(phone->host, &event))
        bonded += event.kind == KITH_EVENT_BONDED;
    cast_equal(t.room, bonded, 2);
    cast_equal(t.room, kith_bonds_count(phone->host), 2);
    cast_equal(t.room, kith_host_dropped(phone->host), 0);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rebooted_host_reconnects_encrypted_without_pairing),
        cmocka_unit_test(a_bond_is_the_same_after_a_reboot_in_every_field),
        cmocka_unit_test(B4_power_off_at_every_moment_of_a_pairing_leaves_no_half_bond),
        cmocka_unit_test(bonded_is_told_when_the_bond_is_durable),
        cmocka_unit_test(B4_the_old_bond_stands_until_the_new_one_is_durable),
        cmocka_unit_test(a_bond_that_can_not_be_stored_is_told_and_changes_nothing),
        cmocka_unit_test(a_key_that_is_asked_for_waits_for_the_store),
        cmocka_unit_test(a_key_that_waits_dies_with_its_link),
        cmocka_unit_test(the_peer_of_a_bond_that_is_being_written_can_not_pair_again),
        cmocka_unit_test(a_central_waits_for_its_store_as_well),
        cmocka_unit_test(the_store_is_done_in_the_middle_of_another_pairing),
        cmocka_unit_test(bonds_are_written_in_the_order_in_which_they_were_made),
        cmocka_unit_test(a_slow_store_takes_the_places_of_pairings),
        cmocka_unit_test(the_link_may_go_before_the_bond_is_stored),
        cmocka_unit_test(the_controller_may_go_before_the_bond_is_stored),
        cmocka_unit_test(a_result_counts_once),
        cmocka_unit_test(a_result_waits_for_room_to_tell_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
