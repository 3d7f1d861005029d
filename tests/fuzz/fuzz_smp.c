/* Fuzz target: SMP PDUs, the controller's security events and the program's calls, in any order, on two links, with or
 * without numbers to compare and a store that may fail.
 *
 * Input: an octet of options, then operations: an octet of link and kind, and what the kind takes.  Honest steps let
 * the fuzzer reach every state; a level may rise only after the honest peer's DHKey check went out (see rig.h). */
#include "base/bytes.h"
#include "rig.h"

enum { HANDLE = 0x0040 };

static void security_event(rig *r, unsigned which, uint8_t choice)
{
    uint8_t change[4] = {(choice & 1) != 0 ? choice >> 2 : 0, 0, 0, choice >> 1 & 1};

    bytes_put16(change + 1, (uint16_t)(HANDLE + which));
    if ((choice & 0x80) != 0)
        rig_event(r, KITH_HCI_EV_ENCRYPTION_KEY_REFRESH_COMPLETE, change, 3);
    else
        rig_event(r, KITH_HCI_EV_ENCRYPTION_CHANGE, change, 4);
}

static void ltk_request(rig *r, unsigned which, uint8_t choice)
{
    uint8_t request[13] = {KITH_HCI_LE_EV_LTK_REQUEST};

    bytes_put16(request + 1, (uint16_t)(HANDLE + which));
    request[3] = choice >> 4;
    request[11] = choice & 15;
    rig_event(r, KITH_HCI_EV_LE_META, request, sizeof request);
}

static void forget(rig *r)
{
    kith_bond_info bond = {.peer = 0};
    kith_status status;

    rig_take_events(r);
    while (kith_bonds_next(r->h, bond.peer, &bond) == KITH_OK) {
        status = kith_bonds_forget(r->h, bond.peer);
        rig_require(status == KITH_OK || (status == KITH_ERR_BUSY && r->config.store == &r->store));
        rig_take_events(r);
    }
}

/* The answer of a person, to either question. */
static void answer(rig *r, unsigned which, uint8_t choice)
{
    if ((choice & 0x10) != 0)
        rig_compare(r, which, (kith_comparison)(choice >> 5));
    else if (kith_pairing_consent(r->h, r->links[which].link, (choice & 8) != 0) == KITH_OK)
        rig_pump(r);
}

static void call(rig *r, unsigned which, uint8_t choice)
{
    kith_link link = r->links[which].link;

    switch (choice & 7) {
    case 0:
    case 1:
    case 2:
        rig_secure(r, which, (kith_level)((choice >> 3 & 3) + 1));
        break;
    case 3:
        answer(r, which, choice);
        break;
    case 4:
        if ((choice & 8) != 0)
            kith_pairing_close(r->h);
        else
            rig_require(kith_pairing_open(r->h, 30000) == KITH_OK);
        break;
    case 5:
        forget(r);
        break;
    case 6:
        if (kith_gap_disconnect(r->h, link, 0x13) == KITH_OK)
            rig_pump(r);
        break;
    default:
        rig_take_events(r);
        if (kith_gatt_read(r->h, r->links[which].link, choice >> 3) == KITH_OK) {
            rig_expect(r, which, KITH_EVENT_READ);
            rig_pump(r);
        }
        break;
    }
}

static void operate(rig *r, rig_input *in)
{
    uint8_t what = rig_octet(in), choice;
    unsigned which = what >> 7;
    size_t len;
    const uint8_t *pdu;

    switch (what & 15) {
    case 0:
    case 1:
    case 2:
        len = rig_octet(in);
        pdu = rig_octets(in, &len);
        rig_smp(r, which, pdu, len);
        break;
    case 3:
        security_event(r, which, rig_octet(in));
        break;
    case 4:
        ltk_request(r, which, rig_octet(in));
        break;
    case 5:
        choice = rig_octet(in);
        rig_advance(r, (uint64_t)choice * 250000u);
        break;
    case 6:
        rig_acknowledge(r, which);
        break;
    case 7:
        rig_disconnect(r, which, rig_octet(in));
        break;
    case 8:
        rig_connect(r, which, (what & 0x40) != 0);
        break;
    case 9:
        r->works = !r->works;
        break;
    case 10:
        r->takes = !r->takes;
        break;
    case 11:
        call(r, which, rig_octet(in));
        break;
    case 13:
        r->store_fails = !r->store_fails;
        break;
    default:
        rig_honest(r, which, (rig_step)(what >> 4 & 7));
        break;
    }
    rig_pump(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rig_input in = {data, size};
    uint8_t options = rig_octet(&in);
    rig r;

    rig_open_with(&r, (options & 1) != 0 ? KITH_PAIRING_ASK : KITH_PAIRING_CLOSED,
                  ((options & 0x10) != 0 ? RIG_COMPARES : 0u) | ((options & 0x20) != 0 ? RIG_STORES : 0u));
    rig_connect(&r, 0, (options & 2) != 0);
    rig_connect(&r, 1, (options & 4) != 0);
    if ((options & 8) != 0)
        rig_require(kith_pairing_open(r.h, 600000) == KITH_OK);
    while (in.left > 0)
        operate(&r, &in);
    rig_close(&r);
    return 0;
}
