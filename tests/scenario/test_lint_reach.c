/* What kith_lint() says of levels is what comes of pairing: for every input and output, in both roles, with every peer,
 * with out of band data and without.  Core Vol 3 Part H 2.3.5.1. */
#include "kith/lint.h"
#include "methods.h"

enum { IO_CAPABILITIES = 5, VALUE = 16 };

/* The level that a pairing of these two ends with; KITH_LEVEL_NONE: it fails. */
static kith_level pair(const method_row *row)
{
    couple c;
    kith_level level = KITH_LEVEL_NONE;

    couple_open(&c, row, 1, CAST_TOY);
    couple_meet(&c);
    couple_begin(&c);
    cast_check(c.room, couple_run(&c, 60 * (uint64_t)CAST_SECOND, couple_has_ended, &c));
    if (c.side[INITIATOR]->end.succeeded && c.side[RESPONDER]->end.succeeded) {
        level = c.side[RESPONDER]->end.level;
        cast_equal(c.room, c.side[INITIATOR]->end.level, level);
    }
    couple_close(&c);
    return level;
}

/* The best that a device with this input and output gets, of all peers, in both roles. */
static kith_level best_level(bool legacy, unsigned io, bool has_data)
{
    kith_level best = KITH_LEVEL_NONE;

    for (unsigned i = 0; i < 2 * IO_CAPABILITIES; i++) {
        unsigned ours = i % 2;
        /* One TK is for both; with Secure Connections each side has the other's. */
        method_row row = {.name = "any", .legacy = legacy, .mitm = true, .has_data = {has_data && !legacy, has_data}};
        kith_level level;

        row.io[ours] = (uint8_t)io;
        row.io[1 - ours] = (uint8_t)(i / 2);
        level = pair(&row);
        best = level > best ? level : best;
    }
    return best;
}

static bool finds(const kith_config *config, kith_lint_rule rule)
{
    kith_lint_finding found[8];
    size_t count = kith_lint(config, found, 8);

    for (size_t i = 0; i < count && i < 8; i++)
        if (found[i].rule == rule && found[i].handle == VALUE)
            return true;
    return false;
}

static void check_device(bool legacy, unsigned io)
{
    const method_row row = {.name = "any", .legacy = legacy, .mitm = true, .io = {(uint8_t)io, (uint8_t)io}};
    kith_level plain = best_level(legacy, io, false), with_oob = best_level(legacy, io, true);
    kith_characteristic value = {.uuid = KITH_UUID16(0x2a56), .properties = KITH_PROPERTY_READ};
    const kith_service service = {.uuid = KITH_UUID16(0x1815), .characteristics = &value, .characteristic_count = 1};
    kith_config config;

    method_config(&row, RESPONDER, false, &config);
    config.services = &service;
    config.service_count = 1;
    for (unsigned level = KITH_LEVEL_ENCRYPTED; level <= KITH_LEVEL_SC_AUTHENTICATED; level++) {
        value.permissions = level; /* KITH_READ_ENCRYPTED and so on */
        assert_int_equal(finds(&config, KITH_LINT_LEVEL_UNREACHABLE), level > with_oob);
        assert_int_equal(finds(&config, KITH_LINT_NEEDS_OOB), level > plain && level <= with_oob);
    }
}

static void secure_connections_reach_what_is_said(void **state)
{
    (void)state;
    for (unsigned io = 0; io < IO_CAPABILITIES; io++)
        check_device(false, io);
}

static void legacy_pairing_reaches_what_is_said(void **state)
{
    (void)state;
    for (unsigned io = 0; io < IO_CAPABILITIES; io++)
        check_device(true, io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secure_connections_reach_what_is_said),
        cmocka_unit_test(legacy_pairing_reaches_what_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
