/* The story of the project as a test: refused, paired, read; and with the bond again, without pairing.  Counts what
 * it costs on air: connection events from Pairing Request to the link encrypted, under one turn per event. */
#include "cast.h"

typedef struct {
    cast_room *room;
    cast_host *lamp, *phone;
} pair_of_hosts;

static pair_of_hosts open_pair(uint64_t seed, cast_crypto crypto)
{
    pair_of_hosts p = {.room = cast_open(seed, crypto)};

    p.lamp = cast_add_lamp(p.room, "lamp");
    p.phone = cast_add_phone(p.room, "phone");
    cast_start(p.room);
    return p;
}

static void a_protected_value_is_refused_then_paired_for_then_read(void **state)
{
    pair_of_hosts p = open_pair(1, CAST_OPENSSL);

    (void)state;
    cast_connect(p.phone, p.lamp);
    cast_read(p.phone, CAST_VALUE_HANDLE);
    cast_equal(p.room, p.phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_ATT_ERROR);
    assert_string_equal(kith_att_error_name(p.phone->last[KITH_EVENT_READ].gatt.att_error),
                        "Insufficient Authentication");
    cast_equal(p.room, p.phone->last[KITH_EVENT_READ].gatt.att_error, 0x05);

    cast_pair(p.phone, p.lamp);
    cast_equal(p.room, p.phone->end.method, KITH_METHOD_JUST_WORKS);
    cast_equal(p.room, p.lamp->end.method, p.phone->end.method);
    cast_equal(p.room, p.phone->end.level, KITH_LEVEL_ENCRYPTED);
    cast_equal(p.room, p.lamp->end.level, p.phone->end.level);
    cast_equal(p.room, p.phone->end.key_size, 16);
    cast_equal(p.room, p.lamp->end.key_size, 16);
    cast_equal(p.room, p.phone->end.key_kind, KITH_KEY_KIND_SC);
    cast_check(p.room, p.phone->end.we_are_initiator && !p.lamp->end.we_are_initiator);
    cast_equal(p.room, p.phone->ends, 1);
    cast_equal(p.room, p.lamp->ends, 1);

    cast_read(p.phone, CAST_VALUE_HANDLE);
    cast_equal(p.room, p.phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_equal(p.room, p.phone->value_len, sizeof CAST_SECRET);
    assert_memory_equal(p.phone->value, CAST_SECRET, sizeof CAST_SECRET);
    cast_disconnect(p.phone, p.lamp);
    cast_close(p.room);
}

static void expect_encrypted_with_the_bond(const cast_host *h)
{
    cast_equal(h->room, h->end.why, KITH_WHY_ENCRYPTED);
    cast_equal(h->room, h->end.attempt, KITH_ATTEMPT_ENCRYPTION);
    cast_equal(h->room, h->told[KITH_EVENT_PAIRED], 1);
    cast_equal(h->room, h->told[KITH_EVENT_BONDED], 1);
    cast_check(h->room, h->last[KITH_EVENT_SECURITY_CHANGED].security.peer != 0);
    cast_equal(h->room, h->last[KITH_EVENT_SECURITY_CHANGED].security.level, KITH_LEVEL_ENCRYPTED);
}

static void the_bond_encrypts_the_next_connection_without_pairing(void **state)
{
    pair_of_hosts p = open_pair(2, CAST_OPENSSL);

    (void)state;
    cast_connect_and_pair(p.phone, p.lamp);
    cast_disconnect(p.lamp, p.phone);
    cast_connect(p.phone, p.lamp);
    cast_check(p.room, p.phone->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
    cast_check(p.room, p.lamp->last[KITH_EVENT_CONNECTED].connected.claimed != 0);
    cast_check(p.room, p.lamp->last[KITH_EVENT_CONNECTED].peer == 0); /* a claim is not a proof */
    cast_equal(p.room, kith_security_secure(p.phone->host, p.phone->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(p.phone, 2);
    cast_await_ends(p.lamp, 2);
    expect_encrypted_with_the_bond(p.phone);
    expect_encrypted_with_the_bond(p.lamp);
    cast_read(p.phone, CAST_VALUE_HANDLE);
    cast_equal(p.room, p.phone->last[KITH_EVENT_READ].gatt.result, KITH_GATT_OK);
    cast_disconnect(p.phone, p.lamp);
    cast_close(p.room);
}

/* The peripheral asks, the central's stored key answers. */
static void a_peripheral_asks_and_the_central_encrypts_with_the_bond(void **state)
{
    pair_of_hosts p = open_pair(3, CAST_OPENSSL);

    (void)state;
    cast_connect_and_pair(p.phone, p.lamp);
    cast_disconnect(p.lamp, p.phone);
    cast_connect(p.phone, p.lamp);
    cast_equal(p.room, kith_security_secure(p.lamp->host, p.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(p.phone, 2);
    cast_await_ends(p.lamp, 2);
    expect_encrypted_with_the_bond(p.phone);
    expect_encrypted_with_the_bond(p.lamp);
    cast_run(p.room, 40 * CAST_SECOND, NULL, NULL);
    cast_equal(p.room, p.phone->ends, 2);
    cast_equal(p.room, p.lamp->ends, 2);
    cast_close(p.room);
}

static void securing_a_secure_link_is_told_at_once(void **state)
{
    pair_of_hosts p = open_pair(4, CAST_OPENSSL);

    (void)state;
    cast_connect_and_pair(p.phone, p.lamp);
    cast_equal(p.room, kith_security_secure(p.lamp->host, p.lamp->link, KITH_LEVEL_ENCRYPTED), KITH_OK);
    cast_await_ends(p.lamp, 2);
    cast_equal(p.room, p.lamp->end.why, KITH_WHY_ALREADY_SECURE);
    cast_equal(p.room, p.lamp->end.level, KITH_LEVEL_ENCRYPTED);
    cast_equal(p.room, p.phone->ends, 1);
    cast_close(p.room);
}

/* ---- the air ---- */

enum { LLID_CONTROL = 3, LL_START_ENC_RSP = 0x06 };

typedef struct {
    uint32_t request_event, encrypted_event, longest;
    uint32_t events_seen[64]; /* what was in each event, for people */
} air_count;

static void count(void *context, const kith_sim_frame *f)
{
    static const uint8_t request[] = {0x07, 0x00, 0x06, 0x00, KITH_SMP_PAIRING_REQUEST};
    air_count *c = context;

    if (f->channel >= 37)
        return;
    if (f->plain_len > c->longest + 2)
        c->longest = (uint32_t)f->plain_len - 2;
    if (f->from_central && f->plain_len >= 2 + sizeof request && memcmp(f->plain + 2, request, sizeof request) == 0)
        c->request_event = f->connection_event;
    /* The peripheral's LL_START_ENC_RSP is the last word of the procedure: with it, both sides are encrypted. */
    if (!f->from_central && (f->plain[0] & 3) == LLID_CONTROL && f->plain_len > 2 && f->plain[2] == LL_START_ENC_RSP)
        c->encrypted_event = f->connection_event;
}

static void remove_data_length(cast_room *room, kith_sim_device device)
{
    static const uint16_t gone[] = {KITH_HCI_LE_SET_DATA_LENGTH, KITH_HCI_LE_READ_DEFAULT_DATA_LENGTH,
                                    KITH_HCI_LE_WRITE_DEFAULT_DATA_LENGTH, KITH_HCI_LE_READ_MAX_DATA_LENGTH};
    kith_sim_limits limits;

    kith_sim_default_limits(&limits);
    limits.le_features &= ~(UINT64_C(1) << 5);
    limits.unsupported_commands = gone;
    limits.unsupported_count = sizeof gone / sizeof gone[0];
    assert_int_equal(kith_sim_set_limits(room->sim, device, &limits), KITH_OK);
}

static air_count count_pairing(bool data_length)
{
    pair_of_hosts p = {.room = cast_open(5, CAST_OPENSSL)};
    air_count c = {0};

    p.lamp = cast_add_lamp(p.room, "lamp");
    p.phone = cast_add_phone(p.room, "phone");
    if (!data_length) {
        remove_data_length(p.room, p.lamp->device);
        remove_data_length(p.room, p.phone->device);
    }
    assert_int_equal(kith_sim_listen(p.room->sim, count, &c), KITH_OK);
    cast_start(p.room);
    cast_connect(p.phone, p.lamp);
    cast_run(p.room, CAST_SECOND, NULL, NULL); /* whatever controllers exchange by themselves is over */
    cast_pair(p.phone, p.lamp);
    cast_close(p.room);
    return c;
}

static void twelve_connection_events_from_request_to_encrypted(void **state)
{
    air_count c = count_pairing(true);

    (void)state;
    assert_int_equal(c.encrypted_event - c.request_event + 1, 12);
    assert_int_equal(c.longest, 69); /* a public key in one piece */
}

static void twelve_connection_events_with_27_octet_pdus(void **state)
{
    air_count c = count_pairing(false);

    (void)state;
    assert_int_equal(c.encrypted_event - c.request_event + 1, 12);
    assert_int_equal(c.longest, 27);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_protected_value_is_refused_then_paired_for_then_read),
        cmocka_unit_test(the_bond_encrypts_the_next_connection_without_pairing),
        cmocka_unit_test(a_peripheral_asks_and_the_central_encrypts_with_the_bond),
        cmocka_unit_test(securing_a_secure_link_is_told_at_once),
        cmocka_unit_test(twelve_connection_events_from_request_to_encrypted),
        cmocka_unit_test(twelve_connection_events_with_27_octet_pdus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
