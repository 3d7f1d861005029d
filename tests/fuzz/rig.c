/* A host in a rig that plays its controller and, if asked to, an honest peer.  See rig.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/toolbox.h"
#include "host/internal.h"
#include "kith/codec/att.h"
#include "kith/port/openssl.h"
#include "rig.h"

enum { HANDLE = 0x0040, LIMIT_TURNS = 100000 };

static const kith_address peer_address = {KITH_ADDRESS_PUBLIC, {9, 8, 7, 6, 5, 4}};
static const uint8_t host_address[6] = {1, 2, 3, 4, 5, 6};

void rig_check(bool holds, const char *rule)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", rule);
    abort();
}

/* ---- crypto: AES is real, the curve is a toy of the same shape ---- */

static kith_status draw(void *context, uint8_t *out, size_t len)
{
    uint64_t *state = context;

    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (uint8_t)(*state >> 56);
    }
    return KITH_OK;
}

static kith_status public_key(void *context, const uint8_t private_key[32], uint8_t out[64])
{
    (void)context;
    for (size_t i = 0; i < 32; i++) {
        out[i] = private_key[i] ^ 0x33;
        out[32 + i] = out[i] ^ 0xff;
    }
    return KITH_OK;
}

static kith_status check_key(void *context, const uint8_t key[64])
{
    (void)context;
    for (size_t i = 0; i < 32; i++)
        if ((key[i] ^ key[32 + i]) != 0xff)
            return KITH_ERR_CRYPTO;
    return KITH_OK;
}

static kith_status shared_secret(void *context, const uint8_t private_key[32], const uint8_t peer[64], uint8_t out[32])
{
    if (check_key(context, peer) != KITH_OK)
        return KITH_ERR_CRYPTO;
    for (size_t i = 0; i < 32; i++)
        out[i] = private_key[i] ^ 0x33 ^ peer[i];
    return KITH_OK;
}

static void make_crypto(rig *r)
{
    rig_require(kith_openssl_port(&r->crypto) == KITH_OK);
    r->crypto.random = draw;
    r->crypto.context = &r->random;
    r->crypto.p256_public_key = public_key;
    r->crypto.p256_check_public_key = check_key;
    r->crypto.p256_shared_secret = shared_secret;
}

/* ---- a store: a few records in memory, which fails when it is told to ---- */

static kith_record *find_record(rig *r, uint8_t kind, uint32_t id)
{
    for (unsigned i = 0; i < RIG_RECORDS; i++)
        if (r->records[i].kind == kind && r->records[i].id == id)
            return &r->records[i];
    return NULL;
}

static kith_record *free_record(rig *r)
{
    for (unsigned i = 0; i < r->record_count; i++)
        if (r->records[i].kind == 0)
            return &r->records[i];
    return NULL;
}

static unsigned count_free(const rig *r)
{
    unsigned count = 0;

    for (unsigned i = 0; i < r->record_count; i++)
        count += r->records[i].kind == 0;
    return count;
}

static kith_status tell_state(const rig *r, kith_store_state *state)
{
    if (r->store_fails)
        return KITH_ERR_STORAGE;
    *state = (kith_store_state){.highest_id = r->highest_id, .largest = KITH_STORED_MAX};
    state->room = count_free(r);
    return KITH_OK;
}

static kith_status open_store(void *context, kith_store_state *state)
{
    return tell_state(context, state);
}

static kith_status read_store(void *context, uint32_t *cursor, kith_record *out)
{
    rig *r = context;

    if (r->store_fails)
        return KITH_ERR_STORAGE;
    while (*cursor < RIG_RECORDS && r->records[*cursor].kind == 0)
        ++*cursor;
    if (*cursor == RIG_RECORDS)
        return KITH_ERR_NOT_FOUND;
    *out = r->records[(*cursor)++];
    return KITH_OK;
}

static kith_status put_record(void *context, const kith_record *record, kith_store_state *state)
{
    rig *r = context;
    kith_record *place = find_record(r, record->kind, record->id);

    rig_require(record->kind != 0 && !record->removed && record->len <= KITH_RECORD_MAX);
    if (r->store_fails)
        return KITH_ERR_STORAGE;
    if (place == NULL)
        place = free_record(r);
    rig_require(place != NULL); /* room is looked at before */
    *place = *record;
    if (record->kind == KITH_RECORD_BOND && record->id > r->highest_id)
        r->highest_id = record->id;
    return tell_state(r, state);
}

static kith_status remove_record(void *context, uint8_t kind, uint32_t id, kith_store_state *state)
{
    rig *r = context;
    kith_record *place = find_record(r, kind, id);

    if (place != NULL && !r->store_fails)
        memset(place, 0, sizeof *place);
    return tell_state(r, state);
}

static kith_status get_record(void *context, kith_record *out)
{
    rig *r = context;
    const kith_record *place = find_record(r, out->kind, out->id);

    if (r->store_fails)
        return KITH_ERR_STORAGE;
    if (place == NULL)
        return KITH_ERR_NOT_FOUND;
    *out = *place;
    return KITH_OK;
}

/* ---- what the host tells ---- */

static rig_link *find_link(rig *r, kith_link link)
{
    for (unsigned i = 0; i < RIG_LINKS; i++)
        if (r->links[i].link == link)
            return &r->links[i];
    return NULL;
}

