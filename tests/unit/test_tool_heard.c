/* Who was heard: one entry each, merged from what it says in several packets; bounded, and as quick with many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kith/ad.h"
#include "kith/kith.h"
#include "tools/kith/heard.h"
#include "tools/kith/heard_text.h"

enum { SECOND_US = 1000 * 1000 };

typedef struct {
    kith_event_report report;
    uint8_t data[256];
    size_t len;
} advertiser;

static advertiser device(uint32_t number)
{
    advertiser a = {.report = {.connectable = true,
                               .scannable = true,
                               .rssi = -60,
                               .tx_power = 127,
                               .sid = 0xff,
                               .address = {.type = KITH_ADDRESS_RANDOM, .octets = {0, 0, 0, 0, 0, 0xc0}}}};

    memcpy(a.report.address.octets, &number, sizeof number);
    return a;
}

static void says(advertiser *a, uint8_t type, const void *value, size_t len)
{
    assert_int_equal(kith_ad_put(a->data, sizeof a->data, &a->len, type, value, len), KITH_OK);
}

static const heard_one *hear(heard *h, advertiser *a, uint64_t now_us)
{
    a->report.len = (uint16_t)a->len;
    if (a->len > sizeof a->report.data)
        a->report.long_data = a->data;
    else
        memcpy(a->report.data, a->data, a->len);
    return heard_report(h, &a->report, now_us);
}

static heard *table(void)
{
    heard *h = heard_new(true, true);

    assert_non_null(h);
    return h;
}

static void a_device_is_told_once_with_all_it_said(void **state)
{
    heard *h = table();
    advertiser first = device(1), response = device(1);
    const heard_one *one;
    char line[HEARD_LINE];

    (void)state;
    says(&first, KITH_AD_SERVICES_16, "\x0d\x18\x0f\x18", 4);
    says(&first, KITH_AD_MANUFACTURER, "\x4c\x00\x02", 3);
    says(&response, KITH_AD_COMPLETE_NAME, "belt", 4);
    response.report.scan_response = true;
    response.report.connectable = response.report.scannable = false;
    hear(h, &first, 0);
    assert_null(heard_next(h, 0)); /* it may answer */
    hear(h, &response, 10);
    one = heard_next(h, 10);
    assert_non_null(one);
    assert_string_equal(
        heard_line(one, line),
        "  -60 dBm  C0:00:00:00:00:01 (static)          connectable  'belt'; Heart Rate; Battery; Apple");
    for (uint64_t now = 20; now < 10 * SECOND_US; now += SECOND_US / 4) {
        hear(h, &first, now);
        hear(h, &response, now);
        assert_null(heard_next(h, now));
    }
    heard_free(h);
}

static void who_does_not_answer_is_told_after_a_second(void **state)
{
    heard *h = table();
    advertiser a = device(1), beacon = device(2);

    (void)state;
    beacon.report.connectable = beacon.report.scannable = false;
    hear(h, &a, 5);
    assert_int_equal(heard_deadline(h), 5 + SECOND_US);
    hear(h, &beacon, 6);
    assert_int_equal(heard_next(h, 6)->address.octets[0], 2); /* nothing more can come of it */
    assert_null(heard_next(h, 4 + SECOND_US));
    assert_int_equal(heard_next(h, 5 + SECOND_US)->address.octets[0], 1);
    assert_int_equal(heard_deadline(h), UINT64_MAX);
    heard_free(h);
}

static void what_is_new_is_told_again_once_a_second_at_most(void **state)
{
    heard *h = table();
    unsigned told = 0;

    (void)state;
    for (uint64_t now = 0; now < 10 * SECOND_US; now += 20000) {
        advertiser a = device(1);
        char name[16];

        says(&a, KITH_AD_COMPLETE_NAME, name, (size_t)snprintf(name, sizeof name, "n%u", (unsigned)(now / 20000)));
        hear(h, &a, now);
        told += heard_next(h, now) != NULL;
    }
    assert_in_range(told, 9, 10);
    heard_free(h);
}

