/* Make room and rank on use with real hosts: a lamp with two places and more phones than that. */
#include "cast.h"

#include "kith/listener.h"
#include "kith/policy/make_room.h"
#include "kith/policy/rank_on_use.h"
#include "memory_store.h"

enum { PHONES = 3, LINKS = 2 };

typedef struct {
    cast_room *room;
    cast_host *lamp, *phones[PHONES];
    memory_store store;
    kith_listeners all;
    kith_policy_link links[LINKS];
    kith_make_room make_room;
    kith_rank_on_use ranks;
} scene;

static void tell(cast_host *self, const kith_event *event)
{
    kith_listeners_tell(&((scene *)self->context)->all, self->host, event, kith_sim_now(self->room->sim));
}

static void pass(scene *s, uint64_t us)
{
    const uint64_t until = kith_sim_now(s->room->sim) + us;

    while (kith_sim_now(s->room->sim) < until) {
        cast_run_until(s->room, kith_sim_now(s->room->sim) + 1000);
        kith_listeners_advance(&s->all, s->lamp->host, kith_sim_now(s->room->sim));
    }
}

static void open_scene(scene *s, uint64_t seed)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->room = cast_open(seed, CAST_OPENSSL);
    memory_store_init(&s->store, 60);
    cast_lamp_config(&config);
    config.store = &s->store.store;
    config.limits.links = config.limits.pairings = LINKS;
    config.limits.bonds = 2;
    config.limits.data = 2;
    config.security.when_full = KITH_FULL_ASK;
    s->lamp = cast_add(s->room, "lamp", &config);
    for (unsigned i = 0; i < PHONES; i++)
        s->phones[i] = cast_add_phone(s->room, "phone");
    s->lamp->context = s;
    s->lamp->react = tell;
    kith_make_room_init(&s->make_room);
    kith_rank_on_use_init(&s->ranks, s->links, LINKS);
    cast_equal(s->room, kith_listeners_add(&s->all, &s->make_room.listener), KITH_OK);
    cast_equal(s->room, kith_listeners_add(&s->all, &s->ranks.listener), KITH_OK);
    cast_start(s->room);
}

static kith_peer_id peer_of(const scene *s, unsigned phone)
{
    const kith_address address = cast_address(s->phones[phone]);
    kith_peer_id peer;

    return kith_bonds_of_address(s->lamp->host, &address, &peer) == KITH_OK ? peer : 0;
}

static kith_peer_id highest(const scene *s)
{
    kith_peer_ranks ranks;

    cast_equal(s->room, kith_peers_ranks(s->lamp->host, &ranks), KITH_OK);
    return ranks.highest;
}

static void begin_pairing(scene *s, unsigned phone)
{
    cast_connect(s->phones[phone], s->lamp);
    cast_equal(s->room, kith_pairing_open(s->lamp->host, 30000), KITH_OK);
    cast_equal(s->room, kith_security_secure(s->phones[phone]->host, s->phones[phone]->link, KITH_LEVEL_ENCRYPTED),
               KITH_OK);
}

static void come_and_bond(scene *s, unsigned phone)
{
    unsigned bonded = s->lamp->told[KITH_EVENT_BONDED];

    begin_pairing(s, phone);
    cast_await(s->lamp, KITH_EVENT_BONDED, bonded + 1);
    pass(s, CAST_SECOND);
    cast_disconnect(s->phones[phone], s->lamp);
}

static void come_back(scene *s, unsigned phone)
{
    cast_connect(s->phones[phone], s->lamp);
    cast_encrypt(s->phones[phone], s->lamp);
    pass(s, CAST_SECOND);
    cast_disconnect(s->phones[phone], s->lamp);
    pass(s, CAST_SECOND);
}

