/* GATT/CL: signed writes, tables that change, what a client says that it supports, and servers that fall silent.
 * Core Vol 3 Part F 3.3.3, 3.4.5.4; Part G 2.5.2, 4.9.2, 7. */
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "client_bench.h"
#include "judge.h"
#include "kept_store.h"

static void meet_as(bench_role role)
{
    bench_round("%s", cl_role_name(role));
    begin_client(role, KITH_GATT_RAISE_NOT);
    meet();
}

/* ---- signed writes ---- */

static void begin_signing(bench_role role)
{
    bench_round("%s", cl_role_name(role));
    begin_client(role, KITH_GATT_RAISE_NOT);
    bench.config.security.signing = true;
    bench.config.security.initiator_keys = bench.config.security.responder_keys = KITH_KEY_SIGN;
    peer.features[4] = peer.features[5] = KITH_KEY_SIGN;
}

static kith_status sign(const uint8_t *value, size_t len)
{
    return kith_gatt_write_signed(bench.host, bench.link, 0x0021, value, len);
}

/* Our key is the one that we distributed; the code is computed anew. */
static void we_sign(const uint8_t *value, size_t len, uint32_t counter)
{
    uint8_t pdu[40] = {0xd2, 0x21, 0x00};
    char hex[121];

    memcpy(pdu + 3, value, len);
    judge_sign(peer.our_csrk, pdu, 3 + len, counter, pdu + 3 + len);
    for (size_t i = 0; i < len + 15; i++)
        (void)snprintf(hex + 3 * i, 4, "%02x ", pdu[i]);
    we_answer(hex);
}

CONFORMANCE_ONCE("GATT/CL/GAW/BV-02-C", "We write with a signature, over a link that is not encrypted")
{
    static const uint8_t octets[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        begin_signing(role);
        meet();
        check_status(sign(octets, 1), KITH_ERR_NOT_FOUND); /* nobody has a key of ours */
        pair_completely();
        check_status(sign(octets, 1), KITH_ERR_STATE); /* encrypted: there is better */
        meet_again();
        check_ok(sign(octets, 8));
        we_sign(octets, 8, 0);
        check_ok(sign(octets, 1));
        we_sign(octets, 1, 1);
        check_status(sign(octets, 9), KITH_ERR_VALUE); /* MTU - 15 is 8 */
        meet_again();
        check_ok(sign(octets, 0));
        we_sign(octets, 0, 2);
        we_emit_nothing();
    }
}

/* ---- the server's GATT service ---- */

#define FIND_GATT       "06 01 00 ff ff 00 28 01 18"
#define GATT_FOUND      "07 01 00 09 00"
#define LIST            "08 01 00 09 00 03 28"
#define LISTED          "09 07 02 00 20 03 00 05 2a 05 00 0a 06 00 29 2b 07 00 02 08 00 2a 2b"
#define HASH            "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac ad ae af"
#define HASH_IS         "09 12 08 00 " HASH
#define NO_MORE(handle) "01 08 " handle " 0a"

enum { SERVICE_CHANGED = 0x0003, CLIENT_FEATURES = 0x0006, DATABASE_HASH = 0x0008 };

static void we_find_the_gatt_service(void)
{
    static const kith_uuid gatt = KITH_UUID16(0x1801), changed = KITH_UUID16(0x2a05), features = KITH_UUID16(0x2b29),
                           hash = KITH_UUID16(0x2b2a);
    const kith_event_characteristics *found;

    check_ok(kith_gatt_discover(bench.host, bench.link, &gatt));
    we_answer(FIND_GATT);
    peer_asks(GATT_FOUND);
    we_answer(LIST);
    peer_asks(LISTED);
    we_answer("08 09 00 09 00 03 28");
    peer_asks(NO_MORE("09 00"));
    found = &we_emit(KITH_EVENT_CHARACTERISTICS)->characteristics;
    check(kith_gatt_found_handle(found, &changed) == SERVICE_CHANGED);
    check(kith_gatt_found_handle(found, &features) == CLIENT_FEATURES);
    check(kith_gatt_found_handle(found, &hash) == DATABASE_HASH);
    check(we_emit(KITH_EVENT_DISCOVERED)->gatt.result == KITH_GATT_OK);
}

