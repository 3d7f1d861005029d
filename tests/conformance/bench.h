/* The bench: one host under test, and around it a controller and a peer that the test plays itself.
 *
 * A test reads like a conversation; "we" is the host under test, as the SIG's "IUT":
 *     peer_sends("01 03 00 09 10 00 00");
 *     we_send("02 03 00 09 10 00 00");
 *     we_emit(KITH_EVENT_PAIRED);
 * The bench answers start-up commands, counts ACL buffers, runs work items and holds the clock.  It sees the
 * public API and the wire, nothing of the host's inside. */
#ifndef CONFORMANCE_BENCH_H
#define CONFORMANCE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kith/codec/hci.h"
#include "kith/codec/l2cap.h"
#include "kith/kith.h"

typedef enum { PERIPHERAL, CENTRAL } bench_role; /* ours */

enum { BENCH_HEARD = 64 };

typedef struct {
    bench_role role;
    kith_config config; /* change it between begin() and power_on() */
    kith_host *host;
    kith_link link;
    kith_peer_id claimed;                   /* whom CONNECTED took the peer for */
    kith_address our_address, peer_address; /* as on air */
    uint64_t now_us;
    bool hold_completed;           /* ACL packets stay unacknowledged until completed_packets() */
    bool hold_work;                /* work items wait for do_work() */
    bool untold;                   /* what goes on just now is no part of the story that a failure prints */
    bool link_layer_asks;          /* the controller has the connection parameters request procedure */
    bool tells_starts;             /* SECURITY_STARTED, SECURITY_REQUESTED and TABLE_TOLD are part of the script */
    kith_event heard[BENCH_HEARD]; /* the last of all that were told, whatever scripts are about; pointers are gone */
    unsigned heard_count;
    bool linked, encrypted;
    uint8_t request[7], response[7]; /* Pairing Request and Response as they went over the air */
    uint64_t smp_sent_us;            /* when our last SMP PDU went */
    uint8_t keys_given, keys_taken;  /* as events told since the last pairing ended */
    bool unseen;                     /* numbers of this pairing were confirmed by nobody */
    bool overheard;                  /* out of band data came over a channel that is not secure */
    bool debug_key;                  /* the peer showed the published debug key, and it is allowed */
} bench_state;
extern bench_state bench;

/* Configuration of this run: begin() makes a host that asks for out of band data.  Where the script does not wait for
 * the question, the answer is that there is none. */
extern bool bench_asks_oob;
/* Another: begin() makes a host with every method, to which legacy pairing is allowed. */
extern bool bench_has_every_method;

/* ---- the run of a case ---- */

void bench_discard(void); /* whatever is there, without a word */
void bench_end(void);     /* nothing may be left that nobody expected */
/* Names the round in failure messages. */
__attribute__((format(printf, 1, 2))) void bench_round(const char *format, ...);
__attribute__((format(printf, 1, 2), noreturn)) void bench_fail(const char *format, ...);
void bench_at(const char *file, int line); /* where the script stands */
#define AT (bench_at(__FILE__, __LINE__))

/* A host of this role with Just Works, Numeric Comparison and NoInputNoOutput; ends the one before. */
#define begin(role)                (AT, bench_begin(role))
#define power_on()                 (AT, bench_power_on())
#define connect_link()             (AT, bench_connect())
#define open_window()              (AT, bench_open_window())
#define time_passes(ms)            (AT, bench_time_passes(ms))
#define the_wait_passes()          (AT, bench_wait_passes()) /* after failures; none is fine */
#define check(truth)               (AT, (truth) ? (void)0 : bench_fail("not true: %s", #truth))
#define check_ok(call)             (AT, bench_check_status(call, KITH_OK))
#define check_status(call, status) (AT, bench_check_status(call, status))

/* ---- SMP and ATT; hex as "05 08", "**" is any octet ---- */

#define peer_sends(hex)             (AT, bench_peer_sends(KITH_CID_SMP, hex))
#define peer_sends_octets(pdu, len) (AT, bench_peer_sends_octets(KITH_CID_SMP, pdu, len))
#define we_send(hex)                (AT, bench_we_send(KITH_CID_SMP, hex))
#define we_send_nothing()           (AT, bench_we_send_nothing(KITH_CID_SMP))
#define peer_asks(hex)              (AT, bench_peer_sends(KITH_CID_ATT, hex)) /* ATT */
#define we_answer(hex)              (AT, bench_we_send(KITH_CID_ATT, hex))
#define we_answer_nothing()         (AT, bench_we_send_nothing(KITH_CID_ATT))

