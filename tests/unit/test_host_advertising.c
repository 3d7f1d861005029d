/* One advertising set: every kind of PDU by the commands of either age, its data, its limit, whom it is directed to,
 * and what each call refuses. */
#include "crypto/toolbox.h"
#include "test_host_sets_support.h"

static const uint8_t anybody[6];

static air_set *first(air *r)
{
    return &r->of[0];
}

/* ---- kinds ---- */

typedef struct {
    bool connectable, silent, directed, high_duty, extended;
    uint8_t properties;  /* Advertising_Event_Properties; what legacy commands mean is translated */
    bool data, response; /* there is a place for it */
} kind;

static const kind kinds[] = {
    {true, false, false, false, false, 0x13, true, true},  /* ADV_IND */
    {false, false, false, false, false, 0x12, true, true}, /* ADV_SCAN_IND */
    {false, true, false, false, false, 0x10, true, false}, /* ADV_NONCONN_IND */
    {true, false, true, false, false, 0x15, false, false}, /* ADV_DIRECT_IND, low duty */
    {true, false, true, true, false, 0x1d, false, false},  /* ADV_DIRECT_IND, high duty */
    {true, false, false, false, true, 0x01, true, false},  /* extended, connectable */
    {false, false, false, false, true, 0x02, false, true}, /* scannable */
    {false, true, false, false, true, 0x00, true, false},  /* neither */
    {true, false, true, false, true, 0x05, true, false},   /* directed */
    {false, true, true, false, true, 0x04, true, false},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static kith_advertising of_kind(const kind *k)
{
    kith_advertising a = air_advertising();

    a.connectable = k->connectable;
    a.silent = k->silent;
    a.directed = k->directed;
    a.high_duty = k->high_duty;
    a.extended = k->extended;
    a.to = (kith_address){.type = KITH_ADDRESS_PUBLIC, .octets = {9, 8, 7, 6, 5, 4}};
    a.response_len = 3;
    memcpy(a.response, "\x02\x0a\x04", 3);
    return a;
}

static void every_kind_is_on_air_as_it_says(void **state)
{
    (void)state;
    for (unsigned is_old = 0; is_old <= 1; is_old++)
        for (size_t i = 0; i < KINDS; i++) {
            const kind *k = &kinds[i];
            kith_advertising a = of_kind(k);
            air r;

            if (is_old && k->extended)
                continue;
            air_open(&r, is_old, 0, KITH_PRIVACY_OFF);
            air_begin(&r, 0, &a);
            assert_string_equal(r.story, "0+");
            assert_true(first(&r)->is_on);
            assert_int_equal(first(&r)->properties, k->properties);
            assert_int_equal(first(&r)->len[0], k->data ? a.data_len : 0);
            assert_int_equal(first(&r)->len[1], k->response ? a.response_len : 0);
            assert_memory_equal(first(&r)->data[0], a.data, first(&r)->len[0]);
            assert_memory_equal(first(&r)->data[1], a.response, first(&r)->len[1]);
            assert_memory_equal(first(&r)->peer.octets, k->directed ? a.to.octets : anybody, 6);
            assert_int_equal(first(&r)->own_type, KITH_ADDRESS_PUBLIC);
            if (!k->high_duty)
                assert_int_equal(first(&r)->interval, a.interval_625us);
            assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_OK);
            air_run(&r);
            assert_string_equal(r.story, "0+0-");
            assert_false(first(&r)->is_on);
            assert_int_equal(first(&r)->is_made, is_old); /* the memory of a set is free again */
            assert_int_equal(r.disallowed + r.wrong, 0);
            air_close(&r);
        }
}

static void extended_parameters_arrive(void **state)
{
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    air_open(&r, false, 0, KITH_PRIVACY_OFF);
    a.extended = true;
    a.primary_phy = KITH_PHY_CODED;
    a.secondary_phy = KITH_PHY_2M;
    a.sid = 11;
    r.d.h->ready.lacks &= ~(uint32_t)(KITH_LACKS_PHY_2M | KITH_LACKS_PHY_CODED);
    air_begin(&r, 0, &a);
    assert_int_equal(first(&r)->primary, KITH_PHY_CODED);
    assert_int_equal(first(&r)->secondary, KITH_PHY_2M);
    assert_int_equal(first(&r)->sid, 11);
    air_close(&r);
}

