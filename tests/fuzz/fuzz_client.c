/* Fuzz target: the host's client and a hostile server, on two links: answers that fit what was asked, answers that do
 * not, too early, twice or never; tables of any shape, hashes, Service Changed, Database Out Of Sync; while the program
 * asks for more, peers pair and bond, links end and come back, and the store fails.
 *
 * Input: an octet of options and two of the host's shape (rig.h), then records: an octet of link and kind, and what the
 * kind takes.  In the end nothing is answered any more, and everything that was asked for must end by itself. */
#include "base/bytes.h"
#include "kith/codec/att.h"
#include "program.h"

enum { ANSWER_MTU = 23, NAMES = 8 };

static const uint16_t names[NAMES] = {0x1800, 0x1801, 0x180f, 0x2a05, 0x2a19, 0x2902, 0x2b29, 0x2b2a};

/* ---- answers that fit ---- */

typedef struct {
    uint8_t pdu[RIG_PDU];
    size_t len;
} answer;

static void put8(answer *a, uint8_t octet)
{
    a->pdu[a->len++] = octet;
}

static void put16(answer *a, uint16_t number)
{
    bytes_put16(a->pdu + a->len, number);
    a->len += 2;
}

static void put_name(answer *a, uint8_t choice, bool is_long)
{
    if (is_long)
        for (uint8_t i = 0; i < 14; i++)
            put8(a, i);
    put16(a, names[choice % NAMES]);
}

/* Each entry takes an octet: how far behind the last one it is, and which UUID it has. */
static void put_groups(answer *a, uint16_t at, uint8_t how, rig_input *in, bool has_name)
{
    bool is_long = has_name && (how & 0x40) != 0;

    for (unsigned i = 0; i <= (how & 3) && a->len + (is_long ? 20 : 6) <= ANSWER_MTU; i++) {
        uint8_t entry = rig_octet(in);
        uint16_t first = (uint16_t)(at + (entry >> 6)), last = (uint16_t)(first + (entry >> 3 & 7));

        put16(a, first);
        put16(a, (how & 0x80) != 0 && i == (how & 3u) ? 0xffff : last);
        if (has_name)
            put_name(a, entry, is_long);
        at = (uint16_t)(last + 1);
    }
}

static void put_declarations(answer *a, uint16_t at, uint8_t how, rig_input *in)
{
    bool is_long = (how & 0x40) != 0;

    put8(a, is_long ? 21 : 7);
    for (unsigned i = 0; i <= (how & 3) && a->len + a->pdu[1] <= ANSWER_MTU; i++) {
        uint8_t entry = rig_octet(in);

        at = (uint16_t)(at + (entry >> 6));
        put16(a, at);
        put8(a, how);
        put16(a, (uint16_t)(at + 1 + (entry >> 5 & 1)));
        put_name(a, entry, is_long);
        at = (uint16_t)(at + 2 + (entry >> 3 & 3));
    }
}

static void put_includes(answer *a, uint16_t at, uint8_t how, rig_input *in)
{
    uint8_t entry = rig_octet(in);
    bool has_name = (how & 0x40) == 0;

    put8(a, has_name ? 8 : 6);
    put16(a, (uint16_t)(at + (entry >> 6)));
    put16(a, (uint16_t)(1 + (entry >> 3 & 7)));
    put16(a, (uint16_t)(9 + (entry >> 3 & 7)));
    if (has_name)
        put_name(a, entry, false);
}

static void put_values(answer *a, uint16_t at, uint8_t how, size_t size)
{
    put8(a, (uint8_t)(2 + size));
    for (unsigned i = 0; i <= (how & 1) && a->len + 2 + size <= ANSWER_MTU; i++) {
        put16(a, (uint16_t)(at + i));
        for (size_t k = 0; k < size; k++)
            put8(a, how >> 2 & 3);
    }
}

static void put_by_type(answer *a, const rig_link *link, uint8_t how, rig_input *in)
{
    uint16_t at = bytes_get16(link->question + 1);
    uint16_t type = link->question_len >= 7 ? bytes_get16(link->question + 5) : 0;

    if (type == 0x2803)
        put_declarations(a, at, how, in);
    else if (type == 0x2802)
        put_includes(a, at, how, in);
    else
        put_values(a, at, how, type == 0x2b2a ? 16 : 3);
}