static rig_link *find_new(rig *r)
{
    for (unsigned i = 0; i < RIG_LINKS; i++)
        if (r->links[i].link == 0)
            return &r->links[i];
    return NULL;
}

/* Of a link that is new: where the rig made it, if it did. */
static rig_link *place_new(rig *r, const kith_event *e)
{
    unsigned which = e->address.octets[0] ^ peer_address.octets[0];

    return which < RIG_LINKS && r->links[which].link == 0 ? &r->links[which] : find_new(r);
}

static bool is_end(kith_event_kind kind)
{
    return kind == KITH_EVENT_PAIRED || kind == KITH_EVENT_PAIRING_FAILED || kind == KITH_EVENT_ENCRYPTED ||
           kind == KITH_EVENT_ENCRYPTION_FAILED;
}

static void watch_verdict(const kith_event *e)
{
    char text[401];

    rig_require(e->verdict.succeeded == (e->kind == KITH_EVENT_PAIRED || e->kind == KITH_EVENT_ENCRYPTED));
    rig_require(kith_verdict_describe(&e->verdict, text, sizeof text) < sizeof text);
    rig_require(e->verdict.succeeded == (e->verdict.level > KITH_LEVEL_NONE));
}

/* What a program may touch is touched, so that a sanitizer sees it. */
static void touch(const uint8_t *value, size_t len)
{
    volatile uint8_t sum = 0;

    for (size_t i = 0; value != NULL && i < len; i++)
        sum = (uint8_t)(sum + value[i]);
}

static void watch_numbers(rig *r, rig_link *link, const kith_event *e)
{
    if (e->kind == KITH_EVENT_SECURITY_CHANGED)
        rig_require(r->said_equal || e->security.level <= KITH_LEVEL_ENCRYPTED);
    if (e->kind == KITH_EVENT_COMPARISON_WANTED) {
        rig_require(r->compares && e->comparison.number <= 999999);
        link->wanted = true;
        link->equal = false;
    }
    if (e->kind == KITH_EVENT_PAIRED && e->verdict.method == KITH_METHOD_NUMERIC_COMPARISON)
        rig_require(link->wanted && (e->verdict.level > KITH_LEVEL_ENCRYPTED) == link->equal &&
                    e->verdict.numbers_unseen == !link->equal);
}

/* Every bond that stands is in the store, and what was told as forgotten is not; how full it is the host knows. */
static void watch_store(rig *r, const kith_event *e)
{
    kith_bond_info bond = {.peer = 0};

    rig_require(r->config.store != &r->store || r->working || r->h->store.stage != STORE_READY ||
                r->h->store.state.room == count_free(r));
    while (r->config.store == &r->store && kith_bonds_next(r->h, bond.peer, &bond) == KITH_OK)
        rig_require(find_record(r, KITH_RECORD_BOND, bond.peer) != NULL);
    if (e->kind == KITH_EVENT_FORGOTTEN && e->forgotten.status == KITH_OK)
        rig_require(find_record(r, KITH_RECORD_BOND, e->forgotten.peer) == NULL);
}

/* ---- what the program has asked for ---- */

void rig_expect(rig *r, unsigned which, kith_event_kind end)
{
    rig_link *link = &r->links[which];

    rig_require(link->expected_count < RIG_EXPECTED);
    link->expected[link->expected_count++] = end;
}

static bool is_operations_end(kith_event_kind kind)
{
    return kind == KITH_EVENT_MTU || kind == KITH_EVENT_DISCOVERED || kind == KITH_EVENT_READ ||
           kind == KITH_EVENT_WRITTEN || kind == KITH_EVENT_SUBSCRIPTION_WRITTEN;
}

/* Each has one end, in the order in which they were asked for. */
static void watch_operation(const rig *r, rig_link *link, const kith_event *e)
{
    rig_require(link->expected_count > 0 && link->expected[0] == e->kind);
    rig_require(e->gatt.result < KITH_GATT_RESULT_COUNT && e->gatt.level >= KITH_LEVEL_NONE);
    rig_require(r->proved || e->gatt.level == KITH_LEVEL_NONE);
    rig_require(e->kind != KITH_EVENT_READ || e->gatt.value != NULL || e->gatt.len == 0);
    link->expected_count--;
    memmove(link->expected, link->expected + 1, link->expected_count * sizeof *link->expected);
}

static void watch_lists(const kith_event *e)
{
    if (e->kind == KITH_EVENT_CHARACTERISTICS || e->kind == KITH_EVENT_SERVICES || e->kind == KITH_EVENT_INCLUDES ||
        e->kind == KITH_EVENT_DESCRIPTORS || e->kind == KITH_EVENT_VALUES) {
        rig_require(e->list.count > 0 && e->list.entries != NULL);
        touch(e->list.entries, (size_t)e->list.count * e->list.entry_len);
    }
    if (e->kind == KITH_EVENT_READ)
        touch(e->gatt.value, e->gatt.len);
    if (e->kind == KITH_EVENT_NOTIFIED)
        touch(e->notified.value, e->notified.len);
    if (e->kind == KITH_EVENT_WRITE_WANTED || e->kind == KITH_EVENT_WRITE_COMMAND)
        touch(e->attribute.value, e->attribute.len);
}

