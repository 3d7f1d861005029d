/* A full table and a newcomer: who goes for it, when, and what is left when something fails on the way.  DECISIONS 19.
 */
#include "cast.h"
#include "memory_store.h"

enum { BONDS = 3, PHONES = 5 };

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone[PHONES];
    memory_store store;
    bool agrees;        /* the program at the lamp */
    bool answers_early; /* when a pairing is told */
    kith_peer_id name;  /* whom it names; 0: who would go */
    kith_status answered;
    kith_link asked[PHONES]; /* on which links it was, so far */
    unsigned questions;
    kith_peer_id watched; /* may it go where security starts? */
    unsigned watches;
    bool could_go;
} party;

static void on_room_wanted(party *p, const kith_event *event)
{
    p->asked[p->questions++ % PHONES] = event->link;
    if (p->agrees)
        p->answered = kith_peers_make_room(p->lamp->host, event->link, p->name != 0 ? p->name : event->room.would_go);
}

static void watch(party *p)
{
    p->watches++;
    p->could_go |= kith_peers_may_go(p->lamp->host, p->watched, KITH_LEVEL_SC_AUTHENTICATED);
}

static void on_lamp(cast_host *self, const kith_event *event)
{
    party *p = self->context;

    if (event->kind == KITH_EVENT_ROOM_WANTED)
        on_room_wanted(p, event);
    else if (event->kind == KITH_EVENT_PAIRED && p->answers_early)
        p->answered = kith_peers_make_room(self->host, event->link, 0);
    else if (event->kind == KITH_EVENT_CONSENT_WANTED)
        cast_equal(p->room, kith_pairing_consent(self->host, event->link, true), KITH_OK);
    else if (event->kind == KITH_EVENT_SECURITY_STARTED && p->watched != 0)
        watch(p);
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

/* All that its store is asked for within a second. */
static void do_all(party *p)
{
    for (unsigned waited = 0; waited < 100; waited++) {
        cast_run_until(p->room, kith_sim_now(p->room->sim) + CAST_SECOND / 100);
        while (p->lamp->has_store_work)
            do_one(p);
    }
}

/* Phone 3 has come to a full table, and the program has not answered yet. */
static void come_to_the_question(party *p)
{
    fill(p);
    p->agrees = false;
    come(p, 3);
    cast_await(p->lamp, KITH_EVENT_ROOM_WANTED, 1);
}

/* Both 3 and 4: admitted by one window, or by a person. */
static void two_come_to_the_question(party *p, bool by_window)
{
    fill(p);
    p->agrees = false;
    p->lamp->config.security.policy = KITH_PAIRING_ASK;
    cast_equal(p->room, kith_security_set(p->lamp->host, &p->lamp->config.security), KITH_OK);
    for (unsigned i = 3; i < PHONES; i++)
        cast_connect(p->phone[i], p->lamp);
    if (by_window)
        assert_int_equal(kith_pairing_open(p->lamp->host, 30000), KITH_OK);
    for (unsigned i = 3; i < PHONES; i++)
        cast_equal(p->room, kith_security_pair(p->phone[i]->host, p->phone[i]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(p->lamp, KITH_EVENT_ROOM_WANTED, 2);
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
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND); /* the last use is written, too */
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
        assert_memory_equal(before.log, p.store.log, sizeof before.log);
        cast_equal(p.room, p.store.put + p.store.removed, before.put + before.removed);
        cast_equal(p.room, p.lamp->told[KITH_EVENT_ROOM_WANTED], 0);
    }
    cast_check(p.room, p.lamp->told[KITH_EVENT_PAIRING_FAILED] > 10);
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
    cast_equal(p.room, p.lamp->told[KITH_EVENT_ROOM_WANTED], 1);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 1);
    cast_equal(p.room, kith_bonds_count(p.lamp->host), BONDS);
    cast_close(p.room);
}

static void one_goes_in_each_window_whenever_it_is_answered(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    two_come_to_the_question(&p, true);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_CONSENT_WANTED], 0);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.asked[0], peer_of(&p, 0)), KITH_OK);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.asked[1], peer_of(&p, 1)), KITH_ERR_VALUE);
    cast_await(p.lamp, KITH_EVENT_BONDED, BONDS + 1);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.asked[1], peer_of(&p, 1)), KITH_ERR_VALUE);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.asked[1], 0), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BOND_FAILED, 1);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 1);
    cast_check(p.room, peer_of(&p, 1) != 0 && peer_of(&p, 2) != 0);
    cast_close(p.room);
}

