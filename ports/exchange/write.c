/* A text that grows, and what is said of a bond that does not fit into a format. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

/* Not realloc: what it leaves behind cannot be overwritten. */
static bool make_room(exch_writer *w, size_t more)
{
    size_t room = (w->out.len + more) * 2 + 1024;
    char *octets;

    if (w->failed || w->out.len + more < w->room) /* one octet for the zero at the end */
        return !w->failed;
    octets = malloc(room);
    w->failed = octets == NULL;
    if (w->failed)
        return false;
    if (w->out.octets != NULL) {
        memcpy(octets, w->out.octets, w->out.len);
        exch_wipe(w->out.octets, w->out.len);
    }
    free(w->out.octets);
    w->out.octets = octets;
    w->room = room;
    return true;
}

void exch_put_octets(exch_writer *w, const char *octets, size_t len)
{
    if (!make_room(w, len))
        return;
    memcpy(w->out.octets + w->out.len, octets, len);
    w->out.len += len;
}

void exch_put(exch_writer *w, const char *text)
{
    exch_put_octets(w, text, strlen(text));
}

static void put_octet(exch_writer *w, uint8_t octet, bool capitals)
{
    const char *digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[2] = {digits[octet >> 4], digits[octet & 15]};

    exch_put_octets(w, text, sizeof text);
}

void exch_put_hex(exch_writer *w, const uint8_t *octets, size_t len, bool capitals)
{
    for (size_t i = 0; i < len; i++)
        put_octet(w, octets[i], capitals);
}

void exch_put_reversed(exch_writer *w, const uint8_t *octets, size_t len)
{
    while (len-- > 0)
        put_octet(w, octets[len], false);
}

void exch_put_decimal(exch_writer *w, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    exch_put(w, text);
}

void exch_put_address(exch_writer *w, const kith_address *address, bool capitals)
{
    for (size_t i = 6; i-- > 0;) {
        put_octet(w, address->octets[i], capitals);
        exch_put(w, i > 0 ? ":" : "");
    }
}

/* ---- what is lost ---- */

static void lose(exch_writer *w, const kith_bond_record *bond, const char *field, const char *why)
{
    exch_lose(w, KITH_EXCHANGE_LEFT, bond, field, why);
}

static void report_lost_keys(exch_writer *w, const kith_bond_record *bond, unsigned has)
{
    bool mine = !exch_is_zero(bond->my_csrk, 16), peers = !exch_is_zero(bond->peer_csrk, 16);

    if (bond->has_my_ltk && !(has & EXCH_HAS_MY_LTK))
        lose(w, bond, "our long term key", "has no place in this format; the peer cannot encrypt as central");
    if (mine)
        lose(w, bond, "our signing key",
             has & EXCH_HAS_MY_CSRK ? "its counter is not known, and begins at 0" : "has no place in this format");
    if (peers)
        lose(w, bond, "the peer's signing key",
             has & EXCH_HAS_PEER_CSRK ? "its counter is not known, and begins at 0" : "has no place in this format");
}

static void report_lost_story(exch_writer *w, const kith_bond_record *bond, unsigned has)
{
    if (bond->level > KITH_LEVEL_ENCRYPTED && !(has & EXCH_HAS_LEVEL))
        lose(w, bond, "level", "has no place in this format");
    if (bond->method != KITH_METHOD_JUST_WORKS)
        lose(w, bond, "method", "has no place in this format");
    if (bond->peer_class != 0)
        lose(w, bond, "class", "has no place in this format");
    if (bond->made_s != 0)
        lose(w, bond, "time", "when it was made has no place in this format");
    if (bond->key_size != 16 && !(has & EXCH_HAS_SIZE))
        lose(w, bond, "key size", "has no place in this format");
}

bool exch_report_lost(exch_writer *w, const kith_bond_record *bond, unsigned has)
{
    if (!bond->has_ltk && (!bond->has_my_ltk || !(has & EXCH_HAS_MY_LTK))) {
        exch_lose(w, KITH_EXCHANGE_REFUSED, bond, "", "has no long term key that has a place in this format");
        return false;
    }
    if (!(has & EXCH_HAS_LOCAL))
        lose(w, bond, "local identity", "has no place in this format; say it when this is read");
    else if (bond->local.type != KITH_ADDRESS_PUBLIC && !(has & EXCH_HAS_LOCAL_TYPE))
        lose(w, bond, "local identity",
             "that it is a random address has no place in this format; say it when this is read");
    report_lost_keys(w, bond, has);
    report_lost_story(w, bond, has);
    return true;
}
