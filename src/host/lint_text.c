/* What kith/lint.h finds, in words. */
#include "kith/lint.h"

typedef struct {
    kith_lint_severity severity;
    const char *name, *sentence;
} rule_text;

static const rule_text rules[KITH_LINT_RULE_COUNT] = {
    [KITH_LINT_TABLE_REFUSED] = {KITH_LINT_ERROR, "table-refused",
                                 "This is no table that a host takes: see kith/gatt.h for what goes together."},
    [KITH_LINT_CHANGES_UNTOLD] = {KITH_LINT_ERROR, "changes-untold",
                                  "Services may come and go, and nobody can subscribe to Service Changed: clients will "
                                  "use handles that are others' by then. Set limits.subscriptions."},
    [KITH_LINT_UPDATES_UNTOLD] = {KITH_LINT_WARNING, "updates-untold",
                                  "A later firmware may have another table, and nobody can subscribe to Service "
                                  "Changed: bonded clients will go on with handles of the old one. Set "
                                  "limits.subscriptions."},
    [KITH_LINT_FEW_SUBSCRIPTIONS] = {KITH_LINT_WARNING, "few-subscriptions",
                                     "One client cannot subscribe to all values that tell, and to Service Changed: "
                                     "raise limits.subscriptions."},
    [KITH_LINT_SECONDARY_ALONE] = {KITH_LINT_WARNING, "secondary-alone",
                                   "Nobody includes this secondary service: clients do not find it."},
    [KITH_LINT_PAIRING_UNREACHABLE] = {KITH_LINT_ERROR, "pairing-unreachable",
                                       "Nobody can pair: no method of this device, with its input and output, reaches "
                                       "the level that it requires."},
    [KITH_LINT_DEBUG_KEYS] = {KITH_LINT_WARNING, "debug-keys",
                              "Peers may use the published debug key: anybody can read such links."},
    [KITH_LINT_PRIVATE_ONLY_SHOWN] = {KITH_LINT_ERROR, "private-only-shown",
                                      "Peers are told that this device shows nothing but resolvable private addresses, "
                                      "and it shows others. Set privacy, or leave gap.private_only out."},
    [KITH_LINT_HIDDEN_FROM_PEERS] = {KITH_LINT_WARNING, "hidden-from-peers",
                                     "This device hides, and does not give bonded peers its identity resolving key: to "
                                     "them it is a stranger each time. Add KITH_KEY_ID to initiator_keys and "
                                     "responder_keys."},
    [KITH_LINT_LEVEL_UNREACHABLE] = {KITH_LINT_ERROR, "level-unreachable",
                                     "Nobody can reach this level: not by the methods, the input and output, and the "
                                     "key sizes of this device. The value is closed to all."},
    [KITH_LINT_NEEDS_OOB] = {KITH_LINT_WARNING, "needs-oob",
                             "Only out of band data reaches this level, and the device does not ask for any: it must "
                             "give its own to peers (kith_oob_make), or set ask_oob."},
    [KITH_LINT_MITM_NOT_ASKED] = {KITH_LINT_WARNING, "mitm-not-asked",
                                  "Values want an authenticated link, and pairing does not ask for one: most peers "
                                  "will be bonded by Just Works and then be refused. Set ask_mitm or required_level."},
    [KITH_LINT_KEY_SIZE_UNREACHABLE] = {KITH_LINT_ERROR, "key-size-unreachable",
                                        "The key that this asks for is longer than this device makes (max_key_size). "
                                        "The value is closed to all."},
    [KITH_LINT_KEY_SIZE_IDLE] = {KITH_LINT_WARNING, "key-size-idle",
                                 "A key size is stated, and nothing here asks for encryption: it guards nothing."},
    [KITH_LINT_SIGNED_UNREACHABLE] = {KITH_LINT_ERROR, "signed-unreachable",
                                      "Nobody can write this signed: that needs signing, bonds, KITH_KEY_SIGN among "
                                      "the keys that peers give, and pairing that reaches the level of the bond."},
    [KITH_LINT_SIGNED_IN_PLAIN] = {KITH_LINT_WARNING, "signed-in-plain",
                                   "Signed writes go over plain links: everybody can read there what only encrypted "
                                   "links may read here."},
    [KITH_LINT_COMMAND_UNANSWERED] = {KITH_LINT_ERROR, "command-unanswered",
                                      "A write without response, signed or not, cannot wait for authorization: none "
                                      "will ever be let through, though the properties promise it."},
    [KITH_LINT_AUTHORIZED_UNQUEUED] = {KITH_LINT_ERROR, "authorized-unqueued",
                                       "A request that waits for authorization needs room, and limits.queue is 0: all "
                                       "will be refused."},
    [KITH_LINT_WRITE_OPEN] = {KITH_LINT_WARNING, "write-open",
                              "Anybody in range may write this, without pairing: the device's name, or a value in "
                              "a service that guards others."},
    [KITH_LINT_LONG_WRITE] = {KITH_LINT_WARNING, "long-write",
                              "A value this long does not fit into one write at limits.mtu, nor prepared into "
                              "limits.queue (6 octets more)."},
    [KITH_LINT_NOTIFY_BELOW_READ] = {KITH_LINT_ERROR, "notify-below-read",
                                     "The value is told to links that may not read it: notifications ask for less "
                                     "than reading."},
    [KITH_LINT_NOTIFY_BELOW_WRITE] = {KITH_LINT_WARNING, "notify-below-write",
                                      "The value cannot be read, and is told to links that may not write it."},
    [KITH_LINT_NOTIFY_UNSTATED] = {KITH_LINT_WARNING, "notify-unstated",
                                   "Nothing says who may be told of this value, so everybody in range is. State an "
                                   "open notify permission where that is meant."},
    [KITH_LINT_NOTIFY_UNSUBSCRIBABLE] = {KITH_LINT_ERROR, "notify-unsubscribable",
                                         "The properties promise to tell of this value, and limits.subscriptions is 0: "
                                         "nobody can ask for it."},
    [KITH_LINT_ID_HIDDEN] = {KITH_LINT_ERROR, "id-hidden",
                             "A characteristic before this one has the same id, and kith_gatt_notify() finds that "
                             "one."},
};

static const rule_text unknown = {KITH_LINT_ERROR, "unknown", "unknown"};

static const rule_text *text_of(kith_lint_rule rule)
{
    return (unsigned)rule < KITH_LINT_RULE_COUNT ? &rules[rule] : &unknown;
}

const char *kith_lint_name(kith_lint_rule rule)
{
    return text_of(rule)->name;
}

const char *kith_lint_sentence(kith_lint_rule rule)
{
    return text_of(rule)->sentence;
}

kith_lint_severity kith_lint_severity_of(kith_lint_rule rule)
{
    return text_of(rule)->severity;
}
