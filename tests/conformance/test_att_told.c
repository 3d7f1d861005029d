/* GATT/SR/GAN, GAI and GAT: values that clients asked to be told of; GATT/SR/UNS: what no server knows.  Core Vol 3
 * Part F 3.3, 3.4.7, Part G 3.3.3.3, 4.10, 4.11. */
#include <string.h>

#include "att_bench.h"
#include "case.h"
#include "kept_store.h"

#define EACH_ROLE(role) for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)

enum { HEART = 1, HEART_UUID = 0xf901, NOTIFY = 1, INDICATE = 2 };

static const kith_characteristic heart = {.uuid = KITH_UUID16(HEART_UUID),
                                          .properties =
                                              KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE,
                                          .permissions = KITH_READ_OPEN,
                                          .id = HEART,
                                          .value = (const uint8_t *)"abc",
                                          .value_len = 3};
static const kith_service service = {.uuid = KITH_UUID16(0xf900), .characteristics = &heart, .characteristic_count = 1};
static uint16_t heart_at, configuration_at;

typedef enum { A_STRANGER, PAIRED_ONLY, BONDED } acquaintance;

static void get_to_know(bench_role role, acquaintance who)
{
    static const char *const names[] = {"a stranger", "paired without a bond", "bonded"};

    bench_round("%s, %s", role == CENTRAL ? "central" : "peripheral", names[who]);
    memset(&kept, 0, sizeof kept);
    begin_serving(role, JUST_WORKS, 16);
    bench.config.services = &service;
    bench.config.store = &kept_store;
    if (who == PAIRED_ONLY)
        peer.features[2] = KITH_AUTH_SC;
    protect_link(who == A_STRANGER ? PLAIN : JUST_WORKS);
    heart_at = att_find_type(HEART_UUID);
    configuration_at = (uint16_t)(heart_at + 1);
    check(heart_at != 0);
}

static void configuration_is(unsigned bits)
{
    peer_asks_for("0a " LE, le(configuration_at));
    we_answer_with("0b %02x 00", bits);
}

static void peer_configures(unsigned bits)
{
    peer_asks_for("12 " LE " %02x 00", le(configuration_at), bits);
    we_answer("13");
    check(bench_we_emit(KITH_EVENT_SUBSCRIBED)->subscription.bits == bits);
    configuration_is(bits);
}

static kith_status tell(unsigned how, const char *value)
{
    return (how == NOTIFY ? kith_gatt_notify : kith_gatt_indicate)(bench.host, bench.link, HEART,
                                                                   (const uint8_t *)value, strlen(value));
}

/* What is longer than MTU - 3 is cut. */
static void we_tell(unsigned how)
{
    unsigned opcode = how == NOTIFY ? 0x1b : 0x1d;

    check_ok(tell(how, "12"));
    we_answer_with("%02x " LE " 31 32", opcode, le(heart_at));
    if (how == NOTIFY) {
        check_ok(tell(how, "123456789012345678901234"));
        we_answer_with("1b " LE " 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30", le(heart_at));
        return;
    }
    check_status(tell(how, "34"), KITH_ERR_BUSY); /* one at a time */
    peer_asks("1e");
    check(bench_we_emit(KITH_EVENT_INDICATED)->indicated.result == KITH_GATT_OK);
}

static void we_tell_nobody(void)
{
    check_status(tell(NOTIFY, "12"), KITH_ERR_STATE);
    check_status(tell(INDICATE, "12"), KITH_ERR_STATE);
    we_answer_nothing();
}

static void it_asked_for_nothing(void)
{
    configuration_is(0);
    we_tell_nobody();
}

/* Without a bond what it asked for ends with the link, whether that was encrypted or not. */
static void is_forgotten(unsigned how)
{
    EACH_ROLE(role)
    for (acquaintance who = A_STRANGER; who <= PAIRED_ONLY; who = (acquaintance)(who + 1)) {
        get_to_know(role, who);
        it_asked_for_nothing();
        peer_configures(how);
        check_status(tell(how == NOTIFY ? INDICATE : NOTIFY, "12"), KITH_ERR_STATE);
        we_tell(how);
        come_back();
        it_asked_for_nothing();
    }
}

static void is_restored(unsigned how)
{
    it_asked_for_nothing(); /* in plain anybody can claim an address */
    encrypt_and_restore();
    configuration_is(how);
    we_tell(how);
}

/* With a bond it is in force again when the bond's key encrypts the link, and after a restart; until it is taken back.
 */
static void is_kept(unsigned how)
{
    EACH_ROLE(role)
    {
        get_to_know(role, BONDED);
        it_asked_for_nothing();
        peer_configures(how);
        we_tell(how);
        come_back();
        is_restored(how);
        restart();
        connect_link();
        is_restored(how);
        peer_configures(0);
        we_tell_nobody();
        come_back();
        encrypt_with_bond();
        it_asked_for_nothing();
    }
}

