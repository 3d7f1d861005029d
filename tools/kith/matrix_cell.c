/* One cell of the method tables.  The method comes from the library; the level is what Core 6.2 says it is worth. */
#include <stdarg.h>
#include <stdio.h>

#include "choice.h"
#include "matrix_cell.h"

/* ---- what comes of it ---- */

static kith_pairing_features features_of(const matrix_question *q, kith_io_capability io, unsigned data_of_other)
{
    kith_pairing_features features = {.io_capability = (uint8_t)io, .max_key_size = 16};

    features.oob_flag = (q->oob & data_of_other) != 0;
    features.auth_req =
        (uint8_t)((q->secure_connections ? KITH_AUTH_SC : 0) | (q->mitm ? (unsigned)KITH_AUTH_MITM : 0));
    return features;
}

/* Vol 3 Part C 10.2.1.  Legacy Passkey Entry: who listens finds the six digits, so since Core 6.2 it does not
 * authenticate. */
static kith_level level_of(const kith_method_choice *choice)
{
    if (choice->method == KITH_METHOD_JUST_WORKS)
        return KITH_LEVEL_ENCRYPTED;
    if (choice->secure_connections)
        return KITH_LEVEL_SC_AUTHENTICATED;
    return choice->method == KITH_METHOD_OOB ? KITH_LEVEL_AUTHENTICATED : KITH_LEVEL_ENCRYPTED;
}

matrix_answer matrix_ask(const matrix_question *q)
{
    kith_pairing_features ours = features_of(q, q->io, MATRIX_PEERS), peers = features_of(q, q->peer, MATRIX_OURS);
    matrix_answer answer;

    answer.choice = q->we_initiate ? kith_method_choose(&ours, &peers) : kith_method_choose(&peers, &ours);
    answer.level = level_of(&answer.choice);
    return answer;
}

/* ---- in a few letters ---- */

static const char *short_name(const kith_method_choice *choice)
{
    static const char *const passkey[] = {"Passkey", "Passkey I>R", "Passkey R>I", "Passkey both"};

    switch (choice->method) {
    case KITH_METHOD_JUST_WORKS:
        return "Just Works";
    case KITH_METHOD_NUMERIC_COMPARISON:
        return "Comparison";
    case KITH_METHOD_PASSKEY:
        return passkey[choice->passkey];
    default:
        return "Out of Band";
    }
}

char *matrix_cell_text(const matrix_answer *answer, char text[16])
{
    (void)snprintf(text, 16, "%s %u", short_name(&answer->choice), (unsigned)answer->level & 7);
    return text;
}

/* ---- in sentences ---- */

typedef struct {
    char *text;
    size_t len;
    const char *between;
} writer;

__attribute__((format(printf, 2, 3))) static void add(writer *w, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(w->text + w->len, MATRIX_SENTENCE - w->len, format, arguments);
    va_end(arguments);
    if (len > 0)
        w->len += (size_t)len < MATRIX_SENTENCE - w->len ? (size_t)len : MATRIX_SENTENCE - 1 - w->len;
}

static void add_question(writer *w, const matrix_question *q)
{
    static const char *const data[] = {"no out of band data", "the peer has out of band data of ours",
                                       "we have out of band data of the peer's",
                                       "each side has out of band data of the other"};

    add(w, "%s: we (%s) %s, the peer (%s) %s; protection against a man in the middle is %sasked for; %s.",
        q->secure_connections ? "LE Secure Connections" : "LE legacy pairing", choice_word(choice_io, (int)q->io),
        q->we_initiate ? "initiate" : "respond", choice_word(choice_io, (int)q->peer),
        q->we_initiate ? "responds" : "initiates", q->mitm ? "" : "not ", data[q->oob & 3]);
}

static const char *who_types(const matrix_question *q, kith_passkey_form form)
{
    if (form == KITH_PASSKEY_BOTH_TYPE)
        return "both users type the same six digits, on which they agreed";
    return (form == KITH_PASSKEY_INITIATOR_SHOWS) == q->we_initiate
               ? "we show six digits, and the peer's user types them"
               : "the peer shows six digits, and our user types them";
}

static const char *who_checks(const matrix_question *q)
{
    if (!q->secure_connections)
        return "both use the key that came by another way than the radio";
    if (q->oob == (MATRIX_OURS | MATRIX_PEERS))
        return "each checks the other by the data that came by another way than the radio";
    return q->oob == MATRIX_OURS ? "the peer checks us by our data that came to it by another way than the radio"
                                 : "we check the peer by its data that came to us by another way than the radio";
}

static const char *why_nobody_acts(const matrix_question *q)
{
    return q->mitm ? "nobody does anything, since what the two can show and type allows no more"
                   : "nobody does anything, since nobody asks for more";
}

static void add_method(writer *w, const matrix_question *q, const kith_method_choice *choice)
{
    const char *who = "both show six digits, and both users say whether they are the same";

    if (choice->method == KITH_METHOD_JUST_WORKS)
        who = why_nobody_acts(q);
    if (choice->method == KITH_METHOD_PASSKEY)
        who = who_types(q, choice->passkey);
    if (choice->method == KITH_METHOD_OOB)
        who = who_checks(q);
    add(w, "%s%s: %s.", w->between, kith_method_name(choice->method), who);
    if (choice->method != KITH_METHOD_OOB && q->oob != 0)
        add(w, " Out of band data of one side is not enough in legacy pairing.");
}

static void add_level(writer *w, const matrix_answer *answer)
{
    const kith_method_choice *choice = &answer->choice;

    add(w, "%sLevel %u: %s", w->between, (unsigned)answer->level, kith_level_name(answer->level));
    if (choice->method == KITH_METHOD_OOB)
        add(w, ", if nobody could overhear or change the data on their way; else level 2");
    if (choice->method == KITH_METHOD_PASSKEY && !choice->secure_connections)
        add(w, ", since whoever listens finds the passkey (before Core 6.2 this counted as level 3)");
    add(w, ".");
}

/* What would do. */
static const char *remedy(const matrix_question *q)
{
    if (q->secure_connections)
        return "It takes devices that can show or type more, or out of band data.";
    return q->required == KITH_LEVEL_SC_AUTHENTICATED
               ? "It takes Secure Connections on both sides."
               : "It takes Secure Connections on both sides, or out of band data on both.";
}

static void add_required(writer *w, const matrix_question *q, const matrix_answer *answer)
{
    if (q->required == KITH_LEVEL_NONE)
        return;
    if (answer->level >= q->required)
        add(w, "%sLevel %u is required, and reached.", w->between, (unsigned)q->required);
    else
        add(w, "%sLevel %u is required, and not reached: this pairing would be refused. %s", w->between,
            (unsigned)q->required, remedy(q));
}

char *matrix_sentence(const matrix_question *q, const char *between, char text[MATRIX_SENTENCE])
{
    writer w = {text, 0, between};
    matrix_answer answer = matrix_ask(q);

    text[0] = '\0';
    add_question(&w, q);
    add_method(&w, q, &answer.choice);
    add_level(&w, &answer);
    add_required(&w, q, &answer);
    return text;
}
