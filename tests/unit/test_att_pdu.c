/* ATT PDUs: every layout read and written, every length, every opcode.  Core Vol 3 Part F 3.4. */
#include "test_gatt_hex.h"

#include "att/bearer.h"
#include "kith/codec/att.h"

/* One sound PDU of every opcode this codec knows. */
static const char *const samples[] = {
    "01 0a 03 00 05",
    "02 f7 00",
    "03 17 00",
    "04 01 00 ff ff",
    "05 01 01 00 00 28 02 00 03 28",
    "05 02 07 00 c1 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b",
    "06 01 00 ff ff 00 28 0f 18",
    "07 01 00 05 00 06 00 06 00",
    "08 01 00 ff ff 03 28",
    "08 01 00 ff ff c1 65 09 eb 01 fc d7 be 6c 43 06 f7 47 48 57 9b",
    "09 03 01 00 aa 02 00 bb",
    "09 02 01 00",
    "0a 03 00",
    "0b",
    "0b 01 02 03",
    "0c 03 00 16 00",
    "0d",
    "0d 04",
    "0e 01 00 03 00",
    "0f",
    "0f aa bb",
    "10 01 00 ff ff 00 28",
    "11 06 01 00 05 00 00 18 06 00 06 00 01 18",
    "12 03 00",
    "12 03 00 aa",
    "13",
    "16 03 00 05 00",
    "16 03 00 05 00 aa bb",
    "17 03 00 05 00 aa bb",
    "18 01",
    "19",
    "1b 03 00 aa",
    "1d 03 00 aa",
    "1e",
    "20 01 00 03 00 05 00",
    "21 01 00 aa 00 00",
    "21 05 00 aa",
    "23 03 00 01 00 aa 05 00 00 00",
    "52 03 00 aa",
    "d2 03 00 01 00 00 00 11 12 13 14 15 16 17 18",
    "d2 03 00 aa bb 01 00 00 00 11 12 13 14 15 16 17 18",
};

static void reading_and_writing_gives_the_same_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        uint8_t in[64];
        uint8_t out[64];
        kith_att_pdu pdu;
        size_t len = hex_read(samples[i], in, sizeof in);

        assert_int_equal(kith_att_decode(in, len, &pdu), KITH_OK);
        assert_int_equal(pdu.opcode, in[0]);
        hex_expect(out, kith_att_encode(&pdu, out, sizeof out), samples[i]);
        assert_int_equal(kith_att_encode(&pdu, out, len - 1), 0);
    }
}

static void fields_are_where_the_specification_has_them(void **state)
{
    uint8_t in[64];
    kith_att_pdu pdu;

    (void)state;
    assert_int_equal(kith_att_decode(in, hex_read("01 0a 34 12 05", in, sizeof in), &pdu), KITH_OK);
    assert_int_equal(pdu.request_opcode, 0x0a);
    assert_int_equal(pdu.handle, 0x1234);
    assert_int_equal(pdu.error, 0x05);
    assert_int_equal(kith_att_decode(in, hex_read("0c 34 12 78 56", in, sizeof in), &pdu), KITH_OK);
    assert_int_equal(pdu.handle, 0x1234);
    assert_int_equal(pdu.offset, 0x5678);
    assert_int_equal(kith_att_decode(in, hex_read("06 01 00 ff ff 00 28 0f 18", in, sizeof in), &pdu), KITH_OK);
    assert_int_equal(pdu.end_handle, 0xffff);
    assert_int_equal(pdu.type.size, 2);
    assert_int_equal(pdu.value_len, 2);
    assert_int_equal(pdu.value[1], 0x18);
    assert_int_equal(kith_att_decode(in, hex_read("09 03 01 00 aa 02 00 bb", in, sizeof in), &pdu), KITH_OK);
    assert_int_equal(pdu.entry_len, 3);
    assert_int_equal(pdu.value_len, 6);
    assert_int_equal(
        kith_att_decode(in, hex_read("d2 34 12 aa bb 01 00 00 00 11 12 13 14 15 16 17 18", in, sizeof in), &pdu),
        KITH_OK);
    assert_int_equal(pdu.handle, 0x1234);
    hex_expect(pdu.value, pdu.value_len, "aa bb");
    hex_expect(pdu.signature, KITH_ATT_SIGNATURE, "01 00 00 00 11 12 13 14 15 16 17 18");
}

