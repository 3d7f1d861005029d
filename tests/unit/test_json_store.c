/* The store in a JSON file: what is put comes back, octet by octet; what cannot be is refused with its line; whatever
 * happens to the disk or the program, the old file stands or the new one (and test_json_cuts.c). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../vectors/store.h"
#include "kith/port/json_store.h"
#include "ports/stores/json_text.h"

typedef struct {
    char folder[32];
    char path[64], fresh[80], old[80];
    kith_json_store file;
    kith_store_state about;
} place;

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);

    strcpy(p->folder, "/dev/shm/kith-test-XXXXXX"); /* nothing waits for a disk there */
    if (mkdtemp(p->folder) == NULL) {
        strcpy(p->folder, "/tmp/kith-test-XXXXXX");
        assert_non_null(mkdtemp(p->folder));
    }
    snprintf(p->path, sizeof p->path, "%s/bonds.json", p->folder);
    snprintf(p->fresh, sizeof p->fresh, "%s.kith-new", p->path);
    snprintf(p->old, sizeof p->old, "%s.kith-old", p->path);
    p->file.fd = p->file.folder = p->file.stale = -1;
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;
    char command[64];

    kith_json_store_close(&p->file);
    snprintf(command, sizeof command, "rm -rf %s", p->folder);
    assert_int_equal(system(command), 0);
    free(p);
    return 0;
}

