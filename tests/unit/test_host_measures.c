/* What a link is like, as octets: signal strength, PHYs, data length.  Every end once, every error, and a controller
 * that says anything. */
#include "test_host_support.h"

enum { SECOND = 1000000, HELD_BACK_NONE = 0 };
static const uint8_t gone[] = {0, DESK_HANDLE, 0, 0x08};

static host_link *begin_holding(desk *d, uint16_t hold_back)
{
    host_link *link;

    desk_open(d, 2, 27, 8);
    d->h->ready.lacks &= ~(uint32_t)(KITH_LACKS_PHY_2M | KITH_LACKS_PHY_CODED);
    link = desk_connect(d, 0, true);
    desk_pump(d);
    desk_forget(d);
    d->hold_back = hold_back;
    return link;
}

static void settle(desk *d)
{
    desk_pump(d);
    desk_take_events(d);
}

static void pass(desk *d, uint64_t us)
{
    d->now_us += us;
    assert_int_equal(kith_host_advance(d->h, d->now_us), KITH_OK);
    settle(d);
}

static void expect_packet(desk *d, const uint8_t *wanted, size_t len)
{
    uint8_t packet[260];

    assert_int_equal(kith_host_next_packet(d->h, packet, sizeof packet), len);
    assert_memory_equal(packet, wanted, len);
}

static void rssi_answers(desk *d, uint8_t status, uint16_t handle, int8_t rssi, size_t len)
{
    uint8_t p[7] = {1, 0x05, 0x14, status, (uint8_t)handle, (uint8_t)(handle >> 8), (uint8_t)rssi};

    desk_event(d, KITH_HCI_EV_COMMAND_COMPLETE, p, len);
    settle(d);
}

static void phy_status(desk *d, uint8_t status)
{
    const uint8_t p[4] = {status, 1, 0x32, 0x20};

    desk_event(d, KITH_HCI_EV_COMMAND_STATUS, p, sizeof p);
    settle(d);
}

static void phys_are(desk *d, uint16_t handle, uint8_t status, uint8_t tx, uint8_t rx)
{
    const uint8_t p[6] = {KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE, status, (uint8_t)handle, (uint8_t)(handle >> 8), tx, rx};

    desk_event(d, KITH_HCI_EV_LE_META, p, sizeof p);
    settle(d);
}

static void lengths_are(desk *d, uint16_t handle, uint16_t tx, uint16_t rx)
{
    uint8_t p[11] = {KITH_HCI_LE_EV_DATA_LENGTH_CHANGE};

    bytes_put16(p + 1, handle);
    bytes_put16(p + 3, tx);
    bytes_put16(p + 5, 2120);
    bytes_put16(p + 7, rx);
    bytes_put16(p + 9, 2120);
    desk_event(d, KITH_HCI_EV_LE_META, p, sizeof p);
    settle(d);
}

/* ---- signal strength ---- */

static void the_strength_is_read_and_told_once(void **state)
{
    static const uint8_t command[] = {0x01, 0x05, 0x14, 2, DESK_HANDLE, 0};
    host_link *link;
    desk d;

    (void)state;
    link = begin_holding(&d, KITH_HCI_READ_RSSI);
    assert_int_equal(kith_gap_read_rssi(d.h, 77), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_gap_read_rssi(d.h, link->id), KITH_OK);
    assert_int_equal(kith_gap_read_rssi(d.h, link->id), KITH_ERR_BUSY);
    expect_packet(&d, command, sizeof command);
    rssi_answers(&d, 0, DESK_HANDLE, -61, 7);
    assert_int_equal(d.told[KITH_EVENT_RSSI], 1);
    assert_int_equal(d.last.link, link->id);
    assert_int_equal(d.last.rssi.hci_status, 0);
    assert_int_equal(d.last.rssi.rssi, -61);
    rssi_answers(&d, 0, DESK_HANDLE, -10, 7); /* nobody asked */
    assert_int_equal(d.told[KITH_EVENT_RSSI], 1);
    assert_int_equal(kith_gap_read_rssi(d.h, link->id), KITH_OK);
    desk_close(&d);
}

