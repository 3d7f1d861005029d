/* Pairing, encryption and bonds.  Core Vol 3 Part H; security levels Vol 3 Part C 10.2. */
#ifndef KITH_SECURITY_H
#define KITH_SECURITY_H

#include "kith/event.h"

struct kith_host;

/* A pairing method for one role: its tables.  A program names those it wants, and links no other. */
typedef struct kith_method kith_method;
extern const kith_method kith_sc_just_works_initiator;
extern const kith_method kith_sc_just_works_responder;
extern const kith_method kith_sc_numeric_comparison_initiator;
extern const kith_method kith_sc_numeric_comparison_responder;
extern const kith_method kith_sc_passkey_initiator;
extern const kith_method kith_sc_passkey_responder;
extern const kith_method kith_sc_oob_initiator;
extern const kith_method kith_sc_oob_responder;
extern const kith_method kith_legacy_just_works_initiator;
extern const kith_method kith_legacy_just_works_responder;
extern const kith_method kith_legacy_passkey_initiator;
extern const kith_method kith_legacy_passkey_responder;
extern const kith_method kith_legacy_oob_initiator;
extern const kith_method kith_legacy_oob_responder;

/* All of them; those of Secure Connections. */
extern const kith_method *const kith_all_methods[];
extern const kith_method *const kith_sc_methods[];

typedef enum {
    KITH_PAIRING_CLOSED, /* refused with Pairing Not Supported, outside a window */
    KITH_PAIRING_ASK     /* KITH_EVENT_CONSENT_WANTED, outside a window */
} kith_pairing_policy;

/* How long a peer that failed to pair must wait before it may try again, as it asks or as we do.  Counted per identity:
 * that of the bond which its address names, else the address on air.  The first failure costs first_ms, each further
 * one doubles the wait up to longest_ms.  Meanwhile the peer is told Repeated Attempts and our own calls answer
 * KITH_ERR_BACKOFF.  Encryption with a bond is never limited.
 *
 * Failures that count are those that the peer, or somebody between, can bring about once features are exchanged: values
 * that do not match, keys that are none, messages out of place, Pairing Failed while it proves itself whatever reason
 * it gives, and leaving or silence there where a passkey or a number could be guessed.  Refusals before that, a no of
 * our own person and our own faults do not; nor does being told to wait, or whoever speaks under a peer's address could
 * keep that peer out for ever at no cost.
 *
 * In total, whatever the addresses: after three wrong passkeys there is one more in 10 s.  That holds for what this
 * program begins by itself, outside a window; an open window or a person's consent passes it.
 *
 * Eight identities at once are kept, in memory alone, so that no stranger wears the store out: when the power goes, or
 * with kith_host_init(), every wait and the total are forgotten.  Not so when the controller is lost and started again.
 */
typedef struct {
    uint32_t first_ms;   /* 0 is a weakening: nobody ever waits; default 4000 */
    uint32_t longest_ms; /* first_ms to 24 hours; default 64000 */
    uint32_t forget_ms;  /* once a wait is over, one doubling is forgotten per so long; at least 1; default 10000 */
} kith_backoff;

/* What happens when a stranger wants to bond and there is no place left. */
typedef enum {
    KITH_FULL_REFUSE, /* refused before anything is shown; default */
    KITH_FULL_ASK     /* where somebody may go for it ROOM_WANTED asks, once it is proven: kith_peers_make_room() */
} kith_full;

