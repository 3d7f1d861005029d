/* One block of memory laid out for one host: the host itself, then its arrays, each 8-octet aligned. */
#include <string.h>

#include "base/wipe.h"
#include "crypto/known_keys.h"
#include "host/internal.h"

enum { MAX_LINKS = 32, MAX_QUEUE = 4096, MAX_OPERATIONS = 32, MAX_DATA = 32, MAX_REPORT_DATA = 1650 };

#define ALIGN        ((size_t)8)
#define ARRAYS       ((size_t)14) /* pieces beside the buffers of links, each rounded up */
#define LINK_BUFFERS ((size_t)5)

/* The public constants must hold what the private structs take. */
_Static_assert(sizeof(struct kith_host) + sizeof(host_set) + 2 * sizeof(host_job) + HOST_MORE_KEYS * sizeof(host_key) +
                       sizeof(smp_identity) + ARRAYS * (ALIGN - 1) <=
                   KITH_SIZE_FIXED,
               "KITH_SIZE_FIXED is too small");
_Static_assert(sizeof(host_link) + HOST_SMP_RESERVE + HOST_SIGNALLING_RESERVE + HOST_HOLD_EXTRA +
                       LINK_BUFFERS * (ALIGN - 1) <=
                   KITH_SIZE_LINK,
               "KITH_SIZE_LINK is too small");
_Static_assert(sizeof(smp_session) + sizeof(host_save) + sizeof(host_job) + sizeof(host_key) <= KITH_SIZE_PAIRING,
               "KITH_SIZE_PAIRING is too small");
_Static_assert(sizeof(peers_bond) <= KITH_SIZE_BOND, "KITH_SIZE_BOND is too small");
_Static_assert(sizeof(host_client) <= KITH_SIZE_CLIENT && sizeof(gatt_subscription) == 4 &&
                   sizeof(gatt_extra) <= 2 * sizeof(void *),
               "KITH_HOST_SIZE_SERVER is too small");
_Static_assert(sizeof(host_tables) + 14 <= KITH_SIZE_TABLES, "KITH_SIZE_TABLES is too small");
_Static_assert(sizeof(smp_identity) <= KITH_SIZE_IDENTITY, "KITH_SIZE_IDENTITY is too small");
_Static_assert(sizeof(host_lists) + 14 <= KITH_SIZE_LISTS && sizeof(host_listed) <= KITH_SIZE_LISTED,
               "KITH_HOST_SIZE_LISTS is too small");
_Static_assert(sizeof(host_set) <= KITH_SIZE_SET, "KITH_SIZE_SET is too small");
_Static_assert(sizeof(host_reconnect) + 14 <= KITH_SIZE_RECONNECT &&
                   sizeof(host_reconnected) + 2 * sizeof(kith_peer_id) <= KITH_SIZE_RECONNECTED,
               "KITH_HOST_SIZE_RECONNECTS is too small");
_Static_assert(sizeof(host_operation) <= KITH_SIZE_OPERATION, "KITH_SIZE_OPERATION is too small");
_Static_assert(sizeof(host_data) <= KITH_SIZE_DATA && sizeof(host_values) + 14 <= KITH_SIZE_VALUES &&
                   sizeof(host_save) <= KITH_SIZE_SAVE,
               "KITH_HOST_SIZE_DATA is too small");
_Static_assert(sizeof(host_event) <= KITH_SIZE_EVENT, "KITH_SIZE_EVENT is too small");
_Static_assert(sizeof(peers_index) + PEERS_RINGS * sizeof(peers_ring) <= 384 + 7 * sizeof(void *) &&
                   PEERS_CHAINS * sizeof(uint32_t) + sizeof(peers_links) + sizeof(peers_branches) +
                           sizeof(peers_ring) ==
                       40 &&
                   PEERS_SETS * sizeof(uint32_t) == 8 && PEERS_SLOTS_PER_WAY == 16 &&
                   PEERS_RESOLVED_WAYS * sizeof(peers_resolved) == 48,
               "KITH_SIZE_INDEX is not what an index takes");

