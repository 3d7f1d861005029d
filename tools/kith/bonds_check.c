/* Judges a store as it lies there: a copy is made of it, so that another kith may go on writing meanwhile, and looked
 * into record by record. */
#include "bonds_check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bond_text.h"
#include "bonds_record.h"
#include "command.h"
#include "kith/store_look.h"
#include "report.h"
#include "store_file.h"

typedef struct {
    unsigned sound, earlier /* replaced, removed, destroyed */, damaged, newer, torn;
    unsigned bonds;    /* among the sound */
    unsigned sealed;   /* among the sound, too */
    bool has_identity; /* our own */
} check_counts;

typedef struct {
    const char *path;
    bool json;
    kith_flash flash; /* the copy */
    uint8_t *octets;
    kith_flash_log log;
    kith_store_state state;
    kith_status opened;
    uint32_t newest;        /* sequence */
    const store_file *file; /* of a store that is no flash log */
    check_counts counts;
} check;

/* ---- the copy ---- */

static kith_status copy_read(void *context, uint32_t address, uint8_t *out, size_t len)
{
    memcpy(out, (const uint8_t *)context + address, len);
    return KITH_OK;
}

static kith_status copy_program(void *context, uint32_t address, const uint8_t *octets, size_t len)
{
    (void)context, (void)address, (void)octets, (void)len;
    return KITH_ERR_STORAGE;
}

static kith_status copy_erase(void *context, uint32_t sector)
{
    (void)context, (void)sector;
    return KITH_ERR_STORAGE;
}

static kith_status copy_sync(void *context)
{
    (void)context;
    return KITH_OK;
}

static size_t size_of(const kith_flash *flash)
{
    return (size_t)flash->sector_size * flash->sector_count;
}

static bool make_copy(check *c, const kith_flash *original)
{
    c->octets = calloc(1, size_of(original));
    if (c->octets == NULL) {
        (void)complain("no memory");
        return false;
    }
    c->flash = (kith_flash){.context = c->octets,
                            .sector_size = original->sector_size,
                            .sector_count = original->sector_count,
                            .program_size = original->program_size,
                            .erased = original->erased,
                            .can_clear = original->can_clear,
                            .read = copy_read,
                            .program = copy_program,
                            .erase = copy_erase,
                            .sync = copy_sync};
    return original->read(original->context, 0, c->octets, size_of(original)) == KITH_OK;
}

static void drop_copy(check *c)
{
    volatile uint8_t *octets = c->octets;

    if (octets != NULL)
        for (size_t i = 0; i < size_of(&c->flash); i++)
            octets[i] = 0; /* there were keys in it */
    free(c->octets);
}

/* ---- words ---- */

static const char *fault_text(const kith_look *found)
{
    static const char *const texts[] = {[KITH_LOOK_NOTHING] = "",
                                        [KITH_LOOK_HEADER] = "its header's check is wrong",
                                        [KITH_LOOK_CHECK] = "its CRC is wrong",
                                        [KITH_LOOK_END_MARK] = "it has no end mark"};

    return texts[found->fault];
}

/* What is to be told of a record in a word: what the log says, and what its fields say. */
static const char *verdict_of(const kith_look *found, const bonds_record_told *told)
{
    if (found->state != KITH_LOOK_STANDS || found->form != KITH_LOOK_RECORD)
        return kith_look_state_name(found->state);
    if (told->status == KITH_ERR_NEWER)
        return "newer";
    if (told->status != KITH_OK)
        return "damaged";
    return told->is_sealed ? "sealed" : "sound";
}

static const char *kind_of(const kith_look *found)
{
    return found->form == KITH_LOOK_RUBBLE ? "unreadable" : bonds_record_kind(found->record.kind);
}

/* ---- for people ---- */

static void print_sector(const kith_look *found)
{
    printf("sector %u: %s", (unsigned)found->sector, kith_look_state_name(found->state));
    if (found->sequence != 0)
        printf(", sequence %u, %u octets", (unsigned)found->sequence, (unsigned)found->size);
    if (found->stood && found->state == KITH_LOOK_NEWEST)
        fputs("; it says that there is a later one, which is missing", stdout);
    puts("");
}

static void print_bond(const bonds_record_told *told)
{
    const kith_bond_info *bond = &told->bond;
    char address[BOND_ADDRESS_TEXT], time[BOND_TIME_TEXT], keys[BONDS_RECORD_KEYS];

    printf("          %s, level %d, %s, %s, key of %u octets%s\n", bond_address_text(&bond->identity, address),
           (int)bond->level, kith_method_name(bond->method),
           bond->key_kind == KITH_KEY_KIND_SC ? "Secure Connections" : "legacy pairing", bond->key_size,
           bond->numbers_unseen ? ", confirmed unseen" : "");
    printf("          keys:%s; class %u; made %s\n", bonds_record_keys_text(told, keys), bond->peer_class,
           bond_made_text(bond, time));
}