static void another_one_goes_in_another_window(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    knock(&p, 3);
    cast_disconnect(p.phone[3], p.lamp);
    knock(&p, 4);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BONDED], BONDS + 2);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 2);
    cast_check(p.room, peer_of(&p, 2) != 0 && peer_of(&p, 3) != 0 && peer_of(&p, 4) != 0);
    cast_close(p.room);
}

/* The window of the newcomer is over, and another is open when it is answered: that one has had its turn. */
static void nobody_begins_to_pair_where_one_has_gone_already(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    come_to_the_question(&p);
    assert_int_equal(kith_pairing_open(p.lamp->host, 30000), KITH_OK);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BONDED, BONDS + 1);
    cast_disconnect(p.phone[3], p.lamp);
    cast_connect(p.phone[4], p.lamp);
    cast_equal(p.room, kith_security_pair(p.phone[4]->host, p.phone[4]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_PAIRING_FAILED, 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_PAIRING_FAILED].verdict.why, KITH_WHY_STORE_FULL);
    cast_close(p.room);
}

/* A rank keeps who was not used for longest; among those of one rank the last use decides. */
static void ranks_come_before_the_last_use(void **state)
{
    party p;
    kith_token token;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    for (unsigned i = 0; i < 2; i++) {
        cast_equal(p.room, kith_peers_set_rank(p.lamp->host, peer_of(&p, i), 2 - i, &token), KITH_OK);
        cast_await(p.lamp, KITH_EVENT_PEER_DATA, i + 1);
    }
    knock(&p, 3);
    cast_check(p.room, peer_of(&p, 0) != 0 && peer_of(&p, 1) != 0 && peer_of(&p, 2) == 0);
    cast_close(p.room);
}

static void who_is_being_encrypted_or_pairs_anew_stays(void **state)
{
    (void)state;
    for (unsigned anew = 0; anew < 2; anew++) {
        party p;

        open_party(&p, false, 12);
        fill(&p);
        p.watched = peer_of(&p, 0);
        cast_connect(p.phone[0], p.lamp);
        cast_check(p.room, kith_peers_may_go(p.lamp->host, p.watched, KITH_LEVEL_ENCRYPTED)); /* it has only said so */
        if (anew)
            assert_int_equal(kith_pairing_open(p.lamp->host, 30000), KITH_OK);
        if (anew)
            cast_equal(p.room, kith_security_pair(p.phone[0]->host, p.phone[0]->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        else
            cast_encrypt(p.phone[0], p.lamp);
        cast_await(p.lamp, anew ? KITH_EVENT_PAIRED : KITH_EVENT_ENCRYPTED, anew ? BONDS + 1 : 1);
        cast_equal(p.room, p.watches, 1);
        cast_check(p.room, !p.could_go);
        cast_close(p.room);
    }
}

static void whose_bond_is_being_written_stays(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    cast_hold_store(p.lamp);
    come(&p, 0);
    cast_disconnect(p.phone[0], p.lamp);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BONDED], BONDS);
    cast_check(p.room, !kith_peers_may_go(p.lamp->host, peer_of(&p, 0), KITH_LEVEL_SC_AUTHENTICATED));
    do_all(&p);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BONDED], BONDS + 1);
    cast_check(p.room, kith_peers_may_go(p.lamp->host, peer_of(&p, 0), KITH_LEVEL_SC_AUTHENTICATED));
    cast_close(p.room);
}

/* ---- answers ---- */

static void an_answer_counts_once(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    come_to_the_question(&p);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 1)), KITH_ERR_STATE);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, 0), KITH_ERR_STATE);
    do_all(&p);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BONDED], BONDS + 1);
    cast_check(p.room, peer_of(&p, 0) == 0 && peer_of(&p, 1) != 0);
    cast_close(p.room);
}

/* The question stands already when the pairing is told, and is heard after that. */
static void an_answer_counts_once_its_question_was_taken(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    p.agrees = false;
    p.answers_early = true;
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_equal(p.room, p.answered, KITH_ERR_STATE);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 0);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_close(p.room);
}

/* Ranks are told at once where memory is all there is. */
static void events_must_be_taken_first(void **state)
{
    kith_status status = KITH_OK;
    kith_token token;
    party p;

    (void)state;
    open_party(&p, true, 12);
    come_to_the_question(&p);
    for (unsigned i = 1; status == KITH_OK; i++)
        status = kith_peers_set_rank(p.lamp->host, peer_of(&p, 1), i, &token);
    cast_equal(p.room, status, KITH_ERR_FULL);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, 0), KITH_ERR_FULL);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_ERR_FULL);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND / 100);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BOND_FAILED], 0);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BONDED, BONDS + 1);
    cast_close(p.room);
}

