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

static void expect(const kith_event *event, const char *sentence, const char *field, const char *value)
{
    char text[SENTENCE_MAX];
    json_t *o = event_json(event);

    assert_string_equal(sentence_of(event, text), sentence);
    assert_string_equal(json_string_value(json_object_get(o, field)), value);
    json_decref(o);
}

static void why_something_is_off_is_told(void **state)
{
    kith_event e = {.kind = KITH_EVENT_ADVERTISING, .activity = {.set = 2, .why = KITH_ENDED_CONNECTED}};

    (void)state;
    expect(&e, "No longer advertising with set 2: a link came of it.", "why", "connected");
    e.activity = (kith_event_activity){.why = KITH_ENDED_TIME};
    expect(&e, "No longer advertising: its time is over.", "why", "time");
    e = (kith_event){.kind = KITH_EVENT_SCANNING, .activity = {.why = KITH_ENDED_FOUND}};
    expect(&e, "No longer scanning: what was sought is found.", "why", "found");
    e.activity = (kith_event_activity){.status = KITH_ERR_ENTROPY};
    expect(&e, "Not scanning: no private address could be made (no randomness).", "status", "no randomness");
    e = (kith_event){.kind = KITH_EVENT_CONNECT_FAILED, .connect_failed = {.hci_status = 2, .timed_out = true}};
    expect(&e, "No connection: its time is over.", "hci_status_name", kith_hci_status_name(2));
}

/* More than 31 octets lie elsewhere; a name in them is still a stranger's. */
static void long_data_is_told(void **state)
{
    static uint8_t data[300] = {40, 0x09, 'a', 0x1b};
    kith_event e = {.kind = KITH_EVENT_FOUND,
                    .found = {.report = {.long_data = data,
                                         .len = sizeof data,
                                         .claimed = 3,
                                         .extended = true,
                                         .sid = 5,
                                         .primary_phy = KITH_PHY_CODED,
                                         .rssi = -60,
                                         .tx_power = 127}}};
    char text[SENTENCE_MAX];
    json_t *o = event_json(&e);

    (void)state;
    assert_string_equal(sentence_of(&e, text), "Found 00:00:00:00:00:00 (public), which calls itself 'a?', at -60 dBm. "
                                               "That is the address of peer 3: a claim.");
    assert_int_equal(strlen(json_string_value(json_object_get(o, "data"))), 2 * sizeof data);
    assert_string_equal(json_string_value(json_object_get(o, "primary_phy")), "LE Coded");
    assert_int_equal(json_integer_value(json_object_get(o, "sid")), 5);
    assert_int_equal(json_integer_value(json_object_get(o, "claimed_peer")), 3);
    assert_null(json_object_get(o, "tx_power"));
    assert_null(json_object_get(o, "secondary_phy"));
    json_decref(o);
}

static void what_a_link_is_like_is_told(void **state)
{
    kith_event e = {.kind = KITH_EVENT_PHY, .link = 1, .phy = {.tx_phy = KITH_PHY_2M, .rx_phy = KITH_PHY_1M}};

    (void)state;
    expect(&e, "The PHY is LE 2M to the peer, LE 1M from it.", "tx_phy", "LE 2M");
    e.phy.rx_phy = KITH_PHY_2M;
    expect(&e, "The PHY is LE 2M.", "rx_phy", "LE 2M");
    e = (kith_event){.kind = KITH_EVENT_RSSI, .link = 1, .rssi = {.rssi = -48}};
    expect(&e, "The peer is heard at -48 dBm.", "hci_status_name", kith_hci_status_name(0));
    e = (kith_event){.kind = KITH_EVENT_RECONNECTING,
                     .reconnecting = {.way = KITH_RECONNECTING_BY_SCAN, .fast = true, .peer = 4}};
    expect(&e, "Peer 4 is given up. The host looks for bonded peers, all the time.", "way", "by-scan");
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
        cmocka_unit_test(why_something_is_off_is_told),
        cmocka_unit_test(long_data_is_told),
        cmocka_unit_test(what_a_link_is_like_is_told),
        cmocka_unit_test(out_of_band_data_is_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
