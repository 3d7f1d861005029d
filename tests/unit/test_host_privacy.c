/* Private addresses of our own: what the controller is told and when, whatever is on, and what becomes of it where an
 * address cannot be made or is not taken. */
#include "test_host_lists_support.h"

enum { CYCLE_S = 900, ADVERTISES = 1, SCANS = 2, CONNECTS = 4, ALL = 7, MOST_STEPS = 16 };
enum { OWN_OF_ENTRY = 3 }; /* Own_Address_Type: of the peer's entry, else the random one */
static const uint64_t cycle_us = (uint64_t)CYCLE_S * 1000000;

static kith_status set(rig *r, kith_privacy_mode mode, uint16_t cycle_s)
{
    const kith_privacy privacy = {.mode = mode, .cycle_s = cycle_s};

    return kith_privacy_set(r->d.h, &privacy);
}

static void open_private(rig *r)
{
    rig_open(r, 4, 4, 4);
    assert_int_equal(set(r, KITH_PRIVACY_RESOLVABLE, CYCLE_S), KITH_OK);
    rig_run(r);
    rig_forget(r);
}

static kith_address own_of(const rig *r)
{
    kith_address own;

    assert_int_equal(kith_gap_own_address(r->d.h, &own), KITH_OK);
    return own;
}

static void expect_resolvable(const rig *r, const kith_address *address)
{
    kith_identity_info info;
    uint8_t irk[16];
    uint8_t number = 0;

    while (kith_identity_get(r->d.h, number, &info) == KITH_OK && !info.is_selected)
        number++;
    assert_int_equal(kith_identity_copy_irk(r->d.h, number, irk), KITH_OK);
    assert_int_equal(kith_address_resolve(&r->d.port, irk, address), KITH_OK);
}

static void begin(rig *r, unsigned activities)
{
    const kith_address peer = {KITH_ADDRESS_PUBLIC, {9, 2, 3, 4, 5, 6}};
    kith_advertising advertising;
    kith_scan scan;

    rig_advertising(&advertising, KITH_FILTER_NOTHING);
    kith_gap_default_scan(&scan);
    if ((activities & ADVERTISES) != 0)
        assert_int_equal(kith_gap_advertise(r->d.h, &advertising), KITH_OK);
    if ((activities & SCANS) != 0)
        assert_int_equal(kith_gap_start_scan(r->d.h, &scan), KITH_OK);
    if ((activities & CONNECTS) != 0)
        assert_int_equal(kith_gap_connect(r->d.h, &peer, NULL), KITH_OK);
}

static void stop(rig *r, unsigned activities)
{
    if ((activities & ADVERTISES) != 0)
        assert_int_equal(kith_gap_stop_advertising(r->d.h), KITH_OK);
    if ((activities & SCANS) != 0)
        assert_int_equal(kith_gap_stop_scan(r->d.h), KITH_OK);
    if ((activities & CONNECTS) != 0)
        assert_int_equal(kith_gap_cancel_connect(r->d.h), KITH_OK);
}

static void take_steps(rig *r, unsigned steps)
{
    while (steps-- > 0 && rig_step(r))
        continue;
}

static void pass(rig *r, uint64_t us)
{
    r->d.now_us += us;
    assert_int_equal(kith_host_advance(r->d.h, r->d.now_us), KITH_OK);
    rig_take_events(r);
}

/* These are on and nothing else, under the address that the host tells, which is a private one. */
static void expect_on(rig *r, unsigned activities)
{
    kith_address own = own_of(r);

    assert_int_equal(r->disallowed, 0);
    assert_int_equal(r->advertising, (activities & ADVERTISES) != 0);
    assert_int_equal(r->scanning, (activities & SCANS) != 0);
    assert_int_equal(r->initiating, (activities & CONNECTS) != 0);
    assert_true(!r->advertising || r->advertises_as == KITH_ADDRESS_RANDOM);
    assert_true(!r->scanning || r->scans_as == OWN_OF_ENTRY);
    assert_true(!r->initiating || r->connects_as == OWN_OF_ENTRY);
    assert_memory_equal(r->random_address, own.octets, 6);
    expect_resolvable(r, &own);
}

