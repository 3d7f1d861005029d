/* One pairing under way: its state, its inputs and outputs, and the rows of its tables.
 *
 * A session knows no transport, no clock and no other link.  The host puts inputs in with smp_step() and
 * carries out what the outbox says.  Core Vol 3 Part H 2.3 and 3. */
#ifndef SMP_SESSION_H
#define SMP_SESSION_H

#include "crypto/random.h"
#include "kith/method.h"
#include "kith/security.h"
#include "kith/verdict.h"
#include "kith/work.h"

/* Where a pairing stands.  "own key": our ECDH key pair, made ahead as a work item. */
#define SMP_STATE_TABLE(X)                                                                                             \
    X(FREE)             /* the slot is free */                                                                         \
    X(START)            /* claimed; nothing sent or received */                                                        \
    X(WAIT_REQUEST)     /* peripheral: Security Request sent, waiting for the central */                               \
    X(WAIT_PARAMETERS)  /* the program is asked how to pair */                                                         \
    X(WAIT_CONSENT)     /* a person is asked whether to pair */                                                        \
    X(WAIT_OOB)         /* a person or program is asked for the peer's out of band data */                             \
    X(WAIT_RESPONSE)    /* initiator: Pairing Request sent */                                                          \
    X(WAIT_OWN_KEY)     /* our key pair is not ready yet */                                                            \
    X(WAIT_PUBLIC_KEY)  /* peer's public key wanted */                                                                 \
    X(CHECK_KEY)        /* peer's public key is being checked */                                                       \
    X(CHECK_KEY_HOLD)   /* the same, and the peer's confirm came meanwhile */                                          \
    X(WAIT_PASSKEY)     /* a person types the passkey */                                                               \
    X(PASSKEY_HOLD)     /* responder: the same, and the initiator's confirm came meanwhile */                          \
    X(WAIT_CONFIRM)     /* peer's commitment wanted */                                                                 \
    X(WAIT_RANDOM)      /* peer's nonce wanted */                                                                      \
    X(WAIT_COMPARE)     /* a person compares two numbers */                                                            \
    X(COMPARE_HOLD)     /* the same, and the initiator's check came meanwhile */                                       \
    X(WAIT_DHKEY)       /* all is here but the shared secret */                                                        \
    X(WAIT_CHECK)       /* peer's DHKey check wanted */                                                                \
    X(WAIT_LTK_REQUEST) /* responder: checks done, the central may encrypt */                                          \
    X(WAIT_ENCRYPTED)   /* the controller is encrypting */                                                             \
    X(KEYS_LTK)         /* phase 3, legacy: peer's Encryption Information wanted */                                    \
    X(KEYS_EDIV)        /* phase 3, legacy: peer's Central Identification wanted */                                    \
    X(KEYS_IRK)         /* phase 3: peer's Identity Information wanted */                                              \
    X(KEYS_ADDRESS)     /* phase 3: peer's Identity Address Information wanted */                                      \
    X(KEYS_CSRK)        /* phase 3: peer's Signing Information wanted */                                               \
    X(KEYS_ACK)         /* phase 3: our last key is not acknowledged yet */                                            \
    X(COMMIT)           /* all keys are there: may this bond stand? */                                                 \
    X(DONE)             /* ended well */                                                                               \
    X(FAILED)           /* ended */

#define SMP_STATE_ENUM(name) SMP_##name,
typedef enum { SMP_STATE_TABLE(SMP_STATE_ENUM) SMP_STATE_COUNT, SMP_ANY } smp_state;
#undef SMP_STATE_ENUM

const char *smp_state_name(smp_state state);

typedef enum {
    SMP_IN_PDU,
    SMP_IN_BEGIN,        /* a local call, or a Security Request: start */
    SMP_IN_PARAMETERS,   /* .security: how to pair; NULL: not at all, .reason, .why, .by_person say so */
    SMP_IN_CONSENT,      /* .yes: a person answered */
    SMP_IN_OOB,          /* .oob: the peer's data, NULL: none */
    SMP_IN_PASSKEY,      /* .number: a person typed it */
    SMP_IN_CANCELLED,    /* a person gave up */
    SMP_IN_COMPARED,     /* .yes, .unseen: a person answered, or nobody looked */
    SMP_IN_OWN_KEY,      /* .work: our key pair */
    SMP_IN_KEY_CHECKED,  /* .work: of the peer's public key */
    SMP_IN_DHKEY,        /* .work: shared secret */
    SMP_IN_LTK_REQUEST,  /* .ediv, .rand: the controller wants a key */
    SMP_IN_ENCRYPTED,    /* .hci_status: encryption is on, or failed */
    SMP_IN_ACKNOWLEDGED, /* the peer's link layer has all that we sent */
    SMP_IN_COMMIT        /* .yes, .why: the answer to SMP_OUT_COMMIT */
} smp_input_kind;

