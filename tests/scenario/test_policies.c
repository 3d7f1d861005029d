/* Policies with real hosts on both sides: what they are for, and the real host's answers.  Whose rules each answer
 * leads to is in tests/unit/test_policy_*.c. */
#include "cast.h"

#include "kith/listener.h"
#include "kith/policy/disconnect_below.h"
#include "kith/policy/disconnect_on_failure.h"
#include "kith/policy/log.h"
#include "kith/policy/secure_on_connect.h"
#include "kith/policy/secure_on_error.h"

enum { SLICE_US = 1000, STRICT_LINKS = 4 };

static kith_listeners all; /* the phone's, or whose it is set to be */
static kith_policy_link links[STRICT_LINKS];

static void tell(cast_host *self, const kith_event *event)
{
    kith_listeners_tell(&all, self->host, event, kith_sim_now(self->room->sim));
}

/* As a program does, with its own deadline beside the host's. */
static void pass(cast_host *who, uint64_t us)
{
    const kith_sim *sim = who->room->sim;
    const uint64_t until = kith_sim_now(sim) + us;

    while (kith_sim_now(sim) < until) {
        cast_run_until(who->room, kith_sim_now(sim) + SLICE_US);
        kith_listeners_advance(&all, who->host, kith_sim_now(sim));
    }
}

static void listen(cast_host *who, kith_listener *listener)
{
    if (who->react == NULL)
        memset(&all, 0, sizeof all);
    who->react = tell;
    cast_equal(who->room, kith_listeners_add(&all, listener), KITH_OK);
}

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
} two;

static const kith_characteristic values[] = {
    {.uuid = KITH_UUID16(CAST_VALUE),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED,
     .value = CAST_SECRET,
     .value_len = sizeof CAST_SECRET,
     .id = 1},
    {.uuid = KITH_UUID16(0x2ae2),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_AUTHENTICATED,
     .value = (const uint8_t *)"strict",
     .value_len = 6,
     .id = 2},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(CAST_SERVICE), .characteristics = values, .characteristic_count = 2}};

static cast_host *add_with(cast_room *room, const char *name, kith_gatt_raise raise, uint8_t pairings)
{
    kith_config config;

    cast_phone_config(&config);
    config.name = name;
    config.services = services;
    config.service_count = 1;
    config.gatt_raise = raise;
    config.limits.links = STRICT_LINKS;
    config.limits.pairings = pairings;
    config.limits.bonds = 8;
    config.security.io = KITH_IO_DISPLAY_YES_NO;
    return cast_add(room, name, &config);
}

static cast_host *add(cast_room *room, const char *name, kith_gatt_raise raise)
{
    return add_with(room, name, raise, STRICT_LINKS);
}

static two open_two(uint64_t seed, kith_gatt_raise raise)
{
    two t = {.room = cast_open(seed, CAST_OPENSSL)};

    t.lamp = add(t.room, "lamp", raise);
    t.phone = add(t.room, "phone", raise);
    t.lamp->answers = t.phone->answers = true;
    t.lamp->answer = t.phone->answer = KITH_NUMBERS_EQUAL;
    cast_start(t.room);
    return t;
}

static void bond(const two *t)
{
    cast_connect_and_pair(t->phone, t->lamp);
    cast_disconnect(t->phone, t->lamp);
}

static kith_level level_of(const cast_host *h)
{
    kith_event_security now;

    cast_equal(h->room, kith_security_of(h->host, h->link, &now), KITH_OK);
    return now.level;
}

/* ---- secure on connect ---- */

static uint64_t time_of(const cast_host *h, kith_event_kind kind, kith_link link)
{
    for (unsigned i = h->notes; i-- > 0;)
        if (h->log[i % CAST_LOG].kind == kind && h->log[i % CAST_LOG].link == link)
            return h->log[i % CAST_LOG].time_us;
    cast_fail(h->room, "%s was never told %s of link %u", h->name, kith_event_name(kind), (unsigned)link);
}