static void watch_asked(const rig *r, rig_link *link, const kith_event *e)
{
    if (is_operations_end(e->kind))
        watch_operation(r, link, e);
    if (e->kind == KITH_EVENT_NOTIFIED)
        rig_require(e->notified.level >= r->config.notified_level && e->notified.handle != 0);
    if (e->kind == KITH_EVENT_PARAMETERS && e->parameters.asked) {
        rig_require(link->updates > 0);
        link->updates--;
    }
    if (e->kind == KITH_EVENT_RSSI || (e->kind == KITH_EVENT_PHY && e->phy.asked)) {
        rig_require(link->measures[e->kind == KITH_EVENT_PHY] > 0);
        link->measures[e->kind == KITH_EVENT_PHY]--;
    }
    if (e->kind == KITH_EVENT_INDICATED) {
        rig_require(link->indicates > 0);
        link->indicates--;
    }
    if (e->kind == KITH_EVENT_DISCONNECTED)
        rig_require(link->expected_count == 0 && link->updates == 0 && link->indicates == 0 &&
                    link->measures[0] + link->measures[1] == 0);
}

/* What is known of a peer's table is a table: handles ascend, and it has an end. */
static void watch_table(const rig *r, kith_link link)
{
    kith_remote_attribute a;
    uint16_t before = 0, value = 0;
    size_t at = 0;

    while (kith_gatt_remote_next(r->h, link, &at, &a)) {
        rig_require(a.handle > before && at <= r->config.limits.cache);
        rig_require(a.uuid.size == 0 ? a.kind == KITH_REMOTE_INCLUDE : a.uuid.size == 2 || a.uuid.size == 16);
        before = a.handle;
        if (a.kind == KITH_REMOTE_CHARACTERISTIC) {
            rig_require(a.value_handle > a.handle);
            value = a.value_handle;
            (void)kith_gatt_remote_value(r->h, link, NULL, &a.uuid); /* 0: it lies in no service */
        }
        if (a.kind == KITH_REMOTE_DESCRIPTOR && value != 0)
            (void)kith_gatt_remote_descriptor(r->h, link, value, &a.uuid);
    }
}

/* Ends are never lost: what was dropped, was dropped while there was room for them. */
static void watch_queue(rig *r)
{
    const host_events *e = &r->h->events;

    rig_require(e->count <= e->capacity && (e->count < e->capacity || e->dropped == r->dropped));
    r->dropped = e->dropped;
}

/* ---- what is on ---- */

static void watch_advertising(rig_activity *a, const kith_event_activity *e)
{
    rig_require(e->set <= RIG_SETS && a->advertises[e->set]);
    rig_require(!e->on || !a->advertising[e->set]);
    a->advertises[e->set] = a->advertising[e->set] = e->on;
}

static void watch_scanning(rig_activity *a, const kith_event_activity *e)
{
    rig_require(a->scans || a->finds);
    rig_require(!e->on || (!a->scanning && !a->finds));
    a->scans = a->scanning = e->on;
}

static void watch_report(const kith_event_report *report)
{
    rig_require(report->len <= KITH_ADVERTISING_DATA_MAX);
    touch(kith_report_data(report), report->len);
}

static void watch_found(rig_activity *a, const kith_event_found *e)
{
    rig_require(a->finds && !a->scans);
    a->finds = false;
    watch_report(&e->report);
}

/* Reconnection makes links, too: only the host knows whose CONNECTED is. */
static void watch_connecting(rig *r)
{
    rig_activity *a = &r->activity;

    if (!a->connects || r->h->connecting)
        return;
    rig_require(a->has_met);
    a->connects = false;
}

static void watch_activity(rig *r, const kith_event *e)
{
    rig_activity *a = &r->activity;

    if (e->kind == KITH_EVENT_ADVERTISING)
        watch_advertising(a, &e->activity);
    if (e->kind == KITH_EVENT_SCANNING)
        watch_scanning(a, &e->activity);
    if (e->kind == KITH_EVENT_REPORT) {
        rig_require(a->scanning);
        watch_report(&e->report);
    }
    if (e->kind == KITH_EVENT_FOUND)
        watch_found(a, &e->found);
    a->has_met |= e->kind == KITH_EVENT_CONNECTED && e->connected.we_are_central;
    if (e->kind == KITH_EVENT_CONNECT_FAILED) {
        rig_require(a->connects);
        a->connects = false;
    }
    if (e->kind == KITH_EVENT_CONTROLLER_LOST) {
        rig_require(!a->finds && (!a->connects || a->has_met)); /* their ends came before */
        memset(a, 0, sizeof *a);
    }
}

static void watch(rig *r, const kith_event *e)
{
    rig_link *link = e->kind == KITH_EVENT_CONNECTED ? place_new(r, e) : find_link(r, e->link);

    r->ready += e->kind == KITH_EVENT_READY;
    r->lost += e->kind == KITH_EVENT_CONTROLLER_LOST;
    r->failed_starts += e->kind == KITH_EVENT_START_FAILED;
    if (e->kind == KITH_EVENT_SECURITY_CHANGED)
        rig_require(r->proved || e->security.level <= KITH_LEVEL_NONE);
    if (is_end(e->kind))
        watch_verdict(e);
    watch_store(r, e);
    watch_lists(e);
    watch_activity(r, e);
    if (e->link == 0)
        return;
    rig_require(link != NULL);
    link->link = e->link;
    watch_numbers(r, link, e);
    watch_asked(r, link, e);
    if (is_end(e->kind))
        link->asked = false;
    if (e->kind == KITH_EVENT_DISCONNECTED) {
        rig_require(!link->asked); /* its end came before */
        memset(link, 0, sizeof *link);
    }
}