static void expect_told(const rig *r, unsigned advertising, unsigned scanning, unsigned failed)
{
    assert_int_equal(r->told[KITH_EVENT_ADVERTISING], advertising);
    assert_int_equal(r->told[KITH_EVENT_SCANNING], scanning);
    assert_int_equal(r->told[KITH_EVENT_CONNECT_FAILED], failed);
}

/* ---- calls ---- */

static void what_is_set_is_what_is_got(void **state)
{
    kith_privacy now;
    rig r;

    (void)state;
    rig_open(&r, 4, 4, 4);
    kith_privacy_get(r.d.h, &now);
    assert_int_equal(now.mode, KITH_PRIVACY_OFF);
    assert_int_equal(now.cycle_s, 900);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 1), KITH_OK);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 3600), KITH_OK);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 0), KITH_ERR_VALUE);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 3601), KITH_ERR_VALUE);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE + 2, 900), KITH_ERR_VALUE);
    assert_int_equal(set(&r, KITH_PRIVACY_NON_RESOLVABLE, 0), KITH_ERR_VALUE);
    kith_privacy_get(r.d.h, &now);
    assert_int_equal(now.mode, KITH_PRIVACY_RESOLVABLE);
    assert_int_equal(now.cycle_s, 3600);
    rig_close(&r);
}

static void init_refuses_what_set_refuses(void **state)
{
    rig r;
    size_t size;

    (void)state;
    rig_make(&r, 4, 4, 4, NULL);
    size = kith_host_size(&r.d.config.limits);
    r.d.config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, 0, 0};
    assert_int_equal(kith_host_init(r.d.memory, size, &r.d.config, &r.d.h), KITH_ERR_VALUE);
    r.d.config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE + 2, 900, 0};
    assert_int_equal(kith_host_init(r.d.memory, size, &r.d.config, &r.d.h), KITH_ERR_VALUE);
    r.d.config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, 3600, 0};
    assert_int_equal(kith_host_init(r.d.memory, size, &r.d.config, &r.d.h), KITH_OK);
    rig_close(&r);
}

/* From the call that begins something to the answer that it is off; and while the address is changed. */
static void what_is_in_use_is_not_changed(void **state)
{
    (void)state;
    for (unsigned activity = ADVERTISES; activity <= CONNECTS; activity *= 2) {
        rig r;

        open_private(&r);
        begin(&r, activity);
        do
            assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0), KITH_ERR_IN_USE);
        while (rig_step(&r));
        rig_run(&r);
        pass(&r, cycle_us);
        do
            assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0), KITH_ERR_IN_USE);
        while (rig_step(&r));
        stop(&r, activity);
        assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0), KITH_ERR_IN_USE);
        rig_run(&r);
        assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0), KITH_OK);
        rig_close(&r);
    }
}

/* Everything has ended; the change has not. */
static void a_change_that_outlives_its_cause_is_in_use(void **state)
{
    rig r;

    (void)state;
    open_private(&r);
    begin(&r, CONNECTS);
    rig_run(&r);
    pass(&r, cycle_us);
    r.keep = KITH_HCI_LE_SET_RANDOM_ADDRESS;
    rig_run(&r);
    assert_true(r.kept);
    stop(&r, CONNECTS);
    assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0), KITH_ERR_IN_USE);
    rig_answer_kept(&r);
    rig_run(&r);
    assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0), KITH_OK);
    rig_close(&r);
}

