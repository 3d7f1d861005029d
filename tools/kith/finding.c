/* Findings in words, for `kith lint' and for `kith serve', which tells them as it begins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "finding.h"

/* ---- permissions ---- */

static const char *const level_words[] = {"", "open", "encrypted", "authenticated", "sc-authenticated"};

static void add_level(char *text, size_t cap, const char *key, unsigned level)
{
    size_t len = strlen(text);

    if (level >= 1 && level <= 4)
        (void)snprintf(text + len, cap - len, "%s%s: %s", len > 0 ? ", " : "", key, level_words[level]);
}

static void add_word(char *text, size_t cap, const char *key, const char *word)
{
    size_t len = strlen(text);

    (void)snprintf(text + len, cap - len, "%s%s: %s", len > 0 ? ", " : "", key, word);
}

/* As the file has them: "read: encrypted, notify: open". */
static void permissions_text(uint32_t permissions, char text[FINDING_PERMISSIONS])
{
    char octets[8];

    text[0] = '\0';
    add_level(text, FINDING_PERMISSIONS, "read", permissions & KITH_READ_MASK);
    add_level(text, FINDING_PERMISSIONS, "write", (permissions & KITH_WRITE_MASK) / KITH_WRITE_OPEN);
    add_level(text, FINDING_PERMISSIONS, "notify", (permissions & KITH_NOTIFY_MASK) / KITH_NOTIFY_OPEN);
    if ((permissions & KITH_WRITE_SIGNED_MASK) != 0)
        add_word(text, FINDING_PERMISSIONS, "signed",
                 (permissions & KITH_WRITE_SIGNED) != 0 ? "bonded" : "authenticated");
    if ((permissions & KITH_READ_AUTHORIZED) != 0)
        add_word(text, FINDING_PERMISSIONS, "authorized", "read");
    if ((permissions & KITH_WRITE_AUTHORIZED) != 0)
        add_word(text, FINDING_PERMISSIONS, "authorized", "write");
    if ((permissions & KITH_KEY_SIZE_MASK) != 0) {
        (void)snprintf(octets, sizeof octets, "%u", (unsigned)((permissions & KITH_KEY_SIZE_MASK) >> 6) + 1);
        add_word(text, FINDING_PERMISSIONS, "key_size", octets);
    }
}

/* ---- one ---- */

static void place_text(const kith_lint_finding *found, const char *name, finding *out)
{
    if (found->uuid.size == 0)
        return;
    (void)kith_uuid_format(&found->uuid, out->uuid);
    (void)snprintf(out->handle, sizeof out->handle, "0x%04x", found->handle);
    if (name != NULL)
        (void)snprintf(out->place, sizeof out->place, "%s (%s), handle %s", name, out->uuid, out->handle);
    else
        (void)snprintf(out->place, sizeof out->place, "%s, handle %s", out->uuid, out->handle);
}

static void add_fact(finding *out, size_t *count, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        out->facts[(*count)++] = (report_fact){name, value};
}

void finding_of(const table *t, const kith_lint_finding *found, finding *out)
{
    const table_value *v = found->id == 0 ? NULL : table_find_id(t, found->id);
    const char *name = v != NULL && v->is_named ? v->name : NULL;
    size_t count = 0;

    memset(out, 0, sizeof *out);
    out->is_error = kith_lint_severity_of(found->rule) == KITH_LINT_ERROR;
    out->severity = out->is_error ? "error" : "warning";
    out->rule = kith_lint_name(found->rule);
    out->sentence = kith_lint_sentence(found->rule);
    permissions_text(found->permissions, out->permissions);
    place_text(found, name, out);
    add_fact(out, &count, "rule", out->rule);
    add_fact(out, &count, "severity", out->severity);
    add_fact(out, &count, "handle", out->handle);
    add_fact(out, &count, "uuid", out->uuid);
    add_fact(out, &count, "name", name);
    add_fact(out, &count, "permissions", out->permissions);
}

/* ---- all ---- */

void finding_tell_all(const table *t, const kith_config *config, const report *to)
{
    size_t count = kith_lint(config, NULL, 0);
    kith_lint_finding *found = calloc(count + 1, sizeof *found);
    char sentence[640];
    finding one;

    if (found == NULL)
        return; /* it is advice */
    (void)kith_lint(config, found, count);
    for (size_t i = 0; i < count; i++) {
        finding_of(t, &found[i], &one);
        (void)snprintf(sentence, sizeof sentence, "%s: %s%s%s", one.is_error ? "Error in the table" : "Warning",
                       one.place, one.place[0] != '\0' ? ": " : "", one.sentence);
        report_news(to, "finding", sentence, to->json ? one.facts : NULL);
    }
    free(found);
}
