/* GATT/SR/GAS: the table changes, and clients that know the one before are told, or refused until they know.  Core Vol
 * 3 Part G 2.5.2, 7.1 to 7.3, Part F 3.4.6.3. */
#include <string.h>

#include "att_bench.h"
#include "case.h"
#include "judge.h"
#include "kept_store.h"

#define EACH_ROLE(role) for (bench_role role = PERIPHERAL; role <= CENTRAL; role++)

enum { OUT_OF_SYNC = KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC, EXTRA_UUID = 0xf801, MESSAGE_MAX = 1024, UNTOLD_MS = 1000 };

static uint8_t extra_octets[LONGEST];
static kith_variable extra_value = {.octets = extra_octets, .len = SHORT, .max = LONGEST};
static const kith_characteristic extra_characteristic = {.uuid = KITH_UUID16(EXTRA_UUID),
                                                         .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE,
                                                         .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN,
                                                         .id = 900,
                                                         .variable = &extra_value};
static const kith_service extra = {
    .uuid = KITH_UUID16(0xf800), .characteristics = &extra_characteristic, .characteristic_count = 1};

/* Where the peer found things. */
static struct {
    uint16_t features, hash, changed;
    uint16_t first, last; /* of the service that comes and goes */
    bool extra_is_there;
} at;

static void name_round(bench_role role)
{
    bench_round("%s", role == CENTRAL ? "central" : "peripheral");
}

static void meet_table(bench_role role, att_protection how)
{
    name_round(role);
    meet(role, how, 16);
    memset(&at, 0, sizeof at);
    at.features = att_find_type(0x2b29);
    at.hash = att_find_type(0x2b2a);
    at.changed = att_find_type(0x2a05);
    check(at.features != 0 && at.hash != 0 && at.changed != 0);
}

/* A service comes, or the one that came goes.  Handles of all others stay. */
static void the_table_changes(void)
{
    if (at.extra_is_there)
        check_ok(kith_gatt_remove_service(bench.host, &extra));
    else
        check_ok(kith_gatt_add_service(bench.host, &extra));
    at.extra_is_there = !at.extra_is_there;
}

static void peer_caches_robustly(void)
{
    peer_asks_for("12 " LE " 01", le(at.features));
    we_answer("13");
}

static void peer_wants_to_be_told(bool on)
{
    peer_asks_for("12 " LE " %02x 00", le(at.changed + 1), on ? 2u : 0u);
    we_answer("13");
}

static void peer_reads(void)
{
    peer_tries(BY_READ, value_of(OPEN));
}

static void peer_reads_the_hash(uint8_t hash[16])
{
    const packet *p;

    peer_asks("08 01 00 ff ff 2a 2b");
    p = att_next_pdu();
    check(p->len == 20 && p->octets[0] == 0x09 && p->octets[1] == 18);
    check((p->octets[2] | p->octets[3] << 8) == at.hash);
    if (hash != NULL)
        memcpy(hash, p->octets + 4, 16);
}

/* It is back, and its bond's key encrypts the link. */
static void peer_is_back(void)
{
    come_back();
    encrypt_with_bond();
}

/* ---- Service Changed ---- */

static void we_tell_all_has_changed(void)
{
    we_answer_with("1d " LE " 01 00 ff ff", le(at.changed));
}

static void nobody_is_told(void)
{
    time_passes(UNTOLD_MS);
    we_answer_nothing();
}

/* The range of the service that came or went: declaration, characteristic, value. */
static void find_range(void)
{
    at.last = att_find_type(EXTRA_UUID);
    at.first = (uint16_t)(at.last - 2);
    check(at.last != 0);
}

static void we_tell_of_the_extra_service(void)
{
    we_answer_with("1d " LE " " LE " " LE, le(at.changed), le(at.first), le(at.last));
}

static void we_tell_of_what_comes_and_goes(void)
{
    we_tell_of_the_extra_service();
    nobody_is_told();
    the_table_changes(); /* the next one waits until this is confirmed */
    nobody_is_told();
    peer_asks("1e");
    we_tell_of_the_extra_service();
    peer_asks("1e");
    nobody_is_told();
}

/* Nothing without the configuration.  With it, while the client is there, and when a bonded one is back: once its link
 * is encrypted, and again if it did not confirm; after a restart with another table, too. */