static void a_strength_that_is_not_read_ends_with_its_reason(void **state)
{
    static const struct {
        uint8_t status, told;
        uint16_t handle;
        size_t len;
        bool ends_link;
    } rows[] = {
        {0x0c, 0x0c, DESK_HANDLE, 7, false}, {0, 0x1f, DESK_HANDLE, 6, false},   {0, 0x1f, DESK_HANDLE + 1, 7, false},
        {0x0c, 0x0c, 0, 4, false},           {0x02, 0x02, DESK_HANDLE, 7, true}, /* the end of it was not told */
    };
    desk d;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        host_link *link = begin_holding(&d, KITH_HCI_READ_RSSI);
        kith_event event;

        assert_int_equal(kith_gap_read_rssi(d.h, link->id), KITH_OK);
        desk_pump(&d);
        {
            uint8_t p[7] = {1, 0x05, 0x14, rows[i].status, (uint8_t)rows[i].handle, 0, 7};

            desk_event(&d, KITH_HCI_EV_COMMAND_COMPLETE, p, rows[i].len);
        }
        assert_true(kith_host_next_event(d.h, &event));
        assert_int_equal(event.kind, KITH_EVENT_RSSI);
        assert_int_equal(event.rssi.hci_status, rows[i].told);
        assert_int_equal(event.rssi.rssi, 127);
        assert_int_equal(kith_host_next_event(d.h, &event), rows[i].ends_link);
        desk_close(&d);
    }
}

/* ---- PHYs ---- */

static void phys_are_asked_for_and_told(void **state)
{
    static const struct {
        uint8_t tx, rx, all;
    } rows[] = {
        {0, 0, 3}, {KITH_PHYS_2M, 0, 2}, {0, KITH_PHYS_CODED, 1}, {KITH_PHYS_1M | KITH_PHYS_2M, KITH_PHYS_2M, 0}};
    desk d;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t command[] = {0x01, 0x32, 0x20, 7, DESK_HANDLE, 0, rows[i].all, rows[i].tx, rows[i].rx, 0, 0};
        host_link *link = begin_holding(&d, KITH_HCI_LE_SET_PHY);

        assert_int_equal(kith_gap_set_phy(d.h, link->id, rows[i].tx, rows[i].rx), KITH_OK);
        assert_int_equal(kith_gap_set_phy(d.h, link->id, rows[i].tx, rows[i].rx), KITH_ERR_BUSY);
        expect_packet(&d, command, sizeof command);
        phy_status(&d, 0);
        assert_int_equal(d.told[KITH_EVENT_PHY], 0);
        phys_are(&d, DESK_HANDLE, 0, KITH_PHY_2M, KITH_PHY_CODED);
        assert_int_equal(d.told[KITH_EVENT_PHY], 1);
        assert_true(d.last.phy.asked);
        assert_int_equal(d.last.phy.hci_status, 0);
        assert_int_equal(d.last.phy.tx_phy, KITH_PHY_2M);
        assert_int_equal(d.last.phy.rx_phy, KITH_PHY_CODED);
        assert_int_equal(kith_gap_set_phy(d.h, link->id, 0, 0), KITH_OK);
        desk_close(&d);
    }
}

static void phys_that_are_not_set_end_with_the_reason(void **state)
{
    enum { REFUSED, FAILED, NEVER, HOWS };
    static const uint8_t told[] = {0x0c, 0x1a, 0x22};
    desk d;

    (void)state;
    for (unsigned how = 0; how < HOWS; how++) {
        host_link *link = begin_holding(&d, KITH_HCI_LE_SET_PHY);

        phys_are(&d, DESK_HANDLE, 0, KITH_PHY_2M, KITH_PHY_2M);
        desk_forget(&d);
        assert_int_equal(kith_gap_set_phy(d.h, link->id, KITH_PHYS_1M, KITH_PHYS_1M), KITH_OK);
        pass(&d, 1);
        phy_status(&d, how == REFUSED ? 0x0c : 0);
        if (how == FAILED)
            phys_are(&d, DESK_HANDLE, 0x1a, KITH_PHY_1M, KITH_PHY_1M);
        if (how == NEVER) {
            pass(&d, 45ull * SECOND - 10);
            assert_int_equal(d.told[KITH_EVENT_PHY], 0);
            pass(&d, 20);
        }
        assert_int_equal(d.told[KITH_EVENT_PHY], 1);
        assert_true(d.last.phy.asked);
        assert_int_equal(d.last.phy.hci_status, told[how]);
        assert_int_equal(d.last.phy.tx_phy, KITH_PHY_2M); /* as it was */
        pass(&d, 100ull * SECOND);
        assert_int_equal(d.told[KITH_EVENT_PHY], 1);
        desk_close(&d);
    }
}