/* Hands out pieces of the block; with base NULL it only counts. */
typedef struct {
    uint8_t *base;
    size_t used;
} carver;

static void *carve(carver *c, size_t size)
{
    void *piece = c->base != NULL ? c->base + c->used : NULL;

    c->used += (size + ALIGN - 1) / ALIGN * ALIGN;
    return piece;
}

size_t host_buffer_octets(const kith_limits *limits)
{
    return KITH_SIZE_BUFFER(limits->mtu);
}

static uint16_t event_slots(const kith_limits *limits)
{
    return (uint16_t)(limits->events + 8 * limits->links + 14 + limits->operations + limits->data + limits->sets);
}

/* A link that ends tells the end of everything that waits on it, a reset that of every operation on peers, and an
 * address that cannot be made that of every advertising set. */
static uint16_t step_events(const kith_limits *limits)
{
    return (uint16_t)(HOST_STEP_EVENTS + limits->operations + limits->data + limits->sets);
}

static bool limits_are_valid(const kith_limits *l)
{
    return l->links >= 1 && l->links <= MAX_LINKS && l->pairings >= 1 && l->pairings <= l->links && l->mtu >= 23 &&
           l->mtu <= 517 && l->events <= 32767 && l->bonds <= KITH_BONDS_MAX && l->subscriptions <= KITH_STATE_CCCDS &&
           l->queue <= MAX_QUEUE && l->operations <= MAX_OPERATIONS && l->identities <= KITH_RECORD_LAST_IDENTITY &&
           l->data <= MAX_DATA && l->sets <= KITH_SETS_MAX && l->report_data <= MAX_REPORT_DATA &&
           (l->cache == 0 || (l->cache >= GATT_TABLE_HEADER && l->cache <= KITH_CHUNK_MAX));
}

/* What one step tells, contiguous: a PDU, all writes that a client has prepared, or what was found.  Twice that holds
 * it beside what the program looks at. */
uint32_t host_payload_octets(const kith_limits *limits)
{
    size_t buffer = host_buffer_octets(limits);

    size_t most = limits->queue > buffer ? limits->queue : buffer;

    return (uint32_t)(limits->report_data > most ? limits->report_data : most);
}

/* The longest value that a signed write has. */
static size_t signed_octets(const kith_limits *limits)
{
    return (size_t)limits->mtu - 3 - KITH_ATT_SIGNATURE;
}

static void lay_out_link(carver *c, host_link *link, const kith_limits *limits)
{
    size_t buffer = host_buffer_octets(limits);
    uint8_t *tx = carve(c, 2 * buffer + HOST_SMP_RESERVE + HOST_SIGNALLING_RESERVE);
    uint8_t *rx = carve(c, buffer);
    uint8_t *hold = carve(c, buffer + HOST_HOLD_EXTRA);
    uint8_t *value = carve(c, buffer);
    uint8_t *signed_value = carve(c, signed_octets(limits));
    gatt_subscription *subscriptions = carve(c, limits->subscriptions * sizeof *subscriptions);
    uint8_t *queue = carve(c, limits->queue);
    host_operation *operations = carve(c, limits->operations * sizeof *operations);
    uint8_t *operation_values = carve(c, limits->operations * HOST_OPERATION_VALUE(limits->mtu));

    uint8_t *table = carve(c, limits->cache);

    if (link == NULL)
        return;
    link->tx = tx;
    link->tx_cap = (uint16_t)(2 * buffer + HOST_SMP_RESERVE + HOST_SIGNALLING_RESERVE);
    hci_reassembly_init(&link->reassembly, rx, (uint16_t)buffer);
    link->hold = hold;
    link->hold_cap = (uint16_t)(buffer + HOST_HOLD_EXTRA);
    link->value = value;
    link->signed_write.value = signed_value;
    link->server_memory = (gatt_server_memory){subscriptions, limits->subscriptions, queue, limits->queue};
    link->operations = operations;
    link->operation_values = operation_values;
    gatt_table_init(&link->table, table, limits->cache);
}

