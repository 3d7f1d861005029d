/* What people suffer from with the peers of other stacks, as named regressions; numbers are those of a ranked list of
 * public complaints: 3, a bond that was "stored" and is gone; 4, full tables; 5, pairing again; 11, who may pair, and
 * who says so; 12, deadlocks.  (1 and 13: test_lost_bonds.c; 6: test_pains.c.) */
#include "cast.h"
#include "memory_store.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
    memory_store store;
    kith_event_kind forget_at; /* the lamp forgets its peer in the middle of this event; NONE: never */
    unsigned nth, seen;
    kith_status forgot;
    bool consents;
} scene;

static void on_lamp(cast_host *self, const kith_event *event)
{
    scene *s = self->context;

    if (event->kind == KITH_EVENT_CONSENT_WANTED && s->consents)
        assert_int_equal(kith_pairing_consent(self->host, event->link, true), KITH_OK);
    if (event->kind == s->forget_at && s->seen++ == s->nth) {
        kith_bond_info bond = {.peer = 0};

        s->forgot = kith_bonds_next(self->host, 0, &bond);
        if (s->forgot == KITH_OK)
            s->forgot = kith_bonds_forget(self->host, bond.peer);
    }
}

static void open_scene(scene *s, uint32_t bonds, kith_pairing_policy policy)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(93, CAST_TOY);
    memory_store_init(&s->store, 12);
    cast_lamp_config(&config);
    config.limits.bonds = bonds;
    config.limits.links = config.limits.pairings = 2;
    config.own_address = KITH_OWN_STATIC;
    config.store = &s->store.store;
    config.security.policy = policy;
    config.security.backoff.first_ms = 0;
    s->lamp = cast_add(s->room, "lamp", &config);
    s->lamp->context = s;
    s->lamp->react = on_lamp;
    s->phone = cast_add_phone(s->room, "phone");
    cast_start(s->room);
}