static unsigned files_in(const place *p)
{
    DIR *folder = opendir(p->folder);
    unsigned count = 0;
    struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static kith_status open_file(place *p, kith_json_store_mode mode)
{
    return kith_json_store_open(&p->file, p->path, mode);
}

static kith_status load(place *p)
{
    return p->file.store.open(p->file.store.context, &p->about);
}

static void open_sound(place *p, kith_json_store_mode mode)
{
    kith_status status = open_file(p, mode);

    if (status == KITH_OK)
        status = load(p);
    if (status != KITH_OK)
        fail_msg("%s", p->file.text);
}

static kith_record record_of(uint8_t kind, uint32_t id, const uint8_t *octets, size_t len)
{
    kith_record record = {.kind = kind, .id = id, .len = (uint16_t)len};

    memcpy(record.octets, octets, len);
    return record;
}

static kith_status put(place *p, const kith_record *record)
{
    return p->file.store.put(p->file.store.context, record, &p->about);
}

static kith_status remove_one(place *p, uint8_t kind, uint32_t id)
{
    return p->file.store.remove(p->file.store.context, kind, id, &p->about);
}

static kith_record bond_1(void)
{
    return record_of(KITH_RECORD_BOND, 1, vector_bond, sizeof vector_bond);
}

/* Finds one; kind 0 when it is not there. */
static kith_record get(place *p, uint8_t kind, uint32_t id)
{
    kith_record record;
    uint32_t cursor = 0;

    while (p->file.store.read(p->file.store.context, &cursor, &record) == KITH_OK)
        if (record.kind == kind && record.id == id)
            return record;
    return (kith_record){0};
}

static bool is_there(place *p, const kith_record *wanted)
{
    kith_record found = get(p, wanted->kind, wanted->id);

    return memcmp(&found, wanted, sizeof found) == 0;
}

static unsigned count_of(place *p)
{
    kith_record record;
    uint32_t cursor = 0;
    unsigned count = 0;

    while (p->file.store.read(p->file.store.context, &cursor, &record) == KITH_OK)
        count++;
    return count;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static char *read_file(const char *path)
{
    static char text[65536];
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

/* As docs/json-store.md has it: every kind of field there is. */
static const char sample[] = "{\n"                                                           /* 1 */
                             "  \"kith\": \"bonds\",\n"                                      /* 2 */
                             "  \"version\": 1,\n"                                           /* 3 */
                             "  \"highest_id\": 9,\n"                                        /* 4 */
                             "  \"device\": {\n"                                             /* 5 */
                             "    \"address\": \"C0:11:22:33:44:55 random\",\n"              /* 6 */
                             "    \"irk\": \"afaeadacabaaa9a8a7a6a5a4a3a2a1a0\"\n"           /* 7 */
                             "  },\n"                                                        /* 8 */
                             "  \"peers\": [\n"                                              /* 9 */
                             "    {\n"                                                       /* 10 */
                             "      \"id\": 1,\n"                                            /* 11 */
                             "      \"bond\": {\n"                                           /* 12 */
                             "        \"identity\": \"11:22:33:44:55:66 public\",\n"         /* 13 */
                             "        \"local\": \"C0:11:22:33:44:55 random\",\n"            /* 14 */
                             "        \"level\": \"sc-authenticated\",\n"                    /* 15 */
                             "        \"method\": \"numeric-comparison\",\n"                 /* 16 */
                             "        \"role\": \"initiator\",\n"                            /* 17 */
                             "        \"made\": 1767225600,\n"                               /* 18 */
                             "        \"key\": \"secure-connections\",\n"                    /* 19 */
                             "        \"key_size\": 16,\n"                                   /* 20 */
                             "        \"ltk\": \"cfcecdcccbcac9c8c7c6c5c4c3c2c1c0\",\n"      /* 21 */
                             "        \"irk\": \"afaeadacabaaa9a8a7a6a5a4a3a2a1a0\"\n"       /* 22 */
                             "      }\n"                                                     /* 23 */
                             "    },\n"                                                      /* 24 */
                             "    {\n"                                                       /* 25 */
                             "      \"id\": 7,\n"                                            /* 26 */
                             "      \"bond\": {\n"                                           /* 27 */
                             "        \"identity\": \"11:22:33:44:55:66 public\",\n"         /* 28 */
                             "        \"local\": \"C0:11:22:33:44:55 random\",\n"            /* 29 */
                             "        \"level\": \"encrypted\",\n"                           /* 30 */
                             "        \"method\": \"just-works\",\n"                         /* 31 */
                             "        \"role\": \"responder\",\n"                            /* 32 */
                             "        \"class\": 31,\n"                                      /* 33 */
                             "        \"made\": 1767225600,\n"                               /* 34 */
                             "        \"key\": \"legacy\",\n"                                /* 35 */
                             "        \"key_size\": 7,\n"                                    /* 36 */
                             "        \"peer_key\": {\n"                                     /* 37 */
                             "          \"ltk\": \"000000000000000000c6c5c4c3c2c1c0\",\n"    /* 38 */
                             "          \"ediv\": \"1234\",\n"                               /* 39 */
                             "          \"rand\": \"1122334455667788\"\n"                    /* 40 */
                             "        },\n"                                                  /* 41 */
                             "        \"my_key\": {\n"                                       /* 42 */
                             "          \"ltk\": \"000000000000000000e6e5e4e3e2e1e0\",\n"    /* 43 */
                             "          \"ediv\": \"4321\",\n"                               /* 44 */
                             "          \"rand\": \"8877665544332211\"\n"                    /* 45 */
                             "        },\n"                                                  /* 46 */
                             "        \"my_csrk\": \"2f2e2d2c2b2a29282726252423222120\",\n"  /* 47 */
                             "        \"peer_csrk\": \"3f3e3d3c3b3a39383736353433323130\"\n" /* 48 */
                             "      },\n"                                                    /* 49 */
                             "      \"state\": {\n"                                          /* 50 */
                             "        \"my_signing\": {\n"                                   /* 51 */
                             "          \"check\": \"44332211\",\n"                          /* 52 */
                             "          \"reserved\": 64\n"                                  /* 53 */
                             "        },\n"                                                  /* 54 */
                             "        \"peer_signing\": {\n"                                 /* 55 */
                             "          \"check\": \"88776655\",\n"                          /* 56 */
                             "          \"last\": 16909060\n"                                /* 57 */
                             "        },\n"                                                  /* 58 */
                             "        \"cccds\": [\n"                                        /* 59 */
                             "          {\n"                                                 /* 60 */
                             "            \"handle\": 16,\n"                                 /* 61 */
                             "            \"value\": \"indicate\"\n"                         /* 62 */
                             "          },\n"                                                /* 63 */
                             "          {\n"                                                 /* 64 */
                             "            \"handle\": 291,\n"                                /* 65 */
                             "            \"value\": \"notify-and-indicate\"\n"              /* 66 */
                             "          }\n"                                                 /* 67 */
                             "        ],\n"                                                  /* 68 */
                             "        \"features\": \"05\",\n"                               /* 69 */
                             "        \"aware_of\": \"5f5e5d5c5b5a59585756555453525150\",\n" /* 70 */
                             "        \"rank\": 9,\n"                                        /* 71 */
                             "        \"last_use\": 16909061,\n"                             /* 72 */
                             "        \"resolution\": \"yes\",\n"                            /* 73 */
                             "        \"private_only\": \"no\",\n"                           /* 74 */
                             "        \"pinned\": true\n"                                    /* 75 */
                             "      },\n"                                                    /* 76 */
                             "      \"chunks\": [\n"                                         /* 77 */
                             "        {\n"                                                   /* 78 */
                             "          \"type\": 0,\n"                                      /* 79 */
                             "          \"bank\": 0,\n"                                      /* 80 */
                             "          \"piece\": 0,\n"                                     /* 81 */
                             "          \"generation\": 1,\n"                                /* 82 */
                             "          \"value_len\": 0,\n"                                 /* 83 */
                             "          \"check\": \"00000000\",\n"                          /* 84 */
                             "          \"octets\": \"\"\n"                                  /* 85 */
                             "        }\n"                                                   /* 86 */
                             "      ]\n"                                                     /* 87 */
                             "    }\n"                                                       /* 88 */
                             "  ],\n"                                                        /* 89 */
                             "  \"records\": [\n"                                            /* 90 */
                             "    {\n"                                                       /* 91 */
                             "      \"kind\": 5,\n"                                          /* 92 */
                             "      \"id\": 7,\n"                                            /* 93 */
                             "      \"octets\": \"0102\"\n"                                  /* 94 */
                             "    }\n"                                                       /* 95 */
                             "  ]\n"                                                         /* 96 */
                             "}\n";                                                          /* 97 */

/* ---- what is put comes back ---- */

static void put_all_vectors(place *p)
{
    static const uint8_t unknown[2] = {1, 2};
    const kith_record all[] = {
        record_of(KITH_RECORD_BOND, 7, vector_signed_bond, sizeof vector_signed_bond),
        record_of(14, 7, vector_empty_chunk, sizeof vector_empty_chunk),
        record_of(KITH_RECORD_STATE, 7, vector_full_state, sizeof vector_full_state),
        record_of(KITH_RECORD_DEVICE, 0, vector_device, sizeof vector_device),
        record_of(5, 7, unknown, sizeof unknown),
        bond_1(),
        record_of(KITH_RECORD_BOND, 9, vector_bond, sizeof vector_bond),
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_int_equal(put(p, &all[i]), KITH_OK);
    assert_int_equal(remove_one(p, KITH_RECORD_BOND, 9), KITH_OK);
}

static void the_file_is_what_the_document_says(void **state)
{
    place *p = *state;

    open_sound(p, KITH_JSON_STORE_MAKE);
    put_all_vectors(p);
    assert_string_equal(read_file(p->path), sample);
    assert_int_equal(files_in(p), 1);
}

static void the_documents_file_is_read(void **state)
{
    static const uint8_t unknown[2] = {1, 2};
    place *p = *state;
    kith_record record;

    write_file(p->path, sample, 0600);
    open_sound(p, KITH_JSON_STORE_EXISTING);
    assert_int_equal(p->about.highest_id, 9);
    assert_int_equal(p->about.room, KITH_JSON_STORE_RECORDS - 6);
    assert_int_equal(p->about.largest, KITH_STORED_MAX);
    assert_int_equal(count_of(p), 6);
    record = bond_1(), assert_true(is_there(p, &record));
    record = record_of(KITH_RECORD_DEVICE, 0, vector_device, sizeof vector_device), assert_true(is_there(p, &record));
    record = record_of(KITH_RECORD_BOND, 7, vector_signed_bond, sizeof vector_signed_bond);
    assert_true(is_there(p, &record));
    record = record_of(KITH_RECORD_STATE, 7, vector_full_state, sizeof vector_full_state);
    assert_true(is_there(p, &record));
    record = record_of(14, 7, vector_empty_chunk, sizeof vector_empty_chunk), assert_true(is_there(p, &record));
    record = record_of(5, 7, unknown, 2), assert_true(is_there(p, &record));
}

static void whatever_a_record_holds_every_octet_comes_back(void **state)
{
    uint8_t octets[KITH_STORED_MAX];
    place *p = *state;
    kith_record records[9];

    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 37);
    records[0] = record_of(KITH_RECORD_BOND, 1, octets, sizeof octets); /* a sealed one, say */
    records[1] = record_of(KITH_RECORD_BOND, 2, vector_bond, sizeof vector_bond);
    records[1].octets[0] = 2; /* a later version's */
    records[2] = record_of(KITH_RECORD_BOND, 0, vector_bond, sizeof vector_bond);
    records[3] = record_of(KITH_RECORD_DEVICE, 4, vector_device, sizeof vector_device);
    records[4] = record_of(KITH_RECORD_STATE, UINT32_MAX, vector_largest_state, sizeof vector_largest_state);
    records[5] = record_of(16, 5, vector_chunk_2, sizeof vector_chunk_2);
    records[6] = record_of(17, 5, vector_chunk_2, sizeof vector_chunk_2); /* no such piece */
    records[7] = record_of(62, 5, octets, 0);
    records[8] = record_of(45, 6, octets, 1);
    open_sound(p, KITH_JSON_STORE_MAKE);
    for (int i = 0; i < 9; i++)
        assert_int_equal(put(p, &records[i]), KITH_OK);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 9; i++)
            assert_true(is_there(p, &records[i]));
        kith_json_store_close(&p->file);
        open_sound(p, KITH_JSON_STORE_EXISTING);
    }
    assert_int_equal(count_of(p), 9);
}

static void a_later_record_takes_the_place_of_the_earlier(void **state)
{
    place *p = *state;
    kith_record record = bond_1();

    open_sound(p, KITH_JSON_STORE_MAKE);
    assert_int_equal(put(p, &record), KITH_OK);
    record.octets[1] ^= 1;
    assert_int_equal(put(p, &record), KITH_OK);
    assert_int_equal(count_of(p), 1);
    assert_true(is_there(p, &record));
    assert_int_equal(remove_one(p, KITH_RECORD_BOND, 2), KITH_OK); /* not there */
    assert_int_equal(remove_one(p, KITH_RECORD_BOND, 1), KITH_OK);
    assert_int_equal(count_of(p), 0);
    assert_int_equal(p->about.highest_id, 1);
    kith_json_store_close(&p->file);
    open_sound(p, KITH_JSON_STORE_EXISTING);
    assert_int_equal(p->about.highest_id, 1); /* also after a restart */
    assert_int_equal(count_of(p), 0);
}

static void what_is_no_record_is_not_put(void **state)
{
    place *p = *state;
    kith_record record;

    open_sound(p, KITH_JSON_STORE_MAKE);
    record = bond_1(), record.kind = 0, assert_int_equal(put(p, &record), KITH_ERR_VALUE);
    record = bond_1(), record.kind = 63, assert_int_equal(put(p, &record), KITH_ERR_VALUE);
    record = bond_1(), record.removed = true, assert_int_equal(put(p, &record), KITH_ERR_VALUE);
    record = bond_1(), record.len = KITH_STORED_MAX + 1, assert_int_equal(put(p, &record), KITH_ERR_VALUE);
    assert_int_equal(count_of(p), 0);
}

/* ---- what cannot be is refused, with its line ---- */

/* A file in which the first `from` (behind `after`, if given) is `to`. */
static char *changed(const char *after, const char *from, const char *to)
{
    static char text[sizeof sample + 400];
    const char *at = after != NULL ? strstr(sample, after) : sample;

    assert_non_null(at);
    at = strstr(at, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - sample), sample, to, at + strlen(from));
    return text;
}

