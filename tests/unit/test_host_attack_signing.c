/* Signed writes under attack: replays over restarts, bits that flip, keys of others, stores that are slow, fail, lose
 * what they held or hold what they should not, and counters that end.  Attacks C9, C10. */
#include "test_store_support.h"

#include "crypto/signature.h"
#include "test_host_attack_support.h"

enum { LAMP = 1, PHONE = 0, SIGNED_HANDLE = 16, PDU_LEN = 17 };

static const kith_characteristic signed_characteristics[] = {
    {.uuid = KITH_UUID16(0x2a56), .properties = KITH_PROPERTY_SIGNED_WRITE, .permissions = KITH_WRITE_SIGNED, .id = 5},
};
static const kith_service signed_services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = signed_characteristics, .characteristic_count = 1},
};

/* A phone and a lamp, bonded with signing keys, each with a store, connected in plain. */
typedef struct {
    attack a;
    rig stores[2];
    side *lamp, *phone;
} home;

static kith_config config_with(const kith_store *store)
{
    kith_config config = attack_config();

    config.services = signed_services;
    config.security.signing = true;
    config.security.initiator_keys = config.security.responder_keys = KITH_KEY_ID | KITH_KEY_SIGN;
    config.store = store;
    return config;
}

static void open_home(home *h)
{
    static const sim_flash_geometry geometry = {4096, 8, 4, 0xff, true};

    memset(h, 0, sizeof *h);
    attack_begin(&h->a);
    rig_make(&h->stores[PHONE], &geometry);
    rig_make(&h->stores[LAMP], &geometry);
    h->phone = start_side(&h->a, PHONE, config_with(&h->stores[PHONE].store));
    h->lamp = start_side(&h->a, LAMP, config_with(&h->stores[LAMP].store));
    join_bonded(&h->a, h->phone, h->lamp);
}

static void close_home(home *h)
{
    attack_end(&h->a);
    rig_free(&h->stores[PHONE]);
    rig_free(&h->stores[LAMP]);
}

static void separate(home *h)
{
    part(h->phone, h->lamp);
    run(&h->a);
    forget_log(h->phone);
    forget_log(h->lamp);
}

static void meet(home *h)
{
    join(h->phone, h->lamp);
    run(&h->a);
    forget_log(h->phone);
    forget_log(h->lamp);
}

/* What a side knew is gone, but for its store. */
static void switch_off(home *h, unsigned which)
{
    side *x = &h->a.sides[which];
    rig *r = &h->stores[which];

    separate(h);
    free(x->memory);
    x->memory = x->h = NULL;
    memset(&r->log, 0xa5, sizeof r->log);
    assert_int_equal(kith_flash_log_init(&r->log, &r->flash.port, &r->store), KITH_OK);
}

static void switch_on(home *h, unsigned which)
{
    (void)start_side(&h->a, which, config_with(&h->stores[which].store));
}

static void reboot(home *h, unsigned which)
{
    switch_off(h, which);
    switch_on(h, which);
    meet(h);
}

/* ---- signing and being told ---- */

static kith_status sign(const side *x, char a, char b)
{
    const uint8_t value[2] = {(uint8_t)a, (uint8_t)b};

    return kith_gatt_write_signed(x->h, x->link, SIGNED_HANDLE, value, sizeof value);
}

/* The first after a start waits for its block. */
static void sign_surely(home *h, side *x, char a, char b)
{
    kith_status status = sign(x, a, b);

    if (status == KITH_ERR_BUSY) {
        run(&h->a);
        status = sign(x, a, b);
    }
    assert_int_equal(status, KITH_OK);
    run(&h->a);
}

static const uint8_t *signed_pdu(const side *x, unsigned i)
{
    assert_int_equal(x->acl[i][9], 0xd2);
    return x->acl[i] + 9;
}

static uint32_t counter_of(const uint8_t *pdu)
{
    return bytes_get32(pdu + 5);
}

static void comes_in(side *x, const uint8_t *pdu)
{
    say_frame(x, x->handle, KITH_CID_ATT, pdu, PDU_LEN);
}