#define peer_signals(hex)   (AT, bench_peer_sends(KITH_CID_SIGNALLING, hex))
#define we_signal(hex)      (AT, bench_we_send(KITH_CID_SIGNALLING, hex))
#define we_signal_nothing() (AT, bench_we_send_nothing(KITH_CID_SIGNALLING))

/* ---- events ---- */

#define we_emit(kind)     (AT, bench_we_emit(kind)) /* valid until the next we_emit() */
#define we_emit_nothing() (AT, bench_we_emit_nothing())
/* A failed pairing; named are why, phase, ended_by and the code, the rest follows. */
#define we_fail(...)            (AT, bench_we_fail(&(kith_verdict){__VA_ARGS__}))
#define we_fail_encryption(...) (AT, bench_we_fail_encryption(&(kith_verdict){__VA_ARGS__}))
/* A successful pairing with this key size; features, keys and bonding as they went over the air. */
#define we_pair(key_size) (AT, bench_we_pair(key_size))
#define level_is(level)   (AT, bench_level_is(level)) /* KITH_EVENT_SECURITY_CHANGED */

/* ---- the controller ---- */

#define controller_asks_for_key(ediv, rand) (AT, bench_ltk_request(ediv, rand))
#define we_give_key(ltk)                    (AT, bench_we_command(KITH_HCI_LE_LTK_REQUEST_REPLY, 2, ltk, 16))
#define we_refuse_key()                     (AT, bench_we_command(KITH_HCI_LE_LTK_REQUEST_NEGATIVE_REPLY, 0, NULL, 0))
#define we_start_encryption(ltk)            (AT, bench_we_command(KITH_HCI_LE_ENABLE_ENCRYPTION, 12, ltk, 16))
#define encryption_changes(status)          (AT, bench_encryption_changes(status, true))
#define key_refreshes(status)               (AT, bench_key_refreshes(status))
#define encryption_goes_off()               (AT, bench_encryption_changes(0, false))
#define we_command_nothing()                (AT, bench_we_command_nothing())
#define link_breaks(reason)                 (AT, bench_link_breaks(reason))
#define we_disconnect(reason)               (AT, bench_we_disconnect(reason)) /* and the link ends */
#define completed_packets()                 (AT, bench_completed_packets())
#define do_one_work()                       (AT, bench_do_one_work())
#define do_work()                           (AT, bench_do_work())

void bench_begin(bench_role role);
void bench_power_on(void);
void bench_connect(void);
void bench_open_window(void);
void bench_time_passes(uint32_t ms);
void bench_wait_passes(void);
void bench_check_status(kith_status is, kith_status wanted);
void bench_peer_sends(uint16_t cid, const char *hex);
void bench_peer_sends_octets(uint16_t cid, const uint8_t *pdu, size_t len);
void bench_we_send(uint16_t cid, const char *hex);
bool bench_att_waits(void);                          /* is there an ATT PDU of ours that was not looked at? */
const uint8_t *bench_we_send_opcode(uint8_t opcode); /* SMP; the whole PDU, valid until the next call */
void bench_we_send_nothing(uint16_t cid);
const kith_event *bench_we_emit(kith_event_kind kind);
void bench_we_emit_nothing(void);
void bench_we_fail(const kith_verdict *wanted);
void bench_we_fail_encryption(const kith_verdict *wanted);
void bench_we_pair(uint8_t key_size);
void bench_level_is(kith_level level);
void bench_ltk_request(uint16_t ediv, uint64_t rand);
void bench_we_command(uint16_t opcode, size_t offset, const uint8_t *octets, size_t len);
void bench_we_command_nothing(void);
void bench_encryption_changes(uint8_t status, bool on);
void bench_key_refreshes(uint8_t status);
void bench_link_breaks(uint8_t reason);
void bench_we_disconnect(uint8_t reason);
void bench_completed_packets(void);
void bench_do_one_work(void);
void bench_do_work(void);

/* For the bench's own files. */
bool bench_is_bonding(void);         /* both sides said so */
kith_method_kind bench_method(void); /* what both feature sets lead to */
kith_level bench_level(void);        /* what it is worth */
bool bench_is_legacy(void);
kith_passkey_form bench_passkey_form(void);
bool bench_we_show_passkey(void);
bool bench_can_compare(uint8_t io);
void bench_note(const char *who, const uint8_t *octets, size_t len);

#endif
