/* The verdict in words.  Every outcome has its sentence in KITH_WHY_TABLE; this file only joins. */
#include "kith/verdict.h"

static const struct {
    const char *name, *sentence, *hint;
} whys[] = {
#define WHY(id, name, sentence, hint) {name, sentence, hint},
    KITH_WHY_TABLE(WHY)
#undef WHY
};

const char *kith_why_name(kith_why why)
{
    return (unsigned)why < KITH_WHY_COUNT ? whys[why].name : "unknown";
}

const char *kith_phase_name(kith_phase phase)
{
    static const char *const names[] = {"request",      "feature exchange", "public keys",      "authentication",
                                        "DHKey checks", "encryption",       "key distribution", "done"};

    return (unsigned)phase < sizeof names / sizeof names[0] ? names[phase] : "unknown";
}

const char *kith_ender_name(kith_ender ender)
{
    static const char *const names[] = {"nobody",   "us",        "the peer", "the controller",
                                        "the user", "a timeout", "the link"};

    return (unsigned)ender < sizeof names / sizeof names[0] ? names[ender] : "unknown";
}

const char *kith_method_name(kith_method_kind method)
{
    static const char *const names[] = {"none", "Just Works", "Numeric Comparison", "Passkey Entry", "Out of Band"};

    return (unsigned)method < sizeof names / sizeof names[0] ? names[method] : "unknown";
}

const char *kith_level_name(kith_level level)
{
    static const char *const names[] = {"unknown", "not encrypted", "encrypted, unauthenticated",
                                        "encrypted, authenticated", "encrypted, authenticated by Secure Connections"};

    return (unsigned)level < sizeof names / sizeof names[0] ? names[level] : "unknown";
}

/* Appends what fits and counts what would. */
typedef struct {
    char *text;
    size_t cap, len;
} joiner;

static void join(joiner *j, const char *piece)
{
    for (; *piece != '\0'; piece++, j->len++)
        if (j->len + 1 < j->cap)
            j->text[j->len] = *piece;
}

static void join_code(joiner *j, const char *before, const char *name, unsigned code)
{
    static const char hex[] = "0123456789abcdef";
    char digits[] = {' ', '0', 'x', hex[code >> 4 & 15], hex[code & 15], '\0'};

    join(j, before);
    join(j, name);
    join(j, digits);
    join(j, ".");
}

static void join_codes(joiner *j, const kith_verdict *v)
{
    if (v->smp_reason != 0)
        join_code(j,
                  v->ended_by == KITH_ENDED_BY_PEER ? " It said: " : " We said: ", kith_smp_reason_name(v->smp_reason),
                  v->smp_reason);
    if (v->hci_status != 0)
        join_code(j, " The controller said: ", kith_hci_status_name(v->hci_status), v->hci_status);
}

size_t kith_verdict_describe(const kith_verdict *v, char *text, size_t cap)
{
    joiner j = {text, cap, 0};

    if ((unsigned)v->why < KITH_WHY_COUNT) {
        join(&j, whys[v->why].sentence);
        join_codes(&j, v);
        if (whys[v->why].hint[0] != '\0') {
            join(&j, " Hint: ");
            join(&j, whys[v->why].hint);
            join(&j, ".");
        }
    }
    if (cap > 0)
        text[j.len < cap ? j.len : cap - 1] = '\0';
    return j.len;
}