CONFORMANCE_ONCE("GATT/SR/GAN/BV-01-C", "We notify; without a bond the configuration is gone at the next connection")
{
    is_forgotten(NOTIFY);
}

CONFORMANCE_ONCE("GATT/SR/GAN/BV-03-C", "We notify; with a bond the configuration is there at the next connection")
{
    is_kept(NOTIFY);
}

CONFORMANCE_ONCE("GATT/SR/GAI/BV-01-C", "We indicate; without a bond the configuration is gone at the next connection")
{
    is_forgotten(INDICATE);
}

CONFORMANCE_ONCE("GATT/SR/GAI/BV-02-C", "We indicate; with a bond the configuration is there at the next connection")
{
    is_kept(INDICATE);
}

/* ---- an indication that is not confirmed ---- */

static void nothing_more_goes(void)
{
    check_status(tell(NOTIFY, "12"), KITH_ERR_STATE);
    check_status(tell(INDICATE, "12"), KITH_ERR_STATE);
    check_status(kith_gatt_read(bench.host, bench.link, 1), KITH_ERR_STATE);
    peer_asks_for("0a " LE, le(heart_at));
    peer_asks("1e"); /* too late */
    time_passes(60000);
    we_answer_nothing();
    we_emit_nothing();
}

/* Until then it is served as ever; then it is told to the program, once, and not sent again.  The next connection is a
 * new bearer. */
CONFORMANCE_ONCE("GATT/SR/GAT/BV-01-C", "An indication that is not confirmed for 30 s ends ATT on this bearer")
{
    EACH_ROLE(role)
    {
        get_to_know(role, A_STRANGER);
        peer_configures(NOTIFY | INDICATE);
        check_ok(tell(INDICATE, "12"));
        we_answer_with("1d " LE " 31 32", le(heart_at));
        time_passes(29900);
        we_emit_nothing();
        configuration_is(NOTIFY | INDICATE);
        time_passes(200);
        check(bench_we_emit(KITH_EVENT_INDICATED)->indicated.result == KITH_GATT_TIMEOUT);
        nothing_more_goes();
        come_back();
        peer_configures(INDICATE);
        we_tell(INDICATE);
    }
}

/* ---- what no server knows ---- */

/* Vol 3 Part F 3.4.8; responses, and what goes the other way, are no requests. */
static bool is_known(unsigned opcode)
{
    static const uint8_t known[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
                                    0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x16, 0x17, 0x18,
                                    0x19, 0x1b, 0x1d, 0x1e, 0x20, 0x21, 0x23, 0x52, 0xd2};

    return memchr(known, (int)opcode, sizeof known) != NULL;
}

static bool is_command(unsigned opcode)
{
    return (opcode & 0x40) != 0;
}

/* Alone, with a handle and a value that would change it, and as long as can be. */
static void send_unknown(unsigned opcode, unsigned form)
{
    uint16_t handle = att_handle(value_of(OPEN));

    if (form == 0)
        peer_asks_for("%02x", opcode);
    else if (form == 1)
        peer_asks_for("%02x " LE " 99 9a 9b", opcode, le(handle));
    else
        peer_asks_for("%02x " LE " 11 11 11 11 11 11 11 11 22 22 22 22 22 22 22 22 22 22 22 22", opcode, le(handle));
}

static void sweep(bool commands)
{
    EACH_ROLE(role)
    for (int paired = 0; paired < 2; paired++) {
        meet(role, paired ? COMPARED : PLAIN, 16);
        for (unsigned opcode = 0; opcode <= 0xff; opcode++)
            for (unsigned form = 0; !is_known(opcode) && is_command(opcode) == commands && form < 3; form++) {
                bench_round("%s, opcode %02x, form %u", role == CENTRAL ? "central" : "peripheral", opcode, form);
                send_unknown(opcode, form);
                if (commands)
                    we_answer_nothing();
                else
                    we_error(opcode, 0, KITH_ATT_ERROR_REQUEST_NOT_SUPPORTED);
                we_emit_nothing();
            }
        peer_tries(BY_READ, value_of(OPEN)); /* its value is what it was, and it is served as ever */
        we_allow();
        peer_tries(BY_COMMAND, value_of(OPEN));
        we_allow();
    }
}

CONFORMANCE_ONCE("GATT/SR/UNS/BI-01-C", "Every request that nobody knows: Request Not Supported")
{
    sweep(false);
}

/* Those with the authentication flag, too. */
CONFORMANCE_ONCE("GATT/SR/UNS/BI-02-C", "Every command that nobody knows is ignored")
{
    sweep(true);
}