static void print_item(const kith_look *found, const bonds_record_told *told)
{
    const char *fault = fault_text(found);

    printf("  %6u  %-10s", (unsigned)found->offset, kind_of(found));
    if (found->form != KITH_LOOK_RUBBLE && found->record.kind != KITH_RECORD_DEVICE)
        printf("  peer %-8u", (unsigned)found->record.id);
    else if (found->form != KITH_LOOK_RUBBLE && found->record.id != 0)
        printf("  number %-6u", (unsigned)found->record.id);
    else
        printf("  %13s", "");
    printf("  %3u octets  %s%s", (unsigned)found->size, found->form == KITH_LOOK_REMOVAL ? "removal, " : "",
           verdict_of(found, told));
    if (told->field != NULL)
        printf(": its %s cannot be", told->field);
    else if (*fault != '\0')
        printf(": %s%s", fault, found->state == KITH_LOOK_DAMAGED && !found->stood ? "; replaced since" : "");
    puts("");
    if (told->has_bond && found->state == KITH_LOOK_STANDS)
        print_bond(told);
}

/* ---- for programs ---- */

static void set_number(json_t *o, const char *name, uint32_t number)
{
    (void)json_object_set_new(o, name, json_integer((json_int_t)number));
}

static void set_text(json_t *o, const char *name, const char *text)
{
    (void)json_object_set_new(o, name, json_string(text));
}

