/* The verdict: how a pairing, an encryption or a bond ended, and why.
 *
 * Every such procedure ends in exactly one, whoever ended it.  kith_verdict_describe() turns it into
 * one plain sentence with a hint. */
#ifndef KITH_VERDICT_H
#define KITH_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "kith/codec/smp.h"
#include "kith/status.h"

typedef enum { KITH_ATTEMPT_PAIRING, KITH_ATTEMPT_ENCRYPTION, KITH_ATTEMPT_BOND } kith_attempt;

/* The last phase that was entered.  Core Vol 3 Part H 2.1 */
typedef enum {
    KITH_PHASE_REQUEST,        /* asked for; nothing heard yet */
    KITH_PHASE_FEATURES,       /* phase 1 */
    KITH_PHASE_PUBLIC_KEYS,    /* phase 2, public key exchange */
    KITH_PHASE_AUTHENTICATION, /* phase 2, authentication stage 1 */
    KITH_PHASE_DHKEY_CHECKS,   /* phase 2, authentication stage 2 */
    KITH_PHASE_ENCRYPTION,     /* the link layer starts encryption */
    KITH_PHASE_KEYS,           /* phase 3, key distribution */
    KITH_PHASE_DONE
} kith_phase;

typedef enum {
    KITH_ENDED_WELL, /* nobody cut it short */
    KITH_ENDED_BY_US,
    KITH_ENDED_BY_PEER,
    KITH_ENDED_BY_CONTROLLER,
    KITH_ENDED_BY_USER,
    KITH_ENDED_BY_TIMEOUT,
    KITH_ENDED_BY_LINK /* disconnected; hci_status tells why */
} kith_ender;

typedef enum {
    KITH_METHOD_NONE,
    KITH_METHOD_JUST_WORKS,
    KITH_METHOD_NUMERIC_COMPARISON,
    KITH_METHOD_PASSKEY,
    KITH_METHOD_OOB
} kith_method_kind;

/* Security mode 1 levels.  Core Vol 3 Part C 10.2.1 */
typedef enum {
    KITH_LEVEL_NONE = 1,
    KITH_LEVEL_ENCRYPTED = 2, /* unauthenticated: no protection against a man in the middle while pairing */
    KITH_LEVEL_AUTHENTICATED = 3,
    KITH_LEVEL_SC_AUTHENTICATED = 4 /* Secure Connections, authenticated, 16-octet key */
} kith_level;

typedef enum { KITH_KEY_KIND_NONE, KITH_KEY_KIND_SC, KITH_KEY_KIND_LEGACY } kith_key_kind;