/* The program's wish: also a controller that has the others is used by those of Core 4.2. */
static void legacy_commands_where_they_are_wanted(void **state)
{
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    air_make(&r, false, 0, KITH_PRIVACY_OFF);
    r.d.h->config.legacy_commands = true;
    air_start(&r);
    r.is_old = true; /* it takes them */
    air_begin(&r, 0, &a);
    assert_true(first(&r)->is_on);
    assert_int_equal(air_count(&r, KITH_HCI_LE_SET_ADV_PARAMETERS), 1);
    a.extended = true;
    air_connect(&r, 0, 0);
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_UNSUPPORTED);
    air_close(&r);
}

/* ---- data ---- */

static void long_data_goes_in_pieces(void **state)
{
    static const uint16_t lens[] = {0, 1, 31, 251, 252, 502, 503, 1650};
    static uint8_t much[1650];

    (void)state;
    for (size_t i = 0; i < sizeof much; i++)
        much[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
        for (unsigned response = 0; response <= 1; response++) {
            kith_advertising a = air_advertising();
            air r;

            if (response && lens[i] == 0)
                continue;
            air_open(&r, false, 0, KITH_PRIVACY_OFF);
            a.extended = true;
            a.connectable = false;
            a.silent = !response;
            *(response ? &a.long_response : &a.long_data) = much;
            *(response ? &a.long_response_len : &a.long_data_len) = lens[i];
            air_begin(&r, 0, &a);
            assert_string_equal(r.story, "0+");
            assert_int_equal(first(&r)->len[response], lens[i]);
            assert_memory_equal(first(&r)->data[response], much, lens[i]);
            assert_int_equal(r.disallowed + r.wrong, 0);
            air_close(&r);
        }
}

static void data_changes_while_it_is_on(void **state)
{
    static const uint8_t data[] = {2, 1, 6}, response[] = {3, 0xff, 1, 2};

    (void)state;
    for (unsigned is_old = 0; is_old <= 1; is_old++) {
        kith_advertising a = air_advertising();
        air r;

        air_open(&r, is_old, 0, KITH_PRIVACY_OFF);
        air_begin(&r, 0, &a);
        air_forget(&r);
        assert_int_equal(kith_gap_set_data(r.d.h, 0, data, sizeof data, response, sizeof response), KITH_OK);
        assert_int_equal(kith_gap_set_data(r.d.h, 0, NULL, 0, NULL, 0), KITH_ERR_BUSY);
        air_run(&r);
        assert_int_equal(first(&r)->len[0], sizeof data);
        assert_memory_equal(first(&r)->data[0], data, sizeof data);
        assert_int_equal(first(&r)->len[1], sizeof response);
        assert_int_equal(r.sent, 2); /* it is not switched off for that */
        assert_int_equal(kith_gap_set_data(r.d.h, 0, NULL, 0, NULL, 0), KITH_OK);
        air_run(&r);
        assert_int_equal(first(&r)->len[0] + first(&r)->len[1], 0);
        assert_true(first(&r)->is_on);
        assert_string_equal(r.story, "");
        air_close(&r);
    }
}

/* Such data is not taken while the set is on: it has a pause, which is not told. */
static void long_data_changes_while_it_is_on(void **state)
{
    static uint8_t much[600];
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    air_open(&r, false, 1, KITH_PRIVACY_OFF);
    a.extended = true;
    air_begin(&r, 0, &a);
    a.extended = false;
    air_begin(&r, 1, &a);
    air_forget(&r);
    memset(much, 0x5a, sizeof much);
    assert_int_equal(kith_gap_set_data(r.d.h, 0, much, sizeof much, NULL, 0), KITH_OK);
    air_run(&r);
    assert_int_equal(first(&r)->len[0], sizeof much);
    assert_memory_equal(first(&r)->data[0], much, sizeof much);
    assert_true(first(&r)->is_on && r.of[1].is_on);
    assert_int_equal(air_count(&r, KITH_HCI_LE_SET_EXT_ADV_ENABLE), 2); /* the other one was left alone */
    assert_string_equal(r.story, "");
    assert_int_equal(r.disallowed + r.wrong, 0);
    air_close(&r);
}

/* What is refused is not told and tried again with the next address. */
static void data_that_is_refused_is_tried_again_with_the_next_address(void **state)
{
    static const uint8_t data[] = {2, 1, 4};
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    air_open(&r, false, 0, KITH_PRIVACY_RESOLVABLE);
    air_begin(&r, 0, &a);
    air_forget(&r);
    r.refuse = KITH_HCI_LE_SET_EXT_ADV_DATA;
    r.refuse_with = KITH_HCI_MEMORY_EXCEEDED;
    assert_int_equal(kith_gap_set_data(r.d.h, 0, data, sizeof data, NULL, 0), KITH_OK);
    air_run(&r);
    assert_int_equal(first(&r)->len[0], a.data_len);
    assert_int_equal(air_count(&r, KITH_HCI_LE_SET_EXT_ADV_DATA), 1);
    r.refuse = 0;
    air_advance(&r, UINT64_C(901) * 1000000);
    assert_int_equal(first(&r)->len[0], sizeof data);
    assert_true(first(&r)->is_on);
    assert_string_equal(r.story, "");
    air_close(&r);
}

static void random_parts_are_drawn_with_each_address(void **state)
{
    (void)state;
    for (unsigned is_old = 0; is_old <= 1; is_old++) {
        kith_advertising a = air_advertising();
        uint8_t before[31], address[6];
        air r;

        air_open(&r, is_old, 0, KITH_PRIVACY_RESOLVABLE);
        a.random_data = (kith_random_part){.at = 4, .len = 5};
        a.response_len = 20;
        a.random_response = (kith_random_part){.at = 0, .len = 20};
        air_begin(&r, 0, &a);
        assert_memory_equal(first(&r)->data[0], a.data, 4);
        assert_memory_not_equal(first(&r)->data[0] + 4, a.data + 4, 5);
        memcpy(before, first(&r)->data[0], 31);
        memcpy(address, first(&r)->address, 6);
        air_advance(&r, UINT64_C(901) * 1000000);
        assert_memory_not_equal(first(&r)->address, address, 6);
        assert_memory_equal(first(&r)->data[0], a.data, 4);
        assert_memory_not_equal(first(&r)->data[0] + 4, before + 4, 5);
        assert_memory_equal(first(&r)->data[0] + 9, a.data + 9, a.data_len - 9u);
        assert_memory_equal(first(&r)->address, r.d.h->privacy.address.octets, 6);
        assert_int_equal(r.disallowed, 0);
        air_close(&r);
    }
}

/* So that the controller draws another DID: Vol 6 Part B 4.4.2.11. */
static void extended_data_goes_anew_with_each_address(void **state)
{
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    for (unsigned extended = 0; extended <= 1; extended++) {
        a.extended = extended != 0;
        air_open(&r, false, 0, KITH_PRIVACY_RESOLVABLE);
        air_begin(&r, 0, &a);
        air_forget(&r);
        air_advance(&r, UINT64_C(901) * 1000000);
        assert_int_equal(air_count(&r, KITH_HCI_LE_SET_SET_RANDOM_ADDRESS), 1);
        assert_int_equal(air_count(&r, KITH_HCI_LE_SET_EXT_ADV_DATA), extended);
        assert_true(first(&r)->is_on);
        assert_string_equal(r.story, "");
        air_close(&r);
    }
}

static kith_status no_randomness(void *context, uint8_t *out, size_t len)
{
    (void)context, (void)out, (void)len;
    return KITH_ERR_ENTROPY;
}

static void without_randomness_nothing_goes_on(void **state)
{
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    air_open(&r, false, 0, KITH_PRIVACY_OFF);
    a.random_data = (kith_random_part){.at = 4, .len = 5};
    air_begin(&r, 0, &a);
    air_forget(&r);
    r.d.port.random = no_randomness;
    assert_int_equal(kith_gap_set_data(r.d.h, 0, a.data, a.data_len, NULL, 0), KITH_OK);
    air_run(&r);
    assert_true(first(&r)->is_on); /* with what it had */
    assert_string_equal(r.story, "");
    assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_OK);
    air_run(&r);
    air_begin(&r, 0, &a);
    assert_string_equal(r.story, "0-0!");
    assert_int_equal(r.last[KITH_EVENT_ADVERTISING].activity.status, KITH_ERR_ENTROPY);
    assert_int_equal(air_count_made(&r), 0);
    r.d.port.random = seeded_random;
    air_begin(&r, 0, &a);
    assert_true(first(&r)->is_on);
    air_close(&r);
}

