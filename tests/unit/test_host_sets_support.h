/* A controller with advertising sets, as octets: it keeps what it is told, refuses what the specification has it
 * refuse, and shows what is on air.  Core Vol 4 Part E 7.8.4 to 7.8.9, 7.8.52 to 7.8.60, 7.7.65.18. */
#ifndef TEST_HOST_SETS_SUPPORT_H
#define TEST_HOST_SETS_SUPPORT_H

#include "test_host_support.h"

enum { AIR_SETS = 4 /* that a test has */, AIR_MOST = 16, AIR_MEMORY = 1650, AIR_LOG = 1024 };

/* As the controller was told. */
typedef struct {
    bool is_made, is_on, has_address, is_partial[2];
    uint8_t properties, own_type, policy, primary, secondary, sid;
    uint16_t interval, duration_10ms;
    kith_address peer;
    uint8_t address[6];
    uint8_t data[2][AIR_MEMORY];
    uint16_t len[2];
} air_set;

typedef struct {
    desk d;
    bool is_old; /* Core 4.2: set 0 alone, by legacy commands */
    uint8_t sets;
    uint16_t data_most;
    air_set of[AIR_MOST];
    uint8_t random_address[6];
    bool scanning, initiating;
    uint16_t refuse; /* this command is answered with: */
    uint8_t refuse_with;
    unsigned refuse_after; /* that many of them are not */
    bool spares_off;       /* but what switches off is not */
    uint16_t keep;         /* it is done and not answered until air_answer_kept() */
    bool kept;
    uint8_t kept_status;
    unsigned disallowed, wrong; /* commands that a good host does not send */
    uint16_t log[AIR_LOG];
    unsigned sent;
    unsigned told[KITH_EVENT_KINDS];
    kith_event last[KITH_EVENT_KINDS];
    char story[256]; /* of ADVERTISING and CONNECTED, a letter each; no more than fit */
    unsigned story_len;
    bool on[AIR_MOST]; /* as it was told */
    unsigned ends[AIR_MOST];
    bool is_lazy; /* events are taken when nothing else helps */
} air;

static inline void air_note(air *r, char what)
{
    if (r->story_len + 1 >= sizeof r->story)
        return;
    r->story[r->story_len++] = what;
    r->story[r->story_len] = '\0';
}

static inline char air_letter(const kith_event_activity *e)
{
    if (e->on)
        return '+';
    if (e->why == KITH_ENDED_CONNECTED)
        return 'c';
    if (e->why == KITH_ENDED_TIME)
        return 't';
    return e->hci_status != 0 ? '!' : '-';
}

/* On is told of what is off, and each end once. */
static inline void air_note_activity(air *r, const kith_event_activity *e)
{
    assert_true(e->set < AIR_MOST);
    assert_true(!e->on || !r->on[e->set]);
    r->on[e->set] = e->on;
    r->ends[e->set] += !e->on;
    air_note(r, (char)('0' + e->set));
    air_note(r, air_letter(e));
}

static inline void air_take_events(air *r)
{
    kith_event event;

    while (kith_host_next_event(r->d.h, &event)) {
        r->told[event.kind]++;
        r->last[event.kind] = event;
        if (event.kind == KITH_EVENT_CONNECTED)
            air_note(r, 'L');
        if (event.kind == KITH_EVENT_CONTROLLER_LOST)
            memset(r->on, 0, sizeof r->on);
        if (event.kind == KITH_EVENT_ADVERTISING)
            air_note_activity(r, &event.activity);
    }
}

static inline void air_event(air *r, uint8_t code, const uint8_t *parameters, size_t len)
{
    uint8_t packet[258] = {KITH_H4_EVENT, code, (uint8_t)len};
    kith_status status;

    memcpy(packet + 3, parameters, len);
    while ((status = kith_host_receive(r->d.h, packet, 3 + len, r->d.now_us)) == KITH_ERR_FULL) {
        assert_true(r->is_lazy);
        air_take_events(r);
    }
    assert_int_equal(status, KITH_OK);
    if (!r->is_lazy)
        air_take_events(r);
}

static inline void air_tick(air *r)
{
    while (kith_host_advance(r->d.h, r->d.now_us) == KITH_ERR_FULL) {
        assert_true(r->is_lazy);
        air_take_events(r);
    }
    if (!r->is_lazy)
        air_take_events(r);
}