static void refused(place *p, const char *text, kith_status why, unsigned line, const char *reason)
{
    kith_json_store_close(&p->file);
    write_file(p->path, text, 0600);
    assert_int_equal(open_file(p, KITH_JSON_STORE_EXISTING), KITH_OK);
    assert_int_equal(load(p), why);
    print_message("%s\n", p->file.text);
    assert_non_null(strstr(p->file.text, reason));
    assert_int_equal(p->file.line, line);
    assert_int_equal(count_of(p), 0);
    assert_string_equal(read_file(p->path), text);
    /* No key is shown. */
    assert_null(strstr(p->file.text, "cfcecd"));
    assert_null(strstr(p->file.text, "afaead"));
    assert_null(strstr(p->file.text, "2f2e2d"));
}

static void what_is_no_JSON_is_refused_with_its_line(void **state)
{
    place *p = *state;
    char whole[sizeof sample];

    refused(p, "", KITH_ERR_DAMAGED, 1, "empty");
    refused(p, "\n\nhello", KITH_ERR_DAMAGED, 3, "not JSON");
    refused(p, changed(NULL, "\"method\": \"num", "method: \"num"), KITH_ERR_DAMAGED, 16, "not JSON");
    refused(p, changed(NULL, "\"key_size\": 16,", "\"key_size\": 16"), KITH_ERR_DAMAGED, 21, "not JSON");
    refused(p, changed(NULL, "\"cfcecd", "cfcecd"), KITH_ERR_DAMAGED, 21, "not JSON");
    refused(p, changed(NULL, "c1c0\",", "c1c0,"), KITH_ERR_DAMAGED, 21, "not JSON");
    refused(p, changed(NULL, "\"key_size\": 16", "\"level\": \"encrypted\""), KITH_ERR_DAMAGED, 20, "twice");
    for (size_t len = 0; len < sizeof sample - 2; len += 41) { /* cut anywhere */
        memcpy(whole, sample, len);
        whole[len] = '\0';
        kith_json_store_close(&p->file);
        write_file(p->path, whole, 0600);
        assert_int_equal(open_file(p, KITH_JSON_STORE_EXISTING), KITH_OK);
        assert_int_equal(load(p), KITH_ERR_DAMAGED);
        assert_true(p->file.line > 0);
    }
}

