/* The PHY of a connection, as hosts and an antenna see it.  Core Vol 6 Part B 2.2, 5.1.10, 5.3; Vol 4 Part E 7.8.47 to
 * 7.8.49, 7.7.65.12. */
#include "test_sim_support.h"

enum { PERIPHERAL, CENTRAL, LATER_US = 2000000 };
enum { ONE_M = 1, TWO_M = 2, CODED = 3 }; /* PHYs */
enum { LIKES_1M = 1, LIKES_2M = 2, LIKES_CODED = 4, LIKES_ALL = 7 };

#define HAS_2M    (UINT64_C(1) << 8)
#define HAS_CODED (UINT64_C(1) << 11)
#define HAS_ALL   (HAS_2M | HAS_CODED)

static void set_features(room *r, int device, uint64_t with)
{
    kith_sim_limits limits;

    kith_sim_default_limits(&limits);
    limits.le_features |= with;
    assert_int_equal(kith_sim_set_limits(r->sim, device, &limits), KITH_OK);
}

static room *connected_with(uint64_t peripheral, uint64_t central)
{
    room *r = room_new(2, 11);

    set_features(r, PERIPHERAL, peripheral);
    set_features(r, CENTRAL, central);
    room_connect(r, PERIPHERAL, CENTRAL);
    return r;
}

static uint8_t set_phy(room *r, int device, uint8_t all, uint8_t tx, uint8_t rx)
{
    uint8_t p[7] = {1, 0, all, tx, rx};

    return command(r, device, KITH_HCI_LE_SET_PHY, p, sizeof p);
}

static void set_default(room *r, int device, uint8_t all, uint8_t tx, uint8_t rx)
{
    uint8_t p[3] = {all, tx, rx};

    must(command(r, device, KITH_HCI_LE_SET_DEFAULT_PHY, p, sizeof p));
}

static void await_phy(room *r, int device, uint8_t status, uint8_t tx, uint8_t rx)
{
    const uint8_t *p = await_le(r, device, KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE, LATER_US);

    assert_int_equal(p[0], status);
    assert_int_equal(bytes_get16(p + 1), 1);
    assert_int_equal(p[3], tx);
    assert_int_equal(p[4], rx);
}

static void no_phy_event(room *r, int device)
{
    assert_null(seek_le(r, device, KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE));
}

static void phy_is(room *r, int device, uint8_t tx, uint8_t rx)
{
    static const uint8_t handle[2] = {1, 0};
    const uint8_t *p;

    must(command(r, device, KITH_HCI_LE_READ_PHY, handle, sizeof handle));
    p = answer_of(r, device, KITH_HCI_LE_READ_PHY);
    assert_int_equal(p[2], tx);
    assert_int_equal(p[3], rx);
}

static void link_works(room *r)
{
    for (int device = 0; device < 2; device++) {
        r->read[1 - device] = r->count[1 - device];
        send_acl(r, device, 1, false, (const uint8_t *)"well", 4);
        room_run(r, LATER_US);
        assert_memory_equal(seek_acl(r, 1 - device)->data + 5, "well", 4);
    }
}

/* Whichever end asks, both hosts are told, and the antenna hears it from the instant on. */
static void either_end_changes_the_phy_for_both(void **state)
{
    (void)state;
    for (int device = 0; device < 2; device++) {
        room *r = connected_with(HAS_2M, HAS_2M);

        must(set_phy(r, device, 0, LIKES_2M, LIKES_2M));
        await_phy(r, device, KITH_HCI_SUCCESS, TWO_M, TWO_M);
        await_phy(r, 1 - device, KITH_HCI_SUCCESS, TWO_M, TWO_M);
        phy_is(r, 0, TWO_M, TWO_M);
        phy_is(r, 1, TWO_M, TWO_M);
        link_works(r);
        must(set_phy(r, device, 0, LIKES_1M, LIKES_1M));
        await_phy(r, device, KITH_HCI_SUCCESS, ONE_M, ONE_M);
        await_phy(r, 1 - device, KITH_HCI_SUCCESS, ONE_M, ONE_M);
        link_works(r);
        room_free(r);
    }
}

