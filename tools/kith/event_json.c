/* Events as JSON objects.  A field that is not known is left out, never null. */
#include <stdio.h>

#include "event_json_gap.h"
#include "kith/gatt_client.h"
#include "sentence.h"

enum { HEX_MAX = 1650 }; /* no attribute and no advertising data is longer */

void set_text(json_t *o, const char *name, const char *value)
{
    (void)json_object_set_new(o, name, json_string(value));
}

void set_number(json_t *o, const char *name, unsigned value)
{
    (void)json_object_set_new(o, name, json_integer((json_int_t)value));
}

void set_flag(json_t *o, const char *name, bool value)
{
    (void)json_object_set_new(o, name, json_boolean(value));
}

void set_address(json_t *o, const char *name, const char *type_name, const kith_address *address)
{
    char text[KITH_ADDRESS_TEXT];

    set_text(o, name, kith_address_format(address, text));
    set_text(o, type_name, address_type_name(address));
}

void set_hex(json_t *o, const char *name, const uint8_t *octets, size_t len)
{
    char text[2 * HEX_MAX + 1] = "";

    for (size_t i = 0; i < len && i < HEX_MAX; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", octets[i]);
    set_text(o, name, text);
}

void set_hci_status(json_t *o, kith_hci_status status)
{
    set_number(o, "hci_status", status);
    set_text(o, "hci_status_name", kith_hci_status_name(status));
}

static void set_lacks(json_t *o, uint32_t lacks)
{
    json_t *names = json_array();

    for (; lacks != 0; lacks &= lacks - 1)
        (void)json_array_append_new(names, json_string(kith_lack_name(lacks)));
    (void)json_object_set_new(o, "lacks", names);
}

static void on_store_loaded(json_t *o, const kith_event *e)
{
    set_number(o, "bonds", e->store.bonds);
    set_number(o, "damaged", e->store.damaged);
    set_number(o, "torn", e->store.torn);
    set_flag(o, "fresh", e->store.fresh);
}

static void on_ready(json_t *o, const kith_event *e)
{
    set_address(o, "address", "address_type", &e->ready.address);
    set_text(o, "core_version", core_version_name(e->ready.hci_version));
    set_number(o, "manufacturer", e->ready.manufacturer);
    set_number(o, "acl_len", e->ready.acl_len);
    set_number(o, "acl_packets", e->ready.acl_packets);
    set_lacks(o, e->ready.lacks);
    set_number(o, "other_identity", e->ready.other_identity);
    set_number(o, "filter_list", e->ready.filter_list);
    set_number(o, "resolving_list", e->ready.resolving_list);
    set_number(o, "sets", e->ready.sets);
    set_number(o, "data_most", e->ready.data_most);
}

static void on_start_failed(json_t *o, const kith_event *e)
{
    set_lacks(o, e->start_failed.lacks);
    set_number(o, "opcode", e->start_failed.opcode);
    set_hci_status(o, e->start_failed.hci_status);
    set_text(o, "status", kith_status_name(e->start_failed.status));
    set_flag(o, "store", e->start_failed.store);
}

static void on_lost(json_t *o, const kith_event *e)
{
    set_number(o, "opcode", e->lost.opcode);
    set_number(o, "hardware_code", e->lost.hardware_code);
}

static void on_consent(json_t *o, const kith_event *e)
{
    set_flag(o, "again", e->consent.again);
    if (e->consent.replaces != 0)
        set_number(o, "replaces", e->consent.replaces);
}

/* With all six digits: as people see it. */
static void set_digits(json_t *o, const char *name, uint32_t value)
{
    char digits[12];

    (void)snprintf(digits, sizeof digits, "%06u", (unsigned)value);
    set_text(o, name, digits);
}

static void on_comparison(json_t *o, const kith_event *e)
{
    set_digits(o, "number", e->comparison.number);
}

static void on_passkey_shown(json_t *o, const kith_event *e)
{
    set_digits(o, "passkey", e->passkey.passkey);
}

static void on_passkey_wanted(json_t *o, const kith_event *e)
{
    set_flag(o, "both_type", e->passkey.both_type);
}

static void on_keypress(json_t *o, const kith_event *e)
{
    static const char *const words[] = {"started", "digit-entered", "digit-erased", "cleared", "completed"};

    set_text(o, "key", words[e->keypress.key]);
}

/* The data itself is secret, and nowhere here. */
static void on_oob_wanted(json_t *o, const kith_event *e)
{
    set_address(o, "address", "address_type", &e->oob_wanted.peer);
}

static void on_oob_ready(json_t *o, const kith_event *e)
{
    set_text(o, "status", kith_status_name(e->oob.status));
    set_address(o, "address", "address_type", &e->oob.address);
    set_flag(o, "secure_connections", e->oob.data.has_sc);
    set_flag(o, "legacy", e->oob.data.has_tk);
}

static void on_key(json_t *o, const kith_event *e)
{
    set_text(o, "key", e->key.key == KITH_KEY_ENC ? "long-term" : e->key.key == KITH_KEY_ID ? "identity" : "signing");
    set_flag(o, "taken", e->key.taken);
}

static void on_identity(json_t *o, const kith_event *e)
{
    static const char *const operations[] = {"created", "changed", "removed"};

    set_number(o, "number", e->identity.number);
    set_text(o, "operation", operations[e->identity.operation]);
    set_flag(o, "succeeded", e->identity.status == KITH_OK);
    if (e->identity.status != KITH_OK)
        set_text(o, "status", kith_status_name(e->identity.status));
    else
        set_address(o, "identity", "identity_type", &e->identity.address);
    set_number(o, "other_identity", e->identity.other_identity);
}

static void on_reset(json_t *o, const kith_event *e)
{
    set_flag(o, "succeeded", e->reset.status == KITH_OK);
    if (e->reset.status != KITH_OK)
        set_text(o, "status", kith_status_name(e->reset.status));
}

static void on_security(json_t *o, const kith_event *e)
{
    set_text(o, "method", kith_method_name(e->security.method));
    set_number(o, "level", (unsigned)e->security.level);
    set_text(o, "level_name", kith_level_name(e->security.level));
    set_number(o, "key_size", e->security.key_size);
    set_flag(o, "secure_connections", e->security.secure_connections);
}

static void on_verdict(json_t *o, const kith_event *e)
{
    const kith_verdict *v = &e->verdict;

    set_flag(o, "succeeded", v->succeeded);
    set_text(o, "why", kith_why_name(v->why));
    set_text(o, "phase", kith_phase_name(v->phase));
    set_text(o, "ended_by", kith_ender_name(v->ended_by));
    if (v->method != KITH_METHOD_NONE)
        set_text(o, "method", kith_method_name(v->method));
    if (v->key_size != 0) {
        set_number(o, "level", (unsigned)v->level);
        set_text(o, "level_name", kith_level_name(v->level));
        set_number(o, "key_size", v->key_size);
        set_flag(o, "secure_connections", v->key_kind == KITH_KEY_KIND_SC);
    }
    if (v->numbers_unseen)
        set_flag(o, "numbers_unseen", true);
    if (v->passkey_fixed)
        set_flag(o, "passkey_fixed", true);
    if (v->oob_overheard)
        set_flag(o, "oob_overheard", true);
    if (v->debug_key)
        set_flag(o, "debug_key", true);
    if (v->irk_shared)
        set_flag(o, "irk_shared", true);
    if (v->smp_reason != 0)
        set_text(o, "smp_reason", kith_smp_reason_name(v->smp_reason));
    if (v->hci_status != 0)
        set_hci_status(o, v->hci_status);
    if (v->status != KITH_OK)
        set_text(o, "status", kith_status_name(v->status));
}

static void on_attribute(json_t *o, const kith_event *e)
{
    set_number(o, "handle", e->attribute.handle);
    set_number(o, "offset", e->attribute.offset);
    if (e->attribute.value != NULL)
        set_hex(o, "value", e->attribute.value, e->attribute.len);
}

static void on_subscribed(json_t *o, const kith_event *e)
{
    set_number(o, "handle", e->subscription.handle);
    set_flag(o, "notifications", (e->subscription.bits & KITH_SUBSCRIBED_NOTIFY) != 0);
    set_flag(o, "indications", (e->subscription.bits & KITH_SUBSCRIBED_INDICATE) != 0);
    set_flag(o, "restored", e->subscription.restored);
}

static void on_indicated(json_t *o, const kith_event *e)
{
    set_number(o, "handle", e->indicated.handle);
    set_text(o, "result", kith_gatt_result_name(e->indicated.result));
}

/* ---- what discovery found: an array under the event's own name ---- */

static void set_uuid(json_t *o, const kith_uuid *uuid)
{
    char text[KITH_UUID_TEXT];

    if (uuid->size != 0)
        set_text(o, "uuid", kith_uuid_format(uuid, text));
}

static void add_service(json_t *one, const kith_event_list *list, uint16_t i)
{
    kith_gatt_service service;

    kith_gatt_service_at(list, i, &service);
    set_number(one, "first", service.first);
    set_number(one, "last", service.last);
    set_uuid(one, &service.uuid);
}

static void add_include(json_t *one, const kith_event_list *list, uint16_t i)
{
    kith_gatt_include include;

    kith_gatt_include_at(list, i, &include);
    set_number(one, "handle", include.handle);
    set_number(one, "first", include.first);
    set_number(one, "last", include.last);
    set_uuid(one, &include.uuid);
}

static void add_characteristic(json_t *one, const kith_event_list *list, uint16_t i)
{
    kith_gatt_found found;

    kith_gatt_found_at(list, i, &found);
    set_number(one, "handle", found.declaration_handle);
    set_number(one, "value_handle", found.value_handle);
    set_number(one, "properties", found.properties);
    set_uuid(one, &found.uuid);
}

static void add_descriptor(json_t *one, const kith_event_list *list, uint16_t i)
{
    kith_gatt_descriptor descriptor;

    kith_gatt_descriptor_at(list, i, &descriptor);
    set_number(one, "handle", descriptor.handle);
    set_uuid(one, &descriptor.uuid);
}

static void add_value(json_t *one, const kith_event_list *list, uint16_t i)
{
    kith_gatt_value value;

    kith_gatt_value_at(list, i, &value);
    set_number(one, "handle", value.handle);
    set_hex(one, "value", value.value, value.len);
}

static void set_list(json_t *o, const char *name, const kith_event_list *list,
                     void (*add)(json_t *one, const kith_event_list *list, uint16_t i))
{
    json_t *all = json_array();

    for (uint16_t i = 0; i < list->count; i++) {
        json_t *one = json_object();

        add(one, list, i);
        (void)json_array_append_new(all, one);
    }
    (void)json_object_set_new(o, name, all);
}

static void on_services(json_t *o, const kith_event *e)
{
    set_list(o, "services", &e->list, add_service);
}

static void on_includes(json_t *o, const kith_event *e)
{
    set_list(o, "includes", &e->list, add_include);
}

static void on_characteristics(json_t *o, const kith_event *e)
{
    set_list(o, "characteristics", &e->characteristics, add_characteristic);
}

static void on_descriptors(json_t *o, const kith_event *e)
{
    set_list(o, "descriptors", &e->list, add_descriptor);
}

static void on_values(json_t *o, const kith_event *e)
{
    set_list(o, "values", &e->list, add_value);
}

/* ---- ends ---- */

static void on_gatt_end(json_t *o, const kith_event *e)
{
    set_text(o, "result", kith_gatt_result_name(e->gatt.result));
    set_number(o, "handle", e->gatt.handle);
    if (e->gatt.result == KITH_GATT_ATT_ERROR)
        set_text(o, "att_error", kith_att_error_name(e->gatt.att_error));
    else if (e->kind == KITH_EVENT_MTU)
        set_number(o, "mtu", e->gatt.mtu);
    else if (e->gatt.value != NULL)
        set_hex(o, "value", e->gatt.value, e->gatt.len);
}

static void on_notified(json_t *o, const kith_event *e)
{
    set_number(o, "handle", e->notified.handle);
    set_flag(o, "indicated", e->notified.indicated);
    if (e->notified.value != NULL)
        set_hex(o, "value", e->notified.value, e->notified.len);
}

static void on_table_changed(json_t *o, const kith_event *e)
{
    set_number(o, "first", e->table.first);
    set_number(o, "last", e->table.last);
}

/* That it happened, and on which link, is all. */
static void on_payload_timeout(json_t *o, const kith_event *e)
{
    (void)o;
    (void)e;
}

static void (*const writers[])(json_t *o, const kith_event *e) = {
    [KITH_EVENT_STORE_LOADED] = on_store_loaded,
    [KITH_EVENT_READY] = on_ready,
    [KITH_EVENT_START_FAILED] = on_start_failed,
    [KITH_EVENT_CONTROLLER_LOST] = on_lost,
    [KITH_EVENT_CONSENT_WANTED] = on_consent,
    [KITH_EVENT_COMPARISON_WANTED] = on_comparison,
    [KITH_EVENT_PASSKEY_SHOWN] = on_passkey_shown,
    [KITH_EVENT_PASSKEY_WANTED] = on_passkey_wanted,
    [KITH_EVENT_KEYPRESS] = on_keypress,
    [KITH_EVENT_OOB_WANTED] = on_oob_wanted,
    [KITH_EVENT_OOB_READY] = on_oob_ready,
    [KITH_EVENT_KEY] = on_key,
    [KITH_EVENT_SECURITY_CHANGED] = on_security,
    [KITH_EVENT_PAYLOAD_TIMEOUT] = on_payload_timeout,
    [KITH_EVENT_PAIRED] = on_verdict,
    [KITH_EVENT_PAIRING_FAILED] = on_verdict,
    [KITH_EVENT_ENCRYPTED] = on_verdict,
    [KITH_EVENT_ENCRYPTION_FAILED] = on_verdict,
    [KITH_EVENT_BONDED] = on_verdict,
    [KITH_EVENT_BOND_FAILED] = on_verdict,
    [KITH_EVENT_IDENTITY] = on_identity,
    [KITH_EVENT_RESET] = on_reset,
    [KITH_EVENT_READ_WANTED] = on_attribute,
    [KITH_EVENT_WRITE_WANTED] = on_attribute,
    [KITH_EVENT_WRITE_COMMAND] = on_attribute,
    [KITH_EVENT_AUTHORIZATION_WANTED] = on_attribute,
    [KITH_EVENT_VALUE_WRITTEN] = on_attribute,
    [KITH_EVENT_SUBSCRIBED] = on_subscribed,
    [KITH_EVENT_INDICATED] = on_indicated,
    [KITH_EVENT_SERVICES] = on_services,
    [KITH_EVENT_INCLUDES] = on_includes,
    [KITH_EVENT_CHARACTERISTICS] = on_characteristics,
    [KITH_EVENT_DESCRIPTORS] = on_descriptors,
    [KITH_EVENT_VALUES] = on_values,
    [KITH_EVENT_DISCOVERED] = on_gatt_end,
    [KITH_EVENT_READ] = on_gatt_end,
    [KITH_EVENT_WRITTEN] = on_gatt_end,
    [KITH_EVENT_SUBSCRIPTION_WRITTEN] = on_gatt_end,
    [KITH_EVENT_NOTIFIED] = on_notified,
    [KITH_EVENT_TABLE_CHANGED] = on_table_changed,
    [KITH_EVENT_MTU] = on_gatt_end,
};

json_t *event_json(const kith_event *event)
{
    size_t kind = (size_t)event->kind;
    json_t *o = json_object();

    set_text(o, "event", kith_event_name(event->kind));
    if (event->link != 0) {
        set_number(o, "link", event->link);
        set_address(o, "peer_address", "peer_address_type", &event->address);
    }
    if (event->peer != 0)
        set_number(o, "peer", event->peer);
    if (kind < sizeof writers / sizeof writers[0] && writers[kind] != NULL)
        writers[kind](o, event);
    else if (!event_json_gap(o, event))
        event_json_peers(o, event);
    return o;
}