CONFORMANCE_ONCE("GATT/SR/GAS/BV-01-C", "Service Changed is stored for each bond, and indicated at reconnection")
{
    EACH_ROLE(role)
    {
        name_round(role);
        memset(&kept, 0, sizeof kept);
        memset(&at, 0, sizeof at);
        begin_serving(role, JUST_WORKS, 16);
        bench.config.store = &kept_store;
        protect_link(JUST_WORKS);
        at.changed = att_find_type(0x2a05);
        the_table_changes();
        nobody_is_told();
        find_range();
        peer_wants_to_be_told(true); /* what it may not know yet is told then */
        we_tell_of_what_comes_and_goes();
        link_breaks(0x13);
        we_emit(KITH_EVENT_DISCONNECTED);
        the_table_changes();
        connect_link();
        nobody_is_told(); /* who claims an address is not told in plain what a bond asked for */
        encrypt_with_bond();
        we_tell_all_has_changed();
        peer_is_back(); /* not confirmed */
        we_tell_all_has_changed();
        peer_asks("1e");
        peer_is_back();
        nobody_is_told();
        restart(); /* without what came last */
        connect_link();
        encrypt_with_bond();
        we_tell_all_has_changed();
        peer_asks("1e");
        restart();
        connect_link();
        encrypt_with_bond();
        nobody_is_told();
    }
}

/* ---- the hash, computed anew from what the peer finds ---- */

static struct {
    uint16_t handles[128], types[128];
    size_t count;
} found;

static void note(uint16_t handle, const uint8_t *uuid, size_t size)
{
    if (size != 2)
        return; /* no declaration has a long type */
    check(found.count < 128);
    found.handles[found.count] = handle;
    found.types[found.count++] = (uint16_t)(uuid[0] | uuid[1] << 8);
}

static bool counts_with_value(uint16_t type)
{
    return (type >= 0x2800 && type <= 0x2803) || type == 0x2900;
}

static bool counts(uint16_t type)
{
    return counts_with_value(type) || (type >= 0x2901 && type <= 0x2905);
}

static size_t add_value(uint8_t *to, uint16_t handle)
{
    const packet *p;

    peer_asks_for("0a " LE, le(handle));
    p = att_next_pdu();
    check(p->octets[0] == 0x0b && p->len < 23);
    memcpy(to, p->octets + 1, p->len - 1);
    return p->len - 1;
}

static void compute_hash(uint8_t hash[16])
{
    uint8_t message[MESSAGE_MAX];
    size_t len = 0;

    found.count = 0;
    att_find_all(note);
    for (size_t i = 0; i < found.count; i++) {
        if (!counts(found.types[i]))
            continue;
        check(len + 4 + 19 <= sizeof message);
        message[len++] = (uint8_t)found.handles[i];
        message[len++] = (uint8_t)(found.handles[i] >> 8);
        message[len++] = (uint8_t)found.types[i];
        message[len++] = (uint8_t)(found.types[i] >> 8);
        if (counts_with_value(found.types[i]))
            len += add_value(message + len, found.handles[i]);
    }
    judge_database_hash(message, len, hash);
}

static void the_hash_is_right(uint8_t hash[16])
{
    uint8_t computed[16];

    compute_hash(computed);
    peer_reads_the_hash(hash);
    check(memcmp(hash, computed, 16) == 0);
}

/* Of everything that may count: primary and secondary services, one that is included, types of both lengths, and
 * descriptors of which the type counts and the value does not. */
