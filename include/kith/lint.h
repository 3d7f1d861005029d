/* What is likely to be wrong with an attribute table and the security that it asks for: a look at a configuration,
 * before a host is made of it.  Nothing is changed, and nothing of it is needed to run.
 *
 *     kith_lint_finding findings[8];
 *     size_t count = kith_lint(&config, findings, 8);
 *
 *     for (size_t i = 0; i < count && i < 8; i++)
 *         printf("0x%04x %s: %s\n", findings[i].handle, kith_lint_name(findings[i].rule),
 *                kith_lint_sentence(findings[i].rule));
 *
 * `kith lint` does the same for a table in a file. */
#ifndef KITH_LINT_H
#define KITH_LINT_H

#include "kith/host.h"

typedef enum {
    KITH_LINT_WARNING, /* somebody may want it so */
    KITH_LINT_ERROR    /* nobody can: a promise that is not kept, or a value that is not guarded as it says */
} kith_lint_severity;

typedef enum {
    /* The table as a whole. */
    KITH_LINT_TABLE_REFUSED,     /* error: kith_host_init() refuses it; nothing else of it is looked at */
    KITH_LINT_CHANGES_UNTOLD,    /* error: services may come and go, and limits.subscriptions 0: no Service Changed */
    KITH_LINT_UPDATES_UNTOLD,    /* warning: the same, where bonded clients may know an older table */
    KITH_LINT_FEW_SUBSCRIPTIONS, /* warning: not for all values that tell, and Service Changed */
    KITH_LINT_SECONDARY_ALONE,   /* warning: a secondary service that nobody includes */
    /* The device. */
    KITH_LINT_PAIRING_UNREACHABLE, /* error: nobody can pair, since nothing reaches the level that is required */
    KITH_LINT_DEBUG_KEYS,          /* warning: the published debug key is allowed */
    KITH_LINT_PRIVATE_ONLY_SHOWN,  /* error: gap.private_only without KITH_PRIVACY_RESOLVABLE: kith_host_init() refuses
                                    */
    KITH_LINT_HIDDEN_FROM_PEERS,   /* warning: private addresses, and in one role peers are not given the key to them */
    /* Values, by their permissions. */
    KITH_LINT_LEVEL_UNREACHABLE,     /* error: its IO, methods and key sizes give no such level, out of band neither */
    KITH_LINT_NEEDS_OOB,             /* warning: only out of band data gives it, and ask_oob is off */
    KITH_LINT_MITM_NOT_ASKED,        /* warning: this level may be had, and pairing does not ask for it; told once */
    KITH_LINT_KEY_SIZE_UNREACHABLE,  /* error: above max_key_size */
    KITH_LINT_KEY_SIZE_IDLE,         /* warning: a key size, and nothing that asks for encryption */
    KITH_LINT_SIGNED_UNREACHABLE,    /* error: signing, bonding or KITH_KEY_SIGN is off, or the level out of reach */
    KITH_LINT_SIGNED_IN_PLAIN,       /* warning: signed writes show what only encrypted links may read */
    KITH_LINT_COMMAND_UNANSWERED,    /* error: commands and signed writes cannot wait for authorization */
    KITH_LINT_AUTHORIZED_UNQUEUED,   /* error: limits.queue 0: requests cannot wait for it either */
    KITH_LINT_WRITE_OPEN,            /* warning: anybody may write the name, or in a service that guards something */
    KITH_LINT_LONG_WRITE,            /* warning: a variable longer than limits.mtu and limits.queue take */
    KITH_LINT_NOTIFY_BELOW_READ,     /* error: told to links that may not read it */
    KITH_LINT_NOTIFY_BELOW_WRITE,    /* warning: not readable, and told to links that may not write it */
    KITH_LINT_NOTIFY_UNSTATED,       /* warning: nothing says who may be told, so all are */
    KITH_LINT_NOTIFY_UNSUBSCRIBABLE, /* error: limits.subscriptions 0: nobody can ask for it */
    KITH_LINT_ID_HIDDEN,             /* error: kith_gatt_notify() finds another characteristic with its id */
    KITH_LINT_RULE_COUNT
} kith_lint_rule;

typedef struct {
    kith_lint_rule rule;
    uint16_t handle;      /* of the attribute; 0: about the device or the table, or one that is not sound */
    uint16_t id;          /* as in the table */
    kith_uuid uuid;       /* of the characteristic, descriptor or service; size 0: none */
    uint32_t permissions; /* those that are meant: KITH_READ_ENCRYPTED...; 0: none in particular */
} kith_lint_finding;

/* Looks at limits, security, privacy and table; the rest of the configuration may be missing.  Returns how many
 * findings there are, which may be more than cap; the first cap of them are written, those about no attribute first,
 * then by handle. findings may be NULL with cap 0.
 *
 * Both roles and every peer are thought of: what one peer in one role reaches can be reached. */
size_t kith_lint(const kith_config *config, kith_lint_finding *findings, size_t cap);

/* Constant strings, never NULL. */
const char *kith_lint_name(kith_lint_rule rule);     /* "notify-below-read" */
const char *kith_lint_sentence(kith_lint_rule rule); /* what is wrong, and what would help */
kith_lint_severity kith_lint_severity_of(kith_lint_rule rule);

#endif
