/* Sentences of a visit. */
#include <stdio.h>

#include "command.h"
#include "kith/codec/att.h"
#include "kith/codec/hci.h"
#include "sentence.h"
#include "trouble.h"

void trouble_not_heard(const search *s, unsigned seconds)
{
    char names[SEARCH_NAMES * (SEARCH_NAME + 8)] = "";
    size_t len = 0;

    for (unsigned i = 0; i < SEARCH_NAMES && s->names[i][0] != '\0'; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s'%s'", i == 0 ? " (" : ", ", s->names[i]);
    (void)complain("'%s' was not heard in %u s, %s%s%s; is it on, near, and not connected?", s->peer, seconds,
                   s->others ? "only others were" : "nor was anybody", names, len > 0 ? ")" : "");
}

void trouble_no_such_bond(kith_peer_id peer)
{
    (void)complain("there is no bond with the number %u; `kith bonds list' tells which there are", (unsigned)peer);
}

void trouble_two(const search *s)
{
    const kith_address *two = s->fits;
    char first[KITH_ADDRESS_TEXT], second[KITH_ADDRESS_TEXT];

    (void)complain("two devices %s '%s': %s (%s) and %s (%s); say by address which is meant",
                   s->by_service ? "are" : "call themselves", s->peer, kith_address_format(&two[0], first),
                   address_type_name(&two[0]), kith_address_format(&two[1], second), address_type_name(&two[1]));
}

void trouble_event(const char *peer, const char *what, const kith_event *event)
{
    char sentence[SENTENCE_MAX];

    (void)complain("'%s' %s: %s", peer, what, sentence_of(event, sentence));
}

void trouble_not_asked(const char *peer, kith_status status)
{
    if (status == KITH_ERR_FULL)
        (void)complain("there is no room for another bond; `kith bonds forget PEER' makes some");
    else
        (void)complain("'%s' could not be asked to pair: %s", peer, kith_status_name(status));
}

void trouble_may_not_pair(const char *peer)
{
    (void)complain("'%s' is not bonded as is wanted, and was not asked to pair: --no-pair forbids it", peer);
}

static const char *advice(const kith_verdict *v)
{
    bool closed = v->ended_by == KITH_ENDED_BY_PEER && v->smp_reason == KITH_SMP_PAIRING_NOT_SUPPORTED;

    return closed ? " Its pairing is closed: it may want a button to be pressed, a pairing mode, or a window." : "";
}

void trouble_not_paired(const char *peer, const kith_event *event)
{
    char sentence[SENTENCE_MAX];

    (void)complain("not paired with '%s': %s%s", peer, sentence_of(event, sentence), advice(&event->verdict));
}

bool trouble_is_lost_bond(const kith_verdict *v)
{
    return v->why == KITH_WHY_PEER_SAYS_NO_KEY || v->why == KITH_WHY_KEYS_DIFFER;
}

/* Whoever finds that the keys differ leaves without a word; so does whoever walks away. */
static bool fell_silent(const kith_verdict *v)
{
    return v->why == KITH_WHY_LINK_LOST && v->hci_status == KITH_HCI_CONNECTION_TIMEOUT;
}

void trouble_not_encrypted(const char *peer, const kith_event *event, kith_peer_id bond)
{
    char sentence[SENTENCE_MAX];

    (void)sentence_of(event, sentence);
    if (trouble_is_lost_bond(&event->verdict))
        (void)complain("not encrypted with '%s': %s `kith pair --again' pairs anew, `kith bonds forget %u' forgets it.",
                       peer, sentence, (unsigned)bond);
    else if (fell_silent(&event->verdict))
        (void)complain("not encrypted with '%s': %s If it is always so, it may hold other keys: `kith pair --again' "
                       "pairs anew.",
                       peer, sentence);
    else
        (void)complain("not encrypted with '%s': %s", peer, sentence);
}

void trouble_not_paired_again(const char *peer, kith_peer_id bond)
{
    (void)complain("not paired again with '%s'; the bond here is unchanged, `kith bonds forget %u' forgets it", peer,
                   (unsigned)bond);
}

bool trouble_is_security(const kith_event_gatt *end)
{
    if (end->result != KITH_GATT_ATT_ERROR)
        return end->result == KITH_GATT_NOT_SENT;
    return end->att_error == KITH_ATT_ERROR_INSUFFICIENT_AUTHENTICATION ||
           end->att_error == KITH_ATT_ERROR_INSUFFICIENT_ENCRYPTION ||
           end->att_error == KITH_ATT_ERROR_ENCRYPTION_KEY_SIZE_TOO_SHORT;
}