static void directions_are_decided_one_by_one(void **state)
{
    room *r = connected_with(HAS_2M, HAS_2M);

    (void)state;
    must(set_phy(r, PERIPHERAL, 0, LIKES_2M, LIKES_1M));
    await_phy(r, PERIPHERAL, KITH_HCI_SUCCESS, TWO_M, ONE_M);
    await_phy(r, CENTRAL, KITH_HCI_SUCCESS, ONE_M, TWO_M);
    phy_is(r, PERIPHERAL, TWO_M, ONE_M);
    phy_is(r, CENTRAL, ONE_M, TWO_M);
    link_works(r);
    room_free(r);
}

/* One end likes LE Coded alone and the other LE 2M alone: the procedure ends, and only who asked is told. */
static void without_a_phy_in_common_it_stays_as_it_is(void **state)
{
    (void)state;
    for (int device = 0; device < 2; device++) {
        room *r = room_new(2, 11);

        set_features(r, 0, HAS_ALL);
        set_features(r, 1, HAS_ALL);
        set_default(r, 1 - device, 0, LIKES_2M, LIKES_2M);
        room_connect(r, PERIPHERAL, CENTRAL);
        must(set_phy(r, device, 0, LIKES_CODED, LIKES_CODED));
        await_phy(r, device, KITH_HCI_SUCCESS, ONE_M, ONE_M);
        room_run(r, LATER_US);
        no_phy_event(r, 1 - device);
        link_works(r);
        room_free(r);
    }
}

static void no_preference_leaves_it_to_the_other_and_the_quickest_is_taken(void **state)
{
    room *r = connected_with(HAS_ALL, HAS_ALL);

    (void)state;
    must(set_phy(r, PERIPHERAL, 3, 0, 0));
    await_phy(r, PERIPHERAL, KITH_HCI_SUCCESS, TWO_M, TWO_M);
    must(set_phy(r, PERIPHERAL, 0, LIKES_CODED | LIKES_1M, LIKES_CODED));
    await_phy(r, PERIPHERAL, KITH_HCI_SUCCESS, ONE_M, CODED);
    link_works(r);
    room_free(r);
}

/* It holds for new connections, and a reset forgets it. */
static void the_default_is_for_new_connections(void **state)
{
    room *r = connected_with(HAS_ALL, HAS_ALL);

    (void)state;
    set_default(r, CENTRAL, 0, LIKES_1M, LIKES_1M);
    must(set_phy(r, PERIPHERAL, 0, LIKES_2M, LIKES_2M));
    await_phy(r, PERIPHERAL, KITH_HCI_SUCCESS, TWO_M, TWO_M);
    must(disconnect(r, CENTRAL, 1, 0x13));
    room_run(r, LATER_US);
    room_connect(r, PERIPHERAL, CENTRAL);
    must(set_phy(r, PERIPHERAL, 0, LIKES_2M, LIKES_2M));
    await_phy(r, PERIPHERAL, KITH_HCI_SUCCESS, ONE_M, ONE_M);
    room_free(r);
}

static void a_phy_that_is_not_there_is_refused(void **state)
{
    room *r = connected_with(HAS_2M, 0);

    (void)state;
    assert_int_equal(set_phy(r, PERIPHERAL, 0, LIKES_CODED, LIKES_1M), KITH_HCI_UNSUPPORTED);
    assert_int_equal(set_phy(r, PERIPHERAL, 0, LIKES_1M, 8), KITH_HCI_UNSUPPORTED);
    assert_int_equal(set_phy(r, PERIPHERAL, 0, 0, LIKES_1M), KITH_HCI_INVALID_PARAMETERS);
    assert_int_equal(set_phy(r, CENTRAL, 0, LIKES_2M, LIKES_1M), KITH_HCI_UNSUPPORTED);
    must(set_phy(r, CENTRAL, 3, 0, 0)); /* one to choose from: done at once */
    await_phy(r, CENTRAL, KITH_HCI_SUCCESS, ONE_M, ONE_M);
    room_free(r);
}