/* What lengths may an opcode have?  Written down again here, from the specification. */
static bool length_is_sound(uint8_t opcode, size_t len)
{
    switch (opcode) {
    case 0x01:
    case 0x04:
    case 0x0c:
        return len == 5;
    case 0x02:
    case 0x03:
    case 0x0a:
        return len == 3;
    case 0x06:
        return len >= 7;
    case 0x08:
    case 0x10:
        return len == 7 || len == 21;
    case 0x0b:
    case 0x0d:
    case 0x0f:
    case 0x21:
        return len >= 1;
    case 0x0e:
    case 0x20: /* two handles or more */
        return len >= 5 && len % 2 == 1;
    case 0x16:
    case 0x17:
        return len >= 5;
    case 0x18:
        return len == 2;
    case 0x19:
        return len == 1;
    case 0x23: /* its values are empty below */
        return len >= 5 && (len - 1) % 4 == 0;
    case 0x12:
    case 0x1b:
    case 0x1d:
    case 0x52:
        return len >= 3;
    case 0xd2:
        return len >= 15;
    case 0x13:
    case 0x1e:
        return len == 1;
    case 0x07:
        return len >= 5 && (len - 1) % 4 == 0;
    case 0x05: /* the second octet is 1 below */
        return len >= 6 && (len - 2) % 4 == 0;
    case 0x09:
    case 0x11: /* the second octet is 7 below */
        return len >= 9 && (len - 2) % 7 == 0;
    default:
        return false;
    }
}

static bool is_known(uint8_t opcode)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        uint8_t in[64];
        if (hex_read(samples[i], in, sizeof in) > 0 && in[0] == opcode)
            return true;
    }
    return false;
}

static void every_opcode_takes_its_lengths_and_no_other(void **state)
{
    uint8_t in[64] = {0};

    (void)state;
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        in[0] = (uint8_t)opcode;
        in[1] = opcode == 0x05 ? 1 : 7;
        for (size_t len = 1; len <= sizeof in; len++) {
            kith_att_pdu pdu;
            kith_status expected = KITH_ERR_UNSUPPORTED;

            if (is_known((uint8_t)opcode))
                expected = length_is_sound((uint8_t)opcode, len) ? KITH_OK : KITH_ERR_VALUE;
            assert_int_equal(kith_att_decode(in, len, &pdu), expected);
        }
    }
}

static void impossible_lists_are_refused(void **state)
{
    static const char *const bad[] = {
        "05 00 01 00 00 28",
        "05 03 01 00 00 28",
        "05 02 01 00 00 28",
        "05 01",
        "09 00 01 00",
        "09 01 01",
        "09 02",
        "09 04 01 00 aa",
        "07",
        "07 01 00 02",
        "11 03 01 00 02 01 00 02",
        "11 04",
        "11 05 01 00 02 00 aa aa",
        "09 ff 01 00 aa",
        "23 03 00 01 00 aa 05 00 01 00",
        "23 03 00 01 00 aa 05 00 00",
        "23 03 00 06 00 01 02 03 04 05",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t in[64];
        kith_att_pdu pdu;

        assert_int_equal(kith_att_decode(in, hex_read(bad[i], in, sizeof in), &pdu), KITH_ERR_VALUE);
    }
}

