/* What the peer of att_bench.h tries, and what has to come of it. */
#include "att_bench.h"

#include <stdio.h>
#include <string.h>

enum { TEXT = 3 * PACKET_MAX, MTU = 23, BLOB_OFFSET = 5, PART = 10 };

static struct {
    att_way way;
    att_attribute what;
    uint8_t written[2 * PART]; /* what the peer wants to be there */
    size_t written_len;
    uint8_t before[LONGEST]; /* what was there */
    uint16_t before_len;
} tried;
static uint8_t drawn;

void att_begin_trying(void)
{
    memset(&tried, 0, sizeof tried);
    drawn = 0x40;
}

static const char *hex_of(const uint8_t *octets, size_t len)
{
    static char text[TEXT];

    text[0] = '\0';
    for (size_t i = 0; i < len; i++)
        (void)snprintf(text + 3 * i, 4, " %02x", octets[i]);
    return text;
}

static bool is_write(att_way way)
{
    return way == BY_WRITE || way == BY_COMMAND || way == BY_PREPARE;
}

static void ask_to_write(uint16_t handle)
{
    for (size_t i = 0; i < sizeof tried.written; i++)
        tried.written[i] = drawn++;
    tried.written_len = tried.way == BY_PREPARE ? sizeof tried.written : PART;
    if (tried.way == BY_PREPARE)
        att_peer_asks("16 " LE " 00 00%s", le(handle), hex_of(tried.written, PART));
    else
        att_peer_asks("%02x " LE "%s", (unsigned)tried.way, le(handle), hex_of(tried.written, PART));
}

void att_try(att_way way, att_attribute a)
{
    uint16_t handle = att_handle(a);

    tried.way = way;
    tried.what = a;
    tried.before_len = att_variable(a)->len;
    memcpy(tried.before, att_variable(a)->octets, LONGEST);
    if (handle == 0)
        bench_fail("the peer did not find: %s", att_name(a));
    if (is_write(way))
        ask_to_write(handle);
    else if (way == BY_TYPE)
        att_peer_asks("08 01 00 ff ff " LE, le(att_uuid(a)));
    else if (way == BY_BLOB)
        att_peer_asks("0c " LE " " LE, le(handle), le(BLOB_OFFSET));
    else if (way == BY_READ)
        att_peer_asks("0a " LE, le(handle));
    else
        att_peer_asks("%02x " LE " " LE, (unsigned)way, le(att_handle(value_of(OPEN))), le(handle));
}

static void check_unchanged(void)
{
    const kith_variable *v = att_variable(tried.what);

    if (v->len != tried.before_len || memcmp(v->octets, tried.before, LONGEST) != 0)
        bench_fail("the value has changed: %s", att_name(tried.what));
}

void att_refused(kith_att_error error)
{
    if (tried.way == BY_COMMAND)
        bench_we_send_nothing(KITH_CID_ATT);
    else
        att_we_answer("01 %02x " LE " %02x", (unsigned)tried.way, le(att_handle(tried.what)), (unsigned)error);
    bench_we_emit_nothing();
    if (tried.way == BY_PREPARE) { /* and nothing of it lies there */
        att_peer_asks("18 01");
        att_we_answer("19");
        bench_we_emit_nothing();
    }
    check_unchanged();
}

/* ---- what is answered where it may be ---- */

static size_t put(uint8_t pdu[MTU], size_t len, const uint8_t *octets, size_t count)
{
    for (size_t i = 0; i < count && len < MTU; i++)
        pdu[len++] = octets[i];
    return len;
}

/* Its length goes before the value, where there is room for a length. */
static size_t put_one_of_several(uint8_t pdu[MTU], size_t len, const kith_variable *v)
{
    uint8_t head[2] = {(uint8_t)v->len, (uint8_t)(v->len >> 8)};

    if (tried.way == BY_VARIABLE)
        len = put(pdu, len, head, sizeof head);
    return put(pdu, len, v->octets, v->len);
}

static size_t put_entry(uint8_t pdu[MTU], const kith_variable *v)
{
    uint16_t handle = att_handle(tried.what);
    uint8_t fits = (uint8_t)(v->len < MTU - 4 ? v->len : MTU - 4);
    uint8_t head[3] = {(uint8_t)(2 + fits), (uint8_t)handle, (uint8_t)(handle >> 8)};

    return put(pdu, put(pdu, 1, head, sizeof head), v->octets, fits);
}