typedef struct {
    smp_input_kind kind;
    const uint8_t *pdu; /* SMP_IN_PDU: opcode octet first */
    size_t len;
    const kith_work *work;
    bool yes;
    bool unseen;
    bool by_person; /* SMP_IN_COMMIT, SMP_IN_PARAMETERS: a person or the program said no */
    uint32_t number;
    const kith_oob_data *oob;
    const kith_security *security;
    kith_smp_reason reason;
    kith_why why;
    kith_hci_status hci_status;
    uint16_t ediv;
    uint64_t rand;
} smp_input;

/* What the host must do after a step; bits of smp_outbox.wants. */
enum {
    SMP_OUT_OWN_KEY = 0x01,          /* give the session a key pair: SMP_IN_OWN_KEY, at once if one is ready */
    SMP_OUT_CHECK_KEY = 0x02,        /* work: check peer_public */
    SMP_OUT_DHKEY = 0x04,            /* work: shared secret of own key and peer_public */
    SMP_OUT_CONSENT = 0x08,          /* ask the person */
    SMP_OUT_START_ENCRYPTION = 0x10, /* central: with secrets.ltk */
    SMP_OUT_ANSWER_LTK = 0x20,       /* peripheral: answer the LTK request with secrets.ltk */
    SMP_OUT_REFUSE_LTK = 0x40,       /* peripheral: answer it negatively */
    SMP_OUT_COMMIT = 0x80,           /* may this bond stand?  answer with SMP_IN_COMMIT */
    SMP_OUT_COMPARE = 0x100,         /* ask the person whether the peer shows s->number too */
    SMP_OUT_SHOW_PASSKEY = 0x200,    /* show s->secrets.passkey */
    SMP_OUT_ASK_PASSKEY = 0x400,     /* ask the person for it */
    SMP_OUT_ASK_OOB = 0x800,         /* ask for the peer's out of band data */
    SMP_OUT_KEYPRESS = 0x1000,       /* tell of s->keypress */
    SMP_OUT_PARAMETERS = 0x2000,     /* ask how to pair */
    SMP_OUT_STARTED = 0x4000         /* tell that it begins, whatever came of it in this very step */
};

enum { SMP_OUTBOX_PDUS = 6, SMP_OUTBOX_OCTETS = 128 };

typedef struct {
    uint8_t octets[SMP_OUTBOX_OCTETS]; /* the PDUs to send, one after another */
    uint8_t lens[SMP_OUTBOX_PDUS];
    uint8_t count;
    uint8_t used;
    uint16_t wants;
} smp_outbox;

/* One of those that this device is to its peers. */
typedef struct {
    bool used;
    kith_address address;
    uint8_t irk[16];
} smp_identity;

/* Our own out of band data, with the key pair that it commits to.  At most one pairing at a time uses it. */
typedef struct {
    const smp_identity *mine; /* whose it is: it names that address, and is good there alone */
    bool ready, in_use;
    bool legacy;
    bool channel_is_secure;
    uint8_t private_key[32], public_key[64]; /* crypto port's order */
    uint8_t random[16], tk[16];
} smp_local_oob;

/* What all sessions of a host share. */
typedef struct {
    const kith_crypto_port *crypto;
    crypto_random_state *random;
    const smp_identity *identities; /* all of ours */
    uint8_t identity_count;
    smp_local_oob *oob;
} smp_environment;

/* What the distribution of legacy keys gives: a key, and the two numbers by which it is asked for. */
typedef struct {
    uint8_t ltk[16];
    uint16_t ediv;
    uint64_t rand;
} smp_legacy_key;

/* All that must not outlive the session, in one place, so that one line wipes it. */
typedef struct {
    uint8_t private_key[32]; /* crypto port's order */
    uint8_t dhkey[32];       /* wire order, as all below */
    uint8_t my_nonce[16];
    uint8_t peer_nonce[16];
    uint8_t mackey[16];
    uint8_t ltk[16];        /* that the link is encrypted with: the LTK, in legacy pairing the STK */
    uint8_t held[16];       /* the peer's confirm or check that came before we could use it */
    uint8_t my_confirm[16]; /* legacy: what must not come back */
    uint8_t tk[16];         /* legacy */
    uint8_t r_mine[16];     /* the r of our DHKey check (0, passkey, peer's OOB random) */
    uint8_t r_peer[16];     /* the r of the peer's */
    uint8_t oob_confirm[16], oob_random[16], oob_tk[16]; /* the peer's data, as given */
    uint32_t passkey;
    smp_legacy_key my_key, peer_key;
    uint8_t my_csrk[16];
    uint8_t peer_csrk[16];
    uint8_t peer_irk[16];
} smp_secrets;

