/* Extended advertising on air: what is sent where, how long it is, and what connects. */
#include "test_sim_extended_support.h"

enum { PDU_EXTENDED = 7, PDU_CONNECT_RSP = 8, PDU_SCAN_REQ = 3, PDU_CONNECT_REQ = 5, PDUS_MOST = 512 };

typedef struct {
    kith_sim_frame frame;
    uint8_t pdu[257];
} heard_pdu;

typedef struct {
    heard_pdu *pdus;
    size_t count;
} ear;

static void listen(void *context, const kith_sim_frame *frame)
{
    ear *e = context;

    if (frame->connection != 0 || e->count == PDUS_MOST)
        return;
    e->pdus[e->count].frame = *frame;
    memcpy(e->pdus[e->count].pdu, frame->pdu, frame->len);
    e->count++;
}

static void open_ear(room *r, ear *e)
{
    e->count = 0;
    e->pdus = calloc(PDUS_MOST, sizeof *e->pdus);
    assert_non_null(e->pdus);
    assert_int_equal(kith_sim_listen(r->sim, listen, e), KITH_OK);
}

/* ---- an independent reader of the common extended advertising payload ---- */

typedef struct {
    uint8_t mode;
    const uint8_t *advertiser;
    const uint8_t *target;
    const uint8_t *adi;
    const uint8_t *aux;
    const uint8_t *tx_power;
    const uint8_t *data;
    size_t len;
} fields;

static const uint8_t *take_if(uint8_t flags, uint8_t flag, size_t len, const uint8_t **at)
{
    const uint8_t *field = *at;

    if ((flags & flag) == 0)
        return NULL;
    *at += len;
    return field;
}

static fields read_fields(const heard_pdu *h)
{
    const uint8_t *pdu = h->pdu;
    size_t header = pdu[2] & 0x3f;
    const uint8_t *at = pdu + 4;
    fields f = {.mode = pdu[2] >> 6};
    uint8_t flags = header == 0 ? 0 : pdu[3];

    assert_int_equal(h->frame.len, 2u + pdu[1]);
    f.advertiser = take_if(flags, 0x01, 6, &at);
    f.target = take_if(flags, 0x02, 6, &at);
    f.adi = take_if(flags, 0x08, 2, &at);
    f.aux = take_if(flags, 0x10, 3, &at);
    f.tx_power = take_if(flags, 0x40, 1, &at);
    if (header != 0)
        assert_ptr_equal(at, pdu + 3 + header);
    f.data = pdu + 3 + header;
    f.len = h->frame.len - 3 - header;
    return f;
}

static bool is_primary(const heard_pdu *h)
{
    return h->frame.channel >= 37;
}

static uint64_t air_us(uint8_t phy, size_t len)
{
    if (phy == PHY_2M)
        return 8 + 16 + len * 4 + 12;
    if (phy == PHY_CODED)
        return 80 + 256 + 16 + 24 + len * 64 + 192 + 24;
    return 8 + 32 + len * 8 + 24;
}

/* The next PDU comes when and where this one says. */
static void assert_points_to(const heard_pdu *h, const heard_pdu *next)
{
    fields f = read_fields(h);
    uint32_t word;
    uint64_t from_us;

    assert_non_null(f.aux);
    word = bytes_get24(f.aux);
    assert_int_equal(word & 0x3f, next->frame.channel);
    assert_int_equal(word >> 21, next->frame.phy - 1);
    from_us = h->frame.time_us + (uint64_t)(word >> 8 & 0x1fff) * (word >> 7 & 1 ? 300 : 30);
    assert_in_range(next->frame.time_us, from_us, from_us + 30);
    assert_true(next->frame.time_us >= h->frame.time_us + air_us(h->frame.phy, h->frame.len) + 300);
}

