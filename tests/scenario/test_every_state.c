/* Every SMP opcode, at every length, in every state of every method and both roles, each followed by encryption with a
 * key of the sender's choice: no level without proof, one named outcome, no crash, and then the whole method runs well.
 *
 * States are reached by a puppet that is held back before each of its moves in turn (of the twenty rounds of Passkey
 * Entry: the first, a middle one, the last), by a person of ours who does not answer a question, and by a computation
 * that is not done.  The everyday run sends each opcode at its own length and some at wrong ones, other ones in each
 * state; KITH_FULL=1 sends all of them at every length. */
#include "puppet.h"

enum { LONGEST = 70, SETTLE_US = 200000, PATIENCE_US = 60 * CAST_SECOND, MANY_STATES = 64, RESERVED = 5 };

static const uint8_t reserved[RESERVED] = {0x00, 0x0f, 0x10, 0x7f, 0xff};

typedef struct {
    char name[80];
    unsigned moves; /* the puppet makes; PUPPET_ALL: as many as it can */
    kith_event_kind silent_at;
    bool at_end;   /* the question whether a bond may be replaced */
    bool computes; /* the host, and is caught at: */
    kith_work_kind work;
} host_state;

typedef struct {
    const method_row *row;
    unsigned side; /* of the host under test */
    cast_room *room;
    cast_host *host;
    puppet peer;
    const host_state *state;
    uint16_t made[PUPPET_MOVES]; /* of a pairing that goes well */
    unsigned moves;
    host_state states[MANY_STATES];
    unsigned count;
    unsigned number, cells; /* of states and cells so far, for samples and for the sum */
} stand;

static unsigned all_states, all_cells;

static void stop(const stand *s, const char *what)
{
    cast_fail(s->room, "%s, %s, %s: %s", s->row->name, s->host->name, s->state->name, what);
}

/* ---- the pairing that must go well ---- */

static bool both_ended(puppet *p, void *context)
{
    const stand *s = context;

    return p->ends > 0 && s->host->told[KITH_EVENT_PAIRED] + s->host->told[KITH_EVENT_PAIRING_FAILED] > 0;
}

static void expect_equal_keys(const stand *s)
{
    kith_bond_info mine, theirs;
    kith_bond_keys my_keys, their_keys;

    cast_check(s->room, cast_only_bond(s->host, &mine, &my_keys));
    assert_int_equal(kith_bonds_next(s->peer.host, 0, &theirs), KITH_OK);
    assert_int_equal(kith_bonds_export(s->peer.host, theirs.peer, &their_keys), KITH_OK);
    cast_equal(s->room, mine.level, s->row->level);
    assert_memory_equal(my_keys.ltk, s->row->legacy ? their_keys.my_ltk : their_keys.ltk, 16);
}

static void wake(stand *s)
{
    puppet_freeze(&s->peer);
    puppet_disconnect(&s->peer);
    puppet_wake(&s->peer);
    s->host->told[KITH_EVENT_PAIRED] = s->host->told[KITH_EVENT_PAIRING_FAILED] = 0;
    s->host->highest = KITH_LEVEL_NONE;
}

static void pair_well(stand *s)
{
    wake(s);
    puppet_meet(&s->peer, PUPPET_ALL);
    assert_int_equal(kith_pairing_open(s->host->host, 60000), KITH_OK);
    puppet_begin(&s->peer);
    if (!puppet_run(&s->peer, PATIENCE_US, both_ended, s) || s->host->end.why != KITH_WHY_PAIRED ||
        s->peer.end.why != KITH_WHY_PAIRED)
        stop(s, "no clean pairing after it");
    puppet_run(&s->peer, SETTLE_US, NULL, NULL);
    expect_equal_keys(s);
}

/* ---- to a state ---- */

static bool is_caught(puppet *p, void *context)
{
    const stand *s = context;
    kith_stage_host *place = &p->room->stage.hosts[0];

    if (!place->working || place->work.kind != s->state->work)
        return false;
    place->work_due_us = kith_sim_now(p->room->sim) + PATIENCE_US;
    return true;
}

static bool has_arrived(puppet *p, void *context)
{
    const stand *s = context;
    const host_state *row = s->state;

    if (row->computes)
        return is_caught(p, context);
    return p->frozen || (row->silent_at != KITH_EVENT_NONE && p->people[s->side].question == row->silent_at) ||
           both_ended(p, context);
}

/* A bond with somebody whose address on air is not his identity: it shows only at the end who he is. */
static void bond_before(stand *s)
{
    s->peer.wears_identity = true;
    s->peer.identity = (kith_address){KITH_ADDRESS_RANDOM, {1, 2, 3, 4, 5, 0xc6}};
    wake(s);
    puppet_meet(&s->peer, PUPPET_ALL);
    assert_int_equal(kith_pairing_open(s->host->host, 60000), KITH_OK);
    puppet_begin(&s->peer);
    cast_check(s->room, puppet_run(&s->peer, PATIENCE_US, both_ended, s));
    puppet_run(&s->peer, SETTLE_US, NULL, NULL);
    cast_equal(s->room, kith_bonds_count(s->host->host), 1);
}