void rig_take_events(rig *r)
{
    kith_event event;

    watch_queue(r);
    while (kith_host_next_event(r->h, &event))
        watch(r, &event);
    watch_connecting(r);
    for (unsigned i = 0; i < RIG_LINKS; i++)
        if (r->links[i].link != 0)
            watch_table(r, r->links[i].link);
}

/* ---- the controller ---- */

void rig_packet(rig *r, const uint8_t *packet, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len); /* of its own, so that reading past it is seen */
    kith_status status;

    rig_require(copy != NULL);
    if (len > 0)
        memcpy(copy, packet, len);
    watch_queue(r);
    status = kith_host_receive(r->h, copy, len, r->now_us);
    watch_queue(r);
    if (status == KITH_ERR_FULL) { /* nothing was consumed: again, once there is room */
        rig_take_events(r);
        status = kith_host_receive(r->h, copy, len, r->now_us);
        rig_require(status != KITH_ERR_FULL);
    }
    free(copy);
    if (r->takes)
        rig_take_events(r);
}

void rig_event(rig *r, uint8_t code, const uint8_t *parameters, size_t len)
{
    uint8_t packet[3 + 255] = {KITH_H4_EVENT, code, (uint8_t)len};

    memcpy(packet + 3, parameters, len);
    rig_packet(r, packet, 3 + len);
}

/* Of LE: encryption and data length; what came with privacy and parameter requests, PHYs, extended advertising. */
static void put_features(const rig *r, uint8_t *p)
{
    p[0] = (r->gap & RIG_PHYS) != 0 ? 0xb3 : 0x21;
    p[1] = (uint8_t)(((r->gap & RIG_PHYS) != 0 ? 0x09 : 0) | ((r->gap & RIG_EXTENDED) != 0 ? 0x10 : 0));
}

static void answer_parameters(const rig *r, uint16_t opcode, uint8_t *p)
{
    switch (opcode) {
    case KITH_HCI_LE_READ_NUMBER_OF_SETS:
        p[0] = RIG_SETS + 1;
        break;
    case KITH_HCI_LE_READ_MAX_ADV_DATA_LENGTH:
        bytes_put16(p, 1650);
        break;
    case KITH_HCI_LE_READ_FILTER_LIST_SIZE:
    case KITH_HCI_LE_READ_RESOLVING_LIST_SIZE:
        p[0] = (r->gap & RIG_LISTS) == 0 ? 0 : (r->gap & RIG_LISTS_SMALL) != 0 ? 1 : 8;
        break;
    case KITH_HCI_READ_LOCAL_COMMANDS:
        memset(p, 0xff, 64);
        break;
    case KITH_HCI_READ_LOCAL_FEATURES:
        p[4] = 0x40;
        break;
    case KITH_HCI_READ_BD_ADDR:
        memcpy(p, host_address, sizeof host_address);
        break;
    case KITH_HCI_LE_READ_BUFFER_SIZE:
        p[0] = 251;
        p[2] = 8;
        break;
    case KITH_HCI_LE_READ_LOCAL_FEATURES:
        put_features(r, p);
        break;
    default:
        break;
    }
}

static rig_link *by_handle(rig *r, uint16_t handle)
{
    for (unsigned i = 0; i < RIG_LINKS; i++)
        if (r->links[i].up && r->links[i].handle == handle)
            return &r->links[i];
    return NULL;
}

static void note_disconnect(rig *r, uint16_t handle)
{
    rig_link *link = by_handle(r, handle);

    if (link != NULL)
        link->is_to_end = true;
}

static bool ends_later(uint16_t opcode)
{
    return opcode == KITH_HCI_DISCONNECT || opcode == KITH_HCI_LE_CREATE_CONNECTION ||
           opcode == KITH_HCI_LE_EXT_CREATE_CONNECTION || opcode == KITH_HCI_LE_SET_PHY ||
           opcode == KITH_HCI_LE_ENABLE_ENCRYPTION || opcode == KITH_HCI_LE_CONNECTION_UPDATE;
}

static void answer_command(rig *r, const uint8_t *packet)
{
    uint16_t opcode = bytes_get16(packet + 1);
    uint8_t complete[4 + 64] = {1, packet[1], packet[2], 0};
    uint8_t status[4] = {0, 1, packet[1], packet[2]};

    answer_parameters(r, opcode, complete + 4);
    if (opcode == KITH_HCI_DISCONNECT)
        note_disconnect(r, bytes_get16(packet + 4));
    if (ends_later(opcode))
        rig_event(r, KITH_HCI_EV_COMMAND_STATUS, status, sizeof status);
    else
        rig_event(r, KITH_HCI_EV_COMMAND_COMPLETE, complete, sizeof complete);
}

/* ---- the peer ---- */