static void primary_channels_point_to_one_auxiliary_pdu(void **state)
{
    static const uint8_t phys[][2] = {{PHY_1M, PHY_1M}, {PHY_1M, PHY_2M}, {PHY_CODED, PHY_CODED}, {PHY_CODED, PHY_1M}};

    (void)state;
    for (size_t i = 0; i < sizeof phys / sizeof phys[0]; i++) {
        room *r = extended_room(1, 20 + i);
        set_parameters s = parameters_of(3, CONNECTABLE | WITH_TX_POWER);
        fields f;
        ear e;

        open_ear(r, &e);
        s.p[20] = phys[i][0];
        s.p[22] = phys[i][1];
        must(give_parameters(r, 0, &s));
        must(give_data(r, 0, 3, "\x05\x09kith", 6));
        must(start_set(r, 0, 3));
        room_run(r, 15000);
        assert_int_equal(e.count, 4);
        for (size_t n = 0; n < 3; n++) {
            assert_int_equal(e.pdus[n].frame.channel, 37 + n);
            assert_int_equal(e.pdus[n].frame.phy, phys[i][0]);
            f = read_fields(&e.pdus[n]);
            assert_null(f.advertiser);
            assert_int_equal(f.mode, 1);
            assert_int_equal(bytes_get16(f.adi) >> 12, 3);
            assert_points_to(&e.pdus[n], &e.pdus[3]);
        }
        f = read_fields(&e.pdus[3]);
        assert_int_equal(e.pdus[3].frame.phy, phys[i][1]);
        assert_int_equal(f.mode, 1);
        assert_memory_equal(f.advertiser, ROOM_ADDRESS[0], 6);
        assert_non_null(f.tx_power);
        assert_null(f.aux);
        assert_int_equal(f.len, 6);
        assert_memory_equal(f.data, "\x05\x09kith", 6);
        free(e.pdus);
        room_free(r);
    }
}

static void long_data_goes_on_in_a_chain_and_is_put_together(void **state)
{
    static uint8_t data[1650];
    uint8_t got[1650];
    size_t len = 0;
    size_t first = 0;
    room *r = extended_room(2, 30);
    extended_report report;
    ear e;

    (void)state;
    fill_pattern(data, sizeof data);
    open_ear(r, &e);
    must(make_set(r, 0, 0, 0));
    give_long(r, 0, KITH_HCI_LE_SET_EXT_ADV_DATA, 0, data, sizeof data);
    scan_extended(r, 1, 1, false, 0);
    must(start_set(r, 0, 0));
    room_run(r, 25000);
    while (is_primary(&e.pdus[first]))
        first++;
    for (size_t i = first; i < e.count && !is_primary(&e.pdus[i]); i++) {
        fields f = read_fields(&e.pdus[i]);

        assert_true(len + f.len <= sizeof data);
        memcpy(got + len, f.data, f.len);
        len += f.len;
        if (f.aux != NULL)
            assert_points_to(&e.pdus[i], &e.pdus[i + 1]);
    }
    assert_int_equal(len, sizeof data);
    assert_memory_equal(got, data, len);

    len = 0;
    do {
        report = await_report(r, 1, 100000);
        assert_true(len + report.len <= sizeof data);
        memcpy(got + len, report.data, report.len);
        len += report.len;
    } while ((report.event_type & DATA_STATUS) == DATA_MORE);
    assert_int_equal(report.event_type, 0);
    assert_int_equal(len, sizeof data);
    assert_memory_equal(got, data, len);
    free(e.pdus);
    room_free(r);
}

static void a_broken_chain_is_told_as_truncated(void **state)
{
    static uint8_t data[1000];
    room *r = extended_room(2, 31);
    extended_report report;
    unsigned cut = 0;
    unsigned whole = 0;

    (void)state;
    fill_pattern(data, sizeof data);
    must(make_set(r, 0, 0, 0));
    give_long(r, 0, KITH_HCI_LE_SET_EXT_ADV_DATA, 0, data, sizeof data);
    scan_extended(r, 1, 1, false, 0);
    must(start_set(r, 0, 0));
    kith_sim_set_loss(r->sim, 200);
    room_run(r, 3000000);
    while (seek_report(r, 1, &report)) {
        cut += (report.event_type & DATA_STATUS) == DATA_TRUNCATED;
        whole += (report.event_type & DATA_STATUS) == 0;
    }
    assert_true(cut > 5);
    assert_true(whole > 5);
    room_free(r);
}