static void who_is_used_last_is_highest_at_one_write(void **state)
{
    scene s;
    unsigned put;

    (void)state;
    open_scene(&s, 921);
    come_and_bond(&s, 0);
    cast_equal(s.room, highest(&s), peer_of(&s, 0));
    come_and_bond(&s, 1);
    cast_equal(s.room, highest(&s), peer_of(&s, 1));

    put = s.store.put;
    come_back(&s, 0);
    cast_equal(s.room, highest(&s), peer_of(&s, 0));
    cast_equal(s.room, s.store.put, put + 1);
    come_back(&s, 0); /* it is the highest already */
    cast_equal(s.room, s.store.put, put + 1);
    cast_equal(s.room, s.ranks.last, KITH_OK);
    cast_close(s.room);
}

/* An address is no use. */
static void who_only_connects_is_not_ranked(void **state)
{
    scene s;
    unsigned put;

    (void)state;
    open_scene(&s, 922);
    come_and_bond(&s, 0);
    come_and_bond(&s, 1);
    put = s.store.put;
    cast_connect(s.phones[0], s.lamp);
    pass(&s, CAST_SECOND);
    cast_equal(s.room, highest(&s), peer_of(&s, 1));
    cast_equal(s.room, s.store.put, put);
    cast_close(s.room);
}

static void who_was_used_least_lately_goes_for_a_newcomer(void **state)
{
    scene s;
    kith_peer_id gone;

    (void)state;
    open_scene(&s, 923);
    come_and_bond(&s, 0);
    come_and_bond(&s, 1);
    come_back(&s, 0);
    gone = peer_of(&s, 1);
    come_and_bond(&s, 2);
    cast_equal(s.room, s.lamp->told[KITH_EVENT_ROOM_WANTED], 1);
    cast_equal(s.room, s.lamp->last[KITH_EVENT_FORGOTTEN].forgotten.peer, gone);
    cast_check(s.room, peer_of(&s, 0) != 0 && peer_of(&s, 1) == 0 && peer_of(&s, 2) != 0);
    cast_equal(s.room, s.make_room.made, 1);
    cast_close(s.room);
}

/* The newcomer is told, its link stays, and nobody had to go. */
static void expect_no_room(scene *s, unsigned phone)
{
    unsigned failed = s->lamp->told[KITH_EVENT_BOND_FAILED], forgotten = s->lamp->told[KITH_EVENT_FORGOTTEN];
    unsigned refused = s->make_room.refused;

    begin_pairing(s, phone);
    cast_await(s->lamp, KITH_EVENT_BOND_FAILED, failed + 1);
    pass(s, CAST_SECOND);
    cast_equal(s->room, s->lamp->told[KITH_EVENT_FORGOTTEN], forgotten);
    cast_equal(s->room, s->make_room.refused, refused + 1);
    cast_check(s->room, s->lamp->link != 0);
    cast_disconnect(s->phones[phone], s->lamp);
}

static void who_has_the_rank_to_stay_stays(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 924);
    s.make_room.keep_rank = 1; /* everybody who was ever here */
    come_and_bond(&s, 0);
    come_and_bond(&s, 1);
    expect_no_room(&s, 2);
    cast_check(s.room, peer_of(&s, 0) != 0 && peer_of(&s, 1) != 0);
    cast_close(s.room);
}

static void so_many_go_in_an_hour(void **state)
{
    scene s;

    (void)state;
    open_scene(&s, 925);
    s.make_room.per_hour = 1;
    come_and_bond(&s, 0);
    come_and_bond(&s, 1);
    come_and_bond(&s, 2);
    cast_equal(s.room, s.make_room.made, 1);
    cast_equal(s.room, peer_of(&s, 0), 0);
    cast_forget_all(s.phones[0]);
    expect_no_room(&s, 0);
    cast_run_until(s.room, kith_sim_now(s.room->sim) + 3600 * (uint64_t)CAST_SECOND);
    cast_forget_all(s.phones[0]);
    come_and_bond(&s, 0);
    cast_equal(s.room, s.make_room.made, 2);
    cast_close(s.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_used_last_is_highest_at_one_write),
        cmocka_unit_test(who_only_connects_is_not_ranked),
        cmocka_unit_test(who_was_used_least_lately_goes_for_a_newcomer),
        cmocka_unit_test(who_has_the_rank_to_stay_stays),
        cmocka_unit_test(so_many_go_in_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
