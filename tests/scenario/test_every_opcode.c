/* Every SMP opcode, at every length, in every state of both roles, from a scripted peer that then tries to encrypt
 * with a key of its choice: no level without proof, one named outcome, and a clean pairing on the next connection.
 *
 * The everyday run sends reserved opcodes at four lengths only; KITH_FULL=1 sends all of them at every one. */
#include "actor.h"

enum { LONGEST = 70, SETTLE_US = 200000 };

typedef enum {
    HOST_IDLE,     /* nothing asked for */
    HOST_ASKED,    /* secure() was called: peripheral waits for a request, central for a response */
    HOST_CONSENT,  /* a person is being asked */
    HOST_COMPARES, /* the same, and there a person is asked about a number */
    HOST_PAIRING   /* the script was played up to a step */
} host_situation;

typedef struct {
    const char *name;
    host_situation situation;
    actor_step step;
    uint64_t work_us; /* so that the host is caught while it computes */
} state_row;

static const state_row as_peripheral[] = {
    {"idle", HOST_IDLE, 0, 0},
    {"Security Request sent", HOST_ASKED, 0, 0},
    {"consent wanted", HOST_CONSENT, ACTOR_SENDS_KEY, 0},
    {"public key wanted", HOST_PAIRING, ACTOR_SENDS_KEY, 0},
    {"checking the key", HOST_PAIRING, ACTOR_SENDS_RANDOM, 5 * CAST_SECOND},
    {"nonce wanted", HOST_PAIRING, ACTOR_SENDS_RANDOM, 0},
    {"a person compares", HOST_COMPARES, ACTOR_SENDS_CHECK, 0},
    {"a person compares, and the check is held", HOST_COMPARES, ACTOR_ENCRYPTS, 0},
    {"check wanted", HOST_PAIRING, ACTOR_SENDS_CHECK, 0},
    {"LTK request wanted", HOST_PAIRING, ACTOR_ENCRYPTS, 0},
    {"IRK wanted", HOST_PAIRING, ACTOR_SENDS_IRK, 0},
    {"identity wanted", HOST_PAIRING, ACTOR_SENDS_ADDRESS, 0},
    {"paired", HOST_PAIRING, ACTOR_IS_DONE, 0},
};

static const state_row as_central[] = {
    {"idle", HOST_IDLE, 0, 0},
    {"response wanted", HOST_PAIRING, ACTOR_SENDS_FEATURES, 0},
    {"public key wanted", HOST_PAIRING, ACTOR_SENDS_KEY, 0},
    {"checking the key", HOST_PAIRING, ACTOR_SENDS_CONFIRM, 5 * CAST_SECOND},
    {"confirm wanted", HOST_PAIRING, ACTOR_SENDS_CONFIRM, 0},
    {"nonce wanted", HOST_PAIRING, ACTOR_SENDS_RANDOM, 0},
    {"a person compares", HOST_COMPARES, ACTOR_SENDS_CHECK, 0},
    {"check wanted", HOST_PAIRING, ACTOR_SENDS_CHECK, 0},
    {"encryption under way", HOST_PAIRING, ACTOR_ENCRYPTS, 0},
    {"IRK wanted", HOST_PAIRING, ACTOR_SENDS_IRK, 0},
    {"identity wanted", HOST_PAIRING, ACTOR_SENDS_ADDRESS, 0},
    {"paired", HOST_PAIRING, ACTOR_IS_DONE, 0},
};

typedef struct {
    cast_room *room;
    cast_host *host;
    bool peripheral;
    const state_row *row;
    actor peer;
    unsigned sent, failed_before, asked_before, compared_before;
} stand;

static bool plays_the_script(const state_row *row)
{
    return row->situation == HOST_PAIRING || row->situation == HOST_COMPARES;
}

static bool work_is_under_way(actor *a, void *context)
{
    const stand *s = context;

    (void)a;
    return s->room->stage.hosts[0].working;
}

