/* One seed, one trace: captures and HCI traces are the same octets for the same seed, in another run and on another
 * crypto backend, and different octets for another seed. */
#include "methods.h"

enum { TRACES = 4 };

typedef struct {
    char *octets[TRACES]; /* on air, on air decrypted, btsnoop of either host */
    size_t len[TRACES];
} story;

static void play(cast_host *phone, cast_host *lamp)
{
    cast_start(phone->room);
    cast_connect(phone, lamp);
    cast_read(phone, CAST_VALUE_HANDLE);
    cast_pair(phone, lamp);
    cast_read(phone, CAST_VALUE_HANDLE);
    cast_disconnect(phone, lamp);
    cast_connect(phone, lamp);
    assert_int_equal(kith_security_secure(phone->host, phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(phone, 2);
    cast_await_ends(lamp, 2);
    cast_read(phone, CAST_OPEN_HANDLE);
    cast_disconnect(lamp, phone);
}

static void open_traces(story *s, const cast_room *room, FILE *files[TRACES])
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < TRACES; i++) {
        files[i] = open_memstream(&s->octets[i], &s->len[i]);
        assert_non_null(files[i]);
    }
    assert_int_equal(kith_sim_capture(room->sim, files[0], false), KITH_OK);
    assert_int_equal(kith_sim_capture(room->sim, files[1], true), KITH_OK);
    assert_int_equal(kith_sim_btsnoop(room->sim, room->hosts[0].device, files[2]), KITH_OK);
    assert_int_equal(kith_sim_btsnoop(room->sim, room->hosts[1].device, files[3]), KITH_OK);
}

static void close_traces(const story *s, FILE *files[TRACES])
{
    for (size_t i = 0; i < TRACES; i++) {
        assert_int_equal(ferror(files[i]), 0);
        fclose(files[i]);
        assert_true(s->len[i] > 1000);
    }
}

static story tell(uint64_t seed, cast_crypto crypto)
{
    cast_room *room = cast_open(seed, crypto);
    FILE *files[TRACES];
    story s;

    cast_add_lamp(room, "lamp");
    cast_add_phone(room, "phone");
    open_traces(&s, room, files);
    play(&room->hosts[1], &room->hosts[0]);
    cast_close(room);
    close_traces(&s, files);
    return s;
}

/* One pairing by this method, and back to the bond in both roles. */
static story tell_method(const method_row *row, uint64_t seed, cast_crypto crypto)
{
    static const kith_store *const no_stores[2];
    FILE *files[TRACES];
    couple c;
    story s;

    couple_open_with(&c, row, seed, crypto, no_stores);
    open_traces(&s, c.room, files);
    cast_start(c.room);
    couple_pair_cleanly(&c);
    couple_part(&c);
    couple_come_back(&c, INITIATOR);
    couple_come_back(&c, RESPONDER);
    couple_close(&c);
    close_traces(&s, files);
    return s;
}

static bool trace_is_equal(const story *a, const story *b, size_t i)
{
    return a->len[i] == b->len[i] && memcmp(a->octets[i], b->octets[i], a->len[i]) == 0;
}

static void expect_equal(const story *a, const story *b)
{
    for (size_t i = 0; i < TRACES; i++)
        assert_true(trace_is_equal(a, b, i));
}

static void forget(story *s)
{
    for (size_t i = 0; i < TRACES; i++)
        free(s->octets[i]);
}

static bool holds(const story *s, size_t trace, const void *what, size_t len)
{
    for (size_t i = 0; i + len <= s->len[trace]; i++)
        if (memcmp(s->octets[trace] + i, what, len) == 0)
            return true;
    return false;
}

static void same_seed_same_octets(void **state)
{
    story a = tell(11, CAST_OPENSSL), b = tell(11, CAST_OPENSSL);

    (void)state;
    expect_equal(&a, &b);
    forget(&a);
    forget(&b);
}

static void same_octets_on_both_crypto_backends(void **state)
{
    (void)state;
    for (uint64_t seed = 11; seed < 14; seed++) {
        story a = tell(seed, CAST_OPENSSL), b = tell(seed, CAST_PSA);

        expect_equal(&a, &b);
        forget(&a);
        forget(&b);
    }
}

static void same_octets_for_every_method(void **state)
{
    (void)state;
    for (size_t i = 0; i < METHODS; i++) {
        story a = tell_method(&method_rows[i], 15, CAST_OPENSSL), b = tell_method(&method_rows[i], 15, CAST_OPENSSL);
        story c = tell_method(&method_rows[i], 15, CAST_PSA);

        expect_equal(&a, &b);
        expect_equal(&a, &c);
        forget(&a);
        forget(&b);
        forget(&c);
    }
}

static void another_seed_other_octets(void **state)
{
    story a = tell(11, CAST_OPENSSL), b = tell(12, CAST_OPENSSL);

    (void)state;
    for (size_t i = 0; i < TRACES; i++)
        assert_false(trace_is_equal(&a, &b, i));
    forget(&a);
    forget(&b);
}

static void the_antenna_hears_noise_and_the_decrypted_capture_words(void **state)
{
    story a = tell(11, CAST_OPENSSL);

    (void)state;
    assert_false(holds(&a, 0, CAST_SECRET, sizeof CAST_SECRET));
    assert_true(holds(&a, 1, CAST_SECRET, sizeof CAST_SECRET));
    assert_true(holds(&a, 2, CAST_SECRET, sizeof CAST_SECRET));
    forget(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_octets),
        cmocka_unit_test(same_octets_on_both_crypto_backends),
        cmocka_unit_test(same_octets_for_every_method),
        cmocka_unit_test(another_seed_other_octets),
        cmocka_unit_test(the_antenna_hears_noise_and_the_decrypted_capture_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
