/* Limits and configuration: sizes that were promised are enough, mistakes are named, and nothing is written outside
 * the block (the cast's guards see to that in every other scenario as well). */
#include "cast.h"
#include "cast_crypto.h"

static const uint16_t mtus[] = {23, 24, 64, 65, 66, 100, 247, 517};

static void the_constant_is_never_less_than_the_exact_size(void **state)
{
    (void)state;
    for (unsigned links = 1; links <= 32; links++)
        for (unsigned pairings = 1; pairings <= links; pairings += 1 + links / 6)
            for (unsigned bonds = 0; bonds <= 1000; bonds = bonds * 3 + 1)
                for (size_t m = 0; m < sizeof mtus / sizeof mtus[0]; m++)
                    for (unsigned events = 0; events <= 1000; events = events * 7 + 1) {
                        kith_limits l = {.links = (uint8_t)links,
                                         .pairings = (uint8_t)pairings,
                                         .bonds = bonds,
                                         .mtu = mtus[m],
                                         .events = (uint16_t)events};
                        size_t size = kith_host_size(&l);

                        assert_true(size > 0);
                        assert_true(size <= KITH_HOST_SIZE(links, pairings, bonds, mtus[m], events));
                    }
}

static void the_constant_of_a_client_is_never_less_than_the_exact_size(void **state)
{
    (void)state;
    for (unsigned links = 1; links <= 32; links += 5)
        for (unsigned operations = 0; operations <= 32; operations++)
            for (size_t m = 0, cache = operations % 3 == 0 ? 0 : 24 + 31 * operations; m < sizeof mtus / sizeof mtus[0];
                 m++) {
                kith_limits l = {.links = (uint8_t)links,
                                 .pairings = 1,
                                 .bonds = 2,
                                 .mtu = mtus[m],
                                 .cache = (uint16_t)cache,
                                 .operations = (uint8_t)operations};

                assert_true(kith_host_size(&l) <= KITH_HOST_SIZE(links, 1, 2, mtus[m], 0) +
                                                      KITH_HOST_SIZE_CLIENT(links, mtus[m], cache, operations));
            }
}

static void the_constant_of_lists_is_never_less_than_the_exact_size(void **state)
{
    (void)state;
    for (unsigned listed = 0; listed <= 255; listed++) {
        kith_limits l = {.links = 1, .pairings = 1, .bonds = 2, .mtu = 65}, without = l;
        size_t base = kith_host_size(&without);

        l.listed = (uint8_t)listed;
        assert_true(kith_host_size(&l) <= base + KITH_HOST_SIZE_LISTS(listed));
        assert_true((kith_host_size(&l) > base) == (listed != 0));
    }
}

static void the_constant_of_reports_is_never_less_than_the_exact_size(void **state)
{
    (void)state;
    for (unsigned data = 0; data <= 1650; data++)
        for (unsigned queue = 0; queue <= 4096; queue += 512) {
            kith_limits l = {.links = 1, .pairings = 1, .bonds = 2, .mtu = 65, .queue = (uint16_t)queue}, without = l;

            l.report_data = (uint16_t)data;
            assert_true(kith_host_size(&l) <= kith_host_size(&without) + KITH_HOST_SIZE_REPORTS(data));
            assert_true(kith_host_size(&l) > 0);
        }
}

static void the_constant_of_sets_is_never_less_than_the_exact_size(void **state)
{
    (void)state;
    for (unsigned sets = 0; sets <= KITH_SETS_MAX; sets++) {
        kith_limits l = {.links = 1, .pairings = 1, .bonds = 2, .mtu = 65, .sets = (uint8_t)sets};

        assert_true(kith_host_size(&l) <= KITH_HOST_SIZE(1, 1, 2, 65, 0) + KITH_HOST_SIZE_SETS(sets));
        l.sets = KITH_SETS_MAX + 1;
        assert_int_equal(kith_host_size(&l), 0);
    }
}

static void the_constant_of_reconnection_is_never_less_than_the_exact_size(void **state)
{
    (void)state;
    for (unsigned reconnects = 0; reconnects <= 255; reconnects++) {
        kith_limits l = {.links = 1, .pairings = 1, .bonds = 2, .mtu = 65}, without = l;
        size_t base = kith_host_size(&without);

        l.reconnects = (uint8_t)reconnects;
        assert_true(kith_host_size(&l) <= base + KITH_HOST_SIZE_RECONNECTS(reconnects));
        assert_true((kith_host_size(&l) > base) == (reconnects != 0));
    }
}