/* ---- limits ---- */

static void a_limit_ends_it(void **state)
{
    (void)state;
    for (unsigned is_old = 0; is_old <= 1; is_old++) {
        kith_advertising a = air_advertising();
        air r;

        air_open(&r, is_old, 0, KITH_PRIVACY_OFF);
        a.limit_ms = 5000;
        air_begin(&r, 0, &a);
        assert_int_equal(kith_host_deadline(r.d.h), r.d.now_us + 5000000);
        air_advance(&r, 4999999);
        assert_string_equal(r.story, "0+");
        air_advance(&r, 1);
        assert_string_equal(r.story, "0+0t");
        assert_int_equal(r.last[KITH_EVENT_ADVERTISING].activity.hci_status, 0);
        assert_false(first(&r)->is_on);
        assert_int_equal(kith_host_deadline(r.d.h), UINT64_MAX);
        a.limit_ms = 0xffffffff;
        air_begin(&r, 0, &a);
        assert_int_equal(kith_host_deadline(r.d.h), r.d.now_us + UINT64_C(4294967295) * 1000);
        air_close(&r);
    }
}

static void a_link_in_the_last_moment_is_its_end(void **state)
{
    (void)state;
    for (unsigned is_old = 0; is_old <= 1; is_old++) {
        kith_advertising a = air_advertising();
        air r;

        air_open(&r, is_old, 0, KITH_PRIVACY_OFF);
        a.limit_ms = 5000;
        air_begin(&r, 0, &a);
        r.d.now_us += 5000000;
        assert_int_equal(kith_host_advance(r.d.h, r.d.now_us), KITH_OK);
        air_connect(&r, 0, 0);
        air_run(&r);
        assert_string_equal(r.story, "0+L0c");
        air_advance(&r, 9000000);
        assert_string_equal(r.story, "0+L0c");
        air_close(&r);
    }
}