static void hear_smp(rig_link *link, const uint8_t *pdu, size_t len)
{
    rig_require(len == kith_smp_pdu_len(pdu[0])); /* what we send is well-formed, always */
    if (pdu[0] == KITH_SMP_PAIRING_REQUEST)
        memcpy(link->request, pdu, 7);
    if (pdu[0] == KITH_SMP_PAIRING_RESPONSE)
        memcpy(link->response, pdu, 7);
    if (pdu[0] == KITH_SMP_PAIRING_PUBLIC_KEY)
        memcpy(link->host_key, pdu + 1, 64);
    if (pdu[0] == KITH_SMP_PAIRING_RANDOM)
        memcpy(link->host_nonce, pdu + 1, 16);
}

/* Never in plain: what is asked of a peer whose address claims a bond, where links are raised by themselves. */
static void hear_att(const rig *r, rig_link *link, const uint8_t *pdu, size_t len)
{
    kith_att_pdu decoded;
    const host_link *own = link_by_handle(r->h, link->handle);

    rig_require(kith_att_decode(pdu, len, &decoded) == KITH_OK);
    if (kith_att_kind_of(pdu[0]) != KITH_ATT_KIND_REQUEST)
        return;
    rig_require(own != NULL);
    rig_require(r->config.gatt_raise == KITH_GATT_RAISE_NOT || own->encryption != LINK_PLAIN ||
                peers_by_id(&r->h->bonds, own->claimed) == NULL);
    link->question_len = len < sizeof link->question ? len : sizeof link->question;
    memcpy(link->question, pdu, link->question_len);
}

static void hear_acl(rig *r, const uint8_t *packet, size_t len)
{
    uint16_t word = bytes_get16(packet + 1);
    rig_link *link = by_handle(r, word & KITH_ACL_HANDLE_MASK);

    rig_require(len == 5u + bytes_get16(packet + 3));
    if (link == NULL)
        return;
    link->in_controller++;
    if ((word & KITH_ACL_BOUNDARY_MASK) != KITH_ACL_CONTINUING)
        link->rx_len = 0;
    rig_require(link->rx_len + len - 5 <= sizeof link->rx);
    memcpy(link->rx + link->rx_len, packet + 5, len - 5);
    link->rx_len += len - 5;
    if (link->rx_len > 4 && link->rx_len == 4u + bytes_get16(link->rx) && bytes_get16(link->rx + 2) == 6)
        hear_smp(link, link->rx + 4, link->rx_len - 4);
    if (link->rx_len > 4 && link->rx_len == 4u + bytes_get16(link->rx) && bytes_get16(link->rx + 2) == 4)
        hear_att(r, link, link->rx + 4, link->rx_len - 4);
}

void rig_pump(rig *r)
{
    uint8_t packet[260];
    size_t len;
    unsigned turns = 0;

    do {
        rig_require(turns++ < LIMIT_TURNS);
        len = kith_host_next_packet(r->h, packet, sizeof packet);
        if (len > 0 && packet[0] == KITH_H4_COMMAND && r->answers)
            answer_command(r, packet);
        if (len > 0 && packet[0] == KITH_H4_ACL)
            hear_acl(r, packet, len);
        if (r->takes)
            rig_take_events(r);
    } while (len > 0);
    if (r->works)
        rig_do_work(r);
}

void rig_do_work(rig *r)
{
    while (r->working || kith_host_take_work(r->h, &r->work)) {
        r->working = true;
        kith_work_run(&r->work);
        watch_queue(r);
        if (kith_host_finish_work(r->h, &r->work, r->now_us) == KITH_ERR_FULL) {
            if (!r->takes)
                return;
            rig_take_events(r);
            continue;
        }
        r->working = false;
    }
}

void rig_advance(rig *r, uint64_t by_us)
{
    kith_status status;

    r->now_us += by_us;
    watch_queue(r);
    status = kith_host_advance(r->h, r->now_us);
    watch_queue(r);
    if (status == KITH_ERR_FULL) {
        rig_take_events(r);
        status = kith_host_advance(r->h, r->now_us);
    }
    (void)status;
}

void rig_connect(rig *r, unsigned which, bool host_is_central)
{
    rig_link *link = &r->links[which];
    uint8_t p[19] = {KITH_HCI_LE_EV_CONNECTION_COMPLETE, 0};

    if (link->up || link->link != 0)
        return;
    link->up = true;
    link->central = host_is_central;
    link->handle = (uint16_t)(HANDLE + which);
    rig_require(kith_gap_own_address(r->h, &link->host) == KITH_OK);
    bytes_put16(p + 2, link->handle);
    p[4] = !host_is_central;
    memcpy(p + 6, peer_address.octets, 6);
    p[6] ^= (uint8_t)which;
    p[12] = 24;
    p[16] = 100;
    rig_event(r, KITH_HCI_EV_LE_META, p, sizeof p);
}

static void frame(rig *r, unsigned which, uint8_t channel, const uint8_t *pdu, size_t len)
{
    uint8_t packet[9 + 251] = {KITH_H4_ACL};

    if (len > 251)
        len = 251;
    bytes_put16(packet + 1, (uint16_t)((HANDLE + which) | KITH_ACL_FIRST_FLUSHABLE));
    bytes_put16(packet + 3, (uint16_t)(4 + len));
    bytes_put16(packet + 5, (uint16_t)len);
    packet[7] = channel;
    if (len > 0)
        memcpy(packet + 9, pdu, len);
    rig_packet(r, packet, 9 + len);
}

