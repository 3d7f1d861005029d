/* The permission matrix: every combination of permissions on every link by every way to a value, against a second
 * statement of the rules, in words and tables of its own.  Core Vol 3 Part C 10.3.1, 10.4, Part F 4. */
#include "test_gatt_support.h"

enum { VALUE = 16, CONFIGURATION = 17, LINKS = 11 };

/* ---- the rules, once more ---- */

/* A link, and what is lacking for security mode 1 level 1, 2, 3, 4 whatever the key's length. */
static const struct {
    gatt_link_security sec;
    uint8_t lacking[5];
} links[LINKS] = {
    {{.level = KITH_LEVEL_NONE}, {0, 0, 0x05, 0x05, 0x05}},
    {{.level = KITH_LEVEL_NONE, .key_exists = true}, {0, 0, 0x0f, 0x0f, 0x0f}},
#define ENCRYPTED(l, size) .encrypted = true, .key_exists = true, .level = (l), .key_size = (size)
    {{ENCRYPTED(KITH_LEVEL_ENCRYPTED, 7)}, {0, 0, 0, 0x05, 0x05}},
    {{ENCRYPTED(KITH_LEVEL_ENCRYPTED, 15)}, {0, 0, 0, 0x05, 0x05}},
    {{ENCRYPTED(KITH_LEVEL_ENCRYPTED, 16)}, {0, 0, 0, 0x05, 0x05}},
    {{ENCRYPTED(KITH_LEVEL_AUTHENTICATED, 7)}, {0, 0, 0, 0, 0x05}},
    {{ENCRYPTED(KITH_LEVEL_AUTHENTICATED, 15)}, {0, 0, 0, 0, 0x05}},
    {{ENCRYPTED(KITH_LEVEL_AUTHENTICATED, 16)}, {0, 0, 0, 0, 0x05}},
    {{ENCRYPTED(KITH_LEVEL_SC_AUTHENTICATED, 7)}, {0, 0, 0, 0, 0}},
    {{ENCRYPTED(KITH_LEVEL_SC_AUTHENTICATED, 15)}, {0, 0, 0, 0, 0}},
    {{ENCRYPTED(KITH_LEVEL_SC_AUTHENTICATED, 16)}, {0, 0, 0, 0, 0}},
#undef ENCRYPTED
};

/* Levels 0 (nobody) to 4; size 0: not stated. */
typedef struct {
    unsigned read, write, notify, size;
    bool read_asks, write_asks;
} rule;

/* What a link lacks for a level.  Level 4 is with 128 bits of key; elsewhere a key may be asked to be as long. */
static uint8_t lacks(unsigned level, unsigned size, size_t link)
{
    uint8_t lacking = links[link].lacking[level];

    if (lacking != 0 || level < 2)
        return lacking;
    if (level == 4 || size == 16)
        return links[link].sec.key_size == 16 ? 0 : 0x0c;
    return 0; /* 7 is what every key has */
}

static uint8_t may(unsigned level, bool asks, bool yes, uint8_t not_permitted, const rule *r, size_t link)
{
    uint8_t lacking;

    if (level == 0)
        return not_permitted;
    lacking = lacks(level, r->size, link);
    if (lacking == 0 && asks && !yes)
        return 0x08;
    return lacking;
}

static uint8_t may_read(const rule *r, size_t link, bool yes)
{
    return may(r->read, r->read_asks, yes, 0x02, r, link);
}

static uint8_t may_write(const rule *r, size_t link, bool yes)
{
    return may(r->write, r->write_asks, yes, 0x03, r, link);
}

static uint8_t may_be_told(const rule *r, size_t link)
{
    unsigned level = r->notify;

    if (level == 0 && r->read >= r->write)
        level = r->read;
    else if (level == 0)
        level = r->write;
    return lacks(level == 0 ? 1 : level, r->size, link);
}

/* ---- the ways to a value ---- */

static uint8_t octets[4];
static kith_variable variable;
static kith_characteristic of;
static const kith_service service = {.uuid = KITH_UUID16(0x1815), .characteristics = &of, .characteristic_count = 1};
static unsigned long count;