typedef struct smp_session smp_session;

typedef smp_state smp_handler(smp_session *s, const smp_input *in, smp_outbox *out);

/* In this state, on this input (a PDU with this opcode and length), do this, and go to one of these. */
typedef struct {
    smp_state state; /* SMP_ANY: in every state of the table */
    smp_input_kind input;
    uint8_t opcode;
    uint8_t len;
    smp_handler *handler;
    uint32_t may_go; /* SMP_TO() bits; FAILED is always allowed */
} smp_row;

#define SMP_RX(name, length) SMP_IN_PDU, KITH_SMP_##name, length
#define SMP_ON(name)         SMP_IN_##name, 0, 0
#define SMP_TO(state)        (1u << SMP_##state)
#define SMP_TO_PHASE_3       (SMP_TO(KEYS_IRK) | SMP_TO(KEYS_CSRK) | SMP_TO(KEYS_ACK) | SMP_TO(COMMIT) | SMP_TO(DONE))
#define SMP_TO_METHOD        0x40000000u /* where the method chosen begins */
#define SMP_STAY             0x80000000u /* whatever state it was */

typedef struct {
    const smp_row *rows;
    size_t count;
} smp_table;

struct kith_method {
    kith_method_kind kind;
    bool secure_connections;
    bool initiator;
    smp_handler *begin;             /* runs when phase 1 is done */
    uint32_t begin_to;              /* and goes there: SMP_TO() bits */
    const smp_table *const *tables; /* its own, then shared ones; ends with NULL */
};

struct smp_session {
    smp_state state;
    bool initiator;
    bool window;         /* admitted by the pairing window */
    bool asked_for;      /* by a local call, a person's consent, or what the program said of this link */
    bool by_peer;        /* the peer began it */
    bool class_given;    /* else the class is that of the bond whose place it takes */
    uint8_t peer_class;  /* given by the window, or with the consent */
    uint8_t asked_level; /* kith_level, by a call of ours: no answer requires less; 0: by none */
    uint8_t asked_key_size;
    bool consent_needed; /* set by the host before the first step */
    uint32_t at_stake; /* kith_peer_id of the bond that the peer claimed when it was admitted, and no other; 0: none */
    kith_level stake_level; /* what that bond is worth: nothing weaker takes its place */
    uint8_t stake_key_size;
    bool stake_sc;
    bool own_key_ready, dhkey_ready, acknowledged;
    bool key_was_missing; /* WAIT_REQUEST: the central asked for a key that we do not have */
    bool dead_link;       /* 30 s timer ran out: no more SMP on this connection */
    uint32_t commit_peer; /* whose bond that person was asked about */
    bool is_forgotten;    /* the bond it was to take the place of, or of its peer, was forgotten: no bond comes of it */
    bool commit_asked;    /* COMMIT: a person is asked whether the new bond may take the old one's place */
    bool has_oob_sc, has_oob_tk, oob_secure; /* the peer's out of band data was given */
    bool uses_local_oob;                     /* it holds our own out of band data */
    bool tk_used;                            /* legacy: the peer has seen something that was made with the TK */
    kith_passkey_form passkey_form;
    uint8_t round; /* SC Passkey Entry: 0 to 19 */
    uint8_t keypress;
    const kith_method *method;
    kith_security policy; /* as it was when the pairing began, or as the program answered */
    const smp_environment *env;
    const smp_identity *mine; /* that the link was made under */
    kith_level required_level;
    kith_address my_address, peer_address;  /* as used on air: what f5 and f6 want */
    uint8_t request[7], response[7];        /* as sent and received */
    uint8_t my_public[64], peer_public[64]; /* wire order: X then Y */
    uint8_t send_keys, take_keys;           /* KITH_KEY_*, still to do */
    bool has_identity;
    kith_address peer_identity;
    uint32_t number;      /* to compare, 0 to 999999 */
    uint64_t sent_us;     /* our last PDU, or the beginning: what both timers count from */
    uint64_t deadline_us; /* of the 30 s timer, or of a person */
    kith_verdict verdict;
    smp_secrets secrets;
};

enum { SMP_TIMEOUT_US = 30000000, SMP_ANSWER_US = 25000000 };