static void we_subscribe_to_changes(void)
{
    check_ok(kith_gatt_subscribe(bench.host, bench.link, SERVICE_CHANGED, 0, KITH_SUBSCRIBED_INDICATE));
    we_answer("04 04 00 ff ff");
    peer_asks("05 01 04 00 02 29");
    we_answer("12 04 00 02 00");
    peer_asks("13");
    check(we_emit(KITH_EVENT_SUBSCRIPTION_WRITTEN)->gatt.result == KITH_GATT_OK);
}

static void we_are_told_of_a_change(void)
{
    const kith_event_notified *told;

    peer_asks("1d 03 00 0a 00 ff ff");
    we_answer("1e");
    told = &we_emit(KITH_EVENT_NOTIFIED)->notified;
    check(told->handle == SERVICE_CHANGED && told->indicated && cl_octets_are(told->value, told->len, "0a 00 ff ff"));
}

static void we_discover_anew(void)
{
    kith_gatt_service service;
    const kith_event_list *list;

    check_ok(kith_gatt_discover_services(bench.host, bench.link, NULL));
    we_answer("10 01 00 ff ff 00 28");
    peer_asks("11 06 01 00 09 00 01 18 0a 00 ff ff 15 18");
    list = &we_emit(KITH_EVENT_SERVICES)->list;
    check(list->count == 2);
    kith_gatt_service_at(list, 1, &service);
    check(service.first == 0x000a && service.last == 0xffff);
    check(we_emit(KITH_EVENT_DISCOVERED)->gatt.result == KITH_GATT_OK);
}

/* ---- the same by the host: kith_gatt_discover_all() ---- */

static void meet_bonded_and_encrypt(bench_role role)
{
    bench_round("%s, by the host", cl_role_name(role));
    begin_client(role, KITH_GATT_RAISE_NOT);
    bench.config.limits.cache = 400;
    meet();
    pair_completely();
}

static void we_ask_for_the_hash(const char *answer)
{
    we_answer("08 01 00 ff ff 2a 2b");
    peer_asks(answer);
}

static void we_survey(void)
{
    check_ok(kith_gatt_discover_all(bench.host, bench.link));
    we_ask_for_the_hash(HASH_IS);
    we_answer("10 01 00 ff ff 00 28");
    peer_asks("11 06 01 00 09 00 01 18 0a 00 0b 00 15 18");
    we_answer("10 0c 00 ff ff 00 28");
    peer_asks("01 10 0c 00 0a");
    we_answer("08 01 00 ff ff 02 28");
    peer_asks("01 08 01 00 0a");
    we_answer("08 01 00 ff ff 03 28");
    peer_asks(LISTED);
    we_answer("08 09 00 ff ff 03 28");
    peer_asks(NO_MORE("09 00"));
    we_answer("04 04 00 09 00");
    peer_asks("05 01 04 00 02 29 05 00 03 28 06 00 29 2b 07 00 03 28 08 00 2a 2b");
    we_answer("04 09 00 09 00");
    peer_asks("01 04 09 00 0a");
    we_answer("12 04 00 02 00"); /* tell us of changes */
    peer_asks("13");
    we_answer("12 06 00 05"); /* robust caching, several notifications at once */
    peer_asks("13");
    check(we_emit(KITH_EVENT_DISCOVERED)->gatt.result == KITH_GATT_OK);
}

static bool is_known(void)
{
    static const kith_uuid gatt = KITH_UUID16(0x1801), hash = KITH_UUID16(0x2b2a);

    return kith_gatt_remote_value(bench.host, bench.link, &gatt, &hash) == DATABASE_HASH;
}