static void make(server_link *l, const rule *r)
{
    static const uint8_t secret[] = {0x5e, 0xc7};

    memcpy(octets, secret, 2);
    variable = (kith_variable){octets, 2, 0, sizeof octets};
    of = (kith_characteristic){.uuid = KITH_UUID16(0x2a6e),
                               .properties = KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE,
                               .permissions = r->read | r->write << 3 | r->notify << 16 |
                                              (r->size != 0 ? KITH_KEY_SIZE(r->size) : 0),
                               .variable = &variable,
                               .id = 1};
    if (r->read != 0)
        of.properties |= KITH_PROPERTY_READ;
    if (r->write != 0)
        of.properties |= KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE;
    if (r->read_asks)
        of.permissions |= KITH_READ_AUTHORIZED;
    if (r->write_asks)
        of.permissions |= KITH_WRITE_AUTHORIZED;
    start_with(l, links[0].sec, &service, 1);
}

static bool is_secret(void)
{
    return variable.len == 2 && octets[0] == 0x5e && octets[1] == 0xc7;
}

static bool tells_secret(const server_link *l)
{
    for (size_t i = 0; i + 1 < l->out_len; i++)
        if (l->out[i] == 0x5e && l->out[i + 1] == 0xc7)
            return true;
    return false;
}

/* To the end, with this word of the program.  The error of the response; 0: granted. */
static uint8_t ask(server_link *l, const char *request, bool yes)
{
    (void)client_sends(l, request);
    if (l->event.kind == GATT_SERVER_AUTHORIZATION_WANTED) {
        assert_int_equal(l->out_len, 0);
        (void)program_says(l, yes);
    }
    while (gatt_server_is_executing(&l->server))
        (void)server_goes_on(l);
    assert_false(gatt_server_is_pending(&l->server));
    count++;
    if (l->out_len > 0 && l->out[0] == 0x01) {
        assert_int_equal(l->out_len, 5);
        assert_int_equal(l->out[1], l->in[0]);
        return l->out[4];
    }
    return 0;
}

static void every_read(server_link *l, const rule *r, size_t link, bool yes)
{
    static const char *const requests[] = {"0a 10 00", "0c 10 00 00 00", "08 01 00 ff ff 6e 2a", "0e 03 00 10 00",
                                           "20 10 00 03 00"};
    uint8_t expected = may_read(r, link, yes);

    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        assert_int_equal(ask(l, requests[i], yes), expected);
        assert_int_equal(tells_secret(l), expected == 0);
        if (expected != 0)
            assert_int_equal(l->out[2], VALUE);
    }
    /* It compares, and waits for nobody. */
    expected = r->read_asks ? 0x0a : may_read(r, link, false);
    assert_int_equal(ask(l, "06 01 00 ff ff 6e 2a 5e c7", yes), expected == 0 ? 0 : 0x0a);
    assert_int_equal(ask(l, "06 01 00 ff ff 6e 2a 5e c8", yes), 0x0a);
    assert_true(is_secret());
}

static void every_write(server_link *l, const rule *r, size_t link, bool yes)
{
    uint8_t expected = may_write(r, link, yes);

    assert_int_equal(ask(l, "12 10 00 77", yes), expected);
    assert_int_equal(is_secret(), expected != 0);
    make(l, r), l->sec = links[link].sec;
    assert_int_equal(ask(l, "16 10 00 00 00 77", yes), expected);
    assert_true(is_secret());
    assert_int_equal(ask(l, "18 01", yes), 0); /* of what was let in, or of nothing */
    assert_int_equal(is_secret(), expected != 0);
    make(l, r), l->sec = links[link].sec;
    assert_int_equal(ask(l, "52 10 00 77", yes), 0);
    assert_int_equal(l->out_len, 0);
    assert_int_equal(is_secret(), r->write_asks || expected != 0);
}

/* Prepared when the link was as good as links get, executed over this one. */
static void execution(server_link *l, const rule *r, size_t link, bool yes)
{
    uint8_t expected = may_write(r, link, yes);

    if (r->write == 0)
        return;
    make(l, r);
    l->sec = links[LINKS - 1].sec;
    assert_int_equal(ask(l, "16 10 00 00 00 77", true), 0);
    l->sec = links[link].sec;
    assert_int_equal(ask(l, "18 01", yes), expected);
    assert_int_equal(is_secret(), expected != 0);
}