static void begin_state(stand *s)
{
    const state_row *row = s->row;

    s->peer.io = row->situation == HOST_COMPARES ? KITH_IO_DISPLAY_YES_NO : KITH_IO_NO_INPUT_NO_OUTPUT;
    if (row->situation == HOST_CONSENT || plays_the_script(row))
        actor_begin(&s->peer, row->step);
    if (row->situation == HOST_ASKED || (!s->peripheral && plays_the_script(row)))
        cast_equal(s->room, kith_security_secure(s->host->host, s->host->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
}

/* Is the state what its name says, as far as can be seen from outside? */
static void check_state(stand *s)
{
    const state_row *row = s->row;

    cast_equal(s->room, s->host->told[KITH_EVENT_PAIRING_FAILED], s->failed_before);
    if (plays_the_script(row) && row->work_us == 0)
        cast_equal(s->room, s->peer.next, row->step);
    if (plays_the_script(row))
        cast_equal(s->room, s->host->told[KITH_EVENT_PAIRED], row->step == ACTOR_IS_DONE);
    if (row->situation == HOST_CONSENT)
        cast_check(s->room, s->host->told[KITH_EVENT_CONSENT_WANTED] > s->asked_before);
    cast_equal(s->room, s->host->told[KITH_EVENT_COMPARISON_WANTED] - s->compared_before,
               row->situation == HOST_COMPARES);
}

static void bring_to_state(stand *s)
{
    const state_row *row = s->row;

    if (s->peripheral)
        actor_connect(&s->peer, s->host);
    else
        actor_accept(&s->peer, s->host);
    kith_pairing_close(s->host->host);
    if (row->situation != HOST_CONSENT)
        assert_int_equal(kith_pairing_open(s->host->host, 60000), KITH_OK);
    if (row->work_us == 0) {
        begin_state(s);
        actor_run(&s->peer, 700000, NULL, NULL);
    } else {
        actor_run(&s->peer, 100000, NULL, NULL); /* the key pair that is made ahead is ready */
        s->room->stage.work_us = row->work_us;
        begin_state(s);
        cast_check(s->room, actor_run(&s->peer, 8 * CAST_SECOND, work_is_under_way, s));
    }
    check_state(s);
}

static unsigned pairing_ends(const cast_host *h)
{
    return h->told[KITH_EVENT_PAIRED] + h->told[KITH_EVENT_PAIRING_FAILED];
}

/* How many pairings end, at least and at most, whatever was sent. */
static void expect_outcome(const stand *s, unsigned ends)
{
    bool began = s->row->situation != HOST_IDLE;

    if (pairing_ends(s->host) - ends < (began ? 1u : 0u) || pairing_ends(s->host) - ends > 2)
        cast_fail(s->room, "%s: %u ends of pairings", s->row->name, pairing_ends(s->host) - ends);
    if (began && s->row->step < ACTOR_IS_DONE && s->peer.next <= ACTOR_ENCRYPTS)
        cast_check(s->room, s->host->told[KITH_EVENT_PAIRED] == 0);
}

static void send_and_judge(stand *s, const uint8_t *pdu, size_t len)
{
    static const uint8_t zero[16];
    cast_host *h = s->host;
    unsigned ends, disconnections = h->told[KITH_EVENT_DISCONNECTED];

    h->highest = KITH_LEVEL_NONE;
    h->told[KITH_EVENT_PAIRED] = 0;
    ends = s->failed_before = h->told[KITH_EVENT_PAIRING_FAILED];
    s->asked_before = h->told[KITH_EVENT_CONSENT_WANTED];
    s->compared_before = h->told[KITH_EVENT_COMPARISON_WANTED];
    bring_to_state(s);
    actor_send_smp(&s->peer, pdu, len);
    s->sent++;
    actor_run(&s->peer, SETTLE_US, NULL, NULL);
    if (s->peripheral && s->peer.connected)
        actor_encrypt(&s->peer, zero);
    actor_run(&s->peer, SETTLE_US, NULL, NULL);
    s->room->stage.work_us = 0;
    s->peer.io = KITH_IO_NO_INPUT_NO_OUTPUT; /* nobody is asked in the clean pairing that follows */
    actor_disconnect(&s->peer, h);
    /* The check alone proves nothing while our person has not spoken. */
    if (h->highest > KITH_LEVEL_NONE && (!s->peer.proved || s->row->situation == HOST_COMPARES))
        cast_fail(s->room, "%s: opcode %02x of %zu octets: a level without proof", s->row->name, pdu[0], len);
    expect_outcome(s, ends);
    cast_equal(s->room, h->told[KITH_EVENT_DISCONNECTED], disconnections + 1);
}

static bool is_wanted(size_t len, size_t right)
{
    return cast_is_full() || right != 0 || len == 1 || len == 2 || len == 17 || len == 65;
}

static void send_everything(stand *s)
{
    uint8_t pdu[LONGEST];

    for (unsigned opcode = 0; opcode < 256; opcode++) {
        size_t right = kith_smp_pdu_len((uint8_t)opcode);

        for (size_t len = 1; len <= LONGEST; len++) {
            for (size_t i = 0; i < len; i++)
                pdu[i] = (uint8_t)(opcode * 31 + len * 7 + i * 13);
            pdu[0] = (uint8_t)opcode;
            if (!is_wanted(len, right))
                continue;
            send_and_judge(s, pdu, len);
            actor_clean_pairing(&s->peer, s->host);
            cast_forget_all(s->host);
        }
    }
    send_and_judge(s, pdu, 0);
    actor_clean_pairing(&s->peer, s->host);
}

static void run_state(const state_row *row, bool peripheral)
{
    stand s = {.room = cast_open(51, CAST_TOY), .peripheral = peripheral, .row = row};
    kith_config config;

    if (peripheral)
        cast_lamp_config(&config);
    else
        cast_phone_config(&config);
    if (row->situation == HOST_CONSENT)
        config.security.policy = KITH_PAIRING_ASK;
    if (row->situation == HOST_COMPARES) {
        config.security.io = KITH_IO_DISPLAY_YES_NO;
        config.security.ask_mitm = true;
    }
    config.security.backoff.first_ms = 0; /* one address fails thousands of times here: test_backoff.c has the waits */
    s.host = cast_add(s.room, "host", &config);
    cast_start(s.room);
    actor_enter(&s.peer, s.room);
    send_everything(&s);
    print_message("%s, %s: %u PDUs\n", peripheral ? "peripheral" : "central", row->name, s.sent);
    cast_close(s.room);
}

static void A18_every_opcode_in_every_state_of_a_peripheral(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof as_peripheral / sizeof as_peripheral[0]; i++)
        run_state(&as_peripheral[i], true);
}

static void A18_every_opcode_in_every_state_of_a_central(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof as_central / sizeof as_central[0]; i++)
        run_state(&as_central[i], false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A18_every_opcode_in_every_state_of_a_peripheral),
        cmocka_unit_test(A18_every_opcode_in_every_state_of_a_central),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