static void what_the_peer_changes_is_told_and_what_stays_is_not(void **state)
{
    host_link *link;
    desk d;

    (void)state;
    link = begin_holding(&d, KITH_HCI_LE_SET_PHY);
    for (unsigned i = 0; i < 3; i++)
        phys_are(&d, DESK_HANDLE, 0, KITH_PHY_2M, KITH_PHY_1M);
    assert_int_equal(d.told[KITH_EVENT_PHY], 1);
    assert_false(d.last.phy.asked);
    assert_int_equal(d.last.phy.tx_phy, KITH_PHY_2M);
    phys_are(&d, DESK_HANDLE, 0x1f, KITH_PHY_1M, KITH_PHY_1M);
    phys_are(&d, DESK_HANDLE + 1, 0, KITH_PHY_1M, KITH_PHY_1M);
    phys_are(&d, DESK_HANDLE, 0, 0, KITH_PHY_1M);
    phys_are(&d, DESK_HANDLE, 0, KITH_PHY_1M, 4);
    assert_int_equal(d.told[KITH_EVENT_PHY], 1);
    assert_int_equal(kith_gap_set_phy(d.h, link->id, 0, 0), KITH_OK);
    phys_are(&d, DESK_HANDLE, 0, KITH_PHY_CODED, KITH_PHY_CODED); /* before ours has gone out */
    assert_int_equal(d.told[KITH_EVENT_PHY], 2);
    assert_false(d.last.phy.asked);
    desk_close(&d);
}

static void what_the_controller_lacks_is_not_asked_for(void **state)
{
    static const uint32_t both = KITH_LACKS_PHY_2M | KITH_LACKS_PHY_CODED;
    static const struct {
        uint32_t lacks;
        uint8_t tx, rx;
        kith_status status;
    } rows[] = {
        {both, KITH_PHYS_1M, KITH_PHYS_1M, KITH_ERR_UNSUPPORTED},
        {KITH_LACKS_PHY_2M, KITH_PHYS_2M, 0, KITH_ERR_UNSUPPORTED},
        {KITH_LACKS_PHY_2M, 0, KITH_PHYS_2M | KITH_PHYS_1M, KITH_ERR_UNSUPPORTED},
        {KITH_LACKS_PHY_2M, KITH_PHYS_CODED, KITH_PHYS_1M, KITH_OK},
        {KITH_LACKS_PHY_CODED, KITH_PHYS_CODED, 0, KITH_ERR_UNSUPPORTED},
        {KITH_LACKS_PHY_CODED, KITH_PHYS_2M, KITH_PHYS_2M, KITH_OK},
        {0, 8, 0, KITH_ERR_VALUE},
        {0, 0, 0x80, KITH_ERR_VALUE},
    };
    desk d;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        host_link *link = begin_holding(&d, HELD_BACK_NONE);

        d.h->ready.lacks |= rows[i].lacks;
        if (kith_gap_set_phy(d.h, link->id, rows[i].tx, rows[i].rx) != rows[i].status)
            fail_msg("row %zu", i);
        desk_pump(&d);
        assert_int_equal(desk_sent(&d, KITH_HCI_LE_SET_PHY), rows[i].status == KITH_OK);
        desk_close(&d);
    }
    host_link *link = begin_holding(&d, HELD_BACK_NONE);

    assert_int_equal(kith_gap_set_phy(d.h, 77, 0, 0), KITH_ERR_NOT_FOUND);
    d.h->commands_supported[35] = d.h->commands_supported[15] = 0;
    assert_int_equal(kith_gap_set_phy(d.h, link->id, 0, 0), KITH_ERR_UNSUPPORTED);
    assert_int_equal(kith_gap_read_rssi(d.h, link->id), KITH_ERR_UNSUPPORTED);
    d.h->ready.lacks |= KITH_LACKS_DATA_LENGTH;
    assert_int_equal(kith_gap_set_data_length(d.h, link->id, 27), KITH_ERR_UNSUPPORTED);
    desk_close(&d);
}

/* ---- data length ---- */