static const kith_descriptor described[] = {
    {.uuid = KITH_UUID16(0x2901), .permissions = KITH_READ_OPEN, .value = (const uint8_t *)"door", .value_len = 4},
    {.uuid = KITH_UUID16(0x2904), .permissions = KITH_READ_OPEN, .value = (const uint8_t *)"1234567", .value_len = 7},
};
static const kith_characteristic rich[] = {
    {.uuid = KITH_UUID128(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_NOTIFY,
     .permissions = KITH_READ_ENCRYPTED,
     .value = (const uint8_t *)"ab",
     .value_len = 2,
     .descriptors = described,
     .descriptor_count = 2},
};
static const kith_service rich_services[2];
static const kith_service *const included[] = {&rich_services[0]};
static const kith_service rich_services[2] = {
    {.uuid = KITH_UUID16(0x180f),
     .characteristics = &extra_characteristic,
     .characteristic_count = 1,
     .secondary = true},
    {.uuid = KITH_UUID128(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1),
     .characteristics = rich,
     .characteristic_count = 1,
     .includes = included,
     .include_count = 1},
};

CONFORMANCE_ONCE("GATT/SR/GAS/BV-02-C", "The database hash is that of what discovery finds, also after a change")
{
    EACH_ROLE(role)
    {
        uint8_t hashes[3][16];

        meet_table(role, PLAIN);
        the_hash_is_right(hashes[0]);
        the_table_changes();
        the_hash_is_right(hashes[1]);
        check(memcmp(hashes[0], hashes[1], 16) != 0);
        the_table_changes();
        the_hash_is_right(hashes[2]);
        check(memcmp(hashes[0], hashes[2], 16) == 0);
        begin_serving(role, PLAIN, 16);
        bench.config.services = rich_services;
        bench.config.service_count = 2;
        protect_link(PLAIN);
        the_hash_is_right(hashes[0]);
    }
}

/* ---- Client Supported Features ---- */

static void features_are(unsigned features)
{
    peer_asks_for("0a " LE, le(at.features));
    we_answer_with("0b %02x", features);
}

/* Bits that are reserved are not kept; and what one client says is not said of another. */
CONFORMANCE_ONCE("GATT/SR/GAS/BV-03-C", "Each client has Client Supported Features of its own")
{
    EACH_ROLE(role)
    {
        meet_table(role, PLAIN);
        features_are(0);
        peer_asks_for("12 " LE " f9", le(at.features));
        we_answer("13");
        features_are(1);
    }
    begin_serving(PERIPHERAL, PLAIN, 16);
    bench.config.limits.links = 2;
    protect_link(PLAIN);
    peer_caches_robustly();
    second_client_connects();
    features_are(0);
    peer_asks_for("12 " LE " 04", le(at.features));
    we_answer("13");
    features_are(4);
    speak_of_first();
    features_are(1);
}

CONFORMANCE_ONCE("GATT/SR/GAS/BV-04-C",
                 "Client Supported Features of a bonded client are kept, those of others are not")
{
    EACH_ROLE(role)
    {
        meet_table(role, PLAIN);
        peer_caches_robustly();
        come_back();
        features_are(0);

        memset(&kept, 0, sizeof kept);
        begin_serving(role, JUST_WORKS, 16);
        bench.config.store = &kept_store;
        protect_link(JUST_WORKS);
        peer_caches_robustly();
        come_back();
        features_are(0); /* anybody can claim the address */
        encrypt_with_bond();
        features_are(1);
        restart();
        connect_link();
        encrypt_with_bond();
        features_are(1);
    }
}

/* ---- clients that do not know the table ---- */

static void no_feature_is_taken_back(void)
{
    peer_asks_for("12 " LE " 00", le(at.features));
    we_error(KITH_ATT_WRITE_REQUEST, at.features, KITH_ATT_ERROR_VALUE_NOT_ALLOWED);
    features_are(1);
}

static void refused_out_of_sync_once(void)
{
    the_table_changes();
    peer_reads();
    we_refuse(OUT_OF_SYNC);
    peer_reads();
    we_allow();
}

/* The refusal of each request that names handles, and one that asks for a type in a part of the table. */
static void every_request_is_refused(void)
{
    static const att_way ways[] = {BY_READ, BY_BLOB, BY_WRITE, BY_PREPARE};

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        the_table_changes();
        peer_tries(ways[i], value_of(ENCRYPTED));
        we_error(ways[i], att_handle(value_of(ENCRYPTED)), OUT_OF_SYNC);
    }
    the_table_changes();
    peer_asks_for("0a " LE, le(at.hash));
    we_error(KITH_ATT_READ_REQUEST, at.hash, OUT_OF_SYNC);
    the_table_changes();
    peer_asks_for("08 02 00 ff ff " LE, le(att_uuid(value_of(OPEN))));
    we_error(KITH_ATT_READ_BY_TYPE_REQUEST, 2, OUT_OF_SYNC);
}

CONFORMANCE_ONCE("GATT/SR/GAS/BV-05-C",
                 "A client that does not know the table is refused once, and its commands ignored")
{
    EACH_ROLE(role)
    {
        meet_table(role, PLAIN);
        the_table_changes();
        peer_reads(); /* it does not cache robustly */
        we_allow();
        peer_caches_robustly();
        refused_out_of_sync_once();
        the_table_changes();
        peer_reads();
        we_refuse(OUT_OF_SYNC);
        peer_tries(BY_COMMAND, value_of(OPEN));
        we_refuse(OUT_OF_SYNC);
        peer_reads();
        we_allow();
        peer_tries(BY_COMMAND, value_of(OPEN));
        we_allow();
        no_feature_is_taken_back();
        every_request_is_refused();
    }
}