static void while_the_controller_starts_it_is_busy(void **state)
{
    rig r;

    (void)state;
    rig_make(&r, 4, 4, 4, NULL);
    assert_int_equal(kith_host_start(r.d.h, 0), KITH_OK);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 900), KITH_ERR_BUSY);
    rig_run(&r);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 900), KITH_OK);
    assert_int_equal(kith_host_factory_reset(r.d.h), KITH_OK);
    assert_int_equal(set(&r, KITH_PRIVACY_OFF, 900), KITH_ERR_BUSY);
    rig_close(&r);
}

static void a_controller_that_takes_no_address_has_no_privacy(void **state)
{
    static const uint16_t lacking[] = {KITH_HCI_LE_SET_RANDOM_ADDRESS, 0};
    kith_privacy now;
    rig r;

    (void)state;
    rig_make(&r, 4, 4, 4, lacking);
    rig_start(&r);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 900), KITH_ERR_UNSUPPORTED);
    assert_int_equal(set(&r, KITH_PRIVACY_OFF, 900), KITH_OK);
    kith_privacy_get(r.d.h, &now);
    assert_int_equal(now.mode, KITH_PRIVACY_OFF);
    rig_close(&r);
    rig_make(&r, 4, 4, 4, lacking);
    assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, 900), KITH_OK); /* nobody knows yet */
    r.refuse = KITH_HCI_LE_SET_RANDOM_ADDRESS;
    r.refuse_with = KITH_HCI_UNKNOWN_COMMAND;
    rig_start(&r);
    assert_int_equal(r.told[KITH_EVENT_READY], 0);
    assert_int_equal(r.last[KITH_EVENT_START_FAILED].start_failed.opcode, KITH_HCI_LE_SET_RANDOM_ADDRESS);
    rig_close(&r);
}

/* ---- the address ---- */

static void ready_tells_a_private_address_that_the_controller_has(void **state)
{
    (void)state;
    for (unsigned is_static = 0; is_static <= 1; is_static++) {
        kith_identity_info info;
        kith_address own;
        rig r;

        rig_make(&r, 4, 4, 4, NULL);
        r.d.config.own_address = is_static ? KITH_OWN_STATIC : KITH_OWN_PUBLIC;
        r.d.config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
        assert_int_equal(kith_host_init(r.d.memory, kith_host_size(&r.d.config.limits), &r.d.config, &r.d.h), KITH_OK);
        rig_start(&r);
        own = own_of(&r);
        expect_resolvable(&r, &own);
        assert_true(kith_address_equal(&r.last[KITH_EVENT_READY].ready.address, &own));
        assert_memory_equal(r.random_address, own.octets, 6);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RANDOM_ADDRESS), 1); /* never the identity's */
        assert_int_equal(kith_identity_get(r.d.h, 0, &info), KITH_OK);
        assert_int_equal(info.address.type, is_static);
        assert_false(kith_address_equal(&info.address, &own));
        begin(&r, ADVERTISES);
        rig_run(&r);
        expect_on(&r, ADVERTISES);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RANDOM_ADDRESS), 1);
        r.advertising = false;
        rig_event(&r, KITH_HCI_EV_HARDWARE_ERROR, (const uint8_t[]){1}, 1);
        pass(&r, 0);
        assert_int_equal(r.told[KITH_EVENT_CONTROLLER_LOST], 1);
        rig_start(&r); /* private it stays */
        own = own_of(&r);
        expect_resolvable(&r, &own);
        assert_memory_equal(r.random_address, own.octets, 6);
        begin(&r, ADVERTISES | SCANS);
        rig_run(&r);
        expect_on(&r, ADVERTISES | SCANS);
        rig_close(&r);
    }
}

static void off_it_is_the_identity_again(void **state)
{
    kith_identity_info info;
    kith_address own;
    rig r;

    (void)state;
    open_private(&r);
    assert_int_equal(set(&r, KITH_PRIVACY_OFF, 0), KITH_OK);
    assert_int_equal(kith_identity_get(r.d.h, 0, &info), KITH_OK);
    own = own_of(&r);
    assert_true(kith_address_equal(&own, &info.address));
    begin(&r, ADVERTISES);
    rig_run(&r);
    assert_int_equal(r.advertises_as, KITH_ADDRESS_PUBLIC);
    pass(&r, 10 * cycle_us);
    assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RANDOM_ADDRESS), 0);
    rig_close(&r);
}