/* A peer with LE 1M alone does not know the question; once that is known it is not asked. */
static void a_peer_with_one_phy_keeps_it(void **state)
{
    static const uint8_t handle[2] = {1, 0};

    (void)state;
    for (int device = 0; device < 2; device++) {
        room *r = connected_with(device == 0 ? HAS_2M : 0, device == 1 ? HAS_2M : 0);

        must(set_phy(r, device, 0, LIKES_2M, LIKES_2M));
        await_phy(r, device, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE, ONE_M, ONE_M);
        must(command(r, device, KITH_HCI_LE_READ_REMOTE_FEATURES, handle, sizeof handle));
        must(await_le(r, device, KITH_HCI_LE_EV_READ_REMOTE_FEATURES_COMPLETE, LATER_US)[0]);
        must(set_phy(r, device, 0, LIKES_2M, LIKES_2M));
        await_phy(r, device, KITH_HCI_UNSUPPORTED_REMOTE_FEATURE, ONE_M, ONE_M);
        link_works(r);
        room_free(r);
    }
}

/* ---- collisions ---- */

/* Both ask in the same connection event: the central goes on, with what the peripheral likes by now. */
static void two_that_ask_at_once_end_with_one_change(void **state)
{
    room *r = connected_with(HAS_ALL, HAS_ALL);

    (void)state;
    must(set_phy(r, CENTRAL, 0, LIKES_2M, LIKES_2M));
    must(set_phy(r, PERIPHERAL, 0, LIKES_2M, LIKES_2M));
    assert_int_equal(set_phy(r, CENTRAL, 0, LIKES_2M, LIKES_2M), KITH_HCI_COMMAND_DISALLOWED);
    await_phy(r, CENTRAL, KITH_HCI_SUCCESS, TWO_M, TWO_M);
    await_phy(r, PERIPHERAL, KITH_HCI_LL_PROCEDURE_COLLISION, ONE_M, ONE_M);
    await_phy(r, PERIPHERAL, KITH_HCI_SUCCESS, TWO_M, TWO_M);
    link_works(r);
    room_free(r);
}

static void ask_update(room *r)
{
    uint8_t p[14] = {1, 0, 40, 0, 40, 0, 0, 0, 200, 0};

    must(command(r, CENTRAL, KITH_HCI_LE_CONNECTION_UPDATE, p, sizeof p));
}

static void a_change_that_meets_an_update_is_rejected(void **state)
{
    room *r = connected_with(HAS_2M, HAS_2M);

    (void)state;
    ask_update(r);
    must(set_phy(r, PERIPHERAL, 0, LIKES_2M, LIKES_2M));
    await_phy(r, PERIPHERAL, KITH_HCI_DIFFERENT_TRANSACTION_COLLISION, ONE_M, ONE_M);
    must(await_le(r, CENTRAL, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, LATER_US)[0]);
    must(set_phy(r, PERIPHERAL, 0, LIKES_2M, LIKES_2M));
    await_phy(r, PERIPHERAL, KITH_HCI_SUCCESS, TWO_M, TWO_M);
    link_works(r);
    room_free(r);
}

/* One end's procedures come one after the other. */
static void a_central_does_one_thing_after_the_other(void **state)
{
    room *r = connected_with(HAS_2M, HAS_2M);

    (void)state;
    must(set_phy(r, CENTRAL, 0, LIKES_2M, LIKES_2M));
    ask_update(r);
    await_phy(r, CENTRAL, KITH_HCI_SUCCESS, TWO_M, TWO_M);
    must(await_le(r, CENTRAL, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, LATER_US)[0]);
    link_works(r);
    room_free(r);
}