void rig_smp(rig *r, unsigned which, const uint8_t *pdu, size_t len)
{
    frame(r, which, 6, pdu, len);
}

void rig_att(rig *r, unsigned which, const uint8_t *pdu, size_t len)
{
    frame(r, which, 4, pdu, len);
}

void rig_disconnect(rig *r, unsigned which, uint8_t reason)
{
    uint8_t p[4] = {0, 0, 0, reason};

    bytes_put16(p + 1, (uint16_t)(HANDLE + which));
    r->links[which].up = false;
    rig_event(r, KITH_HCI_EV_DISCONNECTION_COMPLETE, p, sizeof p);
}

void rig_acknowledge(rig *r, unsigned which)
{
    rig_link *link = &r->links[which];
    uint8_t p[5] = {1};

    bytes_put16(p + 1, (uint16_t)(HANDLE + which));
    bytes_put16(p + 3, (uint16_t)link->in_controller);
    link->in_controller = 0;
    rig_event(r, KITH_HCI_EV_COMPLETED_PACKETS, p, sizeof p);
}

void rig_secure(rig *r, unsigned which, kith_level level)
{
    rig_link *link = &r->links[which];
    kith_status status;

    rig_take_events(r);
    if (link->link == 0)
        return;
    status = kith_security_secure(r->h, link->link, level);
    if (status != KITH_OK)
        return;
    rig_require(!link->asked); /* else it is BUSY */
    link->asked = true;
}

void rig_compare(rig *r, unsigned which, kith_comparison answer)
{
    rig_link *link = &r->links[which];

    rig_take_events(r); /* the question first */
    if (link->link == 0 || kith_pairing_compare(r->h, link->link, answer) != KITH_OK)
        return;
    rig_require(link->wanted && answer <= KITH_NUMBERS_UNSEEN);
    link->equal = answer == KITH_NUMBERS_EQUAL;
    r->said_equal |= link->equal;
    rig_pump(r);
}

/* ---- an honest peer ---- */

static const uint8_t peer_private[32] = {7, 1, 4};

static void say(rig *r, unsigned which, uint8_t opcode, const uint8_t *value, size_t len)
{
    uint8_t pdu[RIG_PDU] = {opcode};

    memcpy(pdu + 1, value, len);
    rig_smp(r, which, pdu, len + 1);
}

static void own_key(uint8_t wire[64])
{
    uint8_t key[64];

    (void)public_key(NULL, peer_private, key);
    bytes_reverse(wire, key, 32);
    bytes_reverse(wire + 32, key + 32, 32);
}

static void say_features(rig *r, unsigned which, rig_link *link)
{
    const uint8_t features[6] = {r->compares ? KITH_IO_DISPLAY_YES_NO : KITH_IO_NO_INPUT_NO_OUTPUT, 0, 0x09, 16, 2, 2};
    uint8_t *mine = link->central ? link->response : link->request;

    mine[0] = link->central ? KITH_SMP_PAIRING_RESPONSE : KITH_SMP_PAIRING_REQUEST;
    memcpy(mine + 1, features, sizeof features);
    say(r, which, mine[0], features, sizeof features);
}

static void say_confirm(rig *r, unsigned which, rig_link *link)
{
    uint8_t key[64], confirm[16];

    own_key(key);
    if (crypto_f4(&r->crypto, key, link->host_key, link->nonce, 0, confirm) == KITH_OK)
        say(r, which, KITH_SMP_PAIRING_CONFIRM, confirm, sizeof confirm);
}

static kith_address own_address_of(const rig *r, unsigned which)
{
    kith_address address = peer_address;

    (void)r;
    address.octets[0] ^= (uint8_t)which;
    return address;
}

static void say_check(rig *r, unsigned which, rig_link *link)
{
    static const uint8_t none[16];
    kith_address host = link->host, mine = own_address_of(r, which);
    uint8_t key[64], secret[32], dhkey[32], check[16];
    bool initiator = !link->central;

    bytes_reverse(key, link->host_key, 32);
    bytes_reverse(key + 32, link->host_key + 32, 32);
    if (shared_secret(NULL, peer_private, key, secret) != KITH_OK)
        return;
    bytes_reverse(dhkey, secret, 32);
    if (crypto_f5(&r->crypto, dhkey, initiator ? link->nonce : link->host_nonce,
                  initiator ? link->host_nonce : link->nonce, initiator ? &mine : &host, initiator ? &host : &mine,
                  link->mackey, link->ltk) != KITH_OK ||
        crypto_f6(&r->crypto, link->mackey, link->nonce, link->host_nonce, none,
                  initiator ? link->request + 1 : link->response + 1, &mine, &host, check) != KITH_OK)
        return;
    r->proved = true;
    say(r, which, KITH_SMP_PAIRING_DHKEY_CHECK, check, sizeof check);
}

/* A controller says "encrypted" only when both have the same key. */
static void report_encrypted(rig *r, const rig_link *link)
{
    uint8_t change[4] = {0, 0, 0, 1};
    uint8_t request[13] = {KITH_HCI_LE_EV_LTK_REQUEST};

    bytes_put16(change + 1, link->handle);
    bytes_put16(request + 1, link->handle);
    if (!link->central)
        rig_event(r, KITH_HCI_EV_LE_META, request, sizeof request);
    rig_pump(r);
    rig_event(r, KITH_HCI_EV_ENCRYPTION_CHANGE, change, sizeof change);
}