static void another_identity_has_addresses_of_its_own_key(void **state)
{
    static const uint8_t irk[16] = {2, 2, 2, 2};
    kith_address own;
    uint8_t number;
    rig r;

    (void)state;
    rig_make(&r, 4, 4, 4, NULL);
    free(r.d.memory);
    r.d.config.limits.identities = 1;
    r.d.config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
    r.d.memory = malloc(kith_host_size(&r.d.config.limits));
    assert_int_equal(kith_host_init(r.d.memory, kith_host_size(&r.d.config.limits), &r.d.config, &r.d.h), KITH_OK);
    rig_start(&r);
    assert_int_equal(kith_identity_create(r.d.h, NULL, NULL, &number), KITH_OK);
    assert_int_equal(kith_identity_select(r.d.h, number), KITH_OK);
    own = own_of(&r);
    expect_resolvable(&r, &own);
    assert_int_equal(kith_identity_set(r.d.h, number, NULL, irk), KITH_OK); /* and of another key of it */
    own = own_of(&r);
    assert_int_equal(kith_address_resolve(&r.d.port, irk, &own), KITH_OK);
    begin(&r, ADVERTISES);
    rig_run(&r);
    expect_on(&r, ADVERTISES);
    rig_close(&r);
}

/* ---- an address has its time ---- */

static void it_begins_after_the_address_is_set(void **state)
{
    (void)state;
    for (unsigned activities = 1; activities <= ALL; activities++) {
        kith_address own;
        rig r;

        if (activities == (SCANS | CONNECTS) || activities == ALL)
            continue; /* not begun together: kith_gap_start_scan() */
        rig_open(&r, 4, 4, 4);
        assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, CYCLE_S), KITH_OK);
        own = own_of(&r);
        begin(&r, activities);
        rig_run(&r);
        assert_int_equal(r.log[0], KITH_HCI_LE_SET_RANDOM_ADDRESS);
        assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RANDOM_ADDRESS), 1);
        assert_memory_equal(r.random_address, own.octets, 6);
        expect_on(&r, activities);
        assert_int_equal(kith_host_deadline(r.d.h), r.d.now_us + cycle_us);
        rig_close(&r);
    }
}

static void start_all(rig *r, unsigned activities)
{
    begin(r, activities & (ADVERTISES | SCANS));
    if ((activities & SCANS) != 0)
        rig_run(r);
    begin(r, activities & CONNECTS);
}

/* Its time is over at each step of what begins, and every time again. */
static void what_is_on_goes_on_under_another_address(void **state)
{
    (void)state;
    for (unsigned activities = 1; activities <= ALL; activities++)
        for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
            rig r;

            open_private(&r);
            start_all(&r, activities);
            pass(&r, 0); /* it is looked at, and counts from here */
            take_steps(&r, steps);
            for (unsigned round = 0; round < 3; round++) {
                kith_address before = own_of(&r), now;

                pass(&r, cycle_us);
                rig_run(&r);
                expect_on(&r, activities);
                now = own_of(&r);
                assert_false(kith_address_equal(&before, &now));
                assert_int_equal(kith_host_deadline(r.d.h), r.d.now_us + cycle_us);
            }
            assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RANDOM_ADDRESS), 3);
            expect_told(&r, (activities & ADVERTISES) != 0, (activities & SCANS) != 0, 0);
            rig_close(&r);
        }
}

