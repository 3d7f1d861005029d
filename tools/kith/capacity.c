/* `kith capacity`: what a flash holds and how long it lives, as a short table and a sentence.  No flash is needed. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "capacity_options.h"
#include "command.h"
#include "report.h"

enum { WIDTH = 26 };

typedef struct {
    const capacity_question *question;
    uint32_t sectors; /* 0: there is no such number */
    kith_capacity_problem problem;
    kith_capacity told;
} answer;

static answer ask(const capacity_question *q)
{
    answer a = {.question = q, .sectors = q->flash.sector_count};

    if (q->tell_sectors)
        a.problem = kith_capacity_sectors(&q->flash, &q->use, q->years, &a.sectors, &a.told);
    else
        a.problem = kith_capacity_tell(&q->flash, &q->use, &a.told);
    return a;
}

static bool has_sizes(const answer *a)
{
    return a->told.bond_octets != 0 && a->sectors != 0;
}

static double erases_of_sector(const answer *a)
{
    return (double)a->told.erases / a->sectors;
}

static bool lives_for_ever(const answer *a)
{
    return a->told.erases == 0;
}

/* ---- for programs ---- */

static void set_number(json_t *o, const char *name, uint64_t number)
{
    (void)json_object_set_new(o, name, json_integer((json_int_t)number));
}

static void set_sizes(json_t *o, const answer *a)
{
    set_number(o, "device_octets", a->told.device_octets);
    set_number(o, "bond_octets", a->told.bond_octets);
    set_number(o, "state_octets", a->told.state_octets);
    set_number(o, "chunk_octets", a->told.chunk_octets);
    set_number(o, "removal_octets", a->told.removal_octets);
    set_number(o, "usable", a->told.usable);
    set_number(o, "bonds", a->told.bonds);
    set_number(o, "kept", a->told.kept);
    set_number(o, "used", a->told.used);
    set_number(o, "room", a->told.room);
    set_number(o, "states_beside", a->told.states_beside);
}

static void set_wear(json_t *o, const answer *a)
{
    (void)json_object_set_new(o, "erases_per_sector_per_year", json_real(erases_of_sector(a)));
    set_number(o, "octets_per_year", a->told.programmed);
    (void)json_object_set_new(o, "write_amplification", json_real(a->told.amplification_x100 / 100.0));
    (void)json_object_set_new(o, "years", lives_for_ever(a) ? json_null() : json_real(a->told.years_x10 / 10.0));
}

static void print_json(const answer *a)
{
    json_t *o = json_pack("{s:s, s:b}", "event", "capacity", "possible", a->problem == KITH_CAPACITY_POSSIBLE);

    if (a->sectors != 0)
        set_number(o, "sectors", a->sectors);
    set_number(o, "sector_size", a->question->flash.sector_size);
    set_number(o, "write", a->question->flash.program_size);
    if (has_sizes(a))
        set_sizes(o, a);
    if (a->problem == KITH_CAPACITY_POSSIBLE)
        set_wear(o, a);
    else
        (void)json_object_set_new(o, "why", json_string(kith_capacity_problem_text(a->problem)));
    (void)json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(o);
}

/* ---- for people ---- */

static void print_row(const char *name, uint64_t number, const char *about)
{
    printf("%-*s %10llu  %s\n", WIDTH, name, (unsigned long long)number, about);
}

static void print_sizes(const answer *a)
{
    const kith_capacity *told = &a->told;

    print_row("a bond", told->bond_octets, "octets");
    if (told->state_octets != 0)
        print_row("its state", told->state_octets, "octets");
    if (told->chunk_octets != 0)
        print_row("each of its chunks", told->chunk_octets, "octets");
    print_row("certain to be usable", told->usable, "octets");
    print_row("used", told->used, "octets, our own identity included");
    if (told->state_octets != 0)
        print_row("room left", told->room, "octets beside what replacing a record needs");
    print_row("bonds that fit", told->bonds, "");
}

static void print_wear(const answer *a)
{
    printf("%-*s %10.1f  a year, of %u\n", WIDTH, "erases of each sector", erases_of_sector(a),
           (unsigned)a->question->use.endurance);
    print_row("octets programmed", a->told.programmed, "a year");
    if (a->told.written != 0)
        printf("%-*s %10.2f  octets programmed for each octet of a record\n", WIDTH, "write amplification",
               a->told.amplification_x100 / 100.0);
}

static const char *years_text(const answer *a, char text[32])
{
    if (lives_for_ever(a))
        return "without end, since nothing is written";
    if (a->told.years_x10 >= 100000)
        return "for more than 10000 years";
    (void)snprintf(text, 32, a->told.years_x10 < 100 ? "for about %u.%u years" : "for about %u years",
                   (unsigned)(a->told.years_x10 / 10), (unsigned)(a->told.years_x10 % 10));
    return text;
}

static void print_sentence(const answer *a)
{
    char text[32];

    printf("\n%u sectors of %u octets hold %s%u bonds; with %u they live %s.\n", (unsigned)a->sectors,
           (unsigned)a->question->flash.sector_size, a->question->tell_sectors ? "" : "up to ", (unsigned)a->told.bonds,
           (unsigned)a->told.kept, years_text(a, text));
}

static void print_for_people(const answer *a)
{
    if (!has_sizes(a))
        return;
    print_sizes(a);
    if (a->problem != KITH_CAPACITY_POSSIBLE)
        return;
    print_wear(a);
    print_sentence(a);
}

static int complain_of(const answer *a)
{
    if (a->problem == KITH_CAPACITY_ROOM && has_sizes(a))
        return complain("%u bonds do not fit into %u sectors of %u octets; %u do", (unsigned)a->told.kept,
                        (unsigned)a->sectors, (unsigned)a->question->flash.sector_size, (unsigned)a->told.bonds);
    if (a->problem == KITH_CAPACITY_ROOM)
        return complain("%u bonds fit into no number of sectors of %u octets", (unsigned)a->question->use.bonds,
                        (unsigned)a->question->flash.sector_size);
    return complain("that cannot be: %s", kith_capacity_problem_text(a->problem));
}

int capacity_main(int argc, char **argv)
{
    capacity_question question;
    struct sigaction ignore;
    answer a;
    int status = EXIT_OK;

    capacity_options_parse(argc, argv, &question);
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN; /* a closed stdout is told, as everywhere */
    (void)sigaction(SIGPIPE, &ignore, NULL);
    a = ask(&question);
    if (question.json)
        print_json(&a);
    else
        print_for_people(&a);
    if (!report_is_read())
        return EXIT_FAILED;
    if (a.problem != KITH_CAPACITY_POSSIBLE)
        status = complain_of(&a);
    return status;
}
