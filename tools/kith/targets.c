/* Handles need no looking up; for anything else the peer's services are gone through. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "targets.h"
#include "uuid_name.h"

enum { FIRST_ROOM = 8, HANDLE_TEXT = sizeof "0x0000, " };

void targets_init(targets *t, const what *whats, size_t count)
{
    memset(t, 0, sizeof *t);
    t->whats = whats;
    t->what_count = count;
    survey_init(&t->survey, false);
}

void targets_close(targets *t)
{
    survey_close(&t->survey);
    free(t->found);
    t->found = NULL;
    t->count = 0;
}

static bool add(targets *t, const target *one)
{
    if (t->count == t->room) {
        size_t room = t->room == 0 ? FIRST_ROOM : 2 * t->room;
        target *more = realloc(t->found, room * sizeof *more);

        if (more == NULL) {
            (void)complain("no memory");
            return false;
        }
        t->found = more;
        t->room = room;
    }
    t->found[t->count++] = *one;
    return true;
}

/* ---- what fits ---- */

static bool fits(const targets *t, const what *w, const survey_entry *e)
{
    const survey_entry *service = survey_service(&t->survey, e->service);

    if (e->kind != SURVEY_CHARACTERISTIC)
        return false;
    if (w->kind == WHAT_HANDLE)
        return e->value_handle == w->handle;
    return kith_uuid_equal(&e->uuid, &w->characteristic) &&
           (w->kind == WHAT_UUID || (service != NULL && kith_uuid_equal(&service->uuid, &w->service)));
}

static void say_missing(targets *t, const errand_site *site, const what *w)
{
    t->missed = true;
    if (w->kind == WHAT_HANDLE)
        (void)complain("'%s' has no characteristic whose value is at %s; `kith info' lists what it has", site->peer,
                       w->text);
    else
        (void)complain("'%s' has no characteristic %s; `kith info' lists what it has", site->peer, w->text);
}

/* The last few of many are left out. */
static void say_several(targets *t, const errand_site *site, size_t first)
{
    char handles[16 * HANDLE_TEXT] = "";
    size_t len = 0;

    for (size_t i = first; i < t->count && len + HANDLE_TEXT < sizeof handles; i++)
        len += (size_t)snprintf(handles + len, sizeof handles - len, "%s0x%04x", i == first ? "" : ", ",
                                t->found[i].handle);
    t->missed = true;
    (void)complain("'%s' has %zu characteristics %s, at %s: which is meant? say so by handle, or as "
                   "SERVICE/CHARACTERISTIC",
                   site->peer, t->count - first, t->found[first].what->text, handles);
    t->count = first;
}

static bool find(targets *t, const errand_site *site, const what *w)
{
    size_t first = t->count;

    for (size_t i = 0; i < t->survey.count; i++) {
        const survey_entry *e = &t->survey.entries[i];

        if (fits(t, w, e) && !add(t, &(target){w, e->value_handle, e}))
            return false;
    }
    if (t->count == first)
        say_missing(t, site, w);
    else if (t->count - first > 1 && !t->takes_each)
        say_several(t, site, first);
    return true;
}

static errand_result find_all(targets *t, const errand_site *site)
{
    for (size_t i = 0; i < t->what_count; i++) {
        const what *w = &t->whats[i];
        bool is_plain = w->kind == WHAT_HANDLE && !t->looks_always;

        if (!(is_plain ? add(t, &(target){w, w->handle, survey_value(&t->survey, w->handle)}) : find(t, site, w)))
            return ERRAND_FAILED;
    }
    return ERRAND_DONE;
}

/* ---- steps ---- */

static bool must_look(const targets *t)
{
    bool must = t->looks_always;

    for (size_t i = 0; i < t->what_count; i++)
        must |= t->whats[i].kind != WHAT_HANDLE;
    return must;
}

errand_result targets_begin(targets *t, const errand_site *site)
{
    return must_look(t) ? survey_begin(&t->survey, site) : find_all(t, site);
}

errand_result targets_on_event(targets *t, const errand_site *site, const kith_event *e)
{
    errand_result result = survey_on_event(&t->survey, site, e);

    return result == ERRAND_DONE ? find_all(t, site) : result;
}

/* ---- words ---- */

char *target_label(const target *t, char text[TARGET_LABEL])
{
    char uuid[KITH_UUID_TEXT];
    const char *name = t->characteristic != NULL ? uuid_name(&t->characteristic->uuid) : NULL;

    if (t->characteristic == NULL)
        (void)snprintf(text, TARGET_LABEL, "0x%04x", t->handle);
    else if (name == NULL)
        (void)snprintf(text, TARGET_LABEL, "%s at 0x%04x", kith_uuid_format(&t->characteristic->uuid, uuid), t->handle);
    else
        (void)snprintf(text, TARGET_LABEL, "%s (%s) at 0x%04x", name, kith_uuid_format(&t->characteristic->uuid, uuid),
                       t->handle);
    return text;
}

static void add_uuid(json_t *o, const char *key, const kith_uuid *uuid)
{
    char text[KITH_UUID_TEXT];

    if (uuid->size != 0)
        (void)json_object_set_new(o, key, json_string(kith_uuid_format(uuid, text)));
}

void target_add(json_t *o, const targets *all, const target *t)
{
    const survey_entry *service;
    const char *name;

    (void)json_object_set_new(o, "handle", json_integer(t->handle));
    if (t->characteristic == NULL)
        return;
    service = survey_service(&all->survey, t->characteristic->service);
    if (service != NULL)
        add_uuid(o, "service", &service->uuid);
    add_uuid(o, "characteristic", &t->characteristic->uuid);
    name = uuid_name(&t->characteristic->uuid);
    if (name != NULL)
        (void)json_object_set_new(o, "name", json_string(name));
}