/* Its Connection Complete is no end of connecting, and one without it is nothing's. */
static void high_duty_ends_in_time(void **state)
{
    const kith_address peer = {.octets = {1, 1, 1}};
    kith_advertising a = of_kind(&kinds[4]);
    air r;

    (void)state;
    air_open(&r, true, 0, KITH_PRIVACY_OFF);
    a.interval_625us = 0; /* it is not looked at */
    air_begin(&r, 0, &a);
    assert_int_equal(kith_gap_connect(r.d.h, &peer, NULL), KITH_OK);
    air_run(&r);
    first(&r)->is_on = false;
    air_connection(&r, KITH_HCI_ADVERTISING_TIMEOUT, 0, false);
    assert_string_equal(r.story, "0+0t");
    assert_int_equal(r.told[KITH_EVENT_CONNECT_FAILED], 0);
    air_connection(&r, KITH_HCI_ADVERTISING_TIMEOUT, 0, false);
    a = air_advertising();
    air_begin(&r, 0, &a);
    air_connection(&r, KITH_HCI_ADVERTISING_TIMEOUT, 0, false);
    assert_string_equal(r.story, "0+0t0+");
    assert_int_equal(r.told[KITH_EVENT_CONNECT_FAILED], 0);
    air_connection(&r, 0, 1, true);
    assert_int_equal(r.told[KITH_EVENT_CONNECTED], 1); /* the connecting went on */
    air_close(&r);
}

