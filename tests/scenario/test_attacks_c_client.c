/* Attacks on what we ask and are told: rows C1, C2 and C11 of docs/attacks.md.  Each name begins with its row.  The
 * attacker takes the address of a bonded peer, as peripheral and as central, and has no key; the peer itself is
 * believed beside it. */
#include "actor.h"
#include "kith/codec/att.h"
#include "kith/codec/l2cap.h"

enum { AT = 16, CONFIGURATION_AT = 17 };

static const kith_address bonded_address = {KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc6}};

/* A server of few words: answers every request, and counts. */
typedef struct {
    actor a;
    unsigned asked, confirmed;
    uint8_t last[ACTOR_PDU]; /* request or command */
    size_t last_len;
} false_server;

typedef struct {
    cast_room *room;
    cast_host *host; /* ours */
    bool ours_is_central;
    false_server true_peer, impostor;
} scene;

static void say(false_server *f, const uint8_t *pdu, size_t len)
{
    actor_send(&f->a, KITH_CID_ATT, pdu, len);
    actor_run(&f->a, 300000, NULL, NULL);
}

static bool hear(void *context, uint16_t cid, const uint8_t *pdu, size_t len)
{
    static const uint8_t value[] = {KITH_ATT_READ_RESPONSE, 'f', 'a', 'l', 's', 'e'};
    static const uint8_t hash[] = {
        KITH_ATT_READ_BY_TYPE_RESPONSE, 18, 13, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    static const uint8_t written[] = {KITH_ATT_WRITE_RESPONSE};
    false_server *f = context;

    if (cid != KITH_CID_ATT)
        return false;
    if (pdu[0] == KITH_ATT_HANDLE_VALUE_CONFIRMATION) {
        f->confirmed++;
        return true;
    }
    f->asked++;
    f->last_len = len;
    memcpy(f->last, pdu, len);
    if (pdu[0] == KITH_ATT_READ_REQUEST)
        actor_send(&f->a, KITH_CID_ATT, value, sizeof value);
    if (pdu[0] == KITH_ATT_READ_BY_TYPE_REQUEST)
        actor_send(&f->a, KITH_CID_ATT, hash, sizeof hash);
    if (pdu[0] == KITH_ATT_WRITE_REQUEST)
        actor_send(&f->a, KITH_CID_ATT, written, sizeof written);
    return true;
}

static void enter(false_server *f, cast_room *room)
{
    memset(f, 0, sizeof *f);
    actor_enter(&f->a, room);
    actor_use_address(&f->a, &bonded_address);
    f->a.identity = bonded_address;
    f->a.tap = hear;
    f->a.tap_context = f;
}

static void meet(scene *s, false_server *f)
{
    if (s->ours_is_central)
        actor_accept(&f->a, s->host);
    else
        actor_connect(&f->a, s->host);
}

static void open_scene(scene *s, bool ours_is_central, kith_gatt_raise raise)
{
    kith_config config;

    memset(s, 0, sizeof *s);
    s->ours_is_central = ours_is_central;
    s->room = cast_open(321, CAST_TOY);
    if (ours_is_central)
        cast_phone_config(&config);
    else
        cast_lamp_config(&config);
    config.gatt_raise = raise;
    s->host = cast_add(s->room, "ours", &config);
    cast_start(s->room);
    enter(&s->true_peer, s->room);
    meet(s, &s->true_peer);
    if (ours_is_central)
        cast_equal(s->room, kith_security_secure(s->host->host, s->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    else
        cast_equal(s->room, kith_pairing_open(s->host->host, 30000), KITH_OK);
    cast_check(s->room, actor_pair(&s->true_peer.a, ACTOR_IS_DONE));
    actor_run(&s->true_peer.a, CAST_SECOND, NULL, NULL);
    cast_equal(s->room, s->host->told[KITH_EVENT_BONDED], 1);
    actor_disconnect(&s->true_peer.a, s->host);
    s->host->highest = KITH_LEVEL_NONE;
    enter(&s->impostor, s->room);
}

/* The true peer, encrypted with the bond: our host begins as central, the peer as central. */
static void meet_truly(scene *s)
{
    unsigned ends = s->host->ends;
    uint8_t ltk[16];

    s->true_peer.a.has_bond = true;
    meet(s, &s->true_peer);
    actor_wire_ltk(&s->true_peer.a, ltk);
    if (s->ours_is_central)
        cast_equal(s->room, kith_security_secure(s->host->host, s->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    else
        actor_encrypt(&s->true_peer.a, ltk);
    actor_run(&s->true_peer.a, CAST_SECOND, NULL, NULL);
    cast_equal(s->room, s->host->ends, ends + 1);
    cast_equal(s->room, s->host->end.why, KITH_WHY_ENCRYPTED);
}

static const uint8_t notification[] = {KITH_ATT_HANDLE_VALUE_NOTIFICATION, AT, 0, 'l', 'i', 'e'};
static const uint8_t indication[] = {KITH_ATT_HANDLE_VALUE_INDICATION, AT, 0, 'l', 'i', 'e'};
static const uint8_t several[] = {KITH_ATT_MULTIPLE_HANDLE_VALUE_NOTIFICATION, AT, 0, 1, 0, 'a', AT + 1, 0, 1, 0, 'b'};
static const uint8_t service_changed[] = {KITH_ATT_HANDLE_VALUE_INDICATION, 8, 0, 1, 0, 0xff, 0xff};

/* Tells all there is to tell; how many values came through. */
static unsigned tell_all(scene *s, false_server *f)
{
    unsigned before = s->host->told[KITH_EVENT_NOTIFIED], confirmed = f->confirmed;

    say(f, notification, sizeof notification);
    say(f, several, sizeof several);
    say(f, indication, sizeof indication);
    cast_equal(s->room, f->confirmed, confirmed + 1); /* whoever it was: ATT goes on */
    return s->host->told[KITH_EVENT_NOTIFIED] - before;
}

/* ---- C1 ---- */

static void C1_a_false_peer_in_plain_is_told_of_nowhere(void **state)
{
    (void)state;
    for (unsigned central = 0; central <= 1; central++) {
        scene s;
        uint32_t dropped;

        open_scene(&s, central != 0, KITH_GATT_RAISE_NOT);
        dropped = kith_host_dropped(s.host->host);
        meet(&s, &s.impostor);
        cast_check(s.room, s.host->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
        cast_equal(s.room, tell_all(&s, &s.impostor), 0);
        cast_equal(s.room, kith_host_dropped(s.host->host), dropped + 4);
        actor_disconnect(&s.impostor.a, s.host);
        meet_truly(&s);
        cast_equal(s.room, tell_all(&s, &s.true_peer), 4);
        cast_equal(s.room, s.host->last[KITH_EVENT_NOTIFIED].notified.level, KITH_LEVEL_ENCRYPTED);
        cast_close(s.room);
    }
}

static kith_event_gatt read_of(scene *s, false_server *f)
{
    cast_equal(s->room, kith_gatt_read(s->host->host, s->host->link, AT), KITH_OK);
    actor_run(&f->a, CAST_SECOND, NULL, NULL);
    return s->host->last[KITH_EVENT_READ].gatt;
}

/* What is read from it says that nobody vouches for it; and with gatt_raise it is not even asked. */
static void C1_what_is_read_from_a_false_peer_says_that_it_was_plain(void **state)
{
    (void)state;
    for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++) {
        kith_event_gatt end;
        scene s;

        open_scene(&s, true, (kith_gatt_raise)raise);
        s.impostor.a.has_no_key = true;
        meet(&s, &s.impostor);
        end = read_of(&s, &s.impostor);
        cast_equal(s.room, s.impostor.asked, raise == KITH_GATT_RAISE_NOT);
        cast_equal(s.room, end.result, raise == KITH_GATT_RAISE_NOT ? KITH_GATT_OK : KITH_GATT_NOT_SENT);
        cast_equal(s.room, end.level, KITH_LEVEL_NONE);
        if (s.host->link != 0)
            actor_disconnect(&s.impostor.a, s.host);
        meet_truly(&s);
        end = read_of(&s, &s.true_peer);
        cast_equal(s.room, end.result, KITH_GATT_OK);
        cast_equal(s.room, end.level, KITH_LEVEL_ENCRYPTED);
        cast_close(s.room);
    }
}

/* ---- C2 ---- */

/* A PIN that waits for encryption; the peer says that it has no key, or has another one.  Nothing of it is on air. */
static void C2_when_encryption_fails_nothing_goes_in_plain_and_the_bond_stays(void **state)
{
    (void)state;
    for (unsigned wrong = 0; wrong <= 1; wrong++) {
        for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_PAIR; raise++) {
            kith_bond_keys before, now;
            kith_bond_info bond;
            scene s;

            open_scene(&s, true, (kith_gatt_raise)raise);
            cast_check(s.room, cast_only_bond(s.host, &bond, &before));
            s.impostor.a.has_no_key = wrong == 0;
            s.impostor.a.has_bond = wrong != 0; /* of zeros */
            meet(&s, &s.impostor);
            cast_equal(s.room, kith_security_secure(s.host->host, s.host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
            cast_equal(s.room, kith_gatt_write(s.host->host, s.host->link, AT, (const uint8_t *)"PIN", 3), KITH_OK);
            actor_run(&s.impostor.a, 5 * CAST_SECOND, NULL, NULL);
            cast_equal(s.room, s.impostor.asked, 0);
            cast_equal(s.room, s.host->told[KITH_EVENT_WRITTEN], 1);
            cast_check(s.room, s.host->last[KITH_EVENT_WRITTEN].gatt.result != KITH_GATT_OK);
            cast_equal(s.room, s.host->told[KITH_EVENT_ENCRYPTION_FAILED], 1);
            /* Its controller finds the wrong MIC first, and goes without a word. */
            cast_equal(s.room, s.host->end.why, wrong != 0 ? KITH_WHY_LINK_LOST : KITH_WHY_PEER_SAYS_NO_KEY);
            cast_equal(s.room, s.host->told[KITH_EVENT_PAIRED], 1); /* once, before */
            if (s.host->link != 0) {
                cast_equal(s.room, tell_all(&s, &s.impostor), 0);
                actor_disconnect(&s.impostor.a, s.host);
            }
            cast_equal(s.room, s.host->highest, KITH_LEVEL_NONE);
            cast_check(s.room, cast_only_bond(s.host, &bond, &now));
            assert_memory_equal(&now, &before, sizeof now);

            meet_truly(&s);
            cast_equal(s.room, kith_gatt_write(s.host->host, s.host->link, AT, (const uint8_t *)"PIN", 3), KITH_OK);
            actor_run(&s.true_peer.a, CAST_SECOND, NULL, NULL);
            cast_equal(s.room, s.host->last[KITH_EVENT_WRITTEN].gatt.result, KITH_GATT_OK);
            assert_memory_equal(s.true_peer.last + 3, "PIN", 3);
            cast_close(s.room);
        }
    }
}

/* As peripheral: a false central that encrypts with a key of its own, under the bond's name or another one. */
static void C2_a_false_central_with_a_key_of_its_own_reads_nothing(void **state)
{
    static const uint8_t read[] = {KITH_ATT_READ_REQUEST, CAST_VALUE_HANDLE, 0};
    const uint8_t other_key[16] = {7};
    scene s;

    (void)state;
    open_scene(&s, false, KITH_GATT_RAISE_NOT);
    s.impostor.a.has_bond = true;
    meet(&s, &s.impostor);
    actor_encrypt(&s.impostor.a, other_key);
    actor_run(&s.impostor.a, 100000, NULL, NULL);
    say(&s.impostor, read, sizeof read);
    actor_run(&s.impostor.a, 2 * CAST_SECOND, NULL, NULL);
    cast_equal(s.room, s.impostor.asked, 0); /* no answer, not even an error */
    cast_equal(s.room, s.host->highest, KITH_LEVEL_NONE);
    cast_equal(s.room, s.host->link, 0);
    cast_equal(s.room, kith_bonds_count(s.host->host), 1);
    meet_truly(&s);
    say(&s.true_peer, read, sizeof read);
    cast_equal(s.room, s.true_peer.last[0], KITH_ATT_READ_RESPONSE);
    assert_memory_equal(s.true_peer.last + 1, CAST_SECRET, sizeof CAST_SECRET);
    cast_close(s.room);
}

/* ---- C11 ---- */

/* That the table has changed, and its hash, are values like others: in plain they are told nowhere, or as plain. */
static void C11_a_false_peer_cannot_say_that_the_table_has_changed(void **state)
{
    (void)state;
    for (unsigned central = 0; central <= 1; central++) {
        scene s;

        open_scene(&s, central != 0, KITH_GATT_RAISE_NOT);
        meet(&s, &s.impostor);
        say(&s.impostor, service_changed, sizeof service_changed);
        cast_equal(s.room, s.impostor.confirmed, 1);
        cast_equal(s.room, s.host->told[KITH_EVENT_NOTIFIED], 0);
        actor_disconnect(&s.impostor.a, s.host);
        meet_truly(&s);
        say(&s.true_peer, service_changed, sizeof service_changed);
        cast_equal(s.room, s.host->told[KITH_EVENT_NOTIFIED], 1);
        cast_equal(s.room, s.host->last[KITH_EVENT_NOTIFIED].notified.handle, 8);
        cast_close(s.room);
    }
}

static void C11_a_hash_read_in_plain_says_so_and_is_not_asked_of_who_claims_a_bond(void **state)
{
    static const kith_uuid hash = KITH_UUID16(0x2b2a);

    (void)state;
    for (unsigned raise = KITH_GATT_RAISE_NOT; raise <= KITH_GATT_RAISE_BOND; raise++) {
        scene s;

        open_scene(&s, true, (kith_gatt_raise)raise);
        s.impostor.a.has_no_key = true;
        meet(&s, &s.impostor);
        cast_equal(s.room, kith_gatt_read_by_uuid(s.host->host, s.host->link, &hash, 1, 0xffff), KITH_OK);
        actor_run(&s.impostor.a, CAST_SECOND, NULL, NULL);
        cast_equal(s.room, s.impostor.asked > 0, raise == KITH_GATT_RAISE_NOT);
        cast_equal(s.room, s.host->told[KITH_EVENT_VALUES] > 0, raise == KITH_GATT_RAISE_NOT);
        if (s.host->link != 0)
            actor_disconnect(&s.impostor.a, s.host);
        meet_truly(&s);
        s.host->told[KITH_EVENT_VALUES] = 0;
        cast_equal(s.room, kith_gatt_read_by_uuid(s.host->host, s.host->link, &hash, 1, 0xffff), KITH_OK);
        actor_run(&s.true_peer.a, CAST_SECOND, NULL, NULL);
        cast_check(s.room, s.host->told[KITH_EVENT_VALUES] > 0);
        cast_close(s.room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C1_a_false_peer_in_plain_is_told_of_nowhere),
        cmocka_unit_test(C1_what_is_read_from_a_false_peer_says_that_it_was_plain),
        cmocka_unit_test(C2_when_encryption_fails_nothing_goes_in_plain_and_the_bond_stays),
        cmocka_unit_test(C2_a_false_central_with_a_key_of_its_own_reads_nothing),
        cmocka_unit_test(C11_a_false_peer_cannot_say_that_the_table_has_changed),
        cmocka_unit_test(C11_a_hash_read_in_plain_says_so_and_is_not_asked_of_who_claims_a_bond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
