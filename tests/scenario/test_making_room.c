/* A full table and a newcomer: who goes for it, when, and what is left when something fails on the way.  DECISIONS 19.
 */
#include "cast.h"
#include "memory_store.h"

enum { BONDS = 3, PHONES = 5 };

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone[PHONES];
    memory_store store;
    bool agrees;       /* the program at the lamp */
    kith_peer_id name; /* whom it names; 0: who would go */
    kith_status answered;
} party;

static void on_lamp(cast_host *self, const kith_event *event)
{
    party *p = self->context;

    if (event->kind != KITH_EVENT_ROOM_WANTED || !p->agrees)
        return;
    p->answered = kith_peers_make_room(self->host, event->link, p->name != 0 ? p->name : event->room.would_go);
}

static void open_party(party *p, bool volatile_store, uint32_t capacity)
{
    kith_config config;

    memset(p, 0, sizeof *p);
    p->room = cast_open(77, CAST_OPENSSL);
    p->agrees = true;
    memory_store_init(&p->store, capacity);
    cast_lamp_config(&config);
    config.limits.bonds = BONDS;
    config.limits.data = 1;
    config.limits.links = config.limits.pairings = 2;
    config.own_address = KITH_OWN_STATIC;
    config.security.when_full = KITH_FULL_ASK;
    config.store = volatile_store ? &kith_volatile_store : &p->store.store;
    p->lamp = cast_add(p->room, "lamp", &config);
    p->lamp->context = p;
    p->lamp->react = on_lamp;
    for (unsigned i = 0; i < PHONES; i++)
        p->phone[i] = cast_add_phone(p->room, "phone");
    cast_start(p->room);
}

static kith_peer_id peer_of(const party *p, unsigned phone)
{
    kith_address address = cast_address(p->phone[phone]);
    kith_peer_id peer = 0;

    return kith_bonds_of_address(p->lamp->host, &address, &peer) == KITH_OK ? peer : 0;
}

/* Connects and pairs, until both know that. */
static void come(party *p, unsigned phone)
{
    cast_host *guest = p->phone[phone];
    unsigned ones = guest->told[KITH_EVENT_PAIRED], others = p->lamp->told[KITH_EVENT_PAIRED];

    cast_connect(guest, p->lamp);
    assert_int_equal(kith_pairing_open(p->lamp->host, 30000), KITH_OK);
    cast_equal(p->room, kith_security_pair(guest->host, guest->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(guest, KITH_EVENT_PAIRED, ones + 1);
    cast_await(p->lamp, KITH_EVENT_PAIRED, others + 1);
}

static void bond(party *p, unsigned phone)
{
    unsigned bonded = p->lamp->told[KITH_EVENT_BONDED];

    come(p, phone);
    cast_await(p->lamp, KITH_EVENT_BONDED, bonded + 1);
    cast_disconnect(p->phone[phone], p->lamp);
}

static void fill(party *p)
{
    for (unsigned i = 0; i < BONDS; i++)
        bond(p, i);
}

/* Pairs and comes back when the lamp has told what became of the bond. */
static void knock(party *p, unsigned phone)
{
    cast_host *lamp = p->lamp;
    unsigned ends = lamp->told[KITH_EVENT_BONDED] + lamp->told[KITH_EVENT_BOND_FAILED];

    come(p, phone);
    while (lamp->told[KITH_EVENT_BONDED] + lamp->told[KITH_EVENT_BOND_FAILED] == ends)
        cast_run_until(p->room, kith_sim_now(p->room->sim) + CAST_SECOND / 10);
}

static void use(party *p, unsigned phone)
{
    cast_connect(p->phone[phone], p->lamp);
    cast_encrypt(p->phone[phone], p->lamp);
    cast_disconnect(p->phone[phone], p->lamp);
}

/* One operation of the store, and what comes of it. */
static void do_one(party *p)
{
    assert_int_equal(cast_finish_store(p->lamp), KITH_OK);
    cast_run_until(p->room, kith_sim_now(p->room->sim) + 1000);
}

static unsigned order_of(const cast_host *host, kith_event_kind kind)
{
    for (unsigned i = host->notes; i-- > 0;)
        if (host->log[i % CAST_LOG].kind == kind)
            return i;
    return 0;
}

static void who_was_not_used_for_longest_goes(void **state)
{
    (void)state;
    for (unsigned in_memory = 0; in_memory < 2; in_memory++) {
        party p;
        kith_peer_id first;

        open_party(&p, in_memory, 12);
        fill(&p);
        first = peer_of(&p, 1);
        use(&p, 0); /* the oldest bond was used since */
        knock(&p, 3);
        cast_equal(p.room, p.answered, KITH_OK);
        cast_equal(p.room, p.lamp->last[KITH_EVENT_ROOM_WANTED].room.would_go, first);
        cast_equal(p.room, p.lamp->last[KITH_EVENT_FORGOTTEN].forgotten.peer, first);
        cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 1);
        cast_equal(p.room, p.lamp->told[KITH_EVENT_BONDED], BONDS + 1);
        cast_check(p.room, order_of(p.lamp, KITH_EVENT_PAIRED) < order_of(p.lamp, KITH_EVENT_ROOM_WANTED));
        cast_check(p.room, order_of(p.lamp, KITH_EVENT_FORGOTTEN) < order_of(p.lamp, KITH_EVENT_BONDED));
        cast_equal(p.room, peer_of(&p, 1), 0);
        cast_check(p.room, peer_of(&p, 0) != 0 && peer_of(&p, 2) != 0 && peer_of(&p, 3) != 0);
        cast_equal(p.room, kith_bonds_count(p.lamp->host), BONDS);
        cast_disconnect(p.phone[3], p.lamp);
        use(&p, 3);
        cast_close(p.room);
    }
}

static void nobody_goes_where_the_program_says_no_or_nothing(void **state)
{
    (void)state;
    for (unsigned silent = 0; silent < 2; silent++) {
        party p;

        open_party(&p, false, 12);
        fill(&p);
        p.agrees = false;
        come(&p, 3);
        cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
        if (silent == 0)
            cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, 0), KITH_OK);
        cast_await(p.lamp, KITH_EVENT_BOND_FAILED, 1);
        cast_equal(p.room, p.lamp->last[KITH_EVENT_BOND_FAILED].verdict.why, KITH_WHY_STORE_FULL);
        cast_equal(p.room, kith_bonds_count(p.lamp->host), BONDS);
        cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), BONDS);
        cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 0);
        cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_ERR_STATE);
        cast_close(p.room);
    }
}

