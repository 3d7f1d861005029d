/* Two pulsers on the virtual radio: they pair, lose power, come back to each other, and want no third; then all is
 * forgotten.  Exit status: 0 if all of that happened. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "examples/room/room.h"
#include "pulser.h"

enum { LEFT, RIGHT, THIRD, PULSERS };

static pulser pulsers[PULSERS] = {{.name = "left", .battery = 70}, {.name = "right", .battery = 40}, {.name = "third"}};

void board_say(const pulser *p, const char *what)
{
    printf("%9.3f s  %-5s %s\n", (double)p->now_us / SECOND, p->name, what);
}

void board_light(const pulser *p, pulser_light light)
{
    static const char *const names[] = {
        [WAITS] = "(waits)", [GREEN] = "(green, green, green)", [RED] = "(red, red, red)"};

    if (light == WAITS || light == GREEN || light == RED)
        board_say(p, names[light]);
}

void board_number(const pulser *p, uint32_t number)
{
    printf("%9.3f s  %-5s shows %06u\n", (double)p->now_us / SECOND, p->name, (unsigned)number);
}

static void expect(bool truth, const char *what)
{
    if (truth)
        return;
    printf("not so: %s\n", what);
    exit(EXIT_FAILURE);
}

static bool all_pulse(void)
{
    return pulsers[LEFT].state == PULSING && pulsers[RIGHT].state == PULSING;
}

static void tell(const char *what)
{
    printf("\n%s\n", what);
}

static void power_fails(room *r)
{
    for (size_t i = LEFT; i <= RIGHT; i++)
        room_power_off(r, i);
    room_run(r, SECOND);
    for (size_t i = LEFT; i <= RIGHT; i++)
        room_power_on(r, i);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {NULL,
                                     NULL,
                                     NULL,
                                     "Tells a story of two pulsers, and of a third that nobody wants, on the virtual "
                                     "radio.\vExit status: 0 all went "
                                     "as it should; 1 it did not, and what is said; 2 wrong use.",
                                     NULL,
                                     NULL,
                                     NULL};
    static room r;
    room_device devices[PULSERS];

    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, 0, NULL, NULL);

    room_open(&r, 1);
    for (uint8_t i = 0; i < PULSERS; i++)
        devices[i] = (room_device){&pulsers[i], pulsers[i].name, pulser_power_on, pulser_on_event, pulser_turn};
    (void)room_add(&r, &devices[LEFT], (uint8_t[6]){1, 0, 0, 0, 0, 9}, true);
    (void)room_add(&r, &devices[RIGHT], (uint8_t[6]){2, 0, 0, 0, 0, 8}, true);
    tell("Two people press their buttons, one after the other.");
    room_run(&r, SECOND);
    pulser_press(&pulsers[LEFT], 300);
    room_run(&r, 2 * SECOND);
    pulser_press(&pulsers[RIGHT], 200);
    room_run(&r, 8 * SECOND);
    expect(all_pulse() && pulsers[LEFT].leads, "they pulse, and the fuller battery leads");
    tell("The power fails.  Nobody presses anything.");
    power_fails(&r);
    room_run(&r, 8 * SECOND);
    expect(all_pulse() && pulsers[LEFT].bonds_made == 1, "they pulse again, by the bond they had");
    tell("A third pulser comes, and its button is pressed.");
    (void)room_add(&r, &devices[THIRD], (uint8_t[6]){3, 0, 0, 0, 0, 10}, true);
    room_run(&r, SECOND);
    pulser_press(&pulsers[THIRD], 300);
    room_run(&r, 8 * SECOND);
    expect(pulsers[THIRD].bonds_made == 0 && all_pulse(), "the third is not wanted");
    tell("One is reset to what it was in the factory.");
    pulser_press(&pulsers[LEFT], 12000);
    room_run(&r, 5 * SECOND);
    expect(kith_bonds_count(pulsers[LEFT].host) == 0, "everything is forgotten");
    room_close(&r);
    printf("\n%u beats of left, %u of right\n", pulsers[LEFT].beats, pulsers[RIGHT].beats);
    return EXIT_SUCCESS;
}
