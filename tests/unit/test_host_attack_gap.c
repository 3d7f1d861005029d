/* Everything that GAP does at once, in any order, on a controller that answers late and now and then says no: sets,
 * scans, searches, connecting, background reconnection, lists, changes of our addresses, identities and keys, links.
 * Each begin has one end, nothing of who we are is on air, nobody is let in who is only looked for, and when all is
 * quiet the controller does what the program was told that it does. */
#include "crypto/toolbox.h"
#include "test_host_support.h"

enum { SEEDS = 1500, ACTIONS = 250, SETS = 3, PEERS = 5, LINKS = 3, ENTRIES = 16, RANDOM = 1 };

typedef struct {
    bool made, on, has_address;
    uint8_t own_type, policy, address[6];
    uint16_t properties;
} set_on_air;

typedef struct {
    uint8_t identity[7], irk[16], local[16];
} entry;

typedef struct {
    desk d;
    uint64_t state;
    unsigned seed;
    bool extended, says_no, trace;
    /* the controller */
    set_on_air sets[SETS];
    bool scanning, initiating, resolution, filters_scan, filters_initiator;
    uint8_t scans_as, initiates_as, random_address[6], connects_to[7];
    entry filtered[ENTRIES], resolving[ENTRIES];
    unsigned filtered_count, resolving_count, filter_most, resolving_most;
    uint16_t opcode; /* to be answered; 0: none */
    uint8_t status;
    bool cancelled; /* its end is to be told */
    bool late[2];   /* a link is to be told that was made before the host stopped it: as peripheral, as central */
    uint8_t late_peer[7], late_set;
    unsigned late_age;
    bool linked[LINKS];
    unsigned disallowed;
    bool has_refused;
    /* the program */
    bool set_begun[SETS], set_on[SETS], scan_begun, scan_on, searches, connecting, may_be_made, lists_due[2], is_lost,
        reset;
    kith_peer_id ids[2 * PEERS];
    unsigned lost;
} storm;

static unsigned draw(storm *s, unsigned below)
{
    s->state = s->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(s->state >> 33) % below;
}

#define CHECK(s, condition)                                                                                            \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fail_msg("seed %u%s: %s", (s)->seed, (s)->extended ? ", extended" : "", #condition);                       \
    } while (0)

/* ---- what is on air ---- */

static void check_address(storm *s, const uint8_t address[6])
{
    const kith_host *h = s->d.h;
    uint8_t hash[3];

    if (h->config.privacy.mode == KITH_PRIVACY_RESOLVABLE) {
        CHECK(s, (address[5] & 0xc0) == 0x40);
        CHECK(s, crypto_ah(&s->d.port, h->identities[h->selected].irk, address + 3, hash) == KITH_OK);
        CHECK(s, memcmp(hash, address, 3) == 0);
        CHECK(s, memcmp(h->privacy.address.octets, address, 6) == 0);
    } else if (h->config.privacy.mode == KITH_PRIVACY_NON_RESOLVABLE) {
        CHECK(s, (address[5] & 0xc0) == 0);
        CHECK(s, memcmp(h->privacy.address.octets, address, 6) == 0);
    } else {
        CHECK(s, memcmp(h->own.octets, address, 6) == 0);
    }
}

/* Of what begins now. */
static void check_on_air(storm *s, uint8_t own_type, const uint8_t address[6])
{
    const kith_host *h = s->d.h;

    if (h->config.privacy.mode == KITH_PRIVACY_OFF && h->own.type == KITH_ADDRESS_PUBLIC) {
        CHECK(s, own_type == 0 || own_type == 2);
        return;
    }
    CHECK(s, own_type == 1 || own_type == 3);
    check_address(s, address);
    for (unsigned i = 0; own_type == 3 && i < s->resolving_count && !s->has_refused; i++)
        CHECK(s, memcmp(s->resolving[i].local, privacy_key(h), 16) == 0);
}

static bool any_filters(const storm *s)
{
    for (unsigned i = 0; i < SETS; i++)
        if (s->sets[i].on && s->sets[i].policy != 0)
            return true;
    return (s->scanning && s->filters_scan);
}