static void without_being_asked_for_it_a_full_table_refuses(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    p.lamp->config.security.when_full = KITH_FULL_REFUSE;
    cast_equal(p.room, kith_security_set(p.lamp->host, &p.lamp->config.security), KITH_OK);
    fill(&p);
    cast_connect(p.phone[3], p.lamp);
    assert_int_equal(kith_pairing_open(p.lamp->host, 30000), KITH_OK);
    cast_equal(p.room, kith_security_pair(p.phone[3]->host, p.phone[3]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_PAIRING_FAILED, 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_STORE_FULL);
    cast_close(p.room);
}

/* B5: nothing of what stands is touched before the newcomer has proven itself. */
static void strangers_that_fail_change_nothing(void **state)
{
    party p;
    memory_store before;

    (void)state;
    open_party(&p, false, 12);
    p.lamp->config.security.backoff.first_ms = 0;
    cast_equal(p.room, kith_security_set(p.lamp->host, &p.lamp->config.security), KITH_OK);
    fill(&p);
    before = p.store;
    for (unsigned i = 0; i < 100; i++) {
        cast_host *stranger = p.phone[3 + i % 2];
        unsigned failed = p.lamp->told[KITH_EVENT_PAIRING_FAILED];

        cast_connect(stranger, p.lamp);
        assert_int_equal(kith_pairing_open(p.lamp->host, 60000), KITH_OK);
        cast_equal(p.room, kith_security_pair(stranger->host, stranger->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        cast_run_until(p.room, kith_sim_now(p.room->sim) + i * 4000);
        (void)!kith_pairing_cancel(stranger->host, stranger->link);
        (void)!kith_gap_disconnect(stranger->host, stranger->link, KITH_HCI_REMOTE_USER_TERMINATED);
        cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
        if (p.lamp->told[KITH_EVENT_PAIRING_FAILED] == failed)
            break; /* it was quick enough: the newcomer is proven, and no stranger any more */
    }
    cast_check(p.room, p.lamp->told[KITH_EVENT_PAIRING_FAILED] > 10);
    if (p.lamp->told[KITH_EVENT_ROOM_WANTED] == 0)
        assert_memory_equal(before.log, p.store.log, sizeof before.log);
    cast_close(p.room);
}

static void expect_no_room(party *p, unsigned phone)
{
    unsigned failed = p->lamp->told[KITH_EVENT_PAIRING_FAILED];

    cast_connect(p->phone[phone], p->lamp);
    assert_int_equal(kith_pairing_open(p->lamp->host, 30000), KITH_OK);
    cast_equal(p->room, kith_security_pair(p->phone[phone]->host, p->phone[phone]->link, KITH_LEVEL_ENCRYPTED),
               KITH_OK);
    cast_await(p->lamp, KITH_EVENT_PAIRING_FAILED, failed + 1);
    cast_equal(p->room, p->lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_STORE_FULL);
    cast_equal(p->room, p->lamp->told[KITH_EVENT_ROOM_WANTED], 0);
    cast_disconnect(p->phone[phone], p->lamp);
}

static void pinned_peers_stay(void **state)
{
    party p;
    kith_token token;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    for (unsigned i = 0; i < BONDS; i++) {
        cast_equal(p.room, kith_peers_pin(p.lamp->host, peer_of(&p, i), true, &token), KITH_OK);
        cast_await(p.lamp, KITH_EVENT_PEER_DATA, i + 1);
        cast_check(p.room, !kith_peers_may_go(p.lamp->host, peer_of(&p, i), KITH_LEVEL_SC_AUTHENTICATED));
    }
    expect_no_room(&p, 3);
    cast_equal(p.room, kith_peers_pin(p.lamp->host, peer_of(&p, 2), false, &token), KITH_OK);
    knock(&p, 3);
    cast_check(p.room, peer_of(&p, 0) != 0 && peer_of(&p, 1) != 0 && peer_of(&p, 2) == 0);
    cast_close(p.room);
}

static void a_connected_peer_stays(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    cast_connect(p.phone[0], p.lamp);
    cast_encrypt(p.phone[0], p.lamp);
    use(&p, 1);
    use(&p, 2);
    cast_check(p.room, !kith_peers_may_go(p.lamp->host, peer_of(&p, 0), KITH_LEVEL_SC_AUTHENTICATED));
    p.name = peer_of(&p, 0);
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_equal(p.room, p.answered, KITH_ERR_VALUE); /* the question stands */
    cast_equal(p.room, p.lamp->last[KITH_EVENT_ROOM_WANTED].room.would_go, peer_of(&p, 1));
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, 77777), KITH_ERR_NOT_FOUND);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, 4242, peer_of(&p, 1)), KITH_ERR_NOT_FOUND);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 1)), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BONDED, BONDS + 1);
    cast_close(p.room);
}