/* With an MTU of 23. */
static void check_value_read(void)
{
    const kith_variable *v = att_variable(tried.what);
    uint8_t pdu[MTU] = {(uint8_t)(tried.way + 1)};
    size_t len;

    if (tried.way == BY_TYPE)
        len = put_entry(pdu, v);
    else if (tried.way == BY_READ)
        len = put(pdu, 1, v->octets, v->len);
    else if (tried.way == BY_BLOB)
        len = v->len < BLOB_OFFSET ? 0 : put(pdu, 1, v->octets + BLOB_OFFSET, v->len - BLOB_OFFSET);
    else
        len = put_one_of_several(pdu, put_one_of_several(pdu, 1, att_variable(value_of(OPEN))), v);
    if (len == 0)
        att_we_answer("01 0c " LE " 07", le(att_handle(tried.what)));
    else
        att_we_answer("%s", hex_of(pdu, len));
}

/* ---- the program's half of it ---- */

static const kith_event_attribute *program_is_told(kith_event_kind kind, att_attribute a, uint8_t opcode)
{
    const kith_event_attribute *told = &bench_we_emit(kind)->attribute;

    if (told->id != att_id(a) || told->handle != att_handle(a) || told->opcode != opcode)
        bench_fail("the program is told of something else: %s", att_name(a));
    return told;
}

static void program_gives(att_attribute a)
{
    const kith_variable *v = att_variable(a);

    (void)program_is_told(KITH_EVENT_READ_WANTED, a, (uint8_t)tried.way);
    bench_we_send_nothing(KITH_CID_ATT);
    bench_check_status(kith_gatt_answer_read(bench.host, bench.link, KITH_ATT_ERROR_NONE, v->octets, v->len), KITH_OK);
}

static void program_takes(kith_event_kind kind, uint8_t opcode)
{
    const kith_event_attribute *told = program_is_told(kind, tried.what, opcode);
    kith_variable *v = att_variable(tried.what);

    if (told->offset != 0 || told->len > LONGEST)
        bench_fail("the program is told of another part: %s", att_name(tried.what));
    if (kind != KITH_EVENT_VALUE_WRITTEN) {
        memcpy(v->octets, told->value, told->len);
        v->len = told->len;
    }
    if (v->len != tried.written_len || memcmp(v->octets, tried.written, tried.written_len) != 0)
        bench_fail("the value is not what was written: %s", att_name(tried.what));
    if (kind == KITH_EVENT_WRITE_WANTED)
        bench_check_status(kith_gatt_answer_write(bench.host, bench.link, KITH_ATT_ERROR_NONE), KITH_OK);
}

static void value_is_written(uint8_t opcode)
{
    if (!att_program_serves)
        program_takes(KITH_EVENT_VALUE_WRITTEN, opcode);
    else
        program_takes(opcode == KITH_ATT_WRITE_COMMAND ? KITH_EVENT_WRITE_COMMAND : KITH_EVENT_WRITE_WANTED, opcode);
}

static void value_is_given(void)
{
    if (!att_program_serves)
        return;
    if (tried.way == BY_MULTIPLE || tried.way == BY_VARIABLE)
        program_gives(value_of(OPEN));
    program_gives(tried.what);
}

static void prepared_is_written(void)
{
    const char *rest = hex_of(tried.written + PART, PART);

    att_peer_asks("16 " LE " " LE "%s", le(att_handle(tried.what)), le(PART), rest);
    att_we_answer("17 " LE " " LE "%s", le(att_handle(tried.what)), le(PART), rest);
    check_unchanged();
    att_peer_asks("18 01");
    value_is_written(KITH_ATT_EXECUTE_WRITE_REQUEST);
    att_we_answer("19");
}

void att_prepared(void)
{
    att_we_answer("17 " LE " 00 00%s", le(att_handle(tried.what)), hex_of(tried.written, PART));
}

void att_allowed(void)
{
    if (!is_write(tried.way)) {
        value_is_given();
        check_value_read();
    } else if (tried.way == BY_PREPARE) {
        att_prepared();
        prepared_is_written();
    } else {
        value_is_written((uint8_t)tried.way);
        if (tried.way == BY_WRITE)
            att_we_answer("13");
    }
    bench_we_emit_nothing();
}

void att_authorize(bool yes)
{
    (void)program_is_told(KITH_EVENT_AUTHORIZATION_WANTED, tried.what, (uint8_t)tried.way);
    bench_we_send_nothing(KITH_CID_ATT); /* it waits */
    bench_check_status(kith_gatt_authorize(bench.host, bench.link, yes), KITH_OK);
}
