/* Surveys all of a peer, tells what protects the link, and then entry by entry what was found, with values between
 * where they are wanted.  Nothing here makes the link any better: what may not be read is told as such. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "kith/codec/att.h"
#include "listing.h"
#include "trouble_att.h"
#include "uuid_name.h"
#include "value_text.h"

enum { LINE = VALUE_TEXT + 64, WORDS = 160, DATABASE_HASH = 16 };

void listing_init(listing *l, bool values)
{
    memset(l, 0, sizeof *l);
    survey_init(&l->survey, true);
    l->values = values;
}

void listing_close(listing *l)
{
    survey_close(&l->survey);
}

/* ---- words ---- */

static const struct {
    uint8_t bit;
    const char *word;
} properties[] = {
    {KITH_PROPERTY_BROADCAST, "broadcast"},
    {KITH_PROPERTY_READ, "read"},
    {KITH_PROPERTY_WRITE_WITHOUT_RESPONSE, "write-without-response"},
    {KITH_PROPERTY_WRITE, "write"},
    {KITH_PROPERTY_NOTIFY, "notify"},
    {KITH_PROPERTY_INDICATE, "indicate"},
    {KITH_PROPERTY_SIGNED_WRITE, "signed-write"},
    {KITH_PROPERTY_EXTENDED, "extended"},
};

enum { PROPERTIES = sizeof properties / sizeof properties[0] };

static const char *property_words(uint8_t bits, char text[WORDS])
{
    size_t len = 0;

    (void)snprintf(text, WORDS, "nothing");
    for (size_t i = 0; i < PROPERTIES; i++)
        if (bits & properties[i].bit)
            len += (size_t)snprintf(text + len, WORDS - len, "%s%s", len == 0 ? "" : ", ", properties[i].word);
    return text;
}

static json_t *property_array(uint8_t bits)
{
    json_t *array = json_array();

    for (size_t i = 0; i < PROPERTIES; i++)
        if (bits & properties[i].bit)
            (void)json_array_append_new(array, json_string(properties[i].word));
    return array;
}

/* "180f Battery" */
static const char *uuid_words(const kith_uuid *uuid, char text[WORDS])
{
    char number[KITH_UUID_TEXT];
    const char *name = uuid_name(uuid);

    if (uuid->size == 0)
        (void)snprintf(text, WORDS, "of a UUID that it does not tell");
    else
        (void)snprintf(text, WORDS, "%s%s%s", kith_uuid_format(uuid, number), name != NULL ? " " : "",
                       name != NULL ? name : "");
    return text;
}

static void add_uuid(json_t *o, const kith_uuid *uuid)
{
    char text[KITH_UUID_TEXT];
    const char *name = uuid_name(uuid);

    if (uuid->size != 0)
        (void)json_object_set_new(o, "uuid", json_string(kith_uuid_format(uuid, text)));
    if (name != NULL)
        (void)json_object_set_new(o, "name", json_string(name));
}

/* An object for programs, a line for people. */
static void tell(const errand_site *site, json_t *o, const char *line)
{
    const char *sentence = line + strspn(line, " ");

    if (site->report->json) {
        report_record(site->report, o, sentence);
        return;
    }
    report_line(site->report, line);
    json_decref(o);
}

/* ---- the link ---- */

static const char *hash_words(const kith_event_gatt *hash, char text[2 * DATABASE_HASH + 1])
{
    text[0] = '\0';
    if (hash != NULL && hash->result == KITH_GATT_OK && hash->len == DATABASE_HASH)
        for (size_t i = 0; i < DATABASE_HASH; i++)
            (void)snprintf(text + 2 * i, 3, "%02x", hash->value[i]);
    return text;
}

static json_t *link_object(const errand_site *site, const kith_event_security *now, const char *hash, bool kept)
{
    json_t *o = json_pack("{s:s,s:i,s:i,s:s,s:i}", "event", "peer", "mtu", (int)site->mtu, "level", (int)now->level,
                          "level_name", kith_level_name(now->level), "key_size", (int)now->key_size);

    (void)json_object_set_new(o, "bonded", json_boolean(now->peer != 0));
    (void)json_object_set_new(o, "table_kept", json_boolean(kept));
    if (now->peer != 0)
        (void)json_object_set_new(o, "peer", json_integer(now->peer));
    if (*hash != '\0')
        (void)json_object_set_new(o, "database_hash", json_string(hash));
    return o;
}