static void lengths_are_asked_for_and_each_change_is_told(void **state)
{
    static const uint8_t command[] = {0x01, 0x22, 0x20, 6, DESK_HANDLE, 0, 100, 0, 0x90, 0x03}; /* 912 us */
    host_link *link;
    desk d;

    (void)state;
    link = begin_holding(&d, KITH_HCI_LE_SET_DATA_LENGTH);
    assert_int_equal(kith_gap_set_data_length(d.h, 77, 100), KITH_ERR_NOT_FOUND);
    assert_int_equal(kith_gap_set_data_length(d.h, link->id, 26), KITH_ERR_VALUE);
    assert_int_equal(kith_gap_set_data_length(d.h, link->id, 252), KITH_ERR_VALUE);
    assert_int_equal(kith_gap_set_data_length(d.h, link->id, 251), KITH_OK);
    assert_int_equal(kith_gap_set_data_length(d.h, link->id, 100), KITH_OK); /* the last one counts */
    expect_packet(&d, command, sizeof command);
    lengths_are(&d, DESK_HANDLE, 27, 27); /* as they are */
    assert_int_equal(d.told[KITH_EVENT_DATA_LENGTH], 0);
    for (unsigned i = 0; i < 3; i++)
        lengths_are(&d, DESK_HANDLE, 100, 251);
    assert_int_equal(d.told[KITH_EVENT_DATA_LENGTH], 1);
    assert_int_equal(d.last.data_length.tx_octets, 100);
    assert_int_equal(d.last.data_length.rx_octets, 251);
    lengths_are(&d, DESK_HANDLE, 26, 251);
    lengths_are(&d, DESK_HANDLE, 100, 252);
    lengths_are(&d, DESK_HANDLE + 1, 27, 27);
    assert_int_equal(d.told[KITH_EVENT_DATA_LENGTH], 1);
    lengths_are(&d, DESK_HANDLE, 100, 27);
    assert_int_equal(d.told[KITH_EVENT_DATA_LENGTH], 2);
    desk_close(&d);
}

/* Vol 6 Part B 4.5.10: 251 octets take 2120 us, and 17040 where each bit takes 8 us. */
static void the_time_of_a_packet_is_that_of_the_phy(void **state)
{
    static const uint8_t uncoded[] = {0x01, 0x22, 0x20, 6, DESK_HANDLE, 0, 251, 0, 0x48, 0x08};
    static const uint8_t coded[] = {0x01, 0x22, 0x20, 6, DESK_HANDLE, 0, 251, 0, 0x90, 0x42};
    host_link *link;
    desk d;

    (void)state;
    link = begin_holding(&d, HELD_BACK_NONE);
    assert_int_equal(kith_gap_set_data_length(d.h, link->id, 251), KITH_OK);
    expect_packet(&d, uncoded, sizeof uncoded);
    desk_answer(&d, KITH_HCI_LE_SET_DATA_LENGTH);
    phys_are(&d, DESK_HANDLE, 0, KITH_PHY_CODED, KITH_PHY_CODED);
    assert_int_equal(kith_gap_set_data_length(d.h, link->id, 251), KITH_OK);
    expect_packet(&d, coded, sizeof coded);
    desk_close(&d);
}

/* ---- all of them ---- */

static void a_link_that_goes_ends_what_is_under_way_before_it(void **state)
{
    static const kith_event_kind order[] = {KITH_EVENT_RSSI, KITH_EVENT_PHY, KITH_EVENT_DISCONNECTED};
    desk d;

    (void)state;
    for (unsigned sent = 0; sent <= 1; sent++) {
        host_link *link = begin_holding(&d, sent ? KITH_HCI_LE_SET_PHY : HELD_BACK_NONE);
        kith_event event;

        assert_int_equal(kith_gap_set_phy(d.h, link->id, 0, 0), KITH_OK);
        assert_int_equal(kith_gap_read_rssi(d.h, link->id), KITH_OK);
        if (sent)
            desk_pump(&d);
        desk_event(&d, KITH_HCI_EV_DISCONNECTION_COMPLETE, gone, sizeof gone);
        for (unsigned i = 0; i < 3; i++) {
            assert_true(kith_host_next_event(d.h, &event));
            assert_int_equal(event.kind, order[i]);
            if (event.kind == KITH_EVENT_RSSI)
                assert_int_equal(event.rssi.hci_status, 0x08);
            if (event.kind == KITH_EVENT_PHY)
                assert_int_equal(event.phy.hci_status, 0x08);
        }
        assert_false(kith_host_next_event(d.h, &event));
        desk_close(&d);
    }
}

