/* One seed, one trace; and captures that are what they say.  (That tshark reads them is a heavy test.) */
#include "test_sim_support.h"

typedef struct {
    char *air;
    char *plain;
    char *snoop[2];
    size_t air_len;
    size_t plain_len;
    size_t snoop_len[2];
} traces;

static void story(uint64_t seed, unsigned loss, traces *t)
{
    room *r = room_new(2, seed);
    FILE *files[4] = {open_memstream(&t->air, &t->air_len), open_memstream(&t->plain, &t->plain_len),
                      open_memstream(&t->snoop[0], &t->snoop_len[0]), open_memstream(&t->snoop[1], &t->snoop_len[1])};

    assert_int_equal(kith_sim_capture(r->sim, files[0], false), KITH_OK);
    assert_int_equal(kith_sim_capture(r->sim, files[1], true), KITH_OK);
    assert_int_equal(kith_sim_btsnoop(r->sim, 0, files[2]), KITH_OK);
    assert_int_equal(kith_sim_btsnoop(r->sim, 1, files[3]), KITH_OK);
    room_connect(r, 0, 1);
    kith_sim_set_loss(r->sim, loss);
    send_acl(r, 1, 1, false, (const uint8_t *)"\x03\x00\x04\x00\x0a\x03\x00", 7);
    room_run(r, 200000);
    room_encrypt(r, 0, 1);
    send_acl(r, 0, 1, false, (const uint8_t *)"\x05\x00\x04\x00\x1b\x03\x00xy", 9);
    room_run(r, 300000);
    must(disconnect(r, 1, 1, 0x13));
    room_run(r, 300000);
    room_free(r);
    for (int i = 0; i < 4; i++)
        (void)fclose(files[i]);
}

static void traces_free(traces *t)
{
    free(t->air);
    free(t->plain);
    free(t->snoop[0]);
    free(t->snoop[1]);
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static void one_seed_gives_one_trace(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        traces a;
        traces b;
        traces other;

        story(seed, 100, &a);
        story(seed, 100, &b);
        story(seed + 1000, 100, &other);
        assert_true(same(a.air, a.air_len, b.air, b.air_len));
        assert_true(same(a.plain, a.plain_len, b.plain, b.plain_len));
        for (int i = 0; i < 2; i++)
            assert_true(same(a.snoop[i], a.snoop_len[i], b.snoop[i], b.snoop_len[i]));
        assert_false(same(a.air, a.air_len, other.air, other.air_len));
        traces_free(&a);
        traces_free(&b);
        traces_free(&other);
    }
}

/* Walks all records; gives how many have the decrypted flag, and checks order, lengths and the header. */
static unsigned walk_pcap(const char *file, size_t len, bool *holds_value)
{
    const uint8_t *p = (const uint8_t *)file;
    size_t at = 24;
    uint64_t last_us = 0;
    unsigned decrypted = 0;

    *holds_value = false;
    assert_int_equal(bytes_get32(p), 0xa1b2c3d4);
    assert_int_equal(bytes_get32(p + 20), 256);
    while (at < len) {
        uint64_t time_us = (uint64_t)bytes_get32(p + at) * 1000000 + bytes_get32(p + at + 4);
        size_t record = bytes_get32(p + at + 8);
        const uint8_t *body = p + at + 16;

        assert_true(time_us >= last_us);
        last_us = time_us;
        assert_int_equal(record, 10 + 4 + 2 + body[15] + 3);
        assert_memory_equal(body + 4, body + 10, 4);
        assert_true(body[0] <= 39);
        decrypted += (bytes_get16(body + 8) & 0x0008) != 0;
        for (size_t i = 16; i + 1 < record; i++)
            *holds_value |= body[i] == 'x' && body[i + 1] == 'y';
        at += 16 + record;
    }
    assert_int_equal(at, len);
    return decrypted;
}

static void air_capture_shows_noise_and_the_other_plain_text(void **state)
{
    traces t;
    bool holds_value;

    (void)state;
    story(1, 0, &t);
    assert_int_equal(walk_pcap(t.air, t.air_len, &holds_value), 0);
    assert_false(holds_value);
    assert_true(walk_pcap(t.plain, t.plain_len, &holds_value) >= 4);
    assert_true(holds_value);
    traces_free(&t);
}

static void btsnoop_has_both_directions_in_order(void **state)
{
    traces t;
    size_t at = 16;
    unsigned seen = 0;
    const uint8_t *p;

    (void)state;
    story(1, 0, &t);
    p = (const uint8_t *)t.snoop[1];
    assert_memory_equal(p, "btsnoop\0\0\0\0\1\0\0\x03\xea", 16);
    while (at < t.snoop_len[1]) {
        size_t len = (size_t)p[at + 2] << 8 | p[at + 3];
        uint8_t flags = p[at + 11];
        uint8_t type = p[at + 24];

        assert_int_equal((flags & 2) == 0, type == KITH_H4_ACL);
        if (type != KITH_H4_ACL)
            assert_int_equal((flags & 1) != 0, type == KITH_H4_EVENT);
        seen |= 1u << flags;
        at += 24 + len;
    }
    assert_int_equal(at, t.snoop_len[1]);
    assert_int_equal(seen, 0xf);
    traces_free(&t);
}

static void four_listeners_are_the_most(void **state)
{
    room *r = room_new(1, 1);

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(kith_sim_capture(r->sim, stdout, false), KITH_OK);
    assert_int_equal(kith_sim_capture(r->sim, stdout, false), KITH_ERR_FULL);
    room_free(r);
}

/* USB has events and data on separate pipes. */
static void events_and_data_can_be_reordered(void **state)
{
    (void)state;
    for (int late = 0; late < 3; late++) {
        room *r = room_new(2, 5);
        uint64_t changed_us;
        size_t change = 0;
        size_t data = 0;

        room_connect(r, 0, 1);
        kith_sim_set_reorder(r->sim, 1, late == 1, late == 2);
        must(enable_encryption(r, 1, 1, ROOM_LTK));
        (void)await_le(r, 0, KITH_HCI_LE_EV_LTK_REQUEST, 1000000);
        must(reply_ltk(r, 0, 1, ROOM_LTK));
        (void)await(r, 0, KITH_HCI_EV_ENCRYPTION_CHANGE, -1, 1000000);
        send_acl(r, 0, 1, false, (const uint8_t *)"key", 3);
        room_run(r, 10 * INTERVAL_US);
        for (size_t i = 0; i < r->count[1]; i++) {
            if (is_event(&r->log[1][i], KITH_HCI_EV_ENCRYPTION_CHANGE, -1))
                change = i;
            if (r->log[1][i].data[0] == KITH_H4_ACL)
                data = i;
        }
        changed_us = r->log[1][change].time_us;
        assert_int_not_equal(data, 0);
        assert_int_not_equal(change, 0);
        assert_int_equal(data < change, late == 1);
        assert_true(r->log[1][data].time_us <= changed_us + 10 * INTERVAL_US);
        room_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_one_trace),
        cmocka_unit_test(air_capture_shows_noise_and_the_other_plain_text),
        cmocka_unit_test(btsnoop_has_both_directions_in_order),
        cmocka_unit_test(four_listeners_are_the_most),
        cmocka_unit_test(events_and_data_can_be_reordered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