/* The same walk counts (base NULL) and lays out. */
static size_t lay_out(uint8_t *base, const kith_limits *limits)
{
    carver c = {base, 0};
    kith_host *h = carve(&c, sizeof *h);
    host_link *links = carve(&c, sizeof *links * limits->links);
    smp_session *sessions = carve(&c, sizeof *sessions * limits->pairings);
    host_save *saves = carve(&c, sizeof *saves * (limits->pairings + (limits->data != 0 ? 1u : 0u)));
    host_job *jobs = carve(&c, sizeof *jobs * (limits->pairings + 2u));
    host_key *keys = carve(&c, sizeof *keys * ((size_t)limits->pairings + HOST_MORE_KEYS));
    smp_identity *identities = carve(&c, sizeof *identities * (limits->identities + 1u));
    peers_bond *bonds = carve(&c, sizeof *bonds * limits->bonds);
    void *index = carve(&c, peers_index_size(limits->bonds));
    size_t remembered = limits->subscriptions != 0 ? limits->bonds : 0;
    host_client *clients = carve(&c, sizeof *clients * remembered);
    gatt_subscription *subscriptions = carve(&c, sizeof *subscriptions * limits->subscriptions * remembered);
    gatt_extra *services = carve(&c, sizeof *services * limits->services);
    host_event *events = carve(&c, sizeof *events * event_slots(limits));
    uint8_t *payload = carve(&c, (size_t)2 * host_payload_octets(limits));
    host_tables *tables = carve(&c, limits->cache != 0 ? sizeof *tables : 0);
    uint8_t *tables_memory = carve(&c, (size_t)2 * limits->cache);
    host_data *data = carve(&c, sizeof *data * limits->data);
    host_values *values = carve(&c, limits->data != 0 ? sizeof *values : 0);

    host_set *sets = carve(&c, sizeof *sets * (limits->sets + 1u));
    uint8_t *parts = carve(&c, limits->report_data);
    host_lists *lists = carve(&c, limits->listed != 0 ? sizeof *lists : 0);
    kith_peer_id *listed = carve(&c, (size_t)4 * limits->listed * sizeof *listed);
    host_listed *entries = carve(&c, (size_t)3 * limits->listed * sizeof *entries);
    host_reconnect *reconnect = carve(&c, limits->reconnects != 0 ? sizeof *reconnect : 0);
    host_reconnected *reconnected = carve(&c, limits->reconnects * sizeof *reconnected);
    kith_peer_id *sought = carve(&c, (size_t)2 * limits->reconnects * sizeof *sought);

    for (unsigned i = 0; i < limits->links; i++)
        lay_out_link(&c, base != NULL ? &links[i] : NULL, limits);
    if (base == NULL)
        return c.used;
    h->links = links;
    h->sessions = sessions;
    h->saves = saves;
    h->jobs = jobs;
    h->keys = keys;
    h->identities = identities;
    h->sets = sets;
    h->scanning.parts = limits->report_data > sizeof h->scanning.report.data ? parts : NULL;
    h->clients = remembered != 0 ? clients : NULL;
    h->client_subscriptions = subscriptions;
    h->tables = limits->cache != 0 ? tables : NULL;
    h->data = data;
    h->values = limits->data != 0 ? values : NULL;
    if (h->tables != NULL)
        h->tables->memory = tables_memory;
    h->lists = limits->listed != 0 ? lists : NULL;
    if (h->lists != NULL)
        lists_lay_out(h->lists, limits->listed, listed, entries);
    h->reconnect = limits->reconnects != 0 ? reconnect : NULL;
    if (h->reconnect != NULL)
        reconnect_lay_out(h->reconnect, limits->reconnects, reconnected, sought);
    gatt_database_give_room(&h->database, services, limits->services);
    peers_init(&h->bonds, bonds, limits->bonds);
    h->bonds.index = peers_index_size(limits->bonds) != 0 ? index : NULL; /* until it has its key it is not used */
    events_init(&h->events, events, event_slots(limits), step_events(limits));
    events_give_payload(&h->events, payload, 2 * host_payload_octets(limits));
    return c.used;
}