static void a_controller_that_is_lost_ends_them_too(void **state)
{
    host_link *link;
    desk d;

    (void)state;
    link = begin_holding(&d, KITH_HCI_LE_SET_PHY);
    assert_int_equal(kith_gap_set_phy(d.h, link->id, 0, 0), KITH_OK);
    assert_int_equal(kith_gap_read_rssi(d.h, link->id), KITH_OK);
    pass(&d, 1);
    pass(&d, 1); /* the command is out since then */
    pass(&d, 5ull * SECOND);
    assert_int_equal(d.told[KITH_EVENT_PHY], 1);
    assert_int_equal(d.told[KITH_EVENT_RSSI], 1);
    assert_int_equal(d.told[KITH_EVENT_DISCONNECTED], 1);
    assert_int_equal(d.last.kind, KITH_EVENT_CONTROLLER_LOST);
    desk_close(&d);
}

static void a_link_that_is_being_ended_is_not_measured(void **state)
{
    host_link *link;
    desk d;

    (void)state;
    link = begin_holding(&d, KITH_HCI_DISCONNECT);
    assert_int_equal(kith_gap_disconnect(d.h, link->id, 0x13), KITH_OK);
    assert_int_equal(kith_gap_read_rssi(d.h, link->id), KITH_ERR_STATE);
    assert_int_equal(kith_gap_set_phy(d.h, link->id, 0, 0), KITH_ERR_STATE);
    assert_int_equal(kith_gap_set_data_length(d.h, link->id, 27), KITH_ERR_STATE);
    desk_pump(&d);
    assert_int_equal(d.command_count, 1);
    desk_close(&d);
}

/* ---- a storm ---- */

typedef struct {
    unsigned asked[3], ended[3]; /* parameters, RSSI, PHY: of this link */
    unsigned questions, answers;
    bool open;
    kith_link id;
} account;