/* Prepares a free slot.  Who we and the peer are is filled in by the caller: mine, my_address, peer_address. */
void smp_open(smp_session *s, bool initiator, const kith_security *policy, const smp_environment *env,
              kith_level required_level);

/* One input.  The outbox is emptied first.  After it, look at s->state: DONE and FAILED are the ends, told in
 * s->verdict; then smp_close(). */
void smp_step(smp_session *s, const smp_input *in, uint64_t now_us, smp_outbox *out);

/* SMP_OUT_COMMIT is answered by a person, who has time until s->deadline_us. */
void smp_ask_commit(smp_session *s, uint32_t at_stake);

/* A PDU of this pairing went out besides its steps: both timers begin anew. */
void smp_note_sent(smp_session *s, uint64_t now_us);

/* May a person still call it off?  Not while the link is being encrypted or keys go to and fro. */
bool smp_may_cancel(const smp_session *s);

/* The deadline passed. */
void smp_expire(smp_session *s, uint64_t now_us, smp_outbox *out);

/* Ends it without a PDU (the link is lost, the controller refused). */
void smp_abandon(smp_session *s, kith_why why, kith_ender ender, kith_hci_status hci_status);

/* Wipes everything and frees the slot. */
void smp_close(smp_session *s);

bool smp_is_open(const smp_session *s);

/* For handlers. */
smp_state smp_fail(smp_session *s, smp_outbox *out, kith_smp_reason reason, kith_why why);
smp_state smp_fail_status(smp_session *s, smp_outbox *out, kith_status status); /* entropy or crypto */
void smp_send(smp_outbox *out, uint8_t opcode, const uint8_t *value, size_t len);
const uint8_t *smp_value(const smp_input *in); /* what follows the opcode */
const kith_address *smp_initiator_address(const smp_session *s);
const kith_address *smp_responder_address(const smp_session *s);

/* Phase 1 (features.c): what we offer, and what comes of both offers. */
void smp_offer(const smp_session *s, kith_pairing_features *mine);
void smp_offer_response(smp_session *s); /* knowing the request: into s->verdict.my_features */
/* Chooses the method and key sets from both feature sets; fails where the result would not do. */
smp_state smp_agree(smp_session *s, smp_outbox *out);

/* Features are agreed upon.  Nothing less than an authenticated key will do: it is required, or our identity key was
 * promised and is for the authenticated alone. */
bool smp_needs_mitm(const smp_session *s);

/* It begins: with the settings that it will run by. */
void smp_tell_start(smp_outbox *out);

/* How to pair, where the program is asked (parameters.c); false, and the session has failed. */
bool smp_take_parameters(smp_session *s, const smp_input *in, smp_outbox *out);
/* Can these settings give what a call of ours asked for? */
bool smp_lets_require(const smp_session *s, const kith_security *answer);

/* A person answered; false, and the session has failed. */
bool smp_has_consent(smp_session *s, const smp_input *in, smp_outbox *out);

/* Out of band data of the peer, before features are exchanged (oob.c). */
bool smp_asks_for_oob(const smp_session *s);
void smp_keep_oob(smp_session *s, const kith_oob_data *data);
bool smp_offers_oob(const smp_session *s);
/* OOB would be chosen: is all of it there? */
bool smp_has_oob(const smp_session *s, bool secure_connections);
/* It was, and is there: takes hold of our own data where the peer has it. */
void smp_claim_oob(smp_session *s);
bool smp_oob_is_secure(const smp_session *s);

/* Passkey Entry (passkey.c): shows ours, or asks for theirs. */
bool smp_shows_passkey(const smp_session *s);
kith_status smp_begin_passkey(smp_session *s, smp_outbox *out);
void smp_keep_passkey(smp_session *s, const smp_input *in);
smp_state smp_on_keypress(smp_session *s, const smp_input *in, smp_outbox *out);
bool smp_wants_keypress(const smp_session *s); /* both sides do */

/* Responder, all checks done: the central may encrypt with the key of this pairing, asked for with zeros. */
smp_state smp_on_ltk_request(smp_session *s, const smp_input *in, smp_outbox *out);

/* Encryption came of the key of this pairing, or did not: phase 3, or the end. */
smp_state smp_on_encrypted(smp_session *s, const smp_input *in, smp_outbox *out);

/* Vol 3 Part H 2.4.4: a shorter key keeps its least significant octets. */
void smp_shorten(uint8_t key[16], uint8_t size);

/* Phase 3 (key_distribution.c). */
smp_state smp_begin_keys(smp_session *s, smp_outbox *out);

extern const smp_table smp_phase1_initiator, smp_phase1_responder, smp_keys, smp_legacy_keys;

#endif
