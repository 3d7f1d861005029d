/* Looks at a configuration for what is likely to be wrong with it.  Each rule is a function: it looks at one attribute,
 * or at the whole, and adds what it finds.  Whether a table is sound at all is gatt/check.c's to say. */
#include "kith/lint.h"

#include "gatt/database.h"
#include "host/lint_reach.h"
#include "kith/codec/att.h"

enum { WRITE_SHIFT = 3, KEY_SIZE_SHIFT = 6, NOTIFY_SHIFT = 16, WRITE_HEAD = 3, PREPARED_HEAD = 6 };
enum { TOLD = KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE };
enum { COMMANDS = KITH_PROPERTY_WRITE_WITHOUT_RESPONSE | KITH_PROPERTY_SIGNED_WRITE };
enum { AUTHORIZED = KITH_READ_AUTHORIZED | KITH_WRITE_AUTHORIZED };

typedef struct {
    const kith_config *config;
    gatt_database table;
    lint_reach reach;
    kith_lint_finding *findings;
    size_t cap, count;
    bool has_told_mitm;
} lint;

static void add(lint *l, const kith_lint_finding *finding)
{
    if (l->count < l->cap)
        l->findings[l->count] = *finding;
    l->count++;
}

static void add_whole(lint *l, kith_lint_rule rule)
{
    const kith_lint_finding finding = {.rule = rule};

    add(l, &finding);
}

static void add_at(lint *l, kith_lint_rule rule, const gatt_attribute *at, uint32_t permissions)
{
    const kith_lint_finding finding = {.rule = rule,
                                       .handle = at->handle,
                                       .id = at->id,
                                       .uuid = *at->type,
                                       .permissions = at->permissions & permissions};

    add(l, &finding);
}

/* ---- the device ---- */

static kith_level required_level(const kith_security *s)
{
    return s->sc_only ? KITH_LEVEL_SC_AUTHENTICATED : s->required_level;
}

/* A device without a method does not mean to pair. */
static void look_at_pairing(lint *l)
{
    const kith_security *s = &l->config->security;

    if (l->reach.level_with_oob == KITH_LEVEL_NONE)
        return;
    if (required_level(s) > l->reach.level_with_oob)
        add_whole(l, KITH_LINT_PAIRING_UNREACHABLE);
    else if (required_level(s) > l->reach.level && !s->ask_oob)
        add_whole(l, KITH_LINT_NEEDS_OOB);
}

static void look_at_debug_keys(lint *l)
{
    if (l->config->security.debug_keys)
        add_whole(l, KITH_LINT_DEBUG_KEYS);
}

static bool can_bond(const kith_config *config)
{
    return config->security.bonding && config->limits.bonds != 0;
}

/* As initiator it gives initiator_keys, as responder responder_keys. */
static void look_at_privacy(lint *l)
{
    const kith_config *config = l->config;
    const kith_security *s = &config->security;

    if (config->gap.private_only && config->privacy.mode != KITH_PRIVACY_RESOLVABLE)
        add_whole(l, KITH_LINT_PRIVATE_ONLY_SHOWN);
    if (config->privacy.mode == KITH_PRIVACY_RESOLVABLE && can_bond(config) &&
        (s->initiator_keys & s->responder_keys & KITH_KEY_ID) == 0)
        add_whole(l, KITH_LINT_HIDDEN_FROM_PEERS);
}

/* ---- the table as a whole ---- */

static size_t values_that_tell(const gatt_database *table)
{
    gatt_attribute at;
    size_t count = 0;

    if (!gatt_database_find_from(table, 1, &at))
        return 0;
    do
        count += at.kind == GATT_CONFIGURATION && !at.is_built_in;
    while (gatt_database_next(table, &at));
    return count;
}

/* Service Changed takes a place as any value that tells. */
static void look_at_subscriptions(lint *l)
{
    const kith_limits *limits = &l->config->limits;

    if (limits->subscriptions == 0) {
        if (limits->services != 0)
            add_whole(l, KITH_LINT_CHANGES_UNTOLD);
        else if (l->config->service_count != 0 && can_bond(l->config))
            add_whole(l, KITH_LINT_UPDATES_UNTOLD);
    } else if (limits->subscriptions < values_that_tell(&l->table) + 1) {
        add_whole(l, KITH_LINT_FEW_SUBSCRIPTIONS);
    }
}

/* ---- values: levels ---- */

static unsigned read_level(uint32_t permissions)
{
    return permissions & KITH_READ_MASK;
}

static unsigned write_level(uint32_t permissions)
{
    return (permissions & KITH_WRITE_MASK) >> WRITE_SHIFT;
}

static unsigned notify_level(uint32_t permissions)
{
    return (permissions & KITH_NOTIFY_MASK) >> NOTIFY_SHIFT;
}

static unsigned highest_level(uint32_t permissions)
{
    unsigned read = read_level(permissions), write = write_level(permissions), notify = notify_level(permissions);
    unsigned higher = read > write ? read : write;

    return higher > notify ? higher : notify;
}

