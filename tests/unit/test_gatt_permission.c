/* The permission check, all of it: every permission, operation and state of a link.
 * Core Vol 3 Part C 10.3.1. */
#include "test_gatt_hex.h"

#include "gatt/permission.h"

/* The rule in words, from the specification, one case after the other. */
static kith_att_error by_the_book(unsigned level_asked, unsigned size_asked, gatt_operation operation,
                                  const gatt_link_security *sec)
{
    if (level_asked == 0 || level_asked > 4)
        return operation == GATT_READ ? 0x02 : 0x03;
    if (level_asked == 1)
        return 0x00;
    if (!sec->encrypted && !sec->key_exists)
        return 0x05;
    if (!sec->encrypted && sec->key_exists)
        return 0x0f;
    if ((unsigned)sec->level < level_asked)
        return 0x05;
    if (level_asked == 4)
        size_asked = 16;
    return sec->key_size < size_asked ? 0x0c : 0x00;
}

static void check_links(uint32_t permissions, unsigned level_asked, unsigned size_asked, gatt_operation operation)
{
    for (unsigned i = 0; i < 4 * 4 * 17; i++) {
        gatt_link_security sec = {.encrypted = (i & 1) != 0,
                                  .key_exists = (i & 2) != 0,
                                  .level = (kith_level)(1 + (i / 4) % 4),
                                  .key_size = (uint8_t)(i / 16)};

        assert_int_equal(gatt_check_permission(permissions, operation, &sec),
                         by_the_book(level_asked, size_asked, operation, &sec));
    }
}

static void every_permission_on_every_link(void **state)
{
    (void)state;
    for (unsigned read = 0; read < 8; read++)
        for (unsigned write = 0; write < 8; write++)
            for (unsigned size = 6; size <= 16; size++) {
                uint32_t stated = size == 6 ? 0 : KITH_KEY_SIZE(size);
                uint32_t permissions = read | write << 3 | stated;

                check_links(permissions, read, size == 6 ? 7 : size, GATT_READ);
                check_links(permissions, write, size == 6 ? 7 : size, GATT_WRITE);
            }
}

static void names_mean_what_they_say(void **state)
{
    const gatt_link_security plain = {.level = KITH_LEVEL_NONE};
    const gatt_link_security just_works = {.encrypted = true, .level = KITH_LEVEL_ENCRYPTED, .key_size = 16};

    (void)state;
    assert_int_equal(gatt_check_permission(KITH_READ_OPEN, GATT_READ, &plain), 0);
    assert_int_equal(gatt_check_permission(KITH_READ_OPEN, GATT_WRITE, &plain), 0x03);
    assert_int_equal(gatt_check_permission(KITH_WRITE_OPEN, GATT_WRITE, &plain), 0);
    assert_int_equal(gatt_check_permission(KITH_WRITE_OPEN, GATT_READ, &plain), 0x02);
    assert_int_equal(gatt_check_permission(KITH_READ_ENCRYPTED, GATT_READ, &plain), 0x05);
    assert_int_equal(gatt_check_permission(KITH_READ_ENCRYPTED, GATT_READ, &just_works), 0);
    assert_int_equal(gatt_check_permission(KITH_READ_AUTHENTICATED, GATT_READ, &just_works), 0x05);
    assert_int_equal(gatt_check_permission(KITH_WRITE_ENCRYPTED, GATT_WRITE, &just_works), 0);
    assert_int_equal(gatt_check_permission(KITH_WRITE_AUTHENTICATED, GATT_WRITE, &just_works), 0x05);
    assert_int_equal(gatt_check_permission(KITH_WRITE_SC_AUTHENTICATED, GATT_WRITE, &just_works), 0x05);
}

/* Vol 3 Part C 10.2.2, 10.4: two levels, on a plain link alone; and no other operation looks at them. */
static void signatures_count_on_plain_links_alone(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 4; bits++)
        for (unsigned signer = 0; signer <= 4; signer++)
            for (unsigned encrypted = 0; encrypted < 2; encrypted++) {
                const gatt_link_security sec = {.encrypted = encrypted,
                                                .level = KITH_LEVEL_SC_AUTHENTICATED,
                                                .key_size = 16,
                                                .signer = (uint8_t)signer};
                uint32_t permissions = bits << 10;
                bool permitted = (bits == 1 && signer >= 2) || (bits == 2 && signer >= 3);
                kith_att_error refusal = bits == 0 || bits == 3 || encrypted ? 0x03 : 0x05;

                assert_int_equal(gatt_check_permission(permissions, GATT_WRITE_SIGNED, &sec),
                                 permitted && !encrypted ? 0 : refusal);
                assert_int_equal(gatt_check_permission(permissions, GATT_WRITE, &sec), 0x03);
            }
}

/* Nor does a write permission let a signature in, however open. */
static void a_signature_satisfies_no_write_permission(void **state)
{
    const gatt_link_security sec = {.signer = KITH_LEVEL_SC_AUTHENTICATED};

    (void)state;
    for (unsigned write = 0; write <= 4; write++) {
        uint32_t permissions = write << 3;

        assert_int_equal(gatt_check_permission(permissions, GATT_WRITE_SIGNED, &sec), 0x03);
        permissions |= KITH_WRITE_SIGNED;
        if (write > 1)
            assert_int_equal(gatt_check_permission(permissions, GATT_WRITE, &sec), 0x05);
    }
}

