/* What came of attacking a host with a store: claims that change under a pairing, two ends for one start, and a window
 * that somebody's sleep closes. */
#include "test_host_attack_support.h"

/* Keeps nothing, and answers as it is told to. */
typedef struct {
    kith_store store;
    kith_status answer;
} blank_store;

static kith_status answer_all(void *context, kith_store_state *state)
{
    const blank_store *s = context;

    memset(state, 0, sizeof *state);
    state->room = 8;
    return s->answer;
}

static kith_status read_none(void *context, uint32_t *cursor, kith_record *out)
{
    (void)context;
    (void)cursor;
    (void)out;
    return KITH_ERR_NOT_FOUND;
}

static kith_status put_away(void *context, const kith_record *record, kith_store_state *state)
{
    (void)record;
    return answer_all(context, state);
}

static kith_status remove_one(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    (void)kind;
    (void)id;
    return answer_all(context, state);
}

static void make_store(blank_store *s, kith_status answer)
{
    s->answer = answer;
    s->store = (kith_store){.context = s, .open = answer_all, .read = read_none, .put = put_away, .remove = remove_one};
}

static void a_controller_that_fails_while_a_store_fails_is_one_end(void **state)
{
    const uint8_t hardware_error[] = {KITH_H4_EVENT, KITH_HCI_EV_HARDWARE_ERROR, 1, 7};
    kith_config config = attack_config();
    blank_store s;
    kith_work work;
    side *x;
    attack a;

    (void)state;
    attack_begin(&a);
    make_store(&s, KITH_ERR_STORAGE);
    config.store = &s.store;
    x = make_side(&a, 0, config);
    assert_int_equal(kith_host_start(x->h, a.now_us), KITH_OK);
    assert_true(kith_host_take_work(x->h, &work));
    kith_work_run(&work);
    assert_int_equal(kith_host_receive(x->h, hardware_error, sizeof hardware_error, a.now_us), KITH_OK);
    assert_int_equal(kith_host_finish_work(x->h, &work, a.now_us), KITH_OK);
    assert_int_equal(kith_host_advance(x->h, a.now_us), KITH_OK);
    take_events(x);
    assert_int_equal(x->told[KITH_EVENT_START_FAILED] + x->told[KITH_EVENT_CONTROLLER_LOST], 1);
    attack_end(&a);
}

static kith_config comparing_config(void)
{
    static const kith_method *const methods[] = {&kith_sc_numeric_comparison_initiator,
                                                 &kith_sc_numeric_comparison_responder, NULL};
    kith_config config = attack_config();

    config.security.methods = methods;
    config.security.io = KITH_IO_DISPLAY_YES_NO;
    config.security.ask_mitm = true;
    return config;
}

