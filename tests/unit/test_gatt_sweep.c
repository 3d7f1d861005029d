/* Every opcode, of every length, with and without a request that waits: one whole response at most.
 * Core Vol 3 Part F 3.3. */
#include <stdlib.h>

#include "test_gatt_rich.h"

enum { LENGTHS = 71, ROUNDS = 64 };

static const uint16_t mtus[] = {23, 48, 247};

typedef struct {
    server_link l;
    unsigned responses; /* since the request */
} sweep;

static void take_response(sweep *s)
{
    kith_att_pdu pdu;

    assert_true(s->l.out_len <= s->l.bearer.mtu);
    if (s->l.out_len == 0)
        return;
    assert_int_equal(kith_att_decode(s->l.out, s->l.out_len, &pdu), KITH_OK);
    assert_int_equal(kith_att_kind_of(s->l.out[0]), KITH_ATT_KIND_RESPONSE);
    s->responses++;
}

/* The program answers whatever it is asked, until nothing waits. */
static void answer_all(sweep *s, unsigned how)
{
    static const uint8_t value[300] = {0x55};
    const kith_att_error error = how % 5 == 4 ? 0x80 : KITH_ATT_ERROR_NONE;

    for (unsigned round = 0; gatt_server_is_pending(&s->l.server) || gatt_server_is_executing(&s->l.server); round++) {
        assert_true(round < ROUNDS);
        if (gatt_server_is_executing(&s->l.server)) {
            (void)server_goes_on(&s->l);
        } else {
            (void)program_says(&s->l, how % 3 != 0);
            if (!s->l.done)
                (void)program_takes(&s->l, error);
            if (!s->l.done)
                (void)answer_octets(&s->l, error, value, how % 300);
            assert_true(s->l.done);
        }
        take_response(s);
    }
}

/* What waits when the PDU comes. */
static const char *const waiting[] = {NULL, "0a 14 00", "12 16 00 01", "0e 14 00 16 00", "0a 25 00", "18 01"};
enum { WAITING = sizeof waiting / sizeof waiting[0] };

static void begin(sweep *s, size_t what, uint16_t mtu)
{
    start_rich(&s->l, authenticated);
    s->l.bearer.mtu = mtu;
    if (waiting[what] == NULL)
        return;
    if (waiting[what][1] == '8')
        exchange(&s->l, "16 14 00 00 00 01", "17 14 00 00 00 01");
    (void)client_sends(&s->l, waiting[what]);
    assert_true(gatt_server_is_pending(&s->l.server));
}

static void expect_defined(sweep *s, bool was_waiting, unsigned how)
{
    kith_att_kind kind = s->l.in[0] == 0 && s->l.out_len == 0 ? KITH_ATT_KIND_COMMAND : kith_att_kind_of(s->l.in[0]);

    take_response(s);
    if (was_waiting) {
        assert_int_equal(s->responses, 0);
        assert_true(gatt_server_is_pending(&s->l.server));
        assert_true(kind != KITH_ATT_KIND_REQUEST || s->l.event.kind == GATT_SERVER_VIOLATION);
    }
    answer_all(s, how);
    assert_int_equal(s->responses, was_waiting || kind == KITH_ATT_KIND_REQUEST ? 1 : 0);
    for (size_t i = s->l.server.queue_len; i < sizeof s->l.queue; i++)
        assert_int_equal(s->l.queue[i], 0); /* of what waited nothing is left */
}

/* In memory that ends with the PDU, so that a sanitizer sees whoever reads past it. */
static void try_octets(sweep *s, const uint8_t *pdu, size_t len)
{
    uint8_t *exact = malloc(len == 0 ? 1 : len);

    assert_non_null(exact);
    if (len > 0)
        memcpy(exact, pdu, len);
    s->l.in[0] = len > 0 ? pdu[0] : 0;
    s->responses = 0;
    s->l.out_len = gatt_server_request(&s->l.server, &s->l.sec, exact, len, s->l.out, sizeof s->l.out, &s->l.event);
    memset(exact, 0xee, len == 0 ? 1 : len); /* it is nobody's any more */
    free(exact);
}

