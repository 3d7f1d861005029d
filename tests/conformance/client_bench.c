/* The peer of the bench as a GATT server.  Core Vol 3 Part F 3.4, Part G 4. */
#include "client_bench.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE = 0x0021, OTHER = 0x0022, LONG_LEN = 20 };

/* ---- what our program asks ---- */

static const uint8_t on[] = {0x6f, 0x6e};
static const uint8_t long_value[LONG_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
static const uint16_t two_handles[] = {VALUE, OTHER};

static kith_status ask_read(void)
{
    return kith_gatt_read(bench.host, bench.link, VALUE);
}

static kith_status ask_by_uuid(void)
{
    static const kith_uuid digital = KITH_UUID16(0x2a56);

    return kith_gatt_read_by_uuid(bench.host, bench.link, &digital, 1, 0xffff);
}

static kith_status ask_multiple(void)
{
    return kith_gatt_read_multiple(bench.host, bench.link, two_handles, 2, false);
}

static kith_status ask_variable(void)
{
    return kith_gatt_read_multiple(bench.host, bench.link, two_handles, 2, true);
}

static kith_status ask_write(void)
{
    return kith_gatt_write(bench.host, bench.link, VALUE, on, sizeof on);
}

static kith_status ask_write_long(void)
{
    return kith_gatt_write_long(bench.host, bench.link, VALUE, long_value, sizeof long_value);
}

#define MTU_FULL "01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16"
#define PREPARED "01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12"

const cl_operation cl_read = {
    .name = "read",
    .ask = ask_read,
    .steps = {{"0a 21 00", "0b 6f 6e"}},
    .end = KITH_EVENT_READ,
    .value = "6f 6e",
};

const cl_operation cl_read_by_uuid = {
    .name = "read by UUID",
    .ask = ask_by_uuid,
    .steps = {{"08 01 00 ff ff 56 2a", "09 04 21 00 6f 6e"}, {"08 22 00 ff ff 56 2a", "01 08 22 00 0a"}},
    .list = KITH_EVENT_VALUES,
    .end = KITH_EVENT_READ,
    .value = "21 00 6f 6e",
};

const cl_operation cl_read_long = {
    .name = "long read",
    .ask = ask_read,
    .steps = {{"0a 21 00", "0b " MTU_FULL}, {"0c 21 00 16 00", "0d 6f 6e"}},
    .refused = 1,
    .end = KITH_EVENT_READ,
    .value = MTU_FULL " 6f 6e",
};

const cl_operation cl_read_multiple = {
    .name = "read multiple",
    .ask = ask_multiple,
    .steps = {{"0e 21 00 22 00", "0f 6f 6e 6f 66 66"}},
    .end = KITH_EVENT_READ,
    .value = "6f 6e 6f 66 66",
};

const cl_operation cl_read_variable = {
    .name = "read multiple variable",
    .ask = ask_variable,
    .steps = {{"20 21 00 22 00", "21 02 00 6f 6e 03 00 6f 66 66"}},
    .end = KITH_EVENT_READ,
    .value = "02 00 6f 6e 03 00 6f 66 66",
};

const cl_operation cl_write = {
    .name = "write",
    .ask = ask_write,
    .steps = {{"12 21 00 6f 6e", "13"}},
    .end = KITH_EVENT_WRITTEN,
};

const cl_operation cl_write_long = {
    .name = "long write",
    .ask = ask_write_long,
    .steps = {{"16 21 00 00 00 " PREPARED, "17 21 00 00 00 " PREPARED},
              {"16 21 00 12 00 13 14", "17 21 00 12 00 13 14"},
              {"18 01", "19"}},
    .end = KITH_EVENT_WRITTEN,
};

/* ---- beginnings ---- */

const char *cl_role_name(bench_role role)
{
    return role == CENTRAL ? "central" : "peripheral";
}

const char *cl_raise_name(kith_gatt_raise raise)
{
    static const char *const names[] = {"by the program", "with the bond", "by pairing"};

    return names[raise];
}

void cl_begin(bench_role role, kith_gatt_raise raise)
{
    bench_begin(role);
    peer_begin();
    bench.config.gatt_raise = raise;
}

void cl_can_compare(void)
{
    bench.config.security.io = KITH_IO_DISPLAY_YES_NO;
    peer.features[0] = KITH_IO_KEYBOARD_DISPLAY;
    peer.features[2] = AUTH_BOND_MITM;
}

void cl_without_bonds(void)
{
    bench.config.security.bonding = false;
    peer.features[2] &= (uint8_t)~KITH_AUTH_BONDING_MASK;
    peer.features[4] = peer.features[5] = 0;
}

void cl_meet(void)
{
    bench_power_on();
    bench_open_window();
    bench_connect();
}

void cl_meet_again(void)
{
    bench_link_breaks(0x13);
    (void)bench_we_emit(KITH_EVENT_DISCONNECTED);
    bench_connect();
}

void cl_meet_bonded(void)
{
    cl_meet();
    peer_pair_completely();
    cl_meet_again();
    if (bench.claimed == 0)
        bench_fail("nobody knows the peer again");
}

/* ---- operations ---- */

void cl_ask(const cl_operation *operation)
{
    bench_check_status(operation->ask(), KITH_OK);
}

void cl_waits(const cl_operation *operation)
{
    bench_we_send_nothing(KITH_CID_ATT);
    bench_we_emit_nothing();
    bench_check_status(operation->ask(), KITH_ERR_BUSY);
}

void cl_held(const cl_operation *operation)
{
    cl_waits(operation);
    bench_peer_sends(KITH_CID_ATT, operation->steps[operation->refused].answer);
    cl_waits(operation);
}

static uint8_t octet_at(const char *hex, unsigned at)
{
    return (uint8_t)strtol(hex + (size_t)3 * at, NULL, 16);
}

/* The refusal names the request and the first attribute of it. */
void cl_refuse_again(const cl_operation *operation, kith_att_error error)
{
    const char *request = operation->steps[operation->refused].request;
    uint8_t refusal[5] = {0x01, octet_at(request, 0), octet_at(request, 1), octet_at(request, 2), (uint8_t)error};

    bench_we_send(KITH_CID_ATT, request);
    bench_peer_sends_octets(KITH_CID_ATT, refusal, sizeof refusal);
}

void cl_refuse(const cl_operation *operation, kith_att_error error)
{
    for (unsigned i = 0; i < operation->refused; i++) {
        bench_we_send(KITH_CID_ATT, operation->steps[i].request);
        bench_peer_sends(KITH_CID_ATT, operation->steps[i].answer);
    }
    cl_refuse_again(operation, error);
}

void cl_serve(const cl_operation *operation, unsigned from)
{
    for (unsigned i = from; operation->steps[i].request != NULL; i++) {
        bench_we_send(KITH_CID_ATT, operation->steps[i].request);
        bench_peer_sends(KITH_CID_ATT, operation->steps[i].answer);
    }
}

bool cl_octets_are(const uint8_t *octets, size_t len, const char *hex)
{
    if (octets == NULL || len != (strlen(hex) + 1) / 3)
        return false;
    for (unsigned i = 0; i < len; i++)
        if (octets[i] != octet_at(hex, i))
            return false;
    return true;
}

static const kith_event_gatt *take_end(const cl_operation *operation, kith_gatt_result result, kith_att_error error,
                                       kith_level level)
{
    const kith_event_gatt *end = &bench_we_emit(operation->end)->gatt;

    if (end->result != result || end->att_error != error)
        bench_fail("%s: ended as %s %02x, wanted %s %02x", operation->name, kith_gatt_result_name(end->result),
                   end->att_error, kith_gatt_result_name(result), error);
    if (end->level != level)
        bench_fail("%s: ended at level %u, wanted %u", operation->name, end->level, level);
    return end;
}

void cl_ended(const cl_operation *operation, kith_gatt_result result, kith_att_error error, kith_level level)
{
    if (take_end(operation, result, error, level)->len != 0)
        bench_fail("%s: a value came of it", operation->name);
    bench_we_send_nothing(KITH_CID_ATT);
    bench_we_send_nothing(KITH_CID_SMP);
    bench_we_command_nothing();
    bench_we_emit_nothing();
}

void cl_delivered(const cl_operation *operation, kith_level level)
{
    const kith_event_gatt *end;
    const kith_event_list *list;

    if (operation->list != KITH_EVENT_NONE) {
        list = &bench_we_emit(operation->list)->list;
        if (!cl_octets_are(list->entries, (size_t)list->count * list->entry_len, operation->value))
            bench_fail("%s: another list than was sent", operation->name);
        take_end(operation, KITH_GATT_OK, 0, level);
        return;
    }
    end = take_end(operation, KITH_GATT_OK, 0, level);
    if (operation->value != NULL && !cl_octets_are(end->value, end->len, operation->value))
        bench_fail("%s: another value than was sent", operation->name);
}

/* ---- better links ---- */

void cl_want(uint8_t auth_req)
{
    bool central = bench.role == CENTRAL;
    const uint8_t *pdu = bench_we_send_opcode(central ? KITH_SMP_PAIRING_REQUEST : KITH_SMP_SECURITY_REQUEST);
    uint8_t is = pdu[central ? 3 : 1];

    if (is != auth_req)
        bench_fail("AuthReq %02x, wanted %02x", is, auth_req);
}

static void show_features(void)
{
    if (bench.role == CENTRAL)
        peer_do_response();
    else
        peer_do_request();
}

void cl_agree(void)
{
    show_features();
    if (bench.role == CENTRAL)
        peer_take_public_key();
    else
        (void)bench_we_send_opcode(KITH_SMP_PAIRING_RESPONSE);
}

void cl_pair(void)
{
    cl_agree();
    peer_pair(STEP_FEATURES, STEP_KEYS);
    bench_we_pair(bench.request[4] < bench.response[4] ? bench.request[4] : bench.response[4]);
    if (bench_is_bonding())
        (void)bench_we_emit(KITH_EVENT_BONDED);
}

/* As central our request is out, as peripheral only the wish to be asked. */
void cl_disagree(kith_smp_reason reason)
{
    uint8_t failed[2] = {KITH_SMP_PAIRING_FAILED, reason};
    kith_verdict wanted = {.why = KITH_WHY_PEER_FAILED,
                           .phase = bench.role == CENTRAL ? KITH_PHASE_FEATURES : KITH_PHASE_REQUEST,
                           .ended_by = KITH_ENDED_BY_PEER,
                           .smp_reason = reason};

    bench_peer_sends_octets(KITH_CID_SMP, failed, sizeof failed);
    bench_we_fail(&wanted);
}

void cl_refuse_features(kith_smp_reason reason, kith_why why)
{
    kith_verdict wanted = {
        .why = why, .phase = KITH_PHASE_FEATURES, .ended_by = KITH_ENDED_BY_US, .smp_reason = reason};
    const uint8_t *failed;

    show_features();
    failed = bench_we_send_opcode(KITH_SMP_PAIRING_FAILED);
    if (failed[1] != reason)
        bench_fail("refused with %02x, wanted %02x", failed[1], reason);
    bench_we_send_nothing(KITH_CID_SMP);
    bench_we_fail(&wanted);
}

void cl_encrypt(void)
{
    peer_encrypt();
    (void)bench_we_emit(KITH_EVENT_ENCRYPTED);
}

void cl_key_missing(void)
{
    static const kith_verdict wanted = {.why = KITH_WHY_PEER_SAYS_NO_KEY,
                                        .phase = KITH_PHASE_ENCRYPTION,
                                        .ended_by = KITH_ENDED_BY_PEER,
                                        .hci_status = KITH_HCI_KEY_MISSING};

    bench_we_command(KITH_HCI_LE_ENABLE_ENCRYPTION, 12, peer.ltk, sizeof peer.ltk);
    bench_encryption_changes(KITH_HCI_KEY_MISSING, true);
    bench_we_fail_encryption(&wanted);
}

/* ---- the bond ---- */

kith_bond_info cl_bond(void)
{
    kith_bond_info bond = {.peer = 0};

    if (kith_bonds_count(bench.host) != 1)
        bench_fail("%u bonds", (unsigned)kith_bonds_count(bench.host));
    bench_check_status(kith_bonds_next(bench.host, 0, &bond), KITH_OK);
    return bond;
}

kith_bond_keys cl_bond_keys(void)
{
    kith_bond_keys keys;

    memset(&keys, 0, sizeof keys);
    bench_check_status(kith_bonds_export(bench.host, cl_bond().peer, &keys), KITH_OK);
    return keys;
}

bool cl_is_same_bond(const kith_bond_keys *before)
{
    kith_bond_keys now = cl_bond_keys();

    return memcmp(before->ltk, now.ltk, sizeof now.ltk) == 0;
}