static void check_nobody_slips_in(storm *s)
{
    for (unsigned i = 0; i < s->filtered_count; i++) {
        bool listed = false;

        for (uint16_t k = 0; k < s->d.h->lists->allow_count; k++) {
            const peers_bond *bond = peers_by_id(&s->d.h->bonds, s->d.h->lists->allow[k]);

            listed |= bond != NULL && bond->identity.type == s->filtered[i].identity[0] &&
                      memcmp(bond->identity.octets, s->filtered[i].identity + 1, 6) == 0;
        }
        CHECK(s, listed);
    }
}

/* ---- the controller ---- */

static bool is_active(const storm *s)
{
    for (unsigned i = 0; i < SETS; i++)
        if (s->sets[i].on)
            return true;
    return s->scanning || s->initiating;
}

static uint8_t find_entry(const entry *entries, unsigned count, const uint8_t *p)
{
    for (unsigned i = 0; i < count; i++)
        if (memcmp(entries[i].identity, p, 7) == 0)
            return (uint8_t)i;
    return ENTRIES;
}

static uint8_t add(entry *entries, unsigned *count, unsigned most, const uint8_t *p, bool keys)
{
    if (find_entry(entries, *count, p) != ENTRIES)
        return keys ? KITH_HCI_INVALID_PARAMETERS : KITH_HCI_SUCCESS;
    if (*count == most)
        return KITH_HCI_MEMORY_EXCEEDED;
    memcpy(entries[*count].identity, p, 7);
    if (keys) {
        memcpy(entries[*count].irk, p + 7, 16);
        memcpy(entries[*count].local, p + 23, 16);
    }
    ++*count;
    return KITH_HCI_SUCCESS;
}

static uint8_t take(entry *entries, unsigned *count, const uint8_t *p)
{
    uint8_t at = find_entry(entries, *count, p);

    if (at == ENTRIES)
        return KITH_HCI_UNKNOWN_CONNECTION;
    entries[at] = entries[--*count];
    return KITH_HCI_SUCCESS;
}

static uint8_t switch_set(storm *s, set_on_air *set, bool on, const uint8_t *address)
{
    if (on) {
        check_on_air(s, set->own_type, address);
        if (set->policy != 0 && !set->on)
            check_nobody_slips_in(s);
    }
    if (!on && set->on && (set->properties & 1) != 0 && draw(s, 5) == 0 && !s->late[0]) {
        s->late[0] = true;
        s->late_age = 0;
        s->late_set = (uint8_t)(set - s->sets);
    }
    set->on = on;
    return KITH_HCI_SUCCESS;
}

static uint8_t do_sets(storm *s, uint16_t opcode, const uint8_t *p)
{
    bool by_number = opcode != KITH_HCI_LE_SET_EXT_ADV_ENABLE;
    set_on_air *set = &s->sets[(by_number ? p[0] : p[2]) % SETS];

    if (opcode == KITH_HCI_LE_SET_EXT_ADV_PARAMETERS) {
        if (set->on)
            return KITH_HCI_COMMAND_DISALLOWED;
        set->made = true;
        set->properties = bytes_get16(p + 1);
        set->own_type = p[10];
        set->policy = p[18];
        return KITH_HCI_SUCCESS;
    }
    if (!set->made)
        return KITH_HCI_UNKNOWN_SET;
    if (opcode == KITH_HCI_LE_SET_SET_RANDOM_ADDRESS) {
        if (set->on)
            return KITH_HCI_COMMAND_DISALLOWED;
        memcpy(set->address, p + 1, 6);
        set->has_address = true;
    } else if (opcode == KITH_HCI_LE_REMOVE_SET) {
        if (set->on)
            return KITH_HCI_COMMAND_DISALLOWED;
        memset(set, 0, sizeof *set);
    } else if (opcode == KITH_HCI_LE_SET_EXT_ADV_ENABLE) {
        if (p[0] != 0 && (set->own_type & 1) != 0 && !set->has_address)
            return KITH_HCI_INVALID_PARAMETERS;
        return switch_set(s, set, p[0] != 0, set->address);
    }
    return KITH_HCI_SUCCESS;
}

static uint8_t set_resolving(storm *s, uint16_t opcode, const uint8_t *p)
{
    if (s->resolution && is_active(s))
        return KITH_HCI_COMMAND_DISALLOWED;
    if (opcode == KITH_HCI_LE_ADD_TO_RESOLVING_LIST)
        return add(s->resolving, &s->resolving_count, s->resolving_most, p, true);
    if (opcode == KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST)
        return take(s->resolving, &s->resolving_count, p);
    return find_entry(s->resolving, s->resolving_count, p) == ENTRIES ? KITH_HCI_UNKNOWN_CONNECTION : KITH_HCI_SUCCESS;
}