static void pair(scene *s, cast_host *phone)
{
    unsigned bonded = s->lamp->told[KITH_EVENT_BONDED];

    cast_connect(phone, s->lamp);
    assert_int_equal(kith_pairing_open(s->lamp->host, 30000), KITH_OK);
    cast_equal(s->room, kith_security_pair(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(s->lamp, KITH_EVENT_BONDED, bonded + 1);
    cast_await(phone, KITH_EVENT_BONDED, 1);
    cast_disconnect(phone, s->lamp);
}

static void run_ms(scene *s, unsigned ms)
{
    cast_run_until(s->room, kith_sim_now(s->room->sim) + (uint64_t)ms * 1000);
}

/* ---- 3 ---- */

static void pain_3_what_was_told_as_bonded_outlives_power(void **state)
{
    (void)state;
    for (unsigned ms = 0; ms <= 100; ms += 5) {
        scene s;

        open_scene(&s, 4, KITH_PAIRING_CLOSED);
        cast_connect(s.phone, s.lamp);
        assert_int_equal(kith_pairing_open(s.lamp->host, 30000), KITH_OK);
        cast_equal(s.room, kith_security_pair(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_await(s.lamp, KITH_EVENT_BONDED, 1);
        cast_await(s.phone, KITH_EVENT_BONDED, 1);
        run_ms(&s, ms);
        cast_reboot(s.lamp);
        cast_equal(s.room, kith_bonds_count(s.lamp->host), 1);
        cast_connect(s.phone, s.lamp);
        cast_encrypt(s.phone, s.lamp);
        cast_close(s.room);
    }
}

static void pain_3_volatile_is_only_by_name(void **state)
{
    kith_config config;
    kith_crypto_port crypto = {0};
    static _Alignas(8) uint8_t memory[65536];
    kith_host *h;

    (void)state;
    kith_config_default(&config);
    config.crypto = &crypto;
    assert_int_equal(kith_host_init(memory, sizeof memory, &config, &h), KITH_ERR_VALUE); /* bonding, and no store */
}

/* ---- 4 ---- */

static kith_why refused_because(scene *s, cast_host *phone)
{
    unsigned failed = s->lamp->told[KITH_EVENT_PAIRING_FAILED];

    cast_connect(phone, s->lamp);
    assert_int_equal(kith_pairing_open(s->lamp->host, 30000), KITH_OK);
    cast_equal(s->room, kith_security_pair(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(s->lamp, KITH_EVENT_PAIRING_FAILED, failed + 1);
    cast_disconnect(phone, s->lamp);
    return s->lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.why;
}

/* A full table and a full store are said before a pairing starts; 100 strangers later nothing has changed, whoever is
 * bonded works, and a place that is made is there. */
static void pain_4_strangers_at_a_full_table_and_at_a_full_store(void **state)
{
    (void)state;
    for (unsigned full_store = 0; full_store < 2; full_store++) {
        memory_store before;
        kith_bond_info bond = {.peer = 0};
        cast_host *stranger;
        scene s;

        open_scene(&s, full_store ? 8 : 1, KITH_PAIRING_CLOSED);
        stranger = cast_add_phone(s.room, "stranger");
        assert_int_equal(kith_host_start(stranger->host, kith_sim_now(s.room->sim)), KITH_OK);
        cast_await(stranger, KITH_EVENT_READY, 1);
        pair(&s, s.phone);
        if (full_store)
            s.store.capacity = s.store.used; /* nothing more goes in */
        if (full_store)
            cast_reboot(s.lamp);
        run_ms(&s, 1000);
        before = s.store;
        for (unsigned i = 0; i < 100; i++)
            cast_equal(s.room, refused_because(&s, stranger), KITH_WHY_STORE_FULL);
        assert_memory_equal(before.log, s.store.log, sizeof before.log);
        cast_equal(s.room, s.store.put + s.store.removed, before.put + before.removed);
        cast_connect(s.phone, s.lamp);
        cast_encrypt(s.phone, s.lamp);
        cast_disconnect(s.phone, s.lamp);
        if (full_store)
            s.store.capacity = 12;
        assert_int_equal(kith_bonds_next(s.lamp->host, 0, &bond), KITH_OK);
        assert_int_equal(kith_bonds_forget(s.lamp->host, bond.peer), KITH_OK); /* works in a full store, too */
        cast_await(s.lamp, KITH_EVENT_FORGOTTEN, 1);
        cast_equal(s.room, s.lamp->last[KITH_EVENT_FORGOTTEN].forgotten.status, KITH_OK);
        pair(&s, stranger);
        cast_close(s.room);
    }
}

/* ---- 5 ---- */

/* A phone that was reset pairs again: refused without an answer, taken when a person agrees or a window is open; the
 * bond is the old one until it is the new one. */
static void pain_5_a_phone_that_was_reset_pairs_again(void **state)
{
    kith_bond_info before, now;
    kith_bond_keys keys, then;
    scene s;

    (void)state;
    open_scene(&s, 4, KITH_PAIRING_CLOSED);
    pair(&s, s.phone);
    cast_check(s.room, cast_only_bond(s.lamp, &before, &keys));
    cast_forget_all(s.phone);

    cast_connect(s.phone, s.lamp); /* nobody answers */
    cast_equal(s.room, kith_security_pair(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(s.lamp, KITH_EVENT_PAIRING_FAILED, 1);
    cast_check(s.room, s.lamp->last[KITH_EVENT_CONSENT_WANTED].consent.again);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_CONSENT_WANTED].consent.replaces, before.peer);
    cast_check(s.room, cast_only_bond(s.lamp, &now, &then));
    assert_memory_equal(&keys, &then, sizeof keys);
    cast_disconnect(s.phone, s.lamp);

    s.consents = true;
    cast_connect(s.phone, s.lamp);
    cast_equal(s.room, kith_security_pair(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(s.lamp, KITH_EVENT_BONDED, 2);
    cast_check(s.room, cast_only_bond(s.lamp, &now, &then));
    cast_equal(s.room, now.peer, before.peer);
    assert_memory_not_equal(keys.ltk, then.ltk, 16);
    cast_disconnect(s.phone, s.lamp);
    cast_connect(s.phone, s.lamp);
    cast_encrypt(s.phone, s.lamp);
    cast_close(s.room);
}

/* ---- 11 ---- */

/* A person who takes 20 seconds, and is shown what the other side can do. */
static void pain_11_consent_may_take_its_time(void **state)
{
    const kith_event_consent *asked;
    scene s;

    (void)state;
    open_scene(&s, 4, KITH_PAIRING_ASK);
    cast_connect(s.phone, s.lamp);
    cast_equal(s.room, kith_security_pair(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    asked = &cast_await(s.lamp, KITH_EVENT_CONSENT_WANTED, 1)->consent;
    cast_equal(s.room, asked->features.max_key_size, 16);
    cast_check(s.room, (asked->features.auth_req & KITH_AUTH_SC) != 0 && !asked->again);
    run_ms(&s, 20000);
    assert_int_equal(kith_pairing_consent(s.lamp->host, s.lamp->link, true), KITH_OK);
    cast_await(s.lamp, KITH_EVENT_BONDED, 1);
    cast_close(s.room);
}

static void pain_11_without_a_window_or_a_person_nobody_pairs(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 4, KITH_PAIRING_CLOSED);
    cast_connect(s.phone, s.lamp);
    cast_equal(s.room, kith_security_pair(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(s.lamp, KITH_EVENT_PAIRING_FAILED, 1);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_PAIRING_CLOSED);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.smp_reason, KITH_SMP_PAIRING_NOT_SUPPORTED);
    cast_close(s.room);
}

/* ---- 12 ---- */

/* Forgetting is legal in the middle of every event; then everything goes on, and a clean pairing works. */
static void pain_12_forgetting_in_the_middle_of_every_event(void **state)
{
    (void)state;
    for (int kind = KITH_EVENT_NONE + 1; kind <= (int)KITH_EVENT_MTU; kind++) {
        for (unsigned nth = 0; nth < 3; nth++) {
            scene s;

            open_scene(&s, 4, KITH_PAIRING_CLOSED);
            pair(&s, s.phone);
            s.forget_at = (kith_event_kind)kind;
            s.nth = nth;
            cast_connect(s.phone, s.lamp);
            (void)!kith_pairing_open(s.lamp->host, 30000);
            (void)!kith_security_secure(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED);
            run_ms(&s, 3000);
            (void)!kith_security_pair(s.phone->host, s.phone->link, KITH_LEVEL_ENCRYPTED);
            run_ms(&s, 5000);
            cast_disconnect(s.phone, s.lamp);
            cast_check(s.room, s.seen <= nth || s.forgot == KITH_OK || s.forgot == KITH_ERR_NOT_FOUND ||
                                   s.forgot == KITH_ERR_BUSY);
            s.forget_at = KITH_EVENT_NONE;
            run_ms(&s, 1000);
            cast_connect_and_pair(s.phone, s.lamp);
            cast_close(s.room);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pain_3_what_was_told_as_bonded_outlives_power),
        cmocka_unit_test(pain_3_volatile_is_only_by_name),
        cmocka_unit_test(pain_4_strangers_at_a_full_table_and_at_a_full_store),
        cmocka_unit_test(pain_5_a_phone_that_was_reset_pairs_again),
        cmocka_unit_test(pain_11_consent_may_take_its_time),
        cmocka_unit_test(pain_11_without_a_window_or_a_person_nobody_pairs),
        cmocka_unit_test(pain_12_forgetting_in_the_middle_of_every_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
