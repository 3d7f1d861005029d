/* Values in pieces: every octet as docs/bond-format.md has it, and after every cut the old value or the new one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vectors/store.h"
#include "peers/chunk.h"

enum { PEER = 7, SLOTS = KITH_CHUNK_BANKS * KITH_CHUNK_PIECES };

/* A store for one value: what was put last, by kind. */
typedef struct {
    kith_record slots[SLOTS];
    bool there[SLOTS];
} shelf;

static unsigned slot_of(uint8_t kind)
{
    unsigned slot = kind - KITH_RECORD_CHUNK - KITH_CHUNK_DATABASE * SLOTS;

    assert_true(slot < SLOTS);
    return slot;
}

static void put(shelf *s, const kith_record *record)
{
    s->slots[slot_of(record->kind)] = *record;
    s->there[slot_of(record->kind)] = true;
}

typedef struct {
    peers_chunk chunk;
    uint8_t memory[KITH_CHUNK_BANKS * KITH_CHUNK_MAX];
    const uint8_t *value;
    uint16_t len;
    peers_chunk_place place;
} reading;

static kith_status read_shelf(const shelf *s, reading *r, size_t cap)
{
    peers_chunk_begin(&r->chunk, PEER, KITH_CHUNK_DATABASE, r->memory, cap);
    for (unsigned i = 0; i < SLOTS; i++) {
        unsigned mixed = i * 7 % SLOTS; /* in any order */

        if (s->there[mixed])
            peers_chunk_take(&r->chunk, &s->slots[mixed]);
    }
    return peers_chunk_standing(&r->chunk, &r->value, &r->len, &r->place);
}

static void fill(uint8_t *value, uint16_t len, uint8_t seed)
{
    for (uint16_t i = 0; i < len; i++)
        value[i] = (uint8_t)(i * 7 + seed);
}

/* Writes the first `pieces` pieces of a value where it belongs: a cut after them. */
static void write_value(shelf *s, const uint8_t *value, uint16_t len, uint8_t pieces)
{
    reading r;
    peers_chunk_place next;
    kith_record record;

    (void)read_shelf(s, &r, KITH_CHUNK_MAX);
    next = peers_chunk_next(&r.chunk);
    for (uint8_t i = 0; i < pieces; i++) {
        assert_int_equal(peers_chunk_encode(&next, value, len, i, &record), KITH_OK);
        put(s, &record);
    }
}

static bool stands(const shelf *s, const uint8_t *value, uint16_t len)
{
    reading r;

    return read_shelf(s, &r, KITH_CHUNK_MAX) == KITH_OK && r.len == len && memcmp(r.value, value, len) == 0;
}

static void assert_piece(const kith_record *record, uint8_t kind, const uint8_t *octets, size_t len)
{
    kith_chunk_piece piece;
    kith_record again;

    assert_int_equal(record->kind, kind);
    assert_int_equal(record->id, PEER);
    assert_int_equal(record->len, len);
    assert_memory_equal(record->octets, octets, len);
    assert_int_equal(kith_record_decode_chunk(record, &piece), KITH_OK);
    assert_int_equal(kith_record_encode_chunk(&piece, &again), KITH_OK);
    assert_memory_equal(record, &again, sizeof again);
}

static void pieces_are_written_as_the_document_says(void **state)
{
    const peers_chunk_place application = {PEER, KITH_CHUNK_APPLICATION, 0, 0xfffe};
    const peers_chunk_place database = {PEER, KITH_CHUNK_DATABASE, 1, 0xfffe};
    const peers_chunk_place later = {PEER, 2, 1, 1};
    uint8_t value[400];
    kith_record record;

    (void)state;
    fill(value, sizeof value, 0);
    assert_int_equal(peers_chunk_encode(&application, value, sizeof value, 0, &record), KITH_OK);
    assert_piece(&record, 14, vector_chunk_0, sizeof vector_chunk_0);
    assert_int_equal(peers_chunk_encode(&application, value, sizeof value, 1, &record), KITH_OK);
    assert_piece(&record, 15, vector_chunk_1, sizeof vector_chunk_1);
    assert_int_equal(peers_chunk_encode(&database, value, sizeof value, 2, &record), KITH_OK);
    assert_piece(&record, 40, vector_chunk_2, sizeof vector_chunk_2);
    assert_int_equal(peers_chunk_encode(&later, NULL, 0, 0, &record), KITH_OK);
    assert_piece(&record, 54, vector_empty_chunk, sizeof vector_empty_chunk);
}

