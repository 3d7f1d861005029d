/* A bonded peer's table is the host's to know: it keeps it beside the bond.  Anybody else's, and one that is too large
 * for that, is listed here.
 *
 * One list grows while it is gone through: looking into a service appends what it includes and its characteristics,
 * looking into a characteristic appends its descriptors.  So whatever a peer says, there is an end: the list has one.
 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "kith/codec/att.h"
#include "survey.h"
#include "trouble_att.h"

enum { ENTRIES_MAX = 8192, FIRST_ROOM = 64 };

/* What is asked of an entry, in this order. */
enum { ASK_UUID, ASK_INCLUDES, ASK_CHARACTERISTICS, ASK_DESCRIPTORS, ASK_NOTHING };

void survey_init(survey *s, bool whole)
{
    memset(s, 0, sizeof *s);
    s->whole = whole;
}

void survey_close(survey *s)
{
    free(s->entries);
    s->entries = NULL;
    s->count = 0;
}

/* ---- the list ---- */

static errand_result grow(survey *s)
{
    size_t room = s->room == 0 ? FIRST_ROOM : 2 * s->room;
    survey_entry *more;

    if (room > ENTRIES_MAX) {
        (void)complain("the peer has more attributes than can be believed: over %d services, characteristics and such",
                       ENTRIES_MAX);
        return ERRAND_FAILED;
    }
    more = realloc(s->entries, room * sizeof *more);
    if (more == NULL) {
        (void)complain("no memory");
        return ERRAND_FAILED;
    }
    s->entries = more;
    s->room = room;
    return ERRAND_GOES_ON;
}

static errand_result append(survey *s, const survey_entry *entry)
{
    if (s->count == s->room && grow(s) != ERRAND_GOES_ON)
        return ERRAND_FAILED;
    s->entries[s->count++] = *entry;
    return ERRAND_GOES_ON;
}

const survey_entry *survey_service(const survey *s, uint16_t first)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->entries[i].kind == SURVEY_SERVICE && s->entries[i].first == first)
            return &s->entries[i];
    return NULL;
}

const survey_entry *survey_value(const survey *s, uint16_t value_handle)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->entries[i].kind == SURVEY_CHARACTERISTIC && s->entries[i].value_handle == value_handle)
            return &s->entries[i];
    return NULL;
}

/* ---- what was found ---- */

static errand_result add_service(survey *s, const kith_event_list *list, uint16_t i)
{
    kith_gatt_service found;

    kith_gatt_service_at(list, i, &found);
    return append(s, &(survey_entry){.kind = SURVEY_SERVICE,
                                     .handle = found.first,
                                     .first = found.first,
                                     .last = found.last,
                                     .service = found.first,
                                     .uuid = found.uuid});
}

/* A secondary service is found nowhere else. */
static errand_result add_include(survey *s, const kith_event_list *list, uint16_t i)
{
    kith_gatt_include found;
    survey_entry entry = {.kind = SURVEY_INCLUDE, .service = s->entries[s->at].first};

    kith_gatt_include_at(list, i, &found);
    entry.handle = found.handle;
    entry.first = found.first;
    entry.last = found.last;
    entry.uuid = found.uuid;
    if (append(s, &entry) != ERRAND_GOES_ON)
        return ERRAND_FAILED;
    if (found.first == 0 || found.last < found.first || survey_service(s, found.first) != NULL)
        return ERRAND_GOES_ON;
    entry.kind = SURVEY_SERVICE;
    entry.secondary = true;
    entry.handle = entry.service = found.first;
    return append(s, &entry);
}

/* Its end is that of its service until the next one is found. */
static errand_result add_characteristic(survey *s, const kith_event_list *list, uint16_t i)
{
    const survey_entry *service = &s->entries[s->at];
    survey_entry *before = s->count > 0 ? &s->entries[s->count - 1] : NULL;
    kith_gatt_found found;

    kith_gatt_found_at(list, i, &found);
    if (before != NULL && before->kind == SURVEY_CHARACTERISTIC && before->service == service->first)
        before->last = (uint16_t)(found.declaration_handle - 1);
    return append(s, &(survey_entry){.kind = SURVEY_CHARACTERISTIC,
                                     .properties = found.properties,
                                     .handle = found.declaration_handle,
                                     .value_handle = found.value_handle,
                                     .first = (uint16_t)(found.value_handle + 1),
                                     .last = service->last,
                                     .service = service->first,
                                     .uuid = found.uuid});
}