/* A second lamp that anybody may pair with. */
static cast_host *connect_to_another(const two *t)
{
    cast_host *other = add(t->room, "other lamp", KITH_GATT_RAISE_NOT);

    other->answers = true;
    other->answer = KITH_NUMBERS_EQUAL;
    cast_equal(t->room, kith_host_start(other->host, kith_sim_now(t->room->sim)), KITH_OK);
    cast_await(other, KITH_EVENT_READY, 1);
    cast_equal(t->room, kith_pairing_open(other->host, 60000), KITH_OK);
    cast_connect(t->phone, other);
    return other;
}

static void each_lamp_is_secured_after_its_own_delay(void **state)
{
    two t = open_two(901, KITH_GATT_RAISE_NOT);
    kith_secure_on_connect secure;
    kith_link connected[2];

    (void)state;
    bond(&t);
    kith_secure_on_connect_init(&secure, links, STRICT_LINKS);
    secure.delay_ms = 2000;
    secure.strangers = true;
    listen(t.phone, &secure.listener);
    cast_connect(t.phone, t.lamp);
    connected[0] = t.phone->link;
    pass(t.phone, 700000);
    connect_to_another(&t);
    connected[1] = t.phone->link;
    pass(t.phone, 5 * CAST_SECOND);
    cast_equal(t.room, t.phone->told[KITH_EVENT_ENCRYPTED], 1); /* the one by its bond, */
    cast_equal(t.room, t.phone->told[KITH_EVENT_PAIRED], 2);    /* the other by pairing */
    for (unsigned i = 0; i < 2; i++) {
        uint64_t waited = time_of(t.phone, KITH_EVENT_SECURITY_CHANGED, connected[i]) -
                          time_of(t.phone, KITH_EVENT_CONNECTED, connected[i]);

        cast_check(t.room, waited >= 2000000 && waited < 2600000); /* the delay, and some connection events */
    }
    cast_close(t.room);
}

static void a_peripheral_asks_its_central(void **state)
{
    two t = open_two(902, KITH_GATT_RAISE_NOT);
    kith_secure_on_connect secure;

    (void)state;
    bond(&t);
    kith_secure_on_connect_init(&secure, links, STRICT_LINKS);
    listen(t.lamp, &secure.listener);
    cast_connect(t.phone, t.lamp);
    pass(t.lamp, CAST_SECOND);
    cast_equal(t.room, t.phone->told[KITH_EVENT_SECURITY_REQUESTED], 1);
    cast_equal(t.room, t.lamp->told[KITH_EVENT_ENCRYPTED], 1);
    cast_equal(t.room, level_of(t.lamp), KITH_LEVEL_ENCRYPTED);
    cast_close(t.room);
}

static void strangers_are_left_alone_unless_wanted(void **state)
{
    two t = open_two(903, KITH_GATT_RAISE_NOT);
    kith_secure_on_connect secure;

    (void)state;
    kith_secure_on_connect_init(&secure, links, STRICT_LINKS);
    listen(t.phone, &secure.listener);
    cast_connect(t.phone, t.lamp);
    pass(t.phone, CAST_SECOND);
    cast_equal(t.room, t.phone->ends + t.lamp->ends, 0);
    cast_close(t.room);
}

/* The phone's own program is quicker, and wants less: the policy goes on from there. */
static void a_procedure_under_way_is_waited_for(void **state)
{
    two t = open_two(904, KITH_GATT_RAISE_NOT);
    kith_secure_on_connect secure;

    (void)state;
    kith_secure_on_connect_init(&secure, links, STRICT_LINKS);
    secure.strangers = true;
    secure.level = KITH_LEVEL_AUTHENTICATED;
    secure.delay_ms = 20;
    listen(t.phone, &secure.listener);
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    pass(t.phone, 30000);
    cast_equal(t.room, secure.last, KITH_ERR_BUSY);
    cast_equal(t.room, t.phone->ends, 0);
    cast_await(t.phone, KITH_EVENT_BONDED, 1);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK); /* for the second one */
    pass(t.phone, 5 * CAST_SECOND);
    cast_equal(t.room, level_of(t.phone), KITH_LEVEL_SC_AUTHENTICATED);
    cast_close(t.room);
}