/* A level that a plain link claims is worth nothing. */
static void level_without_encryption_is_nothing(void **state)
{
    const gatt_link_security claims = {.level = KITH_LEVEL_SC_AUTHENTICATED, .key_size = 16};

    (void)state;
    assert_int_equal(gatt_check_permission(KITH_READ_ENCRYPTED, GATT_READ, &claims), 0x05);
}

/* More security never takes a permission away. */
static void better_links_may_more(void **state)
{
    (void)state;
    for (unsigned permissions = 0; permissions < 0x400; permissions++)
        for (unsigned level = 2; level < 4; level++)
            for (unsigned size = 7; size < 16; size++) {
                gatt_link_security low = {.encrypted = true, .level = (kith_level)level, .key_size = (uint8_t)size};
                gatt_link_security high = {
                    .encrypted = true, .level = (kith_level)(level + 1), .key_size = (uint8_t)(size + 1)};

                if (gatt_check_permission(permissions, GATT_READ, &low) == 0)
                    assert_int_equal(gatt_check_permission(permissions, GATT_READ, &high), 0);
                if (gatt_check_permission(permissions, GATT_WRITE, &low) == 0)
                    assert_int_equal(gatt_check_permission(permissions, GATT_WRITE, &high), 0);
            }
}

static bool is_step(unsigned level)
{
    return level <= KITH_LEVEL_SC_AUTHENTICATED;
}

/* Every 20 bits; and of those above, each alone. */
static void only_sound_bits_are_valid(void **state)
{
    (void)state;
    for (uint32_t p = 0; p < 0x100000; p++) {
        unsigned read = p & 7, write = (p >> 3) & 7, size = (p >> 6) & 15, is_signed = (p >> 10) & 3;
        bool read_asks = (p & 0x1000) != 0, write_asks = (p & 0x2000) != 0;
        bool expected = is_step(read) && is_step(write) && is_step((p >> 16) & 7) && (size == 0 || size >= 6) &&
                        is_signed != 3 && (!read_asks || read != 0) && (!write_asks || write != 0) &&
                        (p & 0x8c000) == 0;

        assert_int_equal(gatt_permissions_are_valid(p), expected);
    }
    for (unsigned bit = 19; bit < 32; bit++)
        assert_false(gatt_permissions_are_valid(KITH_READ_OPEN | (uint32_t)1 << bit));
}

/* What the program is asked for comes last, and only where all else is there. */
static void authorization_is_the_last_thing_that_may_lack(void **state)
{
    const uint32_t guarded = KITH_READ_AUTHENTICATED | KITH_READ_AUTHORIZED | KITH_WRITE_OPEN | KITH_WRITE_AUTHORIZED;
    gatt_link_security sec = {.level = KITH_LEVEL_NONE};

    (void)state;
    assert_int_equal(gatt_check_permission(guarded, GATT_READ, &sec), 0x05);
    assert_int_equal(gatt_check_permission(guarded, GATT_WRITE, &sec), 0x08);
    sec.authorized = true;
    assert_int_equal(gatt_check_permission(guarded, GATT_READ, &sec), 0x05);
    assert_int_equal(gatt_check_permission(guarded, GATT_WRITE, &sec), 0);
    sec = (gatt_link_security){.encrypted = true, .level = KITH_LEVEL_AUTHENTICATED, .key_size = 16};
    assert_int_equal(gatt_check_permission(guarded, GATT_READ, &sec), 0x08);
    assert_int_equal(gatt_check_permission(guarded, GATT_NOTIFY, &sec), 0);
    sec.authorized = true;
    assert_int_equal(gatt_check_permission(guarded, GATT_READ, &sec), 0);
}

/* What is not stated about notifying is the stronger of reading and writing; what is stated counts alone. */
static void what_is_not_stated_about_notifying_is_the_stronger_of_the_others(void **state)
{
    (void)state;
    for (unsigned read = 0; read <= 4; read++)
        for (unsigned write = 0; write <= 4; write++)
            for (unsigned stated = 0; stated <= 4; stated++)
                for (unsigned level = 1; level <= 4; level++) {
                    const gatt_link_security sec = {.encrypted = level > 1, .level = (kith_level)level, .key_size = 16};
                    unsigned needed = stated != 0 ? stated : read > write ? read : write;
                    uint32_t permissions = read | write << 3 | stated << 16;
                    kith_att_error expected = level >= needed || needed < 2 ? 0 : 0x05;
                    uint32_t configuration = gatt_configuration_permissions(permissions);

                    assert_int_equal(gatt_check_permission(permissions, GATT_NOTIFY, &sec), expected);
                    assert_int_equal(gatt_check_permission(configuration, GATT_WRITE, &sec), expected);
                    assert_int_equal(gatt_check_permission(configuration, GATT_READ, &sec), 0);
                }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_permission_on_every_link),
        cmocka_unit_test(names_mean_what_they_say),
        cmocka_unit_test(level_without_encryption_is_nothing),
        cmocka_unit_test(better_links_may_more),
        cmocka_unit_test(only_sound_bits_are_valid),
        cmocka_unit_test(authorization_is_the_last_thing_that_may_lack),
        cmocka_unit_test(what_is_not_stated_about_notifying_is_the_stronger_of_the_others),
        cmocka_unit_test(signatures_count_on_plain_links_alone),
        cmocka_unit_test(a_signature_satisfies_no_write_permission),
    };
    return cmocka_run_group_tests_name("gatt permission", tests, NULL, NULL);
}
