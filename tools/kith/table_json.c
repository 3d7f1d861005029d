/* A table from its JSON.  Whatever is wrong with a file is said here, by its place; so a host takes what comes of it.
 */
#include <stdio.h>
#include <string.h>

#include "json_place.h"
#include "table_json.h"

enum { NAME_MAX_OCTETS = 64, DEVICE_NAME_MAX = 248, SERVICES = 256, CHARACTERISTICS = 256, DESCRIPTORS = 64 };
enum { WRITE_SHIFT = 3, NOTIFY_SHIFT = 16 };
enum { WRITES = KITH_PROPERTY_WRITE | KITH_PROPERTY_WRITE_WITHOUT_RESPONSE };
enum { TOLD = KITH_PROPERTY_NOTIFY | KITH_PROPERTY_INDICATE };

typedef struct {
    table *table;
    json_place place;
    const char **service_names; /* by index; NULL: it has none */
} reader;

/* ---- memory ---- */

static void *memory(reader *r, size_t count, size_t size)
{
    void *block = r->place.failed ? NULL : table_memory(r->table, count, size);

    if (block == NULL)
        (void)json_place_complain(&r->place, "no memory");
    return block;
}

/* The text of a member, as long as the table lives; NULL: there is none. */
static const char *text(reader *r, json_t *object, const char *key, size_t most)
{
    const char *found = json_place_text(&r->place, object, key, 1, most);
    char *kept = found == NULL ? NULL : memory(r, strlen(found) + 1, 1);

    if (kept != NULL)
        memcpy(kept, found, strlen(found) + 1);
    return kept;
}

/* ---- UUIDs ---- */

/* Vol 3 Part B 2.5.1: 32 bits are the upper end of the base UUID. */
static bool parse_uuid32(const char *digits, kith_uuid *uuid)
{
    char whole[KITH_UUID_TEXT];

    if (strlen(digits) != 8)
        return false;
    (void)snprintf(whole, sizeof whole, "%s-0000-1000-8000-00805f9b34fb", digits);
    return kith_uuid_parse(whole, uuid) == KITH_OK;
}

/* By these clients find the structure, and the host makes 0x2902 itself. */
static bool is_structure(const kith_uuid *uuid)
{
    static const kith_uuid taken[] = {KITH_UUID16(0x2800), KITH_UUID16(0x2801), KITH_UUID16(0x2802),
                                      KITH_UUID16(0x2803), KITH_UUID16(0x2902)};

    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (kith_uuid_equal(uuid, &taken[i]))
            return true;
    return false;
}

static const char *read_uuid(reader *r, json_t *object, kith_uuid *uuid)
{
    json_place *p = &r->place;
    const char *found = json_place_must(p, object, "uuid") == NULL ? NULL : text(r, object, "uuid", NAME_MAX_OCTETS);
    size_t back = json_place_enter(p, "uuid");

    if (found != NULL && kith_uuid_parse(found, uuid) != KITH_OK && !parse_uuid32(found, uuid))
        (void)json_place_complain(p, "'%s' is no UUID: 4, 8 or 32 hex digits, the last as 8-4-4-4-12", found);
    else if (found != NULL && is_structure(uuid))
        (void)json_place_complain(p, "'%s' is for the host to make", found);
    json_place_leave(p, back);
    return found;
}

/* ---- permissions ---- */

static const json_word levels[] = {{"open", 1}, {"encrypted", 2}, {"authenticated", 3}, {"sc-authenticated", 4}, {0}};
static const json_word signed_words[] = {
    {"bonded", KITH_WRITE_SIGNED}, {"authenticated", KITH_WRITE_SIGNED_AUTHENTICATED}, {0}};
static const json_word authorized_words[] = {{"read", KITH_READ_AUTHORIZED}, {"write", KITH_WRITE_AUTHORIZED}, {0}};