static void print_object(json_t *o)
{
    (void)json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

static void print_sector_json(const kith_look *found)
{
    json_t *o = json_pack("{s:s, s:I, s:s}", "event", "sector", "sector", (json_int_t)found->sector, "state",
                          kith_look_state_name(found->state));

    if (found->sequence != 0)
        set_number(o, "sequence", found->sequence);
    set_number(o, "octets", found->size);
    print_object(o);
}

static void print_item_json(const kith_look *found, const bonds_record_told *told)
{
    bool shows_bond = told->has_bond && found->state == KITH_LOOK_STANDS;
    json_t *o = shows_bond ? bond_json(&told->bond) : json_object();

    set_text(o, "event", "record");
    set_number(o, "sector", found->sector);
    set_number(o, "offset", found->offset);
    set_number(o, "octets", found->size);
    set_text(o, "kind", kind_of(found));
    if (found->form != KITH_LOOK_RUBBLE) {
        set_number(o, "kind_number", found->record.kind);
        set_number(o, "peer", found->record.id);
        (void)json_object_set_new(o, "removal", json_boolean(found->form == KITH_LOOK_REMOVAL));
    }
    set_text(o, "state", verdict_of(found, told));
    if (told->field != NULL)
        set_text(o, "field", told->field);
    if (found->fault != KITH_LOOK_NOTHING)
        set_text(o, "fault", fault_text(found));
    if (shows_bond) {
        (void)json_object_set_new(o, "keys", bonds_record_keys(told));
        set_number(o, "class", told->bond.peer_class);
    }
    print_object(o);
}

/* ---- judging ---- */

static void count_standing(check_counts *n, const kith_look *found, const bonds_record_told *told)
{
    n->newer += told->status == KITH_ERR_NEWER;
    n->damaged += told->status != KITH_OK && told->status != KITH_ERR_NEWER;
    if (told->status != KITH_OK)
        return;
    n->sound++;
    n->sealed += told->is_sealed;
    n->bonds += found->record.kind == KITH_RECORD_BOND;
    n->has_identity |= found->record.kind == KITH_RECORD_DEVICE && found->record.id == 0;
}

/* What is lost together with its sector, or in one that is gone, the log counts: check->state. */
static void count_item(check_counts *n, const kith_look *found, const bonds_record_told *told)
{
    if (found->state == KITH_LOOK_STANDS && found->form == KITH_LOOK_RECORD)
        count_standing(n, found, told);
    else if (found->state == KITH_LOOK_TORN)
        n->torn++;
    else if (found->state != KITH_LOOK_DAMAGED)
        n->earlier++;
}

static void look_at_sector(check *c, const kith_look *found)
{
    if (found->sequence > c->newest)
        c->newest = found->sequence;
    if (c->json)
        print_sector_json(found);
    else if (found->state != KITH_LOOK_FREE)
        print_sector(found);
}

static void look_at_item(check *c, const kith_look *found)
{
    bonds_record_told told = {.status = KITH_OK};

    if (found->form == KITH_LOOK_RECORD && found->state == KITH_LOOK_STANDS)
        bonds_record_tell(&found->record, &told);
    count_item(&c->counts, found, &told);
    if (c->json)
        print_item_json(found, &told);
    else
        print_item(found, &told);
}

static void look_at_all(check *c)
{
    kith_look found;
    uint32_t cursor = 0;

    while (kith_flash_log_look_next(&c->log, &cursor, &found) == KITH_OK) {
        if (found.form == KITH_LOOK_SECTOR)
            look_at_sector(c, &found);
        else
            look_at_item(c, &found);
        memset(&found, 0, sizeof found);
    }
}

/* ---- the summary ---- */

static unsigned damaged(const check *c)
{
    return c->counts.damaged + (unsigned)c->state.damaged;
}

static bool has_lost_identity(const check *c)
{
    return c->counts.bonds != 0 && !c->counts.has_identity;
}

static bool is_sound(const check *c)
{
    return c->opened == KITH_OK && damaged(c) == 0 && c->counts.newer == 0 && !has_lost_identity(c);
}

static void print_summary_json(const check *c)
{
    json_t *o = json_pack("{s:s, s:b}", "event", "check", "sound", is_sound(c));

    set_number(o, "records", c->counts.sound);
    set_number(o, "bonds", c->counts.bonds);
    set_number(o, "sealed", c->counts.sealed);
    set_number(o, "earlier", c->counts.earlier);
    set_number(o, "torn", c->counts.torn);
    set_number(o, "damaged", damaged(c));
    set_number(o, "newer", c->counts.newer);
    set_number(o, "room", c->state.room);
    if (c->file == NULL)
        set_number(o, "sectors_opened", c->newest);
    set_text(o, "status", kith_status_name(c->opened));
    print_object(o);
}

static void print_summary(const check *c)
{
    const check_counts *n = &c->counts;

    printf("\n%u records stand%s, %u of them bonds; %u earlier ones, %u cut short; room for %u more.\n", n->sound,
           n->sealed != 0 ? " (sealed: what they say cannot be told)" : "", n->bonds, n->earlier, n->torn,
           (unsigned)c->state.room);
    if (c->file != NULL)
        return;
    printf("Its %u sectors were opened %u times, about %.1f erases of each.\n", (unsigned)c->flash.sector_count,
           (unsigned)c->newest, (double)c->newest / c->flash.sector_count);
}

static int judge(const check *c)
{
    kith_event_start_failed why = {.status = c->opened};
    store_file named = {.path = c->path};

    if (c->opened != KITH_OK)
        store_file_complain(c->file != NULL ? c->file : &named, &why);
    else if (damaged(c) != 0)
        store_file_complain_damaged(&named, damaged(c));
    else if (c->counts.newer != 0)
        store_file_complain(&named, &(kith_event_start_failed){.status = KITH_ERR_NEWER});
    else if (has_lost_identity(c))
        (void)complain("the store %s is damaged: it has bonds, and our own identity is missing", c->path);
    else if (!c->json)
        printf("%s is sound.\n", c->path);
    return is_sound(c) ? EXIT_OK : EXIT_FAILED;
}

/* ---- other stores ---- */

static void read_all(check *c, const kith_store *store)
{
    kith_look found = {.form = KITH_LOOK_RECORD};
    uint32_t cursor = 0;

    while (store->read(store->context, &cursor, &found.record) == KITH_OK) {
        found.state = found.record.removed ? KITH_LOOK_REMOVED : KITH_LOOK_STANDS;
        found.size = found.record.len;
        look_at_item(c, &found);
        memset(&found.record, 0, sizeof found.record);
    }
}

static int read_and_judge(check *c, store_file *file)
{
    c->opened = file->kept.open(file->kept.context, &c->state);
    c->file = file;
    if (c->opened == KITH_OK)
        read_all(c, &file->kept);
    if (c->json)
        print_summary_json(c);
    else if (c->opened == KITH_OK)
        print_summary(c);
    return judge(c);
}

static int look_and_judge(check *c)
{
    kith_store unused;

    if (kith_flash_log_init(&c->log, &c->flash, &unused) != KITH_OK)
        return complain("%s cannot hold a store", c->path);
    c->opened = kith_flash_log_look(&c->log, &c->state);
    look_at_all(c);
    if (c->json)
        print_summary_json(c);
    else if (c->opened == KITH_OK)
        print_summary(c);
    return judge(c);
}

static int check_flash_log(check *c, store_file *file)
{
    int status = EXIT_FAILED;

    if (make_copy(c, &file->file.flash))
        status = look_and_judge(c);
    else if (c->octets != NULL)
        store_file_complain_kept(file, KITH_ERR_STORAGE);
    drop_copy(c);
    return status;
}

int bonds_check(const char *path, bool json)
{
    check c = {.path = path, .json = json};
    store_file file;
    int status;

    if (!store_file_open(&file, path, KITH_FLASH_FILE_LOOK))
        return EXIT_FAILED;
    status = file.kind == STORE_FILE_FLASH_LOG ? check_flash_log(&c, &file) : read_and_judge(&c, &file);
    store_file_close(&file);
    return report_is_read() ? status : EXIT_FAILED;
}
