/* What is known of a peer's table: learned by a survey on its link, kept beside its bond (tables.c), in force until the
 * peer says that it has changed.  Core Vol 3 Part G 2.5.2, 7.1 to 7.3.
 *
 * A table that was learned in plain is worth nothing once the peer is proven, and never reaches a bond (C11). */
#include <string.h>

#include "base/bytes.h"
#include "host/internal.h"

enum { CHANGED_LEN = 4, SEVERAL = 0xffff };

static const kith_uuid generic_attribute = KITH_UUID16(0x1801);
static const kith_uuid service_changed = KITH_UUID16(0x2a05);

static uint8_t *find_place(host_link *link, size_t *cap)
{
    uint8_t *out = acl_reserve(link, TX_ATT_APP, cap);

    return *cap >= link->bearer.my_mtu ? out : NULL;
}

static bool is_known(const host_link *link)
{
    return link->table_in_force && (link->table_is_proven || link->proven == 0);
}

static void drop_table(host_link *link)
{
    link->table_in_force = link->table_is_proven = false;
    gatt_table_clear(&link->table);
}

/* ---- surveys ---- */

kith_status remote_begin(kith_host *h, host_link *link)
{
    size_t cap, len;
    uint8_t *out = find_place(link, &cap);
    kith_status status;

    if (is_known(link)) {
        link->remote = REMOTE_KNOWN;
        return KITH_OK;
    }
    if (out == NULL)
        return KITH_ERR_FULL;
    drop_table(link);
    status = gatt_survey_start(&link->survey, &link->table, false, 0, &link->client, out, cap, &len);
    if (status != KITH_OK)
        return status;
    link->remote = REMOTE_SURVEY;
    operations_launch(h, link, len);
    return KITH_OK;
}

/* Told while it was not known which value is Service Changed: was it that of the table that is here now? */
static bool was_told_of(const host_link *link)
{
    uint16_t changed = gatt_table_value(&link->table, &generic_attribute, &service_changed);

    return changed != 0 && (link->told_of == changed || link->told_of == SEVERAL);
}

/* Who answered what went in plain?  Not before a request went encrypted is it the bonded peer that speaks (C11). */
static const peers_bond *bond_that_answered(const kith_host *h, const host_link *link)
{
    return link->asked_level > KITH_LEVEL_NONE ? peers_by_id(&h->bonds, link->proven) : NULL;
}

/* The hash came: from here on it counts whether the peer is proven. */
static void note_peer(kith_host *h, host_link *link)
{
    const peers_bond *bond = bond_that_answered(h, link);
    uint32_t check = 0;

    link->survey.is_bonded = bond != NULL;
    if (bond != NULL && peers_key_check(h->config.crypto, bond->has_ltk ? bond->ltk : bond->my_ltk, &check) == KITH_OK)
        link->survey.state.bond_check = check;
}

static void end_survey(kith_host *h, host_link *link, const gatt_client_event *e)
{
    link->remote = REMOTE_IDLE;
    link->table_in_force = e->result == KITH_GATT_OK;
    link->table_level = link->answered_level;
    link->table_is_proven = link->table_in_force && link->survey.is_bonded && link->proven != 0;
    if (link->table_is_proven && link->survey.is_new)
        tables_want(h, link);
    attributes_tell_end(h, link, e);
}

/* The peer was proven on the way: what was learned before may be somebody else's. */
static bool is_outdated(const kith_host *h, const host_link *link, const gatt_client_event *e)
{
    return e->result == KITH_GATT_OK && !link->survey.is_bonded && peers_by_id(&h->bonds, link->proven) != NULL;
}

/* All of it once more; not a third time, as this one's hash is asked for encrypted. */
static bool begin_anew(host_link *link, uint8_t *out, size_t cap, size_t *out_len)
{
    drop_table(link);
    link->answered_level = KITH_LEVEL_SC_AUTHENTICATED;
    return gatt_survey_start(&link->survey, &link->table, false, 0, &link->client, out, cap, out_len) == KITH_OK;
}

static void go_on(kith_host *h, host_link *link, gatt_client_event *e, uint8_t *out, size_t cap, size_t *out_len)
{
    bool goes_on;

    link->survey.is_stale |= link->told_of != 0 && was_told_of(link);
    goes_on = gatt_survey_go_on(&link->survey, &link->client, e, out, cap, out_len);

    if (!goes_on && is_outdated(h, link, e))
        goes_on = begin_anew(link, out, cap, out_len);
    if (goes_on)
        link->client.may_hold = h->config.gatt_raise != KITH_GATT_RAISE_NOT;
    else
        end_survey(h, link, e);
}