static void high_duty_ends_in_time_by_its_set(void **state)
{
    kith_advertising a = of_kind(&kinds[4]);
    air r;

    (void)state;
    air_open(&r, false, 0, KITH_PRIVACY_OFF);
    air_begin(&r, 0, &a);
    assert_int_equal(first(&r)->duration_10ms, 128);
    first(&r)->is_on = false;
    air_terminated(&r, KITH_HCI_ADVERTISING_TIMEOUT, 0, 0);
    air_connection(&r, KITH_HCI_ADVERTISING_TIMEOUT, 0, false); /* some say it twice */
    air_run(&r);
    assert_string_equal(r.story, "0+0t");
    air_close(&r);
}

/* ---- directed ---- */

static bool is_of_key(air *r, const kith_address *address, uint8_t key)
{
    uint8_t irk[16], hash[3];

    memset(irk, key, sizeof irk);
    assert_int_equal(crypto_ah(&r->d.port, irk, address->octets + 3, hash), KITH_OK);
    return address->type == KITH_ADDRESS_RANDOM && memcmp(hash, address->octets, 3) == 0;
}

static void a_private_peer_is_called_by_an_address_of_its_key(void **state)
{
    (void)state;
    for (unsigned is_old = 0; is_old <= 1; is_old++) {
        kith_advertising a = of_kind(&kinds[3]);
        kith_address before;
        kith_peer_id peer;
        air r;

        air_open(&r, is_old, 0, KITH_PRIVACY_RESOLVABLE);
        assert_int_equal(kith_device_identities_set(r.d.h, NULL, 0, KITH_LIST_PAUSE), KITH_OK);
        peer = air_bond(&r, 7, 0x33);
        a.to = (kith_address){.type = KITH_ADDRESS_PUBLIC, .octets = {7, 2, 3, 4, 5, 6}};
        assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_UNSUPPORTED); /* it may not know itself */
        peers_by_id(&r.d.h->bonds, peer)->use.resolution = KITH_RESOLUTION_NO;
        assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_UNSUPPORTED);
        peers_by_id(&r.d.h->bonds, peer)->use.resolution = KITH_RESOLUTION_YES;
        air_begin(&r, 0, &a);
        before = first(&r)->peer;
        assert_true(first(&r)->is_on && is_of_key(&r, &before, 0x33));
        assert_int_equal(first(&r)->own_type, KITH_ADDRESS_RANDOM);
        air_advance(&r, UINT64_C(901) * 1000000);
        assert_true(first(&r)->is_on && is_of_key(&r, &first(&r)->peer, 0x33));
        assert_false(kith_address_equal(&before, &first(&r)->peer));
        assert_int_equal(r.disallowed + r.wrong, 0);
        air_close(&r);
    }
}

static void the_controller_names_whom_it_resolves(void **state)
{
    kith_advertising a = of_kind(&kinds[3]);
    kith_peer_id peer;
    air r;

    (void)state;
    air_open(&r, false, 0, KITH_PRIVACY_RESOLVABLE);
    peer = air_bond(&r, 7, 0x33);
    peers_by_id(&r.d.h->bonds, peer)->use.resolution = KITH_RESOLUTION_YES;
    assert_int_equal(kith_device_identities_set(r.d.h, &peer, 1, KITH_LIST_PAUSE), KITH_OK);
    air_run(&r);
    a.to = (kith_address){.type = KITH_ADDRESS_PUBLIC, .octets = {7, 2, 3, 4, 5, 6}};
    air_begin(&r, 0, &a);
    assert_true(first(&r)->is_on && kith_address_equal(&first(&r)->peer, &a.to));
    assert_int_equal(first(&r)->own_type, 3); /* private by the list, else by the set's address: never public */
    assert_int_equal(kith_device_identities_set(r.d.h, NULL, 0, KITH_LIST_PAUSE), KITH_OK);
    air_run(&r); /* now it is the host's turn */
    assert_true(first(&r)->is_on && is_of_key(&r, &first(&r)->peer, 0x33));
    assert_int_equal(first(&r)->own_type, KITH_ADDRESS_RANDOM);
    assert_string_equal(r.story, "0+");
    air_close(&r);
}