static void a_value_of_every_length_comes_back(void **state)
{
    static uint8_t value[KITH_CHUNK_MAX];

    (void)state;
    for (uint16_t len = 0; len <= KITH_CHUNK_MAX; len++) {
        shelf s = {0};

        fill(value, len, (uint8_t)len);
        write_value(&s, value, len, kith_chunk_pieces(len));
        assert_true(stands(&s, value, len));
    }
    assert_int_equal(kith_chunk_pieces(0), 1);
    assert_int_equal(kith_chunk_pieces(KITH_CHUNK_PIECE), 1);
    assert_int_equal(kith_chunk_pieces(KITH_CHUNK_PIECE + 1), 2);
    assert_int_equal(kith_chunk_pieces(KITH_CHUNK_MAX), KITH_CHUNK_PIECES);
    assert_int_equal(kith_chunk_pieces(KITH_CHUNK_MAX + 1), 0);
}

/* Values of all numbers of pieces, one after the other, each cut after every piece and then written whole. */
static void after_every_cut_the_old_value_stands_or_the_new_one(void **state)
{
    static uint8_t old[KITH_CHUNK_MAX], fresh[KITH_CHUNK_MAX];
    unsigned cuts = 0;

    (void)state;
    for (unsigned from = 0; from <= KITH_CHUNK_PIECES; from++)
        for (unsigned to = 1; to <= KITH_CHUNK_PIECES; to++)
            for (unsigned cut = 0; cut <= to; cut++, cuts++) {
                uint16_t old_len = (uint16_t)(from * 180), len = (uint16_t)(to * 181);
                shelf s = {0};

                fill(old, old_len, 1);
                fill(fresh, len, 2);
                write_value(&s, old, 1464, 8); /* both banks have something */
                if (from > 0)
                    write_value(&s, old, old_len, kith_chunk_pieces(old_len));
                else
                    s = (shelf){0};
                write_value(&s, fresh, len, (uint8_t)cut);
                assert_true(cut == to ? stands(&s, fresh, len) : from == 0 || stands(&s, old, old_len));
                if (cut < to && from == 0)
                    assert_false(stands(&s, fresh, len));
                write_value(&s, fresh, len, kith_chunk_pieces(len)); /* once more after it */
                assert_true(stands(&s, fresh, len));
            }
    print_message("%u cuts\n", cuts);
}