static void stopped_in_the_middle_is_stopped(void **state)
{
    (void)state;
    for (unsigned activity = ADVERTISES; activity <= CONNECTS; activity *= 2)
        for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
            rig r;

            open_private(&r);
            begin(&r, ALL & ~CONNECTS);
            rig_run(&r);
            begin(&r, CONNECTS);
            rig_run(&r);
            pass(&r, cycle_us);
            take_steps(&r, steps);
            stop(&r, activity);
            rig_run(&r);
            rig_take_events(&r);
            expect_on(&r, ALL & ~activity);
            expect_told(&r, 1 + (activity == ADVERTISES), 1 + (activity == SCANS), activity == CONNECTS);
            assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RANDOM_ADDRESS), 1);
            rig_close(&r);
        }
}

static void begun_in_the_middle_begins_after_it(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
        rig r;

        open_private(&r);
        begin(&r, SCANS);
        rig_run(&r);
        pass(&r, cycle_us);
        take_steps(&r, steps);
        begin(&r, ADVERTISES | CONNECTS);
        rig_run(&r);
        expect_on(&r, ALL);
        rig_close(&r);
    }
}

/* No wake-ups; but what is old by then is not used again. */
static void while_nothing_is_on_nothing_is_done(void **state)
{
    (void)state;
    for (unsigned old = 0; old <= 1; old++) {
        kith_address before, now;
        rig r;

        open_private(&r);
        assert_true(kith_host_deadline(r.d.h) == UINT64_MAX);
        begin(&r, ADVERTISES);
        rig_run(&r);
        before = own_of(&r);
        stop(&r, ADVERTISES);
        rig_run(&r);
        assert_true(kith_host_deadline(r.d.h) == UINT64_MAX);
        r.d.now_us += cycle_us - !old; /* and nobody tells the host */
        begin(&r, ADVERTISES);
        rig_run(&r);
        expect_on(&r, ADVERTISES);
        now = own_of(&r);
        assert_int_equal(kith_address_equal(&before, &now), !old);
        assert_int_equal(kith_host_deadline(r.d.h), r.d.now_us + (old ? cycle_us : 1));
        rig_close(&r);
    }
}

static void lists_and_address_change_at_once(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
        kith_peer_id peer;
        rig r;

        open_private(&r);
        peer = rig_bond(&r, 1, 0x11);
        start_all(&r, ALL);
        rig_run(&r);
        pass(&r, cycle_us);
        take_steps(&r, steps);
        assert_int_equal(kith_allow_list_set(r.d.h, &peer, 1, KITH_LIST_PAUSE), KITH_OK);
        rig_run(&r);
        expect_on(&r, ALL);
        assert_true(r.resolution && rig_filters(&r, 1));
        expect_told(&r, 1, 1, 0);
        assert_int_equal(r.told[KITH_EVENT_ALLOW_LIST], 1);
        rig_close(&r);
    }
}

/* ---- a link has the address that it was made with ---- */

static const host_link *only_link(rig *r)
{
    const host_link *link = link_by_handle(r->d.h, DESK_HANDLE);

    assert_non_null(link);
    return link;
}

/* At each step of a change: what was on air when the controller was last told to begin. */
static void a_link_made_in_the_middle_has_the_address_it_was_made_with(void **state)
{
    const kith_address peer = {KITH_ADDRESS_PUBLIC, {7}};

    (void)state;
    for (unsigned central = 0; central <= 1; central++)
        for (unsigned steps = 0; steps <= MOST_STEPS; steps++) {
            kith_address before, last;
            rig r;

            open_private(&r);
            start_all(&r, ADVERTISES | CONNECTS);
            rig_run(&r);
            before = last = own_of(&r);
            pass(&r, cycle_us);
            for (unsigned i = 0; i < steps && rig_step(&r); i++) {
                uint16_t opcode = r.log[r.sent - 1];

                if ((central && opcode == KITH_HCI_LE_CREATE_CONNECTION) ||
                    (!central && opcode == KITH_HCI_LE_SET_ADV_ENABLE && r.advertising))
                    last = own_of(&r);
            }
            if (central && !r.initiating) { /* it was cancelled, and told so: none can come */
                rig_close(&r);
                continue;
            }
            rig_connection(&r, 0, central != 0, &peer);
            rig_take_events(&r);
            assert_true(kith_address_equal(&only_link(&r)->own, &last));
            rig_run(&r);
            assert_true(kith_address_equal(&only_link(&r)->own, &last)); /* and keeps it */
            expect_on(&r, central ? ADVERTISES : CONNECTS);
            last = own_of(&r);
            assert_false(kith_address_equal(&before, &last));
            rig_close(&r);
        }
}