/* 0: it is missing. */
static uint32_t read_word(reader *r, json_t *object, const char *key, const json_word *words)
{
    json_t *value = json_object_get(object, key);
    size_t back = json_place_enter(&r->place, key);
    int found = value == NULL ? 0 : json_place_word(&r->place, value, words);

    json_place_leave(&r->place, back);
    return found < 0 ? 0 : (uint32_t)found;
}

static uint32_t read_key_size(reader *r, json_t *object)
{
    long octets = json_place_number(&r->place, object, "key_size", 7, 16, 0);

    return octets == 0 ? 0 : KITH_KEY_SIZE((uint32_t)octets);
}

/* A list of words as bits, each once. */
static uint32_t read_words(reader *r, json_t *object, const char *key, const json_word *words)
{
    json_t *list = json_place_array(&r->place, object, key, 16), *element;
    uint32_t bits = 0;
    size_t i, back = json_place_enter(&r->place, key);

    json_array_foreach(list, i, element)
    {
        size_t inner = json_place_enter_at(&r->place, i);
        int bit = json_place_word(&r->place, element, words);

        if (bit > 0 && (bits & (uint32_t)bit) != 0)
            (void)json_place_complain(&r->place, "'%s' is there twice", json_string_value(element));
        bits |= bit > 0 ? (uint32_t)bit : 0;
        json_place_leave(&r->place, inner);
    }
    json_place_leave(&r->place, back);
    return bits;
}

/* true: for what is permitted at all. */
static uint32_t read_authorized(reader *r, json_t *object, uint32_t permitted)
{
    json_t *value = json_object_get(object, "authorized");

    if (json_is_false(value))
        return 0;
    if (!json_is_true(value))
        return read_words(r, object, "authorized", authorized_words);
    return ((permitted & KITH_READ_MASK) != 0 ? (uint32_t)KITH_READ_AUTHORIZED : 0) |
           ((permitted & KITH_WRITE_MASK) != 0 ? (uint32_t)KITH_WRITE_AUTHORIZED : 0);
}

static void check_authorized(reader *r, uint32_t permissions)
{
    if ((permissions & KITH_READ_AUTHORIZED) != 0 && (permissions & KITH_READ_MASK) == 0)
        (void)json_place_complain(&r->place, "'authorized' names 'read', which is not permitted");
    if ((permissions & KITH_WRITE_AUTHORIZED) != 0 && (permissions & KITH_WRITE_MASK) == 0)
        (void)json_place_complain(&r->place, "'authorized' names 'write', which is not permitted");
}

static uint32_t read_permissions(reader *r, json_t *object, const char *const *keys)
{
    json_t *value = json_place_must(&r->place, object, "permissions");
    size_t back = json_place_enter(&r->place, "permissions");
    uint32_t bits = 0;

    if (value != NULL && json_place_is_object(&r->place, value, keys)) {
        bits = read_word(r, value, "read", levels) | read_word(r, value, "write", levels) << WRITE_SHIFT |
               read_word(r, value, "notify", levels) << NOTIFY_SHIFT | read_word(r, value, "signed", signed_words) |
               read_key_size(r, value);
        bits |= read_authorized(r, value, bits);
        check_authorized(r, bits);
    }
    json_place_leave(&r->place, back);
    return bits;
}

/* ---- properties ---- */

static const json_word properties[] = {{"read", KITH_PROPERTY_READ},
                                       {"write-without-response", KITH_PROPERTY_WRITE_WITHOUT_RESPONSE},
                                       {"write", KITH_PROPERTY_WRITE},
                                       {"notify", KITH_PROPERTY_NOTIFY},
                                       {"indicate", KITH_PROPERTY_INDICATE},
                                       {"signed-write", KITH_PROPERTY_SIGNED_WRITE},
                                       {0}};

