/* Pain 10 of a ranked list of public complaints: who starts security, and when?  With other stacks a program's request,
 * the peripheral's Security Request, a value that is refused and a bonded peer that is back get in each other's way.
 * Here all of them come in one moment, in every order and on both sides: one procedure, one start, one end, and what
 * was refused is read. */
#include "cast.h"

#include "kith/listener.h"
#include "kith/policy/secure_on_connect.h"

typedef enum { PHONE_WANTS, LAMP_WANTS, PHONE_READS, MOVES } move;
enum { ORDERS = 6, STRANGERS = 0, BONDED, KINDS };
static const move orders[ORDERS][MOVES] = {
    {PHONE_WANTS, LAMP_WANTS, PHONE_READS}, {PHONE_WANTS, PHONE_READS, LAMP_WANTS},
    {LAMP_WANTS, PHONE_WANTS, PHONE_READS}, {LAMP_WANTS, PHONE_READS, PHONE_WANTS},
    {PHONE_READS, PHONE_WANTS, LAMP_WANTS}, {PHONE_READS, LAMP_WANTS, PHONE_WANTS},
};

/* A host, and a policy that secures its links when they begin. */
typedef struct {
    cast_host *host;
    kith_listeners all;
    kith_secure_on_connect policy;
    kith_policy_link link;
    unsigned asked; /* calls that promise an end */
    unsigned wells; /* ends that found it done */
} side;

typedef struct {
    cast_room *room;
    side phone, lamp;
} scene;

static void tell(cast_host *self, const kith_event *event)
{
    side *x = self->context;

    if (event->kind == KITH_EVENT_ENCRYPTED || event->kind == KITH_EVENT_PAIRED)
        x->wells += event->verdict.why == KITH_WHY_ALREADY_SECURE;
    kith_listeners_tell(&x->all, self->host, event, kith_sim_now(self->room->sim));
}

static void watch(side *x, cast_host *host, bool by_policy)
{
    x->host = host;
    host->context = x;
    host->react = tell;
    kith_secure_on_connect_init(&x->policy, &x->link, 1);
    x->policy.strangers = true;
    if (by_policy)
        cast_equal(host->room, kith_listeners_add(&x->all, &x->policy.listener), KITH_OK);
}

static void open_scene(scene *s, unsigned kind, bool phone_policy, bool lamp_policy)
{
    kith_config config;
    cast_host *lamp, *phone;

    memset(s, 0, sizeof *s);
    s->room = cast_open(401, CAST_TOY);
    cast_lamp_config(&config);
    lamp = cast_add(s->room, "lamp", &config);
    cast_phone_config(&config);
    config.gatt_raise = KITH_GATT_RAISE_PAIR;
    phone = cast_add(s->room, "phone", &config);
    cast_start(s->room);
    if (kind == BONDED) {
        cast_connect_and_pair(phone, lamp);
        cast_disconnect(phone, lamp);
    }
    memset(phone->told, 0, sizeof phone->told);
    memset(lamp->told, 0, sizeof lamp->told);
    phone->ends = lamp->ends = 0;
    cast_equal(s->room, kith_pairing_open(lamp->host, 30000), KITH_OK);
    cast_equal(s->room, kith_pairing_open(phone->host, 30000), KITH_OK);
    watch(&s->phone, phone, phone_policy);
    watch(&s->lamp, lamp, lamp_policy);
    cast_connect(phone, lamp);
}

static void secure(side *x)
{
    kith_status status = kith_security_secure(x->host->host, x->host->link, KITH_LEVEL_ENCRYPTED);

    cast_check(x->host->room, status == KITH_OK || status == KITH_ERR_BUSY);
    x->asked += status == KITH_OK;
}

static void make(scene *s, move m)
{
    if (m == PHONE_READS)
        cast_equal(s->room, kith_gatt_read(s->phone.host->host, s->phone.host->link, CAST_VALUE_HANDLE), KITH_OK);
    else
        secure(m == PHONE_WANTS ? &s->phone : &s->lamp);
}

static bool has_read(void *context)
{
    const scene *s = context;

    return s->phone.host->told[KITH_EVENT_READ] > 0;
}

/* One start and one end; besides, what was asked for when all was done is found done. */
static void expect_one(const scene *s, const side *x, unsigned kind)
{
    const cast_host *h = x->host;
    const kith_event_kind good = kind == BONDED ? KITH_EVENT_ENCRYPTED : KITH_EVENT_PAIRED;
    kith_event_security now;

    cast_equal(s->room, h->told[KITH_EVENT_SECURITY_STARTED], 1);
    cast_equal(s->room, h->told[good] - x->wells * (kind == BONDED), 1);
    cast_equal(s->room, h->ends, 1 + x->wells);
    cast_check(s->room, x->wells <= x->asked + 1);
    cast_equal(s->room, h->told[KITH_EVENT_SECURITY_CHANGED], 1);
    cast_equal(s->room, h->told[KITH_EVENT_PAIRING_FAILED] + h->told[KITH_EVENT_ENCRYPTION_FAILED], 0);
    cast_equal(s->room, h->told[KITH_EVENT_BONDED], kind != BONDED);
    cast_equal(s->room, kith_bonds_count(h->host), 1);
    cast_equal(s->room, kith_security_of(h->host, h->link, &now), KITH_OK);
    cast_equal(s->room, now.level, KITH_LEVEL_ENCRYPTED);
}

static void play(unsigned kind, bool phone_policy, bool lamp_policy, const move order[MOVES], uint64_t apart_us)
{
    scene s;

    open_scene(&s, kind, phone_policy, lamp_policy);
    for (unsigned i = 0; i < MOVES; i++) {
        make(&s, order[i]);
        if (apart_us != 0)
            cast_run(s.room, apart_us, NULL, NULL);
    }
    cast_run(s.room, 10 * CAST_SECOND, has_read, &s);
    cast_run(s.room, 40 * CAST_SECOND, NULL, NULL); /* as long as anything may have waited */
    cast_equal(s.room, s.phone.host->told[KITH_EVENT_READ], 1);
    cast_equal(s.room, s.phone.host->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(s.room, s.phone.host->last[KITH_EVENT_READ].gatt.level, KITH_LEVEL_ENCRYPTED);
    expect_one(&s, &s.phone, kind);
    expect_one(&s, &s.lamp, kind);
    cast_close(s.room);
}

static void play_all(unsigned kind, bool phone_policy, bool lamp_policy)
{
    /* One moment, and up to the time that all of it takes. */
    for (uint64_t apart_us = 0; apart_us <= 300000; apart_us += apart_us < 60000 ? 10000 : 60000)
        for (unsigned order = 0; order < ORDERS; order++)
            play(kind, phone_policy, lamp_policy, orders[order], apart_us);
}

static void pain_10_strangers_whose_programs_both_want_security_pair_once(void **state)
{
    (void)state;
    play_all(STRANGERS, false, false);
}

static void pain_10_bonded_peers_encrypt_once_whoever_wants_it(void **state)
{
    (void)state;
    play_all(BONDED, false, false);
}

static void pain_10_what_begins_with_the_link_is_what_programs_want(void **state)
{
    (void)state;
    for (unsigned kind = STRANGERS; kind < KINDS; kind++) {
        play_all(kind, true, false);
        play_all(kind, false, true);
        play_all(kind, true, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pain_10_strangers_whose_programs_both_want_security_pair_once),
        cmocka_unit_test(pain_10_bonded_peers_encrypt_once_whoever_wants_it),
        cmocka_unit_test(pain_10_what_begins_with_the_link_is_what_programs_want),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