/* 5.3: who knows of an instant begins nothing else that ends at one. */
static void what_ends_at_an_instant_waits_for_another(void **state)
{
    room *r = connected_with(HAS_2M, HAS_2M);
    uint64_t first_us;

    (void)state;
    must(set_phy(r, PERIPHERAL, 0, LIKES_2M, LIKES_2M));
    room_run(r, 4 * INTERVAL_US);
    ask_update(r);
    await_phy(r, CENTRAL, KITH_HCI_SUCCESS, TWO_M, TWO_M);
    first_us = kith_sim_now(r->sim);
    must(await_le(r, CENTRAL, KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, LATER_US)[0]);
    assert_true(kith_sim_now(r->sim) >= first_us + 10 * INTERVAL_US);
    ask_update(r);
    room_run(r, 4 * INTERVAL_US);
    must(set_phy(r, PERIPHERAL, 0, LIKES_1M, LIKES_1M));
    r->read[PERIPHERAL] = r->count[PERIPHERAL];
    await_phy(r, PERIPHERAL, KITH_HCI_SUCCESS, ONE_M, ONE_M);
    link_works(r);
    room_free(r);
}

static void encryption_and_a_change_get_along(void **state)
{
    (void)state;
    for (uint64_t wait_us = 0; wait_us < 8 * (uint64_t)INTERVAL_US; wait_us += INTERVAL_US) {
        room *r = connected_with(HAS_2M, HAS_2M);

        must(set_phy(r, PERIPHERAL, 0, LIKES_2M, LIKES_2M));
        room_run(r, wait_us);
        room_encrypt(r, PERIPHERAL, CENTRAL);
        r->read[PERIPHERAL] = 0;
        (void)await_le(r, PERIPHERAL, KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE, LATER_US);
        link_works(r);
        room_free(r);
    }
}

/* The central's decision is lost until after its instant: the peripheral is not where it should be, and the link dies.
 */
static void who_misses_the_instant_is_lost(void **state)
{
    room *r = connected_with(HAS_2M, HAS_2M);

    (void)state;
    must(set_phy(r, PERIPHERAL, 0, LIKES_2M, LIKES_2M));
    room_run(r, INTERVAL_US);
    kith_sim_set_out_of_range(r->sim, PERIPHERAL, true);
    room_run(r, 15 * INTERVAL_US);
    kith_sim_set_out_of_range(r->sim, PERIPHERAL, false);
    await_phy(r, CENTRAL, KITH_HCI_SUCCESS, TWO_M, TWO_M); /* alone */
    assert_int_equal(await(r, CENTRAL, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 2 * TIMEOUT_US)[3],
                     KITH_HCI_CONNECTION_TIMEOUT);
    assert_int_equal(await(r, PERIPHERAL, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1, 2 * TIMEOUT_US)[3],
                     KITH_HCI_CONNECTION_TIMEOUT); /* it hears nothing, not even that it is too late */
    room_free(r);
}

/* ---- on air ---- */

typedef struct {
    unsigned of_phy[4];
    uint64_t last_us[4]; /* when such a PDU began */
    uint8_t expected;
    uint64_t shortest_gap_us; /* from an empty PDU of the central to the peripheral's */
    uint64_t central_us;
} antenna;

static void on_frame(void *context, const kith_sim_frame *frame)
{
    antenna *a = context;
    uint64_t gap_us = frame->time_us - a->central_us;

    if (frame->connection == 0)
        return;
    a->of_phy[frame->phy]++;
    if (frame->from_central && frame->len == 2)
        a->central_us = frame->time_us;
    else if (!frame->from_central && a->central_us != 0 && gap_us < a->shortest_gap_us)
        a->shortest_gap_us = gap_us;
    if (frame->from_central && frame->len != 2)
        a->central_us = 0;
}

/* An empty PDU takes 80 us on LE 1M, 44 us on LE 2M and 720 us on LE Coded; 150 us later comes the answer. */
static void a_packet_takes_the_time_of_its_phy(void **state)
{
    static const struct {
        uint8_t likes, phy;
        uint64_t gap_us;
    } cases[] = {{LIKES_1M, ONE_M, 80 + 150}, {LIKES_2M, TWO_M, 44 + 150}, {LIKES_CODED, CODED, 720 + 150}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        room *r = connected_with(HAS_ALL, HAS_ALL);
        antenna a = {.shortest_gap_us = UINT64_MAX};

        must(set_phy(r, CENTRAL, 0, cases[i].likes, cases[i].likes));
        await_phy(r, CENTRAL, KITH_HCI_SUCCESS, cases[i].phy, cases[i].phy);
        room_run(r, LATER_US);
        assert_int_equal(kith_sim_listen(r->sim, on_frame, &a), KITH_OK);
        room_run(r, LATER_US);
        assert_true(a.of_phy[cases[i].phy] > 100);
        assert_int_equal(a.of_phy[0] + a.of_phy[1] + a.of_phy[2] + a.of_phy[3], a.of_phy[cases[i].phy]);
        assert_int_equal(a.shortest_gap_us, cases[i].gap_us);
        room_free(r);
    }
}