/* How this device pairs.  What each option weakens: docs/security-policy.md. */
typedef struct {
    const kith_method *const *methods; /* which may be used; ends with NULL; may be NULL: no pairing at all */
    kith_io_capability io;             /* default NoInputNoOutput */
    kith_level required_level;         /* minimum result; default KITH_LEVEL_ENCRYPTED */
    bool ask_mitm; /* ask for an authenticated key where inputs and outputs, or out of band data, allow one, required or
                      not; default false */
    bool ask_oob;  /* KITH_EVENT_OOB_WANTED before features are exchanged; default false */
    bool bonding;  /* default true: needs a store; false: non-bondable mode */
    bool bonding_required; /* a peer that would not bond is refused in phase 1; not without bonding; default false */
    bool sc_only;          /* Secure Connections Only mode, Vol 3 Part C 10.2.4: level 4 or nothing, with bonds too */
    bool keypress;         /* tell and be told of keys pressed while a passkey is typed; default false */
    /* Signed writes, ours and peers', where signing keys were exchanged (KITH_KEY_SIGN); default false.  Anybody can
     * read them; Core 6.3 has removed them; nothing of it with sc_only.  With the volatile store the counters are in
     * memory, and a restart forgets the bonds with them. */
    bool signing;
    bool identity_needs_mitm;   /* our identity key goes only to who is authenticated; default false */
    uint8_t min_key_size;       /* 7..16, default 16; below 16: a relay may shorten keys that far */
    uint8_t max_key_size;       /* min_key_size..16, default 16 */
    uint8_t initiator_keys;     /* KITH_KEY_ENC, _ID, _SIGN: offered as initiator, accepted as responder */
    uint8_t responder_keys;     /* the other way round; default KITH_KEY_ENC and KITH_KEY_ID both (ENC: legacy alone) */
    kith_pairing_policy policy; /* default closed */
    uint32_t exclusive_classes; /* bit n: at most one bond of class n, 1 to 31 */
    const kith_address *blocked; /* never paired with, by address on air or identity; the program's; may be NULL */
    size_t blocked_count;
    kith_backoff backoff; /* waits after failed pairings */
    kith_full when_full;
    bool ask_parameters; /* SECURITY_WANTED asks for each pairing how to pair on that link: kith_security_answer();
                            default false */

    /* Weakenings, all off by default. */
    bool legacy;          /* LE legacy pairing is allowed where the peer has nothing better */
    bool before_core_6_2; /* legacy Passkey Entry counts as protected against a man in the middle */
    bool debug_keys;      /* peers may use the published debug key: anybody can listen; such bonds are not kept */
    bool insecure_fixed_passkey; /* where we show a passkey it is this one; its keys count as unauthenticated */
    uint32_t fixed_passkey;      /* 0 to 999999 */
} kith_security;

/* From now on: pairings that begin later.  Bonds and links are as they are.  NULL: no pairing at all, Pairing Not
 * Supported to everybody; bonds encrypt as before.
 * KITH_ERR_VALUE: as kith_host_init() would say; nothing was changed. */
KITH_MUST_USE kith_status kith_security_set(struct kith_host *h, const kith_security *security);

/* Opens the pairing window: requests that arrive within duration_ms are answered without asking.
 * It closes after one success, three failures that the peer caused, its time, or kith_pairing_close().
 * A pairing begun inside may end after it.
 * KITH_ERR_VALUE: 0 or above 24 hours. */
KITH_MUST_USE kith_status kith_pairing_open(struct kith_host *h, uint32_t duration_ms);
/* The same; whoever pairs by it is of this class, 1 to 31 (0: of none): "partner", "phone", as the program likes.  The
 * class is kept with the bond.  Where another peer has an exclusive class already, nobody is admitted to it.
 * KITH_ERR_VALUE: class above 31 too. */
KITH_MUST_USE kith_status kith_pairing_open_as(struct kith_host *h, uint32_t duration_ms, uint8_t peer_class);
void kith_pairing_close(struct kith_host *h);
bool kith_pairing_is_open(const struct kith_host *h);

/* ---- answers to people's questions ----
 *
 * An answer counts once the program has taken the event that asks (kith_host_next_event()); until then it is
 * KITH_ERR_STATE.  So what somebody says to a pairing that failed does not reach the next one on that link. */

/* Answers KITH_EVENT_CONSENT_WANTED.
 * KITH_ERR_STATE: nothing was asked on this link (any more); KITH_ERR_NOT_FOUND: no such link;
 * KITH_ERR_FULL: events must be taken first; nothing was changed. */
KITH_MUST_USE kith_status kith_pairing_consent(struct kith_host *h, kith_link link, bool yes);

/* Consents, to a peer of this class.
 * KITH_ERR_FULL: another peer has that exclusive class, or as above; KITH_ERR_VALUE: class above 31.  With an error
 * nothing was changed: the question stands. */
KITH_MUST_USE kith_status kith_pairing_consent_as(struct kith_host *h, kith_link link, uint8_t peer_class);

typedef enum {
    KITH_NUMBERS_DIFFER, /* a person says so, or does not know: Numeric Comparison Failed */
    KITH_NUMBERS_EQUAL,  /* a person saw the same number on both devices */
    KITH_NUMBERS_UNSEEN  /* insecure: nobody looked; the key is an unauthenticated one, verdict and bond say so */
} kith_comparison;

/* Answers KITH_EVENT_COMPARISON_WANTED.
 * KITH_ERR_STATE: nothing is compared on this link (any more); KITH_ERR_NOT_FOUND: no such link;
 * KITH_ERR_VALUE: not one of the three, or UNSEEN where an authenticated key is required, or identity_needs_mitm and
 * our identity key goes to this peer; KITH_ERR_FULL: events must be taken first.  With an error nothing was changed.
 *
 * Vol 3 Part H 2.3.5.6.2.   Tests: SM/CEN/SCJW/BV-01-C, SM/PER/SCJW/BV-02-C, SM/CEN/SCJW/BI-01-C. */
