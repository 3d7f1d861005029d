/* The peer of the bench as a GATT server, and our program as its client: what we ask, how it is refused or answered,
 * and what our host or our program begins for it (config.gatt_raise). */
#ifndef CONFORMANCE_CLIENT_BENCH_H
#define CONFORMANCE_CLIENT_BENCH_H

#include "kith/codec/att.h"
#include "peer.h"

/* A request of ours as it goes over the air, and what a server answers that lets us. */
typedef struct {
    const char *request, *answer;
} cl_step;

/* One operation of kith/gatt_client.h. */
typedef struct {
    const char *name;
    kith_status (*ask)(void);
    cl_step steps[5];     /* one with NULL is the end */
    unsigned refused;     /* the step that a server refuses that does not let us */
    kith_event_kind list; /* that comes before the end; NONE: none does */
    kith_event_kind end;
    const char *value; /* hex, as the end or the list tells it; NULL: nothing is read */
} cl_operation;

extern const cl_operation cl_read, cl_read_by_uuid, cl_read_long, cl_read_multiple, cl_read_variable, cl_write,
    cl_write_long;

/* A host without a bond and with this policy of raising, and a peer: NoInputNoOutput both. */
#define begin_client(role, raise) (AT, cl_begin(role, raise))
/* Both can compare numbers, and the peer asks for it. */
#define both_can_compare()  (AT, cl_can_compare())
#define without_bonds()     (AT, cl_without_bonds()) /* neither side wants one */
#define meet()              (AT, cl_meet())          /* powered on, window open, connected */
#define meet_again()        (AT, cl_meet_again())
#define meet_bonded()       (AT, cl_meet_bonded()) /* paired, and connected again without encryption */
#define we_ask(operation)   (AT, cl_ask(operation))
#define it_waits(operation) (AT, cl_waits(operation)) /* nothing is sent and nothing is told */
/* Until the link is better; what answers a request that is not out says nothing. */
#define it_is_held(operation) (AT, cl_held(operation))
/* As far as the request that is refused; the refusal. */
#define peer_refuses(operation, error)       (AT, cl_refuse(operation, error))
#define peer_refuses_again(operation, error) (AT, cl_refuse_again(operation, error))
/* The rest of it, from the request that may have been refused before. */
#define peer_serves(operation)     (AT, cl_serve(operation, 0))
#define peer_serves_now(operation) (AT, cl_serve(operation, (operation)->refused))
/* Its end: delivered over a link of this level; refused by the peer, or not sent. */
#define it_is_delivered(operation, level)      (AT, cl_delivered(operation, level))
#define it_is_refused(operation, error, level) (AT, cl_ended(operation, KITH_GATT_ATT_ERROR, error, level))
#define it_was_not_sent(operation)             (AT, cl_ended(operation, KITH_GATT_NOT_SENT, 0, KITH_LEVEL_NONE))

/* We want a better link: Pairing Request as central, Security Request as peripheral, with this AuthReq. */
#define we_want_pairing(auth_req)       (AT, cl_want(auth_req))
#define peer_agrees()                   (AT, cl_agree()) /* features; as central, our public key too */
#define peer_pairs()                    (AT, cl_pair())  /* all of it, and events taken */
#define peer_disagrees(reason)          (AT, cl_disagree(reason))
#define we_refuse_features(reason, why) (AT, cl_refuse_features(reason, why)) /* that the peer shows now */
/* With the key of the bond: as peripheral, after our Security Request where there is one. */
#define the_bond_encrypts() (AT, cl_encrypt())
/* We try the bond (as central), and the peer says that it has no key. */
#define peer_says_no_key() (AT, cl_key_missing())

void cl_begin(bench_role role, kith_gatt_raise raise);
void cl_can_compare(void);
void cl_without_bonds(void);
void cl_meet(void);
void cl_meet_again(void);
void cl_meet_bonded(void);
void cl_ask(const cl_operation *operation);
void cl_waits(const cl_operation *operation);
void cl_held(const cl_operation *operation);
void cl_refuse(const cl_operation *operation, kith_att_error error);
void cl_refuse_again(const cl_operation *operation, kith_att_error error);
void cl_serve(const cl_operation *operation, unsigned from);
void cl_delivered(const cl_operation *operation, kith_level level);
void cl_ended(const cl_operation *operation, kith_gatt_result result, kith_att_error error, kith_level level);
void cl_want(uint8_t auth_req);
void cl_agree(void);
void cl_pair(void);
void cl_disagree(kith_smp_reason reason);
void cl_refuse_features(kith_smp_reason reason, kith_why why);
void cl_encrypt(void);
void cl_key_missing(void);

/* What our one bond holds; two of them differ where the bond was replaced. */
kith_bond_keys cl_bond_keys(void);
kith_bond_info cl_bond(void);
bool cl_is_same_bond(const kith_bond_keys *before);

const char *cl_role_name(bench_role role);
const char *cl_raise_name(kith_gatt_raise raise);
bool cl_octets_are(const uint8_t *octets, size_t len, const char *hex);

enum {
    AUTH_BOND = KITH_AUTH_BONDING | KITH_AUTH_SC,
    AUTH_BOND_MITM = KITH_AUTH_BONDING | KITH_AUTH_SC | KITH_AUTH_MITM
};

#endif
