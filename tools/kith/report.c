/* Tells events on stdout.  This is the one file that shows keys, and it does so only if it was told to. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "event_json.h"
#include "kith/port/posix.h"
#include "prompt.h"
#include "report.h"
#include "sentence.h"

static const char *const octet_order = "most significant octet first";

/* What is told of a bond's keys.  Secure Connections: the first part alone.  Legacy: three for each direction. */
static const struct {
    const char *json, *plain;
    size_t at, len;
} parts[] = {
    {"ltk", "LTK, most significant octet first", offsetof(kith_bond_keys, ltk), 16},
    {"ediv", "its EDIV", offsetof(kith_bond_keys, ediv), 2},
    {"rand", "its Rand", offsetof(kith_bond_keys, rand), 8},
    {"my_ltk", "LTK that we gave, most significant octet first", offsetof(kith_bond_keys, my_ltk), 16},
    {"my_ediv", "its EDIV", offsetof(kith_bond_keys, my_ediv), 2},
    {"my_rand", "its Rand", offsetof(kith_bond_keys, my_rand), 8},
};

enum { PARTS = sizeof parts / sizeof parts[0], GIVEN_BY_US = 3, PART_TEXT = 33 };

typedef struct {
    char text[PARTS][PART_TEXT];
    report_fact facts[PARTS + 2]; /* with the octet order, and the end */
    size_t count;
} key_facts;

static uint64_t elapsed_ms(const report *r)
{
    return (kith_posix_now() - r->start_us) / 1000;
}

static void wipe(void *secret, size_t len)
{
    for (volatile uint8_t *p = secret; len > 0; len--)
        *p++ = 0;
}

/* As specifications and other tools print keys. */
static void format(const uint8_t *octets, size_t len, char text[PART_TEXT])
{
    for (size_t i = 0; i < len; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", octets[len - 1 - i]);
}

/* One key, and what names it on air; zeros are none. */
static void add_key(key_facts *f, const kith_bond_keys *keys, size_t first, size_t count, bool json)
{
    static const uint8_t none[16];
    const uint8_t *octets = (const uint8_t *)keys;

    if (memcmp(octets + parts[first].at, none, sizeof none) == 0)
        return;
    for (size_t i = first; i < first + count; i++) {
        format(octets + parts[i].at, parts[i].len, f->text[i]);
        f->facts[f->count++] = (report_fact){json ? parts[i].json : parts[i].plain, f->text[i]};
    }
}

/* false: there are none to show. */
static bool find_keys(const report *r, const kith_host *host, const kith_event *event, key_facts *f)
{
    bool legacy = event->verdict.key_kind == KITH_KEY_KIND_LEGACY;
    kith_bond_keys keys;

    memset(f, 0, sizeof *f);
    if (!r->show_keys || event->kind != KITH_EVENT_BONDED || kith_bonds_export(host, event->peer, &keys) != KITH_OK)
        return false;
    add_key(f, &keys, 0, legacy ? GIVEN_BY_US : 1, r->json);
    if (legacy)
        add_key(f, &keys, GIVEN_BY_US, PARTS - GIVEN_BY_US, r->json);
    wipe(&keys, sizeof keys);
    if (r->json)
        f->facts[f->count] = (report_fact){"octet_order", octet_order};
    return true;
}

/* Ends the line and the object. */
static void print_json(const report *r, json_t *o, const char *sentence, const report_fact *facts)
{
    (void)json_object_set_new(o, "time_ms", json_integer((json_int_t)elapsed_ms(r)));
    for (; facts != NULL && facts->name != NULL; facts++)
        (void)json_object_set_new(o, facts->name, json_string(facts->value));
    (void)json_object_set_new(o, "sentence", json_string(sentence));
    (void)json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

static void print_plain(const report *r, kith_link link, const char *sentence, const report_fact *facts)
{
    uint64_t ms = elapsed_ms(r);

    prompt_hide();
    printf("%5u.%03u s  ", (unsigned)(ms / 1000), (unsigned)(ms % 1000));
    if (link != 0)
        printf("link %u: ", (unsigned)link);
    printf("%s\n", sentence);
    for (; facts != NULL && facts->name != NULL; facts++)
        printf("             %s: %s\n", facts->name, facts->value);
    prompt_show();
}

void report_event(const report *r, const kith_host *host, const kith_event *event, const report_fact *facts)
{
    char sentence[SENTENCE_MAX];
    key_facts keys;

    if (find_keys(r, host, event, &keys))
        facts = keys.facts;
    (void)sentence_of(event, sentence);
    if (r->json)
        print_json(r, event_json(event), sentence, facts);
    else
        print_plain(r, event->link, sentence, facts);
    wipe(&keys, sizeof keys);
}

void report_news(const report *r, const char *name, const char *sentence, const report_fact *facts)
{
    if (!r->json) {
        print_plain(r, 0, sentence, facts);
        return;
    }
    print_json(r, json_pack("{s:s}", "event", name), sentence, facts);
}

void report_record(const report *r, json_t *object, const char *sentence)
{
    if (r->json) {
        print_json(r, object, sentence, NULL);
        return;
    }
    print_plain(r, 0, sentence, NULL);
    json_decref(object);
}

void report_line(const report *r, const char *line)
{
    if (r->json)
        return;
    prompt_hide();
    puts(line);
    prompt_show();
}

bool report_is_read(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    (void)complain("nobody reads what this program prints: %s", strerror(errno));
    return false;
}