/* Every outcome: identifier, name for people and scripts, sentence, hint. */
#define KITH_WHY_TABLE(X)                                                                                              \
    X(PAIRED, "paired", "Paired: the link is encrypted with a new key.", "")                                           \
    X(ENCRYPTED, "encrypted", "Encrypted with the key of the stored bond.", "")                                        \
    X(ALREADY_SECURE, "already-secure", "The link already has the security asked for.", "")                            \
    X(BONDED, "bonded", "The bond is stored.", "")                                                                     \
    X(PAIRING_CLOSED, "pairing-closed", "Pairing is closed on this device.",                                           \
      "open a pairing window on it, or let a person give consent, and try again")                                      \
    X(CONSENT_REFUSED, "consent-refused", "A person refused to pair.", "")                                             \
    X(CONSENT_TIMEOUT, "consent-timeout", "Nobody answered the question whether to pair in time.",                     \
      "answer within 25 seconds")                                                                                      \
    X(PARAMETERS_REFUSED, "parameters-refused", "The program would not pair on this link.", "")                        \
    X(PARAMETERS_TIMEOUT, "parameters-timeout", "The program did not say in time how to pair on this link.",           \
      "answer SECURITY_WANTED within 25 seconds")                                                                      \
    X(LINK_EXCLUDED, "link-excluded", "The program keeps security off this link.", "")                                 \
    X(NUMBER_REFUSED, "number-refused", "Nobody confirmed that both devices show the same number.",                    \
      "if the two numbers differed, somebody is in the middle")                                                        \
    X(COMPARE_TIMEOUT, "compare-timeout", "Nobody answered in time whether the two numbers are the same.",             \
      "answer within 25 seconds")                                                                                      \
    X(PASSKEY_CANCELLED, "passkey-cancelled", "A person gave up typing the passkey.", "")                              \
    X(PASSKEY_TIMEOUT, "passkey-timeout", "Nobody typed the passkey in time.", "answer within 25 seconds")             \
    X(CANCELLED, "cancelled", "A person or the program called the pairing off.", "")                                   \
    X(OOB_MISSING, "oob-missing", "Out of band data is needed, and this side has none that fits.",                     \
      "exchange it (NFC, QR code) right before pairing; it is good for one pairing")                                   \
    X(REPAIRING_REFUSED, "repairing-refused", "The peer is bonded and asked to pair again, and nobody allowed it.",    \
      "the old bond is unchanged; if the peer lost its keys, open a pairing window or forget it first")                \
    X(NO_SESSION, "no-session", "Too many pairings at once.", "raise limits.pairings or wait for one to end")          \
    X(STORE_FAILED, "store-failed", "The bond could not be written to the store.",                                     \
      "the link is secure for now; what was stored before is unchanged")                                               \
    X(STORE_BUSY, "store-busy", "A bond with this peer is being written to the store just now.",                       \
      "try again in a moment")                                                                                         \
    X(STORE_FULL, "store-full", "There is no room for another bond.", "forget a peer first")                           \
    X(LEVEL_UNREACHABLE, "level-unreachable",                                                                          \
      "The two devices' inputs and outputs allow no method that protects against a man in the middle, and it is "      \
      "required.",                                                                                                     \
      "use a device with a display or keys on both sides, or lower the required level")                                \
    X(SC_REQUIRED, "sc-required", "The peer does not support LE Secure Connections, and it is required.",              \
      "allow legacy pairing only if a weaker key is acceptable")                                                       \
    X(PEER_BLOCKED, "peer-blocked", "This peer is on the list of those never paired with.", "")                        \
    X(CLASS_TAKEN, "class-taken", "Another peer has the place that this one would take.",                              \
      "only one peer of that class can be bonded; forget the other first")                                             \
    X(NOT_BONDING, "not-bonding", "The peer does not want to bond, and a bond is required.", "")                       \
    X(REPEATED_ATTEMPTS, "repeated-attempts", "It failed too often lately: pairing is refused for a while.",           \
      "wait, up to 64 seconds, and try again")                                                                         \
    X(METHOD_LEFT_OUT, "method-left-out", "The method both devices would use is not built into this program.",         \
      "add its method table to the configuration")                                                                     \
    X(KEY_SIZE, "key-size", "The peer's largest encryption key is shorter than the smallest allowed here.",            \
      "a relay may have shortened it; allow shorter keys only for old devices")                                        \
    X(BAD_PARAMETERS, "bad-parameters", "The peer sent a value that the specification does not allow.", "")            \
    X(BAD_LENGTH, "bad-length", "The peer sent a security message of the wrong length.", "")                           \
    X(OUT_OF_ORDER, "out-of-order", "The peer sent a security message that has no place in this step.", "")            \
    X(PUBLIC_KEY_INVALID, "public-key-invalid", "The peer's public key is not a point of the curve.",                  \
      "this is an attack or a broken device")                                                                          \
    X(PUBLIC_KEY_REFLECTED, "public-key-reflected", "The peer sent our own public key back.", "this is an attack")     \
    X(DEBUG_KEY, "debug-key", "The peer uses the published debug key: anybody can listen.",                            \
      "switch debug mode off on the peer")                                                                             \
    X(CONFIRM_REFLECTED, "confirm-reflected", "The peer sent our own confirm value back.", "this is an attack")        \
    X(CONFIRM_MISMATCH, "confirm-mismatch", "The peer's random number does not match what it committed to.",           \
      "somebody may be in the middle; try again")                                                                      \
    X(CHECK_MISMATCH, "check-mismatch", "The peer's DHKey check is wrong: the two sides do not share a key.",          \
      "somebody may be in the middle; try again")                                                                      \
    X(LTK_TOO_EARLY, "ltk-too-early", "The peer tried to encrypt before the checks were done.",                        \
      "this is an attack or a broken device")                                                                          \
    X(KEYS_TOO_EARLY, "keys-too-early", "The peer sent keys over a link that is not encrypted.", "nothing was stored") \
    X(KEY_KNOWN, "key-known", "The peer gave a key that everybody knows.", "nothing was stored")                       \
    X(BAD_IDENTITY, "bad-identity", "The peer's identity is not one a device may have.", "nothing was stored")         \
    X(PEER_FAILED, "peer-failed", "The peer ended the pairing.", "")                                                   \
    X(PEER_REFUSED, "peer-refused", "The other side refused: its user did, or it keeps an older bond with us.",        \
      "forget this device on the other side, and pair again")                                                          \
    X(SMP_TIMEOUT, "smp-timeout", "The peer did not answer for 30 seconds.",                                           \
      "no more pairing on this connection; connect again")                                                             \
    X(REQUEST_IGNORED, "request-ignored", "The central did not react to our Security Request for 30 seconds.",         \
      "it may have no key for us and pairing closed")                                                                  \
    X(NO_IDENTITY, "no-identity", "The peer uses a private address and gave no identity: it could not be recognised.", \
      "the link is secure, no bond was kept")                                                                          \
    X(LINK_LOST, "link-lost", "The connection ended before the procedure did.", "")                                    \
    X(ENTROPY, "no-entropy", "The random source failed or repeats itself.", "nothing secret was made from it")         \
    X(CRYPTO, "crypto-failed", "The cryptographic library failed.", "")                                                \
    X(CONTROLLER_REFUSED, "controller-refused", "The controller refused to start encryption.", "")                     \
    X(ENCRYPTION_TIMEOUT, "encryption-timeout", "The controller did not say for 45 seconds whether encryption is on.", \
      "the link was ended")                                                                                            \
    X(WE_HAVE_NO_KEY, "we-have-no-key", "The peer asked to encrypt with a key that we do not have.",                   \
      "it may hold a bond that was forgotten here, or be somebody else under its address")                             \
    X(PEER_SAYS_NO_KEY, "peer-says-no-key",                                                                            \
      "The peer says that it has no key for us. That is unproven: an impostor would say the same.",                    \
      "the bond here is unchanged; pair again only if you know that the peer was reset")                               \
    X(KEYS_DIFFER, "keys-differ", "The two sides used different keys; which side is wrong can't be told.",             \
      "the bond here is unchanged")                                                                                    \
    X(LINK_FAULT, "link-fault", "A message failed its integrity check on a link that worked.",                         \
      "no conclusion about the keys; connect again")                                                                   \
    X(WEAKER, "weaker-than-the-bond", "The new pairing would be weaker than the bond that stands.",                    \
      "the old bond is unchanged; forget the peer first if this is wanted")                                            \
    X(KEY_REJECTED, "key-rejected", "The peer rejected the keys.", "")                                                 \
    X(ENCRYPTION_LOST, "encryption-lost", "The controller says that encryption went off.", "")

