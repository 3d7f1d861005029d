/* The peer's half of Out of Band pairing over Secure Connections, and what both programs carry to the other side: as
 * peer.h, one verb for each PDU.  Public keys, DHKey checks and keys are peer.h's. */
#ifndef CONFORMANCE_PEER_OOB_H
#define CONFORMANCE_PEER_OOB_H

#include "peer.h"

/* How far a pairing went: what was exchanged last. */
typedef enum {
    OOB_NOTHING,
    OOB_FEATURES,
    OOB_PUBLIC_KEYS,
    OOB_RANDOMS,
    OOB_CHECKS,
    OOB_ENCRYPTED,
    OOB_KEYS,
    OOB_STEPS
} oob_step;

typedef struct {
    bool we_have, peer_has; /* the other's data: the flags of request and response */
    bool secure;            /* whatever carries it */
    kith_oob_data theirs;   /* what the peer made */
    kith_oob_data ours;     /* what we made */
} oob_state;
extern oob_state oob;

enum { OOB_LIFETIME_MS = 60000 };

/* A host with all Secure Connections methods and no inputs and outputs, and a peer like it. */
#define begin_oob(role, we_have, peer_has) (AT, oob_begin(role, we_have, peer_has))
#define meet_for_oob()                     (AT, oob_meet()) /* powered on, window open, connected */
#define we_make_data()                     (AT, oob_make())
#define peer_makes_data()                  (AT, oob_draw()) /* its key pair of the next pairing is drawn here */
#define peer_sends_features()              (AT, oob_do_features())
#define we_ask_for_data()                  (AT, oob_take_question())
#define our_program_gives(data)            (AT, bench_check_status(kith_pairing_oob(bench.host, bench.link, data), KITH_OK))
#define we_show_our_key()                  (AT, oob_take_public_key()) /* and it is what our data commits to */
#define we_send_nonce()                    (AT, oob_take_random())
#define data_goes_into_checks()            (AT, oob_begin_check())
#define oob_from(done, last)               (AT, oob_pair(done, last))
#define oob_to(last)                       (AT, oob_pair(OOB_NOTHING, last)) /* with data made anew where there is none */
#define pair_by_oob()                      (AT, oob_pair_completely())       /* once it may; events taken */

void oob_begin(bench_role role, bool we_have, bool peer_has);
void oob_meet(void);
void oob_make(void);
void oob_take_ready(void);
void oob_draw(void);
void oob_do_features(void);
void oob_take_question(void);
void oob_exchange_features(void); /* up to the response; as central, our public key too */
void oob_take_public_key(void);
void oob_take_random(void);
void oob_begin_check(void);
void oob_pair(oob_step done, oob_step last);
void oob_pair_completely(void);

kith_phase oob_phase_after(oob_step done);
const char *oob_step_name(oob_step s);
/* As peer.h's last_step_in_plain(). */
oob_step oob_last_in_plain(bench_role role);

#endif