/* What is declared is permitted to somebody, and what is permitted is declared. */
static void agree(reader *r, bool declared, bool permitted, const char *property, const char *permission)
{
    if (declared && !permitted)
        (void)json_place_complain(&r->place,
                                  "'properties' say %s, and 'permissions' do not say who may: '%s' is missing",
                                  property, permission);
    if (!declared && permitted)
        (void)json_place_complain(&r->place, "'permissions' say who may '%s', and 'properties' do not say %s",
                                  permission, property);
}

static void check_properties(reader *r, uint32_t declared, uint32_t permitted)
{
    agree(r, (declared & KITH_PROPERTY_READ) != 0, (permitted & KITH_READ_MASK) != 0, "'read'", "read");
    agree(r, (declared & WRITES) != 0, (permitted & KITH_WRITE_MASK) != 0, "'write' or 'write-without-response'",
          "write");
    agree(r, (declared & KITH_PROPERTY_SIGNED_WRITE) != 0, (permitted & KITH_WRITE_SIGNED_MASK) != 0, "'signed-write'",
          "signed");
    if ((declared & TOLD) == 0)
        agree(r, false, (permitted & KITH_NOTIFY_MASK) != 0, "'notify' or 'indicate'", "notify");
}

/* ---- values ---- */

static size_t read_octets(reader *r, json_t *object, uint8_t octets[TABLE_VALUE_MAX])
{
    const char *plain = json_place_text(&r->place, object, "text", 0, TABLE_VALUE_MAX);
    const char *hex = json_place_text(&r->place, object, "hex", 0, 3 * TABLE_VALUE_MAX);
    size_t len = 0, back = json_place_enter(&r->place, "hex");

    if (hex != NULL && !table_hex_parse(hex, octets, &len))
        (void)json_place_complain(&r->place, "pairs of hex digits are wanted, %d at most", TABLE_VALUE_MAX);
    json_place_leave(&r->place, back);
    if (plain != NULL && hex != NULL)
        (void)json_place_complain(&r->place, "'text' and 'hex': only one of the two");
    if (plain != NULL) {
        len = strlen(plain);
        memcpy(octets, plain, len);
    }
    return len;
}

static kith_variable *read_value(reader *r, json_t *object)
{
    uint8_t octets[TABLE_VALUE_MAX];
    size_t len = read_octets(r, object, octets);
    long max = json_place_number(&r->place, object, "max", 0, TABLE_VALUE_MAX, TABLE_VALUE_MAX);
    long min = json_place_number(&r->place, object, "min", 0, max, 0);
    kith_variable *v = memory(r, 1, sizeof *v);
    uint8_t *room = memory(r, TABLE_VALUE_MAX, 1);

    if (!r->place.failed && ((long)len < min || (long)len > max))
        (void)json_place_complain(&r->place, "the value has %zu octets, and may have %ld to %ld", len, min, max);
    if (r->place.failed)
        return NULL;
    memcpy(room, octets, len);
    *v = (kith_variable){.octets = room, .len = (uint16_t)len, .min = (uint16_t)min, .max = (uint16_t)max};
    return v;
}

/* It is typed, and told. */
static bool is_word(const char *name)
{
    for (; *name != '\0'; name++)
        if ((unsigned char)*name <= ' ' || *name == ':' || *name == '\x7f')
            return false;
    return true;
}

static void judge_name(reader *r, const char *name)
{
    bool is_taken = false;

    for (size_t i = 0; i < r->table->value_count; i++)
        is_taken |= r->table->values[i].is_named && strcmp(r->table->values[i].name, name) == 0;
    if (is_taken)
        (void)json_place_complain(&r->place, "the name '%s' is taken", name);
    else if (!is_word(name))
        (void)json_place_complain(&r->place, "the name '%s' has a space, a colon or a control character", name);
}

