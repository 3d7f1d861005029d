/* LE signalling: what a host without connection-oriented channels answers, byte by byte.  Vol 3 Part A 4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "l2cap/signalling.h"

typedef struct {
    const char *name;
    bool we_are_central;
    uint8_t in[32];
    size_t in_len;
    uint8_t out[L2CAP_SIGNALLING_MTU];
    size_t out_len;
} row;

static const row rows[] = {
    {"parameter update, we are central: rejected",
     true,
     {0x12, 7, 8, 0, 24, 0, 40, 0, 0, 0, 100, 0},
     12,
     {0x13, 7, 2, 0, 1, 0},
     6},
    {"parameter update, we are peripheral: not understood",
     false,
     {0x12, 7, 8, 0, 24, 0, 40, 0, 0, 0, 100, 0},
     12,
     {0x01, 7, 2, 0, 0, 0},
     6},
    {"parameter update of the wrong length", true, {0x12, 7, 2, 0, 24, 0}, 6, {0x01, 7, 2, 0, 0, 0}, 6},
    {"credit based connection: not understood, not `no such PSM'",
     false,
     {0x14, 9, 10, 0, 0x80, 0, 0x40, 0, 64, 0, 64, 0, 1, 0},
     14,
     {0x01, 9, 2, 0, 0, 0},
     6},
    {"enhanced credit based connection, as EATT asks for it",
     false,
     {0x17, 9, 10, 0, 0x27, 0, 64, 0, 64, 0, 1, 0, 0x40, 0},
     14,
     {0x01, 9, 2, 0, 0, 0},
     6},
    {"disconnection of a channel, where there are none",
     false,
     {0x06, 3, 4, 0, 0x41, 0x00, 0x52, 0x01},
     8,
     {0x01, 3, 2, 0, 0, 0},
     6},
    {"credits for a channel: no request, unknown all the same",
     true,
     {0x16, 4, 4, 0, 0x40, 0, 1, 0},
     8,
     {0x01, 4, 2, 0, 0, 0},
     6},
    {"reconfiguration of channels", true, {0x19, 4, 6, 0, 64, 0, 64, 0, 0x40, 0}, 10, {0x01, 4, 2, 0, 0, 0}, 6},
    {"information request is none of LE's", false, {0x0a, 1, 2, 0, 2, 0}, 6, {0x01, 1, 2, 0, 0, 0}, 6},
    {"unknown command", true, {0x77, 1, 0, 0}, 4, {0x01, 1, 2, 0, 0, 0}, 6},
    {"echo request is none of LE's", true, {0x08, 1, 0, 0}, 4, {0x01, 1, 2, 0, 0, 0}, 6},
    {"a length that is not the PDU's", true, {0x12, 5, 9, 0, 1, 2, 3}, 7, {0x01, 5, 2, 0, 0, 0}, 6},
    {"above the signalling MTU: says what the MTU is", true, {0x77, 2, 20, 0}, 24, {0x01, 2, 4, 0, 1, 0, 23, 0}, 8},
    {"identifier 0 can't be answered", true, {0x12, 0, 8, 0, 24, 0, 40, 0, 0, 0, 100, 0}, 12, {0}, 0},
    {"too short to have a header", true, {0x12, 1, 8}, 3, {0}, 0},
    {"a reject is not answered", true, {0x01, 1, 2, 0, 0, 0}, 6, {0}, 0},
    {"a response nobody asked for is not answered", true, {0x13, 1, 2, 0, 0, 0}, 6, {0}, 0},
    {"nor this one", true, {0x15, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 14, {0}, 0},
    {"nor a reconfiguration response", true, {0x1a, 1, 2, 0, 0, 0}, 6, {0}, 0},
    {"nor a disconnection response", true, {0x07, 1, 4, 0, 0, 0, 0, 0}, 8, {0}, 0},
};

static void requests_get_the_answer_the_specification_gives_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[L2CAP_SIGNALLING_MTU + 8];
        size_t len;

        memset(out, 0xa5, sizeof out);
        len = l2cap_answer_signalling(rows[i].we_are_central, rows[i].in, rows[i].in_len, out);
        if (len != rows[i].out_len || memcmp(out, rows[i].out, len) != 0)
            fail_msg("%s: %zu octets", rows[i].name, len);
        for (size_t j = L2CAP_SIGNALLING_MTU; j < sizeof out; j++)
            assert_int_equal(out[j], 0xa5);
    }
}

/* Two such hosts never talk to each other for ever: no answer is answered. */
static void no_answer_is_answered(void **state)
{
    uint8_t in[40], out[L2CAP_SIGNALLING_MTU], again[L2CAP_SIGNALLING_MTU];

    (void)state;
    for (unsigned code = 0; code < 256; code++)
        for (size_t len = 0; len <= sizeof in; len++)
            for (unsigned central = 0; central < 2; central++) {
                size_t answered;

                memset(in, 0x11, sizeof in);
                in[0] = (uint8_t)code;
                in[2] = (uint8_t)(len >= 4 ? len - 4 : 0);
                in[3] = 0;
                answered = l2cap_answer_signalling(central != 0, in, len, out);
                assert_true(answered <= L2CAP_SIGNALLING_MTU);
                if (answered == 0)
                    continue;
                assert_int_equal(out[1], in[1]);
                assert_int_equal(out[2] + 4u, answered);
                assert_int_equal(l2cap_answer_signalling(central == 0, out, answered, again), 0);
            }
}