CONFORMANCE_ONCE("GATT/CL/GAS/BV-01-C", "Service Changed is confirmed and told, and the table is discovered anew")
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        const kith_event_table *changed;

        meet_bonded_and_encrypt(role);
        we_survey();
        check(is_known());
        we_are_told_of_a_change();
        changed = &we_emit(KITH_EVENT_TABLE_CHANGED)->table;
        check(changed->first == 0x000a && changed->last == 0xffff && !is_known());
        we_survey();
        check(is_known());
    }
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_as(role);
        we_find_the_gatt_service();
        we_subscribe_to_changes();
        we_are_told_of_a_change();
        we_discover_anew();
        pair_completely();
        we_are_told_of_a_change();
        meet_again(); /* a bonded server says so when the bond has encrypted, and to nobody before */
        peer_asks("1d 03 00 0a 00 ff ff");
        we_answer("1e");
        we_emit_nothing();
        if (role == CENTRAL)
            check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
        the_bond_encrypts();
        we_are_told_of_a_change();
        we_discover_anew();
    }
}

static void we_ask_for_the_table(const char *hash)
{
    check_ok(kith_gatt_discover_all(bench.host, bench.link));
    if (hash != NULL)
        we_ask_for_the_hash(hash);
    we_answer_nothing();
    check(we_emit(KITH_EVENT_DISCOVERED)->gatt.result == KITH_GATT_OK);
    check(is_known());
}

/* By the host: before all else, and while it is the same nothing else is asked; on the same link not even that. */
static void the_hash_is_compared(bench_role role)
{
    bench_round("%s, by the host", cl_role_name(role));
    begin_client(role, KITH_GATT_RAISE_NOT);
    bench.config.limits.cache = 400;
    bench.config.store = &kept_store;
    kept.count = 0;
    meet();
    pair_completely();
    we_survey();
    we_ask_for_the_table(NULL);
    restart();
    connect_link();
    if (role == CENTRAL)
        check_ok(kith_security_secure(bench.host, bench.link, KITH_LEVEL_ENCRYPTED));
    the_bond_encrypts();
    we_ask_for_the_table(HASH_IS);
}

CONFORMANCE_ONCE("GATT/CL/GAS/BV-02-C", "We read the Database Hash, by its UUID")
{
    static const kith_uuid hash = KITH_UUID16(0x2b2a);

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        the_hash_is_compared(role);

    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        const kith_event_list *list;
        kith_gatt_value value;

        meet_as(role);
        check_ok(kith_gatt_read_by_uuid(bench.host, bench.link, &hash, 1, 0xffff));
        we_answer("08 01 00 ff ff 2a 2b");
        peer_asks(HASH_IS);
        we_answer("08 09 00 ff ff 2a 2b");
        peer_asks(NO_MORE("09 00"));
        list = &we_emit(KITH_EVENT_VALUES)->list;
        check(list->count == 1);
        kith_gatt_value_at(list, 0, &value);
        check(value.handle == DATABASE_HASH && cl_octets_are(value.value, value.len, HASH));
        check(we_emit(KITH_EVENT_READ)->gatt.result == KITH_GATT_OK);
    }
}

static void we_support(uint8_t features)
{
    char request[16];

    we_find_the_gatt_service();
    check_ok(kith_gatt_write(bench.host, bench.link, CLIENT_FEATURES, &features, 1));
    (void)snprintf(request, sizeof request, "12 06 00 %02x", features);
    we_answer(request);
    peer_asks("13");
    check(we_emit(KITH_EVENT_WRITTEN)->gatt.result == KITH_GATT_OK);
}

/* And what it is for: a table that changed refuses once, by a name that the program is told. */
/* By the host: the operation is held while the hash is compared, and goes once more where the table is the same. */
static void out_of_date_is_looked_into(bench_role role)
{
    meet_bonded_and_encrypt(role);
    we_survey();
    we_ask(&cl_read);
    peer_refuses(&cl_read, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    we_ask_for_the_hash(HASH_IS);
    peer_serves(&cl_read);
    it_is_delivered(&cl_read, KITH_LEVEL_ENCRYPTED);
    we_ask(&cl_read);
    peer_refuses(&cl_read, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
    we_ask_for_the_hash("09 12 08 00 b0 a1 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac ad ae af");
    we_emit(KITH_EVENT_TABLE_CHANGED);
    it_is_refused(&cl_read, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC, KITH_LEVEL_ENCRYPTED);
    check(!is_known());
}

CONFORMANCE_ONCE("GATT/CL/GAS/BV-03-C", "We enable robust caching, and are told when our table is out of date")
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)
        out_of_date_is_looked_into(role);
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_as(role);
        we_support(0x01);
        we_ask(&cl_read);
        peer_refuses(&cl_read, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC);
        it_is_refused(&cl_read, KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC, KITH_LEVEL_NONE);
        we_discover_anew();
        we_ask(&cl_read);
        peer_serves(&cl_read);
        it_is_delivered(&cl_read, KITH_LEVEL_NONE);
    }
}