/* Those of the three masks whose level is above. */
static uint32_t permissions_above(uint32_t permissions, unsigned level)
{
    return (read_level(permissions) > level ? (uint32_t)KITH_READ_MASK : 0) |
           (write_level(permissions) > level ? (uint32_t)KITH_WRITE_MASK : 0) |
           (notify_level(permissions) > level ? (uint32_t)KITH_NOTIFY_MASK : 0);
}

static void look_at_level(lint *l, const gatt_attribute *at)
{
    uint32_t never = permissions_above(at->permissions, l->reach.level_with_oob);
    uint32_t by_oob = permissions_above(at->permissions, l->reach.level) & ~never;

    if (never != 0)
        add_at(l, KITH_LINT_LEVEL_UNREACHABLE, at, never);
    if (by_oob != 0 && !l->config->security.ask_oob)
        add_at(l, KITH_LINT_NEEDS_OOB, at, by_oob);
}

/* As smp/features.c asks for it.  Where one value shows it, the others need not. */
static void look_at_mitm(lint *l, const gatt_attribute *at)
{
    const kith_security *s = &l->config->security;
    bool is_asked = required_level(s) >= KITH_LEVEL_AUTHENTICATED || s->ask_mitm;
    uint32_t above =
        permissions_above(at->permissions, KITH_LEVEL_ENCRYPTED) & ~permissions_above(at->permissions, l->reach.level);

    if (is_asked || above == 0 || l->has_told_mitm)
        return;
    l->has_told_mitm = true;
    add_at(l, KITH_LINT_MITM_NOT_ASKED, at, above);
}

static void look_at_key_size(lint *l, const gatt_attribute *at)
{
    unsigned stated = ((at->permissions & KITH_KEY_SIZE_MASK) >> KEY_SIZE_SHIFT) + 1;

    if ((at->permissions & KITH_KEY_SIZE_MASK) == 0)
        return;
    if (highest_level(at->permissions) <= KITH_LEVEL_NONE)
        add_at(l, KITH_LINT_KEY_SIZE_IDLE, at, KITH_KEY_SIZE_MASK);
    else if (stated > l->config->security.max_key_size)
        add_at(l, KITH_LINT_KEY_SIZE_UNREACHABLE, at, KITH_KEY_SIZE_MASK);
}

/* ---- values: signed writes ---- */

/* The peer's signing key comes to us: what an initiator gives, or a responder. */
static bool takes_signing_keys(const lint *l)
{
    const kith_security *s = &l->config->security;

    return (l->reach.as_responder && (s->initiator_keys & KITH_KEY_SIGN) != 0) ||
           (l->reach.as_initiator && (s->responder_keys & KITH_KEY_SIGN) != 0);
}

static void look_at_signed(lint *l, const gatt_attribute *at)
{
    const kith_security *s = &l->config->security;
    uint32_t stated = at->permissions & KITH_WRITE_SIGNED_MASK;
    kith_level bond = stated == KITH_WRITE_SIGNED ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_AUTHENTICATED;

    if (stated == 0)
        return;
    if (!s->signing || s->sc_only || !can_bond(l->config) || !takes_signing_keys(l) || bond > l->reach.level_with_oob)
        add_at(l, KITH_LINT_SIGNED_UNREACHABLE, at, KITH_WRITE_SIGNED_MASK);
    else if (bond > l->reach.level && !s->ask_oob)
        add_at(l, KITH_LINT_NEEDS_OOB, at, KITH_WRITE_SIGNED_MASK);
    if (read_level(at->permissions) > KITH_LEVEL_NONE)
        add_at(l, KITH_LINT_SIGNED_IN_PLAIN, at, KITH_WRITE_SIGNED_MASK | KITH_READ_MASK);
}

/* ---- values: authorization ---- */

static void look_at_authorization(lint *l, const gatt_attribute *at)
{
    if ((at->permissions & AUTHORIZED) != 0 && l->config->limits.queue == 0)
        add_at(l, KITH_LINT_AUTHORIZED_UNQUEUED, at, AUTHORIZED);
    if ((at->permissions & KITH_WRITE_AUTHORIZED) != 0 && (at->properties & COMMANDS) != 0)
        add_at(l, KITH_LINT_COMMAND_UNANSWERED, at, KITH_WRITE_AUTHORIZED);
}

/* ---- values: writes ---- */

static bool guards_something(const kith_characteristic *c)
{
    if (highest_level(c->permissions) > KITH_LEVEL_NONE || (c->permissions & AUTHORIZED) != 0)
        return true;
    for (size_t i = 0; i < c->descriptor_count; i++)
        if (highest_level(c->descriptors[i].permissions) > KITH_LEVEL_NONE)
            return true;
    return false;
}

static void look_at_open_write(lint *l, const gatt_attribute *at)
{
    const kith_service *s = at->service;
    bool guarded = at->is_built_in; /* the device's name */

    if (write_level(at->permissions) != KITH_LEVEL_NONE || (at->permissions & KITH_WRITE_AUTHORIZED) != 0)
        return;
    for (size_t i = 0; i < s->characteristic_count; i++)
        guarded |= guards_something(&s->characteristics[i]);
    if (guarded)
        add_at(l, KITH_LINT_WRITE_OPEN, at, KITH_WRITE_MASK);
}