static errand_result add_descriptor(survey *s, const kith_event_list *list, uint16_t i)
{
    kith_gatt_descriptor found;

    kith_gatt_descriptor_at(list, i, &found);
    return append(s, &(survey_entry){.kind = SURVEY_DESCRIPTOR,
                                     .handle = found.handle,
                                     .service = s->entries[s->at].service,
                                     .uuid = found.uuid});
}

static errand_result add_all(survey *s, const kith_event_list *list,
                             errand_result (*add)(survey *s, const kith_event_list *list, uint16_t i))
{
    for (uint16_t i = 0; i < list->count; i++)
        if (add(s, list, i) != ERRAND_GOES_ON)
            return ERRAND_FAILED;
    return ERRAND_GOES_ON;
}

/* What lies in an entry that is looked into. */
static errand_result add_inside(survey *s, const kith_event_list *list,
                                errand_result (*add)(survey *s, const kith_event_list *list, uint16_t i))
{
    return s->entries != NULL && s->at < s->count ? add_all(s, list, add) : ERRAND_GOES_ON;
}

/* A service of 128 bits that is included has its UUID in its declaration alone. */
static void take_uuid(survey *s, const kith_event_gatt *read)
{
    kith_uuid *uuid = &s->entries[s->at].uuid;

    if (read->result != KITH_GATT_OK || (read->len != 2 && read->len != 16))
        return;
    uuid->size = (uint8_t)read->len;
    memcpy(uuid->octets, read->value, read->len);
}

/* ---- steps ---- */

static int by_handle(const void *a, const void *b)
{
    const survey_entry *one = a, *other = b;

    return one->handle < other->handle ? -1 : one->handle > other->handle;
}

static errand_result finish(survey *s)
{
    if (s->count > 0)
        qsort(s->entries, s->count, sizeof *s->entries, by_handle);
    return ERRAND_DONE;
}

/* Is there anything of this kind to be asked of this entry? */
static bool is_asked(const survey *s, const survey_entry *e, unsigned step)
{
    switch (step) {
    case ASK_UUID:
        return e->kind == SURVEY_SERVICE && e->uuid.size == 0;
    case ASK_INCLUDES:
        return e->kind == SURVEY_SERVICE && s->whole;
    case ASK_CHARACTERISTICS:
        return e->kind == SURVEY_SERVICE;
    default:
        return e->kind == SURVEY_CHARACTERISTIC && s->whole && e->first != 0 && e->first <= e->last;
    }
}

static kith_status ask(const survey_entry *e, unsigned step, const errand_site *site)
{
    switch (step) {
    case ASK_UUID:
        return kith_gatt_read(site->host, site->link, e->first);
    case ASK_INCLUDES:
        return kith_gatt_discover_includes(site->host, site->link, e->first, e->last);
    case ASK_CHARACTERISTICS:
        return kith_gatt_discover_characteristics(site->host, site->link, e->first, e->last);
    default:
        return kith_gatt_discover_descriptors(site->host, site->link, e->first, e->last);
    }
}

static errand_result asked(kith_status status)
{
    if (status == KITH_OK)
        return ERRAND_GOES_ON;
    (void)complain("the peer's services cannot be looked at: %s", kith_status_name(status));
    return ERRAND_FAILED;
}

/* Asks the next question, of this entry or of one behind it. */
static errand_result go_on(survey *s, const errand_site *site)
{
    for (; s->at < s->count; s->at++, s->step = ASK_UUID)
        for (; s->step < ASK_NOTHING; s->step++)
            if (is_asked(s, &s->entries[s->at], s->step))
                return asked(ask(&s->entries[s->at], s->step++, site));
    return finish(s);
}

static errand_result begin_lists(survey *s, const errand_site *site)
{
    s->again = false;
    s->learns = false;
    s->count = s->at = 0;
    s->step = ASK_UUID;
    return asked(kith_gatt_discover_services(site->host, site->link, NULL));
}

/* ---- a bonded peer's ---- */