/* Who was to go comes back while the newcomer's bond is being written: it stays, and nobody else goes in its place, as
 * nobody has said so. */
static void who_comes_back_in_time_stays(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    p.agrees = false;
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_connect(p.phone[0], p.lamp);
    cast_encrypt(p.phone[0], p.lamp);
    while (p.lamp->told[KITH_EVENT_BOND_FAILED] == 0)
        do_one(&p);
    cast_check(p.room, peer_of(&p, 0) != 0 && peer_of(&p, 1) != 0 && peer_of(&p, 2) != 0);
    cast_equal(p.room, peer_of(&p, 3), 0);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 0);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), BONDS);
    cast_close(p.room);
}

static void the_only_one_stays(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    bond(&p, 0);
    cast_check(p.room, !kith_peers_may_go(p.lamp->host, peer_of(&p, 0), KITH_LEVEL_SC_AUTHENTICATED));
    bond(&p, 1);
    cast_check(p.room, kith_peers_may_go(p.lamp->host, peer_of(&p, 0), KITH_LEVEL_ENCRYPTED));
    cast_check(p.room, !kith_peers_may_go(p.lamp->host, peer_of(&p, 0), KITH_LEVEL_NONE)); /* of a higher level */
    cast_close(p.room);
}

static void one_goes_in_each_window(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    /* Both are admitted by one window before either of them is done. */
    cast_connect(p.phone[3], p.lamp);
    cast_connect(p.phone[4], p.lamp);
    assert_int_equal(kith_pairing_open(p.lamp->host, 30000), KITH_OK);
    cast_equal(p.room, kith_security_pair(p.phone[3]->host, p.phone[3]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_equal(p.room, kith_security_pair(p.phone[4]->host, p.phone[4]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_PAIRED, BONDS + 2);
    cast_await(p.lamp, KITH_EVENT_BOND_FAILED, 1);
    cast_await(p.lamp, KITH_EVENT_BONDED, BONDS + 1);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 1);
    cast_equal(p.room, kith_bonds_count(p.lamp->host), BONDS);
    cast_close(p.room);
}

/* ---- failures ---- */

static void a_store_that_fails_to_write_the_newcomer_loses_nobody(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    p.agrees = false;
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    p.store.puts = KITH_ERR_STORAGE;
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BOND_FAILED, 1);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 0);
    cast_equal(p.room, kith_bonds_count(p.lamp->host), BONDS);
    for (unsigned i = 0; i < BONDS; i++)
        cast_check(p.room, peer_of(&p, i) != 0);
    cast_close(p.room);
}