/* Its name is its own, or its UUID. */
static table_value *add_value(reader *r, json_t *object, const char *uuid)
{
    const char *name = text(r, object, "name", NAME_MAX_OCTETS);
    table_value *v;

    if (r->place.failed)
        return NULL;
    if (name != NULL)
        judge_name(r, name);
    v = r->place.failed ? NULL : table_add_value(r->table);
    if (v == NULL) {
        (void)json_place_complain(&r->place, "there are too many values");
        return NULL;
    }
    v->is_named = name != NULL;
    v->name = name != NULL ? name : uuid;
    v->id = (uint16_t)r->table->value_count;
    return v;
}

/* ---- descriptors ---- */

static void read_descriptor(reader *r, json_t *object, kith_descriptor *d)
{
    static const char *const keys[] = {"name", "uuid", "permissions", "text", "hex", "min", "max", NULL};
    static const char *const permission_keys[] = {"read", "write", "key_size", "authorized", NULL};
    const char *uuid;
    table_value *v;

    if (!json_place_is_object(&r->place, object, keys))
        return;
    uuid = read_uuid(r, object, &d->uuid);
    d->permissions = read_permissions(r, object, permission_keys);
    d->variable = read_value(r, object);
    v = add_value(r, object, uuid);
    if (v == NULL)
        return;
    v->now = d->variable;
    d->id = v->id;
}

static void read_descriptors(reader *r, json_t *object, kith_characteristic *c)
{
    json_t *list = json_place_array(&r->place, object, "descriptors", DESCRIPTORS), *element;
    kith_descriptor *all = list == NULL ? NULL : memory(r, json_array_size(list), sizeof *all);
    size_t i, back = json_place_enter(&r->place, "descriptors");

    json_array_foreach(list, i, element)
    {
        size_t inner = json_place_enter_at(&r->place, i);

        if (!r->place.failed)
            read_descriptor(r, element, &all[i]);
        json_place_leave(&r->place, inner);
    }
    json_place_leave(&r->place, back);
    c->descriptors = all;
    c->descriptor_count = r->place.failed ? 0 : json_array_size(list);
}

/* ---- characteristics ---- */

/* The host keeps no value that takes signed writes: then it asks us. */
static void take_value(reader *r, json_t *object, const char *uuid, kith_characteristic *c)
{
    kith_variable *now = read_value(r, object);
    bool is_signed = (c->permissions & KITH_WRITE_SIGNED_MASK) != 0;
    table_value *v = add_value(r, object, uuid);

    if (v == NULL)
        return;
    v->now = now;
    v->is_told = (c->properties & TOLD) != 0;
    c->id = v->id;
    c->variable = is_signed ? NULL : now;
    r->table->has_signed |= is_signed;
}

static void read_characteristic(reader *r, json_t *object, kith_characteristic *c)
{
    static const char *const keys[] = {"name", "uuid", "properties", "permissions", "text",
                                       "hex",  "min",  "max",        "descriptors", NULL};
    static const char *const permission_keys[] = {"read", "write", "notify", "signed", "key_size", "authorized", NULL};
    const char *uuid;

    if (!json_place_is_object(&r->place, object, keys))
        return;
    uuid = read_uuid(r, object, &c->uuid);
    if (json_place_must(&r->place, object, "properties") == NULL)
        return;
    c->properties = (uint8_t)read_words(r, object, "properties", properties);
    c->permissions = read_permissions(r, object, permission_keys);
    check_properties(r, c->properties, c->permissions);
    take_value(r, object, uuid, c);
    read_descriptors(r, object, c);
}

static void read_characteristics(reader *r, json_t *object, kith_service *s)
{
    json_t *list = json_place_array(&r->place, object, "characteristics", CHARACTERISTICS), *element;
    kith_characteristic *all = list == NULL ? NULL : memory(r, json_array_size(list), sizeof *all);
    size_t i, back = json_place_enter(&r->place, "characteristics");

    json_array_foreach(list, i, element)
    {
        size_t inner = json_place_enter_at(&r->place, i);

        if (!r->place.failed)
            read_characteristic(r, element, &all[i]);
        json_place_leave(&r->place, inner);
    }
    json_place_leave(&r->place, back);
    s->characteristics = all;
    s->characteristic_count = r->place.failed ? 0 : json_array_size(list);
}