static void data_may_change_and_its_did_with_it(void **state)
{
    room *r = extended_room(2, 32);
    uint16_t before;
    ear e;

    (void)state;
    open_ear(r, &e);
    must(make_set(r, 0, 0, 0));
    must(give_data(r, 0, 0, "a", 1));
    scan_extended(r, 1, 1, false, 1);
    must(start_set(r, 0, 0));
    room_run(r, 200000);
    assert_int_equal(count_extended(r, 1, -1), 1);
    before = bytes_get16(read_fields(&e.pdus[0]).adi);
    assert_int_equal(bytes_get16(read_fields(&e.pdus[e.count - 1]).adi), before);
    must(give_data(r, 0, 0, "b", 1));
    room_run(r, 200000);
    assert_int_not_equal(bytes_get16(read_fields(&e.pdus[e.count - 1]).adi), before);
    assert_int_equal(count_extended(r, 1, -1), 1);
    must(give_fragment(r, 0, KITH_HCI_LE_SET_EXT_ADV_DATA, 0, 4, NULL, 0)); /* unchanged, and told once more */
    room_run(r, 200000);
    assert_int_equal(count_extended(r, 1, -1), 1);
    free(e.pdus);
    room_free(r);
}

static void an_anonymous_advertiser_says_nothing_of_itself(void **state)
{
    room *r = extended_room(2, 33);
    extended_report report;
    ear e;

    (void)state;
    open_ear(r, &e);
    must(make_set(r, 0, 0, ANONYMOUS));
    must(give_data(r, 0, 0, "hush", 4));
    scan_extended(r, 1, 1, true, 0);
    must(start_set(r, 0, 0));
    report = await_report(r, 1, 200000);
    assert_int_equal(report.event_type, 0);
    assert_int_equal(report.address_type, 0xff);
    assert_memory_equal(report.address, "\0\0\0\0\0\0", 6);
    assert_memory_equal(report.data, "hush", 4);
    for (size_t i = 0; i < e.count; i++)
        assert_null(read_fields(&e.pdus[i]).advertiser);
    free(e.pdus);
    room_free(r);
}

static void a_connection_begins_on_each_phy_with_its_own_parameters(void **state)
{
    static const uint8_t phys[][3] = {{PHY_1M, PHY_1M, 0}, {PHY_1M, PHY_2M, 1}, {PHY_CODED, PHY_CODED, 2}};

    (void)state;
    for (size_t i = 0; i < sizeof phys / sizeof phys[0]; i++) {
        room *r = extended_room(2, 40 + i);
        set_parameters s = parameters_of(2, CONNECTABLE);
        const uint8_t *p;
        size_t n;
        ear e;

        s.p[20] = phys[i][0];
        s.p[22] = phys[i][1];
        open_ear(r, &e);
        must(give_parameters(r, 0, &s));
        must(start_set(r, 0, 2));
        must(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 7));
        p = await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000);
        must(p[0]);
        assert_int_equal(p[3], 0);
        assert_int_equal(bytes_get16(p + 23), INTERVAL + phys[i][2]);
        p = await_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1);
        must(p[0]);
        assert_int_equal(p[3], 1);
        p = await_le(r, 0, KITH_HCI_LE_EV_SET_TERMINATED, 1);
        must(p[0]);
        assert_int_equal(p[1], 2);
        assert_int_equal(bytes_get16(p + 2), 1);
        n = e.count;
        assert_int_equal(e.pdus[n - 2].pdu[0] & 0x0f, PDU_CONNECT_REQ);
        assert_int_equal(e.pdus[n - 2].frame.phy, phys[i][1]);
        assert_int_equal(e.pdus[n - 1].pdu[0] & 0x0f, PDU_CONNECT_RSP);
        assert_memory_equal(read_fields(&e.pdus[n - 1]).advertiser, ROOM_ADDRESS[0], 6);
        assert_memory_equal(read_fields(&e.pdus[n - 1]).target, ROOM_ADDRESS[1], 6);
        room_run(r, 500000);
        assert_null(seek(r, 1, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1));
        must(command(r, 1, KITH_HCI_LE_READ_PHY, "\x01\x00", 2));
        assert_int_equal(answer_of(r, 1, KITH_HCI_LE_READ_PHY)[2], phys[i][1]);
        assert_int_equal(answer_of(r, 1, KITH_HCI_LE_READ_PHY)[3], phys[i][1]);
        send_acl(r, 1, 1, false, (const uint8_t *)"\x03\x00\x04\x00\x0a\x03\x00", 7);
        room_run(r, 200000);
        assert_non_null(seek_acl(r, 0));
        free(e.pdus);
        room_free(r);
    }
}

