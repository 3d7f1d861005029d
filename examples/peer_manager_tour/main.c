/* Where the tour runs: on the virtual radio, with a phone and a stranger; or on a controller, where somebody's own
 * phone comes when the chapter says so.  It is the same program in both places. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "examples/room/desk.h"
#include "guests.h"

enum { SECOND = 1000000, A_STORY = 120 * SECOND, LONGEST_NAME = 26, WRONG_USE = 2 };

const char *argp_program_version = "peer_manager_tour " KITH_VERSION;

typedef struct {
    const char *hci, *store;
    bool keep;
} options;

static const struct argp_option argp_options[] = {
    {"hci", 'H', "WHERE", 0, DESK_HCI_HELP ", where a phone and a stranger come", 0},
    {"store", 's', "FILE", 0, "keep bonds in FILE, with --hci; without it they are forgotten at the end", 0},
    {"keep-bonds", 'k', NULL, 0, "begin with the bonds that are there, and don't delete them first", 0},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    options *o = state->input;

    switch (key) {
    case 'H':
        o->hci = arg;
        return 0;
    case 's':
        o->store = arg;
        return 0;
    case 'k':
        o->keep = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "nothing is known to do with '%s'", arg);
        return 0;
    case ARGP_KEY_END:
        if (o->store != NULL && o->hci == NULL)
            argp_error(state, "--store goes with --hci: the phone on the virtual radio forgets all at the end");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static peer_manager_tour tour;
static guest phone, stranger;

/* All chapters went as their titles say. */
static bool is_told(void)
{
    return tour.chapter == TOUR_END && tour.failed == 0 && phone.failed == 0 && phone.paired == 5 &&
           phone.encrypted == 3 && tour.surveys_kept == 1 && stranger.refused == 1 && tour.links == 9;
}

static bool on_the_virtual_radio(void)
{
    static room place;
    bool well;
    const room_device devices[] = {
        {&tour, "tour", peer_manager_tour_power_on, peer_manager_tour_on_event, peer_manager_tour_turn},
        {&phone, "phone", guest_power_on, guest_on_event, guest_turn},
        {&stranger, "stranger", guest_power_on, guest_on_event, guest_turn}};

    room_open(&place, 1);
    for (uint8_t i = 0; i < 3; i++)
        (void)room_add(&place, &devices[i], (uint8_t[6]){(uint8_t)(i + 1), 0, 0, 0, 0, 1}, true);
    while (!desk_is_stopped() && tour.chapter != TOUR_END && room_now(&place) < A_STORY)
        room_run(&place, SECOND / 4);
    well = is_told();
    room_close(&place);
    printf("\n%s\n",
           well ? "Ten chapters, nine visits, and a stranger that nobody answered." : "Not what was to be told.");
    return well || desk_is_stopped();
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        argp_options,
        parse,
        NULL,
        "A tour of the peer manager: six ways to pair, data about a peer, its table kept, an allow list, deletion.\v"
        "Exit status: 0 well, or stopped by Ctrl-C; 1 it could not be done, and why is said; 2 wrong use.",
        NULL,
        NULL,
        NULL};
    static desk d;
    const room_device device = {&tour, "tour", peer_manager_tour_power_on, peer_manager_tour_on_event,
                                peer_manager_tour_turn};
    options o = {.hci = NULL};

    argp_err_exit_status = WRONG_USE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &o);
    tour = (peer_manager_tour){
        .name = "tour", .out = stdout, .phone_display = o.hci == NULL ? &phone.shown : NULL, .keeps_bonds = o.keep};
    tour.now_us = o.hci != NULL ? kith_posix_now() : 0;
    phone = (guest){.tour = &tour, .out = stdout, .shown = TOUR_NOTHING_SHOWN};
    stranger = (guest){.tour = &tour, .out = stdout, .shown = TOUR_NOTHING_SHOWN, .is_stranger = true};
    if (o.hci != NULL)
        return desk_serve(&d, o.hci, o.store, &device);
    return on_the_virtual_radio() ? EXIT_SUCCESS : EXIT_FAILURE;
}