void rig_honest(rig *r, unsigned which, rig_step step)
{
    rig_link *link = &r->links[which];
    uint8_t key[64], identity[7] = {KITH_ADDRESS_PUBLIC};
    kith_address mine = own_address_of(r, which);

    memcpy(identity + 1, mine.octets, 6);
    if (!link->has_nonce)
        (void)draw(&r->random, link->nonce, sizeof link->nonce);
    link->has_nonce = true;
    own_key(key);
    switch (step) {
    case RIG_FEATURES:
        say_features(r, which, link);
        break;
    case RIG_KEY:
        say(r, which, KITH_SMP_PAIRING_PUBLIC_KEY, key, sizeof key);
        break;
    case RIG_CONFIRM:
        say_confirm(r, which, link);
        break;
    case RIG_RANDOM:
        say(r, which, KITH_SMP_PAIRING_RANDOM, link->nonce, sizeof link->nonce);
        break;
    case RIG_CHECK:
        say_check(r, which, link);
        break;
    case RIG_ENCRYPT:
        report_encrypted(r, link);
        break;
    case RIG_IRK:
        say(r, which, KITH_SMP_IDENTITY_INFORMATION, key, 16);
        break;
    case RIG_ADDRESS:
        say(r, which, KITH_SMP_IDENTITY_ADDRESS_INFORMATION, identity, sizeof identity);
        break;
    }
}

void rig_pair(rig *r, unsigned which)
{
    static const rig_step steps[] = {RIG_FEATURES, RIG_KEY,     RIG_CONFIRM, RIG_RANDOM,
                                     RIG_CHECK,    RIG_ENCRYPT, RIG_IRK,     RIG_ADDRESS};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i] == RIG_CONFIRM && !r->links[which].central)
            continue; /* a responder's */
        rig_honest(r, which, steps[i]);
        rig_pump(r);
        rig_acknowledge(r, which);
        rig_pump(r);
    }
}

/* ---- beginning and end ---- */

static const uint8_t value[] = "value";
static const kith_characteristic characteristics[] = {
    {.uuid = KITH_UUID16(0x2a3d),
     .properties = KITH_PROPERTY_READ,
     .permissions = KITH_READ_ENCRYPTED,
     .value = value,
     .value_len = 5},
    {.uuid = KITH_UUID16(0x2a3f),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN},
    {.uuid = KITH_UUID16(0x2a40),
     .properties = KITH_PROPERTY_READ | KITH_PROPERTY_WRITE | KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE,
     .permissions = KITH_READ_OPEN | KITH_WRITE_OPEN | KITH_READ_AUTHORIZED,
     .id = RIG_TOLD},
    {.uuid = KITH_UUID16(0x2a41),
     .properties = KITH_PROPERTY_INDICATE,
     .permissions = KITH_NOTIFY_ENCRYPTED,
     .id = RIG_TOLD + 1},
};
static const kith_service services[] = {
    {.uuid = KITH_UUID16(0x1815), .characteristics = characteristics, .characteristic_count = 4},
};
static const kith_method *const methods[] = {
    &kith_sc_just_works_initiator,
    &kith_sc_just_works_responder,
    &kith_sc_numeric_comparison_initiator,
    &kith_sc_numeric_comparison_responder,
    NULL,
};

void rig_open(rig *r, kith_pairing_policy policy)
{
    rig_open_with(r, policy, 0);
}

static void apply_traits(rig *r, unsigned traits)
{
    r->compares = (traits & RIG_COMPARES) != 0;
    if (r->compares) {
        r->config.security.io = KITH_IO_KEYBOARD_DISPLAY;
        r->config.security.ask_mitm = true;
    }
    r->record_count = (traits & RIG_SHAPED) != 0 ? RIG_RECORDS : RIG_FEW_RECORDS;
    r->store = (kith_store){.context = r,
                            .open = open_store,
                            .read = read_store,
                            .put = put_record,
                            .remove = remove_record,
                            .get = (traits & RIG_FINDS) != 0 ? get_record : NULL};
    r->config.store = (traits & RIG_STORES) != 0 ? &r->store : &kith_volatile_store;
}

/* ---- what hosts differ in ---- */

enum { MOST_SUBSCRIPTIONS = 4, MOST_QUEUE = 560, MOST_SERVICES = 2, MOST_CACHE = KITH_CHUNK_MAX };

static void set_gap(rig *r, uint8_t choice)
{
    static const kith_connection_parameters preferred = {24, 40, 0, 400};
    kith_gap_service *gap = &r->config.gap;

    r->name = (kith_variable){r->name_octets, 3, 1, sizeof r->name_octets};
    gap->preferred = (choice & 1) != 0 ? &preferred : NULL;
    gap->name = (choice & 2) != 0 ? &r->name : NULL;
    gap->name_permissions = (choice & 6) == 6 ? KITH_WRITE_OPEN : 0;
    gap->central_address_resolution = (choice & 8) != 0;
    gap->security_levels = (choice & 16) != 0;
    if ((choice & 32) != 0)
        r->config.accept_parameters = (choice & 1) != 0 ? KITH_PARAMETERS_ASK : KITH_PARAMETERS_ACCEPT;
    r->config.transport_reorders = (choice & 64) != 0;
    r->config.notified_level = (choice & 128) != 0 ? KITH_LEVEL_ENCRYPTED : KITH_LEVEL_NONE;
}