/* What one Write Request takes, or else the queue. */
static void look_at_length(lint *l, const gatt_attribute *at)
{
    const kith_limits *limits = &l->config->limits;
    bool written = at->kind == GATT_DESCRIPTOR || (at->properties & KITH_PROPERTY_WRITE) != 0;

    if (at->variable == NULL || !written || write_level(at->permissions) == 0)
        return;
    if (at->variable->max + WRITE_HEAD > limits->mtu && at->variable->max + PREPARED_HEAD > limits->queue)
        add_at(l, KITH_LINT_LONG_WRITE, at, 0);
}

/* ---- values: notifications ---- */

static void look_at_notify_level(lint *l, const gatt_attribute *at)
{
    unsigned read = read_level(at->permissions), write = write_level(at->permissions);
    unsigned notify = notify_level(at->permissions);

    if (notify == 0 && read == 0 && write == 0)
        add_at(l, KITH_LINT_NOTIFY_UNSTATED, at, 0);
    else if (notify != 0 && notify < read)
        add_at(l, KITH_LINT_NOTIFY_BELOW_READ, at, KITH_NOTIFY_MASK | KITH_READ_MASK);
    else if (notify != 0 && read == 0 && notify < write)
        add_at(l, KITH_LINT_NOTIFY_BELOW_WRITE, at, KITH_NOTIFY_MASK | KITH_WRITE_MASK);
}

static void look_at_notifications(lint *l, const gatt_attribute *at)
{
    gatt_attribute found;

    if ((at->properties & TOLD) == 0)
        return;
    look_at_notify_level(l, at);
    if (l->config->limits.subscriptions == 0)
        add_at(l, KITH_LINT_NOTIFY_UNSUBSCRIBABLE, at, 0);
    if (gatt_database_find_id(&l->table, at->id, &found) && found.handle != at->handle)
        add_at(l, KITH_LINT_ID_HIDDEN, at, 0);
}

/* ---- the walk ---- */

static bool is_included(const lint *l, const kith_service *service)
{
    for (size_t i = 0; i < l->config->service_count; i++)
        for (size_t j = 0; j < l->config->services[i].include_count; j++)
            if (l->config->services[i].includes[j] == service)
                return true;
    return false;
}

static void look_at_service(lint *l, const gatt_attribute *at)
{
    kith_lint_finding finding = {.rule = KITH_LINT_SECONDARY_ALONE, .handle = at->handle, .uuid = at->service->uuid};

    if (at->service->secondary && !is_included(l, at->service))
        add(l, &finding);
}

static void look_at_value(lint *l, const gatt_attribute *at)
{
    look_at_level(l, at);
    look_at_mitm(l, at);
    look_at_key_size(l, at);
    look_at_signed(l, at);
    look_at_authorization(l, at);
    look_at_open_write(l, at);
    look_at_length(l, at);
    if (at->kind == GATT_VALUE)
        look_at_notifications(l, at);
}

/* The name may be written by clients; all else that is built in is as the specification has it. */
static bool is_device_name(const gatt_attribute *at)
{
    return at->kind == GATT_VALUE && at->id == KITH_GAP_DEVICE_NAME;
}

static void walk(lint *l)
{
    gatt_attribute at;

    if (!gatt_database_find_from(&l->table, 1, &at))
        return;
    do {
        if (at.is_built_in && !is_device_name(&at))
            continue;
        if (at.kind == GATT_SERVICE)
            look_at_service(l, &at);
        else if (at.kind == GATT_VALUE || at.kind == GATT_DESCRIPTOR)
            look_at_value(l, &at);
    } while (gatt_database_next(&l->table, &at));
}

/* The first service that is not sound by itself; none: it is how they lie together. */
static void tell_refused(lint *l)
{
    kith_lint_finding finding = {.rule = KITH_LINT_TABLE_REFUSED};

    for (size_t i = 0; l->config->services != NULL && i < l->config->service_count; i++) {
        size_t count = 0;

        if (gatt_check_service(&l->config->services[i], &count) == KITH_OK)
            continue;
        finding.uuid = l->config->services[i].uuid;
        break;
    }
    add(l, &finding);
}

size_t kith_lint(const kith_config *config, kith_lint_finding *findings, size_t cap)
{
    lint l = {.config = config, .findings = findings, .cap = cap, .reach = lint_reach_of(&config->security)};

    look_at_pairing(&l);
    look_at_debug_keys(&l);
    look_at_privacy(&l);
    if (gatt_database_init(&l.table, config->name, config->appearance, config->services, config->service_count) !=
            KITH_OK ||
        gatt_database_set_gap(&l.table, &config->gap) != KITH_OK) {
        tell_refused(&l);
        return l.count;
    }
    look_at_subscriptions(&l);
    walk(&l);
    return l.count;
}