size_t kith_host_size(const kith_limits *limits)
{
    return limits_are_valid(limits) ? lay_out(NULL, limits) : 0;
}

void kith_config_default(kith_config *config)
{
    memset(config, 0, sizeof *config);
    config->limits.links = 1;
    config->limits.pairings = 1;
    config->limits.bonds = 4;
    config->limits.mtu = 65;
    config->limits.events = 8;
    config->security.io = KITH_IO_NO_INPUT_NO_OUTPUT;
    config->security.required_level = KITH_LEVEL_ENCRYPTED;
    config->security.bonding = true;
    config->security.min_key_size = 16;
    config->security.max_key_size = 16;
    config->security.initiator_keys = KITH_KEY_ENC | KITH_KEY_ID;
    config->security.responder_keys = KITH_KEY_ENC | KITH_KEY_ID;
    config->security.backoff = (kith_backoff){.first_ms = 4000, .longest_ms = 64000, .forget_ms = 10000};
    config->own_address = KITH_OWN_PUBLIC;
    config->privacy = (kith_privacy){.mode = KITH_PRIVACY_OFF, .cycle_s = 900, .jitter_s = 420};
    config->payload_timeout_10ms = 3000;
    config->gatt_raise = KITH_GATT_RAISE_BOND;
}

static bool backoff_is_valid(const kith_backoff *b)
{
    enum { DAY_MS = 24 * 60 * 60 * 1000 };

    return b->first_ms == 0 || (b->first_ms <= b->longest_ms && b->longest_ms <= DAY_MS && b->forget_ms >= 1);
}

/* What is impossible is refused; what is merely unwise is not (docs/security-policy.md). */
static bool security_is_valid(const kith_security *s)
{
    return s->io <= KITH_IO_KEYBOARD_DISPLAY && s->required_level >= KITH_LEVEL_ENCRYPTED &&
           s->required_level <= KITH_LEVEL_SC_AUTHENTICATED && s->min_key_size >= 7 &&
           s->min_key_size <= s->max_key_size && s->max_key_size <= 16 &&
           ((s->initiator_keys | s->responder_keys) & ~(KITH_KEY_ENC | KITH_KEY_ID | KITH_KEY_SIGN)) == 0 &&
           s->policy <= KITH_PAIRING_ASK && (s->bonding || !s->bonding_required) && s->fixed_passkey <= 999999 &&
           (s->blocked != NULL || s->blocked_count == 0) && backoff_is_valid(&s->backoff);
}

static bool own_address_is_valid(const kith_config *config)
{
    if (config->own_address != KITH_OWN_STATIC)
        return config->own_address == KITH_OWN_PUBLIC;
    return config->static_address == NULL || (config->static_address[5] & 0xc0) == 0xc0;
}

/* An identity resolving key that everybody knows would make our addresses everybody's. */
static bool irk_is_valid(const uint8_t *irk)
{
    return irk == NULL || !crypto_is_known_key(irk);
}

/* A port that makes keys which nobody could destroy would fill up. */
static bool crypto_is_valid(const kith_crypto_port *crypto)
{
    return crypto != NULL && (crypto->p256_generate == NULL) == (crypto->p256_destroy == NULL);
}

static kith_status key_index(kith_host *h)
{
    uint8_t key[16];
    kith_status status;

    if (h->bonds.index == NULL)
        return KITH_OK;
    status = crypto_random(h->config.crypto, &h->random, key, sizeof key);
    if (status == KITH_OK)
        peers_use_index(&h->bonds, h->bonds.index, key);
    wipe(key, sizeof key);
    return status;
}

