/* A text that grows, and what is said of a bond that does not fit into a format. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

/* Not realloc: what it leaves behind cannot be overwritten. */
static bool make_room(exchange_writer *w, size_t more)
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
        exchange_wipe(w->out.octets, w->out.len);
    }
    free(w->out.octets);
    w->out.octets = octets;
    w->room = room;
    return true;
}

void exchange_put_octets(exchange_writer *w, const char *octets, size_t len)
{
    if (!make_room(w, len))
        return;
    memcpy(w->out.octets + w->out.len, octets, len);
    w->out.len += len;
}

void exchange_put(exchange_writer *w, const char *text)
{
    exchange_put_octets(w, text, strlen(text));
}

static void put_octet(exchange_writer *w, uint8_t octet, bool capitals)
{
    const char *digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[2] = {digits[octet >> 4], digits[octet & 15]};

    exchange_put_octets(w, text, sizeof text);
}

void exchange_put_hex(exchange_writer *w, const uint8_t *octets, size_t len, bool capitals)
{
    for (size_t i = 0; i < len; i++)
        put_octet(w, octets[i], capitals);
}

void exchange_put_reversed(exchange_writer *w, const uint8_t *octets, size_t len)
{
    while (len-- > 0)
        put_octet(w, octets[len], false);
}

void exchange_put_decimal(exchange_writer *w, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    exchange_put(w, text);
}

void exchange_put_address(exchange_writer *w, const kith_address *address, bool capitals)
{
    for (size_t i = 6; i-- > 0;) {
        put_octet(w, address->octets[i], capitals);
        exchange_put(w, i > 0 ? ":" : "");
    }
}

/* ---- what is lost ---- */

static void lose(exchange_writer *w, const kith_bond_record *bond, const char *field, const char *why)
{
    exchange_lose(w, KITH_EXCHANGE_LEFT, bond, field, why);
}

static void report_lost_keys(exchange_writer *w, const kith_bond_record *bond, unsigned has)
{
    bool mine = !exchange_is_zero(bond->my_csrk, 16), peers = !exchange_is_zero(bond->peer_csrk, 16);

    if (bond->has_my_ltk && !(has & EXCHANGE_HAS_MY_LTK))
        lose(w, bond, "our long term key", "has no place in this format; the peer cannot encrypt as central");
    if (mine)
        lose(w, bond, "our signing key",
             has & EXCHANGE_HAS_MY_CSRK ? "its counter is not known, and begins at 0" : "has no place in this format");
    if (peers)
        lose(w, bond, "the peer's signing key",
             has & EXCHANGE_HAS_PEER_CSRK ? "its counter is not known, and begins at 0"
                                          : "has no place in this format");
}

static void report_lost_story(exchange_writer *w, const kith_bond_record *bond, unsigned has)
{
    if (bond->level > KITH_LEVEL_ENCRYPTED && !(has & EXCHANGE_HAS_LEVEL))
        lose(w, bond, "level", "has no place in this format");
    if (bond->method != KITH_METHOD_JUST_WORKS)
        lose(w, bond, "method", "has no place in this format");
    if (bond->peer_class != 0)
        lose(w, bond, "class", "has no place in this format");
    if (bond->made_s != 0)
        lose(w, bond, "time", "when it was made has no place in this format");
    if (bond->key_size != 16 && !(has & EXCHANGE_HAS_SIZE))
        lose(w, bond, "key size", "has no place in this format");
}

bool exchange_report_lost(exchange_writer *w, const kith_bond_record *bond, unsigned has)
{
    if (!bond->has_ltk && (!bond->has_my_ltk || !(has & EXCHANGE_HAS_MY_LTK))) {
        exchange_lose(w, KITH_EXCHANGE_REFUSED, bond, "", "has no long term key that has a place in this format");
        return false;
    }
    if (!(has & EXCHANGE_HAS_LOCAL))
        lose(w, bond, "local identity", "has no place in this format; say it when this is read");
    else if (bond->local.type != KITH_ADDRESS_PUBLIC && !(has & EXCHANGE_HAS_LOCAL_TYPE))
        lose(w, bond, "local identity",
             "that it is a random address has no place in this format; say it when this is read");
    report_lost_keys(w, bond, has);
    report_lost_story(w, bond, has);
    return true;
}