static void legacy_pdus_of_a_set_serve_hosts_of_any_age(void **state)
{
    room *r = room_new(2, 50);
    const uint8_t *p;

    (void)state;
    give_extended(r, 0, 4, 1650);
    must(make_set(r, 0, 1, LEGACY_ADV_IND));
    must(give_data(r, 0, 1, "\x05\x09kith", 6));
    must(give_response(r, 0, 1, "\x02\x0a", 2));
    must(start_set(r, 0, 1));
    set_scanning(r, 1, true, 0, 0);
    must(enable_scanning(r, 1, true, true));
    p = await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 100000);
    assert_int_equal(p[1], 0);
    assert_memory_equal(p + 10, "\x05\x09kith", 6);
    p = await_le(r, 1, KITH_HCI_LE_EV_ADVERTISING_REPORT, 100000);
    assert_int_equal(p[1], 4);
    must(enable_scanning(r, 1, false, false));
    must(create_connection(r, 1, 0, 0, ROOM_ADDRESS[0], 0, INTERVAL, TIMEOUT));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
    must(await_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1)[0]);
    must(await_le(r, 0, KITH_HCI_LE_EV_SET_TERMINATED, 1)[0]);
    room_free(r);
}

static void a_lost_connect_response_leaves_the_initiator_initiating(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 200; seed++) {
        room *r = extended_room(2, seed);
        const uint8_t *p;

        must(make_set(r, 0, 0, CONNECTABLE));
        must(start_set(r, 0, 0));
        kith_sim_set_loss(r->sim, 300);
        must(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1));
        p = await_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 5000000);
        must(p[0]);
        kith_sim_set_loss(r->sim, 0);
        if (seek_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE) != NULL) {
            room_free(r);
            continue;
        }
        assert_int_equal(await(r, 0, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 1000000)[3], KITH_HCI_FAILED_TO_ESTABLISH);
        must(start_set(r, 0, 0));
        must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
        room_free(r);
        return;
    }
    fail_msg("with %d of 1000 lost no AUX_CONNECT_RSP was lost", 300);
}

static void connecting_can_be_cancelled_and_is_refused_twice(void **state)
{
    room *r = extended_room(2, 52);

    (void)state;
    must(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1));
    assert_int_equal(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1), KITH_HCI_COMMAND_DISALLOWED);
    must(command(r, 1, KITH_HCI_LE_CREATE_CONNECTION_CANCEL, NULL, 0));
    assert_int_equal(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1)[0], KITH_HCI_UNKNOWN_CONNECTION);
    must(make_set(r, 0, 0, CONNECTABLE));
    must(start_set(r, 0, 0));
    room_run(r, 300000);
    assert_null(seek_le(r, 0, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
    must(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 1000000)[0]);
    assert_int_equal(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1), KITH_HCI_CONNECTION_EXISTS);
    assert_int_equal(connect_extended(r, 1, 0, ROOM_ADDRESS[1], 2), KITH_HCI_INVALID_PARAMETERS); /* LE 2M alone */
    assert_int_equal(connect_extended(r, 1, 0, ROOM_ADDRESS[1], 8), KITH_HCI_UNSUPPORTED);
    room_free(r);
}