static uint8_t create(storm *s, bool listed, uint8_t own_type, const uint8_t *peer)
{
    if (s->initiating)
        return KITH_HCI_COMMAND_DISALLOWED;
    check_on_air(s, own_type, s->random_address);
    s->initiating = true;
    s->initiates_as = own_type;
    s->filters_initiator = listed;
    memcpy(s->connects_to, peer, 7);
    return KITH_HCI_SUCCESS;
}

static uint8_t scan_switch(storm *s, bool on)
{
    if (on)
        check_on_air(s, s->scans_as, s->random_address);
    s->scanning = on;
    return KITH_HCI_SUCCESS;
}

static uint8_t execute(storm *s, uint16_t opcode, const uint8_t *p)
{
    switch (opcode) {
    case KITH_HCI_RESET:
        memset(s->sets, 0, sizeof s->sets);
        s->scanning = s->initiating = s->resolution = s->cancelled = s->late[0] = s->late[1] = false;
        s->filtered_count = s->resolving_count = 0;
        memset(s->linked, 0, sizeof s->linked);
        memset(s->random_address, 0, 6);
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_RANDOM_ADDRESS:
        if (s->scanning || s->initiating || (!s->extended && s->sets[0].on))
            return KITH_HCI_COMMAND_DISALLOWED;
        memcpy(s->random_address, p, 6);
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_ADV_PARAMETERS:
        if (s->sets[0].on)
            return KITH_HCI_COMMAND_DISALLOWED;
        s->sets[0].own_type = p[5];
        s->sets[0].policy = p[14];
        s->sets[0].properties = p[4] == 0 || p[4] == 1 || p[4] == 4;
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_ADV_ENABLE:
        return switch_set(s, &s->sets[0], p[0] != 0, s->random_address);
    case KITH_HCI_LE_SET_EXT_ADV_PARAMETERS:
    case KITH_HCI_LE_SET_EXT_ADV_DATA:
    case KITH_HCI_LE_SET_EXT_SCAN_RESPONSE_DATA:
    case KITH_HCI_LE_SET_EXT_ADV_ENABLE:
    case KITH_HCI_LE_REMOVE_SET:
    case KITH_HCI_LE_SET_SET_RANDOM_ADDRESS:
        return do_sets(s, opcode, p);
    case KITH_HCI_LE_SET_SCAN_PARAMETERS:
    case KITH_HCI_LE_SET_EXT_SCAN_PARAMETERS:
        if (s->scanning)
            return KITH_HCI_COMMAND_DISALLOWED;
        s->scans_as = s->extended ? p[0] : p[5];
        s->filters_scan = ((s->extended ? p[1] : p[6]) & 1) != 0;
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_SET_SCAN_ENABLE:
    case KITH_HCI_LE_SET_EXT_SCAN_ENABLE:
        return scan_switch(s, p[0] != 0);
    case KITH_HCI_LE_CREATE_CONNECTION:
        return create(s, p[4] != 0, p[12], p + 5);
    case KITH_HCI_LE_EXT_CREATE_CONNECTION:
        return create(s, p[0] != 0, p[1], p + 2);
    case KITH_HCI_LE_CREATE_CONNECTION_CANCEL:
        if (!s->initiating)
            return KITH_HCI_COMMAND_DISALLOWED;
        s->initiating = false;
        s->cancelled = draw(s, 5) != 0;
        if (!s->cancelled) {
            s->late[1] = true;
            memcpy(s->late_peer, s->connects_to, 7);
            return draw(s, 2) == 0 ? KITH_HCI_SUCCESS : KITH_HCI_HARDWARE_FAILURE;
        }
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_ADD_TO_FILTER_LIST:
    case KITH_HCI_LE_REMOVE_FROM_FILTER_LIST:
        if (any_filters(s) || (s->initiating && s->filters_initiator))
            return KITH_HCI_COMMAND_DISALLOWED;
        if (opcode == KITH_HCI_LE_ADD_TO_FILTER_LIST)
            return add(s->filtered, &s->filtered_count, s->filter_most, p, false);
        (void)take(s->filtered, &s->filtered_count, p);
        return KITH_HCI_SUCCESS;
    case KITH_HCI_LE_ADD_TO_RESOLVING_LIST:
    case KITH_HCI_LE_REMOVE_FROM_RESOLVING_LIST:
    case KITH_HCI_LE_SET_PRIVACY_MODE:
        return set_resolving(s, opcode, p);
    case KITH_HCI_LE_SET_RESOLUTION_ENABLE:
        if (is_active(s))
            return KITH_HCI_COMMAND_DISALLOWED;
        s->resolution = p[0] != 0;
        return KITH_HCI_SUCCESS;
    default:
        return KITH_HCI_SUCCESS;
    }
}