/* It was made before the pause, and is told while what goes on again has not been answered. */
static void a_link_that_is_told_late_has_the_address_of_before(void **state)
{
    const kith_address peer = {KITH_ADDRESS_PUBLIC, {7}};
    kith_address before;
    rig r;

    (void)state;
    open_private(&r);
    begin(&r, ADVERTISES);
    rig_run(&r);
    before = own_of(&r);
    pass(&r, cycle_us);
    assert_true(rig_step(&r)); /* off */
    r.keep = KITH_HCI_LE_SET_ADV_ENABLE;
    rig_run(&r);
    assert_true(r.kept && r.advertising);
    rig_connection(&r, 0, false, &peer);
    assert_true(kith_address_equal(&only_link(&r)->own, &before));
    rig_answer_kept(&r);
    r.keep = 0;
    rig_run(&r);
    assert_false(r.advertising);
    assert_true(kith_address_equal(&only_link(&r)->own, &before));
    rig_close(&r);
}

/* ---- where there is none ---- */

static kith_status no_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0x5a, len);
    return KITH_ERR_ENTROPY;
}

static kith_status no_aes(void *context, const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    (void)context;
    (void)key;
    memcpy(out, in, 16);
    return KITH_ERR_CRYPTO;
}

typedef struct {
    kith_crypto_port good;
    kith_status wanted;
} failure;

static failure fail_with(rig *r, unsigned kind)
{
    failure f = {r->d.port, kind == 0 ? KITH_ERR_ENTROPY : KITH_ERR_CRYPTO};

    if (kind == 0)
        r->d.port.random = no_random;
    else
        r->d.port.aes128 = no_aes;
    return f;
}

static void expect_given_up(const rig *r, unsigned activities, kith_status status)
{
    const kith_event_activity *advertising = &r->last[KITH_EVENT_ADVERTISING].activity;
    const kith_event_activity *scanning = &r->last[KITH_EVENT_SCANNING].activity;
    const kith_event_connect_failed *failed = &r->last[KITH_EVENT_CONNECT_FAILED].connect_failed;

    assert_false(r->advertising || r->scanning || r->initiating);
    if ((activities & ADVERTISES) != 0)
        assert_true(!advertising->on && advertising->status == status && advertising->hci_status != 0);
    if ((activities & SCANS) != 0)
        assert_true(!scanning->on && scanning->status == status && scanning->hci_status != 0);
    if ((activities & CONNECTS) != 0)
        assert_true(failed->status == status && failed->hci_status != 0);
}

/* All that was on is off, is told so with the reason, and can begin again when there is one. */
static void without_an_address_nothing_stays_on(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind <= 1; kind++)
        for (unsigned activities = 1; activities <= ALL; activities++) {
            bool advertises = (activities & ADVERTISES) != 0, scans = (activities & SCANS) != 0;
            kith_address own;
            failure f;
            rig r;

            open_private(&r);
            start_all(&r, activities);
            rig_run(&r);
            rig_forget(&r);
            f = fail_with(&r, kind);
            pass(&r, cycle_us);
            rig_run(&r);
            expect_told(&r, advertises, scans, (activities & CONNECTS) != 0);
            expect_given_up(&r, activities, f.wanted);
            assert_int_equal(rig_count(&r, KITH_HCI_LE_SET_RANDOM_ADDRESS), 0);
            assert_int_equal(kith_gap_own_address(r.d.h, &own), KITH_ERR_STATE);
            assert_true(kith_host_deadline(r.d.h) == UINT64_MAX);
            r.d.port = f.good;
            start_all(&r, activities);
            rig_run(&r);
            expect_on(&r, activities);
            rig_close(&r);
        }
}