static void what_cannot_be_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *after, *from, *to;
        unsigned line;
        const char *reason;
    } wrong[] = {
        {NULL, "\"kith\": \"bonds\",", "\"kith\": \"other\",", 2, "kith: is not"},
        {NULL, "\"kith\": \"bonds\",", "", 1, "kith: is missing"},
        {NULL, "\"version\": 1", "\"version\": 0", 3, "version: is not a number from 1"},
        {NULL, "\"version\": 1", "\"version\": 1.0", 3, "version: is not a number"},
        {NULL, "\"highest_id\": 9", "\"highest_id\": 4294967296", 4, "highest_id: is not a number"},
        {NULL, "\"highest_id\": 9", "\"Highest_id\": 9", 4, "a field that is not known"},
        {NULL, "C0:11:22:33:44:55 random", "C0:11:22:33:44:55 public", 6, "device.address: is not a static"},
        {NULL, "C0:11:22:33:44:55 random", "40:11:22:33:44:55 random", 6, "device.address: is a private"},
        {NULL, "C0:11:22:33:44:55 random", "C0:11:22:33:44:55", 6, "device.address: is not an address"},
        {NULL, "C0:11:22:33:44:55 random", "C0:11:22:33:44:5x random", 6, "device.address: is not an address"},
        {NULL, "afaeadacabaaa9a8a7a6a5a4a3a2a1a0", "ffffffffffffffffffffffffffffffff", 7, "everybody knows"},
        {NULL, "afaeadacabaaa9a8a7a6a5a4a3a2a1a0", "afaeadacabaaa9a8a7a6a5a4a3a2a1", 7, "32 hexadecimal digits"},
        {NULL, "afaeadacabaaa9a8a7a6a5a4a3a2a1a0", "afaeadacabaaa9a8a7a6a5a4a3a2a1ag", 7, "no hexadecimal digit"},
        {NULL, "\"id\": 1,", "\"id\": 7,", 26, "peers[1].id: is that of another peer"},
        {NULL, "\"id\": 1,", "\"id\": 0,", 11, "peers[0].id: is not a number"},
        {NULL, "\"id\": 1,", "", 10, "peers[0].id: is missing"},
        {NULL, "11:22:33:44:55:66 public", "11:22:33:44:55:66 random", 13, "peers[0].bond.identity: is a private"},
        {NULL, "\"sc-authenticated\"", "\"strong\"", 15, "level: is none of encrypted, authenticated, sc-auth"},
        {NULL, "\"sc-authenticated\"", "4", 15, "level: is not a string"},
        {NULL, "\"numeric-comparison\"", "\"just-works\"", 15, "level: is more than"},
        {NULL, "\"numeric-comparison\"", "\"magic\"", 16, "method: is none of just-works"},
        {NULL, "\"role\": \"initiator\",", "", 12, "role: is missing"},
        {NULL, "\"role\"", "\"numbers_unseen\": 1, \"role\"", 17, "numbers_unseen: is neither"},
        {NULL, "\"role\"", "\"numbers_unseen\": true, \"role\"", 15, "level: is more than"},
        {"\"id\": 7", "\"role\"", "\"numbers_unseen\": true, \"role\"", 32, "numbers_unseen: is of numeric"},
        {NULL, "\"made\": 1767225600", "\"made\": -1", 18, "made: is not a number"},
        {NULL, "\"key_size\": 16", "\"key_size\": 17", 20, "key_size: is not a number from 7 to 16"},
        {NULL, "\"key_size\": 16", "\"key_size\": 15", 21, "ltk: is longer than key_size"},
        {NULL, "cfcecdcccbcac9c8c7c6c5c4c3c2c1c0", "00000000000000000000000000000000", 21, "ltk: is a key that every"},
        {NULL, "cfcecdcccbcac9c8c7c6c5c4c3c2c1c0", "bf01fb9d4ef3bc36d874f5394138684c", 21, "ltk: is a key that every"},
        {NULL, "\"ltk\": \"cf", "\"my_key\": \"cf", 21, "my_key: is of legacy alone"},
        {"cfcecd", "afaeadacabaaa9a8a7a6a5a4a3a2a1a0", "00000000000000000000000000000000", 22, "irk: is all zeros"},
        {NULL, "\"class\": 31", "\"class\": 32", 33, "peers[1].bond.class: is not a number from 0 to 31"},
        {NULL, "\"legacy\"", "\"secure-connections\"", 37, "peer_key: is of legacy alone"},
        {NULL, "0000c6c5c4", "0001c6c5c4", 38, "peer_key.ltk: is longer"},
        {NULL, "000000000000000000c6c5c4c3c2c1c0", "00000000000000000000000000000000", 38, "peer_key.ltk: is a key"},
        {NULL, "\"1234\"", "\"12345\"", 39, "peer_key.ediv: is not 4 hexadecimal"},
        {NULL, "\"1122334455667788\"", "5", 40, "peer_key.rand: is not a string"},
        {NULL, "000000000000000000e6e5e4e3e2e1e0", "00000000000000000000000000000000", 43, "my_key.ltk: is a key"},
        {NULL, "\"reserved\": 64", "\"reserved\": 0", 53, "state.my_signing.reserved: is not a number from 1"},
        {NULL, "\"last\": 16909060", "\"latest\": 1", 57, "peer_signing: has a field"},
        {NULL, "\"handle\": 16", "\"handle\": 0", 61, "cccds[0].handle: is not a number"},
        {NULL, "\"value\": \"indicate\"", "\"value\": \"none\"", 62, "cccds[0].value: is none of notify"},
        {NULL, "\"handle\": 291", "\"handle\": 16", 65, "cccds[1].handle: is not above"},
        {NULL, "\"features\": \"05\"", "\"features\": \"0504030201\"", 69, "features: is not 1 to 4"},
        {NULL, "\"aware_of\": \"5f", "\"aware_of\": \"", 70, "aware_of: is not 32"},
        {NULL, "\"rank\": 9", "\"rank\": 0", 71, "rank: is not a number"},
        {NULL, "\"resolution\": \"yes\"", "\"resolution\": \"maybe\"", 73, "resolution: is none of no, yes"},
        {NULL, "\"private_only\": \"no\"", "\"private_only\": 1", 74, "private_only: is not a string"},
        {NULL, "\"pinned\": true", "\"pinned\": 1", 75, "pinned: is neither"},
        {NULL, "\"type\": 0", "\"type\": 3", 79, "chunks[0].type: is not a number"},
        {NULL, "\"piece\": 0", "\"piece\": 1", 85, "chunks[0].octets: are not those"},
        {NULL, "\"value_len\": 0", "\"value_len\": 1465", 83, "value_len: is not a number"},
        {NULL, "\"octets\": \"\"", "\"octets\": \"00\"", 85, "chunks[0].octets: are not those"},
        {NULL, "\"kind\": 5", "\"kind\": 63", 92, "records[0].kind: is not a number from 1 to 62"},
        {NULL, "\"kind\": 5", "\"kind\": 2", 93, "records[0].id: is there twice"},
        {NULL, "\"octets\": \"0102\"", "\"octets\": \"012\"", 94, "records[0].octets: is not 0 to 224 octets"},
        {NULL, "\"peers\": [", "\"peers\": 5, \"records\": [", 90, "twice"},
    };
    place *p = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refused(p, changed(wrong[i].after, wrong[i].from, wrong[i].to), KITH_ERR_DAMAGED, wrong[i].line,
                wrong[i].reason);
    refused(p, "[]", KITH_ERR_DAMAGED, 1, "not an object");
    refused(p, "{\"kith\": \"bonds\", \"version\": 1,\n\"peers\": {}}", KITH_ERR_DAMAGED, 2, "peers: is not a list");
}