/* Its identity address is not put on air for want of the key. */
static void a_peer_that_is_forgotten_is_not_called_any_more(void **state)
{
    kith_advertising a = of_kind(&kinds[3]);
    kith_peer_id peer;
    air r;

    (void)state;
    air_open(&r, false, 0, KITH_PRIVACY_RESOLVABLE);
    peer = air_bond(&r, 7, 0x33);
    peers_by_id(&r.d.h->bonds, peer)->use.resolution = KITH_RESOLUTION_YES;
    a.to = (kith_address){.type = KITH_ADDRESS_PUBLIC, .octets = {7, 2, 3, 4, 5, 6}};
    air_begin(&r, 0, &a);
    assert_int_equal(kith_bonds_forget(r.d.h, peer), KITH_OK);
    air_advance(&r, UINT64_C(901) * 1000000);
    assert_string_equal(r.story, "0+0!");
    assert_int_equal(r.last[KITH_EVENT_ADVERTISING].activity.status, KITH_ERR_NOT_FOUND);
    assert_false(first(&r)->is_on);
    air_close(&r);
}

/* ---- refusals ---- */

static void each_command_refused_ends_it(void **state)
{
    static const uint16_t old[] = {KITH_HCI_LE_SET_ADV_PARAMETERS, KITH_HCI_LE_SET_ADV_DATA,
                                   KITH_HCI_LE_SET_SCAN_RESPONSE_DATA, KITH_HCI_LE_SET_ADV_ENABLE},
                          fresh[] = {KITH_HCI_LE_SET_EXT_ADV_PARAMETERS, KITH_HCI_LE_SET_SET_RANDOM_ADDRESS,
                                     KITH_HCI_LE_SET_EXT_ADV_DATA, KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA,
                                     KITH_HCI_LE_SET_EXT_ADV_ENABLE};

    (void)state;
    for (unsigned is_old = 0; is_old <= 1; is_old++)
        for (size_t i = 0; i < (is_old ? 4 : 5); i++) {
            kith_advertising a = air_advertising();
            air r;

            air_open(&r, is_old, 0, KITH_PRIVACY_RESOLVABLE);
            r.refuse = is_old ? old[i] : fresh[i];
            r.refuse_with = KITH_HCI_HARDWARE_FAILURE;
            air_begin(&r, 0, &a);
            assert_string_equal(r.story, "0!");
            assert_int_equal(r.last[KITH_EVENT_ADVERTISING].activity.hci_status, KITH_HCI_HARDWARE_FAILURE);
            assert_false(first(&r)->is_on);
            r.refuse = 0;
            air_begin(&r, 0, &a);
            assert_string_equal(r.story, "0!0+");
            assert_int_equal(r.disallowed + r.wrong, 0);
            air_close(&r);
        }
}

typedef void spoil(kith_advertising *a);