static void every_opcode_of_every_length_waiting_or_not(void **state)
{
    static const uint8_t fills[] = {0x00, 0x01, 0x10, 0x28, 0xff};
    static sweep s;
    unsigned long tried = 0;

    (void)state;
    for (unsigned opcode = 0; opcode < 256; opcode++)
        for (size_t len = 0; len < LENGTHS; len++)
            for (size_t what = 0; what < WAITING; what++)
                for (size_t f = 0; f < sizeof fills; f++) {
                    uint8_t pdu[LENGTHS];

                    memset(pdu, fills[f], sizeof pdu);
                    pdu[0] = (uint8_t)opcode;
                    pdu[1] = (uint8_t)((len * 7 + f) % (RICH_LAST + 2)), pdu[2] = 0;
                    begin(&s, what, mtus[(len + f) % 3]);
                    try_octets(&s, pdu, len);
                    expect_defined(&s, waiting[what] != NULL, opcode + (unsigned)len);
                    tried++;
                }
    print_message("%lu PDUs\n", tried);
}

/* Each kind of request by each handle, whole conversations of them on one server. */
static void conversations_of_anything_have_one_response_each(void **state)
{
    static const uint8_t opcodes[] = {0x02, 0x04, 0x06, 0x08, 0x0a, 0x0c, 0x0e, 0x10, 0x12,
                                      0x16, 0x16, 0x16, 0x18, 0x1e, 0x20, 0x52, 0xd2};
    static const gatt_link_security *const links[] = {&plain, &plain_bonded, &just_works, &short_key, &authenticated};
    const char *given = getenv("KITH_SEED");
    uint32_t seed = given != NULL ? (uint32_t)strtoul(given, NULL, 0) : 20261126;
    static sweep s;

    (void)state;
    print_message("seed %u (KITH_SEED replays it)\n", (unsigned)seed);
    start_rich(&s.l, authenticated);
    for (unsigned n = 0; n < 200000; n++) {
#define DRAW(below) ((seed = seed * 1664525u + 1013904223u) >> 16) % (below)
        uint8_t pdu[LENGTHS];
        size_t len = 1 + DRAW(40);
        bool request;

        for (size_t i = 0; i < sizeof pdu; i++)
            pdu[i] = (uint8_t)(DRAW(4) == 0 ? DRAW(256) : DRAW(RICH_LAST + 2));
        pdu[0] = opcodes[DRAW(sizeof opcodes)];
        if (DRAW(3) != 0)
            pdu[2] = 0, pdu[4] = 0;
        if (pdu[0] == 0x18)
            len = 2, pdu[1] &= 1;
        if (DRAW(500) == 0)
            connect_again(&s.l);
        if (DRAW(50) == 0)
            s.l.sec = *links[DRAW(5)];
        if (DRAW(100) == 0)
            s.l.server.is_unaware = true, s.l.server.out_of_sync = false;
        s.l.bearer.mtu = mtus[DRAW(3)];
        try_octets(&s, pdu, len);
        request = kith_att_kind_of(pdu[0]) == KITH_ATT_KIND_REQUEST;
        take_response(&s);
        if (DRAW(4) == 0)
            s.l.sec = *links[DRAW(5)]; /* while it waits */
        answer_all(&s, DRAW(1000));
        assert_int_equal(s.responses, request ? 1 : 0);
        assert_true(rich_variable.len >= 1 && rich_variable.len <= 40 && rich_guarded.len <= 300);
#undef DRAW
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_opcode_of_every_length_waiting_or_not),
        cmocka_unit_test(conversations_of_anything_have_one_response_each),
    };
    return cmocka_run_group_tests_name("gatt sweep", tests, NULL, NULL);
}