CONFORMANCE_ONCE("GATT/CL/GAS/BV-05-C", "We enable notifications of several values, and are told each")
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        const kith_event_notified *told;

        meet_as(role);
        we_support(0x04);
        peer_asks("23 21 00 02 00 6f 6e 24 00 03 00 6f 66 66");
        told = &we_emit(KITH_EVENT_NOTIFIED)->notified;
        check(told->handle == 0x0021 && !told->indicated && cl_octets_are(told->value, told->len, "6f 6e"));
        told = &we_emit(KITH_EVENT_NOTIFIED)->notified;
        check(told->handle == 0x0024 && !told->indicated && cl_octets_are(told->value, told->len, "6f 66 66"));
        we_answer_nothing();
    }
}

/* ---- silence ---- */

static void nothing_more_goes(const cl_operation *operation)
{
    check_status(operation->ask(), KITH_ERR_STATE);
    for (unsigned i = 0; i <= operation->refused; i++)
        peer_asks(operation->steps[i].answer); /* too late */
    peer_asks("1d 21 00 6f 6e");
    we_answer_nothing();
    we_emit_nothing();
}

static void is_given_up_after_30_s(const cl_operation *operation)
{
    for (bench_role role = PERIPHERAL; role <= CENTRAL; role++) {
        meet_as(role);
        we_ask(operation);
        we_answer(operation->steps[0].request);
        time_passes(29999);
        it_waits(operation);
        time_passes(2);
        check(we_emit(operation->end)->gatt.result == KITH_GATT_TIMEOUT);
        nothing_more_goes(operation);
        meet_again(); /* another bearer */
        we_ask(operation);
        peer_serves(operation);
        it_is_delivered(operation, KITH_LEVEL_NONE);
    }
}

static void meet_and_wait_for_a_better_link(const cl_operation *operation)
{
    bench_round("peripheral, and the central takes its time");
    begin_client(PERIPHERAL, KITH_GATT_RAISE_PAIR);
    meet();
    we_ask(operation);
    time_passes(20000);
    peer_refuses(operation, KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION);
    we_want_pairing(AUTH_BOND);
    time_passes(29000);
    peer_agrees();
    time_passes(29000);
    pair_from(STEP_FEATURES, STEP_KEYS);
    we_pair(16);
    we_emit(KITH_EVENT_BONDED);
    time_passes(29999);
}

/* The 30 s are the server's: the time that a better link takes is not counted, and each request has its own. */
static void waiting_for_a_better_link_is_no_silence(const cl_operation *operation)
{
    meet_and_wait_for_a_better_link(operation);
    peer_serves_now(operation);
    it_is_delivered(operation, KITH_LEVEL_ENCRYPTED);

    meet_and_wait_for_a_better_link(operation);
    we_answer(operation->steps[operation->refused].request);
    time_passes(2);
    check(we_emit(operation->end)->gatt.result == KITH_GATT_TIMEOUT);
    nothing_more_goes(operation);
}

CONFORMANCE_ONCE("GATT/CL/GAT/BV-01-C", "Read: no answer for 30 s, and nothing more goes")
{
    is_given_up_after_30_s(&cl_read);
    waiting_for_a_better_link_is_no_silence(&cl_read);
}

CONFORMANCE_ONCE("GATT/CL/GAT/BV-02-C", "Write: no answer for 30 s, and nothing more goes")
{
    is_given_up_after_30_s(&cl_write);
    is_given_up_after_30_s(&cl_write_long);
    waiting_for_a_better_link_is_no_silence(&cl_write);
}

CONFORMANCE_ONCE("GATT/CL/GAT/BV-03-C", "Read multiple variable: no answer for 30 s, and nothing more goes")
{
    is_given_up_after_30_s(&cl_read_variable);
    waiting_for_a_better_link_is_no_silence(&cl_read_variable);
}
