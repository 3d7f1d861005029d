/* A relay that does anything by chance to what goes through in plain: drops, turns bits, says things twice, says things
 * of its own, and hangs up.  The two devices end with nothing, or with what they both have; people compare honestly.
 * A7, A8, A11 and B1 name what a relay does on purpose; here it has no plan, and finds what nobody thought of. */
#include "kith/codec/l2cap.h"
#include "relay.h"

typedef struct {
    cast_room *room;
    relay relay;
    cast_host *phone, *lamp;
    uint64_t random;
    bool legacy;
    kith_level level;  /* of what they make undisturbed */
    unsigned mischief; /* per thousand frames */
    unsigned done;     /* pranks played */
    bool spoiled;      /* a key, a commitment, a nonce or a check arrived with a wrong bit in this pairing */
    unsigned ends[2];  /* before this pairing */
    bool has_number[2];
    uint32_t number[2];
} scene;

static uint32_t draw(scene *s, uint32_t below)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(s->random >> 33) % below;
}

/* ---- people ---- */

/* Both devices lie on one table: who looks at them says what he sees. */
static void compare(cast_host *self, const kith_event *e)
{
    scene *s = self->context;
    unsigned me = self == s->lamp;
    kith_comparison said;

    if (e->kind == KITH_EVENT_CONSENT_WANTED)
        assert_int_equal(kith_pairing_consent(self->host, e->link, true), KITH_OK);
    if (e->kind == KITH_EVENT_PAIRING_FAILED || e->kind == KITH_EVENT_DISCONNECTED)
        s->has_number[me] = false;
    if (e->kind != KITH_EVENT_COMPARISON_WANTED)
        return;
    s->has_number[me] = true;
    s->number[me] = e->comparison.number;
    if (!s->has_number[!me])
        return;
    said = s->number[0] == s->number[1] ? KITH_NUMBERS_EQUAL : KITH_NUMBERS_DIFFER;
    s->has_number[0] = s->has_number[1] = false;
    (void)!kith_pairing_compare(s->phone->host, s->phone->link, said);
    (void)!kith_pairing_compare(s->lamp->host, s->lamp->link, said);
}

/* ---- the relay ---- */

static void say_anything(scene *s, unsigned towards)
{
    uint8_t pdu[KITH_SMP_MAX_PDU];
    size_t len;

    for (size_t i = 0; i < sizeof pdu; i++)
        pdu[i] = (uint8_t)draw(s, 256);
    pdu[0] &= 15;
    if (pdu[0] == KITH_SMP_PAIRING_REQUEST || pdu[0] == KITH_SMP_PAIRING_RESPONSE) { /* possible ones, mostly */
        pdu[1] %= 5;
        pdu[2] = 0;
        pdu[4] = 16;
    }
    len = kith_smp_pdu_len(pdu[0]);
    relay_inject(&s->relay, towards, pdu, len != 0 ? len : 1);
}

static bool is_value(uint8_t opcode)
{
    return opcode == KITH_SMP_PAIRING_PUBLIC_KEY || opcode == KITH_SMP_PAIRING_CONFIRM ||
           opcode == KITH_SMP_PAIRING_RANDOM || opcode == KITH_SMP_PAIRING_DHKEY_CHECK;
}

static void turn_bit(scene *s, uint8_t *pdu, size_t len)
{
    uint32_t at = draw(s, (uint32_t)len);

    s->spoiled |= at > 0 && is_value(pdu[0]);
    pdu[at] ^= (uint8_t)(1u << draw(s, 8));
}

/* Offers are few, and what is done to them tells most. */
static bool is_in_the_mood(scene *s, uint8_t opcode)
{
    bool is_offer = opcode == KITH_SMP_PAIRING_REQUEST || opcode == KITH_SMP_PAIRING_RESPONSE;

    return draw(s, 1000) < (is_offer ? 3 * s->mischief : s->mischief);
}

/* Who does not know the key can do nothing to what is encrypted. */
static bool play(relay *r, unsigned towards, uint16_t cid, uint8_t *pdu)
{
    scene *s = r->context;
    size_t len = kith_smp_pdu_len(pdu[0]);

    if (cid != KITH_CID_SMP || len == 0 || r->leg[0].encrypted || r->leg[1].encrypted || !is_in_the_mood(s, pdu[0]))
        return true;
    s->done++;
    switch (draw(s, 6)) {
    case 0:
        return false;
    case 1:
        relay_inject(r, towards, pdu, len);
        return true;
    case 2:
        say_anything(s, towards);
        return true;
    case 3:
        say_anything(s, !towards);
        return true;
    default:
        turn_bit(s, pdu, len);
        return true;
    }
}

/* ---- a run ---- */

static const kith_method *const legacy_methods[] = {&kith_legacy_just_works_initiator,
                                                    &kith_legacy_just_works_responder, NULL};

static void add_hosts(scene *s)
{
    for (unsigned i = 0; i < 2; i++) {
        kith_config config;

        if (i == 0)
            cast_phone_config(&config);
        else
            cast_lamp_config(&config);
        config.security.methods = s->legacy ? legacy_methods : kith_all_methods;
        config.security.legacy = s->legacy;
        config.security.min_key_size = s->legacy ? 7 : 16;
        config.security.io = KITH_IO_DISPLAY_YES_NO;
        config.security.ask_mitm = true;
        config.security.policy = KITH_PAIRING_ASK;
        config.security.backoff.first_ms = 0;
        *(i == 0 ? &s->phone : &s->lamp) =
            i == 0 ? relay_add_central(s->room, &config) : relay_add_peripheral(s->room, &config);
        s->room->hosts[i].react = compare;
        s->room->hosts[i].context = s;
    }
}

