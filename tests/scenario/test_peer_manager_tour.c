/* The tour of the peer manager (examples/peer_manager_tour), the very program, with its phone and a stranger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "examples/peer_manager_tour/guests.h"
#include "examples/room/room.h"

enum { SECOND = 1000000, A_STORY = 120 * SECOND };

static peer_manager_tour tour;
static guest phone, stranger;
static room place;
static char *said;
static size_t said_len;

static const room_device devices[] = {
    {&tour, "tour", peer_manager_tour_power_on, peer_manager_tour_on_event, peer_manager_tour_turn},
    {&phone, "phone", guest_power_on, guest_on_event, guest_turn},
    {&stranger, "stranger", guest_power_on, guest_on_event, guest_turn}};

static void tell(bool with_stranger)
{
    FILE *out = open_memstream(&said, &said_len);

    assert_non_null(out);
    tour = (peer_manager_tour){.name = "tour", .out = out, .phone_display = &phone.shown};
    phone = (guest){.tour = &tour, .out = out, .shown = TOUR_NOTHING_SHOWN, .shown_last = TOUR_NOTHING_SHOWN};
    stranger = (guest){.tour = &tour, .out = out, .shown = TOUR_NOTHING_SHOWN, .is_stranger = true};
    room_open(&place, 1);
    for (uint8_t i = 0; i < 2 + with_stranger; i++)
        (void)room_add(&place, &devices[i], (uint8_t[6]){(uint8_t)(i + 1), 0, 0, 0, 0, 1}, true);
    while (tour.chapter != TOUR_END && room_now(&place) < A_STORY)
        room_run(&place, SECOND / 4);
    (void)fclose(out);
}

static void end(void)
{
    room_close(&place);
    free(said);
}

static void each_chapter_goes_as_its_title_says(void **state)
{
    (void)state;
    tell(true);
    assert_int_equal(tour.chapter, TOUR_END);
    assert_int_equal(tour.failed, 0);
    assert_int_equal(phone.failed, 0);
    assert_int_equal(phone.paired, 5);    /* not in the first chapter */
    assert_int_equal(phone.encrypted, 3); /* twice for its table, once from the allow list */
    assert_int_equal(tour.links, 9);      /* the stranger's is none */
    assert_int_equal(stranger.refused, 1);
    assert_int_equal(tour.surveys_kept, 1);
    assert_string_equal(tour.data, "brightness 7");
    assert_int_equal(kith_bonds_count(tour.host), 0);
    end();
}

static void what_it_prints_tells_the_levels_and_no_secret(void **state)
{
    char passkey[8];

    (void)state;
    tell(true);
    assert_non_null(strstr(said, "We said: Pairing Not Supported 0x05"));
    assert_non_null(strstr(said, "level 4, key of 16, Secure Connections"));
    assert_non_null(strstr(said, "Connection Failed to be Established"));
    assert_non_null(strstr(said, "forgotten-all"));
    assert_in_range(phone.shown_last, 0, 999999);
    (void)snprintf(passkey, sizeof passkey, "%06u", (unsigned)phone.shown_last);
    assert_null(strstr(said, passkey));
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chapter_goes_as_its_title_says),
        cmocka_unit_test(what_it_prints_tells_the_levels_and_no_secret),
    };

    return cmocka_run_group_tests_name("peer manager tour", tests, NULL, NULL);
}