typedef struct {
    uint64_t last_us;
    bool went_back;
    size_t longest; /* new data PDU on LE Coded */
    bool changed;   /* what was waiting at the instant has been sent */
} order_on_air;

static void note_order(void *context, const kith_sim_frame *frame)
{
    order_on_air *o = context;

    o->went_back |= frame->time_us < o->last_us;
    o->last_us = frame->time_us;
    if (o->changed && frame->len > o->longest)
        o->longest = frame->len;
}

static size_t carried(room *r, int device)
{
    const room_packet *p;
    size_t octets = 0;

    while ((p = seek_acl(r, device)) != NULL)
        octets += bytes_get16(p->data + 3);
    return octets;
}

/* Long packets on LE Coded, at an interval that is long enough for them and at one that is not; one is being repeated
 * at the instant. */
static void long_packets_get_through_on_le_coded(void **state)
{
    static const uint8_t most[6] = {1, 0, 251, 0, 0x48, 0x08};
    static const uint16_t intervals[] = {6, 40};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        room *r = room_new(2, 11);
        order_on_air order = {.last_us = 0};
        uint8_t data[251] = {1};
        const uint8_t *p;

        set_features(r, 0, HAS_CODED);
        set_features(r, 1, HAS_CODED);
        advertise(r, PERIPHERAL);
        must(create_connection(r, CENTRAL, 0, 0, ROOM_ADDRESS[PERIPHERAL], 0, intervals[i], TIMEOUT));
        room_run(r, LATER_US);
        must(command(r, CENTRAL, KITH_HCI_LE_SET_DATA_LENGTH, most, sizeof most));
        must(command(r, PERIPHERAL, KITH_HCI_LE_SET_DATA_LENGTH, most, sizeof most));
        room_run(r, LATER_US);
        assert_int_equal(kith_sim_listen(r->sim, note_order, &order), KITH_OK);
        must(set_phy(r, CENTRAL, 0, LIKES_CODED, LIKES_CODED));
        room_run(r, 5 * intervals[i] * 1250u);
        kith_sim_set_out_of_range(r->sim, PERIPHERAL, true);
        for (int n = 0; n < 4; n++) {
            send_acl(r, CENTRAL, 1, false, data, sizeof data);
            send_acl(r, PERIPHERAL, 1, false, data, sizeof data);
        }
        await_phy(r, CENTRAL, KITH_HCI_SUCCESS, CODED, CODED);
        kith_sim_set_out_of_range(r->sim, PERIPHERAL, false);
        p = await_le(r, CENTRAL, KITH_HCI_LE_EV_DATA_LENGTH_CHANGE, LATER_US); /* the times have changed */
        assert_int_equal(bytes_get16(p + 4), 17040);
        must(command(r, CENTRAL, KITH_HCI_LE_READ_MAX_DATA_LENGTH, NULL, 0));
        assert_int_equal(bytes_get16(answer_of(r, CENTRAL, KITH_HCI_LE_READ_MAX_DATA_LENGTH) + 2), 17040);
        room_run(r, LATER_US);
        order.changed = true;
        for (int n = 0; n < 4; n++) {
            send_acl(r, CENTRAL, 1, false, data, sizeof data);
            send_acl(r, PERIPHERAL, 1, false, data, sizeof data);
        }
        room_run(r, 10 * (uint64_t)LATER_US);
        assert_false(order.went_back);
        assert_int_equal(order.longest, i == 0 ? 2 + 27 : 2 + 251);
        for (int device = 0; device < 2; device++) {
            r->read[device] = 0;
            assert_int_equal(carried(r, device), 8 * sizeof data);
            r->read[device] = 0;
            assert_null(seek(r, device, KITH_HCI_EV_DISCONNECTION_COMPLETE, -1));
        }
        room_free(r);
    }
}

/* LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR: the PHY is in the two highest flags, and on LE Coded a coding indicator follows
 * the access address. */
static void captures_name_the_phy(void **state)
{
    room *r = connected_with(HAS_ALL, HAS_ALL);
    unsigned of_phy[4] = {0};
    char *file = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&file, &len);

    (void)state;
    assert_int_equal(kith_sim_capture(r->sim, stream, false), KITH_OK);
    for (uint8_t i = 0; i < 3; i++) {
        must(set_phy(r, CENTRAL, 0, (uint8_t)(1 << i), (uint8_t)(1 << i)));
        await_phy(r, CENTRAL, KITH_HCI_SUCCESS, (uint8_t)(i + 1), (uint8_t)(i + 1));
        room_run(r, LATER_US);
    }
    room_free(r);
    (void)fclose(stream);
    for (size_t at = 24; at < len;) {
        const uint8_t *record = (const uint8_t *)file + at;
        size_t record_len = bytes_get32(record + 8);
        uint8_t phy = (uint8_t)(bytes_get16(record + 16 + 8) >> 14);
        size_t extra = phy == 2 ? 1 : 0;

        of_phy[phy]++;
        assert_int_equal(record_len, 10 + 4 + extra + 2 + record[16 + 14 + extra + 1] + 3);
        at += 16 + record_len;
    }
    for (size_t i = 0; i < 3; i++)
        assert_true(of_phy[i] > 100);
    assert_int_equal(of_phy[3], 0);
    free(file);
}

/* ---- rubbish ---- */

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* LL control PDUs of procedures with an instant and of others, right in length and wrong in all else. */
static void inject_rubbish(room *r, uint32_t *seed)
{
    static const uint8_t opcodes[] = {0x00, 0x07, 0x0d, 0x0f, 0x10, 0x11, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19};
    static const uint8_t lengths[] = {12, 2, 2, 24, 24, 3, 9, 9, 3, 3, 5, 3};
    size_t which = draw(seed) % sizeof opcodes;
    uint8_t pdu[24] = {0};

    for (size_t i = 0; i < sizeof pdu; i++)
        pdu[i] = (uint8_t)(draw(seed) % 3 == 0 ? draw(seed) : draw(seed) % 8);
    pdu[0] = opcodes[which];
    (void)!kith_sim_inject(r->sim, (int)(draw(seed) % 2), 3, pdu, lengths[which]);
}

static void one_of_many_moves(room *r, uint32_t *seed)
{
    static const uint8_t reply[14] = {1, 0, 40, 0, 40, 0, 0, 0, 200, 0};
    int device = (int)(draw(seed) % 2);

    switch (draw(seed) % 6) {
    case 0:
        (void)set_phy(r, device, (uint8_t)(draw(seed) % 4), (uint8_t)(draw(seed) % 8), (uint8_t)(draw(seed) % 8));
        break;
    case 1:
        (void)command(r, device, KITH_HCI_LE_CONNECTION_UPDATE, reply, sizeof reply);
        break;
    case 2:
        (void)command(r, CENTRAL, KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, reply, sizeof reply);
        break;
    case 3:
        (void)enable_encryption(r, CENTRAL, 1, ROOM_LTK);
        break;
    case 4:
        (void)reply_ltk(r, PERIPHERAL, 1, ROOM_LTK);
        break;
    default:
        inject_rubbish(r, seed);
        break;
    }
}

static void reset_both(room *r)
{
    for (int device = 0; device < 2; device++) {
        must(command(r, device, KITH_HCI_RESET, NULL, 0));
        room_unmask(r, device);
    }
    room_forget_log(r);
}

