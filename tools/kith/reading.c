/* Discovers services, one after the other, until the characteristic turns up; then reads it. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "lamp.h"
#include "reading.h"
#include "sentence.h"
#include "value_text.h"

/* Where a characteristic is looked for when nobody said where it is. */
static const char *const usual_services[] = {LAMP_SERVICE, "1800", "1801", "180a", "180f"};

static bool add_service(reading *r, const char *text)
{
    return kith_uuid_parse(text, &r->services[r->count++]) == KITH_OK;
}

static bool add_told_service(reading *r, const char *what, size_t len)
{
    char text[KITH_UUID_TEXT];

    if (len >= sizeof text)
        return false;
    memcpy(text, what, len);
    text[len] = '\0';
    return add_service(r, text);
}

static bool add_usual_services(reading *r)
{
    bool good = true;

    for (size_t i = 0; i < sizeof usual_services / sizeof usual_services[0]; i++)
        good &= add_service(r, usual_services[i]);
    return good;
}

bool reading_init(reading *r, const char *what)
{
    const char *slash = what == NULL ? NULL : strchr(what, '/');

    memset(r, 0, sizeof *r);
    r->is_lamps = what == NULL;
    if (r->is_lamps)
        return add_service(r, LAMP_SERVICE) && kith_uuid_parse(LAMP_STATE, &r->characteristic) == KITH_OK;
    if (slash == NULL)
        return add_usual_services(r) && kith_uuid_parse(what, &r->characteristic) == KITH_OK;
    return add_told_service(r, what, (size_t)(slash - what)) &&
           kith_uuid_parse(slash + 1, &r->characteristic) == KITH_OK;
}

/* ---- the value ---- */

static void tell_value(const reading *r, const report *to, const kith_event_gatt *g)
{
    char uuid[KITH_UUID_TEXT], text[VALUE_TEXT], sentence[VALUE_TEXT + 32];
    json_t *o = json_pack("{s:s,s:s}", "event", "value", "characteristic", kith_uuid_format(&r->characteristic, uuid));

    value_add(o, g->value, g->len);
    (void)snprintf(sentence, sizeof sentence, "The value is %s.", value_describe(g->value, g->len, text));
    report_record(to, o, sentence);
}

/* ---- steps ---- */

static errand_result failed(const char *what, kith_status status)
{
    (void)complain("%s: %s", what, kith_status_name(status));
    return ERRAND_FAILED;
}

static errand_result say_nothing_there(const reading *r, const errand_site *site)
{
    report_news(site->report, "no-value",
                r->is_lamps ? "The peer is no lamp of ours: there is no state to read."
                            : "The peer has no such characteristic.",
                NULL);
    return ERRAND_DONE;
}

static errand_result discover(reading *r, const errand_site *site)
{
    kith_status status;

    if (r->at == r->count)
        return say_nothing_there(r, site);
    status = kith_gatt_discover(site->host, site->link, &r->services[r->at++]);
    return status == KITH_OK ? ERRAND_GOES_ON : failed("the peer's services cannot be looked at", status);
}

static errand_result begin(void *self, const errand_site *site)
{
    reading *r = self;

    r->at = 0;
    r->handle = 0;
    return discover(r, site);
}

static void look_through(reading *r, const kith_event_characteristics *c)
{
    kith_gatt_found found;

    for (uint16_t i = 0; i < c->count && r->handle == 0; i++) {
        kith_gatt_found_at(c, i, &found);
        if (kith_uuid_equal(&found.uuid, &r->characteristic))
            r->handle = found.value_handle;
    }
}

static errand_result say_failed(const kith_event *e)
{
    char sentence[SENTENCE_MAX];

    (void)complain("the value could not be read: %s", sentence_of(e, sentence));
    return ERRAND_FAILED;
}

static errand_result on_discovered(reading *r, const errand_site *site, const kith_event *e)
{
    kith_status status;

    if (e->gatt.result != KITH_GATT_OK && e->gatt.result != KITH_GATT_NOT_FOUND)
        return say_failed(e);
    if (r->handle == 0)
        return discover(r, site);
    status = kith_gatt_read(site->host, e->link, r->handle);
    return status == KITH_OK ? ERRAND_GOES_ON : failed("the value cannot be read", status);
}

static errand_result on_read(const reading *r, const errand_site *site, const kith_event *e)
{
    if (e->gatt.result != KITH_GATT_OK)
        return say_failed(e);
    tell_value(r, site->report, &e->gatt);
    return ERRAND_DONE;
}

static errand_result on_event(void *self, const errand_site *site, const kith_event *e)
{
    reading *r = self;

    switch (e->kind) {
    case KITH_EVENT_CHARACTERISTICS:
        look_through(r, &e->characteristics);
        return ERRAND_GOES_ON;
    case KITH_EVENT_DISCOVERED:
        return on_discovered(r, site, e);
    case KITH_EVENT_READ:
        return on_read(r, site, e);
    default:
        return ERRAND_GOES_ON;
    }
}

const errand reading_errand = {.doing = "reading from", .patience_s = 120, .begin = begin, .on_event = on_event};