KITH_MUST_USE kith_status kith_pairing_compare(struct kith_host *h, kith_link link, kith_comparison answer);

/* Answers KITH_EVENT_PASSKEY_WANTED, as the user typed it.
 * KITH_ERR_STATE: nothing is typed on this link (any more); KITH_ERR_NOT_FOUND: no such link; KITH_ERR_VALUE: above
 * 999999; KITH_ERR_FULL: events must be taken first.  With an error nothing was changed.
 *
 * Vol 3 Part H 2.3.5.6.3, 2.3.5.3.   Tests: SM/CEN/SCPK/BV-01-C, SM/PER/SCPK/BV-02-C, SM/CEN/PKE/BV-01-C. */
KITH_MUST_USE kith_status kith_pairing_passkey(struct kith_host *h, kith_link link, uint32_t passkey);

/* Tells the peer, which shows the passkey, what our user does with the keys; the 25 seconds begin anew.
 * KITH_ERR_STATE: no passkey is being typed, or one of the two sides does not want to hear of it; KITH_ERR_NOT_FOUND:
 * no such link; KITH_ERR_VALUE: not a kith_keypress; KITH_ERR_FULL: the controller must take packets first.
 * Vol 3 Part H 3.5.8. */
KITH_MUST_USE kith_status kith_pairing_keypress(struct kith_host *h, kith_link link, kith_keypress key);

/* A person gives up: the pairing under way ends with Passkey Entry Failed while a passkey is typed, Numeric Comparison
 * Failed while numbers are compared, else Unspecified Reason.
 * KITH_ERR_STATE: no pairing, or it is too far to be stopped (the link is being encrypted); KITH_ERR_NOT_FOUND: no such
 * link; KITH_ERR_FULL: events must be taken first. */
KITH_MUST_USE kith_status kith_pairing_cancel(struct kith_host *h, kith_link link);

/* Makes the link at least this secure, and never less than the configuration requires: by what stands, else with
 * the bond, else by pairing.  As peripheral it asks the central with a Security Request.  Ends once, in PAIRED,
 * PAIRING_FAILED, ENCRYPTED or ENCRYPTION_FAILED.
 *
 * Where the address names a bond that this side has no key of, or that is not good enough as it is, pairing anew is
 * asked about first (CONSENT_WANTED with .again), unless a window is open; kith_security_pair() asks nobody.  As
 * peripheral, a Pairing Request is admitted by what is true when it comes, window and classes too.
 *
 * KITH_ERR_BUSY         a pairing or encryption is under way on this link: its end will come; this call has none;
 *                       or this peer's bond is being written to the store: wait for BONDED or BOND_FAILED
 * KITH_ERR_FULL         no session or no room for a bond is free, or events must be taken first
 * KITH_ERR_STATE        an SMP timeout ended security on this connection, it is excluded, or being disconnected
 * KITH_ERR_BACKOFF      it would pair, and that failed too often lately: kith_pairing_wait_us()
 * KITH_ERR_UNSUPPORTED  no method for this role is configured
 * KITH_ERR_VALUE        level outside 2..4
 * KITH_ERR_NOT_FOUND    no such link
 *
 * Vol 3 Part C 10.3.2.  Tests: SM/CEN/SCJW/BV-01-C, SM/PER/PIS/BV-01-C, SM/PER/PIS/BV-02-C. */
KITH_MUST_USE kith_status kith_security_secure(struct kith_host *h, kith_link link, kith_level level);

/* The same, with a key of at least key_size octets (0: as configured). */
KITH_MUST_USE kith_status kith_security_secure_with(struct kith_host *h, kith_link link, kith_level level,
                                                    uint8_t key_size);

/* Pairs anew although a bond may stand (the peer lost its keys): as kith_security_secure(), but never by what stands
 * nor by the bond.  The old bond stays as it is until the new one is durable, and is not replaced by a weaker one.
 * As peripheral it asks the central, which may encrypt with its bond instead; that is then the end.
 * Errors: those of kith_security_secure(). */
KITH_MUST_USE kith_status kith_security_pair(struct kith_host *h, kith_link link, kith_level level);

/* How long the two above answer KITH_ERR_BACKOFF on this link, as of the last time told to the host; 0: they don't (or
 * no such link).  When a wait is over kith_host_deadline() asks for the time, so that this and those calls know. */
uint64_t kith_pairing_wait_us(const struct kith_host *h, kith_link link);

