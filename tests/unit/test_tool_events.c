/* What the command tells of events: each kind has a sentence and an object of its own, and neither shows a secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kith/kith.h"
#include "tools/kith/event_json.h"
#include "tools/kith/sentence.h"

#define FIRST (KITH_EVENT_NONE + 1)
#define LAST  KITH_EVENT_MTU

static void last_is_the_last(void **state)
{
    (void)state;
    assert_string_not_equal(kith_event_name(LAST), "unknown");
    assert_string_equal(kith_event_name((kith_event_kind)(LAST + 1)), "unknown");
}

/* The name of the kind is no sentence: it is what stands where nobody wrote one. */
static void each_kind_has_a_sentence(void **state)
{
    (void)state;
    for (int kind = FIRST; kind <= (int)LAST; kind++) {
        kith_event e = {.kind = (kith_event_kind)kind, .link = 1, .peer = 1};
        char text[SENTENCE_MAX];
        size_t len = strlen(sentence_of(&e, text));

        if (len < 10 || strcmp(text, kith_event_name(e.kind)) == 0 || strchr(text, ' ') == NULL)
            fail_msg("%s: '%s' is no sentence", kith_event_name(e.kind), text);
    }
}

/* Besides who and which link; that the payload timeout came is all there is to say of it. */
static void each_kind_has_an_object(void **state)
{
    (void)state;
    for (int kind = FIRST; kind <= (int)LAST; kind++) {
        kith_event e = {.kind = (kith_event_kind)kind, .link = 1, .peer = 1};
        json_t *o = event_json(&e);
        size_t own = json_object_size(o) - 5; /* event, link, peer_address, peer_address_type, peer */

        assert_string_equal(json_string_value(json_object_get(o, "event")), kith_event_name(e.kind));
        if (own == 0 && e.kind != KITH_EVENT_PAYLOAD_TIMEOUT)
            fail_msg("%s: the object has nothing of its own", kith_event_name(e.kind));
        json_decref(o);
    }
}

static void a_changed_table_is_told_with_its_handles(void **state)
{
    const kith_event e = {.kind = KITH_EVENT_TABLE_CHANGED, .link = 1, .table = {.first = 0x0010, .last = 0x00ff}};
    char text[SENTENCE_MAX];
    json_t *o = event_json(&e);

    (void)state;
    assert_non_null(strstr(sentence_of(&e, text), "0x0010 to 0x00ff"));
    assert_int_equal(json_integer_value(json_object_get(o, "first")), 0x0010);
    assert_int_equal(json_integer_value(json_object_get(o, "last")), 0x00ff);
    json_decref(o);
}

static void an_operation_on_a_peer_is_told_with_its_end(void **state)
{
    kith_event e = {.kind = KITH_EVENT_PEER_DATA,
                    .data = {.token = 5,
                             .peer = 3,
                             .what = KITH_PEER_APPLICATION,
                             .operation = KITH_PEER_LOADED,
                             .status = KITH_ERR_FULL,
                             .len = 300}};
    char text[SENTENCE_MAX];
    json_t *o = event_json(&e);

    (void)state;
    assert_string_equal(sentence_of(&e, text), "The data of peer 3 could not be loaded: no room.");
    assert_int_equal(json_integer_value(json_object_get(o, "about_peer")), 3);
    assert_int_equal(json_integer_value(json_object_get(o, "len")), 300);
    assert_string_equal(json_string_value(json_object_get(o, "status")), "no room");
    json_decref(o);
    e.data = (kith_event_data){.peer = 3, .what = KITH_PEER_DATABASE, .operation = KITH_PEER_DELETED};
    assert_string_equal(sentence_of(&e, text), "The attributes of peer 3: deleted, nothing was to be changed.");
}

/* Its octets are all alike, so that they would be seen in either form and order. */
static void out_of_band_data_is_not_shown(void **state)
{
    kith_event e = {.kind = KITH_EVENT_OOB_READY, .oob = {.data = {.has_sc = true, .has_tk = true}}};
    char text[SENTENCE_MAX], *object;
    json_t *o;

    (void)state;
    memset(e.oob.data.confirm, 0xa5, sizeof e.oob.data.confirm);
    memset(e.oob.data.random, 0xa5, sizeof e.oob.data.random);
    memset(e.oob.data.tk, 0xa5, sizeof e.oob.data.tk);
    o = event_json(&e);
    object = json_dumps(o, 0);
    assert_null(strstr(object, "a5a5"));
    assert_null(strstr(object, "165"));
    assert_null(strstr(sentence_of(&e, text), "a5a5"));
    free(object);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_is_the_last),
        cmocka_unit_test(each_kind_has_a_sentence),
        cmocka_unit_test(each_kind_has_an_object),
        cmocka_unit_test(a_changed_table_is_told_with_its_handles),
        cmocka_unit_test(an_operation_on_a_peer_is_told_with_its_end),
        cmocka_unit_test(out_of_band_data_is_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