/* Escapes that would move the cursor, and octets that are no text in any code. */
static void a_name_is_harmless(void **state)
{
    heard *h = table();
    advertiser a = device(1);
    char line[HEARD_LINE], *text;
    json_t *o;

    (void)state;
    says(&a, KITH_AD_COMPLETE_NAME, "\x1b[2J\xff\xfe\x9b\n", 8);
    o = heard_json(hear(h, &a, 0));
    assert_string_equal(json_string_value(json_object_get(o, "name")), "?[2J????");
    text = json_dumps(o, 0);
    assert_non_null(text);
    free(text);
    json_decref(o);
    heard_line(heard_next(h, SECOND_US), line);
    for (const char *c = line; *c != '\0'; c++)
        assert_in_range(*c, ' ', '~');
    heard_free(h);
}

static void long_names_and_many_services_are_cut(void **state)
{
    heard *h = table();
    advertiser a = device(1);
    uint8_t services[2 * 40], name[150];
    const heard_one *one;

    (void)state;
    for (uint8_t i = 0; i < sizeof services; i++)
        services[i] = i;
    memset(name, 'x', sizeof name);
    says(&a, KITH_AD_COMPLETE_NAME, name, sizeof name);
    says(&a, KITH_AD_SERVICES_16, services, sizeof services);
    a.report.extended = true;
    one = hear(h, &a, 0);
    assert_int_equal(strlen(one->name), HEARD_NAME - 1);
    assert_int_equal(one->service_count, HEARD_SERVICES);
    assert_true(one->more_services);
    heard_free(h);
}

static void counts_are_of_those_in_the_table(void **state)
{
    heard *h = table();
    heard_counts c;

    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        advertiser a = device(i);

        a.report.connectable = i < 3;
        a.report.claimed = i == 0 ? 7 : 0;
        hear(h, &a, i);
        hear(h, &a, i);
    }
    heard_count(h, &c);
    assert_int_equal(c.there, 10);
    assert_int_equal(c.connectable, 3);
    assert_int_equal(c.claiming, 1);
    assert_int_equal(c.reports, 20);
    assert_int_equal(c.left, 0);
    heard_free(h);
}

/* Who is heard all the time stays, whoever else comes. */
static void of_too_many_those_heard_longest_ago_leave(void **state)
{
    enum { ALL = 3 * HEARD_MAX };
    heard *h = table();
    advertiser friend = device(ALL);
    heard_counts c;

    (void)state;
    for (uint32_t i = 0; i < ALL; i++) {
        advertiser a = device(i);

        hear(h, &a, i);
        hear(h, &friend, i);
    }
    heard_count(h, &c);
    assert_int_equal(c.there, HEARD_MAX);
    assert_int_equal(c.left, ALL + 1 - HEARD_MAX);
    assert_int_equal(hear(h, &friend, ALL)->reports, ALL + 1);
    for (unsigned i = 0; i < HEARD_MAX; i++)
        assert_non_null(heard_next(h, UINT64_MAX)); /* the queue has lost nobody who is there, and holds nobody twice */
    assert_null(heard_next(h, UINT64_MAX));
    heard_free(h);
}

static double seconds_for(uint32_t devices, uint32_t reports)
{
    heard *h = table();
    clock_t began = clock();

    for (uint32_t i = 0; i < reports; i++) {
        advertiser a = device(i % devices * 2654435761u);

        hear(h, &a, i);
        (void)heard_next(h, i);
    }
    heard_free(h);
    return (double)(clock() - began) / CLOCKS_PER_SEC;
}

/* Looking through all of them would take a hundred times as long; a busy machine does not. */
static void a_report_costs_the_same_among_many(void **state)
{
    double few = seconds_for(40, 400000), many = seconds_for(4000, 400000);

    (void)state;
    print_message("400000 reports: of 40 devices %.3f s, of 4000 %.3f s\n", few, many);
    assert_true(many < 20 * few + 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_told_once_with_all_it_said),
        cmocka_unit_test(who_does_not_answer_is_told_after_a_second),
        cmocka_unit_test(what_is_new_is_told_again_once_a_second_at_most),
        cmocka_unit_test(a_name_is_harmless),
        cmocka_unit_test(long_names_and_many_services_are_cut),
        cmocka_unit_test(counts_are_of_those_in_the_table),
        cmocka_unit_test(of_too_many_those_heard_longest_ago_leave),
        cmocka_unit_test(a_report_costs_the_same_among_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