/* The lamp's person says that the numbers differ, so the phone must wait; the policy does, and tries once more. */
static void a_wait_after_failure_is_kept(void **state)
{
    two t = open_two(905, KITH_GATT_RAISE_NOT);
    kith_secure_on_connect secure;
    uint64_t failed;

    (void)state;
    t.lamp->answer = KITH_NUMBERS_DIFFER;
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
    cast_await(t.phone, KITH_EVENT_PAIRING_FAILED, 1);
    failed = kith_sim_now(t.room->sim);
    cast_disconnect(t.phone, t.lamp);
    kith_secure_on_connect_init(&secure, links, STRICT_LINKS);
    secure.strangers = true;
    secure.level = KITH_LEVEL_AUTHENTICATED;
    listen(t.phone, &secure.listener);
    t.lamp->answer = KITH_NUMBERS_EQUAL;
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, secure.last, KITH_ERR_BACKOFF);
    pass(t.phone, 5 * CAST_SECOND);
    cast_equal(t.room, t.phone->told[KITH_EVENT_PAIRED], 1);
    cast_check(t.room, time_of(t.phone, KITH_EVENT_PAIRED, t.phone->link) >= failed + 4 * CAST_SECOND);
    cast_close(t.room);
}

/* One pairing at a time, and somebody thinks about the first: the second one comes when that is over. */
static void what_has_no_room_waits_for_it(void **state)
{
    two t = {.room = cast_open(916, CAST_OPENSSL)};
    kith_secure_on_connect secure;
    kith_link first;

    (void)state;
    t.lamp = add(t.room, "lamp", KITH_GATT_RAISE_NOT);
    t.phone = add_with(t.room, "phone", KITH_GATT_RAISE_NOT, 1);
    t.lamp->answers = true;
    t.lamp->answer = KITH_NUMBERS_EQUAL;
    cast_start(t.room);
    kith_secure_on_connect_init(&secure, links, STRICT_LINKS);
    secure.strangers = true;
    secure.level = KITH_LEVEL_AUTHENTICATED;
    listen(t.phone, &secure.listener);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    cast_connect(t.phone, t.lamp);
    first = t.phone->link;
    cast_await(t.phone, KITH_EVENT_COMPARISON_WANTED, 1);
    connect_to_another(&t);
    pass(t.phone, 5 * CAST_SECOND);
    cast_equal(t.room, secure.last, KITH_ERR_FULL);
    cast_equal(t.room, t.phone->told[KITH_EVENT_COMPARISON_WANTED], 1);
    cast_equal(t.room, kith_pairing_compare(t.phone->host, first, KITH_NUMBERS_EQUAL), KITH_OK);
    t.phone->answers = true;
    t.phone->answer = KITH_NUMBERS_EQUAL;
    pass(t.phone, 20 * CAST_SECOND);
    cast_equal(t.room, t.phone->told[KITH_EVENT_PAIRED], 2);
    cast_close(t.room);
}

static void a_link_that_is_excluded_is_left_alone(void **state)
{
    two t = open_two(917, KITH_GATT_RAISE_NOT);
    kith_secure_on_connect secure;

    (void)state;
    bond(&t);
    kith_secure_on_connect_init(&secure, links, STRICT_LINKS);
    secure.delay_ms = 100;
    listen(t.phone, &secure.listener);
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_security_exclude(t.phone->host, t.phone->link), KITH_OK);
    pass(t.phone, 20 * CAST_SECOND);
    cast_equal(t.room, secure.last, KITH_ERR_STATE);
    cast_equal(t.room, t.phone->told[KITH_EVENT_ENCRYPTED], 0);
    cast_equal(t.room, level_of(t.phone), KITH_LEVEL_NONE);
    cast_close(t.room);
}

/* ---- secure on error ---- */

static unsigned answers;
static bool was_raised;

static void on_ready(void *context, kith_link link, bool raised)
{
    cast_host *phone = context;

    cast_equal(phone->room, link, phone->link);
    answers++;
    was_raised = raised;
}

static void raise_on_error(const two *t, kith_secure_on_error *policy)
{
    answers = 0;
    kith_secure_on_error_init(policy, links, STRICT_LINKS, on_ready, t->phone);
    listen(t->phone, &policy->listener);
}