/* Two newcomers, and the program names the same one for both: nobody goes twice, and nobody goes whom nobody named. */
static void who_has_gone_makes_no_room_once_more(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    two_come_to_the_question(&p, false);
    cast_hold_store(p.lamp);
    for (unsigned i = 0; i < 2; i++)
        cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.asked[i], peer_of(&p, 0)), KITH_OK);
    do_all(&p);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BONDED], BONDS + 1);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BOND_FAILED], 1);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 1);
    cast_check(p.room, peer_of(&p, 1) != 0 && peer_of(&p, 2) != 0);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), BONDS);
    cast_close(p.room);
}

static void a_place_that_becomes_free_is_for_one_of_two(void **state)
{
    party p;
    kith_link other;

    (void)state;
    open_party(&p, false, 12);
    two_come_to_the_question(&p, false);
    cast_equal(p.room, kith_bonds_forget(p.lamp->host, peer_of(&p, 2)), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BONDED, BONDS + 1);
    cast_run_until(p.room, kith_sim_now(p.room->sim) + CAST_SECOND);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 1);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BOND_FAILED], 0);
    other = p.asked[p.lamp->last[KITH_EVENT_BONDED].link == p.asked[0]];
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, other, peer_of(&p, 0)), KITH_OK);
    cast_await(p.lamp, KITH_EVENT_BONDED, BONDS + 2);
    cast_equal(p.room, kith_bonds_count(p.lamp->host), BONDS);
    cast_close(p.room);
}

/* ---- failures ---- */

/* Who was to go is forgotten by the program as well, and the store fails to, before the newcomer's bond is written. */
static void who_cannot_be_forgotten_is_not_waited_for(void **state)
{
    party p;

    (void)state;
    open_party(&p, false, 12);
    come_to_the_question(&p);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_equal(p.room, kith_bonds_forget(p.lamp->host, peer_of(&p, 0)), KITH_OK);
    p.store.removes = KITH_ERR_STORAGE;
    do_one(&p);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_FORGOTTEN].forgotten.status, KITH_ERR_STORAGE);
    p.store.removes = KITH_OK;
    do_all(&p);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BOND_FAILED], 1);
    cast_check(p.room, peer_of(&p, 1) != 0 && peer_of(&p, 3) == 0); /* nobody else was named */
    cast_close(p.room);
}

/* The others are pinned, and who was to go is back before the newcomer's bond is written. */
static void where_nobody_may_go_any_more_no_newcomer_is_left(void **state)
{
    party p;
    kith_token token;

    (void)state;
    open_party(&p, false, 12);
    fill(&p);
    for (unsigned i = 1; i < BONDS; i++) {
        cast_equal(p.room, kith_peers_pin(p.lamp->host, peer_of(&p, i), true, &token), KITH_OK);
        cast_await(p.lamp, KITH_EVENT_PEER_DATA, i);
    }
    p.agrees = false;
    come(&p, 3);
    cast_await(p.lamp, KITH_EVENT_ROOM_WANTED, 1);
    cast_hold_store(p.lamp);
    cast_equal(p.room, kith_peers_make_room(p.lamp->host, p.lamp->link, peer_of(&p, 0)), KITH_OK);
    cast_connect(p.phone[0], p.lamp);
    cast_encrypt(p.phone[0], p.lamp);
    do_all(&p);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_BOND_FAILED], 1);
    cast_equal(p.room, p.lamp->last[KITH_EVENT_BOND_FAILED].verdict.why, KITH_WHY_STORE_FULL);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 0);
    cast_check(p.room, peer_of(&p, 0) != 0 && peer_of(&p, 3) == 0);
    cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), BONDS);
    cast_close(p.room);
}

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

/* The power went when the newcomer's bond was written, and nobody had gone for it. */
static void stop_with_one_too_many(party *p)
{
    come_to_the_question(p);
    cast_hold_store(p->lamp);
    cast_equal(p->room, kith_peers_make_room(p->lamp->host, p->lamp->link, peer_of(p, 0)), KITH_OK);
    assert_int_equal(cast_finish_store(p->lamp), KITH_OK);
    cast_power_off(p->lamp);
    p->lamp->holds_store = false;
    cast_equal(p->room, memory_store_count(&p->store, KITH_RECORD_BOND), BONDS + 1);
}