/* Vol 3 Part A 4.20: what is asked comes out as it went in, and nothing that differs from it is taken for a request. */
static void a_request_for_parameters_is_written_and_read(void **state)
{
    static const kith_connection_parameters asked = {0x0102, 0x0304, 0x0506, 0x0708};
    static const uint8_t octets[] = {0x12, 9, 8, 0, 2, 1, 4, 3, 6, 5, 8, 7};
    uint8_t pdu[L2CAP_SIGNALLING_MTU + 1] = {0};
    kith_connection_parameters read;

    (void)state;
    assert_int_equal(l2cap_put_parameter_request(&asked, 9, pdu), sizeof octets);
    assert_memory_equal(pdu, octets, sizeof octets);
    assert_true(l2cap_read_parameter_request(pdu, sizeof octets, &read));
    assert_memory_equal(&read, &asked, sizeof read);
    for (size_t len = 0; len <= sizeof pdu; len++)
        assert_int_equal(l2cap_read_parameter_request(pdu, len, &read), len == sizeof octets);
    for (size_t i = 0; i < 4; i++) {
        memcpy(pdu, octets, sizeof octets);
        pdu[i] = i == 1 ? 0 : (uint8_t)(pdu[i] + 1);
        assert_false(l2cap_read_parameter_request(pdu, sizeof octets, &read));
    }
}

/* Only 0 is a yes; only this identifier is an answer. */
static void an_answer_about_parameters_is_read_as_the_specification_has_it(void **state)
{
    uint8_t pdu[L2CAP_SIGNALLING_MTU];

    (void)state;
    assert_int_equal(l2cap_put_parameter_response(9, true, pdu), 6);
    assert_int_equal(l2cap_read_parameter_response(pdu, 6, 9), L2CAP_PARAMETERS_ACCEPTED);
    assert_int_equal(l2cap_read_parameter_response(pdu, 6, 8), L2CAP_PARAMETERS_OTHER);
    for (size_t len = 0; len < 6; len++)
        assert_int_equal(l2cap_read_parameter_response(pdu, len, 9), L2CAP_PARAMETERS_OTHER);
    for (unsigned result = 1; result <= UINT16_MAX; result++) {
        pdu[4] = (uint8_t)result;
        pdu[5] = (uint8_t)(result >> 8);
        assert_int_equal(l2cap_read_parameter_response(pdu, 6, 9), L2CAP_PARAMETERS_REJECTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_get_the_answer_the_specification_gives_them),
        cmocka_unit_test(no_answer_is_answered),
        cmocka_unit_test(a_request_for_parameters_is_written_and_read),
        cmocka_unit_test(an_answer_about_parameters_is_read_as_the_specification_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