static kith_att_error read(const two *t, uint16_t id)
{
    cast_read(t->phone, kith_gatt_handle(t->lamp->host, id));
    if (t->phone->last[KITH_EVENT_READ].gatt.result == KITH_GATT_OK)
        return 0;
    cast_equal(t->room, t->phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_ATT_ERROR);
    return t->phone->last[KITH_EVENT_READ].gatt.att_error;
}

static void refused_then_raised_then_read(void **state)
{
    two t = open_two(906, KITH_GATT_RAISE_NOT);
    kith_secure_on_error policy;

    (void)state;
    raise_on_error(&t, &policy);
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    cast_check(t.room, read(&t, 1) != 0);
    pass(t.phone, CAST_SECOND);
    cast_equal(t.room, answers, 1);
    cast_check(t.room, was_raised);
    cast_equal(t.room, read(&t, 1), 0);
    cast_disconnect(t.phone, t.lamp);

    cast_connect(t.phone, t.lamp); /* and with the bond */
    cast_check(t.room, read(&t, 1) != 0);
    pass(t.phone, CAST_SECOND);
    cast_equal(t.room, answers, 2);
    cast_equal(t.room, read(&t, 1), 0);
    cast_equal(t.room, t.phone->told[KITH_EVENT_PAIRED], 1);
    cast_equal(t.room, t.phone->told[KITH_EVENT_ENCRYPTED], 1);
    cast_close(t.room);
}

/* The link is encrypted by a bond of level 2, and that is not enough: encrypting once more would change nothing. */
static void a_key_that_is_too_weak_is_replaced_by_a_better_one(void **state)
{
    two t = open_two(907, KITH_GATT_RAISE_NOT);
    kith_secure_on_error policy;

    (void)state;
    bond(&t);
    raise_on_error(&t, &policy);
    cast_connect(t.phone, t.lamp);
    cast_encrypt(t.phone, t.lamp);
    cast_equal(t.room, level_of(t.phone), KITH_LEVEL_ENCRYPTED);
    cast_equal(t.room, kith_pairing_open(t.phone->host, 60000), KITH_OK); /* both persons agree to it */
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    cast_equal(t.room, read(&t, 2), 0x05);
    pass(t.phone, 5 * CAST_SECOND);
    cast_equal(t.room, answers, 1);
    cast_check(t.room, was_raised);
    cast_check(t.room, level_of(t.phone) >= KITH_LEVEL_AUTHENTICATED);
    cast_equal(t.room, read(&t, 2), 0);
    cast_close(t.room);
}

static void a_closed_lamp_is_asked_once(void **state)
{
    two t = open_two(908, KITH_GATT_RAISE_NOT);
    kith_secure_on_error policy;

    (void)state;
    raise_on_error(&t, &policy);
    cast_connect(t.phone, t.lamp);
    for (unsigned i = 1; i <= 3; i++) {
        cast_check(t.room, read(&t, 1) != 0);
        pass(t.phone, CAST_SECOND);
        cast_equal(t.room, answers, i);
        cast_check(t.room, !was_raised);
        cast_equal(t.room, t.phone->told[KITH_EVENT_PAIRING_FAILED], 1);
    }
    cast_close(t.room);
}

static void what_the_host_raises_by_itself_is_not_raised_again(void **state)
{
    two t = open_two(909, KITH_GATT_RAISE_PAIR);
    kith_secure_on_error policy;

    (void)state;
    raise_on_error(&t, &policy);
    cast_connect(t.phone, t.lamp);
    cast_check(t.room, read(&t, 1) != 0); /* the lamp is closed */
    pass(t.phone, CAST_SECOND);
    cast_equal(t.room, t.phone->told[KITH_EVENT_PAIRING_FAILED], 1);
    cast_check(t.room, answers == 1 && !was_raised);
    cast_disconnect(t.phone, t.lamp);
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    cast_equal(t.room, read(&t, 1), 0);
    pass(t.phone, CAST_SECOND);
    cast_equal(t.room, answers, 1);
    cast_close(t.room);
}

/* ---- disconnect on failure, disconnect below ---- */