static unsigned told(const side *x)
{
    return x->told[KITH_EVENT_WRITE_COMMAND];
}

static peers_counters *counters_of(const side *x)
{
    peers_bond *bond = peers_after(&x->h->bonds, 0);

    assert_non_null(bond);
    return &bond->counters;
}

/* ---- replays ---- */

static void nothing_is_believed_twice_over_a_reboot(void **state)
{
    uint8_t recorded[3][PDU_LEN];
    home h;

    (void)state;
    open_home(&h);
    for (unsigned i = 0; i < 3; i++) {
        sign_surely(&h, h.phone, 'o', (char)('0' + i));
        memcpy(recorded[i], signed_pdu(h.phone, i), PDU_LEN);
    }
    assert_int_equal(told(h.lamp), 3);
    for (unsigned boot = 0; boot < 3; boot++) {
        reboot(&h, LAMP);
        for (unsigned i = 0; i < 3; i++) {
            comes_in(h.lamp, recorded[i]);
            run(&h.a);
        }
        assert_int_equal(told(h.lamp), 0);
        sign_surely(&h, h.phone, 'n', 'w');
        assert_int_equal(told(h.lamp), 1);
    }
    close_home(&h);
}

static void no_counter_of_ours_is_used_twice_over_reboots(void **state)
{
    uint32_t next = 0;
    home h;

    (void)state;
    open_home(&h);
    for (unsigned boot = 0; boot < 6; boot++) {
        for (unsigned i = 0; i < 10 * boot; i++) {
            sign_surely(&h, h.phone, 'a', 'b');
            assert_true(counter_of(signed_pdu(h.phone, 0)) >= next);
            next = counter_of(signed_pdu(h.phone, 0)) + 1;
            assert_int_equal(told(h.lamp), 1);
            forget_log(h.phone);
            forget_log(h.lamp);
        }
        reboot(&h, PHONE);
    }
    close_home(&h);
}