static bool is_answer(const gatt_client_event *e)
{
    return e->result == KITH_GATT_OK || e->result == KITH_GATT_NOT_FOUND || e->result == KITH_GATT_ATT_ERROR;
}

bool remote_take(kith_host *h, host_link *link, gatt_client_event *e, uint8_t *out, size_t cap, size_t *out_len)
{
    if (link->remote != REMOTE_SURVEY || e->kind == GATT_CLIENT_NOTIFIED)
        return false;
    gatt_survey_take(&link->survey, e);
    link->client.one_is_enough |= gatt_survey_has_failed(&link->survey);
    if (!e->ended)
        return true;
    if (link->survey.step == SURVEY_HASH)
        note_peer(h, link);
    if (link->survey.step == SURVEY_HASH && !(link->survey.is_bonded && tables_has(h, link->proven)))
        link->told_of = 0; /* what is learned from here on is as it is since */
    if (is_answer(e) && link->survey.step == SURVEY_HASH && link->survey.is_bonded && tables_has(h, link->proven))
        link->remote = REMOTE_LOADING;
    else
        go_on(h, link, e, out, cap, out_len);
    if (link->remote == REMOTE_LOADING)
        storing_want(h);
    return true;
}

/* What was kept of it is there, or nothing is. */
static void go_on_loaded(kith_host *h, host_link *link)
{
    gatt_client_event e = {.kind = GATT_CLIENT_READ_DONE, .ended = true, .result = KITH_GATT_OK};
    size_t cap, len = 0;
    uint8_t *out = find_place(link, &cap), hash_level = link->answered_level;

    link->remote = REMOTE_SURVEY;
    if (link->told_of != 0 && was_told_of(link)) {
        tables_void(h, link->proven);
        gatt_table_clear(&link->table);
    }
    link->told_of = 0;
    if (gatt_survey_go_on(&link->survey, &link->client, &e, out, cap, &len)) {
        operations_launch(h, link, len);
        link->answered_level = hash_level; /* it is one operation */
    } else {
        end_survey(h, link, &e);
    }
}

static void tell_known(kith_host *h, host_link *link)
{
    const gatt_client_event e = {.kind = GATT_CLIENT_DISCOVERY_DONE, .ended = true, .result = KITH_GATT_OK};

    link->remote = REMOTE_IDLE;
    link->answered_level = link->table_level;
    attributes_tell_end(h, link, &e);
}

void remote_end(host_link *link, gatt_client_event *e)
{
    if (link->remote == REMOTE_IDLE)
        return;
    link->remote = REMOTE_IDLE;
    drop_table(link);
    e->kind = GATT_CLIENT_DISCOVERY_DONE;
    e->ended = true;
    e->handle = 0;
    e->value_len = 0;
}

/* ---- changes ---- */

static void tell_changed(kith_host *h, host_link *link, uint16_t first, uint16_t last)
{
    kith_event *event = event_post(h, KITH_EVENT_TABLE_CHANGED, link);

    event->table.first = first;
    event->table.last = last;
}

/* A table without a hash stands until this: what is kept of it must not outlast it. */
static void drop_changed(kith_host *h, host_link *link, uint16_t first, uint16_t last)
{
    gatt_table_state state;
    bool is_kept = link->table_is_proven;

    gatt_table_get_state(&link->table, &state);
    drop_table(link);
    if (is_kept && !state.has_hash) {
        tables_void(h, link->proven);
        tables_want(h, link);
    }
    tell_changed(h, link, first, last);
}

void remote_on_told(kith_host *h, host_link *link, uint16_t handle, const uint8_t *value, size_t len)
{
    uint16_t changed;

    if (link->table.cap == 0 || len != CHANGED_LEN)
        return;
    changed = gatt_table_value(&link->table, &generic_attribute, &service_changed);
    if (link->table_in_force && handle == changed)
        drop_changed(h, link, bytes_get16(value), bytes_get16(value + 2));
    else if (!link->table_in_force && (changed == 0 || handle == changed))
        link->told_of = link->told_of == 0 || link->told_of == handle ? handle : SEVERAL;
}

/* Nobody looked which value it was that was told: another table may be the peer's by now. */
void remote_on_link_end(kith_host *h, const host_link *link)
{
    if (link->told_of != 0 && !link->table_in_force)
        tables_void(h, link->proven);
}

