/* A controller with lists, as octets: it keeps what it is told, and refuses what the specification has it refuse while
 * something is on.  Each command can be left without an answer, or refused with another word.
 * Core Vol 4 Part E 7.8.4, 7.8.5, 7.8.9 to 7.8.17, 7.8.38 to 7.8.44, 7.8.77. */
#ifndef TEST_HOST_LISTS_SUPPORT_H
#define TEST_HOST_LISTS_SUPPORT_H

#include "test_host_support.h"

enum { RIG_ENTRIES = 8, RIG_LOG = 256, RIG_RECONNECTS = 8 };

typedef struct {
    kith_address identity;
    uint8_t irk[16], local_irk[16];
    uint8_t mode;
    unsigned added; /* when: in commands */
} rig_entry;

typedef struct {
    desk d;
    uint8_t filter_most, resolving_most, listed;
    const uint16_t *lacking; /* ends with 0 */
    rig_entry filtered[RIG_ENTRIES], resolving[RIG_ENTRIES];
    unsigned filtered_count, resolving_count;
    bool resolution, advertising, scanning, initiating;
    uint8_t advertising_policy, scanning_policy, initiating_policy;
    uint16_t scan_window, initiating_window;
    bool one_radio; /* it does not scan and connect at once */
    bool late_end;  /* what was cancelled does not end before rig_tell_cancelled() */
    kith_address connects_to;
    uint8_t random_address[6];
    unsigned commands, addressed;                 /* how many there were, and were when the address was set */
    uint16_t rpa_timeout_s;                       /* 0: never set */
    uint8_t advertises_as, scans_as, connects_as; /* own address types */
    unsigned disallowed;                          /* commands that came while what they change was in use */
    uint16_t refuse;                              /* this one is answered with: */
    uint8_t refuse_with;
    uint16_t keep; /* this one is done and not answered until rig_answer_kept() */
    bool kept;
    uint8_t kept_status;
    uint16_t log[RIG_LOG];
    unsigned sent;
    unsigned told[KITH_EVENT_KINDS];
    kith_event last[KITH_EVENT_KINDS];
} rig;

static inline bool rig_lacks(const rig *r, uint16_t opcode)
{
    for (const uint16_t *l = r->lacking; l != NULL && *l != 0; l++)
        if (*l == opcode)
            return true;
    return false;
}

static inline void rig_take_events(rig *r)
{
    kith_event event;

    while (kith_host_next_event(r->d.h, &event)) {
        r->told[event.kind]++;
        r->last[event.kind] = event;
    }
}

static inline void rig_event(rig *r, uint8_t code, const uint8_t *parameters, size_t len)
{
    desk_event(&r->d, code, parameters, len);
    rig_take_events(r);
}

static inline void rig_complete(rig *r, uint16_t opcode, uint8_t status)
{
    uint8_t complete[68] = {1}, short_status[4] = {status, 1};

    bytes_put16(complete + 1, opcode);
    bytes_put16(short_status + 2, opcode);
    if (opcode == KITH_HCI_LE_CREATE_CONNECTION || opcode == KITH_HCI_DISCONNECT ||
        opcode == KITH_HCI_LE_ENABLE_ENCRYPTION) {
        rig_event(r, KITH_HCI_EV_COMMAND_STATUS, short_status, sizeof short_status);
        return;
    }
    desk_fill_answer(&r->d, opcode, complete + 4);
    if (opcode == KITH_HCI_READ_LOCAL_COMMANDS) {
        complete[4 + 26] &= (uint8_t) ~(rig_lacks(r, KITH_HCI_LE_READ_FILTER_LIST_SIZE) ? 0x40 : 0);
        complete[4 + 34] &= (uint8_t) ~(rig_lacks(r, KITH_HCI_LE_READ_RESOLVING_LIST_SIZE) ? 0x40 : 0);
        complete[4 + 25] &= (uint8_t) ~(rig_lacks(r, KITH_HCI_LE_SET_RANDOM_ADDRESS) ? 0x10 : 0);
        complete[4 + 35] &= (uint8_t) ~(rig_lacks(r, KITH_HCI_LE_SET_RPA_TIMEOUT) ? 0x04 : 0);
        complete[4 + 39] &= (uint8_t) ~(rig_lacks(r, KITH_HCI_LE_SET_PRIVACY_MODE) ? 0x04 : 0);
    }
    if (opcode == KITH_HCI_LE_READ_FILTER_LIST_SIZE)
        complete[4] = r->filter_most;
    if (opcode == KITH_HCI_LE_READ_RESOLVING_LIST_SIZE)
        complete[4] = r->resolving_most;
    complete[3] = status;
    rig_event(r, KITH_HCI_EV_COMMAND_COMPLETE, complete, sizeof complete);
}