static void settle_account(account *a, const kith_event *e)
{
    if (e->link != a->id)
        return;
    assert_true(a->open); /* nothing after DISCONNECTED */
    a->ended[0] += e->kind == KITH_EVENT_PARAMETERS && e->parameters.asked;
    a->ended[1] += e->kind == KITH_EVENT_RSSI;
    a->questions += e->kind == KITH_EVENT_PARAMETERS_WANTED;
    a->ended[2] += e->kind == KITH_EVENT_PHY && e->phy.asked;
    a->open = e->kind != KITH_EVENT_DISCONNECTED;
    assert_true(a->answers <= a->questions);
    for (unsigned i = 0; i < 3; i++)
        if (a->open ? a->asked[i] - a->ended[i] > 1 : a->asked[i] != a->ended[i])
            fail_msg("procedure %u: %u begun, %u ended", i, a->asked[i], a->ended[i]);
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

/* What a controller could say of that link, whether there is a reason or not. */
static void say_something(desk *d, uint64_t *seed)
{
    static const uint8_t statuses[] = {0, 0, 0, 0x0c, 0x1a, 0x23, 0x2a, 0x3b};
    static const uint16_t opcodes[] = {KITH_HCI_LE_CONNECTION_UPDATE, KITH_HCI_LE_SET_PHY, KITH_HCI_READ_RSSI,
                                       KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY,
                                       KITH_HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY};
    static const uint8_t subevents[] = {0x03, 0x06, 0x07, 0x0c};
    const uint8_t status = statuses[draw(seed, sizeof statuses)];
    uint8_t p[12] = {0};

    if (d->h->command.opcode != 0 && draw(seed, 2) == 0) {
        const uint16_t opcode = draw(seed, 8) != 0 ? d->h->command.opcode : opcodes[draw(seed, 5)];
        const bool by_status = opcode == KITH_HCI_LE_CONNECTION_UPDATE || opcode == KITH_HCI_LE_SET_PHY;
        const uint8_t answer[7] = {1, (uint8_t)opcode, (uint8_t)(opcode >> 8), status, DESK_HANDLE, 0, 0xd0};
        const uint8_t short_answer[4] = {status, 1, (uint8_t)opcode, (uint8_t)(opcode >> 8)};

        desk_event(d, by_status ? KITH_HCI_EV_COMMAND_STATUS : KITH_HCI_EV_COMMAND_COMPLETE,
                   by_status ? short_answer : answer, by_status ? 4 : 7);
        return;
    }
    p[0] = subevents[draw(seed, sizeof subevents)];
    if (p[0] == 0x06 || p[0] == 0x07) {
        bytes_put16(p + 1, DESK_HANDLE);
        bytes_put16(p + 3, (uint16_t)(20 + draw(seed, 40)));
        bytes_put16(p + 5, (uint16_t)(40 + draw(seed, 40)));
        bytes_put16(p + 7, (uint16_t)(p[0] == 0x06 ? 0 : 27 + draw(seed, 230)));
        bytes_put16(p + 9, 400);
    } else {
        p[1] = status;
        bytes_put16(p + 2, DESK_HANDLE);
        p[4] = (uint8_t)(p[0] == 0x0c ? draw(seed, 5) : 24 + draw(seed, 3));
        p[5] = (uint8_t)(p[0] == 0x0c ? draw(seed, 5) : 0);
        p[8] = 100;
    }
    desk_event(d, KITH_HCI_EV_LE_META, p, 11);
}

static void want_something(desk *d, account *a, uint64_t *seed)
{
    static const kith_connection_parameters wish = {24, 26, 0, 100};

    switch (draw(seed, 5)) {
    case 0:
        a->asked[0] += kith_gap_update_parameters(d->h, a->id, &wish) == KITH_OK;
        break;
    case 1:
        a->asked[1] += kith_gap_read_rssi(d->h, a->id) == KITH_OK;
        break;
    case 2:
        a->asked[2] += kith_gap_set_phy(d->h, a->id, (uint8_t)draw(seed, 8), 0) == KITH_OK;
        break;
    case 3:
        a->answers += kith_gap_answer_parameters(d->h, a->id, draw(seed, 2) != 0) == KITH_OK;
        break;
    default:
        assert_int_equal(kith_gap_set_data_length(d->h, a->id, (uint16_t)(27 + draw(seed, 225))), KITH_OK);
        break;
    }
}

/* Until the link is gone, every procedure has ended as often as it has begun. */
static void blow(uint64_t first)
{
    uint64_t seed = first;
    uint8_t packet[260];
    account a = {.open = true};
    kith_event event;
    desk d;

    desk_open(&d, 1, 27, 8);
    d.h->config.accept_parameters = (uint8_t)draw(&seed, 3);
    d.h->le_features |= 0x02;
    d.h->ready.lacks = 0;
    a.id = desk_connect(&d, 0, draw(&seed, 2) != 0)->id;
    for (unsigned turn = 0; turn < 400 && a.open; turn++) {
        switch (draw(&seed, 8)) {
        case 0:
        case 1:
            want_something(&d, &a, &seed);
            break;
        case 2:
            d.now_us += draw(&seed, 3 * SECOND);
            assert_int_equal(kith_host_advance(d.h, d.now_us), KITH_OK);
            break;
        case 3:
            if (kith_host_next_packet(d.h, packet, sizeof packet) > 0 && packet[0] == KITH_H4_ACL)
                desk_complete(&d, 0, 1, 1);
            break;
        default:
            say_something(&d, &seed);
            break;
        }
        while (kith_host_next_event(d.h, &event))
            settle_account(&a, &event);
    }
    if (a.open)
        desk_event(&d, KITH_HCI_EV_DISCONNECTION_COMPLETE, gone, sizeof gone);
    while (kith_host_next_event(d.h, &event))
        settle_account(&a, &event);
    assert_false(a.open);
    assert_int_equal(kith_host_dropped(d.h), 0);
    desk_close(&d);
}

static void in_a_storm_each_ends_once(void **state)
{
    const char *given = getenv("KITH_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : 901;

    (void)state;
    print_message("KITH_SEED=%llu, and 300 from there\n", (unsigned long long)seed);
    for (unsigned i = 0; i < 300; i++)
        blow(seed + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strength_is_read_and_told_once),
        cmocka_unit_test(a_strength_that_is_not_read_ends_with_its_reason),
        cmocka_unit_test(phys_are_asked_for_and_told),
        cmocka_unit_test(phys_that_are_not_set_end_with_the_reason),
        cmocka_unit_test(what_the_peer_changes_is_told_and_what_stays_is_not),
        cmocka_unit_test(what_the_controller_lacks_is_not_asked_for),
        cmocka_unit_test(lengths_are_asked_for_and_each_change_is_told),
        cmocka_unit_test(the_time_of_a_packet_is_that_of_the_phy),
        cmocka_unit_test(a_link_that_goes_ends_what_is_under_way_before_it),
        cmocka_unit_test(a_controller_that_is_lost_ends_them_too),
        cmocka_unit_test(a_link_that_is_being_ended_is_not_measured),
        cmocka_unit_test(in_a_storm_each_ends_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