static void tell_link(const errand_site *site, const kith_event_gatt *hash, bool kept)
{
    kith_event_security now = {.level = KITH_LEVEL_NONE};
    char text[2 * DATABASE_HASH + 1], line[LINE];
    size_t len;

    (void)!kith_security_of(site->host, site->link, &now);
    (void)hash_words(hash, text);
    if (now.key_size == 0)
        len = (size_t)snprintf(line, sizeof line, "The link is not encrypted (level 1)");
    else
        len = (size_t)snprintf(line, sizeof line, "The link is encrypted: level %d (%s), key of %u octets",
                               (int)now.level, kith_level_name(now.level), now.key_size);
    if (now.peer != 0)
        len += (size_t)snprintf(line + len, sizeof line - len, ", bond %u", (unsigned)now.peer);
    (void)snprintf(line + len, sizeof line - len, "; MTU %u%s%s.", site->mtu, *text != '\0' ? "; database hash " : "",
                   text);
    tell(site, link_object(site, &now, text, kept), line);
    if (kept)
        report_line(site->report, "Its table is known from the bond, and has not changed:");
}

/* ---- entries ---- */

static void tell_service(const errand_site *site, const survey_entry *e)
{
    char words[WORDS], line[LINE];
    json_t *o = json_pack("{s:s,s:i,s:i,s:b}", "event", "service", "handle", (int)e->first, "last_handle", (int)e->last,
                          "primary", (int)!e->secondary);

    add_uuid(o, &e->uuid);
    (void)snprintf(line, sizeof line, "0x%04x to 0x%04x  %s service %s", e->first, e->last,
                   e->secondary ? "secondary" : "primary", uuid_words(&e->uuid, words));
    tell(site, o, line);
}

static void tell_include(const errand_site *site, const survey_entry *e)
{
    char words[WORDS], line[LINE];
    json_t *o = json_pack("{s:s,s:i,s:i,s:i,s:i}", "event", "include", "handle", (int)e->handle, "service_handle",
                          (int)e->service, "included_handle", (int)e->first, "included_last_handle", (int)e->last);

    add_uuid(o, &e->uuid);
    (void)snprintf(line, sizeof line, "  0x%04x  includes %s, 0x%04x to 0x%04x", e->handle,
                   e->uuid.size == 0 ? "the service" : uuid_words(&e->uuid, words), e->first, e->last);
    tell(site, o, line);
}

static void tell_characteristic(const errand_site *site, const survey_entry *e)
{
    char words[WORDS], can[WORDS], line[LINE];
    json_t *o = json_pack("{s:s,s:i,s:i,s:i,s:o}", "event", "characteristic", "handle", (int)e->value_handle,
                          "declaration_handle", (int)e->handle, "service_handle", (int)e->service, "properties",
                          property_array(e->properties));

    add_uuid(o, &e->uuid);
    (void)snprintf(line, sizeof line, "  0x%04x  %s: %s", e->value_handle, uuid_words(&e->uuid, words),
                   property_words(e->properties, can));
    tell(site, o, line);
}

static void tell_descriptor(const errand_site *site, const survey_entry *e)
{
    char words[WORDS], line[LINE];
    json_t *o =
        json_pack("{s:s,s:i,s:i}", "event", "descriptor", "handle", (int)e->handle, "service_handle", (int)e->service);

    add_uuid(o, &e->uuid);
    (void)snprintf(line, sizeof line, "    0x%04x  %s", e->handle, uuid_words(&e->uuid, words));
    tell(site, o, line);
}

static void tell_entry(const errand_site *site, const survey_entry *e)
{
    static void (*const tellers[])(const errand_site *site, const survey_entry *e) = {
        [SURVEY_SERVICE] = tell_service,
        [SURVEY_INCLUDE] = tell_include,
        [SURVEY_CHARACTERISTIC] = tell_characteristic,
        [SURVEY_DESCRIPTOR] = tell_descriptor,
    };

    tellers[e->kind](site, e);
}

/* ---- values ---- */