static void numbers_that_our_own_person_slept_through_leave_the_window_open(void **state)
{
    side *central, *peripheral;
    attack a;

    (void)state;
    attack_begin(&a);
    central = start_side(&a, 0, comparing_config());
    peripheral = start_side(&a, 1, comparing_config());
    assert_int_equal(kith_pairing_open(peripheral->h, 600000), KITH_OK);
    for (unsigned i = 0; i < 3; i++) {
        join(central, peripheral);
        pass(&a, kith_pairing_wait_us(central->h, central->link)); /* to it, the peer failed */
        assert_int_equal(kith_security_pair(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        run(&a);
        assert_int_equal(kith_pairing_compare(central->h, central->link, KITH_NUMBERS_EQUAL), KITH_OK);
        pass(&a, 26 * SECOND);
        assert_int_equal(last_event(peripheral, KITH_EVENT_PAIRING_FAILED)->verdict.why, KITH_WHY_COMPARE_TIMEOUT);
        part(central, peripheral);
        run(&a);
        forget_log(central);
        forget_log(peripheral);
    }
    assert_true(kith_pairing_is_open(peripheral->h));
    attack_end(&a);
}

static kith_config asking_config(blank_store *s)
{
    kith_config config = attack_config();

    make_store(s, KITH_OK);
    config.security.policy = KITH_PAIRING_ASK;
    config.limits.links = config.limits.pairings = 2;
    config.store = &s->store;
    return config;
}

static void expect_ltk(const side *x, uint8_t ltk[16])
{
    kith_bond_info bond;
    kith_bond_keys keys;

    assert_int_equal(kith_bonds_next(x->h, 0, &bond), KITH_OK);
    assert_int_equal(kith_bonds_export(x->h, bond.peer, &keys), KITH_OK);
    memcpy(ltk, keys.ltk, 16);
}

/* A person consents to a stranger; meanwhile the real owner of that address bonds and leaves.  The consent was never
 * about the bond that now stands. */
static void consent_to_a_stranger_is_not_consent_to_replace_a_bond_made_since(void **state)
{
    side *lamp, *stranger, *phone;
    uint8_t before[16], after[16];
    kith_link first;
    blank_store s;
    attack a;

    (void)state;
    attack_begin(&a);
    lamp = start_side(&a, 1, asking_config(&s));
    a.sides[0].address = a.sides[2].address = 9;
    stranger = start_side(&a, 0, attack_config());
    phone = start_side(&a, 2, attack_config());
    join(stranger, lamp);
    first = lamp->link;
    assert_int_equal(kith_security_pair(stranger->h, stranger->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(lamp->told[KITH_EVENT_CONSENT_WANTED], 1);
    assert_false(last_event(lamp, KITH_EVENT_CONSENT_WANTED)->consent.again);

    stranger->peer = NULL;
    lamp->handle = phone->handle = 0x41;
    join(phone, lamp);
    assert_int_equal(kith_security_pair(phone->h, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&a);
    assert_int_equal(lamp->told[KITH_EVENT_CONSENT_WANTED], 2);
    assert_int_equal(kith_pairing_consent(lamp->h, lamp->link, true), KITH_OK);
    run(&a);
    expect_ltk(lamp, before);
    part(phone, lamp);
    phone->peer = NULL;
    run(&a);

    lamp->handle = 0x40;
    lamp->peer = stranger;
    stranger->peer = lamp;
    assert_int_equal(kith_pairing_consent(lamp->h, first, true), KITH_OK);
    run(&a);
    expect_ltk(lamp, after);
    assert_memory_equal(before, after, sizeof before);
    attack_end(&a);
}

/* Of two peers with one identity resolving key the program hears when the second bond is durable. */
static void B14_a_key_that_two_bonds_have_is_told_with_the_second(void **state)
{
    static const uint8_t irk[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    kith_config config = attack_config();
    blank_store s;
    side *lamp;
    attack a;

    (void)state;
    attack_begin(&a);
    make_store(&s, KITH_OK);
    config.store = &s.store;
    lamp = start_side(&a, 1, config);
    config = attack_config();
    config.irk = irk;
    for (unsigned i = 0; i <= 2; i += 2) {
        side *central;

        a.sides[i].address = (uint8_t)(5 + i);
        central = start_side(&a, i, config);
        join(central, lamp);
        assert_int_equal(kith_pairing_open(lamp->h, 30000), KITH_OK);
        assert_int_equal(kith_security_secure(central->h, central->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
        run(&a);
        assert_int_equal(last_event(lamp, KITH_EVENT_BONDED)->verdict.irk_shared, i == 2);
        assert_int_equal(kith_bonds_count(lamp->h), 1 + i / 2);
        part(central, lamp);
    }
    attack_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B14_a_key_that_two_bonds_have_is_told_with_the_second),
        cmocka_unit_test(a_controller_that_fails_while_a_store_fails_is_one_end),
        cmocka_unit_test(numbers_that_our_own_person_slept_through_leave_the_window_open),
        cmocka_unit_test(consent_to_a_stranger_is_not_consent_to_replace_a_bond_made_since),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
