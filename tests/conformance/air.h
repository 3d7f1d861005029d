/* On air: the host under test on the virtual radio, a lower tester that is nothing but a controller told by HCI
 * commands, and a sniffer that hears what both send.  For cases about addresses and about what is advertised, which the
 * bench, whose controller is a script, cannot show.
 *
 *     air_begin();
 *     air_power_on();
 *     we_advertise(true);
 *     address = we_are_heard(PDU_ADV_IND);
 *     tester_connects(&address);
 *
 * The tester bonded with us once: it has an identity, an identity resolving key and a long term key, and so have we.
 * Its private addresses are the judge's arithmetic. */
#ifndef CONFORMANCE_AIR_H
#define CONFORMANCE_AIR_H

#include "bench.h"

#include "../../sim/sim.h"
#include "kith/port/stage.h"

/* PDU types of the advertising channels.  Core Vol 6 Part B 2.3. */
enum { PDU_ADV_IND, PDU_DIRECT_IND, PDU_NONCONN_IND, PDU_SCAN_REQ, PDU_SCAN_RSP, PDU_CONNECT_IND, PDU_SCAN_IND };

enum { AIR_CYCLE_S = 900, AIR_PDUS = 16 };

typedef struct {
    uint8_t type;
    kith_address from;   /* who sent it: AdvA, ScanA or InitA */
    kith_address target; /* whom it names, if it does */
} air_pdu;

typedef struct {
    kith_config config; /* change it between air_begin() and air_power_on() */
    kith_host *host;
    kith_link link;
    kith_peer_id bond; /* the tester's */
    kith_event last;   /* that was awaited */
    kith_address our_identity, tester_identity;
    uint8_t our_irk[16], tester_irk[16], strange_irk[16], ltk[16];
    kith_address tester_is; /* on air */
    uint16_t handle;        /* of the tester's connection */
    bool connected, encrypted;
    uint8_t reason;           /* for which it was disconnected */
    air_pdu ours[AIR_PDUS];   /* that we sent, by type the last one */
    unsigned heard[AIR_PDUS]; /* how many of each */
    unsigned identities;      /* PDUs in which our identity address was */
} air_state;
extern air_state air;

void air_begin(void);    /* private addresses, one link, room for lists */
void air_power_on(void); /* both, and bonded */
void air_run(uint32_t ms);
void air_end(void); /* after each case; our identity address was never on air */
const kith_event *air_await(kith_event_kind kind, uint32_t within_s); /* others are passed over */
bool air_awaits(kith_event_kind kind, uint32_t within_s);             /* does it come? */

/* ---- we ---- */

void we_advertise(bool connectable);
void we_stop_advertising(void);
void we_scan(bool active);
void we_stop_scanning(void);
/* The next PDU of this type that we send, and by which address: it must come. */
kith_address we_are_heard(uint8_t pdu_type);
bool is_ours(const kith_address *address); /* made with our key */
bool is_the_testers(const kith_address *address);
bool is_non_resolvable(const kith_address *address);
kith_address address_of_ours(uint32_t prand); /* that our key makes */
void our_address_changes(uint8_t pdu_type);   /* after the cycle, another one of ours */

/* ---- the tester ---- */

void tester_is_identity(void);
void tester_is_private(uint32_t prand);  /* an address that its key makes */
void tester_is_stranger(uint32_t prand); /* one of a key that we do not know */
/* From now on its controller resolves: it knows us by our key, and makes addresses of its own for us. */
void tester_resolves(void);
void tester_advertises(void);
void tester_advertises_to(const kith_address *target);
void tester_stops(void);
void tester_scans(void);
void tester_connects(const kith_address *address); /* as central, until it has or 5 seconds are over */
void tester_encrypts(void);                        /* as central, with the bond's key */
void tester_hangs_up(void);
/* Answers a read by type of ours on an encrypted link, with this octet as value; 0xff: attribute not found. */
void tester_answers_read(uint8_t value);

#endif
