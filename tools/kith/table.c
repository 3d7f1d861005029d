/* Tables in memory. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kith/codec/att.h"
#include "table.h"

enum {
    LINKS = 4,
    BONDS = 256,
    EVENTS = 16,
    SUBSCRIPTIONS = 8,
    MOST_SUBSCRIPTIONS = 32,
    QUEUE = 2048, /* three values of 512 octets, and a request that waits */
    MOST_VALUES = 0x7000
};

/* ---- memory ---- */

struct table_block {
    struct table_block *next;
    max_align_t octets[];
};

void *table_memory(table *t, size_t count, size_t size)
{
    struct table_block *block;

    if (size != 0 && count > (SIZE_MAX - sizeof *block) / size)
        return NULL;
    block = calloc(1, sizeof *block + count * size);
    if (block == NULL)
        return NULL;
    block->next = t->blocks;
    t->blocks = block;
    return block->octets;
}

void table_free(table *t)
{
    while (t->blocks != NULL) {
        struct table_block *next = t->blocks->next;

        free(t->blocks);
        t->blocks = next;
    }
    free(t->values);
    memset(t, 0, sizeof *t);
}

/* ---- values ---- */

table_value *table_add_value(table *t)
{
    table_value *more = t->values;

    if (t->value_count == MOST_VALUES)
        return NULL;
    if (t->value_count == t->value_cap) {
        t->value_cap = t->value_cap == 0 ? 16 : 2 * t->value_cap;
        more = realloc(t->values, t->value_cap * sizeof *more);
    }
    if (more == NULL)
        return NULL;
    t->values = more;
    more += t->value_count++;
    memset(more, 0, sizeof *more);
    return more;
}

table_value *table_find_id(const table *t, uint16_t id)
{
    for (size_t i = 0; i < t->value_count; i++)
        if (t->values[i].id == id)
            return &t->values[i];
    return NULL;
}

table_value *table_find_name(const table *t, const char *name, size_t *count)
{
    table_value *found = NULL;

    *count = 0;
    for (size_t i = 0; i < t->value_count; i++) {
        bool same =
            t->values[i].is_named ? strcmp(t->values[i].name, name) == 0 : strcasecmp(t->values[i].name, name) == 0;

        if (!same)
            continue;
        found = &t->values[i];
        (*count)++;
    }
    return *count == 1 ? found : NULL;
}

/* As the host judges writes to variables. */
kith_att_error table_write(table *t, const kith_event_attribute *a)
{
    table_value *v = table_find_id(t, a->id);

    if (t->write != NULL)
        return t->write(t, a->id, a->value, a->len);
    if (v == NULL)
        return KITH_ATT_ERROR_UNLIKELY_ERROR;
    if (a->offset > v->now->len)
        return KITH_ATT_ERROR_INVALID_OFFSET;
    if (a->offset + a->len > v->now->max || a->offset + a->len < v->now->min)
        return KITH_ATT_ERROR_INVALID_ATTRIBUTE_VALUE_LENGTH;
    if (a->len > 0)
        memcpy(v->now->octets + a->offset, a->value, a->len);
    v->now->len = (uint16_t)(a->offset + a->len);
    return 0;
}

bool table_set(table_value *v, const uint8_t *octets, size_t len)
{
    if (len < v->now->min || len > v->now->max)
        return false;
    if (len > 0)
        memcpy(v->now->octets, octets, len);
    v->now->len = (uint16_t)len;
    return true;
}

/* ---- a host for it ---- */

/* We are who is paired with, and have no out of band data. */
static const kith_method *const sc_methods[] = {&kith_sc_just_works_responder, &kith_sc_numeric_comparison_responder,
                                                &kith_sc_passkey_responder, NULL};
static const kith_method *const methods[] = {&kith_sc_just_works_responder,  &kith_sc_numeric_comparison_responder,
                                             &kith_sc_passkey_responder,     &kith_legacy_just_works_responder,
                                             &kith_legacy_passkey_responder, NULL};

/* All that tell, and Service Changed. */
static uint8_t subscriptions(const table *t)
{
    size_t count = 1;

    for (size_t i = 0; i < t->value_count; i++)
        count += t->values[i].is_told;
    count = count < SUBSCRIPTIONS ? SUBSCRIPTIONS : count;
    return (uint8_t)(count < MOST_SUBSCRIPTIONS ? count : MOST_SUBSCRIPTIONS);
}

void table_configure(const table *t, kith_config *config, bool legacy, uint16_t mtu)
{
    kith_security *security = &config->security;

    kith_config_default(config);
    config->limits = (kith_limits){.links = LINKS,
                                   .pairings = LINKS, /* whoever may connect may pair */
                                   .bonds = BONDS,
                                   .mtu = mtu,
                                   .events = EVENTS,
                                   .subscriptions = subscriptions(t),
                                   .queue = QUEUE};
    security->methods = legacy ? methods : sc_methods;
    security->legacy = legacy;
    security->signing = t->has_signed;
    if (t->has_signed)
        security->initiator_keys |= KITH_KEY_SIGN;
    config->services = t->services;
    config->service_count = t->service_count;
    config->name = t->name;
    config->appearance = t->appearance;
}

/* ---- text ---- */

static bool is_text(const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (octets[i] < ' ' || octets[i] > '~')
            return false;
    return true;
}

char *table_value_text(const uint8_t *octets, size_t len, char *text, size_t cap)
{
    size_t at;

    if (is_text(octets, len)) {
        (void)snprintf(text, cap, "\"%.*s\"", (int)len, (const char *)octets);
        return text;
    }
    at = (size_t)snprintf(text, cap, "0x");
    for (size_t i = 0; i < len && at + 3 <= cap; i++)
        at += (size_t)snprintf(text + at, cap - at, "%02x", octets[i]);
    return text;
}

bool table_hex_parse(const char *text, uint8_t octets[TABLE_VALUE_MAX], size_t *len)
{
    unsigned octet;

    for (*len = 0; *text != '\0'; text += 2) {
        while (*text == ' ' && *len > 0)
            text++;
        if (*len == TABLE_VALUE_MAX || !isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
            sscanf(text, "%2x", &octet) != 1)
            return false;
        octets[(*len)++] = (uint8_t)octet;
    }
    return true;
}

bool table_value_parse(const char *text, uint8_t octets[TABLE_VALUE_MAX], size_t *len)
{
    if (strncmp(text, "0x", 2) == 0)
        return table_hex_parse(text + 2, octets, len);
    *len = strlen(text);
    if (*len > TABLE_VALUE_MAX)
        return false;
    memcpy(octets, text, *len);
    return true;
}