#define WITH_IDENTITY(number, address)                                                                                 \
    "  \"identities\": [\n    {\n      \"number\": " number ",\n      \"address\": \"" address                         \
    "\",\n      \"irk\": \"afaeadacabaaa9a8a7a6a5a4a3a2a1a1\"\n    }\n  ],\n  \"peers\": ["

/* Identities of ours beside the first have names, too. */
static void other_identities_are_written_and_read_by_name(void **state)
{
    static const char wanted[] = WITH_IDENTITY("3", "C0:11:22:33:44:66 random");
    kith_record record = record_of(KITH_RECORD_DEVICE, 3, vector_device, sizeof vector_device);
    place *p = *state;

    record.octets[1] |= 1;
    record.octets[17] = 0x66;
    open_sound(p, KITH_JSON_STORE_MAKE);
    put_all_vectors(p);
    assert_int_equal(put(p, &record), KITH_OK);
    assert_string_equal(read_file(p->path), changed(NULL, "  \"peers\": [", wanted));
    kith_json_store_close(&p->file);
    open_sound(p, KITH_JSON_STORE_EXISTING);
    assert_true(is_there(p, &record));
    assert_int_equal(remove_one(p, KITH_RECORD_DEVICE, 3), KITH_OK);
    assert_string_equal(read_file(p->path), sample);
    refused(p, changed(NULL, "  \"peers\": [", WITH_IDENTITY("0", "C0:11:22:33:44:66 random")), KITH_ERR_DAMAGED, 11,
            "identities[0].number");
    refused(p, changed(NULL, "  \"peers\": [", WITH_IDENTITY("8", "C0:11:22:33:44:66 random")), KITH_ERR_DAMAGED, 11,
            "identities[0].number");
    refused(p, changed(NULL, "  \"peers\": [", WITH_IDENTITY("1", "C0:11:22:33:44:66 public")), KITH_ERR_DAMAGED, 12,
            "identities[0].address: is not a static");
}

static void a_later_versions_file_is_told_and_left_alone(void **state)
{
    place *p = *state;
    kith_record record = bond_1();

    refused(p, changed(NULL, "\"version\": 1", "\"version\": 2"), KITH_ERR_NEWER, 3, "later");
    refused(p, "{\"kith\": \"bonds\",\n \"version\": 7, \"new\": [1]}", KITH_ERR_NEWER, 2, "later");
    assert_int_equal(put(p, &record), KITH_ERR_STORAGE); /* not open */
    assert_string_equal(read_file(p->path), "{\"kith\": \"bonds\",\n \"version\": 7, \"new\": [1]}");
}