static void start_again(party *p)
{
    cast_power_on(p->lamp);
    cast_await(p->lamp, KITH_EVENT_READY, 2);
    cast_run_until(p->room, kith_sim_now(p->room->sim) + CAST_SECOND);
    cast_equal(p->room, kith_bonds_count(p->lamp->host), BONDS);
    cast_equal(p->room, memory_store_count(&p->store, KITH_RECORD_BOND), BONDS);
}

/* A store hands its records out in any order. */
static void the_newcomer_is_the_newest_however_they_are_read(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < BONDS + 1; shift++) {
        party p;
        uint32_t at[BONDS + 1], found = 0;
        kith_record first;

        open_party(&p, false, 12);
        stop_with_one_too_many(&p);
        for (uint32_t i = 0; i < p.store.used && found <= BONDS; i++)
            if (p.store.log[i].kind == KITH_RECORD_BOND)
                at[found++] = i;
        cast_equal(p.room, found, BONDS + 1);
        for (unsigned times = 0; times < shift; times++) {
            first = p.store.log[at[0]];
            for (unsigned i = 0; i < BONDS; i++)
                p.store.log[at[i]] = p.store.log[at[i + 1]];
            p.store.log[at[BONDS]] = first;
        }
        start_again(&p);
        cast_check(p.room, peer_of(&p, 0) == 0 && peer_of(&p, 3) != 0);
        cast_close(p.room);
    }
}

/* Its removal lies behind it, as in a log. */
static void one_too_many_that_was_removed_is_none(void **state)
{
    party p;
    kith_record gone = {.kind = KITH_RECORD_BOND, .removed = true};

    (void)state;
    open_party(&p, false, 12);
    stop_with_one_too_many(&p);
    gone.id = p.store.state.highest_id;
    memory_store_add(&p.store, &gone);
    start_again(&p);
    cast_check(p.room, peer_of(&p, 0) != 0 && peer_of(&p, 3) == 0);
    cast_equal(p.room, p.lamp->told[KITH_EVENT_FORGOTTEN], 0);
    cast_close(p.room);
}

/* With a table for fewer: two too many come of no newcomer, and the only one stays whatever came. */
static void a_smaller_table_is_too_small(void **state)
{
    static const uint32_t bonds[2] = {2, 1};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        party p;
        uint32_t before;

        open_party(&p, false, 12);
        if (i == 0)
            stop_with_one_too_many(&p);
        else
            bond(&p, 0), bond(&p, 1), cast_power_off(p.lamp);
        before = memory_store_count(&p.store, KITH_RECORD_BOND);
        cast_equal(p.room, before, bonds[i] + (i == 0 ? 2 : 1));
        p.lamp->config.limits.bonds = bonds[i];
        cast_power_on(p.lamp);
        cast_await(p.lamp, KITH_EVENT_START_FAILED, 1);
        cast_equal(p.room, p.lamp->last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_FULL);
        cast_equal(p.room, memory_store_count(&p.store, KITH_RECORD_BOND), before);
        cast_close(p.room);
    }
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
        cmocka_unit_test(one_goes_in_each_window_whenever_it_is_answered),
        cmocka_unit_test(another_one_goes_in_another_window),
        cmocka_unit_test(nobody_begins_to_pair_where_one_has_gone_already),
        cmocka_unit_test(ranks_come_before_the_last_use),
        cmocka_unit_test(who_is_being_encrypted_or_pairs_anew_stays),
        cmocka_unit_test(whose_bond_is_being_written_stays),
        cmocka_unit_test(an_answer_counts_once),
        cmocka_unit_test(an_answer_counts_once_its_question_was_taken),
        cmocka_unit_test(events_must_be_taken_first),
        cmocka_unit_test(who_has_gone_makes_no_room_once_more),
        cmocka_unit_test(a_place_that_becomes_free_is_for_one_of_two),
        cmocka_unit_test(who_cannot_be_forgotten_is_not_waited_for),
        cmocka_unit_test(where_nobody_may_go_any_more_no_newcomer_is_left),
        cmocka_unit_test(the_newcomer_is_the_newest_however_they_are_read),
        cmocka_unit_test(one_too_many_that_was_removed_is_none),
        cmocka_unit_test(a_smaller_table_is_too_small),
        cmocka_unit_test(a_store_that_fails_to_write_the_newcomer_loses_nobody),
        cmocka_unit_test(a_store_that_fails_to_destroy_leaves_no_newcomer),
        cmocka_unit_test(the_power_goes_at_each_operation),
        cmocka_unit_test(one_too_many_is_said_where_nobody_makes_room),
        cmocka_unit_test(a_place_that_becomes_free_is_the_newcomers),
        cmocka_unit_test(a_newcomer_that_leaves_unanswered_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