static inline void air_answer(air *r, uint16_t opcode, uint8_t status)
{
    uint8_t complete[68] = {1}, short_status[4] = {status, 1};

    bytes_put16(complete + 1, opcode);
    bytes_put16(short_status + 2, opcode);
    if (opcode == KITH_HCI_LE_CREATE_CONNECTION || opcode == KITH_HCI_DISCONNECT) {
        air_event(r, KITH_HCI_EV_COMMAND_STATUS, short_status, sizeof short_status);
        return;
    }
    desk_fill_answer(&r->d, opcode, complete + 4);
    if (opcode == KITH_HCI_LE_READ_LOCAL_FEATURES)
        bytes_put64(complete + 4, r->is_old ? 0x01 : 0x1901);
    if (opcode == KITH_HCI_LE_READ_NUMBER_OF_SETS)
        complete[4] = r->sets;
    if (opcode == KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH)
        bytes_put16(complete + 4, r->data_most);
    if (opcode == KITH_HCI_LE_READ_FILTER_LIST_SIZE || opcode == KITH_HCI_LE_READ_RESOLVING_LIST_SIZE)
        complete[4] = 4;
    complete[3] = status;
    air_event(r, KITH_HCI_EV_COMMAND_COMPLETE, complete, sizeof complete);
}

static inline void air_answer_kept(air *r)
{
    assert_true(r->kept);
    r->kept = false;
    air_answer(r, r->keep, r->kept_status);
}

/* ---- commands ---- */

static inline bool air_any_on(const air *r)
{
    for (unsigned i = 0; i < AIR_MOST; i++)
        if (r->of[i].is_on)
            return true;
    return false;
}

static inline unsigned air_count_made(const air *r)
{
    unsigned count = 0;

    for (unsigned i = 0; i < AIR_MOST; i++)
        count += r->of[i].is_made;
    return count;
}

static inline uint8_t air_legacy_parameters(air *r, const uint8_t *p)
{
    static const uint8_t properties[] = {0x13, 0x1d, 0x12, 0x10, 0x15};
    air_set *s = &r->of[0];

    if (s->is_on)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (p[4] > 4 || p[13] != 7)
        return KITH_HCI_INVALID_PARAMETERS;
    s->is_made = true;
    s->properties = properties[p[4]];
    s->interval = bytes_get16(p);
    s->own_type = p[5];
    s->peer.type = p[6];
    memcpy(s->peer.octets, p + 7, 6);
    s->policy = p[14];
    s->primary = s->secondary = KITH_PHY_1M;
    return KITH_HCI_SUCCESS;
}

static inline uint8_t air_legacy_data(air *r, unsigned response, const uint8_t *p)
{
    air_set *s = &r->of[0];

    if (p[0] > 31)
        return KITH_HCI_INVALID_PARAMETERS;
    s->len[response] = p[0];
    memcpy(s->data[response], p + 1, p[0]);
    return KITH_HCI_SUCCESS;
}

static inline uint8_t air_legacy_enable(air *r, bool on)
{
    r->of[0].is_on = on;
    memcpy(r->of[0].address, r->random_address, 6);
    return KITH_HCI_SUCCESS;
}

static inline bool air_is_kind(uint8_t properties)
{
    static const uint8_t kinds[] = {0x13, 0x15, 0x1d, 0x12, 0x10, 0x00, 0x01, 0x02, 0x04, 0x05};

    return memchr(kinds, properties, sizeof kinds) != NULL;
}

static inline uint8_t air_parameters(air *r, const uint8_t *p)
{
    air_set *s = &r->of[p[0] % AIR_MOST];

    if (p[0] >= AIR_MOST || !air_is_kind(p[1]) || p[2] != 0 || p[20] == KITH_PHY_2M || p[20] == 0 || p[22] == 0 ||
        p[23] > 15)
        return KITH_HCI_INVALID_PARAMETERS;
    if (s->is_on)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (!s->is_made && air_count_made(r) >= r->sets)
        return KITH_HCI_MEMORY_EXCEEDED;
    s->is_made = true;
    s->properties = p[1];
    s->interval = bytes_get16(p + 3);
    s->own_type = p[10];
    s->peer.type = p[11];
    memcpy(s->peer.octets, p + 12, 6);
    s->policy = p[18];
    s->primary = p[20];
    s->secondary = p[22];
    s->sid = p[23];
    return KITH_HCI_SUCCESS;
}