/* What protects the link now.  KITH_ERR_NOT_FOUND: no such link. */
KITH_MUST_USE kith_status kith_security_of(const struct kith_host *h, kith_link link, kith_event_security *out);

/* Is what protects the link now enough?  bonded: it must be encrypted with a bond's key, too.  false with every error:
 * no such link, a level or size that there is not. */
bool kith_security_is_enough(const struct kith_host *h, kith_link link, kith_level level, uint8_t key_size,
                             bool bonded);

/* ---- one link ---- */

/* Answers SECURITY_WANTED: how to pair on this link, this once.  NULL, or no method for our role: not at all, Pairing
 * Not Supported.  The settings are copied; the methods they point to must stay until this pairing has ended.
 *
 * What the answer does not change is the host's: who is admitted (policy, blocked, exclusive_classes, backoff,
 * when_full, ask_parameters) and sc_only.  Where a call of ours began the pairing, its level and key size stay the
 * least that may come of it.
 *
 * KITH_ERR_STATE: nothing was asked on this link (any more); KITH_ERR_NOT_FOUND: no such link; KITH_ERR_VALUE: as
 * kith_security_set(), or max_key_size is below what our call asked for; KITH_ERR_FULL: events must be taken first.
 * With an error nothing was changed: the question stands. */
KITH_MUST_USE kith_status kith_security_answer(struct kith_host *h, kith_link link, const kith_security *security);

/* Leaves this link alone until its end: nothing is paired or encrypted on it.  A Pairing Request is answered with
 * Pairing Not Supported, a Security Request not at all, a key is not given, our own calls are KITH_ERR_STATE, and no
 * bond is claimed for it, so that the peer is to our attributes and to our client what a stranger is.  Refusals are
 * told (KITH_WHY_LINK_EXCLUDED). KITH_ERR_NOT_FOUND: no such link; KITH_ERR_STATE: something is under way, or it is
 * encrypted. */
KITH_MUST_USE kith_status kith_security_exclude(struct kith_host *h, kith_link link);

/* What becomes of a bonded peer that wants to pair anew on this link, outside of a window. */
typedef enum {
    KITH_REPAIRING_ASK,    /* CONSENT_WANTED with .again; default */
    KITH_REPAIRING_REFUSE, /* Pairing Not Supported, and nobody is asked; Key Rejected where it shows at the end only */
    KITH_REPAIRING_ALLOW   /* as in an open window: never with a weaker result.  A stranger is admitted as before */
} kith_repairing;

/* Answers for the program wherever a bond would be replaced and CONSENT_WANTED with .again asked: a peer that pairs
 * anew, a call of ours that would pair where the bond is not proven, and who turns out to be bonded once it gives its
 * identity.  kith_security_pair() as central is an answer of its own.  For this link until its end, from the next
 * question on.
 *
 * A yes is for the peer whose bond it is.  Whoever comes under its address and gives an identity that has no bond is a
 * stranger that nobody let in, and is refused at the end (KITH_WHY_REPAIRING_REFUSED); so is one that a person
 * allowed to pair anew where the policy is closed.
 *
 * KITH_ERR_NOT_FOUND: no such link; KITH_ERR_VALUE. */
KITH_MUST_USE kith_status kith_security_set_repairing(struct kith_host *h, kith_link link, kith_repairing repairing);

/* ---- the profile ---- */

/* Combinations that make no sense for a product, though the specification knows them.  kith_security_set() refuses only
 * what is impossible. */
typedef enum {
    KITH_PROFILE_SOUND,
    KITH_PROFILE_IO_UNKNOWN,           /* io is none that there is */
    KITH_PROFILE_OOB_WITHOUT_MITM,     /* out of band data is asked for, and nobody in the middle kept out */
    KITH_PROFILE_MITM_WITHOUT_IO,      /* authenticated keys are wanted of a device without inputs, outputs and data */
    KITH_PROFILE_KEY_SIZES,            /* below 7, above 16, or the smallest above the largest */
    KITH_PROFILE_KEYS_WITHOUT_BONDING, /* keys are exchanged that nobody keeps */
    KITH_PROFILE_BONDING_WITHOUT_KEYS, /* neither ENC nor ID on either side: nobody could find the bond again */
    KITH_PROFILE_NO_METHOD             /* no method for what it asks for is there */
} kith_profile_fault;

/* The first that is wrong.  NULL, no pairing at all, is sound. */
kith_profile_fault kith_security_profile(const kith_security *security);
const char *kith_profile_fault_name(kith_profile_fault fault); /* "mitm-without-io"; never NULL */
const char *kith_profile_fault_text(kith_profile_fault fault); /* a sentence; never NULL */

#endif