static inline rig_entry *rig_find(rig_entry *entries, unsigned count, const uint8_t *p)
{
    for (unsigned i = 0; i < count; i++)
        if (entries[i].identity.type == p[0] && memcmp(entries[i].identity.octets, p + 1, 6) == 0)
            return &entries[i];
    return NULL;
}

static inline void rig_name(rig_entry *e, const uint8_t *p)
{
    memset(e, 0, sizeof *e);
    e->identity.type = p[0];
    memcpy(e->identity.octets, p + 1, 6);
}

static inline bool rig_is_active(const rig *r)
{
    return r->advertising || r->scanning || r->initiating;
}

static inline bool rig_is_in_use(const rig *r, uint16_t opcode)
{
    switch (opcode) {
    case KITH_HCI_LE_ADD_TO_FILTER_LIST:
    case KITH_HCI_LE_REMOVE_FROM_FILTER_LIST:
        return (r->advertising && r->advertising_policy != 0) || (r->scanning && r->scanning_policy != 0) ||
               (r->initiating && r->initiating_policy != 0);
    case KITH_HCI_LE_ADD_TO_RESOLVING_LIST:
    case KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST:
    case KITH_HCI_LE_SET_PRIVACY_MODE:
        return r->resolution && rig_is_active(r);
    case KITH_HCI_LE_SET_RESOLUTION_ENABLE:
    case KITH_HCI_LE_SET_RANDOM_ADDRESS:
        return rig_is_active(r);
    case KITH_HCI_LE_SET_ADV_PARAMETERS:
        return r->advertising;
    case KITH_HCI_LE_SET_SCAN_PARAMETERS:
        return r->scanning;
    case KITH_HCI_LE_SET_SCAN_ENABLE:
        return r->one_radio && r->initiating && !r->scanning;
    case KITH_HCI_LE_CREATE_CONNECTION:
        return r->initiating || (r->one_radio && r->scanning);
    case KITH_HCI_LE_CREATE_CONNECTION_CANCEL:
        return !r->initiating;
    default:
        return false;
    }
}

static inline uint8_t rig_add(rig_entry *entries, unsigned *count, unsigned most, const uint8_t *p, bool by_key)
{
    if (rig_find(entries, *count, p) != NULL)
        return by_key ? KITH_HCI_INVALID_PARAMETERS : KITH_HCI_SUCCESS;
    if (*count == most)
        return KITH_HCI_MEMORY_EXCEEDED;
    for (unsigned i = 0; by_key && i < *count; i++)
        if (memcmp(entries[i].irk, p + 7, 16) == 0)
            return KITH_HCI_INVALID_PARAMETERS;
    rig_name(&entries[*count], p);
    if (by_key) {
        memcpy(entries[*count].irk, p + 7, 16);
        memcpy(entries[*count].local_irk, p + 23, 16);
    }
    ++*count;
    return KITH_HCI_SUCCESS;
}

static inline uint8_t rig_remove(rig_entry *entries, unsigned *count, const uint8_t *p, uint8_t otherwise)
{
    rig_entry *e = rig_find(entries, *count, p);

    if (e == NULL)
        return otherwise;
    *e = entries[--*count];
    return KITH_HCI_SUCCESS;
}

static inline uint8_t rig_add_resolving(rig *r, const uint8_t *p)
{
    uint8_t status = rig_add(r->resolving, &r->resolving_count, r->resolving_most, p, true);

    if (status == KITH_HCI_SUCCESS)
        r->resolving[r->resolving_count - 1].added = r->commands;
    return status;
}

static inline uint8_t rig_set_mode(rig *r, const uint8_t *p)
{
    rig_entry *e = rig_find(r->resolving, r->resolving_count, p);

    if (e == NULL)
        return KITH_HCI_UNKNOWN_CONNECTION;
    e->mode = p[7];
    return KITH_HCI_SUCCESS;
}