/* ---- what the program hears ---- */

static void set_ended(storm *s, const kith_event_activity *a)
{
    CHECK(s, a->set < SETS && s->set_begun[a->set]);
    s->set_on[a->set] = a->on;
    s->set_begun[a->set] = a->on;
}

static void lost(storm *s)
{
    memset(s->set_begun, 0, sizeof s->set_begun);
    memset(s->set_on, 0, sizeof s->set_on);
    CHECK(s, !s->searches && (!s->connecting || s->may_be_made) && !s->lists_due[0] && !s->lists_due[1]);
    s->scan_begun = s->scan_on = false;
    s->is_lost = true;
    s->lost++;
    CHECK(s, s->reset || s->has_refused); /* it was the controller's fault */
    s->reset = false;
}

static void hear(storm *s, const kith_event *e)
{
    switch (e->kind) {
    case KITH_EVENT_ADVERTISING:
        set_ended(s, &e->activity);
        break;
    case KITH_EVENT_SCANNING:
        CHECK(s, s->scan_begun);
        s->scan_begun = s->scan_on = e->activity.on;
        break;
    case KITH_EVENT_FOUND:
        CHECK(s, s->searches);
        s->searches = false;
        break;
    case KITH_EVENT_CONNECT_FAILED:
        CHECK(s, s->connecting);
        s->connecting = false;
        break;
    case KITH_EVENT_CONNECTED: /* whose making it is is not said */
        s->may_be_made |= e->connected.we_are_central;
        break;
    case KITH_EVENT_ALLOW_LIST:
        s->lists_due[0] = false;
        break;
    case KITH_EVENT_DEVICE_IDENTITIES:
        s->lists_due[1] = false;
        break;
    case KITH_EVENT_CONTROLLER_LOST:
        lost(s);
        break;
    default:
        break;
    }
}

static void take_events(storm *s)
{
    kith_event e;

    while (kith_host_next_event(s->d.h, &e)) {
        if (s->trace)
            print_message("  event %s on %d\n", kith_event_name(e.kind), e.activity.on);
        hear(s, &e);
    }
    if (!s->d.h->connecting)
        s->connecting = s->may_be_made = false;
}

static void give(storm *s, uint8_t code, const uint8_t *p, size_t len)
{
    uint8_t packet[258] = {KITH_H4_EVENT, code, (uint8_t)len};
    uint32_t dropped = kith_host_dropped(s->d.h);

    memcpy(packet + 3, p, len);
    while (kith_host_receive(s->d.h, packet, 3 + len, s->d.now_us) == KITH_ERR_FULL)
        take_events(s);
    CHECK(s, kith_host_dropped(s->d.h) == dropped || (code == KITH_HCI_EV_LE_META && p[0] != 1));
    if (draw(s, 3) != 0)
        take_events(s);
}

static void tick(storm *s)
{
    while (kith_host_advance(s->d.h, s->d.now_us) == KITH_ERR_FULL)
        take_events(s);
    if (draw(s, 3) != 0)
        take_events(s);
}