static void numbers_that_differ_end_the_link_and_a_closed_lamp_does_not(void **state)
{
    two t = open_two(910, KITH_GATT_RAISE_NOT);
    kith_disconnect_on_failure strict;

    (void)state;
    kith_disconnect_on_failure_init(&strict);
    listen(t.phone, &strict.listener);
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.phone, KITH_EVENT_PAIRING_FAILED, 1);
    pass(t.phone, CAST_SECOND);
    cast_check(t.room, t.phone->link != 0);

    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    t.lamp->answer = KITH_NUMBERS_DIFFER;
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
    cast_await(t.phone, KITH_EVENT_PAIRING_FAILED, 2);
    pass(t.phone, CAST_SECOND);
    cast_equal(t.room, t.phone->link, 0);
    cast_equal(t.room, t.lamp->last[KITH_EVENT_DISCONNECTED].disconnected.reason, 0x05);
    cast_equal(t.room, strict.ended, 1);
    cast_close(t.room);
}

static void a_raise_that_fails_leaves_what_the_bond_protects(void **state)
{
    two t = open_two(911, KITH_GATT_RAISE_NOT);
    kith_disconnect_on_failure strict;

    (void)state;
    bond(&t);
    kith_disconnect_on_failure_init(&strict);
    listen(t.phone, &strict.listener);
    cast_connect(t.phone, t.lamp);
    cast_encrypt(t.phone, t.lamp);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK);
    t.lamp->answer = KITH_NUMBERS_DIFFER;
    cast_equal(t.room, kith_security_pair(t.phone->host, t.phone->link, KITH_LEVEL_AUTHENTICATED), KITH_OK);
    cast_await(t.phone, KITH_EVENT_PAIRING_FAILED, 1);
    pass(t.phone, CAST_SECOND);
    cast_equal(t.room, level_of(t.phone), KITH_LEVEL_ENCRYPTED);
    cast_equal(t.room, strict.ended, 0);
    cast_close(t.room);
}