static void no_interval(kith_advertising *a)
{
    a->interval_625us = 0x1f;
}
static void long_interval(kith_advertising *a)
{
    a->interval_625us = 0x4001;
}
static void silent_too(kith_advertising *a)
{
    a->silent = true;
}
static void no_such_filter(kith_advertising *a)
{
    a->filter = KITH_FILTER_ALL + 1;
}
static void asks_for_nothing(kith_advertising *a)
{
    a->ask_list = true;
}
static void a_phy(kith_advertising *a)
{
    a->secondary_phy = KITH_PHY_2M;
}
static void a_number(kith_advertising *a)
{
    a->sid = 1;
}
static void primary_2m(kith_advertising *a)
{
    a->extended = true, a->primary_phy = KITH_PHY_2M;
}
static void no_such_primary(kith_advertising *a)
{
    a->extended = true, a->primary_phy = 4;
}
static void no_such_secondary(kith_advertising *a)
{
    a->extended = true, a->secondary_phy = 4;
}
static void large_number(kith_advertising *a)
{
    a->extended = true, a->sid = 16;
}
static void undirected_high_duty(kith_advertising *a)
{
    a->high_duty = true;
}
static void extended_high_duty(kith_advertising *a)
{
    a->high_duty = a->directed = a->extended = true;
}
static void no_such_address(kith_advertising *a)
{
    a->directed = true, a->to.type = 2;
}
static void directed_filter(kith_advertising *a)
{
    a->directed = true, a->filter = KITH_FILTER_ALL;
}
static void directed_scannable(kith_advertising *a)
{
    a->directed = true, a->connectable = false;
}
static void directed_extended_scannable(kith_advertising *a)
{
    a->directed = a->extended = true;
    a->connectable = false;
}
static void much_data(kith_advertising *a)
{
    a->data_len = 32;
}
static void much_response(kith_advertising *a)
{
    a->response_len = 32;
}
static void legacy_long_data(kith_advertising *a)
{
    a->long_data = a->data;
}
static void legacy_long_response(kith_advertising *a)
{
    a->long_response = a->data;
}
static void too_long_data(kith_advertising *a)
{
    a->extended = true;
    a->long_data = a->data;
    a->long_data_len = 1651;
}
static void too_long_response(kith_advertising *a)
{
    a->extended = true;
    a->long_response = a->data;
    a->long_response_len = 1651;
}
static void nothing_to_answer(kith_advertising *a)
{
    a->extended = true, a->connectable = false;
}
static void random_beyond(kith_advertising *a)
{
    a->random_data = (kith_random_part){.at = 8, .len = 2};
}
static void random_response_beyond(kith_advertising *a)
{
    a->random_response.len = 1;
}
static void random_far_beyond(kith_advertising *a)
{
    a->random_data = (kith_random_part){.at = 0xffff, .len = 0xffff};
}

static void every_fault_has_its_words(void **state)
{
    static spoil *const all[] = {
        no_interval,
        long_interval,
        silent_too,
        no_such_filter,
        asks_for_nothing,
        a_phy,
        a_number,
        primary_2m,
        no_such_primary,
        no_such_secondary,
        large_number,
        undirected_high_duty,
        extended_high_duty,
        no_such_address,
        directed_filter,
        directed_scannable,
        much_data,
        much_response,
        legacy_long_data,
        legacy_long_response,
        too_long_data,
        too_long_response,
        nothing_to_answer,
        random_beyond,
        random_response_beyond,
        random_far_beyond,
        directed_extended_scannable,
    };
    air r;

    (void)state;
    air_open(&r, false, 0, KITH_PRIVACY_OFF);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        kith_advertising a = air_advertising();

        a.data_len = 9;
        assert_null(kith_gap_advertising_fault(&a));
        all[i](&a);
        assert_non_null(kith_gap_advertising_fault(&a));
        assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_VALUE);
    }
    air_run(&r);
    assert_int_equal(r.sent + r.story_len, 0);
    air_close(&r);
}

static void what_the_controller_cannot_is_refused(void **state)
{
    static const uint8_t much[100];
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    air_open(&r, true, 1, KITH_PRIVACY_OFF);
    assert_int_equal(kith_gap_advertise_set(r.d.h, 1, &a), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_gap_advertise_set(r.d.h, 2, &a), KITH_ERR_VALUE);
    a.extended = true;
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_UNSUPPORTED);
    air_close(&r);
    air_make(&r, false, 1, KITH_PRIVACY_OFF);
    r.sets = 1;
    r.data_most = 99;
    air_start(&r);
    a.long_data = much;
    a.long_data_len = sizeof much;
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_UNSUPPORTED); /* an octet too long */
    a.long_data_len--;
    r.d.h->ready.lacks |= KITH_LACKS_PHY_2M | KITH_LACKS_PHY_CODED;
    a.secondary_phy = KITH_PHY_2M;
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_UNSUPPORTED);
    a.secondary_phy = KITH_PHY_CODED;
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_UNSUPPORTED);
    a.secondary_phy = 0;
    air_begin(&r, 0, &a);
    assert_true(first(&r)->is_on);
    assert_int_equal(kith_gap_set_data(r.d.h, 0, much, sizeof much, NULL, 0), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_gap_advertise_set(r.d.h, 1, &a), KITH_ERR_UNSUPPORTED); /* it has one */
    air_close(&r);
}