static void put_information(answer *a, uint16_t at, uint8_t how, rig_input *in)
{
    bool is_long = (how & 0x40) != 0;

    put8(a, is_long ? 2 : 1);
    for (unsigned i = 0; i <= (how & 7u) && a->len + (is_long ? 18 : 4) <= ANSWER_MTU; i++) {
        uint8_t entry = rig_octet(in);

        at = (uint16_t)(at + (entry >> 6));
        put16(a, at++);
        put_name(a, entry, is_long);
    }
}

static void put_octets(answer *a, uint8_t how)
{
    for (unsigned i = 0; i < (how & 0x1f) && a->len < ANSWER_MTU; i++)
        put8(a, how);
}

/* As an honest server may answer what was asked last: its shape is right. */
static void put_answer(answer *a, const rig_link *link, uint8_t how, rig_input *in)
{
    const uint8_t *question = link->question;
    uint16_t at = link->question_len >= 3 ? bytes_get16(question + 1) : 1;

    put8(a, (uint8_t)(question[0] + 1));
    switch (question[0]) {
    case KITH_ATT_EXCHANGE_MTU_REQUEST:
        put16(a, how);
        break;
    case KITH_ATT_FIND_INFORMATION_REQUEST:
        put_information(a, at, how, in);
        break;
    case KITH_ATT_FIND_BY_TYPE_VALUE_REQUEST:
        put_groups(a, at, how, in, false);
        break;
    case KITH_ATT_READ_BY_GROUP_TYPE_REQUEST:
        put8(a, (how & 0x40) != 0 ? 20 : 6);
        put_groups(a, at, how, in, true);
        break;
    case KITH_ATT_READ_BY_TYPE_REQUEST:
        put_by_type(a, link, how, in);
        break;
    case KITH_ATT_PREPARE_WRITE_REQUEST:
        for (size_t i = 1; i < link->question_len; i++)
            put8(a, (uint8_t)(question[i] ^ (how == i)));
        break;
    case KITH_ATT_WRITE_REQUEST:
    case KITH_ATT_EXECUTE_WRITE_REQUEST:
        break;
    default:
        put_octets(a, how);
        break;
    }
}

/* An octet of what: an answer that fits (and is its last: there is no more to ask), or an error. */
static void answer_question(rig *r, unsigned which, rig_input *in, bool refuses)
{
    static const uint8_t errors[] = {
        KITH_ATT_ERROR_ATTRIBUTE_NOT_FOUND,           KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC,
        KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION,   KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION,
        KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT, KITH_ATT_ERROR_READ_NOT_PERMITTED,
        KITH_ATT_ERROR_UNSUPPORTED_GROUP_TYPE,        KITH_ATT_ERROR_ATTRIBUTE_NOT_LONG};
    const rig_link *link = &r->links[which];
    uint8_t how = refuses ? 0 : rig_octet(in);
    answer a = {.len = 0};

    if (refuses) {
        uint8_t error = rig_octet(in);

        put8(&a, KITH_ATT_ERROR_RESPONSE);
        put8(&a, link->question[0]);
        put8(&a, link->question[1]);
        put8(&a, link->question[2]);
        put8(&a, errors[error % sizeof errors]);
    } else {
        put_answer(&a, link, how, in);
    }
    rig_att(r, which, a.pdu, a.len);
}

/* ---- what the server tells ---- */

static void tell(rig *r, unsigned which, uint8_t choice)
{
    static const kith_uuid service = KITH_UUID16(0x1801), changed = KITH_UUID16(0x2a05);
    answer a = {.len = 0};
    uint16_t handle = choice & 0x1f;

    if ((choice & 0x40) != 0)
        handle = kith_gatt_remote_value(r->h, r->links[which].link, &service, &changed);
    put8(&a, (choice & 0x80) != 0 ? KITH_ATT_HANDLE_VALUE_NOTIFICATION : KITH_ATT_HANDLE_VALUE_INDICATION);
    put16(&a, handle);
    put16(&a, 1);
    if ((choice & 0x20) == 0)
        put16(&a, 0xffff);
    rig_att(r, which, a.pdu, a.len);
}

static void say_raw(rig *r, unsigned which, rig_input *in)
{
    size_t len = rig_octet(in);
    const uint8_t *pdu = rig_octets(in, &len);

    rig_att(r, which, pdu, len);
}

/* ---- records ---- */