static void limits_out_of_range_have_no_size(void **state)
{
    static const kith_limits bad[] = {
        {.links = 0, .pairings = 1, .bonds = 1, .mtu = 65},
        {.links = 33, .pairings = 1, .bonds = 1, .mtu = 65},
        {.links = 1, .pairings = 0, .bonds = 1, .mtu = 65},
        {.links = 1, .pairings = 2, .bonds = 1, .mtu = 65},
        {.links = 4, .pairings = 5, .bonds = 1, .mtu = 65},
        {.links = 1, .pairings = 1, .bonds = 1, .mtu = 22},
        {.links = 1, .pairings = 1, .bonds = 1, .mtu = 518},
        {.links = 1, .pairings = 1, .bonds = 1, .mtu = 65, .subscriptions = 33},
        {.links = 1, .pairings = 1, .bonds = 1, .mtu = 65, .queue = 4097},
        {.links = 1, .pairings = 1, .bonds = 1, .mtu = 65, .operations = 33},
        {.links = 1, .pairings = 1, .bonds = 1, .mtu = 65, .cache = 23},
        {.links = 1, .pairings = 1, .bonds = 1, .mtu = 65, .cache = 1465},
        {.links = 1, .pairings = 1, .bonds = 1, .mtu = 65, .report_data = 1651},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(kith_host_size(&bad[i]), 0);
}

typedef void change(kith_config *config);

static void no_crypto(kith_config *c)
{
    c->crypto = NULL;
}
static void bad_limit(kith_config *c)
{
    c->limits.mtu = 22;
}
static void bad_level(kith_config *c)
{
    c->security.required_level = KITH_LEVEL_NONE;
}
static void bad_level_above(kith_config *c)
{
    c->security.required_level = 5;
}
static void bad_key_size(kith_config *c)
{
    c->security.min_key_size = 6;
}
static void bad_key_size_above(kith_config *c)
{
    c->security.min_key_size = 17;
}
static void sizes_crossed(kith_config *c)
{
    c->security.max_key_size = 15;
}
static void size_above_max(kith_config *c)
{
    c->security.max_key_size = 17;
}
static void bad_passkey(kith_config *c)
{
    c->security.fixed_passkey = 1000000;
}
static void no_block_list(kith_config *c)
{
    c->security.blocked_count = 1;
}
static void known_irk(kith_config *c)
{
    static const uint8_t sample[16] = {0xec, 0x02, 0x34, 0xa3, 0x57, 0xc8, 0xad, 0x05,
                                       0x34, 0x10, 0x10, 0xa6, 0x0a, 0x39, 0x7d, 0x9b};

    c->irk = sample;
}
static void bad_keys(kith_config *c)
{
    c->security.initiator_keys = KITH_KEY_LINK;
}
static void bad_io(kith_config *c)
{
    c->security.io = 5;
}
static void bad_policy(kith_config *c)
{
    c->security.policy = 2;
}
static void bad_own_address(kith_config *c)
{
    c->own_address = 2;
}
static void bad_static_address(kith_config *c)
{
    static const uint8_t resolvable[6] = {1, 2, 3, 4, 5, 0x7f};

    c->own_address = KITH_OWN_STATIC;
    c->static_address = resolvable;
}
static void zero_irk(kith_config *c)
{
    static const uint8_t zero[16];

    c->irk = zero;
}

/* Whoever wants bonds to go with the power says so: kith_volatile_store. */
static void no_store(kith_config *c)
{
    c->store = NULL;
}

static void long_name(kith_config *c)
{
    static char name[250];

    memset(name, 'x', 249);
    c->name = name;
}

static void every_mistake_in_a_configuration_is_refused(void **state)
{
    static change *const changes[] = {
        no_crypto,      bad_limit, bad_level,   bad_level_above, bad_key_size,    bad_key_size_above, sizes_crossed,
        size_above_max, bad_keys,  bad_io,      bad_policy,      bad_own_address, bad_static_address, zero_irk,
        known_irk,      long_name, bad_passkey, no_block_list,   no_store};
    cast_random random = {.state = 1, .good_draws = -1};
    kith_crypto_port crypto;

    (void)state;
    cast_crypto_port(CAST_OPENSSL, &random, &crypto);
    for (size_t i = 0; i <= sizeof changes / sizeof changes[0]; i++) {
        static _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 65, 8)];
        kith_host *h = (kith_host *)memory;
        kith_config config;
        kith_status status;

        cast_lamp_config(&config);
        config.crypto = &crypto;
        if (i < sizeof changes / sizeof changes[0])
            changes[i](&config);
        status = kith_host_init(memory, sizeof memory, &config, &h);
        if (i == sizeof changes / sizeof changes[0]) { /* and without a mistake it is accepted */
            assert_int_equal(status, KITH_OK);
            continue;
        }
        if (status != KITH_ERR_VALUE || h != NULL)
            fail_msg("mistake %zu: %s", i, kith_status_name(status));
    }
}

static void bonding_is_not_turned_on_later_without_a_store(void **state)
{
    static _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 65, 8)];
    cast_random random = {.state = 1, .good_draws = -1};
    kith_crypto_port crypto;
    kith_config config;
    kith_security security;
    kith_host *h;

    (void)state;
    cast_crypto_port(CAST_OPENSSL, &random, &crypto);
    for (unsigned named = 0; named < 2; named++) {
        cast_lamp_config(&config);
        config.crypto = &crypto;
        config.store = named ? &kith_volatile_store : NULL;
        config.security.bonding = false;
        assert_int_equal(kith_host_init(memory, sizeof memory, &config, &h), KITH_OK);
        security = config.security;
        security.bonding = true;
        assert_int_equal(kith_security_set(h, &security), named ? KITH_OK : KITH_ERR_VALUE);
    }
}

