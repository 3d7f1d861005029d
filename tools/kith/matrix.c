/* `kith matrix`: which method two devices pair by, as tables or for one pair of them.  No controller is needed. */
#include <argp.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "command.h"
#include "matrix_cell.h"
#include "report.h"

enum { OPTION_IO = 256, OPTION_PEER, OPTION_MITM, OPTION_SC, OPTION_LEGACY, OPTION_OOB, OPTION_WE, OPTION_LEVEL };
enum { CAPABILITIES = 5, WIDTH = 16 /* of a column; two more for the names of rows: 98 in all */ };

typedef struct {
    matrix_question question;
    bool has_io, has_peer, sc, legacy, json;
    const char *about_pair; /* the first option that means nothing without a pair; NULL: none */
} matrix_options;

/* ---- for programs ---- */

static void set_text(json_t *o, const char *name, const char *value)
{
    (void)json_object_set_new(o, name, json_string(value));
}

static json_t *cell_json(const matrix_question *q, const matrix_answer *answer)
{
    const kith_method_choice *choice = &answer->choice;
    json_t *o = json_object();

    set_text(o, "event", "cell");
    (void)json_object_set_new(o, "secure_connections", json_boolean(q->secure_connections));
    set_text(o, "initiator_io", choice_word(choice_io, (int)(q->we_initiate ? q->io : q->peer)));
    set_text(o, "responder_io", choice_word(choice_io, (int)(q->we_initiate ? q->peer : q->io)));
    (void)json_object_set_new(o, "mitm", json_boolean(q->mitm));
    set_text(o, "method", kith_method_name(choice->method));
    if (choice->passkey != KITH_PASSKEY_NONE)
        set_text(o, "passkey", kith_passkey_form_name(choice->passkey));
    (void)json_object_set_new(o, "level", json_integer(answer->level));
    set_text(o, "level_name", kith_level_name(answer->level));
    return o;
}