void remote_on_proven(host_link *link)
{
    if (link->table_in_force && !link->table_is_proven)
        drop_table(link); /* one that is being learned is judged at its end */
}

/* What was learned since encryption began is this peer's, though its bond is only stored now. */
void remote_on_bonded(host_link *link)
{
    if (link->table_level == KITH_LEVEL_NONE)
        remote_on_proven(link);
}

/* ---- Database Out Of Sync: is the table that is known still the peer's? ---- */

bool remote_may_check(const host_link *link)
{
    gatt_table_state state;

    if (!link->table_in_force || link->remote != REMOTE_IDLE)
        return false;
    gatt_table_get_state(&link->table, &state);
    return state.has_hash;
}

static bool is_doubtful(const host_link *link)
{
    return link->client.is_held && link->client.kept_error == KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC;
}

static void ask_hash(kith_host *h, host_link *link)
{
    size_t cap;
    uint8_t *out = find_place(link, &cap);

    acl_commit(link, KITH_CID_ATT, TX_ATT_APP, gatt_survey_ask_hash(out, cap));
    link->hash_check = HASH_ASKED;
    attributes_start_timer(h, link);
}

static void repeat(kith_host *h, host_link *link)
{
    link->hash_check = HASH_UNKNOWN;
    raising_repeat(h, link);
}

static void give_up(kith_host *h, host_link *link)
{
    gatt_client_event e;

    link->hash_check = HASH_UNKNOWN;
    if (link->table_in_force)
        drop_changed(h, link, 1, 0xffff);
    gatt_client_give_up(&link->client, &e);
    attributes_tell_end(h, link, &e);
}

bool remote_take_hash(kith_host *h, host_link *link, const uint8_t *pdu, size_t len)
{
    gatt_table_state state;
    uint8_t hash[16];

    if (link->hash_check != HASH_ASKED || kith_att_kind_of(pdu[0]) != KITH_ATT_KIND_RESPONSE)
        return false;
    gatt_table_get_state(&link->table, &state);
    link->hash_check = gatt_survey_read_hash(pdu, len, hash) && link->table_in_force && state.has_hash &&
                               memcmp(hash, state.hash, sizeof hash) == 0
                           ? HASH_SAME
                           : HASH_ANOTHER;
    attributes_start_timer(h, link);
    return true;
}

/* ---- what waits ---- */

bool remote_waits(host_link *link)
{
    size_t cap;
    bool wants_to_ask = link->remote == REMOTE_LOADED || (is_doubtful(link) && link->hash_check != HASH_ASKED);

    if (link->id == 0 || link->going || link->att_dead)
        return false;
    return link->remote == REMOTE_KNOWN || (wants_to_ask && find_place(link, &cap) != NULL);
}

void remote_go_on(kith_host *h, host_link *link)
{
    if (link->remote == REMOTE_KNOWN)
        tell_known(h, link);
    else if (link->remote == REMOTE_LOADED)
        go_on_loaded(h, link);
    else if (link->hash_check == HASH_UNKNOWN)
        ask_hash(h, link);
    else if (link->hash_check == HASH_SAME)
        repeat(h, link);
    else
        give_up(h, link);
}

/* ---- the calls ---- */

bool kith_gatt_remote_next(const kith_host *h, kith_link id, size_t *at, kith_remote_attribute *out)
{
    const host_link *link = link_by_id(h, id);

    return link != NULL && link->table_in_force && gatt_table_next(&link->table, at, out);
}

bool kith_gatt_remote_is_kept(const kith_host *h, kith_link id)
{
    const host_link *link = link_by_id(h, id);

    return link != NULL && link->table_in_force && link->table_is_proven && !link->survey.is_new;
}

uint16_t kith_gatt_remote_value(const kith_host *h, kith_link id, const kith_uuid *service,
                                const kith_uuid *characteristic)
{
    const host_link *link = link_by_id(h, id);

    return link != NULL && link->table_in_force ? gatt_table_value(&link->table, service, characteristic) : 0;
}

uint16_t kith_gatt_remote_descriptor(const kith_host *h, kith_link id, uint16_t value_handle,
                                     const kith_uuid *descriptor)
{
    const host_link *link = link_by_id(h, id);

    return link != NULL && link->table_in_force ? gatt_table_descriptor(&link->table, value_handle, descriptor) : 0;
}