static void calls_at_the_wrong_time_are_refused(void **state)
{
    static const uint8_t data[32];
    kith_advertising a = air_advertising();
    air r;

    (void)state;
    air_make(&r, false, 1, KITH_PRIVACY_OFF);
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_STATE);
    assert_int_equal(kith_gap_stop_set(r.d.h, 2), KITH_ERR_VALUE);
    assert_int_equal(kith_gap_stop_set(r.d.h, 1), KITH_ERR_STATE);
    assert_int_equal(kith_gap_set_data(r.d.h, 2, data, 1, NULL, 0), KITH_ERR_VALUE);
    assert_int_equal(kith_gap_set_data(r.d.h, 0, NULL, 40, NULL, 0), KITH_ERR_VALUE);
    assert_int_equal(kith_gap_set_data(r.d.h, 0, NULL, 0, NULL, 3), KITH_ERR_VALUE);
    assert_int_equal(kith_gap_set_data(r.d.h, 1, data, 1, NULL, 0), KITH_ERR_STATE);
    air_start(&r);
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_OK);
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_STATE);
    assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_ERR_BUSY);
    assert_int_equal(kith_gap_set_data(r.d.h, 0, data, 1, NULL, 0), KITH_ERR_STATE);
    air_run(&r);
    assert_int_equal(kith_gap_advertise(r.d.h, &a), KITH_ERR_STATE);
    assert_int_equal(kith_gap_set_data(r.d.h, 0, data, 32, NULL, 0), KITH_ERR_VALUE);
    assert_int_equal(kith_gap_set_data(r.d.h, 0, data, 1, data, 32), KITH_ERR_VALUE);
    assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_OK);
    assert_int_equal(kith_gap_stop_advertising(r.d.h), KITH_ERR_BUSY);
    assert_int_equal(kith_gap_set_data(r.d.h, 0, data, 1, NULL, 0), KITH_ERR_STATE);
    air_run(&r);
    assert_string_equal(r.story, "0+0-");
    air_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_on_air_as_it_says),
        cmocka_unit_test(extended_parameters_arrive),
        cmocka_unit_test(legacy_commands_where_they_are_wanted),
        cmocka_unit_test(long_data_goes_in_pieces),
        cmocka_unit_test(data_changes_while_it_is_on),
        cmocka_unit_test(long_data_changes_while_it_is_on),
        cmocka_unit_test(data_that_is_refused_is_tried_again_with_the_next_address),
        cmocka_unit_test(random_parts_are_drawn_with_each_address),
        cmocka_unit_test(extended_data_goes_anew_with_each_address),
        cmocka_unit_test(without_randomness_nothing_goes_on),
        cmocka_unit_test(a_limit_ends_it),
        cmocka_unit_test(a_link_in_the_last_moment_is_its_end),
        cmocka_unit_test(high_duty_ends_in_time),
        cmocka_unit_test(high_duty_ends_in_time_by_its_set),
        cmocka_unit_test(a_private_peer_is_called_by_an_address_of_its_key),
        cmocka_unit_test(the_controller_names_whom_it_resolves),
        cmocka_unit_test(a_peer_that_is_forgotten_is_not_called_any_more),
        cmocka_unit_test(each_command_refused_ends_it),
        cmocka_unit_test(every_fault_has_its_words),
        cmocka_unit_test(what_the_controller_cannot_is_refused),
        cmocka_unit_test(calls_at_the_wrong_time_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
