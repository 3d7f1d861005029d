/* Tells events on stdout.  This is the one file that shows keys, and it does so only if it was told to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "event_json.h"
#include "kith/port/posix.h"
#include "prompt.h"
#include "report.h"
#include "sentence.h"

enum { KEY_TEXT = 33 };

static const char *const octet_order = "most significant octet first";

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
static void format_key(const uint8_t key[16], char text[KEY_TEXT])
{
    for (size_t i = 0; i < 16; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", key[15 - i]);
}

/* false: there is none to show. */
static bool find_ltk(const report *r, const kith_host *host, const kith_event *event, char text[KEY_TEXT])
{
    kith_bond_keys keys;
    bool found;

    if (!r->show_keys || event->kind != KITH_EVENT_BONDED)
        return false;
    found = kith_bonds_export(host, event->peer, &keys) == KITH_OK;
    if (found)
        format_key(keys.ltk, text);
    wipe(&keys, sizeof keys);
    return found;
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

static void report_ltk(const report *r, const kith_event *event, const char *sentence, const char *ltk)
{
    const report_fact json[] = {{"ltk", ltk}, {"octet_order", octet_order}, {NULL, NULL}};
    const report_fact plain[] = {{"LTK, most significant octet first", ltk}, {NULL, NULL}};

    if (r->json)
        print_json(r, event_json(event), sentence, json);
    else
        print_plain(r, event->link, sentence, plain);
}

void report_event(const report *r, const kith_host *host, const kith_event *event, const report_fact *facts)
{
    char sentence[SENTENCE_MAX], ltk[KEY_TEXT];

    (void)sentence_of(event, sentence);
    if (find_ltk(r, host, event, ltk)) {
        report_ltk(r, event, sentence, ltk);
        wipe(ltk, sizeof ltk);
    } else if (r->json) {
        print_json(r, event_json(event), sentence, facts);
    } else {
        print_plain(r, event->link, sentence, facts);
    }
}

void report_news(const report *r, const char *name, const char *sentence, const report_fact *facts)
{
    if (!r->json) {
        print_plain(r, 0, sentence, facts);
        return;
    }
    print_json(r, json_pack("{s:s}", "event", name), sentence, facts);
}

bool report_is_read(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    (void)complain("nobody reads what this program prints: %s", strerror(errno));
    return false;
}
