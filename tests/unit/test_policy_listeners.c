/* Listeners: who is told, in which order, and what holds when the list changes while it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kith/listener.h"

enum { MOST = 6 };

typedef struct hearer hearer;
struct hearer {
    kith_listener listener;
    char name;
    kith_listeners *all;
    hearer *removes[2], *adds; /* when it is told next; once */
    uint64_t due_us;
    bool is_freed; /* by itself, when it is told */
};

static char heard[64];

static void note(char name)
{
    heard[strlen(heard)] = name;
}

static void change(hearer *self)
{
    for (unsigned i = 0; i < 2; i++)
        if (self->removes[i] != NULL)
            assert_int_equal(kith_listeners_remove(self->all, &self->removes[i]->listener), KITH_OK);
    if (self->adds != NULL)
        assert_int_equal(kith_listeners_add(self->all, &self->adds->listener), KITH_OK);
    self->removes[0] = self->removes[1] = self->adds = NULL;
}

static void on_event(kith_listener *listener, kith_host *h, const kith_event *event, uint64_t now_us)
{
    hearer *self = (hearer *)listener;

    assert_null(h);
    assert_int_equal(event->kind, KITH_EVENT_PAIRED);
    assert_int_equal(now_us, 7);
    note(self->name);
    change(self);
    if (self->is_freed)
        free(self);
}

static uint64_t deadline(const kith_listener *listener)
{
    return ((const hearer *)listener)->due_us;
}

static void on_time(kith_listener *listener, kith_host *h, uint64_t now_us)
{
    hearer *self = (hearer *)listener;

    assert_null(h);
    assert_true(self->due_us <= now_us);
    self->due_us = UINT64_MAX;
    note(self->name);
    change(self);
}

/* a, b, c... of which the first `count` are in the list. */
static void set_up(kith_listeners *all, hearer *who, unsigned count)
{
    memset(all, 0, sizeof *all);
    memset(who, 0, MOST * sizeof *who);
    for (unsigned i = 0; i < MOST; i++) {
        who[i] = (hearer){.listener = {.on_event = on_event, .deadline = deadline, .on_time = on_time},
                          .name = (char)('a' + i),
                          .all = all,
                          .due_us = UINT64_MAX};
        if (i < count)
            assert_int_equal(kith_listeners_add(all, &who[i].listener), KITH_OK);
    }
}

static const char *tell(kith_listeners *all)
{
    const kith_event event = {.kind = KITH_EVENT_PAIRED};

    memset(heard, 0, sizeof heard);
    kith_listeners_tell(all, NULL, &event, 7);
    return heard;
}

static const char *advance(kith_listeners *all, uint64_t now_us)
{
    memset(heard, 0, sizeof heard);
    kith_listeners_advance(all, NULL, now_us);
    return heard;
}

static void each_is_told_in_the_order_of_adding(void **state)
{
    kith_listeners all;
    hearer who[MOST];

    (void)state;
    set_up(&all, who, 0);
    assert_string_equal(tell(&all), "");
    set_up(&all, who, 5);
    assert_string_equal(tell(&all), "abcde");
    assert_int_equal(kith_listeners_remove(&all, &who[1].listener), KITH_OK);
    assert_string_equal(tell(&all), "acde");
    assert_int_equal(kith_listeners_add(&all, &who[1].listener), KITH_OK);
    assert_string_equal(tell(&all), "acdeb");
}

static void one_event_has_many_lists(void **state)
{
    kith_listeners all, others;
    hearer who[MOST], more[MOST];

    (void)state;
    set_up(&all, who, 2);
    set_up(&others, more, 3);
    assert_string_equal(tell(&all), "ab");
    assert_string_equal(tell(&others), "abc");
}

static void errors_change_nothing(void **state)
{
    kith_listeners all;
    hearer who[MOST];

    (void)state;
    set_up(&all, who, 2);
    assert_int_equal(kith_listeners_add(&all, &who[0].listener), KITH_ERR_EXISTS);
    assert_int_equal(kith_listeners_add(&all, &who[1].listener), KITH_ERR_EXISTS);
    assert_int_equal(kith_listeners_remove(&all, &who[2].listener), KITH_ERR_NOT_FOUND);
    who[2].listener.on_event = NULL;
    assert_int_equal(kith_listeners_add(&all, &who[2].listener), KITH_ERR_VALUE);
    who[3].listener.deadline = NULL;
    assert_int_equal(kith_listeners_add(&all, &who[3].listener), KITH_ERR_VALUE);
    who[4].listener.on_time = NULL;
    assert_int_equal(kith_listeners_add(&all, &who[4].listener), KITH_ERR_VALUE);
    who[5].listener.deadline = NULL, who[5].listener.on_time = NULL;
    assert_int_equal(kith_listeners_add(&all, &who[5].listener), KITH_OK);
    assert_string_equal(tell(&all), "abf");
}

/* Whoever goes, before, at or after the one that is told: nobody else is left out, and nobody is told twice. */
static void anybody_may_go_while_it_is_told(void **state)
{
    kith_listeners all;
    hearer who[MOST];

    (void)state;
    for (unsigned told = 0; told < 4; told++) {
        for (unsigned goes = 0; goes < 4; goes++) {
            char now[MOST + 1] = "", later[MOST + 1] = "";

            set_up(&all, who, 4);
            who[told].removes[0] = &who[goes];
            for (unsigned i = 0; i < 4; i++) {
                if (i != goes || goes <= told)
                    now[strlen(now)] = who[i].name;
                if (i != goes)
                    later[strlen(later)] = who[i].name;
            }
            assert_string_equal(tell(&all), now);
            assert_string_equal(tell(&all), later);
        }
    }
}