static void tell_cancelled(storm *s)
{
    uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE, KITH_HCI_UNKNOWN_CONNECTION};

    s->cancelled = false;
    give(s, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void tell_late(storm *s);
static void come_late(storm *s);

static void answer(storm *s)
{
    uint8_t complete[68] = {1}, status[4] = {s->status, 1};
    uint16_t opcode = s->opcode;

    if (opcode == 0)
        return;
    s->opcode = 0;
    bytes_put16(complete + 1, opcode);
    bytes_put16(status + 2, opcode);
    if (opcode == KITH_HCI_DISCONNECT || opcode == KITH_HCI_LE_CREATE_CONNECTION ||
        opcode == KITH_HCI_LE_EXT_CREATE_CONNECTION) {
        give(s, KITH_HCI_EV_COMMAND_STATUS, status, sizeof status);
        return;
    }
    desk_fill_answer(&s->d, opcode, complete + 4);
    if (opcode == KITH_HCI_LE_READ_LOCAL_FEATURES)
        bytes_put64(complete + 4, s->extended ? 0x1901 : 0x01);
    if (opcode == KITH_HCI_LE_READ_NUMBER_OF_SETS)
        complete[4] = SETS;
    if (opcode == KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH)
        bytes_put16(complete + 4, 251);
    if (opcode == KITH_HCI_LE_READ_FILTER_LIST_SIZE)
        complete[4] = (uint8_t)s->filter_most;
    if (opcode == KITH_HCI_LE_READ_RESOLVING_LIST_SIZE)
        complete[4] = (uint8_t)s->resolving_most;
    complete[3] = s->status;
    give(s, KITH_HCI_EV_COMMAND_COMPLETE, complete, sizeof complete);
}

static bool may_refuse(const storm *s, uint16_t opcode)
{
    return s->says_no && s->d.h->startup == STARTUP_READY && opcode != KITH_HCI_LE_SET_RANDOM_ADDRESS;
}

/* One command, if there is one; false: there is none. */
static bool step(storm *s)
{
    uint8_t packet[260];
    size_t len;

    if (s->opcode != 0) {
        if (s->late[0] && s->late_age++ > 0)
            come_late(s); /* no later than the second answer */
        answer(s);
        return true;
    }
    if (s->late[1])
        come_late(s);
    len = kith_host_next_packet(s->d.h, packet, sizeof packet);
    if (len == 0 || packet[0] != KITH_H4_COMMAND)
        return len != 0;
    s->opcode = bytes_get16(packet + 1);
    if (may_refuse(s, s->opcode) && draw(s, 15) == 0) {
        s->status = draw(s, 2) == 0 ? KITH_HCI_COMMAND_DISALLOWED : KITH_HCI_HARDWARE_FAILURE;
        s->has_refused = true;
    } else {
        s->status = execute(s, s->opcode, packet + 4);
        s->disallowed += s->status == KITH_HCI_COMMAND_DISALLOWED && s->opcode != KITH_HCI_LE_REMOVE_SET;
    }
    if (s->trace)
        print_message("command %04x: %02x (%02x %02x %02x)\n", s->opcode, s->status, packet[4], packet[5], packet[6]);
    return true;
}

static void run(storm *s)
{
    for (unsigned n = 0;; n++) {
        CHECK(s, n < 3000); /* it does not spin */
        if (step(s))
            continue;
        if (s->cancelled || s->late[0] || s->late[1]) {
            tell_late(s);
            continue;
        }
        tick(s);
        take_events(s);
        if (!step(s))
            return;
    }
}

static void start(storm *s)
{
    const bool says_no = s->says_no;

    s->is_lost = s->says_no = false;
    s->opcode = 0;
    while (kith_host_start(s->d.h, s->d.now_us) == KITH_ERR_FULL)
        take_events(s);
    run(s);
    CHECK(s, s->d.h->startup == STARTUP_READY);
    s->says_no = says_no;
}

/* ---- what happens ---- */

static void advertise(storm *s)
{
    uint8_t number = (uint8_t)draw(s, s->extended ? SETS : 1);
    kith_advertising a;

    kith_gap_default_advertising(&a, "lamp");
    a.filter = (uint8_t)(draw(s, 2) == 0 ? 0 : draw(s, 3));
    a.ask_list = a.filter != 0 && draw(s, 3) == 0;
    a.limit_ms = draw(s, 4) == 0 ? 1 + draw(s, 100000) : 0;
    a.random_data.len = draw(s, 2) == 0 ? 3 : 0;
    if (draw(s, 4) == 0) {
        a.filter = 0;
        a.ask_list = false;
        a.directed = true;
        a.high_duty = draw(s, 2) == 0;
        a.to = (kith_address){.type = 0, .octets = {(uint8_t)(1 + draw(s, PEERS)), 2, 3, 4, 5, 6}};
    }
    if (draw(s, 3) == 0) {
        (void)!kith_gap_stop_set(s->d.h, number);
    } else if (kith_gap_advertise_set(s->d.h, number, &a) == KITH_OK) {
        s->set_begun[number] = true;
    }
}

static void scan(storm *s)
{
    kith_sought sought;
    kith_scan as;
    bool searches = draw(s, 2) == 0;
    uint32_t limit = draw(s, 2) == 0 ? 0 : 1 + draw(s, 50000);

    if (draw(s, 3) == 0) {
        (void)!kith_gap_stop_scan(s->d.h);
        return;
    }
    memset(&sought, 0, sizeof sought);
    sought.name = "nobody";
    kith_gap_default_scan(&as);
    as.filter = draw(s, 3) == 0;
    as.limit_ms = limit;
    take_events(s);
    if ((searches ? kith_gap_find(s->d.h, &as, &sought, limit) : kith_gap_start_scan(s->d.h, &as)) != KITH_OK)
        return;
    s->scan_begun = true;
    s->searches = searches;
}

static void connect(storm *s)
{
    kith_initiating as;

    if (draw(s, 3) == 0) {
        (void)!kith_gap_cancel_connect(s->d.h);
        return;
    }
    kith_gap_default_initiating(&as);
    as.listed = draw(s, 2) == 0;
    as.peer.octets[0] = (uint8_t)(1 + draw(s, 9));
    as.limit_ms = draw(s, 2) == 0 ? 0 : 1 + draw(s, 50000);
    take_events(s);
    if (kith_gap_initiate(s->d.h, &as) == KITH_OK)
        s->connecting = true;
}

static void bond(storm *s)
{
    unsigned number = draw(s, 2 * PEERS), under = draw(s, 3) == 0;
    peers_bond fresh;

    if (draw(s, 3) == 0) {
        (void)!kith_bonds_forget(s->d.h, s->ids[number]);
        return;
    }
    memset(&fresh, 0, sizeof fresh);
    fresh.identity = (kith_address){.type = 0, .octets = {(uint8_t)(1 + number % PEERS), 2, 3, 4, 5, 6}};
    fresh.local = s->d.h->identities[under].address;
    memset(fresh.irk, number % 3 == 0 ? 0 : (int)(0x10 + number), 16);
    memset(fresh.ltk, 0x80 | (int)number, 16);
    fresh.has_ltk = true;
    fresh.key_size = 16;
    fresh.level = KITH_LEVEL_ENCRYPTED;
    fresh.key_kind = KITH_KEY_KIND_SC;
    fresh.use.resolution = KITH_RESOLUTION_YES;
    s->ids[number] = peers_put(&s->d.h->bonds, &fresh)->id;
}

static void lists(storm *s)
{
    kith_peer_id peers[PEERS] = {0};
    uint16_t count = 0;
    kith_bond_info info;
    unsigned what = draw(s, 4);
    kith_status status;

    for (kith_peer_id peer = 0; count < 2 && kith_bonds_next(s->d.h, peer, &info) == KITH_OK; peer = info.peer)
        if (draw(s, 3) == 0)
            peers[count++] = info.peer;
    take_events(s);
    if (what == 0)
        status = kith_allow_list_follow(s->d.h, NULL);
    else if (what == 1)
        status = kith_device_identities_set(s->d.h, peers, count, KITH_LIST_PAUSE);
    else
        status = kith_allow_list_set(s->d.h, peers, draw(s, 3) == 0 ? 0 : count, (kith_list_manner)draw(s, 2));
    if (status == KITH_OK)
        s->lists_due[what == 1] = true;
    (void)!kith_allow_list_ready(s->d.h);
}

static void own(storm *s)
{
    static const kith_privacy as[] = {{KITH_PRIVACY_RESOLVABLE, 60, 20},
                                      {KITH_PRIVACY_RESOLVABLE, 900, 0},
                                      {KITH_PRIVACY_NON_RESOLVABLE, 30, 1},
                                      {KITH_PRIVACY_OFF, 0, 0}};

    switch (draw(s, 4)) {
    case 0:
        (void)!kith_privacy_set(s->d.h, &as[draw(s, 4)]);
        break;
    case 1:
        (void)!kith_identity_select(s->d.h, (uint8_t)draw(s, 2));
        break;
    case 2:
        (void)!kith_identity_rotate(s->d.h, (uint8_t)draw(s, 2));
        break;
    default:
        if (s->opcode == 0)
            s->d.now_us += 1000000u * draw(s, 70);
        tick(s);
        break;
    }
}

static void reconnect(storm *s)
{
    kith_reconnection as;

    kith_reconnect_default(&as);
    if (draw(s, 5) == 0)
        (void)!kith_reconnect_end(s->d.h);
    else if (draw(s, 3) == 0)
        (void)!kith_reconnect_wake(s->d.h, 0);
    else
        (void)!kith_reconnect_follow(s->d.h, &as);
}

static void complete(storm *s, unsigned number, bool central, const uint8_t *peer)
{
    uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE};

    bytes_put16(p + 2, (uint16_t)(DESK_HANDLE + number));
    p[4] = !central;
    memcpy(p + 5, peer, 7);
    p[12] = 24;
    p[16] = 100;
    s->linked[number] = true;
    give(s, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void come_of(storm *s, unsigned number, unsigned set)
{
    uint8_t peer[7] = {0, (uint8_t)(1 + draw(s, 9)), 2, 3, 4, 5, 6}, p[6] = {KITH_HCI_LE_EV_SET_TERMINATED};

    complete(s, number, false, peer);
    p[2] = (uint8_t)set;
    bytes_put16(p + 3, (uint16_t)(DESK_HANDLE + number));
    if (s->extended)
        give(s, KITH_HCI_EV_LE_META, p, sizeof p);
}

/* Told when the host has stopped what it came of, or never where there is no handle for it. */
static void come_late(storm *s)
{
    for (unsigned number = 0; number < LINKS; number++) {
        if (s->linked[number])
            continue;
        if (s->late[1]) {
            s->late[1] = false;
            complete(s, number, true, s->late_peer);
        } else if (s->late[0]) {
            s->late[0] = false;
            come_of(s, number, s->late_set);
        }
        return;
    }
    if (s->late[1])
        tell_cancelled(s);
    s->late[0] = s->late[1] = false;
}

static void tell_late(storm *s)
{
    if (s->late[0] || s->late[1])
        come_late(s);
    if (s->cancelled && s->opcode == 0)
        tell_cancelled(s);
}

static void link_up(storm *s)
{
    uint8_t peer[7] = {0, (uint8_t)(1 + draw(s, 9)), 2, 3, 4, 5, 6};
    unsigned number = draw(s, LINKS), set = draw(s, SETS);

    if (s->linked[number])
        return;
    if (s->initiating && draw(s, 2) == 0) {
        s->initiating = false;
        complete(s, number, true, s->filters_initiator ? peer : s->connects_to);
        return;
    }
    if (!s->sets[set].on || (s->sets[set].properties & 1) == 0)
        return;
    s->sets[set].on = false;
    come_of(s, number, set);
}

static void link_down(storm *s)
{
    unsigned number = draw(s, LINKS);
    uint8_t p[4] = {0, (uint8_t)(DESK_HANDLE + number), 0, KITH_HCI_CONNECTION_TIMEOUT};

    if (s->linked[number])
        give(s, KITH_HCI_EV_DISCONNECTION_COMPLETE, p, sizeof p);
    s->linked[number] = false;
}

static void heard(storm *s)
{
    uint8_t p[] = {KITH_HCI_LE_EV_ADVERTISING_REPORT, 1, 0, 0, (uint8_t)(1 + draw(s, PEERS)), 2, 3, 4, 5, 6, 0, 200};

    if (s->scanning)
        give(s, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void break_down(storm *s)
{
    uint8_t code = 7;

    if (draw(s, 12) != 0)
        return;
    s->reset = true;
    give(s, KITH_HCI_EV_HARDWARE_ERROR, &code, 1);
}

static void act(storm *s)
{
    static void (*const actions[])(storm *) = {advertise, advertise, scan,      connect,   bond,  lists,
                                               own,       own,       reconnect, link_up,   heard, link_up,
                                               link_down, link_down, heard,     break_down};
    unsigned which = draw(s, sizeof actions / sizeof actions[0]);

    if (s->trace)
        print_message("action %u\n", which);
    actions[which](s);
    for (unsigned n = draw(s, 7); n > 0; n--) {
        if (draw(s, 3) == 0)
            tell_late(s);
        (void)step(s);
    }
    if (draw(s, 3) == 0)
        tick(s);
    take_events(s);
    if (s->is_lost)
        start(s);
}

/* ---- when all is quiet ---- */

static void check_quiet(storm *s)
{
    const kith_host *h = s->d.h;
    bool looks = reconnect_way(h) >= KITH_RECONNECTING_BY_LIST && h->reconnect->doing > RECONNECT_SET;

    for (unsigned i = 0; i < SETS; i++) {
        if (!s->has_refused)
            CHECK(s, s->sets[i].on == s->set_on[i]);
        CHECK(s, h->sets[i].activity.waits || s->set_begun[i] == s->set_on[i]);
        if (s->sets[i].on && (s->set_on[i] || h->config.privacy.mode != KITH_PRIVACY_OFF))
            check_on_air(s, s->sets[i].own_type, s->extended ? s->sets[i].address : s->random_address);
    }
    CHECK(s, s->scan_begun == h->scanner.on && !h->scanner.busy);
    CHECK(s, h->connecting == s->connecting);
    for (unsigned i = 0; i < PAUSE_REASONS; i++)
        CHECK(s, h->pauses[i] == PAUSE_NOTHING);
    if (s->has_refused)
        return;
    CHECK(s, s->disallowed == 0);
    CHECK(s, s->scanning == (h->scanner.on || (looks && h->reconnect->doing == RECONNECT_SCANS)));
    CHECK(s, s->initiating == (h->connecting || (looks && h->reconnect->doing == RECONNECT_INITIATES)));
    if (s->scanning)
        check_on_air(s, s->scans_as, s->random_address);
    if (s->initiating)
        check_on_air(s, s->initiates_as, s->random_address);
    CHECK(s, !s->lists_due[0] && !s->lists_due[1]);
}

static void settle(storm *s)
{
    s->says_no = false;
    run(s);
    if (s->is_lost)
        start(s);
    run(s);
    take_events(s);
    if (s->is_lost)
        start(s);
    check_quiet(s);
}

static void open_storm(storm *s, unsigned seed)
{
    desk *d = &s->d;
    size_t size;
    uint8_t number;

    memset(s, 0, sizeof *s);
    s->seed = seed;
    s->state = seed * 2654435761u + 1;
    s->trace = getenv("KITH_TRACE") != NULL;
    s->extended = seed % 2 == 0;
    s->filter_most = 2 + draw(s, 5);
    s->resolving_most = 2 + draw(s, 5);
    d->acl_len = 27;
    d->acl_packets = 4;
    assert_int_equal(kith_openssl_port(&d->port), KITH_OK);
    d->source.state = seed + 1;
    d->port.random = seeded_random;
    d->port.context = &d->source;
    kith_config_default(&d->config);
    d->config.limits = (kith_limits){.links = LINKS,
                                     .pairings = 1,
                                     .bonds = 16,
                                     .mtu = 65,
                                     .events = (uint8_t)(1 + draw(s, 8)),
                                     .listed = 6,
                                     .sets = SETS - 1,
                                     .reconnects = 6,
                                     .identities = 1};
    d->config.crypto = &d->port;
    d->config.store = &kith_volatile_store;
    d->config.security.methods = desk_methods;
    d->config.own_address = draw(s, 2) == 0 ? KITH_OWN_STATIC : KITH_OWN_PUBLIC;
    d->config.privacy.mode = draw(s, 4) == 0 ? KITH_PRIVACY_OFF : KITH_PRIVACY_RESOLVABLE;
    size = kith_host_size(&d->config.limits);
    d->memory = malloc(size);
    assert_int_equal(kith_host_init(d->memory, size, &d->config, &d->h), KITH_OK);
    start(s);
    assert_int_equal(kith_identity_create(d->h, NULL, NULL, &number), KITH_OK);
    take_events(s);
    s->says_no = seed % 3 == 0;
}

static void one_storm(unsigned seed)
{
    storm s;

    open_storm(&s, seed);
    for (unsigned k = 0; k < 4; k++)
        bond(&s);
    for (unsigned n = 0; n < ACTIONS; n++)
        act(&s);
    settle(&s);
    free(s.d.memory);
}

static void whatever_comes_of_gap(void **state)
{
    const char *one = getenv("KITH_SEED"), *many = getenv("KITH_SEEDS");
    unsigned first = one != NULL ? (unsigned)strtoul(one, NULL, 0) : 0;
    unsigned count = many != NULL ? (unsigned)strtoul(many, NULL, 0) : one != NULL ? 1 : SEEDS;

    (void)state;
    for (unsigned i = 0; i < count; i++)
        one_storm(first + i);
    print_message("the seeds were %u to %u\n", first, first + count - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_comes_of_gap)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