static inline bool air_takes_data(const air_set *s, unsigned response)
{
    const bool scannable = (s->properties & 0x02) != 0, legacy = (s->properties & 0x10) != 0;

    if (legacy)
        return (s->properties & 0x04) == 0 && (response == 0 || scannable);
    return scannable == (response != 0);
}

static inline uint8_t air_data(air *r, unsigned response, const uint8_t *p)
{
    air_set *s = &r->of[p[0] % AIR_MOST];
    const uint8_t operation = p[1], len = p[3];
    const bool begins = operation == 1 || operation == 3;

    if (!s->is_made)
        return KITH_HCI_UNKNOWN_SET;
    if (operation > 3 || len > 251 || (operation != 3 && len == 0) || !air_takes_data(s, response))
        return KITH_HCI_INVALID_PARAMETERS;
    if (s->is_on && operation != 3)
        return KITH_HCI_COMMAND_DISALLOWED;
    if (!begins && !s->is_partial[response])
        return KITH_HCI_INVALID_PARAMETERS;
    if (begins)
        s->len[response] = 0;
    if (s->len[response] + len > ((s->properties & 0x10) != 0 ? 31 : r->data_most)) {
        s->len[response] = 0;
        return KITH_HCI_MEMORY_EXCEEDED;
    }
    memcpy(s->data[response] + s->len[response], p + 4, len);
    s->len[response] = (uint16_t)(s->len[response] + len);
    s->is_partial[response] = operation < 2;
    return KITH_HCI_SUCCESS;
}

static inline uint8_t air_address(air *r, const uint8_t *p)
{
    air_set *s = &r->of[p[0] % AIR_MOST];

    if (!s->is_made)
        return KITH_HCI_UNKNOWN_SET;
    if (s->is_on)
        return KITH_HCI_COMMAND_DISALLOWED;
    s->has_address = true;
    memcpy(s->address, p + 1, 6);
    return KITH_HCI_SUCCESS;
}

static inline uint8_t air_enable(air *r, const uint8_t *p)
{
    air_set *s = &r->of[p[2] % AIR_MOST];

    if (p[1] != 1)
        return KITH_HCI_INVALID_PARAMETERS;
    if (!s->is_made)
        return KITH_HCI_UNKNOWN_SET;
    if (p[0] == 0) {
        s->is_on = false;
        return KITH_HCI_SUCCESS;
    }
    s->duration_10ms = bytes_get16(p + 3);
    if ((s->properties & 0x08) != 0 && (s->duration_10ms == 0 || s->duration_10ms > 128))
        return KITH_HCI_INVALID_PARAMETERS;
    if ((s->own_type & 1) != 0 && !s->has_address)
        return KITH_HCI_INVALID_PARAMETERS;
    if (s->is_partial[0] || s->is_partial[1] || (s->properties == 0x02 && s->len[1] == 0))
        return KITH_HCI_COMMAND_DISALLOWED;
    s->is_on = true;
    return KITH_HCI_SUCCESS;
}

static inline uint8_t air_remove(air *r, const uint8_t *p)
{
    air_set *s = &r->of[p[0] % AIR_MOST];

    if (!s->is_made)
        return KITH_HCI_UNKNOWN_SET;
    if (s->is_on)
        return KITH_HCI_COMMAND_DISALLOWED;
    memset(s, 0, sizeof *s);
    return KITH_HCI_SUCCESS;
}

static inline uint8_t air_do_legacy(air *r, uint16_t opcode, const uint8_t *p)
{
    switch (opcode) {
    case KITH_HCI_LE_SET_ADV_PARAMETERS:
        return air_legacy_parameters(r, p);
    case KITH_HCI_LE_SET_ADV_DATA:
        return air_legacy_data(r, 0, p);
    case KITH_HCI_LE_SET_SCAN_RESPONSE_DATA:
        return air_legacy_data(r, 1, p);
    default:
        return air_legacy_enable(r, p[0] != 0);
    }
}

