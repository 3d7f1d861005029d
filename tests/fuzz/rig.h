/* What the fuzz targets share: a host in a rig that plays its controller, watches its events and holds them against
 * rules that no input may break.  A broken rule aborts, which the fuzzer reports.
 *
 * The rules: no level above NONE unless the rig itself proved the key (an honest DHKey check), none above ENCRYPTED
 * unless it said that two numbers are equal; an asked-for procedure has exactly one end, and operations on a peer's
 * attributes in the order in which they were asked for; what advertises, scans, seeks or connects was asked to, and
 * ends; nothing about a link before CONNECTED or after DISCONNECTED;
 * nothing dropped but what may be; a bond is told when the store has it, and gone when it has not; what is known of a
 * peer's table is a sound table; no request goes in plain to who claims a bond where links are raised. */
#ifndef FUZZ_RIG_H
#define FUZZ_RIG_H

#include "kith/codec/hci.h"
#include "kith/kith.h"

enum { RIG_LINKS = 2, RIG_PDU = 65, RIG_FEW_RECORDS = 4, RIG_RECORDS = 24, RIG_OPERATIONS = 6, RIG_EXPECTED = 64 };
enum { RIG_TOLD = 1 }; /* the id of a value that clients may be told of; the next one is another */

enum {
    RIG_COMPARES = 1, /* host and peer can compare numbers, and the host asks for it */
    RIG_STORES = 2,   /* the host has a store, */
    RIG_FINDS = 4,    /* which finds single records */
    RIG_SHAPED = 8,   /* limits and configuration as bits 8 to 23 of the traits say */
    RIG_GAP = 16      /* limits, privacy and what the controller can as bits 24 to 31 say */
};

/* Bits 24 to 31 of the traits. */
enum {
    RIG_EXTENDED = 0x01,    /* the controller advertises in sets, */
    RIG_PHYS = 0x02,        /* has more PHYs and what Core 4.2 brought, */
    RIG_LISTS = 0x04,       /* and lists of peers, */
    RIG_LISTS_SMALL = 0x08, /* with room for one */
    RIG_PRIVATE = 0x10,
    RIG_PRIVATE_ONLY = 0x20,
    RIG_LISTED = 0x40, /* the host has lists, too */
    RIG_LONG = 0x80    /* and room for long advertising data and other sets */
};
enum { RIG_SETS = 2, RIG_LISTED_MOST = 3, RIG_RECONNECTS = 2, RIG_REPORT = 90 };

/* One connection as the rig plays it: an honest peer that the fuzzer may let speak, or not. */
typedef struct {
    bool up;
    bool is_to_end;    /* the host has said so; its end is for the fuzzer to say */
    bool central;      /* the host is, */
    kith_address host; /* with this address */
    uint16_t handle;
    kith_link link; /* as the host named it; 0: not told yet, or ended */
    bool asked;     /* secure() was accepted and has not ended */
    unsigned in_controller;
    uint8_t rx[600];
    size_t rx_len;
    uint8_t request[7], response[7];
    uint8_t host_key[64], host_nonce[16], nonce[16];
    uint8_t mackey[16], ltk[16];
    bool has_nonce;
    bool wanted, equal;                     /* a number was shown; it was said to be equal since */
    kith_event_kind expected[RIG_EXPECTED]; /* ends of operations, in their order: under way, or not taken yet */
    unsigned expected_count;
    unsigned updates, indicates; /* parameters asked for, values indicated: each has an end, which was not taken yet */
    unsigned measures[2];        /* signal strengths and PHYs asked for */
    uint8_t question[RIG_PDU];   /* the last request of the host's client */
    size_t question_len;
} rig_link;

/* What was asked for and has not ended, as far as the events that were taken tell. */
typedef struct {
    bool advertises[RIG_SETS + 1], advertising[RIG_SETS + 1];
    bool scans, scanning, finds, connects;
    bool has_met; /* a link of ours since connecting began: its end, or reconnection's */
} rig_activity;

typedef struct {
    kith_host *h;
    uint64_t now_us;
    bool answers; /* commands are answered by themselves */
    bool takes;   /* events are taken by themselves */
    bool proved;  /* an honest check was sent: levels may rise from now on */
    bool works;   /* work items are done by themselves */
    bool compares, said_equal;
    bool store_fails;
    kith_store store;
    kith_record records[RIG_RECORDS]; /* kind 0: none */
    unsigned record_count;            /* that there is room for */
    uint8_t name_octets[20];
    kith_variable name;
    uint32_t dropped;
    uint32_t highest_id;
    kith_crypto_port crypto;
    uint64_t random;
    kith_config config;
    rig_link links[RIG_LINKS];
    kith_work work;
    bool working;
    unsigned failed_starts, ready, lost;
    uint8_t gap; /* bits 24 to 31 of the traits */
    rig_activity activity;
} rig;

void rig_check(bool holds, const char *rule); /* says which one is broken */
#define rig_require(rule) rig_check((rule), #rule)

void rig_open(rig *r, kith_pairing_policy policy); /* a host, started and ready */
void rig_open_with(rig *r, kith_pairing_policy policy, unsigned traits);
void rig_close(rig *r); /* breaks its controller, restarts it, and expects it well */
void rig_connect(rig *r, unsigned which, bool host_is_central);
void rig_packet(rig *r, const uint8_t *packet, size_t len); /* controller to host; a copy of its own */
void rig_event(rig *r, uint8_t code, const uint8_t *parameters, size_t len);
void rig_smp(rig *r, unsigned which, const uint8_t *pdu, size_t len);
void rig_att(rig *r, unsigned which, const uint8_t *pdu, size_t len);
void rig_disconnect(rig *r, unsigned which, uint8_t reason);
void rig_expect(rig *r, unsigned which, kith_event_kind end); /* the program has asked for something that ends so */
void rig_pump(rig *r);                                        /* until the host is quiet */
void rig_take_events(rig *r);
void rig_do_work(rig *r);
void rig_advance(rig *r, uint64_t by_us);
void rig_acknowledge(rig *r, unsigned which);
void rig_secure(rig *r, unsigned which, kith_level level);
void rig_compare(rig *r, unsigned which, kith_comparison answer);

/* The next thing that an honest peer would say on this link. */
typedef enum { RIG_FEATURES, RIG_KEY, RIG_CONFIRM, RIG_RANDOM, RIG_CHECK, RIG_ENCRYPT, RIG_IRK, RIG_ADDRESS } rig_step;
void rig_honest(rig *r, unsigned which, rig_step step);
void rig_pair(rig *r, unsigned which); /* all of them */

/* Reads the fuzzer's octets one after another; 0 when they are over. */
typedef struct {
    const uint8_t *at;
    size_t left;
} rig_input;
uint8_t rig_octet(rig_input *in);
const uint8_t *rig_octets(rig_input *in, size_t *len); /* *len: wanted, then how many there are */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