/* Random lengths and random cuts: what stands is the last that was written whole. */
static void a_long_life_with_many_cuts_loses_nothing(void **state)
{
    static uint8_t value[KITH_CHUNK_MAX], standing[KITH_CHUNK_MAX];
    const char *given = getenv("KITH_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 0) : 20260101u;
    uint16_t standing_len = 0;
    bool any = false;
    shelf s = {0};

    (void)state;
    print_message("KITH_SEED=%u\n", seed);
    for (unsigned i = 0; i < 3000; i++) {
        uint16_t len;
        uint8_t pieces, cut;

        seed = seed * 1103515245u + 12345u;
        len = (uint16_t)(seed >> 16) % (KITH_CHUNK_MAX + 1);
        pieces = kith_chunk_pieces(len);
        cut = (uint8_t)((seed >> 8) % (pieces + 1u));
        fill(value, len, (uint8_t)i);
        write_value(&s, value, len, cut);
        if (cut == pieces) {
            memcpy(standing, value, len);
            standing_len = len;
            any = true;
        }
        assert_true(!any || stands(&s, standing, standing_len));
    }
    assert_true(any);
}

static void generations_go_round(void **state)
{
    static const uint16_t begin[] = {0, 0x7fff, 0x8000, 0xfffd, 0xffff};
    uint8_t value[200];

    (void)state;
    for (unsigned i = 0; i < sizeof begin / sizeof begin[0]; i++) {
        const peers_chunk_place first = {PEER, KITH_CHUNK_DATABASE, i % 2, begin[i]};
        shelf s = {0};
        kith_record record;

        fill(value, 100, 0);
        assert_int_equal(peers_chunk_encode(&first, value, 100, 0, &record), KITH_OK);
        put(&s, &record);
        for (uint8_t n = 1; n < 20; n++) {
            fill(value, sizeof value, n);
            write_value(&s, value, sizeof value, 2);
            assert_true(stands(&s, value, sizeof value));
        }
    }
}

/* The pieces of a write that was cut short, and those behind a shorter value, keep their generations for as long as
 * nobody writes over them: those are passed over. */
static void a_generation_that_some_piece_has_is_not_given_again(void **state)
{
    const peers_chunk_place stale = {PEER, KITH_CHUNK_DATABASE, 1, 6}, now = {PEER, KITH_CHUNK_DATABASE, 0, 5};
    uint8_t value[400];
    shelf s = {0};
    reading r;
    kith_record record;

    (void)state;
    fill(value, sizeof value, 3);
    assert_int_equal(peers_chunk_encode(&now, value, 20, 0, &record), KITH_OK);
    put(&s, &record);
    assert_int_equal(peers_chunk_encode(&stale, value, sizeof value, 2, &record), KITH_OK);
    put(&s, &record);
    assert_int_equal(read_shelf(&s, &r, KITH_CHUNK_MAX), KITH_OK);
    assert_int_equal(peers_chunk_next(&r.chunk).generation, 7);
    assert_int_equal(peers_chunk_next(&r.chunk).bank, 1);
}

static void pieces_of_two_values_are_none(void **state)
{
    const peers_chunk_place place = {PEER, KITH_CHUNK_DATABASE, 0, 5};
    uint8_t value[200], other[200];
    shelf s = {0};
    reading r;
    kith_record record;

    (void)state;
    fill(value, sizeof value, 1);
    fill(other, sizeof other, 2);
    assert_int_equal(peers_chunk_encode(&place, value, 200, 0, &record), KITH_OK);
    put(&s, &record);
    assert_int_equal(peers_chunk_encode(&place, other, 200, 1, &record), KITH_OK);
    put(&s, &record);
    assert_int_equal(read_shelf(&s, &r, KITH_CHUNK_MAX), KITH_ERR_NOT_FOUND);
    memcpy(s.slots[1].octets + 5, s.slots[0].octets + 5, 4); /* even when they say the same check */
    assert_int_equal(read_shelf(&s, &r, KITH_CHUNK_MAX), KITH_ERR_DAMAGED);
    s.slots[1].octets[3]++, s.slots[1].len++; /* of a value of another length */
    assert_int_equal(read_shelf(&s, &r, KITH_CHUNK_MAX), KITH_ERR_NOT_FOUND);
    assert_null(r.value);
}

static void the_same_generation_twice_is_damage(void **state)
{
    const uint16_t apart[] = {0, 0x8000};
    shelf s = {0};
    reading r;
    kith_record record;

    (void)state;
    for (unsigned i = 0; i < 2; i++)
        for (uint8_t bank = 0; bank < 2; bank++) {
            const peers_chunk_place place = {PEER, KITH_CHUNK_DATABASE, bank, (uint16_t)(5 + bank * apart[i])};

            assert_int_equal(peers_chunk_encode(&place, (const uint8_t *)"ab" + bank, 1, 0, &record), KITH_OK);
            put(&s, &record);
            if (bank == 1)
                assert_int_equal(read_shelf(&s, &r, KITH_CHUNK_MAX), KITH_ERR_DAMAGED);
        }
    fill(r.memory, 9, 9);
    write_value(&s, r.memory, 9, 1); /* and a new value can be written all the same */
    assert_true(stands(&s, r.memory, 9));
}

static void what_is_newer_is_told_and_what_is_damaged_does_not_stand(void **state)
{
    uint8_t value[300];
    shelf s = {0};
    reading r;

    (void)state;
    fill(value, sizeof value, 1);
    write_value(&s, value, sizeof value, 2);
    s.slots[1].octets[0] = 2;
    assert_int_equal(read_shelf(&s, &r, KITH_CHUNK_MAX), KITH_ERR_NEWER);
    s.slots[1].octets[0] = 0;
    assert_int_equal(read_shelf(&s, &r, KITH_CHUNK_MAX), KITH_ERR_DAMAGED);
    s.slots[1].octets[0] = 1;
    s.slots[1].octets[20] ^= 1; /* in the value */
    assert_int_equal(read_shelf(&s, &r, KITH_CHUNK_MAX), KITH_ERR_DAMAGED);
    s.slots[1].octets[20] ^= 1;
    assert_true(stands(&s, value, sizeof value));
}

/* A store hands out earlier versions too, in order, and removals. */
static void the_later_record_counts(void **state)
{
    const peers_chunk_place place = {PEER, KITH_CHUNK_DATABASE, 0, 5};
    kith_record first, second, gone = {.kind = KITH_RECORD_CHUNK + SLOTS, .id = PEER, .removed = true};
    reading r;

    (void)state;
    assert_int_equal(peers_chunk_encode(&place, (const uint8_t *)"old", 3, 0, &first), KITH_OK);
    assert_int_equal(peers_chunk_encode(&place, (const uint8_t *)"new", 3, 0, &second), KITH_OK);
    peers_chunk_begin(&r.chunk, PEER, KITH_CHUNK_DATABASE, r.memory, 3);
    peers_chunk_take(&r.chunk, &first);
    peers_chunk_take(&r.chunk, &second);
    assert_int_equal(peers_chunk_standing(&r.chunk, &r.value, &r.len, &r.place), KITH_OK);
    assert_memory_equal(r.value, "new", 3);
    second.id = 8, second.octets[9] = 'x'; /* another peer's */
    peers_chunk_take(&r.chunk, &second);
    second.id = PEER, second.kind = KITH_RECORD_CHUNK; /* another type's */
    peers_chunk_take(&r.chunk, &second);
    assert_int_equal(peers_chunk_standing(&r.chunk, &r.value, &r.len, &r.place), KITH_OK);
    assert_memory_equal(r.value, "new", 3);
    peers_chunk_take(&r.chunk, &gone);
    assert_int_equal(peers_chunk_standing(&r.chunk, &r.value, &r.len, &r.place), KITH_ERR_NOT_FOUND);
}

static void a_value_that_is_too_long_for_its_reader_is_told(void **state)
{
    uint8_t value[300];
    shelf s = {0};
    reading r;

    (void)state;
    fill(value, sizeof value, 1);
    write_value(&s, value, sizeof value, 2);
    memset(r.memory, 0x5a, sizeof r.memory);
    assert_int_equal(read_shelf(&s, &r, 299), KITH_ERR_FULL);
    assert_int_equal(r.len, 300);
    assert_null(r.value);
    for (size_t i = 0; i < sizeof r.memory; i++)
        assert_int_equal(r.memory[i], 0x5a);
    assert_int_equal(read_shelf(&s, &r, 300), KITH_OK);
}

/* Cut after every removal: the value, or none; never the one before it. */
static void no_older_value_comes_back_while_one_is_removed(void **state)
{
    uint8_t old[700], fresh[900];
    shelf s = {0};
    reading r;
    uint8_t kind;

    (void)state;
    fill(old, sizeof old, 1);
    fill(fresh, sizeof fresh, 2);
    for (unsigned which = 0; which < 2; which++) {
        reading after;
        unsigned removed = 0;

        s = (shelf){0};
        if (which == 1)
            write_value(&s, old, 3, 1); /* so that the other bank stands */
        write_value(&s, old, sizeof old, 4);
        write_value(&s, fresh, sizeof fresh, 5);
        (void)read_shelf(&s, &r, KITH_CHUNK_MAX);
        for (uint8_t n = 0; (kind = peers_chunk_nth_to_remove(&r.chunk, n)) != 0; n++, removed++) {
            s.there[slot_of(kind)] = false;
            if (read_shelf(&s, &after, KITH_CHUNK_MAX) == KITH_OK)
                assert_true(stands(&s, fresh, sizeof fresh));
        }
        assert_int_equal(removed, 9);
        assert_int_equal(read_shelf(&s, &after, KITH_CHUNK_MAX), KITH_ERR_NOT_FOUND);
    }
}

static void refused(const kith_record *record, kith_status why)
{
    static const kith_chunk_piece nothing;
    kith_chunk_piece out;

    memset(&out, 0x5a, sizeof out);
    assert_int_equal(kith_record_decode_chunk(record, &out), why);
    assert_memory_equal(&out, &nothing, sizeof out);
}

static void B12_a_piece_that_cannot_be_is_refused(void **state)
{
    kith_record good = {.kind = 16, .id = PEER, .len = sizeof vector_chunk_2}, record;

    (void)state;
    memcpy(good.octets, vector_chunk_2, sizeof vector_chunk_2);
    for (uint16_t len = 0; len <= KITH_RECORD_MAX + 1; len++) {
        record = good, record.len = len;
        if (len != good.len)
            refused(&record, KITH_ERR_DAMAGED);
    }
    record = good, record.id = 0, refused(&record, KITH_ERR_DAMAGED);
    record = good, record.removed = true, refused(&record, KITH_ERR_DAMAGED);
    record = good, record.kind = 13, refused(&record, KITH_ERR_DAMAGED);
    record = good, record.kind = 62, refused(&record, KITH_ERR_DAMAGED);
    record = good, record.kind = 17, refused(&record, KITH_ERR_DAMAGED); /* a value of 400 has no piece 3 */
    record = good, record.kind = 15, refused(&record, KITH_ERR_DAMAGED); /* piece 1 is longer */
    record = good, record.octets[3] = 0xb9, record.octets[4] = 5, refused(&record, KITH_ERR_DAMAGED); /* 1465 */
    record = good, record.octets[0] = 0, refused(&record, KITH_ERR_DAMAGED);
    record = good, record.octets[0] = 2, refused(&record, KITH_ERR_NEWER);
}

static void what_is_no_piece_is_not_written(void **state)
{
    const peers_chunk_place good = {PEER, 1, 0, 0};
    const kith_record nothing = {0};
    static uint8_t value[KITH_CHUNK_MAX + 1];
    peers_chunk_place place;
    kith_record out;

    (void)state;
    assert_int_equal(peers_chunk_encode(&good, value, 10, 1, &out), KITH_ERR_VALUE);
    assert_int_equal(peers_chunk_encode(&good, value, KITH_CHUNK_MAX + 1, 0, &out), KITH_ERR_VALUE);
    place = good, place.peer = 0, assert_int_equal(peers_chunk_encode(&place, value, 10, 0, &out), KITH_ERR_VALUE);
    place = good, place.type = 3, assert_int_equal(peers_chunk_encode(&place, value, 10, 0, &out), KITH_ERR_VALUE);
    place = good, place.bank = 2, assert_int_equal(peers_chunk_encode(&place, value, 10, 0, &out), KITH_ERR_VALUE);
    assert_memory_equal(&out, &nothing, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_written_as_the_document_says),
        cmocka_unit_test(a_value_of_every_length_comes_back),
        cmocka_unit_test(after_every_cut_the_old_value_stands_or_the_new_one),
        cmocka_unit_test(a_long_life_with_many_cuts_loses_nothing),
        cmocka_unit_test(generations_go_round),
        cmocka_unit_test(a_generation_that_some_piece_has_is_not_given_again),
        cmocka_unit_test(pieces_of_two_values_are_none),
        cmocka_unit_test(the_same_generation_twice_is_damage),
        cmocka_unit_test(what_is_newer_is_told_and_what_is_damaged_does_not_stand),
        cmocka_unit_test(the_later_record_counts),
        cmocka_unit_test(a_value_that_is_too_long_for_its_reader_is_told),
        cmocka_unit_test(no_older_value_comes_back_while_one_is_removed),
        cmocka_unit_test(B12_a_piece_that_cannot_be_is_refused),
        cmocka_unit_test(what_is_no_piece_is_not_written),
    };

    return cmocka_run_group_tests_name("values in pieces", tests, NULL, NULL);
}