static inline uint8_t air_do_extended(air *r, uint16_t opcode, const uint8_t *p)
{
    switch (opcode) {
    case KITH_HCI_LE_SET_EXT_ADV_PARAMETERS:
        return air_parameters(r, p);
    case KITH_HCI_LE_SET_SET_RANDOM_ADDRESS:
        return air_address(r, p);
    case KITH_HCI_LE_SET_EXT_ADV_DATA:
        return air_data(r, 0, p);
    case KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA:
        return air_data(r, 1, p);
    case KITH_HCI_LE_SET_EXT_ADV_ENABLE:
        return air_enable(r, p);
    default:
        return air_remove(r, p);
    }
}

static inline bool air_is_legacy(uint16_t opcode)
{
    return opcode >= KITH_HCI_LE_SET_ADV_PARAMETERS && opcode <= KITH_HCI_LE_SET_ADV_ENABLE;
}

static inline bool air_is_extended(uint16_t opcode)
{
    return (opcode >= KITH_HCI_LE_SET_SET_RANDOM_ADDRESS && opcode <= KITH_HCI_LE_SET_EXT_ADV_ENABLE) ||
           opcode == KITH_HCI_LE_REMOVE_SET;
}

static inline uint8_t air_do(air *r, uint16_t opcode, const uint8_t *p)
{
    if (opcode == KITH_HCI_RESET)
        memset(r->of, 0, sizeof r->of);
    if (air_is_legacy(opcode))
        return r->is_old ? air_do_legacy(r, opcode, p) : KITH_HCI_COMMAND_DISALLOWED;
    if (air_is_extended(opcode))
        return r->is_old ? KITH_HCI_UNKNOWN_COMMAND : air_do_extended(r, opcode, p);
    if (opcode == KITH_HCI_LE_SET_RANDOM_ADDRESS) {
        if (r->scanning || r->initiating || (r->is_old && air_any_on(r)))
            return KITH_HCI_COMMAND_DISALLOWED;
        memcpy(r->random_address, p, 6);
    }
    return KITH_HCI_SUCCESS;
}

static inline bool air_is_refused(air *r, uint16_t opcode, const uint8_t *p)
{
    const bool switches = opcode == KITH_HCI_LE_SET_ADV_ENABLE || opcode == KITH_HCI_LE_SET_EXT_ADV_ENABLE;

    if (opcode != r->refuse || (switches && p[0] == 0 && r->spares_off))
        return false;
    if (r->refuse_after == 0)
        return true;
    r->refuse_after--;
    return false;
}

/* One command, if the host has one; false: it has none. */
static inline bool air_step(air *r)
{
    uint8_t packet[260], status;
    size_t len = kith_host_next_packet(r->d.h, packet, sizeof packet);
    uint16_t opcode;

    if (len == 0)
        return false;
    opcode = bytes_get16(packet + 1);
    assert_true(packet[0] == KITH_H4_COMMAND && packet[3] == len - 4);
    assert_true(r->sent < AIR_LOG); /* it never spins */
    r->log[r->sent++] = opcode;
    if (air_is_refused(r, opcode, packet + 4)) {
        status = r->refuse_with;
    } else {
        status = air_do(r, opcode, packet + 4);
        r->disallowed += status == KITH_HCI_COMMAND_DISALLOWED;
        r->wrong += status == KITH_HCI_INVALID_PARAMETERS || status == KITH_HCI_UNKNOWN_SET;
    }
    if (opcode == r->keep && !r->kept) {
        r->kept = true;
        r->kept_status = status;
    } else {
        air_answer(r, opcode, status);
    }
    return true;
}

static inline void air_run(air *r)
{
    do {
        while (air_step(r))
            continue;
        air_tick(r);
    } while (air_step(r));
}

static inline void air_advance(air *r, uint64_t us)
{
    r->d.now_us += us;
    air_tick(r);
    air_run(r);
}

static inline unsigned air_count(const air *r, uint16_t opcode)
{
    unsigned count = 0;

    for (unsigned i = 0; i < r->sent; i++)
        count += r->log[i] == opcode;
    return count;
}

static inline void air_forget(air *r)
{
    r->sent = 0;
    memset(r->told, 0, sizeof r->told);
    memset(r->last, 0, sizeof r->last);
    r->story_len = 0;
    r->story[0] = '\0';
}