static void be_silent(stand *s)
{
    person *p = &s->peer.people[s->side];

    p->is_silent = s->state->silent_at != KITH_EVENT_NONE;
    p->silent_at = s->state->silent_at;
    p->silent_at_end = s->state->at_end;
}

static void set_policy(stand *s)
{
    kith_security security = s->host->config.security;

    security.policy = s->state->silent_at == KITH_EVENT_CONSENT_WANTED ? KITH_PAIRING_ASK : KITH_PAIRING_CLOSED;
    assert_int_equal(kith_security_set(s->host->host, &security), KITH_OK);
}

static void come_to_state(stand *s)
{
    const host_state *row = s->state;

    set_policy(s);
    if (row->at_end)
        bond_before(s);
    wake(s);
    puppet_meet(&s->peer, row->moves);
    puppet_run(&s->peer, SETTLE_US, NULL, NULL); /* a key pair is made ahead */
    kith_pairing_close(s->host->host);
    if (row->silent_at != KITH_EVENT_CONSENT_WANTED)
        assert_int_equal(kith_pairing_open(s->host->host, 60000), KITH_OK);
    be_silent(s);
    /* An initiator is asked for its consent where the peer begins. */
    s->peer.asks = row->silent_at == KITH_EVENT_CONSENT_WANTED && !row->at_end && s->side == INITIATOR;
    if (row->computes)
        s->room->stage.work_us = SETTLE_US;
    puppet_begin(&s->peer);
    if (!puppet_run(&s->peer, PATIENCE_US, has_arrived, s))
        stop(s, "not reached");
    /* What is on its way comes; while we compute, the peer goes as far as it can. */
    puppet_run(&s->peer, row->computes && row->work == KITH_WORK_SHARED_SECRET ? 6 * CAST_SECOND : 2 * SETTLE_US, NULL,
               NULL);
    puppet_freeze(&s->peer);
}

static void check_state(const stand *s)
{
    const person *p = &s->peer.people[s->side];
    bool all = s->state->moves == s->moves;

    if (s->host->told[KITH_EVENT_PAIRING_FAILED] != 0 || s->host->told[KITH_EVENT_PAIRED] != all)
        stop(s, "it is not in that state");
    if (s->state->silent_at != KITH_EVENT_NONE && p->question != s->state->silent_at)
        stop(s, "nothing is asked");
    if (s->state->moves <= s->moves && s->peer.moves != s->state->moves)
        stop(s, "the peer is somewhere else");
}

/* ---- one cell ---- */

static void judge(const stand *s, bool proven)
{
    const cast_host *h = s->host;
    unsigned ends = h->told[KITH_EVENT_PAIRED] + h->told[KITH_EVENT_PAIRING_FAILED];
    bool began = s->side == INITIATOR || s->peer.moves > 0;

    if (h->highest > (proven ? s->row->level : KITH_LEVEL_NONE))
        stop(s, "a level without proof");
    if (!proven && h->told[KITH_EVENT_PAIRED] != 0)
        stop(s, "paired without proof");
    if (ends < began || ends > 2)
        stop(s, "not one end");
}

static void send_and_judge(stand *s, const uint8_t *pdu, size_t len)
{
    static const uint8_t zero[16];
    bool proven;

    come_to_state(s);
    check_state(s);
    proven = puppet_has_encrypted(&s->peer);
    puppet_send(&s->peer, pdu, len);
    puppet_run(&s->peer, SETTLE_US, NULL, NULL);
    puppet_encrypt(&s->peer, zero);
    puppet_run(&s->peer, SETTLE_US, NULL, NULL);
    s->room->stage.work_us = 0;
    s->room->stage.hosts[0].work_due_us = kith_sim_now(s->room->sim);
    puppet_disconnect(&s->peer);
    judge(s, proven);
    s->peer.wears_identity = s->peer.asks = false;
    cast_forget_all(s->host);
    pair_well(s);
    cast_forget_all(s->host);
    s->cells++;
}

static void send_one(stand *s, uint8_t opcode, size_t len)
{
    uint8_t pdu[LONGEST] = {0};

    for (size_t i = 0; i < len; i++)
        pdu[i] = (uint8_t)(opcode * 31u + len * 7 + i * 13);
    pdu[0] = opcode;
    send_and_judge(s, pdu, len);
}

static void send_everything(stand *s)
{
    unsigned last = KITH_SMP_KEYPRESS_NOTIFICATION;

    for (unsigned i = 1; i <= last + RESERVED; i++) {
        uint8_t opcode = i <= last ? (uint8_t)i : reserved[i - last - 1];

        for (size_t len = 1; len <= LONGEST; len++)
            if (cast_is_full() || len == kith_smp_pdu_len(opcode) || (i * LONGEST + len + s->number * 131) % 331 == 0)
                send_one(s, opcode, len);
    }
    send_one(s, 0, 0);
}

/* ---- which states there are ---- */