CONFORMANCE_ONCE("GATT/SR/GAS/BV-06-C",
                 "A client knows the change when it has read the hash, or confirmed Service Changed")
{
    EACH_ROLE(role)
    {
        meet_table(role, PLAIN);
        peer_caches_robustly();
        the_table_changes();
        peer_reads_the_hash(NULL);
        peer_reads();
        we_allow();
        peer_wants_to_be_told(true);
        the_table_changes();
        we_answer_with("1d " LE " ** ** ** **", le(at.changed));
        peer_asks("1e");
        peer_reads();
        we_allow();
        the_table_changes();
        we_answer_with("1d " LE " ** ** ** **", le(at.changed));
        peer_reads(); /* not confirmed */
        we_refuse(OUT_OF_SYNC);
    }
}

/* The table changes while it is away. */
static void peer_is_back_after_a_change(void)
{
    link_breaks(0x13);
    we_emit(KITH_EVENT_DISCONNECTED);
    the_table_changes();
    connect_link();
    encrypt_with_bond();
}

CONFORMANCE_ONCE("GATT/SR/GAS/BV-07-C", "The same, of a bonded client, when the table changes while it is away")
{
    EACH_ROLE(role)
    {
        meet_table(role, JUST_WORKS);
        peer_caches_robustly();
        peer_is_back_after_a_change();
        peer_reads_the_hash(NULL);
        peer_reads();
        we_allow();
        peer_wants_to_be_told(true);
        peer_is_back_after_a_change();
        we_tell_all_has_changed();
        peer_asks("1e");
        peer_reads();
        we_allow();
        peer_is_back();
        no_feature_is_taken_back();
        peer_wants_to_be_told(false);
        peer_is_back_after_a_change();
        peer_reads();
        we_refuse(OUT_OF_SYNC);
        peer_is_back(); /* that it was told is forgotten, that it does not know is not */
        peer_reads();
        we_refuse(OUT_OF_SYNC);
        peer_reads();
        we_allow();
        peer_is_back();
        peer_reads();
        we_allow();
    }
}

CONFORMANCE_ONCE("GATT/SR/GAS/BV-08-C", "Read Multiple Variable of a client that does not know the table")
{
    EACH_ROLE(role)
    {
        meet_table(role, PLAIN);
        the_table_changes();
        peer_tries(BY_VARIABLE, value_of(READ_ONLY));
        we_allow();
        peer_caches_robustly();
        the_table_changes();
        peer_tries(BY_VARIABLE, value_of(READ_ONLY));
        we_error(BY_VARIABLE, 0, OUT_OF_SYNC);
        peer_tries(BY_VARIABLE, value_of(READ_ONLY));
        we_allow();
        the_table_changes();
        peer_reads_the_hash(NULL);
        peer_tries(BY_VARIABLE, value_of(READ_ONLY));
        we_allow();
    }
}

/* ---- Execute Write ---- */

/* Whether the client caches robustly or not (Part F 3.4.6.3).  The attribute is named, its value is not written, and
 * nothing is left of what was prepared; neither when a service is there again. */
CONFORMANCE_ONCE("GATT/SR/GAW/BI-41-C", "Execute Write after the attribute has gone: Database Out Of Sync")
{
    for (unsigned round = 0; round < 4; round++) {
        meet_table(round % 2 == 0 ? PERIPHERAL : CENTRAL, PLAIN);
        if (round >= 2)
            peer_caches_robustly();
        the_table_changes();
        find_range();
        peer_reads();
        if (round >= 2) {
            we_refuse(OUT_OF_SYNC);
            peer_reads();
        }
        we_allow();
        memset(extra_octets, 0x55, sizeof extra_octets);
        peer_asks_for("16 " LE " 00 00 aa bb", le(at.last));
        we_answer_with("17 " LE " 00 00 aa bb", le(at.last));
        the_table_changes();
        peer_asks("18 01");
        we_error(KITH_ATT_EXECUTE_WRITE_REQUEST, at.last, OUT_OF_SYNC);
        the_table_changes();
        if (round >= 2) {
            peer_reads();
            we_refuse(OUT_OF_SYNC);
        }
        peer_asks("18 01");
        we_answer("19");
        check(extra_octets[0] == 0x55 && extra_value.len == SHORT);
    }
}