/* ---- what happens on air ---- */

static inline void air_connection(air *r, uint8_t status, unsigned number, bool central)
{
    uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE, status};

    bytes_put16(p + 2, (uint16_t)(DESK_HANDLE + number));
    p[4] = !central;
    p[6] = (uint8_t)(number + 1);
    p[12] = 24;
    p[16] = 100;
    air_event(r, KITH_HCI_EV_LE_META, p, sizeof p);
}

static inline void air_terminated(air *r, uint8_t status, uint8_t set, unsigned number)
{
    uint8_t p[6] = {KITH_HCI_LE_EV_SET_TERMINATED, status, set};

    bytes_put16(p + 3, (uint16_t)(DESK_HANDLE + number));
    air_event(r, KITH_HCI_EV_LE_META, p, sizeof p);
}

/* A link comes of this set. */
static inline void air_connect(air *r, uint8_t set, unsigned number)
{
    r->of[set].is_on = false;
    air_connection(r, 0, number, false);
    if (!r->is_old)
        air_terminated(r, 0, set, number);
}

static inline void air_disconnect(air *r, unsigned number)
{
    uint8_t p[4] = {0, 0, 0, 0x13};

    bytes_put16(p + 1, (uint16_t)(DESK_HANDLE + number));
    air_event(r, KITH_HCI_EV_DISCONNECTION_COMPLETE, p, sizeof p);
}

/* ---- a host on it ---- */

static inline void air_make(air *r, bool is_old, uint8_t sets, kith_privacy_mode mode)
{
    desk *d = &r->d;
    size_t size;

    memset(r, 0, sizeof *r);
    r->is_old = is_old;
    r->sets = AIR_SETS;
    r->data_most = AIR_MEMORY;
    d->acl_len = 27;
    d->acl_packets = 4;
    assert_int_equal(kith_openssl_port(&d->port), KITH_OK);
    d->source.state = 1;
    d->port.random = seeded_random;
    d->port.context = &d->source;
    kith_config_default(&d->config);
    d->config.limits =
        (kith_limits){.links = 4, .pairings = 1, .bonds = 8, .mtu = 65, .events = 8, .listed = 2, .sets = sets};
    d->config.crypto = &d->port;
    d->config.store = &kith_volatile_store;
    d->config.security.methods = desk_methods;
    d->config.privacy.mode = mode;
    size = kith_host_size(&d->config.limits);
    d->memory = malloc(size);
    assert_int_equal(kith_host_init(d->memory, size, &d->config, &d->h), KITH_OK);
}

static inline void air_start(air *r)
{
    assert_int_equal(kith_host_start(r->d.h, r->d.now_us), KITH_OK);
    air_run(r);
    assert_int_equal(r->told[KITH_EVENT_READY], 1);
    air_forget(r);
}

static inline void air_open(air *r, bool is_old, uint8_t sets, kith_privacy_mode mode)
{
    air_make(r, is_old, sets, mode);
    air_start(r);
}

static inline void air_close(air *r)
{
    free(r->d.memory);
}

static inline kith_advertising air_advertising(void)
{
    kith_advertising a;

    kith_gap_default_advertising(&a, "lamp");
    return a;
}

static inline void air_begin(air *r, uint8_t set, const kith_advertising *a)
{
    assert_int_equal(kith_gap_advertise_set(r->d.h, set, a), KITH_OK);
    air_run(r);
}

/* With an identity resolving key of these octets. */
static inline kith_peer_id air_bond(air *r, uint8_t number, uint8_t key)
{
    peers_bond bond;

    memset(&bond, 0, sizeof bond);
    bond.identity = (kith_address){.type = KITH_ADDRESS_PUBLIC, .octets = {number, 2, 3, 4, 5, 6}};
    bond.local = r->d.h->own;
    memset(bond.irk, key, sizeof bond.irk);
    memset(bond.ltk, 0x80 | number, sizeof bond.ltk);
    bond.has_ltk = true;
    bond.key_size = 16;
    bond.level = KITH_LEVEL_ENCRYPTED;
    bond.key_kind = KITH_KEY_KIND_SC;
    return peers_put(&r->d.h->bonds, &bond)->id;
}

#endif