/* The link may end of it; then both ends know in time, and the next one works. */
static void whatever_comes_in_between_the_next_link_works(void **state)
{
    (void)state;
    for (uint32_t start = 1; start <= 60; start++) {
        uint32_t seed = start;
        room *r = room_new(2, start);

        print_message("seed %u\n", start);
        set_features(r, 0, HAS_ALL | 2);
        set_features(r, 1, HAS_ALL | 2);
        room_connect(r, PERIPHERAL, CENTRAL);
        for (int i = 0; i < 200; i++) {
            one_of_many_moves(r, &seed);
            room_run(r, draw(&seed) % 4 * INTERVAL_US / 2);
            room_forget_log(r);
        }
        for (int device = 0; device < 2; device++) { /* what still waits to be injected ends one of these */
            reset_both(r);
            room_connect(r, PERIPHERAL, CENTRAL);
            room_run(r, LATER_US);
        }
        reset_both(r);
        room_connect(r, PERIPHERAL, CENTRAL);
        must(set_phy(r, CENTRAL, 0, LIKES_2M, LIKES_2M));
        await_phy(r, CENTRAL, KITH_HCI_SUCCESS, TWO_M, TWO_M);
        link_works(r);
        room_free(r);
    }
}

/* Without rubbish and with whatever the hosts wish, on a lossy link too: nothing hangs and nothing ends. */
static void wishes_at_any_time_end_each_with_one_answer(void **state)
{
    (void)state;
    for (uint32_t start = 1; start <= 60; start++) {
        uint32_t seed = start;
        room *r = room_new(2, start);
        unsigned asked[2] = {0};
        unsigned answered[2] = {0};

        print_message("seed %u\n", start);
        set_features(r, 0, HAS_ALL | 2);
        set_features(r, 1, HAS_ALL | 2);
        room_connect(r, PERIPHERAL, CENTRAL);
        for (int i = 0; i < 60; i++) {
            static const uint8_t wish[14] = {1, 0, 24, 0, 24, 0, 0, 0, 200, 0};
            int device = (int)(draw(&seed) % 2);

            if (draw(&seed) % 2 == 0)
                (void)command(r, device, KITH_HCI_LE_CONNECTION_UPDATE, wish, sizeof wish);
            else if (set_phy(r, device, 0, (uint8_t)(1 + draw(&seed) % 7), (uint8_t)(1 + draw(&seed) % 7)) == 0)
                asked[device]++;
            room_run(r, draw(&seed) % 8 * INTERVAL_US);
            if (draw(&seed) % 2 == 0)
                (void)command(r, CENTRAL, KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, wish, sizeof wish);
        }
        (void)command(r, CENTRAL, KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, "\1\0\30\0\30\0\0\0\310\0\0\0\0\0",
                      14);
        room_run(r, 5 * LATER_US);
        for (int device = 0; device < 2; device++) {
            r->read[device] = 0;
            while (seek_le(r, device, KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE) != NULL)
                answered[device]++;
            assert_true(answered[device] >= asked[device]);
            must(set_phy(r, device, 0, LIKES_1M, LIKES_1M)); /* none is under way any more */
            room_run(r, LATER_US);
        }
        link_works(r);
        room_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_end_changes_the_phy_for_both),
        cmocka_unit_test(directions_are_decided_one_by_one),
        cmocka_unit_test(without_a_phy_in_common_it_stays_as_it_is),
        cmocka_unit_test(no_preference_leaves_it_to_the_other_and_the_quickest_is_taken),
        cmocka_unit_test(the_default_is_for_new_connections),
        cmocka_unit_test(a_phy_that_is_not_there_is_refused),
        cmocka_unit_test(a_peer_with_one_phy_keeps_it),
        cmocka_unit_test(two_that_ask_at_once_end_with_one_change),
        cmocka_unit_test(a_change_that_meets_an_update_is_rejected),
        cmocka_unit_test(a_central_does_one_thing_after_the_other),
        cmocka_unit_test(what_ends_at_an_instant_waits_for_another),
        cmocka_unit_test(encryption_and_a_change_get_along),
        cmocka_unit_test(who_misses_the_instant_is_lost),
        cmocka_unit_test(a_packet_takes_the_time_of_its_phy),
        cmocka_unit_test(long_packets_get_through_on_le_coded),
        cmocka_unit_test(captures_name_the_phy),
        cmocka_unit_test(whatever_comes_in_between_the_next_link_works),
        cmocka_unit_test(wishes_at_any_time_end_each_with_one_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