#define KITH_WHY_ENUM(id, name, sentence, hint) KITH_WHY_##id,
typedef enum { KITH_WHY_TABLE(KITH_WHY_ENUM) KITH_WHY_COUNT } kith_why;

typedef struct {
    kith_attempt attempt;
    bool succeeded;
    kith_why why;
    kith_phase phase;
    kith_ender ended_by;
    bool we_are_initiator; /* of the pairing, or of the encryption */

    /* The code that ended it, in its own type; 0 where there was none. */
    kith_smp_reason smp_reason; /* sent or received in Pairing Failed, as ended_by says */
    kith_hci_status hci_status;
    kith_status status;

    bool features_known; /* both feature sets were exchanged (pairing only) */
    kith_pairing_features my_features;
    kith_pairing_features peer_features;

    /* What was run and what it achieved; NONE and 0 where it did not get so far. */
    kith_method_kind method;
    kith_level level;
    uint8_t key_size;
    kith_key_kind key_kind;
    bool bonded;         /* a bond came of it, or was used */
    bool numbers_unseen; /* Numeric Comparison that nobody looked at: an unauthenticated key */
    bool passkey_fixed;  /* the passkey shown was the configured one, the same each time: an unauthenticated key */
    bool oob_overheard;  /* out of band data came over a channel that is not secure: an unauthenticated key */
    bool debug_key;      /* the peer uses the published debug key: anybody can listen */
    bool irk_shared;     /* BONDED: another bond has the same identity resolving key; by a private address neither is
                            recognised, by its identity address each */
    uint8_t keys_sent;   /* KITH_KEY_* given to the peer */
    uint8_t keys_taken;  /* KITH_KEY_* taken from the peer */
} kith_verdict;

const char *kith_why_name(kith_why why);       /* "confirm-mismatch" */
const char *kith_phase_name(kith_phase phase); /* "public keys" */
const char *kith_ender_name(kith_ender ender);
const char *kith_method_name(kith_method_kind method);
const char *kith_level_name(kith_level level);

/* Writes the sentence, the code by name and the hint, cut at cap and closed with a zero.
 * Returns the length it needed without the zero.  A text of 400 octets holds every one. */
size_t kith_verdict_describe(const kith_verdict *verdict, char *text, size_t cap);

/* What a person does on a phone or computer that holds a bond which this device does not, or another one: where its
 * settings forget a device.  For those who know that it is their own: an impostor makes the same verdicts. */
typedef enum {
    KITH_SYSTEM_IOS,
    KITH_SYSTEM_ANDROID,
    KITH_SYSTEM_WINDOWS,
    KITH_SYSTEM_MACOS,
    KITH_SYSTEM_LINUX
} kith_system;

/* A sentence, for WE_HAVE_NO_KEY, PEER_SAYS_NO_KEY and KEYS_DIFFER; NULL: nothing to be done there. */
const char *kith_remedy_text(kith_why why, kith_system system);

#endif
