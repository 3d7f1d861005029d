/* Between a table, its clients, and whoever types. */
#include <stdio.h>
#include <string.h>

#include "kith/codec/att.h"
#include "kith/port/posix.h"
#include "sentence.h"
#include "table_server.h"

enum { SECOND_US = 1000 * 1000, SHOWN = 2 * TABLE_VALUE_MAX + 8, LINE = 256 };

/* ---- events ---- */

bool table_server_tell(const table_server *s, const kith_event *e)
{
    char shown[SHOWN];
    report_fact facts[] = {{"name", NULL}, {s->report->json ? NULL : "value", shown}, {NULL, NULL}};
    const table_value *v;

    if (e->kind != KITH_EVENT_VALUE_WRITTEN && e->kind != KITH_EVENT_WRITE_WANTED &&
        e->kind != KITH_EVENT_WRITE_COMMAND && e->kind != KITH_EVENT_SUBSCRIBED && e->kind != KITH_EVENT_INDICATED)
        return false;
    v = table_find_id(s->table, e->attribute.id); /* all of these begin with it */
    if (v == NULL)
        return false;
    facts[0].value = v->name;
    if (e->kind == KITH_EVENT_SUBSCRIBED || e->kind == KITH_EVENT_INDICATED)
        facts[1].name = NULL;
    else
        (void)table_value_text(e->attribute.value, e->attribute.len, shown, sizeof shown);
    report_event(s->report, s->host, e, facts);
    return true;
}

/* An answer that is refused means that the link has gone meanwhile. */
void table_server_answer(table_server *s, const kith_event *e)
{
    const table_value *v;

    if (e->kind == KITH_EVENT_READ_WANTED) {
        v = table_find_id(s->table, e->attribute.id);
        (void)!kith_gatt_answer_read(s->host, e->link, v == NULL ? KITH_ATT_ERROR_UNLIKELY_ERROR : 0,
                                     v == NULL ? NULL : v->now->octets, v == NULL ? 0 : v->now->len);
    } else if (e->kind == KITH_EVENT_WRITE_WANTED) {
        (void)!kith_gatt_answer_write(s->host, e->link, table_write(s->table, &e->attribute));
    } else if (e->kind == KITH_EVENT_WRITE_COMMAND) {
        (void)table_write(s->table, &e->attribute);
    }
}

/* ---- telling clients ---- */

static bool tell_client(table_server *s, kith_link link, const table_value *v)
{
    uint8_t bits = kith_gatt_subscribed(s->host, link, v->id);
    const kith_variable *now = v->now;

    if ((bits & KITH_SUBSCRIBED_NOTIFY) != 0)
        return kith_gatt_notify(s->host, link, v->id, now->octets, now->len) == KITH_OK;
    return (bits & KITH_SUBSCRIBED_INDICATE) != 0 &&
           kith_gatt_indicate(s->host, link, v->id, now->octets, now->len) == KITH_OK;
}

static unsigned tell_clients(table_server *s, const table_value *v)
{
    unsigned told = 0;

    for (size_t i = 0; i < TABLE_SERVER_LINKS; i++)
        told += s->links[i] != 0 && tell_client(s, s->links[i], v);
    return told;
}

/* ---- what a person types ---- */

static void say(const table_server *s, const char *name, const char *sentence)
{
    report_news(s->report, name, sentence, NULL);
}

static void set_value(table_server *s, table_value *v, const char *typed)
{
    uint8_t octets[TABLE_VALUE_MAX];
    char sentence[LINE], shown[SHOWN], count[16];
    const report_fact json[] = {{"name", v->name}, {"value", shown}, {"told", count}, {NULL, NULL}};
    size_t len;
    unsigned told;

    if (v->is_computed) {
        say(s, "not-understood", "That value is computed, and not to be set.");
        return;
    }
    if (!table_value_parse(typed, octets, &len) || !table_set(v, octets, len)) {
        (void)snprintf(sentence, sizeof sentence, "A text, or 0x and hex digits, is wanted, of %u to %u octets.",
                       v->now->min, v->now->max);
        say(s, "not-understood", sentence);
        return;
    }
    told = tell_clients(s, v);
    (void)table_value_text(octets, len, shown, sizeof shown);
    (void)snprintf(count, sizeof count, "%u", told);
    (void)snprintf(sentence, sizeof sentence, "%s is %.100s; %u %s told.", v->name, shown, told,
                   told == 1 ? "client was" : "clients were");
    report_news(s->report, "value-set", sentence, s->report->json ? json : NULL);
}

static void on_set(table_server *s, const char *name, const char *typed)
{
    size_t count;
    table_value *v = table_find_name(s->table, name, &count);

    if (v != NULL)
        set_value(s, v, typed);
    else
        say(s, "not-understood",
            count == 0 ? "No value has that name; `list' tells them."
                       : "More than one value has that UUID: give them names in the file.");
}

static void list_values(const table_server *s)
{
    for (size_t i = 0; i < s->table->value_count; i++) {
        const table_value *v = &s->table->values[i];
        char shown[SHOWN], sentence[LINE];
        const report_fact json[] = {{"name", v->name}, {"value", shown}, {NULL, NULL}};

        (void)table_value_text(v->now->octets, v->now->len, shown, sizeof shown);
        (void)snprintf(sentence, sizeof sentence, "%s is %.150s", v->name, shown);
        report_news(s->report, "value", sentence, s->report->json ? json : NULL);
    }
}

/* "set NAME VALUE": what follows the one space is the value, as it is. */
static void on_line(table_server *s, const char *line)
{
    char name[PROMPT_LINE], more[2];
    int end = 0;

    if (sscanf(line, " set %127s%n", name, &end) == 1 && (line[end] == ' ' || line[end] == '\0'))
        on_set(s, name, line[end] == ' ' ? line + end + 1 : "");
    else if (sscanf(line, "%127s %1s", name, more) == 1 && strcmp(name, "list") == 0)
        list_values(s);
    else if (sscanf(line, "%1s", more) == 1)
        say(s, "not-understood", "`set NAME VALUE' sets a value and tells it to clients; `list' lists them.");
}

/* ---- turns ---- */

static void repeat(table_server *s, uint64_t now_us)
{
    for (size_t i = 0; i < s->repeat_count; i++) {
        table_repeat *r = &s->repeats[i];

        if (r->next_us > now_us)
            continue;
        (void)tell_clients(s, r->value);
        r->next_us = now_us + (uint64_t)r->each_ms * 1000;
    }
}

static void tick(table_server *s, uint64_t now_us)
{
    table *t = s->table;

    if (t->each_second == NULL || s->next_second_us > now_us)
        return;
    s->next_second_us = now_us + SECOND_US;
    t->each_second(t);
    for (size_t i = 0; i < t->value_count; i++)
        if (t->values[i].is_computed)
            (void)tell_clients(s, &t->values[i]);
}

void table_server_turn(table_server *s, bool asked)
{
    uint64_t now_us = kith_posix_now();
    char line[PROMPT_LINE];

    tick(s, now_us);
    repeat(s, now_us);
    if (asked) {
        console_yield(&s->console);
        return;
    }
    while (console_take(&s->console, line) == PROMPT_GOT_LINE)
        on_line(s, line);
}

uint64_t table_server_deadline(const table_server *s)
{
    uint64_t first = s->table->each_second != NULL ? s->next_second_us : UINT64_MAX;

    for (size_t i = 0; i < s->repeat_count; i++)
        if (s->repeats[i].next_us < first)
            first = s->repeats[i].next_us;
    return first;
}