static void impossible_fields_are_not_written(void **state)
{
    uint8_t out[64];
    static const uint8_t list[8] = {0};
    kith_att_pdu bad_type = {.opcode = 0x08, .type = {.size = 4}};
    kith_att_pdu long_type = {.opcode = 0x06, .type = {.size = 16}};
    kith_att_pdu bad_entry = {.opcode = 0x05, .entry_len = 8, .value = list, .value_len = 8};
    kith_att_pdu torn_list = {.opcode = 0x09, .entry_len = 3, .value = list, .value_len = 8};
    kith_att_pdu no_list = {.opcode = 0x07, .entry_len = 4};
    kith_att_pdu unknown = {.opcode = 0x2e};
    kith_att_pdu unsigned_write = {.opcode = 0xd2, .handle = 3};

    (void)state;
    assert_int_equal(kith_att_encode(&bad_type, out, sizeof out), 0);
    assert_int_equal(kith_att_encode(&long_type, out, sizeof out), 0);
    assert_int_equal(kith_att_encode(&bad_entry, out, sizeof out), 0);
    assert_int_equal(kith_att_encode(&torn_list, out, sizeof out), 0);
    assert_int_equal(kith_att_encode(&no_list, out, sizeof out), 0);
    assert_int_equal(kith_att_encode(&unknown, out, sizeof out), 0);
    assert_int_equal(kith_att_encode(&unsigned_write, out, sizeof out), 0);
}

/* Every opcode goes to the server or to the client, and nothing that answers an answer is a request. */
static void every_opcode_has_its_side(void **state)
{
    (void)state;
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        kith_att_kind kind = kith_att_kind_of((uint8_t)opcode);
        bool is_response =
            opcode == 0x01 || (opcode % 2 == 1 && opcode >= 0x03 && opcode <= 0x19 && opcode != 0x15) || opcode == 0x21;

        assert_int_equal(kind == KITH_ATT_KIND_RESPONSE, is_response);
        assert_int_equal(kind == KITH_ATT_KIND_COMMAND, (opcode & 0x40) != 0);
    }
    assert_int_equal(kith_att_kind_of(0x1b), KITH_ATT_KIND_NOTIFICATION);
    assert_int_equal(kith_att_kind_of(0x1d), KITH_ATT_KIND_INDICATION);
    assert_int_equal(kith_att_kind_of(0x1e), KITH_ATT_KIND_CONFIRMATION);
    assert_int_equal(kith_att_kind_of(0x7e & ~0x40), KITH_ATT_KIND_REQUEST);
}

static void opcodes_have_names(void **state)
{
    (void)state;
    assert_string_equal(kith_att_opcode_name(0x10), "Read By Group Type Request");
    assert_string_equal(kith_att_opcode_name(0xd2), "Signed Write Command");
    assert_string_equal(kith_att_opcode_name(0xff), "unknown");
}

static void the_smaller_mtu_counts_and_never_less_than_23(void **state)
{
    att_bearer bearer;

    (void)state;
    att_bearer_init(&bearer, 247);
    assert_int_equal(bearer.mtu, 23);
    for (unsigned peer = 0; peer <= 0xffff; peer++) {
        att_bearer_agree(&bearer, (uint16_t)peer);
        assert_int_equal(bearer.mtu, peer < 23 ? 23 : peer > 247 ? 247 : peer);
    }
    att_bearer_init(&bearer, 0);
    assert_int_equal(bearer.my_mtu, 23);
    att_bearer_init(&bearer, 0xffff);
    assert_int_equal(bearer.my_mtu, 517);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_and_writing_gives_the_same_octets),
        cmocka_unit_test(fields_are_where_the_specification_has_them),
        cmocka_unit_test(every_opcode_takes_its_lengths_and_no_other),
        cmocka_unit_test(impossible_lists_are_refused),
        cmocka_unit_test(impossible_fields_are_not_written),
        cmocka_unit_test(every_opcode_has_its_side),
        cmocka_unit_test(opcodes_have_names),
        cmocka_unit_test(the_smaller_mtu_counts_and_never_less_than_23),
    };
    return cmocka_run_group_tests_name("att pdu", tests, NULL, NULL);
}