static uint16_t handle_to_read(const survey_entry *e)
{
    if (e->kind == SURVEY_DESCRIPTOR)
        return e->handle;
    return e->kind == SURVEY_CHARACTERISTIC && (e->properties & KITH_PROPERTY_READ) ? e->value_handle : 0;
}

static void tell_value(const errand_site *site, const survey_entry *e, const kith_event_gatt *g)
{
    bool refused = g->result == KITH_GATT_ATT_ERROR;
    const char *why = refused ? kith_att_error_name(g->att_error) : kith_gatt_result_name(g->result);
    const char *indent = e->kind == SURVEY_DESCRIPTOR ? "            " : "          ";
    char text[VALUE_TEXT], line[LINE];
    json_t *o = json_pack("{s:s,s:i}", "event", "value", "handle", (int)handle_to_read(e));

    add_uuid(o, &e->uuid);
    if (g->result == KITH_GATT_OK) {
        value_add(o, g->value, g->len);
        (void)snprintf(line, sizeof line, "%sis %s", indent, value_describe(g->value, g->len, text));
    } else {
        (void)json_object_set_new(o, refused ? "att_error" : "result", json_string(why));
        (void)snprintf(line, sizeof line, "%scannot be read over this link: %s", indent, why);
    }
    tell(site, o, line);
}

/* ---- steps ---- */

static errand_result failed(const errand_site *site, kith_status status)
{
    trouble_call(site, "its values cannot be read", status);
    return ERRAND_FAILED;
}

/* Up to the next value that is to be read. */
static errand_result list_on(listing *l, const errand_site *site)
{
    for (; l->at < l->survey.count; l->at++) {
        const survey_entry *e = &l->survey.entries[l->at];
        kith_status status;

        tell_entry(site, e);
        if (!l->values || handle_to_read(e) == 0)
            continue;
        status = kith_gatt_read(site->host, site->link, handle_to_read(e));
        return status == KITH_OK ? ERRAND_GOES_ON : failed(site, status);
    }
    return ERRAND_DONE;
}

static const survey_entry *hash_of(const listing *l)
{
    static const kith_uuid database_hash = KITH_UUID16(0x2b2a);

    for (size_t i = 0; i < l->survey.count; i++)
        if (l->survey.entries[i].kind == SURVEY_CHARACTERISTIC &&
            kith_uuid_equal(&l->survey.entries[i].uuid, &database_hash))
            return &l->survey.entries[i];
    return NULL;
}

static errand_result begin_list(listing *l, const errand_site *site, const kith_event_gatt *hash)
{
    tell_link(site, hash, l->survey.kept);
    l->step = LISTING_LISTS;
    return list_on(l, site);
}

static errand_result on_surveyed(listing *l, const errand_site *site)
{
    const survey_entry *hash = hash_of(l);
    kith_status status;

    if (hash == NULL)
        return begin_list(l, site, NULL);
    l->step = LISTING_READS_HASH;
    status = kith_gatt_read(site->host, site->link, hash->value_handle);
    return status == KITH_OK ? ERRAND_GOES_ON : failed(site, status);
}

static errand_result begin(void *self, const errand_site *site)
{
    listing *l = self;

    return survey_begin(&l->survey, site);
}

static errand_result on_value(listing *l, const errand_site *site, const kith_event_gatt *g)
{
    if (g->result == KITH_GATT_TIMEOUT) {
        trouble_att(site, "its values cannot be read", g);
        return ERRAND_FAILED;
    }
    if (l->step == LISTING_READS_HASH)
        return begin_list(l, site, g);
    tell_value(site, &l->survey.entries[l->at++], g);
    return list_on(l, site);
}

static errand_result on_event(void *self, const errand_site *site, const kith_event *e)
{
    listing *l = self;
    errand_result result;

    if (l->step != LISTING_SURVEYS)
        return e->kind == KITH_EVENT_READ ? on_value(l, site, &e->gatt) : ERRAND_GOES_ON;
    result = survey_on_event(&l->survey, site, e);
    return result == ERRAND_DONE ? on_surveyed(l, site) : result;
}

const errand listing_errand = {.doing = "looking through", .patience_s = 60, .begin = begin, .on_event = on_event};