/* Two octets of traits: limits, and what the program wants. */
static void shape(rig *r, unsigned traits)
{
    static const uint16_t caches[] = {0, 24, 160, MOST_CACHE}, queues[] = {0, 70, MOST_QUEUE, MOST_QUEUE};
    static const uint8_t operations[] = {0, 1, 3, RIG_OPERATIONS}, some[] = {0, 1, 2, MOST_SUBSCRIPTIONS};
    kith_limits *limits = &r->config.limits;
    unsigned octet = traits >> 8 & 0xff;

    limits->cache = caches[octet & 3];
    limits->operations = operations[octet >> 2 & 3];
    limits->subscriptions = some[octet >> 4 & 3];
    limits->queue = queues[octet >> 6];
    limits->services = (uint8_t)((octet >> 4) % (MOST_SERVICES + 1));
    r->config.gatt_raise = (kith_gatt_raise)(octet % 3);
    set_gap(r, traits >> 16 & 0xff);
}

static void shape_gap(rig *r, uint8_t gap)
{
    kith_limits *limits = &r->config.limits;

    r->gap = gap;
    limits->reconnects = RIG_RECONNECTS;
    if ((gap & RIG_LISTED) != 0)
        limits->listed = RIG_LISTED_MOST;
    if ((gap & RIG_LONG) != 0) {
        limits->sets = RIG_SETS;
        limits->report_data = RIG_REPORT;
    }
    if ((gap & RIG_PRIVATE) == 0)
        return;
    r->config.privacy.mode = KITH_PRIVACY_RESOLVABLE;
    r->config.gap.private_only = (gap & RIG_PRIVATE_ONLY) != 0;
}

void rig_open_with(rig *r, kith_pairing_policy policy, unsigned traits)
{
    static _Alignas(8)
        uint8_t memory[KITH_HOST_SIZE(RIG_LINKS, RIG_LINKS, 2, 65, 8) +
                       KITH_HOST_SIZE_SERVER(RIG_LINKS, 2, MOST_SUBSCRIPTIONS, MOST_QUEUE, MOST_SERVICES) +
                       KITH_HOST_SIZE_CLIENT(RIG_LINKS, 65, MOST_CACHE, RIG_OPERATIONS) +
                       KITH_HOST_SIZE_LISTS(RIG_LISTED_MOST) + KITH_HOST_SIZE_SETS(RIG_SETS) +
                       KITH_HOST_SIZE_RECONNECTS(RIG_RECONNECTS) + KITH_HOST_SIZE_REPORTS(RIG_REPORT)];
    size_t size;

    memset(r, 0, sizeof *r);
    r->answers = r->takes = r->works = true;
    make_crypto(r);
    kith_config_default(&r->config);
    r->config.limits = (kith_limits){.links = RIG_LINKS, .pairings = RIG_LINKS, .bonds = 2, .mtu = 65, .events = 8};
    r->config.crypto = &r->crypto;
    r->config.services = services;
    r->config.service_count = 1;
    r->config.security.methods = methods;
    r->config.security.policy = policy;
    r->config.security.backoff = (kith_backoff){.first_ms = 1, .longest_ms = 1000, .forget_ms = 100}; /* to get past */
    apply_traits(r, traits);
    if ((traits & RIG_SHAPED) != 0)
        shape(r, traits);
    if ((traits & RIG_GAP) != 0)
        shape_gap(r, traits >> 24 & 0xff);
    size = kith_host_size(&r->config.limits);
    rig_require(kith_host_init(memory + (sizeof memory - size) / 8 * 8, size, &r->config, &r->h) == KITH_OK);
    rig_require(kith_host_start(r->h, 0) == KITH_OK);
    rig_pump(r);
    rig_pump(r);
    rig_require(r->ready == 1);
}

void rig_close(rig *r)
{
    static const uint8_t hardware = 1;
    unsigned ready = r->ready, over = r->lost + r->failed_starts;

    r->answers = r->takes = r->works = true;
    r->store_fails = false;
    rig_take_events(r);
    rig_event(r, KITH_HCI_EV_HARDWARE_ERROR, &hardware, 1);
    rig_advance(r, 1);
    rig_take_events(r);
    rig_advance(r, 1);
    rig_take_events(r);
    rig_require(r->lost + r->failed_starts <= over + 1);
    for (unsigned i = 0; i < RIG_LINKS; i++)
        rig_require(r->links[i].link == 0); /* every link was told to have ended */
    memset(r->links, 0, sizeof r->links);
    rig_require(kith_host_start(r->h, r->now_us) == KITH_OK);
    rig_pump(r);
    rig_require(r->ready == ready + 1);
    kith_host_erase(r->h);
}

/* ---- the fuzzer's octets ---- */

uint8_t rig_octet(rig_input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

const uint8_t *rig_octets(rig_input *in, size_t *len)
{
    const uint8_t *at = in->at;

    if (*len > in->left)
        *len = in->left;
    in->at += *len;
    in->left -= *len;
    return at;
}