static void print_object(json_t *o)
{
    (void)json_dumpf(o, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(o);
}

/* ---- one pair ---- */

static const choice_entry oob_choices[] = {
    {"none", 0}, {"ours", MATRIX_OURS}, {"peer", MATRIX_PEERS}, {"both", MATRIX_OURS | MATRIX_PEERS}, {NULL, 0}};

static void print_pair_json(const matrix_question *q)
{
    matrix_answer answer = matrix_ask(q);
    json_t *o = cell_json(q, &answer);
    char text[MATRIX_SENTENCE];

    set_text(o, "we", q->we_initiate ? "initiator" : "responder");
    set_text(o, "oob", choice_word(oob_choices, (int)q->oob));
    if (answer.choice.method == KITH_METHOD_OOB)
        (void)json_object_set_new(o, "level_needs_secure_channel", json_true());
    if (q->required != KITH_LEVEL_NONE) {
        (void)json_object_set_new(o, "required_level", json_integer(q->required));
        (void)json_object_set_new(o, "reached", json_boolean(answer.level >= q->required));
    }
    set_text(o, "sentence", matrix_sentence(q, " ", text));
    print_object(o);
}

static void print_pair(const matrix_question *q)
{
    char text[MATRIX_SENTENCE];

    puts(matrix_sentence(q, "\n", text));
}

/* ---- the tables ---- */

/* In the specification's order, as kith_io_capability is. */
static matrix_question question_of(unsigned initiator, unsigned responder, bool sc)
{
    matrix_question q = {.we_initiate = true, .mitm = true, .secure_connections = sc, .required = KITH_LEVEL_NONE};

    q.io = (kith_io_capability)initiator;
    q.peer = (kith_io_capability)responder;
    return q;
}

static void print_in_column(unsigned column, const char *text)
{
    printf("%-*s%s", column + 1 < CAPABILITIES ? WIDTH : 0, text, column + 1 < CAPABILITIES ? "" : "\n");
}

static void print_table(bool sc)
{
    printf("%-*s  ", WIDTH, "");
    for (unsigned initiator = 0; initiator < CAPABILITIES; initiator++)
        print_in_column(initiator, choice_word(choice_io, (int)initiator));
    for (unsigned responder = 0; responder < CAPABILITIES; responder++) {
        printf("%-*s  ", WIDTH, choice_word(choice_io, (int)responder));
        for (unsigned initiator = 0; initiator < CAPABILITIES; initiator++) {
            matrix_question q = question_of(initiator, responder, sc);
            matrix_answer answer = matrix_ask(&q);
            char text[16];

            print_in_column(initiator, matrix_cell_text(&answer, text));
        }
    }
}

static void print_tables(void)
{
    puts("How two devices pair when one of them asks for protection against a man in the middle.\n"
         "A column is an initiator (central), a row a responder (peripheral).\n"
         "\n"
         "LE Secure Connections\n");
    print_table(true);
    puts("\nLE legacy pairing: a side without Secure Connections\n");
    print_table(false);
    puts("\n"
         "Just Works    nobody does anything; nobody would notice a man in the middle\n"
         "Comparison    Numeric Comparison: both show six digits, both users say whether they are the same\n"
         "Passkey I>R   Passkey Entry: the initiator shows six digits, the responder's user types them\n"
         "Passkey R>I   Passkey Entry: the responder shows six digits, the initiator's user types them\n"
         "Passkey both  Passkey Entry: both users type the same six digits, on which they agreed\n"
         "\n"
         "The figure is the level that it reaches with a key of 16 octets: 2 encrypted, 3 authenticated,\n"
         "4 authenticated by Secure Connections. Legacy Passkey Entry is level 2, since whoever listens\n"
         "finds the passkey; before Core 6.2 it counted as level 3.\n"
         "\n"
         "Where neither side asks for protection: Just Works, level 2, whatever they can show and type.\n"
         "With out of band data, whatever else: Secure Connections with data of one side, level 4; legacy\n"
         "with data of both, level 3; level 2 where somebody could overhear or change the data.");
}

static void print_tables_json(void)
{
    for (unsigned i = 0; i < 2 * CAPABILITIES * CAPABILITIES; i++) {
        matrix_question q =
            question_of(i % CAPABILITIES, i / CAPABILITIES % CAPABILITIES, i < CAPABILITIES * CAPABILITIES);
        matrix_answer answer = matrix_ask(&q);

        print_object(cell_json(&q, &answer));
    }
}

/* ---- options ---- */

static const choice_entry we_choices[] = {{"initiator", true}, {"responder", false}, {NULL, 0}};

static void check(matrix_options *o, struct argp_state *state)
{
    if (o->has_io != o->has_peer)
        argp_error(state, "--io and --peer belong together: what we can show and type, and what the peer can");
    if (o->about_pair != NULL && !o->has_io)
        argp_error(state, "%s is about one pair of devices: name them by --io and --peer", o->about_pair);
    if (o->sc && o->legacy)
        argp_error(state, "--sc and --legacy: only one of the two");
    o->question.secure_connections = !o->legacy;
    if (o->question.required >= KITH_LEVEL_AUTHENTICATED)
        o->question.mitm = true; /* as a host asks for what it requires */
}

static void about_pair(matrix_options *o, const char *option)
{
    if (o->about_pair == NULL)
        o->about_pair = option;
}

/* Options that mean something for one pair only. */
static error_t take_pair_option(int key, char *arg, struct argp_state *state)
{
    matrix_options *o = state->input;

    switch (key) {
    case OPTION_MITM:
        o->question.mitm = true;
        about_pair(o, "--mitm");
        return 0;
    case OPTION_SC:
        o->sc = true;
        about_pair(o, "--sc");
        return 0;
    case OPTION_LEGACY:
        o->legacy = true;
        about_pair(o, "--legacy");
        return 0;
    case OPTION_OOB:
        o->question.oob = (unsigned)choice_of(oob_choices, "--oob", arg, state);
        about_pair(o, "--oob");
        return 0;
    case OPTION_WE:
        o->question.we_initiate = choice_of(we_choices, "--we", arg, state) != 0;
        about_pair(o, "--we");
        return 0;
    case OPTION_LEVEL:
        o->question.required = (kith_level)choice_of(choice_level, "--level", arg, state);
        about_pair(o, "--level");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    matrix_options *o = state->input;

    switch (key) {
    case OPTION_IO:
        o->question.io = (kith_io_capability)choice_of(choice_io, "--io", arg, state);
        o->has_io = true;
        return 0;
    case OPTION_PEER:
        o->question.peer = (kith_io_capability)choice_of(choice_io, "--peer", arg, state);
        o->has_peer = true;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is one argument too many", arg);
        return 0;
    case ARGP_KEY_END:
        check(o, state);
        return 0;
    default:
        return take_pair_option(key, arg, state);
    }
}

static const struct argp_option option_table[] = {
    {"io", OPTION_IO, "IO", 0,
     "what we can show and type: none, display-only, display-yes-no, keyboard-only or keyboard-display", 1},
    {"peer", OPTION_PEER, "IO", 0, "what the peer can show and type", 1},
    {"mitm", OPTION_MITM, NULL, 0, "one side asks for protection against a man in the middle", 2},
    {"sc", OPTION_SC, NULL, 0, "both sides support LE Secure Connections (the default)", 2},
    {"legacy", OPTION_LEGACY, NULL, 0, "one side does not support them: LE legacy pairing", 2},
    {"oob", OPTION_OOB, "WHOSE", 0,
     "out of band data that came to the other side: none (the default), ours, peer (we have got the peer's) or both",
     2},
    {"we", OPTION_WE, "ROLE", 0, "initiator (the default) or responder", 2},
    {"level", OPTION_LEVEL, "LEVEL", 0,
     "tells whether it is reached: encrypted (or 2), authenticated (3), sc-authenticated (4); from 3 on it implies "
     "--mitm, as in pairing",
     2},
    {"json", 'j', NULL, 0, "tell it as JSON, one object a line", 3},
    {0},
};

static const struct argp parser = {
    option_table,
    take_option,
    NULL,
    "Tells by which method two devices pair, who shows and who types, and which level of security that reaches: as "
    "tables, or with --io and --peer for one pair of devices."
    "\v"
    "Core Vol 3 Part H 2.3.5.1; levels as of Core 6.2.  No controller is needed.\n"
    "\n"
    "JSON: each cell is an object with `event' (cell), `secure_connections', `initiator_io', `responder_io', `mitm', "
    "`method', `passkey' (with Passkey Entry), `level', `level_name'; for one pair also `we', `oob', `sentence', with "
    "--level `required_level' and `reached', and with Out of Band "
    "`level_needs_secure_channel'.\n"
    "\n"
    "Exit status: 0 it was told, also that a level is not reached; 1 nobody reads what it prints; 2 wrong use.",
    NULL,
    NULL,
    NULL,
};

static void tell(const matrix_options *o)
{
    if (o->has_io && o->json)
        print_pair_json(&o->question);
    else if (o->has_io)
        print_pair(&o->question);
    else if (o->json)
        print_tables_json();
    else
        print_tables();
}

int matrix_main(int argc, char **argv)
{
    matrix_options options = {.question = {.we_initiate = true, .required = KITH_LEVEL_NONE}};
    struct sigaction ignore;

    argp_parse(&parser, argc, argv, 0, NULL, &options);
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN; /* a closed stdout is told, as everywhere */
    (void)sigaction(SIGPIPE, &ignore, NULL);
    tell(&options);
    return report_is_read() ? EXIT_OK : EXIT_FAILED;
}