static void directed_extended_advertising_connects_its_target_alone(void **state)
{
    room *r = extended_room(3, 53);
    set_parameters s = parameters_of(0, CONNECTABLE | DIRECTED);
    extended_report report;

    (void)state;
    memcpy(s.p + 12, ROOM_ADDRESS[1], 6);
    must(give_parameters(r, 0, &s));
    must(start_set(r, 0, 0));
    scan_extended(r, 1, 1, true, 0);
    scan_extended(r, 2, 1, true, 0);
    report = await_report(r, 1, 200000);
    assert_int_equal(report.event_type, CONNECTABLE | DIRECTED);
    assert_int_equal(report.direct_type, 0);
    assert_memory_equal(report.direct, ROOM_ADDRESS[1], 6);
    room_run(r, 200000);
    assert_int_equal(count_extended(r, 2, -1), 0);
    must(connect_extended(r, 2, 0, ROOM_ADDRESS[0], 1));
    room_run(r, 300000);
    assert_null(seek_le(r, 2, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE));
    must(connect_extended(r, 1, 0, ROOM_ADDRESS[0], 1));
    must(await_le(r, 1, KITH_HCI_LE_EV_ENHANCED_CONNECTION_COMPLETE, 300000)[0]);
    room_free(r);
}

/* Like an antenna's, the file names the PHY, and on LE Coded has the coding indicator. */
static void captures_name_phy_and_auxiliary_pdus(void **state)
{
    char *file;
    size_t len;
    FILE *out = open_memstream(&file, &len);
    room *r = extended_room(1, 54);
    unsigned seen = 0;

    (void)state;
    assert_int_equal(kith_sim_capture(r->sim, out, false), KITH_OK);
    for (uint8_t secondary = PHY_1M; secondary <= PHY_CODED; secondary++) {
        set_parameters s = parameters_of(secondary, 0);

        s.p[20] = secondary == PHY_2M ? PHY_1M : secondary;
        s.p[22] = secondary;
        must(give_parameters(r, 0, &s));
        must(start_set(r, 0, secondary));
    }
    room_run(r, 100000);
    room_free(r);
    (void)fclose(out);
    for (size_t at = 24; at < len;) {
        const uint8_t *body = (const uint8_t *)file + at + 16;
        size_t record = bytes_get32((const uint8_t *)file + at + 8);
        uint16_t flags = bytes_get16(body + 8);
        unsigned phy = flags >> 14;
        size_t indicator = phy == 2 ? 1 : 0;
        bool primary = body[0] == 0 || body[0] == 12 || body[0] == 39;

        assert_int_equal(flags >> 7 & 7, primary ? 0 : 1);
        assert_int_equal(body[14 + indicator] & 0x0f, PDU_EXTENDED);
        assert_int_equal(record, 10 + 4 + indicator + 2 + body[15 + indicator] + 3);
        seen |= 1u << (phy + (primary ? 0 : 4));
        at += 16 + record;
    }
    assert_int_equal(seen, 0x75); /* nobody is called on LE 2M's primary channels: there are none */
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primary_channels_point_to_one_auxiliary_pdu),
        cmocka_unit_test(long_data_goes_on_in_a_chain_and_is_put_together),
        cmocka_unit_test(a_broken_chain_is_told_as_truncated),
        cmocka_unit_test(data_may_change_and_its_did_with_it),
        cmocka_unit_test(an_anonymous_advertiser_says_nothing_of_itself),
        cmocka_unit_test(a_connection_begins_on_each_phy_with_its_own_parameters),
        cmocka_unit_test(legacy_pdus_of_a_set_serve_hosts_of_any_age),
        cmocka_unit_test(a_lost_connect_response_leaves_the_initiator_initiating),
        cmocka_unit_test(connecting_can_be_cancelled_and_is_refused_twice),
        cmocka_unit_test(directed_extended_advertising_connects_its_target_alone),
        cmocka_unit_test(captures_name_phy_and_auxiliary_pdus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