static inline uint8_t rig_do(rig *r, uint16_t opcode, const uint8_t *p)
{
    switch (opcode) {
    case KITH_HCI_RESET:
        r->filtered_count = r->resolving_count = 0;
        r->resolution = r->advertising = r->scanning = r->initiating = false;
        r->rpa_timeout_s = 0;
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_ADD_TO_FILTER_LIST:
        return rig_add(r->filtered, &r->filtered_count, r->filter_most, p, false);
    case KITH_HCI_LE_REMOVE_FROM_FILTER_LIST:
        return rig_remove(r->filtered, &r->filtered_count, p, KITH_HCI_SUCCESS);
    case KITH_HCI_LE_ADD_TO_RESOLVING_LIST:
        return rig_add_resolving(r, p);
    case KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST:
        return rig_remove(r->resolving, &r->resolving_count, p, KITH_HCI_UNKNOWN_CONNECTION);
    case KITH_HCI_LE_SET_PRIVACY_MODE:
        return rig_set_mode(r, p);
    case KITH_HCI_LE_SET_RESOLUTION_ENABLE:
        r->resolution = p[0] != 0;
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_RANDOM_ADDRESS:
        memcpy(r->random_address, p, 6);
        r->addressed = r->commands;
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_RPA_TIMEOUT:
        r->rpa_timeout_s = bytes_get16(p);
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_ADV_PARAMETERS:
        r->advertises_as = p[5];
        r->advertising_policy = p[14];
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_ADV_ENABLE:
        r->advertising = p[0] != 0;
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_SCAN_PARAMETERS:
        r->scans_as = p[5];
        r->scan_window = bytes_get16(p + 3);
        r->scanning_policy = p[6];
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_SCAN_ENABLE:
        r->scanning = p[0] != 0;
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_CREATE_CONNECTION:
        r->initiating = true;
        r->initiating_window = bytes_get16(p + 2);
        r->initiating_policy = p[4];
        r->connects_as = p[12];
        r->connects_to.type = p[5];
        memcpy(r->connects_to.octets, p + 6, 6);
        return KITH_HCI_SUCCESS;
    default:
        return KITH_HCI_SUCCESS;
    }
}

/* The end of an initiator (status 2: cancelled), or a link. */
static inline void rig_connection_on(rig *r, uint16_t handle, uint8_t status, bool central, const kith_address *peer)
{
    uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE, status};

    bytes_put16(p + 2, handle);
    p[4] = !central;
    p[5] = peer->type;
    memcpy(p + 6, peer->octets, 6);
    p[12] = 24;
    p[16] = 100;
    if (central)
        r->initiating = false;
    else
        r->advertising = false;
    rig_event(r, KITH_HCI_EV_LE_META, p, sizeof p);
}

static inline void rig_connection(rig *r, uint8_t status, bool central, const kith_address *peer)
{
    rig_connection_on(r, DESK_HANDLE, status, central, peer);
}

static inline void rig_tell_cancelled(rig *r)
{
    static const kith_address nobody;

    if (r->initiating)
        rig_connection(r, KITH_HCI_UNKNOWN_CONNECTION, true, &nobody);
}

static inline void rig_answer(rig *r, uint16_t opcode, uint8_t status)
{
    rig_complete(r, opcode, status);
    if (opcode == KITH_HCI_LE_CREATE_CONNECTION_CANCEL && status == KITH_HCI_SUCCESS && !r->late_end)
        rig_tell_cancelled(r);
}

static inline void rig_answer_kept(rig *r)
{
    assert_true(r->kept);
    r->kept = false;
    rig_answer(r, r->keep, r->kept_status);
}

/* One command, if the host has one; false: it has none. */
static inline bool rig_step(rig *r)
{
    uint8_t packet[260];
    size_t len = kith_host_next_packet(r->d.h, packet, sizeof packet);
    uint16_t opcode;
    uint8_t status = KITH_HCI_SUCCESS;

    if (len == 0)
        return false;
    assert_int_equal(packet[0], KITH_H4_COMMAND);
    opcode = bytes_get16(packet + 1);
    assert_true(r->sent < RIG_LOG); /* it never spins */
    r->log[r->sent++] = opcode;
    r->commands++;
    if (opcode == r->refuse)
        status = r->refuse_with;
    else if (rig_is_in_use(r, opcode)) {
        status = KITH_HCI_COMMAND_DISALLOWED;
        r->disallowed++;
    } else {
        status = rig_do(r, opcode, packet + 4);
    }
    if (opcode == r->keep && !r->kept) {
        r->kept = true;
        r->kept_status = status;
    } else {
        rig_answer(r, opcode, status);
    }
    return true;
}