static void every_telling(server_link *l, const rule *r, size_t link)
{
    uint8_t expected = may_be_told(r, link);
    gatt_attribute at;

    make(l, r), l->sec = links[link].sec;
    assert_int_equal(ask(l, "0a 11 00", false), 0);
    assert_int_equal(ask(l, "12 11 00 03 00", false), expected);
    assert_int_equal(gatt_server_subscribed(&l->server, VALUE), expected == 0 ? 3 : 0);
    assert_int_equal(ask(l, "16 11 00 00 00 03 00", false), expected);
    assert_int_equal(ask(l, "18 00", false), 0);
    assert_true(gatt_server_subscribe(&l->server, VALUE, 3)); /* in better times */
    assert_true(gatt_database_find(&l->db, VALUE, &at));
    for (uint8_t bit = 1; bit <= 2; bit++) {
        assert_int_equal(gatt_server_may_tell(&l->server, &l->sec, &at, bit),
                         expected == 0 ? KITH_OK : KITH_ERR_INSECURE);
        l->out_len = gatt_server_tell(&l->server, &l->sec, &at, bit, octets, 2, l->out, sizeof l->out);
        assert_int_equal(tells_secret(l), expected == 0);
        count++;
    }
}

static void one_rule(const rule *r)
{
    server_link l;

    for (size_t link = 0; link < LINKS; link++) {
        for (unsigned yes = 0; yes < 2; yes++) {
            make(&l, r), l.sec = links[link].sec;
            every_read(&l, r, link, yes);
            every_write(&l, r, link, yes);
            execution(&l, r, link, yes);
        }
        every_telling(&l, r, link);
    }
}

static void every_permission_on_every_link_by_every_opcode(void **state)
{
    static const unsigned sizes[] = {0, 7, 16};
    unsigned rules = 0;

    (void)state;
    count = 0;
    for (unsigned i = 0; i < 5 * 5 * 5 * 3 * 4; i++) {
        const rule r = {.read = i % 5,
                        .write = i / 5 % 5,
                        .notify = i / 25 % 5,
                        .size = sizes[i / 125 % 3],
                        .read_asks = i / 375 % 2,
                        .write_asks = i / 750 % 2};

        if ((r.read_asks && r.read == 0) || (r.write_asks && r.write == 0))
            continue;
        rules++;
        one_rule(&r);
    }
    print_message("%u combinations of permissions, %u links, %lu ways to a value\n", rules, (unsigned)LINKS, count);
}

/* Security mode 2: over a plain link, with a bond worth its level; the bond's level is 0 where there is no key. */
static void every_signed_write(void **state)
{
    server_link l;
    unsigned tried = 0;

    (void)state;
    for (unsigned mode = 0; mode <= 2; mode++)
        for (unsigned write = 0; write <= 4; write++)
            for (unsigned asks = 0; asks < (write == 0 ? 1 : 2); asks++)
                for (size_t link = 0; link < LINKS; link++)
                    for (unsigned signer = 0; signer <= 4; signer++) {
                        kith_characteristic c = {.uuid = KITH_UUID16(0x2a6e), .id = 1};
                        const kith_service s = {
                            .uuid = KITH_UUID16(0x1815), .characteristics = &c, .characteristic_count = 1};
                        bool strong =
                            mode == 1 ? signer == 2 || signer == 3 || signer == 4 : signer == 3 || signer == 4;
                        bool expected = mode != 0 && link < 2 && strong && asks == 0;

                        if (mode != 0)
                            c.properties |= KITH_PROPERTY_SIGNED_WRITE, c.permissions |= mode << 10;
                        if (write != 0)
                            c.properties |= KITH_PROPERTY_WRITE, c.permissions |= write << 3;
                        if (asks)
                            c.permissions |= KITH_WRITE_AUTHORIZED;
                        start_with(&l, links[link].sec, &s, 1);
                        l.sec.signer = (uint8_t)signer;
                        assert_int_equal(client_sends(&l, "d2 10 00 77 00 00 00 00 11 12 13 14 15 16 17 18"),
                                         expected ? GATT_SERVER_SIGNED_WRITE : GATT_SERVER_DROPPED);
                        assert_int_equal(l.out_len, 0);
                        tried++;
                    }
    print_message("%u signed writes\n", tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_permission_on_every_link_by_every_opcode),
        cmocka_unit_test(every_signed_write),
    };
    return cmocka_run_group_tests_name("gatt matrix", tests, NULL, NULL);
}