static void without_an_address_nothing_begins(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind <= 1; kind++)
        for (unsigned activity = ADVERTISES; activity <= CONNECTS; activity *= 2) {
            kith_address own;
            failure f;
            rig r;

            rig_open(&r, 4, 4, 4);
            f = fail_with(&r, kind);
            assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, CYCLE_S), KITH_OK);
            assert_int_equal(kith_gap_own_address(r.d.h, &own), KITH_ERR_STATE);
            begin(&r, activity);
            rig_run(&r);
            assert_int_equal(r.sent, 0);
            expect_told(&r, activity == ADVERTISES, activity == SCANS, activity == CONNECTS);
            expect_given_up(&r, activity, f.wanted);
            r.d.port = f.good;
            begin(&r, activity);
            rig_run(&r);
            expect_on(&r, activity);
            rig_close(&r);
        }
}

/* Keys come first, so the source fails after those. */
static void without_an_address_there_is_no_start(void **state)
{
    static const uint8_t irk[16] = {1, 2, 3};
    rig r;

    (void)state;
    rig_make(&r, 4, 4, 4, NULL);
    r.d.config.irk = irk;
    r.d.config.privacy = (kith_privacy){KITH_PRIVACY_RESOLVABLE, CYCLE_S, 0};
    assert_int_equal(kith_host_init(r.d.memory, kith_host_size(&r.d.config.limits), &r.d.config, &r.d.h), KITH_OK);
    (void)fail_with(&r, 0);
    rig_start(&r);
    assert_int_equal(r.told[KITH_EVENT_READY], 0);
    assert_int_equal(r.last[KITH_EVENT_START_FAILED].start_failed.status, KITH_ERR_ENTROPY);
    assert_false(r.last[KITH_EVENT_START_FAILED].start_failed.store);
    rig_close(&r);
}

/* The first draws of the source are these; what comes after them is good. */
typedef struct {
    seeded good;
    uint8_t bits; /* all of prand's */
    unsigned left;
} stuck;

static kith_status stuck_random(void *context, uint8_t *out, size_t len)
{
    stuck *s = context;

    (void)seeded_random(&s->good, out, len);
    if (s->left > 0) {
        s->left--;
        memset(out, s->bits, 3);
        out[2] ^= 0x80; /* of the two that are no part of it */
    }
    return KITH_OK;
}

static void bits_that_are_all_equal_are_drawn_again(void **state)
{
    (void)state;
    for (unsigned ones = 0; ones <= 1; ones++)
        for (unsigned left = 1; left <= 8; left += 7) {
            stuck s = {{9}, ones ? 0xff : 0, left};
            kith_address own;
            uint32_t bits;
            rig r;

            open_private(&r);
            r.d.port.random = stuck_random;
            r.d.port.context = &s;
            assert_int_equal(set(&r, KITH_PRIVACY_RESOLVABLE, CYCLE_S), KITH_OK);
            if (left > 1) { /* a source that says nothing else is none */
                assert_int_equal(kith_gap_own_address(r.d.h, &own), KITH_ERR_STATE);
            } else {
                own = own_of(&r);
                expect_resolvable(&r, &own);
                bits = own.octets[3] | (uint32_t)own.octets[4] << 8 | (own.octets[5] & 0x3fu) << 16;
                assert_true(bits != 0 && bits != 0x3fffff);
            }
            rig_close(&r);
        }
}

/* ---- a controller that does not ---- */