static inline void rig_run(rig *r)
{
    do {
        while (rig_step(r))
            continue;
        assert_int_equal(kith_host_advance(r->d.h, r->d.now_us), KITH_OK);
        rig_take_events(r);
    } while (rig_step(r));
}

static inline unsigned rig_count(const rig *r, uint16_t opcode)
{
    unsigned count = 0;

    for (unsigned i = 0; i < r->sent; i++)
        count += r->log[i] == opcode;
    return count;
}

static inline void rig_forget(rig *r)
{
    r->sent = 0;
    memset(r->told, 0, sizeof r->told);
    memset(r->last, 0, sizeof r->last);
}

static inline void rig_start(rig *r)
{
    assert_int_equal(kith_host_start(r->d.h, r->d.now_us), KITH_OK);
    rig_run(r);
}

/* A host with so many places in its lists, on this controller; not started. */
static inline void rig_make(rig *r, uint8_t listed, uint8_t filter_most, uint8_t resolving_most,
                            const uint16_t *lacking)
{
    desk *d = &r->d;
    size_t size;

    memset(r, 0, sizeof *r);
    r->filter_most = filter_most;
    r->resolving_most = resolving_most;
    r->listed = listed;
    r->lacking = lacking;
    d->acl_len = 27;
    d->acl_packets = 4;
    assert_int_equal(kith_openssl_port(&d->port), KITH_OK);
    d->source.state = 1;
    d->port.random = seeded_random;
    d->port.context = &d->source;
    kith_config_default(&d->config);
    d->config.limits = (kith_limits){.links = 2,
                                     .pairings = 1,
                                     .bonds = 16,
                                     .mtu = 65,
                                     .events = 8,
                                     .listed = listed,
                                     .reconnects = RIG_RECONNECTS,
                                     .identities = 1};
    d->config.crypto = &d->port;
    d->config.store = &kith_volatile_store;
    d->config.security.methods = desk_methods;
    size = kith_host_size(&d->config.limits);
    d->memory = malloc(size);
    assert_int_equal(kith_host_init(d->memory, size, &d->config, &d->h), KITH_OK);
}

static inline void rig_open(rig *r, uint8_t listed, uint8_t filter_most, uint8_t resolving_most)
{
    rig_make(r, listed, filter_most, resolving_most, NULL);
    rig_start(r);
    assert_int_equal(r->told[KITH_EVENT_READY], 1);
    rig_forget(r);
}

static inline void rig_close(rig *r)
{
    free(r->d.memory);
}

/* ---- bonds ---- */

static inline void rig_identity(uint8_t number, kith_address *identity)
{
    *identity = (kith_address){.type = KITH_ADDRESS_PUBLIC, .octets = {number, 2, 3, 4, 5, 6}};
}

/* A bond, or another one with the same peer; key 0: it gave none. */
static inline kith_peer_id rig_bond(rig *r, uint8_t number, uint8_t key)
{
    peers_bond bond;

    memset(&bond, 0, sizeof bond);
    rig_identity(number, &bond.identity);
    bond.local = r->d.h->own;
    memset(bond.irk, key, sizeof bond.irk);
    memset(bond.ltk, 0x80 | number, sizeof bond.ltk);
    bond.has_ltk = true;
    bond.key_size = 16;
    bond.level = KITH_LEVEL_ENCRYPTED;
    bond.key_kind = KITH_KEY_KIND_SC;
    return peers_put(&r->d.h->bonds, &bond)->id;
}

static inline bool rig_filters(rig *r, uint8_t number)
{
    uint8_t p[7] = {KITH_ADDRESS_PUBLIC, number, 2, 3, 4, 5, 6};

    return rig_find(r->filtered, r->filtered_count, p) != NULL;
}

/* 0: it does not know this one. */
static inline uint8_t rig_key_of(rig *r, uint8_t number)
{
    uint8_t p[7] = {KITH_ADDRESS_PUBLIC, number, 2, 3, 4, 5, 6};
    const rig_entry *e = rig_find(r->resolving, r->resolving_count, p);

    return e != NULL ? e->irk[0] : 0;
}

static inline void rig_advertising(kith_advertising *a, uint8_t filter)
{
    kith_gap_default_advertising(a, "lamp");
    a->filter = filter;
}

#endif