static kith_status init_with(const kith_backoff *backoff)
{
    static _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 65, 8)];
    cast_random random = {.state = 1, .good_draws = -1};
    kith_crypto_port crypto;
    kith_config config;
    kith_host *h;

    cast_crypto_port(CAST_OPENSSL, &random, &crypto);
    cast_lamp_config(&config);
    config.crypto = &crypto;
    config.security.backoff = *backoff;
    return kith_host_init(memory, sizeof memory, &config, &h);
}

static void waits_that_make_no_sense_are_refused(void **state)
{
    static const kith_backoff sound[] = {{4000, 64000, 10000}, {1, 1, 1}, {86400000, 86400000, UINT32_MAX}, {0, 0, 0}};
    static const kith_backoff bad[] = {{2, 1, 1}, {1, 86400001, 1}, {1, 1, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++)
        assert_int_equal(init_with(&sound[i]), KITH_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(init_with(&bad[i]), KITH_ERR_VALUE);
}

static void memory_must_be_aligned_and_large_enough(void **state)
{
    static _Alignas(8) uint8_t memory[KITH_HOST_SIZE(1, 1, 4, 65, 8) + 8];
    cast_random random = {.state = 1, .good_draws = -1};
    kith_crypto_port crypto;
    kith_config config;
    kith_host *h;
    size_t size;

    (void)state;
    cast_crypto_port(CAST_OPENSSL, &random, &crypto);
    cast_lamp_config(&config);
    config.crypto = &crypto;
    size = kith_host_size(&config.limits);
    memset(memory, 0x77, sizeof memory);
    for (size_t offset = 1; offset < 8; offset++)
        assert_int_equal(kith_host_init(memory + offset, size, &config, &h), KITH_ERR_VALUE);
    assert_int_equal(kith_host_init(memory, size - 1, &config, &h), KITH_ERR_FULL);
    assert_null(h);
    for (size_t i = 0; i < sizeof memory; i++)
        assert_int_equal(memory[i], 0x77);
    assert_int_equal(kith_host_init(memory, size, &config, &h), KITH_OK);
    kith_host_erase(h);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(memory[i], 0);
    for (size_t i = size; i < sizeof memory; i++)
        assert_int_equal(memory[i], 0x77);
}

/* The smallest host that can be had, and the largest messages it may meet. */
static void the_smallest_host_pairs_and_reads(void **state)
{
    cast_room *room = cast_open(131, CAST_OPENSSL);
    kith_config lamp_config, phone_config;
    cast_host *lamp, *phone;

    (void)state;
    cast_lamp_config(&lamp_config);
    cast_phone_config(&phone_config);
    lamp_config.limits = phone_config.limits = (kith_limits){.links = 1, .pairings = 1, .bonds = 1, .mtu = 23};
    lamp = cast_add(room, "lamp", &lamp_config);
    phone = cast_add(room, "phone", &phone_config);
    cast_start(room);
    cast_connect_and_pair(phone, lamp);
    cast_close(room);
}

/* No bond kept: pairing works for as long as the link stands. */
static void a_host_without_bonding_pairs_for_the_link(void **state)
{
    cast_room *room = cast_open(132, CAST_OPENSSL);
    kith_config lamp_config, phone_config;
    cast_host *lamp, *phone;

    (void)state;
    cast_lamp_config(&lamp_config);
    cast_phone_config(&phone_config);
    lamp_config.limits.bonds = 0;
    lamp_config.security.bonding = false;
    lamp = cast_add(room, "lamp", &lamp_config);
    phone = cast_add(room, "phone", &phone_config);
    cast_start(room);
    cast_connect(phone, lamp);
    cast_pair(phone, lamp);
    cast_equal(room, kith_bonds_count(phone->host) + kith_bonds_count(lamp->host), 0);
    cast_check(room, !phone->end.bonded && !lamp->end.bonded);
    cast_read(phone, CAST_VALUE_HANDLE);
    cast_equal(room, phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_constant_is_never_less_than_the_exact_size),
        cmocka_unit_test(the_constant_of_a_client_is_never_less_than_the_exact_size),
        cmocka_unit_test(the_constant_of_lists_is_never_less_than_the_exact_size),
        cmocka_unit_test(the_constant_of_reports_is_never_less_than_the_exact_size),
        cmocka_unit_test(the_constant_of_sets_is_never_less_than_the_exact_size),
        cmocka_unit_test(the_constant_of_reconnection_is_never_less_than_the_exact_size),
        cmocka_unit_test(limits_out_of_range_have_no_size),
        cmocka_unit_test(every_mistake_in_a_configuration_is_refused),
        cmocka_unit_test(bonding_is_not_turned_on_later_without_a_store),
        cmocka_unit_test(waits_that_make_no_sense_are_refused),
        cmocka_unit_test(memory_must_be_aligned_and_large_enough),
        cmocka_unit_test(the_smallest_host_pairs_and_reads),
        cmocka_unit_test(a_host_without_bonding_pairs_for_the_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