static void a_store_that_fails_to_destroy_leaves_no_newcomer(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    p.agrees = false;
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    assert_int_equal(cast_finish_store(p.lamp), KITH_OK); /* it is written */
    p.store.removes = KITH_ERR_STORAGE;
    assert_int_equal(cast_finish_store(p.lamp), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_FORGOTTEN, 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_FORGOTTEN].forgotten.status, KITH_ERR_STORAGE);
    p.store.removes = KITH_OK;
    assert_int_equal(cast_finish_store(p.lamp), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BOND_FAILED, 1);
    cast_equal(p.room, peer_of(&p, 3), 0);
    cast_check(p.room, peer_of(&p, 1) != 0 && peer_of(&p, 2) != 0);
    cast_close(p.room);
}

/* Whenever the power goes: the newcomer or who was to go for it, both at most for the store, never neither. */
static void the_power_goes_at_each_operation(void **state)
{
    (void)state;
    for (unsigned cut = 0;; cut++) {
        party p;
        bool old, fresh;
        unsigned done = 0;

        open_party(&p, false, 12);
        fill(&p);
        p.agrees = false;
        come(&p, 3);
        cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
        cast_hold_store(p.lamp);
        cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
        while (done < cut && p.lamp->told[KITH_EVENT_BONDED] == BONDS) {
            do_one(&p);
            done++;
        }
        cast_power_off(p.lamp);
        p.lamp->holds_store = false;
        cast_power_on(p.lamp);
        cast_await(p.lamp, KITH_EVENT_READY, 2);
        cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
        old = peer_of(&p, 0) != 0;
        fresh = peer_of(&p, 3) != 0;
        cast_equal(p.room, old + fresh, 1);
        cast_equal(p.room, fresh, cut > 0);
        cast_check(p.room, peer_of(&p, 1) != 0 && peer_of(&p, 2) != 0);
        cast_equal(p.room, kith_bonds_count(p.lamp->host), BONDS);
        cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), BONDS);
        cast_equal(p.room, p.lamp->last[KITH_EVENT_STORE_LOADED].store.bonds, BONDS);
        cast_close(p.room);
        if (done < cut)
            return;
    }
}

/* A program that does not make room any more can't hold the one too many, and touches nothing. */
static void one_too_many_is_said_where_nobody_makes_room(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    p.agrees = false;
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    assert_int_equal(cast_finish_store(p.lamp), KITH_OK);
    cast_power_off(p.lamp);
    p.lamp->holds_store = false;
    p.lamp->config.security.when_full = KITH_FULL_REFUSE;
    cast_power_on(p.lamp);
    cast_await(p.lamp, KITH_EVENT_START_FAILED, 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_FULL);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), BONDS + 1);
    cast_close(p.room);
}

static void a_place_that_becomes_free_is_the_newcomers(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    p.agrees = false;
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_equal(p.room, kith_bonds_forget(p.lamp->host, peer_of(&p, 2)), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BONDED, BONDS + 1);
    cast_check(p.room, peer_of(&p, 0) != 0 && peer_of(&p, 1) != 0 && peer_of(&p, 3) != 0);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 1);
    cast_close(p.room);
}

static void a_newcomer_that_leaves_unanswered_is_not_kept(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    p.agrees = false;
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_disconnect(p.phone[3], p.lamp);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BOND_FAILED], 1);
    cast_check(p.room, order_of(p.lamp, KITH_EVENT_BOND_FAILED) < order_of(p.lamp, KITH_EVENT_DISCONNECTED));
    cast_equal(p.room, kith_bonds_count(p.lamp->host), BONDS);
    use(&p, 0);
    cast_close(p.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_not_used_for_longest_goes),
        cmocka_unit_test(nobody_goes_where_the_program_says_no_or_nothing),
        cmocka_unit_test(without_being_asked_for_it_a_full_table_refuses),
        cmocka_unit_test(strangers_that_fail_change_nothing),
        cmocka_unit_test(pinned_peers_stay),
        cmocka_unit_test(a_connected_peer_stays),
        cmocka_unit_test(who_comes_back_in_time_stays),
        cmocka_unit_test(the_only_one_stays),
        cmocka_unit_test(one_goes_in_each_window),
        cmocka_unit_test(a_store_that_fails_to_write_the_newcomer_loses_nobody),
        cmocka_unit_test(a_store_that_fails_to_destroy_leaves_no_newcomer),
        cmocka_unit_test(the_power_goes_at_each_operation),
        cmocka_unit_test(one_too_many_is_said_where_nobody_makes_room),
        cmocka_unit_test(a_place_that_becomes_free_is_the_newcomers),
        cmocka_unit_test(a_newcomer_that_leaves_unanswered_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