/* One side has lost its keys. */
static void a_key_that_is_missing_ends_the_link(void **state)
{
    two t = open_two(912, KITH_GATT_RAISE_NOT);
    kith_disconnect_on_failure strict;

    (void)state;
    bond(&t);
    cast_forget_all(t.lamp);
    kith_disconnect_on_failure_init(&strict);
    listen(t.phone, &strict.listener);
    cast_connect(t.phone, t.lamp);
    cast_equal(t.room, kith_security_secure(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.phone, KITH_EVENT_ENCRYPTION_FAILED, 1);
    pass(t.phone, CAST_SECOND);
    cast_equal(t.room, t.phone->link, 0);
    cast_close(t.room);
}

static unsigned below;

static void on_below(void *context, kith_link link, const kith_event_security *has)
{
    const cast_host *lamp = context;

    cast_check(lamp->room, link != 0);
    cast_equal(lamp->room, has->level, KITH_LEVEL_NONE);
    below++;
}

static void guard_lamp(const two *t, kith_disconnect_below *guard)
{
    below = 0;
    kith_disconnect_below_init(guard, links, STRICT_LINKS, KITH_LEVEL_ENCRYPTED);
    guard->bonded = true;
    guard->below = on_below;
    guard->context = t->lamp;
    listen(t->lamp, &guard->listener);
}

static void who_does_not_become_secure_is_shown_out(void **state)
{
    two t = open_two(913, KITH_GATT_RAISE_NOT);
    kith_disconnect_below guard;
    uint64_t connected;

    (void)state;
    guard_lamp(&t, &guard);
    cast_connect(t.phone, t.lamp);
    connected = time_of(t.lamp, KITH_EVENT_CONNECTED, t.lamp->link);
    pass(t.lamp, 29 * CAST_SECOND);
    cast_check(t.room, t.lamp->link != 0);
    pass(t.lamp, 2 * CAST_SECOND);
    cast_equal(t.room, t.lamp->link, 0);
    cast_check(t.room, kith_sim_now(t.room->sim) >= connected + 30 * CAST_SECOND);
    cast_equal(t.room, below, 1);
    cast_equal(t.room, t.phone->last[KITH_EVENT_DISCONNECTED].disconnected.reason, 0x05);
    cast_close(t.room);
}

static void who_bonds_or_is_bonded_stays(void **state)
{
    two t = open_two(914, KITH_GATT_RAISE_NOT);
    kith_disconnect_below guard;

    (void)state;
    guard_lamp(&t, &guard);
    cast_connect_and_pair(t.phone, t.lamp);
    pass(t.lamp, 40 * CAST_SECOND);
    cast_check(t.room, t.lamp->link != 0);
    cast_equal(t.room, kith_pairing_open(t.lamp->host, 60000), KITH_OK); /* anew, on the encrypted link */
    cast_equal(t.room, kith_security_pair(t.phone->host, t.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await(t.lamp, KITH_EVENT_BONDED, 2);
    pass(t.lamp, 40 * CAST_SECOND);
    cast_check(t.room, t.lamp->link != 0);
    cast_disconnect(t.phone, t.lamp);
    cast_connect(t.phone, t.lamp);
    cast_encrypt(t.phone, t.lamp);
    pass(t.lamp, 40 * CAST_SECOND);
    cast_check(t.room, t.lamp->link != 0);
    cast_equal(t.room, below, 0);
    cast_close(t.room);
}

/* ---- log ---- */

static unsigned lines;
static char logged[CAST_LOG * KITH_LOG_LINE];

static void on_line(void *context, const char *text)
{
    (void)context;
    assert_true(strlen(logged) + strlen(text) + 2 < sizeof logged);
    strcat(strcat(logged, text), "\n");
    lines++;
}

static void check_not_logged(const two *t, const uint8_t key[16])
{
    char forwards[7], backwards[7]; /* three octets of it in a row would be no accident */

    for (unsigned i = 0; i + 3 <= 16; i++) {
        snprintf(forwards, sizeof forwards, "%02x%02x%02x", key[i], key[i + 1], key[i + 2]);
        snprintf(backwards, sizeof backwards, "%02x%02x%02x", key[i + 2], key[i + 1], key[i]);
        cast_check(t->room, strstr(logged, forwards) == NULL && strstr(logged, backwards) == NULL);
    }
}

static void a_day_is_told_in_lines_without_a_key(void **state)
{
    two t = open_two(915, KITH_GATT_RAISE_NOT);
    kith_log log;
    kith_bond_info info;
    kith_bond_keys keys;

    (void)state;
    lines = 0;
    logged[0] = '\0';
    kith_log_init(&log, on_line, NULL);
    listen(t.phone, &log.listener);
    cast_connect_and_pair(t.phone, t.lamp);
    cast_equal(t.room, read(&t, 1), 0);
    cast_check(t.room, cast_only_bond(t.phone, &info, &keys));
    cast_disconnect(t.phone, t.lamp);
    cast_check(t.room, lines >= 8);
    cast_check(t.room, strstr(logged, "paired link ") != NULL);
    cast_check(t.room, strstr(logged, ": Paired: the link is encrypted with a new key.") != NULL);
    cast_check(t.room, strstr(logged, ": level 2, key of 16, Secure Connections\n") != NULL);
    check_not_logged(&t, keys.ltk);
    check_not_logged(&t, keys.irk);
    cast_close(t.room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_lamp_is_secured_after_its_own_delay),
        cmocka_unit_test(a_peripheral_asks_its_central),
        cmocka_unit_test(strangers_are_left_alone_unless_wanted),
        cmocka_unit_test(a_procedure_under_way_is_waited_for),
        cmocka_unit_test(a_wait_after_failure_is_kept),
        cmocka_unit_test(what_has_no_room_waits_for_it),
        cmocka_unit_test(a_link_that_is_excluded_is_left_alone),
        cmocka_unit_test(refused_then_raised_then_read),
        cmocka_unit_test(a_key_that_is_too_weak_is_replaced_by_a_better_one),
        cmocka_unit_test(a_closed_lamp_is_asked_once),
        cmocka_unit_test(what_the_host_raises_by_itself_is_not_raised_again),
        cmocka_unit_test(numbers_that_differ_end_the_link_and_a_closed_lamp_does_not),
        cmocka_unit_test(a_raise_that_fails_leaves_what_the_bond_protects),
        cmocka_unit_test(a_key_that_is_missing_ends_the_link),
        cmocka_unit_test(who_does_not_become_secure_is_shown_out),
        cmocka_unit_test(who_bonds_or_is_bonded_stays),
        cmocka_unit_test(a_day_is_told_in_lines_without_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