static host_state *add_state(stand *s)
{
    assert_true(s->count < MANY_STATES);
    s->states[s->count] = (host_state){.moves = PUPPET_ALL};
    return &s->states[s->count++];
}

/* A pairing that goes well shows what there is. */
static void rehearse(stand *s)
{
    static const host_state nothing = {.name = "rehearsal"};

    s->state = &nothing;
    pair_well(s);
    s->moves = s->peer.moves;
    memcpy(s->made, s->peer.made, sizeof s->made);
    cast_forget_all(s->host);
}

static unsigned count_before(const stand *s, unsigned until, uint16_t move)
{
    unsigned count = 0;

    for (unsigned i = 0; i < until; i++)
        count += s->made[i] == move;
    return count;
}

static bool is_a_round_left_out(const stand *s, unsigned at)
{
    unsigned round = count_before(s, at, KITH_SMP_PAIRING_RANDOM);
    bool in_rounds = s->made[at] == KITH_SMP_PAIRING_RANDOM || s->made[at] == KITH_SMP_PAIRING_CONFIRM;

    return in_rounds && round != 0 && round != 10 && round != 19;
}

static void add_moves(stand *s)
{
    for (unsigned i = 0; i <= s->moves; i++) {
        host_state *one;

        if (i < s->moves && is_a_round_left_out(s, i))
            continue;
        one = add_state(s);
        one->moves = i;
        if (i == s->moves)
            snprintf(one->name, sizeof one->name, "paired");
        else if (s->made[i] == PUPPET_ENCRYPTS)
            snprintf(one->name, sizeof one->name, "before encryption");
        else
            snprintf(one->name, sizeof one->name, "before %s %u", kith_smp_opcode_name((uint8_t)s->made[i]),
                     count_before(s, i, s->made[i]) + 1);
    }
}

/* How far does the peer get while this person is silent?  There, and one move before that if it was asked by then. */
static void add_question(stand *s, kith_event_kind question, bool at_end)
{
    host_state *held = add_state(s), *bare;

    held->silent_at = question;
    held->at_end = at_end;
    snprintf(held->name, sizeof held->name, "%s%s", kith_event_name(question), at_end ? " at the end" : "");
    s->state = held;
    come_to_state(s);
    if (s->peer.people[s->side].question != question) {
        s->count--;
    } else if (s->peer.moves > 0 && !at_end) {
        bare = add_state(s);
        *bare = *held;
        bare->moves = s->peer.moves - 1;
        snprintf(bare->name, sizeof bare->name, "%s, one move before", kith_event_name(question));
        s->state = bare;
        come_to_state(s);
        s->count -= s->peer.people[s->side].question != question;
    }
    s->peer.wears_identity = s->peer.asks = false;
    wake(s);
    cast_forget_all(s->host);
}

static void add_computing(stand *s, kith_work_kind work, const char *name)
{
    host_state *one = add_state(s);

    one->computes = true;
    one->work = work;
    snprintf(one->name, sizeof one->name, "%s", name);
}

static void find_states(stand *s)
{
    rehearse(s);
    add_moves(s);
    add_question(s, KITH_EVENT_CONSENT_WANTED, false);
    add_question(s, KITH_EVENT_OOB_WANTED, false);
    add_question(s, KITH_EVENT_PASSKEY_WANTED, false);
    add_question(s, KITH_EVENT_COMPARISON_WANTED, false);
    add_question(s, KITH_EVENT_CONSENT_WANTED, true);
    if (s->row->legacy)
        return;
    add_computing(s, KITH_WORK_CHECK_KEY, "checking the key");
    add_computing(s, KITH_WORK_SHARED_SECRET, "computing the secret");
}

static void run_method(const method_row *row, unsigned side, unsigned number)
{
    stand s = {.row = row, .side = side, .room = cast_open(51, CAST_TOY), .number = number};
    kith_config config;

    method_config(row, side, true, &config);
    s.host = cast_add(s.room, config.name, &config);
    cast_start(s.room);
    puppet_enter(&s.peer, s.room, row, !side);
    find_states(&s);
    print_message("%s, %s, %u states:", row->name, s.host->name, s.count);
    for (unsigned i = 0; i < s.count; i++) {
        s.state = &s.states[i];
        print_message("%s %s", i == 0 ? "" : ",", s.state->name);
        send_everything(&s);
        s.number++;
    }
    print_message("; %u cells\n", s.cells);
    all_states += s.count;
    all_cells += s.cells;
    puppet_leave(&s.peer);
    cast_close(s.room);
}

static void run_all(unsigned side)
{
    all_states = all_cells = 0;
    for (size_t i = 0; i < METHODS; i++)
        run_method(&method_rows[i], side, all_states);
    print_message("%u states, %u cells\n", all_states, all_cells);
}

static void every_opcode_in_every_state_of_an_initiator(void **state)
{
    (void)state;
    run_all(INITIATOR);
}

static void every_opcode_in_every_state_of_a_responder(void **state)
{
    (void)state;
    run_all(RESPONDER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_opcode_in_every_state_of_an_initiator),
        cmocka_unit_test(every_opcode_in_every_state_of_a_responder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