/* Bonds that go with the program must be somebody's wish, not what somebody forgot to say. */
static bool bonding_is_valid(const kith_security *security, const kith_config *config)
{
    return !security->bonding || (config->limits.bonds > 0 && config->store != NULL);
}

static bool parameters_policy_is_valid(const kith_config *config)
{
    const kith_connection_parameters *within = config->parameters_within;

    return config->accept_parameters <= KITH_PARAMETERS_ASK &&
           (within == NULL || within->interval_min_1250us <= within->interval_max_1250us);
}

static kith_status make_database(const kith_config *config, gatt_database *database)
{
    const kith_connection_parameters *preferred = config->gap.preferred;

    if (gatt_database_init(database, config->name, config->appearance, config->services, config->service_count) !=
            KITH_OK ||
        gatt_database_set_gap(database, &config->gap) != KITH_OK ||
        (preferred != NULL && kith_gap_check_parameters(preferred) != KITH_OK))
        return KITH_ERR_VALUE;
    return gatt_database_make_hash(database, config->crypto) == KITH_OK ? KITH_OK : KITH_ERR_CRYPTO;
}

kith_status kith_host_init(void *memory, size_t size, const kith_config *config, kith_host **out)
{
    kith_host *h = memory;
    size_t needed = kith_host_size(&config->limits);
    gatt_database database;
    kith_status status;

    *out = NULL;
    if (needed == 0 || !crypto_is_valid(config->crypto) || (uintptr_t)memory % ALIGN != 0 ||
        !security_is_valid(&config->security) || !bonding_is_valid(&config->security, config) ||
        !own_address_is_valid(config) || !irk_is_valid(config->irk) || !privacy_is_valid(&config->privacy) ||
        !privacy_keeps_promise(&config->gap, &config->privacy) || !parameters_policy_is_valid(config) ||
        config->notified_level > KITH_LEVEL_SC_AUTHENTICATED || config->gatt_raise > KITH_GATT_RAISE_PAIR)
        return KITH_ERR_VALUE;
    if (size < needed)
        return KITH_ERR_FULL;
    status = make_database(config, &database);
    if (status != KITH_OK)
        return status;
    memset(memory, 0, needed);
    h->config = *config;
    h->size = needed;
    h->command.deadline_us = UINT64_MAX;
    h->database = database;
    h->database.gap = &h->config.gap;
    lay_out(memory, &config->limits);
    crypto_random_reset(&h->random);
    status = key_index(h);
    if (status != KITH_OK)
        return status;
    peers_backoff_init(&h->backoff, h->backoff_slots, HOST_BACKOFF_SLOTS);
    h->smp.crypto = config->crypto;
    h->smp.random = &h->random;
    h->smp.identities = h->identities;
    h->smp.identity_count = (uint8_t)(config->limits.identities + 1);
    h->smp.oob = &h->oob;
    h->oob_end_us = UINT64_MAX;
    h->privacy.end_us = UINT64_MAX;
    h->scanning.end_us = h->connect_end_us = UINT64_MAX;
    advertise_clear(h);
    *out = h;
    return KITH_OK;
}

bool host_security_is_valid(const kith_host *h, const kith_security *security)
{
    return security_is_valid(security) && bonding_is_valid(security, &h->config);
}

/* Without settings no method is left to pair with; what else was set still says which bonds are good enough. */
kith_status kith_security_set(kith_host *h, const kith_security *security)
{
    if (security == NULL) {
        h->config.security.methods = NULL;
        return KITH_OK;
    }
    if (!host_security_is_valid(h, security))
        return KITH_ERR_VALUE;
    h->config.security = *security;
    if (h->startup == STARTUP_READY)
        work_prepare_own_key(h);
    return KITH_OK;
}

void kith_host_erase(kith_host *h)
{
    if (h->size == 0)
        return; /* it is erased */
    keys_erase(h);
    wipe(h, h->size);
}