static void a_controller_that_does_not_take_the_address_is_lost(void **state)
{
    rig r;

    (void)state;
    open_private(&r);
    start_all(&r, ALL);
    rig_run(&r);
    r.refuse = KITH_HCI_LE_SET_RANDOM_ADDRESS;
    r.refuse_with = KITH_HCI_COMMAND_DISALLOWED;
    pass(&r, cycle_us);
    rig_run(&r);
    assert_int_equal(r.told[KITH_EVENT_CONTROLLER_LOST], 1);
    assert_int_equal(r.last[KITH_EVENT_CONTROLLER_LOST].lost.opcode, KITH_HCI_LE_SET_RANDOM_ADDRESS);
    assert_false(r.advertising || r.scanning || r.initiating);
    r.refuse = 0;
    rig_start(&r);
    start_all(&r, ALL);
    rig_run(&r);
    expect_on(&r, ALL);
    rig_close(&r);
}

static void what_cannot_be_stopped_or_resumed_is_told(void **state)
{
    static const uint16_t opcodes[] = {KITH_HCI_LE_SET_ADV_ENABLE, KITH_HCI_LE_SET_SCAN_ENABLE};

    (void)state;
    for (unsigned scans = 0; scans <= 1; scans++)
        for (unsigned resumed = 0; resumed <= 1; resumed++) {
            kith_event_kind kind = scans ? KITH_EVENT_SCANNING : KITH_EVENT_ADVERTISING;
            rig r;

            open_private(&r);
            begin(&r, scans ? SCANS : ADVERTISES);
            rig_run(&r);
            pass(&r, cycle_us);
            if (resumed)
                assert_true(rig_step(&r));
            r.refuse = opcodes[scans];
            r.refuse_with = KITH_HCI_COMMAND_DISALLOWED;
            if (!resumed) /* it says so because it has stopped by itself */
                r.advertising = r.scanning = false;
            rig_run(&r);
            assert_int_equal(r.told[kind], 2);
            assert_int_equal(r.last[kind].activity.hci_status, KITH_HCI_COMMAND_DISALLOWED);
            assert_int_equal(r.last[kind].activity.status, KITH_OK);
            r.refuse = 0;
            begin(&r, scans ? SCANS : ADVERTISES);
            rig_run(&r);
            expect_on(&r, scans ? SCANS : ADVERTISES);
            rig_close(&r);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_set_is_what_is_got),
        cmocka_unit_test(init_refuses_what_set_refuses),
        cmocka_unit_test(what_is_in_use_is_not_changed),
        cmocka_unit_test(a_change_that_outlives_its_cause_is_in_use),
        cmocka_unit_test(while_the_controller_starts_it_is_busy),
        cmocka_unit_test(a_controller_that_takes_no_address_has_no_privacy),
        cmocka_unit_test(ready_tells_a_private_address_that_the_controller_has),
        cmocka_unit_test(off_it_is_the_identity_again),
        cmocka_unit_test(another_identity_has_addresses_of_its_own_key),
        cmocka_unit_test(it_begins_after_the_address_is_set),
        cmocka_unit_test(what_is_on_goes_on_under_another_address),
        cmocka_unit_test(stopped_in_the_middle_is_stopped),
        cmocka_unit_test(begun_in_the_middle_begins_after_it),
        cmocka_unit_test(while_nothing_is_on_nothing_is_done),
        cmocka_unit_test(lists_and_address_change_at_once),
        cmocka_unit_test(a_link_made_in_the_middle_has_the_address_it_was_made_with),
        cmocka_unit_test(a_link_that_is_told_late_has_the_address_of_before),
        cmocka_unit_test(without_an_address_nothing_stays_on),
        cmocka_unit_test(without_an_address_nothing_begins),
        cmocka_unit_test(without_an_address_there_is_no_start),
        cmocka_unit_test(bits_that_are_all_equal_are_drawn_again),
        cmocka_unit_test(a_controller_that_does_not_take_the_address_is_lost),
        cmocka_unit_test(what_cannot_be_stopped_or_resumed_is_told),
    };

    return cmocka_run_group_tests_name("private addresses of our own", tests, NULL, NULL);
}