static bool bond_of(const cast_host *h, kith_bond_info *info, kith_bond_keys *keys)
{
    return kith_bonds_count(h->host) != 0 && cast_only_bond(h, info, keys);
}

/* Level 4 says that two people's devices share a key and nobody else has it: so a bond that says it has its like on the
 * other side, unless that one was cut off before it could keep it. */
static void expect_shared(const scene *s, bool was_bonded)
{
    kith_bond_info info[2];
    kith_bond_keys keys[2];
    bool has[2];

    for (unsigned i = 0; i < 2; i++) {
        const cast_host *h = &s->room->hosts[i];

        has[i] = bond_of(h, &info[i], &keys[i]);
        if (h->config.security.min_key_size == 16)
            cast_check(s->room, !has[i] || info[i].key_size == 16);
        if (was_bonded)
            cast_check(s->room, has[i] && info[i].level == s->level && info[i].key_size == 16);
        cast_check(s->room, !has[i] || info[i].level < KITH_LEVEL_SC_AUTHENTICATED || info[i].key_size == 16);
        cast_check(s->room, !has[i] || info[i].level < KITH_LEVEL_AUTHENTICATED ||
                                info[i].method == KITH_METHOD_NUMERIC_COMPARISON);
    }
    if (has[0] && has[1] && info[0].key_kind == KITH_KEY_KIND_SC && !was_bonded)
        assert_memory_equal(keys[0].ltk, keys[1].ltk, 16);
}

/* What one says that it offered is what the other says that it heard.  In Secure Connections sizes and keys are in no
 * check (A11). */
static void expect_heard(const scene *s, const kith_verdict *from, const kith_verdict *at)
{
    const kith_pairing_features *said = &from->my_features, *heard = &at->peer_features;

    cast_equal(s->room, heard->io_capability, said->io_capability);
    cast_equal(s->room, heard->oob_flag, said->oob_flag);
    cast_equal(s->room, heard->auth_req, said->auth_req);
    if (at->key_kind == KITH_KEY_KIND_SC)
        return;
    cast_equal(s->room, heard->max_key_size, said->max_key_size);
    cast_equal(s->room, heard->initiator_keys, said->initiator_keys);
    cast_equal(s->room, heard->responder_keys, said->responder_keys);
}

static void expect_agreed(const scene *s)
{
    const kith_verdict *phone = &s->phone->end, *lamp = &s->lamp->end;

    if (s->phone->ends == s->ends[0] || s->lamp->ends == s->ends[1] || !phone->succeeded || !lamp->succeeded)
        return;
    cast_check(s->room, !s->spoiled);
    expect_heard(s, phone, lamp);
    expect_heard(s, lamp, phone);
}

/* The lamp may never have heard of it, or be waiting still: then it is cut off. */
static bool is_over(relay *r)
{
    const scene *s = r->context;

    if (s->phone->ends == s->ends[0])
        return false;
    return !s->phone->end.succeeded || s->lamp->ends != s->ends[1];
}

static void pair_through(scene *s, bool was_bonded)
{
    s->ends[0] = s->phone->ends;
    s->ends[1] = s->lamp->ends;
    s->spoiled = false;
    relay_join(&s->relay);
    cast_equal(s->room, kith_security_pair(s->phone->host, s->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    relay_run(&s->relay, draw(s, 4) == 0 ? draw(s, CAST_SECOND) : 100 * (uint64_t)CAST_SECOND, is_over);
    expect_agreed(s);
    relay_part(&s->relay);
    cast_check(s->room, s->phone->ends > s->ends[0]); /* nobody hangs, and nobody is left in the dark */
    expect_shared(s, was_bonded);
}

/* Without the relay all is well. */
static void pair_directly(scene *s)
{
    cast_host *both[2] = {s->phone, s->lamp};
    unsigned bonds[2] = {s->phone->told[KITH_EVENT_BONDED], s->lamp->told[KITH_EVENT_BONDED]};

    cast_forget_all(s->phone);
    cast_forget_all(s->lamp);
    cast_connect(s->phone, s->lamp);
    cast_equal(s->room, kith_security_secure(s->phone->host, s->phone->link, s->level), KITH_OK);
    for (unsigned i = 0; i < 2; i++) {
        cast_await(both[i], KITH_EVENT_BONDED, bonds[i] + 1);
        cast_equal(s->room, both[i]->end.level, s->level);
    }
    cast_disconnect(s->phone, s->lamp);
    cast_connect(s->phone, s->lamp);
    cast_encrypt(s->phone, s->lamp);
    cast_disconnect(s->phone, s->lamp);
}

static unsigned run(uint64_t seed)
{
    scene s = {.random = seed, .legacy = (seed & 1) != 0};
    bool was_bonded = (seed & 2) != 0;

    s.room = cast_open(seed, CAST_TOY);
    s.level = s.legacy ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_SC_AUTHENTICATED;
    s.mischief = 20 + draw(&s, 300);
    add_hosts(&s);
    cast_start(s.room);
    if (was_bonded)
        pair_directly(&s);
    relay_enter(&s.relay, s.phone, s.lamp);
    s.relay.edit = play;
    s.relay.context = &s;
    for (unsigned i = 0; i < 3; i++)
        pair_through(&s, was_bonded);
    pair_directly(&s);
    relay_close(&s.relay);
    return s.done;
}

static void a_relay_that_does_anything_gets_nothing(void **state)
{
    uint64_t first = cast_first_seed(4300);
    unsigned runs = cast_runs(300, 5000), pranks = 0;

    (void)state;
    for (unsigned i = 0; i < runs; i++)
        pranks += run(first + i);
    print_message("%u pranks in %u runs\n", pranks, runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_relay_that_does_anything_gets_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