static survey_entry entry_of(const kith_remote_attribute *a)
{
    static const survey_kind kinds[] = {[KITH_REMOTE_SERVICE] = SURVEY_SERVICE,
                                        [KITH_REMOTE_SECONDARY] = SURVEY_SERVICE,
                                        [KITH_REMOTE_INCLUDE] = SURVEY_INCLUDE,
                                        [KITH_REMOTE_CHARACTERISTIC] = SURVEY_CHARACTERISTIC,
                                        [KITH_REMOTE_DESCRIPTOR] = SURVEY_DESCRIPTOR};

    return (survey_entry){.kind = kinds[a->kind],
                          .secondary = a->kind == KITH_REMOTE_SECONDARY,
                          .properties = a->properties,
                          .handle = a->handle,
                          .value_handle = a->value_handle,
                          .first = a->first,
                          .last = a->last,
                          .uuid = a->uuid};
}

/* They come by ascending handle, so each lies in the service before it. */
static errand_result take_table(survey *s, const errand_site *site)
{
    kith_remote_attribute attribute;
    uint16_t service = 0;

    for (size_t at = 0; kith_gatt_remote_next(site->host, site->link, &at, &attribute);) {
        survey_entry entry = entry_of(&attribute);

        service = entry.kind == SURVEY_SERVICE ? entry.first : service;
        entry.service = service;
        if (append(s, &entry) != ERRAND_GOES_ON)
            return ERRAND_FAILED;
    }
    return ERRAND_GOES_ON;
}

/* The table says which service is included; what that is, it says there. */
static void name_includes(survey *s)
{
    for (size_t i = 0; i < s->count; i++) {
        survey_entry *e = &s->entries[i];
        const survey_entry *service = e->kind == SURVEY_INCLUDE ? survey_service(s, e->first) : NULL;

        if (service != NULL)
            e->uuid = service->uuid;
    }
}

static errand_result on_learned(survey *s, const errand_site *site, const kith_event_gatt *end)
{
    if (end->result == KITH_GATT_TIMEOUT) {
        trouble_att(site, "its services could not be looked through", end);
        return ERRAND_FAILED;
    }
    if (!s->again && end->result == KITH_GATT_ATT_ERROR && end->att_error == KITH_ATT_ERROR_DATABASE_OUT_OF_SYNC) {
        s->again = true;
        return asked(kith_gatt_discover_all(site->host, site->link));
    }
    if (end->result != KITH_GATT_OK) /* larger than what is kept, or not to be made sense of */
        return begin_lists(s, site);
    if (take_table(s, site) != ERRAND_GOES_ON)
        return ERRAND_FAILED;
    name_includes(s);
    s->kept = kith_gatt_remote_is_kept(site->host, site->link);
    return ERRAND_DONE;
}

errand_result survey_begin(survey *s, const errand_site *site)
{
    kith_event_security now;
    bool is_bonded = kith_security_of(site->host, site->link, &now) == KITH_OK && now.peer != 0;

    s->learns = is_bonded && !s->only_reads && kith_gatt_discover_all(site->host, site->link) == KITH_OK;
    return s->learns ? ERRAND_GOES_ON : begin_lists(s, site);
}

static errand_result on_discovered(survey *s, const errand_site *site, const kith_event *e)
{
    if (e->gatt.result == KITH_GATT_OK || e->gatt.result == KITH_GATT_NOT_FOUND)
        return go_on(s, site);
    trouble_att(site, "its services could not be looked through", &e->gatt);
    return ERRAND_FAILED;
}

errand_result survey_on_event(survey *s, const errand_site *site, const kith_event *e)
{
    if (s->learns)
        return e->kind == KITH_EVENT_DISCOVERED ? on_learned(s, site, &e->gatt) : ERRAND_GOES_ON;
    switch (e->kind) {
    case KITH_EVENT_SERVICES:
        return add_all(s, &e->list, add_service);
    case KITH_EVENT_INCLUDES:
        return add_inside(s, &e->list, add_include);
    case KITH_EVENT_CHARACTERISTICS:
        return add_inside(s, &e->characteristics, add_characteristic);
    case KITH_EVENT_DESCRIPTORS:
        return add_inside(s, &e->list, add_descriptor);
    case KITH_EVENT_READ:
        take_uuid(s, &e->gatt);
        return go_on(s, site);
    case KITH_EVENT_DISCOVERED:
        return on_discovered(s, site, e);
    default:
        return ERRAND_GOES_ON;
    }
}