static void change_parameters(rig *r, unsigned which, uint8_t choice)
{
    uint8_t p[10] = {KITH_HCI_LE_EV_CONNECTION_UPDATE_COMPLETE, (choice & 0x80) != 0 ? 0x1f : 0};
    uint8_t phys[6] = {KITH_HCI_LE_EV_PHY_UPDATE_COMPLETE, p[1]};

    bytes_put16(p + 2, r->links[which].handle);
    bytes_put16(phys + 2, r->links[which].handle);
    p[4] = choice & 0x3f;
    p[8] = 100;
    phys[4] = choice & 3;
    phys[5] = choice >> 2 & 3;
    rig_event(r, KITH_HCI_EV_LE_META, p, sizeof p);
    rig_event(r, KITH_HCI_EV_LE_META, phys, sizeof phys);
}

static void switch_something(rig *r, uint8_t choice)
{
    if ((choice & 1) != 0)
        r->works = !r->works;
    if ((choice & 2) != 0)
        r->takes = !r->takes;
    if ((choice & 4) != 0)
        r->store_fails = !r->store_fails;
}

static void operate_link(rig *r, unsigned which, uint8_t kind, rig_input *in)
{
    switch (kind) {
    case 8:
        rig_pair(r, which);
        break;
    case 9:
        rig_honest(r, which, RIG_ENCRYPT);
        break;
    case 10:
        rig_disconnect(r, which, 0x13);
        break;
    case 11:
        rig_connect(r, which, (rig_octet(in) & 1) != 0);
        break;
    case 12:
        change_parameters(r, which, rig_octet(in));
        break;
    case 13:
        rig_advance(r, (uint64_t)rig_octet(in) * 250000u);
        break;
    case 14:
        switch_something(r, rig_octet(in));
        break;
    default:
        rig_honest(r, which, (rig_step)(rig_octet(in) & 7));
        break;
    }
}

static void operate(rig *r, rig_input *in)
{
    uint8_t what = rig_octet(in);
    unsigned which = what >> 7;

    switch (what & 15) {
    case 0:
    case 1:
    case 2:
        answer_question(r, which, in, (what & 15) == 2);
        break;
    case 3:
        tell(r, which, rig_octet(in));
        break;
    case 4:
        say_raw(r, which, in);
        break;
    case 5:
        program_ask(r, which, in);
        break;
    case 6:
        program_serve(r, which, in);
        break;
    case 7:
        program_manage(r, which, in);
        break;
    default:
        operate_link(r, which, what & 15, in);
        break;
    }
    rig_pump(r);
    if ((what & 0x40) == 0)
        rig_acknowledge(r, which);
    rig_pump(r);
}

static bool has_ended(const rig *r)
{
    for (unsigned i = 0; i < RIG_LINKS; i++)
        if (r->links[i].expected_count > 0 || r->links[i].updates > 0 ||
            r->links[i].measures[0] + r->links[i].measures[1] > 0 || r->links[i].indicates > 0)
            return false;
    return true;
}

static void let_time_pass(rig *r)
{
    for (unsigned i = 0; i < RIG_LINKS; i++) {
        if (r->links[i].up && r->links[i].is_to_end)
            rig_disconnect(r, i, KITH_HCI_LOCAL_HOST_TERMINATED);
        rig_acknowledge(r, i);
    }
    rig_pump(r);
    rig_advance(r, 10000000);
    rig_pump(r);
    rig_take_events(r);
}

/* Silence ends everything. */
static void expect_ends(rig *r)
{
    r->takes = r->works = true;
    r->store_fails = false;
    rig_take_events(r);
    for (unsigned i = 0; i < 40 && !has_ended(r); i++)
        let_time_pass(r);
    rig_require(has_ended(r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rig_input in = {data, size};
    uint8_t options = rig_octet(&in);
    unsigned shape = rig_octet(&in);
    rig r;

    shape |= (unsigned)rig_octet(&in) << 8;
    rig_open_with(&r, KITH_PAIRING_CLOSED,
                  RIG_SHAPED | shape << 8 | ((options & 4) != 0 ? RIG_STORES : 0u) |
                      ((options & 8) != 0 ? RIG_FINDS : 0u));
    rig_require(kith_pairing_open(r.h, 600000) == KITH_OK);
    rig_connect(&r, 0, (options & 1) == 0);
    rig_connect(&r, 1, (options & 2) == 0);
    while (in.left > 0)
        operate(&r, &in);
    expect_ends(&r);
    rig_close(&r);
    return 0;
}