static void a_bit_anywhere_is_seen(void **state)
{
    uint8_t pdu[PDU_LEN];
    home h;

    (void)state;
    open_home(&h);
    h.phone->peer = NULL; /* on its way somebody changes it */
    sign_surely(&h, h.phone, 'o', 'n');
    memcpy(pdu, signed_pdu(h.phone, 0), PDU_LEN);
    for (unsigned bit = 0; bit < 8 * PDU_LEN; bit++) {
        pdu[bit / 8] ^= (uint8_t)(1 << bit % 8);
        comes_in(h.lamp, pdu);
        run(&h.a);
        assert_int_equal(told(h.lamp), 0);
        pdu[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    comes_in(h.lamp, pdu);
    run(&h.a);
    assert_int_equal(told(h.lamp), 1);
    close_home(&h);
}

/* Our own comes back: it is signed, but not by the peer. */
static void what_we_signed_is_not_believed_from_the_peer(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    sign_surely(&h, h.phone, 'o', 'n');
    comes_in(h.phone, signed_pdu(h.phone, 0));
    run(&h.a);
    assert_int_equal(told(h.phone), 0);
    close_home(&h);
}

/* A third one who is bonded signs with its own key under the phone's address. */
static void one_peer_does_not_sign_for_another(void **state)
{
    kith_config config = config_with(&kith_volatile_store);
    uint8_t pdu[PDU_LEN];
    side *third;
    home h;

    (void)state;
    open_home(&h);
    separate(&h);
    third = start_side(&h.a, 2, config);
    join_bonded(&h.a, third, h.lamp);
    assert_int_equal(kith_bonds_count(h.lamp->h), 2);
    third->peer = NULL;
    assert_int_equal(sign(third, 'o', 'n'), KITH_OK);
    run(&h.a);
    memcpy(pdu, signed_pdu(third, 0), PDU_LEN);
    part(third, h.lamp);
    run(&h.a);
    meet(&h);
    comes_in(h.lamp, pdu);
    run(&h.a);
    assert_int_equal(told(h.lamp), 0);
    close_home(&h);
}

/* ---- the store is slow ---- */

static bool is_any(const kith_record *record)
{
    (void)record;
    return true;
}

static bool counts_the_peers(const kith_record *record)
{
    kith_state_record fields;

    return kith_record_decode_state(record, &fields) == KITH_OK && fields.has_peer_signing;
}

static bool is_there(home *h, unsigned which, uint8_t kind, bool (*is_meant)(const kith_record *record))
{
    rig look = h->stores[which];
    kith_record record;
    uint32_t cursor = 0;
    bool stands = false;

    assert_int_equal(kith_flash_log_init(&look.log, &look.flash.port, &look.store), KITH_OK);
    assert_int_equal(look.store.open(look.store.context, &look.state), KITH_OK);
    while (look.store.read(look.store.context, &cursor, &record) == KITH_OK)
        if (record.kind == kind)
            stands = !record.removed && is_meant(&record);
    return stands;
}

static bool is_durable(home *h, unsigned which, uint8_t kind)
{
    return is_there(h, which, kind, is_any);
}

/* Takes what the phone signs, without the lamp's store doing anything yet. */
static void record_signed(home *h, uint8_t pdus[][PDU_LEN], unsigned count)
{
    h->phone->peer = NULL;
    for (unsigned i = 0; i < count; i++) {
        sign_surely(h, h->phone, 'o', (char)('0' + i));
        memcpy(pdus[i], signed_pdu(h->phone, i), PDU_LEN);
    }
    h->phone->peer = h->lamp;
    forget_log(h->phone);
}

static void nothing_is_told_before_its_counter_is_durable(void **state)
{
    uint8_t pdus[3][PDU_LEN];
    kith_work work;
    home h;

    (void)state;
    open_home(&h);
    record_signed(&h, pdus, 3);
    comes_in(h.lamp, pdus[0]);
    assert_int_equal(told(h.lamp), 0);
    assert_false(is_there(&h, LAMP, KITH_RECORD_STATE, counts_the_peers));
    assert_true(kith_host_take_work(h.lamp->h, &work));
    assert_int_equal(work.store.operation, KITH_STORE_PUT);
    comes_in(h.lamp, pdus[1]); /* one at a time: this one is dropped, and counted */
    assert_int_equal(kith_host_dropped(h.lamp->h), 1);
    comes_in(h.lamp, pdus[0]);
    assert_int_equal(kith_host_dropped(h.lamp->h), 2);
    kith_work_run(&work);
    assert_true(is_there(&h, LAMP, KITH_RECORD_STATE, counts_the_peers));
    take_events(h.lamp);
    assert_int_equal(told(h.lamp), 0);
    assert_int_equal(kith_host_finish_work(h.lamp->h, &work, h.a.now_us), KITH_OK);
    take_events(h.lamp);
    assert_int_equal(told(h.lamp), 1);
    run(&h.a);
    comes_in(h.lamp, pdus[0]);
    comes_in(h.lamp, pdus[2]);
    run(&h.a);
    assert_int_equal(told(h.lamp), 2);
    close_home(&h);
}

/* The record under way was filled before this write came: it says nothing of its counter. */
static void what_is_being_written_is_not_what_came_since(void **state)
{
    (void)state;
    for (unsigned signed_before = 0; signed_before < 2; signed_before++) {
        uint8_t pdus[2][PDU_LEN];
        kith_work work;
        home h;

        open_home(&h);
        record_signed(&h, pdus, 2);
        if (signed_before) {
            comes_in(h.lamp, pdus[0]);
            run(&h.a);
        }
        forget_log(h.lamp);
        assert_int_equal(sign(h.lamp, 'a', 'b'), KITH_ERR_BUSY);
        assert_true(kith_host_take_work(h.lamp->h, &work));
        comes_in(h.lamp, pdus[signed_before]);
        kith_work_run(&work);
        assert_int_equal(kith_host_finish_work(h.lamp->h, &work, h.a.now_us), KITH_OK);
        take_events(h.lamp);
        assert_int_equal(told(h.lamp), 0);
        run(&h.a);
        assert_int_equal(told(h.lamp), 1);
        close_home(&h);
    }
}

/* It is dropped when encryption does not come about, and that is no end of a read that went long before. */
static void a_signed_write_that_is_dropped_ends_no_read(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    h.phone->h->config.gatt_raise = KITH_GATT_RAISE_NOT;
    sign_surely(&h, h.phone, 'a', 'b');
    forget_log(h.phone);
    h.phone->peer = NULL;
    h.phone->hold_acl = true;
    assert_int_equal(kith_gatt_read(h.phone->h, h.phone->link, SIGNED_HANDLE), KITH_OK);
    run(&h.a);
    for (unsigned i = 0; i < 8; i++) { /* the controller takes seven more */
        assert_int_equal(sign(h.phone, 'a', 'b'), KITH_OK);
        run(&h.a);
    }
    assert_int_equal(h.phone->acl_count, 8);
    assert_int_equal(kith_security_secure(h.phone->h, h.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&h.a);
    say_encryption(h.phone, KITH_HCI_KEY_MISSING, false);
    run(&h.a);
    assert_int_equal(h.phone->told[KITH_EVENT_ENCRYPTION_FAILED], 1);
    assert_int_equal(h.phone->told[KITH_EVENT_READ], 0);
    close_home(&h);
}

static void a_link_that_ends_meanwhile_is_told_nothing_more(void **state)
{
    uint8_t pdus[1][PDU_LEN];
    kith_work work;
    home h;

    (void)state;
    open_home(&h);
    record_signed(&h, pdus, 1);
    comes_in(h.lamp, pdus[0]);
    assert_true(kith_host_take_work(h.lamp->h, &work));
    separate(&h);
    kith_work_run(&work);
    assert_int_equal(kith_host_finish_work(h.lamp->h, &work, h.a.now_us), KITH_OK);
    meet(&h);
    assert_int_equal(kith_host_dropped(h.lamp->h), 1);
    comes_in(h.lamp, pdus[0]); /* its counter is used */
    run(&h.a);
    assert_int_equal(told(h.lamp), 0);
    sign_surely(&h, h.phone, 'n', 'w');
    assert_int_equal(told(h.lamp), 1);
    close_home(&h);
}

static void forget(home *h, unsigned which)
{
    kith_bond_info bond;

    assert_int_equal(kith_bonds_next(h->a.sides[which].h, 0, &bond), KITH_OK);
    assert_int_equal(kith_bonds_forget(h->a.sides[which].h, bond.peer), KITH_OK);
}

/* With the write taken or not yet; what it leaves is removed, too, before FORGOTTEN is told. */
static void a_bond_that_is_forgotten_meanwhile_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned taken = 0; taken < 2; taken++) {
        uint8_t pdus[1][PDU_LEN];
        kith_work work;
        home h;

        open_home(&h);
        record_signed(&h, pdus, 1);
        comes_in(h.lamp, pdus[0]);
        if (taken) {
            assert_true(kith_host_take_work(h.lamp->h, &work));
            kith_work_run(&work);
        }
        forget(&h, LAMP);
        assert_int_equal(kith_host_dropped(h.lamp->h), 1);
        if (taken)
            assert_int_equal(kith_host_finish_work(h.lamp->h, &work, h.a.now_us), KITH_OK);
        while (h.lamp->told[KITH_EVENT_FORGOTTEN] == 0)
            assert_true(turn(h.lamp));
        assert_false(is_durable(&h, LAMP, KITH_RECORD_STATE));
        assert_false(is_durable(&h, LAMP, KITH_RECORD_BOND));
        assert_int_equal(told(h.lamp), 0);
        close_home(&h);
    }
}

static void a_steady_writer_never_waits_for_the_store(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    assert_int_equal(sign(h.phone, 'a', 'b'), KITH_ERR_BUSY);
    assert_int_equal(sign(h.phone, 'a', 'b'), KITH_ERR_BUSY);
    run(&h.a);
    for (unsigned i = 0; i < 500; i++) {
        assert_int_equal(sign(h.phone, 'a', 'b'), KITH_OK);
        run(&h.a);
        assert_int_equal(counter_of(signed_pdu(h.phone, 0)), i);
        forget_log(h.phone);
    }
    close_home(&h);
}

/* ---- the store fails ---- */

static void a_block_that_cannot_be_kept_is_not_used(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    h.stores[PHONE].flash.read_only = true;
    assert_int_equal(sign(h.phone, 'a', 'b'), KITH_ERR_BUSY);
    run(&h.a);
    assert_int_equal(sign(h.phone, 'a', 'b'), KITH_ERR_STORAGE);
    run(&h.a);
    h.stores[PHONE].flash.read_only = false;
    assert_int_equal(sign(h.phone, 'a', 'b'), KITH_ERR_STORAGE);
    run(&h.a);
    sign_surely(&h, h.phone, 'a', 'b');
    assert_int_equal(told(h.lamp), 1);
    close_home(&h);
}

static void a_counter_that_cannot_be_kept_is_told_nothing_for(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    h.stores[LAMP].flash.read_only = true;
    sign_surely(&h, h.phone, 'a', 'b');
    assert_int_equal(told(h.lamp), 0);
    assert_int_equal(kith_host_dropped(h.lamp->h), 1);
    h.stores[LAMP].flash.read_only = false;
    sign_surely(&h, h.phone, 'a', 'b');
    assert_int_equal(told(h.lamp), 1);
    close_home(&h);
}

/* ---- what lies in the store ---- */

/* Every record that stands is handed to edit, and put into a new log if it says so; states first. */
typedef bool edit(kith_record *record);

static void rewrite(home *h, unsigned which, edit *edit_record)
{
    static const sim_flash_geometry geometry = {4096, 8, 4, 0xff, true};
    rig *old = &h->stores[which];
    rig fresh;

    rig_make(&fresh, &geometry);
    assert_int_equal(rig_open(&fresh), KITH_OK);
    assert_int_equal(rig_open(old), KITH_OK);
    for (uint8_t kind = KITH_RECORD_STATE; kind >= KITH_RECORD_DEVICE; kind--) {
        kith_record record, last = {0};
        uint32_t cursor = 0;

        while (old->store.read(old->store.context, &cursor, &record) == KITH_OK)
            if (record.kind == kind)
                last = record;
        if (last.kind != 0 && !last.removed && edit_record(&last))
            assert_int_equal(fresh.store.put(fresh.store.context, &last, &fresh.state), KITH_OK);
    }
    memcpy(sim_flash_octets(&old->flash), sim_flash_octets(&fresh.flash), sim_flash_size(&old->flash));
    sim_flash_settle(&old->flash);
    rig_free(&fresh);
    assert_int_equal(kith_flash_log_init(&old->log, &old->flash.port, &old->store), KITH_OK);
}

static bool keep(kith_record *record)
{
    (void)record;
    return true;
}

static bool spoil_state(kith_record *record)
{
    if (record->kind == KITH_RECORD_STATE)
        record->len--;
    return true;
}

static bool make_newer(kith_record *record)
{
    if (record->kind == KITH_RECORD_STATE)
        record->octets[0]++;
    return true;
}

static bool give_subscription(kith_record *record)
{
    kith_state_record fields;

    if (record->kind != KITH_RECORD_STATE)
        return true;
    assert_int_equal(kith_record_decode_state(record, &fields), KITH_OK);
    fields.cccd_count = 1;
    fields.cccds[0] = (kith_state_cccd){9, 1};
    assert_int_equal(kith_record_encode_state(&fields, record), KITH_OK);
    return true;
}

static bool drop_bond(kith_record *record)
{
    return record->kind != KITH_RECORD_BOND;
}

/* The phone has signed once, and is switched off. */
static void sign_and_switch_off(home *h, uint8_t pdu[PDU_LEN])
{
    open_home(h);
    sign_surely(h, h->phone, 'o', 'n');
    memcpy(pdu, signed_pdu(h->phone, 0), PDU_LEN);
    sign_surely(h, h->lamp, 'o', 'k');
    switch_off(h, LAMP);
}

static void a_state_that_lies_before_its_bond_is_found(void **state)
{
    uint8_t pdu[PDU_LEN];
    home h;

    (void)state;
    sign_and_switch_off(&h, pdu);
    rewrite(&h, LAMP, keep);
    switch_on(&h, LAMP);
    meet(&h);
    comes_in(h.lamp, pdu);
    run(&h.a);
    assert_int_equal(told(h.lamp), 0);
    assert_int_equal(counters_of(h.lamp)->my_next, 64);
    close_home(&h);
}

static void pair_again(home *h)
{
    assert_int_equal(kith_pairing_open(h->lamp->h, 30000), KITH_OK);
    assert_int_equal(kith_security_pair(h->phone->h, h->phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    run(&h->a);
    separate(h);
    meet(h);
}

/* Nobody knows any more what was used: nothing is believed, nothing signed, until a new bond is made. */
static void expect_closed(home *h, const uint8_t pdu[PDU_LEN])
{
    meet(h);
    comes_in(h->lamp, pdu);
    sign_surely(h, h->phone, 'n', 'w');
    assert_int_equal(told(h->lamp), 0);
    assert_int_equal(sign(h->lamp, 'a', 'b'), KITH_ERR_USED_UP);
    pair_again(h);
    sign_surely(h, h->lamp, 'a', 'b');
    sign_surely(h, h->phone, 'n', 'w');
    assert_int_equal(told(h->lamp), 1);
    assert_int_equal(told(h->phone), 1);
}

/* The state that lies there is of the bond before: it says nothing of the new keys. */
static void a_state_of_another_bond_is_not_this_ones(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    for (unsigned i = 0; i < 3; i++) {
        sign_surely(&h, h.phone, 'o', 'n');
        sign_surely(&h, h.lamp, 'o', 'k');
    }
    pair_again(&h);
    reboot(&h, LAMP);
    assert_int_equal(counters_of(h.lamp)->my_next, 0);
    assert_int_equal(counters_of(h.phone)->my_next, 0);
    sign_surely(&h, h.phone, 'o', 'n');
    sign_surely(&h, h.lamp, 'o', 'k');
    assert_int_equal(told(h.lamp), 1);
    assert_int_equal(told(h.phone), 1);
    close_home(&h);
}

static void a_state_without_sense_closes_the_bonds_counters(void **state)
{
    uint8_t pdu[PDU_LEN];
    home h;

    (void)state;
    sign_and_switch_off(&h, pdu);
    rewrite(&h, LAMP, spoil_state);
    switch_on(&h, LAMP);
    expect_closed(&h, pdu);
    close_home(&h);
}

enum { STATE_LEN = 17, STATE_OCTETS = 8 + STATE_LEN + 5 }; /* the peer's counter and the last use */

/* Where the only state of a bond lies in the store. */
static uint8_t *find_state(rig *r)
{
    uint8_t *all = sim_flash_octets(&r->flash);

    for (uint32_t i = 0; i + 8 < sim_flash_size(&r->flash); i++)
        if (all[i] == KITH_RECORD_STATE && all[i + 1] == STATE_LEN && all[i + 2] == 1)
            return all + i;
    fail_msg("there is no state");
    return NULL;
}

/* An octet of it, wherever: it fails its check, or is not even known to be one. */
static void a_state_that_decayed_closes_the_bonds_counters(void **state)
{
    (void)state;
    for (uint32_t octet = 0; octet < STATE_OCTETS; octet++) {
        uint8_t pdu[PDU_LEN];
        home h;
        rig *r = &h.stores[LAMP];

        open_home(&h);
        sign_surely(&h, h.phone, 'o', 'n');
        memcpy(pdu, signed_pdu(h.phone, 0), PDU_LEN);
        switch_off(&h, LAMP);
        rewrite(&h, LAMP, keep);                /* there is no earlier version of it */
        assert_int_equal(rig_open(r), KITH_OK); /* others come after it: it was durable */
        assert_int_equal(rig_put(r, 99, 1, 8), KITH_OK);
        assert_int_equal(rig_remove(r, 99), KITH_OK);
        find_state(r)[octet] ^= 0x40;
        sim_flash_settle(&r->flash);
        switch_on(&h, LAMP);
        expect_closed(&h, pdu);
        close_home(&h);
    }
}

/* Written anew by a host that keeps no subscriptions it would lose them. */
static void parts_of_a_state_that_are_not_kept_in_memory_are_not_lost(void **state)
{
    uint8_t pdu[PDU_LEN];
    uint32_t cursor = 0, found = 0;
    kith_state_record fields;
    kith_record record;
    home h;

    (void)state;
    sign_and_switch_off(&h, pdu);
    rewrite(&h, LAMP, give_subscription);
    switch_on(&h, LAMP);
    meet(&h);
    comes_in(h.lamp, pdu);
    sign_surely(&h, h.phone, 'n', 'w');
    assert_int_equal(told(h.lamp), 0);
    assert_int_equal(sign(h.lamp, 'a', 'b'), KITH_ERR_USED_UP);
    while (h.stores[LAMP].store.read(h.stores[LAMP].store.context, &cursor, &record) == KITH_OK)
        if (kith_record_decode_state(&record, &fields) == KITH_OK)
            found = fields.cccds[0].handle;
    assert_int_equal(found, 9);
    separate(&h);
    expect_closed(&h, pdu); /* until it is made anew */
    close_home(&h);
}

static void a_later_versions_state_is_not_touched(void **state)
{
    uint8_t pdu[PDU_LEN];
    home h;
    side *x;

    (void)state;
    sign_and_switch_off(&h, pdu);
    rewrite(&h, LAMP, make_newer);
    x = make_side(&h.a, LAMP, config_with(&h.stores[LAMP].store));
    assert_int_equal(kith_host_start(x->h, h.a.now_us), KITH_OK);
    run(&h.a);
    assert_int_equal(last_event(x, KITH_EVENT_START_FAILED)->start_failed.status, KITH_ERR_NEWER);
    assert_true(is_durable(&h, LAMP, KITH_RECORD_STATE));
    close_home(&h);
}

static void a_state_without_a_bond_is_removed(void **state)
{
    uint8_t pdu[PDU_LEN];
    home h;

    (void)state;
    sign_and_switch_off(&h, pdu);
    rewrite(&h, LAMP, drop_bond);
    assert_true(is_durable(&h, LAMP, KITH_RECORD_STATE));
    switch_on(&h, LAMP);
    run(&h.a);
    assert_false(is_durable(&h, LAMP, KITH_RECORD_STATE));
    assert_int_equal(h.lamp->told[KITH_EVENT_FORGOTTEN], 0);
    assert_int_equal(peers_has_room(&h.lamp->h->bonds, &h.lamp->h->own, &h.lamp->h->own, 3), true);
    close_home(&h);
}

/* ---- counters end ---- */

static void our_last_counter_is_the_last(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    sign_surely(&h, h.phone, 'a', 'b');
    counters_of(h.phone)->my_next = counters_of(h.phone)->my_reserved = counters_of(h.phone)->my_wanted =
        UINT32_MAX - 3;
    for (unsigned i = 0; i < 3; i++) {
        sign_surely(&h, h.phone, 'a', 'b');
        assert_int_equal(counter_of(signed_pdu(h.phone, i + 1)), UINT32_MAX - 3 + i);
    }
    assert_int_equal(told(h.lamp), 4);
    assert_int_equal(sign(h.phone, 'a', 'b'), KITH_ERR_USED_UP);
    reboot(&h, PHONE);
    assert_int_equal(sign(h.phone, 'a', 'b'), KITH_ERR_USED_UP);
    close_home(&h);
}

/* As no phone of ours would: it signs with the highest counter there is. */
static void the_peers_last_counter_is_the_last_over_a_reboot(void **state)
{
    const uint8_t message[5] = {0xd2, SIGNED_HANDLE, 0, 'o', 'n'};
    uint8_t pdu[PDU_LEN];
    peers_bond *bond;
    home h;

    (void)state;
    open_home(&h);
    bond = peers_after(&h.phone->h->bonds, 0);
    memcpy(pdu, message, sizeof message);
    assert_int_equal(crypto_sign(&h.phone->port, bond->my_csrk, pdu, 5, UINT32_MAX, pdu + 5), KITH_OK);
    comes_in(h.lamp, pdu);
    run(&h.a);
    assert_int_equal(told(h.lamp), 1);
    reboot(&h, LAMP);
    comes_in(h.lamp, pdu);
    run(&h.a);
    sign_surely(&h, h.phone, 'a', 'b'); /* with a counter that came round */
    assert_int_equal(told(h.lamp), 0);
    close_home(&h);
}

/* ---- policy ---- */

/* Vol 3 Part C 10.2.4: there is no security mode 2 in it. */
static void secure_connections_only_mode_signs_nothing(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    h.lamp->h->config.security.sc_only = true;
    assert_int_equal(sign(h.lamp, 'a', 'b'), KITH_ERR_UNSUPPORTED);
    sign_surely(&h, h.phone, 'a', 'b');
    assert_int_equal(told(h.lamp), 0);
    close_home(&h);
}

/* A bond that could not keep its counters would be one that cannot sign. */
static void a_bond_is_made_only_where_its_counters_have_room(void **state)
{
    home h;

    (void)state;
    open_home(&h);
    h.lamp->h->bonds.slots[0].counters.in_store = false;
    h.lamp->h->store.state.room = 2; /* one bond that has no state yet stands */
    assert_false(storing_has_room(h.lamp->h));
    h.lamp->h->store.state.room = 3;
    assert_true(storing_has_room(h.lamp->h));
    h.lamp->h->config.security.signing = false;
    h.lamp->h->store.state.room = 1;
    assert_true(storing_has_room(h.lamp->h));
    close_home(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_believed_twice_over_a_reboot),
        cmocka_unit_test(no_counter_of_ours_is_used_twice_over_reboots),
        cmocka_unit_test(a_bit_anywhere_is_seen),
        cmocka_unit_test(what_we_signed_is_not_believed_from_the_peer),
        cmocka_unit_test(one_peer_does_not_sign_for_another),
        cmocka_unit_test(nothing_is_told_before_its_counter_is_durable),
        cmocka_unit_test(what_is_being_written_is_not_what_came_since),
        cmocka_unit_test(a_signed_write_that_is_dropped_ends_no_read),
        cmocka_unit_test(a_link_that_ends_meanwhile_is_told_nothing_more),
        cmocka_unit_test(a_bond_that_is_forgotten_meanwhile_leaves_nothing),
        cmocka_unit_test(a_steady_writer_never_waits_for_the_store),
        cmocka_unit_test(a_block_that_cannot_be_kept_is_not_used),
        cmocka_unit_test(a_counter_that_cannot_be_kept_is_told_nothing_for),
        cmocka_unit_test(a_state_that_lies_before_its_bond_is_found),
        cmocka_unit_test(a_state_of_another_bond_is_not_this_ones),
        cmocka_unit_test(a_state_without_sense_closes_the_bonds_counters),
        cmocka_unit_test(a_state_that_decayed_closes_the_bonds_counters),
        cmocka_unit_test(parts_of_a_state_that_are_not_kept_in_memory_are_not_lost),
        cmocka_unit_test(a_later_versions_state_is_not_touched),
        cmocka_unit_test(a_state_without_a_bond_is_removed),
        cmocka_unit_test(our_last_counter_is_the_last),
        cmocka_unit_test(the_peers_last_counter_is_the_last_over_a_reboot),
        cmocka_unit_test(secure_connections_only_mode_signs_nothing),
        cmocka_unit_test(a_bond_is_made_only_where_its_counters_have_room),
    };
    return cmocka_run_group_tests_name("attacks on signed writes", tests, NULL, NULL);
}