static void two_that_come_next_may_go_at_once(void **state)
{
    kith_listeners all;
    hearer who[MOST];

    (void)state;
    set_up(&all, who, 4);
    who[0].removes[0] = &who[1];
    who[0].removes[1] = &who[2];
    assert_string_equal(tell(&all), "ad");
    set_up(&all, who, 2);
    who[0].removes[0] = &who[0];
    who[0].removes[1] = &who[1];
    assert_string_equal(tell(&all), "a");
    assert_string_equal(tell(&all), "");
}

static void who_goes_may_be_freed_at_once(void **state)
{
    kith_listeners all;
    hearer who[MOST], *own = malloc(sizeof *own);

    (void)state;
    assert_non_null(own);
    set_up(&all, who, 1);
    *own = who[1];
    own->is_freed = true;
    own->removes[0] = own;
    assert_int_equal(kith_listeners_add(&all, &own->listener), KITH_OK);
    assert_int_equal(kith_listeners_add(&all, &who[2].listener), KITH_OK);
    assert_string_equal(tell(&all), "abc");
    assert_string_equal(tell(&all), "ac");
}

static void who_is_added_meanwhile_hears_the_next_event_first(void **state)
{
    kith_listeners all;
    hearer who[MOST];

    (void)state;
    for (unsigned told = 0; told < 3; told++) { /* by the last one, too */
        set_up(&all, who, 3);
        who[told].adds = &who[3];
        assert_string_equal(tell(&all), "abc");
        assert_string_equal(tell(&all), "abcd");
    }
    set_up(&all, who, 3); /* who goes and comes again is at the end, and has heard this one */
    who[0].removes[0] = who[0].adds = &who[0];
    assert_string_equal(tell(&all), "abc");
    assert_string_equal(tell(&all), "bca");
    set_up(&all, who, 3); /* who is moved before it was told hears the next one, as anybody who is added */
    who[0].removes[0] = who[0].adds = &who[1];
    assert_string_equal(tell(&all), "ac");
    assert_string_equal(tell(&all), "acb");
}

/* Added by one, removed by the next: the end of this event is where it was. */
static void who_is_added_and_goes_at_once_leaves_nothing_behind(void **state)
{
    kith_listeners all;
    hearer who[MOST];

    (void)state;
    set_up(&all, who, 3);
    who[0].adds = &who[3];
    who[1].removes[0] = &who[3];
    who[1].adds = &who[4];
    assert_string_equal(tell(&all), "abc");
    assert_string_equal(tell(&all), "abce");
    set_up(&all, who, 3);
    who[0].adds = &who[3];
    who[1].adds = &who[4];
    who[2].removes[0] = &who[3];
    assert_string_equal(tell(&all), "abc");
    assert_string_equal(tell(&all), "abce");
}

static void the_earliest_deadline_is_theirs(void **state)
{
    kith_listeners all;
    hearer who[MOST];

    (void)state;
    set_up(&all, who, 0);
    assert_true(kith_listeners_deadline(&all) == UINT64_MAX);
    set_up(&all, who, 3);
    assert_true(kith_listeners_deadline(&all) == UINT64_MAX);
    who[2].due_us = 40;
    who[1].due_us = 30;
    assert_int_equal(kith_listeners_deadline(&all), 30);
    assert_int_equal(kith_listeners_remove(&all, &who[1].listener), KITH_OK);
    assert_int_equal(kith_listeners_deadline(&all), 40);
}

static void time_comes_to_those_who_are_due(void **state)
{
    kith_listeners all;
    hearer who[MOST];

    (void)state;
    set_up(&all, who, 4);
    who[3].listener.deadline = NULL, who[3].listener.on_time = NULL;
    who[0].due_us = 30;
    who[2].due_us = 20;
    assert_string_equal(advance(&all, 19), "");
    assert_string_equal(advance(&all, 20), "c");
    assert_string_equal(advance(&all, 29), "");
    assert_string_equal(advance(&all, 50), "a");
    who[0].due_us = who[1].due_us = who[2].due_us = 60; /* and the list may change */
    who[0].removes[0] = &who[1];
    who[0].adds = &who[4];
    who[4].due_us = 1;
    assert_string_equal(advance(&all, 60), "ac");
    assert_string_equal(advance(&all, 60), "e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_told_in_the_order_of_adding),
        cmocka_unit_test(one_event_has_many_lists),
        cmocka_unit_test(errors_change_nothing),
        cmocka_unit_test(anybody_may_go_while_it_is_told),
        cmocka_unit_test(two_that_come_next_may_go_at_once),
        cmocka_unit_test(who_goes_may_be_freed_at_once),
        cmocka_unit_test(who_is_added_meanwhile_hears_the_next_event_first),
        cmocka_unit_test(who_is_added_and_goes_at_once_leaves_nothing_behind),
        cmocka_unit_test(the_earliest_deadline_is_theirs),
        cmocka_unit_test(time_comes_to_those_who_are_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