static void blanks_and_the_order_of_fields_do_not_matter(void **state)
{
    static const char text[] =
        "{\"peers\":[{\"bond\":{\"key_size\":16,\"ltk\":\"CFCECDCCCBCAC9C8C7C6C5C4C3C2C1C0\",\n"
        "\"local\":\"c0:11:22:33:44:55 random\",\"method\":\"numeric-comparison\",\"class\":0,"
        "\"level\":\"sc-authenticated\",\"role\":\"initiator\",\"made\":1767225600,"
        "\"numbers_unseen\":false,\"key\":\"secure-connections\","
        "\"irk\":\"AFAEADACABAAA9A8A7A6A5A4A3A2A1A0\",\"identity\":\"11:22:33:44:55:66 public\"},"
        "\"id\":1}],\"version\":1,\"kith\":\"bonds\"}";
    place *p = *state;
    kith_record record = bond_1();

    write_file(p->path, text, 0600);
    open_sound(p, KITH_JSON_STORE_EXISTING);
    assert_true(is_there(p, &record));
    assert_int_equal(p->about.highest_id, 1);
}

/* ---- whose file it is ---- */

static void a_new_file_is_private_whatever_the_umask(void **state)
{
    place *p = *state;
    struct stat about;
    kith_record record = bond_1();

    umask(0);
    open_sound(p, KITH_JSON_STORE_MAKE);
    assert_int_equal(stat(p->path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(put(p, &record), KITH_OK);
    umask(0277);
    assert_int_equal(put(p, &record), KITH_OK);
    umask(022);
    assert_int_equal(stat(p->path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(about.st_nlink, 1);
    assert_int_equal(files_in(p), 1);
}

static void a_file_that_others_may_touch_is_refused(void **state)
{
    static const mode_t modes[] = {0604, 0602, 0640, 0620, 0601, 0644, 0666};
    place *p = *state;

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        write_file(p->path, sample, modes[i]);
        assert_int_equal(open_file(p, KITH_JSON_STORE_MAKE), KITH_ERR_STORAGE);
        assert_int_equal(p->file.error, EPERM);
        assert_null(strstr(p->file.text, strerror(EPERM))); /* our own words are enough */
        assert_non_null(strstr(p->file.text, "chmod 600"));
        assert_string_equal(read_file(p->path), sample);
        open_sound(p, KITH_JSON_STORE_LOOK); /* looking makes it no worse */
        kith_json_store_close(&p->file);
    }
    assert_int_equal(chmod(p->path, 0600), 0);
    open_sound(p, KITH_JSON_STORE_MAKE);
}

static void what_is_not_the_file_itself_is_refused(void **state)
{
    place *p = *state;
    char real[80];

    snprintf(real, sizeof real, "%s/real", p->folder);
    write_file(real, sample, 0600);
    assert_int_equal(symlink("real", p->path), 0);
    assert_int_equal(open_file(p, KITH_JSON_STORE_MAKE), KITH_ERR_STORAGE);
    assert_int_equal(p->file.error, ELOOP);
    assert_non_null(strstr(p->file.text, "symbolic link"));
    open_sound(p, KITH_JSON_STORE_LOOK);
    kith_json_store_close(&p->file);
    assert_int_equal(unlink(p->path), 0);
    assert_int_equal(mkdir(p->path, 0700), 0);
    assert_int_equal(open_file(p, KITH_JSON_STORE_MAKE), KITH_ERR_DAMAGED);
    assert_int_equal(rmdir(p->path), 0);
    assert_int_equal(mkfifo(p->path, 0600), 0); /* and nobody waits for its other end */
    assert_int_equal(open_file(p, KITH_JSON_STORE_MAKE), KITH_ERR_DAMAGED);
    assert_int_equal(unlink(p->path), 0);
    assert_int_equal(open_file(p, KITH_JSON_STORE_EXISTING), KITH_ERR_NOT_FOUND);
    assert_int_equal(open_file(p, KITH_JSON_STORE_LOOK), KITH_ERR_NOT_FOUND);
    snprintf(p->path, sizeof p->path, "%s/no/bonds", p->folder);
    assert_int_equal(open_file(p, KITH_JSON_STORE_MAKE), KITH_ERR_STORAGE);
    assert_int_equal(p->file.error, ENOENT);
}

static void another_users_file_is_refused(void **state)
{
    place *p = *state;

    if (geteuid() != 0)
        skip();
    write_file(p->path, sample, 0600);
    assert_int_equal(chown(p->path, 12345, 12345), 0);
    assert_int_equal(open_file(p, KITH_JSON_STORE_MAKE), KITH_ERR_STORAGE);
    assert_int_equal(p->file.error, EPERM);
    assert_non_null(strstr(p->file.text, "another user"));
}

static void one_program_writes_at_a_time_and_others_may_look(void **state)
{
    place *p = *state;
    kith_json_store other;
    kith_store_state about;
    kith_record record = bond_1();

    open_sound(p, KITH_JSON_STORE_MAKE);
    for (int i = 0; i < 2; i++) { /* the lock goes over to each new file */
        assert_int_equal(kith_json_store_open(&other, p->path, KITH_JSON_STORE_MAKE), KITH_ERR_BUSY);
        assert_int_equal(kith_json_store_open(&other, p->path, KITH_JSON_STORE_LOOK), KITH_OK);
        assert_int_equal(put(p, &record), KITH_OK);
        assert_int_equal(other.store.open(other.store.context, &about), KITH_OK); /* and sees what is now */
        assert_int_equal(about.highest_id, 1);
        assert_int_equal(other.store.put(other.store.context, &record, &about), KITH_ERR_STORAGE);
        assert_int_equal(other.error, EROFS);
        assert_int_equal(other.store.remove(other.store.context, 2, 1, &about), KITH_ERR_STORAGE);
        assert_int_equal(other.store.erase(other.store.context, &about), KITH_ERR_STORAGE);
        kith_json_store_close(&other);
    }
    kith_json_store_close(&p->file);
    assert_int_equal(kith_json_store_open(&other, p->path, KITH_JSON_STORE_EXISTING), KITH_OK);
    kith_json_store_close(&other);
}

static void what_somebody_else_writes_meanwhile_is_not_lost(void **state)
{
    place *p = *state;
    kith_record record = bond_1();
    char other[80];

    open_sound(p, KITH_JSON_STORE_MAKE);
    write_file(p->path, sample, 0600); /* in place, as some editors do */
    assert_int_equal(put(p, &record), KITH_ERR_STORAGE);
    assert_int_equal(p->file.error, ESTALE);
    assert_int_equal(remove_one(p, KITH_RECORD_BOND, 1), KITH_OK); /* this one had none */
    assert_string_equal(read_file(p->path), sample);
    assert_int_equal(load(p), KITH_OK);
    assert_int_equal(count_of(p), 6);
    snprintf(other, sizeof other, "%s/other", p->folder);
    write_file(other, sample, 0600); /* a new file, as others do */
    assert_int_equal(rename(other, p->path), 0);
    assert_int_equal(remove_one(p, KITH_RECORD_BOND, 1), KITH_ERR_STORAGE);
    assert_int_equal(p->file.error, ESTALE);
    assert_string_equal(read_file(p->path), sample);
    assert_int_equal(count_of(p), 6);
}

/* ---- destroyed ---- */

static bool is_zeros(int fd)
{
    char octets[4096];
    ssize_t got;
    off_t at = 0;

    for (; (got = pread(fd, octets, sizeof octets, at)) > 0; at += got)
        for (ssize_t i = 0; i < got; i++)
            if (octets[i] != 0)
                return false;
    return at > 0;
}

static void what_was_replaced_is_overwritten_before_it_is_told(void **state)
{
    place *p = *state;
    kith_record record = bond_1();
    int before, after;

    open_sound(p, KITH_JSON_STORE_MAKE);
    assert_int_equal(put(p, &record), KITH_OK);
    before = open(p->path, O_RDONLY);
    record.octets[1] ^= 1;
    assert_int_equal(put(p, &record), KITH_OK);
    after = open(p->path, O_RDONLY);
    assert_true(is_zeros(before));
    assert_false(is_zeros(after));
    assert_int_equal(remove_one(p, KITH_RECORD_BOND, 1), KITH_OK);
    assert_true(is_zeros(after));
    assert_null(strstr(read_file(p->path), "cfcecd"));
    assert_int_equal(files_in(p), 1);
    close(before);
    close(after);
}

static void a_factory_reset_works_on_whatever_is_there(void **state)
{
    static const char *const texts[] = {sample, "", "no store", "{\"kith\": \"bonds\", \"version\": 9}"};
    place *p = *state;

    for (int i = 0; i < 4; i++) {
        int before;

        write_file(p->path, texts[i], 0600);
        assert_int_equal(open_file(p, KITH_JSON_STORE_EXISTING), KITH_OK);
        (void)!load(p);
        before = open(p->path, O_RDONLY);
        assert_int_equal(p->file.store.erase(p->file.store.context, &p->about), KITH_OK);
        assert_true(texts[i][0] == '\0' || is_zeros(before));
        assert_int_equal(p->about.highest_id, 0);
        assert_int_equal(count_of(p), 0);
        close(before);
        kith_json_store_close(&p->file);
        open_sound(p, KITH_JSON_STORE_EXISTING);
        assert_int_equal(count_of(p), 0);
        kith_json_store_close(&p->file);
        assert_int_equal(files_in(p), 1);
    }
}

/* ---- a full disk, a killed program ---- */

static int end_of(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void put_with_little_room(place *p, rlim_t limit)
{
    struct rlimit room = {limit, limit};
    kith_record record = record_of(KITH_RECORD_BOND, 50, vector_bond, sizeof vector_bond);
    kith_status status;
    bool as_before;

    (void)signal(SIGXFSZ, SIG_IGN);
    if (open_file(p, KITH_JSON_STORE_EXISTING) != KITH_OK || load(p) != KITH_OK)
        _exit(3);
    (void)setrlimit(RLIMIT_FSIZE, &room);
    status = put(p, &record);
    as_before = count_of(p) == 6 && p->about.highest_id == 9 && get(p, KITH_RECORD_BOND, 50).kind == 0;
    _exit(status == KITH_ERR_STORAGE && p->file.error == EFBIG && as_before ? 0 : 1);
}

static void a_change_that_does_not_fit_changes_nothing(void **state)
{
    static const rlim_t limits[] = {0, 1, 500, sizeof sample + 100};
    place *p = *state;

    for (int i = 0; i < 4; i++) {
        pid_t child;

        write_file(p->path, sample, 0600);
        child = fork();
        if (child == 0)
            put_with_little_room(p, limits[i]);
        assert_int_equal(end_of(child), 0);
        assert_string_equal(read_file(p->path), sample);
        assert_int_equal(files_in(p), 1);
    }
}

/* Something in the way that is no left-over of ours. */
static void a_step_that_cannot_be_done_changes_nothing(void **state)
{
    place *p = *state;
    kith_record record = bond_1();
    const char *const in_the_way[] = {p->fresh, p->old};

    open_sound(p, KITH_JSON_STORE_MAKE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mkdir(in_the_way[i], 0700), 0);
        assert_int_equal(put(p, &record), KITH_ERR_STORAGE);
        assert_int_equal(p->file.error, i == 0 ? EEXIST : EISDIR);
        assert_int_equal(count_of(p), 0);
        assert_null(strstr(read_file(p->path), "cfcecd"));
        assert_int_equal(files_in(p), 2);
        assert_int_equal(rmdir(in_the_way[i]), 0);
    }
    assert_int_equal(put(p, &record), KITH_OK);
    assert_true(is_there(p, &record));
}

/* The new file is durable, but the old one is not destroyed: told as an error until it is. */
static void what_cannot_be_destroyed_is_told_until_it_is(void **state)
{
    place *p = *state;
    kith_record record = bond_1();
    int fd;

    open_sound(p, KITH_JSON_STORE_MAKE);
    assert_int_equal(put(p, &record), KITH_OK);
    fd = open(p->path, O_RDONLY); /* overwriting a file that is open to read alone fails */
    assert_true(dup2(fd, p->file.fd) >= 0);
    assert_int_equal(remove_one(p, KITH_RECORD_BOND, 1), KITH_ERR_STORAGE);
    assert_non_null(strstr(p->file.text, "destroyed"));
    assert_int_equal(count_of(p), 0);
    assert_false(is_zeros(fd));
    assert_int_equal(remove_one(p, KITH_RECORD_BOND, 1), KITH_ERR_STORAGE);
    assert_int_equal(files_in(p), 2);
    kith_json_store_close(&p->file);
    open_sound(p, KITH_JSON_STORE_EXISTING); /* finishes it */
    assert_true(is_zeros(fd));
    assert_int_equal(files_in(p), 1);
    assert_int_equal(count_of(p), 0);
    close(fd);
}

/* What each step leaves, made by hand: old is `sample`, new is an empty store. */
static void killed_between_two_steps_the_old_file_stands_or_the_new_one(void **state)
{
    static const char empty[] = "{\"kith\": \"bonds\", \"version\": 1}";
    place *p = *state;

    for (int step = 0; step < 7; step++) {
        bool is_new = step >= 4;
        int left_old, left_new;

        (void)unlink(p->path);
        write_file(p->path, is_new ? empty : sample, 0600);
        if (step >= 1 && step <= 3) /* nothing of it, half of it, all of it */
            write_file(p->fresh, step == 1 ? "" : step == 2 ? "{\"kith\"" : empty, 0600);
        if (step == 3)
            assert_int_equal(link(p->path, p->old), 0); /* the file itself under a second name */
        if (step >= 4 && step <= 5)
            write_file(p->old, step == 4 ? sample : "\n\n", 0600);
        left_old = open(p->old, O_RDONLY);
        left_new = open(p->fresh, O_RDONLY);
        open_sound(p, KITH_JSON_STORE_EXISTING);
        assert_int_equal(count_of(p), is_new ? 0 : 6);
        assert_int_equal(p->about.torn, step >= 1 && step <= 3);
        assert_int_equal(files_in(p), 1);
        assert_string_equal(read_file(p->path), is_new ? empty : sample);
        assert_true(step < 2 || step > 3 || is_zeros(left_new));
        assert_true(step < 4 || step > 5 || is_zeros(left_old));
        kith_json_store_close(&p->file);
        close(left_old);
        close(left_new);
    }
}

static void many_that_begin_at_once_share_one_file(void **state)
{
    enum { MANY = 8 };
    place *p = *state;
    pid_t child[MANY];
    unsigned opened = 0;

    for (int i = 0; i < MANY; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            kith_status status = open_file(p, KITH_JSON_STORE_MAKE);

            _exit(status == KITH_OK ? 0 : status == KITH_ERR_BUSY ? 1 : 2);
        }
    }
    for (int i = 0; i < MANY; i++) {
        int status = end_of(child[i]);

        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        opened += WEXITSTATUS(status) == 0;
    }
    assert_true(opened > 0);
    assert_int_equal(files_in(p), 1);
}

static void a_full_store_says_so(void **state)
{
    jstore_records *records;
    place *p = *state;
    kith_record record = {.kind = 5};

    open_sound(p, KITH_JSON_STORE_MAKE);
    records = p->file.records;
    for (record.id = 1; record.id <= KITH_JSON_STORE_RECORDS; record.id++)
        assert_true(jstore_put(records, &record));
    assert_int_equal(put(p, &record), KITH_ERR_FULL);
    record.id = 1;
    assert_int_equal(put(p, &record), KITH_OK); /* in the place of one */
    assert_int_equal(p->about.room, 0);
    assert_int_equal(load(p), KITH_OK);
    assert_int_equal(count_of(p), KITH_JSON_STORE_RECORDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_is_what_the_document_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_documents_file_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whatever_a_record_holds_every_octet_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_later_record_takes_the_place_of_the_earlier, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_record_is_not_put, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_JSON_is_refused_with_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused_with_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_identities_are_written_and_read_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_later_versions_file_is_told_and_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blanks_and_the_order_of_fields_do_not_matter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_file_is_private_whatever_the_umask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_others_may_touch_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_the_file_itself_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_users_file_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_program_writes_at_a_time_and_others_may_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_somebody_else_writes_meanwhile_is_not_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_replaced_is_overwritten_before_it_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_factory_reset_works_on_whatever_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_change_that_does_not_fit_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_step_that_cannot_be_done_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_destroyed_is_told_until_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_between_two_steps_the_old_file_stands_or_the_new_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_that_begin_at_once_share_one_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_store_says_so, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("JSON store", tests, NULL, NULL);
}