/* ---- services ---- */

/* Of those before it. */
static const kith_service *find_service(reader *r, json_t *name, size_t before)
{
    if (!json_is_string(name)) {
        (void)json_place_complain(&r->place, "the name of a service is wanted");
        return NULL;
    }
    for (size_t i = 0; i < before; i++)
        if (r->service_names[i] != NULL && strcmp(r->service_names[i], json_string_value(name)) == 0)
            return &r->table->services[i];
    (void)json_place_complain(&r->place, "no service before this one is named so");
    return NULL;
}

static void read_includes(reader *r, json_t *object, size_t of)
{
    json_t *list = json_place_array(&r->place, object, "includes", SERVICES), *element;
    const kith_service **all = list == NULL ? NULL : memory(r, json_array_size(list), sizeof(const kith_service *));
    size_t i, back = json_place_enter(&r->place, "includes");

    json_array_foreach(list, i, element)
    {
        size_t inner = json_place_enter_at(&r->place, i);

        if (!r->place.failed)
            all[i] = find_service(r, element, of);
        json_place_leave(&r->place, inner);
    }
    json_place_leave(&r->place, back);
    r->table->services[of].includes = all;
    r->table->services[of].include_count = r->place.failed ? 0 : json_array_size(list);
}

static void name_service(reader *r, json_t *object, size_t of)
{
    const char *name = text(r, object, "name", NAME_MAX_OCTETS);

    for (size_t i = 0; name != NULL && i < of; i++)
        if (r->service_names[i] != NULL && strcmp(r->service_names[i], name) == 0)
            (void)json_place_complain(&r->place, "the name '%s' is taken", name);
    r->service_names[of] = name;
}

static void read_service(reader *r, json_t *object, size_t at)
{
    static const char *const keys[] = {"name", "uuid", "secondary", "includes", "characteristics", NULL};
    kith_service *s = &r->table->services[at];

    if (!json_place_is_object(&r->place, object, keys))
        return;
    (void)read_uuid(r, object, &s->uuid);
    s->secondary = json_place_flag(&r->place, object, "secondary");
    name_service(r, object, at);
    read_includes(r, object, at);
    read_characteristics(r, object, s);
}

static void read_services(reader *r, json_t *root)
{
    json_t *list = json_place_array(&r->place, root, "services", SERVICES), *element;
    size_t i, back = json_place_enter(&r->place, "services"), count = json_array_size(list);

    if (list != NULL && count == 0)
        (void)json_place_complain(&r->place, "there is no service in it");
    r->table->services = memory(r, count, sizeof *r->table->services);
    r->service_names = memory(r, count, sizeof *r->service_names);
    json_array_foreach(list, i, element)
    {
        size_t inner = json_place_enter_at(&r->place, i);

        if (!r->place.failed)
            read_service(r, element, i);
        json_place_leave(&r->place, inner);
    }
    json_place_leave(&r->place, back);
    r->table->service_count = r->place.failed ? 0 : count;
}

/* ---- the file ---- */

static void read_table(reader *r, json_t *root)
{
    static const char *const keys[] = {"name", "appearance", "services", NULL};

    if (!json_place_is_object(&r->place, root, keys) || json_place_must(&r->place, root, "services") == NULL)
        return;
    r->table->name = text(r, root, "name", DEVICE_NAME_MAX);
    r->table->appearance = (uint16_t)json_place_number(&r->place, root, "appearance", 0, 0xffff, 0);
    read_services(r, root);
}

bool table_json_read(table *t, const char *file)
{
    reader r = {.table = t};
    json_t *root = json_place_load(&r.place, file);

    memset(t, 0, sizeof *t);
    if (root != NULL)
        read_table(&r, root);
    json_decref(root);
    return !r.place.failed;
}
